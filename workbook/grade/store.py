"""Results in one SQLite file, through SQLAlchemy. One transaction for each submission.

What was committed is never lost: a killed run goes on where it was. Marks are found again by their
receipt, so an unchanged submission is not graded twice.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, delete, event, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, selectinload, sessionmaker

from workbook.grade import late
from workbook.grade.marks import Mark, Receipt, mark_from_data
from workbook.grade.submissions import Learner, Submission
from workbook.grade.tables import (
    Base,
    EntryRow,
    GradingRow,
    LearnerRow,
    LessonRow,
    OverrideRow,
    SettingRow,
)

FILE = "grades.sqlite"
NOT_GRADED = "not-graded"
VERSION = 2
LATE_RULE = "late rule"
BATCH = 50


class StoreError(Exception):
    """The file cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Result:
    """What one learner handed in, and its mark with a receipt if it could be graded."""

    learner: Learner
    submission: Submission
    mark: Mark | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True)
class Override:
    """What a person decided about a lesson, or about one task of it."""

    lesson: str
    task: int | None
    points: float
    author: str
    reason: str
    decided_at: str = ""


@dataclass(frozen=True)
class Entry:
    """One learner and one lesson: what was handed in, the mark, what a person changed."""

    learner: Learner
    lesson: str
    state: str
    problem: str
    notes: tuple[str, ...]
    late: str
    files: dict[str, str]
    mark: Mark | None
    receipt: Receipt | None
    overrides: tuple[Override, ...]
    keeps: float = 1.0

    @property
    def verdict(self) -> str:
        """Return the one word: the mark's, else rejected, not-submitted, or not-graded."""
        return self.mark.verdict if self.mark else self.state or NOT_GRADED

    @property
    def earned(self) -> float:
        """The points, after what a person decided and what lateness costs.

        Points that a person gave for the whole lesson are final.
        """
        whole = [o.points for o in self.overrides if o.task is None]
        return whole[-1] if whole else round(self.keeps * sum(self._points().values()), 4)

    @property
    def in_review(self) -> float:
        """The points that a person still has to decide on."""
        decided = {override.task for override in self.overrides}
        if self.mark is None or None in decided:
            return 0.0
        tasks = self.mark.tasks
        return sum(t.points for t in tasks if t.outcome == "review" and t.number not in decided)

    @property
    def is_decided(self) -> bool:
        """Say whether a person decided, and nothing is left to decide."""
        return bool(self.overrides) and not self.in_review

    def _points(self) -> dict[int, float]:
        points = {task.number: task.earned for task in self.mark.tasks} if self.mark else {}
        return points | {o.task: o.points for o in self.overrides if o.task is not None}


