"""Plain values in a file: a tree as JSON beside its arrays, in NumPy's format without pickle.

What is read is data: nothing of it is ever run. Equal arrays are kept once.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from grader.checking.values import Opaque, Rng

_TREE = "tree"


def save(path: Path, value: Any) -> None:
    """Write a plain value.

    Args:
        path: the file, "merge.npz". The same value gives the same bytes.
        value: plain, see :mod:`grader.checking.values`, or with :class:`Rng` and numbers of NumPy
            in it.

    Raises:
        TypeError: something in it is not plain.
    """
    arrays: dict[tuple[str, tuple[int, ...], bytes], int] = {}
    tree = json.dumps(_packed(value, arrays), separators=(",", ":"))
    named: dict[str, Any] = {
        f"a{number}": np.frombuffer(data, dtype).reshape(shape)
        for (dtype, shape, data), number in arrays.items()
    }
    named[_TREE] = np.frombuffer(tree.encode(), np.uint8)
    np.savez_compressed(path, **named)


def load(path: Path) -> Any:
    """The value that :func:`save` wrote.

    Args:
        path: the file.

    Raises:
        ValueError: the file is none of :func:`save`.
    """
    with np.load(path, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    tree = arrays.pop(_TREE, None)
    if tree is None:
        raise ValueError(f"{path} holds no tree: it is no record")
    return _unpacked(json.loads(tree.tobytes()), arrays)


def _packed(value: Any, arrays: dict) -> Any:
    """What JSON says by itself stays; all else is a list whose first part is its kind."""
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, np.generic)):
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.hasobject:
            raise TypeError("an array of objects is not plain")
        key = array.dtype.str, array.shape, array.tobytes()
        kind = "array" if isinstance(value, np.ndarray) else "number"
        return [kind, arrays.setdefault(key, len(arrays))]
    if isinstance(value, float):
        return ["float", value.hex()]
    if isinstance(value, tuple | list):
        return [type(value).__name__, [_packed(item, arrays) for item in value]]
    if isinstance(value, dict):
        return ["dict", [[_packed(k, arrays), _packed(v, arrays)] for k, v in value.items()]]
    if isinstance(value, Rng):
        return ["rng", value.seed]
    if isinstance(value, Opaque):
        return ["opaque", value.what]
    raise TypeError(f"{type(value).__name__} is not a plain value")


def _unpacked(packed: Any, arrays: dict[str, np.ndarray]) -> Any:
    if not isinstance(packed, list):
        return packed
    kind, body = packed
    match kind:
        case "array":
            return arrays[f"a{body}"].copy()
        case "number":
            return arrays[f"a{body}"][()]
        case "float":
            return float.fromhex(body)
        case "tuple":
            return tuple(_unpacked(item, arrays) for item in body)
        case "list":
            return [_unpacked(item, arrays) for item in body]
        case "dict":
            return {_unpacked(k, arrays): _unpacked(v, arrays) for k, v in body}
        case "rng":
            return Rng(body)
        case "opaque":
            return Opaque(body)
    raise ValueError(f"{kind!r} is no kind of value")
