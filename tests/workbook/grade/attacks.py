"""Submissions that cheat, break things, or are unlucky; and the honest outcome of each.

The code of an attack stands behind a starter that deserves nothing, or behind a solution. It is
harmless wherever it runs: what it takes is bounded by the walls, and where there are none, by
itself. OUTSIDE and SECRET stand for paths that the test watches.
"""

from dataclasses import dataclass

FULL_00 = 8.0
FULL_05 = 4.0


@dataclass(frozen=True)
class Attack:
    """One submission. `deserved` are the points of an honest reader; `verdicts` what may come."""

    name: str
    kind: str
    code: str
    verdicts: tuple[str, ...] = ("failed",)
    lesson: str = "00"
    base: str = "starter"
    deserved: float = 0.0
    hangs: bool = False


def of(kind, /, *, name, code, **more):
    """Return an attack of a class."""
    return Attack(name, kind, code, **more)


LOST = ("failed", "crashed")  # the code dies, or only the function that dies is wrong
TWISTED = ("failed", "review", "tampered", "crashed")  # its tests were lied to, the judge was not
HARMLESS = {"base": "solution", "deserved": FULL_00}

EXIT = [
    of("exit", name="exit-at-import", code="raise SystemExit(0)"),
    of("exit", name="hard-exit-at-import", code="import os\nos._exit(0)", verdicts=LOST),
    of(
        "exit",
        name="hard-exit-in-a-function",
        code="import os\n\n\ndef add_case(session, case_id, title):\n    os._exit(0)",
        verdicts=LOST,
    ),
    of("exit", name="interrupt-at-import", code="raise KeyboardInterrupt"),
    of("exit", name="abort", code="import os\nos.abort()", verdicts=("crashed",)),
    of(
        "exit",
        name="kill-myself",
        code="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        verdicts=("failed",),
    ),
    of("exit", name="kill-the-group", code="import os\nos.killpg(0, 9)"),
    of("exit", name="kill-everybody", code="import os\nos.kill(-1, 9)"),
    of("exit", name="kill-the-parent", code="import os\nos.kill(os.getppid(), 9)"),
    of(
        "exit",
        name="read-address-zero",
        code="import ctypes\nctypes.string_at(0)",
        verdicts=("crashed",),
    ),
    of(
        "exit",
        name="overflow-the-stack",
        code=(
            "import sys\nsys.setrecursionlimit(10**8)\n\n\n"
            "def deep():\n    return [deep()] + [deep()]\n\n\ndeep()"
        ),
        hangs=True,
        verdicts=("crashed", "memory", "failed", "timeout"),
    ),
    of(
        "exit",
        name="exit-when-shown",
        code=(
            "import os\n\n\nclass Row:\n    def __repr__(self):\n        os._exit(0)\n\n\n"
            "def get_case(session, case_id):\n    return Row()"
        ),
        verdicts=LOST,
    ),
    of(
        "exit",
        name="exit-at-exit",
        code="import atexit, os\natexit.register(os._exit, 0)",
        **HARMLESS,
        verdicts=("review",),
    ),
    of(
        "exit",
        name="base-exception",
        code=(
            "class Gone(BaseException):\n    pass\n\n\n"
            "def add_case(session, case_id, title):\n    raise Gone"
        ),
    ),
]

