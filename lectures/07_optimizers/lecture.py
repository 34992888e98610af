# %% [markdown]
# # 07 · Momentum and adaptive methods
#
# Backpropagation tells which way is downhill. An optimizer decides how far to go, what to remember, and
# whether all weights should be treated alike. The question behind all of them: **how do you cross a
# valley that is a hundred times as steep one way as the other?**
#
# **After this lecture you can**
#
# - write gradient descent, momentum, Nesterov, AdaGrad, RMSProp, Adam and AdamW;
# - derive why momentum works, the best momentum for a valley, and Adam's bias correction;
# - say at which learning rate a method diverges, before it does;
# - compare two optimizers fairly: each at its best rate, with the width of its good region.
#
# **Time** Two hours; after Nesterov is a good place for a break. **Builds on** gradients
# ([01](../01_backpropagation/01_backpropagation.ipynb)), and the Hessian, its eigenvectors and eigenvalues
# ([06](../06_curvature/06_curvature.ipynb)). A loss is *convex* when no eigenvalue is ever negative.

# %% tags=["setup"]
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from jaxtyping import Float, Int

from grader import borrow, check, failing, hint, progress
from utils.curvature import numerical_hessian
from utils.data import Dataset, load_digits, make_sparse_data, make_spirals
from utils.film import Shape, Trail, film
from utils.networks import MLP
from utils.optimizers import adadelta_step, adaptive_denominator, ema_square, gradient_noise
from utils.optimizers import momentum_sum_step, rmsprop_nesterov_step, step_params
from utils.plots import COLORS, compare, contour, figure, path, show
from utils.schedules import robbins_monro
from utils.surfaces import bowl, noisy_quadratic, quadratic, ravine, rosenbrock, saddle, trajectory
from utils.surfaces import two_valleys
from utils.training import train
from utils.widgets import Choice, LogSlider, Player, Slider, Toggle

# %% [markdown] tags=["OPT-01"]
# ## 1 · Downhill, with noise
#
# The gradient points to where the loss rises fastest. So go the other way:
#
# $$w \leftarrow w - \eta\, \nabla L(w), \qquad
# \nabla L(w) = \frac1N \sum_{i=1}^N \nabla L_i(w).$$
#
# $\eta$ is the learning rate, in code `lr`. All our optimizers have one shape, and change nothing that
# they are given:
#
# ```python
# w, state = some_step(w, dw, state, lr=0.1)        # state is None before the first step
# ```

# %% tags=["exercise"]
from utils.optimizers import sgd_step

# %% tags=["check"]
check("optimizers.sgd_step")

# %% [markdown] tags=["OPT-02", "OPT-03", "OPT-04"]
# ### One example, some, or all
#
# > **Gradient descent.** Until the steps are used up, or the gradient is short enough:
# > choose $m$ of the $N$ examples; $g \leftarrow$ mean of their gradients at $w$;
# > $w \leftarrow w - \eta_k\, g$.
#
# | $m$ | name | one pass over the data makes |
# |---|---|---|
# | $N$ | batch gradient descent | 1 step, exact |
# | 1 | stochastic gradient descent, SGD | $N$ steps, noisy |
# | between | mini-batch SGD, for short also SGD | $N/m$ steps |
#
# The cost of a step does not depend on $N$ (Bottou 2010). Why the *mean*? Think of the best learning
# rate when the batch doubles.

# %% tags=["exercise"]
from utils.optimizers import minibatch_gradient

# %% tags=["check"]
check("optimizers.minibatch_gradient")

# %% [markdown] tags=["OPT-09"]
# Cut the data into batches of one size: the mean of their gradients is the full gradient. So a
# mini-batch is right on average. How far off is a single one?

# %% tags=["predict"]
noise_scale = ...

# %% tags=["check"]
check("optimizers.noise_scale")

# %% tags=["demo"]
rng = np.random.default_rng(0)
inputs = rng.standard_normal((200, 2)) * [1.6, 0.7]
targets = inputs @ [1.0, -0.5] + 0.8 * rng.standard_normal(200)
everyone = np.arange(200)
best = np.linalg.lstsq(inputs, targets, rcond=None)[0]
w0 = np.array([-1.0, 1.0])

parts = [minibatch_gradient(inputs, targets, w0, i) for i in rng.permutation(200).reshape(50, 4)]
partition_gap = np.abs(
    np.mean(parts, axis=0) - minibatch_gradient(inputs, targets, w0, everyone)
).max()

# One constant input and targets of standard deviation 1: each gradient has standard deviation 1.
answers = np.random.default_rng(0).standard_normal(4000)
answers = (answers - answers.mean()) / answers.std()
noise = {
    m: gradient_noise(
        np.ones((4000, 1)), answers, np.zeros(1), m, repeats=1500, rng=np.random.default_rng(m)
    )[0]
    for m in (1, 10, 100, 1000)
}
compare(
    [(f"batches of {m}", found, m**-0.5) for m, found in noise.items()],
    rel_tol=0.06,
    printed="1/√m",
    caption="Standard deviation of the mini-batch gradient, over 1500 batches each. (The mean of "
    f"your 50 batches of 4 differs from the full gradient by {partition_gap:.0e}.)",
)

# %% [markdown]
# A hundred times the examples buy a tenth of the noise. Is that a good bargain? Let every walk look at
# the same number of examples, and give every batch size its best rate.

# %% tags=["demo"]
squares = quadratic(inputs.T @ inputs / 200)
landscape = replace(
    squares,
    value=lambda w: squares.value(w - best),
    span=((-1.4, 1.6), (-1.3, 1.4)),
    minima=(tuple(best),),
)


def draw(ax, surface, lines=11):
    """Level lines of a surface, closer together where it is low, and a star in its minimum."""
    levels = np.unique(np.quantile(surface.grid(80)[2], np.linspace(0.08, 0.98, lines) ** 1.5))
    contour(ax, lambda x, y: surface.value(np.stack([x, y], -1)), *surface.span, levels=levels)
    ax.collections[0].set(alpha=0.55)
    for minimum in surface.minima[:1]:
        ax.plot(*minimum, "*", color=COLORS.warning, ms=11, zorder=2)


def walk_batches(budget, m, lr, seed):
    """The path of mini-batch SGD that looks at ``budget`` examples, m at a time."""
    rng, w, way = np.random.default_rng(seed), w0, [w0]
    steps = budget // m
    for idx in [everyone] * steps if m == 200 else rng.integers(200, size=(steps, m)):
        w, _ = sgd_step(w, minibatch_gradient(inputs, targets, w, idx), None, lr=lr)
        way.append(w)
    return np.array(way)


