"""Arguments for any public function of utils, drawn from the annotations of its parameters.

Array sizes are drawn by their names in the jaxtyping shapes, the same name getting the same size.
Numbers, flags and callables get a value that suits most functions. What does not fit all comes
from the table in :mod:`tests.utils.examples`.
"""

import collections.abc
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st
from jaxtyping import AbstractArray, Bool, Int

SIZES = st.integers(1, 4)
KINDS = {Bool[np.ndarray, ""].dtypes: "bool", Int[np.ndarray, ""].dtypes: "int"}
SIMPLE = {bool: True, int: 2, float: 0.5}


class NoArguments(Exception):
    """The annotation of a parameter does not say enough to draw a value."""


@dataclass(frozen=True)
class Drawn:
    """In the table of examples: a value that is made with the help of a :class:`Draw`."""

    make: Callable[["Draw"], Any]


@dataclass
class Draw:
    """Draws arrays; ``dims`` remembers the sizes, ``draw_size`` is asked for new ones."""

    draw_size: Callable[[str], int]
    dtype: type
    seed: int
    contiguous: bool = True
    dims: dict[str, int] = field(default_factory=dict)
    rng: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def size(self, name: str) -> int:
        if name not in self.dims:
            self.dims[name] = self.draw_size(name)
        return self.dims[name]

    def shape(self, dims: str) -> tuple[int, ...]:
        """Sizes for the text of a jaxtyping shape."""
        shape: list[int] = []
        for dim in dims.split():
            name = dim.lstrip("#*")
            if dim == "_":
                shape.append(self.draw_size(dim))
            elif dim == "..." or dim.startswith("*"):
                shape += [self.size(f"{name} axis {axis}") for axis in range(self.size(f"*{name}"))]
            else:
                shape.append(int(name) if name.isdecimal() else self.size(name))
        return tuple(shape)

    def array(self, dims: str, kind: str = "float") -> np.ndarray:
        """Normal numbers, zeros for ``int``, coin flips for ``bool``, of the drawn shape."""
        shape = self.shape(dims)
        if kind == "int":
            return self.strided(np.zeros(shape, np.int64))
        if kind == "bool":
            return self.strided(self.rng.random(shape) < 0.5)
        return self.strided(self.rng.standard_normal(shape).astype(self.dtype))

    def strided(self, array: np.ndarray) -> np.ndarray:
        """The same array, if so wished as every second element of another one."""
        return array if self.contiguous else np.repeat(array, 2, axis=-1)[..., ::2]


def arguments(function: Callable, example: Mapping[str, Any], draw: Draw) -> dict[str, Any]:
    """Keyword arguments for ``function``; ``example`` overrides what would be drawn.

    ``example["dims"]`` fixes sizes by name. A function ``name_backward`` gets the cache that
    ``name_forward`` gives.
    """
    draw.dims |= example.get("dims", {})
    parameters = inspect.signature(function).parameters
    extra = example.keys() - parameters.keys() - {"dims"}
    takes_extra = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    given = {name: example[name] for name in extra if takes_extra}
    if function.__name__.endswith("_backward") and "cache" in parameters and "cache" not in example:
        module = inspect.getmodule(function)
        forward = getattr(module, function.__name__.replace("_backward", "_forward"))
        out, given["cache"], *_ = forward(**arguments(forward, example, draw))
        out = out[-1] if isinstance(out, list) else out
        dout = draw.rng.standard_normal(out.shape).astype(out.dtype)
        given[next(iter(parameters))] = draw.strided(dout)
    for name, parameter in parameters.items():
        if name in example:
            value = example[name]
            given[name] = value.make(draw) if isinstance(value, Drawn) else value
        elif name in given or parameter.kind is parameter.VAR_KEYWORD:
            continue
        elif name == "rng":
            given[name] = np.random.default_rng(draw.seed)
        elif parameter.default is parameter.empty:
            try:
                given[name] = value_for(parameter.annotation, draw)
            except NoArguments as reason:
                raise NoArguments(f"{name}: {reason}") from None
    return given


def value_for(annotation: Any, draw: Draw) -> Any:
    """A value of the annotated type."""
    if is_array(annotation):
        return draw.array(annotation.dim_str, KINDS.get(annotation.dtypes, "float"))
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        return None if type(None) in inner else value_for(inner[0], draw)
    if origin is tuple:
        items = [inner[0], inner[0]] if inner[-1] is Ellipsis else inner
        return tuple(value_for(item, draw) for item in items)
    if origin in (list, collections.abc.Sequence, collections.abc.Iterable):
        return [value_for(inner[0], draw) for _ in range(2)]
    if annotation is None:
        return None
    if annotation == Callable[[np.ndarray], np.ndarray]:
        return np.tanh
    if annotation == Callable[[np.ndarray], float]:
        return lambda x: float(np.sum(x**2))
    if annotation in SIMPLE:
        return SIMPLE[annotation]
    raise NoArguments(f"no rule draws {annotation}")


def is_array(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, AbstractArray)
