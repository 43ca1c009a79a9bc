# %% [markdown]
# # Why a file is not enough
#
# Belongs to lesson 00, `workbook check 0`.
# Ana and Ben work on the same case at the same time.
# First they keep their notes in a JSON file, then in a database.
#
# Run each cell with Shift+Enter, and say what you expect before you do.

# %%
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from case_tracker.bootstrap import build_schema, build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import CaseId, Note
from case_tracker.domain.errors import CaseTrackerError
from case_tracker.services.add_note import add_note
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import show_case

# %% [markdown]
# ## A JSON file
#
# **One writer is fine.**
# The program reads the whole file, changes it in memory and writes all of it back.

# %%
folder = TemporaryDirectory(ignore_cleanup_errors=True)
file = Path(folder.name, "cases.json")
file.write_text(json.dumps({"CASE-001": ["opened"]}))
json.loads(file.read_text())

# %% [markdown]
# **With two writers, a note is lost.**
# Both have read the file before one of them writes.
# Nobody gets an error.

# %%
ana = json.loads(file.read_text())
ben = json.loads(file.read_text())
ana["CASE-001"].append("Ana: the driver was called")
file.write_text(json.dumps(ana))
ben["CASE-001"].append("Ben: the lamp is broken")
file.write_text(json.dumps(ben))
json.loads(file.read_text())

# %% [markdown]
# **A program that dies while it writes takes the old notes along.**
# The file was emptied before the new text was complete.

# %%
text = json.dumps({"CASE-001": ["opened", "Ana: the driver was called"]})
file.write_text(text[:30])  # the power goes out here
try:
    json.loads(file.read_text())
except json.JSONDecodeError as error:
    print(error)

# %% [markdown]
# ## A database
#
# **The same case, in the tables of `case_tracker`.**
# `build_units()` gives units of work: each is one transaction.

# %%
url = f"sqlite:///{folder.name}/cases.db"
build_schema(url).upgrade()
units = build_units(url)
case_id = CaseId("CASE-001")
open_case(units, case_id, "Broken lamp")

# %% [markdown]
# **Who writes on top of an old state is told so.**
# Both have read version 1.
# Ana's note makes it version 2; Ben's change is refused, so he can look again.

# %%
ANA, BEN = Actor("Ana"), Actor("Ben")
ana, ben = show_case(units, case_id), show_case(units, case_id)
add_note(units, case_id, "Ana: the driver was called", ANA, expected_version=ana.version)
try:
    add_note(units, case_id, "Ben: the lamp is broken", BEN, expected_version=ben.version)
except CaseTrackerError as error:
    print(error)
[note.text for note in show_case(units, case_id).notes]

# %% [markdown]
# **Two writers at full speed lose nothing.**
# Two threads write 25 notes each.
# A unit that writes takes the write lock before it reads, so each one sees what the other has stored.


# %%
def write_notes(name):
    for number in range(25):
        add_note(units, case_id, f"remark {number}", Actor(name))


with ThreadPoolExecutor(2) as pool:
    list(pool.map(write_notes, ["Ana", "Ben"]))
len(show_case(units, case_id).notes)

# %% [markdown]
# **A program that dies before the commit has changed nothing.**
# The exception is our power cut: the block is left, and the transaction is discarded.

# %%
try:
    with units.write() as unit:
        case = unit.cases.get(case_id)
        case.add_note(Note("half of a thought"))
        unit.cases.save(case)
        raise RuntimeError("the power goes out here")
except RuntimeError:
    print(len(show_case(units, case_id).notes), "notes")

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. In the second JSON cell, let Ben read the file after Ana has written it. Is a note lost now? Can you rely on that order?
# 2. Leave out both `expected_version=…`. Does Ben get an error? Is a note lost? Why not?
# 3. In the last cell, put `unit.commit()` before the `raise`. How many notes are there after the power cut?
