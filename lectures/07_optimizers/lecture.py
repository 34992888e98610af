# %% [markdown]
# # 07 · Optimizers
#
# Backpropagation tells us which way is downhill. An optimizer decides what to do with that: how far
# to go, what to remember, and whether all weights should be treated alike. You will write ten of
# them. Each one repairs a fault of an earlier one, and each is two to six lines long.
#
# **After this lecture you can**
#
# - write gradient descent, momentum (two forms), Nesterov (two forms), AdaGrad, RMSProp (with and
#   without Nesterov), Adadelta and Adam;
# - say which trouble each of them cures, and show it on a surface;
# - find the learning rate at which gradient descent explodes, before it does;
# - explain why Adam's first step would be three times too long, and what repairs it;
# - tell a formula with a misprint from a right one.
#
# **Time** About two hours. Half-way, after Nesterov, is a good place for a break. **Builds on**
# gradients and NumPy arrays. What a Hessian is, the lecture on curvature tells; here it is enough
# to know that it is the matrix of second derivatives.
#
# Predict first, then run. When you are stuck: `hint("optimizers.sgd_step")` in a cell of your own.

# %% tags=["setup"]
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Float, Int

from grader import check, hint, progress
from utils.data import Dataset, load_digits, make_sparse_data, make_spirals
from utils.networks import MLP
from utils.optimizers import adaptive_denominator, effective_lr, gradient_noise, history_weights
from utils.optimizers import terminal_step, uncorrected_ratio
from utils.plots import COLORS, compare, contour, figure, path, show
from utils.schedules import robbins_monro
from utils.surfaces import bowl, noisy_quadratic, quadratic, ravine, rosenbrock, saddle, trajectory
from utils.surfaces import two_valleys
from utils.training import train, training_steps
from utils.widgets import Choice, LogSlider, Player, Press, Slider, Toggle, explore, live

# %% [markdown] tags=["OPT-01"]
# ## 1 · Downhill
#
# The gradient points to where the loss rises fastest. So go the other way:
#
# $$w \leftarrow w - \eta\, \nabla L(w), \qquad
# \nabla L(w) = \frac1N \sum_{i=1}^N \nabla L_i(w).$$
#
# $\eta$ is the learning rate, in code `lr`. The mean runs over all $N$ examples.
#
# All our optimizers have one shape. They take the parameters, the gradient and what they remember.
# They give back new parameters and a new memory, and change nothing that they were given:
#
# ```python
# w, state = some_step(w, dw, state, lr=0.1)        # state is None before the first step
# ```
#
# Plain gradient descent remembers nothing. Its state is always `None`.

# %% tags=["exercise"]
from utils.optimizers import sgd_step

# %% tags=["check"]
check("optimizers.sgd_step")

# %% [markdown]
# How fast does it arrive, and what does the rate do? Here is a bowl, ten times as steep in $w_1$ as
# in $w_2$, and three learning rates. Which one would you take?


# %% tags=["demo"]
def draw(ax, surface, lines=11):
    """Level lines of a surface, closer together where it is low, and a star in its minimum."""
    levels = np.unique(np.quantile(surface.grid(80)[2], np.linspace(0.08, 0.98, lines) ** 1.5))
    contour(ax, lambda x, y: surface.value(np.stack([x, y], -1)), *surface.span, levels=levels)
    for minimum in surface.minima[:1]:
        ax.plot(*minimum, "*", color=COLORS.warning, ms=11, zorder=2)


shallow = bowl(10)
fig, (left, right) = figure(1, 2, size=(8.6, 3.4))
draw(left, shallow)
colors = (COLORS.reference, COLORS.train, COLORS.validation)
for rate, color, dash in zip((0.01, 0.1, 0.19), colors, (":", "-", "--"), strict=True):
    way = trajectory(sgd_step, shallow, steps=40, lr=rate)
    path(left, way, color=color)
    right.plot(shallow.value(way), dash, color=color, lw=2, label=f"rate {rate:g}")
right.set(xlabel="step", ylabel="loss", yscale="log")
right.legend(frameon=False)
show(
    fig,
    caption="On a level line the loss is the same everywhere. A ring marks the start of a path, the star the "
    "minimum. The small rate is safe and slow. The middle one cancels w₁ in one step, and then "
    "only w₂ is left to do. The large one is faster along w₂, but it jumps from side to side, and "
    "that takes long to die out.",
    alt="Left: level lines of a bowl with three paths from (1, 1): a slow curve, one that drops "
    "onto the axis at once, and a zig-zag. Right: loss over 40 steps on a logarithmic axis; "
    "the rate 0.1 falls to 1e-4, the rates 0.01 and 0.19 stay above it.",
)

# %% [markdown] tags=["OPT-02", "OPT-03", "OPT-04"]
# ## 2 · One example, some, or all
#
# The mean over all $N$ examples is exact and expensive: one step for a whole pass over the data.
#
# | name | gradient of | one pass over the data makes |
# |---|---|---|
# | batch gradient descent | all $N$ examples | 1 step, exact |
# | stochastic gradient descent, SGD | one random example | $N$ steps, noisy |
# | mini-batch SGD | $m$ random examples | $N/m$ steps |
#
# Everybody uses the last one, and calls it SGD. The price of a step does not depend on $N$: this is
# what makes very large data sets possible (Bottou 2010, *Large-Scale Machine Learning with
# Stochastic Gradient Descent*; a slide cites the title a little wrong).
#
# Write the gradient of a mini-batch for least squares, where the loss of one example is
# $L_i = \frac12 (x_i^\top w - y_i)^2$. Take the mean, not the sum. Why? Ask what would happen to the
# best learning rate when the batch doubles.

# %% tags=["exercise"]
from utils.optimizers import minibatch_gradient

# %% tags=["check"]
check("optimizers.minibatch_gradient")

# %% [markdown]
# Is a gradient that has seen four examples worth anything? On average it is exactly right. Cut the
# data into batches of one size, so that each example is in one of them (a *partition*): the mean of
# their gradients is the full gradient. The next cell tests that with your function, and then lets
# three walkers go, each with 60 steps.

# %% tags=["demo"]
rng = np.random.default_rng(0)
inputs = rng.standard_normal((200, 2)) * [1.6, 0.7]
targets = inputs @ [1.0, -0.5] + 0.8 * rng.standard_normal(200)
everyone = np.arange(200)
best = np.linalg.lstsq(inputs, targets, rcond=None)[0]
w0 = np.array([-1.0, 1.0])

parts = [
    minibatch_gradient(inputs, targets, w0, idx) for idx in rng.permutation(200).reshape(50, 4)
]
full = minibatch_gradient(inputs, targets, w0, everyone)
partition_gap = np.abs(np.mean(parts, axis=0) - full).max()
spread = 0.5 * np.mean((inputs @ best - targets) ** 2)
squares = quadratic(inputs.T @ inputs / 200)
landscape = replace(
    squares,
    value=lambda w: squares.value(w - best) + spread,
    span=((-1.4, 1.6), (-1.3, 1.4)),
    minima=(tuple(best),),
)


def walk_batches(m, lr, steps=60, seed=1):
    """The path of mini-batch SGD on the least-squares problem."""
    rng, w, way = np.random.default_rng(seed), w0, [w0]
    for _ in range(steps):
        idx = everyone if m == 200 else rng.integers(200, size=m)
        w, _ = sgd_step(w, minibatch_gradient(inputs, targets, w, idx), None, lr=lr)
        way.append(w)
    return np.array(way)


fig, axes = figure(1, 3, size=(9, 3.2), sharey=True)
for ax, m in zip(axes, (200, 10, 1), strict=True):
    draw(ax, landscape)
    path(ax, walk_batches(m, 0.1), color=COLORS.train)
    ax.set_title({200: "all 200 examples", 10: "10 examples", 1: "one example"}[m])
for ax in axes[1:]:
    ax.set_ylabel("")
show(
    fig,
    caption="Least squares, 60 steps at the same rate. The paths cost 12 000, 600 and 60 "
    "gradients of single examples. (Your batches average to the full gradient up to "
    f"{partition_gap:.0e}.)",
    alt="Three level-line plots with a path to the minimum: smooth with all examples, slightly "
    "trembling with batches of ten, a random walk around the minimum with single examples.",
)

# %% [markdown] tags=["OPT-04", "OPT-09"]
# How much noise is in a batch? (In the table below, "earlier run" is the same computation, made with
# other random numbers when this course was planned.)

# %% tags=["predict"]
noise_scale = ...

# %% tags=["check"]
check("optimizers.noise_scale")

# %% tags=["demo"]
# One constant input and targets of standard deviation 1: each gradient has standard deviation 1.
answers = np.random.default_rng(0).standard_normal(4000)
answers = (answers - answers.mean()) / answers.std()
printed_noise = {1: 0.997, 10: 0.315, 100: 0.0995, 1000: 0.0319}
noise = {
    m: gradient_noise(
        np.ones((4000, 1)), answers, np.zeros(1), m, repeats=1500, rng=np.random.default_rng(m)
    )[0]
    for m in printed_noise
}
compare(
    [(f"batches of {m}", noise[m], printed_noise[m]) for m in noise],
    rel_tol=0.06,
    printed="earlier run",
    caption="Standard deviation of the mini-batch gradient, 1500 batches each. Theory: one over "
    "the root of the batch size, 1, 0.316, 0.1, 0.0316.",
)

# %% [markdown]
# **Explore.** Batch size and learning rate together.

# %% tags=["demo"]
optimum_loss = float(landscape.value(best))


def start():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.4))
    draw(left, landscape)
    line, ring = path(left, walk_batches(10, 0.1))
    (loss,) = right.plot(np.arange(101), np.ones(101), color=COLORS.train, lw=1.5)
    right.set(xlabel="step", ylabel="loss above the minimum", yscale="log", ylim=(1e-6, 30))
    return fig, (line, ring, loss)


def update(artists, m, lr, seed):
    way = np.clip(walk_batches(m, lr, steps=100, seed=seed), -1e3, 1e3)
    artists[0].set_data(*way.T)
    excess = landscape.value(way) - optimum_loss
    artists[2].set_ydata(np.maximum(excess, 1e-7))
    return (
        f"With batches of {m} at rate {lr:.2g} the last 30 points are {excess[-30:].mean():.2g} "
        f"above the minimum on average. The walk has looked at {100 * m:,} examples."
    )


explore(
    start,
    update,
    controls={
        "m": Choice([1, 3, 10, 30, 100, 200], label="batch size", value=10),
        "lr": LogSlider(0.003, 1, value=0.1, label="learning rate"),
        "seed": Press("other examples"),
    },
    goal="Halve the rate with single examples: what happens to the loss at the end, and to the way "
    "there? Which batch size gets below 0.001 with the fewest examples?",
)

# %% [markdown] tags=["OPT-05", "E-24"]
# ### Spot the error: where SGD arrives
#
# > SGD converges to the global minimum if $L$ is convex, and otherwise to a local one.
#
# The widget has shown you what happens at a constant rate. (A loss is *convex* when the straight line
# between two points of its graph never runs below the graph: a bowl, without humps.)

# %% tags=["predict"]
constant_rate = ...

# %% tags=["check"]
check("optimizers.constant_rate")

# %% tags=["predict"]
falling_rate = ...

# %% tags=["check"]
check("optimizers.falling_rate")

