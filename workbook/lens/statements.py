"""The one place that says what a line of SQL is: its kind, its tables, its short form.

Never parses SQL fully and never talks to a database: it reads the words outside of quotes.

Known limits, all of them deliberate:

- Several statements in one string count as the first one.
- `WITH` counts as the verb behind its table expressions: `WITH x AS (DELETE ...) SELECT ...`, which
  PostgreSQL knows, is a SELECT.
- REPLACE counts as INSERT, MERGE as UPDATE, VALUES and TABLE as SELECT; COPY and CALL are OTHER.
- `tables` knows FROM, JOIN, INTO and UPDATE; a table behind USING is left out.
- Backslash escapes are understood in `E'...'` only, comments do not nest.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Kind(StrEnum):
    """What a line of SQL does; the value is the word a learner reads."""

    SELECT = "SELECT"
    INSERT = "INSERT"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    DDL = "DDL"
    BEGIN = "BEGIN"
    SAVEPOINT = "SAVEPOINT"
    RELEASE = "RELEASE"
    ROLLBACK_TO = "ROLLBACK TO"
    COMMIT = "COMMIT"
    ROLLBACK = "ROLLBACK"
    OTHER = "OTHER"


STATEMENTS = frozenset({Kind.SELECT, Kind.INSERT, Kind.UPDATE, Kind.DELETE})

_VERBS = {
    "SELECT": Kind.SELECT,
    "VALUES": Kind.SELECT,
    "TABLE": Kind.SELECT,
    "INSERT": Kind.INSERT,
    "REPLACE": Kind.INSERT,
    "UPDATE": Kind.UPDATE,
    "MERGE": Kind.UPDATE,
    "DELETE": Kind.DELETE,
}
_KINDS = _VERBS | {
    "CREATE": Kind.DDL,
    "ALTER": Kind.DDL,
    "DROP": Kind.DDL,
    "TRUNCATE": Kind.DDL,
    "REINDEX": Kind.DDL,
    "BEGIN": Kind.BEGIN,
    "START": Kind.BEGIN,
    "SAVEPOINT": Kind.SAVEPOINT,
    "RELEASE": Kind.RELEASE,
    "COMMIT": Kind.COMMIT,
    "END": Kind.COMMIT,
    "ROLLBACK": Kind.ROLLBACK,
    "ABORT": Kind.ROLLBACK,
}
_CACHED = 2048  # distinct texts; SQLAlchemy sends the same few again and again


def is_statement(kind: Kind) -> bool:
    """Tell whether a budget counts this kind: SELECT and DML, nothing else."""
    return kind in STATEMENTS


@lru_cache(_CACHED)
def classify(sql: str) -> Kind:
    """Return what this text does, judged by its verb; OTHER for PRAGMA, SET, SHOW and EXPLAIN."""
    tokens = (token for token in _tokens(sql) if token.text not in {"(", ";"})
    verb = next(tokens, _NOTHING).word
    if verb == "WITH":
        return _verb_behind_with(sql)
    if verb == "ROLLBACK" and any(token.word == "TO" for token in tokens):
        return Kind.ROLLBACK_TO
    return _KINDS.get(verb, Kind.OTHER)


def _verb_behind_with(sql: str) -> Kind:
    before = ""
    for token in _tokens(sql):
        # A table expression may be named like a verb: it stands behind WITH, RECURSIVE or a comma.
        if token.depth == 0 and token.word in _VERBS and before not in {"WITH", "RECURSIVE", ","}:
            return _VERBS[token.word]
        before = token.word or token.text
    return Kind.OTHER


@lru_cache(_CACHED)
def tables(sql: str) -> tuple[str, ...]:
    """Return the tables behind FROM, JOIN, INTO and UPDATE, each once, as they appear.

    Names of the statement's own table expressions (WITH) and of functions are no tables.
    """
    tokens = list(_tokens(sql))
    own = _table_expressions(tokens)
    found = dict.fromkeys(
        name for place in _table_places(tokens) for name in _names_at(tokens, *place)
    )
    return tuple(name for name in found if name not in own)


class Token(NamedTuple):
    """A word, quoted name, literal or mark; `word` is upper case, and empty unless bare."""

    text: str
    word: str
    name: str
    depth: int
    start: int


_NOTHING = Token("", "", "", 0, 0)
_TOKEN = re.compile(
    r"""
    (?P<blank>\s+ | --[^\n]* | /\*.*?\*/)
    | (?P<literal>[eE]'(?:''|\\.|[^'\\])*' | '(?:''|[^'])*'
      | (?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag) | \d[\w.]*)
    | (?P<quoted>"(?:""|[^"])*" | `(?:``|[^`])*` | \[[^\]]*\])
    | (?P<word>[^\W\d][\w$]*)
    | (?P<mark>.)
    """,
    re.DOTALL | re.VERBOSE,
)


def _tokens(sql: str) -> Iterator[Token]:
    depth = 0
    for match in _TOKEN.finditer(sql):
        group, text = match.lastgroup, match.group()
        if group == "blank":
            continue
        depth -= text == ")"
        word = text.upper() if group == "word" else ""
        name = text if word else _unquoted(text) if group == "quoted" else ""
        yield Token(text, word, name, depth, match.start())
        depth += text == "("


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[-1] * 2, text[-1])


_NOT_A_SOURCE = {"EXTRACT", "SUBSTRING", "TRIM", "OVERLAY"}  # EXTRACT(year FROM opened_at)


def _table_places(tokens: list[Token]) -> Iterator[tuple[int, str]]:
    """Yield where a table name may start, with the word that announces it."""
    opened_by: dict[int, str] = {}
    before = ""
    for place, token in enumerate(tokens):
        if token.text == "(":
            opened_by[token.depth + 1] = before
        elif token.word == "FROM":
            # `IS DISTINCT FROM x` compares; `SELECT DISTINCT FROM` does not exist.
            if before != "DISTINCT" and opened_by.get(token.depth) not in _NOT_A_SOURCE:
                yield place + 1, token.word
        elif token.word in {"JOIN", "INTO"} or (
            # Not FOR UPDATE, ON UPDATE, DO UPDATE SET: there it is no verb.
            token.word == "UPDATE" and before in {"", "(", ")", ";"}
        ):
            yield place + 1, token.word
        before = token.word or token.text


def _names_at(tokens: list[Token], place: int, announced_by: str) -> Iterator[str]:
    """Yield the table that starts here, and those behind a comma: FROM cases AS c, notes."""
    while True:
        name, place = _name_at(tokens, _skip_modifiers(tokens, place))
        called = announced_by in {"FROM", "JOIN"} and _at(tokens, place).text == "("
        if not name or called:
            return
        yield name
        place += _at(tokens, place).word == "AS"
        place += bool(_at(tokens, place).name) and _at(tokens, place + 1).text == ","
        if announced_by != "FROM" or _at(tokens, place).text != ",":
            return
        place += 1


def _skip_modifiers(tokens: list[Token], place: int) -> int:
    while _at(tokens, place).word in {"ONLY", "LATERAL", "OR"}:
        place += 2 if tokens[place].word == "OR" else 1  # UPDATE OR IGNORE cases
    return place


def _name_at(tokens: list[Token], place: int) -> tuple[str, int]:
    parts = []
    while name := _at(tokens, place).name:
        parts.append(name)
        if _at(tokens, place + 1).text != ".":
            return ".".join(parts), place + 1
        place += 2
    return "", place


def _at(tokens: list[Token], place: int) -> Token:
    return tokens[place] if place < len(tokens) else _NOTHING


def _table_expressions(tokens: list[Token]) -> set[str]:
    if _at(tokens, 0).word != "WITH":
        return set()
    behind = {"WITH", "RECURSIVE", ","}
    return {
        token.name
        for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False)
        if token.depth == 0
        and (before.word or before.text) in behind
        and (after.word == "AS" or after.text == "(")
    }


def begin_mode(sql: str) -> str:
    """Return what follows BEGIN or START TRANSACTION: `IMMEDIATE`, `READ ONLY`, or nothing."""
    noise = {"BEGIN", "START", "TRANSACTION", "WORK", ""}
    return " ".join(token.word for token in _tokens(sql) if token.word not in noise)


def savepoint_name(sql: str) -> str:
    """Return the name in SAVEPOINT x, RELEASE [SAVEPOINT] x, ROLLBACK TO [SAVEPOINT] x."""
    return next((token.name for token in reversed(list(_tokens(sql))) if token.name), "")


@lru_cache(_CACHED)
def brief(sql: str) -> str:
    """Return the text on one line, a SELECT without columns: `SELECT … FROM cases WHERE …`."""
    line = " ".join(sql.split())
    if classify(sql) is not Kind.SELECT:
        return line
    tokens = [token for token in _tokens(line) if token.depth == 0]
    start = next((token for token in tokens if token.word == "SELECT"), None)
    end = next((token for token in tokens if token.word == "FROM"), None)
    if start is None or end is None:
        return line
    return f"{line[: start.start]}SELECT … {line[end.start :]}"
