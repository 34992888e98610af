"""Shifts: what convolution, pooling and training make of them."""

import numpy as np

from grader import Case, Choice, Exercise, Question
from utils.augmentation import shift_images

from .. import drivers

SHIFT_SENSITIVITY = Exercise(
    "augmentation.shift_sensitivity",
    points=2,
    minutes=2,
    returns=("share",),
    driver=drivers.sensitivity,
    float32=False,  # a prediction on the border may change by rounding alone
    promises={"negative to the left": "two pixels to the left", "What comes in is 0": "far"},
    hints=(
        "Predict twice: the images, and the images moved by `shift_images`.",
        "Scores change with every shift. What must change for it to be another class?",
        "The share of rows in which the two `argmax` differ, as a float.",
    ),
)


def _classes(w, x):
    return (x.reshape(len(x), -1) @ w).argmax(axis=1)


@SHIFT_SENSITIVITY.cases
def _(rng: np.random.Generator):
    def case(name, n, dx, classes=4, h=4, w=5):
        # Drawn until the usual ideas give different shares.
        while True:
            x = rng.standard_normal((n, 2, h, w))
            weights = rng.standard_normal((2 * h * w, classes))
            before = _classes(weights, x)
            ideas = [
                shift_images(x, dx),
                shift_images(x, -dx),
                shift_images(x, 0, dx),
                np.roll(x, dx, axis=3),
            ]
            if abs(dx) > 1:
                ideas.append(shift_images(x, int(np.sign(dx))))
            others = {
                round(float(np.mean(before != _classes(weights, moved))), 6) for moved in ideas
            }
            stays = {round(1 - share, 6) for share in others}
            moved = shift_images(x, dx)
            images = [(part.reshape(n, -1) @ weights).argmax(axis=0) for part in (x, moved)]
            distinct = others | stays | {float(np.mean(images[0] != images[1]))}
            if (len(distinct) == 2 * len(ideas) + 1 and 1 not in distinct) or not dx:
                return Case(name, (weights, x, dx))

    yield case("one pixel to the right", 61, 1)
    yield case("two pixels to the left", 53, -2)
    yield case("far", 59, 3, h=5)
    yield case("no shift", 20, 0)


@SHIFT_SENSITIVITY.misconception("the share that stays")
def _(predict, x, dx):
    """Without any shift your answer is 1.
    Should an insensitive classifier get a large number or a small one?
    """
    moved = predict(shift_images(x, dx)).argmax(axis=1)
    return float(np.mean(predict(x).argmax(axis=1) == moved))


@SHIFT_SENSITIVITY.misconception("images that wrap around")
def _(predict, x, dx):
    """What leaves your images on one side comes in on the other.
    Does a cat that walks out of the picture on the right come in on the left?
    """
    moved = predict(np.roll(x, dx, axis=3)).argmax(axis=1)
    return float(np.mean(predict(x).argmax(axis=1) != moved))


@SHIFT_SENSITIVITY.misconception("shifted down")
def _(predict, x, dx):
    """Your images move down.
    Which way is dx?
    """
    moved = predict(shift_images(x, 0, dx)).argmax(axis=1)
    return float(np.mean(predict(x).argmax(axis=1) != moved))


@SHIFT_SENSITIVITY.misconception("shifted the other way")
def _(predict, x, dx):
    """Your images move to the left where they should move to the right.
    What does a positive dx mean?
    """
    moved = predict(shift_images(x, -dx)).argmax(axis=1)
    return float(np.mean(predict(x).argmax(axis=1) != moved))


@SHIFT_SENSITIVITY.misconception("scores in place of classes")
def _(predict, x, dx):
    """Nearly every score changes a little, so your share is near 1 for any shift.
    What does somebody notice who only asks for the class?
    """
    return float(np.mean(predict(x) != predict(shift_images(x, dx))))


@SHIFT_SENSITIVITY.misconception("the best image of each class")
def _(predict, x, dx):
    """For each class you look for the image with the highest score, before and after.
    What is asked for is the other way round. Along which axis do the classes of one image stand?
    """
    before, after = predict(x).argmax(axis=0), predict(shift_images(x, dx)).argmax(axis=0)
    return float(np.mean(before != after))


