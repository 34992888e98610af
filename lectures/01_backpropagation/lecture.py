# %% [markdown]
# # 01 · Networks and backpropagation
#
# A network has a million numbers in it. How can one pass backwards tell each of them which way to
# move? What does that cost? And how do you know that the answer is right? A wrong backward pass is
# the one bug that does not crash.
#
# **After this lecture you can**
#
# - say what one neuron, two layers and three layers can represent, and what depth is worth without
#   a nonlinearity;
# - draw the graph of a computation and read off every gradient;
# - derive the backward pass of a dense layer and of softmax cross-entropy, and assemble them for
#   any depth;
# - check a gradient so that the check finds what is wrong;
# - write one epoch of mini-batch training, and tell gradient, update, iteration and epoch apart.
#
# **Time** Two hours for sections 1 to 8, with a break after section 3. Section 9 is optional, ten
# minutes.
#
# **Builds on** the [welcome page](../00_welcome/00_welcome.ipynb), derivatives of one variable, and
# the product of two matrices (`@` in NumPy):
# $(AB)_{ij} = \sum_k A_{ik} B_{kj}$, each row of $A$ with each column of $B$.
#
# When you are stuck, open the hints below a check that fails.
# Cells that draw a figure run on your functions;
# you need not read their code.

# %% tags=["setup"]
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from grader import borrow, check, failing, hint, progress
from utils.activations import tanh_backward, tanh_forward
from utils.data import Dataset, load_digits, make_circles, make_moons
from utils.film import Label, Trail, film
from utils.gradients import relative_error
from utils.initialization import he_normal, xavier_normal
from utils.layers import affine_forward
from utils.losses import log_softmax
from utils.networks import (
    MLP,
    activation_pair,
    boolean_inputs,
    fit_random_features,
    mlp_forward,
    polygon_net,
    step,
    step_net,
    union_net,
)
from utils.optimizers import adam_step, sgd_step
from utils.pace import fewer
from utils.plots import COLORS, compare, figure, layer_colors, show, stats_per_layer
from utils.training import accuracy, train
from utils.widgets import Choice, Player, Slider, Toggle, explore

# %% [markdown]
# ## Refresher: the chain rule
#
# If $y$ depends on $x$, the derivative $\frac{dy}{dx}$ says how many times faster $y$ moves than
# $x$. Put two dependencies in a row, $x \to u \to y$, and the factors multiply:
#
# $$\frac{dy}{dx} = \frac{dy}{du}\cdot\frac{du}{dx}, \qquad\text{for example}\qquad
# \frac{d}{dx}\,(3x+1)^2 = 2\,(3x+1)\cdot 3 .$$
#
# If $x$ reaches $y$ in two ways, through $u$ and through $v$, each way contributes its product, and
# the two add up:
#
# $$\frac{dy}{dx} = \frac{\partial y}{\partial u}\frac{du}{dx} + \frac{\partial y}{\partial v}\frac{dv}{dx}.$$
#
# The *gradient* of a function of many numbers is the list of its derivatives with respect to each of
# them, in the shape of these numbers. For short we say: the gradient *on* $w$. That is all the calculus
# of this lecture.

# %% [markdown] tags=["NEU-01"]
# ## 1 · What a network computes
#
# A *neuron* (or *unit*) weights its inputs, adds a bias, and sends the sum through an *activation*
# function $\varphi$:
#
# $$z = \sum_i w_i x_i + b, \qquad y = \varphi(z).$$
#
# The number $z$ is called the *pre-activation*. With the step function, which is 1 for $z > 0$ and
# 0 otherwise, this is the *perceptron* of 1958.

# %% tags=["exercise"]
from utils.networks import neuron_batch

# %% tags=["check"]
check("networks.neuron_batch")

# %% [markdown] tags=["NEU-02"]
# If $\varphi$ rises, the output is above $\varphi(0)$ on one side of the border $w^\top x + b = 0$, and
# below it on the other. So the border of a neuron is a straight line. With
# $\varphi(z) = 1/(1+e^{-z})$, the *sigmoid*, the output can be read as a probability, and the neuron *is*
# logistic regression.
#
# **Explore.** Shading: the neuron's output. The dots are the four rows of a truth table; filled
# ones should fire.


# %% tags=["demo"]
def draw_neuron():
    fig, ax = figure(size=(4.6, 3.2))
    picture = ax.imshow(
        np.zeros((61, 61)),
        extent=(-0.6, 1.6, -0.6, 1.6),
        origin="lower",
        cmap="RdBu_r",
        vmin=-1.7,
        vmax=1.7,
        interpolation="nearest",
        zorder=2.6,  # above the axes' frame, so that only what changes is drawn again
    )
    (border,) = ax.plot([0, 1], [0, 1], color=COLORS.warning, lw=2, label="z = 0", zorder=3)
    dots = ax.scatter(*boolean_inputs(2).T, s=90, edgecolor="black", zorder=4)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-0.6, 1.6), ylim=(-0.6, 1.6))
    ax.legend(frameon=False, loc="upper left").set_zorder(5)
    ax.grid(False)
    return fig, {"picture": picture, "border": border, "dots": dots}


def move_neuron(artists, w1, w2, b, phi, table):
    side = np.linspace(-0.6, 1.6, 61)
    grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    functions = {"step": step, "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "tanh": np.tanh}
    functions["ReLU"] = lambda z: np.maximum(0, z)
    out = neuron_batch(grid, np.array([w1, w2]), b, phi=functions[phi])
    artists["picture"].set_data(out.reshape(61, 61))
    if w1 or w2:
        towards = np.array([w1, w2]) / (w1**2 + w2**2)
        along = np.array([-w2, w1]) / np.hypot(w1, w2)
        ends = -b * towards + np.outer([-4, 4], along)
        artists["border"].set_data(*ends.T)
    wanted = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}[table]
    artists["dots"].set_facecolor(["black" if v else "white" for v in wanted])
    fires = neuron_batch(boolean_inputs(2), np.array([w1, w2]), b, phi=step)
    right = int((fires == wanted).sum())
    return f"{table}: the border z = 0 puts {right} of the four rows on the right side."


explore(
    draw_neuron,
    move_neuron,
    controls={
        "w1": Slider(-2.0, 2.0, 0.1, 1.0, label="weight w₁"),
        "w2": Slider(-2.0, 2.0, 0.1, -1.0, label="weight w₂"),
        "b": Slider(-3.0, 3.0, 0.1, 0.5, label="bias b"),
        "phi": Choice(["sigmoid", "step", "tanh", "ReLU"], label="φ"),
        "table": Choice(["AND", "OR", "XOR"], label="truth table"),
    },
    goal="Make the neuron an AND, then an OR. How many rows of XOR can you get?",
    answer="AND: w₁ = w₂ = 1, b = −1.5. OR: the same with b = −0.5. XOR stops at three rows: no "
    "straight line parts its black dots from its white ones.",
)

# %% [markdown]
# So for XOR (exactly one of the two) a single neuron is not enough.

# %% [markdown] tags=["NEU-03"]
# ### Layers
#
# Put several neurons side by side and give all of them the same inputs: that is a *dense* or *fully
# connected layer*. The outputs of one layer are the inputs of the next. With $h_0 = x$,
#
# $$z_l = h_{l-1}\,W_l + b_l, \qquad h_l = \varphi(z_l).$$
#
# Layers between input and output are *hidden*; the last layer has no activation here, and its
# outputs are called *scores*. Many hidden layers make *deep* learning. In this course rows are
# examples, $N$ of them in a *batch*, and one matrix product serves them all. Five images of 3,072
# numbers, 50 hidden units, ten classes:
#
# | | $x$ | $W_1$ | $b_1$ | $h_1$ | $W_2$ | $b_2$ | scores |
# |---|---|---|---|---|---|---|---|
# | shape | (5, 3072) | (3072, 50) | (50,) | (5, 50) | (50, 10) | (10,) | (5, 10) |
#
# The weights and biases are the *parameters*, here 3072 · 50 + 50 + 50 · 10 + 10 = 154,160 of them.

