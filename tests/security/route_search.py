"""Looks for functions of a staged library that answer exercises; run beside it, see routes.py.

What a submission could write in a line: a function of the library on the arguments of the case, on
some of them or in another order, or with a constant after them, one part of what it gives, and one
more function of that.
"""

import contextlib
import importlib
import inspect
import itertools
import json
import pickle
import pkgutil
import resource
import signal
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from grader.checking.probe import _copy
from grader.checking.values import difference, plain

SECONDS = 0.3  # a candidate that takes longer is a training
MEMORY = 4 << 30
CONSTANTS = (0.0, 1.0)  # a slope, a rate, a power: what makes one function another
MOST_ORDERS = 4  # arguments that are tried in every order and in part


_limited: list[Callable] = []  # the call that has a time limit now


class TooLong(BaseException):
    pass


def library(name: str) -> dict[str, Callable]:
    """The public functions by id."""
    package = importlib.import_module(name)
    found = {}
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        if module.name.rpartition(".")[2].startswith("_"):
            continue
        loaded = importlib.import_module(module.name)
        for public, thing in vars(loaded).items():
            is_own = getattr(thing, "__module__", "") == module.name
            if inspect.isfunction(thing) and is_own and not public.startswith("_"):
                found[f"{module.name.removeprefix(f'{name}.')}.{public}"] = thing
    return found


def calls(function: Callable, count: int) -> Iterator[tuple[str, Callable]]:
    """The function as the student's: all arguments, one more, or some of them in some order."""
    yield "", function
    for constant in CONSTANTS:
        yield f" with {constant}", partial(_then_constant, function, constant)
    if count > MOST_ORDERS:
        return
    for size in range(1, count + 1):
        for order in itertools.permutations(range(count), size):
            if order != tuple(range(count)):
                yield f" of arguments {order}", _chosen(function, order)


def _then_constant(function: Callable, constant: float, *args: Any, **kwargs: Any) -> Any:
    return function(*args, constant, **kwargs)


def _chosen(function: Callable, order: tuple[int, ...]) -> Callable:
    return lambda *args, **kwargs: function(*(args[i] for i in order), **kwargs)


def parts(count: int, wanted: int) -> Iterator[tuple[str, Callable]]:
    """What may be taken of a result and the arguments: all, one part, or the first ones.

    With the arguments behind it, since what a forward pass keeps for the backward pass is mostly these.
    """
    yield "", lambda result, args: result
    for i in range(count):
        yield f", part {i}", lambda result, args, i=i: result[i]
    if 1 < wanted < count:
        yield f", the first {wanted}", lambda result, args: result[:wanted]
    if wanted > 1:
        yield ", and arguments", lambda result, args: (result, *args)[:wanted]
        for i in range(count):
            yield (
                f", part {i} and arguments",
                lambda result, args, i=i: (result[i], *args)[:wanted],
            )


def answer(driver: Callable, student: Callable, case: dict) -> tuple[bool, Any]:
    """Whether a call ends well and in time, and what it gives."""
    args, kwargs = _copy((case["args"], case["kwargs"]), False)
    return _within(partial(driver, student, *args, **kwargs))


def _within(call: Callable[[], Any]) -> tuple[bool, Any]:
    _limited.append(call)
    try:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        with np.errstate(all="ignore"):
            return True, call()
    except (Exception, SystemExit, TooLong):
        return False, None
    finally:
        _limited.clear()
        signal.setitimer(signal.ITIMER_REAL, 0)


def is_right(result: Any, case: dict, exercise: dict) -> bool:
    try:
        found = plain(result)
        names, tolerance = exercise["returns"], exercise["tolerance"]
        return difference(found, case["expected"], names, tolerance, False, case["scale"]) is None
    except Exception:
        return False


def right_on_all(driver: Callable, student: Callable, exercise: dict) -> bool:
    for case in exercise["cases"]:
        done, result = answer(driver, student, case)
        if not done or not is_right(result, case, exercise):
            return False
    return True


def routes(exercise: dict, functions: dict[str, Callable], depth: int) -> list[str]:
    """Compositions that answer all cases of an exercise as it should be."""
    driver = getattr(importlib.import_module(exercise["driver"][0]), exercise["driver"][1])
    first, wanted, found, between = exercise["cases"][0], len(exercise["returns"]), [], {}
    for id, function in functions.items():
        for how, student in calls(function, len(first["args"])):
            done, result = answer(driver, student, first)
            if not done:
                continue
            count = len(result) if isinstance(result, tuple) else 0
            for which, take in parts(count, wanted):
                name = f"{id}{how}{which}"
                taken = take(result, first["args"])
                if is_right(taken, first, exercise):
                    composed = _taken(take, student)
                    if right_on_all(driver, composed, exercise):
                        found.append(name)
                elif depth > 1 and exercise["plain"]:
                    between.setdefault(_key(taken), (name, _taken(take, student)))
    for name, inner in list(between.values()):
        done, value = answer(driver, inner, first)
        for id, function in functions.items() if done else ():
            done, result = _within(partial(function, value))
            if done and is_right(result, first, exercise):
                if right_on_all(driver, _then(function, inner), exercise):
                    found.append(f"{id} of {name}")
    return found


def _then(outer: Callable, inner: Callable) -> Callable:
    return lambda *args, **kwargs: outer(inner(*args, **kwargs))


def _taken(take: Callable, student: Callable) -> Callable:
    return lambda *args, **kwargs: take(student(*args, **kwargs), args)


def _key(result: Any) -> Any:
    return repr(result)[:200]


def main() -> None:
    signal.signal(signal.SIGALRM, _stop)
    socket.socket.connect = _offline  # type: ignore[method-assign]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    with open(sys.argv[1], "rb") as file:
        task = pickle.load(file)
    functions = library(task["library"])
    with contextlib.redirect_stdout(sys.stderr):
        found = {e["id"]: routes(e, functions, task["depth"]) for e in task["exercises"]}
    print(json.dumps(found))


def _stop(*_: Any) -> None:
    if _limited:  # an alarm may come late
        raise TooLong


def _offline(*_: Any) -> None:
    raise OSError("nothing is downloaded in a search")


if __name__ == "__main__":
    main()
