"""The commit moved into the service, and the dependency still opens the unit."""

from contextlib import nullcontext
from types import SimpleNamespace


def units_of(request: Request):
    with request.app.state.units.write() as unit:
        yield SimpleNamespace(read=lambda: nullcontext(unit), write=lambda: nullcontext(unit))
