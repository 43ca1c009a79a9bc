"""A workspace is the learner's: it is made anywhere sensible, and no update costs a line of it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from workbook.curriculum import load_lessons
from workbook.derive import starter
from workbook.home import Home, find_home
from workbook.workspace.record import hash_of

REAL = find_home()
SKIP = shutil.ignore_patterns("__pycache__", ".workbook", "*.before-reset*")
TESTS_02 = "lessons/02_repository/test_exercise.py"
STARTER_02 = "lessons/02_repository/exercise.py"
PAGE_03 = "lessons/03_unit_of_work/README.md"


def copy_of_the_package(folder):
    """Copy what is installed: tool, application, lessons, solutions."""
    for part in ("case_tracker", "lessons", "notebooks", "solutions", "workbook"):
        if (REAL.root / part).is_dir():
            shutil.copytree(REAL.root / part, folder / part, ignore=SKIP)
    return folder


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A package that nobody has worked in."""
    return copy_of_the_package(tmp_path_factory.mktemp("package"))


@pytest.fixture
def newer(tmp_path):
    """A newer package: a starter, its tests and a page changed, lesson 05 gone, lesson 90 new."""
    root = copy_of_the_package(tmp_path / "newer")
    for path in (TESTS_02, PAGE_03):
        (root / path).write_text(f"{(root / path).read_text('utf-8')}\n\n", "utf-8")
    app = root / "case_tracker" / "adapters" / "sql" / "repository.py"
    app.write_text(app.read_text("utf-8").replace("Hides the Session", "It hides the Session"))
    old = (root / "lessons" / "05_n_plus_one").rename(root / "lessons" / "90_n_plus_one")
    lesson = old / "lesson.toml"
    lesson.write_text(lesson.read_text("utf-8").replace('["02_repository"]', "[]"), "utf-8")
    (root / "solutions" / "05_n_plus_one").rename(root / "solutions" / "90_n_plus_one")
    for other in root.glob("lessons/*/lesson.toml"):  # nobody needs a lesson that is gone
        text = other.read_text("utf-8")
        other.write_text(text.replace('"05_n_plus_one", ', ""), "utf-8")
    return root


@pytest.fixture
def workbook(tool):
    """Runs a command of a package in a folder."""
    return lambda package, folder, *words, **options: tool(
        folder, *words, package=package, **options
    )


@pytest.fixture
def workspace(workbook, package, tmp_path):
    """A new workspace of the package."""
    done = workbook(package, tmp_path, "init", "mine")
    assert done.returncode == 0, done.stderr
    return tmp_path / "mine"


def files_of(folder):
    """Return the content of every file, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_workspace_has_everything_and_nothing_is_solved(package, workspace):
    """Starters are derived: what somebody wrote into the package's copy never travels."""
    files = files_of(workspace)
    home = Home(package)

    for lesson in load_lessons(home.lessons):
        folder = f"lessons/{lesson.slug}"
        for name, text in starter(lesson, home).items():
            assert files[f"{folder}/{name}"].decode() == text
        for name in ("README.md", "lesson.toml", "probe.py", "test_exercise.py"):
            assert f"{folder}/{name}" in files
    assert not [path for path in files if "misconceptions" in path or "solutions" in path]


def test_notebooks_are_handed_out_when_there_are_any(workbook, tmp_path):
    """Code that looks like a link stays code; a link out of the workspace loses its target."""
    root = copy_of_the_package(tmp_path / "package")
    text = '{"cells": ["[the app](../case_tracker/x.py)", "[02](../lessons/02_repository)"]}'
    (root / "notebooks" / "source").mkdir(parents=True, exist_ok=True)
    (root / "notebooks" / "99a_ours.ipynb").write_text(f"{text} handlers[name](case)\n", "utf-8")
    (root / "notebooks" / "source" / "99a_ours.py").write_text("", "utf-8")

    assert workbook(root, tmp_path, "init", "mine").returncode == 0

    found = (tmp_path / "mine" / "notebooks" / "99a_ours.ipynb").read_text("utf-8")
    assert (
        found == '{"cells": ["the app", "[02](../lessons/02_repository)"]} handlers[name](case)\n'
    )
    assert not (tmp_path / "mine" / "notebooks" / "source").exists()


def test_every_link_of_a_workspace_leads_somewhere(workspace):
    """A page must not point at files that stayed in the package."""
    for page in workspace.rglob("*.md"):
        for target in re.findall(r"\]\(([^)\s#]+)", page.read_text("utf-8")):
            assert ":" in target or (page.parent / target).exists(), (page, target)


