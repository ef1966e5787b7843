"""Many inputs with few descriptors: one spool holds what cannot be read where it is."""

import gzip
import resource
import subprocess

import pytest
from cli import good, json_of, path_of


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))


@pytest.mark.parametrize("threads", ["1", "3"])
def test_inputs_of_all_kinds(tmp_path, threads):
    names, text, rejects = [], b"n,s\n", b""
    for i in range(60):
        part = f"n,s\n{i},é{i}\nx,wrong\n{i},ü\n".encode("latin-1")
        text += f"{i},é{i}\n{i},ü\n".encode()
        rejects += b"x,wrong\n"
        names.append(f"{i}.csv")
        data = gzip.compress(part) if i % 3 == 0 else part
        (tmp_path / names[-1]).write_bytes(data)
    (tmp_path / "one.txt").write_bytes(text)
    good("pack", "one.txt", "-o", "one.shmcol", "--types", "n=int64", cwd=tmp_path)
    args = ["--types", "n=int64", "--encoding", "latin1", "--on-error", "skip"]
    args += ["--rejects", "r", "--threads", threads, "--window", "7", "-o", "many.shmcol"]
    done = subprocess.run(
        [path_of("pack"), *args, *names], cwd=tmp_path, preexec_fn=few_descriptors, check=False
    )
    assert done.returncode == 0
    assert (tmp_path / "many.shmcol").read_bytes() == (tmp_path / "one.shmcol").read_bytes()
    assert (tmp_path / "r").read_bytes() == rejects


def test_a_dry_run_of_several_leaves_nothing(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"a\n2\n"))
    names = ["a.csv.gz", "b.csv.gz"]
    good("pack", "--dry-run", *names, cwd=tmp_path)
    assert json_of("pack", "--dry-run", *names, cwd=tmp_path)["rows"] == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == names
