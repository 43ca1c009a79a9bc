"""The loop of a learner, at a real terminal: save, verdict, next action."""

import pytest

from workbook.progress import load_progress

wide = pytest.mark.thorough


def test_a_lesson_from_its_prediction_to_the_next_one(sit_down, save, finished, home):
    """Predict, fail, read, ask for a hint, succeed, explain, go on."""
    person = sit_down()
    person.sees("How many?", "1  1", "2  2", "enter skip")
    person.press("2")
    person.sees("You said: 2", "It ran:   1", "lessons/01_counting/README.md#concept")
    person.press("\r")
    person.sees("0 of 2 tasks", "1 + 2 + 3 is 6, not 1", "0 of 1 lessons")

    save(finished.replace("sum(numbers)", "len(numbers)"))
    person.sees("1 + 2 + 3 is 6, not 3", "That is how many there are.", "NO")

    person.press("h")
    person.sees("1. one", without=["2. two"])
    person.press("h")
    person.sees("2. two", without=["3. three"])

    save(finished)
    person.sees("2 of 2 tasks", "passed", "Why?", "1 of 1 lessons", "n next")
    person.press("p")
    person.sees("Did your answer say this?", "- a", "- b", "- c")
    person.press("h")
    person.sees("The hints you did not need", "- three")
    person.press("n")
    person.sees("every lesson has passed")
    person.press("q")

    assert person.leaves() == 0
    progress = load_progress(home)
    assert progress.passed == ["01_counting"]
    assert progress.predicted == {"01_counting": "2"}
    assert progress.hints == {"1.1": 2}


def test_nothing_moves_by_itself(two_lessons, learner, save, finished):
    """A lesson that has passed stays until `n`; and `n` waits for success."""
    learner.press("n")
    learner.sees("n goes on when this lesson has passed", "lessons/01_counting/exercise.py")

    save(finished)
    learner.sees("2 of 2 tasks", "lessons/01_counting/exercise.py")
    learner.press("n")

    learner.sees("02_boxes  Boxes", "lessons/02_boxes/exercise.py")


def test_a_file_saved_elsewhere_moves_nobody(two_lessons, learner, save, finished):
    """Other lessons are checked when you go there."""
    (two_lessons.lessons / "02_boxes" / "exercise.py").write_text(finished, encoding="utf-8")
    save(finished.replace("2 *", "2 +"))

    learner.sees("1 of 2 tasks", "lessons/01_counting/exercise.py", "0 of 2 lessons")


def test_what_was_green_before_comes_first(learner, save, finished):
    """The save that broke something is the one that is remembered."""
    save(finished.replace("2 *", "2 +"))
    learner.sees("1 of 2 tasks", "twice 6 is 12, not 8")

    save(finished.replace("sum(numbers)", "0"))

    learner.sees("1 + 2 + 3 is 6, not 0", "it was green before")


def test_a_syntax_error_is_named_and_repaired(learner, save, finished):
    """The most frequent mistake of all costs one line."""
    save(finished + "\ndef more(:\n")
    learner.sees("Python cannot read the file", "exercise.py:20")

    save(finished)
    learner.sees("passed")


def test_the_keys_show_what_there_is(learner):
    """Statements, differences, help; the same key or escape goes back."""
    learner.press("d")
    learner.sees("as the starter: you have changed nothing yet")
    learner.press("s")
    learner.sees("What 1.1  total sent", "Nothing was sent")
    learner.press("?")
    learner.sees("Save the file: its tests run at once", "workbook next")
    learner.press("\x1b")
    learner.sees("0 of 2 tasks")
    learner.press("w")
    learner.sees("this opens when the lesson has passed")


def test_the_list_is_searched_and_jumped_in(two_lessons, learner):
    """Start anywhere; nothing is locked."""
    learner.press("l")
    learner.sees("> ", "01_counting", "02_boxes", "(here)")
    learner.press("/boxes")
    learner.sees("/boxes_", "02_boxes", without=["01_counting  "])
    learner.press("\r")
    learner.sees("/boxes", "enter jump", without=["/boxes_"])
    learner.press("\r")

    learner.sees("what do you expect?", "lessons/02_boxes/exercise.py")


