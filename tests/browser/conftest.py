"""Fixtures of the browser tests; they are skipped where there is no Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (requirements-dev.txt)")

from playwright.sync_api import expect

from tests.browser.lab import Lab, chromium, copy_course, open_page, running_lab

# A state is waited for, never a time: two browsers on two cores can keep a page for half a minute.
expect.set_options(timeout=60_000)


@contextmanager
def watched(address: str, root: Path, *, touch: bool = False) -> Iterator[Lab]:
    """A fresh 1280 x 720 page on a running JupyterLab; nothing may fail or leave the machine."""
    with open_page(touch=touch) as page:
        lab = Lab(page, address, root)
        yield lab
        assert lab.strangers == []
        assert lab.console_errors == []


@contextmanager
def running_course(root: Path) -> Iterator[tuple[str, Path]]:
    """A JupyterLab in a copy of the course in the folder ``root``: its address, the folder."""
    copy_course(root)
    with running_lab(root) as address:
        yield address, root


@pytest.fixture(scope="session", autouse=True)
def browser():
    if chromium() is None:
        pytest.skip("no chromium on this machine (apt-get install chromium)")


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory):
    root = tmp_path_factory.mktemp("lab")
    with running_lab(root) as address:
        yield address, root


@pytest.fixture(scope="session")
def course_server(tmp_path_factory):
    """A JupyterLab in a copy of the course, for tests that change nothing in it."""
    with running_course(tmp_path_factory.mktemp("course")) as server:
        yield server


@pytest.fixture
def lab(lab_server):
    """A page on a JupyterLab in an empty folder."""
    with watched(*lab_server) as lab:
        yield lab


@pytest.fixture
def course_lab(tmp_path):
    """A page on a JupyterLab in a copy of the course."""
    with running_course(tmp_path) as server, watched(*server) as lab:
        yield lab
