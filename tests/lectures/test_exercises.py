"""Every exercise of the course: its reference passes, its misconceptions are rejected and named."""

import pytest

from grader.audit.draw import Draw
from grader.audit.styles import written
from grader.checking.definitions import UnknownExercise, all_definitions, find, lecture_of
from grader.checking.exercise import Exercise, Question
from grader.checking.notebook import VISIBLE_SEED, check_function
from grader.checking.questions import judge_question

EXERCISES = [d for d in all_definitions().values() if isinstance(d, Exercise)]
# Where a check is a whole training it takes seconds.
CHECKED = [pytest.param(e, id=e.id, marks=pytest.mark.slow if e.levels else ()) for e in EXERCISES]
QUESTIONS = [d for d in all_definitions().values() if isinstance(d, Question)]
SEEDS = (VISIBLE_SEED, 1, 2)


@pytest.mark.parametrize("exercise", CHECKED)
def test_the_reference_passes(exercise):
    for seed in SEEDS:
        report = check_function(exercise, exercise.reference, seed=seed)
        assert report.right, report.as_text()
        assert report.score == exercise.points


@pytest.mark.parametrize("exercise", CHECKED)
def test_right_functions_in_other_styles_pass(exercise):
    others = written(lecture_of(exercise.id))[exercise.id]
    assert len(others) >= 2
    for function in others:
        for seed in SEEDS:
            report = check_function(exercise, function, seed=seed)
            assert report.right, f"{function.__name__}: {report.as_text()}"


@pytest.mark.parametrize("exercise", CHECKED)
def test_its_misconceptions_are_rejected_and_named(exercise):
    named = Draw(exercise, VISIBLE_SEED).names()
    assert named == {m.name: m.name for m in exercise.misconceptions}


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_an_exercise_is_complete(exercise):
    assert len(exercise.hints) >= 2
    assert 1 <= exercise.minutes <= 15
    assert (exercise.reference.__doc__ or "").strip()
    for parent in exercise.parents:
        assert find(parent)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.id)
def test_a_question_accepts_its_answer_and_explains_the_others(question):
    assert judge_question(question, question.answer).right
    assert question.why
    for letter, choice in question.lettered.items():
        if not choice.right:
            assert choice.why
            assert judge_question(question, letter).note == choice.why
    if question.number:
        for wrong in question.number.misreadings:
            report = judge_question(question, wrong)
            assert not report.right
            assert report.note


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(UnknownExercise, match="did you mean"):
        find(next(iter(all_definitions())) + "x")
