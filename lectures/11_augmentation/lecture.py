# %% [markdown]
# # 11 · Augmentation, ImageNet and its networks
#
# A cat that moves two pixels to the left is still a cat. To a network it is a new point in a space of
# thousands of dimensions. *What may change about an input without changing the answer, and how do we tell
# the network?* We can show it changed images, build it so that it cannot notice the change, or ask it
# several times. Each costs something, and each can be wrong.
#
# **After this lecture you can**
#
# - write flips, crops, light, colour and affine warps for a batch, with one draw for each image;
# - decide which of them a task allows, and measure what a wrong one costs;
# - mix images together with their labels, and find the bug behind a score that is too good;
# - say where invariance comes from: from data, from pooling, or from many views at test time;
# - compute shapes, parameters, multiplications, memory and receptive fields of AlexNet, VGG and ResNet.
#
# **Time** Two hours, with a break after section 4. **Builds on**
# [dropout](../10_dropout/10_dropout.ipynb) (random in training, averaged at test time), softmax and the
# training loop. Convolution is explained here.
#
# Images are arrays of shape (N, C, H, W): images, channels, rows, columns. Functions that draw are checked
# for what must hold whatever was drawn, so draw in any way you like, from the `rng` that is passed in.

# %% tags=["setup"]
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Int
from tqdm.auto import tqdm

from grader import borrow, check, failing, hint, progress
from utils.architectures import Layer, alexnet, resnet, total_macs, total_params, vgg16
from utils.augmentation import (
    affine_matrix,
    augment,
    crop,
    fit_color_pca,
    read_bilinear,
    shift_images,
)
from utils.augmented import draw_sets, predict_views
from utils.convnet import ConvNet
from utils.data import load_digits, make_shapes
from utils.losses import softmax
from utils.many_networks import column, train_sets
from utils.mixing import cut_box, cutmix
from utils.pace import fewer
from utils.plots import COLORS, compare, figure, image_grid, show
from utils.stacked_layers import accuracy_of, hidden_layers, scores_of
from utils.widgets import Choice, Press, Slider, Toggle, explore

# %% [markdown] tags=["AUG-01", "AUG-02"]
# ## 1 · New images from old
#
# A network has millions of parameters, and labelled images are few. So make more: mirror them, move them,
# change the light. The label stays. This is *data augmentation*. It is done in the training loop: every
# batch is changed at random just before it is used, so the network never sees the same image twice. At test
# time images stay as they are.
#
# The oldest of these changes is the mirror.

# %% tags=["exercise"]
from utils.augmentation import random_hflip

# %% tags=["check"]
check("augmentation.random_hflip")

# %% [markdown]
# Is it a good idea? Try it on handwritten digits of 8 × 8 pixels.

# %% tags=["predict"]
flip_digits = ...

# %% tags=["check"]
check("augmentation.flip_digits")

# %% tags=["predict"]
who_suffers = ...

# %% tags=["check"]
check("augmentation.who_suffers")

# %% [markdown]
# Two tasks, five draws of the training images each, three learning rates, and in each pair of runs the same
# first weights and as many updates. The second task is drawn shapes (disc, star, stripes, …) in grey, 16 × 16.
# What does the mirror do there?

# %% tags=["demo"]
digits = load_digits()
train_x = digits.x_train.astype(np.float32)
new_x = np.concatenate([digits.x_val, digits.x_test])
new_y = np.concatenate([digits.y_val, digits.y_test])


def in_training(step, shape):
    """A change of batches for `train_sets`, from a step that changes images."""

    def change(x, targets, rng):
        return step(x.reshape(-1, *shape), rng).reshape(len(x), -1), targets

    return change


def small_grey(x):
    """Grey images of 16 x 16 from colour images of 32 x 32, centred."""
    halves = x.astype(np.float32).mean(axis=1).reshape(len(x), 16, 2, 16, 2)
    return halves.mean(axis=(2, 4)).reshape(len(x), -1) / 128 - 1


drawn = make_shapes(1500, 0, 800, rng=np.random.default_rng(0))
flip_draws, flip_updates = range(fewer(5, 2, "draws")), fewer(500, 200, "updates")
flip_units = fewer(60, 30, "hidden units")
flip_tasks = {
    "digits": (draw_sets(train_x, digits.y_train, 300, flip_draws), (new_x, new_y), (1, 8, 8)),
    "shapes": (
        draw_sets(small_grey(drawn.x_train), drawn.y_train, 500, flip_draws),
        (small_grey(drawn.x_test), drawn.y_test),
        (1, 16, 16),
    ),
}
flip_rates = (0.05, 0.15, 0.4)
flip_found, flip_recalls = {}, []
for name, ((xs, ys), (test_x, test_y), shape) in flip_tasks.items():
    runs = []
    for p in (0.0, 0.5):
        mirror = in_training(lambda x, rng, p=p: random_hflip(x, p=p, rng=rng), shape)
        sizes = [xs.shape[2], flip_units, 10]
        nets = train_sets(
            xs,
            np.eye(10)[ys],
            sizes,
            lr=column(flip_rates),
            updates=flip_updates,
            change=mirror,
        )
        runs.append(accuracy_of(nets, test_x, test_y))
        if name == "digits":
            right = scores_of(nets, test_x).argmax(axis=-1) == test_y
            flip_recalls.append([right[..., test_y == k].mean() for k in range(10)])
    flip_found[name] = np.array(runs)
flip_gains = {name: runs[1] - runs[0] for name, runs in flip_found.items()}
flip_losers = np.subtract(*flip_recalls[::-1])

fig, (left, right) = figure(1, 2, size=(8.6, 3))
for (name, gains), color, marker in zip(
    flip_gains.items(), (COLORS.train, COLORS.validation), "os", strict=True
):
    left.errorbar(
        range(3), 100 * gains.mean(1), 100 * gains.std(1), fmt=marker + "-", color=color, label=name
    )
left.axhline(0, color=COLORS.reference, ls="--", lw=1)
left.set_xticks(range(3), flip_rates)
left.set(xlabel="learning rate", ylabel="gain by mirroring (points)")
left.legend(frameon=False)
right.bar(range(10), 100 * flip_losers, color=COLORS.train)
right.set(xlabel="digit", ylabel="change of its accuracy (points)", xticks=range(10))
show(
    fig,
    caption="Left: mean and standard deviation over five draws. Digits "
    + ", ".join(f"{100 * g:+.1f}" for g in flip_gains["digits"].mean(1))
    + "; shapes "
    + ", ".join(f"{100 * g:+.1f}" for g in flip_gains["shapes"].mean(1))
    + " points. Right: which digits pay for it.",
    alt="Left: gain over three learning rates, below zero for digits and above zero for shapes. Right: bars of "
    "the change for each digit, the largest loss at 5.",
)

