"""The objective: softmax and cross-entropy, node by node and in one line."""

import math

import numpy as np

from grader import Case, Exercise, Number, Question

from .. import drivers
from .shared import both_signs, several_classes

UNTRAINED_LOSS = Question(
    "backpropagation.untrained_loss",
    "A language model chooses among 50,257 tokens. Before training it gives all of them about the "
    "same "
    "probability. What does the cross-entropy print at the first step? (In nats, with the natural "
    "logarithm; two decimals.)",
    number=Number(
        math.log(50257),
        rel_tol=2e-3,
        misreadings={
            math.log2(50257): "That is in bits. Which logarithm does cross-entropy take here?",
            math.log10(50257): "That is the decimal logarithm. Which one does cross-entropy take?",
            1 / 50257: "That is the probability of the right token. What does the loss do with it?",
            math.log(2): "That is the loss of a model with two classes. How many are there here?",
            -math.log(50257): "The logarithm of a probability is negative. Is the loss?",
        },
    ),
    why=r"Every token has $p = 1/50257$, so the loss is $-\ln p = \ln 50257 = 10.82$. A model that "
    "starts far above that is confidently wrong before it has seen anything. It is the first "
    "number "
    "to look at in any run.",
)


NODES = Exercise(
    "losses.softmax_nodes_backward",
    points=4,
    minutes=10,
    returns=("grads",),
    driver=drivers.rounded,
    hints=(
        "Run the six lines forward first and keep their results. Then go backwards, one line at a "
        "time. In each row the loss touches a single entry of p: what is the derivative of "
        "-log(p) / N, and what is it for all other entries?",
        "p = e / total: total is one number for a whole row, so its gradient is a sum over that "
        "row. "
        "And e leaves by two edges, to p and to total. What arrives on both is added.",
        "dtotal = -sum(dp * e) / total^2 in each row; de = dp / total + dtotal; dshifted = de * e; "
        "dtop = -sum(dshifted) in each row; dscores = dshifted, plus dtop at the place of the "
        "maximum.",
    ),
)


@NODES.cases
def _(rng: np.random.Generator):
    def case(name, n, k):
        return Case(name, (both_signs(rng, n, k), several_classes(rng, n, k)))

    yield case("five examples, three classes", 5, 3)
    yield case("three examples, three classes", 3, 3)
    yield case("one example", 1, 4)
    yield case("two classes", 4, 2)
    scores = both_signs(rng, 3, 5)
    yield Case("one class for all", (scores, np.full(3, rng.integers(5))))
    far = both_signs(rng, 4, 3) + np.array([[3.0], [-80], [0], [100]])
    yield Case("scores far from 0", (far, several_classes(rng, 4, 3)))


def _nodes(scores, y, *, dp=None, dtotal=None, de=None, dshifted=None, dtop=None):
    """The backward pass with some of its lines replaced, each a function of all nodes so far."""
    rows = np.arange(len(scores))
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    total = e.sum(axis=1, keepdims=True)
    node = {"e": e, "total": total, "p": e / total, "rows": rows, "y": y, "n": len(scores)}

    def right_dp(v):
        grad = np.zeros_like(v["p"])
        grad[rows, y] = -1 / (v["n"] * v["p"][rows, y])
        return grad

    node["dp"] = (dp or right_dp)(node)
    node["dtotal"] = (
        dtotal or (lambda v: -(v["dp"] * v["e"]).sum(axis=1, keepdims=True) / v["total"] ** 2)
    )(node)
    node["de"] = (de or (lambda v: v["dp"] / v["total"] + v["dtotal"]))(node)
    node["dshifted"] = (dshifted or (lambda v: v["de"] * v["e"]))(node)
    node["dtop"] = (dtop or (lambda v: -v["dshifted"].sum(axis=1, keepdims=True)))(node)
    dscores = node["dshifted"].copy()
    dscores[rows, scores.argmax(axis=1)] += node["dtop"][:, 0]
    return {
        "p": node["dp"],
        "total": node["dtotal"],
        "e": node["de"],
        "shifted": node["dshifted"],
        "top": node["dtop"],
        "scores": dscores,
    }


@NODES.misconception("the edge through total is forgotten")
def _(scores, y):
    """Down to `total` everything is right. The gradient on e is the first that is not.
    Look at the graph: e leaves by two edges.
    Which of the two is missing?
    """
    return _nodes(scores, y, de=lambda v: v["dp"] / v["total"])


