"""run.py, always as a real process in a small project of its own. Installs from no network.

Where a test says uv, it means the stand-in of this file, which notes its arguments and installs
by a .pth file; the tests of pip and of the network use the real ones.
"""

import ast
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
POSIX = os.name == "posix"
posix_only = pytest.mark.skipif(not POSIX, reason="signals, symlinks and shell scripts of POSIX")

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "stand-in"
version = "1"
optional-dependencies = { test = [], check = [] }
"""
BACKEND = """\
import pathlib, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    info = "stand_in-1.dist-info/"
    with zipfile.ZipFile(pathlib.Path(folder, "stand_in-1-py3-none-any.whl"), "w") as wheel:
        wheel.writestr("stand_in.pth", str(pathlib.Path.cwd()))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: stand-in\\nVersion: 1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return "stand_in-1-py3-none-any.whl"
"""
TOOL = """\
import os, pathlib, sys
name = pathlib.Path(__file__).stem.replace("__main__", "workbook")
print(name, *sys.argv[1:], "|", os.environ["WORKBOOK_COMMAND"], flush=True)
sys.exit(3 if name in os.environ.get("FAILING", "").split() else 0)
"""
UV = """\
import os, pathlib, sys
python = pathlib.Path(sys.argv[sys.argv.index("--python") + 1])
if "-e" not in sys.argv:
    with open("installs.log", "a") as log:
        print(*sys.argv[sys.argv.index("pyproject.toml") :], file=log)
    if "UV_WAITS" in os.environ:
        print("uv waits", file=sys.stderr, flush=True)
        sys.stdin.read()
    if "UV_FAILS" in os.environ:
        sys.exit(os.environ["UV_FAILS"])
    lint_imports = python.with_name("lint-imports")
    lint_imports.write_text("#!/bin/sh\\necho lint-imports\\n")
    lint_imports.chmod(0o755)
else:
    packages = next(python.parents[1].rglob("site-packages"))
    twice = "\\n".join([os.getcwd()] * 2)  # as hatchling does, once for each package
    (packages / "stand_in.pth").write_text(twice, "utf-8")
