"""Archives and names as the platforms make them; and those that somebody made to do harm."""

import io
import stat
import tarfile
import zipfile

import pytest

from tests.workbook.grade.conftest import HOME, lesson, texts
from tests.workbook.grade.test_intake import GOOD, SLUG, put, read
from workbook.grade.archives import ArchiveError, Limits, members
from workbook.grade.intake import IntakeError, read_folder
from workbook.grade.people import Named, Roster, RosterError, read_name, read_roster

SMALL = Limits(total=1 << 20, file=1 << 18, entries=50)


def zipped(files):
    """Return a zip of these files; a name may be a ZipInfo."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return file.getvalue()


def tarred(files, mode="w:gz"):
    """Return a tar of these files; a name may be a TarInfo."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, data in files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


OWN = [(f"lessons/{SLUG}/exercise.py", GOOD)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("ann.zip", zipped(OWN)),
        ("ann.tar", tarred(OWN, "w")),
        ("ann.tar.gz", tarred(OWN)),
        ("ann.tgz", tarred(OWN)),
        ("ann.tar.bz2", tarred(OWN, "w:bz2")),
        ("ann.tar.xz", tarred(OWN, "w:xz")),
        ("ann/work.zip", zipped(OWN)),
        ("ann.py", GOOD),
    ],
)
def test_an_archive_is_read_like_a_folder(tmp_path, name, data):
    """People hand in whatever their computer made of their folder."""
    put(tmp_path, name, data)

    assert read(tmp_path)["ann", "02"].files == {"exercise.py": GOOD}


@pytest.mark.parametrize("around", ["", "week 3/"])
@pytest.mark.parametrize("make", [zipped, tarred])
def test_one_archive_can_hold_everybody(tmp_path, make, around):
    """A platform's download is one file, and may have a folder around all of it."""
    path = tmp_path / ("all.zip" if make is zipped else "all.tgz")
    path.write_bytes(
        make(
            [
                (f"{around}ann/{SLUG}/exercise.py", GOOD),
                (f"{around}bob.zip", zipped(OWN)),
                (f"{around}cy_77_assignsubmission_file_/exercise.py", GOOD),
            ]
        )
    )

    found = read(path)

    assert [key for key, _ in found] == ["ann", "bob", "cy_77"]
    assert all(s.files == {"exercise.py": GOOD} for s in found.values())


PLATFORMS = {
    "ableann_101_9001_exercise.py": Named("ableann", "101", "", "exercise.py"),
    "ableann_LATE_101_9001_exercise-2.py": Named("ableann", "101", "yes", "exercise.py"),
    "Ann Able_4711_assignsubmission_file_": Named("Ann Able", "4711"),
    "Ann Able_4711_assignsubmission_file_exercise.py": Named("Ann Able", "4711", "", "exercise.py"),
    "ann": Named("ann"),
    "week-1-ann-able": Named("ann-able"),
}


@pytest.mark.parametrize("name", PLATFORMS)
def test_names_of_canvas_moodle_and_classroom_are_understood(name):
    """The person and the number in a name are what a gradebook is matched by."""
    assert read_name(name, "week-1-submissions") == PLATFORMS[name]


def test_several_files_of_one_person_belong_together(tmp_path):
    """Canvas puts everybody's files side by side."""
    one = texts("01", "solution")
    for file, data in one.items():
        put(tmp_path, f"ableann_LATE_101_90_{file}", data)

    found = read(tmp_path, "01")["ableann_101", "01"]

    assert (found.files, found.late) == (one, "yes")


def test_a_loose_file_is_found_by_what_it_defines(tmp_path):
    """Nothing in `exercise.py` says which lesson it is for, but its classes and functions."""
    for learner, number in (("ann", "00"), ("bob", "02"), ("cy", "05")):
        put(tmp_path, f"{learner}/exercise.py", texts(number, "starter")["exercise.py"])
    put(tmp_path, "dee/exercise.py", b"x = 1")

    found = read(tmp_path, "00", "02", "05")

    taken = [key for key, submission in found.items() if submission.files]
    assert taken == [("ann", "00"), ("bob", "02"), ("cy", "05")]
    assert "ignored: exercise.py" in " ".join(found["dee", "02"].notes)


