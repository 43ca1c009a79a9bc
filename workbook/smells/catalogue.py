"""The fifteen smells as data, for the terminal and the site. Never reads a project.

Each `rules/NN_slug.toml` holds one smell: why it hurts, before and after, what a person looks for,
and the rules that find it. A rule is one of ast-grep's, with examples that it must and must not
find. `{{session}}` in a regex is a word of `rules/words.toml`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "rules"


@dataclass(frozen=True)
class Rule:
    """One way to find a smell.

    `words` are parts of the text without which nothing is searched: most files are done at once.
    `only` and `skip` are regular expressions on the path, `without` on the text. `check` names a
    function of `checks` that has the last word. `scope` says where SQLAlchemy must be imported: in
    the same `file`, or anywhere in the `project`. `once` is a kind of node that gets one finding
    at most.
    """

    find: Mapping[str, Any]
    constraints: Mapping[str, Any]
    utils: Mapping[str, Any]
    invalid: tuple[str, ...]
    valid: tuple[str, ...]
    words: tuple[str, ...]
    path: str = "app/example.py"
    only: str = ""
    skip: str = ""
    without: str = ""
    scope: str = "file"
    tests: bool = False
    once: str = ""
    check: str = ""
    says: str = ""


@dataclass(frozen=True)
class Smell:
    """One of the fifteen."""

    number: int
    slug: str
    name: str
    why: str
    lesson: str
    look: str
    before: str
    after: str
    project_check: str = ""  # the name of a check of the whole project, where no line is enough
    rules: tuple[Rule, ...] = field(default=())

    def to_data(self) -> dict[str, Any]:
        """Return what a page or a program shows of it: everything but the rules."""
        shown = ("number", "slug", "name", "why", "lesson", "look", "before", "after")
        return {name: getattr(self, name) for name in shown}


@cache
def smells() -> tuple[Smell, ...]:
    """Return the fifteen smells in their order."""
    return tuple(_smell(path) for path in sorted(FOLDER.glob("[0-9]*.toml")))


@cache
def words() -> dict[str, str]:
    """Return the words that rules share: what a Session is usually called, and so on."""
    text = (FOLDER / "words.toml").read_text(encoding="utf-8")
    return dict(tomllib.loads(text))


def _smell(path: Path) -> Smell:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    rules = tuple(_rule(table) for table in data.pop("rule", []))
    texts = {
        key: value.strip("\n") if isinstance(value, str) else value for key, value in data.items()
    }
    return Smell(
        slug=path.stem[3:].replace("_", "-"), number=int(path.stem[:2]), rules=rules, **texts
    )


def _rule(table: dict[str, Any]) -> Rule:
    filled = _filled(table)
    return Rule(
        **{
            **filled,
            "constraints": filled.get("constraints", {}),
            "utils": filled.get("utils", {}),
            "invalid": tuple(filled["invalid"]),
            "valid": tuple(filled["valid"]),
            "words": tuple(filled["words"]),
        }
    )


def _filled(value: Any) -> Any:
    """Return the value with every `{{word}}` in place."""
    if isinstance(value, str):
        for name, text in words().items():
            value = value.replace("{{" + name + "}}", text)
        return value
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items()}
    return [_filled(inner) for inner in value] if isinstance(value, list) else value
