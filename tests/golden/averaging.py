"""Averages of a path of weights as PyTorch's AveragedModel keeps them."""

from typing import Any

import numpy as np

DECAY = 0.9


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch
    from torch.optim import swa_utils

    path = rng.standard_normal((12, 3, 2))

    def averages(**kind):
        model = torch.nn.Linear(3, 2, bias=False, dtype=torch.float64)
        averaged: Any = swa_utils.AveragedModel(model, **kind)
        found = []
        for point in path:
            with torch.no_grad():
                model.weight.copy_(torch.tensor(point.T))
            averaged.update_parameters(model)
            found.append(averaged.module.weight.detach().numpy().T.copy())
        return np.array(found)

    return {
        "path": path,
        "running_mean": averages(),
        "ema": averages(multi_avg_fn=swa_utils.get_ema_multi_avg_fn(DECAY)),
    }
