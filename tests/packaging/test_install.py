"""The installed library works for those who build on it.

With pkg-config and find_package, shared and static, in C and C++.
"""

import os
import re
import shutil
import subprocess

import pytest
from built import BUILD, ROOT

CONSUMER = ROOT / "tests" / "packaging" / "consumer"
AIRLINES = ROOT / "tests" / "data" / "nyc-airlines.csv"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def run(*command, **more):
    done = subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, check=False, **more
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    place = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", BUILD, "--prefix", place)
    return place


def library_dir(prefix):
    return next(prefix.rglob("libshmcol.a")).parent


@pytest.fixture(scope="session")
def static_prefix(prefix, tmp_path_factory):
    """The same as a distribution's static-only package would have it."""
    place = tmp_path_factory.mktemp("static") / "prefix"
    shutil.copytree(prefix, place, symlinks=True)
    for shared in place.rglob("libshmcol.so*"):
        shared.unlink()
    for targets in place.rglob("shmcolTargets*.cmake"):
        targets.unlink()
    return place


def pkg_config(prefix, *arguments):
    directory = library_dir(prefix) / "pkgconfig"
    environment = dict(os.environ, PKG_CONFIG_PATH=str(directory))
    return run("pkg-config", *arguments, "shmcol", env=environment).split()


def build_and_use(compiler, source, prefix, flags, tmp_path, expected):
    program = tmp_path / "use"
    run(compiler, *WARNINGS, source, "-o", program, *flags)
    environment = dict(os.environ, LD_LIBRARY_PATH=str(library_dir(prefix)))
    assert run(program, AIRLINES, tmp_path / "airlines.shmcol", env=environment) == expected


def test_everything_is_put_down(prefix):
    for name in (
        "include/shmcol.h",
        "bin/shmcol-pack",
        "bin/shmcol-check",
        "bin/shmcol-info",
        "bin/shmcol-cat",
    ):
        assert (prefix / name).is_file(), name
    libraries = {p.name for p in library_dir(prefix).iterdir()}
    assert {"libshmcol.a", "libshmcol.so", "libshmcol.so.1", "pkgconfig", "cmake"} <= libraries
    for tool in ("pack", "check", "info", "cat"):
        assert list(prefix.rglob(f"man1/shmcol-{tool}.1")), f"no man page of shmcol-{tool}"
        assert run(prefix / "bin" / f"shmcol-{tool}", "--version").strip().endswith("1.0.0")
    assert list(prefix.rglob("doc/**/LICENSE"))


def test_pkg_config_shared(prefix, tmp_path):
    flags = pkg_config(prefix, "--cflags", "--libs")
    assert not [f for f in flags if f in ("-lzstd", "-lz", "-lxxhash")], (
        "what the shared library needs is its own affair"
    )
    build_and_use("cc", CONSUMER / "use.c", prefix, flags, tmp_path, "16 Endeavor Air Inc.\n")


def test_pkg_config_static(static_prefix, tmp_path):
    flags = pkg_config(static_prefix, "--static", "--cflags", "--libs")
    build_and_use(
        "cc", CONSUMER / "use.c", static_prefix, flags, tmp_path, "16 Endeavor Air Inc.\n"
    )


def test_pkg_config_wholly_static(prefix, tmp_path):
    probe = tmp_path / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    if subprocess.run(
        ["cc", "-static", str(probe), "-o", str(tmp_path / "probe")],
        capture_output=True,
        check=False,
    ).returncode:
        pytest.skip("no static C library here")
    flags = [*pkg_config(prefix, "--static", "--cflags", "--libs"), "-static"]
    build_and_use("cc", CONSUMER / "use.c", prefix, flags, tmp_path, "16 Endeavor Air Inc.\n")


@pytest.mark.parametrize("example", ["read", "write", "stream", "populate"])
def test_the_examples_build_against_what_is_installed(prefix, tmp_path, example):
    run(
        "cc",
        *WARNINGS,
        ROOT / "examples" / f"{example}.c",
        "-o",
        tmp_path / example,
        *pkg_config(prefix, "--cflags", "--libs"),
    )
    environment = dict(os.environ, LD_LIBRARY_PATH=str(library_dir(prefix)))
    done = subprocess.run(
        [tmp_path / example], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"usage: {example} ")


