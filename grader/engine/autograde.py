"""nbgrader's autograde on this engine: its files, its gradebook, its options.

``Autograde`` takes the place of nbgrader's converter of the same name. Sanitizing, penalties and
everything else that nbgrader does to a notebook is nbgrader's own; running and scoring the cells is
a task for a shut-in process, of this machine or of another. A submission is graded in a folder of
its own that is renamed into place after the gradebook and the receipt have been written, so that an
end at any moment leaves a submission either graded or still to be graded.
"""

import contextlib
import os
import re
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, SaveAutoGrades
from traitlets import Bool, Integer

from grader.checking.definitions import lay_out, lecture_of
from grader.course import current
from grader.engine import names, receipts, secret, submitted, timestamps
from grader.engine.engine import Times
from grader.engine.files import RefusedFile, check_bounds, check_place, collect, digest, ignored
from grader.engine.gradebook import (
    GradebookLost,
    SaveScores,
    SharedGradebook,
    ask_again,
    forget_scores,
    reached,
    shared,
    transaction,
    zero_missing,
)
from grader.engine.in_place import InPlace, Taken, claimed
from grader.engine.result import Result
from grader.engine.stopped import Stopped
from grader.engine.submission import Run, Step, case_seed
from grader.engine.task import Task, Warm, Work, here

# The seeds of the hidden cases of checks, by id.
Seeds = Callable[[list[str]], dict[str, int]]


