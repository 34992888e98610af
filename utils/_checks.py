"""What functions ask of their arguments that no signature can say; see ``_signatures.enforce``.

Each check takes arguments of the functions it is named for, by their names, and raises ValueError
with the name, the value and what was expected.
"""

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# --- labels and indices ---------------------------------------------------------------------------


def classes(scores: np.ndarray, y: np.ndarray) -> None:
    """Each label is the number of a column of the scores."""
    labels(y, scores.shape[1])


def rows_of_x(x: np.ndarray, idx: np.ndarray) -> None:
    if ((idx < 0) | (idx >= len(x))).any():
        raise ValueError(f"idx is {idx}, expected rows of x, from 0 to {len(x) - 1}")


def _features(name: str, x: np.ndarray) -> None:
    """No examples are fine, examples without a number are not."""
    if 0 in x.shape[1:]:
        raise ValueError(f"{name} has shape {x.shape}, expected at least one number in an example")


def features(x: np.ndarray) -> None:
    _features("x", x)


def scores(scores: np.ndarray) -> None:
    _features("scores", scores)


def categories(values: np.ndarray, k: int) -> None:
    if ((values < 0) | (values >= k)).any():
        raise ValueError(f"values are {values}, expected categories 0 ... {k - 1}")


def labels(y: np.ndarray, k: int) -> None:
    if ((y < 0) | (y >= k)).any():
        raise ValueError(f"y is {y}, expected classes from 0 to {k - 1}")


def numbers_in_columns(x_train: np.ndarray) -> None:
    if np.isnan(x_train).all(axis=0).any():
        raise ValueError("x_train has a column of NaN alone, expected a number in each")


def above_zero(predictions: np.ndarray) -> None:
    if not (predictions > 0).all():
        raise ValueError("predictions holds numbers that are not above 0, expected probabilities")


def column(trials: np.ndarray, axis: int) -> None:
    if not 0 <= axis < trials.shape[1]:
        raise ValueError(f"axis is {axis}, expected a column of trials with shape {trials.shape}")


# --- parameters of networks -----------------------------------------------------------------------


def gradients(params: Mapping[str, np.ndarray], grads: Mapping[str, np.ndarray]) -> None:
    """A gradient for each parameter, of its shape."""
    _alike("grads", grads, "params", {name: w.shape for name, w in params.items()})


def _named(params: Mapping[str, np.ndarray], others: str, **shapes: tuple[int | None, ...]) -> None:
    """Arrays of these names and shapes, which ``others`` ask for; None leaves an axis open."""
    for name, shape in shapes.items():
        if name not in params:
            raise ValueError(f"params has the names {sorted(params)}, expected {name!r}, too")
        found = params[name].shape
        same = len(found) == len(shape) and all(
            size in (None, there) for size, there in zip(shape, found, strict=True)
        )
        if not same:
            sizes = ", ".join("any" if size is None else str(size) for size in shape)
            raise ValueError(
                f"params[{name!r}] has shape {found}, expected ({sizes}) to fit {others}"
            )


def layers(params: Mapping[str, np.ndarray], x: np.ndarray | None = None) -> None:
    """Dense layers "w1", "b1", "w2", "b2", ..., each as high as what is below it is wide."""
    depth = len(params) // 2
    if not depth or len(params) % 2:
        raise ValueError(f"params has the names {sorted(params)}, expected w1, b1, w2, b2, ...")
    width, below = (None, "x") if x is None else (x.shape[1], "x")
    for layer in range(1, depth + 1):
        _named(params, below, **{f"w{layer}": (width, None)})
        width, below = params[f"w{layer}"].shape[1], f"w{layer}"
        _named(params, below, **{f"b{layer}": (width,)})


def step_net(x: np.ndarray, params: dict[str, np.ndarray]) -> None:
    layers(params, x)
    last = f"b{len(params) // 2}"
    if params[last].shape != (1,):
        raise ValueError(f"params[{last!r}] has shape {params[last].shape}, expected one output")


def gradient_norms(x: np.ndarray, dscores: np.ndarray, params: dict[str, np.ndarray]) -> None:
    layers(params, x)
    last = params[f"b{len(params) // 2}"]
    if dscores.shape[1:] != last.shape:
        raise ValueError(f"dscores has shape {dscores.shape}, expected {len(last)} columns")


