import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from utils.matrix_optimizers import muon_step, orthogonalise, shampoo_step

sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
each_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@given(sizes, sizes, seeds)
def test_singular_values_come_near_one_and_vectors_stay(rows, cols, seed):
    rng = np.random.default_rng(seed)
    u = np.linalg.qr(rng.standard_normal((rows, rows)))[0]
    vt = np.linalg.qr(rng.standard_normal((cols, cols)))[0]
    k = min(rows, cols)
    sizes = rng.uniform(0.03, 1.0, k)
    m = (u[:, :k] * sizes) @ vt[:k]
    o = orthogonalise(m)
    in_its_basis = u.T @ o @ vt.T
    got = np.diag(in_its_basis)[:k]
    assert ((got > 0.6) & (got < 1.3)).all()
    assert_allclose(in_its_basis - np.eye(rows, cols) * in_its_basis, 0, atol=1e-9)


def test_the_size_of_a_matrix_does_not_matter_and_zero_stays_zero():
    m = np.random.default_rng(0).standard_normal((3, 5))
    assert_allclose(orthogonalise(1e6 * m), orthogonalise(m), rtol=1e-9)
    assert_allclose(orthogonalise(np.zeros((2, 3))), 0)


def test_muon_is_orthogonalised_momentum():
    rng = np.random.default_rng(0)
    w, first, second = rng.standard_normal((3, 6, 2))
    w_1, state = muon_step(w, first, None, lr=0.1, mu=0.5)
    assert_allclose(w_1, w - 0.1 * np.sqrt(3) * orthogonalise(1.5 * first))
    w_2, state = muon_step(w_1, second, state, lr=0.1, mu=0.5)
    assert_allclose(state, 0.5 * first + second)
    update = second + 0.5 * (0.5 * first + second)
    assert_allclose(w_2, w_1 - 0.1 * np.sqrt(3) * orthogonalise(update))


def test_shampoo_divides_in_its_own_directions():
    """The first step on a diagonal gradient: each entry becomes its sign."""
    g = np.diag([4.0, 0.01])
    w, _ = shampoo_step(np.zeros((2, 2)), g, None, lr=1.0, eps=1e-12)
    assert_allclose(w, -np.eye(2), rtol=1e-4)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned, _ = shampoo_step(np.zeros((2, 2)), turn @ g, None, lr=1.0, eps=1e-12)
    assert_allclose(turned, -turn, rtol=1e-4, atol=1e-6)


def test_shampoo_remembers_both_sides():
    rng = np.random.default_rng(0)
    first, second = rng.standard_normal((2, 3, 4))
    w, state = shampoo_step(np.zeros((3, 4)), first, None, lr=0.1, eps=0.0)
    _, (left, right) = shampoo_step(w, second, state, lr=0.1, eps=0.0)
    assert_allclose(left, first @ first.T + second @ second.T)
    assert_allclose(right, first.T @ first + second.T @ second)


@each_dtype
@pytest.mark.parametrize("step", [muon_step, shampoo_step])
@pytest.mark.parametrize("shape", [(4, 3), (5,)])
def test_steps_go_downhill_and_keep_shape_and_dtype(step, shape, dtype):
    rng = np.random.default_rng(0)
    w, dw = rng.standard_normal((2, *shape)).astype(dtype)
    w_next, _ = step(w, dw, None, lr=0.01)
    assert w_next.shape == shape
    assert w_next.dtype == dtype
    assert np.sum((w_next - w) * dw) < 0


@pytest.mark.parametrize("step", [muon_step, shampoo_step])
def test_images_are_no_matrices(step):
    with pytest.raises(ValueError, match=r"got an array of shape \(1, 1, 2, 2\)"):
        step(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), None, lr=0.1)
