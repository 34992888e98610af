"""An area that grows point by point."""

import numpy as np

from grader import Case, Exercise
from lectures.drivers import fed

RUNNING_AREA = Exercise(
    "quadrature.running.RunningArea",
    points=3,
    minutes=12,
    returns=("totals", "total"),
    driver=fed,
    hints=("What has to be remembered from one point to the next?",),
)


@RUNNING_AREA.cases
def _(rng: np.random.Generator):
    for name, n in (("six points", 6), ("two points", 2), ("one point", 1)):
        yield Case(name, (np.cumsum(rng.uniform(0.5, 1.5, n)), rng.uniform(1, 3, n)))
    yield Case("points below zero", (np.cumsum(rng.uniform(0.5, 1.5, 4)), -rng.uniform(1, 3, 4)))


@RUNNING_AREA.misconception("equal distances")
class _Equal:
    """Your area grows as if all points were one apart.
    Where does the width of a trapezoid come from?
    """

    def __init__(self):
        self.total = 0.0
        self._last = None

    def add(self, x, y):
        if self._last is not None:
            self.total += (self._last + y) / 2
        self._last = y
        return self.total
