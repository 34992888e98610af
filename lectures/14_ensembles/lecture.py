# %% [markdown]
# # 14 · Ensembles
#
# When is an average better than its parts, and of what should you take it: of predictions, of snapshots, or
# of weights? It is the cheapest reliable gain there is. The three look alike and behave differently.
#
# **After this lecture you can**
#
# - stop a training by a rule that does not fool you, and say what its best epoch is worth;
# - combine networks, and derive how much their error falls;
# - decide at equal cost between one network and many, snapshots and independent runs;
# - keep an average of the weights with a correct start, and say when weights may be averaged at all;
# - measure calibration, mend it with one number, and know what an ensemble does to it.
#
# **Time** Two hours, with a break after section 4. **Builds on** reading curves
# ([12](../12_babysitting/12_babysitting.ipynb)), what the best of many is worth
# ([13](../13_hyperparameters/13_hyperparameters.ipynb)), batch normalisation
# ([05](../05_batchnorm/05_batchnorm.ipynb)), variance and covariance of a sum.

# %% tags=["setup"]
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from jaxtyping import Float, Int

from grader import borrow, check, failing, hint, progress
from utils.averaging import average_params, generalization_gap, overfit_onset
from utils.data import Dataset, load_digits
from utils.losses import log_softmax, softmax, softmax_loss
from utils.many_networks import column, race, train_many
from utils.merging import interpolate, match_units
from utils.networks import MLP
from utils.optimizers import adam_step, momentum_step, sgd_step
from utils.pace import fewer, noted
from utils.plots import COLORS, contour, figure, layer_colors, show
from utils.schedules import cosine_cycle, cycle_ends
from utils.stacked_layers import new_layers, scores_of
from utils.surfaces import bowl
from utils.training import accuracy, training_steps
from utils.widgets import Choice, Press, Slider, explore

# %% [markdown] tags=["EST-01"]
# ## 1 · When to stop
#
# All data of this lecture are handwritten digits, read by a bad scanner: every pixel gets Gaussian noise. With
# a standard deviation of 0.5 a small network has about 62 % right, with 0.3 about 82 %, without noise 96 %.
# Three difficulties keep us honest. There are 600 examples for training, 300 for validation, 897 for testing.
#
# A training on few noisy examples first learns and then memorises. So one stops early. When? A slide gives
# two rules: stop when the validation accuracy decreases, or train long and keep the snapshot that was best on
# validation data. The first sounds careful.

# %% tags=["predict"]
first_decrease = ...

# %% tags=["check"]
check("ensembles.first_decrease")

# %% [markdown]
# Between the two rules lies *patience*: stop after so many epochs without a better score.

# %% tags=["exercise"]
from utils.averaging import early_stopping_step

# %% tags=["check"]
check("averaging.early_stopping_step")

# %% tags=["predict"]
loss_or_accuracy = ...

# %% tags=["check"]
check("ensembles.loss_or_accuracy")

# %% [markdown]
# The data, and a measure for networks that `race` trains many at a time:


# %% tags=["demo"]
def noisy_digits(noise, seed=2):
    """Digits from a bad scanner: 600 for training, 300 for validation, 897 for testing."""
    rng, digits = np.random.default_rng(seed), load_digits()
    x = np.concatenate([digits.x_train, digits.x_val, digits.x_test])
    y = np.concatenate([digits.y_train, digits.y_val, digits.y_test])
    order = rng.permutation(len(x))
    x, y = (x + noise * rng.standard_normal(x.shape))[order].astype(np.float32), y[order]
    parts = (
        part for rows in np.split(np.arange(len(x)), [600, 900]) for part in (x[rows], y[rows])
    )
    return Dataset(*parts, names=digits.names)


def of_each_example(scores, y):
    """For each network and example: is it right, and the log loss, from (..., examples, classes)."""
    rows = scores.reshape(-1, scores.shape[-1])
    log_p = log_softmax(rows).reshape(scores.shape)
    chosen = np.take_along_axis(log_p, np.broadcast_to(y[:, None], (*scores.shape[:-1], 1)), -1)
    return scores.argmax(axis=-1) == y, -chosen[..., 0]


def right_and_loss(scores, y):
    """Accuracy and log loss of each network."""
    right, loss = of_each_example(scores, y)
    return right.mean(axis=-1), loss.mean(axis=-1)


noisy, clean = noisy_digits(0.5), noisy_digits(0.0)

# %% [markdown] tags=["EST-03"]
# Ten networks for 60 epochs, with and without noise in the pixels. The shaded part begins where the
# validation accuracy, averaged over the networks and smoothed, has its maximum while the gap still grows: overfitting.


# %% tags=["demo"]
def followed(data, lr, seeds, epochs=60):
    """Curves of many networks: for each part of the data (accuracy, loss), shape (networks, epochs).

    Each network has 200 validation examples of its own, drawn from all that are not for training.
    """
    x = np.concatenate([data.x_val, data.x_test])
    y = np.concatenate([data.y_val, data.y_test])
    rng = np.random.default_rng(0)
    order = np.stack([rng.permutation(len(x)) for _ in seeds])
    seen = {part: [] for part in ("train", "val", "test", "right")}

    def look(layers):
        seen["train"].append(right_and_loss(scores_of(layers, data.x_train), data.y_train))
        both = [
            np.take_along_axis(found, order, axis=1)
            for found in of_each_example(scores_of(layers, x), y)
        ]
        seen["right"].append(both[0])
        seen["val"].append([found[:, :200].mean(axis=1) for found in both])
        seen["test"].append([found[:, 200:].mean(axis=1) for found in both])

    race(
        data,
        [64, 64, 10],
        lr=lr,
        seeds=seeds,
        epochs=epochs,
        batch_size=25,
        watch=look,
        at=range(1, epochs + 1),
    )
    right = np.stack(seen.pop("right"))
    return {"right": right} | {part: np.moveaxis(np.array(c), 0, -1) for part, c in seen.items()}


def stopped_at(scores, patience):
    """The epoch that early stopping keeps, and the one in which it stops, counted from 1."""
    state = None
    for score in scores:
        stop, state = early_stopping_step(float(score), state, patience=patience)
        if stop:
            break
    return state[1], state[2]


def kept(curves, patience, watch="accuracy"):
    """Mean test accuracy of the epochs that are kept."""
    accuracy_val, loss_val = curves["val"]
    scores = accuracy_val if watch == "accuracy" else -loss_val
    tests = curves["test"][0]
    return np.mean([t[stopped_at(s, patience)[0] - 1] for s, t in zip(scores, tests, strict=True)])


noisy_curves = followed(noisy, 0.1, range(fewer(10, 3, "networks with noise")))
clean_curves = followed(clean, 0.1, range(fewer(2, 1, "networks without")))
stop_table = {patience: kept(noisy_curves, patience) for patience in (1, 3, 10, 60)}
by_loss = kept(noisy_curves, 3, "loss")
stops = [[stopped_at(val, p)[0] for p in stop_table] for val in noisy_curves["val"][0]]
shown_run = int(np.argmax([len(set(epochs)) for epochs in stops]))
fig, axes = figure(1, 2, size=(8.8, 3.3))
for ax, curves, title, run in (
    (axes[0], clean_curves, "no noise", 0),
    (axes[1], noisy_curves, "noise 0.5", shown_run),
):
    train_acc, val_acc = (curves[part][0][run] for part in ("train", "val"))
    ax.plot(np.arange(1, 61), train_acc, color=COLORS.train, label="training")
    ax.plot(np.arange(1, 61), val_acc, color=COLORS.validation, label="validation")
    onset = overfit_onset(*(curves[part][0].mean(axis=0) for part in ("train", "val")), window=9)
    if onset is not None:
        ax.axvspan(onset, 60, color=COLORS.reference, alpha=0.12)
    gap = generalization_gap(train_acc, val_acc)[-1]
    ax.set(title=f"{title}: gap {gap:.2f} at the end", xlabel="epoch", ylim=(0.1, 1.02))
