"""Finding smells with ast-grep: fast, tolerant of broken code, and its rules are data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ast_grep_py import SgNode, SgRoot

from workbook.smells.catalogue import Rule, Smell, smells
from workbook.smells.checks import CHECKS, PROJECT_CHECKS
from workbook.smells.facts import Facts, gather
from workbook.smells.files import Source, Unread, read_project

_ALLOWED = re.compile(r"#\s*smell-ok:\s*(?P<slug>[\w-]+)(?:\s*[:,(-]*\s*(?P<reason>\S.*))?")
LONGEST = 100  # characters of a line that is shown


@dataclass(frozen=True)
class Finding:
    """One smell at one line. `note` is empty, or says what else there is to know."""

    smell: Smell
    path: str
    line: int
    text: str
    says: str = ""
    note: str = ""

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            "number": self.smell.number,
            "smell": self.smell.slug,
            "path": self.path,
            "line": self.line,
            "text": self.text,
            "says": self.says,
            "why": self.smell.why,
            "lesson": self.smell.lesson,
            "note": self.note,
        }


@dataclass
class Report:
    """What was found in a project, what its authors allowed, and what could not be read."""

    findings: list[Finding] = field(default_factory=list)
    allowed: list[Finding] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    files: int = 0


def search(path: Path) -> Report:
    """Return what the rules find in a file or a folder. Reads it, and runs nothing of it."""
    report = Report()
    sources = []
    for item in read_project(path):
        if isinstance(item, Unread):
            report.unread.append(item)
        else:
            sources.append(item)
    report.files = len(sources)
    texts = {source.path: source.text.splitlines() for source in sources}
    for finding in _findings(path, sources):
        _sort_in(finding, report, texts[finding.path])
    report.findings.sort(key=lambda found: (found.smell.number, found.path, found.line))
    return report


def _findings(path: Path, sources: Sequence[Source]) -> Iterator[Finding]:
    sql = any(source.knows_sqlalchemy for source in sources)
    if not sql:
        return
    roots = [(source, SgRoot(source.text, "python").root()) for source in sources]
    facts = Facts()
    for source, root in roots:
        gather(facts, root, source)
    for smell in smells():
        for source, root in roots:
            yield from find_in(smell, source, root, facts)
        if smell.project_check:
            for place, number, says in PROJECT_CHECKS[smell.project_check](path, sources):
                text = place.text.splitlines()[number - 1].strip()[:LONGEST]
                yield Finding(smell, place.path, number, text, says)


def find_in(smell: Smell, source: Source, root: SgNode, facts: Facts) -> Iterator[Finding]:
    """Yield what the rules of one smell find in one file, each line once."""
    seen: set[int] = set()
    for rule in smell.rules:
        if not _concerns(rule, source):
            continue
        for node in root.find_all(_config(rule)):
            place = _place(node, rule)
            says = CHECKS[rule.check](node, facts) if rule.check else rule.says
            if place in seen or says is None:
                continue
            seen.add(place)
            line = node.range().start.line + 1
            text = source.text.splitlines()[line - 1].strip()[:LONGEST]
            yield Finding(smell, source.path, line, text, _filled(says, node))


def _config(rule: Rule) -> Any:
    """Return a rule as ast-grep takes it."""
    return {"rule": rule.find, "constraints": rule.constraints, "utils": rule.utils}


def _concerns(rule: Rule, source: Source) -> bool:
    return (
        any(word in source.text for word in rule.words)
        and (rule.tests or not source.is_test)
        and (rule.scope == "project" or source.knows_sqlalchemy)
        and (not rule.only or re.search(rule.only, source.path) is not None)
        and (not rule.skip or re.search(rule.skip, source.path) is None)
        and (not rule.without or re.search(rule.without, source.text) is None)
    )


def _place(node: SgNode, rule: Rule) -> int:
    """Return what may have one finding at most: the line, or the node around it."""
    around = next((a for a in node.ancestors() if a.kind() == rule.once), node)
    return around.range().start.index if rule.once else node.range().start.line


def _filled(says: str, node: SgNode) -> str:
    """Return the text with `{S}` replaced by what the rule's `$S` stands for."""

    def text(match: re.Match[str]) -> str:
        found = node.get_match(match[1])
        return found.text().partition("\n")[0][:LONGEST] if found else match[0]

    return re.sub(r"\{([A-Z]+)\}", text, says)


def _sort_in(finding: Finding, report: Report, lines: Sequence[str]) -> None:
    """Put a finding where it belongs: its authors may allow it, with a reason."""
    allowed = _allowance(lines, finding)
    if allowed is None:
        report.findings.append(finding)
    elif allowed["reason"]:
        note = f"allowed: {allowed['reason'].strip()}"
        report.allowed.append(Finding(**{**vars(finding), "note": note}))
    else:
        note = "smell-ok needs a reason: # smell-ok: " + finding.smell.slug + ": why"
        report.findings.append(Finding(**{**vars(finding), "note": note}))


def _allowance(lines: Sequence[str], finding: Finding) -> re.Match[str] | None:
    """Return the comment that allows it: on its line, or alone on the line above."""
    above = lines[finding.line - 2] if finding.line > 1 else ""
    for line in (lines[finding.line - 1], above if above.lstrip().startswith("#") else ""):
        match = _ALLOWED.search(line)
        if match and match["slug"] == finding.smell.slug:
            return match
    return None
