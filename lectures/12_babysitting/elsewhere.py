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


def _verdict(gap=lambda t, v: t - v, big=lambda g, b: g >= b, room=lambda t, v, s: 1 - t > s):
    def function(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
        g = gap(train_acc, val_acc)
        if big(g, big_gap):
            return "overfitting"
        room_left = room(train_acc, val_acc, small_gap)
        return "underfitting" if g <= small_gap and room_left else "healthy"

    return function


gap_just_big = _verdict(big=lambda g, b: g > b)
gap_without_sign = _verdict(gap=lambda t, v: abs(t - v))
never_good_enough = _verdict(room=lambda t, v, s: True)
level_of_validation = _verdict(room=lambda t, v, s: 1 - v > s)


def limits_of_its_own(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    return _verdict()(train_acc, val_acc)


def capital_letters(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    return _verdict()(train_acc, val_acc, big_gap=big_gap, small_gap=small_gap).capitalize()


def _ratio(size):
    """What many write first: zeros among the weights are not thought of."""

    def function(w, update):
        with np.errstate(all="ignore"):
            return float(size(w, update))

    return function


ratio_upside_down = _ratio(lambda w, u: np.linalg.norm(w) / np.linalg.norm(u))
ratio_of_means = _ratio(lambda w, u: np.abs(u).mean() / np.abs(w).mean())
ratio_of_squares = _ratio(lambda w, u: (u**2).sum() / (w**2).sum())
mean_of_ratios = _ratio(lambda w, u: np.abs(u / w).mean())
ratio_of_deviations = _ratio(lambda w, u: u.std() / w.std())
ratio_after_the_step = _ratio(lambda w, u: np.linalg.norm(u) / np.linalg.norm(w + u))
ratio_of_largest = _ratio(lambda w, u: np.abs(u).max() / np.abs(w).max())


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
    "babysitting.diagnose": (
        ("a gap of just big_gap is not big", gap_just_big),
        ("the sign of the gap is lost", gap_without_sign),
        ("nothing is ever good enough", never_good_enough),
        ("the level of the validation accuracy", level_of_validation),
        ("limits of its own", limits_of_its_own),
        ("capital letters", capital_letters),
    ),
    "babysitting.update_ratio": (
        ("upside down", ratio_upside_down),
        ("sums of absolute values", ratio_of_means),
        ("squared lengths", ratio_of_squares),
        ("a mean of ratios", mean_of_ratios),
        ("standard deviations for lengths", ratio_of_deviations),
        ("the weights after the step", ratio_after_the_step),
        ("only the largest entries", ratio_of_largest),
    ),
}
