# %% [markdown]
# # 03 · Preprocessing the data
#
# Before a network sees any data, somebody has chosen a unit, an origin and axes for them. What do these
# choices do to the training? And which of the things that you do about them quietly spoil the evaluation?
#
# Two lines of preprocessing can decide whether gradient descent arrives or gets stuck. They can also make a
# result that nobody can reproduce. Some mistakes that everybody warns of cost next to nothing. Others, less
# famous, find a pattern in the toss of a coin.
#
# **After this lecture you can**
#
# - say in eigenvalues why a non-zero mean and unequal units slow gradient descent down, and by how much;
# - measure statistics on the training data, apply them everywhere, and treat constants, gaps and outliers;
# - rotate and whiten data, and say when whitening destroys what is to be learnt;
# - choose by measurement what to do with images;
# - find a leak in somebody else's code, and tell a harmless one from a fatal one.
#
# **Time** Two hours. After section 3 is a good place for a break.
# **Builds on** the backward pass of a dense layer ([01](../01_backpropagation/01_backpropagation.ipynb)), and on
# [activations](../02_activations/02_activations.ipynb), where inputs of one sign sent the weights on a
# zig-zag. You need means and variances. The one new fact about matrices stands in section 2.
#
# When you are stuck, open the hints below a check that fails.
# Cells that draw a figure run on your functions; you
# need not read their code.

# %% tags=["setup"]
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from tqdm.auto import tqdm

from grader import borrow, check, failing, hint, progress
from utils.curvature import condition_number
from utils.data import Dataset, load_digits, make_shapes
from utils.networks import MLP
from utils.optimizers import sgd_step
from utils.pace import fewer
from utils.plots import COLORS, compare, figure, show
from utils.preprocessing import Moments, apply_whitener
from utils.tables import COLUMNS, make_recordings, make_table, nearest_label, one_hot
from utils.training import accuracy, train
from utils.widgets import Choice, LogSlider, Slider, Toggle, explore

# %% [markdown] tags=["PRE-01"]
# ## 1 · Where the data enter the gradient
#
# A layer computes $z = xW + b$. Its gradient on the weights is
#
# $$\frac{\partial L}{\partial W} = x^\top\,\frac{\partial L}{\partial z}.$$
#
# The data stand in it as a factor. Whatever their sign and their unit are, the steps inherit them.
#
# The signs you know from the lecture on activations: if all inputs of a unit are positive, one example
# moves all its weights up or all of them down. Which features of a data set never change their sign?

# %% tags=["exercise"]
from utils.preprocessing import has_one_sign_inputs

# %% tags=["check"]
check("preprocessing.has_one_sign_inputs")

# %% [markdown]
# Now the unit. Dividing by 255 is so common that nobody asks what it does.

# %% tags=["predict"]
divide_by_255 = ...

# %% tags=["check"]
check("preprocessing.divide_by_255")

# %% [markdown]
# Write the general rule. It needs no data, only the two formulas above.

# %% tags=["exercise"]
from utils.preprocessing import match_scaling

# %% tags=["check"]
check("preprocessing.match_scaling")

# %% [markdown]
# **Compare.** With $x' = x/c$ the outputs stay if $W' = cW$. The gradient on $W'$ is
# $x'^\top\,\partial L/\partial z$, smaller by the factor $c$. The step on $W'$ must be $c$ times the step on
# $W$, so $\eta' = c^2\,\eta$. *To divide the inputs by a number is to change one learning rate*, that of the
# first layer's weights. Divide each feature by a number of its own, and each row of $W$ gets its own rate.
#
# A network for digits, once with pixels from 0 to 255 and once with pixels from 0 to 1. Only its first layer
# has been rescaled by your function. Do the two take the same path?


# %% tags=["demo"]
digits = load_digits()


def losses_of_steps(x, w1, rates, steps=50):
    """Losses of full-batch gradient descent, with a rate for each parameter of a two-layer net."""
    model = MLP([64, 20, 10], rng=np.random.default_rng(0))
    model.params["w1"] = w1
    losses = []
    for _ in range(steps):
        loss, grads = model.loss(x, digits.y_train)
        losses.append(loss)
        model.params = {k: w - rates.get(k, 0.1) * grads[k] for k, w in model.params.items()}
    return np.array(losses)


w_255 = MLP([64, 20, 10], rng=np.random.default_rng(0)).params["w1"] / 255
w_1, lr_1 = match_scaling(w_255, 1e-6, 255.0)
losses_255 = losses_of_steps(255 * digits.x_train, w_255, {"w1": 1e-6})
losses_1 = losses_of_steps(digits.x_train, w_1, {"w1": lr_1})
unmatched = losses_of_steps(digits.x_train, w_1, {"w1": 1e-6})
compare(
    [(f"loss before step {t + 1}", losses_1[t], losses_255[t]) for t in (0, 9, 49)]
    + [("before step 50, rate left alone", unmatched[49], losses_255[49])],
    rel_tol=1e-9,
    printed="0 to 255",
    caption="Pixels from 0 to 1 beside pixels from 0 to 255. With your weights and your rate the losses agree "
    f"to {np.abs(losses_1 / losses_255 - 1).max():.0e}. If only the weights are matched, they do not.",
)

# %% [markdown] tags=["PRE-04"]
# ## 2 · The bowl that the data dig
#
# What if each feature has its own unit, and its own mean? Take the simplest model, $\hat y = xw$, with the mean squared error
# $L(w) = \frac1{2N}\sum_n (x_n w - y_n)^2$. Its second derivative is a matrix that does not depend on the labels
# or on $w$:
#
# $$H = \frac{\partial^2 L}{\partial w^2} = \frac1N\,x^\top x .$$
#
# So $L$ is a bowl, and the data alone decide its shape. (The first layer of a network sees the same matrix, each
# example weighted by how strongly it acts on the unit.)
#
# **The fact about matrices.** A symmetric matrix stretches space along perpendicular directions, its
# *eigenvectors*. The factor of each direction is its *eigenvalue* $\lambda$. Along an eigenvector, gradient
# descent with rate $\eta$ multiplies the distance to the minimum by $1 - \eta\lambda$ in each step. So
#
# - the steepest direction sets the limit: from $\eta = 2/\lambda_{\max}$ on the distance grows without bound;
# - the flattest one sets the pace: at such a rate the distance shrinks by about $\lambda_{\min}/\lambda_{\max}$ in a step.
#
# The ratio $\kappa = \lambda_{\max}/\lambda_{\min}$ is the *condition number*. At $\kappa = 1$ one step is enough; at
# $\kappa = 1000$ you wait for thousands.
#
# What is in $x^\top x/N$? Split it yourself.

# %% tags=["exercise"]
from utils.preprocessing import second_moment

# %% tags=["check"]
check("preprocessing.second_moment")

# %% [markdown]
# **Compare.** Write $x_n = \bar x + r_n$, where the differences $r_n$ have mean zero. The mixed terms vanish:
#
# $$\frac1N\sum_n x_n^\top x_n = \underbrace{\frac1N\sum_n r_n^\top r_n}_{\text{covariance}} \;+\;
# \underbrace{\bar x^\top\bar x}_{\text{one direction only}} .$$
#
# The second matrix stretches along the mean and nowhere else, with the eigenvalue $|\bar x|^2$: a non-zero mean is one
# very steep direction. The covariance has the units on its diagonal, and beside it whatever makes two features rise
# and fall together.

# %% tags=["predict"]
raw_table = ...

# %% tags=["check"]
check("preprocessing.raw_table")

# %% tags=["demo"]
table_x, table_y = make_table(500, rng=np.random.default_rng(0))


def hessian_of(x):
    """Second derivative of the squared error of a linear model."""
    around, offset = second_moment(x)
    return around + offset


def progress_of_descent(x, y, steps=1000):
    """Share of the possible improvement after each step, at the best rate; condition number."""
    a = np.column_stack([x, np.ones(len(x))])
    hessian = hessian_of(a)
    w_best = np.linalg.lstsq(a, y, rcond=None)[0]
    eigenvalues = np.linalg.eigvalsh(hessian)
    rate, w, losses = 2 / (eigenvalues[-1] + eigenvalues[0]) * 0.98, np.zeros(5), []
    for _ in range(steps + 1):
        losses.append(np.mean((a @ w - y) ** 2))
        w = w - rate * hessian @ (w - w_best)
    losses = np.array(losses)
    return (losses[0] - losses) / (losses[0] - np.mean((a @ w_best - y) ** 2)), eigenvalues


