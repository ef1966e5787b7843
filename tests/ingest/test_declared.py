"""shmcol-pack against the oracle: declared forms, declared records, several inputs (C-24 … C-98).

`./dev oracle N` runs N files.
"""

import os
import re

import pytest
from csv_declared import Declared
from csv_oracle import Table
from ingest_tools import expected_of, instruction_sets, run_all, windows

FILES = int(os.environ.get("SHMCOL_ORACLE_FILES", "200"))
FIRST = int(os.environ.get("SHMCOL_ORACLE_FIRST", "0"))


def configurations(files, seed):
    size = sum(len(data) for _, data in files)
    fields = ([1] if size < 700 else []) + windows(size)
    sets = instruction_sets()
    chosen = [(1, None, None), (1, fields[0], sets[0]), (3, fields[seed % len(fields)], sets[-1])]
    return chosen + [(2, fields[(seed + 1) % len(fields)], sets[seed % len(sets)])]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + FILES))
def test_declared_files(tmp_path, seed):
    files, options = Declared(seed).files()
    run_all(tmp_path, files, options, configurations(files, seed))


def test_the_oracle_met_everything():
    """The random tables count only if all types and enough errors occurred."""
    types, errors, counts = set(), set(), [0, 0, 0, 0]
    for seed in range(200):
        expected = expected_of(*Declared(seed).files())
        if not isinstance(expected, Table):
            errors.add(expected.code)
            continue
        types |= {re.split(r"[\[(]", c.type)[0] for c in expected.columns}
        misfits = sum(c.misfits for c in expected.columns)
        found = (expected.short, expected.dropped, expected.rejected, misfits)
        counts = [a + b for a, b in zip(counts, found)]
    assert types >= {
        *(
            "bool8",
            "int64",
            "float64",
            "float32",
            "float16",
            "decimal128",
            "date64",
            "date32",
            "timestamp",
        ),
        *("time32", "time64", "uint8", "int8", "string", "dictionary", "list"),
    }
    assert errors >= {"CSV_VALUE", "CSV_RAGGED", "CSV_AFTER_QUOTE", "CSV_UTF8", "CSV_EMPTY"}
    assert all(counts), counts
