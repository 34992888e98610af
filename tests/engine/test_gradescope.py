"""An autograder for Gradescope, run in the layout that Gradescope documents."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from grader.engine import sandbox
from grader.engine.platforms.gradescope import requirements
from grader.engine.platforms.gradescope_results import VISIBILITIES, Check, failed, results
from tests.engine.course import ANSWER, LECTURE, RIGHT, ROOT, WRONG, grader, released

# https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format
NUMBER = (int, float)
TOP = {
    "score": NUMBER, "execution_time": NUMBER, "output": str, "output_format": str,
    "visibility": str, "stdout_visibility": str, "extra_data": dict, "tests": list,
    "leaderboard": list,
}  # fmt: skip
TEST = {
    "score": NUMBER, "max_score": NUMBER, "status": str, "name": str, "name_format": str,
    "number": str, "output": str, "output_format": str, "tags": list, "visibility": str,
    "extra_data": dict,
}  # fmt: skip


def within_contract(found):
    """The results, after a look at every field."""
    for part, known in ((found, TOP), *((test, TEST) for test in found["tests"])):
        assert not [key for key, value in part.items() if not isinstance(value, known[key])]
        assert part.get("visibility", "visible") in VISIBILITIES
        assert part.get("status", "passed") in ("passed", "failed")
        assert part.get("output_format", "text") in ("text", "html", "simple_format", "md", "ansi")
    assert sum(test["score"] for test in found["tests"]) == found["score"]
    for entry in found.get("leaderboard", ()):
        assert entry.keys() == {"name", "value", "order"} and entry["order"] in ("asc", "desc")
    return found


@pytest.fixture(scope="module")
def archive(shared_folder):
    to = shared_folder / "autograder.zip"
    options = "--visibility", "after_due_date", "--leaderboard"
    grader(shared_folder, "gradescope", LECTURE, "--to", str(to), *options)
    return to


@pytest.fixture(scope="module")
def autograder(archive, tmp_path_factory):
    """Gradescope's folder, with this environment in the place of the one that setup.sh makes."""
    base = tmp_path_factory.mktemp("gradescope") / "autograder"
    with zipfile.ZipFile(archive) as made:
        made.extractall(base / "source")
    python = base / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    shutil.copy(base / "source" / "run_autograder", base / "run_autograder")
    return base


# Like most containers: no new namespaces, so that the sandbox is its second tier.
CONTAINER = """
import os, pyseccomp, sys
walls = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
walls.add_rule(pyseccomp.ERRNO(1), "unshare")
walls.load()
os.execvp(sys.argv[1], sys.argv[1:])
"""


def submit(base, files, student=7, inside=()):
    """What Gradescope does for a submission; the results that it would read."""
    for name in ("submission", "results"):
        shutil.rmtree(base / name, ignore_errors=True)
        (base / name).mkdir()
    for name, content in files.items():
        (base / "submission" / name).write_text(content)
    users = [{"email": "", "id": student + n, "name": "Ada"} for n in (1, 0)]
    (base / "submission_metadata.json").write_text(json.dumps({"id": 1, "users": users}))
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GRADER"))}
    run = [*inside, "bash", str(base / "run_autograder")]
    done = subprocess.run(run, cwd=base, env=clean, capture_output=True, text=True)
    found = json.loads((base / "results" / "results.json").read_text())
    return within_contract(found), done.stdout + done.stderr


def test_the_archive_is_what_gradescope_asks_for_and_holds_no_student(archive, shared_folder):
    with zipfile.ZipFile(archive) as made:
        members = set(made.namelist())
        assert {"setup.sh", "run_autograder", "requirements.txt"} <= members
        assert made.getinfo("run_autograder").external_attr >> 16 & 0o111
        assert made.getinfo("config/two-scales/secret").external_attr >> 16 & 0o077 == 0
        scripts = made.read("setup.sh"), made.read("run_autograder")
        named = made.read("requirements.txt").decode().split()
    assert all(script.startswith(b"#!/usr/bin/env bash\n") for script in scripts)
    assert {line.partition("<=")[0] for line in named} >= {"numpy", "nbgrader", "ipython"}
    assert not {"deep-training-grader", "pytest"} & {line.partition("<=")[0] for line in named}
    assert not [name for name in members if name.startswith(("submitted", "class/submitted"))]
    for name, script in zip(("setup.sh", "run_autograder"), scripts, strict=True):
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True)
        assert done.returncode == 0, name


