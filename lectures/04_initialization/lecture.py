# %% [markdown]
# # 04 · Weight initialisation
#
# A network has to start somewhere. Its weights are drawn at random, before it has seen any data. How
# large should they be? With one hidden layer many answers will do. With ten, nearly all answers are
# wrong, and the network never learns. (One of the wrong ones is the default of a famous library.)
#
# **After this lecture you can**
#
# - say why a network must not start from equal weights;
# - send a signal up through ten layers and a gradient back down, and read from the statistics whether
#   the network can learn;
# - derive the right size of the weights for tanh, for ReLU, and for any activation you are given;
# - judge a start by its first loss, and mend the output layer;
# - start residual networks, and see what training makes of a start within a hundred steps.
#
# **Time** Two hours, with a break after section 5, the derivation. Two short pieces, on a larger learning rate and on
# sparse weights, are optional: five minutes.
#
# **Builds on** the backward pass ([01](../01_backpropagation/01_backpropagation.ipynb)), activations
# ([02](../02_activations/02_activations.ipynb)) and inputs of mean square 1
# ([03](../03_preprocessing/03_preprocessing.ipynb)). You need the algebra of variances: a constant factor $a$ makes
# $a^2$ times the variance, and variances of *uncorrelated* numbers add up.
#
# Predict first, then run. When you are stuck, open the hints below a check that fails.
# Cells that draw a figure run on your functions; you need not
# read their code.

# %% tags=["setup"]
import csv
import dataclasses
import functools
import html
from types import SimpleNamespace

import numpy as np
from IPython.display import display
from jaxtyping import Float, Int
from tqdm.auto import tqdm

from grader import borrow, check, failing, hint, progress
from utils.activations import act, act_grad, normal_moments
from utils.data import FOLDER, load_digits
from utils.initialization import (
    backward_stats,
    constant,
    fan_in_uniform,
    layer_stats,
    n_distinct_units,
    relu_stats,
    runs_from_inits,
    saturated_share,
    small_normal,
    sparse,
    tanh_variance_map,
    xavier_uniform,
)
from utils.networks import MLP
from utils.optimizers import sgd_step
from utils.pace import fewer, noted
from utils.plots import COLORS, Shown, figure, show, stats_per_layer
from utils.residual import ResidualNet
from utils.surfaces import bowl, two_valleys
from utils.training import train
from utils.widgets import Choice, LogSlider, Player, Slider, explore

# %% [markdown] tags=["INI-01"]
# ## 1 · Not from equal weights
#
# "Shall we start with zeros?" Take two hidden units, $h_2$ and $h_3$, that feed one output unit
# $\sigma_1$, a sigmoid. The gradients on the weights from them to the output are
#
# $$\frac{\partial L}{\partial w_2} = \frac{\partial L}{\partial\sigma_1}\,
# \sigma_1(1-\sigma_1)\,h_2, \qquad
# \frac{\partial L}{\partial w_3} = \frac{\partial L}{\partial\sigma_1}\,
# \sigma_1(1-\sigma_1)\,h_3 .$$
#
# Everything but the last factor is the same. So what happens if $h_2 = h_3$?

# %% tags=["predict"]
constant_start = ...

# %% tags=["check"]
check("initialization.constant_start")

# %% tags=["predict"]
zero_start = ...

# %% tags=["check"]
check("initialization.zero_start")

# %% [markdown]
# Three networks with 30 tanh units learn digits: from zeros, from the constant 0.02, from random numbers.
# How low does the loss go, and how many different units are there at the end? (The *rank* is the number
# of directions that the 30 columns of weights span. The loss is the mean of $-\ln p$, where $p$ is the
# probability given to the right digit; its unit is the *nat*. A network that guesses uniformly among ten
# digits has a loss of $\ln 10 = 2.303$.)

# %% tags=["demo"]
digits = load_digits()


def network(sizes, init, *, activation="tanh", seed=0):
    """A network whose weights, and nothing else, depend on the seed."""
    return MLP(sizes, activation=activation, init=init, rng=np.random.default_rng(seed))


def learn(model, *, lr, epochs, seed=0, data=digits):
    """The history of a network that learns by gradient descent."""
    rng = np.random.default_rng(seed)
    plan = {"lr": lr, "epochs": epochs, "batch_size": 50, "rng": rng}
    return train(model, data, step=sgd_step, **plan, abort_factor=None, progress=False)


equal_starts = {
    "zeros": lambda m, n, rng: constant(m, n),
    "constant 0.02": lambda m, n, rng: constant(m, n, value=0.02),
    "random, std 0.1": lambda m, n, rng: 0.1 * rng.standard_normal((m, n)),
}
fig, ax = figure(size=(7, 3.2))
distinct, final_losses = {}, {}
for (name, init), marker in zip(equal_starts.items(), "osD", strict=True):
    history = learn(network([64, 30, 10], init), lr=0.3, epochs=20)
    w = history.model.params["w1"]
    distinct[name] = n_distinct_units(w)
    final_losses[name] = history.train_loss[-1]
    rank = np.linalg.matrix_rank(w, tol=1e-6)
    label = f"{name}: {distinct[name]} different, rank {rank}"
    ax.plot(range(1, 21), history.train_loss, marker=marker, ms=4, label=label)
ax.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(0, 2.5), xticks=range(0, 21, 4))
ax.legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.4))
show(
    fig,
    caption="From zeros nothing moves but the output bias: the loss stays at ln 10 = 2.303. From a constant "
    "the 30 units learn as one. Only the random start uses all 30.",
    alt="Training loss over 20 epochs for three starts. From zeros it stays at 2.3. From the constant "
    "0.02 it falls to about 1.5, with one different unit. From random weights it falls below 0.1, with 30.",
)

# %% [markdown]
# **Explore.** Eight units with two inputs each: a unit is a point in the plane of its weights. They start
# at one constant, plus a little noise. Play the training.


# %% tags=["demo"]
@functools.lru_cache(maxsize=40)
def paths_of_units(noise, steps=600):
    """Weights of eight tanh units, shape (steps + 1, 2, 8), and the losses, while they learn."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((100, 2))
    target = 1.5 * np.sin(2 * x[:, :1]) + x[:, 1:] ** 2 - 1
    w, v = 0.2 + noise * rng.standard_normal((2, 8)), 0.2 + noise * rng.standard_normal((8, 1))
    points, losses = [], []
    for _ in range(steps + 1):
        h = np.tanh(x @ w)
        error = h @ v - target
        points.append(w)
        losses.append(float((error**2).mean()))
        dv, dz = h.T @ error / 100, error @ v.T * (1 - h**2)
        w, v = w - 0.3 * x.T @ dz / 100, v - 0.3 * dv
    return np.array(points), losses


def start():
    fig, ax = figure(size=(6.4, 3.6))
    trails = [ax.plot([], [], lw=1, color=COLORS.reference)[0] for _ in range(8)]
    (dots,) = ax.plot([], [], "o", ms=9, mec="white", color=COLORS.train)
    ax.set(
        xlabel="weight on input 1", ylabel="weight on input 2", xlim=(-3.2, 3.2), ylim=(-2.2, 2.2)
    )
    return fig, (trails, dots)


def update(artists, noise, t):
    trails, dots = artists
    points, losses = paths_of_units(noise)
    dots.set_data(*points[t])
    for j, trail in enumerate(trails):
        trail.set_data(*points[: t + 1, :, j].T)
    apart = n_distinct_units(points[t], tol=0.01)
    return (
        f"Noise {noise:.0e}, step {t}: loss {losses[t]:.2f}, {apart} of 8 units differ by more than a "
        "hundredth of the largest weight."
    )


explore(
    start,
    update,
    controls={
        "noise": LogSlider(1e-8, 1, value=1e-3, label="noise of the start", per_decade=1),
        "t": Player(600, label="step", fps=30, value=600),
    },
    goal="How little noise is enough to part the units within 600 steps? What do the units do until "
    "then, and what does the loss do?",
    answer="A millionth is enough: after 600 steps 7 of the 8 units differ (4 with a tenth of that noise, none with a "
    "hundredth). Until then they move together as one unit, and the loss waits on a plateau near 2.4. Ten times less noise "
    "costs about a hundred steps more.",
)

# %% [markdown]
# Identical units are like a pencil balanced on its tip. A perturbation of one part in a million is enough: it
# grows until the symmetry breaks, though that takes a while. With no perturbation at all they stay identical
# for ever.

# %% [markdown] tags=["INI-02"]
# ## 2 · Small random numbers
#
# So we start with noise. The first idea is to make it small:
#
# ```python
# W = 0.01 * np.random.randn(D, H)
# ```
#
# `D` is the number of inputs of the layer, its *fan-in*, and `H` the number of its units, its *fan-out*.
# Another lecture takes 0.03, and a third leaves a letter: `a * random_normal(input, output)`. Does it work? The same
# digits, $0.01\cdot\mathcal N(0,1)$ (`small_normal` of the library), with one hidden layer of 50 units, with two, and
# with ten.

# %% tags=["demo"]
fig, ax = figure(size=(7, 3))
losses_by_depth = {}
for depth, marker in ((1, "o"), (2, "s"), (10, "D")):
    model = network([64, *[50] * depth, 10], lambda m, n, rng: small_normal(m, n, rng=rng))
    history = learn(model, lr=0.5, epochs=15)
    losses_by_depth[depth] = history.train_loss
    label = f"{depth} hidden layer{'s' * (depth > 1)}"
    ax.plot(range(1, 16), history.train_loss, marker=marker, ms=4, label=label)
ax.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(0, 2.5), xticks=range(1, 16, 2))
ax.legend(frameon=False)
show(
    fig,
    caption="One hidden layer learns, two start late, ten do not start at all: their loss stays at "
    "ln 10 = 2.303, pure guessing. What is wrong in there?",
    alt="Training loss over 15 epochs. With one hidden layer it falls below 0.1, with two it falls after a "
    "few epochs, with ten it stays at 2.3.",
)

# %% [markdown] tags=["INI-03"]
# ## 3 · The ten-layer experiment
#
# To look inside we need no training and no labels. Draw random inputs, send them through ten layers of
# 500 units, and look at the standard deviation of what comes out of every layer. A famous slide did it, and
# prints its numbers.
#
# Write the forward pass. `act("tanh", z)` gives the activation of that name at the pre-activations $z$.

# %% tags=["exercise"]
from utils.initialization import deep_forward

# %% tags=["check"]
check("initialization.deep_forward")

# %% [markdown] tags=["INI-04"]
# ## 4 · Too small, too large
#
# ### The small start: $0.01 \cdot \mathcal N(0, 1)$
#
# A pre-activation is a sum of 500 products. Predict what one layer does to the standard deviation of the signal.

# %% tags=["predict"]
small_factor = ...

# %% tags=["check"]
check("initialization.small_factor")

# %% [markdown]
# Now the experiment: our run (seed 0) beside the numbers that the slide prints. One run is a matter of chance, so
# there is the range of 200 seeds, too (recorded in `data/ten_layers.csv`). "Theory" is what infinitely wide
# layers would give; you will see where it comes from.


# %% tags=["demo"]
def ten_layers(new_weights, activation, seed=0, width=500, examples=1000):
    """The experiment: inputs, ten layers, their statistics. Kept: what the backward pass needs."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((fewer(examples, 100, "examples"), width))
    weights = [new_weights(width, width, rng=rng) for _ in range(10)]
    hs, cache = deep_forward(x, weights, activation=activation)
    return SimpleNamespace(hs=hs, cache=cache, rng=rng, stats=layer_stats(hs))


