"""Runs the cells of one submission in a shut-in process and judges its checks from outside.

What the submission's process sends is a claim: it is checked for form and size, and compared.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.checking.definitions import find
from grader.checking.exercise import Case, Exercise, Question
from grader.checking.judge import expected, judge, missing
from grader.checking.notebook import absent
from grader.checking.probe import Observation, Raised, observe, summarised
from grader.checking.questions import answer_said, judge_question
from grader.checking.recognise import Answers
from grader.checking.report import Report, Verdict
from grader.checking.trail import Trail
from grader.engine import digests, wire
from grader.engine.engine import Engine, Session
from grader.engine.files import may_be_kept

# A check that took longer is not asked again, for the class report, what it answers on other cases.
_SHARED_SECONDS = 2.0
# What a page shows of one submission: characters of all its cells, outputs of one cell.
MAX_SHOWN = 16 << 20
MAX_OUTPUTS = 1000
_LARGEST_USED = 1e9  # seconds or MB
_CUT = {"output_type": "stream", "name": "stderr", "text": "[the rest of the output was cut off]\n"}


@dataclass(frozen=True)
class Step:
    """One code cell of a submission.

    Args:
        source: what to run.
        check: the id that a check cell judges; such a cell is not run.
        skip: True for a demo that is as the course made it; it is not run either.
    """

    source: str
    check: str | None = None
    skip: bool = False


@dataclass
class Outcome:
    """What became of one step.

    Args:
        outputs: in the notebook format; a claim, except for a check.
        count: the execution count, None where nothing was run.
        report: the report of a check.
        problem: what went wrong with running the cell itself, "timed out", "died".
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    count: int | None = None
    report: Report | None = None
    problem: str = ""


@dataclass
class Run:
    """Everything that came of one submission.

    Args:
        outcomes: one per step.
        files: what its cells wrote, by relative name.
        receipt: one entry per check: verdict and score; for an exercise the seed of its cases and
            digests of inputs and outputs.
        cpu_seconds, memory_mb: what its processes used, as they claim.
        tier: the sandbox tier.
    """

    outcomes: list[Outcome]
    files: dict[str, bytes]
    receipt: list[dict[str, Any]]
    cpu_seconds: float
    memory_mb: float
    tier: int


def run(
    engine: Engine,
    steps: Iterable[Step],
    *,
    seed: Callable[[str], int],
    files: dict[str, bytes] | None = None,
    show: bool = False,
) -> Run:
    """Run the cells of a submission and judge its checks.

    Where its process died, everything is run once more and that counts: it may have been the
    machine, out of memory, that ended it and not the submission. One that has used half of its
    time has no second try.

    Args:
        engine: the warm worker.
        steps: its code cells in order.
        seed: gives the seed of an exercise's cases from its id.
        files: what came with the submission, by relative name.
        show: whether reports may show inputs and expected values.
    """
    steps, start = list(steps), time.monotonic()
    running = _Running(engine, seed, files or {}, show)
    found = running.all(steps)
    if running.died and time.monotonic() - start < engine.times.submission / 2:
        found = _Running(engine, seed, files or {}, show).all(steps)
    return found


