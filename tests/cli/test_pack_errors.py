"""Inputs that shmcol-pack refuses with the right status, place and hint, and leaves no file."""

import gzip
import os
import resource
import subprocess

import pytest
from cli import json_of, path_of, run


def place(error):
    return error["line"], error["line_column"]


@pytest.mark.parametrize(
    "data, status, where, hint",
    [
        pytest.param("a,b\n1,2\n1\n", "CSV_RAGGED", (3, 1), "", id="too few fields"),
        pytest.param(
            "a,b\n1,2,3\n", "CSV_RAGGED", (2, 1), "--skip-lines", id="all of them have more"
        ),
        pytest.param(
            "a,b\n1,2,3\n4,5\n", "CSV_RAGGED", (2, 1), "--on-error skip", id="too many fields"
        ),
        pytest.param(
            "a title\na,b\n1,2\n", "CSV_RAGGED", (2, 1), "--skip-lines", id="lines above the table"
        ),
        pytest.param("a,b\n# note\n1,2\n", "CSV_RAGGED", (2, 1), "--comment '#'", id="a comment"),
        pytest.param(
            'a,b\n1,"x\n2,3\n', "CSV_UNCLOSED_QUOTE", (2, 3), "--quote", id="unclosed quote"
        ),
        pytest.param('a,b\n1,"x"y\n', "CSV_AFTER_QUOTE", (2, 6), "", id="text after a quote"),
        pytest.param(b"a,b\n1,x\0y\n", "CSV_NUL", (2, 4), "", id="NUL"),
        pytest.param(b"a,b\n1,\xc3\xa9\xff\n", "CSV_UTF8", (2, 4), "--encoding", id="not UTF-8"),
        pytest.param(b"a,b\n1,\xed\xa0\x80\n", "CSV_UTF8", (2, 3), "--encoding", id="a surrogate"),
        pytest.param(
            "a,b\n1,2\n".encode("utf-16"),
            "CSV_UTF16",
            None,
            "--encoding UTF-16",
            id="UTF-16 with a mark",
        ),
        pytest.param(
            "a,b\n1,2\n".encode("utf-16-le"),
            "CSV_UTF16",
            None,
            "--encoding UTF-16LE",
            id="UTF-16LE without a mark",
        ),
        pytest.param(
            "a,b\n1,2\n".encode("utf-16-be"),
            "CSV_UTF16",
            None,
            "--encoding UTF-16BE",
            id="UTF-16BE without a mark",
        ),
        pytest.param(
            "a,b\r1,2\n", "CSV_CARRIAGE_RETURN", (1, 4), "tr ", id="a carriage return alone"
        ),
        pytest.param("x" * 65536 + ",b\n1,2\n", "CSV_NAME", None, "", id="a name that is too long"),
        pytest.param("", "CSV_EMPTY", None, "", id="empty"),
        pytest.param(b"\xef\xbb\xbf", "CSV_EMPTY", None, "", id="a byte order mark alone"),
        pytest.param(
            gzip.compress(b"a,b\n1,2\n" * 1000)[:-20],
            "CSV_COMPRESSED",
            None,
            "",
            id="gzip cut short",
        ),
        pytest.param(b"\x28\xb5\x2f\xfdnothing", "CSV_COMPRESSED", None, "", id="zstd damaged"),
    ],
)
def test_refused(pack, data, status, where, hint):
    error = pack.fails(data)
    assert error["status"] == status and error["path"].endswith("in.csv")
    assert where is None or place(error) == where, error
    assert hint in error["hint"], error
    assert error["message"]


def test_the_text_form_of_an_error(pack):
    path = pack.write(b"a,b\n1,\xc3\xa9\xff\n")
    done = run("pack", path)
    assert done.returncode == 1 and done.stdout == ""
    assert (
        done.stderr.startswith(f"shmcol-pack: {path}:2:4: error: ")
        and done.stderr.count("\n") == 1
        and "; " in done.stderr
    )


