"""What the walls are worth is found out by trying, and said as it is."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.workbook.grade.conftest import HOME
from workbook.commands.grade_cohort import accepted
from workbook.grade import tiers
from workbook.grade.sandbox import landlock, seccomp
from workbook.grade.worker.doctor import ATTEMPTS


def test_every_attempt_to_get_out_is_stopped(tier):
    """A tier holds when nothing got through; some twenty ways are tried."""
    found = tiers.examine(tier)

    assert len(found.attempts) == len(ATTEMPTS) > 15
    if tier in ("T1", "T2"):
        assert [attempt for attempt in found.attempts if not attempt.stopped] == []
    assert found.holds


EXAMINE = """
import dataclasses, json, sys
from workbook.grade import tiers
print(json.dumps(dataclasses.asdict(tiers.examine(sys.argv[1]))))
"""
OPENED = """
set -e
mount --make-rprivate /
aside="$(mktemp -d)"
mount --bind "$1" "$aside"
mount -t tmpfs -o mode=755 tmpfs "$2"
mkdir -p "$1"
mount --bind "$aside" "$1"
shift 2
exec "$@"
"""


def examined(tier):
    """Examine a tier. Root's own Python may be closed to a worker, which is never root.

    So root looks from a mount namespace where others can read this Python.
    """
    prefix = Path(sys.base_prefix).resolve()
    shut = [p for p in (prefix, *prefix.parents) if not p.stat().st_mode & 0o001]
    if not shut or os.geteuid() != 0:
        return tiers.examine(tier)
    unshare = shutil.which("unshare") or pytest.fail("needs unshare, of util-linux")
    done = subprocess.run(
        [
            *(unshare, "--mount", "sh", "-c", OPENED, "sh", prefix, shut[-1]),
            *(sys.executable, "-c", EXAMINE, tier),
        ],
        cwd=HOME.root,
        env=os.environ | {"PYTHONPATH": str(HOME.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    attempts = tuple(tiers.Attempt(**attempt) for attempt in found["attempts"])
    return tiers.Examination(found["tier"], attempts, found["failure"])


@pytest.mark.skipif(sys.platform != "linux", reason="T2 is made of Landlock and seccomp")
def test_the_second_tier_holds(give_up):
    """A machine without user namespaces is no reason to give up."""
    if not landlock.version():
        give_up("this kernel has no Landlock")
    found = examined("T2")

    assert len(found.attempts) == len(ATTEMPTS), found.failure
    assert [attempt for attempt in found.attempts if not attempt.stopped] == []
    assert found.holds


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no worker can be started there")
def test_without_walls_the_doctor_sees_what_gets_through():
    """An examination that cannot fail would be worth nothing."""
    found = examined("T4")

    assert len(found.attempts) == len(ATTEMPTS), found.failure
    through = {attempt.name for attempt in found.attempts if not attempt.stopped}
    assert "Start a process that outlives this one" in through


def test_a_cohort_is_refused_where_nothing_separates():
    """Grading strangers on a laptop without walls would hand them the laptop."""
    weak = tiers.Examination("T4", (tiers.Attempt("x", stopped=True, said=""),))

    with pytest.raises(click.UsageError, match="--i-trust-these-submissions"):
        accepted(weak, trusted=False)

    assert accepted(weak, trusted=True) == "T4"


def test_a_machine_without_fork_cannot_grade_at_all():
    """Trust does not help where no worker can be started."""
    none = tiers.Examination("T5", (), "this system has no fork()")

    with pytest.raises(click.UsageError, match="Use Linux, or WSL2"):
        accepted(none, trusted=True)


def test_the_doctor_prints_the_tier(tier):
    """An instructor reads one line before trusting a machine with a cohort."""
    done = subprocess.run(
        [sys.executable, "-m", "workbook", "grade", "doctor"],
        capture_output=True,
        text=True,
        cwd=HOME.root,
        check=False,
    )

    assert done.returncode == 0
    assert f"{tier}: {tiers.WORDS[tier]}" in done.stdout
    assert "GOT THROUGH" not in done.stdout or tier == "T3"


def test_system_calls_are_known_for_both_machines():
    """A name without numbers would be a hole on one of them."""
    for name, numbers in seccomp.FORBIDDEN.items():
        assert len(numbers) == 2, name
        assert numbers[0] is not None, name
