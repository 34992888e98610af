# %% [markdown]
# # 10 · Dropout
#
# Take a network in training. In every step, switch off half of its units, chosen at random. It sounds
# like sabotage. It is one of the most used cures for *overfitting*, where a network memorises its
# training examples and fails on new ones.
#
# **After this lecture you can**
#
# - write dropout in both of its forms, forward and backward, and say which number belongs where;
# - compute the mean over all masks in three ways, and say when the cheap one is wrong;
# - measure what dropout does: to single units, to the gap between training and validation, and to
#   the prediction as an ensemble;
# - say of which ensemble the single pass is an exact mean, and read the disagreement of many passes as doubt;
# - derive the penalty that dropout amounts to in a linear model;
# - and, optionally, write relatives that drop connections, whole blocks or pixels.
#
# **Time** Two hours for sections 1 to 7, with a break after section 4. Sections 8 to 11, the relatives,
# are optional: half an hour for those who want more. **Builds on** the chain rule, dense layers and softmax
# ([01](../01_backpropagation/01_backpropagation.ipynb)), ReLU
# ([02](../02_activations/02_activations.ipynb)); mean and variance of a random number.
#
# Many functions of this lecture draw random numbers. Their checks do not ask for certain numbers; they
# ask whether the right share is kept, whether units fall independently, whether the scale is right.
# Draw in any way you like, but from the `rng` that is passed in. A function returns a new array, never its
# argument.

# %% tags=["setup"]
from collections.abc import Callable
from functools import partial

import numpy as np
from jaxtyping import Bool, Float, Int

from grader import borrow, check, failing, hint, progress
from utils.activations import relu_backward, relu_forward
from utils.data import Dataset, load_digits
from utils.dropout import (
    corrupt_one_feature,
    drop_profile,
    dropconnect_apply,
    fmp_forward,
    residual_net_backward,
    residual_net_forward,
    vanilla_dropout_backward,
)
from utils.initialization import he_normal
from utils.layers import affine_backward, affine_forward
from utils.losses import softmax, softmax_loss
from utils.optimizers import momentum_step
from utils.pace import fewer
from utils.plots import COLORS, compare, figure, show
from utils.training import train, training_steps
from utils.widgets import Choice, Press, Slider, Toggle, explore, live

# %% [markdown] tags=["DRP-01"]
# ## 1 · Dropping units
#
# Let $h$ be the activations of a layer. Draw a mask $M$ of the same shape, where each entry is
#
# $$M_{ij} = \begin{cases} 1 & \text{with probability } p_{keep} \\ 0 & \text{with probability }
# p_{drop} = 1 - p_{keep} \end{cases} \qquad\text{and put}\qquad h \leftarrow h \odot M .$$
#
# ($\odot$ multiplies entry by entry.) The entries are independent of each other. Each example of a batch
# has its own row, so each example meets its own thinned network. A new mask is drawn in every step. The
# probability is a *hyperparameter*: you choose it, the network does not learn it. One half is common.
#
# So a step trains a random part of the network. Weights that lead into or out of a dropped unit get no
# gradient from this example.

# %% [markdown] tags=["E-49"]
# ### Spot the error: what is $p$?
#
# Four slide decks, four ways to say how much is dropped: "drop with probability $p$"; "keep with
# probability $p$"; "the share of dropout"; and one that says *drop* in its text and *keep* in its code.

# %% tags=["predict"]
keep_or_drop = ...

# %% tags=["check"]
check("dropout.keep_or_drop")

# %% [markdown]
# Now write the mask.

# %% tags=["exercise"]
from utils.dropout import dropout_mask

# %% tags=["check"]
check("dropout.dropout_mask")

# %% [markdown]
# **Explore.** Left the network with all its units, right what one example meets in one step. Grey
# crosses are dropped units.


# %% tags=["demo"]
def draw_thinned():
    fig, axes = figure(1, 2, size=(8.5, 3.2))
    places = [
        np.stack([np.full(n, k), np.linspace(-1, 1, n)], 1) for k, n in enumerate((4, 7, 7, 3))
    ]
    lines, crosses = {}, []
    for ax, title in zip(axes, ("all units", "one example, one step"), strict=True):
        for k in range(3):
            for i, a in enumerate(places[k]):
                for j, b in enumerate(places[k + 1]):
                    (line,) = ax.plot(*np.stack([a, b]).T, color=COLORS.train, lw=0.6, alpha=0.6)
                    if ax is axes[1]:
                        lines[k, i, j] = line
        for layer in places:
            ax.plot(*layer.T, "o", ms=11, color="white", mec=COLORS.train, mew=1.5, zorder=3)
        ax.set(title=title, xlim=(-0.3, 3.3), ylim=(-1.25, 1.2), xticks=[], yticks=[])
        ax.set_xlabel("input, two hidden layers, output")
        ax.grid(False)
    for layer in places[1:3]:
        crosses.append(
            [
                axes[1].plot(*p, "x", ms=13, mew=2.5, color=COLORS.reference, zorder=4)[0]
                for p in layer
            ]
        )
    return fig, {"lines": lines, "crosses": crosses}


def move_thinned(artists, p_drop, step):
    rng_of_step = np.random.default_rng(100 + step)
    masks = [dropout_mask((1, 7), p_drop=p_drop, rng=rng_of_step)[0] for _ in range(2)]
    there = [np.ones(4, bool), *masks, np.ones(3, bool)]
    for (k, i, j), line in artists["lines"].items():
        line.set_visible(bool(there[k][i] and there[k + 1][j]))
    for mask, row in zip(masks, artists["crosses"], strict=True):
        for kept, cross in zip(mask, row, strict=True):
            cross.set_visible(not kept)
    weights = sum(int(there[k].sum() * there[k + 1].sum()) for k in range(3))
    return (
        f"Dropped with probability {p_drop:.2f}: {sum(m.sum() for m in masks)} of 14 hidden units are "
        f"there, and {weights} of 98 weights take part."
    )


explore(
    draw_thinned,
    move_thinned,
    controls={
        "p_drop": Slider(0.0, 0.95, 0.05, 0.5, label="p_drop"),
        "step": Press("next step"),
    },
    goal="Half of the units are dropped. Which share of the weights between the two hidden layers is "
    "left, on average? Find the p_drop at which a whole layer is sometimes gone.",
    answer="A quarter: a weight needs both of its ends. All 7 units of a layer are gone with probability "
    "p_drop⁷: 1 % at 0.5, 21 % at 0.8, 70 % at 0.95.",
)

# %% [markdown] tags=["DRP-05"]
# ## 2 · And at test time?
#
# With dropout the output depends on the mask $z$: $y = f(x, z)$. A prediction should not depend on luck.
# We would like the mean over all masks,
#
# $$y = E_z[f(x, z)] = \int p(z)\,f(x, z)\,dz .$$
#
# Here $E_z$ is the mean over $z$, and $p(z)$ says how likely a mask is. Since masks can be counted, the
# integral is a sum with one term for each mask. It is hard all the same.

# %% tags=["predict"]
test_time = ...

# %% tags=["check"]
check("dropout.test_time")

# %% [markdown]
# Look at a single neuron with two inputs, $a = w_1x_1 + w_2x_2$, each input kept half of the time. There
# are four masks, all equally likely:
#
# $$E[a] = \tfrac14(w_1x_1 + w_2x_2) + \tfrac14\,w_1x_1 + \tfrac14\,w_2x_2 + \tfrac14 \cdot 0
# = \tfrac12(w_1x_1 + w_2x_2).$$
#
# One half of the full output: that is the scale we were looking for.

# %% [markdown] tags=["E-50"]
# ### Spot the error: multiply by what?
#
# With one half you cannot see what the one half is. Is it the probability of keeping, or of dropping? A
# slide decides.

# %% tags=["predict"]
e50 = ...

# %% tags=["check"]
check("dropout.e50")

# %% [markdown]
# ### All masks
#
# Do not trust a formula that you can check. A neuron with few inputs has few masks, so go through all of
# them. How likely is each?

# %% tags=["exercise"]
from utils.dropout import expected_output_exact

# %% tags=["check"]
check("dropout.expected_output_exact")

# %% [markdown]
# ### The rule of thumb
#
# And this is what we do when there are too many masks: one pass with all inputs, scaled to the mean.

# %% tags=["exercise"]
from utils.dropout import expected_output_scaled

# %% tags=["check"]
check("dropout.expected_output_scaled")

# %% tags=["demo"]
two_inputs, two_weights = np.array([1.0, 2.0]), np.array([0.1, 0.21])
full_output = two_inputs @ two_weights
slide_numbers = {
    "mean over all masks": expected_output_exact(two_inputs, two_weights, p_drop=0.2),
    "probability of keeping × full output": expected_output_scaled(
        two_inputs, two_weights, p_drop=0.2
    ),
    "probability of dropping × full output": 0.2 * full_output,
}
compare(
    [
        (name, ours, by_hand)
        for (name, ours), by_hand in zip(slide_numbers.items(), (0.416, 0.416, 0.104), strict=True)
    ],
    rel_tol=1e-9,
    printed="by hand",
    caption="A linear neuron with the full output 0.52, its inputs kept with probability 0.8. The slide's "
    "rule is the last row: a quarter of what it should be.",
)

