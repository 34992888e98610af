"""What the slides' recipe is worth here, and what makes a result hard to believe."""

from grader import Case, Choice, Exercise, Question

AUDIT = Exercise(
    "recipe.audit",
    points=3,
    minutes=6,
    returns=("warnings",),
    promises={
        "in this order": "everything is wrong",
        "An entry that is missing": "nothing is known",
        "the lowest or": ("the lowest rate", "the highest rate", "a single rate"),
        "another part than": (
            "prepared with the test data alone",
            "prepared with data without labels, too",
        ),
        "both are the same part": "chosen on the test data, reported on others",
        "fewer than 3": ("two seeds", "three seeds"),
    },
    hints=(
        "Four conditions, each of which may add its own words to a list.",
        "`config.get(name, something harmless)`: which value gives no warning? For the rate two "
        "entries are needed.",
        "A leak: `set(config.get('fitted_on', ()))` holds something besides \"train\".",
    ),
)

_FINE = {
    "lr": 0.1,
    "lrs": [0.3, 0.03, 0.1],
    "chosen_on": "val",
    "reported_on": "test",
    "fitted_on": ["train"],
    "seeds": 5,
}


@AUDIT.cases
def _(rng):
    yield Case("nothing is wrong", (dict(_FINE),))
    bad = {"lr": 0.3, "reported_on": "val", "fitted_on": ["train", "val"], "seeds": 1}
    yield Case("everything is wrong", (_FINE | bad,))
    yield Case("the lowest rate", (_FINE | {"lr": 0.03},))
    yield Case("the highest rate", (_FINE | {"lr": 0.3},))
    yield Case("chosen and reported on the test data", (_FINE | {"chosen_on": "test"},))
    yield Case("prepared with the test data alone", (_FINE | {"fitted_on": ["test"]},))
    yield Case("two seeds", (_FINE | {"seeds": 2},))
    yield Case("three seeds", (_FINE | {"seeds": 3},))
    yield Case("a single rate", (_FINE | {"lrs": [0.1]},))
    yield Case("prepared with data without labels, too", (_FINE | {"fitted_on": ["train", "web"]},))
    there = {"chosen_on": "test", "reported_on": "val"}
    yield Case("chosen on the test data, reported on others", (_FINE | there,))
    yield Case("nothing is known", ({},))
    yield Case("a rate, but not what was tried", ({"lr": 0.1, "seeds": 1},))
    yield Case("rates, but not which was chosen", ({"lrs": [0.1, 0.2], "fitted_on": ["val"]},))
    yield Case("only where it was chosen", ({"chosen_on": "val"},))
    for number in range(1, 7):
        yield Case(f"some experiment, {number}", (_some(rng),))


def _some(rng):
    """An experiment of which anything may be wrong, and of which some entries are not known."""
    parts = ("train", "val", "test")
    lrs = [float(f"{lr:.2g}") for lr in 10 ** rng.uniform(-4, 0, 3 + rng.integers(3))]
    known = {
        "lr": lrs[rng.integers(len(lrs))],
        "lrs": lrs,
        "chosen_on": parts[rng.integers(3)],
        "reported_on": parts[rng.integers(3)],
        "fitted_on": [part for part in parts if rng.random() < 0.4] or ["train"],
        "seeds": int(rng.integers(1, 6)),
    }
    return {name: entry for name, entry in known.items() if rng.random() < 0.85}


def _warnings(config):
    found = []
    if "lr" in config and "lrs" in config:
        if config["lr"] in (min(config["lrs"]), max(config["lrs"])):
            found.append("rate at the edge")
    if "chosen_on" in config and config["chosen_on"] == config.get("reported_on"):
        found.append("chosen where reported")
    if any(part != "train" for part in config.get("fitted_on", ())):
        found.append("leak")
    if config.get("seeds", 3) < 3:
        found.append("one seed")
    return found


@AUDIT.misconception("the first warning only")
def _(config):
    """You give one warning at most.
    Can an experiment have two things wrong?
    """
    return _warnings(config)[:1]


