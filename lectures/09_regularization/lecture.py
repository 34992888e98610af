# %% [markdown]
# # 09 · Regularisation
#
# Many networks fit the training set. Which of them do we get, and how do we ask for a better one?
# Every framework offers `weight_decay=` and `label_smoothing=`. Most of what is said about them was true
# for linear models. Under momentum, Adam and batch norm the same words do something else.
#
# **After this lecture you can**
#
# - derive what an L2 penalty and an early stop do to each direction of the weights, and see how alike they are;
# - write L1, the elastic net, the step that makes weights exactly zero, and a bound on their length;
# - say what weight decay does under SGD, momentum, Adam and batch norm;
# - write label smoothing, predict the scores it leads to, and derive the penalty that noise amounts to;
# - judge a regulariser against the right baseline, and know when none is needed.
#
# **Time** Two hours, with a break after section 5. Section 10 is optional. **Builds on** SGD, momentum and AdamW
# ([07](../07_optimizers/07_optimizers.ipynb)), batch norm and $L(aw) = L(w)$
# ([05](../05_batchnorm/05_batchnorm.ipynb)), and a fact about quadratics: along an eigenvector of the curvature
# with eigenvalue $h$, gradient descent multiplies the distance to the minimum by $1 - \eta h$ in each step
# ([06](../06_curvature/06_curvature.ipynb)).

# %% tags=["setup"]
from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Float, Int

from grader import borrow, check, failing, hint, progress
from utils.activations import relu_backward, relu_forward
from utils.data import load_digits, make_overfit_case
from utils.layers import affine_backward, affine_forward
from utils.losses import log_softmax, softmax, softmax_loss
from utils.networks import MLP
from utils.normalization import batchnorm_backward, batchnorm_forward
from utils.optimizers import momentum_step, sgd_step, step_params
from utils.pace import fewer, noted
from utils.plots import COLORS, compare, figure, show
from utils.training import evaluate
from utils.widgets import Choice, LogSlider, Slider, explore

digits = load_digits()

# %% [markdown] tags=["REG-01"]
# ## 1 · A gap
#
# When training goes well and the validation set does much worse, the network overfits. Before we cure that, look at
# the illness. Two overlapping half moons, 20 points to train on, 200 hidden units.

# %% tags=["predict"]
loss_or_accuracy = ...

# %% tags=["check"]
check("regularization.loss_or_accuracy")

# %% tags=["demo"]
draws = fewer(5, 4, "draws")
overfit_curves = {"train": [], "validation": [], "accuracy": []}
for seed in range(draws):
    rng = np.random.default_rng(seed)
    points = make_overfit_case(rng=rng)
    net, rows = MLP([2, 200, 2], rng=rng), []
    for update in range(1001):
        if update % 20 == 0:
            rows.append(
                (
                    evaluate(net, points.x_train, points.y_train)[0],
                    *evaluate(net, points.x_val[:500], points.y_val[:500]),
                )
            )
        _, grads = net.loss(points.x_train, points.y_train)
        net.params, _ = step_params(sgd_step, net.params, grads, None, lr=0.3)
    for curve, values in zip(overfit_curves.values(), np.array(rows).T, strict=True):
        curve.append(values)
overfit_curves = {name: np.array(curve) for name, curve in overfit_curves.items()}
best_update = overfit_curves["validation"].argmin(axis=1)
val_low = overfit_curves["validation"].min(axis=1)
val_end = overfit_curves["validation"][:, -1]
acc_low = overfit_curves["accuracy"][np.arange(draws), best_update]
acc_end = overfit_curves["accuracy"][:, -1]
fig, axes = figure(1, 2, size=(8.6, 3))
updates = 20 * np.arange(51)
for ax, names in zip(axes, (("train", "validation"), ("accuracy",)), strict=True):
    for name, color in zip(names, (COLORS.train, COLORS.validation), strict=False):
        color = COLORS.validation if name == "accuracy" else color
        ax.plot(updates, overfit_curves[name].T, color=color, lw=0.7, alpha=0.4)
        ax.plot(updates, overfit_curves[name].mean(axis=0), color=color, lw=2.2, label=name)
    ax.set(xlabel="update")
axes[0].set(ylabel="loss (nats)")
axes[0].legend(frameon=False)
axes[1].set(ylabel="validation accuracy", ylim=(0.5, 1))
show(
    fig,
    caption=f"Five draws and their mean. Validation loss: {val_low.mean():.2f} at its lowest, "
    f"{val_end.mean():.2f} at the end. Validation accuracy at the same two moments: {acc_low.mean():.3f} and "
    f"{acc_end.mean():.3f}.",
    alt="Left: the training loss falls to 0 while the validation loss first falls, then rises to about "
    "twice its minimum. Right: the validation accuracy stays level.",
)

# %% [markdown]
# So there are two illnesses: answers that are wrong, and wrong answers that are too sure. A remedy can cure
# one and not the other. Say which one you measure.

# %% [markdown] tags=["REG-02", "E-47"]
# ## 2 · A price for large weights
#
# Ask for a small loss *and* small weights: minimise $L(\theta) + R(\theta)$ with
#
# $$R_{L2} = \frac\lambda2 \sum_i w_i^2 \qquad\text{or}\qquad R_{L1} = \lambda \sum_i |w_i| .$$
#
# Two conventions differ from text to text. With or without the one half: copy a $\lambda$ from elsewhere and it may
# be twice as strong. A loss that is a mean or a sum: then it may be $N$ times as strong. Biases are left out: a
# bias does not make the function any steeper.
#
# ### Spot the error: the elastic net
#
# The *elastic net* has both. A slide prints $\sum_l |\theta_l| + \|\theta_l\|^2$. How would you ask that for more of
# the one and less of the other?

# %% tags=["exercise"]
from utils.losses import elastic_net_penalty

# %% tags=["check"]
check("losses.elastic_net_penalty")

# %% [markdown]
# ### What L2 leaves
#
# Which part of the solution does the price take away? Near its minimum $t$ a loss is a quadratic. In the basis of
# the eigenvectors every direction is a problem of its own: $\frac12 h_i (w_i - t_i)^2$.

# %% tags=["predict"]
which_direction = ...

# %% tags=["check"]
check("regularization.which_direction")

# %% tags=["exercise"]
from utils.regularization import ridge_shrinkage

# %% tags=["check"]
check("regularization.ridge_shrinkage")

# %% [markdown]
# **Compare.** The slope of loss and penalty is $h(w - t) + \lambda w$. It is 0 at $w = \frac{h}{h + \lambda}\,t$. A
# direction with $h = \lambda$ keeps one half.
#
# ### And an early stop?
#
# No penalty at all. Gradient descent starts at $w = 0$ and is stopped after a while.

# %% tags=["exercise"]
from utils.regularization import early_stopping_shrinkage

# %% tags=["check"]
check("regularization.early_stopping_shrinkage")

# %% [markdown]
# **Compare.** The distance to $t$ is multiplied by $1 - \eta h$ in each step, so the share
# $1 - (1 - \eta h)^s \approx 1 - e^{-\eta s h}$ is covered after $s$ steps. Steep directions arrive first, as they
# resist a penalty best. So stopping is regularising, too. How alike are the two?

# %% tags=["predict"]
stop_and_price = ...

# %% tags=["check"]
check("regularization.stop_and_price")

# %% [markdown]
# Does the difference matter? A linear regression with 30 inputs, 40 examples and noisy targets, twenty times. How near to the
# true weights does the best stop come, how near the best penalty?

