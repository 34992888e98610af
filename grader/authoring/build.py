"""Build the notebooks: lectures/NN_name/lecture.py -> solutions/NN_name/ -> notebooks/NN_name/.

The solution notebook is the script with the reference function in every exercise cell. The
student's notebook is what nbgrader's own ``generate_assignment`` makes of it. Both are committed,
and the same script gives the same bytes on every machine.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from traitlets.config import Config

from grader.authoring import course_map, coverage, gallery, library_docs, trial
from grader.authoring.lecture import MAP, SHOWN, Cell, Lecture, LectureError, read
from grader.authoring.source import exercise_source, raises
from grader.authoring.syllabus import syllabus
from grader.authoring.ways import add_ways
from grader.checking.definitions import lectures as definitions_by_lecture
from grader.checking.exercise import Exercise, Number, Question
from grader.course import current

SETTINGS = "nbgrader_config.py"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``python -m grader build``."""
    parser.add_argument("--check", action="store_true", help="change nothing, list stale files")


def run(args: argparse.Namespace) -> int:
    """Build, or check, everything that is generated."""
    try:
        lectures = read_lectures()
    except LectureError as error:
        print(error, file=sys.stderr)
        return 1
    root = current().root
    built = build(lectures)
    stale = stale_files(root, built)
    if args.check:
        for name in stale:
            print(f"stale: {name}")
        if stale:
            print("run: python -m grader build", file=sys.stderr)
        return 1 if stale else 0
    for lecture in lectures:
        print(summary(lecture))
    for name in stale:
        path = root / name
        if name in built:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(built[name])
        else:
            path.unlink()
        print(f"{'wrote' if name in built else 'removed'} {name}")
    return 0


def read_lectures() -> list[Lecture]:
    """Read every lecture script of the course, and try what it defines.

    Raises:
        LectureError: something is wrong; the problems of all lectures are reported together.
    """
    lectures, problems = [], [*settings_problems(), *trial.driver_problems()]
    if problems:  # else Python would stumble on the drivers first
        raise LectureError("\n".join(problems))
    for name, definitions in definitions_by_lecture().items():
        path = current().root / "lectures" / name / "lecture.py"
        problems += [f"{trial.where(name)}: {said}" for said in trial.problems(name, definitions)]
        try:
            lectures.append(read(path, definitions))
        except LectureError as error:
            problems.append(str(error))
        except FileNotFoundError:
            problems.append(f"lectures/{name}/lecture.py: the script of the lecture is missing")
    if not (lectures or problems):
        problems.append("lectures/ holds no lecture, expected a folder such as lectures/01_sorting")
    if problems:
        raise LectureError("\n".join(problems))
    return lectures


def settings_problems() -> Iterator[str]:
    """What nbgrader's settings of the course say otherwise than the tool does."""
    if not (current().root / SETTINGS).is_file():
        yield f"{SETTINGS} is missing beside lectures/: nbgrader reads its settings there"
        return
    config = _settings().CourseDirectory
    expected = {
        "course_id": current().id,
        "source_directory": "solutions",
        "release_directory": "notebooks",
    }
    for name, value in expected.items():
        if (found := config.get(name)) != value:
            yield f"{SETTINGS}: c.CourseDirectory.{name} is {found!r}, expected {value!r}"


def _settings() -> Config:
    from traitlets.config.loader import PyFileConfigLoader

    return PyFileConfigLoader(SETTINGS, path=str(current().root)).load_config()


def build(lectures: Sequence[Lecture]) -> dict[str, bytes]:
    """All generated files: their paths from the repository root, and their bytes."""
    notebooks = {lecture.name: solution(lecture) for lecture in lectures}
    with_map = add_map(notebooks, lectures)
    add_ways(notebooks, lectures)
    solutions = {name: nbformat.writes(notebook) + "\n" for name, notebook in notebooks.items()}
    files = {f"solutions/{name}/{name}.ipynb": text for name, text in solutions.items()}
    files |= {f"notebooks/{name}/{name}.ipynb": text for name, text in release(solutions).items()}
    for name in with_map:
        drawn = course_map.draw(course_map.stops(lectures))
        files |= {f"{room}/{name}/{course_map.FILE}": drawn for room in ("solutions", "notebooks")}
    if syllabus().ids:
        files["docs/coverage.md"] = coverage.render(lectures)
    files["docs/feedback.md"] = gallery.render(lectures)
    files |= library_docs.render()
    return {path: text.encode() for path, text in files.items()}


def add_map(notebooks: dict[str, nbformat.NotebookNode], lectures: Sequence[Lecture]) -> list[str]:
    """Put the map of the course below the texts that are tagged for it.

    Args:
        notebooks: by the name of their lecture; they are changed.
        lectures: all of them, in order.

    Returns:
        The names of the lectures that show it.
    """
    found = []
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            if MAP in cell.metadata.get("tags", ()):
                cell.source += f"\n\n{course_map.page(course_map.stops(lectures))}"
                found.append(name)
    return found


def stale_files(root: Path, built: dict[str, bytes]) -> list[str]:
    """The files that differ from what ``build`` gives, are missing, or have no script any more."""
    stale = [
        name
        for name, content in built.items()
        if not (root / name).is_file() or (root / name).read_bytes() != content
    ]
    for room in ("solutions", "notebooks"):
        for path in (root / room).glob("[0-9][0-9]_*/*.ipynb"):
            name = path.relative_to(root).as_posix()
            if path.stem == path.parent.name and name not in built:
                stale.append(name)
    return sorted(stale)


