"""Curvature that can be measured: Hessian-vector products and sharpness."""

import numpy as np

from grader import Case, Exercise, Rng
from utils.hessians import softmax_net_nodes

from .. import drivers
from .shared import both_signs, turned

HVP = Exercise(
    "hessians.hvp",
    points=2,
    minutes=4,
    returns=("hv", "questions"),
    driver=drivers.product_from_gradients,
    float32=False,
    hints=(
        "A Hessian says how the gradient changes when w moves. Move it along v and look.",
        "As in a numerical gradient: one point on each side of w, and the difference of what is "
        "found there.",
        "The points lie h away from w: walk along v divided by its length. In the end multiply "
        "with that length again. A v of zero has no direction; H times zero is known.",
    ),
    promises={
        "It is called at most twice": "four weights",
        "It may be short, long or zero": (
            "a long direction",
            "a short direction",
            "direction zero",
        ),
    },
)


@HVP.cases
def _(rng: np.random.Generator):
    def case(name, d, length, h=None, bend=1.0, **more):
        hessian = turned(rng, rng.uniform(1, 3, d))
        v = both_signs(rng, d)
        v = v * (length / np.linalg.norm(v))
        options = {} if h is None else {"h": h}
        return Case(name, (hessian, bend, both_signs(rng, d), v), options, **more)

    yield case("four weights", 4, rng.uniform(2, 3), bend=0.0)
    yield case("a cost that is not quadratic", 5, rng.uniform(0.5, 0.7), h=0.01)
    yield case("a long direction", 3, rng.uniform(900, 1100), h=0.01)
    yield case("a short direction", 3, rng.uniform(0.9e-3, 1.1e-3), h=0.01)
    yield case("one weight, far points", 1, rng.uniform(2, 3), h=0.5)
    yield case("four weights, far points", 4, rng.uniform(2, 3), h=0.5)
    hessian = turned(rng, rng.uniform(1, 3, 3))
    yield Case("direction zero", (hessian, 1.0, both_signs(rng, 3), np.zeros(3)))


def _differences(grad_fn, w, step, h):
    return (grad_fn(w + step) - grad_fn(w - step)) / (2 * h)


@HVP.misconception("the length of v decides how far")
def _(grad_fn, w, v, h=1e-4):
    """Right for a direction of length one. A long one leads you far away from w, a short one
    loses digits. How far from w should the two points lie, whatever v is?
    """
    return _differences(grad_fn, w, h * v, h)


@HVP.misconception("a step to one side only")
def _(grad_fn, w, v, h=1e-4):
    """On a quadratic cost you are right. Otherwise your error falls with h, not with its square.
    You compare w with one point beside it. What did the numerical gradient do?
    """
    length = np.linalg.norm(v)
    if length == 0:
        return 0 * v
    return (grad_fn(w + h * v / length) - grad_fn(w)) * length / h


@HVP.misconception("the length is not put back")
def _(grad_fn, w, v, h=1e-4):
    """Your answer is the same for v and for 2v: it is the product with a unit vector.
    H v grows with v. What have you divided by?
    """
    length = np.linalg.norm(v)
    return 0 * v if length == 0 else _differences(grad_fn, w, h * v / length, h)


@HVP.misconception("the distance counted once")
def _(grad_fn, w, v, h=1e-4):
    """Your answer is twice too large.
    How far apart are the two points at which you ask for the gradient?
    """
    length = np.linalg.norm(v)
    return 0 * v if length == 0 else 2 * length * _differences(grad_fn, w, h * v / length, h)


@HVP.misconception("the curvature along v")
def _(grad_fn, w, v, h=1e-4):
    """You give the part of H v that points along v.
    H turns a vector as well as stretching it. Why did you take a product with v at the end?
    """
    length = np.linalg.norm(v)
    if length == 0:
        return 0 * v
    u = v / length
    return v * (u @ _differences(grad_fn, w, h * u, h))


@HVP.misconception("no direction zero")
def _(grad_fn, w, v, h=1e-4):
    """Right, unless v is zero: then you divide by its length.
    What is H times a zero vector?
    """
    with np.errstate(all="ignore"):
        length = np.linalg.norm(v)
        return length * _differences(grad_fn, w, h * v / length, h)


