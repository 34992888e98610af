import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from utils.clipping import clip_by_norm


def length(grads):
    return np.sqrt(sum(np.sum(g.astype(np.float64) ** 2) for g in grads.values()))


@given(st.floats(0.01, 100), st.integers(0, 99))
def test_a_long_vector_gets_the_largest_length_and_keeps_its_direction(max_norm, seed):
    rng = np.random.default_rng(seed)
    grads = {"w": rng.standard_normal((3, 2)), "b": 5 * rng.standard_normal(2)}
    before = copy.deepcopy(grads)
    clipped, norm = clip_by_norm(grads, max_norm)
    assert norm == pytest.approx(length(grads))
    assert length(clipped) == pytest.approx(min(norm, max_norm))
    for name, g in grads.items():
        assert_allclose(clipped[name] * norm, g * min(norm, max_norm))
        assert_array_equal(g, before[name])


def test_a_short_vector_is_as_it_was_in_new_arrays():
    grads = {"w": np.array([3.0, 0.0]), "b": np.array([4.0])}
    for max_norm in (5.0, 7.0):
        clipped, norm = clip_by_norm(grads, max_norm)
        assert norm == 5.0
        for name, g in grads.items():
            assert_array_equal(clipped[name], g)
            assert not np.shares_memory(clipped[name], g)


def test_a_gradient_of_zero_stays_zero_and_warns_of_nothing():
    clipped, norm = clip_by_norm({"w": np.zeros(2, np.float32)}, 1.0)
    assert norm == 0
    assert_array_equal(clipped["w"], 0)
    assert clipped["w"].dtype == np.float32
