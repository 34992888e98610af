from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from utils.data import Dataset, load_digits
from utils.many import new_layers, train_many
from utils.networks import MLP
from utils.optimizers import momentum_step, sgd_step
from utils.training import train

DIGITS = load_digits()
X, Y = DIGITS.x_train[:200], DIGITS.y_train[:200]
ROWS = np.arange(60)


def one_network(layers, k, *, lr, seed, reg=0.0, mu=0.0, activation="relu", epochs=3, rows=ROWS):
    """The same run with the library's loop: parameters by name."""
    sizes = [64, *(w.shape[2] for w, _ in layers)]
    net = MLP(sizes, activation=activation, rng=np.random.default_rng(0))
    net.params = {
        f"{letter}{n}": (w[k] if letter == "w" else b[k, 0]).astype(float)
        for n, (w, b) in enumerate(layers, 1)
        for letter in "wb"
    }
    data = Dataset(X[rows], Y[rows], X[:5], Y[:5], X[:5], Y[:5], DIGITS.names)
    return train(
        net,
        data,
        step=partial(momentum_step, mu=mu) if mu else sgd_step,
        lr=lr,
        epochs=epochs,
        batch_size=20,
        reg=reg,
        rng=np.random.default_rng(seed),
        abort_factor=None,
        progress=False,
    )


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("mu", [0.0, 0.9])
def test_every_run_is_the_one_that_the_training_loop_makes(activation, mu):
    layers = new_layers([64, 12, 8, 10], [3, 4], dtype=np.float64)
    lrs, regs, seeds = [0.05, 0.1], [0.0, 0.01], [7, 8]
    runs = train_many(
        X,
        Y,
        ROWS,
        layers,
        lr=lrs,
        reg=regs,
        mu=mu,
        seeds=seeds,
        epochs=3,
        batch_size=20,
        activation=activation,
    )
    for k in range(2):
        history = one_network(
            layers, k, lr=lrs[k], reg=regs[k], mu=mu, seed=seeds[k], activation=activation
        )
        for n, (w, b) in enumerate(runs.layers, 1):
            assert_allclose(w[k], history.model.params[f"w{n}"], rtol=1e-9, atol=1e-12)
            assert_allclose(b[k, 0], history.model.params[f"b{n}"], rtol=1e-9, atol=1e-12)
        predicted = history.model.scores(X).argmax(axis=1)
        assert_array_equal(runs.right[-1, k], predicted == Y)
        if not regs[k]:
            assert_allclose(runs.loss[k], np.reshape(history.loss, (3, 3)).mean(axis=1), rtol=1e-9)


def test_runs_may_have_rows_of_their_own():
    layers = new_layers([64, 10], [0, 0])
    own = np.array([np.arange(40), np.arange(100, 140)])
    both = train_many(X, Y, own, layers, lr=0.1, seeds=[1, 1], epochs=2)
    for k in range(2):
        alone = [(w[k : k + 1], b[k : k + 1]) for w, b in layers]
        one = train_many(X, Y, own[k], alone, lr=0.1, seeds=[1], epochs=2)
        assert_allclose(one.layers[0][0][0], both.layers[0][0][k], rtol=1e-4, atol=1e-6)


def test_training_goes_on_from_where_it_was():
    layers = new_layers([64, 8, 10], [0])
    once = train_many(X, Y, ROWS, layers, lr=0.1, seeds=[0], epochs=1, batch_size=60)
    twice = train_many(X, Y, ROWS, once.layers, lr=0.1, seeds=[0], epochs=1, batch_size=60)
    whole = train_many(X, Y, ROWS, layers, lr=0.1, seeds=[0], epochs=2, batch_size=60)
    assert_allclose(twice.layers[0][0], whole.layers[0][0], rtol=1e-4, atol=1e-6)


def test_stages_are_scored_as_they_pass():
    layers = new_layers([64, 8, 10], [0, 1])
    runs = train_many(X, Y, ROWS, layers, lr=0.1, seeds=[0, 1], epochs=4, stages=[1, 4])
    early = train_many(X, Y, ROWS, layers, lr=0.1, seeds=[0, 1], epochs=1)
    assert runs.right.shape == (2, 2, 200)
    assert_array_equal(runs.right[0], early.right[0])
    assert_allclose(runs.accuracy(ROWS, 0), early.accuracy(ROWS))
    assert_allclose(runs.accuracy(np.array([ROWS, ROWS])), runs.right[-1][:, ROWS].mean(axis=1))


def test_wrong_labels_are_trained_with_and_right_ones_scored():
    layers = new_layers([64, 32, 10], [0])
    wrong = (Y + 1) % 10
    rows = np.arange(200)
    runs = train_many(X, Y, rows, layers, lr=0.3, seeds=[0], epochs=60, labels=wrong)
    assert runs.accuracy(rows)[0] < 0.05
    assert runs.loss[0, -1] < 0.1


def test_an_explosion_stays_without_a_warning():
    layers = new_layers([64, 8, 10], [0, 1])
    runs = train_many(X, Y, ROWS, layers, lr=[1e30, 0.1], seeds=[0, 1], epochs=3)
    assert not np.isfinite(runs.loss[0, -1])
    assert np.isfinite(runs.loss[1]).all()


def test_the_gain_scales_the_weights():
    one, two = new_layers([5, 3], [0, 0], gain=[1.0, 3.0])[0][0]
    assert_allclose(two, 3 * one)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"seeds": [0]}, "seeds has 1"),
        ({"lr": [0.1, 0.2, 0.3]}, "lr has 3"),
        ({"activation": "elu"}, "activation is 'elu'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"stages": [3]}, "stages are"),
        ({"rows": np.array([500])}, "rows holds"),
        ({"labels": np.full(200, 10)}, "labels holds"),
        ({"layers": []}, "layers is empty"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    given = {"rows": ROWS, "layers": new_layers([64, 10], [0, 1]), "lr": 0.1, "seeds": [0, 1]}
    given |= {"epochs": 2} | change
    with pytest.raises(ValueError, match=words):
        train_many(X, Y, **given)
