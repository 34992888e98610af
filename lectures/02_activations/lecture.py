# %% [markdown]
# # 02 · Activation functions
#
# Between two layers of a network stands a nonlinear function. It works on one number at a time and
# is the simplest part of the whole network. Yet for years a bad choice here was one of the things
# that kept deep networks from learning. What goes wrong, and how can you see it?
#
# **After this lecture you can**
#
# - derive the backward pass of the common activations, mostly from their output alone;
# - say for each of them where the gradient dies, and measure it in a network;
# - explain why inputs that are all positive send the weights on a zig-zag;
# - tell a silent unit from a dead one, and say which dead units can come back;
# - compare activations so that the comparison means something, and choose one.
#
# **Time** Two hours, with a break after section 3. Sections 5 and 7, PReLU and maxout, are optional:
# half an hour for those who want more.
#
# **Builds on** [01](../01_backpropagation/01_backpropagation.ipynb): the backward pass, caches,
# mini-batches and epochs, cross-entropy in nats.
#
# Predict first, then run. A wrong prediction costs nothing and teaches most. When you are stuck,
# open the hints below a check that fails.
# Cells that draw a figure
# run on your functions; you need not read their code.

# %% tags=["setup"]
from functools import cache as remember

import numpy as np
from jaxtyping import Float, Int

from grader import borrow, check, failing, hint, progress
from utils.activations import (
    elu_forward,
    leaky_relu_backward,
    normal_moments,
    prelu_forward,
    saturation_fraction,
    tanh_forward,
    time_fn,
)
from utils.data import Dataset, load_digits, make_spirals
from utils.gated import gelu_backward, gelu_forward, silu_forward
from utils.many_networks import column, race
from utils.optimizers import adam_step
from utils.pace import fewer
from utils.plots import COLORS, compare, figure, histograms, show
from utils.stacked_layers import hidden_layers
from utils.widgets import Choice, LogSlider, Slider, Toggle, explore

# %% [markdown]
# ## A gate for the gradient
#
# A layer computes the *pre-activation* $z = hW + b$ and hands on $\varphi(z)$. Without the nonlinear
# $\varphi$ a hundred layers are one layer (01, section 2). In the backward pass the same $\varphi$
# stands in the way of the gradient:
#
# $$\underbrace{\frac{\partial L}{\partial z}}_{\text{flows on}} \;=\;
# \underbrace{\frac{\partial L}{\partial\,\text{out}}}_{\text{upstream}} \cdot
# \underbrace{\varphi'(z)}_{\text{local}}.$$
#
# So an activation is a gate for the gradient, and $\varphi'$ says how far it is open. Every question of
# this lecture is about that gate. In code each activation is a pair of functions, as in 01. They call
# their input `x`, and `dout` is short for $\partial L/\partial\,\text{out}$.

# %% [markdown] tags=["ACT-01"]
# ## The catalogue
#
# | name | formula | paper |
# |---|---|---|
# | sigmoid | $\sigma(x) = 1/(1 + e^{-x})$ | |
# | tanh | $\tanh x$ | LeCun et al. 1991 |
# | ReLU | $\max(0, x)$ | Krizhevsky et al. 2012 |
# | leaky ReLU | $\max(ax, x)$, $a$ small | Maas et al. 2013 |
# | PReLU | the same, with a learnt slope | He et al. 2015 |
# | ELU | $x$ for $x > 0$, $\alpha(e^x - 1)$ for $x \le 0$ | Clevert et al. 2015 |
# | maxout | $\max(w_1^\top x + b_1,\; w_2^\top x + b_2)$ | Goodfellow et al. 2013 |
# | SiLU, GELU | $x$ times a gate between 0 and 1 | Hendrycks and Gimpel 2016 |
#
# Read the list from top to bottom as a story: each entry repairs a fault of an earlier one.

# %% [markdown] tags=["ACT-02"]
# ## 1 · Sigmoid
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# The sigmoid squashes any number into the range from 0 to 1. It was popular because it reads like the
# firing rate of a nerve cell: silent near 0, firing more and more, at its limit near 1.
#
# The formula has a trap. For $x = -1000$ it asks for $e^{1000}$, and the largest float64 is about
# $e^{709.8}$. Multiply numerator and denominator by $e^{x}$:
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
# One deck prints the range of the sigmoid as $[0, 1]$ and that of tanh as $[-1, 1]$. Square brackets
# say that the ends belong to the range.

# %% tags=["predict"]
open_interval = ...

# %% tags=["check"]
check("activations.open_interval")

# %% [markdown] tags=["ACT-03"]
# ### The slope, from the output alone
#
# How steep is the sigmoid? Differentiate it on paper, and look for $\sigma$ in what you get. The slope
# can be written with the output only; that is why the cache holds `out` and not `x`.

# %% tags=["exercise"]
from utils.activations import sigmoid_backward

# %% tags=["check"]
check("activations.sigmoid_backward")

# %% [markdown]
# **Compare.**
#
# $$\sigma'(x) = \frac{e^{-x}}{(1 + e^{-x})^2}
#   = \frac{1}{1 + e^{-x}} \cdot \frac{e^{-x}}{1 + e^{-x}} = \sigma(x)\,\bigl(1 - \sigma(x)\bigr).$$

# %% tags=["predict"]
sigmoid_gates = ...

# %% tags=["check"]
check("activations.sigmoid_gates")


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
# show what arrives, how far the gate is open, and what flows on.


# %% tags=["demo"]
def draw_gate():
    fig, (left, right) = figure(1, 2, size=(8.6, 2.9), width_ratios=(3, 2))
    (curve,) = left.plot(x, x, color=COLORS.train, lw=2, label="σ(ax)")
    (tangent,) = left.plot([0, 1], [0, 1], color=COLORS.validation, lw=2, label="slope here")
    (dot,) = left.plot([0], [0], "o", color=COLORS.validation, ms=8)
    left.set(xlabel="input x", ylabel="output σ(ax)", ylim=(-0.1, 1.1), xlim=(-10.5, 10.5))
    left.legend(frameon=False, loc="upper left")
    bars = right.barh(["flows on", "local", "upstream"], [1, 1, 1], color=COLORS.yours)
    right.set(xlabel="gradient", xlim=(0, 2.1))
    return fig, (curve, tangent, dot, *bars)


def move_gate(artists, at, gain, upstream):
    curve, tangent, dot, flows_on, local, arrives = artists
    out, cache = sigmoid_forward(np.array([gain * at]))
    slope = gain * sigmoid_backward(np.ones(1), cache)[0]
    curve.set_ydata(sigmoid_forward(gain * curve.get_xdata())[0])
    dot.set_data([at], out)
    reach = 1.5 / np.hypot(1, 6 * slope)
    tangent.set_data([at - reach, at + reach], [out[0] - reach * slope, out[0] + reach * slope])
    for bar, width in ((local, slope), (arrives, upstream), (flows_on, upstream * slope)):
        bar.set_width(width)
    return (
        f"At x = {at:.1f} with gain {gain:.2g} the output is {out[0]:.3f}. Of an upstream "
        f"gradient of {upstream:.1f}, {upstream * slope:.2g} flows on to x."
    )


gate_left = 4 * local_gradient(sigmoid_forward, sigmoid_backward, np.array([4 * 2.0]))[0]
explore(
    draw_gate,
    move_gate,
    controls={
        "at": Slider(-10, 10, 0.1, 1.5, label="input x"),
        "gain": LogSlider(0.1, 4, value=1, label="gain a"),
        "upstream": Slider(0.0, 2.0, 0.1, 1.0, label="upstream gradient"),
    },
    goal="Find a place where more than half of the upstream gradient flows on. Then move x by 2: what is "
    "left?",
    answer="The slope is at most a/4, so the gain must exceed 2, near x = 0. With gain 4 all of it flows "
    f"on at 0, and at x = 2 only {gate_left:.4f} is left: the steeper the gate, the narrower.",
)

