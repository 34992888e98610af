import numpy as np
import pytest
from numpy.testing import assert_array_equal

from utils.calls import BANDS, CALLS, FRAMES, PULSES, draw_calls, make_calls


@pytest.fixture(scope="module")
def wood():
    return make_calls()


def test_the_same_campaign_comes_every_time(wood):
    again = make_calls()
    for part in ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"):
        assert_array_equal(getattr(again, part), getattr(wood, part))
    other = make_calls(rng=np.random.default_rng(1))
    assert not np.array_equal(other.x_train, wood.x_train)


def test_recordings_are_spectrograms_that_are_not_negative(wood):
    assert wood.x_train.shape == (1500, BANDS, FRAMES)
    assert wood.x_train.min() >= 0
    assert wood.names == CALLS


def test_a_ridge_follows_the_pitch():
    rng = np.random.default_rng(0)
    n = 400
    for call, rises in ((0, 1), (1, -1)):
        x = draw_calls(np.full(n, call), noise=0.05, click=0.0, rng=rng)
        highest = x.argmax(axis=1)
        sounds = x.max(axis=1) > 0.4
        slopes = [
            np.polyfit(np.flatnonzero(s), h[s], 1)[0]
            for h, s in zip(highest, sounds, strict=True)
            if s.sum() > 4
        ]
        assert np.mean(np.sign(slopes) == rises) > 0.98


def test_the_faults_are_there(wood):
    rows, rows_val = wood.x_train.reshape(1500, -1), wood.x_val.reshape(400, -1)
    assert (rows[:, :FRAMES] == 0).all()
    assert (rows[:, FRAMES:] != 0).any(axis=0).all()
    norms = np.linalg.norm(rows, axis=1)
    assert 5 <= (norms == 0).sum() <= 30
    norms = np.sort(norms[norms > 0])
    ratios = norms[1:] / norms[:-1]
    assert ratios.max() > 3 > 2 * np.sort(ratios)[-2]
    assert 0.11 < 1 - (ratios.argmax() + 1) / len(norms) < 0.19
    known = {row.tobytes(): y for row, y in zip(rows, wood.y_train, strict=True) if row.any()}
    copied = [i for i, row in enumerate(rows_val) if row.tobytes() in known]
    assert len(copied) == 60
    assert all(known[rows_val[i].tobytes()] == wood.y_val[i] for i in copied)
    counts = np.bincount(wood.y_train, minlength=8)
    assert counts[PULSES] < 0.5 * np.delete(counts, PULSES).min()


def test_one_training_label_in_twenty_is_wrong_and_no_label_for_testing():
    clean = np.random.default_rng(15)
    calls = clean.choice(8, 1500, p=np.array([1, 1, 1, 1, 1, 1, 0.35, 1]) / 7.35)
    assert (calls != make_calls().y_train).sum() == 75


def test_elsewhere_only_labels_and_directions_change():
    woods = [
        make_calls(200, 20, 50, rng=np.random.default_rng(s), elsewhere=True) for s in range(8)
    ]
    dead = {tuple(np.flatnonzero((w.x_train == 0).all(axis=(0, 2)))) for w in woods}
    assert dead == {(0,), (BANDS - 1,)}
    rare = {int(np.bincount(w.y_train, minlength=8).argmin()) for w in woods}
    assert len(rare) > 2
    assert "bird 0" in woods[0].names


@pytest.mark.parametrize("call", [lambda: make_calls(19), lambda: make_calls(n_val=3)])
def test_too_few_recordings_are_refused(call):
    with pytest.raises(ValueError, match="20 at least"):
        call()


def test_an_unknown_call_is_refused():
    with pytest.raises(ValueError, match="expected classes from 0 to 7"):
        draw_calls(np.array([8]), rng=np.random.default_rng(0))
