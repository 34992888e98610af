"""A Dask cluster of a test, started as docs/large_class.md says: a real scheduler, real workers."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.engine.course import ROOT

DASK = Path(sys.executable).with_name("dask")
TLS = """\
distributed:
  comm:
    require-encryption: true
    tls:
      ca-file: {folder}/cluster.pem
      scheduler: {{cert: {folder}/cluster.pem, key: {folder}/cluster.key}}
      worker: {{cert: {folder}/cluster.pem, key: {folder}/cluster.key}}
      client: {{cert: {folder}/cluster.pem, key: {folder}/cluster.key}}
  scheduler:
    allowed-failures: 2
"""


def keys(folder):
    """A certificate for all machines of a cluster, and Dask's settings that name it."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=grading", "-keyout", "cluster.key", "-out", "cluster.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    (folder / "grading.yaml").write_text(TLS.format(folder=folder))


def below(process):
    """The processes that a process has started, those that these have, and so on."""
    waiting = [process.pid]
    while waiting:
        for children in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            found = [int(pid) for pid in children.read_text().split()]
            waiting += found
            yield from found


def _is_worker(pid):
    return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()


class Cluster:
    """A scheduler and its workers.

    Args:
        folder: for certificates, settings and logs.
        course: the folder of the course that workers have.
        tls: whether it is encrypted.
    """

    def __init__(self, folder, course, tls=True):
        self.folder, self._course = folder, course
        folder.mkdir(exist_ok=True)
        if tls:
            keys(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"{'tls' if tls else 'tcp'}://127.0.0.1:{port}"
        self.scheduler, self.workers = None, []
        self.start()

    @property
    def environment(self):
        """What head, scheduler and workers have in their environment."""
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        return {**os.environ, **threads, "PYTHONPATH": str(ROOT), "DASK_CONFIG": str(self.folder)}

    def start(self):
        """Start the scheduler."""
        port = self.address.rpartition(":")[2]
        protocol = self.address.partition(":")[0]
        self.scheduler = self._dask(
            "scheduler", "--protocol", protocol, "--host", "127.0.0.1", "--port", port,
            "--no-dashboard", "--no-jupyter",
        )  # fmt: skip

    def add(self, *, preload=True, course=None, **environment):
        """Start a worker with a nanny that starts it anew when it dies."""
        loaded = ["--preload", "grader.engine.cluster_worker"] if preload else []
        worker = self._dask(
            "worker", self.address, "--nthreads", "1", "--no-dashboard", *loaded,
            "--local-directory", str(self.folder), course=course, environment=environment,
        )  # fmt: skip
        self.workers.append(worker)
        return worker

    def kill_a_worker(self):
        """Kill a worker that grades, and not its nanny."""
        grading = [pid for nanny in self.workers for pid in below(nanny) if _is_worker(pid)]
        os.kill(grading[0], signal.SIGKILL)

    def kill_the_scheduler(self):
        self.scheduler.kill()
        self.scheduler.wait()

    def wait(self, count, seconds=240):
        """Wait until the scheduler answers and so many workers have come."""
        script = (
            "import sys, distributed; c = distributed.Client(sys.argv[1], timeout=60);"
            "n = int(sys.argv[2]); n and c.wait_for_workers(n, timeout=int(sys.argv[3]))"
        )
        subprocess.run(
            [sys.executable, "-c", script, self.address, str(count), str(seconds)],
            env=self.environment, check=True, capture_output=True,
        )  # fmt: skip

    def stop(self):
        """End everything."""
        for process in [*self.workers, self.scheduler]:
            process.terminate()
        for process in [*self.workers, self.scheduler]:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.workers = []

    def log(self):
        return "".join(p.read_text() for p in sorted(self.folder.glob("*.log")))

    def _dask(self, *arguments, course=None, environment=None):
        name = f"{arguments[0]}-{time.monotonic_ns()}.log"
        with open(self.folder / name, "w") as log:
            return subprocess.Popen(
                [DASK, *arguments], cwd=course or self._course,
                env={**self.environment, **(environment or {})}, stdout=log, stderr=log,
            )  # fmt: skip


def available():
    """Whether the tests can run here."""
    return DASK.exists() and shutil.which("openssl") is not None
