"""Layers with nothing in between."""

from grader import Number, Question

BOTTLENECK = Question(
    "backpropagation.bottleneck",
    "Five layers with $\\varphi(z) = z$ and the widths 20-20-2-20-20-20, with random weights. They "
    "are one layer with one matrix of shape (20, 20). What is its rank?",
    number=Number(
        2,
        rel_tol=1e-9,
        misreadings={
            20: "The shape allows 20. But what has passed through two numbers?",
            5: "That is the number of layers. What does a product of matrices do to the rank?",
            1: "One number would be left of each input. How many pass through the narrowest layer?",
            10: "That is half of the width. How many numbers pass through the narrowest layer?",
        },
    ),
    why="Everything passes through two numbers, and no later layer can make more of them than two "
    "directions. Without a nonlinearity depth buys nothing, and a narrow layer costs something.",
)
