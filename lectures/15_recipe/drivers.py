"""How the exercises of this lecture are called: functions that give functions, and whole recipes.

A driver runs beside the student's code: nothing here may tell an answer.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from utils.networks import MLP
from utils.recipe import Recipe, run_recipe


def prepared(student: Callable, x: Any, new: Any) -> Any:
    """A preparation that was learnt from recordings: what it makes of these, and of new ones."""
    known = x.copy()
    prepare = student(x)
    return prepare(known), prepare(new)


def gated(
    student: Callable, sizes: Any, x: Any, y: Any, seed: int, change: str = "", **options: Any
) -> Any:
    """The gates of a network, and whether it is as it was afterwards.

    ``change`` spoils the network: "blind" ignores its input, "large" and "small" start with
    large or small weights, "forgets the penalty" has none.
    """
    net = MLP(list(sizes), rng=np.random.default_rng(seed))
    if change == "blind":
        net.activation = (lambda z: (0 * z, None), lambda dh, cache: 0 * dh)
    factor = {"large": 30.0, "small": 0.1}.get(change, 1.0)
    net.params = {name: factor * w for name, w in net.params.items()}
    if change == "forgets the penalty":
        net.penalty = lambda w, reg: (0.0, 0 * w)
    before = {name: w.copy() for name, w in net.params.items()}
    passed = student(net, x, y, **options)
    same = net.params.keys() == before.keys() and all(
        np.array_equal(w, net.params[name]) for name, w in before.items()
    )
    return passed, {"the network is as it was": same}


def entered(student: Callable, x_train: Any, y_train: Any, x: Any, seed: int, budget: int) -> Any:
    """A recipe, trained by the course's own loop: which class it gives to each new recording.

    The labels of ``x`` are not here. Hooks of the recipe see recordings only; what they write into
    is a copy.
    """
    recipe = student()
    if type(recipe) is not Recipe:
        raise TypeError(f"it returns a {type(recipe).__name__}, expected a Recipe")
    rng = np.random.default_rng(seed)
    classes = int(y_train.max()) + 1
    probs = run_recipe(recipe, x_train, y_train, x, classes=classes, budget=budget, rng=rng)
    return {
        "named": probs.argmax(axis=1),
        "finite": bool(np.isfinite(probs).all()),
        "prepared": _is_prepared(recipe, x_train, x),
    }


def _is_prepared(recipe: Recipe, x_train: Any, x: Any) -> bool:
    """Whether a recipe makes finite numbers of what it learns from, and of new recordings."""
    if recipe.prepare is None:
        return True
    prepare = recipe.prepare(x_train.copy())
    return all(bool(np.isfinite(prepare(part.copy())).all()) for part in (x_train, x))