EQUAL = (
    "class Anything(dict):\n"
    "    def __eq__(self, other):\n        return True\n\n"
    "    def __ne__(self, other):\n        return False\n\n"
    "    __hash__ = object.__hash__\n\n"
    "    def __getattr__(self, name):\n        return Anything()\n\n"
    "    def __contains__(self, item):\n        return True\n\n"
    "    def __iter__(self):\n        return iter(())\n\n\n"
)
HIJACK = [
    of(
        "hijack",
        name="tests-that-do-nothing",
        code="import _pytest.python as p\np.Function.runtest = lambda self: None",
        verdicts=("review", "tampered"),
    ),
    of(
        "hijack",
        name="every-report-passes",
        code=(
            "import workbook.plugin as p\nfrom workbook.verdict import TestResult\n"
            "p._result = lambda item, call, report, room: TestResult(\n"
            "    name=item.name, task=p.task_number(item), outcome='passed')"
        ),
        verdicts=("review", "tampered"),
    ),
    of(
        "hijack",
        name="a-verdict-of-its-own",
        code=(
            "import workbook.verdict as v\n"
            "real = v.Verdict.to_data\n\n\n"
            "def to_data(self):\n"
            "    data = real(self)\n"
            "    for task in data['tasks']:\n"
            "        task['outcome'] = 'passed'\n"
            "        for test in task['tests']:\n"
            "            test['outcome'] = 'passed'\n"
            "    return data\n\n\n"
            "v.Verdict.to_data = to_data"
        ),
        verdicts=("review",),
    ),
    of(
        "hijack",
        name="expected-failure",
        code=(
            "def add_case(session, case_id, title):\n"
            "    import pytest\n    pytest.xfail('not today')"
        ),
    ),
    of(
        "hijack",
        name="assertions-become-skips",
        code=("import builtins, _pytest.outcomes as o\nbuiltins.AssertionError = o.Skipped"),
        verdicts=TWISTED,
    ),
    of(
        "hijack",
        name="objects-equal-to-everything",
        code=(
            EQUAL + "SEEN_AFTER_ADD = FOUND_BEFORE_COMMIT = Anything()\n"
            "SEEN_AFTER_RENAME = SEEN_AFTER_DELETE = Anything()\n\n\n"
            "def get_case(session, case_id):\n    return Anything()"
        ),
        verdicts=TWISTED,
    ),
    of(
        "hijack",
        name="outcome-is-always-right",
        code="import workbook.probe as p\np.outcome = lambda *a, **k: None",
        verdicts=("failed",),
    ),
    of(
        "hijack",
        name="json-says-what-it-likes",
        code='import json\njson.dumps = lambda *a, **k: \'{"task": 1, "run": 0, "observed": []}\'',
        verdicts=TWISTED,
    ),
    of(
        "hijack",
        name="answers-on-every-handle",
        code=(
            "import json, os\n"
            "for handle in range(3, 256):\n"
            "    for task in range(1, 9):\n"
            "        for run in (0, 1):\n"
            "            line = {'task': task, 'run': run, 'observed': []}\n"
            "            try:\n"
            "                os.write(handle, json.dumps(line).encode() + b'\\n')\n"
            "            except OSError:\n"
            "                break"
        ),
        verdicts=("tampered",),
    ),
    of(
        "hijack",
        name="answers-and-then-exits",
        code=(
            "import json, os\n"
            "for handle in range(3, 256):\n"
            "    for task in range(1, 9):\n"
            "        for run in (0, 1):\n"
            "            line = {'task': task, 'run': run, 'observed': [[], [], []]}\n"
            "            try:\n"
            "                os.write(handle, json.dumps(line).encode() + b'\\n')\n"
            "            except OSError:\n"
            "                break\n"
            "os._exit(0)"
        ),
        verdicts=("failed", "crashed", "tampered"),
    ),
    of(
        "hijack",
        name="a-whole-verdict-on-every-handle",
        code=(
            "import json, os\n"
            "test = {'name': 't', 'task': 1, 'outcome': 'passed'}\n"
            "verdict = {'lesson': '00', 'title': '', 'tasks': [], 'guards': [], 'duration_s': 0}\n"
            "for handle in range(3, 256):\n"
            "    try:\n"
            "        os.write(handle, json.dumps({'verdict': verdict}).encode() + b'\\n')\n"
            "    except OSError:\n"
            "        pass"
        ),
        verdicts=("failed", "tampered"),
    ),
    of(
        "hijack",
        name="the-frame-that-asks",
        code=(
            "import sys\n\n\n"
            "def add_case(session, case_id, title):\n"
            "    frame = sys._getframe()\n"
            "    while frame:\n"
            "        for name, value in list(frame.f_globals.items()):\n"
            "            if name == 'observe':\n"
            "                frame.f_globals[name] = lambda *a: []\n"
            "        frame = frame.f_back"
        ),
    ),
    of(
        "hijack",
        name="the-rooms-results",
        code=(
            "import gc\nfrom dataclasses import replace\nfrom workbook.session import Room\n\n\n"
            "def add_case(session, case_id, title):\n"
            "    for room in gc.get_objects():\n"
            "        if isinstance(room, Room):\n"
            "            room.results = [replace(r, outcome='passed') for r in room.results]"
        ),
        verdicts=TWISTED,
    ),
    of(
        "hijack",
        name="a-finder-of-its-own",
        code=(
            "import sys\n\n\nclass Finder:\n"
            "    def find_spec(self, name, *rest):\n        sys.exit(0)\n\n\n"
            "sys.meta_path.insert(0, Finder())"
        ),
        verdicts=TWISTED,
    ),
    of(
        "hijack",
        name="trace-everything",
        code="import sys\nsys.settrace(lambda *a: sys.exit(0))",
        verdicts=TWISTED,
    ),
]

