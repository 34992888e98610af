# %% [markdown]
# # 02 · Activation functions
#
# Between two layers of a network stands a function that bends. It works on one number at a time,
# and it is the simplest part of the whole network. Yet for many years a bad choice here was one of
# the things that kept deep networks from learning.
#
# **After this lecture you can**
#
# - write the forward and the backward pass of seven activation functions, also for inputs so large
#   that the plain formula breaks;
# - say for each of them where the gradient dies, and measure it;
# - explain why inputs that are all positive send the weights on a zig-zag;
# - tell a silent unit from a dead one;
# - choose an activation for a new network, and give a reason.
#
# **Time** About two hours. Half-way, after ReLU, is a good place for a break.
# **Builds on** the chain rule and NumPy arrays.
#
# Predict first, then run. A wrong prediction costs nothing and teaches most. When you are stuck,
# ask for a hint in a cell of your own: `hint("activations.sigmoid_forward")`. Cells that draw a figure
# run on your functions; you need not read their code.

# %% tags=["setup"]
import numpy as np
from jaxtyping import Float, Int

from grader import check, hint, progress
from utils.activations import (
    normal_moments,
    prelu_forward,
    saturation_fraction,
    tanh_forward,
    time_fn,
)
from utils.data import Dataset, load_digits, make_spirals
from utils.networks import MLP
from utils.optimizers import adam_step, sgd_step
from utils.plots import COLORS, compare, figure, histograms, show
from utils.training import train, training_steps
from utils.widgets import Choice, LogSlider, Player, Slider, Toggle, explore, live

# %% [markdown]
# ## Why bend at all
#
# A layer computes $xW + b$. Stack two layers with nothing in between:
#
# $$(xW_1 + b_1)W_2 + b_2 \;=\; x\,(W_1W_2) + (b_1W_2 + b_2).$$
#
# That is one layer again. A hundred layers would be one layer, too. Only a function that bends,
# put between them, makes depth worth anything.
#
# Training looks at this function from behind. Let $\text{out} = \varphi(x)$, and let $L$ be the
# loss, the number that training makes small. The chain rule says
#
# $$\underbrace{\frac{\partial L}{\partial x}}_{\text{flows on}} \;=\;
# \underbrace{\frac{\partial L}{\partial\,\text{out}}}_{\text{upstream}} \cdot
# \underbrace{\varphi'(x)}_{\text{local}}.$$
#
# So an activation is a gate for the gradient, and $\varphi'$ says how far it is open. Every
# question of this lecture is about that gate.
#
# In code each activation is a pair of functions. Here is the pair for $\varphi(x) = x^2$:
#
# ```python
# def square_forward(x):
#     return x**2, x                # the output, and a cache: what the way back will need
#
# def square_backward(dout, cache):
#     x = cache
#     return dout * 2 * x           # upstream times local
# ```
#
# `dout` is $\partial L/\partial\,\text{out}$. It has the shape of the output.

# %% [markdown] tags=["ACT-01"]
# ## The catalogue
#
# | name | formula | paper the lectures name |
# |---|---|---|
# | sigmoid | $\sigma(x) = 1/(1 + e^{-x})$ | |
# | tanh | $\tanh x$ | LeCun et al. 1991 |
# | ReLU | $\max(0, x)$ | Krizhevsky et al. 2012 |
# | leaky ReLU | $\max(0.1x, x)$, or another slope: see section 4 | Maas et al. 2013 |
# | PReLU | the same, with a learned slope | He et al. 2015 |
# | ELU | $x$ for $x > 0$, $\alpha(e^x - 1)$ for $x \le 0$ | Clevert et al. 2015 |
# | maxout | $\max(w_1^\top x + b_1,\; w_2^\top x + b_2)$ | Goodfellow et al. 2013 |
#
# Lectures show this list as one slide with six small curves. You will draw that slide yourself at
# the end, from your own functions. Read the list from top to bottom as a story: each entry repairs
# a fault of an earlier one.

# %% [markdown] tags=["ACT-02"]
# ## 1 · Sigmoid
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# The sigmoid squashes any number into the range from 0 to 1. It was loved because it reads like a
# nerve cell: silent near 0, firing more and more, at its limit near 1.
#
# The formula has a trap. For $x = -1000$ it asks for $e^{1000}$, and the largest float64 is about
# $e^{709.8}$. Multiply top and bottom by $e^{x}$:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^{x}}{1 + e^{x}}.$$
#
# These are two forms of the same number. Each one is safe for one sign of $x$. Which is safe for
# which?

# %% tags=["exercise"]
from utils.activations import sigmoid_forward

# %% tags=["check"]
check("activations.sigmoid_forward")

# %% [markdown] tags=["E-04"]
# ### Spot the error: the ends of the range
#
# > Sigmoid: squashes numbers to range $[0, 1]$. tanh: squashes numbers to range $[-1, 1]$.
#
# Square brackets say that the ends belong to the range.

# %% tags=["predict"]
open_interval = ...

# %% tags=["check"]
check("activations.open_interval")

# %% [markdown] tags=["ACT-03"]
# ### The slope, and the gate
#
# Differentiate, and look for $\sigma$ in what you get:
#
# $$\sigma'(x) = \frac{e^{-x}}{(1 + e^{-x})^2}
#   = \frac{1}{1 + e^{-x}} \cdot \frac{e^{-x}}{1 + e^{-x}} = \sigma(x)\,\bigl(1 - \sigma(x)\bigr).$$
#
# The slope needs the output only. That is why the cache holds `out` and not `x`.

# %% tags=["predict"]
sigmoid_gates = ...

# %% tags=["check"]
check("activations.sigmoid_gates")

# %% tags=["exercise"]
from utils.activations import sigmoid_backward

# %% tags=["check"]
check("activations.sigmoid_backward")


# %% tags=["demo"]
def local_gradient(forward, backward, x, *args):
    """The slope of an activation: its backward pass on ones."""
    return backward(np.ones_like(x), forward(x, *args)[1])


x = np.linspace(-12, 12, 481)
points = np.array([-10.0, 0.0, 10.0])
fig, (left, right) = figure(1, 2, size=(8.6, 2.9))
left.plot(x, sigmoid_forward(x)[0], color=COLORS.train, lw=2)
left.plot(points, sigmoid_forward(points)[0], "o", color=COLORS.validation)
left.set(xlabel="input x", ylabel="output σ(x)")
slopes = local_gradient(sigmoid_forward, sigmoid_backward, points)
right.plot(x, local_gradient(sigmoid_forward, sigmoid_backward, x), color=COLORS.train, lw=2)
right.plot(points, slopes, "o", color=COLORS.validation)
right.axhline(0.25, color=COLORS.reference, ls="--", lw=1)
right.text(-12, 0.255, "1/4", color=COLORS.reference)
for point, slope in zip(points, slopes, strict=True):
    right.annotate(f"{slope:.3g}", (point, slope), (0, 9), textcoords="offset points", ha="center")
right.set(xlabel="input x", ylabel="local gradient σ′(x)", ylim=(-0.01, 0.3))
show(
    fig,
    caption="Left the sigmoid, right its slope. The gate is open near 0 only, and never by more "
    "than a quarter.",
    alt="Left: the sigmoid rises from 0 to 1 around x = 0. Right: its slope, a bump with its top "
    "of 0.25 at x = 0, practically 0 at x = -10 and x = 10.",
)

# %% [markdown]
# **Explore.** The gain $a$ makes the curve $\sigma(ax)$ flatter or steeper, up to a step. The bars
# show what arrives, the gate, and what flows on.


