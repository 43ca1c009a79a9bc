"""What a learner's code raises, said in plain words. Never hides an error it has no words for."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any


class InPlainWords:
    """Stands before a learner's module or object and calls its functions.

    `words` says what an error means, by a part of the text `NameOfTheError: its message`; the first
    part that fits counts. The error becomes an AssertionError with these words, its cause is kept.
    """

    def __init__(self, owner: object, words: Mapping[str, str]) -> None:
        self._owner = owner
        self._words = words

    def __getattr__(self, name: str) -> Any:
        """Return what the owner has under this name: a function translated, the rest as it is."""
        found = getattr(self._owner, name)
        if isinstance(found, type) or not callable(found):
            return found
        return self._translated(found, name)

    def _translated(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            try:
                return function(*arguments, **options)
            except Exception as error:
                words = plain_words(error, self._words)
                if words is None:
                    raise
                raise AssertionError(f"{name}(): {words}") from error

        return call


def plain_words(error: Exception, words: Mapping[str, str]) -> str | None:
    """Return what an error means; None when there are no words for it."""
    if type(error).__name__ == "IntegrityError":
        return f"the database refused it: {getattr(error, 'orig', error)}"
    text = f"{type(error).__name__}: {error}"
    return next((said for part, said in words.items() if part in text), None)
