"""The seams between a submission and the kernel: the calls that no path and no name gives away.

Each cell prints "done" if it got through; an honest answer after it earns its points.
"""

import os
import socket
import tempfile
import threading
from pathlib import Path

import pytest

from grader.engine import sandbox
from tests.security.attack import HONEST, TIERS, grade, printed, text

if not TIERS:
    pytest.skip("no sandbox here", allow_module_level=True)

LIBC = "import ctypes, os, socket, fcntl, threading\nlibc = ctypes.CDLL(None, use_errno=True)\n"

# What is refused whoever asks, and however the numbers of the call are written.
CALLS = {
    "clear the parent-death signal": "assert libc.prctl(1, 0, 0, 0, 0) == 0",
    "clear it, with the upper half set": "assert libc.syscall(157, ctypes.c_long(1 << 32 | 1), 0, 0, 0, 0) == 0",
    "own a file's signals by fcntl": "fcntl.fcntl(0, 8, {pid})",
    "the same with the upper half set": "assert libc.syscall(72, 0, ctypes.c_long(1 << 32 | 8), {pid}) == 0",
    "own a file's signals by ioctl": "a, b = socket.socketpair()\n"
    "fcntl.ioctl(a, 0x8901, __import__('struct').pack('i', {pid}))",
    "own a socket's signals by ioctl": "a, b = socket.socketpair()\n"
    "fcntl.ioctl(a, 0x8902, __import__('struct').pack('i', {pid}))",
    "the same with its upper half set": "a, b = socket.socketpair()\np = ctypes.c_int({pid})\n"
    "assert libc.syscall(16, a.fileno(), ctypes.c_long(1 << 32 | 0x8901), ctypes.byref(p)) == 0",
    "a pair of datagram sockets": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "a pair of datagram sockets that do not block": "socket.socketpair(type=socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)",
    "a pair of sockets that are not local": "try: socket.socketpair(30, socket.SOCK_STREAM)\n"
    "except OSError as error:\n    if error.errno == 1: raise",
    "watch a folder": "assert libc.inotify_init() >= 0",
    "watch a folder, in the other way": "assert libc.inotify_init1(0) >= 0",
    "a note on a folder": "h = os.open('/usr', os.O_RDONLY)\nfcntl.fcntl(h, 1026, 1)",
    "a lease on a library": "import numpy\nh = os.open(numpy.__file__, os.O_RDONLY)\nfcntl.fcntl(h, 1024, 0)",
    "memory that no limit counts": "os.memfd_create('x')",
    "open by a structure": "assert libc.syscall(437, -100, b'/usr', bytes(24), 24) >= 0 or ctypes.get_errno() != 38",
    "truncate a library": "import numpy\nos.truncate(numpy.__file__, 10**6)",
    "empty a library by opening it to read": "import numpy\nos.open(numpy.__file__, os.O_RDONLY | os.O_TRUNC)",
    "empty a file of its own so": "open('f', 'w').write('x')\nos.open('f', os.O_RDONLY | os.O_TRUNC)",
    "a process by clone": "assert libc.syscall(56, 17, 0, 0, 0, 0) > 0",
    "a process by clone3": "assert libc.syscall(435, bytes(88), 88) > 0",
    "a process by vfork": "assert libc.syscall(58) > 0",
    "a segment of the old kind": "assert libc.syscall(154, 1, bytes(16), 16) == 0",
    "watch everything": "assert libc.fanotify_init(0, 0) >= 0",
    "flush every disk": "assert libc.syscall(162) == 0",
    "the keys of the session": "assert libc.syscall(250, 0, -3, 0) >= 0",
    "a performance counter": "assert libc.syscall(298, bytes(128), 0, -1, -1, 0) >= 0",
    "another's memory": "assert libc.syscall(310, {pid}, bytes(16), 1, bytes(16), 1, 0) >= 0",
    "another's limits": "import resource\nresource.prlimit({pid}, resource.RLIMIT_CPU)",
    "another's handle": "assert os.pidfd_open({pid}) >= 0",
}  # fmt: skip


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the calls are written as numbers")
@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_no_notebook_needs_is_refused(engine, name):
    run = grade(engine, LIBC + CALLS[name].format(pid=os.getpid()) + "\nprint('done')", HONEST)
    assert "done" not in printed(run), text(run)
    assert run.outcomes[1].outputs[-1]["output_type"] == "error"
    assert run.outcomes[-1].report.right


