"""The augmentation lecture's claims on other draws than those in the notebook, tuned over rates."""

from typing import Any

import numpy as np
import pytest

from tests.lectures.claims import prose
from utils.augmentation import affine, affine_matrix, random_crop, random_hflip, shift_images
from utils.augmented import augmented_split, draw_sets, predict_views
from utils.convnet import ConvNet
from utils.data import load_digits, make_shapes
from utils.many_networks import column, train_sets
from utils.mixing import cutout, mixup
from utils.stacked_layers import accuracy_of, hidden_layers, scores_of

LECTURE = "11_augmentation"
RATES = (0.05, 0.15, 0.4)
SEEDS = range(10, 15)  # none of those in the notebook


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def new(digits):
    x = np.concatenate([digits.x_val, digits.x_test])
    return x, np.concatenate([digits.y_val, digits.y_test])


def trained(digits, seed, *, pool, lr=0.3, shifts=False, updates=200):
    """A network as in section 7."""
    rng = np.random.default_rng(seed)
    few = rng.permutation(len(digits.x_train))[:600]
    x, y = framed(digits.x_train[few]), digits.y_train[few]
    if shifts:
        steps = range(-2, 3)
        x = np.concatenate([shift_images(x, dx, dy) for dx in steps for dy in steps])
        y = np.tile(y, 25)
    net = ConvNet((1, 12, 12), 10, pool=pool, rng=rng)
    return net.fit(x, y, lr=lr, updates=updates, rng=rng)


def framed(x):
    return np.pad(x.reshape(-1, 1, 8, 8), ((0, 0), (0, 0), (2, 2), (2, 2))).astype(np.float32)


def moved_accuracy(net, new):
    x, y = framed(new[0]), new[1]
    return [np.mean(net.scores(shift_images(x, dx)).argmax(axis=1) == y) for dx in (0, 1, 2)]


def at_random_places(x, seed):
    framed = np.pad(x.reshape(-1, 1, 8, 8), ((0, 0), (0, 0), (3, 3), (3, 3)))
    return random_crop(framed, 14, pad=2, rng=np.random.default_rng(seed)).reshape(len(x), -1)


def shifted(x, targets, rng):
    moved = random_crop(x.reshape(-1, 1, 14, 14), 14, pad=2, rng=rng)
    return moved.reshape(len(x), -1), targets


@pytest.mark.slow
def test_shifts_over_rates_and_other_draws(digits, new):
    x, x_new = at_random_places(digits.x_train.astype(np.float32), 5), at_random_places(new[0], 6)
    found = {}
    for n, how in ((100, None), (600, None), (1000, None), (100, shifted)):
        xs, ys = draw_sets(x, digits.y_train, n, SEEDS)
        nets = train_sets(
            xs,
            np.eye(10)[ys],
            [xs.shape[2], 60, 10],
            lr=column(RATES[1:]),
            updates=1200,
            change=how,
        )
        found[n, how] = accuracy_of(nets, x_new, new[1]).mean(axis=1)
    assert (found[100, None] < 0.36).all()
    assert (found[600, None] - 0.02 < found[100, shifted]).all()
    assert (found[100, shifted] < found[1000, None]).all()


@pytest.mark.slow
def test_mirrors_and_half_turns_on_other_draws(digits, new):
    """Three to six points, and the 5 pays most; upside down it is the 9."""
    xs, ys = draw_sets(digits.x_train.astype(np.float32), digits.y_train, 300, SEEDS)

    def accuracies(step):
        def change(x, targets, rng):
            return step(x.reshape(-1, 1, 8, 8), rng).reshape(len(x), -1), targets

        nets = train_sets(
            xs,
            np.eye(10)[ys],
            [xs.shape[2], 60, 10],
            lr=column(RATES),
            updates=500,
            change=change,
            seed=3,
        )
        right = scores_of(nets, new[0]).argmax(axis=-1) == new[1]
        each = [right[..., new[1] == k].mean(axis=(1, 2)) for k in range(10)]
        return right.mean(axis=(1, 2)), np.array(each)

    def turned(x, rng):
        return np.where((rng.random(len(x)) < 0.5)[:, None, None, None], x[:, :, ::-1, ::-1], x)

    plain, plain_each = accuracies(lambda x, rng: x)
    mirrored, mirrored_each = accuracies(lambda x, rng: random_hflip(x, rng=rng))
    _, turned_each = accuracies(turned)
    assert (-0.065 < mirrored - plain).all() and (mirrored - plain < -0.03).all()
    assert ((mirrored_each - plain_each).argmin(axis=0) == 5).all()
    assert ((turned_each - plain_each).argmin(axis=0) == 9).all()
    words = prose(LECTURE)
    assert "falls by 3 to 6 points" in words and "loses most is the 9" in words


