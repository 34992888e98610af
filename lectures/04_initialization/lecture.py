# %% [markdown]
# # 04 · Weight initialisation
#
# A network has to start somewhere. Its weights are drawn at random, before it has seen any data. How
# large should they be? For a network with one hidden layer many answers will do. For a network with
# ten, nearly all answers are wrong, and it never learns.
#
# **After this lecture you can**
#
# - say why a network must not start from equal weights;
# - send a signal up through ten layers and a gradient back down, and read from the statistics whether
#   the network can learn;
# - derive the right size of the weights, for tanh and for ReLU;
# - write the initialisers that everybody uses, and repair two of them as they stand on the slides;
# - let the data choose the size when no formula fits.
#
# **Time** About two hours. After the derivation (section 5) is a good place for a break.
# **Builds on** activation functions (02), variances, and the chain rule.
#
# Predict first, then run. When you are stuck, ask in a cell of your own:
# `hint("initialization.deep_backward")`.

# %% tags=["setup"]
import csv
import functools
import html
from types import SimpleNamespace

import numpy as np
from IPython.display import display
from jaxtyping import Float
from tqdm.auto import tqdm

from grader import borrow, check, failing, hint, progress
from utils.activations import act, act_grad
from utils.data import FOLDER, load_digits
from utils.initialization import (
    backward_stats,
    constant,
    fan_in_uniform,
    relu_stats,
    runs_from_inits,
    saturated_share,
    tanh_variance_map,
)
from utils.networks import MLP
from utils.optimizers import sgd_step
from utils.plots import COLORS, Shown, contour, figure, path, show, stats_per_layer
from utils.surfaces import bowl, trajectory, two_valleys
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
# To see it we need to count: how many units of a layer do something of their own? A unit is a column of
# the weight matrix. (The *largest weight* in the instructions is the largest in size, whatever its sign.)

# %% tags=["exercise"]
from utils.initialization import n_distinct_units

# %% tags=["check"]
check("initialization.n_distinct_units")

# %% [markdown]
# Three networks with 30 tanh units learn digits: from zeros, from the constant 0.02, from random numbers.
# How low does the loss go, and how many different units are there at the end? (The `rank` is the number
# of directions that the 30 columns span. The loss is minus the natural logarithm of the probability that
# the network gives to the right digit, averaged over the examples; its unit is the *nat*. Who guesses
# among ten digits has a loss of $\ln 10 = 2.303$.)

# %% tags=["demo"]
digits = load_digits()


def learn(sizes, init, *, lr, epochs, activation="tanh", seed=0, prepare=None):
    """The history of a network that learns digits from a given start."""
    model = MLP(sizes, activation=activation, init=init, rng=np.random.default_rng(seed))
    if prepare:
        prepare(model)
    rng = np.random.default_rng(seed)
    return train(
        model,
        digits,
        step=sgd_step,
        lr=lr,
        epochs=epochs,
        batch_size=50,
        rng=rng,
        abort_factor=None,
        progress=False,
    )


equal_starts = {
    "zeros": lambda m, n, rng: constant(m, n),
    "constant 0.02": lambda m, n, rng: constant(m, n, value=0.02),
    "random, std 0.1": lambda m, n, rng: 0.1 * rng.standard_normal((m, n)),
}
fig, ax = figure(size=(7, 3.2))
distinct, final_losses = {}, {}
for (name, init), marker in zip(equal_starts.items(), "osD", strict=True):
    history = learn([64, 30, 10], init, lr=0.3, epochs=20)
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
def units_on_their_way(noise, steps=600):
    """Weights of eight tanh units, shape (steps + 1, 2, 8), and the losses, while they learn."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((100, 2))
    target = 1.5 * np.sin(2 * x[:, :1]) + x[:, 1:] ** 2 - 1
    w, v = 0.2 + noise * rng.standard_normal((2, 8)), 0.2 + noise * rng.standard_normal((8, 1))
    ways, losses = [], []
    for _ in range(steps + 1):
        h = np.tanh(x @ w)
        error = h @ v - target
        ways.append(w)
        losses.append(float((error**2).mean()))
        dv, dz = h.T @ error / 100, error @ v.T * (1 - h**2)
        w, v = w - 0.3 * x.T @ dz / 100, v - 0.3 * dv
    return np.array(ways), losses


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
    ways, losses = units_on_their_way(noise)
    dots.set_data(*ways[t])
    for j, trail in enumerate(trails):
        trail.set_data(*ways[: t + 1, :, j].T)
    return (
        f"Noise {noise:.0e}, step {t}: loss {losses[t]:.2f}, {n_distinct_units(ways[t], tol=0.01)} units "
        "that differ by more than a hundredth of the largest weight."
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
)

# %% [markdown]
# Equal units are like a pencil on its tip. A noise of a millionth grows until it breaks the symmetry, but that
# takes its time. Without any noise they stand for ever.

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
# `randn` draws from $\mathcal N(0, 1)$: normal random numbers with mean 0 and standard deviation 1.
# Another lecture has 0.03, and a third has a letter: `a * random_normal(input, output)`.

# %% tags=["exercise"]
from utils.initialization import small_normal

# %% tags=["check"]
check("initialization.small_normal")

# %% [markdown]
# Does it work? The same digits, $0.01\cdot\mathcal N(0,1)$, with one hidden layer of 50 units, with two,
# and with ten.

# %% tags=["demo"]
fig, ax = figure(size=(7, 3))
losses_by_depth = {}
for depth, marker in ((1, "o"), (2, "s"), (10, "D")):
    history = learn(
        [64, *[50] * depth, 10], lambda m, n, rng: small_normal(m, n, rng=rng), lr=0.5, epochs=15
    )
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

# %% [markdown] tags=["E-08"]
# ### Spot the error: what grows?

# %% tags=["predict"]
grows = ...

# %% tags=["check"]
check("initialization.grows")

# %% [markdown] tags=["INI-03", "E-09"]
# ## 3 · The ten-layer experiment
#
# To look inside we need no training and no labels. Draw random inputs, send them through ten layers of
# 500 units, and look at the mean and the standard deviation of what comes out of every layer. The
# slide's code, in Python 2, begins like this:
#
# ```python
# # assume some unit gaussian 10-D input data
# D = np.random.randn(1000, 500)
# hidden_layer_sizes = [500]*10
# nonlinearities = ['tanh']*len(hidden_layer_sizes)
# ...
#     W = np.random.randn(fan_in, fan_out) * 0.01  # layer initialization
#     H = np.dot(X, W)                             # matrix multiply
#     H = act[nonlinearities[i]](H)                # nonlinearity
# ```

# %% tags=["predict"]
dimension = ...

# %% tags=["check"]
check("initialization.dimension")

# %% [markdown]
# Write the experiment: first the way up, then the statistics. `act("tanh", z)` gives the activation that
# has this name. There are no biases. The cache keeps what the way back will need. A row of the statistics
# describes all numbers of a layer together, so the variance divides by how many they are; the result has
# the dtype of the first array.

# %% tags=["exercise"]
from utils.initialization import deep_forward

# %% tags=["check"]
check("initialization.deep_forward")

# %% tags=["exercise"]
from utils.initialization import layer_stats

# %% tags=["check"]
check("initialization.layer_stats")

# %% [markdown] tags=["INI-04"]
# ## 4 · Too small, too large
#
# ### The small start: $0.01 \cdot \mathcal N(0, 1)$
#
# One unit adds up 500 products. Predict what one layer does to the spread of the signal.

# %% tags=["predict"]
small_factor = ...

# %% tags=["check"]
check("initialization.small_factor")

# %% [markdown]
# Now the experiment. The table puts our run (seed 0) beside the numbers that the slide prints. One run is
# a matter of chance, so there is a range, too: the lowest and the highest standard deviation of 200
# seeds, recorded before (`data/ten_layers.csv`). "Theory" is what infinitely wide layers would give; you will
# see where it comes from.


# %% tags=["demo"]
def ten_layers(new_weights, activation, seed=0, width=500, examples=1000):
    """The experiment: inputs, ten layers, their statistics. Kept: what the way back needs."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((examples, width))
    weights = [new_weights(width, width, rng) for _ in range(10)]
    hs, cache = deep_forward(x, weights, activation=activation)
    return SimpleNamespace(hs=hs, cache=cache, rng=rng, stats=layer_stats(hs))


