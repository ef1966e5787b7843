"""The source tree as the layer tests see it.

Which files there are, which layer a file belongs to, who may know whom, and the symbols of every
object file.
"""

import fnmatch
import functools
import pathlib
import subprocess

from built import BUILD, ROOT


# Layer: what else it may know. "public" is shmcol.h alone, "error" what stands directly in lib/.
MAY_KNOW = {
    "format": set(),
    "csv": set(),
    "parse": set(),
    "sys": set(),
    "public": set(),
    "error": {"public", "format", "sys"},
    "base": {"format", "sys", "error", "public"},
    "compress": {"base", "format", "sys", "error", "public"},
    "cache": {"compress", "format", "sys", "error", "public"},
    "read": {"cache", "compress", "base", "format", "sys", "error", "public"},
    "sink": {"compress", "base", "format", "sys", "error", "public"},
    "write": {"sink", "base", "format", "sys", "error", "public"},
    "populate": {"write", "sink", "base", "format", "sys", "error", "public"},
    "ingest": {"csv", "parse", "sink", "base", "format", "sys", "error", "public"},
    "arrow": {"base", "error", "public"},
    "append": {"ingest", "arrow", "write", "base", "format", "sys", "error", "public"},
    "tools": {"public"},
    "demo": {"public"},
    "python": {"public"},
}

# Who calls the public functions of any layer, through shmcol.h: lib/arrow, lib/append, and the one
# file of lib/ingest that opens a table, for the types in it (C-80).
THROUGH_THE_HEADER = ("lib/arrow/", "lib/append/", "lib/ingest/schema/types_from.c")


@functools.cache
def every_file():
    """Every file of the project, as paths relative to the root, without those that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = [n for n in listed.stdout.split("\0") if n]
    else:  # an unpacked archive
        names = [
            str(p.relative_to(ROOT))
            for p in ROOT.rglob("*")
            if p.relative_to(ROOT).parts[0] not in ("build", ".venv", ".venv-bench")
        ]
    return sorted({n for n in names if (ROOT / n).is_file()})


def files(*suffixes):
    """The files of the project with one of the suffixes."""
    return [n for n in every_file() if n.endswith(suffixes)]


def written(*suffixes):
    """The same without what was written elsewhere or by a program: .clang-format-ignore."""
    ignored = [
        line for line in read(".clang-format-ignore").split("\n") if line[:1] not in ("", "#")
    ]
    return [n for n in files(*suffixes) if not any(fnmatch.fnmatch(n, i) for i in ignored)]


@functools.cache
def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def layer(name):
    """The layer of a source file, None for tests, benchmarks and what was written elsewhere."""
    if name == "lib/include/shmcol.h":
        return "public"
    parts = pathlib.PurePosixPath(name).parts
    if parts[:2] == ("lib", "vendor"):
        return None
    if parts[0] == "lib":
        return parts[1] if len(parts) > 2 else "error"
    return parts[0] if parts[0] in ("format", "tools", "demo", "python") else None


def sources():
    """(file, layer) of every C file that belongs to one."""
    return [(name, layer(name)) for name in files(".c", ".h") if layer(name)]


def symbols_of(objects):
    """{source: (symbols it defines, symbols it uses)} of {source: its object file}, by nm."""
    result = {source: (set(), set()) for source in objects}
    sources = {str(path): source for source, path in objects.items()}
    listed = subprocess.run(["nm", "-gA", *sources], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        path, _, row = line.partition(".o:")
        kind, symbol = row.split()[-2:]
        result[sources[path + ".o"]][kind in "Uw"].add(symbol)
    return result


@functools.cache
def symbols():
    """The symbols of the library's and the tools' sources as they were built."""
    objects = {}
    for target in (BUILD / "CMakeFiles").glob("*.dir"):
        for path in target.rglob("*.o"):
            source = str(path.relative_to(target))[: -len(".o")]
            if layer(source) and (ROOT / source).is_file():
                objects[source] = path
    return symbols_of(objects)
