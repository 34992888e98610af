"""Nothing outlives a submission: no process, no folder, whatever was killed and when."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from grader.engine.engine import Engine
from grader.engine.temporary import Temporary, remove
from tests.engine.course import LECTURE, RIGHT, cell, grade, released, start, submit

from tests.engine.course import ANSWER  # isort: skip
from tests.security.attack import HONEST, TIERS
from tests.security.attack import grade as run

pytestmark = pytest.mark.skipif(not TIERS, reason="no sandbox here")

# A submission that does what it can to live on.
STAYS = """
import ctypes, os, signal, threading, time
libc = ctypes.CDLL(None)
libc.prctl(1, 0, 0, 0, 0)
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
os.setsid() if os.getpid() != os.getsid(0) else None
def run():
    while True: time.sleep(0.01)
for _ in range(8): threading.Thread(target=run).start()
while True: time.sleep(1)
"""


def processes(mark):
    """Living processes in whose command, environment or working directory the mark stands."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if place.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
            told = place.joinpath("environ").read_bytes() + place.joinpath("cmdline").read_bytes()
            if mark.encode() in told:
                found.add(int(place.name))
        except OSError:
            continue
    return found - {os.getpid()}


def gone(find, seconds=2.0):
    """What is left when that much time has passed."""
    deadline = time.monotonic() + seconds
    while (left := find()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def test_a_submission_that_wants_to_stay_ends_with_its_session(engine):
    session = engine.open()
    session.tell({"do": "run", "source": STAYS, "count": 1}, 1)
    time.sleep(0.5)
    mark = str(engine._course)
    assert len(processes(mark)) > 1
    session.kill()
    assert len(gone(lambda: processes(mark) - {engine._worker.pid})) == 0
    assert not list(engine._folder.path.glob("scratch-*"))
    assert run(engine, HONEST).outcomes[-1].report.right


# Each does one thing that might be left when its process is killed; what is refused is as good.
LINGERS = {
    "threads without end": "import threading, time\nfor _ in range(5): "
    "threading.Thread(target=lambda: [time.sleep(1) for _ in range(99)]).start()",
    "a call that does not come back": "import ctypes; ctypes.CDLL(None).pause()",
    "a process that is stopped": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "signals that are not heard": "import signal\nfor n in signal.valid_signals():\n"
    "    try: signal.signal(n, signal.SIG_IGN)\n    except (OSError, ValueError): pass",
    "signals that are held back": "import signal\n"
    "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())",
    "a session of its own": "import os; os.setsid()",
    "another parent at death": "import ctypes; ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)",
    "children that are adopted": "import ctypes; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)",
    "a program at the end": "import atexit, os; atexit.register(os.fork)",
    "a timer": "import signal, time; signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01); time.sleep(9)",
    "its own socket on its way to itself": "import array, os, socket\na, b = socket.socketpair()\n"
    "for n in range(3, 60):\n    try: socket.send_fds(a, [b'x'], [n])\n    except OSError: pass\n"
    "socket.send_fds(a, [b'x'], [a.fileno(), b.fileno()])",
    "files that are open and deleted": "import os\nkept = [open(f'f{i}', 'w') for i in range(50)]\n"
    "for i in range(50): os.unlink(f'f{i}')",
    "a file that is written while its folder goes": "import threading\ndef run():\n"
    "    n = 0\n    while True: open(f'g{n % 500}', 'w').write('x'); n += 1\n"
    "threading.Thread(target=run).start()",
    "a folder that nobody may read": "import os; os.makedirs('a/b/c'); os.mkdir('a/none', 0)",
    "links to elsewhere": "import os; os.symlink('/', 'root'); os.symlink('.', 'self'); "
    "os.symlink('/usr', 'usr')",
    "names of odd bytes": "import os\nfor n in (b'\\xff', b'\\n', b'-rf', b'.moved-1', b'*'): os.mkdir(n)",
    "a mapped file": "import mmap\nf = open('m', 'wb+'); f.truncate(1 << 20)\n"
    "m = mmap.mmap(f.fileno(), 0); m[:4] = b'left'",
}


def test_whatever_a_submission_began_ends_with_it(engine):
    for source in LINGERS.values():
        session = engine.open()
        session.tell({"do": "run", "source": source, "count": 1}, 1)
        time.sleep(0.1)
        session.kill()
    assert gone(lambda: processes(str(engine._course)) - {engine._worker.pid}) == set()
    assert [p.name for p in engine._folder.path.iterdir()] == ["course"]
    assert Path("/usr").is_dir() and run(engine, HONEST).outcomes[-1].report.right


def test_sessions_leave_no_open_file_in_the_grader(engine):
    run(engine, HONEST)
    before = sorted(os.listdir("/proc/self/fd"))
    for source in (HONEST, "import os; os._exit(1)", "x ="):
        run(engine, source, HONEST)
    assert sorted(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize("tier", TIERS)
def test_a_submission_that_wants_to_stay_ends_with_the_worker(tier):
    with Engine("02_activations", tier=tier) as engine:
        session = engine.open()
        session.tell({"do": "run", "source": STAYS, "count": 1}, 1)
        time.sleep(0.5)
        os.kill(engine._worker.pid, signal.SIGKILL)
        engine._worker.wait()
        assert not gone(lambda: processes(str(engine._course)))
        session.kill()


HEAD = """
import sys, time
from grader.engine.engine import Engine
with Engine("02_activations", tier=int(sys.argv[1])) as engine:
    session = engine.open()
    session.tell({"do": "run", "source": sys.argv[2], "count": 1}, 1)
    print(engine._course, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("tier", TIERS)
def test_everything_ends_with_the_head_and_its_folder_at_the_next_start(tier):
    head = subprocess.Popen(
        [sys.executable, "-c", HEAD, str(tier), STAYS], stdout=subprocess.PIPE, text=True
    )
    assert head.stdout
    course = head.stdout.readline().strip()
    time.sleep(0.5)
    head.kill()
    head.wait()
    assert not gone(lambda: processes(course))
    assert Path(course).is_dir()
    own = Temporary()
    try:
        assert not Path(course).parent.exists()
        assert own.path.is_dir()
    finally:
        own.remove()


@pytest.mark.slow
def test_a_head_killed_while_it_starts_leaves_no_process(tmp_path):
    for wait in (0.3, 0.8, 1.5):
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        head = subprocess.Popen(
            [sys.executable, "-c", HEAD, str(TIERS[0]), "pass"], env=environment,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(wait)
        head.kill()
        head.wait()
        assert not gone(lambda: processes(str(tmp_path)))


def folders(place):
    return [path.name for path in place.iterdir() if "grader" in path.name]


@pytest.fixture
def place(monkeypatch):
    """An empty folder for temporary files; its path is short, since a socket's must be."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_leaves_no_folder_behind(folder, place, jobs):
    for student in ("ann", "zoe"):
        submit(folder, student, released(folder))
    results = grade(folder, "--jobs", jobs)
    assert [r["score"] for r in results.values()] == [2, 2]
    assert folders(place) == []


@pytest.mark.slow
def test_a_killed_class_leaves_no_process_and_the_next_run_no_folder(folder, place):
    chance = random.Random(3)
    for student in ("ann", "bob", "eve", "zoe"):
        notebook = released(folder, RIGHT)
        if student == "eve":
            cell(notebook, ANSWER).source += "\n" + STAYS
        submit(folder, student, notebook)
    for _ in range(2):
        process = start(folder, "autograde", LECTURE, "--json", "--force", "--jobs", "2")
        assert process.stdout
        process.stdout.readline()
        time.sleep(chance.uniform(0, 1))
        process.kill()
        process.communicate()
        assert not gone(lambda: processes(str(place)))
    results = grade(folder, "--student", "ann", "--force", "--jobs", "1")
    assert results["ann"]["score"] == 2
    assert folders(place) == []


def test_a_folder_however_it_is_filled_is_removed(tmp_path):
    folder = tmp_path / "filled"
    folder.mkdir()
    (folder / ".moved-1").write_text("a name of its own")
    (folder / "link").symlink_to(tmp_path)
    handle = os.open(folder, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d" * 100, dir_fd=handle)
        inner = os.open("d" * 100, os.O_RDONLY, dir_fd=handle)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, 0, dir_fd=inner))
        os.mkdir("closed", 0, dir_fd=inner)
        os.close(handle)
        handle = inner
    os.close(handle)
    remove(folder)
    assert not folder.exists()
    assert tmp_path.is_dir()


def test_the_folder_of_a_living_process_stays():
    first, second = Temporary(), Temporary()
    try:
        assert first.path.is_dir()
        assert second.path.is_dir()
    finally:
        first.remove()
        second.remove()
    assert not first.path.exists()
    assert str(first.path).startswith(tempfile.gettempdir())