def test_the_offset_of_a_byte(pack):
    data = b"a,b\n" + b"1,2\n" * 100000 + b"1,\xff\n"
    error = pack.fails(data)
    assert error["file_offset"] == data.index(b"\xff") and place(error) == (100002, 3)


def test_the_hint_for_utf16_works(pack):
    for encoding in ("UTF-16", "UTF-16LE", "UTF-16BE"):
        data = "a,b\né,2\n".encode(encoding)
        assert pack(data, "--encoding", encoding)[1]["rows"] == 1


def test_names_that_are_no_files(tmp_path):
    def error(name, *args, status=3):
        return json_of("pack", name, *args, "-o", "o.shmcol", status=status, cwd=tmp_path)["error"]

    missing = error("none.csv")
    assert missing["status"] == "IO" and missing["sys_errno"] == 2 and missing["path"] == "none.csv"
    (tmp_path / "dir").mkdir()
    assert "directory" in error("dir")["message"].lower()
    assert error("/proc/self/mem")["status"] == "IO"  # may be opened, cannot be read
    if os.geteuid() != 0:
        (tmp_path / "secret").touch(mode=0)
        assert error("secret")["sys_errno"] == 13
    assert sorted(p.name for p in tmp_path.iterdir()) in (["dir"], ["dir", "secret"])


def test_outputs_that_cannot_be(pack, tmp_path):
    path = pack.write("a\n1\n")
    (tmp_path / "old.shmcol").write_text("old")
    for out, status, name, what in (
        (tmp_path / "old.shmcol", 2, "EXISTS", "-f"),
        (path, 2, "SAME_FILE", ""),
        (tmp_path, None, None, ""),
        (tmp_path / "none" / "o", 3, "IO", ""),
        ("/proc/o.shmcol", 3, "IO", ""),
    ):
        done = run("pack", "--json", path, "-o", out)
        assert done.returncode == status or (status is None and done.returncode in (2, 3)), out
        assert name is None or f'"{name}"' in done.stdout, done.stdout
        assert what in done.stderr
    link = tmp_path / "link.csv"
    os.link(path, link)
    for force in ([], ["-f"]):
        error = json_of("pack", *force, path, "-o", link, status=2)["error"]
        assert error["status"] == "SAME_FILE"
    assert (tmp_path / "old.shmcol").read_text() == "old" and path.read_text() == "a\n1\n"
    assert run("pack", "-f", path, tmp_path / "old.shmcol").returncode == 0
    assert run("check", tmp_path / "old.shmcol").returncode == 0


@pytest.mark.parametrize(
    "types, status, what",
    [
        ("nothing=int64", "NO_COLUMN", "nothing"),
        ("a=int65", "TYPE_NAME", "int65"),
        ("a=timestamp[xs]", "TYPE_NAME", "xs"),
        ("a", "INVALID_ARGUMENT", ""),
        ("a=date[%q]", "TYPE_NAME", "%q"),
        ("a=timestamp[s;%d.%m.%Y]", "TYPE_NAME", "timestamp[s;;%d.%m.%Y]"),
        ("a=bool[yes|YES]", "TYPE_NAME", "both"),
        ("a=numeric(10,2)", "TYPE_NAME", "numeric(10,2)"),
    ],
)
def test_types_that_are_not_there(pack, types, status, what):
    error = pack.fails("a,b\n1,2\n", "--types", types, status=2)
    assert error["status"] == status and what in error["message"]


def test_columns_that_are_not_there(pack):
    error = pack.fails("alpha,b\n1,2\n", "--columns", "alpha,c", status=2)
    assert error["status"] == "NO_COLUMN" and "c" in error["message"]


