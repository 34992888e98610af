"""How long the library takes, next to PyTorch's eager mode on the same processor.

    python -m benchmarks.library

One thread, both precisions. Each line is the shortest of many runs, ours and PyTorch's taken in
turn, in milliseconds of processor time (so that other programs disturb little), and their ratio:
below 1 the library is the faster one. Without PyTorch only our own time is printed.
"""

import os

for _library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM"):  # read when NumPy is imported
    os.environ[f"{_library}_NUM_THREADS"] = "1"

import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

from utils.dropout import dropout_backward, dropout_forward  # noqa: E402
from utils.initialization import deep_forward, layer_stats, xavier_normal  # noqa: E402
from utils.layers import conv_backward, conv_forward  # noqa: E402
from utils.networks import MLP  # noqa: E402
from utils.normalization import batchnorm_backward, batchnorm_forward  # noqa: E402
from utils.optimizers import adam_step, sgd_step, step_params  # noqa: E402

try:
    import torch  # pyright: ignore[reportMissingImports]  # is not a requirement
except ImportError:
    torch: Any = None

SECONDS = 2.0  # spent on each line
SEED = 0


def mlp_step(dtype: type) -> tuple[Callable, Callable]:
    """A training step of the network 3072-50-10 on 100 examples: forward, backward, update."""
    rng = np.random.default_rng(SEED)
    x, y = rng.standard_normal((100, 3072)).astype(dtype), rng.integers(10, size=100)
    net = MLP([3072, 50, 10], rng=rng, dtype=dtype)

    def ours():
        _, grads = net.loss(x, y)
        net.params, _ = step_params(sgd_step, net.params, grads, None, lr=1e-3)

    def theirs():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()

    if torch:
        inputs, labels = torch.tensor(x), torch.tensor(y)
        model = torch.nn.Sequential(
            torch.nn.Linear(3072, 50), torch.nn.ReLU(), torch.nn.Linear(50, 10)
        ).to(inputs.dtype)
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    return ours, theirs


def batch_norm(dtype: type) -> tuple[Callable, Callable]:
    """Batch norm, forward and backward, 256 examples of 1024 features."""
    rng = np.random.default_rng(SEED)
    x, dout = rng.standard_normal((2, 256, 1024)).astype(dtype)
    gamma, beta = rng.standard_normal((2, 1024)).astype(dtype)
    running = np.zeros(1024, dtype), np.ones(1024, dtype)

    def ours():
        _, cache, _ = batchnorm_forward(x, gamma, beta, running)
        batchnorm_backward(dout, cache)

    def theirs():
        out = torch.nn.functional.batch_norm(leaves[0], *stats, *leaves[1:], training=True)
        torch.autograd.grad(out, leaves, gradient)

    if torch:
        leaves = [torch.tensor(array, requires_grad=True) for array in (x, gamma, beta)]
        stats, gradient = [torch.tensor(array) for array in running], torch.tensor(dout)
    return ours, theirs


def adam(dtype: type) -> tuple[Callable, Callable]:
    """An Adam step on a million parameters."""
    rng = np.random.default_rng(SEED)
    w, dw = rng.standard_normal((2, 1_000_000)).astype(dtype)
    state = None

    def ours():
        nonlocal w, state
        w, state = adam_step(w, dw, state, lr=1e-3)

    if torch:
        leaf = torch.tensor(w, requires_grad=True)
        leaf.grad = torch.tensor(dw)
        optimizer = torch.optim.Adam([leaf], lr=1e-3)
    return ours, lambda: optimizer.step()


def dropout(dtype: type) -> tuple[Callable, Callable]:
    """Dropout, forward and backward, 256 examples of 1024 units."""
    rng = np.random.default_rng(SEED)
    x, dout = rng.standard_normal((2, 256, 1024)).astype(dtype)

    def ours():
        _, cache = dropout_forward(x, p_drop=0.5, train=True, rng=rng)
        dropout_backward(dout, cache)

    def theirs():
        out = torch.nn.functional.dropout(leaf, 0.5, training=True)
        torch.autograd.grad(out, leaf, gradient)

    if torch:
        leaf, gradient = torch.tensor(x, requires_grad=True), torch.tensor(dout)
    return ours, theirs


def convolution(dtype: type) -> tuple[Callable, Callable]:
    """Convolution, forward and backward: 32 filters 3 x 3, padded, on 64 images 3 x 32 x 32."""
    rng = np.random.default_rng(SEED)
    x = rng.standard_normal((64, 3, 32, 32)).astype(dtype)
    w, b = rng.standard_normal((32, 3, 3, 3)).astype(dtype), np.zeros(32, dtype)
    dout = rng.standard_normal((64, 32, 32, 32)).astype(dtype)

    def ours():
        _, cache = conv_forward(x, w, b, pad=1)
        conv_backward(dout, cache)

    def theirs():
        out = torch.nn.functional.conv2d(*leaves, padding=1)
        torch.autograd.grad(out, leaves, gradient)

    if torch:
        leaves = [torch.tensor(array, requires_grad=True) for array in (x, w, b)]
        gradient = torch.tensor(dout)
    return ours, theirs


def ten_layers(dtype: type) -> tuple[Callable, Callable]:
    """The ten-layer experiment: draw ten matrices 500 x 500, tanh, mean and std of each layer."""
    rng = np.random.default_rng(SEED)
    x = rng.standard_normal((1000, 500)).astype(dtype)

    def ours():
        weights = [xavier_normal(500, 500, rng=rng, dtype=dtype) for _ in range(10)]
        layer_stats(deep_forward(x, weights)[0])

    def theirs():
        h, stats = inputs, []
        for _ in range(10):
            w = torch.randn(500, 500, dtype=h.dtype) / 500**0.5
            h = torch.tanh(h @ w)
            stats.append((h.mean(), h.std()))

    if torch:
        inputs = torch.tensor(x)
    return ours, theirs


CASES = {
    "MLP step, 3072-50-10, batch 100": (mlp_step, 1.0),
    "batch norm, 256 x 1024": (batch_norm, 1.5),
    "Adam step, 1e6 parameters": (adam, 1.0),
    "dropout, 256 x 1024": (dropout, 4.0),
    "conv 3x3, (64, 3, 32, 32) -> 32": (convolution, 4.0),
    "ten-layer experiment": (ten_layers, 1.0),
}


def shortest(functions: list[Callable]) -> list[float]:
    """The shortest run of each function in milliseconds, when they run in turn."""
    times = [[] for _ in functions]
    end = time.process_time() + SECONDS
    while len(times[0]) < 5 or time.process_time() < end:
        for function, taken in zip(functions, times, strict=True):
            start = time.process_time()
            function()
            taken.append(1e3 * (time.process_time() - start))
    return [min(taken) for taken in times]


def main() -> None:
    if torch:
        torch.set_num_threads(1)
    versions = f"NumPy {np.__version__}, " + (
        f"PyTorch {torch.__version__}" if torch else "PyTorch not installed"
    )
    print(f"Shortest run in ms of processor time, one thread ({versions})\n")
    print(f"{'':34}{'':9}{'ours':>8}{'PyTorch':>9}{'ratio':>7}{'aim':>7}")
    for name, (case, aim) in CASES.items():
        for dtype in (np.float32, np.float64):
            ours, theirs = case(dtype)
            best = shortest([ours, theirs] if torch else [ours])
            line = f"{name:34}{dtype.__name__:9}{best[0]:8.2f}"
            if torch:
                line += f"{best[1]:9.2f}{best[0] / best[1]:7.2f}{'<= ' + str(aim):>7}"
            print(line)
            name = ""


if __name__ == "__main__":
    main()