LEAK = [
    of(
        "leak",
        name="import-the-finished-module",
        lesson="05",
        code="from case_tracker.adapters.sql.queries import with_notes, sealed",
    ),
    of(
        "leak",
        name="importlib-the-finished-module",
        lesson="05",
        code=(
            "import importlib, sys\n"
            "mine = sys.modules.pop('case_tracker.adapters.sql.queries')\n"
            "sys.meta_path[:] = [f for f in sys.meta_path if 'world' not in type(f).__module__]\n"
            "found = importlib.import_module('case_tracker.adapters.sql.queries')\n"
            "with_notes, sealed = found.with_notes, found.sealed"
        ),
    ),
    of(
        "leak",
        name="read-the-finished-module",
        lesson="05",
        code=(
            "import pathlib, case_tracker\n"
            "path = pathlib.Path(case_tracker.__file__).parent / 'adapters' / 'sql' / 'queries.py'\n"
            "exec(path.read_text())"
        ),
    ),
    of(
        "leak",
        name="search-every-file",
        lesson="05",
        code=(
            "import os\n"
            "for folder, _, names in os.walk('/'):\n"
            "    for name in names:\n"
            "        path = os.path.join(folder, name)\n"
            "        if name in ('queries.py', 'exercise.py') and 'files' not in path:\n"
            "            exec(open(path).read())"
        ),
    ),
    of(
        "leak",
        name="search-every-bytecode",
        lesson="05",
        code=(
            "import glob, marshal\n"
            "for path in glob.glob('/**/queries*.pyc', recursive=True):\n"
            "    exec(marshal.loads(open(path, 'rb').read()[16:]))"
        ),
    ),
    of(
        "leak",
        name="search-the-modules",
        lesson="05",
        code=(
            "import sys\n"
            "for module in list(sys.modules.values()):\n"
            "    found = getattr(module, 'with_notes', None)\n"
            "    if found and found.__code__.co_filename != __file__:\n"
            "        with_notes, sealed = found, module.sealed"
        ),
    ),
    of(
        "leak",
        name="search-the-memory",
        lesson="05",
        code=(
            "import gc, types\n"
            "for thing in gc.get_objects():\n"
            "    if isinstance(thing, types.FunctionType) and thing.__name__ == 'with_notes':\n"
            "        if thing.__code__.co_filename != __file__:\n"
            "            with_notes = thing\n"
            "    if isinstance(thing, dict):\n"
            "        for value in list(thing.values()):\n"
            "            if isinstance(value, str) and 'selectinload(CaseRecord' in value:\n"
            "                exec(value)"
        ),
    ),
    of(
        "leak",
        name="read-own-memory",
        code="open('/proc/self/mem', 'rb').read(10)",
    ),
    of(
        "leak",
        name="read-the-secret",
        code="SEEN_AFTER_ADD = eval(open('SECRET').read())",
    ),
    of(
        "leak",
        name="read-the-home",
        code="import os\nprint(os.listdir(os.path.expanduser('~root')))",
    ),
    of(
        "leak",
        name="read-the-tests-in-the-points-run",
        code=(
            "import glob\nfound = glob.glob('/**/test_exercise.py', recursive=True)\n"
            "assert found\nexec(open(found[0]).read())"
        ),
    ),
    of(
        "leak",
        name="values-of-the-callers",
        code=(
            "import sys\n\n\n"
            "def get_case(session, case_id):\n"
            "    frame = sys._getframe(1)\n"
            "    while frame:\n"
            "        for value in (*frame.f_locals.values(), *frame.f_code.co_consts):\n"
            "            if isinstance(value, CaseRecord):\n"
            "                return value\n"
            "        frame = frame.f_back"
        ),
        verdicts=TWISTED,
    ),
    of(
        "leak",
        name="environment",
        code="import os\nassert 'PATH' not in os.environ\nraise SystemExit",
    ),
]

