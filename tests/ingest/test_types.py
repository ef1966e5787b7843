"""Types that the user names (C-51, C-52), over texts that fit and that do not, by the oracle."""

import random
import re
from fractions import Fraction

import pytest
from csv_forced import MISFIT, nearest, parse
from csv_made import Maker
from csv_oracle import Options
from csv_values import style_of
from ingest_tools import instruction_sets, run_all, windows

TYPES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "decimal(3,1)",
    "decimal(38,20)",
    "float64",
    "date32",
    "date64",
    "date",
    "timestamp",
    "timestamp[s]",
    "timestamp[ms]",
    "timestamp[us]",
    "timestamp[ns]",
    "timestamp[s;UTC]",
    "timestamp[ns;Europe/Paris]",
    "time32[s]",
    "time32[ms]",
    "time64[us]",
    "time64[ns]",
    "string",
    "dictionary",
    "auto",
]

TEXTS = {
    "bool": ["true", "FALSE", "0", "1", "00", "yes", "", "t", "-0", "True "],
    "int": [
        "0",
        "-1",
        "127",
        "128",
        "-128",
        "-129",
        "255",
        "256",
        "32767",
        "32768",
        "-32768",
        "65535",
        "65536",
        "2147483647",
        "-2147483649",
        "4294967295",
        "4294967296",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "007",
        "+1",
        "-0",
        "1.0",
        "1e3",
        "",
        " 1",
    ],
    "float": [
        "0",
        "-0",
        "1.5",
        "16777217",
        "9007199254740993",
        "123456789012345678901234567890",
        "0.1",
        "1e38",
        "3.4028235e38",
        "3.4028236e38",
        "1e39",
        "1.7976931348623157e308",
        "1.8e308",
        "5e-324",
        "2e-324",
        "1e-45",
        "7e-46",
        "inf",
        "-Infinity",
        "NaN",
        "-nan",
        "1.0000000596046448",
        "1.00000005960464477539062500001",
        "1.000000059604644775390625",
        "1.000000178813934326171875",
        ".5",
        "5.",
        "00.5",
        "1,5",
        "1.234,5",
        "1e",
        "65504",
        "65520",
        "2.980232238769531250000001e-8",
        "0.0000610053539276123046875",
    ],
    "decimal": [
        "0",
        "-0.0",
        "12.3",
        "-99.9",
        "99.90",
        "100",
        "1.23",
        "+.5",
        "5.",
        "007.100",
        "1,5",
        "1e1",
        "nan",
        "-999999999999999999.99999999999999999999",
        "1000000000000000000",
        "0.00000000000000000001",
        "0.000000000000000000001",
    ],
    "date": [
        "1970-01-01",
        "2024-02-29",
        "2023-02-29",
        "0000-01-01",
        "9999-12-31",
        "1900-02-29",
        "2000-02-29",
        "2024-13-01",
        "2024-1-1",
        "20240101",
        "",
    ],
    "timestamp": [
        "2024-01-01",
        "2024-01-01T00:00",
        "2024-01-01 23:59:59",
        "2024-01-01T00:00:00.1",
        "2024-01-01T00:00:00.120",
        "2024-01-01T00:00:00.000001",
        "2024-01-01T00:00:00.000000001",
        "2024-01-01T00:00:00.100000000",
        "2024-01-01T00:00:00Z",
        "2024-01-01T02:00+02:00",
        "2262-04-11T23:47:16.854775807",
        "2262-04-11T23:47:16.854775808",
        "1677-09-21T00:12:43.145224193",
        "1677-09-21T00:12:43.145224192",
        "9999-12-31T23:59:59.999999",
        "2024-01-01T24:00",
        "2024-01-01T00:00:60",
        "2024-01-01t00:00",
        "0000-01-01T00:00:00-23:59",
        "2024-01-01T00:00:00.0000000001",
    ],
    "time": [
        "00:00:00",
        "23:59:59",
        "12:34:56.7",
        "12:34:56.789",
        "12:34:56.789123",
        "12:34:56.789123456",
        "24:00:00",
        "12:60:00",
        "12:34",
        "12:34:56.",
        "1:02:03",
    ],
    "string": ["", "a", "é", "a,b", '"', "NA", "1"],
}


def kind_of(type_):
    stem = re.split(r"[\[(]", type_)[0].rstrip("0123456789").lstrip("u")
    return {"dictionary": "string", "auto": "int"}.get(stem, stem)


def lines(texts, maker):
    return "".join(f"{i},{maker.field(text, ',', 0.3)},x\n" for i, text in enumerate(texts))


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("comma", [False, True])
def test_every_text_alone(tmp_path, type_, comma):
    """One text that may not fit among some that do: stopped at, with its place, or left out."""
    texts = TEXTS[kind_of(type_)]
    good = [
        t
        for t in texts
        if type_ in ("string", "dictionary", "auto")
        or parse(type_, t.encode(), style_of(comma, None)) is not MISFIT
    ]
    maker = Maker(5)
    for text in texts:
        for skip in (False, True):
            data = "k,v,w\n" + lines([*good, text, *good[:3]], maker)
            options = Options(types=(("v", type_),), decimal_comma=comma, skip_errors=skip)
            run_all(tmp_path, data.encode(), options, [(2, 64, isa) for isa in instruction_sets()])


@pytest.mark.parametrize("seed", range(60))
def test_many_columns(tmp_path, seed):
    dice, maker = random.Random(seed), Maker(seed)
    width, rows = dice.randrange(1, 6), dice.choice([0, 1, 30, 150])
    types = [dice.choice(TYPES) for _ in range(width)]
    columns = []
    for type_ in types:
        texts = TEXTS[kind_of(type_)]
        good = [
            t
            for t in texts
            if type_ in ("string", "dictionary", "auto")
            or parse(type_, t.encode(), style_of(False, None)) is not MISFIT
        ]
        column = [None if dice.random() < 0.1 else dice.choice(good) for _ in range(rows)]
        if rows and dice.random() < 0.3:
            column[dice.randrange(rows)] = dice.choice(texts)
        columns.append(column)
    names = [f"c{i}" for i in range(width)]
    records = [",".join(maker.field(c[r], ",", 0.2) for c in columns) for r in range(rows)]
    text = (
        ",".join(names) + "\n" + "".join(record + dice.choice(["\n", "\r\n"]) for record in records)
    )
    options = Options(
        types=tuple(zip(names, types)),
        skip_errors=dice.random() < 0.5,
        trim=dice.random() < 0.2,
        dictionary=dice.choice(["auto", "never"]),
    )
    run_all(
        tmp_path,
        text.encode(),
        options,
        [(t, w, i) for t in (1, 3) for w in windows(len(text)) for i in instruction_sets()],
    )


def test_the_nearest_double_is_pythons():
    """The oracle's own arithmetic, against the one of Python."""
    dice = random.Random(1)
    for _ in range(2000):
        number = Fraction(
            dice.getrandbits(dice.choice([10, 60, 200])), 10 ** dice.randrange(0, 340)
        )
        assert (
            float(nearest(number, 53, -1074, Fraction(2) ** 1024))
            == number.numerator / number.denominator
        )
