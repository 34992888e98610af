"""A warm worker, and the shut-in processes that it forks: the trusted side of the socket.

References, expected values, misconceptions and the gradebook stay in this process.
"""

import contextlib
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.course import current
from grader.engine import sandbox, wire
from grader.engine.staging import stage
from grader.engine.temporary import Temporary, remove

_MAX_ENTRIES = 10_000  # files and folders of a submission, as in tier 1
_END_SECONDS = 2.0  # for a process that was killed


class EngineError(Exception):
    """The engine cannot run submissions here; the message says why and what would help."""


@dataclass(frozen=True)
class Times:
    """Time limits, in seconds.

    Args:
        cell: one cell.
        case: one call of a student's function by a check.
        submission: everything together; what is left then is not reached.
        start: entering the sandbox.
    """

    cell: float = 30.0
    case: float = 5.0
    submission: float = 300.0
    start: float = 20.0


class Engine:
    """A warm worker. Use it as a context manager.

    Entering starts the worker and does not wait: the first :meth:`open` does. The worker ends with
    the thread that entered it, however that ends.

    Args:
        lectures: whose exercises are withheld, "02_sorting".
        tier: sandbox tier; None takes the best there is.
        limits: what a submission may use.
        times: time limits.
    """

    def __init__(
        self,
        *lectures: str,
        tier: int | None = None,
        limits: sandbox.Limits | None = None,
        times: Times | None = None,
    ):
        self.lectures = lectures
        self.tier = sandbox.detect()[0] if tier is None else tier
        self.limits = limits or sandbox.Limits()
        self.times = times or Times()

    def __enter__(self) -> "Engine":
        self._folder = Temporary()
        home = self._folder.path
        home.chmod(0o755)
        self._course = home / "course"
        self._course.mkdir()
        course = current()
        stage(self.lectures, self._course, course)
        for name in ("matplotlib", "ipython", "home"):
            (self._course / name).mkdir(mode=0o755)
        self._control, theirs = socket.socketpair()
        self._worker = subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-B",
                "-m",
                "grader.engine.worker",
                str(theirs.fileno()),
                course.library,
            ],
            cwd=self._course,
            env=_environment(self._course),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        theirs.close()
        self._warm, self._problem = False, ""
        return self

    def __exit__(self, *_: Any) -> None:
        self._control.close()
        self._worker.kill()
        self._worker.wait()
        if self._worker.stderr:
            self._worker.stderr.close()
        self._folder.remove()

    @property
    def alive(self) -> bool:
        """Whether the worker still runs."""
        return self._worker.poll() is None

    def open(self) -> "Session":
        """A fresh shut-in process.

        Raises:
            EngineError: the worker does not start, or the process could not be shut in.
        """
        if not self._warm:
            self._await_worker()
        ours, theirs = socket.socketpair()
        scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=self._folder.path))
        request = {
            "tier": self.tier,
            "course": str(self._course),
            "scratch": str(scratch),
            "limits": asdict(self.limits),
        }
        socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno()])
        theirs.close()
        pid = int(self._control.recv(32))
        session = Session(ours, pid, scratch, self.tier, self.limits)
        try:
            answer, _ = wire.receive(ours, time.monotonic() + self.times.start)
        except wire.WireError as error:
            session.kill()
            raise EngineError(f"a submission's process did not start: {error}") from None
        if "ready" not in answer:
            session.kill()
            raise EngineError(str(answer.get("refused"))[:500])
        return session

    def _await_worker(self) -> None:
        if not self._problem and self._control.recv(16) != b"warm\n":
            assert self._worker.stderr
            last = self._worker.stderr.read().decode(errors="replace").strip().splitlines()
            self._problem = "the worker does not start: " + (last[-1] if last else "no reason")
        if self._problem:
            raise EngineError(self._problem)
        self._warm = True


class Session:
    """A connection to one shut-in process."""

    def __init__(
        self,
        connection: socket.socket,
        pid: int,
        scratch: Path,
        tier: int,
        limits: sandbox.Limits,
    ):
        self._connection = connection
        self._pid = pid
        self._scratch = scratch
        self._limits = limits
        self._watched = tier > 1
        # A number of a process may be given to another one; this handle is not.
        self._handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    def ask(
        self, request: dict[str, Any], seconds: float, blob: bytes = b""
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its answer.

        Raises:
            wire.TimedOut, wire.Closed, wire.WireError: no proper answer came; the process must
                be killed.
        """
        self.tell(request, seconds, blob)
        return self.hear(seconds)

    def tell(self, request: dict[str, Any], seconds: float, blob: bytes = b"") -> None:
        """Send a request; raises what :meth:`ask` raises."""
        self._connection.settimeout(seconds)
        wire.send(self._connection, request, blob)

    def hear(self, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Wait for an answer; raises what :meth:`ask` raises."""
        watch = self._watch if self._watched else None
        answer = wire.receive(self._connection, time.monotonic() + seconds, watch)
        if watch:
            watch()
        return answer

    def kill(self) -> None:
        """End the process and everything in it."""
        with contextlib.suppress(ProcessLookupError):
            if self._handle is None:
                os.kill(self._pid, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
                if self._watched:  # or it might still write into its scratch
                    select.select([self._handle], [], [], _END_SECONDS)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        self._connection.close()
        remove(self._scratch)

    def _watch(self) -> None:
        """Look at what tier 1 bounds by itself: the threads and the files.

        Raises:
            wire.WireError: there are more than allowed.
        """
        process = Path("/proc", str(self._pid))
        with contextlib.suppress(OSError):
            if len(os.listdir(process / "task")) > self._limits.threads:
                raise wire.WireError("more threads than allowed")
        size = _open_and_deleted(process / "fd") + _size(self._scratch)
        if size > self._limits.scratch_mb << 20:
            raise wire.WireError("more files than allowed")


def _size(folder: Path) -> int:
    """Bytes of the files below a folder, in which files come and go meanwhile.

    Raises:
        wire.WireError: there are too many, or some where they could not be counted.
    """
    size, entries, waiting = 0, 0, [str(folder)]
    while waiting:
        try:
            for entry in os.scandir(waiting.pop()):
                entries += 1
                if entries > _MAX_ENTRIES:
                    raise wire.WireError("more files than allowed")
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_size
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise wire.WireError(f"a folder that cannot be looked into: {error}") from None
    return size


def _open_and_deleted(handles: Path) -> int:
    """Bytes of the files that a process has open and that no folder shows any more."""
    size = 0
    with contextlib.suppress(OSError):
        for handle in os.scandir(handles):
            with contextlib.suppress(OSError):
                status = handle.stat()
                if stat.S_ISREG(status.st_mode) and not status.st_nlink:
                    size += status.st_size
    return size


def _environment(course: Path) -> dict[str, str]:
    """What the worker's environment holds: nothing of the grader's own."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(course / "home"),
        "PYTHONPATH": str(course),
        "PYTHONHASHSEED": "0",
        "MPLCONFIGDIR": str(course / "matplotlib"),
        "IPYTHONDIR": str(course / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "NBGRADER_EXECUTION": "autograde",
        **dict.fromkeys(threads, "1"),
    }
