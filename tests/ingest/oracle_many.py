"""Compares shmcol-pack with the oracle over many random CSVs: oracle_many.py [FIRST] COUNT.

SHMCOL_BIN and SHMCOL_BUILD name the build, as for pytest. Prints the seeds that differ.
"""

import collections
import multiprocessing
import sys
import tempfile
import traceback
from pathlib import Path

from csv_declared import Declared
from csv_oracle import Table
from ingest_tools import run_all
from test_declared import configurations


def run_one(seed):
    """(seed, the oracle's answer or the difference)"""
    files, options = Declared(seed).files()
    try:
        with tempfile.TemporaryDirectory() as directory:
            expected, _ = run_all(Path(directory), files, options, configurations(files, seed))
    except BaseException as error:  # pytest.fail is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        where = traceback.extract_tb(error.__traceback__)[-1]
        return seed, f"{options}\n{where.name}:{where.lineno} {type(error).__name__} {error}"
    return seed, "a table" if isinstance(expected, Table) else expected.code


def main(first, count):
    answers, differ = collections.Counter(), []
    with multiprocessing.Pool() as pool:
        for done, (seed, answer) in enumerate(
            pool.imap_unordered(run_one, range(first, first + count)), 1
        ):
            if "\n" in answer:
                differ.append(seed)
                print(f"\nseed {seed} differs: {answer}", flush=True)
            else:
                answers[answer] += 1
            if done % 50 == 0 or done == count:
                print(f"\r{done} of {count}, {len(differ)} differ", end="", flush=True)
    print()
    for answer, number in answers.most_common():
        print(f"{number:8} {answer}")
    if differ:
        sys.exit(f"oracle_many: {len(differ)} of {count} differ: {differ[:40]}")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:]]
    main(*([0, *numbers] if len(numbers) == 1 else numbers))
