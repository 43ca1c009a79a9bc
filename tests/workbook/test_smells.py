"""Each rule finds what it must and nothing else, and no input ends in a traceback."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from ast_grep_py import SgRoot
from click.testing import CliRunner

from workbook.cli import cli
from workbook.curriculum import load_lessons
from workbook.home import find_home
from workbook.smells.catalogue import Smell, smells
from workbook.smells.engine import find_in, search
from workbook.smells.facts import Facts, gather
from workbook.smells.files import LARGEST, Source

SMELLS = smells()
RULES = [
    pytest.param(smell, rule, id=f"{smell.slug}-{number}")
    for smell in SMELLS
    for number, rule in enumerate(smell.rules, 1)
]
GLOBAL = "from sqlalchemy.orm import Session\nsession = Session(engine)\ndef f(): ...\n"


def found(smell, rules, text):
    """Return what these rules of a smell find in a text."""
    source = Source(rules[0].path, text)
    root, facts = SgRoot(text, "python").root(), Facts()
    gather(facts, root, source)
    return list(find_in(Smell(**{**vars(smell), "rules": rules}), source, root, facts))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes files into a folder and runs the command on it."""
    monkeypatch.setenv("WORKBOOK_COMMAND", "workbook")
    monkeypatch.setenv("COLUMNS", "80")

    def run(files, *words):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return CliRunner().invoke(cli, ["smells", str(tmp_path), *words], catch_exceptions=False)

    return run


@pytest.mark.parametrize(("smell", "rule"), RULES)
def test_a_rule_finds_every_invalid_example(smell, rule):
    """What is called a smell is found."""
    assert len(rule.invalid) >= 1
    assert [text for text in rule.invalid if not found(smell, (rule,), text)] == []


@pytest.mark.parametrize(("smell", "rule"), RULES)
def test_a_rule_finds_no_valid_example(smell, rule):
    """A false alarm costs more trust than a finding earns."""
    assert len(rule.valid) >= 2
    assert [text for text in rule.valid if found(smell, (rule,), text)] == []


@pytest.mark.parametrize("smell", [s for s in SMELLS if s.rules], ids=lambda smell: smell.slug)
def test_before_smells_and_after_does_not(smell):
    """The pair that a reader sees is the pair that the rule tells apart."""
    head = "" if smell.number == 3 else "import sqlalchemy\n"
    before, after = (f"{head}{text}\n" for text in (smell.before, smell.after))

    assert found(smell, smell.rules, before)
    assert found(smell, smell.rules, after) == []


def test_every_smell_can_be_found():
    """By a rule, or by a check of the whole project."""
    assert [smell.slug for smell in SMELLS if not smell.rules and not smell.project_check] == []


def test_the_fifteen_are_all_there():
    """Each says what to look for, why it hurts, and which lesson teaches it."""
    assert [smell.number for smell in SMELLS] == list(range(1, 16))
    assert all(smell.look.endswith("?") or "?" in smell.look for smell in SMELLS)
    assert all(smell.why and smell.before and smell.after for smell in SMELLS)
    numbers = {lesson.slug[:2]: lesson.slug for lesson in load_lessons(find_home().lessons)}
    named = {smell.lesson for smell in SMELLS}
    assert [slug for slug in named if numbers.get(slug[:2], slug) != slug] == []


def test_the_application_has_no_smell():
    """What we teach, we do."""
    report = search(find_home().root / "case_tracker")

    assert report.findings == []
    assert report.allowed == []
    assert report.files > 50


def test_a_finding_names_line_reason_and_lesson(project):
    """Whoever reads it can repair it without asking anybody."""
    result = project({"app/state.py": GLOBAL, "app/other.py": "x = 1\n"})

    assert result.exit_code == 1
    assert " 1  A global Session  (global-session)" in result.output
    assert "app/state.py:2" in result.output
    assert "session = Session(engine)" in result.output
    assert "one transaction and one identity map" in result.output
    assert "lesson 27_pools_threads_and_scoped_sessions" in result.output
    assert "1 smell in 2 Python files" in result.output
    assert max(len(line) for line in result.output.splitlines()[:-2]) <= 80


