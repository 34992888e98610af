"""Every widget moves after the whole lecture has run, whatever names later cells have reused."""

import os
import subprocess
import sys

import pytest

from grader.checking.definitions import lectures
from tests.lectures.claims import ROOT, script_of

# Plain Python, as in claims.py. It prints one line for each control that was moved.
MOVE = """
import runpy, sys
from utils import widgets

made = []
def recorded(make):
    def call(*args, **kwargs):
        made.append((make(*args, **kwargs), kwargs["controls"]))
        return made[-1][0]
    return call
widgets.explore, widgets.live = recorded(widgets.explore), recorded(widgets.live)
runpy.run_path(sys.argv[1])

def values(control):
    if isinstance(control, widgets.Choice):
        options = control.options
        return list(options.values() if hasattr(options, "values") else options)
    if isinstance(control, (widgets.Slider, widgets.LogSlider)):
        return [control.lo, control.hi]
    if isinstance(control, widgets.Player):
        return [control.last, 0]
    return [True, False]

for widget, controls in made:
    first = widget.said
    for name, control in controls.items():
        for value in values(control):
            widget.set(**{name: value})
            words = widget._words.value
            print("error" if "dtl-error" in words else "moved", name, value, words)
        widget.reset()
    print("back" if widget.said == first else "error: not back", first)
"""


@pytest.mark.slow
@pytest.mark.parametrize("lecture", lectures())
def test_every_control_moves_to_its_ends_and_back(lecture):
    env = os.environ | {"NBGRADER_EXECUTION": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MOVE, script_of(lecture)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("error")] == []
    assert any(line.startswith("moved") for line in lines)