# %% [markdown] tags=["BPG-06"]
# Papers draw a layer in three ways: every edge, a block, or a matrix. They mean the same thing.

# %% tags=["demo"]
rng = np.random.default_rng(3)
w_drawn = rng.standard_normal((3, 4))
fig, (edges, block, matrix) = figure(1, 3, size=(8.6, 2.6), width_ratios=(1.2, 1.2, 1))
for i in range(3):
    for j in range(4):
        color = COLORS.train if w_drawn[i, j] > 0 else COLORS.validation
        edges.plot([0, 1], [1 - i, 1.5 - j], color=color, lw=2.2 * abs(w_drawn[i, j]), alpha=0.8)
edges.scatter([0] * 3, [1, 0, -1], s=160, color="white", edgecolor="black", zorder=3)
edges.scatter([1] * 4, [1.5, 0.5, -0.5, -1.5], s=160, color="white", edgecolor="black", zorder=3)
edges.set(title="units and edges", xlim=(-0.2, 1.2), ylim=(-1.9, 1.9))
for x, text in ((0.1, "h\n(N, 3)"), (0.5, "@ W + b"), (0.9, "z\n(N, 4)")):
    box = {"boxstyle": "round", "facecolor": "#eef3fb"} if "@" in text else None
    block.text(x, 0.5, text, ha="center", va="center", bbox=box, fontsize=11)
for start in (0.2, 0.68):
    block.annotate("", (start + 0.12, 0.5), (start, 0.5), arrowprops={"arrowstyle": "->"})
block.set(title="a block", xlim=(0, 1), ylim=(0, 1))
matrix.imshow(w_drawn, cmap="RdBu", vmin=-2, vmax=2)
for (i, j), value in np.ndenumerate(w_drawn):
    dark = abs(value) > 1.2
    matrix.text(j, i, f"{value:.1f}", ha="center", va="center", color="white" if dark else "black")
matrix.set(title="a matrix W, shape (3, 4)")
for ax in (edges, block, matrix):
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.grid(False)
show(
    fig,
    caption="One layer from three units to four. An edge from unit i to unit j is the entry W[i, "
    "j]; thick "
    "edges are large weights, blue ones positive.",
    alt="Left: three circles joined to four by twelve edges of different width and colour. "
    "Middle: a block "
    "labelled @ W + b between h of shape (N, 3) and z of shape (N, 4). Right: a matrix with the "
    "same twelve "
    "numbers.",
)

# %% [markdown] tags=["NEU-04"]
# ## 2 · What it can represent
#
# Two layers of step units can compute *any* Boolean function. Write the truth table as an OR of
# ANDs: one AND for each true row (the *disjunctive normal form*). Each AND is a hidden unit, the OR
# is the output. It is called two-layer since the input computes nothing: one hidden layer, one
# output layer.

# %% tags=["exercise"]
from utils.networks import dnf_net

# %% tags=["check"]
check("networks.dnf_net")

# %% [markdown]
# **Compare.** The unit for the row 101 has the weights $+1, -1, +1$. On its own row the
# pre-activation reaches 2, the number of its ones. Every other row misses a one or has a one too
# many, and loses at least 1. A bias of $\tfrac12 - 2$ puts the border half-way. The output has
# weights 1 and a bias between −1 and 0.
#
# The price is units. The parity of $n$ bits has $2^{n-1}$ true rows, 512 for ten bits. A deep network
# can chain XORs instead: three units each, nine times, makes 27.

# %% [markdown] tags=["NEU-05", "NEU-06"]
# ### Half-planes, polygons, unions
#
# With real inputs, a step unit is a half-plane. An AND of $m$ half-planes is a convex polygon:
#
# $$y = \mathrm{step}\Big(\sum_{j=1}^m \mathrm{step}(a_j^\top x + b_j) - (m - \tfrac12)\Big).$$
#
# In more dimensions it is a convex polyhedron. A third layer can add such pieces and take others
# away. So three layers of step units draw any region with a continuous border, as closely as you
# like.
#
# **Explore.** The region to be drawn is the ring between the two circles.


# %% tags=["demo"]
def corners(edges, radius):
    angles = 2 * np.pi * np.arange(edges) / edges
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


ring_side = np.linspace(-1.2, 1.2, 121)
ring_grid = np.stack(np.meshgrid(ring_side, ring_side), axis=-1).reshape(-1, 2)
ring_radius = np.hypot(*ring_grid.T)


def draw_ring():
    fig, ax = figure(size=(4.6, 3.4))
    picture = ax.imshow(
        np.zeros((121, 121)),
        extent=(-1.2, 1.2, -1.2, 1.2),
        origin="lower",
        cmap="Blues",
        vmin=0,
        vmax=1.6,
        interpolation="nearest",
        zorder=2.6,  # above the axes' frame, so that only what changes is drawn again
    )
    circle = np.linspace(0, 2 * np.pi, 200)
    for radius in (0.5, 1.0):
        ax.plot(
            radius * np.cos(circle), radius * np.sin(circle), "--", color=COLORS.reference, zorder=3
        )
    borders = [
        ax.plot([0, 0], [0, 0], color=COLORS.validation, lw=0.8, zorder=3)[0] for _ in range(24)
    ]
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), aspect="equal")
    ax.grid(False)
    return fig, {"picture": picture, "borders": borders}


def move_ring(artists, outer, inner, lines):
    holes = [corners(inner, 0.5)] if inner >= 3 else []
    params = union_net([corners(outer, 1.0)], holes)
    inside = step_net(ring_grid, params)
    wanted = (ring_radius > 0.5) & (ring_radius < 1)
    artists["picture"].set_data(inside.reshape(121, 121))
    net = polygon_net(corners(outer, 1.0))
    for n, border in enumerate(artists["borders"]):
        border.set_visible(lines and n < outer)
        if n < outer:
            a, b = net["w1"][:, n], net["b1"][n]
            foot = -b * a / (a @ a)
            along = np.array([-a[1], a[0]]) / np.hypot(*a)
            border.set_data(*(foot + np.outer([-3, 3], along)).T)
    wrong = np.mean(inside != wanted) / np.mean(wanted)
    units = outer + (inner if inner >= 3 else 0)
    return f"{units} half-planes in the first layer. Wrong: {wrong:.1%} of the ring's area."


explore(
    draw_ring,
    move_ring,
    controls={
        "outer": Slider(3, 24, 1, 5, label="edges of the outer polygon"),
        "inner": Slider(2, 24, 1, 2, label="edges of the hole (2: no hole)"),
        "lines": Toggle(True, label="show the half-planes of the outer polygon"),
    },
    goal="Draw the ring with less than 5 percent of its area wrong. How many half-planes does it "
    "take?",
    answer="15 edges for each polygon: 30 half-planes, 4.8 percent wrong. The outer polygon matters "
    "more, since it is larger: 16 outer and 12 inner edges do, too.",
)

# %% [markdown] tags=["NEU-10"]
# ### Features that are learnt
#
# Machine learning used to have two steps. People turned an object into a vector of *features* by
# hand, and an algorithm classified the vector. A network does both: its last layer is a linear
# classifier, and the layers below build the features for it.

# %% tags=["predict"]
circles = ...

# %% tags=["check"]
check("backpropagation.circles")

