"""How the exercises of this lecture are called: with costs and Hessians that a case describes.

A driver runs beside the student's code: nothing here may tell an answer.
"""

from collections.abc import Callable
from typing import Any

import numpy as np


def two_linear_layers(
    student: Callable, x: Any, target: Any, params: Any, grads: Any, **options: Any
) -> tuple:
    """A function of a cost and its parameters: here of two linear layers, squared error."""

    def cost(p: dict) -> float:
        return 0.5 * float(np.sum((x @ p["w1"] @ p["w2"] + p["b"] - target) ** 2))

    return student(cost, params, grads, **options)


def product_from_gradients(
    student: Callable, hessian: Any, bend: float, w: Any, v: Any, **options: Any
) -> tuple:
    """A Hessian-vector product of a cost with the gradient H w + bend * w^3, and its questions."""
    asked = 0

    def grad_fn(point: Any) -> Any:
        nonlocal asked
        asked += 1
        return hessian @ point + bend * point**3

    hv = student(grad_fn, w, v, **options)
    return hv, {"grad_fn was called at most twice": asked <= 2}


def sharpness_of(student: Callable, hessian: Any, steps: int, rng: Any) -> tuple:
    """The sharpness of a matrix of which the student sees the products, and how many it took."""
    asked = 0

    def apply_hessian(v: Any) -> Any:
        nonlocal asked
        asked += 1
        return hessian @ v

    before = str(rng.bit_generator.state)
    found = student(apply_hessian, len(hessian), steps=steps, rng=rng)
    return found, {
        "at most two searches and a product after each": asked <= 2 * (steps + 1),
        "the first vector comes from the generator": str(rng.bit_generator.state) != before,
    }
