"""Optimizers as PyTorch steps them: the points after each of twelve given gradients.

Where PyTorch's convention is another one than ours:

- SGD with momentum is our ``momentum_sum_step``, with nesterov=True it walks as our
  ``nesterov_step`` does. The forms part when the learning rate changes; here it stays.
- Adagrad (1e-10), RMSprop (alpha 0.99), Adadelta (rho 0.9) have other defaults, so all are given.
- eps stands outside the root as ours does, for Adadelta inside as in the paper.
- There is no Adam without bias correction and no RMSprop with Nesterov momentum.
"""

import numpy as np

HYPER = {
    "SGD": {"lr": 0.1},
    "momentum": {"lr": 0.1, "momentum": 0.8},
    "nesterov": {"lr": 0.1, "momentum": 0.8, "nesterov": True},
    "Adagrad": {"lr": 0.1, "eps": 1e-8},
    "RMSprop": {"lr": 0.1, "alpha": 0.9, "eps": 1e-8},
    "Adadelta": {"lr": 1.0, "rho": 0.95, "eps": 1e-6},
    "Adam": {"lr": 0.1, "betas": (0.9, 0.999), "eps": 1e-8},
    "AdamW": {"lr": 0.1, "betas": (0.8, 0.99), "eps": 1e-8, "weight_decay": 0.1},
}


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch

    w = rng.standard_normal((4, 3))
    grads = rng.standard_normal((12, 4, 3)) * 10.0 ** rng.integers(-4, 3, (4, 3))
    grads[:, 0, 0] = 0.0
    found = {"w": w, "grads": grads}
    for name, hyper in HYPER.items():
        leaf = torch.tensor(w, requires_grad=True)
        optimizer = getattr(torch.optim, name if name[0].isupper() else "SGD")([leaf], **hyper)
        path = []
        for g in grads:
            leaf.grad = torch.tensor(g)
            optimizer.step()
            path.append(leaf.detach().numpy().copy())
        found[name] = np.array(path)
    return found
