"""shmcol-cat over all good files, against texts that Python makes of the reference's values."""

import json
import subprocess

import expected_text
import pytest
from cli import ROOT, cat_bytes, cells, good, json_of, path_of, run
from shmcol_reference import read

GOOD = sorted((ROOT / "spec" / "corpus" / "good").glob("*.shmcol"))
# All files in one form of text; in the others what Python writes in no time.
SMALL = [p for p in GOOD if p.stat().st_size < 60000 and not p.stem.startswith("zstd-")]
IDS = [p.stem for p in GOOD]


@pytest.mark.parametrize("path", GOOD, ids=IDS)
def test_csv(path):
    assert cat_bytes(path).decode() == expected_text.csv(read(path))


@pytest.mark.parametrize("path", SMALL, ids=[p.stem for p in SMALL])
def test_jsonl(path):
    text = cat_bytes(path, "--format", "jsonl").decode()
    assert text == expected_text.jsonl(read(path))
    for line in text.splitlines()[:100]:
        json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize("path", SMALL, ids=[p.stem for p in SMALL])
def test_tsv_and_the_object_of_json(path):
    table = read(path)
    assert cat_bytes(path, "--format", "tsv").decode() == expected_text.csv(table, "\t")
    found = json_of("cat", path)
    assert found["row_count"] == table.rows and [c["name"] for c in found["columns"]] == [
        c.name for c in table.columns
    ]
    rows = [list(json.loads(line).values()) for line in expected_text.jsonl(table).splitlines()]
    assert found["rows"] == rows
    assert [c["type"] for c in found["columns"]] == [
        expected_text.type_text(c.type) for c in table.columns
    ]


@pytest.fixture
def numbers(pack):
    return pack("n,t\n" + "".join(f"{i},w{i}\n" for i in range(10)), "--dictionary", "never")[0]


@pytest.mark.parametrize(
    "args, expected",
    [
        (["--rows", "2:5"], [2, 3, 4]),
        (["--rows", ":2"], [0, 1]),
        (["--rows", "8:"], [8, 9]),
        (["--rows", "-2:"], [8, 9]),
        (["--rows", ":-8"], [0, 1]),
        (["--rows", ":"], list(range(10))),
        (["--rows", "5:5"], []),
        (["--rows", "7:3"], []),
        (["--rows", "9:99"], [9]),
        (["--rows", "99:"], []),
        (["--rows", "-99:2"], [0, 1]),
        (["--head", "3"], [0, 1, 2]),
        (["--head", "0"], []),
        (["--rows", "4:", "--head", "2"], [4, 5]),
    ],
)
def test_rows(numbers, args, expected):
    assert [row[0] for row in cells(numbers, *args)] == expected
    assert good("cat", *args, numbers).splitlines()[1:] == [f"{i},w{i}" for i in expected]


def test_columns(numbers, pack):
    assert good("cat", "--columns", "t,n", "--head", "1", numbers) == "t,n\nw0,0\n"
    assert good("cat", "--columns", "t", "--columns", "t", "--head", "1", numbers) == "t,t\nw0,w0\n"
    done = run("cat", "--columns", "n,missing", numbers)
    assert done.returncode == 2 and "missing" in done.stderr and done.stdout == ""
    odd = pack('"a,b","say ""x"""\n1,2\n')[0]
    assert good("cat", "--columns", '"a,b","say ""x"""', odd) == '"a,b","say ""x"""\n1,2\n'


