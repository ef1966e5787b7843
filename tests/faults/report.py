"""Counts and prints the results of the runs."""

import collections
import sys
import threading
import time

from outcome import FAILED, SURVIVED, UNEXPLAINED

KINDS = (SURVIVED, FAILED, UNEXPLAINED)


class Report:
    """All workers write here."""

    def __init__(self, quiet=False):
        self._lock = threading.Lock()
        self.counts = collections.defaultdict(collections.Counter)
        self.skipped = collections.Counter()
        self.unexplained = []
        self.begun = self._last = time.monotonic()
        self._quiet = quiet

    def add(self, target, fault_class, kind, number=1):
        with self._lock:
            self.counts[target, fault_class][kind] += number
            self._progress()

    def add_unexplained(self, command, what):
        """Keeps a run that is not explained, with the command that repeats it. add() counts it."""
        with self._lock:
            self.unexplained.append((command, what))
            if not self._quiet:
                print(f"unexplained: {what}\n    {command}", flush=True)

    def skip(self, reason, number=1):
        with self._lock:
            self.skipped[reason] += number

    def runs(self):
        return sum(sum(counter.values()) for counter in self.counts.values())

    def _progress(self):
        now = time.monotonic()
        if self._quiet or now - self._last < 15:
            return
        self._last = now
        print(
            self.summary(),
            file=sys.stderr,
            flush=True,
        )

    def summary(self):
        minutes = (time.monotonic() - self.begun) / 60
        bad = len(self.unexplained)
        return f"{minutes:.1f} min: {self.runs():,} runs, {bad:,} unexplained"

    def table(self):
        lines = [
            f"{'target':20} {'faults':16} {'runs':>8} " + " ".join(f"{kind:>14}" for kind in KINDS)
        ]
        total = collections.Counter()
        for (target, fault_class), counter in sorted(self.counts.items()):
            total.update(counter)
            lines.append(self._line(target, fault_class, counter))
        lines.append(self._line("all", "", total))
        lines += [
            f"SKIPPED: {number:,} times: {reason}"
            for reason, number in sorted(self.skipped.items())
        ]
        return "\n".join(lines)

    @staticmethod
    def _line(target, fault_class, counter):
        return f"{target:20} {fault_class:16} {sum(counter.values()):>8,} " + " ".join(
            f"{counter[kind]:>14,}" for kind in KINDS
        )
