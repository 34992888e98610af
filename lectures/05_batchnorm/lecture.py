# %% [markdown]
# # 05 · Batch normalisation and its relatives
#
# Good initial weights give every layer inputs of a good size. Then training begins and the weights
# change. Batch normalisation keeps the size right at every step, by force. It is one of the ideas
# that made very deep networks trainable, and its backward pass is the best exercise in the chain
# rule that there is.
#
# **After this lecture you can**
#
# - write batch norm forward and backward, and derive the way back on its computational graph;
# - say which mean is used in training, which in testing, and what goes wrong when they are mixed up;
# - explain why normalising without differentiating through it makes a bias run away;
# - read off the axes of layer, instance and group norm, and choose one for small batches;
# - measure what batch norm does to the learning rate and to the initialisation.
#
# **Time** About two hours. After the backward pass is a good place for a break.
# **Builds on** the chain rule on graphs, ReLU, initialisation.
#
# Predict first, then run. When you are stuck, ask for a hint in a cell of your own:
# `hint("normalization.batch_stats")`. Cells that draw a figure run on your functions; you need not
# read their code.

# %% tags=["setup"]
from functools import partial
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
from jaxtyping import Float
from matplotlib.collections import PolyCollection
from tqdm.auto import tqdm

from grader import check, hint, progress
from utils.activations import act, relu_backward, relu_forward, sigmoid_forward
from utils.data import load_digits
from utils.gradients import numerical_gradient, relative_error
from utils.initialization import layer_stats
from utils.losses import softmax_loss
from utils.networks import MLP
from utils.normalization import (
    linear_fit_r2,
    projection_residuals,
    rnn_step,
    true_bias_gradient,
)
from utils.optimizers import sgd_step, step_params
from utils.plots import COLORS, compare, figure, histograms, layer_colors, show
from utils.training import train, training_steps
from utils.widgets import Choice, LogSlider, Player, Press, Slider, Toggle, explore, live

# %% [markdown] tags=["NRM-01"]
# ## 1 · A target that moves
#
# Look at a layer in the middle of a network. Its input is the output of the layers below. Their
# weights change with every step. So the layer learns to answer inputs of one kind, and a step later
# it gets inputs of another kind. It has to start over, again and again, and its neurons may already
# be saturated. The paper calls this *internal covariate shift* (Ioffe and Szegedy 2015).

# %% tags=["predict", "NRM-04"]
during_training = ...

# %% tags=["check"]
check("normalization.during_training")

# %% [markdown]
# Is it so? We train a plain network on digits and watch three units of the third hidden layer. After
# every update we ask: what do their inputs look like, on the same 300 examples?


# %% tags=["demo"]
def drift(model, unit_inputs, updates, lr):
    """Mean and std of the inputs of three units after each update: a list of (updates, 2) arrays."""
    digits = load_digits()
    run = training_steps(
        model, digits, step=sgd_step, lr=lr, epochs=99, batch_size=50, rng=np.random.default_rng(0)
    )
    seen = [unit_inputs(next(run).history.model, digits.x_train[:300]) for _ in range(updates)]
    return [layer_stats([z[:, unit] for z in seen]) for unit in range(3)]


def plain_inputs(model, x):
    return model.activations(x)[1] @ model.params["w3"] + model.params["b3"]


def draw_drift(ax, drifts, title):
    for unit, (stats, style) in enumerate(zip(drifts, ("-", "--", ":"), strict=True)):
        color = (COLORS.train, COLORS.validation, COLORS.yours)[unit]
        mean, std = stats.T
        t = np.arange(1, 1 + len(mean))
        ax.plot(t, mean, style, color=color, lw=2, label=f"unit {unit + 1}")
        ax.fill_between(t, mean - std, mean + std, color=color, alpha=0.15, lw=0)
    ax.set(xlabel="update", ylabel="input of the unit", title=title)


plain_net = MLP([64, 50, 50, 50, 10], rng=np.random.default_rng(1))
plain_drift = drift(plain_net, plain_inputs, 150, lr=0.3)
fig, ax = figure(size=(7.5, 3.1))
draw_drift(ax, plain_drift, "")
ax.legend(frameon=False, ncols=3)
show(
    fig,
    caption="Mean (line) and standard deviation (band) of the inputs of three units. Means wander, "
    f"bands widen: unit 1 from {plain_drift[0][0, 1]:.2f} to {plain_drift[0][-1, 1]:.2f}.",
    alt="Mean and spread of the inputs of three units of the third hidden layer over 150 updates. All "
    "three change their mean and their spread.",
)

# %% [markdown] tags=["NRM-01", "E-15"]
# ### Spot the error: whose weights?
#
# > The distribution of a layer's input changes, because other objects enter the network and because
# > the weights of the previous inputs change.

# %% tags=["predict"]
whose_shift = ...

# %% tags=["check"]
check("normalization.whose_shift")

# %% [markdown] tags=["NRM-02"]
# ## 2 · The bias that ran away
#
# So subtract the mean now and then, as one does with data? Here is the smallest layer that does. It
# adds a bias $b$ to its inputs $u$ and subtracts the mean:
#
# $$x = u + b, \qquad \hat x = x - \mathrm E[x], \qquad L = \tfrac1n \sum_i (\hat x_i - t)^2 .$$
#
# Suppose the gradient step does *not* know about the subtraction. It takes
# $\partial \hat x / \partial b$ for 1. The bias moves by some $\Delta b$, and then
#
# $$u + b + \Delta b - \mathrm E[u + b + \Delta b] = u + b - \mathrm E[u + b] .$$

# %% tags=["predict"]
runaway = ...

# %% tags=["check"]
check("normalization.runaway")

# %% [markdown]
# Write that naive step, with its mistake. The table after it compares your run with an *earlier run*:
# the same computation, made with other random numbers when this course was planned.

# %% tags=["exercise"]
from utils.normalization import naive_bias_step

# %% tags=["check"]
check("normalization.naive_bias_step")

# %% tags=["demo"]
pushed = np.random.default_rng(0).standard_normal(50)
bias, runaway_bias, runaway_loss = 0.0, [0.0], []
for _ in range(1000):
    bias, loss = naive_bias_step(pushed, bias)
    runaway_bias.append(bias)
    runaway_loss.append(loss)
loss_change = max(runaway_loss) - min(runaway_loss)
compare(
    [(f"b after {n} steps", runaway_bias[n], b) for n, b in ((10, 2), (100, 20), (1000, 200))],
    rel_tol=1e-9,
    printed="earlier run",
    caption=f"The loss stays at 1 + Var(u) = {runaway_loss[0]:.4f} all the way (in the earlier run, with "
    f"other inputs, at 1.8795): it changes by {loss_change:.0e}. The true gradient is "
    f"{abs(true_bias_gradient(pushed, 20.0)):.0e}.",
)

# %% [markdown]
# **Explore.** The same with both gradients. The left picture is the whole tragedy: nothing improves,
# and $b$ grows.


# %% tags=["demo"]
def draw_runaway():
    fig, (left, right) = figure(1, 2, size=(8.5, 2.9))
    (bias,) = left.plot([0], [0], color=COLORS.warning, lw=2)
    left.set(xlabel="step", ylabel="bias b", xlim=(0, 100), ylim=(-25, 25))
    (loss,) = right.plot([0], [0], color=COLORS.train, lw=2)
    right.set(xlabel="step", ylabel="loss", xlim=(0, 100), ylim=(0, 7))
    return fig, SimpleNamespace(bias=bias, loss=loss, u=pushed)


def move_runaway(artists, t, through_the_mean, target):
    b, biases, losses = 0.0, [], []
    for _ in range(t + 1):
        following, loss = naive_bias_step(artists.u, b, target=target)
        biases.append(b)
        losses.append(loss)
        if through_the_mean:
            following = b - 0.1 * true_bias_gradient(artists.u, b, target=target)
        b = following
    artists.bias.set_data(range(t + 1), np.clip(biases, -99, 99))
    artists.loss.set_data(range(t + 1), losses)
    return f"After {t} steps the bias is {biases[-1]:.1f} and the loss {losses[-1]:.3f}."


explore(
    draw_runaway,
    move_runaway,
    controls={
        "t": Player(100, label="step", value=60),
        "through_the_mean": Toggle(False, label="differentiate through the mean"),
        "target": Slider(-2.0, 2.0, 0.1, 1.0, label="target t"),
    },
    goal="Stop the bias without touching the toggle. For which target does it stand still, and why?",
)

# %% [markdown]
# The lesson: normalisation has to be *part of the network*. The gradient must pass through the mean,
# and through the deviation.

# %% [markdown] tags=["NRM-03"]
# ### All the data, all the correlations
#
# Then make it a layer, $\hat x = \mathrm{Norm}(x, \mathcal X)$. Its output depends on the example $x$
# *and* on the whole set $\mathcal X$, so the way back needs $\partial\,\mathrm{Norm}/\partial x$ and
# $\partial\,\mathrm{Norm}/\partial \mathcal X$. To remove correlations too, it needs the covariance
#
# $$\mathrm{Cov}[x] = \mathrm E_{x \in \mathcal X}[x x^\top] - \mathrm E[x]\,\mathrm E[x]^\top$$
#
# and its inverse square root, the matrix that makes all variances 1 and all correlations 0. (Section 11
# computes it.) Write the covariance; you will need it again there. On paper $x$ is a column. In code
# an example is a row of `x`.

# %% tags=["exercise"]
from utils.normalization import cov

# %% tags=["check"]
check("normalization.cov")

# %% [markdown]
# What does that cost at *every* step, for one layer of 500 units and 50 000 examples? (Leave out the
# inverse root, which costs about 500³ more.)
#
# | | values passed forward | numbers to store | multiplications for the statistics |
# |---|---|---|---|
# | whole set, covariance | 50 000 × 500 | 500² = 250 000 | 50 000 · 500² = 1.25 · 10¹⁰ |
# | whole set, variances only | 50 000 × 500 | 500 | 50 000 · 500 = 2.5 · 10⁷ |
# | mini-batch of 100, variances only | 100 × 500 | 500 | 100 · 500 = 5 · 10⁴ |
#
# The first row is the right thing, and nobody can pay for it. The last row is batch normalisation: two
# simplifications, each unit by itself, and the mini-batch for the whole set.

# %% tags=["predict"]
which_statistics = ...

# %% tags=["check"]
check("normalization.which_statistics")

# %% [markdown] tags=["NRM-12"]
# ## 3 · Mean and deviation of a unit
#
# Write the outputs of a layer as a matrix $H$ with $m$ rows and $k$ columns: a row is an example, a
# column is a unit. Batch norm replaces $H$ by
#
# $$H' = \frac{H - \mu}{\sigma}$$
#
# and the network goes on with $H'$. It works on the input and on any hidden layer. Training is then
# a search in other coordinates, a *reparameterisation*: the layers need less co-ordination of their
# updates, and the gradient passes *through* $\mu$ and $\sigma$.