# %% tags=["demo"]
strengths, stops = np.logspace(-4, 1, 60), np.unique(np.logspace(0, 5, 80).astype(int))
regression_errors = {"least squares": [], "penalty": [], "early stop": []}
for seed in range(20):
    rng = np.random.default_rng(seed)
    x, truth = rng.standard_normal((40, 30)), rng.standard_normal(30) / np.sqrt(30)
    y = x @ truth + rng.standard_normal(40)
    curvatures, directions = np.linalg.eigh(x.T @ x / 40)
    solution = directions.T @ np.linalg.lstsq(x, y, rcond=None)[0]

    def distance(share, truth=truth, directions=directions, solution=solution):
        return float(np.sum((directions @ (share * solution) - truth) ** 2))

    rate = 0.1 / curvatures.max()
    regression_errors["least squares"].append([distance(1.0)])
    regression_errors["penalty"].append(
        [distance(ridge_shrinkage(curvatures, reg)) for reg in strengths]
    )
    regression_errors["early stop"].append(
        [distance(early_stopping_shrinkage(curvatures, rate, int(s))) for s in stops]
    )
regression_errors = {name: np.array(errors) for name, errors in regression_errors.items()}
best_errors = {name: errors.min(axis=1) for name, errors in regression_errors.items()}
fig, (left, right) = figure(1, 2, size=(8.6, 3))
a = np.logspace(-2, 2, 200)
left.plot(a, 1 - np.exp(-a), color=COLORS.train, lw=2, label="early stop, a = ηsh")
left.plot(a, ridge_shrinkage(a, 1.0), "--", color=COLORS.validation, lw=2, label="L2, a = h/λ")
left.set(xscale="log", xlabel="a", ylabel="share that is left")
left.legend(frameon=False)
for name, places, style, color in (
    ("penalty", 1 / strengths, "--", COLORS.validation),
    ("early stop", stops * rate, "-", COLORS.train),
):
    mean = regression_errors[name].mean(axis=0)
    right.plot(places, mean, style, color=color, lw=2, label=name)
right.axhline(
    best_errors["least squares"].mean(), color=COLORS.reference, ls=":", label="least squares"
)
right.set(xscale="log", yscale="log", xlabel="1/λ, or ηs", ylabel="squared distance to truth")
right.legend(frameon=False)
show(
    fig,
    caption="Left: what is left of a direction. Right: mean of 20 data sets. Each at its best: "
    f"stop {best_errors['early stop'].mean():.2f}, penalty {best_errors['penalty'].mean():.2f}, "
    f"neither {best_errors['least squares'].mean():.2f}.",
    alt="Left: two rising curves that never differ by more than a fifth. Right: two valleys of the same depth, "
    "far below a dotted line for least squares.",
)

# %% [markdown]
# The best stop is as good as the best penalty, and it comes free with the training. It is the baseline that every regulariser
# has to beat.
#
# **Explore.** Twelve directions, from flat to steep.


# %% tags=["demo"]
def draw_shares():
    fig, ax = figure(size=(7.5, 3.2))
    h = np.logspace(-2, 1, 12)
    (stop,) = ax.plot(h, h, "o-", color=COLORS.train, label="early stop")
    (price,) = ax.plot(h, h, "D--", color=COLORS.validation, label="L2 penalty")
    ax.set(xscale="log", ylim=(-0.05, 1.05), xlabel="curvature h", ylabel="share that is left")
    ax.legend(frameon=False, loc="upper left")
    return fig, {"stop": stop, "price": price, "h": h}


def update_shares(drawn, reg, time):
    h = drawn["h"]
    stop, price = 1 - np.exp(-time * h), h / (h + reg)
    drawn["stop"].set_ydata(stop)
    drawn["price"].set_ydata(price)
    worst = np.abs(stop - price).argmax()
    at_one = 1 - np.exp(-time), 1 / (1 + reg)
    return (
        f"At h = 1 the stop leaves {at_one[0]:.2f} and the penalty {at_one[1]:.2f}. They differ most at "
        f"h = {h[worst]:.2g}, by {abs(stop[worst] - price[worst]):.2f}."
    )


explore(
    draw_shares,
    update_shares,
    controls={
        "reg": LogSlider(0.01, 10, value=1.0, label="λ"),
        "time": LogSlider(0.1, 100, value=2.0, label="ηs"),
    },
    goal="Keep ηs = 2. Which λ treats the direction h = 1 alike? Where do the two differ most then?",
    answer="λ = 0.16 leaves 0.86 of it, like the stop. Then flat directions differ most, near h = 0.2: "
    "the penalty lets through more of them, by about a fifth.",
)

# %% [markdown] tags=["REG-02"]
# ## 3 · Exactly zero
#
# L1 pulls every weight with the same force, however small it is. It is said to make weights *exactly* zero, and so to
# choose inputs.

# %% tags=["predict"]
zeros = ...

# %% tags=["check"]
check("regularization.zeros")

# %% [markdown]
# A gradient step looks at the slope where it stands. Near a corner that is short-sighted. Better: make the step for the loss
# alone, $v = w - \eta\nabla L(w)$, and then take the best point near $v$, price included: the $u$ that minimises
# $\frac12(u - v)^2 + \eta\lambda|u|$ for each weight. Where is it?

# %% tags=["exercise"]
from utils.regularization import soft_threshold

# %% tags=["check"]
check("regularization.soft_threshold")

# %% [markdown]
# **Compare.** For $u > 0$ the slope $u - v + t$ vanishes at $u = v - t$, which is positive only if $v > t$. For
# $u < 0$ likewise at $v + t$. In between, $|v| \le t$, the function falls on the left of 0 and rises on the right: the
# minimum is the corner. In one line, $u = \mathrm{sign}(v)\max(|v| - t, 0)$. This *proximal* step moves a weight onto 0
# and keeps it there.

# %% tags=["demo"]
sparse_rate, sparse_price = 0.1, 0.003
sparse_zeros, sparse_accuracy, sparse_weights = {}, {}, {}
for way in ("gradient", "proximal"):
    sparse_zeros[way], sparse_accuracy[way] = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        w, b = 0.01 * rng.standard_normal((64, 10)), np.zeros(10)
        for _ in range(500):
            rows = rng.integers(len(digits.x_train), size=100)
            x, y = digits.x_train[rows], digits.y_train[rows]
            dscores = softmax_loss(x @ w + b, y)[1]
            b = b - sparse_rate * dscores.sum(axis=0)
            dw = x.T @ dscores
            if way == "gradient":
                w = w - sparse_rate * (dw + elastic_net_penalty(w, l1=sparse_price, l2=0.0)[1])
            else:
                w = soft_threshold(w - sparse_rate * dw, sparse_rate * sparse_price)
        sparse_zeros[way].append(float(np.mean(w == 0)))
        right = (digits.x_val @ w + b).argmax(axis=1) == digits.y_val
        sparse_accuracy[way].append(float(right.mean()))
    sparse_weights[way] = w
fig, axes = figure(1, 2, size=(8.6, 2.8), sharey=True)
for ax, (way, w) in zip(axes, sparse_weights.items(), strict=True):
    ax.hist(w.ravel(), bins=np.linspace(-0.02, 0.02, 41), color=COLORS.train)
    ax.set(title=f"{way} step", xlabel="weight", xticks=[-0.02, -0.01, 0, 0.01, 0.02])