# %% tags=["demo"]
def draw_gate():
    fig, (left, right) = figure(1, 2, size=(8.6, 2.9), width_ratios=(3, 2))
    (curve,) = left.plot(x, x, color=COLORS.train, lw=2, label="σ(ax)")
    (tangent,) = left.plot([0, 1], [0, 1], color=COLORS.validation, lw=2, label="slope here")
    (dot,) = left.plot([0], [0], "o", color=COLORS.validation, ms=8)
    left.set(xlabel="input x", ylabel="output σ(ax)", ylim=(-0.1, 1.1), xlim=(-10.5, 10.5))
    left.legend(frameon=False, loc="upper left")
    bars = right.barh(["flows on", "local", "upstream"], [1, 1, 1], color=COLORS.yours)
    right.set(xlabel="gradient", xlim=(0, 1.3))
    return fig, (curve, tangent, dot, *bars)


def move_gate(artists, at, gain):
    curve, tangent, dot, flows_on, local, _ = artists
    out, cache = sigmoid_forward(np.array([gain * at]))
    slope = gain * sigmoid_backward(np.ones(1), cache)[0]
    curve.set_ydata(sigmoid_forward(gain * curve.get_xdata())[0])
    dot.set_data([at], out)
    reach = 1.5 / np.hypot(1, 6 * slope)
    tangent.set_data([at - reach, at + reach], [out[0] - reach * slope, out[0] + reach * slope])
    local.set_width(slope)
    flows_on.set_width(slope)
    return (
        f"At x = {at:.1f} with gain {gain:.2g} the output is {out[0]:.3f}. Of an upstream "
        f"gradient of 1, {slope:.2g} flows on to x."
    )


explore(
    draw_gate,
    move_gate,
    controls={
        "at": Slider(-10, 10, 0.1, 1.5, label="input x"),
        "gain": LogSlider(0.1, 4, value=1, label="gain a"),
    },
    goal="Find a place where more than 0.5 flows on. Then move x by 2: what is left?",
)

# %% [markdown]
# ### Saturated neurons kill gradients
#
# Far from zero the gate is shut. Such a neuron is called *saturated*. And even at its best place
# it lets a quarter through. What does that mean for a deep network?

# %% tags=["predict"]
ten_sigmoids = ...

# %% tags=["check"]
check("activations.ten_sigmoids")

# %% [markdown]
# How many neurons are saturated depends on how large their inputs are. The next cell draws inputs
# of three sizes and looks at the local gradients. Which of the three would you like in a network?

# %% tags=["demo"]
rng = np.random.default_rng(0)
local = {}
for std in (0.1, 1, 10):
    slopes = local_gradient(sigmoid_forward, sigmoid_backward, std * rng.standard_normal(100_000))
    local[f"inputs of std {std:g}: {saturation_fraction(slopes):.0%} saturated"] = slopes
saturated = [saturation_fraction(slopes) for slopes in local.values()]
fig = histograms(local, value_range=(0, 0.25), xlabel="local gradient σ′(x)", size=(8.6, 2.5))
show(
    fig,
    caption="Saturated means: local gradient below 0.01. Small inputs keep every gate open by a "
    "quarter; inputs of standard deviation 10 shut most of them.",
    alt="Three histograms of the sigmoid's local gradient. For inputs of standard deviation 0.1 "
    "all values lie at 0.25; for 1 they spread from 0.1 to 0.25; for 10 most lie at 0.",
)

# %% [markdown] tags=["ACT-04"]
# ### Outputs that are never negative
#
# The second fault hides one layer further up. Take a neuron there, with output
# $f(\sum_i w_i x_i + b)$. Write $\delta$ for the gradient of the loss on its sum. Then
#
# $$\frac{\partial L}{\partial w_i} = \delta\, x_i .$$
#
# Its inputs $x_i$ are the outputs of sigmoids, so they are all positive.

# %% tags=["predict"]
one_sign = ...

# %% tags=["check"]
check("activations.one_sign")

# %% [markdown]
# Now measure it. Write a function that counts the examples whose gradient has one sign only.

# %% tags=["exercise"]
from utils.activations import same_sign_fraction

# %% tags=["check"]
check("activations.same_sign_fraction")

# %% [markdown]
# The remedy is to *centre* the inputs: subtract from each its mean, so that it is negative as
# often as positive. Predict how much that helps.

# %% tags=["predict"]
centred_chance = ...

# %% tags=["check"]
check("activations.centred_chance")

# %% tags=["demo"]
rng = np.random.default_rng(0)
inputs = rng.random((500_000, 10))  # ten positive inputs
labels = rng.integers(0, 2, len(inputs))
delta = sigmoid_forward(np.zeros(len(inputs)))[0] - labels  # an untrained neuron: output - label
centred = inputs - inputs.mean(axis=0)
shares = {
    "positive inputs": same_sign_fraction(inputs, delta),
    "the same, centred": same_sign_fraction(centred, delta),
}
compare(
    [
        ("positive inputs", shares["positive inputs"], 1.0),
        ("the same, centred", shares["the same, centred"], 2 / 2**10),
    ],
    rel_tol=0.1,
    printed="coins",
    caption="Share of examples whose gradient on w has one sign, beside what ten coins give. An earlier "
    "run with fewer examples counted 100 % and 0.1 %.",
)

# %% [markdown] tags=["ACT-04", "E-05"]
# ### Spot the error: "always"
#
# > What can we say about the gradients on $w$? Always all positive or all negative.
#
# The slide thinks of one example. Training takes several examples at a time, a *mini-batch*, and adds
# up their gradients.

# %% tags=["predict"]
batch_of_two = ...

# %% tags=["check"]
check("activations.batch_of_two")

# %% [markdown]
# And with 100 examples in a batch, or 1000? Split each input into its mean and the rest,
# $x_{ni} = \bar x_i + (x_{ni} - \bar x_i)$, and sum over the examples $n$:
#
# $$\frac{\partial L}{\partial w_i} \;=\; \bar x_i \sum_n \delta_n \;+\; \sum_n \delta_n\,(x_{ni} - \bar x_i).$$
#
# The means are positive, so the first term has the same sign for every $i$: it pulls all weights
# the same way. With random labels both terms grow like the root of the batch size, so the first
# one never drowns in the second. It is the **mean** of the inputs that does the harm.


# %% tags=["demo"]
def batch_share(inputs, size):
    """Share of mini-batches whose summed gradient has one sign."""
    gradients = (delta[:, None] * inputs).reshape(-1, size, inputs.shape[1]).sum(axis=1)
    return same_sign_fraction(gradients, np.ones(len(gradients)))


earlier = {2: 0.49, 10: 0.41, 100: 0.45}
batch_shares = {size: batch_share(inputs, size) for size in earlier}
centred_batch_shares = {size: batch_share(centred, size) for size in earlier}
compare(
    [(f"batches of {size}", batch_shares[size], earlier[size]) for size in earlier],
    rel_tol=0.15,
    printed="earlier run",
    caption="Share of batches whose summed gradient has one sign; positive inputs, random labels. "
    "For large batches theory says 0.40. "
    f"With centred inputs it is {max(centred_batch_shares.values()):.1%} at most.",
)

# %% [markdown]
# **Explore.** Two weights start at 0 and look for a target in the lower right: one weight has to
# rise, the other to fall. Each step uses one example. With positive inputs every step goes up and to
# the right, or down and to the left.

# %% tags=["demo"]
target = np.array([1.5, -1.0])
examples = 0.5 + np.random.default_rng(3).random((300, 2))  # two inputs between 0.5 and 1.5


def draw_way():
    fig, ax = figure(size=(6.4, 4.2))
    (way,) = ax.plot([0], [0], "o-", color=COLORS.train, ms=3, lw=1.2, label="way of the weights")
    ax.plot(0, 0, "o", mfc="none", mec=COLORS.train, ms=11)
    ax.plot(*target, "*", color=COLORS.validation, ms=16, label="target")
    ax.set(xlabel="weight $w_1$", ylabel="weight $w_2$", xlim=(-0.7, 2.1), ylim=(-1.4, 0.9))
    ax.legend(frameon=False, loc="upper right")
    return fig, way


