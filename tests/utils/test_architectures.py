from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils import architectures as arc


def test_one_guess_is_the_error_of_argmax():
    rng = np.random.default_rng(0)
    scores, y = rng.integers(0, 4, (500, 6)).astype(float), rng.integers(0, 6, 500)
    assert arc.topk_error(scores, y, 1) == np.mean(scores.argmax(axis=1) != y)


def test_guesses_are_the_highest_scores():
    scores = np.array([[0.1, 0.5, 0.2, 0.9], [4.0, 3.0, 2.0, 1.0]])
    assert [arc.topk_error(scores, np.array([2, 3]), k) for k in (1, 2, 3, 4)] == [1, 1, 0.5, 0]


def test_scores_without_information_err_by_chance():
    y = np.arange(1000) % 10
    assert arc.topk_error(np.zeros((1000, 10)), y, 3) == 0.7
    random = np.random.default_rng(0).standard_normal((1000, 10))
    assert abs(arc.topk_error(random, y, 3) - 0.7) < 0.08


@given(st.integers(0, 100), st.integers(2, 8))
def test_more_guesses_never_hurt_and_all_are_always_right(seed, classes):
    rng = np.random.default_rng(seed)
    scores, y = rng.standard_normal((20, classes)), rng.integers(0, classes, 20)
    errors = [arc.topk_error(scores, y, k) for k in range(1, classes + 1)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == 0


@pytest.mark.parametrize("k", [0, 4])
def test_impossible_number_of_guesses_is_named(k):
    with pytest.raises(ValueError, match=f"between 1 and 3, .* got {k}"):
        arc.topk_error(np.zeros((2, 3)), np.array([0, 1]), k)


def test_parameters_of_convolutions():
    assert arc.conv_params(11, 3, 96) == 34_944
    assert arc.conv_params(5, 96, 256, groups=2) == 307_456
    assert arc.conv_params(5, 96, 256, bias=False) == 2 * arc.conv_params(
        5, 96, 256, groups=2, bias=False
    )
    with pytest.raises(ValueError, match="groups=2 must divide c_in=3 and c_out=96"):
        arc.conv_params(11, 3, 96, groups=2)


def test_three_small_filters_cost_less_than_a_large_one_that_sees_as_much():
    c = 64
    assert arc.receptive_field(3) == arc.receptive_field(1, k=7) == 7
    assert 3 * arc.conv_params(3, c, c, bias=False) == 27 * c**2
    assert arc.conv_params(7, c, c, bias=False) == 49 * c**2
    assert [arc.receptive_field(n) for n in range(4)] == [1, 3, 5, 7]


@given(
    st.integers(1, 12), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3), st.integers(1, 3)
)
def test_receptive_field_and_output_size_by_counting(size, k, stride, pad, n):
    if k <= size + 2 * pad:
        starts = [i for i in range(-pad, size + pad) if i + k <= size + pad][::stride]
        assert arc.conv_output_size(size, k, stride=stride, pad=pad) == len(starts)
    seen = {0}
    for _ in range(n):
        seen = {i + j for i in seen for j in range(k)}
    assert arc.receptive_field(n, k=k) == len(seen)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=4))
def test_receptive_fields_by_counting_pixels(layers):
    """Follow one output of the last layer back to the pixels that it depends on."""
    for n in range(1, len(layers) + 1):
        seen = {0}
        for k, stride in reversed(layers[:n]):
            seen = {stride * i + j for i in seen for j in range(k)}
        assert arc.receptive_fields(layers)[n - 1] == max(seen) - min(seen) + 1
    assert arc.receptive_fields([(3, 1)] * 3) == [arc.receptive_field(n) for n in (1, 2, 3)]


def test_receptive_fields_of_the_networks():
    alexnet = [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)]
    assert arc.receptive_fields(alexnet) == [11, 19, 51, 67, 99, 131, 163, 195]
    vgg = [layer for n in (2, 2, 3, 3, 3) for layer in [(3, 1)] * n + [(2, 2)]]
    assert arc.receptive_fields(vgg)[2::3][0] == 6
    assert arc.receptive_fields(vgg)[-1] == 212


