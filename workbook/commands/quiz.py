"""`workbook quiz` and `workbook status --goals`: what you know, checked by yourself."""

import json
import shutil
import sys
from collections.abc import Sequence

import click

from workbook.commands.shared import Desk, open_desk
from workbook.curriculum import CurriculumError, Lesson
from workbook.home import command
from workbook.quiz.dialogue import Listen, Say, ask_all, summary
from workbook.quiz.goals import load_goals, render, standings
from workbook.quiz.questions import Question, load_questions
from workbook.quiz.recall import (
    Recall,
    open_questions,
    recall_all,
    remember_recall,
    still_open,
)
from workbook.quiz.session import COUNT, Answer, choose, is_due, remember

SOURCE = "source"


@click.command("quiz")
@click.argument("lesson", required=False, metavar="[LESSON]")
@click.option("--recall", is_flag=True, help="Answer in your own words; then compare.")
@click.option("--all", "every", is_flag=True, help="Ask everything, also what was right before.")
@click.option("--count", type=click.IntRange(1), help=f"How many questions. Default: {COUNT}.")
@click.option("--list", "as_list", is_flag=True, help="List the questions and ask none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; answers come from the input.")
def quiz_command(  # noqa: PLR0913 - each option is what somebody types
    lesson: str | None,
    *,
    recall: bool,
    every: bool,
    count: int | None,
    as_list: bool,
    as_json: bool,
) -> None:
    """Answer questions about real code: what will happen?

    Without LESSON: what you answered wrongly some time ago, then new questions of the lessons that
    you have reached. LESSON may be `source`: the twenty questions of the self-check. Answers
    can be piped in, one a line. Exit 0, 2 for wrong use. Example: workbook quiz 2
    """
    desk = open_desk()
    questions = _of(desk, _load(desk), lesson)
    if recall:
        _recall(desk, questions, lesson, every=every, count=count, as_list=as_list, as_json=as_json)
        return
    if lesson is not None and not questions:
        raise click.UsageError(f"{lesson} has no questions yet")
    if as_list:
        _list(desk, questions, as_json=as_json)
        return
    _quiz(desk, _chosen(desk, questions, lesson, every=every, count=count), as_json=as_json)


def _load(desk: Desk) -> list[Question]:
    try:
        return load_questions(desk.home, desk.lessons)
    except CurriculumError as error:
        raise click.UsageError(str(error)) from None


def _of(desk: Desk, questions: list[Question], word: str | None) -> list[Question]:
    """Return the questions that belong to what a person named; all of them without a word."""
    if word is None:
        return questions
    if word == SOURCE:
        return [question for question in questions if question.number]
    slug = desk.lesson(word).slug
    return [question for question in questions if question.lesson == slug]


def _chosen(
    desk: Desk, questions: list[Question], word: str | None, *, every: bool, count: int | None
) -> list[Question]:
    """Return what is asked now: a lesson whole, else what comes back and what is new."""
    if every or word is not None:
        return questions[:count]
    return choose(questions, desk.progress.quiz, _reached(desk), count=count or COUNT)


def _reached(desk: Desk) -> set[str]:
    return {*desk.progress.passed, desk.current.slug}


def _quiz(desk: Desk, questions: Sequence[Question], *, as_json: bool) -> None:
    say, listen = _voice(silent=as_json)
    if not _load(desk):
        say("There are no questions here: this folder is older than the quiz.")
    elif not questions:
        say("Nothing to ask: every question of the lessons that you have reached was right.")
        say(f"  once more: {command('quiz', '--all')}")
    answers: list[Answer] = []
    for answer in ask_all(questions, desk.lessons, say, listen, width=_width()):
        if not any(other.given is not None for other in answers) and answer.given is not None:
            desk.progress.quiz.sessions += 1
        answers.append(answer)
        remember(desk.progress.quiz, answer)
        desk.progress.save_quiz()
    if as_json:
        click.echo(json.dumps([_answer_data(answer) for answer in answers], indent=2))
    elif answers:
        left = len(choose(_load(desk), desk.progress.quiz, _reached(desk)))
        for line in summary(answers, left):
            click.echo(line)


