"""Reads a shmcol file as what it also is: an Arrow IPC file. Nothing of shmcol is imported."""

import sys

import pyarrow as pa
import pyarrow.compute as pc


def main(path):
    with pa.memory_map(path) as source:
        table = pa.ipc.open_file(source).read_all()
        print(table.schema.to_string(show_field_metadata=False))
        val = table["val"]
        print(
            f"{table.num_rows} rows, {val.null_count} missing, sum {pc.sum(val).as_py():.6f}, "
            f"first date {pc.min(table['date']).as_py():%Y-%m-%d}"
        )
        print(f"bytes that pyarrow allocated for it: {pa.total_allocated_bytes()}")


if __name__ == "__main__":
    main(sys.argv[1])