def table(head, rows, caption):
    """Display a table; a terminal gets the same as text."""
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
    for layer, (mean, std, low, high) in enumerate(printed_rows(regime, activation), 1):
        inside.append(bool(low - 5e-7 <= std <= high + 5e-7))
        ours = run.stats[layer]
        numbers = (f"{v:.6f}" for v in (mean, ours[0], std, ours[1], theory[layer - 1]))
        span = f"{low:.6f} to {high:.6f}"
        rows.append((str(layer), *numbers, span, "in range" if inside[-1] else "outside"))
    table(
        (
            "layer",
            "printed mean",
            "our mean",
            "printed std",
            "our std",
            "theory",
            "200 seeds",
            "printed std is",
        ),
        rows,
        f"{regime}, {activation}. Of 10 printed standard deviations {sum(inside)} lie in our range.",
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
    "All activations collapse to zero: each layer keeps 0.2236 of the spread.",
    "The standard deviation falls from 0.21 to nothing within ten layers; the histograms shrink to a "
    "single bar at zero from layer 3 on.",
)

# %% [markdown]
# The signal is gone after four layers. What about the gradient? It comes from the other side, and it
# goes through the same matrices, transposed. Write the way back first.
#
# In one layer $z = h_{l-1} W$ and $h_l = \varphi(z)$, so
#
# $$dz = dh_l \odot \varphi'(z), \qquad dW = h_{l-1}^\top\, dz, \qquad dh_{l-1} = dz\, W^\top .$$
#
# ($\odot$ multiplies entry by entry.) `act_grad("tanh", z)` gives $\varphi'(z)$.
#
# The figures show the size of a gradient as its *rms*, the root of the mean square. That is a standard
# deviation which does not subtract the mean.

# %% tags=["exercise"]
from utils.initialization import deep_backward

# %% tags=["check"]
check("initialization.deep_backward")

# %% [markdown] tags=["INI-04"]
# ### What do the gradients look like?

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
        "activations: std of h, going up": stats[1:, 1],
        "gradients: rms of dh, coming down": back[:, 0],
        "weight gradients: std of dW": back[:, 1],
    }
    stats_per_layer(ax, curves, ylabel="size (no unit)", log=True)
    show(fig, caption=caption, alt=alt)


gradients["0.01, tanh"] = send_back(run)
three_curves(
    run.stats,
    gradients["0.01, tanh"],
    "Up, the activations fall by 0.2236 a layer; down, the gradients do. A weight gradient is a product of "
    "both, so it is the same in every layer: about "
    f"{gradients['0.01, tanh'][0, 1]:.1e}. Nothing can learn.",
    "Logarithmic plot over ten layers. The activations fall from 0.2 to 3e-7 from the first layer to the last. The "
    "gradients on activations fall from 0.2 to 3e-7 from the last to the first. The weight gradients lie on "
    "a flat line near 4e-8.",
)

# %% [markdown] tags=["INI-05", "E-10"]
# ### The large start: $1.0 \cdot \mathcal N(0, 1)$
#
# Too small, then. So make them a hundred times larger.

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
# The first sentence is true: you have just seen it. The second one sounds like it follows. Predict.

# %% tags=["predict"]
saturated_gradients = ...

# %% tags=["check"]
check("initialization.saturated_gradients")

# %% [markdown]
# The gradient on one input of a layer is a sum over the units which that input feeds:
#
# $$dh_i = \sum_{j=1}^{\text{fan out}} dh_j\,\varphi'(z_j)\,w_{ij} .$$
#
# Write $\mathrm E$ for a mean and $\mathrm{Var}$ for a variance. If the gradient is independent of the
# weights and these have mean zero, the terms are uncorrelated, and the mean squares multiply. Per layer
# the size of the gradient changes by the factor
#
# $$\sqrt{\text{fan out} \cdot \mathrm{Var}(w) \cdot \mathrm E\bigl[\varphi'(z)^2\bigr]} .$$

# %% tags=["exercise"]
from utils.initialization import backward_growth

# %% tags=["check"]
check("initialization.backward_growth")

# %% tags=["demo"]
slopes = act_grad("tanh", run.cache[1][9])
growth = backward_growth(run.cache[2][9], slopes)
shut = float((slopes < 0.01).mean())
gradients["1.0, tanh"] = send_back(run)
rms = gradients["1.0, tanh"][:, 0]
fig, (left, right) = figure(1, 2, size=(9, 3.2))
left.hist(slopes.ravel(), bins=50, weights=np.full(slopes.size, 1 / slopes.size), log=True)
left.set(xlabel="slope of tanh at a unit of layer 10", ylabel="share of units (log)")
curves = {"rms of dh, measured": rms, "predicted by your factor": growth ** np.arange(10, 0, -1.0)}
stats_per_layer(right, curves, ylabel="gradient at the layer's input", log=True)
show(
    fig,
    caption=f"Left: {shut:.0%} of the slopes are below 0.01; their mean is {slopes.mean():.3f}. Right: all the "
    f"same the gradient grows, by {growth:.2f} a layer, from {rms[9]:.2f} to {rms[0]:.2g}.",
    alt="Left: histogram of slopes, nine tenths of them near zero, a few up to 1. Right: the gradient grows "
    "from 3.5 at layer 10 to 260000 at layer 1, on the predicted line.",
)

# %% [markdown]
# So the gradients are not zero. Most local slopes are; the few units that are not saturated carry a
# gradient that **explodes**. Training from here is chaotic: huge, sparse steps.
#
# **Explore.** Weights $a \cdot \mathcal N(0,1)$, ten layers of 200 units. The signal goes up, the gradient
# comes down.

# %% tags=["demo"]
standard_x = np.random.default_rng(0).standard_normal((60, 200))
standard_weights = np.random.default_rng(1).standard_normal((10, 200, 200))
standard_top = np.random.default_rng(2).standard_normal((60, 200))
ten = np.arange(1, 11)


def start():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.3), width_ratios=(3, 2))
    (up,) = left.plot(ten, ten, "o-", color=COLORS.train, label="signal going up (rms of h)")
    (down,) = left.plot(ten, ten, "s--", color=COLORS.validation, label="gradient coming down")
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
    return (
        f"Scale {scale:.3g}, {activation}: a·√200 is {scale * np.sqrt(200):.2f}. In layer 10 the signal has "
        f"size {sizes[-1]:.2g}; the gradient that arrives at the inputs has size {back[0]:.2g}."
    )


explore(
    start,
    update,
    controls={
        "scale": LogSlider(0.01, 3, value=0.3, label="scale a"),
        "activation": Choice(["tanh", "relu", "sigmoid"], label="activation"),
    },
    goal="For tanh: find the scale at which the gradient neither vanishes nor explodes. Is it the same "
    "scale for ReLU? Can you find one for the sigmoid?",
)

# %% [markdown] tags=["INI-09"]
# ## 5 · The right size, derived
#
# One unit, before its activation: $z = \sum_{i=1}^n x_i w_i$. The weights are drawn with mean zero,
# independently of each other and of the inputs. Then $\mathrm E[z] = 0$, whatever the inputs are. We want to
# know $\mathrm{Var}(z)$, and we go step by step. Each step asks for its reason.

# %% tags=["predict"]
why_sum = ...

# %% tags=["check"]
check("initialization.why_sum")

