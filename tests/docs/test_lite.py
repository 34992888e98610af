"""The course in the browser, before any browser: its parts are verified, its wheel is enough."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile

import pytest

pytest.importorskip("hatchling", reason="it is in requirements-dev.txt")

from docs.lite import course
from docs.lite.build import SiteError, replace
from docs.lite.parts import PartError, gather
from grader.course import current

# What a student's kernel does; it prints which modules of the course that took.
SESSION = """
import json, sys
import numpy as np
from grader import check, progress
from utils.data import load_digits
def relu_forward(x):
    return np.maximum(0, x), x
verdict = check("activations.relu_forward").verdict
assert progress().text and load_digits().x_train.shape == (1199, 64)
ours = {name: module.__file__ for name, module in sys.modules.items()
        if name.split(".")[0] in ("grader", "lectures", "utils")}
print(json.dumps([verdict, ours]))
"""


def wheel(folder, name, version="1"):
    """A wheel that pip can find there."""
    stem = f"{name}-{version}"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    kind = b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    info = f"{stem}.dist-info"
    path = folder / f"{stem}-py3-none-any.whl"
    files = {f"{name}/a.txt": name.encode(), f"{info}/METADATA": metadata, f"{info}/WHEEL": kind}
    course.write(path, files | {f"{info}/RECORD": b""})
    return path


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder of wheels in the place of PyPI, and a lock that names them."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    entries = []
    for heading, name in (("[app]", "app"), ("[kernel]", "kernel"), ("[[packages]]", "package")):
        path = wheel(folder, name)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        named = f'name = "{name}"\nversion = "1"\nfile = "{path.name}"\nsha256 = "{digest}"\n'
        entries.append(f"{heading}\n{named}")
    whole = wheel(folder, "whole")
    digest = hashlib.sha256(whole.read_bytes()).hexdigest()
    inside = hashlib.sha256(b"whole").hexdigest()
    entries.append(
        f'[pyodide]\nname = "whole"\nversion = "1"\nfile = "{whole.name}"\nsha256 = "{digest}"\n'
        f'folder = "whole"\n[pyodide.runtime]\n"a.txt" = "{inside}"\n[pyodide.packages]\n'
    )
    (tmp_path / "lock.toml").write_text("\n".join(entries))
    return folder


def test_parts_are_fetched_once_and_found_again_without_a_network(shelf, tmp_path):
    first = gather(tmp_path / "cache", tmp_path / "lock.toml")
    assert first.app.is_file() and first.packages[0].name == "package-1-py3-none-any.whl"
    assert first.runtime[0].read_bytes() == b"whole"
    for path in shelf.iterdir():
        path.unlink()
    assert gather(tmp_path / "cache", tmp_path / "lock.toml") == first


def test_a_part_that_is_missing_or_another_stops_the_build_in_a_sentence(shelf, tmp_path):
    (shelf / "kernel-1-py3-none-any.whl").unlink()
    with pytest.raises(PartError, match=r"could not fetch .*kernel==1.*: build once.* kernel-1-"):
        gather(tmp_path / "cache", tmp_path / "lock.toml")
    wheel(shelf, "kernel")
    parts = gather(tmp_path / "cache", tmp_path / "lock.toml")
    parts.runtime[0].write_bytes(b"other")
    with pytest.raises(PartError, match=r"a\.txt is not the file that lock\.toml names"):
        gather(tmp_path / "cache", tmp_path / "lock.toml")


def test_the_wheel_holds_what_a_notebook_imports_and_no_answers_in_other_styles(tmp_path):
    _, files = course.wheel()
    names = set(files)
    rooms = {name.split("/")[1] for name in names if name.startswith("grader/") and "/" in name[7:]}
    assert rooms == {"checking"}
    assert not [name for name in names if name.rsplit("/")[-1] in course.LEFT_OUT]
    assert {f"lectures/data/{name}" for name in current().data} <= names
    folder = tmp_path / "installed"
    course.write(tmp_path / "course.whl", files)
    zipfile.ZipFile(tmp_path / "course.whl").extractall(folder)
    env = {k: v for k, v in os.environ.items() if k != "GRADER_COURSE"}
    done = subprocess.run(
        [sys.executable, "-c", SESSION],
        cwd=tmp_path,
        env=env | {"PYTHONPATH": str(folder), "NBGRADER_EXECUTION": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    verdict, ours = json.loads(done.stdout)
    assert verdict == "right"
    assert all(file.startswith(str(folder)) for file in filter(None, ours.values()))


def test_the_same_course_gives_the_same_wheel(tmp_path):
    (name, files), again = course.wheel(), course.wheel()
    assert again == (name, files)
    for path in (tmp_path / "first.whl", tmp_path / "second.whl"):
        course.write(path, files)
    assert (tmp_path / "first.whl").read_bytes() == (tmp_path / "second.whl").read_bytes()


def test_a_text_that_a_new_version_no_longer_holds_stops_the_build(tmp_path):
    page = tmp_path / "index.html"
    page.write_text("<head></head>")
    replace(page, {"</head>": "<title></head>"})
    assert page.read_text() == "<head><title></head>"
    with pytest.raises(SiteError, match="holds no '<body>'"):
        replace(page, {"<body>": ""})
