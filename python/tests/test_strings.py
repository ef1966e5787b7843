"""String, binary and dictionary columns behave as sequences of str, bytes and None."""

import numpy as np
import pytest
import shmcol
from conftest import every_column

KINDS = ["text", "bytes", "word"]


@pytest.fixture(params=KINDS)
def pair(request, every):
    return every[request.param], every_column()[request.param]


def test_single_values_slices_and_selections(pair):
    column, written = pair
    assert len(column) == len(written)
    assert [column[i] for i in range(-5, 5)] == [written[i] for i in range(-5, 5)]
    assert column[np.int64(4)] == written[4]
    for part in (slice(10, 20), slice(None), slice(-3, None), slice(5, 2)):
        view = column[part]
        assert type(view) is type(column) and view.tolist() == written[part]
        assert view[2:5].tolist() == written[part][2:5]
    for part in (slice(None, None, 3), slice(20, 2, -5), slice(None, None, -1)):
        assert column[part].tolist() == written[part]
    rows = np.array([5, 2, -1, 2])
    assert column[rows].tolist() == [written[i] for i in rows] and column[[1, 3]].tolist() == [
        written[1],
        written[3],
    ]
    mask = np.arange(len(column)) % 100 == 0
    assert column[mask].tolist() == written[::100]
    for wrong in (len(column), -len(column) - 1):
        with pytest.raises(IndexError):
            column[wrong]


def test_all_values(pair):
    column, written = pair
    assert (
        list(column)
        == written
        == column.tolist()
        == column.to_numpy().tolist()
        == np.asarray(column).tolist()
    )
    assert column.nulls().tolist() == [value is None for value in written]


@pytest.mark.parametrize("value", ["ä3", b"\x0011", "green", "nothing", b"green", "", None, 5])
def test_search(pair, value):
    column, written = pair
    wanted = [each == value and type(each) is type(value) for each in written]
    if value != 5:
        assert (column == value).tolist() == wanted
        assert (column != value).tolist() == [not each for each in wanted]
    assert column.count(value) == sum(wanted)
    assert (value in column) == any(wanted)
    if any(wanted):
        first = written.index(value)
        assert column.index(value) == first
        assert column[first:].index(value) == 0 and column[: first + 1][-1:].index(value) == 0
        if sum(wanted) > 1:
            assert column.index(value, first + 1) == written.index(value, first + 1)
    else:
        with pytest.raises(ValueError, match="not in column"):
            column.index(value)


def test_comparison_with_another_column(every):
    assert (every["text"] == every["text"]).all() and not (every["text"] == every["word"])[
        every_column()["int_null"].mask == False
    ].any()
    assert (every["word"] == np.array(every_column()["word"], object)).all()
    assert (every["text"] == 5) is False and (every["text"] != 5) is True
    with pytest.raises(TypeError):
        hash(every["text"])


def test_a_dictionary_has_codes_and_categories(every):
    word, written = every["word"], every_column()["word"]
    assert word.categories.tolist() == ["blue", "green", "red"] and not word.ordered
    codes = word.codes
    assert [
        None if code is np.ma.masked else word.categories[int(code)] for code in codes
    ] == written
    assert len(word.categories.offsets) == 4 and bytes(word.data) == b"bluegreenred"
    assert word.codes[10:20].tolist() == word[10:20].codes.tolist()
    with pytest.raises(AttributeError, match="plain strings"):
        every["text"].codes
    assert not hasattr(every["text"], "categories")


def test_offsets_and_data_are_the_values(every):
    text = every["text"][100:110]
    for i, value in enumerate(text):
        assert bytes(text.data[text.offsets[i] : text.offsets[i + 1]]).decode() == (value or "")
    assert text.nbytes == sum(len((value or "").encode()) for value in text)


def test_other_types_of_array(every):
    part = every["text"][3:8]
    assert np.array(part, dtype="U8").dtype == "U8"
    if hasattr(np.dtypes, "StringDType"):  # numpy 2
        assert part.to_numpy(np.dtypes.StringDType(na_object=None)).tolist() == part.tolist()
        with pytest.raises(shmcol.CopyError):
            np.array(part, copy=False)
    assert "StringColumn 'text': 5 values" in repr(part) and "…" in repr(part)


def test_values_of_every_size_and_script(path):
    words = ["", "a", "日本語", "🙂" * 100, "\0nul\0", "x" * 1_000_000, None, "é"]
    shmcol.write({"s": words, "d": words}, path, dictionary=["d"])
    with shmcol.open(path, verify="full") as table:
        for name in ("s", "d"):
            assert table[name].tolist() == words
            for word in words:
                assert table[name].index(word) == words.index(word) and table[name].count(word) == 1


def test_searching_a_dictionary_takes_no_memory_that_grows(tmp_path):
    import tracemalloc

    values = [("a", "b", None, "c")[i % 4] for i in range(300_001)]
    shmcol.write({"c": values}, tmp_path / "t.shmcol", dictionary="always")
    column = shmcol.open(tmp_path / "t.shmcol")["c"]
    part = column[5:299_999]
    tracemalloc.start()
    try:
        assert [column.count(value) for value in ("a", "b", None, "c", "d")] == [
            75_001,
            75_000,
            75_000,
            75_000,
            0,
        ]
        assert [part.count(value) for value in ("a", "b", None, "c")] == [
            74_998,
            74_999,
            74_999,
            74_998,
        ]
        assert (
            column.index("c"),
            column.index(None),
            column.index("c", 4),
            part.index("b"),
            part.index("a", 1),
        ) == (3, 2, 7, 0, 3)
        assert None in column and "zz" not in column
        assert tracemalloc.get_traced_memory()[1] < 150_000
    finally:
        tracemalloc.stop()
