"""Too small and too large a start: the backward pass."""

import numpy as np

from grader import Case, Choice, Exercise, Number, Question, Tolerance
from utils.activations import act_grad
from utils.initialization import deep_forward

from .shared import both_signs, net

SMALL_FACTOR = Question(
    "initialization.small_factor",
    r"Weights $0.01 \cdot \mathcal N(0, 1)$, 500 units a layer. A signal of small independent "
    r"numbers with standard deviation $s$ goes into a layer; for small numbers tanh does "
    r"nothing. By which factor is the standard deviation multiplied? (Three digits.)",
    number=Number(
        0.01 * np.sqrt(500),
        rel_tol=0.01,
        misreadings={
            0.01: "That is one product. A unit adds 500 of them.",
            5.0: "You added the sizes of 500 products. They have random signs: what adds up "
            "is their variance.",
            0.05: "That is the factor of the variance. The question asks for the standard "
            "deviation.",
            0.1: "The variance is multiplied by 500 times 0.0001. What is the square root of that?",
        },
    ),
    why=r"The variance is multiplied by $500 \cdot 0.01^2 = 0.05$, the standard deviation by "
    r"$0.01\sqrt{500} = 0.2236$. Ten layers leave $0.2236^{10} = 3 \cdot 10^{-7}$.",
)


DEEP_BACKWARD = Exercise(
    "initialization.deep_backward",
    points=3,
    minutes=6,
    returns=("dhs", "dws"),
    parents=("initialization.deep_forward",),
    hints=(
        "Walk through the layers from the last to the first. Carry one thing along: the "
        "gradient on the output of the layer you are in.",
        "In each layer three gradients, as in lecture 01: through the activation to dz, from dz "
        "to the weights, and from dz to the layer below.",
        "The input of layer l is hs[l], if you count layers from 0; its pre-activation is "
        "zs[l], its weights are weights[l]. "
        "dz is dh times the slope at z; dw is the input, transposed, times dz; the new dh is dz "
        "times w, transposed. New gradients go to the front of their lists.",
    ),
)


@DEEP_BACKWARD.cases
def _(rng: np.random.Generator):
    def case(name, n, sizes, activation, **options):
        x = both_signs(rng, n, sizes[0])
        _, cache = deep_forward(x, net(rng, *sizes), activation=activation)
        return Case(name, (both_signs(rng, n, sizes[-1]), cache), **options)

    yield case("three layers of tanh", 5, (3, 4, 2, 3), "tanh")
    yield case("ReLU", 6, (4, 5, 6), "relu")
    yield case("sigmoid", 3, (2, 4, 2), "sigmoid")
    yield case("five layers", 3, (2, 3, 2, 4, 3, 2), "tanh")
    yield case("square layers", 4, (3, 3, 3, 3), "tanh")
    yield case("one example, one layer", 1, (3, 2), "tanh")
    yield case("one unit in the middle", 4, (3, 1, 2), "tanh")


def _backward(dout, cache, *, local=None, dw=None, flow=None):
    hs, zs, weights, activation = cache
    local = local or (lambda z, h: act_grad(activation, z))
    dw = dw or (lambda h, dz: h.T @ dz)
    flow = flow or (lambda dz, dh, w: dz @ w.T)
    dhs, dws = [dout], []
    for h, z, out, w in zip(hs[-2::-1], zs[::-1], hs[:0:-1], weights[::-1], strict=True):
        dz = dhs[0] * local(z, out)
        dws.insert(0, dw(h, dz))
        dhs.insert(0, flow(dz, dhs[0], w))
    return dhs, dws


@DEEP_BACKWARD.misconception("the slope is missing")
def _(dout, cache):
    """Your gradient goes straight through the activation.
    Every layer has an activation in the forward pass, so the backward pass meets it, too.
    What does the chain rule multiply `dh` with before the weights see it?
    """
    return _backward(dout, cache, local=lambda z, h: np.ones_like(z))


@DEEP_BACKWARD.misconception("the slope at the output")
def _(dout, cache):
    """With ReLU you are right; with tanh and sigmoid your slopes are off.
    You take the slope at the layer's output, but the activation met something else.
    Which list of the cache holds its inputs?
    """
    return _backward(dout, cache, local=lambda z, h: act_grad(cache[3], h))


