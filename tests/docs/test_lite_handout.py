"""The course in the browser without answers: none can be found in it, and its checks know."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("hatchling", reason="it is in requirements-dev.txt")

from docs.lite.parts import PartError, default_cache, gather
from grader.course import current
from tests.checking.in_node import without
from tests.handout.test_handout import answers

LECTURE = "02_activations"
HERE = Path(__file__).parent
PACKED = (b"PK\x03\x04", b"PK\x05\x06")  # wheels, the standard library, records

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site of one lecture, as the command builds it."""
    try:
        gather(default_cache())
    except PartError as error:
        without(error)
    folder = tmp_path_factory.mktemp("site") / "lab"
    command = [sys.executable, "-m", "docs", "lite", "--without-answers", LECTURE, "--to", folder]
    done = subprocess.run(command, cwd=current().root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "have no body" in done.stdout
    return folder


def contents(name, data):
    """What a file holds, by name; of an archive what is in it."""
    if not data.startswith(PACKED):
        yield name, data
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for inner in archive.namelist():
            yield from contents(f"{name}/{inner}", archive.read(inner))


def test_no_answer_stands_in_the_site(site):
    files = {
        name: data
        for path in site.rglob("*")
        if path.is_file()
        for name, data in contents(path.relative_to(site).as_posix(), path.read_bytes())
    }
    course = [name for name in files if "/lectures/02_activations/" in name]
    assert any(name.endswith("record/activations.relu_forward.npz/tree.npy") for name in course)
    assert not [name for name in course if "/exercises" in name or "/styles" in name]
    assert not [name for name in files if "solutions/" in name and name.startswith("files/")]
    notebooks = [name for name in files if name.endswith(".ipynb") and name.startswith("files/")]
    assert notebooks == [f"files/notebooks/{LECTURE}/{LECTURE}.ipynb"]
    secret = {line.encode(): id for id, own in answers([LECTURE]).items() for line in own}
    assert len(secret) > 50
    told = [
        f"{name}: {secret[line]}" for name, data in files.items() for line in secret if line in data
    ]
    assert told == []
    page = files["index.html"].decode()
    assert "This course has no answers." in page and "../index.html" not in page
    settings = json.loads(files["jupyter-lite.json"])["jupyter-config-data"]
    kept = settings["contentsStorageName"]
    assert kept != current().id, "the site with answers has its files there"
    assert f"`${{COURSE}}{kept.removeprefix(current().id)}`" in files["start.js"].decode()


def test_checks_in_the_tab_know_from_records_what_a_desk_says(site):
    if not (node := shutil.which("node")):
        pytest.skip("there is no Node to run Pyodide in")
    script = HERE / "handout_session.py"
    commands = (
        [node, HERE / "site.mjs", site / "static/pyodide", script],
        [sys.executable, script],
    )
    env = os.environ | {"PYTHONPATH": str(current().root), "NBGRADER_EXECUTION": "1"}
    said = []
    for command in commands:
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        said.append(json.loads(done.stdout))
    (tab, raised), (desk, _) = said
    assert raised == "NotWritten"
    assert [verdict for verdict, _ in tab] == ["right", "wrong value", "wrong value", "right"]
    assert [page == there for (_, page), (_, there) in zip(tab, desk, strict=True)] == [True] * 4
