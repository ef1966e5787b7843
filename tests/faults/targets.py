"""The targets: tools and scenarios of the library that are disturbed, with the files they need."""

import gzip
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SHMCOL_BUILD", ROOT / "build" / "release"))
ASAN = ROOT / "build" / "asan"
TOOLS = ("shmcol-pack", "shmcol-check", "shmcol-info", "shmcol-cat")
PROGRAMS = ("faultrun", "faults_inprocess", "faults_table")
FOLDERS = ("out", "cache", "tmp")
OUT = "out/out.shmcol"
TABLE = "out/table"
# Rows of the tables that appends begin with, and the first row and the rows that they add.
TABLES = {"tail": 1000, "near": 65000, "whole": 65536, "near-token": 65000, "grown": 67000}
ROWS = {
    "tail-few": (1000, 500),
    "near-few": (65000, 2000),
    "whole-few": (65536, 500),
    "near-more": (65000, 70000),
    "near-many": (65000, 200000),
}
OTHER = 65534  # a user who owns nothing


@dataclass(frozen=True)
class Target:
    """A command that is run again and again. {in} and {work} stand for folders of the place."""

    name: str
    command: tuple
    stdin: str = ""
    replace: bool = False  # there is an old output, and it is replaced
    in_memory: bool = False  # on a tmpfs, where it goes another way
    filled: bool = False  # the cache has the entry
    may_skip_cache: bool = False  # succeeds also where nothing could be put into the cache
    reports: bool = False  # its output has the error, too
    appends: bool = False  # to out/table
    table: str = ""  # the input that out/table is at first
    named: bool = False  # the append has a token: a second run changes nothing


def _tool(name, tool, *arguments, **more):
    return Target(name, (f"{{bin}}/shmcol-{tool}", *arguments), **more)


def _pack(name, *arguments, **more):
    return _tool(
        f"pack.{name}", "pack", "-q", "--threads", "1", *arguments, "-o", "{work}/" + OUT, **more
    )


def _library(name, **more):
    return Target(name, ("{bin}/faults_inprocess", "once", name, "{in}", "{work}"), **more)


def _append(name, table="", **more):
    command = ("{bin}/faults_inprocess", "once", name, "{in}", "{work}")
    return Target(name, command, appends=True, table=table, **more)


TARGETS = {
    target.name: target
    for target in (
        _pack("csv", "{in}/in.csv"),
        _pack("gz", "{in}/in.csv.gz"),
        _pack("stdin", "-", stdin="in.csv"),
        _pack("zstd", "--zstd", "{in}/in.csv"),
        _pack("compress", "--zstd", "{in}/plain.shmcol"),
        _pack("plain", "--plain", "{in}/small.shmcol"),
        _pack("force", "-f", "{in}/in.csv", replace=True),
        _pack("force-zstd", "-f", "--zstd", "{in}/in.csv", replace=True),
        _pack(
            "rejects", "--on-error", "skip", "--rejects", "{work}/out/rejects.csv", "{in}/bad.csv"
        ),
        _pack(
            "declared",
            *("--on-error", "skip,null,replace", "--rejects", "{work}/out/rejects.csv"),
            *("--types-from", "{in}/plain.shmcol", "--skip-footer", "2"),
            *("{in}/first.csv.gz", "{in}/second.csv.gz"),
        ),
        _library("writer"),
        _library("writer.zstd"),
        _library("writer.lists"),
        _library("writer.force", replace=True),
        _library("populate"),
        _library("populate.again", in_memory=True),
        _library("populate.force", replace=True),
        _tool("cache.fill", "cat", "{in}/small.shmcol", may_skip_cache=True),
        _tool("cache.use", "cat", "{in}/small.shmcol", filled=True),
        _tool("cat", "cat", "{in}/plain.shmcol"),
        _tool("cat.output", "cat", "-f", "-o", "{work}/" + OUT, "{in}/plain.shmcol", replace=True),
        _tool("check", "check", "--threads", "1", "{in}/plain.shmcol", reports=True),
        _tool("check.zstd", "check", "--threads", "1", "{in}/small.shmcol", reports=True),
        _tool("check.table", "check", "--threads", "1", "{in}/grown", reports=True),
        _tool("cat.table", "cat", "{in}/grown"),
        _append("append.first"),
        _append("append.first-parts"),
        _append("append.tail", "tail"),
        _append("append.new-tail", "near"),
        _append("append.whole", "whole"),
        _append("append.whole-open", "whole", named=True),
        _append("append.parts", "near"),
        _append("append.token", "near-token", named=True),
        _append("append.csv", "tail"),
    )
}