def table(head, rows, caption):
    """Display a table; a terminal gets the same as text."""
    caption = noted(caption)
    css = "padding:2px 10px;text-align:right"
    lines = [
        "<tr>" + "".join(f'<{tag} style="{css}">{html.escape(c)}</{tag}>' for c in row) + "</tr>"
        for tag, row in [("th", head), *(("td", row) for row in rows)]
    ]
    body = (
        '<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">'
        '<caption style="caption-side:bottom;text-align:left;padding-top:4px">'
        f"{html.escape(caption)}</caption>{''.join(lines)}</table>"
    )
    text = "\n".join("  ".join(f"{c:>12}" for c in row) for row in [head, *rows])
    display(Shown(body, f"{text}\n{caption}"))


def printed_rows(regime, activation):
    """Of each layer: mean and std on the slide, lowest and highest std of our 200 seeds."""
    with open(FOLDER / "ten_layers.csv", encoding="utf-8") as file:
        rows = [r for r in csv.reader(file) if r[:2] == [regime, activation]]
    return np.array([r[3:] for r in rows], float)


def beside_the_slide(run, regime, activation, theory):
    """The table of one regime; returns whether each printed std lies in our range."""
    rows, inside = [], []
    for layer, (_, std, low, high) in enumerate(printed_rows(regime, activation), 1):
        inside.append(bool(low - 5e-7 <= std <= high + 5e-7))
        if layer in (1, 2, 3, 5, 10):
            numbers = (f"{v:.6f}" for v in (std, run.stats[layer][1], theory[layer - 1]))
            rows.append((str(layer), *numbers, f"{low:.6f} to {high:.6f}"))
    table(
        ("layer", "std on the slide", "ours", "theory", "200 seeds"),
        rows,
        f"{regime}, {activation}. Of ten printed standard deviations {sum(inside)} lie in our range.",
    )
    return inside


def picture(run, printed, caption, alt, value_range=(-1, 1)):
    """Mean, std and histogram of every layer: the three plots of the slide."""
    fig, axes = figure(2, 6, size=(9, 3.6), width_ratios=(2.4, 1, 1, 1, 1, 1))
    layers = np.arange(1, 11)
    for ax, column, name in ((axes[0, 0], 0, "mean"), (axes[1, 0], 1, "std")):
        ax.plot(layers, run.stats[1:, column], "o-", ms=4, color=COLORS.train, label="ours")
        ax.plot(layers, printed[:, column], "s", ms=7, mfc="none", color=COLORS.validation)
        ax.set(title=f"layer {name}", xticks=layers)
        both = [0, *run.stats[1:, column], *printed[:, column]]
        margin = max(0.12 * (max(both) - min(both)), 0.005)
        ax.set_ylim(min(both) - margin, max(both) + margin)
    for layer, ax in enumerate(axes[:, 1:].flat, 1):
        values = run.hs[layer].ravel()[::5]
        share = np.full(values.size, 1 / values.size)
        heights, *_ = ax.hist(values, bins=30, range=value_range, weights=share, color=COLORS.train)
        if value_range[0] == 0:  # ReLU: the bar at zero would hide all others
            ax.set_ylim(0, 1.6 * np.sort(heights)[-2])
        ax.set_title(f"layer {layer}", fontsize=9)
        ax.set_yticks([])
    fig.supxlabel("left: layer; right: value of a unit (height: share)", fontsize=9)
    show(fig, caption=caption + " Squares: the slide's numbers.", alt=alt)


def variances(activation, gain, depth=10):
    """Standard deviations of infinitely wide layers with weights N(0, gain²/fan_in)."""
    if activation == "relu":
        return relu_stats(depth, gain=gain)[:, 1]
    q, found = 1.0, []
    for _ in range(depth):
        q = float(tanh_variance_map(q, gain=gain))
        found.append(np.sqrt(q))
    return np.array(found)


in_range, measured_stats, gradients = {}, {}, {}
run = ten_layers(lambda m, n, rng: small_normal(m, n, rng=rng), "tanh")
measured_stats["0.01, tanh"] = run.stats
in_range["0.01, tanh"] = beside_the_slide(
    run, "0.01", "tanh", variances("tanh", 0.01 * np.sqrt(500))
)
picture(
    run,
    printed_rows("0.01", "tanh"),
    "All activations collapse to zero: each layer keeps 0.2236 of the standard deviation.",
    "The standard deviation falls from 0.21 to nothing within ten layers; the histograms shrink to a "
    "single bar at zero from layer 3 on.",
)

# %% [markdown]
# After four layers the signal is four hundred times smaller than the inputs. What about the gradient? You derived the
# three gradients of a dense layer in [lecture 01](../01_backpropagation/01_backpropagation.ipynb); here are ten
# layers of them. `act_grad("tanh", z)` gives the slopes $\varphi'(z)$ of the activation $\varphi$.

# %% tags=["exercise"]
from utils.initialization import deep_backward

# %% tags=["check"]
check("initialization.deep_backward")

# %% [markdown]
# What do the gradients look like? The figures show the size of a gradient as its *rms*, the root of the mean
# square. That is a standard deviation which does not subtract the mean.

# %% tags=["predict"]
small_gradients = ...

# %% tags=["check"]
check("initialization.small_gradients")


# %% tags=["demo"]
def send_back(run):
    """A unit normal gradient from the top down: rms of dh at each layer's input, std of each dW."""
    run.dhs, dws = deep_backward(run.rng.standard_normal(run.hs[-1].shape), run.cache)
    return backward_stats(run.dhs, [dw / len(run.hs[0]) for dw in dws])


def three_curves(stats, back, caption, alt):
    """What goes up, what comes down, and what the weights get."""
    fig, ax = figure(size=(7.5, 3.2))
    curves = {
        "activations: std of h": stats[1:, 1],
        "gradients: rms of dh": back[:, 0],
        "weight gradients: std of dW": back[:, 1],
    }
    stats_per_layer(ax, curves, ylabel="size (no unit)", log=True)
    show(fig, caption=caption, alt=alt)


gradients["0.01, tanh"] = send_back(run)
three_curves(
    run.stats,
    gradients["0.01, tanh"],
    "From layer 1 to 10 the activations fall by 0.2236 a layer; from 10 to 1 the gradients do. A weight gradient is "
    "a product of both, so it is the same in every layer: about "
    f"{gradients['0.01, tanh'][0, 1]:.1e}. Nothing can learn.",
    "Logarithmic plot over ten layers. The activations fall from 0.2 to 3e-7 from the first layer to the last. The "
    "gradients on activations fall from 0.2 to 3e-7 from the last to the first. The weight gradients lie on "
    "a flat line near 4e-8.",
)

# %% [markdown] tags=["INI-05", "E-10"]
# ### The large start: $1.0 \cdot \mathcal N(0, 1)$
#
# Too small, then. So make the weights a hundred times larger.

