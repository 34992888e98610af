"""A small lecture for the tests of the build: its script and its definitions."""

from pathlib import Path

from grader.checking.exercise import Case, Choice, Exercise, Number, Question


def cases(rng):
    yield Case("ordinary", (rng.standard_normal((3, 2)),))


FORWARD = Exercise("activations.relu_forward", points=2, make_cases=cases)
BACKWARD = Exercise("activations.relu_backward", points=3, make_cases=cases)
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
one_sign = ...

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


def write(root: Path, text: str = SCRIPT, name: str = "02_tiny") -> Path:
    """The script in its room in a course; its path."""
    path = root / "lectures" / name / "lecture.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
