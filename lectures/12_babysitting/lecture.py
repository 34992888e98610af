# %% [markdown]
# # 12 · Babysitting the training
#
# You have written a network. It runs, it prints a loss every few seconds, and the loss is 2.31. Is
# that good? Is there a bug? Should you wait, or stop?
#
# This lecture is about those first ten minutes. It follows the log of one training, line by line,
# from the first printed number to a network that learns. You will run the same walk beside it, and
# write small functions that read a log as an experienced eye does.
#
# **After this lecture you can**
#
# - say what the first printed loss must be, before you run anything;
# - find the bug of a training script from what a handful of checks say;
# - show in ten seconds that a network is able to learn at all;
# - tell from a few numbers whether a learning rate is too low, too high or far too high;
# - explain why loss and accuracy can disagree, and what a log prints once the run is lost;
# - read a loss curve, a gap between two accuracies, and the size of a step.
#
# **Time** Two hours. Half-way, after the NaN, is a good place for a break. What is
# optional says so. **Builds on** softmax, cross-entropy and gradient descent
# ([01](../01_backpropagation/01_backpropagation.ipynb)), and on initial weights
# ([04](../04_initialization/04_initialization.ipynb)).
#
# Predict first, then run. When you are stuck, open the hints below a check that fails.
# Cells that draw a figure run on your functions; you need not read
# their code.

# %% tags=["setup"]
import math
import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from grader import borrow, check, failing, hint, progress
from utils.babysitting import (
    CURVE_LABELS,
    PRINTED_LOGS,
    classify_curve,
    should_abort,
    synthetic_curve,
)
from utils.data import FOLDER, Dataset, load_cifar10, load_digits, make_shapes
from utils.gradients import relative_error
from utils.losses import softmax
from utils.networks import MLP
from utils.optimizers import sgd_step
from utils.pace import fewer
from utils.plots import COLORS, compare, figure, image_grid, show
from utils.training import small_multiples, train, training_steps
from utils.widgets import Choice, LogSlider, Press, Slider, Toggle, explore, live

# %% [markdown] tags=["BAB-01"]
# ## 1 · The data, and a small network
#
# The slides that we follow train on CIFAR-10: photographs of 32 × 32 pixels in three colours, ten
# classes. We take drawn pictures of the same size, so that everything runs without a download. (If
# you have CIFAR-10, the end of this notebook repeats the walk on it.)
#
# **Step 1: prepare the data.** Subtract the mean image. The slides also divide by the standard
# deviation, which is about 60 here. We leave the pixels in their units for now, and will see why.
#
# **Step 2: choose a network.** Start small: one hidden layer of 50 units.
#
# ```
# x (100, 3072)  →  @ w1 + b1  →  ReLU (100, 50)  →  @ w2 + b2  →  scores (100, 10)  →  softmax
# ```

# %% tags=["predict"]
parameter_count = ...

# %% tags=["check"]
check("babysitting.parameter_count")

# %% [markdown]
# Its weights start as tiny random numbers, its biases as zeros.

# %% tags=["exercise"]
from utils.networks import init_two_layer_model

# %% tags=["check"]
check("networks.init_two_layer_model")

# %% [markdown]
# **The check before all checks: look at the data as the network sees it.** Not the files, but the very
# array that goes into the network, one line above the call, with its labels beside it. Whatever went
# wrong on the way (a wrong order of axes, a flip, labels in another order) is visible here, and
# nowhere else as cheaply. One picture of each class:


# %% tags=["demo"]
def centred(data):
    """The images as rows, less the mean of the training images; float32 takes half the time."""
    parts = [x.reshape(len(x), -1) for x in (data.x_train, data.x_val, data.x_test)]
    mean = parts[0].mean(axis=0)
    x_train, x_val, x_test = ((part - mean).astype(np.float32) for part in parts)
    return replace(data, x_train=x_train, x_val=x_val, x_test=x_test)


def new_net(seed=0, scale=1e-4):
    """The network of the walk, 3072-50-10, with your initial weights."""
    net = MLP([3072, 50, 10], rng=np.random.default_rng(seed))
    params = init_two_layer_model(3072, 50, 10, scale=scale, rng=np.random.default_rng(seed))
    net.params = {name: p.astype(np.float32) for name, p in params.items()}
    return net


n_train = fewer(2000, 200, "images to train on", always=True)
drawn = make_shapes(n_train, fewer(500, 100, "to validate", always=True), 10)
images = centred(drawn)
pixel_std = images.x_train.std()
first_of_class = [int(np.argmax(drawn.y_train == k)) for k in range(10)]
as_seen = images.x_train[first_of_class].reshape(-1, 3, 32, 32)
labels = [images.names[k] for k in images.y_train[first_of_class]]
show(
    image_grid(as_seen, labels, cols=10, scale=0.9),
    caption=f"Rows of the array that goes into the network, with the labels that go with them. 2000 pictures to "
    f"train on, 500 to validate, with mean {images.x_train.mean():.2f} and standard deviation {pixel_std:.0f}. "
    "Place, size, colour and light vary, so guessing by colour does not work.",
    alt="Ten small colour pictures in a row: disc, ring, square, triangle, cross, star, stripes, checks, "
    "dots and ripples, each on a coloured background with noise.",
)

# %% [markdown] tags=["BAB-02"]
# ## 2 · First check: the loss before training
#
# Nothing is trained yet, and already there is a number that you can check. (Losses with a natural
# logarithm are measured in *nats*. With base 2 they would be in bits.)

# %% tags=["predict"]
first_loss = ...

# %% tags=["check"]
check("babysitting.first_loss")

# %% [markdown]
# Each loss has its number. The softmax gives every class the same probability. The hinge loss asks
# that the right class leads each wrong one by 1, $\sum_{j \ne y} \max(0,\; s_j - s_y + 1)$. What is
# left of it when all scores are equal?

# %% tags=["exercise"]
from utils.babysitting import expected_initial_loss

# %% tags=["check"]
check("babysitting.expected_initial_loss")

# %% [markdown]
# Does the network agree? Twenty networks, each with weights of its own, on 100 images. The column
# “printed” holds what the slides print.

# %% tags=["demo"]
hundred = images.x_train[:100], images.y_train[:100]
first_losses = np.array([new_net(seed).loss(*hundred)[0] for seed in range(20)])
compare(
    [
        ("loss before training", first_losses.mean(), 2.30261216167),
    ],
    abs_tol=1e-4,
    caption=f"Ours ranges from {first_losses.min():.6f} to {first_losses.max():.6f}; ln 10 is 2.302585. "
    "The printed loss lies 0.000027 above it. The distance is not zero, because the weights are not.",
)

# %% [markdown]
# A first loss of 4 or 25 would have told you that something is wrong: weights too large, pixels that
# nobody centred, a loss that is summed instead of averaged. It costs one forward pass.
#
# **Explore.** The loss is $\ln K$ only while the scores are tiny. How large may the weights be? And
# do the images or the labels matter?


# %% tags=["demo"]
scales = np.geomspace(1e-4, 1, 41)
few = images.x_train[:50].astype(float)
scores_at_1, other_labels = {}, {}
for seed in range(3):
    params = init_two_layer_model(3072, 50, 20, scale=1.0, rng=np.random.default_rng(seed))
    scores_at_1[seed] = np.maximum(0, few @ params["w1"]) @ params["w2"]
    other_labels[seed] = np.random.default_rng(seed).integers(0, 10**6, 50)
softmax_cross_entropy = new_net().loss_fn


def first_loss_at(scale, classes, seed):
    """ReLU and two layers: the scores grow with the square of the scale of the weights."""
    scores = scale**2 * scores_at_1[seed][:, :classes]
    return softmax_cross_entropy(scores, other_labels[seed] % classes)[0], softmax(scores)[0]


def start():
    fig, (left, right) = figure(1, 2, size=(8.6, 3))
    (curve,) = left.plot(scales, scales, color=COLORS.train, lw=2, label="first loss")
    (line,) = left.plot(scales, scales, "--", color=COLORS.reference, lw=1, label="ln K")
    (dot,) = left.plot([1], [1], "o", color=COLORS.validation, ms=8)
    left.set(xlabel="scale of the initial weights", ylabel="first loss (nats)", ylim=(0.3, 3e4))
    left.set(xscale="log", yscale="log")
    left.legend(frameon=False, loc="upper left")
    bars = right.bar(range(1, 21), np.zeros(20), color=COLORS.yours)
    right.set(xlabel="class", ylabel="probability for one image", ylim=(0, 1.02), xlim=(0.3, 20.7))
    return fig, (curve, line, dot, list(bars))


def update(artists, scale, classes, seed):
    curve, line, dot, bars = artists
    curve.set_ydata([first_loss_at(s, classes, seed % 3)[0] for s in scales])
    line.set_ydata(np.full(len(scales), expected_initial_loss(classes)))
    loss, probs = first_loss_at(scale, classes, seed % 3)
    dot.set_data([scale], [loss])
    for k, bar in enumerate(bars):
        bar.set_height(probs[k] if k < classes else 0)
    return (
        f"{classes} classes, weights of scale {scale:.2g}: the first loss is {loss:.4g}, and ln K is "
        f"{expected_initial_loss(classes):.4g}. The largest probability is {probs.max():.2g}."
    )


