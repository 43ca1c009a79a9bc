"""The parts of the watcher that need no terminal."""

import pytest

from workbook.lens.entries import Frame
from workbook.statements import beside, of_verdict
from workbook.text import Part, cut, line, plain
from workbook.verdict import TaskResult, TestResult, Verdict
from workbook.watch.editor import MISSING, EditorError, command_line
from workbook.watch.keys import names_of
from workbook.watch.screen import Footer, compose

FOOTER = Footer(1, 6, "lessons/02/exercise.py", "", Part("checked"), "", [("h", "hint")])


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ("n", ["n"]),
        ("hs", ["h", "s"]),
        ("\x1b[A\x1b[B", ["up", "down"]),
        ("\x1b", ["escape"]),
        ("\x1b[1;5Cq", ["q"]),
        ("\x1b[200~", []),
        ("\r\x7f\x03", ["enter", "backspace", "ctrl-c"]),
        ("\x01ü?", ["ü", "?"]),
    ],
)
def test_keys_have_names(sent, names):
    """A sequence that nobody knows does nothing, and costs no key behind it."""
    assert list(names_of(sent)) == names


@pytest.mark.parametrize("height", [1, 5, 10, 24])
@pytest.mark.parametrize("width", [1, 10, 34, 80])
def test_the_footer_stands_in_every_window(width, height):
    """What does not fit is counted, and can be scrolled to."""
    body = [line(f"row {number}") for number in range(40)]

    drawn, top, fits = compose(body, FOOTER, (width, height), 99, "#.-")

    assert len(drawn) <= height
    assert not fits
    assert top <= 40
    if height > 8 and width > 30:
        shown = list(plain(drawn))
        assert any("1 of 6 lessons" in row for row in shown)
        assert any("row 39" in row for row in shown)


def test_a_line_is_cut_to_its_window():
    """The end says that there is more."""
    assert cut(line("abc", Part("defg", "good")), 5) == (Part("abc"), Part("d…", "good"))


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"EDITOR": "nano"}, ["nano", "+7", "a.py"]),
        ({"VISUAL": "code --wait", "EDITOR": "vi"}, ["code", "--wait", "--goto", "a.py:7"]),
        ({"EDITOR": "'/my programs/edit' -x"}, ["/my programs/edit", "-x", "a.py"]),
    ],
)
def test_an_editor_is_called_as_it_wants(tmp_path, environment, words):
    """VISUAL comes before EDITOR; the line is given in the editor's own way."""
    called = command_line(tmp_path / "a.py", 7, environment)

    assert [word.replace(f"{tmp_path}/", "") for word in called] == words


@pytest.mark.parametrize(("setting", "said"), [("", MISSING), ("'nano", "cannot be read")])
def test_an_editor_that_is_missing_is_said(tmp_path, setting, said):
    """No guess, but what to set."""
    with pytest.raises(EditorError, match=said.split("(", maxsplit=1)[0]):
        command_line(tmp_path, 1, {"EDITOR": setting})


@pytest.fixture
def verdict(tmp_path):
    """A verdict whose test has sent the same SELECT three times from one line, then a COMMIT."""
    path = tmp_path / "exercise.py"
    path.write_text("for case in cases:\n    case.notes\n", encoding="utf-8")
    frame = Frame(str(path), 2, "list")
    where = [{"path": frame.path, "line": frame.line, "function": frame.function}]
    select = {
        "type": "statement",
        "kind": "SELECT",
        "text": "SELECT a FROM case_notes",
        "rows": 2,
        "error": None,
        "frames": where,
    }
    commit = {"type": "event", "kind": "COMMIT", "name": None, "detail": "", "error": None}
    test = TestResult(
        "test_list",
        1,
        "passed",
        statements=[select, select, select, commit | {"frames": []}],
        measured=[3],
    )
    task = TaskResult(1, "5.1", "list", "", None, False, (), [test])  # noqa: FBT003 - untouched
    return Verdict("05_n_plus_one", "N+1", [task], [], 0.1, budget={"list": 1})


def test_statements_are_numbered_below_their_line(verdict):
    """What repeats is counted; the budget stands beside what was sent."""
    shown = list(plain(of_verdict(verdict, verdict.tasks[0], 80)))

    assert "  list(): 3 sent, budget 1" in shown
    assert "    exercise.py:2  case.notes" in shown
    assert "      1  SELECT … FROM case_notes  2 rows  3 times" in shown
    assert "         COMMIT" in shown


@pytest.mark.parametrize("width", [80, 140])
def test_only_what_differs_is_shown_beside_the_reference(verdict, width):
    """Two ways to send one thing are one thing."""
    same = "\n".join(plain(beside(verdict, verdict, width)))
    assert "The same in 1 test." in same
    assert "SELECT" not in same

    tests = [TestResult("test_list", 1, "passed", statements=[])]
    task = TaskResult(1, "5.1", "list", "", None, False, (), tests)  # noqa: FBT003 - untouched
    other = Verdict("05_n_plus_one", "N+1", [task], [], 0.1)
    differs = "\n".join(plain(beside(verdict, other, width)))

    assert "yours: 3 statements" in differs
    assert "reference: 0 statements" in differs


def test_what_was_green_before_is_the_root_cause(verdict):
    """A task that was begun comes after one that worked until now."""
    tasks = [
        TaskResult(n, f"5.{n}", "x", "", None, False, (), [TestResult(f"t{n}", n, "failed")])  # noqa: FBT003 - untouched
        for n in (1, 2)
    ]
    broken = Verdict("05_n_plus_one", "N+1", tasks, [], 0.1)

    assert broken.root_cause.name == "t1"
    assert broken.since([2]).root_cause.name == "t2"
    assert broken.since([2]).current.number == 2


def test_the_next_task_never_is_one_that_waits():
    """A mistake in the last task can stop the first one: the learner is sent to the last."""
    tasks = [
        TaskResult(n, f"5.{n}", "x", "", None, True, (), [TestResult(f"t{n}", n, outcome)])  # noqa: FBT003 - untouched
        for n, outcome in ((1, "blocked"), (2, "failed"))
    ]

    assert Verdict("05_n_plus_one", "N+1", tasks, [], 0.1).current.number == 2