# %% [markdown]
# Now one product. Its two factors are independent, and either may have a mean.

# %% tags=["exercise"]
from utils.initialization import var_product

# %% tags=["check"]
check("initialization.var_product")

# %% tags=["predict"]
which_vanish = ...

# %% tags=["check"]
check("initialization.which_vanish")

# %% [markdown]
# **Explore.** Which terms are switched on by which mean? The grey line is measured: 20 000 products.

# %% tags=["demo"]
normal_x, normal_w = np.random.default_rng(0).standard_normal((2, 20_000))


def start():
    fig, ax = figure(size=(7.5, 2.9))
    names = ["E[x]² Var(w)", "E[w]² Var(x)", "Var(x) Var(w)", "sum of all three"]
    bars = ax.barh(names[::-1], [1, 1, 1, 1], color=[COLORS.yours, *[COLORS.train] * 3])
    line = ax.axvline(1, color=COLORS.reference, ls="--", label="measured variance of x·w")
    ax.set(xlabel="variance (square of the product's unit)", xlim=(0, 14))
    ax.legend(frameon=False, loc="upper right")
    return fig, (list(bars), line)


def update(artists, mean_x, mean_w, std_x):
    bars, line = artists
    terms = (mean_x**2, mean_w**2 * std_x**2, std_x**2)
    total = var_product(mean_x, std_x**2, mean_w, 1.0)
    for bar, value in zip(bars, (total, *terms[::-1]), strict=True):
        bar.set_width(value)
    found = float(((mean_x + std_x * normal_x) * (mean_w + normal_w)).var())
    line.set_xdata([found, found])
    return (
        f"x has mean {mean_x:.1f} and std {std_x:.1f}, w has mean {mean_w:.1f} and std 1: the formula gives "
        f"{total:.2f}, the products measured {found:.2f}."
    )


explore(
    start,
    update,
    controls={
        "mean_x": Slider(-2.0, 2.0, 0.1, 0.8, label="mean of x"),
        "mean_w": Slider(-2.0, 2.0, 0.1, 0.0, label="mean of w"),
        "std_x": Slider(0.0, 1.5, 0.1, 1.0, label="std of x"),
    },
    goal="Make the outputs of a ReLU: mean 0.4, std 0.6. How much of the variance comes from the mean "
    "of x? Then give w a mean, too.",
)

# %% [markdown]
# Put the steps together, for inputs with mean zero:
#
# $$\mathrm{Var}(z) \;=\; \sum_i \mathrm{Var}(x_i w_i) \;=\; \sum_i \mathrm{Var}(x_i)\,\mathrm{Var}(w_i)
# \;=\; \mathrm{Var}(x)\,\bigl[\,n\,\mathrm{Var}(w)\,\bigr].$$
#
# The bracket is what one layer does to the variance of a signal. Ten layers make it the tenth power.

# %% tags=["predict"]
right_std = ...

# %% tags=["check"]
check("initialization.right_std")

# %% tags=["predict"]
noise_size = ...

# %% tags=["check"]
check("initialization.noise_size")

# %% tags=["demo"]
rng = np.random.default_rng(0)
counts = np.array([10, 30, 100, 300, 1000])
plain = np.array([(rng.standard_normal((2000, n)) @ rng.standard_normal(n)).var() for n in counts])
plain_mean = np.array(
    [np.var([rng.standard_normal(n) @ rng.standard_normal(n) for _ in range(1500)]) for n in counts]
)
product_variance = float(
    np.var((0.8 + rng.standard_normal(10**6)) * (0.5 + 1.2 * rng.standard_normal(10**6)))
)
product_formula = var_product(0.8, 1.0, 0.5, 1.44)
fig, ax = figure(size=(7, 3))
ax.loglog(counts, plain_mean, "o", color=COLORS.warning, label="weights N(0, 1), measured")
ax.loglog(counts, counts, "--", color=COLORS.reference, label="theory: n, and 1")
ax.loglog(counts, plain_mean / counts, "s", color=COLORS.yours, label="the same, divided by √n")
ax.loglog(counts, np.ones(5), "--", color=COLORS.reference)
ax.set(xlabel="number of inputs n", ylabel="variance of z")
ax.legend(frameon=False)
show(
    fig,
    caption="Variance of a sum of n products. Without a factor it is n; with the factor 1/√n it stays at 1. "
    f"(One product with means: measured {product_variance:.3f}, your formula {product_formula:.3f}.)",
    alt="Log-log plot. With weights of size 1 the variance of the sum grows in proportion to n, from 10 to "
    "1000. Divided by the root of n it stays near 1.",
)

# %% [markdown] tags=["INI-10"]
# ### Forward or backward?
#
# On the way back a gradient is a sum over the units of the layer, so there the bracket is
# $n_{out}\mathrm{Var}(w)$. Both brackets can be 1 only if $n_{in} = n_{out}$. Three variants are in use:
#
# | | variance of a weight | keeps |
# |---|---|---|
# | what the lectures' code does | $1/n_{in}$ | the signal |
# | | $1/n_{out}$ | the gradient |
# | Glorot and Bengio 2010 | $2/(n_{in}+n_{out})$, so $a = \sqrt2/\sqrt{n_{in}+n_{out}}$ | a compromise |
#
# All of them are called Xavier initialisation, after Xavier Glorot.

# %% tags=["exercise"]
from utils.initialization import xavier_normal

# %% tags=["check"]
check("initialization.xavier_normal")

# %% [markdown]
# How much does it matter? A layer that goes from 1000 units to 100, and one that goes back.

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
    "What one layer does to the variances. “in” is right on the way up and off by ten on the way down, “out” the "
    "other way round. “average” is off in both directions, but neither variance ever grows by more than 2.",
)

# %% [markdown]
# **Explore.** Make a layer narrower, then wider. Each rule draws its weights anew.

# %% tags=["demo"]
fan_modes = ("in", "out", "average")


def start():
    fig, ax = figure(size=(7, 3))
    up = ax.bar(np.arange(3) - 0.2, np.ones(3), 0.36, color=COLORS.train, label="signal, going up")
    down = ax.bar(
        *(np.arange(3) + 0.2, np.ones(3), 0.36),
        color=COLORS.validation,
        hatch="//",
        label="gradient, coming down",
    )
    ax.axhline(1, color=COLORS.reference, ls="--", lw=1)
    ax.set(ylabel="variance is multiplied by", yscale="log", ylim=(0.02, 60))
    ax.set_xticks(range(3), ["in: 1/n_in", "out: 1/n_out", "average: 2/(n_in + n_out)"])
    ax.legend(frameon=False, ncols=2, loc="upper left")
    return fig, (list(up), list(down))


def update(artists, n_in, n_out):
    factors = []
    for k, mode in enumerate(fan_modes):
        w = xavier_normal(n_in, n_out, mode=mode, rng=np.random.default_rng(0))
        factors.append((n_in * w.var(), n_out * w.var()))
        for bars, factor in zip(artists, factors[-1], strict=True):
            bars[k].set_height(factor)
    return f"{n_in} inputs, {n_out} outputs. Signal and gradient, variance times: " + "; ".join(
        f"“{mode}” {up:.2f} and {down:.2f}"
        for mode, (up, down) in zip(fan_modes, factors, strict=True)
    )


explore(
    start,
    update,
    controls={
        "n_in": Slider(20, 500, 10, 400, label="inputs n_in", unit="units"),
        "n_out": Slider(20, 500, 10, 100, label="outputs n_out", unit="units"),
    },
    goal="When do the three rules agree? Let the layer end ten times narrower than it begins: by how much is each "
    "rule off, and on which way?",
)

# %% [markdown] tags=["INI-06"]
# ## 6 · Xavier and tanh
#
# The derivation left the activation out. Does it work with tanh all the same?