explore(
    start,
    update,
    controls={
        "scale": LogSlider(1e-4, 1, value=1e-3, label="scale of the weights"),
        "classes": Slider(2, 20, 1, 10, label="classes K"),
        "seed": Press("other weights and labels"),
    },
    goal="From which scale on does the first loss leave ln K? Does that depend on K, or on the labels?",
    answer="At a scale of about 0.003 to 0.006 the loss leaves ln K by one per cent, for 2, 10 and 20 classes and "
    "each of the draws. From there it grows with the square of the scale: at 0.1 it is some hundred nats.",
)

# %% [markdown] tags=["BAB-03", "E-39"]
# ## 3 · Second check: turn the regularisation up
#
# Now add a penalty for large weights, and make it enormous, $\lambda = 1000$. The loss must go up.
# If it does not, the penalty is not connected. By how much must it rise?
#
# ### Spot the error: which penalty?
#
# In our words: the slide on regularisation defines $\displaystyle L = \frac1N\sum_i L_i + \lambda
# \sum_k w_k^2$. The slide on babysitting sets `reg = 1e3`, prints 3.06859716482, and is content that the
# loss went up.

# %% tags=["predict"]
penalty_convention = ...

# %% tags=["check"]
check("babysitting.penalty_convention")

# %% [markdown]
# Both conventions are in use. What is called $\lambda$ in one is $\lambda/2$ in the other, so a
# value from a paper may be off by a factor of two. State yours. Ours is
#
# $$L = L_{\text{data}} + \tfrac12 \lambda \sum_k w_k^2 ,$$
#
# because its gradient is simply $\lambda w$.

# %% tags=["exercise"]
from utils.babysitting import expected_regularized_loss

# %% tags=["check"]
check("babysitting.expected_regularized_loss")


# %% tags=["demo"]
def sum_of_squares(seed):
    params = init_two_layer_model(3072, 50, 10, rng=np.random.default_rng(seed))
    return sum((params[name] ** 2).sum() for name in ("w1", "w2"))


raised = expected_initial_loss(10) + 500 * np.array([sum_of_squares(seed) for seed in range(200)])
without_half = 2 * raised - expected_initial_loss(10)
expected_raised = expected_regularized_loss(10, 154_100, scale=1e-4, reg=1e3)
expected_spread = 500 * 1e-8 * math.sqrt(2 * 154_100)
compare(
    [
        ("with the factor 1/2", raised.mean(), 3.06859716482),
        ("without it", without_half.mean(), 3.06859716482),
    ],
    abs_tol=3 * expected_spread,
    caption=f"Loss at reg = 1000, mean of 200 networks. Expected with 1/2: {expected_raised:.4f}. From network "
    f"to network it has a standard deviation of {raised.std():.4f}; theory says ½ λ σ² √(2n) = {expected_spread:.4f}. "
    "The printed number lies 1.6 of these below the first row, and hundreds below the second.",
)

# %% tags=["demo"]
strengths = np.geomspace(1, 1e5, 51)
expected = np.array(
    [expected_regularized_loss(10, 154_100, scale=1e-4, reg=reg) for reg in strengths]
)
equal_at = 2 * expected_initial_loss(10) / (154_100 * 1e-8)
fig, ax = figure(size=(6.8, 2.8))
ax.plot(strengths, expected, color=COLORS.train, lw=2, label="expected, with 1/2")
without = 2 * expected - expected_initial_loss(10)
ax.plot(strengths, without, "--", color=COLORS.reference, label="expected, without 1/2")
ax.plot([1e3], [3.0686], "*", color=COLORS.validation, ms=16, label="printed", zorder=3)
ax.axvline(equal_at, color=COLORS.reference, ls=":", lw=1)
ax.set(xlabel="strength of the penalty λ", ylabel="first loss (nats)", xscale="log", yscale="log")
ax.legend(frameon=False, loc="upper left")
show(
    fig,
    caption=f"Penalty and data loss are equal at λ = {equal_at:,.0f} (dotted). It is that large because "
    "the weights are tiny: the sum of their squares is only 0.0015.",
    alt="First loss against the strength of the penalty, both logarithmic: level at 2.3 up to about 100, "
    "then rising in proportion. The printed point lies on the line with the factor one half.",
)

# %% [markdown] tags=["BAB-04"]
# ## 4 · Third check: overfit twenty images
#
# Take twenty images, no regularisation, plain gradient descent, one step on all twenty at a time. A
# network with 154,160 parameters must be able to memorise twenty answers. If it cannot, there is a
# bug: in the gradients, in the data, in the optimizer. Or the learning rate is wrong. More data
# will not help.

# %% tags=["exercise"]
from utils.babysitting import overfit_tiny

# %% tags=["check"]
check("babysitting.overfit_tiny")

# %% [markdown]
# The slides print this log (learning rate 1e-3; epochs 21 to 194 left out). Read it before you go
# on. (*Cost* is their word for loss, *acc* is accuracy, *val* validation.) Two things in it are odd.
#
# | epoch | cost | train acc | val acc |
# |---|---|---|---|
# | 1 | 2.302603 | 0.40 | 0.40 |
# | 4 | 2.301196 | 0.65 | 0.65 |
# | 8 | 2.285096 | 0.55 | 0.55 |
# | 10 | 2.234787 | 0.50 | 0.50 |
# | 13 | 1.974090 | 0.40 | 0.40 |
# | 20 | 1.305760 | 0.65 | 0.65 |
# | … | | | |
# | 200 | 0.002597 | 1.00 | 1.00 |

# %% tags=["predict"]
tiny_validation = ...

# %% tags=["check"]
check("babysitting.tiny_validation")

# %% tags=["predict"]
accuracy_falls = ...

# %% tags=["check"]
check("babysitting.accuracy_falls")

# %% [markdown]
# Now yours: three networks, twenty images, the same rate. And a fourth one, whose images were
# divided by their standard deviation, as step 1 on the slides asks. Which of them will look like the
# printed log?

# %% tags=["demo"]
twenty = images.x_train[:20], images.y_train[:20]
starts = range(fewer(3, 1, "starts"))
tiny = [overfit_tiny(new_net(seed), *twenty, lr=1e-3) for seed in starts]
divided, _ = overfit_tiny(new_net(), twenty[0] / pixel_std, twenty[1], lr=1e-3)
printed = np.array(PRINTED_LOGS["overfit 20 examples"])
epochs = np.arange(1, 201)

fig, (left, right) = figure(1, 2, size=(8.8, 3))
for losses, accuracies in tiny:
    first = losses is tiny[0][0]
    left.plot(
        epochs, losses, color=COLORS.train, lw=1.3, label="ours, three starts" if first else None
    )
    right.plot(epochs, accuracies, color=COLORS.train, lw=1.3)
left.plot(epochs, divided, ":", color=COLORS.warning, label="images divided by their std")
left.plot(printed[:, 0], printed[:, 1], "o", color=COLORS.validation, ms=3.5, label="printed")
right.plot(printed[:, 0], printed[:, 2], "o", color=COLORS.validation, ms=3.5)
left.set(xlabel="epoch", ylabel="training loss (nats)", xscale="log", yscale="log")
left.legend(frameon=False, loc="lower left")
right.set(xlabel="epoch", ylabel="training accuracy", xscale="log", ylim=(0, 1.05))
show(
    fig,
    caption=f"Loss after 200 epochs: {min(losses[-1] for losses, _ in tiny):.5f} to "
    f"{max(losses[-1] for losses, _ in tiny):.5f} with accuracy 1.00; printed 0.00260, 1.00. With divided "
    f"images the same rate gets to {divided[-1]:.3f} only.",
    alt="Left: training loss over 200 epochs on logarithmic axes. Three lines and the printed points stay at "
    "2.3 for about ten epochs and then fall to about 0.002; a dotted line stays at 2.3. Right: the "
    "accuracies wander around 0.5, then rise to 1.",
)

# %% [markdown] tags=["E-68"]
# So the printed log fits pixels that were centred and *not* divided, whatever step 1 says. Inputs
# sixty times smaller make gradients sixty times smaller, and the same learning rate means something
# else. A learning rate is never good by itself. It is good for this data, this network, these
# weights.
#
# Why is the curve flat for ten epochs? The gradient on $w_1$ contains $w_2$ as a factor, and the
# other way round. Both are tiny, so both gradients are: the start lies beside a saddle, a place with
# zero gradient that is no minimum. The weights have to pull each other up.
#
# **Explore.** How long does the plateau last? Start a run and change the learning rate while it
# goes on.


# %% tags=["demo"]
def slices(values):
    net, n = new_net(scale=values.scale), values.n
    x, y = images.x_train[:n], images.y_train[:n]
    losses, accuracies = [], []
    while len(losses) < 200:
        with np.errstate(all="ignore"):
            loss, grads = net.loss(x, y)
            net.params = {name: w - values.lr * grads[name] for name, w in net.params.items()}
            accuracies.append((net.scores(x).argmax(axis=1) == y).mean())
        losses.append(loss)
        yield losses, accuracies


