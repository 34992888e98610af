"""Residual networks and how they start: h <- h + scale * branch(h), block after block."""

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce
from utils.initialization import he_normal, xavier_normal
from utils.softmax_network import SoftmaxNetwork


def branch_scale(blocks: int, *, growth: float = 2.0) -> float:
    """The factor before each branch with which a residual network's signal grows as wanted.

    A residual network computes h <- h + scale * branch(h) in each of its blocks. At the
    start its weights are random with mean zero and are drawn such that a branch gives out the
    mean square that it gets, uncorrelated with h.

    Args:
        blocks: number of blocks, at least 1.
        growth: how many times as large the mean square of the signal is after the last block as
            before the first, above 1.

    Returns:
        scale: the same for all blocks, positive.

    Raises:
        ValueError: ``blocks`` is below 1, or ``growth`` is not above 1.

    Solution:
        A block multiplies the mean square by 1 + scale^2, L blocks by (1 + scale^2)^L. So
        scale = sqrt(growth^(1 / L) - 1), for many blocks about sqrt(log(growth) / L).

    Source: He et al. 2016, Zhang et al. 2019; syllabus INI-09, INI-12.
    """
    if blocks < 1 or not growth > 1:
        raise ValueError(f"expected blocks >= 1 and growth > 1, got {blocks} and {growth}")
    return float(np.sqrt(growth ** (1 / blocks) - 1))


class ResidualNet(SoftmaxNetwork):
    """Residual ReLU network: h <- h + scale * relu(h @ w1) @ w2, block after block.

    Args:
        sizes: (inputs, width, classes).
        blocks: number of blocks, each with two layers.
        scale: the factor before each branch.
        zero_last: the last layer of each branch, w2, starts at zero; otherwise Xavier. The
            first, w1, is He's.
        skip: False leaves h out of the sum: a plain deep network of the same layers.
        rng: source of the initial weights.

    The parameters are the dict ``params`` of plain arrays: "w_in", "w1_1", "w2_1", "w1_2", ...,
    "w_out", "b_out". After ``scores``, the list ``signals`` holds h before the first block
    and after each.

    Source: He et al. 2016, Zhang et al. 2019; syllabus INI-12.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        blocks: int,
        *,
        scale: float = 1.0,
        zero_last: bool = False,
        skip: bool = True,
        rng: np.random.Generator,
    ):
        inputs, width, classes = sizes
        self.blocks, self.scale, self.skip = blocks, scale, skip
        self.signals: list[np.ndarray] = []
        self.params = {"w_in": xavier_normal(inputs, width, rng=rng)}
        for n in range(1, blocks + 1):
            self.params[f"w1_{n}"] = he_normal(width, width, rng=rng)
            self.params[f"w2_{n}"] = (not zero_last) * xavier_normal(width, width, rng=rng)
        self.params["w_out"] = xavier_normal(width, classes, rng=rng)
        self.params["b_out"] = np.zeros(classes)

    @np.errstate(over="ignore", invalid="ignore")
    def forward(
        self, x: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n k"], tuple[np.ndarray, list[np.ndarray]]]:
        """The scores of each example, and the cache: x and the inside of each branch.

        Afterwards ``signals`` holds h block by block.
        """
        params, branches = self.params, []
        self.signals = [x @ params["w_in"]]
        for n in range(1, self.blocks + 1):
            h = self.signals[-1]
            inner = np.maximum(0, h @ params[f"w1_{n}"])
            branches.append(inner)
            self.signals.append(self.skip * h + self.scale * (inner @ params[f"w2_{n}"]))
        return self.signals[-1] @ params["w_out"] + params["b_out"], (x, branches)

    @np.errstate(over="ignore", invalid="ignore")
    def backward(
        self, dscores: Float[np.ndarray, "n k"], cache: tuple[np.ndarray, list[np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """The gradient of every parameter from that of the scores."""
        (x, branches), params = cache, self.params
        grads = {"w_out": self.signals[-1].T @ dscores, "b_out": dscores.sum(axis=0)}
        dh = dscores @ params["w_out"].T
        for n in range(self.blocks, 0, -1):
            h, inner = self.signals[n - 1], branches[n - 1]
            dbranch = self.scale * dh
            grads[f"w2_{n}"] = inner.T @ dbranch
            dz = dbranch @ params[f"w2_{n}"].T * (inner > 0)
            grads[f"w1_{n}"] = h.T @ dz
            dh = self.skip * dh + dz @ params[f"w1_{n}"].T
        grads["w_in"] = x.T @ dh
        return grads


enforce(__name__)
