"""Losses and penalties as PyTorch computes them."""

import numpy as np


def values(rng: np.random.Generator) -> dict[str, np.ndarray]:
    import torch
    from torch.nn import functional

    scores = rng.standard_normal((7, 5)) * 4
    y = rng.integers(5, size=7)
    targets = rng.standard_normal((7, 5))
    w = rng.standard_normal((4, 3))
    w[1, 2] = 0
    binary = rng.integers(2, size=7)
    found = {"scores": scores, "y": y, "targets": targets, "w": w, "binary": binary}

    def run(name, function, array):
        leaf = torch.tensor(array, requires_grad=True)
        loss = function(leaf)
        (grad,) = torch.autograd.grad(loss, leaf)
        found[f"{name}_loss"], found[f"{name}_d"] = loss.detach().numpy(), grad.numpy()

    labels = torch.tensor(y)
    found["log_softmax"] = functional.log_softmax(torch.tensor(scores), dim=1).numpy()
    found["softmax"] = functional.softmax(torch.tensor(scores), dim=1).numpy()
    run("softmax", lambda s: functional.cross_entropy(s, labels), scores)
    run("smooth", lambda s: functional.cross_entropy(s, labels, label_smoothing=0.3), scores)
    # PyTorch divides the multiclass hinge loss by the number of classes; the lectures do not.
    run("hinge", lambda s: functional.multi_margin_loss(s, labels) * 5, scores)
    run("hinge_wide", lambda s: functional.multi_margin_loss(s, labels, margin=3.0) * 5, scores)
    targets_0_1 = torch.tensor(binary, dtype=torch.float64)
    run(
        "logistic",
        lambda s: functional.binary_cross_entropy_with_logits(s, targets_0_1),
        scores[:, 0],
    )
    run("squared", lambda s: functional.mse_loss(s, torch.tensor(targets)), scores)
    run("l2", lambda w: 0.5 * 0.7 * (w**2).sum(), w)
    run("l1", lambda w: 0.7 * w.abs().sum(), w)
    run("elastic", lambda w: 0.7 * w.abs().sum() + 0.5 * 0.2 * (w**2).sum(), w)
    return found
