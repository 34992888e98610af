"""The walls around a submission: what its process can see, do and use up.

Three tiers. Tier 1 has its own namespaces (no network, no other process, a root file system of
read-only allow-listed paths and a scratch of bounded size), Landlock and seccomp. Tier 2, for
machines where namespaces are forbidden (inside most containers), has Landlock and seccomp. Tier 3
has only limits and time-outs, and its results are called not isolated. Which tier a machine gives
is found by trying the whole chain in a throw-away child.

Every function here runs in a freshly forked, single-threaded child. Nothing is allocated for
others: the child dies with the submission.
"""

import ctypes
import os
import resource
import signal
import site
import struct
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.engine import seccomp

_MB = 1 << 20
_FIRST_USER = 1 << 30  # above the users of any system

# From linux/sched.h, sys/mount.h, linux/prctl.h and linux/landlock.h.
_CLONE_NEWNS, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
_CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT = 1, 2, 4, 8, 32
_MS_BIND, _MS_REC, _MS_PRIVATE, _MNT_DETACH = 4096, 16384, 1 << 18, 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 24, 36, 38
_LANDLOCK_RULE_PATH_BENEATH = 1
_LANDLOCK_READ = 1 << 0 | 1 << 2 | 1 << 3
_LANDLOCK_FILE_ONLY = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
_LANDLOCK_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}

SCRATCH = "/scratch"


class SandboxError(Exception):
    """A wall could not be built; the message says which and why."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        memory_mb: address space.
        cpu_seconds: processor time of everything it runs.
        file_mb: size of one file.
        scratch_mb: size of all its files together.
        threads: number of threads. In tier 1 the kernel holds to it; in tier 2 the grader looks, as
            it does at the files.
        open_files: number of open files.
    """

    memory_mb: int = 3072
    cpu_seconds: int = 120
    file_mb: int = 32
    scratch_mb: int = 64
    threads: int = 32
    open_files: int = 128


def readable_paths(course: Path) -> list[str]:
    """The paths a submission may read: the interpreter, its libraries, fonts and the course.

    Args:
        course: folder with what the course gives to the worker.
    """
    system = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/localtime"]
    own = [os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix), str(course)]
    found = [p for p in (*system, *dict.fromkeys(own)) if os.path.exists(p)]
    return [p for p in found if p in system or not p.startswith("/usr/")]


def hidden_paths(course: Path) -> list[str]:
    """Installed copies of the course's packages: they hold the answers, so they are covered.

    Args:
        course: folder with what the course gives to the worker, packages without answers.
    """
    places = [p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]
    # A virtual environment's interpreter is readable, and with it what is installed there.
    places += site.getsitepackages([sys.base_prefix])
    names = [init.parent.name for init in course.glob("*/__init__.py")]
    names = [name for name in names if name != "grader"]  # the tool has no answers
    found = {os.path.realpath(os.path.join(p, name)) for p in places for name in names}
    return sorted(path for path in found if os.path.isdir(path))


def enter(tier: int, course: Path, scratch: Path, limits: Limits) -> None:
    """Shut this process in. In tier 1 it forks; only the inner process returns.

    Args:
        tier: 1, 2 or 3.
        course: folder that the submission may read.
        scratch: an empty folder on the host, its working directory in tiers 2 and 3. Tier 1 uses
            it as the place where the new root is put together.
        limits: what it may use.

    Raises:
        SandboxError: a wall could not be built; the process must not run any submission.
    """
    readable = readable_paths(course)
    _prefer_to_be_killed()
    # A user of its own, so that the threads of one submission are not counted for another.
    user = _FIRST_USER + os.getpid()
    if tier == 1:
        was_root = os.geteuid() == 0
        _new_namespaces(was_root)
        _build_root(readable, hidden_paths(course), str(scratch), limits)
        _fork_inside()
        _enter_root(str(scratch))
        _drop_user(was_root, user)
        _drop_capabilities()
        writable, readable = [SCRATCH], [*readable, "/proc", "/dev"]
    else:
        os.chdir(scratch)
        if tier == 2:
            # The user stays: the interpreter may be readable by no other.
            _drop_capabilities()
            if hidden := hidden_paths(course):
                raise SandboxError(
                    f"{hidden[0]} holds the course and would be readable; "
                    "install it from its repository, `pip install -e . -e ./lectures`"
                )
        writable = [str(scratch)]
        readable = [*readable, "/proc/self", "/dev/null", "/dev/urandom", "/dev/zero"]
    # A change of user clears this, so it comes after.
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if tier != 1 and os.getppid() == 1:
        raise SandboxError("the grader ended meanwhile")
    _set_limits(limits, tier)
    if tier < 3:
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        _landlock(readable, [*writable, "/dev/null"])
        seccomp.forbid()