axes[0].set_ylabel("weights (of 640)")
show(
    fig,
    caption="Softmax regression on digits with an L1 penalty, the weights near 0. Exactly 0 over five seeds: "
    + "; ".join(f"{way} {np.mean(z):.0%}" for way, z in sparse_zeros.items())
    + ". Validation accuracy: "
    + "; ".join(f"{way} {np.mean(z):.3f}" for way, z in sparse_accuracy.items())
    + ".",
    alt="Two histograms of the weights around 0. Left a heap of small weights, right a single tall bar at 0.",
)

# %% [markdown]
# ### Or a constraint
#
# A price can be read as a bound: whatever minimises $L + \lambda R$ also minimises $L$ among all $w$ with an $R$ not larger
# than its own. So picture the region $R(w) \le r$ that you may not leave: a disc for L2, a diamond for L1. The diamond has
# corners on the axes, where other weights are 0.
#
# **Explore.** Two weights. Ellipses: the loss, lowest at the cross. The dot is the minimum of loss and price, and the
# region is the one it may not leave.


# %% tags=["demo"]
ball_hessian, ball_target = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([1.6, 0.7])


def ball_minimum(price, mix):
    """Coordinate by coordinate: each is a soft threshold and a shrinkage."""
    w, l1, l2 = np.zeros(2), price * mix, price * (1 - mix)
    for _ in range(60):
        for i in range(2):
            pull = ball_hessian[i] @ (ball_target - w) + ball_hessian[i, i] * w[i]
            w[i] = np.sign(pull) * max(abs(pull) - l1, 0) / (ball_hessian[i, i] + l2)
    return w


def draw_ball():
    fig, ax = figure(size=(5.2, 3.4))
    grid = np.stack(np.meshgrid(np.linspace(-1, 2.5, 60), np.linspace(-1, 1.5, 60)), axis=-1)
    off = grid - ball_target
    ax.contour(
        grid[..., 0],
        grid[..., 1],
        0.5 * np.einsum("abi,ij,abj->ab", off, ball_hessian, off),
        levels=[0.05, 0.2, 0.5, 1, 1.7, 2.6],
        colors=COLORS.train,
        linewidths=0.8,
    )
    ax.plot(*ball_target, "x", color=COLORS.train, ms=9)
    (edge,) = ax.plot([0], [0], color=COLORS.validation, lw=2)
    (dot,) = ax.plot([0], [0], "o", color=COLORS.warning, ms=8)
    ax.axhline(0, color=COLORS.reference, lw=0.8)
    ax.axvline(0, color=COLORS.reference, lw=0.8)
    ax.set(xlabel="w₁", ylabel="w₂", aspect="equal", xlim=(-1, 2.5), ylim=(-1, 1.5))
    return fig, {"edge": edge, "dot": dot}


def update_ball(drawn, price, mix):
    w = ball_minimum(price, mix)
    angle = np.linspace(0, 2 * np.pi, 200)
    way = np.stack([np.cos(angle), np.sin(angle)])
    # The radius r along each direction where mix * r |u|_1 + (1 - mix) r^2 / 2 is the price of w.
    paid = mix * np.abs(w).sum() + (1 - mix) * (w**2).sum() / 2
    one, two = mix * np.abs(way).sum(axis=0), (1 - mix) / 2
    root = np.sqrt(one**2 + 4 * two * paid)
    radius = 2 * paid / (one + root) if paid else 0 * angle
    drawn["edge"].set_data(*(radius * way))
    drawn["dot"].set_data([w[0]], [w[1]])
    return f"The minimum is at ({w[0]:.2f}, {w[1]:.2f})" + (", w₂ exactly 0." if w[1] == 0 else ".")


explore(
    draw_ball,
    update_ball,
    controls={
        "price": Slider(0.0, 4.0, 0.05, 1.0, label="λ"),
        "mix": Slider(0.0, 1.0, 0.05, 1.0, label="share of L1"),
    },
    goal="From which λ on is w₂ exactly 0 under L1 alone? Can L2 alone do that?",
    answer="From about λ = 0.82 on under L1, where the dot sits in a corner of the diamond. L2 makes both "
    "weights smaller and neither 0, however high the price.",
)

# %% [markdown] tags=["REG-05"]
# ## 4 · A bound on every unit: a bug hunt
#
# A constraint can also be kept directly: step, then go back to the nearest allowed point. *Max-norm* (Srebro and
# Shraibman 2005) bounds the length of the weight vector *into* each unit. Srivastava et al. use it together with dropout,
# since then a high rate cannot blow up the weights. A draft, and the longest weight vector
# into a hidden unit during a training at a high rate:


# %%
def max_norm_draft(w, *, limit):
    """No unit's weight vector longer than the limit. Is it?"""
    lengths = np.sqrt((w**2).sum(axis=1, keepdims=True))
    return w * (limit / np.maximum(lengths, limit))


# %% tags=["demo"]
def longest_vectors(project):
    """Longest vector of weights into a hidden unit after each of 300 steps, limit 2."""
    rng = np.random.default_rng(0)
    net, longest = MLP([64, 30, 10], rng=rng), []
    for _ in range(300):
        rows = rng.integers(len(digits.x_train), size=50)
        _, grads = net.loss(digits.x_train[rows], digits.y_train[rows])
        net.params, _ = step_params(sgd_step, net.params, grads, None, lr=0.5)
        net.params["w1"] = project(net.params["w1"], limit=2.0)
        longest.append(float(np.linalg.norm(net.params["w1"], axis=0).max()))
    return longest


draft_longest = longest_vectors(max_norm_draft)
fig, ax = figure(size=(6.6, 2.4))
ax.plot(draft_longest, color=COLORS.warning, lw=2)
ax.axhline(2, color=COLORS.reference, ls="--", label="limit")
ax.set(xlabel="update", ylabel="longest weight vector", ylim=(0, 1.15 * max(draft_longest)))
ax.legend(frameon=False)
show(
    fig,
    caption=f"The draft: after 300 updates the longest weight vector into a unit is {draft_longest[-1]:.2f} long, "
    "and the limit is 2.",
    alt="A curve that starts below a dashed line at 2, crosses it and goes on rising.",
)

# %% [markdown]
# What is wrong? Write the repaired function.

# %% tags=["exercise"]
from utils.regularization import max_norm

# %% tags=["check"]
check("regularization.max_norm")

# %% tags=["demo"]
mended_longest = longest_vectors(max_norm)
print(
    f"longest weight vector, limit 2: draft {draft_longest[-1]:.2f}, yours {mended_longest[-1]:.2f}"
)

# %% [markdown]
# **Compare.** Our layers compute $xW$: the weights into a unit are a *column*. In PyTorch a layer's weight is
# stored the other way round. Code that is copied across needs its axis turned, and nothing complains if it is not.

# %% [markdown] tags=["REG-03"]
# ## 5 · Margins, and why they need a price
#
# The *multiclass hinge loss* asks that the right score lead each other one by a margin, here 1:
#
# $$L = \frac1N \sum_i \sum_{j \ne y_i} \max(0,\; s_{ij} - s_{iy_i} + 1) + R(W) .$$
#
# A freshly initialised network has scores near 0, so its loss should be about $K - 1$, 9 for ten digits.

# %% tags=["exercise"]
from utils.losses import hinge_loss

# %% tags=["check"]
check("losses.hinge_loss")

