"""The learner's process of a points run: asks the lesson's probe.py on seeded data, and tells.

It knows no expected value. What it says is a claim, which the judge compares.
"""

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from workbook.grade.worker.walls import Walls

if TYPE_CHECKING:
    from workbook.curriculum import Lesson

Task = Callable[[Mapping[str, Any], int], None]


def load(order: Mapping[str, Any], walls: Walls, then: Callable[[Task], None]) -> None:
    """Load all that a learner's code has no part in; call `then` with what is to do with it."""
    from workbook import probe  # noqa: PLC0415 - it comes from the copy, which is there by now
    from workbook.curriculum import load_lesson  # noqa: PLC0415 - the same
    from workbook.lens.hooks import HOOKS  # noqa: PLC0415 - the same
    from workbook.session import Room  # noqa: PLC0415 - the same

    lesson = load_lesson(walls.app / "lessons" / order["lesson"])
    room = Room(lesson, walls.scratch / "files")
    room.world.shut = True
    room.world.warm(order["warm"])
    importlib.import_module("workbook.lens.recorder")
    importlib.import_module("workbook.grade.worker.reach")
    code = compile((lesson.folder / "probe.py").read_bytes(), "probe.py", "exec")
    if "Recorder" in code.co_names:
        HOOKS.join({})  # listeners are set once; each of its recorders only has to join them

    def ask(request: Mapping[str, Any], out: int) -> None:
        tell = _teller(out)
        room.world.shut = False
        room.world.texts = _texts(room, walls.scratch / "files")
        tell({"reads": _reads(room.world.texts.values())})
        with room.watched():
            questions = asked_before or _questions(code, lesson)
            for task in range(1, len(lesson.tasks) + 1):
                for number, seed in enumerate(request["seeds"]):
                    kept = walls.scratch / "tmp" / "left" / f"{task}-{number}"
                    with probe.keeping(kept):
                        tell(_observation(questions, room, task, seed) | {"run": number})

    with room.world:  # to enter it is not for free: once, for all
        asked_before = None
        with contextlib.suppress(Exception):  # it imports what needs the learner's file
            asked_before = _questions(code, lesson)
        then(ask)


def _questions(code: CodeType, lesson: "Lesson") -> dict[str, Any]:
    """Run the lesson's probe.py: it defines what is asked, and asks nothing yet."""
    namespace: dict[str, Any] = {"__name__": f"probe_of_{lesson.slug}"}
    exec(code, namespace)  # noqa: S102 - it is the lesson's own file
    return namespace


def _teller(out: int) -> Callable[[Mapping[str, Any]], None]:
    dumps, write = json.dumps, os.write

    def tell(message: Mapping[str, Any]) -> None:
        rest = dumps(message).encode() + b"\n"
        while rest:
            rest = rest[write(out, rest) :]

    return tell


def _observation(questions: Mapping[str, Any], room: Any, task: int, seed: int) -> dict[str, Any]:
    try:
        exercise = room.learners(room.lesson.files[0].name)
        seen = questions["observe"](exercise, task, seed)
        return {"task": task, "observed": json.loads(json.dumps(seen))}
    except MemoryError:
        return {"task": task, "error": "MemoryError"}
    except BaseException as error:  # noqa: BLE001 - an exit is an answer, too, and a wrong one
        return {"task": task, "error": type(error).__name__}


def _texts(room: Any, files: Path) -> dict[str, bytes]:
    return {room.module(f.name): (files / f.name).read_bytes() for f in room.lesson.files}


def _reads(texts: Any) -> list[str]:
    """Return what the texts reach for that no lesson needs, found before any of it runs."""
    from workbook.grade.worker.reach import reaches  # noqa: PLC0415 - it comes from the copy

    limit = sys.getrecursionlimit()
    try:
        return sorted({word for text in texts for word in reaches(text)})
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    finally:
        sys.setrecursionlimit(limit)
