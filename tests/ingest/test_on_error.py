"""What happens to errors instead of the end: records, values and bytes (C-17, C-94)."""

import gzip
import random

import pyarrow as pa
import pytest
from ingest_tools import pack

WAYS = [(1, None, None), (1, 1, "scalar"), (2, 7, None), (3, 64, None)]


def run(tmp_path, data, *arguments):
    """The result, which is the same for all threads, windows and instruction sets."""
    source = tmp_path / "in.csv"
    source.write_bytes(data if isinstance(data, bytes) else data.encode())
    results = [
        pack(source, tmp_path / "out.shmcol", list(arguments), threads, window, isa)
        for threads, window, isa in WAYS
    ]
    assert all(result.same == results[0].same for result in results)
    return results[0]


def rows(result):
    assert result.status == 0, result.error
    return pa.ipc.open_file(result.data).read_all().to_pydict()


def misfits(result):
    return [column["misfits"] for column in result.answer["columns"]]


# ---- skip ----


def test_dropping_every_record_is_a_failure(tmp_path):
    """C-17"""
    refused = run(tmp_path, "a,b\n\n1\n2,3,4\n\n", "--on-error", "skip")
    assert refused.status == 1 and refused.data is None and refused.rejects == b""
    error = refused.error
    assert (error["status"], error["line"], error["line_column"]) == ("CSV_RAGGED", 3, 1)
    assert "all 2 records were refused" in error["message"]
    assert "--on-error" not in error["hint"] and "no record" not in refused.stderr
    refused = run(tmp_path, "a,b\n1,x\n", "--on-error", "skip", "--types", "b=int8")
    assert refused.error["status"] == "CSV_VALUE" and refused.error["line_column"] == 3
    assert "only record" in refused.error["message"]
    # One that is kept is enough, as is a text without any record.
    assert rows(run(tmp_path, "a,b\n1\n2,3\n4\n", "--on-error", "skip")) == {"a": [2], "b": [3]}
    assert rows(run(tmp_path, "a,b\n\n\n", "--on-error", "skip")) == {"a": [], "b": []}


def test_dropping_every_record_of_several_inputs(tmp_path):
    """C-17"""
    parts = [tmp_path / "1.csv", tmp_path / "2.csv"]
    for part, text in zip(parts, ("a,b\n", "a,b\n1,2\n3\n")):
        part.write_text(text)
    kept = pack(parts[1], tmp_path / "o", [parts[0], "--on-error", "skip"])
    assert kept.answer["rows"] == 1 and kept.rejects == b"3\n"
    parts[1].write_text("a,b\n1,2,3\n4\n")
    lost = pack(parts[1], tmp_path / "o", [parts[0], "--on-error", "skip"])
    assert lost.status == 1 and lost.error["path"] == str(parts[1]) and lost.error["line"] == 2


# ---- null ----

VALUES = 'i,f,d,t,b,s\n1,1.5,2024-01-01,2024-01-01T00:00:00,true,x\n"2",x,2024-1-1,noon,maybe,y\n'
VALUES += (
    '"300","",31/12/2024,"2024-01-01 00:00:00.5",,\n-1,1e999,,2024-01-01T00:00:00Z,"no way",z\n'
)
TYPES = "i=int8,f=float32,d=date32,t=timestamp[s],b=bool,s=dictionary"


def test_values_that_do_not_fit_are_null(tmp_path):
    """C-94"""
    result = run(tmp_path, VALUES, "--types", TYPES, "--on-error", "null")
    table = rows(result)
    assert table["i"] == [1, 2, None, -1] and table["f"] == [1.5, None, None, None]
    assert [v is None for v in table["d"]] == [False, True, True, True]
    assert [v is None for v in table["t"]] == [False, True, True, True]
    assert [v is None for v in table["b"]] == [False, True, True, True]
    assert table["s"] == ["x", "y", None, "z"]
    assert misfits(result) == [1, 2, 2, 3, 2, 0]  # the quoted empty field and nulls are apart
    assert [column["nulls"] for column in result.answer["columns"]] == [1, 3, 3, 3, 3, 1]
    told = [line for line in result.answer["warnings"] if "became null" in line]
    assert len(told) == 5 and '"i": 1 value is no int8' in told[0] and "2 values are" in told[1]
    # types that were found have no values that do not fit
    assert misfits(run(tmp_path, "a\n1\nx\n", "--on-error", "null")) == [0]


def test_other_errors_stop_or_are_skipped_beside_null(tmp_path):
    """C-94"""
    data = "a,b\n1,x\nq\ny,2\n"
    stopped = run(tmp_path, data, "--types", "a=int8", "--on-error", "null")
    assert stopped.error["status"] == "CSV_RAGGED" and stopped.error["line"] == 3
    both = run(tmp_path, data + 'z,"\n', "--types", "a=int8", "--on-error", "null,skip")
    assert rows(both) == {"a": [1, None], "b": ["x", "2"]}
    assert misfits(both) == [1] + [0] and both.rejects == b'q\nz,"\n'
    # without null the record is refused for its value
    skipped = run(tmp_path, data, "--types", "a=int8", "--on-error", "skip")
    assert rows(skipped) == {"a": [1], "b": ["x"]} and skipped.rejects == b"q\ny,2\n"


