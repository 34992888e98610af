"""Right solutions of lecture 07 in other styles: none of them may be rejected."""

import math
from collections.abc import Callable

import numpy as np


def minibatch_gradient_loops(x, y, w, idx):
    if not len(idx):
        raise ValueError("no examples")
    dw = np.zeros_like(w)
    for i in idx:
        error = -y[i]
        for j in range(len(w)):
            error = error + x[i, j] * w[j]
        for j in range(len(w)):
            dw[j] += error * x[i, j]
    return dw / len(idx)


def minibatch_gradient_mean(x, y, w, idx):
    if idx.size == 0:
        raise ValueError(f"{idx.shape}")
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


def modes_roots(lam, lr, mu):
    """The factor from the quadratic equation."""
    a = lr * lam
    matrix = np.empty((len(lam), 2, 2), lam.dtype)
    matrix[:, 0, 0], matrix[:, 0, 1] = 1 - a, mu
    matrix[:, 1, 0], matrix[:, 1, 1] = -a, mu
    trace = matrix[:, 0, 0] + matrix[:, 1, 1]
    determinant = matrix[:, 0, 0] * matrix[:, 1, 1] - matrix[:, 0, 1] * matrix[:, 1, 0]
    root = trace**2 - 4 * determinant
    real = (np.abs(trace) + np.sqrt(np.maximum(root, 0))) / 2
    factor = np.where(root < 0, np.sqrt(np.abs(determinant)), real)
    return {"matrix": matrix, "trace": trace, "determinant": determinant, "factor": factor}


def modes_loops(lam, lr, mu):
    """By what a step does to the two unit vectors, one curvature after the other."""
    matrices, factors = [], []
    for curvature in lam:
        columns = []
        for w, v in ((1.0, 0.0), (0.0, 1.0)):
            v = mu * v - lr * curvature * w
            columns.append([w + v, v])
        matrix = np.array(columns).T
        matrices.append(matrix)
        factors.append(max(abs(root) for root in np.linalg.eigvals(matrix)))
    stack = np.array(matrices).astype(lam.dtype)
    return {
        "matrix": stack,
        "trace": np.trace(stack, axis1=1, axis2=2),
        "determinant": np.linalg.det(stack),
        "factor": np.array(factors).astype(lam.dtype),
    }


def polyak_by_kappa(lam_min, lam_max):
    if lam_min <= 0 or lam_max < lam_min:
        raise ValueError("no bowl")
    root = math.sqrt(lam_max / lam_min)
    mu = ((root - 1) / (root + 1)) ** 2
    return (1 + math.sqrt(mu)) ** 2 / lam_max, mu


def polyak_from_the_flat_end(lam_min, lam_max):
    if not lam_min > 0 or not lam_max >= lam_min:
        raise ValueError(f"{lam_min}, {lam_max}")
    low, high = np.sqrt([lam_min, lam_max])
    root = (high - low) / (high + low)
    return float(((1 - root) / low) ** 2), float(root**2)


def ratio_by_steps(t, beta1=0.9, beta2=0.999):
    m = 1 - np.power(beta1, t)
    v = 1 - np.power(beta2, t)
    return m * v**-0.5


def ratio_by_sums(t, beta1=0.9, beta2=0.999):
    """The weights of the gradients so far, added up."""

    def one(steps):
        ages = np.arange(steps)
        m = (1 - beta1) * np.sum(beta1**ages)
        return m / math.sqrt((1 - beta2) * np.sum(beta2**ages))

    return np.array([one(int(n)) for n in t]) if isinstance(t, np.ndarray) else one(t)


def clip_one_vector(grads, max_norm):
    flat = np.concatenate([g.ravel() for g in grads.values()])
    norm = float(np.linalg.norm(flat))
    clipped, at = {}, 0
    for name, g in grads.items():
        piece = flat[at : at + g.size].reshape(g.shape)
        clipped[name] = piece * (max_norm / norm) if norm > max_norm else piece.copy()
        at += g.size
    return clipped, norm


def clip_norm_of_norms(grads, max_norm):
    norm = math.hypot(*(np.linalg.norm(g) for g in grads.values()))
    factor = 1.0 if norm <= max_norm else max_norm / norm
    return {name: factor * g for name, g in grads.items()}, norm


def adamw_on_adam(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    moved, state = adam_loops(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return moved - lr * weight_decay * w, state


def adamw_shrunk_first(
    w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01
):
    shrunk = w * (1 - lr * weight_decay)
    return adam_in_place(shrunk, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


STYLES: dict[str, tuple[Callable, ...]] = {
    "optimizers.sgd_step": (sgd_loops, sgd_in_a_copy),
    "optimizers.minibatch_gradient": (minibatch_gradient_loops, minibatch_gradient_mean),
    "optimizers.momentum_step": (momentum_loops, momentum_first_step_apart),
    "stability.momentum_modes": (modes_roots, modes_loops),
    "stability.polyak": (polyak_by_kappa, polyak_from_the_flat_end),
    "optimizers.nesterov_lookahead_step": (nesterov_lookahead_loops, nesterov_lookahead_two_parts),
    "optimizers.nesterov_step": (nesterov_as_on_the_slide, nesterov_gradient_plus_velocity),
    "optimizers.adagrad_step": (adagrad_loops, adagrad_rates),
    "optimizers.rmsprop_step": (rmsprop_loops, rmsprop_towards_the_square),
    "optimizers.uncorrected_ratio": (ratio_by_steps, ratio_by_sums),
    "optimizers.adam_step": (adam_loops, adam_in_place),
    "clipping.clip_by_norm": (clip_one_vector, clip_norm_of_norms),
    "optimizers.adamw_step": (adamw_on_adam, adamw_shrunk_first),
}
