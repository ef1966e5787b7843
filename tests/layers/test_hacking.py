"""HACKING.md is right about folders and prefixes."""

import collections

import hacking
import pytest
import tree

TEXT = tree.read("HACKING.md")
PUBLIC = "lib/include"  # its names begin with shmcol_ in whatever folder they are defined


def folder(name):
    return name.rpartition("/")[0]


def names():
    """{folder: the names that other files see} of what is built, and of every header."""
    public = hacking.declared(tree.read("lib/include/shmcol.h"))
    found = collections.defaultdict(set)
    for source, (defined, _) in tree.symbols().items():
        found[folder(source)] |= {n for n in defined if not n.startswith("shmcol_")}
    for name in tree.written(".h"):
        if tree.layer(name) and folder(name) != PUBLIC:
            found[folder(name)] |= hacking.declared(tree.read(name)) - public
    return found


def test_the_tour_names_every_folder():
    folders = {folder(n) for n in tree.every_file()} - {""}
    folders = {f for f in folders if not f.startswith("lib/vendor")}
    toured = hacking.toured(TEXT)
    assert len(folders) > 30
    assert not folders - toured, "not in the tour"
    parents = {"/".join(f.split("/")[:n]) for f in folders for n in range(1, 4)}
    assert not toured - parents, "in the tour, but not there"


def test_every_folder_has_a_prefix():
    table = hacking.prefixes(TEXT)
    assert len(table) > 15
    assert len(set(table.values())) == len(table), "two folders have one prefix"
    built = {folder(source) for source in tree.symbols()}
    assert not {f for f in built if not any(f == p or f.startswith(p + "/") for p in table)}


def test_no_folder_uses_the_prefix_of_another():
    found = names()
    assert sum(map(len, found.values())) > 500
    assert not hacking.intruders(found, hacking.prefixes(TEXT))


# ---- the test of the test ----
MADE = """
## The tour
| folder | one sentence |
|---|---|
| `a/` | Has `x/`. |
| `a/b/`, `a/c/` | More. |

## Prefixes
| folder | prefix | what |
|---|---|---|
| `a` | `one_` | x |
| `a/b` | `one_two_` | y |
| `c/` | `sink_` | z |
## End
| `d` | `no_` | |
"""


def test_tables_are_read():
    assert hacking.toured(MADE) == {"a", "a/b", "a/c"}
    assert hacking.prefixes(MADE) == {"a": "one_", "a/b": "one_two_", "c": "sink_"}
    with pytest.raises(AssertionError, match="no section"):
        hacking.prefixes("## The tour\n")


def test_intruders_are_found():
    table = hacking.prefixes(MADE)
    good = {"a": {"one_f", "main"}, "a/b": {"one_two_f"}, "c": {"SINK_MAX"}, "c/d": {"sink_f"}}
    assert hacking.intruders(good, table) == []
    bad = {"a": {"one_two_f", "SINK_MAX"}, "a/b": {"one_f"}, "c": {"one_f"}}
    assert len(hacking.intruders(bad, table)) == 3


def test_names_of_a_header_are_read():
    text = """
#ifndef GUARD_H
# define LIMIT 3
typedef struct a_thing {
    int b_field;
} a_thing;
typedef bool a_fn(int b_argument, int c);
typedef int a_number;
typedef enum a_kind { A_ONE = 1, /* B_NO */ A_TWO } a_kind;
enum {
    A_THREE,
};
/* #define B_NO */
int a_call(int b_x);
"""
    found = {"LIMIT", "a_thing", "a_fn", "a_number", "a_kind", "A_ONE", "A_TWO", "A_THREE"}
    assert hacking.declared(text) == found
