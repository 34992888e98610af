"""Uniform numbers: which limit belongs to a variance, and what the frameworks do by default."""

import numpy as np

from grader import Number, Question

LIMIT_FACTOR = Question(
    "initialization.limit_factor",
    r"A slide prints Glorot's uniform rule as $W_{ij} \sim U\bigl(-\frac{6}{\sqrt{m+n}}, "
    r"\frac{6}{\sqrt{m+n}}\bigr)$. The paper's limit is $\sqrt{\frac{6}{m+n}}$. How many "
    r"times too large is the *variance* of the weights with the printed limit?",
    number=Number(
        6.0,
        rel_tol=0.01,
        misreadings={
            float(np.sqrt(6)): "By this factor the limit is too large, and the standard deviation. "
            "How does the variance grow with them?",
            36.0: "That is the square of the printed numerator. By which factor is the limit too "
            "large, and what does the variance make of that factor?",
            12.0: "12/(m + n) is the variance itself. With what do you have to compare it?",
            2.0: "2/(m + n) is the right variance. What is the printed one?",
        },
    ),
    why=r"A uniform number on $(-a, a)$ has variance $a^2/3$: the printed limit gives "
    r"$12/(m+n)$, the right one $2/(m+n)$.",
)


DEFAULT_FACTOR = Question(
    "initialization.default_factor",
    r"`torch.nn.Linear` draws its weights by `kaiming_uniform_(weight, a=math.sqrt(5))`. The "
    r"documentation says what this does: $w \sim U(-\ell, \ell)$ with $\ell = \sqrt{3}\,"
    r"\mathrm{std}$ and $\mathrm{std} = \sqrt{2/(1 + a^2)}\,/\sqrt{n_{in}}$. By which factor does "
    r"one such layer, without an activation, change the standard deviation of a signal with "
    r"mean zero?",
    number=Number(
        1 / np.sqrt(3),
        rel_tol=0.01,
        misreadings={
            1.0: "That is what you would expect of a rule with He's name. Which number does its "
            "standard deviation come to when you put in a?",
            float(np.sqrt(2)): "That would be a = 0, He's rule for ReLU. What is a here?",
            1 / 3: "That is the factor of the variance. What is asked for?",
            float(np.sqrt(3)): "A variance below 1/n: can the signal grow?",
        },
    ),
    why=r"$1 + a^2 = 6$, so $\mathrm{std} = 1/\sqrt{3\,n_{in}}$ and $n_{in}\mathrm{Var}(w) = "
    r"\frac13$: a factor $1/\sqrt3 = 0.577$. The limit is $\ell = 1/\sqrt{n_{in}}$: under He's "
    r"name it is the heuristic from before Xavier.",
)
