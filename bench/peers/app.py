"""This application, through what its command line and its API call. Never past a port."""

from bench.peers.common import ACTOR, PAGE
from case_tracker.bootstrap import build_units
from case_tracker.domain.audit import Actor
from case_tracker.domain.case import Case, CaseId
from case_tracker.domain.status import CaseStatus
from case_tracker.ports.read_models import CaseView
from case_tracker.services.import_cases import import_cases
from case_tracker.services.transition_case import transition_case


class App:
    """Domain objects in and out."""

    name = "case_tracker"

    def __init__(self, url: str) -> None:
        self.units = build_units(url, {})

    def insert(self, cases: list[Case]) -> int:
        """What `case-tracker import` calls."""
        return import_cases(self.units, cases)

    def page(self, after: str) -> list[CaseView]:
        """What `list_cases` calls for `case-tracker list` and `GET /cases`."""
        with self.units.read() as unit:
            return unit.pages.page(limit=PAGE, after=CaseId(after))

    def count(self) -> int:
        """The total of the same page."""
        with self.units.read() as unit:
            return unit.pages.total()

    def transition(self, case_id: str, target: CaseStatus, expected_version: int) -> Case:
        """What `case-tracker transition` and `POST /cases/{id}/transitions` call."""
        actor = Actor(ACTOR)
        return transition_case(
            self.units, CaseId(case_id), target, actor, expected_version=expected_version
        )

    def close(self) -> None:
        """Close the pool."""
        self.units.close()
