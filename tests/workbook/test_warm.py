"""The warm process: fast, and not to be harmed by what it runs."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from workbook.curriculum import load_lesson, load_lessons
from workbook.derive import solution, starter, with_piece
from workbook.home import find_home
from workbook.verdict import from_data
from workbook.warm.helper import Helper
from workbook.warm.orders import Answer, Order, read_answer, read_order

KINDS = [
    pytest.param(True, id="fork", marks=pytest.mark.skipif(os.name == "nt", reason="no fork")),
    pytest.param(False, id="stand-by", marks=pytest.mark.thorough),
]
REAL = find_home()
FIRST = "02_repository"  # stands for all of them in the default suite
AT_ONCE = "10_optimistic_locking"  # its tests import the domain, and a hole is in there
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(params=KINDS)
def helper(request):
    """A warm process of each kind."""
    with Helper(forks=request.param) as helper:
        yield helper


@pytest.fixture(params=["saved", "given"])
def ask(request, helper, home, lesson_folder):
    """Asks for the tests of the small lesson on the solution, with this code in front of it.

    It is saved, as a learner does: the process is made ready for that. Or it is given as a text.
    """
    texts = solution(load_lesson(lesson_folder), home)

    def asked(code="", limit_s=20.0):
        changed = {name: code + text for name, text in texts.items()}
        if request.param == "given":
            return helper.ask(Order(lesson_folder, texts=changed, limit_s=limit_s))
        for name, text in changed.items():
            (lesson_folder / name).write_text(text, encoding="utf-8")
        return helper.ask(Order(lesson_folder, limit_s=limit_s))

    return asked


def test_a_verdict_is_the_same_as_in_this_process(ask):
    """Nothing depends on where the tests run."""
    verdict = from_data(ask().data)

    assert verdict.passed
    assert [task.label for task in verdict.tasks] == ["1.1", "1.2"]


def test_a_stand_by_serves_where_there_is_no_fork(home, lesson_folder):
    """On Windows, a process is started ahead for each order."""
    texts = solution(load_lesson(lesson_folder), home)
    killed = {name: "import os\nos._exit(0)\n" + text for name, text in texts.items()}

    with Helper(forks=False) as helper:
        assert "from outside" in helper.ask(Order(lesson_folder, texts=killed)).failure
        assert from_data(helper.ask(Order(lesson_folder, texts=texts)).data).passed


def test_a_prediction_is_answered_by_running_it(helper, home, lesson_folder):
    """The probe of the lesson is run on the files."""
    texts = solution(load_lesson(lesson_folder), home)

    assert helper.ask(Order(lesson_folder, "predict", texts=texts)).data == "1"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os\nos._exit(0)\n", "ended without a verdict"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "ended without a verdict"),
        ("raise KeyboardInterrupt\n", ""),
        ("import os\nos.closerange(3, 256)\nos._exit(0)\n", "ended without a verdict"),
        ("import os\n[os.write(n, b'x') for n in range(3, 9) if n > 9]\nos._exit(3)\n", "verdict"),
    ],
    ids=["exit", "kill", "interrupt", "close everything", "status"],
)
def test_what_ends_the_tests_is_told_and_harms_nobody(ask, code, said):
    """The next check runs as if nothing had happened."""
    answer = ask(code)

    assert answer.data is None
    assert said in answer.failure or "from outside" in answer.failure
    assert from_data(ask().data).passed


def test_sys_exit_is_a_failed_test(ask):
    """It is the learner's code that wants to end, not the workbook."""
    verdict = from_data(ask("import sys\nsys.exit(3)\n").data)

    assert "the code ended the program: SystemExit(3)" in verdict.root_cause.message


def test_a_flood_of_output_is_no_verdict(ask):
    """What the code prints reaches nobody who reads answers."""
    flood = f"for _ in range(20000):\n    print('{json.dumps({'number': 1, 'data': 1})}' * 20)\n"

    assert from_data(ask(flood).data).passed


def test_the_output_is_a_real_file(ask):
    """Scripts set its encoding, write bytes to it, or hand it to another program."""
    code = "import sys\nsys.stdout.reconfigure(encoding='utf-8')\nsys.stderr.fileno()\n"

    assert from_data(ask(f"{code}sys.stdout.buffer.write(b'x')\n").data).passed


@linux
def test_what_is_printed_is_not_kept_in_memory(ask):
    """A print() in a loop must not fill the learner's machine."""
    code = "for _ in range(2000):\n    print('x' * 100_000)\n"
    code += "pages = int(open('/proc/self/statm').read().split()[1])\n"

    assert from_data(ask(f"{code}assert pages * 4096 < 150_000_000\n").data).passed


