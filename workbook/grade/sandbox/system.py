"""System calls that Python 3.11 does not offer, through ctypes. Every failure is an OSError."""

import ctypes
import os
import platform
from functools import cache
from pathlib import Path

NEW_NAMESPACES = {
    "mount": 0x00020000,
    "ipc": 0x08000000,
    "host name": 0x04000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
READ_ONLY, NO_SETUID, NO_DEVICES, NO_PROGRAMS = 1, 2, 4, 8
REMOUNT, BIND, RECURSIVE, PRIVATE = 32, 4096, 16384, 1 << 18
DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_PR_DEATH_SIGNAL, _PR_DUMPABLE, _PR_CAPBSET_DROP, _PR_NO_NEW_PRIVS = 1, 4, 24, 38
_LAST_CAPABILITY = 63
_CAPABILITY_VERSION = 0x20080522


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *arguments: object, what: str = "syscall") -> int:
    """Call the kernel by number; return what it returns."""
    return _checked(_libc().syscall(ctypes.c_long(number), *arguments), what)


def unshare(*names: str) -> None:
    """Leave these namespaces for new ones (`pid`: for the next child)."""
    flags = sum(NEW_NAMESPACES[name] for name in names)
    _checked(_libc().unshare(ctypes.c_int(flags)), f"unshare {', '.join(names)}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount, bind or remount."""
    done = _libc().mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode()
    )
    _checked(done, f"mount {target}")


def pivot(root: Path) -> None:
    """Make `root` the root of this mount namespace, and let the old one go."""
    os.chdir(root)
    syscall(_PIVOT_ROOT[platform.machine()], b".", b".", what="pivot_root")
    _checked(_libc().umount2(b".", DETACH), "umount of the old root")
    os.chdir("/")


def die_with_parent() -> None:
    """Let the kernel kill this process when the one that started it is gone."""
    prctl(_PR_DEATH_SIGNAL, 9)


def be_readable_in_proc() -> None:
    """After a change of user the kernel hides /proc/self from ourselves; undo that."""
    prctl(_PR_DUMPABLE, 1)


def forbid_new_privileges() -> None:
    """From here on no exec can gain a right."""
    prctl(_PR_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            prctl(_PR_CAPBSET_DROP, capability)
        except OSError:
            break  # the kernel knows no more of them, or we may not: capset() below counts
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _checked(_libc().capset(header, (ctypes.c_uint32 * 6)()), "capset")


def prctl(option: int, value: int, third: object = 0) -> None:
    """Change one property of this process."""
    arguments = (ctypes.c_ulong(value), third, ctypes.c_ulong(0), ctypes.c_ulong(0))
    _checked(_libc().prctl(ctypes.c_int(option), *arguments), f"prctl {option}")
