"""The rules of style that neither clang-format nor ruff holds, each as a function over a text."""

import ast
import re

COLUMNS = 100
FUNCTION_LINES = 70
FILE_LINES = 600

# A comment says what a thing does, is or gives; it does not begin with a question's word.
QUESTION = re.compile(r"^\s*(/\*|\*|//) *(What|Whether|Who) ")
# Users' names stand in double quotes in messages: \"%s\".
SINGLE_QUOTES = re.compile(r"'%[^'%\s]*s'")
REPR_OF_NAME = re.compile(r"\b(?:column|field|file|option|type) (?:\{[^{}]*!r\}|'\{)")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)


def long_lines(text):
    """The numbers of the lines that are longer than COLUMNS."""
    return [n for n, line in enumerate(text.split("\n"), 1) if len(line) > COLUMNS]


def question_comments(text):
    """The numbers of the lines on which a comment begins with What, Whether or Who."""
    return [n for n, line in enumerate(text.split("\n"), 1) if QUESTION.match(line)]


def single_quoted_names(text):
    """The numbers of the lines with a C string that puts a name in single quotes."""
    lines = without_comments(text).split("\n")
    return [
        n
        for n, line in enumerate(lines, 1)
        if any(SINGLE_QUOTES.search(string) for string in STRING.findall(line))
    ]


def names_as_repr(text):
    """The numbers of the lines of Python with a name in a message as repr, in single quotes."""
    return [n for n, line in enumerate(text.split("\n"), 1) if REPR_OF_NAME.search(line)]


def c_functions(text):
    """Yields (line, length) of every function, from its opening brace to its closing one.

    Both stand alone in the first column.
    """
    start = None
    for number, line in enumerate(text.split("\n"), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            yield start, number - start + 1
            start = None


def long_functions(text):
    """The numbers of the lines on which a function of more than FUNCTION_LINES lines begins."""
    return [line for line, length in c_functions(text) if length > FUNCTION_LINES]


def no_opening(text):
    """[1] unless the file begins with a comment or docstring that says what it is for."""
    return [] if text.startswith(("/*", '"""', "#!")) else [1]


def long_python_functions(text):
    """The numbers of the lines on which a Python function of more than FUNCTION_LINES begins, its
    docstring apart, as the comment of a C function is."""
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]

    def told(function):
        first = function.body[0]
        doc = ast.get_docstring(function) is not None
        return first.end_lineno - first.lineno + 1 if doc else 0

    return [n.lineno for n in functions if n.end_lineno - n.lineno - told(n) >= FUNCTION_LINES]


def too_long(text):
    """[the number of lines] of a file of more than FILE_LINES."""
    lines = text.count("\n")
    return [lines] if lines > FILE_LINES else []
