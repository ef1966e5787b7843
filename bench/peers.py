"""One work by one peer, in a process of its own: `peers.py JSON`, with tool, source, output, nulls,
times and newlines (see tables.py).

Each tool does its imports first and gives back the work, so that what is timed is the work without
the start of Python. Types are those that shmcol-pack finds: whole numbers int64, decimals float64,
dates and times parsed, text as text; every tool gets the options it needs for that, and no hint
that would spare it the finding. All run with their default number of threads, as many as there are
cores. None syncs to disk.
"""

import json
import sys
import time


def arrow_options(job):
    import pyarrow.csv as csv

    return {
        "convert_options": csv.ConvertOptions(
            null_values=["", *job["nulls"]],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
        "parse_options": csv.ParseOptions(newlines_in_values=job["newlines"]),
    }


def pyarrow_streamed():
    import pyarrow as pa
    import pyarrow.csv as csv

    def work(job):
        reader = csv.open_csv(job["source"], **arrow_options(job))
        with pa.OSFile(job["output"], "wb") as sink, pa.ipc.new_file(sink, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)

    return work


def pyarrow_whole():
    import pyarrow.csv as csv
    import pyarrow.feather as feather

    return lambda job: feather.write_feather(
        csv.read_csv(job["source"], **arrow_options(job)), job["output"], compression="uncompressed"
    )


def pyarrow_parquet():
    import pyarrow.csv as csv
    import pyarrow.parquet as parquet

    return lambda job: parquet.write_table(
        csv.read_csv(job["source"], **arrow_options(job)), job["output"], compression="zstd"
    )


def polars_options(job):
    return {"try_parse_dates": True, "null_values": job["nulls"] or None}


def polars_streamed():
    import polars as pl

    return lambda job: pl.scan_csv(job["source"], **polars_options(job)).sink_ipc(
        job["output"], compression="uncompressed"
    )


def polars_whole():
    import polars as pl

    return lambda job: pl.read_csv(job["source"], **polars_options(job)).write_ipc(
        job["output"], compression="uncompressed"
    )


def polars_parquet():
    import polars as pl

    return lambda job: pl.scan_csv(job["source"], **polars_options(job)).sink_parquet(
        job["output"], compression="zstd"
    )


def duckdb_source(job):
    nulls = ", ".join(f"'{n}'" for n in ["", *job["nulls"]])
    return f"read_csv('{job['source']}', nullstr=[{nulls}])"


def duckdb_arrow():
    import duckdb
    import pyarrow as pa

    def work(job):
        reader = duckdb.sql(f"from {duckdb_source(job)}").to_arrow_reader(100_000)
        with pa.OSFile(job["output"], "wb") as sink, pa.ipc.new_file(sink, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)

    return work


def duckdb_parquet():
    import duckdb

    return lambda job: duckdb.sql(
        f"copy (from {duckdb_source(job)}) to '{job['output']}' (format parquet, compression "
        f"{job['compression']})"
    )


def pandas_feather():
    import pandas as pd
    import pyarrow.feather  # noqa: F401  to_feather would import it within the time

    def work(job):
        more = (
            {"dtype_backend": "pyarrow"} if job["nulls"] else {}
        )  # its other whole numbers know no null
        table = pd.read_csv(
            job["source"],
            keep_default_na=False,
            na_values=["", *job["nulls"]],
            parse_dates=job["times"],
            **more,
        )
        table.to_feather(job["output"], compression="uncompressed")

    return work


def lance_dataset():
    import lance
    import pyarrow.csv as csv

    return lambda job: lance.write_dataset(
        csv.open_csv(job["source"], **arrow_options(job)), job["output"]
    )


def vortex_file():
    import pyarrow.csv as csv
    import vortex

    return lambda job: vortex.io.write(
        csv.open_csv(job["source"], **arrow_options(job)), job["output"]
    )


# ---- a compressed file back into memory ----


def read_pyarrow():
    import pyarrow.parquet as parquet

    return lambda job: parquet.read_table(job["source"])


def read_duckdb():
    import duckdb

    return lambda job: duckdb.sql(f"from read_parquet('{job['source']}')").to_arrow_table()


def read_polars():
    import polars as pl

    return lambda job: pl.read_parquet(job["source"])


def main():
    job = json.loads(sys.argv[1])
    work = globals()[job["tool"]]()
    wall, cpu = time.perf_counter(), time.process_time()
    kept = work(job)
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))
    del kept


if __name__ == "__main__":
    main()
