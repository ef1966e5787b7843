"""Hints of errors are true (C-27): an option that a hint names is given, and the error is gone."""

import re
import shlex

import pytest
from cli import json_of, run

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
        (b"n,c\nJos\xe9,1\n", "--encoding", "latin1", 1),
    ],
)
def test_the_option_that_a_hint_names_helps(tmp_path, data, option, value, rows):
    path = tmp_path / "in.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    told = {m[1]: m[2] for m in reversed(list(OPTION.finditer(hint_of(path))))}
    assert option in told, told
    assert value is None or told[option].strip("'") == value
    if option not in run("pack", "--help").stdout:
        pytest.skip("the tool does not have that option yet")
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
        (b"ARROW1\0\0" + bytes(24) + b"\x89SHMCOL\n", "shmcol", "shmcol-cat"),
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
