"""The service commits, and the dependency still opens the unit and commits too."""

from contextlib import nullcontext
from types import SimpleNamespace


def units_of(request: Request):
    with request.app.state.units.write() as unit:
        yield SimpleNamespace(read=lambda: nullcontext(unit), write=lambda: nullcontext(unit))
        unit.commit()
