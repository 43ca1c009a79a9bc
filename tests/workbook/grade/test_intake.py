"""Whatever a folder holds, each learner gets a clear row, and nobody else's file is read."""

import os
import sys
import unicodedata

import pytest

from tests.workbook.grade.conftest import HOME, lesson, texts
from workbook.grade.files import DEEPEST, MOST_ENTRIES
from workbook.grade.intake import IntakeError, read_folder
from workbook.grade.people import Roster
from workbook.grade.submissions import Learner

GOOD = texts("02", "solution")["exercise.py"]
SLUG = "02_repository"


def put(folder, path, data=GOOD):
    """Write a file and the folders above it."""
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def read(folder, *numbers, **options):
    """Return what is read for these lessons, by learner and lesson."""
    lessons = [lesson(number) for number in numbers or ("02",)]
    cohort = read_folder(folder, lessons, HOME, **options)
    return {(s.learner, s.lesson[:2]): s for s in cohort.submissions}


@pytest.mark.parametrize(
    "path",
    [
        "ann/02_repository/exercise.py",
        "ann/lessons/02_repository/exercise.py",
        "ann/my work/lessons/02_repository/exercise.py",
        "ann/2/exercise.py",
        "ann/02_repository.py",
        "ann/exercise.py",
    ],
)
def test_a_file_is_found_where_people_put_it(tmp_path, path):
    """Nobody should lose points for a folder too many."""
    put(tmp_path, path)

    found = read(tmp_path)["ann", "02"]

    assert (found.state, found.files) == ("", {"exercise.py": GOOD})


def test_the_bytes_are_the_bytes(tmp_path):
    """What an instructor sees in the file is what runs."""
    odd = b"\xef\xbb\xbf# odd\r\n" + GOOD

    put(tmp_path, f"ann/{SLUG}/exercise.py", odd)

    assert read(tmp_path)["ann", "02"].files["exercise.py"] == odd


def test_nothing_else_is_taken_and_all_of_it_is_named(tmp_path):
    """A planted configuration is the oldest trick; an instructor wants to know of it."""
    put(tmp_path, f"ann/{SLUG}/exercise.py")
    planted = ["conftest.py", "pyproject.toml", "exercise.pyc", "sqlalchemy/__init__.py"]
    for name in planted:
        put(tmp_path, f"ann/{SLUG}/{name}", b"x = 1")

    found = read(tmp_path)["ann", "02"]

    assert list(found.files) == ["exercise.py"]
    assert all(name in " ".join(found.notes) for name in planted)