def test_an_endless_loop_names_test_line_and_limit(ask):
    """The verdict is whole: what ran before it is in it."""
    verdict = from_data(ask("def total_(n):\n    while True:\n        pass\ntotal_(1)\n", 2.0).data)

    cause = verdict.root_cause
    assert cause.reason == "endless"
    assert "not finished after 2 s" in cause.message
    assert cause.place.line in {2, 3}
    assert {test.outcome for task in verdict.tasks for test in task.tests} == {"blocked"}


@pytest.mark.thorough
def test_what_cannot_be_interrupted_is_ended(ask):
    """A wait in C, or code that catches everything, has a limit too."""
    deaf = (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.setitimer = print\n"
    )
    answer = ask(deaf + "while True:\n    pass\n", 0.1)

    assert "the tests were not finished after 5.2 s" in answer.failure
    assert from_data(ask().data).passed


@linux
def test_what_the_code_has_started_ends_with_it(home, lesson_folder, tmp_path):
    """Even a process in a session of its own, whose parent is gone."""
    pid = tmp_path / "pid"
    daemon = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        f"        open({str(pid)!r}, 'w').write(str(os.getpid()))\n"
        "        time.sleep(600)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
        f"while not (os.path.exists({str(pid)!r}) and open({str(pid)!r}).read()):\n"
        "    pass\n"
    )
    texts = {"exercise.py": daemon + solution(load_lesson(lesson_folder), home)["exercise.py"]}
    with Helper() as helper:
        assert from_data(helper.ask(Order(lesson_folder, texts=texts)).data).passed
        left = Path(f"/proc/{pid.read_text()}")
        assert not left.exists()


@linux
def test_what_a_stopped_run_has_started_delays_nobody(home, lesson_folder, tmp_path):
    """It comes to us only when the run has ended, and has a session of its own."""
    started = tmp_path / "started"
    sleeper = (
        "import pathlib, subprocess\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n"
    )
    sleeper += f"pathlib.Path({str(started)!r}).touch()\nwhile True:\n    pass\n"
    texts = solution(load_lesson(lesson_folder), home)

    with Helper() as helper:
        helper.send(Order(lesson_folder, texts={"exercise.py": sleeper}))
        while not started.exists():
            pass
        assert from_data(helper.ask(Order(lesson_folder, texts=texts)).data).passed


@linux
@pytest.mark.parametrize("given", [True, False], ids=["given", "saved"])
def test_every_handle_of_a_run_is_its_own(home, lesson_folder, given):
    """Whoever writes to all of them spoils its own answer, not the next order."""
    text = solution(load_lesson(lesson_folder), home)["exercise.py"]
    spoil = "import os\nfor n in range(3, 64):\n    try:\n        os.write(n, b'x')\n"
    spoil += "    except OSError:\n        pass\n"
    (lesson_folder / "exercise.py").write_text(spoil + text, encoding="utf-8")
    texts = {"exercise.py": spoil + text} if given else {}

    with Helper() as helper:
        assert helper.ask(Order(lesson_folder, texts=texts)).failure
        (lesson_folder / "exercise.py").write_text(text, encoding="utf-8")
        texts = {} if given else {"exercise.py": text}  # another process has to carry this out
        assert from_data(helper.ask(Order(lesson_folder, texts=texts)).data).passed


@linux
def test_the_terminal_is_out_of_reach(ask):
    """Code that changes the terminal has none to change."""
    code = (
        "try:\n    open('/dev/tty')\nexcept OSError:\n    pass\nelse:\n    raise AssertionError\n"
    )

    assert from_data(ask(code).data).passed


def test_a_warm_process_holds_no_app_and_no_file_of_a_learner(helper, home, lesson_folder):
    """Each order sees the app for the first time."""
    names = "import sys\nassert 'case_tracker' not in sys.modules\n"
    texts = {"exercise.py": names + solution(load_lesson(lesson_folder), home)["exercise.py"]}

    for _ in range(2):
        answer = helper.ask(Order(lesson_folder, texts=texts))
        assert from_data(answer.data).passed


def test_each_save_meets_an_app_that_no_other_has_met(ask):
    """What a learner's file did to the app, to a library or to a test is gone with its process."""
    touch = "import case_tracker, json, sys\nassert not hasattr(json, 'mine')\njson.mine = 1\n"
    touch += "tests = [m for n, m in sys.modules.items() if n.endswith('test_exercise')]\n"
    touch += "assert not any(hasattr(m, 'mine') for m in (case_tracker, *tests))\n"
    touch += "for m in (case_tracker, *tests):\n    m.mine = 1\n"

    for _ in range(3):
        assert from_data(ask(touch).data).passed


