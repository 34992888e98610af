"""What an exercise and a question are: data that the checker, the build and the engine share."""

import difflib
import importlib
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from grader.checking import drivers
from grader.checking.fields import DefinitionError, check_common, check_items, check_texts
from grader.checking.values import Rng
from grader.course import current

__all__ = [
    "Case",
    "Choice",
    "DefinitionError",
    "Exercise",
    "Level",
    "Misconception",
    "Number",
    "Property",
    "Question",
    "Rng",
    "Tolerance",
]

LETTERS = "abcdefgh"


@dataclass(frozen=True)
class Case:
    """One call of the student's function.

    Args:
        name: the case in a student's words, "one example", "a constant feature".
        args: positional arguments: None, bool, int, float, str, arrays, and tuples, lists and
            dicts of these. A random generator is written ``Rng(seed)``.
        kwargs: keyword arguments, the same kinds of values.
        extreme: True for huge or tiny values. Failing only here costs half the points, and
            such a case does not have to match for a misconception to be named.
        scale: by name of an output, the size of the terms that cancel in it. An answer that should
            be 0 is never 0 to the last bit in every order of the operations; it may be off by the
            tolerance times this. Left out, the size is that of the largest number expected.
        known: what only the judge knows of the case, such as labels of held-out examples. It is
            never sent to the student's side; ``Property.holds`` and ``Exercise.value`` find it. The
            reference is not asked about such a case: its form is for the properties to judge.
        kind: set by :meth:`Exercise.draw`: "ordinary", "extreme", or the guard that a copy of the
            first case stands for ("float32", "strided", "again", "other seed").
    """

    name: str
    args: tuple = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    extreme: bool = False
    scale: dict[str, float] = field(default_factory=dict)
    known: Any = None
    kind: str = ""


@dataclass(frozen=True)
class Misconception:
    """A wrong function that can be run.

    When a student's function answers like this one, its message is shown.

    Args:
        name: the idea in a few words, "slope on the wrong side".
        function: same signature and return structure as the reference.
        message: what was observed, the likely idea behind it, a question. No code, no answer.
        convention: True when the function is right in another course's convention.
    """

    name: str
    function: Callable
    message: str
    convention: bool = False


@dataclass(frozen=True)
class Property:
    """What must hold for the outputs of a random function, where equal draws are not asked for.

    Args:
        name: the property in a few words, "the kept fraction is 1 - p_drop".
        holds: ``holds(case, output)`` gives None, or a sentence that says what was seen instead.
    """

    name: str
    holds: Callable[[Case, Any], str | None]


@dataclass(frozen=True)
class Level:
    """A threshold of an exercise that has better and worse answers instead of one right answer.

    Args:
        name: what it takes, "better than the nearest neighbours".
        least: the value from which on it is reached, see ``Exercise.value``.
        share: the share of the points that is earned from here on; the last level earns 1.
    """

    name: str
    least: float
    share: float


@dataclass(frozen=True)
class Tolerance:
    """|got - want| <= rtol * |want| + atol * max|want|, for every number of an array.

    The defaults accept an answer computed in float32 and cast back. One operation in float32 is off
    by up to u = 6e-8 of its result; a chain of exponentials, powers and divisions, as a formula of
    the course has them, by up to 300 u (rtol). A sum of n terms is off by about sqrt(n) u times the
    size of its terms, for n up to 300, and these may be ten times as large as the largest result
    when they cancel: 170 u (atol). In float64 u is 1e-16, so that no right answer comes near.
    Wrong ideas differ by 1e-3 and more: cases are drawn so, and the audit measures it.

    The float32 pair is for float32 inputs, where the reference is itself off by as much, and the
    numbers between may be rounded once more.
    """

    rtol: float = 2e-5
    atol: float = 1e-5
    rtol32: float = 1e-3
    atol32: float = 1e-4


