"""Demos that keep pace in a browser's tab, where NumPy has no BLAS.

A product of matrices takes 20 to 60 times longer there. What would take a minute does less, and the
next caption says so::

    x = rng.standard_normal((fewer(1000, 100, "examples"), 500))
    ...
    show(fig, caption="The outputs of all ten layers.", alt="...")

At a desk this is 1000, and the caption is as it is written. In a tab it is 100, and the caption
goes on: "In a browser's tab with 100 of 1000 examples: numbers may differ from those in the text."
"""

import sys

from utils._signatures import enforce

IN_TAB = sys.platform == "emscripten"

_once: dict[str, str] = {}  # what the next caption says
_always: dict[str, str] = {}  # what every caption says


def fewer(desk: int, tab: int, of: str, *, always: bool = False) -> int:
    """How many to compute with: ``desk``, or in a browser's tab ``tab`` if that is less.

    Args:
        desk: number at a desk, at least 1.
        tab: number in a tab, at least 1.
        of: what they are, in the plural: "examples", "epochs".
        always: whether it concerns all pictures that follow, as data do that a whole lecture uses.

    Returns:
        The number. In a tab the next caption, or every one from here on, says that it is less.

    Raises:
        ValueError: a number is less than 1.
    """
    if min(desk, tab) < 1:
        raise ValueError(f"expected numbers of {of} that are at least 1, got {desk} and {tab}")
    if not IN_TAB or tab >= desk:
        return desk
    (_always if always else _once)[of] = f"{tab} of {desk} {of}"
    return tab


def noted(caption: str) -> str:
    """A caption with a sentence about what :func:`fewer` has reduced since the last one.

    Args:
        caption: what it says at a desk; "" for the sentence alone, below something printed.

    Returns:
        The same at a desk, and in a tab where nothing was reduced.
    """
    reduced = _always | _once
    _once.clear()
    if not reduced:
        return caption
    what = " and ".join(reduced.values())
    said = f"In a browser's tab with {what}: numbers may differ from those in the text."
    return f"{caption} {said}".lstrip()


enforce(__name__)
