"""Builds the site: `python -m workbook.site [--serve] [--out DIR]`."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from workbook.curriculum import CurriculumError
from workbook.home import find_home
from workbook.site.examples import ExampleError
from workbook.site.npm import NpmError
from workbook.site.polish import polish
from workbook.site.stage import Stage

QUIET = {"NO_MKDOCS_2_WARNING": "1"}  # we know, and about/site.md says what would change


def main() -> int:
    """Build the site, or serve it while it is being written; return the exit status."""
    parser = argparse.ArgumentParser(prog="run.py site", description="Build the site.")
    parser.add_argument("--serve", action="store_true", help="serve it, and follow every change")
    parser.add_argument("--address", default="127.0.0.1:8000", help="where to serve it")
    parser.add_argument("--out", type=Path, help="where to put it; default: site")
    chosen = parser.parse_args()
    home = find_home()
    if not (home.root / "mkdocs.yml").is_file():
        print("site: no mkdocs.yml here; run this in a clone of the repository", file=sys.stderr)
        return 2
    stage = Stage(home, home.root / "build" / "site", live=chosen.serve)
    started = time.monotonic()
    try:
        stage.fill()
    except (CurriculumError, ExampleError, NpmError, OSError) as error:
        print(f"site: {error}", file=sys.stderr)
        return 2
    if chosen.serve:
        return serve(stage, chosen.address)
    out = (chosen.out or home.root / "site").resolve()
    status = mkdocs(stage, "build", "--strict", "--quiet", "--site-dir", str(out))
    if status == 0:
        polish(out)
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        seconds = time.monotonic() - started
        print(f"{out}: {len(stage.titles)} pages, {size / 1e6:.1f} MB, in {seconds:.0f} s")
    return status


def serve(stage: Stage, address: str) -> int:
    """Serve the site until Ctrl-C; the hook in `hook.py` fills the stage again after a change."""
    watched = [stage.home.lessons, stage.home.solutions, stage.home.root / "docs"]
    options = [word for path in watched for word in ("--watch", str(path))]
    try:
        return mkdocs(stage, "serve", "--dev-addr", address, *options)
    except KeyboardInterrupt:
        return 0


def mkdocs(stage: Stage, *words: str) -> int:
    """Run MkDocs on a stage, where the listings of pages are found."""
    line = [sys.executable, "-m", "mkdocs", *words, "-f", str(stage.folder / "mkdocs.yml")]
    return subprocess.call(line, cwd=stage.home.root, env=os.environ | QUIET)  # noqa: S603 - ours


if __name__ == "__main__":
    sys.exit(main())
