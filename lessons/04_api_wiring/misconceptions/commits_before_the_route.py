"""The dependency commits early: before the route has done anything."""

from contextlib import nullcontext
from types import SimpleNamespace


def units_of(request: Request):
    with request.app.state.units.write() as unit:
        unit.commit()
        yield SimpleNamespace(read=lambda: nullcontext(unit), write=lambda: nullcontext(unit))


def open_case(units, case_id, title, *, reference=None):
    case = Case(case_id, title, reference=reference)
    with units.write() as unit:
        unit.cases.add(case)
    return case
