"""Asking and answering, line by line: on a terminal, in a pipe, in a screen reader."""

import textwrap
from collections.abc import Callable, Iterator, Sequence

from workbook.curriculum import Lesson
from workbook.home import command, shown
from workbook.quiz.questions import Question
from workbook.quiz.session import LETTERS, Answer, read

QUIT = "q"
Say = Callable[[str], None]
NAMES = {
    "session.": "`session` is a new Session on a SQLite file",
    "url": "`url` names a SQLite file",
    "statements()": "`statements()` counts each SELECT, INSERT, UPDATE and DELETE that was sent",
    "connections()": "`connections()` counts the connections that were opened",
    "seen_elsewhere(": "`seen_elsewhere()` asks another connection",
}
Listen = Callable[[str], str | None]  # takes the prompt; None: nobody will answer any more


def ask_all(
    questions: Sequence[Question],
    lessons: Sequence[Lesson],
    say: Say,
    listen: Listen,
    *,
    width: int = 80,
) -> Iterator[Answer]:
    """Ask one question after the other and yield each answer once it is explained.

    It ends early when somebody types `q`, or when the input ends.
    """
    if any(question.code for question in questions):
        for line in (*wrapped(legend(questions), width, ""), ""):
            say(line)
    for number, question in enumerate(questions, 1):
        for line in shown_question(question, f"{number} of {len(questions)}", width):
            say(line)
        given = _answer(question, say, listen)
        if given is None:
            return
        answer = Answer(question, given or None)
        for line in explanation(answer, lessons, width):
            say(line)
        yield answer


def legend(questions: Sequence[Question]) -> str:
    """Return what the names in their code mean, in one sentence for each."""
    code = "\n".join(question.code for question in questions)
    used = [meaning for name, meaning in NAMES.items() if name in code]
    return " ".join(["What does the last line give?", *(f"{meaning}." for meaning in used)])


def _answer(question: Question, say: Say, listen: Listen) -> str | None:
    """Return what was answered, "" for a skipped question, None for no more."""
    last = LETTERS[len(question.choices) - 1] if question.choices else ""
    expects = f"a-{last}" if last else "type it"
    while True:
        typed = listen(f"answer ({expects}, Enter skips, q ends): ")
        if typed is None or typed.strip().lower() == QUIT:
            return None
        given = read(question, typed)
        if given is not None:
            return given
        say(f"  {typed.strip()[:40]!r} is no answer: type a letter from a to {last}")


def shown_question(question: Question, place: str, width: int = 80) -> Iterator[str]:
    """Yield the lines of one question: where it belongs, what is stored, the code, the choices."""
    source = f", question {question.number} of the self-check" if question.number else ""
    yield f"{place}  {question.lesson}{source}"
    yield ""
    yield from wrapped(question.asks, width, "  ")
    if question.code:
        yield ""
        yield from wrapped(question.stored, width, "  ")
        yield ""
        yield from (f"    {line}".rstrip() for line in question.code.splitlines())
    if question.choices:
        yield ""
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        yield f"  {letter}  {choice}"
    yield ""


def explanation(answer: Answer, lessons: Sequence[Lesson], width: int = 80) -> Iterator[str]:
    """Yield whether it is right, why, and where it is explained."""
    question = answer.question
    verdict = "Right." if answer.right else "Skipped:" if answer.given is None else "No:"
    was = "" if answer.right else f" {_with_letter(question)}."
    yield ""
    yield from wrapped(f"{verdict}{was} {question.explains}", width, "  ")
    yield f"  read more: {pointer(question, lessons)}"
    yield ""


def _with_letter(question: Question) -> str:
    if not question.choices:
        return f"it is {question.answer}"
    letter = LETTERS[question.choices.index(question.answer)]
    return f"it is {letter}, {question.answer}"


def pointer(question: Question, lessons: Sequence[Lesson]) -> str:
    """Return the section that explains it, or the lesson that will."""
    for lesson in lessons:
        if lesson.slug == question.lesson:
            return f"{shown(lesson.folder / 'README.md')}#{question.section}"
    return f"lesson {question.lesson} (to come)"


def summary(answers: Sequence[Answer], left: int) -> Iterator[str]:
    """Yield what came of a quiz, and what happens next."""
    given = [answer for answer in answers if answer.given is not None]
    wrong = [answer for answer in given if not answer.right]
    yield f"{len(given) - len(wrong)} of {len(given)} right" + (
        f", {len(answers) - len(given)} skipped" if len(answers) > len(given) else ""
    )
    if wrong:
        are = "comes" if len(wrong) == 1 else "come"
        yield f"  {len(wrong)} {are} back in a later quiz"
    yield f"  in your own words: {command('quiz', '--recall')}"
    if left:
        yield f"  go on: {command('quiz')}"


def wrapped(text: str, width: int, indent: str) -> list[str]:
    """Return a text as lines that fit, each behind the indent."""
    return textwrap.wrap(text, max(width, 40), initial_indent=indent, subsequent_indent=indent)
