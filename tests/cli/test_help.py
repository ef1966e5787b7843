"""--help, man page and completions have the same options; wrong ones are refused in one way."""

import ast
import re
import subprocess

import pytest
from cli import ROOT, TOOLS, good, json_of, path_of, run

NAMES = [tool.removeprefix("shmcol-") for tool in TOOLS]


def options_of(tool):
    """Returns the options that --help lists: --name, and -x where there is a letter."""
    found = set()
    for line in good(tool, "--help").splitlines():
        match = re.match(r"  (?:(-\w), |    )(--[a-z-]+)", line)
        if match:
            found.update(name for name in match.groups() if name)
    return found


@pytest.mark.parametrize("tool", NAMES)
def test_help_names_usage_defaults_examples_and_exit_status(tool):
    text = good(tool, "--help")
    assert text.startswith(f"Usage: shmcol-{tool} ")
    for part in ("Examples:", "Exit status:", "--json", "--version"):
        assert part in text
    assert all(len(line) <= 100 for line in text.splitlines())
    if tool != "info":
        assert "default:" in text


@pytest.mark.parametrize("tool", NAMES)
def test_the_manual_page_has_every_option(tool):
    page = (ROOT / "tools" / "man" / f"shmcol-{tool}.1").read_text(encoding="utf-8")
    told = {
        "-" + name
        for line in re.findall(r"^\.It Fl .*$", page, re.M)
        for name in re.findall(r"Fl (-?[\w-]+)", line)
    }
    assert told == options_of(tool)


def with_an_argument(tool):
    """Returns the options with an argument, of those that --help lists."""
    return set(re.findall(r"^  (?:-\w,|   ) (--[a-z-]+)(?: [^\s]|\[=)", good(tool, "--help"), re.M))


def words_of_bash(*line):
    """Returns the words that bash's completion offers for the last word of a command line."""
    script = (
        'source "$1"; shift; compopt() { :; }; n=$#; '
        '_shmcol "$1" "${!n}" "$2"; echo "${COMPREPLY[@]}"'
    )
    source = ROOT / "tools" / "completion" / "shmcol.bash"
    done = subprocess.run(
        ["bash", "-c", script, "bash", source, *line], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize("tool", NAMES)
def test_the_completion_for_bash_has_every_option(tool):
    assert set(words_of_bash(path_of(tool), "", "-")) == options_of(tool)


def test_bash_takes_its_completion():
    assert words_of_bash(path_of("cat"), "", "--fo") == ["--format", "--force"]
    assert words_of_bash(path_of("pack"), "--on-error", "") == [
        "stop",
        "skip",
        "null",
        "replace",
    ]


@pytest.mark.parametrize("tool", NAMES)
def test_the_completion_for_zsh_has_every_option_with_an_argument(tool):
    """It takes options without an argument from --help."""
    text = (ROOT / "tools" / "completion" / "_shmcol").read_text(encoding="utf-8")
    own = re.search(rf"^_shmcol_{tool}\(\) \{{(.*?)^\}}", text, re.M | re.S).group(1)
    told = set(re.findall(r"'\*?(--[a-z-]+)(?:=-)?\[|'\(-\w (--[a-z-]+)\)'", own))
    assert {name for pair in told for name in pair if name} == with_an_argument(tool)


HEADER = (ROOT / "lib" / "include" / "shmcol.h").read_text(encoding="utf-8")
TABLE = (ROOT / "python" / "ext" / "pack.c").read_text(encoding="utf-8")
PACKAGE = (ROOT / "python" / "shmcol" / "_pack.py").read_text(encoding="utf-8")
# Where an option of shmcol-pack has another name in struct shmcol_csv_options and in pack().
FIELDS = {
    "force": "overwrite",
    "meta": "metadata",
    "null": "nulls",
    "union": "union_columns",
    "zstd": "zstd_level",
    "date_format": "date_formats",
    "timestamp_format": "timestamp_formats",
    "true": "true_words",
    "false": "false_words",
}
PARAMETERS = {
    "force": "overwrite",
    "meta": "metadata",
    "no_header": "header",
    "no_sync": "sync",
    "no_wait": "wait",
    "output": "path",
    "true": "true_words",
    "false": "false_words",
}
OF_THE_TOOL = {"plain", "quiet", "json", "help", "version"}
# Options of appends, in struct shmcol_append_options; `append` is its directory.
OF_TABLES = {"append", "token", "no_wait", "part_rows", "min_part_rows"}


def own_options():
    names = {name[2:] for name in options_of("pack") if name.startswith("--")}
    return {name.replace("-", "_") for name in names} - OF_THE_TOOL - OF_TABLES


def test_the_table_of_the_python_extension_has_every_field_of_the_csv_options():
    body = re.search(r"struct shmcol_csv_options \{(.*?)^\}", HEADER, re.M | re.S).group(1)
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    fields = {
        name
        for declaration in body.split(";")
        for name in re.findall(r"(\w+)\s*(?=,|$)", declaration.strip())
    }
    rows = re.findall(r"^    ONE\(\w+, (\w+)\)|^    LIST\(\w+, (\w+), (\w+)\)", TABLE, re.M)
    told = {name for row in rows for name in row if name}
    assert told == fields - {"size", "progress", "progress_arg"}


def test_the_library_and_the_python_package_have_every_option_of_pack():
    options = own_options()
    rows = set(re.findall(r"^    (?:ONE|LIST)\(\w+, (\w+)", TABLE, re.M))
    fields = {FIELDS.get(name, name) for name in options - {"output", "progress"}}
    apart = {"no_quote", "no_delimiter", "has_limit", "null_pairs", "type_pairs"}
    assert rows == fields | apart
    tree = ast.parse(PACKAGE)
    pack = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "pack")
    told = {argument.arg for argument in pack.args.args + pack.args.kwonlyargs}
    names = options | OF_TABLES
    assert told == {PARAMETERS.get(name, name) for name in names} | {"csv"}


