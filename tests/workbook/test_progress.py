"""Where a learner stands: a readable file that nothing damages."""

import os
import subprocess
import sys
import tomllib

import pytest

from workbook.progress import Progress, load_progress


@pytest.fixture
def progress(home):
    """The state of a new learner."""
    return load_progress(home)


def test_what_is_written_is_what_is_read(progress, home):
    """Also names with quotes, and answers with signs."""
    progress.update(lambda p: p.hints.update({"1.1": 2}))
    progress.update(lambda p: p.set_passed("01_counting", passed=True))
    progress.update(lambda p: p.green.update({"01_counting": [1, 2]}))
    progress.update(lambda p: p.predicted.update({"01_counting": 'says "1"\\\n'}))

    again = load_progress(home)

    assert (again.hints, again.passed) == ({"1.1": 2}, ["01_counting"])
    assert again.green == {"01_counting": [1, 2]}
    assert again.predicted == {"01_counting": 'says "1"\\\n'}
    assert tomllib.loads((home.state / "progress.toml").read_text("utf-8"))["passed"]


def test_programs_at_the_same_time_lose_nothing(home):
    """Two terminals, a watcher and a command: every note is kept."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom workbook.home import Home\n"
        "from workbook.progress import load_progress\n"
        "progress = load_progress(Home(Path(sys.argv[1])))\n"
        "for n in range(30):\n"
        "    progress.update(lambda p: p.hints.update({f'{sys.argv[2]}.{n}': 1}))\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(home.root), name], env=environment)
        for name in ("1", "2", "3")
    ]

    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    assert len(load_progress(home).hints) == 90
    assert sorted(path.name for path in home.state.iterdir()) == ["lock", "progress.toml"]


@pytest.mark.parametrize(
    "text", ["passed = [", "hints = 3", 'hints = { a = "x" }', "passed = 1", "\x00", "green = [1]"]
)
def test_a_damaged_file_is_an_empty_state_and_kept(home, text):
    """Twice damaged is kept twice."""
    home.state.mkdir()
    for name in ("progress.damaged", "progress.damaged-2"):
        (home.state / "progress.toml").write_text(text, encoding="utf-8")

        assert load_progress(home) == Progress(home.state / "progress.toml")
        assert (home.state / name).read_text(encoding="utf-8") == text


def test_a_state_that_cannot_be_written_stays_as_it_was(progress, home):
    """A full disk, or a folder that is not ours."""
    progress.update(lambda p: p.hints.update({"1.1": 1}))
    before = (home.state / "progress.toml").read_bytes()
    (home.state / f"progress.{os.getpid()}.new").mkdir()  # nothing can be written there

    with pytest.raises(OSError, match="directory"):
        progress.update(lambda p: p.hints.update({"1.1": 2}))

    assert (home.state / "progress.toml").read_bytes() == before