EXHAUST = [
    of("exhaustion", name="loop", code="while True:\n    pass", hangs=True, verdicts=("timeout",)),
    of(
        "exhaustion",
        name="loop-that-swallows",
        code=(
            "def spin():\n    while True:\n        pass\n\n\n"
            "while True:\n    try:\n        spin()\n    except BaseException:\n        pass"
        ),
        hangs=True,
        verdicts=("timeout",),
    ),
    of(
        "exhaustion",
        name="sleep",
        code="import time\ntime.sleep(10**6)",
        hangs=True,
        verdicts=("timeout",),
    ),
    of(
        "exhaustion",
        name="loop-in-c",
        code="sum(iter(int, 1))",
        hangs=True,
        verdicts=("timeout",),
    ),
    of(
        "exhaustion",
        name="endless-sql",
        code=(
            "import sqlite3\n\n\ndef add_case(session, case_id, title):\n"
            "    sqlite3.connect(':memory:').execute(\n"
            "        'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n)'\n"
            "        ' SELECT count(*) FROM n').fetchone()"
        ),
        hangs=True,
        verdicts=("timeout",),
    ),
    of(
        "exhaustion",
        name="endless-pattern",
        code="import re\nre.match('(a+)+$', 'a' * 64 + 'b')",
        hangs=True,
        verdicts=("timeout",),
    ),
    of(
        "exhaustion",
        name="deadlock",
        code="import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()",
        hangs=True,
        verdicts=("timeout",),
    ),
    of(
        "exhaustion",
        name="memory-at-once",
        code="block = bytearray(4 << 30)",
        verdicts=("memory", "failed"),
    ),
    of(
        "exhaustion",
        name="memory-bit-by-bit",
        code=(
            "blocks = []\n\n\ndef add_case(session, case_id, title):\n"
            "    for _ in range(4096):\n        blocks.append(bytearray(1 << 20))"
        ),
        verdicts=("memory", "failed"),
    ),
    of(
        "exhaustion",
        name="memory-in-a-file-without-name",
        code=(
            "import os\nhandle = os.memfd_create('x')\n"
            "for _ in range(512):\n    os.write(handle, bytes(1 << 20))"
        ),
    ),
    of(
        "exhaustion",
        name="processes",
        code=(
            "import os\nfor _ in range(64):\n"
            "    if os.fork() == 0:\n        import time\n        time.sleep(30)\n        os._exit(0)"
        ),
    ),
    of(
        "exhaustion",
        name="a-daemon",
        code=(
            "import os, time\n"
            "if os.fork() == 0:\n    os.setsid()\n"
            "    if os.fork() == 0:\n        time.sleep(30)\n    os._exit(0)"
        ),
    ),
    of(
        "exhaustion",
        name="threads",
        code=(
            "import threading\nend = threading.Event()\n"
            "for _ in range(2000):\n"
            "    threading.Thread(target=end.wait, args=(20,), daemon=True).start()"
        ),
    ),
    of(
        "exhaustion",
        name="handles",
        code="held = [open(__file__) for _ in range(5000)]",
    ),
    of(
        "exhaustion",
        name="disk",
        code=(
            "import os, tempfile\n"
            "for number in range(20):\n"
            "    with open(os.path.join(tempfile.gettempdir(), str(number)), 'wb') as file:\n"
            "        for _ in range(30):\n            file.write(bytes(1 << 20))"
        ),
        verdicts=("failed", "flooded"),  # by the kernel, or by who looks
    ),
    of(
        "exhaustion",
        name="many-files",
        code=(
            "import os, tempfile\n"
            "for number in range(20000):\n"
            "    open(os.path.join(tempfile.gettempdir(), str(number)), 'w').close()"
        ),
        verdicts=LOST,
    ),
    of(
        "exhaustion",
        name="output",
        code="import sys\nfor _ in range(2000):\n    sys.stdout.write('x' * 10**6)",
        verdicts=("ok", "review", "failed", "timeout"),
        **HARMLESS,
    ),
    of(
        "exhaustion",
        name="output-on-every-handle",
        code=(
            "import os\n"
            "for handle in range(3, 256):\n"
            "    try:\n"
            "        for _ in range(64):\n            os.write(handle, b'x' * (1 << 20))\n"
            "    except OSError:\n        pass"
        ),
        verdicts=("flooded", "tampered"),
    ),
    of(
        "exhaustion",
        name="a-huge-answer",
        code=(
            "def get_case(session, case_id):\n"
            "    case = CaseRecord(id=case_id, title='x' * (30 << 20), status='DRAFT')\n"
            "    return case"
        ),
        verdicts=("flooded", "failed", "memory"),
    ),
    of(
        "exhaustion",
        name="a-deep-answer",
        code=(
            "deep = []\nfor _ in range(10**5):\n    deep = [deep]\n\n\n"
            "def get_case(session, case_id):\n"
            "    return CaseRecord(id=deep, title=deep, status=deep)"
        ),
        verdicts=("failed", "crashed"),
    ),
    of(
        "exhaustion",
        name="a-number-without-end",
        code=(
            "def get_case(session, case_id):\n"
            "    return CaseRecord(id=10**5000, title='', status='')"
        ),
    ),
]

