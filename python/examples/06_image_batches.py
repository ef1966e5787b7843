"""6. A producer makes batches of images, a consumer takes each as soon as it is complete.

Replaces a Queue, which pickles each batch into a pipe and out of it, and a ring of slots in
SharedMemory with an event for each slot, where nothing but the program's own care keeps a slot from
being read half written. Here a batch is a file with a tensor column: it appears whole or not at
all, by rename. The consumer is told by an event, or waits for the next file and needs nothing of
the producer's but the directory. The consumer removes what it is done with, and the producer waits
while RING batches are there: the memory of the oldest is the next one's, once the kernel says that
nobody has it any more.
"""

import os
import time
from multiprocessing import shared_memory

import numpy as np
import shmcol
from scene import Scene, in_memory, keep, lies_in

scene = Scene(
    __doc__,
    rows=10,
    full=100,
    few=1,
    workers=2,
    methods=("fork", "spawn"),
    arguments=[
        (
            ("--batches",),
            {"type": int, "default": 12, "help": "how many (12), each of --rows images"},
        )
    ],
)
SHAPE, RING = (480, 640, 3), 3
filled, free, queue, slots, block = None, None, None, None, None


def picture(i, out):
    """The i-th batch, made where it is wanted."""
    out[:] = i * 37 % 251
    out[:, ::8] += 1


def look(images):
    """The consumer's work on a batch: adds up all its bytes, eight at a time."""
    return int(images.reshape(-1).view("u8").sum())


def play(run, function, initializer, initargs, jobs=(None, None)):
    """Two workers: 0 produces, 1 consumes; only the consumer's memory is of interest."""
    run.watched = slice(1, 2)
    jobs = [(role, (run.options.batches, run.rows), job) for role, job in enumerate(jobs)]
    run.bytes = run.rows * int(np.prod(SHAPE))
    return run.map(function, jobs, initializer, initargs)[1]


# ---- the usual way, which it replaces ----


def take_queue(made):
    global queue
    queue = made


def through_queue(job):
    role, (batches, rows), _ = job
    if role == 0:
        for i in range(batches):
            images = np.empty((rows, *SHAPE), np.uint8)
            picture(i, images)
            queue.put(images)
        return None
    sums = []
    for _ in range(batches):
        images = queue.get()
        sums.append(look(images))
    keep(images)
    return sums


@scene.way("queue", "Queue")
def queued(run):
    return play(run, through_queue, take_queue, (run.context.Queue(RING),))


def take_slots(name, rows, *semaphores):
    global slots, block, filled, free
    block, (filled, free) = shared_memory.SharedMemory(name), semaphores
    slots = np.ndarray((RING, rows, *SHAPE), np.uint8, block.buf)


def through_slots(job):
    role, (batches, _), _ = job
    sums = []
    for i in range(batches):
        (filled if role else free).acquire()
        if role == 0:
            picture(i, slots[i % RING])
        else:
            sums.append(look(slots[i % RING]))
        (free if role else filled).release()
    return sums


@scene.way("slots", "ring in SharedMemory, events")
def ring(run):
    with run.sharing():
        made = shared_memory.SharedMemory(create=True, size=RING * run.rows * int(np.prod(SHAPE)))
        run.reads(np.ndarray(made.size, np.uint8, made.buf))
    try:
        sums = play(
            run,
            through_slots,
            take_slots,
            (made.name, run.rows, run.context.Semaphore(0), run.context.Semaphore(RING)),
        )
        run.bytes *= RING
        return sums
    finally:
        made.close()
        made.unlink()


# ---- shmcol ----


def take_events(*semaphores):
    global filled, free
    filled, free = semaphores


def publish(path, i, rows, old, last):
    """One batch: complete, or not there. `old` is one whose memory may be used again, or None."""
    table = (
        old.again(path)
        if old
        else shmcol.create(path, {"images": (np.uint8, SHAPE)}, rows=rows, sync=False)
    )
    with table.rows(0, rows) as view:
        picture(i, view["images"])  # made in place, in the file's pages
        if last:
            lies_in(view["images"])
    table.commit(keep=True)
    return table


def wait_for(ready):
    while not ready():
        time.sleep(0.0005)


def oldest_is_free(name, first, may_wait):
    """Returns True once the consumer is done with batch `first`; waits for that if it may."""
    if free:
        return free.acquire(block=may_wait)
    if may_wait:
        wait_for(lambda: not os.path.exists(name % first))
    return not os.path.exists(name % first)


def through_files(job):
    """With semaphores, the events say when; without, the files do. The ring grows to RING batches
    only where the consumer is not done with an older one."""
    role, (batches, rows), directory = job
    sums, made, name = [], [], f"{directory}/batch-%06d.shmcol"
    for i in range(batches):
        if role == 0:
            used = made and oldest_is_free(name, i - len(made), len(made) == RING)
            made.append(publish(name % i, i, rows, made.pop(0) if used else None, i == batches - 1))
            if filled:
                filled.release()
        else:
            filled.acquire() if filled else wait_for(lambda: os.path.exists(name % i))
            with shmcol.open(name % i) as table:
                sums.append(look(table["images"]))
                if i == batches - 1:
                    keep(table["images"], lies_in(table["images"]))
            os.unlink(name % i)  # closed first: its memory is free for another batch
            if free:
                free.release()
    keep(*made)  # the producer's, for as long as it works
    return sums


@scene.way("event", "shmcol, a file each, events")
def with_events(run):
    place = in_memory(run.place)
    return play(
        run,
        through_files,
        take_events,
        (run.context.Semaphore(0), run.context.Semaphore(0)),
        (place, place),
    )


@scene.way("files", "shmcol, a file each, waits for the next")
def with_files(run):
    place = in_memory(run.place)
    return play(run, through_files, take_events, (None, None), (place, place))


if __name__ == "__main__":
    scene.main(__file__)