def move_way(way, centre, lr, steps):
    x = examples - examples.mean(axis=0) if centre else examples
    w, path, delta = np.zeros(2), [np.zeros(2)], []
    for n in range(steps):
        delta.append((w - target) @ x[n])  # output - answer of a linear neuron
        w = np.clip(w - lr * delta[-1] * x[n], -1e6, 1e6)
        path.append(w)
    way.set_data(*np.clip(path, -50, 50).T)
    distances = np.linalg.norm(np.array(path) - target, axis=1)
    close = np.flatnonzero(distances < 0.1)
    if len(close):
        arrived = f"It is within 0.1 of the target after {close[0]} steps."
    else:
        arrived = (
            f"It ends {distances[-1]:.2g} away from the target; it began {distances[0]:.2f} away."
        )
    together = same_sign_fraction(x[:steps], np.array(delta))
    return f"{arrived} {together:.0%} of the steps moved both weights the same way."


explore(
    draw_way,
    move_way,
    controls={
        "centre": Toggle(False, label="centre the inputs"),
        "lr": LogSlider(0.1, 10, value=0.5, label="learning rate"),
        "steps": Slider(1, 300, 1, 60, label="steps"),
    },
    goal="Find the learning rate that arrives soonest: first with positive inputs, then with centred "
    "ones. What happens to positive inputs at the rate that is best for centred ones?",
)

# %% [markdown]
# With the same small rate both arrive equally late. But the mean makes the loss steep in one direction
# and flat across it. The steep direction forbids a large rate, and the flat one would need it.

# %% [markdown] tags=["ACT-05"]
# ### And `exp` takes time
#
# The third complaint is small. An exponential costs more than a comparison. How much more, on your
# machine? The cell takes the fastest of five calls.

# %% tags=["demo"]
forwards = {
    "sigmoid": sigmoid_forward,
    "tanh": tanh_forward,
    "max(0, x)": lambda x: (np.maximum(0, x), x),
}
sizes = [1_000, 100_000, 1_000_000]
numbers = np.random.default_rng(0).standard_normal(sizes[-1])
fig, ax = figure(size=(7, 2.9))
for i, (name, forward) in enumerate(forwards.items()):
    nanoseconds = [1e9 * time_fn(forward, numbers[:n], repeats=5) / n for n in sizes]
    bars = ax.bar(
        np.arange(3) + 0.27 * (i - 1), nanoseconds, 0.25, label=name, hatch=["", "//", ".."][i]
    )
    ax.bar_label(bars, fmt="%.1f", fontsize=8)
ax.set_xticks(range(3), [f"{n:,} numbers" for n in sizes])
ax.set(ylabel="time per number (ns)")
ax.legend(frameon=False)
show(
    fig,
    caption="Nanoseconds per number. The comparison is cheapest. In a whole network the matrix "
    "products cost far more than any activation, so this is the least of the three complaints.",
    alt="Bars: time per number of sigmoid, tanh and the maximum with zero, for three array sizes. "
    "The maximum takes the least time.",
)

# %% [markdown] tags=["ACT-06"]
# ## 2 · tanh
#
# Stretch the sigmoid to twice its height, squeeze it to half its width, and shift it down by 1:
#
# $$\tanh x = 2\,\sigma(2x) - 1 .$$
#
# Its outputs lie between $-1$ and $1$ and are zero-centred. That repairs the second fault of the
# sigmoid. (The slides cite LeCun et al. 1991.)

# %% tags=["predict"]
tanh_slope = ...

# %% tags=["check"]
check("activations.tanh_slope")

# %% [markdown]
# In terms of its output the slope is $1 - \tanh^2 x$. It follows from the identity: with
# $s = \sigma(2x)$ the slope is $4s(1-s)$, and $1 - (2s-1)^2$ is the same.

# %% tags=["exercise"]
from utils.activations import tanh_backward

# %% tags=["check"]
check("activations.tanh_backward")

# %% tags=["demo"]
x = np.linspace(-6, 6, 241)
stretched = 2 * sigmoid_forward(2 * x)[0] - 1
identity_gap = np.abs(tanh_forward(x)[0] - stretched).max()
tanh_slopes = local_gradient(tanh_forward, tanh_backward, points)
fig, (left, right) = figure(1, 2, size=(8.6, 2.9))
left.plot(x, tanh_forward(x)[0], color=COLORS.train, lw=4, alpha=0.4, label="tanh x")
left.plot(x, stretched, "--", color=COLORS.validation, lw=1.5, label="2 σ(2x) − 1")
left.plot(x, sigmoid_forward(x)[0], ":", color=COLORS.reference, label="σ(x)")
left.set(xlabel="input x", ylabel="output")
left.legend(frameon=False)
right.plot(
    x, local_gradient(tanh_forward, tanh_backward, x), color=COLORS.train, lw=2, label="tanh"
)
right.plot(
    x, local_gradient(sigmoid_forward, sigmoid_backward, x), ":", color=COLORS.reference, label="σ"
)
right.set(xlabel="input x", ylabel="local gradient")
right.legend(frameon=False)
show(
    fig,
    caption=f"The identity holds: the largest difference is {identity_gap:.0e}, rounding only. The "
    "slope of tanh is four times as high as the sigmoid's, but narrower: at x = ±10 it is "
    f"{tanh_slopes[0]:.1e}.",
    alt="Left: tanh and the stretched sigmoid lie on each other, from -1 to 1; the plain sigmoid "
    "runs from 0 to 1. Right: the slope of tanh, a bump of height 1; the sigmoid's is 0.25 high.",
)

# %% [markdown]
# So tanh still saturates, even sooner than the sigmoid: it is zero-centred, "but otherwise like
# the sigmoid".
#
# **Explore.** Zero-centred outputs need zero-centred inputs. Shift and stretch the inputs and
# watch the mean of the outputs and the share of saturated neurons.

# %% tags=["demo"]
standard = np.random.default_rng(0).standard_normal(4000)
squashers = {
    "tanh": (tanh_forward, tanh_backward),
    "sigmoid": (sigmoid_forward, sigmoid_backward),
}
z = np.linspace(-8, 8, 161)


def draw_inputs():
    fig, (left, right) = figure(1, 2, size=(8.6, 3))
    bars_in = left.bar(
        np.linspace(-7.75, 7.75, 32), np.zeros(32), 0.5, color=COLORS.train, alpha=0.5
    )
    (curve,) = left.plot(z, z, color=COLORS.validation, lw=2, label="slope of the activation")
    left.set(xlabel="input x", ylabel="share, slope", xlim=(-8, 8), ylim=(0, 1.25))
    left.legend(frameon=False, loc="upper left")
    bars_out = right.bar(np.linspace(-0.95, 0.95, 20), np.zeros(20), 0.1, color=COLORS.yours)
    line = right.axvline(0, color=COLORS.validation, lw=2, label="mean")
    right.set(xlabel="output", ylabel="share", ylim=(0, 0.75), xlim=(-1.05, 1.05))
    right.legend(frameon=False, loc="upper left")
    return fig, (curve, line, list(bars_in), list(bars_out))


def move_inputs(artists, activation, mean, std):
    curve, line, bars_in, bars_out = artists
    forward, backward = squashers[activation]
    inputs = mean + std * standard
    out, cache = forward(inputs)
    shut = saturation_fraction(backward(np.ones_like(out), cache))
    curve.set_ydata(local_gradient(forward, backward, curve.get_xdata()))
    for bars, values, ends in ((bars_in, inputs, 8), (bars_out, out, 1)):
        counts, _ = np.histogram(values, bins=len(bars), range=(-ends, ends))
        for bar, count in zip(bars, counts, strict=True):
            bar.set_height(count / len(values))
    line.set_xdata([out.mean(), out.mean()])
    return (
        f"{activation} of inputs with mean {mean:.1f} and std {std:.1f}: the outputs have mean "
        f"{out.mean():.2f}, and {shut:.0%} of the neurons are saturated (slope below 0.01)."
    )


