"""Remembers which cells of a notebook failed, so that a check can name the real error.

Without it a cell with a syntax error leads to "name is not defined" at the check below.
"""

import ast
import re
from typing import Any

_DEFINES = re.compile(
    r"^(?:def|class)\s+(\w+)|^(\w+)\s*=[^=]|^from\s+\S+\s+import\s+(\w+)", re.MULTILINE
)


class Trail:
    """Follows the cells that an IPython shell runs.

    Args:
        shell: the shell; None follows nothing.
    """

    def __init__(self, shell: Any = None):
        self.last = ""  # the source of the cell that ran last
        self._errors: dict[str, str] = {}
        if shell is not None:
            shell.events.register("post_run_cell", self.record)

    def record(self, result: Any) -> None:
        """Note the outcome of one cell: an IPython ExecutionResult."""
        error = result.error_before_exec or result.error_in_exec
        self.note(result.info.raw_cell or "", describe(error) if error else None)

    def note(self, source: str, error: str | None) -> None:
        """Note that a cell with this source ran, or failed with an error in words."""
        self.last = source
        for match in _DEFINES.finditer(source):
            name = next(filter(None, match.groups()))
            if error is None:
                self._errors.pop(name, None)
            else:
                self._errors[name] = error

    def error(self, name: str) -> str | None:
        """The error of the last cell that was to define ``name``; None if it ran or was not run."""
        return self._errors.get(name)


def bound(source: str) -> set[str]:
    """The names that a cell sets.

    Args:
        source: the cell; one that is more than Python, such as ``%time``, sets none.
    """
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored | {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def describe(error: BaseException) -> str:
    """An error in one line; for a syntax error with the line of code it points at."""
    text = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
    if isinstance(error, SyntaxError) and error.lineno:
        line = f", line {error.lineno}"
        code = f": `{error.text.strip()}`" if error.text else ""
        return f"{text}{line}{code}"
    return text[:300]
