"""A hand-out without answers: what it says, what it holds, and what cannot be found in it."""

import ast
import importlib
import inspect
import json
import os
import subprocess
import sys
import textwrap
import tomllib
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grader.__main__ import main
from grader.audit.styles import written
from grader.checking import record, recorded
from grader.checking.definitions import exercises_of, in_lecture
from grader.checking.exercise import Question
from grader.checking.notebook import check_function
from grader.checking.values import Opaque, Rng
from grader.course import current
from grader.engine.demo import submissions
from grader.handout.command import pack
from grader.handout.folder import HandOut, NotReleased, write

# Plain calls; drivers and batches that are drawn; nothing but random functions; a driver that
# trains, levels, and labels that only the judge knows.
KINDS = ("02_activations", "01_backpropagation", "10_dropout", "15_recipe")


def released(folder: Path, *arguments: str) -> HandOut:
    """What the command writes, in a process of its own: here signatures are watched."""
    command = [sys.executable, "-m", "grader", "release", *arguments, "--to", str(folder)]
    done = subprocess.run(command, cwd=current().root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "have no body" in done.stdout
    return HandOut(folder, tuple(path.name for path in sorted(folder.glob("notebooks/*"))))


DISTINCTIVE = 28  # characters: a shorter line, `n, height, width = x.shape`, is nobody's


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> HandOut:
    """The hand-out of one lecture."""
    return released(tmp_path_factory.mktemp("handout") / "lab", "02_activations")


@pytest.fixture(scope="module")
def several(tmp_path_factory) -> HandOut:
    """The hand-out of lectures of different kinds."""
    return released(tmp_path_factory.mktemp("handout") / "several", *KINDS)


def elsewhere(made: HandOut, code: str, *arguments: str, lecture: str = "") -> str:
    """What a program prints that runs in the hand-out, and knows nothing of this repository."""
    place = made.folder / "notebooks" / (lecture or made.lectures[0])
    env = {k: v for k, v in os.environ.items() if k != "GRADER_COURSE"}
    env |= {"PYTHONPATH": str(made.folder), "NBGRADER_EXECUTION": "1"}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "value",
    [
        {"x": (np.arange(6.0).reshape(2, 3)[:, ::2], np.float32(1.5)), 3: [None, True, "ü", -0.0]},
        [np.inf, -7, 1 << 70, Rng(5), Opaque("a matrix"), np.zeros((0, 2), bool), np.array(2.0)],
    ],
)
def test_a_record_gives_back_what_was_recorded(tmp_path, value):
    record.save(tmp_path / "a.npz", value)
    first = (tmp_path / "a.npz").read_bytes()
    found = record.load(tmp_path / "a.npz")
    assert repr(found) == repr(value)
    record.save(tmp_path / "a.npz", found)
    assert (tmp_path / "a.npz").read_bytes() == first


def test_a_record_holds_no_objects(tmp_path):
    for value in (object(), np.array([object()])):
        with pytest.raises(TypeError, match="plain"):
            record.save(tmp_path / "a.npz", value)
    np.savez(tmp_path / "b.npz", tree=np.array([object()]))
    with pytest.raises(ValueError, match="pickle"):
        record.load(tmp_path / "b.npz")


def from_records(made: HandOut, lecture: str) -> dict:
    """The lecture's definitions as its hand-out knows them, beside the real ones."""
    with pytest.MonkeyPatch.context() as patch:
        for package in ("lectures", f"lectures.{lecture}"):
            place = made.folder.joinpath(*package.split("."))
            module = importlib.import_module(package)
            patch.setattr(module, "__path__", [*module.__path__, str(place)])
        course = replace(current(), root=made.folder)
        patch.setattr(recorded, "current", lambda: course)
        return {item.id: item for item in recorded.definitions(lecture)}


@pytest.mark.slow
@pytest.mark.parametrize("lecture", KINDS)
def test_a_check_says_the_same_from_records(several, lecture):
    known = from_records(several, lecture)
    assert [*known] == [item.id for item in in_lecture(lecture)]
    compared = 0
    for exercise in exercises_of(lecture):
        assert isinstance(known[exercise.id], recorded.Recorded)
        assert not isinstance(exercise, recorded.Recorded)
        functions = [exercise.reference, *written(lecture).get(exercise.id, ())]
        functions += [m.function for m in exercise.misconceptions]
        for function in functions:
            live = check_function(exercise, function)
            told = check_function(known[exercise.id], function)
            if told != live and live != check_function(exercise, function):
                continue  # it draws without a seed
            assert told.as_html() == live.as_html()
            compared += 1
    assert compared > 30