# %% [markdown]
# A mirrored star is a star; a mirrored 5 is nothing. (Turn them by 180° instead, and the digit that loses most is the 9:
# it has become a 6.) To augment is to state a law of the task: *the answer does not depend on this*. If the law is wrong,
# the network learns something wrong, diligently.

# %% [markdown] tags=["AUG-03"]
# ## 2 · Crops and shifts
#
# Cut a square out of the image, each time at another place. The ResNet paper scales each image so that its
# shorter side has $L$ pixels, $L$ drawn from 256 to 480, and takes a random square of 224 × 224. For small
# images one puts a frame of zeros around them first: then the square can be as large as the image, and
# cutting it out is a random shift.

# %% tags=["exercise"]
from utils.augmentation import random_crop

# %% tags=["check"]
check("augmentation.random_crop")

# %% [markdown]
# Digits rarely stand in the middle of a frame. So put each at a random place of 14 × 14 pixels, in training
# and at test time, once and for all.

# %% tags=["predict"]
worth_of_shifts = ...

# %% tags=["check"]
check("augmentation.worth_of_shifts")

# %% tags=["demo"]
FRAME = (1, 14, 14)


def at_random_places(x, seed):
    framed = np.pad(x.reshape(-1, 1, 8, 8), ((0, 0), (0, 0), (3, 3), (3, 3)))
    return random_crop(framed, 14, pad=2, rng=np.random.default_rng(seed)).reshape(len(x), -1)


def shifted(x, rng):
    return random_crop(x, 14, pad=2, rng=rng)


moved_train, moved_new = at_random_places(train_x, 0), at_random_places(new_x, 1)
moved_found, moved_nets = {}, {}
moved_draws, moved_updates = range(fewer(5, 2, "draws")), fewer(1200, 400, "updates")
moved_units = fewer(60, 30, "hidden units")
for n, kind in tqdm(
    [(100, "without"), (300, "without"), (800, "without"), (100, "with"), (300, "with")]
):
    xs, ys = draw_sets(moved_train, digits.y_train, n, moved_draws)
    moved_nets[kind, n] = train_sets(
        xs,
        np.eye(10)[ys],
        [196, moved_units, 10],
        lr=0.4,
        updates=moved_updates,
        change=in_training(shifted, FRAME) if kind == "with" else None,
    )
    moved_found[kind, n] = accuracy_of(moved_nets[kind, n], moved_new, new_y)
fig, ax = figure(size=(6.5, 3))
for kind, color, marker in (("without", COLORS.validation, "s"), ("with", COLORS.train, "o")):
    sizes = [n for k, n in moved_found if k == kind]
    found = np.array([moved_found[kind, n] for n in sizes])
    ax.errorbar(
        sizes, found.mean(1), found.std(1), fmt=marker + "-", color=color, label=f"{kind} shifts"
    )
ax.set(xscale="log", xlabel="training images", ylabel="accuracy on new images", ylim=(0.2, 1))
ax.set_xticks([100, 300, 800], ["100", "300", "800"])
ax.minorticks_off()
ax.legend(frameon=False, loc="lower right")
show(
    fig,
    caption="Five draws of the training images, learning rate 0.4. "
    + "; ".join(f"{n} {kind} shifts {f.mean():.2f}" for (kind, n), f in moved_found.items())
    + ".",
    alt="Accuracy over the number of training images. Without shifts it rises from 0.3 to 0.7; with shifts 100 "
    "images reach about as much as 800 without.",
)

# %% [markdown]
# All runs took the same 1200 updates. Before you copy the recipe: on digits that all stand in the *middle*,
# at test time too, the same shifts cost accuracy. Augment towards the test, not away from it.

# %% [markdown] tags=["AUG-05"]
# ## 3 · Light and colour
#
# Brightness adds to all pixels, contrast stretches them about the image's own mean.

# %% tags=["exercise"]
from utils.augmentation import adjust_light

# %% tags=["check"]
check("augmentation.adjust_light")

# %% [markdown]
# The order matters: crop, flip and light belong before the centring, since clipping to the range of a
# camera makes sense for uncentred pixels only.

# %% [markdown] tags=["AUG-06"]
# AlexNet and ResNet changed the colour, too. Take all pixels of the training set as points in the space of
# red, green and blue. Their covariance is a 3 × 3 matrix with eigenvalues $\lambda_i$ and unit eigenvectors
# $p_i$, the principal colours. To every pixel of an image add the same
#
# $$\sum_i \alpha_i\,\lambda_i\,p_i, \qquad \alpha_i \sim \mathcal N(0, 0.1^2) \text{ anew for each image.}$$

# %% tags=["exercise"]
from utils.augmentation import shift_colors

# %% tags=["check"]
check("augmentation.shift_colors")

# %% tags=["predict"]
color_units = ...

# %% tags=["check"]
check("augmentation.color_units")

# %% tags=["demo"]
color_evals, color_evecs = fit_color_pca(drawn.x_train[:500])
star = drawn.x_train[np.flatnonzero(drawn.y_train == drawn.names.index("star"))[3]]
alphas = np.concatenate([k * np.eye(3) for k in (-2.0, 0.0, 2.0)]).reshape(3, 3, 3)
alphas = alphas.transpose(1, 0, 2).reshape(9, 3)
tinted = shift_colors(np.repeat(star[None], 9, axis=0), alphas, color_evals, color_evecs)
fig = image_grid(
    np.clip(tinted, 0, 255) / 255,
    [f"α{i + 1} = {k}" for i in range(3) for k in (-2, 0, 2)],
    cols=9,
    scale=0.95,
)
show(
    fig,
    caption="Twenty times as strong as in the papers, to be seen at all. λ = "
    + ", ".join(f"{v:.3f}" for v in color_evals)
    + "; the first principal colour is ("
    + ", ".join(f"{v:.2f}" for v in color_evecs[:, 0])
    + "), nearly grey: more or less light.",
    alt="Nine versions of a star: along the first colour darker and lighter, along the others tinted.",
)

# %% [markdown] tags=["AUG-07"]
# ## 4 · Warps
#
# Rotation, stretching, shearing, lens distortions: whatever the task allows. Many of them are *affine*: the
# point $p$ moves to $q = Ap + t$, measured from the centre of the image. How do you make an image of that?
# The helper `read_bilinear(img, rows, columns, fill=...)` gives the values at any places of an image, also
# between pixels.

# %% tags=["exercise"]
from utils.augmentation import affine

# %% tags=["check"]
check("augmentation.affine")

