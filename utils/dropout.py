"""Dropout and its relatives: layers that are random in training and averaged at test time.

``p_drop`` is always the probability that something is dropped, from 0 up to but not
including 1. Lectures and papers also write p for the probability of keeping, 1 - p_drop.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int

from utils import _checks
from utils._signatures import enforce


def dropout_mask(
    shape: tuple[int, ...], *, p_drop: float, rng: np.random.Generator
) -> Bool[np.ndarray, "..."]:
    """Which units are kept: each is True with probability 1 - p_drop, on its own.

    Args:
        shape: shape of the mask.
        p_drop: probability that a unit is dropped, 0 <= p_drop < 1.
        rng: source of the random numbers.

    Returns:
        mask: True where a unit is kept, False where it is dropped.

    Raises:
        ValueError: unless 0 <= p_drop < 1.

    Source: Srivastava et al. 2014; syllabus DRP-01.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    return rng.random(shape) >= p_drop


def dropout_apply(
    x: Float[np.ndarray, "*shape"], mask: Bool[np.ndarray, "*shape"], *, p_drop: float
) -> Float[np.ndarray, "*shape"]:
    """Inverted dropout with a given mask: out = x * mask / (1 - p_drop).

    Args:
        x: activations, any shape.
        mask: True where a unit is kept, same shape.
        p_drop: probability with which the mask dropped a unit.

    Returns:
        out: dropped units are 0, the others are scaled up, so that the
        expectation over masks is ``x``.

    Raises:
        ValueError: unless 0 <= p_drop < 1.

    Source: Srivastava et al. 2014; syllabus DRP-06.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    return x * mask / (1 - float(p_drop))


def dropout_forward(
    x: Float[np.ndarray, "*shape"],
    *,
    p_drop: float,
    train: bool,
    rng: np.random.Generator | None,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Inverted dropout: the survivors are scaled in training, and evaluation mode changes nothing.

    Args:
        x: activations, any shape.
        p_drop: probability that a unit is dropped, 0 <= p_drop < 1.
        train: True draws a new mask, with its own entry for every entry of ``x``;
            False lets everything pass.
        rng: source of the random numbers; not used when ``train`` is False.

    Returns:
        out: a new array, shape and dtype of ``x``. In training the expectation
            over masks of every entry is that of ``x``; at test time out is a copy
            of ``x``.
        cache: array of the same shape and dtype, the factor of every entry:
            out is x times the cache, in both phases.

    PyTorch and Keras do the same.

    Solution:
        A factor c on the survivors keeps the mean when (1 - p_drop) c = 1. In training
        the cache is mask / (1 - p_drop), at test time 1 everywhere.

    Raises:
        ValueError: unless 0 <= p_drop < 1, or without a generator in training.

    Source: Srivastava et al. 2014; syllabus DRP-06, DRP-07.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    if train:
        if rng is None:
            raise ValueError("rng is None, expected a generator: training draws a mask")
        mask = rng.random(x.shape) >= p_drop
        factor = np.divide(mask, 1 - p_drop, dtype=x.dtype)
    else:
        factor = np.ones_like(x)
    return x * factor, factor


def dropout_backward(
    dout: Float[np.ndarray, "*shape"], cache: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Gradient of inverted dropout, from what the forward pass kept.

    Args:
        dout: gradient of the loss on the output, any shape.
        cache: of :func:`dropout_forward`, the factor of every entry.

    Returns:
        dx: gradient of the loss on the input, a new array, shape and dtype of ``dout``.

    Solution:
        out = x * factor entry by entry, so dx = dout * factor. The gradient passes where
        the signal passed, scaled the same, and nowhere else: no new mask is drawn.

    Source: Srivastava et al. 2014; syllabus DRP-06.
    """
    factor = cache
    return dout * factor


