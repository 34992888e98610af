"""A dense network for experiments with batch norm: its place, and noise behind it."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce
from utils.activations import relu_backward, relu_forward
from utils.losses import softmax_loss
from utils.normalization import batchnorm_backward, batchnorm_forward


class NormNet:
    """Dense ReLU network with batch norm before the ReLU, after it, or not at all.

    Args:
        sizes: units of each layer from input to output.
        order: "bn-act" normalises before each ReLU, "act-bn" after it, "none" never.
        scale: standard deviation of the initial weights; None takes sqrt(2 / fan_in).
        noise: with "bn-act", in training only: each normalised unit is multiplied by a factor
            from N(1, noise^2) and shifted by a number from N(0, noise^2), drawn anew at
            every step.
        rng: source of the initial weights; the noise draws from it afterwards.

    Raises:
        ValueError: ``order`` is none of the above.

    The parameters are the dict ``params`` of plain arrays: "w1", "beta1", "gamma1", .... A hidden
    layer has no other bias than beta. After ``scores``, the list ``inputs`` holds what went
    into each ReLU (with "act-bn" and "none": the plain pre-activation).

    Source: Ioffe and Szegedy 2015, Santurkar et al. 2018; syllabus NRM-01, NRM-10, NRM-11.
    """

    loss_fn = staticmethod(softmax_loss)

    def __init__(
        self,
        sizes: list[int],
        *,
        order: str = "bn-act",
        scale: float | None = None,
        noise: float = 0.0,
        rng: np.random.Generator,
    ):
        if order not in ("bn-act", "act-bn", "none"):
            raise ValueError(f"order is {order!r}, expected 'bn-act', 'act-bn' or 'none'")
        self.order, self.noise, self.rng, self.depth = order, noise, rng, len(sizes) - 1
        self.params: dict[str, np.ndarray] = {}
        self.running: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.inputs: list[np.ndarray] = []
        for n, (fan_in, fan_out) in enumerate(pairwise(sizes), 1):
            std = np.sqrt(2 / fan_in) if scale is None else scale
            self.params[f"w{n}"] = std * rng.standard_normal((fan_in, fan_out))
            self.params[f"beta{n}"] = np.zeros(fan_out)
            if n < self.depth and order != "none":
                self.params[f"gamma{n}"] = np.ones(fan_out)
                self.running[n] = np.zeros(fan_out), np.ones(fan_out)

    def scores(self, x: Float[np.ndarray, "n d"], train: bool = False) -> Float[np.ndarray, "n k"]:
        """Forward pass, by default in evaluation mode."""
        self.inputs, self.caches = [], []
        for n in range(1, self.depth):
            x = self._hidden(n, x, train)
        self.last = x
        return x @ self.params[f"w{self.depth}"] + self.params[f"beta{self.depth}"]

    def loss(
        self,
        x: Float[np.ndarray, "n d"],
        y: Int[np.ndarray, " n"],
        *,
        reg: float = 0.0,
        train: bool = True,
        rng: np.random.Generator | None = None,
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Softmax loss and the gradient of every parameter; ``reg`` and ``rng`` are not used.

        In training the running statistics move on.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            loss, dz = softmax_loss(self.scores(x, train), y)
            grads = {f"w{self.depth}": self.last.T @ dz, f"beta{self.depth}": dz.sum(axis=0)}
            dh = dz @ self.params[f"w{self.depth}"].T
            for n in range(self.depth - 1, 0, -1):
                dh = self._hidden_backward(n, dh, grads)
        return loss, {name: grads[name] for name in self.params}

    def _hidden(self, n: int, h: np.ndarray, train: bool) -> np.ndarray:
        p, factor, bn_cache = self.params, np.ones(1), None
        z = h @ p[f"w{n}"]

        def norm(values):
            out, cache, following = batchnorm_forward(
                values, p[f"gamma{n}"], p[f"beta{n}"], self.running[n], train=train
            )
            if train:
                self.running[n] = following
            return out, cache

        if self.order == "none":
            z = z + p[f"beta{n}"]
        elif self.order == "bn-act":
            z, bn_cache = norm(z)
            if train and self.noise:
                factor = 1 + self.noise * self.rng.standard_normal(z.shape[1])
                z = factor * z + self.noise * self.rng.standard_normal(z.shape[1])
        out, relu_cache = relu_forward(z)
        if self.order == "act-bn":
            out, bn_cache = norm(out)
        self.inputs.append(z)
        self.caches.append((h, relu_cache, bn_cache, factor))
        return out

    def _hidden_backward(self, n: int, dh: np.ndarray, grads: dict) -> np.ndarray:
        h, relu_cache, bn_cache, factor = self.caches[n - 1]
        if self.order == "act-bn":
            dh, grads[f"gamma{n}"], grads[f"beta{n}"] = batchnorm_backward(dh, bn_cache)
        dz = relu_backward(dh, relu_cache)
        if self.order == "none":
            grads[f"beta{n}"] = dz.sum(axis=0)
        elif self.order == "bn-act":
            dz, grads[f"gamma{n}"], grads[f"beta{n}"] = batchnorm_backward(dz * factor, bn_cache)
        grads[f"w{n}"] = h.T @ dz
        return dz @ self.params[f"w{n}"].T


enforce(__name__)
