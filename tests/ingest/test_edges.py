"""Every syntax element of a CSV across every edge of a read.

The window has 64 bytes, and the text is moved through two windows byte by byte.
"""

from concurrent.futures import ThreadPoolExecutor

import pytest
from csv_oracle import CsvError, Options
from ingest_tools import compare, expected_of, instruction_sets, pack

WINDOW, SHIFTS = 64, range(67)

# Records of two fields. A reader that loses count of a quote would misread the text after them.
GOOD = {
    "doubled quote": b'"a""b",1\n',
    "a quote alone": b'"""",2\r\n',
    "empty and quoted": b'"",\n,""\n',
    "CR LF in quotes": b'"x\r\ny",3\r\n',
    "LFs in quotes": b'"\n\n\n",\n',
    "CR in quotes": b'"\r",4\n"\r\r\n",5\n',
    "delimiters in quotes": b'"a,b","c,,d"\r\n',
    "quotes in unquoted fields": b'a"b,"c"\n',
    "doubled quotes in unquoted fields": b'a""b,x""\nc"",""""\n',
    "a quote at the end of an unquoted field": b'a",b"\r\nc,d\r\n',
    "only quotes": b'"""""""""""","""""""""\n"""\n',
    "quote, delimiter, quote": b'""",""","""\r\n"""\r\n',
    "blank lines": b"\n\r\n\n\n\r\n\r\nz,9\n",
    "blank lines in quotes": b'"\n\n","\r\n\r\n"\n',
    "long characters": 'é,"é""é"\n\U0001f600,"\U0001f600\n\U0001f600"\r\n'.encode(),
    "mixed line ends": b"1,2\r\n3,4\n5,6\r\n",
    "numbers in quotes": b'"-1.5",2\n"2024-02-29","true"\n',
    "much in quotes": b'"' + b"q,\n\r\n" * 40 + b'",w\n',
    "irregular, then much in quotes": b'x"y,z\n"' + b'""\n' * 60 + b'",w\n',
}
COMMENTS = {
    "a comment": b"# nothing\nx,1\n",
    "a comment with a quote": b'# it"s\n"y",2\n# "\r\n',
    "a comment after a blank line": b'\n#"\n\n#\nz,3\n',
    "a comment sign in quotes": b'"\n# no",4\n"#",#\n',
}
BAD = {
    "a CR alone": b"x\ry,1\n",
    "a CR alone in quotes' wake": b'"x\r",1\n"y",2\r3\n',
    "two CRs": b"x,1\r\r\n",
    "too few fields": b"x\n",
    "too many fields": b'"a\nb",2,3\n',
    "a blank first field": b'x,"1\n"\n,\n,,\n',
    "text after a quote": b'x,"y"z\n',
    "text after two lines in quotes": b'"a\n\r\nb" ,1\n',
    "a quote after a quote": b'x,"y" "z"\n',
    "a NUL": b'x,"a\nb\0"\n',
    "not UTF-8": "é,\U0001f600é".encode() + b"\xff\n",
    "UTF-8 cut by a line end": b"x,\xf0\x9f\x98\n",
    "an unclosed quote": b'x,"y\n1,2\n',
    "an unclosed quote after doubled ones": b'"a""","b""\n1,2\n',
    "irregular, then too many": b'a"b,1\n"\n""\n",2\n3,4,5\n',
}


def text(pattern, shift, behind):
    """The pattern behind `shift` bytes, and more than two windows behind it."""
    return b"k,v\n" + b"f" * shift + b",0\n" + pattern + behind


def last_records(number):
    return b"".join(b'r%d,"%d"\n' % (i, i) for i in range(number))


