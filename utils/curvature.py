"""Second derivatives: why deep networks are hard to train, and the methods that use curvature.

``hessian`` is always the symmetric matrix of second derivatives at one point, shape ``(d, d)``, and
``g`` the gradient there, shape ``(d,)``.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from utils import _checks
from utils._signatures import enforce

# --- depth, and updating all layers at once -------------------------------------------------------


def deep_tanh(
    x: Float[np.ndarray, "n d"],
    ws: Sequence[Float[np.ndarray, "_ _"]],
    bs: Sequence[Float[np.ndarray, " _"]],
) -> Float[np.ndarray, "n out"]:
    """A network as a composition of functions: layers with tanh, and a linear one at the end.

    Args:
        x: inputs, one example a row, shape ``(n, d)``.
        ws: L weight matrices, L >= 1; each has as many rows as the one before it has columns. The
            layers need not be equally wide.
        bs: L - 1 biases, one for each layer but the last, as long as that layer is wide.

    Returns:
        y: outputs, shape ``(n, columns of the last matrix)``. The last layer has neither a bias nor
        a tanh.

    Solution:
        y = tanh(... tanh(tanh(x @ w_1 + b_1) @ w_2 + b_2) ...) @ w_L. Each bias is added before its
        own tanh. Inside the bracket of the next product it would have the wrong length, unless all
        layers happen to be equally wide.

    Raises:
        ValueError: the number of biases is not one less than that of the matrices.

    Source: Goodfellow et al. 2016, section 6; syllabus HRD-01.
    """
    if len(bs) != len(ws) - 1:
        raise ValueError(f"bs has {len(bs)} biases for {len(ws)} ws, expected {len(ws) - 1}")
    h = x
    for w, b in zip(ws[:-1], bs, strict=True):
        h = np.tanh(h @ w + b)
    return h @ ws[-1]


def coordinate_vs_joint_decrease(
    cost: Callable[[dict[str, np.ndarray]], float],
    params: dict[str, np.ndarray],
    grads: dict[str, np.ndarray],
    lr: float,
) -> tuple[dict[str, float], float]:
    """What a gradient step gains: each array moved alone, and all of them moved at once.

    Args:
        cost: function from a dictionary of parameters to one number.
        params: ``{name: array}``, the parameters before the step.
        grads: ``{name: gradient}``, the same names and shapes.
        lr: learning rate.

    Returns:
        alone: ``{name: decrease}`` = cost(params) - cost(params with only this array moved).
        joint: cost(params) - cost(all of them moved).

    Moved means w - lr * dw. All numbers are floats. A decrease is positive where the cost falls.

    Raises:
        ValueError: the names of ``grads`` and ``params`` differ.

    Source: syllabus HRD-02, HRD-06.
    """
    if params.keys() != grads.keys():
        raise ValueError(f"grads has the names {sorted(grads)}, expected {sorted(params)}")
    moved = {name: params[name] - lr * grads[name] for name in params}
    before = cost(params)
    alone = {name: float(before - cost(params | {name: moved[name]})) for name in params}
    return alone, float(before - cost(moved))


# --- a gradient step on a quadratic ---------------------------------------------------------------


def linear_model(
    w: Float[np.ndarray, "points d"],
    w0: Float[np.ndarray, " d"],
    cost: float,
    g: Float[np.ndarray, " d"],
) -> Float[np.ndarray, " points"]:
    """First-order model of a cost around w0: cost + (w - w0) @ g.

    Args:
        w: the points at which the model is asked, shape ``(points, d)``.
        w0: the point around which it is made, shape ``(d,)``.
        cost: the cost at ``w0``.
        g: the gradient at ``w0``, shape ``(d,)``.

    Returns:
        value: shape ``(points,)``.

    A plane has no lowest point: the model says which way to go, never how far.

    Source: syllabus SEC-01.
    """
    return cost + (w - w0) @ g


def quadratic_model(
    w: Float[np.ndarray, "points d"],
    w0: Float[np.ndarray, " d"],
    cost: float,
    g: Float[np.ndarray, " d"],
    hessian: Float[np.ndarray, "d d"],
) -> Float[np.ndarray, " points"]:
    """Second-order model of a cost around w0: cost + s @ g + 0.5 * s @ H @ s with s = w - w0.

    Args:
        w: the points at which the model is asked, shape ``(points, d)``.
        w0: the point around which it is made, shape ``(d,)``.
        cost: the cost at ``w0``.
        g: the gradient at ``w0``, shape ``(d,)``.
        hessian: the second derivatives at ``w0``, shape ``(d, d)``: at this point, not at others.

    Returns:
        value: shape ``(points,)``.

    Source: syllabus HRD-03, SEC-02.
    """
    s = w - w0
    return cost + s @ g + 0.5 * np.sum(s @ hessian * s, axis=-1)


def second_order_prediction(
    cost: float, g: Float[np.ndarray, " d"], hessian: Float[np.ndarray, "d d"], lr: float
) -> float:
    """The cost that the quadratic model of a cost promises after one step of gradient descent.

    Args:
        cost: the cost before the step.
        g: the gradient, shape ``(d,)``.
        hessian: the second derivatives, shape ``(d, d)``.
        lr: learning rate.

    Returns:
        prediction: a float; exact if the cost is quadratic.

    Solution:
        cost - lr * g @ g + 0.5 * lr**2 * g @ H @ g. The first two terms are the first-order
        prediction; the third is what curvature takes back. Its learning rate is squared, because
        the step -lr * g stands in it twice.

    Source: Goodfellow et al. 2016, section 4.3.1; syllabus HRD-03.
    """
    return float(cost - lr * g @ g + 0.5 * lr**2 * g @ hessian @ g)


def optimal_step(g: Float[np.ndarray, " d"], hessian: Float[np.ndarray, "d d"]) -> float | None:
    """The learning rate with which the quadratic model of a cost falls furthest, or None.

    Args:
        g: the gradient, shape ``(d,)``.
        hessian: the second derivatives, shape ``(d, d)``.

    Returns:
        lr: the best learning rate for a step along -g. ``None`` if the model has no lowest point on
        that line.

    Solution:
        g @ g / (g @ H @ g); ``None`` if g @ H @ g is zero or negative, for then the prediction
        falls for ever. At twice the best rate the step gains nothing, beyond it the cost rises.

    Source: Goodfellow et al. 2016, section 4.3.1; syllabus HRD-04.
    """
    curvature = g @ hessian @ g
    return float(g @ g / curvature) if curvature > 0 else None


def gd_rate(kappa: float) -> float:
    """The best gradient descent can do on a quadratic, per step: (kappa - 1) / (kappa + 1).

    Args:
        kappa: condition number, 1 or more.

    Returns:
        rate: the distance to the minimum shrinks at least by this factor in every step, with the
        learning rate of :func:`best_lr`. At kappa = 100 it is 0.98: slow.

    Raises:
        ValueError: ``kappa`` is below 1.

    Source: syllabus OPT-07.
    """
    if kappa < 1:
        raise ValueError(f"kappa is {kappa}, expected 1 or more")
    return (kappa - 1) / (kappa + 1)


def max_stable_lr(hessian: Float[np.ndarray, "d d"]) -> float:
    """The learning rate at which gradient descent on a quadratic stops converging: 2 / lambda_max.

    Args:
        hessian: symmetric, shape ``(d, d)``; lambda_max is its largest eigenvalue.

    Returns:
        lr: below it every direction that curves upwards shrinks, above it the steepest one grows.
        (A direction that curves downwards grows with any learning rate.)

    Raises:
        ValueError: no eigenvalue is positive; then nothing converges.

    Source: syllabus OPT-07.
    """
    lambda_max = np.linalg.eigvalsh(hessian)[-1]
    if lambda_max <= 0:
        raise ValueError(f"the largest eigenvalue is {lambda_max}, expected a positive one")
    return float(2 / lambda_max)


def best_lr(hessian: Float[np.ndarray, "d d"]) -> float:
    """The learning rate with the fastest guaranteed descent: 2 / (lambda_max + lambda_min).

    Args:
        hessian: symmetric with positive eigenvalues, shape ``(d, d)``.

    Returns:
        lr: with it, the steepest and the shallowest direction shrink at the same rate,
        :func:`gd_rate`.

    Raises:
        ValueError: an eigenvalue is zero or negative; then there is no minimum to converge to.

    Source: syllabus OPT-07.
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    if eigenvalues[0] <= 0:
        raise ValueError(f"the smallest eigenvalue is {eigenvalues[0]}, expected a positive one")
    return float(2 / (eigenvalues[-1] + eigenvalues[0]))