table_stages = {
    "raw": table_x,
    "centred": table_x - table_x.mean(axis=0),
    "centred and scaled": (table_x - table_x.mean(axis=0)) / table_x.std(axis=0),
}
table_runs = {name: progress_of_descent(x, table_y) for name, x in table_stages.items()}
table_progress = {name: float(p[-1]) for name, (p, _) in table_runs.items()}
table_kappa = {name: float(e[-1] / e[0]) for name, (_, e) in table_runs.items()}
fig, ax = figure(size=(7, 3))
for (name, (p, _)), color, style in zip(
    table_runs.items(),
    (COLORS.warning, COLORS.validation, COLORS.train),
    (":", "--", "-"),
    strict=True,
):
    label = f"{name} (κ = {table_kappa[name]:.2g})"
    ax.plot(np.arange(1, len(p)), p[1:], style, color=color, lw=2, label=label)
ax.set(xscale="log", xlabel="step", ylabel="share of the improvement", ylim=(-0.03, 1.05))
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(0.0, 0.62))
show(
    fig,
    caption="One linear model, three versions of one table, each at its best rate. After 1000 steps: "
    + ", ".join(f"{name} {p:.0%}" for name, p in table_progress.items())
    + ".",
    alt="Progress over steps on a logarithmic axis: the raw table stays near 0, the centred one at a quarter, "
    "the scaled one reaches 1 within ten steps.",
)


# %% [markdown] tags=["PRE-02"]
# ### Three clouds, and a fourth
#
# The slides show three pictures: the original data, centred data, and data divided by their standard deviation. Here
# they are, with the eigenvectors of $x^\top x/N$, each as long as the square root of its eigenvalue. The fourth cloud
# has been centred and scaled as well. Is its bowl round?
# %% tags=["demo"]
def exact_cloud(n, rho, seed):
    """Points with exactly mean 0, variance 1 and correlation rho."""
    z = np.random.default_rng(seed).standard_normal((n, 2))
    z = np.sqrt(n) * np.linalg.qr(z - z.mean(axis=0))[0]
    return np.column_stack([z[:, 0], rho * z[:, 0] + np.sqrt(1 - rho**2) * z[:, 1]])


cloud = exact_cloud(200, 0.3, 1) * [1.6, 0.8] + [5, 3]
clouds = {
    "original": cloud,
    "centred": cloud - cloud.mean(axis=0),
    "centred and scaled": exact_cloud(200, 0.3, 1),
    "correlation 0.98, scaled": exact_cloud(200, 0.98, 1),
}
cloud_kappa = {name: condition_number(hessian_of(x)) for name, x in clouds.items()}
fig, axes = figure(2, 2, size=(7.6, 5.2), sharex=True, sharey=True)
for ax, (name, x) in zip(axes.flat, clouds.items(), strict=True):
    eigenvalues, vectors = np.linalg.eigh(hessian_of(x))
    ax.plot(*x.T, ".", ms=3, color=COLORS.train, alpha=0.5)
    ax.axhline(0, color=COLORS.reference, lw=0.8)
    ax.axvline(0, color=COLORS.reference, lw=0.8)
    for value, vector in zip(eigenvalues, vectors.T, strict=True):
        end = np.sqrt(value) * vector * np.sign(vector.sum())
        arrow = {
            "arrowstyle": "-|>",
            "color": COLORS.validation,
            "lw": 2.5,
            "shrinkA": 0,
            "shrinkB": 0,
        }
        ax.annotate("", end, (0, 0), arrowprops=arrow)
    ax.set(xlim=(-3.5, 9.5), ylim=(-3.5, 5.5), aspect="equal")
    ax.set_title(f"{name}: κ = {cloud_kappa[name]:.3g}", fontsize=10)
for ax in axes[1]:
    ax.set_xlabel("feature 1")
for ax in axes[:, 0]:
    ax.set_ylabel("feature 2")
show(
    fig,
    caption="Centring removes the arrow that points to the mean; scaling makes the two features equally wide. "
    "The last cloud is still a valley: scaling cures scales, not correlations.",
    alt="Four scatter plots with arrows from the origin. In the first the long arrow points to the middle of the "
    "cloud; in the third both arrows are about equally long; in the fourth one is ten times the other.",
)

# %% [markdown]
# **Explore.** Left: the data. Right: the bowl that they dig for two weights, and the path of gradient descent at
# its best rate.


# %% tags=["demo"]
circle = np.stack([np.cos(t := np.linspace(0, 2 * np.pi, 120)), np.sin(t)])


def draw_cloud_lab():
    fig, (left, right) = figure(1, 2, size=(8.4, 3.3))
    (dots,) = left.plot([0], [0], ".", ms=3, color=COLORS.train)
    left.axhline(0, color=COLORS.reference, lw=0.8)
    left.axvline(0, color=COLORS.reference, lw=0.8)
    left.set(xlabel="feature 1", ylabel="feature 2", xlim=(-4, 8), ylim=(-4, 4), aspect="equal")
    rings = [right.plot([0], [0], color=COLORS.reference, lw=0.8)[0] for _ in range(7)]
    (way,) = right.plot([0], [0], "o-", ms=3, lw=1, color=COLORS.validation)
    right.plot(0, 0, "*", ms=12, color=COLORS.yours)
    right.set(
        xlabel="weight $w_1$ from the minimum",
        ylabel="weight $w_2$",
        xlim=(-1.3, 1.3),
        ylim=(-1.3, 1.3),
    )
    return fig, (dots, rings, way)


def move_cloud_lab(artists, offset, width, rho, stage):
    dots, rings, way = artists
    x = exact_cloud(200, rho, 1) * [1, width] + [offset, 0]
    x = x if stage == "raw" else x - x.mean(axis=0)
    x = x / x.std(axis=0) if stage == "centred and scaled" else x
    hessian = hessian_of(x)
    eigenvalues, vectors = np.linalg.eigh(hessian)
    dots.set_data(*x.T)
    w = np.array([1.0, 0.7])
    first = w @ hessian @ w
    for ring, share in zip(rings, (4, 1, 0.5, 0.2, 0.05, 0.01, 0.002), strict=True):
        ring.set_data(*(vectors * np.sqrt(share * first / eigenvalues) @ circle))
    path = [w]
    for _ in range(60):
        path.append(path[-1] - 2 / eigenvalues.sum() * hessian @ path[-1])
    way.set_data(*np.array(path).T)
    kappa = eigenvalues[1] / eigenvalues[0]
    shrink = (kappa - 1) / (kappa + 1)
    steps = int(np.ceil(np.log(1e-3) / (2 * np.log(shrink)))) if shrink > 1e-9 else 1
    return (
        f"κ = {kappa:.3g}: {steps:,} steps at the best rate until a thousandth of the loss is left."
    )


explore(
    draw_cloud_lab,
    move_cloud_lab,
    controls={
        "offset": Slider(0.0, 5.0, 0.25, 3.0, label="mean of feature 1"),
        "width": Slider(0.05, 1.0, 0.05, 0.5, label="std of feature 2"),
        "rho": Slider(0.0, 0.995, 0.005, 0.3, label="correlation"),
        "stage": Choice(["raw", "centred", "centred and scaled"], label="data"),
    },
    goal="First make κ as small as you can with the data centred and scaled. Then find a cloud that stays above "
    "κ = 100 although it is centred and scaled. Which slider did it take?",
    answer="The correlation, from 0.985 on, and no other slider: for two features of equal variance "
    "κ = (1 + ρ)/(1 − ρ), which is 99 at ρ = 0.98 and 132 at 0.985.",
)

# %% [markdown]
# ### In a network
#
# The mean of 64 pixels is a long vector. What does it cost a network?

# %% tags=["predict"]
shifted = ...

# %% tags=["check"]
check("preprocessing.shifted")

# %% [markdown]
# Five versions of the digits, one network. Left: the eigenvalues of $x^\top x/N$, with a column of ones for the bias.
# Right: the accuracy after 5 epochs. How high does each curve get, and *where*?

# %% tags=["demo"]
pixel_mean = digits.x_train.mean(axis=0)
pixel_std = np.where(np.ptp(digits.x_train, axis=0) == 0, 1, digits.x_train.std(axis=0))
versions = {
    "0 to 255": lambda x: 255 * x,
    "0 to 1": lambda x: x,
    "centred": lambda x: x - pixel_mean,
    "centred and scaled": lambda x: (x - pixel_mean) / pixel_std,
    "centred, then 1 added": lambda x: x - pixel_mean + 1,
}