def _parts(lines):
    """Two parts of a table, the second with its columns in another order, and in both a footer, a
    value that does not fit, a record that is too long and bytes that are no text."""
    footer = b"rows:\n40\n"
    first = b"".join(lines[:41]) + b"2012-02-30,x,2,3,4,rain\n1,2,3,4,5,6,7\n" + footer
    turned = [b";".join(line.strip().split(b",")[::-1]) + b"\n" for line in lines[41:81]]
    header = b";".join(lines[0].strip().split(b",")[::-1]) + b"\n"
    bad = b"su\xff\xe2\x82n;1;2;3;4;2012-03-01\n"
    return first, header + b"".join(turned) + bad + footer


def _csv_of(first, rows):
    """The rows that rows.c gives these numbers."""
    lines = ["number,half,word,text"]
    for i in range(first, first + rows):
        half = "" if i % 10 == 9 else i // 2
        text = "" if i % 7 == 3 else i % 5000
        lines.append(f"{i},{half},w{i % (20 + i // 400)},{text}")
    return ("\n".join(lines) + "\n").encode()


def is_root():
    return os.geteuid() == 0


def tmpfs():
    """A folder in memory, or None."""
    path = pathlib.Path("/dev/shm")
    return path if path.is_dir() and os.access(path, os.W_OK) else None


# Escapes, a list that becomes null, and a long one that is checked before it is read.
LISTS = b"".join(
    [
        b"n,t,s\n",
        b'"[1,2]","[""2024-01-31"",""2024\\u002d01-31""]","[""a"",""\\u00e9\\n""]"\n',
        b"[x],[],[]\n",
        b'"[' + b"123456," * 12000 + b'1]",,\n',
    ]
)