for patience, epoch, marker in zip(stop_table, stops[shown_run], "ov^s", strict=True):
    height_there = noisy_curves["val"][0][shown_run, epoch - 1]
    axes[1].plot(
        epoch, height_there, marker, ms=8, color=COLORS.yours, label=f"patience {patience}"
    )
axes[0].set_ylabel("accuracy")
axes[1].legend(frameon=False, fontsize=8, loc="lower right", ncols=2)
show(
    fig,
    caption="One network of each kind. Over ten networks with noise, the test accuracy of the epoch kept "
    "with patience "
    + ", ".join(f"{p}: {found:.3f}" for p, found in stop_table.items())
    + f". Patience 3 watching the loss: {by_loss:.3f}.",
    alt="Accuracy over 60 epochs. Without noise both curves stay close together. With noise the training "
    "curve goes to 1 and the validation curve stays near 0.65 and jumps; patience 1 stops far left.",
)

# %% [markdown]
# **Explore.** Other networks, other patience.

# %% tags=["demo"]
runs_accuracy, runs_loss = noisy_curves["val"]
how_many = fewer(10, 3, "networks with noise")
how_many = {10: "ten"}.get(how_many, how_many)
patience_means = {
    watch: [kept(noisy_curves, patience, watch) for patience in range(1, 21)]
    for watch in ("accuracy", "loss")
}


def draw_stop():
    fig, ax = figure(size=(7.6, 3.2))
    (line,) = ax.plot(np.arange(1, 61), runs_accuracy[0], color=COLORS.validation)
    stop = ax.axvline(1, color=COLORS.warning, ls="--", label="stop")
    (best,) = ax.plot([1], [0.5], "o", ms=9, color=COLORS.yours, label="kept")
    ax.set(xlabel="epoch", ylabel="accuracy, or loss / 4", xlim=(0, 61), ylim=(0.1, 0.75))
    ax.legend(frameon=False, loc="lower right")
    return fig, (line, stop, best)


def move_stop(artists, patience, watch, run):
    line, stop, best = artists
    run = run % len(runs_accuracy)
    scores = runs_accuracy[run] if watch == "accuracy" else -runs_loss[run]
    epoch, end = stopped_at(scores, patience)
    line.set_ydata(runs_accuracy[run] if watch == "accuracy" else runs_loss[run] / 4)
    stop.set_xdata([end, end])
    best.set_data([epoch], [line.get_ydata()[epoch - 1]])
    return (
        f"Patience {patience} on the {watch}: stopped after epoch {end}, kept epoch {epoch}. Test accuracy "
        f"there {noisy_curves['test'][0][run, epoch - 1]:.3f}; mean over {how_many} networks "
        f"{patience_means[watch][patience - 1]:.3f}."
    )


explore(
    draw_stop,
    move_stop,
    controls={
        "patience": Slider(1, 20, 1, 1, label="patience"),
        "watch": Choice(["accuracy", "loss"], label="watch"),
        "run": Press("another network"),
    },
    goal="Find the smallest patience whose mean test accuracy is within half a point of the best: when you watch "
    "the accuracy, and when you watch the loss.",
    answer="Watching the accuracy 5, watching the loss 2. The loss hears it when a network becomes surer of the right "
    "class, the accuracy only when a class changes. That is why it is smoother.",
)

# %% [markdown] tags=["E-44"]
# ### Spot the error: whose curve is it?
#
# A slide shows early stopping with a training curve and a second one, called "Test Set Accuracy". Choosing the
# epoch is a choice like any other. What does it do to the number that it was chosen by?

# %% tags=["predict"]
best_epoch = ...

# %% tags=["check"]
check("ensembles.best_epoch")


# %% tags=["demo"]
def leads(right, draws=30):
    """Points by which the best epoch flatters itself, and by which a choice on the test set does.

    ``right`` has the shape (epochs, networks, examples). For each network 30 times 200 examples
    are drawn for validation; the others are for testing.
    """
    rng, found = np.random.default_rng(1), []
    for network in np.moveaxis(right, 1, 0):
        for _ in range(draws):
            order = rng.permutation(network.shape[1])
            val = network[:, order[:200]].mean(axis=1)
            test = network[:, order[200:]].mean(axis=1)
            best = val.argmax()
            found.append((val[best] - test[best], test.max() - test[best]))
    return 100 * np.mean(found, axis=0)


validation_lead, test_lead = leads(noisy_curves["right"])
print(
    f"best validation accuracy minus its test accuracy  {validation_lead:+.1f} points\n"
    f"epoch chosen by the test set instead              {test_lead:+.1f} points in the report, for nothing"
)

# %% [markdown] tags=["EST-02"]
# The second number is pure leak: no network became better, and the test set can no longer say how good it is.
#
# Would a better optimizer have helped? It lowers the *training* loss faster. Three of them, each until that loss
# is below 0.1:

# %% tags=["demo"]
OPTIMISERS = {
    "SGD, 0.1": (sgd_step, 0.1),
    "momentum, 0.02": (partial(momentum_step, mu=0.9), 0.02),
    "Adam, 0.01": (adam_step, 0.01),
}


def until_memorised(step, lr, seed, data=noisy):
    """Epochs until the training loss is below 0.1, and the test accuracy then."""
    rng = np.random.default_rng(seed)
    model = MLP([64, 64, 10], rng=rng, dtype=np.float32)
    for run in training_steps(model, data, step=step, lr=lr, epochs=120, batch_size=25, rng=rng):
        if run.epoch_ended and run.history.train_loss[-1] < 0.1:
            break
    scores = run.history.model.scores(data.x_test)
    return len(run.history.val_acc), accuracy(scores, data.y_test)


memorised = {
    name: np.array([until_memorised(*chosen, seed) for seed in range(2)])
    for name, chosen in OPTIMISERS.items()
}
for name, found in memorised.items():
    print(
        f"{name:16} {found[:, 0].mean():5.0f} epochs, test accuracy {found[:, 1].mean():.3f}"
        f" ± {found[:, 1].std():.3f}"
    )

# %% [markdown]
# The optimizer decides when you arrive, hardly where. What narrows the gap to new data is something else: to
# stop early, to regularise ([10](../10_dropout/10_dropout.ipynb)), to get more data, or to ask several networks.

# %% [markdown] tags=["ENS-01"]
# ## 2 · Ask several networks
#
# Train several networks independently, each from its own initial weights. At test time average their predictions.
# A slide promises: "enjoy 2 % extra performance". First, how does one combine them?

# %% tags=["exercise"]
from utils.ensembles import combine

# %% tags=["check"]
check("ensembles.combine")

# %% [markdown]
# **Compare.** A mean of scores is, after the softmax, a *geometric* mean of probabilities that is made to sum to 1.
# There a member that gives a class almost no probability has a veto; in the arithmetic mean it has none.

