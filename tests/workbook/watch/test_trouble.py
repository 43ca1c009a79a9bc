"""What goes wrong at a learner's desk: nothing is lost, no traceback, the state stays valid."""

import os
import resource
import signal
import sys
import termios
from pathlib import Path

import pytest

from workbook.progress import load_progress

LIMIT = {"WORKBOOK_TIME_LIMIT": "3"}
wide = pytest.mark.thorough
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_an_endless_loop_is_stopped_and_named(sit_down, save, finished):
    """The watcher survives, names the limit, the line, and goes on."""
    person = sit_down(**LIMIT)
    person.sees("what do you expect?")
    person.press("\r")
    person.sees("0 of 2 tasks", "checked")
    endless = "result = 0\n    while True:\n        result += 1"
    save(finished.replace("result = sum(numbers)", endless))
    person.sees("not finished after 3 s", "in total", "test_total_adds did not come to its end")

    save(finished)
    person.sees("passed")


@wide
def test_a_loop_that_nothing_interrupts_is_ended(sit_down, save, finished):
    """Code that swallows every exception cannot hold the watcher."""
    person = sit_down(WORKBOOK_TIME_LIMIT="3")
    person.sees("what do you expect?")
    person.press("\r")
    person.sees("0 of 2 tasks", "checked")
    deaf = "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
    save(deaf + "while True:\n    pass\n")
    person.sees("stopped: the tests were not finished after 11 s")

    save(finished)
    person.sees("passed")


def test_a_save_during_a_check_takes_its_place(sit_down, save, finished):
    """Nobody waits for the verdict on yesterday's text."""
    person = sit_down(WORKBOOK_TIME_LIMIT="600")
    person.sees("what do you expect?")
    person.press("\r")
    person.sees("0 of 2 tasks", "checked")
    save("while True:\n    pass\n")
    person.sees("checking …")

    save(finished)
    person.sees("passed")


@pytest.mark.parametrize(
    "moment",
    ["check", *(pytest.param(m, marks=wide) for m in ("prediction", "verdict", "search", "reset"))],
)
def test_ctrl_c_ends_it_cleanly(sit_down, save, home, moment):
    """At any moment: no traceback, a valid state, the terminal as it was."""
    person = sit_down(WORKBOOK_TIME_LIMIT="600")
    person.sees("what do you expect?")
    if moment != "prediction":
        person.press("\r")
        person.sees("0 of 2 tasks", "checked")
    if moment == "check":
        save("while True:\n    pass\n")
        person.sees("checking …")
    person.press({"search": "l/boxes", "reset": "x"}.get(moment, ""))
    person.press("\x03")

    status = person.leaves()
    assert status == 0
    assert "Traceback" not in person.raw
    assert load_progress(home).current == "01_counting"
    assert as_a_shell_needs_it(person.child.child_fd)


def as_a_shell_needs_it(terminal):
    """Say whether lines are edited, keys are shown and Ctrl-C is a signal again."""
    needed = termios.ICANON | termios.ECHO | termios.ISIG
    return termios.tcgetattr(terminal)[3] & needed == needed


def test_a_deleted_file_is_named_and_comes_back(learner, home):
    """The file is gone, the watcher is not."""
    (home.lessons / "01_counting" / "exercise.py").unlink()
    learner.sees("exercise.py cannot be read: No such file", "workbook reset 01")

    learner.press("x")
    learner.sees("y yes")
    learner.press("y")
    learner.sees("0 of 2 tasks", "1 + 2 + 3 is 6, not 1")


@pytest.mark.parametrize("kind", ["a folder", pytest.param("no text", marks=wide)])
def test_an_unreadable_file_is_named(learner, home, save, finished, kind):
    """What stands there is kept when the starter comes back."""
    path = home.lessons / "01_counting" / "exercise.py"
    path.unlink()
    if kind == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\xfe\x00")
    learner.sees("exercise.py", "cannot be read" if kind == "a folder" else "Python cannot read")

    learner.press("d")
    learner.sees("the file cannot be read")
    learner.press("x")
    learner.sees("y yes")
    learner.press("y")
    learner.sees("0 of 2 tasks", "1 + 2 + 3 is 6, not 1")
    assert path.with_name("exercise.py.before-reset-1").exists()


