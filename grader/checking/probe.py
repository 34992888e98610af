"""Calls a student's function on the cases of an exercise and notes what can be seen from outside.

It runs beside the student's code and knows no answers: what it returns is judged elsewhere.
"""

import builtins
import contextlib
import datetime
import html
import io
import json
import linecache
import math
import operator
import os
import random
import re
import sys
import time
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FunctionType, TracebackType
from typing import Any

import numpy as np

from grader.checking import floating
from grader.checking.platform import BLIND, own_integers, time_limit
from grader.checking.values import MAX_TEXT, Rng, plain

CASE_SECONDS = 5.0
_FRAMES = 500  # of a traceback that are looked at, the last ones
_TELLS_ALL = ("TimeoutError", "NotImplementedError", "KeyboardInterrupt")

# What these held when the checker was loaded: a function that replaces a part of them is found out.
_LIBRARIES = [
    (module, {name: value for name, value in vars(module).items() if not name.startswith("_")})
    for module in (builtins, math, np, np.linalg, np.random)
]
_LIBRARIES[0][1]["__import__"] = __import__
# What the checker itself needs when the call is over. Others may replace a part of these, a tab's
# page for one, so they are to be afterwards what they were before the call.
_TOOLS = (datetime, html, json, os, os.path, re, sys, time, Path)
_CONSTANT = (int, str, tuple)


@dataclass(frozen=True)
class Raised:
    """An exception of the student's function: its type, its message and the line that raised it."""

    type: str
    message: str
    line: str = ""


@dataclass(frozen=True)
class Observation:
    """What one call did.

    Args:
        output: the returned value, plain; None when the call raised.
        raised: the exception, or None. Its type is "ChangedLibrary" when the call replaced a part
            of NumPy or of Python, which was put back.
        changed: the arguments the call changed, "argument 1 (x)".
        aliases: the outputs that share memory with an argument, by position.
        warned: the messages of numerical warnings.
        printed: what the call printed, shortened.
        global_random: whether it drew from or seeded the global random generators.
        seconds: how long it took.
    """

    output: Any = None
    raised: Raised | None = None
    changed: tuple[str, ...] = ()
    aliases: tuple[int, ...] = ()
    warned: tuple[str, ...] = ()
    printed: str = ""
    global_random: bool = False
    seconds: float = 0.0

    @property
    def last(self) -> bool:
        """Whether further cases would tell nothing: it does not end, or is still to be written."""
        return bool(self.raised) and self.raised.type in _TELLS_ALL


def observe(
    student: Callable, case: Any, driver: Callable, seconds: float = CASE_SECONDS
) -> Observation:
    """Call ``driver(student, *args, **kwargs)`` on fresh copies of a case's arguments.

    Args:
        student: the function or class under test.
        case: a :class:`grader.checking.exercise.Case`.
        driver: see grader/checking/drivers.py.
        seconds: time limit; reached, the observation says "raised TimeoutError". See
            :func:`grader.checking.platform.time_limit` for where it holds.

    Returns:
        An Observation. No exception of the student's code gets out, not even SystemExit.
    """
    return observe_all(student, (case,), driver, seconds)[0]


def observe_all(
    student: Callable, cases: Sequence[Any], driver: Callable, seconds: float = CASE_SECONDS
) -> list[Observation]:
    """As :func:`observe`, on one case after the other, up to the one that says all.

    Args:
        student, driver, seconds: as in :func:`observe`.
        cases: cases of an exercise, at least one.
    """
    seen: list[Observation] = []
    for case in cases:
        seen.append(summarised(observe_raw(student, case, driver, seconds), driver))
        if seen[-1].last:
            break
    if BLIND:  # after all cases: a function that remembers its calls answers as it does elsewhere
        seen = [_warnings_added(o, student, c, driver) for o, c in zip(seen, cases, strict=False)]
    return seen


def summarised(observation: Observation, driver: Callable) -> Observation:
    """The observation with the summary of its output, where the driver has one.

    Args:
        observation: of :func:`observe_raw`, or a claim to be one.
        driver: see :func:`grader.checking.drivers.summarised`.
    """
    summary = getattr(driver, "summary", None)
    if summary is None or observation.raised:
        return observation
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            return replace(observation, output=plain(summary(observation.output)))
    except Exception:
        return observation


