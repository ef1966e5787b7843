"""pack() with declared forms and records, and with several inputs: every keyword argument."""

import csv as csv_module
import decimal
import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import shmcol
from hypothesis import given, settings
from hypothesis import strategies as st
from test_pack import csv, packed


def types_of(report):
    return [column.type for column in report.columns]


def test_dates_and_timestamps(tmp_path):
    """C-71, C-74, C-79"""
    text = "d,t\n31/12/2024,31.12.2024 05:40\n01/01/2025,01.01.2025 00:00\n"
    options = {"date_format": ("%d.%m.%Y", "%d/%m/%Y"), "timestamp_format": "%d.%m.%Y %H:%M"}
    table, report = packed(tmp_path, text, **options)
    assert types_of(report) == ["date64", "timestamp[s]"]
    assert "%d/%m/%Y" in report.columns[0].reason
    assert table["t"].tolist()[0].isoformat() == "2024-12-31T05:40:00"
    table, report = packed(
        tmp_path, "a,b\n1706708700000,x\n", types={"a": "timestamp[ms;UTC;epoch]"}
    )
    assert types_of(report)[0] == "timestamp[ms, UTC]"
    assert table["a"][0] == np.datetime64("2024-01-31T13:45:00.000")
    with pytest.raises(shmcol.CsvError, match="31/12") as caught:
        packed(tmp_path, text, types={"d": "date[%m/%d/%Y]"})
    assert (caught.value.status, caught.value.line, caught.value.rule) == ("CSV_VALUE", 2, "C-70")
    with pytest.raises(shmcol.UsageError, match="%Q"):
        packed(tmp_path, text, date_format="%Q")


def test_words_and_numbers(tmp_path):
    """C-41, C-76, C-77, C-78"""
    text = 'b,n,p,h\nJa,"1,234",$5.50,0xff\nnein,5,7,0x1\n'
    types = {"p": "float64[$,]", "h": "uint64[hex]"}
    options = {"types": types, "true_words": ["ja"], "false_words": "nein", "thousands": ","}
    table, report = packed(tmp_path, text, **options)
    assert types_of(report) == ["bool8", "int64", "float64", "uint64"]
    assert table["b"].tolist() == [True, False] and table["n"].tolist() == [1234, 5]
    assert table["p"].tolist() == [5.5, 7.0] and table["h"].tolist() == [255, 1]
    with pytest.raises(shmcol.UsageError, match="JA.*both true and false"):
        packed(tmp_path, text, true_words="ja", false_words=["JA"])
    with pytest.raises(shmcol.UsageError, match="false"):
        packed(tmp_path, text, true_words="ja")


def test_names_with_commas_carry_forms(tmp_path):
    """C-51"""
    types = {'a, "b"': "date[%d, %b=%Y]", "c=d": "bool[ja,j|nein]", "e*": "int8"}
    table, report = packed(
        tmp_path, '"a, ""b""";c=d;ef\n"31, Dec=2024";j;5\n', types=types, delimiter=";"
    )
    assert types_of(report) == ["date64", "bool8", "int8"]
    assert table['a, "b"'][0] == np.datetime64("2024-12-31")


def test_records(tmp_path):
    """C-85 to C-93"""
    text = "x,y\nm,s\n1,a\\,b\n2\n3,c\nsum,6\n"
    options = {"skip_after_header": 1, "skip_footer": 1, "escape": "\\", "short_records": "null"}
    table, report = packed(tmp_path, text, **options)
    assert table["x"].tolist() == [1, 2, 3] and table["y"].tolist() == ["a,b", None, "c"]
    assert (report.short_records, report.extra_fields) == (1, 0)
    table, report = packed(tmp_path, "x,y\n1,2,\n3,4,\n", drop_extra=True)
    assert table["y"].tolist() == [2, 4] and report.extra_fields == 2
    text = "1,2,3\n4,5,6\n7,8,9\n"
    options = {"names": ["x", "y", "z"], "skip_rows": 1, "limit": 1}
    for columns, kept in ((["!y"], ["x", "z"]), (["!2", "!x"], ["z"]), ([3, "x"], ["z", "x"])):
        table, _ = packed(tmp_path, text, columns=columns, **options)
        assert table.columns == kept and table["z"].tolist() == [6]
    for columns in (["!x", "y"], ["x", 1], [4], ["!x", "!y", "!z"]):
        with pytest.raises((shmcol.UsageError, shmcol.ColumnError)):
            packed(tmp_path, text, columns=columns, **options)