# %% [markdown]
# ### Saturated neurons kill gradients
#
# Far from zero the gate is shut; such a neuron is called *saturated*. Even at its best place it lets a
# quarter through. Ten sigmoids in a row, joined by weights of 1, leave at most $0.25^{10} = 9.5 \cdot
# 10^{-7}$ of a gradient: the fading that you met at the end of 01.
#
# How many neurons are saturated depends on the scale of their pre-activations. Which of these three
# scales would you like in a network?

# %% tags=["demo"]
rng = np.random.default_rng(0)
local = {}
for std in (0.1, 1, 10):
    slopes = local_gradient(sigmoid_forward, sigmoid_backward, std * rng.standard_normal(100_000))
    local[f"std {std:g}: {saturation_fraction(slopes):.0%} saturated"] = slopes
saturated = [saturation_fraction(slopes) for slopes in local.values()]
fig = histograms(local, value_range=(0, 0.25), xlabel="local gradient σ′(z)", size=(8.6, 2.5))
show(
    fig,
    caption="Saturated means: local gradient below 0.01. For small pre-activations every local gradient "
    "is close to its maximum, 1/4; at a standard deviation of 10 most gates are shut.",
    alt="Three histograms of the sigmoid's local gradient. For pre-activations of standard deviation 0.1 "
    "all values lie at 0.25; for 1 they range from 0.1 to 0.25; for 10 most lie at 0.",
)

# %% [markdown] tags=["ACT-04"]
# ### Outputs that are never negative
#
# The second fault shows one layer further up. A neuron there has the pre-activation
# $z = \sum_i w_i x_i + b$. Write $\delta = \partial L / \partial z$. Then
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
# often as positive. How much does that help?

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
    printed="theory",
    caption="Share of examples whose gradient with respect to w has one sign, beside what theory says: "
    "always, and like ten coins.",
)

# %% [markdown] tags=["ACT-04", "E-05"]
# ### Spot the error: "always"
#
# One deck asks (in our words) what can be said about the gradient with respect to $w$ when all inputs
# are positive, and answers: always all positive or all negative. It thinks of one example. Training
# adds up the gradients of a mini-batch.

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
# The means are positive, so the first term has the same sign for every $i$: it pushes all weights in
# the same direction. With random labels both terms grow like the square root of the batch size, so the
# first one never drowns in the second. It is the non-zero **mean** of the inputs that does the harm.


# %% tags=["demo"]
def batch_share(inputs, size):
    """Share of mini-batches whose summed gradient has one sign."""
    gradients = (delta[:, None] * inputs).reshape(-1, size, inputs.shape[1]).sum(axis=1)
    return same_sign_fraction(gradients, np.ones(len(gradients)))


batch_sizes = (2, 10, 100)
batch_shares = {size: batch_share(inputs, size) for size in batch_sizes}
centred_batch_shares = {size: batch_share(centred, size) for size in batch_sizes}
fig, ax = figure(size=(6.4, 2.6))
for shift, name, values in (
    (-0.2, "positive inputs", batch_shares),
    (0.2, "centred", centred_batch_shares),
):
    bars = ax.bar(np.arange(3) + shift, values.values(), 0.38, label=name)
    ax.bar_label(bars, fmt="{:.1%}", fontsize=8)
ax.axhline(0.40, color=COLORS.reference, ls="--", lw=1)
ax.text(2.42, 0.41, "limit", color=COLORS.reference)
ax.set_xticks(range(3), [f"batches of {size}" for size in batch_sizes])
ax.set(ylabel="one sign only (share)", ylim=(0, 0.6))
ax.legend(frameon=False, ncols=2)
show(
    fig,
    caption="Share of mini-batches whose summed gradient has one sign, random labels. For large batches "
    "theory says 0.40 for positive inputs, however large they are.",
    alt="Bars for batches of 2, 10 and 100. Positive inputs: about 50, 41 and 40 percent. Centred inputs: "
    "a fraction of a percent.",
)

# %% [markdown]
# **Explore.** Two weights start at 0 and look for a target in the lower right: one weight has to
# rise, the other to fall. Each step uses one example. With positive inputs every step goes up and to
# the right, or down and to the left.


# %% tags=["demo"]
target = np.array([1.5, -1.0])
examples = 0.5 + np.random.default_rng(3).random((300, 2))  # two inputs between 0.5 and 1.5


def walk(centre, lr, steps=300):
    """The weights after 0, 1, ... steps, delta of each step, and the inputs used."""
    x = examples - examples.mean(axis=0) if centre else examples
    w, visited, deltas = np.zeros(2), [np.zeros(2)], []
    for n in range(steps):
        deltas.append((w - target) @ x[n])  # output - answer of a linear neuron
        w = np.clip(w - lr * deltas[-1] * x[n], -1e6, 1e6)
        visited.append(w)
    return np.array(visited), np.array(deltas), x[:steps]


def steps_needed(visited):
    """The first step after which the weights are within 0.1 of the target; inf if never."""
    close = np.flatnonzero(np.linalg.norm(visited - target, axis=1) < 0.1)
    return close[0] if len(close) else np.inf


def draw_walk():
    fig, ax = figure(size=(6.4, 4.0))
    (line,) = ax.plot([0], [0], "o-", color=COLORS.train, ms=3, lw=1.2, label="path of the weights")
    ax.plot(0, 0, "o", mfc="none", mec=COLORS.train, ms=11)
    ax.plot(*target, "*", color=COLORS.validation, ms=16, label="target")
    ax.set(xlabel="weight $w_1$", ylabel="weight $w_2$", xlim=(-0.7, 2.1), ylim=(-1.4, 0.9))
    ax.legend(frameon=False, loc="upper right")
    return fig, line


def move_walk(line, centre, lr, steps):
    visited, deltas, x = walk(centre, lr, steps)
    line.set_data(*np.clip(visited, -50, 50).T)
    needed = steps_needed(visited)
    distance = np.linalg.norm(visited[-1] - target)
    arrived = (
        f"It is within 0.1 of the target after {needed} steps."
        if np.isfinite(needed)
        else f"It ends {distance:.2g} away from the target; it began {np.linalg.norm(target):.2f} away."
    )
    together = same_sign_fraction(x, deltas)
    return f"{arrived} {together:.0%} of the steps moved both weights the same way."


walk_rates = np.geomspace(0.1, 10, 41)
walk_steps = {
    centre: np.array([steps_needed(walk(centre, lr)[0]) for lr in walk_rates])
    for centre in (False, True)
}
walk_best = {
    centre: (float(walk_rates[needed.argmin()]), float(needed.min()))
    for centre, needed in walk_steps.items()
}
explore(
    draw_walk,
    move_walk,
    controls={
        "centre": Toggle(False, label="centre the inputs"),
        "lr": LogSlider(0.1, 10, value=0.5, label="learning rate"),
        "steps": Slider(1, 300, 1, 60, label="steps"),
    },
    goal="Find the learning rate that arrives soonest: first with positive inputs, then with centred "
    "ones. What happens to positive inputs at the rate that is best for centred ones?",
    answer=f"Positive inputs: about {walk_best[False][0]:.1g}, {walk_best[False][1]:.0f} steps. Centred: "
    f"about {walk_best[True][0]:.1g}, {walk_best[True][1]:.0f} steps. At that rate positive inputs diverge: "
    "their mean makes the loss steep in one direction and leaves it flat across.",
)