def condition_number(hessian: Float[np.ndarray, "d d"]) -> float:
    """How elongated a quadratic is: kappa = sigma_max / sigma_min, the ratio of singular values.

    Args:
        hessian: a matrix, shape ``(d, d)``.

    Returns:
        kappa: 1 for a round bowl, large for a narrow valley, inf if the smallest singular value
        is 0.

    Source: syllabus OPT-07, ADA-01.
    """
    sigma = np.linalg.svd(hessian, compute_uv=False)
    return float(sigma[0] / sigma[-1]) if sigma[-1] > 0 else float("inf")


def classify_critical_point(hessian: Float[np.ndarray, "d d"], tol: float = 1e-6) -> str:
    """What a point with zero gradient is: "min", "max", "saddle" or "degenerate".

    Args:
        hessian: the second derivatives at the point, symmetric, shape ``(d, d)``.
        tol: the curvature along an eigenvector counts as zero when its size is at most ``tol``
            times the largest size.

    Returns:
        kind: ``"min"`` if the quadratic model rises in all directions, ``"max"`` if it falls in
        all, ``"saddle"`` if it rises in one and falls in another, whatever it does in the others.
        ``"degenerate"`` if it is flat in some directions, or in all, and does only one of the two
        in the rest: then higher derivatives decide.

    Solution:
        All eigenvalues positive, all negative, both signs; and what is left when some are zero.

    Source: Dauphin et al. 2014; syllabus OPT-08.
    """
    eigenvalues = np.linalg.eigvalsh(hessian)
    zero = tol * np.max(np.abs(eigenvalues))
    up, down = np.any(eigenvalues > zero), np.any(eigenvalues < -zero)
    if up and down:
        return "saddle"
    if np.any(np.abs(eigenvalues) <= zero):
        return "degenerate"
    return "min" if up else "max"


