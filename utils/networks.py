"""Networks: from one neuron to dense networks of any depth."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int

from utils import activations
from utils.layers import affine_backward, affine_forward
from utils.losses import l2_penalty, softmax_loss


def activation_pair(activation: str | tuple[Callable, Callable]) -> tuple[Callable, Callable]:
    """The forward and the backward function of an activation, by its name.

    Args:
        activation: "relu", "leaky_relu", "elu", "tanh", "sigmoid" or "identity";
            or a pair ``(forward, backward)`` of your own, which is returned as it is.

    Returns:
        forward: ``forward(z) -> (out, cache)``.
        backward: ``backward(dout, cache) -> dz``.

    Raises:
        ValueError: no activation has this name.

    Source: syllabus ACT-01.
    """
    if not isinstance(activation, str):
        forward, backward = activation
        return forward, backward
    if activation == "identity":
        return (lambda z: (z, None)), (lambda dout, cache: dout)
    names = ("relu", "leaky_relu", "elu", "tanh", "sigmoid")
    if activation not in names:
        raise ValueError(f"activation must be one of {(*names, 'identity')}, got {activation!r}")
    return (
        getattr(activations, f"{activation}_forward"),
        getattr(activations, f"{activation}_backward"),
    )


class MLP:
    """A dense network of any depth: affine -> (norm) -> activation -> (dropout), ..., affine.

    Args:
        sizes: units of each layer from input to output, e.g. ``[3072, 50, 10]``.
        activation: of the hidden layers, see :func:`activation_pair`.
        init: how the weights start: "he", "xavier", "small", or a function
            ``init(fan_in, fan_out, rng) -> w``. Biases start at 0.
        norm: None, "batch" or "layer": normalises before each activation.
        p_drop: probability that a hidden unit is dropped in a training step.
        rng: source of the initial weights.
        dtype: of all parameters.
        loss_fn: ``loss_fn(scores, y) -> (loss, dscores)``, any of :mod:`utils.losses`.

    The parameters are the dict ``params`` of plain arrays: "w1", "b1", "w2", ...,
    and "gamma1", "beta1", ... when ``norm`` is given. An optimizer replaces them
    and never writes into them, so a snapshot is a copy of the dict.

    Source: syllabus NEU-03, NEU-08, BAB-01.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: str | tuple[Callable, Callable] = "relu",
        init: str | Callable = "he",
        norm: str | None = None,
        p_drop: float = 0.0,
        rng: np.random.Generator,
        dtype: type = np.float64,
        loss_fn: Callable = softmax_loss,
    ):
        from utils import initialization

        if isinstance(init, str):
            init = getattr(initialization, f"{init}_normal")
        if norm is not None or p_drop:
            raise NotImplementedError
        self.depth = len(sizes) - 1
        self.activation = activation_pair(activation)
        self.loss_fn = loss_fn
        self.params: dict[str, np.ndarray] = {}
        for layer, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:], strict=False), start=1):
            self.params[f"w{layer}"] = init(fan_in, fan_out, rng=rng).astype(dtype)
            self.params[f"b{layer}"] = np.zeros(fan_out, dtype)

    def _forward(self, x):
        h, hidden, caches = x, [], []
        for layer in range(1, self.depth):
            z, affine = affine_forward(h, self.params[f"w{layer}"], self.params[f"b{layer}"])
            h, act = self.activation[0](z)
            hidden.append(h)
            caches.append((affine, act))
        scores, affine = affine_forward(
            h, self.params[f"w{self.depth}"], self.params[f"b{self.depth}"]
        )
        return scores, hidden, [*caches, (affine, None)]

    def scores(self, x: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n k"]:
        """The network's output in evaluation mode: fixed statistics, nothing dropped."""
        return self._forward(x)[0]

    def activations(self, x: Float[np.ndarray, "n d"]) -> list[np.ndarray]:
        """The hidden activations in evaluation mode, first layer first."""
        return self._forward(x)[1]

    def predict(self, x: Float[np.ndarray, "n d"]) -> Int[np.ndarray, " n"]:
        """The class with the largest score, for each example."""
        return self.scores(x).argmax(axis=1)

    def loss(
        self,
        x: Float[np.ndarray, "n d"],
        y: np.ndarray,
        *,
        reg: float = 0.0,
        train: bool = True,
        rng: np.random.Generator | None = None,
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Loss with L2 penalty 0.5 * reg * sum(w^2) on the weights, and all its gradients."""
        scores, _, caches = self._forward(x)
        loss, dh = self.loss_fn(scores, y)
        grads = {}
        for layer in range(self.depth, 0, -1):
            affine, act = caches[layer - 1]
            dz = dh if act is None else self.activation[1](dh, act)
            dh, grads[f"w{layer}"], grads[f"b{layer}"] = affine_backward(dz, affine)
            if reg:
                value, decay = l2_penalty(self.params[f"w{layer}"], reg=reg)
                loss, grads[f"w{layer}"] = loss + value, grads[f"w{layer}"] + decay
        return loss, grads
