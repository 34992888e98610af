import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from utils.parameters import flatten_params, unflatten_params

shapes = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=3), min_size=1, max_size=4)


@given(shapes, st.sampled_from([np.float32, np.float64]))
def test_there_and_back(shapes, dtype):
    rng = np.random.default_rng(0)
    params = {f"a{i}": rng.standard_normal(s).astype(dtype) for i, s in enumerate(shapes)}
    w = flatten_params(params)
    assert w.shape == (sum(p.size for p in params.values()),)
    back = unflatten_params(w, params)
    assert list(back) == list(params)
    for name, value in params.items():
        assert back[name].dtype == dtype
        assert_array_equal(back[name], value)
        assert not np.shares_memory(back[name], w)


def test_the_order_is_that_of_the_dict():
    params = {"w": np.array([[1.0, 2.0], [3.0, 4.0]]), "b": np.array([5.0])}
    assert_array_equal(flatten_params(params), [1, 2, 3, 4, 5])


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(ValueError, match="w has 3 entries, expected 5"):
        unflatten_params(np.ones(3), {"w": np.zeros((2, 2)), "b": np.zeros(1)})
