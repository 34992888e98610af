"""Bad input, for every public function of utils: each argument in turn made into something else.

A function either refuses in a sentence that names the argument, or gives what its signature
promises: shapes and dtypes are checked in these calls, too, the results' included.
"""

import contextlib
import copy
import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import jaxtyping
import numpy as np
import pytest

from tests.utils.arguments import Draw, arguments
from tests.utils.examples import EXAMPLES
from tests.utils.test_conventions import IN_DOUBLE, NOT_CALLED, arrays, every_lesson

Path = tuple[Any, ...]  # where in the arguments: ("state", 0)

SIZES = (4, 3, 5, 2, 6, 7, 8, 9)  # no two alike, so that a wrong one cannot fit by chance


@every_lesson
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
def test_bad_input_is_refused_in_a_sentence_or_answered_as_promised(function, dtype):
    if name_of(function) in NOT_CALLED:
        pytest.skip(NOT_CALLED[name_of(function)])
    assert fault(function, valid(function, dtype), dtype) is None
    faults = [
        f"{what}: {found}"
        for what, about, given in all_bad(function, dtype)
        if (found := fault(function, given, dtype, about, what))
    ]
    assert not faults, "\n".join(faults)


def all_bad(function: Callable, dtype: type) -> Iterator[tuple[str, set[str], dict[str, Any]]]:
    """What is bad, the arguments that a refusal may name, and all arguments."""
    for path, value in leaves(valid(function, dtype)):
        for what, bad in mutations(value):
            where = path[0] + "".join(f"[{key!r}]" for key in path[1:])
            given = replaced(valid(function, dtype), path, bad)
            yield f"{where}: {what}", {path[0]}, given
    drawn: set[str] = set()
    given = valid(function, dtype, drawn=drawn)
    for dim in sorted(dim for dim in drawn if not dim.startswith("*")):
        with contextlib.suppress(ValueError):  # when the forward pass refuses, there is no cache
            yield f"{dim} = 0", set(given), valid(function, dtype, empty=dim)


def fault(
    function: Callable, given: dict, dtype: type, about: Collection[str] = (), what: str = ""
) -> str | None:
    """What is wrong with the answer or with the refusal; shapes are looked at by jaxtyping."""
    # Infinity becomes NaN in many a formula. NumPy warns of that, and the library leaves it to it.
    invalid = "ignore" if "infinity" in what else "warn"
    try:
        with np.errstate(invalid=invalid):
            result = function(**given)
            if inspect.isgenerator(result):
                result = list(result)
    except jaxtyping.TypeCheckError as error:
        return f"passes, and then {str(error)[:300]!r}"
    except (TypeError, ValueError) as error:
        named = any(re.search(rf"\b{name}\b", str(error)) for name in about)
        return None if named else f"{type(error).__name__} without its name: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if name_of(function) not in IN_DOUBLE and any(a.dtype == dtype for a in arrays(given)):
        asked = {a.dtype for a in arrays(given) if a.dtype.kind == "f"}
        found = {a.dtype for a in arrays(result) if a.dtype.kind == "f"}
        if not found <= asked:
            return f"{asked} came back as {found}"
    return None


def name_of(function: Callable) -> str:
    return f"{function.__module__.removeprefix('utils.')}.{function.__name__}"


def valid(
    function: Callable, dtype: type, *, empty: str = "", drawn: set[str] | None = None
) -> dict[str, Any]:
    """Arguments that fit, those with a default included; an axis may be ``empty``."""
    name = name_of(function)
    example = EXAMPLES.get(name) or EXAMPLES.get(name.replace("_backward", "_forward"), {})
    free = iter(SIZES)

    def draw_size(dim: str) -> int:
        if drawn is not None:
            drawn.add(dim)
        size = 2 if dim.startswith("*") else next(free)
        return 0 if dim == empty else size

    given = arguments(function, example, Draw(draw_size, dtype, seed=0))
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is not parameter.empty and parameter.default is not None:
            given.setdefault(parameter.name, parameter.default)
    return copy.deepcopy(given)


def leaves(thing: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every argument, and what stands inside of tuples, lists and dictionaries of arguments."""
    if path:
        yield path, thing
    if isinstance(thing, Mapping):
        inside: Any = thing.items()
    elif isinstance(thing, list | tuple) and type(thing) in (list, tuple):
        inside = enumerate(thing)
    else:
        return
    for key, part in inside:
        yield from leaves(part, (*path, key))


def mutations(value: Any) -> Iterator[tuple[str, Any]]:
    """What an argument may be taken for, or become by a slip."""
    for what, other in (("None", None), ("a text", "no such"), ("complex", 1j), ("3", 3)):
        if type(other) is not type(value) and (other != 3 or not isinstance(value, float)):
            yield what, other
    if isinstance(value, np.ndarray):
        yield from mutations_of_array(value)
    elif isinstance(value, bool):
        return
    elif isinstance(value, float):
        yield "an array", np.ones(3)
        yield "a NumPy number", np.float64(value)
        yield "NaN", np.nan
        yield "infinity", np.inf
    elif isinstance(value, int):
        yield "an array", np.ones(3)
        yield "a NumPy number", np.int64(value)
        yield "a fraction", value + 0.5
        yield "below 0", -2
    elif isinstance(value, tuple | list) and value:
        yield "one fewer", value[:-1]
        yield "one more", (*value, value[-1]) if isinstance(value, tuple) else [*value, value[-1]]
    elif isinstance(value, Mapping) and value:
        yield "one fewer", dict(list(value.items())[:-1])


def mutations_of_array(a: np.ndarray) -> Iterator[tuple[str, Any]]:
    yield "one axis more", a[None]
    yield "one axis more, last", a[..., None]
    if a.ndim:
        yield "one axis fewer", a[0]
        yield "empty", a[:0]
    if a.ndim > 1:
        yield "transposed", a.T
    for axis in range(a.ndim):
        yield f"axis {axis} too long", np.concatenate([a, a.take([0], axis)], axis)
        yield f"axis {axis} of length 1", a.take([0], axis)
    yield "complex numbers", a.astype(complex)
    yield "a list", a.tolist()
    yield "objects", a.astype(object)
    yield "texts", a.astype(str)
    if a.dtype.kind == "f":
        yield "whole numbers", (10 * a).astype(int)
        yield "True and False", a > 0
        yield "the other precision", a.astype(np.float32 if a.dtype == np.float64 else float)
        yield "NaN", np.full_like(a, np.nan)
        yield "infinity", np.full_like(a, np.inf)
    else:
        yield "floating point", a.astype(float)
    if a.dtype.kind == "i":
        yield "negative", a - 100
        yield "too large", a + 100


def replaced(given: Any, path: Path, bad: Any) -> Any:
    if not path:
        return bad
    changed = copy.copy(given) if isinstance(given, Mapping) else list(given)
    changed[path[0]] = replaced(given[path[0]], path[1:], bad)
    return tuple(changed) if isinstance(given, tuple) else changed
