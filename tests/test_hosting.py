"""GitHub's workflows and Binder's configuration: well formed, and in step with the repository."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
COMMAND = re.compile(r"^\s*(?:- )?run: (.+)$", re.MULTILINE)


def test_workflows_follow_githubs_schema():
    pytest.importorskip("check_jsonschema", reason="it is in requirements-dev.txt")
    schema = ["--builtin-schema", "vendor.github-workflows"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, *map(str, WORKFLOWS)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_run_what_is_in_the_repository(path):
    text = path.read_text()
    commands = COMMAND.findall(text)
    assert commands
    for command in commands:
        program, *arguments = command.split()
        if program == "pip":
            assert arguments[:2] == ["install", "-r"] and (ROOT / arguments[2]).is_file()
        elif program == "python":
            name = arguments[arguments.index("-m") + 1]
            assert (ROOT / name / "__main__.py").is_file()
        elif program == "pytest":
            assert all((ROOT / name).is_dir() for name in arguments if name.startswith("tests"))
        elif program == ".ci/run":
            assert os.access(ROOT / program, os.X_OK)
        else:
            assert program == "sudo", f"{command}: say here what it stands on"
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    for version in re.findall(r'python-version: "(.+)"', text):
        assert SpecifierSet(python).contains(version)


def test_binder_installs_what_a_student_installs():
    lines = (ROOT / ".binder/requirements.txt").read_text().split("\n")
    assert lines == ["-r ../requirements.txt", ""]
    version = (ROOT / ".binder/runtime.txt").read_text().strip().removeprefix("python-")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]).contains(version)
    assert os.access(ROOT / ".binder/postBuild", os.X_OK)
    # repo2docker reads these names in .binder and would silently ignore any other.
    known = {"requirements.txt", "runtime.txt", "apt.txt", "postBuild"}
    assert {path.name for path in (ROOT / ".binder").iterdir()} == known


def test_the_binder_link_opens_the_welcome_notebook():
    guide = (ROOT / "docs/instructors.md").read_text()
    path = re.search(r"mybinder\.org/\S+\?urlpath=lab/tree/([\w/.]+)", guide)
    assert path and (ROOT / path[1]).is_file()
