# %% [markdown]
# # 08 · Learning rates and schedules
#
# Every training needs one number before all others. **How large should the steps be, and when should they
# shrink?** And since a comparison of two methods at one rate is worth nothing, the same number decides what
# you believe about everything else.
#
# **After this lecture you can**
#
# - derive the best rate for a noisy step, and from it the oldest schedule of all;
# - write the schedules in use, and say which assumption each of them makes;
# - find a first rate by a range test, and say why its answer depends on the test;
# - say when a warm-up helps, and what to do with the rate when the batch grows;
# - compare schedules fairly.
#
# **Time** Two hours; after section 4 is a good place for a break. **Builds on** SGD, its noise and the limit
# $2/\lambda_{\max}$ ([07](../07_optimizers/07_optimizers.ipynb)), and He's start
# ([04](../04_initialization/04_initialization.ipynb)). From probability you need this much: the mean of a
# sum is the sum of the means, and the mean of a product is the product of the means where one factor does
# not depend on the other.

# %% tags=["setup"]
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from grader import borrow, check, failing, hint, progress
from utils.activations import relu_backward, relu_forward
from utils.data import load_digits
from utils.hessians import hvp, sharpness
from utils.initialization import he_normal
from utils.losses import log_softmax, softmax
from utils.many_networks import column, race
from utils.networks import MLP
from utils.noise import optimal_rates
from utils.plots import COLORS, compare, figure, layer_colors, show
from utils.schedules import exponential_decay, final_loss_vs_cut, inverse_decay, pick_lr0
from utils.widgets import Choice, LogSlider, Press, Slider, explore, live

# %% [markdown] tags=["LRS-01"]
# ## 1 · No rate is best
#
# Four rates on a small network. A slide shows such curves and asks: which of these is best to use?

# %% tags=["demo"]
digits = load_digits()
SEEDS = range(5)
four_rates = (0.01, 0.1, 0.5, 2.0)
moments = range(0, 301, 10)
first_look = race(
    digits,
    [64, 32, 10],
    lr=column(four_rates),
    seeds=SEEDS,
    updates=300,
    batch_size=16,
    at=moments,
)
fig, ax = figure(size=(7, 3))
for runs, rate, dash, color in zip(
    first_look.train_loss, four_rates, ("--", "-.", "-", ":"), layer_colors(4), strict=True
):
    for seed, run in enumerate(runs):
        label = f"rate {rate:g}" if seed == 0 else ""
        ax.plot(moments, run, dash, color=color, lw=1.2, label=label)
ax.set(xlabel="update", ylabel="training loss", yscale="log", ylim=(0.05, 5))
ax.legend(frameon=False, fontsize=8, ncols=2, loc="lower left")
first_acc = first_look.val_acc[:, :, -1].mean(axis=1)
show(
    fig,
    caption="A network with 32 hidden units on the digits, batches of 16, five starts for each rate. After "
    "300 updates "
    + ", ".join(f"{a:.0%}" for a in first_acc)
    + " of the validation images are right, from "
    "the lowest rate to the highest.",
    alt="Training loss over 300 updates on a logarithmic axis. At 0.01 it falls slowly to 1.7, at 0.1 to "
    "0.25, at 0.5 to below 0.1 with jumps; at 2.0 it stays at 2.3.",
)

# %% [markdown]
# 0.01 is too low, 2.0 does not learn at all. Is 0.5 the answer? For this network and 300 updates. To see
# what it depends on, take a task whose noise never ends: softmax regression, no hidden layer, with a fifth
# of the training labels wrong. The loss is convex, so it has one smallest value. What a run has above that
# is its *excess*.

# %% tags=["predict", "LRS-01"]
best_at_the_end = ...

# %% tags=["check"]
check("learning_rates.best_at_the_end")

# %% tags=["demo"]
label_rng = np.random.default_rng(0)
wrong = label_rng.random(len(digits.y_train)) < 0.2
moved = (digits.y_train + label_rng.integers(1, 10, len(wrong))) % 10
noisy_digits = replace(digits, y_train=np.where(wrong, moved, digits.y_train))
LOWEST = 0.8655  # the smallest possible training loss, found with Newton's method


def by_rows(rates):
    """Settings of a race with schedules: each row has the learning rate of every update."""
    return {"lr": lambda k: rates[:, k, None], "updates": rates.shape[1]}


noisy_race = partial(race, noisy_digits, [64, 10], seeds=SEEDS, batch_size=8)
lengths = (30, 100, 300, 1000, 3000)
constant_rates = 0.1 * 1.5 ** np.arange(-2, 8)
long_runs = noisy_race(lr=column(constant_rates), updates=3000, at=lengths)
excess = long_runs.train_loss - LOWEST
best_constant = {
    length: float(constant_rates[excess[:, :, i].mean(axis=1).argmin()])
    for i, length in enumerate(lengths)
}
fig, ax = figure(size=(7, 3))
for i, (length, color) in enumerate(zip(lengths, layer_colors(5), strict=True)):
    mean, std = excess[:, :, i].mean(axis=1), excess[:, :, i].std(axis=1)
    ax.errorbar(
        constant_rates, mean, std, color=color, marker="o", ms=3, label=f"{length:,} updates"
    )
    ax.plot(best_constant[length], mean.min(), "*", color=color, ms=13)
ax.set(xlabel="constant rate", ylabel="excess", xscale="log", yscale="log")
fig.legend(loc="outside right center", frameon=False, fontsize=8)
show(
    fig,
    caption="Mean and standard deviation of five runs; a star marks the best rate of each length: "
    + ", ".join(f"{rate:.2g}" for rate in best_constant.values())
    + ".",
    alt="Excess against constant rate, both logarithmic, a curve for each length of run. Each is a valley; "
    "the bottom moves left, from 0.5 after 30 updates to 0.2 after 3000, and down.",
)

# %% [markdown]
# So the answer to the slide's question is: none of them, for the whole run. At first distance counts, at
# last noise. A rate that falls could have both. How exactly should it fall?

# %% [markdown] tags=["LRS-08"]
# ## 2 · One noisy step
#
# Take the simplest place with noise: one direction, loss $\frac12 h w^2$. SGD sees the slope $hw$, and on
# top of it a random number: $w \leftarrow w - \eta\,(h w + s z)$, in code `noise` for $s$. The number $z$ is
# new at each step, with mean 0 and variance 1. We do not follow one walk but all of them: let $m$ be the mean
# of $w^2$ over all draws. What is it after a step? Take a sheet of paper.

# %% tags=["exercise"]
from utils.noise import noisy_step

# %% tags=["check"]
check("noise.noisy_step")

# %% [markdown]
# **Compare.** The new $w$ is $(1 - \eta h)\,w - \eta s z$. In its square the mixed term holds $wz$, and its
# mean is 0, since $z$ does not know $w$:
#
# $$m \leftarrow (1 - \eta h)^2\, m + \eta^2 s^2 .$$
#
# A pull inward, and a price that does not depend on where you are.

# %% tags=["predict", "LRS-08"]
noise_floor = ...

# %% tags=["check"]
check("learning_rates.noise_floor")