# %% [markdown]
# For a linear neuron the rule of thumb is exact: the mean of a sum is the sum of the means. A mask that
# keeps $k$ of $d$ inputs has the probability $p_{keep}^{\,k}\;p_{drop}^{\,d-k}$, and in the sum over all
# masks each term $w_ix_i$ collects $p_{keep}$ in all. Real neurons are nonlinear.

# %% tags=["predict"]
jensen = ...

# %% tags=["check"]
check("dropout.jensen")

# %% [markdown]
# How far below is it? That is a question for an experiment, and for a real layer an experiment cannot go
# through all masks. It draws some. This third way is called *Monte Carlo*. Again the inputs that are kept
# stay as they are.

# %% tags=["exercise"]
from utils.dropout import expected_output_sampled

# %% tags=["check"]
check("dropout.expected_output_sampled")

# %% [markdown]
# Left: 400 random ReLU neurons with ten inputs, half of them dropped. How good is the scaled output?
# Right: one of them. How many masks does Monte Carlo need until it beats the scaling?

# %% tags=["demo"]
rng = np.random.default_rng(0)
neurons = [(rng.standard_normal(10), rng.standard_normal(10)) for _ in range(400)]
exact_relu = [expected_output_exact(x, w, p_drop=0.5, activation="relu") for x, w in neurons]
scaled_relu = [expected_output_scaled(x, w, p_drop=0.5, activation="relu") for x, w in neurons]
share_below = np.mean(np.array(scaled_relu) < np.array(exact_relu) - 1e-12)
share_zero = np.mean(np.array(scaled_relu) == 0)
counts = 10 ** np.arange(1, 5)
mc_errors = [
    np.mean(
        [
            abs(
                expected_output_sampled(
                    *neurons[0], p_drop=0.5, n_samples=int(n), rng=rng, activation="relu"
                )
                - exact_relu[0]
            )
            for _ in range(20)
        ]
    )
    for n in counts
]
scaling_error = abs(scaled_relu[0] - exact_relu[0])

fig, (left, right) = figure(1, 2, size=(8.8, 3.4))
left.plot(exact_relu, scaled_relu, "o", ms=3, color=COLORS.train, alpha=0.5, label="ours")
left.plot([0, 6], [0, 6], "--", color=COLORS.reference, lw=1, label="equal")
left.set(xlabel="exact mean of the output", ylabel="scaled output", xlim=(0, 6), ylim=(-0.2, 6))
left.legend(frameon=False)
right.loglog(counts, mc_errors, "o-", color=COLORS.train, label="Monte Carlo")
right.loglog(
    counts, mc_errors[0] * np.sqrt(counts[0] / counts), ":", color=COLORS.train, label="∝ 1/√n"
)
right.axhline(scaling_error, ls="--", color=COLORS.validation, label="scaling")
right.set(xlabel="number of masks n", ylabel="error (mean of 20 runs)")
right.legend(frameon=False)
show(
    fig,
    caption=f"Left: {share_below:.0%} of the neurons lie below the diagonal, none above; {share_zero:.0%} of "
    "the scaled outputs are 0 where the mean is not. Right: the error of Monte Carlo shrinks with the "
    "square root of the number of masks; that of the scaling stays.",
    alt="Left: scatter of scaled output against exact mean; all points on or below the diagonal, many at "
    "zero. Right: error of Monte Carlo over the number of masks falls as a straight line on logarithmic "
    "axes; the error of the scaling is a horizontal line.",
)

# %% [markdown]
# So the rule of thumb can be far off for one neuron. Random weights are a bad case, since positive and
# negative terms cancel in the mean. After training, and over many neurons, it does far better. You will
# see that in sections 3 and 7.
#
# **Explore.** One neuron, eight inputs, all 256 masks. The bars show the outputs with their probabilities.

# %% tags=["demo"]
eight = np.random.default_rng(4).standard_normal((40, 2, 8))
eight[0] = np.abs(eight[0]) * [[1.0], [0.4]]
all_masks = (np.arange(256)[:, None] >> np.arange(8)) & 1


def draw_outputs():
    fig, ax = figure(size=(8.4, 3.3))
    bars = ax.bar(np.linspace(-3.9, 3.9, 40), np.zeros(40), 0.19, color=COLORS.train, alpha=0.4)
    lines = [
        ax.axvline(0, color=color, lw=2.5, ls=style, label=label)
        for color, style, label in (
            (COLORS.train, "-", "mean over all masks"),
            (COLORS.yours, "--", "scaled by keeping"),
            (COLORS.warning, ":", "scaled by dropping (the slide)"),
        )
    ]
    ax.set(xlabel="output of the neuron", ylabel="probability", xlim=(-4, 4), ylim=(0, 1))
    ax.legend(frameon=False, loc="upper left")
    return fig, (list(bars), lines)


def move_outputs(artists, p_drop, activation, neuron):
    bars, lines = artists
    x, w = eight[neuron % len(eight)]
    outputs = all_masks @ (w * x)
    outputs = np.maximum(0, outputs) if activation == "relu" else outputs
    kept = all_masks.sum(axis=1)
    probability = (1 - p_drop) ** kept * p_drop ** (8 - kept)
    share, _ = np.histogram(np.clip(outputs, -3.99, 3.99), 40, (-4, 4), weights=probability)
    for bar, value in zip(bars, share, strict=True):
        bar.set_height(value)
    places = [
        expected_output_exact(x, w, p_drop=p_drop, activation=activation),
        expected_output_scaled(x, w, p_drop=p_drop, activation=activation),
        p_drop * expected_output_scaled(x, w, p_drop=0.0, activation=activation),
    ]
    for line, place in zip(lines, places, strict=True):
        line.set_xdata([place, place])
    return (
        f"A {activation} neuron, p_drop = {p_drop:.2f}: the mean over all masks is {places[0]:.3f}; "
        f"scaled by keeping {places[1]:.3f}; scaled by dropping {places[2]:.3f}."
    )


explore(
    draw_outputs,
    move_outputs,
    controls={
        "p_drop": Slider(0.0, 0.95, 0.05, 0.2, label="p_drop"),
        "activation": Choice(["linear", "relu"], label="activation"),
        "neuron": Press("another neuron"),
    },
    goal="Where do the dotted and the dashed line meet? Then take ReLU and look for a neuron whose scaled "
    "output is 0 while its mean is not.",
    answer="At p_drop = 0.5: there keeping and dropping are equally likely, which hides the error. A ReLU "
    "neuron whose full sum is negative has the scaled output 0 at every p_drop, but some of its masks give a "
    "positive sum.",
)

# %% [markdown] tags=["DRP-02"]
# ## 3 · Vanilla dropout
#
# A slide shows dropout in this form, with the columns of `X` as examples and a bare `p`:
#
# ```python
# # training                               # testing
# H1 = np.maximum(0, W1 @ X + b1)          H1 = np.maximum(0, W1 @ X + b1) * p
# U1 = np.random.rand(*H1.shape) < p
# H1 *= U1                                 # the same for the second hidden layer
# out = W3 @ H2 + b3                       # nothing is dropped in the output
# ```
#
# What is `p` here: keep or drop? The code tells. It puts a 1 where a uniform number lies *below* `p`.
#
# Write it as a layer of our own, with `p_drop`. In both phases it multiplies by a factor, and the factor
# is all that the backward pass needs.

# %% tags=["exercise"]
from utils.dropout import vanilla_dropout_forward

# %% tags=["check"]
check("dropout.vanilla_dropout_forward")

# %% [markdown]
# Does a trained network agree with the rule? Take three networks for digits, trained with vanilla
# dropout in two hidden layers. What we want at test time is the mean of the scores over many masks. Now
# multiply the hidden activations at test time by a number $s$ of our choice. Which $s$ comes nearest?


# %% tags=["demo"]
from tqdm.auto import tqdm


class DropoutNet:
    """Dense ReLU network that drops hidden units with the functions of this notebook."""

    loss_fn = staticmethod(softmax_loss)

    def __init__(self, sizes, p_drop, drop, seed=0):
        rng = np.random.default_rng(seed)
        self.p_drop, self.drop, self.depth, self.params = p_drop, drop, len(sizes) - 1, {}
        for n in range(1, len(sizes)):
            self.params[f"w{n}"] = he_normal(sizes[n - 1], sizes[n], rng=rng)
            self.params[f"b{n}"] = np.zeros(sizes[n])

    def forward(self, h, train=False, rng=None):
        caches = []
        for n in range(1, self.depth):
            z, affine = affine_forward(h, self.params[f"w{n}"], self.params[f"b{n}"])
            h, relu = relu_forward(z)
            h, mask = self.drop[0](h, p_drop=self.p_drop, train=train, rng=rng)
            caches.append((affine, relu, mask))
        n = self.depth
        scores, affine = affine_forward(h, self.params[f"w{n}"], self.params[f"b{n}"])
        return scores, h, [*caches, affine]

    def scores(self, x):
        return self.forward(x)[0]

    def loss(self, x, y, *, reg=0.0, train=True, rng=None):
        scores, _, (*caches, last) = self.forward(x, train, rng)
        loss, dscores = softmax_loss(scores, y)
        dh, dw, db = affine_backward(dscores, last)
        grads = {f"w{self.depth}": dw, f"b{self.depth}": db}
        for n in range(self.depth - 1, 0, -1):
            affine, relu, mask = caches[n - 1]
            dz = relu_backward(self.drop[1](dh, mask), relu)
            dh, grads[f"w{n}"], grads[f"b{n}"] = affine_backward(dz, affine)
        return loss, grads


