# %% [markdown]
# # Two transactions at once
#
# Belongs to a lesson that is still to come.
# Two transactions read and write the same cases, step by step, on a real PostgreSQL.
# Which of them is refused depends on the **isolation level**.
#
# This notebook starts a PostgreSQL of its own and removes it afterwards.

# %%
from contextlib import ExitStack

from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from case_tracker.adapters.sql.models import CaseRecord
from case_tracker.adapters.sql.tables import METADATA
from case_tracker.adapters.sql.units import SqlUnitsOfWork
from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.services.retry import run_in_unit
from workbook.lens.timeline import lens
from workbook.postgres.errors import PostgresUnavailableError
from workbook.postgres.server import private_server

# %% [markdown]
# **A server, or a clear word that there is none.**

# %%
stack = ExitStack()
try:
    server = stack.enter_context(private_server())
except PostgresUnavailableError as error:
    raise SystemExit(f"This notebook needs PostgreSQL. {error}") from None
server.version >= 140000

# %% [markdown]
# **Two cases are under review.**

# %%
engine = create_engine(server.create_database("isolation"))
METADATA.create_all(engine)
with Session(engine) as session:
    for case_id, title in {"CASE-001": "Lamp", "CASE-002": "Label"}.items():
        session.add(CaseRecord(id=case_id, title=title, status="UNDER_REVIEW"))
    session.commit()
    print(session.execute(select(CaseRecord.id, CaseRecord.status)).all())

# %% [markdown]
# ## The lost update
#
# **READ COMMITTED, the default: both have read the same title, and the second overwrites the first.**
# Nobody gets an error, and Ana's word is gone.


# %%
def both_rename(level):
    at_level = engine.execution_options(isolation_level=level)
    with Session(at_level) as ana, Session(at_level) as ben:
        hers, his = ana.get(CaseRecord, "CASE-001"), ben.get(CaseRecord, "CASE-001")
        hers.title += ", urgent"
        his.title += ", fragile"
        ana.commit()
        ben.commit()
        return his.title  # expired by the commit: asks the database


# %%
both_rename("READ COMMITTED")

# %% [markdown]
# **REPEATABLE READ refuses the second writer.**
# Ben's transaction may not change a row that was changed after it had looked.
# SQLSTATE 40001 says: run the whole transaction again.

# %%
try:
    both_rename("REPEATABLE READ")
except DBAPIError as error:
    print(type(error.orig).__name__, error.orig.sqlstate)

# %% [markdown]
# **Watch it, from Ben's side.**
# When Ana commits, the fourth pane changes and the third does not: Ben keeps the state that he saw first.

# %%
quiet = ["created_at", "updated_at", "deleted_at", "reference", "version", "status"]
repeatable = engine.execution_options(isolation_level="REPEATABLE READ")
with Session(engine) as ana, Session(repeatable) as ben:
    with lens(ben, hide=quiet, tables=[CaseRecord], title="Ben, REPEATABLE READ") as film:
        case = ben.get(CaseRecord, "CASE-002")
        ana.get(CaseRecord, "CASE-002").title = "Label lost"
        ana.commit()
        ben.rollback()
film

# %% [markdown]
# ## Write skew
#
# **A rule over two rows: at least one case stays under review.**
# Both look and count two, and each of them takes another case out.
# No row is written twice, so REPEATABLE READ has nothing to refuse, and the rule is broken.

# %%
in_review = select(func.count()).where(CaseRecord.status == "UNDER_REVIEW")


def approve(session, case_id):
    if session.scalar(in_review) > 1:
        session.get(CaseRecord, case_id).status = "APPROVED"


# %%
def both_approve(level):
    at_level = engine.execution_options(isolation_level=level)
    with Session(at_level) as ana, Session(at_level) as ben:
        approve(ana, "CASE-001")
        approve(ben, "CASE-002")
        ana.commit()
        ben.commit()


both_approve("REPEATABLE READ")
Session(engine).scalar(in_review)

# %% [markdown]
# **Both go back, and we try again.**


# %%
def review_again():
    with Session(engine) as session:
        for case in session.scalars(select(CaseRecord)):
            case.status = "UNDER_REVIEW"
        session.commit()
        return session.scalar(in_review)


review_again()

# %% [markdown]
# **SERIALIZABLE finds that no order of the two explains what they saw, and refuses one.**

# %%
try:
    both_approve("SERIALIZABLE")
except DBAPIError as error:
    print(type(error.orig).__name__, error.orig.sqlstate)
Session(engine).scalar(in_review)

# %% [markdown]
# ## The retry
#
# **Whoever asks for such a level must be ready to run the whole unit again.**
# This piece of work decides by what it sees.
# In its first attempt, somebody else approves the other case before it commits.

# %%
serializable = engine.execution_options(isolation_level="SERIALIZABLE")
seen = []


def work(unit):
    seen.append(unit.cases.count(CaseStatus.UNDER_REVIEW))
    if len(seen) == 1:
        somebody_approves("CASE-001")
    if seen[-1] > 1:
        we_approve(unit, CaseId("CASE-002"))


# %% [markdown]
# **What somebody else does, and what we do.**


# %%
def somebody_approves(case_id):
    with Session(serializable) as session:
        approve(session, case_id)
        session.commit()


def we_approve(unit, case_id):
    case = unit.cases.get(case_id)
    case.transition_to(CaseStatus.APPROVED)
    unit.cases.save(case)


# %% [markdown]
# **`run_in_unit()` of `case_tracker` tries again: a new unit, a new look, a new decision.**
# The first attempt saw two cases and was refused; the second saw one, and left it.

# %%
review_again()
units = SqlUnitsOfWork(serializable)
run_in_unit(units, work)
seen, Session(engine).scalar(in_review)

# %% [markdown]
# **The server goes.**

# %%
units.close()
engine.dispose()
stack.close()

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. Call `both_rename("SERIALIZABLE")` in the second cell of the lost update. Is the answer another one?
# 2. In the film, give Ben the plain `engine`, which is READ COMMITTED. Which pane changes now when Ana commits?
# 3. In the retry, make `units` with the plain `engine`. How many attempts are there, and how many cases stay under review?