@HVP.misconception("to one side, as far as v is long")
def _(grad_fn, w, v, h=1e-4):
    """You compare w with one point beside it, and that one is as far away as v is long.
    Your error falls with h, not with its square. Where would a second point help?
    """
    return (grad_fn(w + h * v) - grad_fn(w)) / h


@HVP.misconception("half of the distance")
def _(grad_fn, w, v, h=1e-4):
    """Your two points lie h apart, and so half of h away from w.
    How far from w does the text put each of them?
    """
    length = np.linalg.norm(v)
    return 0 * v if length == 0 else length * _differences(grad_fn, w, h / 2 * v / length, h / 2)


@HVP.misconception("the two points exchanged")
def _(grad_fn, w, v, h=1e-4):
    """Your answer has the opposite sign.
    Which of the two gradients is subtracted from which?
    """
    length = np.linalg.norm(v)
    return 0 * v if length == 0 else -length * _differences(grad_fn, w, h * v / length, h)


@HVP.misconception("times v, entry by entry")
def _(grad_fn, w, v, h=1e-4):
    """You multiply the change of the gradient by v, entry by entry.
    The change along v holds v already. Which number did you divide by?
    """
    length = np.linalg.norm(v)
    return 0 * v if length == 0 else v * _differences(grad_fn, w, h * v / length, h)


@HVP.misconception("the largest entry for the length")
def _(grad_fn, w, v, h=1e-4):
    """You divide v by its largest entry, so that your points lie farther away than h.
    What is the length of a vector?
    """
    size = np.abs(v).max()
    return 0 * v if size == 0 else size * _differences(grad_fn, w, h * v / size, h)


@HVP.misconception("the whole matrix")
def _(grad_fn, w, v, h=1e-4):
    """You make the Hessian, a column at a time, and that asks for two gradients for each weight.
    One direction is enough: which?
    """
    return np.array([_differences(grad_fn, w, h * e, h) for e in np.eye(len(w))]).T @ v


NAMES = ("rz", "rh", "rs", "rp", "rds", "rdh", "rdz", "hw1", "hb1", "hw2", "hb2")

NODES = Exercise(
    "hessians.hvp_nodes",
    points=5,
    minutes=15,
    returns=("derivatives",),
    hints=(
        "Take the seven lines of the two passes one after another and differentiate each with "
        "respect to t. x and the labels do not move; everything else does.",
        "A product of two things that move has two terms: (h @ w2)' is rh @ w2 + h @ v2. That "
        "happens in rs, in rdh, in rdz, and in the gradient on w2.",
        "tanh' is 1 - h^2, so (1 - h^2)' is -2 h rh. The softmax: each p moves by p times (its rs "
        "minus the mean of all rs of the example, weighted by p).",
    ),
    promises={"It does not move": "six examples"},
)


def _network(rng: np.random.Generator, n: int, d: int, hidden: int, k: int, scale=0.5) -> tuple:
    shapes = {"w1": (d, hidden), "b1": (hidden,), "w2": (hidden, k), "b2": (k,)}
    params = {name: scale * both_signs(rng, *shape) for name, shape in shapes.items()}
    v = {name: both_signs(rng, *shape) for name, shape in shapes.items()}
    x = both_signs(rng, n, d)
    y = rng.permutation(np.arange(n) % k)
    return x, params, v, softmax_net_nodes(x, y, params)


def _only(v: dict, name: str) -> dict:
    return {key: value if key == name else 0 * value for key, value in v.items()}


@NODES.cases
def _(rng: np.random.Generator):
    yield Case("six examples", _network(rng, 6, 4, 5, 3))
    x, params, v, nodes = _network(rng, 5, 3, 4, 3)
    yield Case("only w2 moves", (x, params, _only(v, "w2"), nodes))
    x, params, v, nodes = _network(rng, 5, 3, 4, 3)
    yield Case("only b1 moves", (x, params, _only(v, "b1"), nodes))
    yield Case("one example", _network(rng, 1, 4, 3, 2))
    yield Case("one hidden unit", _network(rng, 4, 2, 1, 3))
    yield Case("more classes than units", _network(rng, 7, 2, 3, 6))