# %% tags=["demo"]
schedules = {"c": 0.0, "c/√k": 0.5, "c/k": 1.0, "c/k²": 2.0}
fig, ax = figure(size=(7, 3.2))
final_distance, both_sums = {}, {}
for (name, power), dash in zip(schedules.items(), (":", "-.", "-", "--"), strict=True):
    rng, w = np.random.default_rng(0), np.full(300, 5.0)  # 300 walkers on 0.5 w², noise 1
    distance = []
    for k in range(1, 3001):
        w, _ = sgd_step(w, w + rng.standard_normal(300), None, lr=0.5 / k**power)
        distance.append(np.sqrt(np.mean(w**2)))
    final_distance[name] = distance[-1]
    both_sums[name] = robbins_monro(lambda t, power=power: 0.5 / (t + 1) ** power)
    keeps = {(True, True): "both", (True, False): "the first", (False, True): "the second"}
    ax.plot(range(1, 3001), distance, dash, lw=2, label=f"{name}, keeps {keeps[both_sums[name]]}")
ax.set(xlabel="step k", ylabel="distance to the minimum", xscale="log", yscale="log")
ax.legend(frameon=False, title="rate and conditions", fontsize=9)
show(
    fig,
    caption="A parabola with noisy gradients, mean of 300 walkers, c = 0.5. The constant rate "
    "ends in its ball of noise, c/k² freezes far out, c/k goes on falling. So does c/√k, "
    "which breaks the second condition: the conditions are sufficient, not necessary.",
    alt="Distance to the minimum over 3000 steps, both axes logarithmic. The constant rate "
    "levels off at 0.6, c/k² at about 2; c/√k and c/k end below 0.1 and still fall.",
)

# %% [markdown]
# So theory wants the rate to fall. How to lower it in practice is the next lecture. Here we ask for
# better steps.

# %% [markdown] tags=["OPT-07"]
# ## 3 · What goes wrong
#
# ### A narrow valley
#
# The bowl from the beginning was ten times as steep one way as the other. Real losses are far
# worse. The *condition number* $\kappa$ says by how much: the largest curvature over the smallest.

# %% tags=["predict"]
zig_zag = ...

# %% tags=["check"]
check("optimizers.zig_zag")

# %% tags=["predict"]
largest_rate = ...

# %% tags=["check"]
check("optimizers.largest_rate")

# %% [markdown]
# The steep direction wants a small rate, the flat one a large rate. Call the largest curvature
# $\lambda_{\max}$ and the smallest $\lambda_{\min}$, so $\kappa = \lambda_{\max} / \lambda_{\min}$. The best
# compromise makes both directions shrink at the same pace:
#
# $$\eta = \frac{2}{\lambda_{\max} + \lambda_{\min}}, \qquad
# \text{factor per step} = \frac{\kappa - 1}{\kappa + 1}.$$
#
# For $\kappa = 100$ the factor is 0.980, and no rate does better. Now measure: the loss on the bowl
# with $\kappa = 100$, after 300 steps from $(1, 1)$. What do you expect of a rate of 0.0201?

# %% tags=["demo"]
narrow = bowl(100)


def loss_after(step, steps=300, **hyper):
    """Loss on the bowl with condition number 100 after so many steps."""
    return float(narrow.value(trajectory(step, narrow, steps=steps, **hyper)[-1]))


gd_table = {
    "rate 0.01": (loss_after(sgd_step, lr=0.01), 1.2e-3),
    "rate 2/101, the best": (loss_after(sgd_step, lr=2 / 101), 3.1e-4),
    "rate 0.0199": (loss_after(sgd_step, lr=0.0199), 0.12),
    "rate 0.0201": (loss_after(sgd_step, lr=0.0201), 2e4),
}
compare(
    [(name, *row) for name, row in gd_table.items()],
    rel_tol=0.05,
    printed="earlier run",
    caption="Gradient descent, loss after 300 steps. One percent above the limit of 0.02, and it "
    "explodes. Even the best rate leaves much to wish for.",
)

# %% [markdown]
# **Explore.** The rate is given as a share of the limit $2/\lambda_{\max}$.

# %% tags=["demo"]
turn = np.linspace(0, 2 * np.pi, 100)


def start():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.4))
    rings = [left.plot(turn, turn, color="#9a9a9a", lw=0.8)[0] for _ in range(7)]
    line, ring = path(left, np.ones((61, 2)))
    left.set(xlabel="$w_1$, steep", ylabel="$w_2$, flat", xlim=(-1.2, 1.2), ylim=(-1.2, 1.2))
    left.grid(False)
    (across,) = right.plot(
        range(61), np.ones(61), color=COLORS.train, lw=1.5, label="across, $w_1$"
    )
    (along,) = right.plot(
        range(61), np.ones(61), "--", color=COLORS.validation, label="along, $w_2$"
    )
    right.set(xlabel="step", ylabel="weight", ylim=(-1.2, 1.2))
    right.legend(frameon=False, loc="lower right")
    return fig, (line, ring, across, along, rings)


def update(artists, kappa, share):
    line, _, across, along, rings = artists
    surface, rate = bowl(kappa), share * 2 / kappa
    for ring, height in zip(rings, np.linspace(0.15, 1.4, 7) ** 2, strict=True):
        ring.set_data(height * np.cos(turn) / np.sqrt(kappa), height * np.sin(turn))
    way = np.clip(trajectory(sgd_step, surface, steps=60, lr=rate), -50, 50)
    line.set_data(*way.T)
    across.set_ydata(way[:, 0])
    along.set_ydata(way[:, 1])
    return (
        f"Condition number {kappa:.3g}, rate {rate:.3g}: each step multiplies the steep weight by "
        f"{1 - rate * kappa:.2f} and the flat one by {1 - rate:.3f}. Loss after 60 steps: "
        f"{surface.value(way[-1]):.2g}."
    )


explore(
    start,
    update,
    controls={
        "kappa": LogSlider(1, 200, value=20, label="condition number"),
        "share": Slider(0.05, 1.05, 0.01, 0.9, label="rate, share of the limit"),
    },
    goal="Find the best rate for the condition number 20. Then make the valley ten times "
    "narrower: how much of the way along it is left after 60 steps?",
)

# %% [markdown] tags=["OPT-08"]
# ### Places where the gradient is zero
#
# Such a place is called a *critical point*. In a local minimum the loss rises whichever way you go a
# little. At a saddle point it rises one way and falls another, as on a mountain pass.

# %% tags=["predict"]
stuck = ...

# %% tags=["check"]
check("optimizers.stuck")

# %% [markdown]
# What kind of critical point it is, the second derivatives decide. The Hessian is symmetric. Its
# eigenvalues are the curvatures along its own, perpendicular directions, the eigenvectors. So the
# question "minimum, maximum or saddle?" is a question about their signs.

# %% tags=["exercise"]
from utils.curvature import classify_critical_point

# %% tags=["check"]
check("curvature.classify_critical_point")

# %% tags=["predict"]
many_saddles = ...

# %% tags=["check"]
check("optimizers.many_saddles")

# %% [markdown]
# A coin for each direction is a rough model. A random symmetric matrix is a better one. How often
# do all its eigenvalues have one sign?

# %% tags=["demo"]
printed_share = {1: 1.0, 2: 0.294, 3: 0.049, 4: 0.0057, 5: 0.0002, 6: 0.0}
rng = np.random.default_rng(0)
one_sign_share = {}
for n in printed_share:
    matrices = rng.standard_normal((6000, n, n))
    kinds = [classify_critical_point(a + a.T) for a in matrices]
    one_sign_share[n] = (kinds.count("min") + kinds.count("max")) / 6000
compare(
    [(f"{n} dimensions", one_sign_share[n], printed_share[n]) for n in printed_share],
    rel_tol=0.1,
    abs_tol=0.003,
    printed="earlier run",
    caption="Share of random symmetric matrices that are a minimum or a maximum, by your "
    "function; 6000 of each size. It falls even faster than the coins, because "
    "eigenvalues push each other apart.",
)

# %% [markdown]
# Back to the ridge of $x^2 - y^2$. Gradient descent is stuck only from *exactly* there. What does a
# thousandth of noise on the gradient change?

# %% tags=["demo"]
ridge = saddle()
still = trajectory(sgd_step, ridge, (1.0, 0.0), steps=60, lr=0.1)
noisy_ridge = replace(ridge, noise=1e-3)
freed = np.array(
    [
        trajectory(
            sgd_step, noisy_ridge, (1.0, 0.0), steps=60, lr=0.1, rng=np.random.default_rng(seed)
        )
        for seed in range(100)
    ]
)
freed_by = np.quantile(np.abs(freed[:, -1, 1]), [0.05, 0.5, 0.95])
fig, (left, right) = figure(1, 2, size=(8.6, 3.2))
draw(left, ridge)
turned_off = np.sign(freed[:, -1, 1])
for side, color in ((1, COLORS.train), (-1, COLORS.yours)):
    path(left, freed[np.argmax(turned_off == side)], color=color, label="with noise")
path(left, still, color=COLORS.validation, label="exact")
left.legend(frameon=True, loc="upper left", fontsize=8)
left.set(xlabel="x", ylabel="y")
right.plot(np.abs(freed[:20, :, 1]).T, color=COLORS.train, lw=0.7)
right.set(xlabel="step", ylabel="|y|, distance from the ridge", yscale="log", ylim=(1e-5, 100))
show(
    fig,
    caption="Without noise the path ends in the saddle point. With noise of 0.001 it leaves: "
    "|y| grows by the factor 1.2 in every step. After 60 steps half of the runs have "
    f"|y| above {freed_by[1]:.1f}, and nine in ten lie between {freed_by[0]:.1f} and "
    f"{freed_by[2]:.0f}. (An earlier run saw 1.8.)",
    alt="Left: level lines of a saddle; the exact path runs along the ridge to the middle and "
    "stays, two noisy ones turn off, up and down. Right: the distance from the ridge grows "
    "exponentially in twenty noisy runs.",
)

# %% [markdown] tags=["OPT-06"]
# ### Three troubles
#
# One slide comes back again and again as a list: the gradient is noisy; one learning rate serves
# all weights; it can get stuck in local minima and saddle points. Here are three runs of gradient
# descent, one for each.

# %% tags=["demo"]
troubles = {
    "A": (noisy_quadratic(2.0, 2.0), dict(lr=0.15, rng=np.random.default_rng(4)), None),
    "B": (bowl(40), dict(lr=0.047), None),
    "C": (replace(ridge, span=((-1.2, 1.2), (-1.2, 1.2))), dict(lr=0.1), (1.0, 1e-6)),
}
fig, axes = figure(1, 3, size=(9, 3.1), sharey=True)
for ax, (name, (surface, hyper, begin)) in zip(axes, troubles.items(), strict=True):
    draw(ax, surface)
    path(ax, trajectory(sgd_step, surface, begin, steps=30, **hyper), color=COLORS.train)
    ax.set_title(f"run {name}")
for ax in axes[1:]:
    ax.set_ylabel("")
show(
    fig,
    caption="30 steps each. Rings mark the start, stars a minimum.",
    alt="Three level-line plots. Run A wanders without order around the minimum. Run B jumps "
    "from side to side of a narrow valley and moves slowly along it. Run C runs straight to "
    "where level lines cross, and its dots pile up there.",
)

# %% tags=["predict"]
three_troubles = ...

# %% tags=["check"]
check("optimizers.three_troubles")