def numerical_hessian(
    grad_fn: Callable[[np.ndarray], np.ndarray], w: Float[np.ndarray, " d"], h: float = 1e-5
) -> Float[np.ndarray, "d d"]:
    """Hessian by central differences: column i is (g(w + h e_i) - g(w - h e_i)) / (2 h).

    Args:
        grad_fn: function ``w -> gradient`` g, both of shape ``(d,)``.
        w: the point, shape ``(d,)``.
        h: the step. The error of the formula falls with h^2, the rounding error grows with 1/h.

    Returns:
        hessian: shape ``(d, d)``, dtype of ``w``, made symmetric: the mean of the matrix and its
        transpose.

    ``grad_fn`` is called twice for each entry of ``w``, always with float64.

    Source: syllabus HRD-03, SEC-02.
    """
    hessian = np.zeros((len(w), len(w)))
    for i in range(len(w)):
        step = np.zeros(len(w))
        step[i] = h
        hessian[:, i] = (grad_fn(w + step) - grad_fn(w - step)) / (2 * h)
    return ((hessian + hessian.T) / 2).astype(w.dtype)


# --- a chain of neurons: effects of every order ---------------------------------------------------


def chain_update(x: float, w: Float[np.ndarray, " l"], lr: float) -> tuple[float, float]:
    """One gradient step on y = x * w_1 * ... * w_l: the decrease predicted, and the actual one.

    Args:
        x: the input.
        w: one weight a layer, shape ``(l,)``. A weight may be 0.
        lr: learning rate.

    Returns:
        predicted: how much y should decrease to first order.
        actual: how much it does decrease, y before the step minus y after it.

    Every weight moves by -lr times its gradient, all of them at once. The gradient is that of y
    itself: make y small, whatever it is. Both numbers are floats and positive where y decreases.

    Solution:
        The gradient on w_i is g_i = x * (product of all weights but w_i). predicted = lr * g @ g;
        actual = x * product of w_i - x * product of (w_i - lr * g_i).

    Source: Goodfellow et al. 2016, section 8.7.1; syllabus HRD-05.
    """
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))])
    actual = x * np.prod(w) - x * np.prod(w - lr * g)
    return float(lr * g @ g), float(actual)


