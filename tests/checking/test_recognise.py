"""A name is given for what was seen: one phase, one output, two mistakes, and never more."""

import numpy as np
import pytest

from grader.checking.definitions import find
from grader.checking.notebook import check_function
from utils.normalization import batchnorm_backward, batchnorm_forward

FORWARD = find("normalization.batchnorm_forward")
BACKWARD = find("normalization.batchnorm_backward")


def wrong(exercise, name):
    return next(m.function for m in exercise.misconceptions if m.name == name)


def diagnosed(exercise, function):
    report = check_function(exercise, function)
    assert not report.right
    return report.diagnosis


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("name", ["divided by the variance", "no scale and shift"])
def test_a_mistake_in_one_phase_is_named_and_said_to_be_in_one(name, train):
    def one_phase(*arguments, **options):
        slips = options.get("train", True) == train
        return (wrong(FORWARD, name) if slips else batchnorm_forward)(*arguments, **options)

    found = diagnosed(FORWARD, one_phase)
    assert found.name == name
    assert found.message.startswith("It is right in ")
    assert not diagnosed(FORWARD, wrong(FORWARD, name)).message.startswith("It is right in ")


def test_an_output_that_is_right_is_said_to_be_right():
    def one_output(dout, cache):
        dx, dgamma, _ = batchnorm_backward(dout, cache)
        return dx, dgamma, wrong(BACKWARD, "means for dgamma and dbeta")(dout, cache)[2]

    found = diagnosed(BACKWARD, one_output)
    assert found.name == "means for dgamma and dbeta"
    assert found.message.startswith("`dgamma` is right. What is wrong:\n")


def test_two_mistakes_at_once_are_both_named():
    def both(dout, cache):
        dx = wrong(BACKWARD, "mean and variance taken for constants")(dout, cache)[0]
        return dx, *wrong(BACKWARD, "means for dgamma and dbeta")(dout, cache)[1:]

    found = diagnosed(BACKWARD, both)
    assert found.name == "mean and variance taken for constants and means for dgamma and dbeta"
    assert found.message.splitlines() == [
        "Two things at once.",
        "`dx`: mean and variance taken for constants. Along which edges does an x reach the "
        "outputs of the *other* examples?",
        "`dgamma` and `dbeta`: means for dgamma and dbeta. What does the chain rule do with the "
        "gradients of several uses of one number?",
    ]


def test_what_is_said_of_an_output_that_is_right_is_left_out():
    def one_output(dout, cache):
        dx, dgamma, _ = batchnorm_backward(dout, cache)
        return dx, dgamma, wrong(BACKWARD, "gamma counted in dgamma and dbeta")(dout, cache)[2]

    found = diagnosed(BACKWARD, one_output)
    assert found.name == "gamma counted in dgamma and dbeta"
    assert found.message.startswith("`dgamma` is right. What is wrong:\ndx is right. At which of")


def test_nothing_is_called_right_where_more_is_wrong():
    """Right on ordinary inputs, said of float64; but large inputs are not right."""
    sigmoid = find("activations.sigmoid_forward")

    def overflows(x):
        out = 1 / (1 + np.exp(-x))
        return out, out

    def single(x):
        out = 1 / (1 + np.exp(-x.astype(np.float64)))
        return out, out

    alone = diagnosed(sigmoid, overflows)
    both = diagnosed(sigmoid, single)
    assert alone.name == both.name == "exponential of a large positive number"
    assert "you are right" in alone.message
    assert "right" not in both.message


def test_a_cache_that_is_laid_out_otherwise_is_told_what_it_should_hold():
    def without_std(*arguments, **options):
        out, cache, running = batchnorm_forward(*arguments, **options)
        return out, cache[:2], running

    said = check_function(FORWARD, without_std).summary
    assert "`cache` holds 2 values (an array of shape (4, 4), an array of shape (4,))" in said
    assert "expected 4 values (an array of shape (4, 4), an array of shape (4,), " in said
    assert said.endswith("True or False).")