# %% tags=["predict"]
five_of_twenty = ...

# %% tags=["check"]
check("ensembles.five_of_twenty")

# %% tags=["demo"]
SIZES, EPOCHS, BATCH = [64, 64, 10], 30, 25


def members_of(data, lr=0.3, seeds=range(20), start=SIZES, epochs=EPOCHS):
    """Scores of networks that were trained independently, on the test set and on the validation set."""
    layers = race(data, start, lr=lr, seeds=seeds, epochs=epochs, batch_size=BATCH).layers
    return scores_of(layers, data.x_test), scores_of(layers, data.x_val)


twenty, twenty_val = members_of(noisy)
alone = float((twenty.argmax(axis=2) == noisy.y_test).mean())


# %% tags=["demo"]
def gains(scores, y, how, sizes=(1, 2, 5, 10, 20), draws=10, seed=0):
    """Mean accuracy of ensembles of each size, over random choices of the members."""
    rng = np.random.default_rng(seed)
    return [
        np.mean(
            [
                (combine(scores[rng.permutation(20)[:m]], how).argmax(axis=1) == y).mean()
                for _ in range(draws)
            ]
        )
        for m in sizes
    ]


gain = {how: gains(twenty, noisy.y_test, how) for how in ("probs", "logits", "votes")}
fig, ax = figure(size=(6.8, 3.3))
for (how, found), style, color in zip(
    gain.items(), ("o-", "s--", "^:"), (COLORS.train, COLORS.test, COLORS.validation), strict=True
):
    ax.plot((1, 2, 5, 10, 20), [alone, *found[1:]], style, color=color, label=how)
m = np.linspace(1, 20, 100)
ax.plot(m, alone + (gain["probs"][-1] - alone) * (1 - 1 / m) / 0.95, color=COLORS.reference, lw=1)
ax.text(12, alone + 0.6 * (gain["probs"][-1] - alone), "1 − 1/M", color=COLORS.reference)
ax.set(xlabel="members M", ylabel="test accuracy", xticks=(1, 2, 5, 10, 20))
ax.legend(frameon=False)
show(
    fig,
    caption=f"One network has {alone:.3f}. Averaged probabilities: five members "
    f"{100 * (gain['probs'][2] - alone):+.1f} points, twenty {100 * (gain['probs'][4] - alone):+.1f}. Two that "
    f"vote: {100 * (gain['votes'][1] - alone):+.1f}.",
    alt="Test accuracy over the number of members. Probabilities and logits rise steeply until five members and "
    "slowly after; votes start lower and nearly catch up. A grey curve 1 − 1/M runs close to them.",
)

# %% [markdown]
# Two points, then, on the hard problem; on other splits of the data two to four. With less noise the gain is smaller, half
# a point to one and a half (the next figure but one). Probabilities or scores makes no difference here.

# %% [markdown]
# ## 3 · Why it works

# %% tags=["predict"]
guaranteed = ...

# %% tags=["check"]
check("ensembles.guaranteed")

# %% [markdown]
# How much better? For the squared error there is an exact answer, for any members and any data.

# %% tags=["exercise"]
from utils.ensembles import brier_split

# %% tags=["check"]
check("ensembles.brier_split")

# %% tags=["predict"]
equation = ...

# %% tags=["check"]
check("ensembles.equation")

# %% [markdown]
# **Compare.** For one class, with the mean $\bar p$ of the members and the target $y$:
#
# $$\frac1M\sum_m (p_m - y)^2 = \frac1M\sum_m (p_m - \bar p)^2
# + \frac{2(\bar p - y)}{M}\sum_m (p_m - \bar p) + (\bar p - y)^2,$$
#
# and the middle sum is zero. So the error of the average is the mean error minus the *ambiguity*. An ensemble
# gains as much as its members disagree. Good members that agree are worth one of them.
#
# Why do they disagree less and less as more join? Think of the error of a member as noise that it shares in part
# with the others.

# %% tags=["exercise"]
from utils.ensembles import ensemble_sd

# %% tags=["check"]
check("ensembles.ensemble_sd")

# %% [markdown]
# **Compare.** The sum has $m$ variances $s^2$ and $m(m-1)$ covariances $\rho s^2$. Divided by $m^2$:
# $s^2\bigl(\rho + \frac{1 - \rho}m\bigr)$. The second term goes away like $1/m$, and after five members four
# fifths of it are gone. The first stays.
#
# **Explore.**

# %% tags=["demo"]
shared_noise = np.random.default_rng(1).standard_normal((4000, 1))
own_noise = np.random.default_rng(2).standard_normal((4000, 50))


def draw_noise():
    fig, (left, right) = figure(1, 2, size=(8.6, 3.1))
    places = np.linspace(-3.4, 3.4, 35)
    one, mean = (
        left.step(places, np.zeros(35), where="mid", color=color, label=label)[0]
        for color, label in ((COLORS.reference, "one"), (COLORS.train, "mean of m"))
    )
    left.set(xlabel="error", ylabel="share", xlim=(-3.5, 3.5), ylim=(0, 0.35))
    left.legend(frameon=False)
    (curve,) = right.plot(range(1, 51), np.ones(50), color=COLORS.train)
    floor = right.axhline(0.5, color=COLORS.reference, ls="--", lw=1)
    (dot,) = right.plot([1], [1], "o", ms=9, color=COLORS.yours)
    right.set(xlabel="members m", ylabel="standard deviation", ylim=(0, 1.05))
    return fig, (one, mean, curve, floor, dot)


def move_noise(artists, m, corr):
    one, mean, curve, floor, dot = artists
    errors = np.sqrt(corr) * shared_noise + np.sqrt(1 - corr) * own_noise[:, :m]
    for line, values in ((one, errors[:, 0]), (mean, errors.mean(axis=1))):
        share, _ = np.histogram(values, 35, (-3.5, 3.5))
        line.set_ydata(share / 4000)
    sds = [ensemble_sd(1.0, corr, k) for k in range(1, 51)]
    curve.set_ydata(sds)
    floor.set_ydata([math.sqrt(corr)] * 2)
    dot.set_data([m], [sds[m - 1]])
    more = 1 - ensemble_sd(1.0, corr, m + 1) / sds[m - 1]
    return (
        f"{m} members with correlation {corr:.2f}: the standard deviation of their mean is {sds[m - 1]:.3f} of "
        f"one member's, in 4000 draws {errors.mean(axis=1).std():.3f}. One more would lower it by {more:.1%}."
    )


explore(
    draw_noise,
    move_noise,
    controls={
        "m": Slider(1, 50, 1, 2, label="members m"),
        "corr": Slider(0.0, 1.0, 0.05, 0.7, label="correlation"),
    },
    goal="Correlation 0.7, as in our networks: from how many members on does another one gain less than 1 %? And "
    "what would be left of the noise with infinitely many?",
    answer="From four on: the fifth lowers the standard deviation by 0.97 %. What is left is the square root of the "
    "correlation, 0.84 of one member. Without correlation another member still gains 1 % at fifty.",
)

# %% [markdown]
# What makes members different: their start, the order of the examples, or both? And what does it bring on data
# with less noise?

# %% tags=["demo"]
noises = {0.0: clean, 0.3: noisy_digits(0.3), 0.5: noisy}
some = range(fewer(20, 10, "members"))
member_scores = {noise: members_of(noises[noise], seeds=some)[0] for noise in (0.0, 0.3)}
member_scores[0.5] = twenty[: len(some)]


