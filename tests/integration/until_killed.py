"""A program that takes one step after the other, and says on stdout what it has just done.

Never ends by itself. With `--ask` it waits for a line on stdin after each thing it says, so that
whoever started it can end it at any point of a transaction.
"""

import itertools
import sys

from sqlalchemy import Engine, event

from case_tracker.bootstrap import build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.services.transition_case import transition_case

ROUND = [CaseStatus.RETURNED, CaseStatus.SUBMITTED, CaseStatus.UNDER_REVIEW]


def say(what):
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()
    if "--ask" in sys.argv:
        sys.stdin.readline()


def after_cursor_execute(_connection, _cursor, statement, *_):
    if statement.startswith(("UPDATE", "INSERT")):
        say(statement.split()[0])


def main(url, *case_ids):
    units = build_units(url)
    if "--ask" in sys.argv:
        event.listen(Engine, "after_cursor_execute", after_cursor_execute)
        event.listen(Engine, "commit", lambda _: say("COMMIT"))
    for goal in itertools.cycle(ROUND):
        for case_id in case_ids:
            transition_case(units, CaseId(case_id), goal, Actor("child"))
            say(f"done {case_id}")


if __name__ == "__main__":
    main(*(argument for argument in sys.argv[1:] if argument != "--ask"))
