"""Hints of errors are true (C-27): an option that a hint names is given, and the error is gone."""

import re

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
