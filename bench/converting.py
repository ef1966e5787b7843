"""Works 1 to 3: CSV to one typed columnar file, and the machine's own limits for the same bytes.
Work 6: to a compressed one, and back."""

import measure
from race import LIMIT, PEER, SHMCOL, Tool, race


def packs(bench, table):
    """shmcol-pack in the ways that are compared; synced to disk in a row of its own."""

    def pack(*options):
        nulls = [o for token in table.nulls for o in ("--null", token)]
        return lambda output: bench.ours(
            "shmcol-pack", "--quiet", *options, *nulls, table.path, output
        )

    def tool(name, *options, **env):
        return Tool(name, SHMCOL, pack(*options), ".shmcol", "arrow", tuple(env.items()))

    yield tool("shmcol-pack", "--no-sync")
    yield tool("shmcol-pack, durable (fsync)")
    if table.key in ("1", "2"):
        yield tool("shmcol-pack, AVX2", "--no-sync", SHMCOL_ISA="avx2")
        yield tool("shmcol-pack, scalar", "--no-sync", SHMCOL_ISA="scalar")
        yield tool("shmcol-pack, no dictionaries", "--no-sync", "--dictionary", "never")


def peers(bench, table):
    for name, function, suffix, kind, package in (
        ("pyarrow open_csv to IPC", "pyarrow_streamed", ".arrow", "arrow", "pyarrow"),
        ("pyarrow read_csv to Feather", "pyarrow_whole", ".arrow", "arrow", "pyarrow"),
        ("Polars scan_csv to IPC", "polars_streamed", ".arrow", "arrow", "polars"),
        ("Polars read_csv to IPC", "polars_whole", ".arrow", "arrow", "polars"),
        ("DuckDB to IPC", "duckdb_arrow", ".arrow", "arrow", "duckdb"),
        ("DuckDB to Parquet", "duckdb_parquet", ".parquet", "parquet", "duckdb"),
        ("pandas to Feather", "pandas_feather", ".arrow", "arrow", "pandas"),
        ("Lance, by pyarrow's CSV", "lance_dataset", ".lance", "lance", "pylance"),
        ("Vortex, by pyarrow's CSV", "vortex_file", ".vortex", "vortex", "vortex-data"),
    ):
        yield Tool(
            name,
            PEER,
            lambda output, f=function: bench.peer(
                f, table.path, output, table, compression="snappy"
            ),
            suffix,
            kind,
            package=package,
        )


def limits(bench, table, packed):
    """One pass over the CSV by all cores, and the packed file's bytes written: nothing can be
    faster on this machine."""
    for name, mode in (
        ("newline scan (memchr) of the CSV", "newline"),
        ("memory read of the CSV", "read"),
        ("XXH3 of the CSV", "xxh3"),
    ):
        yield Tool(
            name, LIMIT, lambda output, m=mode: bench.ours("limits", m, table.path, bench.cores)
        )
    yield Tool(
        "write of the packed file's size",
        LIMIT,
        lambda output: bench.ours("limits", "write", packed, output),
        ".zeros",
    )


def convert(bench, table):
    output = bench.out / "sized.shmcol"
    nulls = [o for token in table.nulls for o in ("--null", token)]
    measure.run(bench.ours("shmcol-pack", "--quiet", "--no-sync", *nulls, table.path, output))
    packed = measure.size(output)
    measure.remove(output)
    return race(
        bench,
        table.key,
        [*packs(bench, table), *peers(bench, table), *limits(bench, table, packed)],
    )


def compress(bench, table):
    """To a file as small as zstd at each tool's default level makes it."""
    tools = [
        Tool(
            "shmcol-pack --zstd",
            SHMCOL,
            lambda output: bench.ours(
                "shmcol-pack", "--quiet", "--no-sync", "--zstd", table.path, output
            ),
            ".shmcol",
            "arrow",
        )
    ]
    for name, function, package in (
        ("DuckDB", "duckdb_parquet", "duckdb"),
        ("pyarrow", "pyarrow_parquet", "pyarrow"),
        ("Polars", "polars_parquet", "polars"),
    ):
        tools.append(
            Tool(
                f"{name} to Parquet zstd",
                PEER,
                lambda output, f=function: bench.peer(
                    f, table.path, output, table, compression="zstd"
                ),
                ".parquet",
                "parquet",
                package=package,
            )
        )
    rows = race(bench, "6a", tools)
    smallest = min((r.size for r in rows if r.side == PEER and r.size), default=None)
    duckdb = next((r.size for r in rows if r.tool.startswith("DuckDB")), None)
    for row in rows:
        if row.size and smallest:
            row.more = f"{row.size / smallest:.3f} of the smallest peer's" + (
                f", {row.size / duckdb:.3f} of DuckDB's" if duckdb else ""
            )
    return rows


def expand(bench, table):
    """A compressed file into memory: shmcol's plain form in private memory, and in a cache for
    everybody; the peers' whole table."""
    ours = bench.directory / "zstd.shmcol"
    measure.remove(ours)
    measure.run(bench.ours("shmcol-pack", "--quiet", "--no-sync", "--zstd", table.path, ours))
    tools = [
        Tool(
            "shmcol, to private memory",
            SHMCOL,
            lambda output: bench.ours("reader_bench", "load", ours, 64),
        ),
        Tool(
            "shmcol, first open by the cache",
            SHMCOL,
            lambda output: bench.ours("reader_bench", "load", ours, 32),
            ".cache",
            env=(("SHMCOL_CACHE", str(bench.out / "output.cache")),),
        ),
    ]
    files = {}
    for maker, package in (("duckdb", "duckdb"), ("pyarrow", "pyarrow")):
        if package not in bench.packages:
            continue
        files[maker] = bench.directory / f"zstd-{maker}.parquet"
        measure.remove(files[maker])
        measure.run(
            bench.peer(f"{maker}_parquet", table.path, files[maker], table, compression="zstd")
        )
    for maker, path in files.items():
        for reader in ("pyarrow", "duckdb", "polars"):
            tools.append(
                Tool(
                    f"{reader}, Parquet zstd of {maker}",
                    PEER,
                    lambda output, r=reader, p=path: bench.peer(f"read_{r}", p),
                    package=reader,
                )
            )
    plain = bench.out / "plain.shmcol"
    measure.run(bench.ours("shmcol-pack", "--quiet", "--no-sync", "--plain", ours, "-o", plain))
    bytes_of = measure.size(plain)
    measure.remove(plain)
    rows = race(bench, "6b", tools)
    for row in rows:
        if row.wall:
            row.more = f"{bytes_of / row.wall / 1e9:.2f} GB/s of the plain form"
    for path in (ours, *files.values()):
        measure.remove(path)
    return rows