def test_a_reader_that_closes_its_pipe(pack):
    path = pack("n\n" + "".join(f"{i}\n" for i in range(300000)))[0]
    with subprocess.Popen(
        [path_of("cat"), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout.readline() == b"n\n"
        child.stdout.close()
        assert child.stderr.read() == b"" and child.wait() == 0


def test_a_full_disk(numbers, tmp_path):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [path_of("cat"), str(numbers)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (
        done.returncode == 3
        and done.stderr
        == "shmcol-cat: standard output: error: cannot write: No space left on device\n"
    )
    done = run("cat", numbers, "-o", "/dev/full")
    assert done.returncode == 3 and "/dev/full: error: the output is a device" in done.stderr


def test_output_to_a_file(numbers, tmp_path):
    out = tmp_path / "o.csv"
    assert good("cat", "-o", out, numbers) == ""
    assert out.read_text() == good("cat", numbers)
    done = run("cat", "-o", out, numbers)
    assert done.returncode == 2 and "exists" in done.stderr and "-f" in done.stderr
    found = json_of("cat", "-f", "-o", out, "--format", "jsonl", "--head", "1", numbers)
    assert out.read_text() == '{"n":0,"t":"w0"}\n'
    assert (
        found["format"] == "jsonl"
        and found["row_count"] == 1
        and found["bytes"] == 17
        and "rows" not in found
    )
    done = run("cat", "-f", "-o", numbers, numbers)
    assert done.returncode == 2 and "the output is the input" in done.stderr
    done = run("cat", "-o", tmp_path / "none" / "x", numbers)
    assert done.returncode == 3 and "No such file" in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.csv", "o.csv", "out.shmcol"]


def test_a_zone_that_is_no_offset_is_told():
    path = ROOT / "spec" / "corpus" / "good" / "type-timestamp-s.shmcol"
    done = run("cat", "--columns", "Europe/Paris", "--head", "1", path)
    assert (
        done.stdout == "Europe/Paris\n2024-01-01T00:00:00Z\n"
        and 'warning: column "Europe/Paris": the zone\'s name is not written' in done.stderr
    )
    assert run("cat", "--columns", "UTC", path).stderr == ""


def test_nul_is_told():
    done = run("cat", ROOT / "spec" / "corpus" / "good" / "string-nul.shmcol")
    assert done.returncode == 0 and "\0" in done.stdout and "NUL" in done.stderr


@pytest.mark.parametrize(
    "name, code, status",
    [
        ("bad/offsets-decreasing", "OFFSETS", 1),
        ("bad/codes-beyond", "CODES", 1),
        ("bad/descriptor-hash", "DESCRIPTOR_HASH", 1),
        ("bad/text", "NOT_SHMCOL", 1),
        ("unsupported/column-type-26", "COLUMN_UNSUPPORTED", 4),
        ("unsupported/version-2", "VERSION", 4),
    ],
)
def test_files_that_are_not_valid(name, code, status):
    path = ROOT / "spec" / "corpus" / f"{name}.shmcol"
    done = run("cat", path)
    assert done.returncode == status and code in done.stderr and str(path) in done.stderr
    assert json_of("cat", path, status=status)["error"]["status"] == code
    assert all(
        line.count(",") == done.stdout.splitlines()[0].count(",")
        for line in done.stdout.splitlines()
    )


def test_invalid_utf8_is_an_error_in_json_alone():
    path = ROOT / "spec" / "corpus" / "bad" / "utf8-byte.shmcol"
    assert run("cat", path).returncode == 0
    done = run("cat", "--format", "jsonl", path)
    assert (
        done.returncode == 1
        and "UTF-8" in done.stderr
        and done.stdout.count("{") == done.stdout.count("}")
    )
    assert json_of("cat", path, status=1)["error"]["status"] == "UTF8"


def test_unsupported_columns_can_be_left_out():
    path = ROOT / "spec" / "corpus" / "unsupported" / "column-type-26.shmcol"
    assert "--columns" in run("cat", path).stderr
    names = [c.name for c in read(path).columns if not c.problem]
    assert good("cat", "--columns", ",".join(names), path).startswith(",".join(names) + "\n")


def test_a_name_like_a_byte_order_mark_keeps_it(pack):
    path = pack("\ufeff\ufeffa\n1\n")[0]
    assert cat_bytes(path) == '"\ufeffa"\n1\n'.encode()
