# %% [markdown]
# # What a commit does to your objects
#
# Belongs to lesson 07.
# After a commit, other transactions may change the row.
# So a Session has to decide: keep the values that you have, or forget them?

# %%
from tempfile import TemporaryDirectory

from sqlalchemy import inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import DetachedInstanceError

from case_tracker.adapters.sql.engine import build_engine, build_session_factory
from case_tracker.adapters.sql.models import CaseNoteRecord, CaseRecord
from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.domain.case import CaseId
from case_tracker.domain.clock import utc_now
from workbook.lens.recorder import Recorder
from workbook.lens.timeline import lens

# %% [markdown]
# **A database with one case and one note.**

# %%
folder = TemporaryDirectory(ignore_cleanup_errors=True)
engine = build_engine(f"sqlite:///{folder.name}/cases.db")
METADATA.create_all(engine)
with Session(engine) as session:
    note = CaseNoteRecord(text="the driver was called", created_at=utc_now())
    session.add(CaseRecord(id="CASE-001", title="Broken lamp", status="DRAFT", notes=[note]))
    session.commit()
inspect(engine).get_table_names()

# %% [markdown]
# ## Forget, or keep
#
# **By default a commit expires every object: the next read sends a SELECT.**

# %%
session = Session(engine)
case = session.get(CaseRecord, "CASE-001")
session.commit()
with Recorder(engine) as sent:
    case.title
sent.count(), sent.statements[0].cause

# %% [markdown]
# **Watch it: the values go with the COMMIT, and come back with the read.**
# The read opens a new transaction, which stays open.

# %%
quiet = ["created_at", "updated_at", "deleted_at", "reference", "version"]
with lens(session, hide=quiet, title="expire_on_commit=True") as film:
    case.title = "Lamp repaired"
    session.commit()
    case.title
film

# %% [markdown]
# **With `expire_on_commit=False` nothing is sent, and nothing is new.**
# That is what the factory of `case_tracker` asks for.

# %%
keeping = build_session_factory(engine)()
kept = keeping.get(CaseRecord, "CASE-001")
keeping.commit()
with Recorder(engine) as sent:
    title = kept.title
sent.count(), title

# %% [markdown]
# **What is kept can be old.**
# Somebody renames the case; the object that was expired asks, the one that was kept does not.

# %%
session.commit()
with Session(engine) as somebody_else:
    somebody_else.get(CaseRecord, "CASE-001").title = "Lamp replaced"
    somebody_else.commit()
case.title, kept.title

# %% [markdown]
# ## After the Session
#
# **close() detaches: no Session looks after these objects any more.**

# %%
session.commit()
session.close()
keeping.close()
inspect(case).detached, inspect(kept).detached

# %% [markdown]
# **A detached object that was expired cannot be read.**
# It knows its key, and there is nobody whom it could ask.

# %%
try:
    case.title
except DetachedInstanceError as error:
    print(type(error).__name__)
kept.title

# %% [markdown]
# **What was never loaded cannot be read either.**
# The title was loaded; the notes were not.

# %%
try:
    kept.notes
except DetachedInstanceError as error:
    print(type(error).__name__)
sorted(inspect(kept).unloaded)

# %% [markdown]
# ## Why records stay inside
#
# **Whoever gets a record must know which Session it had, and what was loaded.**
# A domain object has no such strings: the repository reads what is needed and returns plain Python.

# %%
with build_session_factory(engine)() as session:
    plain = SqlAlchemyCaseRepository(session).get(CaseId("CASE-001"))
plain.title, [note.text for note in plain.notes]

# %% [markdown]
# **SQLAlchemy does not know it at all.**

# %%
inspect(plain, raiseerr=False) is None

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. In the cell where a record's `notes` cannot be read: touch `kept.notes` in the cell that makes `kept`, after the `get()`. Can they be read in the end?
# 2. In the film, leave out the last line. Is the Session inside a transaction when the film ends?
# 3. In the cell "What is kept can be old", call `keeping.refresh(kept)` before the last line. Which title does `kept` have, and is a transaction open afterwards?