# %% [markdown]
# **Compare.** Every rival inside the margin has the slope $1/N$, and the right score has $-1/N$ times the *number* of such
# rivals. One step can be pulled by nine rivals at once.

# %% tags=["predict"]
hinge_scale = ...

# %% tags=["check"]
check("regularization.hinge_scale")

# %% tags=["demo"]
w = np.zeros((64, 10))
hinge_x, hinge_y = digits.x_train[:200], digits.y_train[:200]
for _ in range(2000):
    w = w - 0.1 * hinge_x.T @ hinge_loss(hinge_x @ w, hinge_y)[1]
hinge_scales = {c: hinge_loss(hinge_x @ (c * w), hinge_y)[0] for c in (0.5, 1, 2, 10)}
print("  ".join(f"weights times {c}: loss {loss:.3f}" for c, loss in hinge_scales.items()))

# %% [markdown]
# At loss 0 the scale of the weights is free. A penalty breaks the tie: with it, the shortest weights that keep the margins
# win, and those have the *widest* margin per unit of length. That is the idea of a support vector machine. Cross-entropy has the
# opposite habit. It is never 0, so without a price it lengthens the weights for ever.
#
# A good place for a break.

# %% [markdown] tags=["REG-02", "E-47"]
# ## 6 · Weight decay is not what it is called
#
# One slide calls L2 "weight decay". One step of SGD with the penalty is
#
# $$w \leftarrow w - \eta(\nabla L + \lambda w) = (1 - \eta\lambda)\,w - \eta\nabla L .$$
#
# So every weight loses the share $\eta\lambda$. For plain SGD penalty and decay are the same step. With momentum?

# %% tags=["predict"]
momentum_decay = ...

# %% tags=["check"]
check("regularization.momentum_decay")

# %% tags=["demo"]
momentum_ends = {}
for mu in (0.0, 0.5, 0.9):
    one, state = np.ones(1), None
    for _ in range(100):
        one, state = momentum_step(one, 0.01 * one, state, lr=0.1, mu=mu)
    momentum_ends[mu] = float(one[0])
compare(
    [(f"momentum {mu}", end, (1 - 0.001) ** 100) for mu, end in momentum_ends.items()],
    printed="decay beside the step",
    abs_tol=0.001,
    caption="One weight without data after 100 steps, λ = 0.01 in the gradient, rate 0.1. In the gradient the "
    "same λ is about 1/(1 − μ) times as strong.",
)

# %% [markdown]
# In Adam it is worse. The penalty is divided by $\sqrt{\hat v}$ like any gradient, so weights with large gradients hardly
# shrink. You repaired that in [07](../07_optimizers/07_optimizers.ipynb): AdamW takes $\eta\lambda w$ away beside the step.
# Libraries disagree on the rest. PyTorch multiplies the decay by the rate; some other libraries do not. The same
# `weight_decay=0.01` is then a thousand times as strong.

# %% tags=["predict"]
default_decay = ...

# %% tags=["check"]
check("regularization.default_decay")

# %% [markdown]
# Which is better, AdamW or Adam with L2? We tuned both over three rates and five strengths: 300 digits, 20% wrong labels, five
# seeds. At the highest rate either gains nine points over plain Adam. Each at its best, all three are level at 0.90, plain Adam at a tenth
# of that rate. And the best decay is 1, a hundred times the default, since the run is short.
#
# ### Under batch norm
#
# Before batch norm the length of a unit's weights does not matter. What is left of a *penalty* on their length?

# %% tags=["predict"]
bn_decay = ...

# %% tags=["check"]
check("regularization.bn_decay")

# %% tags=["exercise"]
from utils.regularization import growing_rate

# %% tags=["check"]
check("regularization.growing_rate")

# %% [markdown]
# **Compare.** From $L(aw) = L(w)$ follows $\nabla L(cu) = \nabla L(u)/c$. Let the decayed weights be $w_t = c\,u_t$. Then
#
# $$w_{t+1} = (1 - \eta\lambda)\,c\,u_t - \tfrac{\eta}{c}\nabla L(u_t)
# = (1 - \eta\lambda)\,c\,\Bigl(u_t - \tfrac{\eta}{(1 - \eta\lambda)\,c^2}\nabla L(u_t)\Bigr).$$
#
# The bracket is a step without decay. The factor becomes $(1 - \eta\lambda)c$, so after $t$ updates it is
# $(1 - \eta\lambda)^t$, and the rate is $\eta\,(1 - \eta\lambda)^{-(2t+1)}$. Weight decay under batch norm is no penalty. It is a
# learning-rate schedule, and a rising one.

# %% tags=["predict"]
bn_norm = ...

# %% tags=["check"]
check("regularization.bn_norm")


# %% tags=["demo"]
def bn_run(rate_at, weight_decay, seed=0):
    """200 updates of a network with batch norm (ε = 0, nearly): losses, lengths of its weights."""
    rng = np.random.default_rng(seed)
    w, v = rng.standard_normal((64, 50)) / 8, rng.standard_normal((50, 10)) / 7
    losses, lengths = [], []
    for t in range(200):
        rows = rng.integers(len(digits.x_train), size=100)
        x, y = digits.x_train[rows], digits.y_train[rows]
        z, cache, _ = batchnorm_forward(
            x @ w, np.ones(50), np.zeros(50), (np.zeros(50), np.ones(50)), train=True, eps=1e-30
        )
        h = np.tanh(z)
        loss, dscores = softmax_loss(h @ v, y)
        dz, _, _ = batchnorm_backward((dscores @ v.T) * (1 - h**2), cache)
        rate = rate_at(t)
        w = (1 - rate * weight_decay) * w - rate * (x.T @ dz)
        v = v - 0.1 * (h.T @ dscores)
        losses.append(loss)
        lengths.append(float(np.linalg.norm(w)))
    return np.array(losses), np.array(lengths)


bn_runs = {
    "rate 0.1, decay 0.1": bn_run(lambda t: 0.1, 0.1),
    "growing rate, no decay": bn_run(partial(growing_rate, lr=0.1, weight_decay=0.1), 0.0),
    "rate 0.1, no decay": bn_run(lambda t: 0.1, 0.0),
}
(decayed_losses, decayed_length), (grown_losses, grown_length), (plain_losses, _) = bn_runs.values()
bn_difference = float(np.abs(decayed_losses - grown_losses).max())
bn_ratio = float(grown_length[-1] / decayed_length[-1])
fig, axes = figure(1, 2, size=(8.6, 3))
for (name, curves), style, color in zip(
    bn_runs.items(),
    ("-", ":", "--"),
    (COLORS.train, COLORS.warning, COLORS.validation),
    strict=True,
):
    for ax, curve in zip(axes, curves, strict=True):
        ax.plot(curve, style, color=color, lw=3 if style == ":" else 1.5, label=name)
axes[0].set(xlabel="update", ylabel="loss of the batch (nats)", yscale="log")
axes[1].set(xlabel="update", ylabel="length of the weights", yscale="log")
axes[0].legend(frameon=False, fontsize=8)
show(
    fig,
    caption=f"Decay and growing rate have the same losses: they differ by {bn_difference:.0e} at most. Their weights "
    f"differ by the factor {bn_ratio:.2f}.",
    alt="Left: the losses of the run with decay and of the run with growing rate lie on each other, "
    "the third differs. Right: their lengths part steadily on a logarithmic axis.",
)