@dataclass(eq=False)
class Exercise:
    """A function of the course's library that the student writes.

    Its cases and misconceptions follow it, each under its decorator::

        MEAN = Exercise("statistics.mean", points=2, hints=("What is the sum divided by?",))


        @MEAN.cases
        def _(rng):
            yield Case("five numbers", (rng.normal(size=5),))


        @MEAN.misconception("the middle number")
        def _(x):
            \"""Your answer is one of the numbers.
            Which numbers does the mean depend on?
            \"""
            return sorted(x)[len(x) // 2]

    Args:
        id: its import path in the library, "sorting.merge". The reference is found by it.
        points: points for a right answer.
        minutes: how long a student needs.
        returns: names of what it returns, for messages, ``("out", "cache")``.
        hints: two or three steps, from a nudge to nearly the formula in words.
        parents: ids of exercises that this one builds on.
        driver: how the object is called, for what is not a plain call; see
            grader/checking/drivers.py.
        properties: judged by these instead of equal values (random functions).
        measure: ``measure(case, output)`` gives what can be measured of a random answer, by name a
            number and how far chance may move it. A misconception is named only when its numbers
            are those of the student's function.
        value: ``value(cases, outputs)`` measures how good the answers are, for ``levels``.
        levels: thresholds of that value, the lowest first, where there are better and worse answers
            instead of one right answer. They count once all properties hold. Such an exercise may
            take seconds: its first case should be a small one, because the guards repeat it.
        seconds: time limit of one call; None takes the course's.
        credit: the share of the points for what is right by another convention; None takes the
            course's.
        tolerance: how far a right answer may be off.
        float32: add the case that checks that float32 stays float32.
        promises: for each sentence of the text that says what happens at a border (a tie, zero, an
            error raised, a distribution), by a part of the sentence, the name of the case or of
            the cases that test it, or a guard's kind such as "float32". The audit asks for them.
        misconceptions: the wrong functions it can name; :meth:`misconception` adds them.
        make_cases: draws the cases; :meth:`cases` sets it.

    Raises:
        DefinitionError: a field holds what it cannot hold.
    """

    id: str
    points: int = 2
    minutes: int = 5
    returns: tuple[str, ...] = ("out",)
    hints: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    driver: Callable = drivers.call
    properties: tuple[Property, ...] = ()
    measure: Callable[[Case, Any], dict[str, tuple[float, float]]] | None = None
    value: Callable[[Sequence[Case], Sequence[Any]], float] | None = None
    levels: tuple[Level, ...] = ()
    seconds: float | None = None
    credit: float | None = None
    tolerance: Tolerance = Tolerance()
    float32: bool = True
    promises: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    misconceptions: tuple[Misconception, ...] = ()
    make_cases: Callable[[np.random.Generator], Iterable[Case]] | None = None

    def __post_init__(self) -> None:
        check_common(self.id, self.points, self.hints)
        for name in ("returns", "parents"):
            check_texts(self.id, name, getattr(self, name))
        for name, kind in (("properties", Property), ("misconceptions", Misconception)):
            check_items(self.id, name, getattr(self, name), kind)
        check_items(self.id, "levels", self.levels, Level)
        if self.levels:
            self._check_levels()

    def _check_levels(self) -> None:
        if self.value is None:
            raise DefinitionError(f"{self.id} has levels and no value: expected value=function")
        ladder = [(level.least, level.share) for level in self.levels]
        if sorted(ladder) != ladder or sorted(s for _, s in ladder) != [s for _, s in ladder]:
            raise DefinitionError(f"{self.id}: its levels are {ladder}, expected rising ones")
        if not 0 < ladder[0][1] <= ladder[-1][1] == 1:
            raise DefinitionError(f"{self.id}: shares lie above 0, and the last one is 1: {ladder}")

    def cases(self, make: Callable) -> Callable:
        """Take ``make(rng)``, which draws the cases, ordinary ones first; a decorator."""
        self.make_cases = make
        return make

    def misconception(
        self, name: str, message: str | None = None, *, convention: bool = False
    ) -> Callable[[Callable], Callable]:
        """A decorator that makes a wrong function one of the misconceptions.

        Args:
            name: the idea in a few words, "slope on the wrong side".
            message: what was observed, the likely idea behind it, a question. No code, no answer.
                None takes the function's docstring; line ends stay.
            convention: True when the function is right in another course's convention.

        Raises:
            DefinitionError: there is no message, or another misconception has this name.
        """

        def add(function: Callable) -> Callable:
            said = inspect.cleandoc(message or function.__doc__ or "")
            if not said:
                raise DefinitionError(
                    f"{self.id}: the misconception {name!r} says nothing, expected a docstring"
                )
            if any(known.name == name for known in self.misconceptions):
                raise DefinitionError(f"{self.id}: two misconceptions are called {name!r}")
            found = Misconception(name, function, said, convention)
            self.misconceptions = (*self.misconceptions, found)
            return function

        return add

    @property
    def name(self) -> str:
        """The name the student's function has in the notebook."""
        return self.id.rpartition(".")[2]

    @property
    def reference(self) -> Callable:
        """The function of the library that the id names.

        Raises:
            DefinitionError: the library has no such function.
        """
        return library_function(self.id)

    def draw(self, rng: np.random.Generator) -> tuple[Case, ...]:
        """The cases of this exercise, and the guards that every exercise gets.

        The guards are copies of the first case: with float32 arrays, with arrays that are not
        contiguous in memory, and once more at the end (a function must not keep state). Where the
        case holds an :class:`Rng`, one copy has another seed.

        Args:
            rng: what they are drawn from.

        Raises:
            DefinitionError: there are no cases.
        """
        if self.make_cases is None:
            raise DefinitionError(
                f"{self.id} has no cases: expected a function that yields them, under its `cases`"
            )
        made = self.make_cases(rng)
        if not isinstance(made, Iterable):
            raise DefinitionError(
                f"{self.id}: the function of its cases gives {made!r}, expected `yield Case(...)`"
            )
        made = tuple(made)
        check_items(self.id, "cases", made, Case)
        if not made:
            raise DefinitionError(
                f"{self.id}: the function of its cases yields none, expected one at least"
            )
        drawn = [replace(c, kind="extreme" if c.extreme else "ordinary") for c in made]
        first = drawn[0]
        values = (first.args, first.kwargs)
        arrays = [v for v in leaves(values) if isinstance(v, np.ndarray)]
        guards = []
        if self.float32 and any(a.dtype == np.float64 for a in arrays):
            guards.append(_variant(first, "float32", "float32 numbers", _to_float32))
        if any(a.size > 1 for a in arrays):
            guards.append(replace(first, kind="strided", name="arrays that are slices of others"))
        if any(isinstance(v, Rng) for v in leaves(values)):
            guards.append(_variant(first, "other seed", "another random generator", _next_seed))
        guards.append(replace(first, kind="again", name="the first case once more"))
        return (*drawn, *guards)


