"""Lecture 10: dropout and its relatives, random in training and averaged in testing.

Functions that draw are judged by properties. Bounds are six or more standard deviations wide: a
right answer misses one of them less than once in a million checks, whatever way it draws.
"""

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from grader import drivers
from grader.exercise import Case, Choice, Exercise, Misconception, Number, Property, Question, Rng

LECTURE = "10_dropout"

# They would give an exercise away: the same thing for other arguments, or under another name.
WITHHOLD = ("dropout.dropconnect_forward", "dropout.vanilla_dropout_backward")

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


# dropout_mask


def dropout_mask_cases(rng: np.random.Generator) -> Iterator[Case]:
    shape = (60, 50)
    for name, shape, p_drop in (
        ("60 examples, 50 units, a third dropped", (60, 50), 0.3),
        ("most dropped", (50, 60), 0.9),
        ("half dropped", (60, 50), 0.5),
        ("few dropped, three dimensions", (20, 15, 10), 0.1),
        ("nothing to be dropped", (7, 5), 0.0),
    ):
        yield Case(name, (shape,), {"p_drop": p_drop, "rng": seed(rng), "draws": 5})
    wrong = {"p_drop": 1.0, "rng": seed(rng), "draws": 1}
    yield Case("a p_drop of 1, which must raise ValueError", ((3, 2),), wrong, extreme=True)
    wrong = {"p_drop": -0.1, "rng": seed(rng), "draws": 1}
    yield Case("a negative p_drop, which must raise ValueError", ((3, 2),), wrong, extreme=True)


def _masks(case: Case, output: Any) -> tuple[np.ndarray, float]:
    """All masks of a case below each other, one example a row; and p_drop."""
    return np.concatenate([m.reshape(len(m), -1) for m in output]), case.kwargs["p_drop"]


def mask_drops(case: Case, output: Any) -> str | None:
    kept, p_drop = _masks(case, output)
    return nothing_dropped(kept) if p_drop else None


def mask_units(case: Case, output: Any) -> str | None:
    kept, p_drop = _masks(case, output)
    return units_together(kept, p_drop) if p_drop else None


def mask_examples(case: Case, output: Any) -> str | None:
    kept, p_drop = _masks(case, output[:1])
    return examples_together(kept, p_drop) if p_drop else None


def mask_is_new(case: Case, output: Any) -> str | None:
    if case.kwargs["p_drop"] and all(np.array_equal(m, output[0]) for m in output[1:]):
        return "several calls with one generator gave the same mask."
    return None


def mask_share(case: Case, output: Any) -> str | None:
    return wrong_share(*_masks(case, output))


def mask_count(case: Case, output: Any) -> str | None:
    if case.kwargs["p_drop"] and len({int(m.sum()) for m in output}) == 1:
        return f"{len(output)} masks kept {int(output[0].sum()):,} units each."
    return None


def mask_keeping(shape, *, p_drop, rng):
    return rng.random(shape) < p_drop


def mask_for_all_examples(shape, *, p_drop, rng):
    return np.broadcast_to(rng.random(shape[1:]) >= p_drop, shape).copy()


def mask_for_all_units(shape, *, p_drop, rng):
    column = rng.random((shape[0],) + (1,) * (len(shape) - 1)) >= p_drop
    return np.broadcast_to(column, shape).copy()


def mask_normal(shape, *, p_drop, rng):
    return rng.standard_normal(shape) >= p_drop


def mask_of_ones(shape, *, p_drop, rng):
    return np.ones(shape, bool)


def mask_exact_number(shape, *, p_drop, rng):
    size = int(np.prod(shape))
    return (rng.permutation(size) >= p_drop * size).reshape(shape)


def mask_own_generator(shape, *, p_drop, rng):
    return np.random.default_rng(0).random(shape) >= p_drop


def mask_of_numbers(shape, *, p_drop, rng):
    return (rng.random(shape) >= p_drop).astype(float)


def mask_unguarded(shape, *, p_drop, rng):
    return rng.random(shape) >= p_drop


DROPOUT_MASK = Exercise(
    "dropout.dropout_mask",
    points=2,
    minutes=4,
    returns=("mask",),
    driver=drivers.repeated,
    cases=dropout_mask_cases,
    properties=(
        Property("Some units are dropped: this", mask_drops),
        Property("Each unit is dropped on its own: this", mask_units),
        Property("Each example has its own units dropped: this", mask_examples),
        Property("Each call draws anew: this", mask_is_new),
        Property("A share of 1 - p_drop is kept: this", mask_share),
        Property("How many are kept is left to chance: this", mask_count),
    ),
    misconceptions=(
        Misconception(
            "keeps with probability p_drop",
            mask_keeping,
            "The larger p_drop is, the more you keep.\n"
            "Several slides and papers write p for the probability of keeping a unit. There you\n"
            "would be right. Here the name says the other thing.\n"
            "What should happen to a unit with probability p_drop?",
            convention=True,
        ),
        Misconception(
            "one mask for the whole batch",
            mask_for_all_examples,
            "All rows of your mask are the same: every example loses the same units.\n"
            "Then a batch trains one thinned network, not one for each example.\n"
            "How many random numbers does a mask of this shape need?",
        ),
        Misconception(
            "one decision for all units of an example",
            mask_for_all_units,
            "Each row of your mask is all True or all False: an example is kept or lost whole.\n"
            "Dropout removes single units.\n"
            "How many random numbers does a mask of this shape need?",
        ),
        Misconception(
            "normal instead of uniform numbers",
            mask_normal,
            "The share you keep is not 1 - p_drop, and even at p_drop = 0 some units are lost.\n"
            "It looks as if normal numbers were compared with p_drop; about half of these are\n"
            "negative. Which random numbers lie below p with probability exactly p?",
        ),
        Misconception(
            "nothing is dropped",
            mask_of_ones,
            "Every entry of your mask is True.\n"
            "With this dropout a network keeps all its units, and learns by heart as before.\n"
            "Where does chance come in?",
        ),
        Misconception(
            "an exact number of units",
            mask_exact_number,
            "Each of your masks keeps the same number of units, the expected one.\n"
            "Then one unit depends on the others: once enough are dropped, the rest is safe.\n"
            "How would you decide about each unit without looking at the others?",
        ),
        Misconception(
            "a generator of its own",
            mask_own_generator,
            "A second call gives the same mask once more, and the `rng` passed in is not used.\n"
            "Then every training step drops the same units.\n"
            "Whose random numbers should the function take?",
        ),
        Misconception(
            "numbers instead of True and False",
            mask_of_numbers,
            "Your mask holds 0.0 and 1.0.\n"
            "A mask says which units are there, yes or no; what they are multiplied with comes\n"
            "later. What is the type of a comparison of two arrays?",
        ),
        Misconception(
            "any p_drop is accepted",
            mask_unguarded,
            "Your masks are right. Two calls should have been refused with a ValueError: one to\n"
            "drop everything, one with a negative probability.\n"
            "Which p_drop do the instructions allow?",
        ),
    ),
    hints=(
        "Each entry needs a random number of its own. `rng.random(shape)` gives numbers that are "
        "uniform between 0 and 1.",
        "A uniform number lies below p with probability p. On which side of p_drop is a unit kept?",
        "First raise ValueError unless 0 <= p_drop < 1. Then compare the uniform numbers with "
        "p_drop; the comparison itself is the mask.",
    ),
)


# A layer that draws: vanilla_dropout_forward and dropout_forward


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
    yield case("testing", (4, 3), p_tested, False)
    yield case("testing, half dropped in training", (3, 5), 0.5, False)
    yield case("testing, most dropped in training", (1, 4), 0.8, False)
    unused = {"p_drop": 0.25, "train": False, "rng": seed(rng), "draws": 2}
    yield Case("testing, with a generator", (both_signs(rng, 5, 4),), unused)


def _layer(case: Case, output: Any) -> tuple:
    """Arguments and what came of them: x, p_drop, out, cache, out of the second call."""
    (first, second), (cache, _) = output
    return case.args[0], case.kwargs["p_drop"], first, cache, second


def in_training(holds):
    return lambda case, output: holds(*_layer(case, output)) if case.kwargs["train"] else None


def in_testing(holds):
    return lambda case, output: None if case.kwargs["train"] else holds(*_layer(case, output))


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


def grown(x, p_drop, out, cache, again) -> str | None:
    if (np.abs(out) > np.abs(x) * (1 + 1e-3)).any():
        return "some outputs are larger in size than their inputs."
    return None


def shrunk(x, p_drop, out, cache, again) -> str | None:
    if (np.abs(out) < np.abs(x) * (1 - 1e-3))[out != 0].any():
        return "some kept outputs are smaller in size than their inputs."
    return None


def drew_in_testing(x, p_drop, out, cache, again) -> str | None:
    if (out == 0).any() or not np.array_equal(out, again):
        return "some outputs are 0, or a second call with the same input gave another output."
    return None


