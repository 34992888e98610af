"""Training and testing on images that change: an honest split, fresh draws, many views.

:func:`train_stack` trains many small networks at once, each on its own few images, so that what
augmentation gains can be measured over several draws of the data and several learning rates.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int, Shaped

from utils._signatures import enforce
from utils.augmentation import augment
from utils.initialization import he_normal
from utils.losses import softmax

Stack = list[tuple[Float[np.ndarray, "_ sets _ _"], Float[np.ndarray, "_ sets 1 _"]]]


def augmented_split(
    x: Float[np.ndarray, "n c h w"],
    y: Int[np.ndarray, " n"],
    steps: Sequence[Callable],
    *,
    n_val: int,
    copies: int,
    rng: np.random.Generator,
) -> tuple[
    Float[np.ndarray, "n_train c h w"],
    Int[np.ndarray, " n_train"],
    Float[np.ndarray, "{n_val} c h w"],
    Int[np.ndarray, " {n_val}"],
]:
    """Split images at random into training and validation data, and add changed copies to train on.

    Args:
        x: images.
        y: their classes.
        steps: functions of images and ``rng`` that change them, in order, as for
            :func:`utils.augmentation.augment`.
        n_val: how many images are for validation, fewer than N.
        copies: changed copies of each training image, every one drawn anew.
        rng: draws the split and the changes.

    Returns:
        x_train: the training images as they are and their copies, (N - n_val) (1 + copies) of
            them, in any order.
        y_train: their classes.
        x_val: images for an honest estimate of how the network will do in use.
        y_val: their classes.

    Solution:
        Split first. Then change copies of the training images only; the validation images stay
        as they are, for so they will come in use.

    Source: syllabus AUG-01.
    """
    order = rng.permutation(len(x))
    val, train = order[:n_val], order[n_val:]
    x_train = [x[train]] + [augment(x[train], steps, rng=rng) for _ in range(copies)]
    return np.concatenate(x_train), np.tile(y[train], 1 + copies), x[val], y[val]


def predict_views(
    scores: Callable[[np.ndarray], np.ndarray], views: Sequence[Float[np.ndarray, "n *example"]]
) -> Float[np.ndarray, "n k"]:
    """Mean of the predicted probabilities over several views of the same images.

    Args:
        scores: gives scores (N, K) for images.
        views: several versions of the same N images, at least one.

    Returns:
        p: probabilities, each view counts the same, however large its scores are.

    Source: Krizhevsky et al. 2012; syllabus AUG-04.
    """
    return np.mean([softmax(scores(view)) for view in views], axis=0)


def train_stack(
    x: Float[np.ndarray, "sets n d"],
    targets: Float[np.ndarray, "sets n k"],
    hidden: Sequence[int],
    *,
    lrs: Sequence[float],
    updates: int,
    batch_size: int = 50,
    change: Callable | None = None,
    start: Stack | None = None,
    seed: int = 0,
) -> Stack:
    """Train a dense ReLU network on each of several data sets with each learning rate, at once.

    Args:
        x: for each network its own training examples.
        targets: their labels as rows of probabilities.
        hidden: units of the hidden layers.
        lrs: the learning rates. Each is used on every set, from the same weights and batches.
        updates: steps of plain gradient descent.
        batch_size: examples in a batch, drawn at random with replacement.
        change: ``change(x, targets, rng)`` gives the examples and targets that a batch is replaced
            by, anew in every step; it gets the batches of all sets below each other.
        start: weights to go on from, as this function returns them, for one learning rate or for
            all; by default He's.
        seed: of the first weights, the batches and the changes.

    Returns:
        layers: weights and biases of each layer, in the dtype of x: float32 is faster.

    Source: syllabus AUG-01.
    """
    rng = np.random.default_rng(seed)
    sizes = (x.shape[2], *hidden, targets.shape[2])
    layers = start if start is not None else _new_stack(sizes, len(lrs), len(x), rng)

    def for_all_rates(part: np.ndarray) -> np.ndarray:
        return np.broadcast_to(part, (len(lrs), *part.shape[1:])).astype(x.dtype)

    layers = [(for_all_rates(w), for_all_rates(b)) for w, b in layers]
    rate = np.reshape(lrs, (-1, 1, 1, 1)).astype(x.dtype)
    targets = targets.astype(x.dtype)
    which = np.arange(len(x))[:, None]
    for _ in range(updates):
        batch = rng.integers(0, x.shape[1], (len(x), batch_size))
        xs, ts = x[which, batch], targets[which, batch]
        if change is not None:
            flat = (xs.reshape(-1, x.shape[2]), ts.reshape(-1, targets.shape[2]))
            changed = change(*flat, rng)
            xs, ts = (new.reshape(*old.shape) for new, old in zip(changed, (xs, ts), strict=True))
        layers = _step(layers, xs, ts, rate)
    return layers


def stack_hidden(layers: Stack, x: Float[np.ndarray, "_ _ ..."]) -> Float[np.ndarray, "..."]:
    """What the last hidden layer of every network of a stack puts out.

    Args:
        layers: as :func:`train_stack` returns them.
        x: examples for all networks, or (sets, N, D) for each set its own.

    Returns:
        h: shape (rates, sets, N, units); without hidden layers x itself.

    Source: syllabus AUG-01.
    """
    return _forward(layers, x.astype(layers[0][0].dtype))[-1]


def stack_scores(
    layers: Stack, x: Float[np.ndarray, "_ _ ..."]
) -> Float[np.ndarray, "rates sets n k"]:
    """Scores of every network of a stack.

    Args:
        layers: as :func:`train_stack` returns them.
        x: examples for all networks, or (sets, N, D) for each set its own.

    Returns:
        scores: shape (rates, sets, N, K).

    Source: syllabus AUG-01.
    """
    w, b = layers[-1]
    return stack_hidden(layers, x) @ w + b


def stack_accuracy(
    layers: Stack, x: Float[np.ndarray, "_ _ ..."], y: Int[np.ndarray, "_ ..."]
) -> Float[np.ndarray, "rates sets"]:
    """Accuracy of every network of a stack.

    Args:
        layers: as :func:`train_stack` returns them.
        x: examples for all networks, or (sets, N, D) for each set its own.
        y: their classes, (N,) or (sets, N).

    Returns:
        accuracy: share of right answers, shape (rates, sets).

    Source: syllabus AUG-01.
    """
    scores = stack_scores(layers, x)
    return (scores.argmax(axis=-1) == y).mean(axis=-1, dtype=scores.dtype)


def draw_sets(
    x: Shaped[np.ndarray, "n *example"], y: Int[np.ndarray, " n"], size: int, seeds: Sequence[int]
) -> tuple[Shaped[np.ndarray, "sets size *example"], Int[np.ndarray, "sets size"]]:
    """Several small training sets, each drawn at random from one large one, without replacement.

    Args:
        x: examples.
        y: their classes.
        size: examples in each set, at most N.
        seeds: one for each set.

    Returns:
        xs, ys: the sets below each other.

    Source: syllabus AUG-01.
    """
    rows = np.stack([np.random.default_rng(s).permutation(len(x))[:size] for s in seeds])
    return x[rows], y[rows]


def _new_stack(sizes: Sequence[int], rates: int, sets: int, rng: np.random.Generator) -> Stack:
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        w = np.stack([he_normal(fan_in, fan_out, rng=rng) for _ in range(sets)])
        layers.append((np.tile(w, (rates, 1, 1, 1)), np.zeros((rates, sets, 1, fan_out))))
    return layers


def _forward(layers: Stack, x: np.ndarray) -> list[np.ndarray]:
    """The input and what each hidden layer puts out."""
    outs = [x]
    for w, b in layers[:-1]:
        outs.append(np.maximum(0, outs[-1] @ w + b))
    return outs


def _step(layers: Stack, x: np.ndarray, targets: np.ndarray, rate: np.ndarray) -> Stack:
    """One step of gradient descent of all networks."""
    outs, new = _forward(layers, x), list(layers)
    scores = outs[-1] @ layers[-1][0] + layers[-1][1]
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    dz = (p / p.sum(axis=-1, keepdims=True) - targets) / x.dtype.type(x.shape[-2])
    for n in reversed(range(len(layers))):
        w, b = layers[n]
        dw = np.swapaxes(outs[n], -1, -2) @ dz
        new[n] = (w - rate * dw, b - rate * dz.sum(axis=-2, keepdims=True))
        if n:
            dz = (dz @ np.swapaxes(w, -1, -2)) * (outs[n] > 0)
    return new


def _fitting(layers: Stack, x: np.ndarray) -> None:
    """Each layer takes what the one before gives, and the first one takes x."""
    if not layers:
        raise ValueError("layers is empty, expected at least one pair of weights and biases")
    width, stack = x.shape[-1], layers[0][0].shape[:2]
    for n, (w, b) in enumerate(layers):
        if w.shape[:3] != (*stack, width) or b.shape[:2] != stack or b.shape[3] != w.shape[3]:
            raise ValueError(
                f"layers[{n}] has shapes {w.shape} and {b.shape}, expected (rates, sets, {width}, "
                f"units) and (rates, sets, 1, units), with {width} as in x or the layer before"
            )
        width = w.shape[3]
    if x.ndim > 3 or x.size == 0 or (x.ndim == 3 and x.shape[0] != stack[1]):
        raise ValueError(f"x has shape {x.shape}, expected (N, D) or (sets, N, D), none of them 0")


def _labelled(layers: Stack, x: np.ndarray, y: np.ndarray) -> None:
    _fitting(layers, x)
    if y.shape not in (x.shape[:-1], x.shape[-2:-1]):
        raise ValueError(f"y has shape {y.shape}, expected {x.shape[:-1]}, a label for each of x")
    if ((y < 0) | (y >= layers[-1][0].shape[3])).any():
        raise ValueError(f"y is {y}, expected classes from 0 on")


def _trainable(lrs: Sequence[float], batch_size: int = 1) -> None:
    if not lrs or min(lrs) <= 0 or batch_size < 1:
        raise ValueError(f"lrs {lrs}, batch_size {batch_size}: expected rates and a size above 0")


enforce(
    __name__,
    filled=(train_stack,),
    any_precision=(train_stack, stack_hidden, stack_scores, stack_accuracy),
    checks={
        train_stack: _trainable,
        stack_hidden: _fitting,
        stack_scores: _fitting,
        stack_accuracy: _labelled,
    },
)
