"""Wrong answers to lecture 12 that others have written, each with the name it should get."""

import copy

import numpy as np


def logarithm_to_base_ten(num_classes, kind="softmax"):
    _known(num_classes, kind)
    return float(np.log10(num_classes)) if kind == "softmax" else float(num_classes - 1)


def _known(num_classes, kind):
    if num_classes < 2 or kind not in ("softmax", "hinge"):
        raise ValueError(kind)


def log_of_a_little_more(scores, y):
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    loss = -np.log(p[np.arange(len(y)), y] + 1e-7).mean()
    return float(loss), float((scores.argmax(axis=1) == y).mean())


def every_label_for_every_example(scores, y):
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-log_p[:, y].mean()), float((scores.argmax(axis=1) == y).mean())


def flat_by_deviation(losses, *, rel_tol=1e-3):
    losses = np.asarray(losses, float)
    if not np.isfinite(losses).all():
        return False
    return bool(losses.std() <= rel_tol * abs(losses[0]))


def flat_by_the_last(losses, *, rel_tol=1e-3):
    losses = np.asarray(losses, float)
    if not np.isfinite(losses).all():
        return False
    return bool(losses.max() - losses.min() <= rel_tol * abs(losses[-1]))


def explodes_at_the_limit(losses, *, factor=3.0):
    for epoch, loss in enumerate(losses, 1):
        if not np.isfinite(loss) or loss >= factor * losses[0]:
            return epoch
    return None


def zeros(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    return {
        "w1": np.zeros((input_size, hidden_size)),
        "b1": np.zeros(hidden_size),
        "w2": np.zeros((hidden_size, output_size)),
        "b2": np.zeros(output_size),
    }


def stops_early(model, x, y, *, lr, epochs=200):
    model = copy.deepcopy(model)
    losses, accuracies = [], []
    for _ in range(epochs):
        loss, grads = model.loss(x, y)
        losses.append(loss)
        for name in grads:
            model.params[name] = model.params[name] - lr * grads[name]
        accuracies.append(float((model.scores(x).argmax(axis=1) == y).mean()))
        if accuracies[-1] == 1:
            break
    return np.array(losses), np.array(accuracies)


ELSEWHERE = {
    "babysitting.expected_initial_loss": (("logarithm to base ten", logarithm_to_base_ten),),
    "babysitting.loss_and_accuracy": (
        ("a small number inside the logarithm", log_of_a_little_more),
        ("every label for every example", every_label_for_every_example),
    ),
    "babysitting.is_flat": (
        ("the standard deviation", flat_by_deviation),
        ("relative to the last loss", flat_by_the_last),
    ),
    "babysitting.explodes_at": (("the limit itself is too high", explodes_at_the_limit),),
    "babysitting.overfit_tiny": (("stops when every example is right", stops_early),),
    "networks.init_two_layer_model": (("all weights are zero", zeros),),
}
