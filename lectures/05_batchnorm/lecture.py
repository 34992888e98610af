# %% [markdown]
# # 05 · Batch normalisation
#
# Good initial weights give every layer inputs of a good size. Then training begins and the weights
# change. Batch normalisation restores the size at every step, by force. It made very deep networks
# trainable, nearly every explanation of it has been disputed, and its backward pass is a small
# masterpiece of the chain rule.
#
# **After this lecture you can**
#
# - write batch norm for training and for test time, and fold it away when training is over;
# - derive its backward pass on a graph, node by node, and then in one line;
# - prove that it makes the *length* of a weight vector irrelevant, and say what that does to the
#   learning rate;
# - tell which of its claimed benefits survive a measurement;
# - choose a normalisation for small batches, and, optionally, read off the axes of its relatives.
#
# **Time** Two hours for sections 1 to 8, with a break after section 5. Sections 9 to 11, the
# relatives, are optional: half an hour for those who want more.
#
# **Builds on** the chain rule on graphs and dense layers
# ([01](../01_backpropagation/01_backpropagation.ipynb)), ReLU
# ([02](../02_activations/02_activations.ipynb)), the scale of initial weights
# ([04](../04_initialization/04_initialization.ipynb)). You need means, variances and the
# correlation of two numbers.
#
# Predict first, then run. When you are stuck, open the hints below a check that fails.
# Cells that draw a figure run on your functions; you need not
# read their code.

# %% tags=["setup"]
from types import SimpleNamespace

import numpy as np
from jaxtyping import Float
from matplotlib.collections import PolyCollection
from tqdm.auto import tqdm

from grader import borrow, check, failing, hint, progress
from utils.activations import sigmoid_forward
from utils.data import load_digits
from utils.gradients import numerical_gradient, relative_error
from utils.initialization import layer_stats
from utils.normalization import (
    cov,
    decorrelated_batchnorm,
    groupnorm_forward,
    instancenorm_forward,
    layernorm_forward,
    linear_fit_r2,
    rnn_step,
    spatial_batchnorm_forward,
    true_bias_gradient,
    weightnorm_forward,
)
from utils.normnet import NormNet
from utils.optimizers import sgd_step
from utils.pace import fewer
from utils.plots import COLORS, compare, figure, histograms, show
from utils.training import training_steps
from utils.widgets import Choice, LogSlider, Player, Slider, Toggle, explore, live

# %% [markdown] tags=["NRM-01", "NRM-12"]
# ## 1 · A target that moves
#
# Look at a layer in the middle of a network. Its inputs are made by the layers below, and their
# weights change with every step. Each layer computes its own gradient as if all others stood still.
# They do not.

# %% tags=["predict", "NRM-04"]
during_training = ...

# %% tags=["check"]
check("normalization.during_training")

# %% [markdown] tags=["NRM-12"]
# How much harm can that do? Take ten layers of one linear unit each, $\hat y = x\,w_1 w_2 \cdots w_{10}$,
# all weights 1, $x = 1$, and the loss $\frac12(\hat y - 2)^2$. Every gradient is $-1$. A step of rate
# $\eta$ adds $\eta$ to each weight. Each by itself would raise $\hat y$ by $\eta$, so together they
# promise $1 + 10\,\eta$. What comes is $(1 + \eta)^{10}$.

# %% tags=["demo", "NRM-12"]
rates = np.linspace(0, 0.25, 51)
promised, arrived = 1 + 10 * rates, (1 + rates) ** 10
fig, ax = figure(size=(6.5, 2.8))
ax.plot(rates, arrived, color=COLORS.warning, lw=2, label="what comes: all ten move at once")
ax.plot(rates, promised, "--", color=COLORS.train, lw=2, label="promised: each as if alone")
ax.axhline(2, color=COLORS.reference, ls=":", lw=1)
ax.text(0.001, 2.1, "target", color=COLORS.reference)
ax.set(xlabel="learning rate η", ylabel="output after one step")
ax.legend(frameon=False, loc="upper left")
show(
    fig,
    caption="One gradient step of ten layers. At rate 0.1 the promise is exactly the target, 2.00, and the "
    f"output is {1.1**10:.2f}: the products of two, three, … ten changes, which no layer knows of.",
    alt="Output after one step against the learning rate: a straight line as promised, and a curve that "
    "leaves it upwards and is more than four times as high at a rate of 0.25.",
)

# %% [markdown] tags=["NRM-01"]
# So layers have to *co-ordinate* their updates, and gradient descent gives them no way to. (The
# products of changes are curvature: [06](../06_curvature/06_curvature.ipynb).) Batch norm is one answer: it takes
# the size of a layer's outputs out of the others' hands. It is a *reparameterisation*, a search for
# the same function in other coordinates.
#
# Its inventors had another reason in mind. The distribution of a layer's inputs moves while the layer
# learns, so that the layer has to start over, again and again, with units that may already be saturated.
# Ioffe and Szegedy (2015) call this *internal covariate shift*. It sounds convincing. Section 7 puts
# it to the test.

# %% [markdown] tags=["NRM-02"]
# ## 2 · The bias that ran away
#
# So subtract the mean now and then, as one does with data? Here is the smallest layer that does. It
# adds a bias $b$ to its inputs $u$ and subtracts the mean:
#
# $$x = u + b, \qquad \hat x = x - \mathrm E[x], \qquad L = \tfrac1N \sum_i (\hat x_i - t)^2 .$$
#
# Suppose the gradient step does *not* know about the subtraction. It takes
# $\partial \hat x / \partial b$ for 1.

# %% tags=["predict"]
runaway = ...

# %% tags=["check"]
check("normalization.runaway")

# %% [markdown]
# Implement this naive step, mistake included.

# %% tags=["exercise"]
from utils.normalization import naive_bias_step

# %% tags=["check"]
check("normalization.naive_bias_step")

# %% [markdown]
# **Explore.** The naive step, and the step with the gradient through the mean.


# %% tags=["demo"]
pushed = np.random.default_rng(0).standard_normal(50)
bias, runaway_bias, runaway_loss = 0.0, [0.0], []
for _ in range(1000):
    bias, loss = naive_bias_step(pushed, bias)
    runaway_bias.append(bias)
    runaway_loss.append(loss)
loss_change = max(runaway_loss) - min(runaway_loss)


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
    goal="Stop the bias without touching the toggle. For which target does it stand still, and why? "
    "Does the loss ever move?",
    answer="Only for target 0. The mean of x̂ is 0, so the naive gradient is −2t: it vanishes for t = 0 "
    "alone. The loss stays at Var(u) + t² from the first step to the last, whatever the bias does.",
)

# %% [markdown] tags=["NRM-03"]
# The lesson: normalisation has to be *part of the network*, and the gradient must pass through the mean
# and through the standard deviation.
#
# **Of all the data?** Then make it a layer, $\hat x = \mathrm{Norm}(x, \mathcal X)$. Its output depends on
# the example $x$ *and* on the whole set $\mathcal X$, and so does its gradient. To remove correlations
# too, it would need the covariance
# $\mathrm{Cov}[x] = \mathrm E_{x \in \mathcal X}[x x^\top] - \mathrm E[x]\,\mathrm E[x]^\top$
# and its inverse square root. For one layer of 500 units and 50,000 examples the covariance alone costs
# 50,000 · 500² = 1.25 · 10¹⁰ multiplications, at *every* step. Variances only, on a mini-batch of 100:
# 100 · 500 = 5 · 10⁴. These two simplifications, each unit by itself and a mini-batch for the whole
# set, are batch normalisation.

