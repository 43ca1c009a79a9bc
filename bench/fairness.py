"""Honest code in several forms: does each grader give it all of its points?

python -m bench.fairness [--peers PYTHON]
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from bench.attacks import judges
from bench.results import write_section
from tests.workbook.grade.conftest import Desk, lesson, texts
from tests.workbook.grade.test_fairness import NOISE, WAYS
from workbook.grade import tiers
from workbook.reformat import renamed

FILE = "exercise.py"
OF_FILES = ("Windows lines", "a mark in front")  # a notebook has neither


def forms() -> Iterator[tuple[str, str]]:
    """Yield the solution of lesson 00 in each form."""
    text = texts("00", "solution")[FILE].decode()
    for name, change in WAYS.items():
        if name not in OF_FILES:
            yield name, change(text)
    yield "other names inside", renamed({FILE: text})[FILE]
    yield "it prints, and a library warns on stderr", f"{text}\n\n{NOISE}"


def main() -> None:
    """Grade each form with each grader, print the table, and write the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peers", help="the Python of nbgrader and otter-grader")
    chosen = parser.parse_args()
    with ExitStack() as stack:
        tier = tiers.best().tier
        desk = Desk(tier)
        stack.callback(desk.close)
        others = judges(chosen.peers, stack)
        full = {
            name: judge(texts("00", "solution")[FILE].decode()) for name, judge in others.items()
        }
        lines = []
        for name, text in forms():
            mark = desk.grade("00", {FILE: text.encode()})
            shown = [f"{mark.earned:g} of {len(lesson('00').tasks)}"]
            shown += [f"{max(judge(text), 0):g} of {full[who]:g}" for who, judge in others.items()]
            lines.append(f"| {name} | {' | '.join(shown)} |")
            sys.stdout.write(f"{lines[-1]}\n")
            sys.stdout.flush()
    head = [
        "## Honest code in several forms",
        "",
        "The solution of lesson 00, and the points that each grader gives for it.",
        "",
        f"| form | workbook grade, {tier} | {' | '.join(others)} |",
        f"| --- | --- |{' --- |' * len(others)}",
    ]
    write_section("fairness", "\n".join([*head, *lines]))


if __name__ == "__main__":
    main()