# %% tags=["demo"]
run = ten_layers(lambda m, n, rng: xavier_normal(m, n, rng=rng), "tanh")
measured_stats["Xavier, tanh"] = run.stats
in_range["Xavier, tanh"] = beside_the_slide(run, "Xavier", "tanh", variances("tanh", 1.0))
gradients["Xavier, tanh"] = send_back(run)
picture(
    run,
    printed_rows("Xavier", "tanh"),
    "A reasonable start: every layer has a signal, and hardly a unit is saturated.",
    "The standard deviation falls slowly from 0.63 to 0.23. The histograms are bells that get narrower.",
)

# %% [markdown]
# The signal fades, but slowly. We can even compute how. Let $q$ be the mean square of a layer. In the next
# one, if it is very wide, $z$ is normal with variance $q$, like $\sqrt{q}\,u$ with $u \sim \mathcal N(0,1)$. So
# the next mean square is $q' = \mathrm E[\tanh^2(\sqrt{q}\,u)]$, an integral. That is the column "theory" of
# the tables. Apply it again and again: where does it lead?
#
# **Explore.** A step of the staircase is a layer. The weights are $g \cdot \mathcal N(0,1)/\sqrt n$.

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
        f"Gain {gain:.2f}: after {layers} layers the standard deviation is {np.sqrt(q):.3f}. For small signals a "
        f"layer multiplies the mean square by {gain**2:.2f}."
    )


explore(
    start,
    update,
    controls={
        "gain": Slider(0.3, 4.0, 0.05, 1.0, label="gain g"),
        "layers": Slider(1, 40, 1, 10, label="layers"),
    },
    goal="With g = 1 the staircase never quite stops falling. Above which gain does it stop at a level "
    "above zero? Which gain keeps 0.65 as the standard deviation, however many layers there are?",
)

# %% [markdown] tags=["INI-17"]
# ### Why it helps (1): equal scales in all layers
#
# For small arguments tanh is almost the identity, so the derivation is nearly right. And if the activations
# of all layers have one scale, so have the gradients, and all layers learn at one pace. Glorot and Bengio
# showed it in their Figure 7: histograms of back-propagated gradients, layer by layer. The *standard*
# start of that time drew from $U(-1/\sqrt m, 1/\sqrt m)$, that is, evenly from this interval, for $m$
# inputs; the *normalised* one is theirs, Xavier.

# %% tags=["demo"]
standard_run = ten_layers(lambda m, n, rng: fan_in_uniform(m, n, rng=rng), "tanh")
measured_stats["U(±1/√m), tanh"] = standard_run.stats
gradients["U(±1/√m), tanh"] = send_back(standard_run)
z = np.linspace(-2.5, 2.5, 101)
fig, axes = figure(2, 5, size=(9, 3.8))
for row, (name, dhs) in zip(
    axes, (("standard", standard_run.dhs), ("Xavier", run.dhs)), strict=True
):
    for ax, layer in zip(row[:4], (1, 4, 7, 10), strict=True):
        values = dhs[layer - 1].ravel()[::5]
        weights = np.full(values.size, 1 / values.size)
        ax.hist(values, bins=41, range=(-2, 2), weights=weights, color=COLORS.train)
        ax.set(title=f"{name}, layer {layer}", ylim=(0, 0.3), yticks=[])
        ax.title.set_fontsize(9)
axes[0, 4].plot(z, np.tanh(z), color=COLORS.train, label="tanh")
axes[0, 4].plot(z, z, "--", color=COLORS.reference, label="identity")
axes[0, 4].set(title="near zero: the same", xlabel="input")
axes[0, 4].title.set_fontsize(9)
axes[0, 4].legend(frameon=False, fontsize=8)
axes[1, 4].axis("off")
fig.supxlabel("gradient on a unit's activation (height: share)", fontsize=9)
show(
    fig,
    caption="Gradients at the inputs of layers 1, 4, 7 and 10. Above, the standard start: from right to left "
    "they pile up at zero. Below, Xavier: they keep most of their width. "
    f"Standard rms {gradients['U(±1/√m), tanh'][0, 0]:.4f} at layer 1 and "
    f"{gradients['U(±1/√m), tanh'][9, 0]:.3f} at layer 10; Xavier "
    f"{gradients['Xavier, tanh'][0, 0]:.3f} and {gradients['Xavier, tanh'][9, 0]:.3f}.",
    alt="Two rows of histograms of gradients in layers 1, 4, 7 and 10. In the upper row the histogram of layer 1 "
    "is a spike at zero and that of layer 10 is broad. In the lower row all are broad. A small plot shows "
    "tanh close to the identity between -0.5 and 0.5.",
)

# %% [markdown] tags=["INI-18"]
# ### Why it helps (2): and why a larger learning rate is no cure
#
# If the gradients of some layers are small, why not take larger steps? The same rate serves all weights.
# Think of two of them: along one the loss is steep, along the other it is flat.

# %% tags=["predict"]
larger_rate = ...

# %% tags=["check"]
check("initialization.larger_rate")

# %% tags=["demo"]
cases = [("round, rate 0.04", 25, 25, 0.04), ("long, rate 0.04", 25, 1, 0.04)]
cases += [("long, rate 0.12", 25, 1, 0.12)]
fig, axes = figure(1, 3, size=(9, 3.2))
valley_losses = {}
for ax, (name, steep, flat, lr) in zip(axes, cases, strict=True):
    surface = bowl(steep / flat)
    ways = trajectory(sgd_step, surface, steps=30, lr=lr * flat)
    value = flat * surface.value(ways[-1])
    valley_losses[name] = float(value)
    contour(
        ax,
        lambda x, y, s=steep, f=flat: 0.5 * (s * x**2 + f * y**2),
        (-1.4, 1.4),
        (-1.4, 1.4),
        levels=np.geomspace(0.05, 30, 10),
        xlabel="steep direction",
        ylabel="flat direction",
    )
    path(ax, ways[:6] if value > 1 else ways)
    ax.set(title=f"{name}: loss {value:.2g}", xlim=(-1.4, 1.4), ylim=(-1.4, 1.4))
show(
    fig,
    caption="30 steps from the ring; thin lines join points of equal loss. In the round bowl (curvature, the second "
    "derivative, 25 both ways) one step arrives. In the long valley (25 and 1) the same rate crawls; three times the "
    "rate flies out across the valley (its first steps are drawn).",
    alt="Three contour plots with paths of gradient descent. Round bowl: one step to the middle. Long valley: "
    "a slow crawl along the valley floor. Long valley with three times the rate: the path leaves the "
    "picture sideways.",
)

# %% [markdown]
# **Explore.** The valley is $\frac12(\kappa x^2 + y^2)$, and there are 30 steps.


# %% tags=["demo"]
def start():
    fig, ax = figure(size=(6, 3.5))
    (way,) = ax.plot([1], [1], "o-", color=COLORS.train, ms=3.5, lw=1.2, label="30 steps")
    (ring,) = ax.plot([], [], color=COLORS.reference, lw=1, label="line of equal loss")
    ax.plot(0, 0, "*", ms=14, color=COLORS.validation)
    ax.set(xlabel="steep direction", ylabel="flat direction", xlim=(-1.5, 1.5), ylim=(-0.6, 1.2))
    ax.legend(frameon=False, loc="lower left")
    return fig, (way, ring)


def update(artists, kappa, lr):
    way, ring = artists
    points = trajectory(sgd_step, bowl(kappa), steps=30, lr=lr)
    turn = np.linspace(0, 2 * np.pi, 120)
    ring.set_data(np.cos(turn) / np.sqrt(kappa), np.sin(turn))
    way.set_data(*np.clip(points, -9, 9).T)
    loss = bowl(kappa).value(np.clip(points[-1], -1e6, 1e6))
    outlook = "explodes" if lr > 2 / kappa else "converges"
    return (
        f"κ = {kappa:.0f}, rate {lr:.3f}: {outlook} (the limit is 2/κ = {2 / kappa:.3f}). Loss after 30 "
        f"steps: {loss:.2g}."
    )


