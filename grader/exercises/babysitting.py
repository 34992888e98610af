"""Lecture 12: sanity checks before the training, verdicts on its curves, the size of a step."""

import math
from collections.abc import Iterator

import numpy as np

from grader import drivers
from grader.exercise import Case, Choice, Exercise, Misconception, Number, Property, Question, Rng
from utils.babysitting import classify_curve, lr_verdict

LECTURE = "12_babysitting"

# Functions of utils that give an answer of this lecture away.
WITHHOLD = ("losses.softmax_loss", "training.accuracy", "training.evaluate")


# init_two_layer_model


def init_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, sizes, options in (
        ("the default scale", (300, 200, 100), {}),
        ("a larger scale", (200, 250, 100), {"scale": float(rng.uniform(0.02, 0.2))}),
        ("a smaller scale", (250, 160, 150), {"scale": float(rng.uniform(1e-6, 1e-5))}),
    ):
        yield Case(name, sizes, {**options, "rng": Rng(int(rng.integers(2**31)))})


def weights_of(case: Case, params: dict) -> Iterator[tuple[str, float, np.ndarray]]:
    """Each weight matrix with its name and its standard deviation as asked for."""
    for name in ("w1", "w2"):
        yield name, case.kwargs.get("scale", 1e-4), params[name]


def biases_are_zero(case, params):
    for name in ("b1", "b2"):
        if params[name].any():
            return f"`{name}` holds other numbers."
    return None


def weights_average_to_zero(case, params):
    for name, scale, w in weights_of(case, params):
        if abs(w.mean()) > 6 * max(scale, float(w.std())) / math.sqrt(w.size):
            return f"the mean of `{name}` is {w.mean():.3g}."
    return None


def weights_are_normal(case, params):
    for name, _, w in weights_of(case, params):
        centred = w - w.mean()
        kurtosis = (centred**4).mean() / max((centred**2).mean() ** 2, 1e-300)
        if abs(kurtosis - 3) > 0.4:
            return f"a histogram of `{name}` does not have the shape of a bell."
    return None


def weights_have_the_scale(case, params):
    for name, scale, w in weights_of(case, params):
        if abs(w.std() / scale - 1) > 0.04:
            return f"`{name}` has standard deviation {w.std():.3g} for a scale of {scale:.3g}."
    return None


def units_differ(case, params):
    for name, _, w in weights_of(case, params):
        if len(np.unique(w[0])) < w.shape[1]:
            return f"some units have equal weights in `{name}`."
    return None


def two_layers(d, h, k, w1, w2):
    return {"w1": w1, "b1": np.zeros(h), "w2": w2, "b2": np.zeros(k)}


