"""The watcher itself: one event after the other, and a screen after each. Runs in one thread."""

from queue import SimpleQueue

from workbook.commands.shared import Desk
from workbook.warm.helper import Helper
from workbook.watch.actions import Actions
from workbook.watch.checks import Checks
from workbook.watch.drawing import draw
from workbook.watch.events import Ended, Event, Heard, Key, Noticed, Resized, Saved
from workbook.watch.files import Files
from workbook.watch.keys import Keyboard
from workbook.watch.state import State
from workbook.watch.terminal import Terminal
from workbook.watch.work import Work


class Watcher:
    """One learner at one lesson. Ends with `q`; everything is stored as it happens."""

    def __init__(self, desk: Desk, files: Files, keyboard: Keyboard, helper: Helper) -> None:
        self._state = State(desk, desk.current)
        desk.complain = self._state.say
        self._checks = Checks(self._state, files)
        self._work = self._checks.work = Work(helper, desk.home, self._checks.answered)
        self._actions = Actions(self._state, self._checks, keyboard)

    def run(self, terminal: Terminal, events: "SimpleQueue[Event]") -> None:
        """Show the lesson at hand, and handle events until one of them ends it."""
        self._checks.open(self._state.lesson)
        while not self._state.ended:
            draw(self._state, terminal)
            self._handle(events.get())
            while not events.empty():  # what came meanwhile is drawn once
                self._handle(events.get())
        draw(self._state, terminal)

    def _handle(self, event: Event) -> None:
        match event:
            case Key(name):
                self._actions.press(name)
            case Saved():
                self._checks.saved()
            case Heard(answer):
                self._work.heard(answer)
            case Noticed(text):
                self._state.standing = text
            case Resized():
                pass  # it is drawn anew in any case
            case Ended():
                self._state.quit()
