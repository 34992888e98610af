"""The parts of others that the site is made of: fetched once with pip, verified always."""

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

LOCK = Path(__file__).with_name("lock.toml")


class PartError(Exception):
    """A part is missing or is not the one that the lock names; the message says what to do."""


@dataclass(frozen=True)
class Part:
    """A wheel on PyPI.

    Args:
        name: of the project.
        version: of the project.
        file: the wheel's name.
        sha256: its SHA-256, in hexadecimal digits.
    """

    name: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Parts:
    """Where the verified files lie.

    Args:
        app: the wheel with JupyterLite's pages.
        kernel: the wheel with the kernel for Pyodide.
        runtime: Pyodide itself: files that lie beside each other.
        packages: wheels for Pyodide.
    """

    app: Path
    kernel: Path
    runtime: tuple[Path, ...]
    packages: tuple[Path, ...]


def default_cache() -> Path:
    """The folder where parts are kept: ``deep-training-lab`` among the user's caches."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "deep-training-lab"


def gather(cache: Path, lock: Path = LOCK) -> Parts:
    """Fetch what is not there yet and verify everything.

    Args:
        cache: the folder in which parts are kept; it is made if needed.
        lock: the file that names them.

    Returns:
        The files, in the folder ``cache``.

    Raises:
        PartError: one is missing and cannot be fetched, or has another SHA-256 than in the lock.
    """
    named = tomllib.loads(lock.read_text(encoding="utf-8"))
    packages = [_part(entry) for entry in named["packages"]]
    app, kernel = _part(named["app"]), _part(named["kernel"])
    cache.mkdir(parents=True, exist_ok=True)
    missing = [part for part in (app, kernel, *packages) if not (cache / part.file).is_file()]
    if missing:
        _download(missing, cache)
    for part in (app, kernel, *packages):
        _verify(cache / part.file, part.sha256)

    shipped = named["pyodide"]
    folder = cache / "pyodide"
    hashes = shipped["runtime"] | shipped["packages"]
    if not all((folder / name).is_file() for name in hashes):
        _unpack(_part(shipped), shipped["folder"], hashes, folder)
    for name, sha256 in hashes.items():
        _verify(folder / name, sha256)
    return Parts(
        app=cache / app.file,
        kernel=cache / kernel.file,
        runtime=tuple(folder / name for name in shipped["runtime"]),
        packages=(
            *(folder / name for name in shipped["packages"]),
            *(cache / part.file for part in packages),
        ),
    )


def _part(entry: Mapping[str, str]) -> Part:
    return Part(entry["name"], entry["version"], entry["file"], entry["sha256"])


def _verify(path: Path, sha256: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise PartError(
            f"{path} is not the file that {LOCK.name} names: its SHA-256 is {found}, expected "
            f"{sha256}. Delete it and build again."
        )


def _download(parts: list[Part], folder: Path) -> None:
    """Have pip fetch wheels; what it brings is moved in only when it is whole."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        # Which Python runs them is Pyodide's matter; the one that builds, or the one that the wheel
        # which brings Pyodide is for, may be another.
        command += ["--only-binary=:all:", "--platform", "any", "--ignore-requires-python"]
        command += ["--dest", scratch]
        done = subprocess.run(
            [*command, *(f"{part.name}=={part.version}" for part in parts)],
            capture_output=True,
            text=True,
        )
        missing = [part for part in parts if not Path(scratch, part.file).is_file()]
        for part in parts:
            if part not in missing:
                Path(scratch, part.file).replace(folder / part.file)
    if missing:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        pages = ", ".join(
            f"{part.file} of https://pypi.org/project/{part.name}/{part.version}/#files"
            for part in missing
        )
        raise PartError(
            f"pip could not fetch all parts{f' ({said[-1]})' if said else ''}: build once with a "
            f"network, or put into {folder}: {pages}."
        )


def _unpack(whole: Part, inside: str, wanted: Mapping[str, str], folder: Path) -> None:
    """Take files out of a wheel that is too large to be kept."""
    folder.mkdir(exist_ok=True)
    wheel = folder / whole.file
    if not wheel.is_file():
        _download([whole], folder)
    _verify(wheel, whole.sha256)
    with zipfile.ZipFile(wheel) as archive:
        for name in wanted:
            try:
                data = archive.read(str(PurePosixPath(inside, name)))
            except KeyError:
                raise PartError(f"{whole.file} holds no {inside}/{name}.") from None
            (folder / name).write_bytes(data)
    wheel.unlink()
