"""Mixup, cutout and CutMix."""

import numpy as np

from grader import Case, Choice, Exercise, Question

from .shared import pictures

MIXUP = Exercise(
    "mixing.mixup",
    points=2,
    minutes=3,
    returns=("x_mixed", "targets_mixed"),
    promises={"if lam is not between 0 and 1": ("a share above 1", "a negative share")},
    hints=(
        "`x[partners]` puts the partners of all images below each other.",
        "Of how many images is a mixture made, and what do their shares add up to?",
        "lam times the image plus (1 - lam) times its partner. The targets: the same, with the "
        "same partners.",
    ),
)


@MIXUP.cases
def _(rng: np.random.Generator):
    def case(name, n, lam, shape=(1, 3, 4), partners=None, soft=False):
        x = pictures(rng, n, *shape)
        targets = np.eye(n + 1)[rng.permutation(n)]
        if soft:
            targets = 0.9 * targets + 0.1 / (n + 1)
        partners = np.roll(np.arange(n), 1) if partners is None else np.array(partners)
        return Case(name, (x, targets, lam, partners))

    yield case("four images, mostly themselves", 4, float(rng.uniform(0.65, 0.85)))
    yield case("mostly the partner", 5, float(rng.uniform(0.15, 0.35)), (2, 3, 3))
    yield case("vectors", 4, 0.6, (7,))
    yield case("soft targets", 4, 0.7, soft=True)
    yield case("one partner for several", 4, 0.8, partners=[3, 3, 1, 1])
    yield case("all of itself", 3, 1.0)
    yield case("nothing of itself", 3, 0.0)
    yield case("a share above 1", 3, 1.2)
    yield case("a negative share", 3, -0.1)


def _checked(lam):
    if not 0 <= lam <= 1:
        raise ValueError(lam)


@MIXUP.misconception("targets not mixed")
def _(x, targets, lam, partners):
    """Half a 3 and half an 8 is called a 3 by your function.
    What should a network say about such an image?
    """
    _checked(lam)
    return lam * x + (1 - lam) * x[partners], targets.copy()


@MIXUP.misconception("lam for both")
def _(x, targets, lam, partners):
    """The probabilities in a row of your targets do not add up to 1.
    If an image keeps the share lam, how much room is left for its partner?
    """
    _checked(lam)
    return lam * (x + x[partners]), lam * (targets + targets[partners])


@MIXUP.misconception("shares exchanged")
def _(x, targets, lam, partners):
    """With lam = 1 your function gives the partner.
    Whose share is lam?
    """
    _checked(lam)
    return (1 - lam) * x + lam * x[partners], (1 - lam) * targets + lam * targets[partners]


@MIXUP.misconception("never less than half")
def _(x, targets, lam, partners):
    """Where lam is below one half, your images keep 1 - lam of themselves.
    Some libraries arrange that when they *draw* the share. Here it is given: how much of itself
    does an image keep with lam = 0.2?
    """
    _checked(lam)
    lam = max(lam, 1 - lam)
    return lam * x + (1 - lam) * x[partners], lam * targets + (1 - lam) * targets[partners]


@MIXUP.misconception("the batch reversed")
def _(x, targets, lam, partners):
    """You mix the first image with the last, the second with the last but one, and so on.
    That is a choice of partners, too. Which one is asked for here?
    """
    _checked(lam)
    return lam * x + (1 - lam) * x[::-1], lam * targets + (1 - lam) * targets[::-1]


@MIXUP.misconception("mixed in turn")
def _(x, targets, lam, partners):
    """You mix one image after the other in the same array.
    When the turn comes to an image whose partner stands above it: what is left of that partner?
    """
    _checked(lam)
    x, targets = x.copy(), targets.copy()
    for n, m in enumerate(partners):
        x[n] = lam * x[n] + (1 - lam) * x[m]
        targets[n] = lam * targets[n] + (1 - lam) * targets[m]
    return x, targets


@MIXUP.misconception("the larger share takes the label")
def _(x, targets, lam, partners):
    """Each of your targets is that of the image with the larger share.
    Is a mixture with a share of 0.51 the same to a network as one with 0.99?
    """
    _checked(lam)
    return (
        lam * x + (1 - lam) * x[partners],
        (targets if lam >= 0.5 else targets[partners]).copy(),
    )