@pytest.mark.parametrize("tool", NAMES)
def test_version(tool):
    assert re.fullmatch(rf"shmcol-{tool} \d+\.\d+\.\d+\n", good(tool, "--version"))
    assert good(tool, "-V") == good(tool, "--version")


@pytest.mark.parametrize("tool", NAMES)
@pytest.mark.parametrize(
    "args, what",
    [
        (["--nothing"], 'unknown option "--nothing"'),
        (["--nothing=3"], 'unknown option "--nothing"'),
        (["-Z"], 'unknown option "-Z"'),
        (["--json=1"], 'option "--json" takes no argument'),
    ],
)
def test_a_wrong_option_is_named_with_a_hint(tool, args, what):
    done = run(tool, *args)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == f"shmcol-{tool}: error: {what}; see shmcol-{tool} --help\n"


@pytest.mark.parametrize(
    "tool, option",
    [
        ("pack", "--types"),
        ("pack", "-o"),
        ("check", "--level"),
        ("info", "--columns"),
        ("cat", "--rows"),
    ],
)
def test_an_option_without_its_argument(tool, option):
    done = run(tool, option)
    assert done.returncode == 2 and f'option "{option}" needs an argument' in done.stderr


@pytest.mark.parametrize("tool", NAMES)
def test_without_a_name(tool):
    done = run(tool)
    assert done.returncode == 2 and "named" in done.stderr


@pytest.mark.parametrize("tool", NAMES)
def test_json_tells_errors_with_all_fields(tool, tmp_path):
    error = json_of(tool, "--nothing", status=2)["error"]
    assert error == {
        "status": "INVALID_ARGUMENT",
        "code": 1,
        "exit_status": 2,
        "path": "",
        "message": 'unknown option "--nothing"',
        "hint": f"see shmcol-{tool} --help",
        "rule": "",
        "sys_errno": 0,
        "file_offset": None,
        "column": None,
        "row": None,
        "line": None,
        "line_column": None,
    }
    error = json_of(tool, "none", status=3, cwd=tmp_path)
    error = error["error"] if tool != "check" else error["files"][0]["problems"][0]
    assert error["status"] == "IO" and error["sys_errno"] == 2 and error["path"] == "none"


@pytest.mark.parametrize(
    "args, what",
    [
        (["--delimiter", "ab"], "not one ASCII character"),
        (["--delimiter", ""], "not one ASCII character"),
        (["--quote", "é"], "not one ASCII"),
        (["--comment", "\n"], "line end"),
        (["--skip-lines", "-1"], "not a number"),
        (["--skip-after-header", "x"], "not a number"),
        (["--skip-footer", "1.5"], "not a number"),
        (["--skip-after-header", "1", "--no-header"], "no lines behind it to skip"),
        (["--threads", "x"], "not a number"),
        (["--threads", "9999"], "0 to 1024"),
        (["--memory", "12Q"], "not a size"),
        (["--memory", "0"], "not a size"),
        (["--memory", "99999999999999T"], "not a size"),
        (["--window", "K"], "not a size"),
        (["--on-error", "go"], "neither stop nor a list of skip, null, replace"),
        (["--on-error", "skip,"], "neither stop nor"),
        (["--on-error", "null,stop"], "stop stands alone"),
        (["--rejects", "r"], "needs --on-error skip"),
        (["--dictionary", "maybe"], "not auto, always"),
        (["--meta", "x"], "not KEY=VALUE"),
        (["--columns", '"a'], "quote is not closed"),
        (["--columns", '"a"b,c'], "text follows"),
        (["--dry-run", "--on-error", "skip", "--rejects", "r"], "exclude each other"),
        (["-o", "-"], "must be a file"),
    ],
)
def test_wrong_arguments_of_pack(args, what, tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    done = run("pack", *args, "a.csv", cwd=tmp_path)
    assert done.returncode == 2 and what in done.stderr and "--help" in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(
    "args, what",
    [
        (["--rows", "3"], "not A:B"),
        (["--rows", "a:"], "not A:B"),
        (["--rows", "1:2:3"], "not A:B"),
        (["--head", "x"], "not a number"),
        (["--format", "xml"], "not csv, tsv or jsonl"),
        (["a", "b"], "one file at a time"),
        (["--json", "--format", "csv"], "exclude each other"),
    ],
)
def test_wrong_arguments_of_cat(args, what):
    done = run("cat", *args, *([] if "a" in args else ["a"]))
    assert done.returncode == 2 and what in done.stderr


def test_wrong_arguments_of_check_and_info():
    assert "not structure, checksums or full" in run("check", "--level", "all", "a").stderr
    assert "one file at a time" in run("info", "a", "b").stderr


@pytest.mark.parametrize("tool", NAMES)
def test_a_full_disk_on_standard_output_is_an_error(tool):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [path_of(tool), "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 3 and "No space left" in done.stderr
