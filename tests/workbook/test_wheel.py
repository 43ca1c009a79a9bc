"""What is installed: a wheel that works where nothing else is, with the network off.

The packages it depends on are lent by the running environment through a .pth file, so that nothing
is downloaded.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from workbook.curriculum import load_lessons
from workbook.derive import solution
from workbook.home import find_home

REAL = find_home()
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
OURS = ("case_tracker/", "workbook/", "unit_of_workbook-")
STRANGE = re.compile(
    r"\.before-reset|\.new(-\d)?$|__pycache__|\.pyc$|\.db$|\.venv/|\.workbook/|_cache/"
)
SUITE = "workbook/tests/"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the sdist, built as a release is, from a clone that was worked in."""
    clone = tmp_path_factory.mktemp("clone")
    skip = shutil.ignore_patterns(".git", ".venv", "*_cache", "__pycache__")
    shutil.copytree(REAL.root, clone, ignore=skip, dirs_exist_ok=True)
    lesson = clone / "lessons" / "02_repository"
    for name in ("exercise.py.before-reset-1", "exercise.py.new", "mine.db"):
        (lesson / name).write_text("mine\n", "utf-8")
    (lesson / "exercise.py").write_text("# solved by whoever builds\n", "utf-8")
    (clone / ".workbook").mkdir(exist_ok=True)
    (clone / ".workbook" / "progress.toml").write_text("mine\n", "utf-8")
    dist = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(clone)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    return next(dist.glob("*.whl")), next(dist.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def environment(built, tmp_path_factory):
    """An empty environment with the wheel; its packages cannot be written."""
    root = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True)
    python = root / SCRIPTS / Path(sys.executable).name
    offline = ("--no-index", "--no-deps", "--quiet", str(built[0]))
    if shutil.which("uv"):
        command = ["uv", "pip", "install", "--python", str(python), *offline]
    else:
        command = [sys.executable, "-m", "pip", "--python", str(python), "install", *offline]
    subprocess.run(command, check=True, timeout=300)
    packages = next(root.rglob("site-packages"))
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    folders = [packages, *(path for path in packages.rglob("*") if path.is_dir())]
    for path in (*folders, *packages.rglob("*.py")):
        path.chmod(path.stat().st_mode & ~0o222)
    yield root
    for path in folders:
        path.chmod(0o755)


@pytest.fixture
def run(environment, tmp_path):
    """Runs the installed command in a folder, with the network out of reach."""

    def start(folder, *words):
        known = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "WORKBOOK"))}
        nowhere = dict.fromkeys(("http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
        return subprocess.run(
            [str(environment / SCRIPTS / "workbook"), *words],
            cwd=folder,
            env=known | nowhere | {"PATH": str(environment / SCRIPTS) + os.pathsep + known["PATH"]},
            capture_output=True,
            encoding="utf-8",
            timeout=600,
            check=False,
        )

    return start


@pytest.mark.thorough
def test_what_learners_need_travels_and_nothing_else(built):
    """Lessons, solutions, notebooks, the end-to-end suite; no work of whoever builds."""
    with zipfile.ZipFile(built[0]) as archive:
        wheel = archive.namelist()
    with tarfile.open(built[1]) as archive:
        sdist = [name.partition("/")[2] for name in archive.getnames()]

    for part in ("lessons", "solutions", "notebooks"):
        for path in (REAL.root / part).rglob("*"):
            name = path.relative_to(REAL.root).as_posix()
            if path.is_file() and not STRANGE.search(name) and _is_kept(name):
                assert f"workbook/{name}" in wheel
                assert name in sdist
    assert "workbook/tests/e2e/test_api.py" in wheel
    for name in wheel:
        assert name.startswith(OURS), name
    for name in (*wheel, *sdist):
        assert not STRANGE.search(name), name
    suite = [name for name in wheel if name.startswith(SUITE) and "/e2e/" not in name]
    assert suite == [f"{SUITE}conftest.py"]


def _is_kept(name):
    """Say whether git would take this file: only these are part of a release."""
    command = ["git", "check-ignore", "-q", name]
    return subprocess.run(command, cwd=REAL.root, check=False).returncode != 0


@pytest.mark.thorough
def test_a_learner_works_from_a_wheel(run, environment, tmp_path):
    """From the first command to the application on one's own code; the package stays as it was."""
    packages = next(environment.rglob("site-packages"))
    was = written(packages)

    assert "make your own: workbook init my-workbook" in run(tmp_path, "check").stderr
    made = run(tmp_path, "init", "mine")
    assert (made.returncode, made.stderr) == (0, "")
    mine = tmp_path / "mine"
    assert "NotImplementedError" in (mine / "lessons/02_repository/exercise.py").read_text("utf-8")
    for lesson in load_lessons(REAL.lessons):
        assert (mine / "lessons" / lesson.slug / "README.md").is_file()

    checked = run(mine, "check", "2")
    assert (checked.returncode, "0 of 6 tasks" in checked.stdout) == (1, True), checked.stderr
    assert "1. Who knows whether" in run(mine, "hint", "2.1").stdout
    assert "class SqlAlchemyCaseRepository" in run(mine, "solution", "2", "--give-up").stdout

    path = mine / "lessons/02_repository/exercise.py"
    solved = solution(next(x for x in load_lessons(REAL.lessons) if x.number == 2), REAL)
    path.write_text(solved["exercise.py"], "utf-8")
    assert run(mine, "check", "2").returncode == 0
    assert run(mine, "update").stdout == "nothing is newer than what you have\n"
    tested = run(mine, "mine", "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "lessons run on your code" in tested.stdout
    assert "100 -> 10 cases loaded" in run(mine, "card", "2").stdout
    assert "mistake 1 of " in run(mine, "break", "2", "--bug", "1", "--tell").stdout

    assert run(mine, "reset", "2", "--yes").returncode == 0
    assert "NotImplementedError" in path.read_text("utf-8")
    assert path.with_name("exercise.py.before-reset-1").read_text("utf-8") == solved["exercise.py"]
    assert written(packages) == was


def written(folder):
    """Return when each file was written; what Python compiles for itself does not count."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.suffix != ".pyc"}