# %% [markdown]
# Each push is at right angles to $w$ and lengthens it. Decay shortens it. In the end the two balance.

# %% tags=["predict"]
rotation = ...

# %% tags=["check"]
check("regularization.rotation")

# %% [markdown]
# **Explore.** A weight vector in 50 dimensions. In each step it gets a random push of length $\eta/\|w\|$ at right angles.


# %% tags=["demo"]
sphere_pushes = np.random.default_rng(0).standard_normal((600, 50))


def sphere_run(rate, decay, steps=600):
    """Angle per step and length of w in each step."""
    w, angles, lengths = np.ones(50) / np.sqrt(50), np.empty(steps), np.empty(steps)
    for t in range(steps):
        square = w @ w
        push = sphere_pushes[t] - (sphere_pushes[t] @ w) / square * w
        push *= rate / np.sqrt(square * (push @ push))
        after = (1 - rate * decay) * w - push
        length = np.sqrt(after @ after)
        angles[t] = np.arccos(min(1.0, (w @ after) / (np.sqrt(square) * length)))
        lengths[t] = length
        w = after
    return angles, lengths


def draw_sphere():
    fig, ax = figure(size=(7.6, 3.1))
    (angle,) = ax.plot([], [], color=COLORS.train, lw=2, label="angle per step")
    (length,) = ax.plot([], [], color=COLORS.validation, lw=2, ls="-.", label="length of w")
    theory = ax.axhline(1, color=COLORS.reference, ls="--", lw=1, label="√(2ηλ)")
    ax.set(xlabel="step", yscale="log", ylim=(0.003, 20), xlim=(0, 600), ylabel="radians; length")
    ax.legend(frameon=False, loc="upper right", ncols=3, fontsize=8)
    return fig, {"angle": angle, "length": length, "theory": theory}


def update_sphere(drawn, rate, decay):
    angles, lengths = sphere_run(rate, decay)
    drawn["angle"].set_data(np.arange(600), angles)
    drawn["length"].set_data(np.arange(600), lengths)
    drawn["theory"].set_ydata([np.sqrt(2 * rate * decay)] * 2)
    return (
        f"In the last 100 steps w turns by {angles[-100:].mean():.3f} radians a step; "
        f"√(2ηλ) is {np.sqrt(2 * rate * decay):.3f}. Its length is {lengths[-1]:.2f}."
    )


explore(
    draw_sphere,
    update_sphere,
    controls={
        "rate": Choice([0.03, 0.1, 0.3], label="rate η", value=0.1),
        "decay": Choice([0.03, 0.1, 0.3], label="decay λ", value=0.1),
    },
    goal="Find two pairs of rate and decay with the same angle per step in the end.",
    answer="Equal products, for example rate 0.1 with decay 0.3 and rate 0.3 with decay 0.1: both turn by "
    "0.25. The lengths differ. The way there takes about 1/(ηλ) steps: watch 0.03 with 0.03.",
)

# %% [markdown]
# So with a normalising layer behind it, $\lambda$ sets how fast $w$ turns: too much decay is too high a rate. Gains, biases and the last layer
# are not scale-free. Decay still shrinks those, and most recipes leave gains and biases out.

# %% [markdown] tags=["REG-04", "E-48"]
# ## 7 · Softer targets
#
# Cross-entropy is smallest at infinite scores. *Label smoothing* (Szegedy et al. 2016) asks for a little less than
# certainty.
#
# ### Spot the error: how much for the others?

# %% tags=["predict"]
row_sum = ...

# %% tags=["check"]
check("regularization.row_sum")

# %% tags=["exercise"]
from utils.losses import smooth_labels

# %% tags=["check"]
check("losses.smooth_labels")

# %% tags=["exercise"]
from utils.losses import label_smoothing_loss

# %% tags=["check"]
check("losses.label_smoothing_loss")

# %% [markdown]
# Now the loss has a minimum at finite scores. Where?

# %% tags=["exercise"]
from utils.losses import best_score_gap

# %% tags=["check"]
check("losses.best_score_gap")

# %% [markdown]
# **Compare.** The gradient is $(p - t)/N$, so the minimum is at $p = t$. A difference of scores is the logarithm of a ratio
# of probabilities:
#
# $$s_y - s_k = \log\frac{t_y}{t_k} = \log\frac{1 - \varepsilon + \varepsilon/K}{\varepsilon/K}
# = \log\frac{K(1 - \varepsilon) + \varepsilon}{\varepsilon},$$
#
# 4.51 for ten classes and $\varepsilon = 0.1$. The loss there is not 0 but the entropy of the target, 0.50. Does a
# network really go there, and is it better off?

# %% tags=["predict"]
calibration = ...

# %% tags=["check"]
check("regularization.calibration")


# %% tags=["demo"]
def sgd_run(net, x, y, *, lr, updates, rng):
    """Train a network in place, 25 examples a step."""
    for _ in range(updates):
        rows = rng.integers(len(x), size=25)
        _, grads = net.loss(x[rows], y[rows])
        net.params, _ = step_params(sgd_step, net.params, grads, None, lr=lr)
    return net


def calibration_error(probs, y):
    """Mean distance between confidence and share of right answers, over ten bins of confidence."""
    sure, right = probs.max(axis=1), probs.argmax(axis=1) == y
    bins = np.minimum((10 * sure).astype(int), 9)
    return sum(abs((sure - right)[bins == k].sum()) for k in range(10)) / len(y)


