# %% [markdown]
# # All of it, or nothing
#
# Belongs to lesson 03, `workbook check 3`.
# The application never calls flush and rollback by hand.
# It works inside a **Unit of Work**: one block, one transaction, one `commit()`.

# %%
from tempfile import TemporaryDirectory

from case_tracker.bootstrap import build_schema, build_units
from case_tracker.domain.audit import Actor, AuditEvent
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.errors import CaseTrackerError
from case_tracker.domain.status import CaseStatus
from case_tracker.services.open_case import open_case
from case_tracker.services.read_cases import case_history, count_cases, show_case
from case_tracker.services.transition_case import transition_case
from workbook.lens.timeline import lens

# %% [markdown]
# **The application on a new database.**

# %%
folder = TemporaryDirectory(ignore_cleanup_errors=True)
url = f"sqlite:///{folder.name}/cases.db"
build_schema(url).upgrade()
units = build_units(url)
case_id, ana = CaseId("CASE-001"), Actor("Ana")
open_case(units, case_id, "Broken lamp")

# %% [markdown]
# ## The good day
#
# **A step of the workflow stores the status and the audit event, together.**
# Who asks why the case was submitted finds the answer.

# %%
case = transition_case(units, case_id, CaseStatus.SUBMITTED, ana)
event = case_history(units, case_id)[0]
case.status.value, event.actor.name, dict(event.details)

# %% [markdown]
# **Watch it: both rows wait in the transaction, and one COMMIT shows them to everybody.**
# The last line of the block is the boundary.

# %%
quiet = ["created_at", "updated_at", "deleted_at", "reference", "occurred_at", "id", "event_type"]
step = AuditEvent.case_transitioned(case_id, ana, CaseStatus.SUBMITTED, CaseStatus.UNDER_REVIEW)
with units.write() as unit, lens(unit.session, hide=quiet, title="One unit") as film:
    case = unit.cases.get(case_id)
    case.transition_to(CaseStatus.UNDER_REVIEW)
    unit.cases.save(case)
    unit.audit_events.add(step)
    unit.commit()
film

# %% [markdown]
# ## The bad day
#
# **The audit event is refused: then the status must not change either.**
# Here we add an event that is stored already: its id is taken, so the INSERT fails.

# %%
try:
    with units.write() as unit:
        case = unit.cases.get(case_id)
        case.transition_to(CaseStatus.APPROVED)
        unit.cases.save(case)
        unit.audit_events.add(step)
        unit.commit()
except CaseTrackerError as error:
    print(error)

# %% [markdown]
# **Nothing of it is stored: no approval without a name.**
# The object `case` in our hands says something else; nobody may use it after the failure.

# %%
show_case(units, case_id).status.value, len(case_history(units, case_id)), case.status.value

# %% [markdown]
# **Now the same with two units instead of one: the first one stores the approval.**

# %%
with units.write() as unit:
    case = unit.cases.get(case_id)
    case.transition_to(CaseStatus.APPROVED)
    unit.cases.save(case)
    unit.commit()
show_case(units, case_id).status.value

# %% [markdown]
# **The second one fails, and the approval stays: by nobody.**
# This is the bug that one block prevents.

# %%
try:
    with units.write() as unit:
        unit.audit_events.add(step)
        unit.commit()
except CaseTrackerError as error:
    print(error)
show_case(units, case_id).status.value, [dict(e.details) for e in case_history(units, case_id)]

# %% [markdown]
# ## The forgotten commit
#
# **A block that ends without commit() stores nothing, and says nothing.**
# So a test has to look with another unit.

# %%
with units.write() as unit:
    unit.cases.add(Case(CaseId("CASE-002"), "Late report"))
count_cases(units)

# %% [markdown]
# **The services cannot tell where the cases are kept.**
# The same story on the adapter in memory: it keeps the same promise.

# %%
memory = build_units("memory:")
open_case(memory, case_id, "Broken lamp")
transition_case(memory, case_id, CaseStatus.SUBMITTED, ana)
with memory.write() as unit:
    unit.cases.add(Case(CaseId("CASE-002"), "Late report"))
count_cases(memory), len(case_history(memory, case_id))

# %% [markdown]
# ## Three questions
#
# Change one cell, run the notebook again from the top, and look.
#
# 1. In the film, leave out `unit.commit()`. What is the last thing that is sent, and what does the fourth pane show?
# 2. In the bad day, call `unit.audit_events.add(step)` before `unit.cases.save(case)`. Does the order matter?
# 3. In the forgotten commit, ask `unit.cases.count()` as the last line of the block. Why does it differ from `count_cases(units)`?
