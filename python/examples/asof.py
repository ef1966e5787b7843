"""The quote that held when each trade was made: an as-of join of two tables.

The quotes are sorted by time, so asof() finds rows without a copy of the column, and take() copies
those rows alone. A trade before the first quote gets a null.
"""

import argparse
import os
import tempfile

import numpy as np
import shmcol


def make(folder, quotes, trades):
    dice = np.random.default_rng(1)
    begin = np.datetime64("2026-11-30T09:00:00", "us")
    at = begin + np.sort(dice.integers(0, 3600 * 10**6, quotes)).astype("m8[us]")
    shmcol.write(
        {"time": at, "bid": 100 + dice.normal(0, 1, quotes).cumsum() / 100},
        os.path.join(folder, "quotes.shmcol"),
    )
    at = begin + np.sort(dice.integers(-60 * 10**6, 3600 * 10**6, trades)).astype("m8[us]")
    shmcol.write(
        {"time": at, "size": dice.integers(1, 100, trades)}, os.path.join(folder, "trades.shmcol")
    )


def join(quotes, trades):
    """The trades, each with the last quote at or before it."""
    rows = quotes.asof("time", trades["time"])  # -1: there is none
    held = quotes.take(rows, ["bid"], missing=True)
    return {"time": trades["time"], "size": trades["size"], "bid": held["bid"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quotes", type=int, default=1_000_000)
    parser.add_argument("--trades", type=int, default=10_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make(folder, asked.quotes, asked.trades)
        with (
            shmcol.open(os.path.join(folder, "quotes.shmcol")) as quotes,
            shmcol.open(os.path.join(folder, "trades.shmcol")) as trades,
        ):
            joined = join(quotes, trades)
            early = int(np.isnan(joined["bid"]).sum())
            print(f"{len(joined['bid']):,} trades, {early} before the first quote")
            hour = quotes.between("time", "2026-11-30T09:30", "2026-11-30T10:00")
            print(f"{len(hour):,} quotes from 9:30 on, mean bid {hour['bid'].mean():.2f}")


if __name__ == "__main__":
    main()