def observe_raw(
    student: Callable, case: Any, driver: Callable, seconds: float = CASE_SECONDS
) -> Observation:
    """As :func:`observe`, without the driver's summary: what runs beside a student's code."""
    _mend_libraries()
    strided = case.kind == "strided"
    args, kwargs = _copy(case.args, strided), _copy(case.kwargs, strided)
    before = _copy((args, kwargs), False)
    state, plain_state = np.random.get_state(), random.getstate()
    printed, raised, output, aliases, replaced = _Bounded(), None, None, (), ""
    warned: list[warnings.WarningMessage] = []
    start, folder, settings = time.perf_counter(), _folder(), _settings()
    try:
        with _silence(printed, warned), time_limit(seconds):
            tools = _as_they_are()
            try:
                with _left_alone():
                    result = driver(student, *args, **kwargs)
            finally:  # at once: what follows must not run on what the call left behind
                replaced = _mend_libraries() or _mend_libraries(tools)
                _go_back(folder)
                _set_back(settings)
            aliases = _aliases(result, (args, kwargs))
            output = plain(result)
    except BaseException as error:
        raised = _describe(error, student)
    elapsed = time.perf_counter() - start
    replaced = _mend_libraries() or replaced  # an object in the result may have done it, too
    if replaced:
        output, aliases, raised = None, (), Raised("ChangedLibrary", replaced)
    touched = not _same_state(state, np.random.get_state()) or plain_state != random.getstate()
    if touched:
        np.random.set_state(state)
        random.setstate(plain_state)
    return Observation(
        output=output,
        raised=raised,
        changed=_changed(before, (args, kwargs)),
        aliases=aliases,
        warned=_first(str(w.message)[:200] for w in warned if _numerical(w)),
        printed=io.StringIO.getvalue(printed),
        global_random=touched,
        seconds=elapsed,
    )


def _warnings_added(
    seen: Observation, student: Callable, case: Any, driver: Callable
) -> Observation:
    """The observation with what NumPy would have warned of; it takes another call to know."""
    if seen.raised:
        return seen

    def call() -> None:
        # A call takes a few times longer while every operation of it is looked at.
        limit = time_limit(1 + 10 * seen.seconds)
        args, kwargs = _copy(case.args, False), _copy(case.kwargs, False)
        with _silence(_Bounded(), []), limit, _left_alone():
            driver(student, *floating.watched(args), **floating.watched(kwargs))

    state, plain_state = np.random.get_state(), random.getstate()
    found = floating.unseen(call)
    _mend_libraries()
    np.random.set_state(state)
    random.setstate(plain_state)
    return replace(seen, warned=_first((*seen.warned, *found)))


def _first(messages: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(messages))[:3]


def calls(student: Any, names: Iterable[str]) -> list[str]:
    """Those of the names that a function uses, itself or in functions of its notebook it calls.

    Args:
        student: the function or class under test.
        names: names of other functions in the notebook.
    """
    used, waiting, seen = set(), [student], set()
    while waiting and len(seen) < 100:
        code = getattr(waiting.pop(), "__code__", None)
        scope = getattr(student, "__globals__", {})
        nested = [code] if isinstance(code, CodeType) else []
        while nested:
            part = nested.pop()
            nested += [c for c in part.co_consts if isinstance(c, CodeType)]
            fresh = set(part.co_names) - seen
            seen |= fresh
            used |= fresh
            waiting += [scope[name] for name in fresh if type(scope.get(name)) is FunctionType]
    return [name for name in names if name in used]


def _mend_libraries(
    libraries: Any = _LIBRARIES,
    all: Any = all,
    map: Any = map,
    vars: Any = vars,
    setattr: Any = setattr,
) -> str:
    """Put back what was replaced in NumPy or Python; the name of one such thing, or "".

    The functions it needs itself are bound when it is defined, or it could be deceived.
    """
    found = ""
    for module, names in libraries:
        now = vars(module)
        if all(map(operator.is_, map(now.get, names), names.values())):
            continue
        for name, value in names.items():
            if (other := now.get(name)) is not value:
                setattr(module, name, value)
                if other is not _no_input:  # else the time was up before it was taken away
                    found = f"{module.__name__}.{name}"
    return found


def _as_they_are() -> list[tuple[Any, dict[str, Any]]]:
    """The functions, classes and constants that the checker's tools hold now."""
    return [
        (tool, {k: v for k, v in vars(tool).items() if callable(v) or isinstance(v, _CONSTANT)})
        for tool in _TOOLS
    ]


def _settings() -> tuple[int, float, int]:
    """What a function can set in Python itself."""
    return sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits()


