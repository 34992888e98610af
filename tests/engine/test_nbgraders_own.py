"""nbgrader's own tests of autograde, with this engine in the place of its Autograde."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.engine import sandbox

ROOT = Path(__file__).resolve().parent.parent.parent
SUITE = "nbgrader.tests.apps.test_nbgrader_autograde"


@pytest.mark.slow
def test_nbgraders_tests_of_autograde_pass(tmp_path):
    assert sandbox.detect()[0] < 3, "submissions cannot be shut in here: python -m grader doctor"
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "tests.engine.nbgrader_plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--pyargs", SUITE],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    counts = dict(map(reversed, re.findall(r"(\d+) (passed|skipped|failed)", done.stdout[-300:])))
    assert counts == {"passed": "40", "skipped": "2"}  # as with nbgrader's own Autograde
