"""Lists that were asked for (C-82), against the oracle, and how they are told to be wrong."""

import json
import random

import pyarrow as pa
import pytest
from csv_declared import INTEGERS, ZONES, Declared
from csv_oracle import Options, Table
from ingest_tools import expected_of, instruction_sets, pack, run_all, windows

FILES = 80


class Lists(Declared):
    """Tables of nothing but lists."""

    def table(self):
        """(bytes, Options)"""
        d, options = self.dice, Options()
        options.delimiter = d.choice([",", ";", "\t", "|"])
        options.decimal_comma = options.delimiter != "," and d.random() < 0.2
        options.thousands = d.choice(["", "", "'"])
        options.null_errors, options.skip_errors = d.random() < 0.4, d.random() < 0.3
        options.escape = "\\" if d.random() < 0.15 else ""
        options.trim, options.nulls = d.random() < 0.2, ("NA", "[]") if d.random() < 0.2 else ()
        names = [f"c{i}" for i in range(d.choice([1, 2, 3, 5]))]
        rows, columns, types = d.choice([0, 1, 5, 60, 300]), [], []
        for name in names:
            money = d.choice(["decimal(9,2)", "decimal(38,1)", "decimal(3,0)"])
            unit = d.choice(["s", "ms", "us", "ns"])
            fl = d.choice(["float16", "float32", "float64"])
            element, make = self.elements(d.choice(INTEGERS), fl, money, unit, d.choice(ZONES))
            types.append((name, f"list[{element}]"))
            columns.append(self.values(lambda e=element, m=make: self.array(e, m), rows))
        options.types = tuple(types)
        return self.one_file(names, columns, rows, options, options.delimiter), options


@pytest.mark.parametrize("seed", range(FILES))
def test_made_lists(tmp_path, seed):
    data, options = Lists(seed).table()
    sets, sizes = instruction_sets(), windows(len(data))
    runs = [(1, None, None), (3, sizes[0], sets[seed % len(sets)]), (2, sizes[-1], sets[-1])]
    run_all(tmp_path, data, options, runs)


def test_the_oracle_met_every_list():
    expected = [expected_of(*Lists(seed).table()) for seed in range(FILES)]
    columns = [c for table in expected if isinstance(table, Table) for c in table.columns]
    types = {c.type for c in columns if any(c.values)}
    plain = {t.split("[")[1].split("(")[0].rstrip("]") for t in types}
    assert plain >= {"bool8", "float16", "float32", "float64", "decimal128", "date32", "date64"}
    assert plain >= {"timestamp", "time32", "time64", "string"} and len(plain & {*INTEGERS}) > 5
    assert sum(c.misfits for c in columns) > 3 and any(None in c.values for c in columns)


# ---- long lists ----


def numbers(dice, n, most=10**6):
    return [dice.randrange(-most, most) for _ in range(n)]


@pytest.mark.parametrize("on_error", [(), ("--on-error", "null")])
def test_long_lists_are_written_in_parts(tmp_path, on_error):
    """More elements and bytes than the buffers may hold (4 MiB at 16 MiB of memory), in one list
    and in many; a wrong one at the end of a long list takes all of it back (C-94)."""
    dice = random.Random(5)
    lists = [numbers(dice, n) for n in (0, 900_000, 3, 400_000, 1)]
    lists += [numbers(dice, 1000) for _ in range(900)]
    words = [["é" * 700_000, "x"], [], ["w" * 3_000_000], ["\n" * 700_000, "y" * 500_000]]
    words += [[f"w{i}", ""] for i in range(901)]
    if on_error:
        lists.insert(2, [*lists[1], 10**12])
        words.insert(2, ["z"])
    source = tmp_path / "in.csv"
    lines = [
        f'"{json.dumps(a)}","{json.dumps(b, ensure_ascii=False)}"'.replace('"', '""')
        .replace('""[', '"[')
        .replace(']""', ']"')
        for a, b in zip(lists, words)
    ]
    source.write_text("\n".join(["n,s", *lines]) + "\n")
    options = ["--types", "n=list[int64],s=list[string]", *on_error]
    if on_error:
        options[1] = "n=list[int32],s=list[string]"
        lists[2] = None
    results = [
        pack(source, tmp_path / f"{threads}.shmcol", options, threads, memory=memory)
        for threads, memory in ((1, None), (1, "16M"), (3, "16M"))
    ]
    for result in results:
        assert result.status == 0, result.error
        assert result.data == results[0].data
    table = pa.ipc.open_file(results[0].data).read_all()
    table.validate(full=True)
    assert table["n"].to_pylist() == lists
    assert table["s"].to_pylist() == words


# ---- errors ----