def test_a_workspace_is_worked_in(workbook, package, workspace):
    """The command, plain pytest, and the editor's discovery of tests all answer."""
    assert "0 of 5 tasks" in workbook(package, workspace, "check", "1").stdout
    plain = workbook(package, workspace, "pytest", "lessons/02_repository")
    assert "stuck? workbook hint 2.1" in plain.stdout

    settings = json.loads((workspace / ".vscode" / "settings.json").read_text("utf-8"))
    found = workbook(
        package, workspace, "pytest", "--collect-only", "-q", *settings["python.testing.pytestArgs"]
    )
    assert found.returncode == 0
    assert TESTS_02 in found.stdout


def test_a_solution_is_shown_from_the_package(workbook, package, workspace):
    """A workspace holds no solutions, and needs none."""
    shown = workbook(package, workspace, "solution", "2", "--give-up")

    assert "class SqlAlchemyCaseRepository" in shown.stdout


def test_reset_brings_the_starter_back(workbook, package, workspace):
    """The same command as in a clone, also when lesson.toml was edited."""
    path, toml = workspace / STARTER_02, workspace / "lessons/02_repository/lesson.toml"
    came = path.read_bytes()
    path.write_text("mine\n", "utf-8")
    toml.write_text(toml.read_text("utf-8").replace("SqlAlchemyCaseRepository.add", "nothing"))

    done = workbook(package, workspace, "reset", "--all", "--yes")

    assert (done.returncode, path.read_bytes()) == (0, came), done.stderr
    assert path.with_name("exercise.py.before-reset-1").read_text("utf-8") == "mine\n"


def test_a_workspace_moves_to_another_machine(workbook, package, workspace, tmp_path):
    """Progress is a text file inside it."""
    done = workbook(package, workspace, "hint", "2.1")
    assert "1. Who knows" in done.stdout
    workspace.rename(tmp_path / "elsewhere")

    done = workbook(package, tmp_path / "elsewhere" / "lessons", "hint", "2.1")

    assert "2. Session.add() puts" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("init", "mine"), "mine is a workspace already; for newer lessons: cd"),
        (("init", "mine/deeper/still"), "choose a folder outside of it"),
        (("init", "full"), "is not empty (it has letter.txt); name a folder"),
        (("init", "full/letter.txt"), "letter.txt is a file; choose another name"),
        (("init", "full/letter.txt/x"), "cannot write"),
        (("init", "x" * 300), "cannot write"),
    ],
)
def test_a_refusal_is_one_line_with_its_remedy(workbook, package, workspace, words, said):
    """Nothing is written where a workspace would be in the way."""
    (workspace.parent / "full").mkdir()
    (workspace.parent / "full/letter.txt").write_text("dear all\n", "utf-8")
    was = files_of(workspace.parent)

    done = workbook(package, workspace.parent, *words)

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert said in done.stderr
    assert files_of(workspace.parent) == was


def test_a_clone_is_no_place_for_a_workspace(workbook, package):
    """Whoever has a clone works in it, and updates it with git."""
    assert "holds lessons already" in workbook(package, package, "init", "mine").stderr
    assert "git pull" in workbook(package, package, "update").stderr


