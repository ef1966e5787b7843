"""Files that fit a room, functions that fit a screen, nothing left undone, every requirement where a newcomer looks for it."""

import ast
import re

import pytest
import tree

FILE_LINES, FUNCTION_LINES = 600, 75
MADE = {"LICENSE", "lib/parse/powers.h", "tools/shortest_powers.h"}  # tables that a program wrote
ONE_ON_PURPOSE = {
    "lib/include/shmcol.h"
}  # the contract of the whole library, to be read in one place
CODE = [
    n
    for n in tree.files(".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", "dev")
    if n not in MADE and not n.startswith("lib/vendor/")
]
TEXT = [
    n
    for n in tree.files(
        ".c", ".h", ".py", ".sh", ".cmake", ".txt", ".md", ".json", ".in", ".1", "dev", "run"
    )
    if not n.startswith("lib/vendor/")
]


@pytest.mark.parametrize("name", CODE)
def test_a_file_is_one_room(name):
    lines = tree.read(name).count("\n")
    assert lines <= FILE_LINES or name in ONE_ON_PURPOSE


def c_functions(text):
    """(line, length) of every function: its brace stands alone in the first column, and so does the one that ends it."""
    start = None
    for number, line in enumerate(text.split("\n"), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


@pytest.mark.parametrize("name", [n for n in CODE if n.endswith((".c", ".h"))])
def test_a_c_function_fits_a_screen(name):
    long = [
        f"{name}:{line}: {length} lines"
        for line, length in c_functions(tree.read(name))
        if length > FUNCTION_LINES
    ]
    assert not long, long


@pytest.mark.parametrize("name", [n for n in CODE if n.endswith(".py")])
def test_a_python_function_fits_a_screen(name):
    for node in ast.walk(ast.parse(tree.read(name))):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < FUNCTION_LINES, (
                f"{name}:{node.lineno}: {node.name}"
            )


def test_nothing_is_left_undone_or_tied_to_one_machine():
    words = re.compile(r"\b(TO[D]O|FIX[M]E|HA[C]K)\b|/wor[k]/|/roo[t]/|/hom[e]/\w")
    found = [
        f"{name}: {match.group(0)}" for name in TEXT for match in words.finditer(tree.read(name))
    ]
    assert not found, found


def answers():
    """The requirement numbers of the table in section 12: each is a way in which a file can be wrong."""
    section = tree.read("spec/format.md").split("\n## 12. ")[1]
    return sorted(
        {
            number
            for _, number in re.findall(r"^\| ([A-Z0-9_]+) \| (F-\d+) \|", section, re.MULTILINE)
        },
        key=lambda f: int(f[2:]),
    )


def where(number, names):
    return [n for n in names if re.search(rf"\b{number}\b", tree.read(n))]


@pytest.mark.parametrize("number", answers())
def test_a_requirement_is_found_by_its_number(number):
    assert where(
        number, [n for n in tree.files(".c", ".h") if n.startswith(("format/", "lib/"))]
    ), "in no code"
    tests = [
        n
        for n in tree.files(".c", ".h", ".py", ".json", ".md")
        if n.startswith(("tests/unit/", "tests/corpus/", "tests/cli/", "spec/corpus/"))
    ]
    assert where(number, tests), "in no test"


def test_the_table_of_answers_was_read():
    assert len(answers()) >= 20