@dataclass(frozen=True)
class Choice:
    """One answer to a question: its text and, if wrong, the misunderstanding it stands for."""

    text: str
    why: str = ""
    right: bool = False


@dataclass(frozen=True)
class Number:
    """A numeric answer.

    Args:
        value: the right number.
        rel_tol: how far off it may be, relative to ``value``.
        abs_tol: the same in absolute terms, for a value of 0.
        misreadings: known wrong numbers and the misunderstanding each one stands for.
    """

    value: float
    rel_tol: float = 0.01
    abs_tol: float = 0.0
    misreadings: dict[float, str] = field(default_factory=dict)

    def matches(self, number: float, value: float | None = None) -> bool:
        """Whether ``number`` is ``value`` (default: the right one) within the tolerance."""
        value = self.value if value is None else value
        return abs(number - value) <= max(self.abs_tol, self.rel_tol * abs(value))


@dataclass(frozen=True)
class Question:
    """A prediction, answered with a letter or a number before anything is run.

    Args:
        id: "sorting.fewest_swaps": a lecture's topic and the name of the variable in the notebook.
        ask: the question, Markdown.
        choices: lettered a, b, c; exactly one is right. The course deals the order of a
            lecture's choices so that right letters are spread evenly. Or:
        number: the numeric answer.
        why: the reason, shown after a right answer.
        points: points for a right answer.
        minutes: how long a student needs.
        hints: steps towards the answer, the last nearly the way to it.
        parents: ids of exercises or questions that this one builds on.

    Raises:
        DefinitionError: there is not one right answer, or a field holds what it cannot hold.
    """

    id: str
    ask: str
    choices: tuple[Choice, ...] = ()
    number: Number | None = None
    why: str = ""
    points: int = 1
    minutes: int = 1
    hints: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_common(self.id, self.points, self.hints)
        check_texts(self.id, "parents", self.parents)
        check_items(self.id, "choices", self.choices, Choice)
        if bool(self.choices) == (self.number is not None):
            raise DefinitionError(f"{self.id}: give either choices or a number")
        if self.number is not None:
            self._check_number(self.number)
            return
        right = sum(choice.right for choice in self.choices)
        if right != 1:
            raise DefinitionError(f"{self.id}: exactly one choice must be right=True, {right} are")
        if not 2 <= len(self.choices) <= len(LETTERS):
            raise DefinitionError(
                f"{self.id} has {len(self.choices)} choices, expected 2 to {len(LETTERS)}"
            )
        texts = [choice.text for choice in self.choices]
        for text in texts:
            if texts.count(text) > 1:
                raise DefinitionError(f"{self.id}: two choices say {text!r}")

    def _check_number(self, number: Number) -> None:
        if not math.isfinite(number.value):
            raise DefinitionError(f"{self.id}: its number is {number.value}, expected a finite one")
        for wrong in number.misreadings:
            if number.matches(wrong):
                raise DefinitionError(
                    f"{self.id}: the misreading {wrong:g} is within the tolerance of the right "
                    f"answer {number.value:g}, expected a smaller rel_tol"
                )

    @property
    def name(self) -> str:
        """The name of the variable that holds the answer in the notebook."""
        return self.id.rpartition(".")[2]

    @property
    def lettered(self) -> dict[str, Choice]:
        """The choices under their letters, {"a": ..., "b": ...}."""
        return dict(zip(LETTERS, self.choices, strict=False))

    @property
    def answer(self) -> str | float:
        """The right answer: a letter or a number."""
        if self.number is not None:
            return self.number.value
        return next(letter for letter, choice in self.lettered.items() if choice.right)


