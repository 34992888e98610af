"""What differs between a desk and a browser's tab, where Python is WebAssembly (Pyodide).

In a tab there is no process, no thread and no timer. NumPy sees no floating-point flags there, and
files last only on the drive that the page keeps. What else of the checker has to know where it runs
asks this module.
"""

from __future__ import annotations  # an old Python must be able to read this

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import Any

IN_TAB = sys.platform == "emscripten"
# WebAssembly has no status flags, so NumPy never warns of an overflow there.
BLIND = IN_TAB
# How much longer an exercise may take that asks for much time: a tab has one core and no BLAS.
PATIENCE = 5 if IN_TAB else 1
# JupyterLite's files: what lies elsewhere is gone when the page is closed.
DRIVE = Path("/drive")
_sleep = time.sleep
AGAIN = 0.2  # seconds from one alarm to the next
_CHECKS = str(Path(__file__).parent)
_monitoring: Any = getattr(sys, "monitoring", None)  # since Python 3.12


class _TimeIsUp(BaseException):
    """Raised in code that takes too long; no `except Exception` in it swallows this."""


class time_limit:
    """Raise TimeoutError where what runs inside takes too long.

    Args:
        seconds: the limit. It holds in the main thread of a POSIX system and in a browser's tab;
            elsewhere there is none. A single call into compiled code is not cut short, nor
            is, before Python 3.12, an endless loop in which all stands behind a bare ``except:``.
    """

    def __init__(self, seconds: float) -> None:
        self._said = f"no answer within {seconds:g} s"
        self._seconds = seconds
        self._over = False
        self._raised = False
        self._stubborn = _Stubborn(self._said)
        alarm = _alarm()
        main = threading.current_thread() is threading.main_thread()
        self._alarm = alarm if main else None

    def __enter__(self) -> None:
        if self._alarm is not None:
            self._previous = signal.signal(signal.SIGALRM, self._stop)
            # The alarm repeats: a bare `except:` inside an endless loop would swallow it once.
            self._alarm(self._seconds)

    def __exit__(self, _kind: Any, error: BaseException | None, traceback: Any) -> None:
        self._over = True
        self._stubborn.forget()
        if self._alarm is not None:
            self._alarm(0)
            signal.signal(signal.SIGALRM, self._previous)
        # It may have been caught on the way, by an `except:` or where the garbage collector calls
        # Python's code; an error that comes out after that comes too late all the same.
        if isinstance(error, _TimeIsUp) or (self._raised and isinstance(error, Exception)):
            raise TimeoutError(self._said).with_traceback(traceback) from None

    def _stop(self, _signum: int, frame: Any) -> None:
        # On a busy machine an alarm may come when all is over, and must not break what follows.
        if not self._over and frame.f_code not in _OWN:
            if self._raised:  # the first was swallowed
                self._stubborn.watch()
            self._raised = True
            raise _TimeIsUp(self._said)


class _Stubborn:
    """Raises the end of the time again wherever a function catches it, until it is left.

    Args:
        said: the message.
    """

    def __init__(self, said: str) -> None:
        self._said = said
        self._tool: int | None = None
        self._catching: set[CodeType] = set()

    def watch(self) -> None:
        """Begin; nothing happens where Python cannot tell (before 3.12) or other tools watch."""
        if _monitoring is None or self._tool is not None:
            return
        free = (number for number in (3, 4) if _monitoring.get_tool(number) is None)
        self._tool = next(free, None)
        if self._tool is not None:
            events = _monitoring.events
            _monitoring.use_tool_id(self._tool, "time limit")
            _monitoring.register_callback(self._tool, events.EXCEPTION_HANDLED, self._caught)
            _monitoring.register_callback(self._tool, events.INSTRUCTION, self._raise)
            _monitoring.set_events(self._tool, events.EXCEPTION_HANDLED)

    def forget(self) -> None:
        """End."""
        if self._tool is not None:
            _monitoring.set_events(self._tool, 0)
            for code in self._catching:
                _monitoring.set_local_events(self._tool, code, 0)
            for event in (_monitoring.events.EXCEPTION_HANDLED, _monitoring.events.INSTRUCTION):
                _monitoring.register_callback(self._tool, event, None)
            _monitoring.free_tool_id(self._tool)
            self._tool = None

    def _caught(self, code: CodeType, _offset: int, error: BaseException) -> None:
        if not isinstance(error, _TimeIsUp):
            return
        if code.co_filename.startswith(_CHECKS):
            self.forget()  # it is ours to handle: the function is left
        elif code not in self._catching:
            # Raised here, it would be caught by the same `except:` again; so raise it one step on.
            self._catching.add(code)
            _monitoring.set_local_events(self._tool, code, _monitoring.events.INSTRUCTION)

    def _raise(self, _code: CodeType, _offset: int) -> None:
        raise _TimeIsUp(self._said)


