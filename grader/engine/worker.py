"""The untrusted side: a warm process that forks one shut-in child per submission.

It is started with a course folder in which the answers are absent (see ``staging``), imports the
heavy libraries once and then waits. For each request it forks; the child shuts itself in, runs
the cells it is sent, calls the student's functions on the cases it is sent, and dies.

Requests come on the socket whose number is the first command line argument (the second is the
name of the course's library): a JSON line with
``tier``, ``scratch`` and ``limits``, together with the child's own socket as a file descriptor.
"""

import base64
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import random
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from grader.checking import trail
from grader.checking.probe import calls, observe_raw
from grader.checking.values import plain
from grader.engine import sandbox, wire

MAX_OUTPUT = 4 << 20
MAX_FILES = 200

Answers = Iterator[tuple[dict[str, Any], bytes]]


class Outputs:
    """The outputs of the running cell, in the notebook format, up to a size."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self._size = 0
        self._clear_first = False

    def begin(self) -> None:
        """Start a new cell."""
        self.items, self._size, self._clear_first = [], 0, False

    def add(self, output: dict[str, Any]) -> None:
        """Append an output; what goes over the size is dropped and said so once."""
        if self._clear_first:
            self.items, self._clear_first = [], False
        size = len(json.dumps(output, default=str))
        if self._size + size > MAX_OUTPUT:
            if self._size <= MAX_OUTPUT:
                self.items.append(_stream("stderr", "\n[the rest of the output was cut off]\n"))
            self._size = MAX_OUTPUT + 1
            return
        self._size += size
        self.items.append(output)

    def write(self, name: str, text: str) -> None:
        """Append text to a stream."""
        last = self.items[-1] if self.items and not self._clear_first else None
        if last and last["output_type"] == "stream" and last["name"] == name:
            if self._size + len(text) <= MAX_OUTPUT:
                last["text"] += text
                self._size += len(text)
                return
        self.add(_stream(name, text[:MAX_OUTPUT]))

    def clear(self, wait: bool) -> None:
        """IPython's clear_output."""
        self._clear_first = wait
        if not wait:
            self.items = []


def _stream(name: str, text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


OUTPUTS = Outputs()


class Stream:
    """Standard output or error of the notebook."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, name: str):
        self.name = name

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            OUTPUTS.write(self.name, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("the output of a notebook is no file")


def _base64(data: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


class Publisher(DisplayPublisher):
    """Receives display()."""

    def publish(self, data: dict, metadata: Any = None, **options: Any) -> None:
        if not options.get("update"):
            OUTPUTS.add(
                {"output_type": "display_data", "data": _base64(data), "metadata": metadata or {}}
            )

    def clear_output(self, wait: bool = False) -> None:
        OUTPUTS.clear(wait)


class Hook(DisplayHook):
    """Receives the value of a cell's last expression."""

    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict, md_dict: Any = None) -> None:
        OUTPUTS.add(
            {
                "output_type": "execute_result",
                "execution_count": self.prompt_count,
                "data": _base64(format_dict),
                "metadata": md_dict or {},
            }
        )

    def finish_displayhook(self) -> None:
        pass


class Shell(InteractiveShell):
    """IPython without a terminal and without a kernel."""

    display_pub_class = Type(Publisher)
    displayhook_class = Type(Hook)

    def enable_gui(self, gui: Any = None) -> None:
        pass

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> list[str]:
        """IPython would format each error a second time, for a history that nobody reads."""
        return []

    def _showtraceback(self, etype: type, evalue: Any, stb: list[str]) -> None:
        OUTPUTS.add(
            {
                "output_type": "error",
                "ename": str(etype.__name__),
                "evalue": str(evalue),
                "traceback": list(stb),
            }
        )


