"""Training and testing on images that change: an honest split, many views, several small sets."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int, Shaped

from utils._signatures import enforce
from utils.augmentation import augment
from utils.losses import softmax


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


enforce(__name__)