def test_pkg_config_cxx(prefix, tmp_path):
    build_and_use(
        "c++",
        CONSUMER / "use.cpp",
        prefix,
        pkg_config(prefix, "--cflags", "--libs"),
        tmp_path,
        "16 name\n",
    )


@pytest.mark.parametrize("standard", ["c++11", "c++20"])
def test_the_header_is_clean_cxx(prefix, tmp_path, standard):
    source = tmp_path / "only.cpp"
    source.write_text("#include <shmcol.h>\n")
    run(
        "c++",
        *WARNINGS,
        f"-std={standard}",
        f"-I{prefix}/include",
        "-c",
        source,
        "-o",
        tmp_path / "only.o",
    )


def test_the_initialisers_are_the_same_in_c_and_cxx(prefix, tmp_path):
    """Each _INIT macro sets the same bytes, also where C++ has no designated initialisers."""
    header = (prefix / "include/shmcol.h").read_text()
    names = re.findall(r"^#define SHMCOL_(\w+)_INIT\b", header, re.M)
    assert len(names) > 10
    show = "".join(
        f"    {{ static shmcol_{name.lower()} s = SHMCOL_{name}_INIT; show(&s, sizeof s); }}\n"
        for name in names
    )
    text = (
        "#include <shmcol.h>\n#include <stdio.h>\n"
        "static void show(const void *s, size_t n)\n{\n"
        "    for (size_t i = 0; i < n; i++)\n"
        '        printf("%02x", ((const unsigned char *)s)[i]);\n'
        '    printf("\\n");\n}\n'
        "int main(void)\n{\n" + show + "    return 0;\n}\n"
    )
    printed = set()
    for compiler, standard, suffix in (
        ("cc", "c99", "c"),
        ("c++", "c++11", "cpp"),
        ("c++", "c++20", "cpp"),
    ):
        source = tmp_path / f"init.{suffix}"
        source.write_text(text)
        program = tmp_path / standard
        run(compiler, *WARNINGS, f"-std={standard}", f"-I{prefix}/include", source, "-o", program)
        printed.add(run(program))
    assert len(printed) == 1


def test_find_package(prefix, tmp_path):
    run(
        "cmake",
        "-G",
        "Ninja",
        "-S",
        CONSUMER,
        "-B",
        tmp_path / "build",
        f"-DCMAKE_PREFIX_PATH={prefix}",
        "-DCMAKE_BUILD_TYPE=Release",
    )
    run("cmake", "--build", tmp_path / "build")
    for program, expected in (
        ("c-shmcol", "16 Endeavor Air Inc.\n"),
        ("c-static", "16 Endeavor Air Inc.\n"),
        ("cxx-shmcol", "16 name\n"),
        ("cxx-static", "16 name\n"),
    ):
        assert run(tmp_path / "build" / program, AIRLINES, tmp_path / "airlines.shmcol") == expected
    needed = run("readelf", "-d", tmp_path / "build" / "c-shmcol")
    assert "libshmcol.so.1" in needed and "zstd" not in needed
    assert "libshmcol" not in run("readelf", "-d", tmp_path / "build" / "c-static")


def test_find_package_static_only(static_prefix, tmp_path):
    run(
        "cmake",
        "-G",
        "Ninja",
        "-S",
        CONSUMER,
        "-B",
        tmp_path / "build",
        f"-DCMAKE_PREFIX_PATH={static_prefix}",
    )
    run("cmake", "--build", tmp_path / "build")
    assert (
        run(tmp_path / "build" / "c-shmcol", AIRLINES, tmp_path / "airlines.shmcol")
        == "16 Endeavor Air Inc.\n"
    )


def test_nothing_of_the_build_machine_is_in_the_package(prefix):
    for name in [*prefix.rglob("*.pc"), *prefix.rglob("*.cmake")]:
        assert str(ROOT) not in name.read_text(), name
    assert not re.search(r"RUNPATH|RPATH", run("readelf", "-d", prefix / "bin" / "shmcol-pack"))
