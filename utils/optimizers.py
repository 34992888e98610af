"""First-order and adaptive optimizers: one pure step each, and the arithmetic behind them.

A step is ``name_step(w, dw, state, *, lr, ...) -> (w_next, state_next)``. It changes none of its
arguments. ``state`` is ``None`` before the first step; then pass back what the last step returned.
The two steps that look ahead take ``grad_fn``, a function ``w -> gradient``, in the place of
``dw``. :func:`step_params` moves a dictionary of arrays, for example all parameters of a network,
and refuses a gradient of another shape than its parameter.

The square of a gradient overflows above 1e19 in float32 and above 1e154 in float64: lower the
learning rate that led there.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce

# --- gradient descent and the gradients it uses ---------------------------------------------------


def sgd_step(
    w: Float[np.ndarray, "*shape"], dw: Float[np.ndarray, "*shape"], state: None, *, lr: float
) -> tuple[Float[np.ndarray, "*shape"], None]:
    """Gradient descent: one step against the gradient, learning rate times gradient long.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape. Taken over all examples it makes this batch
            gradient descent, over one example stochastic, over a few mini-batch.
        state: ``None``. This step remembers nothing; the argument is here because every optimizer
            has one.
        lr: learning rate.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: ``None``.

    Solution:
        w_next = w - lr * dw.

    Source: syllabus OPT-01, OPT-02, OPT-03, OPT-04, OPT-14.
    """
    return w - lr * dw, None


def gd(
    grad_fn: Callable, start: Float[np.ndarray, " d"], *, lr: float, steps: int
) -> Float[np.ndarray, "points d"]:
    """The path of gradient descent: w_{k+1} = w_k - lr * grad_fn(w_k).

    Args:
        grad_fn: function ``w -> gradient``, both of shape ``(d,)``.
        start: the first point, shape ``(d,)``.
        lr: learning rate.
        steps: number of steps.

    Returns:
        path: shape ``(steps + 1, d)``: the start, then the point after each step.

    Source: syllabus OPT-01.
    """
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - lr * grad_fn(path[-1]))
    return np.array(path)


def batch_gradient(
    x: Float[np.ndarray, "n d"], y: Float[np.ndarray, " n"], w: Float[np.ndarray, " d"]
) -> Float[np.ndarray, " d"]:
    """Gradient of least squares over all examples: dw = x.T @ (x @ w - y) / n.

    Args:
        x: inputs, one example a row, shape ``(n, d)``.
        y: targets, shape ``(n,)``.
        w: weights, shape ``(d,)``.

    Returns:
        dw: gradient of the mean loss, shape ``(d,)``.

    The loss of one example is 0.5 * (x_i @ w - y_i)**2. The result is the mean over the examples,
    not the sum: so a learning rate that suits 100 examples also suits 100,000.

    Raises:
        ValueError: ``y`` is not one target a row of ``x``.

    Source: syllabus OPT-02, OPT-03.
    """
    if y.shape != x.shape[:1]:
        raise ValueError(f"y has shape {y.shape}, expected {x.shape[:1]}, one target a row of x")
    return x.T @ (x @ w - y) / len(x)


def minibatch_gradient(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, " n"],
    w: Float[np.ndarray, " d"],
    idx: Int[np.ndarray, " m"],
) -> Float[np.ndarray, " d"]:
    """Gradient of least squares over the examples ``idx``: the mean of their m gradients.

    Args:
        x: inputs, one example a row, shape ``(n, d)``.
        y: targets, shape ``(n,)``.
        w: weights, shape ``(d,)``.
        idx: the rows that make up the mini-batch, shape ``(m,)``, at least one.

    Returns:
        dw: shape ``(d,)``.

    The loss of one example is 0.5 * (x_i @ w - y_i)**2, that of the batch is the mean of them. An
    index that comes twice counts twice.

    Raises:
        ValueError: ``idx`` is empty.

    Solution:
        dw = x_b.T @ (x_b @ w - y_b) / m with the batch x_b = x[idx], y_b = y[idx]. It is right on
        average: over the equal batches of a partition of the data, the estimates have the full
        gradient as mean.

    Source: syllabus OPT-03, OPT-04.
    """
    if len(idx) == 0:
        raise ValueError("idx is empty, expected at least one example")
    return x[idx].T @ (x[idx] @ w - y[idx]) / len(idx)


def gradient_noise(
    x: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, " n"],
    w: Float[np.ndarray, " d"],
    m: int,
    *,
    repeats: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, " d"]:
    """Standard deviation of the mini-batch gradient, measured: it falls like 1 / sqrt(m).

    Args:
        x: inputs, one example a row, shape ``(n, d)``.
        y: targets, shape ``(n,)``.
        w: weights, shape ``(d,)``: the point where the gradient is estimated.
        m: batch size.
        repeats: number of mini-batches to draw.
        rng: source of the draws.

    Returns:
        std: standard deviation over the repeats, one for each coordinate, shape ``(d,)``.

    Each batch is m independent draws, so an example can come twice. A batch without repetition is
    quieter by the factor sqrt((n - m) / (n - 1)), which only shows when m comes near n.

    Source: Bottou 2010; syllabus OPT-04, OPT-09.
    """
    batches = (rng.integers(len(x), size=m) for _ in range(repeats))
    return np.std([minibatch_gradient(x, y, w, idx) for idx in batches], axis=0)


# --- momentum -------------------------------------------------------------------------------------


def momentum_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    mu: float = 0.9,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Momentum in the velocity form: the gradient changes the velocity, the velocity moves w.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: the velocity v, shape of ``w``; ``None`` means that it starts at 0.
        lr: learning rate.
        mu: the momentum, the share of the old velocity that is kept.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: the new velocity v, the one that is added to ``w``.

    Solution:
        v = mu * v - lr * dw, then w_next = w + v. Other texts keep u = -v: u = mu * u + lr * dw,
        then w - u. The path is the same. Our velocity remembers steps, learning rate included;
        :func:`momentum_sum_step` remembers gradients.

    Source: Polyak 1964; Sutskever et al. 2013; syllabus OPT-10, OPT-11, OPT-14.
    """
    v = np.zeros_like(w) if state is None else state
    v = mu * v - lr * dw
    return w + v, v