def at_every_edge(tmp_path, pattern, options, behind):
    arguments = options.arguments()

    def one(shift):
        data = text(pattern, shift, behind)
        assert len(data) > 3 * WINDOW
        source = tmp_path / f"{shift}.csv"
        source.write_bytes(data)
        out = tmp_path / f"{shift}.shmcol"
        return [
            pack(source, out, arguments, threads, WINDOW, isa)
            for threads in (1, 3)
            for isa in instruction_sets()
        ], data

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, SHIFTS))
    kinds = set()
    for shift, (results, data) in zip(SHIFTS, found):
        expected = expected_of(data, options)
        kinds.add(type(expected).__name__)
        for result in results:
            assert result.same == results[0].same, f"shift {shift}"
        try:
            compare(results[0], expected)
        except AssertionError as wrong:
            raise AssertionError(f"shift {shift}: {wrong}") from None
    return kinds


@pytest.mark.parametrize("name", GOOD)
def test_records(tmp_path, name):
    assert at_every_edge(tmp_path, GOOD[name], Options(), last_records(25)) == {"Table"}


@pytest.mark.parametrize("name", GOOD)
def test_the_last_record_without_its_end(tmp_path, name):
    filler = last_records(25)
    pattern = GOOD[name].rstrip(b"\r\n")
    assert at_every_edge(tmp_path, filler + pattern, Options(), b"") == {"Table"}


@pytest.mark.parametrize("name", COMMENTS)
def test_comments(tmp_path, name):
    assert at_every_edge(tmp_path, COMMENTS[name], Options(comment="#"), last_records(25)) == {
        "Table"
    }


@pytest.mark.parametrize("name", BAD)
def test_errors_have_their_place(tmp_path, name):
    assert at_every_edge(tmp_path, BAD[name], Options(), last_records(25)) == {"CsvError"}


@pytest.mark.parametrize("name", BAD)
def test_errors_that_are_skipped(tmp_path, name):
    assert at_every_edge(tmp_path, BAD[name], Options(skip_errors=True), last_records(25)) == {
        "Table"
    }


@pytest.mark.parametrize("name", list(GOOD)[:6])
def test_one_column(tmp_path, name):
    """Blank lines are rows here."""

    def only(pattern):
        return pattern.replace(b",", b"")

    def one(shift):
        data = b"k\n" + b"f" * shift + b"\n\r\n\n" + only(GOOD[name]) + b"\n" + b'r\n\n"r"\n' * 20
        source = tmp_path / f"{shift}.csv"
        source.write_bytes(data)
        return pack(source, tmp_path / f"{shift}.shmcol", [], 3, WINDOW), data

    with ThreadPoolExecutor(2) as pool:
        for result, data in pool.map(one, SHIFTS):
            compare(result, expected_of(data, Options()))


# The oracle's own places, by hand: (text, code, line, column).
PLACES = [
    (b"a,b\n1\n", "CSV_RAGGED", 2, 1),
    (b'a,b\n1,2\n"x\ny",2,3\n', "CSV_RAGGED", 3, 1),
    (b'a,b\n1,"x"y\n', "CSV_AFTER_QUOTE", 2, 6),
    ('a,b\né,"é\né" \n'.encode(), "CSV_AFTER_QUOTE", 3, 3),
    (b"a,b\n1,2\r3,4\n", "CSV_CARRIAGE_RETURN", 2, 4),
    (b"a,b\n1,2\r", "CSV_CARRIAGE_RETURN", 2, 4),
    (b'a,b\n1,"x\n\n\n', "CSV_UNCLOSED_QUOTE", 2, 3),
    (b"a,b\n\xc3\xa9,\xff\n", "CSV_UTF8", 2, 3),
    (b"a,b\n1,2\n\n\n1,\0\n", "CSV_NUL", 5, 3),
    (b'a"\n1,2\n', "CSV_RAGGED", 2, 1),
    (b"\xef\xbb\xbfa,b\n1,2,3\n", "CSV_RAGGED", 2, 1),
]


@pytest.mark.parametrize("data,code,line,column", PLACES)
def test_places_by_hand(tmp_path, data, code, line, column):
    found = expected_of(data, Options())
    assert isinstance(found, CsvError)
    assert (found.code, found.line, found.column) == (code, line, column)
    source = tmp_path / "in.csv"
    source.write_bytes(data)
    compare(pack(source, tmp_path / "out.shmcol", []), found)
