"""Checks files: python tests/reference/check.py [--level structure|checksums|full] FILE…"""

import argparse
import sys

from model import UNSUPPORTED
from shmcol_reference import LEVELS, check


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", choices=LEVELS, default="full")
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    status = 0
    for path in args.files:
        answer = check(path, args.level)
        if answer is None:
            print(f"{path}: ok")
            continue
        code, requirement, message = answer
        print(f"{path}: {code} {requirement}: {message}")
        status = max(status, 4 if code in UNSUPPORTED else 1)
    return status


if __name__ == "__main__":
    sys.exit(main())
