"""Fields of several inputs reach the columns by name (C-95, C-96): the file has the same bytes as
that of one input that plain Python has joined."""

import json
import os
import pathlib
import random

import pytest
from ingest_tools import instruction_sets, run_pack

NAMES = ("id", "value", "day", "who", "ok", "at", "note", "x,y", 'q"q', "ü")
WINDOWS = (1, 2, 3, 7, 64, 100, 1000, None)


def values_of(dice, kind):
    """A function that makes values of one kind of column."""
    words = [str(dice.randrange(1000)) for _ in range(5)]
    return {
        "int": lambda: str(dice.randrange(-(10**9), 10**9)),
        "float": lambda: repr(dice.uniform(-9, 9)),
        "bool": lambda: dice.choice(["true", "False"]),
        "date": lambda: f"{dice.randrange(1900, 2100)}-0{dice.randrange(1, 10)}-11",
        "time": lambda: f"2024-05-0{dice.randrange(1, 10)}T05:0{dice.randrange(10)}:11.5",
        "word": lambda: dice.choice(words),
        "text": lambda: "".join(dice.choices("ab ,;\t\n\r\"'é0", k=dice.randrange(1, 9))),
        "long": lambda: "x" * dice.randrange(200),
    }[kind]


class Made:
    """Random columns, and inputs that have them in any order, perhaps not all of them."""

    def __init__(self, seed, some=False):
        self.dice = dice = random.Random(seed)
        self.kinds = {}
        self.makers = {}
        for name in dice.sample(NAMES, dice.randrange(2, len(NAMES))):
            kinds = ["int", "float", "bool", "date", "time", "word", "text", "long"]
            self.makers[name] = values_of(dice, dice.choice(kinds))
        self.delimiter = dice.choice(",;\t|")
        self.end = dice.choice(["\n", "\r\n"])
        self.inputs = []  # (names, rows)
        for _ in range(dice.randrange(1, 6)):
            names = list(self.makers)
            if dice.random() < 0.7:
                dice.shuffle(names)
            if some and len(names) > 2:
                names = names[: dice.randrange(2, len(names))]
            count = dice.choice([0, 1, 2, 9, 40, 300])
            self.inputs.append((names, [self.row(names) for _ in range(count)]))

    def row(self, names):
        dice = self.dice
        return [None if dice.random() < 0.1 else self.makers[name]() for name in names]

    def field(self, value):
        if value is None:
            return ""
        quoted = any(c in value for c in '\r\n"' + self.delimiter) or value != value.strip()
        if value == "" or quoted or self.dice.random() < 0.05:
            return '"' + value.replace('"', '""') + '"'
        return value

    def text(self, names, rows):
        lines = [self.delimiter.join(map(self.field, row)) for row in [names, *rows]]
        last = self.end if self.dice.random() < 0.7 else ""
        return (self.end.join(lines) + last).encode()

    def order(self):
        """All names in the order in which they are first seen."""
        return list(dict.fromkeys(name for names, _ in self.inputs for name in names))

    def joined(self, columns):
        """The rows of all inputs with these columns."""
        rows = []
        for names, some in self.inputs:
            rows += [[dict(zip(names, row)).get(name) for name in columns] for row in some]
        return rows


def write_inputs(tmp_path, made):
    paths = []
    for i, (names, rows) in enumerate(made.inputs):
        paths.append(tmp_path / f"{i}.csv")
        paths[-1].write_bytes(made.text(names, rows))
    return paths


def packed(arguments, out, isa=""):
    """The bytes of the file; fails unless it was packed."""
    status, _, errors = run_pack(["-q", "--no-sync", "-f", *arguments, "-o", out], isa)
    assert status == 0, errors
    return out.read_bytes()