# %% [markdown]
# With the same small rate both arrive equally late. But the mean makes the loss steep in one direction
# and flat across it. The steep direction forbids a large rate, and the flat one would need it.
# Lecture [03](../03_preprocessing/03_preprocessing.ipynb) goes on from here.

# %% [markdown] tags=["ACT-05"]
# ### And `exp` takes time
#
# The third complaint is small. An exponential costs more than a comparison, slides say. How much, on
# your machine, and how much does it matter beside the matrix product before it?

# %% tags=["demo"]
numbers = np.random.default_rng(0).standard_normal((2000, 50))
square = np.random.default_rng(1).standard_normal((50, 50))
computations = {
    "max(0, x)": lambda x: np.maximum(0, x),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "x @ w": lambda x: x @ square,
}
nanoseconds = {
    name: 1e9 * time_fn(f, numbers, repeats=20) / numbers.size for name, f in computations.items()
}
fig, ax = figure(size=(6, 2.2))
ax.bar_label(ax.barh(list(nanoseconds), list(nanoseconds.values())), fmt=" %.1f", fontsize=9)
ax.set(xlabel="time per number (ns), fastest of 20 calls")
ax.invert_yaxis()
show(
    fig,
    caption="Measured as the cell ran. One layer of 50 units: the matrix product, and three "
    "activations in NumPy. The product grows with the number of inputs, the activation does not.",
    alt="Bars: nanoseconds per number of the maximum with zero, tanh, the sigmoid and a matrix product "
    "with 50 inputs.",
)

# %% [markdown] tags=["ACT-06"]
# ## 2 · tanh
#
# Stretch the sigmoid to twice its height, squeeze it to half its width, and shift it down by 1:
#
# $$\tanh x = 2\,\sigma(2x) - 1 .$$
#
# Its outputs lie between $-1$ and $1$ and are zero-centred. That repairs the second fault of the
# sigmoid. And the first? Find its slope, again from the output alone.

# %% tags=["exercise"]
from utils.activations import tanh_backward

# %% tags=["check"]
check("activations.tanh_backward")

# %% [markdown]
# **Compare.** With $s = \sigma(2x)$ the chain rule gives $2 \cdot 2\,s(1-s)$. The output is
# $2s - 1$, and $1 - (2s-1)^2 = 4s(1-s)$. So the slope is $1 - \tanh^2 x$: at most 1, at $x = 0$.

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
# So tanh still saturates, even sooner than the sigmoid. Near zero it lets four times as much through.
#
# **Explore.** Zero-centred outputs need zero-centred pre-activations. Shift and stretch them, and
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
    left.set(xlabel="pre-activation", ylabel="share, slope", xlim=(-8, 8), ylim=(0, 1.25))
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
        f"{activation} of pre-activations with mean {mean:.1f} and std {std:.1f}: the outputs have mean "
        f"{out.mean():.2f}, and {shut:.0%} of the neurons are saturated (slope below 0.01)."
    )


explore(
    draw_inputs,
    move_inputs,
    controls={
        "activation": Choice(["tanh", "sigmoid"], label="activation"),
        "mean": Slider(-4.0, 4.0, 0.1, 0.0, label="mean"),
        "std": Slider(0.1, 5.0, 0.1, 1.0, label="standard deviation"),
    },
    goal="Saturate half of the tanh neurons, once by the mean and once by the standard deviation. Then "
    "give the outputs of the sigmoid mean 0. Can you?",
    answer="A mean of 3 does it (tanh's slope falls below 0.01 there), or a standard deviation of 4.4. The "
    "sigmoid's outputs are all positive: no input gives them mean 0.",
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
# ### A bug hunt: a backward pass, as it was found
#
# Here is a backward pass for ReLU, as it was found in a program. It runs without an error.


# %%
def relu_backward_found(dout, cache):
    """The gradient of ReLU, as it was found."""
    return dout * (dout > 0)


# %% [markdown]
# It was used to train a network with one hidden layer of 50 units on the digits of 01.


# %% tags=["demo"]
digits = load_digits()
found_biases = []
found_run = race(
    digits,
    [64, 50, 10],
    activation=(relu_forward, relu_backward_found),
    lr=0.1,
    seeds=range(5),
    epochs=10,
    batch_size=50,
    at=range(1, 11),
    watch=lambda layers: found_biases.append(layers[0][1][:, 0]),
)
found_biases = np.array(found_biases)  # (epochs, seeds, units)
found_losses = found_run.train_loss  # (seeds, epochs)
fallen = float((np.diff(found_biases, axis=0, prepend=0) <= 0).mean())
fig, (left, right) = figure(1, 2, size=(8.6, 2.9))
left.plot(range(1, 11), found_losses.T, color=COLORS.warning, lw=1)
left.axhline(np.log(10), color=COLORS.reference, ls="--", lw=1)
left.text(1, np.log(10) + 0.03, "guessing: ln 10", color=COLORS.reference)
left.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(2, 2.5))
right.plot(range(1, 11), found_biases[:, 0], color=COLORS.train, lw=0.7)
right.set(xlabel="epoch", ylabel="biases of the hidden units")
show(
    fig,
    caption="Left: five starts, none of them learns. Right: the 50 biases of the first start. In all five "
    f"starts {fallen:.0%} of the changes go down.",
    alt="Left: the training loss of five networks lies flat at ln 10. Right: fifty lines that start near 0 "
    "and all fall, epoch after epoch.",
)

# %% [markdown]
# The gradient with respect to a bias is the sum of what the backward pass returns, over the batch. What
# does the right figure say about that sum? Find the bug, and write the function as it should be. (A
# gradient check as in 01 would have caught it.)

# %% tags=["exercise"]
from utils.activations import relu_backward

# %% tags=["check"]
check("activations.relu_backward")

# %% [markdown]
# **Compare.** The local gradient is a switch, $\mathrm{ReLU}'(x) = \mathbb 1[x > 0]$. It was thrown in
# the forward pass, by the sign of the *input*; the gradient that flows through it may have any sign. The
# found version asks the gradient for its own sign. Then no bias ever gets a negative gradient, so
# none can rise, and unit after unit falls silent. (Zeiler and Fergus 2014 use this very function on
# purpose: not to train, but to draw pictures of what a unit responds to.)

# %% [markdown] tags=["ACT-07"]
# ### Is it really six times faster?
#
# Slides say that ReLU converges much faster than sigmoid and tanh in practice, for instance six times.
# The number has one source. Krizhevsky, Sutskever and Hinton (2012) trained one convolutional network
# with four layers on CIFAR-10, and ReLU reached 25 % training error six times sooner than tanh. They did
# it properly: each network got the learning rate that suits it best. But it is one network, one data
# set, one goal. Ours: the digits, three hidden layers of 50 units.

# %% tags=["predict"]
at_best_rates = ...

# %% tags=["check"]
check("activations.at_best_rates")

# %% tags=["demo"]
pairs = {
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
    "ReLU": (relu_forward, relu_backward),
}
GOAL, SEEDS = 0.1, range(fewer(5, 1, "starts", always=True))
UNITS = fewer(50, 30, "hidden units in a layer", always=True)


def on_digits(pair, lrs, epochs):
    return race(
        digits,
        [64, UNITS, UNITS, UNITS, 10],
        activation=pair,
        lr=column(lrs),
        seeds=SEEDS,
        epochs=epochs,
        batch_size=50,
        at=range(1, epochs + 1),
    )


race_rates = {"sigmoid": (0.3, 1, 3, 10), "tanh": (0.1, 0.3, 1), "ReLU": (0.1, 0.3, 1)}
races = {
    name: on_digits(pairs[name], lrs, 33 if name == "sigmoid" else 15)
    for name, lrs in race_rates.items()
}
race_epochs = {name: run.first_below(GOAL) for name, run in races.items()}  # (rates, starts)
medians = {name: np.median(epochs, axis=1) for name, epochs in race_epochs.items()}
best = {name: int(values.argmin()) for name, values in medians.items()}
best_epochs = {name: float(medians[name][j]) for name, j in best.items()}

