import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from tests.golden.schedules import LR0, PATIENCE, STEPS, K
from utils.schedules import (
    cosine_cycle,
    cosine_decay,
    cycle_ends,
    exponential_decay,
    final_loss_vs_cut,
    inverse_decay,
    linear_decay,
    multi_step_decay,
    pick_lr0,
    plateau_step,
    robbins_monro,
    step_decay,
    trapezoid,
    warmup,
)

SCHEDULES = {
    "step": partial(step_decay, every=5),
    "multi_step": partial(multi_step_decay, milestones=[4, 9, 10], factor=0.3),
    "exponential": partial(exponential_decay, k=K),
    "inverse": partial(inverse_decay, k=K),
    "linear": partial(linear_decay, total=15, lr_end=0.001),
    "warmup": partial(warmup, total=6, start=0.2),
    "cosine": partial(cosine_cycle, total=STEPS),
    "cosine_decay": partial(cosine_decay, total=STEPS, lr_end=0.0),
    "trapezoid": partial(trapezoid, total=STEPS, warm=0.1, cool=0.3),
    "restarts": partial(cosine_cycle, total=STEPS, cycles=3),
}
times = st.integers(0, 10**9) | st.floats(0, 1e9)


@pytest.mark.parametrize("golden", both("schedules"))
@pytest.mark.parametrize(
    "name", sorted(SCHEDULES.keys() - {"inverse", "cosine_decay", "trapezoid"})
)
def test_agrees_with_pytorch(name, golden):
    rates = [SCHEDULES[name](t, lr0=LR0) for t in range(STEPS)]
    assert_allclose(rates, golden()[name], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("golden", both("schedules"))
def test_plateau_agrees_with_pytorch(golden):
    want = golden()
    rates, state = [], None
    for val_loss in want["val_loss"]:
        rate, state = plateau_step(float(val_loss), state, lr0=LR0, factor=0.5, patience=PATIENCE)
        rates.append(rate)
    assert_allclose(rates, want["plateau"], rtol=1e-9)
    assert rates[-1] < LR0, "the golden losses must bring at least one cut"


@pytest.mark.parametrize("name", SCHEDULES)
@given(t=times, lr0=st.floats(1e-8, 1e3))
def test_a_rate_is_a_plain_number_from_zero_to_lr0(name, t, lr0):
    lr = SCHEDULES[name](t, lr0=lr0)
    assert type(lr) is float
    assert 0 <= lr <= max(lr0, 0.001) * (1 + 1e-12)  # 0.001 is the end of the linear one


@pytest.mark.parametrize("name", sorted(SCHEDULES.keys() - {"warmup", "trapezoid"}))
def test_starts_at_lr0(name):
    assert SCHEDULES[name](0, lr0=0.1) == pytest.approx(0.1)


def test_the_lectures_table():
    assert inverse_decay(20, lr0=0.1, k=0.1) == pytest.approx(0.0333, abs=5e-5)
    assert exponential_decay(20, lr0=0.1, k=0.1) == pytest.approx(0.0135, abs=5e-5)
    assert step_decay(20, lr0=0.1, every=5) == pytest.approx(0.00625)


def test_step_decay_cuts_at_the_end_of_the_interval_and_not_before():
    assert step_decay(4, lr0=1.0, every=5) == 1.0
    assert step_decay(4.999, lr0=1.0, every=5) == 1.0
    assert step_decay(5, lr0=1.0, every=5) == 0.5


def test_exponential_decay_falls_by_e_in_time_1_over_k():
    assert exponential_decay(40, lr0=1.0, k=1 / 40) == pytest.approx(math.exp(-1))


def test_linear_decay_stays_at_its_end_instead_of_going_negative():
    unclipped = [(1 - k / 100) * 0.1 + k / 100 * 0.001 for k in (102, 150)]
    assert_allclose(unclipped, [-0.00098, -0.0485])
    for k in (100, 102, 150, 10**6):
        assert linear_decay(k, lr0=0.1, total=100, lr_end=0.001) == 0.001
    assert linear_decay(50, lr0=0.1, total=100) == pytest.approx(0.05)


def test_cosine_decay_is_one_cycle_that_stays_down():
    for t in (0, 3.5, 12, 19.9):
        assert cosine_decay(t, lr0=0.4, total=20) == pytest.approx(
            cosine_cycle(t, lr0=0.4, total=20)
        )
    for t in (20, 21, 40, 10**6):
        assert cosine_decay(t, lr0=0.4, total=20, lr_end=0.01) == pytest.approx(0.01)
    assert cosine_decay(10, lr0=0.4, total=20, lr_end=0.1) == pytest.approx(0.25)


def test_a_trapezoid_climbs_stays_and_falls():
    shape = partial(trapezoid, lr0=1.0, total=100, warm=0.1, cool=0.2)
    corners = {0: 0, 5: 0.5, 10: 1, 40: 1, 80: 1, 90: 0.5, 100: 0, 150: 0}
    assert {t: shape(t) for t in corners} == pytest.approx(corners)
    assert trapezoid(0, lr0=0.3, total=10) == 0.3


@given(total=st.integers(1, 60), cycles=st.integers(1, 8))
def test_cosine_restarts_where_the_cycles_end(total, cycles):
    rates = [cosine_cycle(t, lr0=1.0, total=total, cycles=cycles) for t in range(total + 1)]
    for end in cycle_ends(total, cycles):
        assert rates[end] == 1.0
        assert end == 1 or rates[end - 1] == min(rates[:end])
    c = math.ceil(total / cycles)
    assert cycle_ends(total, cycles) == [t for t in range(1, total + 1) if t % c == 0]


def test_cosine_is_the_papers_formula_counted_from_one():
    c = math.ceil(20 / 3)
    paper = [0.1 / 2 * (math.cos(math.pi * ((t - 1) % c) / c) + 1) for t in range(1, 21)]
    assert_allclose([cosine_cycle(t, lr0=0.1, total=20, cycles=3) for t in range(20)], paper)


def test_two_schedules_combine_through_lr0():
    rates = [cosine_cycle(t, lr0=warmup(t, lr0=0.1, total=4), total=20) for t in range(20)]
    assert rates[0] == 0
    assert max(rates) == rates[4]


def test_plateau_waits_and_cuts_and_counts_anew():
    rates, state = [], None
    for val_loss in (1.0, 2.0, 2.0, 2.0, 2.0, 0.5, 0.6):
        rate, state = plateau_step(val_loss, state, lr0=1.0, factor=0.1, patience=2)
        rates.append(rate)
    assert_allclose(rates, [1, 1, 0.1, 0.1, 0.01, 0.01, 0.01])
    assert state == (pytest.approx(0.01), 0.5, 1)


def test_plateau_does_not_take_nan_or_a_tiny_gain_for_an_improvement():
    _, state = plateau_step(1.0, None, lr0=1.0)
    assert plateau_step(math.nan, state, lr0=1.0)[1] == (1.0, 1.0, 1)
    assert plateau_step(0.95, state, lr0=1.0, min_delta=0.1)[1] == (1.0, 1.0, 1)
    assert plateau_step(0.95, state, lr0=1.0)[1] == (1.0, 0.95, 0)


def test_robbins_monro_conditions():
    def power(p):
        return lambda t: (1 + t) ** -p

    assert robbins_monro(partial(inverse_decay, lr0=0.1, k=0.1)) == (True, True)
    assert robbins_monro(power(1.0)) == (True, True)
    assert robbins_monro(power(0.6)) == (True, True)
    assert robbins_monro(power(0.5)) == (True, False)
    assert robbins_monro(power(1.1)) == (False, True)
    assert robbins_monro(lambda t: 0.1) == (True, False)
    assert robbins_monro(partial(linear_decay, lr0=0.1, total=50, lr_end=0.001)) == (True, False)
    assert robbins_monro(partial(linear_decay, lr0=0.1, total=50)) == (False, True)
    assert robbins_monro(partial(exponential_decay, lr0=0.1, k=0.1)) == (False, True)
    assert robbins_monro(partial(exponential_decay, lr0=0.1, k=1e-11)) == (False, True)
    assert robbins_monro(partial(exponential_decay, lr0=0.1, k=4e-10)) == (False, True)
    assert robbins_monro(partial(inverse_decay, lr0=0.1, k=1e-9)) == (True, True)
    assert robbins_monro(partial(step_decay, lr0=0.1, every=5)) == (False, True)
    assert robbins_monro(partial(cosine_cycle, lr0=0.1, total=100, cycles=3)) == (True, False)


def bowl_losses(lr, steps):
    """Gradient descent on w^2 / 2 from 1: it diverges for lr > 2."""
    w, losses = 1.0, []
    for _ in range(steps):
        losses.append(w**2 / 2)
        w -= lr * w
    return losses


def test_pick_lr0_takes_the_next_larger_rate_when_that_is_stable():
    assert pick_lr0(bowl_losses, [1.9, 0.5, 0.001, 0.01], steps=20) == 1.9
    assert pick_lr0(bowl_losses, [0.001, 0.01, 0.5, 30.0], steps=20) == 0.5
    assert pick_lr0(bowl_losses, [0.001, 0.01, 0.5], steps=20) == 0.5


def test_pick_lr0_never_takes_a_run_that_ends_in_nan():
    losses = {0.1: [1.0, 0.9], 1.0: [1.0, math.nan], 10.0: [math.nan, math.nan]}
    assert pick_lr0(lambda lr, steps: losses[lr], list(losses)) == 0.1
    with pytest.raises(ValueError, match=r"no learning rate of \[1.0, 10.0\]"):
        pick_lr0(lambda lr, steps: losses[lr], [10.0, 1.0])


def test_the_best_time_to_cut_is_neither_the_first_nor_the_last():
    cuts = np.array([0, 10, 20, 40, 60, 80, 95, 100])
    losses = final_loss_vs_cut(cuts, rng=np.random.default_rng(0))
    best = np.argmin(losses)
    assert 0 < best < len(cuts) - 1
    assert losses[0] > 10 * losses[best]
    assert losses[-1] > 3 * losses[best]


def test_final_loss_vs_cut_agrees_with_the_exact_second_moment():
    cuts, lr0, factor, steps, start, noise = np.array([0, 30, 70]), 0.3, 0.2, 70, 3.0, 0.5
    exact = []
    for cut in cuts:
        moment = start**2
        for step in range(steps):
            lr = lr0 if step < cut else lr0 * factor
            moment = (1 - lr) ** 2 * moment + (lr * noise) ** 2
        exact.append(moment / 2)
    losses = final_loss_vs_cut(
        cuts,
        lr0=lr0,
        factor=factor,
        steps=steps,
        start=start,
        noise=noise,
        runs=40_000,
        rng=np.random.default_rng(0),
    )
    # The mean of 40000 values of w^2 / 2 has a relative standard error below sqrt(2 / 40000).
    assert_allclose(losses, exact, rtol=5 * math.sqrt(2 / 40_000))


def test_the_same_cut_sees_the_same_noise():
    losses = final_loss_vs_cut(np.array([40, 40]), rng=np.random.default_rng(3))
    assert_array_equal(losses[0], losses[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: step_decay(1, lr0=0.1, every=0), "every > 0"),
        (lambda: step_decay(1, lr0=0.1, every=1, factor=2.0), "factor <= 1"),
        (lambda: multi_step_decay(1, lr0=0.1, milestones=[1], factor=0.0), "factor must"),
        (lambda: exponential_decay(1, lr0=0.1, k=-1), "k must not be negative, got -1"),
        (lambda: inverse_decay(1, lr0=0.1, k=-1), "k must not be negative, got -1"),
        (lambda: linear_decay(1, lr0=0.1, total=0), "total must be positive, got 0"),
        (lambda: warmup(1, lr0=0.1, total=0), "total must be positive, got 0"),
        (lambda: cosine_decay(1, lr0=0.1, total=0), "total must be positive, got 0"),
        (lambda: trapezoid(1, lr0=0.1, total=0), "total must be positive, got 0"),
        (lambda: trapezoid(1, lr0=0.1, total=9, cool=0.0), "cool > 0"),
        (lambda: trapezoid(1, lr0=0.1, total=9, warm=0.9), "cool <= 1, got 0.9 and 0.2"),
        (lambda: cosine_cycle(1, lr0=0.1, total=5, cycles=0), "cycles at least 1, got 5 and 0"),
        (lambda: cycle_ends(0, 1), "at least 1, got 0 and 1"),
        (lambda: plateau_step(1.0, None, lr0=0.1, patience=0), "patience >= 1, got 0.1 and 0"),
    ],
)
def test_rejects_what_makes_no_schedule(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rounding_does_not_put_off_a_cut():
    times = [3 * 0.1, 0.3, 0.7, 2.1]
    rates = [step_decay(t, lr0=1.0, every=0.1, factor=0.5) for t in times]
    assert rates == [0.5**3, 0.5**3, 0.5**7, 0.5**21]


@pytest.mark.parametrize("total", [0.5, 2.5, 0.0, -3.0, math.nan])
def test_cosine_rejects_a_total_that_is_no_whole_number(total):
    with pytest.raises(ValueError, match="total"):
        cosine_cycle(0.0, lr0=1.0, total=total)