def test_all_lessons_are_checked_on_request(two_lessons, learner, save, finished):
    """One look at everything; who has broken something learns it."""
    save(finished)
    learner.sees("1 of 2 lessons")
    learner.press("c")

    learner.sees(
        "ok  01_counting              2 of 2 tasks", "02_boxes                 0 of 2 tasks"
    )


def test_reset_asks_and_keeps_the_file_beside(learner, save, home, finished):
    """A learner's work is never thrown away."""
    folder = home.lessons / "01_counting"
    starter = (folder / "exercise.py").read_text(encoding="utf-8")
    save("# mine\n" + finished)
    learner.sees("passed")

    learner.press("x")
    learner.sees("Bring the starter of 01_counting back?", "y yes")
    learner.press("n")
    learner.sees("passed", without=["y yes"])
    learner.press("x")
    learner.sees("y yes")
    learner.press("y")
    learner.sees("0 of 2 tasks", "is the starter again", "exercise.py.before-reset-1")

    assert (folder / "exercise.py").read_text(encoding="utf-8") == starter
    kept = folder / "exercise.py.before-reset-1"
    assert kept.read_text(encoding="utf-8") == "# mine\n" + finished


def test_an_editor_opens_at_the_line_and_its_save_counts(sit_down, home, finished, tmp_path):
    """`e` lends the terminal to the editor and takes it back."""
    text = tmp_path / "finished.py"
    text.write_text(finished, encoding="utf-8")
    editor = tmp_path / "nano"
    editor.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/called\ncp {text} "$2"\n')
    editor.chmod(0o755)
    person = sit_down(EDITOR=str(editor))
    person.sees("what do you expect?")
    person.press("\r")
    person.sees("0 of 2 tasks", "checked")
    person.press("e")

    person.sees("passed")
    called = (tmp_path / "called").read_text(encoding="utf-8")
    assert called == f"+6 {home.lessons / '01_counting' / 'exercise.py'}\n"


def test_without_an_editor_it_says_what_is_missing(learner):
    """Guessing an editor helps nobody who cannot leave it."""
    learner.press("e")

    learner.sees("no editor is known: set VISUAL or EDITOR")


def test_without_notifications_it_looks_and_says_so(sit_down, save, finished):
    """Network drives and containers tell nothing."""
    person = sit_down("watch", "--poll")
    person.sees("no notifications here", "what do you expect?")
    person.press("\r")
    person.sees("0 of 2 tasks", "checked")

    save(finished)
    person.sees("passed")


@pytest.mark.parametrize(
    "size", [(34, 10), *(pytest.param(s, marks=wide) for s in ((80, 24), (140, 50)))]
)
def test_progress_and_path_are_always_visible(sit_down, save, finished, size):
    """Whatever the window: how far, where, and which keys."""
    person = sit_down(size=size)
    person.sees("of 1 lessons")
    person.press("\r")
    save(finished.replace("sum(numbers)", "len(numbers)"))
    person.sees("of 1 lessons", "lessons/01_counting/exerci", "h hint", "q quit", "0 of 2 tasks")

    person.press("?")
    person.sees("of 1 lessons", "lessons/01_counting/exerci", "Save the file")


def test_another_size_is_drawn_anew(learner):
    """A window can be dragged."""
    learner.resize(120, 40)
    learner.press("?")

    learner.sees(
        "Save the file: its tests run at once. Nothing else moves you.",
        "quit; everything is stored already",
    )
    rule = next(row for row in learner.rows if row.startswith("──"))
    assert len(rule) == 120


def test_colours_can_be_switched_off(sit_down):
    """NO_COLOR is respected; every colour has a word beside it anyway."""
    person = sit_down(NO_COLOR="1")
    person.sees("what do you expect?")
    person.press("\r")
    person.sees("0 of 2 tasks", "->")

    assert "\x1b[3" not in person.raw
    assert "\x1b[2m" not in person.raw


def test_paths_are_links(learner, home):
    """A click opens the file in terminals that can do that."""
    assert f"{home.root}/lessons/01_counting/exercise.py\x1b\\" in learner.raw
