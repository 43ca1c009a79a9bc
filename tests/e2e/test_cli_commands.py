"""Each command from the outside, on real databases."""

import getpass
import json

import click
import pytest
from click.testing import CliRunner

from case_tracker.entrypoints.cli import main


@pytest.fixture
def case_tracker(database_url):
    """Runs a command on a database of its own."""

    def run(*words, **options):
        return CliRunner().invoke(main, ["--database", database_url, *words], **options)

    return run


@pytest.fixture
def late(case_tracker):
    """The same, with CASE-001 open at version 1."""
    case_tracker("open", "CASE-001", "Late report")
    return case_tracker


def every_command(group=main, path=()):
    """Return all commands, those of groups too."""
    for name, command in group.commands.items():
        yield pytest.param((*path, name), command, id=" ".join((*path, name)))
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


@pytest.mark.parametrize(("path", "command"), list(every_command()))
def test_every_command_and_option_has_help(path, command):
    """--help is the manual: one example to copy, and a line for each option."""
    shown = " ".join(CliRunner().invoke(main, [*path, "--help"]).output.split())

    group = path[:1] if isinstance(command, click.Group) else path
    assert f"Example: case-tracker {' '.join(group)}" in shown
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert all(option.help for option in options)


def test_the_exit_codes_are_documented():
    """A script looks at nothing else."""
    shown = " ".join(CliRunner().invoke(main, ["--help"]).output.split())

    assert "Exit 0 when it is done, 1 when it is refused, 2 for wrong use." in shown


def test_the_life_of_a_case(late):
    """Each change prints the version that the next one may expect."""
    assert (
        late("rename", "CASE-001", "Very late").output == "CASE-001 DRAFT Very late (version 2)\n"
    )
    note = late("note", "CASE-001", "called", "--actor", "ann")
    assert note.output == "CASE-001 DRAFT Very late (version 3)\n"
    moved = late("transition", "CASE-001", "SUBMITTED", "--actor", "ann")
    assert moved.output == "CASE-001 SUBMITTED Very late (version 4)\n"

    assert late("history", "CASE-001").output.endswith(
        " ann case_transitioned from=DRAFT to=SUBMITTED\n"
    )
    assert late("delete", "CASE-001", "--actor", "ann").output == "CASE-001 deleted\n"
    assert late("show", "CASE-001").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ("rename", "CASE-001", "new title"),
        ("note", "CASE-001", "a note"),
        ("transition", "CASE-001", "SUBMITTED"),
        ("delete", "CASE-001"),
    ],
    ids=["rename", "note", "transition", "delete"],
)
def test_a_stale_person_is_refused(late, words):
    """What somebody else wrote in between is read before it is overwritten."""
    late("note", "CASE-001", "somebody was faster")

    stale = late(*words, "--expected-version", "1")
    fresh = late(*words, "--expected-version", "2")

    assert (stale.exit_code, fresh.exit_code) == (1, 0)
    assert stale.output.endswith("read it again: case-tracker show CASE-001\n")


def test_the_login_name_is_the_actor(late, monkeypatch):
    """Nobody has to introduce themselves to their own machine."""
    monkeypatch.setenv("LOGNAME", "carol")

    late("transition", "CASE-001", "SUBMITTED")

    (event,) = json.loads(late("history", "CASE-001", "--json").output)
    assert event["actor"] == getpass.getuser() == "carol"


@pytest.mark.parametrize(
    "words",
    [
        ("open", "CASE-002", "Lost report"),
        ("rename", "CASE-001", "new title"),
        ("note", "CASE-001", "a note"),
        ("transition", "CASE-001", "SUBMITTED"),
    ],
    ids=lambda words: words[0],
)
def test_a_program_reads_what_it_has_changed(late, words):
    """It needs no second command for the version that it may expect next."""
    changed = json.loads(late(*words, "--json").output)

    assert changed == json.loads(late("show", words[1], "--json").output)


def test_programs_read_json(late):
    """What is printed for people may change its words; this may not."""
    late("open", "CASE-002", "Lost report", "--reference", "INV-17")
    late("note", "CASE-002", "gefunden: Büro 3")

    shown = json.loads(late("show", "CASE-002", "--json").output)
    listed = json.loads(late("list", "--limit", "1", "--json").output)
    rest = json.loads(late("list", "--after", listed["next_after"], "--json").output)

    assert (shown["version"], shown["reference"]) == (2, "INV-17")
    assert [case["id"] for case in listed["cases"]] == ["CASE-001"]
    assert rest == {"cases": [shown], "total": 2, "next_after": None}


def test_list_says_how_to_turn_the_page(late):
    """The last line is the next command."""
    late("open", "CASE-002", "Lost report")

    first = late("list", "--limit", "1").output
    second = late("list", "--limit", "1", "--after", "CASE-001").output

    assert first == "CASE-001 DRAFT Late report (version 1)\n1 of 2\nmore: --after CASE-001\n"
    assert second == "CASE-002 DRAFT Lost report (version 1)\n1 of 2\n"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (("show", "CASE-404"), "see: case-tracker list"),
        (("open", "CASE-001", "again"), "choose another id"),
        (("open", "CASE-002", "x", "--reference", "INV-17"), "case-tracker list --json"),
        (("transition", "CASE-001", "CLOSED"), "from DRAFT it goes to: SUBMITTED"),
    ],
)
def test_a_refusal_says_what_to_do(late, words, remedy):
    """The next command stands in the message."""
    late("open", "CASE-017", "taken", "--reference", "INV-17")

    result = late(*words)

    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    assert remedy in result.output


