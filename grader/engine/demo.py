"""``python -m grader demo``: a small class, graded from the release to the report on it.

The class is made from the released notebooks: right answers in several styles, known mistakes, and
what else happens: an untouched notebook, a syntax error, an endless loop, edited and deleted check
cells, a file that is no notebook.
"""

import argparse
import ast
import builtins
import contextlib
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.plugins import CsvExportPlugin
from tqdm import tqdm

from grader.audit.styles import written
from grader.checking.definitions import exercises_of, find
from grader.checking.exercise import Exercise
from grader.course import FILE, VARIABLE, NoCourse, current
from grader.engine import receipts
from grader.engine.autograde import Autograde
from grader.engine.class_report import place, report
from grader.engine.command import READING, converter
from grader.engine.feedback import GenerateFeedback
from grader.engine.receipts import entries

MISTAKES = 6
LOOP = 2  # seconds for one call of a function


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--folder", type=Path, help="where the course goes (default: a scratch)")


def run(args: argparse.Namespace) -> int:
    """Make the course, grade it, print what everybody got; 0 when every command worked."""
    course = current()
    wanted = course.demo or course.lectures
    for lecture in wanted:
        if lecture not in course.lectures:
            known = ", ".join(course.lectures)
            raise NoCourse(f"{FILE}: demo names {lecture!r}, expected one of the lectures: {known}")
    lectures = [name for name in wanted if (course.root / "solutions" / name).is_dir()]
    if not lectures:
        print(f"{course.root} has no solutions/ of {', '.join(wanted)}", file=sys.stderr)
        where = "run it in the course's repository, after `python -m grader build`"
        print(f"The demo grades built notebooks: {where}", file=sys.stderr)
        return 1
    shown = args.folder or Path(tempfile.mkdtemp(prefix=f"{course.id}-"))
    folder = shown.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        print(f"{shown} is not empty; choose another --folder", file=sys.stderr)
        return 1
    make_course(folder, lectures)
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write(f"\n# The endless loop need not last.\nc.Autograde.case_timeout = {LOOP}\n")
    with contextlib.chdir(folder):
        pages = _term(folder, lectures)
    print(_where(shown, [page.relative_to(folder) for page in pages], lectures[0]))
    return 0


