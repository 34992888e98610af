"""nbgrader's autograde on this engine: its files, its gradebook, its options.

``Autograde`` takes the place of nbgrader's converter of the same name. Sanitizing, penalties and
everything else that nbgrader does to a notebook is nbgrader's own; only running and scoring the
cells is done here, outside of this process. A submission is graded in a folder of its own that is
renamed into place after the gradebook and the receipt have been written, so that an end at any
moment leaves a submission either graded or still to be graded.
"""

import contextlib
import os
import re
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import SchemaTooOldError
from nbgrader.preprocessors import Execute, SaveAutoGrades
from traitlets import Bool, Integer

from grader.checking.definitions import lay_out, lecture_of
from grader.course import current
from grader.engine import receipts, secret, submitted
from grader.engine.engine import Engine, EngineError, Times
from grader.engine.files import check_bounds, collect, digest, ignored
from grader.engine.gradebook import SaveScores, SharedGradebook, shared, transaction
from grader.engine.in_place import InPlace
from grader.engine.safe_html import Allowance, safe_outputs
from grader.engine.submission import case_seed
from grader.engine.submission import run as run_cells


@dataclass
class Result:
    """What became of one submission: a line of ``autograde --json``.

    Args:
        student, assignment: whose.
        status: "graded", "failed", "skipped" (it was graded before) or "compared" (with what was
            graded before; nothing was written).
        score, max_score: points; None when it failed.
        problems: what went wrong or was odd, one sentence each.
        seconds: how long it took.
        cpu_seconds, memory_mb: what the submission's processes used.
        tier: the sandbox tier.
    """

    student: str
    assignment: str
    status: str = "graded"
    score: float | None = None
    max_score: float | None = None
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_mb: float = 0.0
    tier: int | None = None