@NODES.misconception("total without its minus")
def _(scores, y):
    """The gradient on p is right, that on total has the wrong sign.
    When total grows, what happens to e / total?
    """
    return _nodes(
        scores, y, dtotal=lambda v: (v["dp"] * v["e"]).sum(axis=1, keepdims=True) / v["total"] ** 2
    )


@NODES.misconception("the sum of the wrong edge only")
def _(scores, y):
    """Your gradient on e is the part that arrives through total alone.
    Does e not stand in the numerator of p, too?
    """
    return _nodes(scores, y, de=lambda v: np.zeros_like(v["e"]) + v["dtotal"])


@NODES.misconception("no mean")
def _(scores, y):
    """For one example all is right; for several, every gradient is too large by their number.
    The loss is a mean. Where does the division by N come in, in the backward pass?
    """

    def dp(v):
        grad = np.zeros_like(v["p"])
        grad[v["rows"], v["y"]] = -1 / v["p"][v["rows"], v["y"]]
        return grad

    return _nodes(scores, y, dp=dp)


@NODES.misconception("every entry of p has a gradient")
def _(scores, y):
    """Your gradient on p is nowhere 0.
    The loss looks up one entry in each row, and nothing else.
    How much does it change when another entry moves, and total stays as it is?
    """
    return _nodes(scores, y, dp=lambda v: -1 / (v["n"] * v["p"]))


@NODES.misconception("the loss without its minus")
def _(scores, y):
    """All your gradients have the wrong sign, from the first one on.
    A larger probability for the right class: does the loss rise or fall?
    """

    def dp(v):
        grad = np.zeros_like(v["p"])
        grad[v["rows"], v["y"]] = 1 / (v["n"] * v["p"][v["rows"], v["y"]])
        return grad

    return _nodes(scores, y, dp=dp)


@NODES.misconception("the exponential is forgotten")
def _(scores, y):
    """Down to e everything is right. `shifted` gets what e got, unchanged.
    Between the two stands the exponential. What is its derivative?
    """
    return _nodes(scores, y, dshifted=lambda v: v["de"].copy())


@NODES.misconception("the sum over the batch")
def _(scores, y):
    """Your gradient on total has the same number in every row.
    It looks as if the sum ran over the examples, too.
    Which entries of e does the total of one example feed?
    """
    return _nodes(
        scores,
        y,
        dtotal=lambda v: np.zeros_like(v["total"]) - (v["dp"] * v["e"]).sum() / v["total"] ** 2,
    )


@NODES.misconception("top without its minus")
def _(scores, y):
    """All is right but the last two nodes.
    Your gradient on top looks like the sum that e hands to it, taken before the exponential.
    From which node does top receive its gradient?
    """
    return _nodes(scores, y, dtop=lambda v: -v["de"].sum(axis=1, keepdims=True))


@NODES.misconception("total is not summed")
def _(scores, y):
    """Your gradient on total has a number for every class.
    Each row has one total, and all classes of the row are divided by it. What happens where a
    forward pass hands one number to many?
    """
    return _nodes(scores, y, dtotal=lambda v: -v["dp"] * v["e"] / v["total"] ** 2)


@NODES.misconception("total to the first power")
def _(scores, y):
    """The gradient on p is right, that on total is too large in size.
    Write p as e times a power of total. What does the rule for powers do to the exponent?
    """
    return _nodes(
        scores, y, dtotal=lambda v: -(v["dp"] * v["e"]).sum(axis=1, keepdims=True) / v["total"]
    )


@NODES.misconception("averaged over the classes, too")
def _(scores, y):
    """Every gradient is too small, by the number of classes.
    The loss is a mean of how many numbers: of one for each example, or of a whole table?
    """
    k = scores.shape[1]
    return {name: grad / k for name, grad in _nodes(scores, y).items()}


@NODES.misconception("top is not summed")
def _(scores, y):
    """Your gradient on top has a number for every class.
    Each row has one top, and it is subtracted from all of them. What happens where a forward pass
    hands one number to many?
    """
    grads = _nodes(scores, y)
    return grads | {"top": -grads["shifted"]}


@NODES.misconception("an axis lost in a sum")
def _(scores, y):
    """A gradient has the shape of its node, and total and top are columns.
    What did the forward pass write so that its own sums kept their axis?
    """
    grads = _nodes(scores, y)
    return grads | {name: grads[name][:, 0] for name in ("total", "top")}


