"""Stochastic depth: dropping layers."""

from typing import Any

import numpy as np

from grader import Case, Exercise, Number, Property, Question, repeated_pairs

from .shared import chance_bound, close, seed

EXPECTED_DEPTH = Question(
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
            54.0: "That is the depth at test time.",
        },
    ),
    why=r"$\sum_l (1 - p_l) = 54 - \frac12 \cdot \frac{55}{2} = 40.25$. The paper trains this "
    r"network of 110 layers in a quarter less time, and all 54 blocks help at test time.",
)


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


def depth_measure(case: Case, output: Any) -> dict[str, tuple[float, float]]:
    """How much of the branch comes in, whether of every part, and how often."""
    h, f_h = case.args
    outs, *_, caches = _block(case, output)
    n = len(outs)
    if not case.kwargs["train"] and (outs != outs[0]).any():
        return {"two calls agree": (0.0, 0.0)}
    with np.errstate(all="ignore"):
        weights = np.where(outs > 0, (outs - h) / f_h, np.nan).reshape(n, -1)
    seen = ~np.isnan(weights)
    per_call = np.array(
        [np.median(w[s]) if s.any() else np.nan for w, s in zip(weights, seen, strict=True)]
    )
    low = np.where(seen, weights, np.inf).min(axis=1)
    high = np.where(seen, weights, -np.inf).max(axis=1)
    found = {
        "some outputs are negative": (float((outs < 0).any()), 0.0),
        "the cached outputs are the outputs": (
            float(close(np.array([out for out, _ in caches]), outs)),
            0.0,
        ),
    }
    for name, share in (
        ("share of calls without the branch", (np.abs(per_call) < 1e-3).mean()),
        ("share of calls in which everything is 0", (outs.reshape(n, -1) == 0).all(axis=1).mean()),
        ("share of calls that treat parts differently", (high - low > 1e-2).mean()),
    ):
        found[name] = (float(share), chance_bound(share, n) + 1e-9)
    there = per_call[np.abs(per_call) >= 1e-3]
    some = there[~np.isnan(there)]
    mixed = found["share of calls that treat parts differently"][0] > 0
    weight = float(np.median(some)) if some.size else 0.0
    # Where parts are treated differently, chance decides which of them the median is.
    found["weight of the branch"] = (weight, np.inf if mixed else 2e-3 * (1 + abs(weight)))
    if not case.kwargs["train"]:
        found["cached gate"] = (float(caches[0][1]), np.inf if mixed else 1e-5)
    return found


STOCHASTIC_DEPTH_FORWARD = Exercise(
    "dropout.stochastic_depth_forward",
    points=2,
    minutes=5,
    returns=("out", "cache"),
    driver=repeated_pairs,
    properties=(
        Property("Evaluation mode leaves nothing to chance: this", depth_in_testing),
        Property("The ReLU comes last: this", depth_not_negative),
        Property("A skipped block lets its input pass: this", depth_shortcut),
        Property("The branch is never more than there: this", depth_not_larger),
        Property("An example keeps or skips the whole block: this", depth_examples),
        Property("All examples of a batch share one gate: this", depth_one_gate),
        Property("The block is kept with probability 1 - p_drop: this", depth_share),
        Property("At test time the gate is its mean: this", depth_mean_gate),
        Property("The cache is (out, gate): this", depth_cache),
    ),
    measure=depth_measure,
    hints=(
        "The gate is one number for the whole batch: 0 or 1 in training, its mean at test time.",
        "`rng.random()` without a shape gives one number. The block is kept when it is at least "
        "p_drop; `float` makes 0.0 or 1.0 of that.",
        "Multiply the branch f_h by the gate, add the shortcut h, and take the ReLU of the sum.",
    ),
)


