"""Opening, checking, closing; a wrong file gives an exception that has all its places."""

import gc
import os
import pickle
import signal

import numpy as np
import pytest
import shmcol
from conftest import DATA, ROOT, in_map

BAD = sorted((ROOT / "spec" / "corpus" / "bad").glob("*.shmcol"))


def test_close_leaves_arrays_valid(every_path):
    with shmcol.open(every_path) as table:
        numbers, text, view = table["i8"], table["text"], table[10:20]
        assert not table.closed
    assert table.closed and "closed" in repr(table) and "closed" in table._repr_html_()
    table.close()
    for use in (
        lambda: table["i8"],
        lambda: table.schema,
        lambda: table[1:2],
        lambda: pickle.dumps(table),
        table.__enter__,
        table.__arrow_c_stream__,
        table.verify,
    ):
        with pytest.raises(ValueError, match="closed"):
            use()
    assert len(table) == 1000
    del table
    gc.collect()
    assert numbers.sum() == 499500 and text[1] == "ä1" and view["i8"][0] == 10
    part = numbers[5:].reshape(5, -1).T
    del numbers, text, view
    gc.collect()
    assert part.sum() == 499490


def maps_of(path):
    with open("/proc/self/maps") as maps:
        return sum(str(path) in line for line in maps)


def test_the_map_goes_with_the_last_that_needs_it(every_path):
    needs = {
        "array": lambda table: table["i8"],
        "part": lambda table: table["f8"][10:].reshape(-1, 2).T,
        "column": lambda table: table["text"],
        "dictionary": lambda table: table["word"].categories,
        "view": lambda table: table[5:],
        "stream": lambda table: table.__arrow_c_stream__(),
        "array capsules": lambda table: table["word"].__arrow_c_array__(),
        "memory": lambda table: memoryview(table["text"].data),
    }
    assert maps_of(every_path) == 0
    for what, make in needs.items():
        table = shmcol.open(every_path)
        kept = [make(table)]
        table.close()
        del table
        gc.collect()
        assert maps_of(every_path) == 1, what
        kept.clear()
        gc.collect()
        assert maps_of(every_path) == 0, what