def summary(lecture: Lecture) -> str:
    """One line: how much there is to do."""
    questions = sum(isinstance(d, Question) for d in lecture.definitions)
    by_hand = sum(cell.points for cell in lecture.cells)
    return (
        f"{lecture.name}: exercises {len(lecture.definitions) - questions}, "
        f"questions {questions}, points {sum(d.points for d in lecture.definitions)}"
        f"{f' and {by_hand:g} by hand' if by_hand else ''}, "
        f"minutes of work {sum(d.minutes for d in lecture.definitions)}"
    )


def solution(lecture: Lecture) -> nbformat.NotebookNode:
    """The solution notebook of a lecture, without the ways to its neighbours."""
    cells = []
    for cell, id in zip(lecture.cells, _cell_ids(lecture.cells), strict=True):
        metadata: dict[str, Any] = {"tags": list(cell.tags)} if cell.tags else {}
        if cell.role == "text":
            cells.append(new_markdown_cell(cell.source, id=id, metadata=metadata))
            continue
        if cell.role == "manual":
            metadata["nbgrader"] = _nbgrader(cell, id)
            cells.append(new_markdown_cell(cell.source, id=id, metadata=metadata))
            continue
        source = cell.source
        match cell.role, cell.definition:
            case "exercise", Exercise() as exercise:
                untested = () if raises(exercise) else ("Raises",)
                source = exercise_source(exercise.id, ("Solution", *untested))
            case "predict", Question() as question:
                cells.append(new_markdown_cell(_question(question), id=f"{id}-question"))
                source = _answer(question)
        if cell.role == "demo":  # what it draws is the point; its code opens with a click
            if SHOWN not in cell.tags:
                metadata["jupyter"] = {"source_hidden": True}
        else:
            metadata["nbgrader"] = _nbgrader(cell, id)
        cells.append(new_code_cell(source, id=id, metadata=metadata))
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def _nbgrader(cell: Cell, grade_id: str) -> dict[str, Any]:
    # What a person grades is its own answer; nbgrader empties it for the student.
    answered_here = cell.role in ("exercise", "predict", "manual")
    metadata = {
        "grade": cell.role in ("check", "manual"),
        "grade_id": grade_id,
        "locked": not answered_here,
        "schema_version": 3,
        "solution": answered_here,
        "task": False,
    }
    if cell.role == "check" and cell.definition:
        metadata["points"] = cell.definition.points
    if cell.role == "manual":
        metadata["points"] = cell.points
    return metadata


def _question(question: Question) -> str:
    choices = [f"- **{letter}.** {choice.text}" for letter, choice in question.lettered.items()]
    return "\n".join(
        [f"**Question.** {question.ask.strip()}", *([""] if choices else []), *choices]
    )


def _answer(question: Question) -> str:
    *letters, last = [f'"{letter}"' for letter in question.lettered] or ["a number"]
    choice = f"{', '.join(letters)} or {last}" if letters else last
    todo = f"# Your answer: {choice}"
    answer = _shortest(question.number) if question.number else f'"{question.answer}"'
    return f"{todo}\n### BEGIN SOLUTION\n{question.name} = {answer}\n### END SOLUTION"


def _shortest(number: Number) -> str:
    """The right number with as few digits as it takes to be accepted, four at least."""
    if float(number.value).is_integer():
        return str(int(number.value))
    texts = (f"{number.value:.{digits}g}" for digits in range(4, 17))
    return next((t for t in texts if number.matches(float(t))), repr(number.value))


def _cell_ids(cells: Iterable[Cell]) -> list[str]:
    """Ids that stay when cells elsewhere come and go.

    Cells of an exercise are named after it, all others after their section and their place in it.
    """
    ids, counts = [], {}
    for cell in cells:
        if cell.definition is not None:
            id = cell.definition.id.replace(".", "-")
            ids.append(id if cell.role == "check" else f"{id}-answer")
        elif cell.role == "manual":
            ids.append(f"manual-{cell.name}")
        else:
            slug = re.sub(r"[^a-z0-9]+", "-", cell.section.lower()).strip("-")[:40] or "start"
            counts[slug] = counts.get(slug, 0) + 1
            ids.append(f"{slug}-{counts[slug]}")
    return ids


def release(solutions: dict[str, str]) -> dict[str, str]:
    """Student notebooks, as ``nbgrader generate_assignment`` makes them of solution notebooks."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    released = {}
    with tempfile.TemporaryDirectory() as scratch:
        config = _settings()
        config.CourseDirectory.root = scratch
        # What the command's --no-db sets: the notebook does not depend on the gradebook.
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        for name, text in solutions.items():
            source = Path(scratch, "solutions", name, f"{name}.ipynb")
            source.parent.mkdir(parents=True)
            source.write_text(text, encoding="utf-8")
            course = CourseDirectory(config=config, assignment_id=name)
            GenerateAssignment(coursedir=course, config=config).start()
            released[name] = Path(scratch, "notebooks", name, source.name).read_text("utf-8")
    return released
