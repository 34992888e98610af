"""Wrong answers to lecture 07 that others have written, each with the name it should get."""

import numpy as np


def _velocity(w, state):
    return np.zeros_like(w) if state is None else state


def momentum_nesterov(w, dw, state, *, lr, mu=0.9):
    v = mu * _velocity(w, state) - lr * dw
    return w + mu * v - lr * dw, v


def momentum_average(w, dw, state, *, lr, mu=0.9):
    """The usual exponential moving average of gradients."""
    v = mu * _velocity(w, state) - (1 - mu) * lr * dw
    return w + v, v


def momentum_old_returned(w, dw, state, *, lr, mu=0.9):
    old = _velocity(w, state)
    return w + mu * old - lr * dw, old


def nesterov_new_velocity(w, dw, state, *, lr, mu=0.9):
    v = mu * _velocity(w, state) - lr * dw
    return w + mu**2 * v - (1 + mu) * lr * dw, v


def nesterov_added_to_the_gradient(w, dw, state, *, lr, mu=0.9):
    """The velocity as a sum of gradients, and the gradient moved by it."""
    v = mu * _velocity(w, state) + dw
    return w - lr * (dw + mu * v), v


def nesterov_uphill(w, dw, state, *, lr, mu=0.9):
    old = _velocity(w, state)
    v = mu * old + lr * dw
    return w + v + mu * (v - old), v


def lookahead_uphill(w, grad_fn, state, *, lr, mu=0.9):
    old = _velocity(w, state)
    v = mu * old + lr * grad_fn(w + mu * old)
    return w + v, v


def adagrad_own_eps(w, dw, state, *, lr, eps=1e-8):
    r = _velocity(w, state) + dw**2
    return w - lr * dw / (np.sqrt(r) + 1e-7), r


def adagrad_eps_gathered(w, dw, state, *, lr, eps=1e-8):
    r = _velocity(w, state) + dw**2 + eps
    return w - lr * dw / np.sqrt(r), r


def rmsprop_own_eps(w, dw, state, *, lr, beta=0.9, eps=1e-8):
    r = beta * _velocity(w, state) + (1 - beta) * dw**2
    return w - lr * dw / (np.sqrt(r) + 1e-7), r


def rmsprop_average_of_gradients(w, dw, state, *, lr, beta=0.9, eps=1e-8):
    r = beta * _velocity(w, state) + (1 - beta) * dw
    with np.errstate(invalid="ignore"):
        return w - lr * dw / (np.sqrt(r) + eps), r


def rmsprop_squared_average(w, dw, state, *, lr, beta=0.9, eps=1e-8):
    r = beta * _velocity(w, state) + (1 - beta) * dw
    return w - lr * dw / (np.sqrt(r**2) + eps), r


def _adam(t_of=lambda t: t + 1, power=lambda b, t: b**t, first=lambda m, g: m, square=np.square):
    def function(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True):
        m, v, t = (np.zeros_like(w), np.zeros_like(w), 0) if state is None else state
        m, v = beta1 * m + (1 - beta1) * dw, beta2 * v + (1 - beta2) * square(dw)
        k = t_of(t)
        m_hat, v_hat = first(m, dw), v
        with np.errstate(invalid="ignore"):
            if bias_correction:
                m_hat = m_hat / (1 - power(beta1, k)) if m_hat is m else m_hat
                v_hat = v / (1 - power(beta2, k))
            return w - lr * m_hat / (np.sqrt(v_hat) + eps), (m, v, t + 1)

    return function


adam_late = _adam(t_of=lambda t: t + 2)
adam_no_power = _adam(power=lambda b, t: b)
adam_times = _adam(power=lambda b, t: b * t)
adam_newest_gradient = _adam(first=lambda m, g: g)
adam_not_squared = _adam(square=lambda g: g)


def adam_own_eps(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True):
    m, v, t = (np.zeros_like(w), np.zeros_like(w), 0) if state is None else state
    t += 1
    m, v = beta1 * m + (1 - beta1) * dw, beta2 * v + (1 - beta2) * dw**2
    c1, c2 = (1 - beta1**t, 1 - beta2**t) if bias_correction else (1, 1)
    return w - lr * (m / c1) / (np.sqrt(v / c2) + 1e-7), (m, v, t)


def _length(grads):
    return float(np.sqrt(sum((g**2).sum() for g in grads.values())))


def _shortened(grads, length, max_norm):
    factor = min(1.0, max_norm / length) if length else 1.0
    return {name: g * factor for name, g in grads.items()}, length


def clip_always(grads, max_norm):
    length = _length(grads)
    return {name: g * (max_norm / length) for name, g in grads.items()}, length


def clip_numbers(grads, max_norm):
    return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}, _length(grads)


def clip_by_sum_of_norms(grads, max_norm):
    return _shortened(grads, float(sum(np.linalg.norm(g) for g in grads.values())), max_norm)


def clip_by_square(grads, max_norm):
    return _shortened(grads, _length(grads) ** 2, max_norm)


def clip_each(grads, max_norm):
    return {
        name: _shortened({name: g}, _length({name: g}), max_norm)[0][name]
        for name, g in grads.items()
    }, _length(grads)


def clip_says_the_clipped(grads, max_norm):
    clipped, length = _shortened(grads, _length(grads), max_norm)
    return clipped, min(length, max_norm)


def clip_unguarded(grads, max_norm):
    length = _length(grads)
    with np.errstate(all="ignore"):
        return {name: g * max_norm / length for name, g in grads.items()}, length


def clip_with_the_sign_turned(grads, max_norm):
    """The comparison written for the wrong side."""
    length = _length(grads)
    if not 0 < length < max_norm:
        return {name: g.copy() for name, g in grads.items()}, length
    return {name: g * (max_norm / length) for name, g in grads.items()}, length


ELSEWHERE = {
    "optimizers.momentum_step": (
        ("Nesterov's step", momentum_nesterov),
        ("an average instead of a sum", momentum_average),
        ("the old velocity returned", momentum_old_returned),
    ),
    "optimizers.nesterov_step": (
        ("a short form with the wrong velocity", nesterov_new_velocity),
        ("the sum form", nesterov_added_to_the_gradient),
        ("uphill", nesterov_uphill),
    ),
    "optimizers.nesterov_lookahead_step": (("uphill", lookahead_uphill),),
    "optimizers.adagrad_step": (
        ("an eps of its own", adagrad_own_eps),
        ("eps gathered in the sum", adagrad_eps_gathered),
    ),
    "optimizers.rmsprop_step": (
        ("an eps of its own", rmsprop_own_eps),
        ("the average of the gradient", rmsprop_average_of_gradients),
        ("the size of the average gradient", rmsprop_squared_average),
    ),
    "optimizers.adam_step": (
        ("the first step counted as the second", adam_late),
        ("no power in the correction", adam_no_power),
        ("times instead of to the power", adam_times),
        ("the gradient itself in the numerator", adam_newest_gradient),
        ("the gradient not squared", adam_not_squared),
        ("an eps of its own", adam_own_eps),
    ),
    "clipping.clip_by_norm": (
        ("always made as long as max_norm", clip_always),
        ("always made as long as max_norm", clip_unguarded),
        ("short vectors lengthened, long ones kept", clip_with_the_sign_turned),
        ("each number by itself", clip_numbers),
        ("norms added up", clip_by_sum_of_norms),
        ("the squared norm", clip_by_square),
        ("each array by itself", clip_each),
        ("the norm after clipping", clip_says_the_clipped),
    ),
}
