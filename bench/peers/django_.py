"""Django's ORM: its own models on the app's tables, its own connections, the same settings."""

from typing import Any

from django.conf import settings
from sqlalchemy import make_url

from bench.peers.common import (
    PAGE,
    POSTGRES_OPTIONS,
    SQLITE_PRAGMAS,
    audit_row,
    case_row,
    check,
    check_hit,
)
from case_tracker.domain.case import Case
from case_tracker.domain.clock import utc_now
from case_tracker.domain.status import CaseStatus

# What `default` is never used for: each peer sets up its own pair, see _connect().
settings.configure(USE_TZ=True, TIME_ZONE="UTC", DATABASES={"default": {}})

import django  # noqa: E402 - Django wants its settings first

django.setup()

from django.db import connections, models, transaction  # noqa: E402 - the same

READ, WRITE = "read", "write"


class CaseModel(models.Model):
    """A case."""

    id = models.TextField(primary_key=True)
    title = models.TextField()
    status = models.TextField()
    reference = models.TextField(null=True)  # noqa: DJ001 - the table says so
    version = models.IntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        """Where the rows are."""

        app_label, db_table, managed = "bench", "cases", False

    def __str__(self) -> str:
        return self.id


class NoteModel(models.Model):
    """A note."""

    case = models.ForeignKey(CaseModel, models.CASCADE, related_name="notes")
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        """Where the rows are."""

        app_label, db_table, managed = "bench", "case_notes", False
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text


class EventModel(models.Model):
    """An audit event."""

    sequence = models.AutoField(primary_key=True)
    id = models.TextField()
    case = models.ForeignKey(CaseModel, models.CASCADE)
    actor = models.TextField()
    event_type = models.TextField()
    occurred_at = models.DateTimeField()
    details_json = models.TextField()

    class Meta:
        """Where the rows are."""

        app_label, db_table, managed = "bench", "audit_events", False

    def __str__(self) -> str:
        return self.event_type


class Django:
    """Active records."""

    name = "Django"
    package = "django"

    def __init__(self, url: str) -> None:
        for alias in (READ, WRITE):
            _connect(
                alias, _sqlite(url, alias) if url.startswith("sqlite") else _psycopg(url, alias)
            )

    def insert(self, cases: list[Case]) -> None:
        """Two bulk_create()."""
        now = utc_now()
        notes = [
            NoteModel(case_id=case.id.value, text=note.text, created_at=note.written_at)
            for case in cases
            for note in case.notes
        ]
        with transaction.atomic(using=WRITE):
            CaseModel.objects.using(WRITE).bulk_create(
                [CaseModel(**case_row(case, now)) for case in cases]
            )
            NoteModel.objects.using(WRITE).bulk_create(notes)

    def page(self, after: str) -> list[CaseModel]:
        """Two SELECTs."""
        query = CaseModel.objects.using(READ).filter(deleted_at=None, id__gt=after)
        with transaction.atomic(using=READ):
            return list(query.order_by("id").prefetch_related("notes")[:PAGE])

    def count(self) -> int:
        """One SELECT."""
        with transaction.atomic(using=READ):
            return CaseModel.objects.using(READ).filter(deleted_at=None).count()

    def transition(self, case_id: str, target: CaseStatus, expected_version: int) -> CaseModel:
        """One SELECT, one UPDATE, one INSERT."""
        living = CaseModel.objects.using(WRITE).filter(id=case_id, deleted_at=None)
        with transaction.atomic(using=WRITE):
            case = living.select_for_update(no_key=True).get()
            check(case.status, case.version, target, expected_version)
            source, case.status = case.status, target.value
            case.version += 1
            check_hit(
                living.filter(version=expected_version).update(
                    status=case.status, version=case.version, updated_at=utc_now()
                )
            )
            EventModel.objects.using(WRITE).create(**audit_row(case_id, source, target))
        return case

    def close(self) -> None:
        """Close both connections."""
        for alias in (READ, WRITE):
            connections[alias].close()


def _connect(alias: str, database: dict[str, Any]) -> None:
    """Let the alias stand for this database from now on."""
    if hasattr(connections._connections, alias):
        del connections[alias]
    connections.settings.pop(alias, None)
    connections.settings.update(connections.configure_settings({"default": {}, alias: database}))


def _sqlite(url: str, alias: str) -> dict[str, Any]:
    options = {
        "init_command": ";".join(SQLITE_PRAGMAS),
        "transaction_mode": "IMMEDIATE" if alias == WRITE else "DEFERRED",
    }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": make_url(url).database,
        "OPTIONS": options,
    }


def _psycopg(url: str, alias: str) -> dict[str, Any]:
    from psycopg import IsolationLevel

    parsed = make_url(url)
    isolation = IsolationLevel.READ_COMMITTED if alias == WRITE else IsolationLevel.REPEATABLE_READ
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parsed.database,
        "USER": parsed.username,
        "PASSWORD": parsed.password or "",
        "HOST": parsed.host or parsed.query.get("host", ""),
        "PORT": str(parsed.port or parsed.query.get("port", "")),
        "OPTIONS": {"isolation_level": isolation, "options": POSTGRES_OPTIONS},
    }
