"""Types, units, zones and order of columns from a shmcol file (C-80)."""

from decimal import Decimal

import pyarrow as pa
import pytest
from built import ROOT
from ingest_tools import cat, pack, plain_values

TABLE = (
    "s,d,i,t,z,f,b,day,price,half\n"
    "x,A,1,05:40:00,2024-01-01T00:00:00Z,1.5,true,2024-01-01,12.5,0.5\n"
)
TYPES = (
    "s=string,d=dictionary,i=int16,t=time32[s],z=timestamp[ms;UTC],f=float32,day=date32,"
    "price=decimal(18,2),half=float16"
)


@pytest.fixture
def made(tmp_path):
    """Returns a function that packs a text, and gives the answer and the table."""

    def make(text, *arguments, name="table"):
        source, out = tmp_path / f"{name}.csv", tmp_path / f"{name}.out"
        source.write_text(text)
        result = pack(source, out, list(arguments))
        if result.status == 0:
            (tmp_path / f"{name}.shmcol").write_bytes(result.data)
            return pa.ipc.open_file(result.data).read_all()
        return result.error

    return make


def test_two_days_have_one_schema(made, tmp_path):
    """C-80: also in another order, with values that look otherwise, and with no rows."""
    first = made(TABLE, "--types", TYPES, "--dictionary", "s=never")
    file = tmp_path / "table.shmcol"
    again = made(
        "day,b,f,z,t,i,d,s,price,half\n,,2,2024-01-02T00:00:00Z,,2,A,1,-3,\n,false,,,,,A,1,,2\n",
        "--types-from",
        file,
        name="again",
    )
    assert again.schema.equals(first.schema) and again.num_rows == 2
    assert again["s"].to_pylist() == ["1", "1"] and again["f"].to_pylist() == [2.0, None]
    assert again["price"].to_pylist() == [Decimal("-3.00"), None]
    empty = made(TABLE.splitlines()[0] + "\n", "--types-from", file, name="empty")
    assert empty.schema.equals(first.schema) and empty.num_rows == 0
    one = made(TABLE, "--types-from", file, "--dictionary", "always", name="one")
    assert one.schema.equals(first.schema)


def test_codes_are_at_least_as_wide(made, tmp_path):
    """C-61"""
    many = made("d\n" + "".join(f"v{i}\n" for i in range(200)), "--types", "d=dictionary")
    assert many.schema.field("d").type.index_type == pa.int16()
    few = made("d\na\n", "--types-from", tmp_path / "table.shmcol", name="few")
    assert few.schema.equals(many.schema) and few["d"].to_pylist() == ["a"]
    assert few.column("d").chunk(0).validate(full=True) is None
    more = made(
        "d\n" + "".join(f"v{i}\n" for i in range(40000)),
        "--types-from",
        tmp_path / "few.shmcol",
        name="more",
    )
    assert more.schema.field("d").type.index_type == pa.int32()


def test_types_and_modes_by_name_override(made, tmp_path):
    """C-80"""
    made("a,b\nx,1\n", "--types", "a=dictionary,b=int8")
    from_file = ["--types-from", tmp_path / "table.shmcol"]
    table = made("a,b\nx,300\n", *from_file, "--types", "b=auto,*=string", name="auto")
    assert table.schema.field("b").type == pa.int64()
    assert pa.types.is_dictionary(table.schema.field("a").type)
    table = made("a,b\nx,1\n", *from_file, "--dictionary", "a=never", name="never")
    assert table.schema.field("a").type == pa.large_string()
    table = made("a,b\n7,1\n", *from_file, "--types", "a=int32", name="int")
    assert table.schema.types == [pa.int32(), pa.int8()]
    error = made("a,b\nx,300\n", *from_file, name="wide")
    assert (error["status"], error["line"], error["line_column"]) == ("CSV_VALUE", 2, 3)


