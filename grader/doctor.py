"""``python -m grader doctor``: what works on this machine, what does not, and the mend."""

from __future__ import annotations  # an old Python must be able to read this

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from grader.course import Course, NoCourse, current, installed

_TOOL = "deep-training-grader"
_TIERS = {
    1: "tier 1: own namespaces, Landlock and seccomp",
    2: "tier 2: Landlock and seccomp",
    3: "tier 3: time and memory limits only; results are called not isolated",
}
# What a submission can do in each tier: the table of docs/security.md.
PROMISES = {
    "reads your files, the answers, the secret, other submissions": ("no", "no", "yes"),
    "writes outside its scratch folder": ("no", "no", "yes"),
    "opens a connection, sends to a socket of the machine": ("no", "no", "yes"),
    "starts a process, signals or traces another": ("no", "no", "yes"),
    "sees the names, sizes and times of files elsewhere": ("no", "yes", "yes"),
    "sees the list of your processes": ("no", "yes", "yes"),
    "memory, processor time, size of a file, open files": ("bounded", "bounded", "bounded"),
    "all its files together, its threads": (
        "bounded by the kernel",
        "looked at twenty times a second",
        "the same, threads on Linux only",
    ),
    "ends when the grader is killed": (
        "within two seconds",
        "within two seconds",
        "unless it prevents that",
    ),
}
_BETTER = {
    "libseccomp": "Install it: apt install libseccomp2 (Debian, Ubuntu), dnf install libseccomp.",
    "unshare": (
        "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 and, on Ubuntu 24.04 or "
        "newer, sysctl kernel.apparmor_restrict_unprivileged_userns=0. A container needs "
        "--security-opt seccomp=unconfined --cap-add SYS_ADMIN."
    ),
    "Landlock": "Use Linux 5.13 or newer with landlock in /sys/kernel/security/lsm.",
    "it needs Linux": "Grade on Linux, or in a Linux container or virtual machine.",
}


@dataclass(frozen=True)
class Finding:
    """One line of the diagnosis.

    Args:
        what: what was looked at.
        state: "ok"; "note", when something could be better; "broken".
        seen: what was found.
        mend: what to do, unless all is well.
        more: further lines.
    """

    what: str
    state: str
    seen: str
    mend: str = ""
    more: tuple[str, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no options."""


def run(args: argparse.Namespace) -> int:
    """Print the diagnosis; 1 when something is broken."""
    findings = list(diagnose())
    for finding in findings:
        mark = {"ok": "✓", "note": "○", "broken": "✗"}[finding.state]
        print(f"{mark} {finding.what:<10} {finding.seen}")
        for line in (finding.mend, *finding.more):
            if line:
                print(f"  {'':<10} {line}")
    return 1 if any(finding.state == "broken" for finding in findings) else 0


def diagnose() -> Iterator[Finding]:
    """Look at everything the course needs. With an old Python nothing else counts."""
    first = python()
    yield first
    if first.state == "broken":
        return
    try:
        here = current()
    except NoCourse as error:
        yield Finding("course", "broken", str(error), "Go to the course's folder.")
        return
    yield packages(_needed(here))
    yield course(here)
    yield kernel()
    for place in dict.fromkeys((Path.cwd(), here.home)):
        yield folder(place)
    yield data(here)
    if importlib.util.find_spec("grader.engine"):  # a hand-out has none
        yield sandbox()


def python(found: tuple[int, ...] | None = None) -> Finding:
    """Whether this Python is new enough.

    Args:
        found: major and minor version; None takes those of the running Python.
    """
    found = found or sys.version_info[:2]
    seen = ".".join(map(str, found))
    if found < (3, 11):
        mend = (
            "Install Python 3.11 or newer, make an environment with it (python3.11 -m venv .venv), "
            "activate it and install the course there."
        )
        return Finding("Python", "broken", f"{seen} is too old", mend)
    return Finding("Python", "ok", seen)


def packages(needed: list[str]) -> Finding:
    """Whether what notebooks import is installed, in a version that is new enough.

    Args:
        needed: requirements, "numpy>=2.0".
    """
    try:
        wrong = _wrong(needed)
    except ImportError:
        return Finding("packages", "broken", f"{sys.executable} has none of them", _install(_TOOL))
    if wrong:
        return Finding("packages", "broken", "; ".join(wrong), _install(_TOOL))
    return Finding("packages", "ok", f"all there, NumPy {version('numpy')}")


def course(here: Course) -> Finding:
    """Whether notebooks find the library of this copy of the course, in its folder at least."""
    lectures = here.root / "lectures"
    place = _library_for(here, lectures) if lectures.is_dir() else None
    with tempfile.TemporaryDirectory() as elsewhere:
        anywhere = _library_for(here, Path(elsewhere))
    if not (place or anywhere):
        seen = "notebooks do not find it: it was not installed, or its folder was moved since"
        return Finding("course", "broken", seen, _install())
    if here.root not in (place, anywhere):
        seen = f"notebooks use the copy in {place or anywhere}, not the one in {here.root}"
        return Finding("course", "broken", seen, _install())
    whose = "notebooks" if place == anywhere else "notebooks that are opened in it"
    return Finding("course", "ok", f"{whose} use {here.root}")


def _library_for(here: Course, folder: Path) -> Path | None:
    """The copy of the course whose library a notebook in a folder imports."""
    code = f"from grader import check; import {here.library} as found; print(found.__file__)"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout.strip()
    return Path(found).resolve().parents[1] if found else None


def kernel() -> Finding:
    """Whether notebooks have a Python kernel that runs this very Python."""
    lab = _install("jupyterlab")
    try:
        import ipykernel  # noqa: F401
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError as error:
        return Finding("kernel", "broken", f"there is none: {error.name} is missing", lab)
    # Without that file, Jupyter starts the Python that it runs in itself.
    mend = f"Run `{sys.executable} -m jupyter_client.kernelspecapp remove python3`."
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("kernel", "broken", "there is no kernel called python3", lab)
    program = spec.argv[0]
    if os.sep in program and not os.path.exists(program):
        return Finding("kernel", "broken", f"python3 would start {program}, which is gone", mend)
    # Two environments may share one interpreter through links: compare where they stand.
    if os.sep in program and not os.path.samefile(
        os.path.dirname(program), os.path.dirname(sys.executable)
    ):
        seen = f"python3 starts {program}, but the course is installed for {sys.executable}"
        return Finding("kernel", "broken", seen, mend)
    return Finding("kernel", "ok", "python3 starts this Python")


def folder(place: Path) -> Finding:
    """Whether notebooks and progress can be saved here.

    Args:
        place: where the course is opened.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=place):
            pass
    except OSError as error:
        seen = f"{place} cannot be written to: {error.strerror}"
        return Finding("folder", "broken", seen, "Copy the course to a folder of your own.")
    return Finding("folder", "ok", f"{place} can be written to")