def _term(folder: Path, lectures: list[str]) -> list[Path]:
    """Release, hand in, grade, report; gives the reports and a feedback page of each lecture."""
    grade = converter(READING | {"assignment": lectures[0]})
    jobs = max((os.cpu_count() or 1) // len(lectures), 1)
    runs: dict[str, Future[list[dict]]] = {}
    with (
        ThreadPoolExecutor(len(lectures)) as pool,
        tqdm(unit="submission", disable=not sys.stderr.isatty()) as bar,
    ):
        bar.total = 0
        for lecture in lectures:  # one is graded while the next is released
            bar.total += len(list(write_class(folder, lecture)))
            grade.coursedir.assignment_id = lecture
            GenerateAssignment(coursedir=grade.coursedir, parent=grade.parent).start()
            runs[lecture] = pool.submit(_graded, folder, lecture, jobs, bar.update)
        results = {lecture: run.result() for lecture, run in runs.items()}
    pages = []
    for lecture, found in results.items():
        print(f"\n{lecture}: {len(found)} submissions")
        for result in found:
            print(_line(folder, lecture, result))
        pages.append(place(folder, lecture))
        print(f"\n{report(folder, lecture, grade, pages[-1], checks=False)}", flush=True)
        pages.append(_feedback(folder, lecture, grade))
    with Gradebook(grade.coursedir.db_url, current().id) as gradebook:
        CsvExportPlugin(to="grades.csv", parent=grade.parent).export(gradebook)
    return pages


def _graded(folder: Path, lecture: str, jobs: int, tell: Callable[[], object]) -> list[dict]:
    """Grade a class as an instructor does; the results in the order of the students' names."""
    command = [sys.executable, "-m", "grader", "autograde", lecture, "--json", "--jobs", str(jobs)]
    environment = {**os.environ, VARIABLE: str(current().root)}
    results = []
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        for line in process.stdout:
            results.append(json.loads(line))
            tell()
    # One submission is no notebook and fails, as it should: the status is not an error.
    if process.returncode not in (0, 1) or not results:
        raise SystemExit(f"`{' '.join(command[1:])}` in {folder} failed")
    return sorted(results, key=lambda result: result["student"])


def _feedback(folder: Path, lecture: str, grade: Autograde) -> Path:
    """One feedback page: of a student whose mistake has a name, if there is one."""
    found = receipts.of_class(folder, lecture)
    named = [s for s, r in found.items() if any("diagnosis" in e for e in entries(r).values())]
    grade.coursedir.assignment_id = lecture
    grade.coursedir.student_id = student = [*named, *found][0]
    GenerateFeedback(coursedir=grade.coursedir, parent=grade.parent).start()
    return folder / "feedback" / student / lecture / f"{lecture}.html"


def _where(folder: Path, pages: list[Path], lecture: str) -> str:
    """What to open now. A folder that was named by a relative path is shown by it."""
    root = current().root if folder.is_absolute() else os.path.relpath(current().root, folder)
    lines = ["", "Open these: what the class understood, and what one of its students is sent"]
    lines += [f"  {folder / page}" for page in pages]
    lines += [
        "",
        f"Scores          {folder / 'grades.csv'}",
        f"Gradebook       {folder / 'gradebook.db'}",
        f"All feedback    cd {folder} && {VARIABLE}={root} nbgrader generate_feedback {lecture}",
    ]
    return "\n".join(lines)


def make_course(folder: Path, lectures: list[str], *, stock: bool = False) -> None:
    """A course directory for nbgrader: its settings and the lectures' source notebooks.

    Args:
        folder: an empty folder.
        lectures: which lectures.
        stock: leave out the line that puts nbgrader's autograde on this course's engine.
    """
    settings = (current().root / "nbgrader_config.py").read_text(encoding="utf-8")
    if stock:
        settings = (
            "\n".join(li for li in settings.splitlines() if "use_for_nbgrader" not in li) + "\n"
        )
    (folder / "nbgrader_config.py").write_text(settings, encoding="utf-8")
    for lecture in lectures:
        shutil.copytree(current().root / "solutions" / lecture, folder / "solutions" / lecture)


def write_class(folder: Path, lecture: str) -> Iterator[str]:
    """Write the submissions of one lecture; gives the students' names.

    Args:
        folder: the course directory.
        lecture: "02_sorting".
    """
    for student, content in submissions(lecture):
        place = folder / "submitted" / student / lecture
        place.mkdir(parents=True)
        (place / f"{lecture}.ipynb").write_text(content, encoding="utf-8")
        yield student


def submissions(lecture: str) -> Iterator[tuple[str, str]]:
    """The class: each student's name says what the submission is; the notebooks as text.

    Args:
        lecture: "02_sorting".
    """
    release = _read(current().root / "notebooks" / lecture / f"{lecture}.ipynb")
    solution = _read(current().root / "solutions" / lecture / f"{lecture}.ipynb")
    right = {
        cell.metadata.nbgrader.grade_id: _without_markers(cell.source)
        for cell in solution.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    yield "right_as_in_the_library", _filled(release, right)
    for number, style in enumerate(_styles(lecture), 1):
        yield f"right_in_another_style_{number}", _filled(release, right | style)
    yield "untouched", nbformat.writes(release)
    wrong: dict[str, str] = {}
    for exercise, name, code in _mistakes(lecture):
        student = re.sub(r"\W+", "_", f"mistake {exercise.name} {name}").lower()
        wrong[_answer_cell(exercise.id)] = code
        yield student, _filled(release, right | {_answer_cell(exercise.id): code})
    if len(wrong) > 1:
        yield "all_these_mistakes", _filled(release, right | wrong)
    functions = [e for e in exercises_of(lecture) if _is_function(e)]
    for exercise in functions[:1]:
        id = _answer_cell(exercise.id)
        broken = {id: right[id].replace(":\n", "\n", 1)}
        yield "syntax_error", _filled(release, right | broken)
    for exercise in functions[:2][-1:]:  # the second, where there is one
        endless = f"def {exercise.name}(*args, **kwargs):\n    while True:\n        pass"
        yield "endless_loop", _filled(release, right | {_answer_cell(exercise.id): endless})
    yield "edited_checks", _edited(release)
    yield "deleted_checks", _deleted(_filled(release, right))
    yield "not_a_notebook", "This is not the file I meant to hand in.\n"


def _is_function(exercise: Exercise) -> bool:
    return inspect.isfunction(exercise.reference)


def _answer_cell(id: str) -> str:
    return id.replace(".", "-") + "-answer"


def _read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def _copy(notebook: NotebookNode) -> NotebookNode:
    return nbformat.reads(nbformat.writes(notebook), as_version=4)


def _without_markers(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if "### " not in line)


def _filled(release: NotebookNode, answers: dict[str, str]) -> str:
    notebook = _copy(release)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in answers:
            cell.source = answers[grade_id]
    return nbformat.writes(notebook)


def _styles(lecture: str) -> Iterator[dict[str, str]]:
    """Complete sets of right answers in other styles than the library's, as far as they exist."""
    found = written(lecture)
    for number in range(2):
        style = {
            _answer_cell(id): renamed(functions[number], find(id).name)
            for id, functions in found.items()
            if len(functions) > number and self_contained(functions[number])
        }
        if style:
            yield style


def _mistakes(lecture: str) -> Iterator[tuple[Exercise, str, str]]:
    """A few known mistakes, each in another exercise."""
    exercises = [e for e in exercises_of(lecture) if _is_function(e)]
    found = [
        (exercise, m.name, renamed(m.function, exercise.name))
        for exercise in exercises
        for m in exercise.misconceptions[:1]
        if self_contained(m.function)
    ]
    yield from found[:MISTAKES]


def self_contained(function: Callable) -> bool:
    """Whether a function needs nothing but NumPy, so that its source can stand in a notebook."""
    if not inspect.isfunction(function) or function.__closure__:
        return False
    names = _global_names(function.__code__)
    return names <= {"np"} | set(dir(builtins)) and function.__name__ != "<lambda>"


def _global_names(code: object) -> set[str]:
    import dis

    names = {i.argval for i in dis.get_instructions(code) if "GLOBAL" in i.opname}  # type: ignore
    for constant in code.co_consts:  # type: ignore
        if inspect.iscode(constant):
            names |= _global_names(constant)
    return names


def renamed(function: Callable, name: str) -> str:
    """A function's source under another name, without decorators and docstring.

    The docstring of a misconception is its message, which would tell what is wrong with it.
    """
    source = textwrap.dedent(inspect.getsource(function))
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    lines = source.splitlines()
    if ast.get_docstring(node) is not None:
        del lines[node.body[0].lineno - 1 : node.body[0].end_lineno]
    source = "\n".join(lines[node.lineno - 1 :])
    return re.sub(rf"\b{function.__name__}\(", f"{name}(", source, count=1).rstrip()


def _edited(release: NotebookNode) -> str:
    """Check cells replaced by their points, as somebody might who reads how nbgrader scores."""
    notebook = _copy(release)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = str(cell.metadata.nbgrader.points)
    return nbformat.writes(notebook)


def _deleted(filled: str) -> str:
    """Every second check cell is gone."""
    notebook = nbformat.reads(filled, as_version=4)
    checks = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    gone = {id(cell) for cell in checks[::2]}
    notebook.cells = [cell for cell in notebook.cells if id(cell) not in gone]
    return nbformat.writes(notebook)


def _line(folder: Path, lecture: str, result: dict) -> str:
    student = result["student"]
    receipt = receipts.read(receipts.place(folder, student, lecture))
    if result["status"] != "graded" or receipt is None:
        return f"  {student:<52} not graded: the file cannot be read as a notebook"
    wrong = [
        entry
        for entry in entries(receipt).values()
        if entry["verdict"] not in ("right", "not written yet")
    ]
    what = "; ".join(_short(e) for e in wrong[:2]) + (" …" if len(wrong) > 2 else "")
    return f"  {student:<52} {result['score']:>5g} of {result['max_score']:g}  {what}"


def _short(entry: dict) -> str:
    name = entry["id"].rpartition(".")[2]
    diagnosis = entry.get("diagnosis")
    return f"{name}: {entry['verdict']}" + (f" ({diagnosis})" if diagnosis else "")
