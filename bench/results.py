"""RESULTS.md, one generated section for each benchmark.

Never touches another benchmark's section, nor a word outside of the marks.
"""

import re
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = "# Benchmarks\n\nEach section is written by the script that its mark names.\n"
_END = "<!-- end -->"


def write_section(name: str, text: str, path: Path = RESULTS) -> None:
    """Put the text between `<!-- bench: name -->` and the next end, in place of the old one.

    A section that has lost its end, in a merge say, ends where the next one begins.
    """
    whole = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    start = f"<!-- bench: {name} -->"
    section = rf"{re.escape(start)}.*?(?:{_END}\n?|(?=<!-- bench: )|\Z)"
    before, *after = re.split(section, whole, maxsplit=1, flags=re.DOTALL)
    rest = after[0].lstrip("\n") if after else ""
    found = [before.rstrip("\n"), f"{start}\n\n{text.strip()}\n\n{_END}", rest.rstrip("\n")]
    path.write_text("\n\n".join(filter(None, found)) + "\n", encoding="utf-8")
