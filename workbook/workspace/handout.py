"""What a learner gets: lessons with derived starters, notebooks, settings. Writes nothing."""

import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from workbook.curriculum import load_lessons
from workbook.derive import starter
from workbook.home import MARKER, Home, shipped
from workbook.promises import LESSON_FILES
from workbook.workspace.settings import settings

NOTEBOOK_FILES = {".ipynb", ".md", ".py", ".toml", ".json", ".css", ".svg", ".png"}
_LINK = re.compile(r"\[(?P<text>[^\]\n]*)\]\((?P<target>[^)\s]+)\)")

Files = dict[str, str | bytes]


def handout(home: Home | None = None) -> Files:
    """Return each file by its path in a workspace, as it is before anybody has edited it.

    Raises:
        CurriculumError: a lesson of the package is damaged.
    """
    home = home or shipped()
    files: Files = {MARKER.as_posix(): (home.root / MARKER).read_text(encoding="utf-8")}
    for lesson in load_lessons(home.lessons):
        folder = f"lessons/{lesson.slug}"
        for name in sorted(LESSON_FILES):
            if (lesson.folder / name).is_file():
                files[f"{folder}/{name}"] = (lesson.folder / name).read_text(encoding="utf-8")
        for name, text in starter(lesson, home).items():
            files[f"{folder}/{name}"] = text
    files |= {path: _content(home.root / path) for path in _notebooks(home)}
    files |= settings()
    return {path: _without_dead_links(path, content, files) for path, content in files.items()}


def _notebooks(home: Home) -> Iterator[str]:
    for path in sorted(home.notebooks.rglob("*")):
        inside = path.relative_to(home.root)
        hidden = any(part.startswith((".", "__")) for part in inside.parts)
        if path.suffix in NOTEBOOK_FILES and path.is_file() and not hidden:
            yield inside.as_posix()


def _content(path: Path) -> str | bytes:
    content = path.read_bytes()
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return content


def _without_dead_links(path: str, content: str | bytes, files: Collection[str]) -> str | bytes:
    """Keep the words of a link whose target stays in the package: a click must not end nowhere."""
    if isinstance(content, bytes) or not path.endswith((".md", ".ipynb")):
        return content
    folders = {posixpath.dirname(name) for name in files}

    def link(match: re.Match[str]) -> str:
        target = match["target"].partition("#")[0]
        if not target or ":" in target:
            return match[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        return match[0] if place in files or place in folders else match["text"]

    return _LINK.sub(link, content)
