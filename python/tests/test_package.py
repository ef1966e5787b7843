"""The package: its imports, its types, the files of the wheel."""

import importlib.metadata
import pathlib
import subprocess
import sys
import zlib

import pytest
import shmcol
from conftest import ROOT


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_importing_it_imports_numpy_and_no_other_package():
    loaded = run(
        "import sys, numpy; before = set(sys.modules); "
        "import shmcol; print(*(set(sys.modules) - before))"
    ).split()
    assert {name.partition(".")[0] for name in loaded} - {
        "shmcol",
        "numpy",
    } <= sys.stdlib_module_names, loaded
    everything = run("import sys, shmcol; print(*sys.modules)").split()
    assert not {"pyarrow", "pandas", "polars"} & set(everything)


def test_the_wheel_is_small_and_whole():
    files = importlib.metadata.files("shmcol")
    names = {str(file) for file in files}
    assert {"shmcol/py.typed", "shmcol/_shmcol.pyi", "shmcol/__init__.py"} <= names and any(
        name.endswith("METADATA") for name in names
    )
    extension = [file for file in files if file.name.endswith(".so")]
    assert len(extension) == 1
    packed = [file for file in files if file.suffix != ".pyc"]  # the installer's, not the wheel's
    assert (
        sum(
            len(zlib.compress(file.locate().read_bytes(), 6))
            for file in packed
            if file.locate().is_file()
        )
        < 1_000_000
    )
    assert not [
        name for name in names if name.endswith((".c", ".h", ".a", "CMakeLists.txt", ".cmake"))
    ]
    version = importlib.metadata.version("shmcol")
    assert (
        version == shmcol.__version__
        and f"#define SHMCOL_VERSION_MAJOR {version.split('.')[0]}"
        in (ROOT / "lib/include/shmcol.h").read_text()
    )


def test_nothing_of_the_library_is_exported():
    extension = shmcol._shmcol.__file__
    exported = [
        line.split()[-1]
        for line in subprocess.run(
            ["nm", "-D", "--defined-only", extension], capture_output=True, text=True, check=True
        ).stdout.splitlines()
    ]
    assert exported == ["PyInit__shmcol"]
    needed = subprocess.run(
        ["readelf", "-d", extension], capture_output=True, text=True, check=True
    ).stdout
    assert "shmcol" not in "".join(line for line in needed.splitlines() if "NEEDED" in line)


def test_every_public_name_has_a_docstring():
    for name in shmcol.__all__:
        made = getattr(shmcol, name)
        assert name == "__version__" or made.__doc__, name
    for name, made in [
        *vars(shmcol.Table).items(),
        *vars(shmcol.SharedTable).items(),
        *vars(shmcol.Populate).items(),
        *vars(shmcol.Rows).items(),
    ]:
        if not name.startswith("_"):
            assert made.__doc__ or name in ("closed", "compressed", "start", "stop"), name


def test_the_stub_names_what_the_extension_has():
    import ast

    stub = ast.parse((pathlib.Path(shmcol.__file__).parent / "_shmcol.pyi").read_text())
    functions = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    assert functions == {
        name
        for name in dir(shmcol._shmcol)
        if callable(getattr(shmcol._shmcol, name)) and name[0].islower() and name[0] != "_"
    }
    for node in stub.body:
        if isinstance(node, ast.ClassDef):
            methods = {
                method.name for method in node.body if isinstance(method, ast.FunctionDef)
            } - {"__buffer__", "__len__"}
            assert methods == {
                name for name in dir(getattr(shmcol._shmcol, node.name)) if name[0] != "_"
            }


USE = """
import numpy as np
import shmcol

shmcol.write({"x": np.arange(3)}, "t.shmcol", zstd=True, dictionary={"x": "auto"})
shmcol.write({"x": [[1]]}, "l.shmcol", types={"x": "list[int32]"}, part=shmcol.Part(0, 1))
lists: shmcol.ListColumn = shmcol.open("l.shmcol")["x"]
first: int = lists.offsets[0] + len(lists[1:])
money: shmcol.DecimalColumn = lists.values
digits: int = money.precision + money.scale
with shmcol.open("t.shmcol", mode="r", copy="never") as table:
    rows: int = len(table)
    part: shmcol.Table = table[1:2][["x"]]
    field: shmcol.Field = table.schema["x"]
    low: object = table.stats("x").min
    words: tuple[str, bool, int] = (field.type, field.ascending, field.precision)
    place: shmcol.Part | None = table.part
    report: shmcol.PackReport = shmcol.pack("a.csv", progress=print)
with shmcol.share({"x": [1]}, where="/dev/shm") as shared:
    view: shmcol.Table = shared[1:]
shmcol.pack("a.csv", "a.shmcol", types={"d": "date[%d/%m/%Y]"}, columns=["d", 2], limit=5)
with open("b.csv", "rb") as given:
    report = shmcol.pack(
        [given, b"c.csv"],
        date_format=["%d/%m/%Y"],
        true_words="yes",
        false_words="no",
        short_records="null",
        on_error=("skip", "null"),
        types_from="a.shmcol",
        dry_run=True,
    )
short: int = report.short_records + report.columns[0].misfits
with shmcol.create("p.shmcol", {"x": float, "y": ("u1", (2, 2))}, rows=64, nullable=["x"]) as w:
    with w.rows(*w.split(1)[0]) as v:
        v["x"][:] = 1
    missing: list[tuple[int, int]] = w.missing()
    w.commit(progress=print)
"""


def test_types(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "use.py").write_text(USE)
    (tmp_path / "wrong.py").write_text(
        'import shmcol\nshmcol.open("x", mode="w")\nshmcol.open(5)\nshmcol.no_such_name\n'
    )
    check = lambda *what: subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--no-error-summary",
            "--cache-dir",
            tmp_path / "cache",
            *what,
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    config = ["--config-file", ROOT / "pyproject.toml"]
    package = check(*config, "-p", "shmcol")
    assert package.returncode == 0, package.stdout
    assert check("--strict", "use.py").stdout == ""
    wrong = check("--strict", "wrong.py")
    assert wrong.returncode == 1 and wrong.stdout.count("error:") == 3
