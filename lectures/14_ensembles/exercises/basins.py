"""Which weights may be averaged: one basin, one numbering, fresh statistics."""

import numpy as np

from grader import Case, Choice, Exercise, Question

SAME_START = Question(
    "ensembles.same_start",
    "Two networks with one hidden layer begin with the same weights and see the clean digits in "
    "different orders. Both reach about 0.95. Take the mean of their weights. Its accuracy?",
    choices=(
        Choice(
            "0.10: the mean of two networks is no network.",
            "They began in one place. How far apart have different orders carried them?",
        ),
        Choice(
            "0.80",
            "That would be a hill between them. Did they start on different sides of one?",
        ),
        Choice("0.95, as the two.", right=True),
        Choice(
            "0.99: two are better than one.",
            "Averaging removes what they do not share. How much is that, on clean digits?",
        ),
    ),
    why="Both went down into the same valley, and the middle of a valley is no hill. Different "
    "orders alone move a shallow network only around in it.",
)

OWN_STARTS = Question(
    "ensembles.own_starts",
    "Now each with its own initial weights, 32 hidden units. Both reach 0.95 again. The mean of "
    "their weights?",
    choices=(
        Choice(
            "0.10: total ruin, as everybody says.",
            "Everybody speaks of deep networks. How many layers has this one, and how much can one "
            "layer of 32 units garble?",
        ),
        Choice("About 0.8", right=True),
        Choice(
            "0.92",
            "Unit 7 of one network knows nothing of unit 7 of the other. What is the mean of two "
            "unrelated weight vectors, in length?",
        ),
        Choice(
            "0.95, as before.",
            "Before they had one start. What do unit 7 of one network and unit 7 of the other have "
            "in common now?",
        ),
    ),
    why="The mean of two unrelated vectors is shorter and points nowhere in particular. In one "
    "hidden layer much survives all the same; with every layer more is lost.",
)

RENUMBERED = Question(
    "ensembles.renumbered",
    "List the hidden units of one of the two in another order, the one in which they resemble "
    "those of the other network most. And now the mean of the weights?",
    choices=(
        Choice(
            "0.80 again: it is still the same function.",
            "The function is the same. Does an average of weights know functions?",
        ),
        Choice(
            "0.85: a little better, as a few units will fit by chance.",
            "Two networks learn the same ten digits. How different can their units be, names "
            "aside?",
        ),
        Choice("Nearly as good as the two.", right=True),
        Choice(
            "Below 0.5: the layers no longer fit.",
            "When the units of a layer are listed in another order, what else has to be?",
        ),
    ),
    why="Most of the hole between two networks is a matter of names: unit 7 here does the work of "
    "unit 19 there. About one point is left, for units that have no twin.",
)

RENUMBER = Exercise(
    "merging.renumber",
    points=2,
    minutes=4,
    returns=("params_next",),
    hints=(
        "Follow one hidden unit: which numbers belong to it, in which arrays, along which axis?",
        "What goes into the unit stands in a column of w1 and in b1; what goes out of it in a row "
        "of w2. Compare the scores before and after.",
        "Index with the order: columns of w1, entries of b1, rows of w2. b2 belongs to the "
        "classes.",
    ),
)


def _net(rng, d, h, k):
    return {
        "w1": rng.standard_normal((d, h)),
        "b1": rng.standard_normal(h),
        "w2": rng.standard_normal((h, k)),
        "b2": rng.standard_normal(k),
    }


@RENUMBER.cases
def _(rng: np.random.Generator):
    shift = int(rng.integers(1, 4))
    yield Case("five units", (_net(rng, 6, 5, 3), [(i + shift) % 5 for i in range(5)]))
    yield Case("two units exchanged", (_net(rng, 4, 3, 2), [0, 2, 1]))
    yield Case("the order as it was", (_net(rng, 3, 4, 2), [0, 1, 2, 3]))
    yield Case("as many inputs as units and classes", (_net(rng, 4, 4, 4), [1, 2, 3, 0]))
    yield Case("a single unit", (_net(rng, 3, 1, 2), [0]))


def _moved(params, order, inverse=False):
    order = list(np.argsort(order)) if inverse else list(order)
    return {
        "w1": params["w1"][:, order],
        "b1": params["b1"][order],
        "w2": params["w2"][order],
        "b2": params["b2"],
    }


@RENUMBER.misconception("only the columns of w1")
def _(params, order):
    """You move the columns of w1 and nothing else.
    Compare the scores before and after. Which arrays still use the old list?
    """
    return params | {"w1": params["w1"][:, list(order)]}


@RENUMBER.misconception("the bias left behind")
def _(params, order):
    """Your matrices are right, and each unit has the bias of another.
    Which numbers belong to a unit besides its weights?
    """
    return _moved(params, order) | {"b1": params["b1"]}


