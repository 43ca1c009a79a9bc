"""A process of its own for code that may crash or never end. Leaves nothing of it running."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ended:
    """How a process ended. `status` is None when it had to be stopped at its limit."""

    status: int | None
    stdout: str = ""
    stderr: str = ""


def run_apart(module: Sequence[str], text: str, timeout_s: float) -> Ended:
    """Run `python -m module …` with this text as its input; end it, and its children, in time."""
    with subprocess.Popen(  # noqa: S603 - our own module, run by our own Python
        [sys.executable, "-m", *module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONPATH": _paths(), "PYTHONIOENCODING": "utf-8"},
        start_new_session=True,  # so that its children can be found
    ) as process:
        try:
            stdout, stderr = process.communicate(text, timeout_s)
        except subprocess.TimeoutExpired:
            return Ended(None)
        finally:  # also at Ctrl-C
            if process.poll() is None:
                _end(process)
    return Ended(process.returncode, stdout, stderr)


def _paths() -> str:
    return os.pathsep.join(path for path in sys.path if path)


def _end(process: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