def test_questions_are_the_same_from_records(one):
    known = from_records(one, "02_activations")
    asked = [item for item in in_lecture("02_activations") if isinstance(item, Question)]
    assert asked and [known[question.id] for question in asked] == asked


# Runs notebooks one after another and prints the report of every check.
CLASS = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.enable_gui = lambda *_: None
found = []
for path in sys.argv[1:]:
    shell.reset(new_session=False)
    cells = json.load(open(path, encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code" and "demo" not in cell["metadata"].get("tags", ()):
            with __import__("contextlib").redirect_stdout(sys.stderr):
                result = shell.run_cell("".join(cell["source"]), store_history=False).result
            if hasattr(result, "as_html"):
                found.append([result.as_dict(), result.as_html()])
print(json.dumps(found))
"""


@pytest.mark.slow
def test_the_demo_class_is_told_the_same(one, tmp_path):
    students = []
    for student, text in submissions("02_activations"):
        if student not in ("not_a_notebook", "endless_loop"):  # the limit is the checker's
            students.append(tmp_path / f"{student}.ipynb")
            students[-1].write_text(text, encoding="utf-8")
    here = HandOut(current().root, one.lectures)
    reports = [json.loads(elsewhere(made, CLASS, *map(str, students))) for made in (one, here)]
    assert len(reports[0]) > 10 * len(students)
    assert reports[0] == reports[1]


def test_the_students_own_function_stands_in_for_one_without_a_body(one):
    cells = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in (
    "import numpy as np",
    "from grader.handout.own import NotWritten",
    "from utils import activations as library",
    "x = np.array([-1.0, 2.0])",
    "try: library.relu_forward(x)\\nexcept NotWritten as error: print(error)",
    "from utils.activations import relu_forward",
    "from grader import check",
    "print(check('activations.relu_forward').summary)",
    "def relu_forward(x): return np.maximum(0, x), x",
    "print(library.relu_forward(x)[0], library.tanh_forward(x)[0].round(2))",
):
    shell.run_cell(cell).raise_error()
"""
    said, empty, numbers = elsewhere(one, cells).splitlines()
    assert "`relu_forward`, an exercise of 02_activations" in said
    assert empty.endswith("has no body in this hand-out: write your own.")
    assert numbers == "[0. 2.] [-0.76  0.96]"


def lines(source: str) -> set[str]:
    """The lines of functions' bodies, without their docstrings; of a lambda all lines."""
    source = textwrap.dedent(source)
    text = source.splitlines()
    found = set()
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return {line.strip() for line in text if len(line.strip()) >= DISTINCTIVE}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            for part in node.body[ast.get_docstring(node) is not None :]:
                found |= {line.strip() for line in text[part.lineno - 1 : part.end_lineno]}
    return {line for line in found if len(line) >= DISTINCTIVE}


def texts(folder: Path) -> dict[str, str]:
    """What can be read in a folder, records unpacked."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".npz" and "record" in path.parts:
            with np.load(path) as known:
                found[name] = known["tree"].tobytes().decode()
        elif path.is_file() and path.suffix not in (".npz", ".pyc"):
            found[name] = path.read_text(encoding="utf-8")
    return found


def answers(chosen) -> dict[str, set[str]]:
    """By exercise the lines that only its reference, or only its misconceptions, have.

    What the student's notebooks show anyway is no secret.
    """
    root = current().root
    library = [path.read_text(encoding="utf-8") for path in (root / current().library).glob("*.py")]
    often = Counter(line.strip() for text in library for line in text.splitlines())
    shown = "\n".join(
        "".join(cell["source"])
        for path in (root / "notebooks").glob("*/*.ipynb")
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
    )
    found = {}
    for lecture in chosen:
        for exercise in exercises_of(lecture):
            source = inspect.getsource(inspect.unwrap(exercise.reference))
            own = {line for line in lines(source) if often[line] == 1}
            for misconception in exercise.misconceptions:
                if inspect.isfunction(misconception.function):
                    wrong = inspect.getsource(misconception.function)
                    own |= {line for line in lines(wrong) if not often[line]}
            found[exercise.id] = {line for line in own if line not in shown}
    return found


def found_in(made: HandOut) -> list[str]:
    """The lines of answers that a hand-out holds."""
    files = texts(made.folder)
    assert len(files) > 50
    secret = answers(made.lectures)
    assert sum(map(len, secret.values())) > 50
    return [
        f"{file}: {id}: {line}"
        for file, text in files.items()
        for id, own in secret.items()
        for line in own
        if line in text
    ]


def test_no_answer_stands_in_a_hand_out(one):
    assert found_in(one) == []
    rooms = {path.name for path in (one.folder / "lectures" / "02_activations").iterdir()}
    assert rooms == {"record", "record.json"}
    assert not (one.folder / "solutions").exists()
    assert {path.name for path in (one.folder / "grader").iterdir()} >= {"checking"}
    assert not (one.folder / "grader" / "engine").exists()


# Prints what an exercise's function in the library raises, whatever it is called with.
IMPORTS = """
import importlib, inspect, sys
from grader.course import current
current()
for id in sys.argv[1:]:
    module, _, name = id.rpartition(".")
    function = inspect.unwrap(getattr(importlib.import_module(f"utils.{module}"), name))
    try:
        function(*[None] * len(inspect.signature(function).parameters))
    except TypeError:  # some go by name only
        function(**dict.fromkeys(inspect.signature(function).parameters))
    except Exception as error:
        print(type(error).__name__)
"""


@pytest.mark.slow
def test_no_answer_stands_in_what_judges_random_functions(several):
    assert (several.folder / "lectures/10_dropout/rules/dropout_mask.py").is_file()
    assert found_in(several) == []


def test_no_answer_can_be_imported_from_a_hand_out(one):
    ids = [exercise.id for exercise in exercises_of("02_activations")]
    said = elsewhere(one, IMPORTS, *ids).split()
    assert said == ["NotWritten"] * len(ids)
    gone = "import grader.checking.help, importlib\nimportlib.import_module(%r)"
    for module in ("lectures.02_activations.exercises", "grader.engine", "grader.audit"):
        with pytest.raises(AssertionError, match="No module named"):
            elsewhere(one, gone % module)


def test_a_stub_has_the_signature_and_the_text_of_the_exercise(one):
    for exercise in exercises_of("02_activations"):
        module, _, name = exercise.id.rpartition(".")
        tree = ast.parse((one.folder / f"utils/{module}.py").read_text(encoding="utf-8"))
        stub = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
        real = ast.parse(inspect.getsource(inspect.unwrap(exercise.reference))).body[0]
        assert ast.unparse(stub.args) == ast.unparse(real.args)
        assert ast.get_docstring(stub).splitlines()[0] == ast.get_docstring(real).splitlines()[0]
        assert len(stub.body) == 2


def test_hints_can_be_left_out():
    known = in_lecture("00_welcome")
    assert any(recorded.described(item, hints=True)["hints"] for item in known)
    assert not any(recorded.described(item, hints=False)["hints"] for item in known)


def test_a_notebook_does_not_speak_of_what_is_not_there(one):
    path = one.folder / "notebooks/02_activations/02_activations.ipynb"
    text = path.read_text(encoding="utf-8")
    assert "](../" not in text and "01" in text


def test_the_same_folder_gives_the_same_archive(one, tmp_path):
    for name in ("a.zip", "b.zip"):
        assert pack(one.folder, tmp_path / name) == (tmp_path / name).stat().st_size
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as packed:
        assert "lab/requirements.txt" in packed.namelist()
        assert not [name for name in packed.namelist() if not name.startswith("lab/")]
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "b.zip"}


def test_a_student_installs_nothing_of_the_grader(one):
    text = (one.folder / "requirements.txt").read_text(encoding="utf-8")
    pins = {line.partition("==")[0] for line in text.splitlines()}
    assert pins >= {"-e .", "numpy", "jupyterlab", "ipykernel", "matplotlib"}
    assert not pins & {"nbgrader", "sqlalchemy", "-e ./lectures"}
    project = tomllib.loads((one.folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"numpy", "jupyterlab", "ipywidgets"} <= set(project["dependencies"])
    assert project["entry-points"]["grader.course"]


def test_what_cannot_be_handed_out_is_said(tmp_path, capsys):
    with pytest.raises(NotReleased, match="there is no lecture 99_end"):
        write(current(), ["99_end"], tmp_path / "lab")
    (tmp_path / "mine.txt").touch()
    assert main(["release", "02_activations", "--to", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
