"""The lecture on learning rates says nothing that its own code does not show, over its seeds."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from tests.lectures.claims import ROOT, measure, prose, rounds_to, script_of
from utils.noise import expected_loss, noisy_step, optimal_rates
from utils.schedules import linear_decay

LECTURE = "08_learning_rates"


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    names = (
        "first_acc excess best_constant constant_rates greedy_gap mean_gap exact sampled optimal "
        "against_best plain_1_over_t uncapped uncapped_gain printed_rates draft_run mended_run "
        "line_table races race_best race_peak race_acc race_peaks shape_names picked long_after "
        "blow_ups advice best_trial trial plateau_runs plateau_line warm_acc sharp_way free tuned "
        "scaled_loss met predicted_limit"
    )
    return measure(LECTURE, names, tmp_path_factory.mktemp(LECTURE))


def at(table, *key):
    """An entry of a table whose keys were tuples."""
    return np.array(table[str(key)])


def final(cut, lr=0.2, factor=0.1):
    """Exact final loss of 100 steps from 10, cut once."""
    rates = np.where(np.arange(100) < cut, lr, lr * factor)
    return expected_loss(rates, np.ones(1), start=10.0, noise=1.0)


def slide(k):
    return (1 - k / 100) * 0.1 + k / 100 * 0.001


def after_the_slide(steps):
    m = 100.0
    for k in range(steps):
        m = noisy_step(m, slide(k))
    return m


# What a sentence of the lecture (or the reason given with a question) states, the number in it, and
# the number computed here.
EXACT = [
    ("0.053, about half of the rate", "0.053", lambda: 0.1 / 1.9),
    ("early costs 121 times the loss", "121", lambda: final(0) / final(21)),
    ("late 1.6 times", "1.6", lambda: final(50) / final(21)),
    ("the mean of the square is 0.27", "0.27", lambda: after_the_slide(150)),
    ("At step 200 it is 335", "335", lambda: after_the_slide(200)),
]


@pytest.mark.parametrize("words, number, compute", EXACT, ids=[words for words, *_ in EXACT])
def test_numbers_in_the_prose(words, number, compute):
    assert words.lower() in prose(LECTURE).lower()
    assert rounds_to(compute(), number)


def test_the_best_cut_is_where_the_widget_says():
    assert min(range(101), key=final) == 21
    assert min(range(101), key=lambda cut: final(cut, lr=0.1)) == 47


def test_the_slide_goes_negative_and_the_clip_mends_it():
    assert slide(102) == pytest.approx(-0.00098)
    assert slide(150) == pytest.approx(-0.0485)
    assert 1e14 < after_the_slide(300) < 1e15, "14 digits before the point and more"
    m = 100.0
    for k in range(300):
        m = noisy_step(m, linear_decay(k, lr0=0.1, total=100, lr_end=0.001))
    assert m < 0.02
