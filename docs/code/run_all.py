"""Run every example of a file and print, as JSON, what each of them printed."""

import inspect
import io
import json
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path


def main(path: str) -> None:
    """Run the functions that the file itself defines, in their order."""
    sys.path.insert(0, str(Path(path).parent))
    names = runpy.run_path(path)
    printed = {}
    for name, value in names.items():
        if is_example(value, path):
            with redirect_stdout(io.StringIO()) as out:
                value()
            printed[name] = out.getvalue()
    json.dump(printed, sys.stdout)


def is_example(value: object, path: str) -> bool:
    """Say whether this is a function of the file itself that takes nothing."""
    if not inspect.isfunction(value) or value.__code__.co_filename != path:
        return False
    return not inspect.signature(value).parameters


if __name__ == "__main__":
    main(sys.argv[1])
