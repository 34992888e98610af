"""Right solutions of lecture 07 in other styles: none of them may be rejected."""

import math
from collections.abc import Callable

import numpy as np


def minibatch_gradient_loops(x, y, w, idx):
    dw = np.zeros_like(w)
    for i in idx:
        error = -y[i]
        for j in range(len(w)):
            error = error + x[i, j] * w[j]
        for j in range(len(w)):
            dw[j] += error * x[i, j]
    return dw / len(idx)


def minibatch_gradient_mean(x, y, w, idx):
    rows = np.take(x, idx, axis=0)
    error = np.einsum("nd,d->n", rows, w) - np.take(y, idx)
    return np.mean(error[:, np.newaxis] * rows, axis=0)


def sgd_loops(w, dw, state, *, lr):
    w_next = np.empty_like(w)
    for index in np.ndindex(w.shape):
        w_next[index] = w[index] - lr * dw[index]
    return w_next, None


def sgd_in_a_copy(w, dw, state, *, lr):
    w_next = w.copy()
    w_next -= lr * dw
    return w_next, state


def classify_loops(hessian, tol=1e-6):
    values = np.linalg.eigh(hessian).eigenvalues
    largest = max(abs(value) for value in values)
    positive = negative = zero = 0
    for value in values:
        if abs(value) <= tol * largest:
            zero += 1
        elif value > 0:
            positive += 1
        else:
            negative += 1
    if positive and negative:
        return "saddle"
    if zero:
        return "degenerate"
    return "min" if positive else "max"


def classify_signs(hessian, tol=1e-6):
    values = np.real(np.linalg.eigvals(hessian))
    values = values / (np.abs(values).max() or 1)
    signs = set(np.where(np.abs(values) > tol, np.sign(values), 0).astype(int).tolist())
    if {-1, 1} <= signs:
        return "saddle"
    return {(1,): "min", (-1,): "max"}.get(tuple(signs), "degenerate")


def momentum_loops(w, dw, state, *, lr, mu=0.9):
    v, w_next = np.zeros_like(w), np.zeros_like(w)
    for index in np.ndindex(w.shape):
        old = 0.0 if state is None else state[index]
        v[index] = mu * old - lr * dw[index]
        w_next[index] = w[index] + v[index]
    return w_next, v


def momentum_first_step_apart(w, dw, state, *, lr, mu=0.9):
    if state is None:
        v = -lr * dw
    else:
        v = np.subtract(mu * state, lr * dw)
    return np.add(w, v), v


def momentum_sum_loops(w, dw, state, *, lr, mu=0.9):
    v, w_next = np.zeros_like(w), np.zeros_like(w)
    for index in np.ndindex(w.shape):
        old = 0.0 if state is None else state[index]
        v[index] = mu * old + dw[index]
        w_next[index] = w[index] - lr * v[index]
    return w_next, v


def momentum_sum_in_place(w, dw, state, *, lr, mu=0.9):
    v = dw.copy()
    if state is not None:
        v += mu * state
    return w - v * lr, v


def nesterov_lookahead_two_parts(w, grad_fn, state, *, lr, mu=0.9):
    if state is None:
        state = 0 * w
    ahead = w + mu * state
    w_next = ahead - lr * grad_fn(ahead)
    return w_next, w_next - w


def nesterov_lookahead_loops(w, grad_fn, state, *, lr, mu=0.9):
    ahead = w.copy()
    if state is not None:
        for index in np.ndindex(w.shape):
            ahead[index] += mu * state[index]
    g = grad_fn(ahead)
    w_next, v = np.empty_like(w), np.empty_like(w)
    for index in np.ndindex(w.shape):
        old = 0.0 if state is None else state[index]
        v[index] = mu * old - lr * g[index]
        w_next[index] = w[index] + v[index]
    return w_next, v


def nesterov_as_on_the_slide(w, dw, state, *, lr, mu=0.9):
    old_v = np.zeros(w.shape, w.dtype) if state is None else state
    v = mu * old_v - lr * dw
    return w + (-mu * old_v + (1 + mu) * v), v


def nesterov_gradient_plus_velocity(w, dw, state, *, lr, mu=0.9):
    v = -lr * dw if state is None else mu * state - lr * dw
    return w - lr * dw + mu * v, v


def adagrad_loops(w, dw, state, *, lr, eps=1e-8):
    r = np.zeros_like(w) if state is None else state.copy()
    w_next = np.empty_like(w)
    for index in np.ndindex(w.shape):
        r[index] += dw[index] ** 2
        w_next[index] = w[index] - lr * dw[index] / (math.sqrt(r[index]) + eps)
    return w_next, r


def adagrad_rates(w, dw, state, *, lr, eps=1e-8):
    r = dw * dw if state is None else np.add(state, np.square(dw))
    rates = lr / (r**0.5 + eps)
    return w - rates * dw, r


