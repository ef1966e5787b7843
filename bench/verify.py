"""Reads the outputs of the tools and describes their contents, so that no tool cheats or fails
unseen. For each line {"path", "format"} one line: rows, and for each column its kind, nulls, and a
checksum of its values in order; or {"error"}.

Two outputs hold the same table if their rows, names, kinds, nulls and checksums are equal. Text is
text whether it is encoded by a dictionary or not, a date is the time of its midnight.
"""

import json
import sys
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def read(path, kind):
    if kind == "arrow":
        return pa.ipc.open_file(pa.memory_map(path)).read_all()
    if kind == "parquet":
        import pyarrow.parquet as parquet

        return parquet.read_table(path)
    if kind == "lance":
        import lance

        return lance.dataset(path).to_table()
    import vortex

    return vortex.open(path).to_arrow().read_all()


def plain(chunk):
    """The type of the values inside an extension type or a dictionary."""
    if isinstance(chunk, pa.ExtensionArray):
        chunk = chunk.storage
    return chunk.dictionary_decode() if isinstance(chunk, pa.DictionaryArray) else chunk


def kind_of(field):
    t = field.type
    if isinstance(t, pa.BaseExtensionType):
        return "bool" if t.extension_name == "arrow.bool8" else t.extension_name
    if pa.types.is_dictionary(t):
        t = t.value_type
    for name, test in {
        "bool": pa.types.is_boolean,
        "int": pa.types.is_integer,
        "float": pa.types.is_floating,
        "time": pa.types.is_temporal,
    }.items():
        if test(t):
            return name
    text = pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t)
    return "text" if text else str(t)


def numbers(chunk, kind):
    """A chunk's values as an array; nulls are zeros."""
    if kind == "time":
        chunk = chunk.cast(pa.timestamp("us", getattr(chunk.type, "tz", None))).cast(pa.int64())
    elif kind == "bool":
        chunk = chunk.cast(pa.uint8())
    else:
        chunk = chunk.cast(pa.int64() if kind == "int" else pa.float64())
    return chunk.fill_null(0).to_numpy(zero_copy_only=False)


def column(field, values):
    kind, crc, lengths, total = kind_of(field), 0, 0, 0.0
    for chunk in values.chunks:
        chunk = plain(chunk)
        if kind == "text":
            chunk = chunk.cast(pa.large_string()).fill_null("")
            lengths = zlib.crc32(pc.binary_length(chunk).to_numpy().tobytes(), lengths)
            offsets, data = np.frombuffer(chunk.buffers()[1], np.int64), chunk.buffers()[2]
            begin, end = int(offsets[chunk.offset]), int(offsets[chunk.offset + len(chunk)])
            crc = zlib.crc32(memoryview(data)[begin:end] if data is not None else b"", crc)
        else:
            array = numbers(chunk, kind)
            crc = zlib.crc32(np.ascontiguousarray(array).view(np.uint8), crc)
            total += float(np.nansum(array, dtype=np.float64))
    return [field.name, kind, values.null_count, f"{crc:08x}{lengths:08x}", total]


def main():
    for line in sys.stdin:
        job = json.loads(line)
        try:
            table = read(job["path"], job["format"])
            columns = [column(f, table.column(i)) for i, f in enumerate(table.schema)]
            answer = {"rows": table.num_rows, "columns": columns}
            del table
        except Exception as error:  # whatever a reader raises is the answer
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