# %% [markdown] tags=["NRM-12"]
# ## 3 · Mean and standard deviation of a unit
#
# Write the pre-activations of a layer as a matrix $H$ with $N$ rows and $D$ columns: a row is an example,
# a column is a unit. Batch norm replaces $H$ by
#
# $$H' = \frac{H - \mu}{\mathrm{std}}$$
#
# and the network goes on with $H'$. It works on the input and on any hidden layer.

# %% [markdown] tags=["NRM-12", "E-19"]
# ### Spot the error: along which axis?
#
# A slide prints
#
# > $\displaystyle \mu = \frac1m \sum_j H_{:,j} \qquad \sigma = \sqrt{\delta + \frac1m \sum_j (H - \mu)_{:,j}^2}$
#
# The colon is NumPy's: $H_{:,j}$ is column $j$ of $H$. The slide's $m$ is our $N$, and its $\delta$ is a tiny
# number, which we call $\epsilon$ below.

# %% tags=["predict"]
misprinted_axis = ...

# %% tags=["check"]
check("normalization.misprinted_axis")

# %% [markdown] tags=["E-16"]
# ### Spot the error: what is under the square root?
#
# Another slide prints
#
# > $\displaystyle \hat x = \frac{x - \mu}{\sqrt{\sigma^2}}$

# %% tags=["predict"]
no_epsilon = ...

# %% tags=["check"]
check("normalization.no_epsilon")

# %% [markdown]
# Now write it as it should be.

# %% tags=["exercise"]
from utils.normalization import batch_stats

# %% tags=["check"]
check("normalization.batch_stats")

# %% [markdown] tags=["NRM-05"]
# ### Do we want mean 0 and variance 1?
#
# "You want zero-mean unit-variance activations? Just make them so." But do we want them?

# %% tags=["predict"]
need_standard = ...

# %% tags=["check"]
check("normalization.need_standard")


# %% tags=["demo"]
def share_of_a_line(activation, std):
    return linear_fit_r2(
        {
            "sigmoid": lambda z: sigmoid_forward(z)[0],
            "tanh": np.tanh,
            "ReLU": lambda z: z * (z > 0),
        }[activation],
        std,
    )


linear_share = {
    (name, std): share_of_a_line(name, std)
    for name in ("sigmoid", "tanh", "ReLU")
    for std in (1.0, 4.0)
}
stds = np.geomspace(0.1, 10, 41)
fig, ax = figure(size=(6.5, 2.8))
for name, style in (("sigmoid", "-"), ("tanh", "--"), ("ReLU", ":")):
    ax.plot(stds, [share_of_a_line(name, s) for s in stds], style, lw=2, label=name)
ax.axvline(1, color=COLORS.reference, lw=1)
ax.set(
    xscale="log",
    xlabel="standard deviation of the pre-activation",
    ylabel="share of a line",
    ylim=(0.6, 1.01),
)
ax.legend(frameon=False)
show(
    fig,
    caption="Share of the variance of the output that the best straight line explains, for normal "
    f"pre-activations. At 1: sigmoid {linear_share['sigmoid', 1.0]:.3f}, tanh {linear_share['tanh', 1.0]:.3f}, ReLU "
    f"{linear_share['ReLU', 1.0]:.3f}. For ReLU the scale does not matter.",
    alt="Share explained by a line against the standard deviation. The sigmoid falls from 1 late, tanh "
    "earlier; ReLU is a horizontal line at 0.73.",
)

# %% [markdown] tags=["NRM-06"]
# ### Give the freedom back
#
# So after normalising, each unit gets a scale and a shift of its own,
#
# $$y = \gamma\,\hat x + \beta ,$$
#
# parameters like the weights: they start at 1 and 0, and gradient descent moves them. The layer must be
# able to learn to do *nothing*. Can it?

# %% tags=["predict"]
identity_scale = ...

# %% tags=["check"]
check("normalization.identity_scale")

# %% [markdown] tags=["NRM-07", "NRM-04", "NRM-09"]
# ## 4 · Training and test time
#
# For a mini-batch $x_1, \dots, x_N$, feature by feature:
#
# $$\mu_B = \frac1N \sum_i x_i, \qquad v_B = \frac1N \sum_i (x_i - \mu_B)^2, \qquad
# \hat x_i = \frac{x_i - \mu_B}{\sqrt{v_B + \epsilon}}, \qquad
# y_i = \gamma\,\hat x_i + \beta .$$
#
# Every output now depends on the other examples in the batch. At test time that must not be: a single
# picture has no batch, and your answer should not depend on somebody else's picture. So training
# collects fixed statistics as it goes. After each batch
#
# $$\hat\mu \leftarrow (1 - \alpha)\,\hat\mu + \alpha\,\mu_B, \qquad
# \hat v \leftarrow (1 - \alpha)\,\hat v + \alpha\,v_B, \qquad 0 < \alpha < 1 ,$$
#
# two exponential moving averages. Here $\alpha$ is the weight of the **new** batch, for instance 0.1.
# Evaluation mode uses $\hat x = (x - \hat\mu)/\sqrt{\hat v + \epsilon}$ with the same $\gamma$ and
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
# The slide does not say how large $\alpha$ is. In code it is called `momentum`, and libraries do not agree on
# it. PyTorch: `momentum=0.1`, the weight of the new value. Keras: `momentum=0.99`, the weight of the old one.

# %% tags=["predict"]
keras_momentum = ...

# %% tags=["check"]
check("normalization.keras_momentum")

# %% [markdown] tags=["NRM-07"]
# Now the whole layer. The running pair comes in as an argument and the new pair goes out: the function
# remembers nothing itself. What the backward pass will need goes out as well, in a tuple called
# `cache`. (For the stored variance the paper and PyTorch multiply by $N/(N-1)$, which is 1.111 for a batch of
# ten. We store the plain one.)

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
    "places and differ in width; after, all are centred and equally wide, but still one is flat, one is "
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
        "training": Toggle(True, label="training (off: evaluation mode)"),
    },
    goal="How far can you push the output of example 1 in training? Then switch to evaluation mode: who moves "
    "now?",
    answer="Never beyond 1.73 = √3, however far the entry goes: it drags the mean and the standard deviation "
    "along. In a batch of N the limit is √(N − 1). All outputs of feature 1 move, none of feature 2. In "
    "evaluation mode only example 1 moves, and without a limit.",
)

# %% [markdown] tags=["NRM-09", "NRM-11"]
# Now the two modes side by side. One example is put into 100 different batches, of 2, 8 and 64
# examples. How much does its output depend on the others? And how long do the running statistics
# take?