# %% tags=["demo"]
run = ten_layers(lambda m, n, rng: small_normal(m, n, scale=1.0, rng=rng), "tanh")
measured_stats["1.0, tanh"] = run.stats
in_range["1.0, tanh"] = beside_the_slide(run, "1.0", "tanh", variances("tanh", np.sqrt(500)))
saturated = saturated_share(run.hs[10])
picture(
    run,
    printed_rows("1.0", "tanh"),
    f"In every layer the units sit at -1 and +1: {saturated:.1%} of layer 10 are beyond 0.99.",
    "The standard deviation stays at 0.98. The histograms of all ten layers have two bars, at -1 and at +1.",
)

# %% [markdown]
# ### Spot the error: "gradients will be all zero"
#
# > Almost all neurons completely saturated, either -1 or 1. Gradients will be all zero.
#
# The first sentence is true: you have just seen it. The second one sounds like a consequence. Predict.

# %% tags=["predict"]
saturated_gradients = ...

# %% tags=["check"]
check("initialization.saturated_gradients")

# %% [markdown]
# Now derive the factor. The gradient on one input of a layer is a sum over the units which that input feeds:
#
# $$dh_i = \sum_{j=1}^{n_{out}} dh_j\,\varphi'(z_j)\,w_{ij} .$$
#
# Suppose that the incoming gradient is independent of weights and slopes, and that the weights have mean zero. By
# which factor does the rms change?

# %% tags=["exercise"]
from utils.initialization import backward_growth

# %% tags=["check"]
check("initialization.backward_growth")

# %% [markdown]
# **Compare.** The terms are uncorrelated, because $\mathrm E[w_{ij}] = 0$. So their mean squares add up, and the mean
# square of a product of independent numbers is the product of their mean squares:
#
# $$\frac{\mathrm E[dh_i^2]}{\mathrm E[dh_j^2]} = n_{out}\,\mathrm{Var}(w)\;\mathrm E\bigl[\varphi'(z)^2\bigr].$$
#
# The factor of the rms is the square root of this.

# %% tags=["demo"]
slopes = act_grad("tanh", run.cache[1][9])
growth = backward_growth(run.cache[2][9], slopes)
flat = float((slopes < 0.01).mean())
gradients["1.0, tanh"] = send_back(run)
rms = gradients["1.0, tanh"][:, 0]
fig, (left, right) = figure(1, 2, size=(9, 3.2))
left.hist(slopes.ravel(), bins=50, weights=np.full(slopes.size, 1 / slopes.size), log=True)
left.set(xlabel="slope of tanh at a unit of layer 10", ylabel="share of units (log)")
curves = {"rms of dh, measured": rms, "predicted by your factor": growth ** np.arange(10, 0, -1.0)}
stats_per_layer(right, curves, ylabel="gradient at the layer's input", log=True)
show(
    fig,
    caption=f"Left: {flat:.0%} of the slopes are below 0.01; their mean is {slopes.mean():.3f}. Right: the gradient "
    f"grows nevertheless, by {growth:.2f} a layer, from {rms[9]:.2f} to {rms[0]:.2g}.",
    alt="Left: histogram of slopes, nine tenths of them near zero, a few up to 1. Right: the gradient grows "
    "from 3.5 at layer 10 to 260000 at layer 1, on the predicted line.",
)

# %% [markdown]
# So the gradients are not zero. Most local slopes are; the few units that are not saturated carry a
# gradient that **explodes**. What training does from here you will see in section 13.
#
# **Explore.** Weights $a \cdot \mathcal N(0,1)$, ten layers of 200 units.

# %% tags=["demo"]
standard_x = np.random.default_rng(0).standard_normal((60, 200))
standard_weights = np.random.default_rng(1).standard_normal((10, 200, 200))
standard_top = np.random.default_rng(2).standard_normal((60, 200))
ten = np.arange(1, 11)


def start():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.3), width_ratios=(3, 2))
    (up,) = left.plot(ten, ten, "o-", color=COLORS.train, label="signal, forward (rms of h)")
    (down,) = left.plot(ten, ten, "s--", color=COLORS.validation, label="gradient, backward")
    left.axhline(1, color=COLORS.reference, lw=1, ls=":")
    left.set(xlabel="layer", ylabel="size (no unit)", yscale="log", ylim=(1e-9, 1e9), xticks=ten)
    left.legend(frameon=False, loc="lower left")
    bars = right.stairs(np.zeros(30), np.linspace(-3, 3, 31), fill=True, color=COLORS.train)
    right.set(xlabel="value of a unit in layer 10", ylabel="share", ylim=(0, 1), xlim=(-3, 3))
    return fig, (up, down, bars)


def update(artists, scale, activation):
    up, down, bars = artists
    hs, cache = deep_forward(standard_x, list(scale * standard_weights), activation=activation)
    dhs, _ = deep_backward(standard_top, cache)
    sizes = [np.sqrt((h**2).mean()) for h in hs[1:]]
    back = [np.sqrt((dh**2).mean()) for dh in dhs[:-1]]
    up.set_ydata(np.clip(sizes, 1e-12, 1e12))
    down.set_ydata(np.clip(back, 1e-12, 1e12))
    counts, _ = np.histogram(np.clip(hs[10], -2.99, 2.99), bins=30, range=(-3, 3))
    bars.set_data(counts / hs[10].size)
    differ = hs[10].std(axis=0).mean() / sizes[-1]
    return (
        f"Scale {scale:.3g}, {activation}: a·√200 is {scale * np.sqrt(200):.2f}. In layer 10 the signal has rms "
        f"{sizes[-1]:.2g}, of which {differ:.0%} is difference between examples; the gradient that arrives at the "
        f"inputs has rms {back[0]:.2g}."
    )


explore(
    start,
    update,
    controls={
        "scale": LogSlider(0.01, 3, value=0.3, label="scale a"),
        "activation": Choice(["tanh", "relu", "sigmoid"], label="activation"),
    },
    goal="For tanh and for ReLU: find the scale at which the gradient neither vanishes nor explodes. Then the "
    "sigmoid: can you make the gradient right, and is the signal right then?",
    answer="0.1 for both, 1.41/√200. tanh then has a gradient of 1.1 and a signal of 0.55, ReLU 0.95 and 0.99. With the "
    "sigmoid the gradient is right near 0.75, where it arrives with 0.94; but only 13% of the signal is difference between "
    "examples. Layer 10 says nearly the same of each of them.",
)

# %% [markdown] tags=["INI-09"]
# ## 5 · The right size, derived
#
# One unit and its pre-activation, $z = \sum_{i=1}^n x_i w_i$. The weights are drawn with mean zero,
# independently of each other and of the inputs. Then $\mathrm E[z] = 0$, whatever the inputs are. We want to
# know $\mathrm{Var}(z)$, and we go step by step. Each step asks for its reason.

# %% tags=["predict"]
why_sum = ...

# %% tags=["check"]
check("initialization.why_sum")

# %% [markdown]
# Now one product. Its two factors are independent, and the mean of either may be anything. Begin with
# $\mathrm{Var}(u) = \mathrm E[u^2] - \mathrm E[u]^2$.

# %% tags=["exercise"]
from utils.initialization import var_product

# %% tags=["check"]
check("initialization.var_product")

# %% [markdown]
# **Compare.** $\mathrm E[x^2]\,\mathrm E[w^2] - \mathrm E[x]^2\,\mathrm E[w]^2$, with $\mathrm E[x^2] = \mathrm{Var}(x) +
# \mathrm E[x]^2$ and the same for $w$, multiplied out: three terms.

# %% tags=["predict"]
which_vanish = ...

# %% tags=["check"]
check("initialization.which_vanish")

# %% tags=["demo"]
rng = np.random.default_rng(0)
products = (0.8 + rng.standard_normal(10**6)) * (0.5 + 1.2 * rng.standard_normal(10**6))
product_variance, product_formula = float(products.var()), var_product(0.8, 1.0, 0.5, 1.44)
counts = (10, 100, 1000)
sum_variance = [
    np.var([rng.standard_normal(n) @ rng.standard_normal(n) for _ in range(3000)]) for n in counts
]
table(
    ("variance of", "measured", "theory"),
    [
        ("one product with means", f"{product_variance:.3f}", f"{product_formula:.3f}"),
        *((f"z, n = {n}", f"{v:.0f}", f"{n}") for n, v in zip(counts, sum_variance, strict=True)),
    ],
    "A million products with your formula (means 0.8 and 0.5, variances 1 and 1.44), and sums of n products of "
    "standard normal numbers: without a factor before the weights the variance is n.",
)

# %% [markdown]
# Put the steps together:
#
# $$\mathrm{Var}(z) \;=\; \sum_i \mathrm{Var}(x_i w_i) \;=\; \sum_i \mathrm E[x_i^2]\,\mathrm{Var}(w)
# \;=\; \mathrm E[x^2]\,\bigl[\,n\,\mathrm{Var}(w)\,\bigr].$$
#
# With inputs of mean zero $\mathrm E[x^2]$ is $\mathrm{Var}(x)$. The bracket is what one layer does to the mean square
# of a signal; ten layers make it the tenth power, so it should be 1. And since $\mathrm{Var}(aw) =
# a^2\,\mathrm{Var}(w)$, the 0.03 from above is right for $n = 1/0.03^2 = 1111$ inputs and for no other number. There
# is no right size by itself.

# %% [markdown] tags=["INI-10"]
# ### Forward or backward?
#
# In the backward pass a gradient is a sum, too, over the units that an input feeds. Both brackets can be 1 only
# if the layer is square. So there are three variants, and all of them are called Xavier initialisation, after
# Xavier Glorot: one for the signal, which is what most lectures' code does, one for the gradient, and the
# compromise of the paper (Glorot and Bengio 2010).

