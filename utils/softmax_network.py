"""What networks have in common that learn by the softmax loss and nothing else."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce
from utils.losses import softmax_loss


class SoftmaxNetwork(ABC):
    """A network for :func:`utils.training.train`: a forward and a backward pass make it whole.

    ``params`` holds its parameters by name, plain arrays. It has no penalty, and works in
    training as it does afterwards.
    """

    loss_fn = staticmethod(softmax_loss)
    params: dict[str, np.ndarray]

    @abstractmethod
    def forward(self, x: Any) -> tuple[np.ndarray, Any]:
        """The scores of a batch, and what the backward pass needs."""

    @abstractmethod
    def backward(self, dscores: Any, cache: Any) -> dict[str, np.ndarray]:
        """The gradient of every parameter from that of the scores."""

    @np.errstate(over="ignore", invalid="ignore")
    def scores(self, x: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n k"]:
        """The scores of each example."""
        return self.forward(x)[0]

    @np.errstate(over="ignore", invalid="ignore")
    def loss(
        self,
        x: Float[np.ndarray, "n ..."],
        y: Int[np.ndarray, " n"],
        *,
        reg: float = 0.0,
        train: bool = True,
        rng: np.random.Generator | None = None,
    ) -> tuple[float, dict[str, np.ndarray]]:
        """Softmax loss on a batch and its gradients; ``train`` and ``rng`` change nothing.

        Raises:
            ValueError: ``reg`` is not 0: this network has no penalty.
        """
        if reg:
            raise ValueError(f"reg must be 0, got {reg}")
        scores, cache = self.forward(x)
        value, dscores = softmax_loss(scores, y)
        return value, self.backward(dscores, cache)


enforce(__name__)