# %% [markdown] tags=["NRM-12", "E-19"]
# ### Spot the error: along which axis?
#
# A slide prints
#
# > $\displaystyle \mu = \frac1m \sum_j H_{:,j} \qquad \sigma = \sqrt{\delta + \frac1m \sum_j (H - \mu)_{:,j}^2}$
#
# The colon is NumPy's: $H_{:,j}$ is column $j$ of $H$. The $\delta$ under the root is a tiny number,
# which we call $\epsilon$ below.

# %% tags=["predict"]
misprinted_axis = ...

# %% tags=["check"]
check("normalization.misprinted_axis")

# %% [markdown] tags=["E-16"]
# ### Spot the error: what is under the root?
#
# Another slide prints
#
# > $\displaystyle \hat x = \frac{x - \mu}{\sqrt{\sigma^2}}$

# %% tags=["predict"]
no_epsilon = ...

# %% tags=["check"]
check("normalization.no_epsilon")

# %% [markdown]
# Now write it as it should be: the right axis, the plain mean of the squared distances (divided by $m$,
# not $m - 1$), and $\epsilon$ under the root.

# %% tags=["exercise"]
from utils.normalization import batch_stats

# %% tags=["check"]
check("normalization.batch_stats")

# %% [markdown] tags=["NRM-04"]
# A mini-batch is a small sample, so its mean is only an estimate: it is off by about
# $\sigma / \sqrt m$.
#
# **Explore.** 400 batches, drawn from numbers whose true mean is 0 and whose true deviation is 1. How
# large must a batch be until its mean is about as good as the true one?


# %% tags=["demo"]
def draw_noise():
    fig, (left, right) = figure(1, 2, size=(8.5, 2.9), sharey=True)
    edges = np.linspace(-2, 2, 42)
    bars = [
        ax.bar((edges[1:] + edges[:-1]) / 2, np.zeros(41), edges[1] - edges[0], color=color)
        for ax, color in ((left, COLORS.train), (right, COLORS.validation))
    ]
    left.axvline(0, color=COLORS.reference, ls="--", lw=1)
    right.axvline(0, color=COLORS.reference, ls="--", lw=1)
    left.set(xlabel="batch mean μ − true mean", ylabel="share of 400 batches", ylim=(0, 1))
    right.set(xlabel="batch deviation σ − true one")
    unit = np.random.default_rng(0).standard_normal((256, 400))  # 400 batches, as 400 columns
    return fig, SimpleNamespace(means=list(bars[0]), stds=list(bars[1]), edges=edges, unit=unit)


def move_noise(artists, m):
    mu, sigma = batch_stats(artists.unit[:m])
    for bars, values in ((artists.means, mu), (artists.stds, sigma - 1)):
        counts, _ = np.histogram(values, bins=artists.edges)
        for bar, count in zip(bars, counts, strict=True):
            bar.set_height(count / len(values))
    return (
        f"Batches of {m}: the means spread by {mu.std():.3f}, and 1/√m is {1 / np.sqrt(m):.3f}. The "
        f"deviations are {sigma.mean():.2f} on average, with a spread of {sigma.std():.2f}."
    )


explore(
    draw_noise,
    move_noise,
    controls={"m": Slider(1, 256, 1, 16, label="batch size m")},
    goal="Find the batch size at which the means spread by 0.2. By what factor must it grow to halve "
    "that? And what happens to σ in very small batches?",
)

# %% [markdown] tags=["NRM-05"]
# ## 4 · Do we want mean 0 and variance 1?
#
# "You want zero-mean unit-variance activations? Just make them so." But do we want them?

# %% tags=["predict"]
need_standard = ...

# %% tags=["check"]
check("normalization.need_standard")

# %% tags=["demo"]
sigmoid_r2 = {
    std: linear_fit_r2(lambda z: sigmoid_forward(z)[0], std) for std in (0.25, 1.0, 2.0, 4.0)
}
near = np.linspace(-1, 1, 2001)
gap_to_line = np.abs(sigmoid_forward(near)[0] - (0.5 + near / 4)).max()
compare(
    [
        ("R² of a line, std 1", sigmoid_r2[1.0], 0.984),
        ("distance to 1/2 + x/4", gap_to_line, 0.019),
    ],
    rel_tol=0.02,
    printed="earlier run",
    caption="How linear the sigmoid is on normalised inputs. The second row: the largest distance to its "
    f"tangent for |x| ≤ 1. With inputs of std 4 a line explains {sigmoid_r2[4.0]:.1%}.",
)

# %% [markdown] tags=["NRM-06"]
# ### Give the freedom back
#
# So after normalising, each unit gets a scale and a shift of its own:
#
# $$y = \gamma\,\hat x + \beta .$$
#
# The layer must be able to learn to do *nothing*. Can it?

# %% tags=["predict"]
identity_scale = ...

# %% tags=["check"]
check("normalization.identity_scale")

# %% tags=["predict"]
who_sets_gamma = ...

# %% tags=["check"]
check("normalization.who_sets_gamma")

# %% [markdown]
# **Explore.** Here is the sigmoid with the density of its inputs $y = \gamma \hat x + \beta$: where the
# dotted curve is high, there are many inputs (its height is not to scale). The dashed line is the best
# straight line for these inputs.


# %% tags=["demo"]
def draw_freedom():
    fig, ax = figure(size=(7.5, 3.3))
    grid = np.linspace(-8, 8, 321)
    ax.plot(grid, sigmoid_forward(grid)[0], color=COLORS.train, lw=2, label="σ(y)")
    (density,) = ax.plot(grid, grid, ":", color=COLORS.reference, lw=2, label="density of y")
    (line,) = ax.plot(grid, grid, "--", color=COLORS.validation, lw=2, label="best line")
    ax.set(xlabel="input y = γ x̂ + β", ylabel="output", xlim=(-8, 8), ylim=(-0.1, 1.3))
    ax.legend(frameon=False, loc="upper left", ncols=3)
    return fig, (density, line)


def move_freedom(artists, gamma, beta):
    density, line = artists
    grid = np.linspace(-8, 8, 321)
    density.set_ydata(np.exp(-(((grid - beta) / gamma) ** 2) / 2) * min(1, 0.4 / gamma))

    def squash(z):
        return sigmoid_forward(z + beta)[0]

    r2 = linear_fit_r2(squash, gamma)
    z = gamma * np.random.default_rng(0).standard_normal(4000)
    slope, height = np.polyfit(z, squash(z), 1)
    middle = np.abs(grid - beta) < 3 * gamma
    line.set_data(grid[middle], slope * (grid[middle] - beta) + height)
    return (
        f"With γ = {gamma:.2f} and β = {beta:.1f} a straight line explains {r2:.1%} of what the sigmoid "
        f"does; its outputs have mean {squash(z).mean():.2f}."
    )


explore(
    draw_freedom,
    move_freedom,
    controls={
        "gamma": Slider(0.1, 6.0, 0.1, 1.0, label="scale γ"),
        "beta": Slider(-5.0, 5.0, 0.1, 0.0, label="shift β"),
    },
    goal="Make the sigmoid bend: bring the share of the line below 90 %. Once with γ alone, once with "
    "β alone. Which of the two makes the outputs one-sided?",
)

# %% [markdown] tags=["NRM-09"]
# ## 5 · And in testing?
#
# Every output now depends on the neighbours in the batch. In training that is tolerable. In testing?

# %% tags=["predict"]
test_statistics = ...

# %% tags=["check"]
check("normalization.test_statistics")

# %% [markdown]
# Training collects them as it goes. After each batch
#
# $$\hat\mu \leftarrow (1 - a)\,\hat\mu + a\,\mu_B, \qquad
# \hat\sigma^2 \leftarrow (1 - a)\,\hat\sigma^2 + a\,\sigma_B^2, \qquad 0 < a < 1 .$$
#
# Here $a$ is the weight of the **new** batch, for instance 0.1; in code it is called `momentum`.
# Testing uses $\hat x = (x - \hat\mu)/\sqrt{\hat\sigma^2 + \epsilon}$ with the same $\gamma$ and
# $\beta$.

# %% tags=["predict"]
running_mean = ...

# %% tags=["check"]
check("normalization.running_mean")

# %% [markdown] tags=["NRM-09", "E-17"]
# ### Spot the error: whose weight is it?
#
# > $\hat\mu = \alpha\,\mu_B + (1 - \alpha)\,\hat\mu, \quad 0 < \alpha < 1$
#
# The slide does not say how large $\alpha$ is. Libraries do not agree on what to call it. PyTorch:
# `momentum=0.1`, the weight of the new value. Keras: `momentum=0.99`, the weight of the old one.

# %% tags=["predict"]
keras_momentum = ...

# %% tags=["check"]
check("normalization.keras_momentum")

# %% [markdown]
# (One more difference: for the stored variance the paper and PyTorch multiply by $m/(m-1)$, which is
# 1.111 for a batch of ten. We store the plain one.)

# %% [markdown] tags=["NRM-07", "NRM-04"]
# ## 6 · The whole algorithm
#
# For a mini-batch $x_1, \dots, x_m$, feature by feature:
#
# $$\mu_B = \frac1m \sum_i x_i, \qquad \sigma_B^2 = \frac1m \sum_i (x_i - \mu_B)^2, \qquad
# \hat x_i = \frac{x_i - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}, \qquad
# y_i = \gamma\,\hat x_i + \beta .$$
#
# | | shape |
# |---|---|
# | $x$, $\hat x$, $y$ | $(N, D)$ |
# | $\gamma$, $\beta$, $\mu$, $\sigma$ | $(D,)$ |
#
# In training take the statistics of the batch and update the running ones. In testing take the running
# ones and leave them alone. The running pair comes in as an argument, and the new pair goes out:
# the function remembers nothing itself. What the way back will need goes out as well, in a tuple
# called `cache`.

# %% tags=["exercise"]
from utils.normalization import batchnorm_forward

# %% tags=["check"]
check("normalization.batchnorm_forward")


# %% [markdown]
# Five features on five different scales. What will be left of the differences?


# %% tags=["demo"]
def fresh(d):
    """gamma, beta and running statistics before the first batch."""
    return np.ones(d), np.zeros(d), (np.zeros(d), np.ones(d))


rng = np.random.default_rng(0)
uneven = np.stack(
    [
        0.2 * rng.standard_normal(1000) + 3,
        2.5 * rng.standard_normal(1000),
        rng.exponential(1.5, 1000) - 4,
        rng.choice([-3.0, 3.0], 1000) + 0.6 * rng.standard_normal(1000),
        rng.uniform(-1, 6, 1000),
    ],
    axis=1,
)
evened, _, _ = batchnorm_forward(uneven, *fresh(5))
show(
    histograms(
        {
            f"feature {j + 1}: {when}": values[:, j]
            for when, values in (("before", uneven), ("after", evened))
            for j in range(5)
        },
        bins=32,
        value_range=(-8, 8),
        size=(9, 3.4),
    ),
    caption="After batch norm every feature has mean 0 and variance 1. The shape of each distribution "
    "stays as it was: batch norm shifts and scales, it does not make anything normal.",
    alt="Ten histograms: five features before and after batch norm. Before, they lie at different "
    "places with different spreads; after, all are centred with the same spread, but still one is flat, one is "
    "skewed and one has two humps.",
)

