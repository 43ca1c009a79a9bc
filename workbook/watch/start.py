"""Putting a watcher together on a real terminal, and taking it apart again whatever happens."""

import signal
import sys
from contextlib import ExitStack
from queue import SimpleQueue

from workbook.commands.shared import Desk
from workbook.warm.helper import Helper
from workbook.watch.events import Ended, Event, Heard, Resized
from workbook.watch.files import Files
from workbook.watch.keys import Keyboard
from workbook.watch.loop import Watcher
from workbook.watch.terminal import Terminal


def watch(desk: Desk, *, poll: bool = False) -> None:
    """Watch the current lesson until the learner quits. Needs a terminal on both sides."""
    events: SimpleQueue[Event] = SimpleQueue()  # its put() may be called by a signal handler
    terminal = Terminal()
    with ExitStack() as stack:
        helper = stack.enter_context(Helper(lambda answer: events.put(Heard(answer))))
        keyboard = Keyboard(events.put)
        files = Files(desk.home.lessons, events.put, poll=poll)
        watcher = Watcher(desk, files, keyboard, helper)
        _listen_to_signals(events)
        terminal.clear()
        keyboard.start()
        stack.callback(terminal.leave)
        stack.callback(keyboard.stop)
        files.start()
        stack.callback(files.stop)
        watcher.run(terminal, events)


def _listen_to_signals(events: "SimpleQueue[Event]") -> None:
    signal.signal(signal.SIGINT, lambda *_: events.put(Ended()))  # from outside: Ctrl-C is a key
    signal.signal(signal.SIGTERM, lambda *_: events.put(Ended()))
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, lambda *_: events.put(Ended()))
        signal.signal(signal.SIGWINCH, lambda *_: events.put(Resized()))
        signal.signal(signal.SIGCONT, lambda *_: events.put(Resized()))
