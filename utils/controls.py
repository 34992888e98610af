"""The controls of a widget: what a learner moves. `utils.widgets` says how they are used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets
import numpy as np

from utils._signatures import enforce


@dataclass(frozen=True)
class Slider:
    """A number between ``lo`` and ``hi`` in steps; an int when all four numbers are ints."""

    lo: float
    hi: float
    step: float
    value: float
    label: str
    unit: str = ""

    def build(self) -> ipywidgets.Widget:
        numbers = (self.lo, self.hi, self.step, self.value)
        if not self.lo <= self.value <= self.hi:
            raise ValueError(
                f"Slider {self.label!r}: value {self.value}, expected in [{self.lo}, {self.hi}]"
            )
        whole = all(isinstance(v, int) for v in numbers)
        digits = max(0, -int(np.floor(np.log10(self.step) + 1e-9)))
        return (ipywidgets.IntSlider if whole else ipywidgets.FloatSlider)(
            value=self.value,
            min=self.lo,
            max=self.hi,
            step=self.step,
            readout_format="d" if whole else f".{digits}f",
            description=f"{self.label} [{self.unit}]" if self.unit else self.label,
        )


@dataclass(frozen=True)
class LogSlider:
    """A positive number between ``lo`` and ``hi``, ``per_decade`` equal steps per factor of ten.

    The steps are counted from ``value``, so that it is one of them; the ends lie at the last steps
    within ``lo`` and ``hi``.
    """

    lo: float
    hi: float
    value: float
    label: str
    unit: str = ""
    per_decade: int = 10

    def build(self) -> ipywidgets.Widget:
        if not 0 < self.lo <= self.value <= self.hi:
            raise ValueError(
                f"LogSlider {self.label!r}: expected 0 < lo <= value <= hi, "
                f"got lo={self.lo}, value={self.value}, hi={self.hi}"
            )
        step, middle = 1 / self.per_decade, np.log10(self.value)
        below = np.floor(np.log10(self.value / self.lo) / step + 1e-9)
        above = np.floor(np.log10(self.hi / self.value) / step + 1e-9)
        return ipywidgets.FloatLogSlider(
            value=self.value,
            min=float(middle - below * step),
            max=float(middle + above * step),
            step=step,
            readout_format=".2r" if self.lo >= 1e-6 else ".1e",
            description=f"{self.label} [{self.unit}]" if self.unit else self.label,
        )


@dataclass(frozen=True)
class Choice:
    """One of several values: a list, or a mapping shown name → value. Default: the first."""

    options: Iterable[Any] | Mapping[str, Any]
    label: str
    value: Any = None

    def build(self) -> ipywidgets.Widget:
        if isinstance(self.options, Mapping):
            pairs = list(self.options.items())
        else:
            pairs = [(f"{v:g}" if isinstance(v, float) else str(v), v) for v in self.options]
        values = [value for _, value in pairs]
        value = values[0] if self.value is None else self.value
        if value not in values:
            raise ValueError(f"Choice {self.label!r}: value {value!r} is not one of {values!r}")
        return ipywidgets.Dropdown(options=pairs, value=value, description=self.label)


@dataclass(frozen=True)
class Toggle:
    """On or off: a bool."""

    value: bool
    label: str

    def build(self) -> ipywidgets.Widget:
        return ipywidgets.Checkbox(value=self.value, description=self.label, indent=False)


@dataclass(frozen=True)
class Press:
    """A button; its value is the number of presses since the last reset: a seed, for example."""

    label: str

    def build(self) -> ipywidgets.Widget:
        return ipywidgets.Button(description=self.label)


@dataclass(frozen=True)
class Player:
    """A frame number from 0 to ``last``: a slider with play, pause, step and speed."""

    last: int
    label: str
    fps: float = 10
    value: int = 0

    def build(self) -> ipywidgets.Widget:
        return Slider(0, self.last, 1, self.value, self.label).build()


enforce(__name__)