def _set_back(settings: tuple[int, float, int]) -> None:
    if _settings() != settings:
        sys.setrecursionlimit(settings[0])
        sys.setswitchinterval(settings[1])
        sys.set_int_max_str_digits(settings[2])


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None


def _go_back(folder: str | None) -> None:
    """Undo a change of the working directory: which one counts as one's own depends on it."""
    if folder is not None and _folder() != folder:
        with contextlib.suppress(OSError):
            os.chdir(folder)


class _Bounded(io.StringIO):
    """Keeps the first characters written to it and drops the rest; nobody can close it."""

    def close(self) -> None:
        pass

    def write(self, text: str) -> int:
        room = MAX_TEXT - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


@contextlib.contextmanager
def _silence(printed: io.StringIO, warned: list[warnings.WarningMessage]) -> Iterator[None]:
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        np.errstate(all="warn", under="ignore"),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        try:
            yield
        finally:
            warned.extend(caught)


@contextlib.contextmanager
def _left_alone() -> Iterator[None]:
    """Inside, a call can neither ask whoever sits there nor end the notebook's kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None:  # what `exit()` and `quit()` call in a notebook
        shell.ask_exit = _no_exit
    asked, builtins.input = builtins.input, _no_input
    try:
        yield
    finally:
        if vars(builtins).get("input") is _no_input:  # else it was replaced, and that is found out
            builtins.input = asked
        if shell is not None:
            vars(shell).pop("ask_exit", None)


def _no_input(prompt: object = "", /) -> str:
    raise EOFError("input() has nobody to answer it: what a function needs, it gets as arguments")


def _no_exit() -> None:
    raise SystemExit("a function returns; it does not end the notebook")


def _numerical(warning: warnings.WarningMessage) -> bool:
    return issubclass(warning.category, RuntimeWarning)


def _copy(value: Any, strided: bool) -> Any:
    if isinstance(value, np.ndarray):
        copy = own_integers(value)
        return _strided(copy) if strided else copy
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, np.random.Generator):
        return value
    if isinstance(value, dict):
        return {key: _copy(item, strided) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_copy(item, strided) for item in value)
    return value


def _strided(array: np.ndarray) -> np.ndarray:
    """The same numbers as every second element of a larger array, along every axis."""
    host = np.zeros([2 * n for n in array.shape], dtype=array.dtype)
    view = host[tuple(slice(None, None, 2) for _ in array.shape)]
    view[...] = array
    return view


def _arrays(value: Any) -> Iterator[np.ndarray]:
    kind = type(value)  # a subclass is no plain value, and would run methods of its own
    if kind is np.ndarray:
        yield value
    elif kind is dict:
        for item in value.values():
            yield from _arrays(item)
    elif kind in (tuple, list):
        for item in value:
            yield from _arrays(item)


def _aliases(result: Any, arguments: Any) -> tuple[int, ...]:
    outputs = result if type(result) is tuple else (result,)
    inputs = list(_arrays(arguments))
    return tuple(
        i
        for i, output in enumerate(outputs[:100])
        if any(np.may_share_memory(part, a) for part in _arrays(output) for a in inputs)
    )


def _changed(before: Any, after: Any) -> tuple[str, ...]:
    (args, kwargs), (args_now, kwargs_now) = before, after
    changed = [f"argument {i + 1}" for i, a in enumerate(args) if not _same(a, args_now[i])]
    return (*changed, *(f"`{key}`" for key, a in kwargs.items() if not _same(a, kwargs_now[key])))


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray):
        return (
            type(b) is np.ndarray
            and a.shape == b.shape
            and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        )
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return isinstance(b, type(a)) and len(a) == len(b) and all(map(_same, a, b))
    return a is b or (type(a) is type(b) and not isinstance(a, np.random.Generator) and a == b)


def _same_state(a: Any, b: Any) -> bool:
    return a[0] == b[0] and np.array_equal(a[1], b[1]) and a[2:] == b[2:]


def _describe(error: BaseException, student: Any) -> Raised:
    code = getattr(student, "__code__", None)
    line = ""
    # Of an endless recursion there may be millions; to ask `extract_tb` for the last takes seconds.
    entry, last = error.__traceback__, deque[TracebackType](maxlen=_FRAMES)
    while entry is not None:
        last.append(entry)
        entry = entry.tb_next
    for frame in traceback.extract_tb(last[0] if last else None):
        if code is not None and frame.filename == code.co_filename:
            line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    try:
        with time_limit(1):
            message = str(error)
    except BaseException:
        message = "(its message could not be read)"
    return Raised(type(error).__name__[:80], message[:500], line[:200])
