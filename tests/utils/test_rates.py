import numpy as np
import pytest

from utils.rates import largest_batch, suggest_rate


def test_the_suggestion_is_a_share_of_the_rate_with_the_lowest_average():
    lrs = np.array([0.01, 0.1, 1.0, 10.0])
    losses = np.array([3.0, 1.0, 2.0, 5.0])
    assert suggest_rate(lrs, losses, beta=0.0, divide=1.0) == 0.1
    # Averages with beta = 0.5: 3, (0.5 * 3 + 1) / 1.5, (0.25 * 3 + 0.5 * 1 + 2) / 1.75, ...
    assert suggest_rate(lrs, losses, beta=0.5, divide=4.0) == pytest.approx(0.025)


def test_one_easy_batch_does_not_decide():
    lrs = np.geomspace(1e-3, 10, 60)
    losses = np.interp(np.arange(60), [0, 40, 59], [2.3, 0.8, 6.0])
    losses[10] = 0.1
    assert suggest_rate(lrs, losses, divide=1.0) > lrs[35]
    assert suggest_rate(lrs, losses, beta=0.0, divide=1.0) == lrs[10]


def test_of_two_equal_averages_the_first_counts():
    assert suggest_rate(np.array([1.0, 2.0]), np.array([1.0, 1.0]), beta=0.0, divide=1.0) == 1.0


def test_the_scaled_rate_of_the_largest_batch_is_the_stability_limit():
    lr, batch, lam = 0.05, 16, 4.0
    size = largest_batch(lr, batch, lam)
    assert lr * size / batch == pytest.approx(2 / lam)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: suggest_rate(np.array([-1.0]), np.array([1.0])), "lrs above 0"),
        (lambda: suggest_rate(np.array([1.0]), np.array([1.0]), beta=1.0), r"beta in \[0, 1\)"),
        (lambda: suggest_rate(np.array([1.0]), np.array([np.inf])), "losses"),
        (lambda: largest_batch(0.1, 16, 0.0), "sharpness above 0"),
    ],
)
def test_rejects_what_makes_no_sense(call, message):
    with pytest.raises(ValueError, match=message):
        call()
