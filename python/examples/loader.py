"""Rows in random order for a training loop, from two workers that share one table.

Replaces a list of rows, which each worker gets a copy of, and whose copy grows the worker. A table
is a map-style dataset of PyTorch as it is: len(t), and t.__getitems__(rows) for a batch. Faster is
take(), which gives arrays instead of a dict for each row. With PyTorch installed its DataLoader
runs here; without it a loop of our own does what its workers do.
"""

import argparse
import multiprocessing
import os
import tempfile
import time

import numpy as np
import shmcol

BATCH, WORKERS = 256, 2


class Batches:
    """A dataset whose batches are arrays: one call takes all rows of a batch."""

    def __init__(self, table):
        self.table = table  # pickles to a few hundred bytes: a worker opens the file

    def __len__(self):
        return len(self.table)

    def __getitem__(self, row):
        return self.table[row]

    def __getitems__(self, rows):
        taken = self.table.take(rows)
        return {
            "x": taken["x"],  # torch.from_numpy(taken["x"]) is a tensor over the same memory
            "label": taken["label"],
            "text": taken["text"].tolist(),
        }


def as_it_is(batch):
    return batch


def columns_of(rows):
    """Rows as a batch. Nulls, dates and decimals need a line of their own here."""
    return {
        "x": np.array([row["x"] for row in rows]),
        "label": np.array([row["label"] for row in rows]),
        "text": [row["text"] for row in rows],
    }


def private():
    """The bytes of this process that it shares with no other."""
    with open("/proc/self/smaps_rollup") as f:
        return 1024 * sum(int(line.split()[1]) for line in f if line.startswith("Private"))


def work(dataset, collate, wanted, made):
    """What a worker of a loader does: it fetches batch after batch."""
    fetch = getattr(dataset, "__getitems__", None)
    made.put(None)
    for rows in iter(wanted.get, None):
        batch = fetch(rows) if fetch else [dataset[row] for row in rows]
        made.put((collate(batch), private()))


def own_loader(dataset, collate, batches):
    """Yields (batch, private bytes of the worker)."""
    context = multiprocessing.get_context("spawn")
    wanted, made = context.Queue(), context.Queue()
    workers = [
        context.Process(target=work, args=(dataset, collate, wanted, made), daemon=True)
        for _ in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    try:
        for _ in workers:
            made.get()  # both are ready: what follows is the time of rows
        ahead = 4 * WORKERS
        for rows in batches[:ahead]:
            wanted.put(rows)
        for at in range(len(batches)):
            if at + ahead < len(batches):
                wanted.put(batches[at + ahead])
            yield made.get()
    finally:  # also after Ctrl-C: nothing waits for a worker that is gone
        wanted.cancel_join_thread()
        for worker in workers:
            worker.terminate()
            worker.join()


def torch_loader(dataset, collate, batches):
    from torch.utils.data import DataLoader

    with_memory = Measured(collate)
    yield from DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=with_memory,
        num_workers=WORKERS,
        multiprocessing_context="spawn",
    )


class Measured:
    """A collate function that also says what the worker's memory is."""

    def __init__(self, collate):
        self.collate = collate

    def __call__(self, batch):
        return self.collate(batch), private()


def run(title, loader, dataset, collate, batches):
    seen, begin, memory, check = 0, None, [], 0
    for batch, bytes_ in loader(dataset, collate, batches):
        begin = begin or time.perf_counter()
        seen += len(batch["x"])
        check += int(batch["label"].sum()) + len(batch["text"][0])
        memory.append(bytes_)
    rate = (seen - BATCH) / (time.perf_counter() - begin)
    third = len(memory) // 3
    grown = (sum(memory[-third:]) - sum(memory[third : 2 * third])) / third
    print(
        f"{title}: {rate:,.0f} rows/s; a worker's private memory {memory[-1] / 2**20:.1f} MiB, "
        f"grown by {grown / 2**20:+.1f} MiB in the last third"
    )
    return seen, check


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--without-torch", action="store_true")
    asked = parser.parse_args()
    n = np.arange(asked.rows)
    columns = {
        "x": (n * 0.5).astype("f4"),
        "label": n % 10,
        "text": [f"the text of row {i}" for i in range(asked.rows)],
    }
    try:
        if asked.without_torch:
            raise ImportError
        import torch  # noqa: F401

        loader = torch_loader
    except ImportError:
        loader = own_loader
        print("without PyTorch: a loop of our own does what its workers do")
    order = np.random.default_rng(0).permutation(asked.rows).tolist()
    batches = [order[at : at + BATCH] for at in range(0, asked.rows, BATCH)]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.shmcol")
        shmcol.write(columns, path)
        with shmcol.open(path) as table:
            rows = [
                {"x": x, "label": label, "text": text}
                for x, label, text in zip(
                    columns["x"].tolist(), columns["label"].tolist(), columns["text"]
                )
            ]
            ways = [
                ("a list of dicts", rows, columns_of),
                ("the table, row by row", table, columns_of),
                ("the table, take()", Batches(table), as_it_is),
            ]
            results = [
                run(title, loader, dataset, collate, batches) for title, dataset, collate in ways
            ]
    assert results[0] == results[1] == results[2], results


if __name__ == "__main__":
    main()
