# %% [markdown]
# # Engine, connection, Session
#
# Belongs to lesson 01, `workbook check 1`.
# Three things are easily mixed up: the **engine** knows how to reach the database,
# a **connection** is one open line to it, and a **Session** borrows a connection for one transaction.

# %%
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.engine import build_engine, build_session_factory
from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.tables import METADATA
from workbook.lens.timeline import lens

# %% [markdown]
# ## The engine
#
# **An engine connects to nothing until somebody needs a connection.**
# The file is not even there.

# %%
folder = TemporaryDirectory(ignore_cleanup_errors=True)
file = Path(folder.name, "cases.db")
engine = build_engine(f"sqlite:///{file}")
file.exists()

# %% [markdown]
# **The first connection makes the file; the tables come from the mapped classes.**

# %%
METADATA.create_all(engine)
inspect(engine).get_table_names()

# %% [markdown]
# **An engine keeps its connections in a pool.**
# Inside the block one is in use; afterwards it waits for the next borrower.

# %%
with engine.connect() as connection:
    inside = engine.pool.checkedout(), engine.pool.checkedin()
inside, (engine.pool.checkedout(), engine.pool.checkedin())

# %% [markdown]
# **What is set on one connection does not hold on the next one.**
# SQLite checks foreign keys on those connections only that asked for it.
# A plain engine does not ask; `build_engine()` asks on each new connection.

# %%
plain = create_engine(f"sqlite:///{file}")
ask = text("PRAGMA foreign_keys")
with plain.connect() as one, engine.connect() as other:
    print("plain", one.scalar(ask), "- build_engine", other.scalar(ask))

# %% [markdown]
# **A database in memory belongs to one connection.**
# Here each thread has a connection of its own, and the second one finds no tables.
# That is why our tests work on files.


# %%
memory = create_engine("sqlite://")
METADATA.create_all(memory)


def tables():
    return len(inspect(memory).get_table_names())


with ThreadPoolExecutor(1) as pool:
    print("here", tables(), "- in another thread", pool.submit(tables).result())

# %% [markdown]
# ## The Session
#
# **A new Session has no connection, and add() does not ask for one.**
# The first statement does, and the commit gives it back.

# %%
session = Session(engine)
session.add(CaseRecord(id="CASE-001", title="Broken lamp", status="DRAFT"))
after_add = engine.pool.checkedout()
session.flush()
after_flush = engine.pool.checkedout()
session.commit()
after_add, after_flush, engine.pool.checkedout()

# %% [markdown]
# **Watch it: the Session is inside a transaction before anything is sent.**
# BEGIN goes out together with the first statement.
# Step through the film with the arrow keys; look at the third pane.

# %%
quiet = ["created_at", "updated_at", "deleted_at", "reference", "version"]
with lens(session, hide=quiet, title="A Session borrows a connection") as film:
    session.begin()
    case = session.get(CaseRecord, "CASE-001")
    session.commit()
film

# %% [markdown]
# **Two Sessions are two transactions on two connections.**
# The second one does not see what the first one has not committed.

# %%
with Session(engine) as one, Session(engine) as other:
    one.add(CaseRecord(id="CASE-002", title="Late report", status="DRAFT"))
    one.flush()
    found = [session.get(CaseRecord, "CASE-002") is not None for session in (one, other)]
    print(found, "with", engine.pool.checkedout(), "connections")

# %% [markdown]
# **A factory makes a new Session each time.**
# An application has one engine and one factory, and a Session for each piece of work.

# %%
factory = build_session_factory(engine)
with factory() as one, factory() as other:
    print("one Session:", one is other, "- one engine:", one.bind is other.bind)

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. In the cell with two Sessions, call `one.commit()` after the flush. What does the second Session find?
# 2. In the cell with `after_add`, put `session.begin()` in the second line. Does begin() alone borrow a connection?
# 3. Make `memory` with `create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})`
#    (`from sqlalchemy.pool import StaticPool`). How many tables does the other thread find now, and how many connections are there?
