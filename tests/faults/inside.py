"""Runs faults_inprocess, which makes calls fail inside one process, and reads what it says."""

import errno
import subprocess
import threading

from plan import TEMPORARIES
from targets import Target, Work

IN_MEMORY = ("populate.again",)


def scenarios(place):
    return subprocess.run(
        [place.bin / "inprocess", "list"], capture_output=True, text=True, check=True
    ).stdout.split()


def spelled(fault):
    """memory:12+ as memory:ENOMEM+."""
    kind, number = fault.split(":")
    digits = number.rstrip("+")
    name = "short" if digits == "0" else errno.errorcode[int(digits)]
    return f"{kind}:{name}{number[len(digits) :]}"


def unspelled(kind, action, lasting):
    return f"{kind}:{0 if action == 'short' else getattr(errno, action)}{'+' if lasting else ''}"


def run(place, name, scenario, user, temporary, mode, faults, told, seconds=None):
    """Calls told(fault, counts, problem). `counts` are (runs, survived, failed, unexplained) or
    None, `problem` is "K what" or None.

    Ended after `seconds`, if given. What LeakSanitizer prints goes with the next problem."""
    work = Work(
        place, f"{name}-inside-{user}", user, scenario in IN_MEMORY and place.memory is not None
    )
    target = Target(scenario, ("{bin}/inprocess", mode, scenario, "{in}", "{work}", *faults))
    process = subprocess.Popen(
        work.command(target),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=work.environment(TEMPORARIES[temporary]),
        text=True,
        errors="replace",
        **work.as_user(),
    )
    errors = []
    reader = threading.Thread(target=lambda: errors.extend(process.stderr))
    reader.start()
    timer = threading.Timer(seconds, process.kill) if seconds is not None else None
    if timer:
        timer.start()
    for line in process.stdout:
        word, fault, rest = line.rstrip("\n").split(" ", 2)
        if word == "ran":
            told(spelled(fault), tuple(map(int, rest.split())), None)
        else:
            told(spelled(fault), None, rest)
    process.wait()
    reader.join()
    process.stdout.close()
    process.stderr.close()
    if timer:
        timer.cancel()
    if process.returncode not in (0, -9):
        told("all", None, f"0 ended with {process.returncode}: {''.join(errors)[-600:]}")
    return "".join(errors)