def test_missing_files_are_what_python_calls_them(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        shmcol.open(tmp_path / "nothing.shmcol")
    error = caught.value
    assert isinstance(error, shmcol.FileError) and isinstance(error, shmcol.Error)
    assert (
        error.filename == error.path == str(tmp_path / "nothing.shmcol")
        and error.errno == 2
        and error.status == "IO"
        and error.code == 20
    )
    assert "nothing.shmcol" in str(error) and error.strerror
    with pytest.raises(OSError, match=str(tmp_path)):
        shmcol.open(tmp_path)
    with pytest.raises(ValueError):
        shmcol.open(str(tmp_path) + "\0")
    other = pickle.loads(pickle.dumps(error))
    assert (
        type(other) is type(error)
        and str(other) == str(error)
        and other.filename == error.filename
        and other.errno == 2
    )


def test_names_that_are_not_there(every):
    with pytest.raises(KeyError) as caught:
        every["bools"]
    assert (
        isinstance(caught.value, shmcol.ColumnError)
        and caught.value.status == "NO_COLUMN"
        and "bool" in str(caught.value)
    )
    for wrong in (None, 2.5, (1, 2)):
        with pytest.raises(TypeError, match="takes a column's name"):
            every[wrong]


def test_wrong_options_are_refused(every_path):
    for wrong in ({"mode": "w"}, {"copy": "always"}, {"advice": "none"}, {"verify": "all"}):
        with pytest.raises(ValueError):
            shmcol.open(every_path, **wrong)


@pytest.mark.parametrize(
    "options",
    [
        {"prefault": True},
        {"advice": "sequential"},
        {"advice": "random"},
        {"verify": "structure"},
        {"verify": "checksums"},
        {"verify": "full"},
    ],
)
def test_options_change_nothing_that_is_read(every_path, options):
    with shmcol.open(every_path, **options) as table:
        assert table["i8"].sum() == 499500
        table.prefault("i8", "text")
        table.prefault()
        resident, total = table.resident()
        assert 0 < resident <= total and total >= table.nbytes
        assert 0 < table.resident("i8")[0] <= table.resident("i8")[1] <= total


def test_damage_is_found_and_all_of_it_listed(every_path, path):
    damaged = bytearray(every_path.read_bytes())
    with shmcol.open(every_path) as table:
        begin = table._file.info()["map"]
        for name in ("i8", "f8"):
            damaged[table.storage(name).ctypes.data - begin] ^= 1
    path.write_bytes(damaged)
    table = shmcol.open(path)
    with pytest.raises(shmcol.FormatError) as caught:
        table.verify("checksums")
    error = caught.value
    assert (
        error.status == "BLOCK_HASH"
        and error.path == str(path)
        and error.rule.startswith("F-")
        and error.byte is not None
    )
    assert {table.columns[each.column] for each in error.problems} == {
        "i8",
        "f8",
    } and error.problems[0] is error
    with pytest.raises(shmcol.FormatError):
        shmcol.open(path, verify="full")
    table.verify("structure")


def test_verify_tells_progress_and_can_be_stopped(every):
    told = []
    every.verify(progress=lambda done, total: told.append((done, total)))
    assert told and told[-1][0] <= told[-1][1]

    def stop(done, total):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        every.verify(progress=stop)


def test_files_that_are_not_ours(path):
    for content in (b"", b"ARROW1", b"x" * 5000, (DATA / "airports.csv").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(shmcol.FormatError) as caught:
            shmcol.open(path)
        assert caught.value.path == str(path) and caught.value.code in range(40, 80)


def look_at_all(table):
    """Reads everything that can be read; returns how many reads said that something is wrong."""
    wrong = 0
    repr(table)
    for index in range(table.shape[1]):
        try:
            field = table._file.column(index)
            name = field[1]
            for read in (
                lambda: table[name].tolist(),
                lambda: table.nulls(name),
                lambda: table.stats(name),
                lambda: list(table[name])[:5],
                lambda: table.storage(name).sum(),
                lambda: table[name].index("x"),
                lambda: table[name].values[:9],
                lambda: table[name].to_float64(),
                lambda: table[name][-1:].to_numpy(),
                lambda: table[name] == "b",
                lambda: table[[name]].__arrow_c_array__(),
                lambda: table[name].codes,
                lambda: table.metadata(name),
            ):
                try:
                    with np.errstate(all="ignore"):
                        read()
                except (shmcol.Error, ValueError, AttributeError, TypeError):
                    wrong += 1
        except (shmcol.Error, UnicodeDecodeError):
            wrong += 1
    return wrong


def test_no_broken_file_does_more_than_raise():
    """Open or verify refuses each of them, and reading it all the same does nothing worse."""
    assert len(BAD) > 100
    for path in BAD:
        try:
            table = shmcol.open(path, cache=False)
        except (shmcol.FormatError, shmcol.FileError, shmcol.OutOfMemory):
            continue
        look_at_all(table)
        with pytest.raises((shmcol.Error, UnicodeDecodeError)):
            table.verify()


def test_files_of_a_later_version_are_read_as_far_as_they_can_be():
    for path in (ROOT / "spec" / "corpus" / "unsupported").glob("*.shmcol"):
        try:
            table = shmcol.open(path, cache=False)
        except shmcol.FormatError as error:
            assert "later" in str(error) or error.status in (
                "VERSION",
                "FEATURE",
                "ENVELOPE_VERSION",
                "COLUMN_UNSUPPORTED",
            )
            continue
        try:
            schema = table.schema
        except shmcol.FormatError:
            assert path.name.startswith("double-")  # damaged as well
            continue
        for field in schema:
            if field.kind == "unsupported":
                with pytest.raises(shmcol.UnsupportedTypeError, match="later version"):
                    table[field.name]
            else:
                assert len(table[field.name]) == len(table)


def test_a_compressed_file_goes_through_the_cache(every_path, path, tmp_path):
    shmcol.write(shmcol.open(every_path), path, zstd=True)
    assert path.stat().st_size < every_path.stat().st_size
    with (
        shmcol.open(path, cache_dir=tmp_path / "cache") as table,
        shmcol.open(path, cache=False) as own,
        shmcol.open(every_path) as plain,
    ):
        assert table.compressed and not plain.compressed and table.id == own.id == plain.id
        assert table["f8"].tobytes() == own["f8"].tobytes() == plain["f8"].tobytes()
        assert in_map(table, table["f8"]) and "compressed to" in repr(table)
        table.verify()
        assert pickle.loads(pickle.dumps(table))["i8"].sum() == 499500
    assert any((tmp_path / "cache").iterdir())


def test_decompressing_tells_and_can_be_given_up(path, tmp_path):
    shmcol.write({"x": np.arange(2_000_000)}, path, zstd=True)
    told = []
    with shmcol.open(
        path, cache=False, progress=lambda done, total: told.append((done, total))
    ) as table:
        assert table["x"][-1] == 1_999_999
    assert len(told) > 2 and told == sorted(told) and told[-1][0] == told[-1][1] >= 16_000_000

    def fails(done, total):
        raise ZeroDivisionError

    for cache in (True, False):
        with pytest.raises(ZeroDivisionError):
            shmcol.open(path, cache=cache, cache_dir=tmp_path / "cache", progress=fails)
        with pytest.raises(KeyboardInterrupt):  # as Ctrl-C does it
            shmcol.open(
                path,
                cache=cache,
                cache_dir=tmp_path / "cache",
                progress=lambda *_: os.kill(os.getpid(), signal.SIGINT),
            )
    assert list((tmp_path / "cache").iterdir()) == []


def test_one_cell_of_each_kind_is_shown(every):
    shown = repr(every)
    assert (
        "1,000 rows × 27 columns" in shown
        and "and 7 more" in shown
        and "2020" not in shown
        and "1970-01-03, NaT, …  (1 null)" in shown
    )
    shown = repr(every[["text", "int_null"]])
    assert (
        "'ä0', 'ä1', null, 'ä3', …" in shown
        and "0, 1, null, 3, …" in shown
        and "(143 null)" in shown
    )
    html = every[["text", "tensor"]]._repr_html_()
    assert "<th>text<br><small>string</small></th>" in html and html.count("<tr>") == 10


def test_what_is_shown_as_html_is_escaped(path):
    shmcol.write({"<b>": ["<script>"]}, path)
    html = shmcol.open(path)._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html and "<b>&lt;" not in html


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission(every_path, path):
    path.write_bytes(every_path.read_bytes())
    path.chmod(0)
    with pytest.raises(PermissionError):
        shmcol.open(path)


def test_an_open_file_survives_its_replacement(path):
    shmcol.write({"x": np.arange(10)}, path)
    table = shmcol.open(path)
    shmcol.write({"x": np.arange(10) + 1}, path, overwrite=True)
    assert (
        table["x"][0] == 0 and shmcol.open(path)["x"][0] == 1 and table.id != shmcol.open(path).id
    )


def test_paths_of_every_kind(tmp_path):
    for name in ("ü.shmcol", "with space and 'quotes'", os.fsdecode(b"\xff\xfe.shmcol")):
        shmcol.write({"x": [1]}, tmp_path / name)
        with shmcol.open(os.fsencode(tmp_path / name).decode(errors="surrogateescape")) as table:
            assert table["x"][0] == 1 and pickle.loads(pickle.dumps(table)).path == str(
                tmp_path / name
            )
            repr(table).encode(errors="surrogateescape")
    with pytest.raises(FileNotFoundError) as caught:
        shmcol.open(tmp_path / os.fsdecode(b"\xff-missing"))
    assert caught.value.filename == str(tmp_path / os.fsdecode(b"\xff-missing"))


def test_a_descriptor_can_be_closed_at_once(every_path):
    fd = os.open(every_path, os.O_RDONLY)
    file = shmcol._shmcol.open_fd(fd, 0)
    os.close(fd)
    assert file.head()[0] == 1000 and file.find("i2") == 1
    with pytest.raises(shmcol.FileError):
        shmcol._shmcol.open_fd(fd, 0)


def test_hints_are_in_the_words_of_python(every_path, tmp_path):
    shmcol.write(shmcol.open(every_path), tmp_path / "z.shmcol", zstd=1)
    (tmp_path / "file").touch()
    with pytest.raises(shmcol.Error) as caught:
        shmcol.open(tmp_path / "z.shmcol", cache_dir=tmp_path / "file" / "cache")
    assert "SHMCOL_OPEN" not in str(caught.value) and "shmcol.open(cache=False)" in str(
        caught.value
    )
    assert caught.value.hint in str(caught.value)
