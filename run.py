"""The front door: makes .venv on first use, then runs the command you name.

Standard library only; never imports the project. Parses on Python 3.6, so that an old Python can
say what it lacks. The set-up speaks on stderr: stdout belongs to the command.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

USAGE = """\
usage: {run} WORD [ARGUMENTS]

  learn     practise: save the file, read the verdict (its key ? shows the others)
{words}

Any other word goes to `workbook`: {run} hint 2.1, {run} list;
so does `check` with a lesson: {run} check 2.
Exit status: the command's own; 2 if .venv could not be set up.
"""
ROOT: Path = Path(__file__).resolve().parent  # SyntaxError? Use Python 3.11 or newer
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
NOTES = VENV / "run.py"  # what we know about .venv; spared when it is made again
LOCK = NOTES / "lock"  # held during a set-up; the system frees it when its holders die
OURS = NOTES / "ours"  # there if we made .venv, and so may make it again
STAMP = NOTES / "installed"  # there only if the last set-up ended well

PYTEST = (  # pyproject.toml switches autoload off
    "pytest -p xdist.plugin -p _hypothesis_pytestplugin -n auto --maxprocesses 8 --dist loadgroup"
)
CI = os.environ.get("CI") == "true"
SYNC = ["workbook dev sync --check"] if CI else []  # learners edit
TEST = {"test", "browser", "cluster", "site"} if CI else {"test"}  # elsewhere they are skipped
CHECK = ["ruff check .", "ruff format --check .", "mypy", "lint-imports", *SYNC]
WORDS = {  # word: (its help, the extras it needs, the commands it runs in the project's folder)
    "test": ("run the project's suite; takes --thorough and pytest's options", TEST, [PYTEST]),
    "check": (
        "run linters, types, import contracts and the lessons' promises",
        {"check", *TEST},
        [*CHECK, "workbook dev check"],
    ),
    "notebooks": (
        "open the notebooks in JupyterLab (about 150 MB more, on first use)",
        {"lab", "test"},
        ["jupyterlab notebooks"],
    ),
    "site": ("build the site; --serve serves it and follows changes", {"site"}, ["workbook.site"]),
    "bench": ("measure against other tools", {"bench", "test"}, ["bench"]),
}

AGAIN = "then run the same command again"
OFFLINE = f"cannot reach the package index; check network and proxy, {AGAIN}: it continues"
FULL = f"the disk is full; free about 400 MB, {AGAIN}"
READ_ONLY = "may not write here; copy the project to a folder of your own"
CAUSES = {  # how pip, uv and the systems name them
    OFFLINE: ("connection broken by", "error sending request", "dns error", "n timed out"),
    FULL: ("no space left", "os error 112", "winerror 112"),
    READ_ONLY: ("permission denied", "access is denied", "read-only file"),
}


def say(line: object) -> None:
    """Print one line of our own on stderr."""
    print(f"run.py: {line}", file=sys.stderr, flush=True)


def refuse_old_python() -> None:
    """Say which Python is needed, and the command if one is here; leave with status 2."""
    names = ["py -3"] if os.name == "nt" else [f"python3.{n}" for n in range(19, 10, -1)]
    name = next((name for name in names if works(name.split())), None)  # on PATH is not enough
    hint = "install a newer one (https://www.python.org/downloads/)"
    if name:
        hint = "try: " + " ".join([name, *map(shlex.quote, sys.argv)])
    say(f"needs Python 3.11 or newer, this is {sys.version.split()[0]}; {hint}")
    sys.exit(2)


def works(python: list, imports: str = "sys") -> bool:
    """Say whether this Python runs, is new enough and has these modules."""
    check = f"import sys; assert sys.version_info >= (3, 11); import {imports}"
    try:
        return not subprocess.call([*python, "-c", check], stderr=subprocess.DEVNULL)
    except OSError:
        return False


if sys.version_info < (3, 11):  # noqa: UP036 - it is the older ones that need telling
    refuse_old_python()


class SetupError(Exception):
    """The set-up cannot go on; the message is one line and ends in a remedy."""


def main(word: str = "help", *rest: str) -> int:
    """Run one word of the command line; return its exit status, or 2 if the set-up failed."""
    if word in {"help", "-h", "--help"}:
        words = "\n".join(f"  {word:9} {about}" for word, (about, _, _) in WORDS.items())
        sys.stdout.reconfigure(errors="backslashreplace")  # a folder's name can be anything
        print(USAGE.format(run=as_started(), words=words), end="")
        return 0
    try:
        if word not in WORDS or (word == "check" and rest):
            set_up({word} & {"smells", "grade"})  # the commands with an extra of their own
            return hand_over(["workbook", word, *rest])
        about, extras, commands = WORDS[word]
        if not is_ready(extras):
            say(f"{word}: {about}")
        set_up(extras)
        os.chdir(ROOT)
        return run_all(commands) if commands[1:] else hand_over([*commands[0].split(), *rest])
    except SetupError as error:
        say(error)
    except OSError as error:
        say(cause(str(error)) or f"{error}; repair that, {AGAIN}")
    except KeyboardInterrupt:
        say("stopped; run the same command again")
    return 2


def hand_over(command: list[str]) -> int:
    """Become the command: Ctrl-C and the exit status are its own affair."""
    line = in_venv(command)
    if os.name != "nt":
        os.execve(line[0], line, environment())
    with subprocess.Popen(line, env=environment()) as child:  # Windows cannot replace a process
        while True:
            with suppress(KeyboardInterrupt):  # the child got it too, and decides
                return child.wait()


def run_all(commands: list[str]) -> int:
    """Run every command even if one fails; return 1 and name them if any failed."""
    failed = []
    for command in commands:
        say(command)
        if subprocess.call(in_venv(command.split()), env=environment()):
            failed.append(command)
    say("failed: " + ", ".join(failed) if failed else f"all {len(commands)} passed")
    return 1 if failed else 0


def in_venv(command: list[str]) -> list[str]:
    """Return the command line that runs a tool of .venv."""
    if command == ["lint-imports"]:  # the one tool without `python -m`
        return [str(PYTHON.with_name("lint-imports"))]
    return [str(PYTHON), "-m", *command]


def environment() -> dict[str, str]:
    """Return what every child process gets to know."""
    return {
        **os.environ,
        "WORKBOOK_COMMAND": as_started(),  # so that printed commands can be typed as they stand
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_USER": "0",  # where it is 1, pip refuses to install into a .venv
    }


def as_started() -> str:
    """Return how run.py was started, quoted for the shell: `python3 run.py`."""
    python, name = sys.orig_argv[0], Path(sys.orig_argv[0]).name
    if os.path.realpath(shutil.which(name) or "") == os.path.realpath(python):
        python = name.removesuffix(".exe")
    elif os.name == "nt" and shutil.which("py"):
        python = "py"  # the launcher leaves no trace of itself
    return (subprocess.list2cmdline if os.name == "nt" else shlex.join)([python, sys.argv[0]])


def set_up(extras: set[str]) -> None:
    """Make .venv hold the project and these extras; starts no process if it does already."""
    if is_ready(extras):
        return
    started = time.monotonic()
    NOTES.mkdir(parents=True, exist_ok=True)
    with locked():
        if not is_ready(extras):  # another run.py may have done it meanwhile
            if not is_sound():
                make_venv()
            install(extras.union(installed()[2:]))
            say(f"ready in {time.monotonic() - started:.0f} s")


def required() -> list[str]:
    """Return which Python and folder .venv belongs to, and the hash of what it must hold."""
    texts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    home = f"Python {sys.version_info[0]}.{sys.version_info[1]} of {sys.base_prefix} in {ROOT}"
    return [home, hashlib.sha256(b"".join(texts)).hexdigest()]


def installed() -> list[str]:
    """Return what was required at the last good set-up, then its extras; [] if there is none."""
    try:
        return STAMP.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return []


def is_sound() -> bool:
    """Say whether .venv was set up for this Python, in this folder, to the end."""
    return PYTHON.exists() and installed()[:1] == required()[:1]


def is_ready(extras: set[str]) -> bool:
    """Say whether .venv is sound and holds the project as it is now, with these extras."""
    return is_sound() and installed()[:2] == required() and extras.issubset(installed()[2:])


@contextmanager
def locked() -> Iterator[None]:
    """Be the only run.py that sets up; wait while another one does."""
    with LOCK.open("a") as file:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 - pip can outlive a killed run.py
        if not try_lock(file.fileno()):
            say("another run.py is setting up .venv; waiting for it (Ctrl-C gives up)")
            while not try_lock(file.fileno()):
                time.sleep(0.1)
        yield


def try_lock(file: int) -> bool:
    """Take the lock if nobody holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def make_venv() -> None:
    """Make .venv, again if need be; one that is not ours is kept."""
    found = [entry for entry in VENV.iterdir() if entry != NOTES]
    if found and not OURS.exists():
        if not works([PYTHON]):
            raise SetupError(f".venv is not from run.py and has no Python 3.11; rename it, {AGAIN}")
        say("keeping the .venv that is here, although run.py did not make it")
        return
    base = sys._base_executable  # noqa: SLF001 - sys.executable may be in the .venv that goes
    if not works([base], "venv" if shutil.which("uv") else "venv, ensurepip"):
        package = f"python3.{sys.version_info[1]}-venv"
        raise SetupError(f"this Python lacks venv; on Debian: apt install {package}; {AGAIN}")
    why = "making .venv again: it was unfinished, moved or of another Python"
    say(why if found else "making .venv")
    OURS.touch()
    STAMP.unlink(missing_ok=True)
    for entry in found:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    call([base, "-m", "venv", "--without-pip", str(VENV)])