def momentum_sum_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    mu: float = 0.9,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Momentum, sum form: v = mu * v + dw, then w_next = w - lr * v.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: the decaying sum of gradients v, shape of ``w``; ``None`` means that it starts at 0.
        lr: learning rate.
        mu: the momentum, the weight of the sum so far.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: the new sum v.

    The path is that of :func:`momentum_step` as long as the learning rate stays the same. When it
    is cut, the whole sum is scaled down here at once; the velocity there keeps its old speed for a
    while. PyTorch's SGD has this form.

    Source: PyTorch's torch.optim.SGD, which says how it differs from Sutskever et al. 2013;
    syllabus OPT-11.
    """
    v = np.zeros_like(w) if state is None else state
    v = mu * v + dw
    return w - lr * v, v


def momentum_mean_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    mu: float = 0.9,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Momentum, mean form: v = mu * v + (1 - mu) * dw, then w_next = w - lr * v.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: the exponential moving average of gradients v, shape of ``w``; ``None`` means that it
            starts at 0.
        lr: learning rate. For the path of :func:`momentum_sum_step` take 1 / (1 - mu) times its.
        mu: the momentum, the weight of the average so far.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: the new average v.

    Only in this form is v an average: its weights add up to 1. Adam's first moment is made so.

    Source: syllabus OPT-11, OPT-12.
    """
    v = np.zeros_like(w) if state is None else state
    v = mu * v + (1 - mu) * dw
    return w - lr * v, v


