"""Bird calls from a wood: small spectrograms, with the faults that recordings really have.

A recording is 12 frequency bands by 20 frames, 240 non-negative numbers. Eight calls differ in how
the pitch moves; when a call starts, how long it lasts, how high and how loud it is varies. The
data are drawn, so that there are always more of them, and so that the truth about their faults is
known.
"""

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce
from utils.data import Dataset

CALLS = ("rise", "fall", "arch", "dip", "trill", "two-tone", "pulses", "steady")
BANDS, FRAMES = 12, 20
PULSES = 6  # the call that is interrupted, and rare
_SHARES = np.array([1, 1, 1, 1, 1, 1, 0.35, 1]) / 7.35


def draw_calls(
    y: Int[np.ndarray, " n"],
    *,
    noise: float = 0.4,
    click: float = 0.3,
    rng: np.random.Generator,
) -> Float[np.ndarray, "n 12 20"]:
    """A recording of each of these calls, from a good recorder: a ridge along the pitch, and noise.

    Args:
        y: which call, 0 ... 7; ``CALLS`` names them.
        noise: mean level of the noise. Each recording has a level of its own in each band.
        click: probability that one frame is loud in all bands.
        rng: draws everything else.

    Returns:
        x: loudness in each band and frame, not negative. A call is about 1 loud.

    Raises:
        ValueError: a label is not from 0 to 7.

    Source: syllabus SUM-05.
    """
    n = len(y)
    if n and not 0 <= y.min() <= y.max() < len(CALLS):
        raise ValueError(f"y is {y}, expected classes from 0 to {len(CALLS) - 1}")
    t, band = np.arange(FRAMES)[None, :], np.arange(BANDS)[None, :, None]

    def uniform(low: float, high: float) -> np.ndarray:
        return rng.uniform(low, high, (n, 1))

    length = uniform(9, 15)
    start = rng.random((n, 1)) * (FRAMES - length)
    u = (t - start) / length  # from 0 to 1 while it calls
    base, span = uniform(1.5, 4.5), uniform(2.5, 5)
    beat = ((t / uniform(3.2, 4.8) + rng.random((n, 1))) % 1 < 0.5).astype(float)
    step, flat = (u > uniform(0.35, 0.65)).astype(float), np.full_like(u, 0.5)
    arch = 1 - np.abs(2 * u - 1)
    contours = np.stack([u, 1 - u, arch, 1 - arch, beat, step, flat, flat])
    pitch = base + span * contours[y, np.arange(n)] + rng.normal(0, 0.15, (n, FRAMES))
    on = ((u >= 0) & (u <= 1)) * np.where(y[:, None] == PULSES, beat, 1.0)
    away = (band - pitch[:, None]) / uniform(0.6, 0.9)[:, None]
    ridge = np.exp(-0.5 * away**2) * on[:, None] * uniform(0.7, 1.3)[:, None]
    floor = noise * np.exp(rng.normal(0, 0.25, (n, BANDS, 1)))
    x = ridge + floor * np.abs(rng.standard_normal((n, BANDS, FRAMES)))
    hit = np.flatnonzero(rng.random(n) < click)
    x[hit, :, rng.integers(0, FRAMES, len(hit))] += rng.uniform(0.5, 1, (len(hit), 1))
    return x


def make_calls(
    n_train: int = 1500,
    n_val: int = 400,
    n_test: int = 2000,
    *,
    rng: np.random.Generator | None = None,
    elsewhere: bool = False,
) -> Dataset:
    """A campaign of recordings from one wood, as they came from the recorders: with faults.

    What is wrong with them is for you to find. The recordings for testing were made later, by the
    same recorders, and were labelled with more care.

    Args:
        n_train: recordings to train on.
        n_val: recordings to validate on.
        n_test: recordings to test on.
        rng: draws the campaign. By default the same recordings come every time.
        elsewhere: another wood, with other birds: which label means which call is drawn, and so is
            how the band numbers and the frames run. It is exactly as hard.

    Returns:
        A :class:`utils.data.Dataset` of recordings, x of shape (N, 12, 20), labels 0 ... 7. From
        elsewhere the names are "bird 0" ... "bird 7".

    Raises:
        ValueError: there are fewer than 20 recordings to train on or to validate on.

    Solution:
        The lowest band is dead: 0 in every recording. Recorder B, with 15 % of the recordings,
        writes numbers ten times as large. One recording in a hundred is silent. One training label
        in twenty is wrong. 15 % of the validation recordings are copies of training recordings,
        with their labels. The class of the pulses is rare: 5 % where the others have 14 %.

    Source: syllabus SUM-04, SUM-05.
    """
    if min(n_train, n_val) < 20:
        raise ValueError(f"n_train is {n_train} and n_val is {n_val}, expected 20 at least of each")
    rng = np.random.default_rng(15) if rng is None else rng
    k = len(CALLS)
    label_of = rng.permutation(k) if elsewhere else np.arange(k)
    turned = rng.random(2) < 0.5 if elsewhere else np.zeros(2, bool)
    parts = []
    for n in (n_train, n_val, n_test):
        call = rng.choice(k, n, p=_SHARES)
        x = draw_calls(call, rng=rng)
        x[rng.random(n) < 0.15] *= 10
        x[rng.random(n) < 0.01] = 0
        x[:, 0] = 0  # before they are turned: a band in the middle would be missed more
        if turned[0]:
            x = x[:, ::-1]
        if turned[1]:
            x = x[:, :, ::-1]
        parts.append((np.ascontiguousarray(x), label_of[call]))
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = parts
    wrong = rng.choice(n_train, n_train // 20, replace=False)
    y_train[wrong] = (y_train[wrong] + rng.integers(1, k, len(wrong))) % k
    copies = 3 * n_val // 20
    rows = rng.choice(n_val, copies, replace=False)
    loud = np.flatnonzero(x_train.any(axis=(1, 2)))
    originals = rng.choice(loud, copies, replace=False)
    x_val[rows], y_val[rows] = x_train[originals], y_train[originals]
    names = tuple(f"bird {label}" for label in range(k)) if elsewhere else CALLS
    return Dataset(x_train, y_train, x_val, y_val, x_test, y_test, names)


enforce(__name__)
