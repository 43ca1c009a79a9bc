"""Single keys of a terminal, read in a thread. Gives the terminal back as it was."""

import os
import select
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbook.watch.events import Ended, Key, Post

_NAMES = {
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1b[5~": "page up",
    "\x1b[6~": "page down",
    "\x1b": "escape",
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x03": "ctrl-c",
    "\x04": "ctrl-d",
    "\x1a": "ctrl-z",
    "\xe0H": "up",  # the two characters of a Windows console
    "\xe0P": "down",
    "\xe0I": "page up",
    "\xe0Q": "page down",
}
_PATIENCE_S = 0.05  # the rest of an escape sequence comes at once


def names_of(text: str) -> Iterator[str]:
    """Yield the keys in what a terminal has sent; a sequence that nobody knows is left out."""
    while text:
        known = [sequence for sequence in _NAMES if text.startswith(sequence)]
        taken = max(known, key=len, default=text[0])
        if taken == "\x1b" and len(text) > 1:
            text = _after_sequence(text)
            continue
        if known or taken.isprintable():
            yield _NAMES.get(taken, taken)
        text = text[len(taken) :]


def _after_sequence(text: str) -> str:
    """Drop an escape sequence that we have no name for."""
    if text[1] not in "[O":
        return text[2:]
    end = next((n for n, c in enumerate(text[2:], 2) if c.isalpha() or c == "~"), len(text))
    return text[end + 1 :]


class Keyboard:
    """Posts each key while it is started. Ctrl-C is a key, so that nothing is interrupted."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._thread: threading.Thread | None = None
        self._before: Any = None
        self._stop = (-1, -1)

    def start(self) -> None:
        """Take the terminal and begin to read."""
        if os.name == "nt":
            read = self._read_windows
        else:
            read = self._read
            self._take_terminal()
            self._stop = os.pipe()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop reading and give the terminal back."""
        if self._thread is None:
            return
        self._stopping.set()
        if self._stop[1] >= 0:
            os.write(self._stop[1], b".")
        self._thread.join()
        self._thread = None
        if os.name != "nt":
            for end in self._stop:
                os.close(end)
            self._stop = (-1, -1)
            self._give_terminal_back()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Lend the terminal to another program for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def _take_terminal(self) -> None:
        import termios  # noqa: PLC0415 - there is none on Windows

        descriptor = sys.stdin.fileno()
        self._before = termios.tcgetattr(descriptor)
        mode = termios.tcgetattr(descriptor)
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        mode[0] &= ~termios.ICRNL
        termios.tcsetattr(descriptor, termios.TCSADRAIN, mode)

    def _give_terminal_back(self) -> None:
        import termios  # noqa: PLC0415 - there is none on Windows

        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)

    def _read(self) -> None:
        descriptor = sys.stdin.fileno()
        while not self._stopping.is_set():
            ready, _, _ = select.select([descriptor, self._stop[0]], [], [])
            if self._stop[0] in ready:
                return
            if not self._take(descriptor):
                self._post(Ended())
                return

    def _take(self, descriptor: int) -> bool:
        try:
            data = os.read(descriptor, 1024)
            while data.endswith((b"\x1b", b"\x1b[", b"\x1bO")):
                if not select.select([descriptor], [], [], _PATIENCE_S)[0]:
                    break
                data += os.read(descriptor, 1024)
        except OSError:
            return False
        for name in names_of(data.decode(errors="replace")):
            self._post(Key(name))
        return bool(data)

    def _read_windows(self) -> None:
        if sys.platform != "win32":
            return
        import msvcrt  # noqa: PLC0415 - there is none elsewhere

        while not self._stopping.wait(_PATIENCE_S):
            while msvcrt.kbhit():
                text = msvcrt.getwch()
                if text in "\x00\xe0":
                    text = "\xe0" + msvcrt.getwch()
                for name in names_of(text):
                    self._post(Key(name))