@pytest.mark.parametrize("rows_of", [1, 3000])
def test_many_values_that_do_not_fit(tmp_path, rows_of):
    """C-94: more than a batch, in every column kind that is converted fast."""
    line = "{0},{0}.5,2024-01-{1:02},true\nbad,bad,bad,bad\n"
    text = "i,f,d,b\n" + "".join(line.format(i, i % 28 + 1) for i in range(rows_of))
    result = run(
        tmp_path,
        text,
        "--types",
        "i=int64,f=float64,d=date64,b=bool",
        "--on-error",
        "null",
    )
    assert misfits(result) == [rows_of] * 4
    assert rows(result)["i"] == [v for i in range(rows_of) for v in (i, None)]


# ---- replace ----

REPLACE = ("--on-error", "replace")
# As Unicode's substitution of maximal subparts, which Python's errors="replace" does.
SEQUENCES = (
    b"\xff \x80 \xc0\xaf \xc2 \xe2\x82 \xe2\x28\xa1 \xed\xa0\x80 \xf0\x80\x80\x80 \xf0\x9f\x98 "
    b"\xf4\x90\x80\x80 \xf5\x80 \xe0\x9f\xbf \xf0\x90\x28\xbc \xe1\x80\xe2\xf0\x91\x92\xf1\xbf A"
)


def replaced(data):
    return data.decode("utf-8", "replace")


def test_invalid_sequences_become_replacement_characters(tmp_path):
    """C-94"""
    data = b"na\xffme,left,b\n" + SEQUENCES + b',1,"' + SEQUENCES + b'"\n\xe2\x82,2,\xf0\x9f\x98'
    text = replaced(data)
    result = run(tmp_path, data, *REPLACE, "--delimiter", ",")
    header, first = [line.split(",") for line in text.splitlines()[:2]]
    table = rows(result)
    assert list(table) == header and table[header[0]] == [first[0], "\ufffd"]
    assert table["b"] == [first[0], "\ufffd"] and result.answer["replaced"] == text.count("\ufffd")
    kept = run(tmp_path, data, *REPLACE, "--delimiter", ",", "--columns", "b")
    assert kept.answer["replaced"] == result.answer["replaced"]
    # The same table as that of a text that says U+FFFD itself, where nothing is counted.
    already = run(tmp_path, text, *REPLACE, "--delimiter", ",")
    assert already.data == result.data and already.answer["replaced"] == 0


