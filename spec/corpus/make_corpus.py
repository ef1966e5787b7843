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

import ascending_files  # noqa: E402
import bad_content  # noqa: E402
import bad_elements  # noqa: E402
import bad_files  # noqa: E402
import bad_places  # noqa: E402
import bad_values  # noqa: E402
import double_faults  # noqa: E402
import good_elements  # noqa: E402
import good_files  # noqa: E402
import later_files  # noqa: E402
import part_files  # noqa: E402
import unsupported_files  # noqa: E402
import zstd_files  # noqa: E402
from canonical import canonical, digest, dumps  # noqa: E402
from model import REQUIREMENT, Wrong  # noqa: E402
from shmcol_reference import check_levels, read  # noqa: E402

INLINE = 8192  # longer values stand in expected.json as their digest only

CANONICAL = """## The canonical JSON

`../expected.json` has one entry for each file. A good file's has the values of the table: `values`
is an object, `sha256` is the SHA-256 of that object's text. Where the text is longer than 8,192
bytes, the entry has `sha256` alone. So that two readers make the same text, it is written like
this.

- The text is one line of ASCII without a space or newline between values. Object keys stand in the
  order below. A character outside ASCII is `\\u` and four lower-case hexadecimal digits, beyond
  U+FFFF a surrogate pair. So are U+007F and the control characters, but for `\\b`, `\\t`, `\\n`,
  `\\f`, `\\r`. `"` and `\\` have a backslash before them, `/` has none.
- The table is an object with the keys `rows` (a number), `metadata`, `columns`, `dictionaries`.
- Metadata is an array of pairs, each an array of key and value, in the file's order.
- A column is an object with `name`, `type`, `nullable`, `null_count`, `metadata`, for a dictionary
  column `dictionary` (the number of its dictionary), and `values`, one for each row. A column that
  the reader does not support has `name` and `"unsupported":true` instead.
- A dictionary is an object with `sorted`, `ordered`, `values`.
- A type is written as its name in F-24, then its parameters in brackets: `int32`,
  `timestamp[us]`, `timestamp[us, Europe/Paris]`, `duration[s]`, `time32[ms]`, `time64[ns]`,
  `fixed_binary[3]`, `dictionary[int8]`, `tensor[float32, 2x3]`, `tensor[timestamp[ms], 2]`,
  `decimal128[18, 2]` (precision, scale), `list[int32]`, `list[timestamp[us, UTC]]`.
- A null is `null`, whatever its slot holds.
- bool8 is `true` or `false`.
- Integers, dates, times, timestamps and durations are the integer that is stored.
- A float is the shortest decimal that gives the same double again. A float16 or float32 is widened
  to a double first. Exponents are used below 1e-4 and from 1e16 on: `0.0001`, `1e-05`, `1.5e-07`,
  `1e+16`, `1.2e+300`; without one there is always a point and a digit on both sides of it: `1.0`,
  `-0.0`. NaN, whatever its bits, and the infinities are the strings `"NaN"`, `"inf"`, `"-inf"`.
- A string, and the value of a dictionary column, is a string.
- binary and fixed_binary are strings of two lower-case hexadecimal digits a byte.
- A decimal is a string: a minus sign if it is below zero, then its digits, with as many behind the
  point as the scale says and at least one before it: `"-0.05"`, `"12.30"`; with scale 0 there is no
  point: `"7"`.
- A tensor's row is one flat array in row-major order.
- A list is an array of its elements, each written as a value of its type.

"""

README = {
    "good": """# Good files

Every reader must read these and every checker must answer *ok* at every level. `../expected.json`
has the values, in the canonical JSON that is described here and written by
`tests/reference/canonical.py`. Written by `../make_corpus.py`; do not edit.

"""
    + CANONICAL
    + """## The files

| file | what it is |
|---|---|
""",
    "bad": """# Bad files

No checker may call one of these good: at level *full* the answer is the code and the requirement
of spec/format.md given here, and no other. The last column has the first of the levels
*structure*, *checksums*, *full* that finds it (F-62). The levels before that answer *ok*, or, of
a file with a region of a later version, FEATURE (F-65; `../expected.json` says so). No reader may
crash on these files or read out of bounds. All hashes are right but where a hash is the point.
Written by `../make_corpus.py`; do not edit.

| file | what it is | answer | level |
|---|---|---|---|
""",
    "unsupported": """# Unsupported files

Files as a later version may write them. A checker answers *unsupported*, not invalid, with the
code given here, from the level on that the last column names. Where `../expected.json` has values,
a reader opens the file and reads all columns that it knows; `../good/README.md` describes how they
are written. Written by `../make_corpus.py`; do not edit.

| file | what it is | answer | level |
|---|---|---|---|
""",
}


def values_of(data):
    """The values entry of expected.json."""
    text = dumps(canonical(read(data)))
    entry = {"sha256": digest(text)}
    if len(text) <= INLINE:
        entry["values"] = json.loads(text)
    return entry


def levels_of(path, code, data):
    """The first level that finds the code; what the levels before it answer, if not ok (F-65)."""
    answers = {level: a and a[0] for level, a in check_levels(data).items()}
    assert answers["full"] == code, f"{path}: the reference finds {answers}"
    level = list(answers.values()).index(code)
    out = {"level": list(answers)[level]}
    earlier = answers["structure"]
    return out | {"before": earlier} if level and earlier else out


def expectations():
    """Every file: path -> (bytes, what it is, its entry in expected.json)."""
    out = {}
    for path, what, data in (
        good_files.make()
        + good_elements.make()
        + ascending_files.make_good()
        + part_files.make_good()
        + zstd_files.make_good()
    ):
        out[path] = data, what, {"code": "OK"} | values_of(data)
    for path, code, what, data in (
        bad_files.make()
        + bad_places.make()
        + bad_content.make()
        + bad_values.make()
        + bad_elements.make()
        + ascending_files.make_bad()
        + part_files.make_bad()
        + double_faults.make()
        + unsupported_files.make()
        + later_files.make()
        + zstd_files.make_bad()
    ):
        entry = {"code": code, "requirement": REQUIREMENT[code]} | levels_of(path, code, data)
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
                line += f" {entry['code']} {entry['requirement']} | {entry['level']} |"
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
