"""The library through ctypes: enough of shmcol.h for the Arrow C data interface."""

import ctypes
import os
from pathlib import Path

NO_LIBRARY = (
    "SHMCOL_LIB does not name libshmcol.so, and SHMCOL_BUILD has none: "
    "THE ARROW C DATA INTERFACE IS NOT TESTED"
)


def library_path():
    named = os.environ.get("SHMCOL_LIB")
    if named:
        return Path(named)
    built = Path(os.environ.get("SHMCOL_BUILD", "")) / "libshmcol.so"
    return built if os.environ.get("SHMCOL_BUILD") and built.exists() else None


class Error(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("status", ctypes.c_int),
        ("sys_errno", ctypes.c_int),
        ("file_offset", ctypes.c_int64),
        ("column", ctypes.c_int64),
        ("row", ctypes.c_int64),
        ("line", ctypes.c_int64),
        ("line_column", ctypes.c_int64),
        ("rule", ctypes.c_char * 8),
        ("path", ctypes.c_char * 512),
        ("message", ctypes.c_char * 512),
        ("hint", ctypes.c_char * 256),
    ]


class WriterOptions(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("overwrite", ctypes.c_int),
        ("no_sync", ctypes.c_int),
        ("memory", ctypes.c_uint64),
        ("threads", ctypes.c_uint32),
        ("metadata", ctypes.c_void_p),
        ("metadata_count", ctypes.c_uint32),
        ("csv_rules", ctypes.c_uint32),
    ]


class ArrowStruct(ctypes.Structure):
    """Memory for an ArrowSchema, ArrowArray or ArrowArrayStream. Nothing here reads its fields."""

    _fields_ = [("bytes", ctypes.c_byte * 96)]

    @property
    def address(self):
        return ctypes.addressof(self)


class ShmcolError(Exception):
    def __init__(self, status, error):
        super().__init__(f"{status}: {error.message.decode()}")
        self.status, self.message = status, error.message.decode()
        self.column, self.row = error.column, error.row


class Library:
    def __init__(self, path):
        self.lib = ctypes.CDLL(str(path))
        self.lib.shmcol_status_name.restype = ctypes.c_char_p
        self.lib.shmcol_rows.restype = ctypes.c_uint64

    def call(self, name, *arguments):
        error = Error(size=ctypes.sizeof(Error))
        status = getattr(self.lib, name)(*arguments, ctypes.byref(error))
        if status:
            raise ShmcolError(self.lib.shmcol_status_name(status).decode(), error)

    def write(self, path, stream_address, memory=0):
        options = WriterOptions(
            size=ctypes.sizeof(WriterOptions), overwrite=1, no_sync=1, memory=memory
        )
        self.call(
            "shmcol_write_stream",
            os.fsencode(path),
            ctypes.c_void_p(stream_address),
            ctypes.byref(options),
        )

    def write_reader(self, path, reader, memory=0):
        """Writes what has a pyarrow RecordBatchReader."""
        stream = ArrowStruct()
        reader._export_to_c(stream.address)
        try:
            self.write(path, stream.address, memory)
        finally:
            release(stream, 3)

    def open(self, path):
        return File(self, path)


def release(struct, slot):
    """Calls the release callback, the pointer with that number, unless it is NULL."""
    pointer = ctypes.cast(struct.address, ctypes.POINTER(ctypes.c_void_p))[slot]
    if pointer:
        ctypes.CFUNCTYPE(None, ctypes.c_void_p)(pointer)(struct.address)


class File:
    def __init__(self, library, path):
        self.library, self.handle = library, ctypes.c_void_p()
        library.call("shmcol_open", os.fsencode(path), None, ctypes.byref(self.handle))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.library.lib.shmcol_close(self.handle)
        self.handle = ctypes.c_void_p()

    @property
    def columns(self):
        return self.library.lib.shmcol_columns(self.handle)

    def verify(self):
        self.library.call("shmcol_verify", self.handle, None)

    def column(self, index, flags=0):
        schema, array = ArrowStruct(), ArrowStruct()
        self.library.call(
            "shmcol_export_column",
            self.handle,
            index,
            flags,
            ctypes.byref(schema),
            ctypes.byref(array),
        )
        return schema, array

    def table(self, flags=0):
        schema, array = ArrowStruct(), ArrowStruct()
        self.library.call("shmcol_export_schema", self.handle, ctypes.byref(schema))
        self.library.call("shmcol_export_table", self.handle, flags, ctypes.byref(array))
        return schema, array

    def stream(self, columns=None, batch_rows=0, flags=0):
        stream = ArrowStruct()
        picked = (ctypes.c_uint32 * len(columns))(*columns) if columns is not None else None
        self.library.call(
            "shmcol_export_stream",
            self.handle,
            picked,
            len(columns or ()),
            ctypes.c_uint64(batch_rows),
            flags,
            ctypes.byref(stream),
        )
        return stream


class Capsule:
    """A stream as Python's Arrow protocol passes it on. It gives its capsule once."""

    # The structures. A consumer may hold the capsule, which does not own them, for any time.
    kept = []

    def __init__(self, stream):
        self.stream = stream
        self.kept.append(stream)

    def __arrow_c_stream__(self, requested_schema=None):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = (
            ctypes.py_object,
            [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
        )
        return new(self.stream.address, b"arrow_array_stream", None)


def capsule_address(capsule):
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return get(capsule, b"arrow_array_stream")


def mapped(path):
    """The addresses at which this process maps the file."""
    path = os.path.realpath(path)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        lines = [line.split(maxsplit=5) for line in maps]
    ranges = [line[0].split("-") for line in lines if len(line) == 6 and line[5].strip() == path]
    return [(int(begin, 16), int(end, 16)) for begin, end in ranges]
