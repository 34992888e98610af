"""Dense networks and their gradients as PyTorch computes them."""

from itertools import pairwise

import numpy as np

SIZES = (6, 7, 5, 4)


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch
    from torch import nn

    phis = {
        "relu": nn.ReLU,
        "leaky_relu": nn.LeakyReLU,
        "elu": nn.ELU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "identity": nn.Identity,
    }
    norms = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}
    x, y = rng.standard_normal((9, SIZES[0])), rng.integers(SIZES[-1], size=9)
    found = {"x": x, "y": y}
    for layer, (fan_in, fan_out) in enumerate(pairwise(SIZES), start=1):
        found[f"w{layer}"] = rng.standard_normal((fan_in, fan_out))
        found[f"b{layer}"] = rng.standard_normal(fan_out)
        if layer < len(SIZES) - 1:
            found[f"gamma{layer}"] = rng.standard_normal(fan_out)
            found[f"beta{layer}"] = rng.standard_normal(fan_out)

    def run(name, phi, norm=None, reg=0.0):
        leaves, modules = {}, []
        for layer in range(1, len(SIZES)):
            linear = nn.Linear(SIZES[layer - 1], SIZES[layer], dtype=torch.float64)
            linear.weight.data = torch.tensor(found[f"w{layer}"].T)
            linear.bias.data = torch.tensor(found[f"b{layer}"])
            leaves |= {f"w{layer}": linear.weight, f"b{layer}": linear.bias}
            modules.append(linear)
            if layer == len(SIZES) - 1:
                break
            if norm:
                scale = norm(SIZES[layer], dtype=torch.float64)
                scale.weight.data = torch.tensor(found[f"gamma{layer}"])
                scale.bias.data = torch.tensor(found[f"beta{layer}"])
                leaves |= {f"gamma{layer}": scale.weight, f"beta{layer}": scale.bias}
                modules.append(scale)
            modules.append(phi())
        net = nn.Sequential(*modules)
        loss = nn.functional.cross_entropy(net(torch.tensor(x)), torch.tensor(y))
        loss = loss + sum(
            0.5 * reg * (leaf**2).sum() for key, leaf in leaves.items() if key.startswith("w")
        )
        loss.backward()
        found[f"{name}_loss"] = loss.detach().numpy()
        for key, leaf in leaves.items():
            found[f"{name}_d{key}"] = leaf.grad.T.numpy() if key[0] == "w" else leaf.grad.numpy()

    for name, phi in phis.items():
        run(name, phi)
    for name, norm in norms.items():
        run(name, nn.ReLU, norm)
    run("penalised", nn.Tanh, reg=0.3)
    return found