explore(
    start,
    update,
    controls={
        "kappa": Slider(1, 100, 1, 25, label="κ, how long the valley is"),
        "lr": LogSlider(0.003, 2, value=0.04, label="learning rate", per_decade=20),
    },
    goal="For κ = 1, 10 and 100: find the lowest loss that 30 steps can reach. What does each factor of "
    "ten in κ cost?",
)

# %% [markdown] tags=["INI-07"]
# ## 7 · ReLU needs more
#
# Now put ReLU in place of tanh and leave the rest. ReLU cuts off the negative half. The first layer then
# has the mean $1/\sqrt{2\pi} = 0.3989$ and the standard deviation $\sqrt{1/2 - 1/(2\pi)} = 0.5838$. And the
# tenth?

# %% tags=["predict"]
relu_last = ...

# %% tags=["check"]
check("initialization.relu_last")

# %% tags=["demo"]
run = ten_layers(lambda m, n, rng: xavier_normal(m, n, rng=rng), "relu")
measured_stats["Xavier, ReLU"] = run.stats
in_range["Xavier, ReLU"] = beside_the_slide(run, "Xavier", "relu", variances("relu", 1.0))
gradients["Xavier, ReLU"] = send_back(run)
picture(
    run,
    printed_rows("Xavier", "relu"),
    "Half of the mean square is lost in every layer; the histograms collapse towards zero. (The bar at zero, half "
    "of the units, is cut off.)",
    "Mean and standard deviation fall by about 0.7 a layer, from 0.58 to 0.02. The histograms pile up "
    "at zero.",
    value_range=(0, 1.5),
)

# %% [markdown] tags=["INI-08", "INI-11"]
# ### Where the 2 comes from

# %% tags=["predict"]
relu_keeps = ...

# %% tags=["check"]
check("initialization.relu_keeps")

# %% [markdown]
# So ReLU keeps half, and the weights have to give it back (He et al. 2015):
#
# $$\mathrm{Var}(w) = \frac{2}{n_{in}}, \qquad a = \sqrt{\frac{2}{n_{in}}} .$$
#
# A leaky ReLU with slope $s$ keeps $\frac12(1 + s^2)$, so the 2 becomes $2/(1+s^2)$.

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

# %% tags=["demo"]
run = ten_layers(lambda m, n, rng: he_normal(m, n, rng=rng), "relu")
measured_stats["He, ReLU"] = run.stats
in_range["He, ReLU"] = beside_the_slide(run, "He", "relu", variances("relu", np.sqrt(2)))
gradients["He, ReLU"] = send_back(run)
picture(
    run,
    printed_rows("He", "relu"),
    "Your line: mean near 0.56 and std near 0.83 in all layers, up to chance. So this is what produced the "
    "slide's numbers. (The bar at zero is cut off.)",
    "Mean and standard deviation stay near 0.5 and 0.8 over ten layers. The histograms have all the same "
    "shape: a bar at zero and a tail to the right.",
    value_range=(0, 3),
)
run = ten_layers(lambda m, n, rng: rng.standard_normal((m, n)) / np.sqrt(2 / m), "relu")
measured_stats["misprint, ReLU"] = run.stats
gradients["misprint, ReLU"] = send_back(run)
repaired_std, misprint_std = measured_stats["He, ReLU"][10, 1], run.stats[10, 1]

# %% tags=["demo"]
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
    f"{measured_stats['misprint, ReLU'][1, 1]:.0f} after one layer, {misprint_std:.1e} after ten. Yours ends "
    f"at {repaired_std:.2f}.",
    alt="Logarithmic plot of the standard deviation over ten layers. He stays near 1, Xavier falls to 0.02, "
    "the printed line rises to 7e23.",
)

# %% [markdown] tags=["E-12", "INI-11"]
# ### Spot the error: a rule that cannot be read

# %% tags=["predict"]
half_readable = ...

# %% tags=["check"]
check("initialization.half_readable")

# %% [markdown]
# **Explore.** Leaky ReLU with slope $s$ and weights $g\cdot\mathcal N(0,1)/\sqrt n$; ten layers of 200
# units. The dashed line is the theory: each layer multiplies the rms by $g\sqrt{(1+s^2)/2}$.


# %% tags=["demo"]
def start():
    fig, ax = figure(size=(7, 3.3))
    (line,) = ax.plot(ten, ten, "o-", color=COLORS.train, label="measured")
    (theory,) = ax.plot(ten, ten, "--", color=COLORS.reference, label="theory")
    ax.set(xlabel="layer", ylabel="rms of h (no unit)", yscale="log", ylim=(1e-4, 1e4), xticks=ten)
    ax.legend(frameon=False, loc="upper left")
    return fig, (line, theory)


def update(artists, gain, slope):
    line, theory = artists
    h, sizes = standard_x, []
    for w in standard_weights:
        z = h @ (gain / np.sqrt(200) * w)
        h = np.where(z > 0, z, slope * z)  # slope 1, too: no bend at all
        sizes.append(np.sqrt((h**2).mean()))
    factor = gain * np.sqrt((1 + slope**2) / 2)
    line.set_ydata(sizes)
    theory.set_ydata(factor**ten)
    return (
        f"Gain {gain:.2f}, slope {slope:.2f}: the theory says × {factor:.3f} a layer, so × {factor**10:.3g} "
        f"in ten. Measured: {sizes[-1]:.3g}."
    )


explore(
    start,
    update,
    controls={
        "gain": Slider(0.5, 3.0, 0.01, 1.0, label="gain g"),
        "slope": Slider(0.0, 1.0, 0.05, 0.0, label="slope s"),
    },
    goal="For slope 0 find the gain that holds the level, to two digits. Which number is it? And for "
    "slope 1?",
)

# %% [markdown] tags=["INI-13", "E-13"]
# ## 8 · Uniform numbers
#
# Before normal numbers were the custom, weights were drawn evenly from an interval. A number from
# $U(-a, a)$ has the variance $a^2/3$. Two rules are on the slides, for $m$ inputs and $n$ outputs:
#
# 1. the old heuristic, $W_{ij} \sim U(-1/\sqrt m,\; 1/\sqrt m)$;
# 2. Glorot's rule, derived for a chain of matrix products without activations, which works well in practice.

# %% tags=["predict"]
heuristic_factor = ...

# %% tags=["check"]
check("initialization.heuristic_factor")

# %% [markdown]
# ### Spot the error: the limit of Glorot's rule

# %% tags=["predict"]
limit_factor = ...

# %% tags=["check"]
check("initialization.limit_factor")

# %% tags=["exercise"]
from utils.initialization import xavier_uniform

# %% tags=["check"]
check("initialization.xavier_uniform")

# %% tags=["demo"]
run = ten_layers(lambda m, n, rng: xavier_uniform(m, n, mode="average", rng=rng), "tanh")
measured_stats["Glorot uniform, tanh"] = run.stats
gradients["Glorot uniform, tanh"] = send_back(run)
right_w = run.cache[2][0]
printed_limit = 6 / np.sqrt(1000)
run = ten_layers(lambda m, n, rng: rng.uniform(-printed_limit, printed_limit, (m, n)), "tanh")
measured_stats["U(±6/√(m+n)), tanh"] = run.stats
gradients["U(±6/√(m+n)), tanh"] = send_back(run)
printed_saturated = [saturated_share(h) for h in run.hs[1:]]
wrong_w = run.cache[2][0]
weight_variances = {"right": float(right_w.var()), "printed": float(wrong_w.var())}
fig, (left, right) = figure(1, 2, size=(9, 3.2))
for w, name, color in (
    (right_w, "right limit", COLORS.yours),
    (wrong_w, "printed limit", COLORS.warning),
):
    left.hist(w.ravel(), bins=60, range=(-0.2, 0.2), alpha=0.6, color=color, label=name)
