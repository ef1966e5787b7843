"""A part of a table is changed at random: tests/reference and shmcol-check give one answer (F-87).

SHMCOL_TABLE_MUTANTS: how many changes. SHMCOL_TABLE_SEED: which.
"""

import functools
import json
import os
import subprocess
from collections import Counter

import chain
from built import BIN
from model import BINARY, DECIMAL128, INT32, STRING, TIMESTAMP, Type
from mutants import mutant
from table_folders import LEVELS, ZONE, Grown, numbers, words_of
from writer import Col

COUNT = int(os.environ.get("SHMCOL_TABLE_MUTANTS", "250"))
SEED = int(os.environ.get("SHMCOL_TABLE_SEED", "1"))


def columns(rows, words):
    at = Type(TIMESTAMP, unit=2, zone=b"Europe/Paris")
    return [
        numbers(rows),
        words_of(words, rows, ordered=True),
        Col("at", at, [None if i % 3 == 0 else i for i in range(rows)]),
        Col("m", Type(DECIMAL128, precision=9, scale=2), [i % 1000 for i in range(rows)]),
        Col("s", Type(STRING), [None if i % 5 == 0 else str(i % 7) for i in range(rows)]),
        Col("b", Type(BINARY), [b"x"] * rows, metadata=[("k", "v")]),
    ]


def tables():
    """One of strings and more, whose second part is short; one of three small columns."""
    yield Grown().add(columns(ZONE, ["b", "a"])).add(columns(9, ["b", "a", "c"]))
    small = Grown()
    for rows, words in ((ZONE, ["a"]), (ZONE, ["a", "b"]), (5, ["a", "b", "c"])):
        small.add([numbers(rows), words_of(words, rows), Col("i", Type(INT32), [7] * rows)])
    yield small


def answer_of(level, folder):
    done = subprocess.run(
        [BIN / "shmcol-check", "--json", "--threads", "1", "--level", level, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return json.loads(done.stdout)["files"][0]["first"]


def test_one_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(chain, "check_levels", functools.lru_cache(64)(chain.check_levels))
    paths, counts = [], Counter()
    for k, grown in enumerate(tables()):
        (tmp_path / str(k)).mkdir()
        for name, data in grown.files.items():
            paths.append(tmp_path / str(k) / name)
            paths[-1].write_bytes(data)
    # the short parts are quick, and show as much
    paths += [p for p in paths if p.stat().st_size < 1000000 and not p.name.startswith("0" * 20)]
    for number in range(COUNT):
        path, done, data = mutant(number, SEED, paths)
        good = path.read_bytes()
        path.write_bytes(data)
        found = chain.check_table(path.parent)
        for level in LEVELS:
            wanted = found[level][0] if found[level] else None
            assert answer_of(level, path.parent) == wanted, (number, path, done, level, found)
        counts[found["full"][0] if found["full"] else "OK"] += 1
        path.write_bytes(good)
    assert len(counts) > 12 or COUNT < 200, counts
