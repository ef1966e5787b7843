"""The rule of C-60 at its limits.

It takes the whole column and nothing else: not memory, threads or a value's place.
"""

import random

import pytest
from csv_oracle import Options, Table
from ingest_tools import compare, expected_of, instruction_sets, pack, run_all

SOME = [(1, None, None), (3, 4096, "scalar"), (7, 100_000, None)]


def csv(texts):
    return ("i,v\n" + "".join(f"{i % 10},{t}\n" for i, t in enumerate(texts))).encode()


def type_of(expected):
    assert isinstance(expected, Table)
    return expected.columns[1].type


@pytest.mark.parametrize(
    "distinct,rows,type_",
    [
        (127, 2000, "dictionary[8]"),
        (128, 2000, "dictionary[8]"),
        (129, 2000, "dictionary[16]"),
        (32767, 70_000, "dictionary[16]"),
        (32768, 70_000, "dictionary[16]"),
        (32769, 100_000, "dictionary[32]"),
        (65536, 140_000, "dictionary[32]"),
        (65537, 140_000, "string"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_as_many_values(tmp_path, distinct, rows, type_, late):
    """`late`: the last of the values stands in the last row."""
    texts = [f"v{i % (distinct - late):05}" for i in range(rows - late)] + ["w"] * late
    expected, _ = run_all(tmp_path, csv(texts), Options(), SOME)
    assert type_of(expected) == type_


@pytest.mark.parametrize("over", [0, 1])
def test_as_many_bytes(tmp_path, over):
    """4 MiB of distinct values, and one byte more."""
    values = [f"{i:04}" + "x" * 4092 for i in range(1024)]
    values[-1] += "y" * over
    expected, _ = run_all(tmp_path, csv(values + values), Options(), SOME)
    assert type_of(expected) == ("string" if over else "dictionary[16]")


def test_where_it_just_pays(tmp_path):
    """N x w + 8 x (D + 1) + B against 8 x (N + 1) + S, on both sides of equality."""
    met = set()
    for distinct in (1, 2, 3, 10, 128, 129):
        for length in (1, 3, 8):
            for rows in range(distinct, distinct + 20):
                texts = [f"{'x' * (length - 1)}{chr(0x100 + i % distinct)}" for i in range(rows)]
                source = tmp_path / "in.csv"
                source.write_bytes(csv(texts))
                expected = expected_of(source.read_bytes(), Options())
                met.add(type_of(expected))
                compare(pack(source, tmp_path / "out.shmcol", []), expected)
    assert met == {"string", "dictionary[8]", "dictionary[16]"}


def test_nulls_have_no_value(tmp_path):
    for texts in (["", "", ""], ["a", "", ""] * 20, ['""', "", "b"] * 20, [""] * 100, ['""'] * 100):
        run_all(tmp_path, csv(texts), Options(), [(2, 64, isa) for isa in instruction_sets()])


@pytest.mark.parametrize("mode", ["always", "never", "auto"])
def test_modes(tmp_path, mode):
    for texts in (["a", "b", "c"], ["a"] * 50, [], [f"u{i}" for i in range(300)]):
        run_all(
            tmp_path,
            csv(texts),
            Options(dictionary=mode),
            [(2, 64, isa) for isa in instruction_sets()],
        )


def test_memory_does_not_decide(tmp_path):
    """Thirty columns of some thousands of values want more memory than there is.

    The same columns become dictionaries.
    """
    dice = random.Random(7)
    columns = []
    for number in range(30):
        distinct = dice.choice([10, 300, 5000, 20_000])
        values = [f"{number}-{dice.getrandbits(40):010x}" for _ in range(distinct)]
        columns.append([dice.choice(values) for _ in range(25_000)])
    lines = [",".join(f"c{i}" for i in range(30))] + [",".join(row) for row in zip(*columns)]
    source = tmp_path / "in.csv"
    source.write_text("\n".join(lines) + "\n")
    ways = ((1, "16M"), (3, "16M"), (2, "1G"))
    results = [
        pack(source, tmp_path / "out.shmcol", [], threads, None, None, memory)
        for threads, memory in ways
    ]
    assert results[0].status == 0, results[0].error
    assert all(r.same == results[0].same for r in results)
    compare(results[0], expected_of(source.read_bytes(), Options()))
