"""pack(): shmcol-pack in process, with all its options."""

import gzip
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import shmcol
from conftest import DATA

WEATHER = DATA / "seattle-weather.csv"


def csv(place, text, name="in.csv"):
    (place / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return place / name


def packed(place, text, **options):
    report = shmcol.pack(csv(place, text), place / "out.shmcol", overwrite=True, **options)
    return shmcol.open(place / "out.shmcol", verify="full"), report


def test_report(path):
    report = shmcol.pack(WEATHER, path)
    table = shmcol.open(path, verify="full")
    assert (
        report.rows == len(table) == 1461
        and report.bytes_out == path.stat().st_size
        and report.bytes_in > 48000
        and report.delimiter == ","
    )
    assert [column.name for column in report.columns] == table.columns and [
        column.type for column in report.columns
    ] == [field.type for field in table.schema]
    assert (
        report.id == table.id
        and report.seconds > 0
        and report.rejected == 0
        and report.warnings == ()
    )
    assert (
        report.columns[5].distinct == 5
        and report.columns[0].range == "2012-01-01 .. 2015-12-31"
        and "dates" in report.columns[0].reason
    )


def test_output_beside_the_input(tmp_path):
    for name in ("a.csv", "b.csv.gz", "c.tsv", "d"):
        text = b"x,y\n1,2\n"
        shmcol.pack(csv(tmp_path, gzip.compress(text) if name.endswith("gz") else text, name))
    assert {"a.shmcol", "b.shmcol", "c.shmcol", "d.shmcol"} <= set(os.listdir(tmp_path))
    for wrong in ("-", [tmp_path / "a.csv", tmp_path / "c.tsv"]):
        with pytest.raises(ValueError, match="output's path"):
            shmcol.pack(wrong)
    with pytest.raises(FileExistsError):
        shmcol.pack(tmp_path / "a.csv")


def test_lists_and_characters_that_cannot_be(tmp_path):
    """C-18, C-19"""
    source = csv(tmp_path, "a,b\n1,2\n")
    for wrong, what in (
        ({"columns": []}, "columns to keep is empty"),
        ({"quote": "1"}, "quote cannot be"),
        ({"delimiter": "."}, "delimiter cannot be"),
        ({"encoding": ""}, "no encoding"),
        ({"delimiter": ",", "decimal_comma": True}, "decimal mark"),
        ({"thousands": "."}, "decimal mark"),
    ):
        with pytest.raises(shmcol.Error, match=what):
            shmcol.pack(source, tmp_path / "none", **wrong)
    assert not (tmp_path / "none").exists()
    # empty lists of these say nothing
    packed(tmp_path, "a,b\n1,2\n", null=(), dictionary={}, types={}, metadata={})


def test_nulls_of_columns_whose_names_hold_signs(tmp_path):
    table, _ = packed(tmp_path, "a=b,a\nNA,1\n1,b=NA\n", null={"a=b": "NA"})
    assert table["a=b"].tolist() == [None, 1] and table["a"].tolist() == ["1", "b=NA"]
    table, _ = packed(tmp_path, "a=b,a\nNA,1\n1,b=NA\n", null={"a": "b=NA"})
    assert table["a=b"].tolist() == ["NA", "1"] and table["a"].tolist() == [1, None]


def test_threads_within_the_memory(tmp_path):
    assert packed(tmp_path, "a\n1\n", threads=256, memory=16 << 20)[1].threads == 8


def test_dialects_and_types(tmp_path):
    assert packed(tmp_path, "x;y\n1;2\n", delimiter=";")[0].columns == ["x", "y"]
    assert packed(tmp_path, "1,2\n", header=False)[0].columns == ["column_1", "column_2"]
    assert packed(tmp_path, "junk\n#c\nx,y\n1,2\n", skip_lines=1, comment="#")[0]["y"].tolist() == [
        2
    ]
    assert packed(tmp_path, "x,y\n'a,b',2\n", quote="'")[0]["x"].tolist() == ["a,b"]
    assert packed(tmp_path, 'x,y\n"a,2\n', quote=None)[0]["x"].tolist() == ['"a']
    assert packed(tmp_path, "x,y\n 1 ,2\n", trim=True)[0]["x"].tolist() == [1]
    assert packed(tmp_path, "x,y\na\\,b,2\n", escape="\\")[0]["x"].tolist() == ["a,b"]
    assert packed(tmp_path, "1,2\n", names=["x", "y"])[0].columns == ["x", "y"]
    assert packed(tmp_path, "x,y\n1,2\n", columns=[2, "x"])[0].columns == ["y", "x"]
    assert packed(tmp_path, "x,y\n1,2\n", columns=["!1"])[0].columns == ["y"]
    assert packed(tmp_path, "x\n1\n2\n3\n", skip_rows=1, limit=1)[0]["x"].tolist() == [2]
    assert packed(tmp_path, "x\n1\n2\n", limit=0)[0]["x"].tolist() == []
    assert packed(tmp_path, "x;y\n1.234,5;2\n", decimal_comma=True, delimiter=";")[0][
        "x"
    ].tolist() == [1234.5]
    assert packed(tmp_path, "x;y\n1,234.5;2\n", thousands=",", delimiter=";")[0]["x"].tolist() == [
        1234.5
    ]
    assert packed(tmp_path, "x\nü\n".encode("latin-1"), encoding="latin1", delimiter=",")[0][
        "x"
    ].tolist() == ["ü"]
    assert packed(tmp_path, "x,y\nNA,2\n3,-\n", null={"x": "NA", "y": "-"})[0]["x"].tolist() == [
        None,
        3,
    ]
    assert packed(tmp_path, "x,y\nNA,2\n3,NA\n", null="NA")[0]["y"].tolist() == [2, None]
    assert packed(tmp_path, "x,y\nNA,2\n3,?\n", null=["NA", "?"])[0]["y"].tolist() == [2, None]
    table, report = packed(tmp_path, "x,y\n1,2\n", types={"x": "string", "*": "float32"})
    assert table["x"].tolist() == ["1"] and table["y"].dtype == "f4" and report.columns[0].forced
    assert (
        packed(
            tmp_path,
            "x,y\n1,2\n",
            types="y=timestamp[us;Europe/Paris],*=int8" if False else "y=int8",
        )[0]["y"].dtype
        == "i1"
    )
    assert packed(tmp_path, "x,y,z\n1,2,3\n", columns=["z", "x"])[0].columns == ["z", "x"]
    assert (
        packed(tmp_path, "x,y\na,b\n", dictionary={"x": "always", "y": "never"})[0].schema["x"].kind
        == "dictionary"
    )
    table, _ = packed(
        tmp_path,
        "x,y\n1,2\n",
        metadata={"source": "test"},
        zstd=True,
        threads=1,
        memory=64 << 20,
        window=7,
        sync=False,
    )
    assert table.compressed and table.metadata()[b"source"] == b"test"


def test_names_of_any_characters(tmp_path):
    text = 'a,a=b,"c,d",*,"x=y,z"\n1,NA,-,4,q\nb=NA,3,?,5,\n'
    nulls = {"a=b": "NA", "c,d": ["-", "?"], "x=y,z": ("q",)}
    types = {"a=b": "int8", "c,d": "int16", "*": "float32", "x=y,z": "string", "a": "string"}
    table, report = packed(tmp_path, text, null=nulls, types=types, dictionary="never")
    assert [field.type for field in table.schema] == [
        "string",
        "int8",
        "int16",
        "float32",
        "string",
    ]
    assert table["a"].tolist() == ["1", "b=NA"] and table["a=b"].tolist() == [None, 3]
    assert table["c,d"].tolist() == [None, None] and table["x=y,z"].tolist() == [None, None]
    table, _ = packed(
        tmp_path, text, columns=["c,d", "a=b"], dictionary={"a=b": "always", "c,d": "never"}
    )
    assert table.columns == ["c,d", "a=b"] and [f.kind for f in table.schema] == [
        "string",
        "dictionary",
    ]
    assert packed(tmp_path, "a,b\nx=y,1\n", null="x=y")[0]["a"].tolist() == [None]  # no column x
    for options, words in [
        ({"null": {"z": "NA"}}, 'names "z"'),
        ({"types": {"z": "int8"}}, 'names "z"'),
        ({"dictionary": {"z": "auto"}}, 'names "z"'),
        ({"dictionary": ["z"]}, 'names "z"'),
        ({"columns": ["z"]}, 'names "z"'),
    ]:
        with pytest.raises(shmcol.ColumnError, match=words):
            packed(tmp_path, text, **options)


def test_a_field_that_is_too_large_is_the_csv_s(tmp_path):
    with pytest.raises(shmcol.CsvError) as caught:
        packed(tmp_path, "x\n" + "a" * (9 << 20), memory=16 << 20)
    assert caught.value.status == "CSV_FIELD_SIZE" and "--" not in str(caught.value)


def test_warnings_name_python_s_arguments(tmp_path):
    rows = "".join(f"{i},a \n" for i in range(200))
    _, report = packed(tmp_path, "x,y\n-,b \n" + rows)
    assert any("null 'x=-'" in line for line in report.warnings) and not any(
        "--" in line for line in report.warnings
    )


def test_parts(tmp_path, path):
    shmcol.pack([csv(tmp_path, "x,y\n1,2\n", "1.csv"), csv(tmp_path, "x,y\n3,4\n", "2.csv")], path)
    assert shmcol.open(path)["x"].tolist() == [1, 3]


def test_dry_run(tmp_path):
    report = shmcol.pack(csv(tmp_path, "x,y\n1,a\n"), dry_run=True)
    assert (
        report.bytes_out == 0
        and [column.type for column in report.columns][0] == "int64"
        and os.listdir(tmp_path) == ["in.csv"]
    )


def test_errors_say_where(tmp_path):
    source = csv(tmp_path, 'x,y\n1,2\n1\n"a"b,2\n')
    with pytest.raises(shmcol.CsvError) as caught:
        shmcol.pack(source)
    error = caught.value
    assert (error.status, error.line, error.column, error.byte, error.path, error.rule) == (
        "CSV_RAGGED",
        3,
        1,
        8,
        str(source),
        "C-11",
    )
    assert (
        f"{source}:3:1" in str(error)
        and "on_error skip leaves" in error.hint
        and "--" not in str(error)
    )
    assert os.listdir(tmp_path) == ["in.csv"]
    report = shmcol.pack(source, on_error="skip", rejects=tmp_path / "bad.csv")
    assert (report.rows, report.rejected) == (1, 2) and (
        tmp_path / "bad.csv"
    ).read_text() == '1\n"a"b,2\n'
    for options, kind in [
        ({"types": "x=nothing"}, shmcol.UsageError),
        ({"columns": ["q"]}, shmcol.UsageError),
        ({"delimiter": "ab"}, ValueError),
        ({"progress": 5}, TypeError),
    ]:
        with pytest.raises((kind, shmcol.ColumnError)):
            shmcol.pack(source, tmp_path / "other.shmcol", **options)
    with pytest.raises(FileNotFoundError) as missing:
        shmcol.pack(tmp_path / "nothing.csv")
    assert missing.value.filename == str(tmp_path / "nothing.csv")
    with pytest.raises(ValueError, match="csv: .* NUL character"):
        shmcol.pack(str(source) + "\0")


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    place = tmp_path_factory.mktemp("large") / "large.csv"
    rows = "".join(
        f"{i},{i * 0.37},some text {i % 1000},2020-01-{i % 28 + 1:02}\n" for i in range(20000)
    )
    with open(place, "w") as out:
        out.write("i,f,s,d\n")
        for _ in range(50):
            out.write(rows)
    return place


def test_progress(large, path):
    told = []
    shmcol.pack(large, path, progress=lambda done, total: told.append((done, total)))
    assert (
        len(told) > 3
        and told == sorted(told)
        and 0 < told[-1][0] <= told[-1][1] == pytest.approx(large.stat().st_size, rel=0.01)
    )


def test_progress_of_a_bar(large, path):
    class Bar:  # what tqdm has
        total, n = None, 0

        def update(self, n):
            self.n += n

    bar = Bar()
    shmcol.pack(large, path, progress=bar)
    assert 0 < bar.n <= bar.total


def test_an_exception_of_progress_ends_it(large, path):
    def stop(done, total):
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        shmcol.pack(large, path, progress=stop)
    assert os.listdir(path.parent) == []


def test_other_threads_run_meanwhile(large, path):
    steps, done = 0, threading.Event()

    def pack():
        shmcol.pack(large, path, threads=1)
        done.set()

    worker = threading.Thread(target=pack)
    worker.start()
    while not done.wait(0.001):
        steps += 1
    worker.join()
    assert steps > 10


INTERRUPTED = """
import sys, shmcol
print("ready", flush=True)
try:
    while True:
        shmcol.pack(sys.argv[1], sys.argv[2], overwrite=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_interrupt_ends_it_and_leaves_nothing(large, path):
    slow = INTERRUPTED.replace("overwrite=True", "overwrite=True, zstd=19")
    child = subprocess.Popen(
        [sys.executable, "-c", slow, large, path], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.3)
    begin = time.monotonic()
    child.send_signal(signal.SIGINT)
    try:
        out = child.communicate(timeout=60)[0]
    finally:
        child.kill()
    assert out == "interrupted\n" and child.returncode == 0 and time.monotonic() - begin < 10
    # On a busy machine the first table may have been done before this process woke up.
    assert [name for name in os.listdir(path.parent) if name != path.name] == []


def test_what_is_packed_is_what_is_written(tmp_path):
    table, _ = packed(tmp_path, 'i,f,s,b\n1,1.5,a,true\n,,,\n3,inf,"",false\n', dictionary="never")
    shmcol.write(
        {
            "i": [1, None, 3],
            "f": np.ma.MaskedArray([1.5, 0, np.inf], [0, 1, 0]),
            "s": ["a", None, ""],
            "b": [True, None, False],
        },
        tmp_path / "w.shmcol",
    )
    other = shmcol.open(tmp_path / "w.shmcol")
    for name in table:
        assert table[name].tolist() == other[name].tolist() or name == "f"
    assert table.nulls("f").tolist() == other.nulls("f").tolist()


def test_declared_forms(tmp_path):
    text = '"d, e",t,b\n31/12/2024,2024-12-31 05:40,ja\n'
    for options in (
        {"types": {"d, e": "date[%d/%m/%Y]", "b": "bool[ja|nein]"}},
        {"date_format": "%d/%m/%Y", "true_words": "ja", "false_words": ["nein", "n"]},
        {"date_format": ["%m/%d/%Y", "%d/%m/%Y"], "types": '"d, e"=auto,b=bool[ja|nein]'},
    ):
        table, report = packed(tmp_path, text, **options)
        assert [c.type for c in report.columns] == ["date64", "timestamp[s]", "bool8"]
        assert table["d, e"][0] == np.datetime64("2024-12-31") and table["b"][0] == 1
    with pytest.raises(shmcol.Error, match="no year"):
        packed(tmp_path, text, timestamp_format="%d.%m.")
    with pytest.raises(TypeError):
        packed(tmp_path, text, date_format=3)
