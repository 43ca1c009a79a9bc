"""Text of a submission reaches terminal, table and page without doing anything there."""

import csv
import io
import json

import pytest

from workbook.grade import clean

HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "\u202eevil",
    "\u2066x\u2069",
    "a\u200bb",
    "\ud800",
    "a\0b",
    "\r\noverwritten",
]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_what_is_left_is_printable(text):
    """ESC moves a cursor, U+202E turns a line around: a reader would see another text."""
    shown = clean.line(text)

    assert shown.isprintable()
    shown.encode()


def test_readable_text_stays():
    """Names of people are not ASCII."""
    assert (
        clean.line("Zo\u00eb \u00d8rsted \u674e\u96f7 ok") == "Zo\u00eb \u00d8rsted \u674e\u96f7 ok"
    )


def test_lines_and_indentation_of_a_message_stay():
    """A traceback on one line helps nobody."""
    assert clean.text("a\n\tb") == "a\n\tb"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\uff1d1", "=HYPERLINK(1)"])
def test_no_cell_is_a_formula(text):
    """A spreadsheet runs what begins with these."""
    assert clean.cell(text)[0] not in "=+-@\t\r\uff1d"


def test_a_comma_does_not_move_the_columns():
    """`Smith, Ann` is one cell."""
    out = io.StringIO()
    csv.writer(out).writerow([clean.cell("Smith, Ann"), clean.cell('say "hi"')])

    assert next(csv.reader([out.getvalue()])) == ["Smith, Ann", 'say "hi"']


def test_long_text_is_cut_and_says_so():
    """Ten megabytes in a message must not become ten megabytes on a page."""
    shown = clean.text("x" * 10_000_000)

    assert len(shown) == 4000
    assert shown.endswith(clean.ELLIPSIS)


def test_data_is_cleaned_all_the_way_down():
    """A key is a text, too, and depth is a weapon."""
    deep = []
    for _ in range(500):
        deep = [deep]

    shown = clean.data({"\x1b": ["\u202e", 1, None, True, object], "deep": deep})

    text = json.dumps(shown, ensure_ascii=False)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert len(text) < 500
