# %% [markdown]
# # What flush sends, and when
#
# Belongs to lesson 03, `workbook check 3`.
# Between `add()` and `commit()` there is a third moment: the **flush** sends SQL, and makes nothing permanent.

# %%
from tempfile import TemporaryDirectory

from sqlalchemy import func, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.domain.clock import utc_now
from workbook.lens.recorder import Recorder
from workbook.lens.timeline import lens

# %% [markdown]
# **An empty database, a Session, and a question that we will ask often.**

# %%
folder = TemporaryDirectory(ignore_cleanup_errors=True)
engine = build_engine(f"sqlite:///{folder.name}/cases.db")
METADATA.create_all(engine)
session = Session(engine)
how_many = select(func.count()).select_from(CaseRecord)
session.scalar(how_many)

# %% [markdown]
# ## Three moments
#
# **add() sends nothing, flush() sends INSERT, commit() sends COMMIT.**
# The numbers count what was sent up to then: statements, and commits.

# %%
with Recorder(engine) as sent:
    session.add(CaseRecord(id="CASE-001", title="Broken lamp", status="DRAFT"))
    after_add = sent.count(), sent.count("COMMIT")
    session.flush()
    after_flush = sent.count(), sent.count("COMMIT")
    session.commit()
after_add, after_flush, (sent.count(), sent.count("COMMIT"))

# %% [markdown]
# **After a flush we see the row, and nobody else does.**
# A second connection sees it after the commit.

# %%
session.add(CaseRecord(id="CASE-002", title="Late report", status="DRAFT"))
session.flush()
with engine.connect() as somebody_else:
    print("we", session.scalar(how_many), "- somebody else", somebody_else.scalar(how_many))
session.rollback()

# %% [markdown]
# **Watch it, from a second connection.**
# The third pane is our transaction, the fourth is what everybody else sees.

# %%
quiet = ["created_at", "updated_at", "deleted_at", "reference", "version"]
with lens(session, hide=quiet, tables=[CaseRecord], title="add, flush, commit") as film:
    session.add(CaseRecord(id="CASE-002", title="Late report", status="DRAFT"))
    session.flush()
    session.commit()
film

# %% [markdown]
# ## Why a Session flushes by itself
#
# **A query flushes first, so that it finds what we have just added.**
# This is called **autoflush**.

# %%
session.add(CaseRecord(id="CASE-003", title="Wrong address", status="DRAFT"))
with Recorder(engine) as sent:
    found = session.scalar(how_many)
found, [(one.kind, one.cause) for one in sent.statements]

# %% [markdown]
# **Without autoflush the query misses it.**

# %%
session.add(CaseRecord(id="CASE-004", title="Lost parcel", status="DRAFT"))
with session.no_autoflush:
    found = session.scalar(how_many)
found, session.scalar(how_many)

# %% [markdown]
# ## What a flush brings back
#
# **The database makes the id of a note, so the flush is the first to know it.**

# %%
note = CaseNoteRecord(case_id="CASE-001", text="the driver was called", created_at=utc_now())
session.add(note)
before = note.id
session.flush()
before, note.id

# %% [markdown]
# **A flush sends parents before their children, whatever came first.**

# %%
lost = CaseRecord(id="CASE-005", title="Torn label", status="DRAFT")
session.add(CaseNoteRecord(case_id="CASE-005", text="seen twice", created_at=utc_now()))
session.add(lost)
with Recorder(engine) as sent:
    session.flush()
[one.tables for one in sent.statements]

# %% [markdown]
# ## What a flush refuses
#
# **add() checks no rule of the database; the flush meets it.**
# The line that fails is not the line that is wrong.

# %%
session.commit()
session.add(CaseNoteRecord(case_id="CASE-404", text="whose?", created_at=utc_now()))
try:
    session.flush()
except IntegrityError as error:
    print(type(error).__name__, "-", error.orig)
session.rollback()

# %% [markdown]
# **With autoflush, even a query can be the line that fails.**

# %%
session.add(CaseRecord(id="CASE-006", title="Odd status", status="LOST"))
try:
    session.scalar(how_many)
except IntegrityError as error:
    print(type(error).__name__, "-", error.orig)
session.rollback()

# %% [markdown]
# **An object that the flush has sent is persistent; after a rollback it is transient again.**

# %%
case = CaseRecord(id="CASE-007", title="No key", status="DRAFT")
session.add(case)
session.flush()
before = inspect(case).persistent
session.rollback()
before, inspect(case).transient

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. In the cell with `after_add`, leave out `session.flush()`. Which numbers change, and who sends the INSERT now?
# 2. In the cell with CASE-404, put another `session.scalar(how_many)` before the `try:`. Which line fails now?
# 3. In the film, put `session.scalar(how_many)` between `add()` and `flush()`. What does the flush have left to send?