# %% [markdown] tags=["LRS-04"]
# Now choose the rate for one step only. Too small, and it gains little; too large, and it brings in more
# noise than it takes away.

# %% tags=["exercise"]
from utils.noise import best_rate

# %% tags=["check"]
check("noise.best_rate")

# %% [markdown] tags=["LRS-04"]
# **Compare.** $m$ after the step is a parabola in $\eta$. Its derivative, $-2h(1 - \eta h)m + 2\eta s^2$, is 0
# at
#
# $$\eta = \frac{hm}{h^2 m + s^2} .$$
#
# Far out the noise is nothing, and this is Newton's $1/h$. Near the minimum it is small, and it shrinks as
# $m$ does. How does it shrink? With $h = s = 1$ the rate is $\eta = m/(m+1)$, and putting it into the step
# gives $m \leftarrow m/(m+1)$, too: the new $m$ is the rate. One over $m$ grows by 1 in each step. From far out
# that makes the rates $1, \frac12, \frac13, \dots$: this is $1/t$ decay. What does SGD do with such rates?

# %% tags=["predict", "LRS-04"]
one_over_t = ...

# %% tags=["check"]
check("learning_rates.one_over_t")

# %% tags=["demo"]
m, greedy = 1e6, []
for _ in range(100):
    greedy.append(best_rate(m))
    m = noisy_step(m, greedy[-1])
targets = np.random.default_rng(0).standard_normal(100)
w = 5.0
for t, target in enumerate(targets, start=1):
    w = w - (w - target) / t
greedy_gap = np.abs(np.array(greedy) * np.arange(1, 101) - 1).max()
mean_gap = abs(w - targets.mean())
print("step                   1.     2.     3.    10.   100.")
print("best rate from far", *(f"{greedy[k - 1]:6.4f}" for k in (1, 2, 3, 10, 100)))
print(f"SGD with 1/t on 100 random targets differs from their mean by {mean_gap:.0e}.")

# %% [markdown] tags=["LRS-08"]
# ### When to cut
#
# Nobody knows $m$ in a real training. Suppose the rate is cut once, at a moment that you choose.

# %% tags=["predict", "LRS-08"]
too_early = ...

# %% tags=["check"]
check("learning_rates.too_early")

# %% tags=["demo"]
after = np.arange(101)


def runs_with_a_cut(lr, factor, start=10.0):
    """Loss over 100 steps without a cut, and the final loss for each moment of a cut."""
    before = [start**2]
    for _ in range(100):
        before.append(noisy_step(before[-1], lr))
    before, small = np.array(before), lr * factor
    left = (1 - small) ** (2 * (100 - after))  # what is left of m when the small steps are over
    floor = small / (2 - small)
    return before / 2, (left * before + floor * (1 - left)) / 2


def start():
    fig, ax = figure(size=(7.5, 3.2))
    (never,) = ax.plot([], [], ":", color=COLORS.reference, lw=1.5, label="loss, never cut")
    (now,) = ax.plot([], [], color=COLORS.train, lw=2, label="loss with this cut")
    (final,) = ax.plot([], [], "--", color=COLORS.validation, label="final loss, by moment of cut")
    (dot,) = ax.plot([], [], "o", color=COLORS.validation, ms=8)
    ax.set(xlabel="update", ylabel="mean loss", yscale="log", xlim=(0, 100), ylim=(3e-3, 70))
    ax.legend(frameon=False, fontsize=8, loc="upper right")
    return fig, {"never": never, "now": now, "final": final, "dot": dot}


def update(artists, cut, lr, factor):
    before, final = runs_with_a_cut(lr, factor)
    small, m = lr * factor, 2 * before[cut]
    gone = (1 - small) ** (2 * np.arange(101 - cut))
    tail = (gone * m + small / (2 - small) * (1 - gone)) / 2
    artists["never"].set_data(after, before)
    artists["now"].set_data(after, np.concatenate([before[:cut], tail]))
    artists["final"].set_data(after, final)
    artists["dot"].set_data([cut], [final[cut]])
    best = int(final.argmin())
    return (
        f"Rate {lr:.2g}, cut after {cut} updates to {small:.2g}: final loss {final[cut]:.4f}, "
        f"{final[cut] / final[best]:.1f} times that of the best cut, after {best}."
    )


drag_the_cut = explore(
    start,
    update,
    controls={
        "cut": Slider(0, 100, 1, 60, label="cut after"),
        "lr": LogSlider(0.05, 1.0, value=0.2, label="rate", per_decade=10),
        "factor": LogSlider(0.01, 1.0, value=0.1, label="factor", per_decade=10),
    },
    goal="For the rate 0.2: where is the best cut, and on which side of it is a mistake cheaper? Then try "
    "half the rate: does the best moment come sooner or later?",
    answer="After 21 updates. A cut 21 too early costs 121 times the loss, one 29 too late 1.6 times: the "
    "dashed curve is a cliff on its left and a gentle slope on its right. At the rate 0.1 it takes longer to "
    "arrive, and the best cut comes after 47.",
)
drag_the_cut

# %% tags=["demo"]
cuts = np.array([0, 21, 50, 75, 100])
exact = runs_with_a_cut(0.2, 0.1)[1][cuts]
sampled = final_loss_vs_cut(cuts, runs=4000, rng=np.random.default_rng(0))
compare(
    [(f"cut after {cut}", a, b) for cut, a, b in zip(cuts, sampled, exact, strict=True)],
    rel_tol=0.08,
    printed="exact",
    caption="Final loss of 4,000 random walks beside the recursion, for a cut from 0.2 to 0.02.",
)

# %% [markdown] tags=["LRS-08"]
# A slide says the same in words: it is better not to decrease too fast, because the quick win of a cut is
# followed by slow progress. The recursion says how much better.

# %% [markdown] tags=["LRS-09"]
# ## 3 · Many directions
#
# A network has more than one curvature. Let the loss be a sum over directions, each with its own $h_i$ and
# its own noise, and one schedule for all.

# %% tags=["exercise"]
from utils.noise import expected_loss

# %% tags=["check"]
check("noise.expected_loss")

# %% tags=["predict", "LRS-04"]
one_over_t_100 = ...

# %% tags=["check"]
check("learning_rates.one_over_t_100")

# %% [markdown]
# What is the best schedule there? With all other rates fixed, the final loss is a parabola in each single
# rate. So a computer can improve one rate after another, until nothing changes any more.

# %% tags=["predict", "LRS-09"]
optimal_shape = ...

# %% tags=["check"]
check("learning_rates.optimal_shape")

