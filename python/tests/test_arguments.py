"""Every argument is checked first: a wrong one gives an error that names it."""

import datetime
import io
import os
import pathlib

import numpy as np
import pandas as pd
import pytest
import shmcol
from hypothesis import given, settings
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow")

ODD = [
    -1,
    -(2**63),
    2**31,
    2**32,
    2**63,
    2**64,
    2**70,
    True,
    np.True_,
    1.5,
    1.0,
    float("nan"),
    None,
    "1",
    b"1",
    [1],
    "\ud800",
]
WORDS = ["", "no", "Stop", "r\0", "\ud800", b"r", 0, 1, None, [], {}, np.array([1, 2])]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    made = tmp_path_factory.mktemp("arguments")
    (made / "in.csv").write_text("x,y\n1,a\n2,b\n")
    shmcol.write({"x": np.arange(100)}, made / "t.shmcol")
    shmcol.write({"x": np.arange(100)}, made / "z.shmcol", zstd=1)
    return made


def populate(place, **options):
    with shmcol.create(place / "new.shmcol", {"x": "i4"}, **{"rows": 128, **options}) as w:
        return len(w)


def rows_of(place, start, stop):
    with shmcol.create(place / "new.shmcol", {"x": "i4"}, rows=128) as w, w.rows(start, stop) as v:
        return len(v)


def pack(place, **options):
    return shmcol.pack(place / "in.csv", place / "out.shmcol", overwrite=True, **options).rows


def write(place, **options):
    shmcol.write({"x": [1]}, place / "out.shmcol", overwrite=True, **options)


def share(place, **options):
    with shmcol.share({"x": [1]}, **options) as t:
        return len(t)


def opened(place, **options):
    with shmcol.open(place / "z.shmcol", cache_dir=place / "cache", **options) as t:
        return len(t)


def table(place):
    return shmcol.open(place / "t.shmcol")


# Every integer that any function takes: the argument, and a call with it.
INTEGERS = {
    "open cache_limit": lambda at, n: opened(at, cache_limit=n),
    "verify threads": lambda at, n: table(at).verify(threads=n),
    "batches rows": lambda at, n: len(list(table(at).batches(n))),
    "stats zone": lambda at, n: table(at).stats("x", n),
    "write threads": lambda at, n: write(at, threads=n),
    "write memory": lambda at, n: write(at, memory=n),
    "write zstd": lambda at, n: write(at, zstd=n),
    "share threads": lambda at, n: share(at, threads=n),
    "share memory": lambda at, n: share(at, memory=n),
    "create rows": lambda at, n: populate(at, rows=n),
    "create threads": lambda at, n: populate(at, threads=n),
    "create memory": lambda at, n: populate(at, memory=n),
    "rows start": lambda at, n: rows_of(at, n, 128),
    "rows stop": lambda at, n: rows_of(at, 0, n),
    "split n": lambda at, n: shmcol.create(at / "n.shmcol", {"x": "i4"}, rows=128).split(n),
    "pack skip_lines": lambda at, n: pack(at, skip_lines=n),
    "pack skip_after_header": lambda at, n: pack(at, skip_after_header=n),
    "pack skip_footer": lambda at, n: pack(at, skip_footer=n),
    "pack skip_rows": lambda at, n: pack(at, skip_rows=n),
    "pack limit": lambda at, n: pack(at, limit=n),
    "pack threads": lambda at, n: pack(at, threads=n),
    "pack memory": lambda at, n: pack(at, memory=n),
    "pack window": lambda at, n: pack(at, window=n),
    "pack zstd": lambda at, n: pack(at, zstd=n),
    "shape of its shape": lambda at, n: shmcol.create(
        at / "s.shmcol", {"x": ("i4", (n,))}, rows=0
    ).abort(),
}
TAKES = {
    "zstd": (True, np.True_, None),
    "zone": (None,),
    "limit": (None,),
}  # further values that some of them take


