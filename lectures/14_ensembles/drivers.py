"""How the exercises of this lecture are called: along a path of weights, or on a training.

A driver runs beside the student's code: nothing here may tell an answer.
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any


def averages(student: Callable, path: Any, **hyper: Any) -> list:
    """An averaging step for each point of a path: the average after each. The state is its own."""
    state, found = None, []
    for w in path:
        mean, state = _pair(student(w, state, **hyper))
        found.append(_copied(mean))
    return found


def averages_and_state(student: Callable, path: Any, state: Any = None) -> tuple:
    """As ``averages``, from a state that may be given; and the last state."""
    found = []
    for w in path:
        mean, state = _pair(student(w, state))
        found.append(_copied(mean))
    return found, state


def _pair(result: Any) -> tuple:
    if type(result) is not tuple or len(result) != 2:
        raise TypeError("a step returns two things, w_mean and state_next")
    return result


def _copied(w: Any) -> Any:
    return w.copy() if hasattr(w, "copy") else w


def snapshots_of(student: Callable, path: Any, per_epoch: int, epochs: Any) -> tuple:
    """A function that follows a training, here one whose weights are given for each update.

    As some optimizers do, this one writes every update into the same array.
    """
    seen = 0

    def training() -> Iterator[SimpleNamespace]:
        nonlocal seen
        params = {"w": path[0].copy(), "b": path[0][:1].copy()}
        history = SimpleNamespace(model=SimpleNamespace(params=params), val_acc=[], loss=[])
        run = SimpleNamespace(history=history, lr=0.1, epoch_ended=False)
        for seen, w in enumerate(path, start=1):
            params["w"][...], params["b"][...] = w, w[:1]
            history.loss.append(1.0 / seen)
            run.epoch_ended = seen % per_epoch == 0
            if run.epoch_ended:
                history.val_acc.append(0.5)
            yield run

    found = student(training(), epochs)
    return found, {"the training was run to its end": seen == len(path)}
