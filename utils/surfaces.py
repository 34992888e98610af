"""Test surfaces for optimizers: where to start, what to plot, and the path that a method takes.

A :class:`Surface` knows its height, slope and curvature at any point ``w`` of the plane. The
functions make one each; :data:`SURFACES` holds them all, ready for a race.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce


@dataclass(frozen=True)
class Surface:
    """A loss over the plane: value(w), gradient(w), hessian(w), and where to look at it.

    Attributes:
        name: for titles and legends.
        value: function from points ``(*points, 2)`` to heights ``(*points,)``.
        gradient: function from points ``(*points, 2)`` to slopes of the same shape.
        hessian: function from one point ``(2,)`` to its matrix of second derivatives ``(2, 2)``.
        start: a point from which a race is worth watching.
        span: what to plot, ``((x_low, x_high), (y_low, y_high))``.
        minima: the points at the bottom, deepest first; empty where there is no bottom.
        noise: standard deviation of what :func:`trajectory` adds to each entry of a gradient, as a
            small mini-batch would. ``dataclasses.replace(surface, noise=0.1)`` sets another.

    Source: syllabus OPT-17.
    """

    name: str
    value: Callable[[np.ndarray], np.ndarray]
    gradient: Callable[[np.ndarray], np.ndarray]
    hessian: Callable[[np.ndarray], np.ndarray]
    start: tuple[float, float]
    span: tuple[tuple[float, float], tuple[float, float]]
    minima: tuple[tuple[float, float], ...] = ()
    noise: float = 0.0

    def grid(
        self, points: int = 100
    ) -> tuple[
        Float[np.ndarray, " points"],
        Float[np.ndarray, " points"],
        Float[np.ndarray, "points points"],
    ]:
        """Heights over the plotted range, for contours and 3-D plots: z[i, j] at (x[j], y[i]).

        Args:
            points: number of points along each axis.

        Returns:
            x: horizontal positions, shape ``(points,)``.
            y: vertical positions, shape ``(points,)``.
            z: heights, shape ``(points, points)``.

        Source: syllabus OPT-17.
        """
        x, y = (np.linspace(low, high, points) for low, high in self.span)
        return x, y, self.value(np.stack(np.meshgrid(x, y), axis=-1))


def quadratic(
    hessian: Float[np.ndarray, "2 2"],
    *,
    name: str = "quadratic",
    start: tuple[float, float] = (1.0, 1.0),
    span: tuple[tuple[float, float], tuple[float, float]] = ((-1.2, 1.2), (-1.2, 1.2)),
    noise: float = 0.0,
) -> Surface:
    """A quadratic surface with its critical point at the origin: f(w) = 0.5 * w @ H @ w.

    Args:
        hessian: the symmetric matrix H, shape ``(2, 2)``.
        name: for titles and legends.
        start: where a race starts.
        span: what to plot.
        noise: standard deviation added to each entry of a gradient by :func:`trajectory`.

    Returns:
        surface: its minimum is the origin if H is positive definite; otherwise it has none.

    Source: syllabus OPT-07, OPT-08.
    """
    return Surface(
        name,
        value=lambda w: 0.5 * np.sum(w @ hessian.astype(w.dtype) * w, axis=-1),
        gradient=lambda w: w @ hessian.astype(w.dtype),
        hessian=lambda w: hessian.astype(w.dtype),
        start=start,
        span=span,
        minima=((0.0, 0.0),) if np.all(np.linalg.eigvalsh(hessian) > 0) else (),
        noise=noise,
    )


def bowl(kappa: float = 100.0) -> Surface:
    """An ill-conditioned bowl: f(x, y) = 0.5 * (kappa * x**2 + y**2).

    Args:
        kappa: condition number: how many times steeper x is than y. Gradient descent is stable up
            to a learning rate of 2 / kappa (for kappa of 1 and more).

    Returns:
        surface: start (1, 1), minimum 0 at the origin.

    Source: syllabus OPT-07.
    """
    return quadratic(np.diag([kappa, 1.0]), name=f"bowl, condition number {kappa:g}")


def ravine(kappa: float = 100.0, angle: float = np.pi / 6) -> Surface:
    """A bowl that is turned: f = 0.5 * (kappa * u**2 + v**2), u = x cos a + y sin a, v across it.

    Args:
        kappa: condition number.
        angle: the angle a, in radians, from the x axis to the steep direction u.

    Returns:
        surface: start (-1, 1), minimum 0 at the origin.

    The steep direction is no longer an axis. So a learning rate for each coordinate helps less here
    than on :func:`bowl`.

    Source: syllabus OPT-17, ADA-01.
    """
    u = np.array([np.cos(angle), np.sin(angle)])
    v = np.array([-np.sin(angle), np.cos(angle)])
    hessian = kappa * np.outer(u, u) + np.outer(v, v)
    return quadratic(hessian, name="ravine", start=(-1.0, 1.0))


def noisy_quadratic(noise: float = 1.0, kappa: float = 10.0) -> Surface:
    """A bowl with a noisy gradient: f(x, y) = 0.5 * (kappa * x**2 + y**2), gradient + noise.

    Args:
        noise: standard deviation of the noise on each entry of the gradient.
        kappa: condition number.

    Returns:
        surface: start (1, 1), minimum 0 at the origin. ``gradient`` is exact; the noise comes in
        with the ``rng`` of :func:`trajectory`.

    With a constant learning rate the path ends in a ball of noise around the minimum, not in it.

    Source: syllabus OPT-05, OPT-09.
    """
    return quadratic(np.diag([kappa, 1.0]), name="noisy quadratic", noise=noise)


def saddle() -> Surface:
    """A saddle: f(x, y) = x**2 - y**2.

    Returns:
        surface: start (1, 0.001), so close to the ridge y = 0 that the slope first leads to the
        saddle point at the origin. From (1, 0) gradient descent stops there for ever. There is no
        minimum: along y the surface falls without end.

    Source: Dauphin et al. 2014; syllabus OPT-08.
    """
    return quadratic(np.diag([2.0, -2.0]), name="saddle", start=(1.0, 0.001))


def rosenbrock() -> Surface:
    """Rosenbrock's banana, a curved valley: f(x, y) = (1 - x)**2 + 100 * (y - x**2)**2.

    Returns:
        surface: start (-1.2, 1), minimum 0 at (1, 1). Into the valley is easy; along its flat and
        curved floor is hard.

    Source: Rosenbrock 1960; syllabus OPT-17, SEC-05.
    """

    def value(w):
        x, y = w[..., 0], w[..., 1]
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2

    def gradient(w):
        x, y = w[..., 0], w[..., 1]
        return np.stack([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)], axis=-1)

    def hessian(w):
        x, y = w
        return np.array([[2 - 400 * (y - 3 * x**2), -400 * x], [-400 * x, 200]], w.dtype)

    span = ((-2.0, 2.0), (-1.0, 3.0))
    return Surface("Rosenbrock", value, gradient, hessian, (-1.2, 1.0), span, ((1.0, 1.0),))


def two_valleys() -> Surface:
    """A deep and a shallow valley with a hill between: f(x, y) = (x**2 - 1)**2 + 0.3 x + 0.5 y**2.

    Returns:
        surface: start (2, 1) on the side of the shallow valley, which has its bottom at (0.96, 0).
        The deep one has it at (-1.04, 0), the hill between them its top at (0.08, 0).

    Source: syllabus OPT-08, OPT-10, ENS-06.
    """

    def value(w):
        x, y = w[..., 0], w[..., 1]
        return (x**2 - 1) ** 2 + 0.3 * x + 0.5 * y**2

    def gradient(w):
        x, y = w[..., 0], w[..., 1]
        return np.stack([4 * x * (x**2 - 1) + 0.3, y], axis=-1)

    def hessian(w):
        return np.diag(np.array([12 * w[0] ** 2 - 4, 1], w.dtype))

    # The bottoms are the roots of the slope 4 x^3 - 4 x + 0.3; the middle one is the hill.
    deep, _, shallow = sorted(float(x) for x in np.roots([4, 0, -4, 0.3]).real)
    span = ((-2.1, 2.1), (-1.5, 1.5))
    minima = ((deep, 0.0), (shallow, 0.0))
    return Surface("two valleys", value, gradient, hessian, (2.0, 1.0), span, minima)


def plateau() -> Surface:
    """A hole in a plain: f(x, y) = 1 - exp(-0.5 * (x**2 + y**2)).

    Returns:
        surface: start (2.5, 2) out on the plain, where the slope is below 0.02; minimum 0 at the
        origin.

    Methods that divide by the size of the gradient walk over the plain at once.

    Source: syllabus OPT-10, ADA-02.
    """

    def value(w):
        return 1 - np.exp(-0.5 * np.sum(w**2, axis=-1))

    def gradient(w):
        return w * np.exp(-0.5 * np.sum(w**2, axis=-1, keepdims=True))

    def hessian(w):
        return (np.eye(2, dtype=w.dtype) - np.outer(w, w)) * np.exp(-0.5 * np.sum(w**2))

    span = ((-3.0, 3.0), (-3.0, 3.0))
    return Surface("plateau", value, gradient, hessian, (2.5, 2.0), span, ((0.0, 0.0),))


#: Each surface by the name of the function that makes it.
SURFACES = {
    make.__name__: make()
    for make in (bowl, ravine, saddle, rosenbrock, two_valleys, plateau, noisy_quadratic)
}


def trajectory(
    step: Callable,
    surface: Surface,
    start: Float[np.ndarray, "2"] | tuple[float, float] | None = None,
    *,
    steps: int,
    rng: np.random.Generator | None = None,
    **hyper,
) -> Float[np.ndarray, "points 2"]:
    """The path of an optimizer over a surface: w_0 = start, w_{k+1} = step(w_k, gradient, state).

    Args:
        step: one of the steps of :mod:`utils.optimizers`. One that looks ahead is given the
            surface's gradient as a function.
        surface: where to walk.
        start: the first point; ``None`` takes the surface's own.
        steps: number of steps.
        rng: source of the noise on the gradient, for a surface that has some.
        **hyper: the hyperparameters of ``step``. Each is a number, or a function of the number k
            of steps already taken, for example ``lr=lambda k: 0.1 / (k + 1)``.

    Returns:
        path: shape ``(steps + 1, 2)``: the start, then the point after each step. A path that
        explodes goes on as inf and nan, which plots leave out.

    Raises:
        ValueError: the surface is noisy and there is no ``rng``.

    Source: syllabus OPT-17.
    """
    if surface.noise and rng is None:
        raise ValueError(f"{surface.name} is noisy and rng is None, expected a np.random.Generator")

    def gradient(w):
        if rng is None:
            return surface.gradient(w)
        noise = surface.noise * rng.standard_normal(w.shape)
        return surface.gradient(w) + noise.astype(w.dtype)

    looks_ahead = "grad_fn" in inspect.signature(step).parameters
    w, state = np.array(surface.start if start is None else start), None
    path = [w]
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(steps):
            now = {name: h(k) if callable(h) else h for name, h in hyper.items()}
            w, state = step(w, gradient if looks_ahead else gradient(w), state, **now)
            path.append(w)
    return np.array(path)


enforce(__name__)