def test_a_clean_project_is_exit_0(project):
    """CI can ask."""
    result = project({"app/state.py": "from sqlalchemy.orm import sessionmaker\n"})

    assert (result.exit_code, "no smell in 1 Python files" in result.output) == (0, True)


def test_json_has_everything(project):
    """A program reads what a person reads."""
    data = json.loads(project({"a.py": GLOBAL, "b.py": b"\xff"}, "--json").output)

    (finding,) = data["findings"]
    assert (finding["path"], finding["line"], finding["number"]) == ("a.py", 2, 1)
    assert finding["why"]
    assert data["unread"][0]["path"] == "b.py"


@pytest.mark.parametrize("place", ["same line", "line above"])
def test_a_reason_allows_a_finding(project, place):
    """The author knows something that no rule can know, and says it where the code is."""
    comment = "# smell-ok: global-session: a script with one thread"
    line = "session = Session(engine)"
    marked = {
        "same line": GLOBAL.replace(line, f"{line}  {comment}"),
        "line above": GLOBAL.replace(line, f"{comment}\n{line}"),
    }

    result = project({"a.py": marked[place]})

    assert result.exit_code == 0
    assert "1 allowed" in result.output


@pytest.mark.parametrize("comment", ["# smell-ok: global-session", "# smell-ok: n-plus-one: why"])
def test_no_reason_or_another_smell_allows_nothing(project, comment):
    """A silence that nobody explains is the next smell."""
    result = project({"a.py": GLOBAL.replace("(engine)", f"(engine)  {comment}")})

    assert result.exit_code == 1
    assert ("smell-ok needs a reason" in result.output) == ("n-plus-one" not in comment)


def test_relationships_and_loops_may_stand_in_two_files(project):
    """The model is in one file, the loop in another: that is why nobody sees it."""
    model = "import sqlalchemy\nclass Case(Base):\n    notes = relationship('Note')\n"
    loop = (
        "import sqlalchemy\ndef page(session):\n"
        "    for case in session.scalars(select(Case)):\n        yield len(case.notes)\n"
    )

    output = project({"app/models.py": model, "app/page.py": loop}).output

    assert "app/page.py:3" in output
    assert "Case.notes is loaded once for each case" in output


def test_tests_on_another_database_are_named(project):
    """The program knows PostgreSQL, and no test does."""
    files = {
        "pyproject.toml": 'dependencies = ["psycopg>=3"]\n',
        "app/db.py": "import sqlalchemy\n",
        "tests/conftest.py": "import sqlalchemy\nengine = create_engine('sqlite://')\n",
    }
    assert "tests/conftest.py:2" in project(files).output

    both = {"tests/test_pg.py": "URL = 'postgresql+psycopg://localhost/test'\n"}
    assert project({**files, **both}).exit_code == 0


def test_tests_whose_database_is_chosen_outside_are_not_named(project):
    """CI may choose PostgreSQL: no rule can know."""
    files = {
        "pyproject.toml": 'dependencies = ["asyncpg"]\n',
        "app/db.py": "import sqlalchemy\n",
        "tests/conftest.py": "import os\nURL = os.getenv('DATABASE_URL', 'sqlite://')\n",
    }

    assert project(files).exit_code == 0


def test_a_program_without_sqlalchemy_has_no_data_access_to_judge(project):
    """session.commit() may belong to anybody."""
    route = "@app.post('/x')\ndef post(session):\n    session.add(1)\n    session.commit()\n"

    assert project({"a.py": route}).exit_code == 0