# %% tags=["demo"]
x_rings, y_rings = make_circles(200, inner=0.4, rng=np.random.default_rng(0))
rings = Dataset(x_rings, y_rings, x_rings, y_rings, x_rings, y_rings, ("outer", "inner"))
ring_accuracy, ring_models = {}, {}
for units in (1, 2, 3):
    runs = [
        train(
            MLP([2, units, 2], activation="tanh", init="xavier", rng=np.random.default_rng(seed)),
            rings,
            step=adam_step,
            lr=0.1,
            epochs=200,
            batch_size=200,
            rng=np.random.default_rng(seed),
            progress=False,
        )
        for seed in range(fewer(5, 3, "starts"))
    ]
    ring_accuracy[units] = [run.train_acc[-1] for run in runs]
    ring_models[units] = runs[int(np.argmax(ring_accuracy[units]))].model

fig, (left, middle, right) = figure(1, 3, size=(8.8, 3.0))
right.remove()
right = fig.add_subplot(1, 3, 3, projection="3d")
side = np.linspace(-1.5, 1.5, 81)
plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
for ax, units in ((left, 2), (middle, 3)):
    ax.contourf(
        side, side, ring_models[units].predict(plane).reshape(81, 81), 1, cmap="Blues", alpha=0.5
    )
    for label, color, marker in ((0, COLORS.train, "o"), (1, COLORS.validation, "^")):
        ax.plot(*x_rings[y_rings == label].T, marker, ms=3, color=color)
    ax.set(title=f"{units} hidden units", xlabel="$x_1$", ylabel="$x_2$")
features = ring_models[3].activations(x_rings)[0]
for label, color, marker in ((0, COLORS.train, "o"), (1, COLORS.validation, "^")):
    right.plot(*features[y_rings == label].T, marker, ms=3, color=color)
right.set(title="the features $h_1, h_2, h_3$")
right.set(xticks=(-1, 0, 1), yticks=(-1, 0, 1), zticks=(-1, 0, 1))
right.set_box_aspect(None, zoom=0.9)
show(
    fig,
    caption="Best of five starts. "
    + "; ".join(
        f"{units} hidden unit{'s' * (units > 1)}: {min(a):.2f} to {max(a):.2f}"
        for units, a in ring_accuracy.items()
    )
    + ". Right: the same points, as the last layer of the net with three units sees them. Here a plane can "
    "part them.",
    alt="Left: with two hidden units the region is an open strip and misses part of the ring. "
    "Middle: with three "
    "it is a triangle round the inner ring. Right: in the space of the three hidden activations "
    "the inner ring "
    "lies apart from the outer one.",
)

# %% [markdown]
# Two units leave the fence open on one side. The last layer is a linear classifier in every case;
# the layer below has curved the data until a plane will do.

# %% [markdown] tags=["NEU-07", "NEU-08"]
# ### How many, and how deep?
#
# Theorems say more: with enough hidden units, one hidden layer approximates any continuous function
# as closely as you like (*universal approximation*). They do not say how many units that takes, nor
# whether training will find them.

# %% tags=["predict"]
unseen_rows = ...

# %% tags=["check"]
check("backpropagation.unseen_rows")

# %% tags=["demo"]
rng = np.random.default_rng(0)
t = np.linspace(0, 1, 400)[:, None]
wave = np.sin(2 * np.pi * t[:, 0])
widths = (2, 5, 10, 20, 50, 100, 200)
wave_errors = {
    width: [
        np.abs(fit_random_features(t, wave, width=width, rng=rng)(t) - wave).max()
        for _ in range(20)
    ]
    for width in widths
}
digits = load_digits()
depth_rates = {
    0: (1, 3, 10),
    1: (0.3, 1, 3),
    2: (0.1, 0.3, 1),
    3: (0.1, 0.3, 1),
    8: (0.03, 0.1, 0.3),
}


deep_epochs = fewer(10, 5, "epochs")


def deep_accuracy(depth, lr, seed):
    """Validation accuracy on the digits after so many epochs."""
    return train(
        MLP([64, *[50] * depth, 10], rng=np.random.default_rng(seed)),
        digits,
        step=sgd_step,
        lr=lr,
        epochs=deep_epochs,
        batch_size=50,
        rng=np.random.default_rng(seed),
        abort_factor=None,
        progress=False,
    ).val_acc[-1]


deep_seeds = range(fewer(3, 1, "seeds"))
depth_accuracy = {
    depth: max(([deep_accuracy(depth, lr, s) for s in deep_seeds] for lr in rates), key=np.mean)
    for depth, rates in depth_rates.items()
}
fig, (left, right) = figure(1, 2, size=(8.6, 3.0))
median = [np.median(errors) for errors in wave_errors.values()]
left.loglog(widths, median, "o-", color=COLORS.train)
left.fill_between(
    widths,
    [min(e) for e in wave_errors.values()],
    [max(e) for e in wave_errors.values()],
    color=COLORS.train,
    alpha=0.2,
)
left.set(xlabel="hidden units", ylabel="largest error", title="sin 2πx")
right.errorbar(
    list(depth_accuracy),
    [np.mean(a) for a in depth_accuracy.values()],
    [np.std(a) for a in depth_accuracy.values()],
    fmt="s-",
    color=COLORS.validation,
    capsize=3,
)
right.set(xlabel="hidden layers of 50", ylabel="validation accuracy", title="digits")
wave_slope = np.polyfit(np.log(widths[2:]), np.log(median[2:]), 1)[0]
show(
    fig,
    caption=f"Left: one hidden layer of random ReLUs, only the last layer fitted; band: 20 draws. "
    f"From 10 units on the error falls like width to the power {wave_slope:.1f}. Right: digits, ten "
    "epochs, the best of three learning rates; mean and standard deviation of three seeds.",
    alt="Left: the largest error on a sine falls from about 1 at two units to about 0.002 at 200, a "
    "straight line on logarithmic axes. Right: accuracy on digits lies between 0.95 and 0.97 up to three "
    "hidden layers, and falls with eight.",
)

# %% [markdown]
# A slide says that two or three dense layers are usual. On 1,199 digits that is so: over five seeds
# one to three hidden layers are equal within their spread. (Even without one the network is less than a
# point behind.) It is a rule of thumb for dense layers and data of this size, and no law. Deeper networks need care; lecture
# [04](../04_initialization/04_initialization.ipynb) and its neighbours are about that.

# %% [markdown] tags=["NEU-09"]
# ### Without the nonlinearity
#
# What can a dense network of many layers compute, if $\varphi(z) = z$? Multiply out two layers:
#
# $$(x W_1 + b_1) W_2 + b_2 = x\,(W_1 W_2) + (b_1 W_2 + b_2).$$
#
# That is one layer again.

# %% tags=["predict"]
bottleneck = ...

# %% tags=["check"]
check("backpropagation.bottleneck")

# %% [markdown] tags=["NEU-11"]
# ## 3 · What should be small
#
# Training needs one number that says how bad the network is: the *empirical risk*, the mean over
# the examples of a *loss*,
#
# $$L = \frac1N \sum_{n=1}^N \ell\big(f(x_n), y_n\big) \;\to\; \min .$$
#
# The gradient of a mean is the mean of the gradients. For classes, the scores $s$ become
# probabilities by the *softmax*, and the loss is minus the logarithm of the probability of the
# right class (*cross-entropy*, measured in *nats*):
#
# $$p_k = \frac{e^{s_k}}{\sum_j e^{s_j}}, \qquad \ell = -\ln p_y .$$

# %% tags=["predict"]
untrained_loss = ...

# %% tags=["check"]
check("backpropagation.untrained_loss")

# %% [markdown]
# One practical point: $e^{1000}$ is larger than any float. Subtract the largest score of the row
# from all of its scores first. Numerator and denominator shrink by the same factor, and the
# probabilities stay what they were.
#
# *A good place for a break.*