# %% [markdown] tags=["OPT-10"]
# ## 4 · Momentum
#
# So how do we solve the problems of SGD?

# %% tags=["predict"]
cure = ...

# %% tags=["check"]
check("optimizers.cure")

# %% [markdown]
# Think of a heavy ball. It has a velocity $v$, which the slope changes only little by little:
#
# $$v \leftarrow \mu v - \eta\, g, \qquad w \leftarrow w + v .$$
#
# $g$ is the gradient at $w$, and $v$ starts at 0. Usual values of $\mu$ lie between 0.8 and 0.99.
# Polyak wrote it down in 1964. Other lectures keep $u = -v$ and subtract it; they walk the same
# path.

# %% [markdown] tags=["OPT-10", "E-25"]
# ### Spot the error: friction
#
# > $v_{t+1} = \gamma v_t + \alpha \nabla L, \quad \theta_{t+1} = \theta_t - v_t.$ Here $\gamma$ is
# > the friction, usually 0.9 to 0.99.
#
# Two things are wrong. One is an index: the new point has to use the *new* velocity $v_{t+1}$. The
# other is a word.

# %% tags=["predict"]
friction = ...

# %% tags=["check"]
check("optimizers.friction")

# %% tags=["exercise"]
from utils.optimizers import momentum_step

# %% tags=["check"]
check("optimizers.momentum_step")

# %% [markdown] tags=["OPT-14"]
# The lectures print this as a box, with other letters. Two different boxes carry the number 2, by
# the way, and the first ones ask for rates $\epsilon_k$ and then write $\epsilon$. Read it beside
# your code:
#
# | "Algorithm 2: SGD with momentum" | your code |
# |---|---|
# | require learning rate $\epsilon_k$, momentum $\alpha$, initial $\theta$, initial $v$ | `lr`, `mu`, `w`, `state` |
# | while not stopped: draw a mini-batch, $\hat g \leftarrow \nabla_\theta \frac1m \sum_i L(f(x^{(i)}; \theta), y^{(i)})$ | `dw`, comes in |
# | $v \leftarrow \alpha v - \epsilon_k \hat g$ | `v = ...` |
# | $\theta \leftarrow \theta + v$ | `w + v` |

# %% [markdown]
# Slides promise that momentum helps in four places: local minima, saddles, narrow valleys and
# noise. Which of the four do you believe?

# %% tags=["demo"]
cases = {
    "local minimum": (two_valleys(), 0.02, 0.02, 150),
    "saddle": (saddle(), 0.02, 0.02, 60),
    "narrow valley": (bowl(100), 0.0195, 0.01, 100),
    "noise": (noisy_quadratic(1.0, 10.0), 0.05, 0.005, 300),
}
fig, axes = figure(1, 4, size=(9.4, 2.9))
ends, tremble = {}, {}
for ax, (name, (surface, lr_plain, lr_heavy, steps)) in zip(axes, cases.items(), strict=True):
    draw(ax, surface)
    for label, step, hyper, color in (
        ("SGD", sgd_step, {"lr": lr_plain}, COLORS.validation),
        ("momentum", momentum_step, {"lr": lr_heavy, "mu": 0.9}, COLORS.train),
    ):
        rng = np.random.default_rng(0) if surface.noise else None
        way = trajectory(step, surface, steps=steps, rng=rng, **hyper)
        line, _ = path(ax, way, color=color, label=label)
        line.set(ms=2, lw=1)
        ends[name, label] = float(surface.value(way[-1]))
        if surface.noise:
            moves = np.linalg.norm(np.diff(way[100:], axis=0), axis=1)
            tremble[label] = (moves.mean(), np.sqrt((way[100:] ** 2).sum(axis=1).mean()))
    ax.set(title=name, xlabel="", ylabel="")
    ax.tick_params(labelsize=7)
axes[0].legend(frameon=True, fontsize=8, loc="upper left")
show(
    fig,
    caption="SGD and momentum (0.9) from the same start. Momentum rolls through the shallow "
    "valley, leaves the saddle and gets through the narrow valley. With noise "
    "(momentum's rate is a tenth there, for equal speed) the steps of SGD are "
    f"{tremble['SGD'][0] / tremble['momentum'][0]:.1f} times as long, but the ball "
    f"around the minimum is as large: {tremble['momentum'][1]:.2f} against "
    f"{tremble['SGD'][1]:.2f}.",
    alt="Four level-line plots with two paths each. Local minimum: SGD stops in the right "
    "valley, momentum reaches the left one. Saddle: momentum leaves sooner. Narrow valley: "
    "momentum swings and arrives. Noise: momentum's path is smoother.",
)

# %% [markdown]
# Three helped, and the fourth looks better than it is: momentum makes the path smooth, but it does
# not make the noise go away.
#
# **Explore.** Let the ball roll. The deep valley is on the left.

# %% tags=["demo"]
valleys = two_valleys()
rolls = {}


def roll(mu, lr):
    if (mu, lr) not in rolls:
        rolls[mu, lr] = np.clip(trajectory(momentum_step, valleys, steps=120, lr=lr, mu=mu), -9, 9)
    return rolls[mu, lr]


def start():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.4))
    draw(left, valleys)
    line, ring = path(left, roll(0.9, 0.02))
    (ball,) = left.plot([2], [1], "o", color=COLORS.validation, ms=10, zorder=4)
    x = np.linspace(-2, 2, 120)
    right.plot(x, valleys.value(np.stack([x, 0 * x], -1)), color=COLORS.reference, lw=1)
    (shade,) = right.plot([2], [5], "o", color=COLORS.validation, ms=10)
    right.set(xlabel="$w_1$", ylabel="loss on the floor, ball above it", ylim=(-0.6, 6))
    return fig, (line, ring, ball, shade)


def update(artists, t, mu, lr):
    way = roll(mu, lr)
    artists[0].set_data(*way[: t + 1].T)
    artists[2].set_data(*way[t : t + 1].T)
    height = float(valleys.value(way[t]))
    artists[3].set_data(way[t : t + 1, 0], [min(height, 6)])
    end = "the deep valley" if way[-1, 0] < 0 else "the shallow valley"
    return f"Step {t}: loss {height:.3f}. With mu = {mu:.2f} and rate {lr:.3f} it ends in {end}."


explore(
    start,
    update,
    controls={
        "t": Player(120, label="step", fps=20, value=25),
        "mu": Slider(0.0, 0.99, 0.01, 0.9, label="momentum μ"),
        "lr": Slider(0.005, 0.06, 0.005, 0.02, label="learning rate"),
    },
    goal="Which is the smallest momentum that gets over the hill at rate 0.02? And which is too "
    "large, so that after 120 steps it still rolls about?",
)

# %% [markdown] tags=["OPT-12", "E-28"]
# ### How long does it remember?
#
# Unroll the formula: the velocity is
# $v = -\eta\,(g_t + \mu\, g_{t-1} + \mu^2 g_{t-2} + \dots)$.
#
# > **Spot the error.** "The velocity is a running mean of the gradients."

# %% tags=["predict"]
sum_of_weights = ...

# %% tags=["check"]
check("optimizers.sum_of_weights")

# %% [markdown]
# So the newest gradient has a share of $1 - \mu$, ten percent at 0.9, and the memory reaches back
# about $1/(1 - \mu)$ steps.

# %% [markdown] tags=["OPT-12", "E-27"]
# ### Spot the error: larger than what?
#
# > If $\alpha$ (our $\mu$) is larger than $\epsilon$ (our $\eta$), the current step is affected
# > more by the previous gradients.

# %% tags=["predict"]
role_of_mu = ...

# %% tags=["check"]
check("optimizers.role_of_mu")

# %% tags=["demo"]
tiny_loss = quadratic(1e-3 * np.diag([100.0, 1.0]))
plain = trajectory(momentum_step, narrow, steps=60, lr=0.01, mu=0.8)
rescaled = trajectory(momentum_step, tiny_loss, steps=60, lr=10.0, mu=0.8)
rescaling_gap = np.abs(plain - rescaled).max()
fig, (left, right) = figure(1, 2, size=(8.6, 3))
draw(left, narrow)
path(left, plain, color=COLORS.train, label="rate 0.01")
left.plot(*rescaled.T, "x", color=COLORS.validation, ms=7, label="loss / 1000, rate 10")
left.legend(frameon=True, fontsize=8, loc="lower left")
for mu, color, dash in zip((0.5, 0.9, 0.99), colors, (":", "-", "--"), strict=True):
    right.plot(history_weights(mu, 60), dash, color=color, lw=2, label=f"μ = {mu}")
right.set(xlabel="steps ago", ylabel="weight of a gradient")
right.legend(frameon=False)
show(
    fig,
    caption=f"Left: the two paths of the question agree to {rescaling_gap:.0e}, though μ = 0.8 "
    "is larger than the one rate and smaller than the other. Right: what does matter. "
    "After 6.6 steps a gradient counts half at μ = 0.9, after 69 at μ = 0.99.",
    alt="Left: dots and crosses of two paths on the same places in a narrow valley. Right: "
    "weights of past gradients, falling at once for 0.5, within twenty steps for 0.9, hardly "
    "for 0.99.",
)

# %% [markdown] tags=["OPT-13"]
# ### Terminal speed

# %% tags=["predict"]
terminal_speed = ...

# %% tags=["check"]
check("optimizers.terminal_speed")


# %% tags=["demo"]
def moves(step, gradients, **hyper):
    """How far each step goes along one weight, for a given row of gradients."""
    w, state, points = np.zeros(1), None, [0.0]
    for g in gradients:
        w, state = step(w, np.array([g]), state, **hyper)
        points.append(float(w[0]))
    return -np.diff(points)


steady = np.ones(300)
speeds = {mu: moves(momentum_step, steady, lr=0.1, mu=mu) for mu in (0.5, 0.9, 0.99)}
terminal = {mu: terminal_step(0.1, np.ones(1), mu) for mu in speeds}
fig, ax = figure(size=(7, 3))
for (mu, speed), dash in zip(speeds.items(), (":", "-", "--"), strict=True):
    (line,) = ax.plot(range(1, 301), speed, dash, lw=2, label=f"μ = {mu}")
    ax.axhline(terminal[mu], color=line.get_color(), lw=0.7)
ax.set(xlabel="step", ylabel="length of the step", yscale="log")
ax.legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.7))
show(
    fig,
    caption="Rate 0.1, gradient 1. The first step is 0.1 for all. Thin lines: rate over 1 - μ. "
    f"At μ = 0.9 the steps become {speeds[0.9][-1] / speeds[0.9][0]:.1f} times as long; "
    "the lectures' exercise says ten.",
    alt="Step length over 300 steps on a logarithmic axis. All start at 0.1 and rise to 0.2, 1 "
    "and 10; the larger the momentum, the later.",
)

# %% [markdown]
# That is also a warning. When you switch momentum on, lower the learning rate: at $\mu = 0.9$ to a
# tenth for the same speed.

# %% [markdown] tags=["OPT-11"]
# ### The other form
#
# Many libraries, PyTorch among them, write momentum in another way. The memory holds gradients
# only, and the rate comes in at the end:
#
# $$v \leftarrow \mu v + g, \qquad w \leftarrow w - \eta\, v .$$

# %% tags=["exercise"]
from utils.optimizers import momentum_sum_step

# %% tags=["check"]
check("optimizers.momentum_sum_step")

