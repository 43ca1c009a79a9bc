"""What is in a zip or a tar, as names and bytes. Extracts nothing to a disk, trusts no header.

Sizes are counted while reading: what an archive says about itself is a claim.
"""

import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any

KINDS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
UNKNOWN_KINDS = (".7z", ".rar", ".gz", ".bz2", ".xz", ".zst")
_ENCRYPTED = 1
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # zipfile: a password is needed; RecursionError and NotImplementedError, too
    OverflowError,
    IndexError,
    MemoryError,
)


@dataclass(frozen=True)
class Limits:
    """How much an archive may be: bytes in all when unpacked, bytes of one file, files."""

    total: int
    file: int
    entries: int


@dataclass(frozen=True)
class Member:
    """One file of an archive; `data` is None when it was not wanted, or `problem` says why."""

    name: str
    data: bytes | None
    problem: str = ""


class ArchiveError(Exception):
    """The archive cannot be read, or not to its end; the message says why."""


Wanted = Callable[[PurePosixPath], bool]


def is_archive(name: str) -> bool:
    """Say whether a file of this name is unpacked."""
    return name.lower().endswith(KINDS)


def is_other_archive(name: str) -> bool:
    """Say whether it is an archive that nobody here can read."""
    return name.lower().endswith(UNKNOWN_KINDS) and not is_archive(name)


def stem(name: str) -> str:
    """Return the name without the ending of an archive: `ann.tar.gz` is `ann`."""
    endings = sorted(KINDS, key=len, reverse=True)
    ending = next((e for e in endings if name.lower().endswith(e)), "")
    return name[: len(name) - len(ending)]


def members(file: IO[bytes], name: str, wanted: Wanted, limits: Limits) -> Iterator[Member]:
    """Yield what is in an archive; folders are left out.

    Raises:
        ArchiveError: it is broken, or larger than the limits. What came before is good.
    """
    read = _zip if name.lower().endswith(".zip") else _tar
    try:
        for number, member in enumerate(read(file, name, wanted, limits)):
            if number >= limits.entries:
                raise ArchiveError(f"more than {limits.entries} files in it")
            yield member
    except _BROKEN as error:
        raise ArchiveError(f"cannot be unpacked: {error or type(error).__name__}") from None


def _unsafe(name: str) -> str:
    """Say why a path must not be used: it leads out, or is none of ours."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or name[1:2] == ":":
        return "its path leads out of the archive"
    return "" if path.parts else "it has no name"


def _zip(file: IO[bytes], _name: str, wanted: Wanted, limits: Limits) -> Iterator[Member]:
    left = limits.total
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            kind = stat.S_IFMT(info.external_attr >> 16)
            problem = _unsafe(info.filename)
            if kind not in (0, stat.S_IFREG):
                problem = "a link or a device, which is not followed"
            elif info.flag_bits & _ENCRYPTED:
                problem = "it is encrypted"
            if problem or not wanted(PurePosixPath(info.filename)):
                yield Member(info.filename, None, problem)
                continue
            with archive.open(info) as source:
                member = _read(info.filename, source, limits.file)
            left -= len(member.data or b"")
            if left < 0:
                raise ArchiveError(f"more than {limits.total >> 20} MiB when unpacked")
            yield member


def _tar(file: IO[bytes], name: str, wanted: Wanted, limits: Limits) -> Iterator[Member]:
    stream: Any = _Bounded(_unpacked(file, name.lower()), limits.total)
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for info in archive:
            if info.isdir():
                continue
            problem = _unsafe(info.name)
            if not info.isreg():
                problem = "a link or a device, which is not followed"
            if problem or not wanted(PurePosixPath(info.name)):
                yield Member(info.name, None, problem)
                continue
            source = archive.extractfile(info)
            yield _read(info.name, source or io.BytesIO(), limits.file)


def _unpacked(file: IO[bytes], name: str) -> Any:
    if name.endswith(("gz",)):
        return gzip.GzipFile(fileobj=file)
    if name.endswith(("bz2",)):
        return bz2.BZ2File(file)
    return lzma.LZMAFile(file) if name.endswith(("xz",)) else file


def _read(name: str, source: IO[bytes], most: int) -> Member:
    data = source.read(most + 1)
    if len(data) > most:
        return Member(name, None, f"larger than {most >> 20} MiB")
    return Member(name, data)


class _Bounded:
    """A stream that ends with an error before it fills the memory."""

    def __init__(self, source: Any, most: int) -> None:
        self._source, self._left, self._most = source, most, most

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes."""
        data: bytes = self._source.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise ArchiveError(f"more than {self._most >> 20} MiB when unpacked")
        return data