@DEEP_BACKWARD.misconception("the slope of tanh for all")
def _(dout, cache):
    """With tanh you are right, with ReLU and sigmoid you are not.
    The cache ends with the name of the activation.
    Which function of the setup cell gives the slope for a name?
    """
    return _backward(dout, cache, local=lambda z, h: 1 - h**2)


@DEEP_BACKWARD.misconception("the activation is bypassed")
def _(dout, cache):
    """The gradients on the last layer's weights are right; what flows down is too large.
    You send `dh` through the weights without the slope of the activation.
    Is it the output of the activation that was multiplied by w, or its input?
    """
    return _backward(dout, cache, flow=lambda dz, dh, w: dh @ w.T)


@DEEP_BACKWARD.misconception("weight gradients divided by the batch")
def _(dout, cache):
    """`dhs` is right, and your `dws` are too small, by the number of examples as a factor.
    If the loss is a mean, the division is already in `dout`.
    What does the chain rule do over the examples that share a weight?
    """
    return _backward(dout, cache, dw=lambda h, dz: h.T @ dz / len(h))


@DEEP_BACKWARD.misconception("the layer's output in the weight gradient")
def _(dout, cache):
    """`dhs` is right. Your `dws` are square: they are made with what each layer gives out.
    Which numbers did the weights of a layer meet in the forward pass?
    """
    hs, zs, _, activation = cache
    dhs, _ = _backward(dout, cache)
    layers = zip(hs[1:], zs, dhs[1:], strict=True)
    return dhs, [h.T @ (dh * act_grad(activation, z)) for h, z, dh in layers]


@DEEP_BACKWARD.misconception("last layer first")
def _(dout, cache):
    """The arrays are right and stand in the order in which you met them.
    The lists should go like `hs` and `weights`. At which end do you add a new one?
    """
    dhs, dws = _backward(dout, cache)
    return dhs[::-1], dws[::-1]


@DEEP_BACKWARD.misconception("dout is missing")
def _(dout, cache):
    """`dhs` has one gradient for each layer's input and none for the last output.
    It should match `hs`, array by array.
    What is the gradient on the last array of `hs`?
    """
    dhs, dws = _backward(dout, cache)
    return dhs[:-1], dws


SMALL_GRADIENTS = Question(
    "initialization.small_gradients",
    r"The same network, $0.01 \cdot \mathcal N(0, 1)$ and tanh. A gradient of size 1 arrives "
    r"at layer 10. What do the gradients on the *weights* look like? (Hint from the slide: "
    r"think of the backward pass of a $W \cdot X$ gate, $dW = X^\top dY$ and $dX = "
    r"dY\,W^\top$.)",
    choices=(
        Choice(
            "healthy in the last layer, vanishing towards the first",
            "So does dY. But dW has a second factor: what is X in the last layer?",
        ),
        Choice(
            "healthy in the first layer, vanishing towards the last",
            "So does X. But dW has a second factor: what is left of dY in the first layer?",
        ),
        Choice("tiny in all layers, and about equally tiny", right=True),
        Choice(
            "healthy in all layers: near zero the slope of tanh is 1",
            "The slopes are near 1, right. But what else is the gradient multiplied with?",
        ),
    ),
    why="Going up, X shrinks by 0.2236 a layer; going down, dY shrinks by 0.2236 a layer. "
    "Their product is the same everywhere: about 0.2236 to the ninth, over the square root of the "
    "number of examples.",
)


SATURATED_GRADIENTS = Question(
    "initialization.saturated_gradients",
    r"Now $1.0 \cdot \mathcal N(0, 1)$. Nine of ten units are saturated, $|h| > 0.99$: the "
    r"slope of tanh is nearly zero there. A gradient of size 1 arrives at the top. How large is "
    r"it below ten such layers?",
    choices=(
        Choice(
            "zero, or nearly: the slopes are",
            "Nine of ten are. What goes through the tenth unit meets weights of size 1, and "
            "500 units add up. Which is stronger, what the slopes take or what the sum adds?",
        ),
        Choice(
            "a tenth per layer, so about 1e-10",
            "That would be the share of unsaturated units alone, with weights that neither add nor "
            "amplify. How large is a sum over 500 units with weights of size 1?",
        ),
        Choice(
            "about as large as it was: the two effects cancel",
            "Slopes and weights would have to cancel. The weights alone enlarge a gradient by "
            "the square root of 500, about 22. Do the slopes take as much?",
        ),
        Choice("more than a hundred thousand times as large", right=True),
    ),
    why=r"The factor per layer is $\sqrt{500\,\mathrm E[\tanh'^2]} \approx 3.5$. Few units "
    r"are unsaturated, but the weights behind them are large. The signal is saturated, the "
    r"gradient is sparse, and it explodes.",
)


