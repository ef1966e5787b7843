"""Object files: calls between layers, calls of the operating system, exported names."""

import re
import subprocess

import pytest
import tree

# Functions that any layer may call: computation and memory, no files, no threads, no clock.
PURE = re.compile(
    r"mem\w+|str\w+|malloc|calloc|realloc|free|aligned_alloc|qsort|bsearch|v?snprintf|"
    r"to(lower|upper)|is[a-z]+|abort|abs|labs|"
    r"ldexp|frexp|nextafter|fma|floor|ceil|trunc|round|rint|nearbyint|pow|sqrt|fabs|log2|isnan|"
    r"scalbn|"
    r"__errno_location|__ctype_\w+_loc|__assert_fail|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_|"
    r"__cpu_model|__cpu_indicator_init|__popcount\w+|__isoc(99|23)_(sscanf|strto\w+)|__\w+_chk|"
    r"__(u|mul|div|mod|ashl|lshr)\w+[tdx]i[34]"
)
# sigsetjmp must be called in the frame that survives, so the guard's one call stands outside sys.
MORE = {
    "compress": r"ZSTD_\w+",
    "ingest": r"ZSTD_\w+|inflate\w*|crc32|iconv\w*",
    "read": r"__sigsetjmp",
}


def dynamic_symbols(library):
    listed = subprocess.run(
        ["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True
    )
    return {line.split()[-1] for line in listed.stdout.splitlines()}


@pytest.fixture(scope="module")
def built():
    """(layer, source, symbols it defines, symbols it uses) of the library's sources."""
    found = [
        (tree.layer(source), source, *symbols)
        for source, symbols in tree.symbols().items()
        if source.startswith(("format/", "lib/"))
    ]
    assert found, f"no object files below {tree.BUILD}"
    return found


def test_calls_follow_the_layers(built):
    home = {symbol: layer for layer, _, defined, _ in built for symbol in defined}
    wrong = []
    for layer, source, _, undefined in built:
        for symbol in undefined & home.keys():
            other = home[symbol]
            through_the_header = source.startswith(tree.THROUGH_THE_HEADER) and symbol.startswith(
                "shmcol_"
            )
            if other != layer and other not in tree.MAY_KNOW[layer] and not through_the_header:
                wrong.append(f"{source} ({layer}) calls {symbol} ({other})")
    assert not wrong, "\n".join(wrong)


def test_only_sys_calls_the_operating_system(built):
    ours = {symbol for _, _, defined, _ in built for symbol in defined}
    wrong = []
    for layer, source, _, undefined in built:
        more = re.compile(MORE.get(layer, "(?!)"))
        if layer != "sys":
            wrong += [
                f"{source} calls {s}"
                for s in sorted(undefined - ours)
                if not PURE.fullmatch(s) and not more.fullmatch(s)
            ]
    assert not wrong, "\n".join(wrong)


def test_the_shared_library_exports_the_header_and_nothing_else():
    library = tree.BUILD / "libshmcol.so"
    if not library.exists():
        pytest.skip("built without the shared library")
    exported = dynamic_symbols(library)
    header = re.sub(r"/\*.*?\*/", "", tree.read("lib/include/shmcol.h"), flags=re.DOTALL)
    declared = set(re.findall(r"^SHMCOL_API\b[^;({]*?\b(shmcol_\w+)\(", header, re.MULTILINE))
    assert len(declared) > 50
    assert exported == declared


def test_the_soname_carries_the_major_version():
    library = tree.BUILD / "libshmcol.so"
    if not library.exists():
        pytest.skip("built without the shared library")
    dynamic = subprocess.run(
        ["readelf", "-d", str(library)], capture_output=True, text=True, check=True
    ).stdout
    assert "soname: [libshmcol.so.1]" in dynamic
    assert "xxhash" not in dynamic, "XXH3 is inlined, nothing of it is linked"