def probabilities(scores):
    return np.stack([softmax(s) for s in scores])


def disagreement(scores):
    """Share of the examples on which two members differ, on average over the pairs."""
    labels = scores.argmax(axis=2)
    pairs = [(labels[i] != labels[j]).mean() for i in range(len(labels)) for j in range(i)]
    return float(np.mean(pairs))


split = {
    noise: brier_split(probabilities(scores), noises[noise].y_test)
    for noise, scores in member_scores.items()
}
alone_at = {
    noise: float((scores.argmax(axis=2) == noises[noise].y_test).mean())
    for noise, scores in member_scores.items()
}
gain_of_twenty = {
    noise: float((combine(scores).argmax(axis=1) == noises[noise].y_test).mean() - alone_at[noise])
    for noise, scores in member_scores.items()
}
same_start, _ = members_of(noisy, seeds=range(5), start=new_layers(SIZES, [0] * 5))
differ = {"one start": disagreement(same_start), "own starts": disagreement(twenty[:5])}
fig, (left, right) = figure(1, 2, size=(8.6, 3.1), width_ratios=(2, 1))
for i, (noise, (mean_error, ambiguity, ensemble)) in enumerate(split.items()):
    left.bar(i - 0.2, mean_error, 0.35, color=COLORS.reference, alpha=0.5)
    left.bar(i + 0.2, ensemble, 0.35, color=COLORS.train)
    left.bar(i + 0.2, ambiguity, 0.35, bottom=ensemble, color=COLORS.validation)
    left.text(i + 0.2, mean_error + 0.01, f"{100 * gain_of_twenty[noise]:+.1f} points", ha="center")
left.set(xticks=range(3), ylabel="squared error", ylim=(0, 0.68))
left.set_xticklabels([f"noise {noise:g}" for noise in split])
right.bar(list(differ), list(differ.values()), 0.5, color=COLORS.test)
right.set(ylabel="share of examples on which two differ")
show(
    fig,
    caption="Left: grey is the mean error of twenty members; beside it the error of their average (blue) and the "
    "ambiguity (orange), which add up to it. Above: the gain in accuracy. Right: five networks, noise 0.5, with other "
    f"orders of the examples from one start ({differ['one start']:.2f}) or from their own "
    f"({differ['own starts']:.2f}).",
    alt="Bars of squared error for three noises; with more noise both the error and the ambiguity grow. On the right "
    "two bars: networks with their own starts differ more often than those with one start.",
)

# %% [markdown]
# ## 4 · Is it worth the price?
#
# Twenty networks cost twenty times as much. With that budget one could train a larger network. So compare at equal
# cost: as many units, as many updates, and a whole range of learning rates.

# %% tags=["predict"]
one_or_many = ...

# %% tags=["check"]
check("ensembles.one_or_many")

# %% tags=["demo"]
SHAPES = {"1 × 256": (1, 256), "4 × 64": (4, 64)}
RATE_GRID = (0.03, 0.1, 0.3, 1.0)[: fewer(4, 3, "rates")]


def at_equal_cost(data, count, width, lrs, groups=1):
    """For each rate, test and validation accuracy of ensembles of this many networks of this width."""
    seeds, sizes = range(count * groups), [64, width, 10]
    layers = race(data, sizes, lr=column(lrs), seeds=seeds, epochs=EPOCHS, batch_size=BATCH).layers
    found = []
    for x, y in ((data.x_test, data.y_test), (data.x_val, data.y_val)):
        scores = scores_of(layers, x).reshape(len(lrs), groups, count, len(x), 10)
        found.append(
            [
                np.mean([(combine(members).argmax(axis=1) == y).mean() for members in of_rate])
                for of_rate in scores
            ]
        )
    return np.array(found).T


alone_groups = fewer(2, 1, "networks of 256 units at each rate")
price = {
    name: at_equal_cost(noisy, *shape, RATE_GRID, groups=alone_groups if shape[0] == 1 else 1)[:, 0]
    for name, shape in SHAPES.items()
}
print("rate    " + "".join(f"{lr:8g}" for lr in RATE_GRID))
for name, found in price.items():
    print(f"{name:8}" + "".join(f"{value:8.3f}" for value in found))
print(end=noted(""))

# %% [markdown]
# With noise, four networks of 64 units beat one of 256 at every rate. Sixty-four of 4 units have 0.611 at best: a member
# that is too small for the task is no help in any number. Without noise, at their best rates, the three have 0.968,
# 0.965 and 0.924. There one network is as good as four, and easier to keep. What many networks average out is what
# each has memorised in its own way.
#
# A second price: an ensemble costs M times as much at every prediction.
#
# *A good place for a break.*

# %% [markdown] tags=["ENS-02", "ENS-03"]
# ## 5 · Train one, get M?
#
# Instead of training M networks, take M snapshots of one. To make them differ, the rate goes up and down (Loshchilov and
# Hutter 2016; Huang et al. 2017): a cosine that starts again M times in $T$ epochs,
#
# $$\eta(t) = \frac{\eta_0}2\Bigl(\cos\frac{\pi\,(t \bmod \lceil T/M\rceil)}{\lceil T/M\rceil} + 1\Bigr),$$
#
# with a snapshot at each low point. `cosine_cycle` and `cycle_ends` are given.

# %% tags=["exercise"]
from utils.averaging import collect_snapshots

# %% tags=["check"]
check("averaging.collect_snapshots")

# %% [markdown]
# An ensemble for the price of one? A fair question has two rivals of the same price: one training whose rate goes down
# once, and M short independent ones.

# %% tags=["predict"]
snapshots_or_short = ...

# %% tags=["check"]
check("ensembles.snapshots_or_short")

# %% tags=["demo"]
one_run = training_steps(
    MLP([64, 64, 10], rng=np.random.default_rng(0), dtype=np.float32),
    noisy,
    step=sgd_step,
    lr=0.3,
    epochs=40,
    batch_size=BATCH,
    rng=np.random.default_rng(1),
    schedule=partial(cosine_cycle, total=40, cycles=4),
)
snapshots = collect_snapshots(one_run, cycle_ends(40, 4))


def forty_epochs(data, lr, seeds=range(6)):
    """Accuracies for 40 epochs in all: one cosine, four cycles and their last, four short trainings."""
    per_epoch = len(data.x_train) // BATCH

    def decay(cycles, total=40):
        return lambda k: cosine_cycle(k / per_epoch, lr0=lr, total=total, cycles=cycles)

    def right(scores):
        return float((scores.argmax(axis=-1) == data.y_test).mean())

    def on_test(layers):
        return scores_of(layers, data.x_test)

    run = partial(train_many, data.x_train, data.y_train, SIZES, batch_size=BATCH)
    once = run(lr=decay(1), seeds=seeds, epochs=40)
    ends = cycle_ends(40, 4)
    cycles = run(lr=decay(4), seeds=seeds, epochs=40, at=ends, watch=on_test)
    cycle = np.stack(cycles.seen, axis=1)
    short_seeds = [100 * seed + k for seed in seeds for k in range(4)]
    short = run(lr=decay(1, 10), seeds=short_seeds, epochs=10)
    short = on_test(short.layers).reshape(len(seeds), 4, -1, 10)
    return {
        "one cosine": right(on_test(once.layers)),
        "last snapshot": right(cycle[:, -1]),
        "four snapshots": right(np.stack([combine(s) for s in cycle])),
        "four short trainings": right(np.stack([combine(s) for s in short])),
        "snapshots differ": float(np.mean([disagreement(s) for s in cycle])),
        "short ones differ": float(np.mean([disagreement(s) for s in short])),
    }