# %% [markdown] tags=["OPT-11", "E-26"]
# ### Spot the error: "equivalent"
#
# > You may see SGD + momentum written in different ways, but they are equivalent: they give the
# > same sequence of $x$.

# %% tags=["predict"]
two_forms = ...

# %% tags=["check"]
check("optimizers.two_forms")

# %% tags=["demo"]
constant_a, constant_b = (
    trajectory(step, shallow, steps=50, lr=0.01, mu=0.9)
    for step in (momentum_step, momentum_sum_step)
)
cut_a, cut_b = (
    trajectory(step, shallow, steps=50, lr=lambda k: 0.01 if k < 25 else 0.001, mu=0.9)
    for step in (momentum_step, momentum_sum_step)
)
form_gap = np.abs(constant_a - constant_b).max()
cut_gap = np.abs(cut_a - cut_b).max()
compare(
    [("constant rate", form_gap, 2e-16), ("rate cut to a tenth half-way", cut_gap, 0.39)],
    rel_tol=0.05,
    abs_tol=1e-15,
    printed="earlier run",
    caption="Largest distance between the two forms within 50 steps on the bowl with condition "
    "number 10, rate 0.01.",
)

# %% [markdown]
# There is a third form, with an average: $v \leftarrow \mu v + (1 - \mu)\,g$. It is the second one
# with a rate $1/(1 - \mu)$ times as large. Adam will use it.
#
# **Explore.** Cut the rate (the vertical line is the cut) and watch who brakes.


# %% tags=["demo"]
def start():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.4))
    draw(left, shallow)
    a, _ = path(left, cut_a, color=COLORS.train, label="A, velocity")
    b, _ = path(left, cut_b, color=COLORS.validation, label="B, sum")
    b.set(marker="x", linestyle="--")
    left.legend(frameon=True, fontsize=8, loc="lower left")
    (speed_a,) = right.plot(range(1, 61), np.ones(60), color=COLORS.train, label="A, velocity")
    (speed_b,) = right.plot(
        range(1, 61), np.ones(60), "--", color=COLORS.validation, label="B, sum"
    )
    mark = right.axvline(25, color=COLORS.warning, lw=1)
    right.set(xlabel="step", ylabel="length of the step", yscale="log", ylim=(1e-4, 1))
    right.legend(frameon=False, loc="upper right")
    return fig, (a, b, speed_a, speed_b, mark)


def update(artists, cut, factor, mu):
    a, b, speed_a, speed_b, mark = artists
    ways = [
        trajectory(step, shallow, steps=60, lr=lambda k: 0.01 if k < cut else 0.01 * factor, mu=mu)
        for step in (momentum_step, momentum_sum_step)
    ]
    for line, speed, way in zip((a, b), (speed_a, speed_b), ways, strict=True):
        line.set_data(*way.T)
        speed.set_ydata(np.linalg.norm(np.diff(way, axis=0), axis=1))
    mark.set_xdata([cut + 0.5, cut + 0.5])
    gap = np.linalg.norm(ways[0] - ways[1], axis=1).max()
    return (
        f"The rate is multiplied by {factor:.2g} after step {cut}. "
        f"The two forms part by up to {gap:.2g}."
    )


explore(
    start,
    update,
    controls={
        "cut": Slider(0, 60, 1, 25, label="cut after step"),
        "factor": LogSlider(0.01, 1, value=0.1, label="factor"),
        "mu": Slider(0.0, 0.98, 0.02, 0.9, label="momentum μ"),
    },
    goal="Bring the two together in three ways: by the factor, by the step of the cut, and by "
    "the momentum.",
)

# %% [markdown] tags=["OPT-15"]
# ## 5 · Nesterov: look before you leap
#
# Momentum is blind: it adds up the push of the velocity and the push of the gradient, and takes the
# gradient from where it stands. But the velocity will carry it to about $w + \mu v$ in any case. So
# ask for the gradient *there*:
#
# $$v \leftarrow \mu v - \eta\, \nabla L(w + \mu v), \qquad w \leftarrow w + v .$$
#
# Nesterov 1983; Sutskever et al. 2013 brought it to deep networks. Your function gets the gradient
# as a function `grad_fn`, because it decides itself where to ask.

# %% tags=["exercise"]
from utils.optimizers import nesterov_lookahead_step

# %% tags=["check"]
check("optimizers.nesterov_lookahead_step")

# %% [markdown]
# Here is one step of both from the same place with the same velocity. The velocity is about to
# overshoot the floor of the valley. Whose correction is better?

# %% tags=["demo"]
here, speed, scene = np.array([0.55, 0.9]), np.array([-0.9, -0.5]), bowl(4)
ahead = here + 0.9 * speed
fig, axes = figure(1, 2, size=(9, 3.6), sharey=True)
landed = {}
for ax, name, step, place in (
    (axes[0], "momentum", momentum_step, here),
    (axes[1], "Nesterov", nesterov_lookahead_step, ahead),
):
    draw(ax, scene, lines=14)
    gradient = scene.gradient if name == "Nesterov" else scene.gradient(here)
    landing, _ = step(here, gradient, speed, lr=0.2, mu=0.9)
    landed[name] = float(scene.value(landing))
    pushed = place - 0.2 * scene.gradient(place)
    for tail, head, color, width in (
        (here, landing, COLORS.yours, 5),
        (here, ahead, COLORS.train, 2),
        (place, pushed, COLORS.validation, 2),
    ):
        arrow = dict(arrowstyle="-|>", color=color, lw=width, shrinkA=0, shrinkB=0)
        ax.annotate("", head, tail, arrowprops=arrow | {"alpha": 0.45 if width > 2 else 1})
    ax.plot(*here, "o", color="black", ms=6, zorder=5)
    ax.plot(*landing, "s", color=COLORS.yours, ms=7, zorder=5)
    ax.set(title=f"{name} lands at a loss of {landed[name]:.2f}", ylabel="")
    ax.set(xlim=(-0.9, 0.8), ylim=(0.1, 1.1))
for color, label in (
    (COLORS.train, "velocity, μ v"),
    (COLORS.validation, "gradient step, −η g"),
    (COLORS.yours, "the two together"),
):
    axes[0].plot([], [], color=color, lw=3, label=label)
axes[0].legend(frameon=True, fontsize=9, loc="upper left")
axes[0].set_ylabel("$w_2$")
show(
    fig,
    caption="The floor of the valley is at w₁ = 0. Momentum takes the gradient where it "
    "stands, on the right slope, and is pushed further to the left. Nesterov takes it "
    "where the velocity leads, on the left slope, and is pulled back.",
    alt="Two vector diagrams on level lines. Left: velocity and gradient step both point left, "
    "and the step lands far on the other side. Right: the gradient step begins at the tip of "
    "the velocity and points back to the right; the step lands close to the floor.",
)

# %% [markdown]
# **Explore.** Turn the velocity and see where both methods land.

# %% tags=["demo"]
valley, stand = bowl(4), np.array([0.4, 0.9])


def start():
    fig, ax = figure(size=(7, 3.7))
    contour(
        *(ax, lambda x, y: valley.value(np.stack([x, y], -1)), (-1.4, 1.6), (-0.3, 1.9)),
        levels=np.linspace(0.2, 2.8, 14) ** 2,
    )
    ax.plot(0, 0, "*", color=COLORS.warning, ms=11)
    ax.plot(*stand, "o", color="black", ms=7)
    speed_line = ax.plot([], [], color=COLORS.reference, lw=2, label="velocity, μ v")
    arrows = {"speed": speed_line[0]}
    for name, color, dash in (
        ("momentum", COLORS.validation, "--"),
        ("Nesterov", COLORS.train, "-"),
    ):
        (arrows[name + " pull"],) = ax.plot([], [], dash, color=color, lw=1.2)
        (arrows[name],) = ax.plot([], [], "o" + dash, color=color, lw=2.5, label=f"step of {name}")
    ax.legend(frameon=True, fontsize=9, loc="lower right")
    return fig, arrows


def update(arrows, angle, mu, lr):
    speed = 1.1 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    led = stand + mu * speed
    arrows["speed"].set_data(*np.array([stand, led]).T)
    here_gradient = valley.gradient(stand)
    landings = {
        "momentum": momentum_step(stand, here_gradient, speed, lr=lr, mu=mu)[0],
        "Nesterov": nesterov_lookahead_step(stand, valley.gradient, speed, lr=lr, mu=mu)[0],
    }
    for name, landing in landings.items():
        arrows[name].set_data(*np.array([stand, landing]).T)
        arrows[name + " pull"].set_data(*np.array([led, landing]).T)
    after = {name: float(valley.value(landing)) for name, landing in landings.items()}
    better = min(after, key=lambda name: after[name])
    verdict = (
        f"{better} lands lower" if abs(np.subtract(*after.values())) > 1e-3 else "no difference"
    )
    return (
        f"Velocity towards {angle}°, μ = {mu:.2f}, rate {lr:.2f}: momentum lands at a loss of "
        f"{after['momentum']:.2f}, Nesterov at {after['Nesterov']:.2f}: {verdict}."
    )


explore(
    start,
    update,
    controls={
        "angle": Slider(0, 360, 5, 200, label="direction of v", unit="degrees"),
        "mu": Slider(0.0, 1.0, 0.05, 0.9, label="momentum μ"),
        "lr": Slider(0.0, 0.4, 0.01, 0.2, label="learning rate"),
    },
    goal="Thin lines: the gradient steps, from the tip of the velocity. For which directions does looking ahead land "
    "lower, and for which higher? For which μ are the two methods one?",
)

# %% tags=["demo"]
runs = {
    "SGD, rate 2/101": trajectory(sgd_step, narrow, steps=300, lr=2 / 101),
    "momentum, rate 0.01": trajectory(momentum_step, narrow, steps=300, lr=0.01, mu=0.9),
    "Nesterov, rate 0.01": trajectory(nesterov_lookahead_step, narrow, steps=300, lr=0.01, mu=0.9),
}
fig, ax = figure(size=(7, 3.1))
for (name, way), dash in zip(runs.items(), (":", "--", "-"), strict=True):
    ax.plot(narrow.value(way), dash, lw=2, label=name)
ax.set(xlabel="step", ylabel="loss", yscale="log", ylim=(1e-17, 100))
ax.legend(frameon=False)
momentum_table = {
    "momentum": (loss_after(momentum_step, lr=0.01, mu=0.9), 1.2e-12),
    "Nesterov": (loss_after(nesterov_lookahead_step, lr=0.01, mu=0.9), 6e-16),
}
show(
    fig,
    caption="The bowl with condition number 100 again. After 300 steps SGD is at "
    f"{gd_table['rate 2/101, the best'][0]:.1e}, momentum at "
    f"{momentum_table['momentum'][0]:.1e}, Nesterov at "
    f"{momentum_table['Nesterov'][0]:.1e}. Momentum keeps swinging across the valley; "
    "looking ahead damps that, and slow waves along the valley are left.",
    alt="Loss over 300 steps on a logarithmic axis. SGD falls to 3e-4; momentum falls in waves "
    "to 1e-12; Nesterov falls more smoothly and deeper, to 1e-15.",
)