def end_of(walks, m, budget):
    """Mean loss above the minimum over the last quarter of the walks, cut at the budget."""
    steps = budget // m
    return np.mean([landscape.value(w[steps - steps // 4 : steps + 1]) for w in walks])


sizes, budgets, bargain = (1, 3, 10, 30, 100, 200), (400, 4000), {}
for m in sizes:
    for rate in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.75):
        if rate > 0.05 * m:  # diverges
            continue
        walks = [walk_batches(4000, m, rate, seed) for seed in range(4)]
        for budget in budgets:
            bargain.setdefault((budget, m), {})[rate] = end_of(walks, m, budget)
lowest_loss = {key: min(found.values()) for key, found in bargain.items()}
best_rate = {key: min(found, key=found.get) for key, found in bargain.items()}
fig, (left, right) = figure(1, 2, size=(8.6, 3))
draw(left, landscape)
for m, color in ((200, COLORS.reference), (10, COLORS.train), (1, COLORS.validation)):
    way = walk_batches(400, m, best_rate[400, m], 1)
    line, _ = path(left, way, color=color, label=f"batches of {m}")
    line.set(ms=3, lw=1)
left.legend(frameon=True, fontsize=8, loc="lower left")
for budget, mark in zip(budgets, ("o-", "s--"), strict=True):
    losses = [lowest_loss[budget, m] for m in sizes]
    right.plot(sizes, losses, mark, color=COLORS.train, label=f"{budget:,} examples looked at")
right.set(xlabel="batch size", ylabel="loss above the minimum", xscale="log", yscale="log")
right.legend(frameon=False, fontsize=8)
show(
    fig,
    caption="Least squares with 200 examples, four walks for each point. With 400 examples to look at, "
    "small batches win: many noisy steps beat two exact ones. With 4,000 the exact gradient wins, "
    "because small batches, at a constant rate, do not get out of their noise. (Left: one walk each, "
    "400 examples.)",
    alt="Left: three paths to the minimum, one smooth with two long steps, two trembling ones. Right: "
    "loss against batch size, both logarithmic. For 400 examples it rises from 0.01 to 0.2; for 4,000 it "
    "is near 0.001 up to batches of 100 and falls far below 0.0001 for all 200.",
)

# %% [markdown] tags=["OPT-05", "E-24"]
# ### Spot the error: where SGD arrives
#
# In our words, a slide says: SGD converges to the global minimum if $L$ is convex, and otherwise to a
# local one.

# %% tags=["predict"]
constant_rate = ...

# %% tags=["check"]
check("optimizers.constant_rate")

# %% [markdown]
# So the rate has to fall. Robbins and Monro (1951): SGD settles if $\sum_k \eta_k = \infty$, so that
# any distance can be covered, and $\sum_k \eta_k^2 < \infty$, so that the noise dies out. With
# $\eta_k = c\,k^{-p}$ both hold for $\frac12 < p \le 1$. Where the loss is not convex even that
# promises only a point of zero gradient, which may be a saddle. How rates are lowered in practice:
# [08](../08_learning_rates/08_learning_rates.ipynb).

# %% tags=["demo"]
schedules = {"c": 0.0, "c/√k": 0.5, "c/k": 1.0, "c/k²": 2.0}
keeps = {(True, True): "both", (True, False): "the first", (False, True): "the second"}
final_distance, both_sums = {}, {}
for name, power in schedules.items():
    rng, w = np.random.default_rng(0), np.full(300, 5.0)  # on the parabola 0.5 w²
    for k in range(1, 3001):
        w, _ = sgd_step(w, w + rng.standard_normal(300), None, lr=0.5 / k**power)
    final_distance[name] = np.sqrt(np.mean(w**2))
    both_sums[name] = robbins_monro(lambda t, power=power: 0.5 / (t + 1) ** power)
print("rate    distance after 3000 steps    keeps    (300 walkers from 5, noise 1, c = 0.5)")
for name in schedules:
    print(f"{name:5s} {final_distance[name]:18.2f}               {keeps[both_sums[name]]}")

# %% [markdown]
# The constant rate ends in its ball of noise, $c/k^2$ freezes far out. And $c/\sqrt k$ arrives although it
# breaks the second condition: the conditions are sufficient, not necessary.

# %% [markdown] tags=["OPT-06", "OPT-07"]
# ## 2 · The valley
#
# Noise is the first trouble of SGD. The second: one learning rate has to serve all directions. What
# happens where the loss is a hundred times as steep one way as the other?

# %% tags=["predict"]
largest_rate = ...

# %% tags=["check"]
check("optimizers.largest_rate")

# %% [markdown] tags=["OPT-07"]
# [06](../06_curvature/06_curvature.ipynb) has said why: on every quadratic, the coordinate $c_i$ along the
# eigenvector with eigenvalue $\lambda_i$ goes its own way, $c_i \leftarrow (1 - \eta\lambda_i)\, c_i$.
# Gradient descent in a thousand dimensions is a thousand walks on parabolas with one rate. It bounces
# between the steep walls and barely moves along the floor. At the best rate,
# $\eta = 2/(\lambda_{\max} + \lambda_{\min})$, the two extremes shrink alike, by
# $(\kappa - 1)/(\kappa + 1) \approx 1 - 2/\kappa$ a step, with the condition number
# $\kappa = \lambda_{\max} / \lambda_{\min}$.

# %% tags=["demo"]
turned = ravine(20)
values, vectors = np.linalg.eigh(turned.hessian(np.zeros(2)))
fig, (left, right) = figure(1, 2, size=(8.6, 3.1))
draw(left, turned)
eigen_gap = {}
for rate, color in ((2 / 21, COLORS.train), (0.03, COLORS.validation)):
    way = trajectory(sgd_step, turned, steps=40, lr=rate)
    path(left, way, color=color, label=f"rate {rate:.2g}")
    coordinates = way @ vectors
    theory = coordinates[0] * (1 - rate * values) ** np.arange(41)[:, None]
    eigen_gap[rate] = np.abs(coordinates - theory).max()
    for i, mark in ((0, "o"), (1, "s")):
        right.plot(np.abs(coordinates[:, i]), mark, color=color, ms=4)
        right.plot(np.abs(theory[:, i]), color=color, lw=1)
left.legend(frameon=True, fontsize=8)
right.plot([], [], "o", color="black", label="flat direction, λ = 1")
right.plot([], [], "s", color="black", label="steep direction, λ = 20")
right.set(xlabel="step", ylabel="distance along an eigenvector", yscale="log", ylim=(1e-7, 3))
right.legend(frameon=False, fontsize=8, loc="lower left")
show(
    fig,
    caption="A valley with κ = 20 that lies across the axes. Right: the two coordinates in the "
    "eigenvectors; lines are |1 - ηλ| to the power of the step. At the best rate, 2/21, both shrink by "
    "19/21 per step. (They agree to "
    f"{max(eigen_gap.values()):.0e}.)",
    alt="Left: a zig-zag path and a smooth path into a slanted valley. Right: distances along the two "
    "eigenvectors over 40 steps on a logarithmic axis; dots lie on straight lines.",
)

# %% [markdown] tags=["OPT-08"]
# The third trouble: places where the gradient is zero, local minima and saddles. Put $\lambda_i < 0$ into
# the formula: the factor is above 1, so gradient descent leaves a saddle, if slowly, unless it stands
# *exactly* on the ridge. More about saddles in [06](../06_curvature/06_curvature.ipynb).

# %% [markdown] tags=["OPT-10"]
# ## 3 · Momentum
#
# Across the valley the gradients point left, right, left, right. Along it they all point one way,
# small but consistent. A memory of past steps could tell the two apart. Think of a heavy ball with a
# velocity $v$, which the slope changes little by little (Polyak 1964):
#
# $$v \leftarrow \mu v - \eta\, g, \qquad w \leftarrow w + v .$$
#
# $g$ is the gradient at $w$, and $v$ starts at 0. Usual values of $\mu$, the momentum, lie between 0.8
# and 0.99.

# %% tags=["exercise"]
from utils.optimizers import momentum_step

# %% tags=["check"]
check("optimizers.momentum_step")

# %% [markdown] tags=["OPT-10", "E-25"]
# **Spot the error.** Two slide decks call $\mu$ the friction, usually 0.9 to 0.99. Put $g = 0$ into the
# formula: at 0.99 the ball loses one percent of its speed in a step. The friction is $1 - \mu$.

# %% [markdown] tags=["OPT-12", "OPT-13", "E-28"]
# ### How long does it remember?
#
# Unroll the formula: $v = -\eta\,(g_t + \mu\, g_{t-1} + \mu^2 g_{t-2} + \dots)$.

# %% tags=["predict"]
sum_of_weights = ...

# %% tags=["check"]
check("optimizers.sum_of_weights")

# %% [markdown] tags=["OPT-12", "E-27"]
# ### Spot the error: larger than what?

# %% tags=["predict"]
role_of_mu = ...

# %% tags=["check"]
check("optimizers.role_of_mu")

# %% [markdown] tags=["OPT-10", "OPT-06"]
# Slides promise that momentum helps in four places: local minima, saddles, narrow valleys and noise.
# Which of the four do you believe?

# %% tags=["demo"]
cases = {
    "local minimum": (two_valleys(), 0.02, 0.02, 150),
    "saddle": (saddle(), 0.02, 0.02, 60),
    "narrow valley": (bowl(100), 2 / 101, 0.0136, 100),
    "noise": (noisy_quadratic(1.0, 10.0), 0.05, 0.005, 300),
}
fig, axes = figure(1, 4, size=(9.4, 2.8))
ends, balls = {}, {"SGD": [], "momentum": []}
for ax, (name, (surface, lr_plain, lr_heavy, steps)) in zip(axes, cases.items(), strict=True):
    draw(ax, surface)
    for label, step, hyper, color in (
        ("SGD", sgd_step, {"lr": lr_plain}, COLORS.validation),
        ("momentum", momentum_step, {"lr": lr_heavy, "mu": 0.9}, COLORS.train),
    ):
        for seed in range(5 if surface.noise else 1):
            rng = np.random.default_rng(seed) if surface.noise else None
            way = trajectory(step, surface, steps=steps, rng=rng, **hyper)
            if surface.noise:
                balls[label].append(np.sqrt((way[100:] ** 2).sum(axis=1).mean()))
        line, _ = path(ax, way, color=color, label=label)
        line.set(ms=2, lw=1)
        ends[name, label] = float(surface.value(way[-1]))
    ax.set(title=name, xlabel="", ylabel="")
    ax.tick_params(labelsize=7)
axes[0].legend(frameon=True, fontsize=8, loc="upper left")
ball = {label: np.mean(found) for label, found in balls.items()}
show(
    fig,
    caption="SGD and momentum (0.9). In the first two panels the rates are equal: momentum rolls through "
    "the shallow valley and leaves the saddle sooner. (SGD at ten times the rate would leave it sooner "
    "still.) In the valley both have their best rate, and momentum is far ahead. With noise, at equal "
    f"terminal speed, the path is smoother, but the ball is as large: {ball['momentum']:.2f} against "
    f"{ball['SGD']:.2f}, mean of five runs.",
    alt="Four level-line plots with two paths each. Local minimum: SGD stops in the right "
    "valley, momentum reaches the left one. Saddle: momentum leaves sooner. Narrow valley: "
    "momentum swings and arrives. Noise: momentum's path is smoother.",
)

# %% [markdown] tags=["OPT-11", "E-26", "E-61"]
# ### Two forms
#
# Libraries, PyTorch among them, write momentum in another way. The memory holds gradients only, and
# the rate comes in at the end: $v \leftarrow \mu v + g$, then $w \leftarrow w - \eta\, v$. (A slide
# names Sutskever et al. 2013 as its source. They have the form with the velocity.)

# %% tags=["predict"]
two_forms = ...

# %% tags=["check"]
check("optimizers.two_forms")

# %% tags=["demo"]
shallow = bowl(10)
gaps = {}
for name, rate in (("constant", 0.01), ("cut", lambda k: 0.01 if k < 25 else 0.001)):
    a, b = (
        trajectory(step, shallow, steps=50, lr=rate, mu=0.9)
        for step in (momentum_step, momentum_sum_step)
    )
    gaps[name] = np.abs(a - b).max()
mended = np.array([1.0, 1.0]), None
way = [mended[0]]
for k in range(50):
    w, v = mended
    if k == 25:
        v = 0.1 * v  # the velocity is cut together with the rate
    mended = momentum_step(w, shallow.gradient(w), v, lr=0.01 if k < 25 else 0.001, mu=0.9)
    way.append(mended[0])
gaps["mended"] = np.abs(np.array(way) - b).max()
print(
    "Largest distance between the two forms in 50 steps (κ = 10, rate 0.01):\n"
    f"  constant rate                            {gaps['constant']:.0e}\n"
    f"  rate cut to a tenth after step 25        {gaps['cut']:.2f}\n"
    f"  the velocity cut by the same factor, too {gaps['mended']:.0e}"
)

# %% [markdown]
# There is a third form, with an average: $v \leftarrow \mu v + (1 - \mu)\,g$. To walk the same path as
# the second form, it needs a learning rate $1/(1 - \mu)$ times as large. Adam will use it.

# %% [markdown] tags=["OPT-07", "OPT-10"]
# ## 4 · Why momentum works
#
# Along the eigenvectors momentum, too, falls apart into walks on parabolas. But each has two numbers,
# $w$ and $v$, and a step multiplies the pair by a 2 by 2 matrix. How fast the pair shrinks is a question
# about the eigenvalues of that matrix. Find it.

# %% tags=["exercise"]
from utils.stability import momentum_modes

# %% tags=["check"]
check("stability.momentum_modes")

# %% [markdown]
# **Compare.** With $a = \eta\lambda$ the new velocity is $\mu v - a w$, and the new point
# $w + \mu v - a w$:
#
# $$\begin{pmatrix} w \\ v \end{pmatrix} \leftarrow
# \begin{pmatrix} 1 - a & \mu \\ -a & \mu \end{pmatrix}
# \begin{pmatrix} w \\ v \end{pmatrix}, \qquad
# \sigma^2 - (1 + \mu - a)\,\sigma + \mu = 0 .$$
#
# The product of the two eigenvalues $\sigma$ is $\mu$. While they are complex, both have the same size,
# and so it is $\sqrt\mu$, *whatever the curvature is*. They are complex when $(1 + \mu - a)^2 < 4\mu$:
#
# $$(1 - \sqrt\mu)^2 < \eta\lambda < (1 + \sqrt\mu)^2 .$$
#
# This band is the secret of momentum: all curvatures inside it shrink at one pace. (Inside the ball
# swings; to the left of it the ball is overdamped.)

# %% tags=["predict"]
stable_limit = ...

# %% tags=["check"]
check("optimizers.stable_limit")

# %% tags=["predict"]
steps_to_a_millionth = ...

# %% tags=["check"]
check("optimizers.steps_to_a_millionth")

# %% [markdown]
# **Explore.** Each point of the plane is a pair ($\eta\lambda$, $\mu$), its colour the pace. The dots
# are the curvatures of a loss, all at one height because they share $\mu$. Below, each has a ball that
# your `momentum_step` lets go at distance 1: press Play. One loss has two weights and $\kappa = 100$. The
# other is a trained network with 63 weights: the 32 largest eigenvalues of its Hessian. (The others are less than a ten-thousandth of the largest; 17 are slightly negative.)

# %% tags=["demo"]
spiral_rng = np.random.default_rng(0)
spiral_x, spiral_y = make_spirals(150, rng=spiral_rng)
small_net = MLP([2, 10, 3], activation="tanh", rng=np.random.default_rng(0))
names = sorted(small_net.params)
memory = None
for _ in range(600):
    _, grads = small_net.loss(spiral_x, spiral_y)
    small_net.params, memory = step_params(
        momentum_step, small_net.params, grads, memory, lr=0.5, mu=0.9
    )
shapes = {name: small_net.params[name].shape for name in names}


def flat_gradient(flat):
    """The gradient of the small network at weights given as one vector."""
    cuts = np.cumsum([np.prod(shapes[name]) for name in names])[:-1]
    parts = np.split(flat, cuts)
    small_net.params = {n: p.reshape(shapes[n]) for n, p in zip(names, parts, strict=True)}
    _, grads = small_net.loss(spiral_x, spiral_y)
    return np.concatenate([grads[name].ravel() for name in names])


trained = np.concatenate([small_net.params[name].ravel() for name in names])
spectrum = np.linalg.eigvalsh(numerical_hessian(flat_gradient, trained))
spectra = {
    "two weights, κ = 100": np.array([1.0, 100.0]),
    "a network of 63 weights": spectrum[spectrum > 1e-4 * spectrum[-1]],
}
across, upwards = np.geomspace(1e-4, 8, 140), np.linspace(0, 0.99, 100)
plane = np.array([momentum_modes(across, 1.0, float(mu))["factor"] for mu in upwards])
with np.errstate(divide="ignore"):
    pace = np.where(plane < 1 - 1e-12, -(np.log10(np.e) ** -1) / np.log(plane), np.nan)


def start():
    fig, (ax, swings) = figure(2, 1, size=(8.5, 3.3), sharex=True, height_ratios=(4, 3))
    shades = ax.pcolormesh(
        across, upwards, np.log10(np.clip(pace, 1, 1e4)), cmap="viridis", vmin=0, vmax=4
    )
    bar = fig.colorbar(shades, ax=ax, ticks=range(5), label="steps per digit")
    bar.ax.set_yticklabels(["1", "10", "100", "1,000", "10,000"])
    ax.set_facecolor("#F3C7C0")
    ax.text(5.5, 0.03, "diverges", rotation=90, ha="center", va="bottom", fontsize=9)
    ax.set(xscale="log", xlim=(1e-4, 8), ylabel="momentum μ", ylim=(-0.05, 1.0))
    ax.grid(False)
    swings.axhline(0, color=COLORS.reference, lw=1)
    swings.set(xlabel="learning rate times curvature, ηλ", ylabel="distance", ylim=(-1.2, 1.2))
    return fig, (ax, swings)


def swing(lam, lr, mu, steps=60):
    """How far a ball is from its minimum, one column for each curvature; all begin at 1."""
    w, state, way = np.ones(len(lam)), None, [np.ones(len(lam))]
    for _ in range(steps):
        w, state = momentum_step(w, lam * w, state, lr=lr, mu=mu)
        way.append(np.clip(w, -1e6, 1e6))
    return np.array(way)


def shoot(axes, loss, lr, mu):
    plane, swings = axes
    lam = spectra[loss]
    shown = np.clip(lr * lam, 1.1e-4, 7.5)
    factor, ways = momentum_modes(lam, lr, mu)["factor"], swing(lam, lr, mu)
    marks = []
    for place, way in zip(shown, ways.T, strict=True):
        stem = np.stack([np.zeros(61), way], -1)
        marks.append(Shape(swings, place, stem, color=COLORS.train, lw=1.2))
        marks.append(Trail(swings, place, way, color=COLORS.train, ms=7, lw=0))
        marks.append(Trail(plane, place, np.full(61, mu), color="#222222", ms=7, lw=0))
    wild = int((factor >= 1).sum())
    said = f"Rate {lr:.3g}, μ = {mu:.2f}: "
    if wild:
        said += f"{wild} of {len(lam)} curvatures diverge."
    else:
        digit = np.log(10) / -np.log(factor.max())
        said += (
            f"nothing diverges. The slowest of {len(lam)} curvatures shrinks by {factor.max():.4f} per "
            f"step, {digit:,.0f} steps per decimal digit."
        )
    return marks, [
        f"{said} Farthest after {t} steps: {np.abs(ways[t]).max():.2g}." for t in range(61)
    ]


phases = film(
    start,
    shoot,
    controls={
        "t": Player(60, label="step", fps=8),
        "loss": Choice(list(spectra), label="curvatures of"),
        "lr": LogSlider(0.001, 10, value=0.0198, label="learning rate", per_decade=40),
        "mu": Slider(0.0, 0.98, 0.01, 0.0, label="momentum μ"),
    },
    goal="The opening picture is gradient descent near its best. Bring the two weights down to 12 steps "
    "per digit. Then the network: what is its largest rate at μ = 0.9, and what is left slow?",
    answer="At μ = 0.68 and a rate near 0.032 the two weights need 12 steps per digit instead of 115: "
    "both stand near the ends of their band. The network holds up to a rate of about 3.3, where rate "
    "times largest curvature is 2(1 + 0.9) = 3.8; without momentum up to 1.7. Its flattest directions "
    "are left: far to the left of the band, at more than 500 steps per digit.",
)
phases

# %% [markdown]
# Which rate and which momentum? Inside the band everything shrinks by $\sqrt\mu$. So $\mu$ should be
# small, and the band should still hold all curvatures from $\lambda_{\min}$ to $\lambda_{\max}$.

# %% tags=["exercise"]
from utils.stability import polyak

# %% tags=["check"]
check("stability.polyak")

# %% [markdown]
# **Compare.** With the smallest $\mu$, the extremes stand on the ends:
# $\sqrt{\eta\lambda_{\min}} = 1 - \sqrt\mu$ and $\sqrt{\eta\lambda_{\max}} = 1 + \sqrt\mu$. So
#
# $$\eta = \left(\frac{2}{\sqrt{\lambda_{\max}} + \sqrt{\lambda_{\min}}}\right)^{\!2}, \qquad
# \sqrt\mu = \frac{\sqrt\kappa - 1}{\sqrt\kappa + 1} .$$
#
# These are Polyak's values. No method that only adds up gradients does better than $\sqrt\kappa$ on all
# quadratics (Nesterov 2004). But there is a price.

# %% tags=["demo"]
narrow = bowl(100)


def steps_to(way, share=1e-6):
    """After how many steps the distance stays below that share of the first."""
    distance = np.linalg.norm(way, axis=1)
    return int(np.flatnonzero(distance >= share * distance[0])[-1]) + 1


def ball_of_noise(step, lr, walkers=500, steps=1500, **hyper):
    """Mean loss in the valley when the gradient is noisy, long after the start."""
    rng, w, state = np.random.default_rng(0), np.zeros((walkers, 2)), None
    for _ in range(steps):
        w, state = step(w, narrow.gradient(w) + rng.standard_normal(w.shape), state, lr=lr, **hyper)
    return float(narrow.value(w).mean())


best_lr, best_mu = polyak(1.0, 100.0)
rivals = {
    "gradient descent, 2/101": (sgd_step, {"lr": 2 / 101}),
    "momentum, Polyak": (momentum_step, {"lr": best_lr, "mu": best_mu}),
    "momentum, μ = 0.9, best rate": (momentum_step, {"lr": 0.0136, "mu": 0.9}),
}
arrival = {
    name: steps_to(trajectory(step, narrow, steps=900, **hyper))
    for name, (step, hyper) in rivals.items()
}
under_noise = {name: ball_of_noise(step, **hyper) for name, (step, hyper) in rivals.items()}
print("κ = 100                        steps to a millionth   loss when the gradient has noise 1")
for name in rivals:
    print(f"{name:30s} {arrival[name]:12d} {under_noise[name]:28.2f}")

# %% [markdown]
# Tuned for speed alone, both gradient descent and Polyak's pair stand near the limit of what is stable,
# and there the noise is amplified. With $\mu = 0.9$ momentum gives away some of its speed, and is
# quieter than either. And in a network nobody knows $\lambda_{\min}$. Hence the usual 0.9.

# %% [markdown] tags=["OPT-15"]
# ## 5 · Nesterov: look before you leap
#
# Momentum takes the gradient from where it stands. But the velocity will carry it to about $w + \mu v$
# in any case. So ask for the gradient *there* (Nesterov 1983; Sutskever et al. 2013):
#
# $$v \leftarrow \mu v - \eta\, \nabla L(w + \mu v), \qquad w \leftarrow w + v .$$
#
# Your function gets the gradient as a function `grad_fn`, because it decides itself where to ask.

# %% tags=["exercise"]
from utils.optimizers import nesterov_lookahead_step

# %% tags=["check"]
check("optimizers.nesterov_lookahead_step")

# %% tags=["demo"]
here, speed, scene = np.array([0.55, 0.9]), np.array([-0.9, -0.5]), bowl(4)
ahead = here + 0.9 * speed
fig, axes = figure(1, 2, size=(9, 3.3), sharey=True)
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
    caption="The velocity is about to overshoot the floor of the valley, at w₁ = 0. Momentum takes the "
    "gradient on the right slope, and is pushed further to the left. Nesterov takes it where the velocity "
    "leads, on the left slope, and is pulled back. (Far from the floor the two hardly differ.)",
    alt="Two vector diagrams on level lines. Left: velocity and gradient step both point left, "
    "and the step lands far on the other side. Right: the gradient step begins at the tip of "
    "the velocity and points back to the right; the step lands close to the floor.",
)

# %% [markdown] tags=["OPT-16"]
# ### The same in other variables
#
# This form is annoying in practice: a training loop has the gradient at the point it holds, and no
# other. So let it hold the look-ahead point $\tilde w = w + \mu v$. How must *that* point move, so that
# the velocities stay the same? Derive it on paper; $w$ may not appear in the result.

# %% tags=["exercise"]
from utils.optimizers import nesterov_step

# %% tags=["check"]
check("optimizers.nesterov_step")

# %% [markdown]
# **Compare.** Put $w = \tilde w - \mu v$ and $w_{\text{next}} = w + v_{\text{next}}$ into
# $\tilde w_{\text{next}} = w_{\text{next}} + \mu v_{\text{next}}$:
#
# $$\tilde w \leftarrow \tilde w + v_{\text{next}} + \mu\,(v_{\text{next}} - v).$$
#
# It is momentum plus a correction by the change of the velocity.

# %% tags=["demo"]
w, v = np.array(scene.start), None
seen = [w]
for _ in range(25):
    w, v = nesterov_lookahead_step(w, scene.gradient, v, lr=0.05, mu=0.9)
    seen.append(w + 0.9 * v)  # where the next gradient will be asked
tilde = trajectory(nesterov_step, scene, steps=25, lr=0.05, mu=0.9)
nesterov_gap = np.abs(np.array(seen) - tilde).max()
print(
    f"Where the first form looks is where the second one stands: they differ by {nesterov_gap:.0e}."
)

# %% [markdown]
# Can it be better still? With second derivatives, yes: [06](../06_curvature/06_curvature.ipynb). Here
# we go another way. But first a break.

# %% [markdown] tags=["ADA-01"]
# ## 6 · A rate for each weight: AdaGrad

# %% tags=["predict"]
rare_feature = ...

# %% tags=["check"]
check("optimizers.rare_feature")

# %% [markdown] tags=["ADA-02", "E-30"]
# Duchi, Hazan and Singer (2011) let every weight keep its own account. $r$ collects the squares of its
# gradients, entry by entry ($\odot$ multiplies entry by entry; some code calls $r$ the cache):
#
# $$r \leftarrow r + g \odot g, \qquad
# w \leftarrow w - \frac{\eta}{\sqrt r + \epsilon} \odot g .$$
#
# **Spot the error.** A slide says, in our words: a *parameter* is scaled down by the square root of the
# sum of squares of all *its* historical values. What is scaled, and by whose history?

# %% tags=["exercise"]
from utils.optimizers import adagrad_step

# %% tags=["check"]
check("optimizers.adagrad_step")

# %% tags=["demo"]
features, labels = make_sparse_data(5000, 0.02, rng=np.random.default_rng(0))
features = features - 0.5 * (np.arange(10) > 0)  # the common features centred


def learn_sparse(step, lr, seed=0):
    """Weights of a logistic model after each batch of ten, in two passes over the data."""
    rng, w, state, weights = np.random.default_rng(seed), np.zeros(10), None, []
    for _ in range(2):
        for idx in rng.permutation(5000).reshape(500, 10):
            p = 1 / (1 + np.exp(-features[idx] @ w))
            w, state = step(w, features[idx].T @ (p - labels[idx]) / 10, state, lr=lr)
            weights.append(w)
    return np.array(weights)


contest = {"SGD, rate 0.3": (sgd_step, 0.3), "SGD, rate 2": (sgd_step, 2.0)}
contest["AdaGrad, rate 0.5"] = (adagrad_step, 0.5)
fig, axes = figure(1, 3, size=(9.2, 2.9), sharey=True)
rare_reached, jitter = {}, {}
for ax, (name, (step, lr)) in zip(axes, contest.items(), strict=True):
    weights = np.array([learn_sparse(step, lr, seed) for seed in range(5)])
    rare_reached[name] = weights[:, -1, 0]
    jitter[name] = weights[:, -300:, 1:].std(axis=1).mean(axis=1)
    ax.plot(weights[0, :, 1:], color=COLORS.reference, lw=0.5)
    ax.plot(weights[0, :, 0], color=COLORS.train, lw=2)
    ax.axhline(4.29, color=COLORS.validation, ls="--", lw=1)
    ax.set(title=name, xlabel="step")
axes[0].set_ylabel("weight")
axes[0].text(10, 4.35, "optimum of the rare weight", color=COLORS.validation, fontsize=8)
show(
    fig,
    caption="Thick: the weight of a feature that is on in one example of fifty; thin: nine common ones. "
    f"At equal reach ({rare_reached['SGD, rate 2'].mean():.1f} and "
    f"{rare_reached['AdaGrad, rate 0.5'].mean():.1f}) the common weights jitter by "
    f"{jitter['SGD, rate 2'].mean():.2f} with SGD and by {jitter['AdaGrad, rate 0.5'].mean():.2f} with "
    "AdaGrad (standard deviation, five runs).",
    alt="Weights over 1000 steps. SGD at 0.3: quiet common weights, the rare one reaches 1.7. SGD at 2: "
    "it reaches 3.8, but the common weights are very noisy. AdaGrad: it reaches 3.9, the others are quiet.",
)

# %% [markdown] tags=["ADA-03"]
# In the long run? Under a constant gradient the sum grows like $t$, and step $t$ is $\eta/\sqrt t$ long:
# right for a convex loss, and there is a theory for it, but a network may still have a long way to go.
# In a valley without noise the sum converges, and the rates level off: AdaGrad becomes gradient descent
# with one good rate for each weight, the steep direction damped, the flat one sped up. Is that the end of
# narrow valleys?

# %% tags=["predict"]
turned_valley = ...

# %% tags=["check"]
check("optimizers.turned_valley")

# %% [markdown] tags=["ADA-04", "E-31"]
# ### Where ε lives
#
# $\epsilon$ is there for numerical stability: a weight that never had a gradient would get $0/0$. Some
# decks write $\sqrt{r + \epsilon}$, some $\sqrt r + \epsilon$, one leaves it out.

# %% tags=["predict"]
eps_inside = ...

# %% tags=["check"]
check("optimizers.eps_inside")

# %% tags=["demo"]
eps_table = {
    (g, mode): float(g / adaptive_denominator(np.array([g**2]), 1e-8, mode)[0])
    for g in (1e-2, 1e-4, 1e-5, 1e-7)
    for mode in ("outside", "inside")
}
print("first step / learning rate, ε = 1e-8\n  gradient   outside    inside the square root")
for g in (1e-2, 1e-4, 1e-5, 1e-7):
    print(f"  {g:8.0e} {eps_table[g, 'outside']:9.4f} {eps_table[g, 'inside']:9.4f}")

# %% [markdown] tags=["ADA-05", "ADA-07", "E-32"]
# ## 7 · Forget: the exponential moving average
#
# AdaGrad never forgets. One steep cliff at the beginning, and its rates are small for ever. The cure is
# a tool that this course uses again and again, the **exponential moving average** of a sequence $x_t$:
#
# $$r \leftarrow \beta\, r + (1 - \beta)\, x_t .$$
#
# The value of $k$ steps ago has the weight $(1 - \beta)\beta^k$. In the long run the weights add up to 1,
# and the memory is about $1/(1 - \beta)$ steps long. Zeiler (2012) and Hinton, on a slide of an online course, took it
# of the *squared* gradients. Hinton's version is called RMSProp, after the root of the mean square:
#
# $$r \leftarrow \beta\, r + (1 - \beta)\, g \odot g, \qquad
# w \leftarrow w - \frac{\eta}{\sqrt r + \epsilon} \odot g .$$
#
# **Spot the error.** A slide says: it keeps a moving average of the *gradient*. What would the
# average of +5, -5, +5, -5 be, and what would you divide by?

# %% tags=["exercise"]
from utils.optimizers import rmsprop_step

# %% tags=["check"]
check("optimizers.rmsprop_step")


# %% tags=["demo"]
def moves(step, gradients, **hyper):
    """How far each step goes along one weight, for a given row of gradients."""
    w, state, points = np.zeros(1), None, [0.0]
    for g in gradients:
        w, state = step(w, np.array([g]), state, **hyper)
        points.append(float(w[0]))
    return -np.diff(points)


cliff = np.concatenate([np.full(20, 100.0), np.ones(180)])  # a steep start, then a gentle slope
after_cliff = {
    "AdaGrad": moves(adagrad_step, cliff, lr=1.0),
    "RMSProp, β = 0.9": moves(rmsprop_step, cliff, lr=1.0),
    "RMSProp, β = 0.97": moves(rmsprop_step, cliff, lr=1.0, beta=0.97),
}
remembered = {
    "AdaGrad": np.sqrt(np.cumsum(cliff**2)),
    "RMSProp, β = 0.9": np.sqrt(ema_square(cliff[:, None], 0.9))[:, 0],
    "RMSProp, β = 0.97": np.sqrt(ema_square(cliff[:, None], 0.97))[:, 0],
}
fig, (left, right) = figure(1, 2, size=(9, 2.9))
for (name, steps), dash in zip(after_cliff.items(), (":", "-", "--"), strict=True):
    left.plot(range(1, 201), remembered[name], dash, lw=2)
    right.plot(range(1, 201), steps, dash, lw=2, label=name)
for ax in (left, right):
    ax.axvline(20.5, color=COLORS.warning, lw=1)
    ax.set(xlabel="step", yscale="log")
left.set(ylabel="√r, what is remembered")
right.set(ylabel="length of the step / η")
right.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 0.08), fontsize=8)
show(
    fig,
    caption="Gradient 100 for twenty steps, then 1. The sum keeps the cliff, and AdaGrad's steps stay at "
    f"{after_cliff['AdaGrad'][-1]:.1e} of the rate. The averages forget it; how soon, β decides.",
    alt="Left: the square root of r over 200 steps; the sum stays near 450, the two averages fall back "
    "to 1. Right: the steps; RMSProp with 0.9 is back at 1 after about 90 steps, AdaGrad stays at 0.002.",
)