class _Running:
    """One submission on its way through the engine."""

    def __init__(
        self, engine: Engine, seed: Callable[[str], int], files: dict[str, bytes], show: bool
    ):
        self._engine = engine
        self._times = engine.times
        self._seed = seed
        self._files = files
        self._show = show
        self._trail = Trail()
        self._ran: list[tuple[int, str]] = []
        self._session: Session | None = None
        self._deadline = time.monotonic() + engine.times.submission
        self._failed: set[str] = set()
        self._receipt: list[dict[str, Any]] = []
        self._count = 0
        self._shown = 0
        self.died = False

    def all(self, steps: list[Step]) -> Run:
        outcomes = []
        try:
            outcomes = [self._step(step) for step in steps]
            files, used = self._collect()
        finally:
            if self._session:
                self._session.kill()
        return Run(
            outcomes=outcomes,
            files=files,
            receipt=self._receipt,
            cpu_seconds=_float(used.get("cpu")),
            memory_mb=_float(used.get("memory_mb")),
            tier=self._engine.tier,
        )

    def _step(self, step: Step) -> Outcome:
        if step.skip or (not step.check and not step.source.strip()):
            return Outcome()
        self._count += 1
        count = self._count
        if step.check:
            report = self._check(step.check)
            return Outcome([_report_output(report, count)], count, report)
        if self._out_of_time():
            return Outcome(
                [_error("TimeoutError", "the submission's time was used up")],
                count,
                problem="not reached",
            )
        return self._run(step.source, count)

    def _run(self, source: str, count: int) -> Outcome:
        try:
            answer, _ = self._ask({"do": "run", "source": source, "count": count}, self._times.cell)
        except wire.TimedOut:
            text = f"the cell did not end within {self._times.cell:g} s"
            return self._lost(source, count, "timed out", "CellTimeoutError", text)
        except wire.WireError as error:
            self._note(error)
            return self._lost(source, count, "died", "DeadKernelError", _death(error))
        self._ran.append((count, source))
        error = answer.get("error")
        error = None if error is None else wire.storable(error)
        self._trail.note(source, error)
        outputs = self._bounded(valid_outputs(answer.get("outputs"), count))
        if error is not None and not any(o["output_type"] == "error" for o in outputs):
            outputs.append(_error(*_split(error)))  # it stays an error, shown or not
        return Outcome(outputs, count)

    def _bounded(self, outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The outputs up to what a page shows, of a cell and of all cells together."""
        kept = []
        for output in outputs[:MAX_OUTPUTS]:
            self._shown += len(json.dumps(output, ensure_ascii=False))
            if self._shown > MAX_SHOWN:
                break
            kept.append(output)
        return kept if len(kept) == len(outputs) else [*kept, _CUT]

    def _lost(self, source: str, count: int, problem: str, kind: str, text: str) -> Outcome:
        self._drop()
        self._trail.note(source, f"{kind}: {text}")
        return Outcome([_error(kind, text)], count, problem=problem)

    def _check(self, id: str) -> Report:
        definition = find(id)
        entry: dict[str, Any] = {"id": id, "check": digests.of_check(id)}
        if self._out_of_time():
            report = _not_reached(definition)
        else:
            try:
                if isinstance(definition, Question):
                    report = self._question(definition, entry)
                else:
                    report = self._exercise(definition, entry)
            except wire.WireError as error:
                self._note(error)
                self._drop()
                reason = f"The notebook's process ended at this check: {_death(error)}"
                report = missing(definition, reason)
        if not report.right:
            self._failed.add(id)
        entry |= {"verdict": str(report.verdict), "score": report.score, "points": report.points}
        self._receipt.append(entry)
        return report

    def _question(self, question: Question, entry: dict[str, Any]) -> Report:
        answer, blob = self._ask({"do": "value", "name": question.name}, self._times.case)
        if "missing" in answer:
            return absent(question, self._trail.error(question.name))
        value = wire.unpack(answer.get("value"), blob)
        entry["answer"] = answer_said(question, value)
        return judge_question(question, value)

    def _exercise(self, exercise: Exercise, entry: dict[str, Any]) -> Report:
        error = self._trail.error(exercise.name)
        if error:
            return absent(exercise, error)
        seed = self._seed(exercise.id)
        cases = exercise.draw(np.random.default_rng(seed))
        start = time.monotonic()
        got, calls = self._observations(exercise, cases)
        seconds = time.monotonic() - start
        if not got:
            return absent(exercise, None)
        want = [expected(exercise, case) for case in cases[: len(got)]]
        answers = Answers(lambda known, i: observe(known.function, cases[i], exercise.driver))
        entry |= {
            "seed": seed,
            "inputs": digests.of_values((case.args, case.kwargs) for case in cases),
            "outputs": digests.of_values(o.output for o in got),
        }
        report = judge(
            exercise,
            cases,
            got,
            want,
            answers,
            show=self._show,
            failed_parents=[p for p in self._failed_parents(exercise) if find(p).name in calls],
        )
        if report.diagnosis:
            entry["diagnosis"] = report.diagnosis.name
        elif exercise.levels or report.right or got[-1].last:
            pass  # no one wrong answer to share
        elif seconds < _SHARED_SECONDS:
            entry["alike"] = self._alike(exercise)
        return report

    def _alike(self, exercise: Exercise) -> str | None:
        """What a function without a known mistake does on the cases that the whole class shares.

        Hidden cases differ from student to student, and so do wrong answers to them.
        """
        try:
            got, _ = self._observations(exercise, digests.shared_cases(exercise))
        except wire.WireError:
            self._drop()
            return None
        return digests.of_answers(got) if got else None

    def _failed_parents(self, exercise: Exercise) -> list[str]:
        return [parent for parent in exercise.parents if parent in self._failed]

    def _observations(
        self, exercise: Exercise, cases: Sequence[Case]
    ) -> tuple[list[Observation], list[str]]:
        """What the student's function does on the cases, up to the last that tells something.

        Empty when there is no such function. Besides, the names of failed exercises it calls.
        """
        packer = wire.Packer()
        seconds = max(self._times.case, exercise.seconds or 0)
        request = {
            "do": "probe",
            "name": exercise.name,
            "parents": [find(parent).name for parent in self._failed_parents(exercise)],
            "driver": f"{exercise.driver.__module__}:{exercise.driver.__qualname__}",
            "cases": [
                {"kind": case.kind, "arguments": packer.pack((case.args, case.kwargs))}
                for case in cases
            ],
            "seconds": seconds,
        }
        session = self._opened()
        session.tell(request, self._at_most(seconds), packer.blob)
        got: list[Observation] = []
        calls: list[str] | None = None
        while len(got) < len(cases) and not (got and got[-1].last):
            try:
                answer, blob = session.hear(self._at_most(seconds + 2))
            except wire.TimedOut:
                self._drop()
                error = Raised("TimeoutError", f"no answer within {seconds:g} s")
                return [*got, Observation(raised=error)], calls or []
            if "missing" in answer:
                return [], []
            if calls is None:  # it comes first, and once
                claimed = answer.get("calls")
                calls = claimed if isinstance(claimed, list) else []
                continue
            claim = wire.unpack_observation(answer.get("observation"), blob)
            got.append(summarised(claim, exercise.driver))
        return got, calls or []

    def _ask(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], bytes]:
        return self._opened().ask(request, self._at_most(seconds))

    def _at_most(self, seconds: float) -> float:
        return min(seconds, max(self._deadline - time.monotonic(), 0.1))

    def _opened(self) -> Session:
        if self._session is None:
            self._reopen()
        assert self._session is not None
        return self._session

    def _reopen(self) -> None:
        """A fresh process brought to where the last one was, without the cell that ended it."""
        self._session = self._engine.open()
        if self._files:
            packer = wire.Packer()
            files = {name: np.frombuffer(data, np.uint8) for name, data in self._files.items()}
            request = {"do": "files", "files": packer.pack(files)}
            self._session.ask(request, self._times.start, packer.blob)
        again, self._ran = self._ran, []
        for count, source in again:
            request = {"do": "run", "source": source, "count": count}
            self._session.ask(request, self._at_most(self._times.cell))
            self._ran.append((count, source))

    def _note(self, error: wire.WireError) -> None:
        self.died = self.died or isinstance(error, wire.Closed)

    def _drop(self) -> None:
        if self._session:
            self._session.kill()
        self._session = None

    def _collect(self) -> tuple[dict[str, bytes], dict[str, Any]]:
        if self._session is None:
            return {}, {}
        try:
            limit = self._engine.limits.scratch_mb << 20
            answer, blob = self._session.ask({"do": "collect", "bytes": limit}, self._times.cell)
            claimed = wire.unpack(answer.get("files"), blob)
        except wire.WireError as error:
            self._note(error)
            return {}, {}
        if not isinstance(claimed, dict):
            return {}, {}
        files = {
            name: data.tobytes()
            for name, data in claimed.items()
            if isinstance(data, np.ndarray) and may_be_kept(name)
        }
        return files, answer

    def _out_of_time(self) -> bool:
        return time.monotonic() > self._deadline


def case_seed(secret: bytes, *names: str) -> int:
    """The seed of an exercise's hidden cases for one submission.

    Args:
        secret: the course's secret.
        names: assignment, student, digest of the submission, and exercise id.
    """
    text = "\0".join(names).encode()
    return int.from_bytes(hmac.new(secret, text, hashlib.sha256).digest()[:8], "big")


def _report_output(report: Report, count: int) -> dict[str, Any]:
    return {
        "output_type": "execute_result",
        "execution_count": count,
        "data": report.as_mimebundle(),
        "metadata": {},
    }


def _error(kind: str, text: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": kind, "evalue": text, "traceback": [f"{kind}: {text}"]}


def _split(error: str) -> tuple[str, str]:
    kind, _, text = error.partition(": ")
    return kind, text


def _not_reached(definition: Exercise | Question) -> Report:
    return Report(
        id=definition.id,
        verdict=Verdict.TIMED_OUT,
        score=0,
        points=definition.points,
        summary="It was not reached: the time for the whole notebook was used up before.",
        hints=len(definition.hints),
    )


def _death(error: wire.WireError) -> str:
    if isinstance(error, wire.Closed):
        return "its process died (out of memory or time, or it ended itself)"
    return str(error)


def valid_outputs(claimed: Any, count: int | None) -> list[dict[str, Any]]:
    """Outputs of the notebook format; what is not of that form is left out.

    Args:
        claimed: a list of them, perhaps.
        count: the cell's execution count.
    """
    valid = []
    for output in claimed if isinstance(claimed, list) else []:
        if not isinstance(output, dict):
            continue
        kind = output.get("output_type")
        if kind == "stream" and output.get("name") in ("stdout", "stderr"):
            text = wire.storable(output.get("text", ""))
            valid.append({"output_type": "stream", "name": output["name"], "text": text})
        elif kind in ("display_data", "execute_result") and isinstance(output.get("data"), dict):
            kept = {"output_type": kind, "data": _valid_data(output["data"]), "metadata": {}}
            valid.append(kept | ({"execution_count": count} if kind == "execute_result" else {}))
        elif kind == "error" and isinstance(output.get("traceback"), list):
            text = {key: wire.storable(output.get(key, "")) for key in ("ename", "evalue")}
            lines = [wire.storable(line) for line in output["traceback"][:200]]
            valid.append({"output_type": "error", **text, "traceback": lines})
    return valid


def _valid_data(data: dict[str, Any]) -> dict[str, Any]:
    return {
        kind: wire.storable(value)
        for kind, value in data.items()
        if "/" in kind and isinstance(value, str)
    }


def _float(value: Any) -> float:
    """A claimed number that a receipt can hold; 0 in the place of any other."""
    fits = isinstance(value, int | float) and 0 <= value < _LARGEST_USED
    return float(value) if fits else 0.0
