"""Whole processes: wall time, CPU time, peak memory. Everything that is started here ends here,
however the bench ends."""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile

LIMIT_SECONDS = 600
LAUNCHER = "launch"  # bench.py says where it is


class Failed(Exception):
    """A tool did not do the work; the text is the reason."""


@dataclasses.dataclass
class Sample:
    # seconds of the work: the tool's own count of them where it gives one, else the process's
    wall: float
    cpu: float
    # bytes: the largest resident set of the process, its start and mapped files included (wait4)
    peak: int
    printed: str


def reason(stderr, status):
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    said = next(
        (line for line in lines if "Error" in line or "error:" in line),
        lines[-1] if lines else "no message",
    )
    return f"{said[:160]} (status {status})"


def end(child):
    """Ends a child and all that it started: it leads a group of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def run(command, env=None, cwd=None):
    """Runs one process to its end, below the small launcher. Failed: it did not end with status 0,
    or took too long."""
    with tempfile.TemporaryFile() as errors, tempfile.NamedTemporaryFile() as costs:
        child = subprocess.Popen(
            [str(c) for c in (LAUNCHER, costs.name, *command)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
        late = False
        try:
            printed, _ = child.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            late = True
        finally:
            if child.returncode is None:
                end(child)
                child.communicate()
        errors.seek(0)
        said = errors.read().decode(errors="replace")
        if late:
            raise Failed(f"more than {LIMIT_SECONDS} s")
        if child.returncode != 0:
            raise Failed(reason(said, child.returncode))
        cost = json.load(costs)
        if cost["status"] != 0:
            raise Failed(reason(said, cost["status"]))
    sample = Sample(cost["wall"], cost["cpu"], cost["peak"], printed)
    with contextlib.suppress(ValueError, IndexError, TypeError, KeyError):
        own = json.loads(printed.strip().splitlines()[-1])
        sample.wall, sample.cpu = own["wall"], own["cpu"]
    return sample


@contextlib.contextmanager
def served(command, env=None):
    """A process that answers a line for each line it is given; it ends when its input does."""
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            [str(c) for c in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )

        def answer(line=None):
            if line is not None:
                child.stdin.write(line + "\n")
                child.stdin.flush()
            said = child.stdout.readline()
            if not said:
                errors.seek(0)
                raise Failed(reason(errors.read().decode(errors="replace"), child.wait()))
            return said.strip()

        answer.pid = child.pid
        try:
            yield answer
        finally:
            with contextlib.suppress(BrokenPipeError):
                child.stdin.close()
            try:
                child.wait(10)
            except (subprocess.TimeoutExpired, KeyboardInterrupt):
                end(child)
                child.wait()
            child.stdout.close()


def size(path):
    path = pathlib.Path(path)
    if path.is_dir():
        return sum(f.stat().st_size for f in path.rglob("*") if f.is_file())
    return path.stat().st_size if path.exists() else None


def remove(path):
    path = pathlib.Path(path)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None