@MIXUP.misconception("other partners for the targets")
def _(x, targets, lam, partners):
    """Your images are mixed with their partners, your targets with those of somebody else.
    Image n is mixed with image `partners[n]`. Whose target is mixed into target n?
    """
    _checked(lam)
    order = np.argsort(partners, kind="stable")
    return (
        lam * x + (1 - lam) * x[partners],
        lam * targets + (1 - lam) * targets[order],
    )


@MIXUP.misconception("images not mixed")
def _(x, targets, lam, partners):
    """Your targets are mixed and your images are as they were.
    What does the network see of the partner?
    """
    _checked(lam)
    return x.copy(), lam * targets + (1 - lam) * targets[partners]


@MIXUP.misconception("any share is accepted")
def _(x, targets, lam, partners):
    """Two calls should have been refused with a ValueError: their shares are no shares.
    Which values of lam do the instructions allow?
    """
    return lam * x + (1 - lam) * x[partners], lam * targets + (1 - lam) * targets[partners]


CUTOUT = Exercise(
    "mixing.cutout",
    points=3,
    minutes=4,
    returns=("out",),
    promises={
        "lies beyond the border is no part of the image": "over every border",
        "if a centre does not lie inside of its image": (
            "a centre below the image",
            "a negative centre",
        ),
        "in all channels": "three channels",
    },
    hints=(
        "A loop over images is fine: one slice of rows, one of columns, set to `fill`. Work on a "
        "copy.",
        "The square begins at row - side // 2. What does NumPy take a negative start of a slice "
        "to mean?",
        "Start at max(0, row - side // 2); the end, row - side // 2 + side, may lie beyond the "
        "border: a slice stops there by itself.",
    ),
)


@CUTOUT.cases
def _(rng: np.random.Generator):
    def case(name, shape, rows, columns, side, **options):
        places = np.array(rows), np.array(columns)
        return Case(name, (pictures(rng, *shape), *places, side), options)

    down, right = int(rng.integers(3, 5)), int(rng.integers(6, 8))
    yield case("inside of the image", (2, 1, 8, 11), [down, 4], [right, 3], 4)
    yield case("three channels", (2, 3, 7, 9), [3, 4], [5, 4], 3, fill=0.5)
    yield case("over every border", (4, 1, 6, 8), [0, 5, 2, 3], [4, 3, 0, 7], 4)
    yield case("in the corners", (4, 2, 5, 7), [0, 0, 4, 4], [0, 6, 0, 6], 5)
    yield case("a single pixel", (2, 1, 4, 6), [1, 3], [4, 0], 1)
    yield case("larger than the image", (1, 1, 4, 5), [2], [2], 12)
    yield case("a centre below the image", (2, 1, 4, 6), [1, 4], [2, 2], 2)
    yield case("a negative centre", (2, 1, 4, 6), [1, -1], [2, 2], 2)


def _hole(x, rows, columns, side, fill, bounds):
    """Blank rows and columns as bounds(start, length) says, from what all ideas share."""
    height, width = x.shape[2:]
    if np.any((rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)):
        raise ValueError("outside")
    out = x.copy()
    for img, row, column in zip(out, rows, columns, strict=True):
        img[(slice(None), slice(*bounds(row, height)), slice(*bounds(column, width)))] = fill
    return out


@CUTOUT.misconception("nothing at the border")
def _(x, rows, columns, side, *, fill=0.0):
    """Where the square begins above or left of the image, your image has no hole.
    Python counts negative positions from the end. Where does your slice begin?
    """

    def bounds(centre, size):
        return centre - side // 2, centre - side // 2 + side

    return _hole(x, rows, columns, side, fill, bounds)