@AUDIT.misconception("an entry that is missing is a fault")
def _(config):
    """You warn of what nobody told you.
    What does the text say about an entry that is missing?
    """
    found = _warnings(config)
    extra = []
    if "seeds" not in config:
        extra.append("one seed")
    return [*found, *[w for w in extra if w not in found]]


@AUDIT.misconception("an edge by its place in the list")
def _(config):
    """You take the first and the last rate of the list for the edges.
    In which order were they tried?
    """
    found = [w for w in _warnings(config) if w != "rate at the edge"]
    if "lr" in config and "lrs" in config and config["lr"] in (config["lrs"][0], config["lrs"][-1]):
        found.insert(0, "rate at the edge")
    return found


@AUDIT.misconception("only the highest rate is an edge")
def _(config):
    """You do not warn of the lowest rate.
    What do you know about the rates below it?
    """
    found = _warnings(config)
    if "lr" in config and "lrs" in config and config["lr"] != max(config["lrs"]):
        found = [w for w in found if w != "rate at the edge"]
    return found


@AUDIT.misconception("three seeds are too few")
def _(config):
    """You warn of three trainings.
    Where exactly does the text put the border?
    """
    found = [w for w in _warnings(config) if w != "one seed"]
    return [*found, "one seed"] if config.get("seeds", 4) <= 3 else found


@AUDIT.misconception("a leak only from the test data")
def _(config):
    """Statistics that were taken from the validation data do not alarm you.
    What is the validation score an estimate of, if the preparation has seen its recordings?
    """
    found = _warnings(config)
    if "test" not in config.get("fitted_on", ()):
        found = [w for w in found if w != "leak"]
    return found


@AUDIT.misconception("suspicious only on the test data")
def _(config):
    """You accept a report on the data by which the choice was made, if they are validation data.
    Lecture 13 has a name for the best of many scores. On which data does it strike?
    """
    found = _warnings(config)
    if config.get("chosen_on") != "test":
        found = [w for w in found if w != "chosen where reported"]
    return found


def _instead(config, warning, given):
    """The right warnings, but for one that is given by another rule."""
    found = [w for w in _warnings(config) if w != warning] + [warning] * bool(given)
    return sorted(
        found, key=["rate at the edge", "chosen where reported", "leak", "one seed"].index
    )


@AUDIT.misconception("only the lowest rate is an edge")
def _(config):
    """You do not warn of the highest rate.
    What do you know about the rates above it?
    """
    edge = "lr" in config and "lrs" in config and config["lr"] == min(config["lrs"])
    return _instead(config, "rate at the edge", edge)


@AUDIT.misconception("an edge lies outside")
def _(config):
    """You warn of a rate that lies outside of those tried. One that was tried never does.
    Which of those tried are at the edge?
    """
    edge = "lr" in config and "lrs" in config
    edge = edge and not min(config["lrs"]) <= config["lr"] <= max(config["lrs"])
    return _instead(config, "rate at the edge", edge)


@AUDIT.misconception("a single rate has no edge")
def _(config):
    """You do not warn where one rate was tried.
    What is known about the rates beside it?
    """
    edge = "rate at the edge" in _warnings(config) and len(config["lrs"]) > 1
    return _instead(config, "rate at the edge", edge)


@AUDIT.misconception("two that are missing are the same")
def _(config):
    """You warn where neither part of the data is named: nothing equals nothing.
    What does the text say about an entry that is missing?
    """
    same = config.get("chosen_on") == config.get("reported_on")
    return _instead(config, "chosen where reported", same)


@AUDIT.misconception("chosen on the test data")
def _(config):
    """You warn of every choice on the test data, whatever was reported on.
    Which two entries does the text compare?
    """
    return _instead(config, "chosen where reported", config.get("chosen_on") == "test")


@AUDIT.misconception("reported on the validation data")
def _(config):
    """You warn of every report on the validation data, whatever was chosen on.
    Which two entries does the text compare?
    """
    return _instead(config, "chosen where reported", config.get("reported_on") == "val")


