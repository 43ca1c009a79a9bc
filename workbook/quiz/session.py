"""One quiz: which questions are asked, what an answer changes. Never a measure of anybody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from workbook.progress import QuizState
from workbook.quiz.questions import Question, same

COMES_BACK_AFTER = 2  # quizzes: far enough to have forgotten the letter, near enough to learn
COUNT = 5  # questions in one quiz
LETTERS = "abcdefghij"


@dataclass(frozen=True)
class Answer:
    """What somebody answered, and whether that is what a run gives. None: it was skipped."""

    question: Question
    given: str | None

    @property
    def right(self) -> bool:
        """Whether it is what a run gives."""
        return self.given is not None and self.question.is_right(self.given)


def choose(
    questions: Sequence[Question],
    state: QuizState,
    reached: Collection[str],
    *,
    count: int = COUNT,
) -> list[Question]:
    """Return the questions of the next quiz: what comes back first, then what is new.

    Of the new ones, only those of lessons that are `reached`: passed, or at hand. When there is
    nothing else, what waits comes back early.
    """
    due = [q for q in questions if is_due(q, state)]
    known = {*state.right, *state.again}
    new = [q for q in questions if q.key not in known and q.lesson in reached]
    waiting = [q for q in questions if q.key in state.again]
    return ([*due, *new] or waiting)[:count]


def is_due(question: Question, state: QuizState) -> bool:
    """Say whether a question that was answered wrongly comes back in the next quiz."""
    return state.again.get(question.key, state.sessions + 2) <= state.sessions + 1


def remember(state: QuizState, answer: Answer) -> None:
    """Note an answer; a skipped question leaves no trace."""
    key = answer.question.key
    if answer.given is None:
        return
    state.again.pop(key, None)
    state.right = [other for other in state.right if other != key]
    if answer.right:
        state.right.append(key)
    else:
        state.again[key] = state.sessions + COMES_BACK_AFTER


def read(question: Question, typed: str) -> str | None:
    """Return the answer that a person means by `b`, or by the text of a choice; "" skips.

    None: it is neither, and can be asked again.
    """
    typed = typed.strip()
    if not question.choices or not typed:
        return typed
    letters = LETTERS[: len(question.choices)]
    if typed.lower() in letters and len(typed) == 1:
        return question.choices[letters.index(typed.lower())]
    meant = [choice for choice in question.choices if same(choice, typed)]
    return meant[0] if meant else None