BACKWARD_GROWTH = Exercise(
    "initialization.backward_growth",
    points=2,
    minutes=4,
    returns=("factor",),
    parents=("initialization.deep_backward",),
    tolerance=Tolerance(rtol=0.01),  # whether the variance divides by n or n - 1 is not the point
    hints=(
        "The gradient on one input is the sum, over the units it feeds, of upstream times slope "
        "times weight. Take the variance of that sum.",
        "The terms are uncorrelated and have mean zero: their mean squares add up. The mean square "
        "of a product of independent numbers is the product of their mean squares.",
        "Number of terms, times variance of a weight, times mean of the squared slopes; the "
        "square root of the product. w has a column for each unit.",
    ),
)


@BACKWARD_GROWTH.cases
def _(rng: np.random.Generator):
    def layer(n, fan_in, fan_out, size):
        w = size * rng.standard_normal((fan_in, fan_out))
        w *= np.linspace(0.4, 1.6, fan_in)[:, None]  # no part stands for the others
        w[-1] *= 4
        return w - w.mean()  # then Var(w) and E[w^2] are one number

    def slopes(n, units, open_share):
        steep = rng.random((n, units)) < open_share
        steep[-1] = True  # nor does one example
        return np.where(steep, rng.uniform(0.3, 1, (n, units)), 1e-3)

    yield Case("half of the units steep", (layer(0, 30, 40, 0.3), slopes(20, 40, 0.5)))
    yield Case("few units steep, large weights", (layer(0, 60, 25, 1.0), slopes(30, 25, 0.1)))
    yield Case("all slopes 1", (layer(0, 20, 50, 0.1), np.ones((10, 50))))
    yield Case("a narrow layer", (layer(0, 200, 10, 0.2), slopes(50, 10, 0.7)))
    yield Case("all slopes 0", (layer(0, 20, 30, 1.0), np.zeros((5, 30))), extreme=True)


@BACKWARD_GROWTH.misconception("the fan-in")
def _(w, local):
    """For square layers you would be right. You count the inputs of the layer.
    In the backward pass an input collects one term from each unit that it feeds.
    How many are these?
    """
    return float(np.sqrt(w.shape[0] * w.var() * (local**2).mean()))


@BACKWARD_GROWTH.misconception("the mean slope")
def _(w, local):
    """Where slopes differ your factor is too small.
    You average the slopes and square afterwards. A few steep units then count for less
    than they let through. Of what do you need the mean?
    """
    return float(np.sqrt(w.shape[1] * w.var()) * local.mean())


@BACKWARD_GROWTH.misconception("the factor of the variance")
def _(w, local):
    """You give the factor of the mean square.
    The question is about the rms, which has the unit of the gradient itself.
    What is still to be done?
    """
    return float(w.shape[1] * w.var() * (local**2).mean())


@BACKWARD_GROWTH.misconception("the slopes are forgotten")
def _(w, local):
    """Your factor does not depend on `local`.
    A saturated unit stops what goes through it, whatever the weights are.
    Which average of the slopes belongs into the product?
    """
    return float(np.sqrt(w.shape[1] * w.var()))


@BACKWARD_GROWTH.misconception("the width is forgotten")
def _(w, local):
    """Your factor does not know how many units the layer has.
    The gradient on an input is a sum. What happens to its variance when it has twice
    as many independent terms?
    """
    return float(np.sqrt(w.var() * (local**2).mean()))


@BACKWARD_GROWTH.misconception("std in place of the variance")
def _(w, local):
    """Doubling all weights should double the factor; yours grows by less.
    Which power of the weights belongs into a mean square?
    """
    return float(np.sqrt(w.shape[1] * w.std() * (local**2).mean()))