def test_several_inputs(tmp_path):
    """C-95 to C-97"""
    parts = [
        csv(tmp_path, "x,y\n1,a\n", "1.csv"),
        os.fsencode(csv(tmp_path, "y,z\nb,2\n", "2.csv")),
    ]
    out = tmp_path / "out.shmcol"
    with pytest.raises(shmcol.CsvError) as caught:
        shmcol.pack(parts, out)
    assert caught.value.status == "CSV_HEADERS_DIFFER" and "union" in caught.value.hint
    shmcol.pack(parts, out, union=True, file_column="part")
    table = shmcol.open(out, verify="full")
    assert table.columns == ["x", "y", "z", "part"]
    assert table["x"].tolist() == [1, None] and table["z"].tolist() == [None, 2]
    assert table["part"].tolist() == [str(tmp_path / "1.csv"), str(tmp_path / "2.csv")]
    with pytest.raises(shmcol.UsageError, match="x"):
        shmcol.pack(parts[0], dry_run=True, file_column="x")


def test_types_from_a_path_or_a_table(tmp_path):
    """C-80"""
    first, _ = packed(tmp_path, "a,b\n1,x\n", types={"a": "int16"}, dictionary={"b": "always"})
    first = shmcol.open(tmp_path / "out.shmcol")
    with shmcol.share({"a": np.arange(3, dtype="i2")}) as shared:
        assert types_of(shmcol.pack(io.BytesIO(b"a\n9\n"), dry_run=True, types_from=shared)) == [
            "int16"
        ]
    for given in (first, first[0:0], first.path, os.fsencode(first.path), tmp_path / "out.shmcol"):
        report = shmcol.pack(
            io.BytesIO(b"b,a\ny,7\n"), tmp_path / "n.shmcol", overwrite=True, types_from=given
        )
        assert [column.name for column in report.columns] == ["a", "b"]
        assert types_of(report) == ["int16", "dictionary"]
    report = shmcol.pack(
        io.BytesIO(b"b,a\ny,7\n"), dry_run=True, types_from=first, types={"a": "int32"}
    )
    assert types_of(report) == ["int32", "dictionary"]
    with pytest.raises(shmcol.UsageError, match="types_from is a table of chosen columns"):
        shmcol.pack(io.BytesIO(b"a\n7\n"), dry_run=True, types_from=first[["a"]])
    with pytest.raises(shmcol.CsvError, match='"b"'):
        shmcol.pack(io.BytesIO(b"a\n7\n"), dry_run=True, types_from=first)
    with pytest.raises(FileNotFoundError):
        shmcol.pack(io.BytesIO(b"a\n7\n"), dry_run=True, types_from=tmp_path / "none")


@pytest.mark.parametrize("answers", ["skip,null,replace", ["null", "replace", "skip"]])
def test_answers_to_errors(tmp_path, answers):
    """C-94"""
    text = b"x,y\n1,\xff\nq,b\n3\n4,c\n"
    rejects = tmp_path / "rejects.csv"
    table, report = packed(tmp_path, text, types={"x": "int8"}, on_error=answers, rejects=rejects)
    assert table["x"].tolist() == [1, None, 4] and table["y"].tolist() == ["\ufffd", "b", "c"]
    assert (report.rejected, report.replaced, report.columns[0].misfits) == (1, 1, 1)
    assert rejects.read_bytes() == b"3\n"


def test_progress_counts_the_bytes_of_file_objects(tmp_path):
    text = b"x,y\n" + b"1,abcdefgh\n" * 200_000
    told = []
    objects = [io.BytesIO(text), io.BytesIO(text)]
    shmcol.pack(
        objects, tmp_path / "o.shmcol", progress=lambda done, total: told.append((done, total))
    )
    assert told and told == sorted(told) and told[-1][1] == pytest.approx(2 * len(text), rel=0.01)

    def stop(done, total):
        raise LookupError("enough")

    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(LookupError, match="enough"):
        shmcol.pack(io.BytesIO(text), tmp_path / "p.shmcol", progress=stop)
    assert os.listdir(tmp_path) == ["o.shmcol"] and len(os.listdir("/proc/self/fd")) == before