def two_heads(x: np.ndarray, params: dict[str, np.ndarray]) -> None:
    _named(params, "x", w1=(x.shape[1], None), w2=(None, None), w_aux=(None, None))
    hidden, k, j = params["w1"].shape[1], params["w2"].shape[1], params["w_aux"].shape[1]
    _named(params, "w1", b1=(hidden,), w2=(hidden, k), b2=(k,), w_aux=(hidden, j), b_aux=(j,))


def two_tasks(
    x: np.ndarray, y: np.ndarray, y_aux: np.ndarray, params: dict[str, np.ndarray]
) -> None:
    two_heads(x, params)
    for name, labels, bias in (("y", y, "b2"), ("y_aux", y_aux, "b_aux")):
        if ((labels < 0) | (labels >= len(params[bias]))).any():
            last = len(params[bias]) - 1
            raise ValueError(f"{name} is {labels}, expected classes from 0 to {last}")


def two_layers(
    dscores: np.ndarray, x: np.ndarray, z: np.ndarray, params: dict[str, np.ndarray]
) -> None:
    d, hidden, k = x.shape[1], z.shape[1], dscores.shape[1]
    _named(params, "x, z and dscores", w1=(d, hidden), b1=(hidden,), w2=(hidden, k), b2=(k,))


def one_hidden_layer(x: np.ndarray, y: np.ndarray, params: dict[str, np.ndarray]) -> None:
    layers(params, x)
    if len(params) != 4:
        raise ValueError(f"params has the names {sorted(params)}, expected w1, b1, w2, b2")
    k = len(params["b2"])
    if ((y < 0) | (y >= k)).any():
        raise ValueError(f"y is {y}, expected classes from 0 to {k - 1} as params")


def hessian_vector(
    x: np.ndarray,
    params: dict[str, np.ndarray],
    v: dict[str, np.ndarray],
    nodes: dict[str, np.ndarray],
) -> None:
    layers(params, x)
    _alike("v", v, "params", {name: w.shape for name, w in params.items()})
    hidden, scores = (len(x), len(params["b1"])), (len(x), len(params["b2"]))
    shapes = {name: hidden for name in ("z", "h", "dh", "dz")}
    shapes |= {name: scores for name in ("s", "p", "ds")}
    _alike("nodes", nodes, "x and params", shapes)


def _alike(
    name: str, arrays: Mapping[str, np.ndarray], others: str, shapes: dict[str, tuple[int, ...]]
) -> None:
    """Arrays of these shapes, as ``others`` ask for."""
    if arrays.keys() != shapes.keys():
        names = f"{sorted(shapes)} as {others}"
        raise ValueError(f"{name} has the names {sorted(arrays)}, expected {names}")
    for key, shape in shapes.items():
        if arrays[key].shape != shape:
            raise ValueError(
                f"{name}[{key!r}] has shape {arrays[key].shape}, expected {shape} as {others}"
            )


def as_long(w: np.ndarray, like: dict[str, np.ndarray]) -> None:
    size = sum(array.size for array in like.values())
    if len(w) != size:
        raise ValueError(f"w has {len(w)} entries, expected {size} as the arrays of like together")


def recurrent(
    x: np.ndarray, h: np.ndarray, params: dict[str, np.ndarray], norm: str | None = None
) -> None:
    d, hidden = x.shape[1], h.shape[1]
    _named(params, "x and h", w_x=(d, hidden), w_h=(hidden, hidden), b=(hidden,))
    if norm == "ln":
        _named(params, "h", gamma=(hidden,))


def chain(x: np.ndarray, weights: Sequence[np.ndarray]) -> None:
    """The matrices can follow one another: x @ weights[0] @ weights[1] ..."""
    width, below = x.shape[1], "x"
    for i, w in enumerate(weights):
        if len(w) != width:
            raise ValueError(
                f"weights[{i}] has shape {w.shape}, expected {width} rows to fit {below}"
            )
        width, below = w.shape[1], f"weights[{i}]"