left.set(xlabel="weight", ylabel="number of weights")
left.legend(frameon=False)
curves = {
    "right limit": measured_stats["Glorot uniform, tanh"][1:, 1],
    "printed limit": measured_stats["U(±6/√(m+n)), tanh"][1:, 1],
    "old heuristic": measured_stats["U(±1/√m), tanh"][1:, 1],
}
stats_per_layer(right, curves, ylabel="std of h", log=True)
show(
    fig,
    caption=f"500 inputs and 500 units. Left: limits {np.abs(right_w).max():.4f} and {np.abs(wrong_w).max():.4f}, "
    f"variances {weight_variances['right']:.4f} and {weight_variances['printed']:.4f}. Right: with the printed "
    f"limit the signal stays large, {min(printed_saturated):.0%} to {max(printed_saturated):.0%} of the units "
    "saturated; with the old heuristic it is lost.",
    alt="Left: two flat histograms of weights; the printed limit reaches two and a half times as far. Right: "
    "standard deviation over ten layers. Right limit: 0.63 to 0.23. Printed: about 0.8 throughout. Old "
    "heuristic: 0.46 to 0.003.",
)

# %% [markdown] tags=["INI-04", "INI-05"]
# ### All regimes, from behind
#
# Nine starts, one table. The gradient at the top is standard normal; what arrives at the input of
# layers 10, 5 and 1? And how large are the gradients on the first and on the last weights?

# %% tags=["demo"]
noted = {
    "0.01, tanh": (0.2235, 1.25e-4, 2.94e-7, 4.2e-8, 4.2e-8, "vanishes"),
    "1.0, tanh": (3.469, 1.80e3, 2.61e5, 368, 4.8e-3, "explodes"),
    "Xavier, tanh": (0.950, 0.654, 0.266, 8.5e-3, 7.2e-3, "healthy"),
    "Xavier, ReLU": (0.707, 0.123, 0.0297, 9.4e-4, 8.2e-4, "shrinks"),
    "He, ReLU": (1.000, 0.984, 0.952, 2.1e-2, 1.9e-2, "healthy"),
    "misprint, ReLU": (250, 2.4e14, 9.1e23, 8.1e19, 7.1e19, "explodes"),
    "U(±1/√m), tanh": (0.577, 0.0371, 0.0031, 1.7e-4, 1.6e-4, "shrinks"),
    "Glorot uniform, tanh": (0.950, 0.655, 0.268, 8.5e-3, 7.2e-3, "healthy"),
    "U(±6/√(m+n)), tanh": (1.255, 3.97, 8.59, 0.111, 0.0128, "grows"),
}
rows, agreement = [], {}
for name, (*earlier, word) in noted.items():
    back = gradients[name]
    ours = [*back[[9, 4, 0], 0], *back[[0, 9], 1]]
    agreement[name] = float(np.abs(np.log(np.divide(ours, earlier))).max())
    cells = (f"{a:.3g} | {b:.3g}" for a, b in zip(ours, earlier, strict=True))
    rows.append((name, *cells, word, "agrees" if agreement[name] < np.log(1.6) else "differs"))
table(
    ("start", "dh at 10", "dh at 5", "dh at 1", "dW 1", "dW 10", "the gradient", "verdict"),
    rows,
    "Ours | an earlier run. rms of the gradient at the input of layers 10, 5, 1; standard deviation of the mean "
    "weight gradient in layers 1 and 10. “Agrees” is: within a factor of 1.6 everywhere. So much do the ReLU runs "
    "vary with the seed; the others vary by a few percent.",
)

# %% [markdown] tags=["INI-14", "E-14"]
# ## 9 · Orthogonal matrices
#
# A random matrix keeps the length of a signal *on average*. A rotation keeps it exactly. Saxe et al. (2013)
# recommend $W = gQ$ with $Q^\top Q = I$, the identity matrix, and a gain $g$ that suits the activation.

# %% tags=["predict"]
norms = ...

# %% tags=["check"]
check("initialization.norms")

# %% tags=["exercise"]
from utils.initialization import orthogonal

# %% tags=["check"]
check("initialization.orthogonal")

# %% [markdown]
# In one earlier run ReLU with $g = \sqrt2$ ended, in layer 10, at the standard deviation 0.58 (root mean
# square 0.71). Is that what one should expect? And does an orthogonal start keep ReLU steadier than He's?

# %% tags=["demo"]
h = np.random.default_rng(0).standard_normal((50, 500))
ratio = np.linalg.norm(h, axis=1)
qs = [orthogonal(500, 500, rng=np.random.default_rng(i)) for i in range(10)]
for q in qs:
    h = h @ q
ratio = np.linalg.norm(h, axis=1) / ratio
linear_gap = float(np.abs(ratio - 1).max())
x = np.random.default_rng(1).standard_normal((300, 500))
orthogonal_last = {}
for name, gain in (("tanh, g = 1", 1), ("tanh, g = 5/3", 5 / 3)):
    hs, _ = deep_forward(x, [gain * q for q in qs], activation="tanh")
    orthogonal_last[name] = float(hs[10].std())
relu_last_stds = {"orthogonal, g = √2": [], "He": []}
for seed in tqdm(range(6), leave=False, desc="seeds", delay=1):
    rng = np.random.default_rng(100 + seed)
    x = rng.standard_normal((100, 500))
    for name, init in (
        ("orthogonal, g = √2", lambda rng: orthogonal(500, 500, gain=np.sqrt(2), rng=rng)),
        ("He", lambda rng: he_normal(500, 500, rng=rng)),
    ):
        hs, _ = deep_forward(x, [init(rng) for _ in range(10)], activation="relu")
        relu_last_stds[name].append(float(hs[10].std()))
fig, ax = figure(size=(7.5, 2.4))
for y, (name, values) in enumerate(relu_last_stds.items()):
    ax.plot(values, np.full(len(values), y), "o", alpha=0.7, label=f"{name}, one dot a seed")
ax.axvline(0.8256, color=COLORS.reference, ls="--", label="wide layers: 0.826")
ax.axvline(0.58, color=COLORS.warning, ls=":", label="the earlier run: 0.58")
ax.set(xlabel="std of h in layer 10 (ReLU, 500 units)", yticks=[], ylim=(-0.6, 1.6))
ax.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
show(
    fig,
    caption="Ten ReLU layers, six seeds of each start. Both stray, and about equally: behind a bend a rotation "
    "promises an average, too. 0.58 was one seed, and a low one: 20 others gave 0.61 to 1.08. Without activation "
    f"every norm is kept, up to {linear_gap:.0e}. tanh ends at {orthogonal_last['tanh, g = 1']:.3f} with gain 1 and at "
    f"{orthogonal_last['tanh, g = 5/3']:.3f} with 5/3.",
    alt="Two rows of dots, orthogonal and He, both spread around the theoretical 0.826, most between 0.65 and "
    "1.1. The earlier 0.58 lies at the left edge.",
)

# %% [markdown]
# **Explore.** Ten orthogonal layers of 100 units. The signal goes up and the gradient comes down.

# %% tags=["demo"]
small_qs = [orthogonal(100, 100, rng=np.random.default_rng(i)) for i in range(10)]
x_100, top_100 = np.random.default_rng(3).standard_normal((2, 100, 100))


def start():
    fig, ax = figure(size=(7, 3.3))
    (up,) = ax.plot(ten, ten, "o-", color=COLORS.train, label="signal going up (rms of h)")
    (down,) = ax.plot(ten, ten, "s--", color=COLORS.validation, label="gradient coming down")
    ax.axhline(1, color=COLORS.reference, lw=1, ls=":")
    ax.set(xlabel="layer", ylabel="size (no unit)", yscale="log", ylim=(1e-3, 1e3), xticks=ten)
    ax.legend(frameon=False, loc="upper left")
    return fig, (up, down)