def start():
    fig, (left, right) = figure(1, 2, size=(8.6, 3))
    (loss,) = left.plot([], [], color=COLORS.train, lw=2)
    left.axhline(math.log(10), color=COLORS.reference, ls="--", lw=1)
    left.text(200, 2.6, "ln 10", color=COLORS.reference, ha="right")
    left.set(xlabel="epoch", ylabel="training loss (nats)", xlim=(0, 202), ylim=(1e-3, 30))
    left.set(yscale="log")
    (accuracy,) = right.plot([], [], color=COLORS.train, lw=2)
    right.set(xlabel="epoch", ylabel="training accuracy", xlim=(0, 202), ylim=(0, 1.05))
    return fig, (loss, accuracy)


def update(artists, state, n, lr, scale):
    losses, accuracies = state
    t = np.arange(1, 1 + len(losses))
    artists[0].set_data(t, np.clip(np.nan_to_num(losses, nan=1e9), 1e-3, 30))
    artists[1].set_data(t, accuracies)
    left_plateau = np.flatnonzero(~(np.array(losses) > 0.95 * losses[0]))
    plateau = f"It left the plateau in epoch {left_plateau[0] + 1}. " if len(left_plateau) else ""
    return (
        f"Epoch {len(losses)}, rate {lr:.2g}: loss {losses[-1]:.3g}, accuracy {accuracies[-1]:.2f}. "
        f"{plateau}The next new run has {n} images and weights of scale {scale:.2g}."
    )


live(
    start,
    slices,
    update,
    controls={
        "n": Choice([1, 5, 20, 50], label="images", value=20),
        "lr": LogSlider(1e-4, 1e-1, value=1e-3, label="learning rate"),
        "scale": LogSlider(1e-6, 1e-2, value=1e-4, label="scale of the weights"),
    },
    goal="Halve the plateau once with the rate and once with the scale of the weights. Which change is safer?",
    answer="At first it ends in epoch 10 or 11. A rate of 0.003 brings that to 5 or 6, and a scale of 0.001 to 4. The "
    "scale is safer: ten times as large once more, and it still learns. The rate at 0.005 already makes the loss jump.",
    preview=60,
    per_second=40,
)

# %% [markdown] tags=["BAB-05"]
# ## 5 · A learning rate that is too low
#
# The network can learn. Now all images, in mini-batches of 100, with a little regularisation, 1e-6.
# Which learning rate? The slides begin very low, with 1e-6, and print:
#
# | epoch | cost | train acc | val acc |
# |---|---|---|---|
# | 1 | 2.302576 | 0.080 | 0.103 |
# | 2 | 2.302582 | 0.121 | 0.124 |
# | 5 | 2.302517 | 0.158 | 0.171 |
# | 10 | 2.302420 | 0.190 | 0.192 |
#
# The loss does not go down: **the learning rate is too low**. An eye sees that. Write a function
# that sees it, too. Which curves could fool it: one that rises and comes back? One that creeps down?

# %% tags=["exercise"]
from utils.babysitting import is_flat

# %% tags=["check"]
check("babysitting.is_flat")

# %% [markdown] tags=["BAB-06"]
# ### And yet something moves
#
# Look at the last column of the log again.

# %% tags=["predict"]
accuracy_rises = ...

# %% tags=["check"]
check("babysitting.accuracy_rises")

# %% [markdown]
# ### A bug hunt: two numbers from the same scores
#
# To see it happen, compute loss and accuracy from the same scores. Here is a function that does, as it
# was found. On one image it is right.


# %%
def loss_and_accuracy_found(scores, y):
    """Cross-entropy and accuracy of a batch, as it was found."""
    probs = np.exp(scores) / np.exp(scores).sum()
    loss = -np.log(probs[np.arange(len(y)), y]).mean()
    return loss, (scores.argmax(axis=1) == y).mean()


# %% tags=["demo"]
batch_sizes = (1, 3, 10, 30, 100, 300, 1000)
found_first = {
    n: float(loss_and_accuracy_found(new_net().scores(images.x_train[:n]), images.y_train[:n])[0])
    for n in batch_sizes
}
fig, ax = figure(size=(6, 2.6))
ax.plot(batch_sizes, list(found_first.values()), "o-", color=COLORS.warning, label="as found")
ax.axhline(math.log(10), color=COLORS.reference, ls="--", lw=1, label="ln 10")
ax.set(xlabel="images in the batch", ylabel="first loss (nats)", xscale="log", ylim=(0, 10))
ax.legend(frameon=False, loc="upper left")
show(
    fig,
    caption=f"The first check of this lecture, with the found function: {found_first[1]:.4f} for one image, "
    f"{found_first[100]:.4f} for a hundred. The network is the same.",
    alt="First loss against the size of the batch, logarithmic. It starts at ln 10 for one image and rises "
    "along a straight line to 9.2 for a thousand; it should stay at ln 10.",
)

# %% [markdown]
# Find the bug, and write the function as it should be. Then mind its weakness: when scores are huge, an
# exponential overflows, or a probability is rounded to 0 and has no logarithm. Can you write $\log p_k$
# so that neither happens?

# %% tags=["exercise"]
from utils.babysitting import loss_and_accuracy

# %% tags=["check"]
check("babysitting.loss_and_accuracy")

# %% [markdown]
# **Compare.** The found function divides by *one* sum over the whole batch, so that all $N$ images share
# a probability of 1. While the scores are tiny each gets $1/N$ of it, and the loss is $\ln N$ too large.
#
# A softmax does not change when the same number is subtracted from all scores of a row, so
#
# $$\log p_k = s_k - m - \log \sum_j e^{s_j - m}, \qquad m = \max_j s_j .$$
#
# Now no exponent is positive, and the sum is at least 1.
#
# Back to our runs. Our set is smaller than CIFAR-10, so ten epochs are only 200 updates. While the
# gradient hardly changes, the distance that the weights travel is proportional to learning rate
# times number of updates. So we add a run at 3e-5, which gets thirty times as far.


# %% tags=["demo"]
def ten_epochs(lr):
    return train(
        new_net(),
        images,
        step=sgd_step,
        lr=lr,
        epochs=10,
        batch_size=100,
        reg=1e-6,
        rng=np.random.default_rng(0),
    )


walk = {lr: ten_epochs(lr) for lr in (1e-6, 3e-5)}
low_log = np.array(PRINTED_LOGS["lr 1e-6"])
fig, (left, right) = figure(1, 2, size=(8.8, 3))
for (lr, run), style in zip(walk.items(), ("-", "--"), strict=True):
    left.plot(range(1, 11), run.train_loss, style, color=COLORS.train, label=f"ours, rate {lr:g}")
    right.plot(range(1, 11), run.val_acc, style, color=COLORS.train)
left.plot(low_log[:, 0], low_log[:, 1], "o", color=COLORS.validation, ms=4, label="printed, 1e-06")
right.plot(low_log[:, 0], low_log[:, 3], "o", color=COLORS.validation, ms=4)
left.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(2.3018, 2.3030))
left.ticklabel_format(useOffset=False)
left.legend(frameon=False, loc="lower left")
right.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0, 0.25))
right.axhline(0.1, color=COLORS.reference, ls=":", lw=1)
right.text(10, 0.087, "guessing", color=COLORS.reference, ha="right")
flat_low = {f"{lr:g}": is_flat(np.array(run.train_loss)) for lr, run in walk.items()}
fallen = walk[3e-5].train_loss[0] - walk[3e-5].train_loss[-1]
show(
    fig,
    caption=f"Mind the left axis: it spans a thousandth. At 3e-5 the loss falls by {fallen:.6f} in nine epochs "
    f"(printed: 0.000156), and the accuracy climbs from {walk[3e-5].val_acc[0]:.3f} to "
    f"{walk[3e-5].val_acc[-1]:.3f} (printed: 0.103 to 0.192). Your is_flat calls flat: "
    + (" and ".join(f"the run at {lr}" for lr, flat in flat_low.items() if flat) or "neither run")
    + ".",
    alt="Left: training loss over ten epochs, three nearly flat curves between 2.3026 and 2.3024. Right: "
    "validation accuracy; the printed points and our run at 3e-5 climb from about 0.12 to 0.19, our run at "
    "1e-6 stays at 0.13.",
)

# %% [markdown]
# **Explore.** Take the scores of that run and multiply all of them by one number. What happens to
# the loss, what to the accuracy?


# %% tags=["demo"]
val_scores = walk[3e-5].model.scores(images.x_val)
factors = np.geomspace(0.1, 1e5, 61)
loss_at, accuracy_at = np.array(
    [loss_and_accuracy(f * val_scores, images.y_val) for f in factors]
).T
one = int(np.flatnonzero(val_scores.argmax(axis=1) == images.y_val)[0])


def start():
    fig, (left, right) = figure(1, 2, size=(8.6, 3))
    left.plot(factors, loss_at, color=COLORS.train, lw=2, label="loss (nats)")
    left.plot(factors, accuracy_at, "--", color=COLORS.validation, lw=2, label="accuracy")
    dots = [left.plot([1], [1], "o", color=c, ms=8)[0] for c in (COLORS.train, COLORS.validation)]
    left.set(xlabel="scores multiplied by", xscale="log", ylim=(0, 6))
    left.legend(frameon=False, loc="upper left")
    colors = [COLORS.validation if k == images.y_val[one] else COLORS.reference for k in range(10)]
    bars = right.bar(range(10), np.zeros(10), color=colors)
    right.set(
        xlabel="class (orange: the right one)", ylabel="probability for one image", ylim=(0, 1)
    )
    return fig, (dots, list(bars))