def _derivatives(
    x,
    params,
    v,
    nodes,
    *,
    moving_w2=True,
    delta_moves=True,
    slope_moves=True,
    w2_first=True,
    softmax="full",
    slope=True,
    per_example=True,
    biases=True,
):
    """The right answer, or with one idea left out."""
    h, p, ds, dh = (nodes[name] for name in ("h", "p", "ds", "dh"))
    rz = x @ v["w1"] + (v["b1"] if biases else 0)
    rh = (1 - h**2) * rz if slope else rz
    rs = rh @ params["w2"] + (h @ v["w2"] if moving_w2 else 0) + (v["b2"] if biases else 0)
    if softmax == "full":
        rp = p * (rs - np.sum(p * rs, axis=1, keepdims=True))
    elif softmax == "diagonal":
        rp = p * (1 - p) * rs
    else:
        rp = p * (rs - np.mean(rs, axis=1, keepdims=True))
    rds = rp / len(x) if per_example else rp
    rdh = rds @ params["w2"].T + (ds @ v["w2"].T if delta_moves else 0)
    rdz = rdh * (1 - h**2) - (2 * dh * h * rh if slope_moves else 0)
    hw2 = h.T @ rds + (rh.T @ ds if w2_first else 0)
    values = (rz, rh, rs, rp, rds, rdh, rdz, x.T @ rdz, rdz.sum(axis=0), hw2, rds.sum(axis=0))
    return dict(zip(NAMES, values, strict=True))


@NODES.misconception("w2 stands still in the forward pass")
def _(x, params, v, nodes):
    """`rz` and `rh` are right. In the scores you let only the hidden units move.
    h @ w2 is a product of two things. Which of them does v move?
    """
    return _derivatives(x, params, v, nodes, moving_w2=False)


@NODES.misconception("w2 stands still in the backward pass")
def _(x, params, v, nodes):
    """The whole forward pass is right, and `rds`. Then `rdh` lacks something.
    dh = ds @ w2.T. Which of the two factors moves along v?
    """
    return _derivatives(x, params, v, nodes, delta_moves=False)


@NODES.misconception("the slope of tanh stands still")
def _(x, params, v, nodes):
    """All is right up to `rdh`. In `rdz` you keep the factor 1 - h^2 as it is.
    h moves. Does 1 - h^2?
    """
    return _derivatives(x, params, v, nodes, slope_moves=False)


@NODES.misconception("one half of the gradient on w2")
def _(x, params, v, nodes):
    """All nodes are right, and so is the gradient on the first layer. In `hw2` one term is missing.
    The gradient on w2 is h.T @ ds. How many terms has the derivative of a product?
    """
    return _derivatives(x, params, v, nodes, w2_first=False)


@NODES.misconception("each class by itself")
def _(x, params, v, nodes):
    """`rs` is right. In `rp` each class moves as if it were alone: the derivatives of an example's
    probabilities do not add up to 0.
    Probabilities add up to 1. What does a score do to the probabilities of the other classes?
    """
    return _derivatives(x, params, v, nodes, softmax="diagonal")


@NODES.misconception("a plain mean over the classes")
def _(x, params, v, nodes):
    """`rs` is right. In `rp` you subtract the plain mean of the scores' derivatives, so that the
    probabilities' derivatives do not add up to 0. A likely class counts more than an unlikely one.
    With which weights is the mean taken?
    """
    return _derivatives(x, params, v, nodes, softmax="plain mean")


@NODES.misconception("no mean over the examples")
def _(x, params, v, nodes):
    """`rp` is right, and `rds` is as many times too large as there are examples.
    The loss is a mean. What does ds do with p?
    """
    return _derivatives(x, params, v, nodes, per_example=False)


@NODES.misconception("tanh without a slope")
def _(x, params, v, nodes):
    """`rz` is right, and `rh` is the same.
    h = tanh(z). By how much does h move when z moves a little?
    """
    return _derivatives(x, params, v, nodes, slope=False)


@NODES.misconception("the biases do not move")
def _(x, params, v, nodes):
    """Where v moves a bias, `rz` and `rs` do not notice.
    z = x @ w1 + b1. How fast does b1 + t v_b1 change with t?
    """
    return _derivatives(x, params, v, nodes, biases=False)


