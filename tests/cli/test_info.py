"""shmcol-info against the reference reader, and the processes that map a file."""

import json
import pathlib
import re
import subprocess
import sys

import pytest
from cli import ROOT, good, json_of, run
from expected_text import type_text
from shmcol_reference import read

CORPUS = ROOT / "spec" / "corpus"
GOOD = sorted((CORPUS / "good").glob("*.shmcol"))


@pytest.mark.parametrize("path", GOOD, ids=lambda p: p.stem)
def test_what_is_in_a_file(path):
    table, found = read(path), json_of("info", path)
    assert (found["rows"], found["file_size"], found["column_count"]) == (
        table.rows,
        path.stat().st_size,
        len(table.columns),
    )
    assert found["metadata"] == [list(pair) for pair in table.metadata]
    for column, told in zip(table.columns, found["columns"], strict=True):
        assert (told["name"], told["type"], told["nullable"], told["nulls"]) == (
            column.name,
            type_text(column.type),
            column.nullable,
            column.null_count,
        )
        assert told["metadata"] == [list(pair) for pair in column.metadata]
        assert told["stored_bytes"] == sum(buffer["length"] for buffer in told["buffers"].values())
    text = good("info", path)
    assert found["file_id"] in text and f"({path.stat().st_size:,} bytes)" in text
    assert all(c not in text for c in "\x1b\x00\x7f")


def test_every_buffer_lies_in_the_file_and_apart():
    for path in GOOD:
        found = json_of("info", path)
        places = {
            (b["offset"], b["length"]) for c in found["columns"] for b in c["buffers"].values()
        }
        end = 0
        for offset, length in sorted(places):
            assert offset >= end and offset % 64 == 0
            end = offset + length
        assert end <= found["file_size"]


def test_ranges(pack):
    out, _ = pack(
        "i,f,d,t,s,b,w,e\n-3,1.5,2020-01-31,2020-01-31T01:02:03.5Z,äöü long text over,true,b,\n"
        "12,nan,1969-12-31,,zz,,a,\n,-inf,2020-02-01,2020-01-31T01:02:03Z,a,true,b,\n"
        + ",,,,,,a,\n"
        * 50,
        "--dictionary",
        "w=always",
        "--dictionary",
        "s=never",
    )
    columns = json_of("info", out)["columns"]
    assert [(c["min"], c["max"]) for c in columns] == [
        (-3, 12),
        ("-Infinity", 1.5),
        ("1969-12-31", "2020-02-01"),
        ("2020-01-31T01:02:03.000Z", "2020-01-31T01:02:03.500Z"),
        ("a", "äöü long text"),
        (True, True),
        ("a", "b"),
        (None, None),
    ]
    assert columns[1]["nan"] == 1 and columns[4]["max_cut"] and not columns[4]["min_cut"]
    text = good("info", out)
    for part in (
        "-3 .. 12",
        "-inf .. 1.5, 1 NaN",
        "1969-12-31 .. 2020-02-01",
        "2 distinct: a .. b",
        "a .. äöü long",
    ):
        assert part in text, text


def test_some_columns(pack):
    out, _ = pack("alpha,b\n1,2\n")
    assert [c["name"] for c in json_of("info", "--columns", "b,alpha", out)["columns"]] == [
        "b",
        "alpha",
    ]
    error = json_of("info", "--columns", "alpga", out, status=2)["error"]
    assert error["status"] == "NO_COLUMN" and "alpga" in error["message"]


def test_metadata_is_shown(pack):
    out, _ = pack("a\n1\n", "--meta", "where=here\x1b[1m")
    text = good("info", out)
    assert "metadata" in text and "where  here\\x1b[1m" in text


@pytest.mark.parametrize(
    "name, code, status",
    [
        ("bad/descriptor-hash", "DESCRIPTOR_HASH", 1),
        ("bad/metadata-hash", "METADATA", 1),
        ("bad/header-hash", "HEADER_HASH", 1),
        ("bad/truncated-1000", "TRUNCATED", 1),
        ("unsupported/incompat-5", "FEATURE", 4),
    ],
)
def test_files_that_are_not_valid(name, code, status):
    path = CORPUS / f"{name}.shmcol"
    done = run("info", path)
    assert done.returncode == status and code in done.stderr and str(path) in done.stderr
    assert json_of("info", path, status=status)["error"]["status"] == code


def test_unsupported_columns_are_listed():
    path = CORPUS / "unsupported" / "column-type-26.shmcol"
    found = json_of("info", path)
    assert [c["supported"] for c in found["columns"]].count(False) == 1 and "unsupported" in good(
        "info", path
    )


READER = """
import mmap, sys
with open(sys.argv[1], "rb") as f:
    m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
total = sum(m[i] for i in range(0, len(m), 4096))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def readers(pack):
    """Three processes that have every page of a file mapped."""
    out, _ = pack("a,b\n" + "".join(f"{i},{i * 0.5}\n" for i in range(200000)))
    children = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for child in children:
        assert child.stdout.readline() == b"ready\n"
    yield out, children
    for child in children:
        child.communicate()


def test_who_maps_a_file(readers):
    out, children = readers
    size = out.stat().st_size
    found = json_of("info", "--memory", out)
    memory = found["memory"]
    assert sorted(p["pid"] for p in memory["processes"]) == sorted(c.pid for c in children)
    for process in memory["processes"]:
        assert size <= process["rss"] < size + 70000 and process["private"] < size / 10
        assert abs(process["pss"] - size / 3) < size / 20
        told = re.search(
            r"^VmPTE:\s+(\d+) kB$", pathlib.Path(f"/proc/{process['pid']}/status").read_text(), re.M
        )
        assert process["page_tables"] == int(told[1]) * 1024 > 0
    assert abs(memory["pss_of_file"] - 1) < 0.05 and memory["pss"] == sum(
        p["pss"] for p in memory["processes"]
    )
    assert memory["resident"] == memory["resident_of"] >= size
    for column in found["columns"]:
        assert column["resident"] == column["resident_of"] >= column["stored_bytes"]
    text = good("info", "--memory", out)
    assert "3 processes: PSS" in text and "x the file" in text and "(100%)" in text
    for child in children:
        assert str(child.pid) in text


def test_who_maps_a_file_when_nobody_does(pack):
    out, _ = pack("a\n1\n")
    assert json_of("info", "--memory", out)["memory"]["processes"] == []
    assert "0 processes" in good("info", "--memory", out)


def test_a_replaced_file_is_another(readers):
    out, _ = readers
    other = out.with_name("other")
    other.write_bytes(out.read_bytes())
    other.replace(out)
    assert json_of("info", "--memory", out)["memory"]["processes"] == []


def test_the_object_is_one_line(pack):
    out, _ = pack("a\n1\n")
    assert json.loads(good("info", "--json", out)) and good("info", "--json", out).count("\n") == 1
