"""Settings of the whole test suite."""

import jaxtyping
import pytest

from tests import typecheck

# The shapes that the signatures of utils state are checked in every call that a test makes.
jaxtyping.install_import_hook("utils", f"{typecheck.__name__}.check")


@pytest.fixture(autouse=True)
def signatures(request):
    """Unchecked in tests named ``..._rejects_...``: they pass what the signature rules out."""
    rejects = "_rejects_" in request.node.name
    jaxtyping.config.update("jaxtyping_disable", rejects)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
