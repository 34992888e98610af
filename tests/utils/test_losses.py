import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.golden import both
from utils import losses
from utils.gradients import numerical_gradient, relative_error

FLOATS = [np.float32, np.float64]
CLASSES = {
    "softmax": losses.softmax_loss,
    "hinge": losses.hinge_loss,
    "smooth": lambda scores, y: losses.label_smoothing_loss(scores, y, eps=0.3),
}
PENALTIES = {
    "l2": lambda w: losses.l2_penalty(w, reg=0.7),
    "l1": lambda w: losses.l1_penalty(w, reg=0.7),
    "elastic": lambda w: losses.elastic_net_penalty(w, l1=0.7, l2=0.2),
}
seeds = st.integers(0, 2**32 - 1)


def slope(f, x):
    return numerical_gradient(lambda x: f(x)[0], x)


# Agreement with PyTorch


@pytest.mark.parametrize("golden", both("losses"))
@pytest.mark.parametrize("name", CLASSES)
def test_losses_of_classes_agree_with_pytorch(name, golden):
    want = golden()
    loss, dscores = CLASSES[name](want["scores"], want["y"])
    assert_allclose(loss, want[f"{name}_loss"], rtol=1e-12)
    assert_allclose(dscores, want[f"{name}_d"], rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("golden", both("losses"))
def test_hinge_with_a_wide_margin_agrees_with_pytorch(golden):
    want = golden()
    loss, dscores = losses.hinge_loss(want["scores"], want["y"], margin=3.0)
    assert_allclose(loss, want["hinge_wide_loss"], rtol=1e-12)
    assert_allclose(dscores, want["hinge_wide_d"], rtol=1e-9)


@pytest.mark.parametrize("golden", both("losses"))
def test_logistic_and_squared_error_agree_with_pytorch(golden):
    want = golden()
    loss, dscores = losses.logistic_loss(want["scores"][:, 0], want["binary"])
    assert_allclose(loss, want["logistic_loss"], rtol=1e-12)
    assert_allclose(dscores, want["logistic_d"], rtol=1e-9, atol=1e-15)
    loss, dscores = losses.squared_error_loss(want["scores"], want["targets"])
    assert_allclose(loss, want["squared_loss"], rtol=1e-12)
    assert_allclose(dscores, want["squared_d"], rtol=1e-12)


@pytest.mark.parametrize("golden", both("losses"))
def test_softmax_agrees_with_pytorch(golden):
    want = golden()
    assert_allclose(losses.log_softmax(want["scores"]), want["log_softmax"], rtol=1e-10, atol=1e-14)
    assert_allclose(losses.softmax(want["scores"]), want["softmax"], rtol=1e-10)


@pytest.mark.parametrize("golden", both("losses"))
@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_agree_with_pytorch(name, golden):
    want = golden()
    value, dw = PENALTIES[name](want["w"])
    assert_allclose(value, want[f"{name}_loss"], rtol=1e-12)
    assert_allclose(dw, want[f"{name}_d"], rtol=1e-12)


# Agreement with finite differences, on drawn shapes


@pytest.mark.parametrize("name", CLASSES)
@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 5), k=st.integers(1, 5), seed=seeds)
def test_gradient_is_the_slope_of_the_loss(name, n, k, seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(k, size=n)
    # A grid off the corners of the hinge loss: scores differ by no integer.
    scores = rng.integers(-9, 9, size=(n, k)) * 0.37
    _, dscores = CLASSES[name](scores, y)
    assert relative_error(dscores, slope(lambda s: CLASSES[name](s, y), scores)) < 1e-5


@pytest.mark.parametrize("node", ["p", "total", "e", "shifted", "top", "scores"])
def test_gradients_of_the_softmax_graph_are_slopes_at_every_node(node):
    """From each node on the forward pass is a function of its own: its slope is the gradient."""
    rng = np.random.default_rng(0)
    scores, y = rng.standard_normal((4, 3)), np.array([2, 0, 1, 1])
    top = scores.max(axis=1, keepdims=True)
    e = np.exp(scores - top)
    total = e.sum(axis=1, keepdims=True)

    def of_p(p):
        return -np.log(p[np.arange(4), y]).mean()

    def of_e(e):
        return of_p(e / e.sum(axis=1, keepdims=True))

    functions = {
        "p": (of_p, e / total),
        "total": (lambda total: of_p(e / total), total),
        "e": (of_e, e),
        "shifted": (lambda shifted: of_e(np.exp(shifted)), scores - top),
        "top": (lambda top: of_e(np.exp(scores - top)), top),
        "scores": (lambda scores: of_e(np.exp(scores - scores.max(axis=1, keepdims=True))), scores),
    }
    got = losses.softmax_nodes_backward(scores, y)[node]
    f, at = functions[node]
    assert got.shape == at.shape
    assert_allclose(got, numerical_gradient(f, at), rtol=1e-7, atol=1e-9)


def test_the_softmax_graph_ends_in_the_gradient_of_the_softmax_loss():
    scores, y = np.random.default_rng(1).standard_normal((5, 4)), np.array([0, 1, 2, 3, 3])
    grads = losses.softmax_nodes_backward(scores, y)
    assert list(grads) == ["p", "total", "e", "shifted", "top", "scores"]
    assert_allclose(grads["scores"], losses.softmax_loss(scores, y)[1], atol=1e-16)
    assert_allclose(grads["top"], 0, atol=1e-16)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), seeds)