class Place:
    """A folder that every user may read: programs, inputs, and a work folder for each worker."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="shmcol-faults-"))
        self.memory = (
            pathlib.Path(tempfile.mkdtemp(prefix="shmcol-faults-", dir=tmpfs()))
            if tmpfs()
            else None
        )
        self.bin, self.inputs = self.root / "bin", self.root / "in"
        for folder in (self.root, self.memory, self.bin, self.inputs):
            if folder:
                folder.mkdir(exist_ok=True)
                folder.chmod(0o755)
        programs = [BUILD / "bin" / tool for tool in TOOLS]
        programs += [BUILD / "tests" / program for program in PROGRAMS]
        for program in programs:
            shutil.copy(program, self.bin)
        self.leaks_are_seen = (ASAN / "tests" / "faults_inprocess").exists()
        inprocess = (ASAN if self.leaks_are_seen else BUILD) / "tests" / "faults_inprocess"
        shutil.copy(inprocess, self.bin / "inprocess")
        self._make_inputs()

    def _make_inputs(self):
        text = (ROOT / "tests" / "data" / "seattle-weather.csv").read_bytes()
        lines = text.splitlines(keepends=True)
        files = {
            "in.csv": text,
            "in.csv.gz": gzip.compress(text, mtime=0),
            "bad.csv": b"".join(lines[:100])
            + b"2016-01-01,1\n"
            + b"".join(lines[100:])
            + b"2016-01-02,1,2,3\n",
            "old.csv": b"a,b\n1,2\n3,4\n",
            "lists.csv": LISTS,
        }
        files["tail-few.csv"] = _csv_of(*ROWS["tail-few"])
        first, second = _parts(lines)
        files["first.csv.gz"] = gzip.compress(first, mtime=0)
        files["second.csv.gz"] = gzip.compress(second, mtime=0)
        for name, data in files.items():
            (self.inputs / name).write_bytes(data)
        for out, *arguments in (
            ("plain.shmcol", "in.csv"),
            ("small.shmcol", "--zstd", "in.csv"),
            ("old.shmcol", "old.csv"),
        ):
            command = [self.bin / "shmcol-pack", "-q", "--no-sync", *arguments, "-o", out]
            subprocess.run(command, cwd=self.inputs, check=True)
        self._make_tables()
        for path in self.inputs.iterdir():
            path.chmod(0o755 if path.is_dir() else 0o444)

    def _make_tables(self):
        program = self.bin / "faults_table"
        for name, rows in TABLES.items():
            command = [program, "append", name, "0", str(rows), "1"]
            command += ["token"] if name.endswith("-token") else []
            subprocess.run(command, cwd=self.inputs, check=True, stdout=subprocess.DEVNULL)
        for name, (first, rows) in ROWS.items():
            command = [program, "file", f"{name}.shmcol", str(first), str(rows)]
            subprocess.run(command, cwd=self.inputs, check=True)

    def close(self):
        with open("/proc/mounts", encoding="utf-8") as mounts:
            ours = [
                where
                for _, where, *_ in map(str.split, mounts)
                if where.startswith(f"{self.root}/")
            ]
        for where in ours:  # of a run that was broken off
            subprocess.run(["umount", "-l", where], check=False)
        shutil.rmtree(self.root, ignore_errors=True)
        if self.memory:
            shutil.rmtree(self.memory, ignore_errors=True)


class Work:
    """The folder in which one worker runs commands as one user."""

    def __init__(self, place, name, user, in_memory=False, path=None):
        self.place, self.user = place, user
        self.path = path or (place.memory if in_memory else place.root) / name
        shutil.rmtree(self.path, ignore_errors=True)
        for folder in (self.path, *(self.path / f for f in FOLDERS)):
            folder.mkdir(mode=0o700)
            if user == "other":
                os.chown(folder, OTHER, OTHER)

    def reset(self, target):
        """Prepares the work folder for a run."""
        for folder in FOLDERS:
            for entry in os.scandir(self.path / folder):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path)
                else:
                    os.unlink(entry.path)
        if target.replace:
            old = self.path / OUT
            shutil.copy(self.place.inputs / "old.shmcol", old)
            old.chmod(0o444)
            if self.user == "other":
                os.chown(old, OTHER, OTHER)
        if target.table:
            table = self.path / TABLE
            shutil.copytree(self.place.inputs / target.table, table)
            for path in (table, *table.iterdir()):
                if self.user == "other":
                    os.chown(path, OTHER, OTHER)
        if target.filled:
            self.run(target)

    def files(self):
        """Every file's mode and bytes, by its name; of a directory its mode."""
        found = {}
        for folder in FOLDERS:
            for path in (self.path / folder).rglob("*"):
                mode = stat.S_IMODE(path.lstat().st_mode)
                content = b"" if path.is_dir() else path.read_bytes()
                found[str(path.relative_to(self.path))] = (mode, content)
        return found

    def command(self, target):
        folders = {"bin": self.place.bin, "in": self.place.inputs, "work": self.path}
        return [part.format(**folders) for part in target.command]

    def as_user(self):
        """Options of subprocess for our user."""
        return {"user": OTHER, "group": OTHER, "extra_groups": []} if self.user == "other" else {}

    def environment(self, hide=""):
        own = {
            "SHMCOL_CACHE": self.path / "cache",
            "TMPDIR": self.path / "tmp",
            "SHMCOL_HIDE": hide,
        }
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C",
            **{name: str(value) for name, value in own.items()},
        }

    def run(self, target, before=(), hide="", timeout=30, **options):
        """Runs the target behind the words of `before`. Returns what subprocess.run does."""
        given = subprocess.DEVNULL
        if target.stdin:
            given, feed = os.pipe()  # the text is shorter than what a pipe holds
            os.write(feed, (self.place.inputs / target.stdin).read_bytes())
            os.close(feed)
        try:
            return subprocess.run(
                [*map(str, before), *self.command(target)],
                stdin=given,
                capture_output=True,
                env=self.environment(hide),
                timeout=timeout,
                check=False,
                **self.as_user(),
                **options,
            )
        finally:
            if target.stdin:
                os.close(given)
