"""The listeners of a film: what the Session, its connections and its objects announce.

Never raises into the program, and leaves Session and classes without a listener when it ends.
Listeners on one Session are safe to add and remove: a Session works in one thread at a time. Those
on classes are shared by all films, like the recorder's (`hooks` says why).
"""

import functools
import threading
from typing import Any

from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, SessionTransaction

from workbook.lens.attributes import CHANGES, Attributes
from workbook.lens.camera import Camera
from workbook.lens.hooks import Hook, Hooks
from workbook.lens.notes import Told
from workbook.lens.objects import Coming
from workbook.lens.recorder import told
from workbook.lens.statements import Kind, classify, is_statement, tables

_HOOKS = Hooks(
    [
        (Engine, "before_cursor_execute"),
        (Engine, "after_cursor_execute"),
        (Engine, "commit"),
        (Engine, "rollback"),
        (Engine, "rollback_savepoint"),
        (Mapper, "init"),
        (Mapper, "expire"),
        (Mapper, "refresh"),
    ]
)
_WRITES = {Kind.INSERT, Kind.UPDATE, Kind.DELETE, Kind.DDL}
_STATES: dict[str, Told] = {
    "pending_to_persistent": "stored",
    "loaded_as_persistent": "loaded",
    "detached_to_persistent": "taken",
    "persistent_to_deleted": "removed",
    "deleted_to_persistent": "restored",
    "deleted_to_detached": "let go",
    "persistent_to_detached": "let go",
    "pending_to_transient": "forgotten",
    "persistent_to_transient": "forgotten",
}