# %% tags=["exercise"]
from utils.initialization import xavier_normal

# %% tags=["check"]
check("initialization.xavier_normal")

# %% [markdown]
# **Compare.** $\mathrm{Var}(w)$ is $1/n_{in}$, $1/n_{out}$ or $2/(n_{in} + n_{out})$. How much does it matter? A layer
# from 1000 units to 100, and one back.

# %% tags=["demo"]
rows, variant_factors = [], {}
for m, n in ((1000, 100), (100, 1000)):
    for mode in ("in", "out", "average"):
        w = xavier_normal(m, n, mode=mode, rng=np.random.default_rng(0))
        up = (np.random.default_rng(1).standard_normal((400, m)) @ w).var()
        down = (np.random.default_rng(2).standard_normal((400, n)) @ w.T).var()
        variant_factors[f"{m} {mode}"] = (float(up), float(down))
        rows.append((f"{m} → {n}", mode, f"{up:.2f}", f"{down:.2f}"))
table(
    ("layer", "mode", "variance of the signal ×", "variance of the gradient ×"),
    rows,
    "What one layer does to the variances. “in” is right for the signal and off by ten for the gradient, “out” the "
    "other way round. “average” is off in both directions, but neither variance ever grows by more than 2.",
)

# %% [markdown] tags=["INI-06"]
# ## 6 · Xavier and tanh
#
# The derivation left the activation out. Does it work with tanh all the same?

# %% tags=["demo"]
run = ten_layers(xavier_normal, "tanh")
measured_stats["Xavier, tanh"] = run.stats
in_range["Xavier, tanh"] = beside_the_slide(run, "Xavier", "tanh", variances("tanh", 1.0))
gradients["Xavier, tanh"] = send_back(run)
xavier_run = run
three_curves(
    run.stats,
    gradients["Xavier, tanh"],
    "A reasonable start. Activations and gradients fade, but slowly, and no layer's weights are left without a "
    "gradient.",
    "Logarithmic plot over ten layers. The activations fall from 0.63 to 0.23 from the first layer to the last, the "
    "gradients from 0.95 to 0.27 from the last to the first, the weight gradients stay near 0.008.",
)

# %% [markdown]
# The signal fades slowly, and we can even compute how. Let $q$ be the mean square of a layer. In the next one, if
# it is very wide, $z$ is normal with variance $q$, like $\sqrt{q}\,u$ with $u \sim \mathcal N(0,1)$. So the next mean
# square is $q' = \mathrm E[\tanh^2(\sqrt{q}\,u)]$, an integral. That is the column "theory" of the tables.

# %% [markdown] tags=["INI-17", "E-55"]
# ### Why it helps (1): equal scales in all layers
#
# For small arguments tanh is almost the identity, so the derivation is nearly right. What follows for the gradients?

# %% tags=["predict"]
equal_scales = ...

# %% tags=["check"]
check("initialization.equal_scales")

# %% [markdown]
# So look at the gradients themselves. Glorot and Bengio did, in their Figure 7: histograms of back-propagated
# gradients, layer by layer. The *standard* start of that time drew from $U(-1/\sqrt m, 1/\sqrt m)$, that is,
# uniformly from this interval, for $m$ inputs; the *normalised* one is theirs, Xavier.

# %% tags=["demo"]
standard_run = ten_layers(fan_in_uniform, "tanh")
measured_stats["U(±1/√m), tanh"] = standard_run.stats
gradients["U(±1/√m), tanh"] = send_back(standard_run)
fig, axes = figure(2, 4, size=(9, 3.8))
for row, (name, dhs) in zip(
    axes, (("standard", standard_run.dhs), ("Xavier", xavier_run.dhs)), strict=True
):
    for ax, layer in zip(row, (1, 4, 7, 10), strict=True):
        values = dhs[layer - 1].ravel()[::5]
        weights = np.full(values.size, 1 / values.size)
        ax.hist(values, bins=41, range=(-2, 2), weights=weights, color=COLORS.train)
        ax.set(title=f"{name}, layer {layer}", ylim=(0, 0.3), yticks=[])
        ax.title.set_fontsize(9)
fig.supxlabel("gradient on a unit's activation (height: share)", fontsize=9)
show(
    fig,
    caption="Gradients at the inputs of layers 1, 4, 7 and 10. Above, the standard start: from right to left "
    "they pile up at zero. Below, Xavier: they keep most of their width. "
    f"Standard rms {gradients['U(±1/√m), tanh'][0, 0]:.4f} at layer 1 and "
    f"{gradients['U(±1/√m), tanh'][9, 0]:.3f} at layer 10; Xavier "
    f"{gradients['Xavier, tanh'][0, 0]:.3f} and {gradients['Xavier, tanh'][9, 0]:.3f}.",
    alt="Two rows of histograms of gradients in layers 1, 4, 7 and 10. In the upper row the histogram of layer 1 "
    "is a spike at zero and that of layer 10 is broad. In the lower row all are broad.",
)

# %% [markdown] tags=["INI-18"]
# ### Why it helps (2): and why a larger learning rate is no cure (optional)
#
# If the gradients of some layers are small, why not take larger steps? The same rate serves all weights.
# Think of two of them: along one the loss is steep, along the other it is flat.

# %% tags=["predict"]
larger_rate = ...

# %% tags=["check"]
check("initialization.larger_rate")

# %% [markdown] tags=["INI-18"]
# Valleys have a lecture of their own, [06](../06_curvature/06_curvature.ipynb), with pictures of such paths; methods with
# a rate of its own for each weight are the subject of [07](../07_optimizers/07_optimizers.ipynb).

# %% [markdown] tags=["INI-07", "INI-08", "INI-11"]
# ## 7 · ReLU needs more
#
# Now put ReLU in place of tanh and leave the rest. It cuts off the negative half of the pre-activations.

# %% tags=["predict"]
relu_keeps = ...

# %% tags=["check"]
check("initialization.relu_keeps")

# %% [markdown]
# So Xavier's weights lose half of the mean square in each layer: in ten layers less than a thousandth is left. The
# weights have to give it back. He et al. (2015) say by how much.

# %% [markdown] tags=["E-11"]
# ### Spot the error: He's rule on the slides
#
# > `W = np.random.randn(fan_in, fan_out) / np.sqrt(2/fan_in)`   (note additional 2/)
#
# Two slides print this line. Below it stand statistics that stay near 0.56 and 0.83 in all ten layers.
# Can this line have produced them? First predict what it does, then write the line as it should be.

# %% tags=["predict"]
misprint = ...

# %% tags=["check"]
check("initialization.misprint")

# %% tags=["exercise"]
from utils.initialization import he_normal

# %% tags=["check"]
check("initialization.he_normal")

# %% [markdown] tags=["E-12"]
# **Compare.** ReLU keeps $\frac12$, so $n_{in}\mathrm{Var}(w) = 2$, and the standard deviation is $\sqrt{2/n_{in}} =
# 1/\sqrt{n_{in}/2}$. (The slide probably meant the second form.) A leaky ReLU with slope $s$ keeps
# $\frac12(1 + s^2)$: with $s = 1$, no activation at all, Xavier comes back.

# %% tags=["demo"]
for name, init, gain in (("Xavier", xavier_normal, 1.0), ("He", he_normal, np.sqrt(2))):
    run = ten_layers(init, "relu")
    measured_stats[f"{name}, ReLU"] = run.stats
    in_range[f"{name}, ReLU"] = beside_the_slide(run, name, "relu", variances("relu", gain))
    gradients[f"{name}, ReLU"] = send_back(run)
run = ten_layers(lambda m, n, rng: rng.standard_normal((m, n)) / np.sqrt(2 / m), "relu")
measured_stats["misprint, ReLU"] = run.stats
gradients["misprint, ReLU"] = send_back(run)
fig, ax = figure(size=(7.5, 3.2))
curves = {
    "He": measured_stats["He, ReLU"][1:, 1],
    "Xavier": measured_stats["Xavier, ReLU"][1:, 1],
    "the line from the slide": measured_stats["misprint, ReLU"][1:, 1],
}
stats_per_layer(ax, curves, ylabel="std of h", log=True)
show(
    fig,
    caption="ReLU, the same inputs, three starts. The printed line explodes: "
    f"{measured_stats['misprint, ReLU'][1, 1]:.0f} after one layer, {run.stats[10, 1]:.1e} after ten. Yours ends "
    f"at {measured_stats['He, ReLU'][10, 1]:.2f}, and the slide's ten numbers lie in its range.",
    alt="Logarithmic plot of the standard deviation over ten layers. He stays near 1, Xavier falls to 0.02, "
    "the printed line rises to 7e23.",
)

# %% [markdown] tags=["INI-11"]
# ## 8 · One number for each activation
#
# Xavier is right for no activation, He for ReLU. What about ELU, or a sigmoid? Write the weights as
# $g\,\mathcal N(0, 1)/\sqrt{n_{in}}$. The *gain* $g$ is all that an activation can ask for. You have derived it twice
# already: $g = 1$ and $g = \sqrt2$.

# %% tags=["exercise"]
from utils.initialization import activation_gain

# %% tags=["check"]
check("initialization.activation_gain")

