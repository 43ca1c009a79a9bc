"""Attempts to get out of the walls, made from where a learner's code would make them.

Each is harmless when it succeeds. An attempt returns what it reached; an error means: stopped.
"""

import contextlib
import ctypes
import json
import mmap
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from workbook.grade.worker.walls import Walls

MANY_THREADS = 300
HUGE = 2 << 30
LONG_FILE = 128 << 20
_PTRACE_ATTACH, _NEW_USER_NAMESPACE = 16, 0x10000000

Facts = Mapping[str, Any]
Task = Callable[[Facts, int], None]


def read_secret(facts: Facts) -> object:
    """Read a file of the instructor's."""
    return Path(facts["secret"]).read_text(encoding="utf-8")


def write_outside(facts: Facts) -> object:
    """Write a file outside of the scratch folder."""
    return Path(facts["outside"], "written").write_text("here", encoding="utf-8")


def link_outside(facts: Facts) -> object:
    """Make a link to a file of the instructor's."""
    Path("link").symlink_to(facts["secret"])
    return "a link"


def list_home(facts: Facts) -> object:
    """List the instructor's home."""
    return [path.name for path in Path(facts["home"]).iterdir()]


def read_processes(_facts: Facts) -> object:
    """Look at other processes."""
    return [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]


def connect(facts: Facts) -> object:
    """Connect to a server on this machine."""
    socket.create_connection(("127.0.0.1", facts["port"]), timeout=1).close()
    return "connected"


def send_datagram(facts: Facts) -> object:
    """Send a datagram, as to a name server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        return out.sendto(b"here", ("127.0.0.1", facts["port"]))


def connect_by_path(facts: Facts) -> object:
    """Connect to a local service through its socket, as to a database or a container engine."""
    with socket.socket(socket.AF_UNIX) as out:
        out.connect(facts["socket"])
    return "connected"


def connect_abstract(facts: Facts) -> object:
    """Connect to a local service that has no path."""
    with socket.socket(socket.AF_UNIX) as out:
        out.connect(f"\0{facts['abstract']}")
    return "connected"


def fork(_facts: Facts) -> object:
    """Start a process that outlives this one."""
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    return "a process"


def execute(_facts: Facts) -> object:
    """Become another program."""
    os.execv("/bin/true", ["true"])  # noqa: S606 - it is the attempt


def signal_judge(facts: Facts) -> object:
    """Reach the judge with a signal (0: a look whether it could)."""
    os.kill(facts["judge"], 0)
    return "the judge"


def trace_judge(facts: Facts) -> object:
    """Take hold of the judge as a debugger does."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(_PTRACE_ATTACH, facts["judge"], None, None):
        raise OSError(ctypes.get_errno(), "ptrace")
    return "the judge"


def mount(_facts: Facts) -> object:
    """Mount a file system."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", b"/", b"tmpfs", 0, None):
        raise OSError(ctypes.get_errno(), "mount")
    return "a mount"


def new_namespace(_facts: Facts) -> object:
    """Become root of a user namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_USER_NAMESPACE):
        raise OSError(ctypes.get_errno(), "unshare")
    return "a user namespace"


def become_root(_facts: Facts) -> object:
    """Become root, or stay it."""
    os.setuid(0)
    return "root"


def take_memory(_facts: Facts) -> object:
    """Take more memory than allowed."""
    with contextlib.closing(mmap.mmap(-1, HUGE)):
        return f"{HUGE >> 20} MiB"


def fill_disk(_facts: Facts) -> object:
    """Write a very long file."""
    block = bytes(1 << 20)
    with Path("long").open("wb") as file:
        file.writelines(block for _ in range(LONG_FILE >> 20))
    return f"{LONG_FILE >> 20} MiB"


def many_threads(_facts: Facts) -> object:
    """Start hundreds of threads."""
    end = threading.Event()
    started: list[threading.Thread] = []
    try:
        for _ in range(MANY_THREADS):
            thread = threading.Thread(target=end.wait)
            thread.start()
            started.append(thread)
    finally:
        end.set()
        for thread in started:
            thread.join()
    return f"{MANY_THREADS} threads"


def read_environment(_facts: Facts) -> object:
    """Read the instructor's environment."""
    found = sorted(set(os.environ) - {"HOME", "LANG", "TMPDIR", "LC_CTYPE"})
    if not found:
        raise OSError("nothing in it")
    return found


ATTEMPTS = (
    read_secret,
    write_outside,
    link_outside,
    list_home,
    read_environment,
    read_processes,
    connect,
    send_datagram,
    connect_by_path,
    connect_abstract,
    fork,
    signal_judge,
    trace_judge,
    mount,
    new_namespace,
    become_root,
    take_memory,
    fill_disk,
    many_threads,
    execute,  # the last one: where it works, nobody is left to tell
)


def load(_order: Mapping[str, Any], _walls: Walls, then: Callable[[Task], None]) -> None:
    """Call `then` with what to do in the process that a learner's code would run in."""

    def attempt_all(facts: Facts, out: int) -> None:
        for attempt in ATTEMPTS:
            os.write(out, json.dumps(_try(attempt, facts)).encode() + b"\n")

    then(attempt_all)


def name_of(attempt: Callable[[Facts], object]) -> str:
    """Return what is attempted, in words."""
    return (attempt.__doc__ or "").partition("\n")[0].rstrip(".")


def _try(attempt: Callable[[Facts], object], facts: Facts) -> dict[str, Any]:
    words = name_of(attempt)
    try:
        return {"attempt": words, "reached": str(attempt(facts))[:200]}
    except BaseException as error:  # noqa: BLE001 - whatever stops it stops it
        return {"attempt": words, "stopped": f"{type(error).__name__}: {error}"[:200]}