def _changed(x, params, v, nodes, *, rz=None, rh=None, rs=None, rp=None, rdz=None):
    """The right answer, but for one line of it: functions of what was found before."""
    h, p, ds, dh = (nodes[name] for name in ("h", "p", "ds", "dh"))
    found = {"rz": rz() if rz else x @ v["w1"] + v["b1"]}
    found["rh"] = rh(found) if rh else (1 - h**2) * found["rz"]
    found["rs"] = rs(found) if rs else found["rh"] @ params["w2"] + h @ v["w2"] + v["b2"]
    moved = found["rs"]
    found["rp"] = rp(moved) if rp else p * (moved - np.sum(p * moved, axis=1, keepdims=True))
    found["rds"] = found["rp"] / len(x)
    found["rdh"] = found["rds"] @ params["w2"].T + ds @ v["w2"].T
    slope = rdz(found) if rdz else -2 * dh * h * found["rh"]
    found["rdz"] = found["rdh"] * (1 - h**2) + slope
    found["hw1"], found["hb1"] = x.T @ found["rdz"], found["rdz"].sum(axis=0)
    found["hw2"] = found["rh"].T @ ds + h.T @ found["rds"]
    return found | {"hb2": found["rds"].sum(axis=0)}


@NODES.misconception("the square without its two")
def _(x, params, v, nodes):
    """The second term of `rdz` is half as large as it should be.
    What is the derivative of a square?
    """
    return _changed(x, params, v, nodes, rdz=lambda f: -nodes["dh"] * nodes["h"] * f["rh"])


@NODES.misconception("the slope of tanh with the wrong sign")
def _(x, params, v, nodes):
    """The second term of `rdz` has the wrong sign.
    Does 1 - h^2 grow or fall when h moves away from 0?
    """
    return _changed(x, params, v, nodes, rdz=lambda f: 2 * nodes["dh"] * nodes["h"] * f["rh"])


@NODES.misconception("rz where rh belongs")
def _(x, params, v, nodes):
    """The second term of `rdz` is made with the derivative of z.
    The slope is 1 - h^2, a function of h. How fast does h move?
    """
    return _changed(x, params, v, nodes, rdz=lambda f: -2 * nodes["dh"] * nodes["h"] * f["rz"])


@NODES.misconception("dz where dh belongs")
def _(x, params, v, nodes):
    """The second term of `rdz` is made with dz, which has been multiplied by the slope already.
    dz = dh * (1 - h^2). What stands beside the factor that is differentiated?
    """
    return _changed(x, params, v, nodes, rdz=lambda f: -2 * nodes["dz"] * nodes["h"] * f["rh"])


@NODES.misconception("1 - z^2 for the slope of tanh")
def _(x, params, v, nodes):
    """In `rh` the slope of tanh is made from z, its input.
    Which number is squared in 1 - tanh(z)^2?
    """
    return _changed(x, params, v, nodes, rh=lambda f: (1 - nodes["z"] ** 2) * f["rz"])


@NODES.misconception("b1 does not move")
def _(x, params, v, nodes):
    """Where v moves b1, `rz` does not notice.
    z = x @ w1 + b1. How fast does b1 + t v_b1 change with t?
    """
    return _changed(x, params, v, nodes, rz=lambda: x @ v["w1"])


@NODES.misconception("b2 does not move")
def _(x, params, v, nodes):
    """Where v moves b2, `rs` does not notice.
    s = h @ w2 + b2. How fast does b2 + t v_b2 change with t?
    """
    return _changed(x, params, v, nodes, rs=lambda f: f["rh"] @ params["w2"] + nodes["h"] @ v["w2"])


@NODES.misconception("the hidden units stand still in the scores")
def _(x, params, v, nodes):
    """In `rs` only w2 and b2 move.
    h @ w2 is a product of two things. Does the other one stand still?
    """
    return _changed(x, params, v, nodes, rs=lambda f: nodes["h"] @ v["w2"] + v["b2"])


@NODES.misconception("a mean over the examples in the softmax")
def _(x, params, v, nodes):
    """In `rp` the sum runs over the examples.
    Which probabilities add up to 1?
    """
    p = nodes["p"]
    return _changed(x, params, v, nodes, rp=lambda rs: p * (rs - (p * rs).sum(axis=0)))


