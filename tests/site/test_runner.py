"""A lesson in the page: the same verdicts as in the terminal, and an editor that loses nothing."""

from pathlib import Path

import pytest

from workbook.curriculum import load_lessons
from workbook.derive import solution, starter, with_piece
from workbook.home import find_home
from workbook.variants import Variant, run_variants

pytestmark = pytest.mark.xdist_group("site")
HOME = find_home(Path(__file__))
LESSONS = {lesson.slug: lesson for lesson in load_lessons(HOME.lessons)}
RUNNABLE = [slug for slug, lesson in LESSONS.items() if lesson.browser]
MINUTES_MS = 180_000
REPOSITORY = "02_repository"
LOOP = "while True:\n    pass\n"
ASK = """([script, order]) => new Promise((resolve, reject) => {
    window.python ??= new Worker(script, { type: "module" });
    window.python.onmessage = ({ data }) => {
        if (data.failed) reject(new Error(data.failed));
        if (data.reply) resolve(data.reply);
    };
    window.python.postMessage({ id: 1, order });
})"""


def wrong(lesson, misconception):
    """Return the files of somebody with a wrong idea."""
    name = f"{misconception.slug.replace('-', '_')}.py"
    piece = (lesson.folder / "misconceptions" / name).read_text(encoding="utf-8")
    return with_piece(solution(lesson, HOME), piece)


class Desk:
    """The runner of a lesson, as a reader uses it."""

    def __init__(self, visit, slug=REPOSITORY):
        self.visit = visit
        self.page = visit.to(f"lessons/{slug}/")
        self.ready()

    def ready(self):
        """Wait for the editor."""
        self.page.wait_for_selector("workbook-runner[data-ready]")

    def write(self, text):
        """Put a text into the editor, as a reader pastes it."""
        editor = self.page.locator("workbook-runner .cm-content").first
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def text(self):
        """Return what the runner would run."""
        return self.page.evaluate("document.querySelector('workbook-runner').files[0].text")

    def run(self):
        """Run the tests and return what the page answers."""
        self.page.evaluate("document.querySelector('.answer').replaceChildren()")
        self.page.click("workbook-runner button.main")
        self.page.wait_for_selector("workbook-runner .score", timeout=MINUTES_MS)
        return self.page.inner_text("workbook-runner .answer")

    def status(self, text):
        """Wait until the status says so."""
        place = self.page.locator("workbook-runner .status", has_text=text)
        place.wait_for(timeout=MINUTES_MS)


def test_a_lesson_is_learned_in_the_page(visit):
    """Red with a reason, an answer to a mistake, Stop, a film, green: all of a reader's way."""
    lesson = LESSONS[REPOSITORY]
    mistake = lesson.misconceptions[0]
    desk = Desk(visit)
    before = list(visit.asked)

    red = desk.run()
    desk.write(wrong(lesson, mistake)["exercise.py"])
    answered = desk.run()
    desk.page.click(".card.bad >> text=Watch this test")
    desk.page.wait_for_selector("uow-film.uf-live", timeout=MINUTES_MS)
    desk.write(LOOP)
    desk.page.keyboard.press("Control+Enter")
    desk.status("Running")
    desk.page.click("button:text-is('Stop')")
    desk.status("Stopped")
    desk.write(solution(lesson, HOME)["exercise.py"])
    green = desk.run()

    assert not [name for name in before if "pyodide" in name or "python.zip" in name]
    assert "a second connection sees [('CASE-001',)] before anybody called commit()" in red
    assert mistake.says in answered
    assert f"{len(lesson.tasks)} of {len(lesson.tasks)} tasks" in green
    assert visit.wrong == []


