"""The course as one wheel for the browser: what its notebooks import, and nothing else."""

import hashlib
import tomllib
import zipfile
from pathlib import Path

from lectures.hatch_build import files, place

ROOT = Path(__file__).resolve().parents[2]
# What only the build and the audit read; wrong and right answers are among it.
LEFT_OUT = {"elsewhere.py", "equivalent.py", "styles.py", "syllabus.py"}
NEEDS = ("anywidget", "numpy", "matplotlib", "ipywidgets", "jaxtyping", "tqdm")
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the date of every entry: the same files, the same wheel


def contents(root: Path = ROOT) -> dict[str, bytes]:
    """The files of the wheel but for its description: by their places, sorted.

    Args:
        root: the repository, or a hand-out, which has records in the place of exercises.
    """
    course = [path for path in files(root) if path.name not in LEFT_OUT]
    records = [*root.glob("lectures/*/record.json"), *root.glob("lectures/*/record/*.npz")]
    checks = [path for path in (root / "grader/checking").rglob("*.py")]
    tool = [root / "grader" / name for name in ("__init__.py", "course.py", "py.typed")]
    if root != ROOT:  # its library asks there for the student's own functions
        tool += sorted((root / "grader/handout").glob("*.py"))
    found = {place(path, root): path.read_bytes() for path in (*course, *records, *checks, *tool)}
    return dict(sorted(found.items()))


def wheel(root: Path = ROOT) -> tuple[str, dict[str, bytes]]:
    """The wheel: its name, and its files by their places.

    The name holds a digest of what is in it, as its build number, so that no cache takes one
    release for another.

    Args:
        root: the repository, or a hand-out.
    """
    project = tomllib.loads((ROOT / "lectures/pyproject.toml").read_text("utf-8"))["project"]
    name, version = project["name"], project["version"]
    inside = contents(root)
    digest = hashlib.sha256()
    for place_, data in inside.items():
        digest.update(f"{place_} {len(data)}\n".encode() + data)
    stem = f"{name.replace('-', '_')}-{version}"
    points = "".join(
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
        for group, entries in project["entry-points"].items()
    )
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    described = {
        "METADATA": metadata + "".join(f"Requires-Dist: {need}\n" for need in NEEDS),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: docs.lite\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        "entry_points.txt": points,
    }
    inside |= {f"{stem}.dist-info/{file}": text.encode() for file, text in described.items()}
    record = f"{stem}.dist-info/RECORD"
    inside[record] = "".join(f"{place_},,\n" for place_ in (*inside, record)).encode()
    return f"{stem}-0{digest.hexdigest()[:12]}-py3-none-any.whl", inside


def write(path: Path, inside: dict[str, bytes]) -> None:
    """Write a zip archive that depends on nothing but what is in it.

    Args:
        path: the archive.
        inside: its files by name.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in inside.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), data, zipfile.ZIP_DEFLATED)
