"""Refused records of another encoding are kept in the input's own bytes (C-17)."""

import gzip
import random

import pytest
from ingest_tools import pack

# In some a character is complete only when the next one is read, some switch tables by escapes,
# some begin with a mark.
ENCODINGS = {
    "latin1": "aéß ",
    "windows-1252": "a€é",
    "windows-1258": ["a", "â\u0301", "ô\u0323", "â", " "],
    "windows-1255": ["ב", "שׁ", "\u05bc", "a"],
    "shift_jis": "aあ表ソ",
    "euc-jp": "aあ表",
    "iso-2022-jp": "aあ表bソ",
    "iso-2022-kr": "a가나",
    "big5-hkscs": ["a", "\u00ca\u0304", "\u00ea", "中"],
    "gb18030": "a中\U0001f600",
    "utf-16": "aé\U0001f600",
    "utf-16-le": "aé\U0001f600",
    "utf-16-be": "aé中",
    "utf-32": "a\U0001f600",
    "utf-7": "aé中+",
}
ICONV = {"utf-16-le": "UTF-16LE", "utf-16-be": "UTF-16BE"}


def encoded(records, encoding):
    """The text, and each record's bytes in it: with the mark, or the escapes, in front of it."""
    ends = [0] + [len("".join(records[:i]).encode(encoding)) for i in range(1, len(records) + 1)]
    whole = "".join(records).encode(encoding)
    return whole, [whole[a:b] for a, b in zip(ends, ends[1:])]


def run(tmp_path, whole, expected, encoding, extra=()):
    source = tmp_path / "in.csv"
    source.write_bytes(whole)
    for threads, window in ((1, None), (2, 64)):
        result = pack(
            source,
            tmp_path / "out.shmcol",
            ["--encoding", ICONV.get(encoding, encoding), "--on-error", "skip", *extra],
            threads,
            window,
        )
        assert result.status == 0, result.error
        assert result.rejects == expected
    return result


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_refused_records(tmp_path, encoding):
    dice = random.Random(encoding)
    characters = ENCODINGS[encoding]
    records, bad = ["k,v\n"], []
    for i in range(1500):
        text = "".join(dice.choices(characters, k=dice.randrange(12)))
        wrong = dice.random() < 0.2
        bad += [len(records)] * wrong
        records.append(f"{text},{i}" + f",{text}" * wrong + dice.choice(["\n", "\r\n"]))
    records.append("".join(characters) + ",1,2")  # the last one has no end
    bad.append(len(records) - 1)
    whole, each = encoded(records, encoding)
    result = run(tmp_path, whole, b"".join(each[i] for i in bad), encoding)
    assert result.answer["rejected"] == len(bad) and result.answer["rows"] == len(
        records
    ) - 1 - len(bad)
    if encoding == "latin1":
        run(tmp_path, gzip.compress(whole), b"".join(each[i] for i in bad), encoding)


def test_a_mark_belongs_to_the_first_record(tmp_path):
    whole, each = encoded(["a,b\n", "1\n", "2,3\n"], "utf-16")
    run(tmp_path, whole, each[1], "utf-16")
    run(tmp_path, whole, each[1], "utf-16", ["--no-header"])
    whole, each = encoded(['"x"y,b\n', "1,2\n"], "utf-16")
    run(tmp_path, whole, each[0], "utf-16", ["--no-header"])


def test_an_unclosed_quote_takes_all(tmp_path):
    whole, each = encoded(["a,b\n", "1,é\n", '2,"é\n', "3,é\n"], "latin1")
    run(tmp_path, whole, each[2] + each[3], "latin1")


def test_long_records(tmp_path):
    whole, each = encoded(
        ["a,b\n", "é" * 300_000 + "\n", "1,2\n", "x" * 200_000 + "é,,\n"], "windows-1258"
    )
    run(tmp_path, whole, each[1] + each[3], "windows-1258")
