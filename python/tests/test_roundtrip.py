"""Random tables of every type: each consumer shows the values that were written."""

import datetime
import decimal

import numpy as np
import pytest
import shmcol
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow")
pytest.importorskip("polars")
pytest.importorskip("pandas")

LEAST, MOST = -(2**63) + 1, 2**63 - 1
DAYS = (datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TYPES = {
    **{
        f"int{width}": (
            getattr(pa, f"int{width}")(),
            st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1),
        )
        for width in (8, 16, 32, 64)
    },
    **{
        f"uint{width}": (getattr(pa, f"uint{width}")(), st.integers(0, 2**width - 1))
        for width in (8, 16, 32, 64)
    },
    "float16": (pa.float16(), st.floats(width=16, allow_nan=False)),
    "float32": (pa.float32(), st.floats(width=32, allow_nan=False)),
    "float64": (pa.float64(), st.floats(allow_nan=False)),
    "bool": (pa.bool_(), st.booleans()),
    "date32": (pa.date32(), st.dates(*DAYS)),
    "date64": (pa.date64(), st.dates(*DAYS)),
    **{
        f"timestamp_{unit}": (pa.timestamp(unit), st.integers(-(2**40), 2**40))
        for unit in ("s", "ms", "us", "ns")
    },
    "zoned": (pa.timestamp("us", "Europe/Paris"), st.integers(-(2**40), 2**40)),
    **{
        f"duration_{unit}": (pa.duration(unit), st.integers(-(2**40), 2**40))
        for unit in ("s", "ms", "us", "ns")
    },
    "time32": (pa.time32("ms"), st.integers(0, 86399999)),
    "time64": (pa.time64("us"), st.integers(0, 86399999999)),
    "string": (pa.large_string(), text),
    "view": (pa.string_view(), text),
    "binary": (pa.large_binary(), st.binary(max_size=8)),
    "decimal": (
        pa.decimal128(7, 2),
        st.integers(1 - 10**7, 10**7 - 1).map(lambda n: decimal.Decimal(n).scaleb(-2)),
    ),
    "widest": (
        pa.decimal128(38, 38),
        st.integers(1 - 10**38, 10**38 - 1).map(lambda n: decimal.Decimal(f"{n}e-38")),
    ),
    "fixed": (pa.binary(3), st.binary(min_size=3, max_size=3)),
    "dictionary": (
        pa.dictionary(pa.int8(), pa.large_string()),
        st.sampled_from(["", "a", "bc", "ü", "🙂"]),
    ),
}

ELEMENTS = sorted(TYPES.keys() - {"binary", "fixed", "dictionary", "view"})
for kind in ELEMENTS:
    arrow, values = TYPES[kind]
    TYPES[f"list_{kind}"] = pa.large_list(arrow), st.lists(values, max_size=4)
TYPES["small_list"] = pa.list_(pa.int32()), st.lists(st.integers(0, 99), max_size=4)


@st.composite
def tables(draw):
    rows = draw(st.integers(0, 40))
    columns = {}
    for number, kind in enumerate(
        draw(st.lists(st.sampled_from(sorted(TYPES)), min_size=1, max_size=6))
    ):
        arrow, values = TYPES[kind]
        if draw(st.booleans()):
            values = st.none() | values
        drawn = draw(st.lists(values, min_size=rows, max_size=rows))
        array = (
            pa.array(drawn, pa.large_string()).dictionary_encode()
            if kind == "dictionary"
            else pa.array(drawn, arrow)
        )
        columns[f"{kind}_{number}"] = array
    return pa.table(columns)


def _as_ticks(column):
    kind = column.type
    if pa.types.is_large_list(kind) and _ticks(kind.value_type):
        return column.cast(pa.large_list(pa.int64()))
    return column.cast(pa.int64()) if _ticks(kind) else column


def _ticks(kind):
    return pa.types.is_timestamp(kind) or pa.types.is_duration(kind)


def plain(table):
    """As lists of Python values; times as the integers that they are."""
    return {name: _as_ticks(table[name]).to_pylist() for name in table.column_names}


