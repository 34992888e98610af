"""Formgrader's button, pressed again and again: the worker of one click serves the next."""

import asyncio
import contextlib

from grader.engine.autograde import Autograde
from grader.engine.engine import Engine

# Seconds that a worker waits for the next click; it holds 130 MB meanwhile.
IDLE = 600.0


class Waiting:
    """A warm worker between two clicks.

    Clicks come one after another in the thread of the server's event loop, and so does the end of
    the waiting.
    """

    def __init__(self) -> None:
        self._engine: Engine | None = None
        self._end: asyncio.TimerHandle | None = None

    def take(self) -> Engine | None:
        """The worker, if one waits and lives; from here on it is the caller's."""
        engine, self._engine = self._engine, None
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if engine is not None and not engine.alive:
            engine.__exit__()
            return None
        return engine

    def keep(self, engine: Engine) -> bool:
        """Let a worker wait for up to ``IDLE`` seconds; False where no event loop can end that."""
        with contextlib.suppress(RuntimeError):
            self._end = asyncio.get_running_loop().call_later(IDLE, self.end)
            self._engine = engine
        return self._engine is not None

    def end(self) -> None:
        """End the worker that waits."""
        engine = self.take()
        if engine is not None:
            engine.__exit__()


WAITING = Waiting()


class AutogradeClick(Autograde):
    """Autograde in a server that goes on when it ends."""

    def start(self) -> None:
        """Grade what was clicked."""
        self.warm.engine = WAITING.take()
        super().start()

    def close(self) -> None:
        """Close the gradebook. The worker goes on, unless something went wrong with it."""
        failed = any(result.status == "failed" for result in self.results)
        engine = self.warm.engine
        if engine is not None and not failed and WAITING.keep(engine):
            self.warm.engine = None
        super().close()
