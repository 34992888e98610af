"""SGD on a noisy quadratic, without a single random number: how E[w^2] changes from step to step.

Along one direction of curvature h the loss is h * w^2 / 2, and the gradient that SGD sees is
h * w + noise * z. The number z is drawn anew for each step, does not depend on w, and has mean 0
and variance 1. What is followed is m, the mean of w^2 over all the draws so far.
"""

import numpy as np
from jaxtyping import Float

from utils import _checks
from utils._signatures import enforce


def noisy_step(
    m: Float[np.ndarray, "*shape"] | float,
    lr: float,
    *,
    h: Float[np.ndarray, "*shape"] | float = 1.0,
    noise: Float[np.ndarray, "*shape"] | float = 1.0,
) -> Float[np.ndarray, "*shape"] | float:
    """The mean of w^2 after one step of SGD: w <- w - lr * (h * w + noise * z).

    Args:
        m: mean of w^2 before the step, a number or an array with an entry for each direction.
        lr: learning rate of this step.
        h: curvature, a number or an array like ``m``.
        noise: standard deviation of the gradient's noise, a number or an array like ``m``.

    Returns:
        m_next: the mean of w^2 after the step, a number or an array like ``m``. The random number z
        does not depend on w; its mean is 0 and its variance 1.

    Solution:
        m_next = (1 - lr h)^2 m + lr^2 noise^2. The new w is (1 - lr h) w - lr noise z. Square it
        and take the mean: the mixed term holds the mean of w z, which is 0.

    Source: Zhang et al. 2019; syllabus LRS-08.
    """
    return (1 - lr * h) ** 2 * m + lr**2 * noise**2


def best_rate(m: float, *, h: float = 1.0, noise: float = 1.0) -> float:
    """The learning rate after which the mean of w^2 is as small as one step can make it.

    Args:
        m: mean of w^2 before the step, above 0.
        h: curvature, above 0.
        noise: standard deviation of the gradient's noise, 0 or more.

    Returns:
        lr: the rate that makes :func:`noisy_step` smallest.

    Solution:
        lr = h m / (h^2 m + noise^2). The derivative of (1 - lr h)^2 m + lr^2 noise^2 by lr is
        -2 h (1 - lr h) m + 2 lr noise^2; it is 0 there. Without noise that is 1 / h.

    Source: Schaul et al. 2013; syllabus LRS-04, LRS-08.
    """
    return h * m / (h**2 * m + noise**2)


def expected_loss(
    rates: Float[np.ndarray, " steps"],
    h: Float[np.ndarray, " d"],
    *,
    start: float,
    noise: Float[np.ndarray, " d"] | float,
) -> float:
    """Mean loss of SGD with a schedule on a quadratic with many directions, after the last step.

    Args:
        rates: the learning rate of each step, in order, shape (steps,).
        h: the curvature of each direction, shape (d,). The directions do not mix.
        start: w in every direction before the first step.
        noise: standard deviation of the gradient's noise, a number or an array of shape (d,).

    Returns:
        loss: the mean of the sum of h * w^2 / 2 over the directions, a float. Nothing is sampled.

    Solution:
        m begins at start^2 in all directions, goes through :func:`noisy_step` once for each rate,
        and the loss is sum(h m) / 2.

    Source: Zhang et al. 2019; syllabus LRS-08, LRS-09.
    """
    m = np.full_like(h, start**2)
    for lr in rates:
        m = noisy_step(m, float(lr), h=h, noise=noise)
    return float(np.sum(h * m) / 2)


def optimal_rates(
    h: Float[np.ndarray, " d"],
    *,
    start: float,
    noise: Float[np.ndarray, " d"] | float,
    steps: int,
    cap: float = np.inf,
    sweeps: int = 100,
) -> Float[np.ndarray, " steps"]:
    """The schedule with the smallest :func:`expected_loss`, found one step at a time.

    Args:
        h: the curvature of each direction, shape (d,), all above 0.
        start: w in every direction before the first step.
        noise: standard deviation of the gradient's noise, above 0: a number for all directions or
            an array of shape (d,).
        steps: number of steps, at least 1.
        cap: no rate may be larger than this, above 0.
        sweeps: how often each rate is set anew, at least 1.

    Returns:
        rates: shape (steps,).

    With all other rates fixed, the final loss is a parabola in the rate of one step, so its best
    value has a closed form; a sweep sets one rate after the other. The search begins with rates
    that fall linearly from ``cap`` (or from 1 / max(h) without a cap) to 0.

    Source: coordinate descent on the noisy quadratic of Zhang et al. 2019; syllabus LRS-09.
    """
    top = cap if np.isfinite(cap) else 1 / h.max()
    rates = top * np.linspace(1, 1 / steps, steps, dtype=h.dtype)
    for _ in range(sweeps):
        # What a direction's m after step t still counts for at the end.
        shrink = (1 - rates[:, None] * h) ** 2
        weight = np.vstack([np.cumprod(shrink[::-1], axis=0)[::-1][1:], np.ones_like(h)]) * h
        m = np.full_like(h, start**2)
        for t in range(steps):
            pull = np.sum(weight[t] * h * m)
            rates[t] = min(pull / np.sum(weight[t] * (h**2 * m + noise**2)), cap)
            m = noisy_step(m, float(rates[t]), h=h, noise=noise)
    return rates


enforce(
    __name__,
    filled=(expected_loss, optimal_rates),
    finite=(expected_loss, optimal_rates),
    checks={best_rate: _checks.one_noisy_step, optimal_rates: _checks.noisy_steps},
)