@RENUMBER.misconception("the second layer left behind")
def _(params, order):
    """The hidden units have moved, and the next layer still expects them in their old places.
    Who reads the output of unit 0 now?
    """
    return _moved(params, order) | {"w2": params["w2"]}


@RENUMBER.misconception("the rows of w1")
def _(params, order):
    """You move rows of w1.
    How many rows has w1, and how many units are there?
    """
    rows = np.arange(len(params["w1"]))
    n = min(len(rows), len(order))
    if sorted(order[:n]) == list(range(n)):
        rows[:n] = list(order[:n])
    return _moved(params, order) | {"w1": params["w1"][rows]}


@RENUMBER.misconception("the other way round")
def _(params, order):
    """Unit i went to the place order[i].
    Read the text once more: which unit stands in place i?
    """
    return _moved(params, order, inverse=True)


@RENUMBER.misconception("the columns of w2")
def _(params, order):
    """You leave the rows of w2 in their places.
    Rows or columns of w2: which of them belong to hidden units, and which to classes?
    """
    columns = np.arange(params["w2"].shape[1])
    n = min(len(columns), len(order))
    if sorted(order[:n]) == list(range(n)):
        columns[:n] = list(order[:n])
    return _moved(params, order) | {"w2": params["w2"][:, columns]}


@RENUMBER.misconception("nothing moved")
def _(params, order):
    """You return the network as it was.
    Which unit is to stand in the first place?
    """
    return {name: w.copy() for name, w in params.items()}


@RENUMBER.misconception("inputs taken for units")
def _(params, order):
    """You list rows of w1 in the new order, and the columns stay.
    A row of w1 belongs to one input. Where are the numbers that belong to one hidden unit?
    """
    return _moved(params, order) | {"w1": params["w1"][list(order)]}


@RENUMBER.misconception("the second layer the other way round")
def _(params, order):
    """The first layer is right. The rows of w2 went the other way: row i to the place order[i].
    Unit 0 of the new network is which old unit? And which row of the old w2 reads that one?
    """
    return _moved(params, order) | {"w2": params["w2"][np.argsort(order)]}


@RENUMBER.misconception("the bias the other way round")
def _(params, order):
    """The matrices are right. The entries of b1 went the other way: entry i to the place order[i].
    Unit 0 of the new network is which old unit, and what was its bias?
    """
    return _moved(params, order) | {"b1": params["b1"][np.argsort(order)]}


WHOSE_STATISTICS = Question(
    "ensembles.whose_statistics",
    "Four networks with batch normalisation, one start, four orders, noisy digits, a learning rate "
    "of 1. Each has an accuracy of about 0.56. Average their weights, and take the running "
    "statistics of one of them. The accuracy of the mean?",
    choices=(
        Choice(
            "0.60: the noise of four is averaged out.",
            "The weights are a mean of four. Whose pre-activations do the statistics describe?",
        ),
        Choice("About 0.56: what the average gains is lost again.", right=True),
        Choice(
            "0.45: these statistics belong to other weights.",
            "So little is left with statistics that were never trained. Are those of a relative "
            "as wrong as zeros and ones?",
        ),
        Choice(
            "0.10: without its own statistics a network is lost.",
            "The four are relatives. How far apart are their means and variances?",
        ),
    ),
    why="The pre-activations of the mean are not those of the first member: noise is averaged out "
    "of them, too. Normalised by another network's statistics a better network looks no better.",
)

REFRESH = Exercise(
    "merging.refresh_running",
    points=4,
    minutes=7,
    returns=("running",),
    parents=("averaging.running_mean_step",),
    hints=(
        "It is a forward pass in training mode. How many hidden layers are there, and what "
        "enters the second?",
        "For each hidden layer: z, its mean and variance over the examples, then exactly what "
        "training would do with z, since the next layer sees the result.",
        "z = h @ w + b; keep (mean, variance) of z; z_hat = (z - mean) / sqrt(var + eps); the next "
        "h is the ReLU of gamma * z_hat + beta. The last layer has no gamma.",
    ),
)


def _normed(rng, *sizes):
    """A network whose biases, gammas and betas are all far from their first values."""
    params = {}
    for layer in range(1, len(sizes)):
        d, k = sizes[layer - 1], sizes[layer]
        params[f"w{layer}"] = rng.standard_normal((d, k))
        params[f"b{layer}"] = rng.uniform(0.5, 1.5, k) * np.where(np.arange(k) % 2, -1, 1)
        if layer < len(sizes) - 1:
            params[f"gamma{layer}"] = rng.uniform(1.5, 2.5, k)
            params[f"beta{layer}"] = rng.uniform(0.3, 0.9, k)
    return params