FILES = [
    of("files", name="write-outside", code="open('OUTSIDE/written', 'w').write('here')"),
    of("files", name="change-the-secret", code="open('SECRET', 'a').write('changed')"),
    of("files", name="delete-the-secret", code="import os\nos.unlink('SECRET')"),
    of(
        "files",
        name="link-to-the-secret",
        code=(
            "import os, tempfile\nos.symlink('SECRET', os.path.join(tempfile.gettempdir(), 'left'))"
        ),
    ),
    of("files", name="open-the-secret-to-all", code="import os\nos.chmod('SECRET', 0o777)"),
    of(
        "files",
        name="change-the-application",
        code=("import case_tracker\nopen(case_tracker.__file__, 'a').write('raise SystemExit')"),
    ),
    of("files", name="change-own-file", code="open(__file__, 'a').write('x = 1')"),
    of(
        "files",
        name="a-package-for-the-next",
        code="open('OUTSIDE/sqlalchemy.py', 'w').write('raise SystemExit')",
    ),
    of("files", name="change-the-root", code="import os\nos.chroot('/tmp')"),
    of("files", name="a-pipe", code="import os\nos.mkfifo('pipe')"),
    of("files", name="a-device", code="import os, stat\nos.mknod('d', 0o600 | stat.S_IFCHR, 259)"),
]

NETWORK = [
    of(
        "network",
        name="tcp",
        code="import socket\nsocket.create_connection(('127.0.0.1', PORT), 2).send(b'x')",
    ),
    of(
        "network",
        name="udp",
        code=(
            "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "s.sendto(b'x', ('127.0.0.1', PORT))"
        ),
    ),
    of(
        "network",
        name="unix-socket",
        code="import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('OUTSIDE/socket')",
    ),
    of(
        "network",
        name="download",
        code=(
            "import urllib.request\n"
            "exec(urllib.request.urlopen('http://127.0.0.1:PORT/answers').read())"
        ),
    ),
    of(
        "network",
        name="a-program",
        code="import subprocess\nsubprocess.run(['/bin/sh', '-c', 'echo x > OUTSIDE/written'])",
    ),
]