@pytest.mark.slow
def test_mirrors_help_shapes_on_other_draws():
    drawn = make_shapes(1500, 0, 800, rng=np.random.default_rng(7))

    def grey(x):
        halves = x.astype(np.float32).mean(axis=1).reshape(len(x), 16, 2, 16, 2)
        return halves.mean(axis=(2, 4)).reshape(len(x), -1) / 128 - 1

    def mirror(x, targets, rng):
        return random_hflip(x.reshape(-1, 1, 16, 16), rng=rng).reshape(len(x), -1), targets

    xs, ys = draw_sets(grey(drawn.x_train), drawn.y_train, 500, SEEDS)
    with_and_without = [
        accuracy_of(
            train_sets(
                xs,
                np.eye(10)[ys],
                [xs.shape[2], 60, 10],
                lr=column(RATES),
                updates=500,
                change=how,
                seed=3,
            ),
            grey(drawn.x_test),
            drawn.y_test,
        ).mean(axis=1)
        for how in (mirror, None)
    ]
    assert (with_and_without[0] > with_and_without[1] + 0.005).all()


@pytest.mark.slow
def test_the_two_splits_on_other_draws(digits, new):
    """Copies on both sides hide the error at every rate; the honest split does not."""

    def warp(x, *, rng):
        angles, moves = rng.uniform(-10, 10, len(x)), rng.uniform(-0.25, 0.25, (len(x), 2))
        stretch = rng.uniform(0.9, 1.1, (len(x), 2))
        return np.array(
            [
                affine(img, affine_matrix(degrees=a, stretch=(s[0], s[1])), t)
                for img, a, s, t in zip(x, angles, stretch, moves, strict=True)
            ]
        )

    def hurry(x, y, rng):
        grown = np.concatenate([x] + [warp(x, rng=rng) for _ in range(5)])
        order = rng.permutation(600)
        train, val = order[:480], order[480:500]
        return grown[train], np.tile(y, 6)[train], grown[val], np.tile(y, 6)[val]

    def honest(x, y, rng):
        return augmented_split(x, y, [warp], n_val=20, copies=5, rng=rng)

    gaps = []
    for splitter in (hurry, honest):
        parts = []
        for seed in range(20, 40):
            rng = np.random.default_rng(seed)
            few = rng.permutation(len(digits.x_train))[:100]
            x = digits.x_train[few].reshape(-1, 1, 8, 8)
            parts.append(splitter(x, digits.y_train[few], rng))
        x, y, x_val, y_val = (np.stack(part) for part in zip(*parts, strict=True))
        x, x_val = (z.reshape(*z.shape[:2], -1).astype(np.float32) for z in (x, x_val))
        nets = train_sets(
            x, np.eye(10)[y], [64, 60, 10], lr=column((0.1, 0.3, 1.0)), updates=400, seed=3
        )
        shown, true = accuracy_of(nets, x_val, y_val), accuracy_of(nets, *new)
        gaps.append((shown - true).mean(axis=1))
    assert (gaps[0] > 0.07).all()
    assert (np.abs(gaps[1]) < 0.04).all()


