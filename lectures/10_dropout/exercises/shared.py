"""Inputs, and what must hold for a layer that draws, for several sections.

Functions that draw are judged by properties. Bounds are six or more standard deviations wide: a
right answer misses one of them less than once in a million checks, whatever way it draws.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from grader import Case, Property, Rng

SIGMAS = 6.0


def seed(rng: np.random.Generator) -> Rng:
    return Rng(int(rng.integers(1 << 30)))


def both_signs(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers between 0.3 and 1.5 in size, half of them negative, in random places."""
    size = int(np.prod(shape))
    signs = np.where(np.arange(size) % 2, 1.0, -1.0)
    return (rng.permutation(signs) * rng.uniform(0.3, 1.5, size)).reshape(shape)


def some_mask(rng: np.random.Generator, kept: int, *shape: int) -> np.ndarray:
    """A mask with exactly that many True."""
    return (rng.permutation(int(np.prod(shape))) < kept).reshape(shape)


def close(got: Any, want: Any) -> bool:
    """Equal up to rounding, in the precision of what was computed."""
    got, want = np.asarray(got), np.asarray(want)
    rtol, atol = (1e-3, 1e-4) if np.float32 in (got.dtype, want.dtype) else (1e-5, 2e-6)
    scale = np.abs(want).max(initial=0)
    with np.errstate(all="ignore"):
        return bool((np.abs(got - want) <= rtol * np.abs(want) + atol * scale).all())


def chance_bound(p: float, n: int, sigmas: float = SIGMAS) -> float:
    """How far the share of n independent trials may be from p."""
    return float(sigmas * np.sqrt(p * (1 - p) / n))


# What holds for a mask, whatever was drawn; kept has shape (examples, units)


def nothing_dropped(kept: np.ndarray) -> str | None:
    return f"nothing was dropped, of {kept.size:,}." if kept.all() else None


def units_together(kept: np.ndarray, p_drop: float) -> str | None:
    if _correlation(kept[:, 1:], kept[:, :-1], p_drop):
        return "the units of one example tend to be kept or dropped together."
    return None


def examples_together(kept: np.ndarray, p_drop: float) -> str | None:
    if _correlation(kept[1:], kept[:-1], p_drop):
        return "one example tends to keep the same units as the next."
    return None


def _correlation(a: np.ndarray, b: np.ndarray, p_drop: float) -> bool:
    """Whether neighbours agree more often than chance allows, for any share that is kept."""
    share = (a.mean() + b.mean()) / 2 if a.size else 0.5
    if not 0 < share < 1:
        return False
    products = (a - share) * (b - share)
    return bool(products.mean() > 8 * share * (1 - share) / np.sqrt(products.size))


def wrong_share(kept: np.ndarray, p_drop: float) -> str | None:
    if abs(kept.mean() - (1 - p_drop)) > chance_bound(p_drop, kept.size) + 1e-12:
        return f"with p_drop = {p_drop:g}, {kept.mean():.1%} of {kept.size:,} were kept."
    return None


def of_masks(kept: np.ndarray) -> dict[str, tuple[float, float]]:
    """What can be measured of masks, shape (examples, units), with what chance may move it.

    Masks that repeat a row or a column hold fewer independent numbers than entries: the spread of
    the means of rows and of columns says how few.
    """
    share = float(kept.mean())
    variance = max(
        share * (1 - share) / kept.size,
        kept.mean(axis=0).var() / kept.shape[1],
        kept.mean(axis=1).var() / kept.shape[0],
    )
    slack = SIGMAS * float(np.sqrt(variance))
    relative = slack / np.sqrt(share * (1 - share)) if 0 < share < 1 else 0.0
    return {
        "share kept": (share, slack + 1e-9),
        "neighbouring units agree": (_agreement(kept[:, 1:], kept[:, :-1]), relative + 1e-9),
        "neighbouring examples agree": (_agreement(kept[1:], kept[:-1]), relative + 1e-9),
    }


def _agreement(a: np.ndarray, b: np.ndarray) -> float:
    share = (a.mean() + b.mean()) / 2 if a.size else 0.0
    if not 0 < share < 1:
        return 0.0
    return float(((a - share) * (b - share)).mean() / (share * (1 - share)))


def of_factors(factors: np.ndarray) -> tuple[float, float]:
    """Median of the finite factors that are not 0, and how widely they are spread."""
    some = factors[np.isfinite(factors) & (factors != 0)]
    if not some.size:
        return 0.0, 0.0
    return float(np.median(some)), float(np.subtract(*np.percentile(some, [90, 10])))


