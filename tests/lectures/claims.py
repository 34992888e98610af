"""Runs a lecture script once, for the tests that compare its prose with what it computes."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from grader.checking.definitions import lectures

ROOT = Path(__file__).resolve().parents[2]

# Plain Python: the checks of signatures that the tests install would slow the trainings down.
RUN = """
import json, runpy, sys
import numpy as np
from utils import film, widgets

made = []
def recorded(make):
    def call(*args, **kwargs):
        made.append((make(*args, **kwargs), kwargs["controls"]))
        return made[-1][0]
    return call
widgets.explore, widgets.live = recorded(widgets.explore), recorded(widgets.live)
film.film = recorded(film.film)
names = runpy.run_path(sys.argv[1])

def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return value if isinstance(value, (int, float, str)) else str(value)
json.dump({name: plain(names[name]) for name in sys.argv[2].split()}, open(sys.argv[3], "w"))

def values(control):
    if isinstance(control, widgets.Choice):
        options = control.options
        return list(options.values() if hasattr(options, "values") else options)
    if isinstance(control, (widgets.Slider, widgets.LogSlider)):
        return [control.lo, control.hi]
    if isinstance(control, widgets.Player):
        return [control.last, 0]
    return [True, False]

stuck = [] if made else ["no widget"]
for widget, controls in made:
    first = widget.said
    for name, control in controls.items():
        for value in values(control):
            widget.set(**{name: value})
            if widget.error:
                stuck.append(f"{name} = {value}: {widget.error}")
        widget.reset()
    if widget.said != first:
        stuck.append(f"not back: {first}")
sys.exit("\\n".join(stuck) or 0)
"""


def script_of(lecture: str) -> Path:
    """The script that both notebooks of a lecture are built from."""
    return ROOT / "lectures" / lecture / "lecture.py"


def measure(lecture: str, names: str, folder: Path) -> dict:
    """The variables ``names`` (separated by blanks) after the script has run from top to bottom.

    Then every control of its widgets is moved to its ends and back, whatever names later cells have
    reused; one that does not move is an error here.
    """
    script, found = script_of(lecture), folder / "found.json"
    env = os.environ | {"NBGRADER_EXECUTION": "1", "PYTHONPATH": str(ROOT)}  # leave progress alone
    command = [sys.executable, "-W", "error::RuntimeWarning", "-c", RUN, script, names, found]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(found.read_text())


@cache
def prose(lecture: str) -> str:
    """All that a student reads in a lecture: its script and its questions, in one line."""
    words = script_of(lecture).read_text(encoding="utf-8").replace("\n# ", "\n")
    words += "\n".join(str(definition) for definition in lectures()[lecture])
    return " ".join(words.replace("\\\\", "\\").split())


def rounds_to(computed: float, stated: str) -> bool:
    """Whether ``computed`` is the number that ``stated`` shows, to its last digit."""
    digits, _, exponent = stated.partition("e")
    last = 10.0 ** (int(exponent or 0) - len(digits.partition(".")[2]))
    return abs(computed - float(stated)) <= 0.5 * last * (1 + 1e-9)