digits = load_digits()
fit = partial(
    train, step=partial(momentum_step, mu=0.9), batch_size=50, abort_factor=None, progress=False
)

vanilla = (vanilla_dropout_forward, vanilla_dropout_backward)
scales = np.linspace(0.05, 1, 39)
distance_at_scale, best_scale = {}, {}
fig, ax = figure(size=(7.4, 3.3))
for p_drop, color, style in zip(
    tqdm((0.2, 0.5, 0.8), leave=False, delay=1),
    (COLORS.train, COLORS.validation, COLORS.yours),
    ("-", "--", "-."),
    strict=True,
):
    net = DropoutNet([64, 100, 100, 10], p_drop, vanilla)
    some = fewer(15, 5, "epochs")
    net = fit(net, digits, lr=0.05, epochs=some, rng=np.random.default_rng(0)).model
    rng = np.random.default_rng(1)
    draws = range(fewer(150, 30, "masks"))
    mean_scores = np.mean([net.forward(digits.x_val, True, rng)[0] for _ in draws], axis=0)
    distances = []
    for s in scales:
        net.drop = (lambda h, s=s, **_: (s * h, None), None)
        off = np.linalg.norm(net.scores(digits.x_val) - mean_scores)
        distances.append(off / np.linalg.norm(mean_scores))
    distance_at_scale[p_drop] = distances
    best_scale[p_drop] = scales[int(np.argmin(distances))]
    ax.plot(scales, distances, style, color=color, lw=2, label=f"p_drop = {p_drop}")
    ax.plot(1 - p_drop, np.interp(1 - p_drop, scales, distances), "o", ms=9, color=color)
ax.set(
    xlabel="factor s on the hidden activations at test time", ylabel="relative distance to the mean"
)
ax.set(yscale="log", xlim=(0, 1.02))
ax.legend(frameon=False)
show(
    fig,
    caption="Distance of the test scores from the mean over 150 masks. Dots: s = 1 − p_drop. The best s is "
    + ", ".join(f"{s:.2f} (p_drop {p})" for p, s in best_scale.items())
    + ". Forgetting the scale is s = 1; the slide's words mean s = p_drop.",
    alt="Relative distance over the factor s for p_drop 0.2, 0.5 and 0.8, logarithmic. Each curve is a "
    "sharp valley whose bottom lies at s = 1 - p_drop, marked by a dot.",
)

# %% [markdown]
# The valleys are narrow, and they lie where $s$ is the probability of keeping. Forget the scale, and the
# scores of the third network are off by more than twenty times their size.

# %% [markdown] tags=["DRP-06"]
# ## 4 · Inverted dropout
#
# Slides label the vanilla form "not recommended". It touches the test pass, which should be fast and
# free of anything that belongs to training. The remedy is to scale in *training* instead. By what?

# %% tags=["predict"]
survivor_scale = ...

# %% tags=["check"]
check("dropout.survivor_scale")

# %% [markdown]
# Now the layer. This is the dropout of PyTorch and Keras, and of our library.

# %% tags=["exercise"]
from utils.dropout import dropout_forward

# %% tags=["check"]
check("dropout.dropout_forward")

# %% [markdown]
# The slides' code does it in one line, again with `p` for keeping:
# `U1 = (np.random.rand(*H1.shape) < p) / p`.
#
# And the backward pass. A dropped unit had no say in the output. What does the chain rule make of that?

# %% tags=["exercise"]
from utils.dropout import dropout_backward

# %% tags=["check"]
check("dropout.dropout_backward")

# %% [markdown]
# A warning. A *gradient check* moves each input a little, runs your own forward pass, and compares the
# change of the loss with your backward pass. Dropout that drops nothing passes it. So does a wrong scale
# that is used both ways. And if a new mask is drawn in each evaluation, even right code fails, since the
# loss jumps: freeze the mask first. Only properties of the forward pass, like those that the checks above
# test, tell that a layer is *dropout*.
#
# **A good place for a break.**

# %% [markdown] tags=["DRP-07"]
# ## 5 · Two modes
#
# One slide says it with an exclamation mark: dropout works differently in training and at test time! So
# every library has a switch (`model.train()`, `model.eval()`), and everybody forgets it once.

# %% tags=["predict"]
left_in_training = ...

# %% tags=["check"]
check("dropout.left_in_training")

# %% [markdown]
# Ten predictions of one digit with the switch left in training, one in evaluation mode. The digit is
# one that the network finds hard.

# %% tags=["demo"]
inverted = (dropout_forward, dropout_backward)
hard_net = fit(
    DropoutNet([64, 100, 10], 0.5, inverted),
    digits,
    lr=0.05,
    epochs=15,
    rng=np.random.default_rng(0),
).model
rng = np.random.default_rng(0)
test_scores = hard_net.scores(digits.x_test)
eval_accuracy = np.mean(test_scores.argmax(axis=1) == digits.y_test)
train_accuracies = [
    np.mean(hard_net.forward(digits.x_test, True, rng)[0].argmax(axis=1) == digits.y_test)
    for _ in range(10)
]
hardest = int(np.argmin(softmax(test_scores).max(axis=1)))
one = digits.x_test[hardest : hardest + 1]
ten = np.concatenate([softmax(hard_net.forward(one, True, rng)[0]) for _ in range(10)])
different_winners = len(set(ten.argmax(axis=1)))
evaluated = softmax(hard_net.scores(one))[0]

fig, (left, right) = figure(1, 2, size=(8.6, 3), width_ratios=(1, 3.2))
left.imshow(one.reshape(8, 8), cmap="gray_r")
left.set(xticks=[], yticks=[], title=f"a {digits.y_test[hardest]}")
left.grid(False)
right.plot(range(10), ten.T, "o-", color=COLORS.validation, lw=0.8, ms=3, alpha=0.5)
right.plot(range(10), evaluated, "s-", color=COLORS.train, lw=2.5, label="evaluation mode")
right.plot([], [], "o-", color=COLORS.validation, lw=0.8, ms=3, label="training mode, ten times")
right.set(xlabel="class", ylabel="probability", xticks=range(10), ylim=(0, 1))
right.legend(frameon=False)
show(
    fig,
    caption=f"The ten predictions name {different_winners} different classes; evaluation mode always says the same. "
    f"On the whole test set: {eval_accuracy:.1%} at test time, {min(train_accuracies):.1%} to "
    f"{max(train_accuracies):.1%} with the switch left in training.",
    alt="Left a handwritten digit. Right the probabilities of the ten classes: ten thin lines that differ "
    "widely, and one thick line.",
)

# %% [markdown] tags=["DRP-03"]
# ## 6 · How can this be a good idea?

# %% tags=["predict"]
good_idea = ...

# %% tags=["check"]
check("dropout.good_idea")

# %% [markdown]
# The slides draw it like this: a unit says *cat* because of an ear, a tail, fur, claws, a mischievous
# look. Cross out any one of them, and the rest must still be enough.
#
# A good story. Is it true? Measure it: how much accuracy is lost when one feature is removed, and the
# rest stays? (`corrupt_one_feature(x, j)`, from the setup cell, is a copy of `x` with column $j$ set to 0.)

# %% tags=["exercise"]
from utils.dropout import robustness_scores

# %% tags=["check"]
check("dropout.robustness_scores")

# %% [markdown]
# Take two digit classifiers with 32 hidden units, one trained with dropout. How much accuracy does each
# lose when one unit is removed?

# %% tags=["demo"]
twins = {
    p_drop: fit(
        DropoutNet([64, 32, 10], p_drop, inverted),
        digits,
        lr=0.05,
        epochs=30,
        rng=np.random.default_rng(0),
    ).model
    for p_drop in tqdm((0.0, 0.5), leave=False, delay=1)
}


def hidden_and_predict(net):
    """Hidden activations on the validation set, and the classifier that reads them."""
    _, hidden, _ = net.forward(digits.x_val)
    return hidden, lambda h: (h @ net.params["w2"] + net.params["b2"]).argmax(axis=1)


unit_scores, full_accuracy = {}, {}
fig, ax = figure(size=(8, 3))
for (p_drop, net), color, shift in zip(
    twins.items(), (COLORS.reference, COLORS.train), (-0.2, 0.2), strict=True
):
    hidden, predict = hidden_and_predict(net)
    full_accuracy[p_drop] = np.mean(predict(hidden) == digits.y_val)
    unit_scores[p_drop] = np.sort(robustness_scores(predict, hidden, digits.y_val))[::-1]
    ax.bar(np.arange(32) + shift, unit_scores[p_drop], 0.4, color=color, label=f"p_drop = {p_drop}")