@pytest.mark.parametrize("what", INTEGERS)
@pytest.mark.parametrize("number", ODD, ids=repr)
def test_integers(place, what, number):
    name = what.partition(" ")[2]
    if any(number is each for each in TAKES.get(name, ())):
        return
    try:
        INTEGERS[what](place, number)
    except (
        shmcol.UsageError,
        shmcol.FileError,
        shmcol.OutOfMemory,
        shmcol.DataError,
        shmcol.CsvError,
    ) as error:
        if type(number) is not int or number < 0 or number >= 2**64:
            assert name in str(error), error
            assert isinstance(error, shmcol.ArgumentTypeError) == (type(number) is not int)
    else:
        assert type(number) is int and number >= 0  # a value that fits may work
    assert {each for each in os.listdir(place) if not each.startswith((".", "cache"))} <= {
        "in.csv",
        "t.shmcol",
        "z.shmcol",
        "out.shmcol",
    }


@settings(max_examples=150, deadline=None)
@given(
    what=st.sampled_from(sorted(INTEGERS)),
    number=st.one_of(st.integers(max_value=-1), st.integers(min_value=2**64)),
)
def test_integers_that_no_64_bits_have(place, what, number):
    with pytest.raises(shmcol.UsageError, match=what.partition(" ")[2]):
        INTEGERS[what](place, number)


