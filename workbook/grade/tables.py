"""The tables of a store, as mapped classes. Nobody but the store sees a row."""

from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Knows the tables of a store."""


class LessonRow(Base):
    """One lesson of the run, and the seed of its hidden data: the same for the whole cohort."""

    __tablename__ = "lessons"

    slug: Mapped[str] = mapped_column(primary_key=True)
    seed: Mapped[int]


class SettingRow(Base):
    """One rule that holds for the whole cohort."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class LearnerRow(Base):
    """One person."""

    __tablename__ = "learners"

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    ident: Mapped[str] = mapped_column(default="")
    entries: Mapped[list["EntryRow"]] = relationship(cascade="all, delete-orphan")
    overrides: Mapped[list["OverrideRow"]] = relationship(cascade="all, delete-orphan")


class GradingRow(Base):
    """One mark, by its receipt. Two learners with the same files share it."""

    __tablename__ = "gradings"

    key: Mapped[str] = mapped_column(primary_key=True)
    receipt: Mapped[dict[str, Any]] = mapped_column(JSON)
    mark: Mapped[dict[str, Any]] = mapped_column(JSON)
    graded_at: Mapped[str]


class EntryRow(Base):
    """What one learner handed in for one lesson, and its mark if it could be graded."""

    __tablename__ = "entries"

    learner_key: Mapped[str] = mapped_column(ForeignKey("learners.key"), primary_key=True)
    lesson: Mapped[str] = mapped_column(primary_key=True)
    submission: Mapped[str]
    files: Mapped[dict[str, str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(default="")
    problem: Mapped[str] = mapped_column(default="")
    notes: Mapped[list[str]] = mapped_column(JSON)
    late: Mapped[str] = mapped_column(default="")
    grading_key: Mapped[str | None] = mapped_column(ForeignKey("gradings.key"))
    grading: Mapped[GradingRow | None] = relationship()


class OverrideRow(Base):
    """What a person decided. Grading again never touches it. Without a task: the whole lesson."""

    __tablename__ = "overrides"

    id: Mapped[int] = mapped_column(primary_key=True)
    learner_key: Mapped[str] = mapped_column(ForeignKey("learners.key"))
    lesson: Mapped[str]
    task: Mapped[int | None]
    points: Mapped[float]
    author: Mapped[str]
    reason: Mapped[str]
    decided_at: Mapped[str]
