"""The source tree as the layering tests see it: which files there are, which layer a file belongs to, who may know whom."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SHMCOL_BUILD", ROOT / "build" / "release"))

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
    "tools": {"public"},
    "demo": {"public"},
    "python": {"public"},
}


def files(*suffixes):
    """Every file of the project with one of the suffixes, as paths relative to the root; what git ignores is not looked at."""
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
            if p.is_file() and p.relative_to(ROOT).parts[0] not in ("build", ".venv", ".venv-bench")
        ]
    return sorted(n for n in names if n.endswith(suffixes) and (ROOT / n).is_file())


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