# %% tags=["predict"]
batch_of_one = ...

# %% tags=["check"]
check("normalization.batch_of_one")

# %% [markdown]
# **Explore.** A batch of four examples ("ex.") with two features. Grey bars are the inputs, hatched ones
# the outputs. Change *one* entry. Which outputs move?


# %% tags=["demo"]
def draw_entry():
    fig, axes = figure(1, 2, size=(8.5, 2.9), sharey=True)
    bars = []
    for ax, name in zip(axes, ("feature 1", "feature 2"), strict=True):
        before = ax.bar(np.arange(4) - 0.2, np.zeros(4), 0.4, color=COLORS.reference, label="x")
        after = ax.bar(
            np.arange(4) + 0.2, np.zeros(4), 0.4, color=COLORS.yours, hatch="//", label="output"
        )
        bars += [list(before), list(after)]
        ax.set_xticks(range(4), [f"ex. {i + 1}" for i in range(4)])
        ax.set(title=name, ylim=(-5, 5))
    axes[0].set_ylabel("value (no unit)")
    axes[0].legend(frameon=False, loc="lower left", ncols=2)
    batch = np.array([[0.0, 2.0], [1.0, 1.0], [-1.0, 3.0], [0.5, 2.5]])
    return fig, SimpleNamespace(bars=bars, batch=batch)


def move_entry(artists, entry, training):
    batch = artists.batch.copy()
    batch[0, 0] = entry
    gamma, beta, _ = fresh(2)
    collected = (artists.batch.mean(axis=0), artists.batch.var(axis=0))
    out, (_, _, std, _), _ = batchnorm_forward(batch, gamma, beta, collected, train=training)
    for j in range(2):
        for bars, values in ((artists.bars[2 * j], batch), (artists.bars[2 * j + 1], out)):
            for bar, value in zip(bars, values[:, j], strict=True):
                bar.set_height(value)
    return (
        f"The first entry is {entry:.1f}; its feature has std {std[0]:.2f}. Outputs of feature 1: "
        f"{', '.join(f'{v:.2f}' for v in out[:, 0])}. Outputs of feature 2: "
        f"{', '.join(f'{v:.2f}' for v in out[:, 1])}."
    )


explore(
    draw_entry,
    move_entry,
    controls={
        "entry": Slider(-5.0, 5.0, 0.1, 2.0, label="feature 1 of example 1"),
        "training": Toggle(True, label="training (off: testing)"),
    },
    goal="How far can you push the output of example 1 in training? Why is there a limit? Then switch to "
    "testing: who moves now?",
)

# %% [markdown]
# Now the two modes side by side. One example is put into 100 different batches, of 2, 8 and 64
# examples. How much does its output depend on the company? And how long do the running statistics
# take?

# %% tags=["demo"]
rng = np.random.default_rng(0)
crowd = 3 + 2 * rng.standard_normal((20_000, 1))
me = np.array([[5.0]])  # one deviation above the mean: its normalised value should be 1
gamma, beta, running = fresh(1)
running_path = []
for _ in range(60):
    batch = crowd[rng.integers(len(crowd), size=64)]
    running = batchnorm_forward(batch, gamma, beta, running)[2]
    running_path.append((running[0][0], running[1][0]))
company = {}
for m in (2, 8, 64):
    batches = [
        np.concatenate([me, crowd[rng.integers(len(crowd), size=m - 1)]]) for _ in range(100)
    ]
    company[m] = {
        "training": [batchnorm_forward(b, gamma, beta, running)[0][0, 0] for b in batches],
        "testing": [
            batchnorm_forward(b, gamma, beta, running, train=False)[0][0, 0] for b in batches
        ],
    }
fig, (left, right) = figure(1, 2, size=(8.8, 3))
for column, (name, true) in enumerate((("running mean", 3), ("running variance", 4))):
    style = ("-", "--")[column]
    left.plot(
        range(1, 61),
        np.array(running_path)[:, column],
        style,
        color=(COLORS.train, COLORS.validation)[column],
        lw=2,
        label=name,
    )
    left.axhline(true, color=COLORS.reference, lw=1, ls=":")
left.set(xlabel="batches seen", ylabel="running statistic", ylim=(0, 5))
left.legend(frameon=False, loc="lower right")
jitter = np.linspace(-0.12, 0.12, 100)
for place, outputs in enumerate(company.values()):
    right.plot(place - 0.2 + jitter, outputs["training"], ".", color=COLORS.train, alpha=0.5)
    right.plot(place + 0.2 + jitter, outputs["testing"], "_", color=COLORS.validation)
right.plot([], [], "o", color=COLORS.train, label="training")
right.plot([], [], "_", color=COLORS.validation, label="testing")
right.set_xticks(range(3), [f"batch of {m}" for m in company])
right.set(ylabel="output of the same example")
right.legend(frameon=False, loc="lower right")
show(
    fig,
    caption="Left: the running statistics approach the true mean 3 and variance 4. Right: the same example "
    "in 100 batches. In training its output depends on the company (spread "
    + ", ".join(f"{np.std(c['training']):.2f} in batches of {m}" for m, c in company.items())
    + "); in testing it is always the same. Why can it only be +1 or −1 in a batch of two?",
    alt="Left: running mean and variance rise from 0 and 1 to 3 and 4 within about 40 batches. Right: "
    "outputs of one example; in training they scatter, widely for batches of 2, where they are +1 or -1, and little for 64; "
    "in testing all points coincide.",
)

# %% [markdown]
# And the identity? With $\gamma = \sqrt{\mathrm{Var} + \epsilon}$ and $\beta = \mathrm E$ the layer
# should do nothing.

# %% tags=["demo", "NRM-06"]
rng = np.random.default_rng(0)
plain_batch = 2.5 * rng.standard_normal((64, 5)) + rng.standard_normal(5)
mean, var = plain_batch.mean(axis=0), plain_batch.var(axis=0)
start = (np.zeros(5), np.ones(5))
identity_error = [
    np.abs(batchnorm_forward(plain_batch, gamma, mean, start)[0] - plain_batch).max()
    for gamma in (np.sqrt(var + 1e-5), np.sqrt(var))
]
theory_error = (np.abs(plain_batch - mean) * 1e-5 / (2 * var)).max()
compare(
    [
        ("γ = √(Var + ε)", identity_error[0], 0),
        ("γ = √Var", identity_error[1], theory_error),
    ],
    abs_tol=5e-15,
    rel_tol=0.01,
    printed="theory",
    caption="Largest distance between output and input. The first is rounding only. For the second theory says "
    "|x − E| ε / (2 Var). (An earlier run with other data had 9e-16 and 6e-6.)",
)

# %% [markdown] tags=["NRM-08"]
# ## 7 · The way back
#
# The slides say: it is a differentiable function, so the gradient passes in the standard way. Let us do
# that. Write $dy$ for $\partial L / \partial y$, the gradient that arrives at the output, and likewise
# $d\gamma$, $dx$ and so on. Here is one feature as a graph, with $n$ examples and $c$ for *centred*:
#
# $$x \;\to\; \mu = \tfrac1n\textstyle\sum x \;\to\; c = x - \mu \;\to\; v = \tfrac1n\sum c^2 \;\to\;
# s = \sqrt{v + \epsilon} \;\to\; \hat x = c / s \;\to\; y = \gamma \hat x + \beta .$$
#
# Two nodes have two ways out: $x$ goes into $\mu$ and into $c$; $c$ goes into $v$ and into $\hat x$. Where
# ways part on the way forward, gradients *add* on the way back. Go from the right to the left:
#
# | step forward | step back |
# |---|---|
# | $y = \gamma\hat x + \beta$ | $d\gamma = \sum dy\,\hat x, \quad d\beta = \sum dy, \quad d\hat x = \gamma\,dy$ |
# | $\hat x = c / s$ | $dc = d\hat x / s$ (first way), $\quad ds = -\sum d\hat x\,c / s^2$ |
# | $s = \sqrt{v + \epsilon}$ | $dv = ds / (2s)$ |
# | $v = \frac1n \sum c^2$ | $dc \mathrel{+}= \frac2n\,c\,dv$ (second way) |
# | $c = x - \mu$ | $dx = dc$ (first way), $\quad d\mu = -\sum dc$ |
# | $\mu = \frac1n\sum x$ | $dx \mathrel{+}= \frac1n\,d\mu$ (second way) |
#
# You may program it like that, line by line. Or shorten it first. Put $c = s\hat x$ into the second and third
# row: $dv = -\frac{1}{2s^2}\sum d\hat x\,\hat x$. So after row four
#
# $$dc = \frac1s\Bigl(d\hat x - \hat x \cdot \tfrac1n\textstyle\sum d\hat x\,\hat x\Bigr).$$
#
# The last two rows subtract the mean of $dc$. The mean of $\hat x$ is 0, so only the mean of $d\hat x$ is left:
#
# $$dx = \frac{1}{s}\Bigl(d\hat x - \overline{d\hat x} - \hat x\;\overline{d\hat x\,\hat x}\Bigr),
# \qquad d\hat x = \gamma\,dy .$$
#
# The bars are means over the batch. In testing $\mu$ and $s$ are fixed numbers: both bars disappear.

# %% tags=["exercise"]
from utils.normalization import batchnorm_backward

# %% tags=["check"]
check("normalization.batchnorm_backward")

# %% [markdown]
# A formula one has derived should be held against the definition of a derivative: move each input by a
# little and see what the loss does.

# %% tags=["demo"]
rng = np.random.default_rng(0)
x = rng.standard_normal((8, 5)) * 2 + 1
dy = rng.standard_normal((8, 5))
gamma, beta, start = rng.uniform(0.5, 2, 5), rng.standard_normal(5), (np.zeros(5), np.ones(5))
_, cache, _ = batchnorm_forward(x, gamma, beta, start)
dx, dgamma, dbeta = batchnorm_backward(dy, cache)


def loss_of(x, gamma, beta):
    return float((dy * batchnorm_forward(x, gamma, beta, start)[0]).sum())


numerical = numerical_gradient(lambda x: loss_of(x, gamma, beta), x)
gradient_error = relative_error(dx, numerical)
only_first_way = gamma / cache[2] * dy
fig, ax = figure(size=(4.6, 3.6))
ax.plot(numerical.ravel(), dx.ravel(), "o", color=COLORS.yours, label="yours")
ax.plot(
    numerical.ravel(),
    only_first_way.ravel(),
    "x",
    color=COLORS.warning,
    label="mean and deviation\ntaken for constants",
)
ax.axline((0, 0), slope=1, color=COLORS.reference, ls="--", lw=1)
ax.set(xlabel="numerical gradient on x", ylabel="computed gradient on x")
ax.legend(frameon=False, loc="upper left", fontsize=8)
show(
    fig,
    caption=f"Your gradients lie on the line; relative error {gradient_error:.1e} (earlier run: 1.4e-10; "
    "the numerical gradient itself has no more digits). Crosses: the runaway mistake.",
    alt="Computed against numerical gradients. The student's points lie on the diagonal; the crosses, "
    "which ignore the dependence of mean and deviation, scatter around it.",
)

