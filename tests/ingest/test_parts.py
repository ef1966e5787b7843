"""Several inputs without headers are one text that is cut in pieces (C-11, C-13), and what is blank
(C-8, C-23)."""

import itertools
import random

import pytest
from csv_made import Maker
from csv_oracle import CsvError, Options, Table
from ingest_tools import compare, expected_of, pack, run_all

SOME = [(1, None, None), (3, 64, "scalar"), (2, 64, None)]


def cut(data, dice):
    """Pieces that end with a line's end; some are empty."""
    ends = [i + 1 for i, byte in enumerate(data) if byte == 10]
    at = sorted(dice.choices([0, *ends, len(data)], k=dice.randrange(1, 5)))
    return [data[a:b] for a, b in itertools.pairwise([0, *at, len(data)])]


def pack_parts(tmp_path, parts, options, threads=1, window=None):
    for i, part in enumerate(parts):
        (tmp_path / f"{i}.csv").write_bytes(part)
    others = [str(tmp_path / f"{i}.csv") for i in range(len(parts) - 1)]
    return pack(
        tmp_path / f"{len(parts) - 1}.csv",
        tmp_path / "out.shmcol",
        [*options.arguments(), *others],
        threads,
        window,
    )


@pytest.mark.parametrize("seed", range(30))
def test_parts_join_as_one_text(tmp_path, seed):
    dice = random.Random(seed)
    data, options = Maker(seed + 5000).csv(dice.choice([0, 1, 3, 40]))
    options.no_header, options.skip_lines, options.delimiter = True, 0, options.delimiter or "|"
    options.decimal_comma = False
    data = data.removeprefix(b"\xef\xbb\xbf")
    if dice.random() < 0.3:
        data = dice.choice([b"\n", b"\r\n\n", b"\n" * 70]) + (data if dice.random() < 0.7 else b"")
    if options.comment and dice.random() < 0.3:
        data = b"# first\n" + data
    expected = expected_of(data, options)
    for threads, window, _ in SOME:
        compare_tables(
            pack_parts(tmp_path, whole_records(data, dice, options), options, threads, window),
            expected,
        )


def whole_records(data, dice, options):
    """Cuts that do not go through a quoted field."""
    for _ in range(100):
        parts = cut(data, dice)
        if all(
            not isinstance(expected_of(p, options), CsvError)
            or expected_of(p, options).code == "CSV_EMPTY"
            or expected_of(p, options).code == "CSV_RAGGED"
            for p in parts
        ):
            return parts
    return [data]


def compare_tables(result, expected):
    if isinstance(expected, CsvError):
        assert result.error["status"] == expected.code
    else:
        for column in expected.columns:
            column.first_text = None  # its line is that of a part
        compare(result, expected)


BLANK = [b"\n", b"\r\n", b"\n\n\r\n\n", b"\n" * 200]


@pytest.mark.parametrize("data", BLANK)
def test_only_blank_lines_are_rows(tmp_path, data):
    expected, _ = run_all(tmp_path, data, Options(no_header=True), SOME)
    assert (
        isinstance(expected, Table)
        and expected.rows == data.count(b"\n")
        and len(expected.columns) == 1
    )
    run_all(tmp_path, b"# no row\n" + data + b"#", Options(no_header=True, comment="#"), SOME)
    expected, _ = run_all(tmp_path, data, Options(), SOME)  # with a header there is none
    assert isinstance(expected, CsvError) and expected.code == "CSV_EMPTY"
    expected, _ = run_all(tmp_path, b"# no row\n", Options(no_header=True, comment="#"), SOME)
    assert isinstance(expected, CsvError) and expected.code == "CSV_EMPTY"


@pytest.mark.parametrize(
    "parts,rows,columns",
    [
        ([b"", b"\n", b""], 1, 1),
        ([b"\n\n", b"a\n"], 3, 1),
        ([b"\n\n", b"1\t2\t3\n"], 1, 3),
        ([b"1,2\n", b"\n\n", b"3,4"], 2, 2),
        ([b"1\n", b"\n\n", b"3"], 4, 1),
        ([b"", b"", b"1,2"], 1, 2),
        ([b"", b""], None, None),
    ],
)
def test_blank_and_empty_parts(tmp_path, parts, rows, columns):
    for threads, window in ((1, None), (3, 64)):
        result = pack_parts(tmp_path, parts, Options(no_header=True), threads, window)
        if rows is None:
            assert result.error["status"] == "CSV_EMPTY"
        else:
            assert result.status == 0, result.error
            assert (result.answer["rows"], len(result.answer["columns"])) == (rows, columns)


SPACES = [b" ", b"\t", b"   ", b" \t ", b" " * 63, b" " * 64, b" " * 65, b" " * 300]


@pytest.mark.parametrize("spaces", SPACES)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_spaces_alone_are_a_blank_line(tmp_path, spaces, end):
    """With trim, at every place of a window's edge."""
    for shift in range(0, 70, 3 if spaces == b"   " else 23):
        data = (
            b"a,b"
            + end
            + b"x" * shift
            + b",1"
            + end
            + spaces
            + end
            + spaces
            + end
            + b'" ",2'
            + end
            + spaces
            + b"3,"
            + end
            + spaces
        )
        run_all(tmp_path, data, Options(trim=True), [(1, None, None), (2, 64, None)])
    expected, _ = run_all(
        tmp_path, spaces + end + b"a,b" + end + b"1,2" + end, Options(trim=True), SOME
    )
    assert isinstance(expected, Table) and expected.rows == 1
    expected, _ = run_all(
        tmp_path, b"a" + end + spaces + end + b"1" + end, Options(trim=True), SOME
    )
    assert isinstance(expected, Table) and expected.rows == 2  # one column: a null
    expected, _ = run_all(tmp_path, b"a,b" + end + spaces + end + b"1,2" + end, Options(), SOME)
    assert isinstance(expected, CsvError)  # without trim it is a field
    expected, _ = run_all(
        tmp_path, b"a,b" + end + spaces + end, Options(trim=True, skip_errors=True), SOME
    )
    assert isinstance(expected, Table) and (expected.rows, expected.rejected) == (0, 0)


def test_a_delimiter_is_no_space(tmp_path):
    for delimiter in (" ", "\t"):
        data = "a b c\n  \n1  3\n".replace(" ", delimiter).encode()
        expected, _ = run_all(tmp_path, data, Options(trim=True, delimiter=delimiter), SOME)
        assert isinstance(expected, Table) and expected.rows == 2