def nesterov_lookahead_step(
    w: Float[np.ndarray, "*shape"],
    grad_fn: Callable,
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    mu: float = 0.9,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Nesterov momentum: the gradient is taken where the velocity is about to lead.

    Args:
        w: parameters, any shape.
        grad_fn: function ``w -> gradient``, both of the shape of ``w``.
        state: the velocity v, shape of ``w``; ``None`` means that it starts at 0.
        lr: learning rate.
        mu: the momentum, the share of the old velocity that is kept.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: the new velocity v.

    Solution:
        v = mu * v - lr * grad_fn(w + mu * v), then w_next = w + v. The velocity will carry us to
        about w + mu * v in any case. So look there first, and correct with the gradient found
        there. :func:`nesterov_step` does the same with a gradient at hand.

    Source: Nesterov 1983; Sutskever et al. 2013; syllabus OPT-14, OPT-15.
    """
    v = np.zeros_like(w) if state is None else state
    v = mu * v - lr * grad_fn(w + mu * v)
    return w + v, v


def nesterov_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    mu: float = 0.9,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Nesterov momentum for a training loop that holds the look-ahead point.

    Args:
        w: the look-ahead point, any shape: w = x + mu * v, where x and v are the parameters and the
            velocity of :func:`nesterov_lookahead_step`.
        dw: gradient of the loss on ``w``, same shape.
        state: the velocity v, shape of ``w``; ``None`` means that it starts at 0.
        lr: learning rate.
        mu: the momentum, the share of the old velocity that is kept.

    Returns:
        w_next: the next look-ahead point, shape and dtype of ``w``.
        state_next: the new velocity.

    The velocities are those of :func:`nesterov_lookahead_step`, and so are the look-ahead points.

    Solution:
        v_next = mu * v - lr * dw, then w_next = w + v_next + mu * (v_next - v). It follows from
        x = w - mu * v, x_next = x + v_next and w_next = x_next + mu * v_next.

    Source: Bengio et al. 2013; syllabus OPT-16.
    """
    v = np.zeros_like(w) if state is None else state
    v_next = mu * v - lr * dw
    return w + v_next + mu * (v_next - v), v_next


def history_weights(mu: float, steps: int) -> Float[np.ndarray, " steps"]:
    """How much each past gradient counts in the velocity: the one k steps ago with weight mu**k.

    Args:
        mu: momentum coefficient.
        steps: how many gradients to look back on, the newest included.

    Returns:
        weights: shape ``(steps,)``, newest first: 1, mu, mu**2, ... They add up to nearly
        1 / (1 - mu), not to 1: the velocity is a decaying sum, not an average.

    Only mu decides the memory. The learning rate scales all weights alike.

    Source: syllabus OPT-12.
    """
    return mu ** np.arange(float(steps))


def half_life(mu: float) -> float:
    """After how many steps a gradient counts half: log(1/2) / log(mu).

    Args:
        mu: momentum coefficient, between 0 and 1, both excluded.

    Returns:
        steps: 6.58 for mu = 0.9, 69 for mu = 0.99.

    Raises:
        ValueError: ``mu`` is not between 0 and 1.

    Source: syllabus OPT-12.
    """
    if not 0 < mu < 1:
        raise ValueError(f"mu is {mu}, expected a number between 0 and 1")
    return float(np.log(0.5) / np.log(mu))


def terminal_step(lr: float, g: Float[np.ndarray, "*shape"], mu: float) -> float:
    """Length of the momentum step once a constant gradient has built it up: lr * |g| / (1 - mu).

    Args:
        lr: learning rate.
        g: the constant gradient, any shape; |g| is its Euclidean norm.
        mu: momentum coefficient, from 0 up to but not including 1.

    Returns:
        length: at mu = 0.9 ten times the plain gradient step lr * |g|.

    The speed is reached when friction takes away as much as the gradient adds. Gradients that
    point in different directions never build it up.

    Raises:
        ValueError: ``mu`` is negative, or 1 and more, where the speed grows without end.

    Source: syllabus OPT-13.
    """
    if not 0 <= mu < 1:
        raise ValueError(f"mu is {mu}, expected a number in [0, 1)")
    return float(lr * np.linalg.norm(g) / (1 - mu))


# --- one learning rate for each parameter ---------------------------------------------------------


def adagrad_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    eps: float = 1e-8,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """AdaGrad: each weight has a rate of its own, which the squares of its gradients bring down.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: the sum of squared gradients r, shape of ``w``; ``None`` means that it starts at 0.
        lr: learning rate.
        eps: added to the square root, so that a weight without any gradient stays where it is.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: the new sum r, which already counts ``dw``.

    Solution:
        r = r + dw**2, then w_next = w - lr * dw / (sqrt(r) + eps). PyTorch's default is
        eps = 1e-10. The first step is lr long in every coordinate with a gradient.

    Source: Duchi et al. 2011; syllabus ADA-02, ADA-03, OPT-17.
    """
    r = np.zeros_like(w) if state is None else state
    r = r + dw**2
    return w - lr * dw / (np.sqrt(r) + eps), r


def rmsprop_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: Float[np.ndarray, "*shape"] | None,
    *,
    lr: float,
    beta: float = 0.9,
    eps: float = 1e-8,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """RMSProp: AdaGrad with an exponential moving average in the place of the sum.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: the exponential moving average of squared gradients r, shape of ``w``; ``None`` means
            that it starts at 0.
        lr: learning rate.
        beta: the weight of the average so far.
        eps: added to the square root.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: the new average r, which already counts ``dw``.

    Solution:
        r = beta * r + (1 - beta) * dw**2, then w_next = w - lr * dw / (sqrt(r) + eps). The average
        starts at 0 and is not corrected for it: the first step is lr / sqrt(1 - beta) long. PyTorch
        calls beta alpha and takes 0.99; Keras puts eps inside the square root.

    Source: Tieleman & Hinton 2012; syllabus ADA-07, OPT-17.
    """
    r = np.zeros_like(w) if state is None else state
    r = beta * r + (1 - beta) * dw**2
    return w - lr * dw / (np.sqrt(r) + eps), r


def rmsprop_nesterov_step(
    w: Float[np.ndarray, "*shape"],
    grad_fn: Callable,
    state: tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]] | None,
    *,
    lr: float,
    mu: float = 0.9,
    beta: float = 0.9,
    eps: float = 1e-8,
) -> tuple[
    Float[np.ndarray, "*shape"], tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]
]:
    """RMSProp with Nesterov momentum: v = mu * v - lr * g / (sqrt(r) + eps), then w_next = w + v.

    Args:
        w: parameters, any shape.
        grad_fn: function ``w -> gradient``, both of the shape of ``w``.
        state: tuple ``(v, r)``: the velocity and the moving average of squared gradients, each of
            the shape of ``w``; ``None`` means that both start at 0.
        lr: learning rate.
        mu: the share of the velocity that is kept.
        beta: the weight of the average of squares so far.
        eps: keeps 0 / 0 away where no gradient has been seen.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: tuple ``(v, r)``.

    g = grad_fn(w + mu * v) is the gradient at the look-ahead point, and
    r = beta * r + (1 - beta) * g**2 already counts it.

    Source: Goodfellow et al. 2016, algorithm 8.6; syllabus ADA-08.
    """
    v, r = (np.zeros_like(w), np.zeros_like(w)) if state is None else state
    g = grad_fn(w + mu * v)
    r = beta * r + (1 - beta) * g**2
    v = mu * v - lr * g / (np.sqrt(r) + eps)
    return w + v, (v, r)


