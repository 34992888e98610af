"""Dropout and its relatives with a frozen mask, differentiated by PyTorch."""

import numpy as np

P_DROP = 0.3


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch
    from torch.nn import functional

    found: dict[str, np.ndarray] = {}

    def record(name, function, *arrays):
        """Value of function(*arrays) and its gradients on all arrays for a drawn ``dout``."""
        leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
        out = function(*leaves)
        dout = rng.standard_normal(tuple(out.shape))
        out.backward(torch.tensor(dout))
        found[f"{name}_out"], found[f"{name}_dout"] = out.detach().numpy(), dout
        for i, leaf in enumerate(leaves):
            assert leaf.grad is not None
            found[f"{name}_in{i}"], found[f"{name}_grad{i}"] = arrays[i], leaf.grad.numpy()

    x, w = rng.standard_normal((6, 5)), rng.standard_normal((5, 4))
    found["mask"] = rng.random(x.shape) >= P_DROP
    found["w_mask"] = rng.random(w.shape) >= P_DROP
    keep = 1 - P_DROP
    mask, w_mask = torch.tensor(found["mask"]), torch.tensor(found["w_mask"])
    record("dropout", lambda x: x * mask / keep, x)
    record("vanilla_dropout", lambda x: x * mask, x)
    record("dropconnect", lambda x, w: x @ (w * w_mask / keep), x, w)
    found["gates"] = np.array([1.0, 0.0, 0.6])

    def residual_net(h, *weights):
        for w, gate in zip(weights, found["gates"].tolist(), strict=True):
            h = torch.relu(gate * (h @ w) + h)
        return h

    record("residual_net", residual_net, x, *rng.standard_normal((3, 5, 5)))
    record("max_pool", lambda x: functional.max_pool2d(x, 2), rng.standard_normal((2, 3, 8, 6)))
    return found