# %% [markdown]
# **Compare.** Solve for the old place: $p = A^{-1}(q - t)$. Each pixel $q$ of the new image *looks back* at one
# place. Whoever carries every old pixel forward instead meets some new pixels twice and others never.

# %% tags=["demo"]
five = digits.x_train[np.flatnonzero(digits.y_train == 5)[2]].reshape(1, 8, 8)
sheet = 1 - 0.9 * np.kron(five, np.ones((4, 4)))
stretch_matrix = affine_matrix(degrees=20, stretch=(1.4, 1.4))
carried = np.zeros_like(sheet)
places = np.stack(np.meshgrid(np.arange(32), np.arange(32)), axis=-1) - 15.5
goal_x, goal_y = np.round(places @ stretch_matrix.T + 15.5).astype(int).transpose(2, 0, 1)
inside = (goal_x >= 0) & (goal_x < 32) & (goal_y >= 0) & (goal_y < 32)
carried[0, goal_y[inside], goal_x[inside]] = sheet[0][inside]
kept_inside = affine(np.ones((1, 32, 32)), stretch_matrix, np.zeros(2))[0] > 0.99
holes = float((carried[0] == 0)[kept_inside].mean())
zero = np.zeros(2)
warped = {
    "as it was": sheet,
    "rotated": affine(sheet, affine_matrix(degrees=30), zero, fill=1.0),
    "sheared": affine(sheet, affine_matrix(shear=0.4), zero, fill=1.0),
    "stretched": affine(sheet, affine_matrix(stretch=(1.4, 0.7)), zero, fill=1.0),
    "looked back": affine(sheet, stretch_matrix, zero, fill=1.0),
    "carried forward": carried,
}
fig = image_grid(np.concatenate(list(warped.values())), list(warped), cols=6, scale=1.4)
show(
    fig,
    caption="The last two should be equal: turned by 20° and enlarged by 1.4. Carrying forward leaves "
    f"{holes:.0%} of the pixels empty.",
    alt="Six versions of a 5; the last one is covered with a regular pattern of black holes.",
)

# %% [markdown]
# **Explore.** A whole pipeline: eight draws of one digit.

# %% tags=["demo"]
piped = {
    str(d): digits.x_train[np.flatnonzero(digits.y_train == d)[2]].reshape(1, 8, 8)
    for d in (2, 5, 6, 7)
}


