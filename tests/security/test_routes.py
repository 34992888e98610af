"""No function of the library answers an exercise of the lecture that is graded."""

import os
import subprocess
import sys

from grader.course import current
from grader.engine.staging import stage


def test_a_trial_of_a_search_space_is_no_way_round_log_uniform(tmp_path):
    """`sample_trial` is at hand for random_search, and gives what that needs; not a log_uniform."""
    (tmp_path / "staged").mkdir()
    stage(["13_hyperparameters"], tmp_path / "staged", current())
    script = """
import numpy as np
from utils.hyperparameters import sample_trial
rng = np.random.default_rng(0)
print(sample_trial({"x": ("linear", 2.0, 2.0), "y": ("int", 3, 3), "z": ("choice", "a")}, rng=rng))
sample_trial({"x": ("log", 1e-3, 1.0)}, rng=rng)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(tmp_path / "staged")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "{'x': 2.0, 'y': 3, 'z': 'a'}"
    assert "NotImplementedError: log_uniform is an exercise" in done.stderr