# %% [markdown] tags=["ADA-08", "E-33"]
# RMSProp goes together with momentum: $g$ at the look-ahead point, $v \leftarrow \mu v - \eta\, g /
# (\sqrt r + \epsilon)$. (One slide prints this as its algorithm 6, asks for a constant for stability,
# and forgets to add it.) On Rosenbrock's banana:

# %% tags=["demo"]
banana = rosenbrock()
banana_rates = 10 ** np.arange(-4, 0.01, 0.25)
duel = {}
for name, step in (("RMSProp", rmsprop_step), ("with Nesterov, μ = 0.9", rmsprop_nesterov_step)):
    losses = [
        float(banana.value(trajectory(step, banana, steps=300, lr=float(rate))[-1]))
        for rate in banana_rates
    ]
    duel[name] = (float(banana_rates[np.argmin(losses)]), min(losses))
    print(
        f"{name:24s} loss {duel[name][1]:.1e} after 300 steps at its best rate, {duel[name][0]:.2g}"
    )

# %% [markdown] tags=["ADA-06"]
# ### A question of units: Adadelta (optional)
#
# Zeiler had a second thought.

# %% tags=["predict"]
units = ...

# %% tags=["check"]
check("optimizers.units")

# %% [markdown] tags=["ADA-06"]
# What do we already have that carries the units of the weights? The steps that were made! Keep an
# exponential moving average $d$ of the squared steps and put its square root in the numerator:
#
# $$s = -\frac{\sqrt{d + \epsilon}}{\sqrt{r + \epsilon}} \odot g, \qquad
# d \leftarrow \beta d + (1 - \beta)\, s \odot s, \qquad w \leftarrow w + s .$$
#
# No learning rate is left. But $d$ starts at 0, so the first steps are made of $\epsilon$, a number with a
# unit in disguise. Measure the weights in a unit 25 times as small:


