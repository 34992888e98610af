"""The two distributions, the tool and the course: what is in them, and that they work installed."""

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from grader.course import read
from grader.engine import sandbox

pytest.importorskip("hatchling", reason="it is in requirements-dev.txt")

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = {"deep-training-grader": ROOT, "deep-training-lab": ROOT / "lectures"}
# Only the engine, the build and the audit need these.
HEAVY = {"jsonschema", "jupytext", "nbconvert", "nbformat", "nbgrader", "sqlalchemy"}


def build(kind: str, project: Path, folder: Path) -> subprocess.CompletedProcess:
    """What pip asks of a project, here without an environment of its own and a network."""
    code = f"from hatchling import build; print(build.build_{kind}({str(folder)!r}))"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=project, capture_output=True, text=True)


def built(kind: str, name: str, folder: Path) -> Path:
    done = build(kind, PROJECTS[name], folder)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheels")
    return {name: built("wheel", name, folder) for name in PROJECTS}


@pytest.fixture(scope="module")
def installed(wheels, tmp_path_factory):
    """An environment of its own with the two wheels, which sees the packages of this one."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--python", folder / "bin/python", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", *wheels.values()], check=True)
    (packages_of(folder) / "others.pth").write_text(sysconfig.get_path("purelib"))
    return folder


def packages_of(environment: Path) -> Path:
    return next(environment.glob("lib/python3*/site-packages")).resolve()


def run(
    environment: Path, folder: Path, *arguments: str, alone: bool = False
) -> subprocess.CompletedProcess:
    """Run Python in a folder outside the repository; alone, it has the two wheels only."""
    variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "GRADER_COURSE")}
    command = [environment / "bin" / "python", *arguments]
    others = packages_of(environment) / "others.pth"
    if alone:
        others.rename(others.with_suffix(".off"))
    try:
        return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    finally:
        if alone:
            others.with_suffix(".off").rename(others)


def names_in(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_tool_brings_no_course(wheels):
    names = names_in(wheels["deep-training-grader"])
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "grader",
        "deep_training_grader",
    }
    assert "grader/py.typed" in names
    assert "grader/engine/templates/shut_feedback/index.html.j2" in names


def test_the_course_brings_its_library_its_rooms_and_their_data(wheels):
    names = names_in(wheels["deep-training-lab"])
    assert {f"lectures/data/{name}" for name in read(ROOT).data} <= names
    assert {"lectures/course.toml", "lectures/data/README.md"} <= names
    for room in (ROOT / "lectures").glob("[0-9][0-9]_*"):
        present = {path.relative_to(ROOT).as_posix() for path in room.rglob("*.py")}
        assert present - names <= {f"lectures/{room.name}/lecture.py"}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "utils").rglob("*.py")}
    others = {"utils/py.typed", "utils/_stage.js"}
    assert modules == {name for name in names if name.startswith("utils/")} - others
    assert others <= names
    assert not [name for name in names if name.endswith((".pyc", ".ipynb", "lecture.py"))]


@pytest.mark.parametrize("name", PROJECTS)
def test_a_wheel_says_what_it_is_and_under_which_licence(wheels, name):
    project = tomllib.loads((PROJECTS[name] / "pyproject.toml").read_text())["project"]
    with zipfile.ZipFile(wheels[name]) as wheel:
        folder = f"{name.replace('-', '_')}-{project['version']}.dist-info"
        for licence in project["license-files"]:
            assert wheel.read(f"{folder}/licenses/{licence}") == (ROOT / licence).read_bytes()
        metadata = wheel.read(f"{folder}/METADATA").decode()
    assert f"License-Expression: {project['license']}" in metadata
    assert "\n# Deep Training" in metadata


def test_the_changes_begin_with_the_version_of_both():
    versions = {
        tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]
        for folder in PROJECTS.values()
    }
    first = next(li for li in (ROOT / "CHANGELOG.md").read_text().splitlines() if li[:3] == "## ")
    assert {first.split()[1]} == versions


@pytest.mark.parametrize("name", PROJECTS)
def test_an_editable_installation_points_to_the_repository_and_copies_nothing(name, tmp_path):
    with zipfile.ZipFile(built("editable", name, tmp_path)) as wheel:
        brought = [n for n in wheel.namelist() if "-info/" not in n and ".data/" not in n]
        assert [Path(n).suffix for n in brought] == [".pth"]
        assert wheel.read(brought[0]).decode().strip() == str(ROOT)


def test_a_source_distribution_of_the_course_is_refused(tmp_path):
    done = build("sdist", PROJECTS["deep-training-lab"], tmp_path)
    assert done.returncode != 0 and not list(tmp_path.iterdir())
    assert "no source distribution" in done.stderr


@pytest.mark.slow
def test_a_check_works_from_any_folder_and_imports_nothing_of_the_engine(installed, tmp_path):
    code = f"""
import json, sys
from grader import check
from utils.activations import relu_forward as library
from utils.data import load_digits
def relu_forward(x):
    return library(x)
