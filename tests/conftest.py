"""Settings of the whole test suite."""

import os
from pathlib import Path

import jaxtyping
import pytest
from hypothesis import HealthCheck, settings

from tests import typecheck

UTILS = Path(__file__).parent / "utils"

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
    checked = UTILS in request.path.parents and "_rejects_" not in request.node.name
    jaxtyping.config.update("jaxtyping_disable", not checked)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
