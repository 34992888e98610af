from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from utils import optimizers as opt
from utils import surfaces
from utils.curvature import classify_critical_point, numerical_hessian
from utils.gradients import numerical_gradient

each_surface = pytest.mark.parametrize(
    "surface", surfaces.SURFACES.values(), ids=surfaces.SURFACES.keys()
)
points = st.tuples(st.floats(-3, 3), st.floats(-3, 3)).map(np.array)


@each_surface
@given(points)
def test_slope_and_curvature_are_the_derivatives_of_the_height(surface, w):
    slope = numerical_gradient(lambda v: float(surface.value(v)), w)
    assert_allclose(surface.gradient(w), slope, rtol=1e-5, atol=1e-4)
    assert_allclose(
        surface.hessian(w), numerical_hessian(surface.gradient, w), rtol=1e-5, atol=1e-4
    )


@each_surface
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_surface_takes_many_points_at_once_and_keeps_their_dtype(surface, dtype):
    w = np.random.default_rng(0).uniform(-1, 1, (4, 3, 2)).astype(dtype)
    assert surface.value(w).shape == (4, 3)
    assert surface.gradient(w).shape == (4, 3, 2)
    assert_allclose(surface.value(w)[2, 1], surface.value(w[2, 1]), rtol=1e-5)
    assert_allclose(surface.gradient(w)[2, 1], surface.gradient(w[2, 1]), rtol=1e-5)
    for out in (surface.value(w), surface.gradient(w), surface.hessian(w[0, 0])):
        assert out.dtype == dtype


@each_surface
def test_the_minima_are_minima_inside_the_plot_and_so_is_the_start(surface):
    for point in (*surface.minima, surface.start):
        for x, (low, high) in zip(point, surface.span, strict=True):
            assert low < x < high
    for point in surface.minima:
        w = np.array(point)
        assert_allclose(surface.gradient(w), 0, atol=1e-9)
        assert classify_critical_point(surface.hessian(w)) == "min"
    heights = [float(surface.value(np.array(point))) for point in surface.minima]
    assert heights == sorted(heights)


@each_surface
def test_the_grid_holds_the_heights_row_by_row(surface):
    x, y, z = surface.grid(points=7)
    assert (x[0], x[-1]) == surface.span[0]
    assert (y[0], y[-1]) == surface.span[1]
    for i, j in ((0, 0), (2, 5), (6, 1)):
        assert_allclose(z[i, j], surface.value(np.array([x[j], y[i]])))


@pytest.mark.parametrize("golden", both("curvature", "scipy"))
def test_rosenbrock_is_that_of_scipy(golden):
    want, surface = golden(), surfaces.rosenbrock()
    assert_allclose(surface.value(want["points"]), want["rosen"], rtol=1e-9)
    assert_allclose(surface.gradient(want["points"]), want["rosen_der"], rtol=1e-9)
    hessians = [surface.hessian(w) for w in want["points"]]
    assert_allclose(hessians, want["rosen_hess"], rtol=1e-9)


@pytest.mark.parametrize("kappa", [1.0, 30.0])
def test_bowl_and_ravine_have_the_condition_number_asked_for(kappa):
    for surface in (surfaces.bowl(kappa), surfaces.ravine(kappa), surfaces.ravine(kappa, 1.0)):
        eigenvalues = np.linalg.eigvalsh(surface.hessian(np.zeros(2)))
        assert_allclose(eigenvalues, [1, kappa])


def test_the_steep_direction_of_the_ravine_is_the_angle():
    u = np.array([np.cos(0.4), np.sin(0.4)])
    assert_allclose(surfaces.ravine(50.0, 0.4).gradient(u), 50 * u)


# Paths


def test_a_path_starts_at_the_start_and_takes_each_step():
    surface = surfaces.bowl(2.0)
    path = surfaces.trajectory(opt.sgd_step, surface, steps=2, lr=0.25)
    assert_allclose(path, [[1, 1], [0.5, 0.75], [0.25, 0.5625]])
    start = np.array([3.0, 4.0], np.float32)
    path = surfaces.trajectory(opt.adam_step, surface, start, steps=3)
    assert path.dtype == np.float32
    assert_array_equal(path[0], start)
    assert_array_equal(start, [3, 4])


