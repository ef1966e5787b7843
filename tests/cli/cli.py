"""The tools as a user runs them."""

import json
import pathlib
import subprocess

from built import BIN, ROOT, TOOLS

__all__ = ["ROOT", "TOOLS"]


def path_of(tool):
    return str(BIN / f"shmcol-{tool}")


def is_sanitized():
    """Returns true if the tools have a sanitizer, under which some tests take minutes."""
    built = pathlib.Path(path_of("pack")).read_bytes()
    return b"__asan_init" in built or b"__tsan_init" in built


def run(tool, *args, **options):
    """Runs a tool to its end; stdout and stderr are text that keeps bytes that are no UTF-8."""
    options.setdefault("stdin", subprocess.DEVNULL)
    if "input" in options:
        options.pop("stdin")
        if isinstance(options["input"], bytes):
            options["input"] = options["input"].decode("utf-8", "surrogateescape")
    return subprocess.run(
        [path_of(tool), *map(str, args)],
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=300,
        check=False,
        **options,
    )


def good(tool, *args, **options):
    """Runs a tool that must succeed; returns its standard output."""
    done = run(tool, *args, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def cat_bytes(path, *args):
    return subprocess.run(
        [path_of("cat"), *map(str, args), str(path)], capture_output=True, timeout=300, check=True
    ).stdout


def json_of(tool, *args, status=0, **options):
    done = run(tool, "--json", *args, **options)
    assert done.returncode == status, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == 1 and found["tool"] == f"shmcol-{tool}"
    return found


class Packer:
    """Packs texts in a directory of its own."""

    def __init__(self, directory):
        self.directory = directory

    def write(self, data, name="in.csv"):
        path = self.directory / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    def __call__(self, data, *args, name="in.csv", **options):
        """Returns the output of a successful run, with its report."""
        path = self.write(data, name)
        out = self.directory / "out.shmcol"
        report = json_of("pack", "--no-sync", *args, path, "-f", "-o", out, **options)
        assert run("check", "-q", out).returncode == 0
        return out, report

    def fails(self, data, *args, status=1, name="in.csv"):
        """Returns the error of a run that must fail and leave nothing behind."""
        path = self.write(data, name)
        before = sorted(self.directory.iterdir())
        error = json_of(
            "pack", "--no-sync", *args, path, "-o", self.directory / "out.shmcol", status=status
        )["error"]
        assert sorted(self.directory.iterdir()) == before
        return error


def cells(path, *args):
    """Returns a file's cells as a list of rows, as JSON has them."""
    return json_of("cat", *args, path)["rows"]


def types(report):
    return [column["type"] for column in report["columns"]]
