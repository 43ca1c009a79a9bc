"""A cohort as an instructor grades it: one command, a gradebook, and nothing lost."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.workbook.grade.attacks import ATTACKS
from tests.workbook.grade.conftest import HOME, LESSONS, lesson, texts
from tests.workbook.grade.test_probes import alternatives, misconceptions
from workbook.derive import starter
from workbook.grade import gradebook, scheduler, shards
from workbook.grade.grading import Grading
from workbook.grade.intake import read_folder
from workbook.grade.pair import Options
from workbook.grade.store import FILE, Store
from workbook.grade.workers import Limits

pytestmark = pytest.mark.usefixtures("tier")
KILLED = -9


def put(folder, learner, name, files):
    """Hand in the files of a lesson."""
    target = folder / learner / lesson(name).slug
    target.mkdir(parents=True)
    for file, data in files.items():
        (target / file).write_bytes(data if isinstance(data, bytes) else data.encode())


def workbook(*arguments, **options):
    """Return the finished command."""
    command = [sys.executable, "-m", "workbook", "grade", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=HOME.root, check=False, **options
    )


def points(out):
    """Return points and verdict by learner and lesson, from the gradebook."""
    rows = csv.DictReader((out / gradebook.CSV).read_text("utf-8").splitlines())
    return {
        (row["learner"], one.slug[:2]): (float(row[one.slug] or 0), row[f"{one.slug} verdict"])
        for row in rows
        for one in LESSONS
        if f"{one.slug} verdict" in row
    }


@pytest.fixture
def cohort(tmp_path):
    """Four learners and one lesson: all right, half right, nothing done, nothing handed in."""
    folder = tmp_path / "submissions"
    put(folder, "ann", "00", texts("00", "solution"))
    put(folder, "bob", "00", starter(lesson("00"), HOME, {1, 3}))
    put(folder, "cy", "00", texts("00", "starter"))
    (folder / "dee").mkdir()
    return folder


EXPECTED = {
    ("ann", "00"): (8, "ok"),
    ("bob", "00"): (2, "failed"),
    ("cy", "00"): (0, "failed"),
    ("dee", "00"): (0, "not-submitted"),
}


def test_one_command_makes_the_gradebook(cohort, tmp_path):
    """This is what the whole package is for."""
    out = tmp_path / "out"

    done = workbook(cohort, "--lessons", "00", "--out", out, "--jobs", 1)

    assert done.returncode == 0, done.stderr
    assert points(out) == EXPECTED
    assert "1 ok" in done.stdout


@pytest.mark.thorough
def test_what_is_known_is_not_graded_again(cohort, tmp_path):
    """The second evening costs what changed since the first."""
    out = tmp_path / "out"
    workbook(cohort, "--lessons", "00", "--out", out)
    before = (out / gradebook.CSV).read_bytes()
    (cohort / "cy" / lesson("00").slug / "exercise.py").write_bytes(
        texts("00", "solution")["exercise.py"] + b"# late\n"
    )

    done = workbook(cohort, "--lessons", "00", "--out", out, "--resume")

    assert done.stderr.count("(known)") == 2
    assert points(out) == EXPECTED | {("cy", "00"): (8, "ok")}
    assert (out / gradebook.CSV).read_bytes() != before


def test_json_says_why(cohort, tmp_path):
    """A script reads tasks, evidence and the receipt; a second run knows all of them."""
    workbook(cohort, "--lessons", "00", "--out", tmp_path / "out")

    done = workbook(cohort, "--lessons", "00", "--out", tmp_path / "out", "--json")

    assert done.stderr.count("(known)") == 3
    document = json.loads(done.stdout)
    bob = next(r for r in document["results"] if r["learner"] == "bob")
    assert [task["outcome"] for task in bob["tasks"]].count("earned") == 2
    assert bob["receipt"]["tier"] in ("T1", "T2", "T3")
    assert bob["receipt"]["seed"] > 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("no such folder",), "does not exist"),
        ((".", "--lessons", "77"), "no lesson '77'"),
        ((".", "--resume", "--out", "nowhere"), "--resume: "),
        (("run", ".", "--shard", "5/4"), "write I/N"),
        (("merge", "."), "no graded shards"),
        (("forget", "ann", "--out", "."), "no results in"),
    ],
)
def test_wrong_use_is_one_clear_line(arguments, says):
    """An instructor's typing mistake is no traceback."""
    done = workbook(*arguments)

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def kill_after(count, arguments):
    """Start the command; kill -9 it when it has graded `count` submissions."""
    command = [sys.executable, "-m", "workbook", "grade", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=HOME.root) as process:
        for line in process.stderr:
            count -= "(known)" not in line and "not-submitted" not in line
            if count == 0:
                process.send_signal(signal.SIGKILL)
                break
        process.stderr.read()
    return process.returncode


@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_a_killed_run_goes_on_where_it_was(cohort, tmp_path):
    """Power cuts come at the end of the semester."""
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = ["--lessons", "00", "--jobs", 1]

    assert kill_after(2, [cohort, "--out", broken, *options]) == KILLED
    done = workbook(cohort, "--out", broken, *options)

    workbook(cohort, "--out", whole, *options)
    assert points(broken) == points(whole) == EXPECTED
    assert "(known)" in done.stderr


