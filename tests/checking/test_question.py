"""Predictions: letters and numbers."""

import pytest

from grader.checking.exercise import Choice, Number, Question
from grader.checking.questions import judge_question
from grader.checking.report import Verdict

LETTER = Question(
    "activations.one_sign",
    "Which signs?",
    choices=(
        Choice("any", "Look at the inputs."),
        Choice("one", right=True),
        Choice("none", "No."),
    ),
    why="Each is the same number times a positive input.",
)
NUMBER = Question(
    "activations.slope_at_0",
    "How steep?",
    number=Number(0.25, misreadings={0.5: "That is the value, not the slope."}),
    why="σ(1 - σ) at σ = 1/2.",
)


def test_a_right_letter_shows_the_reason():
    report = judge_question(LETTER, " B ")
    assert (report.verdict, report.score) == (Verdict.RIGHT, 1)
    assert report.note == LETTER.why


def test_a_wrong_letter_shows_its_own_misunderstanding_and_not_the_answer():
    report = judge_question(LETTER, "a")
    assert (report.verdict, report.score) == (Verdict.WRONG_VALUE, 0)
    assert report.note == "Look at the inputs."
    assert "one" not in report.as_text().replace("one_sign", "")


@pytest.mark.parametrize("answer", [0.25, 0.2501, 1 / 4])
def test_a_number_within_tolerance_is_right(answer):
    assert judge_question(NUMBER, answer).right


@pytest.mark.parametrize(
    "answer, says",
    [(0.22, "more digits"), (22e-2, "more digits"), (0.23, "too large"), (0.2, "too small")],
)
def test_a_number_that_is_right_as_far_as_it_goes_needs_more_digits(answer, says):
    question = Question("tiny.root", "The square root of 0.05?", points=1, number=Number(0.2236))
    assert says in judge_question(question, answer).summary
    assert judge_question(question, answer).score == 0


@pytest.mark.parametrize("answer", [float("inf"), -(10**400), 10**400, 0, 1e-320], ids=range(5))
def test_a_number_of_any_size_is_judged(answer):
    assert not judge_question(NUMBER, answer).right


def test_a_wrong_number_gets_the_direction_not_the_answer():
    assert "too large" in judge_question(NUMBER, 3).summary
    assert "too small" in judge_question(NUMBER, -3).summary
    assert "0.25" not in judge_question(NUMBER, 3).as_text()


def test_a_known_misreading_is_named():
    assert judge_question(NUMBER, 0.5).note == "That is the value, not the slope."


@pytest.mark.parametrize("answer", [None, ...])
def test_no_answer_yet(answer):
    assert judge_question(NUMBER, answer).verdict is Verdict.NOT_IMPLEMENTED
    assert judge_question(LETTER, answer).verdict is Verdict.NOT_IMPLEMENTED


@pytest.mark.parametrize("answer", ["z", 3, True, [1], float("nan")])
def test_an_answer_of_the_wrong_kind_earns_nothing(answer):
    assert judge_question(LETTER, answer).score == 0
    assert judge_question(NUMBER, answer if answer != 3 else "b").score == 0


def test_a_question_has_one_right_choice():
    with pytest.raises(ValueError, match="exactly one choice"):
        Question("a.b", "?", choices=(Choice("x"), Choice("y")))