# %% [markdown]
# **Explore.** The graph, for one feature and a batch of four. Play it: the gradient walks from the right
# to the left. The orange arrow is the step just made, blue ones were made before. The numbers are
# gradients: four where a node has one value for each example, one where the examples share it.


# %% tags=["demo"]
def draw_graph():
    fig, ax = figure(size=(8.5, 3.3))
    ax.set(xlim=(-0.6, 10.4), ylim=(-1.15, 2.6))
    ax.axis("off")
    places = {
        "x": (0, 0),
        "μ": (1.6, 1.5),
        "c": (3.2, 0),
        "v": (4.8, 1.5),
        "s": (6.4, 1.5),
        "x̂": (8, 0),
        "y": (9.8, 0),
    }
    ways = ["x̂y", "sx̂", "vs", "cv", "cx̂", "μc", "xμ", "xc"]
    arrows = {}
    for a, b in (
        ("x̂", "y"),
        ("s", "x̂"),
        ("v", "s"),
        ("c", "v"),
        ("c", "x̂"),
        ("μ", "c"),
        ("x", "μ"),
        ("x", "c"),
    ):
        arrows[a + b] = ax.annotate(
            "",
            places[b],
            places[a],
            arrowprops=dict(arrowstyle="->", color="#B0B0B0", lw=1.5, shrinkA=16, shrinkB=16),
        )
    for name, (px, py) in places.items():
        ax.text(
            px,
            py,
            name,
            ha="center",
            va="center",
            fontsize=13,
            zorder=5,
            bbox=dict(boxstyle="circle,pad=0.35", fc="white", ec=COLORS.reference),
        )
    values = {
        name: ax.text(
            px,
            py + (0.55 if py else -0.55),
            "",
            ha="center",
            va="bottom" if py else "top",
            fontsize=8.5,
            color=COLORS.validation,
        )
        for name, (px, py) in places.items()
    }
    step_name = ax.text(-0.5, 2.45, "", fontsize=11, va="top")
    return fig, SimpleNamespace(arrows=arrows, values=values, step=step_name, ways=ways)


def move_graph(artists, t, upstream, gamma):
    x = np.array([1.0, 3.0, -2.0, 0.0])
    _, (x_hat, _, std, _), _ = batchnorm_forward(
        x[:, None], np.array([gamma]), np.zeros(1), (np.zeros(1), np.ones(1))
    )
    x_hat, s = x_hat[:, 0], std[0]
    dy = {
        "1 for the first example": np.array([1.0, 0, 0, 0]),
        "1 for every example": np.ones(4),
        "along x̂": x_hat,
    }[upstream]
    c = s * x_hat
    dx_hat = gamma * dy
    ds = -(dx_hat * c).sum() / s**2
    dv = ds / (2 * s)
    dc = dx_hat / s
    dc_both = dc + 2 / 4 * c * dv
    dmu = -dc_both.sum()
    steps = [
        ("the gradient arrives at y", {"y": dy}, ()),
        ("through γ to x̂", {"x̂": dx_hat}, ("x̂y",)),
        ("x̂ to s: four examples share one s, so a sum", {"s": ds}, ("sx̂",)),
        ("through the root", {"v": dv}, ("vs",)),
        ("x̂ to c, the first way", {"c": dc}, ("cx̂",)),
        ("v to c, the second way: it is added", {"c": dc_both}, ("cv",)),
        ("c to μ: a sum, and a minus", {"μ": dmu}, ("μc",)),
        ("c to x, the first way", {"x": dc_both}, ("xc",)),
        ("μ to x, the second way: it is added", {"x": dc_both + dmu / 4}, ("xμ",)),
    ]
    shown, used = {}, steps[t][2]
    for _, new, _ in steps[: t + 1]:
        shown |= new
    for way, arrow in artists.arrows.items():
        walked = [w for _, _, ws in steps[: t + 1] for w in ws]
        color = COLORS.validation if way in used else COLORS.train if way in walked else "#B0B0B0"
        arrow.arrow_patch.set_color(color)
    for name, text in artists.values.items():
        value = np.atleast_1d(shown.get(name, np.zeros(0)))
        text.set_text(
            "\n".join(f"{v:+.2f}" for v in value + 0.0)
            if value.size < 2
            else f"{value[0]:+.2f} {value[1]:+.2f}\n{value[2]:+.2f} {value[3]:+.2f}"
        )
    artists.step.set_text(f"step {t}: {steps[t][0]}")
    end = ", ".join(f"{abs(v) if abs(v) < 5e-3 else v:.2f}" for v in steps[-1][1]["x"])
    return (
        f"The batch is 1, 3, −2, 0; upstream gradient: {upstream}. Step {t}: {steps[t][0]}. At the end the gradient on the "
        f"four inputs is {end}."
    )


explore(
    draw_graph,
    move_graph,
    controls={
        "t": Player(8, label="step", fps=0.8, value=8),
        "upstream": Choice(
            ["1 for the first example", "1 for every example", "along x̂"], label="upstream gradient"
        ),
        "gamma": Slider(0.5, 3.0, 0.1, 1.0, label="scale γ"),
    },
    goal="Play it once. Then send 1 for every example, and then x̂ itself: what arrives at x, and why?",
)

# %% [markdown] tags=["NRM-13"]
# ### What is projected out
#
# Two directions get nothing. Shift all examples of a column together, or stretch them: the output does
# not change. So the gradient has no part that way (the part has been *projected out*):
#
# $$\sum_i dx_i = 0, \qquad \sum_i dx_i\,\hat x_i \approx 0 .$$
#
# The second sum is not exactly 0, because $\epsilon$ under the root is not stretched with the rest.
# An update never acts merely to raise the mean or the deviation of a unit. People had tried to get this
# with penalties on the activations; here it is built in. And the bias?

# %% tags=["predict"]
bias_before_bn = ...

# %% tags=["check"]
check("normalization.bias_before_bn")

# %% tags=["demo"]
x_hat, gamma, std, _ = cache
residual_sum, residual_dot = projection_residuals(dx, x_hat)
dot_theory = gamma / std * dgamma * 1e-5 / std**2
widest = np.abs(residual_dot).argmax()
compare(
    [
        ("sum of dx", np.abs(residual_sum).max(), 0),
        ("sum of dx · x̂", residual_dot[widest], dot_theory[widest]),
    ],
    abs_tol=2e-15,
    rel_tol=0.01,
    printed="theory",
    caption="What is left along the two directions, largest of five features; the absolute values of a column of dx "
    f"add up to about {np.abs(dx).sum(axis=0).mean():.1f}. The second is proportional to ε: theory says γ dγ ε / s³. (An earlier "
    "run with other data had 2.5e-16 and 4e-6.)",
)

# %% [markdown]
# Can gradient descent find the identity by itself? The target is the input. It starts from $\gamma = 1$
# and $\beta = 0$.

# %% tags=["demo", "NRM-06"]
rng = np.random.default_rng(3)
wanted_std, wanted_mean = np.array([0.5, 1.5, 3.0]), np.array([2.0, -1.0, 0.5])
sample = rng.standard_normal((200, 3)) * wanted_std + wanted_mean
gamma, beta, start = fresh(3)
learned = [(gamma, beta)]
for _ in range(60):
    out, cache, _ = batchnorm_forward(sample, gamma, beta, start)
    _, dgamma, dbeta = batchnorm_backward(2 * (out - sample) / len(sample), cache)
    gamma, beta = gamma - 0.05 * dgamma, beta - 0.05 * dbeta
    learned.append((gamma, beta))
gammas, betas = np.array(learned).transpose(1, 0, 2)
fig, axes = figure(1, 2, size=(8.6, 2.8), sharex=True)
for ax, path, goal, name in (
    (axes[0], gammas, sample.std(axis=0), "scale γ"),
    (axes[1], betas, sample.mean(axis=0), "shift β"),
):
    for j, style in enumerate(("-", "--", "-.")):
        ax.plot(path[:, j], style, lw=2, label=f"feature {j + 1}")
        ax.axhline(goal[j], color=COLORS.reference, ls=":", lw=1)
    ax.set(xlabel="step", ylabel=name)
axes[1].legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1, 0.68))
recovered = max(
    np.abs(gammas[-1] - sample.std(axis=0)).max(), np.abs(betas[-1] - sample.mean(axis=0)).max()
)
show(
    fig,
    caption="It can: γ goes to the deviation of each feature and β to its mean (dotted). After 60 steps the "
    f"largest distance is {recovered:.3f}.",
    alt="Left: three scales move from 1 to the standard deviations of the features. Right: three shifts move "
    "from 0 to their means.",
)

# %% [markdown] tags=["NRM-14"]
# ### Then why normalise at all?
#
# "Normalising was the goal. Why re-introduce $\gamma$ and $\beta$?" Without them the network would lose
# expressive power. With them, what was the point?

# %% tags=["predict"]
why_gamma_back = ...

# %% tags=["check"]
check("normalization.why_gamma_back")

# %% [markdown]
# **Explore.** Perturb the layer *below* a unit, as a training step does, and watch the distribution of the
# unit's input (grey line: its mean). With batch norm set $\beta$: who decides about the mean?


# %% tags=["demo"]
def draw_perturbed():
    fig, axes = figure(1, 2, size=(8.5, 2.9), sharey=True)
    edges = np.linspace(-8, 8, 49)
    parts = []
    for ax, title, color in (
        (axes[0], "without batch norm", COLORS.warning),
        (axes[1], "with batch norm", COLORS.yours),
    ):
        bars = ax.bar((edges[1:] + edges[:-1]) / 2, np.zeros(48), 1 / 3, color=color)
        line = ax.axvline(0, color=COLORS.reference, lw=2)
        ax.set(xlabel="input of the unit", title=title, ylim=(0, 0.3), xlim=(-8, 8))
        parts.append((list(bars), line))
    axes[0].set_ylabel("share of 1000 examples")
    rng = np.random.default_rng(0)
    w2 = rng.standard_normal((30, 1)) * np.sqrt(2 / 30)
    return fig, SimpleNamespace(
        parts=parts,
        edges=edges,
        x=rng.standard_normal((1000, 20)) + 0.3,
        w1=rng.standard_normal((20, 30)) * np.sqrt(2 / 20),
        w2=w2,
        step=0.2 * rng.standard_normal((20, 30)) + 0.12 * np.sign(w2.T),
    )


def move_perturbed(artists, size, beta):
    z = np.maximum(0, artists.x @ (artists.w1 + size * artists.step)) @ artists.w2
    normalised, _, _ = batchnorm_forward(z, np.ones(1), np.array([beta]), (np.zeros(1), np.ones(1)))
    for (bars, line), values in zip(artists.parts, (z, normalised), strict=True):
        counts, _ = np.histogram(values, bins=artists.edges)
        for bar, count in zip(bars, counts, strict=True):
            bar.set_height(count / len(values))
        line.set_xdata([values.mean(), values.mean()])
    return (
        f"Lower layer moved by {size:.2f}. Without batch norm the unit has mean {z.mean():.2f} and std "
        f"{z.std():.2f}; with it mean {normalised.mean():.2f} and std {normalised.std():.2f}."
    )


