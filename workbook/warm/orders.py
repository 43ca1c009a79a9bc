"""What a warm process is asked and what it answers. Plain data: both travel as lines of JSON."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

GRACE_S = 5.0  # a test is stopped by its own limit first, and can say where it was


@dataclass(frozen=True)
class Order:
    """Run a lesson's tests ("check") or answer its prediction ("predict").

    `texts` are the files to run; without them, those of `files`, and else the learner's own.
    `limit_s` is the wall-clock time that one test may take, and a little more for all; 0: no limit.
    """

    lesson: Path
    kind: Literal["check", "predict"] = "check"
    files: Path | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    shuffle: int = 0
    postgres: bool = False
    limit_s: float = 0.0

    @property
    def all_s(self) -> float:
        """The time after which the whole order is stopped; 0: never."""
        return self.limit_s and 2 * self.limit_s + GRACE_S

    def to_line(self, number: int) -> bytes:
        """Return the order as a line that carries its number."""
        data = asdict(self) | {"texts": dict(self.texts), "number": number}
        return json.dumps(data, default=str).encode() + b"\n"


def read_order(line: bytes) -> tuple[int, Order]:
    """Return the number and the order that `to_line` was called on."""
    data = json.loads(line)
    number = int(data.pop("number"))
    data["lesson"] = Path(data["lesson"])
    data["files"] = Path(data["files"]) if data["files"] else None
    return number, Order(**data)


@dataclass(frozen=True)
class Answer:
    """What came of the order with this number: `data`, or the `failure` in words."""

    number: int
    data: Any = None
    failure: str = ""

    def to_line(self) -> bytes:
        """Return the answer as a line."""
        return json.dumps(asdict(self), default=repr).encode() + b"\n"


def read_answer(line: bytes) -> Answer:
    """Return the answer that `to_line` was called on."""
    return Answer(**json.loads(line))


Work = Callable[[int], Answer]  # carries out the order with this number


def write(pipe: int, data: bytes) -> None:
    """Write all of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def cannot_run(error: OSError) -> str:
    """Say that the system did not let the tests run."""
    return f"the tests cannot run here: {error.strerror or error}"


def stopped(order: Order) -> str:
    """Say that an order took too long."""
    return (
        f"stopped: the tests were not finished after {order.all_s:g} s. "
        "Is there a loop that does not end, or a wait for something that never comes?"
    )
