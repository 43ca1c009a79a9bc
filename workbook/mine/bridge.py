"""Where the application reads and writes past a learner's code for speed, the way back to it.

`case_tracker` runs on a repository that never loads a record (`case_store`, `read_models`). Here
the repository of lesson 02, on the queries of lesson 05, does that work instead. Deleted cases come
in lesson 13: as long as there are any, the finished code reads pages.
"""

from collections.abc import Iterable
from pathlib import Path

from workbook.home import app_source

SLOW = {"case_tracker.adapters.sql.repository", "case_tracker.adapters.sql.queries"}
_PAGES = """

from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository as _Yours

_Finished = SqlCasePages
_DELETED = select(func.count()).select_from(CaseRecord).where(~alive(CaseRecord))


class SqlCasePages(_Finished):
    def page(self, status=None, *, limit=100, offset=0, after=None):
        if after is not None or self._session.scalars(_DELETED).one():
            return super().page(status, limit=limit, offset=offset, after=after)
        return [
            CaseView(c.id.value, c.title, c.status, c.version, c.reference, tuple(c.notes))
            for c in _Yours(self._session).list(status, limit=limit, offset=offset)
        ]

    def total(self, status=None):
        if self._session.scalars(_DELETED).one():
            return super().total(status)
        return _Yours(self._session).count(status)
"""
_STORE = """

from case_tracker.adapters.sql.repository import SqlAlchemyCaseRepository as _Yours

_Finished = SqlCaseStore


class SqlCaseStore(_Finished):
    def get(self, case_id):
        self._expect(case_id)
        return _Yours(self._session).get(case_id)

    def add(self, case):
        _Yours(self._session).add(case)

    def save(self, case):
        self._expect(case.id)
        _Yours(self._session).save(case)

    def _expect(self, case_id):
        if self._session.scalars(_IS_ALIVE, {"id": case_id.value}).one_or_none() is None:
            raise CaseNotFoundError(case_id)
"""
_WAYS = {
    "case_tracker.adapters.sql.read_models": _PAGES,
    "case_tracker.adapters.sql.case_store": _STORE,
}


def bridges(modules: Iterable[str], folder: Path) -> dict[str, Path]:
    """Return the modules that lead the application to the learner's, written to `folder`."""
    if not SLOW.intersection(modules):
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    places = {}
    for module, way in _WAYS.items():
        places[module] = folder / f"{module.rpartition('.')[2]}.py"
        text = app_source(module).read_text(encoding="utf-8") + way
        places[module].write_text(text, encoding="utf-8", newline="\n")
    return places
