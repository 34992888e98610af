"""The mechanical part of what is asked of every message of the course."""

import re

import pytest

from grader.checking.definitions import all_definitions
from grader.checking.exercise import Exercise, Question

EXERCISES = [d for d in all_definitions().values() if isinstance(d, Exercise)]
QUESTIONS = [d for d in all_definitions().values() if isinstance(d, Question)]
MESSAGES = [
    pytest.param(m.message, id=f"{e.id}-{m.name}") for e in EXERCISES for m in e.misconceptions
]

# A formula in Python, not the name of an option or of a function that the student used.
CODE = re.compile(r"np\.[\w.]+\(|\*\*|axis=|keepdims=|lambda|\bdef |\[:|return \w+ [-+*/@]")


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_of_a_misconception_teaches(message):
    lines = message.splitlines()
    assert len(lines) <= 5
    assert all(len(line) <= 96 for line in lines)
    assert "?" in message, "it asks a question"
    assert not CODE.search(message)
    assert not re.search(r"\d\.\d{3}", message), "it shows no computed value"


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.id)
def test_every_wrong_answer_has_the_misunderstanding_it_stands_for(question):
    said = [choice.why for choice in question.choices if not choice.right]
    if question.number:
        said += question.number.misreadings.values()
        value = re.compile(rf"(?<![\d.^]){re.escape(f'{question.number.value:g}')}(?![\d.])")
        assert not any(value.search(text) for text in said), "it tells the answer"
    assert said, "an answer that is wrong in a known way is known"
    assert all(20 <= len(text) <= 450 for text in said)