forty = forty_epochs(noisy, 0.3, range(fewer(6, 4, "repetitions")))
rate = [cosine_cycle(t, lr0=0.3, total=40, cycles=4) for t in np.linspace(0, 39.99, 400)]
fig, (left, right) = figure(1, 2, size=(8.6, 2.9))
left.plot(np.linspace(0, 40, 400), rate, color=COLORS.train)
snapshot_scores = [
    MLP([64, 64, 10], rng=np.random.default_rng(0), dtype=np.float32) for _ in snapshots
]
for net, params in zip(snapshot_scores, snapshots, strict=True):
    net.params = params
snapshot_acc = [accuracy(net.scores(noisy.x_test), noisy.y_test) for net in snapshot_scores]
for end, found in zip(cycle_ends(40, 4), snapshot_acc, strict=True):
    left.plot(end, 0, "o", ms=8, color=COLORS.yours)
    left.text(end, 0.02, f"{found:.2f}", ha="right", color=COLORS.yours)
left.set(xlabel="epoch", ylabel="learning rate")
names = ["one cosine", "last snapshot", "four snapshots", "four short trainings"]
right.plot([forty[name] for name in names], names, "o", ms=9, color=COLORS.train)
right.set(xlim=(0.6, 0.67), xlabel="test accuracy", ylim=(-0.5, 3.5))
right.invert_yaxis()
show(
    fig,
    caption="Left: the rate, and the test accuracy of your four snapshots. Right: mean over six repetitions, each "
    f"of 40 epochs in all. Two snapshots differ on {forty['snapshots differ']:.0%} of the examples, two short "
    f"trainings on {forty['short ones differ']:.0%}.",
    alt="Left: the learning rate falls four times from 0.3 to 0. Right: four dots; that of the ensemble of "
    "four short trainings lies farthest to the right.",
)

# %% [markdown]
# On clean digits it is the other way round: ten epochs are too few there, and four short networks together lose to one
# long one. So: M short trainings where a share of the training suffices, one long one where it does not. Snapshots lie
# between, and cost nothing.

# %% [markdown] tags=["ENS-05"]
# ## 6 · Average the path
#
# Ever since Polyak and Juditsky (1992) one can average the weights themselves, over all updates:
# $\hat\theta^{(t)} = \frac1t\sum_{i \le t}\theta^{(i)}$. Train with $\theta$, use $\hat\theta$ at test time.

# %% tags=["exercise"]
from utils.averaging import running_mean_step

# %% tags=["check"]
check("averaging.running_mean_step")

# %% [markdown] tags=["ENS-06", "E-46"]
# The mean of everything remembers the bad beginning for ever. The *exponential moving average* (EMA) forgets it. Its
# equation on a slide:
#
# $$\hat\theta^{(t)} = \alpha\,\hat\theta^{(t-1)} + (1 - \alpha)\,\hat\theta^{(t)}.$$
#
# ### Spot the error: solve it

# %% tags=["predict"]
printed_equation = ...

# %% tags=["check"]
check("ensembles.printed_equation")

# %% [markdown] tags=["ENS-04", "E-45"]
# ### Where does the average start?
#
# Another slide has the right line, `x_test = 0.995*x_test + 0.005*x`, and does not say what `x_test` is before the
# first update.

# %% tags=["predict"]
from_zero = ...

# %% tags=["check"]
check("ensembles.from_zero")

# %% tags=["predict"]
from_initial = ...

# %% tags=["check"]
check("ensembles.from_initial")

# %% [markdown]
# How much does each point of the path count? Three starts.

# %% tags=["exercise"]
from utils.averaging import ema_weights

# %% tags=["check"]
check("averaging.ema_weights")

# %% [markdown]
# **Compare.** A point enters with $1 - \alpha$ and is multiplied by $\alpha$ in each later update, which makes
# $(1 - \alpha)\,\alpha^{t-k}$ for $\theta^{(k)}$. These sum to $1 - \alpha^t$. The missing $\alpha^t$ belongs to the
# start: to zeros, or to the initial weights. After 100 updates with 0.995 that is 0.61. Whoever divides by
# $1 - \alpha^t$ gives it to nobody.

# %% tags=["demo"]
first_layers = new_layers(SIZES, range(3))
trail = train_many(
    clean.x_train,
    clean.y_train,
    first_layers,
    lr=0.3,
    seeds=range(3),
    updates=504,
    batch_size=BATCH,
    watch=lambda layers: layers,
    at=range(505),
).seen
moments = (10, 25, 50, 100, 200, 350, 500)


def mean_of_trail(t, start):
    """The networks whose weights are the exponential average of the first t updates."""
    weights = ema_weights(t, decay=0.995, start=start).astype(np.float32)
    return [
        tuple(
            np.tensordot(weights, np.stack([layers[n][i] for layers in trail[: t + 1]]), 1)
            for i in (0, 1)
        )
        for n in range(2)
    ]


starts = {
    "the network itself": [
        right_and_loss(scores_of(trail[t], clean.x_test), clean.y_test) for t in moments
    ]
}
for start in ("zero", "initial", "corrected"):
    starts[start] = [
        right_and_loss(scores_of(mean_of_trail(t, start), clean.x_test), clean.y_test)
        for t in moments
    ]
starts = {name: np.array(found).mean(axis=2) for name, found in starts.items()}
fig, axes = figure(1, 2, size=(8.6, 3.1))
for (name, found), color, style in zip(
    starts.items(),
    (COLORS.reference, COLORS.validation, COLORS.warning, COLORS.train),
    ("--", "-", "-", "-"),
    strict=True,
):
    for ax, curve in zip(axes, found.T, strict=True):
        ax.plot(moments, curve, style, color=color, lw=2, label=name)
axes[0].set(xlabel="updates", ylabel="test accuracy", ylim=(0, 1))
axes[1].set(xlabel="updates", ylabel="log loss", ylim=(0, 2.5))
axes[0].legend(frameon=False, loc="lower right")
at_100 = {name: found[moments.index(100)] for name, found in starts.items()}
show(
    fig,
    caption="Clean digits, three networks, decay 0.995. After 100 updates (accuracy, log loss): "
    + "; ".join(f"{name} {a:.2f}, {loss:.2f}" for name, (a, loss) in at_100.items())
    + ".",
    alt="Accuracy and log loss over 500 updates for the network and three averages. The average from the initial "
    "weights has by far the lowest accuracy for 300 updates; the one from zero has a good accuracy and a bad loss.",
)

# %% [markdown]
# ### A bug hunt
#
# Here is a draft of the corrected average. To test it, let it average weights that are always 1.


# %%
def draft_ema_step(w, state, *, decay=0.995):
    """A draft: something in it is wrong."""
    mean, t = (np.zeros_like(w), 0) if state is None else state
    t = t + 1
    mean = decay * mean + (1 - decay) * w
    mean = mean / (1 - decay**t)
    return mean, (mean, t)


# %% tags=["demo"]
state, draft_means = None, []
for _ in range(30):
    mean, state = draft_ema_step(np.ones(1), state, decay=0.9)
    draft_means.append(float(mean[0]))