def test_a_hyper_parameter_may_be_a_function_of_the_step():
    rates = [0.5, 0.25, 0.125]
    path = surfaces.trajectory(opt.sgd_step, surfaces.bowl(1.0), steps=3, lr=lambda k: rates[k])
    assert_allclose(path[:, 0], np.cumprod([1, 0.5, 0.75, 0.875]))


def test_a_step_that_looks_ahead_gets_the_gradient_as_a_function():
    step = partial(opt.nesterov_lookahead_step, mu=0.5)
    path = surfaces.trajectory(step, surfaces.bowl(1.0), (1.0, 0.0), steps=2, lr=0.1)
    v = -0.1
    assert_allclose(path[1, 0], 1 + v)
    v = 0.5 * v - 0.1 * (1 + v + 0.5 * v)
    assert_allclose(path[2, 0], path[1, 0] + v)


def test_a_path_that_explodes_is_silent_and_keeps_its_length():
    path = surfaces.trajectory(opt.sgd_step, surfaces.rosenbrock(), steps=50, lr=1.0)
    assert path.shape == (51, 2)
    assert not np.isfinite(path[-1]).any()


def test_gradient_descent_stops_at_the_saddle_and_noise_frees_it():
    surface, steps, lr = surfaces.saddle(), 60, 0.08
    stuck = surfaces.trajectory(opt.sgd_step, surface, (1.0, 0.0), steps=steps, lr=lr)
    assert_allclose(stuck[-1], 0, atol=1e-4)
    noisy = replace(surface, noise=1e-3)
    freed = [
        surfaces.trajectory(
            opt.sgd_step, noisy, (1.0, 0.0), steps=steps, lr=lr, rng=np.random.default_rng(seed)
        )[-1, 1]
        for seed in range(30)
    ]
    assert np.median(np.abs(freed)) > 0.3


@pytest.mark.parametrize("step", [opt.sgd_step, opt.nesterov_lookahead_step])
def test_noise_comes_from_the_rng_and_has_the_stated_size(step):
    surface = surfaces.noisy_quadratic(noise=0.5)

    def path(seed):
        rng = np.random.default_rng(seed)
        return surfaces.trajectory(step, surface, (0.0, 0.0), steps=1, rng=rng, lr=1.0)

    assert_array_equal(path(1), path(1))
    assert_allclose(np.std([path(seed)[1] for seed in range(2000)]), 0.5, rtol=0.05)


def test_a_constant_rate_ends_in_a_ball_of_noise_and_a_falling_one_in_the_minimum():
    def distance(lr):
        rng = np.random.default_rng(0)
        surface = surfaces.noisy_quadratic(kappa=1.0)
        path = surfaces.trajectory(opt.sgd_step, surface, steps=4000, rng=rng, lr=lr)
        return np.sqrt(np.mean(path[-1000:] ** 2))

    assert_allclose(distance(0.2), np.sqrt(0.2 / (2 - 0.2)), rtol=0.1)
    assert distance(lambda k: 1 / (k + 1)) < 0.05


def test_a_noisy_surface_rejects_a_path_without_rng():
    with pytest.raises(ValueError, match="noisy quadratic is noisy and rng is None"):
        surfaces.trajectory(opt.sgd_step, surfaces.noisy_quadratic(), steps=1, lr=0.1)


def test_momentum_leaves_the_shallow_valley_that_holds_gradient_descent():
    surface = surfaces.two_valleys()
    deep, shallow = surface.minima
    gd = surfaces.trajectory(opt.sgd_step, surface, steps=500, lr=0.02)
    momentum = surfaces.trajectory(opt.momentum_step, surface, steps=500, lr=0.02, mu=0.9)
    assert_allclose(gd[-1], shallow, atol=1e-3)
    assert_allclose(momentum[-1], deep, atol=1e-3)


def test_adam_crosses_the_plateau_that_holds_gradient_descent():
    surface = surfaces.plateau()
    assert np.max(np.abs(surface.gradient(np.array(surface.start)))) < 0.02
    gd = surfaces.trajectory(opt.sgd_step, surface, steps=100, lr=0.1)
    adam = surfaces.trajectory(opt.adam_step, surface, steps=100, lr=0.1)
    assert surface.value(gd[-1]) > 0.9
    assert surface.value(adam[-1]) < 0.01