def test_columns_that_differ(made, tmp_path):
    """C-80: the file's first, then the CSV's; --columns is compared."""
    made("a,b,c\n1,2,3\n")
    from_file = ["--types-from", tmp_path / "table.shmcol"]
    few = made("c,x\n1,2\n", *from_file, name="few")
    assert few["status"] == "CSV_HEADERS_DIFFER" and '"a"' in few["message"]
    many = made("c,y,b,a,x\n1,2,3,4,5\n", *from_file, name="many")
    assert many["status"] == "CSV_HEADERS_DIFFER" and '"y"' in many["message"]
    kept = made("c,y,b,a\n1,2,3,4\n", *from_file, "--columns", "c,a,b", name="kept")
    assert kept.column_names == ["a", "b", "c"] and kept.to_pydict()["a"] == [4]
    less = made("a,b,c\n1,2,3\n", *from_file, "--columns", "a,b", name="less")
    assert less["status"] == "CSV_HEADERS_DIFFER" and '"c"' in less["message"]


def test_files_that_cannot_be_taken(made, tmp_path):
    """C-80"""
    missing = made("a\n1\n", "--types-from", tmp_path / "missing")
    assert missing["status"] == "IO" and missing["path"] == str(tmp_path / "missing")
    (tmp_path / "junk").write_bytes(b"no table" * 100)
    junk = made("a\n1\n", "--types-from", tmp_path / "junk")
    assert junk["path"] == str(tmp_path / "junk") and junk["status"] != "IO"
    made("a\n1\n", "--zstd=3", "--types", "a=int8", name="small")
    table = made("a\n1\n", "--types-from", tmp_path / "small.shmcol")
    assert table.schema.field("a").type == pa.int8()


def test_paths_of_inputs(made, tmp_path):
    """C-97"""
    first = made("a\n1\n", "--file-column", "file")
    file = ["--types-from", tmp_path / "table.shmcol"]
    again = made("a\n2\n", *file, "--file-column", "file", name="again")
    assert again.schema.equals(first.schema)
    assert made("a\n2\n", *file, name="lost")["status"] == "CSV_HEADERS_DIFFER"
    other = made("a\n2\n", *file, "--file-column", "path", name="other")
    assert other["status"] == "CSV_HEADERS_DIFFER"


def corpus(name):
    return ROOT / "spec" / "corpus" / "good" / f"{name}.shmcol"


@pytest.mark.parametrize("file,column", [("list-duration", "0 plain"), ("type-binary", "plain")])
def test_types_that_no_csv_has(made, file, column):
    """C-80: the first such column is named, unless --types says another type for it."""
    names = pa.ipc.open_file(corpus(file).read_bytes()).schema.names
    text = ",".join(names) + "\nx" + "," * (len(names) - 1) + "\n"
    from_file = ["--types-from", corpus(file)]
    error = made(text, *from_file)
    assert error["status"] == "TYPE_NAME"
    assert error["message"] == f'column "{column}" has a type in the file of types that no CSV has'
    every = ",".join(f"{name}=string" for name in names)
    table = made(text, *from_file, "--types", every, "--dictionary", "never")
    assert table.schema.types == [pa.large_string()] * len(names)


# The others hold durations, or years that no date of C-36 has.
OTHERS = {"list-duration", "list-order", "list-rows-0", "list-rows-1"}
OTHERS |= {"list-date32", "list-date64", "list-timestamp"}
LISTS = {p.stem for p in (ROOT / "spec" / "corpus" / "good").glob("list-*.shmcol")}


@pytest.mark.parametrize("file", sorted(LISTS - OTHERS))
def test_lists(made, file):
    """C-80, C-82: what shmcol-cat prints of every list is read again as the same list."""
    text = cat(corpus(file))
    before = pa.ipc.open_file(corpus(file).read_bytes()).read_all()
    after = made(text, "--types-from", corpus(file))
    assert str(after.schema.types) == str(before.schema.types)
    for name in before.column_names:
        if pa.types.is_large_list(before.schema.field(name).type):
            old, new = before[name].combine_chunks(), after[name].combine_chunks()
            assert plain_values(new) == plain_values(old)