fig, ax = figure(size=(6.2, 2.7))
ax.semilogy(range(1, 31), draft_means, "o-", color=COLORS.warning, label="the draft")
ax.axhline(1, ls="--", color=COLORS.reference, label="what is averaged")
ax.set(xlabel="update", ylabel="average")
ax.legend(frameon=False)
show(
    fig,
    caption=f"Decay 0.9, all weights 1. The first average is right. The second is {draft_means[1]:.1f}, the third "
    f"{draft_means[2]:.0f}; after 30 updates it is {draft_means[-1]:,.0f}.",
    alt="On a logarithmic axis the draft's average climbs from 1 by several orders of magnitude and levels off, while "
    "the dashed line of what is averaged stays at 1.",
)

# %% [markdown]
# Find the bug, and write the step as it should be.

# %% tags=["exercise"]
from utils.averaging import ema_step

# %% tags=["check"]
check("averaging.ema_step")

# %% [markdown]
# **Compare.** The draft put the corrected average into its state, so the next correction enlarged it once more. The state
# keeps the average as it grows from zero, and the corrected one is only handed out.

# %% [markdown]
# ### What is it good for?
#
# **Explore.** A narrow valley, $\frac12(100x^2 + y^2)$, and 200 steps of gradient descent. A slide motivates averaging
# with a rate that is nearly too high.

# %% tags=["demo"]
valley = bowl(100)


def descent(lr, noise):
    """200 steps down the valley from (1, 1), with noise in the gradient."""
    draws = np.random.default_rng(0).standard_normal((200, 2))
    points = [np.array([1.0, 1.0])]
    for draw in draws:
        gradient = np.array([100.0, 1.0]) * points[-1] + noise * draw
        points.append(points[-1] - lr * gradient)
    return np.array(points)


def averaged(points, decay):
    """The mean of all points, and the exponential average, after each step."""
    mean_state, ema_state, means, emas = None, None, [], []
    for point in points:
        mean, mean_state = running_mean_step(point, mean_state)
        average, ema_state = ema_step(point, ema_state, decay=decay)
        means.append(mean)
        emas.append(average)
    return np.array(means), np.array(emas)


def height(points):
    return 0.5 * (100 * points[:, 0] ** 2 + points[:, 1] ** 2)


def draw_valley():
    fig, (left, right) = figure(1, 2, size=(8.8, 3.3))
    lines = []
    for ax in (left, right):
        for color, name, width in (
            (COLORS.reference, "last point", 0.8),
            (COLORS.validation, "mean of all", 2),
            (COLORS.train, "EMA", 2),
        ):
            lines.append(ax.plot([0, 1], [1, 1], color=color, lw=width, label=name)[0])
    left.set(xlim=(-1.05, 1.05), ylim=(-0.2, 1.05), xlabel="x", ylabel="y")
    right.set(xlim=(0, 200), ylim=(1e-6, 100), yscale="log", xlabel="step", ylabel="height")
    right.legend(frameon=False, loc="upper right", fontsize=8)
    return fig, lines


def move_valley(lines, lr, decay, noise):
    points = descent(lr, noise)
    paths = (points, *averaged(points, decay))
    for line, way in zip(lines, paths, strict=False):
        line.set_data(*way.T)
    for line, way in zip(lines[3:], paths, strict=True):
        line.set_data(np.arange(201), np.maximum(height(way), 1e-7))
    last, mean, average = (height(way)[-1] for way in paths)
    return (
        f"Rate {lr:.4f}, after 200 steps: the last point is at height {last:.2g}, the mean of all at {mean:.2g}, the "
        f"EMA at {average:.2g}."
    )


explore(
    draw_valley,
    move_valley,
    controls={
        "lr": Slider(0.005, 0.0199, 0.0001, 0.0199, label="learning rate"),
        "decay": Choice([0.9, 0.95, 0.99], label="decay", value=0.95),
        "noise": Choice([0.0, 3.0], label="noise"),
    },
    goal="The opening picture is the slide's. Lower the rate by five per cent: who wins now? Then add noise.",
    answer="At 0.0199 the EMA is at 0.0010 and the last point at 0.90, nine hundred times higher. At 0.0189 the last "
    "point wins: 0.00024 against 0.0006, and 0.034 for the mean of all, which remembers the start. With noise both "
    "averages win at both rates: at 0.0189 they are at 0.014 and 0.011, the last point is at 0.082.",
)

# %% [markdown]
# A rate at the edge is mended by averaging, and also by a slightly smaller rate. Networks are trained with noise, and
# there the edge is not so easy to leave.

# %% tags=["predict"]
too_high = ...

# %% tags=["check"]
check("ensembles.too_high")

# %% tags=["demo"]
RATES = (0.03, 0.1, 0.3, 0.6)


def last_and_average(data, seeds=range(4), epochs=30, decay=0.995, shape=None):
    """Test accuracy of the last weights and of their exponential average, for each rate."""
    updates = epochs * len(data.x_train) // 10
    kept_means = {"states": None, "means": None}

    def average(layers):
        params = {
            f"{kind}{n}": w
            for n, pair in enumerate(layers)
            for kind, w in zip("wb", pair, strict=True)
        }
        kept_means["means"], kept_means["states"] = average_params(
            ema_step, params, kept_means["states"], decay=decay
        )

    layers = train_many(
        data.x_train,
        data.y_train,
        SIZES,
        lr=(lambda k: shape(k / updates) * column(RATES)) if shape else column(RATES),
        seeds=seeds,
        updates=updates,
        batch_size=10,
        reg=0.01,
        watch=None if shape else average,
        at=range(1, updates + 1),
    ).layers
    found = [right_and_loss(scores_of(layers, data.x_test), data.y_test)[0].mean(axis=1)]
    if means := kept_means["means"]:
        layers = [(means[f"w{n}"], means[f"b{n}"]) for n in range(2)]
        found.append(right_and_loss(scores_of(layers, data.x_test), data.y_test)[0].mean(axis=1))
    return found


last_seeds = range(fewer(4, 2, "seeds"))
last_acc, ema_acc = last_and_average(noisy, last_seeds)
(cosine_acc,) = last_and_average(
    noisy, last_seeds, shape=lambda t: cosine_cycle(t, lr0=1.0, total=1.0)
)
fig, ax = figure(size=(6.8, 3.2))
for found, name, style, color in (
    (last_acc, "last weights", "o-", COLORS.validation),
    (ema_acc, "their EMA", "s-", COLORS.train),
    (cosine_acc, "cosine schedule", "^--", COLORS.reference),
):
    ax.semilogx(RATES, found, style, color=color, label=name)
ax.set(xlabel="learning rate", ylabel="test accuracy", xticks=RATES)
ax.set_xticklabels(RATES)
ax.minorticks_off()
ax.legend(frameon=False, loc="lower left")
show(
    fig,
    caption="Noise 0.5, batches of 10, an L2 penalty of 0.01, 1800 updates, four seeds. Last weights "
    + ", ".join(f"{a:.3f}" for a in last_acc)
    + "; average "
    + ", ".join(f"{a:.3f}" for a in ema_acc)
    + ".",
    alt="Test accuracy over the learning rate. The curve of the last weights falls by about ten points; those of the "
    "average and of the cosine schedule do not.",
)