# %% tags=["demo"]
rng = np.random.default_rng(0)
crowd = 3 + 2 * rng.standard_normal((20_000, 1))
me = np.array([[5.0]])  # one standard deviation above the mean: normalised, it should be 1
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
        "evaluation": [
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
    right.plot(place + 0.2 + jitter, outputs["evaluation"], "_", color=COLORS.validation)
right.plot([], [], "o", color=COLORS.train, label="training")
right.plot([], [], "_", color=COLORS.validation, label="evaluation mode")
right.set_xticks(range(3), [f"batch of {m}" for m in company])
right.set(ylabel="output of the same example")
right.legend(frameon=False, loc="lower right")
show(
    fig,
    caption="Left: the running statistics approach the true mean 3 and variance 4. Right: the same example "
    "in 100 batches. In training its output depends on the others (standard deviation "
    + ", ".join(f"{np.std(c['training']):.2f} in batches of {m}" for m, c in company.items())
    + "); in evaluation mode it is always the same. Why can it only be +1 or −1 in a batch of two?",
    alt="Left: running mean and variance rise from 0 and 1 to 3 and 4 within about 40 batches. Right: "
    "outputs of one example; in training they scatter, widely for batches of 2, where they are +1 or -1, and little for 64; "
    "in evaluation mode all points coincide.",
)

# %% [markdown] tags=["NRM-11"]
# An example that gets another output in each batch is like an example with noise added. That is why batch
# norm is said to act as a regulariser, "in a funny way", and to reduce the need for dropout a little.

# %% [markdown] tags=["NRM-09"]
# ### A bug hunt: folding it away
#
# In evaluation mode batch norm is only a scale and a shift of each unit. So is the end of a dense layer:
# when training is over the two can be *folded* into one layer, and batch norm costs nothing any more. Networks
# in use usually do that. Here is a function that folds, as it was found.


# %%
def fold_found(w, b, gamma, beta, running, *, eps=1e-5):
    """A dense layer and batch norm as one dense layer, as it was found."""
    mean, var = running
    scale = gamma / np.sqrt(var + eps)
    return w * scale, b + beta - mean * scale


# %% [markdown]
# The layer on the left has no bias before batch norm, the one on the right has. Each point is one output:
# of the two layers, and of the folded one.


# %% tags=["demo"]
rng = np.random.default_rng(0)
w, x = rng.standard_normal((6, 4)), rng.standard_normal((40, 6))
gamma, beta = rng.uniform(0.3, 0.8, 4), rng.standard_normal(4)
some_bias = np.array([1.5, -1.0, 2.0, 0.5])
fold_gap = {}
fig, axes = figure(1, 2, size=(8, 3), sharey=True)
for ax, (title, b) in zip(
    axes, (("no bias", np.zeros(4)), ("with a bias", some_bias)), strict=True
):
    z = x @ w + b
    collected = z.mean(axis=0), z.var(axis=0)
    two_layers, _, _ = batchnorm_forward(z, gamma, beta, collected, train=False)
    w_folded, b_folded = fold_found(w, b, gamma, beta, collected)
    one_layer = x @ w_folded + b_folded
    fold_gap[title] = float(np.abs(one_layer - two_layers).max())
    for j, marker in enumerate("os^D"):
        ax.plot(two_layers[:, j], one_layer[:, j], marker, ms=4, label=f"unit {j + 1}")
    ax.axline((0, 0), slope=1, color=COLORS.reference, ls="--", lw=1)
    ax.set(xlabel="dense layer and batch norm", title=title)
axes[0].set_ylabel("folded layer, as found")
axes[1].legend(frameon=False, fontsize=8)
show(
    fig,
    caption=f"Without a bias the largest difference is {fold_gap['no bias']:.0e}, with one "
    f"{fold_gap['with a bias']:.1f}. Every unit is off by a shift of its own.",
    alt="Two scatter plots. Without a bias all points lie on the diagonal. With a bias the points of each unit "
    "lie on a line parallel to the diagonal, above or below it.",
)

# %% [markdown]
# A test on a network without biases passes. Find the bug, and write the function as it should be.

# %% tags=["exercise"]
from utils.normalization import fold_batchnorm

# %% tags=["check"]
check("normalization.fold_batchnorm")

# %% [markdown] tags=["NRM-08"]
# ## 5 · The backward pass
#
# The slides say: it is a differentiable function, so the gradient passes in the standard way. Let us do
# that. Here is one feature as a graph:
#
# $$x \;\to\; \mathrm{mean} = \tfrac1N\textstyle\sum x \;\to\; c = x - \mathrm{mean} \;\to\;
# \mathrm{var} = \tfrac1N\sum c^2 \;\to\; \mathrm{std} = \sqrt{\mathrm{var} + \epsilon} \;\to\;
# \hat x = c / \mathrm{std} \;\to\; y = \gamma \hat x + \beta .$$
#
# Here $c$ stands for *centred*. Draw it on paper, with every edge. Two nodes have two outgoing edges, and
# some nodes are shared by the whole batch. Then go from the right to the left, node by node. The check
# names the first node that is wrong.

# %% tags=["exercise"]
from utils.normalization import batchnorm_gradients

# %% tags=["check"]
check("normalization.batchnorm_gradients")

# %% [markdown]
# **Explore.** The same graph, for one feature and a batch of four. Play it: the gradient walks from the
# right to the left. The orange arrow is the step just made, blue ones were made before. The numbers are
# gradients: four where a node has one value for each example, one where the examples share it.


# %% tags=["demo"]
def draw_graph():
    fig, ax = figure(size=(8.5, 3.3))
    ax.set(xlim=(-0.6, 10.4), ylim=(-1.15, 2.6))
    ax.axis("off")
    places = {
        "x": (0, 0),
        "mean": (1.6, 1.5),
        "c": (3.2, 0),
        "var": (4.8, 1.5),
        "std": (6.4, 1.5),
        "x̂": (8, 0),
        "y": (9.8, 0),
    }
    arrows = {}
    for a, b in (
        ("x̂", "y"),
        ("std", "x̂"),
        ("var", "std"),
        ("c", "var"),
        ("c", "x̂"),
        ("mean", "c"),
        ("x", "mean"),
        ("x", "c"),
    ):
        arrows[a + b] = ax.annotate(
            "",
            places[b],
            places[a],
            arrowprops=dict(arrowstyle="->", color="#B0B0B0", lw=1.5, shrinkA=17, shrinkB=17),
        )
    ax.plot(*np.array([*places.values()]).T, "o", ms=33, mfc="w", mec=COLORS.reference, zorder=1)
    for name, (px, py) in places.items():
        ax.text(px, py, name, ha="center", va="center", fontsize=10, zorder=2)
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
    return fig, SimpleNamespace(arrows=arrows, values=values, step=step_name)


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
        ("x̂ to std: four examples share one std, so a sum", {"std": ds}, ("stdx̂",)),
        ("through the square root", {"var": dv}, ("varstd",)),
        ("x̂ to c, the first edge", {"c": dc}, ("cx̂",)),
        ("var to c, the second edge: it is added", {"c": dc_both}, ("cvar",)),
        ("c to mean: a sum, and a minus", {"mean": dmu}, ("meanc",)),
        ("c to x, the first edge", {"x": dc_both}, ("xc",)),
        ("mean to x, the second edge: it is added", {"x": dc_both + dmu / 4}, ("xmean",)),
    ]
    shown, used = {}, steps[t][2]
    for _, new, _ in steps[: t + 1]:
        shown |= new
    for way, arrow in artists.arrows.items():
        walked = [w for _, _, ws in steps[: t + 1] for w in ws]
        color = COLORS.validation if way in used else COLORS.train if way in walked else "#B0B0B0"
        arrow.arrow_patch.set_color(color)
    for name, text in artists.values.items():
        value = np.atleast_1d(shown.get(name, np.zeros(0))).round(2) + 0.0  # no −0.00
        text.set_text(
            "\n".join(f"{v:+.2f}" for v in value)
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
    answer="In both cases nothing: 0.00 for all four. 1 for every example asks to shift the batch, x̂ asks to "
    "stretch it. The forward pass undoes a shift and a stretch of x, so no x can bring them about. The two "
    "edges cancel.",
)

# %% [markdown]
# Nine lines are many for something that runs at every step. Put the nodes into each other, simplify, and write
# the whole backward pass in one line for $dx$, one for $d\gamma$, one for $d\beta$. Which of the edges exist in
# evaluation mode?

# %% tags=["exercise"]
from utils.normalization import batchnorm_backward

# %% tags=["check"]
check("normalization.batchnorm_backward")

