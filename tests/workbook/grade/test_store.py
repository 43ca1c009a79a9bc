"""What was graded stays, what was decided stays, and what must be forgotten goes."""

import sqlite3

import pytest

from workbook.grade.compare import changes
from workbook.grade.marks import Mark, Receipt, TaskMark
from workbook.grade.store import FILE, Override, Result, Store, StoreError
from workbook.grade.submissions import Learner, Submission

ANN, BOB = Learner("ann", "Ann"), Learner("bob", "Bob")
LESSON = "02_repository"


def mark(*outcomes, verdict="failed"):
    """Return a mark with one point for each task."""
    tasks = [TaskMark(n, f"2.{n}", "x", outcome, 1.0) for n, outcome in enumerate(outcomes, 1)]
    return Mark(LESSON, verdict, tuple(tasks))


def receipt(submission="s", **more):
    """Return a receipt."""
    values = {"lesson": "l", "versions": "v", "grader": "1", "tier": "T1", "seed": 1, "limits": ""}
    return Receipt(submission, **values | more)


def result(learner=ANN, text=b"x = 1", found=None, **more):
    """Return a graded submission."""
    submission = Submission(learner.key, LESSON, {"exercise.py": text})
    return Result(
        learner, submission, found or mark("earned", "missed"), receipt(submission.digest, **more)
    )


@pytest.fixture
def store(tmp_path, open_store):
    """An empty store."""
    return open_store(tmp_path / FILE)


def entry(store, learner="ann"):
    """Return the only entry of a learner."""
    (found,) = [entry for entry in store.entries() if entry.learner.key == learner]
    return found


def test_a_mark_comes_back_whole(store):
    """A page that is made tomorrow must say what was graded today."""
    saved = result()

    store.save(saved)

    found = entry(store)
    assert (found.mark, found.receipt) == (saved.mark, saved.receipt)
    assert found.files == {"exercise.py": "x = 1"}


def test_a_mark_is_found_by_its_receipt_and_by_nothing_else(store):
    """Another version of a library can be another mark."""
    saved = result()
    store.save(saved)

    assert store.mark(saved.receipt) == saved.mark
    for change in ({"tier": "T2"}, {"versions": "w"}, {"seed": 2}, {"limits": "more"}):
        assert store.mark(result(**change).receipt) is None


def test_a_seed_is_made_once(store, tmp_path, open_store):
    """Two equal solutions must meet the same hidden data, also after a restart."""
    seed = store.seed(LESSON)

    again = open_store(tmp_path / FILE)

    assert again.seed(LESSON) == seed


def test_a_submission_that_is_handed_in_again_replaces_the_one_before(store):
    """The gradebook shows one row."""
    store.save(result(text=b"first"))
    store.save(result(text=b"second", found=mark("earned", "earned", verdict="ok")))

    assert entry(store).verdict == "ok"


def test_what_a_person_decided_survives_grading_again(store):
    """Nobody argues with a machine twice."""
    store.save(result())
    store.override("ann", Override(LESSON, 2, 0.5, "B. Otter", "right, but slow"))
    store.save(result(text=b"again"))

    found = entry(store)

    assert found.earned == 1.5
    assert [(o.author, o.reason) for o in found.overrides] == [("B. Otter", "right, but slow")]


def test_the_last_decision_about_the_same_counts(store):
    """Points do not add up by deciding often."""
    store.save(result())
    for points in (0.5, 0.75):
        store.override("ann", Override(LESSON, 2, points, "B. Otter", "seen again"))

    assert entry(store).earned == 1.75


def test_a_decision_about_the_lesson_counts_more_than_about_a_task(store):
    """It is the whole that was decided."""
    store.save(result())
    store.override("ann", Override(LESSON, 2, 1, "B. Otter", "seen"))
    store.override("ann", Override(LESSON, None, 0, "B. Otter", "copied"))

    assert entry(store).earned == 0


def test_forgetting_leaves_nothing_in_the_file(store, tmp_path):
    """Erased means: not in the file, not in its journal."""
    store.save(result(text=b"# my address is Elm Street 5"), result(BOB, b"# bob"))
    store.override("ann", Override(LESSON, None, 1, "B. Otter", "ill in week 3"))

    store.forget("ann")

    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [learner.key for learner in store.learners()] == ["bob"]
    for text in (b"Elm Street", b"ill in week 3", b"ann"):
        assert text not in left


def test_forgetting_one_of_two_with_the_same_files_keeps_the_others_mark(store):
    """Twins share a mark."""
    store.save(result(), result(BOB))

    store.forget("ann")

    assert entry(store, "bob").mark is not None


def test_forgetting_a_stranger_is_refused(store):
    """A typing mistake must not look like a success."""
    with pytest.raises(StoreError, match="no learner 'zoe'"):
        store.forget("zoe")


def test_a_file_that_is_no_store_is_one_clear_line(tmp_path):
    """It may be the wrong file, or a damaged one."""
    (tmp_path / FILE).write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path / FILE)


def test_a_store_of_another_version_is_not_touched(tmp_path):
    """Results of last year must not be half rewritten."""
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(StoreError, match="another version"):
        Store(tmp_path / FILE)


def test_a_part_with_another_seed_is_refused(store, tmp_path, open_store):
    """Marks on different hidden data do not belong into one gradebook."""
    store.set_seed(LESSON, 1)
    open_store(tmp_path / "part.sqlite").set_seed(LESSON, 2)

    with pytest.raises(StoreError, match="another seed"):
        store.absorb(tmp_path / "part.sqlite")


def test_a_difference_is_explained(store, tmp_path, open_store):
    """`diff` says whether the learner, the lesson or a version changed."""
    store.save(result())
    after = open_store(tmp_path / "after.sqlite")
    after.save(result(found=mark("earned", "earned", verdict="ok"), versions="w"))

    (change,) = changes(store, after)

    assert (change.before, change.after) == ("failed 1", "ok 2")
    assert change.why == "another versions"
