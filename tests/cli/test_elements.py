"""Lists, decimals, halves, ascending columns and parts, as the tools show them."""

import json

import pytest
from cli import good, json_of, run
from model import (
    BIG_PAGE,
    DATE32,
    DECIMAL128,
    FLOAT16,
    INT32,
    LIST,
    STRING,
    TIMESTAMP,
    Type,
)
from writer import Col, write


def list_of(element, **parameters):
    return Type(LIST, element=element, **parameters)


@pytest.fixture
def made(tmp_path):
    """Returns a function that writes a table and gives its path."""

    def make(*columns, name="t.shmcol", **fields):
        path = tmp_path / name
        path.write_bytes(write(list(columns), **fields))
        return path

    return make


@pytest.fixture
def table(made):
    return made(
        Col("n", list_of(INT32), [[1, -2, 3], None, [], [7]]),
        Col("s", list_of(STRING), [["a", 'b"c, \n'], None, [], ["", "\x00\x7f"]]),
        Col("d", list_of(DATE32), [[0], None, [], [1, 2]]),
        Col("z", list_of(TIMESTAMP, unit=1, zone=b"UTC"), [[0], None, [], [1, 86400000]]),
        Col("p", Type(DECIMAL128, precision=18, scale=2), [-1250, None, 5, 10**17]),
        Col("w", Type(DECIMAL128, precision=38), [-(10**38) + 1, 10**38 - 1, 0, 2**64]),
        Col("h", Type(FLOAT16), [0.1, None, 65504.0, float("-inf")]),
        Col("l", list_of(FLOAT16), [[0.1, float("nan")], None, [], [float("inf")]]),
        Col("m", list_of(DECIMAL128, precision=3, scale=3), [[5, -999], None, [], [0]]),
    )


def test_csv(table):
    """A list is a JSON array, quoted as any text; a decimal has all digits of its scale."""
    assert good("cat", table).split("\n") == [
        "n,s,d,z,p,w,h,l,m",
        '"[1,-2,3]","[""a"",""b\\""c, \\n""]","[""1970-01-01""]",'
        '"[""1970-01-01T00:00:00.000Z""]",-12.50,-99999999999999999999999999999999999999,0.1,'
        '"[0.1,""NaN""]","[0.005,-0.999]"',
        ",,,,,99999999999999999999999999999999999999,,,",
        "[],[],[],[],0.05,0,65500.0,[],[]",
        '[7],"["""",""\\u0000\\u007f""]","[""1970-01-02"",""1970-01-03""]",'
        '"[""1970-01-01T00:00:00.001Z"",""1970-01-02T00:00:00.000Z""]",'
        '1000000000000000.00,18446744073709551616,-inf,"[""Infinity""]",[0.000]',
        "",
    ]


def test_jsonl(table):
    lines = good("cat", "--format", "jsonl", "--columns", "n,s,p,h,l", table).splitlines()
    assert lines[0] == '{"n":[1,-2,3],"s":["a","b\\"c, \\n"],"p":-12.50,"h":0.1,"l":[0.1,"NaN"]}'
    assert lines[1] == '{"n":null,"s":null,"p":null,"h":null,"l":null}'
    assert json.loads(lines[3])["s"] == ["", "\x00\x7f"]


def test_a_zone_that_is_not_written_is_told_of(made):
    path = made(Col("z", list_of(TIMESTAMP, unit=0, zone=b"Europe/Paris"), [[0], []]))
    done = run("cat", path)
    assert done.returncode == 0 and done.stdout == 'z\n"[""1970-01-01T00:00:00Z""]"\n[]\n'
    assert 'column "z": the zone\'s name is not written' in done.stderr


def test_types(table):
    expected = [
        "list[int32]",
        "list[string]",
        "list[date32]",
        "list[timestamp[ms, UTC]]",
        "decimal128(18,2)",
        "decimal128(38,0)",
        "float16",
        "list[float16]",
        "list[decimal128(3,3)]",
    ]
    columns = json_of("info", table)["columns"]
    assert [c["type"] for c in columns] == expected
    assert all(t in good("info", table) for t in expected)
    assert [c["type"] for c in json_of("cat", table)["columns"]] == expected
    assert columns[3]["element"] == "timestamp" and columns[3]["unit"] == "ms"
    assert columns[3]["zone"] == "UTC" and "zone" not in columns[2]
    assert (columns[4]["precision"], columns[4]["scale"]) == (18, 2)
    assert (columns[8]["element"], columns[8]["precision"]) == ("decimal128", 3)
    assert list(columns[0]["buffers"]) == ["offsets", "validity", "elements"]
    assert list(columns[1]["buffers"]) == ["offsets", "validity", "element_offsets", "bytes"]
    assert columns[1]["buffers"]["element_offsets"]["length"] == 8 * 5


