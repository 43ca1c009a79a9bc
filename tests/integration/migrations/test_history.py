"""The history of the tables is one line, readable by its file names, and stands on its own."""

import ast
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from case_tracker.adapters.sql.engine import build_engine
from case_tracker.adapters.sql.schema import SqlSchema

ROOT = Path(__file__).parents[3]
VERSIONS = "case_tracker/adapters/sql/migrations/versions"
SQLITE = "sqlite://"
POSTGRESQL = "postgresql+psycopg://nobody@/nowhere"


@pytest.fixture
def scripts():
    """The revisions as Alembic finds them through pyproject.toml."""
    return ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml"))


@pytest.fixture
def alembic(empty_sqlite_url):
    """Runs Alembic's own command line as an author does, in some folder."""

    def run(*words, folder=ROOT):
        return subprocess.run(
            [sys.executable, "-m", "alembic", *words],
            cwd=folder,
            env={**os.environ, "CASE_TRACKER_DATABASE_URL": empty_sqlite_url},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_history_is_one_line(scripts):
    """Two heads are two histories: nobody could say what "newest" means."""
    assert (len(scripts.get_heads()), len(scripts.get_bases())) == (1, 1)


def test_the_names_of_the_files_say_what_alembic_says(scripts):
    """The start of the program reads names only, so they must not lie."""
    steps = [step.revision for step in reversed(list(scripts.walk_revisions()))]

    history = SqlSchema.history()

    assert [revision.id for revision in history] == steps
    assert [revision.date for revision in history] == sorted(each.date for each in history)
    assert [f"{number:04}" for number in range(1, len(steps) + 1)] == steps
    assert history[0].title == "cases notes and audit events"


def test_every_revision_file_has_a_name_that_is_read(scripts):
    """A file with another name would be run by Alembic and unknown to the program."""
    files = list(Path(scripts.versions).glob("*.py"))

    assert len(files) == len(SqlSchema.history())


def test_no_revision_imports_the_application(scripts):
    """What a revision did last year must not change because a model changed today."""
    trees = [ast.parse(path.read_text("utf-8")) for path in Path(scripts.versions).glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)} | {
        name.name for node in nodes if isinstance(node, ast.Import) for name in node.names
    }

    assert "alembic" in imported
    assert not [name for name in imported if name.startswith("case_tracker")]


def test_alembic_works_from_a_clone(alembic):
    """An author needs no alembic.ini: pyproject.toml has it all."""
    assert alembic("upgrade", "head").returncode == 0

    assert alembic("current", "--check-heads").stdout == f"{SqlSchema.history()[-1].id} (head)\n"
    assert "No new upgrade operations" in alembic("check").stdout


def test_a_new_revision_gets_number_date_and_slug(alembic, tmp_path):
    """`alembic revision --autogenerate` writes what a human would name that way."""
    shutil.copytree(ROOT / "case_tracker", tmp_path / "case_tracker")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    models = tmp_path / "case_tracker/adapters/sql/soft_delete.py"
    models.write_text(
        models.read_text("utf-8").replace(
            "    deleted_at: Mapped[datetime | None]",
            "    deleted_at: Mapped[datetime | None]\n    closed_at: Mapped[datetime | None]",
        ),
        "utf-8",
    )
    alembic("upgrade", "head")

    made = alembic("revision", "--autogenerate", "-m", "When it was closed", folder=tmp_path)

    assert made.returncode == 0, made.stderr
    number = f"{len(SqlSchema.history()) + 1:04}"
    (path,) = (tmp_path / VERSIONS).glob(f"*_{number}_when_it_was_closed.py")
    assert "sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True)" in path.read_text()
    assert "case_tracker" not in path.read_text()


@pytest.mark.parametrize(
    ("url", "first", "last"),
    [
        (SQLITE, "PRAGMA foreign_keys=OFF;", "PRAGMA foreign_keys=ON;"),
        (POSTGRESQL, "BEGIN;", "COMMIT;"),
    ],
    ids=["sqlite", "postgresql"],
)
def test_a_script_for_somebody_else_renders(url, first, last):
    """Where only a DBA may change tables, the DBA gets a file. No connection is needed."""
    rendered = _script(url)

    lines = [line for line in rendered.splitlines() if line]
    assert lines[0].startswith("-- run with: ")
    assert (lines[1], lines[-1]) == (first, last)
    assert rendered.count("BEGIN;") == rendered.count("COMMIT;") == 1
    assert "ck_cases_status_known CHECK (status IN ('DRAFT'" in rendered
    assert "uq_cases_reference_alive ON cases (reference) WHERE deleted_at IS NULL" in rendered


def test_a_script_for_postgresql_takes_its_turn_and_does_not_wait_long():
    """A waiting ALTER TABLE stops every SELECT behind it."""
    rendered = _script(POSTGRESQL).split("\n\n")

    at = rendered.index("BEGIN;")
    assert rendered[at + 1].startswith("SELECT pg_advisory_xact_lock(")
    assert rendered[at + 2] == "SET LOCAL lock_timeout = '4s';"


def _script(url):
    config = Config(
        toml_file=ROOT / "pyproject.toml",
        output_buffer=io.StringIO(),
        attributes={"engine": build_engine(url)},
    )
    command.upgrade(config, "head", sql=True)
    return config.output_buffer.getvalue()