def ways(dice, count):
    """Some of all ways to pack."""
    sets = instruction_sets()
    sets = sets[-2:] if len(sets) > 1 else sets
    for _ in range(count):
        window = dice.choice(WINDOWS)
        yield (
            [
                *["--threads", dice.choice([1, 2, 3])],
                *(["--window", window] if window else []),
            ],
            dice.choice(["scalar", *sets]),
        )


def same_as_joined(tmp_path, made, columns, *options):
    """Packs the inputs in several ways, and one that Python has joined."""
    one = tmp_path / "one.csv"
    one.write_bytes(made.text(columns, made.joined(columns)))
    how = ["--delimiter", made.delimiter]
    expected = packed([*how, one], tmp_path / "one.shmcol")
    paths = write_inputs(tmp_path, made)
    for more, isa in ways(made.dice, 4):
        data = packed([*how, *more, *options, *paths], tmp_path / "many.shmcol", isa)
        assert data == expected, (more, isa)


@pytest.mark.parametrize("seed", range(25))
def test_c95_columns_stand_anywhere(tmp_path, seed):
    made = Made(seed)
    same_as_joined(tmp_path, made, made.inputs[0][0])
    chosen = made.dice.sample(list(made.makers), max(2, len(made.makers) - 1))
    same_as_joined(tmp_path, made, chosen, *columns_option(chosen))


def columns_option(names):
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    return "--columns", ",".join(quoted)


@pytest.mark.parametrize("seed", range(25))
def test_c96_union_fills_with_nulls(tmp_path, seed):
    made = Made(seed, some=True)
    columns = made.order()
    same_as_joined(tmp_path, made, columns, "--union")
    chosen = made.dice.sample(columns, max(2, len(columns) - 1))
    same_as_joined(tmp_path, made, chosen, "--union", *columns_option(chosen))
    common = [name for name in columns if all(name in names for names, _ in made.inputs)]
    if len(common) > 1:
        same_as_joined(tmp_path, made, common, *columns_option(common))


def refused(tmp_path, inputs, *options):
    """The status, the number of the input, and the message and hint of a run that fails."""
    paths = []
    for i, text in enumerate(inputs):
        paths.append(tmp_path / f"{i}.csv")
        paths[-1].write_bytes(text.encode())
    status, told, _ = run_pack(["--json", "--dry-run", "-o", "x", *options, *paths])
    assert status != 0, told
    error = json.loads(told)["error"]
    number = paths.index(pathlib.Path(error["path"])) if error.get("path") else None
    return error["status"], number, error["message"] + "; " + (error["hint"] or "")


DIFFER = "CSV_HEADERS_DIFFER"
REFUSED = [
    # C-95: the first input whose header does not fit, and its first difference
    (["a,b\n", "b,a\n", "a,c\n"], [], (DIFFER, 2, 'lacks the column "b"')),
    (["a,b\n", "b\n"], [], (DIFFER, 1, 'lacks the column "a"')),
    (["a,b\n", "c,b,a\n"], [], (DIFFER, 1, 'a column "c", which that of')),
    (["a,b\n", "a,b,b\n"], [], (DIFFER, 1, '"b" stands twice')),
    (["a,b\n", "a,b,\n"], [], (DIFFER, 1, "an empty name")),
    (["a,a\n", "a,a\n", "a,b\n"], [], (DIFFER, 2, '"a" stands twice')),
    (["a,\n", "a,\n", "a,b\n"], [], (DIFFER, 2, "an empty name")),
    (["a,b\n", "A,b\n"], [], (DIFFER, 1, "--union")),
    (["a,b\n", "a,c\n"], ["--columns", "b"], (DIFFER, 1, 'lacks the column "b"')),
    (["a,b\n", "a,c\n"], ["--columns", "c"], (DIFFER, 0, 'lacks the column "c"')),
    (["a,b\n", "a,c\n"], ["--columns", "d"], ("NO_COLUMN", None, '"d"')),
    (["a,b\n", "a,b,b\n"], ["--columns", "a"], (DIFFER, 1, '"b" stands twice')),
    # C-96
    (["a,b\n", "a,b,b\n"], ["--union"], (DIFFER, 1, '"b" stands twice')),
    (["a,b\n", "c,\n"], ["--union"], (DIFFER, 1, "an empty name")),
    (["a,a\n", "c\n"], ["--union"], (DIFFER, 1, '"a" stands twice')),
    (["a\n", "b\n"], ["--union", "--columns", "c"], ("NO_COLUMN", None, '"c"')),
    # each input has the fields of its own header (C-11)
    (["a,b\n1,2\n", "c\n1,2\n"], ["--union"], ("CSV_RAGGED", 1, "2 fields where 1")),
    (["a\n1\n", "b,c\n1,2\n1\n"], ["--union"], ("CSV_RAGGED", 1, "1 fields where 2")),
    # and the leftmost value that does not fit is that of the record (C-16)
    (
        ["a,b\n1,2\n", "b,a\nx,y\n"],
        ["--types", "*=int64"],
        ("CSV_VALUE", 1, '"x" in column "b"'),
    ),
]