# %% [markdown] tags=["BPG-02", "BPG-01"]
# ## 4 · The graph of a computation
#
# Write every step of a computation on a line of its own and draw it as a node, with edges from what
# it uses. For $e = (a+b)(b+1)$:
#
# $$c = a + b, \qquad d = b + 1, \qquad e = c\,d .$$
#
# The *forward pass* computes the value of each node from those before it, and keeps it. Now ask,
# for each node, how fast $e$ moves with it. Each edge has a *local gradient*: the derivative of one
# step with respect to one of its inputs. It is computed from values that the forward pass has kept.
# Five kinds of step are enough for all of this lecture.

# %% tags=["exercise"]
from utils.autodiff import operate

# %% tags=["check"]
check("autodiff.operate")

# %% [markdown]
# With `operate` a number can remember how it was computed. The class below is plumbing; read it
# once. It is Python's way to let you write `a + b` and get a node with its two parents and their
# local gradients.


# %%
class Node:
    """A number that remembers its parents, and its derivative with respect to each of them."""

    def __init__(self, value, parents=(), local_grads=()):
        self.value, self.grad = value, 0.0
        self.parents, self.local_grads = parents, local_grads

    def __add__(self, other):
        return apply("add", self, other)

    def __mul__(self, other):
        return apply("mul", self, other)

    def __sub__(self, other):
        return self + apply("mul", other, -1)

    def __truediv__(self, other):
        return self * apply("inverse", other)

    def exp(self):
        return apply("exp", self)

    def log(self):
        return apply("log", self)

    __radd__, __rmul__ = __add__, __mul__


def apply(op, *parents) -> Any:
    """A new node, from nodes or numbers."""
    parents = tuple(p if isinstance(p, Node) else Node(p) for p in parents)
    value, local_grads = operate(op, tuple(p.value for p in parents))
    return Node(value, parents, local_grads)


# %% [markdown]
# The chain rule says: multiply the local gradients along a path, and add over all paths from the
# node to the output. There are many paths.

# %% tags=["predict"]
paths = ...

# %% tags=["check"]
check("backpropagation.paths")

# %% [markdown]
# Here is the idea that makes it cheap. Write $\bar u$ for the derivative of the output with
# respect to the node $u$. Whatever $u$ does to the output, it does through its *consumers*, the nodes
# that use it:
#
# $$\bar u = \sum_{v \,\in\, \text{consumers}(u)} \bar v \cdot \frac{\partial v}{\partial u}, \qquad \overline{\text{output}} = 1 .$$
#
# So start at the output and go backwards. What is the right order?

# %% tags=["exercise"]
from utils.autodiff import reverse_sweep

# %% tags=["check"]
check("autodiff.reverse_sweep")

# %% [markdown]
# **Compare.** A node may hand its gradient on only when all its consumers have reported. Count them first; a
# node whose count has come down to 0 is next. Every edge is used once. This is *backpropagation*, or
# reverse-mode differentiation.

# %% tags=["demo"]
a, b = Node(2.0), Node(1.0)
c, d = a + b, b + 1
e = c * d
reverse_sweep(e)
graph_rows = {
    name: (node.value, node.grad) for name, node in zip("abcde", (a, b, c, d, e), strict=True)
}
compare(
    [
        (f"de/d{name}", grad, theory)
        for (name, (_, grad)), theory in zip(graph_rows.items(), (2, 5, 2, 3, 1), strict=True)
    ],
    rel_tol=1e-9,
    printed="slide",
    caption="The graph at a = 2, b = 1, where c = 3, d = 2, e = 6. Two paths lead from b to e. "
    "They contribute 2 and 3.",
)

# %% tags=["predict"]
called_twice = ...

# %% tags=["check"]
check("backpropagation.called_twice")

# %% [markdown]
# **Explore.** Play the forward pass (grey: values) and the backward pass (orange: gradients). The larger
# the number, the larger the dot that carries it.


# %% tags=["demo"]
graph_places = {
    "a": (0, 2.8),
    "b": (0, 1.4),
    "1": (0, 0),
    "c": (1.2, 2.1),
    "d": (1.2, 0.7),
    "e": (2.4, 1.4),
}
graph_edges = [("a", "c"), ("b", "c"), ("b", "d"), ("1", "d"), ("c", "e"), ("d", "e")]
graph_said = (
    "The inputs are given.",
    "Forward: c = a + b.",
    "Forward: d = b + 1.",
    "Forward: e = c · d.",
    "Backward: e moves as fast as itself.",
    "Backward: a product hands each factor the other one: c gets d, d gets c.",
    "Backward: a sum hands on what it got, unchanged, to a and to b.",
    "Backward: and the other sum, too. What arrives at b is added.",
)