def chain_terms(x: float, w: Float[np.ndarray, " l"]) -> Float[np.ndarray, "l+1"]:
    """What a gradient step makes of y = x * w_1 * ... * w_l, as a polynomial in the learning rate.

    Args:
        x: the input.
        w: one weight a layer, shape ``(l,)``.

    Returns:
        terms: shape ``(l + 1,)``: y_new = terms[0] + terms[1] * lr + ... + terms[l] * lr**l. So
        terms[0] is y and terms[1] is -g @ g, with the gradient g of y.

    A product that holds k of the g carries the sign (-1)**k and one x; one part of terms[3] is
    -x * g_1 * g_2 * g_3 * w_4 * ... * w_l.

    Source: Goodfellow et al. 2016, section 8.7.1; syllabus HRD-05, E-23.
    """
    x = float(x)
    g = np.array([x * np.prod(np.delete(w, i)) for i in range(len(w))], w.dtype)
    terms = np.array([x], w.dtype)
    for w_i, g_i in zip(w, g, strict=True):
        terms = np.convolve(terms, np.array([w_i, -g_i]))  # times the polynomial w_i - g_i * lr
    return terms


def normalised_chain(
    x: Float[np.ndarray, " n"], w: Float[np.ndarray, " l"], eps: float = 1e-5
) -> Float[np.ndarray, " n"]:
    """The chain of neurons with every hidden unit normalised over the batch.

    h_0 = x; for every layer but the last: a = w_i * h, then h = (a - mean(a)) / sqrt(var(a) + eps).
    The output is w_l * h.

    Args:
        x: one input number an example, shape ``(n,)``.
        w: one weight a layer, shape ``(l,)``.
        eps: keeps a constant unit from 0 / 0; inside the square root.

    Returns:
        y: shape ``(n,)``.

    A hidden weight now only sets the sign of its unit: normalisation takes its size out again. So a
    step in one layer no longer multiplies with the steps in all others.

    Source: Ioffe & Szegedy 2015; syllabus HRD-06.
    """
    h = x
    for w_i in w[:-1]:
        a = w_i * h
        h = (a - np.mean(a)) / np.sqrt(np.var(a) + eps)
    return w[-1] * h


# --- methods that use curvature -------------------------------------------------------------------


def newton_step(
    g: Float[np.ndarray, " d"], hessian: Float[np.ndarray, "d d"]
) -> Float[np.ndarray, " d"]:
    """Newton's step: from w to the point where the slope of the quadratic model is zero.

    Args:
        g: the gradient, shape ``(d,)``.
        hessian: the second derivatives, shape ``(d, d)``, not singular.

    Returns:
        s: the step, shape ``(d,)``; the new point is w + s. There is no learning rate.

    Solution:
        The slope of the model is g + H s. Solve H s = -g; do not compute the inverse. On a
        quadratic bowl one step is enough. Where H has eigenvalues of both signs the critical point
        is a saddle, and Newton's step goes there.

    Raises:
        ValueError: ``hessian`` is singular (NumPy's own LinAlgError, which is one).

    Source: syllabus SEC-02, SEC-03.
    """
    return np.linalg.solve(hessian, -g)


