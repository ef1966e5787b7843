"""Wrong Arrow schemas of other libraries: each gives an error that names the mistake."""

import ctypes
import struct

import pytest
from shmcol import _shmcol


class Schema(ctypes.Structure):
    """ArrowSchema, to be made wrong."""


Schema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(Schema))),
    ("dictionary", ctypes.POINTER(Schema)),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]


@ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))
def _release(schema):
    schema.contents.release = None


def _schema(format=b"i", children=(), **fields):
    release = ctypes.cast(_release, ctypes.c_void_p).value
    made = Schema(format=format, name=b"x", release=release, **fields)
    made.n_children = len(children)
    pointers = [child and ctypes.pointer(child) for child in children]
    made.children = (ctypes.POINTER(Schema) * len(children))(*pointers)
    return made


def _capsule(schema):
    new = ctypes.pythonapi.PyCapsule_New
    new.restype = ctypes.py_object
    new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return new(ctypes.addressof(schema), b"arrow_schema", None)


def _deep(levels):
    made = _schema()
    for _ in range(levels):
        made = _schema(b"+l", [made])
    return made


def _of_metadata(*numbers):
    raw = ctypes.create_string_buffer(struct.pack(f"={len(numbers)}i", *numbers))
    made = _schema(metadata=ctypes.addressof(raw))
    made.kept = raw
    return made


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (lambda: _schema(children=[None]), "missing"),
        (lambda: _schema(children=[Schema(format=b"i")]), "released"),
        (lambda: _schema(children=[_schema(None)]), "no format"),
        (lambda: _schema(dictionary=ctypes.pointer(Schema(format=b"u"))), "released"),
        (lambda: _schema(n_children=0, format=None), "no format"),
        (lambda: _deep(1000), "64 levels"),
        (lambda: _of_metadata(-1), "negative"),
        (lambda: _of_metadata(2**30), "negative"),
        (lambda: _of_metadata(1, -1), "negative"),
        (lambda: _of_metadata(1, 0, -5), "negative"),
    ],
)
def test_a_schema_that_lies_is_refused(schema, problem):
    made = schema()
    good = _schema(b"+s", [_schema()])
    for call in (
        lambda: _shmcol.schema_again(_capsule(made)),
        lambda: _shmcol.schema_difference(_capsule(made), _capsule(made)),
        lambda: _shmcol.schema_difference(_capsule(good), _capsule(made)),
        lambda: _shmcol.make_stream(_capsule(made), []),
        lambda: _shmcol.make_schema((_capsule(made), None, "x")),
    ):
        with pytest.raises(ValueError, match=problem):
            call()
    made.release = good.release = None
    assert _shmcol.schema_again(_capsule(_deep(60))) is not None


def test_a_schema_with_too_many_children():
    for number in (-1, 1):
        made = _schema()
        made.n_children, made.children = number, None
        with pytest.raises(ValueError, match="a number of them"):
            _shmcol.schema_again(_capsule(made))