def test_a_value_that_does_not_fit_its_type(pack):
    error = pack.fails("a,b\n1,2\nx,3\n", "--types", "a=int8")
    assert (
        error["status"] == "CSV_VALUE"
        and place(error) == (3, 1)
        and error["row"] in (1, None)
        and "x" in error["message"]
    )
    assert pack.fails("a\n1\n300\n", "--types", "a=int8")["status"] == "CSV_VALUE"


def test_parts_with_other_headers(pack, tmp_path):
    pack.write("a,b\n1,2\n", "1.csv")
    pack.write("a,c\n1,2\n", "2.csv")
    error = json_of("pack", "1.csv", "2.csv", "-o", "o", status=1, cwd=tmp_path)["error"]
    assert error["status"] == "CSV_HEADERS_DIFFER" and error["path"] == "2.csv"


def test_encodings(pack):
    assert pack.fails("a\n1\n", "--encoding", "no-such", status=2)["message"]
    error = pack.fails(b"a\n\x81\n", "--encoding", "ASCII")
    assert error["status"] == "CSV_ENCODING"


def test_a_field_over_the_memory_bound(pack):
    error = pack.fails("a,b\n1," + "x" * (40 << 20) + "\n", "--memory", "16M", status=3)
    assert (
        error["status"] == "CSV_FIELD_SIZE" and "--memory" in error["hint"] and error["line"] == 2
    )


def test_a_memory_bound_that_is_too_small_for_anything(pack):
    assert "at least 16 MiB" in pack.fails("a,b\n1,2\n", "--memory", "1K", status=2)["message"]


def test_an_instruction_set_the_machine_lacks(pack):
    path = pack.write("a\n1\n")
    for name in ("neon" if os.uname().machine == "x86_64" else "avx2", "nonsense"):
        done = run("pack", path, "-o", pack.directory / "o", env={**os.environ, "SHMCOL_ISA": name})
        assert done.returncode == 2 and name in done.stderr
    assert not (pack.directory / "o").exists()


def test_a_name_with_control_characters_is_shown_escaped(tmp_path):
    done = run("pack", "a\x1b[31m\n.csv", cwd=tmp_path)
    assert done.returncode == 3 and "\\x1b[31m\\n.csv" in done.stderr and "\x1b" not in done.stderr


# ---- disks that are full ----

ROWS = "a,b,c\n" + "".join(f"{i},{i * 1.5},text number {i}\n" for i in range(60000))


def test_a_file_size_limit(pack, tmp_path):
    path = pack.write(ROWS)
    done = run(
        "pack",
        "--json",
        path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    )
    assert done.returncode == 3 and '"IO"' in done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["in.csv"]


@pytest.fixture
def small_disk(tmp_path):
    where = tmp_path / "disk"
    where.mkdir()
    mounted = (
        os.geteuid() == 0
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", where],
            capture_output=True,
            check=False,
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("a small file system needs root")
    yield where
    subprocess.run(["umount", where], check=True)


def test_a_full_disk(pack, small_disk):
    path = pack.write(ROWS)
    (small_disk / "old.shmcol").write_text("old")
    for name in ("new.shmcol", "old.shmcol"):
        done = run("pack", "-f", path, small_disk / name)
        assert done.returncode == 3 and "No space left" in done.stderr
        assert [p.name for p in small_disk.iterdir()] == ["old.shmcol"] and (
            small_disk / "old.shmcol"
        ).read_text() == "old"
    done = run("cat", "--json", path, "-o", small_disk / "x.csv")
    assert done.returncode == 1  # a CSV is no shmcol file; nothing is made
    assert run("pack", path).returncode == 0
    done = run("cat", path.with_suffix(".shmcol"), "-o", small_disk / "x.csv")
    assert done.returncode == 3 and "No space left" in done.stderr
    assert [p.name for p in small_disk.iterdir()] == ["old.shmcol"]


def test_the_report_does_not_fit_on_standard_output(pack):
    path = pack.write("a\n1\n")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [path_of("pack"), str(path)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3 and "standard output: error: cannot write" in done.stderr
