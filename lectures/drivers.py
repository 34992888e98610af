"""How the exercises of this course are called, where that is more than a plain call.

A driver takes the student's object and a case's plain arguments and returns plain values. Drivers
run beside the student's code: nothing here may tell an answer. The same driver runs the reference.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.checking.drivers import summarised


def steps(student: Callable, w: Any, grads: Any, state: Any = None, **hyper: Any) -> tuple:
    """An optimizer, one step for each gradient: the parameters after each, then the last state.

    A hyperparameter given as a tuple has one value for each step.
    """
    path = []
    for k, dw in enumerate(grads):
        w, state = _pair(student(w, dw, state, **_at_step(hyper, k)))
        path.append(_copied(w))
    return (*path, state)


def look_ahead_steps(
    student: Callable, w: Any, hessian: Any, lowest: Any, state: Any = None, **hyper: Any
) -> tuple:
    """Four steps of an optimizer that is given the gradient as a function: as ``steps``.

    The loss is quadratic, with second derivatives ``hessian`` and its lowest point at ``lowest``.
    """

    def grad_fn(point: Any) -> Any:
        return hessian @ (point - lowest)

    path = []
    for k in range(4):
        w, state = _pair(student(w, grad_fn, state, **_at_step(hyper, k)))
        path.append(_copied(w))
    return (*path, state)


def _pair(result: Any) -> tuple:
    if type(result) is not tuple or len(result) != 2:
        raise TypeError("a step returns two things, w_next and state_next")
    return result


def _at_step(hyper: dict, k: int) -> dict:
    return {name: h[k] if type(h) is tuple else h for name, h in hyper.items()}


def _copied(w: Any) -> Any:
    """Each point of a path by itself, also when a step writes into the array it was given."""
    return w.copy() if hasattr(w, "copy") else w


def _said_of_weights(drawn: Any) -> Any:
    """Of weights: shape and dtype (as zeros), statistics, and how the generator was used."""
    w, *others = drawn
    if not _is_array(w):
        return w
    again, later = others
    behaviour = {
        "the same generator gives the same weights": _equal(w, again),
        "a second draw gives other weights": not _equal(w, later),
    }
    return 0 * w, _statistics(w.astype(float)), behaviour


@summarised(_said_of_weights)
def draw(student: Callable, fan_in: int, fan_out: int, rng: Any, **options: Any) -> Any:
    """A matrix of random weights, judged by what can be said of it whatever the draw was.

    With it comes what the same generator gives again, and what it gives then.
    """
    twin = copy.deepcopy(rng)
    w = _weights(student, fan_in, fan_out, rng, options)
    if not _is_array(w):
        return [w]
    again = _weights(student, fan_in, fan_out, twin, options)
    return [w, again, _weights(student, fan_in, fan_out, twin, options)]


def _said_of_orthogonal(drawn: Any) -> Any:
    """Shape and dtype (as zeros), all products of the shorter side, and whether signs vary."""
    several, *others = drawn
    w = several[0]
    if not _is_array(w) or w.ndim != 2:
        return w
    behaviour = {"the same generator gives the same weights": _equal(w, others[0])}
    if len(several) > 1:
        positive = float(np.mean([each[0, 0] > 0 for each in several]))
        behaviour["w[0, 0] is positive about as often as negative"] = 0.3 < positive < 0.7
    return 0 * w, w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T, behaviour


@summarised(_said_of_orthogonal)
def draw_orthogonal(
    student: Callable, fan_in: int, fan_out: int, rng: Any, *, draws: int = 1, **options: Any
) -> Any:
    """Matrices drawn one after another, and what the same generator gives again."""
    twin = copy.deepcopy(rng)
    several = [_weights(student, fan_in, fan_out, rng, options) for _ in range(draws)]
    if not _is_array(several[0]):
        return [several]
    return [several, _weights(student, fan_in, fan_out, twin, options)]


def _weights(student: Callable, fan_in: int, fan_out: int, rng: Any, options: dict) -> Any:
    if "dtype" in options:
        options = options | {"dtype": getattr(np, options["dtype"])}
    return student(fan_in, fan_out, rng=rng, **options)


def _is_array(w: Any) -> bool:
    """Whether statistics of it say something: a subclass could lie, 10^8 numbers fill memory."""
    return type(w) is np.ndarray and w.size <= 10**7


def _equal(a: Any, b: Any) -> bool:
    return _is_array(a) and _is_array(b) and np.array_equal(a, b)


def _statistics(w: Any) -> dict:
    """Of many weights; of a few they would say nothing."""
    if w.ndim != 2 or w.size < 20_000:
        return {}
    squares = w**2
    return {
        "variance of the weights": float(w.var()),
        "share of positive weights": float((w > 0).mean()),
        "kurtosis of the weights": float((squares**2).mean() / squares.mean() ** 2),
        "different sums of units": len(np.unique(w.sum(axis=0))),
        "different sums of inputs": len(np.unique(w.sum(axis=1))),
    }


class LinearModel:
    """A linear classifier with a squared error: as small as a trainable model can be."""

    def __init__(self, params: dict) -> None:
        self.params = params

    def scores(self, x: Any) -> Any:
        return x @ self.params["w"] + self.params["b"]

    def loss(self, x: Any, y: Any, **_: Any) -> tuple:
        errors = self.scores(x) - np.eye(len(self.params["b"]))[y]
        dscores = errors / len(x)
        loss = 0.5 * float((errors * dscores).sum())
        return loss, {"w": x.T @ dscores, "b": dscores.sum(axis=0)}


def overfit_linear(student: Callable, params: Any, x: Any, y: Any, **options: Any) -> Any:
    """A function that trains a model: the two curves, then the parameters of the model it got."""
    model = LinearModel(params)
    curves = student(model, x, y, **options)
    return (*curves, model.params) if type(curves) in (tuple, list) else curves


def recorded_runs(student: Callable, lrs: Any, runs: Any) -> Any:
    """A learning-rate range test on recorded losses, ``runs[i]`` for ``lrs[i]``: its items."""
    found = student(lambda lr: list(runs[list(lrs).index(float(lr))]), lrs)
    return list(found.items()) if isinstance(found, dict) else found


def scores_of_linear(student: Callable, w: Any, x: Any, y: Any) -> Any:
    """A function that is given a classifier as a function, here a linear one."""
    return student(lambda x: (x @ w).argmax(axis=1), x, y)
