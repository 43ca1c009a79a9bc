"""RESULTS.md, one generated section for each benchmark.

Never touches another benchmark's section, nor a word outside of the marks.
"""

from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
_HEAD = "# Benchmarks\n\nEach section is written by the script that its mark names.\n"
_END = "<!-- end -->"


def write_section(name: str, text: str, path: Path = RESULTS) -> None:
    """Put the text between `<!-- bench: name -->` and the next end, in place of the old one."""
    start = f"<!-- bench: {name} -->"
    whole = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    before, found, after = whole.partition(start)
    rest = after.partition(_END)[2] if found else "\n"
    before = before.rstrip("\n") + "\n\n"
    path.write_text(f"{before}{start}\n\n{text.strip()}\n\n{_END}{rest}", encoding="utf-8")
