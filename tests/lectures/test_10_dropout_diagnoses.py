"""What the dropout lecture's checks say of wrong random functions fits what these do.

Random functions are judged by properties. Two that break the same property need not share the same
mistake: the numbers that an exercise measures tell them apart.
"""

import numpy as np
import pytest

from grader.audit.draw import Draw
from grader.checking.definitions import find
from grader.checking.notebook import VISIBLE_SEED, check_function

SEEDS = (VISIBLE_SEED, 1, 2)


def mask_of_half(shape, *, p_drop, rng):
    return rng.random(shape) >= 0.5


def mask_of_a_quarter(shape, *, p_drop, rng):
    return rng.random(shape) >= 0.25


def mask_of_squared_probability(shape, *, p_drop, rng):
    return rng.random(shape) >= p_drop**2


def forward_by(scale, tested=lambda x, p_drop: np.ones_like(x)):
    def dropout_forward(x, *, p_drop, train, rng):
        if not train:
            factor = tested(x, p_drop)
            return x * factor, factor
        kept = rng.random(x.shape) >= p_drop
        factor = (kept * scale(kept, p_drop)).astype(x.dtype)
        return x * factor, factor

    return dropout_forward


def backward_over_examples(dout, cache):
    return dout * cache / len(dout)


def backward_scaled_by_two(dout, cache):
    return 2.0 * dout * cache


def backward_leaking(dout, cache):
    return dout * cache.max()


def depth_by(tested):
    def stochastic_depth_forward(h, f_h, *, p_drop, train, rng):
        gate = float(rng.random() >= p_drop) if train else tested(p_drop)
        out = np.maximum(0, gate * f_h + h)
        return out, (out, gate)

    return stochastic_depth_forward


def sampled_linear(x, w, *, p_drop, n_samples, rng, activation="linear"):
    return float(((rng.random((n_samples, len(x))) >= p_drop) @ (w * x)).mean())


def sampled_doubled(x, w, *, p_drop, n_samples, rng, activation="linear"):
    a = (rng.random((n_samples, len(x))) >= p_drop) @ (w * x)
    return float(2 * (np.maximum(a, 0) if activation == "relu" else a).mean())


def boundaries_of_graham(n_in, n_out, *, rng):
    u = rng.random()
    ends = np.ceil(n_in / n_out * (np.arange(n_out + 1) + u) - 1e-9).astype(int)
    return ends - ends[0]


def vanilla_by(tested):
    def vanilla_dropout_forward(x, *, p_drop, train, rng):
        if train:
            factor = (rng.random(x.shape) >= p_drop).astype(x.dtype)
        else:
            factor = np.full_like(x, tested(p_drop))
        return x * factor, factor

    return vanilla_dropout_forward


# The exercise, a wrong function, and the only diagnosis that would be true of it.
DIAGNOSES = [
    ("dropout_mask", mask_of_half, "one half, whatever p_drop is"),
    ("dropout_mask", mask_of_a_quarter, None),
    ("dropout_mask", mask_of_squared_probability, None),
    (
        "dropout_forward",
        forward_by(lambda kept, p: 1 / kept.mean()),
        "divided by the share that happened to be kept",
    ),
    ("dropout_forward", forward_by(lambda kept, p: 1 / (1 - p) ** 2), None),
    ("dropout_forward", forward_by(lambda kept, p: 2.0), None),
    ("dropout_forward", forward_by(lambda kept, p: 1.0), "no scaling"),
    (
        "dropout_forward",
        forward_by(lambda kept, p: 1.0, lambda x, p: np.full_like(x, 1 - p)),
        "scaled at test time",
    ),
    ("dropout_forward", forward_by(lambda kept, p: 1 / (1 - p), lambda x, p: 0 * x), None),
    ("vanilla_dropout_forward", vanilla_by(lambda p: p), "multiplied by the probability of"),
    ("vanilla_dropout_forward", vanilla_by(lambda p: 1.0), "no scaling at test time"),
    ("vanilla_dropout_forward", vanilla_by(lambda p: 1 / (1 - p)), None),
    ("vanilla_dropout_forward", vanilla_by(lambda p: (1 - p) ** 2), None),
    ("dropout_backward", backward_over_examples, "divided by the number of examples"),
    ("dropout_backward", backward_scaled_by_two, None),
    ("dropout_backward", backward_leaking, "the scale without the mask"),
    ("stochastic_depth_forward", depth_by(lambda p: 0.0), None),
    ("stochastic_depth_forward", depth_by(lambda p: 0.5), None),
    ("stochastic_depth_forward", depth_by(lambda p: 1.0), "the full block at test time"),
    ("stochastic_depth_forward", depth_by(float), "the probability of dropping at test time"),
    ("expected_output_sampled", sampled_linear, "the activation is ignored"),
    ("expected_output_sampled", sampled_doubled, None),
    ("fmp_boundaries", boundaries_of_graham, "evenly spread from a random offset"),
]


@pytest.mark.parametrize(
    "name, wrong, diagnosis",
    DIAGNOSES,
    ids=[f"{name}-{i}" for i, (name, *_) in enumerate(DIAGNOSES)],
)
def test_a_wrong_function_gets_its_own_diagnosis_or_none(name, wrong, diagnosis):
    exercise = find(f"dropout.{name}")
    for seed in SEEDS:
        report = check_function(exercise, wrong, seed=seed)
        assert not report.right
        said = report.as_text()
        named = [m.name for m in exercise.misconceptions if m.message.split("\n")[0] in said]
        assert len(named) == (diagnosis is not None), said
        assert all(each.startswith(diagnosis or "") for each in named), said


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    "name",
    [
        "dropout_mask",
        "dropout_forward",
        "vanilla_dropout_forward",
        "dropout_backward",
        "stochastic_depth_forward",
        "expected_output_sampled",
        "fmp_boundaries",
    ],
)
def test_what_is_known_is_still_named(name, seed):
    exercise = find(f"dropout.{name}")
    assert exercise.measure is not None
    assert Draw(exercise, seed).names() == {m.name: m.name for m in exercise.misconceptions}