right = check("activations.relu_forward")
wrong = check("activations.relu_forward", lambda x: (x, x))
heavy = sorted({HEAVY} & set(sys.modules))
print(json.dumps([right.verdict, wrong.verdict, len(load_digits().x_train), heavy]))
"""
    done = run(installed, tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["right", "wrong value", 1199, []]
    # Progress is the student's and stays where the notebook is.
    assert (tmp_path / ".progress.jsonl").is_file()
    assert not (packages_of(installed) / ".progress.jsonl").exists()


@pytest.mark.slow
def test_library_and_checks_import_only_what_their_distributions_ask_for(installed, tmp_path):
    code = """
import importlib, json, pkgutil, sys
from importlib.metadata import packages_distributions
import utils
from grader.checking import notebook
from grader.checking.definitions import all_definitions
all_definitions()
for module in pkgutil.iter_modules(utils.__path__):
    importlib.import_module(f"utils.{module.name}")
known = packages_distributions()
print(json.dumps([d for name in sys.modules if "." not in name for d in known.get(name, ())]))
"""
    done = run(installed, tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    imported = {name.lower() for name in json.loads(done.stdout)}
    folders = [str(packages_of(installed)), sysconfig.get_path("purelib")]
    asked, waiting = set(PROJECTS), list(PROJECTS)
    while waiting:  # what they ask for, and what that asks for
        found = next(iter(Distribution.discover(name=waiting.pop(), path=folders)))
        for requirement in map(Requirement, found.requires or []):
            applies = not requirement.marker or requirement.marker.evaluate({"extra": ""})
            if applies and requirement.name.lower() not in asked:
                asked.add(requirement.name.lower())
                waiting.append(requirement.name)
    assert "numpy" in imported and imported <= asked


@pytest.mark.slow
def test_the_doctor_knows_an_installed_course(installed, tmp_path):
    packages = packages_of(installed)
    printed = run(installed, tmp_path, "-m", "grader", "doctor").stdout
    assert f"✓ course     notebooks use {packages}" in printed
    assert f"✓ data       all there in {packages / 'lectures' / 'data'}" in printed
    assert f"✓ folder     {tmp_path} can be written to" in printed
    printed = run(installed, tmp_path, "-m", "grader", "doctor", alone=True).stdout
    assert "✗ packages" in printed and "`pip install --upgrade deep-training-grader" in printed
    assert "requirements.txt" not in printed  # there is none beside an installed course


@pytest.mark.slow
def test_the_demo_needs_the_repository_and_says_so(installed, tmp_path):
    done = run(installed, tmp_path, "-m", "grader", "demo", "--folder", "class")
    assert done.returncode == 1 and not list(tmp_path.iterdir())
    assert "run it in the course's repository" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command, extra", [("autograde", "engine"), ("build", "authoring")])
def test_a_command_whose_extra_is_not_installed_names_it(installed, tmp_path, command, extra):
    done = run(installed, tmp_path, "-m", "grader", command, alone=True)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f'pip install "deep-training-grader[{extra}]"' in done.stderr


@pytest.mark.slow
def test_jupyter_finds_the_settings_of_the_tool(installed):
    for name in (
        "etc/jupyter/jupyter_lab_config.py",
        "etc/jupyter/jupyter_server_config.py",
        "etc/jupyter/labconfig/page_config.d/deep-training-grader.json",
        "share/jupyter/labextensions/deep-training-grader/static/desk.js",
        "share/jupyter/lab/settings/overrides.d/deep-training-grader.json",
        "share/jupyter/nbconvert/templates/formgrade/mathjax.html.j2",
    ):
        assert (installed / name).is_file()


@pytest.mark.slow
@pytest.mark.skipif(sandbox._try(1) is not None, reason="tier 1 is not to be had here")
def test_a_submission_cannot_read_an_installed_course(installed, tmp_path):
    packages = packages_of(installed)
    answers = [packages / "utils/activations.py", packages / "lectures/02_activations/styles.py"]
    assert all(path.is_file() for path in answers)
    code = f"""
from grader.engine.engine import Engine
from grader.engine.submission import Step, run
cell = '''
for path in {[str(path) for path in answers]}:
    try:
        print(len(open(path).read()))
    except OSError as error:
        print(type(error).__name__)
import numpy as np
from utils.activations import relu_forward
try:
    relu_forward(np.ones(2))
except NotImplementedError as error:
    print(error)
'''
with Engine("02_activations") as engine:
    print(engine.tier)
    print(run(engine, [Step(cell)], seed=lambda id: 0).outcomes[0].outputs[0]["text"])
"""
    done = run(installed, tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    tier, *answered, refusal = done.stdout.splitlines()[:4]
    assert (tier, answered) == ("1", ["FileNotFoundError"] * 2)
    assert "write it in the notebook" in refusal


def test_what_is_installed_for_the_interpreter_of_an_environment_is_hidden_too(
    tmp_path, monkeypatch
):
    base, course = tmp_path / "base", tmp_path / "course"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    answers = base / "lib" / version / "site-packages" / "algorithms"
    for folder in (answers, course / "algorithms"):
        folder.mkdir(parents=True)
    (course / "algorithms" / "__init__.py").touch()
    (tmp_path / "link").symlink_to(base)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path / "link"))
    assert str(answers.resolve()) in sandbox.hidden_paths(course)
