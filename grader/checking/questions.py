"""Decides about the answer to a question: a letter or a number."""

import math
import sys
from decimal import Decimal
from typing import Any

import numpy as np

from grader.checking.exercise import Question
from grader.checking.report import Report, Verdict
from grader.checking.values import describe, number


def judge_question(question: Question, answer: Any, *, show: bool = True) -> Report:
    """The report on the answer to a question: a letter or a number.

    Args:
        question: its definition.
        answer: what the student wrote.
        show: whether the reason may be shown after a right answer.
    """
    common: dict[str, Any] = dict(id=question.id, points=question.points, hints=len(question.hints))
    verdict, summary, note = (
        _judge_number(question, answer) if question.number else _judge_choice(question, answer)
    )
    right = verdict is Verdict.RIGHT
    return Report(
        verdict=verdict,
        score=question.points if right else 0,
        summary=summary,
        note=question.why if right and show else note,
        **common,
    )


def answer_said(question: Question, answer: Any) -> str | float | None:
    """What an answer says: one of the question's letters, or a number; None where it is neither.

    Args:
        question: its definition.
        answer: what the student wrote.
    """
    if question.number is None:
        letter = answer.strip().lower() if isinstance(answer, str) else None
        return letter if letter in question.lettered else None
    answer = _scalar(answer)
    if isinstance(answer, bool) or not isinstance(answer, int | float) or answer != answer:
        return None
    if abs(answer) > sys.float_info.max:
        return math.inf if answer > 0 else -math.inf
    return answer


def _scalar(answer: Any) -> Any:
    return answer.item() if isinstance(answer, np.ndarray) and answer.ndim == 0 else answer


def _judge_choice(question: Question, answer: Any) -> tuple[Verdict, str, str]:
    letters = question.lettered
    if answer is None or answer is ...:
        return Verdict.NOT_IMPLEMENTED, f"Set `{question.name}` to one of {_or(letters)}.", ""
    letter = answer_said(question, answer)
    if not isinstance(letter, str):
        return (
            Verdict.WRONG_TYPE,
            f"`{question.name}` is {describe(answer)}, expected one of {_or(letters)}.",
            "",
        )
    if letters[letter].right:
        return Verdict.RIGHT, f"Yes, {letter}: {letters[letter].text}", ""
    return Verdict.WRONG_VALUE, f"Not {letter}: {letters[letter].text}", letters[letter].why


def _judge_number(question: Question, answer: Any) -> tuple[Verdict, str, str]:
    wanted = question.number
    assert wanted is not None
    if answer is None or answer is ...:
        return Verdict.NOT_IMPLEMENTED, f"Set `{question.name}` to a number.", ""
    said = answer_said(question, answer)
    if said is None or isinstance(said, str):
        return (
            Verdict.WRONG_TYPE,
            f"`{question.name}` is {describe(_scalar(answer))}, expected a number.",
            "",
        )
    answer = said
    if wanted.matches(answer):
        return Verdict.RIGHT, f"Yes, {number(wanted.value)}.", ""
    for misread, message in wanted.misreadings.items():
        if wanted.matches(answer, misread):
            return Verdict.WRONG_VALUE, f"Not {number(answer)}.", message
    if _is_rounded(answer, wanted.value):
        more = f"{number(answer)} is rounded too early: give more digits."
        return Verdict.WRONG_VALUE, more, ""
    way = "small" if answer < wanted.value else "large"
    return Verdict.WRONG_VALUE, f"{number(answer)} is too {way}.", ""


def _is_rounded(answer: float, value: float) -> bool:
    """Whether an answer of at least two digits is the value, correct in every digit it has."""
    _, digits, exponent = Decimal(repr(float(answer))).normalize().as_tuple()
    if not isinstance(exponent, int) or len(digits) < 2:
        return False
    return float(answer) == round(value, -exponent)


def _or(letters: Any) -> str:
    quoted = [f'"{letter}"' for letter in letters]
    return ", ".join(quoted[:-1]) + " or " + quoted[-1]