explore(
    draw_perturbed,
    move_perturbed,
    controls={
        "size": Slider(0.0, 3.0, 0.05, 1.0, label="perturbation below"),
        "beta": Slider(-3.0, 3.0, 0.1, 0.0, label="shift β"),
    },
    goal="Move the perturbation to both ends: what happens to mean and spread on each side? Then set the "
    "mean on the right to 1.",
)

# %% [markdown] tags=["NRM-10"]
# ## 8 · In the network
#
# **Where does it go?** Mostly after the dense layer or convolution and before the activation:
#
# $$h \;\to\; hW \;\to\; \mathrm{BN} \;\to\; \mathrm{ReLU} \;\to\; \dots$$
#
# (No bias in front of it: you know why.) Some slides put it after the activation, one says that it matters, and
# that either is possible. Below is a network that can do both, built on your functions. First a look
# back: how do the units drift now?


# %% tags=["demo"]
class NormNet:
    """Dense ReLU network; order "bn-act" normalises before the ReLU, "act-bn" after it, "none" never."""

    loss_fn = staticmethod(softmax_loss)

    def __init__(self, sizes, *, order="bn-act", scale=None, rng):
        self.order, self.depth, self.params, self.running = order, len(sizes) - 1, {}, {}
        for n, (a, b) in enumerate(pairwise(sizes), 1):
            self.params[f"w{n}"] = (scale or np.sqrt(2 / a)) * rng.standard_normal((a, b))
            self.params[f"beta{n}"] = np.zeros(b)
            if n < self.depth and order != "none":
                self.params[f"gamma{n}"] = np.ones(b)
                self.running[n] = np.zeros(b), np.ones(b)

    def hidden(self, n, h, train):
        """Output of hidden layer n, the input of its ReLU, the caches, the running statistics."""
        p, z = self.params, h @ self.params[f"w{n}"]
        if self.order == "none":
            z = z + p[f"beta{n}"]
            out, relu_cache = relu_forward(z)
            return out, z, (h, relu_cache, None), None
        norm = partial(
            batchnorm_forward,
            gamma=p[f"gamma{n}"],
            beta=p[f"beta{n}"],
            running=self.running[n],
            train=train,
        )
        if self.order == "bn-act":
            z, bn_cache, running = norm(z)
            out, relu_cache = relu_forward(z)
        else:
            out, relu_cache = relu_forward(z)
            out, bn_cache, running = norm(out)
        return out, z, (h, relu_cache, bn_cache), running

    def scores(self, x, train=False):
        self.caches, self.inputs, self.new = [], [], {}
        for n in range(1, self.depth):
            x, z, caches, self.new[n] = self.hidden(n, x, train)
            self.caches.append(caches)
            self.inputs.append(z)
        self.last = x
        return x @ self.params[f"w{self.depth}"] + self.params[f"beta{self.depth}"]

    def loss(self, x, y, *, reg=0.0, train=True, rng=None):
        with np.errstate(over="ignore", invalid="ignore"):
            loss, dz = softmax_loss(self.scores(x, train), y)
            grads = {f"w{self.depth}": self.last.T @ dz, f"beta{self.depth}": dz.sum(axis=0)}
            dh = dz @ self.params[f"w{self.depth}"].T
            for n in range(self.depth - 1, 0, -1):
                h, relu_cache, bn_cache = self.caches[n - 1]
                if self.order == "none":
                    dh = relu_backward(dh, relu_cache)
                    grads[f"beta{n}"] = dh.sum(axis=0)
                elif self.order == "bn-act":
                    dh, grads[f"gamma{n}"], grads[f"beta{n}"] = batchnorm_backward(
                        relu_backward(dh, relu_cache), bn_cache
                    )
                else:
                    dh, grads[f"gamma{n}"], grads[f"beta{n}"] = batchnorm_backward(dh, bn_cache)
                    dh = relu_backward(dh, relu_cache)
                grads[f"w{n}"] = h.T @ dh
                dh = dh @ self.params[f"w{n}"].T
            if train and self.order != "none":
                self.running = self.new
        return loss, {name: grads[name] for name in self.params}


def normed_inputs(model, x):
    model.scores(x, train=True)
    return model.inputs[2]


bn_net = NormNet([64, 50, 50, 50, 10], rng=np.random.default_rng(1))
bn_drift = drift(bn_net, normed_inputs, 150, lr=0.3)
fig, (left, right) = figure(1, 2, size=(9, 3), sharey=True)
draw_drift(left, plain_drift, "without batch norm")
draw_drift(right, bn_drift, "with batch norm, before the ReLU")
right.set_ylabel("")
left.legend(frameon=False, loc="lower left", ncols=3, fontsize=8)
mean_travel = {
    name: float(np.mean([np.ptp(stats[:, 0]) for stats in drifts]))
    for name, drifts in (("without", plain_drift), ("with", bn_drift))
}
std_growth = {
    name: float(np.mean([stats[:, 1].max() / stats[0, 1] for stats in drifts]))
    for name, drifts in (("without", plain_drift), ("with", bn_drift))
}
show(
    fig,
    caption="The same three units. With batch norm their means travel over "
    f"{mean_travel['with']:.2f} on average (without {mean_travel['without']:.2f}). At its widest, their spread is "
    f"{std_growth['with']:.2f} times that of the first update (without {std_growth['without']:.2f} times). What still "
    "moves is β and γ.",
    alt="Two panels with mean and spread of the inputs of three units over 150 updates. Without batch norm "
    "they wander and widen; with it they stay almost where they started.",
)

# %% [markdown] tags=["NRM-11"]
# **What is it good for?** The lectures list: better gradient flow; larger learning rates; faster and more
# stable training; less dependence on the initial weights; a regularising effect (it helps on new data),
# and with it less need for dropout, which switches units off at random and has a lecture of its own.
# Begin with the initial weights.

# %% tags=["predict"]
ten_layers = ...

# %% tags=["check"]
check("normalization.ten_layers")


# %% tags=["demo"]
def tenth_layer(activation, scale):
    """Mean and std of the outputs of ten layers of 500 units with batch norm before the activation."""
    rng = np.random.default_rng(0)
    h = rng.standard_normal((1000, 500))
    for _ in range(10):
        w = scale * rng.standard_normal((500, 500))
        h = act(activation, batchnorm_forward(h @ w, *fresh(500))[0])
    return float(h.mean()), float(h.std())


tenth = {(a, s): tenth_layer(a, s) for a in ("tanh", "relu") for s in (0.01, 1.0)}
compare(
    [(f"tanh, weights {s}: std", tenth["tanh", s][1], 0.629) for s in (0.01, 1.0)]
    + [(f"ReLU, weights {s}: mean", tenth["relu", s][0], 0.396) for s in (0.01, 1.0)]
    + [(f"ReLU, weights {s}: std", tenth["relu", s][1], 0.587) for s in (0.01, 1.0)],
    rel_tol=0.02,
    printed="earlier run",
    caption="Outputs of layer 10 with batch norm before the activation. In the lecture on initialisation tanh "
    "with the same two scales gave outputs that vanish and outputs that are all saturated.",
)

# %% [markdown]
# Then the learning rate, and both together. Each cell of the next figure is a small training of 30 steps
# on a network with four hidden layers. How large will the region be where it learns at all?

# %% tags=["demo"]
digits = load_digits()
init_scales = (0.01, 0.1, 0.3, 1.0, 3.0)
learning_rates = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def short_training(order, scale, lr, steps=30):
    """Losses of a short training; its last value is on 300 training examples together."""
    net = NormNet([64, 40, 40, 40, 40, 10], order=order, scale=scale, rng=np.random.default_rng(0))
    rng, losses = np.random.default_rng(0), []
    for _ in range(steps):
        rows = rng.integers(len(digits.x_train), size=100)
        loss, grads = net.loss(digits.x_train[rows], digits.y_train[rows])
        losses.append(loss)
        with np.errstate(all="ignore"):
            net.params = {name: w - lr * grads[name] for name, w in net.params.items()}
    losses.append(net.loss(digits.x_train[:300], digits.y_train[:300])[0])
    return losses


grid_runs = {
    (order, i, j): short_training(order, scale, lr)
    for order in tqdm(("none", "bn-act"), leave=False)
    for i, scale in enumerate(init_scales)
    for j, lr in enumerate(learning_rates)
}
final_loss = {
    order: np.array([[grid_runs[order, i, j][-1] for j in range(7)] for i in range(5)])
    for order in ("none", "bn-act")
}
learned_cells = {order: int((table < 1.5).sum()) for order, table in final_loss.items()}
largest_rate = {
    order: max(lr for lr, loss in zip(learning_rates, table[2], strict=True) if loss < 1.5)
    for order, table in final_loss.items()
}
fig, axes = figure(1, 2, size=(9, 3), sharey=True)
for ax, (order, table) in zip(axes, final_loss.items(), strict=True):
    ax.imshow(
        np.clip(np.nan_to_num(table, nan=9), 0, 3), vmin=0, vmax=3, cmap="viridis_r", aspect="auto"
    )
    for (i, j), value in np.ndenumerate(table):
        text = f"{value:.2f}" if value < 100 else "∞"
        ax.text(j, i, text, ha="center", va="center", color="black" if value < 1.6 else "white")
    ax.set_xticks(range(7), learning_rates)
    ax.set_yticks(range(5), init_scales)
    ax.set(
        xlabel="learning rate", title="without batch norm" if order == "none" else "with batch norm"
    )
    ax.grid(False)
axes[0].set_ylabel("scale of the weights")
show(
    fig,
    caption="Training loss after 30 steps; guessing has ln 10 = 2.30. It falls below 1.5 in "
    f"{learned_cells['none']} of 35 cells without batch norm and in {learned_cells['bn-act']} with it. Take the row of scale "
    f"0.3, close to He's: the largest rate that gets below 1.5 is {largest_rate['none']:g} without and "
    f"{largest_rate['bn-act']:g} with it.",
    alt="Two tables of losses, weight scale by learning rate. Without batch norm only very few cells have a "
    "low loss, all at one scale of the weights; with it most cells at rates from 0.1 to 3 have, at almost every scale.",
)

# %% [markdown] tags=["NRM-11", "E-18"]
# ### Spot the error: larger what?
#
# > Batch normalisation allows larger values of $\gamma$.

# %% tags=["predict"]
larger_gamma = ...

# %% tags=["check"]
check("normalization.larger_gamma")

# %% tags=["predict"]
funny_regularizer = ...

# %% tags=["check"]
check("normalization.funny_regularizer")

# %% [markdown] tags=["NRM-10"]
# ### The race of the placements
#
# Before the ReLU, after it, or not at all: same data, same rate, three starts each. Make your bet, then
# run. We report what we see; the slides' plot with the same race is lost.