def accuracy_after(data, lr, *, seed=0, epochs=5, sizes=(64, 50, 10), norm=None):
    """Validation accuracy of a network after a few epochs of plain mini-batch descent."""
    model = MLP(list(sizes), norm=norm, rng=np.random.default_rng(seed))
    return train(
        model,
        data,
        step=sgd_step,
        lr=lr,
        epochs=epochs,
        batch_size=50,
        rng=np.random.default_rng(seed),
        abort_factor=None,
        progress=False,
    ).val_acc[-1]


def prepared(version):
    return replace(digits, x_train=version(digits.x_train), x_val=version(digits.x_val))


race_rates = 10 ** np.arange(-3.5, 1.1, 0.5)
race_epochs = fewer(5, 3, "epochs")
race, spectra = {}, {}
for name, version in tqdm(versions.items(), desc="rates", leave=False):
    data = prepared(version)
    race[name] = [accuracy_after(data, lr, epochs=race_epochs) for lr in race_rates]
    ones = np.column_stack([data.x_train, np.ones(len(data.x_train))])
    spectra[name] = np.linalg.eigvalsh(hessian_of(ones))[::-1]
race_best = {name: max(curve) for name, curve in race.items()}
fig, (left, right) = figure(1, 2, size=(9, 3.3))
for (name, curve), color, marker in zip(race.items(), vars(COLORS).values(), "osD^v", strict=False):
    left.plot(
        np.arange(1, 31), spectra[name][:30], color=color, marker=marker, ms=3, lw=1.2, label=name
    )
    right.plot(race_rates, curve, color=color, marker=marker, ms=5, lw=1.5, label=name)
left.set(xlabel="eigenvalue, from the largest", ylabel="size", yscale="log", ylim=(1e-3, 1e7))
right.set(xscale="log", xlabel="learning rate", ylabel="validation accuracy", ylim=(0, 1.02))
left.legend(frameon=False, fontsize=8, ncols=2, loc="upper right")
show(
    fig,
    caption="Best accuracies: "
    + ", ".join(f"{name} {best:.3f}" for name, best in race_best.items())
    + ". One large eigenvalue, that of the mean, stands above the rest unless the data are centred.",
    alt="Left: falling eigenvalues; for uncentred data the first one stands far above the second. Right: "
    "accuracy over rate; the centred versions reach 0.97, the others less, each at another rate.",
)

# %% [markdown]
# Over five seeds, at their best rates: 0.855 ± 0.022 for pixels up to 255, 0.938 ± 0.028 up to 1, 0.975 ± 0.003
# centred, 0.973 ± 0.004 centred and scaled.
#
# ### Far from the origin
#
# The slides put the same thing in other words: before normalisation the loss is *very sensitive* to changes of the
# weights, and after it *less sensitive*. How much less?

# %% tags=["predict"]
loose_nail = ...

# %% tags=["check"]
check("preprocessing.loose_nail")

# %% [markdown]
# Measure it. Your function gets the directions in which the weights are moved.

# %% tags=["exercise"]
from utils.preprocessing import flip_rate

# %% tags=["check"]
check("preprocessing.flip_rate")

# %% [markdown]
# **Explore.** The line between two clouds, and forty copies of it whose weights have been moved. The picture
# travels with the data: the origin lies far away, to the lower left.


# %% tags=["demo"]
rng = np.random.default_rng(0)
two_y = rng.choice([-1.0, 1.0], 500)
two_clouds = rng.standard_normal((500, 2)) + 2 * two_y[:, None] * [1, 0]
fan = rng.standard_normal((40, 2))
line_w = np.array([1.0, 0.0])
away = np.array([0.6, 0.8])


def draw_fan():
    fig, ax = figure(size=(6.6, 3.4))
    for sign, color, marker in ((-1, COLORS.train, "o"), (1, COLORS.validation, "s")):
        ax.plot(*two_clouds[two_y == sign].T, marker, ms=2.5, color=color, alpha=0.7)
    lines = [ax.plot([0, 0], [0, 0], color=COLORS.reference, lw=0.6)[0] for _ in fan]
    ax.plot([0, 0], [-4, 4], color=COLORS.yours, lw=2.5)
    ax.set(
        xlabel="feature 1, from the middle of the data",
        ylabel="feature 2",
        xlim=(-6, 6),
        ylim=(-4, 4),
    )
    return fig, lines


def move_fan(lines, distance, share, centre):
    middle = np.zeros(2) if centre else distance * away
    x, b = two_clouds + middle, -float(middle @ line_w)
    length = np.linalg.norm(line_w)
    for line, d in zip(lines, fan, strict=True):
        w = line_w + share / 100 * length * d / np.linalg.norm(d)
        heights = np.array([-4.0, 4.0])  # w · (point + middle) + b = 0, solved for feature 1
        line.set_data(-(b + w @ middle + w[1] * heights) / w[0], heights)
    rate = flip_rate(x, line_w, b, fan, rel_perturb=share / 100)
    place = "round the origin" if centre else f"at distance {distance:.0f} from the origin"
    return f"Data {place}: a change of {share:.1f} % flips {rate:.2%} of the predictions."


explore(
    draw_fan,
    move_fan,
    controls={
        "distance": LogSlider(1, 300, value=100, label="distance"),
        "share": Slider(0.1, 5.0, 0.1, 1.0, label="change of the weights", unit="%"),
        "centre": Toggle(False, label="centre the data"),
    },
    goal="At which distance does a change of 1 % flip 1 % of the predictions? Then centre the data, and find the "
    "change that flips as many.",
    answer="At a distance of about 35. Centred, a change of 5 % flips none of the 500 predictions in 40 "
    "directions.",
)

# %% [markdown] tags=["PRE-02"]
# ## 3 · Fit here, apply there
#
# So: subtract the mean, divide by the standard deviation,
#
# $$x \leftarrow \frac{x - \bar x}{\operatorname{std}(x)}, \qquad\text{column by column.}$$
#
# The slides write `X -= np.mean(X, axis=0)` and `X /= np.std(X, axis=0)`. These two lines hide a question: the mean of
# *which* data? A network in use gets examples that nobody has seen. So there are two functions, not one:
# `fit_scaler` *measures*, on the training data alone, and `apply_scaler` only *uses* what was measured.

# %% tags=["exercise"]
from utils.preprocessing import fit_scaler

# %% tags=["check"]
check("preprocessing.fit_scaler")

# %% tags=["exercise"]
from utils.preprocessing import apply_scaler

# %% tags=["check"]
check("preprocessing.apply_scaler")

# %% [markdown]
# What happens if the second function measures anew?

# %% tags=["predict"]
own_statistics = ...

# %% tags=["check"]
check("preprocessing.own_statistics")

# %% tags=["demo"]
scaler = fit_scaler(digits.x_train)
scaled_digits = replace(
    digits, x_train=apply_scaler(digits.x_train, *scaler), x_val=apply_scaler(digits.x_val, *scaler)
)