class Store:
    """The results of one cohort."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{path.parent} cannot be made: {error.strerror}") from None
        self._engine = _engine(path)
        self._sessions = sessionmaker(self._engine)
        try:
            self._make_tables()
        except BaseException:
            self.close()
            raise

    def _make_tables(self) -> None:
        with _readable(self.path), self._engine.connect() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if version not in (0, VERSION):
            raise StoreError(f"{self.path} was written by another version; choose another --out")
        with _readable(self.path), self._engine.begin() as connection:
            Base.metadata.create_all(connection)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give the block a Session; everything in it is stored, or nothing."""
        with self._sessions.begin() as session:
            yield session

    def seed(self, lesson: str) -> int:
        """Return the seed of a lesson: made once, kept for every later run."""
        with self.writing() as session:
            row = session.get(LessonRow, lesson)
            if row is None:
                row = LessonRow(slug=lesson, seed=secrets.randbelow(1 << 31))
                session.add(row)
            return row.seed

    def set_seed(self, lesson: str, seed: int) -> None:
        """Use this seed: a shard has the seed of its plan."""
        with self.writing() as session:
            session.merge(LessonRow(slug=lesson, seed=seed))

    @property
    def late_rule(self) -> str:
        """What lateness costs in this cohort."""
        with self._sessions() as session:
            row = session.get(SettingRow, LATE_RULE)
            return row.value if row else late.ACCEPT

    @late_rule.setter
    def late_rule(self, rule: str) -> None:
        with self.writing() as session:
            session.merge(SettingRow(name=LATE_RULE, value=late.check(rule)))

    def mark(self, receipt: Receipt) -> Mark | None:
        """Return the mark that this receipt had before."""
        with self._sessions() as session:
            row = session.get(GradingRow, key_of(receipt))
            return mark_from_data(row.mark) if row else None

    def save(self, *results: Result) -> None:
        """Store what was handed in and what came of it, in one transaction."""
        if not results:
            return
        with self.writing() as session:
            for result in results:
                _put_learner(session, result.learner)
                session.merge(_entry_row(result, _put_grading(session, result)))

    def override(self, learner: str, decision: Override) -> None:
        """Store what a person decided; an earlier decision about the same is replaced.

        Raises:
            StoreError: nobody has this key.
        """
        with self.writing() as session:
            row = session.get(LearnerRow, learner)
            if row is None:
                raise StoreError(f"no learner {learner!r} in {self.path}")
            same = [
                o for o in row.overrides if (o.lesson, o.task) == (decision.lesson, decision.task)
            ]
            for old in same:
                row.overrides.remove(old)
            row.overrides.append(OverrideRow(**asdict(decision) | {"decided_at": now()}))

    def absorb(self, path: Path) -> None:
        """Take over the results of another store, in one transaction. Overrides stay as they are.

        Raises:
            StoreError: it cannot be read, or was graded with other seeds.
        """
        other = Store(path)
        try:
            with other._sessions() as source, self.writing() as session:
                for lesson in source.scalars(select(LessonRow)):
                    own = session.get(LessonRow, lesson.slug)
                    if own and own.seed != lesson.seed:
                        raise StoreError(f"{path} was graded with another seed for {lesson.slug}")
                for table in (LessonRow, LearnerRow, GradingRow, EntryRow):
                    _copy(table, source, session)
        finally:
            other.close()

    def learners(self) -> list[Learner]:
        """Return everybody, ordered by key."""
        with self._sessions() as session:
            rows = session.scalars(select(LearnerRow).order_by(LearnerRow.key))
            return [Learner(row.key, row.name, row.email, row.ident) for row in rows]

    def lessons(self) -> list[str]:
        """Return the lessons that anybody has an entry for, in order."""
        with self._sessions() as session:
            return list(
                session.scalars(select(EntryRow.lesson).distinct().order_by(EntryRow.lesson))
            )

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, by learner and lesson; some at a time, for a cohort can be large."""
        rule = self.late_rule
        load = (
            selectinload(LearnerRow.entries).joinedload(EntryRow.grading),
            selectinload(LearnerRow.overrides),
        )
        with self._sessions() as session:
            keys = session.scalars(select(LearnerRow.key).order_by(LearnerRow.key)).all()
            for start in range(0, len(keys), BATCH):
                some = LearnerRow.key.in_(keys[start : start + BATCH])
                query = select(LearnerRow).where(some).order_by(LearnerRow.key).options(*load)
                for row in session.scalars(query):
                    yield from _entries(row, rule)
                session.expunge_all()

    def forget(self, learner: str) -> int:
        """Erase a learner and every mark nobody else shares; return how many entries there were.

        The pages of the file that held them are overwritten.

        Raises:
            StoreError: nobody has this key.
        """
        with self.writing() as session:
            row = session.get(LearnerRow, learner)
            if row is None:
                raise StoreError(f"no learner {learner!r} in {self.path}")
            count = len(row.entries)
            session.delete(row)
            session.flush()
            used = select(EntryRow.grading_key).where(EntryRow.grading_key.is_not(None))
            session.execute(delete(GradingRow).where(GradingRow.key.not_in(used)))
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            connection.execute(text("VACUUM"))
        return count


def _entries(row: LearnerRow, rule: str) -> Iterator[Entry]:
    learner = Learner(row.key, row.name, row.email, row.ident)
    for entry in sorted(row.entries, key=lambda entry: entry.lesson):
        own = [o for o in row.overrides if o.lesson == entry.lesson]
        yield Entry(
            learner=learner,
            lesson=entry.lesson,
            state=entry.state,
            problem=entry.problem,
            notes=tuple(entry.notes),
            late=entry.late,
            files=entry.files,
            mark=mark_from_data(entry.grading.mark) if entry.grading else None,
            receipt=Receipt(**entry.grading.receipt) if entry.grading else None,
            overrides=tuple(
                Override(o.lesson, o.task, o.points, o.author, o.reason, o.decided_at) for o in own
            ),
            keeps=late.keeps(rule, entry.late),
        )


def _copy(table: type[Base], source: Session, target: Session) -> None:
    for row in source.scalars(select(table)):
        columns = {column.key: getattr(row, column.key) for column in table.__mapper__.columns}
        target.merge(table(**columns))
    target.flush()


def _put_grading(session: Session, result: Result) -> str | None:
    if result.mark is None or result.receipt is None:
        return None
    key = key_of(result.receipt)
    if session.get(GradingRow, key) is None:
        receipt, mark = asdict(result.receipt), result.mark.to_data()
        session.add(GradingRow(key=key, receipt=receipt, mark=mark, graded_at=now()))
        session.flush()  # the entry refers to it
    return key


def _entry_row(result: Result, grading: str | None) -> EntryRow:
    submission = result.submission
    return EntryRow(
        learner_key=result.learner.key,
        lesson=submission.lesson,
        submission=submission.digest,
        files={name: data.decode("utf-8", "replace") for name, data in submission.files.items()},
        state=submission.state,
        problem=submission.problem,
        notes=list(submission.notes),
        late=submission.late,
        grading_key=grading,
    )


def _put_learner(session: Session, learner: Learner) -> None:
    row = session.get(LearnerRow, learner.key)
    if row is None:
        session.add(LearnerRow(**asdict(learner)))
    else:
        row.name, row.email, row.ident = learner.name, learner.email, learner.ident


def key_of(receipt: Receipt) -> str:
    """Return one hash of a receipt."""
    return hashlib.sha256(json.dumps(asdict(receipt), sort_keys=True).encode()).hexdigest()


def now() -> str:
    """Return the time as it is stored: UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        # FULL: what is committed survives a power cut. secure_delete: what is erased is gone.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        raise StoreError(f"{path} cannot be used: {error.orig}") from None
