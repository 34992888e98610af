"""Grading on a running Dask cluster: the head of ``autograde --scheduler``.

The head reads submissions, sends tasks and writes what comes back. Workers get a notebook, its
files and the seeds of its cases; no names, no gradebook, no secret.
"""

import logging
import pickle
import queue
import sys
import time
import warnings
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Generic
from urllib.parse import urlsplit

from distributed import Client, Future, KilledWorker

from grader.engine import cluster_worker, keeper
from grader.engine.engine import EngineError
from grader.engine.stopped import Stopped
from grader.engine.task import Answer, Task, Work

RETRIES = 2  # of a task whose process died; of its worker, the scheduler's setting counts
PER_WORKER = 2  # tasks under way: one that runs, one that waits there
PATIENCE = 60.0  # seconds without a worker until a run stops
_LOOK = 5.0  # seconds between two looks at the workers


class ClusterLost(Stopped):
    """The cluster cannot be used, or not any more."""


@dataclass
class _UnderWay(Generic[Answer]):
    """A submission's work, and the task that it waits for."""

    work: Work[Answer]
    task: Task
    alone: bool = False


class Cluster:
    """A connection to a scheduler. Use it as a context manager.

    Args:
        address: ``tls://HOST:8786``; without TLS on this machine only.
        isolated: whether workers must shut submissions in.

    Raises:
        ClusterLost: no scheduler answers there, or it would be unsafe to ask.
    """

    def __init__(self, address: str, *, isolated: bool):
        _check(address)
        versions = keeper.versions()
        self._versions = versions
        self._resource = cluster_worker.resource(versions, isolated=isolated)
        self._address = address
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._seen: set[str] = set()
        self._fit = 0
        self._looked = -_LOOK
        self._last_fit = time.monotonic()
        for logger in ("distributed", "distributed.client"):
            logging.getLogger(logger).setLevel(logging.CRITICAL)  # we say it ourselves
        try:
            self._client = Client(address, timeout=10, set_as_default=False, name="grader")
        except (OSError, TypeError, ValueError) as error:
            raise ClusterLost(f"No scheduler answers at {address}: {error}") from None

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: Any) -> None:
        self._client.close(timeout=2)

    def all_of(self, works: Iterator[Work[Answer]]) -> Iterator[Answer]:
        """Do work with all of its tasks run on the cluster; gives the answers as they come.

        No more of it is begun than the workers need to be busy.

        Args:
            works: what asks for tasks.

        Raises:
            ClusterLost: what was not answered is to be asked again.
        """
        under_way: dict[Future, _UnderWay[Answer]] = {}
        suspects: deque[_UnderWay[Answer]] = deque()
        self._look()
        if self._seen and not self._fit:
            raise ClusterLost(f"No worker at {self._address} can grade this course.")
        if not self._seen:
            print(f"Waiting for a worker to come to {self._address}.", file=sys.stderr)
        try:
            while True:
                while len(under_way) < PER_WORKER * max(self._fit, 1):
                    if (work := next(works, None)) is None:
                        break
                    yield from self._go_on(under_way, work, None)
                if not under_way and suspects:
                    self._submit(under_way, suspects.popleft())
                elif not under_way:
                    if not self._seen:  # a worker came and was done before it was looked for
                        self._look()
                    return
                if (future := self._next()) is None:
                    continue
                mine = under_way.pop(future)
                answer = self._answer(future)
                if isinstance(answer, KilledWorker) and not mine.alone:
                    mine.alone = True  # it may have been a neighbour that killed the workers
                    suspects.append(mine)
                else:
                    yield from self._go_on(under_way, mine.work, answer)
        finally:
            for mine in [*under_way.values(), *suspects]:
                mine.work.close()

    def _go_on(
        self, under_way: dict[Future, _UnderWay[Answer]], work: Work[Answer], answer: Any
    ) -> Iterator[Answer]:
        """Give work the answer to its last task and submit its next one, or give its answer."""
        try:
            if isinstance(answer, KilledWorker):
                task = work.throw(EngineError(f"{RETRIES + 1} workers died of it"))
            elif isinstance(answer, Exception):
                task = work.throw(answer)
            else:
                task = work.send(answer)
        except StopIteration as end:
            yield end.value
        else:
            self._submit(under_way, _UnderWay(work, task))

    def _submit(self, under_way: dict[Future, _UnderWay[Answer]], mine: _UnderWay[Answer]) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")  # a submission may be large
            future = self._client.submit(
                cluster_worker.run,
                pickle.dumps(mine.task),
                pure=False,
                retries=RETRIES,
                resources={self._resource: 1},
            )
        under_way[future] = mine
        future.add_done_callback(self._ended.put)

    def _next(self) -> Future | None:
        """A task that has ended; None when none has for a second."""
        if self._client.status != "running":
            raise self._gone()
        if time.monotonic() - self._looked > _LOOK:
            self._look()
        try:
            return self._ended.get(timeout=1)
        except queue.Empty:
            return None

    def _answer(self, future: Future) -> Any:
        """What came of a task: a Run, or an error that belongs to its submission."""
        if future.status == "cancelled" or self._client.status != "running":
            raise self._gone()
        if future.status == "error":
            return future.exception()
        try:
            return pickle.loads(future.result(timeout=60))
        except (OSError, TimeoutError):
            raise self._gone() from None

    def _gone(self) -> ClusterLost:
        return ClusterLost(f"The scheduler at {self._address} is gone.")

    def _look(self) -> None:
        """Count the workers that can be given tasks, and say of new ones why they cannot."""
        try:
            workers = self._client.scheduler_info(n_workers=-1)["workers"]
        except (OSError, TimeoutError, ValueError, KeyError):  # a closed client knows no workers
            raise self._gone() from None
        self._looked = time.monotonic()
        self._fit = sum(self._resource in worker["resources"] for worker in workers.values())
        if self._fit:
            self._last_fit = self._looked
        elif self._looked - self._last_fit > PATIENCE:
            became = "is left" if self._seen else "has come"
            raise ClusterLost(f"No worker {became} at {self._address}.")
        new = [name for name in workers if name not in self._seen]
        if new:
            self._seen.update(new)
            self._introduce(new)

    def _introduce(self, new: list[str]) -> None:
        said: Any = self._client.run(cluster_worker.described, workers=new, on_error="return")
        tiers: Counter[int] = Counter()
        for name, description in sorted(said.items()):
            if problem := self._problem(description):
                print(f"{name} gets nothing: {problem}", file=sys.stderr)
            else:
                tiers[description["tier"]] += 1
        for tier, count in sorted(tiers.items()):
            workers = f"{count} worker{'s' * (count > 1)}"
            print(f"{workers} with sandbox tier {tier}", file=sys.stderr)

    def _problem(self, description: Any) -> str | None:
        """Why a worker cannot be given tasks, in a sentence."""
        if not isinstance(description, dict):
            wanted = "--preload grader.engine.cluster_worker"
            return f"it was not started with {wanted}, or its log says why that failed"
        theirs = description["versions"]
        other = [
            f"its {name} is {theirs.get(name, 'missing')}, here it is {version}"
            for name, version in self._versions.items()
            if theirs.get(name) != version
        ]
        if other:
            return "; ".join(other)
        if description["tier"] == 3 and self._resource.endswith("-isolated"):
            return "it cannot shut submissions in (tier 3)"
        return None


def _check(address: str) -> None:
    """Refuse an address at which anybody could listen, or send a worker what to run."""
    parts = urlsplit(address)
    try:
        local = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback
    except ValueError:
        local = False
    if parts.scheme != "tls" and not (parts.scheme == "tcp" and local):
        how = "use tls://HOST:PORT, as docs/large_class.md says"
        raise ClusterLost(f"{address} is not safe: {how}.")
