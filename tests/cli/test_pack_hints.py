"""Hints of errors are true (C-27): an option that a hint names is given, and the error is gone."""

import json
import re
import shlex
import subprocess

import pytest
from cli import json_of, path_of, run

# An option of a hint, and its value.
OPTION = re.compile(r"(--[a-z-]+)(?: ('[^']*'|null|skip|none|\d+|latin1))?")


def hint_of(path, *args):
    done = run("pack", "--dry-run", *args, path)
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize(
    "data, option, value, rows",
    [
        ("a,b,c\n1,2,3,\n4,5,6,\n", "--drop-extra", None, 2),
        ('id,msg\n1,"say \\"hi\\" now, you"\n2,x\n', "--escape", "\\", 2),
        ('id,msg\n1,"x"y\n2,x\n', "--quote", "none", 2),
        ("a,b,c\n1,2,3\n4,5,6\n\nTotal,9\n", "--skip-footer", "2", 2),
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n", "--short-records", "null", 3),
        ("a,b,c\n1,2,3\n4,5,6,7\n6,7,8\n", "--on-error", "skip", 2),
        ("a,b,c\n1,2,3\n# 4\n6,7,8\n", "--comment", "#", 2),
        ("id,msg\n1,a\\,b\n2,x\n", "--escape", "\\", 2),
        ('a, b\n1, "x, y"\n2, "z"\n', "--trim", None, 2),
        ("Report\n\na,b,c\n1,2,3\n4,5,6\n", "--skip-lines", "2", 2),
        (b"n,c\nJos\xe9,1\n", "--encoding", "latin1", 1),
    ],
)
def test_the_option_that_a_hint_names_helps(tmp_path, data, option, value, rows):
    path = tmp_path / "in.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    told = {m[1]: m[2] for m in reversed(list(OPTION.finditer(hint_of(path))))}
    assert option in told, told
    assert value is None or told[option].strip("'") == value
    given = [option] if value is None else [option, value]
    assert json_of("pack", "--dry-run", *given, path)["rows"] == rows


@pytest.mark.parametrize(
    "data, never",
    [
        ("a,b,c\n1,2,3,\n4,5,6,\n", "--on-error"),  # it would leave nothing
        ("a,b,c\n1,2\n4,5\n", "--on-error"),
        ('id,msg\n1,"say \\"hi, you\\" now"\n', "--quote"),  # commas would divide it
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n", "--skip-footer"),
        ("a,b\n1,\0\n", "--encoding"),
    ],
)
def test_what_would_not_help_is_not_named(tmp_path, data, never):
    path = tmp_path / "in.csv"
    path.write_text(data)
    assert never not in hint_of(path)