def install(extras: set[str]) -> None:
    """Install the project editable with these extras, with uv if it is on PATH."""
    before, after = installed(), [*required(), *sorted(extras)]
    STAMP.unlink(missing_ok=True)
    try:
        uv = shutil.which("uv")
        install_with_uv(uv, after[2:]) if uv else install_with_pip(after[2:])
    except SetupError as error:
        if OFFLINE in error.args and before:  # nothing was changed yet: what there was still works
            write_stamp(before)
        raise
    make_pth_ascii()
    write_stamp(after)


def install_with_uv(uv: str, extras: list[str]) -> None:
    """Install in two steps: compiling starts Python, which may not be able to read a new .pth."""
    say("installing with uv (some seconds)")
    pip = [uv, "pip", "install", "--python", PYTHON, "-c", "constraints.txt"]
    chosen = [option for extra in extras for option in ("--extra", extra)]
    call([*pip, "--compile-bytecode", "-r", "pyproject.toml", *chosen])
    call([*pip, "--no-deps", "-e", "."])


def install_with_pip(extras: list[str]) -> None:
    """Install with the pip that came with Python."""
    say("installing with pip (about half a minute)")
    project = f".[{','.join(extras)}]" if extras else "."
    call([PYTHON, "-m", "ensurepip", "--default-pip"])
    call([PYTHON, "-m", "pip", "install", "-c", "constraints.txt", "-e", project])