explore(
    draw_inputs,
    move_inputs,
    controls={
        "activation": Choice(["tanh", "sigmoid"], label="activation"),
        "mean": Slider(-4.0, 4.0, 0.1, 0.0, label="mean of the inputs"),
        "std": Slider(0.1, 5.0, 0.1, 1.0, label="std of the inputs"),
    },
    goal="Saturate half of the tanh neurons, once by the mean and once by the std. Then find inputs "
    "for which the outputs of the sigmoid have mean 0. Can you?",
)

# %% [markdown] tags=["ACT-07"]
# ## 3 · ReLU
#
# The *rectified linear unit* keeps what is positive and drops the rest:
#
# $$\mathrm{ReLU}(x) = \max(0, x).$$
#
# It costs one comparison. Slides add that it is the better picture of a nerve cell, which is silent
# most of the time.

# %% tags=["exercise"]
from utils.activations import relu_forward

# %% tags=["check"]
check("activations.relu_forward")

# %% tags=["predict"]
relu_gates = ...

# %% tags=["check"]
check("activations.relu_gates")

# %% [markdown]
# The local gradient is a switch:
#
# $$\mathrm{ReLU}'(x) = \mathbb 1[x > 0].$$
#
# On the right side it never saturates. Write the way back, and mind the corner.

# %% tags=["exercise"]
from utils.activations import relu_backward

# %% tags=["check"]
check("activations.relu_backward")

# %% [markdown] tags=["ACT-07"]
# ### Is it really six times faster?
#
# Slides say: "converges much faster than sigmoid/tanh in practice (e.g. 6×)". The number has one
# source. Krizhevsky, Sutskever and Hinton (2012) trained one convolutional network with four
# layers on CIFAR-10, and ReLU reached 25 % training error six times sooner than tanh. That is one
# network, one data set, one goal. We measure on ours: digits of 8 × 8 pixels, three layers of 50
# neurons (*units*) between input and output (*hidden* layers).
#
# An *epoch* is one pass over all training examples. The loss is minus the natural logarithm of the
# probability that the network gives to the right digit, averaged over the examples (the
# *cross-entropy*; its unit is the *nat*). A network that guesses among ten digits has
# $\ln 10 = 2.303$.

# %% tags=["predict"]
race = ...

# %% tags=["check"]
check("activations.race")

# %% tags=["demo"]
digits = load_digits()
pairs = {
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
    "ReLU": (relu_forward, relu_backward),
}


