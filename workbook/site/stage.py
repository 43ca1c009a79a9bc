"""Puts every page of the site into one folder of plain Markdown, for whatever builds a site of it.

Reads lessons, solutions, notebooks and docs where they live. Never writes into them.
"""

import json
import re
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from workbook.curriculum import Lesson, load_lessons
from workbook.home import Home
from workbook.lens.render.page import HERE as FILM
from workbook.site import catalogue, diagrams
from workbook.site.examples import Examples
from workbook.site.films import films_of
from workbook.site.lesson import lesson_page
from workbook.site.links import Links
from workbook.site.navigation import lessons_table, navigation, schedule_table
from workbook.site.notebook import notebook_page
from workbook.site.npm import copy_packages, write
from workbook.site.pack import packed
from workbook.site.polish import POLICY

STATIC = Path(__file__).parent / "static"
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_PART = re.compile(r"<!-- generated: (?P<name>\w+) -->")


class Stage:
    """The folder of pages, `folder/docs`, and the configuration beside it."""

    def __init__(self, home: Home, folder: Path, *, live: bool = False) -> None:
        self.home = home
        self.folder = folder
        self.live = live
        self.docs = folder / "docs"
        self.written: set[Path] = set()
        self.titles: dict[str, str] = {}
        self.links = Links(home.root, self.origins.__contains__)
        self.examples = Examples(home.root / "docs")

    @cached_property
    def lessons(self) -> list[Lesson]:
        """All lessons, by number."""
        return load_lessons(self.home.lessons)

    @cached_property
    def origins(self) -> dict[str, Path]:
        """The Markdown file or notebook that each page is made of."""
        docs = self.home.root / "docs"
        found = {path.relative_to(docs).as_posix(): path for path in docs.rglob("*.md")}
        for folder, names in (
            (self.home.lessons, "[0-9]*/README.md"),
            (self.home.solutions, "[0-9]*/README.md"),
            (self.home.root / "notebooks", "*.ipynb"),
        ):
            found |= {
                path.relative_to(self.home.root).as_posix(): path for path in folder.glob(names)
            }
        return found

    def fill(self) -> None:
        """Write every page and asset; remove what is no page any more.

        Raises:
            CurriculumError: a lesson cannot be used.
            NpmError: an asset cannot be had.
        """
        for page, origin in self.origins.items():
            if text := self.page(page, origin):
                self.put(page.replace(".ipynb", ".md"), text)
        self.put(
            "lessons/index.md",
            self.filled("# All lessons\n\n<!-- generated: lessons -->\n", "lessons/index.md"),
        )
        while missing := [
            name for name in self.links.asked if f"source/{name}.md" not in self.titles
        ]:
            for name in missing:
                self.put(f"source/{name}.md", self.source(name))
        self.assets()
        for path in set(self.docs.rglob("*")) - self.written:
            if path.is_file():
                path.unlink()
        self.configure()

    def page(self, page: str, origin: Path) -> str:
        """Return the Markdown of one page."""
        lesson = next((one for one in self.lessons if origin.parent == one.folder), None)
        if lesson:
            titles = {one.slug: f"{one.slug[:2]} {one.title}" for one in self.lessons}
            return lesson_page(lesson, self.home, self.links, titles)
        if origin.suffix == ".ipynb":
            return self.links.of(notebook_page(origin, films_of(origin)), page, page)
        text = origin.read_text(encoding="utf-8")
        where = f"docs/{page}" if (self.home.root / "docs" / page) == origin else page
        return self.links.of(self.filled(text, page), where, page)

    def filled(self, text: str, page: str) -> str:
        """Return the text with its generated parts; nothing if one of them has no data yet."""
        made = {name: self.parts[name]() for name in _PART.findall(text)}
        if not all(made.values()):
            return ""

        def part(match: re.Match[str]) -> str:
            return self.links.of(made[match["name"]], "here.md", page)

        return self.examples.shown(_PART.sub(part, text))

    @property
    def parts(self) -> dict[str, Callable[[], str]]:
        """What a page can ask for by `<!-- generated: NAME -->`."""
        return {
            "lessons": lambda: lessons_table(self.lessons),
            "schedule": lambda: schedule_table(self.lessons),
            "questions": lambda: catalogue.questions(self.home, self.lessons),
            "goals": lambda: catalogue.goals(self.home, self.lessons),
            "smells": lambda: catalogue.smells(self.lessons),
            "states": diagrams.states,
            "tables": diagrams.tables,
            "benchmarks": self.benchmarks,
            "measured": self.measured,
            "policy": lambda: POLICY,
        }

    def benchmarks(self) -> str:
        """Return what the benchmarks wrote, without its own heading; their pictures come along."""
        text = (self.home.root / "bench" / "RESULTS.md").read_text(encoding="utf-8")
        for picture in sorted((self.home.root / "bench").glob("*.svg")):
            write(self.docs / "about" / picture.name, picture.read_bytes())
            self.written.add(self.docs / "about" / picture.name)
        return re.sub(r"<!--.*?-->\n*", "", text.partition("\n")[2]).strip()

    def measured(self) -> str:
        """Return the section of `bench/RESULTS.md` about the page, if it was measured."""
        text = (self.home.root / "bench" / "RESULTS.md").read_text(encoding="utf-8")
        section = re.search(r"<!-- bench: site -->\n*(.*?)<!-- end -->", text, re.DOTALL)
        return section[1].strip() if section else "Not measured yet."

    def source(self, name: str) -> str:
        """Return a page that shows one source file."""
        text = (self.home.root / name).read_text(encoding="utf-8")
        head = f"---\nsearch:\n  exclude: true\n---\n\n# {name.rpartition('/')[2]}\n\n`{name}`\n\n"
        return f'{head}`````python linenums="1"\n{text.rstrip()}\n`````\n'

    def put(self, page: str, text: str) -> None:
        """Write one page."""
        title = _TITLE.search(text)
        self.titles[page] = title[1].strip() if title else page
        write(self.docs / page, text.encode())
        self.written.add(self.docs / page)

    def assets(self) -> None:
        """Put scripts, styles, fonts, Python and the lessons where the pages find them."""
        target = self.docs / "assets" / "workbook"
        copy_packages(target, self.home.root / "build" / "npm")
        write(target / "python.zip", packed([one for one in self.lessons if one.browser]))
        for path in (*STATIC.iterdir(), FILM / "film.css", FILM / "film.js"):
            write(target / path.name, path.read_bytes())
        self.written.update(target.rglob("*"))

    def configure(self) -> None:
        """Write the configuration of the build: the project's own, and what is generated."""
        nav = navigation(self.lessons, self.titles, self.titles)
        settings = {
            "INHERIT": str(self.home.root / "mkdocs.yml"),
            "docs_dir": str(self.docs),
            "nav": nav,
            "hooks": [str(Path(__file__).with_name("hook.py"))] if self.live else [],
        }
        text = json.dumps(settings, indent=2)  # JSON is YAML
        write(self.folder / "mkdocs.yml", text.encode())