@REFRESH.cases
def _(rng: np.random.Generator):
    x = rng.standard_normal((9, 4)) + 0.5
    size = {"running": 1.0}  # the means of what is normalised already vanish
    yield Case("two hidden layers", (_normed(rng, 4, 5, 3, 2), x), scale=size)
    yield Case("one hidden layer", (_normed(rng, 4, 3, 2), x), scale=size)
    yield Case("three hidden layers", (_normed(rng, 4, 3, 4, 3, 2), x), scale=size)
    yield Case("four hidden layers", (_normed(rng, 4, 3, 4, 3, 3, 2), x), scale=size)
    yield Case("a large eps", (_normed(rng, 4, 4, 3, 2), x), {"eps": 0.5}, scale=size)
    yield Case("two examples", (_normed(rng, 4, 3, 3, 2), x[:2]), scale=size)


def _collected(params, x, eps, *, stats=None, following=None, bias=True):
    """The forward pass, with other statistics or another input of the next layer."""
    running, h = [], x
    for layer in range(1, 1 + sum(name.startswith("gamma") for name in params)):
        z = h @ params[f"w{layer}"] + (params[f"b{layer}"] if bias else 0)
        mean, var = z.mean(axis=0), z.var(axis=0)
        out = params[f"gamma{layer}"] * (z - mean) / np.sqrt(var + eps) + params[f"beta{layer}"]
        running.append(stats(z, out) if stats else (mean, var))
        h = following(z, out) if following else np.maximum(0, out)
    return running


@REFRESH.misconception("deeper layers see z as it is")
def _(params, x, *, eps=1e-5):
    """The first layer is right. The second one gets pre-activations that were never normalised.
    What does a layer do to z before the ReLU, in training?
    """
    return _collected(params, x, eps, following=lambda z, out: np.maximum(0, z))


@REFRESH.misconception("no ReLU between the layers")
def _(params, x, *, eps=1e-5):
    """The first layer is right. What enters the second one has negative entries.
    Which function stands between two layers?
    """
    return _collected(params, x, eps, following=lambda z, out: out)


@REFRESH.misconception("gamma and beta left out")
def _(params, x, *, eps=1e-5):
    """The first layer is right. For the second you forget what is learnt in the first one's
    normalisation.
    Which two arrays does a hidden layer have besides w and b?
    """
    running, h = [], x
    for layer in range(1, 1 + sum(name.startswith("gamma") for name in params)):
        z = h @ params[f"w{layer}"] + params[f"b{layer}"]
        running.append((z.mean(axis=0), z.var(axis=0)))
        h = np.maximum(0, (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + eps))
    return running


@REFRESH.misconception("statistics after gamma and beta")
def _(params, x, *, eps=1e-5):
    """Your means are the betas: you measure what normalisation has made.
    What has to be known before one can normalise?
    """
    return _collected(params, x, eps, stats=lambda z, out: (out.mean(axis=0), out.var(axis=0)))


@REFRESH.misconception("statistics of the ReLU's output")
def _(params, x, *, eps=1e-5):
    """None of your means is negative: you measure behind the ReLU.
    What is normalised here, what enters the ReLU or what leaves it?
    """

    def behind(z, out):
        h = np.maximum(0, out)
        return h.mean(axis=0), h.var(axis=0)

    return _collected(params, x, eps, stats=behind)


@REFRESH.misconception("standard deviations")
def _(params, x, *, eps=1e-5):
    """Your means are right, and in place of the variances stand their square roots.
    Which of the two does `running` hold?
    """
    return _collected(params, x, eps, stats=lambda z, out: (z.mean(axis=0), z.std(axis=0)))


@REFRESH.misconception("divided by N - 1")
def _(params, x, *, eps=1e-5):
    """Your variances are a little too large, most of all for few examples.
    By what is the sum of squares divided here?
    """
    ddof = min(1, len(x) - 1)
    return _collected(
        params, x, eps, stats=lambda z, out: (z.mean(axis=0), z.var(axis=0, ddof=ddof))
    )


@REFRESH.misconception("without the bias")
def _(params, x, *, eps=1e-5):
    """Your variances are right and your means are not: the bias is missing in z.
    Does batch normalisation make the bias disappear from its own running mean?
    """
    return _collected(params, x, eps, bias=False)


def _otherwise(params, x, eps, normed=None, *, spread=None, ddof=0):
    """The forward pass with another step from z to the ReLU, or another number to divide by."""
    running, h = [], x
    for layer in range(1, 1 + sum(name.startswith("gamma") for name in params)):
        z = h @ params[f"w{layer}"] + params[f"b{layer}"]
        mean, var = z.mean(axis=0), z.var(axis=0, ddof=ddof)
        running.append((mean, var))
        unit = (z - mean) / (spread(var) if spread else np.sqrt(var + eps))
        gamma, beta = params[f"gamma{layer}"], params[f"beta{layer}"]
        h = normed(z, unit, gamma, beta) if normed else np.maximum(0, gamma * unit + beta)
    return running