BAD = {
    "empty": (b" \n", "it is empty"),
    "zero bytes": (b"x = 1\0", "zero bytes"),
    "latin-1": ("# Jos\u00e9".encode("latin-1"), "not UTF-8"),
    "utf-16": ("x = 1".encode("utf-16"), "zero bytes"),
    "too large": (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_run_is_rejected_with_its_reason(tmp_path, name):
    """A zero without a reason is a question that the instructor cannot answer."""
    data, reason = BAD[name]
    put(tmp_path, f"ann/{SLUG}/exercise.py", data)

    found = read(tmp_path)["ann", "02"]

    assert found.state == "rejected"
    assert reason in found.problem


def test_nothing_handed_in_is_no_rejection(tmp_path):
    """A person who forgot one lesson has a row for it."""
    put(tmp_path, f"ann/{SLUG}/exercise.py")

    assert read(tmp_path, "02", "05")["ann", "05"].state == "not-submitted"


def test_a_second_file_is_the_starters_when_it_is_missing(tmp_path):
    """Somebody who handed in one of two files is graded for that one."""
    put(tmp_path, "ann/01_models/exercise.py", texts("01", "solution")["exercise.py"])

    found = read(tmp_path, "01")["ann", "01"]

    assert found.files["engine.py"] == texts("01", "starter")["engine.py"]
    assert any("engine.py" in note for note in found.notes)


def test_two_different_files_for_one_lesson_are_a_question(tmp_path):
    """Choosing one of them would be a guess about somebody's points."""
    put(tmp_path, f"ann/{SLUG}/exercise.py")
    put(tmp_path, f"ann/old/{SLUG}/exercise.py", b"x = 1")

    assert "more than one file" in read(tmp_path)["ann", "02"].problem


def test_the_same_file_twice_is_no_question(tmp_path):
    """A copy harms nobody."""
    put(tmp_path, f"ann/{SLUG}/exercise.py")
    put(tmp_path, f"ann/old/{SLUG}/exercise.py")

    assert read(tmp_path)["ann", "02"].state == ""


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_named_and_never_followed(tmp_path):
    """A link to the solutions, or to /etc/passwd, must not become a submission."""
    secret = tmp_path / "secret.py"
    secret.write_bytes(GOOD)
    folder = tmp_path / "handed" / "ann" / SLUG
    folder.mkdir(parents=True)
    (folder / "exercise.py").symlink_to(secret)
    (tmp_path / "handed" / "bob").symlink_to(tmp_path)

    found = read(tmp_path / "handed")

    assert found["ann", "02"].problem == f"{SLUG}/exercise.py: a link, which is not followed"
    assert ("bob", "02") not in found


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in folders there")
def test_a_pipe_does_not_stop_the_intake(tmp_path):
    """open() of a pipe waits for ever for somebody to write."""
    (tmp_path / "ann" / SLUG).mkdir(parents=True)
    os.mkfifo(tmp_path / "ann" / SLUG / "exercise.py")

    assert "not a regular file" in read(tmp_path)["ann", "02"].problem


def test_a_folder_named_like_the_file_is_no_file(tmp_path):
    """It is named, and nothing breaks."""
    (tmp_path / "ann" / SLUG / "exercise.py").mkdir(parents=True)

    assert read(tmp_path)["ann", "02"].state == "not-submitted"


def test_a_crowd_of_files_is_cut_off(tmp_path):
    """Ten thousand files must not cost the others their evening."""
    (tmp_path / "ann" / "many").mkdir(parents=True)
    for number in range(MOST_ENTRIES + 5):
        (tmp_path / "ann" / "many" / f"{number}.txt").touch()
    put(tmp_path, "bob/exercise.py")

    found = read(tmp_path)

    assert found["ann", "02"].state == "not-submitted"
    assert found["bob", "02"].state == ""


def test_a_deep_tree_is_cut_off(tmp_path):
    """Neither a long path nor a deep recursion may stop the intake."""
    deep = "/".join(["d"] * (DEEPEST + 3))
    put(tmp_path, f"ann/{deep}/exercise.py")

    notes = " ".join(read(tmp_path)["ann", "02"].notes)

    assert "too many folders inside each other" in notes


@pytest.mark.skipif(sys.platform != "linux", reason="other systems make one folder of them")
@pytest.mark.parametrize(
    "names",
    [
        ("Ann", "ann"),
        (unicodedata.normalize("NFC", "Jos\u00e9"), unicodedata.normalize("NFD", "Jos\u00e9")),
    ],
    ids=["case", "accents"],
)
def test_learners_that_cannot_be_told_apart_are_both_rejected(tmp_path, names):
    """One of them would get the other one's points."""
    for name in names:
        put(tmp_path, f"{name}/exercise.py")

    found = read(tmp_path)

    assert len(found) == 1
    assert "2 learners with the same name" in next(iter(found.values())).problem


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
@pytest.mark.parametrize("name", ["\x1b[2Jann", "ann\u202egpj", "=cmd", "ann\nbob", "\udcff"])
def test_a_hostile_name_becomes_a_harmless_key(tmp_path, name):
    """A learner's name is the first text of a submission that a terminal shows."""
    put(tmp_path, f"{name}/exercise.py")

    ((key, _), found), *_ = read(tmp_path).items()

    assert found.state == ""
    assert key.isprintable()
    key.encode()


def test_people_of_the_roster_who_handed_in_nothing_have_a_row(tmp_path):
    """An empty row is found; a missing row is not."""
    put(tmp_path, "ann/exercise.py")

    found = read(tmp_path, roster=Roster((Learner("ann", "Ann"), Learner("zoe", "Zoe"))))

    assert [(key, s.state) for (key, _), s in found.items()] == [
        ("ann", ""),
        ("zoe", "not-submitted"),
    ]


def test_a_loose_file_is_named(tmp_path):
    """It belongs to nobody, so it cannot be graded; saying nothing would lose it."""
    put(tmp_path, "ann/exercise.py")
    put(tmp_path, "exercise.py")

    cohort = read_folder(tmp_path, [lesson("02")], HOME)

    assert cohort.notes == ("not a learner's folder: exercise.py",)


@pytest.mark.parametrize("what", ["nothing", "empty"])
def test_nothing_to_grade_is_one_clear_line(tmp_path, what):
    """A wrong path is the most frequent mistake of all."""
    folder = tmp_path / "no such folder" if what == "nothing" else tmp_path

    with pytest.raises(IntakeError, match="folder"):
        read_folder(folder, [lesson("02")], HOME)