# %% tags=["demo"]
orders = {"none": "no batch norm", "bn-act": "before ReLU", "act-bn": "after ReLU"}
race = {}
for order in tqdm(orders, leave=False):
    race[order] = [
        train(
            NormNet([64, 50, 50, 50, 10], order=order, rng=np.random.default_rng(seed)),
            digits,
            step=sgd_step,
            lr=0.1,
            epochs=10,
            batch_size=50,
            rng=np.random.default_rng(seed),
            abort_factor=None,
            progress=False,
        )
        for seed in range(3)
    ]
fig, (left, right) = figure(1, 2, size=(9, 3))
for (order, histories), style in zip(race.items(), (":", "-", "--"), strict=True):
    color = {"none": COLORS.reference, "bn-act": COLORS.train, "act-bn": COLORS.validation}[order]
    for history in histories:
        label = orders[order] if history is histories[0] else None
        left.plot(range(1, 11), history.train_loss, style, color=color, label=label)
        right.plot(range(1, 11), history.val_acc, style, color=color)
left.set(xlabel="epoch", ylabel="training loss (nats)", yscale="log")
right.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0.7, 1))
left.legend(frameon=False)
race_loss = {order: [h.train_loss[-1] for h in hs] for order, hs in race.items()}
race_acc = {order: float(np.mean([h.val_acc[-1] for h in hs])) for order, hs in race.items()}
show(
    fig,
    caption="Training loss after ten epochs, mean of three starts: "
    + ", ".join(f"{orders[o]} {np.mean(v):.3f}" for o, v in race_loss.items())
    + ". Validation accuracy: "
    + ", ".join(f"{orders[o]} {v:.3f}" for o, v in race_acc.items())
    + ".",
    alt="Left: training loss over ten epochs, logarithmic. Both placements of batch norm fall much faster than "
    "the network without it. Right: validation accuracy; both placements are ahead in every epoch.",
)

# %% [markdown]
# Both placements are far ahead of none. After the ReLU the training loss falls still a little faster; in
# validation accuracy the two are level. "Before the nonlinearity" is a custom, not a law. And this is one
# small network on one small data set: on yours, measure again.
#
# **Explore.** The same, live. Change the placement, the scale of the weights, the rate; press Start.


# %% tags=["demo"]
norm_orders = {"before ReLU": "bn-act", "after ReLU": "act-bn", "no batch norm": "none"}


def norm_slices(values):
    net = NormNet(
        [64, 50, 50, 50, 10],
        order=norm_orders[values.order],
        scale=values.scale,
        rng=np.random.default_rng(0),
    )
    data = load_digits()
    for run in training_steps(
        net,
        data,
        step=sgd_step,
        lr=values.lr,
        epochs=20,
        batch_size=100,
        rng=np.random.default_rng(0),
        abort_factor=None,
    ):
        run.lr = values.lr
        yield run.history


def draw_norm_run():
    fig, (left, right) = figure(1, 2, size=(8.5, 3))
    (loss,) = left.plot([], [], color=COLORS.train, lw=1.5)
    left.set(
        xlabel="update",
        ylabel="loss of the batch (nats)",
        xlim=(0, 240),
        ylim=(1e-3, 10),
        yscale="log",
    )
    left.axhline(np.log(10), color=COLORS.reference, ls="--", lw=1)
    left.text(238, 2.5, "ln 10", color=COLORS.reference, ha="right")
    (accuracy,) = right.plot([], [], "o-", ms=3, color=COLORS.validation, lw=2)
    right.set(
        xlabel="epoch",
        ylabel="validation accuracy",
        xlim=(0, 20),
        ylim=(0, 1),
        xticks=range(0, 21, 5),
    )
    return fig, (loss, accuracy)


def move_norm_run(artists, history, order, scale, lr):
    losses = np.nan_to_num(np.array(history.loss), nan=10.0, posinf=10.0)
    artists[0].set_data(np.arange(1, 1 + len(losses)), np.clip(losses, 1e-3, 10))
    artists[1].set_data(np.arange(1, 1 + len(history.val_acc)), history.val_acc)
    accuracy = history.val_acc[-1] if history.val_acc else 0.1
    return (
        f"Update {len(losses)} at rate {lr:.2g}: loss {losses[-1]:.3g}, validation accuracy {accuracy:.2f}. "
        f"The next new run: {order}, scale {scale:.2g}."
    )


live(
    draw_norm_run,
    norm_slices,
    move_norm_run,
    controls={
        "order": Choice(list(norm_orders), label="batch norm"),
        "scale": LogSlider(0.001, 3, value=0.1, label="scale of the weights"),
        "lr": LogSlider(0.001, 30, value=0.1, label="learning rate"),
    },
    goal="Train without batch norm at weight scale 0.01. Then with it. Which rates work for both scales "
    "0.01 and 1?",
    preview=40,
    per_second=40,
)

# %% [markdown] tags=["NRM-15"]
# ## 9 · Images
#
# A convolution applies the same weights at every pixel. So all pixels of a channel are the same unit, seen
# at different places, and batch norm has to treat them alike. For $x$ of shape $(N, C, H, W)$ it pools
# $N$, $H$ and $W$: $\mu, \sigma, \gamma, \beta$ have shape $(1, C, 1, 1)$. A 1 marks an axis along which
# the same number is used. In our functions they are plain vectors of shape $(C,)$.
#
# You have the code already. Every pixel is an example with $C$ features: make $x$ a matrix of
# $N H W$ rows and $C$ columns. (Mind the order of the axes. A reshape does not move numbers.)

# %% tags=["exercise"]
from utils.normalization import spatial_batchnorm_forward

# %% tags=["check"]
check("normalization.spatial_batchnorm_forward")

# %% tags=["demo"]
rng = np.random.default_rng(0)
images = rng.standard_normal((6, 5, 10, 12)) * np.array([0.3, 1.0, 2.5, 0.7, 1.5])[:, None, None]
images += np.array([2.0, -1.0, 0.5, -4.0, 3.0])[:, None, None]
spatial, _, _ = spatial_batchnorm_forward(images, *fresh(5))
axes_once = (0, 2, 3)
direct = (images - images.mean(axis=axes_once, keepdims=True)) / np.sqrt(
    images.var(axis=axes_once, keepdims=True) + 1e-5
)
spatial_gap = np.abs(spatial - direct).max()
show(
    histograms(
        {
            f"channel {c + 1}: {when}": values[:, c]
            for when, values in (("before", images), ("after", spatial))
            for c in range(5)
        },
        bins=32,
        value_range=(-8, 8),
        size=(9, 3.2),
    ),
    caption="Five channels before and after. The way by the matrix and a direct computation over the axes N, H "
    f"and W differ by {spatial_gap:.0e} (earlier run: 9e-16).",
    alt="Ten histograms: five channels with different means and spreads before, all with mean 0 and the "
    "same spread after.",
)

# %% [markdown] tags=["NRM-16"]
# ## 10 · Without the batch: layer norm
#
# Batch norm needs a batch, and a large one, and two modes. A recurrent network, which applies one layer
# again and again along a sequence, would need statistics for every time step. Ba, Kiros and Hinton (2016)
# turn the matrix round: normalise each *example* over its features.
#
# $$\mu, \sigma:\ (N, 1), \qquad \gamma, \beta:\ (1, D) .$$
#
# The same in training and in testing, and for a batch of one. Note that $\gamma$ and $\beta$ still belong to
# the features. (In code they have shape $(D,)$ again.)

# %% tags=["exercise"]
from utils.normalization import layernorm_forward

# %% tags=["check"]
check("normalization.layernorm_forward")

# %% [markdown]
# The way back is that of batch norm along the other axis. With one difference: in batch norm all numbers of
# a mean share one $\gamma$, and it can be pulled out in front. Here each has its own. Start from
# $g = \gamma\,dy$.

# %% tags=["exercise"]
from utils.normalization import layernorm_backward

# %% tags=["check"]
check("normalization.layernorm_backward")

# %% [markdown]
# **Explore.** One example with six features, in 30 batches with different neighbours. Each dot is its output
# in one batch.


# %% tags=["demo"]
def draw_company():
    fig, ax = figure(size=(7.5, 3.1))
    dots = ax.scatter(np.zeros(180), np.zeros(180), s=14, color=COLORS.train, alpha=0.5)
    ax.set_xticks(range(6), [f"feature {j + 1}" for j in range(6)])
    ax.set(ylabel="output of the same example", ylim=(-3.5, 3.5), xlim=(-0.6, 5.6))
    rng = np.random.default_rng(4)
    scale = np.array([0.5, 1, 2, 1, 0.7, 1.5])
    return fig, SimpleNamespace(
        dots=dots,
        mine=scale * rng.standard_normal(6) + 1,
        crowd=scale * rng.standard_normal((4000, 6)) + 1,
    )


def move_company(artists, kind, m, seed):
    rng = np.random.default_rng(seed)
    gamma, beta = np.ones(6), np.zeros(6)
    collected = artists.crowd.mean(axis=0), artists.crowd.var(axis=0)
    outputs = []
    for _ in range(30):
        mates = artists.crowd[rng.integers(4000, size=m - 1)]
        batch = np.concatenate([artists.mine[None], mates])
        if kind == "layer norm":
            outputs.append(layernorm_forward(batch, gamma, beta)[0][0])
        else:
            testing = kind == "batch norm, testing"
            outputs.append(
                batchnorm_forward(batch, gamma, beta, collected, train=not testing)[0][0]
            )
    outputs = np.array(outputs)
    places = np.arange(6) + np.linspace(-0.25, 0.25, 30)[:, None]
    artists.dots.set_offsets(np.stack([places.ravel(), outputs.ravel()], axis=1))
    return (
        f"{kind[0].upper() + kind[1:]}, batches of {m}: over the 30 batches the outputs vary by "
        f"{outputs.std(axis=0).mean():.3f} on average (standard deviation)."
    )


explore(
    draw_company,
    move_company,
    controls={
        "kind": Choice(
            ["batch norm, training", "batch norm, testing", "layer norm"], label="layer"
        ),
        "m": Slider(1, 64, 1, 8, label="batch size"),
        "seed": Press("other neighbours"),
    },
    goal="For which layers do the neighbours not matter? Which one still works with a batch size of 1 in "
    "training?",
)

# %% [markdown] tags=["NRM-17"]
# ### Instance norm
#
# For images, Ulyanov, Vedaldi and Lempitsky (CVPR 2017) go further: each channel of each image by itself,
# over $(H, W)$. The statistics have shape $(N, C, 1, 1)$; $\gamma$ and $\beta$, as our slides have it,
# $(1, C, 1, 1)$, in code $(C,)$. It was made for changing the style of pictures: what does it remove?

# %% tags=["exercise"]
from utils.normalization import instancenorm_forward

# %% tags=["check"]
check("normalization.instancenorm_forward")

# %% [markdown]
# **Explore.** Turn the knobs of a camera. (Each picture has one grey scale of its own: black and white
# are the same numbers all the time.)


