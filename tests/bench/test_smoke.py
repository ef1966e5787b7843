"""The bench runs from end to end on small tables, so that it does not rot.

Its figures mean nothing here. Peers that the tests do not install are left out.
"""

import csv
import pathlib
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

import pytest
from built import BUILD, ROOT

WORKS = ["1", "2", "3a", "3b", "3c", "4a", "4b", "4c", "4d", "4e", "5, N=1", "5, N=2", "6a", "6b"]
PEERS = [
    "pyarrow open_csv to IPC",
    "pyarrow read_csv to Feather",
    "Polars scan_csv to IPC",
    "Polars read_csv to IPC",
    "DuckDB to IPC",
    "DuckDB to Parquet",
    "pandas to Feather",
]


def command(data, *more):
    return [
        sys.executable,
        "-B",
        ROOT / "bench" / "bench.py",
        "--size",
        "smoke",
        "--build",
        BUILD,
        "--data",
        data,
        *more,
    ]


@pytest.fixture(scope="session", autouse=True)
def programs():
    subprocess.run(
        ["cmake", "--build", BUILD, "--target", "bench-programs", "shmcol-pack", "shmcol-check"],
        check=True,
        stdout=subprocess.DEVNULL,
    )


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    data = tmp_path_factory.mktemp("bench")
    done = subprocess.run(command(data), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with open(data / "smoke.csv", encoding="utf-8", newline="") as file:
        return data, done.stdout, list(csv.DictReader(file))


def test_every_work_is_there(results):
    assert list(dict.fromkeys(row["work"] for row in results[2])) == WORKS


def test_shmcol_and_every_peer_of_the_tests_made_the_same_tables(results):
    for work in WORKS[:5]:
        rows = {row["tool"]: row for row in results[2] if row["work"] == work}
        for tool in ["shmcol-pack", "shmcol-pack, durable (fsync)", *PEERS]:
            assert (
                rows[tool]["note"] == ""
                and float(rows[tool]["wall"]) > 0
                and int(rows[tool]["size"]) > 0
            ), rows[tool]


def test_memory_is_the_tools_own(results):
    row = next(row for row in results[2] if row["work"] == "1" and row["tool"] == "shmcol-pack")
    assert 1 << 20 < int(row["peak"]) < 64 << 20


def test_what_was_read_is_shared(results):
    row = next(row for row in results[2] if row["work"] == "5, N=2" and row["side"] == "shmcol")
    assert "PSS of the mapping 1.0" in row["more"] or "PSS of the mapping 0.9" in row["more"]


def test_picture_and_table_can_be_made_again(results):
    data, printed, _ = results
    picture = data / "smoke.svg"
    drawn = xml.etree.ElementTree.parse(picture).getroot()
    assert sum(node.tag.endswith("rect") for node in drawn.iter()) > 60
    before = picture.read_bytes()
    again = subprocess.run(
        command(data, "--from", data / "smoke.csv"), capture_output=True, text=True, check=True
    )
    assert picture.read_bytes() == before
    assert again.stdout.split("goals")[1] == printed.split("goals")[1]


def test_nothing_is_left_but_the_tables_and_the_results(results):
    left = sorted(p.name for p in results[0].iterdir())
    assert all(name.endswith(".csv") or name in ("smoke.svg", "smoke.txt") for name in left), left


def processes(text):
    found = []
    for place in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if text in (place / "cmdline").read_bytes().decode(errors="replace"):
                found.append(place.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_process_and_no_output(results, tmp_path, number):
    for table in results[0].glob("*-*.csv"):
        (tmp_path / table.name).hardlink_to(table)
    child = subprocess.Popen(
        command(tmp_path, "--only", "2", "--runs", "100"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(3)
    child.send_signal(number)
    assert child.wait(30) != 0
    assert not processes(str(tmp_path))
    assert not [p for p in tmp_path.iterdir() if not p.name.endswith(".csv")]
