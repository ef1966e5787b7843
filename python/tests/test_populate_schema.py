"""create(): which schemas it takes, and how rows are divided."""

import os

import numpy as np
import pytest
import shmcol

WORDS = [
    "bool8",
    "int8",
    "uint64",
    "float32",
    "date32",
    "date64",
    "timestamp[s]",
    "timestamp[us, Europe/Paris]",
    "duration[ns]",
    "time32[s]",
    "time32[ms]",
    "time64[us]",
    "time64[ns]",
    "fixed_binary[16]",
    "tensor[float32, 2 x 3]",
    "tensor[timestamp[us], 4]",
    "tensor[date32, 2]",
    "tensor[uint8, 480 x 640 x 3]",
]


def test_schemas(path):
    def schema(given, **more):
        with shmcol.create(path, given, rows=3, **more) as w:
            return w.schema

    made = schema({word: word for word in WORDS})
    assert [field.type for field in made] == WORDS and not any(field.nullable for field in made)
    assert schema(made) == made and schema({field.name: field for field in made}) == made
    assert all(field.nullable for field in schema(made, nullable=True))
    assert [f.name for f in schema(made, nullable=["int8"]) if f.nullable] == ["int8"]
    assert schema(schema(made, nullable=True)) == schema(made, nullable=True)
    numpy = {
        "a": float,
        "b": bool,
        "c": np.int16,
        "d": "M8[ms]",
        "e": ("u1", (2, 2)),
        "f": ("f8", 3),
        "g": "S5",
        "h": np.dtype(("i4", (2,))),
        "i": (bool, 2),
        "j": ">f4",
    }
    assert [field.type for field in schema(numpy)] == [
        "float64",
        "bool8",
        "int16",
        "timestamp[ms]",
        "tensor[uint8, 2 x 2]",
        "tensor[float64, 3]",
        "fixed_binary[5]",
        "tensor[int32, 2]",
        "tensor[uint8, 2]",
        "float32",
    ]
    assert [field.type for field in schema(np.dtype([("x", "f4"), ("y", "M8[D]", (2,))]))] == [
        "float32",
        "tensor[date32, 2]",
    ]
    pa = pytest.importorskip("pyarrow")
    arrow = pa.schema([pa.field("x", pa.int32(), nullable=False), ("y", pa.timestamp("us", "UTC"))])
    assert [(f.type, f.nullable) for f in schema(arrow)] == [
        ("int32", False),
        ("timestamp[us, UTC]", True),
    ]
    with pytest.raises(ValueError, match="Arrow schema"):
        schema(arrow, nullable=True)


@pytest.mark.parametrize(
    "spec",
    [
        "string",
        "dictionary",
        "binary",
        str,
        object,
        "U3",
        "f16",
        "list[int32]",
        "list[string]",
        "decimal128(39,2)",
        "decimal128(5,6)",
        "decimal128(0,0)",
        "decimal128",
        ("decimal128(5,2)", 2),
        "nonsense",
        "timestamp[h]",
        "time32[us]",
        ("f8", 0),
        ("string", 2),
        ("S3", 2),
        "c16",
        "timestamp",
        "fixed_binary[0]",
        "datetime64",
        "duration[s, UTC]",
    ],
)
def test_types_that_have_no_place(path, spec):
    with pytest.raises(shmcol.Error, match='column "x"'):
        shmcol.create(path, {"x": spec}, rows=3)
    assert os.listdir(path.parent) == []


def test_what_create_refuses(path):
    for wrong in ({"rows": -1}, {"rows": 3, "nullable": ["y"]}):
        with pytest.raises(ValueError):
            shmcol.create(path, {"x": int}, **wrong)
    with pytest.raises(TypeError):
        shmcol.create(path, [("x", int)], rows=3)
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        shmcol.create(path, {"x": int}, rows=3).commit(nulls=True)
    assert path.read_text() == "mine" and os.listdir(path.parent) == [path.name]
    with pytest.raises(shmcol.FileError, match="No space left") as caught:
        shmcol.create("/dev/shm/too-large.shmcol", {"x": int}, rows=1 << 40)
    assert caught.value.errno == 28 and caught.value.filename == "/dev/shm/too-large.shmcol"


def test_no_rows_and_no_columns(path):
    for schema, rows in (({"x": int}, 0), ({}, 5), ({}, 0)):
        with shmcol.create(path, schema, rows=rows, overwrite=True) as w:
            for a, b in w.split(4):
                with w.rows(a, b):
                    pass
            assert w.missing() == []
            w.commit()
        assert len(shmcol.open(path)) == rows


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000, 100_000])
@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_split(path, rows, n):
    with shmcol.create(path, {"x": "u1"}, rows=rows) as w:
        parts = w.split(n)
    assert (
        parts[0][0] == 0
        and parts[-1][1] == rows
        and len(parts) <= n
        and all(b == c for (_, b), (c, _) in zip(parts, parts[1:]))
    )
    assert (
        all(a % 64 == 0 and a < b for a, b in parts)
        and max(b - a for a, b in parts) - min(b - a for a, b in parts) <= 128
    )