# %% tags=["demo"]
def draw_contrast():
    fig, axes = figure(1, 2, size=(6.4, 3))
    picture = load_digits().x_train[7].reshape(1, 1, 8, 8)
    shown = [
        ax.imshow(picture[0, 0], cmap="gray", vmin=low, vmax=high)
        for ax, (low, high) in zip(axes, ((-1, 2), (-1.8, 2.4)), strict=True)
    ]
    for ax, title in zip(axes, ("what the camera gives", "after instance norm"), strict=True):
        ax.set_title(title, fontsize=10)
        ax.axis("off")
    return fig, SimpleNamespace(before=shown[0], after=shown[1], picture=picture)


def move_contrast(artists, contrast, brightness):
    taken = contrast * artists.picture + brightness
    out, _ = instancenorm_forward(taken, np.ones(1), np.zeros(1))
    first, _ = instancenorm_forward(artists.picture, np.ones(1), np.zeros(1))
    artists.before.set_data(taken[0, 0])
    artists.after.set_data(out[0, 0])
    return (
        f"Contrast {contrast:.2f}, brightness {brightness:+.1f}: the picture has mean {taken.mean():.2f} and "
        f"std {taken.std():.2f}. After instance norm it differs from the original's output by at most "
        f"{round(float(np.abs(out - first).max()), 6):.1g}."
    )


explore(
    draw_contrast,
    move_contrast,
    controls={
        "contrast": Slider(-1.0, 2.0, 0.01, 1.0, label="contrast"),
        "brightness": Slider(-1.0, 1.0, 0.1, 0.0, label="brightness"),
    },
    goal="What changes on the right? Go to a contrast of nearly 0: where does ε show? And a negative one?",
)

# %% [markdown] tags=["NRM-18"]
# ### Group norm
#
# Wu and He (2018) take the middle way between layer norm and instance norm: split the $C$ channels of an
# image into $G$ groups of neighbours and pool each group over $(C/G, H, W)$. No batch is needed. With
# $G = 1$ it is layer norm over $(C, H, W)$; with $G = C$ it is instance norm.

# %% tags=["predict"]
how_many_means = ...

# %% tags=["check"]
check("normalization.how_many_means")

# %% tags=["exercise"]
from utils.normalization import groupnorm_forward

# %% tags=["check"]
check("normalization.groupnorm_forward")

# %% [markdown]
# | | pools | shape of $\mu$ | depends on the batch | modes |
# |---|---|---|---|---|
# | batch norm | $N, H, W$ | $(1, C, 1, 1)$ | yes | two |
# | layer norm | $C, H, W$ | $(N, 1, 1, 1)$ | no | one |
# | instance norm | $H, W$ | $(N, C, 1, 1)$ | no | one |
# | group norm | $C/G, H, W$ | $(N, G, 1, 1)$ | no | one |

# %% tags=["demo"]
rng = np.random.default_rng(0)
x = rng.standard_normal((4, 6, 5, 5)) * 2 + rng.standard_normal((4, 6, 1, 1))
gamma, beta = rng.uniform(0.5, 2, 6), rng.standard_normal(6)
as_layer, _ = groupnorm_forward(x, gamma, beta, groups=1)
flat, _ = layernorm_forward(x.reshape(4, -1), np.repeat(gamma, 25), np.repeat(beta, 25))
as_instance, _ = groupnorm_forward(x, gamma, beta, groups=6)
instance, _ = instancenorm_forward(x, gamma, beta)
alone = {
    "layer norm": np.abs(
        layernorm_forward(x[:1, :, 0, 0], gamma, beta)[0]
        - layernorm_forward(x[:, :, 0, 0], gamma, beta)[0][:1]
    ).max(),
    "group norm": np.abs(
        groupnorm_forward(x[:1], gamma, beta, groups=2)[0]
        - groupnorm_forward(x, gamma, beta, groups=2)[0][:1]
    ).max(),
}
group_gaps = {
    "G = 1 and layer norm": float(np.abs(as_layer.reshape(4, -1) - flat).max()),
    "G = C and instance norm": float(np.abs(as_instance - instance).max()),
}
compare(
    [(name, gap, 0) for name, gap in group_gaps.items()]
    + [(f"{name}: alone and in a batch", gap, 0) for name, gap in alone.items()],
    abs_tol=1e-14,
    printed="theory",
    caption="Largest differences between the outputs of your functions.",
)

# %% [markdown]
# **Explore.** The cube of Wu and He's figure 2: one axis for the examples $N$, one for the channels $C$, one for
# all pixels $(H, W)$. Dark cells share one mean and one deviation.


# %% tags=["demo"]
def draw_cube():
    fig, (ax, notes) = figure(1, 2, size=(8.2, 3.3), width_ratios=(3, 2))
    n_cells, c_cells, p_cells = 5, 6, 5

    def corner(n, c, p):
        return c + 0.55 * n, p + 0.38 * n

    polygons, cells = [], []
    for c in range(c_cells):
        for p in range(p_cells):  # front: the first example
            polygons.append(
                [corner(0, c, p), corner(0, c + 1, p), corner(0, c + 1, p + 1), corner(0, c, p + 1)]
            )
            cells.append((0, c, p))
    for n in range(n_cells):
        for p in range(p_cells):  # side: the last channel
            side = c_cells
            polygons.append(
                [
                    corner(n, side, p),
                    corner(n + 1, side, p),
                    corner(n + 1, side, p + 1),
                    corner(n, side, p + 1),
                ]
            )
            cells.append((n, c_cells - 1, p))
        for c in range(c_cells):  # top: the last pixel
            top = p_cells
            polygons.append(
                [
                    corner(n, c, top),
                    corner(n, c + 1, top),
                    corner(n + 1, c + 1, top),
                    corner(n + 1, c, top),
                ]
            )
            cells.append((n, c, p_cells - 1))
    faces = PolyCollection(polygons, facecolors="white", edgecolors="#777777", linewidths=0.8)
    ax.add_collection(faces)
    ax.set(xlim=(-0.8, 9.4), ylim=(-0.9, 7.2), aspect="equal")
    ax.text(3, -0.6, "channels C", ha="center")
    ax.text(-0.35, 2.5, "pixels (H, W)", rotation=90, va="center", ha="center")
    ax.text(8.0, 0.55, "examples N", rotation=35, ha="center", va="center")
    ax.axis("off")
    notes.axis("off")
    words = notes.text(0, 0.6, "", va="center", fontsize=11, linespacing=1.7)
    return fig, SimpleNamespace(faces=faces, words=words, cells=np.array(cells))


