# %% [markdown]
# # One row, one object
#
# Belongs to lesson 02, `workbook check 2`.
# A Session keeps a list of what it has loaded, by class and primary key: its **identity map**.
# Here you see what the list does for you, and when it shows you something old.

# %%
import gc
from tempfile import TemporaryDirectory

from sqlalchemy import inspect, select

from case_tracker.adapters.sql.engine import build_engine, build_session_factory
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.tables import METADATA
from workbook.lens.recorder import Recorder
from workbook.lens.timeline import lens

# %% [markdown]
# **A database of our own, in a file that goes away with the notebook.**

# %%
folder = TemporaryDirectory(ignore_cleanup_errors=True)
engine = build_engine(f"sqlite:///{folder.name}/cases.db")
METADATA.create_all(engine)
inspect(engine).get_table_names()

# %% [markdown]
# **One case, and two Sessions.**
# `session` is ours; `other` belongs to somebody else.

# %%
factory = build_session_factory(engine)
session, other = factory(), factory()
session.add(CaseRecord(id="CASE-001", title="Broken lamp", status="DRAFT"))
session.commit()
list(session.identity_map.keys())

# %% [markdown]
# ## One object for each row
#
# **The same row gives the same object, not an equal one.**

# %%
case = session.get(CaseRecord, "CASE-001")
session.get(CaseRecord, "CASE-001") is case

# %% [markdown]
# **get() sends nothing when the object is there.**

# %%
with Recorder(engine) as sent:
    session.get(CaseRecord, "CASE-001")
sent.count()

# %% [markdown]
# **A query always asks the database, and still returns the object that is there.**

# %%
with Recorder(engine) as sent:
    found = session.scalars(select(CaseRecord)).one()
sent.count(), found is case

# %% [markdown]
# **Each Session has a list of its own.**
# Two Sessions make two objects of one row.

# %%
theirs = other.get(CaseRecord, "CASE-001")
theirs is case, theirs.title == case.title

# %% [markdown]
# ## When the object is old
#
# **Nobody tells our object that the row has changed.**

# %%
session.commit()
theirs.title = "Lamp repaired"
other.commit()
case.title

# %% [markdown]
# **A query does not overwrite what is loaded.**
# The SELECT brings the new row, and the object keeps the value that it had.
# Who asks for the column alone gets the new value.

# %%
record = session.scalars(select(CaseRecord)).one()
title = session.scalars(select(CaseRecord.title)).one()
record.title, title

# %% [markdown]
# **expire() forgets the values; the next read asks.**

# %%
with Recorder(engine) as sent:
    session.expire(case)
    before = sent.count()
    title = case.title
before, sent.count(), title

# %% [markdown]
# **refresh() asks at once.**

# %%
with Recorder(engine) as sent:
    session.refresh(case)
sent.count()

# %% [markdown]
# **Watch it: an old object, and how it becomes new.**
# In the film the second pane shows the identity map, the fourth what everybody else sees.

# %%
quiet = ["created_at", "updated_at", "deleted_at", "reference", "version", "status"]
session.commit()
with lens(session, hide=quiet, tables=[CaseRecord], title="An old object") as film:
    theirs.title = "Lamp replaced"
    other.commit()
    session.get(CaseRecord, "CASE-001")
    session.expire(case)
    case.title
film

# %% [markdown]
# **The list holds on to nothing: when you let an object go, it is off the list.**
# It is no cache for the next request.

# %%
before = len(session.identity_map)
del case, found, record
gc.collect()
before, len(session.identity_map)

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. Add `.execution_options(populate_existing=True)` to the `select(CaseRecord)` of the cell with `record`. Which title does the object have now?
# 2. Make `session` with `Session(engine)` (`from sqlalchemy.orm import Session`) instead of `factory()`: its commit expires all objects. What does `case.title` show in the cell "Nobody tells our object"?
# 3. In the cell with `theirs is case`, let `theirs` come from `session` instead of `other`. What is `is` now, and which titles do the later cells show?
