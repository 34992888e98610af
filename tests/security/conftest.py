"""An engine for each tier that this machine gives, shared by all attacks."""

import pytest

from grader.engine import sandbox
from grader.engine.engine import Engine, Times
from tests.engine.conftest import _released, folder, shared_folder  # noqa: F401
from tests.security.attack import LECTURES, TIERS


@pytest.fixture(scope="session", params=TIERS, ids=lambda t: f"tier {t}")
def engine(request):
    limits = sandbox.Limits(memory_mb=1500, cpu_seconds=10, scratch_mb=16, file_mb=8)
    times = Times(cell=3, case=1, submission=30)
    with Engine(*LECTURES, tier=request.param, limits=limits, times=times) as engine:
        yield engine