# %% [markdown] tags=["NRM-08"]
# **Compare.** Put $c = \mathrm{std}\cdot\hat x$ into the gradients of std and var:
# $d\mathrm{var} = -\frac{1}{2\,\mathrm{std}^2}\sum d\hat x\,\hat x$. Then
#
# $$dc = \frac1{\mathrm{std}}\Bigl(d\hat x - \hat x \cdot \tfrac1N\textstyle\sum d\hat x\,\hat x\Bigr).$$
#
# The last two nodes subtract the mean of $dc$. The mean of $\hat x$ is 0, so only the mean of $d\hat x$ is left:
#
# $$dx = \frac{1}{\mathrm{std}}\Bigl(d\hat x - \overline{d\hat x} - \hat x\;\overline{d\hat x\,\hat x}\Bigr),
# \qquad d\hat x = \gamma\,dy .$$
#
# The bars are means over the batch. In evaluation mode mean and std are constants, and both bars disappear.
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
only_first_edge = gamma / cache[2] * dy
fig, ax = figure(size=(4.6, 3.6))
ax.plot(numerical.ravel(), dx.ravel(), "o", color=COLORS.yours, label="yours")
ax.plot(
    numerical.ravel(),
    only_first_edge.ravel(),
    "x",
    color=COLORS.warning,
    label="mean and std\ntaken for constants",
)
ax.axline((0, 0), slope=1, color=COLORS.reference, ls="--", lw=1)
ax.set(xlabel="numerical gradient with respect to x", ylabel="computed gradient")
ax.legend(frameon=False, loc="upper left", fontsize=8)
show(
    fig,
    caption=f"Your gradients lie on the line; relative error {gradient_error:.1e} (the "
    "numerical gradient itself has no more digits). Crosses: the runaway mistake.",
    alt="Computed against numerical gradients. The student's points lie on the diagonal; the crosses, "
    "which ignore the dependence of mean and standard deviation, scatter around it.",
)

# %% [markdown] tags=["NRM-13"]
# ### What is projected out
#
# Two directions get nothing. Shift all examples of a column together, or stretch them: the output does
# not change. So the gradient has no part in these directions (the part has been *projected out*):
#
# $$\sum_i dx_i = 0, \qquad \sum_i dx_i\,\hat x_i \approx 0 .$$
#
# The second sum is not exactly 0, because $\epsilon$ is not stretched with the rest; what is left is proportional
# to it. An update never acts merely to raise the mean or the standard deviation of a unit. Before batch norm
# people added penalties to the cost for each layer, to keep means near 0 and variances near 1, and had to
# weigh them against the task. Here it is built in, and costs no weight to tune. And the bias?

# %% tags=["predict"]
bias_before_bn = ...

# %% tags=["check"]
check("normalization.bias_before_bn")

# %% [markdown] tags=["NRM-06"]
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
    caption="It can: γ goes to the standard deviation of each feature and β to its mean (dotted). After 60 steps the "
    f"largest distance is {recovered:.3f}.",
    alt="Left: three scales move from 1 to the standard deviations of the features. Right: three shifts move "
    "from 0 to their means.",
)

# %% [markdown] tags=["NRM-14"]
# "Normalising was the goal. Why re-introduce $\gamma$ and $\beta$?"

# %% tags=["predict"]
why_gamma_back = ...

# %% tags=["check"]
check("normalization.why_gamma_back")

# %% [markdown] tags=["NRM-13", "NRM-11"]
# ## 6 · The theorem: length does not matter
#
# Take the weight vector $w$ of one unit before batch norm, and any factor $a > 0$. The pre-activations of $a w$
# are $a$ times as large, and so are their mean and standard deviation: batch norm divides the $a$ out again.
# (Take $\epsilon = 0$.) So
#
# $$L(a\,w) = L(w) \quad\text{for every } a > 0 .$$
#
# It looks harmless. What does it say about the gradient?

# %% tags=["predict"]
doubled_weights = ...

# %% tags=["check"]
check("normalization.doubled_weights")

# %% [markdown]
# Now derive the rest. The gradient at $a w$; the learning rate at $a w$ that makes the same turn as the rate
# $\eta$ at $w$; and the length of $w$ after a step. (Which angle is between $w$ and its gradient? Differentiate
# $L(a w) = L(w)$ with respect to $a$.)

# %% tags=["exercise"]
from utils.normalization import scale_invariance

# %% tags=["check"]
check("normalization.scale_invariance")

# %% [markdown] tags=["NRM-11"]
# **Compare.** The derivative of $L(a w) = L(w)$ with respect to $w$ is $a\,\nabla L(a w) = \nabla L(w)$. With
# respect to $a$, at $a = 1$, it is $\nabla L(w) \cdot w = 0$: the gradient is perpendicular to the weights. So
# gradient descent moves $w$ along a tangent and, by Pythagoras, away from the origin:
#
# $$\|w_{t+1}\|^2 = \|w_t\|^2 + \eta^2\,\|\nabla L(w_t)\|^2 .$$
#
# The length never shrinks. And since only the direction counts, what matters is the *effective learning rate*
#
# $$\eta_{\text{eff}} = \eta / \|w\|^2 .$$
#
# A rate that is too large makes long weights, and long weights make the effective rate small. That is
# a brake which works by itself, and one reason why batch norm tolerates large rates. Do real networks do
# it? Here is one layer of a digit network, started with weights of three lengths.

# %% tags=["demo"]
digits = load_digits()
effective_rate, angle_cosine = {}, []
for start in (0.1, 1.0, 10.0):
    net = NormNet([64, 50, 50, 50, 10], rng=np.random.default_rng(0))
    for n in (1, 2, 3):
        net.params[f"w{n}"] = start * net.params[f"w{n}"]
    rng, path = np.random.default_rng(1), []
    for _ in range(150):
        rows = rng.integers(len(digits.x_train), size=50)
        _, grads = net.loss(digits.x_train[rows], digits.y_train[rows])
        w, dw = net.params["w2"], grads["w2"]
        squares = (w**2).sum(axis=0)
        path.append(float(np.median(0.3 / squares)))
        lengths = np.sqrt(squares * (dw**2).sum(axis=0))
        if start == 1.0:
            angle_cosine.append(
                float(np.abs((w * dw).sum(axis=0)[lengths > 0] / lengths[lengths > 0]).max())
            )
        net.params = {name: p - 0.3 * grads[name] for name, p in net.params.items()}
    effective_rate[start] = path
fig, ax = figure(size=(7, 2.9))
for (start, path), style in zip(effective_rate.items(), ("-", "--", ":"), strict=True):
    ax.plot(path, style, lw=2, label=f"He's weights × {start:g}")
ax.set(yscale="log", xlabel="update", ylabel="effective rate η / ‖w‖²")
ax.legend(frameon=False, ncols=3)
show(
    fig,
    caption="Median over the units of layer 2, η = 0.3. The short weights grow at once, and their effective rate falls "
    f"from {effective_rate[0.1][0]:.0f} to {effective_rate[0.1][-1]:.2f}. The long ones stay at "
    f"{effective_rate[10.0][-1]:.4f}: no brake loosens by itself. Largest cosine between a weight vector and its "
    f"gradient: {max(angle_cosine):.0e} (not 0, because of ε).",
    alt="Effective rate over 150 updates, logarithmic. From short weights it drops within a few updates by more than a "
    "factor of ten; from He's weights it falls slowly; from long ones it stays where it is, far below.",
)

# %% [markdown] tags=["NRM-11"]
# The brake has no release: lengths only grow. A penalty on the weights does not make the function of such a layer
# simpler, since length does not matter. It shortens $w$ and thereby *raises* the effective rate. Keep that in mind
# for the lecture on regularisation.