def test_two_watchers_lose_nothing_of_each_other(two_lessons, sit_down, finished, save):
    """Two windows, one folder: what both note is in the state."""
    one, other = sit_down("watch", "1"), sit_down("watch", "2")
    for person in (one, other):
        person.sees("what do you expect?")
        person.press("\r")
        person.sees("0 of 2 tasks", "checked")
    one.press("h")
    one.sees("1. one")
    other.press("h")
    other.sees("1. one")
    save(finished)
    one.sees("passed")
    (two_lessons.lessons / "02_boxes" / "exercise.py").write_text(finished, encoding="utf-8")
    other.sees("passed", "2 of 2 lessons")

    progress = load_progress(two_lessons)
    assert progress.passed == ["01_counting", "02_boxes"]
    assert progress.hints == {"1.1": 1, "2.1": 1}


def test_a_full_disk_loses_nothing(sit_down, home, save, finished):
    """The state stays as it was, and the reason is said."""
    state = home.state / "progress.toml"
    state.parent.mkdir()
    state.write_text('current = "01_counting"\n[predicted]\n"01_counting" = "1"\n', "utf-8")
    before = state.read_bytes()
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # noqa: E731
    save(finished)
    person = sit_down(before=full)
    person.sees("cannot run here", "File too large", "was not saved")
    person.press("x")
    person.sees("y yes")
    person.press("y")
    person.sees("nothing was reset: File too large")
    person.press("q")

    assert person.leaves() == 0
    assert "Traceback" not in person.raw
    assert state.read_bytes() == before
    assert (home.lessons / "01_counting" / "exercise.py").read_text("utf-8") == finished


def test_a_damaged_state_is_kept_aside(sit_down, home):
    """Losing the place in the book is bad; losing the file too is worse."""
    home.state.mkdir()
    (home.state / "progress.toml").write_text("hints = 3", encoding="utf-8")
    person = sit_down()

    person.sees("what do you expect?")
    assert (home.state / "progress.damaged").read_text(encoding="utf-8") == "hints = 3"


def children(pid):
    """Return the processes that this one has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split()]


@linux
@pytest.mark.parametrize(
    "number",
    [signal.SIGKILL, *(pytest.param(s, marks=wide) for s in (signal.SIGTERM, signal.SIGHUP))],
)
def test_a_killed_watcher_leaves_nothing_behind(sit_down, save, home, number):
    """Its helpers end with it, even in the middle of an endless loop; the state is valid."""
    person = sit_down(WORKBOOK_TIME_LIMIT="600")
    person.sees("what do you expect?")
    person.press("\r")
    person.sees("0 of 2 tasks", "checked")
    pid_file = home.root / "pid"
    save(
        f"import os\nopen({str(pid_file)!r}, 'w').write(str(os.getpid()))\nwhile True:\n    pass\n"
    )
    while not (pid_file.exists() and pid_file.read_text()):
        os.sched_yield()
    helpers = [*children(person.child.pid), int(pid_file.read_text())]

    os.kill(person.child.pid, number)
    person.leaves()
    while any(Path(f"/proc/{pid}/stat").exists() and not is_zombie(pid) for pid in helpers):
        os.sched_yield()

    assert load_progress(home).predicted == {"01_counting": ""}


def is_zombie(pid):
    """Say whether a process has ended and waits to be fetched."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_the_warm_process_may_be_killed(sit_down, save, finished):
    """The next check starts a new one."""
    person = sit_down()
    person.sees("what do you expect?")
    person.press("\r")
    person.sees("0 of 2 tasks", "checked")
    save("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nwhile True:\n    pass\n")
    person.sees("was ended from outside")

    save(finished)
    person.sees("passed")
