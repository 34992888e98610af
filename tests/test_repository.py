"""The ways into the repository that the README names, and the files they stand on."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader.__main__ import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COURSE = tomllib.loads((ROOT / "lectures/pyproject.toml").read_text())["project"]
EXTRAS = TOOL["optional-dependencies"]
STUDENT = [
    *TOOL["dependencies"],
    *EXTRAS["engine"],  # the instructor's command is the same
    *COURSE["dependencies"],
    *COURSE["optional-dependencies"]["lab"],
]
OWN = {TOOL["name"], COURSE["name"]}


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    found = (re.match(r"([\w.-]+)(?:\[.*?\])?==([^ ;]+)", line) for line in lines)
    return {canonicalize_name(m[1]): m[2] for m in found if m}


def installed() -> bool:
    try:
        return all(distribution(name) for name in OWN)
    except PackageNotFoundError:
        return False


def test_the_readme_names_one_command_for_each_reader():
    ways = re.findall(r"^- (\w+): `(.+)`$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert ways == [
        ("student", "pip install -r requirements.txt && jupyter lab"),
        ("instructor", "pip install -r requirements.txt && python -m grader demo"),
        ("contributor", "pip install -r requirements-dev.txt && pytest"),
    ]


PAGES = ("README.md", "CONTRIBUTING.md", "lectures/README.md", "grader/README.md", "data/README.md")


@pytest.mark.parametrize("name", PAGES)
def test_every_picture_and_page_that_a_page_links_to_is_there(name):
    page = ROOT / name
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert links and not missing


def test_the_guides_name_files_and_commands_that_there_are():
    for page in ("CONTRIBUTING.md", "lectures/README.md", "docs/architecture.md"):
        text = (ROOT / page).read_text()
        paths = re.findall(r"`((?:grader|tests|lectures|utils|docs)/[\w./]*)`", text)
        # By the site, and in the wheel.
        made = {"docs/_build/html", "docs/_build/html/lab", "lectures/data/"}
        real = [path for path in paths if "NN_name" not in path and path not in made]
        gone = [path for path in real if not (ROOT / path).exists()]
        assert paths and not gone, page
        for module in re.findall(r"python -m ((?:grader|docs|benchmarks)[\w.]*)", text):
            assert importlib.util.find_spec(module), page
        for command in re.findall(r"python -m grader (\w+)", text):
            assert command in COMMANDS, page


def test_the_benchmark_of_the_parts_of_grading_finds_them():
    parts = importlib.import_module("benchmarks.grading_parts").PARTS
    functions = [found for listed in parts.values() for found in listed]
    assert functions and not [name for owner, name in functions if not hasattr(owner, name)]


@pytest.mark.parametrize(
    "name, needed",
    [
        ("requirements.txt", STUDENT),
        ("requirements-dev.txt", STUDENT + EXTRAS["authoring"] + EXTRAS["dev"]),
    ],
)
def test_pinned_requirements_are_within_the_ranges_and_include_both_projects(name, needed):
    pinned = pins(name)
    for requirement in map(Requirement, needed):
        if requirement.name in OWN:
            continue
        version = pinned.get(canonicalize_name(requirement.name), "missing")
        assert version != "missing", f"{requirement.name} is not in {name}: compile it anew"
        assert requirement.specifier.contains(version, prereleases=True)
    lines = (ROOT / name).read_text().splitlines()
    assert {"-e .", "-e ./lectures"} <= set(lines)
    # An address or a path would tie the file to the machine that made it.
    assert not [line for line in lines if "://" in line or " @ " in line or "file:" in line]


def test_students_and_contributors_get_the_same_versions():
    student, contributor = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: contributor.get(name) for name in student} == student


def test_students_install_nothing_that_only_tests_or_builds_need():
    others = {canonicalize_name(Requirement(r).name) for r in EXTRAS["dev"]} - OWN
    assert others and not others & pins("requirements.txt").keys()


def test_no_process_compiles_a_grammar_that_nothing_here_uses():
    """jsonschema from 4.25 on does so at its import: a second, docs/performance.md."""
    assert not {"lark", "rfc3987-syntax"} & pins("requirements-dev.txt").keys()


@pytest.mark.skipif(not installed(), reason="needs pip install -e . -e ./lectures")
def test_jupyter_lab_opens_on_the_welcome_notebook():
    command = [sys.executable, "-m", "jupyterlab", "--show-config-json"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    address = json.loads(shown[shown.index("{") :])["LabApp"]["default_url"]
    assert address.startswith("/lab/tree/")
    path, _, files = address.removeprefix("/lab/tree/").partition("?file-browser-path=")
    assert (ROOT / path).is_file()
    assert (ROOT / files.strip("/")).is_dir()
    assert files.strip("/") == "notebooks", "the file list lies open there"


@pytest.mark.skipif(not installed(), reason="needs pip install -e . -e ./lectures")
def test_a_moved_notebook_finds_the_library_and_its_data(tmp_path):
    shutil.copy(ROOT / "notebooks/02_activations/02_activations.ipynb", tmp_path)
    notebook = nbformat.read(tmp_path / "02_activations.ipynb", as_version=4)
    setup = next(c for c in notebook.cells if "setup" in c.metadata.get("tags", []))
    digits = "from utils.data import load_digits\nlen(load_digits().x_train)"
    notebook.cells = [setup, nbformat.v4.new_code_cell(digits)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    client = NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=environment)
    assert notebook.cells[1].outputs[0]["data"]["text/plain"] == "1199"


def test_jupyter_lab_starts_in_a_folder_without_the_welcome_notebook():
    command = [sys.executable, "-m", "jupyterlab", "--show-config-json"]
    folder = ROOT / "notebooks" / "02_activations"
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    shown = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
    assert "default_url" not in shown.get("LabApp", {})