class Autograde(InPlace):
    """Autogrades submissions in shut-in processes, into nbgrader's files and gradebook."""

    coursedir: CourseDirectory
    all_cells = Bool(False, help="Run demo cells too.").tag(config=True)
    allow_unisolated = Bool(
        False, help="Grade even where submissions cannot be shut in (tier 3)."
    ).tag(config=True)
    submission_timeout = Integer(300, help="Seconds for one submission.").tag(config=True)
    case_timeout = Integer(5, help="Seconds for one call of a student's function.").tag(config=True)

    _engine: Engine | None = None
    _gradebook: Gradebook | None = None
    _seeds: dict[str, int] | None = None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.results: list[Result] = []
        self.report: Callable[[Result], None] = lambda result: None

    def start(self) -> None:
        """Grade what the course directory's assignment and student patterns name."""
        try:
            super().start()
        finally:
            self.close()

    def close(self) -> None:
        """End the warm worker and close the gradebook."""
        self._cool()
        if self._gradebook is not None:
            self._gradebook.close()
            self._gradebook = None

    def convert_notebooks(self) -> None:
        """Grade every submission found; one that fails does not stop the others."""
        failed = []
        for folder in sorted(self.assignments):
            result = self.grade_folder(folder, sorted(self.assignments[folder]))
            self.results.append(result)
            self.report(result)
            if result.status == "failed":
                failed.append(result)
        for result in failed:
            self.log.error(
                "There was an error processing assignment '%s' for student '%s': %s",
                result.assignment,
                result.student,
                result.problems[-1],
            )
        if failed:
            raise NbGraderException(f"{len(failed)} submissions could not be graded")

    def grade_folder(self, folder: str, notebooks: list[str]) -> Result:
        """Grade one submission.

        Args:
            folder: ``submitted/<student>/<assignment>``.
            notebooks: the notebooks in it to grade.
        """
        assignment, student = self._names(folder)
        result = Result(student, assignment)
        self.notebooks = notebooks
        start = time.perf_counter()
        try:
            self._remove_partial(assignment, student)
            check_bounds(Path(folder))
            if not self.init_destination(assignment, student):
                result.status = "skipped"
                return result
            self.run_pre_convert_hook()
            self._grade(result)
            self.run_post_convert_hook()
        except Exception as error:
            self.log.error("There was an error processing assignment: %s", folder)
            self.log.error(traceback.format_exc())
            result.status, result.score = "failed", None
            result.problems.append(_in_words(error))
            self._forget(assignment, student)
        finally:
            self._remove_partial(assignment, student)
            result.seconds = time.perf_counter() - start
        return result

    def rerun(self, folder: str, notebooks: list[str], seeds: dict[str, int]) -> dict[str, list]:
        """Run a submission again with given seeds and write nothing.

        Args:
            folder: ``submitted/<student>/<assignment>``.
            notebooks: the notebooks in it.
            seeds: of the hidden cases, by exercise id.

        Returns:
            The receipt's entries by notebook.
        """
        assignment, student = self._names(folder)
        self.notebooks = notebooks
        self._seeds = seeds
        try:
            with self._open_gradebook() as gradebook, shared(gradebook) as opened:
                graded = self._run(opened, Result(student, assignment))
        finally:
            self._seeds = None
        return {r["nbgrader"]["notebook"]: r["grader"]["receipt"] for _, r in graded}

    def compare(self, folder: str, notebooks: list[str]) -> tuple[Result, receipts.Receipt | None]:
        """Run a submission as grading would, and write nothing.

        Args:
            folder: ``submitted/<student>/<assignment>``.
            notebooks: the notebooks in it.

        Returns:
            What became of it, and the receipt that grading would write; None when it fails.
        """
        assignment, student = self._names(folder)
        result = Result(student, assignment, status="compared")
        self.notebooks = notebooks
        try:
            before = digest(Path(folder))
            with self._open_gradebook() as gradebook, shared(gradebook) as opened:
                graded = self._run(opened, result)
        except Exception as error:
            result.status = "failed"
            result.problems.append(_in_words(error))
            return result, None
        return result, self._receipt(result, graded, before)

    def _grade(self, result: Result) -> None:
        assignment, student = result.assignment, result.student
        before = digest(Path(self._format_source(assignment, student)))
        with self._open_gradebook() as gradebook, shared(gradebook) as opened:
            graded = self._run(opened, result)
            gradebook.db.rollback()  # the reading is over; no lock is held while cells ran
            with transaction(gradebook), self._building(assignment, student):
                self.init_assignment(assignment, student)
                for notebook, resources in graded:
                    self._store(opened, notebook, resources)
                self.set_permissions(assignment, student)
                submission = gradebook.find_submission(assignment, student)
                result.score, result.max_score = submission.score, submission.max_score
                self._put_earlier_away(assignment, student)
        # What is in place is graded: its scores are saved and its receipt is written by then.
        self._write_receipt(self._receipt(result, graded, before))
        self._move_into_place(assignment, student)

    @contextlib.contextmanager
    def _open_gradebook(self) -> Iterator[Gradebook]:
        """The gradebook, which stays open for the next submission but keeps nothing of this one."""
        if self._gradebook is None:
            self._gradebook = Gradebook(self.coursedir.db_url, self.coursedir.course_id)
        try:
            yield self._gradebook
        finally:
            self._gradebook.db.remove()

    def _run(self, gradebook: SharedGradebook, result: Result) -> list:
        assignment, student = result.assignment, result.student
        self._check_known(gradebook, assignment, student)
        files = self._files(assignment, student)
        known = self._known_notebooks(gradebook, assignment)
        if assignment in current().lectures:
            lay_out(assignment)
        return [self._run_notebook(name, files, gradebook, result) for name in known]

    def _names(self, folder: str) -> tuple[str, str]:
        pattern = self._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
        match = re.match(pattern, folder)
        if match is None:
            raise NbGraderException(f"Could not match '{folder}' with regexp '{pattern}'")
        return match["assignment_id"], match["student_id"]

    def _run_notebook(
        self, path: str, files: dict[str, bytes], gradebook: SharedGradebook, result: Result
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Sanitize and run one notebook; nothing is written yet."""
        resources = self.init_single_notebook_resources(path)
        nbgrader_info = resources["nbgrader"]
        notebook = submitted.read(path)
        outputs = {cell.get("id"): cell.get("outputs", []) for cell in notebook.cells}
        notebook = submitted.deduplicated(notebook)
        released = gradebook.find_notebook(nbgrader_info["notebook"], nbgrader_info["assignment"])
        submitted.check_released(notebook, {cell.name for cell in released.source_cells})
        notebook, _ = self._through(self.sanitize_preprocessors, notebook, resources)
        submitted.check_kernel(notebook)
        submitted.plain_metadata(notebook)
        resources["grader"] = {"scores": {}, "receipt": []}
        if Execute(parent=self).enabled:
            demos = self._demos(nbgrader_info["assignment"], nbgrader_info["notebook"])
            self._execute(notebook, outputs, demos, files, resources, result)
        notebook.metadata.pop("widgets", None)  # a browser would run what it names
        return notebook, resources

    def _execute(
        self,
        notebook: NotebookNode,
        outputs: dict[str, list],
        demos: dict[str, str],
        files: dict[str, bytes],
        resources: dict[str, Any],
        result: Result,
    ) -> None:
        names = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        steps = [submitted.step(cell, {} if self.all_cells else demos) for cell in code]
        engine = self._warm({lecture_of(s.check) for s in steps if s.check})
        run = run_cells(engine, steps, seed=self._seeder(*names), files=files)
        resources["grader"]["receipt"] = run.receipt
        allowance = Allowance()
        for cell, step, outcome in zip(code, steps, run.outcomes, strict=True):
            shown = outcome.outputs
            if step.skip:
                shown = submitted.as_submitted(outputs.get(cell.get("id"), []), allowance)
                cell.metadata["grader"] = {"not_rerun": True}
            elif step.check:
                cell.metadata["grader"] = {"judged": True}
            else:
                shown = safe_outputs(shown, allowance)
                if utils.is_grade(cell) and not utils.is_solution(cell):
                    entry = {"cell": cell.metadata["nbgrader"]["grade_id"], "judged": "in-process"}
                    resources["grader"]["receipt"].append(entry)
            cell.outputs = [nbformat.from_dict(output) for output in shown]
            cell.execution_count = outcome.count
            if outcome.report:
                grade_id = cell.metadata["nbgrader"]["grade_id"]
                resources["grader"]["scores"][grade_id] = outcome.report.score
            if outcome.problem:
                where = cell.metadata.get("nbgrader", {}).get("grade_id") or "a cell"
                result.problems.append(f"{where}: {outcome.problem}")
        resources["grader"]["files"] = {
            name: data
            for name, data in run.files.items()
            if not ignored(Path(name), self.coursedir.ignore)
        }
        result.cpu_seconds += run.cpu_seconds
        result.memory_mb = max(result.memory_mb, run.memory_mb)
        result.tier = run.tier

    def _store(
        self, gradebook: SharedGradebook, notebook: NotebookNode, resources: dict[str, Any]
    ) -> None:
        """Scores into the gradebook, the notebook and its cells' files into the folder."""
        steps = [
            SaveScores if step is SaveAutoGrades else step
            for step in self.autograde_preprocessors
            if not (isinstance(step, type) and issubclass(step, Execute))
        ]
        names = resources["nbgrader"]
        self._zero_missing(gradebook, notebook, names)
        notebook, resources = self._through(steps, notebook, resources)
        folder = Path(self._format_dest(names["assignment"], names["student"]))
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in resources["grader"].get("files", {}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        nbformat.write(notebook, folder / f"{names['notebook']}.ipynb")

    def _zero_missing(
        self, gradebook: SharedGradebook, notebook: NotebookNode, names: dict[str, str]
    ) -> None:
        """A graded cell that was deleted earns 0, whatever an earlier submission earned."""
        present = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells}
        key = names["notebook"], names["assignment"], names["student"]
        for name, grade in gradebook.find_grades(*key).items():
            if name not in present:
                self.log.warning("Cell '%s' is missing from %s: it earns 0", name, key[2])
                grade.auto_score, grade.needs_manual_grade = 0, False

    def _through(
        self, steps: list, notebook: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """The notebook after nbgrader's preprocessors, each with this course's configuration."""
        for step in steps:
            self.exporter._preprocessors = []
            self.exporter.register_preprocessor(step)
            for preprocess in self.exporter._preprocessors:
                notebook, resources = preprocess(notebook, resources)
        return notebook, resources

    def _cool(self) -> None:
        if self._engine is not None:
            self._engine.__exit__()
            self._engine = None

    def _warm(self, lectures: set[str]) -> Engine:
        if self._engine is None or set(self._engine.lectures) != lectures:
            self._cool()
            timeout = Execute(parent=self).timeout
            times = Times(
                cell=timeout if timeout and timeout > 0 else self.submission_timeout,
                case=self.case_timeout,
                submission=self.submission_timeout,
            )
            engine = Engine(*sorted(lectures), times=times)
            if engine.tier == 3 and not self.allow_unisolated:
                raise EngineError(
                    "submissions cannot be shut in on this machine (`python -m grader doctor` says "
                    "why). Grade elsewhere, or accept it with --allow-unisolated"
                )
            self._engine = engine.__enter__()
        return self._engine

    def _seeder(self, assignment: str, student: str) -> Callable[[str], int]:
        if self._seeds is not None:
            return self._seeds.__getitem__
        key = secret.load()
        return lambda id: case_seed(key, assignment, student, id)

    def _demos(self, assignment: str, notebook: str) -> dict[str, str]:
        """The demo cells of the course's own notebook: source by cell id."""
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment)
        path = Path(source, f"{notebook}.ipynb")
        return submitted.demo_cells(path, path.stat().st_mtime_ns) if path.is_file() else {}

    def _files(self, assignment: str, student: str) -> dict[str, bytes]:
        """What came with the submission and what the course gives, by relative name."""
        theirs = self._format_source(assignment, student)
        source = self.coursedir.format_path(self.coursedir.source_directory, ".", assignment)
        kept = {str(name) for name in self.exclude_overwriting.get(assignment, [])}
        ignore = self.coursedir.ignore
        given = {k: v for k, v in collect(Path(source), ignore).items() if k not in kept}
        return collect(Path(theirs), ignore, refuse=True) | given

    def _check_known(self, gradebook: SharedGradebook, assignment: str, student: str) -> None:
        if not self.create_student:
            gradebook.find_student(student)
        gradebook.find_assignment(assignment)

    def _known_notebooks(self, gradebook: SharedGradebook, assignment: str) -> list[str]:
        known = []
        for path in self.notebooks:
            try:
                gradebook.find_notebook(Path(path).stem, assignment)
                known.append(path)
            except MissingEntry:
                continue
        return known

    def _forget(self, assignment: str, student: str) -> None:
        """A submission that failed keeps neither files nor scores of an earlier grading."""
        final = self._format_dest(assignment, student)
        if self.coursedir.notebook_id == "*":
            if os.path.exists(final):
                utils.rmtree(final)
        else:  # like nbgrader, leave the folder to the notebooks that were not asked for
            os.makedirs(final, exist_ok=True)
            for path in self.notebooks:
                Path(final, os.path.basename(path)).unlink(missing_ok=True)
        self._receipt_path(assignment, student).unlink(missing_ok=True)
        try:
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                for notebook in gradebook.find_submission(assignment, student).notebooks:
                    for grade in notebook.grades:
                        grade.auto_score, grade.needs_manual_grade = None, True
                gradebook.db.commit()
        except Exception as error:
            self.log.warning("The scores of %s could not be reset: %s", student, error)

    def _receipt_path(self, assignment: str, student: str) -> Path:
        return receipts.place(self.coursedir.root, student, assignment)

    def _receipt(self, result: Result, graded: list, submission: str) -> receipts.Receipt:
        folder = self._format_source(result.assignment, result.student)
        return receipts.made(
            asdict(result),
            {r["nbgrader"]["notebook"]: r["grader"]["receipt"] for _, r in graded},
            submission=os.path.relpath(folder, self.coursedir.root),
            digest=submission,
            all_cells=self.all_cells,
        )

    def _write_receipt(self, receipt: receipts.Receipt) -> None:
        if any(receipt["notebooks"].values()):
            path = self._receipt_path(receipt["assignment"], receipt["student"])
            receipts.write(path, receipt)


def _in_words(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, SchemaTooOldError):
        text += "; `nbgrader update` on the submitted notebook mends it"
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__
