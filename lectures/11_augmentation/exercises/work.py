"""Where parameters and work sit, and how far a network sees."""

import numpy as np

from grader import Case, Choice, Exercise, Question

VGG_WORK = Question(
    "architectures.vgg_work",
    "Of the 138 million parameters of VGG-16, 89 % sit in its three dense layers. Of its "
    "multiplications for one image?",
    choices=(
        Choice(
            "89 %, too: each weight is multiplied once",
            "In a dense layer it is. How often is one weight of a filter used, in an image of "
            "224 × 224?",
        ),
        Choice(
            "50 %",
            "Halfway? Compare a single layer: 3 × 3 × 64 × 64 weights, used at 224 × 224 places.",
        ),
        Choice(
            "8 %",
            "That is about AlexNet's share. VGG has more filters, at more places. In which "
            "direction does that move it?",
        ),
        Choice("0.8 %", right=True),
    ),
    why="124 million of 15.5 billion. Parameters sit in the dense layers, work sits in "
    "the convolutions: whoever wants a smaller file and whoever wants a faster network must look "
    "in different places.",
)


MEMORY = Question(
    "architectures.memory",
    "Training keeps what every layer puts out, for the backward pass. VGG-16 in float32, a batch "
    "of 64: its weights take 0.55 GB. About how much do the outputs of the layers take?",
    choices=(
        Choice(
            "0.06 GB",
            "That is one image: 15 million numbers of 4 bytes. How many images does a batch have?",
        ),
        Choice(
            "0.5 GB, as much as the weights",
            "The weights are shared by all images of a batch. Are the outputs?",
        ),
        Choice("4 GB", right=True),
        Choice(
            "35 GB, as 64 copies of the weights",
            "The outputs do not grow with the number of weights. How many numbers does a layer of "
            "64 × 224 × 224 put out?",
        ),
    ),
    why="15.2 million numbers an image, most of them in the first two blocks, times 4 bytes, times "
    "64: 3.9 GB. The weights, their gradients and the velocities of momentum are 1.7 GB together. "
    "A smaller batch saves the first and not the second.",
)


RECEPTIVE_FIELDS = Exercise(
    "architectures.receptive_fields",
    points=4,
    minutes=6,
    returns=("sizes",),
    promises={"first layer first": "stride early, stride late"},
    hints=(
        "Two layers of 3, all strides 1: the second sees three outputs of the first, and each of "
        "these sees three pixels. How many different pixels are that?",
        "Keep two numbers: how far the last layer sees, and how many pixels apart two neighbouring "
        "outputs of it are. A window of k adds k - 1 such distances.",
        "r starts at 1 and jump at 1. For each layer: r grows by (k - 1) · jump, and after that "
        "jump is multiplied by the stride.",
    ),
)


@RECEPTIVE_FIELDS.cases
def _(rng: np.random.Generator):
    k, s = (int(n) for n in (rng.choice([5, 7]), rng.choice([3, 4])))
    yield Case("strides all over", ([(k, s), (3, 2), (3, 1), (5, 3), (3, 1)],))
    yield Case("three filters of 3", ([(3, 1), (3, 1), (3, 1)],))
    yield Case("AlexNet's first layers", ([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1)],))
    yield Case("VGG's first blocks", ([(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)],))
    yield Case("stride early, stride late", ([(3, 1), (7, 1), (3, 2)],))
    yield Case("a stride longer than the window", ([(1, 2), (3, 1), (2, 4), (2, 1)],))
    yield Case("one layer", ([(k + 2, 1)],))
    yield Case("no layers", ([],))
    layers = [(int(rng.integers(2, 12)), int(rng.integers(1, 4))) for _ in range(6)]
    yield Case("some six layers", (layers,))


@RECEPTIVE_FIELDS.misconception("strides ignored")
def _(layers):
    """Where all strides are 1 you are right.
    After a stride of 2, one step of the next window moves over how many pixels?
    """
    return [int(1 + sum(k - 1 for k, _ in layers[: n + 1])) for n in range(len(layers))]


