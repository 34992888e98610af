"""Layers as PyTorch computes them."""

import numpy as np

CONVS = {"plain": (1, 0), "padded": (1, 1), "strided": (2, 1), "skips": (3, 0)}
POOLS = {"plain": (2, 2), "overlapping": (3, 2), "skips": (2, 3)}


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch
    from torch.nn import functional

    def run(name, function, inputs):
        leaves = {key: torch.tensor(array, requires_grad=True) for key, array in inputs.items()}
        out = function(*leaves.values())
        dout = rng.standard_normal(out.shape)
        grads = torch.autograd.grad(out, list(leaves.values()), torch.tensor(dout))
        found[f"{name}_out"], found[f"{name}_dout"] = out.detach().numpy(), dout
        found.update({f"{name}_d{key}": g.numpy() for key, g in zip(leaves, grads, strict=True)})

    affine = {"x": rng.standard_normal((6, 5)), "w": rng.standard_normal((5, 4))}
    affine["b"] = rng.standard_normal(4)
    images = rng.standard_normal((2, 3, 8, 7))
    conv = {"x": images, "w": rng.standard_normal((4, 3, 3, 2)), "b": rng.standard_normal(4)}
    found = {f"affine_{key}": array for key, array in affine.items()}
    found |= {f"conv_{key}": array for key, array in conv.items()}
    run("affine", lambda x, w, b: functional.linear(x, w.T, b), affine)
    for name, (stride, pad) in CONVS.items():
        run(
            f"conv_{name}",
            lambda x, w, b, s=stride, p=pad: functional.conv2d(x, w, b, stride=s, padding=p),
            conv,
        )
    for name, (size, stride) in POOLS.items():
        run(
            f"pool_{name}",
            lambda x, size=size, s=stride: functional.max_pool2d(x, size, s),
            {"x": images},
        )
    return found