def losses_until(pair, goal, seed, lr=0.3, most=150):
    """Training loss after each epoch, until it is below the goal."""
    model = MLP([64, 50, 50, 50, 10], activation=pair, rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    for run in training_steps(
        model, digits, step=sgd_step, lr=lr, epochs=most, batch_size=50, rng=rng
    ):
        if run.epoch_ended and run.history.train_loss[-1] < goal:
            break
    return run.history.train_loss


runs = {name: [losses_until(pair, 0.1, seed) for seed in range(3)] for name, pair in pairs.items()}
epochs = {name: [len(losses) for losses in three] for name, three in runs.items()}
mean_epochs = {name: np.mean(counts) for name, counts in epochs.items()}
ratios = {name: mean_epochs[name] / mean_epochs["ReLU"] for name in epochs}

fig, ax = figure(size=(7.5, 3.2))
for (name, three), style in zip(runs.items(), (":", "--", "-"), strict=True):
    for losses in three:
        ax.plot(
            range(1, 1 + len(losses)),
            losses,
            style,
            label=name if losses is three[0] else None,
            color={"sigmoid": COLORS.reference, "tanh": COLORS.validation, "ReLU": COLORS.train}[
                name
            ],
        )
ax.axhline(0.1, color=COLORS.warning, lw=1)
ax.text(1, 0.107, "goal", color=COLORS.warning)
ax.set(xlabel="epoch", ylabel="training loss (nats)", xscale="log", yscale="log")
ax.legend(frameon=False)
show(
    fig,
    caption="Three starts each. Epochs to a training loss of 0.1: "
    + "; ".join(f"{name} {counts}" for name, counts in epochs.items())
    + f". Sigmoid to ReLU: {ratios['sigmoid']:.1f}, tanh to ReLU: {ratios['tanh']:.1f}.",
    alt="Training loss over epochs on logarithmic axes. The lines of tanh and ReLU fall together "
    "within ten epochs; those of the sigmoid stay flat for many epochs and fall much later.",
)

# %% [markdown]
# On this network the sigmoid needs more than ten times as many epochs as ReLU. But tanh keeps
# pace. The factor of six is true where it was measured. Here it is not, and for another network
# you have to measure again.
#
# **Explore.** The same race, live: start a run, stop it, choose another activation, start again.


# %% tags=["demo"]
def slices(values):
    model = MLP(
        [64, 50, 50, 50, 10], activation=pairs[values.activation], rng=np.random.default_rng(0)
    )
    for run in training_steps(
        model,
        digits,
        step=sgd_step,
        lr=values.lr,
        epochs=150,
        batch_size=50,
        rng=np.random.default_rng(0),
        abort_factor=None,
    ):
        run.lr = values.lr
        if run.epoch_ended:
            yield run.history


def draw_training():
    fig, (left, right) = figure(1, 2, size=(8.6, 3))
    (loss,) = left.plot([], [], color=COLORS.train, lw=2)
    left.set(
        xlabel="epoch", ylabel="training loss (nats)", xlim=(0, 150), ylim=(1e-3, 10), yscale="log"
    )
    (accuracy,) = right.plot([], [], color=COLORS.validation, lw=2)
    right.set(xlabel="epoch", ylabel="validation accuracy", xlim=(0, 150), ylim=(0, 1))
    return fig, (loss, accuracy)


def move_training(artists, history, activation, lr):
    n = np.arange(1, 1 + len(history.train_loss))
    artists[0].set_data(n, np.clip(history.train_loss, 1e-3, 10))
    artists[1].set_data(n, history.val_acc)
    return (
        f"Epoch {len(n)}, rate {lr:.2g}: training loss {history.train_loss[-1]:.3g}, validation "
        f"accuracy {history.val_acc[-1]:.1%}. The next new run uses {activation}."
    )


live(
    draw_training,
    slices,
    move_training,
    controls={
        "activation": Choice(list(pairs), label="activation", value="sigmoid"),
        "lr": LogSlider(0.01, 3, value=0.3, label="learning rate"),
    },
    goal="The sigmoid sits on a plateau at first. Find a learning rate that gets it down within 40 "
    "epochs. Does ReLU survive that rate?",
    preview=40,
)

# %% [markdown] tags=["ACT-08"]
# ### What ReLU costs
#
# First: its outputs are never negative, so they are not zero-centred. How far off are they?

# %% tags=["predict"]
relu_mean = ...

# %% tags=["check"]
check("activations.relu_mean")

# %% [markdown]
# Second: the left half of the gate is not nearly shut, it is shut. Suppose a large step pushes the
# bias of a unit so far down that its sum is negative for every example.

# %% tags=["predict"]
dead_unit = ...

# %% tags=["check"]
check("activations.dead_unit")

# %% [markdown]
# A unit is *silent* on an example when it gives 0 there. Write the measure of *dead* units, and mind
# the difference.

# %% tags=["exercise"]
from utils.activations import dead_fraction

# %% tags=["check"]
check("activations.dead_fraction")

# %% [markdown]
# What kills units? Two experiments with one hidden layer of 50 units. On the left we train with
# larger and larger learning rates. On the right we push all biases down, then train ten epochs at a
# harmless rate.


# %% tags=["demo"]
def relu_net(seed=0):
    return MLP(
        [64, 50, 10], activation=(relu_forward, relu_backward), rng=np.random.default_rng(seed)
    )


def trained(model, lr, epochs):
    return train(
        model,
        digits,
        step=sgd_step,
        lr=lr,
        epochs=epochs,
        batch_size=50,
        rng=np.random.default_rng(0),
        abort_factor=None,
    )


def dead_in_first_layer(model):
    return dead_fraction(model.activations(digits.x_train)[0])


lrs = [0.1, 0.3, 1, 2, 3, 5]
with np.errstate(all="ignore"):
    dead_by_lr = [dead_in_first_layer(trained(relu_net(), lr, 5).model) for lr in lrs]
pushes = [0, 0.5, 1, 1.5, 2, 3]
dead_before, dead_after = [], []
for push in pushes:
    model = relu_net()
    model.params["b1"] = model.params["b1"] - push
    dead_before.append(dead_in_first_layer(model))
    dead_after.append(dead_in_first_layer(trained(model, 0.1, 10).model))

fig, (left, right) = figure(1, 2, size=(8.6, 3), sharey=True)
left.plot(lrs, dead_by_lr, "o-", color=COLORS.warning)
left.set(xlabel="learning rate", ylabel="dead units (share)", xscale="log", ylim=(-0.05, 1.05))
right.plot(pushes, dead_before, "o-", color=COLORS.train, label="after the push")
right.plot(pushes, dead_after, "s--", color=COLORS.validation, label="after ten more epochs")
right.set(xlabel="biases pushed down by")
right.legend(frameon=False)
show(
    fig,
    caption="Left: somewhere above learning rate 1 the layer dies within five epochs. Right: units "
    "that are dead after the push are dead after the training. None comes back.",
    alt="Left: share of dead units over the learning rate, near 0 up to a rate of 0.3, near 1 from "
    "a rate of 2. Right: share of dead units over the push, rising from 0 to 1; the "
    "line after training lies on the line before it, or above.",
)

# %% [markdown]
# **Explore.** One unit with two inputs. The line is $w^\top x + b = 0$. The unit sees the side to
# which the knob on the line points. Push the line out of the cloud and the unit is dead.

# %% tags=["demo"]
cloud_2d = np.random.default_rng(1).standard_normal((150, 2))


def draw_unit():
    fig, ax = figure(size=(5.6, 4.2))
    (silent,) = ax.plot([], [], "o", mfc="none", color=COLORS.reference, ms=4, label="silent")
    (active,) = ax.plot([], [], "o", color=COLORS.train, ms=5, label="active")
    (line,) = ax.plot([], [], color=COLORS.validation, lw=2)
    (arrow,) = ax.plot([], [], "o-", color=COLORS.validation, lw=3, ms=7, markevery=[1])
    ax.set(xlabel="input $x_1$", ylabel="input $x_2$", xlim=(-4, 4), ylim=(-4, 4), aspect="equal")
    ax.legend(frameon=False, loc="upper right")
    return fig, (silent, active, line, arrow)


def move_unit(artists, angle, bias):
    silent, active, line, arrow = artists
    w = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    h, cache = relu_forward(cloud_2d @ w + bias)
    gate = relu_backward(np.ones_like(h), cache)
    silent.set_data(*cloud_2d[h == 0].T)
    active.set_data(*cloud_2d[h > 0].T)
    foot, along = -bias * w, 12 * np.array([-w[1], w[0]])
    line.set_data(*np.stack([foot - along, foot + along]).T)
    arrow.set_data(*np.stack([foot, foot + 0.6 * w]).T)
    gradient = np.linalg.norm(gate @ cloud_2d / len(cloud_2d))
    state = "dead: nothing will ever move it" if dead_fraction(h[:, None]) else "alive"
    return (
        f"{gate.mean():.0%} of the examples pass. With an upstream gradient of 1 each, the gradient "
        f"on w has length {gradient:.3f}. The unit is {state}."
    )


explore(
    draw_unit,
    move_unit,
    controls={
        "angle": Slider(0, 360, 5, 40, label="direction of w", unit="degrees"),
        "bias": Slider(-5.0, 5.0, 0.1, -1.0, label="bias b"),
    },
    goal="Kill the unit with the bias alone. Then turn w: is there a direction that revives it? "
    "Could gradient descent find it?",
)

# %% [markdown]
# **A good place for a break.** You have met the three activations that most networks used, and
# their faults. What follows are repairs.

# %% [markdown] tags=["ACT-09"]
# ## 4 · Leaky ReLU
#
# Leave a small slope $a$ on the left. Then a closed gate still leaks, and no unit is lost for ever:
#
# $$f(x) = \max(ax, x).$$
#
# (Maas, Hannun and Ng 2013. One of the slides spells the first author "Mass".)

# %% [markdown] tags=["E-03"]
# ### Spot the error: which slope?
#
# > Catalogue slide: $\max(0.1x, x)$. Detailed slide: $\max(0.01x, x)$. Another lecture:
# > $\max(ax, x)$ with $a \ne 1$.
#
# Three slides, three definitions. So the slope has to be an argument, and the argument needs a
# range.

# %% tags=["predict"]
leaky_slope = ...

# %% tags=["check"]
check("activations.leaky_slope")

# %% tags=["exercise"]
from utils.activations import leaky_relu_forward

# %% tags=["check"]
check("activations.leaky_relu_forward")

# %% tags=["exercise"]
from utils.activations import leaky_relu_backward

# %% tags=["check"]
check("activations.leaky_relu_backward")

# %% [markdown] tags=["E-06"]
# ### Spot the error: "roughly zero-centred"
#
# > Leaky ReLU: always updates, roughly zero-centred, $a \ne 1$.
#
# It always updates; you have just written that. Is it zero-centred?

# %% tags=["predict"]
leaky_mean = ...

# %% tags=["check"]
check("activations.leaky_mean")

# %% [markdown] tags=["ACT-10"]
# ## 5 · PReLU
#
# Who says that the slope is 0.01? Let the data choose. In the *parametric* ReLU the slope $\alpha$
# is a parameter like a weight, one for each feature or one for all (He, Zhang, Ren and Sun 2015):
#
# $$\text{out} = \max(0, x) + \alpha\,\min(0, x).$$
#
# Slides write $\max(\alpha x, x)$. That is the same only while $\alpha \le 1$, and nobody keeps a
# learned $\alpha$ below 1. The form above is right for every $\alpha$.
#
# Now the output depends on two things, $x$ and $\alpha$, so two gradients flow back. Hold $x$
# fixed and move $\alpha$:
#
# $$\frac{\partial\,\text{out}}{\partial\alpha} = \min(0, x).$$
#
# The forward pass, `prelu_forward(x, alpha)`, is given. Write the way back. How many entries does
# one $\alpha$ serve, and what does the chain rule do with that?

# %% tags=["exercise"]
from utils.activations import prelu_backward

# %% tags=["check"]
check("activations.prelu_backward")

# %% [markdown]
# Does it learn? Four features hide four slopes: 0.3, 0, 0.7 and 1.2. All $\alpha$ start at 0.25, as in
# the paper. Gradient descent sees inputs and noisy outputs only.

# %% tags=["demo"]
rng = np.random.default_rng(0)
true_alpha = np.array([0.3, 0.0, 0.7, 1.2])
features = rng.standard_normal((500, 4))
answers = prelu_forward(features, true_alpha)[0] + 0.1 * rng.standard_normal((500, 4))
alpha = np.full(4, 0.25)
alphas = [alpha]
for _ in range(60):
    out, cache = prelu_forward(features, alpha)
    _, dalpha = prelu_backward((out - answers) / len(features), cache)  # loss: half the mean square
    alpha = alpha - 0.2 * dalpha
    alphas.append(alpha)

fig, ax = figure(size=(7, 3))
for j, (curve, style) in enumerate(zip(np.array(alphas).T, ("-", "--", "-.", ":"), strict=True)):
    (line,) = ax.plot(curve, style, lw=2)
    ax.axhline(true_alpha[j], color=line.get_color(), lw=0.7)
    ax.text(61, curve[-1], f"{curve[-1]:.2f}", color=line.get_color(), va="center")
ax.set(xlabel="step", ylabel="slope α", xlim=(0, 66))
show(
    fig,
    caption="Each slope finds its value (thin lines: the true ones), also the one above 1.",
    alt="Four curves of alpha over 60 steps. They start together at 0.25 and end at about 0.3, 0, "
    "0.7 and 1.2.",
)

# %% [markdown]
# **Explore.** The same four features. Watch the units bend, and find a better rate.

# %% tags=["demo"]
bend_at = np.linspace(-2, 1, 61)[:, None]
hidden_slopes, noise = true_alpha, 0.1 * np.random.default_rng(1).standard_normal((500, 4))
bend_inputs = np.random.default_rng(2).standard_normal((500, 4))
bend_answers = prelu_forward(bend_inputs, hidden_slopes)[0] + noise


def learn_slopes(lr, steps=40):
    """The four slopes after 0, 1, 2, ... steps of gradient descent."""
    slope, kept = np.full(4, 0.25), []
    for _ in range(steps + 1):
        kept.append(slope)
        out, cache = prelu_forward(bend_inputs, slope)
        slope = slope - lr * prelu_backward((out - bend_answers) / 500, cache)[1]
    return np.clip(kept, -9, 9)


def draw_slopes():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.1))
    curves, bends = [], []
    for j, style in enumerate(("-", "--", "-.", ":")):
        curves += left.plot([], [], style, lw=2, label=f"{hidden_slopes[j]:.1f}")
        left.axhline(hidden_slopes[j], color=curves[j].get_color(), lw=0.7)
        bends += right.plot(bend_at, bend_at, style, lw=2, color=curves[j].get_color())
    left.set(xlabel="step", ylabel="slope α", xlim=(0, 40), ylim=(-1, 2))
    left.legend(frameon=False, ncols=4, title="true slope", loc="lower center")
    right.set(xlabel="input x", ylabel="output of the unit", ylim=(-2.5, 1.2))
    return fig, (curves, bends)