def test_wrong_use_exits_with_2(late):
    """A script can tell its own mistake from a refusal."""
    assert late("transition", "CASE-001", "NOWHERE").exit_code == 2
    assert late("note", "CASE-001", "x", "--expected-version", "0").exit_code == 2


GOOD = '{"id": "CASE-008", "title": "a", "reference": "INV-8", "notes": ["one", "two"]}'


def test_an_import_reads_json_lines(case_tracker):
    """Empty lines are no cases."""
    lines = f'{GOOD}\n\n{{"id": "CASE-009", "title": "b", "status": "CLOSED"}}\n'

    assert case_tracker("import", "-", input=lines).output == "2 cases imported\n"

    shown = json.loads(case_tracker("show", "CASE-008", "--json").output)
    assert [note["text"] for note in shown["notes"]] == ["one", "two"]
    assert (
        case_tracker("list", "--status", "CLOSED").output
        == "CASE-009 CLOSED b (version 1)\n1 of 1\n"
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: Invalid JSON"),
        ("[]", "line 2: "),
        ('{"id": "CASE-009"}', "line 2: title: Field required"),
        ('{"id": "a b", "title": "x"}', "line 2: case id has 1 to 40"),
        ('{"id": "CASE-009", "title": "x", "colour": "red"}', "line 2: colour: "),
        ('{"id": "CASE-008", "title": "x"}', "line 2: id 'CASE-008' stands in line 1 already"),
        (
            '{"id": "CASE-9", "title": "x", "reference": "INV-8"}',
            "line 2: reference 'INV-8' stands",
        ),
        ('{"id": "CASE-001", "title": "x"}', "line 2: id 'CASE-001': "),
        ('{"id": "CASE-9", "title": "x", "reference": "INV-17"}', "line 2: reference 'INV-17': "),
        ('{"id": "CASE-000", "title": "x"}', "an id belongs to a deleted case"),
    ],
)
def test_one_wrong_line_stores_nothing(late, line, message):
    """Who repairs the line imports the same file again."""
    late("open", "CASE-017", "taken", "--reference", "INV-17")
    late("open", "CASE-000", "gone")
    late("delete", "CASE-000")

    result = late("import", "-", input=f"{GOOD}\n{line}\n")

    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    assert message in result.output
    assert result.output.endswith("nothing was stored\n")
    assert late("show", "CASE-008").exit_code == 1


def test_an_import_can_keep_the_good_lines(late):
    """Each bad line is named; the good ones are stored, and the exit code tells of the others."""
    wrong = ["{", *(f'{{"id": "CASE-00{n}", "title": "again"}}' for n in (1, 8))]
    lines = [GOOD, *wrong, '{"id": "CASE-009", "title": "x"}']

    result = late("import", "-", "--keep-good", "--actor", "ben", input="\n".join(lines))

    assert result.exit_code == 1
    assert result.stdout == "2 cases imported, 3 lines refused\n"
    told = result.stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == ["line 2", "line 3", "line 4"]
    assert told[1:] == [
        "line 3: id 'CASE-001': a case with this id exists already",
        "line 4: id 'CASE-008': a case with this id exists already",
    ]
    assert late("show", "CASE-009").exit_code == 0
    assert "ben import_refused refused_id=CASE-001" in late("history", "CASE-001").output


def test_an_import_of_good_lines_exits_with_0(late):
    """A script looks at the exit code first."""
    result = late("import", "-", "--keep-good", "--actor", "ben", input=GOOD)

    assert (result.exit_code, result.output) == (0, "1 cases imported, 0 lines refused\n")


def test_a_name_without_keep_good_is_refused(late):
    """An option that is taken and ignored is believed."""
    result = late("import", "-", "--actor", "ben", input=GOOD)

    assert (result.exit_code, "--keep-good" in result.output) == (2, True)
    assert late("show", "CASE-008").exit_code == 1


def test_cases_are_found_by_a_part_of_the_title(late):
    """What is typed is looked for as it is."""
    late("note", "CASE-001", "called")
    late("open", "CASE-002", "it's LATE")

    lines = late("find", "late", "--sort", "notes").output.splitlines()

    assert [words.split(" (")[0] for words in lines] == [
        "CASE-001 DRAFT Late report",
        "CASE-002 DRAFT it's LATE",
    ]
    assert ", last 20" in lines[0]
    assert lines[1].endswith("(notes 0)")
    assert late("find", "' OR '1'='1").output == ""
    assert late("find", "x", "--sort", "deleted_at").exit_code == 2


def test_stale_cases_are_listed(late):
    """Nobody has written about it: 0 days are enough to see that."""
    late("open", "CASE-002", "new")
    late("note", "CASE-002", "called")

    assert late("stale", "--days", "1").output == "CASE-001 DRAFT Late report (version 1)\n"