SQL = [
    of(
        "sql",
        name="attach-outside",
        code=(
            "from sqlalchemy import text\n\n\n"
            "def add_case(session, case_id, title):\n"
            "    session.connection().exec_driver_sql(\"ATTACH 'OUTSIDE/written' AS o\")\n"
            "    session.connection().exec_driver_sql('CREATE TABLE o.t (x)')"
        ),
    ),
    of(
        "sql",
        name="vacuum-outside",
        code=(
            "import sqlite3\n\n\ndef add_case(session, case_id, title):\n"
            "    sqlite3.connect(':memory:').execute(\"VACUUM INTO 'OUTSIDE/written'\")"
        ),
    ),
    of(
        "sql",
        name="load-extension",
        code=(
            "import sqlite3\nc = sqlite3.connect(':memory:')\nc.enable_load_extension(True)\n"
            "c.load_extension('OUTSIDE/written')"
        ),
    ),
    of(
        "sql",
        name="a-view-in-place-of-a-table",
        base="solution",
        deserved=7.0,
        code=(
            "real = add_case\n\n\n"
            "def add_case(session, case_id, title):\n"
            "    real(session, case_id, title)\n"
            "    from sqlalchemy import event\n\n"
            "    @event.listens_for(session, 'after_commit')\n"
            "    def swap(session):\n"
            "        import sqlite3\n"
            "        path = session.get_bind().url.database\n"
            "        session.get_bind().dispose()\n"
            "        c = sqlite3.connect(path)\n"
            "        c.execute('ALTER TABLE cases RENAME TO c')\n"
            "        c.execute('CREATE VIEW cases AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL'\n"
            "                  ' SELECT i FROM n) SELECT i AS id, i AS title, i AS status FROM n')\n"
            "        c.commit()"
        ),
        hangs=True,
        verdicts=("tampered", "timeout", "failed", "review"),
    ),
    of(
        "sql",
        name="raw-sqlite3",
        lesson="05",
        base="solution",
        deserved=FULL_05,
        code=(
            "import sqlite3\n\n\ndef lazy_statements(cases):\n"
            "    sqlite3.connect(':memory:').execute('SELECT 1')\n    return 1 + cases"
        ),
        verdicts=("review",),
    ),
    of(
        "sql",
        name="detach-the-listeners",
        lesson="05",
        deserved=0.0,
        code=(
            "from workbook.lens.recorder import Recorder\n"
            "Recorder.count = lambda self, kind=None: 2\n\n\n"
            "def lazy_statements(cases):\n    return 1 + cases"
        ),
        verdicts=TWISTED,
    ),
    of(
        "sql",
        name="many-statements-reported-as-two",
        lesson="05",
        base="solution",
        deserved=1.0,
        code=(
            "from sqlalchemy.orm import lazyload\n"
            "import workbook.lens.recorder as r\n"
            "r.Recorder.count = lambda self, kind=None: 2\n\n\n"
            "def with_notes(query):\n    return query.options(lazyload(CaseRecord.notes))\n\n\n"
            "def sealed(query):\n    return query"
        ),
        verdicts=TWISTED,
    ),
]

TAMPER = [
    of(
        "tamper",
        name="delete-what-is-left",
        **HARMLESS,
        code=(
            "import atexit, glob, os, tempfile\nreal = delete_case\n\n\n"
            "def delete_case(session, case_id):\n"
            "    real(session, case_id)\n"
            "    for path in glob.glob(tempfile.gettempdir() + '/left/[1-6]*/*'):\n"
            "        os.unlink(path)"
        ),
        verdicts=("tampered",),
    ),
    of(
        "tamper",
        name="replace-what-is-left",
        **HARMLESS,
        code=(
            "import glob, tempfile\nreal = delete_case\n\n\n"
            "def delete_case(session, case_id):\n"
            "    real(session, case_id)\n"
            "    for path in glob.glob(tempfile.gettempdir() + '/left/[1-6]*/*'):\n"
            "        open(path, 'wb').write(b'SQLite format 3\\0' + b'x' * 5000)"
        ),
        verdicts=("tampered",),
    ),
    of(
        "tamper",
        name="a-view-in-what-is-left",
        **HARMLESS,
        code=(
            "import glob, sqlite3, tempfile\nreal = delete_case\n\n\n"
            "def delete_case(session, case_id):\n"
            "    real(session, case_id)\n"
            "    for path in glob.glob(tempfile.gettempdir() + '/left/[1-6]*/*.db'):\n"
            "        c = sqlite3.connect(path)\n"
            "        c.execute('DROP TABLE IF EXISTS cases')\n"
            "        c.execute('CREATE VIEW IF NOT EXISTS cases AS WITH RECURSIVE n(i) AS'\n"
            "            ' (SELECT 1 UNION ALL SELECT i FROM n)'\n"
            "            ' SELECT i AS id, i AS title, i AS status FROM n')\n"
            "        c.commit()"
        ),
        verdicts=("tampered",),
    ),
    of(
        "tamper",
        name="a-folder-in-what-is-left",
        **HARMLESS,
        code=(
            "import glob, os, tempfile\nreal = delete_case\n\n\n"
            "def delete_case(session, case_id):\n"
            "    real(session, case_id)\n"
            "    for path in glob.glob(tempfile.gettempdir() + '/left/[1-6]*/*.db'):\n"
            "        if os.path.isfile(path):\n            os.unlink(path)\n            os.mkdir(path)"
        ),
        verdicts=("tampered",),
    ),
    of(
        "tamper",
        name="rows-that-nobody-stored",
        **HARMLESS,
        code=(
            "import glob, sqlite3, tempfile\nreal = delete_case\n\n\n"
            "def delete_case(session, case_id):\n"
            "    real(session, case_id)\n"
            "    for path in glob.glob(tempfile.gettempdir() + '/left/[1-6]*/*.db'):\n"
            "        c = sqlite3.connect(path)\n"
            "        c.execute('DELETE FROM cases')\n        c.commit()"
        ),
        verdicts=("review",),
    ),
    of(
        "tamper",
        name="lies-about-what-is-stored",
        code=(
            "import workbook.probe as p\n\n\n"
            "class Liar(list):\n    pass\n\n\n"
            "p.Scratch.other_connection = lambda self, sql: []"
        ),
    ),
    of(
        "tamper",
        name="keeps-nothing",
        code="import workbook.probe as p\np._KEEPER.folder = None\np.keeping = None",
        **HARMLESS,
        verdicts=("tampered", "review", "failed"),
    ),
]

