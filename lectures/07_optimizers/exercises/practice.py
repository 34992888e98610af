"""Adam in practice: how wide the good region is, one bad gradient, weight decay."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from lectures import drivers
from utils.optimizers import adam_step

from .shared import POINTS, both_signs, gradients, run, squares, start, with_a_silent_one

NEXT_TO_BEST = Question(
    "optimizers.next_to_best",
    "Plain SGD trains a small network on the digits. Of the rates 0.1, 0.32, 1, 3.2 and 10 the "
    "best one is 1, with 97 % of the validation images right. What does the next one, 3.2, give?",
    choices=(
        Choice(
            "97 % again, since near the best rate little changes",
            "What does gradient descent do in a bowl whose limit is a little below its rate?",
        ),
        Choice(
            "About 90 %, a little less",
            "That would be a gentle slope on both sides of the best rate. Is the limit of gradient "
            "descent gentle?",
        ),
        Choice("10 %, which is guessing", right=True),
        Choice(
            "97 % as well, but after more epochs",
            "Above its stability limit, does a method need more steps, or do more steps make it "
            "worse?",
        ),
    ),
    why="For plain SGD the best rate stands next to a cliff, because the fastest stable rate is "
    "nearly the largest stable one.",
)


SHOCK_MEMORY = Question(
    "optimizers.shock_memory",
    r"Adam with its usual values walks along a slope with the gradient 1. Once, a single gradient "
    r"of 1000 comes in. How many steps later are its steps back at half of their former length?",
    choices=(
        Choice(
            "About 10",
            "The average m has forgotten the shock by then. Which other one met it, and as what?",
        ),
        Choice(
            "About 1,000",
            "A thousand steps are the memory of v: a third of the shock is left in it. How large "
            "was the shock in v?",
        ),
        Choice("About 6,000", right=True),
        Choice(
            "Never again",
            "AdaGrad would behave so. What happens to an old square in v at each step?",
        ),
    ),
    why=r"The shock puts $0.001 \cdot 1000^2 = 1000$ into $v$, beside the 1 that was there. The "
    r"step has half its length when $v = 4$, so $1000 \cdot 0.999^t = 3$ and $t = 5806$.",
)


CLIP = Exercise(
    "clipping.clip_by_norm",
    points=2,
    minutes=3,
    returns=("clipped", "norm"),
    promises={"not longer than ``max_norm``": ("short enough", "exactly as long as allowed")},
    hints=(
        "Think of all the numbers of all the arrays as one long vector. What is its length?",
        "Add the squares of everything first, over all arrays. One factor then serves all of them: "
        "when is it 1?",
        "norm is the square root of the sum of all squares. If it is larger than max_norm, "
        "multiply every array by max_norm over norm; otherwise copy it.",
    ),
)


def three_arrays(rng: np.random.Generator, norm: float) -> dict[str, np.ndarray]:
    """Gradients of a small layer with a given common norm, of very different lengths."""
    grads = {
        "w": both_signs(rng, 3, 2),
        "b": 3 * both_signs(rng, 2),
        "gain": 0.2 * both_signs(rng, 4),
    }
    length = np.sqrt(sum(np.sum(g**2) for g in grads.values()))
    return {name: g * (norm / length) for name, g in grads.items()}


@CLIP.cases
def _(rng: np.random.Generator):
    limit = float(rng.uniform(0.5, 2))
    yield Case("too long", (three_arrays(rng, 4 * limit), limit))
    yield Case("a little too long", (three_arrays(rng, 1.2 * limit), limit))
    yield Case("short enough", (three_arrays(rng, 0.5 * limit), limit))
    yield Case("too long for a small limit", (three_arrays(rng, 0.6), 0.2))
    exact = {"w": np.array([[3.0, 0.0]]), "b": np.array([-4.0])}
    yield Case("exactly as long as allowed", (exact, 5.0))
    yield Case("one array", ({"w": 3 * both_signs(rng, 2, 2)}, 1.0))
    zeros = {"w": np.zeros((2, 2)), "b": np.zeros(2)}
    yield Case("no gradient at all", (zeros, 1.0), extreme=True)
    yield Case("exploded", (three_arrays(rng, 1e8), limit), extreme=True)


def common_norm(grads):
    return float(np.sqrt(sum(np.sum(g**2) for g in grads.values())))


def scaled(grads, norm, max_norm, said=None):
    factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return {name: g * factor for name, g in grads.items()}, norm if said is None else said


@CLIP.misconception("each array by itself")
def _(grads, max_norm):
    """Each of your arrays is at most max_norm long, by itself. Short ones keep their length
    while long ones lose some, so the whole vector turns.
    What has to stay the same when a vector is only shortened?
    """
    clipped = {
        name: scaled({name: g}, common_norm({name: g}), max_norm)[0][name]
        for name, g in grads.items()
    }
    return clipped, common_norm(grads)


@CLIP.misconception("each number by itself")
def _(grads, max_norm):
    """You limit each number. Then large numbers lose a share that small ones keep, and the
    vector turns. What has to stay the same when a vector is only shortened?
    """
    return {name: np.clip(g, -max_norm, max_norm) for name, g in grads.items()}, common_norm(grads)


@CLIP.misconception("always made as long as max_norm")
def _(grads, max_norm):
    """Short vectors come out longer than they went in: every vector of yours is max_norm long.
    Near a minimum gradients are short. What would become of the last steps?
    """
    norm = common_norm(grads)
    factor = max_norm / norm if norm > 0 else 1.0
    return {name: g * factor for name, g in grads.items()}, norm


@CLIP.misconception("short vectors lengthened, long ones kept")
def _(grads, max_norm):
    """A vector longer than max_norm comes out as it was, a shorter one as long as max_norm.
    Which of the two should be changed: what explodes, or what is small already?
    """
    norm = common_norm(grads)
    factor = max(1.0, max_norm / norm) if norm > 0 else 1.0
    return {name: g * factor for name, g in grads.items()}, norm


@CLIP.misconception("norms added up")
def _(grads, max_norm):
    """With one array you are right. With several your norm is too large: it looks as if you
    added the norms of the arrays.
    How long is a vector with the two entries 3 and 4?
    """
    return scaled(grads, float(sum(np.linalg.norm(g) for g in grads.values())), max_norm)


@CLIP.misconception("the squared norm")
def _(grads, max_norm):
    """Your norm is the sum of all squares.
    In which unit is it, if the gradients are in metres, and in which unit is max_norm?
    """
    return scaled(grads, common_norm(grads) ** 2, max_norm)


@CLIP.misconception("the longest array decides")
def _(grads, max_norm):
    """With one array you are right. With several arrays your norm is that of the longest one.
    Are the numbers of the others a part of the vector?
    """
    return scaled(grads, max(float(np.linalg.norm(g)) for g in grads.values()), max_norm)


@CLIP.misconception("the norm after clipping")
def _(grads, max_norm):
    """Your arrays are right. The norm you report never exceeds max_norm.
    Somebody logs it to see how often clipping happens. What would the log show?
    """
    norm = common_norm(grads)
    return scaled(grads, norm, max_norm, said=min(norm, max_norm))


@CLIP.misconception("multiplied by max_norm")
def _(grads, max_norm):
    """A vector that is too long you multiply by max_norm, whatever its length was.
    How long is it then?
    """
    norm = common_norm(grads)
    factor = max_norm if norm > max_norm else 1.0
    return {name: g * factor for name, g in grads.items()}, norm


ADAMW = Exercise(
    "optimizers.adamw_step",
    points=2,
    minutes=5,
    returns=POINTS,
    driver=drivers.steps,
    parents=("optimizers.adam_step",),
    hints=(
        "In the figure, which weights decay as they should, and what do they have in common?",
        "Follow the term with weight_decay through the draft. Through which parts of Adam does it "
        "go before it reaches w?",
        "Give Adam the gradient alone. Then take lr times weight_decay times the old w away from "
        "what Adam returns.",
    ),
)


@ADAMW.cases
def _(rng: np.random.Generator):
    yield run(
        "four steps of a (3, 2) array",
        start(rng, 3, 2),
        gradients(rng, 3, 2),
        lr=0.2,
        weight_decay=0.3,
    )
    yield run("the default decay", 100 * start(rng, 4), gradients(rng, 4), lr=0.1)
    yield run("no decay", start(rng, 3), gradients(rng, 3), lr=0.2, weight_decay=0.0)
    yield run(
        "other memories",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.3,
        beta1=0.6,
        beta2=0.8,
        eps=0.2,
        weight_decay=0.2,
    )
    yield run(
        "a weight that never has a gradient",
        start(rng, 3),
        with_a_silent_one(rng),
        lr=0.2,
        weight_decay=0.5,
    )
    yield run(
        "a run that goes on",
        start(rng, 4),
        gradients(rng, 4),
        lr=0.5,
        weight_decay=0.2,
        state=(both_signs(rng, 4), squares(rng, 4), 7),
    )
    yield run(
        "large gradients",
        start(rng, 3),
        [3000 * dw for dw in gradients(rng, 3)],
        extreme=True,
        lr=0.5,
        weight_decay=0.1,
    )


@ADAMW.misconception("the draft as it was")
def _(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """This answers like the draft: weights with large gradients hardly decay, and without any
    gradient a weight shrinks by the learning rate, whatever the decay is.
    What does Adam do to everything that comes in as a gradient?
    """
    return adam_step(w, dw + weight_decay * w, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


@ADAMW.misconception("decay after the step")
def _(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """You take the share of the point that Adam has already moved.
    Does the decay belong to the same step, or does it wait for its result?
    """
    w_next, state = adam_step(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return w_next - lr * weight_decay * w_next, state


@ADAMW.misconception("decay without the learning rate")
def _(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """Your weights shrink by the same share whatever the learning rate is.
    When a schedule brings the rate to 0, what should happen to the decay?
    """
    w_next, state = adam_step(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return w_next - weight_decay * w, state


@ADAMW.misconception("weights that grow")
def _(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """A weight without any gradient grows in your version.
    Which way does a decay lead?
    """
    w_next, state = adam_step(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    return w_next + lr * weight_decay * w, state


@ADAMW.misconception("no decay")
def _(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """This is Adam: a weight without any gradient stays where it is.
    Which argument is still unread?
    """
    return adam_step(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


@ADAMW.misconception("the decay divided, but not remembered")
def _(w, dw, state, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.01):
    """Your averages are those of Adam, as they should be. The decay is still divided by the square
    root of v_hat: weights with large gradients lose a smaller share than others.
    Which share should a weight lose that has had a gradient of 1000?
    """
    w_next, state = adam_step(w, dw, state, lr=lr, beta1=beta1, beta2=beta2, eps=eps)
    v_hat = state[1] / np.float64(1 - beta2 ** state[2]).astype(w.dtype)
    return w_next - lr * weight_decay * w / (np.sqrt(v_hat) + eps), state
