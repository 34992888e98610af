"""Golden values: what PyTorch, SciPy and scikit-learn answer for the functions of ``utils``.

``NAME.py`` computes the values for ``utils.NAME`` in ``values(rng)``: a flat dict of arrays,
inputs and outputs together. ``NAME.npz`` holds what it gave for seed 0, with the versions used, so
that the tests need none of these libraries. ``python -m tests.golden [NAME ...]`` writes it anew.
Where the libraries are installed the same tests also run on values made live from another seed.
"""

import importlib
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent
LIVE_SEED = 1


def both(name: str, *needs: str) -> list:
    """Parameters for a test: the stored values of ``name``, and the same made live.

    ``needs`` names the modules that the live values need (default: torch).
    """
    with np.load(FOLDER / f"{name}.npz") as stored:
        recorded = {key: stored[key] for key in stored.files}
    return [
        pytest.param(lambda: recorded, id="stored"),
        pytest.param(lambda: _live(name, needs or ("torch",)), id="live"),
    ]


def _live(name: str, needs: tuple[str, ...]) -> dict[str, np.ndarray]:
    for module in needs:
        pytest.importorskip(module, reason=f"{module} is only needed for live golden values")
    return importlib.import_module(f"tests.golden.{name}").values(np.random.default_rng(LIVE_SEED))