@NODES.misconception("a plain sum over the classes")
def _(x, params, v, nodes):
    """In `rp` you subtract the plain sum of the scores' derivatives, whatever the probabilities
    are. Let all scores move by 1. By how much do the probabilities move?
    """
    p = nodes["p"]
    return _changed(x, params, v, nodes, rp=lambda rs: p * (rs - rs.sum(axis=1, keepdims=True)))


@NODES.misconception("means for the biases")
def _(x, params, v, nodes):
    """In `hb1` and `hb2` you take means over the examples.
    The gradients on the biases are sums of dz and ds. Where has the mean of the loss gone?
    """
    found = _changed(x, params, v, nodes)
    return found | {"hb1": found["rdz"].mean(axis=0), "hb2": found["rds"].mean(axis=0)}


# Last of all: of two terms that are missing it explains some, and others say more.
@NODES.misconception("the Gauss-Newton product")
def _(x, params, v, nodes):
    """Everything is right up to `rds`. In the backward pass you treat the upstream gradients
    `ds` and `dh` as if nothing multiplied them that moves. What you have is a useful matrix times
    v, and section 7 will come to it. But in ds @ w2.T and in dh * (1 - h^2): what moves besides
    ds and dh?
    """
    return _derivatives(x, params, v, nodes, delta_moves=False, slope_moves=False, w2_first=False)


SHARPNESS = Exercise(
    "hessians.sharpness",
    points=3,
    minutes=7,
    returns=("sharpness", "questions"),
    driver=drivers.sharpness_of,
    hints=(
        "Multiply a random vector by H, make it length one, and again. Write it in the basis of "
        "eigenvectors: which part grows fastest?",
        "With v of length one, v @ H v is the eigenvalue that it has found: the largest in size. "
        "If that is positive, what do you know about the largest?",
        "If it is negative, call it m. The eigenvalues of H - m I are those of H, all moved up by "
        "|m|. Which of them is now the largest in size? Search once more and move it back.",
    ),
    promises={
        "how many products a search for one eigenvalue may take": "thirty weights, ten products",
        "There may be two searches, and one more product after each": "thirty weights, ten "
        "products",
        "which is not always the one that is largest in size": "the steepest curves downwards",
        "where the first vector of a search comes from": "five weights",
    },
)


@SHARPNESS.cases
def _(rng: np.random.Generator):
    def case(name, eigenvalues, steps, **more):
        generator = Rng(int(rng.integers(1 << 30)))
        return Case(name, (turned(rng, eigenvalues), steps, generator), **more)

    top = rng.uniform(4, 6)
    yield case("five weights", [top, 0.4 * top, 0.2 * top, 0.1, -0.3 * top], 60)
    yield case("the steepest curves downwards", [-top, 0.5 * top, -0.1 * top, 0.02 * top], 150)
    yield case("downwards everywhere", [-top, -0.7 * top, -0.2 * top], 60)
    yield case("small curvatures", [0.09 * top, 0.03 * top, 0.02 * top, 0.01 * top], 60)
    yield case("hundreds of products", [top, 0.4 * top, -0.5 * top], 600)
    small = rng.uniform(-0.05, 0.05, 29) * top
    yield case("thirty weights, ten products", [top, *small], 10)
    yield case("one weight that curves downwards", [-top], 20, extreme=True)
    yield Case("no curvature at all", (np.zeros((3, 3)), 10, Rng(7)), extreme=True)


def _power(apply_hessian, dim, steps, rng, shift=0.0):
    v = rng.standard_normal(dim)
    for _ in range(steps):
        v = v / max(np.linalg.norm(v), 1e-300)
        v = apply_hessian(v) - shift * v
    length = np.linalg.norm(v)
    v = v / length if length > 0 else v
    return float(v @ apply_hessian(v)), length


@SHARPNESS.misconception("the largest in size")
def _(apply_hessian, dim, *, steps, rng):
    """Where the strongest curvature goes downwards you give that one.
    Sharpness is about the largest eigenvalue on the number line: it limits the rate. Which step
    brings it to the front?
    """
    return _power(apply_hessian, dim, steps, rng)[0]