@pytest.fixture
def graded(tmp_path, tier, open_store):
    """Grades a folder, and returns the store."""

    def grade(folder, lessons):
        store = open_store(tmp_path / "single" / FILE)
        grading = Grading(HOME, store, Options(tier, 1, Limits(timeout_s=60)))
        assert grading.grade(read_folder(folder, lessons, HOME), lessons) == []
        return store

    return grade


def book(store, lessons):
    """Return the rows of the gradebook."""
    return [list(row) for row in gradebook.rows(store.entries(), lessons)]


def test_merged_shards_are_a_single_run(cohort, graded, tmp_path, tier, open_store):
    """Many machines must not be another way to be graded."""
    lessons = [lesson("00")]
    single = graded(cohort, lessons)
    options = Options(tier, 1, Limits(timeout_s=60))
    merged = open_store(tmp_path / "merged" / FILE)
    planned = shards.plan(read_folder(cohort, lessons, HOME), single, options, 2)

    for number, data in enumerate(planned, 1):
        part = tmp_path / shards.name_of(number, 2, "sqlite")
        assert shards.run(json.loads(json.dumps(data)), lessons, HOME, part, jobs=1) == []
        shards.merge([part], merged)

    assert book(merged, lessons) == book(single, lessons)


@pytest.mark.thorough
def test_a_plan_is_run_and_merged_by_commands(cohort, tmp_path):
    """What a workflow of a continuous integration types."""
    plan, out = tmp_path / "plan", tmp_path / "out"

    assert workbook("plan", cohort, plan, "--shards", 2, "--lessons", "00").returncode == 0
    for number in (1, 2):
        assert workbook("run", plan, "--shard", f"{number}/2").returncode == 0
    done = workbook("merge", plan, "--out", out, "--lessons", "00")

    assert done.returncode == 0, done.stderr
    assert points(out) == EXPECTED


@pytest.mark.thorough
def test_a_dask_cluster_is_a_single_run(cohort, graded, tier, open_store, give_up):
    """Threads of a cluster's worker must not disturb what forks."""
    if not find_spec("distributed"):
        give_up("Dask is missing: pip install 'unit-of-workbook[cluster]'")
    import distributed

    lessons = [lesson("00")]
    single = graded(cohort, lessons)
    store = open_store(single.path.with_name("dask.sqlite"))
    store.set_seed(lessons[0].slug, single.seed(lessons[0].slug))
    grading = Grading(HOME, store, Options(tier, 1, Limits(timeout_s=60)))

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        lost = scheduler.grade(address, read_folder(cohort, lessons, HOME), lessons, grading)

    assert lost == []
    assert book(store, lessons) == book(single, lessons)


def everybody(folder, lessons):
    """Hand in submissions of all kinds; return what each may get: least, most."""
    bounds = {}

    def hand_in(learner, name, files, least, most):
        put(folder, learner, name, files)
        bounds[learner, name] = (least, most)

    for one in lessons:
        number, full = one.slug[:2], len(one.tasks)
        hand_in("right", number, texts(number, "solution"), full, full)
        hand_in("given", number, texts(number, "starter"), 0, 0)
        for task in one.tasks:
            solved = needed(one, task.number)
            files = starter(one, HOME, solved)
            hand_in(f"only-{task.number}", number, files, len(solved), len(solved))
        for name, files in alternatives(one):
            hand_in(f"other-{name}", number, files, full, full)
        for wrong, files in misconceptions(one):
            hand_in(f"wrong-{wrong.slug}", number, files, 0, full - 1)
    numbers = {one.slug[:2] for one in lessons}
    for attack in (a for a in ATTACKS if a.lesson in numbers and not a.hangs):
        files = texts(attack.lesson, attack.base)
        files["exercise.py"] += b"\n\n\n" + attack.code.encode("utf-8", "surrogatepass") + b"\n"
        hand_in(f"attack-{attack.name}", attack.lesson, files, 0, attack.deserved)
    return bounds


def needed(one, number):
    """Return a task, everything that it needs, and what is green with these: it has no hole."""
    found = {number}
    for need in one.task(number).needs:
        found |= needed(one, need)
    return found | {t.number for t in one.tasks if not t.holes and found.issuperset(t.needs)}


@pytest.mark.thorough
def test_everybody_gets_the_expected_points_also_after_ten_kills(tmp_path):
    """About 200 submissions, right, wrong and hostile; killed ten times and resumed."""
    bounds = everybody(tmp_path / "submissions", LESSONS[:6])

    found, whole = interrupted_and_whole(tmp_path, LESSONS[:6], kills=10)

    assert len(bounds) > 180
    for key, (least, most) in bounds.items():
        assert least <= found[key][0] <= most, (key, found[key])
    assert found == whole


def interrupted_and_whole(folder, lessons, kills):
    """Return the gradebooks of a run that was killed, and of one that was not."""
    numbers = ",".join(one.slug[:2] for one in lessons)
    options = ["--jobs", 2, "--timeout-s", 60, "--lessons", numbers]
    handed_in, out, whole = (folder / name for name in ("submissions", "out", "whole"))
    dice = random.Random(7)
    for _ in range(kills):
        kill_after(dice.randrange(2, 12), [handed_in, "--out", out, *options])
    workbook(handed_in, "--out", out, *options)
    store, single = Store(out / FILE), Store(whole / FILE)
    for one in lessons:
        single.set_seed(one.slug, store.seed(one.slug))
    store.close()
    single.close()
    workbook(handed_in, "--out", whole, *options)
    return points(out), points(whole)
