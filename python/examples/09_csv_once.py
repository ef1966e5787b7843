"""9. A CSV is packed once, and all workers open that.

Replaces a read_csv in every worker: each parses the same text, and each has its own copy of what
comes out.
"""

import numpy as np
import shmcol
from scene import Scene, keep

scene = Scene(__doc__, rows=200_000, full=2_000_000, workers=4, full_workers=16, methods=("fork",))
STEP = 1 << 16
NAMES = [f"name_{i:03}" for i in range(1000)]


def csv_of(run):
    """A date, a number with gaps, a name; written once for all ways."""
    path = f"{run.place}/table-{run.rows}.csv"
    random = np.random.default_rng(9)
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write("date,val,name\n")
            days = np.datetime64("2000-01-01") + np.arange(9000)
            for first in range(0, run.rows, 100_000):
                n = min(100_000, run.rows - first)
                date, val, name = (
                    days[random.integers(0, 9000, n)].astype(str),
                    random.random(n),
                    random.integers(0, 1000, n),
                )
                val = np.where(random.random(n) < 0.05, "", val.astype(str))
                file.writelines(
                    f"{d},{v},{NAMES[i]}\n"
                    for d, v, i in zip(date.tolist(), val.tolist(), name.tolist())
                )
    except FileExistsError:
        pass
    return path


def work(val, latest, count):
    """The work of every worker, some rows at a time, because nansum makes a copy."""
    return [
        sum(float(np.nansum(val[first : first + STEP])) for first in range(0, len(val), STEP)),
        str(latest)[:10],
        int(count),
    ]


# ---- the usual way, which it replaces ----


def import_pandas():
    import pandas  # noqa: F401


def read_with_pandas(job):
    import pandas

    path, name = job
    frame = pandas.read_csv(path, parse_dates=["date"])
    keep(frame)
    return work(frame["val"].to_numpy(), frame["date"].max(), (frame["name"] == name).sum())


@scene.way("pandas", "pandas.read_csv in each worker", package="pandas")
def with_pandas(run):
    path = csv_of(run)
    return run.map(read_with_pandas, [(path, name) for name in NAMES[: run.workers]], import_pandas)


def import_polars():
    import polars  # noqa: F401


def read_with_polars(job):
    import polars

    path, name = job
    frame = polars.read_csv(path, try_parse_dates=True)
    keep(frame)
    return work(
        frame["val"].fill_null(float("nan")).to_numpy(),
        frame["date"].max(),
        (frame["name"] == name).sum(),
    )


@scene.way("polars", "polars.read_csv in each worker", package="polars")
def with_polars(run):
    path = csv_of(run)
    return run.map(read_with_polars, [(path, name) for name in NAMES[: run.workers]], import_polars)


# ---- shmcol ----


def read_table(job):
    table, name = job
    return work(
        table["val"],
        table["date"].max(),
        sum(batch["name"].count(name) for batch in table.batches(STEP)),
    )


@scene.way("shmcol", "shmcol.pack once, open in each", methods=("fork", "spawn"))
def packed(run):
    path = csv_of(run)
    with run.sharing():
        shmcol.pack(path, path + ".shmcol", overwrite=True, sync=False)
    with shmcol.open(path + ".shmcol") as table:
        run.reads(table["date"], table["val"], table["name"].codes)
        return run.map(read_table, [(table, name) for name in NAMES[: run.workers]])


if __name__ == "__main__":
    scene.main(__file__)