READS = """
import sys, shmcol
class Endless:
    def read(self, n):
        print("reads", flush=True) if not hasattr(self, "told") else None
        self.told = True
        return b"1,2\\n" * (n // 4)
try:
    shmcol.pack([Endless()], sys.argv[1])
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_interrupt_ends_the_reading_of_a_file_object(tmp_path):
    command = [
        sys.executable,
        "-c",
        READS.replace("return b", "import time; time.sleep(0.01); return b"),
        tmp_path / "o.shmcol",
    ]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=dict(os.environ, TMPDIR=str(tmp_path))
    )
    assert child.stdout.readline() == "reads\n"
    begin = time.monotonic()
    child.send_signal(signal.SIGINT)
    try:
        out = child.communicate(timeout=60)[0]
    finally:
        child.kill()
    assert out == "interrupted\n" and time.monotonic() - begin < 10
    assert os.listdir(tmp_path) == []


def test_where_the_delimiter_comes_from(tmp_path):
    """C-10, C-24"""
    for name, text, options, delimiter, source in [
        ("a.csv", "x;y\n1;2\n", {"delimiter": ";"}, ";", "named"),
        ("b.csv", "x;y\n", {"delimiter": "none"}, "", "named"),
        ("c.csv", "sep=;\nx;y\n1;2\n", {}, ";", "sep= line"),
        ("d.tsv", "x,1\ty\n1,2\t3\n", {}, "\t", "file name"),
        ("e.csv", "x|y|z\n1|2|3\n", {}, "|", "several in each record"),
        ("f.csv", "x;y\n1;2\n", {}, ";", "one in each record"),
        (
            "g.csv",
            "x;y;z\n1;2;3\n4;5;6;7\n8;9;0\n",
            {"on_error": "skip"},
            ";",
            "several in most records",
        ),
        ("h.csv", "x\n1\n", {}, ",", "default"),
    ]:
        report = shmcol.pack(csv(tmp_path, text, name), dry_run=True, **options)
        assert (report.delimiter, report.delimiter_source) == (delimiter, source), name


# ---- lists (C-82) ----

ELEMENTS = {
    "bool": (st.booleans(), "bool8"),
    "int8": (st.integers(-128, 127), "int8"),
    "int64": (st.integers(-(2**63), 2**63 - 1), "int64"),
    "uint64": (st.integers(0, 2**64 - 1), "uint64"),
    "float16": (st.floats(width=16, allow_nan=False), "float16"),
    "float32": (st.floats(width=32, allow_nan=False), "float32"),
    "float64": (st.floats(allow_nan=False), "float64"),
    "decimal(9,2)": (st.decimals(-(10**6), 10**6, places=2), "decimal128(9,2)"),
    "date32": (st.dates(), "date32"),
    "time64[us]": (st.times(), "time64[us]"),
    "timestamp[us]": (st.datetimes(), "timestamp[us]"),
    "string": (st.text(st.characters(exclude_categories=["Cs"]), max_size=8), "string"),
}


def as_json(row):
    """As shmcol-cat writes a list: numbers bare, dates and times in quotes."""
    texts = [
        str(v) if isinstance(v, decimal.Decimal) else json.dumps(v, default=str, ensure_ascii=False)
        for v in row
    ]
    return "[" + ",".join(texts) + "]"


@pytest.mark.parametrize("element", ELEMENTS)
@settings(max_examples=8, deadline=None, database=None)
@given(data=st.data())
def test_lists_as_they_were_written(tmp_path_factory, element, data):
    """Packs the text of lists, and again with the types of that table: the same lists."""
    pa = pytest.importorskip("pyarrow")
    values, name = ELEMENTS[element]
    rows = data.draw(st.lists(st.none() | st.lists(values, max_size=5), min_size=1, max_size=6))
    place = tmp_path_factory.mktemp("lists")
    text = io.StringIO()
    writer = csv_module.writer(text)
    writer.writerow(["n", "l"])
    writer.writerows([i, "" if row is None else as_json(row)] for i, row in enumerate(rows))
    table, report = packed(place, text.getvalue(), types={"l": f"list[{element}]"})
    assert types_of(report)[1] == f"list[{name}]" == table["l"].field.type
    assert pa.table(table)["l"].to_pylist() == rows
    again = shmcol.pack(place / "in.csv", place / "again.shmcol", types_from=table)
    assert again.id == report.id


def test_lists_that_do_not_fit(tmp_path):
    """C-82, C-94"""
    text = 'n,l\n1,"[1,2]"\n2,"[1,null]"\n'
    with pytest.raises(shmcol.CsvError, match='element 2, "null"') as caught:
        packed(tmp_path, text, types={"l": "list[int8]"})
    assert (caught.value.rule, caught.value.line, caught.value.column) == ("C-82", 3, 3)
    table, report = packed(tmp_path, text, types="l=list[int8]", on_error="null")
    assert table["l"].tolist() == [[1, 2], None] and report.columns[1].misfits == 1
    with pytest.raises(shmcol.UsageError, match="a list holds no lists"):
        packed(tmp_path, text, types={"l": "list[list[int8]]"})