def smoothing_run(eps, seed, lr=0.3):
    """Test accuracy, calibration error and mean score gap on the training set."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(digits.x_train))[:600]
    x, y = digits.x_train[rows], digits.y_train[rows]
    net = MLP([64, 60, 10], rng=rng, loss_fn=partial(label_smoothing_loss, eps=eps))
    scores = sgd_run(net, x, y, lr=lr, updates=800, rng=rng).scores(x)
    right = np.arange(len(scores)), y
    lead = (scores[right] - (scores.sum(axis=1) - scores[right]) / 9).mean()
    probs = softmax(net.scores(digits.x_test))
    accuracy = (probs.argmax(axis=1) == digits.y_test).mean()
    return float(accuracy), float(calibration_error(probs, digits.y_test)), float(lead)


smoothing_seeds = range(fewer(3, 2, "networks each"))
smoothing_rows = {
    eps: [smoothing_run(eps, seed) for seed in smoothing_seeds] for eps in (0.0, 0.1, 0.3)
}
fig, ax = figure(size=(6.6, 2.8))
curve = np.linspace(0.02, 0.5, 100)
ax.plot(curve, [best_score_gap(10, float(e)) for e in curve], "--", color=COLORS.reference)
for eps, rows in smoothing_rows.items():
    ax.plot([eps] * len(rows), [lead for *_, lead in rows], "o", color=COLORS.train)
ax.set(xlabel="ε", ylabel="lead of the right score", ylim=(0, 14))
show(
    fig,
    caption="Dots: three networks each, training set; dashed: theory. "
    + "; ".join(
        f"ε = {eps}: accuracy {np.mean(r, axis=0)[0]:.3f}, calibration error {np.mean(r, axis=0)[1]:.3f}"
        for eps, r in smoothing_rows.items()
    )
    + ".",
    alt="The lead of the right score against epsilon: at 0.1 and 0.3 the dots lie on a falling dashed curve, at 0 "
    "they lie far higher.",
)

# %% [markdown]
# The lead goes where the derivation says. The accuracy does not suffer. The confidence does: this network was honest before. Müller et
# al. (2019) report *better* calibration for large networks, which are too sure without smoothing. Both are true.

# %% [markdown] tags=["REG-08"]
# ## 8 · Noise is a penalty, too
#
# Add noise to every input, anew in each step. What is trained on average? Derive it step by step, for a linear model.

# %% tags=["exercise"]
from utils.regularization import noise_terms

# %% tags=["check"]
check("regularization.noise_terms")

# %% tags=["predict"]
noise_strength = ...

# %% tags=["check"]
check("regularization.noise_strength")

# %% [markdown]
# **Compare.** In one line: $E\bigl[\tfrac12(x^\top w + \xi^\top w - y)^2\bigr] = \tfrac12(x^\top w - y)^2 +
# \tfrac12\sigma^2\|w\|^2$, where $\sigma$ is the standard deviation of the noise. That is ridge regression with $\lambda = \sigma^2$, without anybody having written
# a penalty. A fit to many noisy copies of the data should then end at the ridge solution. It does:

# %% tags=["demo"]
copies, noise_std = (1, 3, 10, 30, 100, 300, 1000), 0.7
noise_distance = np.empty((5, len(copies)))
for seed in range(5):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((30, 8))
    y = x @ rng.standard_normal(8) + rng.standard_normal(30)
    # The gradient of noise_terms is linear in w: its root is the ridge solution.
    at_zero = noise_terms(x, y, np.zeros(8), std=noise_std)["dw"]
    slope = np.stack([noise_terms(x, y, e, std=noise_std)["dw"] - at_zero for e in np.eye(8)], 1)
    ridge = np.linalg.solve(slope, -at_zero)
    for k, n in enumerate(copies):
        noisy = np.tile(x, (n, 1)) + noise_std * rng.standard_normal((30 * n, 8))
        fitted = np.linalg.lstsq(noisy, np.tile(y, n), rcond=None)[0]
        noise_distance[seed, k] = np.linalg.norm(fitted - ridge) / np.linalg.norm(ridge)
fig, ax = figure(size=(6.4, 2.6))
ax.plot(copies, noise_distance.T, "o", color=COLORS.train, ms=4, alpha=0.5)
ax.plot(copies, noise_distance.mean(axis=0), color=COLORS.train, lw=2)
ax.set(xscale="log", yscale="log", xlabel="noisy copies of the data", ylabel="distance to ridge")
show(
    fig,
    caption="Least squares on noisy copies, five data sets. Relative distance to the ridge solution with "
    f"λ = {noise_std**2:.2f}: {noise_distance[:, 0].mean():.2f} with one copy, "
    f"{noise_distance[:, -1].mean():.3f} with a thousand. It falls like one over the square root.",
    alt="The distance falls along a straight line on doubly logarithmic axes.",
)

# %% [markdown]
# Dropout is noise that multiplies: in [10](../10_dropout/10_dropout.ipynb) it turns out as a penalty with a strength of its own for each
# weight. It is a pattern. Train with some random $z$, $y = f_W(x, z)$. At test time average it out, $y = E_z[f_W(x, z)]$, mostly
# by a cheap rule:
#
# | method | $z$ | at test time |
# |---|---|---|
# | input noise | the noise | none |
# | dropout, DropConnect, stochastic depth | masks of units, weights, blocks | all of them, scaled |
# | batch norm | the other examples in the batch | fixed statistics |
# | augmentation, fractional max pooling | crop, flip, colour; pooling regions | a few fixed views |

# %% [markdown] tags=["REG-05"]
# ## 9 · Which one?
#
# The slides list L1 and L2, label smoothing, early stopping, dropout, auxiliary tasks, more data, a smaller model,
# augmentation. One deck gives a reason: cross-validation is not feasible for networks, hence regularise. (One validation
# set is feasible, and it is how $\lambda$ is chosen.) A fair comparison needs two things: a tuned rate, and a plain run that may
# stop early.

# %% tags=["predict"]
gain_of_a_remedy = ...

# %% tags=["check"]
check("regularization.gain_of_a_remedy")


# %% tags=["demo"]
REMEDIES = {  # L2 strength, probability of dropping, share of smoothing
    "none": (0.0, 0.0, 0.0),
    "L2 0.01": (0.01, 0.0, 0.0),
    "dropout 0.25": (0.0, 0.25, 0.0),
    "label smoothing 0.5": (0.0, 0.0, 0.5),
}


remedy_seeds = fewer(5, 3, "seeds")


def remedy_races(lr, seeds=remedy_seeds, updates=600):
    """All remedies on five draws of 300 digits, 20% of their labels wrong; all networks at once.

    Test accuracy at the end and at the best validation accuracy, shape (remedies, seeds, 2).
    """
    rng = np.random.default_rng(0)
    rows = np.stack([rng.permutation(len(digits.x_train))[:300] for _ in range(seeds)])
    x, y = digits.x_train[rows].astype(np.float32), digits.y_train[rows]
    y[:, :60] = (y[:, :60] + rng.integers(1, 10, (seeds, 60))) % 10
    reg, drop, _ = np.array(list(REMEDIES.values()), np.float32).T[:, :, None, None, None]
    shape = (len(REMEDIES), seeds)
    w1 = np.broadcast_to(rng.standard_normal((seeds, 64, 50)) / 5.7, (*shape, 64, 50))
    w2 = np.broadcast_to(rng.standard_normal((seeds, 50, 10)) / 5, (*shape, 50, 10))
    w1, w2 = w1.astype(np.float32), w2.astype(np.float32)
    b1, b2 = np.zeros((*shape, 1, 50), np.float32), np.zeros((*shape, 1, 10), np.float32)
    best_val, at_best = np.zeros(shape), np.zeros(shape)
    for update in range(1, updates + 1):
        batch = np.arange(seeds)[:, None], rng.integers(300, size=(seeds, 25))
        targets = np.stack(
            [
                smooth_labels(y[batch].ravel(), 10, eps=eps).reshape(seeds, 25, 10)
                for *_, eps in REMEDIES.values()
            ]
        ).astype(np.float32)
        z = x[batch] @ w1 + b1
        mask = (rng.random((seeds, 25, 50), np.float32) >= drop) / (1 - drop)
        h = np.maximum(0, z) * mask
        scores = h @ w2 + b2
        p = np.exp(scores - scores.max(axis=-1, keepdims=True))
        dscores = (p / p.sum(axis=-1, keepdims=True) - targets) / 25
        dz = dscores @ w2.swapaxes(-1, -2) * mask * (z > 0)
        w2 = w2 - lr * (h.swapaxes(-1, -2) @ dscores + reg * w2)
        b2 = b2 - lr * dscores.sum(axis=-2, keepdims=True)
        w1 = w1 - lr * (x[batch].swapaxes(-1, -2) @ dz + reg * w1)
        b1 = b1 - lr * dz.sum(axis=-2, keepdims=True)
        if update % 24 == 0:
            val, test = (
                (np.maximum(0, part @ w1 + b1) @ w2 + b2).argmax(axis=-1) == labels
                for part, labels in (
                    (digits.x_val.astype(np.float32), digits.y_val),
                    (digits.x_test.astype(np.float32), digits.y_test),
                )
            )
            better = val.mean(axis=-1) > best_val
            best_val = np.maximum(best_val, val.mean(axis=-1))
            at_best = np.where(better, test.mean(axis=-1), at_best)
    return np.stack([test.mean(axis=-1), at_best], axis=-1)


remedy_table = {lr: dict(zip(REMEDIES, remedy_races(lr), strict=True)) for lr in (0.05, 0.2)}
fig, axes = figure(1, 2, size=(8.8, 2.9), sharey=True)
for ax, (lr, table) in zip(axes, remedy_table.items(), strict=True):
    for k, found in enumerate(list(table.values())[1:]):
        ends = found[:, 0]
        ax.plot(ends - table["none"][:, 0], [k + 0.12] * len(ends), "o", color=COLORS.validation)
        ax.plot(ends - table["none"][:, 1], [k - 0.12] * len(ends), "D", color=COLORS.train)
    ax.axvline(0, color=COLORS.reference, lw=1)
    ax.set(title=f"rate {lr:g}", xlabel="gain in test accuracy", yticks=range(3), ylim=(-0.9, 2.4))
    ax.set_yticklabels(list(table)[1:])
axes[1].plot([], [], "o", color=COLORS.validation, label="over the plain run")
axes[1].plot([], [], "D", color=COLORS.train, label="over its early stop")
axes[1].legend(frameon=False, fontsize=8, loc="lower right")
remedy_gains = {
    lr: {
        "end": float(np.mean([f[:, 0] - t["none"][:, 0] for n, f in t.items() if n != "none"])),
        "stop": float(np.mean([f[:, 0] - t["none"][:, 1] for n, f in t.items() if n != "none"])),
    }
    for lr, t in remedy_table.items()
}
show(
    fig,
    caption="Five seeds, 20% wrong labels. Mean gain of the three over the plain run and over its early stop: "
    + "; ".join(
        f"rate {lr:g} {100 * g['end']:+.1f} and {100 * g['stop']:+.1f} points"
        for lr, g in remedy_gains.items()
    )
    + ".",
    alt="Two panels of dots. Over the plain run the remedies gain hardly anything at the low rate and several "
    "points at the high rate. Over the early stop the gains lie around 0 at both.",
)

# %% [markdown]
# At the high rate every remedy looks strong beside the plain run. At the low rate the plain run is better, and little is left of the gain.
# The early stop has most of it for nothing. Tuned over strengths and rates, on other draws, the three end between one point
# below the early stop and two above it. With clean labels the same networks gain nothing from any of the three, although their training accuracy is 1. A gap alone is no proof that regularisation
# will help. The other direction is safer: a network that cannot fit its training set needs no regulariser.

# %% [markdown] tags=["REG-06"]
# ## 10 · Auxiliary tasks, more data, a smaller model (optional)
#
# An *auxiliary task* shares the first layers, the trunk, with the main one: $L = L_{main} + \lambda L_{aux}$. The hope is
# that both need the same features.

# %% tags=["exercise"]
from utils.networks import two_head_loss

# %% tags=["check"]
check("networks.two_head_loss")

# %% [markdown]
# Digits with 40% wrong labels, and an auxiliary label that is always right: is the digit odd?

# %% tags=["demo"]
aux_gains = {}
for aux_weight in (0.0, 0.5, 2.0):
    aux_gains[aux_weight] = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(digits.x_train))[:300]
        x, clean = digits.x_train[rows], digits.y_train[rows]
        y = np.where(rng.random(300) < 0.4, (clean + rng.integers(1, 10, 300)) % 10, clean)
        params = {
            "w1": rng.standard_normal((64, 50)) * np.sqrt(2 / 64),
            "b1": np.zeros(50),
            "w2": rng.standard_normal((50, 10)) / 5,
            "b2": np.zeros(10),
            "w_aux": rng.standard_normal((50, 2)) / 5,
            "b_aux": np.zeros(2),
        }
        for _ in range(400):
            part = rng.integers(300, size=25)
            _, grads = two_head_loss(
                x[part], y[part], clean[part] % 2, params, aux_weight=aux_weight
            )
            params = {name: p - 0.1 * grads[name] for name, p in params.items()}
        h = np.maximum(0, digits.x_test @ params["w1"] + params["b1"])
        found = (h @ params["w2"] + params["b2"]).argmax(axis=1) == digits.y_test
        aux_gains[aux_weight].append(float(found.mean()))
print(
    "test accuracy, three seeds: "
    + "; ".join(f"weight {k}: {np.mean(v):.3f} ± {np.std(v):.3f}" for k, v in aux_gains.items())
)

# %% [markdown]
# The gain is of the size of the spread over the seeds. One lucky cell of such a table is soon published. Show the whole table.

# %% [markdown] tags=["REG-07"]
# ### More data, a smaller model
#
# The oldest advice. Which of the two helps?

# %% tags=["demo"]
size_table = {}
for n_train in (75, 300, 1199):
    for width in (6, 100):
        found = []
        for seed in range(fewer(2, 1, "seeds")):
            rng = np.random.default_rng(seed)
            rows = rng.permutation(len(digits.x_train))[:n_train]
            y = digits.y_train[rows]
            y = np.where(rng.random(n_train) < 0.2, (y + rng.integers(1, 10, n_train)) % 10, y)
            net = MLP([64, width, 10], rng=rng)
            sgd_run(net, digits.x_train[rows], y, lr=0.15, updates=600, rng=rng)
            found.append(evaluate(net, digits.x_test, digits.y_test)[1])
        size_table[n_train, width] = float(np.mean(found))
print("20% wrong labels, test accuracy")
for n_train in (75, 300, 1199):
    print(
        f"{n_train:5} examples: "
        + ", ".join(f"width {w} {size_table[n_train, w]:.3f}" for w in (6, 100))
    )
print(end=noted(""))

# %% [markdown]
# Sixteen times the data is worth more than anything in this lecture. A much smaller model is no remedy here: it loses. But that
# is a race of two widths. What happens on the way from small to large is a story of its own.

# %% [markdown] tags=["REG-05"]
# ## 11 · After the slides: more weights than examples
#
# The slides stop at the advice to keep a model small. Since about 2018 we know that the curve turns.

# %% tags=["predict"]
worst_width = ...

# %% tags=["check"]
check("regularization.worst_width")

# %% tags=["exercise"]
from utils.regularization import min_norm_fit

# %% tags=["check"]
check("regularization.min_norm_fit")

# %% tags=["demo"]
feature_counts = (10, 20, 40, 70, 100, 130, 150, 170, 200, 300, 500, 1000)


def descent_data(seed, wrong=0.2):
    """150 digits, one-hot labels of which some are wrong, and 1000 random ReLU features."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(digits.x_train))[:150]
    y = digits.y_train[rows]
    off = (rng.permutation(150) < round(150 * wrong)) * rng.integers(1, 10, 150)
    random_w = rng.standard_normal((64, 1000)) / 8
    train_features = np.maximum(0, digits.x_train[rows] @ random_w)
    test_features = np.maximum(0, digits.x_test @ random_w)
    return train_features, np.eye(10)[(y + off) % 10], test_features


