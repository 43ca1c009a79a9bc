"""A process that holds one private server. Never outlives the end of its standard input.

It answers with one line of JSON: where the server is, or why there is none. Then it waits. When
stdin ends, because the parent closed it or died, even by kill -9, it stops the server and removes
its folders. Nobody but this process writes to disk, so nobody else has to clean up.
"""

import json
import shutil
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NoReturn

from workbook.postgres.cluster import Cluster
from workbook.postgres.errors import PostgresUnavailableError
from workbook.postgres.folders import (
    copy_programs,
    is_open_to,
    make_folder,
    memory_first,
    on_disk,
    unprivileged_user,
)


def main(programs: Path, *, tcp: bool) -> None:
    """Hold a server until stdin ends. Leaves nothing behind, whatever happens."""
    signal.signal(signal.SIGTERM, _leave)
    with ExitStack() as stack:
        try:
            cluster = _cluster(stack, programs, tcp=tcp)
            stack.callback(cluster.stop)
            _answer(**cluster.start())
        except PostgresUnavailableError as error:
            _answer(reason=error.reason, remedy=error.remedy)
        except OSError as error:
            _answer(reason=str(error), remedy="repair that and try again")
        else:
            sys.stdin.buffer.read()


def _cluster(stack: ExitStack, programs: Path, *, tcp: bool) -> Cluster:
    user = unprivileged_user()
    folder = make_folder(memory_first(), user)
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    if not is_open_to(user, programs / "initdb"):
        copy = make_folder(on_disk(), user)  # not in memory: that is often mounted noexec
        stack.callback(shutil.rmtree, copy, ignore_errors=True)
        programs = copy_programs(programs, copy, user)
    return Cluster(folder, programs, user, tcp=tcp)


def _leave(*_: object) -> NoReturn:
    sys.exit(0)  # through every callback of the stack


def _answer(**message: object) -> None:
    with suppress(OSError):  # the parent may be gone
        print(json.dumps(message), flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main(Path(sys.argv[1]), tcp=sys.argv[2] == "tcp")