def update(artists, factor):
    dots, bars = artists
    loss, accuracy = loss_and_accuracy(factor * val_scores, images.y_val)
    for dot, value in zip(dots, (loss, accuracy), strict=True):
        dot.set_data([factor], [min(value, 6)])
    for bar, p in zip(bars, softmax(factor * val_scores[one : one + 1])[0], strict=True):
        bar.set_height(p)
    return f"Scores times {factor:.3g}: loss {loss:.4f}, accuracy {accuracy:.3f}."


explore(
    start,
    update,
    controls={"factor": LogSlider(0.1, 1e5, value=1, label="scores times")},
    goal="Bring the loss as low as you can with this one number. What happens to it beyond, and why?",
    answer="At about 2,000 the loss is lowest, 2.11, and the accuracy is 0.180 everywhere. Beyond, the network is too sure "
    "of its mistakes: 82 of 100 images are wrong, and a sure mistake costs without limit.",
)

# %% [markdown] tags=["BAB-07"]
# ## 6 · A learning rate that is far too high
#
# So 1e-6 is too low. Go to the other end, to 1e6.

# %% tags=["predict"]
rate_of_a_million = ...

# %% tags=["check"]
check("babysitting.rate_of_a_million")

# %% [markdown]
# The log on the slides (their program takes `-log(probs[y])`, with nothing to protect the logarithm):
#
# ```
# RuntimeWarning: divide by zero encountered in log
# RuntimeWarning: invalid value encountered in subtract
# epoch 1 / 10: cost nan, train: 0.091000, val 0.087000
# epoch 2 / 10: cost nan, train: 0.095000, val 0.087000
# epoch 3 / 10: cost nan, train: 0.100000, val 0.087000
# ```

# %% tags=["predict"]
nan_accuracy = ...

# %% tags=["check"]
check("babysitting.nan_accuracy")

# %% [markdown]
# (The training accuracy in the log moves a little. It is measured on another sample in every epoch,
# and each sample has another share of class 0.)
#
# Let us provoke both warnings, step by step. First we remove a few images of class 0 from the
# validation set. Its share (43 of 493, 8.7 %) then differs from the 10 % of guessing.

# %% tags=["demo"]
zeros = np.flatnonzero(images.y_val == 0)
thinned = np.delete(np.arange(len(images.x_val)), zeros[43:])
uneven = replace(images, x_val=images.x_val[thinned], y_val=images.y_val[thinned])


def textbook_loss(scores, y):
    """As on the slide, with nothing to protect the logarithm; and what NumPy has to say to it."""
    with (
        warnings.catch_warnings(record=True) as caught,
        np.errstate(all="warn", over="ignore", under="ignore"),
    ):
        warnings.simplefilter("always")
        probs = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        probs = probs / probs.sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(len(y)), y]).mean()
    said = dict.fromkeys(str(warning.message) for warning in caught)
    return loss, "; ".join(said)


exploded_log, exploded_losses = [], []
with np.errstate(all="ignore"):
    for run in training_steps(
        new_net(),
        uneven,
        step=sgd_step,
        lr=1e6,
        epochs=3,
        batch_size=100,
        rng=np.random.default_rng(0),
        abort_factor=None,
    ):
        if len(exploded_losses) < 100:
            scores = run.history.model.scores(hundred[0])
            exploded_losses.append(textbook_loss(scores, hundred[1])[0])
            entry = (textbook_loss(scores, hundred[1])[1], np.abs(scores).max())
            if not exploded_log or entry[0] != exploded_log[-1][1]:
                exploded_log.append((len(exploded_losses), *entry, exploded_losses[-1]))
for number, said, largest, loss in exploded_log:
    print(
        f"update {number}: largest score {largest:.1e}, loss {loss}\n    NumPy: {said or 'nothing'}"
    )
exploded_val = run.history.val_acc
share_of_0 = (uneven.y_val == 0).mean()
print(f"validation accuracy after each epoch: {[round(a, 3) for a in exploded_val]}")
print(f"share of class 0 in the validation set: {share_of_0:.3f}")

# %% [markdown]
# First comes `inf`: the right class is so far behind that its probability is rounded to 0, and
# $-\log 0 = \infty$. Then the scores themselves overflow, and $\infty - \infty$ is NaN.

# %% [markdown]
# **A good place for a break.** You know both ends of the scale: a loss that does not move, and one
# that is no number. What lies between?

# %% [markdown] tags=["BAB-08"]
# ## 7 · Still too high
#
# The slides go down to 3e-3:
#
# | epoch | cost | train acc | val acc |
# |---|---|---|---|
# | 1 | 2.186654 | 0.308 | 0.306 |
# | 2 | 2.176230 | 0.330 | 0.350 |
# | 3 | 1.942257 | 0.376 | 0.352 |
# | 4 | 1.827868 | 0.329 | 0.310 |
# | 5 | inf | 0.128 | 0.128 |
# | 6 | inf | 0.144 | 0.147 |
#
# Four good epochs, then an explosion. Nobody wants to sit and watch for that. A rule of thumb: stop
# when the loss is above three times its first value. (Neither infinity nor NaN comes back.)

# %% tags=["predict"]
nan_comparison = ...

# %% tags=["check"]
check("babysitting.nan_comparison")

# %% [markdown]
# `should_abort(loss, first_loss, *, factor=3.0)` is given, and it is right about NaN. (The star
# means that `factor` is passed by name.) Use it to name the epoch of an explosion.

# %% tags=["exercise"]
from utils.babysitting import explodes_at

# %% tags=["check"]
check("babysitting.explodes_at")

# %% [markdown]
# Does 3e-3 explode on our pictures as well? Guess, then look.

# %% tags=["demo"]
high_log = np.array(PRINTED_LOGS["lr 3e-3"])
with np.errstate(all="ignore"):
    walk |= {lr: ten_epochs(lr) for lr in (1e-3, 3e-3, 5e-3, 1e-2)}
rates_walked = {f"{lr:g}": (r.train_loss, r.train_acc, r.val_acc) for lr, r in walk.items()}
exploding = {}
for lr, run in walk.items():  # the measure is the loss before training, so put it in front
    place = explodes_at(np.array([math.log(10), *run.train_loss]))
    exploding[f"{lr:g}"] = place and place - 1
fig, ax = figure(size=(7.6, 3.2))
for lr, style in ((1e-3, "-"), (3e-3, "--"), (5e-3, "-."), (1e-2, ":")):
    losses = np.clip([math.log(10), *walk[lr].train_loss], 0, 12)
    ax.plot(range(len(losses)), losses, style, lw=2, label=f"ours, {lr:g}")
ax.plot(high_log[:4, 0], high_log[:4, 1], "o", color=COLORS.reference, ms=5, label="printed, 0.003")
ax.plot(5, 7.5, "^", color=COLORS.reference, ms=8)
ax.text(5.2, 7.45, "printed: inf in epoch 5", color=COLORS.reference, va="center")
ax.axhline(3 * math.log(10), color=COLORS.warning, lw=1)
ax.text(10, 3 * math.log(10) - 0.6, "three times the first loss", color=COLORS.warning, ha="right")
ax.set(xlabel="epoch", ylabel="training loss (nats)", ylim=(0, 8), xlim=(-0.2, 10.2))
ax.legend(frameon=False, loc="center right", bbox_to_anchor=(1, 0.55), ncols=2)
show(
    fig,
    caption="On our pictures 0.003 still learns, with jumps; 0.005 explodes in epoch "
    f"{exploding['0.005']}, 0.01 in epoch {exploding['0.01']}. Validation accuracy after ten epochs: "
    f"{walk[1e-3].val_acc[-1]:.2f} at 0.001, {walk[3e-3].val_acc[-1]:.2f} at 0.003. In which epoch "
    f"the printed log explodes, says your function: {explodes_at(high_log[:, 1])}.",
    alt="Training loss over epochs. At 0.001 it falls steadily to 1.4; at 0.003 it falls faster, with jumps; at 0.005 it "
    "leaves the picture in the third epoch, at 0.01 in the first. The printed points fall to 1.8 and "
    "are infinite in epoch 5.",
)

# %% [markdown]
# The border lies elsewhere: between 3e-3 and 5e-3 here, below 3e-3 there. The data is different, so
# it must be measured anew. What carries over is the method.

# %% [markdown] tags=["BAB-09"]
# ## 8 · The range in between
#
# Too low: flat. Too high: NaN or inf. Put the two together and you have a verdict on any short run.

# %% tags=["exercise"]
from utils.babysitting import lr_verdict

# %% tags=["check"]
check("babysitting.lr_verdict")

# %% [markdown]
# And now the test that you should run at the beginning of every project: one short run for each of
# many rates.

# %% tags=["exercise"]
from utils.babysitting import lr_range_test

# %% tags=["check"]
check("babysitting.lr_range_test")

# %% [markdown]
# **Explore.** 13 rates, 40 updates each, on half of the pictures. Left: the loss of the rate you try
# (dashed: ln 10). Right: one dot for each rate, with its verdict once you have tried it. Find the two
# borders by bisection: try a rate in the middle, keep the half that holds the border, and go on. How
# many tries do you need?

