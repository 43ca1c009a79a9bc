"""Making a workspace. Refuses every place where it could be in somebody's way."""

import os
import shutil
import subprocess
from pathlib import Path

from workbook.home import MARKER, RECORD, command_in
from workbook.workspace.merge import Step
from workbook.workspace.record import Record, load_record
from workbook.workspace.update import WorkspaceError, cannot_write, update

# What people have in a folder before they begin.
WELCOME = {".git", ".venv", "venv", ".workbook", ".DS_Store"}
FIRST_COMMIT = "The lessons as they came"
NEEDED_BYTES = 4_000_000


def init(target: Path, *, git: bool = False) -> list[Step]:
    """Make `target` a workspace; return what was written. What was cut short is finished.

    Raises:
        WorkspaceError: it cannot be made there; the message says what to do instead.
    """
    target = Path.cwd() / target
    try:
        _refuse_a_nest(target)
        _refuse_what_is_there(target)
        if git:
            _refuse_without_git(target)
        _refuse_a_full_disk(target)
        target.mkdir(parents=True, exist_ok=True)
        Record().save(target)  # from now on `init` or `update` can finish it
    except OSError as error:
        raise WorkspaceError(cannot_write(target, error)) from None
    steps = update(target)
    if git:
        _begin_history(target)
    return steps


def _refuse_a_nest(target: Path) -> None:
    for above in target.resolve().parents:
        if (above / RECORD).is_file():
            raise WorkspaceError(f"{above} is a workspace already; choose a folder outside of it")
        if (above / MARKER).is_file():
            raise WorkspaceError(
                f"{above} holds lessons already; work there, or choose a folder outside of it"
            )


def _refuse_what_is_there(target: Path) -> None:
    if (target / RECORD).is_file() and load_record(target).hashes:
        remedy = f"for newer lessons: cd {_quoted(target)}, then {command_in(target, 'update')}"
        raise WorkspaceError(f"{target} is a workspace already; {remedy}")
    if os.path.lexists(target) and not target.is_dir():
        raise WorkspaceError(f"{target} is a file; choose another name")
    found = {path.name for path in target.iterdir()} if target.is_dir() else set()
    if found - WELCOME and not (target / RECORD).is_file():
        example = min(found - WELCOME)
        raise WorkspaceError(
            f"{target} is not empty (it has {example}); name a folder that does not exist yet"
        )


def _refuse_without_git(target: Path) -> None:
    if shutil.which("git") is None:
        raise WorkspaceError("git is not installed; leave out --git, or install git first")
    there = next(folder for folder in (target, *target.parents) if folder.is_dir())
    done = _git(there, "rev-parse", "--show-toplevel")
    if done.returncode == 0:
        above = done.stdout.strip()
        raise WorkspaceError(f"{above} has a git history already; leave out --git")


def _refuse_a_full_disk(target: Path) -> None:
    there = next(folder for folder in (target, *target.parents) if folder.exists())
    disk = shutil.disk_usage(there)
    if disk.total and disk.free < NEEDED_BYTES:
        raise WorkspaceError(
            f"no space left for {target}: it needs {NEEDED_BYTES // 1_000_000} MB, "
            f"{disk.free / 1_000_000:.1f} MB are free; free some, then run the same command again"
        )


def _begin_history(target: Path) -> None:
    """Commit everything as it came, so that `git diff` shows the learner's work.

    Raises:
        WorkspaceError: git refused; the workspace is complete all the same.
    """
    known = _git(target, "config", "user.email").stdout.strip()
    somebody = () if known else ("-c", "user.name=learner", "-c", "user.email=learner@localhost")
    commit = (*somebody, "-c", "commit.gpgsign=false", "commit", "-q", "-m", FIRST_COMMIT)
    for words in (("init", "-q"), ("add", "--all"), commit):
        done = _git(target, *words)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().partition("\n")[0]
            raise WorkspaceError(f"the workspace is made, and git refused its history: {said}")


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words
        ["git", *words],  # noqa: S607 - whichever git the learner uses
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)