"""


class Project:
    """A copy of run.py with stand-ins around it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.venv = folder / ".venv"
        self.programs = programs
        self.python = sys.executable
        self.prefix: list[str] = []

    def command(self, *words: str) -> list[str]:
        """Return the command line that starts run.py by its full path."""
        return [*self.prefix, self.python, str(self.folder / "run.py"), *words]

    def environment(self, **more: str) -> dict[str, str]:
        """Return ours without what would lead run.py to programs of this machine."""
        hidden = ("CI", "PYTHONPATH", "WORKBOOK_COMMAND")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {**kept, "PATH": str(self.programs), **more}

    def run(
        self, *words: str, cwd: Path | None = None, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self.command(*words),
            cwd=cwd or self.folder,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    @contextmanager
    def started(self, *words: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """Start it; it reads our end of a pipe."""
        with subprocess.Popen(
            self.command(*words),
            cwd=self.folder,
            env=self.environment(**more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            yield process

    @property
    def installs(self) -> list[str]:
        """The extras that uv was asked for, one entry for each time."""
        log = self.folder / "installs.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.removeprefix("pyproject.toml").replace(" --extra ", "+") for line in lines]


def wait_for(text: str, process: subprocess.Popen[str]) -> None:
    """Read stderr up to the line that has this text."""
    assert process.stderr
    assert any(text in line for line in process.stderr)


def the_one_line(result: subprocess.CompletedProcess[str]) -> str:
    """Return the line that tells a failure, having made sure that nothing else does."""
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    return result.stderr.splitlines()[-1]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that nobody has set up, and no installer on PATH."""
    folder, programs = tmp_path / "mein Übungsordner", tmp_path / "bin"
    (folder / "workbook").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(REPOSITORY / "run.py", folder)
    files = {"pyproject.toml": PYPROJECT, "constraints.txt": "", "backend.py": BACKEND}
    tools = dict.fromkeys(("workbook/__main__.py", "pytest.py", "ruff.py", "mypy.py"), TOOL)
    for name, text in (files | tools).items():
        (folder / name).write_text(text, "utf-8")
    return Project(folder, programs)


@pytest.fixture
def uv(project: Project) -> Path:
    """The stand-in for uv, on PATH."""
    script = project.programs / "uv.py"
    script.write_text(UV)
    start = project.programs / ("uv" if POSIX else "uv.bat")
    line = (
        f'exec "{sys.executable}" "{script}" "$@"'
        if POSIX
        else f'@"{sys.executable}" "{script}" %*'
    )
    start.write_text(f"#!/bin/sh\n{line}\n" if POSIX else line)
    start.chmod(0o755)
    return start


@pytest.mark.usefixtures("uv")
class TestWords:
    """What each word does."""

    def test_any_word_goes_to_workbook_with_all_its_arguments(self, project: Project) -> None:
        """A learner who never activated .venv reaches every command of the tool."""
        result = project.run("hint", "2.1", "--json")

        assert result.stdout.startswith("workbook hint 2.1 --json |")

    @pytest.mark.parametrize("word", ["learn", "check 2"])
    def test_exit_status_is_the_command_s(self, project: Project, word: str) -> None:
        """A script that calls run.py can rely on what the command says."""
        assert project.run(*word.split()).returncode == 0
        assert project.run(*word.split(), FAILING="workbook").returncode == 3

    def test_test_hands_its_arguments_to_pytest(self, project: Project) -> None:
        """`--thorough` and everything pytest knows can be given."""
        result = project.run("test", "--thorough", "-k", "a b", FAILING="pytest")

        assert "--dist loadgroup --thorough -k a b |" in result.stdout
        assert result.returncode == 3

    def test_notebooks_says_what_it_adds_and_opens_them(self, project: Project) -> None:
        """JupyterLab is fifty packages: nobody should wonder what takes so long."""
        (project.folder / "jupyterlab.py").write_text(TOOL)

        result = project.run("notebooks", "--no-browser")

        assert result.stdout.startswith("jupyterlab notebooks --no-browser |")
        assert project.installs == ["+lab+test"]
        assert "notebooks: open the notebooks in JupyterLab (about 150 MB" in result.stderr
        assert project.run("notebooks").stderr == ""

    @posix_only
    def test_check_goes_on_after_a_failure_and_names_it(self, project: Project) -> None:
        """One start shows everything that is to be mended."""
        result = project.run("check", FAILING="ruff")

        assert [line.split(" |")[0] for line in result.stdout.splitlines()] == [
            "ruff check .",
            "ruff format --check .",
            "mypy",
            "lint-imports",
            "workbook dev check",
        ]
        assert result.returncode == 1
        assert result.stderr.endswith("run.py: failed: ruff check ., ruff format --check .\n")

    @posix_only
    def test_check_compares_derived_files_in_ci_only(self, project: Project) -> None:
        """The files that a learner has edited are no failure."""
        result = project.run("check", CI="true")

        assert "workbook dev sync --check |" in result.stdout
        assert result.returncode == 0

    @pytest.mark.parametrize("words", [[], ["help"], ["-h"], ["--help"]])
    def test_usage_needs_no_set_up(self, project: Project, words: list[str]) -> None:
        """Whoever only looks gets nothing installed."""
        result = project.run(*words)

        assert result.returncode == 0
        assert all(f"\n  {word} " in result.stdout for word in ("learn", "test", "check"))
        assert not project.venv.exists()


@pytest.mark.usefixtures("uv")
class TestStartedFromAnywhere:
    """The way it is started makes no difference."""

    @pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
    def test_works_from_another_folder(self, project: Project, tmp_path: Path, locale: str) -> None:
        """The folder's name has a space and an umlaut, and the locale may know neither."""
        result = project.run("learn", cwd=tmp_path, LC_ALL=locale)

        assert result.returncode == 0
        assert result.stdout.startswith("workbook learn |")

    def test_the_command_it_tells_the_tool_works(self, project: Project, tmp_path: Path) -> None:
        """A command that is printed can be typed as it stands, where one stands."""
        told = project.run("learn", cwd=tmp_path).stdout.split("| ")[1].strip()

        again = subprocess.run(
            f"{told} hint 2.1", shell=True, cwd=tmp_path, env=project.environment(),
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip

        assert again.stdout == f"workbook hint 2.1 | {told}\n"

    @posix_only
    def test_the_command_is_as_short_as_what_was_typed(self, project: Project) -> None:
        """Messages say `python run.py hint 2.1`, not the path of an interpreter."""
        folder, name = os.path.split(sys.executable)
        path = f"{project.programs}:{folder}"

        result = subprocess.run(
            [name, "run.py", "learn"], executable=sys.executable, cwd=project.folder,
            env=project.environment(PATH=path), capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip

        assert result.stdout == f"workbook learn | {name} run.py\n"


@pytest.mark.usefixtures("uv")
class TestSetUp:
    """What is installed when, and what repairs it."""

    def test_second_start_installs_nothing(self, project: Project) -> None:
        """It costs a moment, not a walk through the package index."""
        project.run("learn")

        second = project.run("learn")

        assert project.installs == [""]
        assert second.stderr == ""

    def test_extras_add_up(self, project: Project) -> None:
        """Who alternates between words does not install each time."""
        for word in ("learn", "test", "learn", "check", "test"):
            project.run(word)

        assert project.installs == ["", "+test", "+check+test"]

    def test_changed_requirements_are_installed(self, project: Project) -> None:
        """After `git pull` the next start brings .venv up to date and does not make it anew."""
        project.run("test")
        (project.venv / "mine").touch()
        (project.folder / "constraints.txt").write_text("click==8.5.1\n")

        project.run("learn")

        assert project.installs == ["+test"] * 2
        assert (project.venv / "mine").exists()

    def test_a_killed_set_up_is_repaired(self, project: Project) -> None:
        """A laptop that runs out of power must not leave a .venv that fails for ever."""
        with project.started("learn", UV_WAITS="") as process:
            wait_for("uv waits", process)
            (project.venv / "half").touch()
            process.kill()

        result = project.run("learn")

        assert "making .venv again" in result.stderr
        assert result.returncode == 0
        assert not (project.venv / "half").exists()

    @posix_only
    def test_an_installer_that_outlives_a_kill_is_waited_for(self, project: Project) -> None:
        """Two installers at work in one .venv would ruin it."""
        with project.started("learn", UV_WAITS="") as killed:
            wait_for("uv waits", killed)
            killed.kill()
            with project.started("learn") as second:
                wait_for("waiting for it", second)
                assert killed.stdin
                killed.stdin.close()
                assert second.wait(60) == 0

        assert project.run("learn").stderr == ""

    def test_two_at_once_install_once(self, project: Project) -> None:
        """`learn` in one terminal and in another: the second waits and finds the work done."""
        with project.started("learn", UV_WAITS="") as first:
            wait_for("uv waits", first)
            with project.started("learn") as second:
                wait_for("waiting for it", second)
                assert first.stdin
                first.stdin.close()
                assert (first.wait(60), second.wait(60)) == (0, 0)

        assert project.installs == [""]

    def test_a_moved_folder_is_repaired(self, project: Project) -> None:
        """The paths inside .venv would lead to where the folder was."""
        project.run("learn")
        project.folder = project.folder.rename(project.folder.with_name("moved"))
        project.venv = project.folder / ".venv"

        result = project.run("learn")

        assert result.returncode == 0
        assert "making .venv again" in result.stderr

    @posix_only
    def test_a_venv_whose_python_is_gone_is_repaired(self, project: Project) -> None:
        """The system's update may remove the Python that .venv was made from."""
        project.run("learn")
        (project.venv / "bin/python").unlink()
        (project.venv / "bin/python").symlink_to("gone")

        assert project.run("learn").returncode == 0

    def test_a_venv_of_one_s_own_is_kept(self, project: Project) -> None:
        """Nothing is deleted that run.py did not make."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", project.venv], check=True)
        (project.venv / "mine").touch()

        results = [project.run("learn", UV_FAILS="error: no"), project.run("learn")]

        assert [result.returncode for result in results] == [2, 0]
        assert all("keeping the .venv" in result.stderr for result in results)
        assert (project.venv / "mine").exists()

    def test_a_broken_venv_of_one_s_own_is_not_touched(self, project: Project) -> None:
        """It is for its maker to decide what becomes of it."""
        project.venv.mkdir()
        (project.venv / "mine").touch()

        line = the_one_line(project.run("learn"))

        assert "rename it, then run the same command again" in line
        assert (project.venv / "mine").exists()


@pytest.mark.usefixtures("uv")
class TestFailures:
    """One clear line with the remedy, no traceback."""

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ("error: Failed to fetch: dns error: failed to lookup", "check network and proxy"),
            ("ERROR: [Errno 28] No space left on device: 'x'", "the disk is full; free about"),
            ("ERROR: [Errno 13] Permission denied: 'x'", "a folder of your own"),
            ("error: no version of x", "that failed with status 1; delete .venv"),
        ],
    )
    def test_one_line_tells_the_remedy(self, project: Project, said: str, told: str) -> None:
        """What the installer said is shown, and below it what to do."""
        result = project.run("learn", UV_FAILS=said)

        assert said in result.stderr
        assert told in the_one_line(result)
        assert project.run("learn").returncode == 0

    def test_a_traceback_is_spared(self, project: Project) -> None:
        """Where the cause is known, the inside of an installer helps nobody."""
        said = "Traceback (most recent call last):\nOSError: [Errno 28] No space left on device"

        result = project.run("learn", UV_FAILS=said)

        assert "the disk is full" in the_one_line(result)

    def test_offline_keeps_what_there_was(self, project: Project) -> None:
        """On a train `test` cannot get its tools, but the lessons go on."""
        project.run("learn")

        failed = project.run("test", UV_FAILS="error: error sending request for url")

        assert "it continues" in the_one_line(failed)
        assert project.run("learn").stderr == ""

    def test_no_venv_module(self, project: Project, uv: Path) -> None:
        """Debian ships Python without it; the line names the package."""
        uv.unlink()
        (project.programs / "ensurepip.py").write_text("raise ImportError")

        line = the_one_line(project.run("learn", PYTHONPATH=str(project.programs)))

        assert f"apt install python3.{sys.version_info[1]}-venv" in line

    @posix_only
    def test_read_only_folder(self, project: Project) -> None:
        """On a shared drive one may read and not write."""
        project.folder.chmod(0o555)
        if os.geteuid() == 0:  # root may write anywhere, unless it gives that up
            setpriv = shutil.which("setpriv") or pytest.skip("needs setpriv when run by root")
            project.prefix = [setpriv, "--bounding-set=-dac_override"]

        assert "a folder of your own" in the_one_line(project.run("learn"))

    @posix_only
    def test_ctrl_c_during_the_set_up(self, project: Project) -> None:
        """One may stop, and the next start repairs what was half done."""
        with project.started("learn", UV_WAITS="") as process:
            wait_for("uv waits", process)
            process.send_signal(signal.SIGINT)
            assert process.stderr
            assert process.stderr.read() == "run.py: stopped; run the same command again\n"

        assert process.returncode == 2
        assert project.run("learn").returncode == 0

    def test_an_old_python_gets_one_line(self, project: Project) -> None:
        """Many a `python3` is older than 3.11; a traceback would not say what to do."""
        old = next(filter(runs, (f"python3.{minor}" for minor in range(6, 11))), None)
        if not old:
            pytest.skip("no older Python on PATH")
        newer = project.programs / f"python3.{sys.version_info[1]}"
        newer.symlink_to(sys.executable)
        project.python = shutil.which(old) or old

        line = the_one_line(project.run("learn"))

        assert f"needs Python 3.11 or newer, this is {old.removeprefix('python')}." in line
        assert f"; try: {newer.name} " in line

    def test_an_old_python_can_read_it(self) -> None:
        """Syntax of a later Python would come before the line that helps."""
        ast.parse((REPOSITORY / "run.py").read_bytes(), feature_version=(3, 7))


def runs(python: str) -> bool:
    """Say whether this Python is on PATH and starts."""
    found = shutil.which(python)
    return (
        bool(found)
        and not subprocess.run([found, "-V"], capture_output=True, check=False).returncode
    )


class TestRealInstallers:
    """The programs whose place the stand-in takes elsewhere."""

    def test_pip(self, project: Project) -> None:
        """Without uv the pip that comes with Python does it."""
        result = project.run("learn")

        assert result.stdout.startswith("workbook learn |")
        assert "with pip" in result.stderr
        assert project.run("learn").stderr == ""

    def test_what_pip_says_without_network_is_understood(self, project: Project) -> None:
        """The words for `no network` are pip's own; here nobody listens at the index."""
        text = PYPROJECT.replace("requires = []", 'requires = ["hatchling"]')
        (project.folder / "pyproject.toml").write_text(text)

        result = project.run(
            "learn", PIP_CONFIG_FILE=os.devnull, PIP_FIND_LINKS="", PIP_RETRIES="1",
            PIP_INDEX_URL="http://127.0.0.1:9/",
        )  # fmt: skip

        assert "check network and proxy" in the_one_line(result)

    @pytest.mark.thorough
    @pytest.mark.parametrize("installer", ["pip", "uv"])
    def test_the_real_requirements(self, project: Project, installer: str) -> None:
        """Every extra can be installed from the package index, as constraints.txt has it."""
        if installer == "uv":
            found = shutil.which("uv") or pytest.skip("uv is not on PATH")
            (project.programs / "uv").symlink_to(found)
        for name in ("pyproject.toml", "constraints.txt"):
            shutil.copy(REPOSITORY / name, project.folder)
        for name in ("README.md", "LICENSE", "LICENSE-PROSE"):
            (project.folder / name).touch()
        for name in ("pytest.py", "ruff.py", "mypy.py"):  # the stand-ins would hide the real ones
            (project.folder / name).unlink()
        for name in ("lessons", "solutions", "case_tracker", "tests"):
            (project.folder / name).mkdir()

        result = project.run("check")

        assert "run.py: ready in" in result.stderr
        assert "run.py: mypy" in result.stderr
        assert project.run("test", "--version", "-o", "addopts=").returncode == 0
