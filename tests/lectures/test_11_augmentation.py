"""The augmentation lecture says nothing that its own code does not show."""

from ast import literal_eval

import numpy as np
import pytest

from lectures.syllabus import IDS
from tests.lectures.claims import measure, prose, script_of
from utils.architectures import (
    alexnet,
    conv_output_size,
    conv_params,
    receptive_fields,
    resnet,
    total_macs,
    total_params,
    vgg16,
)
from utils.data import load_digits
from utils.mixing import cut_box

LECTURE = "11_augmentation"
RATES = (0.05, 0.15, 0.4)
SEEDS = range(10, 15)  # none of those in the notebook


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "flip_gains flip_losers hurry_found honest_found holes color_evals color_evecs mix_found "
        "mix_confidence vgg_bytes"
    )
    pairs = "moved_found pool_found pool_changed view_found transfer_found"
    return measure(LECTURE, f"{names} {pairs}", tmp_path_factory.mktemp(LECTURE))


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def new(digits):
    x = np.concatenate([digits.x_val, digits.x_test])
    return x, np.concatenate([digits.y_val, digits.y_test])


def mean(numbers):
    return float(np.mean(numbers))


# What the notebook shows


def test_mirrors_cost_digits_and_help_shapes(measured):
    digits, shapes = (np.array(gains).mean(axis=1) for gains in measured["flip_gains"].values())
    assert (-0.06 < digits).all() and (digits < -0.025).all()
    assert (shapes > 0.01).all()
    assert np.argmin(measured["flip_losers"]) == 5


def test_a_hundred_images_with_shifts_are_worth_800_without(measured):
    found = {literal_eval(key): mean(value) for key, value in measured["moved_found"].items()}
    assert found["without", 100] == pytest.approx(0.3, abs=0.05)
    assert found["with", 100] == pytest.approx(found["without", 800], abs=0.05)
    assert found["with", 100] > found["without", 300] + 0.2
    assert found["with", 300] > found["without", 800] + 0.05


def test_the_first_principal_colour_is_nearly_grey(measured):
    assert measured["color_evals"][0] == pytest.approx(0.095, abs=0.003)
    first = np.array(measured["color_evecs"])[:, 0]
    assert first.min() > 0.5


def test_an_enlargement_carried_forward_leaves_half_of_the_pixels_empty(measured):
    assert measured["holes"] == pytest.approx(1 - 1 / 1.4**2, abs=0.03)


def test_the_leak_and_the_honest_split(measured):
    (val, new), (honest, also_new) = measured["hurry_found"], measured["honest_found"]
    assert mean(val) == pytest.approx(0.98, abs=0.01)
    assert mean(new) == pytest.approx(0.90, abs=0.015)
    assert mean(honest) == pytest.approx(mean(also_new), abs=0.03)
    assert np.std(honest) > 0.04


def test_mixup_and_cutout_tuned(measured):
    found = {
        literal_eval(key): np.array(v).mean(axis=1) for key, v in measured["mix_found"].items()
    }
    assert all(0 < curve.argmax() < len(curve) - 1 for curve in found.values())
    right = {name: v.max() for (labels, name), v in found.items() if labels == "right labels"}
    wrong = {name: v.max() for (labels, name), v in found.items() if labels != "right labels"}
    assert -0.02 < right["mixup"] - right["plain"] < 0.005
    assert -0.025 < right["cutout"] - right["plain"] < -0.005
    assert abs(wrong["mixup"] - wrong["plain"]) < 0.01
    at_rate_1 = [found["a fifth of the labels wrong", name][3] for name in ("plain", "mixup")]
    assert at_rate_1[1] - at_rate_1[0] == pytest.approx(0.06, abs=0.015)
    sure = {literal_eval(key): value for key, value in measured["mix_confidence"].items()}
    assert sure["right labels", "mixup"] < sure["right labels", "plain"] - 0.05


def test_pooling_and_shifts(measured):
    found = {name: np.array(v).mean(axis=0) for name, v in measured["pool_found"].items()}
    assert found["none"] == pytest.approx([0.95, 0.44, 0.09], abs=0.03)
    assert found["2 × 2"] == pytest.approx([0.96, 0.63, 0.15], abs=0.03)
    assert found["whole map"] == pytest.approx([0.95, 0.94, 0.92], abs=0.02)
    assert (
        np.ptp(found["none, trained with shifts"])
        < 0.05
        < 0.8
        < found["none, trained with shifts"].min()
    )
    assert measured["pool_changed"]["whole map"] < 0.05 < 0.25 < measured["pool_changed"]["4 × 4"]


