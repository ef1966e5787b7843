"""shmcol-pack with tables in directories: appends, and shmcol files as inputs."""

import random

import pytest
from cli import cat_bytes, cells, good, json_of, run
from tables import ZONE, Grown, columns

HEADER = "time,price,qty,kind\n"


def text(first, last, header=True):
    """Returns rows of a CSV."""
    rows = (
        f"2026-11-{10 + i // 86400:02}T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02},"
        f"{i * 0.25},{i % 100},{'bac'[i % 3]}{i // 50000}\n"
        for i in range(first, last)
    )
    return (HEADER if header else "") + "".join(rows)


def append(directory, data, *args, **options):
    return json_of("pack", "--no-sync", "--append", directory, *args, "-", input=data, **options)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    directory = tmp_path_factory.mktemp("table") / "ticks"
    for first in (0, 50000, 100000):
        append(directory, text(first, first + 50000))
    return directory


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same rows, packed at once."""
    path = tmp_path_factory.mktemp("whole") / "all.shmcol"
    good("pack", "-q", "-", "-o", path, input=text(0, 150000))
    return path


def kinds(path):
    return [(c["name"], c["type"]) for c in json_of("info", path)["columns"]]


def test_appends_are_one_table(table, whole):
    assert run("check", table).stdout == f"{table}: ok\n"
    assert cat_bytes(table) == cat_bytes(whole)
    assert json_of("info", table)["part_count"] == 3


def test_what_an_append_says(tmp_path):
    directory = tmp_path / "t"
    first = append(directory, "a,b\n1,x\n2,\n")["append"]
    assert (first["created"], first["rows"], first["table_rows"], first["parts"]) == (True, 2, 2, 1)
    second = append(directory, "b,a\ny,3\n", "--token", "monday")["append"]
    assert (second["created"], second["first_row"], second["table_rows"]) == (False, 2, 3)
    assert second["table_id"] == first["table_id"] and second["table_parts"] == 1
    again = append(directory, "b,a\ny,3\n", "--token", "monday")["append"]
    assert again["already_there"] and (again["rows"], again["table_rows"]) == (0, 3)
    done = run("pack", "--append", directory, "-", input="a,b\n9,z\n")
    assert done.returncode == 0
    assert f"{directory}: 1 row added, 4 in all; 1 part written, 1 in all\n" in done.stdout
    done = run("pack", "--append", directory, "--token", "monday", "-", input="a,b\n9,z\n")
    assert done.returncode == 0 and "already there, nothing was added; 4 rows" in done.stdout
    done = run("pack", "--append", tmp_path / "new", "-", input="a,b\n9,z\n")
    assert "is a new table: later appends have these columns and types" in done.stdout
    assert cat_bytes(directory).decode() == "a,b\n1,x\n2,\n3,y\n9,z\n"


def test_a_value_that_does_not_fit_the_table(tmp_path):
    directory = tmp_path / "t"
    append(directory, "a,b\n1,x\n2,y\n")
    error = append(directory, "a,b\n3,z\nx4,z\n", status=1)["error"]
    assert error["status"] == "CSV_VALUE" and "int64" in error["message"]
    assert '"x4" in column "a"' in error["message"]
    assert "shmcol-pack DIR --types" in error["hint"] and "-o NEW" in error["hint"]
    assert cat_bytes(directory).decode() == "a,b\n1,x\n2,y\n"


def test_the_first_append_takes_types(tmp_path):
    directory, like = tmp_path / "t", tmp_path / "like"
    append(directory, "a,b\n1,x\n", "--types", "a=int16,b=string")
    assert kinds(directory) == [("a", "int16"), ("b", "string")]
    append(like, "b,a\nx,1\n", "--types-from", directory)
    assert kinds(like) == kinds(directory)
    assert append(like, "a,b\n99999,x\n", status=1)["error"]["status"] == "CSV_VALUE"


def test_a_dry_run_of_an_append_changes_nothing(tmp_path):
    directory = tmp_path / "t"
    found = append(directory, "a\n1\n", "--dry-run")
    assert found["append"] is None and found["columns"][0]["type"] == "int64"
    assert list(tmp_path.iterdir()) == []
    append(directory, "a\n1\n", "--types", "a=int8")
    found = append(directory, "a\n1\n", "--dry-run")
    assert found["columns"][0]["type"] == "int8" and json_of("info", directory)["rows"] == 1


def test_one_file_of_a_table(table, whole, tmp_path):
    out = tmp_path / "out.shmcol"
    found = json_of("pack", table, "-o", out)
    assert (found["rows"], found["parts"], found["append"]) == (150000, 3, None)
    assert run("check", out).stdout == f"{out}: ok\n"
    assert cat_bytes(out) == cat_bytes(whole) and kinds(out) == kinds(whole)
    found, packed = json_of("info", out), json_of("info", whole)
    for c, w in zip(found["columns"], packed["columns"], strict=True):
        assert {**c, "buffers": 0} == {**w, "buffers": 0}
    good("pack", "--zstd", table, "-o", tmp_path / "small.shmcol")
    assert cat_bytes(tmp_path / "small.shmcol") == cat_bytes(whole)


def test_tokens_stay_behind_and_other_metadata_go_along(tmp_path):
    append(tmp_path / "t", "a\n1\n", "--token", "x", "--meta", "unit=m")
    assert ["shmcol:token", "x"] in json_of("info", tmp_path / "t")["metadata"]
    good("pack", tmp_path / "t", "--meta", "k=v", "-o", tmp_path / "o.shmcol")
    assert json_of("info", tmp_path / "o.shmcol")["metadata"] == [["unit", "m"], ["k", "v"]]


def test_a_table_of_whole_parts(table, tmp_path):
    out = tmp_path / "new"
    found = json_of("pack", table, "-o", f"{out}/", "--part-rows", ZONE)
    assert found["append"]["created"] and found["append"]["table_parts"] == 3
    found = json_of("info", "--parts", out)
    assert [p["rows"] for p in found["parts"]] == [ZONE, ZONE, 150000 - 2 * ZONE]
    assert run("check", out).returncode == 0 and cat_bytes(out) == cat_bytes(table)
    error = json_of("pack", table, "-o", out, status=2)["error"]
    assert error["status"] == "EXISTS" and "--append" in error["hint"]
    good("pack", table, "-o", f"{tmp_path}/one/", "--types", "qty=int8")
    assert json_of("info", tmp_path / "one")["part_count"] == 2
    assert kinds(tmp_path / "one")[2] == ("qty", "int8")


def test_shmcol_files_are_appended(table, whole, tmp_path):
    out = tmp_path / "t"
    for source in (whole, table):
        found = json_of("pack", "--append", out, source)["append"]
    assert found["table_rows"] == 300000
    found = json_of("pack", "--append", out, whole, table)["append"]
    assert (found["rows"], found["table_rows"]) == (300000, 600000)
    assert run("check", out).returncode == 0
    rows = cat_bytes(whole)
    assert cat_bytes(out) == rows + 3 * rows[len(HEADER) :]


def test_columns_are_chosen_and_inputs_joined(table, whole, tmp_path):
    out = tmp_path / "out.shmcol"
    good("pack", table, whole, "--columns", "kind,qty", "-o", out)
    assert kinds(out) == [("kind", "dictionary[int8]"), ("qty", "int64")]
    good("pack", table, "--columns", "!price,!time", "--dictionary", "kind=never", "-f", "-o", out)
    assert kinds(out) == [("qty", "int64"), ("kind", "string")]
    good("pack", "-q", "-", "-o", tmp_path / "b.shmcol", input="qty\nx\n")
    error = json_of("pack", table, tmp_path / "b.shmcol", "-o", out, status=2)["error"]
    assert error["status"] == "NO_COLUMN"
    args = ("--columns", "qty", "-f", "-o", out)
    error = json_of("pack", table, tmp_path / "b.shmcol", *args, status=2)["error"]
    assert error["status"] == "WRONG_TYPE" and "int64" in error["message"]
    good("pack", table, tmp_path / "b.shmcol", "--types", "qty=string", *args)
    assert cat_bytes(out).decode().endswith("\n99\nx\n")


NUMBERS = [0, -1, 1, 127, 128, 255, 256, 32767, 65535, 65536, -(2**31), 2**31, 2**53 + 1, -(2**63)]
NUMBERS += [2**63 - 1, 16777217, 33554435, ""]
FLOATS = [0.1, -0.0, 1e-45, 3.4e38, 1e22, 16777217.0, 0.30000001192092896, "nan", "-inf"]
WIDE = [3.5e38, 2.0**-1074, 1 + 2.0**-24, 1 + 3 * 2.0**-24, 1e300]  # no float32, or between two
TARGETS = "int8 int32 int64 uint8 uint64 float32 float64 float16 string decimal(20,1) bool"


@pytest.mark.parametrize("source", ["int64", "int32", "uint16", "float64", "float32", "string"])
@pytest.mark.parametrize("target", TARGETS.split())
def test_types_are_those_of_the_text(tmp_path, source, target):
    """A column gets another type as if its text was read again. Nulls show which do not fit."""
    rng = random.Random(f"{source}{target}")
    values = [v for v in NUMBERS if v == "" or fits(source, v)]
    if source.startswith("float"):
        values += FLOATS + [rng.uniform(-1e3, 1e3) for _ in range(200)]
        values += WIDE if source == "float64" else []
    src, out, want = (tmp_path / f"{name}.shmcol" for name in ("src", "out", "want"))
    asked = ("-q", "-f", "--types", f"v={target}", "--dictionary", "never")

    def pack_source(lines):
        text = "".join(["i,v\n", *lines])
        good("pack", "-q", "-", "--types", f"v={source}", "-f", "-o", src, input=text)
        return good("cat", src)

    csv = pack_source(f"{i},{v}\n" for i, v in enumerate(values))
    good("pack", *asked, "--on-error", "null", "-", "-o", want, input=csv)
    lines = csv.splitlines(keepends=True)[1:]
    fit = [
        line
        for line, (_, v) in zip(lines, cells(want), strict=True)
        if (v is None) == (line[-2] == ",")
    ]
    csv = pack_source(fit)
    good("pack", *asked, "-", "-o", want, input=csv)
    good("pack", *asked, src, "-o", out)
    assert cat_bytes(out) == cat_bytes(want) and kinds(out) == kinds(want)
    misfits = [line for line in lines if line not in fit]
    for line in misfits if len(misfits) < 8 else rng.sample(misfits, 8):
        pack_source([fit[0], line])
        done = run("pack", *asked, src, "-o", out)
        value = line.split(",")[1][:-1]
        assert done.returncode == 1 and f'row 1: error: "{value}" in column "v"' in done.stderr


def fits(source, value):
    bits = {"int64": 63, "int32": 31, "uint16": 16}.get(source)
    if bits is None:
        return True
    return (0 if source[0] == "u" else -(2**bits)) <= value < 2**bits


@pytest.mark.parametrize(
    "types, message",
    [
        ("qty=uint8,price=int16", '"0.25" in column "price" is no int16'),
        ("kind=int8", '"b0" in column "kind" is no int8'),
        ("price=float32,time=date32", '"2026-11-10T00:00:01" in column "time" is no date32'),
    ],
)
def test_a_value_that_does_not_fit_is_named(table, tmp_path, types, message):
    error = json_of("pack", table, "--types", types, "-o", tmp_path / "o.shmcol", status=1)["error"]
    assert error["status"] == "CSV_VALUE" and message in error["message"]
    assert error["row"] == (0 if "kind" in types else 1) and error["path"] == str(table)
    assert list(tmp_path.iterdir()) == []
    error = json_of("pack", table, "--types", types, "--dry-run", status=1)["error"]
    assert message in error["message"]


def test_the_row_of_a_value_in_a_later_part(tmp_path):
    made = Grown(tmp_path / "t").add(columns(0, ZONE)).add(columns(ZONE, 5))
    rows = "".join(f"{i}\n" for i in range(ZONE)) + "128000\n"
    for column, row in (("n=uint16", ZONE), ("s=int8,n=int64", 0)):
        error = json_of(
            "pack", made.directory, "--types", column, "-o", tmp_path / "o.shmcol", status=1
        )["error"]
        assert (error["row"], error["status"]) == (row, "CSV_VALUE")
    path = tmp_path / "text.shmcol"
    good("pack", "-q", "-", "--types", "v=string", "-o", path, input="v\n" + rows)
    error = json_of("pack", path, "--types", "v=date32", "-o", tmp_path / "o.shmcol", status=1)
    assert error["error"]["row"] == 0
    error = json_of("pack", path, "--types", "v=uint16", "-o", tmp_path / "o.shmcol", status=1)
    assert error["error"]["row"] == ZONE and '"128000"' in error["error"]["message"]


@pytest.mark.parametrize(
    "args, what",
    [
        (["t"], "name the output with -o FILE"),
        (["t", "f.shmcol"], "name the output with -o FILE"),
        (["t", "a.csv", "-o", "o.shmcol"], "do not mix"),
        (["f.shmcol", "a.csv", "--append", "u"], "do not mix"),
        (["t", "-o", "o.shmcol", "--delimiter", "tab"], "--delimiter is for CSV"),
        (["t", "-o", "o.shmcol", "--part-rows", "65536"], "--part-rows needs a table"),
        (["a.csv", "--append", "u", "--part-rows", "7"], "no multiple of 65536"),
        (["a.csv", "--append", "u", "-o", "o.shmcol"], "exclude each other"),
        (["a.csv", "--append", "u", "-f"], "-f replaces files"),
        (["a.csv", "--append", "u", "--zstd"], "never compressed"),
        (["a.csv", "--append", ""], "needs the name"),
        (["a.csv", "--token", "x", "-o", "o.shmcol"], "need --append"),
        (["a.csv", "--append", "u", "--token", ""], "token"),
        (["t", "-o", "t/00000000000000000000.shmcol", "-f"], "or lies in it"),
        (["t", "--append", "t"], "the output is an input"),
        (["t", "--types", "x=int8", "-o", "o.shmcol"], "no such column"),
        (["t", "--types", "a=int9", "-o", "o.shmcol"], "int9"),
    ],
)
def test_wrong_uses(tmp_path, args, what):
    (tmp_path / "a.csv").write_text("a\n1\n")
    append(tmp_path / "t", "a\n1\n")
    good("pack", "-q", "a.csv", "f.shmcol", cwd=tmp_path)
    before = sorted(tmp_path.rglob("*"))
    done = run("pack", *args, cwd=tmp_path)
    assert done.returncode == 2 and what in done.stderr, done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_an_ordered_dictionary_stays_ordered(tmp_path):
    sys_words = columns(0, 6, words=("low", "mid", "high"))
    sys_words[2].words.ordered = True
    made = Grown(tmp_path / "t").add(sys_words)
    good("pack", made.directory, "-o", tmp_path / "o.shmcol")
    column = json_of("info", tmp_path / "o.shmcol")["columns"][2]
    assert column["dictionary"]["ordered"] and column["dictionary"]["length"] == 3
    assert cat_bytes(tmp_path / "o.shmcol") == cat_bytes(made.directory)
    good("pack", made.directory, "--dictionary", "never", "-f", "-o", tmp_path / "o.shmcol")
    assert json_of("info", tmp_path / "o.shmcol")["columns"][2]["type"] == "string"