# %% [markdown] tags=["OPT-16"]
# ### The same in other variables
#
# This form is annoying in practice: a training loop has the gradient at the point it holds, and no
# other. So let it hold the look-ahead point, $\tilde w = w + \mu v$. Put that into the formula, and
# everything is in terms of $\tilde w$ and its own gradient:
#
# $$v_{t+1} = \mu v_t - \eta\, \nabla L(\tilde w_t), \qquad
# \tilde w_{t+1} = \tilde w_t + v_{t+1} + \mu\,(v_{t+1} - v_t).$$
#
# Check it on paper: $\tilde w_{t+1} = w_{t+1} + \mu v_{t+1}$ and $w_{t+1} = w_t + v_{t+1}$, and
# $w_t = \tilde w_t - \mu v_t$.

# %% tags=["exercise"]
from utils.optimizers import nesterov_step

# %% tags=["check"]
check("optimizers.nesterov_step")

# %% tags=["demo"]
w, v = np.array(scene.start), None
seen, held = [w], [w]
for _ in range(25):
    w, v = nesterov_lookahead_step(w, scene.gradient, v, lr=0.05, mu=0.9)
    seen.append(w + 0.9 * v)  # where the next gradient will be asked
    held.append(w)
tilde = trajectory(nesterov_step, scene, steps=25, lr=0.05, mu=0.9)
nesterov_gap = np.abs(np.array(seen) - tilde).max()
fig, ax = figure(size=(6.4, 3.6))
draw(ax, scene)
path(ax, np.array(held), color=COLORS.validation, label="w, first form")
path(ax, tilde, color=COLORS.train, label="look-ahead point, second form")
ax.plot(*np.array(seen).T, "x", color=COLORS.warning, ms=7, label="w + μ v, first form")
ax.legend(frameon=True, fontsize=8)
show(
    fig,
    caption="The two forms hold different points. But where the first one *looks* is where the "
    f"second one stands: the largest difference is {nesterov_gap:.0e}, rounding.",
    alt="Two spiralling paths to the middle of a bowl. Crosses for the look-ahead points of the "
    "first form lie on the dots of the second.",
)

# %% [markdown]
# Can it be better still? Yes, with second derivatives: that is the lecture on curvature. Here we go
# another way. But first a break.

# %% [markdown] tags=["ADA-01"]
# ## 6 · A rate for each weight: AdaGrad
#
# Up to here one learning rate served all weights.

# %% tags=["predict"]
same_rate = ...

# %% tags=["check"]
check("optimizers.same_rate")

# %% [markdown] tags=["ADA-02", "OPT-17", "E-29", "E-30"]
# Duchi, Hazan and Singer (2011) let every weight keep its own account. $r$ collects the squares of
# its gradients, entry by entry ($\odot$ multiplies entry by entry, as `*` does):
#
# $$r \leftarrow r + g \odot g, \qquad
# w \leftarrow w - \frac{\eta}{\sqrt r + \epsilon} \odot g .$$
#
# A weight that has seen large gradients gets small steps from now on. A weight that was rarely
# touched keeps a large rate.
#
# ### Spot the errors
#
# > Individually adapts the learning rates by scaling every *parameter* by the root of the sum of
# > *its* historical squared values.
#
# > AdaGrad: $\; r \leftarrow r + g \odot g$,
# > $\Delta\theta \leftarrow \frac{\epsilon}{\delta + \sqrt r} \odot g$,
# > $\theta \leftarrow \theta + \Delta\theta$
#
# (Here $\epsilon$ is the learning rate, our $\eta$, and $\delta$ is what we call $\epsilon$.) Do not copy
# them. What is really scaled, and by whose history? And in the second line, which way does the
# point go?

# %% tags=["exercise"]
from utils.optimizers import adagrad_step

# %% tags=["check"]
check("optimizers.adagrad_step")

# %% [markdown]
# So it is the *step* that is scaled, by the history of the *gradient*. And the printed line? Run for
# twenty steps from $(1, 1)$, it should find a minimum at $(0, 0)$. (A minus in front of the gradient
# turns your function into the printed one.)

# %% tags=["demo"]
printed_adagrad = trajectory(
    lambda w, dw, state, lr: adagrad_step(w, -dw, state, lr=lr), bowl(1), steps=20, lr=0.1
)
compare(
    [
        ("first coordinate", printed_adagrad[-1, 0], 1.85),
        ("second coordinate", printed_adagrad[-1, 1], 1.85),
    ],
    rel_tol=0.005,
    printed="earlier run",
    caption="The summary line as printed, 20 steps at rate 0.1 on a round bowl. It has walked "
    "from (1, 1) away from the minimum: gradient ascent.",
)

# %% [markdown]
# Now a problem for which it was made. Ten on-off features go into one sigmoid unit. The first is on in
# one example of fifty, and matters most: its weight should become 4, those of the others 1 or -1.

# %% tags=["demo"]
features, labels = make_sparse_data(5000, 0.02, rng=np.random.default_rng(0))
features = features - 0.5 * (np.arange(10) > 0)  # the common features centred


def learn_sparse(step, lr):
    """Weights of a logistic model after each batch of ten, in two passes over the data."""
    rng, w, state, weights = np.random.default_rng(1), np.zeros(10), None, []
    for _ in range(2):
        for idx in rng.permutation(5000).reshape(500, 10):
            p = 1 / (1 + np.exp(-features[idx] @ w))
            w, state = step(w, features[idx].T @ (p - labels[idx]) / 10, state, lr=lr)
            weights.append(w)
    return np.array(weights)


sparse = {"SGD": learn_sparse(sgd_step, 0.3), "AdaGrad": learn_sparse(adagrad_step, 0.3)}
rare_weight = {name: weights[-1, 0] for name, weights in sparse.items()}
fig, axes = figure(1, 2, size=(8.6, 3), sharey=True)
for ax, (name, weights) in zip(axes, sparse.items(), strict=True):
    ax.plot(weights[:, 1:], color=COLORS.reference, lw=0.6)
    ax.plot(weights[:, 0], color=COLORS.train, lw=2)
    ax.axhline(4, color=COLORS.validation, ls="--", lw=1)
    ax.text(
        10, 3.75, "the rare weight should get here", color=COLORS.validation, va="top", fontsize=9
    )
    ax.set(title=name, xlabel="step")
axes[0].set_ylabel("weight")
show(
    fig,
    caption="Thick: the weight of the rare feature; thin: the others. With one rate for all, "
    f"SGD brings it to {rare_weight['SGD']:.1f} while the others are done; AdaGrad, at "
    f"the same rate, to {rare_weight['AdaGrad']:.1f}.",
    alt="Weights over 1000 steps. SGD: the common weights reach 1 and -1 soon, the rare one "
    "rises slowly to 1.7. AdaGrad: the rare one rises to 3.2.",
)

# %% [markdown] tags=["ADA-03"]
# ### Two questions

# %% tags=["predict"]
adagrad_valley = ...

# %% tags=["check"]
check("optimizers.adagrad_valley")

# %% tags=["predict"]
adagrad_later = ...

# %% tags=["check"]
check("optimizers.adagrad_later")

# %% tags=["demo"]
later = moves(adagrad_step, np.full(1000, 3.0), lr=1.0)
printed_later = {1: 1.0, 10: 0.316, 100: 0.1, 1000: 0.0316}
compare(
    [(f"step {t}", later[t - 1], printed_later[t]) for t in printed_later],
    rel_tol=0.005,
    printed="1/√t",
    caption="Length of AdaGrad's steps for a constant gradient of 3, in units of the learning "
    "rate. (The size of the gradient does not matter. Try another one.)",
)

# %% tags=["demo"]
tilted = bowl(50)
ada_way = trajectory(adagrad_step, tilted, steps=60, lr=0.3)
gd_way = trajectory(sgd_step, tilted, steps=60, lr=0.03)
rates = effective_lr(tilted.gradient(ada_way[:-1]), lr=0.3)
fig, (left, right) = figure(1, 2, size=(8.6, 3.2))
draw(left, tilted)
path(left, gd_way, color=COLORS.validation, label="gradient descent, 0.03")
path(left, ada_way, color=COLORS.train, label="AdaGrad, 0.3")
left.legend(frameon=True, fontsize=8, loc="lower left")
right.plot(rates[:, 0], color=COLORS.train, lw=2, label="steep, $w_1$")
right.plot(rates[:, 1], "--", color=COLORS.train, lw=2, label="flat, $w_2$")
right.axhline(0.03, color=COLORS.validation, lw=1)
right.set(xlabel="step", ylabel="rate that is left", yscale="log", ylim=(1e-3, 1))
right.legend(frameon=False, loc="lower right")
show(
    fig,
    caption="Condition number 50. AdaGrad goes down the diagonal as if the bowl were round: its "
    f"two rates differ by the factor {rates[-1, 1] / rates[-1, 0]:.0f}. Line at 0.03: "
    "the one rate of gradient descent.",
    alt="Left: gradient descent zig-zags across the valley, AdaGrad walks straight to the "
    "minimum. Right: two rates that fall and level off, the flat weight's 50 times higher.",
)

# %% [markdown] tags=["ADA-04", "E-31"]
# ### Spot the difference: where ε lives
#
# Five slides, four formulas: $\sqrt{G + \epsilon}$, $\sqrt G + \epsilon$ with $10^{-7}$,
# $\delta + \sqrt r$, and no $\epsilon$ at all. ($G$ is another name for our $r$.)

# %% tags=["predict"]
eps_inside = ...

# %% tags=["check"]
check("optimizers.eps_inside")

# %% tags=["demo"]
sizes = np.logspace(-11, -1, 101)
placed = {
    mode: sizes / adaptive_denominator(sizes**2, 1e-8, mode)
    for mode in ("outside", "inside", "none")
}
fig, ax = figure(size=(7, 3))
for (mode, ratio), dash in zip(placed.items(), ("-", "--", ":"), strict=True):
    ax.plot(sizes, ratio, dash, lw=2, label={"none": "no ε"}.get(mode, f"ε {mode}"))
ax.set(xlabel="size of the gradient |g|", ylabel="step / learning rate", xscale="log")
ax.legend(frameon=False)
eps_table = [
    (f"g = {g:g}, {mode}", float(g / adaptive_denominator(np.array([g**2]), 1e-8, mode)[0]), theirs)
    for g, mode, theirs in (
        (1e-4, "outside", 0.9999),
        (1e-4, "inside", 0.707),
        (1e-5, "outside", 0.999),
        (1e-5, "inside", 0.0995),
    )
]
show(
    fig,
    caption="First step of AdaGrad, ε = 1e-8. The idea is that the size of the gradient should "
    "not matter. Outside, that is true down to 1e-8; inside, only down to 1e-4. Without "
    "ε it is always true, except for a gradient of exactly 0.",
    alt="Step over learning rate against the size of the gradient, logarithmic. No epsilon: "
    "constant 1. Outside: 1 down to 1e-7, then falling to 0. Inside: 1 down to 1e-3, falling "
    "to 0 at 1e-5.",
)
compare(eps_table, rel_tol=0.002, printed="earlier run", caption="Step over learning rate.")

# %% [markdown] tags=["ADA-05", "ADA-07"]
# ## 7 · Forget: RMSProp
#
# AdaGrad never forgets. One steep cliff at the beginning, and the rates are small for ever. Several
# people had the same idea in 2012: replace the sum by an average that fades. Hinton showed it on a
# slide of an online course and called it RMSProp; it is also the first half of Zeiler's Adadelta:
#
# $$r \leftarrow \beta\, r + (1 - \beta)\, g \odot g, \qquad
# w \leftarrow w - \frac{\eta}{\sqrt r + \epsilon} \odot g .$$
#
# RMS is the root of the mean square. Some slides put ε inside the root, some leave it out. We keep
# it outside.

