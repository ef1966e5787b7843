"""Readers of one file, led through standard input, so that they can take turns with C programs: `readers.py open JSON`, `sum JSON`, `hold JSON`.

    open  {"shmcol", "column", "scratch"}   for each line "round" one line {tool: seconds from nothing to the first value}
    sum   {"shmcol", "column"}              for each line "mapped" or "opened" the seconds and the sum
    hold  {"tool", "shmcol"}                reads every column, prints the bytes, and waits for the end of the input

pyarrow and Polars open the shmcol file itself, which is an Arrow IPC file of one batch; numpy maps its column's bytes, or a .npy of them.
"""

import json
import pathlib
import sys
import time

OPENS = 20


def place(path, column):
    """(offset in the file, number) of a float64 column's values, found by Arrow's own metadata and the map's address."""
    import pyarrow as pa

    source = pa.memory_map(path)
    values = pa.ipc.open_file(source).read_all().column(column).chunk(0)
    source.seek(0)
    start = source.read_buffer(8).address
    return values.buffers()[1].address - start, len(values)


def open_ways(job):
    """{tool: a function from nothing to the first value}; a tool that is not installed is left out."""
    import numpy as np
    import pyarrow as pa

    path, column, scratch = job["shmcol"], job["column"], pathlib.Path(job["scratch"])
    offset, n = place(path, column)
    table = pa.ipc.open_file(pa.memory_map(path)).read_all()
    npy = str(scratch / "column.npy")
    np.save(npy, np.memmap(path, np.float64, "r", offset, (n,)))
    ways = {
        "numpy: np.memmap": lambda: np.memmap(path, np.float64, "r", offset, (n,))[0],
        "numpy: np.load of a .npy, mapped": lambda: np.load(npy, mmap_mode="r")[0],
        "pyarrow: IPC, mapped": lambda: pa.ipc.open_file(pa.memory_map(path)).get_batch(0).column(column)[0].as_py(),
        "pyarrow: IPC, mapped, one column": lambda: (
            pa.ipc.open_file(pa.memory_map(path), options=pa.ipc.IpcReadOptions(included_fields=[table.schema.get_field_index(column)]))
            .get_batch(0)
            .column(0)[0]
            .as_py()
        ),
    }

    def polars():
        import polars as pl

        ways["Polars: scan_ipc"] = lambda: pl.scan_ipc(path).select(column).head(1).collect().item()

    def parquet():
        import pyarrow.parquet as parquet

        parquet.write_table(table, str(scratch / "open.parquet"))
        ways["pyarrow: Parquet, one column"] = lambda: (
            parquet.read_table(str(scratch / "open.parquet"), columns=[column]).column(0)[0].as_py()
        )

    def lance():
        import lance

        lance.write_dataset(table, str(scratch / "open.lance"))
        ways["Lance: take a row"] = lambda: lance.dataset(str(scratch / "open.lance")).take([0], columns=[column]).column(0)[0].as_py()

    def vortex():
        import vortex

        vortex.io.write(pa.table({column: table.column(column)}) if table.num_columns > 100 else table, str(scratch / "open.vortex"))
        ways["Vortex: scan one column"] = lambda: (
            vortex.open(str(scratch / "open.vortex")).to_arrow([column]).read_next_batch().column(0)[0].as_py()
        )

    left_out = {}
    for add in (polars, parquet, lance, vortex):
        if add is vortex and table.num_columns > 100:
            left_out["Vortex: scan one column"] = "writing the wide table takes minutes"
            continue
        try:
            add()
            list(ways.values())[-1]()
        except Exception as why:  # whatever a peer raises is why it is left out
            name = {
                polars: "Polars: scan_ipc",
                parquet: "pyarrow: Parquet, one column",
                lance: "Lance: take a row",
                vortex: "Vortex: scan one column",
            }[add]
            ways.pop(name, None)
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
                for buffer in chunk.buffers():
                    size += buffer.size if buffer is not None else 0
                    sum(memoryview(buffer)[::4096]) if buffer is not None else 0  # touches every page
    print(size, flush=True)
    sys.stdin.read()
    del kept


if __name__ == "__main__":
    {"open": serve_open, "sum": serve_sum, "hold": hold}[sys.argv[1]](json.loads(sys.argv[2]))
