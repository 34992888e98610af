"""The river of the second lecture: its depth at seven places."""

from pathlib import Path

import numpy as np

FILE = Path(__file__).resolve().parents[1] / "data" / "river.csv"


def measured() -> tuple[np.ndarray, np.ndarray]:
    """Distances from the bank and depths, in metres; both of shape (7,)."""
    metres, depth = np.loadtxt(FILE, delimiter=",", skiprows=1, unpack=True)
    return metres, depth