def composition(x: np.ndarray, ws: Sequence[np.ndarray], bs: Sequence[np.ndarray]) -> None:
    width = x.shape[1]
    for i, w in enumerate(ws):
        if len(w) != width:
            raise ValueError(f"ws[{i}] has shape {w.shape}, expected {width} rows: x and ws differ")
        width = w.shape[1]
        if i < len(bs) and len(bs[i]) != width:
            raise ValueError(f"bs[{i}] has shape {bs[i].shape}, expected {(width,)} as in ws[{i}]")


def stacked(
    layers: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray, *, called: str = "layers"
) -> None:
    """The layers of many networks, stacked, can follow one another, and the first one takes x."""
    if not layers:
        raise ValueError(f"{called} is empty, expected at least one pair of weights and biases")
    width, stack = x.shape[-1], layers[0][0].shape[:-2]
    for n, (w, b) in enumerate(layers):
        if w.shape[:-1] != (*stack, width) or b.shape != (*stack, 1, w.shape[-1]) or not stack:
            raise ValueError(
                f"{called}[{n}] has weights {w.shape} and biases {b.shape}, expected a stack of "
                f"networks, {width} rows to fit x or the layer before, and as many columns in both"
            )
        width = w.shape[-1]
    if x.ndim > 3 or x.size == 0 or (x.ndim == 3 and x.shape[0] != stack[-1]):
        raise ValueError(
            f"x has shape {x.shape}, expected (N, D), or (columns, N, D) with columns as in the "
            f"stack {stack}, none of them 0"
        )


def stacked_and_labelled(
    layers: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray, y: np.ndarray
) -> None:
    stacked(layers, x)
    if y.shape not in (x.shape[:-1], x.shape[-2:-1]):
        raise ValueError(f"y has shape {y.shape}, expected {x.shape[:-1]}, a label for each of x")
    classes = layers[-1][0].shape[-1]
    if ((y < 0) | (y >= classes)).any():
        raise ValueError(f"y is {y}, expected classes from 0 to {classes - 1}, which layers have")


def rows_for(rows: np.ndarray, n: int, seeds: int) -> None:
    if rows.ndim not in (1, 2) or 0 in rows.shape or (rows.ndim == 2 and len(rows) != seeds):
        raise ValueError(f"rows has shape {rows.shape}, expected (part,) or ({seeds}, part)")
    if ((rows < 0) | (rows >= n)).any():
        raise ValueError(f"rows holds other numbers than 0 to {n - 1}, the rows of x")


def pairs(dhs: list[np.ndarray], dws: list[np.ndarray]) -> None:
    if len(dhs) != len(dws) + 1 or not dws:
        raise ValueError(f"dhs has {len(dhs)} arrays, expected one more than dws with {len(dws)}")


def blocks(weights: list[np.ndarray], gates: np.ndarray) -> None:
    if len(weights) != len(gates):
        raise ValueError(f"weights has {len(weights)} matrices, expected {len(gates)} as gates")


def network(model: Any) -> None:
    if not all(hasattr(model, name) for name in ("params", "loss", "scores")):
        raise TypeError(f"model is {model!r}, expected a network such as utils.networks.MLP")


def node(output: Any) -> None:
    if not all(hasattr(output, name) for name in ("value", "grad", "parents", "local_grads")):
        raise TypeError(f"output is {output!r}, expected a node such as utils.autodiff.Node")


def polygons(polygons: Sequence[np.ndarray], holes: Sequence[np.ndarray] = ()) -> None:
    for name, group in (("polygons", polygons), ("holes", holes)):
        for i, vertices in enumerate(group):
            if len(vertices) < 3:
                raise ValueError(f"{name}[{i}] has {len(vertices)} corners, expected 3 or more")


# --- windows on images ----------------------------------------------------------------------------


def _window(name: str, x: np.ndarray, window: tuple[int, ...], pad: int) -> None:
    height, width = (size + 2 * pad for size in x.shape[2:])
    if window[0] > height or window[1] > width or min(window) < 1:
        raise ValueError(
            f"{name} has images of {height} x {width} with padding, expected them to be no smaller "
            f"than the window of {window[0]} x {window[1]}"
        )


def convolution(x: np.ndarray, w: np.ndarray, pad: int = 0) -> None:
    _window("x", x, w.shape[2:], max(pad, 0))  # the function itself refuses another pad