def layer_measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    """What a dropout layer does to its input, in the phase of the case."""
    x = case.args[0]
    (first, second), (cache, _) = output
    same = np.array_equal(first, second)
    if not case.kwargs["train"] and not same:
        return {"two calls agree": (0.0, 0.0)}
    found = of_masks(_kept(first))
    (factor, spread), (again, _) = of_factors(first / x), of_factors(second / x)
    moves = abs(factor - again) > 1e-4 * abs(factor)
    share, chance = found["share kept"]
    # A factor computed from the mask itself moves with the share that was kept.
    slack = abs(factor) * (2 * chance / share if moves and share else 1e-3)
    held, held_spread = of_factors(cache)
    return found | {
        "factor": (factor, slack),
        "spread of the factor": (spread, 1e-3 * abs(factor) + slack * moves),
        "the factor differs from call to call": (float(moves), 0.0),
        "two calls agree": (float(same), 0.0),
        "factor in the cache": (held, slack + 1e-3 * abs(held)),
        "spread in the cache": (held_spread, 1e-3 * abs(held) + slack * moves),
        "the cache fits": (float(close(x * cache, first)), 0.0),
    }


def layer_cases(rng: np.random.Generator, p_tested: float) -> Iterator[Case]:
    def case(name, shape, p_drop, train):
        x = both_signs(rng, *shape)
        generator = seed(rng) if train else None
        kwargs = {"p_drop": p_drop, "train": train, "rng": generator, "draws": 2}
        return Case(name, (x,), kwargs)

    yield case("training, a fifth dropped", (60, 50), 0.2, True)
    yield case("training, half dropped", (60, 50), 0.5, True)
    yield case("training, most dropped", (50, 80), 0.8, True)
    yield case("training, images", (12, 3, 10, 10), 0.3, True)
    yield case("test time", (6, 8), p_tested, False)
    yield case("test time, half dropped in training", (3, 20), 0.5, False)
    yield case("test time, most dropped in training", (1, 50), 0.8, False)
    unused = {"p_drop": 0.25, "train": False, "rng": seed(rng), "draws": 2}
    yield Case("test time, with a generator", (both_signs(rng, 5, 10),), unused)


def layer_call(case: Case, output: Any) -> tuple:
    """Arguments and what came of them: x, p_drop, out, cache, out of the second call."""
    (first, second), (cache, _) = output
    return case.args[0], case.kwargs["p_drop"], first, cache, second


def in_training(holds):
    return lambda case, output: holds(*layer_call(case, output)) if case.kwargs["train"] else None


def in_testing(holds):
    return lambda case, output: None if case.kwargs["train"] else holds(*layer_call(case, output))


def _kept(out: np.ndarray) -> np.ndarray:
    return (out != 0).reshape(len(out), -1)


def kept_unlike(x, p_drop, out, factor: float) -> str | None:
    """What is kept is x times the factor."""
    if close(out, np.where(out != 0, x * factor, 0).astype(x.dtype)):
        return None
    worst = np.unravel_index(np.argmax(np.abs(out - x * factor) * (out != 0)), x.shape)
    return f"with p_drop = {p_drop:g}, an input of {x[worst]:.4g} became {out[worst]:.4g}."


def tested_unlike(x, p_drop, out, factor: float) -> str | None:
    if close(out, (x * factor).astype(x.dtype)):
        return None
    worst = np.unravel_index(np.argmax(np.abs(out - x * factor)), x.shape)
    return f"with p_drop = {p_drop:g}, an input of {x[worst]:.4g} became {out[worst]:.4g}."


def cache_unlike(x, p_drop, out, cache, again) -> str | None:
    return None if close(x * cache, out) else "out is not x times the cache, entry by entry."


def drew_in_testing(x, p_drop, out, cache, again) -> str | None:
    if (out == 0).any() or not np.array_equal(out, again):
        return "some outputs are 0, or a second call with the same input gave another output."
    return None


SHARED_PROPERTIES = (
    Property("Evaluation mode leaves nothing to chance: this", in_testing(drew_in_testing)),
    Property(
        "Some units are dropped in training: this",
        in_training(lambda x, p, out, cache, again: nothing_dropped(_kept(out))),
    ),
    Property(
        "Each unit is dropped on its own: this",
        in_training(lambda x, p, out, cache, again: units_together(_kept(out), p)),
    ),
    Property(
        "Each example has its own units dropped: this",
        in_training(lambda x, p, out, cache, again: examples_together(_kept(out), p)),
    ),
    Property(
        "Each call draws a new mask: this",
        in_training(
            lambda x, p, out, cache, again: (
                "two calls with one generator dropped the same units."
                if np.array_equal(out, again)
                else None
            )
        ),
    ),
    Property(
        "A share of 1 - p_drop is kept in training: this",
        in_training(lambda x, p, out, cache, again: wrong_share(_kept(out), p)),
    ),
)