# %% [markdown] tags=["ADA-07", "E-32"]
# ### Spot the error
#
# > RMSProp: keeps a decaying average of the *gradient*.
#
# Imagine a gradient that is +5, -5, +5, -5. What is the average of these numbers, and what that of
# their squares? And mind the minus: one lecture subtracts its step $u$
# under momentum, and adds it here, with the minus inside: $u = -\frac{\eta}{\sqrt G}\, g$.

# %% tags=["exercise"]
from utils.optimizers import rmsprop_step

# %% tags=["check"]
check("optimizers.rmsprop_step")

# %% tags=["predict"]
rmsprop_first = ...

# %% tags=["check"]
check("optimizers.rmsprop_first")

# %% tags=["demo"]
cliff = np.concatenate([np.full(20, 100.0), np.ones(180)])  # a steep start, then a gentle slope
after_cliff = {
    "AdaGrad": moves(adagrad_step, cliff, lr=1.0),
    "RMSProp, β = 0.9": moves(rmsprop_step, cliff, lr=1.0),
    "RMSProp, β = 0.97": moves(rmsprop_step, cliff, lr=1.0, beta=0.97),
}
fig, ax = figure(size=(7, 3.1))
for (name, steps), dash in zip(after_cliff.items(), (":", "-", "--"), strict=True):
    ax.plot(range(1, 201), steps, dash, lw=2, label=name)
ax.axvline(20.5, color=COLORS.warning, lw=1)
ax.text(22, 4, "the slope becomes gentle", color=COLORS.warning, fontsize=9)
ax.set(xlabel="step", ylabel="length of the step / rate", yscale="log")
ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.1))
rmsprop_first_step = after_cliff["RMSProp, β = 0.9"][0]
show(
    fig,
    caption="Gradient 100 for twenty steps, then 1. AdaGrad's steps stay at "
    f"{after_cliff['AdaGrad'][-1]:.1e} of the rate. RMSProp forgets the cliff and "
    f"returns to 1; how soon, β decides. Its first step is {rmsprop_first_step:.2f}, the "
    "answer to the question above.",
    alt="Step length over 200 steps. All drop at step 21 by a factor of about a hundred. RMSProp "
    "with 0.9 is back at 1 after about 90 further steps, with 0.97 it is still rising; "
    "AdaGrad stays near 0.002.",
)

# %% [markdown] tags=["ADA-08", "E-33"]
# ### RMSProp with Nesterov
#
# The two ideas, memory of the direction and memory of the size, do not exclude each other. Look
# ahead, scale the gradient found there, and let it push the velocity:
#
# $$\tilde w = w + \mu v, \quad g = \nabla L(\tilde w), \quad r \leftarrow \beta r + (1 - \beta)\, g \odot g,
# \quad v \leftarrow \mu v - \frac{\eta}{\sqrt r + \epsilon} \odot g, \quad w \leftarrow w + v .$$
#
# > **Spot the error.** The slide's algorithm 6 requires a stabiliser δ and an initial $v$. Then it
# > prints $v \leftarrow \alpha v - \frac{\epsilon}{\sqrt r} \odot \hat g$ and does not say what $v$
# > is at first.
#
# ($\epsilon$ is the learning rate again, and $\alpha$ our $\mu$.) Where has the stabiliser gone? What
# happens to a weight whose gradient has always been 0?

# %% tags=["exercise"]
from utils.optimizers import rmsprop_nesterov_step

# %% tags=["check"]
check("optimizers.rmsprop_nesterov_step")

# %% tags=["demo"]
banana = rosenbrock()
duel = {
    "RMSProp, rate 0.01": trajectory(rmsprop_step, banana, steps=400, lr=0.01),
    "with Nesterov, rate 0.001": trajectory(
        rmsprop_nesterov_step, banana, steps=400, lr=0.001, mu=0.9
    ),
}
fig, (left, right) = figure(1, 2, size=(8.6, 3.2))
draw(left, banana)
duel_ends = {}
for (name, way), color, dash in zip(
    duel.items(), (COLORS.validation, COLORS.train), ("--", "-"), strict=True
):
    line, _ = path(left, way, color=color, label=name)
    line.set(ms=2, lw=1)
    right.plot(banana.value(way), dash, color=color, lw=1.5, label=name)
    duel_ends[name] = float(banana.value(way[-1]))
right.set(xlabel="step", ylabel="loss", yscale="log")
right.legend(frameon=False, fontsize=9)
show(
    fig,
    caption="Rosenbrock's banana: a flat, bent valley. A tenth of the rate with μ = 0.9 gives "
    "the same speed. Both follow the floor; after 400 steps the losses are "
    f"{duel_ends['RMSProp, rate 0.01']:.2f} and "
    f"{duel_ends['with Nesterov, rate 0.001']:.3f}.",
    alt="Left: both paths follow the bent valley of the banana. Right: their losses over 400 "
    "steps.",
)

# %% [markdown] tags=["ADA-06"]
# ## 8 · A question of units: Adadelta
#
# Zeiler (2012) had a second thought.

# %% tags=["predict"]
units = ...

# %% tags=["check"]
check("optimizers.units")

# %% [markdown]
# A second derivative would mend it, but costs too much. Zeiler's way out: what else is at hand that
# is measured like the weights? The steps that were made already! Keep a fading average $d$ of their
# squares, and put its root above the line:
#
# $$r \leftarrow \beta r + (1 - \beta)\, g \odot g, \qquad
# s = -\frac{\sqrt{d + \epsilon}}{\sqrt{r + \epsilon}} \odot g, \qquad
# d \leftarrow \beta d + (1 - \beta)\, s \odot s, \qquad w \leftarrow w + s .$$
#
# The step uses the old $d$, because the new one needs the step. No learning rate is left. And ε has
# a second job here: $d$ starts at 0, so without ε nothing would ever move.

# %% tags=["exercise"]
from utils.optimizers import adadelta_step

# %% tags=["check"]
check("optimizers.adadelta_step")

# %% [markdown]
# Test the units. First measure the *loss* in centimetres instead of metres: it becomes 100 times as
# large. Then measure the *weights* in smaller and smaller units, so that all their numbers grow.
# Which methods notice?


# %% tags=["demo"]
def in_units(step, steps, loss=1.0, weights=1.0, **hyper):
    """The path on a bowl whose loss and weights are measured in other units, told in the old units."""
    surface = quadratic(loss / weights**2 * np.diag([10.0, 1.0]))
    return trajectory(step, surface, (weights, weights), steps=steps, **hyper) / weights


def steps_to_half(step, weights, most=12_000, **hyper):
    """Steps until half of the distance to the minimum is left."""
    distance = np.linalg.norm(in_units(step, most, weights=weights, **hyper), axis=1)
    return int(np.argmax(distance < distance[0] / 2))


contenders = {
    "gradient descent": (sgd_step, {"lr": 0.05}, COLORS.reference),
    "AdaGrad": (adagrad_step, {"lr": 0.1}, COLORS.yours),
    "RMSProp": (rmsprop_step, {"lr": 0.01}, COLORS.validation),
    "Adadelta": (adadelta_step, {}, COLORS.train),
}
loss_gap, halved = {}, {}
scales = np.array([1.0, 5.0, 25.0])
fig, (left, right) = figure(1, 2, size=(9, 3.1))
for (name, (step, hyper, color)), mark in zip(contenders.items(), "osD^", strict=True):
    gap = np.abs(in_units(step, 50, loss=100.0, **hyper) - in_units(step, 50, **hyper)).max()
    loss_gap[name] = float(gap)
    halved[name] = [steps_to_half(step, scale, **hyper) for scale in scales]
    right.plot(scales, halved[name], f"{mark}-", color=color, label=name)
bars = left.barh(list(loss_gap), np.clip(list(loss_gap.values()), 1e-12, 1e3), color=COLORS.train)
labels = [f"{gap:.0e}" if gap < 1e3 else "explodes" for gap in loss_gap.values()]
left.bar_label(bars, labels, fontsize=9, padding=3)
left.set(title="loss times 100", xscale="log", xlim=(1e-12, 1e8), xlabel="change of the path")
left.invert_yaxis()
right.set(
    title="weights times s", xscale="log", yscale="log", xlabel="s", ylabel="steps to half-way"
)
right.set_xticks(scales, [f"{scale:g}" for scale in scales])
right.minorticks_off()
right.legend(frameon=False, fontsize=9)
growth = {name: counts[-1] / counts[0] for name, counts in halved.items()}
show(
    fig,
    caption="Left: whoever divides by the size of the gradient does not notice the unit of the "
    "loss. (An earlier run: AdaGrad identical, Adadelta to 2e-6.) Right: everyone "
    "notices the unit of the weights. For numbers 25 times as large gradient descent "
    f"needs {growth['gradient descent']:.0f} times as many steps, RMSProp "
    f"{growth['RMSProp']:.0f}, Adadelta {growth['Adadelta']:.0f}.",
    alt="Left: bars of the change of the path on a logarithmic axis; gradient descent explodes, "
    "the others stay below 1e-5. Right: steps to half-way against the scale of the weights, "
    "both logarithmic. All curves rise, those of gradient descent and AdaGrad most, that of "
    "Adadelta least.",
)

# %% [markdown]
# So the argument about units is beautiful, and it is half true. Adadelta suffers least. But it
# suffers, because ε is a number with a unit in disguise: it sets the length of the first steps, and
# the method needs a while to grow out of them.

# %% [markdown] tags=["ADA-09"]
# ## 9 · Adam
#
# Kingma and Ba (2015) put it together. Go step by step, from RMSProp:
#
# 1. **Momentum.** Replace the gradient above the line by an average of gradients, $m$.
# 2. **Two memories.** Give both averages their own decay: $\beta_1 = 0.9$ for $m$, and
#    $\beta_2 = 0.999$ for $v$, the average of squares. (So far it was called $r$. Here $v$ is no velocity;
#    the letter is the paper's.)
# 3. **Bias correction.** Both averages start at 0.
#
# The first two give "almost Adam":
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g \odot g, \qquad
# w \leftarrow w - \eta\, \frac{m}{\sqrt v + \epsilon}.$$

# %% [markdown] tags=["ADA-10"]
# ### The first steps

# %% tags=["predict"]
adam_first = ...

# %% tags=["check"]
check("optimizers.adam_first")

# %% tags=["predict"]
adam_next = ...

# %% tags=["check"]
check("optimizers.adam_next")

# %% [markdown] tags=["ADA-09", "E-34"]
# ### The correction
#
# After $t$ steps with a constant gradient $m = (1 - \beta_1^t)\, g$. So divide it by
# $1 - \beta_1^t$, and $v$ likewise:
#
# $$\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat v = \frac{v}{1 - \beta_2^t}, \qquad
# w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}, \qquad t = 1, 2, 3, \dots$$
#
# > **Spot the error.** Two lectures stop at "almost Adam" and call it Adam; one of them leaves out ε,
# > too. A third writes code. There `for t in range(1, num_iterations)` makes one step too few, and its
# > "almost" version has a bracket too many.
#
# Write the full one. The argument `bias_correction` switches step 3 off.

# %% tags=["exercise"]
from utils.optimizers import adam_step

# %% tags=["check"]
check("optimizers.adam_step")

