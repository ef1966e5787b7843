"""Inputs and options that shmcol-pack takes, their effect on the table, and its messages."""

import fcntl
import gzip
import os
import pty
import re
import struct
import subprocess
import termios
import threading

import pytest
from cli import cells, good, is_sanitized, json_of, path_of, run, types


def test_names_of_the_output(tmp_path):
    for name, out in (
        ("a.csv", "a.shmcol"),
        ("b.CSV", "b.shmcol"),
        ("c.tsv", "c.shmcol"),
        ("d.txt", "d.shmcol"),
        ("e.csv.gz", "e.shmcol"),
        ("f", "f.shmcol"),
        ("g.x.csv", "g.x.shmcol"),
        ("h.dat", "h.dat.shmcol"),
        (".csv", ".csv.shmcol"),
    ):
        data = b"x\n1\n"
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        assert json_of("pack", tmp_path / name)["output"] == str(tmp_path / out)
        assert (tmp_path / out).exists()
    good("pack", "a.csv", "named.shmcol", cwd=tmp_path)
    good("pack", "-o", "odd.name", "a.csv", cwd=tmp_path)
    assert run("pack", "a.csv", "b.CSV", cwd=tmp_path).returncode == 2
    assert run("pack", "a.csv", "b.CSV", "z.shmcol", cwd=tmp_path).returncode == 2
    assert (tmp_path / "named.shmcol").exists() and (tmp_path / "odd.name").read_bytes() == (
        tmp_path / "a.shmcol"
    ).read_bytes()
    assert (tmp_path / "a.shmcol").stat().st_mode & 0o777 == 0o444 & ~umask()


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_standard_input(tmp_path):
    done = run("pack", "-", input="a,b\n1,x\n", cwd=tmp_path)
    assert done.returncode == 2 and "-o" in done.stderr
    good("pack", "-", "-o", "o", input="a,b\n1,x\n", cwd=tmp_path)
    assert cells(tmp_path / "o") == [[1, "x"]]
    good("pack", "--dry-run", "-", input="a\n1\n", cwd=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["o"]


def test_a_pipe_in_the_file_system(tmp_path):
    fifo = tmp_path / "pipe.csv"
    os.mkfifo(fifo)
    assert run("pack", fifo).returncode == 2
    feeder = threading.Thread(target=lambda: fifo.write_text("a,b\n" + "1,2\n" * 100000))
    feeder.start()
    report = json_of("pack", fifo, "-o", tmp_path / "o")
    feeder.join()
    assert report["rows"] == 100000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["o", "pipe.csv"]


def test_compressed_inputs(pack, tmp_path):
    text = "a,b\n" + "".join(f"{i},w{i % 7}\n" for i in range(5000))
    plain = pack(text)[0].read_bytes()
    assert pack(gzip.compress(text.encode()))[0].read_bytes() == plain
    half = len(text) // 2
    members = gzip.compress(text[:half].encode()) + gzip.compress(text[half:].encode())
    assert pack(members)[0].read_bytes() == plain
    zstd = (
        subprocess.run(["zstd", "-c"], input=text.encode(), capture_output=True, check=False)
        if which("zstd")
        else None
    )
    if zstd is not None:
        assert pack(zstd.stdout)[0].read_bytes() == plain


def which(name):
    return any(
        os.access(os.path.join(d, name), os.X_OK) for d in os.environ.get("PATH", "").split(":")
    )


def test_several_inputs(pack, tmp_path):
    pack.write("a,b\n1,x\n", "1.csv")
    pack.write(gzip.compress(b"a,b\n2.5,y\n"), "2.csv.gz")
    pack.write("a,b\n", "3.csv")
    report = json_of("pack", "1.csv", "2.csv.gz", "3.csv", "-o", "all.shmcol", cwd=tmp_path)
    assert report["rows"] == 2 and types(report)[0] == "float64"
    assert cells(tmp_path / "all.shmcol") == [[1.0, "x"], [2.5, "y"]]


@pytest.mark.parametrize(
    "data, args, columns, expected",
    [
        ("a\tb\n1\t2\n", ["--delimiter", "tab"], ["a", "b"], [[1, 2]]),
        ("a\tb\n1\t2\n", ["--delimiter", "\\t"], ["a", "b"], [[1, 2]]),
        ("a;b\n1;2\n", ["--delimiter", "semicolon"], ["a", "b"], [[1, 2]]),
        ("a:b\n1:2\n", ["--delimiter", ":"], ["a", "b"], [[1, 2]]),
        ("a|b|c\n1|2|3\n", [], ["a", "b", "c"], [[1, 2, 3]]),
        ("a;b;c\n1;2;3\n", ["--delimiter", "comma"], ["a;b;c"], [["1;2;3"]]),
        ("a,b\n'x,y',2\n", ["--quote", "'"], ["a", "b"], [["x,y", 2]]),
        ('a,b\n"x,2\n', ["--quote", "none"], ["a", "b"], [['"x', 2]]),
        ("1,2\n3,4\n", ["--no-header"], ["column_1", "column_2"], [[1, 2], [3, 4]]),
        ("junk\n\na,b\n1,2\n", ["--skip-lines", "2"], ["a", "b"], [[1, 2]]),
        ('# x "\na,b\n# y\n1,2\n', ["--comment", "#"], ["a", "b"], [[1, 2]]),
        ("a,b\n 1, x \n", ["--trim"], ["a", "b"], [[1, "x"]]),
        ("a;b;c\n1.234,5;2;3\n", ["--decimal-comma"], ["a", "b", "c"], [[1234.5, 2, 3]]),
        ("a;b;c\n1.234;2;3\n", ["--decimal-comma"], ["a", "b", "c"], [["1.234", 2, 3]]),
        ('a,b\n"1,234",2\n', ["--thousands", ","], ["a", "b"], [[1234, 2]]),
        ("a,b\nNA,NA\n1,x\n", ["--null", "NA"], ["a", "b"], [[None, None], [1, "x"]]),
        ("a,b\nNA,NA\n1,x\n", ["--null", "a=NA"], ["a", "b"], [[None, "NA"], [1, "x"]]),
        ("a,b\nNA,-\n1,x\n", ["--null", "NA", "--null", "-"], ["a", "b"], [[None, None], [1, "x"]]),
        ("a,b,c\n1,2,3\n", ["--columns", "c,a"], ["c", "a"], [[3, 1]]),
        ('"a,b",c\n1,2\n', ["--columns", '"a,b"'], ["a,b"], [[1]]),
        ("a,b\n1,2\n", ["--types", "a=string", "--types", "b=float32"], ["a", "b"], [["1", 2.0]]),
        ("a1,a2,b\n1,2,3\n", ["--types", "a*=string,a2=int8"], ["a1", "a2", "b"], [["1", 2, 3]]),
        (
            "a,b\nyes,x\nN,y\n",
            ["--types", "a=bool[yes|no,n]"],
            ["a", "b"],
            [[True, "x"], [False, "y"]],
        ),
        ("a,b\nja,x\n", ["--true", "ja,j", "--false", "nein"], ["a", "b"], [[True, "x"]]),
        ('"a, b",c\n1,x\n', ["--types", '"a, b"=string'], ["a, b", "c"], [["1", "x"]]),
        ("a,b\n0xff,x\n", ["--types", "a=uint8[hex]"], ["a", "b"], [[255, "x"]]),
        (b"a\n\xe9\n", ["--encoding", "ISO-8859-1"], ["a"], [["é"]]),
        ("\ufeffa,b\n1,2\n", [], ["a", "b"], [[1, 2]]),
        ("a,b\r\n1,2\r\n", [], ["a", "b"], [[1, 2]]),
        ("a,b\n1,2", [], ["a", "b"], [[1, 2]]),
        ("a\n1\n\n2\n", [], ["a"], [[1], [None], [2]]),
        ("a,b\n\n1,2\n", [], ["a", "b"], [[1, 2]]),
        ('a,b\n"x\ny ""z""",2\n', [], ["a", "b"], [['x\ny "z"', 2]]),
    ],
)
def test_dialects_and_options(pack, data, args, columns, expected):
    out, report = pack(data, *args)
    assert [c["name"] for c in report["columns"]] == columns
    assert cells(out) == expected


def test_declared_dates(pack):
    """The forms of a date and a timestamp, for all columns and in --types."""
    text = "d,t\n31/12/2024,31.12.2024 13:45\n"
    forms = ("--date-format", "%m/%d/%Y", "--date-format", "%d/%m/%Y")
    times = ("--timestamp-format", "%d.%m.%Y %H:%M")
    out, report = pack(text, *forms, *times)
    assert types(report) == ["date64", "timestamp[s]"]
    assert cells(out) == [["2024-12-31", "2024-12-31T13:45:00"]]
    assert report["columns"][0]["reason"] == "all values match the date form %d/%m/%Y"
    out, report = pack(text, "--types", "d=date[%d/%m/%Y],t=timestamp[s;;%d.%m.%Y %H:%M]")
    assert cells(out) == [["2024-12-31", "2024-12-31T13:45:00"]]


def test_types_are_found(pack):
    data = (
        "i,f,b,d,t,z,s,n,zip\n"
        "1,1.5,true,2020-01-31,2020-01-31T10:00:00.5,2020-01-31T10:00:00+02:00,x,,01234\n"
        "-7,nan,False,1969-12-31,2020-01-31 10:00:01,2020-01-31T10:00:01+02:00,y,,1\n"
    )
    out, report = pack(data, "--dictionary", "never")
    assert types(report) == [
        "int64",
        "float64",
        "bool8",
        "date64",
        "timestamp[ms]",
        "timestamp[s, +02:00]",
        "string",
        "string",
        "string",
    ]
    assert all(c["reason"] for c in report["columns"]) and not any(
        c["forced"] for c in report["columns"]
    )
    assert cells(out)[1] == [
        -7,
        "NaN",
        False,
        "1969-12-31",
        "2020-01-31T10:00:01.000",
        "2020-01-31T10:00:01+02:00",
        "y",
        None,
        "1",
    ]
    assert report["columns"][7]["nulls"] == 2


def test_dictionaries(pack):
    data = "a,b\n" + "".join(f"w{i % 3},u{i}\n" for i in range(300))
    assert types(pack(data)[1]) == ["dictionary", "string"]
    assert pack(data)[1]["columns"][0]["distinct"] == 3
    assert types(pack(data, "--dictionary", "never")[1]) == ["string", "string"]
    assert types(pack(data, "--dictionary", "always")[1]) == ["dictionary", "dictionary"]
    assert types(pack(data, "--dictionary", "a=never", "--dictionary", "b=always")[1]) == [
        "string",
        "dictionary",
    ]


def test_metadata(pack):
    out, _ = pack("a\n1\n", "--meta", "source=x=y", "--meta", "empty=", "--meta", "source=z")
    assert json_of("info", out)["metadata"] == [["source", "x=y"], ["empty", ""], ["source", "z"]]


def test_the_same_bytes_whatever_threads_window_and_memory(pack):
    data = "a,b,c\n" + "".join(f'{i},"text, {i % 50}",{i / 7}\n' for i in range(20000))
    plain = pack(data)[0].read_bytes()
    for args in (
        ["--threads", "1"],
        ["--threads", "7"],
        ["--window", "4K"],
        ["--window", "13"],
        ["--memory", "16M"],
        ["--no-sync"],
    ):
        assert pack(data, *args)[0].read_bytes() == plain, args
    for isa in ("scalar", "avx2", "avx512"):
        done = run(
            "pack",
            "-q",
            "-f",
            pack.directory / "in.csv",
            "-o",
            pack.directory / "o2",
            env={**os.environ, "SHMCOL_ISA": isa},
        )
        assert done.returncode == 2 or (pack.directory / "o2").read_bytes() == plain


def test_skipped_records_are_counted_and_kept(pack, tmp_path):
    data = b'a,b\n1,2\n3\n4,"x"y\n5,\xff\n6,7\n8,"open\n9,1\n'
    rejects = tmp_path / "r.csv"
    out, report = pack(data, "--on-error", "skip", "--rejects", rejects)
    assert report["rows"] == 2 and report["rejected"] == 4 and cells(out) == [[1, 2], [6, 7]]
    assert rejects.read_bytes() == b'3\n4,"x"y\n5,\xff\n8,"open\n9,1\n'
    text = good("pack", "-f", tmp_path / "in.csv", "--on-error", "skip")
    assert "4 records were not valid and skipped" in text


def test_a_dry_run_writes_nothing_and_tells_why(pack, tmp_path):
    path = pack.write("a,b\n1,x\n2,3\n")
    text = good("pack", "--dry-run", path)
    assert "why" in text and "nothing was written" in text and "int64" in text
    report = json_of("pack", "--dry-run", path)
    assert (
        report["dry_run"]
        and report["output"] is None
        and report["bytes_out"] == 0
        and report["file_id"] is None
    )
    assert [p.name for p in tmp_path.iterdir()] == ["in.csv"]
    assert (
        run("pack", "--dry-run", path, tmp_path / "in.shmcol").returncode == 0
        and len(list(tmp_path.iterdir())) == 1
    )


def test_the_report(pack):
    path = pack.write(
        "id,name,when\n" + "".join(f"{i},w{i % 3},2020-01-{i % 28 + 1:02d}\n" for i in range(1000))
    )
    text = good("pack", "-f", path)
    lines = text.splitlines()
    assert lines[0].split() == ["column", "type", "nulls", "range", "size"]
    assert re.match(r"id +int64 +0 +0 .*999 +7\.8 KiB", lines[1])
    assert re.match(r"name +dictionary +0 +3 distinct", lines[2]) and re.match(
        r"when +date64 +0 +2020-01-01 .*2020-01-28", lines[3]
    )
    assert re.search(
        r"^1,000 rows, 3 columns in [\d.]+ s \(\d+ MB/s, \d+ threads?\), delimiter comma$",
        text,
        re.M,
    )
    assert "in.shmcol" in lines[-1]
    assert good("pack", "-q", "-f", path) == ""


def test_a_report_of_many_columns_is_short(pack):
    path = pack.write(",".join(f"c{i}" for i in range(300)) + "\n" + ",".join("1" * 300) + "\n")
    text = good("pack", path)
    assert "... and 250 more columns" in text and text.count("\n") < 60
    assert good("pack", "--dry-run", path).count("\n") > 300


def on_a_terminal(columns, *args):
    """Returns the text that a tool writes to a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [path_of(args[0]), *map(str, args[1:])], stdin=theirs, stdout=theirs, stderr=theirs
    ) as child:
        os.close(theirs)
        text = b""
        with open(ours, "rb", buffering=0) as terminal:
            try:
                while piece := terminal.read(65536):
                    text += piece
            except OSError:  # the other side is closed
                pass
    assert child.returncode == 0
    return text.decode().replace("\r\n", "\n")


def test_the_report_fits_the_terminal(pack):
    path = pack.write(
        "a rather long name of a column indeed,日本語の列の名前はとても長い,x\x1b[1m\n"
        + '1,"text, 2",3\n' * 9
    )
    text = on_a_terminal(60, "pack", "-f", path, "-o", pack.directory / "o")
    table = text.split("\n\n")[0]
    assert ".." in table and "x\\x1b[1m" in table and "\x1b[1m" not in text
    for line in table.splitlines():
        assert sum(2 if ord(c) > 0x2E80 else 1 for c in line) <= 60, line
    assert "indeed" in good("pack", "-f", path)
    assert "\x1b" not in on_a_terminal(80, "info", pack.directory / "o")


def warnings_of(report):
    return " ".join(report["warnings"])


def test_warnings(pack):
    report = pack("a,a,,a_2\n1,2,3,4\n")[1]
    assert [c["name"] for c in report["columns"]] == ["a", "a_3", "column_3", "a_2"] and len(
        report["warnings"]
    ) >= 2
    assert "NA" in warnings_of(
        pack("a\n" + "1\n" * 97 + "NA\n" * 3)[1]
    ) and "--null" in warnings_of(pack("a\n" + "1\n" * 97 + "NA\n" * 3)[1])
    assert "--trim" in warnings_of(pack("a,b\n 1,2\n")[1])
    assert (
        "offset"
        in warnings_of(pack("a\n2020-01-01T00:00:00+01:00\n2020-01-01T00:00:00+02:00\n")[1]).lower()
    )
    path = pack.write("a,a\n1,2\n")
    done = run("pack", path, "-f")
    assert (
        f"shmcol-pack: {path}: warning: " in done.stderr
        and run("pack", path, "-f", "-q").stderr == ""
    )


def test_a_header_without_rows(pack):
    out, report = pack("a,b\n")
    assert report["rows"] == 0 and types(report) == ["string", "string"] and cells(out) == []


def test_one_column_without_a_delimiter(pack):
    assert cells(pack("a\nx\ny\n")[0]) == [["x"], ["y"]]


@pytest.mark.parametrize("columns", [10000, 100000])
def test_many_columns(pack, columns):
    if columns > 10000 and is_sanitized():
        pytest.skip("takes minutes under a sanitizer")
    names = ",".join(f"column {i}" for i in range(columns))
    row = ",".join(str(i) for i in range(columns))
    out, report = pack(f"{names}\n{row}\n{row}\n")
    assert len(report["columns"]) == columns and report["rows"] == 2
    assert good("cat", out) == f"{names}\n{row}\n{row}\n"
    assert (
        good("cat", "--columns", f"column {columns - 1}", out)
        == f"column {columns - 1}\n{columns - 1}\n{columns - 1}\n"
    )


def test_a_field_of_100_megabytes(pack):
    field = b"0123456789abcde\n" * (100 << 16)
    out, report = pack(b'a,b\n1,"' + field + b'"\n2,x\n', "--memory", "1G")
    assert report["rows"] == 2
    with subprocess.Popen([path_of("cat"), str(out)], stdout=subprocess.PIPE) as child:
        assert child.stdout.read() == b'a,b\n1,"' + field + b'"\n2,x\n'
    assert child.returncode == 0


def test_progress(pack):
    path = pack.write("a,b\n1,2\n")
    with subprocess.Popen(
        [path_of("pack"), "-f", "--progress", "-", "-o", str(pack.directory / "o")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        child.stdin.write(b"a,b\n")
        for _ in range(30):
            child.stdin.write(b"1,2\n" * 100000)
            child.stdin.flush()
            threading.Event().wait(0.06)
        _, errors = child.communicate()
    assert child.returncode == 0 and re.search(rb"pack: .*MB/s", errors), errors
    assert run("pack", "-f", path).stderr == ""
