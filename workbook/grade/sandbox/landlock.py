"""Landlock: which files a process can reach. It binds root, too, and needs no privilege."""

import ctypes
import os
import stat
import sys
from collections.abc import Iterable

from workbook.grade.sandbox.system import forbid_new_privileges, syscall

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_ONLY = 1
_READ_FILE, _READ_DIR, _WRITE, _REMOVE_DIR, _REMOVE_FILE = 1 << 2, 1 << 3, 1 << 1, 1 << 4, 1 << 5
_MAKE_DIR, _MAKE_FILE, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_OF_FILES = _READ_FILE | _WRITE | _TRUNCATE
_READ = _READ_FILE | _READ_DIR
_CHANGE = _READ | _WRITE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _REFER | _TRUNCATE
# Each version of the kernel's interface can handle more rights; what is handled is forbidden.
_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NETWORK_SINCE, _SCOPES_SINCE = 4, 6
_BIND_AND_CONNECT_TCP = 3
_NO_ABSTRACT_SOCKETS_NO_SIGNALS = 3


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Below(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def version() -> int:
    """Return the version of Landlock that the kernel offers; 0 for none."""
    if sys.platform != "linux":
        return 0
    try:
        return syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_ONLY))
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str], listable: Iterable[str] = ()) -> int:
    """Forbid every file but these, for this process and all that it starts; return the version.

    `listable` folders show their names and not their contents. A path that does not exist is left
    out. TCP, signals to others and abstract sockets are forbidden where the kernel can do it.

    Raises:
        OSError: the kernel has no Landlock.
    """
    offered = version()
    rights = (1 << _RIGHTS[max(1, min(offered, max(_RIGHTS)))]) - 1
    rules = _Rules(
        rights,
        _BIND_AND_CONNECT_TCP if offered >= _NETWORK_SINCE else 0,
        _NO_ABSTRACT_SOCKETS_NO_SIGNALS if offered >= _SCOPES_SINCE else 0,
    )
    size = 8 * (1 + (offered >= _NETWORK_SINCE) + (offered >= _SCOPES_SINCE))
    ruleset = syscall(
        _CREATE, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0), what="landlock"
    )
    try:
        for paths, allowed in ((readable, _READ), (writable, _CHANGE), (listable, _READ_DIR)):
            for path in paths:
                _allow(ruleset, path, allowed & rights)
        forbid_new_privileges()
        syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0), what="landlock_restrict_self")
    finally:
        os.close(ruleset)
    return offered


def _allow(ruleset: int, path: str, allowed: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            allowed &= _OF_FILES
        below = _Below(allowed, handle)
        arguments = (ctypes.c_int(1), ctypes.byref(below), ctypes.c_uint32(0))
        syscall(_ADD, ctypes.c_int(ruleset), *arguments, what=f"landlock {path}")
    finally:
        os.close(handle)