def test_a_reload_keeps_what_was_written(visit):
    """Whoever closes the window by mistake has lost nothing; Reset and Undo lose nothing either."""
    desk = Desk(visit)
    given = desk.text()

    desk.write("mine = 1\n")
    desk.page.reload()
    desk.ready()
    kept = desk.text()
    desk.page.click(".tools >> text=Reset")
    reset = desk.text()
    desk.page.click(".tools >> text=Undo")

    assert kept == "mine = 1\n"
    assert reset == given == starter(LESSONS[REPOSITORY], HOME)["exercise.py"]
    assert desk.text() == kept
    assert visit.wrong == []


def test_a_file_comes_and_goes(visit, tmp_path):
    """What was begun here is finished in a clone, and the other way round."""
    desk = Desk(visit)
    upload = desk.page.locator("workbook-runner input[type=file]")
    mine, other = tmp_path / "mine.py", tmp_path / "other.bin"
    mine.write_text('late = "später"\n', encoding="utf-8")
    other.write_bytes(b"\xff\xfe\x00")

    upload.set_input_files(mine)
    desk.status("mine.py is in the editor now")
    upload.set_input_files(other)
    desk.status("other.bin is no Python file of a lesson")
    with desk.page.expect_download() as download:
        desk.page.click(".tools >> text=Download")

    assert download.value.suggested_filename == "exercise.py"
    assert Path(download.value.path()).read_text("utf-8") == 'late = "später"\n'


def test_two_lessons_in_two_tabs_do_not_meet(browser, address):
    """Somebody who compares two lessons must find both as they were left."""
    from tests.site.conftest import Visit

    context = browser.new_context()
    first = Desk(Visit(context.new_page(), address), REPOSITORY)
    second = Desk(Visit(context.new_page(), address), "05_n_plus_one")

    first.write("first = 1\n")
    second.write("second = 2\n")
    for desk in (first, second):
        desk.page.reload()
        desk.ready()

    assert (first.text(), second.text()) == ("first = 1\n", "second = 2\n")
    context.close()


def test_going_from_lesson_to_lesson_keeps_the_runner_working(visit):
    """The theme swaps pages without loading them: each runner must start and end with its own."""
    desk = Desk(visit, "00_first_session")
    desk.page.click(".md-footer__link--next")
    desk.page.wait_for_url("**/lessons/01_models/")
    desk.ready()

    assert desk.page.locator("workbook-runner").count() == 1
    assert "class CaseRecord" in desk.text()
    assert visit.wrong == []


def test_without_javascript_a_lesson_can_be_read(browser, address):
    """Text first: starter, tests and hints are there, and how to run it elsewhere."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}lessons/{REPOSITORY}/")

    text = page.inner_text("main")
    assert "class SqlAlchemyCaseRepository" in text
    assert "python3 run.py check 2" in text
    context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("slug", RUNNABLE)
def test_the_page_gives_the_verdicts_of_the_terminal(browser, address, slug):
    """Promise 8: starter, solution and every misconception, in both places."""
    lesson = LESSONS[slug]
    files = {"starter": starter(lesson, HOME), "solution": solution(lesson, HOME)}
    files |= {m.slug: wrong(lesson, m) for m in lesson.misconceptions}
    here = run_variants(lesson, [Variant(name, texts) for name, texts in files.items()])
    page = browser.new_page()
    page.goto(address)
    page.set_default_timeout(MINUTES_MS)
    script = f"{address}assets/workbook/worker.js"

    there = {}
    for name, texts in files.items():
        order = {"kind": "run", "lesson": slug, "files": dict(texts)}
        there[name] = page.evaluate(ASK, [script, order])["verdict"]
    page.close()

    for name, verdict in here.items():
        assert seen(there[name]) == seen(verdict.to_data()), name


def seen(verdict):
    """Return what a learner would be told, without times and places."""
    tests = [*verdict["guards"], *(test for task in verdict["tasks"] for test in task["tests"])]
    return {
        test["name"]: (
            test["outcome"],
            test["reason"],
            test["recognised"] and test["recognised"]["slug"],
            test["recognised"] and test["recognised"]["evidence"],
        )
        for test in tests
    }
