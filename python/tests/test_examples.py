"""Each example runs, all its ways agree, and its claims about memory hold at two sizes."""

import json
import os
import re
import subprocess
import sys

import pytest
import shmcol
from conftest import ROOT

EXAMPLES = ROOT / "python" / "examples"
MIB = 2**20
# Rows of a small and a larger run, and their options. The additional rows must be seen in the
# mapping and nowhere else.
SIZES = {
    "01": (200_000, 1_000_000, ()),
    "02": (50_000, 250_000, ()),
    "03": (400_000, 2_000_000, ()),
    "04": (4_000, 100_000, ()),
    "05": (200_000, 1_000_000, ()),
    "06": (2, 10, ("--batches", "4")),
    "07": (400_000, 2_000_000, ()),
    "08": (1_000_000, 4_000_000, ("--limit", "4", "--window", "1")),
    "09": (100_000, 500_000, ()),
}
FILES = sorted(EXAMPLES.glob("[0-9][0-9]_*.py"))

pytest.importorskip("pandas")
sys.path.insert(0, str(EXAMPLES))
import scene  # noqa: E402


def example(arguments, **options):
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        **options,
    ).stdout


def described(file):
    return json.loads(example([file, "--describe"]))


def ours(about):
    return [way["key"] for way in about["ways"] if way["title"].startswith("shmcol")]


def once(file, way, method, rows, place):
    return scene.run_once(str(file), way, method, rows, 2, str(place), SIZES[file.name[:2]][2])


def skip_what_is_missing(about):
    if about["missing"]:
        pytest.skip(f"this shmcol has no {about['missing']}()")


def test_there_are_nine():
    assert [file.name[:2] for file in FILES] == sorted(SIZES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_way_has_the_same_result(file, tmp_path):
    about = described(file)
    skip_what_is_missing(about)
    runs = []
    for way in about["ways"]:
        for method in way["methods"] if not way["missing"] else ():
            runs.append(once(file, way["key"], method, SIZES[file.name[:2]][0], tmp_path))
            assert len(runs[-1]["processes"]) == 3
    scene.agree(runs)
    assert not os.path.exists(scene.beside(str(tmp_path)))
    assert len(runs) >= 3 and runs[0]["result"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workers_memory_does_not_grow_with_the_rows(file, tmp_path):
    about = described(file)
    skip_what_is_missing(about)
    few, many, _ = SIZES[file.name[:2]]
    method = "spawn" if file.name[:2] in ("05", "06") else "fork"
    for key in ours(about):
        small, large = (once(file, key, method, rows, tmp_path) for rows in (few, many))
        more = large["bytes"] - small["bytes"]
        assert more > (2 * MIB if file.name[:2] != "04" else MIB)
        assert large["private"] - small["private"] < MIB, (
            f"{key}: {large['private']:,} bytes of a worker's own, "
            f"{small['private']:,} with fewer rows"
        )
        mapped = sum(process["mapping"] for process in large["processes"])
        if file.name[:2] == "08":  # the kernel took the scanned pages back
            assert mapped < large["bytes"]
        else:
            assert 0.98 * large["bytes"] <= mapped <= 1.02 * large["bytes"] + 256 * 1024, (
                f"{key}: {mapped:,} bytes mapped for {large['bytes']:,} read"
            )


def test_what_they_replace_does_copy(tmp_path):
    """The measurement works: it sees the copies that others make."""
    for file, key in ((FILES[1], "fork"), (FILES[4], "pickle"), (FILES[8], "pandas")):
        few, many, _ = SIZES[file.name[:2]]
        small, large = (once(file, key, "fork", rows, tmp_path) for rows in (few, many))
        assert large["private"] - small["private"] > 4 * MIB, key


def test_nothing_is_swapped_and_a_part_does_not_fit(tmp_path):
    run = once(
        FILES[7], "shmcol", "spawn", SIZES["08"][1], tmp_path
    )  # a child of fork may reuse memory that its parent has freed
    assert all(process["swap"] == 0 for process in run["processes"])
    loads, releases, scans = run["notes"]
    assert "MemoryError" in loads and "0 bytes swapped" in scans
    most, size = re.search(r"at most (\d+) MiB of (\d+)", releases).groups()
    assert int(most) < int(size) / 3  # the table has 61 batches of 1 MiB


def test_a_person_runs_one_alone(tmp_path):
    out = example([FILES[8], "--rows", "20000", "--workers", "2", "--processes"], cwd=tmp_path)
    assert (
        "20,000 rows, 2 workers" in out
        and "shmcol.pack once" in out
        and "worker 2" in out
        and "all ways have the same result" in out
    )
    assert not list(tmp_path.iterdir())


def test_nuls_are_lost_there_and_kept_here(tmp_path):
    notes = {
        key: once(FILES[3], key, "fork", 500, tmp_path)["notes"][0].split(" come back as ")
        for key in ("shareablelist", "shmcol")
    }
    assert (
        notes["shmcol"][0] == notes["shmcol"][1]
        and notes["shareablelist"][0] != notes["shareablelist"][1]
    )


def test_one_command_measures(tmp_path):
    for number in "9", "1":  # one after the other: the table keeps the earlier measurements
        assert "× best other" in example(
            [EXAMPLES / "measure.py", "--only", number, "--out", tmp_path / "made"]
        )
    table = (tmp_path / "made" / "result.csv").read_text(encoding="utf-8")
    shmcol.pack(tmp_path / "made" / "result.csv", tmp_path / "result.shmcol")
    with shmcol.open(tmp_path / "result.shmcol") as measured:
        assert len(measured) == table.count("\n") - 1 >= 6 and {
            "share_s",
            "result_s",
            "mapping_pss_over_bytes",
        } <= set(measured.columns)
    picture = (tmp_path / "made" / "result.svg").read_text(encoding="utf-8")
    assert (
        picture.startswith("<svg")
        and picture.rstrip().endswith("</svg>")
        and "shmcol.pack once" in picture
    )


def test_a_result_that_differs_is_an_error():
    runs = [{"way": "a", "result": [1.0, "x"]}, {"way": "b", "result": [1.0, "y"]}]
    with pytest.raises(SystemExit, match="do not agree"):
        scene.agree(runs)
    assert scene.same({"a": [1.0, 2]}, {"a": (1.0 + 1e-12, 2)}) and not scene.same([1.0], [1.1])