WRONG = [
    ("int32", "[1,2,x]", 'element 3, "x", of a list in column "l" is no int32'),
    ("int32", "[3000000000]", 'element 1, "3000000000", of a list in column "l" is no int32'),
    ("uint8", "[1,-1]", 'element 2, "-1", of a list in column "l" is no uint8'),
    ("int8", '["1","é"]', 'element 2, "é", of a list in column "l" is no int8'),
    ("float16", "[1,65520]", 'element 2, "65520", of a list in column "l" is no float16'),
    (
        "decimal(3,1)",
        "[1.25]",
        'element 1, "1.25", of a list in column "l" is no decimal128(3,1)',
    ),
    (
        "timestamp[ms;UTC]",
        '["2024-01-01T00:00:00.1234"]',
        'element 1, "2024-01-01T00:00:00.1234", of a list in column "l" is no timestamp[ms;UTC]',
    ),
    ("string", '["a",1]', 'element 2, "1", of a list in column "l" is no string: it has no quotes'),
    ("int8", "[1,null]", 'element 2, "null", of a list in column "l" is null, and lists hold no'),
    ("int8", "[[1]]", 'element 1, "[1", of a list in column "l" is an array, and lists hold no'),
    ("int8", '[{"a":1}]', "is an object, and lists hold no objects"),
    ("int8", "[1,]", 'element 2, "", of a list in column "l" is missing'),
    ("int8", "1", '"1" in column "l" is no list[int8]: it does not begin with ['),
    ("int8", "[1] 2", '"[1] 2" in column "l" is no list[int8]: there is text behind the ]'),
    ("string", '["\\ud800"]', "has half of a surrogate pair, which is no character"),
]


@pytest.mark.parametrize("element,text,message", WRONG)
def test_errors_name_the_element(tmp_path, element, text, message):
    """C-82"""
    source = tmp_path / "in.csv"
    field = text.replace('"', '""')
    source.write_text(f'a,l\n1,[]\n2,"{field}"\n3,[]\n')
    options = ["--types", f"l=list[{element}]"]
    error = pack(source, tmp_path / "out.shmcol", options).error
    assert message in error["message"]
    assert (error["status"], error["rule"]) == ("CSV_VALUE", "C-82")
    assert (error["line"], error["line_column"], error["column"]) == (3, 3, 1)
    assert "--types 'l=string' keeps the text, --on-error null" in error["hint"]
    null = pack(source, tmp_path / "out.shmcol", [*options, "--on-error", "null"])
    assert pa.ipc.open_file(null.data).read_all()["l"].to_pylist() == [[], None, []]
    kept = pack(source, tmp_path / "out.shmcol", ["--types", "l=string", "--dictionary", "never"])
    assert pa.ipc.open_file(kept.data).read_all()["l"].to_pylist() == ["[]", text, "[]"]


TYPES = [
    ("list", "the type of the elements is missing, as in list[int32]"),
    ("list[]", "the brackets are empty"),
    ("list[list[int8]]", "a list holds no lists"),
    ("list[int9]", '"int9" is no type of elements'),
    ("list[dictionary]", "the elements of a list are not of the type dictionary"),
    ("list[auto]", "the elements of a list are not of the type auto"),
    ("list[time]", "the elements of a list are not of the type time"),
    ("list[int8[hex]]", "the elements of a list take no form"),
    ("list[date[%d/%m/%Y]]", "the elements of a list take no form"),
    ("list[timestamp[s;;epoch]]", "the elements of a list take no form"),
    ("list[decimal]", "precision and scale are missing"),
    ("list[time32]", "a unit is missing"),
    ("list[int8", ""),
    ("list(1)[int8]", "only decimal takes round brackets"),
]


@pytest.mark.parametrize("type_,message", TYPES)
def test_types_that_are_none(tmp_path, type_, message):
    """C-51, C-82"""
    source = tmp_path / "in.csv"
    source.write_text("l\n[]\n")
    error = pack(source, tmp_path / "out.shmcol", ["--types", f"l={type_}"]).error
    assert error["status"] == "TYPE_NAME" and message in error["message"]


def test_types_in_a_list_of_types(tmp_path):
    """C-51: brackets within brackets, and commas in them."""
    source = tmp_path / "in.csv"
    source.write_text("a,b,c,d\n[],[],[],1\n")
    types = "a=list[decimal(9,2)],b=list[timestamp[us;Europe/Paris]],*=list[time64[ns]],d=int8"
    result = pack(source, tmp_path / "out.shmcol", ["--types", types])
    told = [c["type"] for c in result.answer["columns"]]
    zone = "list[timestamp[us, Europe/Paris]]"
    assert told == ["list[decimal128(9,2)]", zone, "list[time64[ns]]", "int8"]


def test_forms_for_all_columns_are_not_for_elements(tmp_path):
    """C-79, C-82; bare numbers have a point also where the decimal mark is a comma."""
    source = tmp_path / "in.csv"
    source.write_text('d;f;x\n"[""2024-01-31""]";"[1.5,""1,5""]";31/01/2024\n')
    options = ["--types", "d=list[date],f=list[float64]", "--decimal-comma"]
    result = pack(source, tmp_path / "o.shmcol", [*options, "--date-format", "%d/%m/%Y"])
    table = pa.ipc.open_file(result.data).read_all()
    assert table["f"].to_pylist() == [[1.5, 1.5]]
    assert str(table["d"][0].as_py()[0]) == "2024-01-31"
    assert table.schema.field("x").type == pa.date64()
