"""2. Workers read a list of strings and a dict of records.

Replaces lists and dicts that fork hands down. Each look at an object writes its reference count,
and so copies its page: what looked shared is copied, page by page, into every worker. In a table
there are no objects to count: strings lie one after the other, the records' fields in columns.
"""

import numpy as np
import shmcol
from scene import Scene

scene = Scene(__doc__, rows=500_000, full=5_000_000)
KINDS = ["bolt", "nut", "screw", "washer"]
words, records = None, None


def make(rows):
    """A list of strings and a dict: id to (kind, price, stock). Ids ascend, with gaps."""
    random = np.random.default_rng(2)
    numbers = random.integers(0, 1000, rows).tolist()
    texts = [f"a sentence about part {number}" for number in numbers]
    ids = np.arange(rows) * 3 + 1
    fields = zip(
        random.integers(0, 4, rows).tolist(),
        random.integers(1, 10_000, rows).tolist(),
        random.integers(0, 50, rows).tolist(),
    )
    return texts, {
        key: (KINDS[kind], price / 100, stock)
        for key, (kind, price, stock) in zip(ids.tolist(), fields)
    }


def wanted(worker, rows):
    """The queries of a worker: a string to count, a kind to add up, and a thousand records by their
    ids."""
    ids = np.random.default_rng(worker).integers(0, rows, 1000) * 3 + 1
    return f"a sentence about part {worker * 7}", KINDS[worker % 4], ids


# ---- the usual way, which it replaces ----


def look_at_objects(job):
    text, kind, ids = job
    value = sum(price * stock for what, price, stock in records.values() if what == kind)
    return [words.count(text), value, sum(records[key][2] for key in ids.tolist())]


@scene.way("fork", "a list and a dict, inherited by fork", methods=("fork",))
def inherit(run):
    global words, records
    words, records = make(run.rows)
    return run.map(look_at_objects, [wanted(worker, run.rows) for worker in range(run.workers)])


# ---- shmcol ----


def look_at_table(job):
    table, (text, kind, ids) = job
    value = 0.0
    for batch in table.batches(1 << 16):  # views: temporary arrays stay small
        of_kind = batch["kind"] == kind
        value += float((batch["price"][of_kind] * batch["stock"][of_kind]).sum())
    rows = np.searchsorted(table["id"], ids)
    return [table["text"].count(text), value, int(table["stock"][rows].sum())]


@scene.way("shmcol", "shmcol", methods=("fork", "spawn"))
def shared(run):
    texts, dictionary = make(run.rows)
    path = f"{run.place}/records.shmcol"
    with run.sharing():
        kinds = [kind for kind, _, _ in dictionary.values()]
        prices = np.fromiter((price for _, price, _ in dictionary.values()), "f8", run.rows)
        stocks = np.fromiter((stock for _, _, stock in dictionary.values()), "i4", run.rows)
        columns = {
            "text": texts,
            "id": np.fromiter(dictionary, "i8", run.rows),
            "kind": kinds,
            "price": prices,
            "stock": stocks,
        }
        shmcol.write(columns, path, dictionary=["kind"], overwrite=True, sync=False)
    del texts, dictionary, kinds, prices, stocks, columns
    with shmcol.open(path) as table:
        run.reads(
            table["text"].offsets,
            table["text"].data,
            table["id"],
            table["kind"].codes,
            table["price"],
            table["stock"],
        )
        return run.map(
            look_at_table, [(table, wanted(worker, run.rows)) for worker in range(run.workers)]
        )


if __name__ == "__main__":
    scene.main(__file__)