@pytest.mark.parametrize("inputs, options, expected", REFUSED)
def test_c95_headers_that_do_not_fit(tmp_path, inputs, options, expected):
    status, number, text = refused(tmp_path, inputs, *options)
    assert (status, number) == expected[:2] and expected[2] in text, (status, number, text)


def test_c95_names_that_stand_twice_are_matched_in_order(tmp_path):
    for options in ([], ["--union"]):
        same = packed_text(tmp_path, ["a,,a\n1,2,3\n", "a,,a\n4,5,6\n"], *options)
        assert same == packed_text(tmp_path, ["a,,a\n1,2,3\n4,5,6\n"])


def packed_text(tmp_path, inputs, *options):
    paths = []
    for i, text in enumerate(inputs):
        paths.append(tmp_path / f"{i}.csv")
        paths[-1].write_bytes(text.encode())
    return packed([*options, *paths], tmp_path / "text.shmcol")


def test_c8_a_blank_line_is_a_null_where_its_input_has_one_field(tmp_path):
    data = packed_text(tmp_path, ["a\n1\n\n2\n", "b,a\n\n3,4\n\n"], "--union")
    assert data == packed_text(tmp_path, ["a,b\n1,\n,\n2,\n4,3\n"])


def test_c96_a_column_whose_first_value_comes_late(tmp_path):
    """The sample may not have seen it: the column is read again."""
    inputs = ["a,b\n" + "1,x\n" * 70000, "c,a\n" + "1.5,2\n" * 3 + "2020-01-01,2\n"]
    joined = ["a,b,c\n" + "1,x,\n" * 70000 + "2,,1.5\n" * 3 + "2,,2020-01-01\n"]
    for options in (["--threads", "1"], ["--threads", "2", "--window", "4096"]):
        data = packed_text(tmp_path, inputs, "--union", *options)
        assert data == packed_text(tmp_path, joined)


@pytest.mark.parametrize("seed", range(15))
def test_c97_the_path_of_each_record(tmp_path, seed):
    made = Made(seed + 100, some=True)
    columns = made.order()
    paths = write_inputs(tmp_path, made)
    one = tmp_path / "one.csv"
    origins = [str(path) for path, (_, rows) in zip(paths, made.inputs) for _ in rows]
    rows = [[*row, path] for row, path in zip(made.joined(columns), origins)]
    one.write_bytes(made.text([*columns, "from"], rows))
    how = ["--delimiter", made.delimiter]
    told = ["--types", "from=string", "--dictionary", "from=always"]
    expected = packed([*how, *told, one], tmp_path / "one.shmcol")
    for more, isa in ways(made.dice, 4):
        more += ["--union", "--file-column", "from"]
        data = packed([*how, *more, *paths], tmp_path / "many.shmcol", isa)
        assert data == expected, (more, isa)