fig, (left, right) = figure(1, 2, size=(8.8, 3.2))
for (name, epochs), style, color in zip(
    race_epochs.items(),
    ("o:", "s--", "^-"),
    (COLORS.reference, COLORS.validation, COLORS.train),
    strict=True,
):
    shown = np.minimum(epochs, 45)
    middle = np.median(shown, axis=1)
    error = np.abs(np.stack([shown.min(axis=1), shown.max(axis=1)]) - middle)
    left.errorbar(race_rates[name], middle, error, fmt=style, color=color, label=name, capsize=3)
    for losses in races[name].train_loss[best[name]]:
        right.plot(np.arange(1, 1 + len(losses)), losses, style[1:], color=color, lw=1)
left.set(
    xlabel="learning rate", ylabel="epochs to the goal", xscale="log", yscale="log", ylim=(4, 55)
)
left.set_yticks([5, 10, 20, 45], ["5", "10", "20", "never"])
left.minorticks_off()
left.legend(frameon=False)
right.axhline(GOAL, color=COLORS.warning, lw=1)
right.set(xlabel="epoch", ylabel="training loss (nats)", yscale="log")
show(
    fig,
    caption="Left: epochs until the training loss is below 0.1, median and range of five starts (never: not "
    "within 33 epochs for the sigmoid, 15 for the others). Right: the five runs at the best rate of "
    "each. Median at the best rate: "
    + ", ".join(
        f"{name} {best_epochs[name]:.0f} (rate {race_rates[name][j]:g})" for name, j in best.items()
    )
    + ".",
    alt="Left: epochs to the goal over the learning rate. tanh and ReLU have their minimum, about six "
    "epochs, at a rate of 0.3, and fail at 1; the sigmoid has its minimum, about twenty, at 3 and fails at "
    "0.3 and at 10. Right: loss curves at these best rates.",
)

# %% [markdown]
# Each at its best rate, the sigmoid needs three to four times as many epochs as ReLU, and tanh keeps
# pace. At the rate that suits ReLU, 0.3, the sigmoid is not there after 33 epochs: compared at that one
# rate, it would look hopeless. The factor of six is true where it was measured. All weights start by
# He's rule, which suits ReLU ([04](../04_initialization/04_initialization.ipynb)); with Xavier's the
# order is the same.

# %% [markdown] tags=["ACT-08"]
# ### What ReLU costs
#
# First: its outputs are never negative, so they are not zero-centred. How far off are they?

# %% tags=["predict"]
relu_mean = ...

# %% tags=["check"]
check("activations.relu_mean")

# %% [markdown]
# Second, on the left the gate is not merely almost closed, like the sigmoid's. It is closed. Suppose one
# large step pushes the bias of a unit so far down that its pre-activation is negative for every example.

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
# What kills units? Two experiments with one hidden layer of 50 units, five starts each. On the left we
# train with larger and larger learning rates. On the right we push all biases down, then train ten
# epochs at a harmless rate.


# %% tags=["demo"]
def dead_shares(layers):
    """Share of dead units in the first hidden layer, shape (rates, starts)."""
    first = hidden_layers(layers, digits.x_train, relu_forward)[0]
    return np.array([[dead_fraction(h) for h in row] for row in first])


def one_layer(lrs, epochs, pair=pairs["ReLU"], layers=None):
    return race(
        digits,
        layers or [64, 50, 10],
        activation=pair,
        lr=column(lrs),
        seeds=SEEDS,
        epochs=epochs,
        batch_size=50,
        at=range(1, epochs + 1),
    )


def pushed_down(layers, by):
    (w, b), *rest = layers
    return [(w, b - np.float32(by)), *rest]


lrs = [0.1, 0.3, 1, 2, 3, 5]
rate_runs = one_layer(lrs, 5)
dead_by_lr = dead_shares(rate_runs.layers)
pushes = [0, 0.5, 1, 1.5, 2, 3]
untrained = one_layer([1e-9], 1).layers
pushed = [pushed_down(untrained, push) for push in pushes]
dead_before = np.concatenate([dead_shares(layers) for layers in pushed])
dead_after = np.concatenate(
    [dead_shares(one_layer([0.1], 10, layers=layers).layers) for layers in pushed]
)

fig, (left, right) = figure(1, 2, size=(8.6, 3), sharey=True)
left.plot(lrs, dead_by_lr, "o", color=COLORS.warning, ms=4)
left.plot(lrs, dead_by_lr.mean(axis=1), color=COLORS.warning)
left.set(xlabel="learning rate", ylabel="dead units (share)", xscale="log", ylim=(-0.05, 1.05))
for shares_of, style, color, label in (
    (dead_before, "o-", COLORS.train, "after the push"),
    (dead_after, "s--", COLORS.validation, "after ten more epochs"),
):
    right.plot(pushes, shares_of.mean(axis=1), style, color=color, label=label)
right.set(xlabel="biases pushed down by")
right.legend(frameon=False)
show(
    fig,
    caption="Dead units of the first layer; dots: single starts. Left: somewhere above a learning rate of 1 "
    "the layer dies within five epochs. Right: units that are dead after the push are dead after the "
    "training. None comes back.",
    alt="Left: share of dead units over the learning rate, near 0 up to a rate of 0.3, above 0.9 from "
    "a rate of 2. Right: share of dead units over the push, rising from 0 to 1; the "
    "line after training lies on the line before it, or above.",
)

# %% [markdown]
# Is dead always dead?

# %% tags=["predict"]
come_back = ...

# %% tags=["check"]
check("activations.come_back")

# %% tags=["demo"]
deep_dead, deep_rates = [], (0.03, 0.1, 0.3)


def note_the_dead(layers):
    layer_outputs = hidden_layers(layers, digits.x_train, relu_forward)
    deep_dead.append(np.stack([(h == 0).all(axis=2) for h in layer_outputs]))


deep_run = race(
    digits,
    [64, *[50] * 10, 10],
    activation=pairs["ReLU"],
    lr=column(deep_rates),
    seeds=SEEDS,
    epochs=15,
    batch_size=50,
    at=range(1, 16),
    watch=note_the_dead,
)
deep_dead = np.array(deep_dead)  # (epochs, layers, rates, starts, units)
once_dead = deep_dead[:-1].any(axis=0)
dead_over_time = deep_dead[[0, -1]].mean(axis=(1, 3, 4))  # (first and last epoch, rates)
deep_share = deep_dead[-1].mean(axis=(2, 3))  # (layers, rates)
back_first, back_deeper = (
    [float(1 - deep_dead[-1, where, j][once_dead[where, j]].mean()) for j in range(len(deep_rates))]
    for where in (slice(0, 1), slice(1, None))
)
deep_accuracy = np.median(deep_run.val_acc[:, :, -1], axis=1)
fig, (left, right) = figure(1, 2, size=(8.8, 3), width_ratios=(3, 2))
for j, (rate, style) in enumerate(zip(deep_rates, ("o-", "s--", "^:"), strict=True)):
    left.plot(range(1, 11), deep_share[:, j], style, label=f"rate {rate:g}")
left.set(xlabel="hidden layer", ylabel="dead units (share)", ylim=(0, 0.7))
left.legend(frameon=False)
places = np.arange(len(deep_rates))
for shift, shares_back, label in (
    (-0.2, back_first, "first layer"),
    (0.2, back_deeper, "layers 2 to 10"),
):
    bars = right.bar(places + shift, shares_back, 0.36, label=label)
    right.bar_label(bars, fmt="%.2f", fontsize=8)