# %% [markdown] tags=["NRM-10", "NRM-11"]
# ## 7 · What does it really do?
#
# The slides list: better gradient flow; larger learning rates; faster and more stable training; less
# dependence on the initial weights; regularisation. We test them, and we begin with the initial weights.

# %% tags=["predict"]
ten_layers = ...

# %% tags=["check"]
check("normalization.ten_layers")


# %% tags=["demo", "NRM-11"]
def tenth_layer(activation, scale):
    """Mean and std of the outputs of ten layers of 500 units with batch norm before the activation."""
    rng = np.random.default_rng(0)
    h = rng.standard_normal((fewer(1000, 400, "examples"), 500))
    for _ in range(10):
        w = scale * rng.standard_normal((500, 500))
        z = batchnorm_forward(h @ w, *fresh(500))[0]
        h = np.tanh(z) if activation == "tanh" else np.maximum(0, z)
    return float(h.mean()), float(h.std())


tenth = {(a, s): tenth_layer(a, s) for a in ("tanh", "relu") for s in (0.01, 1.0)}
compare(
    [(f"tanh, weights {s}: std", tenth["tanh", s][1], 0.628) for s in (0.01, 1.0)]
    + [(f"ReLU, weights {s}: mean", tenth["relu", s][0], 0.399) for s in (0.01, 1.0)]
    + [(f"ReLU, weights {s}: std", tenth["relu", s][1], 0.584) for s in (0.01, 1.0)],
    rel_tol=0.02,
    printed="theory",
    caption="Outputs of layer 10 with batch norm before the activation; theory: those of a standard normal "
    "pre-activation. Without batch norm the same weights gave outputs that vanish, or are all saturated.",
)

# %% [markdown]
# Then the learning rate, and both together. Each cell of the next figure is a small training of 30 steps
# on a network with four hidden layers. How large will the region be where it learns at all?

# %% tags=["demo"]
init_scales = (0.01, 0.1, None, 1.0, 3.0)
learning_rates = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
short_batch = fewer(100, 50, "examples in a batch")


def short_training(order, scale, lr, steps=30):
    """Losses of a short training; its last value is on 300 training examples together."""
    net = NormNet([64, 40, 40, 40, 40, 10], order=order, scale=scale, rng=np.random.default_rng(0))
    rng, losses = np.random.default_rng(0), []
    for _ in range(steps):
        rows = rng.integers(len(digits.x_train), size=short_batch)
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
    ax.set_yticks(range(5), ["He" if s is None else s for s in init_scales])
    ax.set(
        xlabel="learning rate", title="without batch norm" if order == "none" else "with batch norm"
    )
    ax.grid(False)
axes[0].set_ylabel("scale of the weights")
show(
    fig,
    caption="Training loss after 30 steps; guessing has ln 10 = 2.30. It falls below 1.5 in "
    f"{learned_cells['none']} of 35 cells without batch norm and in {learned_cells['bn-act']} with it. Take the row of He's "
    f"weights: the largest rate that gets below 1.5 is {largest_rate['none']:g} without and "
    f"{largest_rate['bn-act']:g} with it.",
    alt="Two tables of losses, weight scale by learning rate. Without batch norm only very few cells have a "
    "low loss, all at one scale of the weights; with it most cells at rates from 0.1 to 3 have, at almost every scale.",
)

# %% [markdown] tags=["NRM-01", "E-58"]
# ### Spot the error: is it the drift?
#
# In our words, the slides say: batch norm helps because the inputs of a layer keep their distribution.
# Then the gain should vanish when the distributions are made to jump again.

# %% tags=["predict"]
drift_put_back = ...

# %% tags=["check"]
check("normalization.drift_put_back")


# %% tags=["demo"]
KINDS = {
    "no batch norm": (0.3, {"order": "none"}),
    "batch norm before ReLU": (0.3, {"order": "bn-act"}),
    "the same, drift put back": (0.3, {"order": "bn-act", "noise": 0.2}),
    "batch norm after ReLU": (0.3, {"order": "act-bn"}),
}
race_seeds, seen_rows = fewer(5, 2, "seeds"), fewer(300, 100, "examples for a mean")


def race_run(kind, seed, watched):
    """Losses of 200 updates, the final training loss, and the means of three units of layer 3."""
    lr, options = KINDS[kind]
    net = NormNet([64, 50, 50, 50, 10], rng=np.random.default_rng(seed), **options)
    rng, losses, means = np.random.default_rng(seed + 100), [], []
    for _ in range(200):
        rows = rng.integers(len(digits.x_train), size=50)
        loss, grads = net.loss(digits.x_train[rows], digits.y_train[rows])
        losses.append(loss)
        net.params = {name: p - lr * grads[name] for name, p in net.params.items()}
        if watched:
            net.scores(digits.x_train[:seen_rows], train=True)
            means.append(layer_stats([net.inputs[2][:, unit] for unit in range(3)])[:, 0])
    scores = net.scores(digits.x_train)
    return losses, net.loss_fn(scores, digits.y_train)[0], np.array(means)


race = {
    kind: [race_run(kind, seed, seed == 0) for seed in range(race_seeds)]
    for kind in tqdm(KINDS, leave=False)
}
race_loss = {kind: [final for _, final, _ in runs] for kind, runs in race.items()}
jumps = {kind: float(np.abs(np.diff(runs[0][2], axis=0)).mean()) for kind, runs in race.items()}
fig, (left, middle, right) = figure(1, 3, size=(10, 2.9))
for ax, kind in ((left, "no batch norm"), (middle, "the same, drift put back")):
    for unit, style in enumerate(("-", "--", ":")):
        ax.plot(race[kind][0][2][:, unit], style, lw=1)
    ax.set(xlabel="update", title=kind, ylim=(-5, 5))
left.set_ylabel("mean of a pre-activation")
for kind, style in zip(KINDS, (":", "-", "-.", "--"), strict=True):
    smooth = np.mean([losses for losses, _, _ in race[kind]], axis=0).reshape(20, 10).mean(axis=1)
    right.plot(np.arange(5, 200, 10), smooth, style, lw=2, label=kind)
right.set(yscale="log", xlabel="update", ylabel="training loss (nats)")
right.legend(frameon=False, fontsize=7)
show(
    fig,
    caption="Left and middle: means of three pre-activations. From update to update they move by "
    f"{jumps['no batch norm']:.2f} on average without batch norm, by {jumps['batch norm before ReLU']:.3f} with it, by "
    f"{jumps['the same, drift put back']:.2f} with the drift put back. Right: loss, mean of five seeds. At the end: "
    + ", ".join(f"{k} {np.mean(v):.3f} ± {np.std(v):.3f}" for k, v in race_loss.items())
    + ".",
    alt="Left: three means jump about and wander. Middle: three means jump about around 0 at every update. Right: the loss without batch "
    "norm falls slowest; the three with batch norm lie close together far below it, also the one whose "
    "distributions jump.",
)

# %% [markdown] tags=["NRM-01", "E-15"]
# The drift is real: the left panel shows it, and batch norm removes it. But the right panel says that it is not what hurts, and that
# keeping distributions still is not what helps. (One slide lets the weights of the previous *inputs* move them. Inputs have no weights: it means the previous
# *layers*.) What is left of the explanation? Sections 1 and 6: the scale of a layer no longer depends on the layers
# below, and the length of a weight vector no longer matters. Santurkar et al. (2018) measure the consequence: the loss
# changes more smoothly along a step, so that longer steps can be trusted.

