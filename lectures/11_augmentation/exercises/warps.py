"""Affine warps by looking back."""

import numpy as np

from grader import Case, Exercise
from utils.augmentation import affine_matrix, read_bilinear

from .shared import pictures

AFFINE = Exercise(
    "augmentation.affine",
    points=5,
    minutes=10,
    returns=("out",),
    promises={
        "between two columns if W is even": "a rotation by 180°",
        "value outside of the image": "a shift, the outside is not 0",
        "cannot be inverted": "a matrix that flattens the image",
        "so A = I leaves the image": "nothing moves",
    },
    hints=(
        "Do not ask where a pixel of the old image goes. Ask of each pixel q of the new one: from "
        "which place p did it come? Solve q = A p + t for p.",
        "`np.meshgrid(np.arange(W), np.arange(H))` gives the columns and the rows of all pixels. "
        "Subtract the centre ((W - 1) / 2, (H - 1) / 2) before the matrix acts, add it afterwards.",
        "p = A⁻¹ (q - t). For points in rows that is (q - t) @ np.linalg.inv(a).T. Then "
        "`read_bilinear(img, rows, columns, fill=fill)`.",
    ),
)


@AFFINE.cases
def _(rng: np.random.Generator):
    def case(name, shape, a, t, **options):
        return Case(name, (pictures(rng, *shape, low=1, high=2), a, np.array(t)), options)

    def turn(low, high):
        return float(rng.choice([-1, 1]) * rng.uniform(low, high))

    mixed = affine_matrix(degrees=turn(25, 50), stretch=(1.3, 0.8), shear=turn(0.2, 0.4))
    yield case("rotation, stretch, shear and shift", (2, 7, 9), mixed, [1.2, -0.7])
    yield case("a rotation", (1, 6, 8), affine_matrix(degrees=turn(30, 60)), [0.0, 0.0])
    yield case("a rotation by 180°", (2, 4, 6), -np.eye(2), [0.0, 0.0])
    shift = [float(rng.choice([-2, 2])), float(rng.choice([-1, 1]))]
    yield case("a shift, the outside is not 0", (1, 5, 7), np.eye(2), shift, fill=0.5)
    yield case("twice as wide", (1, 5, 8), np.diag([2.0, 1.0]), [0.0, 0.0])
    yield case("turned by 90° and moved", (1, 6, 6), np.array([[0.0, -1], [1, 0]]), [1.0, 0.0])
    yield case("nothing moves", (2, 4, 5), np.eye(2), [0.0, 0.0])
    flat = np.array([[1.0, 2.0], [2.0, 4.0]])
    yield case("a matrix that flattens the image", (1, 4, 5), flat, [0.0, 0.0])


def _read(img, a, place, fill, middle=None, clip=False):
    """Read the image at place(q), with q measured from the middle; what all ideas share."""
    if np.linalg.det(a) == 0:
        raise ValueError("flat")
    height, width = img.shape[1:]
    middle = np.array([(width - 1) / 2, (height - 1) / 2]) if middle is None else middle
    q = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) - middle
    p = place(q) + middle
    if clip:
        p = np.clip(p, 0, [width - 1, height - 1])
    return read_bilinear(img, p[..., 1], p[..., 0], fill=fill)


@AFFINE.misconception("the way there in place of the way from")
def _(img, a, t, *, fill=0.0):
    """Stretch an image by 2 with your function, and it gets smaller.
    You read at A q + t. Where does the pixel q come *from*?
    """
    return _read(img, a, lambda q: q @ a.T + t, fill)


@AFFINE.misconception("shift undone in the wrong order")
def _(img, a, t, *, fill=0.0):
    """Without a shift, or with a shift alone, you are right; with both the shift goes astray.
    Socks, then shoes: in which order do they come off?
    """
    return _read(img, a, lambda q: q @ np.linalg.inv(a).T - t, fill)


@AFFINE.misconception("shift the wrong way round")
def _(img, a, t, *, fill=0.0):
    """Your image moves to the left where it should move to the right.
    If q = p + t, what is p?
    """
    return _read(img, a, lambda q: (q + t) @ np.linalg.inv(a).T, fill)


@AFFINE.misconception("rows and columns exchanged")
def _(img, a, t, *, fill=0.0):
    """A shift to the right moves your image down.
    In which order do the two numbers of a point stand?
    """
    return _read(img, a, lambda q: ((q[..., ::-1] - t) @ np.linalg.inv(a).T)[..., ::-1], fill)


@AFFINE.misconception("about the corner")
def _(img, a, t, *, fill=0.0):
    """Turn an image by 180° with your function, and next to nothing of it is left.
    About which point do you turn it?
    """
    return _read(img, a, lambda q: (q - t) @ np.linalg.inv(a).T, fill, np.zeros(2))


@AFFINE.misconception("half a pixel off")
def _(img, a, t, *, fill=0.0):
    """After a rotation by 180° all lies one pixel too far down and to the right.
    An image of four columns has the columns 0, 1, 2, 3. Where is the middle?
    """
    middle = np.array([img.shape[2] / 2, img.shape[1] / 2])
    return _read(img, a, lambda q: (q - t) @ np.linalg.inv(a).T, fill, middle)


@AFFINE.misconception("transposed in place of inverted")
def _(img, a, t, *, fill=0.0):
    """Rotations are right, stretching and shearing are not.
    For which matrices is the transpose the inverse?
    """
    return _read(img, a, lambda q: (q - t) @ a, fill)


@AFFINE.misconception("matrix from the wrong side")
def _(img, a, t, *, fill=0.0):
    """You turn clockwise where it should be counter-clockwise, and shear the other axis.
    Your points are rows. What becomes of A p when p is a row?
    """
    return _read(img, a, lambda q: (q - t) @ np.linalg.inv(a), fill)


@AFFINE.misconception("edge repeated")
def _(img, a, t, *, fill=0.0):
    """What comes in from outside is the outermost pixel of the image, drawn out.
    What is `fill` for?
    """
    return _read(img, a, lambda q: (q - t) @ np.linalg.inv(a).T, fill, clip=True)


@AFFINE.misconception("the nearest pixel")
def _(img, a, t, *, fill=0.0):
    """A place between four pixels gets the value of the nearest one, so that edges become stairs.
    What do the instructions say such a place takes, and which helper knows it?
    """
    if np.linalg.det(a) == 0:
        raise ValueError("flat")
    height, width = img.shape[1:]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    q = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) - middle
    j, i = np.round((q - t) @ np.linalg.inv(a).T + middle).astype(int).transpose(2, 0, 1)
    inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
    seen = img[:, i.clip(0, height - 1), j.clip(0, width - 1)]
    return np.where(inside, seen, fill).astype(img.dtype)


@AFFINE.misconception("carried forward")
def _(img, a, t, *, fill=0.0):
    """You carry every old pixel to its new place. Some new pixels get several, and others none.
    Which question should each pixel of the *new* image ask?
    """
    if np.linalg.det(a) == 0:
        raise ValueError("flat")
    height, width = img.shape[1:]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    p = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) - middle
    j, i = np.round(p @ a.T + t + middle).astype(int).transpose(2, 0, 1)
    inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
    out = np.full_like(img, fill)
    out[:, i[inside], j[inside]] = img[:, inside]
    return out