def adadelta_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]] | None,
    *,
    lr: float = 1.0,
    beta: float = 0.95,
    eps: float = 1e-6,
) -> tuple[
    Float[np.ndarray, "*shape"], tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]
]:
    """Adadelta: w_next = w + lr * s with the step s = -sqrt(d + eps) / sqrt(r + eps) * dw.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: tuple ``(r, d)``: the moving averages of squared gradients and of squared steps, each
            of the shape of ``w``; ``None`` means that both start at 0.
        lr: a factor on the step; the paper has none, which is 1.
        beta: the weight of both averages so far. Zeiler calls it rho.
        eps: inside both roots, as in the paper. Here it does more than keep 0 / 0 away: it is the
            size of the first steps, because d starts at 0.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: tuple ``(r, d)``.

    r = beta * r + (1 - beta) * dw**2 already counts this gradient. The step uses the old d; after
    it, d = beta * d + (1 - beta) * s**2.

    Why no learning rate? If w is in seconds, past steps are too, and so is sqrt(d). The rest of s
    is a ratio of gradients, which has no unit. So s comes out in seconds by itself.

    Source: Zeiler 2012; syllabus ADA-05, ADA-06.
    """
    r, d = (np.zeros_like(w), np.zeros_like(w)) if state is None else state
    r = beta * r + (1 - beta) * dw**2
    s = -np.sqrt(d + eps) / np.sqrt(r + eps) * dw
    d = beta * d + (1 - beta) * s**2
    return w + lr * s, (r, d)


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
    """Adam: the average gradient over the root of the mean square, both corrected.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: tuple ``(m, v, t)``: the exponential moving averages of gradients and of squared
            gradients, each of the shape of ``w``, and the number of steps taken, an int; ``None``
            means two arrays of zeros and t = 0.
        lr: learning rate.
        beta1: the weight of m so far.
        beta2: the weight of v so far.
        eps: added to the square root, after the correction.
        bias_correction: ``False`` uses m and v as they are.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: tuple ``(m, v, t)`` after this step; t counts it.

    m and v are exponential moving averages. The correction makes both right for a gradient that has
    been the same at every step so far, this one included. The state holds them uncorrected.

    Solution:
        m = beta1 * m + (1 - beta1) * dw and v = beta2 * v + (1 - beta2) * dw**2. Both start at 0,
        so they are too small at first, by the factors 1 - beta1**t and 1 - beta2**t, where the
        first step is t = 1. The correction divides by them: m_hat = m / (1 - beta1**t),
        v_hat = v / (1 - beta2**t), and w_next = w - lr * m_hat / (sqrt(v_hat) + eps). With it, the
        first step has length lr in every coordinate with a gradient; without it, 3.16 lr.

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


def adamw_step(
    w: Float[np.ndarray, "*shape"],
    dw: Float[np.ndarray, "*shape"],
    state: tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"], int] | None,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[
    Float[np.ndarray, "*shape"],
    tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"], int],
]:
    """AdamW: the step of Adam, and beside it every weight decays at one rate.

    Args:
        w: parameters, any shape.
        dw: gradient of the loss on ``w``, same shape.
        state: tuple ``(m, v, t)`` as in :func:`adam_step`; ``None`` before the first step.
        lr: learning rate.
        beta1: the weight of the average of gradients so far.
        beta2: the weight of the average of squared gradients so far.
        eps: added to the square root.
        weight_decay: each step takes the share lr * weight_decay of every weight away.

    Returns:
        w_next: new parameters, shape and dtype of ``w``.
        state_next: tuple ``(m, v, t)`` after this step.

    The share is that of ``w`` as it came in, before the step of Adam.

    Solution:
        Adam's step with dw alone, and then lr * weight_decay * w less. An L2 penalty adds
        weight_decay * w to the gradient, and Adam then divides it by sqrt(v_hat) like everything
        else: weights with large gradients hardly shrink. Here the decay stays out of the moments.

    Source: Loshchilov & Hutter 2019; syllabus ADA-11, REG-02.
    """
    w_next, state = adam_step(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return w_next - lr * weight_decay * w, state


def schedule_free_step(
    z: Float[np.ndarray, "*shape"],
    x: Float[np.ndarray, "*shape"],
    grad_fn: Callable[[np.ndarray], np.ndarray],
    t: int,
    *,
    lr: float,
    beta: float = 0.9,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """One step of schedule-free SGD: a constant rate, and an average in the place of a decay.

    There are three points. The gradient is taken at y, which lies between z and x: ``beta`` of the
    way from z to x. A plain SGD step with it moves z. And x is the mean of all the z so far, those
    after steps 1, 2, ..., t; it is what the training returns.

    Args:
        z: the point that moves, any shape.
        x: the mean before this step, the shape of z. Before step 1 it is z itself.
        grad_fn: function ``point -> gradient``, called once.
        t: number of this step, from 1.
        lr: learning rate.
        beta: where the gradient is taken: 0 at z, 1 at x.

    Returns:
        z_next, x_next: new arrays; z and x stay as they are.

    Solution:
        y = (1 - beta) z + beta x; z_next = z - lr grad(y); x_next = (1 - 1/t) x + z_next / t.

    Source: Defazio et al. 2024; syllabus LRS-09.
    """
    y = (1 - beta) * z + beta * x
    z_next = z - lr * grad_fn(y)
    return z_next, x + (z_next - x) / t


def adaptive_denominator(
    r: Float[np.ndarray, "*shape"], eps: float = 1e-8, mode: str = "outside"
) -> Float[np.ndarray, "*shape"]:
    """What the gradient is divided by: sqrt(r) + eps, sqrt(r + eps) or sqrt(r).

    Args:
        r: sum or average of squared gradients, any shape.
        eps: for numerical stability.
        mode: ``"outside"`` for sqrt(r) + eps, ``"inside"`` for sqrt(r + eps), ``"none"`` for
            sqrt(r).

    Returns:
        denominator: shape and dtype of ``r``. Outside, eps matters for gradients below 1e-8; inside
        already below 1e-4, its root. With none, a coordinate that never had a gradient is 0 / 0.

    Raises:
        ValueError: ``mode`` is none of the three.

    Source: syllabus ADA-04.
    """
    if mode == "outside":
        return np.sqrt(r) + eps
    if mode == "inside":
        return np.sqrt(r + eps)
    if mode == "none":
        return np.sqrt(r)
    raise ValueError(f"mode is {mode!r}, expected 'outside', 'inside' or 'none'")


def effective_lr(
    g_history: Float[np.ndarray, "t d"], lr: float, eps: float = 1e-8
) -> Float[np.ndarray, "t d"]:
    """The learning rate that AdaGrad has left in each coordinate: lr / (sqrt(sum of g**2) + eps).

    Args:
        g_history: gradients, one step a row, shape ``(t, d)``.
        lr: learning rate.
        eps: that of :func:`adagrad_step`.

    Returns:
        rates: shape ``(t, d)``; row k has seen the gradients of rows 0 to k. It never rises; with a
        constant gradient g it falls like lr / (|g| * sqrt(t)).

    Source: Duchi et al. 2011; syllabus ADA-03.
    """
    return lr / (np.sqrt(np.cumsum(g_history**2, axis=0)) + eps)


def ema_square(g_history: Float[np.ndarray, "t d"], beta: float) -> Float[np.ndarray, "t d"]:
    """Exponential moving average of squared gradients: r = beta * r + (1 - beta) * g**2.

    Args:
        g_history: gradients, one step a row, shape ``(t, d)``.
        beta: the weight of the average so far. Zeiler calls it rho.

    Returns:
        averages: shape ``(t, d)``; row k is r after the gradient of row k. r is 0 before the first.

    AdaGrad's sum of squares remembers a steep start for ever. This average forgets it, within
    about 1 / (1 - beta) steps.

    Source: Zeiler 2012; Tieleman & Hinton 2012; syllabus ADA-05, ADA-07.
    """
    averages = np.zeros_like(g_history)
    r = np.zeros_like(g_history[0])
    for k, g in enumerate(g_history):
        r = beta * r + (1 - beta) * g**2
        averages[k] = r
    return averages


def uncorrected_ratio(
    t: int | Int[np.ndarray, " n"], beta1: float = 0.9, beta2: float = 0.999
) -> float | Float[np.ndarray, " n"]:
    """Length of Adam's t-th step without bias correction, for a constant gradient, in units of lr.

    Args:
        t: number of the step, from 1; an int or an array of ints.
        beta1: the weight of the average of gradients so far.
        beta2: the weight of the average of squared gradients so far.

    Returns:
        ratio: a number for one step, an array for several.

    Both averages start at 0, the gradient is the same at every step, and eps is 0.

    Solution:
        (1 - beta1**t) / sqrt(1 - beta2**t): after t steps with the gradient g, m is
        (1 - beta1**t) g and v is (1 - beta2**t) g**2. The ratio starts at 3.16, grows to 6.57, and
        comes back late; the corrected step is 1 throughout.

    Source: syllabus ADA-10.
    """
    return (1 - beta1**t) / np.sqrt(1 - beta2**t)


# --- many arrays at once --------------------------------------------------------------------------


def step_params(
    step: Callable,
    params: dict[str, np.ndarray],
    grads: dict[str, np.ndarray],
    states: dict | None,
    **hyper,
) -> tuple[dict, dict]:
    """One optimizer step for every array in a dictionary of parameters.

    Args:
        step: a step that takes a gradient, for example :func:`adam_step`.
        params: ``{name: array}``.
        grads: ``{name: gradient}``, the same names, each gradient of its array's shape.
        states: ``{name: state}``, what the last call returned; ``None`` before the first.
        **hyper: the hyperparameters of ``step``, for example ``lr=1e-3``.

    Returns:
        params_next: ``{name: array}``, new arrays in a new dictionary.
        states_next: ``{name: state}``.

    Raises:
        ValueError: the names differ, or a gradient has another shape than its array.

    Source: syllabus OPT-17.
    """
    if params.keys() != grads.keys():
        raise ValueError(f"grads has the names {sorted(grads)}, expected {sorted(params)}")
    states = dict.fromkeys(params) if states is None else states
    # A NumPy number has a dtype of its own, which would become that of the parameters.
    hyper = {k: h.item() if isinstance(h, np.generic) else h for k, h in hyper.items()}
    params_next, states_next = {}, {}
    with np.errstate(over="ignore", invalid="ignore"):  # a run that explodes shows it in its loss
        for name, w in params.items():
            dw = grads[name]
            if dw.shape != w.shape:
                raise ValueError(f"grads[{name!r}] has shape {dw.shape}, expected {w.shape}")
            params_next[name], states_next[name] = step(w, dw, states[name], **hyper)
    return params_next, states_next


enforce(
    __name__,
    filled=(batch_gradient, gradient_noise, ema_square),
    checks={
        minibatch_gradient: _checks.rows_of_x,
        schedule_free_step: _checks.numbered_step,
        step_params: _checks.gradients,
    },
)