def test_gradients_of_one_score_are_slopes(n, seed):
    rng = np.random.default_rng(seed)
    scores, y = rng.standard_normal(n), rng.integers(2, size=n)
    _, dscores = losses.logistic_loss(scores, y)
    assert relative_error(dscores, slope(lambda s: losses.logistic_loss(s, y), scores)) < 1e-6
    values = rng.standard_normal(n)
    _, dscores = losses.squared_error_loss(scores, values)
    want = slope(lambda s: losses.squared_error_loss(s, values), scores)
    assert relative_error(dscores, want) < 1e-6


@pytest.mark.parametrize("name", PENALTIES)
def test_gradient_is_the_slope_of_the_penalty(name):
    w = np.random.default_rng(0).standard_normal((3, 2, 4))
    assert relative_error(PENALTIES[name](w)[1], slope(PENALTIES[name], w)) < 1e-6


# Closed forms and numbers of the lectures


@pytest.mark.parametrize("k", [2, 10, 100, 1000])
def test_a_network_that_knows_nothing_pays_log_k(k):
    scores, y = np.zeros((4, k)), np.arange(4) % k
    assert_allclose(losses.softmax_loss(scores, y)[0], np.log(k))
    assert_allclose(losses.label_smoothing_loss(scores, y)[0], np.log(k))
    assert_allclose(losses.hinge_loss(scores, y)[0], k - 1)


def test_smooth_labels_are_probabilities():
    targets = losses.smooth_labels(np.array([2, 0]), 4, eps=0.2)
    assert_allclose(targets, [[0.05, 0.05, 0.85, 0.05], [0.85, 0.05, 0.05, 0.05]])
    assert_array_equal(losses.smooth_labels(np.array([1]), 3, eps=0), [[0, 1, 0]])
    assert_allclose(losses.smooth_labels(np.array([1]), 4, eps=1), [[0.25] * 4])


def test_the_smoothed_loss_is_smallest_at_the_entropy_of_its_target():
    y = np.array([3])
    scores = np.log(losses.smooth_labels(y, 10))
    loss, dscores = losses.label_smoothing_loss(scores, y)
    assert_allclose(loss, 0.5003, atol=5e-5)
    assert_allclose(dscores, 0, atol=1e-15)


@pytest.mark.parametrize("k, eps", [(2, 0.3), (10, 0.1), (7, 1.0)])
def test_the_best_gap_is_where_the_smoothed_loss_is_flat(k, eps):
    scores = np.zeros((1, k))
    scores[0, 0] = losses.best_score_gap(k, eps)
    _, dscores = losses.label_smoothing_loss(scores, np.array([0]), eps=eps)
    assert_allclose(dscores, 0, atol=1e-15)


@pytest.mark.parametrize("k, eps", [(1, 0.1), (10, 0.0), (10, 1.5)])
def test_a_gap_that_does_not_exist_is_refused(k, eps):
    with pytest.raises(ValueError, match="n_classes of 2 or more and eps above 0"):
        losses.best_score_gap(k, eps)


def test_without_smoothing_it_is_the_softmax_loss():
    scores, y = np.random.default_rng(1).standard_normal((5, 4)), np.array([0, 3, 1, 1, 2])
    smooth, plain = losses.label_smoothing_loss(scores, y, eps=0), losses.softmax_loss(scores, y)
    assert_allclose(smooth[0], plain[0])
    assert_allclose(smooth[1], plain[1])


