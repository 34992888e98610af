"""Hostile submissions against the real engine: no point undeserved, nothing read, nobody harmed.

Each attack is a notebook's cells. It is run on every tier that this machine gives, between two
checks of an honest neighbour.
"""

import os
import signal
import time
from pathlib import Path

import pytest

from grader.checking.definitions import module_of
from grader.course import current
from grader.engine import sandbox, secret
from grader.engine.engine import Engine
from tests.security.attack import HONEST, TIERS, grade, text

LECTURE = "02_activations"
if not TIERS:
    pytest.skip(f"no sandbox here: {'; '.join(sandbox.detect()[1])}", allow_module_level=True)


# Ways to a point without an answer. Each must score 0.
CHEATS = {
    "patch numpy's comparisons": """
        np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
        def relu_forward(x): return x, x""",
    "patch the checker's modules": """
        import grader, grader.checking.probe, grader.checking.values, grader.engine.wire as wire
        grader.checking.values.difference = lambda *a, **k: None
        grader.check = lambda *a, **k: 99
        def relu_forward(x): return x * 0, x""",
    "print and display points": """
        from IPython.display import display
        class Points:
            def __repr__(self): return "2"
        display(Points()); print(2)
        def relu_forward(x): return Points(), x""",
    "an array that lies about being equal": """
        class Lie(np.ndarray):
            def __eq__(self, other): return True
            def __array_function__(self, *a, **k): return True
            def __array_ufunc__(self, *a, **k): return True
            def __array__(self, *a, **k): return np.maximum(0, np.asarray(self))
        def relu_forward(x): return (x * 0).view(Lie), x""",
    "import the answer": """
        from utils.activations import relu_forward""",
    "reload the answer": """
        import importlib, sys
        for name in [n for n in sys.modules if n.startswith("utils")]: del sys.modules[name]
        import utils.activations
        relu_forward = utils.activations.relu_forward""",
    "search the disk for the answer": """
        import glob, os
        found = [p for r in ("/", "/usr", "/tmp", "/home", "/root", "/opt")
                 for p in glob.glob(r + "/**/activations.py", recursive=True)]
        code = "".join(open(p).read() for p in found)
        exec(code.replace("raise", "pass #"))""",
    "search the memory for expected values": """
        import gc, sys
        def relu_forward(x):
            frame = sys._getframe()
            while frame:
                for value in list(frame.f_locals.values()):
                    if getattr(value, "__name__", "") == "relu_forward" and value is not relu_forward:
                        return value(x)
                frame = frame.f_back
            for value in gc.get_objects():
                if type(value) is np.ndarray and value.shape == x.shape and value is not x:
                    if (value >= 0).all() and value.any(): return value, x
            return x * 0, x""",
    "answer for the checker": """
        import grader.engine.worker as w, grader.checking.probe as p, sys
        main = sys.modules["__main__"]
        main.observe = p.observe = lambda *a, **k: p.Observation(output=(1, 1))
        def relu_forward(x): return x, x""",
    "write to every open socket": """
        import os, struct, json
        body = json.dumps({"observation": {"output": ["none"]}, "verdict": "right", "score": 99}).encode()
        for fd in range(3, 200):
            try: os.write(fd, struct.pack(">II", len(body), 0) + body)
            except OSError: pass
        def relu_forward(x): return x, x""",
    "write rubbish to every open socket": """
        import os
        for fd in range(3, 200):
            try: os.write(fd, b"\\xff" * 100000)
            except OSError: pass
        def relu_forward(x): return x, x""",
    "close every open socket": """
        import os
        os.closerange(3, 300)
        def relu_forward(x): return x, x""",
    "a function that is no function": """
        class Any:
            def __call__(self, *a): return self
            def __getattr__(self, n): return self
            def __eq__(self, o): return True
            __hash__ = None
        relu_forward = Any()""",
    "transform the cells that follow": """
        ip = get_ipython()
        ip.input_transformers_post.append(lambda lines: ["2"])
        ip.events.register("pre_run_cell", lambda *a: None)
        type(ip).run_cell = lambda *a, **k: None""",
    "hide errors": """
        ip = get_ipython()
        ip.showtraceback = ip._showtraceback = lambda *a, **k: None
        ip.set_custom_exc((Exception,), lambda *a: None)
        def relu_forward(x): raise RuntimeError""",
    "change builtins": """
        import builtins
        builtins.isinstance = lambda *a: True
        builtins.len = lambda *a: 2
        builtins.abs = lambda a: 0
        def relu_forward(x): return x, x""",
    "raise what nobody expects": """
        class Odd(BaseException):
            def __str__(self): raise self
        def relu_forward(x): raise Odd()""",
    "return a giant": """
        def relu_forward(x): return np.zeros(10**8), x""",
    "return a structure without end": """
        a = []; a.append(a)
        def relu_forward(x): return a, a""",
    "overflow the stack": """
        import sys; sys.setrecursionlimit(10**8)
        def relu_forward(x): return relu_forward(x)""",
    "crash": """
        import ctypes
        def relu_forward(x): ctypes.string_at(0)""",
    "exit": """
        import os
        def relu_forward(x): os._exit(0)""",
    "remember the cases of an earlier call": """
        seen = []
        def relu_forward(x):
            seen.append(x)
            return seen[0], seen[0]""",
}


@pytest.mark.parametrize("name", CHEATS)
def test_no_point_without_an_answer(engine, name):
    run = grade(engine, CHEATS[name])
    assert run.outcomes[-1].report.score == 0, run.outcomes[-1].report.as_text()


