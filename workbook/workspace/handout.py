"""What a learner gets: lessons with derived starters, notebooks, settings. Writes nothing."""

import posixpath
import re
from collections.abc import Collection

from workbook.curriculum import load_lessons
from workbook.derive import starter
from workbook.home import Home, shipped
from workbook.promises import LESSON_FILES
from workbook.workspace.settings import settings

# Only what leads out of the folder: `handlers[name](case)` in a notebook is code.
_LINK = re.compile(r"\[(?P<text>[^\[\]\n]*)\]\((?P<target>\.\./[^)\s]+)\)")

Files = dict[str, str]


def handout(home: Home | None = None) -> Files:
    """Return each file by its path in a workspace, as it is before anybody has edited it.

    Raises:
        CurriculumError: a lesson of the package is damaged.
    """
    home = home or shipped()
    shared = sorted(home.lessons.glob("*.toml"))
    files: Files = {f"lessons/{path.name}": path.read_text(encoding="utf-8") for path in shared}
    for lesson in load_lessons(home.lessons):
        folder = f"lessons/{lesson.slug}"
        for name in sorted(LESSON_FILES):
            if (lesson.folder / name).is_file():
                files[f"{folder}/{name}"] = (lesson.folder / name).read_text(encoding="utf-8")
        for name, text in starter(lesson, home).items():
            files[f"{folder}/{name}"] = text
    for path in sorted(home.notebooks.glob("*.ipynb")):
        files[f"notebooks/{path.name}"] = path.read_text(encoding="utf-8")
    files |= settings()
    return {path: _without_dead_links(path, content, files) for path, content in files.items()}


def _without_dead_links(path: str, content: str, files: Collection[str]) -> str:
    """Keep the words of a link whose target stays in the package: a click must not end nowhere."""
    if not path.endswith((".md", ".ipynb")):
        return content
    folders = {posixpath.dirname(name) for name in files}

    def link(match: re.Match[str]) -> str:
        target = match["target"].partition("#")[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        return match[0] if place in files or place in folders else match["text"]

    return _LINK.sub(link, content)