# %% tags=["demo"]
half = replace(
    images,
    x_train=images.x_train[:1000],
    y_train=images.y_train[:1000],
    x_val=images.x_val[:100],
    y_val=images.y_val[:100],
)
short_epochs = fewer(4, 3, "epochs")
short_batch = fewer(100, 20, "examples in a batch")
short_runs = {}


def short_run(lr):
    with np.errstate(all="ignore"):
        short_runs[lr] = train(
            new_net(),
            half,
            step=sgd_step,
            lr=lr,
            epochs=short_epochs,
            batch_size=short_batch,
            reg=1e-6,
            rng=np.random.default_rng(0),
            progress=False,
        ).loss
    return short_runs[lr]


tried = [float(lr) for lr in 10.0 ** np.arange(-6, 0.1, 0.5)]
range_verdicts = lr_range_test(short_run, tried)
looks = {"low": COLORS.train, "ok": COLORS.yours, "inf": COLORS.validation, "nan": COLORS.warning}


def start():
    fig, (left, right) = figure(1, 2, size=(8.6, 3), width_ratios=(3, 2))
    (curve,) = left.plot([], [], color=COLORS.train, lw=2)
    left.axhline(math.log(10), color=COLORS.reference, ls="--", lw=1)
    left.set(xlabel="update", ylabel="loss of the mini-batch (nats)", xlim=(0, 41))
    left.set(yscale="log", ylim=(1.5, 8), yticks=[1.5, 2, 3, 5, 8])
    left.set_yticklabels(["1.5", "2", "3", "5", "8"])
    left.minorticks_off()
    seen = right.scatter(tried, np.zeros(13), s=0)
    (mark,) = right.plot([1e-3], [0.25], "v", color="#222222", ms=9)
    names = [right.text(lr, -0.2, "", rotation=90, ha="center", va="top") for lr in tried]
    right.set(xscale="log", xlim=(4e-7, 2.5), ylim=(-1, 0.6), xlabel="learning rate", yticks=[])
    right.set_title("verdicts so far")
    return fig, (curve, seen, mark, names, set())


def update(artists, lr, all_of_them):
    curve, seen, mark, names, tries = artists
    nearest = min(tried, key=lambda other: abs(math.log(other / lr)))
    if nearest == tried[6] and not all_of_them:
        tries.clear()
    tries.add(nearest)
    shown = set(tried) if all_of_them else tries
    losses = np.clip(np.nan_to_num(short_runs[nearest], nan=1e9), 1.5, 8)
    curve.set_data(np.arange(1, 1 + len(losses)), losses)
    mark.set_xdata([nearest])
    seen.set_sizes([90 if rate in shown else 12 for rate in tried])
    seen.set_color([looks[range_verdicts[rate]] if rate in shown else "#bbbbbb" for rate in tried])
    for rate, name in zip(tried, names, strict=True):
        name.set_text(range_verdicts[rate] if rate in shown else "")
    return (
        f"Rate {nearest:.2g}: {range_verdicts[nearest]}. The loss goes from {short_runs[nearest][0]:.4f} to "
        f"{short_runs[nearest][-1]:.4g} in {len(short_runs[nearest])} updates."
    )


explore(
    start,
    update,
    controls={
        "lr": LogSlider(1e-6, 1, value=1e-3, label="learning rate", per_decade=2),
        "all_of_them": Toggle(False, label="show all verdicts"),
    },
    goal="Find the lowest and the highest rate that are ok, in as few tries as possible. Back at 0.001 you begin anew.",
    answer="0.001 and 0.003 are ok, 0.0003 is too low and 0.01 explodes. Among 13 rates, with one that is ok "
    "to begin with, some three more tries find each border.",
)

# %% [markdown]
# **The ramp, a faster test.** Many libraries have a *learning-rate finder*: one run in which the rate
# grows by a constant factor from update to update. Five starts, a hundred updates each, from 1e-6 to
# 0.1. Where does it agree with the short runs?


# %% tags=["demo"]
def ramp(seed):
    """Rates and losses of a run whose rate grows, until the loss is three times its first."""
    net, rng, losses = new_net(seed), np.random.default_rng(seed), []
    rates = np.geomspace(1e-6, 0.1, 101)
    for lr in rates.tolist():
        batch = rng.choice(len(images.x_train), 100, replace=False)
        loss, grads = net.loss(images.x_train[batch], images.y_train[batch])
        losses.append(loss)
        if should_abort(loss, losses[0]):
            break
        net.params = {name: w - lr * grads[name] for name, w in net.params.items()}
    return rates[: len(losses)], np.array(losses)


ramps = [ramp(seed) for seed in range(5)]
lowest_rates = [float(rates[losses.argmin()]) for rates, losses in ramps]
ramp_ends = [float(rates[-1]) for rates, _ in ramps]
ok_rates = [lr for lr, verdict in range_verdicts.items() if verdict == "ok"]
fig, ax = figure(size=(7, 3))
for rates, losses in ramps:
    ax.plot(rates, losses, color=COLORS.train, lw=1.2)
ax.axvspan(min(ok_rates), max(ok_rates), color=COLORS.yours, alpha=0.2, lw=0)
ax.set(xscale="log", xlabel="learning rate of the update", ylabel="loss of the mini-batch (nats)")
ax.set(ylim=(1.8, 3))
show(
    fig,
    caption=f"The loss is lowest at rates from {min(lowest_rates):.2g} to {max(lowest_rates):.2g} and three times its first "
    f"value at {min(ramp_ends):.2g} to {max(ramp_ends):.2g}. Shaded: from the lowest to the highest of the 13 rates that "
    "were ok in the short runs.",
    alt="Five losses over a learning rate that grows from 1e-6 to 0.1. All stay at 2.3 until about 0.003, dip, and shoot up "
    "at about 0.01.",
)

# %% [markdown]
# A hundred updates instead of 13 times 40, and the same order of magnitude. But the ramp sees each rate
# for one update only. It is lowest where a constant rate would already explode, and it sees nothing
# of the plateau. So take a rate well below the minimum of the ramp: here, three to six times lower.
#
# The answer of the short runs depends on their length as well. In 40 updates 1e-4 looks too low; with more
# of them it would leave the plateau. And a short run can miss an explosion: 5e-3 looked fine for a
# whole epoch. So choose well inside the borders.

# %% [markdown] tags=["BAB-09", "E-40"]
# ### Spot the error: which range?
#
# In our words: one slide concludes that the rate should be in the range $[10^{-3} \dots 10^{-5}]$. The
# next slide draws it with `10 ** uniform(-3, -6)`.

# %% tags=["predict"]
range_share = ...

# %% tags=["check"]
check("babysitting.range_share")

# %% [markdown] tags=["BAB-10"]
# ## 9 · Reading a loss curve
#
# Watch the numbers as pictures. Training loss falls, accuracy rises: the network learns. Beyond
# that, a curve has a shape, and each shape has its usual suspects.

# %% tags=["predict"]
long_flat_start = ...

# %% tags=["check"]
check("babysitting.long_flat_start")

# %% [markdown]
# Eight patients of the clinic. Cover the titles with your hand: could you name the trouble of each?

# %% tags=["demo"]
suspects = {
    "low": "learning rate too low",
    "good": "healthy",
    "high": "learning rate somewhat too high",
    "very high": "learning rate far too high",
    "nan": "NaN: learning rate far too high, or a bug",
    "bad init": "bad initial weights",
    "overfit": "overfitting",
    "noisy": "noise: batches too small",
}
fig, axes = figure(2, 4, size=(9, 4), sharex=True, sharey=True)
for ax, label in zip(axes.flat, CURVE_LABELS, strict=True):
    loss, val_loss = synthetic_curve(label, rng=np.random.default_rng(7))
    ax.plot(range(1, 101), loss, color=COLORS.train, lw=1.5, label="train")
    ax.plot(range(1, 101), val_loss, "--", color=COLORS.validation, lw=1, label="validation")
    ax.set_title(f"{label}")
    ax.set_ylim(0, 6)
axes[0, 0].legend(frameon=False)
for ax in axes[1]:
    ax.set_xlabel("epoch")
for ax in axes[:, 0]:
    ax.set_ylabel("loss (nats)")
show(
    fig,
    caption="A low rate gives nearly a straight line. A high one falls at once and then stalls; a very high one climbs. "
    "The NaN curve simply stops. Bad weights start flat. In overfitting the dashed line turns up. (Made-up curves.)",
    alt="Eight small panels with a training and a validation loss over 100 epochs, one for each of the names low, "
    "good, high, very high, nan, bad init, overfit and noisy.",
)

# %% [markdown]
# ### The clinic is open (optional)
#
# **Explore.** Name the trouble. When you are unsure, ask `classify_curve` for a
# second opinion. It is given: a list of rules of thumb, in the order in which they are tried, whose
# thresholds are chosen and not derived. (`help(classify_curve)` shows them.)

# %% tags=["demo"]
remedies = {
    "low": "Raise the learning rate.",
    "good": "Let it run.",
    "high": "Lower the learning rate, or let it decay.",
    "very high": "Lower the learning rate by a factor of ten.",
    "nan": "Lower the learning rate by a factor of ten; then look for a logarithm of 0.",
    "bad init": "Look at the size of the initial weights.",
    "overfit": "Stop earlier, regularise, or find more data.",
    "noisy": "Take larger batches, or smooth before you judge.",
}