def test_filter_larger_than_the_image_is_named():
    with pytest.raises(ValueError, match="filter of 7 does not fit into 4 rows with padding 1"):
        arc.conv_output_size(4, 7, pad=1)


def test_alexnet_has_sixty_million_parameters():
    layers = {layer.name: layer for layer in arc.alexnet()}
    assert arc.total_params(arc.alexnet()) == 60_965_224
    assert layers["conv1"].shape == (96, 55, 55)
    assert layers["pool5"].shape == (256, 6, 6)
    assert layers["dense8"].shape == (1000,)
    # Without groups: the count that libraries report for the two-column network joined into one.
    assert arc.total_params(arc.alexnet(grouped=False)) == 62_378_344


def test_vgg16_has_138_million_parameters_most_of_them_dense():
    layers = arc.vgg16()
    assert arc.total_params(layers) == 138_357_544
    assert sum(layer.name.startswith("conv") for layer in layers) == 13
    assert next(layer for layer in layers if layer.name == "pool5").shape == (512, 7, 7)
    dense = arc.total_params([layer for layer in layers if layer.name.startswith("dense")])
    assert abs(dense / arc.total_params(layers) - 0.89) < 0.005


@pytest.mark.parametrize(
    ("depth", "params", "macs"),
    [
        (18, 11_689_512, 1.814e9),
        (34, 21_797_672, 3.664e9),
        (50, 25_557_032, 4.089e9),
        (101, 44_549_160, 7.801e9),
        (152, 60_192_808, 11.514e9),
    ],
)
def test_residual_networks_as_published_with_pytorch(depth, params, macs):
    layers = arc.resnet(depth)
    assert arc.total_params(layers) == params
    assert abs(arc.total_macs(layers) / macs - 1) < 1e-3
    assert layers[-2].shape == ((512,) if depth < 50 else (2048,))
    assert sum(layer.name.startswith("block") for layer in layers) == sum(arc.RESNET_BLOCKS[depth])


def test_a_depth_that_nobody_built_is_named():
    with pytest.raises(ValueError, match="one of 18, 34, 50, 101, 152, got 20"):
        arc.resnet(20)


def test_work_is_weights_times_places():
    assert arc.conv_macs(11, 3, 96, 55) == 11 * 11 * 3 * 96 * 55 * 55
    assert abs(arc.total_macs(arc.alexnet()) / 0.724e9 - 1) < 1e-3
    vgg = arc.vgg16()
    assert abs(arc.total_macs(vgg) / 15.47e9 - 1) < 1e-3
    dense = arc.total_macs([layer for layer in vgg if layer.name.startswith("dense")])
    assert abs(dense / arc.total_macs(vgg) - 0.008) < 1e-4
    assert sum(layer.units for layer in vgg) == 15_237_608


def test_layer_tables_agree_with_pytorch():
    torch = pytest.importorskip("torch")
    for layers in (arc.alexnet(), arc.alexnet(grouped=False), arc.vgg16()):
        for before, layer in pairwise(layers):
            with torch.device("meta"):
                module = torch_layer(torch, before, layer, groups_of(layers, layer))
                x = torch.zeros(1, *before.shape)
                out = module(x.flatten(1) if layer.name.startswith("dense") else x)
            assert tuple(out.shape[1:]) == layer.shape
            assert sum(p.numel() for p in module.parameters()) == layer.params


def groups_of(layers, layer):
    grouped = arc.total_params(layers) == 60_965_224 and layer.name in ("conv2", "conv4", "conv5")
    return 2 if grouped else 1


def torch_layer(torch, before, layer, groups):
    is_alexnet = layer.name.startswith("conv") and "_" not in layer.name
    if layer.name.startswith("dense"):
        return torch.nn.Linear(int(np.prod(before.shape)), layer.shape[0])
    if layer.name.startswith("pool"):
        return torch.nn.MaxPool2d(3 if before.shape[1] % 2 else 2, 2)
    sizes = {"conv1": (11, 4, 0), "conv2": (5, 1, 2)}
    k, stride, pad = sizes.get(layer.name, (3, 1, 1)) if is_alexnet else (3, 1, 1)
    return torch.nn.Conv2d(before.shape[0], layer.shape[0], k, stride, pad, groups=groups)