def test_the_hinge_loss_of_a_case_worked_by_hand():
    scores, y = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0]]), np.array([0, 1])
    loss, dscores = losses.hinge_loss(scores, y)
    assert_allclose(loss, (2.9 + 0) / 2)  # 5.1 - 3.2 + 1; all others have their margin
    assert_allclose(dscores, [[-0.5, 0.5, 0], [0, 0, 0]])


def test_at_its_corner_the_hinge_loss_is_flat():
    _, dscores = losses.hinge_loss(np.array([[1.0, 0.0]]), np.array([0]))
    assert_array_equal(dscores, 0)


def test_the_l1_penalty_is_flat_at_0():
    assert_array_equal(losses.l1_penalty(np.array([-2.0, 0.0, 3.0]), reg=2)[1], [-2, 0, 2])


def test_the_penalty_that_the_lecture_printed():
    # 0.5 * 1000 * 154100 weights of variance 1e-8; the slide says 3.0686, the start is log 10.
    w = 1e-4 * np.random.default_rng(0).standard_normal(154_100)
    assert_allclose(np.log(10) + losses.l2_penalty(w, reg=1e3)[0], 3.0728, atol=0.008)


# Extreme values


@pytest.mark.parametrize("dtype, huge", [(np.float32, 1e38), (np.float64, 1e300)])
def test_huge_scores_give_the_right_loss(dtype, huge):
    scores = np.array([[huge, -huge, 0], [0, 0, huge]], dtype)
    loss, dscores = losses.softmax_loss(scores, np.array([0, 2]))
    assert loss == 0
    assert_array_equal(dscores, 0)
    loss, dscores = losses.softmax_loss(scores[:1], np.array([2]))
    assert_allclose(loss, huge, rtol=1e-6)
    assert_array_equal(dscores, [[1, 0, -1]])
    assert_allclose(losses.hinge_loss(scores[:1], np.array([2]))[0], huge, rtol=1e-6)
    loss, _ = losses.label_smoothing_loss(scores[1:], np.array([2]), eps=0.3)
    assert_allclose(loss, 0.2 * huge, rtol=1e-5)


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_largest_numbers_there_are_give_a_loss_of_inf(dtype):
    largest = np.finfo(dtype).max
    loss, dscores = losses.softmax_loss(np.array([[largest, -largest]]), np.array([1]))
    assert loss == np.inf
    assert_array_equal(dscores, [[1, -1]])


@pytest.mark.parametrize("dtype, huge", [(np.float32, 1e38), (np.float64, 1e300)])
def test_one_huge_score_gives_the_right_loss(dtype, huge):
    scores = np.array([huge, -huge], dtype)
    loss, dscores = losses.logistic_loss(scores, np.array([1, 0]))
    assert loss == 0
    assert_array_equal(dscores, 0)
    loss, dscores = losses.logistic_loss(scores, np.array([0, 1]))
    assert_allclose(loss, huge, rtol=1e-6)
    assert_array_equal(dscores, [0.5, -0.5])


@pytest.mark.parametrize("dtype, huge", [(np.float32, 1e30), (np.float64, 1e200)])
def test_a_square_too_large_for_a_float_is_inf(dtype, huge):
    w = np.array([huge], dtype)
    assert losses.l2_penalty(w, reg=1)[0] == np.inf
    assert losses.squared_error_loss(w, np.zeros(1, dtype))[0] == np.inf


def test_small_losses_keep_their_digits():
    scores = np.array([[40.0, 0.0]])
    assert_allclose(losses.softmax_loss(scores - 20, np.array([1]))[0], 40, rtol=1e-12)
    assert_allclose(losses.logistic_loss(np.array([-40.0]), np.array([0]))[0], np.exp(-40))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_no_numbers_spoil_the_loss_and_nothing_else(bad):
    scores = np.array([[0.0, bad, 1.0], [0.0, 1.0, 2.0]])
    loss, dscores = losses.softmax_loss(scores, np.array([1, 1]))
    assert not np.isfinite(loss)
    assert np.isfinite(dscores[1]).all()


# What every loss promises


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", CLASSES)
def test_losses_keep_the_dtype_and_the_arguments(name, dtype):
    scores = np.random.default_rng(2).standard_normal((3, 4)).astype(dtype)
    y, before = np.array([1, 0, 3]), scores.copy()
    loss, dscores = CLASSES[name](scores, y)
    assert type(loss) is float
    assert dscores.dtype == dtype
    assert_array_equal(scores, before)
    assert_array_equal(y, [1, 0, 3])