def saddle_free_step(
    g: Float[np.ndarray, " d"], hessian: Float[np.ndarray, "d d"], damping: float
) -> Float[np.ndarray, " d"]:
    """Newton's step, repaired: it goes downhill in every direction, whichever way that one curves.

    Args:
        g: the gradient, shape ``(d,)``.
        hessian: symmetric, shape ``(d, d)``; it may be singular and have eigenvalues of any sign.
        damping: a positive number that is added to the size of every curvature, so that a flat
            direction gets a finite step.

    Returns:
        s: the step, shape ``(d,)``. Along each eigenvector of the Hessian it goes against the
        gradient there, and as far as Newton's step if the damping is small.

    Solution:
        s = -Q diag(1 / (|lambda| + damping)) Q^T g, with the eigenvalues lambda and eigenvectors Q
        of the Hessian. g @ s < 0 wherever g is not zero: s is a descent direction.

    Source: Dauphin et al. 2014; syllabus SEC-02.
    """
    eigenvalues, q = np.linalg.eigh(hessian)
    return -q @ (q.T @ g / (np.abs(eigenvalues) + damping))


def gauss_newton_step(
    jac: Float[np.ndarray, "n d"], residual: Float[np.ndarray, " n"], damping: float
) -> Float[np.ndarray, " d"]:
    """Gauss-Newton, damped as by Levenberg and Marquardt: Newton's step without second derivatives.

    The loss is half of the mean of r_i**2. In place of its Hessian stands that of a simpler loss,
    in which every residual r_i is a linear function of the step.

    Args:
        jac: the Jacobian: row i holds the gradient of the residual r_i on w, shape ``(n, d)``.
        residual: the residuals r, shape ``(n,)``.
        damping: a positive number that is added to the diagonal of the matrix.

    Returns:
        s: the step, shape ``(d,)``.

    Solution:
        With r + J s in place of r the gradient is J^T r / n and the Hessian J^T J / n, which has no
        negative eigenvalue. s solves (J^T J / n + damping * I) s = -J^T r / n.

    Source: Levenberg 1944, Marquardt 1963; Nocedal & Wright 2006, section 10.3; syllabus SEC-02.
    """
    n, d = jac.shape
    curvature = jac.T @ jac / n + damping * np.eye(d, dtype=jac.dtype)
    return np.linalg.solve(curvature, -jac.T @ residual / n)


def hessian_bytes(n: int, dtype: str | type = "float32") -> int:
    """Memory for the Hessian of n parameters: n**2 numbers.

    Args:
        n: number of parameters.
        dtype: type of one number: ``"float32"`` takes 4 bytes, ``"float64"`` 8.

    Returns:
        bytes: at n = 60 million, the size of AlexNet, 14.4e15 in float32: 14,400 disks of 1 TB. And
        to solve with it takes about n**3 operations.

    Source: syllabus SEC-04.
    """
    return n**2 * np.dtype(dtype).itemsize


def bfgs_update(
    hinv: Float[np.ndarray, "d d"], s: Float[np.ndarray, " d"], y: Float[np.ndarray, " d"]
) -> Float[np.ndarray, "d d"]:
    """BFGS: hinv_next = (I - rho * s y^T) hinv (I - rho * y s^T) + rho * s s^T, rho = 1 / (y @ s).

    Args:
        hinv: the current guess of the inverse Hessian, symmetric, shape ``(d, d)``. A usual first
            guess is the identity.
        s: the last step, w_next - w, shape ``(d,)``.
        y: how the gradient changed in it, g_next - g, shape ``(d,)``.

    Returns:
        hinv_next: shape ``(d, d)``. It explains the last step: hinv_next @ y = s (the secant
        condition). It differs from ``hinv`` by a matrix of rank 2. If y @ s > 0 it is positive
        definite whenever ``hinv`` is; ask :func:`curvature_ok` before.

    Raises:
        ValueError: y @ s is 0.

    Source: Broyden, Fletcher, Goldfarb and Shanno 1970; syllabus SEC-05.
    """
    if y @ s == 0:
        raise ValueError("y @ s is 0, expected a pair with curvature: y @ s > 0")
    rho = 1 / (y @ s)
    left = np.eye(len(s), dtype=hinv.dtype) - rho * np.outer(s, y)
    return left @ hinv @ left.T + rho * np.outer(s, s)


