"""What the attacks have in common: a lecture, an honest answer, and how a notebook is graded."""

import inspect

from grader.engine import sandbox
from grader.engine.submission import Step, case_seed
from grader.engine.submission import run as run_cells
from utils import activations

LECTURES = ("02_activations", "04_initialization")
RELU, HE = "activations.relu_forward", "initialization.he_normal"
SETUP = "import numpy as np\nfrom jaxtyping import Float\nfrom grader import check, hint"
HONEST = inspect.getsource(activations.relu_forward)
TIERS = [t for t in (1, 2) if sandbox._try(t) is None]


def grade(engine, *cells, check=RELU):
    """Run a notebook of these cells and judge one exercise at its end."""
    steps = [Step(SETUP), *(Step(inspect.cleandoc(cell)) for cell in cells), Step("", check=check)]
    return run_cells(engine, steps, seed=lambda id: case_seed(b"secret", id))


def text(run):
    """All that the cells show."""
    return str([outcome.outputs for outcome in run.outcomes])


def printed(run, cell=1):
    """What a cell wrote to its streams; the first is the set-up."""
    shown = run.outcomes[cell].outputs
    return "".join(o["text"] for o in shown if o["output_type"] == "stream")