def data(here: Course) -> Finding:
    """Whether the data that the lectures read is there."""
    place = here.data_folder
    missing = [name for name in here.data if not (place / name).is_file()]
    damaged = [
        name
        for name in here.data
        if name.endswith(".npz") and name not in missing and not zipfile.is_zipfile(place / name)
    ]
    if missing or damaged:
        wrong = [f"{name} is missing" for name in missing]
        wrong += [f"{name} is damaged" for name in damaged]
        mend = "Get the folder data from the course again."
        return Finding("data", "broken", f"{place}: {'; '.join(wrong)}", mend)
    return Finding("data", "ok", f"all there in {place}")


def sandbox() -> Finding:
    """Whether and how well this machine grades; it does not concern students."""
    try:
        wrong = _wrong(requires(_TOOL) or [], "engine")
    except (ImportError, PackageNotFoundError):  # the line of the packages says so
        wrong = []
    if wrong:
        return Finding("grading", "note", "; ".join(wrong), _install(f'"{_TOOL}[engine]"'))
    try:
        from grader.engine.sandbox import detect
    except ImportError:  # what every Unix has
        seen = f"not on {sys.platform}: official grading needs Linux, or macOS without a sandbox"
        return Finding("grading", "note", seen, _BETTER["it needs Linux"])
    tier, reasons = detect()
    promised = promises(tier)
    if tier == 1:
        return Finding("grading", "ok", _TIERS[1], more=promised)
    if any("'pyseccomp'" in reason for reason in reasons):  # the package, not the library
        seen = f"{_TIERS[tier]}; pyseccomp is missing"
        return Finding("grading", "note", seen, _install(f'"{_TOOL}[engine]"'), promised)
    mends = [mend for key, mend in _BETTER.items() if any(key in reason for reason in reasons)]
    seen = "; ".join([_TIERS[tier], *reasons])
    return Finding("grading", "note", seen, " ".join(mends), promised)


def promises(tier: int) -> tuple[str, ...]:
    """What a submission can do on a machine of this tier, a line each.

    Args:
        tier: 1 to 3.
    """
    lines = (f"  {what}: {said[tier - 1]}" for what, said in PROMISES.items())
    return ("a submission that is graded here", *lines)


def _needed(here: Course) -> list[str]:
    """The tool, the course and what these two need, as they say themselves once installed."""
    dist = installed().get(here.root)
    needed = [dist.name, *(dist.requires or [])] if dist else [_TOOL]
    try:
        return needed + (requires(_TOOL) or [])
    except PackageNotFoundError:
        return needed


def _wrong(needed: list[str], extra: str = "") -> list[str]:
    """Which requirements are not met here, and why.

    Args:
        needed: requirements, "numpy>=2.0".
        extra: the extra whose requirements count, too.

    Raises:
        ImportError: not even the package that reads requirements is there.
    """
    from packaging.requirements import Requirement

    wrong = {}
    for text in needed:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            wrong[wanted.name] = f"{wanted.name} is missing"
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            wrong[wanted.name] = f"{wanted.name} is {found}, needed {wanted.specifier}"
    return list(wrong.values())


def _install(*packages: str) -> str:
    """The mend for what is not installed.

    Args:
        packages: what to install where the course does not list it.
    """
    root = current().root
    if (root / "requirements.txt").is_file():
        return f"Run `pip install -r requirements.txt` in {root}."
    dist = installed().get(root)
    names = [*packages, *([dist.name] if dist else [])]
    if names:
        return f"Run `pip install --upgrade {' '.join(names)}`."
    return f"Name its folder before you start Jupyter: PYTHONPATH={root}."
