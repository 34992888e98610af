"""Images made of two, or of a part of one: mixup, cutout and CutMix, with the labels that fit.

Targets are rows of probabilities, one-hot to begin with. A mixed image has a mixed target, so the
loss is the cross-entropy with soft targets.
"""

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce


def mixup(
    x: Float[np.ndarray, "n *example"],
    targets: Float[np.ndarray, "n k"],
    lam: float,
    partners: Int[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, "n *example"], Float[np.ndarray, "n k"]]:
    """Put each image and a fainter second one on top of each other, and do so with their labels.

    Args:
        x: images, or examples of any shape.
        targets: their labels as rows of probabilities.
        lam: share that an image keeps of itself, from 0 to 1; the rest is its partner's.
        partners: the partner of image n is image ``partners[n]`` of the same batch.

    Returns:
        x_mixed: the mixed images.
        targets_mixed: their targets, rows of probabilities again.

    Raises:
        ValueError: if lam is not between 0 and 1.

    Solution:
        lam x + (1 - lam) x[partners], and the same for the targets.

    Source: Zhang et al. 2018; syllabus AUG-07.
    """
    if not 0 <= lam <= 1:
        raise ValueError(f"lam must be between 0 and 1, got {lam}")
    return (
        lam * x + (1 - lam) * x[partners],
        lam * targets + (1 - lam) * targets[partners],
    )


def random_mixup(
    x: Float[np.ndarray, "n *example"],
    targets: Float[np.ndarray, "n k"],
    *,
    alpha: float = 0.2,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "n *example"], Float[np.ndarray, "n k"]]:
    """Mixup as it is used: one share lam ~ Beta(alpha, alpha) and one permutation for the batch.

    Args:
        x: images, or examples of any shape.
        targets: their labels as rows of probabilities.
        alpha: above 0. Small: lam is mostly near 0 or 1; 1: uniform.
        rng: draws lam and the partners.

    Returns:
        x_mixed, targets_mixed: see :func:`mixup`.

    Raises:
        ValueError: ``alpha`` is not a finite number above 0.

    Source: Zhang et al. 2018; syllabus AUG-07.
    """
    if not 0 < alpha < np.inf:
        raise ValueError(f"alpha must be a finite number above 0, got {alpha}")
    return mixup(x, targets, float(rng.beta(alpha, alpha)), rng.permutation(len(x)))


def cutout(
    x: Float[np.ndarray, "n c h w"],
    rows: Int[np.ndarray, " n"],
    columns: Int[np.ndarray, " n"],
    side: int,
    *,
    fill: float = 0.0,
) -> Float[np.ndarray, "n c h w"]:
    """Blank a square out of each image, in all channels.

    Args:
        x: images.
        rows: row of each square's centre, 0 <= row < H.
        columns: column of each square's centre, 0 <= column < W.
        side: side of the square. It begins ``side // 2`` rows above the row of its centre and as
            many columns to the left. What of it lies beyond the border is no part of the image.
        fill: value inside of the square.

    Returns:
        out: the images with a hole, in a new array.

    Raises:
        ValueError: if a centre does not lie inside of its image.

    Source: DeVries and Taylor 2017; syllabus AUG-07.
    """
    height, width = x.shape[2:]
    if np.any((rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)):
        raise ValueError(
            f"rows and columns must be places of a {height} x {width} image, got {rows}, {columns}"
        )
    out = x.copy()
    for img, row, column in zip(out, rows - side // 2, columns - side // 2, strict=True):
        img[:, max(row, 0) : row + side, max(column, 0) : column + side] = fill
    return out


def cut_box(
    height: int, width: int, lam: float, row: int, column: int
) -> tuple[int, int, int, int]:
    """The box of CutMix: a share 1 - lam of the image about a centre, clipped at the border.

    Args:
        height: rows of the image.
        width: columns of the image.
        lam: share of the image that should be left, from 0 to 1.
        row: row of the centre.
        column: column of the centre.

    Returns:
        top, bottom, left, right: rows from top to bottom and columns from left to right, bottom
        and right not included. Both sides are the image's times sqrt(1 - lam), in whole pixels.

    Raises:
        ValueError: ``lam`` is not between 0 and 1.

    Source: Yun et al. 2019; syllabus AUG-07.
    """
    if not 0 <= lam <= 1:
        raise ValueError(f"lam must be between 0 and 1, got {lam}")
    tall, wide = (int(side * np.sqrt(1 - lam)) for side in (height, width))
    top, left = row - tall // 2, column - wide // 2
    return max(top, 0), min(top + tall, height), max(left, 0), min(left + wide, width)


def cutmix(
    x: Float[np.ndarray, "n c h w"],
    targets: Float[np.ndarray, "n k"],
    box: tuple[int, int, int, int],
    partners: Int[np.ndarray, " n"],
) -> tuple[Float[np.ndarray, "n c h w"], Float[np.ndarray, "n k"]]:
    """Paste a box of the partner into every image; targets are mixed by the area of the box.

    Args:
        x: images.
        targets: their labels as rows of probabilities.
        box: top, bottom, left, right, see :func:`cut_box`.
        partners: the partner of image n is image ``partners[n]`` of the same batch.

    Returns:
        x_mixed: the images with a box of another.
        targets_mixed: each target's weight is the share of pixels that is its own, as pasted: a
        box that was clipped counts for less than it was meant to.

    Source: Yun et al. 2019; syllabus AUG-07.
    """
    top, bottom, left, right = box
    pasted = (bottom - top) * (right - left) / (x.shape[2] * x.shape[3])
    out = x.copy()
    out[:, :, top:bottom, left:right] = x[partners, :, top:bottom, left:right]
    return out, (1 - pasted) * targets + pasted * targets[partners]


def _partners(x: np.ndarray, partners: np.ndarray) -> None:
    if ((partners < 0) | (partners >= len(x))).any():
        raise ValueError(f"partners are {partners}, expected rows of x, from 0 to {len(x) - 1}")


def _box(x: np.ndarray, box: tuple[int, int, int, int], partners: np.ndarray) -> None:
    _partners(x, partners)
    top, bottom, left, right = box
    if not (0 <= top <= bottom <= x.shape[2] and 0 <= left <= right <= x.shape[3]):
        raise ValueError(f"box is {box}, expected a part of images of {x.shape[2]} x {x.shape[3]}")


enforce(__name__, filled=(cutmix,), checks={mixup: _partners, cutmix: _box})
