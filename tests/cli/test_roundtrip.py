"""Packing what shmcol-cat writes gives the same file, byte for byte."""

import json
import random

import pytest
from cli import ROOT, cat_bytes, good, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TABLES = [
    "a\n1\n\n2\n",
    "a\n\n",
    'a\n""\n',
    'a\n""\n\nx\n',
    "a,b\n,\n,\n",
    "a,b\n",
    "a\n",
    '""\n1\n',
    "a,a,,\n1,2,3,4\n",
    "f\n1.0\n2\n-0\n1e300\n5e-324\n0.1\n1e22\n123456789012345680\nnan\ninf\n-Infinity\n\n",
    "f\ninf\n5\n",
    "f\nnan\ninf\n",
    "b\nTRUE\nfalse\n\n",
    "i\n9223372036854775807\n-9223372036854775808\n0\n",
    "i\n9223372036854775808\n1\n",
    "i\n18446744073709551616\n1.5\n",
    "z\n007\n+1\n",
    "d\n0001-01-01\n9999-12-31\n2000-02-29\n\n",
    "t\n2020-01-01 00:00:00\n1969-12-31T23:59:59\n\n",
    "t\n2020-01-01T00:00:00.1\n2020-01-01T00:00:00\n",
    "t\n2020-01-01T00:00:00.123456\n",
    "t\n2020-01-01T00:00:00.1234567\n1700-01-01T00:00:00\n",
    "t\n2020-01-01T00:00:00Z\n2021-01-01T00:00:00+00:00\n",
    "t\n2020-01-01T00:00:00.5+05:30\n2020-01-01T00:00:00+05:30\n",
    "t\n2020-01-01T00:00:00-11:00\n",
    "t\n2020-01-01T00:00:00+01:00\n2020-01-01T00:00:00-01:00\n",
    "t\n2020-01-01\n2020-01-01T00:00:00\n",
    "s\n a \n\tb\n",
    's\n"a,b;c|d\te"\n"q""q"\n"l\nl"\n"r\r\nr"\n"r\rr"\n',
    "s;t\nx;y\n",
    "a,b\n1;2;3,x\n4;5;6,y\n",
    "a\n1;2;3\n4;5;6\n",
    "a\n1|2|3\n",
    "a\n1\t2\t3\n",
    "\ufeff\ufeffa,b\n1,2\n",
    '"P*M\x18",b\n1,2\n',
    "#a,b\n#1,2\n",
    "a,b\n'x','y'\n",
    'a,b\nx"y,z""w\n',
    "ä,日本語,𝄞\né,漢字,🎉\n",
    "n\nNA\nNULL\nnull\nNaN\n",
    "n\n1\nNaN\n",
    'a,b\n"1",""\n"2","x"\n',
    'a,b\n"",1\n"",2\n',
    "a;b;c\n1;2;3\n",
    "a\tb\tc\n1\t2\t3\n",
    "w\n" + "".join(f"w{i % 5}\n" for i in range(500)),
    "w,i\n" + "".join(f"w{i},{i}\n" for i in range(70000)),
]


def there_and_back(directory, data, *args):
    first, second = directory / "1.shmcol", directory / "2.shmcol"
    (directory / "1.csv").write_bytes(data)
    packed = run("pack", "-q", "-f", "--no-sync", *args, directory / "1.csv")
    assert packed.returncode == 0, packed.stderr
    (directory / "2.csv").write_bytes(cat_bytes(first))
    good("pack", "-q", "-f", "--no-sync", directory / "2.csv")
    assert first.read_bytes() == second.read_bytes()
    # A table that was written once is written the same again, as text too.
    assert cat_bytes(second) == (directory / "2.csv").read_bytes()
    # Tabs in place of commas say the same.
    (directory / "2.csv").write_bytes(cat_bytes(first, "--format", "tsv"))
    good("pack", "-q", "-f", "--no-sync", "--delimiter", "tab", directory / "2.csv")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("table", TABLES, ids=[repr(t[:30]) for t in TABLES])
def test_tables(tmp_path, table):
    there_and_back(tmp_path, table.encode())


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "data").glob("*.csv*")), ids=lambda p: p.name
)
def test_real_tables(tmp_path, path):
    first, text, second = tmp_path / "1.shmcol", tmp_path / "2.csv", tmp_path / "2.shmcol"
    good("pack", "-q", path, first)
    text.write_bytes(cat_bytes(first))
    good("pack", "-q", text)
    assert first.read_bytes() == second.read_bytes()