right.set_xticks(places, [f"{rate:g}" for rate in deep_rates])
right.set(xlabel="learning rate", ylabel="come back (share)", ylim=(0, 1.25))
right.legend(frameon=False, loc="upper center")
show(
    fig,
    caption="Ten hidden layers of 50, five starts, 15 epochs. Left: dead units at the end. Right: of the units "
    "that were dead after some epoch, the share that answers again at the end. Validation accuracy (median): "
    + ", ".join(f"{a:.2f} at {r:g}" for a, r in zip(deep_accuracy, deep_rates, strict=True))
    + ".",
    alt="Left: the share of dead units per layer: below 0.1 at the rates 0.03 and 0.1, rising to almost a half "
    "in the last layers at 0.3. Right: no bar for the first layer at any rate; for the deeper ones more "
    "than half come back.",
)

# %% [markdown]
# In the first layer none returns; in the deeper layers most do, because the layers below them move. At
# good rates one unit in ten is dead after the first epoch and one in twenty at the end. At a rate that is
# too large it is a quarter of the network, and it learns next to nothing. You may read elsewhere that as
# much as 40 % of a network can be dead: in the last layers at the rate of 0.3 that is so.
#
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


def direction(angle):
    return np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])


def move_unit(artists, angle, bias):
    silent, active, line, arrow = artists
    w = direction(angle)
    h, cache = relu_forward(cloud_2d @ w + bias)
    gate = relu_backward(np.ones_like(h), cache)
    silent.set_data(*cloud_2d[h == 0].T)
    active.set_data(*cloud_2d[h > 0].T)
    foot, along = -bias * w, 12 * np.array([-w[1], w[0]])
    line.set_data(*np.stack([foot - along, foot + along]).T)
    arrow.set_data(*np.stack([foot, foot + 0.6 * w]).T)
    gradient = np.linalg.norm(gate @ cloud_2d / len(cloud_2d))
    state = "dead: nothing moves it" if dead_fraction(h[:, None]) else "alive"
    return (
        f"{gate.mean():.0%} of the examples pass. With an upstream gradient of 1 each, the gradient "
        f"with respect to w has length {gradient:.3f}. The unit is {state}."
    )


reach_at_40 = float((cloud_2d @ direction(40)).max())
reaches = {angle: float((cloud_2d @ direction(angle)).max()) for angle in range(0, 361, 5)}
furthest = max(reaches, key=lambda angle: reaches[angle])
explore(
    draw_unit,
    move_unit,
    controls={
        "angle": Slider(0, 360, 5, 40, label="direction of w", unit="degrees"),
        "bias": Slider(-5.0, 5.0, 0.1, -1.0, label="bias b"),
    },
    goal="Kill the unit with the bias alone. Then turn w: is there a direction that revives it? "
    "Could gradient descent find it?",
    answer=f"At 40 degrees it dies for b below −{reach_at_40:.1f}. As long as b is above "
    f"−{reaches[furthest]:.1f}, turning revives it, best towards {furthest} degrees, where the cloud reaches "
    "furthest. Gradient descent does not turn it: the gradient is exactly 0, whatever the upstream gradient.",
)

# %% [markdown]
# **A good place for a break.** You have met the three activations that most networks used, and
# their faults. What follows are repairs.

# %% [markdown] tags=["ACT-09"]
# ## 4 · Leaky ReLU
#
# Leave a small slope $a$ on the left. Then a closed gate still leaks, and no unit is lost for ever:
#
# $$f(x) = \max(ax, x)$$
#
# (Maas, Hannun and Ng 2013; He et al. 2015 use it too).

# %% [markdown] tags=["E-03"]
# ### Spot the error: which slope?
#
# One slide prints $\max(0.1x, x)$, another of the same deck $\max(0.01x, x)$, a second deck $\max(ax, x)$
# with $a \ne 1$. So the slope has to be an argument, and the argument needs a range.

# %% tags=["predict"]
leaky_slope = ...

# %% tags=["check"]
check("activations.leaky_slope")

# %% tags=["exercise"]
from utils.activations import leaky_relu_forward

# %% tags=["check"]
check("activations.leaky_relu_forward")

# %% [markdown] tags=["E-06"]
# ### Spot the error: "roughly zero-centred"
#
# That deck also says, in our words, that leaky ReLU always updates and is roughly zero-centred. It always
# updates: the slope is nowhere 0. Is it zero-centred?

# %% tags=["predict"]
leaky_mean = ...

# %% tags=["check"]
check("activations.leaky_mean")

# %% [markdown] tags=["ACT-10"]
# ## 5 · PReLU (optional)
#
# Who says that the slope is 0.01? Let the data choose. In the *parametric* ReLU the slope $\alpha$
# is a parameter like a weight, one for each feature or one for all (He, Zhang, Ren and Sun 2015):
#
# $$\text{out} = \max(0, x) + \alpha\,\min(0, x).$$
#
# Slides write $\max(\alpha x, x)$. You know for which slopes that is the same, and nobody keeps a learnt
# $\alpha$ among them. The form above is right for every $\alpha$.
#
# Now the output depends on two things, $x$ and $\alpha$, so two gradients flow back. The forward pass,
# `prelu_forward(x, alpha)`, is given. Derive the backward pass. How many entries does one $\alpha$ serve?

# %% tags=["exercise"]
from utils.activations import prelu_backward

# %% tags=["check"]
check("activations.prelu_backward")

# %% [markdown]
# **Compare.** Hold $x$ fixed and move $\alpha$: $\partial\,\text{out}/\partial\alpha = \min(0, x)$. Times
# `dout`, that is the share of one entry. A shared parameter collects the shares of all entries that it
# serves, and its gradient has its own shape: $d\alpha_j = \sum_n \text{dout}_{nj} \min(0, x_{nj})$.
#
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
    ax.axhline(true_alpha[j], color=line.get_color(), lw=0.7, xmax=60 / 70)
    ax.text(61, curve[-1], f"{curve[-1]:.2f}", color=line.get_color(), va="center")
ax.set(xlabel="step", ylabel="slope α", xlim=(0, 70))
show(
    fig,
    caption="Each slope finds its value (thin lines: the true ones), even the one above 1.",
    alt="Four curves of alpha over 60 steps. They start together at 0.25 and end at about 0.3, 0, "
    "0.7 and 1.2.",
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
# some robustness to noise: far left, a little more or less changes nothing. (Against a leak of 0.01 it is
# the flatter one left of $-4.6$ only, and ReLU is flatter still.) And it needs an exponential, which costs
# time. The forward pass, `elu_forward(x, alpha)`, is given.

# %% tags=["predict"]
elu_smooth = ...

# %% tags=["check"]
check("activations.elu_smooth")

# %% [markdown]
# Its cache is the pair of `out` and $\alpha$: the input is gone, and the exponential with it. Find the
# gradient all the same.

# %% tags=["exercise"]
from utils.activations import elu_backward

# %% tags=["check"]
check("activations.elu_backward")

# %% [markdown]
# **Compare.** On the left $\text{out} = \alpha e^x - \alpha$, and its derivative is
# $\alpha e^x = \text{out} + \alpha$. The sign of `out` is the sign of $x$.
#
# How near to zero mean is each of them, for $z \sim \mathcal N(0, 1)$? A million draws, beside the
# integral $\int \varphi(z)\,p(z)\,dz$ with the density $p$ of the normal distribution:

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
    "ReLU": pairs["ReLU"],
    "leaky 0.01": (leaky_relu_forward, leaky_relu_backward),
    "leaky 0.1": (lambda z: leaky_relu_forward(z, 0.1), leaky_relu_backward),
    "ELU": (elu_forward, elu_backward),
}
blow_accuracy = {}
for name, pair in survivors.items():
    healthy = one_layer([0.1], 10, pair)
    struck = one_layer([0.1], 30, pair, pushed_down(healthy.layers, blow))
    blow_accuracy[name] = np.concatenate([healthy.val_acc[0], struck.val_acc[0]], axis=1)

