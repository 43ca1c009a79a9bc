# %% [markdown]
# # What a rollback brings back
#
# Belongs to lesson 03, `workbook check 3`.
# A rollback undoes what a transaction did in the database.
# Your objects and your variables are another matter.

# %%
from tempfile import TemporaryDirectory

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import IntegrityError, PendingRollbackError

from case_tracker.adapters.sql.engine import build_engine, build_session_factory
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.tables import METADATA
from workbook.lens.timeline import lens

# %% [markdown]
# **A database with two cases.**

# %%
folder = TemporaryDirectory(ignore_cleanup_errors=True)
engine = build_engine(f"sqlite:///{folder.name}/cases.db")
METADATA.create_all(engine)
session = build_session_factory(engine)()
lamp = CaseRecord(id="CASE-001", title="Broken lamp", status="DRAFT")
label = CaseRecord(id="CASE-002", title="Torn label", status="DRAFT")
session.add_all([lamp, label])
session.commit()
sorted(case.id for case in session)

# %% [markdown]
# ## Database, Session, objects
#
# **Watch it: one row deleted, one added, one changed, and then back.**
# In the last step, look at all four panes: what came back, and what did not?

# %%
quiet = ["created_at", "updated_at", "deleted_at", "reference", "version", "status"]
new = CaseRecord(id="CASE-003", title="Late report", status="DRAFT")
with lens(session, hide=quiet, tables=[CaseRecord], title="A rollback") as film:
    session.delete(label)
    session.add(new)
    lamp.title = "Lamp repaired"
    session.flush()
    session.rollback()
film

# %% [markdown]
# **A changed object shows the old title again, because it asks the database anew.**

# %%
lamp.title

# %% [markdown]
# **A deleted object is back; a new object is transient, with the values that you gave it.**
# `inspect()` tells the state.

# %%
inspect(label).persistent, inspect(new).transient, new.title

# %% [markdown]
# **Python does not roll back.**
# A list, a counter, an e-mail that was sent: the database knows nothing of them.

# %%
told = []
lamp.title = "Lamp replaced"
told.append(f"{lamp.id} is now called {lamp.title}")
session.rollback()
lamp.title, told

# %% [markdown]
# ## A part of a transaction
#
# **A savepoint is a mark to come back to.**
# What came before it stays, and can still be committed.

# %%
lamp.title = "Lamp repaired"
nested = session.begin_nested()
label.title = "Label lost"
session.flush()
nested.rollback()
session.commit()
lamp.title, label.title

# %% [markdown]
# **Watch it: ROLLBACK TO takes back one row, and COMMIT makes the other one permanent.**

# %%
with lens(session, hide=quiet, tables=[CaseRecord], title="A savepoint") as film:
    lamp.title = "Lamp replaced"
    nested = session.begin_nested()
    label.title = "Label lost"
    nested.rollback()
    session.commit()
film

# %% [markdown]
# ## The flush that failed
#
# **A flush that fails rolls everything back, also what was right.**

# %%
session.add(CaseRecord(id="CASE-004", title="Lost parcel", status="DRAFT"))
session.flush()
session.add(CaseRecord(id="CASE-005", title="Odd status", status="LOST"))
try:
    session.flush()
except IntegrityError as error:
    print(error.orig)

# %% [markdown]
# **Until you call rollback(), the Session refuses to go on.**
# It wants you to notice that CASE-004 is gone, too.

# %%
how_many = select(func.count()).select_from(CaseRecord)
try:
    session.scalar(how_many)
except PendingRollbackError as error:
    print(type(error).__name__)
session.rollback()
session.scalar(how_many)

# %% [markdown]
# **Inside a savepoint, the failure costs the inner part only.**

# %%
session.add(CaseRecord(id="CASE-004", title="Lost parcel", status="DRAFT"))
try:
    with session.begin_nested():
        session.add(CaseRecord(id="CASE-005", title="Odd status", status="LOST"))
except IntegrityError:
    print("CASE-005 was refused")
session.commit()
session.scalar(how_many)

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. In the first film, leave out `session.flush()`. Which panes change before the rollback, and what is sent at all?
# 2. In the cell with `told`, put `session.commit()` before the append. Which of the two values is different?
# 3. In the last cell, leave out `with session.begin_nested():` and add CASE-005 in the same block. Is CASE-004 stored?