def init_with_variance(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    d, h, k = input_size, hidden_size, output_size
    draw = rng.standard_normal
    return two_layers(d, h, k, np.sqrt(scale) * draw((d, h)), np.sqrt(scale) * draw((h, k)))


def init_uniform(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    d, h, k = input_size, hidden_size, output_size
    return two_layers(
        d, h, k, rng.uniform(-scale, scale, (d, h)), rng.uniform(-scale, scale, (h, k))
    )


def init_positive(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    d, h, k = input_size, hidden_size, output_size
    return two_layers(d, h, k, scale * rng.random((d, h)), scale * rng.random((h, k)))


def init_without_scale(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    d, h, k = input_size, hidden_size, output_size
    return two_layers(
        d, h, k, 1e-4 * rng.standard_normal((d, h)), 1e-4 * rng.standard_normal((h, k))
    )


def init_random_biases(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    d, h, k = input_size, hidden_size, output_size
    return {
        "w1": scale * rng.standard_normal((d, h)),
        "b1": scale * rng.standard_normal(h),
        "w2": scale * rng.standard_normal((h, k)),
        "b2": scale * rng.standard_normal(k),
    }


def init_turned(input_size, hidden_size, output_size, *, scale=1e-4, rng):
    d, h, k = input_size, hidden_size, output_size
    return two_layers(
        d, h, k, scale * rng.standard_normal((h, d)), scale * rng.standard_normal((k, h))
    )


INIT_TWO_LAYER_MODEL = Exercise(
    "networks.init_two_layer_model",
    points=2,
    minutes=3,
    returns=("params",),
    cases=init_cases,
    properties=(
        Property("biases are 0", biases_are_zero),
        Property("weights have mean 0", weights_average_to_zero),
        Property("weights are normally distributed", weights_are_normal),
        Property("the standard deviation of the weights is `scale`", weights_have_the_scale),
        Property("every unit has weights of its own", units_differ),
    ),
    misconceptions=(
        Misconception(
            "the scale taken for a variance",
            init_with_variance,
            "Your weights are much larger than asked for: their *variance* is `scale`.\n"
            "What does multiplying by a number do to the standard deviation of random numbers,\n"
            "and what does it do to their variance?",
        ),
        Misconception(
            "uniform instead of normal",
            init_uniform,
            "Your weights are spread evenly between two ends, and none lies outside.\n"
            "The text asks for N(0, 1) times a scale. Which method of the generator draws from\n"
            "the normal distribution?",
        ),
        Misconception(
            "only positive weights",
            init_positive,
            "All your weights are positive.\n"
            "It looks as if they came from the generator's numbers between 0 and 1.\n"
            "Around which number should the weights lie?",
        ),
        Misconception(
            "the scale is not used",
            init_without_scale,
            "Your weights have the same size whatever `scale` is.\n"
            "The number in the signature is only its default. Where does `scale` enter?",
        ),
        Misconception(
            "random biases",
            init_random_biases,
            "Your biases are random.\n"
            "The weights already make every unit different from the others. What value do the\n"
            "biases need then?",
        ),
        Misconception(
            "rows and columns exchanged",
            init_turned,
            "Your weight matrices lie on their side.\n"
            "A layer computes x @ w + b with one example a row. If x has D columns, how many\n"
            "rows must w have?",
        ),
    ),
    hints=(
        "Four arrays in a dict, with the keys of the text. First write down their shapes.",
        "The generator has a method `standard_normal` that takes a shape. Biases are `np.zeros`.",
    ),
)


# expected_initial_loss


def initial_loss_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("ten classes", (10,))
    yield Case("two classes", (2,))
    yield Case("many classes", (int(rng.integers(100, 1000)),))
    yield Case("hinge loss", (int(rng.integers(4, 9)), "hinge"))
    yield Case("hinge loss, many classes", (int(rng.integers(100, 1000)),), {"kind": "hinge"})
    yield Case("a single class", (1,))
    yield Case("a loss that nobody knows", (int(rng.integers(3, 9)), "squared"))


def initial_checked(num_classes, kind):
    if num_classes < 2 or kind not in ("softmax", "hinge"):
        raise ValueError(f"{num_classes}, {kind}")


def initial_log10(num_classes, kind="softmax"):
    initial_checked(num_classes, kind)
    return math.log10(num_classes) if kind == "softmax" else num_classes - 1.0


def initial_bits(num_classes, kind="softmax"):
    initial_checked(num_classes, kind)
    return math.log2(num_classes) if kind == "softmax" else num_classes - 1.0


def initial_probability(num_classes, kind="softmax"):
    initial_checked(num_classes, kind)
    return 1 / num_classes if kind == "softmax" else num_classes - 1.0


def initial_negative(num_classes, kind="softmax"):
    initial_checked(num_classes, kind)
    return math.log(1 / num_classes) if kind == "softmax" else num_classes - 1.0


def initial_hinge_of_all(num_classes, kind="softmax"):
    initial_checked(num_classes, kind)
    return math.log(num_classes) if kind == "softmax" else float(num_classes)


def initial_hinge_of_one(num_classes, kind="softmax"):
    initial_checked(num_classes, kind)
    return math.log(num_classes) if kind == "softmax" else 1.0


def initial_unchecked(num_classes, kind="softmax"):
    return math.log(num_classes) if kind == "softmax" else num_classes - 1.0


EXPECTED_INITIAL_LOSS = Exercise(
    "babysitting.expected_initial_loss",
    points=1,
    minutes=3,
    returns=("loss",),
    cases=initial_loss_cases,
    misconceptions=(
        Misconception(
            "logarithm to base ten",
            initial_log10,
            "For ten classes you expect a loss of exactly one.\n"
            "That is the logarithm to base ten. Which base do `np.log` and the cross-entropy use?",
        ),
        Misconception(
            "logarithm to base two",
            initial_bits,
            "Your numbers are in bits: two classes give a loss of one.\n"
            "Losses in this course are in nats. Which base is that?",
        ),
        Misconception(
            "the probability itself",
            initial_probability,
            "Your number is the probability of the right class, and it falls with more classes.\n"
            "With more classes a guess gets harder. What does the cross-entropy do with the\n"
            "probability before it is called a loss?",
        ),
        Misconception(
            "a negative loss",
            initial_negative,
            "Your loss is negative. The logarithm of a probability is, but the loss of a wrong\n"
            "guess should be larger than that of a sure one. Which sign is missing?",
        ),
        Misconception(
            "the right class missing its own margin",
            initial_hinge_of_all,
            "The softmax case is right. Your hinge loss counts every class.\n"
            "The margin is between the right class and each *wrong* one. How many are wrong?",
        ),
        Misconception(
            "a single wrong class",
            initial_hinge_of_one,
            "The softmax case is right. Your hinge loss does not depend on the number of classes.\n"
            "Each wrong class that misses the margin adds to the loss. How many do, when all\n"
            "scores are equal?",
        ),
        Misconception(
            "bad input is let through",
            initial_unchecked,
            "Your formulas are right. Two calls should have been refused with a ValueError: fewer\n"
            "than two classes, and a kind of loss that is neither of the two.\n"
            "Where in the function can you still say no?",
        ),
    ),
    hints=(
        "All scores are equal. Which probability does the softmax give to each of K classes?",
        "Cross-entropy is minus the natural logarithm of the probability of the right class.",
        "Hinge: each of the K - 1 wrong classes should lie a margin of 1 below and lies level.",
    ),
)


# expected_regularized_loss


def regularized_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, classes, weights, scale in (
        ("the network of the lecture", 10, 154_100, 1e-4),
        ("two classes", 2, 600, 0.05),
        ("few weights", 7, 12, 0.5),
        ("many classes", int(rng.integers(50, 500)), 30_000, 0.01),
    ):
        penalty = float(rng.uniform(0.8, 1.6))  # comparable with log(K)
        reg = 2 * penalty / (weights * scale**2)
        yield Case(name, (classes, weights), {"scale": scale, "reg": reg})
    yield Case("no regularisation", (5, 40), {"scale": 0.1, "reg": 0.0})


def regularized_without_half(num_classes, num_weights, *, scale, reg):
    return math.log(num_classes) + reg * num_weights * scale**2


def regularized_linear(num_classes, num_weights, *, scale, reg):
    return math.log(num_classes) + 0.5 * reg * num_weights * scale


def regularized_penalty_only(num_classes, num_weights, *, scale, reg):
    return 0.5 * reg * num_weights * scale**2


def regularized_mean(num_classes, num_weights, *, scale, reg):
    return math.log(num_classes) + 0.5 * reg * scale**2


def regularized_norm(num_classes, num_weights, *, scale, reg):
    return math.log(num_classes) + 0.5 * reg * math.sqrt(num_weights) * scale


def regularized_lowered(num_classes, num_weights, *, scale, reg):
    return math.log(num_classes) - 0.5 * reg * num_weights * scale**2


EXPECTED_REGULARIZED_LOSS = Exercise(
    "babysitting.expected_regularized_loss",
    points=1,
    minutes=2,
    returns=("loss",),
    cases=regularized_cases,
    parents=("babysitting.expected_initial_loss",),
    misconceptions=(
        Misconception(
            "the penalty without its half",
            regularized_without_half,
            "Your penalty is twice ours. You use the convention without the factor in front, as\n"
            "other courses and one of the slides do. It is not wrong, but it is another loss.\n"
            "Which convention does the text above state?",
            convention=True,
        ),
        Misconception(
            "the scale is not squared",
            regularized_linear,
            "Your penalty grows in proportion to the scale of the weights.\n"
            "The penalty adds up *squares*. What is the average of the square of a number with\n"
            "mean 0 and standard deviation `scale`?",
        ),
        Misconception(
            "the penalty alone",
            regularized_penalty_only,
            "You give the penalty, and without regularisation your loss is zero.\n"
            "The data loss is still there. What was it before the penalty came on top?",
        ),
        Misconception(
            "one weight instead of all",
            regularized_mean,
            "Your penalty does not depend on the number of weights.\n"
            "It looks as if you took the mean of the squares. Does the formula say mean or sum?",
        ),
        Misconception(
            "the norm instead of its square",
            regularized_norm,
            "Your penalty grows with the root of the number of weights: that is the length of the\n"
            "weight vector. What does the formula do with each weight before it adds?",
        ),
        Misconception(
            "the penalty subtracted",
            regularized_lowered,
            "Your loss goes *down* when the regularisation is turned up.\n"
            "A penalty is something to pay. Which sign does it have in a loss that we minimise?",
        ),
    ),
    hints=(
        "Two parts: the loss you already know for small weights, and the expected penalty.",
        "The expected sum of squares of n independent weights with standard deviation s is n s^2.",
    ),
)


# overfit_tiny


def tiny_data(rng: np.random.Generator, n: int, d: int, k: int) -> tuple:
    """A linear classifier and a few examples of k classes, each with its own direction."""
    y = rng.permutation(np.arange(n) % k)
    x = rng.standard_normal((n, d)) + 1.5 * np.eye(k, d)[y]
    return {"w": 0.7 * rng.standard_normal((d, k)), "b": 0.3 * rng.standard_normal(k)}, x, y


def overfit_cases(rng: np.random.Generator) -> Iterator[Case]:
    for name, (n, d, k), lr, epochs in (
        ("six examples", (6, 4, 3), 0.4, 6),
        ("ten examples, a smaller rate", (10, 5, 4), 0.15, 8),
        ("one example", (1, 3, 3), 0.3, 4),
        ("one step", (7, 3, 2), 0.5, 1),
    ):
        yield Case(name, tiny_data(rng, n, d, k), {"lr": lr, "epochs": epochs})


def overfit_with(model, x, y, lr, epochs, *, sign=-1.0, late=False, early=False, stale=False):
    """Overfit a model in place, with one thing done differently."""
    losses, accuracies = np.zeros((2, epochs), x.dtype)
    _, first = model.loss(x, y)
    for epoch in range(epochs):
        losses[epoch], grads = model.loss(x, y)
        accuracies[epoch] = (model.scores(x).argmax(axis=1) == y).mean()
        grads = first if stale else grads
        model.params = {name: w + sign * lr * grads[name] for name, w in model.params.items()}
        if late:
            losses[epoch], _ = model.loss(x, y)
        if not early:
            accuracies[epoch] = (model.scores(x).argmax(axis=1) == y).mean()
    return losses, accuracies


def copied(model):
    from copy import deepcopy

    return deepcopy(model)


def overfit_in_place(model, x, y, *, lr, epochs=200):
    return overfit_with(model, x, y, lr, epochs)


def overfit_upwards(model, x, y, *, lr, epochs=200):
    return overfit_with(copied(model), x, y, lr, epochs, sign=1.0)


def overfit_loss_after(model, x, y, *, lr, epochs=200):
    return overfit_with(copied(model), x, y, lr, epochs, late=True)


def overfit_accuracy_before(model, x, y, *, lr, epochs=200):
    return overfit_with(copied(model), x, y, lr, epochs, early=True)


def overfit_stale(model, x, y, *, lr, epochs=200):
    return overfit_with(copied(model), x, y, lr, epochs, stale=True)


def overfit_one_by_one(model, x, y, *, lr, epochs=200):
    model = copied(model)
    losses, accuracies = np.zeros((2, epochs), x.dtype)
    for epoch in range(epochs):
        losses[epoch], _ = model.loss(x, y)
        for i in range(len(x)):
            _, grads = model.loss(x[i : i + 1], y[i : i + 1])
            model.params = {name: w - lr * grads[name] for name, w in model.params.items()}
        accuracies[epoch] = (model.scores(x).argmax(axis=1) == y).mean()
    return losses, accuracies


def overfit_counting(model, x, y, *, lr, epochs=200):
    losses, accuracies = overfit_with(copied(model), x, y, lr, epochs)
    return losses, accuracies * len(x)


OVERFIT_TINY = Exercise(
    "babysitting.overfit_tiny",
    points=3,
    minutes=7,
    returns=("losses", "accuracies", "the model's own params afterwards"),
    cases=overfit_cases,
    driver=drivers.overfit_linear,
    float32=False,  # losses come as Python floats; collecting them in a list is fine
    misconceptions=(
        Misconception(
            "the model itself is trained",
            overfit_in_place,
            "Both curves are right, but afterwards the model that was passed in is trained.\n"
            "A sanity check should leave no trace: the real training starts from fresh weights.\n"
            "What could you train in place of the model itself?",
        ),
        Misconception(
            "uphill",
            overfit_upwards,
            "Your loss rises from step to step.\n"
            "The gradient points to where the loss grows. In which direction should a step go?",
        ),
        Misconception(
            "the loss after the step",
            overfit_loss_after,
            "Your losses are right and come one step early: the first one should be that of the\n"
            "untouched model. At which moment of a round do you write the loss down?",
        ),
        Misconception(
            "the accuracy before the step",
            overfit_accuracy_before,
            "The losses are right. Your accuracies come one step late: the first one is that of\n"
            "the untouched model. Which weights should each accuracy be measured with?",
        ),
        Misconception(
            "the first gradient again and again",
            overfit_stale,
            "The first step is right. After it you go on in the same direction.\n"
            "The gradient belongs to the weights it was computed with. When do these change?",
        ),
        Misconception(
            "one example at a time",
            overfit_one_by_one,
            "You make one step for every example, so a round holds many steps.\n"
            "The text asks for all examples at once. How many gradients does one step need?",
        ),
        Misconception(
            "right answers counted",
            overfit_counting,
            "The losses are right. Your accuracies exceed 1.\n"
            "You count the examples that are right. What share of all examples are they?",
        ),
    ),
    hints=(
        "A loop over the epochs. Inside: loss and gradients, write down the loss, step, accuracy.",
        "`deepcopy(model)` gives a model of your own. Its `params` is a dict, and `grads` has the "
        "same keys.",
        "The predicted class of each row of `model.scores(x)` is where its largest score stands.",
    ),
)


# is_flat


def flat_cases(rng: np.random.Generator) -> Iterator[Case]:
    start = float(rng.uniform(2, 3))

    def wobble(n: int, size: float) -> np.ndarray:
        """n numbers within +-size, both ends taken, the first of them 0."""
        inner = rng.uniform(-0.9, 0.9, n - 3)
        return size * np.concatenate([[0.0], rng.permutation(np.append(inner, [-1.0, 1.0]))])

    yield Case("hardly a move", (start * (1 + wobble(10, 2e-4)),))
    yield Case("a run that learns", (start * np.linspace(1, 0.4, 8) + wobble(8, 0.05),))
    yield Case("up, and back to the start", (start * np.array([1.0, 1.15, 1.3, 1.1, 1.0]),))
    yield Case("a slow but steady fall", (start * (1 - 4e-4 * np.arange(30)),))
    yield Case("a loss that only rises", (start * (1 + 0.01 * np.arange(9)),))
    yield Case("large losses, hardly a move", (100 * start * (1 + wobble(9, 2e-4)),))
    yield Case("small losses that fall", (1e-3 * start * np.linspace(1, 0.7, 6),))
    yield Case("another tolerance", (start * (1 + wobble(7, 0.03)),), {"rel_tol": 0.1})
    yield Case("one loss", (np.array([start]),))
    yield Case("never a change, and none allowed", (np.full(5, start),), {"rel_tol": 0.0})
    yield Case("NaN on the way", (np.array([start, start, math.nan, start]),))
    yield Case("infinite from the start", (np.array([math.inf, start, start]),))


def flat_ends(losses, *, rel_tol=1e-3):
    return bool(np.isfinite(losses).all() and abs(losses[-1] - losses[0]) <= rel_tol * losses[0])


def flat_absolute(losses, *, rel_tol=1e-3):
    return bool(np.isfinite(losses).all() and np.max(losses) - np.min(losses) <= rel_tol)


def flat_neighbours(losses, *, rel_tol=1e-3):
    steps = np.abs(np.diff(losses, prepend=losses[0]))
    return bool(np.isfinite(losses).all() and steps.max() <= rel_tol * losses[0])


def flat_unless_falling(losses, *, rel_tol=1e-3):
    return bool(np.isfinite(losses).all() and losses[0] - np.min(losses) <= rel_tol * losses[0])


def flat_fixed_tolerance(losses, *, rel_tol=1e-3):
    return bool(np.isfinite(losses).all() and np.max(losses) - np.min(losses) <= 1e-3 * losses[0])


def flat_unless_moving(losses, *, rel_tol=1e-3):
    finite = losses[np.isfinite(losses)]
    return not bool(np.max(finite) - np.min(finite) > rel_tol * finite[0])


def flat_infinite(losses, *, rel_tol=1e-3):
    return bool(np.max(losses) - np.min(losses) <= rel_tol * abs(losses[0]))


IS_FLAT = Exercise(
    "babysitting.is_flat",
    points=2,
    minutes=4,
    returns=("flat",),
    cases=flat_cases,
    misconceptions=(
        Misconception(
            "only the two ends",
            flat_ends,
            "You call a run flat that rises by a third and comes back to where it began.\n"
            "It looks as if you compare the last loss with the first. What happens in between?",
        ),
        Misconception(
            "an absolute tolerance",
            flat_absolute,
            "Your verdict depends on the unit of the loss: the same curve, a hundred times as\n"
            "high, gets another one. The tolerance is relative. Relative to what?",
        ),
        Misconception(
            "only neighbours",
            flat_neighbours,
            "You call a run flat that goes down a little in every epoch and a lot in total.\n"
            "You compare each loss with the one before it. Which two losses of the whole run lie\n"
            "farthest apart?",
        ),
        Misconception(
            "rising counts as flat",
            flat_unless_falling,
            "You call a run flat whose loss goes up and up.\n"
            "You ask how far it falls below its start.\n"
            "Which two losses of a curve are farthest apart?",
        ),
        Misconception(
            "a tolerance of its own",
            flat_fixed_tolerance,
            "Your verdict does not depend on `rel_tol`.\n"
            "The number in the signature is only its default. Where does the argument enter?",
        ),
        Misconception(
            "NaN left out",
            flat_unless_moving,
            "You call a run flat in which the loss was NaN or infinite.\n"
            "Either these losses were left out, or a comparison with NaN was turned round: every\n"
            "comparison with NaN is False. What should come before any comparison?",
        ),
        Misconception(
            "infinity within its own tolerance",
            flat_infinite,
            "You call a run flat that begins with an infinite loss.\n"
            "A tolerance relative to an infinite loss is infinite, too, so everything is within.\n"
            "What should come before any comparison?",
        ),
    ),
    hints=(
        "Which single number says how far apart the losses of the run lie?",
        "Largest minus smallest, compared with `rel_tol` times the size of the first loss.",
        "First ask whether all losses are finite; `np.isfinite` says it for each.",
    ),
)


# loss_and_accuracy


def scored(
    rng: np.random.Generator, n: int, k: int, right: int, size: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores without ties, and labels of which ``right`` have the largest score."""
    scores = rng.permuted(np.tile(np.linspace(-1.5, 1.5, k), (n, 1)), axis=1)
    scores = size * (scores + rng.uniform(-0.1, 0.1, (n, k)) / k)
    order = scores.argsort(axis=1)
    place = np.where(rng.permutation(n) < right, k - 1, rng.integers(0, k - 1, n))
    return scores, order[np.arange(n), place]


def loss_accuracy_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("six examples, four classes", scored(rng, 6, 4, 2))
    yield Case("nine examples, ten classes", scored(rng, 9, 10, 4))
    yield Case("tiny scores", scored(rng, 8, 5, 3, size=1e-3))
    yield Case("two classes", scored(rng, 5, 2, 3))
    yield Case("one example", scored(rng, 1, 3, 1))
    yield Case("huge scores", scored(rng, 5, 3, 2, size=2000.0), extreme=True)
    scores, y = scored(rng, 4, 3, 2)
    yield Case("scores that are all high", (900 + np.round(8 * scores) / 8, y), extreme=True)
    scores, y = scored(rng, 3, 4, 2)
    huge = np.round(8 * scores) / 8 + [[0], [5000], [0]]
    yield Case("one example with huge scores", (huge, y), extreme=True)


def losses_of(scores):
    """log p of each score, row by row."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def share_right(scores, y):
    return float((scores.argmax(axis=1) == y).mean())


def loss_summed(scores, y):
    return float(-losses_of(scores)[np.arange(len(y)), y].sum()), share_right(scores, y)


def loss_of_the_prediction(scores, y):
    return float(-losses_of(scores).max(axis=1).mean()), share_right(scores, y)


def loss_by_columns(scores, y):
    log_probs = losses_of(scores.T).T
    return float(-log_probs[np.arange(len(y)), y].mean()), share_right(scores, y)


def loss_without_log(scores, y):
    probs = np.exp(losses_of(scores))[np.arange(len(y)), y]
    return float(1 - probs.mean()), share_right(scores, y)


def loss_log_of_mean(scores, y):
    probs = np.exp(losses_of(scores))[np.arange(len(y)), y]
    return float(-np.log(np.maximum(probs.mean(), 1e-300))), share_right(scores, y)


def accuracy_counted(scores, y):
    loss = -losses_of(scores)[np.arange(len(y)), y].mean()
    return float(loss), float((scores.argmax(axis=1) == y).sum())


def loss_unshifted(scores, y):
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return float(-np.log(probs[np.arange(len(y)), y]).mean()), share_right(scores, y)


def loss_shifted_then_log(scores, y):
    probs = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = probs / probs.sum(axis=1, keepdims=True)
    return float(-np.log(probs[np.arange(len(y)), y]).mean()), share_right(scores, y)


LOSS_AND_ACCURACY = Exercise(
    "babysitting.loss_and_accuracy",
    points=2,
    minutes=6,
    returns=("loss", "accuracy"),
    cases=loss_accuracy_cases,
    misconceptions=(
        Misconception(
            "sum instead of mean",
            loss_summed,
            "Your loss grows with the number of examples.\n"
            "What should a loss do when every example of the set comes twice?",
        ),
        Misconception(
            "the predicted class instead of the right one",
            loss_of_the_prediction,
            "Your loss does not depend on the labels.\n"
            "You take the largest probability of each row. Whose probability does the\n"
            "cross-entropy ask for?",
        ),
        Misconception(
            "examples compete instead of classes",
            loss_by_columns,
            "Your probabilities add up to 1 down each column.\n"
            "The classes of one example compete with each other. Along which axis do they lie?",
        ),
        Misconception(
            "the logarithm is missing",
            loss_without_log,
            "Your loss never exceeds 1: it is the probability that goes to wrong classes.\n"
            "The cross-entropy punishes a sure mistake without limit. Which function of the\n"
            "probability does that?",
        ),
        Misconception(
            "the logarithm of the mean",
            loss_log_of_mean,
            "Your loss is too small when some examples are nearly certain and others are not.\n"
            "You average the probabilities and take one logarithm. Which comes first: the\n"
            "logarithm of each, or the mean?",
        ),
        Misconception(
            "right answers counted",
            accuracy_counted,
            "The loss is right. Your accuracy exceeds 1.\n"
            "You count the examples that are right. What share of all examples are they?",
        ),
        Misconception(
            "exponential of a huge score",
            loss_unshifted,
            "On ordinary scores you are right. On huge ones the exponential overflows.\n"
            "The softmax does not change when the same number is subtracted from all scores of\n"
            "a row. Which number makes every exponent harmless?",
        ),
        Misconception(
            "logarithm of a vanished probability",
            loss_shifted_then_log,
            "On ordinary scores you are right. On huge ones a probability is rounded to 0, and\n"
            "its logarithm is minus infinity. This is how `inf` comes into a training log.\n"
            "Can the logarithm of the quotient be written without computing the quotient?",
        ),
    ),
    hints=(
        "log p of each score is the score, less the row's maximum, less the log of a sum.",
        "`log_probs[np.arange(len(y)), y]` picks one number of each row: that of the right class.",
        "The accuracy needs no probabilities: compare the place of the largest score with y.",
    ),
)


# first_bad_epoch


def bad_epoch_cases(rng: np.random.Generator) -> Iterator[Case]:
    def falling(n: int) -> np.ndarray:
        return np.linspace(2.3, 1.4, n) + 0.05 * rng.random(n)

    bad = falling(8)
    place = int(rng.integers(3, 5))
    bad[place:] = math.inf
    yield Case("infinite from some epoch on", (bad,))
    later = falling(9)
    place = int(rng.integers(2, 4))
    later[place], later[place + 1 :] = math.inf, math.nan
    yield Case("first infinite, then NaN", (later,))
    once = falling(7)
    once[int(rng.integers(2, 4))] = math.nan
    once[5] = math.inf
    yield Case("NaN once, infinite later", (once,))
    yield Case("NaN from the start", (np.full(3, math.nan),))
    yield Case("nothing bad", (falling(6),))
    yield Case("large but finite", (np.array([2.3, 40.0, 9000.0, 8000.0]),))


def bad_from_zero(losses):
    bad = np.flatnonzero(~np.isfinite(losses))
    return int(bad[0]) if len(bad) else None


def bad_only_nan(losses):
    bad = np.flatnonzero(np.isnan(losses))
    return int(bad[0]) + 1 if len(bad) else None


def bad_only_inf(losses):
    bad = np.flatnonzero(np.isinf(losses))
    return int(bad[0]) + 1 if len(bad) else None


def bad_last(losses):
    bad = np.flatnonzero(~np.isfinite(losses))
    return int(bad[-1]) + 1 if len(bad) else None


def bad_always(losses):
    return int(np.argmax(~np.isfinite(losses))) + 1


def bad_count(losses):
    return int((~np.isfinite(losses)).sum()) or None


FIRST_BAD_EPOCH = Exercise(
    "babysitting.first_bad_epoch",
    points=1,
    minutes=2,
    returns=("epoch",),
    cases=bad_epoch_cases,
    misconceptions=(
        Misconception(
            "epochs counted from 0",
            bad_from_zero,
            "Your epochs come one too early.\n"
            "An array counts from 0. What is the number of the first epoch in a printed log?",
        ),
        Misconception(
            "infinite losses overlooked",
            bad_only_nan,
            "You find NaN and pass over `inf`.\n"
            "An infinite loss is minus the logarithm of a probability that has become 0.\n"
            "Would you train on from there?",
        ),
        Misconception(
            "NaN overlooked",
            bad_only_inf,
            "You find `inf` and pass over NaN.\n"
            "If you compared with NaN: that comparison is always False, even for NaN itself. What\n"
            "asks instead?",
        ),
        Misconception(
            "the last one",
            bad_last,
            "You name the last bad epoch. The trouble began earlier.\n"
            "Which one tells you where to look?",
        ),
        Misconception(
            "an epoch where there is none",
            bad_always,
            "For a healthy run you name an epoch.\n"
            "The position of the largest of many equal values is the first one. What does your\n"
            "function do when no entry is bad?",
        ),
        Misconception(
            "how many instead of which",
            bad_count,
            "You count the bad epochs.\n"
            "Which single epoch does the text ask for, and from where is it counted?",
        ),
    ),
    hints=(
        "`np.isfinite` is False for NaN and for both infinities.",
        "`np.flatnonzero` gives the places that are True. It may give none.",
    ),
)


# explodes_at


def explodes_cases(rng: np.random.Generator) -> Iterator[Case]:
    s = float(rng.uniform(2, 2.6))
    yield Case("infinite in the fifth epoch", (s * np.array([1, 0.95, 0.85, 0.8, math.inf, 1]),))
    yield Case("NaN before anything else", (s * np.array([1, 0.97, 0.9, math.nan, math.nan]),))
    yield Case("finite, but far above", (s * np.array([1, 1.4, 2.6, 4.5, 1.2, math.inf]),))
    yield Case(
        "falls far, then rises to twice the start",
        (s * np.array([1, 0.4, 0.2, 0.9, 2.0, 1.1]),),
    )
    yield Case("a little up in every epoch", (s * 1.6 ** np.arange(5),))
    yield Case("a loss that falls", (s * np.linspace(1, 0.3, 7),))
    yield Case("a more patient factor", (s * np.array([1, 2, 4.4, 6, 12, 3]),), {"factor": 10.0})
    yield Case("NaN from the start", (np.full(3, math.nan),))
    yield Case("huge, then NaN", (np.array([2.0, 3.0, 9000.0, math.nan]),), extreme=True)


def first_where(bad):
    places = np.flatnonzero(bad)
    return int(places[0]) + 1 if len(places) else None


def explodes_without_nan(losses, *, factor=3.0):
    return first_where(losses > factor * losses[0])


def explodes_from_zero(losses, *, factor=3.0):
    epoch = first_where(~(losses <= factor * losses[0]))
    return None if epoch is None else epoch - 1


def explodes_against_previous(losses, *, factor=3.0):
    before = np.concatenate([losses[:1], losses[:-1]])
    return first_where(~np.isfinite(losses) | ~(losses <= factor * before))


def explodes_against_best(losses, *, factor=3.0):
    best = np.minimum.accumulate(losses)
    return first_where(~np.isfinite(losses) | ~(losses <= factor * best))


def explodes_not_finite(losses, *, factor=3.0):
    return first_where(~np.isfinite(losses))


def explodes_fixed_factor(losses, *, factor=3.0):
    return first_where(~(losses <= 3.0 * losses[0]))


def explodes_any_rise(losses, *, factor=3.0):
    return first_where(~(losses <= losses[0]))


EXPLODES_AT = Exercise(
    "babysitting.explodes_at",
    points=2,
    minutes=4,
    returns=("epoch",),
    cases=explodes_cases,
    parents=("babysitting.first_bad_epoch",),
    misconceptions=(
        Misconception(
            "NaN slips through",
            explodes_without_nan,
            "You catch losses that are too high, and infinite ones. NaN passes.\n"
            "Is NaN larger than three times the first loss? Python says no, and it says no to the\n"
            "opposite question as well. Which question gets the right answer for NaN, too?",
        ),
        Misconception(
            "epochs counted from 0",
            explodes_from_zero,
            "Your epochs come one too early.\n"
            "What is the number of the first epoch in a printed log?",
        ),
        Misconception(
            "measured against the epoch before",
            explodes_against_previous,
            "You compare each loss with the one before it. A run that grows a little in every\n"
            "epoch never alarms you. Which loss is the measure for all?",
        ),
        Misconception(
            "measured against the best epoch",
            explodes_against_best,
            "You call it an explosion when a run comes back up towards its start.\n"
            "You compare with the lowest loss so far. Which loss is the measure for all?",
        ),
        Misconception(
            "only NaN and infinity",
            explodes_not_finite,
            "You wait until the loss is NaN or infinite. A run far above its start is already\n"
            "lost. What does `factor` stand for?",
        ),
        Misconception(
            "a factor of its own",
            explodes_fixed_factor,
            "Your answer does not depend on `factor`.\n"
            "The number in the signature is only its default. Where does the argument enter?",
        ),
        Misconception(
            "every rise is an explosion",
            explodes_any_rise,
            "You raise the alarm as soon as the loss is above its start.\n"
            "Mini-batches make a loss jump. How much is allowed, and which argument says so?",
        ),
    ),
    hints=(
        "Go through the losses one by one; `should_abort` answers for a single one.",
        "`enumerate(..., start=1)` counts as the log does. Return at the first True.",
        "`should_abort` takes the loss now, the first loss, and the factor by name.",
    ),
)


# lr_verdict


def verdict_cases(rng: np.random.Generator) -> Iterator[Case]:
    s = float(rng.uniform(2, 2.6))
    yield Case("a run that learns", (s * np.linspace(1, 0.4, 8),))
    yield Case("hardly a move", (s * (1 + 2e-4 * np.sin(np.arange(9.0))),))
    yield Case("NaN all of a sudden", (s * np.array([1, 0.9, math.nan, math.nan]),))
    yield Case("infinite all of a sudden", (s * np.array([1, 0.9, 0.8, math.inf]),))
    yield Case("far above the start, then NaN", (s * np.array([1, 1.5, 5, math.nan]),))
    yield Case("NaN, then infinite", (s * np.array([1, math.nan, math.inf, math.inf]),))
    yield Case("far above the start, and back", (s * np.array([1, 5, 1.5, 0.8]),))
    yield Case("twice as high as at the start", (s * np.linspace(1, 2, 6),))
    yield Case("a wide tolerance", (s * np.linspace(1, 0.97, 6),), {"rel_tol": 0.1})
    yield Case("a patient factor", (s * np.array([1, 4.5, 2, 0.9]),), {"factor": 10.0})
    yield Case("one loss", (np.array([s]),))
    yield Case("one loss, and it is NaN", (np.array([math.nan]),))


def verdict_nan_anywhere(losses, *, rel_tol=1e-3, factor=3.0):
    verdict = lr_verdict(losses, rel_tol=rel_tol, factor=factor)
    return "nan" if np.isnan(losses).any() else verdict


def verdict_only_infinite(losses, *, rel_tol=1e-3, factor=3.0):
    return lr_verdict(losses, rel_tol=rel_tol, factor=1e9)


def verdict_exchanged(losses, *, rel_tol=1e-3, factor=3.0):
    verdict = lr_verdict(losses, rel_tol=rel_tol, factor=factor)
    return {"low": "ok", "ok": "low"}.get(verdict, verdict)


def verdict_unless_falling(losses, *, rel_tol=1e-3, factor=3.0):
    verdict = lr_verdict(losses, rel_tol=rel_tol, factor=factor)
    return "low" if verdict == "ok" and losses[-1] >= losses[0] else verdict


def verdict_by_default(losses, *, rel_tol=1e-3, factor=3.0):
    return lr_verdict(losses)


def verdict_without_nan(losses, *, rel_tol=1e-3, factor=3.0):
    verdict = lr_verdict(losses, rel_tol=rel_tol, factor=factor)
    return "inf" if verdict == "nan" else verdict


def verdict_of_anything(losses, *, rel_tol=1e-3, factor=3.0):
    if len(losses) < 2 and np.isfinite(losses).all():
        return "low"
    return lr_verdict(losses, rel_tol=rel_tol, factor=factor)


LR_VERDICT = Exercise(
    "babysitting.lr_verdict",
    points=2,
    minutes=4,
    returns=("verdict",),
    cases=verdict_cases,
    parents=("babysitting.is_flat", "babysitting.explodes_at"),
    misconceptions=(
        Misconception(
            "NaN anywhere",
            verdict_nan_anywhere,
            "You say `nan` about a run that had gone far above its start before the NaN came.\n"
            "The verdict is about the moment of the explosion. What is the loss at that epoch?",
        ),
        Misconception(
            "only infinity explodes",
            verdict_only_infinite,
            "You are content with a run that went far above its start.\n"
            "Which of your functions knows when a run has exploded?",
        ),
        Misconception(
            "low and ok exchanged",
            verdict_exchanged,
            "Runs that learn are called low, and runs that stand still ok.\n"
            "What does a flat curve say about the learning rate?",
        ),
        Misconception(
            "low unless it has fallen",
            verdict_unless_falling,
            "You call a rate low because the loss ended above its start.\n"
            "A rate that is too low moves nothing. Did this run stand still?",
        ),
        Misconception(
            "arguments not passed on",
            verdict_by_default,
            "Your verdicts do not depend on `rel_tol` and `factor`.\nWho needs to know them?",
        ),
        Misconception(
            "NaN reported as infinite",
            verdict_without_nan,
            "You never say `nan`. Both mean that the run has exploded, but they are two verdicts.\n"
            "How do you tell NaN from infinity at the epoch of the explosion?",
        ),
        Misconception(
            "a verdict on a single loss",
            verdict_of_anything,
            "You pass judgement on a run of a single loss. That shows no movement of any kind.\n"
            "What does the text ask for in this case?",
        ),
    ),
    hints=(
        "Two of your functions do the work. Which of them must come first?",
        "`explodes_at` counts from 1, an array from 0. Mind that when you look the loss up.",
        "No explosion: refuse fewer than two losses. Then flat means low, and all else is ok.",
    ),
)


# lr_range_test


def range_cases(rng: np.random.Generator) -> Iterator[Case]:
    s = float(rng.uniform(2, 2.6))
    runs = {
        "low": [s, s * (1 - 1e-4), s * (1 + 1e-4)],
        "ok": [s, s * 0.9, s * float(rng.uniform(0.5, 0.8))],
        "inf": [s, s * 4, s * 50],
        "nan": [s, s * 1.2, math.nan],
    }

    def case(name: str, lrs: list[float], kinds: str) -> Case:
        return Case(name, (lrs, [list(runs[kind]) for kind in kinds.split()]))

    yield case("from low to high", [1e-6, 1e-4, 1e-2, 1.0, 1e3], "low ok ok inf nan")
    yield case("in no order", [0.3, 1e-5, 10.0, 3e-3], "ok low inf ok")
    yield case("an explosion before others", [1.0, 1e2, 1e-3, 1e-6], "inf nan ok low")
    yield case("one rate", [float(rng.uniform(0.01, 0.1))], "ok")
    yield case("all explode", [10.0, 30.0], "inf nan")


def verdicts(train_fn, lrs):
    return {float(lr): lr_verdict(np.asarray(train_fn(lr), dtype=float)) for lr in lrs}


def range_sorted(train_fn, lrs):
    return dict(sorted(verdicts(train_fn, lrs).items()))


def range_only_ok(train_fn, lrs):
    return {lr: v for lr, v in verdicts(train_fn, lrs).items() if v == "ok"}


def range_until_explosion(train_fn, lrs):
    found = {}
    for lr, verdict in verdicts(train_fn, lrs).items():
        found[lr] = verdict
        if verdict in ("inf", "nan"):
            break
    return found


def range_one_run(train_fn, lrs):
    verdict = lr_verdict(np.asarray(train_fn(lrs[0]), dtype=float))
    return {float(lr): verdict for lr in lrs}


def range_turned(train_fn, lrs):
    found = {}
    for lr, verdict in verdicts(train_fn, lrs).items():
        found.setdefault(verdict, []).append(lr)
    return found


def range_yes_no(train_fn, lrs):
    return {lr: v == "ok" for lr, v in verdicts(train_fn, lrs).items()}


LR_RANGE_TEST = Exercise(
    "babysitting.lr_range_test",
    points=1,
    minutes=3,
    returns=("verdicts",),
    cases=range_cases,
    driver=drivers.recorded_runs,
    parents=("babysitting.lr_verdict",),
    misconceptions=(
        Misconception(
            "sorted by rate",
            range_sorted,
            "Your verdicts are right, and you have sorted them.\n"
            "In which order does the text ask for them?",
        ),
        Misconception(
            "only the rates that are ok",
            range_only_ok,
            "You keep the rates that learn and drop the others.\n"
            "Where does a good range end? That is what the other verdicts tell.",
        ),
        Misconception(
            "stops at the first explosion",
            range_until_explosion,
            "You stop at the first rate that explodes.\n"
            "That saves time when the rates rise. Does the text promise an order?",
        ),
        Misconception(
            "one run for all",
            range_one_run,
            "All rates get the same verdict, that of the first one.\n"
            "How many runs does a test of five rates need?",
        ),
        Misconception(
            "rates by verdict",
            range_turned,
            "You list the rates under each verdict.\n"
            "The text asks for it the other way round: what is looked up, and what is found?",
        ),
        Misconception(
            "yes or no",
            range_yes_no,
            "You say whether each rate is ok.\n"
            "Too low and too high call for opposite changes. Which of the two is it?",
        ),
    ),
    hints=(
        "For each rate: call `train_fn`, and let `lr_verdict` look at what comes back.",
        "`train_fn` may return a list. `np.asarray(..., dtype=float)` makes it an array.",
    ),
)


# classify_curve


def smooth_curve(rng: np.random.Generator, shape: str, n: int) -> np.ndarray:
    """A curve that starts at about 1 and lies far from every threshold."""
    t = np.arange(n) / (n - 1)
    noise = 0.003 * rng.standard_normal(n)
    noise[0] = 0
    if shape == "flat":
        return 1 + 0.3 * noise
    if shape == "line":
        return 1 - float(rng.uniform(0.15, 0.3)) * t + 0.3 * noise
    if shape == "late":
        start = float(rng.uniform(0.3, 0.45))
        return 0.1 + 0.9 * np.exp(-15 * np.maximum(0, t - start)) + noise
    if shape == "stalled":
        return 0.6 + 0.4 * np.exp(-30 * t) + noise
    good = 0.1 + 0.9 * np.exp(-float(rng.uniform(7, 10)) * t) + noise
    if shape == "jumps":
        return good + 0.15 * np.where(np.arange(n) % 2, 1.0, 0.0)
    return good


def bent(n: int, *knots: tuple[float, float]) -> np.ndarray:
    """Straight lines between points (share of the time, value)."""
    times, values = zip(*knots, strict=True)
    return np.interp(np.arange(n) / n, times, values)


def stairs(n: int, *steps: tuple[float, float]) -> np.ndarray:
    """Level from each (share of the time, value) on, until the next."""
    curve = np.ones(n)
    for time, value in steps:
        curve[round(time * n) :] = value
    return curve


def flicker(n: int, size: float) -> np.ndarray:
    """Up and down from one epoch to the next."""
    return size * np.where(np.arange(n) % 2, 0.5, -0.5)


def curves_beside_thresholds(rng: np.random.Generator) -> Iterator[Case]:
    """For each number in the rules a curve on either side of it, a fifth of it away or more.

    All lengths are multiples of 20, where a twentieth is the same however it is rounded.
    """
    n, s = 20 * int(rng.integers(4, 7)), float(rng.uniform(2.2, 2.4))
    yield Case("falls by not quite 1 %", (s * stairs(n, (0.1, 0.993)),))
    yield Case("falls by a little more than 1 %", (s * stairs(n, (0.1, 0.985)),))
    quick = stairs(n, (0.06, 0.2))
    yield Case("flickers a little", (s * (quick + flicker(n, 0.03)),))
    yield Case("flickers more", (s * (quick + flicker(n, 0.07)),))
    yield Case("falls in the first step only", (s * np.append(1, np.full(n - 1, 0.5)),))
    yield Case("twelve losses", (s * stairs(12, (0.1, 0.65)),))

    short, val = stairs(20, (0.05, 0.2)), 0.5 + flicker(20, 0.08)
    yield Case("twenty losses, flickering validation", (s * short, s * val))
    forty = stairs(40, (0.05, 0.2))
    val = stairs(40, (0, 0.5), (0.7, 0.535)) + flicker(40, 0.08)
    yield Case("forty losses, flickering validation", (s * forty, s * val))
    jump = stairs(20, (0.05, 0.25), (0.95, 0.35))
    yield Case("both losses rise at the end", (s * jump, s * (jump + 0.25)))
    val = stairs(n, (0.06, 0.5), (0.7, 0.57))
    yield Case("the validation loss rises a little", (s * stairs(n, (0.06, 0.25)), s * val))
    val = stairs(n, (0.06, 0.5), (0.7, 0.6))
    yield Case("both losses rise", (s * stairs(n, (0.06, 0.2), (0.7, 0.26)), s * val))
    yield Case("the training loss rises less", (s * stairs(n, (0.06, 0.2), (0.7, 0.242)), s * val))

    yield Case("flat at first", (s * bent(n, (0.2, 1), (0.3, 0.1)),))
    yield Case("flat for a moment", (s * bent(n, (0.1, 1), (0.15, 0.1)),))
    yield Case("half-way down late", (s * bent(n, (0, 1), (0.85, 0.1)),))
    yield Case("half-way down early", (s * bent(n, (0, 1), (0.55, 0.1)),))
    line = np.append(1, np.linspace(0.8, 0.15, 19))
    yield Case("a step, then a line", (s * line,))
    yield Case(
        "a step, level, then a slope",
        (s * np.append(1, bent(19, (0.5, 0.45), (0.7, 0.15))),),
    )

    yield Case("stalls a little above 30 %", (s * stairs(n, (0.06, 0.36)),))
    yield Case("stalls a little below 30 %", (s * stairs(n, (0.06, 0.25)),))
    yield Case("still falls in the end", (stairs(n, (0.06, 0.5225), (0.75, 0.5)),))
    yield Case("a large loss that stalls", (100 * s * stairs(n, (0.06, 0.5075), (0.75, 0.5)),))
    yield Case("falls until half-time", (s * stairs(n, (0.06, 0.7), (0.5, 0.6)),))
    wave = stairs(n, (0.06, 0.62), (0.6, 0.587), (0.75, 0.6))
    yield Case("a dip in the third quarter", (s * wave,))
    yield Case("falls in the last quarter", (s * stairs(n, (0.06, 0.616), (0.75, 0.6)),))


def curve_cases(rng: np.random.Generator) -> Iterator[Case]:
    n = int(rng.integers(70, 120))
    t = np.arange(n) / (n - 1)
    good = smooth_curve(rng, "good", n)
    yield Case("falls fast, then slowly", (2.3 * good,))
    yield Case("never moves", (2.3 * smooth_curve(rng, "flat", n),))
    yield Case("nearly a straight line", (2.3 * smooth_curve(rng, "line", n),))
    yield Case("flat first, falls later", (2.3 * smooth_curve(rng, "late", n),))
    yield Case("falls at once, then stalls high up", (2.3 * smooth_curve(rng, "stalled", n),))
    yield Case("jumps from epoch to epoch", (2.3 * smooth_curve(rng, "jumps", n),))
    nan = 2.3 * good
    nan[int(rng.integers(20, 40)) :] = math.nan
    yield Case("NaN half-way", (nan,))
    inf = 2.3 * np.exp(0.6 * t)
    inf[int(rng.integers(30, 50)) :] = math.inf
    yield Case("rises, then infinite", (inf,))
    above = 2.3 * np.exp(3 * t)
    above[-5:] = math.nan
    yield Case("far above the start, NaN at the end", (above,))
    yield Case("another loss, a hundred times as high", (230 * good,))
    yield Case("a small loss that jumps", (0.02 * smooth_curve(rng, "jumps", n),))
    rising = 2.3 * (smooth_curve(rng, "good", n) + 0.5 * np.maximum(0, t - 0.3))
    yield Case("the validation loss rises again", (2.3 * good, rising))
    apart = 2.3 * (smooth_curve(rng, "good", n) + 0.25)
    yield Case("the validation loss stays above", (2.3 * good, apart))
    late = smooth_curve(rng, "late", n)
    yield Case("flat first, with validation", (2.3 * late, 2.3 * (late + 0.05)))
    once, at = 2.3 * good, int(rng.integers(20, 40))
    once[at] = math.nan
    yield Case("NaN once", (once,))
    both = inf.copy()
    both[np.argmax(np.isinf(inf)) + 1 :] = math.nan
    yield Case("infinite, then NaN", (both,))
    yield from curves_beside_thresholds(rng)
    yield Case("nine losses", (2.3 * good[:9],))


def curve_bad_is_nan(losses, val_losses=None):
    label = classify_curve(losses, val_losses)
    return "nan" if not np.isfinite(losses).all() else label


def curve_without_validation(losses, val_losses=None):
    return classify_curve(losses)


def curve_gap(losses, val_losses=None):
    label = classify_curve(losses)
    if label in ("good", "high", "low", "bad init") and val_losses is not None:
        if np.mean(val_losses[-5:] - losses[-5:]) > 0.05 * losses[0]:
            return "overfit"
    return label


def curve_line_first(losses, val_losses=None):
    label = classify_curve(losses, val_losses)
    return "low" if label == "bad init" else label


def curve_absolute(losses, val_losses=None):
    label = classify_curve(losses, val_losses)
    finite = np.isfinite(losses).all()
    return "noisy" if finite and np.abs(np.diff(losses)).mean() > 0.05 else label


def curve_spread_is_noise(losses, val_losses=None):
    label = classify_curve(losses, val_losses)
    if label not in ("nan", "very high", "low") and losses.std() > 0.05 * losses[0]:
        return "noisy"
    return label


def curve_never_high(losses, val_losses=None):
    label = classify_curve(losses, val_losses)
    return "good" if label == "high" else label


CLASSIFY_CURVE = Exercise(
    "babysitting.classify_curve",
    points=4,
    minutes=15,
    returns=("label",),
    cases=curve_cases,
    parents=("babysitting.explodes_at",),
    misconceptions=(
        Misconception(
            "every explosion is NaN",
            curve_bad_is_nan,
            "You say `nan` about runs that first went far above their start or became infinite.\n"
            "What is the loss at the epoch of the explosion, and which of your functions names\n"
            "that epoch?",
        ),
        Misconception(
            "the validation loss is not used",
            curve_without_validation,
            "Your answer is the same with and without the validation loss.\n"
            "Which trouble cannot be seen in the training loss at all?",
        ),
        Misconception(
            "a gap taken for a rise",
            curve_gap,
            "You say `overfit` because the validation loss lies above the training loss.\n"
            "It nearly always does. What does it do after its lowest point?",
        ),
        Misconception(
            "the straight line before the flat start",
            curve_line_first,
            "You say `low` about a curve that is flat at first and then falls steeply.\n"
            "Such a curve is late at both marks, a tenth of the way down and half of it. So two\n"
            "rules fit. Which of them does the text try first?",
        ),
        Misconception(
            "noise in absolute numbers",
            curve_absolute,
            "Your verdict depends on the unit of the loss: a smooth curve, a hundred times as\n"
            "high, is called noisy. Which loss is the measure for all rules?",
        ),
        Misconception(
            "falling taken for noise",
            curve_spread_is_noise,
            "You say `noisy` about smooth curves. They spread because they fall.\n"
            "Noise is what happens from one loss to the next. What do you compare?",
        ),
        Misconception(
            "stalling high up goes unnoticed",
            curve_never_high,
            "You say `good` about a curve that falls at once and then stands still high up.\n"
            "Compare the third quarter of the time with the last: did anything improve?",
        ),
    ),
    hints=(
        "Work down the list of rules and return as soon as one applies. The first three need no "
        "smoothing.",
        "A moving mean: `np.convolve(losses, np.ones(m) / m, 'valid')` with m = max(1, n // 20).",
        "The way down is from the first to the lowest smoothed loss. `np.argmax(smooth <= level)` "
        "is the first time at which the curve is below a level; divide it by n.",
    ),
)


# diagnose


def diagnose_cases(rng: np.random.Generator) -> Iterator[Case]:
    def near(value: float) -> float:
        return value + float(rng.uniform(-0.003, 0.003))

    yield Case("far apart", (near(0.95), near(0.60)))
    yield Case("both low, close together", (near(0.45), near(0.44)))
    yield Case("validation above training", (near(0.45), near(0.62)))
    yield Case("a moderate gap", (near(0.80), near(0.75)))
    yield Case("both nearly perfect", (near(0.995), near(0.99)))
    yield Case("far apart, both low", (near(0.35), near(0.20)))
    yield Case("a good network with a gap", (near(0.995), near(0.86)))
    yield Case("a small gap on a low level", (near(0.13), near(0.07)))
    yield Case("a stricter big gap", (near(0.80), near(0.75)), {"big_gap": 0.03})
    yield Case("a wider small gap", (near(0.70), near(0.65)), {"small_gap": 0.08})
    # Exactly at the thresholds, in numbers that a float holds exactly.
    yield Case("a gap of just big_gap", (0.75, 0.5), {"big_gap": 0.25})
    yield Case("a gap of just small_gap", (0.5, 0.375), {"small_gap": 0.125, "big_gap": 0.5})
    yield Case("just small_gap below 1", (0.875, 0.875), {"small_gap": 0.125})


def diagnose_absolute(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    gap = abs(train_acc - val_acc)
    if gap >= big_gap:
        return "overfitting"
    return "underfitting" if gap <= small_gap and 1 - train_acc > small_gap else "healthy"


def diagnose_never_content(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    gap = train_acc - val_acc
    if gap >= big_gap:
        return "overfitting"
    return "underfitting" if gap <= small_gap else "healthy"


def diagnose_ratio(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    gap = 1 - val_acc / train_acc
    if gap >= big_gap:
        return "overfitting"
    return "underfitting" if gap <= small_gap and 1 - train_acc > small_gap else "healthy"


def diagnose_turned(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    gap = train_acc - val_acc
    if gap >= big_gap:
        return "underfitting"
    return "overfitting" if gap <= small_gap and 1 - train_acc > small_gap else "healthy"


def diagnose_fixed(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    gap = train_acc - val_acc
    if gap >= 0.1:
        return "overfitting"
    return "underfitting" if gap <= 0.02 and 1 - train_acc > 0.02 else "healthy"


def diagnose_low_training(train_acc, val_acc, *, big_gap=0.1, small_gap=0.02):
    gap = train_acc - val_acc
    if train_acc < 0.7:
        return "underfitting"
    return "overfitting" if gap >= big_gap else "healthy"


DIAGNOSE = Exercise(
    "babysitting.diagnose",
    points=1,
    minutes=2,
    returns=("verdict",),
    cases=diagnose_cases,
    misconceptions=(
        Misconception(
            "the sign of the gap is lost",
            diagnose_absolute,
            "You say `overfitting` when the validation accuracy is the higher one.\n"
            "What would it mean to have learnt the training examples by heart? Which of the two\n"
            "accuracies is then higher?",
        ),
        Misconception(
            "nothing is ever good enough",
            diagnose_never_content,
            "You ask for more capacity although the training accuracy is nearly perfect.\n"
            "What could a larger network still improve on the training set?",
        ),
        Misconception(
            "a relative gap",
            diagnose_ratio,
            "Your gap is a ratio: on low accuracies a small difference alarms you.\n"
            "How does the text define the gap?",
        ),
        Misconception(
            "the two names exchanged",
            diagnose_turned,
            "A wide gap is called underfitting, and no gap overfitting.\n"
            "Which of the two fits the training set too well for its own good?",
        ),
        Misconception(
            "limits of its own",
            diagnose_fixed,
            "Your verdict does not depend on `big_gap` and `small_gap`.\n"
            "The numbers in the signature are only defaults. What if a caller gives others?",
        ),
        Misconception(
            "low accuracy taken for underfitting",
            diagnose_low_training,
            "You look at the level of the training accuracy first.\n"
            "A hard problem has low accuracies and can be overfitted all the same. What does the\n"
            "gap say there?",
        ),
    ),
    hints=(
        "Compute the gap once. Then three cases, the wide gap first.",
        "No gap alone is not underfitting: the training accuracy must leave room, too.",
    ),
)


# update_ratio


def spread(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Numbers of both signs, between 0.3 and 3 in size."""
    return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.3, 3, shape)


def ratio_cases(rng: np.random.Generator) -> Iterator[Case]:
    yield Case("a weight matrix", (spread(rng, 5, 4), 0.01 * spread(rng, 5, 4)))
    yield Case("one unit", (spread(rng, 6, 1), 0.3 * spread(rng, 6, 1)))
    yield Case("a vector", (0.02 * spread(rng, 7), 1e-4 * spread(rng, 7)))
    yield Case("filters of a convolution", (spread(rng, 2, 3, 2, 2), spread(rng, 2, 3, 2, 2)))
    yield Case("a step larger than the weights", (0.1 * spread(rng, 3, 3), spread(rng, 3, 3)))
    yield Case("no step", (spread(rng, 2, 3), np.zeros((2, 3))))
    yield Case("weights that are all 0", (np.zeros((3, 2)), 0.01 * spread(rng, 3, 2)))
    yield Case("nothing at all", (np.zeros((2, 2)), np.zeros((2, 2))))
    yield Case(
        "large weights, tiny step",
        (1e3 * spread(rng, 4, 4), 1e-4 * spread(rng, 4, 4)),
        extreme=True,
    )


def guarded(w_size, update_size):
    if w_size == 0:
        return math.inf if update_size > 0 else 0.0
    return float(update_size / w_size)


def ratio_of_squares(w, update):
    return guarded((w**2).sum(), (update**2).sum())


def ratio_inverse(w, update):
    return guarded(np.linalg.norm(update), np.linalg.norm(w))


def ratio_of_sizes(w, update):
    return guarded(np.abs(w).sum(), np.abs(update).sum())


def ratio_of_largest(w, update):
    return guarded(np.abs(w).max(), np.abs(update).max())


def ratio_per_weight(w, update):
    if not w.any():
        return math.inf if update.any() else 0.0
    return float(np.mean(np.abs(update / w)))


def ratio_after_the_step(w, update):
    return guarded(np.linalg.norm(w + update), np.linalg.norm(update))


def ratio_plain(w, update):
    with np.errstate(all="ignore"):
        return float(np.linalg.norm(update) / np.linalg.norm(w))


UPDATE_RATIO = Exercise(
    "babysitting.update_ratio",
    points=1,
    minutes=3,
    returns=("ratio",),
    cases=ratio_cases,
    misconceptions=(
        Misconception(
            "squared lengths",
            ratio_of_squares,
            "Your ratio is the square of ours: a tenth becomes a hundredth.\n"
            "A length is the root of a sum of squares. Where has the root gone?",
        ),
        Misconception(
            "upside down",
            ratio_inverse,
            "Your ratio is large for small steps.\n"
            "Which of the two is compared with which? A small step should give a small number.",
        ),
        Misconception(
            "sums of absolute values",
            ratio_of_sizes,
            "You add up absolute values. The text asks for the Euclidean norm, in which large\n"
            "entries count more. How is the length of a vector defined?",
        ),
        Misconception(
            "only the largest entries",
            ratio_of_largest,
            "You compare the largest entry of the step with the largest weight.\n"
            "A norm is over all entries. What happens to the smaller ones in yours?",
        ),
        Misconception(
            "a mean of ratios",
            ratio_per_weight,
            "You divide entry by entry and average. One weight near zero then spoils the number.\n"
            "The text asks for one ratio of two lengths. In which order do you divide?",
        ),
        Misconception(
            "the weights after the step",
            ratio_after_the_step,
            "You compare the step with the weights it leads to.\nWhich weights does the text name?",
        ),
        Misconception(
            "division by zero",
            ratio_plain,
            "For ordinary weights you are right. Biases begin as zeros, and there you divide by\n"
            "zero. What does the text say about weights that are all 0?",
        ),
    ),
    hints=(
        "Two lengths and a division. `np.linalg.norm` gives the length of an array of any shape.",
        "Look at the length of the weights first: if it is 0, there is nothing to divide by.",
    ),
)


EXERCISES = (
    INIT_TWO_LAYER_MODEL,
    EXPECTED_INITIAL_LOSS,
    EXPECTED_REGULARIZED_LOSS,
    OVERFIT_TINY,
    IS_FLAT,
    LOSS_AND_ACCURACY,
    FIRST_BAD_EPOCH,
    EXPLODES_AT,
    LR_VERDICT,
    LR_RANGE_TEST,
    CLASSIFY_CURVE,
    DIAGNOSE,
    UPDATE_RATIO,
)

QUESTIONS = (
    Question(
        "babysitting.parameter_count",
        "The network has 3072 inputs, one hidden layer of 50 units and 10 outputs. How many "
        "parameters does it have, weights and biases together?",
        number=Number(
            154_160,
            rel_tol=1e-6,
            misreadings={
                154_100: "These are the weights. Each unit has a bias, too.",
                153_650: "That is the first layer. The second one is small, but it counts.",
                153_600: "These are the weights of the first layer. What about the second layer, "
                "and the biases?",
                154_110: "The biases of the hidden layer are missing.",
                154_150: "The biases of the outputs are missing.",
                3132: "These are the units. Parameters sit on the connections between them. How "
                "many connections has one hidden unit?",
            },
        ),
        why=r"$3072 \cdot 50 + 50 + 50 \cdot 10 + 10 = 154\,160$. Nearly all of them, 99.6 %, are "
        "weights of the first layer.",
    ),
    Question(
        "babysitting.first_loss",
        "All weights are tiny, so all ten scores are nearly 0, for every image. No regularisation. "
        "What does the softmax cross-entropy print before the first step? (Four digits.)",
        number=Number(
            math.log(10),
            rel_tol=1e-3,
            misreadings={
                0.1: "That is the probability of the right class. What does the loss do with it?",
                1.0: "The base is wrong: cross-entropy uses the natural logarithm.",
                math.log2(10): "That is in bits. Cross-entropy uses the natural logarithm.",
                0.9: "That is the share of wrong guesses. The loss looks at the probability of the "
                "right class.",
                9.0: "That belongs to another loss. Which probability does the softmax give to the "
                "right class, and what does the cross-entropy make of it?",
                0.0: "The scores are 0, not the loss. What does the softmax make of ten equal "
                "scores?",
            },
        ),
        why=r"Ten equal scores give every class the probability $\frac1{10}$, whatever the image "
        r"shows. The loss is $-\ln\frac1{10} = \ln 10 = 2.302585$.",
    ),
    Question(
        "babysitting.penalty_convention",
        r"The lecture sets the regularisation to $\lambda = 1000$ and prints the loss "
        r"**3.06859716482**. There are 154 100 weights $w$ with standard deviation $10^{-4}$. "
        r"Which penalty did its program add to $\ln 10 = 2.3026$? (What is $\sum w^2$, about?)",
        choices=(
            Choice(
                r"$\lambda \sum w^2$, as on its slide about regularisation",
                "Sum of squares: 154 100 times a hundred-millionth. Multiply by a thousand and "
                "compare with what was added, 0.766.",
            ),
            Choice(r"$\frac12 \lambda \sum w^2$", right=True),
            Choice(
                r"$\lambda$ times the mean of $w^2$",
                "The mean of the squares is a hundred-millionth. A thousand times that would not "
                "be seen in the loss at all.",
            ),
            Choice(
                r"$\lambda \sqrt{\sum w^2}$",
                r"The length of the weight vector is about 0.039. A thousand times that is far "
                "more than what was added.",
            ),
        ),
        why=r"$\sum w^2 \approx 154\,100 \cdot 10^{-8} = 0.001541$. Times 1000 that is 1.541, and "
        r"half of it 0.7705. The loss rose by 0.766. So the program has the factor ½, and the "
        "formula on another slide of the same lecture does not.",
    ),
    Question(
        "babysitting.tiny_validation",
        "The lecture trains on twenty images. Its log ends with training accuracy 1.00 *and* "
        "validation accuracy 1.00. The two columns agree in every line. What do you conclude?",
        choices=(
            Choice(
                "The network generalises very well.",
                "From twenty images to all others? Then the two columns would be close. Would they "
                "be equal to the last digit, in every line?",
            ),
            Choice(
                "Validation was done on the same twenty images; the column says nothing.",
                right=True,
            ),
            Choice(
                "The validation set is so small that it agrees by chance.",
                "Once, perhaps. How likely is it in every line, from 0.40 to 1.00?",
            ),
            Choice(
                "Something is wrong: a network cannot reach 1.00.",
                "It has 154 160 parameters for twenty images. What keeps it from learning them by "
                "heart?",
            ),
        ),
        why="The same images were passed in twice. That is harmless in a sanity check, and fatal "
        "where one believes the number. When two columns agree in every line, ask where they come "
        "from.",
    ),
    Question(
        "babysitting.accuracy_falls",
        "In the same log the loss falls from 2.3012 (epoch 4) to 1.9741 (epoch 13). The accuracy "
        "falls as well, from 0.65 to 0.40. How can that be?",
        choices=(
            Choice(
                "The log is wrong: a better loss means a better accuracy.",
                "The loss looks at the probability of the right class, the accuracy at which class "
                "is first. Can a probability grow without becoming the largest?",
            ),
            Choice(
                "The learning rate is too high.",
                "Then the loss would jump. It falls in every step of the log. What does the loss "
                "look at that the accuracy does not?",
            ),
            Choice(
                "The loss counts how probable the right class is, the accuracy only whether it "
                "comes first.",
                right=True,
            ),
            Choice(
                "Twenty images are too few for an accuracy.",
                "Each image is worth 0.05, so 0.65 and 0.40 are five images apart. That is no "
                "rounding.",
            ),
        ),
        why="The network can raise the probability of many right classes a good deal while a few "
        "classes that were narrowly first fall to second place. The two numbers answer "
        "different questions, so watch both.",
    ),
    Question(
        "babysitting.accuracy_rises",
        "With the learning rate 1e-6 the loss goes from 2.302576 to 2.302420 in ten epochs: it "
        "stands still. But the validation accuracy rises from 0.10 to 0.19. What is going on? "
        "(Remember, this is a softmax.)",
        choices=(
            Choice(
                "It is chance: guessing gives anything between 0.1 and 0.2.",
                "With 1000 validation images, guessing gives 0.10 give or take 0.01. And the log "
                "rises nearly every epoch.",
            ),
            Choice(
                "The scores are still tiny, but the right one is more often the largest.",
                right=True,
            ),
            Choice(
                "The network is overfitting.",
                "It is the *validation* accuracy that rises. And the training loss has not moved.",
            ),
            Choice(
                "The loss is computed wrongly.",
                "Make all scores a thousand times smaller. What happens to the largest of them, "
                "and what to the probabilities?",
            ),
        ),
        why="All probabilities are still about 1/10, so the loss is still ln 10. But argmax needs "
        "only the largest score, by however little. The weights already point the right way; they "
        "are far too short.",
    ),
    Question(
        "babysitting.rate_of_a_million",
        "Now the other end. What does the first epoch print at a learning rate of 1e6?",
        choices=(
            Choice(
                "A loss that falls a million times as fast as with rate 1.",
                "The gradient says where downhill is *here*. How far does that hold?",
            ),
            Choice(
                "A loss that jumps up and down around its start.",
                "A jump leads to large scores, these to a large gradient, and the gradient is "
                "multiplied by a million again. Where does that end?",
            ),
            Choice("NaN", right=True),
            Choice(
                "A very large loss, the same in every epoch.",
                "Float64 ends near 1e308. What is infinity minus infinity?",
            ),
        ),
        why="Each step makes the weights larger, larger weights make larger gradients, until a "
        "number overflows to infinity. Infinity minus infinity is NaN, and NaN spreads to "
        "everything it touches. A loss of NaN nearly always means: learning rate too high.",
    ),
    Question(
        "babysitting.nan_accuracy",
        "The loss is NaN, so all scores are NaN. Yet the log prints a validation accuracy, 0.087, "
        "and exactly the same in every epoch. Where does this number come from? (Try "
        "`np.argmax` on a row of NaN in a cell of your own.)",
        choices=(
            Choice(
                "It is what guessing gives: one in ten, a little off.",
                "A guess would change from epoch to epoch. Which class does `argmax` name here, "
                "and does it ever change?",
            ),
            Choice(
                "The program keeps the last accuracy before the NaN.",
                "The NaN comes in the first epoch. And the accuracy is computed anew each time.",
            ),
            Choice("It is the share of class 0 among the validation images.", right=True),
            Choice(
                "It is the share of images that the network still gets right.",
                "With scores that are all NaN? What can the network know about an image then?",
            ),
        ),
        why="argmax of a row of NaN gives place 0. The network says class 0 to everything, and is "
        "right for the images of class 0. A constant accuracy near 1/K is a warning sign.",
    ),
    Question(
        "babysitting.nan_comparison",
        "A safety rule stops the training when `loss > 3 * first_loss`. At some step the loss is "
        "NaN. What does the rule do?",
        choices=(
            Choice(
                "It stops: NaN is larger than any number.",
                "That would be infinity. NaN is not a number, and Python does not order it.",
            ),
            Choice(
                "It raises an error.",
                "Comparisons with NaN raise nothing. Try one: what do you get?",
            ),
            Choice("Nothing: the comparison is False, and the training goes on.", right=True),
            Choice(
                "It stops, because the comparison gives NaN, and NaN counts as true.",
                "A comparison gives True or False. Which one here?",
            ),
        ),
        why="Every comparison with NaN is False, also `nan <= 3 * first_loss`, and even "
        "`nan == nan`. So ask the other way round: go on only if the loss is finite *and* not too "
        "high. That is what `should_abort` does.",
    ),
    Question(
        "babysitting.range_share",
        "One slide concludes: look for the rate between $10^{-5}$ and $10^{-3}$. The next slide "
        "draws it as `10 ** uniform(-6, -3)`. What share of its draws falls outside the range of "
        "the first slide? (A number from 0 to 1, two digits.)",
        number=Number(
            1 / 3,
            rel_tol=0.02,
            misreadings={
                0.25: "How many decades are there between a millionth and a thousandth, and how "
                "many of them lie below the range?",
                0.5: "How many decades are there between a millionth and a thousandth, and how "
                "many of them lie below the range?",
                0.0: "The upper ends agree. Do the lower ones?",
                0.009: "That would be the share if the *rate* were drawn uniformly. Drawn is the "
                "exponent.",
                2 / 3: "That is the share inside. What is left for the outside?",
            },
        ),
        why="The exponent is uniform between -6 and -3, three decades of equal weight. The lowest "
        "one, from 1e-6 to 1e-5, was just shown not to learn. A third of the search is spent on "
        "it.",
    ),
    Question(
        "babysitting.long_flat_start",
        "A loss curve is flat for the first third of the run. Then it falls steeply and ends low. "
        "What do you look at first?",
        choices=(
            Choice(
                "The learning rate: it was too low at first.",
                "The rate was the same all the time, and later it was high enough. What was "
                "different at the beginning?",
            ),
            Choice("The initial weights.", right=True),
            Choice(
                "The batch size: the batches are too small.",
                "Small batches make a curve jump. This one is flat, and later steep. What is "
                "special about the beginning of a run?",
            ),
            Choice(
                "Overfitting.",
                "That shows in the distance to the validation loss, not in a flat start.",
            ),
        ),
        why="Nothing but the weights is different at the start. Here they are so small that each "
        "layer hardly passes a gradient on to the other. They have to grow first. Better initial "
        "weights make the plateau disappear.",
    ),
    Question(
        "babysitting.gap_remedies",
        "Training accuracy 0.99, validation accuracy 0.70. The slide asks: big gap, increase "
        "regularisation? No gap, increase capacity? What is the best you can say?",
        choices=(
            Choice(
                "Increase the capacity: 0.70 is low.",
                "The training set is already learnt by heart. What would more capacity add?",
            ),
            Choice(
                "A big gap means overfitting. Regularise, that always closes it.",
                "Regularise hard enough and both accuracies fall: then there is no gap, and no "
                "good network either. Is the gap the goal?",
            ),
            Choice(
                "Probably overfitting: try more regularisation or data, and see whether the "
                "validation accuracy rises.",
                right=True,
            ),
            Choice(
                "Nothing: the two sets simply differ.",
                "Two parts of the same data, shuffled. Nearly a third of the accuracy is much for "
                "that.",
            ),
        ),
        why="The question marks on the slide are right: a gap is a symptom, the remedy a "
        "hypothesis. What counts is the validation accuracy, and only an experiment tells.",
    ),
    Question(
        "babysitting.ratio_example",
        "A slide computes the ratio of update to weights: 0.0002 / 0.02, about 0.01, 'about okay'. "
        "The line below says: want this to be somewhere around 0.001 or so. What is wrong?",
        choices=(
            Choice(
                "The division: it gives 0.001.",
                "Move both points by four places: 2 divided by 200.",
            ),
            Choice(
                "Upside down: weights belong above the line.",
                "Then a small step would give a large number, here 100. Which of the two should be "
                "small beside the other?",
            ),
            Choice(
                "The verdict: the number is ten times the aim.",
                right=True,
            ),
            Choice(
                "Nothing: 0.01 is around 0.001.",
                "How many steps of the one size replace all the weights, and how many of the "
                "other?",
            ),
        ),
        why="The arithmetic is right, and 0.01 is ten times 0.001. Take 1e-3 as the aim and "
        "anything from 1e-4 to 1e-2 as acceptable; then 0.01 is at the upper edge.",
    ),
)