HOSTILE = {
    "syntax": b"import sqlalchemy\ndef broken(:\n    session.commit(\n",
    "encoding": b"# nothing\nx = '\xff\xfe'\n",
    "cookie": b"# -*- coding: no-such-thing -*-\n",
    "zero": b"import sqlalchemy\x00\n",
    "empty": b"",
    "deep": b"import sqlalchemy\nx = " + b"(" * 50_000 + b")" * 50_000,
    "indented": b"import sqlalchemy\n" + b"".join(b" " * n + b"if x:\n" for n in range(500)),
    "huge": b"import sqlalchemy\n" + b"x = 1\n" * (LARGEST // 6 + 1),
    "long line": b"import sqlalchemy\nx = '" + b"a" * 500_000 + b"'\n",
    "carriage returns": GLOBAL.replace("\n", "\r").encode(),
    "bom": b"\xef\xbb\xbf" + GLOBAL.encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_input_ends_in_a_traceback(project, name):
    """Somebody runs it on a project of another time, written by another program."""
    result = project({"odd.py": HOSTILE[name], "good.py": GLOBAL})

    assert result.exit_code == 1
    assert "good.py:2" in result.output
    unread = "not read: odd.py" in result.output
    assert unread == (name in ("encoding", "cookie", "huge"))


def test_links_pipes_and_folders_that_look_like_files(project, tmp_path):
    """A loop of links ends, a pipe is not waited for, a folder called x.py is a folder."""
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "link.py").symlink_to(tmp_path / "link.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()

    output = project({"good.py": GLOBAL, ".venv/lib/x.py": GLOBAL, "env/pyvenv.cfg": "x"}).output

    assert output.count("good.py:2") == 1
    assert "x.py" not in output.replace("not read: pipe.py", "")
    assert "not read: pipe.py is no regular file" in output


def bound_by_modes():
    """Return what starts a program that permissions hold back; root reads everything."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv") or pytest.skip("needs setpriv when run by root")
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]


def test_what_may_not_be_read_is_named(tmp_path):
    """Silence would say that it is clean."""
    for name in ("good.py", "closed.py", "listed/a.py", "shut/b.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(GLOBAL)
    closed = {"closed.py": 0, "listed": 0o644, "shut": 0}
    for name, mode in closed.items():
        (tmp_path / name).chmod(mode)
    done = subprocess.run(
        [*bound_by_modes(), sys.executable, "-m", "workbook", "smells", "."],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    for name in closed:
        (tmp_path / name).chmod(0o755)

    assert done.stderr == ""
    assert done.returncode == 1
    assert "good.py:2" in done.stdout
    for name in ("closed.py", "listed/a.py", "shut"):
        assert f"not read: {name} permission denied" in done.stdout


def test_one_file_can_be_searched(tmp_path):
    """The file that is open in the editor, say."""
    (tmp_path / "a.py").write_text(GLOBAL)
    (tmp_path / "notes.txt").write_text("session = Session(engine)\n")

    result = CliRunner().invoke(cli, ["smells", str(tmp_path / "a.py")])
    assert (result.exit_code, "a.py:2" in result.output) == (1, True)
    assert CliRunner().invoke(cli, ["smells", str(tmp_path / "notes.txt")]).exit_code == 0


@pytest.mark.parametrize("words", [[], ["no/such/folder"], ["--nonsense"]])
def test_wrong_use_is_exit_2(words):
    """A typing mistake costs a second, not a traceback."""
    assert CliRunner().invoke(cli, ["smells", *words]).exit_code == 2


def test_the_checklist_shows_all_fifteen():
    """What no rule can find, a person can."""
    runner = CliRunner(env={"COLUMNS": "80"})
    output = runner.invoke(cli, ["smells", "--checklist"]).output
    data = json.loads(runner.invoke(cli, ["smells", "--checklist", "--json"]).output)

    assert all(
        smell.name in output and smell.before in data[smell.number - 1]["before"]
        for smell in SMELLS
    )
    assert len(data) == 15


def test_a_missing_engine_is_one_line():
    """It is an extra: whoever learns need not wait for it."""
    code = "import sys; sys.modules['ast_grep_py'] = None; from workbook.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "smells", "."], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "needs ast-grep-py: pip install 'unit-of-workbook[smells]'" in done.stderr
    assert "Traceback" not in done.stderr