def draw_graph():
    fig, ax = figure(size=(7.4, 3.3))
    for start, end in graph_edges:
        ax.annotate(
            "",
            graph_places[end],
            graph_places[start],
            arrowprops={"arrowstyle": "->", "color": "#8a8a8a", "shrinkA": 16, "shrinkB": 16},
        )
    for name, (x, y) in graph_places.items():
        ax.plot(x, y, "o", ms=26, color="white", mec="black", zorder=3)
        ax.text(x, y, name, ha="center", va="center", fontsize=12, zorder=4)
    ax.set(xlim=(-0.4, 2.8), ylim=(-0.7, 3.4), xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.grid(False)
    return fig, ax


def travel(ax, start, end, after, amount, color):
    """What goes along an edge in the step after that one: a dot, the larger the more."""
    here, there = np.array(graph_places[start]), np.array(graph_places[end])
    way = np.full((8, 2), np.nan)
    way[after : after + 2] = here + 0.15 * (there - here), here + 0.85 * (there - here)
    return Trail(ax, *way.T, color=color, ms=min(5 + 5 * np.sqrt(abs(amount)), 22), lw=0)


def run_graph(ax, a, b, path):
    node = {"a": Node(a), "b": Node(b), "1": Node(1.0)}
    node["c"] = node["a"] + node["b"]
    node["d"] = node["b"] + node["1"]
    node["e"] = output = node["c"] * node["d"]
    reverse_sweep(output)
    through_c, through_d = node["c"].grad, node["d"].grad
    known = {"a": 0, "b": 0, "1": 0, "c": 1, "d": 2, "e": 3}  # the step that finds the value
    arrived = {"e": 4, "c": 5, "d": 5, "a": 6, "b": 6, "1": 7}  # the step that brings the gradient
    leaves = {"e": 4, "c": 5, "d": 6}  # the step after which it hands its gradient back
    marks = []
    for start, end in graph_edges:
        handed = node[start].grad if end == "e" else node[end].grad
        marks += [
            travel(ax, start, end, known[end] - 1, node[start].value, "#8a8a8a"),
            travel(ax, end, start, leaves[end], handed, COLORS.validation),
        ]
    on_b = {
        "through c": [through_c, through_c],
        "through d": [0.0, through_d],
        "their sum": [through_c, through_c + through_d],
    }[path]
    for name, (x, y) in graph_places.items():
        value, grads = node[name].value, [node[name].grad] * 8
        if name == "b":
            grads = [on_b[0]] * 7 + [on_b[1]]
        values = [f"{value:.1f}" if t >= known[name] else "" for t in range(8)]
        texts = [f"{grads[t]:.1f}" if t >= arrived[name] else "" for t in range(8)]
        marks.append(Label(ax, x, y + 0.42, values, color="#595959", size=11))
        marks.append(Label(ax, x, y - 0.45, texts, color=COLORS.validation, size=11))
    end = {
        "through c": f"Gradient on b through c: {through_c:.1f}.",
        "through d": f"Gradient on b through d: {through_d:.1f}.",
        "their sum": f"Gradient on b: {through_c:.1f} + {through_d:.1f} = {node['b'].grad:.1f}.",
    }[path]
    return marks, [*graph_said[:7], f"{graph_said[7]} {end}"]


film(
    draw_graph,
    run_graph,
    controls={
        "t": Player(7, label="step", fps=1, value=7),
        "a": Slider(-4.0, 4.0, 0.5, 2.0, label="a"),
        "b": Slider(-4.0, 4.0, 0.5, 1.0, label="b"),
        "path": Choice(["their sum", "through c", "through d"], label="gradient on b"),
    },
    goal="Make the gradient on b vanish while neither of the two paths does.",
    answer="The paths contribute d = b + 1 and c = a + b. They cancel where a + 2b + 1 = 0, for "
    "example at a = −3, b = 1: 2 and −2.",
)

# %% [markdown] tags=["BPG-07"]
# ### The same graph, turned round
#
# Look at what each step does in the backward pass.
#
# | forward | backward |
# |---|---|
# | a sum of several inputs | copy the gradient to each of them |
# | a copy handed to several consumers | sum what comes back |
# | times a matrix, $h\,W$ | times the transposed matrix, $\bar z\,W^\top$ |
# | a function of each entry, $\varphi(z)$ | times its slope, $\bar h \odot \varphi'(z)$ |
# | take some rows of a table | add into these rows |
#
# ($\odot$ multiplies entry by entry.) So the backward pass is the forward graph with its arrows
# reversed. It is linear in the gradients, however nonlinear the forward pass is.

# %% [markdown]
# ### It trains
#
# That is a complete machine. Below it trains a network 2-6-1 on two half-moons: 25 parameters, one
# node for each operation. Even tanh comes from your five steps: $\tanh z = 1 - 2/(e^{2z} + 1)$.


# %% tags=["demo"]
def scalar_tanh(z):
    return 1 + -2 * apply("inverse", (2 * z).exp() + 1)


def scalar_loss(params, points, labels):
    """Mean of -log P(y) of the network 2-6-1, one node for each operation."""
    total = Node(0.0)
    for (x1, x2), y in zip(points, labels, strict=True):
        score = params[24]
        for unit in range(6):
            w1, w2, bias, v = params[4 * unit : 4 * unit + 4]
            score = score + v * scalar_tanh(w1 * x1 + w2 * x2 + bias)
        total = total + ((1 - 2 * int(y)) * score).exp().__add__(1).log()
    return total * (1 / len(points))


moons, moon_labels = make_moons(40, rng=np.random.default_rng(0))
moons = moons.tolist()
rng = np.random.default_rng(1)
values = rng.normal(0, 2, 25).tolist()
moon_losses = []
for _ in range(60):
    weights = [Node(v) for v in values]
    loss = scalar_loss(weights, moons, moon_labels)
    reverse_sweep(loss)
    moon_losses.append(loss.value)
    values = [w.value - 4 * w.grad for w in weights]

weights = [Node(v) for v in values]
reverse_sweep(scalar_loss(weights, moons, moon_labels))
scalar_gap = 0.0
for i in range(25):
    ends = [
        scalar_loss(
            [Node(v + h * (j == i)) for j, v in enumerate(values)], moons, moon_labels
        ).value
        for h in (1e-5, -1e-5)
    ]
    slope = (ends[0] - ends[1]) / 2e-5
    scalar_gap = max(scalar_gap, abs(slope - weights[i].grad) / (abs(slope) + abs(weights[i].grad)))

side_1, side_2 = np.linspace(-1.5, 2.5, 61), np.linspace(-1, 1.5, 61)
mesh = np.stack(np.meshgrid(side_1, side_2), axis=-1).reshape(-1, 2)
blocks = np.array(values[:24]).reshape(6, 4)
surface = np.tanh(mesh @ blocks[:, :2].T + blocks[:, 2]) @ blocks[:, 3] + values[24]
fig, (left, right) = figure(1, 2, size=(8.6, 2.9))
left.plot(moon_losses, color=COLORS.train, lw=2)
left.set(xlabel="update", ylabel="loss (nats)", ylim=(0, None))
right.contourf(side_1, side_2, (surface > 0).reshape(61, 61), 1, cmap="Blues", alpha=0.4)
for label, color, marker in ((0, COLORS.train, "o"), (1, COLORS.validation, "^")):
    right.plot(*np.array(moons)[moon_labels == label].T, marker, ms=4, color=color)
right.set(xlabel="$x_1$", ylabel="$x_2$")
show(
    fig,
    caption=f"Loss of the scalar network, and its decision after 60 updates. Its 25 gradients "
    f"agree with finite "
    f"differences; the largest relative error is {scalar_gap:.0e}.",
    alt="Left: the loss falls from its start to a small value in 60 updates. Right: two "
    "half-moons of points, parted by a curved "
    "border.",
)

# %% [markdown] tags=["BPG-03", "BPG-01"]
# ## 5 · From numbers to layers
#
# Nobody trains with one Python object per number. A layer handles all numbers of a batch at once:
# `forward` returns the output and a *cache* of what the backward pass will need; `backward` takes
# the gradient on the output and returns the gradients on the inputs and the parameters. From here
# on, `dz` in code is short for $\partial L/\partial z$.
#
# For the dense layer the forward pass is given: `affine_forward(x, w, b)` returns `x @ w + b` and
# the cache `(x, w, b)`. Derive the backward pass. Write out one output, $z_{nj} = \sum_i x_{ni}
# w_{ij} + b_j$, and ask for each input which outputs it touches.

# %% tags=["exercise"]
from utils.layers import affine_backward

# %% tags=["check"]
check("layers.affine_backward")

# %% [markdown]
# **Compare.** The weight $w_{ij}$ touches $z_{nj}$ for every example $n$, with the factor $x_{ni}$.
# The input $x_{ni}$ touches $z_{nj}$ for every unit $j$, with the factor $w_{ij}$. Each sum over an
# inner index is a matrix product:
#
# $$\frac{\partial L}{\partial w_{ij}} = \sum_n x_{ni}\,\bar z_{nj} \;\Rightarrow\; dW = X^\top dZ, \qquad
# dX = dZ\,W^\top, \qquad db = \sum_n dZ_{n,:}$$
#
# The parameters are shared by all examples (a copy), so their gradient is a sum over the examples.
# Nothing is divided by $N$ here: the loss has taken the mean.

# %% tags=["predict"]
two_ways = ...

# %% tags=["check"]
check("backpropagation.two_ways")

# %% [markdown]
# ### Softmax and cross-entropy, node by node
#
# Now the other end. Write the loss as six lines, and go back through them one at a time. Your
# answer is a dict with a gradient for each node; the check says which is the first that is wrong.
# Paper helps. Mind the node that leaves by two edges.

# %% tags=["exercise"]
from utils.losses import softmax_nodes_backward

# %% tags=["check"]
check("losses.softmax_nodes_backward")

# %% [markdown]
# **Compare.** Two things come out of it. The gradient on `top` is 0 in every row: adding a number
# to all scores of a row changes nothing, so the maximum may be treated as a constant. And most of
# the work cancels. Put the lines together for one row of the batch:
#
# $$\bar s_k = e_k\Big(\frac{\bar p_k}{\text{total}} - \frac{\sum_j \bar p_j e_j}{\text{total}^2}\Big)
# = p_k\big(\bar p_k - \bar p_y\,p_y\big) \quad\text{with}\quad \bar p_y = -\frac{1}{N p_y},\ \text{all other } \bar p_k = 0 .$$
#
# Simplify it for $k = y$ and for $k \ne y$. Now in one line:

# %% tags=["exercise"]
from utils.losses import softmax_loss

# %% tags=["check"]
check("losses.softmax_loss")

# %% [markdown]
# **Compare.** $\;dS = (P - \mathrm{onehot}(y))/N$: what the network says minus what it should say.
# The rows sum to 0, so scores are pushed up and down by the same amount.
#
# ### Two layers
#
# Put the pieces together: a network with one hidden layer of ReLUs, $\max(0, z)$, whose slope is 1
# for $z > 0$ and 0 for $z < 0$. Again the check goes from gradient to gradient.

# %% tags=["exercise"]
from utils.networks import two_layer_backward

# %% tags=["check"]
check("networks.two_layer_backward")

# %% [markdown] tags=["E-01"]
# ### Spot the error: what backpropagation does
#
# One deck (in our words): backpropagation is a generalised use of gradient descent; it corrects the
# weights of the network, from the last layer to the first. Compare with what your function does.

# %% tags=["predict"]
after_backprop = ...

# %% tags=["check"]
check("backpropagation.after_backprop")

# %% [markdown]
# So these are two things. Backpropagation *computes* a gradient. An *optimizer* uses it: plain
# gradient descent, $w \leftarrow w - \eta\,\partial L/\partial w$ with a *learning rate* $\eta$, or
# one of those in lecture [07](../07_optimizers/07_optimizers.ipynb). Nor does backpropagation care
# who asks: the gradient on the *inputs* says which pixels matter.

# %% [markdown] tags=["BPG-04"]
# ## 6 · The loop
#
# Training on all examples at once gives one update for the price of a whole pass. A *mini-batch*
# gives a noisier gradient, and many updates. The scheme:
#
# 1. Draw initial weights. Split the data into training and validation examples.
# 2. Split the training examples at random into mini-batches.
# 3. For each mini-batch: forward pass, loss, backward pass, update of every parameter.
# 4. Look at loss and accuracy, on the training and on the validation examples. Go back to 2.
#
# Write step 2.

# %% tags=["exercise"]
from utils.training import iterate_minibatches

# %% tags=["check"]
check("training.iterate_minibatches")

# %% [markdown] tags=["E-02"]
# ### Spot the error: an epoch
#
# One deck says both (in our words): an *epoch* is one iteration over the whole training set; and:
# an epoch takes several iterations. Both cannot be true if *iteration* means one thing. Let it mean one
# update of the parameters. Then an epoch, one pass over all examples, takes several.

# %% tags=["predict"]
iterations = ...

# %% tags=["check"]
check("backpropagation.iterations")

# %% [markdown]
# Now all of it, from your own functions.


# %%
def train_two_layers(data, *, lr, batch_size=50, epochs=10, hidden=50, shuffle=True, seed=0):
    """A ReLU network with one hidden layer, trained; the validation accuracy after each epoch."""
    rng = np.random.default_rng(seed)
    classes = len(data.names)
    params = {
        "w1": he_normal(data.x_train.shape[1], hidden, rng=rng),
        "b1": np.zeros(hidden),
        "w2": he_normal(hidden, classes, rng=rng),
        "b2": np.zeros(classes),
    }

    def scores_of(x):
        z = x @ params["w1"] + params["b1"]
        return z, np.maximum(0, z) @ params["w2"] + params["b2"]

    val_acc = []
    for _ in range(epochs):
        if shuffle:
            batches = iterate_minibatches(data.x_train, data.y_train, batch_size, rng=rng)
        else:
            starts = range(0, len(data.x_train), batch_size)
            batches = [
                (data.x_train[i : i + batch_size], data.y_train[i : i + batch_size]) for i in starts
            ]
        for x, y in batches:
            z, scores = scores_of(x)
            _, dscores = softmax_loss(scores, y)
            grads = two_layer_backward(dscores, x, z, params)
            params = {name: w - lr * grads[name] for name, w in params.items()}
        val_acc.append(accuracy(scores_of(data.x_val)[1], data.y_val))
    return val_acc


# %% tags=["predict"]
sorted_data = ...

# %% tags=["check"]
check("backpropagation.sorted_data")

# %% [markdown] tags=["BPG-05"]
# How large should a batch be? As large as your memory and your patience allow? Five epochs on the digits:


# %% tags=["demo"]
import time

batch_rates = {
    1: (0.01, 0.03, 0.1),
    10: (0.1, 0.3, 1.0),
    50: (0.1, 0.3, 1.0),
    200: (0.3, 1.0, 3.0),
    1199: (0.1, 0.3, 1.0, 3.0),
}
batch_accuracy, batch_seconds = {}, {}
for size, rates in batch_rates.items():
    began = time.perf_counter()
    runs = [train_two_layers(digits, lr=lr, batch_size=size, epochs=5)[-1] for lr in rates]
    batch_seconds[size] = (time.perf_counter() - began) / (5 * len(rates))
    batch_accuracy[size] = dict(zip(rates, runs, strict=True))
print("batch size   time of an epoch   validation accuracy (best of the rates, one seed)")
for size, found in batch_accuracy.items():
    print(f"{size:>10} {1000 * batch_seconds[size]:>15.0f} ms {max(found.values()):>22.2f}")

# %% [markdown] tags=["BPG-05"]
# Small batches buy updates, large ones buy speed. How many epochs? Until the validation accuracy stops
# rising: save the weights after each epoch and keep the best. And the learning rate is tuned by
# watching how fast the loss falls.

# %% [markdown] tags=["BPG-01"]
# ## 7 · Is it right?
#
# A loss that falls proves little. There is one judge of a gradient that you can trust, since it
# knows nothing about your code: move one number, and look at what the loss does.

# %% tags=["exercise"]
from utils.gradients import numerical_gradient

# %% tags=["check"]
check("gradients.numerical_gradient")

# %% [markdown]
# How far apart two gradients are is measured by the *relative error*, the largest
# $|a-b|/(|a|+|b|)$. It is 0 for equal gradients and 1 for opposite signs. As a rule of thumb, below
# $10^{-7}$ the backward pass is right, above $10^{-2}$ it is wrong.

# %% tags=["predict"]
in_float32 = ...

# %% tags=["check"]
check("backpropagation.in_float32")


# %% tags=["demo"]
def new_params(sizes, seed, weights=he_normal):
    rng = np.random.default_rng(seed)
    params = {}
    for n in range(1, len(sizes)):
        params[f"w{n}"] = weights(sizes[n - 1], sizes[n], rng=rng)
        params[f"b{n}"] = 0.1 * rng.standard_normal(sizes[n])
    return params


def checked_loss(params, x, y, activation="tanh"):
    """The loss in the precision of its parameters, the float64 of NumPy kept out of it."""
    scores = mlp_forward(x, params, activation=activation)[0][-1]
    return -log_softmax(scores)[np.arange(len(y)), y].mean()


steps = 10.0 ** -np.arange(1, 11)
small_sizes = (64, 10, 10)
x_checked, y_checked = digits.x_train[:20], digits.y_train[:20]
u_errors = {}
for kind, dtype in (("central", np.float64), ("forward", np.float64), ("central", np.float32)):
    seeds = []
    for seed in range(3):
        params = new_params(small_sizes, seed)
        hs, ((cache_1, out_1), (cache_2, _)) = (lambda r: (r[0], r[1][0]))(
            mlp_forward(x_checked, params, activation="tanh")
        )
        _, dscores = softmax_loss(hs[-1], y_checked)
        dh, exact, _ = affine_backward(dscores, cache_2)
        low = {name: v.astype(dtype) for name, v in params.items()}
        x_low = x_checked.astype(dtype)
        errors = []
        for h in steps:
            found = np.zeros_like(exact)
            base = checked_loss(low, x_low, y_checked)
            for index in np.ndindex(exact.shape):
                moved = low["w2"].copy()
                moved[index] += dtype(h)
                up = checked_loss(low | {"w2": moved}, x_low, y_checked)
                if kind == "central":
                    moved[index] = low["w2"][index] - dtype(h)
                    down = checked_loss(low | {"w2": moved}, x_low, y_checked)
                    found[index] = (float(up) - float(down)) / (2 * h)
                else:
                    found[index] = (float(up) - float(base)) / h
            errors.append(
                np.median(np.abs(found - exact) / np.maximum(np.abs(found) + np.abs(exact), 1e-30))
            )
        seeds.append(errors)
    u_errors[f"{kind}, {dtype.__name__}"] = np.median(seeds, axis=0)
fig, ax = figure(size=(7.4, 3.2))
for (name, errors), style in zip(u_errors.items(), ("o-", "s--", "^-"), strict=True):
    ax.loglog(steps, errors, style, ms=4, label=name)
ax.set(xlabel="step h", ylabel="median relative error", ylim=(1e-11, 3))
ax.legend(frameon=False)
show(
    fig,
    caption="A correct gradient against differences. Wide steps: the error of the formula, which "
    "falls with h² (central) or h "
    "(forward). Narrow steps: rounding, which grows with 1/h. In float64 a central step near 1e-5 "
    "is best; float32 never gets below "
    f"{np.min(u_errors['central, float32']):.0e}.",
    alt="Three U-shaped curves of relative error over the step, on logarithmic axes. Central "
    "float64 reaches 1e-10 near h = 1e-5, forward float64 about 1e-7 "
    "near 1e-7, central float32 only 1e-4 near 1e-2, and rises to 1 for narrow steps.",
)

# %% [markdown]
# ### A bug hunt
#
# Here is a backward pass for networks of any depth, as you might find it. Networks train with it.


# %%
def mlp_backward_found(dscores, cache):
    """Backward pass of a dense network, as it was found."""
    caches, activation = cache
    _, phi_backward = activation_pair(activation)
    grads, dh = {}, dscores
    for layer in range(len(caches), 0, -1):
        (x, w, _), phi_cache = caches[layer - 1]
        grads[f"w{layer}"] = x.T @ dh
        grads[f"b{layer}"] = dh.sum(axis=0)
        if layer < len(caches):
            dh = phi_backward(dh, phi_cache)
        dh = dh @ w.T
    return dh, grads


# %% [markdown]
# The bars put every array of a network with two hidden layers to the test. The curves are two runs on
# the digits: one with this function, one with a right gradient. Can you tell which is which? Can you
# tell from the bars where to look?


# %% tags=["demo"]
def fit_digits(gradients, lr, *, epochs=12, seed=0):
    """Training loss and validation accuracy after each epoch, with any way to get gradients."""
    params, rng = new_params((64, 50, 50, 10), seed), np.random.default_rng(seed)
    losses, val_acc = [], []
    for _ in range(epochs):
        batch_losses = []
        for x, y in iterate_minibatches(digits.x_train, digits.y_train, 50, rng=rng):
            loss, grads = gradients(params, x, y)
            params = {name: w - lr * grads[name] for name, w in params.items()}
            batch_losses.append(loss)
        losses.append(np.mean(batch_losses))
        val_acc.append(accuracy(mlp_forward(digits.x_val, params)[0][-1], digits.y_val))
    return losses, val_acc


def gradient_errors(backward, sizes=(6, 5, 4, 3), n=7):
    """The relative error of every array of a small network, by your numerical gradient."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((n, sizes[0])), rng.integers(sizes[-1], size=n)
    params = new_params(sizes, 0)
    hs, cache = mlp_forward(x, params, activation="tanh")
    dx, grads = backward(softmax_loss(hs[-1], y)[1], cache)
    errors = {
        name: relative_error(
            grads[name],
            numerical_gradient(
                lambda v, name=name: checked_loss(params | {name: v}, x, y), params[name]
            ),
        )
        for name in params
    }
    return errors | {
        "x": relative_error(dx, numerical_gradient(lambda v: checked_loss(params, v, y), x))
    }


def found_gradients(params, x, y):
    hs, cache = mlp_forward(x, params)
    loss, dscores = softmax_loss(hs[-1], y)
    return loss, mlp_backward_found(dscores, cache)[1]


def library_gradients(params, x, y):
    """What the library's network says."""
    net = MLP([64, 50, 50, 10], rng=np.random.default_rng(0))
    net.params = params
    return net.loss(x, y)


found_errors = gradient_errors(mlp_backward_found)
found_losses, found_acc = fit_digits(found_gradients, 0.3)
other_losses, other_acc = fit_digits(library_gradients, 0.3)
fig, (left, right) = figure(1, 2, size=(8.6, 3.0))
left.bar(
    list(found_errors), [max(v, 1e-11) for v in found_errors.values()], color=COLORS.validation
)
left.axhline(1e-7, ls="--", color=COLORS.reference)
left.set(
    yscale="log", ylabel="relative error", ylim=(1e-11, 2), xlabel="array of the version found"
)
right.plot(range(1, 13), found_losses, "o-", ms=3, label="run A")
right.plot(range(1, 13), other_losses, "s-", ms=3, label="run B")
right.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(0, None))
right.legend(frameon=False)
show(
    fig,
    caption="Left: relative error of each gradient of the version found (dashed: below is right). "
    "Right: two trainings on the digits, one with it and one with a right backward pass.",
    alt="Left: bars of relative error for w1, b1, w2, b2, w3, b3 and x; those of w1, b1, w2, b2 "
    "are near 1, those of w3, b3 and x below 1e-7. Right: two "
    "falling loss curves, both healthy to look at.",
)