# %% tags=["demo"]
def steps_to_half(step, scale, most=12_000, **hyper):
    """Steps until half of the distance is left, on a bowl whose weights are numbers times scale."""
    surface = quadratic(np.diag([10.0, 1.0]) / scale**2)
    way = trajectory(step, surface, (scale, scale), steps=most, **hyper)
    distance = np.linalg.norm(way, axis=1)
    return int(np.argmax(distance < distance[0] / 2))


contenders = {
    "gradient descent": (sgd_step, {"lr": 0.05}, 3000),
    "RMSProp": (rmsprop_step, {"lr": 0.01}, 2000),
    "Adadelta": (adadelta_step, {}, 3000),
}
halved = {}
for name, (step, hyper, most) in contenders.items():
    most = 12_000 if name == "gradient descent" else most
    halved[name] = [steps_to_half(step, scale, most, **hyper) for scale in (1.0, 25.0)]
print("steps to half-way     weights as they are   numbers 25 times as large")
for name, (once, larger) in halved.items():
    print(f"{name:20s} {once:12d} {larger:24d}")

# %% [markdown]
# Adadelta suffers least, but it suffers, and RMSProp is ahead in both units.

# %% [markdown] tags=["ADA-09"]
# ## 8 · Adam
#
# Kingma and Ba (2015) keep two exponential moving averages, $m$ of the gradients and $v$ of their
# squares (so far $r$; here $v$ is no velocity, the letter is the paper's). "Almost Adam" is
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g \odot g, \qquad
# w \leftarrow w - \eta\, \frac{m}{\sqrt v + \epsilon},$$
#
# with $\beta_1 = 0.9$ and $\beta_2 = 0.999$. What is it at heart? Take the memories away.

