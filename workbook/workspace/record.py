"""What was handed out to a workspace, by hash: a text file that people can read and copy."""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from workbook.home import RECORD

_HEAD = """\
# What the workbook gave you: its version, then SHA-256 and path of each file as it came.
# `workbook update` reads it to know which files you have edited. Copy it along with your folder.
"""
_LINE = re.compile(r"(?P<hash>[0-9a-f]{64})  (?P<path>.+)")


@dataclass
class Record:
    """The version that was handed out last, and the hash of each file as it came."""

    version: str = ""
    hashes: dict[str, str] = field(default_factory=dict)

    def save(self, root: Path) -> None:
        """Write the file; a crash in the middle leaves the old one whole."""
        path = root / RECORD
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{hashed}  {name}\n" for name, hashed in sorted(self.hashes.items())]
        new = path.with_suffix(".new")
        new.write_text(f"{_HEAD}version {self.version}\n{''.join(lines)}", "utf-8", newline="\n")
        new.replace(path)


def load_record(root: Path) -> Record:
    """Read the record; what is missing or cannot be read counts as never handed out."""
    record = Record()
    try:
        text = (root / RECORD).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return record
    for line in text.splitlines():
        if line.startswith("version "):
            record.version = line.removeprefix("version ").strip()
        elif (match := _LINE.fullmatch(line)) and _is_inside(match["path"]):
            record.hashes[match["path"]] = match["hash"]
    return record


def _is_inside(path: str) -> bool:
    """Refuse a path that leads out of the workspace: a record can come from anywhere."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not set(parts) & {"..", "/"} and not re.search(r"[\\:]", path)


def hash_of(content: str | bytes) -> str:
    """Return the SHA-256 of a file's content. Line endings do not count: editors change them."""
    raw = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()