fig, ax = figure(size=(7.5, 3.2))
for (name, runs), style in zip(blow_accuracy.items(), ("-", "--", "-.", ":"), strict=True):
    (line,) = ax.plot(range(1, 41), np.median(runs, axis=0), style, lw=2, label=name)
    ax.fill_between(
        range(1, 41), runs.min(axis=0), runs.max(axis=0), color=line.get_color(), alpha=0.15, lw=0
    )
ax.axvline(10.5, color=COLORS.warning, lw=1)
ax.text(10.8, 0.02, "the blow", color=COLORS.warning)
ax.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1))
ax.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1))
show(
    fig,
    caption="Median and range of five starts. At the end: "
    + ", ".join(f"{name} {np.median(runs[:, -1]):.2f}" for name, runs in blow_accuracy.items())
    + ".",
    alt="Validation accuracy over 40 epochs. All four rise to about 0.9 in ten epochs. At the blow the leak "
    "of 0.1 drops a little, the others to between 0.1 and 0.5. ReLU stays at 0.1; ELU climbs above 0.9 again, the "
    "leak of 0.01 to about 0.55.",
)

# %% [markdown]
# The units of the survivors still receive some gradient. The leak of 0.1 hardly notices the blow, ELU
# climbs back, the leak of 0.01 gets half-way in this time. Now set `blow = 20` and run the cell again. One of
# the survivors stays down. Which one? How steep is it at $x = -20$?

# %% [markdown] tags=["E-52", "E-53"]
# ### Spot the error: who converges faster?
#
# Slides give the factor of six to leaky ReLU once more, and one deck says (in our words) that ELU
# converges faster than ReLU. Two networks decide: the digits as before, and three spiral arms in the
# plane, told apart by two hidden layers of 30 units.

# %% tags=["predict"]
elu_faster = ...

# %% tags=["check"]
check("activations.elu_faster")

# %% tags=["demo"]
rng = np.random.default_rng(0)
spirals = Dataset(
    *make_spirals(450, rng=rng),
    *make_spirals(300, rng=rng),
    *make_spirals(300, rng=rng),
    names=("arm 0", "arm 1", "arm 2"),
)
spiral_rates = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def on_spirals(pair):
    return race(
        spirals,
        [2, 30, 30, 3],
        activation=pair,
        lr=column(spiral_rates),
        seeds=SEEDS,
        epochs=30,
        batch_size=30,
    )


rivals = {name: survivors[name] for name in ("ReLU", "leaky 0.01", "ELU")}
rival_rates = (0.1, 0.3, 1)
rival_epochs = {"ReLU": race_epochs["ReLU"]} | {
    name: on_digits(rivals[name], rival_rates, 15).first_below(GOAL)
    for name in ("leaky 0.01", "ELU")
}
spiral_runs = {name: on_spirals(pair) for name, pair in rivals.items()}
fig, (left, right) = figure(1, 2, size=(8.6, 3))
for (name, epochs), style in zip(rival_epochs.items(), ("^-", "s--", "o:"), strict=True):
    middle = np.median(np.minimum(epochs, 18), axis=1)
    left.plot(rival_rates, middle, style, label=name)
    accuracy = spiral_runs[name].val_acc[:, :, -1]
    right.errorbar(
        spiral_rates, accuracy.mean(axis=1), accuracy.std(axis=1), fmt=style, capsize=3, label=name
    )
left.set(xlabel="learning rate", ylabel="epochs to the goal", xscale="log", ylim=(0, 19))
left.set_yticks([0, 5, 10, 15, 18], ["0", "5", "10", "15", "never"])
left.legend(frameon=False)
right.set(xlabel="learning rate", ylabel="validation accuracy", xscale="log", ylim=(0.3, 1))
rival_best = {name: np.sort(epochs[1]) for name, epochs in rival_epochs.items()}
spiral_best = {name: run.val_acc[:, :, -1].mean(axis=1).max() for name, run in spiral_runs.items()}
show(
    fig,
    caption="Left: digits, median of five starts. At the best rate, 0.3: "
    + "; ".join(
        f"{name} {', '.join(f'{e:.0f}' for e in epochs)}" for name, epochs in rival_best.items()
    )
    + " epochs. Right: spirals after 30 epochs, mean and standard deviation. At the best rate: "
    + ", ".join(f"{name} {best:.3f}" for name, best in spiral_best.items())
    + ".",
    alt="Left: epochs to the goal over the rate for ReLU, leaky ReLU and ELU: close together, ELU lowest. Right: "
    "accuracy on the spirals over the rate: ReLU and leaky ReLU on one line, ELU below it at small rates and "
    "level at its best.",
)

# %% [markdown]
# On the digits ELU is an epoch ahead of six, on the spirals it is not ahead. Leaky ReLU and ReLU cannot
# be told apart. And nobody measured a six for leaky ReLU: its source compares ReLU with tanh.

# %% [markdown] tags=["ACT-12"]
# ## 7 · Maxout (optional)
#
# The next one is built differently. All others take one pre-activation and pass it through a fixed
# nonlinear curve. A maxout unit has $k$ pre-activations and takes the largest (Goodfellow et al. 2013):
#
# $$\text{out} = \max_{j = 1 \dots k}\bigl(x^\top w_j + b_j\bigr)$$
#
# A maximum of straight lines is a curve with a corner wherever the winner changes. With
# $w_1 = 0, b_1 = 0$ it is ReLU. With $w_1 = a\,w_2$, $b_1 = a\,b_2$ it is leaky ReLU. The price is
# parameters: a layer with $k$ pieces has $k$ times the weights and biases of a dense one.

# %% tags=["exercise"]
from utils.activations import maxout_forward

# %% tags=["check"]
check("activations.maxout_forward")

# %% [markdown] tags=["E-54"]
# ### Spot the error: "does not die"
#
# One deck lists for maxout (in our words): piecewise linear, does not saturate, does not die.

# %% tags=["predict"]
losing_piece = ...

# %% tags=["check"]
check("activations.losing_piece")

# %% [markdown]
# For the backward pass, draw the graph: the input goes into $k$ pieces, each piece gives a score, the
# largest score goes out. Who moved the output? Return the gradient at each node; the check names the
# first one that is wrong.

# %% tags=["exercise"]
from utils.activations import maxout_gradients

# %% tags=["check"]
check("activations.maxout_gradients")

# %% [markdown]
# **Compare.** The gradient of a maximum is a switch, too: the winner gets `dout`, the others get 0. Then
# each piece is the dense layer of 01. The input feeds all pieces, so its gradients add up, and so do
# those of a weight over the examples.
#
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
        grads = maxout_gradients((out - parabola) / len(grid), cache)
        w, state_w = adam_step(w, grads["w"], state_w, lr=0.02)
        b, state_b = adam_step(b, grads["b"], state_b, lr=0.02)
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
    caption="Thin lines: the pieces. A piece matters only where it is the largest. The error (root mean "
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
    answer="ReLU: slopes 0 and 1. Leaky ReLU: 0.1 and 1. Absolute value: −1 and 1. All biases 0. For x² "
    "slopes −2 and 2 with both biases at −0.5 come within 0.5, and no two lines come closer.",
)

