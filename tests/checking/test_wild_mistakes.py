"""Wrong answers that others have written: none is accepted, none misnamed, most are named."""

import pytest

from grader.audit.draw import Draw
from grader.audit.measure import elsewhere
from grader.checking.definitions import exercises_of, find, lectures
from grader.checking.exercise import Exercise
from grader.checking.notebook import VISIBLE_SEED

# An exercise, a function that somebody wrote for it, the name it should get.
WRONG = [
    pytest.param(id, function, name, id=f"{id}-{name}-{function.__name__}")
    for lecture in lectures()
    for id, answers in elsewhere(lecture).items()
    for name, function in answers
]
named = []


@pytest.mark.parametrize("id, function, name", WRONG)
def test_a_wrong_answer_is_rejected_and_never_misnamed(id, function, name):
    exercise = find(id)
    assert isinstance(exercise, Exercise)
    draw = Draw(exercise, VISIBLE_SEED)
    assert draw.objection(function)
    given = draw.name(function)
    assert given in (name, None)
    named.append(given is not None)


def test_most_wrong_answers_are_named():
    assert len(named) == len(WRONG) >= 140
    assert sum(named) >= 0.85 * len(named)


@pytest.mark.parametrize("lecture", lectures())
def test_every_wrong_answer_belongs_to_an_exercise_of_its_lecture(lecture):
    assert {*elsewhere(lecture)} <= {exercise.id for exercise in exercises_of(lecture)}
