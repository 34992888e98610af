"""How the exercises of this lecture are called, where that is more than a plain call.

A driver takes the student's object and a case's plain arguments and returns plain values. Drivers
run beside the student's code: nothing here may tell an answer. The same driver runs the reference.
"""

from collections.abc import Callable
from typing import Any


def tinge(x: Any, *, rng: Any) -> Any:
    """A step of augmentation: one number between 0.1 and 0.4 is added to each image."""
    return x + rng.uniform(0.1, 0.4, (len(x), 1, 1, 1)).astype(x.dtype)


def splits(student: Callable, x: Any, y: Any, *, draws: int, **kwargs: Any) -> list:
    """Several calls one after another with the same generator; each gives four arrays."""
    # The first call gets the arrays themselves, so that a change to them can be seen.
    arrays = [(x, y)] + [(x.copy(), y.copy()) for _ in range(draws - 1)]
    found = [student(*pair, [tinge], **kwargs) for pair in arrays]
    if not all(type(each) is tuple and len(each) == 4 for each in found):
        raise TypeError("it returns four things: x_train, y_train, x_val and y_val")
    return found


def sensitivity(student: Callable, w: Any, x: Any, dx: int) -> Any:
    """A function that is given a classifier as a function: here a linear one, of weights w."""
    return student(lambda images: images.reshape(len(images), -1) @ w, x, dx)