# %% [markdown]
# An average of the path is a falling learning rate that you apply afterwards. It has the same limits: where no noise is
# left to average out, there is little to gain, and where the training is still on its way, an average lags behind.

# %% [markdown]
# ## 7 · What may be averaged?
#
# A slide asks whether averaging weights is a good idea in non-convex problems, and answers that distant regions differ and
# averaging is not useful. Distant, then. How far is too far?

# %% tags=["predict"]
same_start = ...

# %% tags=["check"]
check("ensembles.same_start")

# %% tags=["predict"]
own_starts = ...

# %% tags=["check"]
check("ensembles.own_starts")

# %% [markdown]
# A hidden layer has no order. List its units in another order, and it is the same function with other weights.

# %% tags=["exercise"]
from utils.merging import renumber

# %% tags=["check"]
check("merging.renumber")

# %% tags=["predict"]
renumbered = ...

# %% tags=["check"]
check("ensembles.renumbered")

# %% [markdown]
# **Explore.** The straight line between two networks, clean digits. `match_units` (given) finds for each unit of one the
# unit of the other that is most like it, the best pair first.


# %% tags=["demo"]
def dense(layers, i):
    """Network i of a race as a dictionary of parameters."""
    return {
        f"{kind}{n}": (w[i] if kind == "w" else w[i, 0])
        for n, pair in enumerate(layers, start=1)
        for kind, w in zip("wb", pair, strict=True)
    }


pairs_of_each = fewer(3, 2, "pairs")


def two_of_each(width, pairs=3, data=clean, lr=0.3, seed=0):
    """Pairs of networks: from one start with other orders, and from their own starts."""
    sizes = [64, width, 10]
    begun = new_layers(sizes, [s for s in range(seed, seed + pairs) for _ in range(2)])
    seeds = range(seed + 100, seed + 100 + 2 * pairs)
    run = partial(race, data, lr=lr, seeds=seeds, epochs=EPOCHS, batch_size=BATCH)
    one, own = run(begun).layers, run(sizes).layers
    found = {"one start": [], "own starts": [], "matched": []}
    for i in range(0, 2 * pairs, 2):
        found["one start"].append((dense(one, i), dense(one, i + 1)))
        a, b = dense(own, i), dense(own, i + 1)
        found["own starts"].append((a, b))
        found["matched"].append((a, renumber(b, match_units(b, a))))
    return found


