"""Smooth relatives of ReLU that multiply the input by a gate: SiLU and GELU.

Both compute x * g(x) with a gate g that rises from 0 to 1. ReLU is the same with a step for a gate.
"""

import math

import numpy as np
from jaxtyping import Float

from utils._signatures import enforce
from utils.activations import sigmoid_forward


def silu_forward(
    x: Float[np.ndarray, "*shape"],
) -> tuple[
    Float[np.ndarray, "*shape"], tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]
]:
    """SiLU, also called swish, element by element: out = x * sigmoid(x).

    Args:
        x: inputs, any shape.

    Returns:
        out: shape and dtype of ``x``.
        cache: the tuple ``(x, gate)``, where ``gate`` is sigmoid(x).

    No warning and no overflow for any finite ``x``.

    Source: Elfwing et al. 2018, Ramachandran et al. 2017; syllabus ACT-01.
    """
    gate, _ = sigmoid_forward(x)
    return x * gate, (x, gate)


def silu_backward(
    dout: Float[np.ndarray, "*shape"],
    cache: tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]],
) -> Float[np.ndarray, "*shape"]:
    """Gradient of SiLU.

    Args:
        dout: gradient of the loss with respect to the output, any shape.
        cache: the tuple ``(x, gate)`` of :func:`silu_forward`, where ``gate`` is sigmoid(x).

    Returns:
        dx: gradient of the loss with respect to the input, same shape.

    No warning and no overflow for any finite ``x``.

    Solution:
        dx = dout * gate * (1 + x * (1 - gate)), by the product rule.

    Source: Ramachandran et al. 2017; syllabus ACT-01.
    """
    x, gate = cache
    return dout * gate * (1 + x * (1 - gate))


def gelu_forward(
    x: Float[np.ndarray, "*shape"],
) -> tuple[
    Float[np.ndarray, "*shape"], tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]
]:
    """GELU, element by element: out = x * P(Z <= x) for a standard normal number Z.

    Args:
        x: inputs, any shape.

    Returns:
        out: shape and dtype of ``x``.
        cache: the tuple ``(x, gate)``, where ``gate`` is P(Z <= x).

    This is the exact form. Some programs approximate the probability by
    (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) / 2; the output differs by less than 0.0005.

    Source: Hendrycks and Gimpel 2016; syllabus ACT-01.
    """
    erfc = np.frompyfunc(math.erfc, 1, 1)
    gate = np.asarray(0.5 * erfc(-x / math.sqrt(2))).astype(x.dtype)
    return x * gate, (x, gate)


def gelu_backward(
    dout: Float[np.ndarray, "*shape"],
    cache: tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]],
) -> Float[np.ndarray, "*shape"]:
    """Gradient of GELU: dx = dout * (gate + x * p(x)), p the density of the normal distribution.

    Args:
        dout: gradient of the loss with respect to the output, any shape.
        cache: the tuple ``(x, gate)`` of :func:`gelu_forward`.

    Returns:
        dx: gradient of the loss with respect to the input, same shape.

    Source: Hendrycks and Gimpel 2016; syllabus ACT-01.
    """
    x, gate = cache
    size = np.minimum(np.abs(x), 40)  # beyond it the density is 0, and a square could overflow
    density = np.exp(-(size**2) / 2) / math.sqrt(2 * math.pi)
    return dout * (gate + x * density)


enforce(__name__)