def pooling(x: np.ndarray, size: int = 2) -> None:
    _window("x", x, (size, size), 0)


def convolution_cache(dout: np.ndarray, cache: tuple) -> None:
    x, w, _, stride, pad = cache
    _places(dout, x, w.shape[2:], stride, pad)


def pooling_cache(dout: np.ndarray, cache: tuple) -> None:
    x, size, stride = cache
    _places(dout, x, (size, size), stride, 0)


def _places(
    dout: np.ndarray, x: np.ndarray, window: tuple[int, ...], stride: int, pad: int
) -> None:
    """One number of ``dout`` for each place of the window."""
    _window("cache[0]", x, window, pad)
    places = tuple(
        (size + 2 * pad - k) // stride + 1 for size, k in zip(x.shape[2:], window, strict=True)
    )
    if dout.shape[2:] != places:
        raise ValueError(f"dout has images of {dout.shape[2:]}, expected {places} as the cache")


def flattened(dout: np.ndarray, cache: tuple[int, ...]) -> None:
    rows = (cache[0], math.prod(cache[1:])) if cache else ()
    if dout.shape != rows:
        raise ValueError(f"dout has shape {dout.shape}, expected {rows} as the cache says")


# --- other caches ---------------------------------------------------------------------------------


def mlp_cache(dscores: np.ndarray, cache: tuple) -> None:
    fits = len(cache) == 2 and isinstance(cache[0], list) and isinstance(cache[1], str | tuple)
    if not fits or not cache[0]:
        raise ValueError("cache is not what mlp_forward gives: the caches and the activation")
    for i, pair in enumerate(cache[0]):
        dense = pair[0] if isinstance(pair, tuple) and len(pair) == 2 else None
        parts = dense if isinstance(dense, tuple) else ()
        if [getattr(part, "ndim", None) for part in parts] != [2, 2, 1]:
            raise ValueError(f"cache[0][{i}] is not what mlp_forward gives: the caches of a layer")
    x, w, _ = cache[0][-1][0]
    if dscores.shape != (len(x), w.shape[1]) or dscores.dtype != w.dtype:
        raise ValueError(
            f"dscores has shape {dscores.shape} and dtype {dscores.dtype}, "
            f"expected {(len(x), w.shape[1])} and {w.dtype} as the cache"
        )


def deep_cache(dout: np.ndarray, cache: tuple) -> None:
    hs, zs, weights, _ = cache
    fits = len(hs) - 1 == len(zs) == len(weights) and all(
        w.shape == (h.shape[1], z.shape[1]) and z.shape == out.shape
        for h, w, z, out in zip(hs, weights, zs, hs[1:], strict=False)
    )
    if not fits or dout.shape != hs[-1].shape:
        raise ValueError(f"dout {dout.shape} and cache are not those of one network")


def residual_cache(cache: tuple) -> None:
    hs, weights, gates = cache
    if not len(hs) - 1 == len(weights) == len(gates):
        raise ValueError(
            f"cache holds {len(hs)} outputs, {len(weights)} matrices and {len(gates)} gates, "
            f"expected one output more than blocks"
        )


def group_cache(cache: tuple) -> None:
    channels, groups = len(cache[1]), cache[2].shape[1]
    if groups < 1 or channels % groups:
        raise ValueError(f"cache[2] has {groups} groups, expected a divisor of {channels} channels")


def winners(dout: np.ndarray, cache: tuple) -> None:
    pixels, (n, c, height, width) = cache
    if (n, c) != dout.shape[:2] or ((pixels < 0) | (pixels >= height * width)).any():
        raise ValueError(f"cache holds no pixels of images of shape {cache[1]} for dout")


# --- search spaces --------------------------------------------------------------------------------


def search_space(space: Mapping[str, tuple]) -> None:
    for name, entry in space.items():
        if not _is_domain(entry):
            raise ValueError(
                f"space[{name!r}] is {entry}, expected ('log', low, high) with 0 < low <= high, "
                f"('linear', low, high), ('int', low, high) or ('choice', option, ...)"
            )


