"""Questions to recall: what was answered wrong once comes back, days later and ever more rarely."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from grader.checking.definitions import all_definitions
from grader.checking.exercise import Question
from grader.checking.page import Page, flow, inline
from grader.checking.values import number

DAYS = (1, 3, 7, 21)  # from one time to the next; the last one again and again
AT_ONCE = 3


def due(record: Mapping[str, Mapping[str, Any]], now: datetime) -> list[Question]:
    """The questions whose time has come, those that have waited longest first.

    Args:
        record: by id what the student's record knows: ``missed``, when the question was answered
            wrong or came back last, and ``recalled``, how often it has come back.
        now: with a time zone.
    """
    waiting = []
    for id, question in all_definitions().items():
        entry = record.get(id, {})
        if isinstance(question, Question) and "missed" in entry:
            wait = DAYS[min(entry["recalled"], len(DAYS) - 1)]
            when = entry["missed"] + timedelta(days=wait)
            if when <= now:
                waiting.append((when, id, question))
    return [question for *_, question in sorted(waiting, key=lambda entry: entry[:2])]


def page(questions: Sequence[Question], later: int) -> Page:
    """Questions, each with its answer folded behind it; in a terminal all answers stand below.

    Args:
        questions: which.
        later: how many more are due.
    """
    if not questions:
        return Page(
            "Nothing to recall today. A question that you answered wrong comes back here a day "
            "later, and again after three, seven and twenty-one days."
        )
    lead = "Answer each for yourself, then look." + (f" {later} more are due." if later else "")
    text, html = [lead], [f"<p>{lead}</p>"]
    for i, question in enumerate(questions, 1):
        choices = {letter: choice.text for letter, choice in question.lettered.items()}
        text += [
            f"{i}. {question.ask.strip()}",
            *(f"   {x}. {said}" for x, said in choices.items()),
        ]
        items = "".join(f"<li>{inline(said)}</li>" for said in choices.values())
        html.append(
            f"<p><b>{i}.</b> {flow(question.ask.strip())}</p><ol type='a'>{items}</ol>"
            f"<details><summary>The answer</summary><p>{inline(_answer(question))}</p>"
            f"<p>{flow(question.why)}</p></details>"
        )
    answers = "; ".join(f"{i}: {_answer(question)}" for i, question in enumerate(questions, 1))
    return Page("\n".join([*text, f"Answers: {answers}"]), "".join(html))


def _answer(question: Question) -> str:
    if question.number:
        return number(question.number.value)
    return f"{question.answer}: {question.lettered[str(question.answer)].text}"
