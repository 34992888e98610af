"""Weight initialisation: how weights start, and what the start does to a deep network.

Every initialiser is called as ``name(fan_in, fan_out, ..., rng=rng)`` and returns a
weight matrix for ``x @ w``: a row per input, a column per unit.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from utils import _checks
from utils._signatures import enforce
from utils.activations import act, act_grad, normal_moments


def constant(
    fan_in: int, fan_out: int, *, value: float = 0.0, dtype: type = np.float64
) -> Float[np.ndarray, "fan_in fan_out"]:
    """Every weight the same: w = value. The start that never learns.

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        value: the value of every weight.
        dtype: of the weights.

    Returns:
        w: shape (fan_in, fan_out).

    All units of a layer then compute the same output and receive the same
    gradient, step after step: the layer is as good as a single unit.

    Source: syllabus INI-01.
    """
    return np.full((fan_in, fan_out), value, dtype)


def n_distinct_units(w: Float[np.ndarray, "fan_in units"], *, tol: float = 1e-6) -> int:
    """Number of different columns of w: how many units really do something of their own.

    Args:
        w: weights of a layer, shape (fan_in, units), one unit a column.
        tol: two units count as one when no weight of theirs differs by more than
            ``tol`` times the largest weight of the layer. Rounding alone makes
            differences of about 1e-16 (float64) or 1e-7 (float32) of it.

    Returns:
        A number from 1 to ``units`` (0 for a layer without units).

    Source: syllabus INI-01.
    """
    fan_in, units = w.shape
    seen = np.empty((fan_in, 0), w.dtype)
    threshold = tol * np.abs(w).max(initial=0)
    for j in range(units):
        column = w[:, j : j + 1]
        distance = np.abs(seen - column).max(axis=0, initial=0)
        if (distance > threshold).all():
            seen = np.concatenate([seen, column], axis=1)
    return seen.shape[1]


def small_normal(
    fan_in: int,
    fan_out: int,
    *,
    scale: float = 0.01,
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> Float[np.ndarray, "fan_in fan_out"]:
    """Normal weights of one fixed size: w = scale * N(0, 1).

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        scale: standard deviation of the weights.
        rng: source of the random numbers.
        dtype: of the weights. Draw in float64 and convert at the end: the same numbers
            for every dtype.

    Returns:
        w: shape (fan_in, fan_out).

    It breaks the symmetry between units, but the scale knows nothing of the
    layer's width.

    Solution:
        From layer to layer a linear signal changes by the factor
        scale * sqrt(fan_in), in ten layers by its tenth power.

    Source: syllabus INI-02, INI-04, INI-05.
    """
    return (scale * rng.standard_normal((fan_in, fan_out))).astype(dtype)


def xavier_normal(
    fan_in: int,
    fan_out: int,
    *,
    mode: str = "in",
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> Float[np.ndarray, "fan_in fan_out"]:
    """Xavier (Glorot) initialisation: normal weights with which a linear layer keeps variances.

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        mode: which variance one linear layer x @ w keeps. "in": that of the forward
            signal. "out": that of the gradient in the backward pass. "average": neither;
            it puts the mean of the two fans in the place of the fan that counts.
        rng: source of the random numbers.
        dtype: of the weights. Draw in float64 and convert at the end: the same numbers
            for every dtype.

    Returns:
        w: shape (fan_in, fan_out), normal with mean zero.

    Raises:
        ValueError: for any other mode.

    Solution:
        w ~ N(0, 1 / n), with n = fan_in, fan_out or (fan_in + fan_out) / 2. 1 / n is the
        variance: the standard deviation is its square root.

    Source: Glorot and Bengio 2010; syllabus INI-06, INI-09, INI-10.
    """
    fans = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}
    if mode not in fans:
        raise ValueError(f"mode is {mode!r}, expected one of {', '.join(fans)}")
    return (rng.standard_normal((fan_in, fan_out)) / np.sqrt(fans[mode])).astype(dtype)


def xavier_uniform(
    fan_in: int,
    fan_out: int,
    *,
    mode: str = "in",
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> Float[np.ndarray, "fan_in fan_out"]:
    """Xavier with a uniform draw: w ~ U(-a, a), a = sqrt(3 / n), so that the variance is 1 / n.

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        mode: what n is, as for :func:`xavier_normal`. "average" is Glorot's
            uniform initialisation, a = sqrt(6 / (fan_in + fan_out)).
        rng: source of the random numbers.
        dtype: of the weights. Draw in float64 and convert at the end: the same numbers
            for every dtype.

    Returns:
        w: shape (fan_in, fan_out), every weight between -a and a.

    A uniform variable on (-a, a) has variance a^2 / 3: that is where the 3
    comes from. The square root covers the whole fraction.

    Raises:
        ValueError: for any other mode.

    Source: Glorot and Bengio 2010; syllabus INI-10, INI-13.
    """
    fans = {"in": fan_in, "out": fan_out, "average": (fan_in + fan_out) / 2}
    if mode not in fans:
        raise ValueError(f"mode is {mode!r}, expected one of {', '.join(fans)}")
    limit = np.sqrt(3 / fans[mode])
    return rng.uniform(-limit, limit, (fan_in, fan_out)).astype(dtype)


def he_normal(
    fan_in: int,
    fan_out: int,
    *,
    slope: float = 0.0,
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> Float[np.ndarray, "fan_in fan_out"]:
    """He initialisation: normal weights that keep the mean square of z = h @ w, for ReLU.

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        slope: of the leaky ReLU, on its negative side: it gives z where z > 0, and
            slope * z elsewhere. 0 is ReLU.
        rng: source of the random numbers.
        dtype: of the weights. Draw in float64 and convert at the end: the same numbers
            for every dtype.

    Returns:
        w: shape (fan_in, fan_out), normal with mean zero. If h is what the leaky ReLU makes of
        a z that is as often negative as positive, in a symmetric way, then h @ w has
        on average the mean square of that z.

    Solution:
        w ~ N(0, 2 / ((1 + slope^2) fan_in)). ReLU keeps half of the mean square of z; the 2
        pays it back. A leaky ReLU keeps (1 + slope^2) / 2.

    Source: He et al. 2015; syllabus INI-08, INI-11.
    """
    std = np.sqrt(2 / ((1 + slope**2) * fan_in))
    return (std * rng.standard_normal((fan_in, fan_out))).astype(dtype)


def he_uniform(
    fan_in: int,
    fan_out: int,
    *,
    slope: float = 0.0,
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> Float[np.ndarray, "fan_in fan_out"]:
    """He with a uniform draw: w ~ U(-a, a), a = sqrt(6 / ((1 + slope^2) fan_in)).

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        slope: of the leaky ReLU that follows, on its negative side; 0 is ReLU.
        rng: source of the random numbers.
        dtype: of the weights. Draw in float64 and convert at the end: the same numbers
            for every dtype.

    Returns:
        w: shape (fan_in, fan_out), every weight between -a and a; the same
        variance as :func:`he_normal`.

    Source: He et al. 2015; syllabus INI-11, INI-13.
    """
    limit = np.sqrt(6 / ((1 + slope**2) * fan_in))
    return rng.uniform(-limit, limit, (fan_in, fan_out)).astype(dtype)


def fan_in_uniform(
    fan_in: int,
    fan_out: int,
    *,
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> Float[np.ndarray, "fan_in fan_out"]:
    """The heuristic from before Xavier, and PyTorch's default: w ~ U(-a, a), a = 1 / sqrt(fan_in).

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        rng: source of the random numbers.
        dtype: of the weights. Draw in float64 and convert at the end: the same numbers
            for every dtype.

    Returns:
        w: shape (fan_in, fan_out), every weight between -a and a.

    Its variance is 1 / (3 fan_in): a third of what would keep a linear signal,
    so that signals shrink by 1 / sqrt(3) = 0.577 a layer. This is the "standard"
    initialisation that Glorot and Bengio compare theirs with, and what ``nn.Linear`` of
    PyTorch draws weights and biases from.

    Source: syllabus INI-13, INI-17.
    """
    limit = 1 / np.sqrt(fan_in)
    return rng.uniform(-limit, limit, (fan_in, fan_out)).astype(dtype)


def orthogonal(
    fan_in: int,
    fan_out: int,
    *,
    gain: float = 1.0,
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> Float[np.ndarray, "fan_in fan_out"]:
    """Orthogonal initialisation: columns, or rows, at right angles, all of one length.

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        gain: length of the columns, or rows.
        rng: source of the random numbers.
        dtype: of the weights; the draw is the same for every dtype.

    Returns:
        w: shape (fan_in, fan_out). With fan_out <= fan_in its columns are
        orthogonal and of length ``gain``; with fan_out > fan_in its rows are. All such
        matrices are equally likely.

    Solution:
        w = gain * Q, with the Q of the QR decomposition of a normal matrix with at least as
        many rows as columns, turned if need be. Of the two signs that QR may give to each
        column, take the one that makes R's diagonal positive: only then are all orthogonal
        matrices equally likely.

    Source: Saxe et al. 2013; syllabus INI-14.
    """
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q = q * np.where(np.diag(r) < 0, -1, 1)
    return (gain * (q if fan_in >= fan_out else q.T)).astype(dtype)


def sparse(
    fan_in: int,
    fan_out: int,
    *,
    k: int = 15,
    scale: float = 1.0,
    rng: np.random.Generator,
    dtype: type = np.float64,
) -> Float[np.ndarray, "fan_in fan_out"]:
    """Sparse initialisation: each unit has k weights scale * N(0, 1), the others are 0.

    Args:
        fan_in: number of inputs of each unit.
        fan_out: number of units.
        k: number of inputs that each unit listens to.
        scale: standard deviation of the weights that are not zero.
        rng: source of the random numbers.
        dtype: of the weights. Draw in float64 and convert at the end: the same numbers
            for every dtype.

    Returns:
        w: shape (fan_in, fan_out), exactly ``k`` non-zero weights in each
        column, at random rows, drawn anew for each unit.

    A wide layer need not have tiny weights: their size depends on k, not on fan_in.

    Raises:
        ValueError: unless 0 <= k <= fan_in.

    Source: Martens 2010; syllabus INI-15.
    """
    if not 0 <= k <= fan_in:
        raise ValueError(f"k is {k}, expected 0 <= k <= fan_in = {fan_in}")
    w = np.zeros((fan_in, fan_out))
    for unit in range(fan_out):
        inputs = rng.choice(fan_in, size=k, replace=False)
        w[inputs, unit] = scale * rng.standard_normal(k)
    return w.astype(dtype)


def lsuv(
    weights: list[Float[np.ndarray, "_ _"]],
    x: Float[np.ndarray, "n d"],
    *,
    activation: str = "tanh",
    tol: float = 0.01,
    max_iter: int = 10,
) -> list[Float[np.ndarray, "_ _"]]:
    """Layer-sequential unit variance: rescale each layer until a batch of data comes out with 1.

    Args:
        weights: one matrix per layer, first layer first, for ``h @ w``; usually
            orthogonal.
        x: a batch of inputs, shape (N, D).
        activation: name of the function after each layer, see
            :func:`utils.activations.act`.
        tol: a layer stays as it is when the variance of its pre-activation is within
            ``tol`` of 1.
        max_iter: at most so many divisions per layer; 0 leaves all weights as they are.

    Returns:
        New weights, same shapes and dtypes, each layer multiplied by one number. Send ``x``
        through the network with the new weights: in every layer the pre-activation ``z``
        has variance 1, over the batch and all units together, or within ``tol`` of it.

    Raises:
        ValueError: when a pre-activation does not vary: no factor can make its variance 1.

    Solution:
        Layer by layer, w / std(h @ w), where h is what the layers before give *after* they
        were rescaled. One division is enough up to rounding; the paper repeats it all the same.

    Source: Mishkin and Matas 2015; syllabus INI-16.
    """
    scaled = []
    h = x
    for layer, w in enumerate(weights, start=1):
        for _ in range(max_iter):
            variance = np.var(h @ w)
            if variance == 0:
                raise ValueError(f"output of layer {layer} has variance 0, expected it to vary")
            if abs(variance - 1) <= tol:
                break
            w = w / np.sqrt(variance)
        scaled.append(w)
        h = act(activation, h @ w)
    return scaled


def deep_forward(
    x: Float[np.ndarray, "n d"],
    weights: list[Float[np.ndarray, "_ _"]],
    *,
    activation: str = "tanh",
) -> tuple[list[Float[np.ndarray, "n _"]], tuple]:
    """Forward pass through dense layers without biases: h <- act(h @ w), keeping every h.

    Args:
        x: inputs, shape (N, D).
        weights: one matrix per layer, first layer first; L of them.
        activation: name of the function after each layer, see
            :func:`utils.activations.act`.

    Returns:
        hs: L + 1 arrays: ``x`` itself, then the output of each layer.
        cache: tuple (hs, zs, weights, activation); ``zs`` is the list of the L
        arrays ``h @ w`` before the activation.

    This is the network of the ten-layer experiment: 1000 examples of 500 standard
    normal numbers through ten layers of 500 units.

    Source: syllabus INI-03.
    """
    hs, zs = [x], []
    for w in weights:
        zs.append(hs[-1] @ w)
        hs.append(act(activation, zs[-1]))
    return hs, (hs, zs, weights, activation)


def deep_backward(
    dout: Float[np.ndarray, "n k"],
    cache: tuple[
        list[Float[np.ndarray, "n _"]],
        list[Float[np.ndarray, "n _"]],
        list[Float[np.ndarray, "_ _"]],
        str,
    ],
) -> tuple[list[Float[np.ndarray, "n _"]], list[Float[np.ndarray, "_ _"]]]:
    """Backward pass of deep_forward: the gradients on every layer's output and on all weights.

    Args:
        dout: gradient of the loss on the last layer's output.
        cache: of :func:`deep_forward`, tuple (hs, zs, weights, activation).

    Returns:
        dhs: L + 1 gradients, on the input and on each layer's output, in the
        order of ``hs``; the last one is ``dout``.
        dws: L gradients, in the order of ``weights``.

    Solution:
        From the last layer to the first: dz = dh * act'(z), dw = h^T @ dz, and for the layer
        below dh = dz @ w^T.

    Source: syllabus INI-04, INI-05, INI-17.
    """
    hs, zs, weights, activation = cache
    dhs, dws = [dout], []
    for h, z, w in zip(hs[-2::-1], zs[::-1], weights[::-1], strict=True):
        dz = dhs[0] * act_grad(activation, z)
        dws.insert(0, h.T @ dz)
        dhs.insert(0, dz @ w.T)
    return dhs, dws


def layer_stats(hs: list[Float[np.ndarray, "..."]]) -> Float[np.ndarray, "layers 2"]:
    """Mean and standard deviation of each array, one row (mean, std) per array.

    Args:
        hs: the activations of each layer, for instance of :func:`deep_forward`;
            or the inputs of one unit at each of several training steps, to see
            how their distribution drifts.

    Returns:
        stats: shape (len(hs), 2).

    Source: syllabus INI-03, NRM-01.
    """
    # In float64, or the squares of exploding float32 activations overflow.
    stats = [(h.mean(dtype=float), h.std(dtype=float)) for h in hs]
    return np.array(stats, dtype=hs[0].dtype)


def backward_stats(
    dhs: list[Float[np.ndarray, "..."]], dws: list[Float[np.ndarray, "..."]]
) -> Float[np.ndarray, "layers 2"]:
    """Size of each layer's gradients, one row per layer: rms of dh at its input, std of dw.

    Args:
        dhs: L + 1 gradients on the activations, as :func:`deep_backward` gives
            them: ``dhs[l]`` belongs to the input of layer l + 1.
        dws: L gradients on the weights.

    Returns:
        stats: shape (L, 2), first layer first. The rms is the root of the mean
        square; unlike the standard deviation it does not subtract the mean.

    A weight's gradient is a sum over the examples; divide ``dws`` by their
    number first to see it for a loss that is a mean.

    Source: syllabus INI-04, INI-05.
    """
    # In float64, or the squares of exploding float32 gradients overflow.
    rms = [np.sqrt(np.square(dh, dtype=float).mean()) for dh in dhs[:-1]]
    stds = [dw.std(dtype=float) for dw in dws]
    return np.array([rms, stds], dtype=dws[0].dtype).T


def saturated_share(h: Float[np.ndarray, "*shape"], *, threshold: float = 0.99) -> float:
    """Share of activations at the edge of tanh's range: the mean of |h| > threshold.

    Args:
        h: activations between -1 and 1, any shape.
        threshold: beyond this an activation counts as saturated.

    Returns:
        A number from 0 to 1.

    Source: syllabus INI-05.
    """
    return float((np.abs(h) > threshold).mean())


def backward_growth(
    w: Float[np.ndarray, "fan_in fan_out"], local: Float[np.ndarray, "n fan_out"]
) -> float:
    """Factor by which one layer changes the rms of a gradient in the backward pass.

    Args:
        w: weights of the layer, shape (fan_in, fan_out), with mean zero.
        local: act'(z), the derivative of the activation at each unit, for N examples.

    Returns:
        The expected factor from the layer's output back to its input, for a
        gradient that is independent of the weights and of ``local``. It depends on the
        shape of ``w``, on its variance and on ``local``. Below 1 gradients vanish, above 1
        they explode.

    Solution:
        sqrt(fan_out Var(w) E[act'^2]). Nearly all units may be saturated and the factor
        still be above 1: with weights N(0, 1) and 500 units of tanh it is 3.5.

    Source: syllabus INI-05.
    """
    return float(np.sqrt(w.shape[1] * w.var() * (local**2).mean()))


def var_product(mean_x: float, var_x: float, mean_w: float, var_w: float) -> float:
    """Variance of a product x w of two independent random numbers.

    Args:
        mean_x, var_x: mean and variance of x.
        mean_w, var_w: mean and variance of w.

    Returns:
        Var(x w).

    Solution:
        E[x]^2 Var(w) + E[w]^2 Var(x) + Var(x) Var(w). With both means 0 only the last term
        stays: the step from which all variance-keeping initialisations follow.

    Source: Glorot and Bengio 2010; syllabus INI-09.
    """
    return mean_x**2 * var_w + mean_w**2 * var_x + var_x * var_w


def tanh_variance_map(
    q: Float[np.ndarray, "*shape"] | float, *, gain: float = 1.0, n_quad: int = 2001
) -> Float[np.ndarray, "*shape"] | np.float64:
    """Variance after one infinitely wide tanh layer: q_next = E[tanh(gain sqrt(q) z)^2].

    Args:
        q: mean square of the layer's inputs, a number or any shape.
        gain: the weights are N(0, gain^2 / fan_in): 1 is Xavier, 0.01 sqrt(500)
            the small and sqrt(500) the large regime of the ten-layer experiment.
        n_quad: number of points of the sum that stands for the integral over z,
            evenly spaced from -8 to 8.

    Returns:
        q_next: shape of ``q``. Ten applications to q = 1 give the square of
        the ten standard deviations of the experiment.

    Source: Glorot and Bengio 2010; syllabus INI-05, INI-06.
    """
    q = np.asarray(q, float)
    z = np.linspace(-8, 8, n_quad)
    density = np.exp(-(z**2) / 2)
    density /= density.sum()
    return np.tanh(gain * np.sqrt(q[..., None]) * z) ** 2 @ density


def relu_stats(depth: int, *, gain: float = 1.0) -> Float[np.ndarray, "depth 2"]:
    """Mean and std after each of ``depth`` infinitely wide ReLU layers, for inputs N(0, 1).

    Args:
        depth: number of layers.
        gain: the weights are N(0, gain^2 / fan_in): 1 is Xavier, sqrt(2) is He.

    Returns:
        stats: shape (depth, 2), one row (mean, std) per layer. Layer l has
        z ~ N(0, v) with v = gain^2 (gain^2 / 2)^(l - 1), mean
        sqrt(v / (2 pi)) and std sqrt(v (1 / 2 - 1 / (2 pi))).

    ReLU keeps half the mean square, v / 2: with Xavier the std falls by
    1 / sqrt(2) = 0.707 a layer, from 0.5838 to 0.0258 at layer 10; with He it
    stays at 0.8256.

    Source: He et al. 2015; syllabus INI-07, INI-08.
    """
    layer = np.arange(depth)
    v = gain**2 * (gain**2 / 2) ** layer
    mean = np.sqrt(v / (2 * np.pi))
    std = np.sqrt(v * (1 / 2 - 1 / (2 * np.pi)))
    return np.stack([mean, std], axis=1)


def activation_gain(activation: str, *, std: float = 1.0) -> float:
    """The gain g that suits an activation: weights N(0, g^2 / fan_in) keep the size of z.

    Think of very wide layers, z = h @ w and h = act(z), one after the other. Then z is normal
    with mean zero. With the right gain it has the same standard deviation in all layers.

    Args:
        activation: name of the activation, see :func:`utils.activations.act`.
        std: the standard deviation of z that is to be kept.

    Returns:
        g: a number: 1.414 for ReLU, whatever ``std`` is.

    ``normal_moments(f)`` gives the mean and the standard deviation of f(u) for u ~ N(0, 1); ``f``
    is a function of an array.

    Solution:
        g = std / sqrt(E[act(std u)^2]), and a mean square is mean^2 + standard deviation^2.

    Source: He et al. 2015; syllabus INI-08, INI-11, INI-14.
    """
    mean, deviation = normal_moments(lambda u: act(activation, std * u))
    return float(std / np.sqrt(mean**2 + deviation**2))


def class_bias(y: Int[np.ndarray, " n"], k: int) -> Float[np.ndarray, " k"]:
    """Biases of the output layer with which a network's first guess is the best blind one.

    At the start the scores of an example are close to these biases, whatever the example is.

    Args:
        y: the right classes, each from 0 to k - 1, shape (N,).
        k: number of classes.

    Returns:
        b: shape (k,), float64. The mean softmax loss of the labels ``y``, when every example
        has the scores ``b``, is as low as it can be. Many ``b`` do that; this is the one
        whose exponentials sum to 1.

    Raises:
        ValueError: one of the k classes is not in ``y``: its bias would be minus infinity.

    Solution:
        The softmax of b is the share of each class: b = log(count / N). The loss is then
        the entropy of the shares, log(k) if all classes are equally frequent.

    Source: Karpathy 2019; syllabus INI-12.
    """
    counts = np.bincount(y, minlength=k)
    if not counts.all():
        raise ValueError(f"expected all {k} classes in y, got {counts} examples of each")
    return np.log(counts / len(y))


def runs_from_inits(
    loss: Callable[[np.ndarray], np.ndarray],
    gradient: Callable[[np.ndarray], np.ndarray],
    starts: Float[np.ndarray, "runs d"],
    *,
    lr: float = 0.1,
    steps: int = 100,
) -> Float[np.ndarray, " runs"]:
    """Final losses of gradient descent from many starting points, all runs side by side.

    Args:
        loss: function of an array of points (runs, d) that returns a loss per
            row, shape (runs,).
        gradient: function of the same array that returns a gradient per row,
            shape (runs, d).
        starts: the starting points, one a row.
        lr: learning rate.
        steps: number of steps of every run.

    Returns:
        The loss of each run at its last point. From any start a convex function
        gives one and the same value (with a good learning rate), another
        function may give several.

    Source: syllabus INI-12.
    """
    theta = starts
    for _ in range(steps):
        theta = theta - lr * gradient(theta)
    return loss(theta)


def gd_final_loss(kappa: float, lr: float, steps: int) -> float:
    """Loss of gradient descent on the bowl f = (kappa y^2 + x^2) / 2 after some steps from (1, 1).

    Args:
        kappa: curvature along y; along x it is 1. 1 is a round bowl, 100 a
            narrow valley.
        lr: learning rate.
        steps: number of steps.

    Returns:
        f at the last point. Every step multiplies x by 1 - lr and y by
        1 - lr * kappa. ``inf`` when the value is too large for a float.

    Source: syllabus INI-18.
    """
    point = np.array([1.0, 1.0])
    curvature = np.array([1.0, kappa])
    with np.errstate(over="ignore"):
        for _ in range(steps):
            point = point * (1 - lr * curvature)
        return float((curvature * point**2).sum() / 2)


def gd_largest_stable_lr(kappa: float) -> float:
    """Largest learning rate for the bowl (kappa y^2 + x^2) / 2: 2 / max(1, kappa).

    Args:
        kappa: curvature along y; along x it is 1.

    Returns:
        The rate at which gradient descent only just does not diverge: above it
        |1 - lr * curvature| > 1 along the steepest direction.

    Source: syllabus INI-18.
    """
    return 2 / max(1, kappa)


enforce(
    __name__,
    filled=(lsuv, layer_stats, backward_stats, saturated_share, backward_growth),
    finite=(he_uniform,),
    checks={
        lsuv: _checks.chain,
        deep_forward: _checks.chain,
        deep_backward: _checks.deep_cache,
        backward_stats: _checks.pairs,
        class_bias: _checks.labels,
    },
)