def move_slopes(artists, t, lr):
    kept = learn_slopes(lr)
    for j, (curve, bend) in enumerate(zip(*artists, strict=True)):
        curve.set_data(np.arange(t + 1), kept[: t + 1, j])
        bend.set_ydata(prelu_forward(bend_at, kept[t, j : j + 1])[0])
    near = np.flatnonzero(np.all(np.abs(kept - hidden_slopes) < 0.03, axis=1))
    arrival = f"all are right after {near[0]} steps" if len(near) else "they never are all right"
    return (
        f"Step {t} at rate {lr:.2g}: the slopes are {', '.join(f'{a:.2f}' for a in kept[t])}; "
        f"at this rate {arrival}."
    )


explore(
    draw_slopes,
    move_slopes,
    controls={
        "t": Player(40, label="step", fps=8, value=10),
        "lr": LogSlider(0.02, 8, value=0.2, label="learning rate"),
    },
    goal="Find the rate at which all four arrive in the fewest steps. From which rate on do they never settle?",
)

# %% [markdown] tags=["ACT-11"]
# ## 6 · ELU
#
# Leaky ReLU goes down for ever. The *exponential linear unit* levels off (Clevert, Unterthiner and
# Hochreiter 2015):
#
# $$\text{out} = \begin{cases} x & x > 0 \\ \alpha\,(e^x - 1) & x \le 0 \end{cases}$$
#
# Three claims come with it. Its outputs are nearer to zero mean. Its flat end at $-\alpha$ gives
# some robustness to noise: far left, a little more or less changes nothing. And it needs an
# exponential, which costs time.

# %% tags=["exercise"]
from utils.activations import elu_forward

# %% tags=["check"]
check("activations.elu_forward")

# %% [markdown]
# For the way back, differentiate the left branch and compare with the output itself:
#
# $$\frac{d}{dx}\,\alpha(e^x - 1) = \alpha e^x, \qquad \text{out} = \alpha e^x - \alpha.$$

# %% tags=["predict"]
elu_smooth = ...

# %% tags=["check"]
check("activations.elu_smooth")

# %% tags=["exercise"]
from utils.activations import elu_backward

# %% tags=["check"]
check("activations.elu_backward")

# %% [markdown]
# How near to zero mean is each of them, for inputs $z \sim \mathcal N(0, 1)$? A million draws, beside
# the integral $\int \varphi(z)\,p(z)\,dz$ with the density $p$ of the normal distribution:

# %% tags=["demo"]
normal = np.random.default_rng(0).standard_normal(1_000_000)
candidates = {
    "ReLU": lambda z: relu_forward(z)[0],
    "leaky ReLU, a = 0.01": lambda z: leaky_relu_forward(z)[0],
    "leaky ReLU, a = 0.1": lambda z: leaky_relu_forward(z, 0.1)[0],
    "ELU, alpha = 1": lambda z: elu_forward(z)[0],
}
means = {name: f(normal).mean() for name, f in candidates.items()}
integrals = {name: normal_moments(f)[0] for name, f in candidates.items()}
compare(
    [(name, means[name], integrals[name]) for name in candidates],
    rel_tol=0.01,
    printed="integral",
    caption="Mean of the output for N(0, 1) inputs. A leak of 0.01 changes hardly anything. ELU is "
    "much nearer to zero, though not there.",
)

# %% [markdown]
# **Which of them survives a blow?** Train a network for ten epochs. Then push all biases of the
# hidden layer down by 5, as one far too large step might, and go on training.

# %% tags=["demo"]
blow = 5
survivors = {
    "ReLU": (relu_forward, relu_backward),
    "leaky 0.01": (leaky_relu_forward, leaky_relu_backward),
    "leaky 0.1": (lambda z: leaky_relu_forward(z, 0.1), leaky_relu_backward),
    "ELU": (elu_forward, elu_backward),
}
accuracy, dead_at_end = {}, {}
for name, pair in survivors.items():
    model = MLP([64, 50, 10], activation=pair, rng=np.random.default_rng(0))
    before = trained(model, 0.1, 10)
    before.model.params["b1"] = before.model.params["b1"] - blow
    after = trained(before.model, 0.1, 30)
    accuracy[name] = before.val_acc + after.val_acc
    dead_at_end[name] = dead_in_first_layer(after.model)

fig, ax = figure(size=(7.5, 3.2))
for (name, values), style in zip(accuracy.items(), ("-", "--", "-.", ":"), strict=True):
    ax.plot(range(1, 41), values, style, lw=2, label=name)
ax.axvline(10.5, color=COLORS.warning, lw=1)
ax.text(10.8, 0.02, "the blow", color=COLORS.warning)
ax.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1))
ax.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1))
show(
    fig,
    caption=f"After the blow {dead_at_end['ReLU']:.0%} of the ReLU units are dead, and the network "
    "guesses for ever. Accuracy at the end: "
    + ", ".join(f"{name} {values[-1]:.2f}" for name, values in accuracy.items())
    + ".",
    alt="Validation accuracy over 40 epochs. All four rise above 0.9 in ten epochs. At the blow the leak "
    "of 0.1 drops a little, the others to about 0.1. ReLU stays there; ELU climbs above 0.9 again, the "
    "leak of 0.01 to about 0.55.",
)