class Watch:
    """Listens between `start` and `stop`, and tells the camera."""

    def __init__(self, session: Session, camera: Camera) -> None:
        self.error: str | None = None
        self._session = session
        self._camera = camera
        self._thread = threading.get_ident()
        self._listeners = {name: self._safe(hook) for name, hook in self._session_hooks().items()}
        self._hooks = {name: self._safe(hook) for name, hook in self._shared_hooks().items()}
        self._attributes = Attributes(
            {name: self._safe(functools.partial(self._changing, name)) for name in CHANGES}
        )

    def start(self) -> None:
        """Listen, and meet what is in the Session already."""
        for thing in (*self._session.new, *self._session.identity_map.values()):
            self._meet(inspect(thing).mapper)
        transaction = self._session.get_transaction()
        for connection in transaction.connections if transaction else ():
            self._camera.uses(connection)
        for name, listener in self._listeners.items():
            event.listen(self._session, name, listener)
        _HOOKS.join(self._hooks)

    def end(self) -> None:
        """End the step that is going on."""
        self._safe(self._end)()

    def _end(self) -> None:
        self._camera.begins(self._camera.calls())
        self._camera.finish()

    def by_hand(self, label: str) -> None:
        """Take a step under this label."""
        self._safe(lambda: self._camera.by_hand(label, self._camera.calls()))()

    def stop(self) -> None:
        """Leave everything as it was."""
        _HOOKS.leave(self._hooks)
        for name, listener in self._listeners.items():
            event.remove(self._session, name, listener)
        self._attributes.stop()

    def _safe(self, hook: Hook) -> Hook:
        def listener(*heard: Any) -> None:
            try:
                hook(*heard)
            except Exception as error:  # noqa: BLE001 (an error of the lens is not the program's)
                self.error = self.error or told(error)

        return listener

    # The Session.

    def _session_hooks(self) -> dict[str, Hook]:
        hooks: dict[str, Hook] = {
            "before_attach": lambda _session, thing: self._attaching(thing),
            "transient_to_pending": lambda _session, thing: self._put(thing),
            "before_flush": lambda *_: self._flushing(),
            "after_flush_postexec": lambda *_: self._flushed(),
            "before_commit": lambda _session: self._begins("commit"),
            "after_begin": lambda _session, _transaction, connection: self._camera.uses(connection),
            "after_transaction_create": lambda _session, transaction: self._begun(transaction),
            "after_transaction_end": lambda _session, transaction: self._ended(transaction),
            "do_orm_execute": self._asking,
        }
        return hooks | {
            name: functools.partial(self._moved, kind) for name, kind in _STATES.items()
        }

    def _begins(self, kind: Told, thing: object | None = None) -> None:
        camera = self._camera
        camera.begins(camera.calls())
        if thing is not None:
            self._meet(inspect(thing).mapper)
        camera.note(kind, thing)

    def _attaching(self, thing: object) -> None:
        self._begins("attach")
        self._meet(inspect(thing).mapper)

    def _put(self, thing: object) -> None:
        calls = self._camera.calls()
        self._camera.happened(calls)
        self._camera.put(thing, _putter(calls.orm))

    def _moved(self, kind: Told, _session: Session, thing: object) -> None:
        self._meet(inspect(thing).mapper)
        self._camera.happened(self._camera.calls())
        self._camera.note(kind, thing)

    def _flushing(self) -> None:
        self._begins("asked")
        self._camera.plan()

    def _flushed(self) -> None:
        self._camera.note("flushed")
        self._camera.finish()

    def _begun(self, transaction: SessionTransaction) -> None:
        if transaction.parent is None or transaction.nested:
            self._begins("begun")
            self._camera.is_inside("savepoint" if transaction.nested else "transaction")

    def _ended(self, transaction: SessionTransaction) -> None:
        if transaction.parent is not None and not transaction.nested:
            return  # each flush has one of its own
        self._camera.happened(self._camera.calls())
        if transaction.parent is None:
            self._camera.inside.ended()
        self._camera.is_inside()
        self._camera.finish()

    def _asking(self, state: ORMExecuteState) -> None:
        self._begins("asked")
        for mapper in state.all_mappers:
            self._meet(mapper)

    # Its connections.

    def _shared_hooks(self) -> dict[str, Hook]:
        return {
            "before_cursor_execute": lambda conn, _cursor, text, *_: self._sending(conn, text),
            "after_cursor_execute": lambda conn, _cursor, text, *_: self._sent(conn, text),
            "commit": lambda conn: self._working("commit", conn),
            "rollback": lambda conn: self._working("rollback", conn),
            "rollback_savepoint": lambda conn, *_: self._working("rollback", conn),
            "init": lambda thing, *_: self._making(thing),
            "expire": lambda thing, *_: self._reached("expired", thing),
            "refresh": lambda thing, *_: self._reached("fresh", thing),
        }

    def _sending(self, connection: Connection, text: str) -> None:
        # A BEGIN is sent before the Session says that the connection is its own.
        if self._camera.owns(connection) or classify(text) in _WRITES:
            self._working("asked", connection)

    def _working(self, kind: Told, connection: Connection) -> None:
        # Others in this program get a step of their own: what they commit is not our line's work.
        if self._camera.owns(connection) or threading.get_ident() == self._thread:
            self._begins(kind)

    def _sent(self, connection: Connection, text: str) -> None:
        if self._camera.owns(connection):
            touched = is_statement(classify(text)) and bool(tables(text))
            self._camera.inside.used(connection, touched=touched)
            if connection.dialect.is_async:  # later there may be nobody to await the answer
                self._camera.inside.look(self._camera.tables)

    # Its objects.

    def _making(self, thing: object) -> None:
        if threading.get_ident() == self._thread:
            self._begins("made", thing)

    def _reached(self, kind: Told, thing: object | None) -> None:
        if thing is not None and inspect(thing).session is self._session:
            self._moved(kind, self._session, thing)
            if kind == "fresh":
                self._camera.filled(thing)

    def _meet(self, mapper: Mapper[Any]) -> None:
        for one in self._attributes.hear(mapper):
            self._camera.knows(one)

    def _changing(self, kind: str, thing: object, *heard: Any) -> None:
        state, camera = inspect(thing), self._camera
        if threading.get_ident() != self._thread and state.transient:
            return
        if state.session is not self._session and not state.transient:
            return
        calls = camera.calls()
        if "_flush" in calls.orm:
            return  # the flush writes keys and defaults into the objects
        camera.begins(calls)
        camera.note("changed", thing)
        if kind != "modified":
            key, value = heard[-1].key, heard[0]
            scalar = kind == "set" and key in state.mapper.column_attrs
            camera.see(thing, Coming(key, value, scalar))


def _putter(orm_calls: list[str]) -> str:
    if "merge" in orm_calls:
        return "session.merge()"
    if "add" in orm_calls or "add_all" in orm_calls:
        return "session.add()"
    return "a relationship"
