"""Errors of a learner's code in plain words."""

from types import SimpleNamespace

import pytest

from workbook.plain import InPlainWords


def raising(error):
    """Return a learner's module with one function, which raises."""

    def get():
        raise error

    return SimpleNamespace(get=get, ANSWER={"a": 1}, Class=dict)


def test_a_known_error_is_said_in_plain_words():
    """A learner reads what to do; the cause still leads to the line."""
    cause = LookupError("no such key")
    learner = InPlainWords(
        raising(cause), {"LookupError: no such": "first the class, then the key"}
    )

    with pytest.raises(AssertionError, match=r"^get\(\): first the class, then the key$") as raised:
        learner.get()

    assert raised.value.__cause__ is cause


def test_the_first_words_that_fit_count():
    """The special case stands before the general one."""
    learner = InPlainWords(raising(KeyError("id")), {"'id'": "special", "KeyError": "general"})

    with pytest.raises(AssertionError, match="special"):
        learner.get()


def test_an_unknown_error_comes_out_as_it_is():
    """Nothing is hidden; a TODO stays a TODO."""
    learner = InPlainWords(raising(NotImplementedError("TODO 2.2")), {"LookupError": "never"})

    with pytest.raises(NotImplementedError, match=r"TODO 2\.2"):
        learner.get()


def test_what_is_no_function_stays_what_it_is():
    """Classes and predictions are not wrapped, and what is missing is missing."""
    module = raising(KeyError("id"))
    learner = InPlainWords(module, {})

    assert learner.ANSWER is module.ANSWER
    assert learner.Class is dict
    with pytest.raises(AttributeError) as raised:
        learner.nothing()
    assert raised.value.obj is module