def end_with_parent() -> None:
    """Make the kernel end this process when the thread that started it ends."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans() -> None:
    """Make this process the parent of grandchildren whose parent ended, so that it collects them.

    In a container whose first process collects nobody they would stay as zombies.
    """
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def detect() -> tuple[int, list[str]]:
    """The best tier this machine gives, and why the better ones fail, one sentence each."""
    reasons = []
    for tier in (1, 2):
        reason = _try(tier)
        if reason is None:
            return tier, reasons
        reasons.append(f"tier {tier}: {reason}")
    return 3, reasons


def _try(tier: int) -> str | None:
    """None if a throw-away child can enter the tier and is really shut in, else the reason."""
    if sys.platform != "linux":
        return f"it needs Linux, and this is {sys.platform}"
    try:
        import pyseccomp  # noqa: F401
    except (ImportError, RuntimeError, OSError) as error:
        return f"libseccomp cannot be used ({error}); install it (Debian: apt install libseccomp2)"
    with tempfile.TemporaryDirectory() as course, tempfile.TemporaryDirectory() as scratch:
        os.chmod(course, 0o755)
        answers = _answers()
        for package in answers:
            Path(course, package.parent.name).mkdir()
            Path(course, package.parent.name, package.name).touch()
        receiver, sender = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(receiver)
            try:
                enter(tier, Path(course), Path(scratch), Limits())
                message = _still_possible(answers)
            except (SandboxError, OSError) as error:
                message = str(error)
            os.write(sender, b"shut in" if message is None else message.encode()[:4000])
            os._exit(0)
        os.close(sender)
        with os.fdopen(receiver, "rb") as pipe:
            answer = pipe.read().decode(errors="replace")
        os.waitpid(child, 0)
    return None if answer == "shut in" else answer or "the trial process died"


def _answers() -> list[Path]:
    """Where the packages of the course begin that hold the answers."""
    from grader.course import NoCourse, current  # a worker's copy of the tool is without it

    try:
        course = current()
    except NoCourse:
        return []
    return [course.root / name / "__init__.py" for name in (course.library, "lectures")]


def _still_possible(answers: list[Path]) -> str | None:
    """What a shut-in process can do although it must not; None if all the walls stand.

    Args:
        answers: files that it must not be able to read.
    """
    import socket

    for what, attempt in (
        *(("read the course's answers", path.read_bytes) for path in answers),
        ("open a socket", lambda: socket.socket(socket.AF_INET)),
        ("write outside its scratch", lambda: Path("/usr/x").write_text("")),
        ("start a process", os.fork),
        ("read /etc/passwd", lambda: Path("/etc/passwd").read_bytes()),
    ):
        try:
            attempt()
        except OSError:
            continue
        return f"a process shut in could still {what}"
    return None


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise SandboxError(f"{what}: {os.strerror(code)}")
    return result


def _syscall(name: str, *args: object) -> int:
    import pyseccomp

    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    if number < 0:
        raise SandboxError(f"this libseccomp does not know {name}; a newer one is needed")
    return _checked(_libc().syscall(ctypes.c_long(number), *args), name)


def _prctl(option: int, value: int) -> None:
    zeros = [ctypes.c_ulong(0)] * 3
    result = _libc().prctl(option, ctypes.c_ulong(value), *zeros)
    _checked(result, f"prctl {option}")


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    encode = [None if text is None else text.encode() for text in (source, target, kind)]
    result = _libc().mount(*encode, ctypes.c_ulong(flags), data.encode() or None)
    _checked(result, f"mount {target}")


def _prefer_to_be_killed() -> None:
    """When memory runs out, the kernel takes this process first."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:
        pass


def _new_namespaces(was_root: bool) -> None:
    uid, gid = os.geteuid(), os.getegid()
    flags = _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWNET | _CLONE_NEWIPC | _CLONE_NEWUTS
    _checked(_libc().unshare(flags | (0 if was_root else _CLONE_NEWUSER)), "unshare")
    if not was_root:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def _bind_read_only(source: str, target: str) -> None:
    _mount(source, target, None, _MS_BIND | _MS_REC)
    attributes = _MountAttributes(1 | 2 | 4, 0, 0, 0)  # read-only, no setuid, no devices
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    pointer = ctypes.byref(attributes)
    _syscall("mount_setattr", _AT_FDCWD, target.encode(), _AT_RECURSIVE, pointer, size)


