"""The report is a function of the input and the options, as the file is: reasons, lines and hints
are the same for any threads, window, memory and instruction set, also where a sample of the input
does not show what the whole of it shows."""

import random

import pytest
from csv_oracle import Options, Table
from ingest_tools import compare_reasons, expected_of, instruction_sets, pack, run_all

# The sample is about 4,096 records of 16 places.
ROWS = 12_000
KINDS = {
    "int": lambda d: str(d.randrange(10**6)),
    "inexact": lambda d: str(2**53 + 1 + 2 * d.randrange(1000)),
    "big": lambda d: "9223372036854775808",
    "float": lambda d: f"{d.random():.6f}",
    "special": lambda d: d.choice(["nan", "inf"]),
    "bool": lambda d: d.choice(["true", "false"]),
    "day": lambda d: f"20{d.randrange(10, 99)}-0{d.randrange(1, 10)}-11",
    "instant": lambda d: f"19{d.randrange(10, 99)}-01-01T00:00:00.{d.randrange(10**9):09}",
    "instant_s": lambda d: f"20{d.randrange(10, 99)}-01-01 00:00:00",
    "far": lambda d: "9999-01-01T00:00:00",
    "offset": lambda d: f"2024-01-01T00:00:00{d.choice(['Z', '+02:00'])}",
    "utc": lambda d: "2024-01-01T00:00:00Z",
    "na": lambda d: "NA",
    "dash": lambda d: "-",
    "spaced": lambda d: f" {d.randrange(100)} ",
    "word": lambda d: d.choice("abcdefgh"),
    "words": lambda d: f"word {d.randrange(10**6)}",
    "long": lambda d: "much more than twenty-four bytes of text",
    "lines": lambda d: '"two\nlines ""quoted"""',
    "empty": lambda d: '""',
    "null": lambda d: "",
}


def column(dice, rows):
    """Mostly one kind; a few values of others, near each other or anywhere."""
    main = dice.choice(list(KINDS))
    texts = [KINDS[main](dice) for _ in range(rows)]
    for _ in range(dice.randrange(4)):
        kind = dice.choice(list(KINDS))
        first = dice.randrange(rows)
        for row in dice.choice(
            [
                [first],
                range(first, min(first + 40, rows)),
                dice.sample(range(rows), 5),
                range(first, rows),
            ]
        ):
            texts[row] = KINDS[kind](dice)
    return texts


def made(seed):
    dice = random.Random(seed)
    columns = [column(dice, ROWS) for _ in range(4)]
    options = Options(trim=dice.random() < 0.1, comment="#" if dice.random() < 0.3 else "")
    lines = ["a,b,c,d\n"]
    for row in range(ROWS):
        if dice.random() < 0.001:
            lines.append('# a "comment\n' if options.comment else "\n")
        lines.append(
            ",".join(c[row] for c in columns) + dice.choice(["\n", "\r\n"] if seed % 2 else ["\n"])
        )
    return "".join(lines).encode(), options


@pytest.mark.parametrize("seed", range(14))
def test_the_same_report(tmp_path, seed):
    data, options = made(seed)
    run_all(
        tmp_path,
        data,
        options,
        [(1, None, None)]
        + [(t, w, i) for t, w in ((2, 1000), (3, 30_000)) for i in instruction_sets()],
    )


@pytest.mark.parametrize("seed", range(100, 104))
def test_the_same_report_whatever_the_memory(tmp_path, seed):
    data, options = made(seed)
    source = tmp_path / "in.csv"
    source.write_bytes(data)
    expected = expected_of(data, options)
    assert isinstance(expected, Table)
    results = [
        pack(source, tmp_path / "out.shmcol", options.arguments(), threads, None, None, memory)
        for threads, memory in ((1, "16M"), (7, "16M"), (2, None), (4, "1G"))
    ]
    for result in results:
        assert result.same == results[0].same
        compare_reasons(result, expected)


def test_lines_of_several_inputs(tmp_path):
    """The input is named, and lines are its own."""
    for name, text in (
        ("1.csv", "a,b\n" + "1,2\n" * 5),
        ("2.csv", "a,b\n"),
        ("3.csv", "a,b\n\n1,2\nx,2\n1,y"),
    ):
        (tmp_path / name).write_text(text)
    for window in (None, 64):
        result = pack(
            tmp_path / "1.csv",
            tmp_path / "out.shmcol",
            [str(tmp_path / "2.csv"), str(tmp_path / "3.csv")],
            2,
            window,
        )
        # the inputs' order is the command line's: 2, 3, 1
        assert [c["reason"] for c in result.answer["columns"]] == [
            f'line 4 of "{tmp_path}/3.csv": "x" is text',
            f'line 5 of "{tmp_path}/3.csv": "y" is text',
        ]
