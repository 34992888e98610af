"""A cell that needs a function which is still to be written: it waits, and the run goes on.

IPython would show an error and stop. In place of that stands what the cell waits for.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from inspect import unwrap
from traceback import clear_frames
from types import CodeType, TracebackType
from typing import Any

from grader.checking.definitions import all_definitions
from grader.checking.exercise import Exercise
from grader.checking.page import Page
from grader.checking.recorded import NotWritten
from grader.checking.trail import Trail, bound
from grader.course import current

AGAIN = "Choose Run, Run All Above Selected Cell, then run this cell again."


class Waiting(Trail):
    """A trail that knows which cells wait for an exercise, and for which.

    Args:
        shell: the shell; None follows nothing. nbgrader's runs show errors as ever.
    """

    def __init__(self, shell: Any = None):
        super().__init__(shell)
        self._waits: dict[str, list[str]] = {}  # by the name that a cell was to set: exercises
        self._stubs: dict[str, CodeType] = {}  # by the name of an exercise: what was not written
        self._shown: list[str] = []  # what the running cell turned out to wait for
        if shell is not None and not os.environ.get("NBGRADER_EXECUTION"):
            shell.set_custom_exc((Exception,), self.explain)

    def record(self, result: Any) -> None:
        """Note the outcome of one cell; one that waits has not failed, so the run goes on."""
        if not self._shown:
            super().record(result)
            return
        result.error_in_exec = None
        self._waits |= dict.fromkeys(bound(result.info.raw_cell), self._shown)
        self._shown = []

    def note(self, source: str, error: str | None) -> None:
        """Note that a cell with this source ran, or failed with an error in words."""
        super().note(source, error)
        if error is None and self._waits:
            for name in bound(source):
                self._waits.pop(name, None)

    def explain(
        self,
        shell: Any,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        """Say what a cell waits for; IPython calls it in place of showing an error."""
        frames = [f for f in _frames(traceback) if f.f_globals is shell.user_ns]
        self._shown, said = self._needed(error, [f.f_code for f in frames], shell.user_ns)
        if not self._shown:
            shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
            return
        from IPython.display import display
        from IPython.utils.capture import capture_output

        with capture_output():  # a loop's progress bar, let go later, would fail in another cell
            clear_frames(traceback)
        display(Page(said))

    def _needed(
        self, error: BaseException, codes: Sequence[CodeType], namespace: Mapping[str, Any]
    ) -> tuple[list[str], str]:
        """The exercises without which a cell cannot run, and that in words; none: another error."""
        name = ""
        if isinstance(error, NotWritten):
            return [error.id], str(error)
        if isinstance(error, NotImplementedError) and codes:
            name = codes[-1].co_qualname.partition(".")[0]
            self._stubs[name] = codes[-1]
        elif isinstance(error, NameError):
            name = error.name or ""
        if ids := _ids(name):
            if self._written(name, namespace):
                return ids, f"This cell uses `{name}` as it was before you wrote it. {AGAIN}"
            again = "Write it, then run this cell again."
            said = f"This cell needs `{name}`, which is not written yet. {again}"
            return ids, said + _lent(ids)
        read = {name, *(used for code in codes for used in code.co_names)}
        for used in sorted(read & self._waits.keys()):
            ids = self._waits[used]
            name = ids[0].rpartition(".")[2]
            said = f"This cell builds on one that waited for `{name}`."
            if self._written(name, namespace):
                return ids, f"{said} {AGAIN}"
            again = f"Write `{name}`, run that cell again, then this one."
            return ids, f"{said} {again}" + _lent(ids)
        return [], ""

    def _written(self, name: str, namespace: Mapping[str, Any]) -> bool:
        """Whether an exercise has another body by now than when a cell waited for it."""
        if name not in namespace:
            return False
        found = unwrap(namespace[name])
        parts = vars(found).values() if isinstance(found, type) else [found]
        codes = [getattr(unwrap(part), "__code__", None) for part in parts]
        return self._stubs.get(name) not in codes


def _frames(traceback: TracebackType | None) -> Iterator[Any]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _ids(name: str) -> list[str]:
    exercises = (d for d in all_definitions().values() if isinstance(d, Exercise))
    return [exercise.id for exercise in exercises if exercise.name == name]


def _lent(ids: Sequence[str]) -> str:
    if not current().solutions:
        return ""
    return f' Or borrow the library\'s, without its points: `borrow("{ids[0]}")`.'
