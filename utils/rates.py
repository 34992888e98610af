"""How high a learning rate should begin, by a range test, and what the batch size allows.

How it falls from there: :mod:`utils.schedules`.
"""

import numpy as np
from jaxtyping import Float

from utils import _checks
from utils._signatures import enforce


def suggest_rate(
    lrs: Float[np.ndarray, " steps"],
    losses: Float[np.ndarray, " steps"],
    *,
    beta: float = 0.9,
    divide: float = 10.0,
) -> float:
    """A first learning rate from a range test, a run whose rate grows from update to update.

    Args:
        lrs: the rate of each update, in order, shape (steps,).
        losses: the loss of the mini-batch of each update, shape (steps,), all finite.
        beta: how much of its past the exponential moving average of the losses keeps. The average
            is corrected for its start at 0, as Adam's are.
        divide: what the rate with the smallest average is divided by.

    Returns:
        lr: a float. Of several smallest averages the first counts.

    Solution:
        m <- beta m + (1 - beta) loss from m = 0; the average after k losses is m / (1 - beta^k);
        lr is the rate of its minimum, divided by ``divide``.

    Source: Smith 2017; syllabus LRS-06.
    """
    m, averages = 0.0, []
    for k, loss in enumerate(losses, start=1):
        m = beta * m + (1 - beta) * loss
        averages.append(m / (1 - beta**k))
    return float(lrs[np.argmin(averages)]) / divide


def largest_batch(lr: float, batch: float, sharpness: float) -> float:
    """The batch size at which the linearly scaled rate meets the stability limit.

    The linear scaling rule: make the batch k times as large and the rate k times as high.

    Args:
        lr: a rate that works, > 0.
        batch: the batch size it works with, > 0.
        sharpness: the largest eigenvalue of the Hessian, > 0.

    Returns:
        size: the batch size whose rate by the rule is the largest stable one of gradient descent on
        a quadratic; a float, not rounded.

    Solution:
        The rule keeps lr / batch. The limit is 2 / sharpness, so size = 2 batch / (sharpness lr).

    Source: Goyal et al. 2017, Zhang et al. 2019; syllabus LRS-06.
    """
    return 2 * batch / (sharpness * lr)


enforce(
    __name__,
    filled=(suggest_rate,),
    finite=(suggest_rate, largest_batch),
    checks={suggest_rate: _checks.range_test, largest_batch: _checks.scaled_batch},
)