# %% tags=["demo"]
T = 100
h100 = 1 / np.arange(1.0, 101)
spectrum = {"noise": np.sqrt(h100)}  # the noise is larger where it is steeper, as in networks
starts = {1: 1.0, 10: 10**0.5, 100: 10.0, 10_000: 100.0}
optimal = {
    far: optimal_rates(h100, start=w0, steps=T, cap=1.95, sweeps=60, **spectrum)
    for far, w0 in starts.items()
}
optimum = {
    far: expected_loss(rates, h100, start=starts[far], **spectrum) for far, rates in optimal.items()
}
time = np.arange(T)
shapes = {
    "constant": np.ones(T),
    "1/t": 1 / (1 + 0.1 * time),
    "exponential": np.exp(-3 * time / T),
    "halved 5 times": 0.5 ** (time * 6 // T),
    "linear to 0": 1 - time / T,
    "cosine to 0": (1 + np.cos(np.pi * time / T)) / 2,
    "flat, then down": np.minimum(1, (1 - time / T) / 0.2),
}
peaks = np.geomspace(0.02, 1.95, 16)
against_best = {
    (name, far): min(
        expected_loss(peak * shape, h100, start=starts[far], **spectrum) for peak in peaks
    )
    / optimum[far]
    for name, shape in shapes.items()
    for far in starts
}
plain_1_over_t = expected_loss(1 / (time + 1), h100, start=10.0, **spectrum) / optimum[100]
uncapped = optimal_rates(h100, start=10.0, steps=T, sweeps=60, **spectrum)
uncapped_gain = expected_loss(uncapped, h100, start=10.0, **spectrum) / optimum[100]
fig, ax = figure(size=(7, 2.9))
for (far, rates), color, dash in zip(
    optimal.items(), layer_colors(4), ("-", "--", "-.", ":"), strict=True
):
    ax.plot(time, rates, dash, color=color, lw=2, label=f"{far:,}")
ax.set(xlabel="step", ylabel="best rate", ylim=(0, 2.1))
fig.legend(loc="outside right center", frameon=False, fontsize=8, title="start² / noise²")
show(
    fig,
    caption="The best 100 rates, none above 1.95, for 100 directions of curvature 1, 1/2, …, 1/100. The "
    "larger the distance is compared with the noise, the later the decay begins. (Rates 1, 1/2, 1/3, … from "
    f"start² = 100 noise²: {plain_1_over_t:.0f} times the best loss.)",
    alt="Four curves of the rate over 100 steps. For the smallest distance it falls from 1 from the "
    "beginning; for larger ones it stays at 1.95 for 35, 70 and more than 95 steps, and then falls.",
)
print("final loss, divided by that of the best schedule; each shape at its best of 16 rates")
print("start² / noise²  ", *(f"{far:>8,}" for far in starts))
for name in shapes:
    print(f"{name:17s}", *(f"{against_best[name, far]:8.2f}" for far in starts))

# %% [markdown]
# No shape wins everywhere. Where noise rules, in the first column, an early decay is nearly perfect; where
# distance rules, the rate should stay up as long as possible.

# %% tags=["predict", "LRS-09"]
beyond = ...

# %% tags=["check"]
check("learning_rates.beyond")

# %% [markdown]
# (Without a limit the best rates of this example reach 46. Do not try this in a network: there a direction
# thrown far out finds another landscape.)

# %% [markdown] tags=["LRS-02", "LRS-03", "LRS-04"]
# ### The family
#
# Three schedules that slides name, with time $t$ in epochs or updates:
#
# - $1/t$ decay, $\eta = \eta_0/(1 + kt)$;
# - exponential decay, $\eta = \eta_0\, e^{-kt}$, which others write with $T = 1/k$: a straight line on a
#   logarithmic axis;
# - step decay: keep the rate for a while, then cut it, usually in half or to a tenth.

# %% tags=["exercise"]
from utils.schedules import step_decay

# %% tags=["check"]
check("schedules.step_decay")

# %% tags=["demo"]
printed_rates = [
    ("1/t, k = 0.1", inverse_decay(20, lr0=0.1, k=0.1), 0.0333),
    ("exponential, k = 0.1", exponential_decay(20, lr0=0.1, k=0.1), 0.0135),
    ("halved every 5 epochs", step_decay(20, lr0=0.1, every=5), 0.00625),
]
compare(printed_rates, rel_tol=0.003, caption="The rate at t = 20, if it begins at 0.1.")

# %% [markdown] tags=["LRS-09"]
# ### Bug hunt
#
# Cuts at times of one's choice come at *milestones*. Here is a draft that does what the documentation of a
# library says: find two neighbouring milestones between which the time lies, and count.


# %%
def milestones_draft(t, *, lr0, milestones, factor=0.1):
    """The rate after so many cuts as milestones have been passed. Is it?"""
    for cuts, (begin, end) in enumerate(pairwise(milestones), start=1):
        if begin <= t < end:
            return lr0 * factor**cuts
    return lr0


# %% tags=["demo"]
def with_milestones(rule, steps=1200):
    """Excess on the wrong labels, cut to a third after 300, 600 and 900 updates."""
    rates = [[rule(t, lr0=0.8, milestones=[300, 600, 900], factor=1 / 3) for t in range(steps)]]
    run = noisy_race(**by_rows(np.array(rates)), at=range(0, steps + 1, 20))
    return run.train_loss[0] - LOWEST


draft_run = with_milestones(milestones_draft)
fig, ax = figure(size=(7, 2.7))
ax.plot(range(0, 1201, 20), draft_run.T, color=COLORS.train, lw=1)
for milestone in (300, 600, 900):
    ax.axvline(milestone, color=COLORS.reference, ls=":", lw=1)
ax.set(xlabel="update", ylabel="excess", yscale="log")
show(
    fig,
    caption="Wrong labels, rate 0.8, five runs with the draft; dotted lines are its three milestones. The "
    f"excess is {draft_run[:, 45].mean():.2f} after 900 updates and {draft_run[:, -1].mean():.2f} at the end.",
    alt="Excess over 1200 updates. It falls at the first two milestones, and at the third it jumps up and "
    "stays high and noisy.",
)

# %% tags=["exercise"]
from utils.schedules import multi_step_decay

# %% tags=["check"]
check("schedules.multi_step_decay")

# %% tags=["demo"]
mended_run = with_milestones(multi_step_decay)
print("updates           300,   600,   900,  1,200")
for name, run in (("the draft", draft_run), ("yours", mended_run)):
    print(f"{name:15s}", *(f"{run[:, k].mean():6.3f}" for k in (15, 30, 45, 60)))

# %% [markdown] tags=["LRS-05", "E-38"]
# ### Spot the error: a line without an end

# %% tags=["predict", "LRS-05", "E-38"]
unclipped = ...

# %% tags=["check"]
check("learning_rates.unclipped")

# %% tags=["exercise"]
from utils.schedules import linear_decay

# %% tags=["check"]
check("schedules.linear_decay")


# %% tags=["demo"]
def slide_line(k):
    """The formula as it is printed."""
    return (1 - k / 100) * 0.1 + k / 100 * 0.001


m_slide, m_yours, line_table = 100.0, 100.0, {}
for k in range(301):
    if k in (100, 150, 200, 300):
        line_table[k] = (slide_line(k), m_slide, m_yours)
    m_slide = noisy_step(m_slide, slide_line(k))
    m_yours = noisy_step(m_yours, linear_decay(k, lr0=0.1, total=100, lr_end=0.001))
print("update   printed rate   mean of w²   with your rates")
for k, (rate, with_slide, with_yours) in line_table.items():
    print(f"{k:6d} {rate:14.4f} {with_slide:12.3g} {with_yours:17.3g}")

# %% [markdown] tags=["LRS-05", "LRS-09"]
# The slide's text has it right, the decay lasts until iteration $\tau$; the formula needs
# $\alpha = \min(k/\tau, 1)$. Its rules of thumb: $\tau$ for a large number of passes, and $\epsilon_\tau$ about
# one hundredth of $\epsilon_0$.
#
# One more shape, the favourite of recent years (Loshchilov and Hutter 2016). Like the line it knows the end;
# it stays longer at the top and longer at the bottom.

# %% tags=["exercise"]
from utils.schedules import cosine_decay

# %% tags=["check"]
check("schedules.cosine_decay")

# %% [markdown] tags=["LRS-09"]
# **Explore.** Now build a schedule yourself, from six pieces, for the 100 directions. Your loss is computed
# exactly, without a single random number.

# %% tags=["demo"]
piece_of = time * 6 // T
line_loss = {
    far: min(
        expected_loss(peak * shapes["linear to 0"], h100, start=w0, **spectrum) for peak in peaks
    )
    for far, w0 in starts.items()
}


def start():
    fig, ax = figure(size=(7.5, 3))
    (best,) = ax.plot([], [], "--", color=COLORS.reference, label="best")
    (yours,) = ax.plot([], [], color=COLORS.yours, lw=2.5, drawstyle="steps-post", label="yours")
    ax.set(xlabel="step", ylabel="rate", xlim=(0, 100), ylim=(0.02, 2.2), yscale="log")
    ax.legend(frameon=False, fontsize=8, loc="lower left")
    return fig, {"best": best, "yours": yours}


def update(artists, far, show_best, **pieces):
    rates = np.array(list(pieces.values()))[piece_of]
    artists["yours"].set_data(np.append(time, T), np.append(rates, rates[-1]))
    artists["best"].set_data(time, optimal[far] if show_best else np.full(T, np.nan))
    loss = expected_loss(rates, h100, start=starts[far], **spectrum)
    return (
        f"start² = {far:,} noise²: your loss is {loss / optimum[far]:.2f} times the best possible; the best "
        f"linear decay has {line_loss[far] / optimum[far]:.2f}."
    )


draw_a_schedule = explore(
    start,
    update,
    controls={
        **{
            f"r{k}": LogSlider(0.03, 1.95, value=0.9, label=f"piece {k}", per_decade=12)
            for k in range(1, 7)
        },
        "far": Choice(
            {f"start² = {far:,} noise²": far for far in starts}, label="distance", value=100
        ),
        "show_best": Choice({"hidden": False, "shown": True}, label="best schedule"),
    },
    goal="At start² = 100 noise², come within 15 % of the best. Then set the distance to 1: what is the "
    "same schedule worth there?",
    answer="Four pieces at the top, the fifth at about 1.1, the last at about 0.3: 1.1 times the best. With the "
    "distance at 1 the same rates are more than twice the best loss: there is little to cover, and much "
    "noise to calm.",
)
draw_a_schedule

# %% [markdown] tags=["LRS-09"]
# ## 4 · The race, judged fairly
#
# Back to a real training, the wrong labels. First, as it is often done: one rate for all.

# %% tags=["predict", "LRS-05"]
fair = ...

# %% tags=["check"]
check("learning_rates.fair")

# %% tags=["predict", "LRS-05"]
peak = ...

# %% tags=["check"]
check("learning_rates.peak")


# %% tags=["demo"]
def family(steps):
    """Seven shapes between 1 and 0 for a run of so many updates."""
    times = range(steps)
    rules = {
        "constant": lambda t: 1.0,
        "1/t": partial(inverse_decay, lr0=1.0, k=10 / steps),
        "exponential": partial(exponential_decay, lr0=1.0, k=3 / steps),
        "halved 5 times": partial(step_decay, lr0=1.0, every=steps / 6),
        "linear to 0": partial(linear_decay, lr0=1.0, total=steps),
        "cosine to 0": partial(cosine_decay, lr0=1.0, total=steps),
    }
    return {name: np.array([rule(t) for t in times]) for name, rule in rules.items()}


race_peaks = 0.1 * 3 ** (np.arange(0, 9) / 2)  # half of a factor 3 apart
races, race_acc = {}, {}
for steps in (300, 1000):
    rows = np.array([peak * shape for shape in family(steps).values() for peak in race_peaks])
    outcome = noisy_race(**by_rows(rows))
    grid = (6, len(race_peaks), len(SEEDS))
    races[steps] = (outcome.train_loss - LOWEST).reshape(grid)
    race_acc[steps] = outcome.val_acc.reshape(grid)
shape_names = list(family(10))
race_best = {
    (name, steps): float(races[steps][i].mean(axis=1).min())
    for i, name in enumerate(shape_names)
    for steps in races
}
race_peak = {
    (name, steps): float(race_peaks[races[steps][i].mean(axis=1).argmin()])
    for i, name in enumerate(shape_names)
    for steps in races
}
fig, axes = figure(1, 2, size=(9, 3.2), sharey=True)
for ax, steps in zip(axes, races, strict=True):
    for i, (name, mark) in enumerate(zip(shape_names, "osD^vP", strict=True)):
        mean, std = races[steps][i].mean(axis=1), races[steps][i].std(axis=1)
        ax.errorbar(
            race_peaks, mean, std, marker=mark, ms=4, lw=1.3, label=name if ax is axes[0] else ""
        )
    ax.set(title=f"{steps:,} updates", xlabel="rate at the start", xscale="log", yscale="log")
axes[0].set_ylabel("excess at the end")
fig.legend(loc="outside right center", frameon=False, fontsize=8)
show(
    fig,
    caption="Mean and standard deviation of five runs for each shape and each rate at the start.",
    alt="Excess against the rate at the start, two panels, six curves. At 0.3 the constant rate is among "
    "the lowest; at rates of 1 and above linear and cosine reach half of its best.",
)
print("updates           300                          1,000")
print(
    "                  at 0.3   best (at)           at 0.3   best (at)         validation accuracy"
)
for i, name in enumerate(shape_names):
    cells = [
        f"{races[steps][i, 2].mean():8.3f} {race_best[name, steps]:7.3f} ({race_peak[name, steps]:.2g})"
        for steps in races
    ]
    at = int(races[1000][i].mean(axis=1).argmin())
    print(
        f"{name:15s}", f"{cells[0]:28s}", f"{cells[1]:27s}", f"{race_acc[1000][i, at].mean():.3f}"
    )

# %% [markdown]
# At the constant's best rate no schedule helps. Each at its own best, all of them beat the constant rate, and
# linear and cosine take away two fifths of its excess in 1000 updates. That is the *training* loss, though:
# the validation accuracies in the last column lie within two points of one another.
#
# What to take? If you know the length of the run: linear or cosine, to 0, with a rate at the start well above
# the best constant one. That is also the advice of the Tuning Playbook (Godbole et al. 2023). And if the best
# of your grid stands on its edge, the grid was too small.
#
# This is a good place for a break.

# %% [markdown] tags=["LRS-06"]
# ## 5 · The first rate, and a rule that watches
#
# How to set $\epsilon_0$? The slide leaves it open. The simplest answer: make a short run at each rate of a
# logarithmic grid; take the one that is ahead after about 100 updates; then go one step bolder, if that one
# was stable, too. Why bolder? The rate will fall later. `pick_lr0` of the library does it.

# %% tags=["demo"]
pick_grid = 0.0125 * 2.0 ** np.arange(9)
pick_race = {
    "digits": partial(race, digits, [64, 32, 10], batch_size=16, seeds=SEEDS),
    "wrong labels": noisy_race,
}
picked, long_after = {}, {}
for task, run in pick_race.items():
    short = run(lr=column(pick_grid), updates=100).batch_loss
    picked[task] = [
        pick_lr0(
            lambda lr, steps, seed=seed, short=short: short[list(pick_grid).index(lr), seed],
            list(pick_grid),
        )
        for seed in SEEDS
    ]
    chosen = float(np.median(picked[task]))
    nearby = np.array([chosen / 2, chosen, 2 * chosen])
    line = np.array([linear_decay(t, lr0=1.0, total=1000) for t in range(1000)])
    shapes = np.array([np.ones(1000), line])
    outcome = run(**by_rows(np.vstack([shape * column(nearby) for shape in shapes])))
    long_after[task] = outcome.train_loss[:, :, 0].mean(axis=1).reshape(2, 3)
    print(f"{task}: picked {', '.join(f'{rate:g}' for rate in picked[task])}")
    print("  training loss after 1000 updates at", *(f"{rate:8.2g}" for rate in nearby))
    for name, losses in zip(("constant", "linear to 0"), long_after[task], strict=True):
        print(f"  {name:35s}", *(f"{loss:8.3f}" for loss in losses))

# %% [markdown] tags=["LRS-06"]
# One step bolder is right when the rate will fall. One step further can be a cliff.
#
# ### The range test
#
# Nine runs for one number? Smith (2017) does it in one: let the rate grow by the same factor in each update,
# from far too low to far too high, and watch the loss of the mini-batches.

# %% tags=["predict", "LRS-06"]
finder_moves = ...

# %% tags=["check"]
check("learning_rates.finder_moves")

# %% [markdown] tags=["LRS-06"]
# The curve of a range test is rough, so it is smoothed before anything is read from it.

# %% tags=["exercise"]
from utils.rates import suggest_rate

# %% tags=["check"]
check("rates.suggest_rate")

# %% tags=["demo"]
test_lengths = (30, 100, 300, 1000)
TEST_SEEDS = range(10)
tests = {}
for n in test_lengths:
    grown = np.geomspace(1e-3, 100, n)
    losses = race(
        digits,
        [64, 32, 10],
        lr=lambda k, grown=grown: grown[k],
        seeds=TEST_SEEDS,
        updates=n,
        batch_size=32,
    ).batch_loss
    for seed in TEST_SEEDS:
        finite = np.isfinite(losses[seed])
        good = int(finite.argmin()) if not finite.all() else n
        tests[n, seed] = (grown[:good], losses[seed, :good])


def averaged(losses, beta):
    """The moving average of the losses after each update, its start corrected."""
    m, found = 0.0, []
    for k, loss in enumerate(losses, start=1):
        m = beta * m + (1 - beta) * loss
        found.append(m / (1 - beta**k))
    return np.array(found)


def blow_up(lrs, losses):
    """The first rate at which the average loss is 1 above its lowest value so far."""
    average = averaged(losses, 0.9)
    above = average > np.minimum.accumulate(average) + 1
    return float(lrs[above.argmax() if above.any() else -1])


blow_ups = {n: np.median([blow_up(*tests[n, seed]) for seed in TEST_SEEDS]) for n in test_lengths}
advice = {n: [suggest_rate(*tests[n, seed]) for seed in TEST_SEEDS] for n in test_lengths}
trial_rates = 0.0125 * 2.0 ** np.arange(9)
trial = race(
    digits, [64, 32, 10], lr=column(trial_rates), seeds=SEEDS, updates=380, batch_size=32
).train_loss[:, :, 0]
best_trial = float(trial_rates[trial.mean(axis=1).argmin()])
fig, ax = figure(size=(7.5, 3))
for n, color in zip(test_lengths, layer_colors(4), strict=True):
    for seed in range(3):
        ax.plot(*tests[n, seed], color=color, lw=1, label=f"{n:,} updates" if seed == 0 else "")
ax.axvline(best_trial, color=COLORS.reference, ls="--", lw=1, label="best constant rate")
ax.set(xlabel="rate", ylabel="loss of the batch", xscale="log", xlim=(1e-3, 30), ylim=(0, 6))
ax.legend(frameon=False, fontsize=8, loc="upper left")
show(
    fig,
    caption="Range tests of four lengths, three runs each. Median rate of the blow-up: "
    + ", ".join(f"{rate:.2g}" for rate in blow_ups.values())
    + f". The best constant rate for 380 updates is {best_trial:.2g}; `suggest_rate` says "
    + ", ".join(f"{np.median(found):.2g}" for found in advice.values())
    + ".",
    alt="Loss against a growing rate, four families of curves. The longer the test, the further left its "
    "curve falls and the further left it blows up.",
)

# %% [markdown]
# **Explore.** The same tests. Below the curve, as a dashed line, is the truth: the loss that constant rates
# reach in 380 updates.


# %% tags=["demo"]
def start():
    fig, ax = figure(size=(7.5, 3))
    (raw,) = ax.plot([], [], color=COLORS.reference, lw=0.8, alpha=0.7, label="loss of the batch")
    (smooth,) = ax.plot([], [], color=COLORS.train, lw=1.5, label="its moving average")
    ax.plot(trial_rates, trial.mean(axis=1), "k--", lw=1, label="loss after 380 updates")
    said = ax.axvline(0.1, color=COLORS.yours, lw=2, label="suggested rate")
    ax.set(xlabel="rate", ylabel="loss", xscale="log", xlim=(1e-3, 30), ylim=(0, 5))
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    return fig, {"raw": raw, "smooth": smooth, "said": said}


def update(artists, length, seed, beta, divide):
    lrs, losses = tests[length, seed % len(TEST_SEEDS)]
    found = suggest_rate(lrs, losses, beta=beta, divide=divide)
    artists["raw"].set_data(lrs, losses)
    artists["smooth"].set_data(lrs, averaged(losses, beta))
    artists["said"].set_xdata([found, found])
    reached = np.interp(np.log(found), np.log(trial_rates), trial.mean(axis=1))
    return (
        f"A test of {length:,} updates suggests {found:.2g}. Trained at that rate for 380 updates, the loss "
        f"is about {reached:.2g}; the best constant rate is {best_trial:.2g}."
    )


range_tests = explore(
    start,
    update,
    controls={
        "length": Choice(list(test_lengths), label="updates of the test", value=100),
        "seed": Press("another run"),
        "beta": Slider(0.0, 0.98, 0.02, 0.9, label="smoothing β"),
        "divide": LogSlider(1, 30, value=10, label="divided by", per_decade=10),
    },
    goal="Make the test recommend the best constant rate. By what do you divide with 30 updates, by what "
    "with 1000? Then divide by 1 with 30 updates: what would that rate do?",
    answer="With 30 updates divide by 2 or 3; with 1000 by nearly nothing. Divided by 1, the test of 30 "
    "updates suggests about 2, and at that rate nothing is learnt. So the length decides the answer. "
    "Divided by 10 the tests are safe, and low: by a factor of 4 to 11.",
)
range_tests

# %% [markdown] tags=["LRS-07"]
# ### Reduce on plateau
#
# All schedules so far look at the clock and never at the loss. This one does: it cuts the rate when the
# validation loss has stopped falling. The details decide whether it works.

# %% tags=["exercise"]
from utils.schedules import plateau_step

# %% tags=["check"]
check("schedules.plateau_step")

# %% tags=["predict", "LRS-07"]
patience_one = ...

# %% tags=["check"]
check("learning_rates.patience_one")

# %% tags=["demo"]
with_ones = np.hstack([noisy_digits.x_train, np.ones((len(wrong), 1))])
val_ones = np.hstack([digits.x_val, np.ones((len(digits.x_val), 1))])


def gradients(w, rows):
    """Gradients of several softmax regressions, w of shape (seeds, 65, 10), rows (seeds, batch)."""
    x, y = with_ones[rows], noisy_digits.y_train[rows]
    scores = x @ w
    p = softmax(scores.reshape(-1, 10)).reshape(scores.shape) - np.eye(10)[y]
    return np.swapaxes(x, 1, 2) @ p / rows.shape[1]


def mean_losses(w, x, y):
    """The loss of each of the regressions on these examples."""
    return np.array([-log_softmax(x @ each)[np.arange(len(y)), y].mean() for each in w])


def new_regressions(seeds):
    """Their generators and weights, as in the race."""
    rngs = [np.random.default_rng(seed) for seed in seeds]
    w = np.stack([np.vstack([he_normal(64, 10, rng=rng), np.zeros((1, 10))]) for rng in rngs])
    return rngs, w


def watched(lr0, patience, epochs=12):
    """Excess after so many epochs with the plateau rule, and the epoch of each run's first cut."""
    rngs, w = new_regressions(range(10))
    rates, states, first_cut = [lr0] * len(rngs), [None] * len(rngs), [epochs + 1] * len(rngs)
    for epoch in range(1, epochs + 1):
        order = np.stack([rng.permutation(len(wrong)) for rng in rngs])
        lr = np.reshape(rates, (-1, 1, 1))
        for begin in range(0, 1192, 8):
            w = w - lr * gradients(w, order[:, begin : begin + 8])
        for i, loss in enumerate(mean_losses(w, val_ones, digits.y_val)):
            rates[i], states[i] = plateau_step(
                float(loss), states[i], lr0=lr0, factor=0.1, patience=patience
            )
            if rates[i] < lr0:
                first_cut[i] = min(first_cut[i], epoch)
    return mean_losses(w, with_ones, noisy_digits.y_train) - LOWEST, first_cut


plateau_runs = {
    (lr0, patience): watched(lr0, patience) for lr0 in (0.3, 2.0) for patience in (1, 2, 99)
}
epoch_line = np.array([linear_decay(t, lr0=1.0, total=12 * 149) for t in range(12 * 149)])
plateau_line = noisy_race(**by_rows(column([0.3, 2.0]) * epoch_line)).train_loss[:, :, 0] - LOWEST
print("excess after 12 epochs (ten runs) from 0.3         from 2")
for patience, name in ((1, "patience 1"), (2, "patience 2"), (99, "never cut")):
    cells = [plateau_runs[lr0, patience][0] for lr0 in (0.3, 2.0)]
    print(f"{name:33s}", "   ".join(f"{c.mean():.3f} ± {c.std():.3f}" for c in cells))
print(f"{'linear to 0':33s}", "   ".join(f"{c.mean():.3f} ± {c.std():.3f}" for c in plateau_line))
print("first cut with patience 1, from 0.3: after epoch", *plateau_runs[0.3, 1][1])
print("first cut with patience 2, from 0.3: after epoch", *plateau_runs[0.3, 2][1])

# %% [markdown]
# With some patience the rule is as good as a line from the same rate, and it need not know the end. From the
# higher rate it rescues the run, but the line is far ahead.

# %% [markdown] tags=["LRS-09"]
# ## 6 · After the slides: warm-up
#
# Large models begin with a rate that *grows*. Goyal et al. (2017) let it grow in a straight line over the
# first epochs.

# %% tags=["exercise"]
from utils.schedules import warmup

# %% tags=["check"]
check("schedules.warmup")

# %% tags=["predict"]
first_update = ...

# %% tags=["check"]
check("learning_rates.first_update")

# %% [markdown]
# What is it good for? Three starts of one network: He's, and the same weights times 2 and times 3.

# %% tags=["predict"]
warmup_he = ...

# %% tags=["check"]
check("learning_rates.warmup_he")

# %% tags=["predict"]
warmup_double = ...

# %% tags=["check"]
check("learning_rates.warmup_double")

# %% tags=["demo"]
DEEP = [64, 64, 64, 64, 64, 10]
warm_rates = (0.03, 0.1, 0.3)
warm_shapes = np.array([[1.0] * 150, [warmup(t, lr0=1.0, total=40) for t in range(150)]])


def scaled_start(scale):
    """He's start, all weights times the scale."""
    return lambda fan_in, fan_out, *, rng: scale * he_normal(fan_in, fan_out, rng=rng)


warm_acc = {}
for scale in (1, 2, 3):
    rows = np.array([rate * shape for rate in warm_rates for shape in warm_shapes])
    outcome = race(
        digits, DEEP, **by_rows(rows), seeds=SEEDS, batch_size=32, init=scaled_start(scale)
    )
    warm_acc[scale] = outcome.val_acc[:, :, 0].reshape(3, 2, len(SEEDS))
print("median validation accuracy of five runs, without and with 40 updates of warm-up")
print("weights   rate 0.03        rate 0.1         rate 0.3")
for scale, found in warm_acc.items():
    middle = np.median(found, axis=2)
    print(f"{scale} × He   ", "     ".join(f"{a:.2f}   {b:.2f}" for a, b in middle))

# %% [markdown]
# At He's scale a warm-up gains nothing. From twice and three times the weights it turns guessing into
# learning, until the rate is too high for it, too. Why?
# Measure how steep the surface is: the largest eigenvalue of the Hessian, the *sharpness* of
# [06](../06_curvature/06_curvature.ipynb), on its way through a warm-up.


# %% tags=["demo"]
def sharpness_of(net, seed=0, steps=10, examples=100):
    """The largest eigenvalue of the Hessian of the loss, on some training examples."""
    shapes = {name: w.shape for name, w in net.params.items()}
    cuts = np.cumsum([np.prod(shape) for shape in shapes.values()])[:-1]
    twin = net.copy()

    def gradient(flat):
        parts = zip(shapes.items(), np.split(flat, cuts), strict=True)
        twin.params = {name: part.reshape(shape) for (name, shape), part in parts}
        _, grads = twin.loss(digits.x_train[:examples], digits.y_train[:examples])
        return np.concatenate([grads[name].ravel() for name in shapes])

    here = np.concatenate([w.ravel() for w in net.params.values()])
    rng = np.random.default_rng(seed)
    # So near that hardly any ReLU switches between the two points: there the gradient jumps.
    return sharpness(lambda v: hvp(gradient, here, v, 1e-6), len(here), steps=steps, rng=rng)


def warm_steps(scale, lr, warm, seed, batch=32):
    """Train the deep network for ever, update by update: yields the network and the batch's loss."""
    rng = np.random.default_rng(seed)
    net = MLP(DEEP, init=scaled_start(scale), rng=rng)
    t = 0
    while True:
        rows = rng.integers(len(digits.x_train), size=batch)
        loss, grads = net.loss(digits.x_train[rows], digits.y_train[rows])
        yield net, loss
        rate = warmup(t, lr0=lr, total=warm) if warm else lr
        with np.errstate(all="ignore"):
            net.params = {name: w - rate * grads[name] for name, w in net.params.items()}
        t += 1


sharp_way = {}
for scale in (1, 2, 3):
    for seed in SEEDS:
        for t, (net, _) in zip(range(121), warm_steps(scale, 0.1, 40, seed), strict=False):
            if t in (0, 40, 120):
                sharp_way.setdefault((scale, t), []).append(sharpness_of(net))
print("sharpness in a run at 0.1 with 40 updates of warm-up, median of five (lowest, highest)")
print("weights      at the start             after 40               after 120")
for scale in (1, 2, 3):
    cells = [sharp_way[scale, t] for t in (0, 40, 120)]
    print(
        f"{scale} × He  ",
        "   ".join(f"{np.median(c):6.0f} ({min(c):4.0f}, {max(c):5.0f})" for c in cells),
    )

# %% [markdown]
# A rate of 0.1 is stable where the sharpness is below $2/0.1 = 20$. He's start lies there, the other two far
# above. Forty small steps bring them down to the neighbourhood of the limit, and after 120 updates all three
# stand just above it, at the edge of stability
# ([06](../06_curvature/06_curvature.ipynb)). So a warm-up repairs a start. Kalra and
# Barkeshli (2024) report the same of larger networks. For Adam another reason is given: its first averages rest on
# few gradients.
#
# **Explore.** Watch it happen.


# %% tags=["demo"]
def start():
    fig, (left, right) = figure(1, 2, size=(8.2, 2.9))
    (loss,) = left.plot([], [], color=COLORS.train, lw=1)
    (sharp,) = right.plot([], [], "o-", color=COLORS.validation, ms=3, lw=1)
    (limit,) = right.plot([], [], "--", color=COLORS.reference, label="2 / rate")
    left.set(
        xlabel="update", ylabel="loss of the batch", yscale="log", xlim=(0, 150), ylim=(0.05, 300)
    )
    right.set(xlabel="update", ylabel="sharpness", yscale="log", xlim=(0, 150), ylim=(0.5, 3e4))
    right.legend(frameon=False, fontsize=8)
    return fig, {"loss": loss, "sharp": sharp, "limit": limit}


def train_warm(values):
    losses, sharp = [], []
    settings = (values.scale, values.lr, values.warm, values.seed)
    for t, (net, loss) in zip(range(151), warm_steps(*settings), strict=False):
        losses.append(loss)
        if t % 15 == 0:
            fine = all(np.isfinite(w).all() for w in net.params.values())
            sharp.append((t, sharpness_of(net, steps=6) if fine else np.nan))
        yield losses, sharp, settings


def update(artists, state, scale, lr, warm, seed):
    losses, sharp, (_, rate, length, _) = state
    shown = np.clip(np.nan_to_num(losses, nan=1e9, posinf=1e9), 0.01, 1e9)
    artists["loss"].set_data(range(len(losses)), shown)
    artists["sharp"].set_data(*np.clip(np.array(sharp), 0.1, 1e9).T)
    ways = np.arange(1, 151)
    full = np.minimum(1, ways / length) if length else np.ones(150)
    artists["limit"].set_data(ways, 2 / (rate * full))
    return (
        f"Update {len(losses) - 1} with {length} updates of warm-up to {rate:.2g}: loss {shown[-10:].mean():.2g}, "
        f"last sharpness {sharp[-1][1]:.3g}, limit at the full rate {2 / rate:.3g}."
    )


watch_warmup = live(
    start,
    train_warm,
    update,
    controls={
        "scale": Choice([1, 2, 3], label="weights times", value=3),
        "lr": LogSlider(0.01, 1, value=0.1, label="rate", per_decade=4),
        "warm": Slider(0, 80, 5, 0, label="warm-up"),
        "seed": Press("another start"),
    },
    goal="Three times He's weights, rate 0.1: find a warm-up that every start survives. (A change counts from "
    "the next start on: Stop, then Start.)",
    answer="Without a warm-up none of eight starts learns, with 10 updates half of them do, and with 40 all: "
    "their losses end below 0.8. On the right the sharpness falls under the dashed limit before the "
    "limit comes down. (A run that has died is flat, too: look at both panels.)",
    preview=45,
)
watch_warmup

# %% [markdown] tags=["LRS-09"]
# ## 7 · After the slides: no end in sight
#
# Linear and cosine decay must know the end before they begin. What if you do not? One answer is a trapezoid,
# also called WSD: warm-up, stable, decay. Its flat part can go on for as long as you like, and from any
# moment of it you can branch off and cool down.

# %% tags=["exercise"]
from utils.schedules import trapezoid

# %% tags=["check"]
check("schedules.trapezoid")

# %% [markdown]
# The other answer has no schedule at all (Defazio et al. 2024). Keep the rate constant and the noise with it,
# and average the noise away instead. The trick is where the gradient is taken: near the average, but not at
# it. With $t = 1, 2, \dots$
#
# - $y$ lies between $z$ and $x$, at the share $\beta$ of the way from $z$ to $x$;
# - $z$ makes an SGD step with the gradient at $y$;
# - $x$ is the mean of all $z$ so far.

# %% tags=["exercise"]
from utils.optimizers import schedule_free_step

# %% tags=["check"]
check("optimizers.schedule_free_step")

# %% tags=["demo"]
ends = (100, 300, 1000)


def without_schedule(lr):
    """Excess of schedule-free SGD on the wrong labels, read off after 100, 300 and 1000 updates."""
    rngs, z = new_regressions(SEEDS)
    x, found = z, []
    for t in range(1, 1001):
        if (t - 1) % 149 == 0:
            order = np.stack([rng.permutation(len(wrong)) for rng in rngs])
        begin = (t - 1) % 149 * 8
        rows = order[:, begin : begin + 8]
        z, x = schedule_free_step(z, x, partial(gradients, rows=rows), t, lr=lr)
        if t in ends:
            found.append(mean_losses(x, with_ones, noisy_digits.y_train) - LOWEST)
    return np.array(found)


free_rates = (0.3, 1.0, 3.0, 9.0)
free = {lr: without_schedule(lr) for lr in free_rates}
tuned = {"linear to 0": {}, "flat, then down": {}}
for steps in ends:
    line = [linear_decay(t, lr0=1.0, total=steps) for t in range(steps)]
    flat = [trapezoid(t, lr0=1.0, total=steps) for t in range(steps)]
    for name, shape in zip(tuned, (line, flat), strict=True):
        outcome = (
            noisy_race(**by_rows(column(race_peaks) * np.array(shape))).train_loss[:, :, 0] - LOWEST
        )
        tuned[name][steps] = outcome[outcome.mean(axis=1).argmin()]
print("excess after so many updates         100,             300,             1,000")
for name, found in tuned.items():
    cells = [found[steps] for steps in ends]
    print(
        f"{name + ', three tuned runs':33s}",
        "   ".join(f"{c.mean():.3f} ± {c.std():.3f}" for c in cells),
    )
for lr in free_rates:
    cells = "   ".join(f"{c.mean():.3f} ± {c.std():.3f}" for c in free[lr])
    print(f"{f'schedule-free at {lr:g}, one run':33s}", cells)

# %% [markdown]
# At the rate 3 one run without an end date beats, after 300 and after 1000 updates, the lines that were tuned
# for these ends. No schedule does not mean no tuning, though: the rate has to be right, and it is ten times the
# best constant rate of plain SGD.

# %% [markdown]
# ## 8 · After the slides: larger batches
#
# A larger batch has less noise, and an epoch has fewer of them. May the rate be higher, and how much?

# %% tags=["predict"]
same_trajectory = ...

# %% tags=["check"]
check("learning_rates.same_trajectory")

# %% [markdown]
# Think of four small batches, one after the other. If $w$ hardly moves meanwhile, their four steps add up to
#
# $$-\eta\,(g_1 + g_2 + g_3 + g_4) = -4\eta \cdot \text{mean of the four} .$$
#
# That is one step of four times the rate, with a batch four times as large: the *linear scaling rule*
# (Goyal et al. 2017). Now be twice as bold.

# %% tags=["predict"]
scaled_too_far = ...

# %% tags=["check"]
check("learning_rates.scaled_too_far")

# %% tags=["demo"]
batch_sizes = (4, 16, 64, 256)
per_example = (0.003125, 0.00625)
scaled_loss = {}
for size in batch_sizes:
    outcome = race(
        digits,
        [64, 32, 10],
        lr=size * column(per_example),
        seeds=SEEDS,
        updates=4 * (len(digits.x_train) // size),
        batch_size=size,
    )
    scaled_loss[size] = outcome.train_loss[:, :, 0]
print("training loss after four epochs, batch  ", *(f"{size:>13d}" for size in batch_sizes))
for i, ratio in enumerate(per_example):
    cells = [f"{scaled_loss[s][i].mean():.3f} ± {scaled_loss[s][i].std():.3f}" for s in batch_sizes]
    print(f"rate = {ratio:g} × batch ({ratio * 4:g} to {ratio * 256:g})".ljust(39), *cells)

# %% [markdown]
# The rule holds until the rate meets the stability limit, and there it ends at a cliff. Where will that be?
# You can say it beforehand, from a rate that works and the sharpness.

# %% tags=["exercise"]
from utils.rates import largest_batch

# %% tags=["check"]
check("rates.largest_batch")


# %% tags=["demo"]
def sharpness_on_the_way(seed, lr=0.1, updates=300):
    """Sharpness of the network with 32 hidden units every 50 updates, batches of 16."""
    rng = np.random.default_rng(seed)
    net, found = MLP([64, 32, 10], rng=rng), []
    for t in range(updates + 1):
        if t % 50 == 0:
            found.append(sharpness_of(net, examples=400))
        rows = rng.integers(len(digits.x_train), size=16)
        _, grads = net.loss(digits.x_train[rows], digits.y_train[rows])
        net.params = {name: w - lr * grads[name] for name, w in net.params.items()}
    return found


met = np.array([sharpness_on_the_way(seed) for seed in range(3)])
predicted_limit = {ratio: largest_batch(ratio * 16, 16, float(met.max())) for ratio in per_example}
print(f"Sharpness on the way: {met.min():.1f} to {met.max():.1f}.")
for ratio, size in predicted_limit.items():
    print(f"rate = {ratio:g} × batch: the rule should end at batches of about {size:.0f}.")

# %% [markdown]
# **Compare.** The rule keeps $\eta/N$, and $\eta$ must stay below $2/\lambda_{\max}$. So
# $N_{\max} = 2N/(\lambda_{\max}\,\eta)$. Beyond it more hardware buys a cleaner gradient and no longer step.
# McCandlish et al. (2018) find such a *critical batch size* in large trainings, too.
#
# **One more thing that moves the best rate** is the width of the network. With the usual parametrisation a wide
# network wants a smaller rate under Adam; a parametrisation called μP (Yang et al. 2022) is built so that the
# best rate stays. We have not measured it here. So: after any change of architecture, batch or length, look at
# the rate again.

# %% [markdown] tags=["LRS-09"]
# ## What to remember
#
# - A noisy step pulls inward by $(1 - \eta h)^2$ and pays $\eta^2 s^2$. First distance counts, at last noise.
# - $1/t$ is best in one direction and poor in many: keep the rate up, and let it fall late.
# - Cut late rather than early. A cut too early costs distance, one too late only time.
# - Compare schedules each at its own best rate, with that rate inside the grid.
# - Length known: linear or cosine to 0, from a rate several times the best constant one. Unknown: a trapezoid,
#   or no schedule and an average.
# - A range test measures its own length, too. A warm-up repairs a steep start. The linear rule ends where the
#   rate meets $2/\lambda_{\max}$.
#
# **Three questions for next week.** Why can a decay begin at a rate at which a constant one would do badly?
# Why does the 1/t rule fail with many directions, although it is optimal in each? What happens to a range test
# that is ten times as long?
#
# **Errata of the slides.** One deck calls the initial rate $\epsilon_0$, another $\eta_0$; the end of the decay
# is $\tau$ in one and $T$ in the other, and $T$ is also the time constant of the exponential. In one deck
# $\alpha$ is a mixing weight here and a learning rate elsewhere. The exponent of the exponential decay cannot
# be read in one copy; the others have $-kt$.

# %% [markdown]
# ## Read on
#
# - Godbole, Dahl, Gilmer, Shallue, Nado,
#   [Deep Learning Tuning Playbook](https://github.com/google-research/tuning_playbook), 2023: the best prose on
#   practice.
# - Zhang et al., [Which Algorithmic Choices Matter at Which Batch Sizes?](https://arxiv.org/abs/1907.04164),
#   2019: the noisy quadratic of sections 2 and 3.
# - Defazio et al., [Optimal Linear Decay Learning Rate Schedules](https://arxiv.org/abs/2310.07831), 2023, and
#   [The Road Less Scheduled](https://arxiv.org/abs/2405.15682), 2024.
# - Kalra, Barkeshli, [Why Warmup the Learning Rate?](https://arxiv.org/abs/2406.09405), 2024. Goyal et al.,
#   [Accurate, Large Minibatch SGD](https://arxiv.org/abs/1706.02677), 2017. McCandlish et al.,
#   [An Empirical Model of Large-Batch Training](https://arxiv.org/abs/1812.06162), 2018.
# - Smith, [Cyclical Learning Rates](https://arxiv.org/abs/1506.01186), 2017: the range test. Cycles and
#   snapshots: 14.
#
# **Next** [09 · Regularisation](../09_regularization/09_regularization.ipynb): when the training loss is low and that is not enough.

# %% tags=["demo"]
progress()