def _answer_data(answer: Answer) -> dict[str, object]:
    return {**answer.question.to_data(), "given": answer.given, "right": answer.right}


def _list(desk: Desk, questions: Sequence[Question], *, as_json: bool) -> None:
    if as_json:
        rows = [q.to_data(answers=False) | {"state": _state(desk, q)} for q in questions]
        click.echo(json.dumps(rows, indent=2))
        return
    for question in questions:
        click.echo(f"{_state(desk, question):<6} {question.key:<38} {question.lesson}")


def _state(desk: Desk, question: Question) -> str:
    """`right`, `again` (it comes back), `wait` (it comes back later), or nothing: not asked yet."""
    state = desk.progress.quiz
    if question.key in state.right:
        return "right"
    if question.key in state.again:
        return "again" if is_due(question, state) else "wait"
    return ""


def _recall(  # noqa: PLR0913 - see quiz_command
    desk: Desk,
    questions: Sequence[Question],
    word: str | None,
    *,
    every: bool,
    count: int | None,
    as_list: bool,
    as_json: bool,
) -> None:
    recalls = open_questions(questions, _lessons_of(desk, word))
    state = desk.progress.quiz
    if as_list:
        _list_recalls(desk, recalls, as_json=as_json)
        return
    if word is None and not every:
        reached = _reached(desk)
        recalls = [recall for recall in recalls if recall.lesson in reached]
    chosen = recalls if every else still_open(recalls, state)
    say, listen = _voice(silent=as_json)
    if not chosen:
        say("Nothing to recall: you named every point of the lessons that you have reached.")
        say(f"  once more: {command('quiz', '--recall', '--all')}")
    done = []
    for recall, named in recall_all(chosen[: count or COUNT], say, listen, width=_width()):
        remember_recall(state, recall, named)
        desk.progress.save_quiz()
        done.append({**recall.to_data(), "named": named})
    if as_json:
        click.echo(json.dumps(done, indent=2))
    elif done:
        click.echo(f"  your goals: {command('status', '--goals')}")


def _lessons_of(desk: Desk, word: str | None) -> list[Lesson]:
    if word == SOURCE:
        return []
    return desk.lessons if word is None else [desk.lesson(word)]


def _list_recalls(desk: Desk, recalls: Sequence[Recall], *, as_json: bool) -> None:
    named = desk.progress.quiz.recalled
    if as_json:
        rows = [{**recall.to_data(), "named": named.get(recall.key, 0)} for recall in recalls]
        click.echo(json.dumps(rows, indent=2))
        return
    for recall in recalls:
        click.echo(f"{named.get(recall.key, 0)} of {len(recall.points)}  {recall.asks}")


def print_goals(*, as_json: bool) -> None:
    """Print each of the fifteen goals, and what reaches it."""
    desk = open_desk()
    try:
        goals = load_goals(desk.home.lessons)
    except CurriculumError as error:
        raise click.UsageError(str(error)) from None
    found = standings(goals, desk.lessons, _load(desk), desk.progress)
    if as_json:
        click.echo(json.dumps([standing.to_data() for standing in found], indent=2))
        return
    for line in render(found, _width()):
        click.echo(line)


def _width() -> int:
    return shutil.get_terminal_size().columns


def _voice(*, silent: bool) -> tuple[Say, Listen]:
    """Return how to say a line and how to hear one; silent, only the ear works."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")
    if silent:
        return (lambda _line: None), (lambda _prompt: _line_of_input())

    def listen(prompt: str) -> str | None:
        click.echo(prompt, nl=not sys.stdin.isatty())  # a pipe shows no typed Enter
        typed = _line_of_input()
        if typed is None and sys.stdin.isatty():
            click.echo("")  # nor does Ctrl-D
        return typed

    return click.echo, listen


def _line_of_input() -> str | None:
    """Return the next line; None when the input ends, or at Ctrl-C: both mean that it is enough."""
    try:
        return sys.stdin.readline() or None
    except KeyboardInterrupt:
        return None
