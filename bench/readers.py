"""Readers of one file, led through standard input, so that they can take turns with C programs:
`readers.py open JSON`, `sum JSON`, `hold JSON`.

    open  {"shmcol", "column", "scratch"}   for each line "round" one line {tool: seconds from
          nothing to the first value}
    sum   {"shmcol", "column"}              for each line "mapped" or "opened" the seconds and the
          sum
    hold  {"tool", "shmcol"}                reads every column, prints the bytes, and waits for the
          end of the input

pyarrow and Polars open the shmcol file itself, which is an Arrow IPC file of one batch; numpy maps
its column's bytes, or a .npy of them.
"""

import json
import pathlib
import sys
import time

OPENS = 20


def place(path, column):
    """(offset in the file, number) of a float64 column's values, found by Arrow's own metadata and
    the map's address."""
    import pyarrow as pa

    source = pa.memory_map(path)
    values = pa.ipc.open_file(source).read_all().column(column).chunk(0)
    source.seek(0)
    start = source.read_buffer(8).address
    return values.buffers()[1].address - start, len(values)


def numpy_ways(path, column, npy):
    """numpy's ways: the column's bytes in the shmcol file, and a .npy of them."""
    import numpy as np

    offset, n = place(path, column)
    np.save(npy, np.memmap(path, np.float64, "r", offset, (n,)))
    return {
        "numpy: np.memmap": lambda: np.memmap(path, np.float64, "r", offset, (n,))[0],
        "numpy: np.load of a .npy, mapped": lambda: np.load(npy, mmap_mode="r")[0],
    }


def arrow_ways(path, column, index):
    """pyarrow's ways into the shmcol file itself; `index` is the column's."""
    import pyarrow as pa

    def whole():
        batch = pa.ipc.open_file(pa.memory_map(path)).get_batch(0)
        return batch.column(column)[0].as_py()

    def one_column():
        options = pa.ipc.IpcReadOptions(included_fields=[index])
        batch = pa.ipc.open_file(pa.memory_map(path), options=options).get_batch(0)
        return batch.column(0)[0].as_py()

    return {"pyarrow: IPC, mapped": whole, "pyarrow: IPC, mapped, one column": one_column}


# The others: each function writes its own format, if it needs one, and returns its way.


def polars(table, path, column, scratch):
    import polars as pl

    return lambda: pl.scan_ipc(path).select(column).head(1).collect().item()


def parquet(table, path, column, scratch):
    import pyarrow.parquet as parquet

    file = str(scratch / "open.parquet")
    parquet.write_table(table, file)
    return lambda: parquet.read_table(file, columns=[column]).column(0)[0].as_py()


def lance(table, path, column, scratch):
    import lance

    file = str(scratch / "open.lance")
    lance.write_dataset(table, file)
    return lambda: lance.dataset(file).take([0], columns=[column]).column(0)[0].as_py()


def vortex(table, path, column, scratch):
    import vortex

    if table.num_columns > 100:
        raise TooWide("writing the wide table takes minutes")
    file = str(scratch / "open.vortex")
    vortex.io.write(table, file)

    def way():
        batches = vortex.open(file).to_arrow([column])
        return batches.read_next_batch().column(0)[0].as_py()

    return way


class TooWide(Exception):
    """The table has too many columns for a peer."""


PEERS = {
    "Polars: scan_ipc": polars,
    "pyarrow: Parquet, one column": parquet,
    "Lance: take a row": lance,
    "Vortex: scan one column": vortex,
}


def open_ways(job):
    """({tool: a function from nothing to the first value}, {tool: why it is left out})"""
    import pyarrow as pa

    path, column, scratch = job["shmcol"], job["column"], pathlib.Path(job["scratch"])
    table = pa.ipc.open_file(pa.memory_map(path)).read_all()
    ways = numpy_ways(path, column, str(scratch / "column.npy"))
    ways |= arrow_ways(path, column, table.schema.get_field_index(column))
    left_out = {}
    for name, peer in PEERS.items():
        try:
            way = peer(table, path, column, scratch)
            way()
            ways[name] = way
        except TooWide as why:
            left_out[name] = str(why)
        except Exception as why:  # a peer that raises anything is left out
            left_out[name] = f"{type(why).__name__}: {why}"[:160]
    return ways, left_out


def serve_open(job):
    ways, left_out = open_ways(job)
    print(json.dumps(left_out), flush=True)
    for _ in sys.stdin:
        seconds = {}
        for name, way in ways.items():
            begin = time.perf_counter()
            opens = 0
            while opens < OPENS and (opens == 0 or time.perf_counter() - begin < 0.1):
                way()
                opens += 1
            seconds[name] = (time.perf_counter() - begin) / opens
        print(json.dumps(seconds), flush=True)


def serve_sum(job):
    import numpy as np

    offset, n = place(job["shmcol"], job["column"])

    def mapped():
        return np.memmap(job["shmcol"], np.float64, "r", offset, (n,))

    values = mapped()
    values.sum()  # every page is mapped from here on
    print("ready", flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        total = float((mapped() if line == "opened\n" else values).sum())
        print(f"{time.perf_counter() - begin:.9f} {total!r}", flush=True)


def hold(job):
    path, tool = job["shmcol"], job["tool"]
    if tool == "polars":
        import polars as pl

        kept = pl.read_ipc(path)
        size = int(kept.estimated_size())
    elif tool == "pandas":
        import pandas as pd

        kept = pd.read_feather(path)
        size = int(kept.memory_usage().sum())
    else:
        import pyarrow as pa

        kept = pa.ipc.open_file(pa.memory_map(path)).read_all()
        size = 0
        for values in kept.columns:
            for chunk in values.chunks:
                for buffer in filter(None, chunk.buffers()):
                    size += buffer.size
                    sum(memoryview(buffer)[::4096])  # touches every page
    print(size, flush=True)
    sys.stdin.read()
    del kept


if __name__ == "__main__":
    {"open": serve_open, "sum": serve_sum, "hold": hold}[sys.argv[1]](json.loads(sys.argv[2]))
