"""The flag ascending (F-23) of columns from CSV, against the order of the values in Python."""

import itertools
import json
import math
import random
import subprocess

import pytest
from built import BUILD
from ingest_tools import instruction_sets, run_pack

OPTIONS = (
    ("--threads", "1"),
    ("--threads", "3"),
    ("--threads", "2", "--window", "4096"),
    ("--threads", "3", "--dictionary", "never"),
    ("--dictionary", "always"),
    ("--zstd",),
)
ZONE = 65536
KINDS = {
    "int": lambda r, most: r.randrange(-most, most),
    "float": lambda r, most: r.choice((0.0, -0.0, 1e300, r.uniform(-most, most))),
    "bool": lambda r, most: r.choice((False, True)),
    "date": lambda r, most: f"20{r.randrange(10, 99)}-0{r.randrange(1, 9)}-1{r.randrange(9)}",
    "time": lambda r, most: f"2020-01-01 {r.randrange(10, 24)}:{r.randrange(10, 60)}:00",
    "words": lambda r, most: r.choice(("a", "b", "ab", "zz", "é", "aaaaaaaaa")),
    # the first bytes, or the first thousands of bytes, decide nothing
    "text": lambda r, most: "p" * r.choice((0, 7, 8, 16, 17)) + f"x{r.randrange(most)}",
    "long": lambda r, most: "é" * r.choice((2050, 2051)) + f"{r.randrange(9)}",
}


def _key(value):
    return value.encode() if isinstance(value, str) else value


def _ascends(values):
    keys = [_key(v) for v in values]
    if None in keys or any(isinstance(k, float) and math.isnan(k) for k in keys):
        return False
    return all(a <= b for a, b in itertools.pairwise(keys))


def _column(r, rows):
    """Values in order, most of them, with one in another place, a null or a NaN."""
    kind = r.choice([k for k in KINDS if k != "long" or rows < 1000])
    most = r.choice((2, 5, 1000, 10**9))
    values = [KINDS[kind](r, most) for _ in range(rows)]
    if r.random() < 0.75:
        values.sort(key=_key)
    if r.random() < 0.5:
        values[r.choice((0, -1, r.randrange(rows), 4096 % rows, ZONE % rows))] = r.choice(values)
    if r.random() < 0.15:
        values[r.randrange(rows)] = None
    if kind == "float" and r.random() < 0.2:
        values[r.randrange(rows)] = math.nan
    return values


def _text(value):
    if value is None:
        return ""
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _tool(name, *arguments):
    tool = [BUILD / "bin" / f"shmcol-{name}", *arguments]
    done = subprocess.run(tool, capture_output=True, check=False)
    assert done.returncode == 0, done
    return done.stdout


def _check(columns, folder, options, isa=""):
    path, made = folder / "x.csv", folder / "x.shmcol"
    records = zip(*([_text(v) for v in c] for c in columns), strict=True)
    header = ",".join(f"c{i}" for i in range(len(columns)))
    path.write_text("\n".join([header, *map(",".join, records)]) + "\n")
    expected = [_ascends(c) for c in columns]
    for chosen in options:
        status, _, error = run_pack(["-q", "-f", "--no-sync", *chosen, path, "-o", made], isa)
        if status != 0 and "memory bound" in error:
            continue
        assert status == 0, error
        got = [c["ascending"] for c in json.loads(_tool("info", "--json", made))["columns"]]
        assert got == expected, (chosen, len(columns[0]), path)
        _tool("check", made)


@pytest.mark.parametrize("seed", range(30))
def test_columns_of_any_order(seed, tmp_path):
    r = random.Random(seed)
    rows = r.choice((1, 2, 3, 100, 5000)) if r.random() < 0.3 else r.randrange(1, 300)
    _check([_column(r, rows) for _ in range(r.randrange(1, 5))], tmp_path, OPTIONS)


@pytest.mark.parametrize("rows", [ZONE - 1, ZONE, ZONE + 1, 2 * ZONE + 1])
def test_across_zones(rows, tmp_path):
    """Ascending columns, those columns with the first value of the last zone less than the one
    before, and with one other value less."""
    r = random.Random(rows)
    good = [
        [i // 3 for i in range(rows)],
        [i / 7 for i in range(rows)],
        [f"k{i:08}" for i in range(rows)],
        ["abc"[3 * i // rows] for i in range(rows)],
        [f"a prefix that is long {i // 40000} and {i:08}" for i in range(rows)],
    ]
    bad = [list(c) for c in good]
    for c in bad[::2]:
        c[(rows - 1) // ZONE * ZONE or 1] = c[0]
    for c in bad[1::2]:
        c[r.randrange(rows // 2 + 1, rows)] = c[0]
    _check(good + bad, tmp_path, OPTIONS[:4])


def test_every_instruction_set(tmp_path):
    r = random.Random(7)
    columns = [sorted(r.randrange(1000) for _ in range(500)) for _ in range(3)]
    columns[1][400] = 0
    for isa in instruction_sets():
        _check(columns, tmp_path, OPTIONS[:2], isa)


def test_huge_strings(tmp_path):
    """Of a string of more than 1 MiB only the beginning is kept; the rest decides here."""
    huge = "h" * (1 << 20)
    good = ["a", huge + "a", huge + "b", huge + "b", "i"]
    swapped = ["a", huge + "b", huge + "a", huge + "b", "i"]
    after = ["b", huge + "a", huge + "b", "a", "i"]
    before = [huge + "a", "g", huge + "b", huge + "b", "i"]
    _check([good, swapped, after, before], tmp_path, OPTIONS[:4])


def test_columns_that_are_read_again(tmp_path):
    """A late value changes the type, so that the column is read again: from 2, 10 to "10", "2"."""
    rows = 100_000
    numbers = list(range(rows - 1))
    _check([[*map(str, sorted(map(str, numbers))), "x"]], tmp_path, [("--threads", "2")])
    _check([[*map(float, numbers), 1e9]], tmp_path, [("--threads", "2")])
