"""Writes the byte-level picture in section 13 of spec/format.md.

It is made from good/picture.shmcol and the names of the fields.

python spec/corpus/picture.py          replaces the picture in the spec
python spec/corpus/picture.py --print  prints it
"""

import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests" / "reference"))

from fields import DESCRIPTOR, HEADER, get  # noqa: E402
from model import REGIONS  # noqa: E402

BEGIN, END = "<!-- picture -->\n", "<!-- end of picture -->\n"


def hex_lines(data, at, what):
    """16 bytes a line, the meaning beside the first; runs of zero lines are left out."""
    lines, skipped = [], False
    for i in range(0, len(data), 16):
        part = data[i : i + 16]
        if i and not any(part):
            skipped = True
            continue
        if skipped:
            lines.append(f"{'':>6}  …")
            skipped = False
        lines.append(f"{at + i:>6}  {part.hex(' '):<47}  {what if i == 0 else ''}".rstrip())
    if skipped:
        lines.append(f"{'':>6}  … zeros up to {at + len(data)}")
    return lines


def table_lines(table, data, base):
    """The fields of a header or descriptor, in the order of their places."""
    lines = []
    for name, (offset, form) in sorted(table.items(), key=lambda f: f[1][0]):
        if name.startswith("frames."):
            continue  # compressed files only
        size = struct.calcsize("<" + form)
        value = get(table, data, name, base)
        meaning = name if isinstance(value, bytes) else f"{name} = {value}"
        lines += hex_lines(data[base + offset : base + offset + size], base + offset, meaning)
    return lines


def region(data, name):
    return get(HEADER, data, name + ".offset"), get(HEADER, data, name + ".length")


def buffers(data):
    """(offset, length, what) of every buffer, in file order."""
    at, _ = region(data, "descriptors")
    names = ("id", "name")
    slots = []
    for i, column in enumerate(names):
        for slot, part in enumerate(("validity", "values or offsets", "bytes")):
            base = at + 320 * i
            length = get(DESCRIPTOR, data, f"slot{slot}.stored", base)
            if length:
                slots.append(
                    (
                        get(DESCRIPTOR, data, f"slot{slot}.offset", base),
                        length,
                        f'{part} of "{column}" (F-43)',
                    )
                )
    return sorted(slots)


def picture(data):
    lines = [
        "offset  bytes                                            meaning",
        "",
        "header (F-10)",
    ]
    lines += table_lines(HEADER, data, 0)
    at, _ = region(data, "descriptors")
    for i, column in enumerate(("id", "name")):
        lines += ["", f'descriptor {i}: column "{column}" (F-21)'] + table_lines(
            DESCRIPTOR, data, at + 320 * i
        )
    for name in REGIONS[1:6]:
        offset, length = region(data, name)
        what = {
            "batch": "batch message (F-56)",
            "schema": "tables of the schema message (F-52)",
        }.get(name, name)
        lines += ["", what] + (
            hex_lines(data[offset : offset + length], offset, "")
            if length
            else [f"{offset:>6}  (empty)"]
        )
    lines += ["", "body"]
    for offset, length, what in buffers(data):
        lines += hex_lines(data[offset : offset + length], offset, what)
    for name, what in (
        ("checksums", "checksums (F-45)"),
        ("zones", "zone maps (F-46)"),
        ("footer", "footer (F-58)"),
    ):
        offset, length = region(data, name)
        lines += ["", what] + hex_lines(data[offset : offset + length], offset, "")
    return "```\n" + "\n".join(lines) + "\n```\n"


def main():
    text = picture((HERE / "good" / "picture.shmcol").read_bytes())
    spec = HERE.parent / "format.md"
    old = spec.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = head + BEGIN + text + END + rest.split(END)[1]
    if "--print" in sys.argv:
        print(text, end="")
    elif new != old:
        spec.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
