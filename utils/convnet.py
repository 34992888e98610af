"""A small convolutional network: one convolution, ReLU, max pooling, a dense layer.

It is as small as a network can be that shows what pooling does to a shift: with windows of any
size, or with one window over the whole image, which forgets the place.
"""

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce
from utils.initialization import he_normal
from utils.softmax_network import SoftmaxNetwork


class ConvNet(SoftmaxNetwork):
    """Convolution, ReLU, max pooling over windows of side ``pool``, dense layer.

    Args:
        shape: (C, H, W) of an image.
        classes: number of classes.
        filters: number of filters.
        k: height and width of a filter; the convolution has stride 1 and no padding.
        pool: side of the pooling window and its stride; 1 for no pooling. It must divide the rows
            and the columns after the convolution, H - k + 1 and W - k + 1.
        rng: source of the initial weights.

    ``params`` holds "w1" of shape (C k k, filters), "b1", "w2" and "b2". All in float32.

    Raises:
        ValueError: if the filter is larger than the image, or the windows do not fill the rows and
            columns.

    Source: LeCun et al. 1998; syllabus AUG-08.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        *,
        filters: int = 32,
        k: int = 5,
        pool: int = 2,
        rng: np.random.Generator,
    ):
        channels, height, width = shape
        rows, columns = height - k + 1, width - k + 1
        if rows < 1 or columns < 1 or pool < 1 or rows % pool or columns % pool:
            raise ValueError(
                f"windows of {pool} must fill {rows} x {columns}, the size after the convolution"
            )
        self.k, self.pool = k, pool
        features = filters * (rows // pool) * (columns // pool)
        params = {
            "w1": he_normal(channels * k * k, filters, rng=rng),
            "b1": np.zeros(filters),
            "w2": he_normal(features, classes, rng=rng),
            "b2": np.zeros(classes),
        }
        self.params = {name: p.astype(np.float32) for name, p in params.items()}

    def features(self, x: Float[np.ndarray, "n c h w"]) -> Float[np.ndarray, "n oh ow f"]:
        """The pooled maps, which the dense layer gets; channels last."""
        return self.forward(x)[1][2]

    def forward(
        self, x: Float[np.ndarray, "n c h w"]
    ) -> tuple[Float[np.ndarray, "n k"], tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """The scores of each image, and the cache.

        The cache holds windows (N OH OW, C k k), maps (N, OH, OW, F) after ReLU, and pooled maps.
        """
        cut = np.lib.stride_tricks.sliding_window_view(x, (self.k, self.k), axis=(2, 3))
        n, channels, rows, columns = cut.shape[:4]
        windows = cut.transpose(0, 2, 3, 1, 4, 5).reshape(-1, channels * self.k**2)
        windows = windows.astype(np.float32, copy=False)
        maps = np.maximum(0, windows @ self.params["w1"] + self.params["b1"])
        maps = maps.reshape(n, rows, columns, -1)
        pooled = _blocks(maps, self.pool).max(axis=(2, 4))
        scores = pooled.reshape(n, -1) @ self.params["w2"] + self.params["b2"]
        return scores, (windows, maps, pooled)

    def backward(
        self, dscores: Float[np.ndarray, "n k"], cache: tuple[np.ndarray, np.ndarray, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """The gradient of every parameter from that of the scores."""
        windows, maps, pooled = cache
        dpooled = (dscores @ self.params["w2"].T).reshape(pooled.shape)
        # The largest of a window gets the gradient. Several are equal only where all are 0, and
        # there ReLU stops it.
        wins = _blocks(maps, self.pool) == pooled[:, :, None, :, None]
        dmaps = wins * dpooled[:, :, None, :, None]
        dz = (dmaps.reshape(maps.shape) * (maps > 0)).reshape(-1, maps.shape[3])
        return {
            "w1": windows.T @ dz,
            "b1": dz.sum(axis=0),
            "w2": pooled.reshape(len(dscores), -1).T @ dscores,
            "b2": dscores.sum(axis=0),
        }

    def fit(
        self,
        x: Float[np.ndarray, "n c h w"],
        y: Int[np.ndarray, " n"],
        *,
        lr: float,
        updates: int,
        batch_size: int = 50,
        rng: np.random.Generator,
    ) -> "ConvNet":
        """Train by plain gradient descent on random batches; returns the network itself."""
        x = x.astype(np.float32)
        for _ in range(updates):
            batch = rng.integers(0, len(x), batch_size)
            _, grads = self.loss(x[batch], y[batch])
            self.params = {name: p - lr * grads[name] for name, p in self.params.items()}
        return self


def _blocks(maps: np.ndarray, side: int) -> np.ndarray:
    """Maps (N, H, W, F) cut into windows: (N, H / side, side, W / side, side, F)."""
    n, rows, columns, filters = maps.shape
    return maps.reshape(n, rows // side, side, columns // side, side, filters)


enforce(__name__)