@SHIFT_SENSITIVITY.misconception("number in place of share")
def _(predict, x, dx):
    """Your answer counts images, and grows with their number.
    What should come out for twice as many images of the same kind?
    """
    moved = predict(shift_images(x, dx)).argmax(axis=1)
    return float(np.sum(predict(x).argmax(axis=1) != moved))


POOL_ONE_PIXEL = Question(
    "augmentation.pool_one_pixel",
    "A convolution, ReLU, max pooling over 2 × 2, a dense layer, trained on digits that all stand "
    "in the middle: 0.96 on new digits. Now the *test* images move by one pixel. What is left?",
    choices=(
        Choice(
            "0.96: pooling makes a network invariant to small shifts",
            "Where a maximum crosses the border between two windows, does the pooled map stay?",
        ),
        Choice(
            "0.90: some windows change",
            "How many of the maxima change their window, when everything moves by half a window?",
        ),
        Choice("0.63", right=True),
        Choice(
            "0.10: all is lost",
            "Then pooling would have done nothing at all. A network without it keeps 0.44.",
        ),
    ),
    why="Every third digit is lost. Half of the maxima move into the next window, and the dense "
    "layer looks for them in the old one.",
)


GLOBAL_POOL = Question(
    "augmentation.global_pool",
    "Another network takes *one* maximum over the whole image for each filter, 32 numbers in all. "
    "It reaches 0.95 on digits in the middle. And on those that moved by one pixel?",
    choices=(
        Choice("0.94", right=True),
        Choice(
            "0.63, as before",
            "Into which other window could a maximum move here?",
        ),
        Choice(
            "0.80: better than 2 × 2, not perfect",
            "What changes in the 32 numbers, as long as the digit does not leave the image?",
        ),
        Choice(
            "0.10: it no longer knows where anything is",
            "That is so in the middle, too, and it reads those digits. What has changed for it?",
        ),
    ),
    why="The filters move along with the digit, and the maximum forgets where it was.",
)


POOL_TWO_PIXELS = Question(
    "augmentation.pool_two_pixels",
    "Back to 2 × 2 pooling. After a shift by *two* pixels, the pooled map has moved by exactly one "
    "cell; what is still in it is as it was. What is the accuracy now?",
    choices=(
        Choice(
            "0.96 again, since all features are as they were",
            "They are, one cell further. Does the dense layer have the same weight for both cells?",
        ),
        Choice(
            "0.63, as after one pixel",
            "After one pixel half of the maxima were still in their cell. How many are now?",
        ),
        Choice("0.15", right=True),
        Choice(
            "0.80: between the two",
            "A smooth shift of the map. To whom is it smooth: does a dense layer know which cells "
            "are neighbours?",
        ),
    ),
    why="Equivariant, exactly, and useless: the dense layer knows the cells by name. What moved by "
    "one cell is another digit to it.",
)


E51 = Question(
    "augmentation.e51",
    "One slide: *shifts are not needed* in augmentation, *add pooling instead*. Another one lists "
    "translations among the augmentations, and the networks of its time were trained on random "
    "crops. Which sentence does your measurement support?",
    choices=(
        Choice(
            "Pooling of any size replaces shifts, as long as a convolution comes first.",
            "What became of the network with windows of 2 × 2 after two pixels?",
        ),
        Choice(
            "Pooling never replaces shifts.",
            "What became of the network with a single window?",
        ),
        Choice(
            "One window over the whole image replaces shifts; small windows do not.",
            right=True,
        ),
        Choice(
            "Convolution replaces shifts; it does not matter how one pools.",
            "All four networks have the same convolution. Did they behave alike?",
        ),
    ),
    why="So the slide is right about one kind of pooling. Training with shifts does it without "
    "any, and takes longer: 0.95 after 800 updates. The single window has a price, too: all "
    "knowledge of places is gone. At rate 0.1 that costs about ten points; in a task in which "
    "places matter, more.",
)
