"""Writes the conformance corpus: python spec/corpus/make_corpus.py [DIRECTORY]

Deterministic: the same bytes on every machine and every run; a test holds the
committed files to it. Needs numpy, xxhash and zstandard (tests/requirements.txt); the
encoder is tests/reference/writer.py, not the C library.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "tests" / "reference")]

import bad_content  # noqa: E402
import bad_files  # noqa: E402
import bad_values  # noqa: E402
import good_files  # noqa: E402
import later_files  # noqa: E402
import unsupported_files  # noqa: E402
import zstd_files  # noqa: E402
from canonical import canonical, digest, dumps  # noqa: E402
from model import REQUIREMENT, Wrong  # noqa: E402
from shmcol_reference import read  # noqa: E402

INLINE = 8192  # longer values stand in expected.json as their digest only

README = {
    "good": """# Good files

Every reader must read these and every checker must answer *ok* at every level.
`../expected.json` has the values, in the canonical JSON that
`tests/reference/canonical.py` describes (its SHA-256 where it is long).
Written by `../make_corpus.py`; do not edit.

| file | what it is |
|---|---|
""",
    "bad": """# Bad files

No checker may call one of these good: at level *full* the answer is the code
and the requirement of spec/format.md given here, and no other. No reader may
crash on them or read out of bounds. All hashes are right but where a hash is
the point. Written by `../make_corpus.py`; do not edit.

| file | what it is | answer |
|---|---|---|
""",
    "unsupported": """# Unsupported files

Files as a later version may write them. A checker answers *unsupported*, not
invalid, with the code given here. Where `../expected.json` has values, a reader
opens the file and reads all columns that it knows. Written by
`../make_corpus.py`; do not edit.

| file | what it is | answer |
|---|---|---|
""",
}


def values_of(data):
    """The values entry of expected.json."""
    text = dumps(canonical(read(data)))
    entry = {"sha256": digest(text)}
    if len(text) <= INLINE:
        entry["values"] = json.loads(text)
    return entry


def expectations():
    """Every file: path -> (bytes, what it is, its entry in expected.json)."""
    out = {}
    for path, what, data in good_files.make() + zstd_files.make_good():
        out[path] = data, what, {"code": "OK"} | values_of(data)
    for path, code, what, data in (
        bad_files.make()
        + bad_content.make()
        + bad_values.make()
        + unsupported_files.make()
        + later_files.make()
        + zstd_files.make_bad()
    ):
        entry = {"code": code, "requirement": REQUIREMENT[code]}
        if path.startswith("unsupported/"):
            try:
                entry |= values_of(data)
            except Wrong:
                pass  # nothing of it can be read
        assert path not in out, path
        out[path] = data, what, entry
    return out


def readme(directory, files):
    lines = [README[directory]]
    for path in sorted(files):
        data, what, entry = files[path]
        folder, name = path.split("/")
        if folder == directory:
            line = f"| {name} | {what} |"
            if "requirement" in entry:
                line += f" {entry['code']} {entry['requirement']} |"
            lines.append(line + "\n")
    return "".join(lines)


def everything():
    """All that is committed: path -> bytes."""
    files = expectations()
    out = {path: files[path][0] for path in files}
    for directory in README:
        out[f"{directory}/README.md"] = readme(directory, files).encode()
    entries = ",\n".join(f"{json.dumps(path)}: {dumps(files[path][2])}" for path in sorted(files))
    out["expected.json"] = ("{\n" + entries + "\n}\n").encode()
    return out


def main():
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    files = everything()
    for directory in README:
        folder = target / directory
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            if f"{directory}/{old.name}" not in files:
                old.unlink()
    for path, data in files.items():
        (target / path).write_bytes(data)
    print(f"{len(files)} files, {sum(map(len, files.values()))} bytes")


if __name__ == "__main__":
    main()