# %% tags=["demo"]
t = np.arange(1, 5001)
uncorrected = moves(adam_step, np.full(5000, 2.0), lr=1.0, bias_correction=False)
corrected = moves(adam_step, np.full(5000, 2.0), lr=1.0)
theory_gap = np.abs(uncorrected - uncorrected_ratio(t)).max()
back_home = int(t[uncorrected > 1.05].max()) + 1
fig, ax = figure(size=(7, 3))
ax.plot(t, uncorrected, color=COLORS.validation, lw=2, label="uncorrected")
ax.plot(t, corrected, "--", color=COLORS.train, lw=2, label="corrected")
ax.set(xlabel="step", ylabel="length of the step / rate", xscale="log", ylim=(0, 7))
ax.legend(frameon=False)
show(
    fig,
    caption="Adam's steps for a constant gradient, from your function. Uncorrected they begin at "
    "3.16 times the rate, climb to 6.57 and come home after thousands of steps: the "
    "wrong way round, just when the gradients are least to be trusted. Corrected they "
    "are the rate, always.",
    alt="Step length over step number, logarithmic. The uncorrected curve rises from 3.16 to "
    "6.57 at step 12 and falls to 1 at about 3000. The corrected one is a flat line at 1.",
)
adam_table = [
    ("first step", uncorrected[0], 3.16),
    ("largest step", uncorrected.max(), 6.57),
    ("at step number", int(t[uncorrected.argmax()]), 12),
    ("step 1000", uncorrected[999], 1.26),
    ("within 5 % from step", back_home, 2375),
    (
        "first step for β₁ = 0",
        moves(adam_step, [2.0], lr=1.0, beta1=0.0, bias_correction=False)[0],
        31.6,
    ),
    ("corrected, first step", corrected[0], 1.0),
]
compare(
    adam_table,
    rel_tol=0.002,
    printed="earlier run",
    caption="Steps of Adam without correction, in units of the rate.",
)

# %% [markdown] tags=["ADA-09"]
# **Explore.** Adam in its parts, on a valley that is not parallel to the axes. Switch them on one
# by one.

# %% tags=["demo"]
slanted = replace(ravine(40), span=((-1.4, 1.2), (-1.2, 1.7)))


def in_parts(momentum, scaling, correction, lr):
    """Adam with some of its parts switched off, 100 steps."""
    beta1 = 0.9 if momentum else 0.0
    if scaling:
        return trajectory(
            adam_step, slanted, steps=100, lr=lr, beta1=beta1, bias_correction=correction
        )
    # Without the scale it is momentum with an average, which the sum form can imitate.
    return trajectory(
        momentum_sum_step,
        slanted,
        steps=100,
        lr=lambda k: lr * (1 - beta1) / ((1 - beta1 ** (k + 1)) if correction else 1),
        mu=beta1,
    )


def start():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.4))
    draw(left, slanted)
    line, ring = path(left, in_parts(True, True, True, 0.05))
    (length,) = right.plot(
        range(1, 101), np.ones(100), color=COLORS.validation, label="length of the step"
    )
    (loss,) = right.plot(range(1, 101), np.ones(100), "--", color=COLORS.train, label="loss")
    right.set(xlabel="step", yscale="log", ylim=(1e-6, 100))
    right.legend(frameon=False, loc="lower left")
    return fig, (line, ring, length, loss)


def update(artists, momentum, scaling, correction, lr):
    line, _, length, loss = artists
    way = np.clip(np.nan_to_num(in_parts(momentum, scaling, correction, lr), nan=1e3), -1e3, 1e3)
    line.set_data(*way.T)
    step = np.linalg.norm(np.diff(way, axis=0), axis=1)
    length.set_ydata(np.maximum(step, 1e-7))
    loss.set_ydata(np.maximum(slanted.value(way[1:]), 1e-7))
    parts = [
        n
        for n, on in (("momentum", momentum), ("scaling", scaling), ("correction", correction))
        if on
    ]
    return (
        f"{' + '.join(parts) or 'plain gradient descent'} at rate {lr:.2g}: the first step has "
        f"length {step[0]:.2g}, and the loss after 100 steps is {slanted.value(way[-1]):.2g}."
    )


explore(
    start,
    update,
    controls={
        "momentum": Toggle(True, label="momentum"),
        "scaling": Toggle(True, label="scaling by the root mean square"),
        "correction": Toggle(True, label="bias correction"),
        "lr": LogSlider(0.003, 0.3, value=0.05, label="learning rate"),
    },
    goal="Switch the correction off: what happens to the first steps? Then find the best rate "
    "with momentum only, with scaling only, and with both.",
)

# %% [markdown] tags=["ADA-11"]
# ### Defaults, and praise
#
# $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$, learning rate $10^{-3}$ or
# $5 \cdot 10^{-4}$. "Needs practically no tuning", say the slides, and "a good start". Test it: two
# small networks, three methods, five rates. Where is the untuned Adam, at $10^{-3}$?

# %% tags=["demo"]
from tqdm.auto import tqdm

digits = load_digits()
rng = np.random.default_rng(0)
spirals = Dataset(
    *make_spirals(450, rng=rng),
    *make_spirals(150, rng=rng),
    *make_spirals(150, rng=rng),
    names=("0", "1", "2"),
)
tasks = {"digits": (digits, [64, 50, 10], 8), "spirals": (spirals, [2, 30, 30, 3], 20)}
methods = {"SGD": sgd_step, "momentum": partial(momentum_step, mu=0.9), "Adam": adam_step}
rate_grid = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
reached = {(task, method): [] for task in tasks for method in methods}
for (task, method), found in tqdm(reached.items(), delay=1, leave=False):
    data, layers, epochs = tasks[task]
    for rate in rate_grid:
        history = train(
            MLP(layers, rng=np.random.default_rng(0)),
            data,
            step=methods[method],
            lr=rate,
            epochs=epochs,
            batch_size=50,
            rng=np.random.default_rng(0),
            abort_factor=None,
            progress=False,
        )
        found.append(history.val_acc[-1])
fig, axes = figure(1, 2, size=(8.8, 3.1), sharey=True)
for ax, task in zip(axes, tasks, strict=True):
    for method, mark, color in zip(methods, "osD", colors, strict=True):
        ax.plot(rate_grid, reached[task, method], f"{mark}-", color=color, label=method)
    ax.axvline(1e-3, color=COLORS.warning, lw=1)
    ax.set(
        title=f"{task}, {tasks[task][2]} epochs",
        xlabel="learning rate",
        xscale="log",
        ylim=(0, 1.02),
    )
axes[0].set_ylabel("validation accuracy")
axes[0].text(1.1e-3, 0.03, "Adam's default", color=COLORS.warning, fontsize=9)
axes[1].legend(frameon=False, loc="lower right")
untuned = {task: reached[task, "Adam"][1] for task in tasks}
tuned = {task: max(reached[task, "SGD"]) for task in tasks}
show(
    fig,
    caption="The three curves look alike and reach about the same height. They stand at different "
    f"places. Adam at its default reaches {untuned['digits']:.2f} and "
    f"{untuned['spirals']:.2f}; SGD at its best rate {tuned['digits']:.2f} and "
    f"{tuned['spirals']:.2f}.",
    alt="Validation accuracy against learning rate on a logarithmic axis, for digits and "
    "spirals. Adam peaks at 0.01 and at 0.1, momentum at 0.1, SGD at 1; the peaks are about "
    "equally high.",
)

# %% [markdown]
# So the praise is true in one sense: Adam's rate is a length of steps, not a factor on gradients of
# unknown size. Therefore one default is reasonable everywhere. It is not the best one for these two
# short runs. And tuned SGD comes out about as high.
#
# **Explore.** Steer a run while it goes on.


# %% tags=["demo"]
def slices(values):
    step = methods[values.method]
    for run in training_steps(
        MLP([64, 50, 10], rng=np.random.default_rng(0)),
        digits,
        step=step,
        lr=values.lr,
        epochs=60,
        batch_size=50,
        rng=np.random.default_rng(0),
        abort_factor=None,
    ):
        run.lr = values.lr
        if run.epoch_ended:
            yield run.history


def start():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.1))
    (loss,) = left.plot([], [], color=COLORS.train, lw=2)
    left.set(
        xlabel="epoch", ylabel="training loss (nats)", xlim=(0, 60), ylim=(1e-4, 10), yscale="log"
    )
    (accuracy,) = right.plot([], [], color=COLORS.validation, lw=2)
    right.set(xlabel="epoch", ylabel="validation accuracy", xlim=(0, 60), ylim=(0, 1))
    return fig, (loss, accuracy)


def update(artists, history, method, lr):
    n = np.arange(1, 1 + len(history.train_loss))
    artists[0].set_data(n, np.clip(np.nan_to_num(history.train_loss, nan=10), 1e-4, 10))
    artists[1].set_data(n, history.val_acc)
    return (
        f"Epoch {len(n)}, rate {lr:.2g}: training loss {history.train_loss[-1]:.3g}, validation "
        f"accuracy {history.val_acc[-1]:.1%}. The next new run uses {method}."
    )


live(
    start,
    slices,
    update,
    controls={
        "method": Choice(list(methods), label="method", value="Adam"),
        "lr": LogSlider(1e-4, 3, value=0.01, label="learning rate"),
    },
    goal="Ruin a running Adam with a rate of 1 and lower it again: does it recover? Which "
    "method, at which rate, gets the loss below 0.01 first?",
    preview=12,
    per_second=12,
)

# %% [markdown] tags=["ADA-12", "E-35"]
# ### Spot the errors: a box
#
# > Require $\epsilon$ (set to 0.0001), decay rates $\rho_1$ (0.9) and $\rho_2$ (set to 0.9),
# > initial $\theta$, δ
# >
# > $s \leftarrow \rho_1 s + (1 - \rho_1)\,\hat g$,
# > $r \leftarrow \rho_2 r + (1 - \rho_2)\,\hat g \odot \hat g$
# >
# > $\hat s \leftarrow \frac{s}{1 - \rho_1^t}$, $\hat r \leftarrow \frac{r}{1 - \rho_2^t}$
# >
# > $\Delta\theta = -\epsilon\, \frac{\hat s}{\sqrt{\hat r + \delta}}$,
# > $\theta \leftarrow \theta + \Delta\theta$
# >
# > *Algorithm 7: RMSProp with Nesterov*
#
# Its letters: $\epsilon$ is the learning rate, $\delta$ the stabiliser, $s$ and $r$ are our $m$ and $v$.

# %% tags=["predict"]
adam_box = ...

# %% tags=["check"]
check("optimizers.adam_box")

# %% [markdown]
# Does $\rho_2 = 0.9$ matter? Here is a gradient with rare shocks: it is $-1$ nearly always, and
# $+60$ in 3 % of the steps. On average it is $+0.83$, so the weight should go *down*. What does
# Adam do?

# %% tags=["demo"]
shocks = np.where(np.random.default_rng(0).random((8, 1500)) < 0.03, 60.0, -1.0)
fig, ax = figure(size=(7, 3.1))
drift = {}
for beta2, color in ((0.9, COLORS.validation), (0.999, COLORS.train)):
    ways = np.array([-np.cumsum(moves(adam_step, row, lr=0.01, beta2=beta2)) for row in shocks])
    drift[beta2] = ways[:, -1].mean()
    ax.plot(ways.T, color=color, lw=0.7)
    ax.plot(ways.mean(axis=0), color=color, lw=2.5, label=f"$\\rho_2$ = {beta2}")
