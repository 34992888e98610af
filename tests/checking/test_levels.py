"""Exercises with better and worse answers: what a threshold earns, and who knows the labels."""

import time
from dataclasses import replace

import numpy as np
import pytest

from grader.checking.exercise import Case, DefinitionError, Exercise, Level, Property
from grader.checking.notebook import check_function
from grader.checking.progress_page import Progress
from grader.checking.report import Verdict
from utils import activations

LEVELS = (Level("half of them", 0.5, 0.25), Level("nearly all", 0.9, 1.0))


def cases(rng):
    yield Case("a small one", (np.array([1.0, -1.0]),))
    x = rng.standard_normal(100)
    yield Case("a hundred", (x,), known=x > 0)


def share_right(cases, outputs):
    return float(
        np.mean(
            [
                ((o[0] > 0) == c.known).mean()
                for c, o in zip(cases, outputs, strict=True)
                if c.known is not None
            ]
        )
    )


def is_finite(case, output):
    return None if np.isfinite(output[0]).all() else "some are not."


SIGNS = Exercise(
    "activations.relu_forward",
    points=8,
    returns=("out", "cache"),
    float32=False,
    properties=(Property("all are numbers", is_finite),),
    value=share_right,
    levels=LEVELS,
    make_cases=cases,
)


def first(n):
    """Right on the first n of a hundred, wrong on the others."""

    def relu_forward(x):
        sign = np.where(np.arange(len(x)) < n, 1.0, -1.0)
        return np.maximum(sign * x, 0), x.copy()

    return relu_forward


@pytest.mark.parametrize(
    ("n", "score", "verdict"),
    [(100, 8, Verdict.RIGHT), (60, 2, Verdict.PARTLY), (20, 0, Verdict.WRONG_VALUE)],
)
def test_a_threshold_earns_its_share(n, score, verdict):
    report = check_function(SIGNS, first(n))
    assert (report.score, report.verdict) == (score, verdict)


def test_the_report_says_what_was_reached_and_what_comes_next():
    said = check_function(SIGNS, first(60)).summary
    assert "reaches 0.6" in said
    assert "half of them" in said
    assert "nearly all, begins at 0.9" in said


def test_what_is_partly_there_looks_neither_right_nor_wrong():
    report = check_function(SIGNS, first(60))
    assert report.as_text().startswith("◐ activations.relu_forward: partly there (2 of 8 points)")
    assert "dtl-partly" in report.as_html()
    assert not report.right


def test_the_progress_page_shows_a_part_of_the_points(tmp_path):
    progress = Progress(tmp_path / "progress.jsonl")
    progress.record(check_function(SIGNS, first(60)))
    progress.record(check_function(SIGNS, first(20)))
    page = progress.page()
    assert "activations.relu_forward: partly there" in page._repr_html_()


def test_a_property_that_does_not_hold_earns_nothing():
    report = check_function(SIGNS, lambda x: (x * np.nan, x.copy()))
    assert report.score == 0


def test_ill_manners_cost_half_of_what_was_reached():
    def in_place(x):
        out = np.maximum(x, 0)
        x *= 1
        x += 1
        return out, out.copy()

    assert check_function(SIGNS, in_place).score == 4


def test_the_reference_is_not_asked_where_the_judge_knows():
    asked = []

    def driver(student, x):
        asked.append(len(x))
        return student(x)

    judged = replace(SIGNS, driver=driver)
    check_function(judged, first(100))
    assert asked.count(100) == 1


def test_an_exercise_sets_its_own_time_limit():
    def slow(x):
        time.sleep(0.3)
        return np.maximum(x, 0), x.copy()

    assert check_function(replace(SIGNS, seconds=0.1), slow).verdict is Verdict.TIMED_OUT
    assert check_function(replace(SIGNS, seconds=3.0), slow).verdict is Verdict.RIGHT


def test_what_the_judge_knows_is_not_among_the_arguments():
    seen = []

    def spying(x, *args, **kwargs):
        seen.append((args, kwargs))
        return activations.relu_forward(x)

    check_function(SIGNS, spying)
    assert all(not args and not kwargs for args, kwargs in seen)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"value": None}, "no value"),
        ({"levels": LEVELS[::-1]}, "rising"),
        ({"levels": LEVELS[:1]}, "the last one is 1"),
        ({"levels": (1, 2)}, "Level"),
    ],
)
def test_levels_that_cannot_work_are_refused(changed, said):
    with pytest.raises(DefinitionError, match=said):
        replace(SIGNS, **changed)