# %% tags=["predict"]
sign_descent = ...

# %% tags=["check"]
check("optimizers.sign_descent")

# %% [markdown]
# *Sign descent* does not care how steep a valley is. But it cannot stop: on the floor it jumps from
# side to side, a step of $\eta$ each time. So average the numerator, and jumps to and fro cancel. Average
# the squares as well, and the step tells how well gradients agree: near $\eta$ where they point one way,
# small where they contradict each other. (No theory asks for just this combination; it works.) Both
# averages start at 0. What does that do to the first steps?

# %% tags=["predict"]
adam_first = ...

# %% tags=["check"]
check("optimizers.adam_first")

# %% tags=["predict"]
adam_next = ...

# %% tags=["check"]
check("optimizers.adam_next")

# %% [markdown] tags=["ADA-10", "E-34"]
# ### The correction
#
# Find the whole curve. Two slide decks stop at "almost Adam", and call it Adam.

# %% tags=["exercise"]
from utils.optimizers import uncorrected_ratio

# %% tags=["check"]
check("optimizers.uncorrected_ratio")

# %% [markdown] tags=["ADA-09"]
# You have found which fraction of its goal each average has reached after $t$ steps. The full Adam
# divides $m$ and $v$ by these fractions, before the square root is taken. Nothing else changes.

# %% tags=["exercise"]
from utils.optimizers import adam_step

# %% tags=["check"]
check("optimizers.adam_step")

# %% [markdown]
# **Compare.** $\hat m = m/(1 - \beta_1^t)$, $\hat v = v/(1 - \beta_2^t)$ with $t = 1, 2, 3, \dots$, and
# $w \leftarrow w - \eta\, \hat m / (\sqrt{\hat v} + \epsilon)$.

# %% tags=["demo"]
t = np.arange(1, 5001)
uncorrected = moves(adam_step, np.full(5000, 2.0), lr=1.0, bias_correction=False)
corrected = moves(adam_step, np.full(5000, 2.0), lr=1.0)
theory_gap = np.abs(uncorrected - uncorrected_ratio(t)).max()
back_home = int(t[uncorrected > 1.05].max()) + 1
rng, w, state, by_noise = np.random.default_rng(0), np.zeros(4000), None, []
for _ in range(200):
    w_next, state = adam_step(w, rng.standard_normal(4000), state, lr=1.0)
    by_noise.append(np.sqrt(np.mean((w_next - w) ** 2)))
    w = w_next
