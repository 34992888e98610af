"""nbgrader's gradebook, opened once and written in one transaction per submission."""

# nbgrader's traitlets and its database columns mean nothing to a type checker.
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import fastjsonschema
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    SourceCell,
    TaskCell,
)
from nbgrader.converters import autograde as nbgrader_autograde
from nbgrader.nbgraderformat import common as nbgraderformat
from nbgrader.preprocessors import (
    SaveAutoGrades,
    latesubmissions,
    overwritecells,
    overwritekernelspec,
)
from nbgrader.preprocessors import saveautogrades as nbgrader_saveautogrades
from sqlalchemy.exc import DBAPIError, SAWarning
from tornado.log import app_log

from grader.engine.stopped import Stopped

# Where nbgrader opens the gradebook while it autogrades: nine times per submission.
_OPENERS = (
    nbgrader_autograde,
    latesubmissions,
    overwritecells,
    overwritekernelspec,
    nbgrader_saveautogrades,
)

Rows = dict[str, Any]


class GradebookLost(Stopped):
    """The gradebook cannot be reached."""


@contextlib.contextmanager
def reached() -> Iterator[None]:
    """Tell the end of the connection to the gradebook from what is wrong with a submission.

    Raises:
        GradebookLost: the server is gone, or the file cannot be opened.
    """
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, DBAPIError):
            cause = cause.__context__  # nbgrader says some of these in its own words
        if cause is not None and _lost(cause):
            reason = " ".join(str(cause.orig).split())[:300]
            raise GradebookLost(f"The gradebook cannot be reached: {reason}") from error
        raise


def _lost(error: BaseException | None) -> bool:
    # What fails without a statement is connecting, or ending a transaction.
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or error.statement is None
    )


# nbgrader logs the traceback of every rollback before it raises. A lost connection has its line.
app_log.addFilter(lambda record: not (record.exc_info and _lost(record.exc_info[1])))


class SharedGradebook:
    """Stands for a Gradebook that somebody else opened and will close.

    nbgrader asks for each cell, grade and comment of a notebook by a query of its own. Here the
    first question about a notebook loads all of its rows.

    Args:
        gradebook: an open gradebook.
    """

    def __init__(self, gradebook: Gradebook):
        self._gradebook = gradebook
        self._loaded: dict[tuple, Rows] = {}

    def __enter__(self) -> "SharedGradebook":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gradebook, name)

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> SourceCell:
        """As in Gradebook."""

        def load() -> Rows:
            found = self._gradebook.find_notebook(notebook, assignment).source_cells
            return {cell.name: cell for cell in found}

        return self._row(name, load, SourceCell, notebook, assignment)

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> GradeCell | TaskCell:
        """As in Gradebook."""

        def load() -> Rows:
            where = {"notebook_id": self._gradebook.find_notebook(notebook, assignment).id}
            kinds = (GradeCell, TaskCell)
            return {c.name: c for kind in kinds for c in self.db.query(kind).filter_by(**where)}

        return self._row(name, load, GradeCell, notebook, assignment)

    def find_grade(self, name: str, notebook: str, assignment: str, student: str) -> Grade:
        """As in Gradebook."""
        return self._answer(name, Grade, notebook, assignment, student)

    def find_comment(self, name: str, notebook: str, assignment: str, student: str) -> Comment:
        """As in Gradebook."""
        return self._answer(name, Comment, notebook, assignment, student)

    def find_grades(self, notebook: str, assignment: str, student: str) -> Rows:
        """All grades of a submitted notebook by the name of their cell."""
        return self._answers(Grade, notebook, assignment, student)

    def _answer(self, name: str, kind: Any, *where: str) -> Any:
        return self._row(name, lambda: self._answers(kind, *where), kind, *where)

    def _answers(self, kind: Any, *where: str) -> Rows:
        submission = self._gradebook.find_submission_notebook(*where).id
        rows = self.db.query(BaseCell.name, kind).join(BaseCell, BaseCell.id == kind.cell_id)
        return dict(rows.filter(kind.notebook_id == submission).all())

    def _row(self, name: str, load: Callable[[], Rows], kind: Any, *where: str) -> Any:
        if (kind, *where) not in self._loaded:
            self._loaded[(kind, *where)] = load()
        rows = self._loaded[(kind, *where)]
        if name not in rows:
            raise MissingEntry(f"No such {kind.__name__}: {name} in {', '.join(where)}")
        return rows[name]


