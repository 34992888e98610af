"""Architectures that won or shaped ImageNet: what their layers cost, and how answers are scored."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce

# Blocks in each of the four stages.
RESNET_BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}


class Layer(NamedTuple):
    """One row of an architecture's table: name, shape of the output, parameters, multiplications.

    ``shape`` is (C, H, W) for images and (D,) for vectors, without the batch. ``macs`` counts the
    multiplications (each followed by an addition) for one image, biases not counted.

    Source: syllabus ARC-02.
    """

    name: str
    shape: tuple[int, ...]
    params: int
    macs: int = 0

    @property
    def units(self) -> int:
        """Numbers that the layer puts out for one image."""
        return math.prod(self.shape)


def topk_error(scores: Float[np.ndarray, "n k"], y: Int[np.ndarray, " n"], k: int) -> float:
    """Share of examples whose right class is not among the k highest scores.

    Args:
        scores: one row an example, one column a class; probabilities do as well.
        y: right classes.
        k: how many guesses are allowed. Top-1 error is 1 - accuracy; ImageNet reports top-5.

    Returns:
        error: between 0 and 1. Of equal scores the earlier class counts as higher, as in argmax.

    Raises:
        ValueError: if k is not between 1 and the number of classes.

    Source: Russakovsky et al. 2015; syllabus ARC-01.
    """
    if not 1 <= k <= scores.shape[1]:
        raise ValueError(f"k must be between 1 and {scores.shape[1]}, the classes; got {k}")
    guesses = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return float(np.mean(np.all(guesses != y[:, None], axis=1)))


def conv_params(k: int, c_in: int, c_out: int, *, groups: int = 1, bias: bool = True) -> int:
    """Parameters of a convolution: the weights of its filters, and a bias for each filter.

    Args:
        k: height and width of a filter.
        c_in: channels of the input.
        c_out: number of filters, which is the channels of the output.
        groups: the channels are split into so many equal groups, and a filter sees only its own.
            AlexNet used 2, one for each of its graphics cards.
        bias: whether every filter has a bias.

    Returns:
        count: number of parameters.

    Raises:
        ValueError: if the groups do not divide both numbers of channels.

    Solution:
        k * k * (c_in / groups) * c_out weights and c_out biases. The size of the image does not
        matter.

    Source: syllabus ARC-02.
    """
    if c_in % groups or c_out % groups:
        raise ValueError(f"groups={groups} must divide c_in={c_in} and c_out={c_out}")
    return k * k * (c_in // groups) * c_out + bias * c_out


def conv_output_size(size: int, k: int, *, stride: int = 1, pad: int = 0) -> int:
    """Rows (or columns) after a convolution or pooling: at how many places the window lies inside.

    Args:
        size: rows of the input.
        k: rows of the filter or the pooling window.
        stride: step between two places of the window. The first place is at the very top.
        pad: rows of zeros added above and as many below.

    Returns:
        size_out: rows of the output. Rows at the end that a whole step does not reach are left
        out.

    Raises:
        ValueError: if the window is larger than the padded input.

    Solution:
        floor((size + 2 pad - k) / stride) + 1.

    Source: syllabus ARC-02.
    """
    if k > size + 2 * pad:
        raise ValueError(f"a filter of {k} does not fit into {size} rows with padding {pad}")
    return (size + 2 * pad - k) // stride + 1


def receptive_field(n: int, *, k: int = 3) -> int:
    """Pixels that one output of n stacked k x k convolutions sees: n (k - 1) + 1 each way.

    Args:
        n: number of convolutions, all with stride 1.
        k: height and width of a filter. For k = 3 the answer is 2 n + 1.

    Returns:
        size: rows (and columns) of the seen square. Three 3 x 3 layers see as far as one of
        7 x 7, with 27 C^2 weights instead of 49 C^2.

    Source: Simonyan and Zisserman 2015; syllabus ARC-03.
    """
    return n * (k - 1) + 1


def receptive_fields(layers: Sequence[tuple[int, int]]) -> list[int]:
    """How many pixels each way one output sees, after each layer of a stack.

    Args:
        layers: window and stride (k, stride) of each convolution or pooling, first layer first.

    Returns:
        sizes: for each layer the side of the square of input pixels that one of its outputs
        depends on, were the image large enough. Padding does not change it.

    Solution:
        One step in a layer's input is a jump of so many pixels: the product of the strides of
        the layers before. A window of k adds k - 1 such steps: r <- r + (k - 1) jump, and only
        then jump <- jump * stride. It starts with r = 1 and jump = 1.

    Source: Araujo, Norris, Sim 2019; syllabus ARC-03.
    """
    seen, jump, sizes = 1, 1, []
    for k, stride in layers:
        seen += (k - 1) * jump
        jump *= stride
        sizes.append(seen)
    return sizes


def conv_macs(k: int, c_in: int, c_out: int, size: int, *, groups: int = 1) -> int:
    """Multiplications of a convolution for one image: its weights times the places of the filter.

    Args:
        k: height and width of a filter.
        c_in: channels of the input.
        c_out: number of filters.
        size: rows of the output, which is square.
        groups: as in :func:`conv_params`.

    Returns:
        macs: multiplications, each followed by an addition.

    Source: syllabus ARC-02.
    """
    return conv_params(k, c_in, c_out, groups=groups, bias=False) * size**2


def total_params(layers: list[Layer]) -> int:
    """Parameters of a whole network: the sum over its layers.

    Args:
        layers: the table of an architecture, for example :func:`vgg16`.

    Returns:
        count: 60,965,224 for AlexNet and 138,357,544 for VGG-16.

    Source: syllabus ARC-02, ARC-03.
    """
    return sum(layer.params for layer in layers)


def total_macs(layers: list[Layer]) -> int:
    """Multiplications of a whole network for one image: the sum over its layers.

    Args:
        layers: the table of an architecture, for example :func:`vgg16`.

    Returns:
        macs: 0.7 thousand million for AlexNet, 15.5 for VGG-16.

    Source: syllabus ARC-02, ARC-03.
    """
    return sum(layer.macs for layer in layers)


def alexnet(*, grouped: bool = True) -> list[Layer]:
    """AlexNet layer by layer: 5 convolutions and 3 dense layers, 60,965,224 parameters.

    Args:
        grouped: as in the paper, the 2nd, 4th and 5th convolution work in two groups, one on each
            graphics card. Without groups their filters see all channels and cost twice as much.

    Returns:
        layers: one :class:`Layer` a row, for an image of 3 x 227 x 227 and 1000 classes.

    The paper says 224 x 224, but only 227 = 4 * 54 + 11 gives its own 55 x 55 outputs.

    Source: Krizhevsky et al. 2012; syllabus ARC-02.
    """
    groups = 2 if grouped else 1
    layers = [Layer("input", (3, 227, 227), 0)]
    _conv(layers, "conv1", 11, 96, stride=4)
    _max_pool(layers, "pool1", 3)
    _conv(layers, "conv2", 5, 256, pad=2, groups=groups)
    _max_pool(layers, "pool2", 3)
    _conv(layers, "conv3", 3, 384, pad=1)
    _conv(layers, "conv4", 3, 384, pad=1, groups=groups)
    _conv(layers, "conv5", 3, 256, pad=1, groups=groups)
    _max_pool(layers, "pool5", 3)
    for name, units in (("dense6", 4096), ("dense7", 4096), ("dense8", 1000)):
        _dense(layers, name, units)
    return layers


def vgg16() -> list[Layer]:
    """VGG-16 layer by layer: 13 convolutions of 3 x 3 and 3 dense layers, 138,357,544 parameters.

    Returns:
        layers: one :class:`Layer` a row, for an image of 3 x 224 x 224 and 1000 classes. 89 % of
        the parameters sit in the three dense layers.

    Source: Simonyan and Zisserman 2015; syllabus ARC-03.
    """
    layers = [Layer("input", (3, 224, 224), 0)]
    for block, (depth, filters) in enumerate([(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)], 1):
        for i in range(1, depth + 1):
            _conv(layers, f"conv{block}_{i}", 3, filters, pad=1)
        _max_pool(layers, f"pool{block}", 2)
    for name, units in (("dense6", 4096), ("dense7", 4096), ("dense8", 1000)):
        _dense(layers, name, units)
    return layers


def resnet(depth: int) -> list[Layer]:
    """ResNet layer by layer, with its batch normalisation: 18, 34, 50, 101 or 152 layers deep.

    Args:
        depth: how many layers have weights. Up to 34 a block has two 3 x 3 convolutions; deeper
            ones have bottlenecks: 1 x 1 down to a quarter of the channels, 3 x 3, 1 x 1 up.

    Returns:
        layers: one :class:`Layer` for the input, the first convolution, each block, and the
        dense layer, for an image of 3 x 224 x 224 and 1000 classes. As in PyTorch the stride of a
        bottleneck is that of its 3 x 3 convolution.

    Raises:
        ValueError: if there is no such network.

    Source: He et al. 2016; syllabus ARC-03.
    """
    if depth not in RESNET_BLOCKS:
        raise ValueError(f"depth must be one of {', '.join(map(str, RESNET_BLOCKS))}, got {depth}")
    blocks, is_deep = RESNET_BLOCKS[depth], depth >= 50
    params, macs = _conv_norm(7, 3, 64, 112)
    layers = [Layer("input", (3, 224, 224), 0), Layer("conv1", (64, 112, 112), params, macs)]
    layers.append(Layer("pool1", (64, 56, 56), 0))
    c_in, size = 64, 56
    for stage, count in enumerate(blocks):
        inner = 64 * 2**stage
        c_out = 4 * inner if is_deep else inner
        for block in range(count):
            before, size = size, size // 2 if stage and not block else size
            parts = (
                [(1, c_in, inner, before), (3, inner, inner, size), (1, inner, c_out, size)]
                if is_deep
                else [(3, c_in, inner, size), (3, inner, inner, size)]
            )
            parts += [(1, c_in, c_out, size)] * (c_in != c_out)  # the shortcut changes its shape
            costs = [_conv_norm(*part) for part in parts]
            params, macs = (sum(cost) for cost in zip(*costs, strict=True))
            name = f"block{stage + 1}_{block + 1}"
            layers.append(Layer(name, (c_out, size, size), params, macs))
            c_in = c_out
    layers.append(Layer("mean", (c_in,), 0))
    _dense(layers, "dense", 1000)
    return layers


def _conv_norm(k: int, c_in: int, c_out: int, size: int) -> tuple[int, int]:
    """Parameters and multiplications of a convolution without bias and its batch normalisation."""
    return conv_params(k, c_in, c_out, bias=False) + 2 * c_out, conv_macs(k, c_in, c_out, size)


def _conv(
    layers: list[Layer],
    name: str,
    k: int,
    c_out: int,
    stride: int = 1,
    pad: int = 0,
    groups: int = 1,
) -> None:
    c_in, size, _ = layers[-1].shape
    size = conv_output_size(size, k, stride=stride, pad=pad)
    params = conv_params(k, c_in, c_out, groups=groups)
    macs = conv_macs(k, c_in, c_out, size, groups=groups)
    layers.append(Layer(name, (c_out, size, size), params, macs))


def _max_pool(layers: list[Layer], name: str, k: int) -> None:
    channels, height, width = layers[-1].shape
    shape = [conv_output_size(size, k, stride=2) for size in (height, width)]
    layers.append(Layer(name, (channels, *shape), 0))


def _dense(layers: list[Layer], name: str, units: int) -> None:
    fan_in = layers[-1].units
    layers.append(Layer(name, (units,), fan_in * units + units, fan_in * units))


enforce(__name__, filled=(topk_error,))
