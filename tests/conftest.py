"""What all tests of the project share: which of them run by default, and the N+1 guard.

Never looks at a test of the tool: those show N+1 on purpose.
"""

from collections.abc import Generator

import pytest

GUARDED = {"contract", "integration", "e2e"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer --thorough."""
    parser.addoption("--thorough", action="store_true", help="run the tests marked thorough, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is marked thorough, unless it was asked for."""
    if config.getoption("--thorough"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail each test of the app that loads row by row, unless it says `shows_n_plus_one(why)`."""
    if item.path.parent.name not in GUARDED or item.get_closest_marker("shows_n_plus_one"):
        return (yield)
    from workbook.lens.nplusone import NPlusOne

    with NPlusOne() as watch:
        result = yield
    watch.check()
    return result