@contextlib.contextmanager
def shared(gradebook: Gradebook) -> Iterator[SharedGradebook]:
    """nbgrader's own steps use this gradebook instead of opening one each.

    Args:
        gradebook: an open gradebook.
    """
    stand_in = SharedGradebook(gradebook)
    with contextlib.ExitStack() as stack:
        for module in _OPENERS:
            stack.enter_context(_replaced(module, "Gradebook", lambda *_args, **_kw: stand_in))
        fast = SimpleNamespace(validate=_validate)
        stack.enter_context(_replaced(nbgraderformat, "jsonschema", fast))
        yield stand_in


@contextlib.contextmanager
def _replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


_COMPILED: dict[int, tuple[Any, Callable[[Any], Any]]] = {}  # by the schema's identity


def _validate(instance: Any, schema: Any) -> None:
    """jsonschema.validate, at the speed of a compiled schema while nothing is wrong."""
    if id(schema) not in _COMPILED:
        _COMPILED[id(schema)] = schema, fastjsonschema.compile(schema, use_default=False)
    try:
        _COMPILED[id(schema)][1](instance)
    except fastjsonschema.JsonSchemaException:
        error = best_match(validator_for(schema)(schema).iter_errors(instance))
        if error is not None:
            raise error from None


@contextlib.contextmanager
def transaction(gradebook: Gradebook) -> Iterator[None]:
    """Everything inside becomes visible in the gradebook together, or not at all.

    nbgrader commits after every step; inside, these commits only send what they have.

    Args:
        gradebook: an open gradebook.
    """
    session = gradebook.db()
    commit = session.commit
    session.commit = session.flush
    try:
        with warnings.catch_warnings():
            # nbgrader links a new row to others before it adds the row to the session.
            warnings.simplefilter("ignore", SAWarning)
            yield
        session.commit = commit
        session.commit()
    except BaseException:
        session.commit = commit
        session.rollback()
        raise


def zero_missing(
    gradebook: SharedGradebook, notebook: NotebookNode, where: dict[str, str]
) -> list[str]:
    """A graded cell that was deleted earns 0, whatever an earlier submission earned.

    Args:
        gradebook: where scores are kept. Points given by hand stay, to be looked at again.
        notebook: the submitted one.
        where: its notebook, assignment and student.

    Returns:
        The names of the cells that are missing.
    """
    present = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
    grades = gradebook.find_grades(where["notebook"], where["assignment"], where["student"])
    missing = {name: grade for name, grade in grades.items() if name not in present}
    for grade in missing.values():
        grade.auto_score, grade.needs_manual_grade = 0, grade.manual_score is not None
    return list(missing)


def ask_again(gradebook: SharedGradebook, assignment: str, student: str, folder: str) -> None:
    """Have points looked at that were given by hand for a notebook that is not there any more.

    nbgrader lets such points stand and says nothing.

    Args:
        gradebook: where scores are kept.
        assignment, student: whose.
        folder: what was handed in.
    """
    for notebook in gradebook.find_submission(assignment, student).notebooks:
        if not os.path.exists(os.path.join(folder, f"{notebook.name}.ipynb")):
            for grade in notebook.grades:
                grade.needs_manual_grade = grade.manual_score is not None


def forget_scores(gradebook: Gradebook, assignment: str, student: str) -> None:
    """Take back what an earlier submission earned.

    Args:
        gradebook: where scores are kept.
        assignment, student: whose.
    """
    for notebook in gradebook.find_submission(assignment, student).notebooks:
        notebook.late_submission_penalty = None
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = None, True
    gradebook.db.commit()


class SaveScores(SaveAutoGrades):
    """Writes scores: of a check what the judge said, of other tests what their outputs say.

    Text on the error stream does not zero a plain test that passed. What is written is sent when
    the :func:`transaction` around it ends.
    """

    def _add_score(self, cell: NotebookNode, resources: Any) -> None:
        scores = resources["grader"]["scores"]
        grade_id = cell.metadata["nbgrader"]["grade_id"]
        grade: Any = self.gradebook.find_grade(
            grade_id, self.notebook_id, self.assignment_id, self.student_id
        )
        if grade_id in scores:
            grade.auto_score = scores[grade_id]
        else:
            quiet = NotebookNode(cell)
            if cell.cell_type == "code":
                kept = [o for o in cell.outputs if o.get("name") != "stderr"]
                quiet = NotebookNode({**cell, "outputs": kept})
            grade.auto_score = utils.determine_grade(quiet, self.log)[0]
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None

    def _add_comment(self, cell: NotebookNode, resources: Any) -> None:
        # One by one, each comment would be an UPDATE of its own: the transaction sends them all.
        with _replaced(self.gradebook.db(), "commit", lambda: None):
            super()._add_comment(cell, resources)
