"""Write the golden values anew: ``python -m tests.golden [NAME ...]``.

Needs PyTorch, SciPy and scikit-learn.
"""

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from tests.golden import FOLDER


def installed(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"


names = sys.argv[1:] or sorted(p.stem for p in FOLDER.glob("[!_]*.py"))
for name in names:
    values = importlib.import_module(f"tests.golden.{name}").values(np.random.default_rng(0))
    versions = ", ".join(map(installed, ("numpy", "torch", "scipy", "scikit-learn")))
    np.savez_compressed(FOLDER / f"{name}.npz", versions=np.array(versions), **values)
    print(f"{name}.npz: {len(values)} arrays ({versions})")