def test_many_views(measured):
    found = {literal_eval(key): mean(value) for key, value in measured["view_found"].items()}
    assert found["without", "one view"] == pytest.approx(0.49, abs=0.02)
    assert found["without", "nine shifts"] == pytest.approx(0.65, abs=0.02)
    assert 0 < found["with", "nine shifts"] - found["with", "one view"] < 0.08
    for kind in ("without", "with"):
        assert found[kind, "with its mirror image"] < found[kind, "one view"]


def test_features_of_other_digits(measured):
    found = {literal_eval(key): mean(value) for key, value in measured["transfer_found"].items()}
    assert found["from scratch", 5] == pytest.approx(0.34, abs=0.02)
    assert found["features of 0 to 4", 5] == pytest.approx(0.40, abs=0.02)
    assert found["random features", 5] < found["from scratch", 5] + 0.01
    assert (
        found["random features", 20] < found["from scratch", 20] < found["features of 0 to 4", 20]
    )
    assert found["features of 0 to 4", 80] < found["from scratch", 80]
    assert found["all layers trained on", 80] > found["from scratch", 80]
    for n in (5, 20):
        assert found["from scratch, with shifts", n] > found["all layers trained on", n] + 0.15
    assert found["from scratch, with shifts", 80] < found["all layers trained on", 80]


# Boxes


def test_the_box_of_cutmix_is_smaller_than_asked():
    rng = np.random.default_rng(0)
    asked, pasted = [], []
    for lam, y, x in zip(rng.random(4000), *rng.integers(0, 224, (2, 4000)).tolist(), strict=True):
        top, bottom, left, right = cut_box(224, 224, float(lam), y, x)
        asked.append(1 - lam)
        pasted.append((bottom - top) * (right - left) / 224**2)
    assert mean(pasted) == pytest.approx(77 / 240, abs=0.02)
    assert mean(np.abs(np.subtract(asked, pasted))) == pytest.approx(0.18, abs=0.015)
    assert "32 %" in prose(LECTURE) and "0.18 on average" in prose(LECTURE)
    assert np.diff(cut_box(32, 32, 0.25, 0, 0))[::2].prod() / 32**2 == pytest.approx(
        0.19, abs=0.005
    )


# Counts


def test_the_numbers_of_the_networks():
    words = prose(LECTURE)
    for layers in (alexnet(), vgg16(), resnet(152)):
        assert f"{total_params(layers):,}" in words or layers[1].shape == (64, 224, 224)
    assert total_params(vgg16()) == 138_357_544 and total_params(alexnet()) == 60_965_224
    assert total_macs(alexnet()) / 1e9 == pytest.approx(0.7, abs=0.03)
    assert total_macs(resnet(152)) / 1e9 == pytest.approx(11.5, abs=0.02)
    assert sum(layer.units for layer in vgg16()) * 4 * 64 / 1e9 == pytest.approx(3.9, abs=0.02)
    assert 4 * total_params(vgg16()) / 1e9 == pytest.approx(0.55, abs=0.005)
    assert conv_output_size(224, 11, stride=4) == 54 and conv_output_size(227, 11, stride=4) == 55
    pools = [layer for n in (2, 2, 3, 3, 3) for layer in [(3, 1)] * n + [(2, 2)]]
    assert [receptive_fields(pools)[i] for i in (2, 5, 9, 13, 17)] == [6, 16, 44, 100, 212]


def test_the_answer_of_the_stack():
    steps = [(3, 2)] * 5 + [(3, 1)] * 3
    assert receptive_fields(steps)[-1] == 255 and receptive_fields(steps)[-2] < 200
    assert receptive_fields([(3, 1)] * 100)[-1] == 201
    size, macs, c_in = 224, 0, 3
    for k, stride in steps:
        size = conv_output_size(size, k, stride=stride, pad=1)
        macs += conv_params(k, c_in, 64, bias=False) * size**2
        c_in = 64
    assert macs / 1e6 == pytest.approx(181, abs=1)
    assert "8 layers see 255 pixels, with 181 million" in prose(LECTURE)


def test_every_entry_of_the_syllabus_is_taught():
    script = script_of(LECTURE).read_text(encoding="utf-8")
    for entry in [i for i in IDS if i.startswith(("AUG-", "ARC-"))] + ["E-51"]:
        assert f'"{entry}"' in script