def move_cube(artists, kind, groups, example, channel):
    n, c, _ = artists.cells.T
    size = 6 // groups
    mine, same = n == example - 1, c == channel - 1
    together = {
        "batch norm": same,
        "layer norm": mine,
        "instance norm": mine & same,
        "group norm": mine & (c // size == (channel - 1) // size),
    }[kind]
    artists.faces.set_facecolors(
        [
            COLORS.train if dark else "#EAF1FB" if at else "white"
            for dark, at in zip(together, mine | same, strict=True)
        ]
    )
    means, values, shape = {
        "batch norm": (6, "5 · H · W", "(1, 6, 1, 1)"),
        "layer norm": (5, "6 · H · W", "(5, 1, 1, 1)"),
        "instance norm": (30, "H · W", "(5, 6, 1, 1)"),
        "group norm": (5 * groups, f"{size} · H · W", f"(5, {groups}, 1, 1)"),
    }[kind]
    artists.words.set_text(f"{kind}\n{means} means\neach of {values} values\nshape of μ: {shape}")
    return (
        f"{kind[0].upper() + kind[1:]} on 5 examples with 6 channels: {means} means, each of {values} values. "
        f"Dark: what shares the mean of channel {channel} of example {example}, as far as it lies on the surface."
    )


explore(
    draw_cube,
    move_cube,
    controls={
        "kind": Choice(
            ["batch norm", "layer norm", "instance norm", "group norm"],
            label="norm",
            value="group norm",
        ),
        "groups": Choice([1, 2, 3, 6], label="groups G", value=2),
        "example": Slider(1, 5, 1, 1, label="example"),
        "channel": Slider(1, 6, 1, 6, label="channel"),
    },
    goal="Make group norm look like layer norm, then like instance norm. Which of the four is dark across "
    "different examples?",
)

# %% [markdown] tags=["NRM-19"]
# ## 11 · Two more relatives
#
# ### Decorrelated batch norm
#
# Batch norm scales each axis by itself. What about features that go together?

# %% tags=["predict"]
still_correlated = ...

# %% tags=["check"]
check("normalization.still_correlated")

# %% [markdown]
# Huang et al. (2018) whiten with the whole covariance $\Sigma$ of the mini-batch:
#
# $$\hat x = \Sigma^{-1/2}(x - \mu) .$$
#
# What is the root of a matrix? A covariance has eigenvectors, the axes of the cloud of points, and
# eigenvalues $\lambda$, the variances along them. With the eigenvectors as the columns of $U$
# (`np.linalg.eigh` gives both), $\Sigma^{-1/2} = U\,\mathrm{diag}(1/\sqrt{\lambda + \epsilon})\,U^\top$. Read it from the
# right: turn to the axes of the cloud, scale each, turn back. Without the last turn the features would change
# places from batch to batch. The matrix is symmetric, so in code, where examples are rows, it stands on
# their right.

# %% tags=["exercise"]
from utils.normalization import decorrelated_batchnorm

# %% tags=["check"]
check("normalization.decorrelated_batchnorm")

# %% tags=["demo"]
rng = np.random.default_rng(0)
target_cov = np.array([[1.0, 0.57, 0.2], [0.57, 1.0, -0.3], [0.2, -0.3, 1.0]])
cloud = (
    rng.standard_normal((2000, 3)) @ np.linalg.cholesky(target_cov).T * np.array([0.5, 2, 1]) + 1
)
after_bn = batchnorm_forward(cloud, *fresh(3))[0]
after_dbn = decorrelated_batchnorm(cloud, eps=0.0)


def largest_correlation(values):
    return float(np.abs(np.corrcoef(values.T) - np.eye(values.shape[1])).max())


correlation = {
    "before": largest_correlation(cloud),
    "after batch norm": largest_correlation(after_bn),
}
white_error = float(np.abs(cov(after_dbn) - np.eye(3)).max())
compare(
    [(f"largest correlation {when}", value, 0.57) for when, value in correlation.items()]
    + [("decorrelated: |Cov − I|", white_error, 1e-15)],
    rel_tol=0.05,
    abs_tol=1e-14,
    printed="earlier run",
    caption="A cloud of 2000 points in three dimensions (built to have the correlation 0.57 of the earlier run). "
    "Here with ε = 0, so that only rounding is left.",
)

# %% [markdown]
# **Explore.** The same in two dimensions. The two marked points help you see what turns and what is only scaled.


# %% tags=["demo"]
def draw_white():
    fig, axes = figure(1, 3, size=(8.5, 3.4))
    noise = np.random.default_rng(1).standard_normal((300, 2))
    artists = []
    for ax, title in zip(axes, ("input", "batch norm", "decorrelated"), strict=True):
        dots = ax.scatter(*noise.T, s=6, color=COLORS.train, alpha=0.5)
        (marked,) = ax.plot([0, 0], [0, 0], "D", color=COLORS.validation, ms=7)
        ax.set(xlim=(-4.5, 4.5), ylim=(-4.5, 4.5), xlabel="feature 1", title=title, aspect="equal")
        artists.append((dots, marked))
    axes[0].set_ylabel("feature 2")
    return fig, SimpleNamespace(parts=artists, noise=noise)


def move_white(artists, rho, spread, eps):
    mixed = artists.noise @ np.array([[1, rho], [0, np.sqrt(1 - rho**2)]]) * np.array([1, spread])
    mixed[0], mixed[1] = (1.5, 1.5 * spread), (1.5, -0.5 * spread)
    scaled = batchnorm_forward(mixed, np.ones(2), np.zeros(2), (np.zeros(2), np.ones(2)))[0]
    white = decorrelated_batchnorm(mixed, eps=eps)
    for (dots, marked), values in zip(artists.parts, (mixed, scaled, white), strict=True):
        dots.set_offsets(values)
        marked.set_data(*values[:2].T)
    found = [np.corrcoef(v.T)[0, 1] for v in (mixed, scaled, white)]
    return (
        f"Correlation: {found[0]:.2f} in the input, {found[1]:.2f} after batch norm, {found[2]:.2f} after "
        f"decorrelated batch norm with ε = {eps:.2g}."
    )


explore(
    draw_white,
    move_white,
    controls={
        "rho": Slider(-0.99, 0.99, 0.01, 0.8, label="correlation"),
        "spread": Slider(0.2, 2.0, 0.1, 1.0, label="std of feature 2"),
        "eps": LogSlider(1e-5, 1, value=1e-5, label="ε"),
    },
    goal="Bring the correlation to 0.99. What does whitening do to the small direction, and how does a larger "
    "ε hold it back?",
)

# %% [markdown] tags=["NRM-20"]
# ### Weight norm
#
# Salimans and Kingma (2016) do not touch the activations at all. They split each unit's weight vector into a
# length and a direction:
#
# $$h_i = f\Bigl(\frac{g_i}{\|v_i\|}\,v_i^\top x + b_i\Bigr), \qquad w = g\,\frac{v}{\|v\|} .$$
#
# (The slides write $\gamma$ for our $g$.) No batch, no modes. In our layout a unit is a column of $v$.

# %% tags=["exercise"]
from utils.normalization import weightnorm_forward

# %% tags=["check"]
check("normalization.weightnorm_forward")

# %% tags=["predict"]
double_v = ...

# %% tags=["check"]
check("normalization.double_v")

# %% [markdown]
# The way back is one you know. With $d = v/\|v\|$, the part of $dw$ along $d$ belongs to the length $g$. The rest
# turns the direction:
#
# $$dg = dw \cdot d, \qquad dv = \frac{g}{\|v\|}\,\bigl(dw - dg\,d\bigr).$$
#
# The dot product is one of two columns, unit by unit. Compare with batch norm: again a direction in which
# nothing changes is projected out. (Multiply it out for the other form,
# $dv = \frac{g}{\|v\|}dw - \frac{g\,dg}{\|v\|^2}v$.)

# %% tags=["exercise"]
from utils.normalization import weightnorm_backward

# %% tags=["check"]
check("normalization.weightnorm_backward")

# %% tags=["demo"]
rng = np.random.default_rng(0)
v, g, dw = rng.standard_normal((6, 4)), rng.uniform(0.5, 2, 4), rng.standard_normal((6, 4))
w, cache = weightnorm_forward(v, g)
dv, dg = weightnorm_backward(dw, cache)
numerical_dv = numerical_gradient(lambda v: float((dw * weightnorm_forward(v, g)[0]).sum()), v)
weightnorm_error = relative_error(dv, numerical_dv)
scaled_change = np.abs(weightnorm_forward(7 * v, g)[0] - w).max()
along_v = np.abs((dv * v).sum(axis=0)).max()
compare(
    [
        ("relative error of dv", weightnorm_error, 2e-10),
        ("w for 7 v minus w for v", scaled_change, 0),
        ("dv · v", along_v, 0),
    ],
    abs_tol=1e-9,
    printed="earlier / theory",
    caption="Your gradient against the numerical one; what a longer v changes; the gradient along v.",
)

# %% [markdown]
# **Explore.** One unit with two weights. The dotted circle holds all $w$ of length $g$.


# %% tags=["demo"]
def draw_direction():
    fig, ax = figure(size=(5.6, 3.6))
    (circle,) = ax.plot([0], [0], ":", color=COLORS.reference, lw=1)
    lines = [
        ax.plot(
            [0, 1],
            [0, 1],
            style,
            color=color,
            lw=width,
            label=label,
            marker="o",
            markevery=[1],
            ms=4,
        )[0]
        for style, color, width, label in (
            ("-", COLORS.reference, 5, "v"),
            ("-", COLORS.train, 2.5, "w = g v/‖v‖"),
            ("--", COLORS.warning, 2, "− dw, at w"),
            ("-", COLORS.yours, 2.5, "− dv, at v"),
        )
    ]
    ax.plot(0, 0, "k.", ms=4)
    ax.set(xlim=(-3.6, 5.6), ylim=(-2.7, 3.3), aspect="equal", xlabel="weight 1", ylabel="weight 2")
    ax.legend(frameon=False, loc="upper right", fontsize=8)
    return fig, SimpleNamespace(circle=circle, lines=lines)


def move_direction(artists, angle, length, g):
    v = length * np.array([[np.cos(np.radians(angle))], [np.sin(np.radians(angle))]])
    w, cache = weightnorm_forward(v, np.array([g]))
    dw = np.array([[-1.0], [0.6]])
    dv, dg = weightnorm_backward(dw, cache)
    t = np.linspace(0, 2 * np.pi, 81)
    artists.circle.set_data(g * np.cos(t), g * np.sin(t))
    zero = np.zeros((2, 1))
    for line, (start, end) in zip(
        artists.lines, ((zero, v), (zero, w), (w, w - dw), (v, v - dv)), strict=True
    ):
        line.set_data(*np.hstack([start, end]))
    return (
        f"v has length {length:.1f} and w has length {g:.1f}. The gradient on w has size "
        f"{np.linalg.norm(dw):.2f}; on v {np.linalg.norm(dv):.2f}, at right angles to v; on g {dg[0]:.2f}."
    )


explore(
    draw_direction,
    move_direction,
    controls={
        "angle": Slider(0, 360, 5, 60, label="direction of v", unit="degrees"),
        "length": Slider(0.3, 3.0, 0.1, 1.5, label="length of v"),
        "g": Slider(0.2, 2.5, 0.1, 1.0, label="length g of w"),
    },
    goal="Find a direction in which dv is nearly 0: what does the gradient still want, and who gets it? Then make v "
    "longer: what happens to w, and to dv?",
)

# %% [markdown] tags=["NRM-21"]
# ### A note on recurrent networks
#
# Does batch norm help a recurrent network? Laurent et al. (2016) found that it does not; Cooijmans et al. (2016)
# made it work, with separate statistics for each time step. Layer norm has no such trouble: it asks nothing of the
# batch or of the step. Here is a random recurrent layer with weights that are a little too large, or a little too
# small. What happens to the size of its state over 50 steps, with and without layer norm?

# %% tags=["demo"]
state_norms = {}
for gain in (0.8, 1.6):
    for norm in (None, "ln"):
        rng = np.random.default_rng(0)
        cell = {
            "w_x": np.zeros((4, 100)),
            "w_h": gain / 10 * rng.standard_normal((100, 100)),
            "b": np.zeros(100),
            "gamma": 0.3 * np.ones(100),
        }
        h, sizes = 0.3 * rng.standard_normal((32, 100)), []
        for _ in range(50):
            h = rnn_step(np.zeros((32, 4)), h, cell, norm=norm)
            sizes.append(float(np.sqrt((h**2).mean())))
        state_norms[gain, norm] = sizes
fig, ax = figure(size=(7, 2.9))
for ((gain, norm), sizes), style in zip(state_norms.items(), (":", "-", "-.", "--"), strict=True):
    color = COLORS.yours if norm else COLORS.warning
    name = "layer norm" if norm else "without"
    ax.plot(range(1, 51), sizes, style, color=color, lw=2, label=f"{name}, weights × {gain}")
ax.set(xlabel="time step", ylabel="rms of the state", yscale="log", ylim=(1e-6, 3))
ax.legend(frameon=False, ncols=2, loc="lower left")
show(
    fig,
    caption="No input after the start; weights × 1 would have the deviation 1/√100 for 100 units. Without layer norm the "
    "state dies out with the small weights, and the large ones drive it up to where tanh bends; with layer norm it "
    "keeps the size that γ sets, whatever the weights. (rms: root of the mean square.)",
    alt="Size of the hidden state over 50 steps, logarithmic. Without layer norm and small weights it falls to a "
    "millionth; with large weights it stays large; with layer norm both lie on one level.",
)

# %% [markdown]
# ## What to remember
#
# - Nothing keeps a layer's outputs at their size during training. Batch norm does, by force.
# - A normalisation that the gradient does not know of lets parameters run away.
# - One mean and one deviation for each *unit*, over the *examples*: axis 0. Variance divided by $N$, $\epsilon$ under
#   the root.
# - $\gamma$ and $\beta$ give the freedom back: the same functions, other coordinates. One number now sets the mean of a
#   unit.
# - Training uses the batch, testing the running averages. Know whose weight `momentum` is.
# - Way back: subtract the mean of the gradient and its part along $\hat x$. Shift and stretch get no gradient, and a
#   bias before batch norm gets none either.
# - It makes the scale of the initial weights nearly irrelevant and the range of good learning rates wide.
# - Layer, instance and group norm are the same formula over other axes. They do not need the batch and have one mode.
# - Weight norm: length and direction apart. Again, what changes nothing gets no gradient.

# %% [markdown]
# ## Read on
#
# - Ioffe, Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
#   Shift*, 2015: sections 2 and 3 are our chapters 2 to 7.
# - Ba, Kiros, Hinton, *Layer Normalization*, 2016.
# - Ulyanov, Vedaldi, Lempitsky, *Improved Texture Networks: Maximizing Quality and Diversity in Feed-forward
#   Stylization and Texture Synthesis*, 2017: instance norm.
# - Wu, He, *Group Normalization*, 2018: figure 2 is the cube.
# - Huang, Yang, Lang, Deng, *Decorrelated Batch Normalization*, 2018.
# - Salimans, Kingma, *Weight Normalization*, 2016.
# - Laurent et al., *Batch Normalized Recurrent Neural Networks*, 2016; Cooijmans et al., *Recurrent Batch
#   Normalization*, 2016.
# - Goodfellow, Bengio, Courville, *Deep Learning*, 2016, section 8.7.1.
#
# **Next** `07_optimizers`: valleys that are curved differently in every direction, and steps that
# cope with them.

# %% tags=["demo"]
progress()
