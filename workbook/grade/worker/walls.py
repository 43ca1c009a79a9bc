"""The walls of each tier, raised step by step: base, warm parent, grading, learner's process.

T1: namespaces, a root of its own, Landlock, seccomp, limits. T2: Landlock, seccomp, limits.
T3: seccomp where there is one, and limits, inside a container that the instructor made.
T4 and T5: limits, no more.
"""

import contextlib
import os
import resource
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.grade.sandbox import landlock, root, seccomp, system, user

MIB = 1 << 20
_MOST_STORED = 64 * MIB
_MOST_FILES = 4096
_MOST_THREADS = 64
_LONGEST_FILE = 32 * MIB
_MOST_HANDLES = 256


@dataclass(frozen=True)
class Walls:
    """What separates one kind of worker from the rest of the machine."""

    tier: str
    folder: Path
    readable: tuple[str, ...]
    hidden: tuple[str, ...]
    memory_mib: int
    cpu_s: int

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> "Walls":
        """Read what the judge ordered."""
        return cls(
            tier=order["tier"],
            folder=Path(order["folder"]),
            readable=tuple(order["readable"]),
            hidden=tuple(order["hidden"]),
            memory_mib=order["memory_mib"],
            cpu_s=order["cpu_s"],
        )

    @property
    def app(self) -> Path:
        """Where the application and the lesson are."""
        return Path(root.APP) if self.tier == "T1" else self.folder / "app"

    @property
    def scratch(self) -> Path:
        """Where one grading has its files: `files` of the learner, and `tmp`."""
        return Path(root.SCRATCH) if self.tier == "T1" else self.folder / "scratch"

    def around_base(self) -> None:
        """Leave the machine: for T1 into namespaces with a root of their own."""
        if self.tier != "T1":
            user.become_nobody()
            self._insist_on_python()
            return
        with user.process_table() as processes:
            if os.geteuid() == 0:  # root can show what the later user could not reach
                system.unshare("mount")
                root.enter(self.folder, self.readable, self.hidden)
                user.become_nobody()
                user.new_namespaces(processes)
            else:
                user.new_namespaces(processes, "mount")
                root.enter(self.folder, self.readable, self.hidden)

    def _insist_on_python(self) -> None:
        """Refuse a Python that the user of the worker cannot read."""
        closed = [path for path in self.readable if not os.access(path, os.R_OK | os.X_OK)]
        if closed:
            raise PermissionError(f"user {os.geteuid()} cannot read {closed[0]}")

    def around_lesson(self, files: Mapping[str, bytes]) -> None:
        """Give this process a copy of the application without the module of its lesson."""
        if sys.platform == "linux":
            system.die_with_parent()
        if self.tier == "T1":
            system.unshare("mount")
            root.empty(root.APP, size="64m", files=4096)
        else:
            shutil.rmtree(self.app, ignore_errors=True)
        for name, data in files.items():
            path = self.app / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def around_grading(self, files: Mapping[str, bytes]) -> None:
        """Give this process a scratch folder of its own, with the learner's files in it."""
        if self.tier == "T1":
            system.unshare("mount")
            root.empty(root.SCRATCH, size=f"{_MOST_STORED // MIB}m", files=_MOST_FILES)
        else:
            shutil.rmtree(self.scratch, ignore_errors=True)
        for name in ("files", "tmp"):
            (self.scratch / name).mkdir(parents=True)
        for name, data in files.items():
            (self.scratch / "files" / name).write_bytes(data)

    def is_full(self) -> bool:
        """Say whether the scratch folder holds too much; in T1 the kernel sees to it."""
        if self.tier == "T1":
            return False
        size = count = 0
        for folder, _, names in os.walk(self.scratch):
            count += 1 + len(names)
            for name in names:
                with contextlib.suppress(OSError):
                    size += os.lstat(f"{folder}/{name}").st_blocks * 512
            if size > _MOST_STORED or count > _MOST_FILES:
                return True
        return False

    def before_learner(self) -> None:
        """Let the next child be the first process of its own world."""
        if self.tier == "T1":
            system.unshare("pid")  # network and IPC are empty already, and nobody else is in them

    def around_learner(self, *, keep: int) -> None:
        """Lock this process down; it keeps the handle `keep` and nothing else."""
        if sys.platform == "linux":
            system.die_with_parent()
        os.environ.clear()
        os.environ.update(HOME="/nonexistent", LANG="C.UTF-8", TMPDIR=str(self.scratch / "tmp"))
        os.closerange(3, keep)
        os.closerange(keep + 1, 4096)
        os.chdir(self.scratch / "tmp")
        self._limit()
        if self.tier == "T1":
            system.drop_capabilities()
        if self.tier in ("T1", "T2"):
            landlock.restrict(self._readable(), self._writable(), self.readable)
        if self.tier in ("T1", "T2") or (self.tier == "T3" and seccomp.is_supported()):
            with contextlib.ExitStack() as tolerant:
                if self.tier == "T3":  # a container may have forbidden it, and does its own
                    tolerant.enter_context(contextlib.suppress(OSError))
                seccomp.restrict()

    def _readable(self) -> list[str]:
        shown = [str(self.app), str(self.scratch / "files"), *root.SYSTEM, *root.DEVICES]
        for folder in self.readable:
            inside = [h for h in self.hidden if h.startswith(f"{folder}/")]
            if self.tier == "T1" or not inside:  # what is hidden is not there
                shown.append(folder)
            else:
                shown += [e.path for e in os.scandir(folder) if e.path not in inside]
        return shown

    def _writable(self) -> list[str]:
        return [str(self.scratch / "tmp"), os.devnull]

    def _limit(self) -> None:
        most = {
            resource.RLIMIT_AS: _address_space() + self.memory_mib * MIB,
            resource.RLIMIT_FSIZE: _LONGEST_FILE,
            resource.RLIMIT_NOFILE: _MOST_HANDLES,
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_MEMLOCK: 0,
            resource.RLIMIT_CPU: self.cpu_s,
        }
        if self.tier == "T1":  # elsewhere it would count what others of this user run
            most[resource.RLIMIT_NPROC] = _MOST_THREADS
        for limit, value in most.items():
            with contextlib.suppress(ValueError, OSError):  # lower already, or unknown here
                resource.setrlimit(limit, (value, value))


def _address_space() -> int:
    """Return how much of it this process has already; 0 where nobody says."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return _ADDRESS_SPACE
    return pages * resource.getpagesize()


_ADDRESS_SPACE = 256 * MIB  # of a warm parent, where there is no /proc to ask