def train_scaled(seed):
    model = MLP([64, 50, 10], rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    settings = {"step": sgd_step, "lr": 0.3, "epochs": 5, "batch_size": 50, "progress": False}
    return train(model, scaled_digits, rng=rng, **settings).model


def own_accuracy(model, requests):
    """Accuracy when each request (rows of the test set) is scaled by its own statistics."""
    right = [
        model.scores(apply_scaler(x, *fit_scaler(x))).argmax(axis=1) == digits.y_test[rows]
        for rows in requests
        for x in [digits.x_test[rows]]
    ]
    return float(np.concatenate(right).mean())


served = [train_scaled(seed) for seed in range(3)]
rows = np.arange(len(digits.x_test))
request_sizes = {
    str(size): np.array_split(rows, max(1, len(rows) // size)) for size in (299, 50, 10, 3, 1)
}
request_sizes["one class"] = [np.flatnonzero(digits.y_test == k) for k in range(10)]
served_right = float(
    np.mean(
        [accuracy(m.scores(apply_scaler(digits.x_test, *scaler)), digits.y_test) for m in served]
    )
)
served_own = {
    size: float(np.mean([own_accuracy(model, requests) for model in served]))
    for size, requests in request_sizes.items()
}
fig, ax = figure(size=(6.5, 2.8))
ax.bar(
    [f"{n} mixed" if n.isdigit() else "30 of\none class" for n in served_own],
    list(served_own.values()),
    width=0.6,
    color=COLORS.validation,
)
ax.axhline(served_right, color=COLORS.train, ls="--", lw=2)
ax.text(
    4.55, served_right + 0.02, "training statistics", color=COLORS.train, ha="center", va="bottom"
)
ax.set(xlabel="digits in a request", ylabel="accuracy on test digits", ylim=(0, 1.1))
show(
    fig,
    caption="Three networks, trained on scaled digits. Bars: each request is scaled by its own mean and standard "
    f"deviation. One digit at a time: {served_own['1']:.2f}. Digits of one class: {served_own['one class']:.2f}.",
    alt="Bars of the accuracy: 0.95 for requests of 299 and of 50 digits, 0.92 for 10, 0.74 for 3, 0.10 for 1, and 0.16 "
    "for requests of one class. A dashed line at 0.95 for the statistics of the training data.",
)

# %% [markdown]
# Keep this in mind for [batch normalisation](../05_batchnorm/05_batchnorm.ipynb): it does in training what went
# wrong here, and has to stop doing so at test time.
#
# ### Numbers in a computer
#
# Two traps lie in the two lines of code.

# %% tags=["predict"]
uint8 = ...

# %% tags=["check"]
check("preprocessing.uint8")

# %% tags=["predict"]
float32_variance = ...

# %% tags=["check"]
check("preprocessing.float32_variance")

# %% [markdown]
# A data set that does not fit into memory is read in chunks. Each chunk has its mean and its variance. How do two chunks
# become one, without a sum of squares? Derive it in parts; the check names the first part that is wrong.

# %% tags=["exercise"]
from utils.preprocessing import merge_moments

# %% tags=["check"]
check("preprocessing.merge_moments")

# %% [markdown]
# **Compare.** Measured from the common mean, an example of chunk $a$ has the squared distance
# $(x - \bar x_a)^2 + (\bar x_a - \bar x)^2$ on average, since the mixed term vanishes within the chunk. And
# $\bar x_a - \bar x = \frac{n_b}{n}(\bar x_a - \bar x_b)$. Averaged over both chunks:
#
# $$\text{within} = \frac{n_a s_a^2 + n_b s_b^2}{n}, \qquad
# \text{between} = \frac{n_a n_b}{n^2}\,(\bar x_a - \bar x_b)^2 .$$
#
# Only the *difference* of the means is squared, so hardly any digits are lost. Is `between` worth the trouble? Ten
# thousand numbers with mean 10,000, in float32, read in chunks of 64, shuffled or sorted:

# %% tags=["demo"]
values = (10_000 + np.random.default_rng(0).standard_normal(10_000)).astype(np.float32)[:, None]


def merged_in_chunks(x):
    """Variance over chunks of 64 by your function, and what the mean of their variances is."""
    chunks = [(len(c), c.mean(axis=0), c.var(axis=0)) for c in np.array_split(x, len(x) // 64)]
    whole = chunks[0]
    for chunk in chunks[1:]:
        merged = merge_moments(whole, chunk)
        whole = merged["n"], merged["mean"], merged["var"]
    return whole[2].item(), float(np.mean([var for _, _, var in chunks]))


true_variance = float(values.astype(float).var())
shuffled_merged, shuffled_within = merged_in_chunks(values)
sorted_merged, sorted_within = merged_in_chunks(np.sort(values, axis=0))
one_pass = float((values**2).mean() - values.mean() ** 2)
compare(
    [
        ("mean of squares minus square of mean", one_pass, true_variance),
        ("mean of the chunks' variances, shuffled", shuffled_within, true_variance),
        ("mean of the chunks' variances, sorted", sorted_within, true_variance),
        ("yours, shuffled", shuffled_merged, true_variance),
        ("yours, sorted", sorted_merged, true_variance),
    ],
    rel_tol=0.02,
    printed="float64",
    caption="The variance, computed in five ways. In sorted data almost all of it lies between the chunks.",
)

# %% [markdown]
# *A good place for a break.*

# %% [markdown] tags=["PRE-03"]
# ## 4 · Turn the axes, and whiten
#
# Scaling could not cure the fourth cloud: its valley ran across the axes. So turn the axes. Look for perpendicular
# directions along which the data are uncorrelated. Seen along them, the covariance matrix is diagonal, and the data are
# called *decorrelated*. If each direction is then rescaled to variance 1, the covariance is the
# identity matrix, so $\kappa = 1$: the data are *whitened*. And if only the directions with the largest variances are
# kept, there are fewer numbers for each example: *principal component analysis* (PCA).
#
# Is what PCA keeps what you need?

# %% tags=["predict"]
variance_kept = ...

# %% tags=["check"]
check("preprocessing.variance_kept")

# %% [markdown]
# Which directions are these? A matrix is diagonal if it is seen along its own eigenvectors. You have
# computed the matrix in question already.

# %% tags=["exercise"]
from utils.preprocessing import pca

# %% tags=["check"]
check("preprocessing.pca")

# %% [markdown]
# **Compare.** Along a unit vector $u$ the data have the variance $u^\top \mathrm{Cov}\,u$. It is largest along the
# eigenvector of the covariance with the largest eigenvalue, and equals that eigenvalue. The next axis is the best among
# those perpendicular to the first, and so on. With the eigenvectors as columns of $U$, and the eigenvalues on the
# diagonal of $\Lambda$,
#
# $$\tfrac1N (x - \bar x)^\top (x - \bar x) = U \Lambda U^\top, \qquad\qquad x_{\text{rot}} = (x - \bar x)\,U.$$
#
# One step is left. What must each rotated column be divided by?

# %% tags=["predict"]
divide_by_what = ...

# %% tags=["check"]
check("preprocessing.divide_by_what")

# %% [markdown]
# As in section 3 there are two functions: one that measures, and `apply_whitener(x, mean, w)`, which only computes
# `(x - mean) @ w` and is given.

# %% tags=["exercise"]
from utils.preprocessing import fit_whitener

# %% tags=["check"]
check("preprocessing.fit_whitener")

# %% [markdown]
# **Compare.** Each column of $U$ is divided by the square root of its variance, with $\varepsilon$ times the largest variance
# added under the square root:
#
# $$x_{\text{white}} = (x - \bar x)\,U\,(\Lambda + \varepsilon\lambda_1)^{-1/2}.$$
#
# The slides' three covariance matrices, measured on the digits. Beside them the first axes as images, below
# them a digit restored from a few components.

# %% tags=["demo"]
rotated, digit_axes, digit_variances = pca(digits.x_train, 64)
white_mean, white_w = fit_whitener(digits.x_train, 1e-3)
matrices = {
    "centred": digits.x_train - pixel_mean,
    "rotated": rotated,
    "whitened": apply_whitener(digits.x_train, white_mean, white_w),
}
covariances = {name: second_moment(x)[0] for name, x in matrices.items()}
off_diagonal = float(
    np.abs(covariances["rotated"] - np.diag(np.diag(covariances["rotated"]))).max()
)
kept_shares, restored = {}, {}
for k in (2, 5, 10, 20):
    kept_shares[k] = float(digit_variances[:k].sum() / digit_variances.sum())
    restored[k] = rotated[9, :k] @ digit_axes[:, :k].T + pixel_mean
fig, axes = figure(2, 6, size=(9, 3.5))
for ax, (name, matrix) in zip(axes[0, :3], covariances.items(), strict=True):
    limit = np.abs(matrix).max()
    ax.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit)
    ax.set_title(f"covariance,\n{name}", fontsize=8)
for j, ax in enumerate(axes[0, 3:]):
    ax.imshow(digit_axes[:, j].reshape(8, 8), cmap="RdBu_r", vmin=-0.4, vmax=0.4)
    ax.set_title(
        f"axis {j + 1}\n{digit_variances[j] / digit_variances.sum():.0%} of variance", fontsize=8
    )
pictures = {"a digit": digits.x_train[9]} | {
    f"{k} components\n{kept_shares[k]:.0%} of variance": image for k, image in restored.items()
}
for ax, (name, image) in zip(axes[1], pictures.items(), strict=False):
    ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=1)
    ax.set_title(name, fontsize=8)
axes[1, 5].imshow(matrices["whitened"][9].reshape(8, 8), cmap="RdBu_r", vmin=-3, vmax=3)
axes[1, 5].set_title("whitened,\nin its own axes", fontsize=8)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
show(
    fig,
    caption=f"Rotated, the largest covariance beside the diagonal is {off_diagonal:.0e}. The whitened digit looks "
    "like noise, because its axes are no pixels. Turned back by U, as in ZCA, it looks like a digit again: see the "
    "widget below.",
    alt="Covariance matrices of centred, rotated and whitened digits: a pattern of blocks, a fading diagonal, an even "
    "diagonal. Beside them the first three axes as images; below a digit restored from 2, 5, 10 and 20 components.",
)

# %% [markdown]
# ### Is whiter better?
#
# Whitened data have $\kappa = 1$, the roundest bowl there is. Shouldn't a network learn best on them?

# %% tags=["predict"]
whitened = ...

# %% tags=["check"]
check("preprocessing.whitened")


# %% tags=["demo"]
few_units = fewer(50, 20, "hidden units")


def full_batch_accuracies(x, y, x_val, lr, seed, steps=150):
    """Training and validation accuracy after some steps with all examples."""
    model = MLP([64, few_units, 10], rng=np.random.default_rng(seed))
    for _ in range(steps):
        _, grads = model.loss(x, y)
        model.params = {name: w - lr * grads[name] for name, w in model.params.items()}
    return accuracy(model.scores(x), y), accuracy(model.scores(x_val), digits.y_val)


def few_digits(n, seed, whitening):
    """Both accuracies with n training digits, centred or whitened by their own statistics."""
    rows = np.random.default_rng(seed).permutation(len(digits.x_train))[:n]
    x, y = digits.x_train[rows], digits.y_train[rows]
    mean, w = fit_whitener(x) if whitening else (x.mean(axis=0), np.eye(64))
    x, x_val = apply_whitener(x, mean, w), apply_whitener(digits.x_val, mean, w)
    return max(
        (full_batch_accuracies(x, y, x_val, lr, seed) for lr in (1.0, 3.0)), key=lambda a: a[1]
    )


few_counts = (50, 80, 120, 300, 1199)
few_accuracies = {
    name: [few_digits(n, 0, whitening) for n in few_counts]
    for name, whitening in tqdm((("centred", False), ("whitened", True)), leave=False)
}
fig, ax = figure(size=(6.5, 3))
for (name, found), color, marker in zip(
    few_accuracies.items(), (COLORS.train, COLORS.validation), "os", strict=True
):
    ax.plot(few_counts, [v for _, v in found], marker=marker, color=color, lw=2, label=name)
ax.axvline(64, color=COLORS.reference, ls="--", lw=1)
ax.text(66, 0.05, "N = D", color=COLORS.reference)
ax.set(xscale="log", xlabel="training digits N", ylabel="validation accuracy", ylim=(0, 1.02))
ax.set_xticks(few_counts, [str(n) for n in few_counts])
ax.minorticks_off()
ax.legend(frameon=False, loc="lower right")
show(
    fig,
    caption="One seed, the better of two rates. Every one of these networks classifies its training digits "
    f"without an error. Whitened by few examples, it finds {few_accuracies['whitened'][0][1]:.2f} of the new ones.",
    alt="Validation accuracy over the number of training digits: centred rises from 0.8 to 0.98, whitened from 0.2 "
    "to nearly the same.",
)

# %% [markdown]
# Whitening makes a direction in which digits hardly differ as loud as the one that tells a 0 from a 1. With few
# examples these quiet directions hold nothing but noise. With no more examples than dimensions, all whitened training
# examples are at the same distance from each other, and no geometry is left to generalise from (Wadia et al. 2021
# prove more of this kind). That is what $\varepsilon$ is for: variances far below it stay small.
#
# **Explore.** Six digits whitened and turned back to pixels (ZCA), and how often the nearest training digit has the
# right label.


# %% tags=["demo"]
@cache
def dial(n, exponent):
    """Whitened digits (turned back), the variances after whitening, accuracy of the nearest digit."""
    rows = np.random.default_rng(0).permutation(len(digits.x_train))[:n]
    x, eps = digits.x_train[rows], 10.0**exponent
    mean, w = fit_whitener(x, eps)
    _, u, variances = pca(x, 64)
    shown = apply_whitener(digits.x_val[:6], mean, w) @ u.T
    after = variances / (variances + eps * variances[0])
    found = nearest_label(
        apply_whitener(x, mean, w), digits.y_train[rows], apply_whitener(digits.x_val, mean, w)
    )
    return shown, after, float(np.mean(found == digits.y_val))


@cache
def undialled(n):
    rows = np.random.default_rng(0).permutation(len(digits.x_train))[:n]
    found = nearest_label(digits.x_train[rows], digits.y_train[rows], digits.x_val)
    return float(np.mean(found == digits.y_val))


def draw_dial():
    fig, (left, right) = figure(1, 2, size=(8.2, 3), width_ratios=(3, 2))
    mosaic = left.imshow(np.zeros((17, 26)), cmap="RdBu_r", vmin=-1, vmax=1)
    left.set(xticks=[], yticks=[], xlabel="six digits, whitened and turned back")
    left.grid(False)
    (line,) = right.plot(range(1, 65), np.ones(64), color=COLORS.train, lw=2)
    right.set(xlabel="axis", ylabel="variance after whitening", ylim=(-0.05, 1.1))
    return fig, (mosaic, line)


def move_dial(artists, n, exponent):
    mosaic, line = artists
    shown, after, right = dial(n, exponent)
    tiles = np.full((17, 26), np.nan)
    for k, image in enumerate(shown):
        row, column = 9 * (k // 3), 9 * (k % 3)
        tiles[row : row + 8, column : column + 8] = image.reshape(8, 8) / np.abs(image).max()
    mosaic.set_data(tiles)
    line.set_ydata(after)
    return (
        f"N = {n}, ε = {10.0**exponent:.0e} of the largest variance: the nearest training digit is right for "
        f"{right:.2f} of the validation set; without whitening for {undialled(n):.2f}."
    )


explore(
    draw_dial,
    move_dial,
    controls={
        "n": Choice([50, 120, 300, 1199], label="training digits N"),
        "exponent": Slider(-8, 1, 1, -3, label="exponent of ε"),
    },
    goal="With 50 digits: what is the smallest ε that gives back what whitening took? What is left of the whitening "
    "then?",
    answer="ε of about 1, ten to the power 0, and by then hardly any whitening is left: every axis keeps "
    "its own width. At 1e-8 the nearest digit is right for about a fifth of the validation set.",
)

# %% [markdown] tags=["PRE-05"]
# ## 5 · Images
#
# An image of 32 × 32 pixels has 3072 numbers, all in one unit. The slides give two recipes: subtract the *mean image*
# (AlexNet; as many numbers as pixels and channels), or subtract the *channel means* (VGG; three numbers). Variance,
# PCA, whitening: "not common".

# %% tags=["exercise"]
from utils.preprocessing import channel_mean

# %% tags=["check"]
check("preprocessing.channel_mean")

# %% tags=["predict"]
two_lines = ...

# %% tags=["check"]
check("preprocessing.two_lines")

# %% [markdown]
# 500 drawn colour images, three ways to prepare them, half a decade between the rates.

# %% tags=["demo"]
n_shapes = fewer(500, 250, "images")
shapes = make_shapes(n_shapes, n_shapes, 1, rng=np.random.default_rng(0))
shapes = replace(shapes, x_train=shapes.x_train / 255, x_val=shapes.x_val / 255)
color_mean = channel_mean(shapes.x_train)[:, None, None]
color_std = shapes.x_train.std(axis=(0, 2, 3))[:, None, None]
image_versions = {
    "as it is": lambda x: x,
    "channel means": lambda x: x - color_mean,
    "means and std": lambda x: (x - color_mean) / color_std,
}


def flat_shapes(version):
    parts = {"x_train": shapes.x_train, "x_val": shapes.x_val, "x_test": shapes.x_test}
    flat = {k: version(x).reshape(len(x), -1).astype(np.float32) for k, x in parts.items()}
    return replace(shapes, **flat)


shapes_units = fewer(50, 10, "hidden units")


def shapes_accuracy(data, lr, seed=0):
    model = MLP([3072, shapes_units, 10], rng=np.random.default_rng(seed), dtype=np.float32)
    settings = {"step": sgd_step, "epochs": 8, "batch_size": 50, "progress": False}
    run = train(model, data, lr=lr, rng=np.random.default_rng(seed), **settings)
    return run.val_acc[-1] if run.stopped == "finished" else 0.1  # diverged: as good as guessing


image_rates = (0.01, 0.03, 0.1, 0.3, 1.0)
image_race = {}
for name, version in tqdm(image_versions.items(), desc="images", leave=False):
    data = flat_shapes(version)
    image_race[name] = [shapes_accuracy(data, lr) for lr in image_rates]
fig, (left, ax) = figure(1, 2, size=(8.6, 3), width_ratios=(2, 3))
four = np.moveaxis(shapes.x_train[:4], 1, -1).reshape(2, 2, 32, 32, 3)
left.imshow(np.hstack(np.hstack(four)))
left.set(xticks=[], yticks=[], title="four of the images")
left.grid(False)
for (name, curve), color, marker in zip(
    image_race.items(), vars(COLORS).values(), "os^", strict=False
):
    ax.plot(image_rates, curve, color=color, marker=marker, lw=2, label=name)
ax.axhline(0.1, color=COLORS.reference, ls="--", lw=1)
ax.set(xscale="log", xlabel="learning rate", ylabel="validation accuracy", ylim=(0, 0.6))
ax.legend(frameon=False, loc="upper right", fontsize=9)
show(
    fig,
    caption="One seed, 8 epochs. The dashed line is guessing. Over five seeds, at the best rate: as it is "
    "0.26 ± 0.01, channel means 0.40 ± 0.02, means and std 0.39 ± 0.01.",
    alt="Left: four small coloured drawings. Right: accuracy over rate: the raw images stay below 0.3; both centred versions reach 0.4, one at a rate of 0.3, the "
    "other at a tenth of that.",
)

# %% [markdown]
# The mean image does as well as the channel means (0.395 and 0.400, five seeds), and with three numbers you may crop
# and move images afterwards. Each image by its own mean and standard deviation reaches 0.40 as well: it takes out the
# brightness and the contrast of the scene.

# %% [markdown] tags=["E-07"]
# ### Spot the error: centre only, or divide?

# %% tags=["predict"]
centre_only = ...

# %% tags=["check"]
check("preprocessing.centre_only")

# %% [markdown]
# The first slide speaks of *images*, whose pixels share a unit. Said of a table it would be false: remember the 25 %.

# %% [markdown]
# ## 6 · Leaks
#
# A *leak* is a piece of the evaluation data that reaches the training. On real data you cannot see it, because you do
# not know the true score. So take labels made by coins: whatever is above chance is leak.
#
# First the one that every textbook names. (A current one commits it: it standardises a table of house prices by mean and
# standard deviation of the training rows *and* of the rows to be predicted.)

# %% tags=["predict"]
scaler_leak = ...

# %% tags=["check"]
check("preprocessing.scaler_leak")

# %% tags=["predict"]
selection_leak = ...

# %% tags=["check"]
check("preprocessing.selection_leak")

# %% [markdown]
# **Explore.** The same for any number of noise features, in 20 repetitions. All labels are coins.

# %% tags=["demo"]
rng = np.random.default_rng(0)
noise = rng.standard_normal((20, 200, 2000), dtype=np.float32)
coins = np.tile(np.repeat([0, 1], 50), 2)  # in each half of the people as many of both
difference = noise[:, coins == 1].mean(axis=1) - noise[:, coins == 0].mean(axis=1)
agreement = {"before": np.abs(difference)}
halves = noise[:, :100], noise[:, 100:]
coins_half = coins[:100]
agreement["after"] = np.abs(
    halves[0][:, coins_half == 1].mean(axis=1) - halves[0][:, coins_half == 0].mean(axis=1)
)


def selected_accuracies(features, keep, when):
    """Validation accuracy in each repetition: the features that agree best, the nearer class mean."""
    scores = []
    for r in range(len(noise)):
        best = np.argsort(agreement[when][r, :features])[-keep:]
        x, x_val = halves[0][r][:, best], halves[1][r][:, best]
        means = [x[coins_half == k].mean(axis=0) for k in (0, 1)]
        nearer = [((x_val - mean) ** 2).sum(axis=1) for mean in means]
        scores.append(float(np.mean((nearer[1] < nearer[0]) == coins[100:])))
    return np.array(scores)


def draw_leak():
    fig, ax = figure(size=(7, 2.8))
    (after,) = ax.plot([0.5], [0], "s", ms=7, color=COLORS.train, alpha=0.6, label="split first")
    (before,) = ax.plot(
        [0.5], [1], "o", ms=7, color=COLORS.validation, alpha=0.6, label="features chosen first"
    )
    ax.axvline(0.5, color=COLORS.reference, ls="--", lw=1)
    ax.set(xlabel="validation accuracy (truth: 0.5)", xlim=(0.3, 1.0), ylim=(-0.6, 1.9), yticks=[])
    ax.legend(frameon=False, loc="upper right", ncols=2)
    return fig, (after, before)


def move_leak(artists, features, keep):
    features = round(features)
    keep = min(keep, features)
    jitter = np.linspace(-0.3, 0.3, len(noise))
    means = {}
    for k, (artist, when) in enumerate(zip(artists, ("after", "before"), strict=True)):
        scores = selected_accuracies(features, keep, when)
        artist.set_data(scores, k + jitter)
        means[when] = scores.mean()
    return (
        f"The best {keep} of {features:,} noise features: {means['before']:.2f} on average when they are chosen before "
        f"the split, {means['after']:.2f} when they are chosen after it."
    )


explore(
    draw_leak,
    move_leak,
    controls={
        "features": LogSlider(30, 2000, value=1000, label="noise features"),
        "keep": Slider(1, 50, 1, 25, label="features kept"),
    },
    goal="With 25 features kept, how many noise features are enough for a lie of 20 points? And how many, if a single "
    "feature is kept?",
    answer="About 250 to 300 with 25 features kept. A single feature never lies by 20 points here: even the best of "
    "2000 gives about 0.6. It is the vote of many winners that deceives.",
)

# %% [markdown]
# What leaked here was labels. The other fatal leak is *copies*: the same thing on both sides of the split, in a
# slightly different form. Recordings of one person are such copies, and so are frames of one video and crops of one
# image. A classifier that recognises the *person* then needs to know nothing about the task. The remedy is to split by
# groups.

# %% tags=["exercise"]
from utils.preprocessing import split_by_group

# %% tags=["check"]
check("preprocessing.split_by_group")

# %% [markdown]
# Six leaks, five of them on data where nothing can be learnt. The classifier there is the nearest training
# example. The first row is a network on real digits; there look at what the leak *adds*. Which ones would you have
# worried about?


# %% tags=["demo"]
def chance_and_leak(kind, seed):
    """Score without and with one kind of leak."""
    rng = np.random.default_rng(seed)
    if kind == "axes":  # PCA of all rows, then a split
        x, y = rng.standard_normal((200, 50)), rng.integers(0, 2, 200)
        out = []
        for rows in (slice(0, 100), slice(0, 200)):
            _, u, _ = pca(x[rows], 10)
            out.append(np.mean(nearest_label(x[:100] @ u, y[:100], x[100:] @ u) == y[100:]))
        return out
    if kind == "copies":  # each example twice, with a little noise, ten classes
        x, y = rng.standard_normal((200, 20)), rng.integers(0, 10, 200)
        twice = np.concatenate([x, x + 0.2 * rng.standard_normal(x.shape)])
        y_twice, val = np.tile(y, 2), rng.permutation(400) < 100
        honest = np.mean(nearest_label(x[:150], y[:150], x[150:]) == y[150:])
        return honest, np.mean(
            nearest_label(twice[~val], y_twice[~val], twice[val]) == y_twice[val]
        )
    if kind == "people":  # ten recordings of each of forty people
        x, y, person = make_recordings(40, 10, rng=rng)
        out = []
        for val in (split_by_group(person, val_fraction=0.25, rng=rng), rng.permutation(400) < 100):
            out.append(np.mean(nearest_label(x[~val], y[~val], x[val]) == y[val]))
        return out
    # a rare class repeated 20 times, then a split: how many of the rare ones are found
    x, y = rng.standard_normal((500, 20)), (rng.permutation(500) < 20).astype(int)
    val = rng.permutation(500) < 125
    honest = np.mean(nearest_label(x[~val], y[~val], x[val])[y[val] == 1] == 1)
    more = np.concatenate([np.arange(500), np.repeat(np.flatnonzero(y == 1), 19)])
    val = rng.permutation(len(more)) < len(more) // 4
    x, y = x[more], y[more]
    return honest, np.mean(nearest_label(x[~val], y[~val], x[val])[y[val] == 1] == 1)


def scaler_leak_of(seed):
    """The accuracy of a network on digits, scaled by training rows alone and by all rows."""
    every_x = np.concatenate([digits.x_train, digits.x_val])
    every_y = np.concatenate([digits.y_train, digits.y_val])
    order = np.random.default_rng(seed).permutation(len(every_x))
    tr, va = order[:200], order[200:500]
    out = []
    for rows in (tr, order[:500]):
        x = apply_scaler(every_x, *fit_scaler(every_x[rows]))
        data = Dataset(x[tr], every_y[tr], x[va], every_y[va], x[va], every_y[va], digits.names)
        out.append(accuracy_after(data, 0.3, seed=seed, epochs=12))
    return out


leak_table = {
    "scaler on all rows (digits)": [scaler_leak_of(seed) for seed in range(8)],
    "PCA on all rows": [chance_and_leak("axes", seed) for seed in range(20)],
    "features chosen on all rows": list(
        zip(
            selected_accuracies(2000, 25, "after"),
            selected_accuracies(2000, 25, "before"),
            strict=True,
        )
    ),
    "noisy copies, ten classes": [chance_and_leak("copies", seed) for seed in range(20)],
    "people on both sides": [chance_and_leak("people", seed) for seed in range(20)],
    "rare rows repeated first": [chance_and_leak("rare", seed) for seed in range(20)],
}
leak_means = {name: np.mean(runs, axis=0) for name, runs in leak_table.items()}
fig, ax = figure(size=(8, 3))
for row, (honest, leaky) in enumerate(leak_means.values()):
    ax.plot([honest, leaky], [row, row], color=COLORS.reference, lw=1)
    ax.plot(honest, row, "s", ms=9, color=COLORS.train)
    ax.plot(leaky, row, "o", ms=9, color=COLORS.validation, mfc="none", mew=2.5)
ax.plot([], [], "s", ms=8, color=COLORS.train, label="split first")
ax.plot([], [], "o", ms=8, color=COLORS.validation, mfc="none", mew=2.5, label="with the leak")
ax.set(xlabel="score on the validation data", xlim=(-0.03, 1.05), ylim=(5.6, -0.6))
ax.set_yticks(range(6), leak_means)
ax.legend(frameon=False, loc="upper left")
show(
    fig,
    caption="Means over 8 draws (digits) and 20 draws (the others); the last row is the share of rare examples found. "
    + "; ".join(f"{name} {h:.2f} → {v:.2f}" for name, (h, v) in leak_means.items())
    + ".",
    alt="Six rows with a square for the honest score and a ring for the score with a leak. In the first two rows they "
    "coincide; in the other four the ring is far to the right.",
)

# %% [markdown]
# Statistics without labels hardly leak; labels and copies do. One rule serves all six: **split first**. It costs
# nothing, and what you measure is what you will run.

# %% [markdown]
# ### A bug hunt
#
# This is how a colleague prepares tables with missing numbers (`NaN`). It runs, no warning, and the scores are fine. It
# is wrong in four places.


# %%
def prepare_in_a_hurry(x_train, x_val, x_test):
    fill = np.nanmean(np.concatenate([x_train, x_val, x_test]), axis=0)
    ready = []
    for x in (x_train, x_val, x_test):
        gaps = np.isnan(x)
        x[gaps] = np.broadcast_to(fill, x.shape)[gaps]
        ready.append((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8))
    return tuple(ready)


# %% [markdown]
# Two years of our table: training and validation rows from the first, test rows from the second, with incomes 9,000
# euros higher. A fifth column, a flag that was always 0 in the first year, is 1 in some test rows. Left: the means before
# the colleague's function. Right: after it. Which symptoms do you see?

# %% tags=["demo"]
rng = np.random.default_rng(5)
years, _ = make_table(900, rng=rng)
years = np.column_stack([years, np.zeros(900)])
years[600:, 0] += 9000
years[600:, 4] = rng.random(300) < 0.3
years[rng.random(years.shape) < 0.05] = np.nan
handed_in = [years[:400].copy(), years[400:600].copy(), years[600:].copy()]
gaps_before = int(sum(np.isnan(x).sum() for x in handed_in))
in_a_hurry = prepare_in_a_hurry(*handed_in)
gaps_after = int(sum(np.isnan(x).sum() for x in handed_in))
first_mean, first_std = np.nanmean(years[:400], axis=0), np.nanstd(years[:400], axis=0)
raw_means = [
    (np.nanmean(x, axis=0) - first_mean) / np.where(first_std == 0, 1, first_std)
    for x in (years[:400], years[400:600], years[600:])
]
hurry_means = [x.mean(axis=0) for x in in_a_hurry]
hurry_stds = [x.std(axis=0) for x in in_a_hurry]
fig, axes = figure(1, 2, size=(8.6, 3), sharey=True)
names = [*COLUMNS, "flag"]
for ax, found, title in zip(
    axes, (raw_means, hurry_means), ("before (in units of the training data)", "after"), strict=True
):
    for k, (name, color, marker) in enumerate(
        zip(
            ("train", "validation", "test"),
            (COLORS.train, COLORS.validation, COLORS.test),
            "osD",
            strict=True,
        )
    ):
        ax.plot(np.arange(5) + 0.15 * (k - 1), found[k], marker, ms=8, color=color, label=name)
    ax.axhline(0, color=COLORS.reference, lw=1)
    ax.set(title=title, ylabel="mean of the column")
    ax.set_xticks(range(5), names)
axes[0].legend(frameon=False, loc="upper center")
show(
    fig,
    caption=f"After it, all means are 0 and the income of the second year looks like that of the first. And the tables "
    f"that were handed in had {gaps_before} gaps before the call and have {gaps_after} after it.",
    alt="Means of five columns in three parts of the data. Before: the test incomes lie above 0. After: all "
    "fifteen means lie at 0.",
)

# %% tags=["exercise"]
from utils.preprocessing import prepare

# %% tags=["check"]
check("preprocessing.prepare")

# %% [markdown]
# **Compare.** (1) The gaps were filled with a mean over all three parts. (2) Each part was scaled by its own
# statistics, so the drift vanished from the data and would have vanished from every report. (3) A constant column was
# divided by 0.00000001. (4) The function wrote into its caller's tables. Did you notice that (3) hides? As long as (2)
# is there, the flag of the second year is divided by its own standard deviation. As long as (1) is there, the filled
# gaps make even the first year's flag vary a little. Repair both, and the flag becomes a hundred million. Bugs cover
# for each other.
#
# A gap can also say something by itself. It is common to fill it *and* add a column that is 1 where the gap was.

# %% [markdown]
# ## 7 · Names, tails and rare classes
#
# Not every column of numbers is a number. A postcode, a colour, the id of a word are *names*. As one column they
# claim that name 7 lies between 6 and 8; as *one-hot* columns, one for each name, they claim nothing. And a true
# number may have a heavy tail, an income or a count: then mean and standard deviation describe a few huge values only.

# %% tags=["demo"]
name_runs, tail_runs = [], []
for seed in range(5):
    rng = np.random.default_rng(seed)
    effect = 2 * rng.standard_normal(20)  # of each of twenty names
    name = rng.integers(0, 20, 2000)
    y = (rng.random(2000) < 1 / (1 + np.exp(-effect[name]))).astype(int)
    runs = []
    for x in (name[:, None] / 10, one_hot(name, 20)):
        a = np.column_stack([x, np.ones(2000)])
        w = np.linalg.lstsq(a[:1000], 2 * y[:1000] - 1, rcond=None)[0]
        runs.append(float(np.mean((a[1000:] @ w > 0) == y[1000:])))
    name_runs.append(runs)

    logs = 2 * rng.standard_normal((2000, 5))
    y = (logs @ rng.standard_normal(5) > 0).astype(int)
    runs = []
    for x in (np.exp(logs), logs):
        x = apply_scaler(x, *fit_scaler(x[:1000]))
        data = Dataset(x[:1000], y[:1000], x[1000:], y[1000:], x[1000:], y[1000:], ("no", "yes"))
        rates = (0.03, 0.1, 0.3, 1.0)
        runs.append(max(accuracy_after(data, lr, sizes=(5, 20, 2), epochs=4) for lr in rates))
    tail_runs.append(runs)
typo = np.random.default_rng(0).standard_normal(1000)
typo[0] = 1000
typo_std = float(apply_scaler(typo[:, None], *fit_scaler(typo[:, None]))[1:].std())
(names_number, names_one_hot), (tails_raw, tails_log) = np.mean(name_runs, 0), np.mean(tail_runs, 0)
low, middle, high = np.quantile(typo, (0.25, 0.5, 0.75))
robust_std = float((1.349 * (typo[1:] - middle) / (high - low)).std())
column_table = {
    "twenty names:\none column → one-hot": (names_number, names_one_hot),
    "heavy tails:\nas they are → logarithms": (tails_raw, tails_log),
}
fig, ax = figure(size=(7, 2.3))
for row, (before, after) in enumerate(column_table.values()):
    ax.annotate(
        "", (after, row), (before, row), arrowprops={"arrowstyle": "->", "color": COLORS.reference}
    )
    ax.plot(before, row, "o", ms=9, color=COLORS.validation, mfc="none", mew=2.5)
    ax.plot(after, row, "s", ms=9, color=COLORS.train)
ax.set(xlabel="validation accuracy, mean over five draws", xlim=(0.45, 1.02), ylim=(1.5, -0.5))
ax.set_yticks(range(2), column_table)
show(
    fig,
    caption="Ring: the column as it is found, scaled. Square: the column as it is meant. And a single typing error, a "
    "1000 among a thousand numbers of standard deviation 1: after scaling, the other 999 have a standard deviation of "
    f"{typo_std:.2f}. With the median and the distance of the quartiles in place of mean and standard deviation they "
    f"keep {robust_std:.2f}.",
    alt="Two arrows to the right: from 0.57 to 0.76 for names, from 0.79 to 0.98 for heavy tails.",
)

# %% [markdown]
# ### Labels that are not even

# %% tags=["predict"]
rare_class = ...

# %% tags=["check"]
check("preprocessing.rare_class")


# %% tags=["demo"]
def recalls_with_few_eights(copies, lr, seed):
    """Share of each class that is found, with six 8s in training, each repeated."""
    eights = np.flatnonzero(digits.y_train == 8)[:6]
    rows = np.concatenate([np.flatnonzero(digits.y_train != 8), np.repeat(eights, copies)])
    data = replace(
        digits,
        x_train=digits.x_train[rows] - pixel_mean,
        y_train=digits.y_train[rows],
        x_val=digits.x_val - pixel_mean,
    )
    settings = {"step": sgd_step, "epochs": 15, "batch_size": 50, "progress": False}
    rng = np.random.default_rng(seed)
    model = MLP([64, 50, 10], rng=np.random.default_rng(seed))
    found = train(model, data, lr=lr, rng=rng, **settings).model.scores(data.x_val).argmax(axis=1)
    return [float(np.mean(found[digits.y_val == k] == k)) for k in range(10)]


recalls = {
    name: np.mean([recalls_with_few_eights(copies, lr, seed) for seed in range(2)], axis=0)
    for name, copies, lr in (
        ("six 8s", 1, 0.1),
        ("six 8s, ten times the rate", 1, 1.0),
        ("each of the six repeated 20 times", 20, 0.1),
    )
}
fig, ax = figure(size=(7.5, 2.9))
for k, ((name, found), color) in enumerate(
    zip(recalls.items(), (COLORS.validation, COLORS.test, COLORS.train), strict=True)
):
    ax.bar(np.arange(10) + 0.27 * (k - 1), found, 0.25, color=color, label=name)
ax.set(xlabel="digit", ylabel="share found", xticks=range(10), ylim=(0, 1.3), yticks=(0, 0.5, 1))
ax.legend(frameon=False, ncols=3, loc="upper center", fontsize=9)
show(
    fig,
    caption="Two seeds. 8s found: "
    + ", ".join(f"{name} {found[8]:.2f}" for name, found in recalls.items())
    + ". A larger rate finds some of them, repeated examples find more. Repeat after the split, never before: "
    "section 6 shows why.",
    alt="Bars of the share found for each digit. All are near 1 but those of digit 8: 0 at first, about 0.4 with "
    "the larger rate, about 0.6 with repeated examples.",
)

# %% [markdown]
# ## 8 · After the slides
#
# **Networks that normalise themselves.** Lecture 05 puts the subtraction of a mean and the division by a standard
# deviation *into* the network. Is preprocessing then superfluous?

# %% tags=["predict"]
shift_batch_norm = ...

# %% tags=["check"]
check("preprocessing.shift_batch_norm")

# %% tags=["demo"]
norm_runs = {}
for shift in (0, 5):
    version = prepared(lambda x, shift=shift: x - pixel_mean + shift)
    settings = {"step": sgd_step, "lr": 0.1, "epochs": 5, "batch_size": 50, "abort_factor": None}
    model = MLP([64, 50, 10], norm="batch", rng=np.random.default_rng(0))
    norm_runs[shift] = train(
        model, version, rng=np.random.default_rng(0), progress=False, **settings
    )
norm_gap = float(np.abs(np.subtract(norm_runs[0].loss, norm_runs[5].loss)).max())
norm_accuracy = {shift: run.val_acc for shift, run in norm_runs.items()}
fig, (left, right) = figure(1, 2, size=(8.6, 2.9))
for (shift, run), color, style in zip(
    norm_runs.items(), (COLORS.train, COLORS.validation), ("-", ":"), strict=True
):
    label = "centred" if shift == 0 else "5 added"
    left.plot(run.loss, style, color=color, lw=3 if shift == 0 else 2, label=label)
    right.plot(range(1, 6), run.val_acc, style, marker="o", color=color, lw=2, label=label)
left.set(xlabel="update", ylabel="training loss")
right.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 1.02), xticks=range(1, 6))
left.legend(frameon=False)
right.legend(frameon=False, loc="lower right")
show(
    fig,
    caption=f"The training losses differ by {norm_gap:.0e} at most. In validation the network uses a running mean, "
    "which lags behind; times a large constant the lag is large.",
    alt="Left: two training losses that coincide. Right: validation accuracies over five epochs; the shifted one begins "
    "far lower and catches up.",
)

# %% [markdown]
# So in training such a layer does not care about the mean, nor about the scale: tuned, all four versions of the digits
# end between 0.969 and 0.972 with batch norm (three seeds). Centre all the same, for the running statistics.
#
# **Adam** gives each weight a step of its own size, so it should not care about units. It does care about the mean:
# at the best of eleven rates, five seeds, it reaches 0.906 ± 0.030 on pixels up to 255, 0.963 ± 0.008 up to 1,
# 0.979 ± 0.005 centred and 0.967 ± 0.007 centred and scaled.
#
# **Words.** The ids of tokens are names: an embedding is a one-hot vector times a matrix.
#
# **Whitening** has come back inside networks ([decorrelated batch norm](../05_batchnorm/05_batchnorm.ipynb)). Its
# price is $N D^2 + D^3$ operations, too much for raw images.
#
# **Pretrained networks** come with their channel means and standard deviations. Use those: they belong to the weights.
#
# ### Errata of the slides
#
# - The formula $\Sigma = \frac1N X^\top X$ for the covariance holds for centred $X$ only; the slide does not say it there.
# - The shape of the mean image is given as $[32, 32, 3]$, height, width, channel. In this course channels come first:
#   `(3, 32, 32)`.

# %% [markdown]
# ## What to remember
#
# - The data are a factor of the first layer's gradient. Dividing them by $c$ changes one learning rate by $c^2$.
# - $x^\top x/N$ = covariance + (mean times mean). Its largest eigenvalue limits the rate, its smallest one sets the pace.
# - Centring removes the one steep direction. Scaling makes units equal. Only whitening removes correlations.
# - Measure on the training data, apply to all. `fit` and `apply` are two functions.
# - Whitening makes all directions equally loud. With few examples that is noise.
# - Images: centre. Dividing moves the best rate. Tables: centre and scale.
# - Labels and copies leak, means hardly do. Split first, by groups.
# - Look at every class by itself.
#
# **Recall.** Answer without scrolling up, then open.
#
# <details><summary>Why does a mean of 1 in all 64 pixels cost more than a standard deviation of 2 in all of them?</summary>
# The standard deviation scales all eigenvalues alike, which is a change of the rate. The mean adds 64 to one of
# them only, so κ grows.</details>
#
# <details><summary>Your validation score is excellent, and in use the model fails. Name three leaks to look for.</summary>
# Features or models chosen with labels of validation rows; copies or groups on both sides; statistics of the new data
# that a single request does not have.</details>
#
# <details><summary>When would you whiten?</summary>
# With many more examples than dimensions, strong correlations, and a loss that suffers from κ; with an ε that keeps
# noise quiet. For small data sets and for pixels: rather not.</details>

# %% [markdown]
# ## Read on
#
# - LeCun, Bottou, Orr, Müller, *Efficient BackProp*, 1998: sections 4.3 and 5 are this lecture's first half.
# - CS231n, *Neural Networks Part 2: Setting up the Data*.
# - Wadia, Duckworth, Schoenholz, Dyer, Sohl-Dickstein, *Whitening and second order optimization both make information
#   about the dataset unusable*, 2021.
# - scikit-learn's guide, *Common pitfalls and recommended practices*: leaks in a library's pipelines.
# - Chan, Golub, LeVeque, *Algorithms for computing the sample variance*, 1983.
#
# **Next** [Initialisation](../04_initialization/04_initialization.ipynb): the data now have mean square 1. How large must
# the weights be, so that this holds in every layer?

# %% tags=["demo"]
progress()
