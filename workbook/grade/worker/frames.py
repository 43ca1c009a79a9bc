"""Messages between judge and worker: eight bytes of length, then JSON. Never a pickle."""

import base64
import json
import os
from collections.abc import Mapping
from typing import Any

_LENGTH = 8
LARGEST = 64 << 20


class BrokenFrameError(Exception):
    """The other side ended in the middle of a message, or sent something else."""


def write_frame(handle: int, message: dict[str, Any]) -> None:
    """Send one message, whole."""
    data = json.dumps(message).encode()
    rest = memoryview(len(data).to_bytes(_LENGTH, "big") + data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def read_frame(handle: int) -> dict[str, Any] | None:
    """Return the next message; None when the other side has ended.

    Raises:
        BrokenFrameError: it ended in the middle, or the message is none.
    """
    head = _read(handle, _LENGTH)
    if not head:
        return None
    size = int.from_bytes(head, "big")
    if len(head) < _LENGTH or size > LARGEST:
        raise BrokenFrameError
    data = _read(handle, size)
    if len(data) < size:
        raise BrokenFrameError
    message = json.loads(data)
    if not isinstance(message, dict):
        raise BrokenFrameError
    return message


def encoded(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return files by name so that JSON can hold them."""
    return {name: base64.b64encode(data).decode() for name, data in files.items()}


def decoded(files: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files that `encoded` was given."""
    return {name: base64.b64decode(text) for name, text in files.items()}


def _read(handle: int, size: int) -> bytes:
    parts, missing = [], size
    while missing and (part := os.read(handle, min(missing, 1 << 20))):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
