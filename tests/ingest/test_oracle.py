"""shmcol-pack against the oracle: the same table.

The bytes are the same for any number of threads, window and instruction set.
"""

import random

import pytest
from csv_made import Maker
from csv_oracle import Options, Table
from ingest_tools import THREADS, instruction_sets, run_all, windows

FILES = 180


def every(size):
    return [
        (threads, window, isa)
        for window in windows(size)
        for isa in instruction_sets()
        for threads in THREADS
    ]


@pytest.mark.parametrize("seed", range(FILES))
def test_made_files(tmp_path, seed):
    data, options = Maker(seed).csv()
    run_all(tmp_path, data, options, every(len(data)))


def damage(data, dice):
    """Changes, inserts or removes a few bytes: errors at random places."""
    data = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 5])):
        at = dice.randrange(len(data) + 1)
        what = dice.choice([b'"', b"\r", b",", b"\n", b"\0", b"\xff", b'x"y', b'"z', b""])
        data[at : at + dice.choice([0, 1])] = what
    return bytes(data)


@pytest.mark.parametrize("seed", range(120))
@pytest.mark.parametrize("skip", [False, True])
def test_damaged_files(tmp_path, seed, skip):
    dice = random.Random(seed)
    data, options = Maker(seed + 1000).csv(dice.choice([2, 20, 60]))
    data = damage(data, dice)
    options.skip_errors = skip
    if b"\xff" in data:
        options.comment = ""  # whether a comment has to be UTF-8 is not said
    run_all(
        tmp_path,
        data,
        options,
        [(t, w, i) for t in (1, 3) for w in windows(len(data)) for i in instruction_sets()],
    )


@pytest.mark.parametrize("seed,rows", [(1, 66000), (2, 140000), (3, 65536)])
def test_files_of_many_blocks(tmp_path, seed, rows):
    """Zones and blocks have edges of their own, at 65,536 rows."""
    maker = Maker(seed)
    dice = maker.dice
    late = rows - 7
    lines = ["int,late,date,word,text\n"]
    for row in range(rows):
        number = "x" if seed == 2 and row == late else f"{row * 7}"
        quoted = '"two\nlines"' if row % 1000 == 999 else f"t{row}"
        lines.append(
            f"{row},{number},20{row % 100:02}-01-{row % 28 + 1:02},{dice.choice('abc')},{quoted}\n"
        )
    data = "".join(lines).encode()
    configurations = [(1, None, None)] + [
        (t, w, i) for t, w in ((2, 10000), (3, 1 << 20), (7, 10000)) for i in instruction_sets()
    ]
    expected, _ = run_all(tmp_path, data, Options(), configurations)
    assert isinstance(expected, Table)


def test_the_oracle_met_everything(tmp_path):
    """The random tables count only if all types and enough errors occurred."""
    from ingest_tools import expected_of

    types, errors = set(), set()
    for seed in range(FILES):
        expected = expected_of(*Maker(seed).csv())
        if isinstance(expected, Table):
            types |= {c.type.split("[")[0] for c in expected.columns}
        else:
            errors.add(expected.code)
    assert types == {"bool8", "int64", "float64", "date64", "timestamp", "string", "dictionary"}
    for seed in range(120):
        data, options = Maker(seed + 1000).csv(20)
        expected = expected_of(damage(data, random.Random(seed)), options)
        if not isinstance(expected, Table):
            errors.add(expected.code)
    assert errors >= {
        "CSV_RAGGED",
        "CSV_UTF8",
        "CSV_NUL",
        "CSV_AFTER_QUOTE",
        "CSV_UNCLOSED_QUOTE",
        "CSV_CARRIAGE_RETURN",
    }