@pytest.mark.skipif(os.name == "nt", reason="no process is made ready without fork")
@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(one, id=one.slug, marks=[pytest.mark.thorough] * (one.slug != FIRST))
        for one in load_lessons(REAL.lessons)
    ],
)
def test_what_is_saved_gets_the_verdict_of_what_is_given(lesson, tmp_path):
    """A process that was made ready must answer like one that has seen nothing yet."""
    folder = tmp_path / "lessons" / lesson.slug
    shutil.copytree(lesson.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
    pieces = sorted(lesson.folder.glob("misconceptions/*.py"))[:3]
    done = solution(lesson, REAL)
    wrong = [with_piece(done, piece.read_text(encoding="utf-8")) for piece in pieces]
    versions = (starter(lesson, REAL), done, *wrong)
    imports = tmp_path / "imports"
    with (folder / "test_exercise.py").open("a", encoding="utf-8") as tests:
        tests.write(f"\nwith open({str(imports)!r}, 'a') as imports:\n    imports.write('x')\n")

    with Helper() as helper:
        given = [seen(helper.ask(Order(folder, texts=texts))) for texts in versions]
        imports.unlink()
        saved = []
        for texts in versions:
            for name, text in texts.items():
                (folder / name).write_text(text, encoding="utf-8")
            (folder / ".exercise.py.swp").write_text(str(len(saved)), "utf-8")  # an editor's
            saved.append(seen(helper.ask(Order(folder))))

    assert saved == given
    assert len({str(one) for one in given}) == len(given) > 4
    times = len(versions) if lesson.slug == AT_ONCE else 1  # made ready once, for all saves
    assert imports.read_text("utf-8") == "x" * times


def seen(answer):
    """Return what a learner is told, test by test."""
    verdict = from_data(answer.data)
    tests = [*verdict.guards, *(test for task in verdict.tasks for test in task.tests)]
    return {test.name: (test.outcome, test.recognised) for test in tests}


def test_changed_tests_are_run_after_the_next_save(ask, lesson_folder):
    """A process that was made ready knows the lesson as it was; somebody may write it anew."""
    tests = lesson_folder / "test_exercise.py"
    text = tests.read_text(encoding="utf-8")
    assert from_data(ask().data).passed

    tests.write_text(f"{text}\n\n@pytest.mark.task(1)\ndef test_more():\n    assert 0\n", "utf-8")
    assert not from_data(ask().data).passed

    tests.write_text("this is no Python\n", encoding="utf-8")
    assert "SyntaxError" in ask().failure

    tests.write_text(text, encoding="utf-8")
    assert from_data(ask().data).passed


def test_tests_that_import_the_learners_file_at_once_run_as_well(ask, lesson_folder):
    """They cannot be collected before it is there."""
    tests = lesson_folder / "test_exercise.py"
    first = "import lesson_01_counting_exercise as mine\n\nassert mine.total\n"
    tests.write_text(first + tests.read_text(encoding="utf-8"), encoding="utf-8")

    assert from_data(ask().data).passed
    assert "lesson_01_counting_exercise" in ask("raise ValueError('not yet')\n").failure


@pytest.mark.skipif(os.name == "nt", reason="a stand-by leaves its folder to the system")
@pytest.mark.parametrize("given", [True, False], ids=["given", "saved"])
def test_no_file_of_a_run_is_left(home, lesson_folder, tmp_path, given):
    """Not even of one that a newer save has ended."""
    place = tmp_path / "temporary"
    place.mkdir()
    text = solution(load_lesson(lesson_folder), home)["exercise.py"]
    code = "import pathlib, tempfile\npathlib.Path(tempfile.mkdtemp(), 'x').touch()\n"

    def order(text):
        (lesson_folder / "exercise.py").write_text(text, encoding="utf-8")
        return Order(lesson_folder, texts={"exercise.py": text} if given else {})

    with Helper(environment={"TMPDIR": str(place)}) as helper:
        helper.send(order(f"{code}while True:\n    pass\n"))
        while not list(place.rglob("x")):
            pass
        assert from_data(helper.ask(order(code + text)).data).passed

    assert list(place.iterdir()) == []


def test_orders_and_answers_travel_as_lines(tmp_path):
    """What is written is what is read."""
    order = Order(tmp_path, "check", tmp_path / "x", {"a.py": "ü\n"}, strict=True, limit_s=1.5)

    assert read_order(order.to_line(7)) == (7, order)
    assert read_answer(Answer(7, {"a": [1]}).to_line()) == Answer(7, {"a": [1]})