ax.set(xlabel="hidden unit, the most important one first", ylabel="accuracy lost without it")
ax.legend(frameon=False)
show(
    fig,
    caption="Accuracy with all units: "
    + " and ".join(f"{a:.1%} (p_drop {p})" for p, a in full_accuracy.items())
    + ". The most important unit costs "
    + " and ".join(f"{100 * s[0]:.1f}" for s in unit_scores.values())
    + " points, the average one "
    + " and ".join(f"{100 * s.mean():.1f}" for s in unit_scores.values())
    + ". A bar below 0: without this unit the network is even a little better.",
    alt="Bars: accuracy lost by removing each of 32 hidden units, for a network without and one with "
    "dropout. The bars without dropout are several times as high.",
)

# %% [markdown]
# The story holds. With dropout, removing any single unit barely hurts. There is a price, too: this network is small,
# and with half of its units missing in training it ends a little below its twin.
#
# **Explore.** Remove one unit after the other.

# %% tags=["demo"]
removal_orders = [np.random.default_rng(s).permutation(32) for s in range(20)]
twin_parts = [hidden_and_predict(net) for net in twins.values()]


def accuracy_curve(hidden, predict, gone):
    """Validation accuracy with 0 to 32 units removed, in the order given."""
    rest, curve = hidden.copy(), []
    for n in range(33):
        curve.append(np.mean(predict(rest) == digits.y_val))
        if n < 32:
            rest[:, gone[n]] = 0
    return curve


units_survived = [
    [int(np.argmax(np.array(accuracy_curve(*part, gone)) < 0.5)) for gone in removal_orders]
    for part in twin_parts
]


def draw_removal():
    fig, (left, right) = figure(1, 2, size=(8.5, 3.1), width_ratios=(2, 1.1))
    lines = [
        left.plot(range(33), np.zeros(33), style, color=color, lw=2, label=label)[0]
        for style, color, label in (
            ("--", COLORS.reference, "trained without dropout"),
            ("-", COLORS.train, "trained with dropout"),
        )
    ]
    cut = left.axvline(0, color=COLORS.warning, lw=1)
    left.set(xlabel="units removed", ylabel="validation accuracy", ylim=(0, 1), xlim=(0, 32))
    left.legend(frameon=False, loc="lower left")
    places = np.stack(np.divmod(np.arange(32), 8), 1)[:, ::-1]
    right.plot(*places.T, "o", ms=15, color="white", mec=COLORS.train)
    crosses = [right.plot(*p, "x", ms=13, mew=2, color=COLORS.warning)[0] for p in places]
    right.set(xticks=[], yticks=[], xlim=(-0.7, 7.7), ylim=(3.9, -0.9), title="hidden units")
    right.grid(False)
    return fig, {"lines": lines, "cut": cut, "crosses": crosses}


def move_removal(artists, removed, order):
    gone = removal_orders[order % 20]
    now = []
    for line, (hidden, predict) in zip(artists["lines"], twin_parts, strict=True):
        curve = accuracy_curve(hidden, predict, gone)
        line.set_ydata(curve)
        now.append(curve[removed])
    artists["cut"].set_xdata([removed, removed])
    for unit, cross in enumerate(artists["crosses"]):
        cross.set_visible(bool(unit in gone[:removed]))
    return (
        f"{removed} of 32 units removed: accuracy {now[0]:.2f} for the network trained without dropout, "
        f"{now[1]:.2f} for the one trained with it."
    )


explore(
    draw_removal,
    move_removal,
    controls={
        "removed": Slider(0, 32, 1, 8, label="units removed"),
        "order": Press("another order"),
    },
    goal="How many units can you remove from each network until it is wrong in half of the cases?",
    answer="On average over the 20 orders about 18 of the 32 units without dropout, and about 25 with it.",
)

# %% [markdown]
# ### Does it close the gap?
#
# Redundancy is a means. The end is a smaller gap between training and validation. To have a gap worth
# closing, take only 300 digits and give a fifth of them a wrong label. A network that memorises will
# learn the wrong ones, too. We note the test accuracy after every epoch, five seeds each. Does dropout
# help?

# %% tags=["demo"]
rng = np.random.default_rng(0)
wrong_labels = rng.random(300) < 0.2
shifted = (digits.y_train[:300] + rng.integers(1, 10, 300)) % 10
mislabelled = Dataset(
    digits.x_train[:300],
    np.where(wrong_labels, shifted, digits.y_train[:300]),
    digits.x_val,
    digits.y_val,
    digits.x_test,
    digits.y_test,
    digits.names,
)


def train_and_test(p_drop, seed):
    """A training, and the test accuracy after each of its 60 epochs."""
    tested = []
    for run in training_steps(
        DropoutNet([64, 100, 10], p_drop, inverted, seed),
        mislabelled,
        step=partial(momentum_step, mu=0.9),
        lr=0.02,
        epochs=60,
        batch_size=25,
        rng=np.random.default_rng(seed),
        abort_factor=None,
    ):
        if run.epoch_ended:
            predicted = run.history.model.scores(digits.x_test).argmax(axis=1)
            tested.append(np.mean(predicted == digits.y_test))
    return run.history, tested


gap_trained = {
    p_drop: [train_and_test(p_drop, seed) for seed in range(fewer(5, 2, "seeds"))]
    for p_drop in tqdm((0.0, 0.5), leave=False, delay=1)
}
gap_runs = {p_drop: [history for history, _ in done] for p_drop, done in gap_trained.items()}
tested_at = {p_drop: [tested for _, tested in done] for p_drop, done in gap_trained.items()}
gap_table = {
    p_drop: (
        np.mean([h.train_acc[-1] for h in runs]),
        np.mean([h.val_acc[-1] for h in runs]),
    )
    for p_drop, runs in gap_runs.items()
}
fig, (left, right) = figure(1, 2, size=(8.8, 3.2), sharey=True)
for (p_drop, runs), style, color in zip(
    gap_runs.items(),
    ("--", "-"),
    (COLORS.reference, COLORS.train),
    strict=True,
):
    for ax, name in ((left, "train_acc"), (right, "val_acc")):
        curve = np.mean([getattr(h, name) for h in runs], axis=0)
        ax.plot(range(1, 61), curve, style, color=color, lw=1.8, label=f"p_drop = {p_drop}")
left.axhline(0.8, color=COLORS.warning, lw=0.8)
left.text(61, 0.77, "share of right labels", color=COLORS.warning, ha="right", fontsize=9)
left.set(
    xlabel="epoch",
    ylabel="accuracy",
    title="training (a fifth of the labels wrong)",
    ylim=(0.5, 1.01),
)
right.set(xlabel="epoch", title="validation (labels right)")
right.legend(frameon=False, loc="lower right")
show(
    fig,
    caption="Accuracy after 60 epochs, training and validation: "
    + "; ".join(f"p_drop {p}: {t:.2f} and {v:.2f}" for p, (t, v) in gap_table.items())
    + ". Means of five seeds. With dropout the wrong labels are learnt more slowly.",
    alt="Left: training accuracy over 60 epochs rises above 0.9 without dropout and less with more "
    "dropout. Right: validation accuracy peaks early and falls without dropout; with p_drop 0.5 it stays "
    "high.",
)

# %% [markdown]
# On clean digits the same experiment shows hardly any gain: there is little to memorise. Dropout is a
# remedy, and a remedy needs a disease.

# %% [markdown]
# ### The rival: stop early
#
# Look at the right panel again. Without dropout the validation accuracy has a peak after about ten epochs.
# *Early stopping* trains as long, and keeps the weights of the epoch with the best validation accuracy. How
# much of dropout's gain is left then?

# %% tags=["predict"]
early_stopping = ...

# %% tags=["check"]
check("dropout.early_stopping")

# %% tags=["demo"]
stopped_at = {p: [int(np.argmax(h.val_acc)) for h in runs] for p, runs in gap_runs.items()}
test_at_best = {
    p: [tested[k] for tested, k in zip(tested_at[p], stopped_at[p], strict=True)] for p in gap_runs
}
test_at_end = {p: [tested[-1] for tested in tested_at[p]] for p in gap_runs}
fig, ax = figure(size=(7, 3))
for rows, marker, color, label in (
    (test_at_end, "o", COLORS.reference, "after 60 epochs"),
    (test_at_best, "D", COLORS.train, "at the best validation epoch"),
):
    shift = 0.12 if marker == "o" else -0.12
    for place, values in enumerate(rows.values()):
        ax.plot(values, np.full(len(values), place + shift), marker, ms=4, alpha=0.5, color=color)
        ax.plot(
            np.mean(values),
            place + shift,
            marker,
            ms=9,
            color=color,
            label=label if place == 0 else None,
        )