def warm_up(library: str) -> Shell:
    """The shell, with everything loaded that a first cell would otherwise wait for.

    Args:
        library: the course's package of functions.
    """
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.cache_size = 0
    shell = Shell.instance(config=config)
    from matplotlib_inline import backend_inline

    backend_inline.configure_inline_support(shell, matplotlib.get_backend())
    plt.ion()
    figure = plt.figure(figsize=(2, 1))
    plt.plot([1, 2], label="$x$")
    plt.legend()
    figure.savefig(os.devnull, format="png")
    plt.close("all")
    np.linalg.svd(np.ones((8, 8)) @ np.ones((8, 8)))
    np.random.default_rng(0).normal(size=3)
    # No await here: an event loop's files would be closed in the child.
    for cell in ("1 + 1", "1 / 0", "1 +"):
        shell.run_cell(cell, store_history=False)
    OUTPUTS.begin()
    with contextlib.suppress(ImportError, RuntimeError):
        importlib.import_module("pyseccomp")  # it looks for its library in ways a child may not
    for name in ("ipywidgets", "jaxtyping", "tqdm.auto"):
        with contextlib.suppress(ImportError):  # a course may do without
            importlib.import_module(name)
    for name in ("IPython.display", "grader"):
        importlib.import_module(name)
    package = importlib.import_module(library)
    for module in pkgutil.walk_packages(package.__path__, f"{library}."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    return shell


class Submission:
    """One submission in its own shut-in process: answers the requests of the controller.

    Args:
        shell: the warm shell.
        connection: the socket to the controller.
    """

    def __init__(self, shell: Shell, connection: socket.socket):
        self._shell = shell
        self._connection = connection

    def serve(self) -> None:
        """Answer requests until the controller is done or gone."""
        while True:
            request, blob = wire.receive(self._connection)
            for answer in getattr(self, f"_do_{request['do']}")(request, blob):
                wire.send(self._connection, *answer)

    def _do_files(self, request: dict, blob: bytes) -> Answers:
        """Put the files that came with the submission into the scratch."""
        for name, content in wire.unpack(request["files"], blob).items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.tobytes())
        yield {}, b""

    def _do_run(self, request: dict, _blob: bytes) -> Answers:
        """Run one cell."""
        OUTPUTS.begin()
        self._shell.execution_count = request["count"]
        start = time.perf_counter()
        try:
            result = self._shell.run_cell(request["source"], store_history=True)
            error = result.error_before_exec or result.error_in_exec
        except Exception as raised:  # an earlier cell broke the shell
            error = raised
        answer = {
            "outputs": _as_json(OUTPUTS.items),
            "error": trail.describe(error)[:500] if error else None,
            "seconds": time.perf_counter() - start,
        }
        yield answer, b""

    def _do_probe(self, request: dict, blob: bytes) -> Answers:
        """Call the student's function on the cases: one answer each, as soon as it is there."""
        if request["name"] not in self._shell.user_ns:
            yield {"missing": "absent"}, b""
            return
        function = self._shell.user_ns[request["name"]]
        if not callable(function):
            yield {"missing": "not callable"}, b""
            return
        yield {"calls": calls(function, request["parents"])}, b""
        module, _, name = request["driver"].partition(":")
        driver = getattr(importlib.import_module(module), name)
        for packed in request["cases"]:
            args, kwargs = wire.unpack(packed["arguments"], blob)
            case = SimpleNamespace(args=args, kwargs=kwargs, kind=packed["kind"])
            observation = observe_raw(function, case, driver, request["seconds"])
            message, data = wire.pack_observation(observation)
            yield {"observation": message}, data
            if observation.last:
                return

    def _do_value(self, request: dict, _blob: bytes) -> Answers:
        """The answer to a question."""
        if request["name"] not in self._shell.user_ns:
            yield {"missing": "absent"}, b""
            return
        packer = wire.Packer()
        yield {"value": packer.pack(plain(self._shell.user_ns[request["name"]]))}, packer.blob

    def _do_collect(self, request: dict, _blob: bytes) -> Answers:
        """The files in the scratch that the cells wrote, and what was used."""
        left, files = request["bytes"], {}
        for folder, _folders, names in os.walk("."):
            for name in names:
                path = Path(folder, name)
                if path.is_symlink() or not path.is_file() or len(files) >= MAX_FILES:
                    continue
                left -= path.stat().st_size
                if left < 0:
                    break
                data = path.read_bytes()
                files[str(path.relative_to("."))] = np.frombuffer(data, np.uint8)
        packer = wire.Packer()
        used = resource.getrusage(resource.RUSAGE_SELF)
        answer = {
            "files": packer.pack(files),
            "cpu": used.ru_utime + used.ru_stime,
            "memory_mb": used.ru_maxrss / 1024,
        }
        yield answer, packer.blob


def _as_json(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The outputs with nothing in them that JSON cannot say."""
    clean = []
    for output in outputs:
        try:
            text = json.dumps(output, default=str, skipkeys=True, allow_nan=False)
        except (ValueError, TypeError, RecursionError):
            text = json.dumps(_stream("stderr", "[an output that cannot be stored was left out]\n"))
        clean.append(json.loads(text))
    return clean


def _no_input(*_args: Any, **_kwargs: Any) -> str:
    raise RuntimeError("input() is not available while grading")


def _child(shell: Shell, request: dict[str, Any], connection: socket.socket) -> None:
    keep = connection.fileno()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
    try:
        limits = sandbox.Limits(**request["limits"])
        sandbox.enter(request["tier"], Path(request["course"]), Path(request["scratch"]), limits)
    except Exception as error:
        wire.send(connection, {"refused": f"{type(error).__name__}: {error}"})
        return
    wire.send(connection, {"ready": True})
    import builtins

    builtins.input = _no_input
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    np.random.seed(0)
    random.seed(0)
    Submission(shell, connection).serve()


def main() -> None:
    """Serve fork requests until the controller closes the socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    sandbox.end_with_parent()
    sandbox.adopt_orphans()
    shell = warm_up(sys.argv[2])
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control.sendall(b"warm\n")
    while True:
        data, handles, _flags, _address = socket.recv_fds(control, 1 << 16, 1)
        if not data:
            return
        # Ended children are collected here; their exit status tells nothing that is trusted.
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        pid = os.fork()
        if pid == 0:
            control.close()
            try:
                _child(shell, json.loads(data), socket.socket(fileno=handles[0]))
            finally:
                os._exit(0)
        os.close(handles[0])
        control.sendall(f"{pid}\n".encode())


if __name__ == "__main__":
    main()