fig, ax = figure(size=(7, 2.9))
ax.plot(t, uncorrected, color=COLORS.validation, lw=2, label="constant gradient, uncorrected")
ax.plot(t, corrected, "--", color=COLORS.train, lw=2, label="constant gradient, corrected")
ax.plot(t[:200], by_noise, ":", color=COLORS.yours, lw=2.5, label="pure noise, corrected")
ax.set(xlabel="step", ylabel="length of the step / η", xscale="log", ylim=(0, 7))
ax.legend(frameon=False)
show(
    fig,
    caption="Adam's steps, from your function. Uncorrected they begin at 3.16 times the rate, climb to "
    f"{uncorrected.max():.2f} and come within 5 % of it from step {back_home} on. Corrected they are the "
    "rate, always. The dotted curve is for gradients that are nothing but noise: such steps settle at "
    f"{by_noise[-1]:.2f} of the rate, but the first one is as long as if the gradient were certain.",
    alt="Step length over step number, logarithmic. The uncorrected curve rises from 3.16 to "
    "6.57 at step 12 and falls to 1 at about 3000. The corrected one is a flat line at 1. The curve for "
    "noise falls from 1 to 0.23 within thirty steps.",
)

# %% [markdown] tags=["ADA-09"]
# **Explore.** Adam in its parts, in a valley across the axes. The bars show how full its two averages are
# for a constant gradient: what the correction divides by. Begin with sign descent.

# %% tags=["demo"]
slanted = replace(ravine(40), span=((-1.4, 1.2), (-1.2, 1.7)))


def in_parts(beta1, beta2, correction, lr):
    """The path of Adam with memories of choice, 120 steps."""
    hyper = dict(lr=lr, beta1=beta1, beta2=beta2, bias_correction=correction)
    return np.clip(trajectory(adam_step, slanted, steps=120, **hyper), -1e3, 1e3)


def start():
    fig, axes = figure(1, 3, size=(8.6, 3.3), width_ratios=(5, 2, 5))
    left, fill, right = axes
    draw(left, slanted)
    fill.set(xlim=(-0.6, 1.6), ylim=(0, 1.05), ylabel="share of its goal")
    fill.set_xticks([0, 1], ["m", "√v"])
    fill.grid(False, axis="x")
    right.set(xlabel="step", yscale="log", xlim=(0, 120), ylim=(1e-6, 100))
    right.plot([], [], color=COLORS.validation, label="length of the step")
    right.plot([], [], "--", color=COLORS.train, label="loss")
    right.legend(frameon=False, loc="lower left")
    return fig, axes


def shoot(axes, beta1, beta2, correction, lr):
    left, fill, right = axes
    way, t = in_parts(beta1, beta2, correction, lr), np.arange(121)
    step = np.append(np.nan, np.linalg.norm(np.diff(way, axis=0), axis=1))
    loss = slanted.value(way)
    shares = 1 - beta1**t, np.sqrt(1 - beta2**t)
    marks = [
        Trail(left, *way.T, color=COLORS.train),
        Trail(right, t, np.maximum(step, 1e-7), color=COLORS.validation, ms=6, whole=True),
        Trail(right, t, np.maximum(loss, 1e-7), color=COLORS.train, ms=6, ls="--", whole=True),
    ]
    for place, share in enumerate(shares):
        top = np.stack([0 * share, 0 * share, share, share], -1)
        sides = place + np.array([-0.3, 0.3, 0.3, -0.3])
        marks.append(Shape(fill, sides, top, color=COLORS.yours, filled=True))
    end = (
        f"β₁ = {beta1:g}, β₂ = {beta2:g}, {'with' if correction else 'without'} correction, rate "
        f"{lr:.2g}: the first step has length {step[1]:.2g}, and the loss after 120 steps is "
        f"{loss[-1]:.2g}."
    )
    return marks, [
        f"Step {k}: m has {shares[0][k]:.0%} of its goal, √v {shares[1][k]:.0%}. {end}" for k in t
    ]


adam_parts = film(
    start,
    shoot,
    controls={
        "t": Player(120, label="step", fps=15, value=20),
        "beta1": Choice([0.0, 0.5, 0.9], label="β₁, gradients"),
        "beta2": Choice([0.0, 0.9, 0.999], label="β₂, squares"),
        "correction": Toggle(True, label="bias correction"),
        "lr": LogSlider(0.003, 0.3, value=0.05, label="learning rate"),
    },
    goal="At rate 0.05: how low does sign descent come? Now a memory for the gradients, then one for "
    "the squares. At last switch the correction off.",
    answer="Sign descent gets stuck on the slope at a loss of 0.54, jumping to and fro. A memory of the "
    "gradients alone brings 0.1, both memories bring 0.0005. Without the correction the first step is "
    "0.22 long instead of 0.07. On this bowl the longer steps do no harm (5e-6); the correction is there "
    "so that the learning rate means the same at every step.",
)
adam_parts

# %% [markdown] tags=["ADA-12"]
# ### How long should the squares be remembered?
#
# A printed box for Adam has $\beta_2 = 0.9$. Reddi, Kale and Kumar (2018) found what a short memory can do.
# Here the gradient is $-1$ nearly always, and a large positive number once in a while. On average it is
# positive, so the weight should go *down*.

# %% tags=["demo"]
drift = {}
for share, size in ((0.03, 60.0), (0.001, 2000.0)):
    draws = np.random.default_rng(0).random((8, 30_000)) < share
    for beta2 in (0.9, 0.999):
        w, state = np.zeros(8), None
        for hits in draws.T:
            w, state = adam_step(w, np.where(hits, size, -1.0), state, lr=0.01, beta2=beta2)
        drift[share, size, beta2] = w
print("mean gradient   shock            β₂        distance in 30,000 steps (it should be below 0)")
for (share, size, beta2), w in drift.items():
    print(
        f"{share * size - (1 - share):+.2f}           {size:6.0f} in {share:6.1%}   {beta2:<8g}"
        f"  {w.mean():+8.1f}   ({w.min():+.1f} to {w.max():+.1f}, 8 runs)"
    )

# %% [markdown]
# Once the squares are forgotten between two shocks, every shock is divided by its own size and counts like
# any other step. Rare enough shocks break $\beta_2 = 0.999$ as well: here Adam does not converge. (Their
# repair, AMSGrad, divides by the largest $\hat v$ so far.)

# %% [markdown] tags=["ADA-11"]
# ## 9 · In practice
#
# Defaults: $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$, learning rate $10^{-3}$ or
# $5 \cdot 10^{-4}$. In our words, the slides say that Adam needs practically no tuning. Test it.

# %% tags=["predict"]
next_to_best = ...

# %% tags=["check"]
check("optimizers.next_to_best")

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
methods = {  # each with half decades around its best rate
    "SGD": (sgd_step, -1.5, 0.5),
    "momentum": (partial(momentum_step, mu=0.9), -2.0, 0.0),
    "Adam": (adam_step, -3.0, -0.5),
}


def accuracy_at(task, method, rate, seed):
    """Validation accuracy of a small network at the end of a short training."""
    data, layers, epochs = tasks[task]
    history = train(
        MLP(layers, rng=np.random.default_rng(seed)),
        data,
        step=methods[method][0],
        lr=float(rate),
        epochs=epochs,
        batch_size=50,
        rng=np.random.default_rng(seed),
        abort_factor=None,
        progress=False,
    )
    return history.val_acc[-1]


grids = {m: 10 ** np.arange(low, high + 0.1, 0.5) for m, (_, low, high) in methods.items()}
reached = {
    (task, m): np.array(
        [[accuracy_at(task, m, rate, seed) for seed in (0, 1)] for rate in grids[m]]
    )
    for task, m in tqdm([(task, m) for task in tasks for m in methods], delay=1, leave=False)
}
width = {key: int((np.max(a.mean(1)) - a.mean(1) < 0.03).sum()) for key, a in reached.items()}
fig, axes = figure(1, 2, size=(8.8, 3.0), sharey=True)
for ax, task in zip(axes, tasks, strict=True):
    for m, mark, color in zip(
        methods, "osD", (COLORS.reference, COLORS.validation, COLORS.train), strict=True
    ):
        found = reached[task, m]
        ax.plot(grids[m], found.mean(axis=1), "-", color=color, label=m)
        for seed in range(found.shape[1]):
            ax.plot(grids[m], found[:, seed], mark, color=color, ms=4)
    ax.axvline(1e-3, color=COLORS.warning, lw=1)
    ax.set(title=f"{task}, {tasks[task][2]} epochs", xlabel="learning rate", xscale="log")
axes[0].set(ylabel="validation accuracy", ylim=(0, 1.02))
axes[0].text(1.1e-3, 0.03, "Adam's default", color=COLORS.warning, fontsize=9)
axes[1].legend(frameon=False, loc="lower left", bbox_to_anchor=(0.1, 0))
widths = {m: [width[task, m] for task in tasks] for m in methods}
show(
    fig,
    caption="Two runs at each rate, half a decade apart. Rates within 3 points of a method's best, on "
    f"digits and spirals: SGD {widths['SGD']}, momentum {widths['momentum']}, Adam {widths['Adam']}. "
    f"At its default Adam reaches {reached['digits', 'Adam'][0].mean():.2f} and "
    f"{reached['spirals', 'Adam'][0].mean():.2f}.",
    alt="Validation accuracy against learning rate on a logarithmic axis. On both tasks SGD peaks at 1 "
    "and falls to guessing at 3.2. Momentum has a wider top around 0.1, Adam the widest, between 0.003 "
    "and 0.1; all drop at their right end.",
)

# %% [markdown]
# So the praise has a true core. At their best the three are close (Adam two points ahead on the spirals).
# But SGD's best rate stands next to a cliff, and Adam's good region is a decade wide and more, that of SGD
# half a decade. Adam's default is not in it: for these short runs it is slow, and safe.

# %% [markdown] tags=["OPT-17"]
# ### The valley, everybody at their best
#
# The valley with $\kappa = 100$ again. Look not only how deep a curve goes, but how wide it is.