descent = {0.0: [], 1.0: []}
for seed in range(5):
    train_features, targets, test_features = descent_data(seed)
    for reg, found in descent.items():
        row = []
        for d in feature_counts:
            w = min_norm_fit(train_features[:, :d], targets, reg=reg)
            row.append(np.mean((test_features[:, :d] @ w).argmax(axis=1) == digits.y_test))
        found.append(row)
descent = {reg: np.array(found) for reg, found in descent.items()}
fig, ax = figure(size=(7, 3))
for (reg, found), style, color in zip(
    descent.items(), ("o-", "D--"), (COLORS.train, COLORS.validation), strict=True
):
    ax.errorbar(
        feature_counts,
        found.mean(axis=0),
        found.std(axis=0),
        fmt=style,
        color=color,
        capsize=3,
        label=f"λ = {reg:g}" if reg else "smallest norm",
    )
ax.axvline(150, color=COLORS.reference, ls=":", lw=1)
ax.set(xscale="log", xlabel="random features", ylabel="test accuracy", ylim=(0, 1))
ax.legend(frameon=False, loc="lower right")
descent_at = dict(zip(feature_counts, descent[0.0].mean(axis=0), strict=True))
ridge_at = dict(zip(feature_counts, descent[1.0].mean(axis=0), strict=True))
show(
    fig,
    caption=f"Five seeds. Smallest norm: {descent_at[40]:.2f} with 40 features, {descent_at[150]:.2f} with 150, "
    f"{descent_at[1000]:.2f} with 1000. With a ridge penalty of strength 1: {ridge_at[150]:.2f} and {ridge_at[1000]:.2f}.",
    alt="Without a penalty the accuracy rises, falls to a deep valley at 150 features, and rises again. With a penalty "
    "it rises and stays high.",
)

