"""The one hook: while the site is served, the stage is filled again before each build."""

from pathlib import Path

from workbook.home import find_home
from workbook.site.stage import Stage


def on_pre_build(config: dict[str, str]) -> None:
    """Bring the pages up to date with the files that they are made of."""
    folder = Path(config["docs_dir"]).parent
    Stage(find_home(folder), folder, live=True).fill()
