"""Wrong answers to lecture 02 that others have written, each with the name it should get."""

import numpy as np

from utils.activations import prelu_backward


def fixed_slope(x, slope=0.01):
    return np.where(x > 0, x, 0.1 * x), (x, slope)


def tanh_for_its_slope(dout, cache):
    return dout * cache


def one_over_exp(x):
    out = 1 / (1 + 1 / np.exp(x))
    return out, out


def clipped_exponent(x):
    out = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
    return out, out


def rising_exponential(x):
    """1 / exp(-x) for the numerator, and what it overflows to."""
    out = np.exp(x) / (1 + np.exp(x))
    return out, out


def elu_one_sided(dout, cache):
    out, alpha = cache
    return np.where(out > 0, dout, out + alpha)


def prelu_mean(dout, cache):
    dx, dalpha = prelu_backward(dout, cache)
    return dx, dalpha / len(dout)


def prelu_open_at_zero(dout, cache):
    x, alpha = cache
    return np.where(x >= 0, dout, alpha * dout), prelu_backward(dout, cache)[1]


def nearly_all_silent(h):
    return np.mean((h > 0).mean(axis=0) < 0.05)


def _silu(local):
    def function(dout, cache):
        x, gate = cache
        return dout * local(x, gate, gate * (1 - gate))

    return function


gate_alone = _silu(lambda x, gate, slope: gate)
slopes_multiplied = _silu(lambda x, gate, slope: slope)
no_input = _silu(lambda x, gate, slope: gate + slope)
input_fixed = _silu(lambda x, gate, slope: x * slope)
minus_between = _silu(lambda x, gate, slope: gate - x * slope)
of_relu = _silu(lambda x, gate, slope: x > 0)
output_for_gate = _silu(lambda x, gate, slope: x * gate + slope)


def without_upstream(dout, cache):
    x, gate = cache
    return gate + x * gate * (1 - gate)


def inputs_of_one_sign(x, delta):
    return float(np.mean(np.abs(np.sign(x).sum(axis=1)) == x.shape[1]))


def all_inputs_positive(x, delta):
    return sum(row.min() > 0 for row in x) / len(x)


ELSEWHERE = {
    "activations.sigmoid_forward": (
        ("infinity divided by infinity", rising_exponential),
        ("exponential of a large positive number", one_over_exp),
        ("exponential of a large positive number", clipped_exponent),
    ),
    "activations.tanh_backward": (("the output in place of the slope", tanh_for_its_slope),),
    "activations.leaky_relu_forward": (("a slope of 0.1, whatever is asked for", fixed_slope),),
    "activations.elu_backward": (("the upstream gradient on one side only", elu_one_sided),),
    "activations.prelu_backward": (
        ("mean instead of sum", prelu_mean),
        ("gradient 1 at zero", prelu_open_at_zero),
    ),
    "activations.same_sign_fraction": (
        ("the inputs alone", inputs_of_one_sign),
        ("positive inputs alone", all_inputs_positive),
    ),
    "activations.dead_fraction": (("rare is dead", nearly_all_silent),),
    "gated.silu_backward": (
        ("the gate held fixed", gate_alone),
        ("the derivatives multiplied", slopes_multiplied),
        ("the input forgotten in the second term", no_input),
        ("the input held fixed", input_fixed),
        ("minus between the two terms", minus_between),
        ("the slope of ReLU", of_relu),
        ("the output in place of the gate", output_for_gate),
        ("the upstream gradient is missing", without_upstream),
    ),
}