@CUTOUT.misconception("pushed inside")
def _(x, rows, columns, side, *, fill=0.0):
    """At the border your square is moved inside, so that it is always whole.
    Where is its centre then? And does every pixel still have a chance to be left?
    """

    def bounds(centre, size):
        start = max(min(centre - side // 2, size - side), 0)
        return start, start + side

    return _hole(x, rows, columns, side, fill, bounds)


@CUTOUT.misconception("centre taken for the corner")
def _(x, rows, columns, side, *, fill=0.0):
    """Your square begins at its centre and goes down and to the right from there.
    How far from the centre is the first row?
    """
    return _hole(x, rows, columns, side, fill, lambda centre, size: (centre, centre + side))


@CUTOUT.misconception("one row and column too many")
def _(x, rows, columns, side, *, fill=0.0):
    """With an even side your square is one row and one column too large.
    From row 2 up to row 5, with row 5: how many rows are that?
    """

    def bounds(centre, size):
        return max(centre - side // 2, 0), centre + side // 2 + 1

    return _hole(x, rows, columns, side, fill, bounds)


@CUTOUT.misconception("an odd side loses one")
def _(x, rows, columns, side, *, fill=0.0):
    """With an odd side your square is one row and one column too small; a side of 1 leaves no hole.
    Well-known libraries had this fault, too. From row 2 up to row 4, without row 4: how many rows
    are that?
    """

    def bounds(centre, size):
        return max(centre - side // 2, 0), centre + side // 2

    return _hole(x, rows, columns, side, fill, bounds)


@CUTOUT.misconception("side taken for half a side")
def _(x, rows, columns, side, *, fill=0.0):
    """Your square is about twice as high and twice as wide as it should be.
    From the centre it goes a whole side in each direction. How long is it then?
    """
    return _hole(
        x, rows, columns, side, fill, lambda centre, size: (max(centre - side, 0), centre + side)
    )


@CUTOUT.misconception("rows and columns exchanged")
def _(x, rows, columns, side, *, fill=0.0):
    """A square that should lie far to the right lies far down.
    Which axis of an image counts the rows?
    """
    if np.any((rows < 0) | (rows >= x.shape[2]) | (columns < 0) | (columns >= x.shape[3])):
        raise ValueError("outside")
    out = x.copy()
    for img, row, column in zip(out, columns - side // 2, rows - side // 2, strict=True):
        img[:, max(row, 0) : max(row + side, 0), max(column, 0) : column + side] = fill
    return out


@CUTOUT.misconception("the first image's square for all")
def _(x, rows, columns, side, *, fill=0.0):
    """All of your images have their hole at the same place.
    How many centres are passed in?
    """
    if np.any((rows < 0) | (rows >= x.shape[2]) | (columns < 0) | (columns >= x.shape[3])):
        raise ValueError("outside")
    out = x.copy()
    row, column = rows[0] - side // 2, columns[0] - side // 2
    out[:, :, max(row, 0) : row + side, max(column, 0) : column + side] = fill
    return out


@CUTOUT.misconception("the square is what is left")
def _(x, rows, columns, side, *, fill=0.0):
    """Inside of the square your image is as it was, and all around it is blank.
    What is cut out, and what stays?
    """

    def bounds(centre, size):
        return max(centre - side // 2, 0), centre - side // 2 + side

    hole = _hole(np.ones_like(x), rows, columns, side, 0, bounds)
    return np.where(hole > 0, x.dtype.type(fill), x)


@CUTOUT.misconception("first channel only")
def _(x, rows, columns, side, *, fill=0.0):
    """Your hole is in the first channel; in the others the image shines through.
    Which axis holds the channels?
    """

    def bounds(centre, size):
        return max(centre - side // 2, 0), centre - side // 2 + side

    out = x.copy()
    out[:, :1] = _hole(x[:, :1], rows, columns, side, fill, bounds)
    return out


PASTED = Question(
    "mixing.pasted",
    "CutMix pastes a box of the partner into an image. The share λ that should be *left* is drawn "
    "uniformly from 0 to 1, so the box should cover half of the image on average. Its centre is "
    "drawn uniformly, too, and what lies beyond the border is cut off. How much of the image is "
    "pasted over, on average?",
    choices=(
        Choice(
            "50 %",
            "Does a box whose centre lies near a corner cover as much as one in the middle?",
        ),
        Choice("32 %", right=True),
        Choice(
            "45 %",
            "A box of half of the area has sides of 71 % of the image's. How often does it fit "
            "in, with its centre anywhere?",
        ),
        Choice(
            "12 %",
            "In a corner a quarter of the box is left. Do all centres lie in corners?",
        ),
    ),
    why="77/240: a side of s covers s - s²/4 of a row on average; square that, with s² uniform. "
    "Asked and pasted differ by 0.18 on average, and by up to 0.75. Whoever keeps the λ that was "
    "drawn as the weight of the label is wrong by as much. So count the pixels.",
)