def test_a_mistake_that_explains_most_of_what_is_wrong_is_named_and_no_more_is_said():
    """Divided by N - 1, and a constant column left as it comes out."""
    scaler = find("preprocessing.fit_scaler")

    def one_less(x):
        std = x.std(axis=0, ddof=1)
        return x.mean(axis=0), np.where(std == 0, 1, std)

    found = diagnosed(scaler, one_less)
    assert found.name == "divided by N - 1"
    first, asked = found.message.splitlines()
    assert first.startswith("So it is in “eight examples, three features”")
    assert first.endswith("Elsewhere this alone does not explain your numbers.")
    assert asked.endswith("?") and asked.count(".") == 0


def test_a_promised_error_that_is_not_raised_does_not_hide_another_mistake():
    softmax_loss = find("losses.softmax_loss")

    def unchecked(scores, y):
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        onehot = np.eye(p.shape[1])[y % p.shape[1]]
        return float(-np.log((p * onehot).sum(axis=1)).mean()), p - onehot

    assert diagnosed(softmax_loss, unchecked).name == "the mean in the loss, not in the gradient"


def test_a_function_that_resembles_no_misconception_gets_no_name():
    def unrelated(dout, cache):
        dx, dgamma, dbeta = batchnorm_backward(dout, cache)
        return dx + 0.37 * dout, dgamma, dbeta

    assert diagnosed(BACKWARD, unrelated) is None


def test_random_answers_of_a_wrong_form_get_the_name_of_one_that_is_built_alike():
    batches = find("training.iterate_minibatches")

    def first_batch(x, y, batch_size, *, rng):
        if len(x) != len(y) or batch_size < 1:
            raise ValueError("lengths")
        chosen = rng.permutation(len(x))[:batch_size]
        return x[chosen], y[chosen]

    def features_only(x, y, batch_size, *, rng):
        if len(x) != len(y) or batch_size < 1:
            raise ValueError("lengths")
        for i in range(0, len(x), batch_size):
            yield x[rng.permutation(len(x))[i : i + batch_size]]

    assert diagnosed(batches, first_batch).name == "one batch in place of all"
    assert diagnosed(batches, features_only) is None


def test_a_cache_in_another_layout_does_not_hide_the_mistake():
    def absolute(x):
        return np.abs(x), (x, x > 0)

    assert diagnosed(find("activations.relu_forward"), absolute).name == "absolute value"


def test_gradients_of_one_example_that_cancel_may_round():
    """The paper's staged form leaves rounding errors where the true gradient is 0."""

    def staged(dout, cache):
        x_hat, gamma, std, train = cache
        dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
        if not train:
            return gamma / std * dout, dgamma, dbeta
        n, inv, dx_hat = len(dout), 1 / std, dout * gamma
        dvar = (dx_hat * x_hat).sum(axis=0) * -0.5 * inv**2
        dmean = -(dx_hat / std).sum(axis=0)
        return dx_hat * inv + dvar * 2 * (x_hat * std) / n + dmean / n, dgamma, dbeta

    for seed in range(30):
        assert check_function(BACKWARD, staged, seed=seed).right


def test_another_convention_earns_the_share_that_the_course_gives():
    name = "momentum the other way round"
    report = check_function(FORWARD, wrong(FORWARD, name))
    assert (report.verdict, report.score) == ("other convention", report.points / 2)
    assert "half the points" in report.note


def test_a_failing_parent_is_mentioned_only_where_it_is_called():
    def calls_it(dout, cache):
        batchnorm_forward  # noqa: B018
        return dout, dout[0], dout[0]

    def does_not(dout, cache):
        return dout, dout[0], dout[0]

    parents = ["normalization.batchnorm_forward"]
    assert "mend `batchnorm_forward` first" in check_function(BACKWARD, calls_it, parents).note
    assert check_function(BACKWARD, does_not, parents).note == ""
    right = check_function(BACKWARD, batchnorm_backward, parents)
    assert right.right and right.note == ""