# %% tags=["demo"]
valleys = {"valley along the axes": narrow, "the same, turned by 30°": ravine(100)}
racers = {
    "SGD": (sgd_step, {}, ("#000000", "o")),
    "momentum 0.9": (momentum_step, {"mu": 0.9}, (COLORS.validation, "s")),
    "Nesterov 0.9": (nesterov_step, {"mu": 0.9}, (COLORS.yours, "D")),
    "AdaGrad": (adagrad_step, {}, (COLORS.test, "v")),
    "RMSProp": (rmsprop_step, {}, ("#35B0E8", "P")),
    "Adam": (adam_step, {}, (COLORS.train, "^")),
}
angles = np.random.default_rng(0).uniform(0, 2 * np.pi, 40)
starts = np.sqrt(2) * np.stack([np.cos(angles), np.sin(angles)], -1)  # at one distance
race_rates = 10 ** np.arange(-3.5, 0.76, 0.125)


def loss_after(step, surface, lr, steps=300, **hyper):
    """Median loss over the starts after so many steps."""
    w, state = starts, None
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            w, state = step(w, surface.gradient(w), state, lr=lr, **hyper)
        loss = np.nan_to_num(surface.value(w), nan=np.inf)
    return float(np.median(np.clip(loss, 1e-300, 1e300)))


finals = {
    (place, name): np.array([loss_after(step, surface, float(lr), **hyper) for lr in race_rates])
    for place, surface in valleys.items()
    for name, (step, hyper, _) in racers.items()
}
tuned_momentum = {
    place: loss_after(momentum_step, surface, best_lr, mu=best_mu)
    for place, surface in valleys.items()
}
fig, axes = figure(1, 2, size=(9.4, 3.3), sharey=True)
for ax, place in zip(axes, valleys, strict=True):
    for name, (_, _, (color, mark)) in racers.items():
        shown = np.where(finals[place, name] < 10, np.maximum(finals[place, name], 1e-30), np.nan)
        ax.plot(race_rates, shown, f"{mark}-", color=color, ms=3.5, lw=1.2, label=name)
    ax.plot(best_lr, 1e-30, "*", color=COLORS.warning, ms=13, label="momentum, Polyak")
    ax.axhline(1e-6, color=COLORS.reference, ls=":", lw=1)
    ax.set(title=place, xlabel="learning rate", xscale="log", yscale="log", ylim=(1e-31, 30))
axes[0].set_ylabel("loss after 300 steps")
fig.legend(
    *axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=8
)
lowest = {key: float(found.min()) for key, found in finals.items()}
show(
    fig,
    caption="Median of forty starts; below 1e-30 is drawn at 1e-30; a curve that leaves through the top "
    "diverges. With Polyak's two values momentum is at "
    f"{tuned_momentum['valley along the axes']:.0e} in both valleys. AdaGrad rules along the axes and is "
    f"left with {lowest['the same, turned by 30°', 'AdaGrad']:.0e} in the turned valley, where "
    f"gradient descent has {lowest['the same, turned by 30°', 'SGD']:.0e}. RMSProp never settles at a "
    "constant rate. Adam is not the lowest, but wide, in both.",
    alt="Loss after 300 steps against learning rate, both logarithmic, two panels, six methods. In the "
    "left one AdaGrad falls off the bottom; in the right one it stays above 1e-5. Momentum and Nesterov "
    "reach about 1e-12 and 1e-17 and end at a cliff; Adam is below 1e-6 over more than a decade.",
)

# %% [markdown] tags=["OPT-17"]
# **Explore.** The same race as a film, on four surfaces. Each method starts with the best of a grid of
# rates for that surface (the saddle has no bottom: all take 0.02); the slider multiplies all of them.

# %% tags=["demo"]
film_rates = {  # best of eight rates a decade after 120 steps, in the order of the racers
    "bowl": (bowl(20), (0.075, 0.042, 0.032, 1.0, 0.018, 1.0)),
    "turned bowl": (ravine(20), (0.075, 0.032, 0.032, 0.56, 0.018, 0.075)),
    "saddle": (saddle(), (0.02, 0.02, 0.02, 0.02, 0.02, 0.02)),
    "Rosenbrock": (rosenbrock(), (0.0056, 0.0018, 0.0018, 1.8, 0.56, 0.56)),
}
laps = {}


def race(name, factor):
    """The paths of all racers over a surface, 120 steps, shape (racers, 121, 2)."""
    if (name, factor) not in laps:
        surface, rates = film_rates[name]
        with np.errstate(over="ignore", invalid="ignore"):
            laps[name, factor] = np.array(
                [
                    trajectory(step, surface, steps=120, lr=factor * rate, **hyper)
                    for (step, hyper, _), rate in zip(racers.values(), rates, strict=True)
                ]
            )
    return laps[name, factor]


for name in film_rates:
    race(name, 1.0)


def start():
    fig, (flat, right) = figure(1, 2, size=(8.5, 3.4), width_ratios=(1.1, 1))
    (star,) = flat.plot([], [], "*", color="#FFD34D", mec="black", ms=15, zorder=1)
    flat.set(xlabel="$w_1$", ylabel="$w_2$")
    dots = []
    for name, (_, _, (color, mark)) in racers.items():
        dots += flat.plot([], [], mark, color=color, ms=9, mec="white", label=name)
    right.set(xlabel="step", yscale="log", xlim=(0, 120), ylim=(1e-12, 100))
    right.set_ylabel("loss (saddle: loss + 10)")
    fig.legend(handles=dots, loc="outside right center", frameon=False, fontsize=8)
    artists = {"flat": flat, "right": right, "star": star}
    set_scene(artists, "turned bowl")
    return fig, artists


def set_scene(artists, name):
    """Put another surface under the racers: level lines and colours."""
    flat, surface = artists["flat"], film_rates[name][0]
    for old in flat.collections:
        old.remove()
    x, y, z = surface.grid(40)
    levels = np.unique(np.quantile(z, np.linspace(0, 1, 10) ** 1.5))
    flat.contourf(x, y, z, levels=levels, cmap="Blues", alpha=0.6, zorder=0)
    flat.set(xlim=surface.span[0], ylim=surface.span[1])
    artists["star"].set_data(*np.reshape(surface.minima[:1], (-1, 2)).T)
    artists["shown"] = name


def shoot(artists, surface, factor):
    if artists["shown"] != surface:
        set_scene(artists, surface)
    ways = np.clip(np.nan_to_num(race(surface, factor), nan=1e3), -1e3, 1e3)
    losses = film_rates[surface][0].value(ways)
    heights = np.clip(losses - (-10.0 if surface == "saddle" else 0.0), 1e-13, 1e6)
    steps, marks = np.arange(121), []
    for (_, _, (color, mark)), way, height in zip(racers.values(), ways, heights, strict=True):
        look = {"color": color, "marker": mark}
        marks.append(Trail(artists["flat"], *way.T, ms=9, **look))
        marks.append(Trail(artists["right"], steps, height, ms=6, lw=1.8, whole=True, **look))
    marks.reverse()  # whoever is named first is drawn on top

    called, said = list(racers), []
    broken = [called[i] for i in np.argsort(losses[:, -1]) if losses[i, -1] > 1e5]
    ends = f" By step 120 {', '.join(broken)} will have diverged." if broken else ""
    for t in range(121):
        order = np.argsort(losses[:, t])
        said.append(
            f"{surface}, step {t}: {called[order[0]]} leads with a loss of {losses[order[0], t]:.2g}, "
            f"last is {called[order[-1]]} with {losses[order[-1], t]:.2g}.{ends}"
        )
    return marks, said


great_race = film(
    start,
    shoot,
    controls={
        "t": Player(120, label="step", fps=20, value=40),
        "surface": Choice(list(film_rates), label="surface", value="turned bowl"),
        "factor": LogSlider(0.1, 10, value=1, label="rates times", per_decade=10),
    },
    goal="Who loses most when the bowl is turned? On the saddle, who is last to leave the middle line? "
    "Then multiply the rates by 2 on every surface: who breaks?",
    answer="AdaGrad and RMSProp lose most: from 0 and 1e-40 to 1e-8 and 1e-4 at step 120. With a "
    "condition number of only 20, tuned SGD beats momentum with 0.9. On the saddle SGD is last to leave. "
    "Twice the rates make SGD diverge on both bowls, and SGD, momentum and Nesterov on Rosenbrock. "
    "AdaGrad, RMSProp and Adam never diverge: their steps have a length of their own.",
)
great_race

# %% [markdown]
# No method is best everywhere, and a poor learning rate can put any of them last.

# %% [markdown] tags=["ADA-11"]
# ## 10 · After the slides
#
# ### One bad gradient
#
# Adam divides by a long memory of squares. What if one of the gradients was a mistake?

# %% tags=["predict"]
shock_memory = ...

# %% tags=["check"]
check("optimizers.shock_memory")

# %% [markdown]
# The usual guard is to *clip* the gradient of the whole network (Pascanu et al. 2013).

# %% tags=["exercise"]
from utils.clipping import clip_by_norm

# %% tags=["check"]
check("clipping.clip_by_norm")

# %% tags=["demo"]
shocked = moves(adam_step, np.where(np.arange(8000) == 1000, 1000.0, 1.0), lr=1.0)[1001:]
half_back = round(100 + int(np.argmax(shocked[100:] > 0.5)), -2)


