"""What the rooms know of each other: no more than docs/architecture.md draws."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.authoring.syllabus import syllabus
from grader.checking.definitions import all_definitions, lectures
from grader.course import current

ROOT = Path(__file__).resolve().parents[1]
TOOL = sorted(path for path in (ROOT / "grader").rglob("*.py"))
# A room of the tool, and the others whose modules it imports.
KNOWS = {
    "checking": {"course"},
    "authoring": {"checking", "course"},
    "audit": {"authoring", "checking", "course"},
    "engine": {"audit", "checking", "course"},
    "platforms": {"checking", "course", "engine"},
    "handout": {"authoring", "checking", "course"},
}


def imported(path: Path) -> set[str]:
    """The modules that a file imports anywhere in it, "numpy.random", "grader.course"."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("room", KNOWS)
def test_a_room_of_the_tool_imports_from_few_others(room):
    files = [path for path in TOOL if path.parent.name == room]
    assert files
    ours = [name.split(".") for path in files for name in imported(path)]
    assert {name[1] for name in ours if name[0] == "grader"} - {room} == KNOWS[room]


def test_the_tool_imports_nothing_of_a_course():
    theirs = ("lectures", current().library)
    strangers = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in TOOL
        for name in imported(path)
        if name.split(".")[0] in theirs
    ]
    assert strangers == []


def test_no_file_of_the_tool_names_what_belongs_to_this_course():
    known = {*lectures(), *all_definitions(), *syllabus().ids, *syllabus().errors}
    known |= {current().title, *current().data}
    files = [path for path in (ROOT / "grader").rglob("*") if path.is_file()]
    assert len(files) > len(TOOL)
    named = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        if path.suffix != ".pyc"
        for name in known
        if name in path.read_text(encoding="utf-8")
    ]
    assert named == []


def test_the_library_knows_neither_tool_nor_lectures():
    files = (ROOT / current().library).rglob("*.py")
    roots = {name.split(".")[0] for path in files for name in imported(path)}
    assert "numpy" in roots
    assert not roots & {"grader", "lectures"}


# What a student's kernel does: in every lecture a right and a wrong check, a hint, the page. It
# prints what that imported, and the processes, threads and connections that it started.
SESSION = """
import json, os, sys
events = ("_thread.start_new_thread", "_thread.start_joinable_thread", "os.fork", "os.forkpty",
          "os.posix_spawn", "os.system", "socket.connect", "subprocess.Popen", "fcntl.flock",
          "fcntl.lockf", "resource.setrlimit")
started, before = [], set(sys.modules)
sys.addaudithook(lambda event, _: started.append(event) if event in events else None)
from grader import check, hint, progress
from grader.checking.definitions import lectures
found = {}
for lecture, items in lectures().items():
    for item in items:
        if hasattr(item, "reference"):
            right = check(item.id, lambda *a, f=item.reference, **k: f(*a, **k))
            wrong = check(item.id, item.misconceptions[0].function)
            assert hint(item.id).text and progress().text and right.as_html() and wrong.as_html()
            found[lecture] = [right.verdict, wrong.right]
            break
print(json.dumps([found, sorted(set(sys.modules) - before), started]))
"""


def test_what_runs_in_a_notebook_needs_numpy_and_no_process_of_its_own():
    env = os.environ | {"NBGRADER_EXECUTION": "1", "PYTHONPATH": str(ROOT)}  # leave progress alone
    command = [sys.executable, "-c", SESSION]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found, modules, started = json.loads(done.stdout)
    assert found == {lecture: ["right", False] for lecture in lectures()}
    assert started == []
    ours = {name for name in modules if name.startswith("grader.")}
    assert {name.split(".")[1] for name in ours} == {"checking", "course"}
    others = {name.split(".")[0] for name in modules} - sys.stdlib_module_names
    numpys = {name for name in others if name.startswith(("_cython", "cython", "_numpy"))}
    assert others - numpys == {"grader", "lectures", "utils", "jaxtyping", "numpy"}


def test_what_runs_in_a_notebook_asks_for_nothing_that_a_browsers_tab_has_not():
    absent = {"concurrent", "fcntl", "multiprocessing", "resource", "socket", "ssl", "subprocess"}
    files = [ROOT / "grader" / "course.py", *(ROOT / "grader" / "checking").glob("*.py")]
    files += (ROOT / current().library).rglob("*.py")
    files += (p for p in (ROOT / "lectures").rglob("*.py") if p.name != "hatch_build.py")
    used = {path.name: {name.split(".")[0] for name in imported(path)} for path in files}
    assert {name: roots & absent for name, roots in used.items() if roots & absent} == {}
    # In the first for whose thread an alarm may interrupt, in the second for a lock.
    threading = {name for name, roots in used.items() if "threading" in roots}
    assert threading == {"platform.py", "widgets.py"}