def test_c97_with_other_options(tmp_path):
    source = tmp_path / "in.csv"
    source.write_bytes(b"a,b\n1,x\n")
    for options, header, row in [
        ([], "a,b", "1,x"),
        (["--columns", "b"], "b", "x"),
        (["--columns", "b", "--file-column", "a"], "b", "x"),  # it is not a column of the table
    ]:
        name = options[-1] if "--file-column" in options else "file"
        data = packed([*options, "--file-column", name, source], tmp_path / "out.shmcol")
        one = [f"{header},{name}\n{row},{source}\n"]
        told = ["--types", f"{name}=string", "--dictionary", f"{name}=always"]
        assert data == packed_text(tmp_path, one, *told)
    report = report_of("--file-column", "file", "--no-header", source)
    assert [c["name"] for c in report["columns"]] == ["column_1", "column_2", "file"]
    last = report["columns"][-1]
    assert (last["type"], last["distinct"], last["forced"], last["nulls"]) == (
        "dictionary",
        1,
        False,
        0,
    )
    assert last["reason"] == "the path of each record's input"


def report_of(*arguments):
    status, told, errors = run_pack(["--json", "--dry-run", "-o", "x", *arguments])
    assert status == 0, errors
    return json.loads(told)


REFUSED_97 = [
    (["--file-column", "b"], "INVALID_ARGUMENT", "as another column is"),
    (["--file-column", ""], "INVALID_ARGUMENT", "from 1 to 65,535 bytes"),
    (["--file-column", "é" * 33000], "INVALID_ARGUMENT", "from 1 to 65,535 bytes"),
    (["--file-column", b"\xff"], "INVALID_ARGUMENT", "not UTF-8"),
    (["--file-column", "f", "--types", "f=string"], "NO_COLUMN", '"f"'),
    (["--file-column", "f", "--columns", "f"], "NO_COLUMN", '"f"'),
    (["--file-column", "f", "--dictionary", "f=never"], "NO_COLUMN", '"f"'),
    (["--file-column", "column_3", "--no-header"], None, None),
    (["--file-column", "column_2", "--no-header"], "INVALID_ARGUMENT", "column_2"),
]


@pytest.mark.parametrize("options, code, what", REFUSED_97)
def test_c97_names_that_cannot_be(tmp_path, options, code, what):
    source = tmp_path / "in.csv"
    source.write_bytes(b"a,b\n1,x\n")
    options = [os.fsdecode(each) for each in options]
    status, told, _ = run_pack(["--json", "--dry-run", *options, source])
    error = json.loads(told).get("error")
    assert (error and error["status"]) == code, told
    assert code is None or what in error["message"]
    assert status == (0 if code is None else 2)


def test_c97_a_path_that_is_not_utf8(tmp_path):
    source = os.fsencode(tmp_path) + b"/\xff.csv"
    pathlib.Path(os.fsdecode(source)).write_bytes(b"a\n1\n")
    status, told, _ = run_pack(["--json", "--dry-run", "--file-column", "f", os.fsdecode(source)])
    assert status == 2 and "not UTF-8" in told


C25 = [
    (["a,b,c\n1,2,3\n", "a;b;c\n4;5;6\n"], []),
    (["a,b,c\n1,2,3\n", "c\tb\ta\n6\t5\t4\n"], []),
    (["a,b,c\n1,2,3\n", "sep=|\nb|c|a\n5|6|4\n"], []),
    (["sep=;\na;b;c\n1;2;3\n", "a,b,c\n4,5,6\n"], []),
    (["a,b,c\n1,2,3\n", '"a";"b";"c"\n4;5;6\n'], []),  # with a comma it is an error
    (["a,b,c\n1,2,3\n", "c,b,a\n6,5,4"], []),
    (["a;b;c\n1;2;3\n", "a;b;c\n4;5;6\n", "a;b;c\n"], []),  # it is found in the first
    (["a,b\n1,2\n", "b|c|d\n5||\n", "a;c;b\n;6;7\n", "e|f|g\n8||\n"], ["--union"]),
]


