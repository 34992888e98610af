"""A PostgreSQL server of a test's own, in a scratch folder, on a free port."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

_PLACES = [*Path("/usr/lib/postgresql").glob("*/bin")]
INITDB = shutil.which("initdb", path=os.pathsep.join(map(str, _PLACES))) or shutil.which("initdb")


def needed():
    """Skip where PostgreSQL is absent, with the reason."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed")
    if INITDB is None:
        pytest.skip("there is no PostgreSQL on this machine (Debian: apt install postgresql)")
    if os.geteuid() == 0 and _nobody() is None:
        pytest.skip("initdb refuses root, and there is no user postgres")


def _nobody():
    """Whom the server runs as when the test is root."""
    try:
        return pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
    except KeyError:
        return None


class Server:
    """A server that asks for a password, as a grader's does.

    Attributes:
        url: what nbgrader's ``db_url`` takes. The password is not in it.
        passwords: the file that ``PGPASSFILE`` is to name; a grader's is ``~/.pgpass``.
    """

    def __init__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-", dir="/tmp"))
        self._user = _nobody()
        if self._user is not None:
            os.chown(self._folder, self._user, -1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"postgresql+psycopg://grader@127.0.0.1:{self._port}/postgres"
        password = self._folder / "password"
        password.write_text("open:sesame\n")
        self.passwords = self._folder / "pgpass"
        self.passwords.write_text(f"127.0.0.1:{self._port}:postgres:grader:open\\:sesame\n")
        self.passwords.chmod(0o600)
        # A test's server need not survive a power cut.
        self._run(
            "initdb", "-U", "grader", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8",
            "--no-sync",
        )  # fmt: skip
        self.start()

    def start(self):
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -k {self._folder} -F"
        self._run("pg_ctl", "start", "-w", "-o", options, "-l", str(self._folder / "log"))

    def stop(self):
        """Throw everybody out, as a restart of the machine does."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast")

    def crash(self):
        """End it as a power cut does: connections break, and the next start recovers."""
        self._run("pg_ctl", "stop", "-w", "-m", "immediate")

    def remove(self):
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", check=False)
        shutil.rmtree(self._folder)

    def _run(self, name, *options, check=True):
        program = Path(INITDB).resolve().with_name(name)
        done = subprocess.run(
            [program, "-D", self._folder / "data", *options], user=self._user, cwd=self._folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
