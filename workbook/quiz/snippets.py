"""Running the code of questions, each on a database of its own, in a process of their own.

What the code may use without importing it:

Session, engine, session, url        `session` is a new Session; `url` names the SQLite file
CaseRecord, CaseNoteRecord, Base     the records of the application
Case, CaseId, select, func, text     and whatever else the code imports itself
statements()                         how many statements the code has sent so far
connections()                        how many connections were opened
seen_elsewhere(sql)                  what another connection sees: what is committed
"""

import ast
import importlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from workbook.quiz.questions import Question

TIMEOUT_S = 120.0
_CASE = (
    "INSERT INTO cases (id, title, status, version, created_at, updated_at)"
    " VALUES (?, ?, 'DRAFT', 1, '2026-11-02 09:00:00.000000', '2026-11-02 09:00:00.000000')"
)
_NOTE = (
    "INSERT INTO case_notes (case_id, text, created_at) VALUES (?, ?, '2026-11-02 09:00:00.000000')"
)


class SnippetError(Exception):
    """The process that runs the snippets died; the message is what it said last."""


def run_snippets(questions: Sequence[Question]) -> dict[str, str]:
    """Return what the code of each question gives, by the question's key.

    That is the last line's value as text, or `raises NameOfTheError`. Questions without code are
    left out.

    Raises:
        SnippetError: the process died, or took over two minutes.
    """
    order = [
        {"key": q.key, "code": q.code, "cases": q.cases, "notes": q.notes}
        for q in questions
        if q.code
    ]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "workbook.quiz.snippets"],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
    except subprocess.TimeoutExpired:
        raise SnippetError(f"the code of the questions took over {TIMEOUT_S:.0f} s") from None
    if done.returncode:
        raise SnippetError(done.stderr.decode(errors="replace")[-2000:])
    return dict(json.loads(done.stdout))


def contradictions(questions: Sequence[Question]) -> list[str]:
    """Return one line for each question whose answer is not what its code gives.

    Raises:
        SnippetError: see `run_snippets`.
    """
    found = run_snippets(questions)
    return [
        f"{question.key}: the answer is {question.answer!r}, a run gives {found[question.key]!r}"
        for question in questions
        if question.code and not question.is_right(found[question.key])
    ]


def outcome(question: dict[str, Any]) -> str:
    """Run one piece of code on a fresh database and return what its last line gives."""
    with _namespace(question["cases"], question["notes"]) as names:
        try:
            value = _value_of_last_line(question["code"], names)
        except Exception as error:  # noqa: BLE001 - what is raised is the answer
            return f"raises {type(error).__name__}"
        return value if isinstance(value, str) else repr(value)


def _value_of_last_line(code: str, names: dict[str, Any]) -> object:
    *body, last = ast.parse(code).body
    exec(compile(ast.Module(body, []), "<question>", "exec"), names)  # noqa: S102 - our own questions
    if not isinstance(last, ast.Expr):
        raise SyntaxError("the last line of a question's code is an expression")  # noqa: TRY004 - of the code
    return eval(compile(ast.Expression(last.value), "<question>", "eval"), names)  # noqa: S307 - the same


@contextmanager
def _namespace(cases: int, notes: int) -> Iterator[dict[str, Any]]:
    """Give the code its names, and close afterwards whatever it left open."""
    from sqlalchemy import create_engine, event, func, select, text  # noqa: PLC0415 - heavy
    from sqlalchemy.orm import Session, close_all_sessions  # noqa: PLC0415 - the same
    from sqlalchemy.pool import Pool  # noqa: PLC0415 - the same

    from workbook.lens.entries import Statement  # noqa: PLC0415 - the same
    from workbook.lens.recorder import Recorder  # noqa: PLC0415 - the same

    app = importlib.import_module
    opened: list[Any] = []
    with tempfile.TemporaryDirectory(prefix="workbook-quiz-") as folder:
        path = Path(folder) / "cases.db"
        engine = app("case_tracker.adapters.sql.engine").build_engine(f"sqlite:///{path}")
        metadata = app("case_tracker.adapters.sql.tables").METADATA
        metadata.create_all(engine)
        _seed(path, cases, notes)
        engine.dispose()

        def remember(connection: Any, _record: Any) -> None:
            opened.append(connection)

        def seen_elsewhere(sql: str) -> list[Any]:
            with closing(sqlite3.connect(path)) as connection:
                return connection.execute(sql).fetchall()

        event.listen(Pool, "connect", remember)
        try:
            with Recorder() as recorder:
                yield {
                    **_names_of(app("case_tracker.adapters.sql.models"), "Base", "CaseRecord"),
                    **_names_of(app("case_tracker.adapters.sql.models"), "CaseNoteRecord"),
                    **_names_of(app("case_tracker.domain.case"), "Case", "CaseId"),
                    **{f.__name__: f for f in (Session, create_engine, select, text)},
                    "func": func,
                    "engine": engine,
                    "session": Session(engine),
                    "url": f"sqlite:///{path}",
                    "statements": lambda: sum(isinstance(e, Statement) for e in recorder.log),
                    "connections": lambda: len(opened),
                    "seen_elsewhere": seen_elsewhere,
                }
        finally:
            event.remove(Pool, "connect", remember)
            close_all_sessions()  # before their connections: each one still rolls back
            engine.dispose()
            for connection in opened:
                with suppress(sqlite3.Error):  # closed already, or made in another thread
                    connection.close()


def _names_of(module: ModuleType, *names: str) -> dict[str, Any]:
    return {name: getattr(module, name) for name in names}


def _seed(path: Path, cases: int, notes: int) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for number in range(1, cases + 1):
            connection.execute(_CASE, (f"CASE-{number:03}", f"Report {number}"))
            for text in range(1, notes + 1):
                connection.execute(_NOTE, (f"CASE-{number:03}", f"note {text}"))


if __name__ == "__main__":
    json.dump({q["key"]: outcome(q) for q in json.load(sys.stdin)}, sys.stdout)
