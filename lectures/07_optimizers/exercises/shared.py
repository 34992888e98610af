"""Gradients, runs and halves of methods that several sections use."""

from collections.abc import Iterator

import numpy as np

from grader import Case

# What the drivers return: four points and what the method remembers at the end.
POINTS = ("w_1", "w_2", "w_3", "w_4", "state")


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.3 and 3 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.3, 3, size)).reshape(shape)


def gradients(rng: np.random.Generator, *shape: int) -> list[np.ndarray]:
    """Four gradients; of a single number all have the same sign, so that nothing cancels."""
    if np.prod(shape) == 1:
        return [rng.uniform(0.5, 2, shape) for _ in range(4)]
    return [both_signs(rng, *shape) for _ in range(4)]


def start(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Parameters well away from zero, so that no step lands near it."""
    return 3 * both_signs(rng, *shape) + 5


def squares(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """A state of squared gradients."""
    return rng.uniform(0.5, 3, shape)


def with_a_silent_one(rng: np.random.Generator) -> list[np.ndarray]:
    """Four gradients for three numbers, of which the last never has one."""
    return [dw * np.array([1.0, 1.0, 0.0]) for dw in gradients(rng, 3)]


def run(name: str, w: np.ndarray, grads: list[np.ndarray], extreme=False, **hyper) -> Case:
    """A case of the driver ``steps``."""
    return Case(name, (w, grads), hyper, extreme=extreme)


def momentum_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield run(
        "four steps of a (3, 2) array", start(rng, 3, 2), gradients(rng, 3, 2), lr=0.2, mu=0.8
    )
    yield run("the default coefficient", start(rng, 4), gradients(rng, 4), lr=0.3)
    yield run("a single number", start(rng, 1), gradients(rng, 1), lr=0.1, mu=0.7)
    yield run(
        "a run that goes on",
        start(rng, 5),
        gradients(rng, 5),
        lr=0.2,
        mu=0.6,
        state=both_signs(rng, 5),
    )
    yield run(
        "a rate that is cut", start(rng, 4), gradients(rng, 4), lr=(0.4, 0.4, 0.04, 0.04), mu=0.9
    )
    yield run("no momentum", start(rng, 3), gradients(rng, 3), lr=0.2, mu=0.0)
    yield run(
        "large gradients",
        start(rng, 3),
        [2000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
        mu=0.9,
    )


def velocity(w, state):
    return np.zeros_like(w) if state is None else state


def momentum_velocity(w, dw, state, *, lr, mu=0.9):
    v = mu * velocity(w, state) - lr * dw
    return w + v, v


def look_ahead(name, w, hessian, lowest, extreme=False, **hyper) -> Case:
    """A case of the driver ``look_ahead_steps``."""
    return Case(name, (w, hessian, lowest), hyper, extreme=extreme)


def slope(rng: np.random.Generator, d: int) -> np.ndarray:
    """Second derivatives between about 1 and 3, coupled."""
    coupling = rng.uniform(0.1, 0.3, (d, d))
    return np.diag(rng.uniform(1, 2.5, d)) + (coupling + coupling.T) / 2


def far_from(rng: np.random.Generator, lowest: np.ndarray) -> np.ndarray:
    return lowest + 2 * both_signs(rng, *lowest.shape)


def right_average(r, dw, beta):
    return beta * r + (1 - beta) * dw**2
