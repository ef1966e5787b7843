"""lib/csv and lib/parse on aarch64, emulated by qemu-user: the NEON index, and char is unsigned.

Debian: apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
(./dev test does that, as root)
"""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CC, QEMU = "aarch64-linux-gnu-gcc", "qemu-aarch64"
FLAGS = (
    "-std=c11 -O2 -D_GNU_SOURCE -Wall -Wextra -Wtype-limits -ffp-contract=off -fno-strict-aliasing "
    "-UNDEBUG -DSHMCOL_FEWER_VALUES=1"
).split()
# The base of the architecture, and with the carry-less multiply that the index prefers.
MACHINES = {"base": "-march=armv8-a", "crypto": "-march=armv8-a+crypto"}

pytestmark = pytest.mark.skipif(
    not (shutil.which(CC) and shutil.which(QEMU)), reason=f"no {CC} or no {QEMU}"
)


def run(*command):
    done = subprocess.run(
        [str(c) for c in command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def unit_tests():
    """Returns the tests of the two directories that need nothing else of the library."""
    found = [
        p
        for pattern in ("test_isa.c", "test_csv_*.c", "test_parse_*.c")
        for p in (ROOT / "tests" / "unit").glob(pattern)
    ]
    return sorted(p.stem for p in found if "csv_support.h" not in p.read_text())


@pytest.fixture(scope="session")
def library(request, tmp_path_factory):
    """Builds both directories and their tests' helpers; gives (compiler and flags, archive)."""
    folder = tmp_path_factory.mktemp(request.param)
    cc = [
        CC,
        MACHINES[request.param],
        *FLAGS,
        "-I",
        ROOT,
        "-I",
        ROOT / "lib",
        "-I",
        ROOT / "tests" / "unit",
        "-isystem",
        HERE,
    ]
    cc.append(f'-DSOURCE_DIR="{ROOT}"')
    sources = [
        p
        for d in ("csv", "parse")
        for p in (ROOT / "lib" / d).glob("*.c")
        if not p.stem.endswith(("_avx2", "_avx512"))
    ]
    sources += [ROOT / "lib" / "sys" / "misc.c", ROOT / "tests" / "unit" / "parse_support.c"]
    for source in sources:
        run(*cc, "-c", source, "-o", folder / f"{source.parent.name}_{source.stem}.o")
    archive = folder / "library.a"
    run("aarch64-linux-gnu-ar", "rcs", archive, *sorted(folder.glob("*.o")))
    return cc, archive


@pytest.mark.parametrize(
    ("library", "name"),
    [("base", name) for name in unit_tests()] + [("crypto", "test_isa")],
    indirect=["library"],
    scope="session",
)
def test_passes(library, name, tmp_path):
    cc, archive = library
    run(
        *cc, "-static", ROOT / "tests" / "unit" / f"{name}.c", archive, "-lm", "-o", tmp_path / name
    )
    assert "failed" not in run(QEMU, tmp_path / name)
