"""The application is put together from its URL and its environment."""

import builtins

import pytest

from case_tracker.adapters.sql.postgresql import PostgresqlSettings
from case_tracker.bootstrap import build_units, postgresql_settings
from case_tracker.domain.errors import InvalidValueError


def test_settings_come_from_the_environment():
    """Every limit can be changed without a new release; the rest stays sane."""
    environ = {
        "CASE_TRACKER_POOL_SIZE": "20",
        "CASE_TRACKER_LOCK_TIMEOUT_S": "0.5",
        "CASE_TRACKER_APPLICATION_NAME": "reports",
        "PATH": "/bin",
    }

    expected = PostgresqlSettings(application_name="reports", lock_timeout_s=0.5, pool_size=20)
    assert postgresql_settings(environ) == expected
    assert postgresql_settings({}) == PostgresqlSettings()


@pytest.mark.parametrize("value", ["many", "0", "-1", "nan", "inf"])
def test_a_wrong_setting_is_refused(value):
    """A limit that is none is found at the start, not under load."""
    with pytest.raises(InvalidValueError, match=r"(?i)lock_timeout_s"):
        postgresql_settings({"CASE_TRACKER_LOCK_TIMEOUT_S": value})


def test_the_application_runs_with_the_settings_of_its_environment(postgres_url):
    """What the environment says reaches the server."""
    units = build_units(postgres_url, {"CASE_TRACKER_LOCK_TIMEOUT_S": "0.25"})

    with units.write() as unit:
        shown = unit.session.connection().exec_driver_sql("SHOW lock_timeout").scalar()
    units.close()

    assert shown == "250ms"


def test_a_missing_driver_is_named_without_the_password(monkeypatch):
    """PostgreSQL is an extra: the message says which."""
    real_import = builtins.__import__

    def without_psycopg(name, *arguments, **options):
        if name.partition(".")[0] == "psycopg":
            raise ModuleNotFoundError("No module named 'psycopg'")
        return real_import(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_psycopg)

    with pytest.raises(InvalidValueError, match=r"unit-of-workbook\[postgresql\]") as caught:
        build_units("postgresql+psycopg://ann:secret@127.0.0.1:1/cases")
    assert "secret" not in str(caught.value)
