"""`case-tracker serve`: who can reach it, and that it really listens."""

import json
import os
import queue
import re
import signal
import sys
import threading
import urllib.error
import urllib.request
from subprocess import PIPE, STDOUT, Popen

import pytest
from click.testing import CliRunner

from case_tracker.entrypoints.cli import main

COMMAND = "from case_tracker.entrypoints.cli import main; main()"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "example.org", ""])
def test_others_need_tokens(host, monkeypatch):
    """A database that anybody can change is refused before it is opened, with the reason."""
    monkeypatch.delenv("CASE_TRACKER_API_TOKENS", raising=False)

    result = CliRunner().invoke(main, ["--database", "memory:", "serve", "--host", host])

    assert result.exit_code == 2
    said = " ".join(result.output.split())
    assert "without tokens everybody could change every case" in said
    assert "CASE_TRACKER_API_TOKENS" in said


def test_a_malformed_setting_stops_the_start(monkeypatch):
    """It is never taken for no setting, and never shown."""
    monkeypatch.setenv("CASE_TRACKER_API_TOKENS", "s3cret")

    result = CliRunner().invoke(main, ["--database", "memory:", "serve"])

    assert (result.exit_code, "CASE_TRACKER_API_TOKENS holds name:token" in result.output) == (
        1,
        True,
    )
    assert "s3cret" not in result.output


@pytest.fixture(params=["sqlite", "aiosqlite"])
def served(request):
    """The address of a server on a free port of loopback; stopping it returns its log."""
    url = request.getfixturevalue(f"{request.param}_url")
    environ = {**os.environ, "CASE_TRACKER_API_TOKENS": "ann:s3cret1"}
    words = [sys.executable, "-c", COMMAND, "--database", url, "serve", "--port", "0"]
    with Popen(words, env=environ, stdout=PIPE, stderr=STDOUT, text=True) as server:
        log, address = [], queue.Queue()

        def read():
            for line in server.stdout:
                log.append(line)
                if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                    address.put(found[1])

        reader = threading.Thread(target=read)
        reader.start()

        def stop():
            server.send_signal(signal.SIGTERM)
            server.wait(30)
            reader.join()
            return "".join(log)

        try:
            yield address.get(timeout=60), stop
        finally:
            stop()


def call(url, token=None, body=None, method="GET"):
    """Send a request to the server; return status and answer."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_a_served_case_needs_token_and_version(served):
    """A real socket: 401 without token, 428 without If-Match, and no token in the log."""
    address, stop = served
    case = {"id": "CASE-001", "title": "Late report"}

    assert call(f"{address}/readyz", "s3cret1") == (200, {"status": "ready"})
    assert call(f"{address}/cases", body=case, method="POST")[0] == 401
    assert call(f"{address}/cases", "s3cret1", case, "POST")[0] == 201
    renamed = call(f"{address}/cases/CASE-001", "s3cret1", {"title": "x"}, "PATCH")

    assert renamed[0] == 428
    log = stop()
    assert "Traceback" not in log
    assert ("PATCH /cases/CASE-001" in log, "s3cret" in log) == (True, False)
