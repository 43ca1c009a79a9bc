"""`python3 run.py bench`: every benchmark, or the one that is named. Options go to it.

Never measures two at the same time.
"""

import subprocess
import sys

ALL = ("detector", "data_access", "feedback", "grading", "site")
# These take long; the first two need bubblewrap.
NAMED = (*ALL, "attacks", "fairness", "grading_scale")


def main(*arguments: str) -> int:
    """Run them one after the other, each in a process of its own; stop at the first failure."""
    names, options = ALL, arguments
    if arguments and arguments[0] in NAMED:
        names, options = (arguments[0],), arguments[1:]
    elif arguments:
        sys.stderr.write(f"usage: run.py bench [{' | '.join(NAMED)}] [--quick]\n")
        return 2
    for name in names:
        if status := subprocess.call([sys.executable, "-m", f"bench.{name}", *options]):
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