# %% [markdown]
# **Compare.** With $u \sim \mathcal N(0, 1)$ a pre-activation $su$ is to keep its size, $g^2\,\mathrm E[\varphi(su)^2] =
# s^2$. For ReLU $s$ does not matter, for tanh it does. Beside your gains stand those of
# `torch.nn.init.calculate_gain`.

# %% tags=["demo"]
pytorch = {
    "relu": np.sqrt(2),
    "leaky_relu": np.sqrt(2 / (1 + 0.01**2)),
    "tanh": 5 / 3,
    "sigmoid": 1.0,
}
gains = {name: activation_gain(name) for name in (*pytorch, "elu")}
gains["tanh, std 0.1"] = activation_gain("tanh", std=0.1)
table(
    ("activation", "your gain", "PyTorch's"),
    [(n, f"{g:.4f}", f"{pytorch[n]:.4f}" if n in pytorch else "none") for n, g in gains.items()],
    "ReLU and leaky ReLU (slope 0.01): the same. tanh: nearly, and for small pre-activations the gain is 1, which is "
    "Xavier. The sigmoid's 1.85 keeps the mean square, but nearly all of that is its mean of 1/2, the same for all "
    "examples.",
)

# %% [markdown]
# Where does the 5/3 come from? The documentation gives no reason, but you can find one. Take the map from $q$ to $q'$
# with a gain, $q' = \mathrm E[\tanh^2(g\sqrt{q}\,u)]$, and apply it again and again.
#
# **Explore.** A step of the staircase is a layer.

# %% tags=["demo"]
grid = np.linspace(0, 1, 101)


@functools.lru_cache(maxsize=64)
def next_variance(gain):
    """The curve of the variance map on the grid."""
    return tanh_variance_map(grid, gain=gain, n_quad=401)


def start():
    fig, ax = figure(size=(5.4, 4))
    (curve,) = ax.plot(grid, grid, color=COLORS.train, lw=2, label="what a layer makes of it")
    ax.plot(grid, grid, "--", color=COLORS.reference, lw=1, label="unchanged")
    (stairs,) = ax.plot([1], [1], color=COLORS.validation, lw=1.3, label="layer by layer")
    ax.set(xlabel="mean square of a layer", ylabel="mean square of the next", ylim=(0, 1))
    ax.legend(frameon=False, loc="upper left")
    return fig, (curve, stairs)


def update(artists, gain, layers):
    curve, stairs = artists
    values = next_variance(round(gain, 2))
    curve.set_ydata(values)
    q, points = 1.0, [(1.0, 0.0)]
    for _ in range(layers):
        later = float(np.interp(q, grid, values))
        points += [(q, later), (later, later)]
        q = later
    stairs.set_data(*np.array(points).T)
    return (
        f"Gain {gain:.2f}: after {layers} layers h has the standard deviation {np.sqrt(q):.3f}, and the next "
        f"pre-activation {gain * np.sqrt(q):.3f}. For small signals a layer multiplies the mean square by "
        f"{gain**2:.2f}."
    )


explore(
    start,
    update,
    controls={
        "gain": Slider(0.3, 4.0, 0.01, 1.0, label="gain g"),
        "layers": Slider(1, 40, 1, 10, label="layers"),
    },
    goal="Above which gain does the staircase stop at a level above zero? For 40 layers, which gain gives the "
    "pre-activations the standard deviation 1? And what does 5/3 do?",
    answer="Above 1: there the curve starts steeper than the diagonal and must cross it. At gain 1 it never stops "
    "falling. The gain 1.59 gives the pre-activations the standard deviation 1 for good: it is the one that you "
    "computed. 5/3 is a little more: h settles at 0.651, the pre-activations at 1.09. So 5/3 keeps the signal of "
    "tanh at a good level, as the exact gain does.",
)

# %% [markdown] tags=["INI-13", "E-13"]
# ## 9 · Uniform numbers, and what the frameworks do
#
# Before normal numbers were the custom, weights were drawn uniformly from an interval. A number from
# $U(-a, a)$ has the variance $a^2/3$. Glorot's rule was derived for a chain of matrix products without
# activations, and works well in practice. Is this it?

# %% tags=["predict"]
limit_factor = ...

# %% tags=["check"]
check("initialization.limit_factor")

# %% [markdown] tags=["E-57"]
# ### Spot the error: is it history?
#
# The other uniform rule of the slides is $W_{ij} \sim U(-1/\sqrt m,\; 1/\sqrt m)$ for $m$ inputs, the "standard" start of
# Figure 7 above. It is what one did before Xavier, and so one reads it. What do you get today if you write
# `torch.nn.Linear(500, 500)` and say nothing about the start?

# %% tags=["predict"]
default_factor = ...

# %% tags=["check"]
check("initialization.default_factor")

# %% tags=["demo"]
run = ten_layers(lambda m, n, rng: xavier_uniform(m, n, mode="average", rng=rng), "tanh")
measured_stats["Glorot uniform, tanh"] = run.stats
gradients["Glorot uniform, tanh"] = send_back(run)
weight_variances = {"right": float(run.cache[2][0].var())}
printed_limit = 6 / np.sqrt(1000)
run = ten_layers(lambda m, n, rng: rng.uniform(-printed_limit, printed_limit, (m, n)), "tanh")
measured_stats["U(±6/√(m+n)), tanh"] = run.stats
gradients["U(±6/√(m+n)), tanh"] = send_back(run)
printed_saturated = [saturated_share(h) for h in run.hs[1:]]
weight_variances["printed"] = float(run.cache[2][0].var())
run = ten_layers(fan_in_uniform, "relu")
measured_stats["U(±1/√m), ReLU"] = run.stats
gradients["U(±1/√m), ReLU"] = send_back(run)
words = {
    "0.01, tanh": "vanishes",
    "1.0, tanh": "explodes",
    "Xavier, tanh": "healthy",
    "Xavier, ReLU": "shrinks",
    "He, ReLU": "healthy",
    "misprint, ReLU": "explodes",
    "Glorot uniform, tanh": "healthy",
    "U(±6/√(m+n)), tanh": "grows",
    "U(±1/√m), tanh": "shrinks",
    "U(±1/√m), ReLU": "vanishes",
}
rows = []
for name, word in words.items():
    back = gradients[name]
    numbers = (measured_stats[name][10, 1], *back[[9, 4, 0], 0], *back[[0, 9], 1])
    rows.append((name, *(f"{v:.2g}" for v in numbers), word))
table(
    ("start", "std of h, layer 10", "dh at 10", "dh at 5", "dh at 1", "dW 1", "dW 10", "gradient"),
    rows,
    "All starts so far, ten layers of 500, one seed. dh: rms of the gradient at the input of layers 10, 5 and 1, for a "
    "standard normal gradient at the top. dW: standard deviation of the mean weight gradient. The last two rows are "
    "PyTorch's default, without its biases: 0.577 a layer, and with ReLU another 0.707.",
)

# %% [markdown]
# One or two hidden layers survive this default, and normalisation layers repair it, so hardly anybody notices. What becomes
# of ten plain layers you will see in section 14. The remedy is a line:
# `nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")`. Keras starts from Glorot's uniform rule.

# %% [markdown] tags=["INI-14", "E-14"]
# ## 10 · Orthogonal matrices
#
# A random matrix keeps the length of a signal *on average*. Saxe et al. (2013) recommend one that turns and does not
# stretch, times a gain. A slide says of it that "the norm of the activations increases, so that strong gradients flow
# back". But why should it increase? To *keep* it is the aim; the gain only makes up for what an activation takes. And
# what exactly does it keep?

# %% tags=["predict"]
norms = ...

# %% tags=["check"]
check("initialization.norms")

# %% tags=["exercise"]
from utils.initialization import orthogonal

# %% tags=["check"]
check("initialization.orthogonal")

# %% [markdown]
# **Compare.** The Q of a QR decomposition has such columns; turning those whose entry on the diagonal of R is negative
# makes all matrices equally likely. Behind ReLU lengths are kept on average only. Is it steadier than He's start?

# %% tags=["demo"]
wide = fewer(500, 150, "units")
h = np.random.default_rng(0).standard_normal((50, wide))
before_length = np.linalg.norm(h, axis=1)
for seed in range(10):
    h = h @ orthogonal(wide, wide, rng=np.random.default_rng(seed))
linear_gap = float(np.abs(np.linalg.norm(h, axis=1) / before_length - 1).max())
relu_sizes = {"orthogonal, g = √2": [], "He": []}
rectifying = {
    "orthogonal, g = √2": lambda rng: orthogonal(100, 100, gain=np.sqrt(2), rng=rng),
    "He": lambda rng: he_normal(100, 100, rng=rng),
}
for seed in range(fewer(200, 30, "seeds")):
    for name, init in rectifying.items():
        rng = np.random.default_rng(100 + seed)
        hs, _ = deep_forward(
            rng.standard_normal((50, 100)), [init(rng) for _ in range(10)], activation="relu"
        )
        relu_sizes[name].append(float(np.sqrt((hs[10] ** 2).mean())))
scatter = {name: float(np.std(np.log(sizes))) for name, sizes in relu_sizes.items()}
table(
    ("start", "median rms of h, layer 10", "standard deviation of its logarithm"),
    [(name, f"{np.median(v):.2f}", f"{scatter[name]:.2f}") for name, v in relu_sizes.items()],
    "Ten ReLU layers of 100 units, 200 seeds each. Both scatter around 1, He's start a little more. (Without an "
    f"activation ten orthogonal layers keep every length, up to {linear_gap:.0e}.)",
)

