import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from utils.curvature import gd_rate
from utils.optimizers import momentum_step
from utils.stability import momentum_modes, polyak
from utils.surfaces import bowl, trajectory

curvature = st.floats(1e-3, 1e3)


@given(lam=st.floats(-3, 3), lr=st.floats(0.01, 2), mu=st.floats(0, 0.99), w=st.floats(-5, 5))
def test_the_matrix_is_one_step_of_momentum(lam, lr, mu, w):
    point, velocity = np.array([w]), np.array([0.7])
    want = np.ravel(momentum_step(point, lam * point, velocity, lr=lr, mu=mu))
    got = momentum_modes(np.array([lam]), lr, mu)["matrix"][0] @ [w, 0.7]
    assert_allclose(got, want, atol=1e-12)


@given(lam=st.lists(st.floats(-3, 3), min_size=1, max_size=5), mu=st.floats(0, 0.99))
def test_trace_and_determinant_are_those_of_the_matrix(lam, mu):
    modes = momentum_modes(np.array(lam), 0.3, mu)
    assert_allclose(modes["trace"], np.trace(modes["matrix"], axis1=1, axis2=2), atol=1e-12)
    assert_allclose(modes["determinant"], np.linalg.det(modes["matrix"]), atol=1e-12)


def test_without_momentum_the_factor_is_that_of_gradient_descent():
    lam = np.array([-1.0, 0.0, 0.5, 3.0, 11.0])
    assert_allclose(momentum_modes(lam, 0.2, 0.0)["factor"], np.abs(1 - 0.2 * lam), atol=1e-12)


@pytest.mark.parametrize("mu", [0.3, 0.9])
def test_the_factor_is_the_root_of_mu_inside_the_band_and_larger_outside(mu):
    root = mu**0.5
    inside = np.linspace((1 - root) ** 2, (1 + root) ** 2, 9)[1:-1]
    outside = np.array([-1.0, 0.99 * (1 - root) ** 2, 1.01 * (1 + root) ** 2])
    assert_allclose(momentum_modes(inside, 1.0, mu)["factor"], root, rtol=1e-12)
    assert (momentum_modes(outside, 1.0, mu)["factor"] > root).all()


@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_the_largest_stable_rate_grows_with_the_momentum(mu):
    limit = 2 * (1 + mu)
    below, above = momentum_modes(np.array([0.999 * limit, 1.001 * limit]), 1.0, mu)["factor"]
    assert below < 1 < above


def test_float32_stays_float32():
    modes = momentum_modes(np.array([0.5, 2.0], np.float32), 0.1, 0.9)
    assert {value.dtype for value in modes.values()} == {np.dtype(np.float32)}


@given(curvature, st.floats(1, 1e4))
def test_polyaks_values_give_both_ends_the_same_factor_and_no_others_do_better(low, kappa):
    lr, mu = polyak(low, kappa * low)
    ends = np.array([low, kappa * low])
    # At the ends the two eigenvalues of the matrix meet: they are found to half of the digits.
    best = momentum_modes(ends, lr, mu)["factor"].max()
    assert best == pytest.approx(mu**0.5, abs=1e-6)
    for other_lr in (0.9 * lr, lr, 1.1 * lr):
        for other_mu in (0.9 * mu, mu, min(1.1 * mu, 0.9999)):
            assert momentum_modes(ends, other_lr, other_mu)["factor"].max() > best - 1e-6


def test_polyaks_values_need_the_root_of_the_condition_number():
    lr, mu = polyak(1.0, 100.0)
    assert (lr, mu) == pytest.approx((4 / 121, 81 / 121))
    assert mu**0.5 == pytest.approx(gd_rate(10.0))
    distance = np.linalg.norm(trajectory(momentum_step, bowl(100), steps=93, lr=lr, mu=mu), axis=1)
    assert distance[-1] < 1e-6 * distance[0] < distance[-2]


@pytest.mark.parametrize("pair", [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0)])
def test_polyak_refuses_what_is_no_bowl(pair):
    with pytest.raises(ValueError, match="lam_min"):
        polyak(*pair)
