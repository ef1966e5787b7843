"""shmcol-pack's advice and its output.

Advice does what it says when it is pasted into a shell. Nothing in a name or path acts on a
terminal.
"""

import json
import re
import shlex
import subprocess

import pytest
from cli import path_of, run, types

VALUES = "1\n" * 20


def advice(report):
    found = [re.search(r": (--null '.*') makes it (.*)$", w) for w in report["warnings"]]
    return [(m[1], m[2]) for m in found if m]


@pytest.mark.parametrize(
    "name",
    ["a", "a=b", "a=NA", "it's", 'say "hi"', '"', '"q"', "$HOME `x` \\", "=", "a=b=c", "é=è", " "],
)
@pytest.mark.parametrize("token", ["NA", "it's", "b=NA", "=", '"x"', "$(x)", "\\"])
def test_null_advice(pack, name, token):
    """Among columns whose names begin in the same way."""
    names = list(dict.fromkeys(["a", name, '"a', "zz"]))
    quoted = ",".join('"' + n.replace('"', '""') + '"' for n in names)
    cell = '"' + token.replace('"', '""') + '"'
    at = names.index(name)
    row = ",".join(cell if i == at else "2" for i in range(len(names)))
    data = quoted + "\n" + (",".join("1" for _ in names) + "\n") * 20 + row + "\n"
    ((option, type_),) = advice(pack(data)[1])
    assert type_ == "int64"
    tool, source = shlex.quote(path_of("pack")), shlex.quote(str(pack.directory / "in.csv"))
    command = f"{tool} --json --dry-run {option} {source}"
    report = json.loads(
        subprocess.run(["sh", "-c", command], capture_output=True, check=True, text=True).stdout
    )
    assert types(report) == ["int64"] * len(names)
    assert [c["nulls"] for c in report["columns"]] == [int(i == at) for i in range(len(names))]


def test_no_advice_that_cannot_be_typed(pack):
    _, report = pack('"a\x01b"\n' + VALUES + "NA\n")
    assert "only because of" in report["warnings"][-1] and not advice(report)
    assert not advice(pack("n" * 300 + "\n" + VALUES + "NA\n")[1])


@pytest.mark.parametrize(
    "first, type_",
    [
        ("2024-01-01T00:00:00.5", "timestamp[ms]"),
        ("2024-01-01T00:00:00Z", "timestamp[s;UTC]"),
        ("2024-01-01", "date64"),
    ],
)
def test_advice_names_the_unit(pack, first, type_):
    assert advice(pack(f"t\n{first}\nNA\n")[1]) == [("--null 't=NA'", type_)]


@pytest.mark.parametrize(
    "type_",
    ["timestamp[s]", "timestamp[ns;Europe/Berlin]", "time32[ms]", "time64[ns]", "date32", "int8"],
)
def test_a_misfit_names_the_whole_type(pack, type_):
    error = pack.fails("t,b\nx,1\n", "--types", f"t={type_}")
    assert error["message"] == f'"x" in column "t" is no {type_}'


def test_quoted_names(pack):
    data = '"a=b",a\nNA,1\n1,b=NA\n'
    assert types(pack(data, "--null", '"a=b"=NA')[1]) == ["int64", "string"]
    assert types(pack(data, "--null", "a=b=NA")[1]) == [
        "string",
        "int64",
    ]  # the first sign that ends a name
    assert types(pack(data, "--null", '"none"=NA', "--null", "NA", "--null", "b=NA")[1]) == [
        "int64",
        "int64",
    ]
    assert types(
        pack('"a=b",a\nx,x\n', "--dictionary", "never", "--dictionary", "a=b=always")[1]
    ) == ["dictionary", "string"]


def test_paths_are_shown_escaped(tmp_path):
    (tmp_path / "in.csv").write_text("a,b\n1,2\n1\n")
    nasty = tmp_path / "\x1b]0;owned\x07\u202e\n"
    done = run(
        "pack", "--on-error", "skip", "--rejects", f"{nasty}.rej", tmp_path / "in.csv", "-o", nasty
    )
    assert done.returncode == 0
    for shown in ("in ", "kept in "):
        assert f"{shown}{tmp_path}/\\x1b]0;owned\\x07\\u202e\\n" in done.stdout
    packed = run("pack", "--zstd", nasty, "-o", f"{nasty}.z")
    assert packed.returncode == 0 and "\\x1b" in packed.stdout
    (tmp_path / "d.csv").write_text("a\x01b\n1\x012\n")
    dialect = run("pack", "--delimiter", "\x01", tmp_path / "d.csv")
    assert dialect.returncode == 0 and "delimiter \\x01\n" in dialect.stdout
    for text in (done.stdout, done.stderr, packed.stdout, dialect.stdout):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text), text


def test_threads_are_told(pack):
    report = pack("a\n1\n", "--memory", "16M", "--threads", "256")[1]
    assert report["threads"] == 8
    done = run(
        "pack", "-f", "--threads", "1", pack.directory / "in.csv", "-o", pack.directory / "o"
    )
    assert "MB/s, 1 thread)" in done.stdout