ax.set(xlabel="test accuracy", yticks=range(2), ylim=(1.6, -0.6))
ax.set_yticklabels([f"p_drop = {p}" for p in gap_runs])
ax.legend(frameon=False, loc="lower left")
show(
    fig,
    caption="Test accuracy of five seeds (small) and their mean (large). Last epoch: "
    + ", ".join(f"{np.mean(v):.3f}" for v in test_at_end.values())
    + "; best validation epoch: "
    + ", ".join(f"{np.mean(v):.3f} ± {np.std(v, ddof=1):.3f}" for v in test_at_best.values())
    + f". Best epoch without dropout: {np.mean(stopped_at[0.0]) + 1:.0f} on average.",
    alt="Two rows of dots. After the last epoch the test accuracy is much higher with dropout; at the "
    "best validation epoch the two rows nearly agree.",
)

# %% [markdown]
# Stopped at the right moment, the network without dropout is nearly as good. What dropout buys here is that
# you need not know when to stop: its last epoch is not far below its best one. It pays with time, since its
# best epoch comes later. In practice use both.

# %% [markdown]
# **Explore.** Steer it yourself: change `p_drop` while the network is being trained.


# %% tags=["demo"]
def steered(values):
    net = DropoutNet([64, 100, 10], values.p_drop, inverted)
    for run in training_steps(
        net,
        mislabelled,
        step=partial(momentum_step, mu=0.9),
        lr=0.02,
        epochs=200,
        batch_size=25,
        rng=np.random.default_rng(0),
        abort_factor=None,
    ):
        run.history.model.p_drop = values.p_drop
        if run.epoch_ended:
            yield run.history


def draw_steered():
    fig, ax = figure(size=(8, 3.2))
    (training,) = ax.plot([], [], "--", color=COLORS.train, lw=2, label="training, a fifth wrong")
    (validation,) = ax.plot([], [], color=COLORS.validation, lw=2, label="validation")
    ax.set(xlabel="epoch", ylabel="accuracy", xlim=(0, 200), ylim=(0, 1.02))
    ax.legend(frameon=False, loc="lower right")
    return fig, (training, validation)


def move_steered(artists, history, p_drop):
    epochs_so_far = np.arange(1, 1 + len(history.val_acc))
    artists[0].set_data(epochs_so_far, history.train_acc)
    artists[1].set_data(epochs_so_far, history.val_acc)
    return (
        f"Epoch {len(epochs_so_far)}, p_drop = {p_drop:.2f}: training accuracy {history.train_acc[-1]:.2f}, "
        f"validation accuracy {history.val_acc[-1]:.2f}."
    )


live(
    draw_steered,
    steered,
    move_steered,
    controls={"p_drop": Slider(0.0, 0.9, 0.05, 0.0, label="p_drop")},
    goal="Let it memorise without dropout. Can you save it by raising p_drop afterwards? Compare with "
    "a run that had dropout from the start.",
    answer="Yes. After 80 epochs without dropout its validation accuracy is about 0.76. Raised to 0.5 or 0.8 "
    "it climbs by some five to eight points within twenty epochs, while wrong labels are unlearnt. At epoch 200 "
    "it is within three points of a run that had this p_drop from the start.",
    preview=60,
    per_second=40,
)

# %% [markdown] tags=["DRP-04"]
# ## 7 · An ensemble
#
# Here is a second way to look at it. Several models whose predictions are averaged are called an
# *ensemble*. Each mask is a network of its own, with fewer units. So dropout trains a huge ensemble of
# networks that share their weights. How huge?

# %% tags=["predict"]
count_masks = ...

# %% tags=["check"]
check("dropout.count_masks")

# %% [markdown]
# And one pass with all units, scaled, is a cheap guess at what the ensemble would say together. One
# slide deck is careful: the authors claim that it *remotely* resembles an ensemble. So let the
# ensemble speak, and compare. (`softmax` is in the setup cell; each row of scores gives a row of
# probabilities.)

# %% tags=["exercise"]
from utils.dropout import mask_ensemble

# %% tags=["check"]
check("dropout.mask_ensemble")

# %% tags=["demo"]
ensemble_net = gap_runs[0.5][0].model
ensemble_w, ensemble_b = ensemble_net.params["w2"], ensemble_net.params["b2"]
_, ensemble_hidden, _ = ensemble_net.forward(digits.x_test)
drawn_masks = dropout_mask((300, 100), p_drop=0.5, rng=np.random.default_rng(0))
one_pass = softmax(ensemble_net.scores(digits.x_test))


def accuracy_of(probabilities):
    return np.mean(probabilities.argmax(axis=1) == digits.y_test)


members = [1, 3, 10, 30, 100, 300]
ensemble_says = {
    m: mask_ensemble(ensemble_hidden, ensemble_w, ensemble_b, drawn_masks[:m], p_drop=0.5)
    for m in members
}
single = [
    accuracy_of(
        mask_ensemble(ensemble_hidden, ensemble_w, ensemble_b, drawn_masks[i : i + 1], p_drop=0.5)
    )
    for i in range(30)
]
ensemble_accuracy = {m: accuracy_of(p) for m, p in ensemble_says.items()}
one_pass_accuracy = accuracy_of(one_pass)
agreement = np.mean(ensemble_says[300].argmax(axis=1) == one_pass.argmax(axis=1))
distance_to_ensemble = {m: np.abs(p - one_pass).mean() for m, p in ensemble_says.items()}
fig, (left, right) = figure(1, 2, size=(8.8, 3.1))
left.semilogx(np.ones(30), single, "o", ms=3, color=COLORS.reference, label="single masks")
left.semilogx(
    members, list(ensemble_accuracy.values()), "o-", color=COLORS.train, label="mean of n masks"
)
left.axhline(one_pass_accuracy, ls="--", color=COLORS.validation, label="all units, scaled")
left.set(xlabel="number of masks n", ylabel="test accuracy")
left.legend(frameon=False, loc="lower right")
right.plot(
    ensemble_says[300].max(axis=1), one_pass.max(axis=1), "o", ms=3, alpha=0.5, color=COLORS.train
)
right.plot([0, 1], [0, 1], "--", color=COLORS.reference, lw=1)
right.set(xlabel="largest probability, 300 masks", ylabel="largest probability, all units")
show(
    fig,
    caption=f"Left: single masks {min(single):.1%} to {max(single):.1%}, 300 together "
    f"{ensemble_accuracy[300]:.1%}, one pass with all units {one_pass_accuracy:.1%}. Right: the two name the "
    f"same class for {agreement:.0%} of the digits, but the single pass is surer of itself.",
    alt="Left: test accuracy over the number of averaged masks rises and meets the dashed line of the "
    "scaled network. Right: largest probability of the scaled network against that of the ensemble; most "
    "points lie above the diagonal.",
)

# %% [markdown]
# So for the *answer* one pass is as good as hundreds. For the *confidence* it is not: members that
# disagree pull the mean away from 0 and 1, and one pass cannot know that they disagree.

# %% [markdown]
# ### Which mean is it?
#
# Is the single pass just a lucky guess? Take a small output layer, where we can go through all masks.

# %% tags=["predict"]
which_mean = ...

# %% tags=["check"]
check("dropout.which_mean")

# %% tags=["exercise"]
from utils.dropout import geometric_ensemble

# %% tags=["check"]
check("dropout.geometric_ensemble")

# %% tags=["demo"]
rng = np.random.default_rng(0)
ten_units, ten_w = np.abs(rng.standard_normal((40, 10))), rng.standard_normal((10, 5))
ten_masks = ((np.arange(1024)[:, None] >> np.arange(10)) & 1).astype(bool)
ten_kept = ten_masks.sum(axis=1)
off_by = {}
for p_drop in (0.3, 0.5):
    mask_probability = (1 - p_drop) ** ten_kept * p_drop ** (10 - ten_kept)
    thinned_scores = (ten_masks[:, None] * ten_units / (1 - p_drop)) @ ten_w
    thinned = softmax(thinned_scores.reshape(-1, 5)).reshape(thinned_scores.shape)
    full_pass = softmax(ten_units @ ten_w)
    off_by[p_drop] = {
        "geometric": np.abs(geometric_ensemble(thinned, mask_probability) - full_pass).max(),
        "arithmetic": np.abs(np.tensordot(mask_probability, thinned, axes=1) - full_pass).max(),
    }
fig, ax = figure(size=(7, 2.8))
for k, (kind, color) in enumerate((("geometric", COLORS.train), ("arithmetic", COLORS.validation))):
    bars = [off[kind] for off in off_by.values()]
    ax.barh(np.arange(2) + 0.18 * (2 * k - 1), bars, 0.34, left=1e-17, color=color, label=kind)
ax.set(xscale="log", xlim=(1e-17, 1), xlabel="largest distance from the single pass")
ax.set(yticks=range(2))
ax.set_yticklabels([f"p_drop = {p}" for p in off_by])
ax.legend(frameon=False, title="mean of 1024 masks")
show(
    fig,
    caption="40 examples, ten units, five classes, all 1024 masks. "
    + "; ".join(
        f"p_drop {p}: geometric {o['geometric']:.0e}, arithmetic {o['arithmetic']:.2f}"
        for p, o in off_by.items()
    )
    + ".",
    alt="Bars on a logarithmic axis: the geometric mean of all masks is within 1e-15 of the single pass, "
    "the arithmetic mean is off by more than a tenth.",
)

