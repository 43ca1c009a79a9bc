"""A sync face for what is awaited, so that one contract suite asks every adapter.

Never decides anything: each call is passed on into an event loop that runs in a thread of its own.
"""

from case_tracker.adapters.sql.audit import SqlAlchemyAuditEventRepository
from case_tracker.adapters.sql.bulk import SqlCaseImport
from case_tracker.adapters.sql.read_models import SqlCasePages


class Inside:
    """An object of sync code on an async engine: each call runs as `AsyncSqlUnits.run` runs it."""

    def __init__(self, call, target):
        self._call = call
        self._target = target

    @property
    def __class__(self):
        """Look like what stands behind."""
        return type(self._target)

    def __getattr__(self, name):
        value = self._call(getattr, self._target, name)
        if not callable(value):
            return Inside(self._call, value)
        return lambda *values, **named: self._call(lambda: value(*values, **named))

    def __enter__(self):
        self._call(self._target.__enter__)
        return self

    def __exit__(self, *exception):
        return self._call(self._target.__exit__, *exception)


class UseCasesInside:
    """The units of the application on an async engine."""

    def __init__(self, portal, units):
        self._portal = portal
        self._units = units

    def read(self):
        return Inside(self._call, self._units.inside.read())

    def write(self):
        return Inside(self._call, self._units.inside.write())

    def pause(self, seconds):
        self._call(self._units.inside.pause, seconds)

    def _call(self, function, *values):
        return self._portal.call(self._units.run, lambda _: function(*values))


class Awaited:
    """An object whose methods are coroutines."""

    def __init__(self, portal, target):
        self._portal = portal
        self._target = target

    def __getattr__(self, name):
        method = getattr(self._target, name)
        return lambda *values, **named: self._portal.call(lambda: method(*values, **named))


class WrittenByHand:
    """The async units of work: their repository is the hand-written one, the rest stands by."""

    def __init__(self, portal, units):
        self._portal = portal
        self._units = units

    def read(self):
        return AwaitedUnit(self._portal, self._units.read())

    def write(self):
        return AwaitedUnit(self._portal, self._units.write())


class AwaitedUnit(Awaited):
    """One async unit of work."""

    def __enter__(self):
        self._portal.call(self._target.__aenter__)
        self.cases = Awaited(self._portal, self._target.cases)
        session = self._target.session
        self.pages = self._beside(SqlCasePages(session.sync_session))
        self.imports = self._beside(SqlCaseImport(session.sync_session))
        self.audit_events = self._beside(SqlAlchemyAuditEventRepository(session.sync_session))
        return self

    def __exit__(self, *exception):
        return self._portal.call(self._target.__aexit__, *exception)

    def _beside(self, adapter):
        def call(function, *values):
            return self._portal.call(
                lambda: self._target.session.run_sync(lambda _: function(*values))
            )

        return Inside(call, adapter)