FIELD = st.one_of(
    st.just(""),
    st.integers(-(1 << 65), 1 << 65).map(str),
    st.floats().map(repr),
    st.dates().map(str),
    st.datetimes().map(lambda d: d.isoformat()),
    st.booleans().map(str),
    st.text(alphabet="ab ,;|\t\"'#\r\né日0123456789.-+eE:TZ", max_size=12),
    st.sampled_from(["NA", "null", "0", "-0", "1.", ".5", "00"]),
)


def quoted(text, always):
    return (
        '"' + text.replace('"', '""') + '"'
        if always or any(c in text for c in ',;|\t"\r\n')
        else text
    )


@st.composite
def table(draw):
    columns = draw(st.integers(1, 4))
    kinds = draw(st.lists(st.booleans(), min_size=columns, max_size=columns))
    names = draw(
        st.lists(st.text(alphabet='abc ,"é;', max_size=3), min_size=columns, max_size=columns)
    )
    lines = [[quoted(n, not n) for n in names]]
    for _ in range(draw(st.integers(0, 6))):
        lines.append(
            [
                quoted(draw(FIELD), draw(st.booleans())) if kind else str(draw(st.integers(-5, 5)))
                for kind in kinds
            ]
        )
    return "".join(",".join(line) + "\n" for line in lines)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table())
def test_made_up_tables(tmp_path, data):
    there_and_back(tmp_path, data.encode(), "--delimiter", ",")


def test_a_larger_table(tmp_path):
    r = random.Random(7)
    lines = ["id,price,word,note,day,at,flag"]
    for i in range(30000):
        note = "" if i % 11 == 0 else f'said "{r.randrange(1000)}", then | left;'.replace('"', '""')
        lines.append(
            f"{i},{r.random() * 10 ** r.randrange(-5, 18)!r},w{r.randrange(300)},"
            f'"{note}",{r.randrange(1900, 2100)}-0{r.randrange(1, 10)}-11,'
            f"2024-01-01T00:00:00.{r.randrange(10**6):06d}Z,{r.choice(['true', 'false', ''])}"
        )
    there_and_back(tmp_path, ("\n".join(lines) + "\n").encode())


# ---- lists (C-82) ----

LISTS = {
    "bool": ["true,false", "", "true"],
    **{f"int{n}": [f"{-(1 << n - 1)},{(1 << n - 1) - 1}", "", "0"] for n in (8, 16, 32, 64)},
    **{f"uint{n}": [f"0,{(1 << n) - 1}", "", "7"] for n in (8, 16, 32, 64)},
    "float16": ['0.1,65504,6e-8,-0.0,"NaN","Infinity","-Infinity"', "", "1"],
    "float32": ['0.1,3.4028235e38,1e-45,-0.0,"NaN","Infinity","-Infinity"', "", "16777217"],
    "float64": ['0.1,1.7976931348623157e308,5e-324,1e22,-0.0,"NaN","-Infinity"', "", "1e16"],
    "decimal(38,10)": ["-9999999999999999999999999999.9999999999,0.0000000001,0", "", "12.5"],
    "decimal(3)": ["-999,999", "", "0"],
    "date32": ['"0000-01-01","9999-12-31"', "", '"1970-01-01"'],
    "date64": ['"0000-01-01","9999-12-31"', "", '"1970-01-01"'],
    "timestamp[s]": ['"0001-01-01T00:00:00","9999-12-31T23:59:59"', "", '"2024-02-29T12:00:00"'],
    "timestamp[ms;UTC]": ['"1969-12-31T23:59:59.999Z"', "", '"2024-01-01T00:00:00Z"'],
    "timestamp[us;+05:30]": ['"2024-01-01T00:00:00.000001+05:30"', "", '"2024-01-01T00:00:00Z"'],
    "timestamp[ns;Europe/Paris]": ['"2024-01-01T00:00:00.123456789Z"', "", '"1970-01-01T00:00Z"'],
    "time32[s]": ['"00:00:00","23:59:59"', "", '"12:00"'],
    "time32[ms]": ['"23:59:59.999"', "", '"12:00"'],
    "time64[us]": ['"23:59:59.999999"', "", '"12:00"'],
    "time64[ns]": ['"23:59:59.999999999"', "", '"12:00"'],
    "string": [
        r'"","a,b","q\"q","\\","\u0000\u001f\u007f","é日🎉","\ud83d\ude00","[1]","null"," "',
        "",
        r'"\n"',
    ],
}


