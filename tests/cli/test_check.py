"""shmcol-check: its answers over the corpus, its texts, several files, levels."""

import json
import os
import subprocess
import time

import pytest
from cli import ROOT, json_of, path_of, run
from model import UNSUPPORTED
from shmcol_reference import LEVELS

CORPUS = ROOT / "spec" / "corpus"
EXPECTED = json.loads((CORPUS / "expected.json").read_text("ascii"))


def status_of(code):
    return 0 if code == "OK" else 4 if code in UNSUPPORTED else 1


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_answer(name):
    """F-62: the first problem is the file's answer, with the code and number of section 12."""
    code, path = EXPECTED[name]["code"], CORPUS / name
    done = run("check", path)
    assert done.returncode == status_of(code), done.stderr
    if code == "OK":
        assert done.stdout == f"{path}: ok\n" and done.stderr == ""
    else:
        assert done.stdout == f"{path}: {code}\n"
        first = done.stderr.splitlines()[0]
        assert (
            first.startswith(f"shmcol-check: {path}: ")
            and f"({code}, {EXPECTED[name]['requirement']})" in first
            and "error: " in first
        )


def test_all_at_once_with_json_and_levels():
    names = sorted(EXPECTED)
    for number, level in enumerate(LEVELS):
        found = json_of(
            "check", "--level", level, "--threads", "2", *(CORPUS / n for n in names), status=4
        )
        assert found["level"] == level and found["exit_status"] == 4
        for name, entry in zip(names, found["files"], strict=True):
            wanted = EXPECTED[name]
            reached = wanted.get("level") in LEVELS[: number + 1]
            answer = wanted["code"] if reached else wanted.get("before")
            assert (entry["path"], entry["first"], entry["ok"]) == (
                str(CORPUS / name),
                answer,
                answer is None,
            ), name
            assert entry["exit_status"] == status_of(answer or "OK")
            assert [p["status"] for p in entry["problems"]][:1] == ([answer] if answer else [])


def test_several_files_give_the_highest_status(tmp_path):
    ok, bad = CORPUS / "good" / "rows-1.shmcol", CORPUS / "bad" / "text.shmcol"
    done = run("check", ok, bad)
    assert done.returncode == 1 and done.stdout == f"{ok}: ok\n{bad}: NOT_SHMCOL\n"
    done = run("check", bad, tmp_path / "none", ok)
    assert (
        done.returncode == 3
        and done.stdout == f"{bad}: NOT_SHMCOL\n{tmp_path}/none: IO\n{ok}: ok\n"
    )
    assert run("check", "-q", ok, ok).stdout == ""
    assert run("check", "-q", bad).stdout == f"{bad}: NOT_SHMCOL\n"


def test_a_directory_and_an_empty_file(tmp_path):
    done = run("check", tmp_path)
    assert done.returncode == 3 and "directory" in done.stderr.lower()
    (tmp_path / "empty").touch()
    assert run("check", tmp_path / "empty").returncode == 1


def test_every_changed_byte_is_found(pack):
    """Checksums: with any byte changed the file is not ok, and the answer says where."""
    path, _ = pack("a,b\n" + "".join(f"{i},text {i}\n" for i in range(500)))
    whole = path.read_bytes()
    for at in range(0, len(whole), 251):
        path.chmod(0o644)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        done = run("check", "--level", "checksums", path)
        assert done.returncode in (1, 4), at
        assert "error: " in done.stderr


def test_control_characters_in_a_name_stay_harmless(tmp_path):
    path = tmp_path / "a\x1b[31m\nb"
    path.write_bytes(b"nothing")
    done = run("check", path)
    assert (
        done.returncode == 1
        and "\x1b" not in done.stdout + done.stderr
        and done.stdout.count("\n") == 1
    )


def test_truncated_while_it_is_checked(tmp_path):
    """A file that is cut short while it is checked is a failure, never a crash."""
    source = tmp_path / "big.csv"
    source.write_text("a,b\n" + "".join(f"{i},{i * 0.5}\n" for i in range(400000)))
    assert run("pack", "--no-sync", source).returncode == 0
    path = tmp_path / "big.shmcol"
    whole = path.read_bytes()
    path.chmod(0o644)
    for delay in (0, 0.001, 0.002, 0.004):
        path.write_bytes(whole)
        with subprocess.Popen(
            [path_of("check"), str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            time.sleep(delay)
            os.truncate(path, 8192)
            output, errors = child.communicate(timeout=60)
        assert child.returncode in (0, 1, 3), errors
        assert child.returncode == 0 or "error: " in errors


def test_the_temporary_file_has_a_bound():
    path = CORPUS / "good" / "zstd-blocks.shmcol"
    done = run("check", "--temporary-limit", "4K", path)
    assert done.returncode == 3 and done.stdout == f"{path}: MEMORY_BOUND\n"
    assert "bound of 4096" in done.stderr and "--temporary-limit" in done.stderr
    assert run("check", "--temporary-limit", "4K", "--level", "checksums", path).returncode == 0
    assert run("check", "--temporary-limit", "1G", path).returncode == 0
    assert run("check", "--temporary-limit", "0", path).returncode == 2
