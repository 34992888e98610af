"""Architectures that won or shaped ImageNet: what their layers cost, and how answers are scored."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from utils._signatures import enforce


class Layer(NamedTuple):
    """One row of an architecture's table: name, shape of the output, number of parameters.

    ``shape`` is (C, H, W) for images and (D,) for vectors, without the batch.

    Source: syllabus ARC-02.
    """

    name: str
    shape: tuple[int, ...]
    params: int


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
    """Parameters of a convolution: k * k * (c_in / groups) * c_out weights and c_out biases.

    Args:
        k: height and width of a filter.
        c_in: channels of the input.
        c_out: number of filters, which is the channels of the output.
        groups: the channels are split into so many equal groups, and a filter sees only its own.
            AlexNet used 2, one for each of its graphics cards.
        bias: whether every filter has a bias.

    Returns:
        count: it does not depend on the size of the image.

    Raises:
        ValueError: if the groups do not divide both numbers of channels.

    Source: syllabus ARC-02.
    """
    if c_in % groups or c_out % groups:
        raise ValueError(f"groups={groups} must divide c_in={c_in} and c_out={c_out}")
    return k * k * (c_in // groups) * c_out + bias * c_out


def conv_output_size(size: int, k: int, *, stride: int = 1, pad: int = 0) -> int:
    """Rows (or columns) after a convolution or pooling: floor((size + 2 pad - k) / stride) + 1.

    Args:
        size: rows of the input.
        k: rows of the filter or the pooling window.
        stride: step between two places of the filter.
        pad: rows of zeros added above and as many below.

    Returns:
        size_out: rows of the output.

    Raises:
        ValueError: if the filter is larger than the padded input.

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


def total_params(layers: list[Layer]) -> int:
    """Parameters of a whole network: the sum over its layers.

    Args:
        layers: the table of an architecture, for example :func:`vgg16`.

    Returns:
        count: 60,965,224 for AlexNet and 138,357,544 for VGG-16.

    Source: syllabus ARC-02, ARC-03.
    """
    return sum(layer.params for layer in layers)


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


def _conv(
    layers: list[Layer],
    name: str,
    k: int,
    c_out: int,
    stride: int = 1,
    pad: int = 0,
    groups: int = 1,
) -> None:
    c_in, height, width = layers[-1].shape
    shape = [conv_output_size(size, k, stride=stride, pad=pad) for size in (height, width)]
    layers.append(Layer(name, (c_out, *shape), conv_params(k, c_in, c_out, groups=groups)))


def _max_pool(layers: list[Layer], name: str, k: int) -> None:
    channels, height, width = layers[-1].shape
    shape = [conv_output_size(size, k, stride=2) for size in (height, width)]
    layers.append(Layer(name, (channels, *shape), 0))


def _dense(layers: list[Layer], name: str, units: int) -> None:
    fan_in = int(np.prod(layers[-1].shape))
    layers.append(Layer(name, (units,), fan_in * units + units))


enforce(__name__, filled=(topk_error,))