def curvature_ok(s: Float[np.ndarray, " d"], y: Float[np.ndarray, " d"], eps: float = 1e-8) -> bool:
    """May a pair be used for BFGS or L-BFGS? Only if the gradient grew along the step.

    Args:
        s: a step, w_next - w, shape ``(d,)``.
        y: how the gradient changed in it, g_next - g, shape ``(d,)``.
        eps: the cosine of the angle between ``s`` and ``y`` has to be larger than this.

    Returns:
        ok: True or False. A pair of which one vector is zero is not accepted. The answer does not
        depend on the units of the loss or of w.

    Solution:
        y @ s > eps * |s| * |y|. ``False`` means: skip this pair. The surface curved downwards along
        the step, or, with mini-batches, the two gradients were measured on different examples.

    Source: Nocedal & Wright 2006, section 6.1; syllabus SEC-07.
    """
    return bool(y @ s > eps * np.linalg.norm(s) * np.linalg.norm(y))


def lbfgs_direction(
    g: Float[np.ndarray, " d"],
    s_list: Sequence[Float[np.ndarray, " d"]],
    y_list: Sequence[Float[np.ndarray, " d"]],
) -> Float[np.ndarray, " d"]:
    """L-BFGS: the direction -hinv @ g by the two-loop recursion, without ever making hinv.

    Args:
        g: the gradient, shape ``(d,)``.
        s_list: the last steps, oldest first, each of shape ``(d,)``.
        y_list: how the gradient changed in each of them, same order.

    Returns:
        direction: shape ``(d,)``: what :func:`bfgs_update` would give, applied to these pairs one
        after the other, from the start gamma * I. Without pairs it is -g.

    Pairs that fail :func:`curvature_ok` are skipped. gamma = s @ y / (y @ y) of the newest pair
    that is left is the first guess of how long a step should be.

    Solution:
        First loop, newest pair first: a_i = rho_i * s_i @ q, then q = q - a_i * y_i, from q = g.
        Then q = gamma * q. Second loop, oldest first: q = q + (a_i - rho_i * y_i @ q) * s_i. Here
        rho_i = 1 / (y_i @ s_i). The direction is -q.

    Raises:
        ValueError: the two lists differ in length.

    Source: Nocedal 1980; Nocedal & Wright 2006, algorithm 7.4; syllabus SEC-06, SEC-07.
    """
    if len(s_list) != len(y_list):
        raise ValueError(f"y_list has {len(y_list)} entries, expected {len(s_list)} as in s_list")
    pairs = [(s, y) for s, y in zip(s_list, y_list, strict=True) if curvature_ok(s, y)]
    q, steps = g, []
    for s, y in reversed(pairs):
        a = s @ q / (y @ s)
        q = q - a * y
        steps.append(a)
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y / (y @ y))
    for (s, y), a in zip(pairs, reversed(steps), strict=True):
        q = q + (a - y @ q / (y @ s)) * s
    return -q