def test_a_whole_clone_is_read_by_its_lessons(tmp_path):
    """The solutions that came with it are no second submission."""
    put(tmp_path, f"ann/lessons/{SLUG}/exercise.py")
    put(tmp_path, f"ann/solutions/{SLUG}/exercise.py", b"# other")
    put(tmp_path, f"ann/starters/{SLUG}/exercise.py", b"# other")

    assert read(tmp_path)["ann", "02"].files == {"exercise.py": GOOD}


def test_hints_in_the_learners_own_file_are_shown(tmp_path):
    """Shown, never counted: a hint is there to be read."""
    put(tmp_path, f"ann/lessons/{SLUG}/exercise.py")
    put(tmp_path, "ann/.workbook/progress.toml", b'[hints]\n"2.1" = 3\n"2.4" = 1\n"5.1" = 2\n')
    put(tmp_path, f"bob/lessons/{SLUG}/exercise.py")
    put(tmp_path, "bob/.workbook/progress.toml", b'[hints]\n"2.1\\u001b[2J" = 3\n[[[')

    found = read(tmp_path)

    assert found["ann", "02"].notes == ("hints opened: 2.1 to level 3, 2.4 to level 1",)
    assert found["bob", "02"].notes == ()


def link(name):
    """Return a link inside a zip."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def device(name, kind, target=""):
    """Return a member of a tar that is no file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