def along(a, b, data=clean):
    """Test accuracy along the line from one network to another."""
    accuracies = []
    for t in np.linspace(0, 1, 21):
        p = interpolate(a, b, float(t))
        scores = np.maximum(0, data.x_test @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
        accuracies.append(accuracy(scores, data.y_test))
    return np.array(accuracies)


lines_between = {
    width: {
        kind: np.array([along(*pair) for pair in pairs])
        for kind, pairs in two_of_each(width, pairs_of_each).items()
    }
    for width in (32, 128)
}
midpoints = {
    width: {kind: float(found[:, 10].mean()) for kind, found in kinds.items()}
    for width, kinds in lines_between.items()
}


in_words = {2: "two", 3: "three"}[pairs_of_each]


def draw_walk():
    fig, ax = figure(size=(7.2, 3.2))
    (line,) = ax.plot(np.linspace(0, 1, 21), np.ones(21), color=COLORS.train, lw=2)
    (dot,) = ax.plot([0.5], [1], "o", ms=9, color=COLORS.yours)
    ax.set(xlabel="t, from one network to the other", ylabel="test accuracy", ylim=(0.3, 1.0))
    return fig, (line, dot)


def move_walk(artists, kind, width, pair, t):
    line, dot = artists
    found = lines_between[width][kind][pair % pairs_of_each]
    line.set_ydata(found)
    dot.set_data([t], [found[round(20 * t)]])
    return (
        f"{width} hidden units, {kind}: the ends have {found[0]:.3f} and {found[-1]:.3f}, the point at t = {t:.2f} has "
        f"{found[round(20 * t)]:.3f}. Mean of {in_words} pairs in the middle: {midpoints[width][kind]:.3f}."
    )


explore(
    draw_walk,
    move_walk,
    controls={
        "kind": Choice(["one start", "own starts", "matched"], label="the two", value="own starts"),
        "width": Choice([32, 128], label="hidden units"),
        "pair": Press("another pair"),
        "t": Slider(0.0, 1.0, 0.05, 0.5, label="t"),
    },
    goal="How deep is the hole between two networks with their own starts, for 32 units and for 128? What fills it?",
    answer="In the middle 0.79 for 32 units and 0.93 for 128, where the ends have 0.96: the wider the layer, the less is "
    "lost. Matching the units brings 0.95 and 0.96. Two networks from one start have no hole between them.",
)

# %% [markdown]
# Much of the barrier is a matter of names. And with depth? Six hidden layers of 32; two networks go the same way for
# some epochs and part then.

# %% tags=["demo"]
DEEP = [64, *[32] * 6, 10]


def parted_after(epochs, pairs=3, total=30, lr=0.1, data=clean):
    """Accuracy of the ends and of the middle of two deep networks that part after these epochs."""
    run = partial(race, data, lr=lr, batch_size=BATCH)
    begun = new_layers(DEEP, range(pairs))
    if epochs:
        begun = run(DEEP, seeds=range(pairs), epochs=epochs).layers
    begun = [(np.repeat(w, 2, axis=0), np.repeat(b, 2, axis=0)) for w, b in begun]
    ends = run(begun, seeds=range(50, 50 + 2 * pairs), epochs=total - epochs).layers
    middle = [tuple((p[0::2] + p[1::2]) / 2 for p in pair) for pair in ends]
    return [
        float(right_and_loss(scores_of(layers, data.x_test), data.y_test)[0].mean())
        for layers in (ends, middle)
    ]


pairs_parted = fewer(3, 2, "pairs")
parting = {epochs: parted_after(epochs, pairs_parted) for epochs in (0, 2)}
strangers = race(
    clean, DEEP, lr=0.1, seeds=range(2 * pairs_parted), epochs=30, batch_size=BATCH
).layers
strangers = [tuple((p[0::2] + p[1::2]) / 2 for p in pair) for pair in strangers]
stranger_middle = float(right_and_loss(scores_of(strangers, clean.x_test), clean.y_test)[0].mean())
for epochs, (ends, middle) in parting.items():
    print(f"parted after {epochs} epochs: ends {ends:.3f}, middle {middle:.3f}")
print(f"own starts: middle {stranger_middle:.3f}")
print(end=noted(""))

# %% [markdown]
# A deep network chooses its basin in the first epochs. After that, all that comes from one trunk may be averaged:
# epochs of one run (*stochastic weight averaging*, Izmailov et al. 2018), or several fine-tunings of one
# pretrained network (*model soups*, 2022).
#
# ### And batch normalisation?
#
# Its running mean and variance are no weights. Nobody trains them, they are collected.

# %% tags=["predict"]
whose_statistics = ...

# %% tags=["check"]
check("ensembles.whose_statistics")

# %% tags=["exercise"]
from utils.merging import refresh_running

# %% tags=["check"]
check("merging.refresh_running")


# %% tags=["demo"]
def four_orders(lr, seed=0, epochs=8, data=noisy):
    """Four batch-norm networks from one start, and the mean of their weights with three statistics."""
    start = MLP([64, 48, 48, 10], norm="batch", rng=np.random.default_rng(seed), dtype=np.float32)
    nets = []
    for order in range(4):
        rng = np.random.default_rng(1000 * seed + order)
        steps = training_steps(
            start, data, step=sgd_step, lr=lr, epochs=epochs, batch_size=BATCH, rng=rng
        )
        *_, run = steps
        nets.append(run.history.model)

    def right(net):
        return accuracy(net.scores(data.x_test), data.y_test)

    middle = start.copy()
    middle.params = {k: np.mean([net.params[k] for net in nets], axis=0) for k in start.params}

    def with_statistics(running):
        middle.running = running
        return right(middle)

    fresh = refresh_running(middle.params, data.x_train)
    return {
        "members": float(np.mean([right(net) for net in nets])),
        "mean, untrained statistics": with_statistics(start.running),
        "mean, statistics of a member": float(np.mean([with_statistics(n.running) for n in nets])),
        "mean, fresh statistics": with_statistics(fresh),
    }


statistics = four_orders(1.0)
for name, found in statistics.items():
    print(f"{name:26} {found:.3f}")

# %% [markdown]
# Statistics belong to the weights they were collected with. New weights need one pass over the training data. PyTorch's
# `AveragedModel` leaves that to you: call `update_bn`.

# %% [markdown]
# ## 8 · After the slides: how sure is it?
#
# A network that says 90 % should be right in nine of ten such cases. Then it is *calibrated*.

# %% tags=["exercise"]
from utils.calibration import expected_calibration_error

# %% tags=["check"]
check("calibration.expected_calibration_error")

# %% [markdown]
# If it is too sure everywhere, one number mends it: divide all scores by a *temperature* $T$ before the softmax (Guo et
# al. 2017).

# %% tags=["exercise"]
from utils.calibration import fit_temperature

# %% tags=["check"]
check("calibration.fit_temperature")

# %% tags=["predict"]
one_temperature = ...

# %% tags=["check"]
check("ensembles.one_temperature")

# %% tags=["demo"]
TRIED = list(np.geomspace(0.5, 8, 41))


def calibrated(scores, scores_val, data):
    """Probabilities after a temperature that is fitted on the validation set, and the temperature."""
    best = fit_temperature(scores_val, data.y_val, TRIED)
    return softmax(scores / best), best


def logs(probs):
    return np.log(np.maximum(probs, 1e-12))


def judged(probs, y):
    """Accuracy, calibration error and log loss."""
    loss = -logs(probs)[np.arange(len(y)), y].mean()
    return (
        float((probs.argmax(axis=1) == y).mean()),
        expected_calibration_error(probs, y),
        float(loss),
    )


def calibration_rows(scores, scores_val, data):
    """For one network and for ensembles, with and without temperature; means over the choices."""

    def rows(m, temperature):
        found = []
        for k in range(0, 20, m):
            probs, probs_val = combine(scores[k : k + m]), combine(scores_val[k : k + m])
            if temperature:
                probs, _ = calibrated(logs(probs), logs(probs_val), data)
            found.append(judged(probs, data.y_test))
        return np.mean(found, axis=0)

    return {
        f"{m} member{'s' if m > 1 else ''}{', one T' if t else ''}": rows(m, t)
        for m in (1, 5, 20)
        for t in (False, True)
    }


sure_rows = calibration_rows(twenty, twenty_val, noisy)
shown_probs = {
    "one network": softmax(twenty[0]),
    "twenty": combine(twenty),
    "one, temperature": calibrated(twenty[0], twenty_val[0], noisy)[0],
}
fig, axes = figure(1, 3, size=(8.8, 3), sharey=True)
for ax, (name, probs) in zip(axes, shown_probs.items(), strict=True):
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == noisy.y_test
    place = np.minimum((confidence * 10).astype(int), 9)
    for b in np.unique(place):
        ax.bar(0.1 * b + 0.05, right[place == b].mean(), 0.09, color=COLORS.train, alpha=0.7)
    ax.plot([0, 1], [0, 1], "--", color=COLORS.reference, lw=1)
    ax.set(
        title=f"{name}: ECE {judged(probs, noisy.y_test)[1]:.2f}", xlabel="confidence", xlim=(0, 1)
    )
axes[0].set_ylabel("share that is right")
show(
    fig,
    caption="Accuracy, calibration error, log loss. "
    + "; ".join(f"{name}: {a:.3f}, {e:.3f}, {loss:.2f}" for name, (a, e, loss) in sure_rows.items())
    + ".",
    alt="Three reliability diagrams. One network and twenty averaged lie below the diagonal, the one with a "
    "temperature lies along it.",
)

# %% [markdown]
# An ensemble raises the accuracy and lowers the confidence. Only the second can be had for one number. Averaging lowers
# the confidence even where it was right: members that are calibrated make an ensemble that is too modest. So average
# first and fit $T$ afterwards (Rahaman and Thiery 2021).
#
# What else came later: *deep ensembles* as the plain and strong baseline for uncertainty (Lakshminarayanan et al. 2017);
# that starts reach other modes and paths do not (Fort et al. 2019), as in sections 3 and 5; and the EMA of the weights as a
# standard part of diffusion models and self-supervised training.

# %% [markdown]
# ### Errata of the slides
#
# - The decay of the exponential average is given as $\alpha \in [0, 1]$. With $\alpha = 1$ nothing is averaged in;
#   it should be $[0, 1)$.
# - "Train one, get M" has no word about cost: M predictions at test time remain.

# %% [markdown]
# ## Three questions for tomorrow
#
# 1. Two ensembles have the same mean error of their members, and one of them is better. In what do they differ?
# 2. After how many updates may you forget where an average with decay 0.999 started?
# 3. Which three things must hold before the weights of two networks may be averaged?
#
# ## What to remember
#
# - The first step down is chance. Be patient, watch the loss, and do not report the number you have chosen by.
# - Error of the average = mean error − ambiguity. Five members bring most of it, their starts make them differ.
# - Compare at equal cost: several smaller networks where noise rules; members that are too small ruin it.
# - Restarts are nearly free, and bring little. Short independent trainings are the rival to beat.
# - The average of the path acts like a falling rate. Correct its start: random initial weights are worse than zeros.
# - Weights may be averaged within one basin, with one numbering, and with fresh batch-norm statistics.
# - An ensemble does not replace calibration. Fit one temperature after averaging.
#
# ## Read on
#
# - Prechelt, *Early Stopping, but when?*, 1998.
# - Krogh, Vedelsby, *Neural Network Ensembles, Cross Validation, and Active Learning*, 1995.
# - Polyak, Juditsky, *Acceleration of Stochastic Approximation by Averaging*, 1992.
# - Loshchilov, Hutter, *SGDR*, 2016; Huang et al., *Snapshot Ensembles*, 2017.
# - Izmailov et al., *Averaging Weights Leads to Wider Optima and Better Generalization*, 2018.
# - Frankle et al., *Linear Mode Connectivity and the Lottery Ticket Hypothesis*, 2020; Ainsworth et al., *Git Re-Basin*,
#   2023.
# - Guo et al., *On Calibration of Modern Neural Networks*, 2017; Fort et al., *Deep Ensembles: A Loss Landscape
#   Perspective*, 2019.
# - Kondratyuk et al., *When Ensembling Smaller Models is More Efficient than Single Large Models*, 2020.
#
# **Next** [lecture 15](../15_recipe/15_recipe.ipynb): all of it in order, on a new problem.

# %% tags=["demo"]
progress()