# %% [markdown]
# Write the repaired function.

# %% tags=["exercise"]
from utils.networks import mlp_backward

# %% tags=["check"]
check("networks.mlp_backward")

# %% [markdown]
# **Compare.** From the last layer to the first,
#
# $$dZ_l = (dZ_{l+1}\,W_{l+1}^\top) \odot \varphi'(Z_l), \qquad dW_l = H_{l-1}^\top\, dZ_l .$$
#
# The version found took the gradient on $H_l$ in place of that on $Z_l$ for the parameters of the
# hidden layers. It handed the right thing down, so $dX$ was right. Had only $dX$ been checked, or
# only the last layer, all would have looked well. Check every array by itself.

# %% tags=["predict"]
survivor = ...

# %% tags=["check"]
check("backpropagation.survivor")

# %% tags=["predict"]
overlooked = ...

# %% tags=["check"]
check("backpropagation.overlooked")

# %% [markdown]
# Accuracies on the digits, [64, 50, 50, 10], 15 epochs, best of five learning rates, mean and
# standard deviation over five seeds:
#
# | backward pass | accuracy |
# |---|---|
# | right | 0.975 ± 0.009 |
# | bias gradients all 0 | 0.976 ± 0.008 |
# | the bug of the hunt | 0.959 ± 0.008 |
# | the ReLU gate forgotten | 0.957 ± 0.012 |
# | `w` for `w.T` where it fits | 0.956 ± 0.010 |
# | a fixed *random* matrix for `w.T` | 0.932 ± 0.009 |
# | last layer only | 0.860 ± 0.006 |
# | the gate inverted | 0.62 ± 0.06 |
# | layer 1 uphill | 0.16 ± 0.03 |
#
# With the random matrix the forward weights adapt until the wrong feedback suits them (*feedback
# alignment*, Lillicrap et al. 2016). That a loss falls proves nothing about the gradient.
#
# **A good check** runs in float64, with central differences and $h \approx 10^{-5}$. It takes a few examples,
# not one. Its weights are small and random, not zeros, and its layers are not square. A penalty is left
# out, since it may drown an error in the data part. Every array is judged by itself. With ReLU a step may
# jump over a corner: a few entries that disagree while all others are right are no bug.