@pytest.mark.parametrize("element", LISTS)
def test_lists(tmp_path, element):
    """Lists, an empty one and a null: cat prints what pack reads, with --types and --types-from."""
    first, second = tmp_path / "1.shmcol", tmp_path / "2.shmcol"
    rows = [quoted(f"[{text}]", True) for text in LISTS[element]]
    lines = "".join(f"{i},{row}\n" for i, row in enumerate([*rows, "", rows[0]]))
    (tmp_path / "1.csv").write_text("n,l\n" + lines)
    types = ["--types", f"l=list[{element}]"]
    good("pack", "-q", *types, tmp_path / "1.csv")
    assert good("check", "-q", first) == ""
    for how in (types, ["--types-from", first]):
        (tmp_path / "2.csv").write_bytes(cat_bytes(first))
        good("pack", "-q", "-f", *how, tmp_path / "2.csv")
        assert first.read_bytes() == second.read_bytes()
    (tmp_path / "2.csv").write_bytes(cat_bytes(first, "--format", "tsv"))
    good("pack", "-q", "-f", "--delimiter", "tab", *types, tmp_path / "2.csv")
    assert first.read_bytes() == second.read_bytes()


def test_lists_of_many_blocks(tmp_path):
    """Offsets, elements and bytes go on from block to block."""
    r = random.Random(3)
    lines = ["n,l,s,w"]
    for i in range(70000):
        numbers = [r.randrange(1 << r.randrange(1, 31)) for _ in range(r.randrange(4))]
        words = [f"w{r.randrange(1000)}" for _ in range(r.randrange(3))]
        fields = "" if i % 97 == 0 else json.dumps(numbers), json.dumps(words)
        lines.append(f"{i},{','.join(quoted(f, True) if f else f for f in fields)},w{i}")
    first, second = tmp_path / "1.shmcol", tmp_path / "2.shmcol"
    (tmp_path / "1.csv").write_text("\n".join(lines) + "\n")
    types = ["--no-sync", "--types", "l=list[int32],s=list[string]"]
    good("pack", "-q", *types, tmp_path / "1.csv")
    assert good("check", "-q", first) == ""
    (tmp_path / "2.csv").write_bytes(cat_bytes(first))
    good("pack", "-q", "--threads", "3", *types, tmp_path / "2.csv")
    assert first.read_bytes() == second.read_bytes()


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ELEMENTS = {
    "int8": st.integers(-128, 127),
    "uint64": st.integers(0, 2**64 - 1),
    "float16": st.floats(width=16),
    "float32": st.floats(width=32),
    "float64": st.floats(),
    "bool": st.booleans(),
    "date32": st.dates().map(str),
    "timestamp[us;UTC]": st.datetimes().map(lambda d: d.isoformat() + "Z"),
    "time64[us]": st.times().map(str),
    "string": TEXTS,
}


@st.composite
def list_table(draw):
    """(text, types)"""
    kinds = draw(st.lists(st.sampled_from(sorted(ELEMENTS)), min_size=1, max_size=3))
    lines, pads = [], st.sampled_from(["", "", " ", "\n"])
    for _ in range(draw(st.integers(0, 5))):
        values = [draw(st.none() | st.lists(ELEMENTS[kind], max_size=4)) for kind in kinds]
        texts = [json.dumps(v, ensure_ascii=draw(st.booleans())) for v in values]
        fields = [
            "" if v is None else quoted(draw(pads) + text + draw(pads), False)
            for v, text in zip(values, texts)
        ]
        lines.append(",".join([str(len(lines)), *fields]))
    names = ",".join(f"c{i}" for i in range(len(kinds)))
    types = ",".join(f"c{i}=list[{kind}]" for i, kind in enumerate(kinds))
    return "\n".join([f"n,{names}", *lines]) + "\n", types


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(list_table())
def test_made_up_lists(tmp_path, made):
    """What Python writes of lists is packed, and what shmcol-cat then prints gives the same."""
    text, types = made
    first, second = tmp_path / "1.shmcol", tmp_path / "2.shmcol"
    (tmp_path / "1.csv").write_text(text)
    pack = ("pack", "-q", "-f", "--no-sync", "--delimiter", ",", "--types", types)
    good(*pack, tmp_path / "1.csv")
    (tmp_path / "2.csv").write_bytes(cat_bytes(first))
    good(*pack, tmp_path / "2.csv")
    assert first.read_bytes() == second.read_bytes()
    assert cat_bytes(second) == (tmp_path / "2.csv").read_bytes()
