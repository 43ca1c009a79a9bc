"""As a new instructor meets it: an example cohort, a terminal, and an edition to hand out."""

import csv
import os
import re
import select
import signal
import subprocess
import sys

import pytest

from tests.workbook.grade.conftest import HOME, LESSONS, lesson, texts
from workbook.grade import gradebook

WORKBOOK = [sys.executable, "-m", "workbook"]


def workbook(*arguments, **options):
    """Return the finished command, run in the clone."""
    options = {"cwd": HOME.root, "text": True, "capture_output": True} | options
    return subprocess.run([*WORKBOOK, *map(str, arguments)], check=False, **options)


def in_terminal(*arguments, stop_at=None):
    """Run a command in a terminal; return its exit status and what it wrote on stderr.

    Ctrl-C is pressed as soon as the text shows what `stop_at` matches.
    """
    import pty

    ours, theirs = pty.openpty()
    command = [*WORKBOOK, *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "100", "TERM": "xterm"}
    with subprocess.Popen(
        command, cwd=HOME.root, stdout=subprocess.DEVNULL, stderr=theirs, env=environment
    ) as process:
        os.close(theirs)
        said, pressed = b"", False
        while process.poll() is None or select.select([ours], [], [], 0)[0]:
            if not select.select([ours], [], [], 60)[0]:
                break
            try:
                said += os.read(ours, 1 << 16)
            except OSError:  # the other end is closed
                break
            if stop_at and not pressed and re.search(stop_at, said.decode(errors="replace")):
                process.send_signal(signal.SIGINT)
                pressed = True
    os.close(ours)
    return process.returncode, said.decode(errors="replace")


def cohort(folder):
    """Hand in lesson 00 three times, each a little different; return the folder."""
    for learner in ("ann", "bob", "cy"):
        target = folder / learner / lesson("00").slug
        target.mkdir(parents=True)
        text = texts("00", "solution")["exercise.py"] + f"# {learner}\n".encode()
        (target / "exercise.py").write_bytes(text)
    return folder


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
@pytest.mark.usefixtures("tier")
def test_ctrl_c_keeps_what_was_graded(tmp_path):
    """A bar in a terminal; Ctrl-C; the same command goes on."""
    folder, out = cohort(tmp_path / "in"), tmp_path / "out"
    options = ["grade", folder, "--lessons", "00", "--jobs", 1, "--out", out]

    status, said = in_terminal(*options, stop_at=r"[12]/3")
    done = workbook(*options)

    assert status == 130
    assert "what was graded is kept" in said
    assert re.search(r"\d\.\d/s, \d+:\d\d left", said)
    assert "(known)" in done.stderr
    rows = list(csv.DictReader((out / gradebook.CSV).read_text("utf-8").splitlines()))
    assert [row["total"] for row in rows] == ["8", "8", "8"]


def promised():
    """Return the points that examples/README.md names, by learner."""
    page = (HOME.root / "examples" / "README.md").read_text("utf-8")
    return re.findall(r"^\| ([a-z]{3}) \| ([\d.]+) \|", page, re.MULTILINE)


@pytest.mark.thorough
@pytest.mark.usefixtures("tier")
def test_the_example_is_graded_as_its_command_says(tmp_path):
    """From the first command to a report, a filled table and a decision."""
    made = workbook("grade", "example", tmp_path / "cohort")
    line = next(line for line in made.stdout.splitlines() if "--roster" in line)
    out = tmp_path / "out"

    words = line[line.index("grade ") :].split()  # behind the command as the tool was started
    graded = workbook(*words, "--out", out, "--timeout-s", 60)
    filled = workbook("grade", "fill", tmp_path / "cohort" / "canvas.csv", "--out", out)

    assert graded.returncode == 0, graded.stderr
    rows = csv.DictReader((out / gradebook.CSV).read_text("utf-8").splitlines())
    assert [(row["learner"], row["total"]) for row in rows] == promised()
    index = (out / "report" / "index.html").read_text("utf-8")
    assert "save replaces the notes" in index
    assert "bob and fay" in index
    assert "12 grades for Canvas" in filled.stdout
    assert '"Clark, Cyd",103,,cyd,Data access,8.00,5.00' in (out / "filled-canvas.csv").read_text(
        "utf-8"
    )


def test_the_example_is_the_same_each_time(tmp_path):
    """What a page says about it must hold tomorrow."""
    for name in ("one", "two"):
        assert workbook("grade", "example", tmp_path / name).returncode == 0

    one, two = (
        {p.name: p.read_bytes() for p in sorted((tmp_path / name).rglob("*")) if p.is_file()}
        for name in ("one", "two")
    )
    assert one == two
    assert len(one) == 9


