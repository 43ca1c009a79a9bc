"""Results as JUnit XML: a suite for each learner and lesson, a case for each task."""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence

from workbook.curriculum import Lesson
from workbook.grade import clean
from workbook.grade.marks import TaskMark
from workbook.grade.store import NOT_GRADED, Entry


def document(entries: Iterable[Entry], lessons: Sequence[Lesson]) -> str:
    """Return the XML. A task in review is skipped; what could not be graded is an error."""
    known = {lesson.slug: lesson for lesson in lessons}
    root = ET.Element("testsuites", name="unit-of-workbook")
    for entry in entries:
        if entry.lesson in known:
            root.append(_suite(entry, known[entry.lesson]))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _suite(entry: Entry, lesson: Lesson) -> ET.Element:
    cases = [_case(entry, task) for task in entry.mark.tasks] if entry.mark else []
    if not cases:
        cases = [_case_without_mark(entry, lesson)]
    suite = ET.Element("testsuite", name=f"{_who(entry)} {entry.lesson}")
    suite.set("tests", str(len(cases)))
    for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(plural, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{entry.mark.seconds if entry.mark else 0:.3f}")
    suite.extend(cases)
    return suite


def _who(entry: Entry) -> str:
    return clean.line(entry.learner.key)


def _case(entry: Entry, task: TaskMark) -> ET.Element:
    name = f"{task.label} {task.name}"
    case = ET.Element("testcase", classname=f"{_who(entry)}.{entry.lesson}", name=name)
    decided = next((o for o in entry.overrides if o.task == task.number), None)
    if decided is not None:
        points = f"{decided.points:g} of {task.points:g} points, by a person"
        ET.SubElement(case, "system-out").text = clean.text(f"{points}: {decided.reason}")
        if not decided.points:
            ET.SubElement(case, "failure", message=clean.line(decided.reason))
    elif task.outcome == "review":
        ET.SubElement(case, "skipped", message=clean.line(f"a person decides: {task.evidence}"))
    elif task.outcome == "missed":
        failure = ET.SubElement(case, "failure", message=clean.line(task.evidence or "missed"))
        failure.text = clean.text(_said(entry, task.number))
    return case


def _said(entry: Entry, number: int) -> str:
    """Return the messages of the tests of a task that failed."""
    feedback = entry.mark.feedback if entry.mark else None
    tests = (
        [t for task in feedback.tasks if task.number == number for t in task.tests]
        if feedback
        else []
    )
    return "\n".join(f"{t.name}: {t.message}" for t in tests if t.outcome != "passed")


def _case_without_mark(entry: Entry, lesson: Lesson) -> ET.Element:
    case = ET.Element("testcase", classname=f"{_who(entry)}.{entry.lesson}", name=lesson.slug)
    message = clean.line(entry.problem or entry.verdict)
    ET.SubElement(case, "error" if entry.verdict == NOT_GRADED else "failure", message=message)
    return case
