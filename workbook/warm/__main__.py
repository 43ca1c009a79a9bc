"""`python -m workbook.warm` serves until its input ends; with `--once` it serves one order."""

import sys

from workbook.warm.server import main

if __name__ == "__main__":
    main(forks="--once" not in sys.argv)
