"""What a student may do to a kernel in a tab; tests/checking/test_tab.py runs it in Pyodide."""

import json
import sys
import time

import numpy as np

from grader import check, progress
from grader.checking.definitions import find
from grader.checking.notebook import check_function


def sigmoid_forward(x):
    """Right, but for the warning that NumPy cannot give here."""
    out = 1 / (1 + np.exp(-x))
    return out, out


def right(x):
    try:
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        return np.maximum(0, x), x


def endless(x):
    while True:
        pass


def stubborn(x):
    while True:
        try:
            x = x + 0
        except Exception:
            pass


def deaf(x):
    while True:
        try:
            while True:
                x = x + 0
        except:  # noqa: E722
            pass


def deaf_inside(x):
    while True:
        try:
            deaf(x)
        except BaseException:
            continue


def asleep(x):
    time.sleep(60)


def main() -> None:
    """Print a line for each: what the check says, and whether it took less than four seconds."""
    print(json.dumps([check("activations.sigmoid_forward").summary, True]))
    for function in (endless, stubborn, deaf, deaf_inside, asleep):
        begin = time.monotonic()
        report = check_function(find("activations.relu_forward"), function, seconds=1)
        print(json.dumps([report.verdict, time.monotonic() - begin < 4]))
    print(json.dumps([check_function(find("activations.relu_forward"), right).verdict, True]))
    print(json.dumps([progress().text, True]))
    absent = ("IPython", "matplotlib", "nbformat", "nbgrader", "jsonschema")
    print(json.dumps([[name for name in absent if name in sys.modules], True]))


if __name__ == "__main__":
    main()