def draw_pipeline():
    fig, ax = figure(size=(6.4, 3.2))
    picture = ax.imshow(np.zeros((26, 52)), cmap="gray_r", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    return fig, picture


def move_pipeline(picture, digit, mirror, degrees, shift, light, draw):
    rng = np.random.default_rng(draw)
    views = np.repeat(piped[digit][None], 8, axis=0)
    views = np.pad(views, ((0, 0), (0, 0), (2, 2), (2, 2)))
    views = random_hflip(views, p=0.5 if mirror else 0.0, rng=rng)
    angles, moves = rng.uniform(-degrees, degrees, 8), rng.uniform(-shift, shift, (8, 2))
    views = np.stack(
        [
            affine(v, affine_matrix(degrees=a), m)
            for v, a, m in zip(views, angles, moves, strict=True)
        ]
    )
    jitter = rng.uniform(-light, light, (2, 8))
    views = adjust_light(views, jitter[0], 1 + jitter[1], high=1.0)
    sheet = np.zeros((26, 52))
    for k, view in enumerate(views):
        i, j = 13 * (k // 4), 13 * (k % 4)
        sheet[i : i + 12, j : j + 12] = view[0]
    picture.set_data(sheet)
    return (
        f"Eight draws of a {digit}: {'mirrored in half of the cases, ' if mirror else ''}turned by up to "
        f"{degrees:.0f}°, moved by up to {shift:.1f} pixels, light changed by up to {light:.0%}."
    )


explore(
    draw_pipeline,
    move_pipeline,
    controls={
        "digit": Choice(["2", "5", "6", "7"], label="digit"),
        "mirror": Toggle(False, label="mirror"),
        "degrees": Slider(0, 180, 5, 15, label="rotation up to (°)"),
        "shift": Slider(0.0, 4.0, 0.5, 1.0, label="shift up to (pixels)"),
        "light": Slider(0.0, 0.8, 0.1, 0.2, label="light up to"),
        "draw": Press("draw again"),
    },
    goal="Which single setting turns a 6 into a 9, and which one makes a 5 look like a 2? Then set every control "
    "as high as you would still train with.",
    answer="Rotation up to 180°; the mirror. The best judge of a strength is you: what you can no longer read "
    "should not keep its label. For upright digits that is about 20° and 2 pixels, without the mirror.",
)

# %% [markdown]
# ## 5 · Too good
#
# A hundred digits are few. So a colleague makes five warped copies of each, and splits the lot into training
# and validation data. All shapes and labels are right, and every line runs.


# %%
def split_in_a_hurry(x, y, steps, *, n_val, copies, rng):
    x_all = np.concatenate([x] + [augment(x, steps, rng=rng) for _ in range(copies)])
    y_all = np.tile(y, 1 + copies)
    order = rng.permutation(len(x_all))
    n_train = (len(x) - n_val) * (1 + copies)
    train, val = order[:n_train], order[n_train : n_train + n_val]
    return x_all[train], y_all[train], x_all[val], y_all[val]


# %% tags=["predict"]
too_good = ...

# %% tags=["check"]
check("augmentation.too_good")

# %% [markdown]
# Ten draws of 100 digits. Each dot is one network.


# %% tags=["demo"]
def warp(x, *, rng):
    """Turn, stretch and move every image a little."""
    out = []
    for img in x:
        stretch = rng.uniform(0.9, 1.1, 2)
        a = affine_matrix(degrees=rng.uniform(-10, 10), stretch=(stretch[0], stretch[1]))
        out.append(affine(img, a, rng.uniform(-0.25, 0.25, 2)))
    return np.array(out)


def split_runs(split, seeds=range(10)):
    """Validation accuracy and accuracy on new digits, after splitting with the given function."""
    parts = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        few = rng.permutation(len(digits.x_train))[:100]
        x = digits.x_train[few].reshape(-1, 1, 8, 8)
        parts.append(split(x, digits.y_train[few], [warp], n_val=20, copies=5, rng=rng))
    x_train, y_train, x_val, y_val = (np.stack(part) for part in zip(*parts, strict=True))
    rows = [x.reshape(*x.shape[:2], -1).astype(np.float32) for x in (x_train, x_val)]
    nets = train_sets(rows[0], np.eye(10)[y_train], [64, 60, 10], lr=0.3, updates=400)
    return accuracy_of(nets, rows[1], y_val), accuracy_of(nets, new_x, new_y)


hurry_found = split_runs(split_in_a_hurry)
fig, ax = figure(size=(6, 2.3))
for row, (found, color) in enumerate(
    zip(hurry_found, (COLORS.validation, COLORS.test), strict=True)
):
    ax.plot(
        found, np.full(len(found), row) + np.linspace(-0.15, 0.15, len(found)), "o", color=color
    )
ax.set(xlabel="accuracy", ylim=(1.5, -0.5), xlim=(0.75, 1.02))
ax.set_yticks(range(2), ["validation", "new digits"])
show(
    fig,
    caption=f"Validation {hurry_found[0].mean():.3f} ± {hurry_found[0].std():.3f}, new digits "
    f"{hurry_found[1].mean():.3f} ± {hurry_found[1].std():.3f}.",
    alt="Two rows of dots: the validation accuracies lie near 1, those on new digits near 0.9.",
)

# %% [markdown]
# Find the bug, and write the function as it should be.

# %% tags=["exercise"]
from utils.augmented import augmented_split

# %% tags=["check"]
check("augmented.augmented_split")

# %% tags=["demo"]
honest_found = split_runs(augmented_split)
compare(
    [
        ("validation, in a hurry", hurry_found[0].mean(), hurry_found[1].mean()),
        ("validation, your split", honest_found[0].mean(), honest_found[1].mean()),
    ],
    abs_tol=0.03,
    printed="new digits",
    caption="Means over ten draws. An honest estimate from 20 images is noisy (standard deviation "
    f"{honest_found[0].std():.2f}), and right on average. On new digits the network of the hurry does a little better: "
    "it has trained on versions of nearly all 100 images.",
)

# %% [markdown]
# ## 6 · Two images in one, or a part of one
#
# None of the changes so far touches the label. *Mixup* (2018) does: it overlays two images and asks for both
# answers, in the same proportion. Targets are rows of probabilities, and the share λ is drawn anew for each
# batch.

# %% tags=["exercise"]
from utils.mixing import mixup

# %% tags=["check"]
check("mixing.mixup")

# %% [markdown]
# *Cutout* (2017) takes something away: a square with its centre anywhere in the image, so that the network
# cannot rely on one tell-tale detail.

# %% tags=["exercise"]
from utils.mixing import cutout

# %% tags=["check"]
check("mixing.cutout")

# %% [markdown]
# *CutMix* (2019) joins the two ideas: into the hole goes the same part of another image.

# %% tags=["predict"]
pasted = ...

# %% tags=["check"]
check("mixing.pasted")

# %% [markdown]
# What do they gain on our digits? Everything is tuned over five learning rates; 300 training digits, five draws.
# On the right a fifth of the training labels is wrong.

# %% tags=["demo"]
mix_rates = (0.03, 0.1, 0.3, 1.0, 3.0)
mix_draws, mix_updates = range(fewer(5, 2, "draws")), fewer(400, 200, "updates")
mix_units = fewer(60, 30, "hidden units")
mix_x, mix_y = draw_sets(train_x, digits.y_train, 300, mix_draws)
noise = np.random.default_rng(9)
spoilt_y = np.where(noise.random(mix_y.shape) < 0.2, noise.integers(0, 10, mix_y.shape), mix_y)


def with_mixup(x, targets, rng):
    # The batches of the five networks stand below each other: partners come from one's own.
    partners = np.concatenate([first + rng.permutation(50) for first in range(0, len(x), 50)])
    return mixup(x, targets, float(rng.beta(1.0, 1.0)), partners)


def with_cutout(x, targets, rng):
    centres = rng.integers(0, 8, (2, len(x)))
    return cutout(x.reshape(-1, 1, 8, 8), *centres, 3).reshape(len(x), -1), targets


mix_found, mix_confidence = {}, {}
for labels, given in (("right labels", mix_y), ("a fifth of the labels wrong", spoilt_y)):
    for name, change in (("plain", None), ("mixup", with_mixup), ("cutout", with_cutout)):
        nets = train_sets(
            mix_x,
            np.eye(10)[given],
            [64, mix_units, 10],
            lr=column(mix_rates),
            updates=mix_updates,
            change=change,
        )
        mix_found[labels, name] = accuracy_of(nets, new_x, new_y)
        best = mix_found[labels, name].mean(axis=1).argmax()
        p = softmax(scores_of(nets, new_x)[best].reshape(-1, 10).astype(float))
        mix_confidence[labels, name] = float(p.max(axis=1).mean())
fig, axes = figure(1, 2, size=(8.6, 2.9), sharey=True)
for ax, labels in zip(axes, ("right labels", "a fifth of the labels wrong"), strict=True):
    for name, color, marker in (
        ("plain", COLORS.reference, "o"),
        ("mixup", COLORS.train, "s"),
        ("cutout", COLORS.validation, "D"),
    ):
        found = mix_found[labels, name]
        ax.errorbar(
            range(5), found.mean(1), found.std(1), fmt=marker + "-", color=color, label=name
        )
    ax.set_xticks(range(5), mix_rates)
    ax.set(title=labels, xlabel="learning rate", ylim=(0.75, 1))
axes[0].set(ylabel="accuracy on new digits")
axes[0].legend(frameon=False, loc="lower center")
show(
    fig,
    caption="At its best rate each: "
    + "; ".join(
        f"{labels}, {name} {found.mean(1).max():.3f} (mean confidence {mix_confidence[labels, name]:.2f})"
        for (labels, name), found in mix_found.items()
    )
    + ".",
    alt="Accuracy over five learning rates for three methods, with right labels on the left and with wrong "
    "labels on the right.",
)

# %% [markdown]
# With right labels neither gains anything, and both can cost two points: a digit of 8 × 8 has no detail to spare. With wrong
# labels look at rate 1. The plain run memorises them, and mixup saves two to six points: a wrong label is hard to memorise
# when its image never comes twice in the same form. At its own best rate, a low one, the plain run has memorised little in
# 400 updates, and is level. What is sure is the confidence. Mixup lowers it, as it should: it has asked for less.

# %% [markdown]
# **Explore.** Move the box of CutMix: what was asked for, and what was pasted?

# %% tags=["demo"]
box_images = digits.x_train[[np.flatnonzero(digits.y_train == d)[0] for d in (3, 8)]]
box_images = np.kron(box_images.reshape(2, 1, 8, 8), np.ones((4, 4)))


def draw_box():
    fig, ax = figure(size=(4.6, 3.6))
    picture = ax.imshow(box_images[0, 0], cmap="gray_r", vmin=0, vmax=1)
    (outline,) = ax.plot([0], [0], color=COLORS.validation, lw=3)
    ax.set(xlim=(-12, 44), ylim=(44, -12), xticks=[], yticks=[])
    ax.grid(False)
    return fig, (picture, outline)


def move_box(artists, lam, row, column):
    picture, outline = artists
    box = cut_box(32, 32, lam, row, column)
    mixed, targets = cutmix(box_images, np.eye(2), box, np.array([1, 0]))
    picture.set_data(mixed[0, 0])
    side = int(32 * np.sqrt(1 - lam))
    top, left = row - side // 2 - 0.5, column - side // 2 - 0.5
    outline.set_data(
        [left, left + side, left + side, left, left], [top, top, top + side, top + side, top]
    )
    return (
        f"Asked: {1 - lam:.2f} of the image for the 8. Pasted: {targets[0, 1]:.2f}. So the target is "
        f"{targets[0, 0]:.2f} for the 3 and {targets[0, 1]:.2f} for the 8."
    )


explore(
    draw_box,
    move_box,
    controls={
        "lam": Slider(0.0, 1.0, 0.05, 0.5, label="λ, share to be left"),
        "row": Slider(0, 31, 1, 15, label="row of the centre"),
        "column": Slider(0, 31, 1, 20, label="column of the centre"),
    },
    goal="Find the largest gap between what is asked and what is pasted.",
    answer="λ = 0 with the centre in a corner: all of the image is asked for, and a quarter pasted. At λ = 0.25 it is "
    "still 0.75 asked and about 0.19 pasted.",
)

# %% [markdown] tags=["AUG-08"]
# ## 7 · Where does invariance come from?
#
# So far the network *learnt* that places do not matter. Can it be built that way? Its building block is the
# *convolution*: a small filter of weights, 5 × 5 say, slides over the image. At each place its weights are multiplied
# with the pixels under them, and the products are summed up. All places share the same weights. Each filter gives a *map* of where its
# pattern was found; $F$ filters give $F$ maps, the channels of the next layer.
#
# If the image moves, the maps move along: convolution is *equivariant*. To forget the place is another
# step. *Max pooling* keeps the largest value in each window of, say, 2 × 2.
#
# First a measure: the share of predictions that a shift changes.

# %% tags=["exercise"]
from utils.augmentation import shift_sensitivity

# %% tags=["check"]
check("augmentation.shift_sensitivity")

# %% [markdown]
# Four networks: a convolution with 32 filters of 5 × 5, ReLU, pooling, a dense layer. They differ only in the
# window of the pooling: none, 2 × 2, 4 × 4, or the whole map of 8 × 8. All are trained on digits in the middle of a frame
# of 12 × 12.

# %% tags=["predict"]
pool_one_pixel = ...

# %% tags=["check"]
check("augmentation.pool_one_pixel")

# %% tags=["predict"]
global_pool = ...

# %% tags=["check"]
check("augmentation.global_pool")

# %% tags=["predict"]
pool_two_pixels = ...

# %% tags=["check"]
check("augmentation.pool_two_pixels")


# %% tags=["demo"]
def in_frame(x):
    return np.pad(x.reshape(-1, 1, 8, 8), ((0, 0), (0, 0), (2, 2), (2, 2))).astype(np.float32)


pool_windows = {"none": 1, "2 × 2": 2, "4 × 4": 4, "whole map": 8}
pool_test, pool_nets, pool_found, pool_changed = in_frame(new_x), {}, {}, {}
pool_seeds, pool_updates = range(fewer(3, 1, "networks")), fewer(200, 100, "updates")
for name, window in tqdm([*pool_windows.items(), ("none, trained with shifts", 1)]):
    found = []
    for seed in pool_seeds:
        rng = np.random.default_rng(seed)
        few = rng.permutation(len(digits.x_train))[:600]
        x, y = in_frame(digits.x_train[few]), digits.y_train[few]
        if name not in pool_windows:
            steps = range(-2, 3)
            x = np.concatenate([shift_images(x, dx, dy) for dx in steps for dy in steps])
            y = np.tile(y, 25)
        net = ConvNet((1, 12, 12), 10, pool=window, rng=rng)
        net.fit(x, y, lr=0.3, updates=pool_updates, rng=rng)
        moved = [shift_images(pool_test, dx) for dx in (0, 1, 2)]
        found.append([np.mean(net.scores(x).argmax(axis=1) == new_y) for x in moved])
    pool_nets[name], pool_found[name] = net, np.array(found)
    pool_changed[name] = shift_sensitivity(net.scores, pool_test, 1)
fig, ax = figure(size=(6.5, 3))
for (name, found), marker, color in zip(
    pool_found.items(),
    "osD^v",
    (COLORS.reference, COLORS.validation, COLORS.test, COLORS.train, COLORS.yours),
    strict=True,
):
    ax.errorbar(range(3), found.mean(0), found.std(0), fmt=marker + "-", color=color, label=name)
ax.set(xlabel="test images moved by (pixels)", ylabel="accuracy", xticks=range(3), ylim=(0, 1.02))
ax.legend(frameon=False, title="pooling", loc="upper left", bbox_to_anchor=(1, 1))
show(
    fig,
    caption="Mean and standard deviation of three networks, 200 updates each. "
    + "; ".join(
        f"{name}: " + ", ".join(f"{a:.2f}" for a in found.mean(0))
        for name, found in pool_found.items()
    )
    + ". Predictions changed by one pixel: "
    + ", ".join(f"{name} {share:.0%}" for name, share in pool_changed.items())
    + ".",
    alt="Accuracy over the shift for four sizes of the pooling window. Without pooling and with 2 × 2 it falls "
    "steeply; with one window over the whole map it stays, and without pooling, too, after training with shifts.",
)

# %% [markdown] tags=["E-51"]
# ### Spot the error: are shifts needed?

# %% tags=["predict"]
e51 = ...

# %% tags=["check"]
check("augmentation.e51")

# %% [markdown]
# **Explore.** Move a digit under the four networks.

# %% tags=["demo"]
walker = pool_test[53]


def draw_walk():
    fig, (left, right) = figure(1, 2, size=(8, 2.9), width_ratios=(1, 1.9))
    picture = left.imshow(walker[0], cmap="gray_r", vmin=0, vmax=1)
    left.set(xticks=[], yticks=[])
    left.grid(False)
    bars = right.bar(range(10), np.zeros(10), color=COLORS.train)
    right.set(xlabel="class", ylabel="probability", xticks=range(10), ylim=(0, 1))
    return fig, (picture, list(bars))


def move_walk(artists, pooling, dx, dy):
    picture, bars = artists
    image = shift_images(walker[None], dx, dy)
    p = softmax(pool_nets[pooling].scores(image).astype(float))[0]
    picture.set_data(image[0, 0])
    for bar, height in zip(bars, p, strict=True):
        bar.set_height(height)
    return f"Pooling {pooling}: a {p.argmax()} with probability {p.max():.2f}; the right answer is {new_y[53]}."


explore(
    draw_walk,
    move_walk,
    controls={
        "pooling": Choice(list(pool_windows), value="2 × 2", label="pooling"),
        "dx": Slider(-2, 2, 1, 0, label="to the right"),
        "dy": Slider(-2, 2, 1, 0, label="down"),
    },
    goal="Which of the networks can you not confuse? And which shift is worst for the one with 2 × 2?",
    answer="The one with a single window: a 6 at all 25 places, the others at 3, 5 and 11 of them (no pooling, 2 × 2, 4 × 4). "
    "With 2 × 2, two pixels to the left or right are always too many: the map has moved by a whole cell.",
)

# %% [markdown] tags=["AUG-04"]
# ### Ask several times
#
# The third way: show the network several views at test time and average the probabilities, as with the masks
# of dropout. AlexNet took ten: four corners and the centre, each with its mirror image. ResNet did that at
# five scales (224, 256, 384, 480, 640): fifty views.

# %% tags=["exercise"]
from utils.augmentation import ten_crop

# %% tags=["check"]
check("augmentation.ten_crop")

# %% tags=["predict"]
views_only = ...

# %% tags=["check"]
check("augmentation.views_only")

# %% tags=["demo"]
nine_views = [
    shift_images(moved_new.reshape(-1, *FRAME), dx, dy).reshape(len(moved_new), -1)
    for dx in (-1, 0, 1)
    for dy in (-1, 0, 1)
]
with_mirror = [moved_new, moved_new.reshape(-1, 14, 14)[..., ::-1].reshape(len(moved_new), -1)]
view_kinds = {
    "one view": [moved_new],
    "nine shifts": nine_views,
    "with its mirror image": with_mirror,
}
view_found = {}
for kind in ("without", "with"):
    nets = moved_nets[kind, 300]
    for name, views in view_kinds.items():
        p = [
            predict_views(lambda x, s=s, nets=nets: scores_of(nets, x)[s].astype(float), views)
            for s in range(fewer(5, 2, "draws"))
        ]
        view_found[kind, name] = np.mean(np.argmax(p, axis=-1) == new_y, axis=1)
fig, ax = figure(size=(6.5, 2.5))
for k, (name, color) in enumerate(
    zip(view_kinds, (COLORS.reference, COLORS.train, COLORS.validation), strict=True)
):
    found = np.array([view_found[kind, name] for kind in ("without", "with")])
    ax.bar(
        np.arange(2) + 0.27 * (k - 1),
        found.mean(1),
        0.25,
        yerr=found.std(1),
        color=color,
        label=name,
    )
ax.set(ylabel="accuracy", ylim=(0, 1.35), yticks=(0, 0.5, 1))
ax.set_xticks(range(2), ["trained without shifts", "trained with shifts"])
ax.legend(frameon=False, ncols=3, loc="upper center", fontsize=9)
show(
    fig,
    caption="300 digits at random places, five draws. "
    + "; ".join(f"{kind} shifts, {name} {f.mean():.2f}" for (kind, name), f in view_found.items())
    + ".",
    alt="Bars of accuracy. Nine shifted views help much where training had no shifts and little where it had; a "
    "mirrored view lowers the accuracy.",
)

# %% [markdown]
# Views must be such as the label allows, at test time as in training. They help most where training did not.

# %% [markdown] tags=["ARC-01"]
# ## 8 · The networks of ImageNet
#
# ImageNet's contest had 1.2 million training images and 1000 classes: flamingo and ruffed grouse, tabby and
# Egyptian cat, three sizes of schnauzer. An answer counts as right if one of *five* guesses is. People err in
# about 5 % of the cases, as the slides print it.

# %% tags=["exercise"]
from utils.architectures import topk_error

# %% tags=["check"]
check("architectures.topk_error")

# %% [markdown]
# How large is what a convolution or a pooling puts out? The window moves in steps of the *stride*; *padding*
# puts rows and columns of zeros around the image.

# %% tags=["exercise"]
from utils.architectures import conv_output_size

# %% tags=["check"]
check("architectures.conv_output_size")

# %% [markdown]
# **Compare.** The window can begin at row 0, at row *stride*, … and at the latest at size + 2 pad − k:
# $\lfloor (\text{size} + 2\,\text{pad} - k)/\text{stride}\rfloor + 1$ places. AlexNet's paper says that its images
# have 224 pixels and that its first layer (filters of 11, stride 4) puts out 55 × 55. Your function says 54 for
# 224, and 55 for 227.

# %% tags=["exercise"]
from utils.architectures import conv_params

# %% tags=["check"]
check("architectures.conv_params")

# %% [markdown] tags=["ARC-02"]
# **AlexNet** (2012) was the first deep network to win the contest. It has five convolutions (11 × 11, 5 × 5, three of
# 3 × 3) and three dense layers; ReLU, max pooling, dropout, augmentation, gradient descent with momentum; six days on
# two graphics cards. Three of its convolutions are split into two groups, one for each card.

# %% [markdown] tags=["ARC-03"]
# **VGG-16** (2014) takes filters of 3 × 3 only, thirteen layers of them, with up to 512 filters. It was trained much
# like AlexNet, for two to three weeks on four cards.

# %% tags=["predict"]
vgg_work = ...

# %% tags=["check"]
check("architectures.vgg_work")

# %% tags=["predict"]
memory = ...

# %% tags=["check"]
check("architectures.memory")

# %% tags=["demo"]
vgg_layers, alex_layers = vgg16(), alexnet()
conv1_alex = conv_params(11, 3, 96)
compare(
    [
        ("AlexNet, parameters", total_params(alex_layers), 60_000_000),
        ("AlexNet without groups, parameters", total_params(alexnet(grouped=False)), 62_378_344),
        ("AlexNet's first layer, by your function", conv1_alex, 34_944),
        ("VGG-16, parameters", total_params(vgg_layers), 138_000_000),
    ],
    rel_tol=0.02,
    printed="printed",
    caption=f"Exactly: {total_params(alex_layers):,} and {total_params(vgg_layers):,}. The AlexNet of a well-known "
    "library has 61,100,840: another network under the same name.",
)
shares = {
    "parameters": [layer.params for layer in vgg_layers[1:]],
    "multiplications": [layer.macs for layer in vgg_layers[1:]],
    "memory for outputs": [layer.units for layer in vgg_layers[1:]],
}
vgg_bytes = 4 * sum(layer.units for layer in vgg_layers)
fig, axes = figure(3, 1, size=(8.4, 4.6), sharex=True)
for ax, (name, values), color in zip(
    axes, shares.items(), (COLORS.validation, COLORS.train, COLORS.yours), strict=True
):
    ax.bar(range(len(values)), np.array(values) / sum(values), color=color)
    ax.set_title(name, fontsize=10, loc="left")
    ax.set(ylabel="share")
axes[-1].set_xticks(
    range(len(vgg_layers) - 1), [layer.name for layer in vgg_layers[1:]], rotation=60
)
show(
    fig,
    caption=f"VGG-16: {total_params(vgg_layers):,} parameters, {total_macs(vgg_layers) / 1e9:.1f} billion "
    f"multiplications and {vgg_bytes / 1e6:.0f} MB of outputs for one image. Three different parts of the network pay "
    "for them.",
    alt="Bars for each layer of VGG-16. Parameters: nearly all in the first dense layer. Multiplications: spread over "
    "the convolutions. Memory: the first two blocks.",
)

# %% [markdown]
# ### How far does it see?
#
# Three filters of 3 × 3 on top of each other see as far as one of 7 × 7. For $C$ channels they have $27C^2$ weights,
# not $49C^2$, and two more nonlinearities. With strides in between, an output sees further: how far?

# %% tags=["predict"]
seen = ...

# %% tags=["check"]
check("architectures.seen")

# %% tags=["exercise"]
from utils.architectures import receptive_fields

# %% tags=["check"]
check("architectures.receptive_fields")

# %% [markdown]
# **Compare.** A window of $k$ covers $k$ neighbours, which lie $k - 1$ steps apart. One step in the map is a *jump* of
# $s_1 s_2 \cdots$ pixels, the product of all strides below. So $r \leftarrow r + (k - 1)\,\text{jump}$, and only then
# $\text{jump} \leftarrow \text{jump}\cdot s$. With all strides 1, $n$ layers of 3 × 3 see $2n + 1$ pixels.

# %% [markdown]
# **Explore.** Build a stack on an image of 224 × 224, with 64 filters in each layer.


# %% tags=["demo"]
def draw_stack():
    fig, ax = figure(size=(4.4, 3.4))
    ax.plot([0, 224, 224, 0, 0], [0, 0, 224, 224, 0], color=COLORS.reference)
    (square,) = ax.fill([0], [0], color=COLORS.train, alpha=0.4)
    ax.set(xlim=(-30, 254), ylim=(-30, 254), aspect="equal", xlabel="pixel", ylabel="pixel")
    return fig, square


def move_stack(square, k, layers, strides):
    steps = [2 if n < strides else 1 for n in range(layers)]
    seen = receptive_fields([(k, s) for s in steps])[-1]
    r = min(seen, 284) / 2
    square.set_xy([(112 - r, 112 - r), (112 + r, 112 - r), (112 + r, 112 + r), (112 - r, 112 + r)])
    size, macs, params, c_in = 224, 0, 0, 3
    for s in steps:
        size = conv_output_size(size, k, stride=s, pad=k // 2)
        params += conv_params(k, c_in, 64)
        macs += conv_params(k, c_in, 64, bias=False) * size**2
        c_in = 64
    return (
        f"One output sees {seen} pixels each way. {params:,} parameters, {macs / 1e6:,.0f} million "
        f"multiplications, and a last map of {size} × {size}."
    )


explore(
    draw_stack,
    move_stack,
    controls={
        "k": Choice([3, 5, 7, 11], label="filter"),
        "layers": Slider(1, 40, 1, 3, label="layers"),
        "strides": Slider(0, 5, 1, 0, label="of them, from the first on, with stride 2"),
    },
    goal="Reach 200 pixels with filters of 3 × 3 and as few multiplications as you can. How many layers would it take "
    "without strides?",
    answer="All five strides in the first layers: 8 layers see 255 pixels, with 181 million multiplications. Without strides "
    "it takes 100 layers and a thousand times the work.",
)

# %% [markdown]
# ## 9 · After the slides
#
# **Residual networks** (2015). Beyond about twenty layers plain networks became harder to train, on the training set
# too. A residual block computes $h + f(h)$, and the plain $h$ carries signal and gradient past $f$. The shortcut alone
# is not enough: with He's weights each block doubles the mean square of the signal. How to start them is in
# [initialisation](../04_initialization/04_initialization.ipynb), section 13; ResNets use batch normalisation.

# %% tags=["predict"]
smaller_giant = ...

# %% tags=["check"]
check("architectures.smaller_giant")

# %% tags=["demo"]
resnet_printed = {18: 11_689_512, 50: 25_557_032, 152: 60_192_808}
compare(
    [(f"ResNet-{d}, parameters", total_params(resnet(d)), n) for d, n in resnet_printed.items()]
    + [
        ("a block of two 3 × 3, 256 channels", 2 * conv_params(3, 256, 256, bias=False), 1_179_648),
        (
            "a bottleneck 256 → 64 → 64 → 256",
            conv_params(1, 256, 64, bias=False)
            + conv_params(3, 64, 64, bias=False)
            + conv_params(1, 64, 256, bias=False),
            69_632,
        ),
    ],
    rel_tol=0,
    printed="by hand or as published",
    caption="Counted by your functions. A bottleneck of 1 × 1 filters makes depth cheap: a seventeenth of the weights. "
    f"ResNet-152 takes {total_macs(resnet(152)) / 1e9:.1f} billion multiplications, AlexNet "
    f"{total_macs(alex_layers) / 1e9:.1f}.",
)

# %% [markdown]
# **Transfer learning.** Hardly anybody trains on ImageNet today; one takes a network that somebody else has trained,
# and gives it a new last layer. On a small scale: digits at random places, as in section 2.

# %% tags=["predict"]
transfer = ...

# %% tags=["check"]
check("augmentation.transfer")

# %% tags=["demo"]
rates_half = fewer(4, 2, "rates") // 2
some_rates = slice(2 - rates_half, 2 + rates_half)  # those in the middle
transfer_rates, last_rates = (0.1, 0.3, 1.0, 3.0)[some_rates], (0.3, 1.0, 3.0, 10.0)[some_rates]
transfer_draws, transfer_units = fewer(3, 1, "draws"), fewer(100, 40, "hidden units")
low, high = digits.y_train < 5, digits.y_train >= 5
x_high, y_high = moved_train[high], digits.y_train[high] - 5
x_new, y_new = moved_new[new_y >= 5], new_y[new_y >= 5] - 5
in_places = in_training(shifted, FRAME)
x_low = np.repeat(moved_train[low][None], transfer_draws, axis=0)
t_low = np.repeat(np.eye(5)[digits.y_train[low]][None], transfer_draws, axis=0)
sizes = [196, transfer_units, 5]
untrained = train_sets(x_low, t_low, sizes, lr=0.4, updates=0)
teacher = train_sets(x_low, t_low, sizes, lr=0.4, updates=1000, change=in_places)


def few_of_each(n, seed):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(np.flatnonzero(y_high == k))[:n] for k in range(5)])


transfer_found = {}
for n in tqdm((5, 20, 80)):
    rows = np.stack([few_of_each(n, seed) for seed in range(transfer_draws)])
    xs, ts = x_high[rows], np.eye(5)[y_high[rows]]
    settings = {
        "lr": column(transfer_rates),
        "updates": 200,
        "batch_size": min(50, 5 * n),
    }
    runs = {"from scratch": accuracy_of(train_sets(xs, ts, sizes, **settings), x_new, y_new)}
    for name, net in (("random features", untrained), ("features of 0 to 4", teacher)):
        (inner,), (inner_new,) = hidden_layers(net, xs), hidden_layers(net, x_new)
        last_settings = settings | {"lr": column(last_rates)}
        last = train_sets(inner, ts, [transfer_units, 5], **last_settings)
        runs[name] = accuracy_of(last, inner_new, y_new)
    tuned = train_sets(xs, ts, [teacher[0], untrained[1]], **settings)
    runs["all layers trained on"] = accuracy_of(tuned, x_new, y_new)
    moving = train_sets(xs, ts, sizes, change=in_places, **settings)
    runs["from scratch, with shifts"] = accuracy_of(moving, x_new, y_new)
    for name, found in runs.items():
        transfer_found[name, n] = found[found.mean(axis=1).argmax()]
fig, ax = figure(size=(6.8, 3.1))
for (name, style), color in zip(
    zip(runs, ("o:", "s:", "D-", "^-", "v--"), strict=True),
    (COLORS.reference, COLORS.test, COLORS.train, COLORS.yours, COLORS.validation),
    strict=True,
):
    found = np.array([transfer_found[name, n] for n in (5, 20, 80)])
    ax.errorbar(range(3), found.mean(1), found.std(1), fmt=style, color=color, label=name)
ax.set(xlabel="images of each digit from 5 to 9", ylabel="accuracy on new digits", ylim=(0.2, 1))
ax.set_xticks(range(3), [5, 20, 80])
ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1), fontsize=9)
show(
    fig,
    caption="Each at the best of four rates, three draws. With 20 images of each digit: "
    + ", ".join(f"{name} {transfer_found[name, 20].mean():.2f}" for name in runs)
    + ".",
    alt="Accuracy over the number of images of each digit for five ways to train. Features that were learnt on other "
    "digits beat training from scratch and random features while images are few; shifts in training beat them by far "
    "with 5 and 20 images, and not with 80.",
)