# %% [markdown] tags=["E-56"]
# ### Spot the error: "if g could be divined"
#
# A slide hopes, in our words: if $g$ could be divined, it would solve the problem of vanishing and exploding gradients.
# You can compute it now. Is the problem solved?
#
# **Explore.** Orthogonal layers of 100 units with a gain.

# %% tags=["demo"]
small_qs = [orthogonal(100, 100, rng=np.random.default_rng(i)) for i in range(40)]
x_100, top_100 = np.random.default_rng(3).standard_normal((2, 50, 100))


def start():
    fig, ax = figure(size=(7, 3.3))
    (up,) = ax.plot([], [], "o-", ms=4, color=COLORS.train, label="signal, forward (rms of h)")
    (down,) = ax.plot([], [], "s--", ms=4, color=COLORS.validation, label="gradient, backward")
    ax.axhline(1, color=COLORS.reference, lw=1, ls=":")
    ax.set(xlabel="layer", ylabel="size (no unit)", yscale="log", ylim=(1e-3, 1e3), xlim=(0, 41))
    ax.legend(frameon=False, loc="upper left")
    return fig, (up, down)


def update(artists, gain, activation, layers):
    up, down = artists
    weights = [gain * q for q in small_qs[:layers]]
    hs, cache = deep_forward(x_100, weights, activation=activation)
    dhs, _ = deep_backward(top_100, cache)
    sizes = [np.sqrt((h**2).mean()) for h in hs[1:]]
    back = [np.sqrt((dh**2).mean()) for dh in dhs[:-1]]
    up.set_data(range(1, layers + 1), sizes)
    down.set_data(range(1, layers + 1), back)
    return (
        f"Gain {gain:.2f}, {activation}, {layers} layers: the signal ends at {sizes[-1]:.3g}, the gradient at "
        f"{back[0]:.3g}; both began at 1."
    )


explore(
    start,
    update,
    controls={
        "gain": Slider(0.5, 2.0, 0.01, 1.0, label="gain g"),
        "activation": Choice(["tanh", "relu"], label="activation"),
        "layers": Slider(5, 40, 5, 40, label="layers"),
    },
    goal="Forty layers. Find a gain that keeps signal and gradient, first for ReLU, then for tanh.",
    answer="ReLU: 1.41. The signal ends at 0.82 and the gradient at 1.07; with 1.43 the gradient has nearly doubled. tanh: "
    "none keeps both. With 1 they fade to 0.11 and 0.13, with 1.2 the gradient is kept (1.05) and the signal ends at 0.42, "
    "with 1.67 the signal settles at 0.65 and the gradient grows to 40.",
)

# %% [markdown]
# For ReLU it is solved: one gain serves both. For tanh it is not. With $g = 1$ both fade for ever; above 1 the signal
# settles and the gradient grows, with 5/3 by a factor of 1.10 a layer. In ten layers nobody notices, in a hundred it
# is 10,000. What depth needs besides a gain comes in section 13, and in
# [lecture 05](../05_batchnorm/05_batchnorm.ipynb).

# %% [markdown] tags=["INI-15"]
# ### Sparse weights (optional)
#
# In a wide layer each single weight becomes tiny, since all have the size $1/\sqrt m$. Martens (2010) takes a
# different route: each unit gets exactly $k$ weights that are not zero, at random places, and their size need not
# shrink with the width. Which size is right? Section 5 again, with $n = k$.

# %% tags=["demo"]
sparse_rows, sparse_stats = [], {}
for size, scale_of in (("1", lambda k: 1.0), ("1/√k", lambda k: k**-0.5)):
    for k in (4, 15, 60):
        init = functools.partial(sparse, k=k, scale=scale_of(k))
        run = ten_layers(init, "tanh", width=150, examples=100)
        sparse_stats[f"{size} {k}"] = float(run.stats[10, 1]), saturated_share(run.hs[10])
        std, share = sparse_stats[f"{size} {k}"]
        sparse_rows.append((size, str(k), f"{std:.3f}", f"{share:.0%}"))
table(
    ("size of a weight", "k", "std of h, layer 10", "saturated"),
    sparse_rows,
    "Ten tanh layers of 150 units. With weights of size 1 the signal depends on k; divided by √k it does not, and "
    f"comes near what Xavier gives, {variances('tanh', 1.0)[9]:.3f}.",
)

# %% [markdown] tags=["INI-16"]
# ## 11 · Let the data choose: a bug hunt
#
# Every rule so far takes inputs of mean square 1 and one activation for granted. If neither is so, measure. Of the many
# proposals of those years (Sussillo and Abbott 2014 follow a random walk, Krähenbühl et al. 2015 use the data) that of
# Mishkin and Matas 2015 is the simplest, *layer-sequential unit variance*, LSUV: send a batch through the network, and
# divide the weights of each layer so that its pre-activations get variance 1. Here is a version as it was found.


# %%
def lsuv_found(weights, x, *, activation="tanh", tol=0.01, max_iter=10):
    """Layer-sequential unit variance, as it was found."""
    hs, _ = deep_forward(x, weights, activation=activation)
    scaled = []
    for layer, (h, w) in enumerate(zip(hs, weights, strict=False), start=1):
        for _ in range(max_iter):
            variance = np.var(h @ w)
            if variance == 0:
                raise ValueError(f"pre-activation of layer {layer} does not vary")
            if abs(variance - 1) <= tol:
                break
            w = w / np.sqrt(variance)
        scaled.append(w)
    return scaled


# %% [markdown]
# One batch of digits, ten orthogonal layers, four activations. What are the pre-activations like before and after?


# %% tags=["demo"]
batch = digits.x_train[:200] - digits.x_train.mean(axis=0)
rng = np.random.default_rng(0)
before = [orthogonal(64, 100, rng=rng), *(orthogonal(100, 100, rng=rng) for _ in range(9))]


def std_of_z(weights, activation):
    """Standard deviation of the pre-activations, layer by layer."""
    _, (_, zs, *_) = deep_forward(batch, weights, activation=activation)
    return [float(z.std()) for z in zs]


z_stds = {}
fig, (left, right) = figure(1, 2, size=(9, 3.2), sharey=True)
for name, marker in zip(("tanh", "relu", "sigmoid", "elu"), "osD^", strict=True):
    z_stds[f"{name} before"] = std_of_z(before, name)
    z_stds[f"{name} found"] = std_of_z(lsuv_found(before, batch, activation=name), name)
    left.semilogy(ten, z_stds[f"{name} before"], marker + "-", ms=5, label=name)
    right.semilogy(ten, z_stds[f"{name} found"], marker + "-", ms=5, label=name)
left.set(title="orthogonal, gain 1", xlabel="layer", ylabel="std of pre-activations", xticks=ten)
right.set(title="after the version that was found", xlabel="layer", xticks=ten)
left.legend(frameon=False)
show(
    fig,
    caption="What was to be 1 in every layer is 1 in the first. In the tenth it is "
    + ", ".join(f"{z_stds[f'{name} found'][9]:.2g} with {name}" for name in ("tanh", "relu", "elu"))
    + ". The sigmoid hides the fault: its outputs have nearly the same size whatever goes in.",
    alt="Left: the standard deviations of four activations drift apart over ten layers, down to 0.01. Right: all "
    "begin at 1 in layer 1; the sigmoid stays there, tanh rises to about 6, ELU to a million, ReLU far beyond.",
)

# %% [markdown]
# Find the bug, and write the function as it should be.

# %% tags=["exercise"]
from utils.initialization import lsuv

# %% tags=["check"]
check("initialization.lsuv")

# %% tags=["demo"]
found_gain = []
for name in ("tanh", "relu", "sigmoid", "elu"):
    after = lsuv(before, batch, activation=name)
    z_stds[f"{name} after"] = std_of_z(after, name)
    factors = [
        np.linalg.norm(w) / np.linalg.norm(b) for w, b in zip(after[2:], before[2:], strict=True)
    ]
    found_gain.append((name, float(np.exp(np.mean(np.log(factors)))), activation_gain(name)))
table(
    ("activation", "LSUV multiplied layers 3 to 10 by", "your gain"),
    [(name, f"{factor:.3f}", f"{g:.3f}") for name, factor, g in found_gain],
    "Now the pre-activations of every layer have variance 1. From layer 3 on LSUV has multiplied by the gain, nearly: it "
    "found by measuring what you found by integrating.",
)

# %% [markdown]
# ## 12 · Biases, and the output layer
#
# The slides stop at the weights of hidden layers. Two questions are left.
#
# **Biases** start at zero. An old piece of advice gives ReLU units a small positive one, 0.01 or so, so that all of them
# fire at the beginning. Does it help? Ten ReLU layers from He's start, digits, eight epochs, five seeds, each bias at
# its own best rate (0.01, 0.03 or 0.1): the median of the final losses is 0.40 with the bias 0, 0.37 with 0.01, 0.33
# with 0.1, and 0.75 with 1. From seed to seed it varies by more than 0.3. So zero is fine, and 0.01 is folklore.
#
# The **output layer** has no activation behind it, and something else to keep: the scores.