# %% [markdown] tags=["BPG-08"]
# ## 8 · Signals that fade
#
# Look at one step of the backward pass again: $dZ_l = (dZ_{l+1} W_{l+1}^\top) \odot \varphi'(Z_l)$.
# Each layer multiplies the gradient by weights and by slopes. Ten layers multiply ten times. If the
# gradient is zero somewhere, nothing before it learns.

# %% tags=["predict"]
fading = ...

# %% tags=["check"]
check("backpropagation.fading")


# %% tags=["demo"]
def standard_normal(fan_in, fan_out, *, rng):
    return rng.standard_normal((fan_in, fan_out))


def layer_norms(activation, weights, seed, hidden=10):
    """The norm of the gradient on the pre-activations of each hidden layer, first layer first."""
    params = new_params((64, *[50] * hidden, 10), seed, weights)
    hs, (caches, _) = mlp_forward(digits.x_train[:200], params, activation=activation)
    _, phi_backward = activation_pair(activation)
    dz, norms = softmax_loss(hs[-1], digits.y_train[:200])[1], []
    for layer in range(hidden, 0, -1):
        dh, _, _ = affine_backward(dz, caches[layer][0])
        dz = phi_backward(dh, caches[layer - 1][1])
        norms.append(np.linalg.norm(dz))
    return np.array(norms[::-1])