@AUDIT.misconception("a leak where training data are missing")
def _(config):
    """You warn where the preparation has not seen the training data.
    What else may it not have seen?
    """
    leak = "train" not in config.get("fitted_on", ["train"])
    return _instead(config, "leak", leak)


@AUDIT.misconception("a leak from known names only")
def _(config):
    """You know validation and test data only.
    Of which part does the text say that it may be seen?
    """
    leak = {"val", "test"} & set(config.get("fitted_on", ()))
    return _instead(config, "leak", leak)


@AUDIT.misconception("a leak where it is reported")
def _(config):
    """You warn where the preparation has seen the part that is reported on.
    Which part alone may it have seen?
    """
    leak = config.get("reported_on") in config.get("fitted_on", ())
    return _instead(config, "leak", leak)


@AUDIT.misconception("two seeds are enough")
def _(config):
    """You warn of a single training, and not of two.
    Where exactly does the text put the border?
    """
    return _instead(config, "one seed", config.get("seeds", 3) < 2)


@AUDIT.misconception("another order")
def _(config):
    """Your warnings come in another order.
    Which order does the text give?
    """
    return sorted(_warnings(config))


ADAM = Question(
    "recipe.adam_untuned",
    "Adam needs hardly any tuning, a slide says. The slides' recipe (ReLU, He, batch "
    "normalisation, cosine, no shifts) gets four hundred updates here, once with Adam's default "
    "rate of 1e-3 and once with the best of its rates. The default is",
    choices=(
        Choice(
            "as good, within a point",
            "Four hundred updates of 0.001 at most for each weight. How far does a weight get "
            "that starts at 0.1?",
        ),
        Choice(
            "three points worse",
            "It depends on how far from the end the run is stopped. Is this run a long one?",
        ),
        Choice("more than ten points worse", right=True),
        Choice(
            "better: the default is tuned by experience",
            "Experience with which networks, data, and numbers of updates?",
        ),
    ),
    why="A default is a rate for somebody else's budget. Adam forgives a rate that is wrong by a "
    "factor of three, not by thirty.",
)

BATCHNORM = Question(
    "recipe.without_batchnorm",
    "Somebody compares at a rate of 1e-3, the default of Adam: the recipe with batch "
    "normalisation, and the same without. Four hundred updates each. Without it the accuracy is",
    choices=(
        Choice("some points higher", right=True),
        Choice(
            "some points lower",
            "That is what the slides lead you to expect. At which rate did they compare, and how "
            "long did they train?",
        ),
        Choice(
            "the same, within a point",
            "Batch normalisation changes how large a step is, relative to the weights. Can that "
            "leave a run unchanged that stops before its end?",
        ),
        Choice(
            "that of guessing: it diverges",
            "He's weights and two hidden layers. What would make such a small rate diverge?",
        ),
    ),
    why="Six points higher. At the best rate of each the difference is gone. An ablation at "
    "one rate says which of the two that rate suits.",
)

EQUAL_WEIGHTS = Question(
    "recipe.equal_weights",
    "All 64 hidden units start with the same weights, and 30 % of them are dropped in each "
    "update. After the training, compared with random weights, this network is",
    choices=(
        Choice("as good", right=True),
        Choice(
            "as good as a network with one unit",
            "Equal units with equal gradients stay equal for ever. Have they equal gradients, "
            "when some of them are dropped?",
        ),
        Choice(
            "halfway between one unit and 64",
            "What makes two units different, and does that stop at some time?",
        ),
        Choice(
            "NaN after some updates",
            "Equal weights of a healthy size: which number would grow?",
        ),
    ),
    why="Over five seeds 0.71, against 0.69 from random weights; without dropout it is 0.23. "
    "Dropout draws another mask for each unit and example, and so breaks the symmetry. The theorem "
    "of lecture 04 had a condition: nothing that tells the units apart.",
)