HOSTILE = {
    "slip": (zipped([("../../bob/exercise.py", GOOD)]), ".zip", "leads out of the archive"),
    "absolute": (tarred([("/etc/exercise.py", GOOD)]), ".tgz", "leads out of the archive"),
    "drive": (zipped([("C:\\exercise.py", GOOD)]), ".zip", "leads out of the archive"),
    "link": (zipped([(link("exercise.py"), b"/etc/passwd")]), ".zip", "a link or a device"),
    "tar link": (
        tarred([(device("exercise.py", tarfile.SYMTYPE, "/etc/passwd"), b"")]),
        ".tgz",
        "a link or a device",
    ),
    "pipe": (
        tarred([(device("exercise.py", tarfile.FIFOTYPE), b"")]),
        ".tgz",
        "a link or a device",
    ),
    "large": (zipped([("exercise.py", b"#" * (1 << 21))]), ".zip", "larger than 1 MiB"),
    "broken": (zipped(OWN)[:-30], ".zip", "cannot be unpacked"),
    "cut": (tarred(OWN)[:-60], ".tgz", "cannot be unpacked"),
    "no zip": (b"PK\x03\x04 or not", ".zip", "cannot be unpacked"),
    "nothing": (b"", ".tar.xz", "cannot be unpacked"),
    "nested": (zipped([("a.zip", zipped(OWN))]), ".zip", "an archive inside an archive"),
    "crowd": (zipped([(f"{n}.txt", b"") for n in range(2100)]), ".zip", "more than 2000 files"),
    "other kind": (b"Rar!", ".rar", "hand in a zip"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_a_clear_row_and_its_neighbour_is_graded(tmp_path, name):
    """Nothing is written to a disk, and one learner cannot stop the others."""
    data, ending, says = HOSTILE[name]
    folder = tmp_path / "submissions"
    put(folder, f"ann/work{ending}", data)
    put(folder, "bob/exercise.py")

    found = read(folder)

    said = " ".join((found["ann", "02"].problem, *found["ann", "02"].notes))
    assert says in said
    assert not found["ann", "02"].files
    assert found["bob", "02"].state == ""
    assert [path.name for path in tmp_path.iterdir()] == ["submissions"]


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.tar.gz"])
def test_a_bomb_ends_at_its_limit(name):
    """A megabyte can unpack to a gigabyte: what counts is what comes out."""
    many = [(f"{n}.py", b"\0" * (1 << 18)) for n in range(40)]
    data = zipped(many) if name.endswith("zip") else tarred(many)
    assert len(data) < 1 << 17

    with pytest.raises(ArchiveError, match="more than 1 MiB when unpacked"):
        list(members(io.BytesIO(data), name, lambda _: True, SMALL))


def test_a_lie_about_a_size_gains_nothing():
    """What an archive says about itself is a claim: this one says that its file has 5 bytes."""
    data = bytearray(zipped(OWN))
    place = data.find(b"PK\x01\x02") + 24
    data[place : place + 4] = (5).to_bytes(4, "little")

    with pytest.raises(ArchiveError, match="cannot be unpacked"):
        list(members(io.BytesIO(bytes(data)), "x.zip", lambda _: True, SMALL))


def test_an_encrypted_file_is_named(tmp_path):
    """Nobody can be asked for a password at night."""
    data = bytearray(zipped(OWN))
    for place in (data.find(b"PK\x03\x04") + 6, data.find(b"PK\x01\x02") + 8):
        data[place] |= 1
    put(tmp_path, "ann.zip", bytes(data))

    assert "it is encrypted" in read(tmp_path)["ann", "02"].problem


@pytest.mark.parametrize("name", ["notes.txt", "all.zip"])
def test_a_wrong_file_in_place_of_a_folder_is_one_line(tmp_path, name):
    """An instructor may type the name of the wrong download."""
    put(tmp_path, name, b"no archive")

    with pytest.raises(IntakeError, match=name):
        read_folder(tmp_path / name, [lesson("02")], HOME)


def roster(tmp_path, text, encoding="utf-8"):
    """Return what a roster says."""
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return read_roster(path)


@pytest.mark.parametrize(
    "raw", ["ann", "ableann_101_9_exercise.py", "Ann Able_101_assignsubmission_file_", "hw-1-ann"]
)
def test_a_roster_recognises_a_person_by_any_name(tmp_path, raw):
    """Each platform calls the same person something else."""
    text = "learner,name,email,id\nann,Ann Able,a@x.example,101\nbo,Bo Berg,b@x.example,102\n"
    people = roster(tmp_path, text)
    put(tmp_path / "s", f"{raw}/exercise.py" if "." not in raw else raw)

    found = read(tmp_path / "s", roster=people)

    assert {key: s.state for (key, _), s in found.items()} == {"ann": "", "bo": "not-submitted"}


def test_a_login_is_no_number_of_a_platform(tmp_path):
    """A login may be a number, too: somebody else's on Canvas."""
    people = roster(tmp_path, "login,name\n101,Ann Able\nx-bo,\nbo,\n")

    assert people.find(Named("bergbo", "101")) == ""
    assert people.find(Named("ableann", "7")) == "101"
    assert people.find(Named("week-1-x-bo")) == "x-bo"


def test_a_stranger_is_graded_and_named(tmp_path):
    """Somebody who joined late must not vanish."""
    put(tmp_path / "s", "zoe/exercise.py")
    people = roster(tmp_path, "login;name;late\nann;Ann Able;3\n", "utf-8-sig")

    cohort = read_folder(tmp_path / "s", [lesson("02")], HOME, people)

    assert [s.state for s in cohort.submissions] == ["not-submitted", ""]
    assert cohort.notes == ("not on the roster: zoe",)


def test_the_roster_says_who_is_late(tmp_path):
    """Only the instructor knows about an extension."""
    people = roster(tmp_path, "learner,late\nann,3\nbo,no\n")
    put(tmp_path / "s", "ann/exercise.py")
    put(tmp_path / "s", "bo_LATE_7_8_exercise.py")

    found = read(tmp_path / "s", roster=people)

    assert (found["ann", "02"].late, found["bo", "02"].late) == ("3", "yes")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no column learner"),
        ("learner\nann\nANN\n", "line 3: ann stands there twice"),
        ("learner,name\n,Ann\n", "line 2: nobody is named"),
        ("learner\n\udcff\n", "not UTF-8"),
    ],
)
def test_a_roster_that_cannot_be_used_is_one_line(tmp_path, text, says):
    """A spreadsheet was saved in a wrong way: say where."""
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(RosterError, match=says):
        read_roster(path)


def test_no_roster_is_an_empty_one():
    """Without a roster, everybody who handed in is the cohort."""
    assert Roster().find(Named("ann")) == ""
