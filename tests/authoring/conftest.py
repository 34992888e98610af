"""The tool at work for another course."""

import pytest

from tests.authoring.numerics import Tool


@pytest.fixture(scope="session")
def tool(tmp_path_factory):
    """Commands with the tool of this repository."""
    return Tool(tmp_path_factory.mktemp("home"))
