"""The conventions of the library, for every public function of utils.

A new function is covered by existing. If its annotations do not say enough to call it, the test
fails and asks for an entry in tests/utils/examples.py.
"""

import importlib
import inspect
import re
import types
import typing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.authoring.library_docs import public_entries, syllabus_ids
from lectures.syllabus import ERRORS, IDS, LEFT_OUT
from tests.utils.arguments import SIZES, Draw, NoArguments, arguments, is_array
from tests.utils.examples import EXAMPLES

# Drawing is no subject of the syllabus: figures, widgets and their pace have their own tests.
DRAWING = ("film", "pace", "plots", "widgets")
NOT_CALLED = {"data.load_cifar10": "needs a server, see test_data.py"}
IN_DOUBLE = {
    "dropout.robustness_scores": "counts right answers",
    "initialization.tanh_variance_map": "integrates numerically",
}
NOT_REPEATABLE = {"activations.time_fn": "measures time"}


def functions(*, drawing: bool) -> list:
    found = []
    for entry in public_entries():
        thing = getattr(importlib.import_module(f"utils.{entry.module}"), entry.name)
        if not inspect.isclass(thing) and (drawing or entry.module not in DRAWING):
            found.append(pytest.param(thing, id=f"{entry.module}.{entry.name}"))
    return found


every_function = pytest.mark.parametrize("function", functions(drawing=True))
every_lesson = pytest.mark.parametrize("function", functions(drawing=False))


# Documentation


@pytest.mark.parametrize("entry", list(public_entries()), ids=lambda e: f"{e.module}.{e.name}")
def test_docstring_begins_with_one_complete_line(entry):
    assert entry.summary, "no docstring"
    assert entry.summary.endswith((".", "?", ":")), f"not a sentence: {entry.summary!r}"


@every_lesson
def test_docstring_explains_every_argument_and_result(function):
    docstring = inspect.getdoc(function) or ""
    signature = inspect.signature(function)
    sections = dict(re.findall(r"^(\w+):\n((?:    .*\n|\n)+)", docstring + "\n", re.M))
    explained = re.findall(
        r"^    (\*{0,2}\w+(?:, \w+)*)(?: \(.*?\))?:", sections.get("Args", ""), re.M
    )
    explained = [name.lstrip("*") for names in explained for name in names.split(", ")]
    assert sorted(explained) == sorted(signature.parameters), "Args: names each parameter once"
    if signature.return_annotation is not None:
        assert {"Returns", "Yields"} & sections.keys()


@every_lesson
def test_docstring_ends_with_its_source_in_the_syllabus(function):
    ids = syllabus_ids(inspect.getdoc(function) or "")
    assert ids, "the last line is: Source: paper; syllabus ID-nn, ID-nn."
    assert set(ids) <= set(IDS) | set(ERRORS), "no such entry"


def test_every_entry_of_the_syllabus_has_a_function_or_a_reason():
    served = {id for entry in public_entries() for id in entry.ids}
    assert served & set(LEFT_OUT) == set()
    assert set(IDS) - served == set(LEFT_OUT)


# Types


@every_lesson
def test_annotations_state_shapes(function):
    signature = inspect.signature(function)
    stated = {name: p.annotation for name, p in signature.parameters.items()}
    for name, annotation in {**stated, "return": signature.return_annotation}.items():
        variadic = (
            name in stated and signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
        )
        assert annotation is not inspect.Signature.empty or variadic, f"{name} has no annotation"
        assert not bare_array(annotation), f"{name} is an array without a shape: {annotation}"


def bare_array(annotation) -> bool:
    """Whether an array without jaxtyping shape occurs, other than in a mapping or a callable."""
    if is_array(annotation):
        return False
    origin = typing.get_origin(annotation)
    if origin in (tuple, list, types.UnionType, typing.Union):
        return any(bare_array(inner) for inner in typing.get_args(annotation))
    return annotation is np.ndarray


# Behaviour


@every_lesson
@settings(max_examples=6, deadline=None, derandomize=True)
@given(data=st.data(), seed=st.integers(0, 1000))
def test_calls_are_pure_repeatable_and_keep_the_dtype(function, data, seed):
    name = f"{function.__module__.removeprefix('utils.')}.{function.__name__}"
    if name in NOT_CALLED:
        pytest.skip(NOT_CALLED[name])
    example = EXAMPLES.get(name) or EXAMPLES.get(name.replace("_backward", "_forward"), {})
    sizes: dict[str, int] = {}

    def draw_size(dim):
        if dim not in sizes or dim == "_":
            ranks = st.integers(1, 3) if dim.startswith("*") else SIZES
            sizes[dim] = data.draw(ranks, label=dim)
        return sizes[dim]

    def call(dtype, contiguous=True):
        try:
            drawn = arguments(function, example, Draw(draw_size, dtype, seed, contiguous))
        except NoArguments as reason:
            pytest.fail(f"{name} needs an entry in tests/utils/examples.py for {reason}")
        before, state = plain(drawn), plain(np.random.get_state())  # noqa: NPY002
        result = function(**drawn)
        if inspect.isgenerator(result):
            result = list(result)
        unchanged, untouched = plain(drawn) == before, plain(np.random.get_state()) == state  # noqa: NPY002
        assert unchanged, "an argument was changed"
        assert untouched, "the global random state was used"
        has_floats = any(array.dtype == dtype for array in arrays(drawn))
        return result, has_floats

    for dtype in (np.float32, np.float64):
        result, has_floats = call(dtype)
        if has_floats and name not in IN_DOUBLE:
            dtypes = {a.dtype for a in arrays(result) if np.issubdtype(a.dtype, np.floating)}
            assert dtypes <= {np.dtype(dtype)}, f"{np.dtype(dtype)} came back as {dtypes}"
        if name not in NOT_REPEATABLE:
            same = plain(call(dtype)[0]) == plain(result)
            assert same, "the same call gave another result"
            strided, _ = call(dtype, contiguous=False)
            for a, b in zip(arrays(result), arrays(strided), strict=True):
                tolerance = 1e-4 if dtype is np.float32 else 1e-9
                np.testing.assert_allclose(b, a, tolerance, tolerance, err_msg="strided input")


def plain(thing):
    """What can be compared with ==: arrays as bytes, objects of utils as what they hold."""
    if isinstance(thing, np.ndarray):
        return (str(thing.dtype), thing.shape, thing.tobytes())
    if isinstance(thing, dict):
        return [(key, plain(value)) for key, value in thing.items()]
    if isinstance(thing, list | tuple):
        return [plain(item) for item in thing]
    if callable(thing) or isinstance(thing, np.random.Generator):
        return type(thing).__name__
    if type(thing).__module__.startswith("utils."):
        return plain(vars(thing))
    return repr(thing) if isinstance(thing, str | bool | int | float) else type(thing).__name__


def arrays(thing):
    """All arrays in nested containers."""
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, dict):
        yield from arrays(list(thing.values()))
    elif isinstance(thing, list | tuple):
        for item in thing:
            yield from arrays(item)