fading_runs = {
    f"{activation}, {name}": [layer_norms(activation, weights, seed) for seed in range(5)]
    for activation, name, weights in (
        ("sigmoid", "Xavier", xavier_normal),
        ("sigmoid", "N(0, 1)", standard_normal),
        ("tanh", "Xavier", xavier_normal),
        ("tanh", "N(0, 1)", standard_normal),
        ("relu", "He", he_normal),
    )
}
fading_ratios = {
    name: [float((norms[0] / norms[-1]) ** (1 / 9)) for norms in runs]
    for name, runs in fading_runs.items()
}
fig, ax = figure(size=(7.6, 3.3))
stats_per_layer(
    ax,
    {name: np.median([n / n[-1] for n in runs], axis=0) for name, runs in fading_runs.items()},
    ylabel="norm of dz, last hidden layer = 1",
    log=True,
)
show(
    fig,
    caption="Factor from one layer to the layer below (mean of five seeds): "
    + "; ".join(f"{name}: {np.mean(r):.2f}" for name, r in fading_ratios.items())
    + ".",
    alt="Norm of the gradient over ten hidden layers, logarithmic. Sigmoid with Xavier weights "
    "falls by six orders of magnitude towards the first layer; sigmoid with "
    "N(0, 1) falls a little; tanh with Xavier and ReLU with He weights stay level; tanh with N(0, "
    "1) grows by almost three orders.",
)

# %% [markdown]
# The famous quarter is the bound on one of two factors. With the small weights that suit a tanh,
# the sigmoid's gradient does shrink fourfold in each layer, and the first layers stand still.
# Slopes are the subject of lecture [02](../02_activations/02_activations.ipynb), weights that of
# [04](../04_initialization/04_initialization.ipynb).

# %% [markdown]
# ## 9 · After the slides: what a framework does (optional)
#
# PyTorch, JAX and TensorFlow do what you did: record a graph, keep values, sweep backwards. A few facts
# about the price.

# %% tags=["predict"]
cost = ...

# %% tags=["check"]
check("backpropagation.cost")

# %% [markdown]
# **Forward or reverse?** One can also carry derivatives *forward*, from one input at a time: beside
# each value stands its derivative with respect to that input. One forward sweep serves one input and all
# outputs; one reverse sweep serves one output and all inputs. A loss has one output and a million
# inputs, so training goes in reverse. The count is the whole argument: $n$ inputs and one output
# cost $n$ forward sweeps or a single reverse one.
#
# **Memory** is what the reverse sweep costs. The forward pass could throw each activation away; the
# backward pass needs them all. The cache grows with the depth and with the batch.

# %% tags=["predict"]
checkpoints = ...

# %% tags=["check"]
check("backpropagation.checkpoints")


# %% tags=["demo"]
import tracemalloc


memory_examples = fewer(400, 250, "examples")


def peak_memory(depth, every, width=100, n=memory_examples):
    """Peak memory, in activations of one layer, of a forward and backward pass; None: forward only.

    The activation of every ``every``-th layer is kept; those between are computed anew.
    """
    rng = np.random.default_rng(0)
    ws = [he_normal(width, width, rng=rng) for _ in range(depth)]
    x = rng.standard_normal((n, width))
    tracemalloc.start()
    h, kept = x, {0: x}
    for layer, w in enumerate(ws, 1):
        h = np.maximum(0, h @ w)
        if every and layer % every == 0 and layer < depth:
            kept[layer] = h
    if every:
        dh = np.ones_like(h)
        del h
        for first in sorted(kept, reverse=True):
            hs = [kept.pop(first)]
            for w in ws[first : first + every]:
                hs.append(np.maximum(0, hs[-1] @ w))
            for w in ws[first : first + every][::-1]:
                dz = dh * (hs.pop() > 0)
                dh = dz @ w.T
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / x.nbytes


memory_depths = (4, 16, 36, 64, 100)
memory = {
    "forward only": [peak_memory(depth, None) for depth in memory_depths],
    "every activation kept": [peak_memory(depth, 1) for depth in memory_depths],
    "one in √depth kept": [peak_memory(depth, round(depth**0.5)) for depth in memory_depths],
}
fig, ax = figure(size=(7, 3))
for (name, values), style in zip(memory.items(), ("^:", "o-", "s--"), strict=True):
    ax.plot(memory_depths, values, style, label=name)
ax.set(xlabel="layers", ylabel="peak memory (layers' activations)", ylim=(0, None))
ax.legend(frameon=False)
show(
    fig,
    caption=f"Measured peak memory, 100 units a layer, 400 examples. At 100 layers: "
    f"{memory['every activation kept'][-1]:.0f} activations with a full cache, "
    f"{memory['one in √depth kept'][-1]:.0f} with one in ten kept (checkpointing, Chen et al. "
    f"2016), for one more forward pass.",
    alt="Peak memory over depth. Forward only is flat. Keeping every activation rises in "
    "proportion to the depth, to about 100 at 100 layers. Keeping one in the square root of "
    "the depth rises far more slowly, to about 20.",
)

# %% tags=["predict"]
micro_batches = ...

# %% tags=["check"]
check("backpropagation.micro_batches")

# %% [markdown]
# **Precision.** Training in float16 saves memory and time. In float16 the number after 1 is
# 1.00098, so $1 + 0.0001 = 1$: an update that is small against its weight is lost. Hence frameworks
# keep the weights in float32, and multiply the loss by a large number so that small gradients do
# not become 0.
#
# Backpropagation does not make deep networks learn by itself. The next lectures are about that.

# %% [markdown]
# ### Errata of the slides
#
# - The picture of a neuron has a legend in which the bias cannot be read; it is there, $b$.
# - "Two-layer network" counts one hidden layer and the output. Other texts count the input as well.
# - The identity activation is printed as $\varphi(v) = v$, where everything else says $z$.

# %% [markdown]
# ## To recall
#
# Answer without scrolling, then look.
#
# 1. What must have happened before a node may hand its gradient on? (Section 4)
# 2. Which shape has the gradient on a bias, and why is it a sum? (Section 5)
# 3. Name three choices that make a gradient check blind. (Section 7)
#
# ## What to remember
#
# - One neuron has a straight border. Two layers can represent any Boolean function, three any
#   region, at a price in units. That training finds them is another matter.
# - Backward pass: start with 1 at the loss, multiply along edges, add where paths meet, hand on
#   when complete. It costs about two forward passes, and the memory of the whole cache.
# - Dense layer: $dW = X^\top dZ$, $db = $ sum of rows, $dX = dZ\,W^\top$. Softmax cross-entropy:
#   $(P - \mathrm{onehot})/N$.
# - Backpropagation computes; the optimizer updates. An iteration is an update, an epoch is a pass
#   over the data.
# - Wrong gradients train. Check every array in float64, on several examples, before you believe a
#   curve.
#
# **Read on.** Rumelhart, Hinton & Williams 1986; Karpathy's *micrograd*; the CS231n notes on
# backpropagation and on gradient checks; Baydin et al. 2018 and Griewank 1989. Next: [02, activation
# functions](../02_activations/02_activations.ipynb).

# %%
progress()
