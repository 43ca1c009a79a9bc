"""The only listeners of the lens: one set for all active recorders, at class level.

Never changes SQLAlchemy's lists of listeners while another thread may be walking them: that thread
would raise "deque mutated during iteration", in the middle of a program that did nothing wrong.

So the last recorder to leave takes the listeners away at once when every other thread that was
heard has ended; otherwise they stay, do nothing, and go with the next recorder that finds it so.
What is left to the program: attach before its threads start if it has listeners of its own on the
class Engine.
"""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool

LIBRARY = Path(sqlalchemy.__file__).parent

_EVENTS: tuple[tuple[Any, str], ...] = (
    (Engine, "before_cursor_execute"),
    (Engine, "after_cursor_execute"),
    (Engine, "handle_error"),
    (Engine, "begin"),
    (Engine, "commit"),
    (Engine, "rollback"),
    (Pool, "reset"),
    (Session, "do_orm_execute"),
    (Session, "before_flush"),
)

Hook = Callable[..., None]


class Hooks:
    """Passes each of these events of SQLAlchemy on to those who listen at the moment."""

    def __init__(self, events: Sequence[tuple[Any, str]]) -> None:
        self._lock = threading.Lock()
        self.listening = False
        self._heard: set[int] = (
            set()
        )  # threads; asking for their frames is not safe on every Python
        self._active: tuple[dict[str, Hook], ...] = ()  # replaced, never changed: see above
        self.listeners = [(target, name, self._listener(name)) for target, name in events]

    def _listener(self, name: str) -> Hook:
        def pass_on(*told: Any) -> None:
            self._heard.add(threading.get_ident())
            for hooks in self._active:
                if name in hooks:
                    hooks[name](*told)

        return pass_on

    def join(self, hooks: dict[str, Hook]) -> None:
        """Let this recorder hear, by name of event."""
        with self._lock:
            self._active = (*self._active, hooks)
            if not self.listening:
                self.listening = True
                for listener in self.listeners:
                    event.listen(*listener)

    def leave(self, hooks: dict[str, Hook]) -> None:
        """Let it hear nothing any more, and take the listeners away if it was the last."""
        with self._lock:
            self._active = tuple(other for other in self._active if other is not hooks)
            if not self._active and not self._others_alive():
                self.listening = False
                self._heard.clear()
                for listener in self.listeners:
                    event.remove(*listener)

    def _others_alive(self) -> bool:
        alive = {thread.ident for thread in threading.enumerate()}
        return bool(alive & (self._heard - {threading.get_ident()}))


HOOKS = Hooks(_EVENTS)