@STOCHASTIC_DEPTH_FORWARD.cases
def _(rng: np.random.Generator):
    for name, shape, p_drop, train in (
        ("training, a fifth skipped", (4, 3), 0.2, True),
        ("training, half skipped", (3, 5), 0.5, True),
        ("training, most skipped", (5, 4), 0.8, True),
        ("training, images", (2, 2, 3, 2), 0.15, True),
        ("test time", (4, 3), 0.2, False),
        ("test time, half skipped in training", (3, 4), 0.5, False),
        ("test time, most skipped in training", (2, 5), 0.8, False),
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


@STOCHASTIC_DEPTH_FORWARD.misconception("the shortcut is dropped, too")
def _(h, f_h, *, p_drop, train, rng):
    """When your block is skipped, everything is 0, and no later layer sees the example.
    What makes skipping harmless is the way around the block.
    Which of the two terms does the gate belong to?
    """
    gate = float(rng.random() >= p_drop) if train else 1 - float(p_drop)
    out = np.maximum(0, gate * (f_h + h))
    return out, (out, gate)


@STOCHASTIC_DEPTH_FORWARD.misconception("a gate for each unit")
def _(h, f_h, *, p_drop, train, rng):
    """You drop single units of the branch: that is dropout.
    Stochastic depth skips a layer with all it has.
    How many random numbers does one call need?
    """
    gate = (rng.random(h.shape) >= p_drop).astype(h.dtype) if train else 1 - float(p_drop)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, float(np.mean(gate)))


@STOCHASTIC_DEPTH_FORWARD.misconception("a gate for each example", convention=True)
def _(h, f_h, *, p_drop, train, rng):
    """Some of your examples skip the block and others do not.
    Many libraries do it like that, and it works. But nothing is saved unless the whole
    batch skips. What is saved when one example of the batch keeps the block?
    """
    gate = 1 - float(p_drop)
    if train:
        gate = (rng.random((len(h),) + (1,) * (h.ndim - 1)) >= p_drop).astype(h.dtype)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, float(np.mean(gate)))


@STOCHASTIC_DEPTH_FORWARD.misconception("keeps with probability p_drop", convention=True)
def _(h, f_h, *, p_drop, train, rng):
    """The larger p_drop is, the more often your block is kept.
    The paper writes p for the probability that a block survives.
    What does the name p_drop say?
    """
    gate = float(rng.random() < p_drop) if train else float(p_drop)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


@STOCHASTIC_DEPTH_FORWARD.misconception("the probability of dropping at test time")
def _(h, f_h, *, p_drop, train, rng):
    """Training is right. At test time your branch has the wrong weight, unless half is
    dropped.
    How often was the block there in training?
    """
    gate = float(rng.random() >= p_drop) if train else float(p_drop)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


@STOCHASTIC_DEPTH_FORWARD.misconception("the full block at test time")
def _(h, f_h, *, p_drop, train, rng):
    """Training is right. At test time your branch comes in with its full weight.
    The later layers have seen it only now and then.
    What was its mean contribution?
    """
    gate = float(rng.random() >= p_drop) if train else 1.0
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


@STOCHASTIC_DEPTH_FORWARD.misconception("scaled up in training", convention=True)
def _(h, f_h, *, p_drop, train, rng):
    """You scale the branch up in training, as inverted dropout does.
    Newer libraries do so, too. This paper makes up for it at test time.
    Which values does the gate of the paper have in training?
    """
    gate = float(rng.random() >= p_drop) / (1 - float(p_drop)) if train else 1.0
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)


@STOCHASTIC_DEPTH_FORWARD.misconception("random at test time, too")
def _(h, f_h, *, p_drop, train, rng):
    """At test time two calls with the same input differ.
    A prediction should not depend on luck.
    Which number can stand for the random gate?
    """
    rng = np.random.default_rng() if rng is None else rng
    gate = float(rng.random() >= p_drop)
    out = np.maximum(0, gate * f_h + (h if train else h + 1e-3 * rng.random()))
    return out, (out, gate)


@STOCHASTIC_DEPTH_FORWARD.misconception("no ReLU at the end")
def _(h, f_h, *, p_drop, train, rng):
    """Some of your outputs are negative.
    What does the formula do to the sum of branch and shortcut?
    """
    gate = float(rng.random() >= p_drop) if train else 1 - float(p_drop)
    out = gate * f_h + h
    return out, (out, gate)


@STOCHASTIC_DEPTH_FORWARD.misconception("the block never takes part")
def _(h, f_h, *, p_drop, train, rng):
    """In training your block is skipped in every call, whatever p_drop is.
    A block that is never there learns nothing.
    How often, out of ten calls, should it be there when p_drop is 0.2?
    """
    gate = 0.0 if train else 1 - float(p_drop)
    out = np.maximum(0, gate * f_h + h)
    return out, (out, gate)