SHARED_PROPERTIES = (
    Property("Testing leaves nothing to chance: this", in_testing(drew_in_testing)),
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


# vanilla_dropout_forward


def vanilla_testing_p_drop(x, *, p_drop, train, rng):
    if train:
        factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    else:
        factor = np.full_like(x, p_drop)
    return x * factor, factor


def vanilla_unscaled(x, *, p_drop, train, rng):
    if train:
        factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    else:
        factor = np.ones_like(x)
    return x * factor, factor


def vanilla_inverted(x, *, p_drop, train, rng):
    factor = np.ones_like(x)
    if train:
        factor = ((rng.random(x.shape) >= p_drop) / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


def vanilla_both_phases(x, *, p_drop, train, rng):
    factor = np.full_like(x, 1 - p_drop)
    if train:
        factor = factor * (rng.random(x.shape) >= p_drop)
    return x * factor, factor


def vanilla_keeping(x, *, p_drop, train, rng):
    if train:
        factor = (rng.random(x.shape) < p_drop).astype(x.dtype)
    else:
        factor = np.full_like(x, p_drop)
    return x * factor, factor


def vanilla_always_random(x, *, p_drop, train, rng):
    rng = np.random.default_rng() if rng is None else rng
    factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    return x * factor, factor


def vanilla_one_mask(x, *, p_drop, train, rng):
    if train:
        factor = np.ones_like(x) * (rng.random(x.shape[1:]) >= p_drop)
    else:
        factor = np.full_like(x, 1 - p_drop)
    return x * factor, factor


def vanilla_expectation(x, *, p_drop, train, rng):
    factor = np.full_like(x, 1 - p_drop)
    return x * factor, factor


def vanilla_second_mask(x, *, p_drop, train, rng):
    if not train:
        factor = np.full_like(x, 1 - p_drop)
        return x * factor, factor
    out = x * (rng.random(x.shape) >= p_drop)
    return out, (rng.random(x.shape) >= p_drop).astype(x.dtype)


VANILLA_DROPOUT_FORWARD = Exercise(
    "dropout.vanilla_dropout_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    parents=("dropout.dropout_mask",),
    driver=drivers.repeated_pairs,
    cases=partial(layer_cases, p_tested=0.2),
    properties=(
        *SHARED_PROPERTIES,
        Property(
            "In training a kept unit stays as it is: this",
            in_training(lambda x, p, out, cache, again: kept_unlike(x, p, out, 1.0)),
        ),
        Property(
            "In testing every unit is scaled to its mean: this",
            in_testing(lambda x, p, out, cache, again: tested_unlike(x, p, out, 1 - p)),
        ),
        Property(
            "The cache is the factor of every entry: this",
            lambda case, output: cache_unlike(*_layer(case, output)),
        ),
    ),
    misconceptions=(
        Misconception(
            "multiplied by the probability of dropping in testing",
            vanilla_testing_p_drop,
            "With p_drop = 0.5 your testing is right; otherwise its scale is off.\n"
            "A slide says to multiply by the dropout probability. Take a unit that is there four\n"
            "times out of five.\n"
            "What is its mean, seen over many training steps?",
        ),
        Misconception(
            "no scaling in testing",
            vanilla_unscaled,
            "In testing everything passes as it is.\n"
            "In training the next layer got the sum of a few units; now it gets the sum of all.\n"
            "By how much is that larger, on average?",
        ),
        Misconception(
            "inverted dropout",
            vanilla_inverted,
            "You scale up what is kept in training, and nothing in testing.\n"
            "That is the inverted form, which comes later in this lecture; you are ahead.\n"
            "What does the vanilla form do to a kept unit in training?",
            convention=True,
        ),
        Misconception(
            "scaled in both phases",
            vanilla_both_phases,
            "Your kept units are scaled down in training, too.\n"
            "Then the mean in training is smaller than in testing, and the two do not agree.\n"
            "In which phase does something have to be made up for?",
        ),
        Misconception(
            "keeps with probability p_drop",
            vanilla_keeping,
            "The larger p_drop is, the more you keep.\n"
            "Slides that write `rand() < p` mean by p the probability of keeping.\n"
            "What does the name p_drop say?",
            convention=True,
        ),
        Misconception(
            "drops in testing, too",
            vanilla_always_random,
            "In testing some of your outputs are 0, and differ from call to call.\n"
            "A prediction should not depend on luck.\n"
            "Which argument tells you that this is not training?",
        ),
        Misconception(
            "one mask for the whole batch",
            vanilla_one_mask,
            "All examples of your batch lose the same units.\n"
            "Each example should meet a thinned network of its own.\n"
            "Which shape does the mask need?",
        ),
        Misconception(
            "the mean in training",
            vanilla_expectation,
            "In training nothing is dropped: you scale everything by its mean factor.\n"
            "That is the expectation, right for testing. In training the point is the noise.\n"
            "What has to be drawn?",
        ),
        Misconception(
            "a second mask in the cache",
            vanilla_second_mask,
            "Your output is right, but the cache belongs to another mask.\n"
            "The backward pass must close the gates that were closed on the way forward.\n"
            "How often do you draw in one call?",
        ),
    ),
    hints=(
        "In both phases the output is x times a factor, entry by entry, and the factor is the "
        "cache. Only the factor differs.",
        "Training: the factor is your mask, converted to the dtype of x. Testing: one number for "
        "all, the probability that a unit was there.",
        "`np.full_like(x, number)` fills an array like x; `mask.astype(x.dtype)` turns True and "
        "False into 1 and 0.",
    ),
)


# dropout_apply


def dropout_apply_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, shape, kept, p_drop in (
        ("five examples, four units", (5, 4), 13, 0.2),
        ("half dropped", (4, 4), 9, 0.5),
        ("most dropped", (3, 6), 5, 0.8),
        ("one example", (1, 4), 2, 0.25),
        ("a vector", (5,), 3, 0.3),
        ("images", (2, 1, 3, 2), 7, 0.4),
    ):
        x = both_signs(rng, *shape)
        yield Case(name, (x, some_mask(rng, kept, *shape)), {"p_drop": p_drop})
    yield Case("p_drop = 0", (both_signs(rng, 2, 3), np.ones((2, 3), bool)), {"p_drop": 0.0})


def apply_unscaled(x, mask, *, p_drop):
    return x * mask


def apply_divided_by_p_drop(x, mask, *, p_drop):
    return x * mask / p_drop if p_drop else x * mask


def apply_multiplied(x, mask, *, p_drop):
    return x * mask * (1 - p_drop)


def apply_mean_of_mask(x, mask, *, p_drop):
    return x * mask / mask.mean()


def apply_mask_turned(x, mask, *, p_drop):
    return x * ~mask / (1 - p_drop)


def apply_everything_scaled(x, mask, *, p_drop):
    return x / (1 - p_drop)


def apply_double(x, mask, *, p_drop):
    return (x * (mask / (1 - p_drop))).astype(np.float64)


DROPOUT_APPLY = Exercise(
    "dropout.dropout_apply",
    points=1,
    minutes=3,
    cases=dropout_apply_cases,
    misconceptions=(
        Misconception(
            "no scaling",
            apply_unscaled,
            "What is kept stays as it is: you have vanilla dropout.\n"
            "Inverted dropout leaves testing as it is; training makes up for what is missing.\n"
            "How much smaller is the mean of a unit that is sometimes 0?",
        ),
        Misconception(
            "divided by the probability of dropping",
            apply_divided_by_p_drop,
            "The less you drop, the larger your survivors become.\n"
            "It should be the other way round: when little is missing, little has to be made up\n"
            "for. With which probability is a unit there?",
        ),
        Misconception(
            "scaled down instead of up",
            apply_multiplied,
            "Your survivors are smaller than they were.\n"
            "That factor belongs to the test pass of vanilla dropout, where too much is there.\n"
            "Here something is missing. Must the rest become smaller or larger?",
        ),
        Misconception(
            "divided by the share that happened to be kept",
            apply_mean_of_mask,
            "Your factor depends on the mask that was drawn, not on p_drop.\n"
            "If by chance all units are kept, you do not scale; your mean over masks is not x.\n"
            "Which number is the same for every mask?",
        ),
        Misconception(
            "True taken for dropped",
            apply_mask_turned,
            "You keep what should go, and drop what should stay.\nWhat does True mean in the mask?",
        ),
        Misconception(
            "nothing is dropped",
            apply_everything_scaled,
            "Your answer does not depend on the mask.\n"
            "Everything is scaled up, and nothing dropped.\n"
            "What becomes of an entry where the mask is False?",
        ),
        Misconception(
            "float32 turned into float64",
            apply_double,
            "On float64 you are right. For float32 inputs your output is float64.\n"
            "A mask divided by a number is float64, and an array of float64 wins over float32.\n"
            "In which order could you multiply and divide?",
        ),
    ),
    hints=(
        "A dropped unit is 0. A kept one has to be so large that the mean over both cases is x.",
        "Kept with probability 1 - p_drop, times a factor, must give 1. What is the factor?",
    ),
)


# dropout_forward


def inverted_unscaled(x, *, p_drop, train, rng):
    factor = (rng.random(x.shape) >= p_drop).astype(x.dtype) if train else np.ones_like(x)
    return x * factor, factor


def inverted_by_p_drop(x, *, p_drop, train, rng):
    factor = np.ones_like(x)
    if train:
        factor = ((rng.random(x.shape) >= p_drop) / p_drop).astype(x.dtype)
    return x * factor, factor


def inverted_scaled_down(x, *, p_drop, train, rng):
    factor = np.ones_like(x)
    if train:
        factor = ((rng.random(x.shape) >= p_drop) * (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


def inverted_vanilla(x, *, p_drop, train, rng):
    if train:
        factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    else:
        factor = np.full_like(x, 1 - p_drop)
    return x * factor, factor


def inverted_testing_too(x, *, p_drop, train, rng):
    rng = np.random.default_rng() if rng is None else rng
    factor = ((rng.random(x.shape) >= p_drop) / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


def inverted_scaled_twice(x, *, p_drop, train, rng):
    factor = np.full_like(x, 1 / (1 - p_drop))
    if train:
        factor = factor * (rng.random(x.shape) >= p_drop)
    return x * factor, factor


def inverted_nothing(x, *, p_drop, train, rng):
    factor = np.ones_like(x)
    return x * factor, factor


def inverted_keeping(x, *, p_drop, train, rng):
    factor = np.ones_like(x)
    if train:
        factor = ((rng.random(x.shape) < p_drop) / p_drop).astype(x.dtype)
    return x * factor, factor


def inverted_one_mask(x, *, p_drop, train, rng):
    factor = np.ones_like(x)
    if train:
        factor = factor * ((rng.random(x.shape[1:]) >= p_drop) / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


def inverted_whole_examples(x, *, p_drop, train, rng):
    factor = np.ones_like(x)
    if train:
        kept = rng.random((len(x),) + (1,) * (x.ndim - 1)) >= p_drop
        factor = factor * (kept / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


def inverted_normal(x, *, p_drop, train, rng):
    factor = np.ones_like(x)
    if train:
        factor = ((rng.standard_normal(x.shape) >= p_drop) / (1 - p_drop)).astype(x.dtype)
    return x * factor, factor


def inverted_cache_unscaled(x, *, p_drop, train, rng):
    if not train:
        return x.copy(), np.ones_like(x)
    kept = (rng.random(x.shape) >= p_drop).astype(x.dtype)
    return (x * kept / (1 - p_drop)).astype(x.dtype), kept


def inverted_double(x, *, p_drop, train, rng):
    factor = (rng.random(x.shape) >= p_drop) / (1 - p_drop) if train else np.ones_like(x)
    return x * factor, factor


DROPOUT_FORWARD = Exercise(
    "dropout.dropout_forward",
    points=3,
    minutes=5,
    returns=("out", "cache"),
    parents=("dropout.dropout_mask", "dropout.dropout_apply"),
    driver=drivers.repeated_pairs,
    cases=partial(layer_cases, p_tested=0.3),
    properties=(
        *SHARED_PROPERTIES,
        Property("No kept unit becomes smaller in training: this", in_training(shrunk)),
        Property(
            "The mean over masks is the input: this",
            in_training(lambda x, p, out, cache, again: kept_unlike(x, p, out, 1 / (1 - p))),
        ),
        Property("Testing enlarges nothing: this", in_testing(grown)),
        Property(
            "Testing lets everything pass: this",
            in_testing(lambda x, p, out, cache, again: tested_unlike(x, p, out, 1.0)),
        ),
        Property(
            "The cache is the factor of every entry: this",
            lambda case, output: cache_unlike(*_layer(case, output)),
        ),
    ),
    misconceptions=(
        Misconception(
            "no scaling",
            inverted_unscaled,
            "Kept units stay as they are, and testing does not scale either.\n"
            "Then testing is louder than training was: all units are there at once.\n"
            "Where is the loss of the dropped ones made up for?",
        ),
        Misconception(
            "divided by the probability of dropping",
            inverted_by_p_drop,
            "With p_drop = 0.5 you are right; otherwise the survivors have the wrong size.\n"
            "The less you drop, the larger they become. Should it not be the other way round?\n"
            "With which probability is a unit there?",
        ),
        Misconception(
            "scaled down instead of up",
            inverted_scaled_down,
            "Your survivors become smaller in training.\n"
            "Some units are missing already. To keep the mean, what must happen to the rest?",
        ),
        Misconception(
            "scaled in testing",
            inverted_vanilla,
            "You scale in testing and not in training.\n"
            "That is vanilla dropout, your earlier exercise, and its means do agree. Inverted\n"
            "dropout leaves testing untouched.\n"
            "Which phase has to do the scaling, then?",
            convention=True,
        ),
        Misconception(
            "drops in testing, too",
            inverted_testing_too,
            "In testing some of your outputs are 0, and differ from call to call.\n"
            "A prediction should not depend on luck.\n"
            "Which argument tells you that this is not training?",
        ),
        Misconception(
            "scaled up in testing, too",
            inverted_scaled_twice,
            "In testing your outputs are larger than the inputs.\n"
            "In training the factor makes up for what is missing. What is missing in testing?",
        ),
        Misconception(
            "nothing is dropped",
            inverted_nothing,
            "In training nothing is dropped.\n"
            "Forward and backward fit together, so nobody may notice that the layer does nothing.\n"
            "Where does the random mask come in?",
        ),
        Misconception(
            "keeps with probability p_drop",
            inverted_keeping,
            "The larger p_drop is, the more you keep.\n"
            "Code that writes `rand() < p` and then `/ p` means by p the probability of keeping.\n"
            "What does the name p_drop say?",
            convention=True,
        ),
        Misconception(
            "one mask for the whole batch",
            inverted_one_mask,
            "All examples of your batch lose the same units.\n"
            "Each example should meet a thinned network of its own.\n"
            "Which shape does the mask need?",
        ),
        Misconception(
            "whole examples dropped",
            inverted_whole_examples,
            "Some examples lose all their units, the others none.\n"
            "Dropout removes units, not examples.\n"
            "How many random numbers does an array of this shape need?",
        ),
        Misconception(
            "normal instead of uniform numbers",
            inverted_normal,
            "The share you keep is not 1 - p_drop, not even for one half.\n"
            "It looks as if normal numbers were compared with p_drop.\n"
            "Which random numbers lie below p with probability exactly p?",
        ),
        Misconception(
            "the cache without the scale",
            inverted_cache_unscaled,
            "`out` is right, but the cache holds the bare mask.\n"
            "The gradient of a kept unit is scaled like its signal, and the backward pass gets\n"
            "nothing but the cache. With what was x multiplied, all in all?",
        ),
        Misconception(
            "float32 turned into float64",
            inverted_double,
            "On float64 you are right. For float32 inputs your training output is float64.\n"
            "A mask divided by a number is float64, whatever x is.\n"
            "To which dtype should the factor be converted?",
        ),
    ),
    hints=(
        "As before the output is x times a factor, entry by entry, and the factor is the cache.",
        "Training: 0 where a unit is dropped, one over the probability of keeping where it is "
        "kept, in the dtype of x. Testing: ones.",
        "Your `dropout_mask` gives the mask; divide it by 1 - p_drop and convert with "
        "`.astype(x.dtype)`.",
    ),
)


# dropout_backward


def dropout_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, shape, kept, p_drop in (
        ("20 examples, 15 units", (20, 15), 213, 0.3),
        ("most dropped", (10, 30), 70, 0.8),
        ("half dropped", (30, 10), 160, 0.5),
        ("images", (4, 2, 6, 5), 190, 0.25),
    ):
        cache = some_mask(rng, kept, *shape) / (1 - p_drop)
        yield Case(name, (both_signs(rng, *shape), cache))
    yield Case("a pass of testing", (both_signs(rng, 5, 3), np.ones((5, 3))))


def backward_finite(case: Case, dx: Any) -> str | None:
    return None if np.isfinite(dx).all() else "some gradients are infinite or not a number."


def backward_somewhere_zero(case: Case, dx: Any) -> str | None:
    dropped = case.args[1] == 0
    if dropped.any() and (dx != 0).all():
        return f"{dropped.sum()} units were dropped, and every gradient is different from 0."
    return None


def backward_dropped(case: Case, dx: Any) -> str | None:
    leaking = (case.args[1] == 0) & (dx != 0)
    if leaking.any():
        return f"{leaking.sum()} units that were dropped receive a gradient."
    return None


def backward_not_too_large(case: Case, dx: Any) -> str | None:
    dout, cache = case.args
    if (np.abs(dx) > np.abs(dout) * cache * (1 + 1e-3)).any() and not close(dx, cache):
        return "some gradients are too large."
    return None


def backward_scaled(case: Case, dx: Any) -> str | None:
    dout, cache = case.args
    want = dout * cache
    if close(dx, want):
        return None
    worst = np.unravel_index(np.argmax(np.abs(dx - want)), want.shape)
    return f"a gradient of {dout[worst]:.4g} became {dx[worst]:.4g}, factor {cache[worst]:.4g}."


def backward_without_mask(dout, cache):
    return dout.copy()


def backward_fresh_mask(dout, cache):
    kept = np.random.default_rng().random(dout.shape) < (cache > 0).mean()
    return dout * kept.astype(cache.dtype) * cache.max()


def backward_unscaled(dout, cache):
    return dout * (cache > 0)


def backward_divided(dout, cache):
    return dout / cache


def backward_twice(dout, cache):
    return dout * cache * cache


def backward_no_upstream(dout, cache):
    return cache.copy()


DROPOUT_BACKWARD = Exercise(
    "dropout.dropout_backward",
    points=1,
    minutes=2,
    returns=("dx",),
    parents=("dropout.dropout_forward",),
    cases=dropout_backward_cases,
    properties=(
        Property("Every gradient is a finite number: this", backward_finite),
        Property("Some units get no gradient: this", backward_somewhere_zero),
        Property("A dropped unit gets no gradient: this", backward_dropped),
        Property("No gradient grows more than its signal did: this", backward_not_too_large),
        Property("Gradients are scaled as the signal was: this", backward_scaled),
    ),
    misconceptions=(
        Misconception(
            "without the mask",
            backward_without_mask,
            "You pass the gradient on as it comes.\n"
            "A dropped unit gives 0 whatever its input is. By how much does the loss change when\n"
            "you move this input a little?",
        ),
        Misconception(
            "a fresh mask",
            backward_fresh_mask,
            "The gates you close are not those that were closed on the way forward.\n"
            "It looks as if the backward pass drew a mask of its own.\n"
            "What was the cache kept for?",
        ),
        Misconception(
            "the mask without the scale",
            backward_unscaled,
            "The right gates are closed. But the open ones let the gradient pass unscaled.\n"
            "On the way forward a kept input was multiplied by something.\n"
            "What is the derivative of a multiple of x?",
        ),
        Misconception(
            "divided by the factor",
            backward_divided,
            "You divide by the factor, and dropped units have the factor 0.\n"
            "Going backward does not mean undoing what was done forward.\n"
            "What is the derivative of a multiple of x?",
        ),
        Misconception(
            "the factor used twice",
            backward_twice,
            "Your gradients are too large by the factor of a kept unit.\n"
            "The cache holds that factor already.\n"
            "How often does it stand in the formula of the forward pass?",
        ),
        Misconception(
            "the upstream gradient is missing",
            backward_no_upstream,
            "Your answer does not depend on `dout`.\n"
            "That is the local gradient alone. What does the chain rule multiply it with?",
        ),
    ),
    hints=(
        "The forward pass is out = x times factor. Differentiate one entry on x.",
        "Upstream gradient times the factor of that entry. The factor is the cache.",
    ),
)


# The expectation of one neuron


def neuron(rng: np.random.Generator, d: int, negative: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and weights: the products w_i x_i are 0.6 to 1.2 in size, so many of them negative."""
    signs = rng.permutation(np.where(np.arange(d) < negative, -1.0, 1.0))
    x = both_signs(rng, d)
    return x, signs * rng.uniform(0.6, 1.2, d) / x


def expected_cases(rng: np.random.Generator, **more: Any) -> Iterator[Case]:
    for name, d, negative, p_drop, activation in (
        ("linear, four inputs", 4, 1, 0.2, "linear"),
        ("linear, two inputs, half dropped", 2, 0, 0.5, "linear"),
        ("ReLU, half dropped", 4, 2, 0.5, "relu"),
        ("ReLU, five inputs", 5, 3, 0.3, "relu"),
        ("ReLU, most dropped", 6, 5, 0.75, "relu"),
        ("linear, most dropped", 3, 3, 0.8, "linear"),
        ("one input", 1, 0, 0.4, "relu"),
        ("nothing dropped", 3, 0, 0.0, "linear"),
    ):
        yield Case(
            name, neuron(rng, d, negative), {"p_drop": p_drop, "activation": activation} | more
        )


def _sum_over_masks(x, w, p_drop, activation, weight, bend=True, scale=1.0):
    """Sum over masks of weight(kept, dropped) times the neuron's output."""
    total = 0.0
    for mask in product([0, 1], repeat=len(x)):
        a = scale * float(np.dot(mask, w * x))
        a = max(a, 0.0) if bend and activation == "relu" else a
        total += weight(sum(mask), len(x) - sum(mask)) * a
    return total


def exact_equal_masks(x, w, *, p_drop, activation="linear"):
    total = 0.0
    for number in range(2 ** len(x)):
        a = sum(w[i] * x[i] for i in range(len(x)) if number >> i & 1)
        total += max(a, 0.0) if activation == "relu" else a
    return float(total / 2 ** len(x))


def exact_keeping(x, w, *, p_drop, activation="linear"):
    return _sum_over_masks(x, w, p_drop, activation, lambda k, d: p_drop**k * (1 - p_drop) ** d)


def exact_mean_first(x, w, *, p_drop, activation="linear"):
    a = (1 - p_drop) * float(w @ x)
    return max(a, 0.0) if activation == "relu" else a


def exact_scaled_up(x, w, *, p_drop, activation="linear"):
    return _sum_over_masks(
        x, w, p_drop, activation, lambda k, d: (1 - p_drop) ** k * p_drop**d, scale=1 / (1 - p_drop)
    )


def exact_no_probability(x, w, *, p_drop, activation="linear"):
    return _sum_over_masks(x, w, p_drop, activation, lambda k, d: 1.0)


def exact_only_kept(x, w, *, p_drop, activation="linear"):
    return _sum_over_masks(x, w, p_drop, activation, lambda k, d: (1 - p_drop) ** k)


def exact_never_bent(x, w, *, p_drop, activation="linear"):
    return (1 - p_drop) * float(w @ x)


EXPECTED_OUTPUT_EXACT = Exercise(
    "dropout.expected_output_exact",
    points=3,
    minutes=8,
    returns=("expectation",),
    cases=expected_cases,
    misconceptions=(
        Misconception(
            "all masks equally likely",
            exact_equal_masks,
            "When half is dropped you are right; otherwise not.\n"
            "You give every mask the same probability. If little is dropped, a mask that keeps\n"
            "nearly everything is more likely than one that keeps nearly nothing.\n"
            "How likely is a mask that keeps k of d inputs?",
        ),
        Misconception(
            "keeps with probability p_drop",
            exact_keeping,
            "When half is dropped you are right; otherwise your probabilities are the mirror\n"
            "image: the more is dropped, the more of the signal you see.\n"
            "Which of the two powers belongs to the inputs that are kept?",
        ),
        Misconception(
            "the mean first, then the activation",
            exact_mean_first,
            "For a linear neuron you are right; for ReLU your value is too small, often 0.\n"
            "You bend the mean sum. Each thinned neuron bends its own sum, and the mean comes\n"
            "last. Is the mean of the maxima the maximum of the mean?",
        ),
        Misconception(
            "survivors scaled up",
            exact_scaled_up,
            "You scale up what is kept. A later form of dropout does that, the inverted one.\n"
            "Here the inputs that are kept stay as they are.\n"
            "Where does your code divide?",
        ),
        Misconception(
            "a sum without probabilities",
            exact_no_probability,
            "You add up the outputs of all masks.\n"
            "An expectation weighs each output with the probability that it occurs.\n"
            "How likely is a mask that keeps k of d inputs?",
        ),
        Misconception(
            "the dropped inputs have no probability",
            exact_only_kept,
            "The probabilities of your masks add up to more than 1.\n"
            "A mask says two things: these inputs are kept, and those are dropped. Both have a\n"
            "probability. Which factor is still missing?",
        ),
        Misconception(
            "the activation is ignored",
            exact_never_bent,
            "With ReLU you give the same as without.\n"
            "Which argument says what happens to the sum of each thinned neuron?",
        ),
    ),
    hints=(
        "List all masks: `itertools.product([0, 1], repeat=d)` is one way, the binary digits of "
        "0 ... 2**d - 1 are another.",
        "For each mask: the sum of w_i x_i over the kept inputs, then the activation.",
        "Weigh it with (1 - p_drop) to the number of kept inputs times p_drop to the number of "
        "dropped ones. Then add all up.",
    ),
)


# expected_output_scaled


def expected_scaled_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("four inputs", neuron(rng, 4, 1), {"p_drop": 0.2})
    yield Case("most dropped", neuron(rng, 5, 1), {"p_drop": 0.8, "activation": "relu"})
    yield Case("half dropped", neuron(rng, 3, 0), {"p_drop": 0.5, "activation": "linear"})
    yield Case("a negative sum, ReLU", neuron(rng, 4, 4), {"p_drop": 0.3, "activation": "relu"})
    yield Case("a negative sum, linear", neuron(rng, 3, 3), {"p_drop": 0.3})
    yield Case("twenty inputs", neuron(rng, 20, 4), {"p_drop": 0.4, "activation": "relu"})


def _scaled(x, w, activation, factor):
    a = factor * float(w @ x)
    return max(a, 0.0) if activation == "relu" else a


def scaled_by_p_drop(x, w, *, p_drop, activation="linear"):
    a = p_drop * float(w @ x)
    return max(a, 0.0) if activation == "relu" else a


def scaled_not(x, w, *, p_drop, activation="linear"):
    return _scaled(x, w, activation, 1.0)


def scaled_up(x, w, *, p_drop, activation="linear"):
    return _scaled(x, w, activation, 1 / (1 - p_drop))


def scaled_twice(x, w, *, p_drop, activation="linear"):
    return _scaled(x, w, activation, (1 - p_drop) ** 2)


def scaled_mean(x, w, *, p_drop, activation="linear"):
    return _scaled(x, w, activation, (1 - p_drop) / len(x))


def scaled_never_bent(x, w, *, p_drop, activation="linear"):
    return (1 - p_drop) * float(w @ x)


EXPECTED_OUTPUT_SCALED = Exercise(
    "dropout.expected_output_scaled",
    points=1,
    minutes=2,
    returns=("output",),
    cases=expected_scaled_cases,
    misconceptions=(
        Misconception(
            "multiplied by the probability of dropping",
            scaled_by_p_drop,
            "When half is dropped you are right; otherwise the scale is off.\n"
            "So says the slide, too. Take p_drop near 0: hardly anything was ever dropped.\n"
            "Should the output then be near 0, or near the full one?",
        ),
        Misconception(
            "no scaling",
            scaled_not,
            "You give the output of the full neuron.\n"
            "In training some inputs were missing each time.\n"
            "With which probability was an input there?",
        ),
        Misconception(
            "scaled up",
            scaled_up,
            "Your output is larger in size than that of the full neuron.\n"
            "In testing more inputs are there than in training.\n"
            "Must that be made up for by a factor above or below 1?",
        ),
        Misconception(
            "scaled twice",
            scaled_twice,
            "Your factor comes in twice.\n"
            "Scale the inputs or the weights. What happens to their product when you do both?",
        ),
        Misconception(
            "a mean over the inputs",
            scaled_mean,
            "Your output shrinks with the number of inputs.\n"
            "A neuron adds its weighted inputs. Over what is the expectation taken?",
        ),
        Misconception(
            "the activation is ignored",
            scaled_never_bent,
            "With ReLU you can give a negative output.\nWhat comes after the sum?",
        ),
    ),
    hints=(
        "One pass through the full neuron, with the sum scaled to its mean.",
        "The mean of the sum is the probability of keeping times w . x. The activation comes "
        "after.",
    ),
)


# expected_output_sampled


def expected_sampled_cases(rng: np.random.Generator) -> Iterator[Case]:
    for case in expected_cases(rng, draws=2):
        if case.kwargs["p_drop"] and len(case.args[0]) > 1:
            yield Case(case.name, case.args, case.kwargs | {"n_samples": 2500, "rng": seed(rng)})
    alone = {"p_drop": 0.4, "n_samples": 1, "rng": seed(rng), "draws": 6}
    yield Case("a single mask", neuron(rng, 3, 0), alone)


def _outputs(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Output and probability of each mask."""
    x, w = (np.asarray(a, float) for a in case.args)
    p_drop = case.kwargs["p_drop"]
    masks = np.array(list(product([0, 1], repeat=len(x))))
    a = masks @ (w * x)
    kept = masks.sum(axis=1)
    probability = (1 - p_drop) ** kept * p_drop ** (len(x) - kept)
    return (np.maximum(a, 0) if case.kwargs.get("activation") == "relu" else a), probability


def sampled_single(case: Case, output: Any) -> str | None:
    outputs, _ = _outputs(case)
    if case.kwargs["n_samples"] == 1:
        if all(np.abs(outputs - a).min() < 1e-4 for a in output):
            return None
        return f"one mask gave {output[0]:.4g}, which no thinned neuron gives."
    return None


def sampled_range(case: Case, output: Any) -> str | None:
    outputs, _ = _outputs(case)
    lo, hi = outputs.min() - 1e-4, outputs.max() + 1e-4
    if all(lo <= a <= hi for a in output):
        return None
    return f"{output[0]:.4g} lies outside what single masks give, {lo:.3g} to {hi:.3g}."


def sampled_many(case: Case, output: Any) -> str | None:
    outputs, _ = _outputs(case)
    if case.kwargs["n_samples"] > 1 and all(np.abs(outputs - a).min() < 1e-5 for a in output):
        return f"{output[0]:.4g} is the output of one single mask."
    return None


def sampled_anew(case: Case, output: Any) -> str | None:
    if case.kwargs["n_samples"] > 1 and output[0] == output[1]:
        return "two calls with one generator gave the same estimate."
    return None


def sampled_near(case: Case, output: Any) -> str | None:
    outputs, probability = _outputs(case)
    mean = probability @ outputs
    deviation = np.sqrt(probability @ (outputs - mean) ** 2 / case.kwargs["n_samples"])
    if case.kwargs["n_samples"] > 1 and any(
        abs(a - mean) > (SIGMAS + 1) * deviation for a in output
    ):
        off = abs(output[0] - mean) / deviation
        return f"{output[0]:.4g} is {off:.0f} standard deviations away from the expectation."
    return None


def sampled_keeping(x, w, *, p_drop, n_samples, rng, activation="linear"):
    a = (rng.random((n_samples, len(x))) < p_drop) @ (w * x)
    return float((np.maximum(a, 0) if activation == "relu" else a).mean())


def sampled_mean_first(x, w, *, p_drop, n_samples, rng, activation="linear"):
    a = ((rng.random((n_samples, len(x))) >= p_drop) @ (w * x)).mean()
    return float(np.maximum(a, 0) if activation == "relu" else a)


def sampled_scaled_up(x, w, *, p_drop, n_samples, rng, activation="linear"):
    a = (rng.random((n_samples, len(x))) >= p_drop) @ (w * x) / (1 - p_drop)
    return float((np.maximum(a, 0) if activation == "relu" else a).mean())


def sampled_one_mask(x, w, *, p_drop, n_samples, rng, activation="linear"):
    a = float((rng.random(len(x)) >= p_drop) @ (w * x))
    return max(a, 0.0) if activation == "relu" else a


def sampled_sum(x, w, *, p_drop, n_samples, rng, activation="linear"):
    a = (rng.random((n_samples, len(x))) >= p_drop) @ (w * x)
    return float((np.maximum(a, 0) if activation == "relu" else a).sum())


def sampled_own_generator(x, w, *, p_drop, n_samples, rng, activation="linear"):
    a = (np.random.default_rng(0).random((n_samples, len(x))) >= p_drop) @ (w * x)
    return float((np.maximum(a, 0) if activation == "relu" else a).mean())


EXPECTED_OUTPUT_SAMPLED = Exercise(
    "dropout.expected_output_sampled",
    points=2,
    minutes=4,
    returns=("estimate",),
    parents=("dropout.expected_output_exact",),
    driver=drivers.repeated,
    cases=expected_sampled_cases,
    properties=(
        Property("One mask gives the output of a thinned neuron: this", sampled_single),
        Property("A mean lies between smallest and largest output: this", sampled_range),
        Property("A mean over many masks is not the output of one: this", sampled_many),
        Property("Each call draws anew: this", sampled_anew),
        Property("The estimate lies near the expectation: this", sampled_near),
    ),
    misconceptions=(
        Misconception(
            "keeps with probability p_drop",
            sampled_keeping,
            "When half is dropped you are near the expectation; otherwise far from it.\n"
            "The larger p_drop is, the more of the signal you see.\n"
            "What should happen with probability p_drop?",
        ),
        Misconception(
            "the mean first, then the activation",
            sampled_mean_first,
            "For a linear neuron you are right; for ReLU your estimate is too small.\n"
            "You bend the mean of the sums. In which order do the two steps come for a single\n"
            "thinned neuron?",
        ),
        Misconception(
            "survivors scaled up",
            sampled_scaled_up,
            "With a single mask you give a number that no thinned neuron gives.\n"
            "It looks as if the kept inputs were scaled up, as a later form of dropout does.\n"
            "What do the instructions say about that?",
        ),
        Misconception(
            "one mask for all samples",
            sampled_one_mask,
            "Your estimate is always the output of one single mask, whatever n_samples is.\n"
            "How many random numbers do n_samples masks of d inputs need?",
        ),
        Misconception(
            "a sum instead of a mean",
            sampled_sum,
            "Your estimate grows with the number of samples.\n"
            "What is still to be done with the sum over the samples?",
        ),
        Misconception(
            "a generator of its own",
            sampled_own_generator,
            "Two calls in a row give the same estimate: the `rng` passed in is not used.\n"
            "Whose random numbers should the function take?",
        ),
    ),
    hints=(
        "Draw n_samples masks at once: an array of shape (n_samples, d). Your `dropout_mask` does "
        "it.",
        "Each row gives one sum of w_i x_i over its kept inputs: a matrix product. Then the "
        "activation of each, then the mean.",
    ),
)


# robustness_scores


def robustness_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n, d, k in (
        ("40 examples, three features", 40, 3, 2),
        ("five features, three classes", 60, 5, 3),
        ("more features than needed", 50, 6, 2),
        ("one feature", 30, 1, 2),
        ("one example", 1, 4, 2),
    ):
        w = both_signs(rng, d, k) * np.linspace(1.5, 0.4, d)[:, None]
        x = rng.standard_normal((n, d)) + 0.3
        noise = 0.6 * rng.standard_normal((n, k))
        yield Case(name, (w, x, (x @ w + noise).argmax(axis=1)))


def _without(x, j):
    x = x.copy()
    x[:, j] = 0
    return x


def robustness_no_difference(predict, x, y):
    found = []
    for j in range(x.shape[1]):
        without = x.copy()
        without[:, j] = 0
        found.append((predict(without) == y).mean())
    return np.array(found)


def robustness_sign(predict, x, y):
    return robustness_no_difference(predict, x, y) - (predict(x) == y).mean()


def robustness_cumulative(predict, x, y):
    without, found = x.copy(), []
    for j in range(x.shape[1]):
        without[:, j] = 0
        found.append((predict(x) == y).mean() - (predict(without) == y).mean())
    return np.array(found)


def robustness_only_feature(predict, x, y):
    found = []
    for j in range(x.shape[1]):
        alone = np.zeros_like(x)
        alone[:, j] = x[:, j]
        found.append((predict(x) == y).mean() - (predict(alone) == y).mean())
    return np.array(found)


def robustness_counts(predict, x, y):
    return len(y) * ((predict(x) == y).mean() - robustness_no_difference(predict, x, y))


def robustness_changed(predict, x, y):
    return np.array([(predict(_without(x, j)) != predict(x)).mean() for j in range(x.shape[1])])


def robustness_in_place(predict, x, y):
    accuracy, found = (predict(x) == y).mean(), []
    for j in range(x.shape[1]):
        column = x[:, j].copy()
        x[:, j] = 0
        found.append(accuracy - (predict(x) == y).mean())
        x[:, j] = column
    x[:, 0] = 0
    return np.array(found)


ROBUSTNESS_SCORES = Exercise(
    "dropout.robustness_scores",
    points=2,
    minutes=5,
    returns=("scores",),
    driver=drivers.scores_of_linear,
    cases=robustness_cases,
    misconceptions=(
        Misconception(
            "the accuracy that is left",
            robustness_no_difference,
            "You give the accuracy without each feature.\n"
            "A feature that nobody needs then gets the highest value.\n"
            "With what should the accuracy be compared, to see what was lost?",
        ),
        Misconception(
            "gain instead of loss",
            robustness_sign,
            "Your values have the right size and the wrong sign.\n"
            "An important feature should have a large positive value.\n"
            "Which of the two accuracies is the larger one, as a rule?",
        ),
        Misconception(
            "features stay removed",
            robustness_cumulative,
            "Your first value is right, and the losses add up from feature to feature.\n"
            "It looks as if a feature that was removed never came back.\n"
            "How many features are missing when the third one is judged?",
        ),
        Misconception(
            "only one feature left",
            robustness_only_feature,
            "You keep feature j and remove all others.\n"
            "That asks what it can do alone. Here the question is how much it is missed.\n"
            "Which columns should be 0?",
        ),
        Misconception(
            "examples instead of a share",
            robustness_counts,
            "You count examples.\n"
            "With twice as many examples the values would double. What is an accuracy divided by?",
        ),
        Misconception(
            "changed predictions",
            robustness_changed,
            "You count predictions that change, also where a wrong one becomes right.\n"
            "Your answer does not depend on `y`.\n"
            "What makes a prediction count as right?",
        ),
        Misconception(
            "the caller's data overwritten",
            robustness_in_place,
            "Your scores are right, but afterwards the caller's array has lost a feature.\n"
            "Which line writes into x itself, and what could it write into instead?",
        ),
    ),
    hints=(
        "First the accuracy with everything: the share of rows where `predict(x)` equals `y`.",
        "Then, for each j, the accuracy on a copy of x whose column j is 0; "
        "`corrupt_one_feature(x, j)` of the setup cell makes one.",
        "The score of j is the first minus the second; collect them in an array of shape (D,).",
    ),
)


# mask_ensemble


def mask_ensemble_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n, units, classes, members, p_drop in (
        ("five examples, seven masks", 5, 4, 3, 7, 0.4),
        ("half dropped", 3, 6, 4, 5, 0.5),
        ("few dropped", 4, 5, 2, 6, 0.2),
        ("one mask", 4, 4, 3, 1, 0.4),
        ("one example", 1, 6, 3, 4, 0.7),
    ):
        h, w = np.abs(both_signs(rng, n, units)), 1.5 * both_signs(rng, units, classes)
        masks = np.array([some_mask(rng, units // 2 + i % 2, units) for i in range(members)])
        yield Case(name, (h, w, 0.5 * both_signs(rng, classes), masks), {"p_drop": p_drop})
    h, w = np.array([[2000.0] * 3, [1.0] * 3]), both_signs(rng, 3, 3)
    w[:, 1] = np.abs(w[:, 1]) + 0.5  # whatever the mask, one score of the first example is huge
    masks = np.array([[True, False, True], [True, True, False]])
    yield Case(
        "very large scores, and small ones",
        (h, w, np.zeros(3), masks),
        {"p_drop": 0.5},
        extreme=True,
    )


def ensemble_of_scores(h, w, b, masks, *, p_drop):
    scores = (h * masks.mean(axis=0) / (1 - p_drop)) @ w + b
    exps = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


def _probabilities(scores, axis=1):
    exps = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exps / exps.sum(axis=axis, keepdims=True)


def ensemble_unscaled(h, w, b, masks, *, p_drop):
    return np.mean([_probabilities((h * m) @ w + b) for m in masks], axis=0)


def ensemble_full_network(h, w, b, masks, *, p_drop):
    return _probabilities(h @ w + b)


def ensemble_votes(h, w, b, masks, *, p_drop):
    winners = [((h * m / (1 - p_drop)) @ w + b).argmax(axis=1) for m in masks]
    return np.mean([np.eye(w.shape[1])[i] for i in winners], axis=0)


def ensemble_sum(h, w, b, masks, *, p_drop):
    return np.sum([_probabilities((h * m / (1 - p_drop)) @ w + b) for m in masks], axis=0)


def ensemble_over_examples(h, w, b, masks, *, p_drop):
    return np.mean([_probabilities((h * m / (1 - p_drop)) @ w + b, 0) for m in masks], axis=0)


def ensemble_bias_scaled(h, w, b, masks, *, p_drop):
    return np.mean([_probabilities(((h * m) @ w + b) / (1 - p_drop)) for m in masks], axis=0)


MASK_ENSEMBLE = Exercise(
    "dropout.mask_ensemble",
    points=2,
    minutes=5,
    returns=("probabilities",),
    parents=("dropout.dropout_apply",),
    cases=mask_ensemble_cases,
    misconceptions=(
        Misconception(
            "scores averaged before the softmax",
            ensemble_of_scores,
            "For one mask you are right; for several you give the softmax of the mean scores.\n"
            "(The mean of the masks, or of the weights, comes to the same.) Each member of an\n"
            "ensemble makes its own prediction.\n"
            "What are the predictions, scores or probabilities?",
        ),
        Misconception(
            "no scaling",
            ensemble_unscaled,
            "Your members see smaller activations than in training.\n"
            "They were trained with inverted dropout.\n"
            "By what was a kept unit multiplied there?",
        ),
        Misconception(
            "the full network",
            ensemble_full_network,
            "Your answer does not depend on the masks.\n"
            "You give the prediction of the network with all units: the cheap guess that we are\n"
            "going to compare with. Which units does each member of the ensemble have?",
        ),
        Misconception(
            "votes instead of probabilities",
            ensemble_votes,
            "Each of your members gives one vote to its best class.\n"
            "A member that is nearly undecided then counts as much as one that is sure.\n"
            "What does each member say about the other classes?",
        ),
        Misconception(
            "a sum instead of a mean",
            ensemble_sum,
            "Your rows add up to the number of masks.\n"
            "What do probabilities add up to, and what is missing?",
        ),
        Misconception(
            "softmax over the examples",
            ensemble_over_examples,
            "Your columns add up to 1, not your rows.\n"
            "The classes of one example compete with each other, not the examples.\n"
            "Along which axis lie the classes?",
        ),
        Misconception(
            "the bias scaled as well",
            ensemble_bias_scaled,
            "Your scores are scaled as a whole, and the bias with them.\n"
            "Dropout touches the activations. What is added after the product?",
        ),
    ),
    hints=(
        "One member of the ensemble: the activations times its mask, scaled up; then the layer; "
        "then `softmax` (in the setup cell).",
        "Collect the predictions of all members and take the mean over the members, not over "
        "examples or classes.",
    ),
)


# dropconnect_apply


def dropconnect_apply_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n, fan_in, fan_out, kept, p_drop in (
        ("five examples, four inputs, three units", 5, 4, 3, 7, 0.4),
        ("half dropped", 3, 4, 4, 9, 0.5),
        ("few dropped", 4, 3, 4, 8, 0.2),
        ("one example", 1, 5, 2, 4, 0.7),
        ("one unit", 4, 5, 1, 3, 0.3),
    ):
        x, w = both_signs(rng, n, fan_in), both_signs(rng, fan_in, fan_out)
        yield Case(name, (x, w, some_mask(rng, kept, fan_in, fan_out)), {"p_drop": p_drop})


def connect_unscaled(x, w, mask, *, p_drop):
    return x @ (w * mask)


def connect_inputs(x, w, mask, *, p_drop):
    return (x * mask[:, 0] / (1 - p_drop)) @ w


def connect_outputs(x, w, mask, *, p_drop):
    return x @ w * mask[0] / (1 - p_drop)


def connect_by_p_drop(x, w, mask, *, p_drop):
    return x @ (w * mask / p_drop)


def connect_scaled_down(x, w, mask, *, p_drop):
    return x @ (w * mask * (1 - p_drop))


def connect_turned(x, w, mask, *, p_drop):
    return x @ (w * ~mask / (1 - p_drop))


DROPCONNECT_APPLY = Exercise(
    "dropout.dropconnect_apply",
    points=1,
    minutes=3,
    cases=dropconnect_apply_cases,
    misconceptions=(
        Misconception(
            "no scaling",
            connect_unscaled,
            "The right connections are cut, but nothing makes up for them.\n"
            "The mean over masks of your output is smaller than x @ w.\n"
            "By which factor?",
        ),
        Misconception(
            "inputs dropped",
            connect_inputs,
            "You use one column of the mask, and switch whole inputs off: that is dropout.\n"
            "Here an input may reach one unit and not the other.\n"
            "Which array has the shape of the mask?",
        ),
        Misconception(
            "outputs dropped",
            connect_outputs,
            "You use one row of the mask, and switch whole units off after the product.\n"
            "Here single connections are cut. Which array has the shape of the mask?",
        ),
        Misconception(
            "divided by the probability of dropping",
            connect_by_p_drop,
            "When half is dropped you are right; otherwise the size is off.\n"
            "With which probability is a connection there?",
        ),
        Misconception(
            "scaled down instead of up",
            connect_scaled_down,
            "What is left becomes smaller still.\n"
            "Connections are missing. Must the rest become weaker or stronger?",
        ),
        Misconception(
            "True taken for dropped",
            connect_turned,
            "You cut the connections that should stay.\nWhat does True mean in the mask?",
        ),
    ),
    hints=(
        "As in inverted dropout, but the mask lies on another array. Compare the shapes.",
        "Mask and scale the weights, then multiply as in any layer.",
    ),
)


# dropconnect_backward


def dropconnect_backward_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n, fan_in, fan_out, kept, p_drop in (
        ("five examples, four inputs, three units", 5, 4, 3, 7, 0.4),
        ("square weights, half dropped", 3, 4, 4, 9, 0.5),
        ("few dropped", 4, 3, 5, 11, 0.2),
        ("one example", 1, 5, 2, 4, 0.7),
        ("one unit", 4, 5, 1, 3, 0.3),
    ):
        x, w = both_signs(rng, n, fan_in), both_signs(rng, fan_in, fan_out)
        factor = some_mask(rng, kept, fan_in, fan_out) / (1 - p_drop)
        yield Case(name, (both_signs(rng, n, fan_out), (x, w, factor)))
    x, w = both_signs(rng, 4, 3), both_signs(rng, 3, 2)
    yield Case("a pass of testing", (both_signs(rng, 4, 2), (x, w, np.ones((3, 2)))))


def connect_back_plain(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.T @ dout


def connect_back_dw_plain(dout, cache):
    x, w, factor = cache
    return dout @ (w * factor).T, x.T @ dout


def connect_back_dx_plain(dout, cache):
    x, w, factor = cache
    return dout @ w.T, (x.T @ dout) * factor


def connect_back_unscaled(dout, cache):
    x, w, factor = cache
    return dout @ (w * (factor > 0)).T, (x.T @ dout) * (factor > 0)


def connect_back_mean(dout, cache):
    x, w, factor = cache
    return dout @ (w * factor).T, (x.T @ dout) * factor / len(x)


def connect_back_with_w(dout, cache):
    x, w, factor = cache
    return dout @ (w * factor).T, (x.T @ dout) * factor * w


def connect_back_swapped(dout, cache):
    x, w, factor = cache
    return (x.T @ dout) * factor, dout @ (w * factor).T


DROPCONNECT_BACKWARD = Exercise(
    "dropout.dropconnect_backward",
    points=2,
    minutes=4,
    returns=("dx", "dw"),
    parents=("dropout.dropconnect_apply",),
    cases=dropconnect_backward_cases,
    misconceptions=(
        Misconception(
            "the factor is missing in both",
            connect_back_plain,
            "You give the gradients of a layer without DropConnect.\n"
            "A connection that was cut carried nothing forward.\n"
            "Can anything flow back through it?",
        ),
        Misconception(
            "cut weights still learn",
            connect_back_dw_plain,
            "dx is right. But in dw the connections that were cut have a gradient, too.\n"
            "The layer sees w only as w times factor.\n"
            "What does the chain rule say about the step from w to that product?",
        ),
        Misconception(
            "the gradient flows back through cut connections",
            connect_back_dx_plain,
            "dw is right. But dx comes through the full weights.\n"
            "With which matrix was x multiplied on the way forward?",
        ),
        Misconception(
            "the mask without the scale",
            connect_back_unscaled,
            "The right connections are cut, but the others count as if never scaled up.\n"
            "What does the factor hold besides 0?",
        ),
        Misconception(
            "averaged over the examples",
            connect_back_mean,
            "Your dw shrinks with the number of examples.\n"
            "If the loss is a mean, `dout` contains the division already.\n"
            "What does a weight that serves all examples collect?",
        ),
        Misconception(
            "the weights times their gradient",
            connect_back_with_w,
            "Your dw contains the weights themselves.\n"
            "In the product w times factor, what remains when you differentiate on w?",
        ),
        Misconception(
            "the gradients in the wrong order",
            connect_back_swapped,
            "You return the two gradients in the other order.\n"
            "In which order do x and w come in the forward pass?",
        ),
    ),
    hints=(
        "Call v = w times factor. With v the layer is an ordinary one: out = x @ v.",
        "Its gradients are dx = dout @ v.T and dv = x.T @ dout.",
        "From dv to dw it is one more step of the chain rule: v is w times factor, entry by entry.",
    ),
)


# stochastic_depth_forward


def stochastic_depth_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, shape, p_drop, train in (
        ("training, a fifth skipped", (4, 3), 0.2, True),
        ("training, half skipped", (3, 5), 0.5, True),
        ("training, most skipped", (5, 4), 0.8, True),
        ("training, images", (2, 2, 3, 2), 0.15, True),
        ("testing", (4, 3), 0.2, False),
        ("testing, half skipped in training", (3, 4), 0.5, False),
        ("testing, most skipped in training", (2, 5), 0.8, False),
    ):
        # Some inputs are positive with a branch that adds, some with one that takes a little away;
        # some are negative with a branch that lifts them, some stay below 0.
        size = int(np.prod(shape))
        kind = rng.permutation(np.arange(size) % 4)
        h = np.choose(kind, [1.0, 1.0, -0.5, -1.0]) * rng.uniform(0.8, 1.2, size)
        f_h = np.choose(kind, [1.0, -0.4, 4.0, -0.3]) * rng.uniform(0.8, 1.2, size)
        kwargs = {
            "p_drop": p_drop,
            "train": train,
            "rng": seed(rng) if train else None,
            "draws": 120 if train else 2,
        }
        yield Case(name, (h.reshape(shape), f_h.reshape(shape)), kwargs)


def _block(case: Case, output: Any) -> tuple:
    h, f_h = case.args
    outs, caches = output
    return np.array(outs), np.maximum(0, h), np.maximum(0, h + f_h), case.kwargs["p_drop"], caches


def depth_in_testing(case: Case, output: Any) -> str | None:
    outs = _block(case, output)[0]
    if case.kwargs["train"] or (outs == outs[0]).all():
        return None
    return "two calls with the same input gave different outputs."


def depth_not_negative(case: Case, output: Any) -> str | None:
    outs = _block(case, output)[0]
    return "some outputs are negative." if (outs < 0).any() else None


def depth_shortcut(case: Case, output: Any) -> str | None:
    outs = _block(case, output)[0]
    if case.kwargs["train"] and any((out == 0).all() for out in outs):
        return "in some calls every output is 0."
    return None


def depth_not_larger(case: Case, output: Any) -> str | None:
    outs, skipped, full, *_ = _block(case, output)
    if (outs > np.maximum(skipped, full) * (1 + 1e-3) + 1e-6).any():
        return "some outputs are larger than with the whole block, and than without it."
    return None


def _alike(outs: np.ndarray, want: np.ndarray) -> np.ndarray:
    """Which numbers of every output are those of ``want``."""
    return np.abs(outs - want) <= 1e-3 * np.abs(want) + 1e-4


def depth_examples(case: Case, output: Any) -> str | None:
    """Whether each example is kept or skipped as a whole."""
    outs, skipped, full, *_ = _block(case, output)
    axes = tuple(range(2, outs.ndim))
    whole = _alike(outs, skipped).all(axis=axes) | _alike(outs, full).all(axis=axes)
    if not case.kwargs["train"] or whole.all():
        return None
    return "within one example some units were kept and others skipped."


def depth_one_gate(case: Case, output: Any) -> str | None:
    outs, skipped, full, *_ = _block(case, output)
    axes = tuple(range(1, outs.ndim))
    whole = _alike(outs, skipped).all(axis=axes) | _alike(outs, full).all(axis=axes)
    if not case.kwargs["train"] or whole.all():
        return None
    return f"in {(~whole).sum()} of {len(outs)} calls one part was kept and another skipped."


def depth_share(case: Case, output: Any) -> str | None:
    outs, _, full, p_drop, _ = _block(case, output)
    share = _alike(outs, full).all(axis=tuple(range(1, outs.ndim))).mean()
    if not case.kwargs["train"] or abs(share - (1 - p_drop)) <= chance_bound(p_drop, len(outs)):
        return None
    return f"with p_drop = {p_drop:g} the block was kept in {share:.0%} of {len(outs)} calls."


def depth_mean_gate(case: Case, output: Any) -> str | None:
    h, f_h = case.args
    outs, _, _, p_drop, _ = _block(case, output)
    if case.kwargs["train"] or close(outs[0], np.maximum(0, (1 - p_drop) * f_h + h)):
        return None
    return f"with p_drop = {p_drop:g} the branch does not come in with its mean weight."


def depth_cache(case: Case, output: Any) -> str | None:
    h, f_h = case.args
    outs, *_, caches = _block(case, output)
    kept = np.array([out for out, _ in caches])
    gates = np.array([gate for _, gate in caches]).reshape((-1,) + (1,) * h.ndim)
    if close(kept, outs) and close(np.maximum(0, gates * f_h + h), outs):
        return None
    return "out is not what the cached gate gives."


def depth_whole_sum(h, f_h, *, p_drop, train, rng):
    gate = float(rng.random() >= p_drop) if train else 1 - float(p_drop)
    out = np.maximum(0, gate * (f_h + h))
    return out, (out, gate)


def depth_per_unit(h, f_h, *, p_drop, train, rng):
    gate = (rng.random(h.shape) >= p_drop).astype(h.dtype) if train else 1 - float(p_drop)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, float(np.mean(gate)))


def depth_per_example(h, f_h, *, p_drop, train, rng):
    gate = 1 - float(p_drop)
    if train:
        gate = (rng.random((len(h),) + (1,) * (h.ndim - 1)) >= p_drop).astype(h.dtype)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, float(np.mean(gate)))


def depth_swapped(h, f_h, *, p_drop, train, rng):
    gate = float(rng.random() < p_drop) if train else float(p_drop)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


def depth_p_drop_in_testing(h, f_h, *, p_drop, train, rng):
    gate = float(rng.random() >= p_drop) if train else float(p_drop)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


def depth_full_in_testing(h, f_h, *, p_drop, train, rng):
    gate = float(rng.random() >= p_drop) if train else 1.0
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


def depth_inverted(h, f_h, *, p_drop, train, rng):
    gate = float(rng.random() >= p_drop) / (1 - float(p_drop)) if train else 1.0
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


def depth_always_random(h, f_h, *, p_drop, train, rng):
    rng = np.random.default_rng() if rng is None else rng
    gate = float(rng.random() >= p_drop)
    out = np.maximum(0, gate * f_h + (h if train else h + 1e-3 * rng.random()))
    return out, (out, gate)


def depth_without_relu(h, f_h, *, p_drop, train, rng):
    gate = float(rng.random() >= p_drop) if train else 1 - float(p_drop)
    out = gate * f_h + h
    return out, (out, gate)


STOCHASTIC_DEPTH_FORWARD = Exercise(
    "dropout.stochastic_depth_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    driver=drivers.repeated_pairs,
    cases=stochastic_depth_cases,
    properties=(
        Property("Testing leaves nothing to chance: this", depth_in_testing),
        Property("The ReLU comes last: this", depth_not_negative),
        Property("A skipped block lets its input pass: this", depth_shortcut),
        Property("The branch is never more than there: this", depth_not_larger),
        Property("An example keeps or skips the whole block: this", depth_examples),
        Property("All examples of a batch share one gate: this", depth_one_gate),
        Property("The block is kept with probability 1 - p_drop: this", depth_share),
        Property("In testing the gate is its mean: this", depth_mean_gate),
        Property("The cache is (out, gate): this", depth_cache),
    ),
    misconceptions=(
        Misconception(
            "the shortcut is dropped, too",
            depth_whole_sum,
            "When your block is skipped, everything is 0, and no later layer sees the example.\n"
            "What makes skipping harmless is the way around the block.\n"
            "Which of the two terms does the gate belong to?",
        ),
        Misconception(
            "a gate for each unit",
            depth_per_unit,
            "You drop single units of the branch: that is dropout.\n"
            "Stochastic depth skips a layer with all it has.\n"
            "How many random numbers does one call need?",
        ),
        Misconception(
            "a gate for each example",
            depth_per_example,
            "Some of your examples skip the block and others do not.\n"
            "Many libraries do it like that, and it works. But nothing is saved unless the whole\n"
            "batch skips. What do the instructions say about the gate?",
            convention=True,
        ),
        Misconception(
            "keeps with probability p_drop",
            depth_swapped,
            "The larger p_drop is, the more often your block is kept.\n"
            "The paper writes p for the probability that a block survives.\n"
            "What does the name p_drop say?",
            convention=True,
        ),
        Misconception(
            "the probability of dropping in testing",
            depth_p_drop_in_testing,
            "Training is right. In testing your branch has the wrong weight, unless half is\n"
            "dropped.\n"
            "How often was the block there in training?",
        ),
        Misconception(
            "the full block in testing",
            depth_full_in_testing,
            "Training is right. In testing your branch comes in with its full weight.\n"
            "The later layers have seen it only now and then.\n"
            "What was its mean contribution?",
        ),
        Misconception(
            "scaled up in training",
            depth_inverted,
            "You scale the branch up in training, as inverted dropout does.\n"
            "Newer libraries do so, too. This paper makes up for it in testing.\n"
            "Which values can the gate have in training, then?",
            convention=True,
        ),
        Misconception(
            "random in testing, too",
            depth_always_random,
            "In testing two calls with the same input differ.\n"
            "A prediction should not depend on luck.\n"
            "Which number can stand for the random gate?",
        ),
        Misconception(
            "no ReLU at the end",
            depth_without_relu,
            "Some of your outputs are negative.\n"
            "What does the formula do to the sum of branch and shortcut?",
        ),
    ),
    hints=(
        "The gate is one number for the whole batch: 0 or 1 in training, its mean in testing.",
        "`rng.random()` without a shape gives one number. The block is kept when it is at least "
        "p_drop; `float` makes 0.0 or 1.0 of that.",
        "Multiply the branch f_h by the gate, add the shortcut h, and bend the sum.",
    ),
)


# fmp_boundaries


def fmp_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, n_in, n_out in (
        ("7 pixels, 5 regions", 7, 5),
        ("9 pixels, 6 regions", 9, 6),
        ("12 pixels, 7 regions", 12, 7),
        ("8 pixels, 8 regions", 8, 8),
        ("8 pixels, 4 regions", 8, 4),
    ):
        yield Case(name, (n_in, n_out), {"rng": seed(rng), "draws": 150})


def fmp_ends(case: Case, output: Any) -> str | None:
    n_in = case.args[0]
    if all(b[0] == 0 and b[-1] == n_in for b in output):
        return None
    wrong = next(b for b in output if b[0] != 0 or b[-1] != n_in)
    return f"a draw runs from {wrong[0]:g} to {wrong[-1]:g}."


def fmp_steps(case: Case, output: Any) -> str | None:
    steps = np.diff(np.array(output), axis=1)
    if np.isin(steps, (1, 2)).all():
        return None
    return f"a draw has a step of {steps[~np.isin(steps, (1, 2))][0]:g}."


def fmp_not_sorted(case: Case, output: Any) -> str | None:
    n_in, n_out = case.args
    steps = np.diff(np.array(output), axis=1)
    if n_out < n_in < 2 * n_out and np.all(np.diff(steps.astype(int), axis=1) <= 0):
        return "in every draw all wide regions come first."
    return None


def fmp_varies(case: Case, output: Any) -> str | None:
    n_in, n_out = case.args
    if n_out < n_in < 2 * n_out and (np.array(output) == output[0]).all():
        return f"{len(output)} draws gave the same boundaries."
    return None


def fmp_spread(case: Case, output: Any) -> str | None:
    n_in, n_out = case.args
    wide = np.diff(np.array(output), axis=1) == 2
    together = (wide & np.roll(wide, 1, axis=1)).sum(axis=1)
    if 1 < n_in - n_out < n_out - 1 and (together == n_in - n_out - 1).all():
        return "in every draw all wide regions stand together."
    return None


def fmp_orders(case: Case, output: Any) -> str | None:
    """Each step is 2 equally often, and so is each pair of neighbours (2, 2), the ends included."""
    n_in, n_out = case.args
    twos, n = n_in - n_out, len(output)
    wide = np.diff(np.array(output), axis=1) == 2
    single, pair = twos / n_out, twos * (twos - 1) / (n_out * (n_out - 1))
    for share, want in (
        *((s, single) for s in wide.mean(axis=0)),
        *((s, pair) for s in (wide & np.roll(wide, 1, axis=1)).mean(axis=0)),
    ):
        # Many shares, and few draws: one more standard deviation.
        if abs(share - want) > chance_bound(want, n, SIGMAS + 1) + 1e-12:
            return "some orders of the steps come more often than others, or never."
    return None


def fmp_unshuffled(n_in, n_out, *, rng):
    steps = np.ones(n_out, int)
    steps[: n_in - n_out] = 2
    return np.concatenate([[0], np.cumsum(steps)])


def fmp_no_beginning(n_in, n_out, *, rng):
    steps = np.ones(n_out, int)
    steps[: n_in - n_out] = 2
    return np.cumsum(rng.permutation(steps))


def fmp_free_steps(n_in, n_out, *, rng):
    steps = 1 + (rng.random(n_out) < (n_in - n_out) / n_out)
    return np.concatenate([[0], np.cumsum(steps)])


def fmp_ones_and_twos_swapped(n_in, n_out, *, rng):
    steps = np.full(n_out, 2)
    steps[: n_in - n_out] = 1
    return np.concatenate([[0], np.cumsum(rng.permutation(steps))])


def fmp_any_cuts(n_in, n_out, *, rng):
    inner = 1 + rng.permutation(n_in - 1)[: n_out - 1]
    return np.concatenate([[0], np.sort(inner), [n_in]])


def fmp_even(n_in, n_out, *, rng):
    return np.arange(n_out + 1) * n_in // n_out


def fmp_rolled(n_in, n_out, *, rng):
    steps = np.ones(n_out, int)
    steps[: n_in - n_out] = 2
    return np.concatenate([[0], np.cumsum(np.roll(steps, rng.integers(n_out)))])


FMP_BOUNDARIES = Exercise(
    "dropout.fmp_boundaries",
    points=2,
    minutes=5,
    returns=("boundaries",),
    driver=drivers.repeated,
    cases=fmp_cases,
    properties=(
        Property("Boundaries run from 0 to n_in: this", fmp_ends),
        Property("Every step is 1 or 2: this", fmp_steps),
        Property("Wide and narrow regions are mixed: this", fmp_not_sorted),
        Property("The regions differ from draw to draw: this", fmp_varies),
        Property("Wide regions may stand anywhere: this", fmp_spread),
        Property("All orders of the steps are equally likely: this", fmp_orders),
    ),
    misconceptions=(
        Misconception(
            "not shuffled",
            fmp_unshuffled,
            "Your wide regions always come first.\n"
            "Then nothing is random, and one side of the image is blurred more than the other.\n"
            "What has to happen to the steps before they are added up?",
        ),
        Misconception(
            "one boundary too few",
            fmp_no_beginning,
            "You return one number too few.\n"
            "The first region needs a beginning, and the last one an end.\n"
            "How many boundaries do n regions in a row have?",
        ),
        Misconception(
            "steps drawn one by one",
            fmp_free_steps,
            "Each of your steps is 1 or 2, but they do not always add up to n_in.\n"
            "How many of them have to be 2, exactly? And what is then left to chance?",
        ),
        Misconception(
            "ones and twos exchanged",
            fmp_ones_and_twos_swapped,
            "Your steps are 1 or 2, but they add up to the wrong length.\n"
            "Start with a step of 1 for every region. How many pixels are still to be given away?",
        ),
        Misconception(
            "any cuts",
            fmp_any_cuts,
            "Some of your regions are wider than two pixels.\n"
            "It looks as if the boundaries themselves were drawn.\n"
            "What is drawn here, the boundaries or the order of the steps?",
        ),
        Misconception(
            "spread evenly",
            fmp_even,
            "Your boundaries are as even as they can be, and the same in every draw.\n"
            "That is a good fixed pooling. Where does chance come in?",
        ),
        Misconception(
            "a random start of one fixed order",
            fmp_rolled,
            "Your wide regions always stand together, only their place is random.\n"
            "The instructions want every order of the steps to be equally likely.\n"
            "Which method of the generator puts things into any order?",
        ),
    ),
    hints=(
        "Work with the steps between the boundaries. There are n_out of them, each 1 or 2, and "
        "their sum is n_in.",
        "If all were 1, n_in - n_out pixels would be left over: so many steps are 2. Put them "
        "into a random order (`rng.permutation`).",
        "A running sum (`np.cumsum`) of the steps gives the ends of the regions; put a 0 in front.",
    ),
)


EXERCISES = (
    DROPOUT_MASK,
    VANILLA_DROPOUT_FORWARD,
    EXPECTED_OUTPUT_EXACT,
    EXPECTED_OUTPUT_SCALED,
    EXPECTED_OUTPUT_SAMPLED,
    DROPOUT_APPLY,
    DROPOUT_FORWARD,
    DROPOUT_BACKWARD,
    ROBUSTNESS_SCORES,
    MASK_ENSEMBLE,
    DROPCONNECT_APPLY,
    DROPCONNECT_BACKWARD,
    STOCHASTIC_DEPTH_FORWARD,
    FMP_BOUNDARIES,
)

QUESTIONS = (
    Question(
        "dropout.keep_or_drop",
        "One lecture says: *drop neurons with probability* $p$. Another has a comment in its code: "
        "*`p = 0.5`, probability of keeping a unit active; higher = less dropout*. A colleague "
        "writes `Dropout(p=0.8)` and means the first. A layer has 1000 units. About how many are "
        "there in one training step?",
        number=Number(
            200,
            rel_tol=0.1,
            misreadings={
                800: "That is how the code with the comment would read it. The colleague means "
                "the first lecture.",
                500: "A half is the usual choice, but here the number is 0.8.",
                1000: "All of them are there in testing. And in training?",
            },
        ),
        why="The colleague drops 80 %, so 200 are left. The reader of the other lecture gets 800. "
        "Nothing fails, no error appears, and both networks train. So never write a bare p: our "
        "parameter is `p_drop`, as PyTorch and Keras mean it. Where keeping is meant, write "
        "`p_keep`.",
    ),
    Question(
        "dropout.good_idea",
        "You switch off half of the units at random, in every step. How can this possibly be a "
        "good idea?",
        choices=(
            Choice(
                "The network becomes smaller, so it cannot learn by heart.",
                "In testing all units are back, each with its own weights. How many parameters "
                "does the network have, then?",
            ),
            Choice(
                "Units that are not needed are found and removed for good.",
                "The mask is drawn anew in each step. What happens to a dropped unit in the next "
                "one?",
            ),
            Choice(
                "No unit can rely on certain other units being there, so each must be useful by "
                "itself, and evidence is held by several.",
                right=True,
            ),
            Choice(
                "The noise lets the optimizer leave local minima, so the training loss ends lower.",
                "It is the gap that we want to close. What does noise in every step do to the "
                "training loss, as a rule?",
            ),
        ),
        why="Without dropout units specialise: one corrects the mistake of another "
        "(*co-adaptation*), and that often fits the training set only. With dropout the others "
        "may be missing at any moment. The representation becomes redundant.",
    ),
    Question(
        "dropout.test_time",
        r"Testing should give $y = E_z[f(x, z)] = \int p(z)\, f(x, z)\, dz$, the mean over all "
        r"masks $z$. A layer of 4096 units has more masks than anyone can go through. What do we "
        r"do in practice?",
        choices=(
            Choice(
                "Draw one mask and keep it for all of testing.",
                "That is one thinned network, with fewer units. Is the first one that we happen to "
                "draw as good as the mean?",
            ),
            Choice(
                "Use all units as they are: the more, the better.",
                "The next layer has learned from sums with some terms missing. How large are the "
                "sums when none is missing?",
            ),
            Choice(
                "Use all units, and scale so that each has its mean from training.",
                right=True,
            ),
            Choice(
                "Give up on dropout in layers that are this large.",
                "The exact mean is out of reach. Is there a cheap approximation?",
            ),
        ),
        why="All units are active, and the scale of each is that of its mean. It is one pass in "
        "place of all masks. For a linear unit it is exact. After a bend it is an approximation, "
        "and we shall measure how good it is.",
    ),
    Question(
        "dropout.e50",
        r"A slide says: “At test time we multiply by the **dropout** probability.” Test it. "
        r"An input is dropped with probability 0.2. With all its inputs the neuron gives "
        r"$w_1x_1 + w_2x_2 = 0.52$. What is its mean output in training? (Three digits.)",
        number=Number(
            0.416,
            rel_tol=0.005,
            misreadings={
                0.104: "So says the slide: 0.2 times 0.52. But each input is there in four steps "
                "out of five. Can the mean be that small?",
                0.52: "That is the output when nothing is dropped.",
                0.65: "You divided. That makes up for what is missing; here we ask for the mean "
                "with the gaps.",
                0.3328: "The factor comes in once, not twice.",
                0.26: "That would be right if half were dropped.",
            },
        ),
        why=r"Each term is there with probability 0.8, so the mean is $0.8 \cdot 0.52 = 0.416$. "
        r"Multiply by the probability of **keeping**. The slide is right only for one half, where "
        r"nobody can tell the two apart.",
    ),
    Question(
        "dropout.jensen",
        r"Now the neuron has a ReLU. Compare the exact mean $E[\max(0, a)]$ with the scaled "
        r"output $\max(0, E[a])$, where $a$ is the random sum.",
        choices=(
            Choice(
                "They are equal, since the mean of the sum is exact.",
                "Take two masks with sums 1 and -1. What is the mean of the ReLUs, and what is "
                "the ReLU of the mean?",
            ),
            Choice("The scaled output is never above the exact mean.", right=True),
            Choice(
                "The scaled output is never below the exact mean.",
                "Take two masks with sums 1 and -1. What is the mean of the ReLUs, and what is "
                "the ReLU of the mean?",
            ),
            Choice(
                "Either may be larger, it depends on the weights.",
                "Which sums lose something when they are cut at 0? Can cutting them off make the "
                "mean smaller?",
            ),
        ),
        why=r"ReLU is convex, and for convex $f$ Jensen's inequality says $f(E[a]) \le E[f(a)]$. "
        r"Sums 1 and −1: the mean of the ReLUs is ½, the ReLU of the mean is 0.",
    ),
    Question(
        "dropout.survivor_scale",
        r"Inverted dropout with `p_drop = 0.2`: by what is a kept unit multiplied in training, so "
        r"that its mean over masks stays what it was?",
        number=Number(
            1.25,
            rel_tol=0.005,
            misreadings={
                0.8: "That makes it smaller still. Its mean is already too small.",
                5.0: "You divided by the probability of dropping. With which probability is the "
                "unit there?",
                1.2: "Close: 20 percent are missing. But 20 percent of what? Kept with "
                "probability 0.8, times a factor, must give 1.",
                1.0: "Then its mean over masks is 0.8 of what it was.",
                2.0: "That would be right if half were dropped.",
            },
        ),
        why=r"$0.8 \cdot c + 0.2 \cdot 0 = 1$ gives $c = 1/0.8 = 1.25$.",
    ),
    Question(
        "dropout.left_in_training",
        "A network was trained with inverted dropout. You forget to switch to testing and classify "
        "the test set twice. What do you see?",
        choices=(
            Choice(
                "The same accuracy twice, since the network has learned to live with dropout.",
                "It has learned to live with the noise, but the noise is still there. Is the mask "
                "of the second run that of the first?",
            ),
            Choice(
                "An accuracy near chance, since half of the units are missing.",
                "It was trained with half of the units missing, and did better than chance.",
            ),
            Choice(
                "Two different accuracies, both a little below that of testing mode.",
                right=True,
            ),
            Choice(
                "The same accuracy twice, since inverted dropout scales in training.",
                "The scale is right on average. What about the single prediction?",
            ),
        ),
        why="Each prediction comes from one thinned network, drawn at random. It is a little worse "
        "than the mean, and differs from run to run. A mistake that hides well: compare two "
        "predictions for one input.",
    ),
    Question(
        "dropout.count_masks",
        r"A layer of 4096 units has $2^{4096}$ masks. How large is that number? Write it as a "
        r"power of ten, $2^{4096} \approx 10^n$, and give the exponent $n$.",
        number=Number(
            1233.0,
            rel_tol=0.001,
            misreadings={
                4096.0: "That is the exponent for base 2. How many tens are in a two?",
                2839.0: "You took the natural logarithm of 2. Base 10 is asked for.",
                3.61236: "That is the logarithm of 4096 to base 10. But 4096 is only the exponent. "
                "What does each of the 4096 factors of 2 add to the logarithm?",
                409.6: "Ten doublings make about a thousand, which is three zeros, not one.",
                12.0: "That is the logarithm of 4096 to base 2.",
            },
        ),
        why=r"$4096 \cdot \log_{10} 2 = 1233.02$. The universe we see has about $10^{82}$ atoms. "
        r"Of this ensemble nobody trains more than a tiny part, and each member for one step at "
        r"most. All of them share their weights.",
    ),
    Question(
        "dropout.connect_masks",
        "A layer has 3 inputs and 2 units. Dropout on its inputs has $2^3 = 8$ masks. How many has "
        "DropConnect?",
        number=Number(
            64,
            rel_tol=1e-6,
            misreadings={
                8: "That is dropout: a decision for each input. DropConnect decides about each "
                "connection.",
                32: "A decision for each of 3 + 2 neurons would give that. How many connections "
                "are there?",
                12: "You doubled the number of connections. Each decision doubles the number of "
                "masks.",
                36: "Two values for each of six connections: is that 6 to the 2 or 2 to the 6?",
                6: "That is the number of connections. Each may be there or not.",
            },
        ),
        why="A decision for each of 3 · 2 connections: $2^6 = 64$. The eight masks of dropout are "
        "among them: those whose rows are all True or all False.",
    ),
    Question(
        "dropout.expected_depth",
        r"A residual network has 54 blocks. Block $l$ is skipped with probability "
        r"$p_l = \frac{l}{54} \cdot \frac12$: the first hardly ever, the last half of the time. "
        r"How many blocks are there in a training step, on average?",
        number=Number(
            40.25,
            rel_tol=0.01,
            misreadings={
                27.0: "That would be so if every block were skipped half of the time.",
                13.75: "That many are skipped. How many are left?",
                53.5: "The last block is not the only one that is skipped. Add up over all.",
                54.0: "That is the depth in testing.",
            },
        ),
        why=r"$\sum_l (1 - p_l) = 54 - \frac12 \cdot \frac{55}{2} = 40.25$. The paper trains this "
        r"network of 110 layers in a quarter less time, and all 54 blocks help in testing.",
    ),
    Question(
        "dropout.fmp_orders",
        "A row of 8 pixels is pooled to 5. Each region is 1 or 2 pixels wide. In how many ways can "
        "that be done?",
        number=Number(
            10,
            rel_tol=1e-6,
            misreadings={
                32: "Two widths for each of five regions. Do they all add up to 8?",
                3: "Three regions are two pixels wide. In how many ways can they stand among "
                "the five?",
                5: "That is the number of regions. Which of them are wide?",
                60: "The wide regions are all alike: their order among themselves does not count.",
            },
        ),
        why=r"Widths of 1 use 5 pixels; 3 are left, so three of the five regions are wide: "
        r"$\binom53 = 10$. With rows and columns an 8 × 8 image has 100 ways.",
    ),
    Question(
        "dropout.batchnorm_z",
        r"Batch normalisation fits the pattern: in training $y = f_W(x, z)$ with a random $z$. "
        r"What is $z$?",
        choices=(
            Choice(
                r"the parameters $\gamma$ and $\beta$",
                "They are learned. In one step, is there anything random about them?",
            ),
            Choice(
                "which other examples are in the batch",
                right=True,
            ),
            Choice(
                "the running mean and variance",
                "They are what stands in for z in testing. What do they replace?",
            ),
            Choice(
                "the random start of the weights",
                "That is drawn once, before the training. z is drawn in every step.",
            ),
        ),
        why="An example is normalised with the mean and variance of its batch, so its output "
        "depends on its random company. In testing fixed running statistics replace the company: "
        "an average over z, approximately.",
    ),
    Question(
        "dropout.samples_in_testing",
        "Most of these methods put something fixed in the place of $z$ in testing: a scale, a "
        "running mean. For which of them is an average over several draws of $z$ the usual test "
        "rule?",
        choices=(
            Choice(
                "dropout and DropConnect",
                "DropConnect may sample, as in its paper. But what did you write for testing in "
                "`dropout_forward`? Does it draw?",
            ),
            Choice(
                "batch normalisation",
                "It has fixed running statistics in testing.",
            ),
            Choice(
                "stochastic depth",
                "What is its gate in testing?",
            ),
            Choice(
                "random crops and fractional max pooling",
                right=True,
            ),
        ),
        why="There is no single image that is the mean of all crops, and no pooling grid that is "
        "the mean of all grids. So one predicts on several and averages the predictions: four "
        "corners and the centre, say, each also mirrored.",
    ),
)