def rmsprop_loops(w, dw, state, *, lr, beta=0.9, eps=1e-8):
    r, w_next = np.empty_like(w), np.empty_like(w)
    for index in np.ndindex(w.shape):
        old = 0.0 if state is None else state[index]
        r[index] = beta * old + (1 - beta) * dw[index] * dw[index]
        w_next[index] = w[index] - lr * dw[index] / (math.sqrt(r[index]) + eps)
    return w_next, r


def rmsprop_towards_the_square(w, dw, state, *, lr, beta=0.9, eps=1e-8):
    r = np.zeros_like(dw) if state is None else state
    r = r + (1 - beta) * (dw * dw - r)
    return w - np.divide(lr, np.sqrt(r) + eps) * dw, r


def rmsprop_nesterov_two_parts(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    v, r = (0 * w, 0 * w) if state is None else state
    ahead = w + mu * v
    g = grad_fn(ahead)
    r = r + (1 - beta) * (np.square(g) - r)
    w_next = ahead - lr / (r**0.5 + eps) * g
    return w_next, (w_next - w, r)


def rmsprop_nesterov_loops(w, grad_fn, state, *, lr, mu=0.9, beta=0.9, eps=1e-8):
    v, r = (np.zeros_like(w), np.zeros_like(w)) if state is None else [a.copy() for a in state]
    g = grad_fn(w + mu * v)
    w_next = w.copy()
    for index in np.ndindex(w.shape):
        r[index] = beta * r[index] + (1 - beta) * g[index] ** 2
        v[index] = mu * v[index] - lr * g[index] / (math.sqrt(r[index]) + eps)
        w_next[index] += v[index]
    return w_next, (v, r)


def adadelta_one_root(w, dw, state, *, lr=1.0, beta=0.95, eps=1e-6):
    if state is None:
        state = (0 * w, 0 * w)
    r = beta * state[0] + (1 - beta) * dw * dw
    s = dw * np.sqrt((state[1] + eps) / (r + eps))
    return w - lr * s, (r, beta * state[1] + (1 - beta) * s * s)


def adadelta_loops(w, dw, state, *, lr=1.0, beta=0.95, eps=1e-6):
    r, d = (np.zeros_like(w), np.zeros_like(w)) if state is None else [a.copy() for a in state]
    w_next = np.empty_like(w)
    for index in np.ndindex(w.shape):
        r[index] = beta * r[index] + (1 - beta) * dw[index] ** 2
        s = -math.sqrt(d[index] + eps) / math.sqrt(r[index] + eps) * dw[index]
        d[index] = beta * d[index] + (1 - beta) * s**2
        w_next[index] = w[index] + lr * s
    return w_next, (r, d)


def adam_in_place(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True):
    m, v, t = (np.zeros_like(w), np.zeros_like(w), 0) if state is None else state
    t = t + 1
    correct1, correct2 = (1 - beta1**t, 1 - beta2**t) if bias_correction else (1.0, 1.0)
    m_next = dw - m
    m_next *= 1 - beta1
    m_next += m
    v_next = dw**2
    v_next -= v
    v_next *= 1 - beta2
    v_next += v
    w_next = np.sqrt(v_next)
    w_next /= correct2**0.5
    w_next += eps
    w_next = m_next / w_next
    w_next *= -lr / correct1
    w_next += w
    return w_next, (m_next, v_next, t)


def adam_loops(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, bias_correction=True):
    m, v, w_next = np.zeros_like(w), np.zeros_like(w), np.empty_like(w)
    t = 1
    if state is not None:
        m, v, t = state[0].copy(), state[1].copy(), state[2] + 1
    rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t) if bias_correction else lr
    small = eps * math.sqrt(1 - beta2**t) if bias_correction else eps
    for index in np.ndindex(w.shape):
        m[index] = beta1 * m[index] + (1 - beta1) * dw[index]
        v[index] = beta2 * v[index] + (1 - beta2) * dw[index] ** 2
        w_next[index] = w[index] - rate * m[index] / (math.sqrt(v[index]) + small)
    return w_next, (m, v, t)


STYLES: dict[str, tuple[Callable, ...]] = {
    "optimizers.minibatch_gradient": (minibatch_gradient_loops, minibatch_gradient_mean),
    "optimizers.sgd_step": (sgd_loops, sgd_in_a_copy),
    "curvature.classify_critical_point": (classify_loops, classify_signs),
    "optimizers.momentum_step": (momentum_loops, momentum_first_step_apart),
    "optimizers.momentum_sum_step": (momentum_sum_loops, momentum_sum_in_place),
    "optimizers.nesterov_lookahead_step": (nesterov_lookahead_loops, nesterov_lookahead_two_parts),
    "optimizers.nesterov_step": (nesterov_as_on_the_slide, nesterov_gradient_plus_velocity),
    "optimizers.adagrad_step": (adagrad_loops, adagrad_rates),
    "optimizers.rmsprop_step": (rmsprop_loops, rmsprop_towards_the_square),
    "optimizers.rmsprop_nesterov_step": (rmsprop_nesterov_loops, rmsprop_nesterov_two_parts),
    "optimizers.adadelta_step": (adadelta_loops, adadelta_one_root),
    "optimizers.adam_step": (adam_loops, adam_in_place),
}
