"""Fixtures of the browser tests; they are skipped where there is no Chromium."""

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (requirements-dev.txt)")

from tests.browser.lab import Lab, chromium, open_page, running_lab


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    if chromium() is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")
    root = tmp_path_factory.mktemp("lab")
    with running_lab(root) as address:
        yield address, root


@pytest.fixture
def lab(lab_server):
    """A fresh 1280 x 720 page on a running JupyterLab; nothing may fail or leave the machine."""
    address, root = lab_server
    with open_page() as page:
        lab = Lab(page, address, root)
        yield lab
        assert lab.strangers == []
        assert lab.console_errors == []