@pytest.mark.parametrize("inputs, options", C25)
def test_c25_each_input_has_its_delimiter(tmp_path, inputs, options):
    if options:
        joined = ["a,b,c,d,e,f,g\n1,2,,,,,\n,5,,,,,\n,7,6,,,,\n,,,,8,,\n"]
    else:
        joined = ["a,b,c\n1,2,3\n4,5,6\n"]
    for more in (["--window", "1", "--threads", "3"], []):
        data = packed_text(tmp_path, inputs, *options, *more)
        assert data == packed_text(tmp_path, joined)


def test_c25_a_header_that_fits_with_no_delimiter(tmp_path):
    status, number, text = refused(tmp_path, ["a,b,c\n1,2,3\n", "a;b;d\n1;2;3\n"])
    assert (status, number) == (DIFFER, 1)
    assert 'lacks the column "a"' in text and '";"' in text


def cut_last(fields, dice):
    """The fields of a record without some of its last ones, which are null."""
    fields = list(fields)
    while len(fields) > 1 and fields[-1] is None and dice.random() < 0.8:
        fields.pop()
    return fields


class Declared(Made):
    """Inputs whose records lack last fields (C-88), or have an extra empty one (C-89)."""

    def __init__(self, seed, short, extra):
        super().__init__(seed, some=True)
        self.short = self.extras = 0
        share = self.dice.choice([0.01, 0.3, 0.9]) if short else 0
        self.texts = []
        for names, rows in self.inputs:
            for row in rows:
                if self.dice.random() < share:
                    row[self.dice.randrange(1, len(row)) :] = [None] * len(row)
                    del row[len(names) :]
            self.texts.append(self.own_text(names, rows, short, extra and self.dice.random() < 0.7))

    def own_text(self, names, rows, short, extra):
        lines = [self.delimiter.join(map(self.field, names))]
        for number, row in enumerate(rows):
            fields = cut_last(row, self.dice) if short and (number or not extra) else list(row)
            whole = len(fields) == len(names)
            more = extra and whole and (not short or number == 0 or self.dice.random() < 0.8)
            self.short += not whole
            self.extras += more
            lines.append(self.delimiter.join(map(self.field, fields + [None] * more)))
            while short and lines[-1] == "":
                lines[-1] = '""'  # a blank line is no record
                row[0] = ""
        last = self.end if self.dice.random() < 0.7 else ""
        return (self.end.join(lines) + last).encode()


@pytest.mark.parametrize("seed", range(30))
def test_c88_c89_records_of_another_length(tmp_path, seed):
    short, extra = seed % 3 != 0, seed % 3 != 1
    made = Declared(seed + 200, short, extra)
    columns = made.order()
    one = tmp_path / "one.csv"
    one.write_bytes(made.text(columns, made.joined(columns)))
    how = ["--delimiter", made.delimiter]
    expected = packed([*how, one], tmp_path / "one.shmcol")
    paths = []
    for i, text in enumerate(made.texts):
        paths.append(tmp_path / f"{i}.csv")
        paths[-1].write_bytes(text)
    options = ["--union", *(["--short-records", "null"] if short else [])]
    options += ["--drop-extra"] if extra else []
    for more, isa in ways(made.dice, 4):
        data = packed([*how, *more, *options, *paths], tmp_path / "many.shmcol", isa)
        assert data == expected, (more, isa)
    report = report_of(*how, *options, *paths)
    assert (report["short_records"], report["extra_fields"]) == (made.short, made.extras)