@pytest.mark.parametrize(
    "data, kind, hint",
    [
        (b"PK\x03\x04" + bytes(40), "zip", "unzip -p"),
        (b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml", "xlsx", "save the sheet"),
        (b"\xfd7zXZ\0" + bytes(9), "xz", "xzcat"),
        (b"BZh91AY&SY\x12", "bzip2", "bzcat"),
        (b"7z\xbc\xaf\x27\x1c", "7z", "7z x -so"),
        (b"\x04\x22\x4d\x18d", "lz4", "lz4 -dc"),
        (b"PAR1\x15\x04\x15", "Parquet", "read_table"),
        (b"ARROW1\0\0" + bytes(30), "Arrow", "read_table"),
        (b"Obj\x01\x04", "Avro", "read_avro"),
        (b"SQLite format 3\0", "SQLite", "sqlite3"),
        (bytes(257) + b"ustar", "tar", "tar -xOf"),
    ],
)
def test_other_files_are_named(tmp_path, data, kind, hint):
    """C-26"""
    path = tmp_path / "in file.csv"
    path.write_bytes(data)
    told = hint_of(path)
    assert f"this is {kind} data" in told and hint in told and "--encoding" not in told
    assert "CSV_NOT_TEXT, C-26" in told
    if "|" in told and "FILE" not in told:
        assert f"'{path}' | shmcol-pack -" in told


@pytest.mark.parametrize("data", ["PAR1,x\n1,2\n", "ORC\n1\n", "BZh91,2\n3,4\n", "PK,a\n1,2\n"])
def test_text_that_begins_alike_is_text(tmp_path, data):
    path = tmp_path / "in.csv"
    path.write_text(data)
    assert run("pack", "--dry-run", path).returncode == 0


@pytest.mark.parametrize(
    "cells, told, type_",
    [
        (["NA", "-", "7", "8", "9"], "--null 'v=NA' --null 'v=-'", "int64"),
        (["18446744073709551615", "1"], "--types 'v=uint64'", "uint64"),
        (["+5", "-3", "10"], "--types 'v=int64'", "int64"),
        (["0xFF", "0x10"], "--types 'v=uint64[hex]'", "uint64"),
        (["12%", "3.5%"], "--types 'v=float64[%]'", "float64"),
        (["$5", "$7.25"], "--types 'v=float64[$]'", "float64"),
        (["yes", "No"], "--types 'v=bool'", "bool8"),
        (["+5.5", "-3.25"], "--types 'v=float64'", "float64"),
        (["¥500", "¥7"], "--types 'v=float64[¥]'", "float64"),
        (['"$1,500"', "$7"], "--types 'v=float64[$,]'", "float64"),
        (["1 234", "5"], "--thousands space", "int64"),
        (["1\u00a0234", "5"], "--thousands nbsp", "int64"),
        (["2024-01-05 12:00:00 UTC"], "--types 'v=timestamp[s;UTC]'", None),
        (["NA", "n/a", "-", "7", "8", "9"], "--null 'v=NA' --null 'v=n/a' --null 'v=-'", None),
        (['"1,234.5"', '"2,000"'], "--thousands ,", "float64"),
        (["31/12/2024", "01/02/2025"], "--date-format '%d/%m/%Y'", "date64"),
        (["2024-1-5", "2024-11-15"], "--date-format '%Y-%-m-%-d'", "date64"),
        (["12/31/2024 05:40", "01/02/2025 06:50"], "--timestamp-format '%m/%d/%Y %H:%M'", None),
        (["05:40", "06:50"], "--types 'v=time'", None),
    ],
)
def test_the_option_that_a_warning_names_makes_the_type(tmp_path, cells, told, type_):
    path = tmp_path / "in.csv"
    path.write_text("k,v\n" + "".join(f"1,{cell}\n" for cell in cells))
    (warning,) = json_of("pack", "--dry-run", path)["warnings"]
    assert told in warning
    made = json_of("pack", "--dry-run", *shlex.split(told), path)["columns"][1]
    assert not made["type"].startswith(("string", "dictionary"))
    assert type_ is None or made["type"] == type_


@pytest.mark.parametrize(
    "type_, cell, told",
    [
        ("int8", "300", "int16"),
        ("uint8", "-3", "int8"),
        ("int64", "9223372036854775808", "uint64"),
        ("uint64", "18446744073709551616", "string"),
        ("int64", "1.5", "float64"),
        ("int64", '"1,234"', "int64[,]"),
        ("uint32", "0xFF", "uint32[hex]"),
        ("float32", "1e39", "float64"),
        ("float16", "70000", "float64"),
        ("decimal(5,2)", "1000", "decimal(6,2)"),
        ("decimal(5,2)", "1.2345", "decimal(7,4)"),
        ("decimal(5,2)", "1e2", "float64"),
        ("decimal(9,2)", "$12", "decimal128(9,2)[$]"),
        ("float64", "12%", "float64[%]"),
        ("float64", '"$1,200"', "float64[$,]"),
        ("date", "20240105", "date64[%Y%m%d]"),
        ("date", "2024-01-05 10:30:00", "timestamp[s]"),
        ("timestamp[s]", "2024-01-05 10:30:00.5", "timestamp[ms]"),
        ("timestamp[ns]", "1600-01-05 10:30:00", "timestamp[s]"),
        ("timestamp[s]", "2024-01-05T10:30:00Z", "timestamp[s;UTC]"),
        ("timestamp[s]", "05/01/2024 10:30", "timestamp[s;;%d/%m/%Y %H:%M]"),
        ("timestamp[s]", "1704448800", "timestamp[s;;epoch]"),
        ("timestamp[ms]", "1704448800123", "timestamp[ms;;epoch]"),
        ("time", "9:05", "time[%-H:%M]"),
        ("time32[s]", "9:05 AM", "time32[s;%-I:%M %p]"),
        ("time32[s]", "09:05:00.5", "time32[ms]"),
        ("bool", "off", "bool[on|off]"),
    ],
)
def test_the_type_that_an_error_names_reads_the_value(tmp_path, type_, cell, told):
    """C-27: and no null token is offered for it. The name is written so that a shell and C-51 read
    it."""
    path = tmp_path / "in.csv"
    path.write_text(f'k,"it\'s, a ""name"""\n1,{cell}\n')
    name = '"it\'s, a ""name"""='
    error = hint_of(path, "--types", name + type_)
    option = re.search(r"--types '([^']|'\\'')*'", error)[0]
    assert shlex.split(option)[1] == name + told and "--null" not in error
    assert json_of("pack", "--dry-run", *shlex.split(option), path)["rows"] == 1


def test_spaces_around_a_value(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("k,v\n1, 5\n2,6\n")
    error = hint_of(path, "--types", "v=int8")
    assert "--trim" in error and "--null" not in error
    assert json_of("pack", "--dry-run", "--types", "v=int8", "--trim", path)["rows"] == 2


@pytest.mark.parametrize(
    "data, option",
    [
        ("time,speed\ns,m/s\n0.0,1.5\n", "--skip-after-header"),
        ("time,speed\n0.0,1.5\nTotal,x\n", "--skip-footer"),
    ],
)
def test_errors_of_lines_that_are_no_records(tmp_path, data, option):
    path = tmp_path / "in.csv"
    path.write_text(data)
    error = hint_of(path, "--types", "*=float64")
    assert f"{option} 1" in error and "--null" not in error
    assert json_of("pack", "--dry-run", "--types", "*=float64", option, "1", path)["rows"] == 1


@pytest.mark.parametrize(
    "data, told, columns",
    [
        ("a||b||c\n1||2||3\n", "sed 's/||/|/g' FILE | shmcol-pack -", 3),
        ("a::b\n1::2\n", "sed 's/::/\\t/g' FILE | shmcol-pack --delimiter tab -", 2),
        ("name   n\nx      1\nlong   2\n", "tr -s ' ' < FILE | shmcol-pack --delimiter space -", 2),
        (" a   b\n 1   2\n", "tr -s ' ' | shmcol-pack --delimiter space -", 2),
        ("a b\n1 2\n", "--delimiter space", 2),
        ("a^b\n1^2\n", "--delimiter '^'", 2),
        ("a,b,\n1,2,\n", "--columns '!column_3'", 2),
    ],
)
def test_a_warning_tells_what_divides_the_lines(tmp_path, data, told, columns):
    """C-27: the command or the option that it names reads the columns."""
    path = tmp_path / "in.csv"
    path.write_text(data)
    (warning,) = [w for w in json_of("pack", "--dry-run", path)["warnings"] if told in w]
    if "FILE" not in warning:
        made = json_of("pack", "--dry-run", *shlex.split(told), path)
    else:
        command = re.search(r"(sed|tr) .* -(?= )|(sed|tr) .* -$", warning)[0]
        command = command.replace("FILE", shlex.quote(str(path)))
        command = command.replace("shmcol-pack", f"{shlex.quote(path_of('pack'))} --json --dry-run")
        done = subprocess.run(["sh", "-c", command], capture_output=True, check=True, text=True)
        made = json.loads(done.stdout)
    assert len(made["columns"]) == columns


@pytest.mark.parametrize(
    "delimiter, told",
    [("||", "sed"), ("::", "sed"), (", ", "--trim"), ("  ", "tr -s ' '"), (r"\s+", "tr -s ' '")],
)
def test_a_delimiter_of_several_characters(tmp_path, delimiter, told):
    path = tmp_path / "in.csv"
    path.write_text("a\n1\n")
    assert told in hint_of(path, "--delimiter", delimiter)


@pytest.mark.parametrize(
    "data, told",
    [
        ('a, b\n1, "x"\n', "--trim"),
        ("k,v\n1,'a'\n2,'b'\n", "--quote"),
        ("a,b,c\n1,2,3\nTotal,7,9\n", "--skip-footer"),
        ("1,2\n3,4\n", "--no-header"),
        ("k;v\n1;2,5\n", "--decimal-comma"),
        ("\ufeff\ufeffa,b\n1,2\n", "\\ufeff"),
        ("<!DOCTYPE html>\n<p>404\n", "HTML"),
    ],
)
def test_warnings_about_the_text(tmp_path, data, told):
    path = tmp_path / "in.csv"
    path.write_text(data)
    assert told in " ".join(json_of("pack", "--dry-run", path)["warnings"])


@pytest.mark.parametrize(
    "data, option",
    [
        ('k,v\n1,"2,5"\n', "--decimal-comma"),  # the comma is the delimiter
        ("k;v\n1;192.168.100.101\n", "--thousands"),
        ("k;v\n1;52.123\n2;13.400\n", "--thousands"),
        ("k,v\n1,(5)\n2,3\n3,4\n", "--null"),
        ("k,v\n1,5-\n2,3\n3,4\n", "--null"),
    ],
)
def test_warnings_that_would_do_harm(tmp_path, data, option):
    path = tmp_path / "in.csv"
    path.write_text(data)
    args = ["--decimal-comma"] if "." in data else []
    assert option not in " ".join(json_of("pack", "--dry-run", *args, path)["warnings"])


@pytest.mark.parametrize(
    "data, told",
    [
        ("time,speed\ns,m/s\n0.0,1.5\n0.1,1.6\n", "--skip-after-header 1"),
        ("\ufeffid,v\n1,10\n\ufeffid,v\n2,20\n", "the header repeats in 1 record"),
        ("k,v\n1,2024-01-31\n2,2024-01-31 10:00:00.5\n", "timestamp[ms]"),
        ("zip,v\n00123,1\n12345,2\n", "written in another way"),
        ("k,v\n1,2024-1-5\n2,2024-01-06\n3,2024-01-06\n", "written in another way"),
    ],
)
def test_a_value_is_no_null_token(tmp_path, data, told):
    path = tmp_path / "in.csv"
    path.write_text(data)
    warnings = " ".join(json_of("pack", "--dry-run", path)["warnings"])
    assert told in warnings and "--null" not in warnings and "\ufeff" not in warnings


def test_an_error_says_what_a_date_looks_like(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("k,v\n1,31/12/2024\n2,01/02/2025\n")
    told = hint_of(path, "--types", "v=date")
    assert "a date is YYYY-MM-DD" in told and "date[%d/%m/%Y]" in told
    assert json_of("pack", "--dry-run", "--types", "v=date[%d/%m/%Y]", path)["rows"] == 2