def vanilla_dropout_forward(
    x: Float[np.ndarray, "*shape"],
    *,
    p_drop: float,
    train: bool,
    rng: np.random.Generator | None,
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Vanilla dropout: the survivors stay as they are in training, and evaluation scales all units.

    Args:
        x: activations, any shape.
        p_drop: probability that a unit is dropped, 0 <= p_drop < 1.
        train: True draws a new mask, False scales everything.
        rng: source of the random numbers; not used when ``train`` is False.

    Returns:
        out: a new array, shape and dtype of ``x``. At test time every entry is what
            it was on average over the masks of training.
        cache: array of the same shape and dtype, the factor of every entry:
            out is x times the cache, in both phases.

    Solution:
        In training the factor is the mask as 0 and 1. All units are there at test time, so each
        is scaled by the probability of *keeping* it, 1 - p_drop.

    Raises:
        ValueError: unless 0 <= p_drop < 1, or without a generator in training.

    Source: Srivastava et al. 2014; syllabus DRP-02, DRP-05.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    if train:
        if rng is None:
            raise ValueError("rng is None, expected a generator: training draws a mask")
        factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    else:
        factor = np.full_like(x, 1 - p_drop)
    return x * factor, factor


def vanilla_dropout_backward(
    dout: Float[np.ndarray, "*shape"], cache: Float[np.ndarray, "*shape"]
) -> Float[np.ndarray, "*shape"]:
    """Gradient of vanilla dropout: dx = dout * factor, with the factor of the forward pass.

    Args:
        dout: gradient of the loss on the output, any shape.
        cache: of :func:`vanilla_dropout_forward`, the factor of every entry.

    Returns:
        dx: gradient of the loss on the input, same shape.

    Source: Srivastava et al. 2014; syllabus DRP-02.
    """
    factor = cache
    return dout * factor


def expected_output_exact(
    x: Float[np.ndarray, " d"],
    w: Float[np.ndarray, " d"],
    *,
    p_drop: float,
    activation: str = "linear",
) -> float:
    """Expected output of one neuron under dropout: sum over all masks of p(mask) f(w . (mask x)).

    Args:
        x: inputs of the neuron, shape (d,), each dropped on its own (and not
            scaled up).
        w: weights, shape (d,).
        p_drop: probability that an input is dropped, 0 <= p_drop < 1.
        activation: f: "linear" or "relu".

    Returns:
        The expectation, the mean of the 2^d outputs weighted by the probability of each
        mask.

    Raises:
        ValueError: when d > 16 (too many masks to go through), for another
            activation, or unless 0 <= p_drop < 1.

    Solution:
        A mask that keeps k inputs has the probability (1 - p_drop)^k p_drop^(d - k).

    Source: Srivastava et al. 2014; syllabus DRP-05.
    """
    functions = {"linear": lambda a: a, "relu": lambda a: np.maximum(0, a)}
    d = len(x)
    if d > 16:
        raise ValueError(f"x has {d} entries, expected at most 16")
    if activation not in functions:
        raise ValueError(f"activation is {activation!r}, expected 'linear' or 'relu'")
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    masks = (np.arange(2**d)[:, None] >> np.arange(d)) & 1
    kept = masks.sum(axis=1)
    probability = (1 - p_drop) ** kept * p_drop ** (d - kept)
    return float(probability @ functions[activation](masks @ (w * x)))


def expected_output_sampled(
    x: Float[np.ndarray, " d"],
    w: Float[np.ndarray, " d"],
    *,
    p_drop: float,
    n_samples: int,
    rng: np.random.Generator,
    activation: str = "linear",
) -> float:
    """Expected output of one neuron under dropout, by Monte Carlo: the mean over sampled masks.

    Args:
        x, w, p_drop, activation: as for :func:`expected_output_exact`; any d.
        n_samples: number of masks.
        rng: source of the random numbers.

    Returns:
        An estimate whose error shrinks as 1 / sqrt(n_samples).

    Raises:
        ValueError: for another activation, without a sample, or unless
            0 <= p_drop < 1.

    Source: Srivastava et al. 2014; syllabus DRP-05, REG-08.
    """
    functions = {"linear": lambda a: a, "relu": lambda a: np.maximum(0, a)}
    if activation not in functions:
        raise ValueError(f"activation is {activation!r}, expected 'linear' or 'relu'")
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    if n_samples < 1:
        raise ValueError(f"n_samples is {n_samples}, expected at least 1")
    masks = rng.random((n_samples, len(x))) >= p_drop
    return float(functions[activation](masks @ (w * x)).mean())


def expected_output_scaled(
    x: Float[np.ndarray, " d"],
    w: Float[np.ndarray, " d"],
    *,
    p_drop: float,
    activation: str = "linear",
) -> float:
    """The test-time rule for the expected output of one neuron: the sum at its mean, then f.

    Args:
        x, w, p_drop, activation: as for :func:`expected_output_exact`; any d.

    Returns:
        One pass with all inputs instead of 2^d.

    Solution:
        Exact for a linear neuron; for ReLU never above the exact expectation
        (Jensen's inequality).

    Raises:
        ValueError: for another activation, or unless 0 <= p_drop < 1.

    Source: Srivastava et al. 2014; syllabus DRP-05.
    """
    functions = {"linear": lambda a: a, "relu": lambda a: np.maximum(0, a)}
    if activation not in functions:
        raise ValueError(f"activation is {activation!r}, expected 'linear' or 'relu'")
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    return float(functions[activation]((1 - p_drop) * (w @ x)))


def count_masks_log10(n: int) -> float:
    """How many dropout masks n units have, as a power of ten: log10(2^n) = n log10(2).

    Args:
        n: number of units.

    Returns:
        The exponent: 1233.02 for 4096 units. (There are about 10^82 atoms in
        the universe we see.)

    Source: syllabus DRP-04.
    """
    return float(n * np.log10(2))


def mask_ensemble(
    h: Float[np.ndarray, "n units"],
    w: Float[np.ndarray, "units classes"],
    b: Float[np.ndarray, " classes"],
    masks: Bool[np.ndarray, "masks units"],
    *,
    p_drop: float,
) -> Float[np.ndarray, "n classes"]:
    """Prediction of an ensemble of masked networks: mean over masks of softmax(dropout(h) w + b).

    Args:
        h: activations of the last hidden layer, shape (N, units).
        w: weights of the output layer, shape (units, classes).
        b: biases of the output layer, shape (classes,).
        masks: one network a row, shape (masks, units): True where it has the unit.
        p_drop: probability with which the masks dropped a unit.

    Returns:
        Probabilities, shape (N, classes): each row sums to 1. Each network
        sees h * mask / (1 - p_drop), as in training.

    Raises:
        ValueError: without a mask, or unless 0 <= p_drop < 1.

    Source: Srivastava et al. 2014; syllabus DRP-04.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    if len(masks) == 0:
        raise ValueError(f"masks has shape {masks.shape}, expected at least one row")
    predictions = []
    for mask in masks:
        scores = (h * mask / (1 - float(p_drop))) @ w + b
        exps = np.exp(scores - scores.max(axis=1, keepdims=True))
        predictions.append(exps / exps.sum(axis=1, keepdims=True))
    return np.mean(predictions, axis=0)


def geometric_ensemble(
    predictions: Float[np.ndarray, "networks n classes"],
    probability: Float[np.ndarray, " networks"],
) -> Float[np.ndarray, "n classes"]:
    """Renormalised geometric mean of the predictions of several networks.

    Args:
        predictions: probabilities of each network for each example, shape
            (networks, N, classes), all above 0; each row sums to 1.
        probability: weight of each network, shape (networks,); they sum to 1.

    Returns:
        Probabilities, shape (N, classes). Each class has the weighted geometric
        mean of what the networks give it, and each row is scaled to sum to 1. The
        value is right for many networks and tiny predictions, too.

    Raises:
        ValueError: when ``probability`` has another number of networks.

    Solution:
        The logarithm of a geometric mean is the mean of the logarithms: weigh log
        predictions with the probabilities, add up over the networks, take the exponential, and
        divide each row by its sum.

    Source: Srivastava et al. 2014, Goodfellow et al. 2016 (section 7.12); syllabus DRP-04.
    """
    if len(predictions) != len(probability):
        raise ValueError(
            f"probability has {len(probability)} weights, expected {len(predictions)}, one for "
            "each network"
        )
    means = np.exp(np.tensordot(probability, np.log(predictions), axes=1))
    return means / means.sum(axis=1, keepdims=True)


def dropout_penalty(
    x: Float[np.ndarray, "n d"], w: Float[np.ndarray, " d"], *, p_drop: float
) -> float:
    """What inverted dropout on the inputs adds to a sum of squared errors, on average over masks.

    The model is linear, pred_i = sum_j f_ij x_ij w_j, with a factor f_ij of inverted dropout
    for every input of every example. The loss is sum_i (pred_i - y_i)^2.

    Args:
        x: inputs, shape (N, D).
        w: weights, shape (D,).
        p_drop: probability that an input is dropped, 0 <= p_drop < 1.

    Returns:
        The expectation of the loss over all masks, less the loss without dropout. It
        does not depend on y.

    Raises:
        ValueError: unless 0 <= p_drop < 1.

    Solution:
        Each factor has the mean 1 and the variance p_drop / (1 - p_drop). The
        expectation of a square is the squared mean plus the variance, and variances of
        independent terms add up: p_drop / (1 - p_drop) sum_j w_j^2 sum_i x_ij^2. That is a
        ridge penalty with a strength of its own for each weight.

    Source: Srivastava et al. 2014 (section 9.1), Wager et al. 2013; syllabus DRP-05, REG-08.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    return float(p_drop / (1 - p_drop) * (x**2).sum(axis=0) @ w**2)


def mc_dropout(
    h: Float[np.ndarray, "n units"],
    w: Float[np.ndarray, "units classes"],
    b: Float[np.ndarray, " classes"],
    *,
    p_drop: float,
    n_samples: int,
    rng: np.random.Generator,
) -> tuple[Float[np.ndarray, "n classes"], Float[np.ndarray, "n classes"]]:
    """Monte Carlo dropout: mean and standard deviation of predictions with dropout left on.

    Args:
        h: activations of the last hidden layer, shape (N, units).
        w: weights of the output layer, shape (units, classes).
        b: biases of the output layer, shape (classes,).
        p_drop: probability that a unit is dropped, 0 <= p_drop < 1.
        n_samples: number of passes, each with inverted dropout on h.
        rng: source of the random numbers.

    Returns:
        mean: of the probabilities over the passes, shape (N, classes).
        std: their standard deviation over the passes (divided by n_samples), same shape.

    Raises:
        ValueError: unless 0 <= p_drop < 1, or without a sample.

    Solution:
        Draw a new mask for every pass, take the softmax of each pass, then mean and
        standard deviation over the passes.

    Source: Gal & Ghahramani 2016; syllabus DRP-05, REG-08.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    if n_samples < 1:
        raise ValueError(f"n_samples is {n_samples}, expected at least 1")
    passes = []
    for _ in range(n_samples):
        mask = rng.random(h.shape) >= p_drop
        scores = (h * mask / (1 - float(p_drop))) @ w + b
        exps = np.exp(scores - scores.max(axis=1, keepdims=True))
        passes.append(exps / exps.sum(axis=1, keepdims=True))
    return np.mean(passes, axis=0), np.std(passes, axis=0)


def corrupt_one_feature(x: Float[np.ndarray, "n d"], j: int) -> Float[np.ndarray, "n d"]:
    """The same data without one feature: a copy of x whose column j is 0.

    Args:
        x: features or hidden activations, shape (N, D).
        j: number of the feature, 0 <= j < D.

    Returns:
        A new array; ``x`` stays as it is.

    Raises:
        ValueError: unless 0 <= j < D.

    Source: syllabus DRP-03.
    """
    if not 0 <= j < x.shape[1]:
        raise ValueError(f"j is {j}, expected 0 <= j < {x.shape[1]}")
    corrupted = x.copy()
    corrupted[:, j] = 0
    return corrupted


def robustness_scores(
    predict: Callable[[np.ndarray], np.ndarray],
    x: Float[np.ndarray, "n d"],
    y: Int[np.ndarray, " n"],
) -> Float[np.ndarray, " d"]:
    """What each feature is worth: the accuracy that is lost when it alone is removed.

    Args:
        predict: function of an array like ``x`` that returns a class per row.
        x: features or hidden activations, shape (N, D).
        y: right classes, shape (N,).

    Returns:
        Accuracy with all features minus accuracy with column j of x set to 0,
        shape (D,). An accuracy is the share of rows that are classified right.
        Redundant features are worth little each: that is what dropout aims at.

    Source: Srivastava et al. 2014; syllabus DRP-03.
    """
    accuracy = (predict(x) == y).mean()
    corrupted = [(predict(corrupt_one_feature(x, j)) == y).mean() for j in range(x.shape[1])]
    return accuracy - np.array(corrupted)


def dropconnect_apply(
    x: Float[np.ndarray, "n fan_in"],
    w: Float[np.ndarray, "fan_in fan_out"],
    mask: Bool[np.ndarray, "fan_in fan_out"],
    *,
    p_drop: float,
) -> Float[np.ndarray, "n fan_out"]:
    """DropConnect with a given mask: out = x @ (w * mask / (1 - p_drop)).

    Args:
        x: inputs, shape (N, fan_in).
        w: weights, shape (fan_in, fan_out).
        mask: True where a weight is kept, shape (fan_in, fan_out).
        p_drop: probability with which the mask dropped a weight.

    Returns:
        out: shape (N, fan_out). Its expectation over masks is ``x @ w``.

    Dropout removes units, a whole row of w at a time; DropConnect removes
    single connections.

    Raises:
        ValueError: unless 0 <= p_drop < 1.

    Source: Wan et al. 2013; syllabus DRP-08.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    return x @ (w * mask / (1 - float(p_drop)))


def dropconnect_forward(
    x: Float[np.ndarray, "n fan_in"],
    w: Float[np.ndarray, "fan_in fan_out"],
    *,
    p_drop: float,
    train: bool,
    rng: np.random.Generator | None,
) -> tuple[Float[np.ndarray, "n fan_out"], tuple]:
    """DropConnect: out = x @ (w * mask / (1 - p_drop)) in training, out = x @ w at test time.

    Args:
        x: inputs, shape (N, fan_in).
        w: weights, shape (fan_in, fan_out).
        p_drop: probability that a weight is dropped, 0 <= p_drop < 1.
        train: True draws a new mask (one for the whole batch), False uses all
            weights.
        rng: source of the random numbers; not used when ``train`` is False.

    Returns:
        out: shape (N, fan_out), before any activation.
        cache: tuple (x, w, factor); factor has the shape of w: 0 where a weight
            was dropped, 1 / (1 - p_drop) where it was kept, and 1 everywhere in
            evaluation mode.

    The paper draws a mask per example and samples at test time; the mean weight
    is the simpler rule.

    Raises:
        ValueError: unless 0 <= p_drop < 1, or without a generator in training.

    Source: Wan et al. 2013; syllabus DRP-08.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    if train:
        if rng is None:
            raise ValueError("rng is None, expected a generator: training draws a mask")
        mask = rng.random(w.shape) >= p_drop
        factor = np.divide(mask, 1 - p_drop, dtype=w.dtype)
    else:
        factor = np.ones_like(w)
    return x @ (w * factor), (x, w, factor)


def dropconnect_backward(
    dout: Float[np.ndarray, "n fan_out"],
    cache: tuple[
        Float[np.ndarray, "n fan_in"],
        Float[np.ndarray, "fan_in fan_out"],
        Float[np.ndarray, "fan_in fan_out"],
    ],
) -> tuple[Float[np.ndarray, "n fan_in"], Float[np.ndarray, "fan_in fan_out"]]:
    """Gradients of DropConnect, on the inputs and on the weights.

    Args:
        dout: gradient of the loss on the output, shape (N, fan_out).
        cache: of :func:`dropconnect_forward`, tuple (x, w, factor).

    Returns:
        dx: shape (N, fan_in).
        dw: shape (fan_in, fan_out).

    Solution:
        With v = w * factor the layer is out = x @ v, so dx = dout @ v^T and dv = x^T @ dout.
        From v back to w: dw = dv * factor, 0 for the weights that were dropped.

    Source: Wan et al. 2013; syllabus DRP-08.
    """
    x, w, factor = cache
    return dout @ (w * factor).T, (x.T @ dout) * factor


def stochastic_depth_forward(
    h: Float[np.ndarray, "*shape"],
    f_h: Float[np.ndarray, "*shape"],
    *,
    p_drop: float,
    train: bool,
    rng: np.random.Generator | None,
) -> tuple[Float[np.ndarray, "*shape"], tuple]:
    """Residual block that may be skipped: out = relu(gate * f_h + h).

    Args:
        h: input of the block, any shape.
        f_h: what the block's layers make of it, same shape.
        p_drop: probability that the block is skipped, 0 <= p_drop < 1.
        train: True draws the gate, one for the whole batch: 0 with probability
            p_drop, else 1. False sets it to its mean 1 - p_drop.
        rng: source of the random numbers; not used when ``train`` is False.

    Returns:
        out: same shape.
        cache: tuple (out, gate), gate a float.

    Raises:
        ValueError: unless 0 <= p_drop < 1, or without a generator in training.

    Source: Huang et al. 2016; syllabus DRP-10.
    """
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop is {p_drop}, expected 0 <= p_drop < 1")
    gate = 1 - float(p_drop)
    if train:
        if rng is None:
            raise ValueError("rng is None, expected a generator: training draws a gate")
        gate = float(rng.random() >= p_drop)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


def stochastic_depth_backward(
    dout: Float[np.ndarray, "*shape"], cache: tuple[Float[np.ndarray, "*shape"], float]
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Gradients of the block that may be skipped: dh = dout where out > 0, df_h = gate * dh.

    Args:
        dout: gradient of the loss on the output, any shape.
        cache: of :func:`stochastic_depth_forward`, tuple (out, gate).

    Returns:
        dh: gradient through the shortcut alone, same shape. What comes back
            through f must be added to it.
        df_h: gradient on ``f_h``, all 0 when the block was skipped.

    Source: Huang et al. 2016; syllabus DRP-10.
    """
    out, gate = cache
    dh = dout * (out > 0)
    return dh, gate * dh


def drop_profile(depth: int, *, p_last: float = 0.5) -> Float[np.ndarray, " depth"]:
    """Drop probability of each residual block, rising linearly: p_l = l / depth * p_last.

    Args:
        depth: number of blocks.
        p_last: drop probability of the last block.

    Returns:
        Shape (depth,), for l = 1 .. depth. Early blocks are nearly always kept; the expected number
        of blocks in a training step is the sum of 1 - p_l, about 3 / 4 of them
        at the default.

    Raises:
        ValueError: unless 0 <= p_last < 1.

    Source: Huang et al. 2016; syllabus DRP-10.
    """
    if not 0 <= p_last < 1:
        raise ValueError(f"p_last is {p_last}, expected 0 <= p_last < 1")
    return np.arange(1, depth + 1) / max(depth, 1) * p_last


def residual_net_forward(
    x: Float[np.ndarray, "n d"],
    weights: list[Float[np.ndarray, "d d"]],
    gates: Float[np.ndarray, " blocks"],
) -> tuple[Float[np.ndarray, "n d"], tuple]:
    """A toy residual network: h <- relu(gate * (h @ w) + h), block after block.

    Args:
        x: inputs, shape (N, D).
        weights: one (D, D) matrix per block, first block first.
        gates: one number per block: 0 or 1 in training, drawn with the drop
            probability of the block; the probability of keeping it at test time.

    Returns:
        out: shape (N, D).
        cache: tuple (hs, weights, gates); ``hs`` is the list of ``x`` and the
            output of every block.

    Source: Huang et al. 2016; syllabus DRP-10.
    """
    hs = [x]
    for w, gate in zip(weights, gates.tolist(), strict=True):
        hs.append(np.maximum(0, gate * (hs[-1] @ w) + hs[-1]))
    return hs[-1], (hs, weights, gates)


def residual_net_backward(
    dout: Float[np.ndarray, "n d"],
    cache: tuple[
        list[Float[np.ndarray, "n d"]], list[Float[np.ndarray, "d d"]], Float[np.ndarray, " blocks"]
    ],
) -> tuple[Float[np.ndarray, "n d"], list[Float[np.ndarray, "d d"]]]:
    """Gradients of the toy residual network: dz = dh where h > 0, then dh = dz + gate * (dz @ w^T).

    Args:
        dout: gradient of the loss on the output, shape (N, D).
        cache: of :func:`residual_net_forward`, tuple (hs, weights, gates).

    Returns:
        dx: shape (N, D). Through a skipped block the gradient passes by the
            shortcut, as if the block were not there.
        dws: one (D, D) matrix per block, gate * (h^T @ dz), 0 for a skipped one.

    Source: Huang et al. 2016; syllabus DRP-10.
    """
    hs, weights, gates = cache
    dh, dws = dout, []
    for layer in range(len(weights) - 1, -1, -1):
        gate = float(gates[layer])
        dz = dh * (hs[layer + 1] > 0)
        dws.insert(0, gate * (hs[layer].T @ dz))
        dh = dz + gate * (dz @ weights[layer].T)
    return dh, dws


def fmp_boundaries(
    n_in: int, n_out: int, *, rng: np.random.Generator
) -> Int[np.ndarray, " boundaries"]:
    """Where the regions of fractional max pooling begin: n_out steps of 1 or 2 from 0 to n_in.

    Args:
        n_in: number of pixels of the side that is pooled.
        n_out: number of regions, n_out <= n_in <= 2 n_out.
        rng: source of the random numbers.

    Returns:
        n_out + 1 integers, from 0 to n_in; region i covers the pixels from
        entry i up to but not including entry i + 1. All orders of the steps are
        equally likely; n_in - n_out of them are 2.

    Raises:
        ValueError: unless n_out <= n_in <= 2 n_out.

    Source: Graham 2014; syllabus DRP-09.
    """
    if not n_out <= n_in <= 2 * n_out:
        raise ValueError(f"n_in is {n_in}, expected {n_out} <= n_in <= {2 * n_out} for {n_out=}")
    steps = np.ones(n_out, int)
    steps[: n_in - n_out] = 2
    return np.concatenate([[0], np.cumsum(rng.permutation(steps))])


def fmp_forward(
    x: Float[np.ndarray, "n c h w"],
    rows: Int[np.ndarray, " rows"],
    cols: Int[np.ndarray, " cols"],
) -> tuple[Float[np.ndarray, "n c h_out w_out"], tuple]:
    """Fractional max pooling: the maximum of every region between neighbouring boundaries.

    Args:
        x: images or feature maps, shape (N, C, H, W).
        rows: boundaries from 0 to H, see :func:`fmp_boundaries`.
        cols: boundaries from 0 to W.

    Returns:
        out: shape (N, C, len(rows) - 1, len(cols) - 1).
        cache: tuple (winners, shape of x). ``winners`` has the shape of out and
            holds row * W + column of the pixel that was the largest of its
            region (the first one, where several are equal).

    New boundaries are drawn for every training step; at test time the predictions
    of several draws are averaged.

    Raises:
        ValueError: when the boundaries do not lead from 0 to H and from 0 to W.

    Source: Graham 2014; syllabus DRP-09.
    """
    n, c, height, width = x.shape
    for name, boundaries, size in (("rows", rows, height), ("cols", cols, width)):
        if boundaries[0] != 0 or boundaries[-1] != size or (np.diff(boundaries) < 1).any():
            raise ValueError(
                f"{name} is {boundaries}, expected to rise from 0 to {size} for x of {x.shape}"
            )
    winners = np.empty((n, c, len(rows) - 1, len(cols) - 1), int)
    for i in range(len(rows) - 1):
        for j in range(len(cols) - 1):
            region = x[:, :, rows[i] : rows[i + 1], cols[j] : cols[j + 1]]
            winner = region.reshape(n, c, -1).argmax(axis=2)
            row, col = np.divmod(winner, region.shape[3])
            winners[:, :, i, j] = (rows[i] + row) * width + cols[j] + col
    pixels = x.reshape(n, c, -1)
    out = np.take_along_axis(pixels, winners.reshape(n, c, -1), axis=2)
    return out.reshape(winners.shape), (winners, x.shape)


def fmp_backward(
    dout: Float[np.ndarray, "n c h_out w_out"],
    cache: tuple[Int[np.ndarray, "n c h_out w_out"], tuple[int, int, int, int]],
) -> Float[np.ndarray, "n c h w"]:
    """Gradient of fractional max pooling: all of it goes to the largest pixel of each region.

    Args:
        dout: gradient of the loss on the output, shape (N, C, H_out, W_out).
        cache: of :func:`fmp_forward`, tuple (winners, shape of x).

    Returns:
        dx: shape (N, C, H, W), 0 at every pixel that was not the largest.

    Source: Graham 2014; syllabus DRP-09.
    """
    winners, shape = cache
    n, c = shape[:2]
    dx = np.zeros((n, c, shape[2] * shape[3]), dout.dtype)
    np.put_along_axis(dx, winners.reshape(n, c, -1), dout.reshape(n, c, -1), axis=2)
    return dx.reshape(shape)


enforce(
    __name__,
    filled=(
        expected_output_sampled,
        mask_ensemble,
        geometric_ensemble,
        mc_dropout,
        robustness_scores,
        fmp_forward,
    ),
    any_precision=(residual_net_forward, residual_net_backward),
    checks={
        geometric_ensemble: _checks.above_zero,
        residual_net_forward: _checks.blocks,
        residual_net_backward: _checks.residual_cache,
        fmp_backward: _checks.winners,
    },
)