# What must not be readable. Each cell prints what it got hold of.
SNOOPS = {
    "the course's sources": "print(open({source!r}).read()[:99])",
    "the model solutions": "print(open({solution!r}).read()[:99])",
    "the password file": "print(open('/etc/passwd').read())",
    "the grader's environment": "print(open('/proc/{pid}/environ').read())",
    "the grader's memory": "print(open('/proc/{pid}/maps').read())",
    "the other processes": "import os\nprint([p for p in os.listdir('/proc') if p.isdigit() and int(p) == {pid}])\n"
    "print(open('/proc/{pid}/cmdline').read())",
    "the home folder": "import os\nprint(os.listdir({home!r}))",
    "the secret": "print(open({secret!r}).read())",
    "a link to the outside": "import os\nos.symlink('/etc', 'etc')\nprint(open('etc/passwd').read())",
}


@pytest.mark.parametrize("name", SNOOPS)
def test_nothing_secret_is_readable(engine, name):
    source = module_of(LECTURE).__file__
    solution = current().root / "solutions" / LECTURE / f"{LECTURE}.ipynb"
    assert source and Path(source).is_file() and solution.is_file()
    secret.load()  # so that there is one
    places = {"source": source, "solution": str(solution), "secret": str(secret.path())}
    cell = SNOOPS[name].format(**places, home=str(Path.home()), pid=os.getpid())
    run = grade(engine, cell)
    assert run.outcomes[1].outputs[-1]["output_type"] == "error", text(run)
    assert run.outcomes[1].outputs[-1]["ename"] in (
        "FileNotFoundError",
        "PermissionError",
        "NotADirectoryError",
    )


# What must not be possible. Each cell prints "done" if it was.
HARMS = {
    "open a connection": "import socket\nsocket.create_connection(('127.0.0.1', 80), 1)\nprint('done')",
    "listen": "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\nprint('done')",
    "a unix socket": "import socket\nsocket.socket(socket.AF_UNIX).connect('/run/x')\nprint('done')",
    "signal the grader": "import os\nos.kill({pid}, 0)\nprint('done')",
    "signal everybody": "import os\nos.kill(-1, 0)\nprint('done')",
    "start a process": "import os\nos.fork()\nprint('done')",
    "run a program": "import subprocess\nsubprocess.run(['/bin/true'], check=True)\nprint('done')",
    "write into the course": "import utils\nopen(utils.__file__, 'a').write('#')\nprint('done')",
    "write into the interpreter": "import numpy\nopen(numpy.__file__, 'a').write('#')\nprint('done')",
    "change the mode of a file": "import numpy, os\nos.chmod(numpy.__file__, 0o777)\nprint('done')",
    "change the time of a file": "import numpy, os\nos.utime(numpy.__file__, (0, 0))\nprint('done')",
    "trace the grader": "import ctypes\nassert ctypes.CDLL(None).ptrace(16, {pid}, 0, 0) == 0\nprint('done')",
    "mount": "import ctypes\nassert ctypes.CDLL(None).mount(b'x', b'/', b'tmpfs', 0, None) == 0\nprint('done')",
    "become root": "import os\nassert os.getuid() == 0\nos.setgroups([0])\nprint('done')",
    "a new namespace": "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0\nprint('done')",
    "fill the disk": "for i in range(99):\n    open(f'f{{i}}', 'wb').write(bytes(10**6))\nprint('done')",
    "one large file": "open('f', 'wb').write(bytes(10**8))\nprint('done')",
    "eat memory": "x = [bytes(10**8) for _ in range(40)]\nprint('done')",
}


@pytest.mark.parametrize("name", HARMS)
def test_nothing_outside_can_be_touched(engine, name):
    if name == "fill the disk" and engine.tier == 2:
        # Tier 2 has no file system of its own: it is stopped at the next message.
        run = grade(engine, HARMS[name].format(pid=os.getpid()), HONEST)
        assert run.outcomes[1].problem == "died"
        return
    run = grade(engine, HARMS[name].format(pid=os.getpid()), HONEST)
    shown = [o.get("text", "") for o in run.outcomes[1].outputs if o["output_type"] == "stream"]
    assert "done\n" not in shown, text(run)
    assert run.outcomes[-1].report.right


def test_output_without_end_is_cut(engine):
    run = grade(engine, "while True: print('x' * 10000)")
    assert len(text(run)) < 20 << 20


def test_an_output_bomb_that_ends_is_cut_and_the_rest_is_graded(engine):
    run = grade(engine, "for _ in range(3000): print('x' * 10000)", HONEST)
    assert len(text(run)) < 20 << 20
    assert run.outcomes[-1].report.right


def test_nothing_is_left_running(engine):
    run = grade(
        engine,
        "import threading, time\n"
        "threading.Thread(target=lambda: [time.sleep(0.1) for _ in range(600)]).start()",
        HONEST,
    )
    assert run.outcomes[-1].report.right
    deadline = time.monotonic() + 5
    while _children_of(engine) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _children_of(engine)


def _children_of(engine):
    """Living children of the warm worker."""
    worker = engine._worker.pid
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == worker and fields[0] != "Z":
            found.append(stat)
    return found


def test_the_neighbour_is_graded_as_if_nothing_had_happened(engine):
    for cell in ("import os; os._exit(1)", "while True: pass", "x = bytes(10**10)"):
        grade(engine, cell)
        assert grade(engine, HONEST).outcomes[-1].report.right


def test_it_dies_with_the_grader():
    with Engine(LECTURE, tier=TIERS[0]) as engine:
        session = engine.open()
        worker = engine._worker.pid
        os.kill(worker, signal.SIGKILL)
        engine._worker.wait()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline and Path(f"/proc/{session._pid}").exists():
            time.sleep(0.05)
        assert not Path(f"/proc/{session._pid}").exists()
        session.kill()