# %% [markdown]
# The units of the survivors still receive some gradient. The leak of 0.1 hardly notices the blow, ELU
# climbs back, the leak of 0.01 gets half-way in this time. Now set `blow = 20` and run the cell again. One of
# the survivors stays down. Which one? How steep is it at $x = -20$?
#
# **Explore.** Lay any two of them over each other. Dashed lines are the slopes.

# %% tags=["demo"]
family = {
    "sigmoid": lambda x, a, alpha: (
        sigmoid_forward(x)[0],
        local_gradient(sigmoid_forward, sigmoid_backward, x),
    ),
    "tanh": lambda x, a, alpha: (
        tanh_forward(x)[0],
        local_gradient(tanh_forward, tanh_backward, x),
    ),
    "ReLU": lambda x, a, alpha: (
        relu_forward(x)[0],
        local_gradient(relu_forward, relu_backward, x),
    ),
    "leaky ReLU": lambda x, a, alpha: (
        leaky_relu_forward(x, a)[0],
        local_gradient(leaky_relu_forward, leaky_relu_backward, x, a),
    ),
    "ELU": lambda x, a, alpha: (
        elu_forward(x, alpha)[0],
        local_gradient(elu_forward, elu_backward, x, alpha),
    ),
}
x = np.linspace(-4, 4, 321)


def draw_pair():
    fig, ax = figure(size=(7.5, 3.6))
    lines = []
    for color in (COLORS.train, COLORS.validation):
        lines += ax.plot(x, x, color=color, lw=2)
        lines += ax.plot(x, x, "--", color=color, lw=1.2)
    ax.set(xlabel="input x", ylabel="output (solid), slope (dashed)", ylim=(-2.2, 4))
    title = ax.set_title("blue, orange")
    return fig, (*lines, title)


def move_pair(artists, first, second, slope, alpha):
    said = []
    for name, solid, dashed in ((first, *artists[:2]), (second, *artists[2:4])):
        values, slopes = family[name](solid.get_xdata(), slope, alpha)
        solid.set_ydata(values)
        dashed.set_ydata(slopes)
        mean, _ = normal_moments(lambda z, name=name: family[name](z, slope, alpha)[0])
        said.append(f"{name} has mean {mean:.3f} and gives {values[0]:.2f} at x = -4")
    artists[4].set_text(f"blue: {first}    orange: {second}")
    return "For N(0, 1) inputs " + "; ".join(said) + "."


explore(
    draw_pair,
    move_pair,
    controls={
        "first": Choice(list(family), label="first", value="leaky ReLU"),
        "second": Choice(list(family), label="second", value="ELU"),
        "slope": Slider(0.0, 0.99, 0.01, 0.1, label="slope a"),
        "alpha": Slider(0.0, 2.0, 0.05, 1.0, label="ELU alpha"),
    },
    goal="Which slope a gives leaky ReLU the mean of ELU with alpha = 1? How much bend is left?",
)

# %% [markdown] tags=["ACT-12"]
# ## 7 · Maxout
#
# The last one is built differently. All others take a weighted sum and bend it. A maxout unit has
# $k$ weighted sums and takes the largest (Goodfellow et al. 2013):
#
# $$\text{out} = \max_{j = 1 \dots k}\bigl(x^\top w_j + b_j\bigr)$$
#
# A maximum of straight lines is a curve that bends upwards where two lines cross. With
# $w_1 = 0, b_1 = 0$ it is ReLU. With $w_1 = a\,w_2$, $b_1 = a\,b_2$ it is leaky ReLU. It never
# saturates, and no unit dies: one piece always wins and takes the gradient. The price is
# parameters.

# %% tags=["predict"]
maxout_parameters = ...

# %% tags=["check"]
check("activations.maxout_parameters")

# %% tags=["exercise"]
from utils.activations import maxout_forward

# %% tags=["check"]
check("activations.maxout_forward")

# %% [markdown]
# On the way back, ask who moved the output. The winning piece did, and no other.

# %% tags=["exercise"]
from utils.activations import maxout_backward

# %% tags=["check"]
check("activations.maxout_backward")

# %% [markdown]
# One maxout unit can learn a curve. Here a single unit with $k$ pieces fits $x^2$; how does the error
# fall with $k$?

# %% tags=["demo"]
grid = np.linspace(-1, 1, 200)[:, None]
parabola = grid**2
fig, axes = figure(1, 4, size=(9, 2.6), sharey=True)
maxout_errors = {}
for ax, k in zip(axes, (2, 3, 4, 5), strict=True):
    w, b = np.linspace(-1, 1, k).reshape(k, 1, 1), np.zeros((k, 1))
    state_w = state_b = None
    for _ in range(400):
        out, cache = maxout_forward(grid, w, b)
        _, dw, db = maxout_backward((out - parabola) / len(grid), cache)
        w, state_w = adam_step(w, dw, state_w, lr=0.02)
        b, state_b = adam_step(b, db, state_b, lr=0.02)
    out, _ = maxout_forward(grid, w, b)
    maxout_errors[k] = np.sqrt(((out - parabola) ** 2).mean())
    for j in range(k):
        ax.plot(grid[:, 0], (grid @ w[j] + b[j])[:, 0], color=COLORS.reference, lw=0.8)
    ax.plot(grid[:, 0], parabola[:, 0], color=COLORS.validation, lw=4, alpha=0.4, label="x²")
    ax.plot(grid[:, 0], out[:, 0], color=COLORS.train, label="maxout")
    ax.set(xlabel="input x", ylim=(-0.4, 1.1), title=f"k = {k}: error {maxout_errors[k]:.3f}")
axes[0].set_ylabel("output")
axes[0].legend(frameon=False, loc="upper center")
show(
    fig,
    caption="Thin lines: the pieces. Each bends in only where it is the largest. The error (root mean "
    "square) falls with every piece.",
    alt="Four panels: a parabola and its fit by the maximum of 2, 3, 4 and 5 straight lines. The fit "
    "gets closer with each line.",
)

# %% [markdown]
# **Explore.** Two lines, one maximum. Build other activations from it.

# %% tags=["demo"]
goals = {
    "ReLU": lambda x: np.maximum(0, x),
    "leaky ReLU, a = 0.1": lambda x: np.maximum(0.1 * x, x),
    "absolute value": np.abs,
    "x²": lambda x: x**2,
}
positions = np.linspace(-2, 2, 161)[:, None]


def draw_pieces():
    fig, ax = figure(size=(6.6, 3.6))
    (goal,) = ax.plot(positions, positions, color=COLORS.validation, lw=5, alpha=0.4, label="goal")
    (one,) = ax.plot(positions, positions, "--", color=COLORS.reference, lw=1, label="piece 1")
    (two,) = ax.plot(positions, positions, ":", color=COLORS.reference, lw=1.5, label="piece 2")
    (out,) = ax.plot(positions, positions, color=COLORS.train, lw=2, label="maxout")
    ax.set(xlabel="input x", ylabel="output", ylim=(-2, 4.2))
    ax.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1))
    return fig, (goal, one, two, out)


def move_pieces(artists, goal, slope_1, bias_1, slope_2, bias_2):
    w, b = np.array([slope_1, slope_2]).reshape(2, 1, 1), np.array([[bias_1], [bias_2]])
    out, (_, _, winner) = maxout_forward(positions, w, b)
    wanted = goals[goal](positions)
    for artist, y in zip(
        artists, (wanted, positions @ w[0] + b[0], positions @ w[1] + b[1], out), strict=True
    ):
        artist.set_ydata(y)
    return (
        f"Piece 1 wins for {np.mean(winner == 0):.0%} of the inputs. The largest distance to "
        f"the goal ({goal}) is {np.abs(out - wanted).max():.2f}."
    )