# %% [markdown]
# *Double descent* (Belkin et al. 2019). At 150 features exactly one fit passes through all labels, the wrong ones too, and it needs
# enormous weights. Beyond, there are many, and the smallest of them is tame. A ridge penalty removes the whole episode: the valley is a sign of a
# missing regulariser. And who regularises beyond the valley, where we asked for nothing?

# %% tags=["predict"]
where_gd_ends = ...

# %% tags=["check"]
check("regularization.where_gd_ends")

# %% tags=["demo"]
rng = np.random.default_rng(0)
equations, values = rng.standard_normal((20, 50)), rng.standard_normal((20, 1))
smallest = min_norm_fit(equations, values)
gd_distance = {}
for name, start in (("0", np.zeros((50, 1))), ("a random point", rng.standard_normal((50, 1)))):
    w = start
    for _ in range(3000):
        w = w - 0.01 * equations.T @ (equations @ w - values)
    gd_distance[name] = float(np.linalg.norm(w - smallest))
print("  ".join(f"from {name}: {d:.0e} away from the smallest" for name, d in gd_distance.items()))

# %% [markdown]
# The method chooses. From 0 gradient descent ends at the smallest solution; from a random point, it keeps the part of the start
# that no equation sees. For deep networks nothing so clean is known, but the lesson stays: start, method and rate are
# regularisers, too.
#
# **Explore.** The same data, any penalty, any share of wrong labels.

# %% tags=["demo"]
descent_parts = {}
for share in (0.0, 0.2, 0.4):
    train_features, targets, test_features = descent_data(0, share)
    for d in feature_counts:
        left_vectors, sizes, right_vectors = np.linalg.svd(
            train_features[:, :d], full_matrices=False
        )
        seen = test_features[:, :d] @ right_vectors.T
        descent_parts[share, d] = sizes, left_vectors.T @ targets, seen


def draw_descent():
    fig, ax = figure(size=(7.4, 3.1))
    (line,) = ax.plot(feature_counts, np.zeros(12), "o-", color=COLORS.train, lw=2)
    ax.axvline(150, color=COLORS.reference, ls=":", lw=1)
    ax.set(xscale="log", xlabel="random features", ylabel="test accuracy", ylim=(0, 1))
    return fig, line


def update_descent(line, reg, wrong):
    found = []
    for d in feature_counts:
        sizes, onto, seen = descent_parts[wrong, d]
        scores = seen @ ((sizes / (sizes**2 + reg))[:, None] * onto)
        found.append(np.mean(scores.argmax(axis=1) == digits.y_test))
    line.set_ydata(found)
    worst = int(np.argmin(found[2:])) + 2
    return (
        f"150 features: {found[6]:.2f}; 1000 features: {found[-1]:.2f}. Beyond 20 features the worst are "
        f"{feature_counts[worst]}."
    )


explore(
    draw_descent,
    update_descent,
    controls={
        "reg": LogSlider(1e-6, 10, value=1e-6, label="λ", per_decade=2),
        "wrong": Choice({"none": 0.0, "20%": 0.2, "40%": 0.4}, label="wrong labels", value=0.2),
    },
    goal="Find the smallest penalty for which the valley at 150 features is gone. Does it need wrong labels?",
    answer="0.1 for 20% wrong labels; at 0.01 a dip to 0.6 is left. With right labels there is a valley, "
    "too, down to 0.43, and 0.01 is enough to close it.",
)

# %% [markdown]
# Two more that the slides do not know. *Mixup* (Zhang et al. 2018) trains on $\alpha x_i + (1 - \alpha)x_j$ with targets mixed
# alike: noise in the inputs and softer labels in one. (It is measured, and gains little, in
# [augmentation](../11_augmentation/11_augmentation.ipynb), section 6.) And large *language models* see hardly an example twice, so there is little to
# memorise. They use weight decay all the same, for the rate that it sets.
#
# ## What to remember
#
# - Overfitting has two faces: wrong answers, and wrong answers that are too sure. Say which one you measure.
# - L2 leaves $h/(h + \lambda)$ of each direction, an early stop $1 - (1 - \eta h)^s$: nearly the same. The early stop is the
#   baseline.
# - A gradient step makes weights small. Only the soft threshold makes them 0.
# - Decay is L2 for plain SGD alone. Momentum makes L2 $1/(1 - \mu)$ times as strong, Adam spares large gradients; before batch
#   norm decay is a rate. Its time scale is $1/(\eta\lambda)$ steps.
# - Label smoothing pins the lead of the right score. Noise on the inputs is ridge with $\lambda = \sigma^2$.
# - The worst model is as large as the training set. Beyond it, smallest norm or a little ridge.
#
# **Three questions for next week.** Why does an early stop spare steep directions? A colleague raises the rate tenfold and keeps
# `weight_decay`: what changes under AdamW, what before batch norm? Your network with label smoothing is never more than 91% sure: is that a bug?
#
# **Errata of the slides.** One writes $|\theta_l|$ where the norm $\|\theta_l\|_1$ is meant. One lists label smoothing under
# classical machine learning. Another course prints the update `W += -lambda * W`, without the rate, and a third the
# penalty $\lambda\sum w^2$ with the derivative $\lambda w$.

# %% [markdown]
# ## Read on
#
# - Goodfellow, Bengio, Courville, [Deep Learning](https://www.deeplearningbook.org), 2016, chapter 7.
# - Loshchilov, Hutter, [Decoupled Weight Decay Regularization](https://arxiv.org/abs/1711.05101), 2019; van Laarhoven,
#   [L2 Regularization versus Batch and Weight Normalization](https://arxiv.org/abs/1706.05350), 2017.
# - Müller, Kornblith, Hinton, [When Does Label Smoothing Help?](https://arxiv.org/abs/1906.02629), 2019.
# - Belkin, Hsu, Ma, Mandal, [Reconciling Modern Machine Learning Practice](https://arxiv.org/abs/1812.11118), 2019.
# - Godbole et al., [Deep Learning Tuning Playbook](https://github.com/google-research/tuning_playbook), 2023.
#
# **Next** [10 · Dropout](../10_dropout/10_dropout.ipynb): noise inside the network.

# %% tags=["demo"]
progress()