# %% [markdown]
# ## 8 · After the slides: SiLU and GELU
#
# ReLU is $x$ times a gate that is either 0 or 1. Why not let the gate open smoothly? *SiLU*, also called
# *swish*, takes the sigmoid for a gate. *GELU* takes $\Phi(x)$, the probability that a standard normal number
# is below $x$. Most transformers use one of the two:
#
# $$\mathrm{SiLU}(x) = x\,\sigma(x), \qquad \mathrm{GELU}(x) = x\,\Phi(x).$$

# %% tags=["predict"]
silu_dip = ...

# %% tags=["check"]
check("activations.silu_dip")

# %% [markdown]
# Its forward pass, `silu_forward(x)`, is given; the cache holds `x` and the gate. Derive the backward pass.

# %% tags=["exercise"]
from utils.gated import silu_backward

# %% tags=["check"]
check("gated.silu_backward")

# %% [markdown]
# **Compare.** For any gate $g$, the product rule gives $\frac{d}{dx}\,x\,g(x) = g(x) + x\,g'(x)$: what the gate
# lets through, and what the gate does when $x$ moves it. ReLU has the first term only. For SiLU
# $g' = g(1-g)$, for GELU $g'$ is the normal density.

# %% tags=["demo"]
x = np.linspace(-5, 5, 1001)
smooth = {
    "ReLU": (relu_forward, relu_backward),
    "SiLU": (silu_forward, silu_backward),
    "GELU": (gelu_forward, gelu_backward),
}
gates = {"ReLU": (x > 0).astype(float)} | {
    name: smooth[name][0](x)[1][1] for name in ("SiLU", "GELU")
}
lowest = {}
fig, axes = figure(1, 3, size=(9, 2.8))
for (name, (forward, backward)), style in zip(smooth.items(), (":", "-", "--"), strict=True):
    values = forward(x)[0]
    lowest[name] = (float(values.min()), float(x[values.argmin()]))
    for ax, curve in zip(
        axes, (gates[name], values, local_gradient(forward, backward, x)), strict=True
    ):
        ax.plot(x, curve, style, lw=2, label=name)
for ax, what in zip(axes, ("gate", "output", "local gradient"), strict=True):
    ax.set(xlabel="input x", ylabel=what)
axes[1].set(xlim=(-5, 2), ylim=(-0.4, 2))
axes[0].legend(frameon=False)
smooth_means = {name: normal_moments(lambda z, f=f: f(z)[0])[0] for name, (f, _) in smooth.items()}
show(
    fig,
    caption="Lowest value: SiLU {:.3f} at {:.2f}, GELU {:.3f} at {:.2f}. ".format(
        *lowest["SiLU"], *lowest["GELU"]
    )
    + "Mean of the output for N(0, 1) inputs: "
    + ", ".join(f"{name} {mean:.3f}" for name, mean in smooth_means.items())
    + ".",
    alt="Three panels. Gates: a step, a sigmoid and a steeper smooth step. Outputs: ReLU with a corner at 0; SiLU "
    "and GELU dip below zero on the left and come back. Local gradients: a step; two smooth curves that go "
    "below 0 and above 1.",
)

# %% [markdown]
# The local gradient is 0 at one point only, so the left half is not a dead zone: a unit pushed a little to
# the left still learns, and one pushed far to the left does not. The mean lies between ELU's and ReLU's.
# For GELU it is exactly $1/(2\sqrt\pi) = 0.282$: for a normal $z$ the mean of $z\,g(z)$ is the mean of
# $g'(z)$ (Stein's lemma), and the mean of the density is $1/(2\sqrt\pi)$.

# %% [markdown]
# ## 9 · What does a small network draw?
#
# So far you looked at single units. What does a network make of them? Take one input, one hidden layer,
# one output, and look at the function that it draws.

# %% tags=["predict"]
pieces = ...

# %% tags=["check"]
check("activations.pieces")

# %% tags=["predict"]
outside = ...

# %% tags=["check"]
check("activations.outside")


# %% tags=["demo"]
drawn_x = np.array([-2.0, -1.6, -1.1, -0.6, -0.2, 0.3, 0.8, 1.2, 1.7, 2.0])[:, None]
drawn_y = np.sin(2 * drawn_x) + 0.3 * drawn_x
axis = np.linspace(-5, 5, 801)[:, None]
drawers = {
    "none": (lambda z: (z, z), lambda dout, cache: dout),
    "ReLU": (relu_forward, relu_backward),
    "leaky ReLU": (leaky_relu_forward, leaky_relu_backward),
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
    "SiLU": (silu_forward, silu_backward),
}


@remember
def drawn_by(name, units, steps=1500):
    """Parameters of a network with one hidden layer, trained on the ten points by Adam."""
    forward, backward = drawers[name]
    rng = np.random.default_rng(1)
    params = {
        "w1": 1.5 * rng.standard_normal((1, units)),
        "b1": rng.uniform(-2, 2, units),
        "w2": rng.standard_normal((units, 1)) / np.sqrt(units),
        "b2": np.zeros(1),
    }
    states = dict.fromkeys(params)
    for _ in range(steps):
        h, cache = forward(drawn_x @ params["w1"] + params["b1"])
        dout = (h @ params["w2"] + params["b2"] - drawn_y) / len(drawn_x)
        dz = backward(dout @ params["w2"].T, cache)
        grads = {"w1": drawn_x.T @ dz, "b1": dz.sum(0), "w2": h.T @ dout, "b2": dout.sum(0)}
        for key, grad in grads.items():
            params[key], states[key] = adam_step(params[key], grad, states[key], lr=0.02)
    return params


def draw_curve(name, units, at=axis):
    params = drawn_by(name, units)
    return drawers[name][0](at @ params["w1"] + params["b1"])[0] @ params["w2"] + params["b2"]


fig, axes = figure(2, 3, size=(9, 4.8), sharex=True, sharey=True)
drawn_errors, far_slopes = {}, {}
for ax, name in zip(axes.flat, drawers, strict=True):
    curve = draw_curve(name, 12)
    drawn_errors[name] = float(np.abs(draw_curve(name, 12, drawn_x) - drawn_y).max())
    far_slopes[name] = float((curve[-1, 0] - curve[-81, 0]) / (axis[-1, 0] - axis[-81, 0]))
    ax.plot(axis, curve, color=COLORS.train, lw=2)
    ax.plot(drawn_x, drawn_y, "o", color=COLORS.validation, ms=4)
    if "ReLU" in name:
        params = drawn_by(name, 12)
        corners = (-params["b1"] / params["w1"][0])[:, None]
        inside = np.abs(corners[:, 0]) < 5
        ax.plot(
            corners[inside], draw_curve(name, 12, corners[inside]), "|", color=COLORS.warning, ms=10
        )
    ax.set(title=name, ylim=(-3.2, 3.2))
for ax in axes[1]:
    ax.set_xlabel("input x")
show(
    fig,
    caption="Twelve hidden units, the same ten points, the same training. Ticks: where a unit of ReLU or leaky "
    "ReLU has its corner. Slope of the curve between 4 and 5: "
    + ", ".join(f"{name} {slope:.2f}" for name, slope in far_slopes.items())
    + ".",
    alt="Six panels with ten points of a wave and a fitted curve. Without activation: a straight line far from the "
    "points. ReLU and leaky ReLU: straight pieces through the points, steep lines outside. Sigmoid and tanh: smooth "
    "waves that level off outside. SiLU: a smooth wave that goes on as a straight line.",
)

# %% [markdown]
# **Explore.** The same with fewer or more units.


# %% tags=["demo"]
def draw_net():
    fig, ax = figure(size=(6.6, 3.4))
    ax.plot(drawn_x, drawn_y, "o", color=COLORS.validation, ms=5)
    (curve,) = ax.plot(axis, axis, color=COLORS.train, lw=2)
    ax.set(xlabel="input x", ylabel="output", ylim=(-3.2, 3.2), xlim=(-5, 5))
    return fig, curve


