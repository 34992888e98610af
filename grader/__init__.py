"""The checker of Deep Training Lab: ``from grader import check, hint, progress``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.notebook import check, hint, progress

__all__ = ["check", "hint", "progress"]


def __getattr__(name: str) -> Any:
    """Import them when they are asked for: the doctor must run where NumPy is missing."""
    if name not in __all__:
        raise AttributeError(f"module 'grader' has no attribute {name!r}")
    from grader import notebook

    return getattr(notebook, name)
