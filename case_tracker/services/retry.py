"""Trying a whole unit of work again. Never repeats a commit whose outcome is unknown."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from case_tracker.domain.errors import TransientError
from case_tracker.ports.unit_of_work import UnitOfWork, UnitsOfWork

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 3
DEADLINE_S = 15.0
FIRST_PAUSE_S = 0.02


def run_in_unit(units: UnitsOfWork, work: Callable[[UnitOfWork], T]) -> T:
    """Call `work` with a new writing unit, commit, and return what it returned.

    When the database gives up for a reason that passes (a deadlock, a serialization failure, a
    lock that was held too long), everything is done again with another new unit: 3 attempts at
    most, 15 s in all, the waiting for locks included. `work` must have no effect outside the unit.

    Raises:
        TransientError: the last attempt failed too; nothing was changed.
    """

    def once() -> T:
        with units.write() as unit:
            result = work(unit)
            unit.commit()
        return result

    return _repeat(units, once)


def retried(
    service: Callable[Concatenate[UnitsOfWork, P], T],
) -> Callable[Concatenate[UnitsOfWork, P], T]:
    """Make a service try again as `run_in_unit` does: it opens a new unit each time it is called.

    The arguments stay as they are. A stale `expected_version` stays stale: whoever read an old
    version has to look again, a retry must not do it for them.
    """

    @wraps(service)
    def call(units: UnitsOfWork, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return _repeat(units, lambda: service(units, *args, **kwargs))

    return call


def _repeat(units: UnitsOfWork, once: Callable[[], T]) -> T:
    started = begun = time.monotonic()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return once()
        except TransientError:
            # Random, so that two that met once do not meet again.
            pause_s = random.uniform(0, FIRST_PAUSE_S * 2**attempt)  # noqa: S311 - not a secret
            took, begun = time.monotonic() - begun, time.monotonic() + pause_s
            if attempt == ATTEMPTS or begun + took > started + DEADLINE_S:
                raise  # another attempt like this one would end too late
            units.pause(pause_s)
    raise AssertionError("unreachable: the last attempt returns or raises")
