"""Who handed something in, read from the names that Canvas, Moodle and GitHub Classroom give.

A name is a claim of whoever chose it. A roster decides who belongs to the cohort.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workbook.grade import clean
from workbook.grade.submissions import Learner

# anderssonann_LATE_4711_90210_exercise.py: name, user, upload, the file's own name.
_CANVAS = re.compile(r"(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<ident>\d+)_\d+_(?P<file>.+)", re.DOTALL)
# Ann Andersson_4711_assignsubmission_file_: a folder, or followed by the file's own name.
_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<ident>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.DOTALL
)
_AGAIN = re.compile(r"-\d+(?=\.\w+$)")  # Canvas: exercise-1.py is the second attempt
_KEYS = ("learner", "github_username", "login", "username", "sis login id", "identifier", "email")
_IDENTS = ("id", "canvas id", "participant", "moodle id")
_NAMES = ("name", "full name", "student")
_LATE = ("late", "days late", "late days")
_NO = ("", "0", "no", "false")


class RosterError(Exception):
    """The roster cannot be used; the message names the line and the remedy."""


@dataclass(frozen=True)
class Named:
    """What a name says: who, the platform's number for that person, late or not, the file."""

    who: str
    ident: str = ""
    late: str = ""
    file: str = ""


@dataclass(frozen=True)
class Roster:
    """The people of a cohort. `aliases` are the names under which each may have handed in."""

    learners: tuple[Learner, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    late: tuple[tuple[str, str], ...] = ()

    def find(self, named: Named) -> str:
        """Return the key of the one person that a name can mean; nothing when there is none.

        The platform's number decides, then the name, then the end of a repository's name.
        """
        numbers = {one.key for one in self.learners if one.ident and one.ident == named.ident}
        who = key_of(named.who)
        names = {key for alias, key in self.aliases if alias in (who, _squeezed(who))}
        ends = [pair for pair in self.aliases if who.endswith(f"-{pair[0]}")]  # week-1-octocat
        longest = max((len(alias) for alias, _ in ends), default=0)
        found = numbers or names or {key for alias, key in ends if len(alias) == longest}
        return found.pop() if len(found) == 1 else ""


def key_of(name: str) -> str:
    """Return the name under which a learner is known: visible, composed, in lower case."""
    return clean.line(unicodedata.normalize("NFC", name), 80).casefold() or "?"


def read_name(name: str, folder: str = "") -> Named:
    """Return who handed in an entry of this name; `folder` is the name of what it lies in."""
    if match := _MOODLE.fullmatch(name):
        return Named(match["name"], match["ident"], file=match["file"])
    if match := _CANVAS.fullmatch(name):
        late = "yes" if match["late"] else ""
        return Named(match["name"], match["ident"], late, _AGAIN.sub("", match["file"]))
    assignment, _, rest = folder.rpartition("-submissions")
    if assignment and not rest and name.startswith(f"{assignment}-"):
        return Named(name.removeprefix(f"{assignment}-"))
    return Named(name)


def read_roster(path: Path) -> Roster:
    """Read a CSV with a header: learner (or login, github_username, email), name, email, id, late.

    Raises:
        RosterError: it is no such table, or names somebody twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RosterError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RosterError(f"{path} is not UTF-8; export it as CSV UTF-8") from None
    try:
        table = list(csv.reader(text.splitlines(), delimiter=delimiter_of(text)))
    except csv.Error as error:
        raise RosterError(f"{path} is no CSV: {error}") from None
    if not table:
        raise RosterError(f"{path} is empty; its first line names the columns")
    header = [clean.line(cell).casefold() for cell in table[0]]
    if not set(header) & set(_KEYS):
        raise RosterError(f"{path}: no column {', '.join(_KEYS[:-1])} or {_KEYS[-1]} in line 1")
    return _roster(path, header, table[1:])


def delimiter_of(text: str) -> str:
    """Return what separates the cells of the first line: a comma, a semicolon or a tab."""
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def matches(learner: Learner, named: Named) -> bool:
    """Say whether a name, an address or a platform's number means this person."""
    if named.ident and named.ident == learner.ident:
        return True
    if not named.who:
        return False
    names = {learner.key, key_of(learner.email), key_of(learner.name)} - {"?"}
    squeezed = {_squeezed(form) for form in _forms(learner.name)} - {""}
    return key_of(named.who) in names or _squeezed(named.who) in squeezed


def _roster(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Roster:
    learners: dict[str, Learner] = {}
    aliases: set[tuple[str, str]] = set()
    late: list[tuple[str, str]] = []
    for line, row in enumerate(rows, 2):
        cells = dict(zip(header, (clean.line(cell) for cell in row), strict=False))
        raw = _first(cells, _KEYS)
        if not raw:
            if any(cells.values()):
                raise RosterError(f"{path}, line {line}: nobody is named")
            continue
        key = key_of(raw)
        if key in learners:
            raise RosterError(f"{path}, line {line}: {key} stands there twice")
        name, ident = _first(cells, _NAMES), _first(cells, _IDENTS)
        learners[key] = Learner(key, name, cells.get("email", ""), ident)
        words = [cells.get(column, "") for column in _KEYS] + [name]
        aliases |= {(key_of(word), key) for word in words if word}
        aliases |= {(_squeezed(form), key) for form in _forms(name) if _squeezed(form)}
        if (days := _first(cells, _LATE).casefold()) not in _NO:
            late.append((key, days))
    return Roster(tuple(learners.values()), tuple(sorted(aliases)), tuple(late))


def _first(cells: dict[str, str], columns: Sequence[str]) -> str:
    return next((cells[column] for column in columns if cells.get(column)), "")


def _forms(name: str) -> list[str]:
    """Return a name as it is, and last name first: Canvas writes `anderssonann`."""
    first, _, last = name.rpartition(" ")
    return [name, f"{last}{first}"] if name else []


def _squeezed(name: str) -> str:
    return "".join(c for c in key_of(name) if c.isalnum())