def _is_domain(entry: tuple) -> bool:
    kind, *domain = entry or (None,)
    if kind == "choice":
        return len(domain) > 0
    asked = numbers.Integral if kind == "int" else numbers.Real
    if kind not in ("log", "linear", "int") or len(domain) != 2:
        return False
    if not all(isinstance(bound, asked) and math.isfinite(bound) for bound in domain):
        return False
    return bool(domain[0] <= domain[1] and (kind != "log" or domain[0] > 0))


def _values(name: str, trial: Mapping[str, Any], space: Mapping[str, tuple]) -> None:
    """A value for each name of the space, a number where the space has numbers."""
    for key, (kind, *_) in space.items():
        value = trial.get(key)
        is_number = isinstance(value, numbers.Real) and (
            math.isfinite(value) and (kind != "log" or float(value) > 0)
        )
        if key not in trial or (kind != "choice" and not is_number):
            raise ValueError(f"{name}[{key!r}] is {value!r}, expected a value as in space")


def results(rows: Sequence[dict[str, Any]]) -> None:
    for i, row in enumerate(rows):
        if not isinstance(row.get("val_acc"), numbers.Real):
            raise ValueError(f"rows[{i}] has the val_acc {row.get('val_acc')!r}, expected a number")


def results_in_space(space: Mapping[str, tuple], rows: Sequence[dict[str, Any]]) -> None:
    search_space(space)
    results(rows)
    for i, row in enumerate(rows):
        _values(f"rows[{i}]", row, space)
    if not rows:
        raise ValueError("rows is empty, expected results to refine the space with")


def best_in_space(best: Mapping[str, Any], space: Mapping[str, tuple]) -> None:
    search_space(space)
    _values("best", best, space)


# --- schedules ------------------------------------------------------------------------------------


def duration(total: float) -> None:
    if not total > 0:
        raise ValueError(f"total must be positive, got {total}")


def stairs(every: float, factor: float = 0.5) -> None:
    if not (every > 0 and 0 < factor <= 1):
        raise ValueError(f"expected every > 0 and 0 < factor <= 1, got {every} and {factor}")


def cut(factor: float = 0.1) -> None:
    if not 0 < factor <= 1:
        raise ValueError(f"factor must lie in (0, 1], got {factor}")


def patient_cut(factor: float = 0.1, patience: int = 10) -> None:
    if not (0 < factor <= 1 and patience >= 1):
        raise ValueError(f"expected 0 < factor <= 1 and patience >= 1, got {factor} and {patience}")


def phases(total: float, warm: float = 0.0, cool: float = 0.2) -> None:
    """The climb and the descent of a trapezoid do not overlap."""
    duration(total)
    if not (warm >= 0 and cool > 0 and warm + cool <= 1):
        raise ValueError(
            f"expected warm >= 0, cool > 0 and warm + cool <= 1, got {warm} and {cool}"
        )


def range_test(lrs: np.ndarray, beta: float = 0.9, divide: float = 10.0) -> None:
    if not ((lrs > 0).all() and 0 <= beta < 1 and divide > 0):
        raise ValueError(
            f"expected lrs above 0, beta in [0, 1) and divide > 0, got {lrs}, {beta} and {divide}"
        )


def scaled_batch(lr: float, batch: float, sharpness: float) -> None:
    if not (lr > 0 and batch > 0 and sharpness > 0):
        raise ValueError(
            f"expected lr, batch and sharpness above 0, got {lr}, {batch} and {sharpness}"
        )


def one_noisy_step(m: float, h: float = 1.0, noise: float = 1.0) -> None:
    if not (m > 0 and h > 0 and noise >= 0):
        raise ValueError(f"expected m > 0, h > 0 and noise >= 0, got {m}, {h} and {noise}")


def noisy_steps(
    h: np.ndarray, noise: np.ndarray | float, steps: int, cap: float = math.inf, sweeps: int = 100
) -> None:
    if not (
        (h > 0).all() and np.all(np.asarray(noise) > 0) and cap > 0 and steps >= 1 and sweeps >= 1
    ):
        raise ValueError(
            f"h is {h}, noise {noise}, cap {cap}, steps {steps}, sweeps {sweeps}: expected all "
            "above 0"
        )


def numbered_step(t: int, beta: float = 0.9) -> None:
    if not (t >= 1 and 0 <= beta <= 1):
        raise ValueError(f"t is {t} and beta {beta}, expected t from 1 on and beta from 0 to 1")