def test_the_secret_in_it_is_not_the_courses_own(archive, shared_folder):
    with zipfile.ZipFile(archive) as made:
        lent = made.read("config/two-scales/secret").decode()
    code = "from grader.engine import secret; print(secret.load().hex())"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    own = subprocess.check_output([sys.executable, "-c", code], cwd=shared_folder, env=env)
    assert len(lent) == 64 and lent != own.decode().strip()


def test_a_right_submission_under_another_name_earns_everything(autograder, shared_folder):
    notebook = json.dumps(released(shared_folder, RIGHT))
    found, _ = submit(autograder, {f"{LECTURE} (1).ipynb": notebook, "notes.txt": "a"})
    assert found["score"] == 2
    assert [test["status"] for test in found["tests"]] == ["passed"] * len(found["tests"])
    assert {test["visibility"] for test in found["tests"]} == {"after_due_date"}
    assert found["leaderboard"] == [{"name": "Points", "value": 2, "order": "desc"}]
    assert found["stdout_visibility"] == "hidden" and f"{LECTURE} (1).ipynb" in found["output"]


@pytest.mark.parametrize("tier", [1, 2])
def test_a_wrong_one_is_told_why_and_cannot_reach_results_or_answers(
    autograder, shared_folder, tier
):
    inside = [sys.executable, "-c", CONTAINER] if tier == 2 else []
    if sandbox.detect()[0] > tier:
        pytest.skip(f"this machine's sandbox has no tier {tier}")
    attack = f"""
import pathlib
seen = []
for place in {[str(autograder / "results"), str(autograder / "source")]!r}:
    for path in [pathlib.Path(place, "results.json"), *pathlib.Path(place).rglob("secret")]:
        try:
            seen.append(path.read_text())
        except OSError:
            pass
        try:
            path.write_text('{{"score": 100, "tests": []}}')
        except OSError:
            pass
print("seen", len(seen))
"""
    notebook = released(shared_folder, WRONG | {ANSWER: WRONG[ANSWER] + attack})
    secret = autograder / "source" / "config" / "two-scales" / "secret"
    before = secret.read_text()
    handed_in = {f"{LECTURE}.ipynb": json.dumps(notebook)}
    found, told = submit(autograder, handed_in, inside=inside)
    assert f"sandbox tier {tier}" in told
    assert found["score"] == 1 and secret.read_text() == before
    wrong, question = found["tests"]
    assert (wrong["name"], wrong["score"], wrong["status"]) == ("scales.fahrenheit", 0, "failed")
    assert "It looks like this" in wrong["output"] and "hidden" not in wrong["output"]
    assert question["status"] == "passed"


@pytest.mark.parametrize(
    "files, says",
    [
        ({f"{LECTURE}.ipynb": "rubbish"}, "is not a notebook"),
        ({"essay.txt": "no notebook"}, "no notebook was handed in"),
    ],
)
def test_what_cannot_be_graded_gets_valid_results_with_the_reason(autograder, files, says):
    found, _ = submit(autograder, files)
    assert found["score"] == 0 and says in found["output"] and found["visibility"] == "visible"
    assert [(test["max_score"], test["status"]) for test in found["tests"]] == [(1, "failed")] * 2


def test_where_python_does_not_start_there_are_results_still(autograder):
    python = autograder / "environment" / "bin" / "python"
    python.rename(python.with_name("away"))
    try:
        found, told = submit(autograder, {})
    finally:
        python.with_name("away").rename(python)
    assert "Please tell your instructor" in found["output"] and "No such file" in told


def test_answers_that_a_person_grades_are_left_to_a_person():
    checks = [Check("a.b", 2, 1.5, "text"), Check("essay", 6, None)]
    found = within_contract(results(checks, seconds=1.234))
    assert [test["name"] for test in found["tests"]] == ["a.b"]
    assert found["score"] == 1.5 and "1 answers are graded by hand" in found["output"]
    assert "leaderboard" not in found
    hidden = within_contract(failed("because", checks, visibility="hidden"))
    assert hidden["visibility"] == "visible" and hidden["tests"][0]["visibility"] == "hidden"


def test_requirements_are_what_is_imported_and_no_newer_than_here(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.py").write_text(
        "import os, numpy.linalg\nfrom yaml import load\nimport own"
    )
    names = [line.partition("<=") for line in requirements(tmp_path)]
    assert [name.casefold() for name, _, _ in names] == ["pyyaml", "numpy"]
    assert all(version[0].isdigit() for _, _, version in names)