explore(
    draw_pieces,
    move_pieces,
    controls={
        "slope_1": Slider(-4.0, 4.0, 0.1, -0.5, label="slope of piece 1"),
        "bias_1": Slider(-3.0, 3.0, 0.1, 0.0, label="bias of piece 1"),
        "slope_2": Slider(-4.0, 4.0, 0.1, 1.5, label="slope of piece 2"),
        "bias_2": Slider(-3.0, 3.0, 0.1, 0.0, label="bias of piece 2"),
        "goal": Choice(list(goals), label="goal"),
    },
    goal="Build ReLU, then leaky ReLU, then the absolute value, each to distance 0. How close do "
    "two pieces come to x²?",
)

# %% [markdown] tags=["ACT-01"]
# ## The catalogue, drawn by you
#
# Here is the slide from the beginning. Every curve comes from your own functions.

# %% tags=["demo"]
x = np.linspace(-4, 4, 321)
curves = {name: family[name](x, 0.1, 1.0) for name in family}
pieces = np.array([-0.5, 1.0]).reshape(2, 1, 1), np.array([[0.0], [-0.5]])
out, cache = maxout_forward(x[:, None], *pieces)
curves["maxout, two pieces"] = out[:, 0], maxout_backward(np.ones_like(out), cache)[0][:, 0]
fig, axes = figure(2, 3, size=(9, 4.6), sharex=True)
for ax, (name, (values, slopes)) in zip(axes.flat, curves.items(), strict=True):
    ax.plot(x, values, color=COLORS.train, lw=2, label="output")
    ax.plot(x, slopes, "--", color=COLORS.validation, lw=1.5, label="slope")
    ax.set(title=name, ylim=(-1.3, 2.2))
axes[0, 0].legend(frameon=False, loc="upper left")
for ax in axes[1]:
    ax.set_xlabel("input x")
show(
    fig,
    caption="Output (solid) and slope (dashed). Look at the dashed lines only: where each touches "
    "zero, the gradient dies. (Leaky ReLU with a = 0.1 so that the leak can be seen.)",
    alt="Six panels with the output and the slope of sigmoid, tanh, ReLU, leaky ReLU, ELU and maxout. "
    "The slopes of sigmoid and tanh vanish on both sides, those of ReLU and ELU on the left; "
    "those of leaky ReLU and maxout never.",
)

# %% [markdown] tags=["ACT-13"]
# ## Which one to take
#
# The lectures agree: use ReLU and mind the learning rate. Try leaky ReLU, maxout, ELU. Try tanh, but
# do not expect much. Do not use the sigmoid (between layers; as the output of a yes-no question
# it is right).
#
# Advice is cheap, so measure. The data are points in the plane on three spiral arms; the network
# tells on which arm a point lies. Two hidden layers of 30 units, 30 epochs, two starts each. The
# first row has no activation at all.

# %% tags=["demo"]
rng = np.random.default_rng(0)
spirals = Dataset(
    *make_spirals(450, rng=rng),
    *make_spirals(300, rng=rng),
    *make_spirals(300, rng=rng),
    names=("arm 0", "arm 1", "arm 2"),
)
contestants = {
    "none": "identity",
    **pairs,
    "leaky ReLU": (leaky_relu_forward, leaky_relu_backward),
    "ELU": (elu_forward, elu_backward),
}


def compare_activations(data, contestants, lrs, seeds):
    """Final validation accuracies, shape (contestants, learning rates, seeds)."""
    table = np.zeros((len(contestants), len(lrs), len(seeds)))
    for i, j, s in np.ndindex(table.shape):
        model = MLP(
            [2, 30, 30, 3],
            activation=list(contestants.values())[i],
            rng=np.random.default_rng(seeds[s]),
        )
        history = train(
            model,
            data,
            step=sgd_step,
            lr=lrs[j],
            epochs=30,
            batch_size=30,
            rng=np.random.default_rng(seeds[s]),
            abort_factor=None,
            progress=False,
        )
        table[i, j, s] = history.val_acc[-1]
    return table


rates = (0.1, 0.3, 3.0)
with np.errstate(all="ignore"):
    final = compare_activations(spirals, contestants, rates, seeds=(0, 1))
fig, ax = figure(size=(6.4, 3.6))
ax.imshow(final.mean(axis=2), vmin=0.3, vmax=1, cmap="viridis", aspect="auto")
for (i, j), mean in np.ndenumerate(final.mean(axis=2)):
    ax.text(
        j,
        i,
        f"{mean:.2f} ± {final[i, j].std():.2f}",
        ha="center",
        va="center",
        color="black" if mean > 0.75 else "white",
    )
ax.set_xticks(range(3), rates)
ax.set_yticks(range(len(contestants)), contestants)
ax.set(xlabel="learning rate")
ax.grid(False)
show(
    fig,
    caption="Validation accuracy on the spirals, mean ± standard deviation of two starts; chance is "
    "0.33. Without a bend the network cannot learn spirals at any rate.",
    alt="A table of accuracies: six activations by the learning rates 0.1, 0.3 and 3. Without "
    "activation at most 0.6. At 0.1 and 0.3 the sigmoid has 0.5 to 0.6 and the others about 0.9 or "
    "more. At 3 the sigmoid has about 0.9 and the others fall far below.",
)

# %% [markdown]
# Read the table by columns. At 0.1 and 0.3 the sigmoid comes last among those that bend. At 3 it
# comes first: its small gradients need a large rate, and the same rate breaks the others. Had we
# compared at this one rate only, we would have crowned the sigmoid. Then read it by rows. The best of
# each row is what an activation can do: ReLU, leaky ReLU, ELU and tanh are close together, and ahead
# of the sigmoid.
#
# So the advice holds, and its second half is the more important one: mind the learning rate.

# %% [markdown]
# ## What to remember
#
# - Without a bend, a hundred layers are one layer.
# - An activation is a gate for the gradient: upstream times local flows on.
# - The sigmoid's gate opens by a quarter at most and shuts on both sides; ten in a row leave a
#   millionth. tanh opens fully, is zero-centred, and still shuts.
# - Inputs with a mean push all weights of a neuron the same way. Centre what goes in.
# - ReLU never saturates on the right and is shut on the left. A unit that is silent on *every*
#   example is dead. Large learning rates and low biases kill.
# - With leaky ReLU or PReLU no unit is lost for ever; with ELU only if it is pushed very far. A leak of
#   0.01 does not centre: the mean is 0.395 against 0.399; ELU has 0.161.
# - A gradient has the shape of its parameter. What serves many entries collects a sum.
# - Start with ReLU, mind the learning rate, and believe a speed-up only where it was measured.

# %% [markdown]
# ## Read on
#
# - Krizhevsky, Sutskever, Hinton, *ImageNet Classification with Deep Convolutional Neural Networks*,
#   2012: section 3.1 is the six times.
# - Glorot, Bengio, *Understanding the difficulty of training deep feedforward neural networks*,
#   2010: saturation, layer by layer.
# - Maas, Hannun, Ng, *Rectifier Nonlinearities Improve Neural Network Acoustic Models*, 2013.
# - He, Zhang, Ren, Sun, *Delving Deep into Rectifiers*, 2015: PReLU, and how to start the weights.
# - Clevert, Unterthiner, Hochreiter, *Fast and Accurate Deep Network Learning by Exponential Linear
#   Units*, 2015.
# - Goodfellow, Warde-Farley, Mirza, Courville, Bengio, *Maxout Networks*, 2013.
# - Goodfellow, Bengio, Courville, *Deep Learning*, 2016, section 6.3.
#
# **Next** `04_initialization`: how large the first weights must be, so that a signal gets through ten
# of these layers. (Numbers count lectures; some have no notebook yet.)

# %% tags=["demo"]
progress()
