"""The judge's side of a worker: starts it, asks it, ends it when it does not answer in time."""

import base64
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workbook.curriculum import Lesson
from workbook.grade import kit
from workbook.grade.sandbox.user import NOBODY
from workbook.grade.worker.frames import encoded
from workbook.grade.worker.supervisor import PATIENCE, READER_S

START = Path(__file__).with_name("worker") / "start.py"
START_S = 60.0
GRACE_S = 20.0
POLITE_S = 2.0
LARGEST_FRAME = 32 << 20
ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",  # arenas reserve address space
    "PYTHONHASHSEED": "0",  # a set has the same order in every worker: luck must not be in a mark
}
_LENGTH = 8


class WorkerLostError(Exception):
    """A worker ended, or did not answer: trouble of ours, never a learner's mistake."""


@dataclass(frozen=True)
class Limits:
    """What one submission may take: seconds that it computes, three times as many in all."""

    timeout_s: float = 10.0
    memory_mib: int = 512


@dataclass(frozen=True)
class Run:
    """How one run of a learner's code ended, and the lines it said. All of it is a claim."""

    status: str
    code: int
    lines: list[dict[str, Any]]
    left: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    cpu_s: float = 0.0
    rss_mib: float = 0.0
    broken: bool = False


class Worker:
    """One base process behind its walls. `role` is points, or feedback."""

    def __init__(
        self, role: str, tier: str, limits: Limits, imports: Sequence[str] | None = None
    ) -> None:
        """`imports` are the libraries to load before anything else; None: what the role needs."""
        self.role = role
        self.imports = list(kit.libraries(role) if imports is None else imports)
        self.tier = tier
        self.limits = limits
        self.lesson: Lesson | None = None
        self._is_open = False
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def open(self, lesson: Lesson, *, canaries: bool = False, probe: bytes = b"") -> None:
        """Let the worker load a lesson; the one before is forgotten.

        `canaries` watch its tests; `probe` takes the place of its probe.py.

        Raises:
            WorkerLostError: it could not.
        """
        files = kit.files_for(lesson, self.role)
        if canaries:
            tests = f"lessons/{lesson.slug}/test_exercise.py"
            files[tests] = kit.with_canaries(files[tests])
        if probe:
            files[f"lessons/{lesson.slug}/probe.py"] = probe
        self._open({"lesson": lesson.slug, "warm": kit.warm_modules(lesson)}, files)
        self.lesson = lesson

    def open_bare(self) -> None:
        """Let the worker load its role and no lesson.

        Raises:
            WorkerLostError: it could not.
        """
        self._open({"lesson": ""}, kit.tools())

    def forget_lesson(self) -> None:
        """End the warm parent of the open lesson, and with it whatever it was sent."""
        if self._is_open:
            self._send({"close": True})
        self.lesson, self._is_open = None, False

    def _open(self, order: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
        self.forget_lesson()
        if self._process is None:
            self._start()
        self._send({"role": self.role, "files": encoded(files), **order})
        self._expect("open", START_S)
        self._is_open = True

    def run(self, files: Mapping[str, bytes], **more: Any) -> Run:
        """Run a submission in the open lesson.

        Raises:
            WorkerLostError: the worker is gone; it is started anew by the next `open`.
        """
        request: dict[str, Any] = {"files": encoded(files), "timeout_s": self.limits.timeout_s}
        request |= more
        self._send(request)
        answer = self._receive(PATIENCE * (request["timeout_s"] + READER_S) + GRACE_S)
        if answer.get("status") not in ("done", "died", "timeout", "flooded"):
            self.stop()
            raise WorkerLostError(str(answer)[:200])
        lines, broken = lines_of(answer["said"])
        left = lines_of(answer["left"]["said"])[0] if "left" in answer else []
        known = {name: answer[name] for name in ("status", "code", "seconds", "cpu_s", "rss_mib")}
        return Run(lines=lines, left=left, broken=broken, **known)

    def stop(self) -> None:
        """End the process and everything it started."""
        self.lesson, self._is_open = None, False
        process, self._process = self._process, None
        if process is not None:
            if process.stdin:
                process.stdin.close()  # the polite way: everybody below ends, and is counted
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLITE_S)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _start(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="workbook-grade-"))
        if os.name == "posix" and os.geteuid() == 0 and self.tier != "T1":
            os.chown(self._folder, NOBODY, NOBODY)
        self._process = subprocess.Popen(  # noqa: S603 - it is our own Python and our own file
            # As isolated as -I, but for our own environment; the folder is there so that ps tells.
            [sys.executable, "-s", "-P", "-S", str(START), str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for the judge
            cwd="/",
            env=ENVIRONMENT,
        )
        self._send(
            {
                "tier": self.tier,
                "folder": str(self._folder),
                "readable": kit.readable(),
                "hidden": kit.hidden(),
                "path": kit.import_path(),
                "imports": self.imports,
                "memory_mib": self.limits.memory_mib,
                "cpu_s": int(self.limits.timeout_s) + 2,
            }
        )
        self._expect("ready", START_S)

    def _expect(self, key: str, timeout_s: float) -> None:
        answer = self._receive(timeout_s)
        if key not in answer:
            self.stop()
            raise WorkerLostError(str(answer.get("failed", answer))[:500])

    def _send(self, message: Mapping[str, Any]) -> None:
        process = self._process
        data = json.dumps(message).encode()
        try:
            assert process  # noqa: S101 - open() comes first
            assert process.stdin  # noqa: S101 - it is a pipe
            rest = memoryview(len(data).to_bytes(_LENGTH, "big") + data)
            while rest:
                rest = rest[process.stdin.write(rest) or 0 :]
        except OSError as error:
            self.stop()
            raise WorkerLostError(str(error)) from None

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        size = int.from_bytes(self._read(_LENGTH, deadline), "big")
        if size > LARGEST_FRAME:
            self.stop()
            raise WorkerLostError("a message that is too large")
        message = json.loads(self._read(size, deadline))
        return dict(message)

    def _read(self, size: int, deadline: float) -> bytes:
        process = self._process
        assert process  # noqa: S101 - open() comes first
        assert process.stdout  # noqa: S101 - it is a pipe
        handle = process.stdout.fileno()
        parts, missing = [], size
        while missing:
            ready = select.select([handle], [], [], max(deadline - time.monotonic(), 0))[0]
            part = os.read(handle, min(missing, 1 << 20)) if ready else b""
            if not part:
                self.stop()
                raise WorkerLostError("it ended" if ready else "it did not answer in time")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)


def lines_of(said: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the JSON objects of what a learner's process said, and whether something else came.

    A line that is no object, too deep, or no UTF-8 is left out.
    """
    lines, broken = [], False
    for line in base64.b64decode(said).split(b"\n"):
        if not line.strip():
            continue
        try:
            data = json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError):
            broken = True
            continue
        if isinstance(data, dict):
            lines.append(data)
        else:
            broken = True
    return lines, broken


def _refuse(constant: str) -> None:
    raise ValueError(constant)
