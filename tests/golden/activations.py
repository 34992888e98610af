"""Activation functions as PyTorch computes them."""

import numpy as np

SLOPE = 0.2
ALPHA = 1.5


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    x = rng.standard_normal((7, 5)) * 3
    dout = rng.standard_normal((7, 5))
    return {"x": x, "dout": dout} | elementwise(x, dout) | prelu(x, dout, rng) | maxout(x, rng)


def elementwise(x, dout):
    import torch
    from torch.nn import functional as F

    functions = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "leaky_relu": lambda leaf: F.leaky_relu(leaf, SLOPE),
        "elu": lambda leaf: F.elu(leaf, ALPHA),
    }
    found = {}
    for name, function in functions.items():
        leaf = torch.tensor(x, requires_grad=True)
        out = function(leaf)
        (dx,) = torch.autograd.grad(out, leaf, torch.tensor(dout))
        found[f"{name}_out"], found[f"{name}_dx"] = out.detach().numpy(), dx.numpy()
    return found


def prelu(x, dout, rng):
    """One slope for all features, and one slope each (also above 1)."""
    import torch

    found = {}
    for name, size in {"prelu_shared": 1, "prelu_each": x.shape[1]}.items():
        alpha = rng.uniform(0, 2, size)
        leaves = [torch.tensor(array, requires_grad=True) for array in (x, alpha)]
        out = torch.nn.functional.prelu(*leaves)
        dx, dalpha = torch.autograd.grad(out, leaves, torch.tensor(dout))
        found[f"{name}_alpha"], found[f"{name}_out"] = alpha, out.detach().numpy()
        found[f"{name}_dx"], found[f"{name}_dalpha"] = dx.numpy(), dalpha.numpy()
    return found


def maxout(x, rng):
    """Three pieces, four units: the maximum of three nn.Linear-like maps, by autograd."""
    import torch

    w, b = rng.standard_normal((3, x.shape[1], 4)), rng.standard_normal((3, 4))
    dout = rng.standard_normal((len(x), 4))
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, w, b)]
    scores = torch.stack([leaves[0] @ leaves[1][j] + leaves[2][j] for j in range(3)])
    out = scores.max(dim=0).values
    gradients = torch.autograd.grad(out, leaves, torch.tensor(dout))
    grads = {f"maxout_d{name}": g.numpy() for name, g in zip("xwb", gradients, strict=True)}
    return {
        "maxout_w": w,
        "maxout_b": b,
        "maxout_dout": dout,
        "maxout_out": out.detach().numpy(),
    } | grads