# %% tags=["predict"]
first_loss = ...

# %% tags=["check"]
check("initialization.first_loss")

# %% [markdown]
# And the biases of the output layer? With small output weights they alone make the first guess. Suppose that nine of
# ten images show a zero. Which biases give the best blind guess?

# %% tags=["exercise"]
from utils.initialization import class_bias

# %% tags=["check"]
check("initialization.class_bias")

# %% [markdown]
# **Compare.** The best blind guess is the share of each class, so $b_c = \ln(N_c/N)$. The first loss is then the
# *entropy* of the shares. You will meet this blind guess again, as a baseline, in
# [lecture 12](../12_babysitting/12_babysitting.ipynb).

# %% tags=["demo"]
pixels = digits.x_train
scaled_pixels = (pixels - pixels.mean()) / pixels.std()
zeros = np.flatnonzero(digits.y_train == 0)
others = np.flatnonzero(digits.y_train > 0)
rare = np.concatenate([np.tile(zeros, 9), others[: len(zeros)]])
shares = np.bincount(digits.y_train[rare]) / len(rare)
share_entropy = float(-(shares * np.log(shares)).sum())
first_losses = {}


def losses_of_steps(model, x, y, *, lr=0.03, steps=60):
    """The loss of each batch while a network takes its first steps."""
    rng, losses = np.random.default_rng(0), []
    for _ in range(steps):
        some = rng.choice(len(x), 50, replace=False)
        loss, grads = model.loss(x[some], y[some])
        losses.append(loss)
        model.params = {name: p - lr * grads[name] for name, p in model.params.items()}
    return losses


def three_layers(factor):
    """A ReLU network from He's start, its output weights times a factor."""
    model = network([64, 100, 100, 10], he_normal, activation="relu")
    model.params["w3"] = factor * model.params["w3"]
    return model


fig, (left, right) = figure(1, 2, size=(9, 3.2))
for factor, style in ((10, "-"), (1, "--"), (0.1, "-.")):
    model = three_layers(factor)
    first_losses[factor] = model.loss(scaled_pixels, digits.y_train)[0]
    curve = losses_of_steps(model, scaled_pixels, digits.y_train)
    left.plot(
        curve, style, label=f"output weights × {factor}: first loss {first_losses[factor]:.2f}"
    )
left.axhline(np.log(10), color=COLORS.reference, lw=1, ls=":")
left.set(xlabel="step", ylabel="loss of the batch (nats)", yscale="log", title="ten equal classes")
left.legend(frameon=False, fontsize=8)
for name, bias in (("zero", np.zeros(10)), ("yours", class_bias(digits.y_train[rare], 10))):
    model = three_layers(0.1)
    model.params["b3"] = bias
    first_losses[name] = model.loss(scaled_pixels[rare], digits.y_train[rare])[0]
    curve = losses_of_steps(model, scaled_pixels[rare], digits.y_train[rare])
    right.plot(curve, label=f"output bias {name}: first loss {first_losses[name]:.2f}")
right.set(xlabel="step", ylabel="loss of the batch (nats)", title="nine of ten are zeros")
right.legend(frameon=False, fontsize=8)
show(
    fig,
    caption="Left: He's rule in the output layer begins above ln 10 = 2.303 (dotted), ten times its weights far above; a "
    "tenth begins at ln 10. Right: nine of ten images are zeros. The run with zero biases learns that within its first "
    "steps. What yours gain is a first loss that can be checked: the entropy of the shares is "
    f"{share_entropy:.2f}.",
    alt="Left: three loss curves over 60 steps on a logarithmic axis, beginning at 20, 3 and 2.3. Right: two loss "
    "curves; with zero biases it begins at 2.3 and falls steeply, with the class biases it begins at about 0.5.",
)

# %% [markdown]
# Does a bad first loss do harm in the end? With each factor at its best of five rates (0.01 to 1), six epochs and
# five seeds, the training losses end alike, below 0.04. But of the validation digits the network with ten times the output
# weights gets 94.3 % right, the other two 97.1 % and 97.5 %. A first loss far from $\ln C$, for $C$ classes, is a fault that is free to find.

# %% [markdown] tags=["INI-12"]
# ## 13 · Residual branches, and the first hundred steps
#
# Very deep networks are *residual*: each block adds something to what it got, $h \leftarrow h + f(h)$, so that the
# gradient has one path without any matrix (He et al. 2016). Is a good start for every layer a good start for the
# network?

# %% tags=["predict"]
doubling = ...

# %% tags=["check"]
check("initialization.doubling")

# %% [markdown]
# So multiply each branch by a number. Which one?

# %% tags=["exercise"]
from utils.residual import branch_scale

# %% tags=["check"]
check("residual.branch_scale")

# %% [markdown]
# **Compare.** $(1 + a^2)^L$ is the growth, so $a = \sqrt{\text{growth}^{1/L} - 1}$. The usual rule, $a = 1/\sqrt L$, lets
# the mean square grow by $(1 + 1/L)^L$, at most $e$. Another cure starts the last matrix of each branch at
# *zero*: then every block begins as the identity, and learns from there what to add. Normalisation inside the branch is
# the third. Here are twenty blocks with two layers each, on digits.

# %% tags=["demo"]
kinds = {
    "no skip": {"skip": False},
    "a = 1": {},
    "a = 1/√L": {"scale": branch_scale(20, growth=(1 + 1 / 20) ** 20)},
    "last matrix zero": {"zero_last": True},
}
residual_rates = {"no skip": 0.01, "a = 1/√L": 0.1, "last matrix zero": 0.03}
residual_growth, residual_losses = {}, {}
fig, (left, right) = figure(1, 2, size=(9, 3.3))
bar = tqdm(total=6, leave=False, desc="networks", delay=1)
for (name, options), marker in zip(kinds.items(), "osD^", strict=True):
    model = ResidualNet((64, 50, 10), 20, rng=np.random.default_rng(0), **options)
    model.scores(digits.x_train)
    sizes = [float((h**2).mean()) for h in model.signals]
    residual_growth[name] = sizes[-1] / sizes[0]
    left.semilogy(sizes, marker + "-", ms=4, label=f"{name}: × {residual_growth[name]:.2g}")
    if name == "a = 1":
        continue  # its first steps overflow
    residual_losses[name] = []
    for seed, style in ((0, "-"), (1, ":"))[: fewer(2, 1, "seeds")]:
        model = ResidualNet((64, 50, 10), 20, rng=np.random.default_rng(seed), **options)
        losses = learn(model, lr=residual_rates[name], epochs=3, seed=seed).train_loss
        residual_losses[name].append(losses[-1])
        label = f"{name}, η = {residual_rates[name]}" if seed == 0 else None
        color = left.lines[-1].get_color()
        right.plot(range(1, 4), losses, marker + style, ms=4, color=color, label=label)
        bar.update()
bar.close()
left.set(xlabel="block (0: before the first)", ylabel="mean square of the signal")
left.set_xticks(range(0, 21, 4))
right.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(0, 2.5), xticks=range(1, 4))
left.legend(frameon=False, fontsize=8)
right.legend(frameon=False, fontsize=8)
show(
    fig,
    caption="Left: with a = 1 the mean square doubles in each block; 1/√L and a zero matrix hold it. Right: two seeds, each "
    "start at the best of the rates 0.001, 0.003, …, 0.3. With a = 1 the network diverges at every one of them. Without a "
    "skip, 42 layers of He's and Xavier's weights hardly learn.",
    alt="Left: signal over 20 blocks on a logarithmic axis: a straight line upwards for a = 1, nearly flat lines for the "
    "others. Right: training loss over three epochs: both cures fall below 0.4, the plain network stays near 2.",
)

# %% [markdown]
# ### What training makes of a start
#
# A start is only the first moment. Go back to the ten plain tanh layers, and to the large weights of section 4.

# %% tags=["predict"]
first_steps = ...

# %% tags=["check"]
check("initialization.first_steps")


# %% tags=["demo"]
def hundred_steps(activation, init, *, lr, seed=0):
    """Over 100 steps: how much the units of each layer vary between examples; the losses."""
    model = network([64, *[50] * 10, 10], init, activation=activation, seed=seed)
    rng = np.random.default_rng(seed)
    variation, losses, first_ratio = [], [], None
    for _ in range(100):
        variation.append([h.std(axis=0).mean() for h in model.activations(digits.x_train[:100])])
        some = rng.choice(len(digits.x_train), 50, replace=False)
        loss, grads = model.loss(digits.x_train[some], digits.y_train[some])
        losses.append(loss)
        ratio = lr * np.linalg.norm(grads["w1"]) / np.linalg.norm(model.params["w1"])
        first_ratio = first_ratio or float(ratio)
        model.params = {name: p - lr * grads[name] for name, p in model.params.items()}
    return np.array(variation), losses, first_ratio