def write_stamp(lines: list[str]) -> None:
    """Record that .venv holds what these lines say."""
    STAMP.write_text("\n".join(lines), "utf-8", "surrogateescape")


def make_pth_ascii() -> None:
    """Escape this folder's name: before Python 3.13 .pth files are in the locale's encoding."""
    name = str(ROOT).encode("utf-8", "surrogateescape")
    for pth in VENV.glob("Lib/*/*.pth" if os.name == "nt" else "lib/*/*/*.pth"):
        if not name.isascii() and set(pth.read_bytes().splitlines()) == {name}:
            pth.write_text(f"import sys; sys.path.append({str(ROOT)!a})\n", "ascii")


def call(command: list) -> None:
    """Run one step of the set-up, passing its lines on as they come, short of a traceback."""
    lines, held = [], []
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(),
        stdout=sys.stderr,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        close_fds=False,  # the child holds the lock with us
    ) as child:
        try:
            for line in child.stderr:
                lines.append(line)
                if held or "Traceback (most recent call last)" in line:
                    held.append(line)
                else:
                    print(line, end="", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            child.kill()
            raise
    if child.returncode:
        known = cause("".join(lines))
        if known:
            raise SetupError(known)
        sys.stderr.writelines(held[-5:])
        raise SetupError(f"that failed with status {child.returncode}; delete .venv, {AGAIN}")


def cause(text: str) -> str:
    """Return cause and remedy if this output tells a usual one, else nothing."""
    text = text.lower()
    return next((line for line, words in CAUSES.items() if any(w in text for w in words)), "")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
