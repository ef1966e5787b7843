"""Compressed files through the tools (section 14 of spec/format.md)."""

import os
import subprocess

import pytest
from cli import ROOT, cat_bytes, good, json_of, path_of, run

TABLES = ["seattle-weather.csv", "nyc-airports.csv", "nyc-flights-2013-01.csv.gz"]
GOOD = ROOT / "spec" / "corpus" / "good"
BAD = ROOT / "spec" / "corpus" / "bad"


def table(name):
    return ROOT / "tests" / "data" / name


def test_the_encoding_of_each_buffer():
    """F-71: slots of a compressed file may be stored uncompressed."""

    def encodings(name):
        path = GOOD / f"{name}.shmcol"
        buffers = [b for c in json_of("info", path)["columns"] for b in c["buffers"].values()]
        lines = good("info", path).split("buffers")[1].splitlines()[2:]
        told = [b["encoding"] for b in buffers]
        assert all(f"  {e}  " in line for e, line in zip(told, lines))
        return set(told)

    assert encodings("zstd-uncompressed-some") == {"zstd", "plain"}
    assert encodings("zstd-uncompressed-all") == {"plain"}
    assert encodings("zstd-mixed") == {"zstd"}


@pytest.mark.parametrize("name", TABLES)
def test_all_ways_to_a_compressed_file_are_one(name, tmp_path):
    plain, direct, packed, back = (
        tmp_path / f"{n}.shmcol" for n in ("plain", "direct", "packed", "back")
    )
    good("pack", "-q", table(name), plain)
    good("pack", "-q", "--zstd", "--threads", "1", table(name), direct)
    good("pack", "-q", "--zstd=3", "--threads", "4", plain, "-o", packed)
    assert direct.read_bytes() == packed.read_bytes()
    assert packed.stat().st_size < plain.stat().st_size
    good("pack", "-q", "--plain", packed, back)
    assert back.read_bytes() == plain.read_bytes()
    assert good("check", packed) == f"{packed}: ok\n"
    assert cat_bytes(packed) == cat_bytes(plain)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "back.shmcol",
        "direct.shmcol",
        "packed.shmcol",
        "plain.shmcol",
    ]


def test_what_is_printed(tmp_path):
    plain, packed = tmp_path / "plain.shmcol", tmp_path / "packed.shmcol"
    good("pack", "-q", table(TABLES[0]), plain)
    text = good("pack", "--zstd", plain, "-o", packed)
    assert "KiB (" in text and str(packed) in text
    told = json_of("pack", "--plain", "-f", packed, "-o", tmp_path / "again.shmcol")
    assert (
        told["form"] == "plain"
        and told["bytes_in"] == packed.stat().st_size
        and told["bytes_out"] == plain.stat().st_size
    )


def test_info_tells_both_sizes_and_decompresses_nothing(tmp_path):
    plain, packed = tmp_path / "plain.shmcol", tmp_path / "packed.shmcol"
    good("pack", "-q", table(TABLES[1]), plain)
    good("pack", "-q", "--zstd=19", plain, "-o", packed)
    one, other = json_of("info", plain), json_of("info", packed)
    assert (one["compressed"], other["compressed"]) == (False, True)
    assert other["plain_size"] == one["plain_size"] == one["file_size"] == plain.stat().st_size
    assert other["file_size"] == packed.stat().st_size
    assert other["content_id"] == one["file_id"] != other["file_id"]
    assert {b["encoding"] for c in other["columns"] for b in c["buffers"].values()} == {"zstd"}
    assert [(c["name"], c["type"], c["nulls"]) for c in one["columns"]] == [
        (c["name"], c["type"], c["nulls"]) for c in other["columns"]
    ]
    assert "compressed  zstd, " in good("info", packed)


@pytest.mark.parametrize("path", sorted(GOOD.glob("zstd-*.shmcol")), ids=lambda p: p.stem)
def test_good_files(path, tmp_path):
    plain = tmp_path / "plain.shmcol"
    good("pack", "-q", "--plain", path, plain)
    good("check", plain)
    if "columns-0" not in path.stem:
        assert cat_bytes(path) == cat_bytes(plain)
    good("info", path)