FOREIGN = {
    "the numbers of x32": "r = libc.syscall(0x40000000 | 39)",
    "the numbers of 32 bits": """
code = bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3])  # mov eax, getpid; int 0x80; ret
import mmap
m = mmap.mmap(-1, 4096, prot=7); m.write(code)
f = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))
r = f()""",
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are another machine's")
@pytest.mark.parametrize("name", FOREIGN)
def test_calls_by_the_numbers_of_another_machine_end_the_process(engine, name):
    run = grade(engine, f"{LIBC}{FOREIGN[name]}\nif r > 0: print('done')", HONEST)
    assert "done" not in printed(run), text(run)
    assert run.outcomes[-1].report.right


def test_no_datagram_reaches_a_socket_of_the_host(engine, tmp_path):
    path = tmp_path / "log"
    tmp_path.chmod(0o755)
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(path))
    path.chmod(0o777)
    heard.settimeout(0.3)
    cell = f"""
        import socket
        for kind in range(1, 8):
            for extra in (0, socket.SOCK_NONBLOCK, socket.SOCK_CLOEXEC):
                try:
                    a, b = socket.socketpair(socket.AF_UNIX, kind | extra)
                    a.sendto(b"from inside", {str(path)!r})
                except OSError: pass"""
    run = grade(engine, cell, HONEST)
    with pytest.raises(TimeoutError):
        heard.recv(100)
    assert run.outcomes[-1].report.right


def test_threads_do_not_fill_the_process_table(engine):
    cell = """
        import threading, time
        threading.stack_size(64 << 10)
        try:
            for i in range(2000): threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        finally: print(threading.active_count())
        print("done")"""
    most = []
    stop = threading.Event()

    def count():
        while not stop.wait(0.02):
            most.append(sum(1 for _ in Path("/proc").glob("[0-9]*/task/*")))

    watching = threading.Thread(target=count)
    watching.start()
    run = grade(engine, cell, HONEST)
    stop.set()
    watching.join()
    assert "done" not in printed(run), text(run)
    assert run.outcomes[-1].report.right
    if engine.tier == 1:
        assert int(printed(run).split()[0]) <= engine.limits.threads


def test_a_few_threads_and_an_event_loop_run(engine):
    cell = """
        import asyncio, concurrent.futures
        with concurrent.futures.ThreadPoolExecutor(8) as pool: print(sum(pool.map(abs, range(9))))
        async def one(): return await asyncio.to_thread(lambda: 7)
        print(await one())"""
    run = grade(engine, cell, HONEST)
    assert printed(run) == "36\n7\n", text(run)
    assert run.outcomes[-1].report.right


def test_files_are_written_truncated_and_renamed_as_ever(engine):
    cell = """
        import os, pathlib, shutil
        with open("a", "w+") as f:
            f.write("12345"); f.truncate(2)
        open("a", "r+").close()
        os.rename("a", "b"); os.makedirs("c/d"); shutil.copyfile("b", "c/d/e")
        print(pathlib.Path("c/d/e").read_text())
        np.save("x.npy", np.arange(3)); print(np.load("x.npy", mmap_mode="r+").sum())"""
    assert printed(grade(engine, cell)) == "12\n3\n"


def attempts(kept, outside, course):
    """What must fail however little Landlock knows; "" or the first that did not."""
    for what, attempt in (
        ("truncate outside", lambda: os.truncate(outside, 0)),
        ("truncate the course", lambda: os.truncate(kept, 0)),
        ("empty it by opening it", lambda: os.open(kept, os.O_RDONLY | os.O_TRUNC)),
        ("write outside", lambda: open(outside, "a")),
        ("create outside", lambda: open(course / "new", "x")),
        ("rename out of the course", lambda: os.rename(kept, "mine")),
        ("link into its scratch", lambda: os.link(kept, "mine")),
        ("remove outside", lambda: os.unlink(outside)),
        ("read outside", lambda: open(outside).read()),
    ):
        try:
            attempt()
        except OSError:
            continue
        return what
    return ""


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("abi", [1, 2, 3, 4, 5, 6])
def test_a_kernel_with_an_older_landlock_holds_the_same(abi, tier, tmp_path, monkeypatch):
    real = sandbox._syscall

    def older(name, *args):
        answer = real(name, *args)
        asks = name == "landlock_create_ruleset" and args[0] is None
        return min(answer, abi) if asks else answer

    monkeypatch.setattr(sandbox, "_syscall", older)
    with tempfile.TemporaryDirectory() as folder:
        course, scratch = Path(folder, "course"), Path(folder, "scratch")
        for each in (course, scratch):
            each.mkdir()
        for each in (Path(folder), course):
            each.chmod(0o755)
        kept, outside = course / "kept", Path(folder, "outside")
        for file in (kept, outside):
            file.write_text("as it was")
            file.chmod(0o666)
        receiver, sender = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                sandbox.enter(tier, course, scratch, sandbox.Limits())
                said = attempts(kept, outside, course)
            except BaseException as error:
                said = repr(error)
            os.write(sender, said.encode())
            os._exit(0)
        os.close(sender)
        with os.fdopen(receiver) as pipe:
            assert pipe.read() == ""
        os.waitpid(child, 0)
        assert kept.read_text() == outside.read_text() == "as it was"