# %% [markdown] tags=["NRM-10"]
# **Before the ReLU, or after it?** Some slides put it in front of the activation, some behind; one says that it
# matters. The race above had both. Final training loss after 200 updates, five seeds, at three rates:
#
# | rate | 0.1 | 0.3 | 1 |
# |---|---|---|---|
# | no batch norm | 0.130 ± 0.011 | 0.075 ± 0.022 | diverges |
# | before ReLU | 0.055 ± 0.005 | 0.011 ± 0.002 | 0.011 ± 0.011 |
# | after ReLU | 0.037 ± 0.005 | 0.012 ± 0.004 | 0.029 ± 0.022 |
#
# At the small rate the later place is ahead, at the large one the earlier place. Had we compared at one rate only, we
# would have reported a winner. At their best they are level. "Before the nonlinearity" is a custom, not a law.

# %% [markdown] tags=["NRM-11"]
# **Does it regularise?** Take 150 training examples only, so that there is something to regularise, and 400 updates
# at rate 0.3. The training loss ends below 0.003 in every case. Validation accuracy, five seeds:
#
# | | batches of 15 | all 150 in one batch |
# |---|---|---|
# | no batch norm | 0.826 ± 0.018 | 0.823 ± 0.022 |
# | batch norm | 0.831 ± 0.016 | 0.793 ± 0.017 |
#
# Without batch norm the size of the batch makes no difference. With it, small batches are better by 0.04 on average, in
# four of the five seeds: the noise
# that the other examples bring does regularise. But it only makes up for a loss. Batch norm without noise is *worse*
# than none here, and with noise it is level. This is one data set; the claim is not a law.

# %% [markdown] tags=["NRM-11", "E-59"]
# ### Spot the error: better gradient flow?
#
# Better gradient flow heads the list above. Send a gradient down and see.

# %% tags=["predict"]
gradient_with_depth = ...

# %% tags=["check"]
check("normalization.gradient_with_depth")


# %% tags=["demo"]
def sent_back(activation, scale, seed, residual=False, depth=30, width=200):
    """rms of a random gradient, from the top of a network with batch norm down to its bottom."""
    rng = np.random.default_rng(seed)
    h, caches = rng.standard_normal((200, width)), []
    for _ in range(depth):
        w = scale * rng.standard_normal((width, width))
        z, cache, _ = batchnorm_forward(h @ w, *fresh(width))
        out = np.maximum(0, z) if activation == "ReLU" else np.tanh(z)
        h = h + out if residual else out
        caches.append((w, cache, z))
    dh = rng.standard_normal(h.shape)
    sizes = [float(np.sqrt((dh**2).mean()))]
    for w, cache, z in reversed(caches):
        slope = z > 0 if activation == "ReLU" else 1 - np.tanh(z) ** 2
        below = batchnorm_backward(dh * slope, cache)[0] @ w.T
        dh = dh + below if residual else below
        sizes.append(float(np.sqrt((dh**2).mean())))
    return sizes


sent_seeds = range(fewer(3, 2, "seeds"))
growth = {
    ("ReLU", 0.01): [sent_back("ReLU", 0.01, seed) for seed in sent_seeds],
    ("ReLU", 1.0): [sent_back("ReLU", 1.0, seed) for seed in sent_seeds],
    ("tanh", 1.0): [sent_back("tanh", 1.0, seed) for seed in sent_seeds],
    ("ReLU, residual", 1.0): [sent_back("ReLU", 1.0, seed, residual=True) for seed in sent_seeds],
}
fig, ax = figure(size=(7, 3))
for ((name, scale), runs), style in zip(growth.items(), ("-", ":", "--", "-."), strict=True):
    ax.plot(np.mean(runs, axis=0), style, lw=2.5, label=f"{name}, weights {scale:g}")
ax.plot(
    np.sqrt(np.pi / (np.pi - 1)) ** np.arange(31),
    color=COLORS.reference,
    lw=1,
    label="theory, ReLU",
)
ax.set(yscale="log", xlabel="layers passed on the way down", ylabel="rms of the gradient")
ax.legend(frameon=False, fontsize=8)
show(
    fig,
    caption="A random gradient sent down 30 layers with batch norm (means of three seeds). With ReLU it grows "
    f"{np.mean([r[-1] for r in growth['ReLU', 1.0]]):.0f}-fold, at both scales of the weights alike; with tanh "
    f"{np.mean([r[-1] for r in growth['tanh', 1.0]]):.0f}-fold; with residual branches "
    f"{np.mean([r[-1] for r in growth['ReLU, residual', 1.0]]):.0f}-fold. In the lowest layer it shrinks: "
    "the inputs of that layer have variance 1, more than a ReLU gives.",
    alt="Gradient size against layers, logarithmic. Two lines for ReLU coincide and rise steadily to over 100, close to "
    "the theory; tanh rises to about 10; with residual branches it rises to 6.",
)

# %% [markdown] tags=["NRM-11", "E-59"]
# **Compare.** Backwards, a layer multiplies the mean square of the gradient by the ReLU's $\frac12$ and divides it by
# the variance of what the ReLU gives, $\frac12 - \frac1{2\pi}$. That is $\pi/(\pi - 1)$, or 1.21 in rms: batch norm
# *causes* gradients to explode with depth (Yang et al. 2019). What it does give is a gradient that is independent of the scale
# of the weights. The depth of modern networks is owed to residual branches, where the signal has a path around each
# layer: that is the dash-dotted line.

# %% [markdown] tags=["NRM-16", "NRM-11"]
# ## 8 · Small batches, and layer norm
#
# Batch norm takes its statistics from the batch. How small may the batch be? Ba, Kiros and Hinton (2016)
# turn the matrix round and normalise each *example* over its features:
#
# $$\mu, \mathrm{std}:\ (N, 1), \qquad \gamma, \beta:\ (1, D) .$$
#
# The code is that of batch norm with the other axis, and it is given: `layernorm_forward`. It is the same in training
# and at test time, and it works for a batch of one.

# %% tags=["predict"]
small_batches = ...

# %% tags=["check"]
check("normalization.small_batches")

# %% [markdown] tags=["NRM-16"]
# Here is the rest. Validation accuracy at the best of six rates, mean of five seeds; from 300 updates for batches of
# 2 to 100 for 32 and 128.
#
# | batch size | 2 | 4 | 8 | 32 | 128 |
# |---|---|---|---|---|---|
# | no normalisation | 0.78 | 0.84 | 0.81 | 0.89 | 0.92 |
# | batch norm | 0.35 | 0.86 | 0.93 | 0.97 | 0.99 |
# | layer norm | 0.80 | 0.87 | 0.86 | 0.93 | 0.93 |
#
# For batches of 8 and more batch norm is well ahead on these digits; below 4 do not use it.
#
# Transformers have layer norm in every block: sentences differ in length, batches are small, and at test
# time words come one by one.

# %% [markdown] tags=["NRM-16"]
# ## 9 · Which values share a mean? (optional)
#
# ### Layer norm, backwards
#
# Layer norm's backward pass is that of batch norm along the other axis, with one difference. Which
# property of $\gamma$ did you use when you simplified batch norm's, and does it still hold?

# %% tags=["exercise"]
from utils.normalization import layernorm_backward

# %% tags=["check"]
check("normalization.layernorm_backward")

# %% [markdown] tags=["NRM-16"]
# **Compare.** In batch norm all numbers of a mean share one $\gamma$, and it can be pulled out in front. In layer norm each
# feature of a mean has its own. So begin with $g = \gamma\,dy$, and
#
# $$dx = \frac1{\mathrm{std}}\Bigl(g - \overline{g} - \hat x\,\overline{g\,\hat x}\Bigr), \qquad \text{means over the
# features.}$$