@pytest.mark.slow
def test_mixup_and_cutout_tuned_on_other_draws(digits, new):
    words = prose(LECTURE)
    assert "neither gains anything, and both can cost two" in words
    assert "saves two to six points" in words

    def mixed(x, targets, rng):
        partners = np.concatenate([k + rng.permutation(50) for k in range(0, len(x), 50)])
        return mixup(x, targets, float(rng.beta(1.0, 1.0)), partners)

    def cut(x, targets, rng):
        rows, columns = rng.integers(0, 8, (2, len(x)))
        return cutout(x.reshape(-1, 1, 8, 8), rows, columns, 3).reshape(len(x), -1), targets

    right, wrong, at_rate_1 = [], [], []
    for first in (10, 100, 105, 110):
        xs, ys = draw_sets(
            digits.x_train.astype(np.float32), digits.y_train, 300, range(first, first + 5)
        )
        noise = np.random.default_rng(first)
        spoilt = np.where(noise.random(ys.shape) < 0.2, noise.integers(0, 10, ys.shape), ys)
        for labels, gains in ((ys, right), (spoilt, wrong)):
            plain, mix, hole = (
                accuracy_of(
                    train_sets(
                        xs,
                        np.eye(10)[labels],
                        [xs.shape[2], 60, 10],
                        lr=column((0.1, 0.3, 1.0)),
                        updates=400,
                        change=how,
                        seed=first,
                    ),
                    *new,
                ).mean(axis=1)
                for how in (None, mixed, cut)
            )
            gains.append((mix.max() - plain.max(), hole.max() - plain.max()))
        at_rate_1.append(mix[2] - plain[2])
    (mixup_right, cutout_right), (mixup_wrong, _) = np.transpose(right), np.transpose(wrong)
    assert -0.025 < mixup_right.min() and mixup_right.max() < 0.005
    assert -0.025 < cutout_right.min() and cutout_right.max() < 0
    assert (np.abs(mixup_wrong) < 0.01).all()
    assert min(at_rate_1) > 0.015 and max(at_rate_1) < 0.065


@pytest.mark.slow
@pytest.mark.parametrize("lr", [0.1, 0.3, 0.6])
def test_pooling_at_three_rates_on_other_draws(digits, new, lr):
    found = {
        pool: np.mean(
            [moved_accuracy(trained(digits, s, pool=pool, lr=lr), new) for s in SEEDS], axis=0
        )
        for pool in (1, 2, 4, 8)
    }
    for one, other in ((1, 2), (2, 4), (4, 8)):  # larger windows lose less
        assert found[one][1] < found[other][1] and found[one][2] < found[other][2] + 0.01
    assert found[2][0] - found[2][1] > 0.25 and found[2][2] < 0.3
    assert found[8][0] - found[8][1] < 0.01 and found[8][0] - found[8][2] < 0.04
    if lr == 0.1:
        assert found[1][0] - found[8][0] == pytest.approx(0.1, abs=0.03)


@pytest.mark.slow
def test_training_with_shifts_needs_no_pooling_but_time(digits, new):
    assert "0.95 after 800 updates" in prose(LECTURE)
    after = {
        updates: np.mean(
            [
                moved_accuracy(trained(digits, s, pool=1, shifts=True, updates=updates), new)
                for s in range(10, 13)
            ],
            axis=0,
        )
        for updates in (200, 800)
    }
    assert (after[200] < 0.9).all()
    assert after[800] == pytest.approx([0.95] * 3, abs=0.015)


def test_the_digit_that_walks(digits, new):
    """What the widget's answer counts, with the networks of the demo."""
    x, y = framed(new[0])[53:54], new[1][53]
    assert y == 6
    places = [(dx, dy) for dx in range(-2, 3) for dy in range(-2, 3)]
    counts = []
    for pool in (1, 2, 4, 8):
        net = trained(digits, 2, pool=pool)
        right = {place: net.scores(shift_images(x, *place)).argmax() == 6 for place in places}
        counts.append(sum(right.values()))
        if pool == 2:
            assert not any(right[dx, dy] for dx, dy in places if abs(dx) == 2)
    assert counts == [3, 5, 11, 25]


