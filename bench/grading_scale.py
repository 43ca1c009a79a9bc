"""What takes longer to measure of the grader: more workers, a Dask cluster, many gradings.

    python -m bench.grading_scale [workers] [dask] [memory]

All of it without a name; `memory` takes most of an hour, `dask` needs the extra `cluster`. What is
named is measured and written to RESULTS.md, each in a section of its own.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from bench.five_checks import HOME, LESSON, cohort, texts
from bench.results import write_section
from workbook.curriculum import Lesson, load_lessons
from workbook.derive import solution
from workbook.grade import scheduler, tiers
from workbook.grade.grading import Grading
from workbook.grade.pair import Options, Pair
from workbook.grade.store import FILE, Store
from workbook.grade.submissions import Cohort, Learner, Submission
from workbook.grade.workers import Worker
from workbook.home import Home, find_home

SIZE = 200
MANY = 15_000
LOOKS = 5


def workers(tier: str) -> str:
    """Grade the same cohort with one worker for each core, and with one in all."""
    jobs = sorted({1, os.cpu_count() or 1})
    rows = [(count, _wall_s(Options(tier, count), HOME, LESSON, cohort(SIZE))) for count in jobs]
    first = rows[0][0] * rows[0][1]
    lines = [
        f"## Grading with more workers: {SIZE} submissions, {os.cpu_count()} cores",
        "",
        "| workers | seconds | submissions a second | of linear |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {n} | {s:.1f} | {SIZE / s:.1f} | {first / (n * s):.0%} |" for n, s in rows]
    return "\n".join(lines)


def _wall_s(options: Options, home: Home, lesson: Lesson, handed_in: Cohort) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-grading-") as name:
        store = Store(Path(name, FILE))
        started = time.monotonic()
        lost = Grading(home, store, options).grade(handed_in, [lesson])
        wall = time.monotonic() - started
        store.close()
    if lost:
        raise SystemExit(f"{len(lost)} were not graded: {lost[0].trouble}")
    return wall


def memory(tier: str, count: int = MANY) -> str:
    """Grade many submissions with one pair of workers, and look at the memory on the way."""
    lines = [
        f"## Memory of the grader: {count} gradings, one pair of workers",
        "",
        "| gradings | judge, MiB | workers, MiB |",
        "| --- | --- | --- |",
    ]
    with Pair(Options(tier)) as pair:
        expectation = pair.expect(LESSON, HOME, 1)
        for number, text in enumerate(texts(count), 1):
            submission = Submission("ann", LESSON.slug, {"exercise.py": text.encode()})
            pair.grade(expectation, submission)
            if number % max(count // LOOKS, 1) == 0:
                resting = [pid for one in (pair.points, pair.feedback) for pid in _below(one)]
                shown = f"{_mib(os.getpid()):.0f} | {sum(map(_mib, resting)):.0f}"
                lines.append(f"| {number} | {shown} |")
                sys.stderr.write(f"{lines[-1]}\n")
    return "\n".join(lines)


def _below(worker: Worker) -> list[int]:
    """Return the processes of a worker that rest between two gradings."""
    word = os.fsencode(worker._folder)  # what its processes are named by
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue  # it has ended
    return found


def _mib(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def dask(tier: str) -> str:
    """Grade a cohort with two local workers, and as shards on a Dask cluster of two."""
    from distributed import LocalCluster  # the extra `cluster`

    home = find_home()
    lesson = load_lessons(home.lessons)[0]  # the cluster finds the lessons of its own package
    handed_in = _solved(lesson, home)
    local = _wall_s(Options(tier, 2), home, lesson, handed_in)
    with (
        tempfile.TemporaryDirectory(prefix="bench-grading-") as name,
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        store = Store(Path(name, FILE))
        address = cluster.scheduler_address.replace("tcp://", scheduler.PREFIX)
        started = time.monotonic()
        lost = scheduler.grade(address, handed_in, [lesson], Grading(home, store, Options(tier)))
        wall = time.monotonic() - started
        store.close()
    return "\n".join(
        [
            f"## Grading on Dask: {SIZE} submissions of lesson 00, shards of {scheduler.SIZE}",
            "",
            "| where | seconds | not graded | overhead |",
            "| --- | --- | --- | --- |",
            f"| two local workers | {local:.1f} | 0 | |",
            f"| a Dask cluster of two | {wall:.1f} | {len(lost)} | {wall / local - 1:.0%} |",
        ]
    )


def _solved(lesson: Lesson, home: Home) -> Cohort:
    texts_of = solution(lesson, home)
    learners = tuple(Learner(f"learner-{number:03}") for number in range(SIZE))
    handed_in = tuple(
        Submission(
            who.key, lesson.slug, {n: f"{t}# {who.key}\n".encode() for n, t in texts_of.items()}
        )
        for who in learners
    )
    return Cohort(learners, handed_in)


PARTS = {"workers": workers, "dask": dask, "memory": memory}


def main() -> None:
    """Measure what is named, print it, and write its sections."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("part", nargs="*", help=f"{', '.join(PARTS)}; all, when none is named")
    named = parser.parse_args().part or list(PARTS)
    if unknown := [name for name in named if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    for name in named:
        text = PARTS[name](tiers.best().tier)
        sys.stdout.write(f"{text}\n\n")
        write_section(f"grading_{name}", text)


if __name__ == "__main__":
    main()