# %% [markdown]
# **Compare.** For a mask $m$ the network says $\log p_k^{(m)} = s_k^{(m)} - \log Z^{(m)}$, with the scores
# $s$ and a normaliser $Z$ that is the same for all classes $k$. Take the mean over masks. The scores are
# linear in the mask, so their mean is the score of the pass with all units. The mean of $\log Z$ is the same
# for all classes, and renormalising removes it. So for a softmax layer the scaled pass is *exactly* the
# renormalised geometric mean of the ensemble. With nonlinear layers in between it is an approximation again.
#
# It also explains the confidence: one network that gives a class nearly 0 pulls a geometric mean down, and
# hardly moves an arithmetic one.

# %% [markdown]
# ### Monte Carlo dropout: find the bug
#
# The members disagree more on some digits than on others. Gal and Ghahramani (2016) leave dropout on at
# test time, run many passes, and read their standard deviation as doubt: *MC dropout*. Here is a first
# attempt.


# %%
def mc_dropout_draft(h, w, b, *, p_drop, n_samples, rng):
    keep = rng.random(h.shape) >= p_drop
    passes = []
    for _ in range(n_samples):
        scores = (h * keep / (1 - p_drop)) @ w + b
        passes.append(softmax(scores))
    return np.mean(passes, axis=0), np.std(passes, axis=0)


# %% tags=["demo"]
_, draft_std = mc_dropout_draft(
    ensemble_hidden, ensemble_w, ensemble_b, p_drop=0.5, n_samples=50, rng=np.random.default_rng(0)
)
fig, ax = figure(size=(6.4, 2.4))
ax.hist(draft_std.max(axis=1), bins=20, range=(0, 0.5), color=COLORS.warning)
ax.set(xlabel="largest standard deviation of a digit's probabilities", ylabel="test digits")
show(
    fig,
    caption="The draft finds no doubt at all: every standard deviation is 0, for 50 passes with half of "
    "the units dropped.",
    alt="A histogram with a single bar at 0.",
)

# %% [markdown]
# What is wrong? Write the function as it should be.

# %% tags=["exercise"]
from utils.dropout import mc_dropout

# %% tags=["check"]
check("dropout.mc_dropout")

# %% [markdown]
# Is the doubt worth anything? Sort the test digits by the standard deviation of the class that wins, and
# hand the most doubtful ones to a human.

# %% tags=["demo"]
found_share = {"largest standard deviation first": [], "least sure in one pass first": []}
for history in gap_runs[0.5]:
    net = history.model
    last = net.params["w2"], net.params["b2"]
    scores, hidden, _ = net.forward(digits.x_test)
    mean, std = mc_dropout(hidden, *last, p_drop=0.5, n_samples=100, rng=np.random.default_rng(0))
    winner = np.arange(len(mean)), mean.argmax(axis=1)
    mc_wrong = winner[1] != digits.y_test
    for found, doubt in zip(
        found_share.values(), (std[winner], -softmax(scores).max(axis=1)), strict=True
    ):
        found.append(np.cumsum(mc_wrong[np.argsort(-doubt)]) / mc_wrong.sum())