def patient(number):
    rng = np.random.default_rng(1000 + number)
    label = CURVE_LABELS[rng.integers(len(CURVE_LABELS))]
    return label, *synthetic_curve(label, rng=rng)


def start():
    fig, ax = figure(size=(7, 3.2))
    (train_line,) = ax.plot([], [], color=COLORS.train, lw=2, label="train")
    (val_line,) = ax.plot([], [], "--", color=COLORS.validation, lw=1.3, label="validation")
    ax.set(xlabel="epoch", ylabel="loss (nats)", xlim=(0, 101), ylim=(0, 6))
    ax.legend(frameon=False, loc="upper right")
    return fig, (train_line, val_line)


def update(artists, number, answer, opinion):
    label, loss, val_loss = patient(number)
    for line, values in zip(artists, (loss, val_loss), strict=True):
        line.set_data(np.arange(1, 101), np.where(np.isfinite(values), values, np.nan))
    drawn = np.flatnonzero(np.isfinite(loss))
    said = f"Patient {number + 1}: "
    if len(drawn):
        said += (
            f"the training loss begins at {loss[0]:.2f} and is {loss[drawn[-1]]:.2f} in epoch "
            f"{drawn[-1] + 1}, the last that can be drawn. "
        )
    else:
        said += "there is nothing to draw. "
    if opinion:
        said += f"The rules say: {classify_curve(loss, val_loss)}. "
    if answer == label:
        said += f"Yes, {suspects[label]}. {remedies[label]}"
    elif answer != "":
        said += f"Is it “{answer}”? Look again."
    return said


explore(
    start,
    update,
    controls={
        "number": Press("next patient"),
        "answer": Choice(
            {"(your diagnosis)": "", **{label: label for label in CURVE_LABELS}}, label="diagnosis"
        ),
        "opinion": Toggle(False, label="ask the rules"),
    },
    goal="Diagnose ten patients. With which of them do you and the rules disagree?",
    answer="On these made-up curves the rules agree with the truth for each of the first ten patients. "
    "The hard pairs for an eye are high against good (where does it end?) and low against bad init "
    "(is it ever steep?).",
)

# %% [markdown] tags=["BAB-11"]
# ## 10 · The gap
#
# Two accuracies, one on the training set, one on the validation set. The slides say: a big gap is
# overfitting, *increase regularisation strength?* No gap, *increase capacity?* Mind the question
# marks.

# %% tags=["predict"]
gap_remedies = ...

# %% tags=["check"]
check("babysitting.gap_remedies")

# %% tags=["exercise"]
from utils.babysitting import diagnose

# %% tags=["check"]
check("babysitting.diagnose")

# %% [markdown]
# Three networks on the handwritten digits. Which one needs capacity, which one needs something
# else?

# %% tags=["demo"]
digits = load_digits()
few_digits = replace(digits, x_train=digits.x_train[:150], y_train=digits.y_train[:150])


def fit_digits(data, hidden, reg, lr=0.3):
    return train(
        MLP([64, hidden, 10], rng=np.random.default_rng(1)),
        data,
        step=sgd_step,
        lr=lr,
        epochs=30,
        batch_size=30,
        reg=reg,
        rng=np.random.default_rng(0),
        progress=False,
    )


gap_runs = {
    "3 units, 1199 images": fit_digits(digits, 3, 0.0, lr=0.1),
    "32 units, 150 images": fit_digits(few_digits, 32, 0.0),
    "32 units, 1199 images": fit_digits(digits, 32, 0.0),
}
gaps = {name: (run.train_acc[-1], run.val_acc[-1]) for name, run in gap_runs.items()}
diagnoses = {name: diagnose(*pair) for name, pair in gaps.items()}
show(
    small_multiples(gap_runs, cols=3),
    caption="Accuracies after the last epoch and your diagnosis: "
    + "; ".join(f"{n}: {a:.2f} and {b:.2f}, {diagnoses[n]}" for n, (a, b) in gaps.items())
    + ".",
    alt="Three panels with training and validation accuracy over epochs. Three units: both curves together, far below 1. "
    "Few images: training reaches 1, validation stays well below. Many images: both near 1.",
)

# %% [markdown]
# **Explore.** 150 images. The slides name two remedies, capacity and regularisation. Does
# regularisation close the gap? Does it raise the validation accuracy?

# %% tags=["demo"]
widths, penalties = (2, 4, 8, 16, 32), (0.0, 0.01, 0.03, 0.1)
grid = {(h, reg): fit_digits(few_digits, h, reg) for h in widths for reg in penalties}
grid_ends = {f"{h}, {reg}": (r.train_acc[-1], r.val_acc[-1]) for (h, reg), r in grid.items()}


def start():
    fig, ax = figure(size=(7, 3.2))
    (train_line,) = ax.plot([], [], color=COLORS.train, lw=2, label="train")
    (val_line,) = ax.plot([], [], "--", color=COLORS.validation, lw=2, label="validation")
    ax.set(xlabel="epoch", ylabel="accuracy", xlim=(0, 31), ylim=(0, 1.05))
    ax.legend(frameon=False, loc="lower right")
    return fig, (train_line, val_line)


def update(artists, hidden, reg):
    run = grid[hidden, reg]
    for line, values in zip(artists, (run.train_acc, run.val_acc), strict=True):
        line.set_data(np.arange(1, 1 + len(values)), values)
    a, b = run.train_acc[-1], run.val_acc[-1]
    return (
        f"{hidden} hidden units, λ = {reg:g}: training {a:.2f}, validation {b:.2f}, gap {a - b:.2f}. "
        f"Your diagnosis: {diagnose(a, b)}."
    )


explore(
    start,
    update,
    controls={
        "hidden": Choice(widths, label="hidden units", value=8),
        "reg": Choice(penalties, label="regularisation λ"),
    },
    goal="Find the smallest gap and the best validation accuracy. Is it the same network?",
    answer="No. The smallest gap, 0.14, has the network of 2 units without a penalty, which reaches 0.30. The best "
    "validation accuracy, 0.84, has 16 units at λ = 0.01, with a gap of 0.16.",
)

# %% [markdown]
# A small gap is no goal. The smallest ones belong to networks that learn badly. Over six starts, 16
# units instead of 8 make the gap *narrower*, 0.18 instead of 0.22, and the validation accuracy rises
# from 0.74 to 0.82: more capacity, less overfitting. λ = 0.1 narrows the gap of 16 units by lowering
# both curves, and λ = 0.01 changes the validation accuracy by less than two points. Here the remedy of
# the slides does little. More units help, and more data helps most. The question marks are the best
# part of that slide.

# %% [markdown] tags=["BAB-12"]
# ## 11 · The size of a step
#
# One more number to watch. Compare the length of a step with the length of the weights:
#
# $$\text{ratio} = \frac{\lVert \Delta w \rVert}{\lVert w \rVert}, \qquad \Delta w = -\eta\, \frac{\partial L}{\partial w}
# \text{ for plain gradient descent.}$$
#
# If a step changes the weights by half, it forgets what they were. If it changes them by a
# millionth, nothing will happen today. The slides name a rule of thumb. Does it hold?

# %% [markdown] tags=["E-41"]
# ### Spot the error: about okay?
#
# The slides divide the two norms for an example, 0.0002 / 0.02 = 0.01, and call it *about okay*. The
# next line says: *want this to be somewhere around 0.001 or so*. Ten times too large, or okay? Before
# you judge, ask what a good run does.

# %% tags=["predict"]
best_ratio = ...

# %% tags=["check"]
check("babysitting.best_ratio")

# %% tags=["exercise"]
from utils.babysitting import update_ratio

# %% tags=["check"]
check("babysitting.update_ratio")

# %% [markdown]
# Five learning rates in half decades, five starts each, five epochs. From here on we do what step 1
# asks: divide the images by their standard deviation, and use He's initial weights. Beside it, one
# run at the best of these rates goes on for forty epochs, and the run of our walk is shown too. Which
# of them keeps to the rule?


# %% tags=["demo"]
standard = replace(images, x_train=images.x_train / pixel_std, x_val=images.x_val / pixel_std)


def he_net(seed=0):
    return MLP([3072, 50, 10], rng=np.random.default_rng(seed), dtype=np.float32)


def ratios_of(net, data, lr, epochs=5, seed=0):
    """The ratio of every update of the first layer's weights, and the last validation accuracy."""
    old, ratios = net.params["w1"], []
    steps = training_steps(
        net,
        data,
        step=sgd_step,
        lr=lr,
        epochs=epochs,
        batch_size=100,
        rng=np.random.default_rng(seed),
        abort_factor=None,
    )
    with np.errstate(all="ignore"):
        for run in steps:
            new = run.history.model.params["w1"]
            ratios.append(update_ratio(old, new - old))
            old = new
    return ratios, run.history.val_acc[-1]


