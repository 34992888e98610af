"""First-order and adaptive optimizers: one pure step each, and the arithmetic behind them.

A step is ``name_step(w, dw, state, *, lr, ...) -> (w_next, state_next)``. It changes none of its
arguments. ``state`` is ``None`` before the first step; afterwards pass back what the last step gave.
The two steps that look ahead take ``grad_fn``, a function ``w -> gradient``, in the place of ``dw``.
:func:`step_params` moves a dictionary of arrays, for example all parameters of a network.

Hyper-parameters are plain numbers. (A ``np.float64`` would turn float32 parameters into float64;
:func:`step_params` takes care of it.) Squares of gradients overflow above 1e19 in float32 and
1e154 in float64: clip such gradients, or lower the learning rate that made them.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float


def sgd_step(
    w: Float[np.ndarray, "*shape"], dw: Float[np.ndarray, "*shape"], state: None = None, *, lr: float
) -> tuple[Float[np.ndarray, "*shape"], None]:
    """Gradient descent: w_next = w - lr * dw.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape. The mean over all examples makes it batch
            gradient descent, over one example stochastic, over m of them mini-batch.
        state: ``None``; this step remembers nothing. It is there because every optimizer has one.
        lr: learning rate.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: ``None``.

    Source: syllabus OPT-01, OPT-03, OPT-04.
    """
    return w - lr * dw, None


def momentum_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    mu: float = 0.9,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Momentum, velocity form: v = mu * v - lr * dw, then w_next = w + v.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: the velocity v, same shape; ``None`` means that it starts at 0.
        lr: learning rate.
        mu: the share of the velocity that is kept. Friction takes the rest, 1 - mu.

    Returns:
        w_next: new parameters.
        state_next: the new velocity. It is a sum of past steps, the step of k steps ago with weight
        mu**k; the weights add up to 1 / (1 - mu), so it is not an average.

    Some texts keep u = -v: u = mu * u + lr * dw, then w - u. The path is the same.
    :func:`momentum_sum_step` keeps the learning rate out of the memory.

    Source: Polyak 1964; syllabus OPT-10, OPT-11, OPT-14.
    """
    v = np.zeros_like(w) if state is None else state
    v = mu * v - lr * dw
    return w + v, v


def adam_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"], int] | None,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    bias_correction: bool = True,
) -> tuple[
    Float[np.ndarray, "*shape"],
    tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"], int],
]:
    """Adam: w_next = w - lr * m_hat / (sqrt(v_hat) + eps).

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: tuple ``(m, v, t)``: mean of the gradients, mean of their squares, number of steps
            taken; ``None`` means zeros and t = 0.

    Source: Kingma & Ba 2015; syllabus ADA-09, ADA-10, ADA-11, ADA-12.
    """
    m, v, t = (np.zeros_like(w), np.zeros_like(w), 0) if state is None else state
    t = t + 1
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat, v_hat = m, v
    if bias_correction:
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - lr * m_hat / (np.sqrt(v_hat) + eps), (m, v, t)


def step_params(
    step: Callable, params: dict, grads: dict, states: dict | None, **hyper
) -> tuple[dict, dict]:
    """One optimizer step for every array in a dictionary of parameters.

    Args:
        step: one of the steps of this module, for example :func:`adam_step`.
        params: ``{name: array}``.
        grads: ``{name: gradient}``, the same names, each of its array's shape.
        states: what the last call returned; ``None`` before the first.
        **hyper: the step's own hyper-parameters, for example ``lr=1e-3``.

    Returns:
        params_next: ``{name: array}``, new arrays.
        states_next: ``{name: state}``.

    Raises:
        ValueError: names that differ, or a gradient of another shape than its parameter.

    Source: syllabus OPT-17.
    """
    if params.keys() != grads.keys():
        raise ValueError(f"params has {sorted(params)}, grads has {sorted(grads)}: expected the same names")
    states = dict.fromkeys(params) if states is None else states
    hyper = {key: value.item() if isinstance(value, np.generic) else value for key, value in hyper.items()}
    params_next, states_next = {}, {}
    for name, w in params.items():
        if grads[name].shape != w.shape:
            raise ValueError(f"gradient of {name!r} has shape {grads[name].shape}, expected {w.shape}")
        params_next[name], states_next[name] = step(w, grads[name], states[name], **hyper)
    return params_next, states_next
