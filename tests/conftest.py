"""Says in one sentence that the tools are not built, before the tests that need them fail.

And makes SIGINT what it is in the foreground.
"""

import signal

import built
import pytest

# A shell's background job (&) begins with SIGINT ignored, and its children too.
signal.signal(signal.SIGINT, signal.default_int_handler)

SUITES = (
    *("cli/", "ingest/", "packaging/"),
    *("corpus/test_agreement.py", "corpus/test_table", "arrow/test_arrow_tables.py"),
)


def needs_tools(path):
    return str(path.relative_to(built.ROOT / "tests")).startswith(SUITES)


def pytest_collection_finish(session):
    if built.missing() and any(needs_tools(item.path) for item in session.items):
        pytest.exit(built.missing(), returncode=2)