def test_ranges(table):
    text = good("info", table)
    assert "-12.50 .. 1000000000000000.00" in text and "-inf .. 65500.0" in text
    raw = run("info", "--json", table).stdout
    assert '"min": -12.50, "max": 1000000000000000.00' in raw
    assert f'"min": -{10**38 - 1}, "max": {10**38 - 1}' in raw
    columns = json.loads(raw)["columns"]
    assert (columns[6]["min"], columns[6]["max"]) == ("-Infinity", 65500.0)
    assert all(columns[i]["min"] is None for i in (0, 1, 2, 3, 7, 8))


def test_ascending_is_told(made):
    path = made(
        Col("up", Type(INT32), [1, 1, 2]),
        Col("down", Type(INT32), [3, 2, 1]),
        Col("hole", Type(INT32), [1, None, 2]),
    )
    assert [c["ascending"] for c in json_of("info", path)["columns"]] == [True, False, False]
    lines = [line.strip() for line in good("info", path).splitlines() if " int32 " in line]
    assert [line.endswith(f"{size} B") for line, size in zip(lines, (12, 12, 13))] == [True] * 3
    assert "1 .. 2, ascending " in lines[0] and all("ascending" not in x for x in lines[1:])


def test_a_part_says_where_it_lies(made):
    column = Col("n", Type(INT32), [1, 2, 3])
    plain = made(column)
    assert json_of("info", plain)["part"] is None and "of a table" not in good("info", plain)
    first = made(column, name="first.shmcol", alignment=BIG_PAGE, table_rows=3)
    found = json_of("info", first)
    assert found["part"] == {
        "alignment": 65536,
        "first_row": 0,
        "table_rows": 3,
        "table_id": None,
        "previous_id": None,
    }
    text = good("info", first)
    assert "part        of a table: first row 0 of 3\n" in text
    assert f"table id    {found['file_id']}\n" in text and "previous" not in text
    later = made(
        column,
        name="later.shmcol",
        alignment=BIG_PAGE,
        first_row=131072,
        table_rows=131075,
        table_id=bytes(range(16)),
        previous_id=b"x" * 16,
    )
    part = json_of("info", later)["part"]
    assert (part["first_row"], part["table_rows"]) == (131072, 131075)
    assert part["table_id"] == bytes(range(16)).hex() and part["previous_id"] == "78" * 16
    text = good("info", later)
    assert "part        of a table: first row 131,072 of 131,075\n" in text
    assert f"table id    {part['table_id']}\nprevious    {part['previous_id']}\n" in text
    assert good("check", later) == f"{later}: ok\n" and good("cat", later) == "n\n1\n2\n3\n"
    assert json_of("info", later)["columns"][0]["nulls"] == 0


def test_an_offset_that_leads_outside(made):
    """F-63: whole rows before it are written, and the message names column and row."""
    path = made(Col("n", list_of(INT32), [[1], [2], [3]]))
    at = json_of("info", path)["columns"][0]["buffers"]["offsets"]["offset"]
    data = bytearray(path.read_bytes())
    data[at + 24 : at + 32] = (4).to_bytes(8, "little")
    path.write_bytes(data)
    done = run("cat", path)
    assert done.returncode == 1 and done.stdout == "n\n[1]\n[2]\n"
    assert 'row 2: error: column "n": a list or its text lies outside its buffer' in done.stderr
    assert "(OFFSETS, F-36)" in done.stderr


def test_compressed(table, tmp_path):
    """A compressed file shows the same, through the cache and without it."""
    packed = tmp_path / "packed.shmcol"
    good("pack", "--zstd", table, "-o", packed)
    assert good("cat", packed) == good("cat", table)
    assert good("cat", "--no-cache", packed) == good("cat", table)
    assert [c["type"] for c in json_of("info", packed)["columns"]] == [
        c["type"] for c in json_of("info", table)["columns"]
    ]