# %% [markdown]
# With few images, features that were learnt on *other* digits beat one's own, and random ones do not: what was learnt is
# something about strokes and places. With 80 images of each digit it is better to train all layers on. A law that you know,
# the shifts, is worth more than both, if you give it time: with 80 images 200 updates are too few for it, and after 800 it
# leads by seven points. (Real networks transfer better than this one, of a single layer.)
#
# **Stronger recipes.** RandAugment draws a few warps from a list and leaves one dial, their strength. Mixup and CutMix
# are in most recipes for large networks. **Pooling as sampling**: taking every second value of a map without blurring
# it first breaks the sampling theorem, which is why one pixel matters so much in section 7; blur pooling (Zhang 2019)
# repairs part of it.
#
# ### Errata of the slides
#
# - AlexNet's *26 % → 15 %* compares two different kinds: 26 % is the best method that was no deep network, 15 % is an
#   ensemble of several AlexNets.
# - AlexNet's images have 227 pixels, or a padding that the paper does not mention.
# - VGG is from 2014 (published at a conference in 2015).
# - A receptive field of $2n + 1$ holds as long as all strides are 1.

# %% [markdown]
# ## What to remember
#
# - An augmentation states a law: the answer does not depend on this. It helps where the law holds and the test needs it.
# - One draw for each image, anew in each step. Crop, flip, light first; centre last.
# - Warp by looking back: $p = A^{-1}(q - t)$.
# - Split first, then augment, and only the training images.
# - Who mixes images mixes targets, by the share that was really used.
# - Convolution moves its answer along. A small window softens a shift by one pixel; one window over the map forgets the
#   place.
# - Parameters sit in dense layers, work in convolutions, memory in the first maps. Strides make a network see far.
#
# **Recall.** Answer without scrolling up, then open.
#
# <details><summary>Your validation accuracy is 0.98 after augmentation, the test says 0.90. What do you look for?</summary>
# Copies on both sides: was the split made before the copies?</details>
#
# <details><summary>Why does a network with 2 × 2 pooling fail after a shift by two pixels, although its features have only
# moved?</summary>
# The dense layer has a weight of its own for each cell. The features moved into cells with other weights.</details>
#
# <details><summary>You must halve the file of VGG-16. And then its time. Where do you look?</summary>
# For the file at the first dense layer, for the time at the convolutions.</details>

