"""Random CSV files, appended one by one, make the table that one packing of all rows makes.

SHMCOL_TABLES: how many tables are made.
"""

import datetime
import os
import random

import pytest
from chain import check_table
from cli import cat_bytes, good

ZONE = 65536
TYPES = (
    "i=int32,f=float64,d=date,t=timestamp[us;UTC],m=decimal(9,2),s=string,w=dictionary,b=bool,"
    "l=list[int32]"
)
HEADER = "i,f,d,t,m,s,w,b,l\n"
TABLES = int(os.environ.get("SHMCOL_TABLES", "3"))


def cell(column, rng, words):
    if rng.random() < 0.15:
        return ""
    day = datetime.datetime(2000, 1, 1) + datetime.timedelta(seconds=rng.randrange(10**9))
    return {
        "i": lambda: str(rng.randrange(-(2**31), 2**31)),
        "f": lambda: repr(rng.uniform(-1e6, 1e6)),
        "d": lambda: f"{day:%Y-%m-%d}",
        "t": lambda: f"{day:%Y-%m-%dT%H:%M:%SZ}",
        "m": lambda: f"{rng.randrange(-(10**8), 10**8) / 100:.2f}",
        "s": lambda: rng.choice(['""', "é", '"a,b"', '"say ""so"""', f"t{rng.randrange(10**6)}"]),
        "w": lambda: rng.choice(words),
        "b": lambda: rng.choice(["true", "false"]),
        "l": lambda: f'"{[rng.randrange(100) for _ in range(rng.randrange(4))]}"',
    }[column]()


def lines_of(rng, pool, rows, words):
    """A few random rows, repeated in random order: most of the time is Python's."""
    pool += [",".join(cell(c, rng, words) for c in HEADER.strip().split(",")) for _ in range(40)]
    return rng.choices(pool, k=rows)


def rows_to_add(rng, rows):
    to_end = ZONE - rows % ZONE
    choices = (1, 5, to_end, to_end + 1, to_end - 1, ZONE, 300, 9000, rng.randrange(2 * ZONE))
    return rng.choice(choices)


@pytest.mark.parametrize("seed", range(TABLES))
def test_random_appends(tmp_path, seed):
    rng = random.Random(seed)
    table, whole, pool, lines = tmp_path / "t", tmp_path / "whole.shmcol", [], []
    for batch in range(rng.randrange(3, 6)):
        words = [f"w{batch}-{k}" for k in range(3)] + ["red", "green"]
        added = lines_of(rng, pool, rows_to_add(rng, len(lines)), words)
        lines += added
        (tmp_path / "some.csv").write_text(HEADER + "\n".join(added) + "\n")
        how = ["--part-rows", ZONE * rng.choice((1, 2, 100))]
        how += ["--min-part-rows", rng.choice((1, ZONE, 2 * ZONE + 1))]
        how += ["--types", TYPES] if batch == 0 else []
        good("pack", "-q", "--no-sync", *how, "--append", table, tmp_path / "some.csv")
        (tmp_path / "all.csv").write_text(HEADER + "\n".join(lines) + "\n")
        good("pack", "-q", "--no-sync", "--types", TYPES, "-f", tmp_path / "all.csv", "-o", whole)
        good("check", table)
        text = cat_bytes(whole)
        assert cat_bytes(table) == text
        ends = sorted(rng.choice([0, ZONE, len(lines), rng.randrange(len(lines))]) for _ in "ab")
        part = "--rows", f"{ends[0]}:{min(ends[1], len(lines))}", "--columns", "w,l,s,i"
        if ends[0] <= len(lines):
            assert cat_bytes(table, *part) == cat_bytes(whole, *part)
    assert set(check_table(table).values()) == {None}
    for out, *how in (["again.shmcol"], ["parts/", "--part-rows", ZONE]):
        good("pack", "-q", "--no-sync", *how, table, "-o", f"{tmp_path}/{out}")
        good("check", tmp_path / out)
        assert cat_bytes(tmp_path / out) == text