starts = {
    "tanh, 1.0": ("tanh", lambda m, n, rng: small_normal(m, n, scale=1.0, rng=rng)),
    "tanh, Xavier": ("tanh", xavier_normal),
    "tanh, 5/3": ("tanh", lambda m, n, rng: orthogonal(m, n, gain=5 / 3, rng=rng)),
    "ReLU, Xavier": ("relu", xavier_normal),
    "ReLU, He": ("relu", he_normal),
}
fig, axes = figure(1, 5, size=(10, 2.8), sharey=True)
variation_after, last_losses, step_ratios = {}, {}, {}
for ax, (name, (activation, init)) in zip(axes, starts.items(), strict=True):
    variation, losses, step_ratios[name] = hundred_steps(activation, init, lr=0.1)
    variation_after[name] = float(variation[-1, 9])
    last_losses[name] = float(np.mean(losses[-10:]))
    image = ax.imshow(
        np.log10(np.maximum(variation.T, 1e-9)),
        **{"aspect": "auto", "origin": "lower", "cmap": "viridis", "vmin": -3, "vmax": 0},
        extent=(0, 100, 0.5, 10.5),
    )
    ax.set(title=f"{name}\nloss {last_losses[name]:.2f}", xlabel="step")
    ax.title.set_fontsize(9)
    ax.grid(False)
axes[0].set(ylabel="layer", yticks=range(1, 11))
bar = fig.colorbar(image, ax=axes, label="std between examples")
bar.set_ticks([-3, -2, -1, 0], labels=["≤ 0.001", "0.01", "0.1", "1"])
show(
    fig,
    caption="A row is a layer, a column a step at the rate 0.1; the colour says how much a unit varies from example to "
    "example. Far left: the first step is "
    f"{step_ratios['tanh, 1.0']:.1f} times as large as the weights of layer 1, and the signal goes out, from below. Xavier's "
    "weak upper layers wake up within 20 steps with tanh, with ReLU hardly in 100. The loss is the mean of the last ten steps.",
    alt="Five heat maps, layers over steps. Large weights: bright at first, then dark from the first layers on. tanh with "
    "Xavier: upper layers dark at first, bright after some dozens of steps. 5/3: bright throughout. ReLU with Xavier: dark "
    "upper layers that brighten late. He: brighter.",
)

# %% [markdown]
# A start that is a little too small mends itself. One that is far too small or too large does not.

# %% [markdown] tags=["INI-12"]
# ## 14 · So which start?
#
# On a *convex* function, one that curves upwards everywhere, gradient descent with a good rate ends at the
# same value from any start. On other functions the start decides where it ends, and some starts make it unstable.
# There is no full theory. What is known: break the symmetry, and mind the scale. 100 random starts in the plane, 200
# steps:

# %% tags=["demo"]
rng = np.random.default_rng(0)
where = rng.uniform(-2, 2, (100, 2))
ends_by_function = {}
for surface in (bowl(5.0), two_valleys()):
    ends_by_function[surface.name] = runs_from_inits(
        surface.value, surface.gradient, where, lr=0.03, steps=200
    )
table(
    ("function", "different final losses", "lowest", "highest"),
    [
        (name, str(len(np.unique(found.round(2)))), f"{found.min():.2f}", f"{found.max():.2f}")
        for name, found in ends_by_function.items()
    ],
    "Final losses of 100 runs, to two digits. The bowl is convex, the two valleys are not.",
)

# %% [markdown]
# Now the real test. Ten hidden layers of 50 units learn digits. Only the start differs. Each start has the best of the
# rates 0.003, 0.01, 0.03, 0.1, 0.3 and 1, by the median of five seeds.

# %% tags=["demo"]
contestants = {
    "tanh": {
        "PyTorch's default": (fan_in_uniform, 0.1),
        "Xavier": (xavier_normal, 0.1),
        "orthogonal, 5/3": (lambda m, n, rng: orthogonal(m, n, gain=5 / 3, rng=rng), 0.1),
        "LSUV": (orthogonal, 0.1),
    },
    "relu": {
        "PyTorch's default": (fan_in_uniform, 0.1),
        "Xavier": (xavier_normal, 0.1),
        "He": (he_normal, 0.03),
        "LSUV": (orthogonal, 0.03),
    },
}


def prepared(name, init, activation, seed):
    """A network of ten hidden layers: LSUV measures a batch, PyTorch draws its biases, too."""
    model = network([64, *[50] * 10, 10], init, activation=activation, seed=seed)
    names = [f"w{layer}" for layer in range(1, 12)]
    if name == "LSUV":
        weights = [model.params[w] for w in names]
        new = lsuv(weights, digits.x_train[:200], activation=activation)
        model.params |= dict(zip(names, new, strict=True))
    if name == "PyTorch's default":
        rng = np.random.default_rng(seed)
        for w in names:
            fan_in, fan_out = model.params[w].shape
            model.params[w.replace("w", "b")] = rng.uniform(-1, 1, fan_out) / np.sqrt(fan_in)
    return model


race = {}
fig, axes = figure(1, 2, size=(9, 3.4), sharey=True)
with tqdm(total=24, leave=False, desc="networks", delay=1) as bar:
    for ax, (activation, inits) in zip(axes, contestants.items(), strict=True):
        for (name, (init, lr)), marker in zip(inits.items(), "osD^", strict=True):
            runs = []
            for seed in range(fewer(3, 1, "seeds")):
                model = prepared(name, init, activation, seed)
                runs.append(learn(model, lr=lr, epochs=4, seed=seed).train_loss)
                bar.update()
            race[f"{activation} {name}"] = [losses[-1] for losses in runs]
            (line,) = ax.plot(
                range(1, 5), np.median(runs, axis=0), marker + "-", ms=4, label=f"{name}, η = {lr}"
            )
            ax.fill_between(
                range(1, 5), *np.quantile(runs, (0, 1), axis=0), color=line.get_color(), alpha=0.15
            )
        ax.set(xlabel="epoch", ylim=(0, 2.5), xticks=range(1, 5))
        ax.set_title("ReLU" if activation == "relu" else activation)
        ax.legend(frameon=False, fontsize=8)
axes[0].set_ylabel("training loss (nats)")
show(
    fig,
    caption="Median and range of three seeds, each start at its best rate. PyTorch's default does not leave ln 10 = 2.303 in "
    "either network, at any rate. tanh learns from Xavier and much faster with a gain; ReLU needs He's 2. LSUV, which "
    "looked at the data, is as good as the best or better.",
    alt="Training loss over four epochs for tanh and ReLU. PyTorch's default stays at 2.3 in both. tanh: Xavier falls to "
    "about 0.5, 5/3 and LSUV to 0.1. ReLU: Xavier stays near 2, He falls to about 1, LSUV to about 0.6.",
)

# %% [markdown] tags=["E-08", "E-09"]
# ## Errata of the slides
#
# Slips that need no discussion. For a large $a$ in $a \cdot \mathcal N(0, 1)$ not "the weights grow strongly", but the
# signals and gradients, from layer to layer. The input of the ten-layer experiment is not "10-D": it has 500 numbers, and
# 1000 examples. And a rule that begins with "1 over" and ends in "ReLU" can only be $1/\sqrt{n_{in}/2}$.

# %% [markdown]
# ## What to remember
#
# - Equal units stay equal. Random numbers break the symmetry.
# - A layer multiplies the mean square of a signal by $n_{in}\mathrm{Var}(w)$, and that of a gradient by
#   $n_{out}\mathrm{Var}(w)\,\mathrm E[\varphi'^2]$. Ten layers make it the tenth power.
# - $\mathrm{Var}(w) = g^2/n_{in}$ with $g = 1/\sqrt{\mathrm E[\varphi(u)^2]}$: 1 without an activation (Xavier), $\sqrt2$ for
#   ReLU (He), 1.59 or 5/3 for tanh. It is the variance; its square root multiplies $\mathcal N(0,1)$.
# - Too small: signal and gradient vanish. Too large: tanh saturates, and the gradient *explodes*.
# - PyTorch's default is not He's rule, whatever it is called: set the start yourself, or normalise.
# - Before the first step the loss should be the entropy of the labels. Residual branches: $1/\sqrt L$, or zero.
# - When no formula fits, measure and divide (LSUV).
#
# **Ask yourself.** Why does $\mathrm E[x^2]$ count and not $\mathrm{Var}(x)$? Which of signal and gradient does an orthogonal
# layer from 100 to 400 units keep? You see a first loss of 0.1 on ten classes: what do you look for?

# %% [markdown]
# ## Read on
#
# - Glorot, Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010.
#   Figure 7 is the one you redrew.
# - He, Zhang, Ren, Sun, *Delving Deep into Rectifiers*, 2015: the factor 2, and PReLU.
# - Saxe, McClelland, Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural
#   networks*, 2013: orthogonal matrices. Poole et al., *Exponential expressivity in deep neural networks through
#   transient chaos*, 2016: the map of section 8, forward and backward.
# - Mishkin, Matas, *All you need is a good init*, 2015; Krähenbühl et al., *Data-dependent Initializations of
#   Convolutional Neural Networks*, 2015; Sussillo, Abbott, *Random walk initialization for training very deep
#   feedforward networks*, 2014; Martens, *Deep learning via Hessian-free optimization*, 2010: sparse weights.
# - Zhang, Dauphin, Ma, *Fixup Initialization: Residual Learning Without Normalization*, 2019.
# - Karpathy, *A Recipe for Training Neural Networks*, 2019: look at the first loss.
# - PyTorch, the source of `torch.nn.Linear.reset_parameters`: the default, and a comment that explains the √5.
# - Schraudolph's pages on preconditioning: why gradient methods like equal scales.
#
# **Next** [05 · Batch normalisation](../05_batchnorm/05_batchnorm.ipynb): a layer that keeps the scale right during the
# whole training.

# %% tags=["demo"]
progress()
