"""What running a notebook needs and what comes of it, apart from nbgrader's files and gradebook.

A task holds all that a machine must know which has the course and nothing of the class.
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from grader.checking.definitions import lay_out
from grader.course import current
from grader.engine import submitted
from grader.engine.engine import Engine, EngineError, Times
from grader.engine.safe_html import Allowance, safe_outputs
from grader.engine.submission import Run, Step
from grader.engine.submission import run as run_cells


@dataclass(frozen=True)
class Task:
    """One notebook to run.

    Args:
        lectures: whose exercises are withheld from it.
        steps: its code cells in order.
        shown: for each step the outputs that it was handed in with; they count where it is not run.
        seeds: of the hidden cases, by exercise id.
        files: what came with the submission, by relative name.
        times: time limits.
        isolated: whether it may run in no other than a process that is shut in, tier 1 or 2.
    """

    lectures: frozenset[str]
    steps: list[Step]
    shown: list[list[dict[str, Any]]]
    seeds: dict[str, int]
    files: dict[str, bytes]
    times: Times
    isolated: bool


Answer = TypeVar("Answer")
# Work that asks for tasks to be run one after the other, wherever, and comes to an answer.
Work = Generator[Task, Run, Answer]


class Warm:
    """Runs tasks in an engine that stays warm from one to the next while they want the same."""

    def __init__(self) -> None:
        self.engine: Engine | None = None

    def run(self, task: Task) -> Run:
        """Run a task. Its outputs are what a page can show without danger; reports stay here.

        Raises:
            EngineError: submissions cannot be run here.
        """
        try:
            run = run_cells(
                self.ready(task.lectures, task.times, task.isolated),
                task.steps,
                seed=task.seeds.__getitem__,
                files=task.files,
            )
        except BaseException:
            self.close()  # whatever state the engine is in
            raise
        allowance = Allowance()
        for i, (step, outcome) in enumerate(zip(task.steps, run.outcomes, strict=True)):
            outputs = outcome.outputs
            if step.skip:
                outputs = submitted.as_submitted(task.shown[i], allowance)
            elif not step.check:
                outputs = safe_outputs(outputs, allowance)
            run.outcomes[i] = replace(outcome, outputs=outputs, report=None)
        return run

    def ready(self, lectures: frozenset[str], times: Times, isolated: bool) -> Engine:
        """The engine for such tasks. A new one goes on starting while other things are done.

        Args:
            lectures, times, isolated: see :class:`Task`.

        Raises:
            EngineError: submissions cannot be shut in here.
        """
        if self.engine and (set(self.engine.lectures), self.engine.times) == (lectures, times):
            return self.engine
        self.close()
        engine = Engine(*sorted(lectures), times=times)
        if engine.tier == 3 and isolated:
            raise EngineError(
                "submissions cannot be shut in on this machine (`python -m grader doctor` says "
                "why). Grade elsewhere, or accept it with --allow-unisolated"
            )
        self.engine = engine.__enter__()
        for lecture in lectures.intersection(current().lectures):
            lay_out(lecture)
        return self.engine

    def close(self) -> None:
        """End the warm worker."""
        if self.engine is not None:
            self.engine.__exit__()
            self.engine = None


def here(work: Work[Answer], warm: Warm) -> Answer:
    """Do work with all of its tasks run by this process.

    Args:
        work: what asks for tasks.
        warm: what runs them.
    """
    try:
        task = next(work)
        while True:
            try:
                run = warm.run(task)
            except Exception as error:
                task = work.throw(error)
            else:
                task = work.send(run)
    except StopIteration as end:
        return end.value
    finally:
        work.close()