@SHARPNESS.misconception("the size of the largest in size")
def _(apply_hessian, dim, *, steps, rng):
    """You never give a negative number: where the strongest curvature goes downwards you give its
    size. The length of H v has no sign. Which product has?
    """
    value, length = _power(apply_hessian, dim, steps, rng)
    return float(length) if value else 0.0


@SHARPNESS.misconception("not moved back")
def _(apply_hessian, dim, *, steps, rng):
    """Where a second search is needed your number is too large, by the size of the first one.
    You searched a matrix whose eigenvalues were all moved. How far?
    """
    first, _ = _power(apply_hessian, dim, steps, rng)
    if first >= 0:
        return first
    value, _ = _power(apply_hessian, dim, steps, rng, first)
    return value - first


@SHARPNESS.misconception("zero where all curves down")
def _(apply_hessian, dim, *, steps, rng):
    """Where every direction curves downwards you answer 0.
    The largest of several negative numbers is not 0. Which number is it?
    """
    first, _ = _power(apply_hessian, dim, steps, rng)
    return first if first >= 0 else max(0.0, _power(apply_hessian, dim, steps, rng, first)[0])


@SHARPNESS.misconception("a vector that grows and grows")
def _(apply_hessian, dim, *, steps, rng):
    """With few products you are right. After some hundreds your vector is no longer finite.
    Only its direction matters. What can be done about its length after each product?
    """

    def search(shift):
        v = rng.standard_normal(dim)
        for _ in range(steps):
            v = apply_hessian(v) - shift * v
        length = np.linalg.norm(v)
        if length == 0:
            return shift
        v = v / length
        return float(v @ apply_hessian(v))

    with np.errstate(all="ignore"):
        first = search(0.0)
        return search(first) if first < 0 else first


@SHARPNESS.misconception("too few products")
def _(apply_hessian, dim, *, steps, rng):
    """Your number is a little too small, and less so with more steps: it has not settled.
    How many of the products that were allowed did you use?
    """
    first, _ = _power(apply_hessian, dim, max(steps // 10, 1), rng)
    if first >= 0:
        return first
    return _power(apply_hessian, dim, max(steps // 10, 1), rng, first)[0]


@SHARPNESS.misconception("the next in size")
def _(apply_hessian, dim, *, steps, rng):
    """Where the first search finds a negative eigenvalue you take that one out, and give the next
    in size. That may be negative again. What brings the right end of the number line to the front?
    """

    def search(known):
        v = rng.standard_normal(dim)
        for _ in range(steps):
            v = v / max(np.linalg.norm(v), 1e-300)
            v = apply_hessian(v) - sum(e * (u @ v) * u for e, u in known)
        v = v / max(np.linalg.norm(v), 1e-300)
        return float(v @ apply_hessian(v)), v

    first, u = search([])
    return first if first >= 0 else search([(first, u)])[0]


@SHARPNESS.misconception("the generator is not used")
def _(apply_hessian, dim, *, steps, rng):
    """Your first vector does not come from `rng`.
    Some fixed vector may be perpendicular to the eigenvector that you look for. What then?
    """
    rng = np.random.default_rng(12345)
    first, _ = _power(apply_hessian, dim, steps, rng)
    return first if first >= 0 else _power(apply_hessian, dim, steps, rng, first)[0]


@SHARPNESS.misconception("the whole matrix")
def _(apply_hessian, dim, *, steps, rng):
    """You make the whole Hessian, a column at a time, whatever `steps` is.
    A network has millions of weights. What does a vector become that is multiplied again and again?
    """
    h = np.array([apply_hessian(e) for e in np.eye(dim)])
    return float(np.linalg.eigvalsh((h + h.T) / 2)[-1])


@SHARPNESS.misconception("a product of length zero is divided by")
def _(apply_hessian, dim, *, steps, rng):
    """Where there is no curvature at all you divide by the length of a zero vector.
    Which eigenvalue has a matrix that makes every vector zero?
    """

    def search(shift):
        v = rng.standard_normal(dim)
        for _ in range(steps):
            v = apply_hessian(v) - shift * v
            v = v / np.linalg.norm(v)
        return float(v @ apply_hessian(v))

    with np.errstate(all="ignore"):
        first = search(0.0)
        return search(first) if first < 0 else first