class Autograde(InPlace):
    """Autogrades submissions in shut-in processes, into nbgrader's files and gradebook."""

    coursedir: CourseDirectory
    all_cells = Bool(False, help="Run demo cells too.").tag(config=True)
    allow_unisolated = Bool(
        False, help="Grade even where submissions cannot be shut in (tier 3)."
    ).tag(config=True)
    submission_timeout = Integer(300, help="Seconds for one submission.").tag(config=True)
    case_timeout = Integer(5, help="Seconds for one call of a student's function.").tag(config=True)

    _gradebook: Gradebook | None = None

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.results: list[Result] = []
        self.warm = Warm()
        self.runs_here = True
        self.report: Callable[[Result], None] = lambda result: None

    def start(self) -> None:
        """Grade what the course directory's assignment and student patterns name."""
        try:
            super().start()
        finally:
            self.close()

    def close(self) -> None:
        """End the warm worker and close the gradebook."""
        self.warm.close()
        if self._gradebook is not None:
            self._gradebook.close()
            self._gradebook = None

    def convert_notebooks(self) -> None:
        """Grade every submission found; one that fails does not stop the others."""
        failed = []
        for folder in sorted(self.assignments):
            try:
                result = self.grade_folder(folder, sorted(self.assignments[folder]))
            except GradebookLost as error:
                self.log.error("%s", error)
                raise NbGraderException(str(error)) from error
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
        """Grade one submission on this machine; arguments and errors as of :meth:`grading`."""
        return here(self.grading(folder, notebooks), self.warm)

    def grading(self, folder: str, notebooks: list[str]) -> Work[Result]:
        """Grade one submission, whoever runs its cells.

        Args:
            folder: ``submitted/<student>/<assignment>``.
            notebooks: the notebooks in it to grade.

        Raises:
            GradebookLost: nothing was changed; the same call goes on.
        """
        assignment, student = self._names(folder)
        result = Result(student, assignment)
        if refused := names.why_refused(student):
            result.status, result.problems = "failed", [refused]
            return result
        start = time.perf_counter()
        try:
            with self._claim(folder):
                yield from self._grade_claimed(folder, notebooks, result)
        except Taken as taken:
            result.status = "skipped"
            result.problems.append(str(taken))
        result.seconds = time.perf_counter() - start
        return result

    def _claim(self, folder: str) -> contextlib.AbstractContextManager[None]:
        """A link is refused when it is graded; what it leads to is not its to claim."""
        try:
            check_place(Path(self.coursedir.root), Path(folder))
        except RefusedFile:
            return contextlib.nullcontext()
        return claimed(folder)

    def _grade_claimed(self, folder: str, notebooks: list[str], result: Result) -> Work[None]:
        assignment, student = result.assignment, result.student
        self.notebooks = notebooks
        try:
            self._remove_partial(assignment, student)
            self._check_handed_in(folder)
            if not self.init_destination(assignment, student):
                result.status = "skipped"
                if self._has_changed(folder, assignment, student):
                    problem = "changed since it was graded, without a later time; --force grades it"
                    result.problems.append(problem)
                return
            self.run_pre_convert_hook()
            with reached():
                yield from self._grade(notebooks, result)
            self.run_post_convert_hook()
        except Stopped:
            raise
        except Exception as error:
            self.log.error("There was an error processing assignment: %s", folder)
            self.log.error(traceback.format_exc())
            result.fail(error)
            self._forget(assignment, student, notebooks)
        finally:
            self._remove_partial(assignment, student)

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
        result = Result(student, assignment)
        graded = here(self._run(notebooks, result, lambda _: seeds), self.warm)
        return {r["nbgrader"]["notebook"]: r["grader"]["receipt"] for _, r in graded}

    def comparing(
        self, folder: str, notebooks: list[str]
    ) -> Work[tuple[Result, receipts.Receipt | None]]:
        """Run a submission as grading would, and write nothing.

        Args:
            folder: ``submitted/<student>/<assignment>``.
            notebooks: the notebooks in it.

        Returns:
            What became of it, and the receipt that grading would write; None when it fails.
        """
        assignment, student = self._names(folder)
        result = Result(student, assignment, status="compared")
        try:
            self._check_handed_in(folder)
            before = digest(Path(folder))
            with reached():
                seeds = _seeds(assignment, student, before)
                graded = yield from self._run(notebooks, result, seeds)
        except Stopped:
            raise
        except Exception as error:
            result.fail(error)
            return result, None
        return result, self._receipt(result, graded, before)

    def _grade(self, notebooks: list[str], result: Result) -> Work[None]:
        assignment, student = result.assignment, result.student
        before = digest(Path(self._format_source(assignment, student)))
        graded = yield from self._run(notebooks, result, _seeds(assignment, student, before))
        self.notebooks = notebooks  # for nbgrader's steps; meanwhile it was another's turn
        with self._open_gradebook() as gradebook, shared(gradebook) as opened:
            with transaction(gradebook), self._building(assignment, student):
                self.init_assignment(assignment, student)
                for notebook, resources in graded:
                    self._store(opened, notebook, resources)
                ask_again(opened, assignment, student, self._format_source(assignment, student))
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

    def _check_handed_in(self, folder: str) -> None:
        """Refuse a folder that is too much, leads elsewhere, or says a time that is none."""
        check_place(Path(self.coursedir.root), Path(folder))
        check_bounds(Path(folder))
        timestamps.read(Path(folder))

    def _has_changed(self, folder: str, assignment: str, student: str) -> bool:
        receipt = receipts.read(self._receipt_path(assignment, student))
        return receipt is not None and receipt["digest"] != digest(Path(folder))

    def _run(self, notebooks: list[str], result: Result, seeds: Seeds) -> Work[list]:
        """Run the notebooks; the gradebook is closed meanwhile, and nothing is written yet."""
        assignment, student = result.assignment, result.student
        if assignment in current().lectures:
            if self.runs_here and Execute(parent=self).enabled:  # it starts while they are read
                self.warm.ready(frozenset({assignment}), self._times(), not self.allow_unisolated)
            lay_out(assignment)
        with self._open_gradebook() as gradebook, shared(gradebook) as opened:
            self._check_known(opened, assignment, student)
            files = self._files(assignment, student)
            known = self._known_notebooks(opened, assignment, notebooks)
            read = [self._read(name, opened) for name in known]
        graded = []
        for notebook, resources, outputs in read:
            if Execute(parent=self).enabled:
                yield from self._execute(notebook, outputs, files, resources, result, seeds)
            notebook.metadata.pop("widgets", None)  # a browser would run what it names
            graded.append((notebook, resources))
        return graded

    def _names(self, folder: str) -> tuple[str, str]:
        pattern = self._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
        match = re.fullmatch(pattern, folder, re.DOTALL)
        if match is None:
            raise NbGraderException(f"Could not match '{folder}' with regexp '{pattern}'")
        return match["assignment_id"], match["student_id"]

    def _read(
        self, path: str, gradebook: SharedGradebook
    ) -> tuple[NotebookNode, dict[str, Any], dict[str, list]]:
        """A sanitized notebook, its resources, and its outputs as handed in, by cell id."""
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
        return notebook, resources, outputs

    def _execute(
        self,
        notebook: NotebookNode,
        outputs: dict[str, list],
        files: dict[str, bytes],
        resources: dict[str, Any],
        result: Result,
        seeds: Seeds,
    ) -> Work[None]:
        where = resources["nbgrader"]
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        demos = {} if self.all_cells else self._demos(where["assignment"], where["notebook"])
        steps = [submitted.step(cell, demos) for cell in code]
        checks = [step.check for step in steps if step.check]
        own = {where["assignment"]}.intersection(current().lectures)
        run = yield Task(
            lectures=frozenset({*map(lecture_of, checks), *own}),
            steps=steps,
            shown=[
                outputs.get(cell.get("id"), []) if step.skip else []
                for cell, step in zip(code, steps, strict=True)
            ],
            seeds=seeds(checks),
            files=files,
            times=self._times(),
            isolated=not self.allow_unisolated,
        )
        self._put_in(run, code, steps, resources, result)

    def _put_in(
        self,
        run: Run,
        code: list[NotebookNode],
        steps: list[Step],
        resources: dict[str, Any],
        result: Result,
    ) -> None:
        """What came of running the cells, into the cells, the resources and the result."""
        scored = iter(run.receipt)
        in_process = []
        for cell, step, outcome in zip(code, steps, run.outcomes, strict=True):
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if step.skip:
                cell.metadata["grader"] = {"not_rerun": True}
            elif step.check:
                cell.metadata["grader"] = {"judged": True}
                resources["grader"]["scores"][grade_id] = next(scored)["score"]
            elif utils.is_grade(cell) and not utils.is_solution(cell):
                in_process.append({"cell": grade_id, "judged": "in-process"})
            cell.outputs = [nbformat.from_dict(output) for output in outcome.outputs]
            cell.execution_count = outcome.count
            if outcome.problem:
                result.problems.append(f"{grade_id or 'a cell'}: {outcome.problem}")
        resources["grader"]["receipt"] = run.receipt + in_process
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
        where = resources["nbgrader"]
        missing = zero_missing(gradebook, notebook, where)
        for name in missing:
            self.log.warning("Cell '%s' is missing from %s: it earns 0", name, where["student"])
        notebook, resources = self._through(steps, notebook, resources)
        folder = Path(self._format_dest(where["assignment"], where["student"]))
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in resources["grader"].get("files", {}).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        submitted.write(notebook, folder / f"{where['notebook']}.ipynb")

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

    def _times(self) -> Times:
        timeout = Execute(parent=self).timeout
        return Times(
            cell=timeout if timeout and timeout > 0 else self.submission_timeout,
            case=self.case_timeout,
            submission=self.submission_timeout,
        )

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
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry as error:
            mend = f"`nbgrader generate_assignment {assignment}` enters it in the gradebook"
            raise MissingEntry(f"{error}; {mend}") from None

    def _known_notebooks(
        self, gradebook: SharedGradebook, assignment: str, notebooks: list[str]
    ) -> list[str]:
        known = []
        for path in notebooks:
            try:
                gradebook.find_notebook(Path(path).stem, assignment)
                known.append(path)
            except MissingEntry:
                continue
        return known

    def _forget(self, assignment: str, student: str, notebooks: list[str]) -> None:
        """A submission that failed keeps neither files nor scores of an earlier grading."""
        final = self._format_dest(assignment, student)
        if self.coursedir.notebook_id == "*":
            if os.path.exists(final):
                utils.rmtree(final)
        else:  # like nbgrader, leave the folder to the notebooks that were not asked for
            os.makedirs(final, exist_ok=True)
            for path in notebooks:
                Path(final, os.path.basename(path)).unlink(missing_ok=True)
        self._receipt_path(assignment, student).unlink(missing_ok=True)
        try:
            with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
                forget_scores(gradebook, assignment, student)
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
        path = self._receipt_path(receipt["assignment"], receipt["student"])
        if any(receipt["notebooks"].values()):
            receipts.write(path, receipt)
        else:
            path.unlink(missing_ok=True)


def _seeds(assignment: str, student: str, submission: str) -> Seeds:
    """The seeds of the hidden cases: others for each submission, by its digest.

    A function can note its arguments for a later cell to print. On the page of one submission they
    tell nothing that helps the next one.
    """
    key = secret.load()
    return lambda ids: {id: case_seed(key, assignment, student, submission, id) for id in ids}
