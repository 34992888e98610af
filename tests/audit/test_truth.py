"""What a check says of two mistakes at once is true, and the audit would notice if it were not."""

from dataclasses import replace

import pytest

from grader.audit.draw import Draw
from grader.audit.truth import untrue, untrue_of_two
from grader.checking.definitions import find
from grader.checking.exercise import Exercise
from grader.checking.notebook import VISIBLE_SEED
from grader.checking.report import Diagnosis


def test_no_sentence_about_two_mistakes_is_untrue():
    """The audit asks this of every exercise; here it is asked of one."""
    exercise = find("normalization.batchnorm_backward")
    assert isinstance(exercise, Exercise)
    assert untrue_of_two(Draw(exercise, VISIBLE_SEED)) == []


def said_of(function, name, message):
    """The untrue sentences of a message, if a check showed it about this function."""
    exercise = find("normalization.batchnorm_backward")
    assert isinstance(exercise, Exercise)
    draw = Draw(exercise, VISIBLE_SEED)
    got = draw.observed(function(exercise))
    report = replace(draw.judged(got), diagnosis=Diagnosis(name, message))
    return list(untrue(draw, got, report))


def means(exercise):
    """dx is right, the other two are not."""
    return exercise.misconceptions[[m.name for m in exercise.misconceptions].index(NAME)].function


def one_mean(exercise):
    """Only dbeta is wrong."""

    def function(dout, cache):
        dx, dgamma, dbeta = exercise.reference(dout, cache)
        return dx, dgamma, dbeta / len(dout)

    return function


NAME = "means for dgamma and dbeta"


@pytest.mark.parametrize(
    "function, message, reason",
    [
        (means, "dgamma is right. Is it?", "dgamma is not"),
        (means, "`dx` and `dbeta` are right.", "dbeta is not"),
        (one_mean, "dgamma and dbeta are too small.", "dgamma is right"),
        (means, "It is right in “training”.", "training is not"),
    ],
)
def test_an_untrue_sentence_is_found(function, message, reason):
    assert [said.rpartition("(")[2] for said in said_of(function, NAME, message)] == [f"{reason})"]


def test_true_sentences_and_questions_are_let_pass():
    assert said_of(means, NAME, "dx is right. dgamma and dbeta are too small. Is dx right?") == []
    assert said_of(one_mean, NAME, "`dgamma` is right. What is wrong: dbeta is too small.") == []


def test_of_two_mistakes_nothing_may_be_stated():
    both = f"{NAME} and sums instead of means"
    stated = "dgamma and dbeta are too small by the size of the batch."
    assert said_of(means, both, f"{NAME}. {stated} Why?") == [
        f"“{stated}” (of a function with two mistakes)"
    ]