def test_an_example_never_overwrites_somebodys_folder(tmp_path):
    """A folder of real submissions may have the name that somebody types."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "work.txt").write_text("mine")

    done = workbook("grade", "example", tmp_path / "real")

    assert (done.returncode, "holds something else" in done.stderr) == (2, True)


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """The learners' edition, and what the command said about it."""
    folder = tmp_path_factory.mktemp("edition") / "learners"
    done = workbook("export", folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def inside(folder, *command, **more):
    """Run something in the edition, with its own packages."""
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHON": sys.executable} | more
    return subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, check=False
    )


def test_the_edition_holds_no_answer(edition):
    """Solutions, probes and misconceptions stay with the instructor; it says what stays."""
    folder, said = edition
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    for one in LESSONS:
        for file in one.files:
            starter = texts(one.slug[:2], "starter")[file.name]
            assert (folder / "lessons" / one.slug / file.name).read_bytes() == starter
    assert not any(name.startswith("solutions/") or "/misconceptions/" in name for name in names)
    assert not any(name.startswith("lessons/") and name.endswith("probe.py") for name in names)
    assert "case_tracker.adapters.sql.repository" in said
    assert "case_tracker.adapters.sql.repository" in (folder / "README.md").read_text("utf-8")
    assert "solutions/" not in "".join(
        p.read_text("utf-8") for p in folder.glob("lessons/*/README.md")
    )


def test_the_edition_is_a_repository_of_its_own(edition):
    """Its tests run, a lesson is checked, a starter comes back, a solution does not."""
    folder, _ = edition
    exercise = folder / "lessons" / lesson("00").slug / "exercise.py"
    as_it_came = exercise.read_bytes()

    tests = inside(folder, sys.executable, "-m", "pytest", "-q", "tests/unit")
    exercise.write_bytes(texts("00", "solution")["exercise.py"])
    checked = inside(folder, *WORKBOOK, "check", "0")
    reset = inside(folder, *WORKBOOK, "reset", "0", "--yes")
    shown = inside(folder, *WORKBOOK, "solution", "0", "--give-up")
    predicted = inside(folder, *WORKBOOK, "predict", "0", "1")
    asked = inside(folder, *WORKBOOK, "quiz", "0")
    refused = [
        inside(folder, *WORKBOOK, *words)
        for words in (["break", "0"], ["grade", "example"], ["grade", "lessons"])
    ]

    assert tests.returncode == 0, tests.stdout
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Compare:" not in checked.stdout, "there is nothing to compare with"
    assert "the page has the answer" in predicted.stderr
    assert "Traceback" not in asked.stderr
    assert asked.returncode == 0, asked.stderr
    for done in refused:
        assert (done.returncode, "edition holds no" in done.stderr) == (2, True), done.stderr
    assert exercise.read_bytes() == as_it_came, reset.stderr
    assert "this edition has no solutions" in shown.stderr


def test_the_workflow_shows_the_same_feedback(edition, tmp_path):
    """What GitHub shows after a push is what the terminal shows; and nothing becomes a command."""
    folder, _ = edition
    exercise = folder / "lessons" / lesson("05").slug / "exercise.py"
    as_it_came = exercise.read_bytes()
    summary = tmp_path / "summary.md"
    script = ("bash", ".github/feedback.sh")

    nothing = inside(folder, *script)
    exercise.write_bytes(as_it_came + b'\nprint("::set-env name=PATH::/tmp")\n')
    red = inside(folder, *script, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    terminal = inside(folder, *WORKBOOK, "check", "5")
    exercise.write_bytes(as_it_came)

    assert (nothing.returncode, red.returncode) == (0, 1)
    assert "Nothing has been changed yet" in nothing.stdout
    assert terminal.stdout.strip() in red.stdout
    assert lesson("05").title in summary.read_text("utf-8")
    first, *_, last = red.stdout.strip().splitlines()
    assert first.startswith("::stop-commands::")
    assert last == f"::{first.rpartition('::')[2]}::"


@pytest.mark.parametrize(
    ("target", "says"), [("lessons/mine", "inside of this repository"), (None, "is not empty")]
)
def test_the_edition_goes_into_a_new_folder_only(tmp_path, target, says):
    """Nothing of an instructor's is overwritten."""
    (tmp_path / "work.txt").write_text("mine")

    done = workbook("export", target or tmp_path)

    assert done.returncode == 2
    assert says in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["work.txt"]