@NODES.misconception("top without its axis")
def _(scores, y):
    """All is right but the shape of your gradient on top: it has lost an axis.
    What did the forward pass write so that its own maxima kept theirs?
    """
    grads = _nodes(scores, y)
    return grads | {"top": grads["top"][:, 0]}


@NODES.misconception("every label for every example")
def _(scores, y):
    """Your gradient on p has entries at labels of other examples.
    An index for the columns alone chooses them in all rows.
    Each example has one label. How can row and column be chosen in pairs?
    """

    def dp(v):
        grad = np.zeros_like(v["p"])
        grad[:, y] = -1 / (v["n"] * v["p"][:, y])
        return grad

    return _nodes(scores, y, dp=dp)


SOFTMAX_LOSS = Exercise(
    "losses.softmax_loss",
    points=2,
    minutes=3,
    returns=("loss", "dscores"),
    parents=("losses.softmax_nodes_backward",),
    promises={
        "does not hold N classes": (
            "a class that does not exist",
            "a negative class",
            "a label too few",
        ),
    },
    hints=(
        "`log_softmax` gives log p for all classes. Which entry of each row does the loss take?",
        "From your six gradients: de * e with de = dp / total + dtotal. In terms of p, what is "
        "left for "
        "the right class, and what for the others?",
        "dscores is p, minus 1 at the right class of each row, divided by N.",
    ),
)


@SOFTMAX_LOSS.cases
def _(rng: np.random.Generator):
    def case(name, n, k):
        return Case(name, (both_signs(rng, n, k), several_classes(rng, n, k)))

    yield case("five examples, three classes", 5, 3)
    yield case("three examples, three classes", 3, 3)
    yield case("one example", 1, 4)
    yield case("two classes", 4, 2)
    yield Case("a class that does not exist", (both_signs(rng, 2, 3), np.array([0, 3])))
    yield Case("a negative class", (both_signs(rng, 2, 3), np.array([-1, 1])))
    yield Case("a label too few", (both_signs(rng, 3, 2), np.array([0, 1])))
    far = both_signs(rng, 3, 3) + np.array([[1000.0], [-1000], [0]])
    yield Case("scores near 1000 and -1000", (far, several_classes(rng, 3, 3)), extreme=True)
    wide = np.array([[0.0, 500.0, -900.0], [2000.0, 0.0, 1.0]])
    yield Case("the right class has no chance", (wide, np.array([2, 1])), extreme=True)


def _labelled(scores, y):
    n, k = scores.shape
    if y.shape != (n,) or ((y < 0) | (y >= k)).any():
        raise ValueError(f"{y}")
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        log_p = np.log(p[np.arange(n), y])
    return p, np.eye(k, dtype=p.dtype)[y], log_p


@SOFTMAX_LOSS.misconception("the sum in place of the mean")
def _(scores, y):
    """For one example you are right; for several, loss and gradient are too large by their number.
    What should happen to the loss when a batch is doubled by a copy of itself?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(-log_p.sum()), p - onehot


@SOFTMAX_LOSS.misconception("the mean in the loss, not in the gradient")
def _(scores, y):
    """The loss is right. The gradient is too large by the number of examples.
    If L is a mean, what is its derivative a mean of?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(-log_p.mean()), p - onehot


@SOFTMAX_LOSS.misconception("the probabilities themselves")
def _(scores, y):
    """The loss is right. Your gradient pushes every score down, that of the right class too.
    In which direction should the right score move?
    """
    p, _, log_p = _labelled(scores, y)
    return float(-log_p.mean()), p / len(y)


@SOFTMAX_LOSS.misconception("uphill")
def _(scores, y):
    """The loss is right and the gradient has the wrong sign.
    When the right score rises, does the loss rise?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(-log_p.mean()), (onehot - p) / len(y)


@SOFTMAX_LOSS.misconception("a factor p (1 - p) too many")
def _(scores, y):
    """The loss is right. Your gradient contains an extra factor p (1 - p).
    That factor belongs to a squared error behind a sigmoid. Here the logarithm has had its say.
    What did your six nodes give for the scores?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(-log_p.mean()), (p - onehot) * p * (1 - p) / len(y)


