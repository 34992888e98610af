"""Pyodide, the Python of a browser's tab, in Node."""

import json
import os
import shutil
import zipfile
from pathlib import Path
from typing import NoReturn

import pytest

from docs.lite.parts import PartError, default_cache, gather

ROOT = Path(__file__).resolve().parents[2]


def unpack(folder: Path, *needed: str) -> tuple[Path, Path]:
    """Folders with the runtime and with packages.

    Args:
        folder: where they are made.
        needed: how the names of the packages begin; all packages of the site if there is none.

    Raises:
        PartError: a part of the site is not here and cannot be fetched.
    """
    parts = gather(default_cache())
    runtime, packages = folder / "runtime", folder / "packages"
    runtime.mkdir()
    for path in parts.runtime:
        shutil.copy(path, runtime)
    info = {"arch": "wasm32", "python": "3.14.0", "abi_version": "2026_0"}
    lock = {"info": info | {"platform": "emscripten_5_0_3"}, "packages": {}}
    (runtime / "pyodide-lock.json").write_text(json.dumps(lock))
    for wheel in parts.packages:
        if wheel.name.startswith(needed or ""):
            zipfile.ZipFile(wheel).extractall(packages)
    return runtime, packages


def unpack_or_skip(folder: Path, *needed: str) -> tuple[Path, Path]:
    """The same in a test, which is skipped where there is no Node or no Pyodide."""
    if not shutil.which("node"):
        pytest.skip("there is no Node to run Pyodide in")
    try:
        return unpack(folder, *needed)
    except PartError as error:
        without(error)


def without(error: PartError) -> NoReturn:
    """A part of the site is not here: skip the test. In CI, where all must run, let it fail."""
    if os.environ.get("CI"):
        raise error
    pytest.skip(str(error))


def command(folders: tuple[Path, Path], module: str, *args: object) -> list[str]:
    """What starts a module of the course there: its arguments are files and words of Node's."""
    script = Path(__file__).with_name("tab.mjs")
    return ["node", *map(str, (script, *folders, ROOT, module, *args))]
