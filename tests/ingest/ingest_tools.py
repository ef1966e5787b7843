"""shmcol-pack as the tests of ingest run it, and its output as pyarrow reads it."""

import decimal
import functools
import hashlib
import json
import os
import pickle
import re
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from built import BUILD, ROOT
from csv_oracle import CsvError, Table, read_all

PACK_MANY = BUILD / "tests" / "pack_many"
THREADS = (1, 2, 3, 4, 7)
_idle = []  # processes of pack_many that wait for work


def start_pack_many():
    assert PACK_MANY.exists(), f"{PACK_MANY} is not built; SHMCOL_BUILD names the build's directory"
    return subprocess.Popen([str(PACK_MANY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def run_pack(arguments, isa=""):
    """Runs shmcol-pack. Gives its exit status, standard output and standard error."""
    try:
        many = _idle.pop()  # one thread gets it
    except IndexError:
        many = start_pack_many()
    strings = [isa, *map(str, arguments)]
    many.stdin.write(b"%d\n" % len(strings) + b"".join(os.fsencode(s) + b"\0" for s in strings))
    many.stdin.flush()
    answer = many.stdout.readline().split()
    if len(answer) != 3:  # a usage error ends the process
        tool = [str(BUILD / "bin" / "shmcol-pack"), *strings[1:]]
        done = subprocess.run(tool, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 2, f"{PACK_MANY} ended: {done}"
        return 2, done.stdout.decode(), done.stderr.decode()
    status, out, err = map(int, answer)
    result = status, many.stdout.read(out).decode(), many.stdout.read(err).decode()
    _idle.append(many)
    return result


@functools.cache
def instruction_sets():
    """Those that shmcol-pack has on this machine. Where some are hidden, the one that it then
    chooses: the run in which none is hidden forces each of them."""
    if os.environ.get("SHMCOL_HIDE"):
        return ("",)
    table = ROOT / "tests" / "data" / "nyc-airlines.csv"
    sets = ("scalar", "avx2", "avx512", "neon")
    found = [name for name in sets if run_pack(["--dry-run", "-q", table], name)[0] == 0]
    assert found[:1] == ["scalar"]
    return tuple(found)


def windows(size):
    """Windows from a few bytes to more than the file; a file takes less than thousands of reads."""
    sizes = [64, 250, 4096, size + 1000]
    return [w for w in sizes if w * 2000 >= size]


class Result:
    sources = ()

    def __init__(self, done, out, rejects):
        self.status, answer, self.stderr = done
        self.answer = json.loads(answer) if answer else {}
        self.error = self.answer.get("error")
        self.data = out.read_bytes() if out.exists() else None
        self.rejects = rejects.read_bytes() if rejects.exists() else b""

    @functools.cached_property
    def same(self):
        """The part of the result that does not depend on threads, window or instruction set."""
        error = self.error and {k: v for k, v in self.error.items() if k != "path"}
        apart = ("error", "output", "seconds", "threads")
        report = {k: v for k, v in self.answer.items() if k not in apart}
        return self.status, self.data, error, report, self.rejects


def pack(sources, out, arguments, threads=1, window=None, isa=None, memory=None):
    """One run over a path or a list of them. `out` must not exist; it is removed again."""
    sources = sources if isinstance(sources, list) else [sources]
    rejects = out.with_suffix(".rejects")
    command = ["--json", "--no-sync", "--threads", threads, *arguments]
    command += ["--window", window] if window else []
    command += ["--memory", memory] if memory else []
    skips = any("skip" in str(a) for o, a in zip(arguments, arguments[1:]) if o == "--on-error")
    command += ["--rejects", rejects] if skips else []
    result = Result(run_pack([*command, *sources, "-o", out], isa or ""), out, rejects)
    for path in (out, rejects):
        path.unlink(missing_ok=True)
    return result


def cat(path):
    """What shmcol-cat prints of a table."""
    tool = str(BUILD / "bin" / "shmcol-cat")
    return subprocess.run([tool, str(path)], capture_output=True, check=True).stdout.decode()


def plain_type(type_):
    """Returns the type as `--types` names it."""
    if isinstance(type_, pa.DictionaryType):
        assert type_.value_type == pa.large_string()
        return f"dictionary[{type_.index_type.bit_width}]"
    if pa.types.is_timestamp(type_):
        return f"timestamp[{type_.unit}" + (f";{type_.tz}]" if type_.tz else "]")
    if pa.types.is_large_list(type_):
        return f"list[{plain_type(type_.value_type)}]"
    names = {
        pa.bool8(): "bool8",
        pa.float16(): "float16",
        pa.float32(): "float32",
        pa.float64(): "float64",
        pa.date32(): "date32",
        pa.date64(): "date64",
        pa.large_string(): "string",
    }
    return names.get(type_) or str(type_).replace(", ", ",")


def plain_values(array):
    """As the oracle has them."""
    type_ = array.type
    if isinstance(type_, pa.DictionaryType):
        return array.cast(pa.large_string()).to_pylist()
    if pa.types.is_large_list(type_):
        flat, ends = plain_values(array.values), array.offsets.to_pylist()
        parts = zip(array.is_valid().to_pylist(), ends, ends[1:])
        return [flat[begin:end] if valid else None for valid, begin, end in parts]
    if type_ == pa.bool8():
        return [None if v is None else bool(v) for v in array.storage.to_pylist()]
    if pa.types.is_temporal(type_):
        return array.view(pa.int32() if type_.bit_width == 32 else pa.int64()).to_pylist()
    if pa.types.is_floating(type_):
        code = {16: "<e", 32: "<f", 64: "<d"}[type_.bit_width]
        return [None if v is None else struct.pack(code, v) for v in array.to_pylist()]
    if pa.types.is_decimal(type_):
        scaled = [None if v is None else v.scaleb(type_.scale, EXACT) for v in array.to_pylist()]
        return [None if v is None else int(v) for v in scaled]
    return array.to_pylist()


EXACT = decimal.Context(prec=100)
LINES_MOST = 16  # the most lines that one report looks up


def compare_reasons(result, expected):
    """C-54"""
    columns = zip(result.answer["columns"], expected.columns)
    placed = [(told, made) for told, made in columns if made.first_text is not None]
    for told, made in placed[:LINES_MOST]:
        if expected.rejected == 0:
            place = rf'line {made.first_text}( of "[^"]*")?: '
            assert re.match(place, told["reason"]), (made, told["reason"])
        assert told["reason"].endswith("is text") or told["reason"].endswith("there is text")


def compare(result, expected):
    """Fails unless the run gave the oracle's table or error."""
    if isinstance(expected, CsvError):
        usage = expected.code in ("INVALID_ARGUMENT", "NO_COLUMN")
        assert result.status == (2 if usage else 1), f"{expected} expected: {result.answer}"
        assert result.error["status"] == expected.code, (expected, result.error)
        if expected.path is not None and len(result.sources) > 1:
            assert Path(result.error["path"]).name == expected.path
        if expected.line is not None:
            assert (result.error["line"], result.error["line_column"]) == (
                expected.line,
                expected.column,
            ), (expected, result.error)
        assert result.data is None
        return
    assert isinstance(expected, Table)
    assert result.status == 0, result.error or result.stderr
    table = pa.ipc.open_file(result.data).read_all()
    table.validate(full=True)
    assert table.num_rows == expected.rows == result.answer["rows"]
    assert result.answer["rejected"] == expected.rejected
    assert result.rejects == expected.rejects
    counted = (expected.short, expected.dropped)
    assert (result.answer["short_records"], result.answer["extra_fields"]) == counted
    told = [c["misfits"] for c in result.answer["columns"]]
    assert told == [c.misfits for c in expected.columns]
    assert table.column_names == [c.name for c in expected.columns]
    compare_reasons(result, expected)
    for column in expected.columns:
        array = (
            table.column(column.name).combine_chunks()
            if table.num_rows
            else pa.nulls(0, table.schema.field(column.name).type)
        )
        assert plain_type(array.type) == column.type, column.name
        values = plain_values(array)
        if column.type.startswith("dictionary") and column.paths:
            values = [Path(v).name for v in values]
        assert values == column.values, column.name
        if column.dictionary is not None and table.num_rows and not column.paths:
            assert array.dictionary.to_pylist() == column.dictionary
        assert table.schema.field(column.name).nullable


def answer_of(data, options):
    try:
        return read_all(named(data), options)
    except CsvError as error:
        return error


@functools.cache
def oracle_hash():
    sources = sorted(Path(__file__).parent.glob("csv_*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources))


def expected_of(data, options):
    """Gives the oracle's answer.

    SHMCOL_ORACLE_ANSWERS names a directory that keeps answers from one run of the suites to the
    next: the oracle is most of the time of the second.
    """
    kept = os.environ.get("SHMCOL_ORACLE_ANSWERS")
    if not kept:
        return answer_of(data, options)
    key = oracle_hash().copy()
    key.update(repr((options, data)).encode())
    path = Path(kept) / key.hexdigest()
    if path.exists():
        return pickle.loads(path.read_bytes())
    answer = answer_of(data, options)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}-{os.getpid()}")
    part.write_bytes(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
    part.rename(path)
    return answer


def named(data):
    """Inputs as pairs of name and bytes; bytes alone are one input."""
    return [("in.csv", data)] if isinstance(data, bytes) else data


def run_all(directory, data, options, configurations):
    """Packs `data` (bytes, or a list of names and bytes) in every configuration: threads, window,
    instruction set.

    All must agree, with each other and with the oracle.
    """
    sources = [directory / name for name, _ in named(data)]
    for source, (_, each) in zip(sources, named(data)):
        source.write_bytes(each)
    expected = expected_of(data, options)
    arguments = options.arguments()

    def one(numbered):
        number, (threads, window, isa) = numbered
        return pack(sources, directory / f"{number}.shmcol", arguments, threads, window, isa)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(one, enumerate(configurations)))
    for configuration, result in zip(configurations, results):
        if result.same != results[0].same:
            answers = [r.error or r.status for r in (result, results[0])]
            told = [w for w in (result.answer, results[0].answer)] if answers == [0, 0] else ""
            pytest.fail(f"{configuration} and {configurations[0]} differ: {answers} {told}")
    results[0].sources = sources
    compare(results[0], expected)
    return expected, results[0]