def test_without_a_workspace_the_way_to_one_is_named(workbook, package, tmp_path):
    """Nobody works in the installed package."""
    installed = tmp_path / "site-packages"
    shutil.copytree(package / "workbook", installed / "workbook")
    shutil.copytree(package / "case_tracker", installed / "case_tracker")
    for part in ("lessons", "solutions"):
        shutil.copytree(package / part, installed / "workbook" / part)
    was = files_of(installed / "workbook" / "lessons")

    for word in ("status", "check", "update", "hint"):
        done = workbook(installed, tmp_path, word)
        assert (done.returncode, "workbook init my-workbook" in done.stderr) == (2, True)

    assert files_of(installed / "workbook" / "lessons") == was


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_workspace_can_have_a_history_of_its_own(workbook, package, tmp_path):
    """The first commit is what came, so `git diff` is the learner's work."""
    environment = {
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        assert workbook(package, tmp_path, "init", "mine", "--git").returncode == 0
        log = subprocess.check_output(
            ["git", "log", "--format=%s"], cwd=tmp_path / "mine", text=True
        )
        dirty = subprocess.check_output(["git", "status", "--short"], cwd=tmp_path / "mine")
        (tmp_path / "mine" / ".git").rename(tmp_path / ".git")
        nested = workbook(package, tmp_path, "init", "another", "--git")

    assert (log, dirty) == ("The lessons as they came\n", b"")
    assert "has a git history already; leave out --git" in nested.stderr
    assert not (tmp_path / "another").exists()


def test_an_update_never_touches_what_the_learner_wrote(workbook, package, newer, workspace):
    """Edited, deleted, renamed, read-only, other line endings, own files under our new names."""
    wrote = {
        STARTER_02: "# mine\n",
        "lessons/05_n_plus_one/exercise.py": "# mine, of a lesson that is gone\n",
        "lessons/90_n_plus_one/README.md": "# my own lesson\n",
        "lessons/02_repository/notes.txt": "remember the commit\n",
        ".vscode/settings.json": "{}\n",
        "lessons/06_mine/lesson.toml.txt": "an idea\n",
    }
    for path, text in wrote.items():
        (workspace / path).parent.mkdir(exist_ok=True)
        (workspace / path).write_text(text, "utf-8")
    crlf = (workspace / TESTS_02).read_bytes().replace(b"\n", b"\r\n")
    (workspace / TESTS_02).write_bytes(crlf)
    (workspace / PAGE_03).chmod(0o444)
    (workspace / "lessons/01_models/probe.py").unlink()
    (workspace / "lessons/04_api_wiring").rename(workspace / "lessons/04_wiring_of_mine")

    done = workbook(newer, workspace, "update")

    assert done.returncode == 0, done.stderr
    for path, text in wrote.items():
        assert (workspace / path).read_text("utf-8") == text
    assert (workspace / f"{STARTER_02}.new").read_text("utf-8").count("It hides the Session") == 1
    assert (workspace / "lessons/90_n_plus_one/README.md.new").exists()
    assert (workspace / "lessons/90_n_plus_one/exercise.py").exists()
    assert (workspace / TESTS_02).read_bytes() == crlf + b"\r\n\r\n"
    assert (workspace / PAGE_03).read_bytes() == (newer / PAGE_03).read_bytes()
    assert not (workspace / "lessons/05_n_plus_one/lesson.toml").exists()
    assert not (workspace / "lessons/01_models/probe.py").exists()
    assert not (workspace / "lessons/04_api_wiring").exists()
    assert (workspace / "lessons/04_wiring_of_mine/exercise.py").exists()
    said = done.stdout
    for named in (STARTER_02, "lessons/05_n_plus_one/exercise.py", "lessons/01_models/probe.py"):
        assert f"  {named}\n" in said
    assert "to have it back: workbook update --restore" in said


def test_a_second_update_changes_nothing(workbook, package, newer, workspace):
    """A conflict that was laid beside is not laid again, also when its .new was thrown away."""
    (workspace / STARTER_02).write_text("# mine\n", "utf-8")
    workbook(newer, workspace, "update")
    (workspace / f"{STARTER_02}.new").unlink()
    was = files_of(workspace)

    done = workbook(newer, workspace, "update")

    assert done.stdout == "nothing is newer than what you have\n"
    assert files_of(workspace) == was


def test_a_second_conflict_gets_a_name_of_its_own(workbook, package, newer, workspace):
    """What was laid beside may have been edited since: it is the learner's, too."""
    (workspace / STARTER_02).write_text("# mine\n", "utf-8")
    workbook(newer, workspace, "update")
    (workspace / f"{STARTER_02}.new").write_text("# half merged\n", "utf-8")

    workbook(package, workspace, "update")

    assert (workspace / STARTER_02).read_text("utf-8") == "# mine\n"
    assert (workspace / f"{STARTER_02}.new").read_text("utf-8") == "# half merged\n"
    assert "TODO 2.1" in (workspace / f"{STARTER_02}.new-2").read_text("utf-8")


def test_restore_brings_back_what_was_deleted(workbook, package, workspace):
    """Also the folder of all lessons, and a lesson.toml that nobody can read any more."""
    was = files_of(workspace)
    shutil.rmtree(workspace / "lessons")
    refused = workbook(package, workspace, "status")
    assert "ours come back with: workbook update --restore" in refused.stderr

    assert workbook(package, workspace, "update", "--restore").returncode == 0
    assert files_of(workspace) == was

    (workspace / "lessons/02_repository/lesson.toml").write_text("title = [", "utf-8")
    refused = workbook(package, workspace, "status")
    assert "not valid TOML" in refused.stderr
    assert "set it aside; ours come back with: workbook update --restore" in refused.stderr


def test_a_lost_record_costs_no_work(workbook, package, newer, workspace):
    """Without it every difference counts as the learner's."""
    (workspace / STARTER_02).write_text("# mine\n", "utf-8")
    (workspace / ".workbook" / "handed_out.txt").write_bytes(b"\xff\x00 broken\n")

    done = workbook(newer, workspace, "update")

    assert done.returncode == 0
    assert (workspace / STARTER_02).read_text("utf-8") == "# mine\n"
    assert (workspace / f"{TESTS_02}.new").exists()
    assert workbook(newer, workspace, "update").stdout == "nothing is newer than what you have\n"


def test_a_record_leads_to_no_file_outside(workbook, package, workspace):
    """A record that somebody sends you must not delete your letters."""
    letter = workspace.parent / "letter.txt"
    letter.write_text("dear all\n", "utf-8")
    record = workspace / ".workbook" / "handed_out.txt"
    hashed = hash_of(letter.read_bytes())
    lines = [f"{hashed}  ../letter.txt", f"{hashed}  {letter}"]
    record.write_text(record.read_text("utf-8") + "\n".join(lines) + "\n", "utf-8")

    assert workbook(package, workspace, "update").returncode == 0

    assert letter.exists()


def test_lessons_never_get_older(workbook, package, workspace):
    """An old tool on another machine says so, and leaves the newer lessons alone."""
    record = workspace / ".workbook" / "handed_out.txt"
    record.write_text(re.sub("version .*", "version 99.1", record.read_text("utf-8")), "utf-8")

    done = workbook(package, workspace, "update")

    assert done.returncode == 1
    assert "run: pip install --upgrade unit-of-workbook" in done.stderr


def test_what_cannot_be_written_is_named_and_the_rest_goes_on(workbook, newer, workspace):
    """A file of the learner's where a folder must be."""
    (workspace / "lessons/90_n_plus_one").write_text("a file\n", "utf-8")

    done = workbook(newer, workspace, "update")

    assert done.returncode == 1
    assert "could not be written:\nlessons/90_n_plus_one/README.md: " in done.stderr
    assert (workspace / PAGE_03).read_bytes() == (newer / PAGE_03).read_bytes()
    (workspace / "lessons/90_n_plus_one").unlink()
    assert workbook(newer, workspace, "update").returncode == 0
    assert (workspace / "lessons/90_n_plus_one/README.md").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit for the size of a file")
@pytest.mark.parametrize("word", ["init", "update"])
def test_a_full_disk_loses_nothing_and_is_finished_later(workbook, package, newer, tmp_path, word):
    """The message says what to do, and doing it completes the work."""
    import resource

    def small_disk():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))

    folder, words = tmp_path / "mine", ("init", str(tmp_path / "mine"))
    if word == "update":
        assert workbook(package, tmp_path, *words).returncode == 0
        (folder / STARTER_02).write_text("# mine\n", "utf-8")
        words = ("update",)
    where = folder if word == "update" else tmp_path

    stopped = workbook(newer, where, *words, preexec_fn=small_disk)
    finished = workbook(newer, where, *words)

    assert (stopped.returncode, len(stopped.stderr.splitlines())) == (1, 1), stopped.stderr
    assert "no space left" in stopped.stderr
    assert "then run the same command again" in stopped.stderr
    assert finished.returncode == 0, finished.stderr
    assert (folder / PAGE_03).read_bytes() == (newer / PAGE_03).read_bytes()
    if word == "update":
        assert (folder / STARTER_02).read_text("utf-8") == "# mine\n"
    assert not list((folder / ".workbook").glob("tmp*"))


@pytest.mark.thorough
def test_killed_at_any_moment_an_update_is_finished_by_the_next(
    workbook, package, newer, workspace
):
    """Nothing half-written is met under its real name."""
    (workspace / STARTER_02).write_text("# mine\n", "utf-8")
    environment = os.environ | {"PYTHONPATH": str(newer)}
    for delay_s in (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        with subprocess.Popen(
            [sys.executable, "-m", "workbook", "update"], cwd=workspace, env=environment
        ) as process:
            try:
                process.wait(delay_s)
            except subprocess.TimeoutExpired:
                process.kill()
        for path in (TESTS_02, PAGE_03):
            sound = [(root / path).read_bytes() for root in (package, newer)]
            assert (workspace / path).read_bytes() in sound

    assert workbook(newer, workspace, "update").returncode == 0
    assert (workspace / STARTER_02).read_text("utf-8") == "# mine\n"
    assert (workspace / f"{STARTER_02}.new").exists()
    assert not (workspace / f"{STARTER_02}.new-2").exists()
    assert (workspace / "lessons/90_n_plus_one/exercise.py").exists()
    assert not list((workspace / ".workbook").glob("tmp*"))