def _alarm() -> Callable[[float], Any] | None:
    """What sets the alarm clock to a number of seconds, 0 for never; None where there is none."""
    if IN_TAB:
        return _tab_alarm
    if hasattr(signal, "setitimer"):
        return _desk_alarm
    return None


def _desk_alarm(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN if seconds else 0)


def _tab_alarm(seconds: float) -> None:
    """Pyodide looks into its interrupt buffer every few steps: is there the number of a signal?

    An object that asks the clock takes the place of that buffer, so that nobody has to write into
    it while Python runs: that would need a thread, and headers that not every server can send.
    """
    import pyodide_js  # type: ignore[import-not-found]
    from pyodide.code import run_js  # type: ignore[import-not-found]

    if not seconds:
        pyodide_js.setInterruptBuffer(None)
        time.sleep = _sleep
        return
    time.sleep = _naps
    clock = run_js(
        """(first, again, signal) => { let due = performance.now() + first; return {
          get 0() { const now = performance.now(); if (now < due) return 0;
                    due = now + again; return signal },
          set 0(_) {} } }"""
    )
    pyodide_js.setInterruptBuffer(clock(1000 * seconds, 1000 * AGAIN, int(signal.SIGALRM)))


# An alarm that comes in one of these is not heeded: raised there, it would break the limit itself.
_OWN = {
    function.__code__
    for function in (
        *(time_limit.__enter__, time_limit.__exit__, time_limit._stop),
        *(_Stubborn.watch, _Stubborn.forget, _Stubborn._caught, _Stubborn._raise),
        *(_desk_alarm, _tab_alarm),
    )
}


def _naps(seconds: float) -> None:
    """Sleep so that an alarm can wake one; the browser's own sleep hears none."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        _sleep(min(left, AGAIN))


def kept() -> bool:
    """Whether the working directory is a place whose files outlive this session."""
    return not IN_TAB or Path.cwd().is_relative_to(DRIVE)


def home(root: Path) -> Path:
    """Where a student's work lies: notebooks, the record, the certificate.

    Args:
        root: the course's folder. It is the home where it holds ``notebooks/``. An installed course
            has none; then it is the browser's drive, or else the working directory. Where many
            share a folder that is not theirs to write in, it is each one's own home.
    """
    if IN_TAB and kept():
        return DRIVE
    if not (root / "notebooks").is_dir():
        return Path.cwd()
    return root if os.access(root, os.W_OK) else Path.home()


def storage() -> str:
    """What a student has to know about where work is kept; "" at a desk."""
    if not IN_TAB:
        return ""
    if not kept():
        return (
            "This page keeps nothing: what you do here is gone when you close it. Save your work "
            "before: `from grader import save_work`, then `save_work()`."
        )
    return (
        "Notebooks and progress are kept by this browser, for this page only. Deleting the site's "
        "data, or closing a private window, deletes them: `from grader import save_work`, then "
        "`save_work()`, puts everything into one file that you can download."
    )


def known_here(lines: int) -> str:
    """What to say of a record that holds nothing, where it may have been lost; "" at a desk.

    Args:
        lines: how many lines the record has.
    """
    if not IN_TAB or lines:
        return ""
    return (
        "Nothing is recorded here. If you have worked on this page before, the browser has deleted "
        "it: upload the file that you saved, then `from grader import restore_work` and "
        "`restore_work()`."
    )


def own_integers(array: Any) -> Any:
    """A copy of an array as NumPy would make it here: integers of a tab have 32 bits.

    ``np.bincount`` and others refuse longer ones there, which they would not do at a desk.

    Args:
        array: a NumPy array.
    """
    return array.astype("intp") if IN_TAB and array.dtype == "int64" else array.copy()


def dtype_name(dtype: Any) -> str:
    """How a message calls a dtype: the integers that one gets unasked have one name everywhere.

    Args:
        dtype: of NumPy.
    """
    return "int64" if IN_TAB and dtype == "int32" else str(dtype)
