"""Prints the canonical JSON of files: python tests/reference/cat.py FILE…"""

import sys

from canonical import canonical, dumps
from model import Wrong
from shmcol_reference import read


def main():
    status = 0
    for path in sys.argv[1:]:
        try:
            print(dumps(canonical(read(path))))
        except Wrong as wrong:
            print(f"{path}: {wrong}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