# %% [markdown] tags=["NRM-15", "NRM-17", "NRM-18"]
# ### Images
#
# A convolution applies the same weights at every pixel. So all pixels of a channel are the same unit, seen
# at different places, and batch norm pools them. For $x$ of shape $(N, C, H, W)$ and its relatives:
#
# | | pools | shape of $\mu$ | depends on the batch | modes |
# |---|---|---|---|---|
# | batch norm | $N, H, W$ | $(1, C, 1, 1)$ | yes | two |
# | layer norm | $C, H, W$ | $(N, 1, 1, 1)$ | no | one |
# | instance norm | $H, W$ | $(N, C, 1, 1)$ | no | one |
# | group norm | $C/G, H, W$ | $(N, G, 1, 1)$ | no | one |
#
# Instance norm (Ulyanov, Vedaldi and Lempitsky 2017) treats each channel of each image by itself. It was made for changing
# the style of pictures: it removes the contrast and the brightness of every single image. Group norm (Wu and He 2018)
# splits the $C$ channels into $G$ groups of neighbours. $\gamma$ and $\beta$ have one entry for each channel in all of
# them.

# %% tags=["predict"]
how_many_means = ...

# %% tags=["check"]
check("normalization.how_many_means")

# %% [markdown] tags=["NRM-15", "NRM-18"]
# You have the code for all of them already. For batch norm every pixel is an example with $C$ features: make $x$ a matrix of
# $N H W$ rows and $C$ columns. (A reshape does not move numbers: transpose first.) The library does that.

# %% tags=["demo", "NRM-15", "NRM-17", "NRM-18"]
rng = np.random.default_rng(0)
images = rng.standard_normal((4, 6, 5, 7)) * 2 + 3 * rng.standard_normal((4, 6, 1, 1))
gamma, beta = rng.uniform(0.5, 2, 6), rng.standard_normal(6)
per_channel = (slice(None), None, None)
spatial, _, _ = spatial_batchnorm_forward(images, gamma, beta, fresh(6)[2])
once = (0, 2, 3)
direct = (images - images.mean(once, keepdims=True)) / np.sqrt(
    images.var(once, keepdims=True) + 1e-5
)
as_layer, _ = groupnorm_forward(images, gamma, beta, groups=1)
flat, _ = layernorm_forward(images.reshape(4, -1), np.repeat(gamma, 35), np.repeat(beta, 35))
as_instance, _ = groupnorm_forward(images, gamma, beta, groups=6)
instance, _ = instancenorm_forward(images, gamma, beta)
dimmed, _ = instancenorm_forward(0.5 * images - 5, gamma, beta)
alone, _ = groupnorm_forward(images[:1], gamma, beta, groups=2)
together, _ = groupnorm_forward(images, gamma, beta, groups=2)
axis_gaps = {
    "batch norm: by the matrix, and directly": float(
        np.abs(spatial - (gamma[per_channel] * direct + beta[per_channel])).max()
    ),
    "group norm, G = 1, and layer norm": float(np.abs(as_layer.reshape(4, -1) - flat).max()),
    "group norm, G = C, and instance norm": float(np.abs(as_instance - instance).max()),
    "group norm: alone, and in a batch": float(np.abs(alone - together[:1]).max()),
    "instance norm: contrast halved, darker by 5": float(np.abs(dimmed - instance).max()),
}
compare(
    [(name, gap, 0) for name, gap in axis_gaps.items()],
    abs_tol=1e-4,
    printed="theory",
    caption="Largest differences between outputs. The last one is not rounding: ε weighs more when the contrast is small.",
)

# %% [markdown] tags=["NRM-18"]
# **Explore.** The cube of Wu and He's figure 2: one axis for the examples $N$, one for the channels $C$, one for
# all pixels $(H, W)$. Dark cells share one mean and one standard deviation.


# %% tags=["demo"]
def draw_cube():
    # Dark cells are what the picture speaks of.
    fig, (ax, notes) = figure(1, 2, size=(8.2, 3.3), turns=False, width_ratios=(3, 2))
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
    answer="One group is layer norm: 5 means of 6 · H · W values. Six groups are instance norm: 30 means of H · W "
    "values. Only batch norm is dark across examples, and only batch norm needs two modes.",
)

# %% [markdown] tags=["NRM-19"]
# ## 10 · Two more relatives, and recurrent networks (optional)
#
# Batch norm scales each axis by itself. What about features that go together?

# %% tags=["predict"]
still_correlated = ...

# %% tags=["check"]
check("normalization.still_correlated")

# %% [markdown] tags=["NRM-19"]
# Huang et al. (2018) whiten with the whole covariance $\Sigma$ of the mini-batch, $\hat x = \Sigma^{-1/2}(x - \mu)$:
# turn to the axes of the cloud of points, scale each to variance 1, turn back. Whitening is taught in
# [03](../03_preprocessing/03_preprocessing.ipynb); here is only what it leaves.

# %% tags=["demo", "NRM-19"]
rng = np.random.default_rng(0)
target_cov = np.array([[1.0, 0.57, 0.2], [0.57, 1.0, -0.3], [0.2, -0.3, 1.0]])
mixed = (
    rng.standard_normal((2000, 3)) @ np.linalg.cholesky(target_cov).T * np.array([0.5, 2, 1]) + 1
)
after_bn = batchnorm_forward(mixed, *fresh(3))[0]
correlation = [float(np.corrcoef(values.T)[0, 1]) for values in (mixed, after_bn)]
white_error = float(np.abs(cov(decorrelated_batchnorm(mixed, eps=0.0)) - np.eye(3)).max())
compare(
    [
        ("correlation before", correlation[0], 0.57),
        ("correlation after batch norm", correlation[1], correlation[0]),
        ("decorrelated: |Cov − I|", white_error, 0),
    ],
    rel_tol=0.05,
    abs_tol=1e-13,
    printed="theory",
    caption="A cloud of 2000 points in three dimensions, built to have the correlation 0.57. Here with ε = 0.",
)

# %% [markdown] tags=["NRM-20"]
# **Weight norm** (Salimans and Kingma 2016) does not touch the activations at all. It splits each unit's weight vector into
# a length $g$ and a direction:
#
# $$w = g\,\frac{v}{\|v\|}, \qquad h = f(w^\top x + b) .$$
#
# (The slides write $\gamma$ for our $g$.) No batch, no modes. The length of $v$ does not matter: you know what follows. In
# our layout a unit is a column of $v$.

# %% tags=["exercise"]
from utils.normalization import weightnorm_backward

# %% tags=["check"]
check("normalization.weightnorm_backward")

# %% tags=["demo", "NRM-20"]
rng = np.random.default_rng(0)
v, g, dw = rng.standard_normal((6, 4)), rng.uniform(0.5, 2, 4), rng.standard_normal((6, 4))
w, cache = weightnorm_forward(v, g)
dv, dg = weightnorm_backward(dw, cache)
numerical_dv = numerical_gradient(lambda v: float((dw * weightnorm_forward(v, g)[0]).sum()), v)
weightnorm_error = relative_error(dv, numerical_dv)
along_v = float(np.abs((dv * v).sum(axis=0)).max())
halved = weightnorm_backward(dw, weightnorm_forward(2 * v, g)[1])[0]
half_error = float(np.abs(halved - dv / 2).max())
compare(
    [
        ("relative error of dv", weightnorm_error, 0),
        ("dv · v", along_v, 0),
        ("gradient at 2 v, minus half of that at v", half_error, 0),
    ],
    abs_tol=1e-8,
    printed="theory",
    caption="Your gradient against the numerical one, and the theorem of section 6 on weight norm.",
)