def update(artists, gain, activation):
    up, down = artists
    hs, cache = deep_forward(x_100, [gain * q for q in small_qs], activation=activation)
    dhs, _ = deep_backward(top_100, cache)
    sizes = [np.sqrt((h**2).mean()) for h in hs[1:]]
    back = [np.sqrt((dh**2).mean()) for dh in dhs[:-1]]
    up.set_ydata(sizes)
    down.set_ydata(back)
    return (
        f"Gain {gain:.2f}, {activation}: the signal ends at {sizes[-1]:.3g}, the gradient at {back[0]:.3g}; "
        "both began at 1."
    )


explore(
    start,
    update,
    controls={
        "gain": Slider(0.5, 3.0, 0.01, 1.0, label="gain g"),
        "activation": Choice(["tanh", "relu", "leaky_relu", "elu"], label="activation"),
    },
    goal="Find a gain for each activation that serves signal and gradient. For which one can no gain serve "
    "both?",
)

# %% [markdown] tags=["INI-15"]
# ## 10 · Sparse weights
#
# In a wide layer each single weight becomes tiny, since all have the size $1/\sqrt m$. Martens (2010) does
# it otherwise: each unit gets exactly $k$ weights that are not zero, at random places. Their size need not
# shrink with the width.

# %% tags=["exercise"]
from utils.initialization import sparse

# %% tags=["check"]
check("initialization.sparse")

# %% [markdown]
# With $k = 15$ weights of size 1, is the signal kept? And which size would be right for $k$ weights?

# %% tags=["demo"]
run = ten_layers(lambda m, n, rng: sparse(m, n, rng=rng), "tanh", examples=300)
sparse_std, sparse_saturated = float(run.stats[10, 1]), saturated_share(run.hs[10])
pattern = run.cache[2][0][:60, :60] != 0
tried = [2, 4, 8, 15, 30, 60]
ends = {
    "size 1": [
        ten_layers(
            lambda m, n, rng, k=k: sparse(m, n, k=k, rng=rng), "tanh", width=150, examples=100
        ).stats[10, 1]
        for k in tried
    ],
    "size 1/√k": [
        ten_layers(
            lambda m, n, rng, k=k: sparse(m, n, k=k, scale=k**-0.5, rng=rng),
            "tanh",
            width=150,
            examples=100,
        ).stats[10, 1]
        for k in tried
    ],
}
fig, (left, right) = figure(1, 2, size=(8.6, 3.2), width_ratios=(2, 3))
left.imshow(pattern, cmap="Greys", interpolation="nearest")
left.set(xlabel="unit", ylabel="input", title="non-zero weights, a corner of 500 × 500")
left.title.set_fontsize(9)
left.grid(False)
for (name, values), marker in zip(ends.items(), "os", strict=True):
    right.plot(tried, values, marker + "-", label=f"weights of {name}")
right.axhline(0.2285, color=COLORS.reference, ls="--", label="Xavier, theory")
right.set(xlabel="weights per unit k", ylabel="std of h in layer 10 (tanh)", ylim=(0, 1))
right.legend(frameon=False)
show(
    fig,
    caption=f"Left: k = 15 of 500. Right: with size 1 the signal depends on k (500 units, k = 15: std "
    f"{sparse_std:.3f}, {sparse_saturated:.0%} of the units saturated). Divided by √k it does not: the derivation of "
    "section 5 again, with n = k.",
    alt="Left: a matrix with few scattered black entries. Right: with weights of size 1 the final standard "
    "deviation rises with k to 0.95; with 1/√k it stays near 0.23.",
)

# %% [markdown]
# **Explore.** Ten layers of 100 units. The picture on the left is one of them.

# %% tags=["demo"]
sparse_sizes = {"1": lambda k: 1.0, "1/√k": lambda k: k**-0.5}


def start():
    fig, (left, right) = figure(1, 2, size=(8.4, 3.1), width_ratios=(2, 3))
    image = left.imshow(np.zeros((40, 40)), cmap="RdBu_r", vmin=-2, vmax=2, interpolation="nearest")
    left.set(xlabel="unit", ylabel="input", xticks=[], yticks=[])
    left.grid(False)
    (line,) = right.plot(range(11), np.ones(11), "o-", color=COLORS.train, label="measured")
    right.axhline(0.2285, color=COLORS.reference, ls="--", label="Xavier in layer 10")
    right.set(xlabel="layer (0: inputs)", ylabel="std of h (tanh)", ylim=(0, 1.1))
    right.legend(frameon=False, loc="lower left")
    return fig, (image, line)


def update(artists, k, size):
    image, line = artists
    tried_run = ten_layers(
        lambda m, n, rng: sparse(m, n, k=k, scale=sparse_sizes[size](k), rng=rng),
        "tanh",
        width=100,
        examples=100,
    )
    image.set_data(tried_run.cache[2][0][:40, :40])
    line.set_ydata(tried_run.stats[:, 1])
    return (
        f"{k} of 100 weights a unit, of size {size}: in layer 10 the standard deviation is "
        f"{tried_run.stats[10, 1]:.3f}, and {saturated_share(tried_run.hs[10]):.0%} of the units are saturated."
    )


explore(
    start,
    update,
    controls={
        "k": Slider(1, 60, 1, 15, label="weights per unit k"),
        "size": Choice(list(sparse_sizes), label="size of a weight"),
    },
    goal="With size 1: at which k does the signal come through stronger than with Xavier? Then take 1/√k: from "
    "which k on does the signal no longer depend on k?",
)

# %% [markdown] tags=["INI-16"]
# ## 11 · Let the data choose
#
# Every rule so far was derived for one activation and for inputs that look like noise. What about an
# activation nobody has a formula for? People have worked on it for years: Glorot and Bengio 2010, Saxe et al.
# 2013, Sussillo and Abbott 2014 (a random walk), He et al. 2015, Krähenbühl et al. 2015 (from the data),
# Mishkin and Matas 2015, *All you need is a good init*. The last one is the simplest: measure, and divide.
# Its name is *layer-sequential unit variance*, LSUV.

# %% tags=["exercise"]
from utils.initialization import lsuv

# %% tags=["check"]
check("initialization.lsuv")

# %% [markdown]
# One batch of digits (not noise), ten layers, orthogonal matrices to begin with, four activations. What is the
# standard deviation before the activation, layer by layer, before and after?

# %% tags=["demo"]
batch = digits.x_train[:200] - digits.x_train.mean(axis=0)
rng = np.random.default_rng(0)
before = [orthogonal(64, 100, rng=rng), *(orthogonal(100, 100, rng=rng) for _ in range(9))]
fig, (left, right) = figure(1, 2, size=(9, 3.2), sharey=True)
z_stds = {}
for name, marker in zip(("tanh", "relu", "sigmoid", "elu"), "osD^", strict=True):
    after = lsuv(before, batch, activation=name)
    for ax, weights, when in ((left, before, "before"), (right, after, "after")):
        _, (_, zs, *_) = deep_forward(batch, weights, activation=name)
        z_stds[f"{name} {when}"] = [float(z.std()) for z in zs]
        ax.semilogy(ten, z_stds[f"{name} {when}"], marker + "-", ms=5, label=name)
left.set(title="orthogonal, gain 1", xlabel="layer", ylabel="std of z, before the bend", xticks=ten)
right.set(title="the same after LSUV", xlabel="layer", xticks=ten)
left.legend(frameon=False)
show(
    fig,
    caption="Whatever the activation is, after LSUV every layer gets a signal with standard deviation 1. It needs "
    "one pass over one batch and one division a layer.",
    alt="Left: the standard deviations of four activations drift apart over ten layers, down to 0.01. Right: "
    "all lie at 1.",
)

