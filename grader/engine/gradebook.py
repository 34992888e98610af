"""nbgrader's gradebook, opened once and written in one transaction per submission."""

# nbgrader's traitlets and its database columns mean nothing to a type checker.
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false

import contextlib
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

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
from sqlalchemy.exc import SAWarning

# Where nbgrader opens the gradebook while it autogrades: nine times per submission.
_OPENERS = (
    nbgrader_autograde,
    latesubmissions,
    overwritecells,
    overwritekernelspec,
    nbgrader_saveautogrades,
)

Rows = dict[str, Any]


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


def _validate(instance: Any, schema: Any) -> None:
    """jsonschema.validate, without a look at nbgrader's own schema for every cell."""
    error = best_match(validator_for(schema)(schema).iter_errors(instance))
    if error is not None:
        raise error


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


class SaveScores(SaveAutoGrades):
    """Writes scores: of a check what the judge said, of other tests what their outputs say.

    Text on the error stream does not zero a plain test that passed.
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
        self.gradebook.db.commit()
