# %% [markdown]
# # One page, 1 + N statements
#
# Belongs to lesson 05, `workbook check 5`.
# The code below is right, and on a laptop it is fast.
# Count what it sends.

# %%
import time
from functools import partial
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, joinedload, raiseload, selectinload

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.domain.clock import utc_now
from workbook.lens.measure import examine
from workbook.lens.nplusone import NPlusOne
from workbook.lens.recorder import Recorder

# %% [markdown]
# **A database with 100 cases, each with three notes.**

# %%
folder = TemporaryDirectory(ignore_cleanup_errors=True)
engine = build_engine(f"sqlite:///{folder.name}/cases.db")
METADATA.create_all(engine)
with Session(engine) as session:
    for number in range(1, 101):
        case = CaseRecord(id=f"CASE-{number:03}", title="Broken lamp", status="DRAFT")
        case.notes = [CaseNoteRecord(text=f"remark {n}", created_at=utc_now()) for n in (1, 2, 3)]
        session.add(case)
    session.commit()

# %% [markdown]
# ## The problem
#
# **A page that shows the notes of ten cases sends eleven statements.**
# One for the cases, then one for each case whose `notes` are touched.


# %%
def page(size, *options):
    with Session(engine) as session:
        query = select(CaseRecord).order_by(CaseRecord.id).limit(size).options(*options)
        return [len(case.notes) for case in session.scalars(query).unique()]


with Recorder(engine) as sent:
    page(10)
print(sent.explain(96))

# %% [markdown]
# **The detector names the relationship and both lines, and says what to write instead.**
# "Measured" is no estimate: it ran the page again with the repair.

# %%
examined = examine(partial(page, 10))
print(*examined.findings)

# %% [markdown]
# **One case on the page hides it.**
# A test with a single case cannot tell 1 + N from 2, and the detector has nothing to say yet.

# %%
with NPlusOne(engine) as watch:
    page(1)
len(watch.statements), watch.findings

# %% [markdown]
# ## The repair
#
# **`selectinload` asks for the notes of all cases at once.**

# %%
with Recorder(engine) as sent:
    page(10, selectinload(CaseRecord.notes))
print(sent.explain(96))

# %% [markdown]
# **`joinedload` sends one statement, and every case comes once for each of its notes.**
# Fewer statements, more rows over the network.

# %%
with engine.connect() as connection:
    rows = connection.execute(select(CaseRecord).join(CaseRecord.notes)).all()
with Recorder(engine) as sent:
    page(100, joinedload(CaseRecord.notes))
sent.count(), len(rows)

# %% [markdown]
# ## Side by side
#
# **The number of statements against the number of cases.**


# %%
def statements(size, *options):
    with Recorder(engine) as sent:
        page(size, *options)
    return sent.count()


ways = {"lazy": [], "selectin": [selectinload(CaseRecord.notes)]}
ways["joined"] = [joinedload(CaseRecord.notes)]
sizes = [1, 2, 5, 10, 50, 100]
{name: [statements(size, *options) for size in sizes] for name, options in ways.items()}

# %% [markdown]
# **Look at it.**
# A line that rises with the data has no upper end.

# %%
figure, axes = plt.subplots(figsize=(6, 3))
for (name, options), mark in zip(ways.items(), "os^", strict=True):
    axes.plot(sizes, [statements(size, *options) for size in sizes], marker=mark, label=name)
axes.set(xlabel="cases on the page", ylabel="statements", title="Statements against N")
axes.legend()
plt.show()

# %% [markdown]
# **And the time, on your machine.**
# This plot is not stored: it is different on each machine and at each run.
# Here the database is a file; over a network each statement costs a journey more.


# %%
def milliseconds(size, *options):
    started = time.perf_counter()
    page(size, *options)
    return 1000 * (time.perf_counter() - started)


# %% tags=["nbval-ignore-output"]
figure, axes = plt.subplots(figsize=(6, 3))
for (name, options), mark in zip(ways.items(), "os^", strict=True):
    times = [min(milliseconds(size, *options) for _ in range(5)) for size in sizes]
    axes.plot(sizes, times, marker=mark, label=name)
axes.set(xlabel="cases on the page", ylabel="milliseconds", title="Time against N")
axes.legend()
plt.show()

# %% [markdown]
# ## The lock
#
# **`raiseload` turns the next N+1 into an error, at the line that would have sent it.**

# %%
try:
    page(1, raiseload("*"))
except InvalidRequestError as error:
    print(type(error).__name__, "-", error)

# %% [markdown]
# **The repository of `case_tracker` has both: two statements for any page, and the lock.**

# %%
with Session(engine) as session, Recorder(engine) as sent:
    cases = SqlAlchemyCaseRepository(session).list(limit=100)
len(cases), sent.count()

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. In `page()`, return `[case.title for case in …]` instead of the number of notes. How many statements does a lazy page send now?
# 2. Store 600 cases instead of 100 and let `sizes` end with 600. What does `selectin` send for 600 cases, and why?
# 3. Add `ways["subquery"] = [subqueryload(CaseRecord.notes)]` (import it from `sqlalchemy.orm`) before `sizes`. Which line of the plot does it share?
