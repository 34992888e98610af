"""The tool from its wheel, without what only this repository's course needs: other courses work."""

import json
import subprocess
import sys
import sysconfig

import pytest

from grader.engine import sandbox
from tests.authoring.numerics import LECTURE, LOST, WORTH, Tool, copied, hand_in, without_engine
from tests.engine.course import scores
from tests.test_distribution import built, packages_of

pytestmark = pytest.mark.slow
# Of the course in this repository; another one may do without.
OURS = ("anywidget", "jaxtyping", "ipywidgets", "pooch")


@pytest.fixture(scope="module")
def tool(tmp_path_factory):
    """The tool, installed in an environment of its own that sees the other packages of this one."""
    folder = tmp_path_factory.mktemp("environment")
    wheel = built("wheel", "deep-training-grader", folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True)
    packages = packages_of(folder / "venv")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    for name in OURS:
        missing = f"raise ModuleNotFoundError('it is not installed', name={name!r})"
        (packages / f"{name}.py").write_text(missing)
    tool = Tool(folder / "home", python, path=None)
    # nbconvert's templates lie beside the other packages.
    tool.environment["JUPYTER_PATH"] = sysconfig.get_path("data") + "/share/jupyter"
    return tool


def test_the_wheel_writes_and_builds_a_new_course(tool, tmp_path):
    tool.grader(tmp_path, "new", "games")
    done = tool.grader(tmp_path / "games", "build")
    assert "exercises 1, questions 1" in done.stdout


def test_the_wheel_grades_another_course_as_nbgrader_does(tool, tmp_path):
    folder = copied(tmp_path / "numerics")
    tool.grader(folder, "build")
    tool.nbgrader(folder, "generate_assignment", LECTURE)
    hand_in(folder, LECTURE)
    stock = copied(tmp_path / "stock", folder)
    without_engine(stock)
    tool.nbgrader(stock, "autograde", LECTURE)
    done = tool.grader(folder, "autograde", LECTURE, "--json", "--jobs", "1")
    results = [json.loads(line) for line in done.stdout.splitlines()]
    graded = {"right": WORTH, "half": WORTH - LOST, "untouched": 0}
    assert {r["student"]: r["score"] for r in results} == graded
    assert {r["tier"] for r in results} == {sandbox.detect()[0]}
    assert [row[:3] for row in scores(folder)] == [row[:3] for row in scores(stock)]
    tool.nbgrader(folder, "generate_feedback", LECTURE)
    assert (folder / "feedback" / "half" / LECTURE / f"{LECTURE}.html").is_file()