def test_c88_c89_each_record_is_short_and_some_are_long(tmp_path):
    """Every extent is padded, and its records are handed out in several parts; a record is longer
    than an extent."""
    names = [f"c{i}" for i in range(300)]
    long = ["x" * 5000, '"' + 'y""' * 3000 + '"']
    rows = [[str(i), "a"] for i in range(400)] + [["1", *long], ["2", long[1]]] * 3
    text = "\n".join(",".join(row) for row in [names, *rows])
    whole = "\n".join(",".join(row + [""] * (300 - len(row))) for row in [names, *rows])
    expected = packed_text(tmp_path, [whole])
    for end in ("\n", "\r\n"):
        for window in (1, 64, 4096, 1000000):
            options = ["--short-records", "null", "--window", str(window), "--threads", "2"]
            assert packed_text(tmp_path, [text.replace("\n", end)], *options) == expected


REFUSED_89 = [
    ("a,b\n1,2,\n3,4\n", ["--drop-extra"], ("CSV_RAGGED", 3)),
    ("a,b\n1,2,\n3,4,,\n", ["--drop-extra"], ("CSV_RAGGED", 3)),
    ("a,b\n1,2,\n3,4,x\n", ["--drop-extra"], ("CSV_RAGGED", 3)),
    ('a,b\n1,2,\n3,4,""\n', ["--drop-extra"], ("CSV_RAGGED", 3)),
    ("a,b\n1,2,x\n3,4,\n", ["--drop-extra"], ("CSV_RAGGED", 2)),
    ("a,b\n1,2\n3,4,\n", ["--drop-extra"], ("CSV_RAGGED", 3)),
    ("a,b\n1,2, \n", ["--drop-extra"], ("CSV_RAGGED", 2)),
    ("a,b\n1,2,\n3,4,\n", [], ("CSV_RAGGED", 2)),
    ("a,b\n1,2,\n3,4,5,\n", ["--drop-extra", "--short-records", "null"], ("CSV_RAGGED", 3)),
    ("a,b\n1\n1,2,\n", ["--short-records", "null"], ("CSV_RAGGED", 3)),
    ("a,b\n1\n", [], ("CSV_RAGGED", 2)),
    ("a,b\nx\n", ["--short-records", "null", "--types", "*=int64"], ("CSV_VALUE", 2)),
    ("1\n1,2\n", ["--short-records", "null", "--no-header"], ("CSV_RAGGED", 2)),
    ("a,b\n1,2,\n", ["--drop-extra", "--no-header"], ("INVALID_ARGUMENT", None)),
]


@pytest.mark.parametrize("text, options, expected", REFUSED_89)
def test_c88_c89_records_that_stay_ragged(tmp_path, text, options, expected):
    source = tmp_path / "in.csv"
    source.write_bytes(text.encode())
    _, told, _ = run_pack(["--json", "--dry-run", *options, source])
    error = json.loads(told)["error"]
    assert (error["status"], error["line"]) == expected


def test_c88_c89_beside_other_options(tmp_path):
    same = packed_text(tmp_path, ["a,b\n1,2\n3,\n"])
    for text, options in [
        ("a,b\n# x\n\n1,2,\n3,,\n\n", ["--drop-extra", "--comment", "#"]),
        ("a,b\n1,2, \n3, ,\t\n", ["--drop-extra", "--trim"]),
        ("a,b\n1,2,\n1,2,x\n3,,\n", ["--drop-extra", "--on-error", "skip"]),
        ("a,b\n1,2\n3\n1,2,3\n", ["--short-records", "null", "--on-error", "skip"]),
        ("a,b\n1,2\n3\n", ["--short-records", "null", "--types", "b=int64"]),
        ("a,b\n1,2\n3\n", ["--short-records", "null", "--null", "x"]),
    ]:
        assert packed_text(tmp_path, [text], *options) == same, options
    data = packed_text(tmp_path, ["1,2,x\n3\n"], "--no-header", "--short-records", "null")
    assert data == packed_text(tmp_path, ["1,2,x\n3,,\n"], "--no-header")
