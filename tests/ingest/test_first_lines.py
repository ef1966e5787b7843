"""The first lines of a CSV: today's rule for the delimiter (C-10) against the one before it.

Where the rule before found a delimiter, or a comma that divides, today's finds the same.
"""

import gzip
import json

import pytest
from built import ROOT
from ingest_tools import run_pack

SHARED = ROOT.parent / "shared" / "cases"  # beside the project, perhaps


def every_csv():
    """The CSVs of the project, and the cases beside it, but for those of another form."""
    found = [p for folder in ("spec", "tests") for p in (ROOT / folder).rglob("*.csv*")]
    found += [p for p in SHARED.rglob("*.[ct]sv*") if p.is_file()]
    return sorted(p for p in found if p.suffix in (".csv", ".tsv", ".gz") and p.is_file())


def text_of(path):
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return data.removeprefix(b"\xef\xbb\xbf")[: 1 << 20]


def counts_of(text):
    """Counts the candidates outside quotes in each of the first 64 records."""
    records, counts, quoted, start, blank = [], dict.fromkeys(b",\t;|", 0), False, True, True
    for byte in text:
        if quoted:
            quoted = start = byte != 0x22
            start = not quoted
        elif byte == 0x0A:
            if not blank:
                records.append(counts)
            counts, start, blank = dict.fromkeys(b",\t;|", 0), True, True
            if len(records) == 64:
                return records
        else:
            quoted = start and byte == 0x22
            start = byte in counts
            blank = blank and byte == 0x0D
            counts[byte] = counts.get(byte, 0) + 1 if start else counts.get(byte, 0)
    return records if blank else [*records, counts]


def delimiter_before(text):
    """Two or more in each record, else the comma; and how often the first record has it."""
    records = counts_of(text)
    fits = [c for c in b",\t;|" if len({r[c] for r in records}) == 1 and records[0][c] >= 2]
    chosen = fits[0] if len(fits) == 1 else ord(",")
    return chr(chosen), records[0][chosen]


@pytest.mark.parametrize("path", every_csv(), ids=lambda p: f"{p.parent.name}/{p.name}")
def test_what_was_right_stays(path, tmp_path):
    text = text_of(path)
    before, times = delimiter_before(text)
    named = text.lower().startswith((b"sep=", b'"sep='))
    if times == 0 or named or b"\0" in text:
        pytest.skip("one column before, or no text")
    found = run_pack(["--dry-run", "--json", path])
    same = run_pack(["--dry-run", "--json", "--delimiter", before, path])
    assert found[0] == same[0] and found[2] == same[2]
    if found[0] == 0:
        assert json.loads(found[1])["delimiter"] == before


def test_there_are_csvs():
    assert len(every_csv()) >= 8
