"""How the exercises of this lecture are called: along a path of weights, or on a training.

A driver runs beside the student's code: nothing here may tell an answer.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def averages(student: Callable, path: Any, **hyper: Any) -> list:
    """An averaging step for each point of a path: the average after each. The state is its own."""
    return _followed(student, path, None, hyper)[0]


def averages_and_state(student: Callable, path: Any, state: Any = None) -> tuple:
    """As ``averages``, from a state that may be given; and the last state."""
    return _followed(student, path, state, {})


def _followed(student: Callable, path: Any, state: Any, hyper: dict[str, Any]) -> tuple[list, Any]:
    # A later call may overwrite an average; after the last one, whose array it is can be seen.
    found = []
    for i, w in enumerate(path, start=1):
        mean, state = _pair(student(w, state, **hyper))
        found.append(_copied(mean) if i < len(path) else mean)
    return found, state


def _pair(result: Any) -> tuple:
    if type(result) is not tuple or len(result) != 2:
        raise TypeError("a step returns two things, w_mean and state_next")
    return result


def _copied(w: Any) -> Any:
    return w.copy() if hasattr(w, "copy") else w


class _Training:
    """A training whose weights are given for each update; unlike a generator it can be copied.

    As some optimizers do, it writes every update into the same array.
    """

    def __init__(self, path: Any, per_epoch: int) -> None:
        params = {"w": path[0].copy(), "b": path[0][:1].copy()}
        history = SimpleNamespace(model=SimpleNamespace(params=params), val_acc=[], loss=[])
        self.run = SimpleNamespace(history=history, lr=0.1, epoch_ended=False)
        self.path, self.per_epoch, self.seen = path, per_epoch, 0

    def __iter__(self) -> "_Training":
        return self

    def __next__(self) -> SimpleNamespace:
        if self.seen == len(self.path):
            raise StopIteration
        w = self.path[self.seen]
        self.seen += 1
        history = self.run.history
        history.model.params["w"][...], history.model.params["b"][...] = w, w[:1]
        history.loss.append(1.0 / self.seen)
        self.run.epoch_ended = self.seen % self.per_epoch == 0
        if self.run.epoch_ended:
            history.val_acc.append(0.5)
        return self.run


def snapshots_of(student: Callable, path: Any, per_epoch: int, epochs: Any) -> tuple:
    """A function that follows a training."""
    training = _Training(path, per_epoch)
    found = student(training, epochs)
    return found, {"the training was run to its end": training.seen == len(path)}