@SOFTMAX_LOSS.misconception("the gradient on the logarithm of p")
def _(scores, y):
    """The loss is right. Your gradient is 0 for all classes but the right one.
    A wrong class has no logarithm in the loss, but it has a share in every probability.
    What happens to p_y when another score rises?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(-log_p.mean()), onehot * (p - 1) / len(y)


@SOFTMAX_LOSS.misconception("overflow")
def _(scores, y):
    """For ordinary scores you are right. For scores near 1000 the answer is no number.
    The exponential of 1000 is larger than any float. What did the node `top` do about it?
    """
    n, k = scores.shape
    if y.shape != (n,) or ((y < 0) | (y >= k)).any():
        raise ValueError(f"{y}")
    with np.errstate(all="ignore"):
        e = np.exp(scores)
        p = e / e.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(n), y]).mean()
    return float(loss), (p - np.eye(k, dtype=p.dtype)[y]) / n


@SOFTMAX_LOSS.misconception("overflow in the logarithm of the sum")
def _(scores, y):
    """For ordinary scores you are right. For scores near 1000 they are not finite on the way.
    The logarithm of a sum of exponentials is no larger than the scores are, but the sum itself is.
    What did the node `top` do about it?
    """
    _labelled(scores, y)
    n, k = scores.shape
    with np.errstate(all="ignore"):
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    loss = -log_p[np.arange(n), y].mean()
    return float(loss), (np.exp(log_p) - np.eye(k, dtype=scores.dtype)[y]) / n


@SOFTMAX_LOSS.misconception("averaged over the classes, too")
def _(scores, y):
    """Loss and gradient are too small, by the number of classes.
    It looks as if the mean ran over all entries of a table.
    How many numbers are averaged, one for each what?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(-log_p.mean() / p.shape[1]), (p - onehot) / p.size


@SOFTMAX_LOSS.misconception("softmax down the columns")
def _(scores, y):
    """Your answer for one example depends on the scores of the others.
    It looks as if the exponentials were divided by their sum over the examples.
    What sums to 1: the classes of an example, or the examples of a class?
    """
    _labelled(scores, y)
    n, k = scores.shape
    shifted = scores - scores.max(axis=0)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=0))
    loss = -log_p[np.arange(n), y].mean()
    return float(loss), (np.exp(log_p) - np.eye(k, dtype=scores.dtype)[y]) / n


@SOFTMAX_LOSS.misconception("the logarithm of a rounded p")
def _(scores, y):
    """For ordinary scores you are right. Where the right class has no chance, p is rounded to 0.
    Then its logarithm is no longer the score.
    Can you write log p so that nothing is rounded before the logarithm?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(-log_p.mean()), (p - onehot) / len(y)


@SOFTMAX_LOSS.misconception("a small number inside the logarithm")
def _(scores, y):
    """For ordinary scores you are right. Where the right class has no chance, your loss is finite
    and wrong.
    Is a small number added to p somewhere, or p clipped? What does a sure mistake cost then?
    Can you write log p so that p itself is not needed?
    """
    p, onehot, _ = _labelled(scores, y)
    log_p = np.log(p[np.arange(len(y)), y] + 1e-12)
    return float(-log_p.mean()), (p - onehot) / len(y)


@SOFTMAX_LOSS.misconception("every label for every example")
def _(scores, y):
    """`dscores` is right. Your loss is the mean of N times N numbers: each label is looked up
    in every row. An index for the columns alone takes them from all rows.
    Each example has one label. How can row and column be chosen in pairs?
    """
    p, onehot, _ = _labelled(scores, y)
    with np.errstate(divide="ignore"):
        log_p = np.log(p)[:, y]
    return float(-log_p.mean()), (p - onehot) / len(y)


@SOFTMAX_LOSS.misconception("in bits")
def _(scores, y):
    """Your loss is in bits, `dscores` in nats.
    With two classes, both equally likely, cross-entropy is 0.69 here. Which logarithm is that?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(-log_p.mean() / math.log(2)), (p - onehot) / len(y)


@SOFTMAX_LOSS.misconception("the loss without its minus")
def _(scores, y):
    """`dscores` is right. Your loss is negative.
    The logarithm of a probability is at most 0. What should a loss be when p_y is 1, and what when
    p_y is small?
    """
    p, onehot, log_p = _labelled(scores, y)
    return float(log_p.mean()), (p - onehot) / len(y)


@SOFTMAX_LOSS.misconception("labels that do not fit are not refused")
def _(scores, y):
    """With labels that fit you are right. For some that do not, ValueError does not come.
    NumPy takes -1 for the last class, and of other mistakes it speaks in its own words.
    What do the instructions say about y?
    """
    n, k = scores.shape
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        loss = -np.log(p[np.arange(n), y]).mean()
    return float(loss), (p - np.eye(k, dtype=p.dtype)[y]) / n