last_first_shock = int((shocks > 0).argmax(axis=1).max())
ax.set(xlabel="step", ylabel="weight (it should fall)")
ax.legend(frameon=False)
show(
    fig,
    caption="Eight runs of each, thick their mean. With the short memory every shock is divided "
    "by its own size, counts like any other step, and the weight climbs. With the long "
    f"memory it falls, as it should. (One run meets no shock in {last_first_shock} steps. Until "
    "then it cannot know better.)",
    alt="The weight over 1500 steps. Runs with rho 0.9 climb to about plus 3. Those with 0.999 "
    "fall slowly below 0, all but one, which first rises to nearly 2.",
)

# %% [markdown] tags=["OPT-17"]
# ## 10 · The race
#
# All of them, as they should have been printed ($g^2$ is short for $g \odot g$):
#
# | method | remembers | step |
# |---|---|---|
# | SGD | nothing | $-\eta g$ |
# | momentum | $v \leftarrow \mu v - \eta g$ | $v$ |
# | Nesterov | the same, with $g$ from $w + \mu v$ | $v$ |
# | AdaGrad | $r \leftarrow r + g^2$ | $-\eta\, g / (\sqrt r + \epsilon)$ |
# | RMSProp | $r \leftarrow \beta r + (1 - \beta) g^2$ | $-\eta\, g / (\sqrt r + \epsilon)$ |
# | Adadelta | the same $r$, and $d \leftarrow \beta d + (1 - \beta) s^2$ | $s = -g \sqrt{d + \epsilon} / \sqrt{r + \epsilon}$ |
# | Adam | $m \leftarrow \beta_1 m + (1 - \beta_1) g$, $v \leftarrow \beta_2 v + (1 - \beta_2) g^2$ | $-\eta\, \hat m / (\sqrt{\hat v} + \epsilon)$ |
#
# First the table of the narrow bowl, $\kappa = 100$, 300 steps, now complete. Who do you think
# wins?

# %% tags=["demo"]
full_table = {
    **{f"gradient descent, {name}": row for name, row in gd_table.items()},
    "momentum, 0.01 and 0.9": momentum_table["momentum"],
    "Nesterov, 0.01 and 0.9": momentum_table["Nesterov"],
    "AdaGrad, 0.5": (loss_after(adagrad_step, lr=0.5), 0.0),
    "AdaGrad, 0.05": (loss_after(adagrad_step, lr=0.05), 0.105),
    "RMSProp, 0.01": (loss_after(rmsprop_step, lr=0.01), 1.2e-3),
    "Adam, 0.05": (loss_after(adam_step, lr=0.05), 3.7e-13),
}
compare(
    [(name, *row) for name, row in full_table.items()],
    rel_tol=0.05,
    abs_tol=1e-20,
    printed="earlier run",
    caption="Loss after 300 steps from (1, 1). AdaGrad at a good rate lands in the minimum "
    "exactly, because the axes of this bowl are the weights. Ten times less, and it is "
    "among the last.",
)

# %% [markdown]
# A table for one bowl, one start and one rate each proves little. Watch them on four surfaces.
# Rates were chosen by hand for each surface; the slider multiplies all of them.

# %% tags=["demo"]
racers = {
    "SGD": sgd_step,
    "momentum": momentum_step,
    "Nesterov": nesterov_step,
    "AdaGrad": adagrad_step,
    "RMSProp": rmsprop_step,
    "Adam": adam_step,
}
rates_of = {  # in the order of the racers
    "bowl": (bowl(20), (0.09, 0.01, 0.01, 0.3, 0.03, 0.1)),
    "ravine": (ravine(40), (0.045, 0.01, 0.01, 0.3, 0.03, 0.1)),
    "saddle": (saddle(), (0.05, 0.02, 0.02, 0.1, 0.02, 0.03)),
    "Rosenbrock": (rosenbrock(), (0.001, 0.001, 0.001, 0.5, 0.05, 0.2)),
}
shirts = {  # the colour and the marker of each racer
    "SGD": ("#000000", "o"),
    "momentum": (COLORS.validation, "s"),
    "Nesterov": (COLORS.yours, "D"),
    "AdaGrad": (COLORS.test, "v"),
    "RMSProp": ("#35B0E8", "P"),
    "Adam": (COLORS.train, "^"),
}
views = {"bowl": -50, "ravine": -20, "saddle": -50, "Rosenbrock": -100}  # where one sees most
laps = {}


def race(name, factor):
    """The paths of all racers over a surface, 120 steps, shape (racers, 121, 2)."""
    if (name, factor) not in laps:
        surface, rates = rates_of[name]
        laps[name, factor] = np.array(
            [
                trajectory(step, surface, steps=120, lr=factor * rate)
                for step, rate in zip(racers.values(), rates, strict=True)
            ]
        )
    return laps[name, factor]


def height(surface, points):
    """Heights on a scale that shows the floor: log(1 + height), downwards likewise."""
    z = surface.value(points)
    return np.sign(z) * np.log1p(np.abs(z))


def start():
    fig, (flat, deep) = figure(1, 2, size=(8.5, 3.5), width_ratios=(1, 1.15))
    place = deep.get_subplotspec()
    deep.remove()
    deep = fig.add_subplot(place, projection="3d")
    deep.set_box_aspect((1, 1, 0.8), zoom=1.15)
    deep.set_title("height: log(1 + loss)", fontsize=9)
    deep.set(xlabel="$w_1$", ylabel="$w_2$", xticklabels=[], yticklabels=[], zticklabels=[])
    deep.xaxis.labelpad = deep.yaxis.labelpad = -12
    lines, dots, high = [], [], []
    for k, (name, (color, marker)) in enumerate(shirts.items()):
        above = 9 - k  # SGD goes slowest: it lies on top, or the others would cover it
        lines += flat.plot([], [], color=color, lw=2, zorder=above)
        dots += flat.plot([], [], marker, color=color, ms=9, mec="white", zorder=above + 9)
        dots[-1].set_label(name)
        high += deep.plot([], [], [], color=color, lw=2.2, zorder=above + 9)
    fig.legend(handles=dots, loc="outside right center", frameon=False, fontsize=9)
    artists = {"flat": flat, "deep": deep, "lines": lines, "dots": dots, "high": high}
    set_scene(artists, "Rosenbrock")
    return fig, artists


def set_scene(artists, name):
    """Put another surface under the racers: its level lines, and the surface itself in 3-D."""
    flat, deep, surface = artists["flat"], artists["deep"], rates_of[name][0]
    stars = [line for line in flat.lines if line.get_marker() == "*"]
    for old in (*flat.collections, *deep.collections, *stars):
        old.remove()
    draw(flat, surface)
    flat.collections[0].set(edgecolor=COLORS.reference, linewidth=0.8, alpha=0.5)
    for star in (line for line in flat.lines if line.get_marker() == "*"):
        star.set(ms=17, color="#FFD34D", mec="black")
    x, y, _ = surface.grid(40)
    mesh = np.stack(np.meshgrid(x, y), -1)
    z = height(surface, mesh)
    deep.plot_surface(
        *np.moveaxis(mesh, -1, 0), z, cmap="Greys", alpha=0.5, linewidth=0, rcount=40, ccount=40
    )
    deep.set(xlim=surface.span[0], ylim=surface.span[1], zlim=(z.min(), z.max()))
    deep.view_init(elev=42, azim=views[name])
    artists["shown"] = name


def update(artists, t, surface, factor):
    if artists["shown"] != surface:
        set_scene(artists, surface)
    ground, ways = rates_of[surface][0], race(surface, factor)
    low, high = np.array(ground.span).T
    losses = ground.value(np.clip(np.nan_to_num(ways[:, t], nan=1e3), -1e3, 1e3))
    for i, way in enumerate(ways[:, : t + 1]):
        inside = np.where((way >= low) & (way <= high), way, np.nan)
        artists["lines"][i].set_data(*inside.T)
        artists["dots"][i].set_data(*inside[-1:].T)
        artists["high"][i].set_data_3d(*inside.T, height(ground, inside))
    order = [list(racers)[i] for i in np.argsort(losses)]
    return (
        f"{surface}, step {t}: {order[0]} leads with a loss of {losses.min():.2g}, then "
        f"{order[1]} and {order[2]}. Last is {order[-1]} with {losses.max():.2g}."
    )


explore(
    start,
    update,
    controls={
        "t": Player(120, label="step", fps=15, value=60),
        "surface": Choice(list(rates_of), label="surface", value="Rosenbrock"),
        "factor": LogSlider(0.1, 10, value=1, label="rates times", per_decade=5),
    },
    goal="Play each surface. Who leaves the saddle first, who last? Why is AdaGrad so good on "
    "the bowl and worse in the ravine, which is the same bowl turned? Then multiply all "
    "rates by 3: who breaks?",
)

# %% [markdown]
# On the bowl the flat and the steep direction are weights, and a rate for each weight cures it. In
# the ravine they are not. There the methods with momentum win back some ground. No method is best
# everywhere, and every one can be made the last by its rate.

# %% [markdown]
# ## What to remember
#
# - The steepest direction sets the speed limit: $\eta < 2/\lambda_{\max}$. The flattest one then
#   decides how long it takes.
# - The noise of a mini-batch of $m$ examples falls like $1/\sqrt m$. With a constant rate SGD ends in a
#   ball of noise.
# - With many weights, nearly all critical points are saddles. Noise and momentum leave them.
# - Momentum is a decaying *sum* of gradients: $\mu = 0.9$ makes steps up to ten times as long.
#   $\mu$ is what is kept, not friction. The two forms part when the rate changes.
# - Nesterov asks for the gradient where the velocity leads.
# - AdaGrad gives each weight its own rate and never forgets; RMSProp forgets; Adadelta gets the
#   units right, nearly.
# - Adam is momentum plus RMSProp plus bias correction. Uncorrected, its first steps are 3.16 to
#   6.57 times too long.
# - ε stands outside the root. Inside, $10^{-8}$ acts like $10^{-4}$.
# - Before you compare two methods, tune the rate of both.

# %% [markdown]
# ## Read on
#
# - Goodfellow, Bengio, Courville, *Deep Learning*, 2016, chapter 8: the boxes of the lectures come
#   from here.
# - Bottou, *Large-Scale Machine Learning with Stochastic Gradient Descent*, 2010.
# - Robbins, Monro, *A Stochastic Approximation Method*, 1951.
# - Dauphin et al., *Identifying and attacking the saddle point problem in high-dimensional
#   non-convex optimization*, 2014.
# - Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964: momentum.
# - Nesterov, *A method of solving a convex programming problem with convergence rate O(1/k²)*,
#   1983; *Introductory lectures on convex optimization*, 2004.
# - Sutskever, Martens, Dahl, Hinton, *On the importance of initialization and momentum in deep
#   learning*, 2013.
# - Duchi, Hazan, Singer, *Adaptive subgradient methods for online learning and stochastic
#   optimization*, 2011: AdaGrad.
# - Tieleman, Hinton, Coursera lecture 6.5, 2012: RMSProp. Zeiler, *ADADELTA*, 2012.
# - Kingma, Ba, *Adam: A method for stochastic optimization*, 2015.
# - Loshchilov, Hutter, *Decoupled Weight Decay Regularization*, 2019: what happens when L2 meets
#   Adam.
#
# **Next** `10_dropout`: networks that fit the training data too well, and noise that keeps them from
# it.

# %% tags=["demo"]
progress()
