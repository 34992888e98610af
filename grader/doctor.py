"""``python -m grader doctor``: what works on this machine, what does not, and the mend."""

import argparse
import os
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_DISTRIBUTION = "deep-training-lab"
_TIERS = {
    1: "tier 1: own namespaces, Landlock and seccomp",
    2: "tier 2: Landlock and seccomp",
    3: "tier 3: time and memory limits only; results are called not isolated",
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
    """

    what: str
    state: str
    seen: str
    mend: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no options."""


def run(args: argparse.Namespace) -> int:
    """Print the diagnosis; 1 when something is broken."""
    findings = list(diagnose())
    for finding in findings:
        mark = {"ok": "✓", "note": "○", "broken": "✗"}[finding.state]
        print(f"{mark} {finding.what:<10} {finding.seen}")
        if finding.mend:
            print(f"  {'':<10} {finding.mend}")
    return 1 if any(finding.state == "broken" for finding in findings) else 0


def diagnose() -> Iterator[Finding]:
    """Look at everything the course needs."""
    yield python()
    yield packages()
    yield kernel()
    yield folder(Path.cwd())
    yield data(ROOT / "data")
    yield sandbox()


def python(found: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Whether this Python is new enough.

    Args:
        found: major and minor version.
    """
    seen = ".".join(map(str, found))
    if found < (3, 11):
        return Finding("Python", "broken", seen, "Install Python 3.11 or newer.")
    return Finding("Python", "ok", seen)


def packages(needed: list[str] | None = None) -> Finding:
    """Whether what the course imports is installed, in a version that is new enough.

    Args:
        needed: requirements, "numpy>=2.0"; None takes the course's own.
    """
    from packaging.requirements import Requirement

    wrong = []
    for text in _needed() if needed is None else needed:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if not wanted.specifier.contains(found, prereleases=True):
            wrong.append(f"{wanted.name} is {found}, needed {wanted.specifier}")
    if wrong:
        mend = "Run `pip install -r requirements.txt` in the course's folder."
        return Finding("packages", "broken", "; ".join(wrong), mend)
    return Finding("packages", "ok", f"all there, NumPy {version('numpy')}")


def kernel() -> Finding:
    """Whether notebooks have a Python kernel that runs this very Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    mend = f"Run `{sys.executable} -m ipykernel install --sys-prefix`."
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("kernel", "broken", "there is no kernel called python3", mend)
    program = spec.argv[0]
    if os.sep in program and not os.path.exists(program):
        return Finding("kernel", "broken", f"python3 would start {program}, which is gone", mend)
    if os.sep in program and not os.path.samefile(program, sys.executable):
        return Finding("kernel", "note", f"python3 starts {program}, another Python", mend)
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


def data(place: Path) -> Finding:
    """Whether the data that the lectures read is there.

    Args:
        place: the folder ``data``.
    """
    found = [path for path in place.iterdir() if path.is_file()] if place.is_dir() else []
    if not found:
        mend = "Get the whole course again: the folder data belongs to it."
        return Finding("data", "broken", f"{place} is missing or empty", mend)
    size = sum(path.stat().st_size for path in found) / 1e6
    return Finding("data", "ok", f"{len(found)} files, {size:.1f} MB")


def sandbox() -> Finding:
    """How well submissions are shut in when this machine grades; it does not concern students."""
    from grader.engine.sandbox import detect

    tier, reasons = detect()
    if tier == 1:
        return Finding("grading", "ok", _TIERS[1])
    mends = [mend for key, mend in _BETTER.items() if any(key in reason for reason in reasons)]
    return Finding("grading", "note", "; ".join([_TIERS[tier], *reasons]), " ".join(mends))


def _needed() -> list[str]:
    project = ROOT / "pyproject.toml"
    if project.is_file():
        return tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    try:
        return [text for text in requires(_DISTRIBUTION) or [] if "extra ==" not in text]
    except PackageNotFoundError:
        return []