# %% [markdown] tags=["NRM-20"]
# **Compare.** With $d = v/\|v\|$: $dg = dw \cdot d$ and $dv = \frac{g}{\|v\|}\bigl(dw - dg\,d\bigr)$, the part along $d$
# projected out and the rest divided by the length: the theorem again. (Multiplied out,
# $dv = \frac{g}{\|v\|}dw - \frac{g\,dg}{\|v\|^2}v$.) The authors add that this brings the covariance of the gradient closer
# to the identity.

# %% [markdown] tags=["NRM-21", "E-60"]
# **Recurrent networks** apply one layer again and again along a sequence; batch norm would need statistics for every step.
# A slide says that Laurent et al. (2016) found no help from batch norm. Their abstract is milder: it does not help on the
# path from state to state, and on the path from the input it trains faster without generalising better. Cooijmans et al.
# (2016) made it work with separate statistics for each time step. Layer norm asks nothing of the batch or of the step. Here
# is a random recurrent layer with weights that are a little too large, or a little too small.

# %% tags=["demo", "NRM-21"]
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
    caption="No input after the start; weights × 1 would have the standard deviation 1/√100 for 100 units. Without layer norm the "
    "state dies out with the small weights, and the large ones drive it into the saturated range of tanh; with layer norm it "
    "keeps the size that γ sets, whatever the weights. (rms: root of the mean square.)",
    alt="Size of the hidden state over 50 steps, logarithmic. Without layer norm and small weights it falls to a "
    "millionth; with large weights it stays large; with layer norm both lie on one level.",
)

# %% [markdown] tags=["NRM-16"]
# ## 11 · After the slides (optional)
#
# In transformers the place of layer norm has moved. The first ones had it *after* each residual sum,
# $\mathrm{LN}(x + f(x))$, today's have it *inside* the branch, $x + f(\mathrm{LN}(x))$, so that one path from top to bottom is never normalised. And most
# large language models have dropped the mean: **RMSNorm** (Zhang and Sennrich 2019) divides by the root of the mean square,
# and has no shift.

# %% tags=["exercise"]
from utils.normalization import rmsnorm_forward

# %% tags=["check"]
check("normalization.rmsnorm_forward")


# %% tags=["demo"]
def through_blocks(placement, seed, depth=30, width=100):
    """rms of a random gradient below and above blocks of relu(x w1) w2 with a norm and a skip."""
    rng = np.random.default_rng(seed)
    x, caches, ones, zeros = rng.standard_normal((50, width)), [], np.ones(width), np.zeros(width)
    for _ in range(depth):
        w1, w2 = (np.sqrt(s / width) * rng.standard_normal((width, width)) for s in (2, 1))
        if placement == "inside":
            normed, cache = layernorm_forward(x, ones, zeros)
            h = np.maximum(0, normed @ w1)
            x = x + h @ w2
        else:
            h = np.maximum(0, x @ w1)
            x, cache = layernorm_forward(x + h @ w2, ones, zeros)
        caches.append((w1, w2, h > 0, cache))
    dx = rng.standard_normal(x.shape)
    top = np.sqrt((dx**2).mean())
    for w1, w2, gate, cache in reversed(caches):
        if placement == "inside":
            branch = layernorm_backward((dx @ w2.T * gate) @ w1.T, cache)[0]
            dx = dx + branch
        else:
            dx = layernorm_backward(dx, cache)[0]
            dx = dx + (dx @ w2.T * gate) @ w1.T
    return float(np.sqrt((dx**2).mean()) / top)


block_growth = {p: [through_blocks(p, seed) for seed in range(5)] for p in ("inside", "after")}
shifted = rng.standard_normal((5, 8)) + 4
mean_left = float(rmsnorm_forward(shifted, np.ones(8))[0].mean())
compare(
    [
        ("gradient, norm inside the branch", np.mean(block_growth["inside"]), np.sqrt(31)),
        ("gradient, norm after the sum", np.mean(block_growth["after"]), 1),
        ("mean of inputs with mean 4, after RMSNorm", mean_left, 1),
    ],
    rel_tol=0.25,
    printed="theory",
    caption="How much a random gradient grows down 30 residual blocks (mean of five seeds), and what RMSNorm leaves of a "
    "large mean.",
)

# %% [markdown] tags=["NRM-10"]
# ### Train it yourself
#
# **Explore.** Section 7 in motion: change the placement, the scale of the weights, the rate; press Start.


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
    answer="Without batch norm nothing happens at scale 0.01: the loss stays at ln 10 for every rate. With batch norm "
    "rates from 0.3 to 3 reach 0.9 and more from both scales, and 10 is too much for both. At scale 1 and small "
    "rates it is slow: long weights, small effective rate.",
    preview=40,
    per_second=40,
)

# %% [markdown] tags=["E-15", "E-18"]
# ## Errata of the slides
#
# Two slips that need no discussion: the weights of the previous *inputs* are those of the previous layers; and batch norm
# allows a larger learning rate, not "larger values of $\gamma$", a letter that stands for three things in that deck.

# %% [markdown]
# ## What to remember
#
# - Normalisation must be part of the network. If the gradient ignores it, parameters can grow without bound.
# - One mean and one standard deviation for each *unit*, over the *examples*. Variance divided by $N$, plus $\epsilon$.
# - Training uses the batch, evaluation mode exponential moving averages. Know whose weight `momentum` is.
# - Backward: subtract the mean of the gradient and its part along $\hat x$. No bias before batch norm.
# - $L(aw) = L(w)$: the gradient is perpendicular to the weights, their length only grows, and the effective rate is
#   $\eta/\|w\|^2$.
# - It makes the scale of the initial weights nearly irrelevant and the range of good rates wide. Steady distributions
#   are not the reason, and gradients still grow with depth.
# - Batches of two: layer norm. Layer, instance and group norm are the same formula over other axes, in one mode.
#
# **Ask yourself.** Why is the loss of a network with batch norm no function of one example? What does weight decay do to a
# layer before batch norm? Which statistics does folding need, and where do they come from?

# %% [markdown]
# ## Read on
#
# - Ioffe, Szegedy, *Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate
#   Shift*, 2015.
# - Santurkar, Tsipras, Ilyas, Madry, *How Does Batch Normalization Help Optimization?*, 2018.
# - Yang et al., *A Mean Field Theory of Batch Normalization*, 2019: the growth with depth.
# - van Laarhoven, *L2 Regularization versus Batch and Weight Normalization*, 2017: the effective learning rate.
# - Ba, Kiros, Hinton, *Layer Normalization*, 2016; Zhang, Sennrich, *Root Mean Square Layer Normalization*, 2019.
# - Wu, He, *Group Normalization*, 2018; Ulyanov, Vedaldi, Lempitsky, *Improved Texture Networks*, 2017: instance norm;
#   Huang et al., *Decorrelated Batch Normalization*, 2018; Salimans, Kingma, *Weight Normalization*, 2016.
# - Laurent et al., *Batch Normalized Recurrent Neural Networks*, 2016; Cooijmans et al., *Recurrent Batch
#   Normalization*, 2016.
# - Goodfellow, Bengio, Courville, *Deep Learning*, 2016, section 8.7.1: the co-ordination of layers.
#
# **Next** [06 · Curvature](../06_curvature/06_curvature.ipynb): valleys that are curved differently in every direction.
# [07](../07_optimizers/07_optimizers.ipynb): steps that cope with them.

# %% tags=["demo"]
progress()