ratio_runs = {
    lr: [ratios_of(he_net(seed), standard, lr, seed=seed) for seed in range(fewer(5, 1, "seeds"))]
    for lr in (3e-3, 1e-2, 3e-2, 0.1, 0.3)
}
long_ratios, long_acc = ratios_of(he_net(), standard, 0.1, epochs=fewer(40, 15, "epochs"))
tiny_ratios, _ = ratios_of(new_net(), images, 1e-3)
by_rate = {
    lr: (float(np.median([r for r, _ in runs])), float(np.mean([acc for _, acc in runs])))
    for lr, runs in ratio_runs.items()
}
fig, (left, right) = figure(1, 2, size=(9, 3.1))
for lr, marker in zip(ratio_runs, "ov^sX", strict=True):
    medians = [np.median(ratios) for ratios, _ in ratio_runs[lr]]
    left.plot(medians, [acc for _, acc in ratio_runs[lr]], marker, ms=6, label=f"rate {lr:g}")
left.set(xscale="log", xlim=(5e-4, 10), ylim=(0, 0.6))
left.set(xlabel="median of ‖step‖ / ‖weights‖", ylabel="validation accuracy, epoch 5")
left.legend(frameon=False, fontsize=8, loc="upper right")
right.plot(
    1 + np.arange(len(long_ratios)),
    long_ratios,
    color=COLORS.train,
    lw=0.8,
    label="He weights, rate 0.1",
)
right.plot(
    1 + np.arange(len(tiny_ratios)), tiny_ratios, color=COLORS.validation, lw=1.2, label="our walk"
)
right.set(xscale="log", yscale="log", xlabel="update", ylabel="‖step‖ / ‖weights‖", ylim=(1e-4, 1))
right.legend(frameon=False, loc="lower left")
for line in (left.axvline, right.axhline):
    line(1e-3, color=COLORS.reference, ls="--", lw=1)
show(
    fig,
    caption="First layer's weights; the rule of thumb, 1e-3, dashed. "
    + "; ".join(
        f"rate {lr:g}: ratio {r:.2g}, accuracy {acc:.2f}" for lr, (r, acc) in by_rate.items()
    )
    + f". In the long run at 0.1 the median is {np.median(long_ratios[:100]):.2g} in the first five epochs and "
    f"{np.median(long_ratios[-100:]):.2g} in the last five.",
    alt="Left: validation accuracy against the median ratio. Accuracy rises with the ratio up to about 0.03 and then drops "
    "to chance. Right: the ratio over the updates, falling from 0.1 to about 0.001 in the long run; with tiny weights "
    "it lies above 0.01.",
)

# %% [markdown]
# So the slides' first line is right, and their second line needs a date. The rate that learns most in
# five epochs has a ratio of about 0.03, thirty times the rule. A rate that keeps to the rule is slow.
# But the gradients shrink as the loss falls, and in one good run the ratio falls with them, by a
# factor of ten and more. A thousandth describes a run in the middle of its training, not at its
# start. Near 1 the steps destroy what was learnt. Below 1e-4 next to nothing happens.
#
# Our walk has a large ratio, too, for another reason. Its weights began so small that any useful
# step is large beside them. So a ratio that is far off points to the learning rate or to the initial
# weights.
#
# ## 12 · Six broken scripts
#
# Now use it all. Here are six training scripts for our pictures. Each has exactly one bug, each runs
# without an error. You do not get their code, only what your checks say, next to a seventh script that
# is right.
#
# Two checks are new. **The gradient check** compares the gradient with differences of the loss, as in
# [01_backpropagation](../01_backpropagation/01_backpropagation.ipynb): a relative error near 1e-8 is
# right, and 0.01 is a bug. **The blind baseline** asks what a network can do without looking at the
# images at all. It can only learn how frequent each class is. With ten equally frequent classes that is
# a loss of ln 10 and an accuracy of 0.1. A network that ends there does not use its input.


# %% tags=["demo"]
def prepared(mean=True):
    parts = [part.reshape(len(part), -1) for part in (drawn.x_train, drawn.x_val, drawn.x_test)]
    shift = parts[0].mean(axis=0) if mean else 0
    x_train, x_val, x_test = (((part - shift) / pixel_std).astype(np.float32) for part in parts)
    return replace(drawn, x_train=x_train, x_val=x_val, x_test=x_test)


def the_six(seed):
    """Name, data, options of the network, and learning rate; the first one is right."""
    good, rng = prepared(), np.random.default_rng(seed)
    zeros = {"init": lambda fan_in, fan_out, rng: np.zeros((fan_in, fan_out))}
    no_mask = {"activation": (lambda z: (np.maximum(0, z), None), lambda dh, cache: dh)}
    same = replace(good, x_val=good.x_train[:500], y_val=good.y_train[:500])
    return (
        ("right", good, {}, 0.1),
        ("script 1", good, {}, 3.0),
        ("script 2", replace(good, y_train=rng.permutation(good.y_train)), {}, 0.1),
        ("script 3", prepared(mean=False), {}, 0.1),
        ("script 4", same, {}, 0.1),
        ("script 5", good, no_mask, 0.1),
        ("script 6", good, zeros, 0.1),
    )


def gradient_error(net, x, y):
    """The worst relative error among ten large gradients of each weight matrix, in float64."""
    params = {name: p.astype(float) for name, p in net.params.items()}
    net = net.copy()

    def loss_with(name, i, change):
        w = params[name].copy()
        w.flat[i] += change
        net.params = params | {name: w}
        return net.loss(x, y)[0]

    net.params, worst = params, 0.0
    grads = net.loss(x, y)[1]
    for name in ("w1", "w2"):
        places = np.argsort(-np.abs(grads[name]), axis=None)[:40:4]
        ours = grads[name].flat[places]
        numeric = [(loss_with(name, i, 1e-5) - loss_with(name, i, -1e-5)) / 2e-5 for i in places]
        worst = max(worst, relative_error(ours, np.array(numeric)))
    return worst


def sheet(data, options, lr, seed):
    """What the checks of this lecture say about one script."""
    net = MLP([3072, 50, 10], rng=np.random.default_rng(seed), dtype=np.float32, **options)
    x, y = data.x_train, data.y_train
    with np.errstate(all="ignore"):
        losses, accuracies = overfit_tiny(net, x[:20], y[:20], lr=lr, epochs=60)
        first = net.loss(x[:100], y[:100])[0]
        error = gradient_error(net, x[:10].astype(float), y[:10])
        run = train(
            net,
            data,
            step=sgd_step,
            lr=lr,
            epochs=5,
            batch_size=100,
            rng=np.random.default_rng(seed),
            progress=False,
            abort_factor=None,
        )
    return {
        "mean": x.mean(),
        "std": x.std(),
        "first loss": first,
        "20: loss": losses[-1],
        "20: acc": accuracies[-1],
        "grad error": error,
        "loss": run.train_loss[-1],
        "train acc": run.train_acc[-1],
        "val acc": run.val_acc[-1],
    }


sheets = {name: sheet(data, options, lr, 0) for name, data, options, lr in the_six(0)}
print(" " * 10 + "".join(f"{column:>12}" for column in sheets["right"]))
for name, row in sheets.items():
    cells = (f"{v:.0e}" if k == "grad error" else f"{v:.4f}" for k, v in row.items())
    print(f"{name:10}" + "".join(f"{cell:>12}" for cell in cells))

# %% [markdown]
# Columns: mean and standard deviation of the inputs; first loss; loss and accuracy after 60 epochs
# on twenty images; relative error of the gradient; then training loss, training accuracy and
# validation accuracy after five epochs on all images. (He's weights give scores of size 1, so the
# right script starts a little above ln 10.)
#
# Script 1 to begin with: everything that is measured before a step is as it should be, and with the
# first steps the loss is gone. So data, labels, weights and gradient are right, and the step is too
# long. Its learning rate is thirty times that of the others. Now the other five. Take the first
# column that is not as it should be.

# %% tags=["predict"]
script_2 = ...

# %% tags=["check"]
check("babysitting.script_2")

# %% tags=["predict"]
script_3 = ...

# %% tags=["check"]
check("babysitting.script_3")

# %% tags=["predict"]
script_4 = ...

# %% tags=["check"]
check("babysitting.script_4")

# %% tags=["predict"]
script_5 = ...

# %% tags=["check"]
check("babysitting.script_5")

# %% tags=["predict"]
script_6 = ...

# %% tags=["check"]
check("babysitting.script_6")

# %% [markdown]
# **Compare.** No single number finds all six. Script 2 passes every check but the last column; only a look
# at images and labels side by side finds its bug directly. Script 4 passes them all, and what gives it
# away is that it is *too* good. Script 5 learns, and reaches a quarter of right answers and more: without the gradient
# check one would tune its learning rate for a week.

# %% [markdown]
# ## 13 · The dashboard (optional)
#
# All of it at once, and the length of the whole gradient beside the ratios (grey). Start the training,
# and change the learning rate while it runs. Choose tiny weights for the next run and watch the
# plateau in all four panels. What do the hidden units do when it explodes?

# %% tags=["demo"]
starts = {"He": he_net, "tiny, 1e-4": new_net, "too large, 0.3": lambda: new_net(scale=0.3)}
probe = standard.x_val[:200]
bins = np.linspace(0, 4, 21)