def loss_with_accident(step, lr, seed, accident=True, max_norm=None):
    """Training loss of a digit network after 200 updates, one of them on a spoilt batch."""
    rng, net, states = np.random.default_rng(seed), None, None
    net = MLP([64, 50, 10], rng=np.random.default_rng(seed))
    for k in range(200):
        idx = rng.integers(len(digits.x_train), size=50)
        x, y = digits.x_train[idx], digits.y_train[idx]
        if accident and k == 100:  # one image 100 times too bright, with a wrong label
            x[0], y[0] = 100 * x[0], (y[0] + 1) % 10
        _, grads = net.loss(x, y)
        if max_norm:
            grads, _ = clip_by_norm(grads, max_norm)
        net.params, states = step_params(step, net.params, grads, states, lr=lr)
    return net.loss(digits.x_train, digits.y_train)[0]


patients = {"SGD, 1.0": (sgd_step, 1.0), "momentum, 0.1": (partial(momentum_step, mu=0.9), 0.1)}
patients["Adam, 0.01"] = (adam_step, 0.01)
treatments = {
    "no accident": {"accident": False},
    "accident": {},
    "accident, clipped at 1": {"max_norm": 1.0},
}
harm = {
    (name, how): np.array([loss_with_accident(*patients[name], seed, **kind) for seed in range(3)])
    for name in patients
    for how, kind in treatments.items()
}
fig, (left, right) = figure(1, 2, size=(9, 2.9))
left.plot(np.arange(1, len(shocked) + 1), shocked, color=COLORS.train, lw=2)
left.axhline(0.5, color=COLORS.reference, ls=":", lw=1)
left.set(xlabel="steps after one gradient of 1000", ylabel="length of the step / η", yscale="log")
colors = (COLORS.reference, COLORS.validation, COLORS.train)
for (how, mark), color in zip(zip(treatments, "osD", strict=True), colors, strict=True):
    for i, name in enumerate(patients):
        at = i + 0.18 * (list(treatments).index(how) - 1)
        right.plot([at] * 3, harm[name, how], mark, color=color, ms=5, label="" if i else how)
right.set(yscale="log", ylabel="training loss", xlim=(-0.5, 2.5))
right.set_xticks(range(3), list(patients))
right.legend(frameon=False, fontsize=8)
show(
    fig,
    caption=f"Left: one gradient of 1000 among ones; Adam is back at half its speed after {half_back:,} "
    "steps. Right: digits, 200 updates, three runs each; in one update one image is a hundred times too "
    "bright and has a wrong label. Clipping undoes the harm for all three methods.",
    alt="Left: Adam's step falls to 0.03 after the shock and climbs back over thousands of steps. Right: "
    "training losses; with the accident they rise for all three methods, with clipping they are as "
    "without it.",
)

# %% [markdown]
# ### Warm-up
#
# Look again at the dotted curve of section 8: Adam's first steps trust a gradient of pure noise four times
# as much as later ones, because one gradient says nothing about its own reliability. Large models
# therefore begin with a small rate that grows over the first steps, a *warm-up*. On our digit networks,
# with two to five layers, it changed nothing that five seeds could show; where it does:
# [08](../08_learning_rates/08_learning_rates.ipynb).
#
# ### Bug hunt: weight decay in Adam
#
# A penalty on large weights has a gradient proportional to $w$
# ([09](../09_regularization/09_regularization.ipynb)). Under plain SGD every weight then loses the same
# share per step. Here is a draft for Adam. It stood in libraries for years.


# %%
def adamw_draft(w, dw, state, *, lr=1e-3, weight_decay=0.01, **hyper):
    """Adam, and beside it every weight decays at one rate. Does it?"""
    return adam_step(w, dw + weight_decay * w, state, lr=lr, **hyper)


# %% tags=["demo"]
def decayed(step, size, steps=600):
    """Mean of 200 weights that start at 1, when the gradient is noise of this size."""
    rng, w, state, way = np.random.default_rng(0), np.ones(200), None, [1.0]
    for _ in range(steps):
        w, state = step(w, size * rng.standard_normal(200), state, lr=0.003, weight_decay=0.5)
        way.append(w.mean())
    return np.array(way)


def draw_decay(step):
    """The weights under four sizes of noise, and the decay that all of them should show."""
    fig, ax = figure(size=(7, 2.8))
    ends = {}
    for size, dash in zip((0.01, 0.1, 1.0, 10.0), ("-", "--", "-.", ":"), strict=True):
        way = decayed(step, size)
        ends[size] = float(way[-1])
        ax.plot(way, dash, lw=2, label=f"gradients of size {size:g}")
    ax.plot((1 - 0.003 * 0.5) ** np.arange(601), color="black", lw=1, label="as it should be")
    ax.set(xlabel="step", ylabel="mean weight", ylim=(-0.1, 1.1))
    ax.legend(frameon=False, fontsize=8, loc="lower left", ncols=2)
    return fig, ends


fig, draft_ends = draw_decay(adamw_draft)
show(
    fig,
    caption="The draft: 200 weights for each size of gradient, all start at 1, rate 0.003, decay 0.5. "
    f"After 600 steps weights with small gradients are at {draft_ends[0.01]:.2f}, those with large ones "
    f"at {draft_ends[10.0]:.2f}. All should be at {(1 - 0.0015) ** 600:.2f}.",
    alt="Mean weight over 600 steps. Only a thin black line falls to 0.41 as it should. Weights with "
    "small gradients fall to 0 much sooner, those with large gradients stay near 1.",
)

# %% tags=["exercise"]
from utils.optimizers import adamw_step

# %% tags=["check"]
check("optimizers.adamw_step")

# %% tags=["demo"]
_, mended_ends = draw_decay(adamw_step)
print("mean weight after 600 steps, gradients of size 0.01, 0.1, 1 and 10")
print("  draft ", "  ".join(f"{end:5.2f}" for end in draft_ends.values()))
print("  yours ", "  ".join(f"{end:5.2f}" for end in mended_ends.values()))
print(f"  as it should be {(1 - 0.0015) ** 600:.2f}")

# %% [markdown]
# **Compare.** In the draft the decay goes through Adam like any gradient, is averaged, and is divided by
# $\sqrt{\hat v}$. AdamW (Loshchilov and Hutter 2019) takes it out:
# $w \leftarrow w - \eta\,\hat m/(\sqrt{\hat v} + \epsilon) - \eta\lambda\, w$. Most transformers are
# trained with it. Newer methods treat a weight matrix as a matrix, such as Shampoo and Muon:
# [06](../06_curvature/06_curvature.ipynb).

# %% [markdown] tags=["OPT-14", "OPT-17", "E-29", "E-33", "E-35"]
# ## What to remember
#
# | method | remembers | step |
# |---|---|---|
# | SGD | nothing | $-\eta g$ |
# | momentum | $v \leftarrow \mu v - \eta g$ | $v$ |
# | Nesterov | the same, with $g$ from $w + \mu v$ | $v$ |
# | AdaGrad | $r \leftarrow r + g^2$ | $-\eta\, g / (\sqrt r + \epsilon)$ |
# | RMSProp | $r \leftarrow \beta r + (1 - \beta) g^2$ | $-\eta\, g / (\sqrt r + \epsilon)$ |
# | Adam | $m$, $v$: averages of $g$ and $g^2$ | $-\eta\, \hat m / (\sqrt{\hat v} + \epsilon)$ |
# | AdamW | the same | the same, and $-\eta\lambda w$ |
#
# - The steepest direction sets the speed limit, the flattest one decides how long it takes: $\kappa$
#   steps for gradient descent, $\sqrt\kappa$ with the right momentum.
# - Momentum is a decaying sum. Inside its band all curvatures shrink by $\sqrt\mu$ per step.
# - Adam is sign descent with memories. Its steps have a length of their own, so its good region is wide.
# - A rate for each weight belongs to the axes: turned by 30°, AdaGrad is no better than gradient descent.
# - Before you compare two methods, tune both, and look at the width of the good region.
#
# **Three questions for next week.** Why does the largest stable rate *grow* with momentum? Why are
# Adam's first steps too long without correction, when both averages start too *small*? Why does an L2
# penalty inside Adam not shrink all weights alike?
#
# **Errata of the slides.** The summary line of AdaGrad has no minus: it climbs, from (1, 1) to
# (1.85, 1.85) in 20 steps on a round bowl. One deck moves $\theta_{t+1}$ by the old $v_t$. Two
# algorithm boxes carry the number 2, and both ask for rates $\epsilon_k$ and then write $\epsilon$;
# algorithm 6 leaves out the constant for stability. The box of Adam is captioned RMSProp with Nesterov,
# suggests the rate 0.0001 and $\rho_2 = 0.9$, and has the constant inside the square root. The loop
# `for t in range(1, num_iterations)` makes one step too few. Bottou's title is cited wrongly.

# %% [markdown]
# ## Read on
#
# - Goh, [Why Momentum Really Works](https://distill.pub/2017/momentum/), 2017: section 4, with pictures
#   that move.
# - Goodfellow, Bengio, Courville, [Deep Learning](https://www.deeplearningbook.org), 2016, chapter 8.
# - Kingma, Ba, [Adam](https://arxiv.org/abs/1412.6980), 2015; Reddi, Kale, Kumar, *On the Convergence of
#   Adam and Beyond*, 2018; Loshchilov, Hutter,
#   [Decoupled Weight Decay Regularization](https://arxiv.org/abs/1711.05101), 2019.
# - Sutskever, Martens, Dahl, Hinton, *On the importance of initialization and momentum in deep
#   learning*, 2013. Duchi, Hazan, Singer, *Adaptive subgradient methods*, 2011. Zeiler,
#   [ADADELTA](https://arxiv.org/abs/1212.5701), 2012. Bottou, *Large-Scale Machine Learning with
#   Stochastic Gradient Descent*, 2010.
#
# **Next** [08 · Learning rates](../08_learning_rates/08_learning_rates.ipynb): how the rate should fall.

# %% tags=["demo"]
progress()