@pytest.mark.parametrize("path", sorted(BAD.glob("zstd-frame-*.shmcol")), ids=lambda p: p.stem)
def test_bad_frames_are_found_and_never_written(path, tmp_path):
    done = run("check", path)
    assert (
        done.returncode == 1
        and "FRAME, F-76" in done.stderr
        or "LAYOUT" in done.stderr
        or "HEADER_FIELD" in done.stderr
    )
    out = tmp_path / "out.shmcol"
    done = run("pack", "--plain", path, out)
    assert (
        done.returncode == 1
        and done.stderr.startswith("shmcol-pack: ")
        and str(path) in done.stderr
    )
    assert (
        run("cat", "--no-cache", path).returncode == 1
    )  # the cache may have the content that the file claims
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "args, status, what",
    [
        (["--zstd=0"], 2, "not a level"),
        (["--zstd=23"], 2, "not a level"),
        (["--zstd=x"], 2, "not a level"),
        (["--zstd", "--plain"], 2, "exclude"),
        (["--zstd", "--types", "a=string"], 2, "no such column"),
        (["--zstd", "--delimiter", "tab"], 2, "--delimiter is for CSV"),
        (["--plain"], 2, "plain already"),
    ],
)
def test_wrong_uses(args, status, what, tmp_path):
    plain = tmp_path / "plain.shmcol"
    good("pack", "-q", table(TABLES[0]), plain)
    done = run("pack", *args, plain, "-o", tmp_path / "out.shmcol")
    assert done.returncode == status and what in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["plain.shmcol"]


def test_outputs_are_refused_as_always(tmp_path):
    plain, packed = tmp_path / "plain.shmcol", tmp_path / "packed.shmcol"
    good("pack", "-q", table(TABLES[0]), plain)
    assert "name the output" in run("pack", "--zstd", plain).stderr
    assert run("pack", "--zstd", "-f", plain, "-o", plain).returncode == 2
    good("pack", "-q", "--zstd", plain, packed)
    done = run("pack", "--zstd", plain, packed)
    assert done.returncode == 2 and "-f replaces it" in done.stderr
    assert (
        "compressed already"
        in run("pack", "--zstd", packed, "-o", tmp_path / "again.shmcol").stderr
    )
    assert run("pack", "--plain", tmp_path / "none", "-o", tmp_path / "x").returncode == 3
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    assert run("pack", "--plain", tmp_path / "no.csv", "-o", tmp_path / "x").returncode == 1
    assert run("pack", "--plain", plain, packed, plain, "-o", tmp_path / "x").returncode == 2


def test_a_fifo_is_not_opened_to_have_a_look(tmp_path):
    """A FIFO's text would be lost, and shmcol-pack would wait for more."""
    fifo, out = tmp_path / "fifo", tmp_path / "out.shmcol"
    os.mkfifo(fifo)
    with subprocess.Popen(["dd", f"if={table(TABLES[0])}", f"of={fifo}", "status=none"]) as writer:
        good("pack", "-q", "--zstd", fifo, "-o", out)
    assert writer.returncode == 0
    assert cat_bytes(out) == table(TABLES[0]).read_bytes()


def test_cat_goes_through_the_cache(tmp_path):
    packed, cache = tmp_path / "packed.shmcol", tmp_path / "cache"
    plain = tmp_path / "plain.shmcol"
    good("pack", "-q", table(TABLES[0]), plain)
    good("pack", "-q", "--zstd", plain, packed)
    wanted = good("cat", plain)
    environment = {**os.environ, "SHMCOL_CACHE": str(cache)}
    assert good("cat", "--no-cache", packed, env=environment) == wanted and not cache.exists()
    assert good("cat", packed, env=environment) == wanted
    made = list(cache.iterdir())
    assert [p.name for p in made] == [json_of("info", packed)["content_id"]] and made[
        0
    ].read_bytes() == plain.read_bytes()
    assert cache.stat().st_mode & 0o777 == 0o700
    before = made[0].stat().st_ino
    assert good("cat", packed, env=environment) == wanted and made[0].stat().st_ino == before
    cache.chmod(0o777)  # then it is not to be trusted, and cat does without
    made[0].unlink()
    assert good("cat", packed, env=environment) == wanted and list(cache.iterdir()) == []


def test_the_whole_check_needs_a_place_and_says_so(tmp_path):
    packed = tmp_path / "packed.shmcol"
    good("pack", "-q", "--zstd", table(TABLES[0]), packed)
    limit = "ulimit -f 1; trap '' XFSZ; exec \"$@\""
    done = subprocess.run(
        ["bash", "-c", limit, "-", path_of("check"), str(packed)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 3 and "TMPDIR" in done.stderr
    assert run("check", "--level", "checksums", packed).returncode == 0
