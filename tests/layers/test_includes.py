"""Who may include whom: the tree tells the truth."""

import re

import pytest
import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)

# The C standard library (and strcasecmp's header); everything else is the operating system's.
C_LIBRARY = {
    "assert.h",
    "ctype.h",
    "errno.h",
    "fenv.h",
    "float.h",
    "inttypes.h",
    "iso646.h",
    "limits.h",
    "locale.h",
    "math.h",
    "setjmp.h",
    "signal.h",
    "stdalign.h",
    "stdarg.h",
    "stdatomic.h",
    "stdbool.h",
    "stddef.h",
    "stdint.h",
    "stdio.h",
    "stdlib.h",
    "stdnoreturn.h",
    "string.h",
    "strings.h",
    "tgmath.h",
    "time.h",
    "wchar.h",
}
INTRINSICS = {"immintrin.h", "arm_neon.h", "cpuid.h"}
MORE = {
    "format": {"xxhash.h"},
    "csv": INTRINSICS,
    "parse": INTRINSICS | {"ffc.h"},
    "compress": {"zstd.h"},
    "ingest": {"xxhash.h", "zlib.h", "zstd.h", "iconv.h"},
}
ANYTHING = {"sys", "tools", "demo", "python"}


def includes(name):
    return [(system, own) for system, own in INCLUDE.findall(tree.read(name))]


def resolve(name, include):
    """The file of ours that an #include "..." names."""
    here = name.rsplit("/", 1)[0]
    for place in (here + "/", "", "lib/", "lib/include/", "lib/vendor/"):
        if (tree.ROOT / (place + include)).is_file():
            return place + include
    pytest.fail(f'{name}: no file for #include "{include}"')


@pytest.mark.parametrize("name,layer", tree.sources())
def test_knows_only_what_it_may(name, layer):
    assert layer in tree.MAY_KNOW, f"{name}: a directory the design does not know"
    for _, own in includes(name):
        if own:
            other = tree.layer(resolve(name, own))
            assert other is None or other == layer or other in tree.MAY_KNOW[layer], (
                f"{name} ({layer}) includes {own} ({other})"
            )


@pytest.mark.parametrize("name,layer", [(n, l) for n, l in tree.sources() if l not in ANYTHING])
def test_only_sys_includes_the_operating_system(name, layer):
    allowed = C_LIBRARY | MORE.get(layer, set())
    wrong = [system for system, _ in includes(name) if system and system not in allowed]
    assert not wrong, f"{name} includes {wrong}"


def test_every_header_has_a_guard_and_no_pragma():
    for name, _ in tree.sources():
        text = tree.read(name)
        assert "#pragma once" not in text, name


def test_the_public_header_stands_alone():
    assert all(
        system in {"stddef.h", "stdint.h"}
        for system, own in includes("lib/include/shmcol.h")
        if not own
    )
    assert not [own for _, own in includes("lib/include/shmcol.h") if own]
