"""What checks say, as JSON; test_lite_handout.py runs it in a tab's Python and at a desk."""

import json

import numpy as np

from grader import check
from utils import activations


def rectified(x):
    return np.maximum(0, x), x


def leaky(x):
    return np.maximum(0.01 * x, x), x


def with_minimum(x):
    return np.minimum(0, x), x


def clipped(x):
    return np.clip(x, 0, None), x


def main() -> None:
    """Print what a check says of each, and what the library's function raises."""
    functions = (rectified, leaky, with_minimum, clipped)
    reports = [check("activations.relu_forward", function) for function in functions]
    try:
        activations.relu_forward(np.zeros(3))
        raised = ""
    except Exception as error:
        raised = type(error).__name__
    print(json.dumps([[[report.verdict, report.as_html()] for report in reports], raised]))


main()
