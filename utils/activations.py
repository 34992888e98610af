"""Activation functions: forward and backward, and what to measure about them.

Every forward returns ``(out, cache)``; its backward takes ``(dout, cache)`` and
returns the gradients in the order of the forward's array arguments.
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce


def sigmoid_forward(
    x: Float[np.ndarray, "*shape"],
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Sigmoid, element by element: out = 1 / (1 + exp(-x)).

    Args:
        x: inputs, any shape.

    Returns:
        out: values between 0 and 1, shape and dtype of ``x``.
        cache: ``out`` itself; the backward pass needs nothing else.

    No warning and no overflow for any ``x``, however large.

    Source: syllabus ACT-02.
    """
    z = np.exp(-np.abs(x))
    out = np.where(x >= 0, 1 / (1 + z), z / (1 + z))
    return out, out


def sigmoid_backward(
    dout: Float[np.ndarray, "*shape"], cache: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Gradient of the sigmoid.

    Args:
        dout: gradient of the loss with respect to the output, any shape.
        cache: ``out`` of :func:`sigmoid_forward`, same shape.

    Returns:
        dx: gradient of the loss with respect to the input, same shape.

    Solution:
        dx = dout * out * (1 - out). The local factor is at most 1/4, reached at x = 0.

    Source: syllabus ACT-03.
    """
    out = cache
    return dout * out * (1 - out)


def tanh_forward(
    x: Float[np.ndarray, "*shape"],
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Hyperbolic tangent, element by element: out = tanh(x) = 2 sigmoid(2x) - 1.

    Args:
        x: inputs, any shape.

    Returns:
        out: values between -1 and 1, shape and dtype of ``x``.
        cache: ``out`` itself.

    Source: LeCun et al. 1991; syllabus ACT-06.
    """
    out = np.tanh(x)
    return out, out


def tanh_backward(
    dout: Float[np.ndarray, "*shape"], cache: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Gradient of tanh.

    Args:
        dout: gradient of the loss with respect to the output, any shape.
        cache: ``out`` of :func:`tanh_forward`, same shape.

    Returns:
        dx: gradient of the loss with respect to the input, same shape.

    Solution:
        dx = dout * (1 - out^2).

    Source: syllabus ACT-06.
    """
    out = cache
    return dout * (1 - out**2)


def relu_forward(
    x: Float[np.ndarray, "*shape"],
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Rectified linear unit, element by element: out = max(0, x).

    Args:
        x: inputs, any shape.

    Returns:
        out: shape and dtype of ``x``.
        cache: ``x`` itself.

    Source: Krizhevsky et al. 2012; syllabus ACT-07.
    """
    return np.maximum(0, x), x


def relu_backward(
    dout: Float[np.ndarray, "*shape"], cache: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Gradient of ReLU.

    Args:
        dout: gradient of the loss with respect to the output, any shape.
        cache: ``x`` of :func:`relu_forward`, same shape.

    Returns:
        dx: gradient of the loss with respect to the input, same shape. At x = 0, where ReLU
            has a corner, the local gradient is 0.

    Solution:
        dx = dout where x > 0, and 0 elsewhere.

    Source: syllabus ACT-07, ACT-08.
    """
    x = cache
    return np.where(x > 0, dout, 0)


def leaky_relu_forward(
    x: Float[np.ndarray, "*shape"], slope: float = 0.01
) -> tuple[Float[np.ndarray, "*shape"], tuple[Float[np.ndarray, "*shape"], float]]:
    """Leaky ReLU, element by element: out = max(slope * x, x).

    Args:
        x: inputs, any shape.
        slope: slope for negative inputs, 0 <= slope < 1. Slope 0 is ReLU.

    Returns:
        out: shape and dtype of ``x``.
        cache: the tuple ``(x, slope)``.

    Raises:
        ValueError: unless 0 <= slope < 1. At slope 1 the function is the
            identity; above 1 the maximum picks the wrong branch on both sides.

    Lectures print the slope as 0.1 and as 0.01; the default here is 0.01.

    Source: Maas et al. 2013; syllabus ACT-09.
    """
    if not 0 <= slope < 1:
        raise ValueError(f"slope is {slope}, expected 0 <= slope < 1")
    out = np.maximum(slope * x, x) if slope else np.maximum(0, x)  # 0 * inf has no value
    return out, (x, slope)


def leaky_relu_backward(
    dout: Float[np.ndarray, "*shape"], cache: tuple[Float[np.ndarray, "*shape"], float]
) -> Float[np.ndarray, "*shape"]:
    """Gradient of leaky ReLU: dx = dout where x > 0, and slope * dout elsewhere.

    Args:
        dout: gradient of the loss with respect to the output, any shape.
        cache: the tuple ``(x, slope)`` of :func:`leaky_relu_forward`.

    Returns:
        dx: gradient of the loss with respect to the input, same shape. At x = 0, where the
            function has a corner, it is slope * dout.

    Source: Maas et al. 2013; syllabus ACT-09.
    """
    x, slope = cache
    return np.where(x > 0, dout, slope * dout)


def prelu_forward(
    x: Float[np.ndarray, "n d"], alpha: Float[np.ndarray, " #d"]
) -> tuple[Float[np.ndarray, "n d"], tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " #d"]]]:
    """Parametric ReLU: out = max(0, x) + alpha * min(0, x), with a learnt slope alpha.

    Args:
        x: inputs, shape (N, D).
        alpha: slope for negative inputs, a parameter to be learnt: shape (D,)
            for one slope per feature, or (1,) for one slope shared by all.
            He et al. start from 0.25.

    Returns:
        out: shape and dtype of ``x``.
        cache: the tuple ``(x, alpha)``.

    Raises:
        ValueError: when ``alpha`` has neither shape (D,) nor (1,).

    The form max(alpha * x, x) says the same only while alpha <= 1, which
    nothing enforces once alpha is learnt.

    Source: He et al. 2015; syllabus ACT-10.
    """
    if alpha.shape not in [(1,), x.shape[1:]]:
        raise ValueError(f"alpha has shape {alpha.shape}, expected (1,) or {x.shape[1:]}")
    return np.maximum(0, x) + alpha * np.minimum(0, x), (x, alpha)


def prelu_backward(
    dout: Float[np.ndarray, "n d"],
    cache: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " #d"]],
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, " #d"]]:
    """Gradients of PReLU with respect to its input and to its slope.

    Args:
        dout: gradient of the loss with respect to the output, shape (N, D).
        cache: the tuple ``(x, alpha)`` of :func:`prelu_forward`.

    Returns:
        dx: gradient of the loss with respect to the input, shape (N, D). At x = 0, where the
            function has a corner, the local gradient is alpha.
        dalpha: gradient of the loss with respect to the slope, shape of ``alpha``.

    Solution:
        dx = dout where x > 0, alpha * dout elsewhere. dalpha is the sum of dout * min(0, x) over
        all entries that the slope serves: a column, or the whole array when it is shared.

    Source: He et al. 2015; syllabus ACT-10.
    """
    x, alpha = cache
    dx = np.where(x > 0, dout, alpha * dout)
    dalpha = (dout * np.minimum(0, x)).sum(axis=0)
    if alpha.shape == (1,):
        dalpha = dalpha.sum(keepdims=True)
    return dx, dalpha


def elu_forward(
    x: Float[np.ndarray, "*shape"], alpha: float = 1.0
) -> tuple[Float[np.ndarray, "*shape"], tuple[Float[np.ndarray, "*shape"], float]]:
    """Exponential linear unit: out = x where x > 0, and alpha * (exp(x) - 1) elsewhere.

    Args:
        x: inputs, any shape.
        alpha: depth of the negative side, alpha >= 0; ``out`` tends to -alpha
            for very negative x.

    Returns:
        out: shape and dtype of ``x``.
        cache: the tuple ``(out, alpha)``; ``x`` is not needed again.

    Raises:
        ValueError: when alpha is negative.

    No warning and no overflow for any ``x``: the exponential belongs to the
    negative side only and must never see a large positive number.

    Source: Clevert et al. 2015; syllabus ACT-11.
    """
    if not alpha >= 0:
        raise ValueError(f"alpha is {alpha}, expected alpha >= 0")
    out = np.where(x > 0, x, alpha * np.expm1(np.minimum(0, x)))
    return out, (out, alpha)


def elu_backward(
    dout: Float[np.ndarray, "*shape"], cache: tuple[Float[np.ndarray, "*shape"], float]
) -> Float[np.ndarray, "*shape"]:
    """Gradient of ELU, from its output: the input is not at hand.

    Args:
        dout: gradient of the loss with respect to the output, any shape.
        cache: the tuple ``(out, alpha)`` of :func:`elu_forward`.

    Returns:
        dx: gradient of the loss with respect to the input, same shape. x = 0 belongs to
            the left branch. Neither an exponential nor a logarithm is needed.

    Solution:
        dx = dout where out > 0, and dout * (out + alpha) elsewhere: on the left the slope is
        alpha * exp(x) = out + alpha.

    Source: Clevert et al. 2015; syllabus ACT-11.
    """
    out, alpha = cache
    return np.where(out > 0, dout, dout * (out + alpha))


def maxout_forward(
    x: Float[np.ndarray, "n d"],
    w: Float[np.ndarray, "k d m"],
    b: Float[np.ndarray, "k m"],
) -> tuple[
    Float[np.ndarray, "n m"],
    tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "k d m"], Int[np.ndarray, "n m"]],
]:
    """Maxout: out = the largest, over the k pieces j, of x @ w[j] + b[j].

    Args:
        x: inputs, shape (N, D).
        w: weights of the k linear pieces, shape (k, D, M).
        b: their biases, shape (k, M).

    Returns:
        out: shape (N, M).
        cache: the tuple ``(x, w, winner)``. ``winner`` has shape (N, M) and
            holds which piece was largest (an index from 0 to k - 1; of equal
            pieces the first).

    Raises:
        ValueError: when the shapes of ``x``, ``w`` and ``b`` do not fit together.

    Source: Goodfellow et al. 2013; syllabus ACT-12.
    """
    if x.shape[1] != w.shape[1] or b.shape != (w.shape[0], w.shape[2]):
        raise ValueError(
            f"x {x.shape}, w {w.shape}, b {b.shape} do not fit: expected (N, D), (k, D, M), (k, M)"
        )
    scores = x @ w + b[:, None, :]
    winner = scores.argmax(axis=0)
    return scores.max(axis=0), (x, w, winner)


def maxout_gradients(
    dout: Float[np.ndarray, "n m"],
    cache: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "k d m"], Int[np.ndarray, "n m"]],
) -> dict[str, Float[np.ndarray, "..."]]:
    """Gradients of maxout, node by node from the output back to the input.

    The graph: scores[j] = x @ w[j] + b[j] for each of the k pieces, then out = the largest over j.

    Args:
        dout: gradient of the loss with respect to the output, shape (N, M).
        cache: the tuple ``(x, w, winner)`` of :func:`maxout_forward`.

    Returns:
        grads: a dict with the keys "scores", shape (k, N, M), "w", shape (k, D, M), "b", shape
            (k, M), and "x", shape (N, D): the gradient of the loss with respect to each.

    Solution:
        scores: dout for the winning piece, 0 for the others. Each piece is a dense layer:
        w: x^T @ dscores, b: the sum of dscores over the examples, x: dscores @ w^T, summed over
        the pieces.

    Source: Goodfellow et al. 2013; syllabus ACT-12.
    """
    x, w, winner = cache
    pieces = np.arange(len(w))[:, None, None]
    dscores = np.where(pieces == winner, dout, 0)
    return {
        "scores": dscores,
        "w": x.T @ dscores,
        "b": dscores.sum(axis=1),
        "x": (dscores @ w.transpose(0, 2, 1)).sum(axis=0),
    }


def maxout_backward(
    dout: Float[np.ndarray, "n m"],
    cache: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "k d m"], Int[np.ndarray, "n m"]],
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "k d m"], Float[np.ndarray, "k m"]]:
    """Gradients of maxout: dout goes to the winning piece alone, then through its linear map.

    Args:
        dout: gradient of the loss with respect to the output, shape (N, M).
        cache: the tuple ``(x, w, winner)`` of :func:`maxout_forward`.

    Returns:
        dx: gradient of the loss with respect to the input, shape (N, D).
        dw: with respect to the weights, shape (k, D, M).
        db: with respect to the biases, shape (k, M).

    Source: Goodfellow et al. 2013; syllabus ACT-12.
    """
    grads = maxout_gradients(dout, cache)
    return grads["x"], grads["w"], grads["b"]


def act(name: str, x: Float[np.ndarray, "*shape"], **options: float) -> Float[np.ndarray, "*shape"]:
    """Value of the activation called ``name``: sigmoid, tanh, relu, leaky_relu or elu.

    Args:
        name: name of an element-by-element activation.
        x: inputs, any shape.
        options: ``slope`` of leaky_relu (0.01) or ``alpha`` of elu (1.0).

    Returns:
        Values, shape and dtype of ``x``.

    Raises:
        ValueError: for any other name.

    Source: syllabus ACT-01.
    """
    forwards = {
        "sigmoid": sigmoid_forward,
        "tanh": tanh_forward,
        "relu": relu_forward,
        "leaky_relu": leaky_relu_forward,
        "elu": elu_forward,
    }
    if name not in forwards:
        raise ValueError(f"activation {name!r} is unknown, expected one of {', '.join(forwards)}")
    return forwards[name](x, **options)[0]


def act_grad(
    name: str, x: Float[np.ndarray, "*shape"], **options: float
) -> Float[np.ndarray, "*shape"]:
    """Local gradient d out / d x of the activation called ``name``: its backward pass on ones.

    Args:
        name: name of an element-by-element activation, as for :func:`act`.
        x: inputs, any shape.
        options: ``slope`` of leaky_relu (0.01) or ``alpha`` of elu (1.0).

    Returns:
        Derivatives at ``x``, shape and dtype of ``x``.

    Raises:
        ValueError: for any other name.

    Source: syllabus ACT-01.
    """
    pairs = {
        "sigmoid": (sigmoid_forward, sigmoid_backward),
        "tanh": (tanh_forward, tanh_backward),
        "relu": (relu_forward, relu_backward),
        "leaky_relu": (leaky_relu_forward, leaky_relu_backward),
        "elu": (elu_forward, elu_backward),
    }
    if name not in pairs:
        raise ValueError(f"activation {name!r} is unknown, expected one of {', '.join(pairs)}")
    forward, backward = pairs[name]
    _, cache = forward(x, **options)
    return backward(np.ones_like(x), cache)


def saturation_fraction(local: Float[np.ndarray, "*shape"], threshold: float = 0.01) -> float:
    """Share of entries whose local gradient is almost zero: the mean of |local| < threshold.

    Args:
        local: local gradients d out / d x of an activation, any shape: its
            backward pass on ones.
        threshold: below this an entry counts as saturated.

    Returns:
        A number from 0 to 1.

    Source: syllabus ACT-03.
    """
    return float((np.abs(local) < threshold).mean())


def same_sign_fraction(x: Float[np.ndarray, "n d"], delta: Float[np.ndarray, " n"]) -> float:
    """Share of examples whose weight gradient delta[n] * x[n] has entries of one sign only.

    Args:
        x: inputs of one neuron, shape (N, D), one example a row.
        delta: gradient of the loss with respect to the neuron's pre-activation, shape (N,).

    Returns:
        A number from 0 to 1: how many of the N gradients are positive in all D
        entries or negative in all D entries. Zero has no sign: a gradient with
        a zero entry does not count.

    Source: syllabus ACT-04.
    """
    dw = delta[:, None] * x
    one_sign = (dw > 0).all(axis=1) | (dw < 0).all(axis=1)
    return float(one_sign.mean())


def dead_fraction(h: Float[np.ndarray, "n units"]) -> float:
    """Share of units that are dead: their output is zero on every example.

    Args:
        h: outputs of a ReLU layer, shape (N, units), one example a row.

    Returns:
        A number from 0 to 1. A unit that answers a single example is alive.

    Source: syllabus ACT-08.
    """
    return float((h == 0).all(axis=0).mean())


def normal_moments(activation: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
    """Mean and standard deviation of activation(z) for z drawn from N(0, 1), by integration.

    Args:
        activation: function of an array that works element by element and
            returns the values (not a cache).

    Returns:
        mean, standard deviation. For ReLU 0.3989 and 0.5838.

    The integral is a sum over a fine grid from -10 to 10, beyond which a normal
    variable practically never falls.

    Source: syllabus ACT-08, ACT-09, ACT-11.
    """
    z = np.linspace(-10, 10, 20_001)
    weight = np.exp(-(z**2) / 2)
    weight /= weight.sum()
    out = activation(z)
    mean = (weight * out).sum()
    return float(mean), float(np.sqrt((weight * (out - mean) ** 2).sum()))


def time_fn(
    f: Callable[[np.ndarray], object], x: Float[np.ndarray, "*shape"], repeats: int = 7
) -> float:
    """Seconds that one call f(x) takes: the fastest of ``repeats`` calls.

    Args:
        f: function of one array.
        x: its argument.
        repeats: number of calls, at least 1. Other programs can only slow a
            call down, so the fastest is the best estimate.

    Returns:
        Seconds.

    Raises:
        ValueError: when ``repeats`` is less than 1.

    Source: syllabus ACT-05.
    """
    if repeats < 1:
        raise ValueError(f"repeats is {repeats}, expected at least 1")
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        f(x)
        seconds.append(perf_counter() - start)
    return min(seconds)


enforce(__name__, filled=(maxout_forward, saturation_fraction, same_sign_fraction, dead_fraction))