def _build_root(readable: Sequence[str], hidden: Sequence[str], base: str, limits: Limits) -> None:
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    # The new root covers the folder it is mounted on; that folder itself is not readable inside.
    _mount("tmpfs", base, "tmpfs", _MS_NOSUID | _MS_NODEV, "size=1m,mode=755")
    for path in readable:
        target = base + path
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.islink(path):
            os.symlink(os.readlink(path), target)
            continue
        if os.path.isdir(path):
            os.makedirs(target, exist_ok=True)
        else:
            open(target, "w").close()
        _bind_read_only(path, target)
    for path in hidden:
        if os.path.isdir(base + path):
            _mount("tmpfs", base + path, "tmpfs", _MS_RDONLY | _MS_NOSUID | _MS_NODEV, "size=4k")
    for folder in ("/dev", "/proc", "/.old", SCRATCH):
        os.makedirs(base + folder, exist_ok=True)
    for device in ("null", "zero", "urandom"):
        open(f"{base}/dev/{device}", "w").close()
        _mount(f"/dev/{device}", f"{base}/dev/{device}", None, _MS_BIND)
    size = f"size={limits.scratch_mb}m,nr_inodes=10000,mode=1777"
    _mount("tmpfs", base + SCRATCH, "tmpfs", _MS_NOSUID | _MS_NODEV, size)


def _fork_inside() -> None:
    """The first process of the new process namespace goes on; this one waits for it and ends."""
    inner = os.fork()
    if inner:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        _, status = os.waitpid(inner, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _enter_root(base: str) -> None:
    _mount("proc", base + "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    os.chdir(base)
    _syscall("pivot_root", b".", b".old")
    _checked(_libc().umount2(b"/.old", _MNT_DETACH), "umount the old root")
    _mount(None, "/", None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY | _MS_NOSUID | _MS_NODEV)
    os.chdir(SCRATCH)


def _drop_user(was_root: bool, user: int) -> None:
    if was_root:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def _drop_capabilities() -> None:
    libc = _libc()
    for capability in range(64):
        zeros = [ctypes.c_ulong(0)] * 3
        if libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), *zeros) < 0:
            break
    header, none = struct.pack("Ii", 0x20080522, 0), bytes(24)
    _checked(libc.capset(header, none), "capset")


def _set_limits(limits: Limits, tier: int) -> None:
    values = [
        (resource.RLIMIT_AS, limits.memory_mb * _MB),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.file_mb * _MB),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ]
    if tier == 1:  # elsewhere everything else that the user runs would be counted
        values.append((resource.RLIMIT_NPROC, limits.threads))
    for name, value in values:
        hard = resource.getrlimit(name)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(name, (value, value))
        except (ValueError, OSError):
            if sys.platform == "linux":
                raise


def _landlock(readable: Sequence[str], writable: Sequence[str]) -> None:
    """Only these paths exist for file access. It also shuts out ptrace of processes outside."""
    try:
        version = _syscall("landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except SandboxError as error:
        raise SandboxError(f"Landlock is missing (Linux 5.13 or newer has it): {error}") from None
    rights = (1 << _LANDLOCK_RIGHTS[min(version, 5)]) - 1
    network = 3 if version >= 4 else 0
    scope = 3 if version >= 6 else 0  # no abstract sockets and no signals to the outside
    size = 8 if version < 4 else 16 if version < 6 else 24
    attributes = struct.pack("QQQ", rights, network, scope)[:size]
    rules = _syscall(
        "landlock_create_ruleset", attributes, ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    for paths, allowed in ((readable, _LANDLOCK_READ), (writable, rights)):
        for path in paths:
            try:
                handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            access = allowed if os.path.isdir(path) else allowed & _LANDLOCK_FILE_ONLY & rights
            rule = struct.pack("=Qi", access, handle)
            kind = ctypes.c_int(_LANDLOCK_RULE_PATH_BENEATH)
            _syscall("landlock_add_rule", rules, kind, rule, ctypes.c_uint32(0))
            os.close(handle)
    _syscall("landlock_restrict_self", rules, ctypes.c_uint32(0))
    os.close(rules)