def test_any_bytes_are_replaced_as_python_does(tmp_path):
    """C-94, at every place of the buffer of 256 KiB."""
    dice = random.Random(94)
    for length in (3, 100, 262144, 300000):
        alphabet = [b"a", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xf0\x9f", b"\xed"]
        alphabet += [bytes([b]) for b in (0x80, 0xBF, 0xC2, 0xE2, 0xF4, 0xFF, 0x90)]
        pad = b"a" * max(0, length - 1000)
        body = pad + b"".join(dice.choices(alphabet, k=1000 if length > 3 else 3))
        result = run(tmp_path, b"x\n" + body, *REPLACE, "--delimiter", ",")
        assert rows(result) == {"x": [replaced(body)]}
        assert result.answer["replaced"] == replaced(body).count("\ufffd")


def test_other_rules_follow_replace(tmp_path):
    """C-94"""
    skipped = b"\xff junk\n"
    data = skipped + b"#\xfe\na,b\n#\xfd\n1,2\n"
    result = run(tmp_path, data, *REPLACE, "--comment", "#", "--skip-lines", "1")
    assert rows(result) == {"a": [1], "b": [2]} and result.answer["replaced"] == 3
    assert run(tmp_path, b"a\n\x00\xff\n", *REPLACE).error["status"] == "CSV_NUL"
    assert run(tmp_path, b"\xff\xfea\0\n\0", *REPLACE).error["status"] == "CSV_UTF16"
    place = run(tmp_path, b'a,b\n\xff\xff,1\n\xe2\x82\xff,"2"x\n', *REPLACE).error
    assert (place["status"], place["line"], place["line_column"]) == ("CSV_AFTER_QUOTE", 3, 7)
    forced = run(tmp_path, b"a\n1\n2\xff\n", "--on-error", "replace,null", "--types", "a=int8")
    assert rows(forced) == {"a": [1, None]} and misfits(forced) == [1]
    assert forced.answer["replaced"] == 1


def test_rejects_have_the_bytes_as_they_were(tmp_path):
    """C-94"""
    dice = random.Random(17)
    pieces = [b"a", b"\xff", b"\xe2\x82", "é€😀".encode(), b"\xf0\x9f\x98", b"\xc0\xaf", b"xyz" * 9]
    data, bad = b"k,v\xff\n", b""
    for i in range(3000):
        line = b"".join(dice.choices(pieces, k=dice.randrange(9))) + b",%d" % i
        wrong = dice.random() < 0.3
        line += b",\xff" * wrong + dice.choice([b"\n", b"\r\n"])
        bad += line * wrong
        data += line
    data += b"\xe2,1,\xe2"
    for name, kept in (("in", data), ("in.gz", gzip.compress(data))):
        (tmp_path / name).write_bytes(kept)
        for threads, window in ((1, None), (2, 64)):
            result = pack(
                tmp_path / name, tmp_path / "o", ["--on-error", "skip,replace"], threads, window
            )
            assert result.status == 0 and result.rejects == bad + b"\xe2,1,\xe2"
            assert result.answer["replaced"] == replaced(data).count("\ufffd")


ENCODED = {  # text with U+FFFD, its bytes
    "windows-1252": ("a\ufffd€,b\n1,\ufffd\ufffd\n", b"a\x81\x80,b\n1,\x8d\x9d\n"),
    "shift_jis": ("ア\ufffd ,b\n1,\ufffd\n", b"\x83A\x81 ,b\n1,\xa0\n"),
    "gb18030": ("中\ufffd,b\n1,\ufffd", "中".encode("gb18030") + b"\xff,b\n1,\xd6"),
    "UTF-16LE": ("a\ufffd,b\n1,\ufffd", "a\udc00,b\n1,\ud83d".encode("utf-16-le", "surrogatepass")),
    "UTF-16": (
        "aé,b\n1,\ufffdx",
        b"\xfe\xff" + "aé,b\n1,\udc00x".encode("utf-16-be", "surrogatepass"),
    ),
    "UTF-16BE": ("a,b\n1,x\ufffd", "a,b\n1,x".encode("utf-16-be") + b"\0"),
    "UTF-32LE": ("a,b\n1,\ufffdx", "a,b\n1,".encode("utf-32-le") + b"\0\0\1\1" + b"x\0\0\0"),
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_replace_in_other_encodings(tmp_path, encoding):
    """C-94"""
    text, data = ENCODED[encoding]
    arguments = ["--encoding", encoding, "--delimiter", ",", "--on-error"]
    result = run(tmp_path, data, *arguments, "replace")
    assert result.data == run(tmp_path, text, "--delimiter", ",").data
    assert result.answer["replaced"] == text.count("\ufffd")
    assert run(tmp_path, data, *arguments, "skip").error["status"] == "CSV_ENCODING"


def test_rejects_of_other_encodings(tmp_path):
    """C-94"""
    dice = random.Random(5)
    for encoding, pieces in (
        ("windows-1252", [b"a", b"\x81", b"\x80", b"\x8d\x9d"]),
        ("shift_jis", [b"a", b"\x83A", b"\x81 ", b"\xa0", b"\xff"]),
        ("UTF-16LE", [b"a\0", b"\0\xdc", b"\x3d\xd8", b"\x3d\xd8\0\xde"]),
    ):
        wide = 2 if "16" in encoding else 1
        data, bad = b"k,v\n".replace(b"", b"\0")[1:] if wide == 2 else b"k,v\n", b""
        for i in range(2000):
            wrong = dice.random() < 0.3
            tail = (f",{i}" + ",x" * wrong + "\n").encode("utf-16-le" if wide == 2 else "ascii")
            line = b"".join(dice.choices(pieces, k=dice.randrange(9))) + tail
            bad += line * wrong
            data += line
        result = run(tmp_path, data, "--encoding", encoding, "--on-error", "replace,skip")
        assert result.status == 0 and result.rejects == bad, encoding


@pytest.mark.parametrize("encoding", ["windows-1255", "windows-1258", "utf-7", "iso-2022-kr"])
def test_encodings_with_states_are_not_replaced(tmp_path, encoding):
    """C-94"""
    result = run(tmp_path, b"a\n1\n", "--encoding", encoding, *REPLACE)
    assert result.error["status"] == "INVALID_ARGUMENT" and "replace" in result.error["message"]


@pytest.mark.parametrize("encoding", ["UTF-8", "windows-1252"])
def test_many_sequences_fill_the_buffer_of_the_copy(tmp_path, encoding):
    """C-94: sequences stand at every place of a buffer that is written at once."""
    dice = random.Random(95)
    body = b"".join(b"a" * dice.randrange(4) + b"\x81" * dice.randrange(3) for _ in range(250_000))
    text = body.decode("ascii", "replace")
    source = tmp_path / "in.csv"
    source.write_bytes(b"x\n" + body + b"\n")
    arguments = [*REPLACE, "--encoding", encoding, "--delimiter", ","]
    result = pack(source, tmp_path / "out.shmcol", arguments, 1, None, None)
    assert rows(result) == {"x": [text]}
    assert result.answer["replaced"] == text.count("\ufffd")