@pytest.mark.slow
def test_many_views_on_other_draws(digits, new):
    """At three rates, with and without training with shifts."""
    x = at_random_places(digits.x_train.astype(np.float32), 5)
    x_new, y = at_random_places(new[0], 6), new[1]
    xs, ys = draw_sets(x, digits.y_train, 300, SEEDS)
    images = x_new.reshape(-1, 1, 14, 14)
    nine = [
        shift_images(images, dx, dy).reshape(len(x_new), -1)
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    ]
    mirrored = [x_new, images[..., ::-1].reshape(len(x_new), -1)]
    for change, least, most in ((None, 0.1, 0.2), (shifted, 0.02, 0.09)):
        nets = train_sets(
            xs,
            np.eye(10)[ys],
            [xs.shape[2], 60, 10],
            lr=column((0.1, 0.2, 0.4)),
            updates=1200,
            change=change,
            seed=3,
        )

        def accuracy(views, nets=nets):
            p = predict_views(
                lambda z: scores_of(nets, z).astype(float).reshape(-1, 10), views
            ).reshape(3, 5, len(y), 10)
            return (p.argmax(axis=-1) == y).mean(axis=(1, 2))

        one = accuracy([x_new])
        gain = accuracy(nine) - one
        assert (least < gain).all() and (gain < most).all()
        assert (accuracy(mirrored) < one - 0.01).all()


@pytest.mark.slow
def test_transfer_on_other_draws(digits, new):
    """Each at its best rate, with five other draws, and once with four times the updates."""
    assert "leads by seven points" in prose(LECTURE)
    x, x_new = at_random_places(digits.x_train.astype(np.float32), 5), at_random_places(new[0], 6)
    low, high = digits.y_train < 5, digits.y_train >= 5
    x_high, y_high = x[high], digits.y_train[high] - 5
    x_new, y_new = x_new[new[1] >= 5], new[1][new[1] >= 5] - 5
    x_low = np.repeat(x[low][None], 5, axis=0)
    t_low = np.repeat(np.eye(5)[digits.y_train[low]][None], 5, axis=0)
    untrained = train_sets(x_low, t_low, [196, 100, 5], lr=0.4, updates=0, seed=3)
    teacher = train_sets(x_low, t_low, [196, 100, 5], lr=0.4, updates=1000, change=shifted, seed=3)

    def best(n, how, updates=200):
        rows = [
            np.concatenate(
                [
                    np.random.default_rng(s).permutation(np.flatnonzero(y_high == k))[:n]
                    for k in range(5)
                ]
            )
            for s in SEEDS
        ]
        xs, ts = x_high[np.stack(rows)], np.eye(5)[y_high[np.stack(rows)]]
        settings: Any = {"updates": updates, "batch_size": min(50, 5 * n), "seed": 3}
        if how in ("random", "features"):
            net = untrained if how == "random" else teacher
            last = train_sets(
                hidden_layers(net, xs)[0],
                ts,
                [100, 5],
                lr=column((0.3, 1.0, 3.0, 10.0)),
                **settings,
            )
            return accuracy_of(last, hidden_layers(net, x_new)[0], y_new).mean(axis=1).max()
        start = [teacher[0], untrained[1]] if how == "all" else [196, 100, 5]
        change = shifted if how == "shifts" else None
        nets = train_sets(xs, ts, start, lr=column((0.1, 0.3, 1.0)), change=change, **settings)
        return accuracy_of(nets, x_new, y_new).mean(axis=1).max()

    for n in (5, 20):
        scratch, features = best(n, "scratch"), best(n, "features")
        assert best(n, "random") < scratch + 0.01 < scratch + 0.04 < features
        assert best(n, "shifts") > features + 0.2
    scratch, features, tuned = (best(80, how) for how in ("scratch", "features", "all"))
    assert features < scratch < tuned
    assert best(80, "shifts", 800) - best(80, "all", 800) == pytest.approx(0.07, abs=0.025)


@pytest.mark.slow
def test_shifts_of_centred_digits_cost_accuracy(digits, new):
    """Augment towards the test, not away from it."""
    assert "the same shifts cost accuracy" in prose(LECTURE)

    def change(x, targets, rng):
        moved = random_crop(x.reshape(-1, 1, 8, 8), 8, pad=2, rng=rng)
        return moved.reshape(len(x), -1), targets

    xs, ys = draw_sets(digits.x_train.astype(np.float32), digits.y_train, 300, SEEDS)
    with_and_without = [
        accuracy_of(
            train_sets(
                xs, np.eye(10)[ys], [xs.shape[2], 60, 10], lr=column(RATES), updates=400, change=how
            ),
            *new,
        ).mean(axis=1)
        for how in (change, None)
    ]
    assert (with_and_without[0] < with_and_without[1]).all()
