"""A small lecture for the tests of the build: its script and its definitions."""

from grader.checking.exercise import Case, Choice, Exercise, Number, Question


def cases(rng):
    yield Case("ordinary", (rng.standard_normal((3, 2)),))


FORWARD = Exercise("activations.relu_forward", cases, points=2)
BACKWARD = Exercise("activations.relu_backward", cases, points=3)
LETTER = Question("tiny.one_sign", "Which sign?", (Choice("plus"), Choice("minus", right=True)))
NUMBER = Question("tiny.half", "How much?", number=Number(0.5, rel_tol=0.01))
DEFINITIONS = (FORWARD, LETTER)

SCRIPT = """\
# %% [markdown] tags=["ACT-07"]
# # Rectified units
#
# The formula is $x^+$.

# %% tags=["setup"]
import numpy as np
from jaxtyping import Float

from grader import check

# %% tags=["predict", "ACT-04"]
one_sign = "b"

# %% tags=["check"]
check("tiny.one_sign")

# %% [markdown]
# ## Write it

# %% tags=["exercise"]
from utils.activations import relu_forward

# %% tags=["check"]
check("activations.relu_forward")

# %% tags=["demo"]
relu_forward(np.ones(3))[0]
"""