def furthest_point(activation, units):
    return float(np.abs(draw_curve(activation, units, drawn_x) - drawn_y).max())


def move_net(curve, activation, units):
    curve.set_ydata(draw_curve(activation, units)[:, 0])
    return (
        f"{units} hidden unit{'s' * (units > 1)} with {activation}: the furthest of the ten points "
        f"is {furthest_point(activation, units):.2f} away from the curve."
    )


unit_counts = (1, 2, 3, 4, 6, 12)
fewest = {
    name: next((n for n in unit_counts if furthest_point(name, n) < 0.2), None)
    for name in ("ReLU", "tanh")
}
explore(
    draw_net,
    move_net,
    controls={
        "activation": Choice(["ReLU", "tanh", "SiLU", "sigmoid"], label="activation"),
        "units": Choice({f"{n}": n for n in unit_counts}, label="hidden units", value=4),
    },
    goal="How few units bring all ten points within 0.2 of the curve? Is it the same number for ReLU and tanh?",
    answer=f"ReLU {fewest['ReLU']}, tanh {fewest['tanh']}, after this training. The wave rises and falls: each of its "
    "turns costs ReLU a corner, and a tanh unit brings two turns at once.",
)

# %% [markdown] tags=["ACT-01"]
# ## 10 · The catalogue, drawn by you
#
# Here is the list from the beginning. Nearly every curve comes from your own functions.

# %% tags=["demo"]
x = np.linspace(-4, 4, 321)
elementwise = {
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
    "ReLU": (relu_forward, relu_backward),
    "leaky ReLU": (lambda z: leaky_relu_forward(z, 0.1), leaky_relu_backward),
    "ELU": (elu_forward, elu_backward),
    "SiLU": (silu_forward, silu_backward),
    "GELU": (gelu_forward, gelu_backward),
}
curves = {
    name: (forward(x)[0], local_gradient(forward, backward, x))
    for name, (forward, backward) in elementwise.items()
}
curves["maxout, two pieces"] = np.maximum(-x / 2, x - 0.5), np.where(x > 1 / 3, 1, -0.5)
fig, axes = figure(2, 4, size=(9.4, 4.4), sharex=True, sharey=True)
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
    alt="Eight panels with the output and the slope of sigmoid, tanh, ReLU, leaky ReLU, ELU, SiLU, GELU and "
    "maxout. The slopes of sigmoid and tanh vanish on both sides, those of ReLU, ELU, SiLU and GELU on the left; "
    "those of leaky ReLU and this maxout nowhere.",
)

# %% [markdown] tags=["ACT-13"]
# ### Which one to take
#
# The lectures agree: use ReLU and mind the learning rate. Try leaky ReLU, maxout, ELU. Try tanh, but
# do not expect much. Do not use the sigmoid (between layers; as the output of a yes-no question
# it is right).
#
# Advice is cheap, so measure: the spirals again, six learning rates, five starts each. The first row has
# no activation at all.

# %% tags=["demo"]
table_runs = {
    "none": on_spirals(drawers["none"]),
    "sigmoid": on_spirals(pairs["sigmoid"]),
    "tanh": on_spirals(pairs["tanh"]),
    **spiral_runs,
    "SiLU": on_spirals(drawers["SiLU"]),
}
contestants = list(table_runs)
final = np.stack([run.val_acc[:, :, -1] for run in table_runs.values()])
fig, ax = figure(size=(7.6, 3.8))
ax.imshow(final.mean(axis=2), vmin=0.3, vmax=1, cmap="viridis", aspect="auto")
for (i, j), mean in np.ndenumerate(final.mean(axis=2)):
    ax.text(
        j,
        i,
        f"{mean:.2f} ± {final[i, j].std():.2f}",
        ha="center",
        va="center",
        fontsize=9,
        fontweight="bold" if mean == final[i].mean(axis=1).max() else None,
        color="black" if mean > 0.75 else "white",
    )
ax.set_xticks(range(len(spiral_rates)), [f"{rate:g}" for rate in spiral_rates])
ax.set_yticks(range(len(contestants)), contestants)
ax.set(xlabel="learning rate")
ax.grid(False)
show(
    fig,
    caption="Validation accuracy on the spirals after 30 epochs, mean ± standard deviation of five starts; "
    "chance is 0.33. Bold: the best of each row.",
    alt="A table of accuracies: seven activations by six learning rates. Without activation at most 0.5. The "
    "sigmoid is near 0.5 up to a rate of 0.3 and best, 0.87, at 3. The others are best at 0.3 or 1, "
    "with 0.96 to 0.98, and fall off at 3.",
)

# %% [markdown]
# Read the table by columns. At 0.1 and 0.3 the sigmoid comes last among the nonlinear ones. At 3 it
# comes first: its small gradients need a large rate, and the same rate breaks the others. Had we
# compared at this one rate only, we would have crowned the sigmoid. Then read it by rows. The best of
# each row is what an activation can do: ReLU, leaky ReLU, ELU, SiLU and tanh are level within their
# standard deviations, and ahead of the sigmoid.
#
# So the advice holds, and its second half is the more important one: mind the learning rate.

# %% [markdown]
# ### Errata of the slides
#
# - The first author of leaky ReLU is Maas; one slide spells him "Mass".
# - The catalogue gives leaky ReLU the slope 0.1, the detailed slide 0.01 (section 4).

# %% [markdown]
# ## To recall
#
# Answer without scrolling, then look.
#
# 1. Which activations can be differentiated from their output alone, and why is that handy? (Sections 1, 2, 6)
# 2. Why can a dead unit of layer 5 wake up, and one of layer 1 not? (Section 3)
# 3. Two activations are compared at one learning rate. What can go wrong? (Sections 3, 10)
# 4. A hard one: whatever a network of sigmoids draws, one of tanh units can draw, too. Which weights and
#    biases does it need? (Begin with the identity of section 2.)
#
# ## What to remember
#
# - An activation is a gate for the gradient: upstream times local flows on.
# - The sigmoid's gate opens by a quarter at most and shuts on both sides. tanh opens fully, is
#   zero-centred, and still shuts.
# - Inputs whose mean is not zero push all of a neuron's weights in the same direction. So centre the
#   inputs.
# - ReLU never saturates on the right and is shut on the left. A unit that is silent on *every*
#   example is dead: for ever in the first layer, often for a while only in deeper ones. Large learning
#   rates and low biases kill.
# - With leaky ReLU or PReLU no unit is lost for ever; with ELU, SiLU and GELU only if it is pushed very
#   far. A leak of 0.01 does not centre: the mean is 0.395 against 0.399; ELU has 0.161.
# - A gradient has the shape of its parameter. What serves many entries collects a sum.
# - SiLU and GELU are $x$ times a smooth gate: they dip below zero and come back.
# - ReLU networks draw straight pieces and go on straight; tanh networks level off.
# - Start with ReLU (in a transformer, GELU or SiLU), mind the learning rate, and believe a speed-up only
#   where both were tuned.

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
# - Hendrycks, Gimpel, *Gaussian Error Linear Units*, 2016; Ramachandran, Zoph, Le, *Searching for
#   Activation Functions*, 2017: swish.
# - Goodfellow, Bengio, Courville, *Deep Learning*, 2016, section 6.3; Prince, *Understanding Deep
#   Learning*, 2023, chapter 3: what shallow networks draw.
#
# **Next** [03 · Preprocessing](../03_preprocessing/03_preprocessing.ipynb): what a non-zero mean and uneven
# scales of the data do to a network, and how to remove them.

# %% tags=["demo"]
progress()
