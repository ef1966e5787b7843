"""Each line of Python in the two READMEs runs, and the table of types is right."""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import shmcol
from conftest import DATA, GOOD, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
TYPES = (ROOT / "python" / "README.md").read_text(encoding="utf-8")


def block(marker):
    """The code block that follows <!-- marker -->, in either README."""
    found = re.search(
        rf"<!-- {re.escape(marker)} -->\n```python\n(.*?)```", README + TYPES, re.DOTALL
    )
    assert found, f"no README has a block {marker}"
    return found.group(1)


def run(place, name):
    (place / name).write_text(block(name))
    shutil.copytree(ROOT / "tests" / "data", place / "tests" / "data", dirs_exist_ok=True)
    environment = dict(os.environ, SHMCOL_CACHE=str(place / "cache"))
    return subprocess.run(
        [sys.executable, name],
        cwd=place,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_open(tmp_path):
    shmcol.pack(DATA / "seattle-weather.csv", tmp_path / "seattle-weather.shmcol")
    assert run(tmp_path, "open.py") == "9.5 2012-12-17T00:00:00.000\n"


def test_csvs_that_are_different(tmp_path):
    made = re.search(r"^printf .* > prices\.csv$", README, re.MULTILINE)
    subprocess.run(["sh", "-c", made[0]], cwd=tmp_path, check=True)
    run(tmp_path, "different.py")
    table = shmcol.open(tmp_path / "prices.shmcol")
    assert (table["price"][0], table["stock"][0]) == (1234.5, 12000)


def test_pack(tmp_path):
    assert run(tmp_path, "pack.py") == "1 1\n"
    first, second = (shmcol.open(tmp_path / f"{name}.shmcol") for name in ("first", "second"))
    assert [(f.name, f.type) for f in first.schema] == [(f.name, f.type) for f in second.schema]
    assert first["sold, net"][0] == 1234.5 and first["ok"][0] and np.isnat(second["day"][0])


def test_workers(tmp_path):
    pytest.importorskip("pandas")
    assert (
        run(tmp_path, "workers.py").replace("np.float64(187.5)", "187.5")
        == str([(187.5, 125)] * 4) + "\n"
    )


def test_a_table_that_grows(tmp_path):
    for name in ("monday", "tuesday"):
        made = re.search(rf"^printf .* > {name}\.csv$", README, re.MULTILINE)
        subprocess.run(["sh", "-c", made[0]], cwd=tmp_path, check=True)
        shmcol.pack(tmp_path / f"{name}.csv", append=tmp_path / "ticks")
    assert run(tmp_path, "grow.py") == "4 [10.5  10.25 11.   12.5 ]\n"


def test_rows(tmp_path):
    assert run(tmp_path, "rows.py").splitlines() == [
        "7 b",
        "[0.81 0.   0.  ] ['a', 'b', 'b']",
        "[   5 1000] -1",
        "100",
        "[  nan 0.042]",
    ]


def test_newer_versions_and_memory(tmp_path):
    assert run(tmp_path, "service.py") == "10.5\n12.5\n"
    assert run(tmp_path, "scan.py") == "1000000.0\n"


def test_assign(tmp_path):
    pytest.importorskip("pandas")
    assert run(tmp_path, "assign.py") == "15.5 6.0 ['a', 'new', 'c', 'd']\n"


def test_tensor(tmp_path):
    """Where torch is not there, a stand-in takes the array as torch does and refuses a read-only
    one, which torch only warns of."""
    if importlib.util.find_spec("torch") is None:
        (tmp_path / "torch.py").write_text(
            "def from_numpy(array):\n    assert array.flags.writeable\n    return array\n"
        )
    assert run(tmp_path, "tensor.py") == "10.0 6.0\n"


def test_batches_of_rows():
    names = {}
    exec(block("batches_of_rows.py"), names)
    with shmcol.share({"x": np.ma.MaskedArray([0.5, 1.5, 2.5], [False, True, False])}) as table:
        assert str(names["collate"](table.__getitems__([2, 1]))["x"]) == "[2.5 nan]"
        batches = names["Batches"](table)
        assert len(batches) == 3 and batches[0] == {"x": 0.5}
        assert batches.__getitems__([2, 0])["x"].tolist() == [2.5, 0.5]


def test_share(tmp_path):
    sums = [sum(range(a, a + 250)) for a in range(0, 1000, 250)]
    assert (
        re.sub(r"np\.float64\((\d+)\.0\)", r"\1", run(tmp_path, "share.py"))
        == str([(total, 125) for total in sums]) + "\n"
    )


def test_fill(tmp_path):
    out = run(tmp_path, "fill.py").splitlines()
    assert out[0] == "[]" and "nulls=334" in out[1] and "max=np.float64(998.0)" in out[1]
    with shmcol.open(tmp_path / "filled.shmcol") as table:
        assert table["day"][999] == np.datetime64(999, "D") and table["image"][500].tolist() == [
            [255, 0],
            [0, 0],
        ]


def test_tokens(tmp_path):
    assert run(tmp_path, "tokens.py") == "5\n14 [3 0 2]\n19.90 [19.9  nan  0.5]\n"


def test_ticks(tmp_path):
    assert run(tmp_path, "ticks.py") == "1000 2000\n3000.0 1000\nTrue\n"
    assert os.listdir(tmp_path / "ticks") == [f"{0:020}.shmcol"]


def test_batches(tmp_path):
    assert run(tmp_path, "batches.py") == "0\n1\n2\n"
    assert sorted(os.listdir(tmp_path)) == ["batches.py", "tests"]


def test_table(tmp_path):
    for needed in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(needed)
    out = run(tmp_path, "table.py")
    assert "1,461 rows × 6 columns" in out and "drizzle" in out
    with shmcol.open(tmp_path / "x.shmcol", cache=False) as table:
        assert table["x"].tolist() == [1, None, 3]


def rows():
    """Yields (kinds, the type of table[name], in place, how a null shows) of the table of types."""
    for line in TYPES.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5 and cells[2] in ("yes", "no"):
            kinds = (
                cells[0]
                .replace("int8 … int64", "int8, int16, int32, int64")
                .replace("uint8 … uint64", "uint8, uint16, uint32, uint64")
            )
            yield [kind.strip() for kind in kinds.split(",")], cells[1], cells[2] == "yes", cells[3]


def test_the_table_of_types_is_true():
    said = {kind: line[1:] for line in rows() for kind in line[0]}
    assert len(said) == 25
    seen = set()
    for path in GOOD.glob("*.shmcol"):
        with shmcol.open(path, cache=False) as table:
            for field in table.schema:
                shown, in_place, null = said[field.kind]
                column = table[field.name]
                check(field, column, shown, null)
                if (
                    field.kind != "tensor"
                    and isinstance(column, (np.ndarray, shmcol.WidenedColumn))
                    and len(table)
                    and in_place
                    != np.shares_memory(np.ma.getdata(column), table.storage(field.name))
                ):
                    pytest.fail(f"{field}: in place is not {in_place}")
                seen.add(field.kind)
    assert seen == said.keys()


def check(field, column, shown, null):
    if null == "None":
        assert type(column).__name__ in shown and (not field.nulls or None in column.tolist())
        return
    named = re.search(r"`([a-z0-9]+)", shown)
    assert (
        named is None
        or column.dtype.name.startswith(named.group(1))
        or shown.startswith("ndarray `S")
    )
    if field.kind == "tensor" and isinstance(column, shmcol.WidenedColumn):
        null = "NaT"
        assert np.count_nonzero(np.isnat(column).all(axis=1)) == field.nulls
    assert isinstance(column, np.ma.MaskedArray) == bool(null == "masked" and field.nulls)
    widened = (field.element or field.kind) in ("date32", "time32")
    assert isinstance(column, shmcol.WidenedColumn) == widened
    if null == "NaT" and field.nulls and field.kind != "tensor":
        assert np.count_nonzero(np.isnat(column)) == field.nulls
    if null == "NaN" and field.nulls:
        assert np.count_nonzero(np.isnan(column)) >= field.nulls


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", TYPES):
        assert (pathlib.Path(ROOT / "python") / target).exists(), target