def slices(values):
    steps = training_steps(
        starts[values.weights](),
        standard,
        step=sgd_step,
        lr=values.lr,
        epochs=20,
        batch_size=100,
        rng=np.random.default_rng(0),
        abort_factor=None,
    )
    net_before, rate, ratios = None, values.lr, {"w1": [], "w2": [], "gradient": []}
    while True:
        with np.errstate(all="ignore"):
            run = next(steps, None)
            if run is None:
                return
            new = run.history.model.params
            old = new if net_before is None else net_before
            for name in ("w1", "w2"):
                ratios[name].append(update_ratio(old[name], new[name] - old[name]))
            step_sizes = [np.linalg.norm(new[name] - old[name]) for name in new]
            ratios["gradient"].append(float(np.linalg.norm(step_sizes)) / rate)
        net_before, rate = new, values.lr
        run.lr = rate
        yield run.history, ratios


def start():
    fig, axes = figure(2, 2, size=(8.6, 3.9))
    (loss,) = axes[0, 0].plot([], [], color=COLORS.train, lw=1.2)
    axes[0, 0].axhline(math.log(10), color=COLORS.reference, ls="--", lw=1)
    axes[0, 0].set(
        ylabel="batch loss (nats)", xlabel="update", xlim=(0, 402), ylim=(0.05, 100), yscale="log"
    )
    (acc,) = axes[0, 1].plot([], [], "o-", color=COLORS.train, ms=3, label="train")
    (val,) = axes[0, 1].plot([], [], "s--", color=COLORS.validation, ms=3, label="validation")
    axes[0, 1].set(ylabel="accuracy", xlabel="epoch", xlim=(0, 20.5), ylim=(0, 1.02))
    axes[0, 1].legend(frameon=False, loc="lower right")
    axes[1, 0].axhline(1e-3, color=COLORS.reference, ls="--", lw=1)
    (w1,) = axes[1, 0].plot([], [], color=COLORS.train, lw=1.2, label="w1")
    (w2,) = axes[1, 0].plot([], [], ":", color=COLORS.validation, lw=1.6, label="w2")
    (norm,) = axes[1, 0].plot([], [], color=COLORS.reference, lw=0.8, label="‖gradient‖")
    axes[1, 0].set(ylabel="‖step‖ / ‖weights‖", xlabel="update", xlim=(0, 402))
    axes[1, 0].set(yscale="log", ylim=(1e-6, 1e3))
    axes[1, 0].legend(frameon=False, loc="lower right", ncols=3)
    bars = axes[1, 1].bar(bins[:-1] + 0.1, np.zeros(20), 0.18, color=COLORS.yours)
    axes[1, 1].set(
        xlabel="output of the hidden units (last bar: more)", ylabel="share", ylim=(0, 1)
    )
    return fig, (loss, acc, val, w1, w2, norm, list(bars))


def update(artists, state, weights, lr):
    loss, acc, val, w1, w2, norm, bars = artists
    history, ratios = state
    t = np.arange(1, 1 + len(history.loss))
    loss.set_data(t, np.clip(np.nan_to_num(history.loss, nan=1e9), 0.05, 100))
    for line, name in ((w1, "w1"), (w2, "w2"), (norm, "gradient")):
        line.set_data(t[1:], np.clip(np.nan_to_num(ratios[name], nan=1e9), 1e-6, 1e3)[1:])
    epoch = np.arange(1, 1 + len(history.val_acc))
    acc.set_data(epoch, history.train_acc)
    val.set_data(epoch, history.val_acc)
    hidden = history.model.activations(probe)[0]
    finite = hidden[np.isfinite(hidden)]
    counts, _ = np.histogram(np.minimum(finite, 3.99), bins=bins)
    for bar, count in zip(bars, counts, strict=True):
        bar.set_height(count / max(1, hidden.size))
    silent = (hidden == 0).mean()
    best = f"{max(history.val_acc):.2f}" if history.val_acc else "not known yet"
    return (
        f"Update {len(t)}, rate {lr:.2g}: batch loss {history.loss[-1]:.3g}, ratios {ratios['w1'][-1]:.1e} and "
        f"{ratios['w2'][-1]:.1e}, {silent:.0%} of the hidden outputs are 0. Best validation accuracy {best}. "
        f"The next new run starts with weights: {weights}."
    )


live(
    start,
    slices,
    update,
    controls={
        "weights": Choice(list(starts), label="initial weights"),
        "lr": LogSlider(1e-4, 3, value=1e-2, label="learning rate"),
    },
    goal="Bring the validation accuracy above 0.5 in one run by changing the rate as it goes. Then raise it until the run "
    "explodes: which panel warned you first?",
    answer="At 0.1 with He's weights some ten epochs are enough for 0.5. A step that is too long shows first in the lower "
    "left panel: the steps come near the size of the weights, and the gradient jumps, updates before an epoch is over.",
    preview=60,
    per_second=30,
)

# %% [markdown]
# ## 14 · The same walk on photographs (optional)
#
# If the CIFAR-10 archive lies in the `data` folder, the next cell repeats the walk on it. To fetch
# it (170 MB), run `load_cifar10()` once in a cell of your own.


# %% tags=["demo"]
def whole_walk(data):
    """The numbers of the walk on any set of images."""
    x, y = data.x_train, data.y_train
    found = {
        "first loss": new_net().loss(x[:100], y[:100])[0],
        "with reg = 1000": new_net().loss(x[:100], y[:100], reg=1e3)[0],
        "20 images, 200 epochs": float(overfit_tiny(new_net(), x[:20], y[:20], lr=1e-3)[0][-1]),
    }

    def losses(lr):
        with np.errstate(all="ignore"):
            return train(
                new_net(),
                data,
                step=sgd_step,
                lr=lr,
                epochs=5,
                batch_size=100,
                reg=1e-6,
                rng=np.random.default_rng(0),
            ).loss

    return found, lr_range_test(losses, [1e-6, 1e-3, 3e-3, 1e6])


if (FOLDER / "cifar-10-python.tar.gz").exists():
    photographs, photo_verdicts = whole_walk(centred(load_cifar10(2000, 500, 10)))
    values = zip(photographs.items(), (2.30261216167, 3.06859716482, 0.002597), strict=True)
    compare(
        [(name, ours, theirs) for (name, ours), theirs in values],
        rel_tol=0.01,
        caption=f"The walk on CIFAR-10, 2000 photographs. Verdicts on the rates: {photo_verdicts}.",
    )
else:
    print("CIFAR-10 is not in the data folder. The walk on the drawn pictures stands for it.")

# %% [markdown]
# ## After the slides
#
# - The walk became a checklist that many practitioners follow: look at the data, get a blind baseline,
#   overfit a little, and only then regularise (Karpathy, 2019).
# - The ramp of section 8 is the *learning-rate finder* of many libraries (Smith, 2017). You have seen
#   where it is right, and where it is late.
# - Tools log the norm of the gradient beside the loss. Where it jumps, clipping the gradient and a
#   warm-up of the rate are the usual answers.
# - Good initial weights and normalisation have made the long plateau of section 4 rare.
#
# **Three questions for next week.** Which number must a network for 100 classes print before its first
# step? Why does overfitting twenty images not find shuffled labels? What makes a NaN loss come with a
# constant accuracy?

# %% [markdown]
# ## Errata of the slides
#
# `uniform(-3, -6)` has its bounds in the wrong order: low comes first, and NumPy's generators refuse it.
# The program for twenty images passes them as validation set, too, so that its last line, “best validation
# accuracy 1.000000”, says nothing.

# %% [markdown]
# ## What to remember
#
# - Look at the data as the network sees it, labels beside it. Then check the gradient.
# - Before training: the loss is ln K. With a strong penalty it goes up, by a number you can
#   compute. State whether your λ carries a half.
# - Overfit twenty examples. A network that cannot memorise them has a bug, or a wrong rate.
# - Flat loss: rate too low. NaN or inf: rate too high. Between them search on a logarithmic scale,
#   well inside the borders.
# - Accuracy needs only the largest score, the loss needs its size. So either can move while the
#   other stands still.
# - `argmax` of NaN is class 0: a constant accuracy of about 1/K is a symptom. With NaN, `<`, `<=`,
#   `>`, `>=` and `==` are all False; only `!=` is True.
# - Flat first, falling later: look at the initial weights. Validation loss turning up: overfitting.
#   Jumps: noise. A gap is a symptom, a remedy is a hypothesis, the validation accuracy decides.
# - Watch the size of a step relative to the weights: some hundredths at the start and a thousandth
#   later are healthy; near 1, or far below 1e-4, look at the learning rate and the initial weights.
# - A learning rate is good for one data set, one network and its units. Measure it anew.

# %% [markdown]
# ## Read on
#
# - CS231n, *Convolutional Neural Networks for Visual Recognition*, notes on neural networks, part
#   3: the source of this walk.
# - Goodfellow, Bengio, Courville, *Deep Learning*, 2016, chapter 8.
# - Bergstra, Bengio, *Random Search for Hyper-Parameter Optimization*, 2012.
# - Karpathy, *A Recipe for Training Neural Networks*, 2019: the checklist, with the reasons.
# - Smith, *Cyclical Learning Rates for Training Neural Networks*, 2017: the ramp.
# - Godbole and others, *Deep Learning Tuning Playbook*, 2023: what to log, and what to do about it.
# - Glorot, Bengio, *Understanding the difficulty of training deep feedforward neural networks*,
#   2010: why a bad start makes a plateau.
#
# Once the range of learning rates is known, the search for good settings goes from coarse to fine.

# %% tags=["demo"]
progress()
