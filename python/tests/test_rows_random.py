"""Random tables of every type, in files and in parts, and views of them: take() gives the rows that
pyarrow gives, search() finds what bisect finds."""

import bisect
import itertools
import tempfile

import pytest
import shmcol
from hypothesis import given, settings
from hypothesis import strategies as st
from test_roundtrip import SETTINGS, TYPES, plain, tables
from test_rows import same

pa = pytest.importorskip("pyarrow")

SEARCHED = [name for name in TYPES if not name.startswith(("list", "small", "binary", "fixed"))]


def opened(data, table, where):
    """The table in a file, in memory, or in a directory of several appends."""
    way = data.draw(st.sampled_from(["file", "share", "parts"]), "way")
    if way == "share":
        return shmcol.share(table)
    if way == "file":
        shmcol.write(table, f"{where}/file.shmcol", sync=False)
        return shmcol.open(f"{where}/file.shmcol")
    cut = data.draw(st.integers(0, len(table)), "cut")
    for part in (table.slice(0, cut), table.slice(cut)):
        shmcol.append(part, f"{where}/parts", sync=False)
    return shmcol.open(f"{where}/parts")


@settings(SETTINGS, max_examples=60)
@given(st.data(), tables())
def test_take_as_pyarrow_does(data, table):
    with tempfile.TemporaryDirectory() as where:
        ours = opened(data, table, where)
        first, end = sorted(data.draw(st.integers(0, len(table)), "bound") for _ in range(2))
        view, expected = ours[first:end], table.slice(first, end - first)
        missing = data.draw(st.booleans(), "missing")
        numbers = st.integers(-1 if missing else 0, end - first - 1)
        rows = data.draw(st.lists(numbers, max_size=20) if missing or end > first else st.just([]))
        names = data.draw(st.lists(st.sampled_from(table.column_names), unique=True))
        indices = pa.array([None if row < 0 else row for row in rows], pa.int64())
        taken = view.take(rows, names, missing=missing)
        assert taken.columns == names and len(taken) == len(rows)
        if names:
            got, wanted = (
                plain(taken.to_arrow()),
                plain(takeable(expected.select(names)).take(indices)),
            )
            for name in names:
                # A float has no bitmap: its null is NaN, which to_arrow gives back as one.
                assert got[name] == wanted[name], name
        for row in [row for row in rows[:3] if row >= 0]:
            found = view[row]
            assert list(found) == view.columns
            for name, value in found.items():
                null = view.nulls(name)[row]
                assert value is None if null else same(view[name][row], value), (name, row)
            if names:
                again = taken[rows.index(row)]
                assert all(same(found[name], again[name]) for name in names), row


def takeable(table):
    """pyarrow cannot take views of strings."""
    strings = [
        pa.field(
            field.name, pa.large_string() if pa.types.is_string_view(field.type) else field.type
        )
        for field in table.schema
    ]
    return table.cast(pa.schema(strings))


@settings(SETTINGS, max_examples=60)
@given(st.data(), st.sampled_from(SEARCHED))
def test_search_as_bisect_does(data, name):
    arrow, values = TYPES[name]
    column = sorted(data.draw(st.lists(values, max_size=40), "values"), key=key_of)
    wanted = data.draw(st.lists(values | st.sampled_from(column or [None]), max_size=20), "keys")
    wanted = [key for key in wanted if key is not None]
    array = pa.array(column, pa.large_string() if name == "dictionary" else arrow)
    if name == "dictionary":
        array = array.dictionary_encode()
    with tempfile.TemporaryDirectory() as where:
        ours = opened(data, pa.table({"x": array}), where)
        first, end = sorted(data.draw(st.integers(0, len(column)), "bound") for _ in range(2))
        view, order = ours[first:end], [key_of(value) for value in column[first:end]]
        keys = keys_of(wanted, arrow)
        for side, find in (("left", bisect.bisect_left), ("right", bisect.bisect_right)):
            assert view.search("x", keys, side).tolist() == [
                find(order, key_of(key)) for key in wanted
            ], side
        for a, b in itertools.pairwise(wanted):
            found = view.between("x", *keys_of([a, b], arrow))
            rows = bisect.bisect_left(order, key_of(a)), bisect.bisect_left(order, key_of(b))
            assert len(found) == max(0, rows[1] - rows[0])


def key_of(value):
    """Texts ascend by their bytes, as the file has them."""
    return value.encode() if isinstance(value, str) else value


def keys_of(values, arrow):
    """Numbers of a time as datetime64 and timedelta64."""
    if pa.types.is_timestamp(arrow) or pa.types.is_duration(arrow):
        return pa.array(values, arrow).to_numpy(zero_copy_only=False)
    if pa.types.is_time(arrow):
        return pa.array(values, arrow).to_pylist()
    return values