SETTINGS = settings(
    max_examples=120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SETTINGS
@given(table=tables(), start=st.integers(0, 40), length=st.integers(0, 40), zstd=st.booleans())
def test_there_and_back(tmp_path, table, start, length, zstd):
    path = tmp_path / "t.shmcol"
    shmcol.write(table, path, overwrite=True, sync=False, zstd=zstd)
    with shmcol.open(path, verify="full", cache=False) as opened:
        assert len(opened) == table.num_rows and opened.columns == table.column_names
        wanted = plain(table)
        assert plain(opened.to_arrow()) == wanted
        view = opened[start : start + length]
        assert plain(pa.table(view)) == {
            name: values[start : start + length] for name, values in wanted.items()
        }
        check_numpy(opened, table)
        check_pandas(opened, table)
        check_polars(opened, table)
        shmcol.write(opened, tmp_path / "again.shmcol", overwrite=True, sync=False)
        assert shmcol.open(tmp_path / "again.shmcol").id == opened.id


def check_numpy(opened, table):
    for name in table.column_names:
        column, nulls, wanted = opened[name], opened.nulls(name), plain(table)[name]
        assert nulls.tolist() == [value is None for value in wanted]
        if "list" in name:
            check_lists(column, wanted, table[name].type.value_type)
        elif _ticks(table[name].type):
            assert [
                None if null else int(value) for null, value in zip(nulls, column.view(np.int64))
            ] == wanted
        elif name.startswith(("time32", "date32")):
            assert column.tolist() == [column[i].item() for i in range(len(column))]
            assert column.tolist() == wanted_times(name, wanted)
        elif not isinstance(column, np.ndarray):
            assert column.tolist() == wanted == [column[i] for i in range(len(column))]
        elif name.startswith(("float", "int", "uint", "bool")):
            assert [
                None if null else value
                for null, value in zip(nulls, np.ma.getdata(column).tolist())
            ] == wanted
        elif name.startswith("date"):
            assert column.astype("M8[D]").tolist() == wanted
        elif name.startswith("fixed"):
            assert opened.storage(name).tobytes() == b"".join(
                value or b"\0\0\0" for value in wanted
            )


def check_lists(column, wanted, element):
    """Rows, and slices of all elements, are those that were written."""
    assert len(column) == len(wanted)
    offsets, shown = column.offsets, []
    for i in range(len(column)):
        row = column[i]
        if row is not None:
            assert len(row) == offsets[i + 1] - offsets[i] == column.lengths[i]
            values = column.values[offsets[i] : offsets[i + 1]].tolist()
            assert values == (row if isinstance(row, list) else row.tolist())
            if _ticks(element):
                row = row.view("i8")
            if pa.types.is_date64(element):
                row = row.astype("M8[D]")
            row = row if isinstance(row, list) else row.tolist()
        shown.append(row)
    if pa.types.is_time(element):
        wanted = [row and wanted_times("time", row) for row in wanted]
        if element.unit == "ns":
            return
    assert shown == wanted


def wanted_times(name, values):
    """datetime.time as the timedelta from midnight that numpy has."""
    midnight = datetime.date(1970, 1, 1)
    at = lambda time: datetime.datetime.combine(midnight, time)
    since = lambda time: at(time) - at(datetime.time())
    return [value if value is None or name.startswith("date") else since(value) for value in values]


def check_pandas(opened, table):
    frame = opened.to_pandas()
    for name in table.column_names:
        if name.startswith(("time32", "time64", "date", "fixed")):
            continue  # other types there, each with a test of its own
        if "list" in name:
            continue  # objects, which the frame below is written from
        missing = [value is None for value in plain(table)[name]]
        assert frame[name].isna().tolist() == missing
        if name.startswith(
            (
                "int",
                "uint",
                "bool",
                "float",
                "string",
                "view",
                "dictionary",
                "binary",
                "decimal",
                "widest",
            )
        ):
            values = [value for value in table[name].to_pylist() if value is not None]
            assert frame[name].dropna().tolist() == values
    # objects: without a value that is no null they have no type of their own
    types = {field.name: field for field in opened.schema if field.kind in ("list", "decimal128")}
    other = shmcol.open(rewritten(frame, opened.path, types))
    for name in table.column_names:
        if not name.startswith(("time32", "time64", "date", "fixed")):
            assert plain(other[[name]].to_arrow())[name] == plain(table.select([name]))[name]


def rewritten(frame, path, types):
    shmcol.write(frame, path + ".pandas", types=types, overwrite=True, sync=False)
    return path + ".pandas"


def check_polars(opened, table):
    frame = opened.to_polars()
    for name in table.column_names:
        if not name.removeprefix("list_").startswith(
            ("timestamp", "duration", "time", "zoned", "date64")
        ):
            assert frame[name].to_list() == table[name].to_pylist()


@SETTINGS
@given(
    lists=st.lists(st.none() | text, max_size=60),
    value=text,
    start=st.integers(-70, 70),
    stop=st.integers(-70, 70),
    kind=st.sampled_from(["always", "never"]),
)
def test_a_column_of_strings_is_a_sequence(tmp_path, lists, value, start, stop, kind):
    shmcol.write({"s": lists}, tmp_path / "s", overwrite=True, sync=False, dictionary=kind)
    with shmcol.open(tmp_path / "s") as table:
        column, part = table["s"][start:stop], lists[start:stop]
        assert column.tolist() == part == list(column) and len(column) == len(part)
        for wanted in {value, *(each for each in part[:3])}:
            assert column.count(wanted) == part.count(wanted) and (wanted in column) == (
                wanted in part
            )
            assert (column == wanted).tolist() == [each == wanted for each in part]
            if wanted in part:
                assert column.index(wanted) == part.index(wanted)


@SETTINGS
@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.integers(LEAST, MOST),
            text.filter(lambda t: "\r" not in t and "\0" not in t),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_csv_and_numpy_make_the_same(tmp_path, rows):
    import csv

    with open(tmp_path / "r.csv", "w", newline="") as out:
        writer = csv.writer(
            out, quoting=csv.QUOTE_NOTNULL if hasattr(csv, "QUOTE_NOTNULL") else csv.QUOTE_MINIMAL
        )
        writer.writerow(["n", "t"])
        writer.writerows([number, word + "."] for number, word in rows)
    shmcol.pack(
        tmp_path / "r.csv",
        tmp_path / "r.shmcol",
        overwrite=True,
        sync=False,
        types={"n": "int64", "t": "string"},
        delimiter=",",
    )
    with shmcol.open(tmp_path / "r.shmcol", verify="full") as table:
        assert table["n"].tolist() == [number for number, _ in rows] and table["t"].tolist() == [
            word + "." for _, word in rows
        ]


DTYPES = ["i1", "u2", "i4", "u8", "f4", "f8", "M8[us]", "m8[s]", "?", "S3"]


@SETTINGS
@given(
    dtype=st.sampled_from(DTYPES),
    shape=st.lists(st.integers(1, 4), max_size=3),
    rows=st.integers(0, 20),
    data=st.data(),
    order=st.sampled_from("CF"),
    masked=st.booleans(),
)
def test_arrays_of_any_shape(tmp_path, dtype, shape, rows, data, order, masked):
    """Numbers come back with their shape, wherever they lay; a masked row is masked."""
    if shape and dtype in ("?", "S3"):
        shape = []
    size = rows * int(np.prod(shape))
    kind = np.dtype(dtype)
    raw = data.draw(st.binary(min_size=size * kind.itemsize, max_size=size * kind.itemsize))
    array = np.frombuffer(raw, np.uint8).copy().view("u1" if kind.kind == "b" else kind)
    array = (array % 2 == 1 if kind.kind == "b" else array).reshape(rows, *shape, order="C")
    if kind.kind in "mM":
        array[np.isnat(array)] = np.array(0, kind)
    written = np.asarray(array, order=order)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), bool)
    if masked:
        written = np.ma.MaskedArray(
            written, np.broadcast_to(mask.reshape(-1, *[1] * len(shape)), array.shape)
        )
    shmcol.write({"a": written}, tmp_path / "a", overwrite=True, sync=False)
    with shmcol.open(tmp_path / "a", verify="full") as table:
        assert table["a"].dtype == kind and table["a"].shape == (rows, *shape)
        assert table.nulls("a").tolist() == (mask.tolist() if masked else [False] * rows)
        kept = ~mask if masked else np.ones(rows, bool)
        assert np.ma.getdata(table["a"])[kept].tobytes() == array[kept].tobytes()
