"""Says in one sentence that the tools are not built, before the tests that need them fail."""

import built
import pytest

SUITES = ("cli/", "ingest/", "packaging/", "corpus/test_agreement.py")


def needs_tools(path):
    return str(path.relative_to(built.ROOT / "tests")).startswith(SUITES)


def pytest_collection_finish(session):
    if built.missing() and any(needs_tools(item.path) for item in session.items):
        pytest.exit(built.missing(), returncode=2)
