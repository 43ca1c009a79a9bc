"""Seccomp: which system calls a process can make. No sockets, no programs, no processes, no mounts.

Threads are allowed: a thread pool is an honest thing. So is socketpair(), which asyncio needs.
"""

import ctypes
import errno
import platform
import struct
from functools import cache

from workbook.grade.sandbox.system import forbid_new_privileges, prctl

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_THREAD = 0x00010000
_OTHER_NUMBERS = 0x40000000  # the x32 interface of x86_64
_PR_SET_SECCOMP, _FILTER = 22, 2
_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (x86_64, aarch64); None where a machine has no such call
FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "process_madvise": (440, 440), "kcmp": (312, 272),
    "setpriority": (141, 140), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118), "sched_setattr": (314, 274), "ioprio_set": (251, 30),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "open_tree": (428, 428), "move_mount": (429, 429), "mount_setattr": (442, 442),
    "unshare": (272, 97), "setns": (308, 268),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194),
    "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142),
    "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162),
    "syslog": (103, 116), "vhangup": (153, 58), "personality": (135, 92),
    "fanotify_init": (300, 262), "iopl": (172, None), "ioperm": (173, None),
    "modify_ldt": (154, None),
}  # fmt: skip
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_PRLIMIT = {"x86_64": 302, "aarch64": 261}


def is_supported() -> bool:
    """Say whether we know the numbers of this machine's system calls."""
    return platform.machine() in _ARCHES


def restrict() -> None:
    """Refuse the calls of `FORBIDDEN`, new processes and limits of other processes, for good.

    Raises:
        OSError: the kernel has no seccomp, or nobody knows this machine's numbers.
    """
    if not is_supported():
        raise OSError(errno.ENOSYS, f"no list of system calls for {platform.machine()}")
    code = program(platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))
    forbid_new_privileges()
    prctl(_PR_SET_SECCOMP, _FILTER, ctypes.c_char_p(filter_))


@cache
def program(machine: str) -> bytes:
    """Return the filter: each rule is a test, and what to do right behind it."""
    refused = _REFUSE | errno.EPERM
    lines = [
        _line(_LOAD, _ARCH),
        _line(_EQUAL, _ARCHES[machine], no=0, yes=1),
        _line(_RETURN, refused),
        _line(_LOAD, _NUMBER),
        *_when(_AT_LEAST, _OTHER_NUMBERS, [_line(_RETURN, refused)]),
        *_when(_EQUAL, _CLONE3, [_line(_RETURN, _REFUSE | errno.ENOSYS)]),  # libc takes clone
    ]
    for numbers in FORBIDDEN.values():
        number = numbers[list(_ARCHES).index(machine)]
        if number is not None:
            lines += _when(_EQUAL, number, [_line(_RETURN, refused)])
    lines += _when(_EQUAL, _CLONE[machine], _first_argument(_ANY_BIT, _THREAD, refused))
    lines += _when(_EQUAL, _PRLIMIT[machine], _first_argument(_EQUAL, 0, refused))
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


def _when(test: int, value: int, then: list[bytes]) -> list[bytes]:
    return [_line(test, value, yes=0, no=len(then)), *then]


def _first_argument(test: int, value: int, refused: int) -> list[bytes]:
    return [
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(test, value, yes=0, no=1),
        _line(_RETURN, _ALLOW),
        _line(_RETURN, refused),
    ]


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)