# Every argument that is one of some words, with these words.
CHOICES = {
    "mode": (opened, ("r", "c")),
    "verify": (opened, (None, "structure", "checksums", "full")),
    "advice": (opened, (None, "sequential", "random")),
    "copy": (opened, ("if-needed", "never")),
    "copy ": (share, ("if-needed", "never")),
    "short_records": (pack, ("error", "null")),
    "on_error": (pack, ("stop", "skip", "null", "replace")),
    "dictionary": (pack, (None, "auto", "always", "never")),
    "dictionary ": (write, (None, "auto", "always", "never")),
    "dictionary  ": (share, (None, "auto", "always", "never")),
    "level": (lambda at, level: table(at).verify(level), ("structure", "checksums", "full")),
    "copy   ": (lambda at, copy: table(at).to_pandas(copy=copy), (None, "if-needed", "never")),
    "copy    ": (lambda at, copy: table(at).to_polars(copy=copy), (None, "if-needed", "never")),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_words(place, choice):
    call, words = CHOICES[choice]
    name = choice.strip()
    for good in words:
        if name != "copy" or good != "never":
            call(place, **{name: good})
    for wrong in WORDS:
        if wrong is None and None in words or name == "dictionary" and type(wrong) in (list, dict):
            continue
        with pytest.raises(shmcol.UsageError, match=name):
            call(place, **{name: wrong})


FLAGS = {
    "cache": opened,
    "prefault": opened,
    "overwrite": lambda at, **flag: shmcol.write(
        {"x": [1]}, at / "out.shmcol", **{"overwrite": True, **flag}
    ),
    "sync": write,
    "index": write,
    "header": pack,
    "trim": pack,
    "union": pack,
    "drop_extra": pack,
    "decimal_comma": lambda at, **flag: pack(at, delimiter=";", **flag),
    "dry_run": pack,
    "overwrite ": lambda at, **flag: shmcol.pack(at / "in.csv", at / "out.shmcol", **flag),
    "sync ": pack,
    "overwrite  ": lambda at, **flag: populate(at, **flag),
    "sync  ": lambda at, **flag: populate(at, **flag),
    "nulls": lambda at, **flag: shmcol.create(
        at / "c.shmcol", {"x": "i4"}, rows=0, overwrite=True
    ).commit(**flag),
    "keep": lambda at, **flag: shmcol.create(
        at / "c.shmcol", {"x": "i4"}, rows=0, overwrite=True
    ).commit(**flag),
}


@pytest.mark.parametrize("flag", FLAGS)
def test_flags(place, flag):
    name = flag.strip()
    for wrong in (
        "no",
        "False",
        "",
        2,
        -1,
        0.0,
        [],
        "\ud800",
        *(() if name == "index" else (None,)),
    ):
        with pytest.raises(shmcol.ArgumentTypeError, match=name):
            FLAGS[flag](place, **{name: wrong})
    for good in (True, np.True_, 1):
        if flag != "decimal_comma":
            FLAGS[flag](place, **{name: good})
    (place / "c.shmcol").unlink(missing_ok=True)


PATHS = {
    "path": lambda at, it: shmcol.open(it),
    "path ": lambda at, it: shmcol.write({"x": [1]}, it),
    "path  ": lambda at, it: shmcol.create(it, {"x": "i4"}, rows=1),
    "path   ": lambda at, it: shmcol.pack(at / "in.csv", it),
    "path    ": lambda at, it: shmcol.create(at / "a.shmcol", {"x": "i4"}, rows=1).again(it),
    "cache_dir": lambda at, it: shmcol.open(at / "z.shmcol", cache_dir=it),
    "csv": lambda at, it: shmcol.pack(it, at / "p.shmcol"),
    r"csv\[1\]": lambda at, it: shmcol.pack([at / "in.csv", it], at / "p.shmcol"),
    "rejects": lambda at, it: shmcol.pack(
        at / "in.csv", at / "p.shmcol", on_error="skip", rejects=it
    ),
    "types_from": lambda at, it: pack(at, types_from=it),
    "where": lambda at, it: shmcol.share({"x": [1]}, where=it),
}


@pytest.mark.parametrize("argument", PATHS)
def test_paths(place, argument):
    for wrong in (
        5,
        1.5,
        io.StringIO("x\n1\n"),
        io.BytesIO(b"x\n1\n"),
        open(place / "in.csv", "rb"),
        open(place / "in.csv"),
        "",
        b"",
        "a\0b",
        b"a\0b",
        "\ud800",
        True,
    ):
        is_file, is_input = hasattr(wrong, "read"), argument.startswith("csv")
        if is_input and is_file and not isinstance(wrong, io.TextIOBase):
            continue  # test_pack_objects.py
        with pytest.raises(shmcol.UsageError, match=f"{argument.strip()}( is|:)") as caught:
            PATHS[argument](place, wrong)
        if is_file:
            told = "binary mode" if is_input else "give the path of the file"
            assert told in str(caught.value) and isinstance(caught.value, TypeError)
            wrong.close()


def test_paths_of_every_kind(tmp_path):
    class Path:
        def __init__(self, given):
            self.given = given

        def __fspath__(self):
            return self.given

    (tmp_path / "in.csv").write_text("x\n1\n")
    for i, kind in enumerate(
        (str, os.fsencode, pathlib.Path, lambda p: Path(str(p)), lambda p: Path(os.fsencode(p)))
    ):
        out = kind(tmp_path / f"{i}-\udcff.shmcol")
        shmcol.pack(kind(tmp_path / "in.csv"), out)
        shmcol.pack([kind(tmp_path / "in.csv")], out, overwrite=True)
        table = shmcol.open(out, cache_dir=kind(tmp_path))
        assert table["x"].tolist() == [1] and isinstance(table.path, str)
        shmcol.write(table, out, overwrite=True)
        shmcol.create(out, {"x": "i4"}, rows=0, overwrite=True).commit()
        with shmcol.share(table, where=kind(tmp_path)) as shared:
            assert shared["x"].tolist() == [1]
    shmcol.pack(os.fsencode(tmp_path / "in.csv"))
    assert (tmp_path / "in.shmcol").exists()


def test_lists_that_are_a_str(place):
    for options, name in [
        ({"columns": "x"}, r"columns is a list.*columns=\['x'\]"),
        ({"columns": b"x"}, "columns"),
        ({"columns": {"x": 1}}, "columns"),
        ({"columns": {"x", "y"}}, "columns"),
        ({"columns": [5.5]}, "columns"),
        ({"columns": [True]}, "columns"),
        ({"names": "x"}, r"names is a list"),
        ({"names": [5]}, "names"),
        ({"columns": 5}, "columns"),
        ({"columns": ["x\0"]}, "columns"),
        ({"columns": ["\ud800"]}, "columns"),
        ({"null": 5}, "null"),
        ({"null": [5]}, "null"),
        ({"null": {"x": 5}}, r"null\['x'\]"),
        ({"null": {"x": ["a", 5]}}, r"null\['x'\]"),
        ({"null": {5: "a"}}, "null"),
        ({"null": "\ud800"}, "null"),
        ({"null": {"x": "\ud800"}}, r"null\['x'\]"),
        ({"types": 5}, "types"),
        ({"types": ["x=int8"]}, "types"),
        ({"types": {"x": int}}, r"types\['x'\]"),
        ({"types": {5: "int8"}}, "types"),
        ({"types": {"x": "\ud800"}}, "types"),
        ({"types": {"x": "int8\0"}}, "types"),
        ({"dictionary": {"x": "sometimes"}}, r"dictionary\['x'\]"),
        ({"dictionary": {5: "auto"}}, "dictionary"),
        ({"dictionary": [5]}, "dictionary"),
        ({"dictionary": 5}, "dictionary"),
        ({"encoding": 5}, "encoding"),
        ({"encoding": "latin1\0"}, "encoding"),
        ({"encoding": "\ud800"}, "encoding"),
        ({"delimiter": "\0"}, "delimiter"),
        ({"delimiter": ""}, "delimiter"),
        ({"delimiter": ",,"}, "delimiter"),
        ({"delimiter": "é"}, "delimiter"),
        ({"delimiter": "\ud800"}, "delimiter"),
        ({"delimiter": 44}, "delimiter"),
        ({"delimiter": b","}, "delimiter"),
        ({"quote": "\0"}, "quote"),
        ({"quote": ""}, "quote"),
        ({"quote": 34}, "quote"),
        ({"comment": "\0"}, "comment"),
        ({"progress": 5}, "progress"),
        ({"metadata": {"k": 5}}, r"metadata\['k'\]"),
        ({"metadata": {5: "v"}}, "metadata"),
        ({"metadata": {"k": None}}, r"metadata\['k'\]"),
        ({"metadata": {"k": "\ud800"}}, r"metadata\['k'\]"),
        ({"metadata": {"k": "a", b"k": "b"}}, "metadata has the key b'k' twice"),
        ({"metadata": [("k", "v")]}, "metadata"),
        ({"metadata": "k"}, "metadata"),
    ]:
        with pytest.raises(shmcol.UsageError, match=name):
            pack(place, **options)
        if options.keys() <= {"metadata", "dictionary"}:
            for other in (write, share):
                with pytest.raises(shmcol.UsageError, match=name):
                    other(place, **options)
        if "metadata" in options:
            with pytest.raises(shmcol.UsageError, match=name):
                populate(place, **options)
    for nullable in (5, [5], "z", ["z"], {"x": True}, ["\ud800"]):
        with pytest.raises(shmcol.UsageError, match="nullable"):
            populate(place, nullable=nullable)
    for progress in (5, "text"):
        with pytest.raises(shmcol.ArgumentTypeError, match="progress"):
            opened(place, progress=progress)
        with pytest.raises(shmcol.ArgumentTypeError, match="progress"):
            table(place).verify(progress=progress)


def test_forms_and_marks_that_are_no_str(place):
    for options, name in [
        ({"date_format": 5}, "date_format"),
        ({"date_format": {"x": "%Y"}}, "date_format"),
        ({"timestamp_format": ["%Y", 5]}, "timestamp_format"),
        ({"true_words": b"yes"}, "true_words"),
        ({"false_words": [None]}, "false_words"),
        ({"thousands": 5}, "thousands"),
        ({"thousands": "\0"}, "thousands"),
        ({"file_column": 5}, "file_column"),
        ({"file_column": "\ud800"}, "file_column"),
        ({"escape": "\\\\"}, "escape"),
        ({"escape": 92}, "escape"),
    ]:
        with pytest.raises(shmcol.UsageError, match=name):
            pack(place, **options)


def test_columns_are_named_by_a_str(place):
    t = table(place)
    for key in ([5, 7], ["x", 5], b"x", None, 1.5, np.arange(3), (0,), ["x", None], True):
        with pytest.raises(shmcol.ArgumentTypeError):
            t[key]
    with pytest.raises(shmcol.ArgumentTypeError, match=r"named by a str, not 5.*table\[5:8\]"):
        t[[5, 7]]
    for call in (t.stats, t.storage, t.validity, t.nulls, t.prefault, t.resident, t.metadata):
        with pytest.raises(shmcol.ArgumentTypeError, match="named by a str"):
            call(5)
        with pytest.raises(shmcol.ColumnError):
            call("\ud800")
    for name in ("\ud800", "x\0", "x\udc80", "y"):
        with pytest.raises(shmcol.ColumnError):
            t[name]
        assert name not in t
    assert 5 not in t
    with shmcol.create(place / "new.shmcol", {"x": "i4"}, rows=64) as w, w.rows(0, 64) as v:
        for wrong in (0, None, b"x"):
            with pytest.raises(shmcol.ArgumentTypeError, match="named by a str"):
                v[wrong] = 1
            with pytest.raises(shmcol.ArgumentTypeError, match="named by a str"):
                v[wrong]
        with pytest.raises(shmcol.ColumnError):
            v["\ud800"]


def test_batches_are_checked_when_they_are_asked_for(place):
    for wrong in (0, -1):
        with pytest.raises(shmcol.UsageError, match="rows"):
            table(place).batches(wrong)
    assert [len(part) for part in table(place).batches(2**70 - 2**69 if False else 33)] == [
        33,
        33,
        33,
        1,
    ]
    assert [len(part) for part in table(place).batches(np.int8(100))] == [100]


def test_every_error_is_ours_where_no_protocol_of_python_asks_for_another(place):
    t = table(place)
    with pytest.raises(shmcol.UsageError, match="step"):
        t[::2]
    with pytest.raises(shmcol.UsageError, match="whole table"):
        t[3:].stats("x")
    for wrong in (None, 3, "text", [], object(), np.arange(3), [1, 2], pd.Series([1])):
        with pytest.raises(shmcol.Error):
            shmcol.write(wrong, place / "other.shmcol")
    stream = pa.table({"x": [1]}).__arrow_c_stream__()

    class Once:
        def __arrow_c_stream__(self, requested_schema=None):
            return stream

    shmcol.write(Once(), place / "out.shmcol", overwrite=True)
    with pytest.raises(shmcol.DataError, match="read before"):
        shmcol.write(Once(), place / "out.shmcol", overwrite=True)
    with pytest.raises(shmcol.DataError, match="read before"):
        shmcol.write(iter([Once()]), place / "out.shmcol", overwrite=True)
    t.close()
    with pytest.raises(shmcol.UsageError, match="closed"):
        t["x"]
    for schema in (5, None, [("x", "i4")], "x"):
        with pytest.raises(shmcol.ArgumentTypeError, match="no schema"):
            shmcol.create(place / "new.shmcol", schema, rows=1)
    for spec in ("nothing", 5, None, ("i4", "3"), ("i4", (2.5,)), ("i4", (True,)), datetime.date):
        with pytest.raises((shmcol.DataError, shmcol.UsageError), match='column "x"'):
            shmcol.create(place / "new.shmcol", {"x": spec}, rows=1).abort()
