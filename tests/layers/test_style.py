"""One style in the whole tree: as clang-format and ruff leave it, and a few rules more."""

import pathlib
import subprocess
import sys

import pytest
import style
import tree

WHOLE_CONTRACT = "lib/include/shmcol.h"  # longer: a user reads it in one place


def found(names, rule):
    """["file:line" of each place that breaks the rule]"""
    return [f"{name}:{line}" for name in names for line in rule(tree.read(name))]


def check(names, rule):
    assert len(names) > 10, "hardly a file was looked at"
    places = found(names, rule)
    assert not places, "\n".join(places)


def test_no_line_is_too_long():
    check(tree.written(".c", ".h", ".py"), style.long_lines)


def test_no_comment_begins_with_a_question():
    check(tree.written(".c", ".h"), style.question_comments)


def test_every_file_begins_with_a_comment():
    check(tree.written(".c", ".h", ".py"), style.no_opening)


def test_names_in_messages_have_double_quotes():
    check(tree.written(".c", ".h"), style.single_quoted_names)
    package = [n for n in tree.written(".py") if n.startswith("python/shmcol/")]
    check(package, style.names_as_repr)


def test_no_file_is_too_long():
    names = tree.written(".c", ".h", ".py", ".sh", ".cmake", "CMakeLists.txt", "dev")
    check([n for n in names if n != WHOLE_CONTRACT], style.too_long)


def test_no_function_is_too_long():
    check(tree.written(".c", ".h"), style.long_functions)
    check(tree.written(".py"), style.long_python_functions)


def formatter(name):
    """A program of tests/requirements.txt, which stands beside the Python that runs this."""
    path = pathlib.Path(sys.executable).with_name(name)
    assert path.exists(), f"{path} is missing: install tests/requirements.txt"
    return path


def complaints(*command):
    ran = subprocess.run(
        list(map(str, command)), cwd=tree.ROOT, capture_output=True, text=True, check=False
    )
    return ran.stdout + ran.stderr if ran.returncode else ""


def ruff_complaints(*names):
    options = ["--check", "--no-cache", f"--config={tree.ROOT}/pyproject.toml"]
    return complaints(formatter("ruff"), "format", *options, *names)


def test_c_is_as_clang_format_leaves_it():
    names = tree.written(".c", ".h")
    wrong = complaints(formatter("clang-format"), "--dry-run", "-Werror", *names)
    assert not wrong, f"./dev format mends this:\n{wrong[:2000]}"


def test_python_is_as_ruff_leaves_it():
    wrong = ruff_complaints(*tree.written(".py"))
    assert not wrong, f"./dev format mends this:\n{wrong[:2000]}"


# ---- the test of the test: each rule refuses what it is there for ----
def test_the_rules_see_what_they_refuse():
    assert style.long_lines("a" * 100 + "\n" + "ä" * 101 + "\n") == [2]
    assert style.question_comments(
        "/* What it is. */\n/* So\n * Whether. */\n    // Who did.\n/* Whatever. */\n * Who did.\n"
    ) == [1, 4, 6]
    assert style.single_quoted_names(
        'f("column \'%s\'");\n/* \'%s\' */ g("column \\"%s\\"");\nh("a"\n  "\'%.*s\': %d");\n'
    ) == [1, 4]
    assert style.names_as_repr("f'column {name!r}'\n'column {quoted(name)}: {value!r}'\n") == [1]
    assert style.single_quoted_names("f('%', \"'%d' or '%c'\");") == []
    body = "int f(void)\n{\n" + "    g();\n" * 69 + "}\n"
    assert style.long_functions(body) == [2]
    assert style.long_functions(body.replace("    g();\n", "", 1)) == []
    assert style.long_python_functions("def f():\n" + "    g()\n" * 70) == [1]
    assert style.long_python_functions("def f():\n" + "    g()\n" * 69) == []
    assert style.too_long("\n" * 601) == [601] and style.too_long("\n" * 600) == []
    assert style.no_opening("#include <stdio.h>\n/* Late. */\n") == [1]
    assert style.no_opening("import os\n") == [1]
    assert style.no_opening("/* First. */\n") == style.no_opening('"""First."""\n') == []


def test_a_place_that_breaks_a_rule_is_named():
    names = tree.written(".c")
    check(names, lambda text: [])
    with pytest.raises(AssertionError, match=f"{names[0]}:7"):
        check(names, lambda text: [7] if text == tree.read(names[0]) else [])
    with pytest.raises(AssertionError, match="hardly a file"):
        check([], lambda text: [])


def test_the_formatters_refuse_what_is_not_formatted(tmp_path):
    (tmp_path / "a.c").write_text("int  f(void) { return 1; }\n")
    (tmp_path / "a.py").write_text("a = {'b':1}\n")
    dry = [formatter("clang-format"), f"--style=file:{tree.ROOT}/.clang-format", "--dry-run"]
    assert "a.c:1" in complaints(*dry, "-Werror", tmp_path / "a.c")
    assert ruff_complaints(tmp_path / "a.py")