def backtracking(
    cost: Callable[[np.ndarray], float],
    w: Float[np.ndarray, " d"],
    direction: Float[np.ndarray, " d"],
    g: Float[np.ndarray, " d"],
) -> float:
    """How far to go: the first of 1, 1/2, 1/4, ... that lowers the cost enough (Armijo).

    Args:
        cost: function ``w -> number``.
        w: the point, shape ``(d,)``.
        direction: where to go, shape ``(d,)``; downhill, so direction @ g < 0.
        g: the gradient at ``w``, shape ``(d,)``.

    Returns:
        t: so that cost(w + t * direction) <= cost(w) + 1e-4 * t * direction @ g. It is 0.0 if none
        of them does, down to 2**-40, and where the direction does not lead downhill.

    Source: Armijo 1966; Nocedal & Wright 2006, algorithm 3.1; syllabus SEC-01, SEC-05.
    """
    before, slope = cost(w), direction @ g
    if not slope < 0:
        return 0.0
    for t in 0.5 ** np.arange(41.0):
        if cost(w + float(t) * direction) <= before + 1e-4 * t * slope:
            return float(t)
    return 0.0


def bfgs(
    cost: Callable[[np.ndarray], float],
    grad_fn: Callable[[np.ndarray], np.ndarray],
    start: Float[np.ndarray, " d"],
    *,
    steps: int,
) -> Float[np.ndarray, "points d"]:
    """The path of BFGS: w_next = w - t * hinv @ g, t by backtracking, hinv by bfgs_update.

    Args:
        cost: function ``w -> number``.
        grad_fn: function ``w -> gradient``, both of shape ``(d,)``.
        start: the first point, shape ``(d,)``; ``hinv`` starts as the identity.
        steps: the largest number of steps. The path ends earlier where no step lowers the cost.

    Returns:
        path: shape ``(steps + 1, d)`` or fewer rows.

    Source: Nocedal & Wright 2006, algorithm 6.1; syllabus SEC-05.
    """
    path, g = [start], grad_fn(start)
    hinv = np.eye(len(start), dtype=start.dtype)
    for _ in range(steps):
        direction = -hinv @ g
        t = backtracking(cost, path[-1], direction, g)
        if t == 0:
            break
        s = t * direction
        path.append(path[-1] + s)
        g, g_before = grad_fn(path[-1]), g
        y = g - g_before
        if curvature_ok(s, y) and y @ s > np.finfo(s.dtype).tiny:  # below, 1 / (y @ s) overflows
            hinv = bfgs_update(hinv, s, y)
    return np.array(path)


def lbfgs(
    cost: Callable[[np.ndarray], float],
    grad_fn: Callable[[np.ndarray], np.ndarray],
    start: Float[np.ndarray, " d"],
    *,
    steps: int,
    memory: int = 10,
) -> Float[np.ndarray, "points d"]:
    """The path of L-BFGS: w_next = w + t * lbfgs_direction of the last pairs, t by backtracking.

    Args:
        cost: function ``w -> number``.
        grad_fn: function ``w -> gradient``, both of shape ``(d,)``. One that draws a mini-batch in
            every call shows why the method is not used with mini-batches.
        start: the first point, shape ``(d,)``.
        steps: the largest number of steps. The path ends earlier where no step lowers the cost.
        memory: how many pairs of step and gradient change are kept.

    Returns:
        path: shape ``(steps + 1, d)`` or fewer rows.

    Source: Liu & Nocedal 1989; Nocedal & Wright 2006, algorithm 7.5; syllabus SEC-06, SEC-07.
    """
    path, g = [start], grad_fn(start)
    s_list, y_list = [], []
    for _ in range(steps):
        direction = lbfgs_direction(g, s_list, y_list)
        t = backtracking(cost, path[-1], direction, g)
        if t == 0:
            break
        s = t * direction
        path.append(path[-1] + s)
        g, g_before = grad_fn(path[-1]), g
        y = g - g_before
        s_list, y_list = [*s_list, s][-memory:], [*y_list, y][-memory:]
    return np.array(path)


_OF_HESSIANS = (
    max_stable_lr,
    best_lr,
    condition_number,
    classify_critical_point,
    saddle_free_step,
)
enforce(
    __name__,
    filled=(*_OF_HESSIANS, normalised_chain, gauss_newton_step),
    finite=_OF_HESSIANS,
    checks={deep_tanh: _checks.composition, coordinate_vs_joint_decrease: _checks.gradients},
)
