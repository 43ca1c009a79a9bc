"""Noticing that a file was saved: by notification, and by looking where none comes. Reads nothing.

Notifications fail in silence on some network drives, in containers and under WSL. So the few files
of the lesson are looked at now and then as well; when that finds a change which no notification
told, it goes on by looking, and says so.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

from workbook.watch.events import Noticed, Post, Saved

DEBOUNCE_MS, STEP_MS = 30, 10
_LOOK_MS = 1000  # beside notifications
_ON_ITS_WAY = 2  # looks: on a busy machine a notification is late
_ALONE_S = 0.3  # without them
_LOOKING = "no notifications here: looking at your files 3 times a second"

Stamp = tuple[int, int, int] | None


class Files:
    """Posts Saved when one of the files changes that `watch` has named last."""

    def __init__(self, folder: Path, post: Post, *, poll: bool = False) -> None:
        self._folder = folder
        self._post = post
        self._poll = poll
        self._paths: Sequence[Path] = ()
        self._seen: list[Stamp] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()

    def watch(self, paths: Sequence[Path]) -> None:
        """From now on, these files count and no others."""
        with self._lock:
            self._paths = paths
            self._seen = [_stamp(path) for path in paths]

    def _run(self) -> None:
        if not self._poll:
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001 - too many watches, a strange file system, …
                self._post(Noticed(f"{_LOOKING} ({error})"))
            else:
                self._post(Noticed(_LOOKING))
        else:
            self._post(Noticed(_LOOKING))
        while not self._stop.wait(_ALONE_S):
            self._look()

    def _listen(self) -> None:
        """Wait for notifications; return when a change came without one."""
        import watchfiles  # noqa: PLC0415 - not needed by those who only look

        untold, started = 0, False
        for changes in watchfiles.watch(
            self._folder,
            debounce=DEBOUNCE_MS,
            step=STEP_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            stop_event=self._stop,
            watch_filter=None,
            raise_interrupt=False,
        ):
            if self._stop.is_set():
                return
            changed = self._look()
            if changes or not started:  # what came before the first notification could come
                untold, started = 0, True
            elif changed or untold:
                untold += 1
            if untold > _ON_ITS_WAY:
                return

    def _look(self) -> bool:
        """Post Saved if a file is not as it was; say so."""
        with self._lock:
            now = [_stamp(path) for path in self._paths]
            changed, self._seen = now != self._seen, now
        if changed:
            self._post(Saved())
        return changed


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
