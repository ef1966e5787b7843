"""shmcol-info, shmcol-check and shmcol-cat of tables in directories (F-80 ... F-86)."""

import pytest
from cli import cat_bytes, cells, good, json_of, run
from tables import ZONE, Grown, columns, lines

END = 2 * ZONE + 5


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    grown = Grown(tmp_path_factory.mktemp("table") / "ticks")
    for first, rows in ((0, ZONE), (ZONE, ZONE), (2 * ZONE, 5)):
        grown.add(columns(first, rows))
    return grown


def test_cat_writes_all_rows_and_any_range(table):
    assert cat_bytes(table.directory).decode() == "n,s,w\n" + lines(0, END)
    for first, last in ((0, 3), (ZONE - 2, ZONE + 2), (2 * ZONE, END), (END, END), (7, END)):
        text = cat_bytes(table.directory, "--rows", f"{first}:{last}").decode()
        assert text == "n,s,w\n" + lines(first, last)
    assert cells(table.directory, "--rows", f"{ZONE - 1}:{ZONE + 1}", "--columns", "w,n") == [
        ["bac"[i % 3], i] for i in (ZONE - 1, ZONE)
    ]
    assert cells(table.directory, "--rows", "-1:", "--columns", "n") == [[END - 1]]


def test_cat_and_info_of_a_directory_without_a_table(tmp_path):
    for tool in ("cat", "info", "check"):
        done = run(tool, tmp_path)
        assert done.returncode == 3 and "NO_TABLE" in done.stderr, tool
        assert str(tmp_path) in done.stderr


def test_cat_does_not_write_over_a_part(table):
    for name in (table.path(0), table.directory / "new", table.directory):
        error = json_of("cat", table.directory, "-f", "-o", name, status=2)["error"]
        assert error["status"] == "SAME_FILE"


def test_info_shows_the_table_and_its_parts(table):
    found = json_of("info", "--parts", table.directory)
    size = sum(p.stat().st_size for p in table.directory.iterdir())
    assert (found["table"], found["part_count"], found["rows"]) == (True, 3, END)
    assert found["file_size"] == size and found["part"] is None
    assert found["file_id"] == table.ids["table_id"].hex()
    assert [(p["name"], p["first_row"], p["rows"]) for p in found["parts"]] == [
        (f"{first:020}.shmcol", first, rows)
        for first, rows in ((0, ZONE), (ZONE, ZONE), (2 * ZONE, 5))
    ]
    n, s, w = found["columns"]
    assert (n["min"], n["max"], n["stored_bytes"]) == (0, END - 1, 8 * END + -(-END // 8))
    assert s["nulls"] == END // 7 + (END % 7 > 3) and w["dictionary"]["length"] == 3
    assert all(c["buffers"] == {} for c in (n, s, w))
    text = good("info", "--parts", table.directory)
    assert "parts       3 of 5 to 65,536 rows" in text and "\nbuffers\n" not in text
    assert text.startswith(f"table       {table.directory}\n") and found["file_id"] in text
    assert "00000000000000131072.shmcol" in text
    assert "00000000000000131072.shmcol" not in good("info", table.directory)


def test_info_of_a_part_says_that_it_is_one(table):
    found = json_of("info", table.path(ZONE))
    assert (found["table"], found["part_count"]) == (False, 1)
    assert (found["part"]["first_row"], found["part"]["table_rows"]) == (ZONE, 2 * ZONE)


def test_info_shows_the_memory_of_all_parts(table):
    found = json_of("info", "--memory", "--parts", table.directory)
    assert 0 < found["memory"]["resident"] <= found["memory"]["resident_of"]
    assert sum(p["resident_of"] for p in found["parts"]) == found["memory"]["resident_of"]
    assert "of the table (" in good("info", "--memory", table.directory)


@pytest.mark.parametrize("level", ["structure", "checksums", "full"])
def test_check_of_a_good_table(table, level):
    done = run("check", "--level", level, table.directory)
    assert (done.returncode, done.stdout) == (0, f"{table.directory}: ok\n"), done.stderr


def grown(tmp_path, table_rows=None):
    made = Grown(tmp_path / "t")
    for first, rows in ((0, ZONE), (ZONE, ZONE), (2 * ZONE, 5)):
        made.add(columns(first, rows), table_rows=table_rows)
    return made


def test_check_names_the_part_of_each_problem(tmp_path):
    made = grown(tmp_path)
    for first in (ZONE, 2 * ZONE):
        data = bytearray(made.path(first).read_bytes())
        data[ZONE] ^= 1
        made.path(first).write_bytes(data)
    done = run("check", "--progress", made.directory)
    assert (done.returncode, done.stdout) == (1, f"{made.directory}: BLOCK_HASH\n")
    found = json_of("check", made.directory, status=1)["files"][0]
    assert (found["first"], found["exit_status"]) == ("BLOCK_HASH", 1)
    assert {p["path"] for p in found["problems"]} == {
        str(made.path(first)) for first in (ZONE, 2 * ZONE)
    }


def test_check_says_what_no_part_leads_to(tmp_path):
    """F-84: an append that died left a part; the table is good."""
    made = grown(tmp_path)
    orphan = made.part(columns(3 * ZONE, 7), first=3 * ZONE, previous_id=b"not this chain's")
    made.path(3 * ZONE).write_bytes(orphan)
    (made.directory / ".shmcol-0123456789abcdef.tmp").touch()
    done = run("check", made.directory)
    assert (done.returncode, done.stdout) == (0, f"{made.directory}: ok\n")
    assert "beyond the table: 1 file of 7 rows, the first is 00000000000000196608.shmcol" in (
        done.stderr
    )
    assert "1 temporary file of a process that has died" in done.stderr
    assert run("check", "-q", made.directory).stderr == ""
    found = json_of("check", made.directory)["files"][0]["orphans"]
    assert [(o["kind"], o["rows"], o["size"]) for o in found] == [
        ("temporary", None, 0),
        ("part", 7, len(orphan)),
    ]


def test_check_of_a_table_without_a_middle_part(tmp_path):
    """F-83: what is there behind the gap is counted. All parts were one append."""
    made = grown(tmp_path, END)
    made.path(ZONE).unlink()
    done = run("check", made.directory)
    assert (done.returncode, done.stdout) == (1, f"{made.directory}: PARTS_MISSING\n")
    assert "beyond the table: 1 file of 5 rows" in done.stderr
    found = json_of("check", made.directory, status=1)["files"][0]
    assert found["first"] == "PARTS_MISSING"
    assert [o["name"] for o in found["orphans"]] == ["00000000000000131072.shmcol"]