EVASION = [
    of(
        "evasion",
        name="right-only-for-the-tests",
        base="solution",
        deserved=0.0,
        code=(
            "import sys\nif 'pytest' not in sys.modules:\n"
            "    add_case = get_case = rename_case = delete_case = lambda *a: None\n"
            "    SEEN_AFTER_ADD = FOUND_BEFORE_COMMIT = {}\n"
            "    SEEN_AFTER_RENAME = SEEN_AFTER_DELETE = {}"
        ),
        verdicts=("review",),
    ),
    of(
        "evasion",
        name="right-only-for-the-judge",
        base="solution",
        deserved=0.0,
        code=(
            "import sys\nif 'pytest' in sys.modules:\n"
            "    add_case = get_case = rename_case = delete_case = lambda *a: None\n"
            "    SEEN_AFTER_ADD = FOUND_BEFORE_COMMIT = {}\n"
            "    SEEN_AFTER_RENAME = SEEN_AFTER_DELETE = {}"
        ),
        verdicts=("review",),
    ),
    of(
        "evasion",
        name="answers-of-the-visible-tests",
        code=(
            "def get_case(session, case_id):\n"
            "    return CaseRecord(id='CASE-001', title='Late report', status='DRAFT')"
        ),
    ),
    of(
        "evasion",
        name="at-random",
        code=(
            "import random\n\n\ndef get_case(session, case_id):\n"
            "    return random.choice([None, CaseRecord(id=case_id, title='', status='')])"
        ),
    ),
]

REPORT = [
    of(
        "report",
        name="escape-sequences",
        code="raise RuntimeError('\\x1b[2J\\x1b]0;owned\\x07 \\x9b31m')",
    ),
    of(
        "report",
        name="a-page-in-a-message",
        code="raise RuntimeError('<script>alert(1)</script><img src=x onerror=alert(1)>')",
    ),
    of(
        "report",
        name="a-formula-in-a-name",
        code="raise type('=cmd|calc!A1', (Exception,), {})('=HYPERLINK(1)')",
    ),
    of(
        "report",
        name="text-from-right-to-left",
        code="raise RuntimeError('\\u202eevil\\u2066\\u200b')",
    ),
    of("report", name="half-a-character", code="raise RuntimeError('\\ud800\\udfff')"),
    of("report", name="a-very-long-message", code="raise RuntimeError('x' * 10**7)"),
    of("report", name="zero-bytes", code="raise RuntimeError('a\\0b')"),
]

PARSE = [
    of("parse", name="parentheses", code="x = " + "(" * 5000 + ")" * 5000),
    of(
        "parse",
        name="a-chain-of-minus",
        code="x = " + "-" * 60000 + "1",
        verdicts=(*LOST, "memory"),
    ),
    of("parse", name="a-long-number", code="x = " + "9" * 10000),
    of("parse", name="no-program", code="def broken(:"),
    of("parse", name="another-encoding", code="# -*- coding: no-such-thing -*-"),
]

ATTACKS = [
    *EXIT,
    *HIJACK,
    *LEAK,
    *EXHAUST,
    *FILES,
    *NETWORK,
    *SQL,
    *TAMPER,
    *EVASION,
    *REPORT,
    *PARSE,
]
