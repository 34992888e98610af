"""Settings of the whole test suite, and which of its tests are left to CI."""

import os
from pathlib import Path

import jaxtyping
import pytest
from hypothesis import HealthCheck, settings

from tests import typecheck

TESTS = Path(__file__).parent
# What takes long by its nature, by room: what uses one of these fixtures. "request" is used by all;
# a lecture that is run from top to bottom writes what it finds into a folder.
SLOW = {"browser": {"request"}, "docs": {"site"}, "lectures": {"tmp_path_factory"}}
LEFT_OUT = pytest.StashKey[int]()

# The shapes that the signatures of utils state are checked in every call that its tests make.
jaxtyping.install_import_hook("utils", f"{typecheck.__name__}.check")

# Drawing examples takes as long as the machine is busy: no verdict on that. In CI the same
# examples are drawn every time; elsewhere new ones look for new mistakes.
settings.register_profile(
    "lab",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("lab")


@pytest.fixture(autouse=True)
def signatures(request):
    """Unchecked in tests named ``..._rejects_...``: they pass what the signature rules out.

    So are those of the checker, to whom a function of the library is what a student has.
    """
    checked = TESTS / "utils" in request.path.parents and "_rejects_" not in request.node.name
    jaxtyping.config.update("jaxtyping_disable", not checked)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def pytest_addoption(parser):
    group = parser.getgroup("slow", "slow tests, left to CI; `-m slow` runs them alone")
    group.addoption("--all", action="store_true", help="run every test, slow ones too")


def pytest_configure(config):
    if config.option.all:
        config.option.markexpr = ""


@pytest.hookimpl(tryfirst=True)  # before pytest deselects
def pytest_collection_modifyitems(items):
    for item in items:
        room = item.path.relative_to(TESTS).parts[0]
        if SLOW.get(room, set()).intersection(item.fixturenames):
            item.add_marker(pytest.mark.slow)


def pytest_deselected(items):
    """In each worker, or in the one process there is: count what ``-m "not slow"`` leaves out."""
    if items:
        config = items[0].config
        slow = sum(item.get_closest_marker("slow") is not None for item in items)
        config.stash[LEFT_OUT] = config.stash.get(LEFT_OUT, 0) + slow


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_testnodedown(node):
    """Every worker collects everything, so that each of them has left out the same tests."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter, config):
    left_out = config.stash.get(LEFT_OUT, 0)
    if left_out and config.option.markexpr == "not slow":
        terminalreporter.write_line(
            f"{left_out} slow tests were left to CI: `pytest --all` runs everything, "
            "`pytest -m slow` these"
        )
