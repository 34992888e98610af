"""What a Dask worker needs to grade: ``dask worker --preload grader.engine.cluster_worker ...``.

It says which course and versions it has, and in which tier it shuts submissions in, as a resource
before it is given anything. A head asks for the resource that it needs, so that a worker with
another course, or without a sandbox, gets no submission.
"""

import asyncio
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import threading
from typing import Any

from distributed import Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

NAME = "grader"


def resource(versions: dict[str, str], *, isolated: bool) -> str:
    """The name of what a worker offers and a task needs.

    Args:
        versions: as :func:`grader.engine.keeper.versions` tells them.
        isolated: whether submissions are shut in, tier 1 or 2.
    """
    digest = hashlib.sha256(json.dumps(versions, sort_keys=True).encode()).hexdigest()[:16]
    return f"{NAME}-{digest}" + ("-isolated" if isolated else "")


def run(task: bytes) -> bytes:
    """Run a pickled task; gives the pickled answer."""
    return _keeper(get_worker()).run(task)


def described(dask_worker: Worker) -> dict[str, Any] | None:
    """Versions and tier of the worker that this runs on; None when it was not made to grade."""
    return _keeper(dask_worker).description if NAME in dask_worker.plugins else None


def _keeper(worker: Worker) -> "Keeper":
    plugin = worker.plugins[NAME]
    assert isinstance(plugin, Grading)
    return plugin.keeper


async def dask_setup(worker: Worker) -> None:
    """Called by Dask before the worker registers with the scheduler."""
    plugin = Grading()
    await worker.plugin_add(plugin, name=NAME)
    description = plugin.keeper.description
    for isolated in (False, True):
        if description["tier"] < 3 or not isolated:
            offer = resource(description["versions"], isolated=isolated)
            worker.state.total_resources[offer] = worker.state.available_resources[offer] = 1


class Grading(WorkerPlugin):
    """Holds the worker's keeper."""

    async def setup(self, worker: Worker) -> None:
        self.keeper = Keeper()
        await asyncio.to_thread(self.keeper.wait)

    def teardown(self, worker: Worker) -> None:
        self.keeper.close()


class KeeperDied(Exception):
    """The process that runs submissions ended in the middle of one."""


class Keeper:
    """The other end of a :mod:`grader.engine.keeper`, which is started anew when it has died.

    Args:
        description: its versions and tier.
    """

    description: dict[str, Any]

    def __init__(self) -> None:
        self._lock = threading.Lock()  # one task at a time, however many threads there are
        self._start()

    def _start(self) -> None:
        self._connection, theirs = multiprocessing.Pipe()
        handle = theirs.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "grader.engine.keeper", str(handle)],
            # Dask sets the allocator of its workers so that forks become slow.
            env={k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")},
            pass_fds=[handle],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()

    def wait(self) -> None:
        """Wait until it is ready.

        Raises:
            KeeperDied: it does not start.
        """
        try:
            self.description = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError):
            self.close()
            raise KeeperDied("the process that runs submissions does not start") from None

    def run(self, task: bytes) -> bytes:
        """Run a pickled task.

        Raises:
            KeeperDied: in the middle of it.
        """
        with self._lock:
            if self._connection.closed:
                self._start()
                self.wait()
            try:
                self._connection.send_bytes(task)
                return self._connection.recv_bytes()
            except (EOFError, OSError):
                self.close()
                raise KeeperDied("the process that runs submissions died") from None

    def close(self) -> None:
        """End it."""
        self._connection.close()
        self._process.kill()
        self._process.wait()
