"""How the exercises of this lecture are called, where that is more than a plain call.

A driver takes the student's object and a case's plain arguments and returns plain values. Drivers
run beside the student's code: nothing here may tell an answer. The same driver runs the reference.
"""

from collections.abc import Callable
from typing import Any


def over_epochs(student: Callable, losses: Any, state: Any = None, **hyper: Any) -> tuple:
    """A rule that is asked after each epoch: the rate it gives each time, then its last state."""
    rates = []
    for loss in losses:
        lr, state = _pair(student(loss, state, **hyper))
        if type(state) is tuple:
            state = tuple(map(_number, state))
        rates.append(lr)
    return rates, state


def three_averaged_steps(
    student: Callable, z: Any, x: Any, t: int, hessian: Any, lowest: Any, **hyper: Any
):
    """Three steps of a method with two points, on a quadratic: z and x after each of them."""

    def grad_fn(point: Any) -> Any:
        return hessian @ (point - lowest)

    seen = []
    for k in range(t, t + 3):
        z, x = _pair(student(z, x, grad_fn, k, **hyper))
        seen += [_copied(z), _copied(x)]
    return tuple(seen)


def _pair(result: Any) -> tuple:
    if type(result) is not tuple or len(result) != 2:
        raise TypeError("it returns two things")
    return result


def _number(value: Any) -> Any:
    """An array without axes is a number, too."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


def _copied(point: Any) -> Any:
    """Each point by itself, also when a step writes into the array it was given."""
    return point.copy() if hasattr(point, "copy") else point