@REFRESH.misconception("normalised by N - 1, too")
def _(params, x, *, eps=1e-5):
    """Your variances are a little too large from the first layer on, most of all for few examples,
    and you normalise with them.
    By what is the sum of squares divided here?
    """
    return _otherwise(params, x, eps, ddof=min(1, len(x) - 1))


@REFRESH.misconception("gamma and beta without the normalisation")
def _(params, x, *, eps=1e-5):
    """The first layer is right. After it you scale and shift z itself, not the normalised z.
    What does a layer do to z before gamma?
    """
    return _otherwise(params, x, eps, lambda z, unit, g, b: np.maximum(0, g * z + b))


@REFRESH.misconception("beta left out")
def _(params, x, *, eps=1e-5):
    """The first layer is right. What enters the second one was scaled and not shifted.
    Which two arrays does a hidden layer have besides w and b?
    """
    return _otherwise(params, x, eps, lambda z, unit, g, b: np.maximum(0, g * unit))


@REFRESH.misconception("gamma left out")
def _(params, x, *, eps=1e-5):
    """The first layer is right. What enters the second one was shifted and not scaled.
    Which two arrays does a hidden layer have besides w and b?
    """
    return _otherwise(params, x, eps, lambda z, unit, g, b: np.maximum(0, unit + b))


@REFRESH.misconception("gamma and beta exchanged")
def _(params, x, *, eps=1e-5):
    """The first layer is right. After it you scale by beta and shift by gamma.
    Which of the two multiplies?
    """
    return _otherwise(params, x, eps, lambda z, unit, g, b: np.maximum(0, b * unit + g))


@REFRESH.misconception("divided by the variance")
def _(params, x, *, eps=1e-5):
    """The first layer is right. After it you divide by the variance.
    By what must numbers be divided to have a variance of 1?
    """
    return _otherwise(params, x, eps, spread=lambda var: var + eps)


@REFRESH.misconception("eps outside the square root")
def _(params, x, *, eps=1e-5):
    """With a small eps you are right. You add it to the square root.
    To what does the text add it?
    """
    return _otherwise(params, x, eps, spread=lambda var: np.sqrt(var) + eps)


@REFRESH.misconception("the ReLU before gamma and beta")
def _(params, x, *, eps=1e-5):
    """The first layer is right. After it the ReLU comes before gamma and beta.
    In which order does the text name the steps of a layer?
    """
    return _otherwise(params, x, eps, lambda z, unit, g, b: g * np.maximum(0, unit) + b)


@REFRESH.misconception("eps in the variance")
def _(params, x, *, eps=1e-5):
    """Your means are right, and each variance is too large by eps.
    What is `running` to hold, the variance or what stands in the square root?
    """
    return _collected(params, x, eps, stats=lambda z, out: (z.mean(axis=0), z.var(axis=0) + eps))


@REFRESH.misconception("the variance first")
def _(params, x, *, eps=1e-5):
    """Your pairs hold the variance first.
    In which order does the text name the two?
    """
    return _collected(params, x, eps, stats=lambda z, out: (z.var(axis=0), z.mean(axis=0)))


@REFRESH.misconception("statistics of the normalised")
def _(params, x, *, eps=1e-5):
    """All your means are 0: you measure z after it was normalised.
    What has to be known before one can normalise?
    """

    def behind(z, out):
        z_hat = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + eps)
        return z_hat.mean(axis=0), z_hat.var(axis=0)

    return _collected(params, x, eps, stats=behind)


@REFRESH.misconception("statistics of a layer's input")
def _(params, x, *, eps=1e-5):
    """Your statistics are those of what enters each layer, before w and b.
    Of which array does the text ask for the mean and the variance?
    """
    inputs = [x]

    def following(z, out):
        inputs.append(np.maximum(0, out))
        return inputs[-1]

    _collected(params, x, eps, following=following)
    return [(h.mean(axis=0), h.var(axis=0)) for h in inputs[:-1]]


@REFRESH.misconception("the last layer, too")
def _(params, x, *, eps=1e-5):
    """You give a pair for the last layer, too.
    Which layers of this network have a normalisation?
    """
    last = []

    def following(z, out):
        last[:] = [np.maximum(0, out)]
        return last[0]

    running = _collected(params, x, eps, following=following)
    layer = len(running) + 1
    z = last[0] @ params[f"w{layer}"] + params[f"b{layer}"]
    return [*running, (z.mean(axis=0), z.var(axis=0))]