first_fifth = {
    name: [found[len(mc_wrong) // 5 - 1] for found in each] for name, each in found_share.items()
}
share_asked = np.arange(1, len(mc_wrong) + 1) / len(mc_wrong)
fig, ax = figure(size=(6.8, 3))
for (name, each), style, color in zip(
    found_share.items(), ("-", "-."), (COLORS.train, COLORS.validation), strict=True
):
    ax.plot(share_asked, np.mean(each, axis=0), style, color=color, lw=2, label=name)
ax.plot([0, 1], [0, 1], "--", color=COLORS.reference, lw=1, label="in any order")
ax.set(xlabel="share of the digits handed over", ylabel="share of the errors among them")
ax.legend(frameon=False, loc="lower right")
show(
    fig,
    caption="Mean of five networks. The first fifth of the digits holds this share of the errors: "
    + "; ".join(f"{name} {np.mean(share):.0%}" for name, share in first_fifth.items())
    + ".",
    alt="Share of errors found over the share of digits handed over: both orders lie far above the diagonal, "
    "that of the single pass a little higher.",
)

# %% [markdown]
# It is worth something: the first fifth holds far more than a fifth of the errors. But here the
# plain confidence of one pass, which costs nothing, finds more of them. MC dropout is a cheap sign of doubt.
# Whether it is a better one is a question to measure, for each network and task.

# %% [markdown]
# **Explore.** One digit, more and more members.

# %% tags=["demo"]
unsure_digits = np.argsort(np.abs(ensemble_says[300] - one_pass).sum(axis=1))[::-1][:30]


def draw_members():
    fig, ax = figure(size=(8.2, 3.1))
    bars = list(
        ax.bar(np.arange(10) - 0.2, np.zeros(10), 0.4, color=COLORS.train, label="mean of masks")
    )
    guess = list(
        ax.bar(
            np.arange(10) + 0.2,
            np.zeros(10),
            0.4,
            color=COLORS.validation,
            hatch="//",
            label="one pass",
        )
    )
    ax.set(xlabel="class", ylabel="probability", xticks=range(10), ylim=(0, 1))
    ax.legend(frameon=False)
    return fig, (bars, guess)


def move_members(artists, members_asked, digit):
    index = int(unsure_digits[digit])
    asked = drawn_masks[:members_asked]
    mean = mask_ensemble(
        ensemble_hidden[index : index + 1], ensemble_w, ensemble_b, asked, p_drop=0.5
    )[0]
    for bars, values in zip(artists, (mean, one_pass[index]), strict=True):
        for bar, value in zip(bars, values, strict=True):
            bar.set_height(value)
    return (
        f"{members_asked} mask{'s' * (members_asked > 1)}: class {mean.argmax()} with {mean.max():.2f}. All units in one pass: class "
        f"{one_pass[index].argmax()} with {one_pass[index].max():.2f}. It is a {digits.y_test[index]}."
    )


explore(
    draw_members,
    move_members,
    controls={
        "members_asked": Slider(1, 300, 1, 1, label="masks"),
        "digit": Slider(0, 29, 1, 0, label="digit"),
    },
    goal="From how many masks on do the blue bars stand still? Are they then where the single pass is?",
    answer="From about a hundred on they move by a few hundredths at most. They do not settle on the single "
    "pass: these 30 digits are those where the two means differ most.",
)

# %% [markdown]
# ### What is the noise worth? A penalty
#
# Here is a third way to look at it. Take the simplest model, a linear one with squared errors, and drop its
# *inputs*: $L = \sum_i \bigl(\sum_j f_{ij}x_{ij}w_j - y_i\bigr)^2$, where $f_{ij}$ is the factor of
# inverted dropout. Every step sees another noise. What remains on average?

# %% tags=["predict"]
dropout_is_ridge = ...

# %% tags=["check"]
check("dropout.dropout_is_ridge")

# %% [markdown]
# Derive it: for a random number, the mean of its square is the square of its mean plus its variance.

# %% tags=["exercise"]
from utils.dropout import dropout_penalty

# %% tags=["check"]
check("dropout.dropout_penalty")

# %% tags=["demo"]
rng = np.random.default_rng(0)
ridge_x, ridge_w = rng.standard_normal((6, 8)), rng.standard_normal(8)
ridge_y = rng.standard_normal(6)
ridge_rows = []
for p_drop in (0.1, 0.5, 0.8):
    kept = all_masks.sum(axis=1)
    probability = (1 - p_drop) ** kept * p_drop ** (8 - kept)
    squares = ((all_masks / (1 - p_drop)) @ (ridge_x * ridge_w).T - ridge_y) ** 2
    through_all = (probability @ squares).sum()
    plain = ((ridge_x @ ridge_w - ridge_y) ** 2).sum()
    penalised = plain + dropout_penalty(ridge_x, ridge_w, p_drop=p_drop)
    ridge_rows.append((f"p_drop = {p_drop}", penalised, through_all))
compare(
    ridge_rows,
    rel_tol=1e-9,
    printed="all masks",
    caption="Six examples, eight inputs: the loss plus your penalty, and the mean loss over all 256 masks of "
    "each example.",
)

# %% [markdown]
# **Compare.** A factor is $1/(1-p)$ with probability $1-p$, else 0. Its mean is 1, the mean of its square is
# $1/(1-p)$, so its variance is $p/(1-p)$. The inputs are dropped independently, so the variances add up:
#
# $$E[L] = \sum_i \Bigl(\sum_j x_{ij}w_j - y_i\Bigr)^2 + \frac{p}{1-p} \sum_j w_j^2 \sum_i x_{ij}^2 .$$
#
# That is *ridge regression*, or weight decay, with a strength of its own for each weight: a weight on a large
# input pays more. At $p = 0.5$ the strength is the sum of squares of that input, and it grows without bound as
# $p \to 1$. In a deep network nothing so simple holds, but the direction is the same.

# %% [markdown]
# ### In practice
#
# - **Where?** After the activation of large dense layers. For ReLU, before or after is the same, since
#   $\max(0, cz) = c\max(0, z)$ for $c \ge 0$. Not on the output: a missing score is a wrong score.
# - **How much?** Srivastava et al. drop 0.5 of the hidden units and 0.2 of the inputs. Transformers drop about
#   0.1. Choose by validation accuracy; a network with dropout may be larger and train longer.
# - **Images?** Neighbouring pixels of a feature map say nearly the same, so dropping single ones hides little.
#   *Spatial dropout* drops whole channels (Tompson et al. 2015).
# - **With batch normalisation?** Not directly before it. With $p = 0.5$ a unit of mean 0 has twice the
#   variance in training that it has at test time, and the running variance is that of training (Li et al. 2019).
#   Networks with batch normalisation often do without dropout, or have it only before the last layer.

# %% [markdown]
# The rest are relatives, for those who want more. Each draws something else at random.

# %% [markdown] tags=["DRP-08"]
# ## 8 · DropConnect (optional)
#
# Drop connections in place of units (Wan et al. 2013):
#
# $$y = f\bigl(x\,(M \odot W)\bigr), \qquad M_{ij} = 1 \text{ with probability } p_{keep}, \text{ else } 0.$$

# %% tags=["predict"]
connect_masks = ...

# %% tags=["check"]
check("dropout.connect_masks")

# %% [markdown]
# The paper samples at test time. We scale up in training, as in inverted dropout, and use all weights in
# evaluation mode: `dropconnect_apply(x, w, mask, p_drop=...)`, from the setup cell, is
# $x\,(W \odot M/(1 - p_{drop}))$, with one mask for the whole batch.
#
# For the backward pass the cache is `(x, w, factor)`, where `factor` is mask / (1 − p_drop).

# %% tags=["exercise"]
from utils.dropout import dropconnect_backward

# %% tags=["check"]
check("dropout.dropconnect_backward")

# %% [markdown]
# Which of the two is noisier? Take one example with 50 inputs and 20 units, and 4000 masks of each kind.
# Look at the variance of each unit's sum, and at how strongly two units are correlated.

# %% tags=["demo"]
rng = np.random.default_rng(0)
noise_x, noise_w = np.maximum(0, rng.standard_normal((1, 50))), rng.standard_normal((50, 20))
sums = {
    "dropout": dropout_forward(np.repeat(noise_x, 4000, axis=0), p_drop=0.5, train=True, rng=rng)[0]
    @ noise_w,
    "DropConnect": np.concatenate(
        [
            dropconnect_apply(
                noise_x, noise_w, dropout_mask((50, 20), p_drop=0.5, rng=rng), p_drop=0.5
            )
            for _ in range(4000)
        ]
    ),
}
noise_theory = (noise_x[0] ** 2) @ noise_w**2  # times p_drop / p_keep = 1
variances = {name: s.var(axis=0) for name, s in sums.items()}
correlations = {name: np.corrcoef(s.T)[np.triu_indices(20, 1)] for name, s in sums.items()}
fig, (left, right) = figure(1, 2, size=(8.6, 3.1))
for (name, values), marker, color in zip(
    variances.items(), "ox", (COLORS.train, COLORS.validation), strict=True
):
    left.plot(noise_theory, values, marker, color=color, label=name)
left.plot([0, 60], [0, 60], "--", color=COLORS.reference, lw=1)
left.set(xlabel=r"$\sum_i x_i^2 w_{ij}^2$", ylabel="variance of a unit's sum")
left.set(xlim=(0, 1.1 * noise_theory.max()), ylim=(0, 1.1 * noise_theory.max()))
left.legend(frameon=False)
right.hist(
    list(correlations.values()),
    bins=21,
    range=(-0.6, 0.6),
    color=[COLORS.train, COLORS.validation],
    label=list(correlations),
)
right.set(xlabel="correlation of two units over the masks", ylabel="pairs of units")
right.legend(frameon=False)
show(
    fig,
    caption="Left: the variance of a single unit is the same, p_drop / p_keep times the sum of the squared "
    "terms. Right: with dropout all units of a layer feel the same missing input, so they move together or "
    "against each other; with DropConnect each unit has its own noise.",
    alt="Left: variances of both methods lie on the same diagonal. Right: correlations between units spread "
    "from -0.5 to 0.5 for dropout and stay near 0 for DropConnect.",
)

# %% [markdown] tags=["DRP-10"]
# ## 9 · Stochastic depth (optional)
#
# Drop whole layers. That needs a way around them, so take *residual blocks* (Huang et al. 2016). A block
# computes $f(h)$ with its layers and adds its own input $h$ to that. The plain $h$ is called the shortcut:
#
# $$h \leftarrow \max\bigl(0,\; b\,f(h) + h\bigr), \qquad b = 1 \text{ with probability } 1 - p_l,
# \text{ else } 0.$$
#
# One $b$, the *gate*, for the whole batch: when it is 0, $f$ need not be computed at all. At test time $b$
# is replaced by its mean. Early blocks do the groundwork, so they are dropped rarely, and $p_l$ rises with $l$.

# %% tags=["predict"]
expected_depth = ...

# %% tags=["check"]
check("dropout.expected_depth")

# %% tags=["exercise"]
from utils.dropout import stochastic_depth_forward

# %% tags=["check"]
check("dropout.stochastic_depth_forward")

# %% [markdown]
# What is it for? Skipped blocks need not be computed, and the paper's networks of 110 and 1202 layers end with
# a lower test error, too. It names the vanishing gradient as the reason: a shorter network hands more of it to
# the first layers. Our toy is too small for the gain in accuracy, but the gradient can be watched. A toy network of 40 blocks, freshly drawn. For each drop
# probability of the last block we draw 60 sets of gates and look at the gradient that arrives at the
# input.

# %% tags=["demo"]
rng = np.random.default_rng(0)
toy_x, toy_dout = np.abs(rng.standard_normal((32, 16))), rng.standard_normal((32, 16))
toy_weights = [0.25 * rng.standard_normal((16, 16)) / np.sqrt(8) for _ in range(40)]
last_drops = np.linspace(0, 0.9, 7)
depths, gradient_norms = [], []
for p_last in last_drops:
    norms = []
    for _ in range(60):
        gates = (rng.random(40) >= drop_profile(40, p_last=p_last)).astype(float)
        dx, _ = residual_net_backward(toy_dout, residual_net_forward(toy_x, toy_weights, gates)[1])
        norms.append(np.linalg.norm(dx))
    depths.append((1 - drop_profile(40, p_last=p_last)).sum())
    gradient_norms.append((np.mean(norms), np.min(norms), np.max(norms)))
fig, (left, right) = figure(1, 2, size=(8.6, 3))
left.plot(1 - last_drops, depths, "o-", color=COLORS.train)
left.set(
    xlabel="survival probability of the last block",
    ylabel="expected number of blocks",
    ylim=(0, 42),
)
mean_norm, low_norm, high_norm = np.array(gradient_norms).T
right.fill_between(
    1 - last_drops, low_norm, high_norm, color=COLORS.train, alpha=0.2, label="60 draws"
)
right.plot(1 - last_drops, mean_norm, "o-", color=COLORS.train, label="mean")
right.set(xlabel="survival probability of the last block", ylabel="gradient norm at the input")
right.legend(frameon=False)
show(
    fig,
    caption=f"Left: from {depths[0]:.0f} blocks down to {depths[-1]:.0f}. Right: in this network each block "
    "enlarges the gradient a little, so a shorter network has a smaller one, and it varies from draw to "
    "draw. It never vanishes, however many blocks are skipped: the shortcut carries it.",
    alt="Left: expected number of blocks over the survival probability of the last block, a straight line. "
    "Right: gradient norm at the input with its range over the draws, rising with the survival "
    "probability.",
)

# %% [markdown] tags=["DRP-09"]
# ## 10 · Fractional max pooling (optional)
#
# *Max pooling* cuts an image into regions and keeps the largest pixel of each. Regions of 2 × 2 leave a
# quarter of the pixels in one go. Graham (2014) shrinks more gently, each side by a factor $\alpha$ between 1
# and 2: some regions are one pixel wide and some two, and which is which is drawn at random.

# %% tags=["predict"]
fmp_orders = ...

# %% tags=["check"]
check("dropout.fmp_orders")

# %% tags=["exercise"]
from utils.dropout import fmp_boundaries

# %% tags=["check"]
check("dropout.fmp_boundaries")

# %% [markdown]
# One digit, three draws. What stays and what moves?

# %% tags=["demo"]
pooled_digit = digits.x_test[3].reshape(1, 1, 8, 8)
rng = np.random.default_rng(0)
fig, axes = figure(1, 4, size=(8.8, 2.5))
axes[0].imshow(pooled_digit[0, 0], cmap="gray_r", vmin=0, vmax=1)
axes[0].set_title("8 × 8")
for ax in axes[1:]:
    rows, cols = fmp_boundaries(8, 5, rng=rng), fmp_boundaries(8, 5, rng=rng)
    pooled, _ = fmp_forward(pooled_digit, rows, cols)
    ax.pcolormesh(
        cols, rows, pooled[0, 0], cmap="gray_r", vmin=0, vmax=1, edgecolor=COLORS.validation, lw=1
    )
    ax.invert_yaxis()
    ax.set(aspect="equal", title="5 × 5")
for ax in axes:
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
show(
    fig,
    caption="Three random sets of regions, α = 8/5. Each region shows its darkest pixel. The digit stays "
    "readable, its details move: every draw is another small distortion.",
    alt="A digit of 8 by 8 pixels and three coarse versions of it, each divided into 5 by 5 regions of "
    "different widths and heights.",
)

# %% [markdown] tags=["REG-08"]
# ## 11 · The common pattern (optional)
#
# All of these, and two methods of other lectures, have one shape. (*Batch normalisation* subtracts from
# each unit its mean over the batch and divides by its standard deviation over the batch. *Augmentation*
# distorts each example a little, anew in each step.)
#
# $$\text{training: } y = f_W(x, z),\; z \text{ random} \qquad\qquad \text{evaluation: } y = E_z[f_W(x, z)]
# = \int p(z)\,f_W(x, z)\,dz, \text{ approximately.}$$
#
# | method | what $z$ is | at test time |
# |---|---|---|
# | dropout | mask of units | all units, scaled (nothing to do if inverted) |
# | DropConnect | mask of weights | mean weights (the paper samples) |
# | stochastic depth | gate of each block | each gate at its mean |
# | batch normalisation | *see below* | running mean and variance |
# | augmentation | crop, flip, colour | *see below* |
# | fractional max pooling | pooling regions | *see below* |
#
# Fill in the gaps:

# %% tags=["predict"]
batchnorm_z = ...

# %% tags=["check"]
check("dropout.batchnorm_z")

# %% tags=["predict"]
samples_in_testing = ...

# %% tags=["check"]
check("dropout.samples_in_testing")

# %% [markdown]
# How random is each, and how near does its test rule come to the mean? For each method: one digit, one
# unit of a small random network, 300 draws of $z$.

# %% tags=["demo"]
rng = np.random.default_rng(3)
pattern_x = digits.x_train[7]
pattern_image = pattern_x.reshape(1, 1, 8, 8)
pattern_w1 = he_normal(64, 40, rng=rng)
pattern_w2 = np.abs(rng.standard_normal(40)) / 20
pattern_h = np.maximum(0, pattern_x @ pattern_w1)


def read_out(x):
    return float(np.maximum(0, x.reshape(-1) @ pattern_w1) @ pattern_w2)


def with_dropout():
    return float(
        dropout_forward(pattern_h[None], p_drop=0.5, train=True, rng=rng)[0][0] @ pattern_w2
    )


def with_dropconnect():
    kept = dropout_mask(pattern_w1.shape, p_drop=0.5, rng=rng)
    first = dropconnect_apply(pattern_x[None], pattern_w1, kept, p_drop=0.5)[0]
    return float(np.maximum(0, first) @ pattern_w2)


branch = pattern_h[rng.permutation(40)] * rng.choice([-0.6, 1.0], 40)


def with_skipped_block(phase=True):
    out, _ = stochastic_depth_forward(
        pattern_h[None], branch[None], p_drop=0.3, train=phase, rng=rng if phase else None
    )
    return float(out[0] @ pattern_w2)


def normalised(mean, var):
    return float(np.maximum(0, (pattern_x @ pattern_w1 - mean) / np.sqrt(var + 1e-5)) @ pattern_w2)


def with_batch():
    company = digits.x_train[rng.permutation(len(digits.x_train))[:15]]
    z = np.concatenate([pattern_x[None], company]) @ pattern_w1
    return normalised(z.mean(axis=0), z.var(axis=0))


def with_crop(down=None, right=None):
    down, right = rng.integers(3, size=2) if down is None else (down, right)
    padded = np.pad(pattern_image[0, 0], 1)
    return read_out(padded[down : down + 8, right : right + 8])


def with_pooling():
    rows, cols = (fmp_boundaries(8, 5, rng=rng) for _ in range(2))
    pooled, _ = fmp_forward(pattern_image, rows, cols)
    spread = np.arange(8) * 5 // 8
    return read_out(pooled[0, 0][np.ix_(spread, spread)])


all_z = digits.x_train @ pattern_w1
pattern_rows = {
    "dropout": (with_dropout, float(pattern_h @ pattern_w2)),
    "DropConnect": (with_dropconnect, read_out(pattern_x)),
    "stochastic depth": (with_skipped_block, with_skipped_block(False)),
    "batch norm": (with_batch, normalised(all_z.mean(axis=0), all_z.var(axis=0))),
    "crops": (
        with_crop,
        np.mean([with_crop(i, j) for i, j in ((0, 0), (0, 2), (1, 1), (2, 0), (2, 2))]),
    ),
    "fractional pooling": (with_pooling, np.mean([with_pooling() for _ in range(12)])),
}
pattern_draws = {
    name: np.array([draw() for _ in range(300)]) for name, (draw, _) in pattern_rows.items()
}
pattern_rules = {name: rule for name, (_, rule) in pattern_rows.items()}
pattern_spread = {name: d.std() / d.mean() for name, d in pattern_draws.items()}
pattern_off = {name: pattern_rules[name] / d.mean() - 1 for name, d in pattern_draws.items()}

fig, ax = figure(size=(8, 3.5))
jitter = np.random.default_rng(0).uniform(-0.25, 0.25, 300)
for row, (name, draws) in enumerate(pattern_draws.items()):
    mean = draws.mean()
    ax.plot(draws / mean, row + jitter, "o", ms=2, alpha=0.35, color=COLORS.train)
    ax.plot(pattern_rules[name] / mean, row, "D", ms=8, color=COLORS.validation)
ax.axvline(1, color=COLORS.reference, ls="--", lw=1)
ax.plot([], [], "o", ms=3, color=COLORS.train, label="one draw of z")
ax.plot([], [], "D", ms=8, color=COLORS.validation, label="test rule")
ax.set(xlabel="output (1 is the mean over 300 draws)", yticks=range(6), ylim=(5.6, -0.6))
ax.set_yticklabels(pattern_draws)
ax.legend(frameon=False, loc="lower right")
show(
    fig,
    caption="Spread (standard deviation) and distance of the test rule from the mean: "
    + "; ".join(f"{n} {pattern_spread[n]:.0%}, {pattern_off[n]:+.0%}" for n in pattern_draws)
    + ". Dropout on the last hidden layer is averaged exactly, since no nonlinearity comes after it.",
    alt="Six rows of dots: outputs of 300 draws for each method around their mean, and a diamond for the "
    "test rule, which lies near the mean in all rows but that of DropConnect, far below it.",
)

# %% [markdown]
# Five diamonds lie nearer to the mean than most single draws: something fixed, or an average over a few
# draws, replaces hundreds of passes. The exception is DropConnect. Its noise comes before a nonlinearity, and
# in this untrained layer positive and negative terms cancel in the mean: the inequality of section 2 at
# its worst. That is why its paper draws samples at test time, too.

# %% [markdown]
# ## What to remember
#
# - Dropout multiplies activations by a random mask: one for each example, anew in each step. Say what
#   $p$ is.
# - At test time we want the mean over masks. Vanilla: multiply by the probability of **keeping**, at test time.
#   Inverted: divide by it, in training; evaluation mode is left alone.
# - The mean is exact for a linear unit. After a ReLU the scaled output is never above it.
# - Backward: the same mask, the same scale. A gradient check does not see dropout that drops nothing.
# - Two predictions for one input that differ: the switch is still in training.
# - Units become redundant. One pass is the renormalised geometric mean of $2^n$ thinned networks, exact for a
#   softmax layer. Its answers are as good as theirs, its confidence is higher. MC dropout keeps their disagreement.
# - In a linear model dropout is a ridge penalty on average, $p/(1-p)\sum_j w_j^2\sum_i x_{ij}^2$.
# - It helps where there is something to memorise, and spares you the question of when to stop.
# - DropConnect drops weights, stochastic depth whole blocks, fractional pooling moves regions. One
#   pattern: random in training, averaged at test time.

# %% [markdown]
# ## Read on
#
# - Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, *Dropout: A Simple Way to Prevent Neural
#   Networks from Overfitting*, 2014.
# - Wan, Zeiler, Zhang, LeCun, Fergus, *Regularization of Neural Networks using DropConnect*, 2013.
# - Graham, *Fractional Max-Pooling*, 2014.
# - Huang, Sun, Liu, Sedra, Weinberger, *Deep Networks with Stochastic Depth*, 2016.
# - Goodfellow, Bengio, Courville, *Deep Learning*, 2016, section 7.12.
# - Gal, Ghahramani, *Dropout as a Bayesian Approximation*, 2016.
# - Wager, Wang, Liang, *Dropout Training as Adaptive Regularization*, 2013.
# - Li, Chen, Hu, Yang, *Understanding the Disharmony between Dropout and Batch Normalization*, 2019.
#
# **Next** [12 · Babysitting](../12_babysitting/12_babysitting.ipynb): one training from its first loss on,
# watched, diagnosed and mended.

# %% tags=["demo"]
progress()