def library_function(id: str) -> Callable:
    """The function or class of the course's library with this id.

    Args:
        id: its import path in the library, "sorting.merge".

    Raises:
        DefinitionError: the library has no such module, or the module no such function.
    """
    module, _, name = id.rpartition(".")
    full = f"{current().library}.{module}"
    try:
        found = importlib.import_module(full)
    except ModuleNotFoundError as error:
        if not error.name or not f"{full}.".startswith(f"{error.name}."):
            raise
        raise DefinitionError(f"{id}: there is no module {full}, which should define it") from None
    if callable(function := getattr(found, name, None)):
        return function
    near = difflib.get_close_matches(name, vars(found), n=1)
    raise DefinitionError(
        f"{id}: {full} defines no function {name}" + (f"; did you mean {near[0]}?" if near else "")
    )


def leaves(value: Any) -> Iterable[Any]:
    """What the tuples, lists and dicts of a case's arguments hold."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def _map(change: Callable, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _map(change, item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_map(change, item) for item in value)
    return change(value)


def _variant(case: Case, kind: str, name: str, change: Callable) -> Case:
    return replace(
        case, kind=kind, name=name, args=_map(change, case.args), kwargs=_map(change, case.kwargs)
    )


def _to_float32(value: Any) -> Any:
    is_float64 = isinstance(value, np.ndarray) and value.dtype == np.float64
    return value.astype(np.float32) if is_float64 else value


def _next_seed(value: Any) -> Any:
    return Rng(value.seed + 1) if isinstance(value, Rng) else value