# %% [markdown] tags=["INI-12"]
# ## 12 · So which start?
#
# On a *convex* function, one that curves upwards everywhere, gradient descent with a good rate ends at the
# same value from any start. On other functions the start decides where it ends. There is no full theory. What is known: break the symmetry, and
# mind the scale. How different can it be? 100 random starts each, 200 steps.

# %% tags=["demo"]
rng = np.random.default_rng(0)
starts = rng.uniform(-2, 2, (100, 2))
ends_by_function = {}
fig, axes = figure(1, 2, size=(8.6, 2.8))
for ax, surface in zip(axes, (bowl(5.0), two_valleys()), strict=True):
    found = runs_from_inits(surface.value, surface.gradient, starts, lr=0.03, steps=200)
    ends_by_function[surface.name] = found
    ax.hist(found, bins=np.linspace(-0.4, 0.4, 33), color=COLORS.train)
    ax.set(xlabel="final loss", ylabel="number of runs", title=surface.name)
show(
    fig,
    caption="The bowl is convex: one value for all starts. Two valleys: the start decides which of two values it "
    "becomes.",
    alt="Two histograms of final losses. Bowl: one bar at 0. Two valleys: two bars, near -0.3 and near 0.3.",
)

# %% [markdown]
# **Explore.** Choose the start yourself.

# %% tags=["demo"]
valleys = two_valleys()


def start():
    fig, ax = figure(size=(7, 3.4))
    contour(
        *(ax, lambda x, y: valleys.value(np.stack([x, y], -1)), (-2, 2), (-2, 2)),
        levels=np.linspace(0.1, 2.6, 14) ** 2 - 0.3,
    )
    line, ring = path(ax, np.zeros((2, 2)))
    for minimum in valleys.minima:
        ax.plot(*minimum, "*", color=COLORS.validation, ms=13)
    return fig, (line, ring)


def update(artists, x, y, lr):
    here = np.array([x, y])
    way = trajectory(sgd_step, valleys, here, steps=200, lr=lr)
    artists[0].set_data(*np.clip(way, -9, 9).T)
    artists[1].set_data([x], [y])
    final = runs_from_inits(valleys.value, valleys.gradient, here[None], lr=lr, steps=200)[0]
    where = "left" if way[-1, 0] < -0.5 else "right" if way[-1, 0] > 0.5 else "middle: a saddle"
    if not np.isfinite(final):
        return f"From ({x:.2f}, {y:.1f}) at rate {lr:.2g} the loss explodes."
    return f"From ({x:.2f}, {y:.1f}) at rate {lr:.2g} it ends at {final:.3f}, {where}."


explore(
    start,
    update,
    controls={
        "x": Slider(-2.0, 2.0, 0.01, 0.5, label="start: weight 1"),
        "y": Slider(-2.0, 2.0, 0.1, 1.5, label="start: weight 2"),
        "lr": LogSlider(0.001, 0.3, value=0.03, label="learning rate"),
    },
    goal="Find two starts a hundredth apart that end in different valleys. Then change only the rate: can it, too, "
    "decide where you end?",
)

# %% [markdown]
# Now the real test. Ten hidden layers of 50 units learn digits, with one learning rate and the same batches.
# Only the start differs.

# %% tags=["demo"]
contestants = {
    "tanh": {
        "0.01": lambda m, n, rng: small_normal(m, n, rng=rng),
        "1.0": lambda m, n, rng: small_normal(m, n, scale=1.0, rng=rng),
        "Xavier": lambda m, n, rng: xavier_normal(m, n, rng=rng),
        "orthogonal, 5/3": lambda m, n, rng: orthogonal(m, n, gain=5 / 3, rng=rng),
        "LSUV": lambda m, n, rng: orthogonal(m, n, rng=rng),
    },
    "relu": {
        "0.01": lambda m, n, rng: small_normal(m, n, rng=rng),
        "Xavier": lambda m, n, rng: xavier_normal(m, n, rng=rng),
        "He": lambda m, n, rng: he_normal(m, n, rng=rng),
        "orthogonal, √2": lambda m, n, rng: orthogonal(m, n, gain=np.sqrt(2), rng=rng),
        "LSUV": lambda m, n, rng: orthogonal(m, n, rng=rng),
    },
}


def data_driven(model):
    """Rescale the weights of a network by LSUV on 200 training examples."""
    names = [f"w{layer}" for layer in range(1, model.depth + 1)]
    weights = [model.params[name] for name in names]
    new = lsuv(weights, digits.x_train[:200], activation=model.activation)
    model.params |= dict(zip(names, new, strict=True))


race = {}
fig, axes = figure(1, 2, size=(9, 3.4), sharey=True)
with tqdm(total=10, leave=False, desc="networks", delay=1) as bar:
    for ax, (activation, inits) in zip(axes, contestants.items(), strict=True):
        for (name, init), marker in zip(inits.items(), "osD^v", strict=True):
            history = learn(
                [64, *[50] * 10, 10],
                init,
                lr=0.03,
                epochs=12,
                activation=activation,
                prepare=data_driven if name == "LSUV" else None,
            )
            race[f"{activation} {name}"] = history.train_loss
            ax.plot(range(1, 13), history.train_loss, marker=marker, ms=4, label=name)
            bar.update()
        ax.set(title=activation, xlabel="epoch", ylim=(0, 3.5))
        ax.legend(frameon=False, fontsize=8)
axes[0].set_ylabel("training loss (nats)")
show(
    fig,
    caption="Too small and too large end alike, at ln 10 = 2.303: they learn nothing. Xavier serves tanh, and ReLU only "
    "badly. He, orthogonal with the right gain, and LSUV learn from the first epoch on.",
    alt="Training loss over 12 epochs, for tanh and for ReLU. Starts of 0.01 stay at 2.3 in both; tanh with 1.0 ends "
    "there, too. Xavier learns with tanh and hardly with ReLU. He, orthogonal and LSUV learn well.",
)

# %% [markdown]
# ## What to remember
#
# - Equal units stay equal. Random numbers break the symmetry.
# - A layer multiplies the variance of a signal by $n_{in}\mathrm{Var}(w)$, and that of a gradient by
#   $n_{out}\mathrm{Var}(w)\,\mathrm E[\varphi'^2]$. Ten layers make it the tenth power.
# - tanh: $\mathrm{Var}(w) = 1/n_{in}$ (Xavier). ReLU: $2/n_{in}$ (He), since it throws half of the mean square
#   away. The fraction is the variance; its root multiplies $\mathcal N(0,1)$.
# - $U(-a,a)$ has variance $a^2/3$, so Glorot's limit is $\sqrt{6/(m+n)}$, all of it under the root.
# - Too small: signal and gradient vanish. Too large: tanh saturates, and the gradient *explodes*.
# - An orthogonal matrix keeps lengths exactly. When no formula fits, measure and divide (LSUV).
# - A number printed from one seed is one seed's number. Ask for the range.

# %% [markdown]
# ## Read on
#
# - Glorot, Bengio, *Understanding the difficulty of training deep feedforward neural networks*, 2010.
#   Figure 7 is the one you redrew.
# - He, Zhang, Ren, Sun, *Delving Deep into Rectifiers*, 2015: the factor 2, and PReLU.
# - Saxe, McClelland, Ganguli, *Exact solutions to the nonlinear dynamics of learning in deep linear neural
#   networks*, 2013: orthogonal matrices.
# - Martens, *Deep learning via Hessian-free optimization*, 2010: sparse weights.
# - Sussillo, Abbott, *Random walk initialization for training very deep feedforward networks*, 2014.
# - Krähenbühl et al., *Data-dependent Initializations of Convolutional Neural Networks*, 2015.
# - Mishkin, Matas, *All you need is a good init*, 2015.
#
# **Next** `05_batchnorm`: a layer that keeps the scale right during the whole training.

# %% tags=["demo"]
progress()