# %% [markdown] tags=["ARC-04"]
# ## Read on
#
# - Krizhevsky, Sutskever, Hinton, *ImageNet Classification with Deep Convolutional Neural Networks*, 2012.
# - Simonyan, Zisserman, *Very Deep Convolutional Networks for Large-Scale Image Recognition*, 2015.
# - He, Zhang, Ren, Sun, *Deep Residual Learning for Image Recognition*, 2016.
# - Zhang, Cisse, Dauphin, Lopez-Paz, *Mixup*, 2018.
# - Yun et al., *CutMix*, 2019; Cubuk et al., *RandAugment*, 2020.
# - Zhang, *Making Convolutional Networks Shift-Invariant Again*, 2019.
# - Araujo, Norris, Sim, *Computing Receptive Fields of Convolutional Neural Networks*, 2019.
# - The slides close with a link on preconditioning, Schraudolph's notes:
#   `http://cnl.salk.edu/~schraudo/teach/NNcourse/precond.html`. Its subject is in
#   [preprocessing](../03_preprocessing/03_preprocessing.ipynb) and [curvature](../06_curvature/06_curvature.ipynb).
#
# **Next** [12 · Babysitting](../12_babysitting/12_babysitting.ipynb): one training from its first loss on, watched,
# diagnosed and mended.

# %% tags=["demo"]
progress()