@pytest.mark.parametrize("dtype", FLOATS)
def test_losses_of_one_score_keep_the_dtype(dtype):
    scores = np.array([0.5, -1.0], dtype)
    assert losses.logistic_loss(scores, np.array([1, 0]))[1].dtype == dtype
    assert losses.squared_error_loss(scores, scores + 1)[1].dtype == dtype
    for penalty in PENALTIES.values():
        value, dw = penalty(scores)
        assert type(value) is float
        assert dw.dtype == dtype


@pytest.mark.parametrize("name", CLASSES)
def test_losses_take_arrays_that_are_not_contiguous(name):
    scores, y = np.random.default_rng(3).standard_normal((6, 8)), np.array([1, 0, 3])
    loss, dscores = CLASSES[name](scores[::2, ::2], y)
    want_loss, want_dscores = CLASSES[name](scores[::2, ::2].copy(), y)
    assert loss == want_loss
    assert_array_equal(dscores, want_dscores)


@pytest.mark.parametrize("name", ["softmax", "hinge"])
def test_rows_of_the_gradient_sum_to_0(name):
    rng = np.random.default_rng(4)
    _, dscores = CLASSES[name](rng.standard_normal((5, 6)), rng.integers(6, size=5))
    assert_allclose(dscores.sum(axis=1), 0, atol=1e-15)


# Bad input


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("label", [-1, 3])
def test_losses_of_classes_rejects_labels_that_are_no_class(name, label):
    with pytest.raises(ValueError, match=r"classes from 0 to 2, got \["):
        CLASSES[name](np.zeros((2, 3)), np.array([0, label]))


@pytest.mark.parametrize("name", CLASSES)
def test_losses_of_classes_rejects_too_few_labels(name):
    with pytest.raises(ValueError, match=r"y has shape \(1,\), expected shape \(n,\) with n = 2"):
        CLASSES[name](np.zeros((2, 3)), np.array([0]))


@pytest.mark.parametrize("y", [[0, 2], [0, -1]])
def test_logistic_loss_rejects_labels_other_than_0_and_1(y):
    with pytest.raises(ValueError, match="2 labels that are 0 or 1"):
        losses.logistic_loss(np.zeros(2), np.array(y))


def test_squared_error_rejects_shapes_that_differ():
    with pytest.raises(
        ValueError, match=r"y has shape \(2,\), expected shape \(2, 1\) as in scores"
    ):
        losses.squared_error_loss(np.zeros((2, 1)), np.zeros(2))


@pytest.mark.parametrize("eps", [-0.1, 1.1])
def test_smooth_labels_rejects_a_share_outside_0_to_1(eps):
    with pytest.raises(ValueError, match="eps must be between 0 and 1"):
        losses.smooth_labels(np.array([0]), 3, eps=eps)


# At infinity, and without an example


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", CLASSES)
def test_losses_are_silent_about_scores_that_are_no_numbers(name, bad):
    scores = np.array([[0.0, bad, 1.0]])
    assert isinstance(CLASSES[name](scores, np.array([1]))[0], float)
    assert isinstance(losses.logistic_loss(scores[0], np.array([1, 1, 0]))[0], float)
    assert isinstance(losses.squared_error_loss(scores, scores)[0], float)


def test_a_class_without_weight_costs_nothing_even_if_it_is_impossible():
    scores, y = np.array([[1.0, -np.inf, 0.0]]), np.array([0])
    want, dwant = losses.softmax_loss(scores, y)
    loss, dscores = losses.label_smoothing_loss(scores, y, eps=0)
    assert_allclose(loss, want, rtol=1e-15)
    assert_allclose(dscores, dwant, atol=1e-16)
    assert losses.label_smoothing_loss(scores, y, eps=0.1)[0] == np.inf


def test_scores_of_a_network_with_one_output_are_a_column():
    rng = np.random.default_rng(0)
    scores, y = rng.standard_normal(5), rng.integers(2, size=5)
    loss, dscores = losses.logistic_loss(scores, y)
    loss_of_column, dcolumn = losses.logistic_loss(scores[:, None], y)
    assert loss_of_column == loss
    assert_array_equal(dcolumn, dscores[:, None])


@pytest.mark.parametrize("shape", [(5, 2), (1, 5), (5, 1, 1)])
def test_logistic_loss_rejects_more_than_one_score_for_each_example(shape):
    with pytest.raises(ValueError, match="scores|y"):
        losses.logistic_loss(np.zeros(shape), np.zeros(5, int))