@RECEPTIVE_FIELDS.misconception("own stride counted too early")
def _(layers):
    """A layer with a stride sees too much with you; without strides you are right.
    Does the stride of a layer change what one of its *own* outputs sees?
    """
    seen, jump, sizes = 1, 1, []
    for k, stride in layers:
        jump *= stride
        seen += (k - 1) * jump
        sizes.append(seen)
    return sizes


@RECEPTIVE_FIELDS.misconception("product of the windows")
def _(layers):
    """Two windows of 3 see 9 pixels with you.
    Do neighbouring outputs of the first layer see different pixels, or partly the same?
    """
    return [int(np.prod([k for k, _ in layers[: n + 1]])) for n in range(len(layers))]


@RECEPTIVE_FIELDS.misconception("sum of the windows")
def _(layers):
    """Two windows of 3 see 6 pixels with you.
    Three outputs next to each other, each of three pixels: how many different pixels are that?
    """
    return [int(sum(k for k, _ in layers[: n + 1])) for n in range(len(layers))]


@RECEPTIVE_FIELDS.misconception("only the last stride counts")
def _(layers):
    """After one layer with a stride you are right; after two of them you see too little.
    A step of 2 in a map, each cell of which is 2 pixels from the next: how many pixels?
    """
    seen, jump, sizes = 1, 1, []
    for k, stride in layers:
        seen += (k - 1) * jump
        jump = stride
        sizes.append(seen)
    return sizes


@RECEPTIVE_FIELDS.misconception("starts at 0")
def _(layers):
    """All your numbers are too small by 1.
    How many pixels does a pixel of the input see?
    """
    seen, jump, sizes = 0, 1, []
    for k, stride in layers:
        seen += (k - 1) * jump
        jump *= stride
        sizes.append(seen)
    return sizes


@RECEPTIVE_FIELDS.misconception("a whole window for each layer")
def _(layers):
    """A single window of 7 sees 8 pixels with you.
    How many of the k outputs that a window covers were not there before?
    """
    seen, jump, sizes = 1, 1, []
    for k, stride in layers:
        seen += k * jump
        jump *= stride
        sizes.append(seen)
    return sizes


@RECEPTIVE_FIELDS.misconception("counted from the last layer")
def _(layers):
    """You begin with the last layer, so that your first number is about it.
    Which layer comes first?
    """
    seen, jump, sizes = 1, 1, []
    for k, stride in layers[::-1]:
        seen += (k - 1) * jump
        jump *= stride
        sizes.append(seen)
    return sizes


@RECEPTIVE_FIELDS.misconception("strides of the layers above")
def _(layers):
    """With you a stride enlarges what *earlier* layers add, and its own layer's share.
    After a stride, which cells lie further apart in pixels: those below it or those above it?
    """
    sizes = []
    for n in range(1, len(layers) + 1):
        seen, jump = 1, 1
        for k, stride in layers[:n][::-1]:
            jump *= stride
            seen += (k - 1) * jump
        sizes.append(seen)
    return sizes


@RECEPTIVE_FIELDS.misconception("what was seen times the stride")
def _(layers):
    """You multiply what was seen so far by the stride of the layer.
    That is the step from a layer *down* to its input. Which way does your loop go?
    """
    seen, sizes = 1, []
    for k, stride in layers:
        seen = (seen - 1) * stride + k
        sizes.append(seen)
    return sizes


SEEN = Question(
    "architectures.seen",
    "VGG-16 has 13 convolutions of 3 × 3 with stride 1, and after the 2nd, 4th, 7th, 10th and 13th "
    "a max pooling of 2 × 2 with stride 2. How many pixels each way does an output of the last "
    "pooling see?",
    choices=(
        Choice(
            "27",
            "2n + 1 with n = 13. For which strides does this formula hold?",
        ),
        Choice("212", right=True),
        Choice(
            "43",
            "Windows added up. How many pixels apart are two cells after four poolings?",
        ),
        Choice(
            "224, the whole image",
            "Nearly. Nothing forces it to be exactly the image: what does the count give?",
        ),
    ),
    why="After the five poolings: 6, 16, 44, 100, 212. It is the strides that make it large, not "
    "the number of layers.",
)
