"""The audit finds what is planted, and nothing in a check that is as it should be."""

from dataclasses import replace

import numpy as np
import pytest

from grader.__main__ import main
from grader.audit import command, measure
from grader.audit.draw import Draw
from grader.audit.measure import Audit
from grader.audit.mutants import mutants
from grader.audit.odd import FIRST_AGAIN, dressed, odd_functions
from grader.audit.styles import styles, written
from grader.checking.definitions import all_definitions, exercises_of, find, lectures
from grader.checking.exercise import Case, Exercise, Level, Misconception
from grader.checking.notebook import VISIBLE_SEED
from grader.checking.report import Verdict
from grader.course import current


def all_signs(rng):
    yield Case("both signs", (np.append(rng.standard_normal((3, 2)), [[-1, 1.5]], axis=0),))
    yield Case("zeros", (np.array([-2.0, 0.0, 3.0]),))


def positive_only(rng):
    """A hole: what happens to negative numbers is never looked at."""
    yield Case("positive", (rng.uniform(1, 2, (3, 2)),))


def relu(cases, *misconceptions):
    return Exercise(
        "activations.relu_forward",
        make_cases=cases,
        returns=("out", "cache"),
        misconceptions=misconceptions,
    )


@pytest.fixture
def no_odd_ones(monkeypatch):
    """The odd functions have a test of their own."""
    monkeypatch.setattr(measure, "odd_functions", lambda: ())
    monkeypatch.setattr(measure, "dressed", lambda: ())


def measured(exercise: Exercise) -> Audit:
    return measure.audit(exercise, "02_activations", seeds=2)


@pytest.mark.usefixtures("no_odd_ones")
def test_a_sound_check_has_no_faults():
    found = measured(relu(all_signs))
    assert found.faults == []
    assert found.killed == found.mutants >= 10
    assert found.styles >= 10


@pytest.mark.usefixtures("no_odd_ones")
def test_a_hole_in_the_cases_is_reported():
    faults = measured(relu(positive_only)).faults
    assert any("accepted in 2 of 2 draws" in f and "0 becomes 1" in f for f in faults)


def graded(least):
    """An exercise with levels in place of one right answer."""

    def zeros_and_more(rng):
        yield Case("both signs", (np.array([-1.0, 1.5]),))
        yield Case("a hundred", (rng.standard_normal(100),), known=True)

    return replace(
        relu(zeros_and_more),
        float32=False,
        value=lambda cases, outputs: float(np.mean(outputs[1][0] >= 0)),
        levels=(Level("not negative", least, 1.0),),
    )


@pytest.mark.usefixtures("no_odd_ones")
def test_right_answers_reach_the_highest_level():
    found = measured(graded(1.0))
    assert (found.faults, found.mutants) == ([], 0)
    assert found.styles >= 2
    assert all("highest level" in fault for fault in measured(graded(1.1)).faults)
    assert len(measured(graded(1.1)).faults) == found.styles + 1


def test_a_function_without_arguments_may_give_its_first_answer_again(monkeypatch):
    names = []
    monkeypatch.setattr(measure, "_odd_faults", lambda _, one: names.append(one.name) or [])
    measure._audit_odd(find("recipe.my_recipe"), Audit("recipe.my_recipe", "15_recipe", 1))
    assert names and FIRST_AGAIN not in names


@pytest.mark.usefixtures("no_odd_ones")
def test_a_wrong_function_among_the_right_styles_is_reported(monkeypatch):
    def upside_down(x):
        return np.minimum(0, x), x

    monkeypatch.setattr(measure, "styles", lambda *_: [("upside down", upside_down)])
    faults = measured(relu(all_signs)).faults
    assert len(faults) == 1
    assert "right style rejected: upside down: both signs: wrong value" in faults[0]


@pytest.mark.usefixtures("no_odd_ones")
def test_a_misconception_that_is_right_or_taken_for_another_is_reported():
    def by_parts(x):
        return x * (x > 0), x

    def absolute(x):
        return np.abs(x), x

    faults = measured(
        relu(
            all_signs,
            Misconception("right after all", by_parts, "?"),
            Misconception("sign lost", absolute, "?"),
            Misconception("the same again", absolute, "?"),
        )
    ).faults
    assert f"seed {VISIBLE_SEED}: “right after all” is taken for None" in faults
    assert f"seed {VISIBLE_SEED}: “the same again” is taken for sign lost" in faults
    assert not any("“sign lost” is" in fault for fault in faults)


@pytest.mark.usefixtures("no_odd_ones")
def test_a_wrong_and_an_outdated_proof_are_reported(monkeypatch):
    wrong = mutants(find("activations.relu_forward").reference)[0]  # type: ignore[union-attr]
    proofs = {wrong.fingerprint: "", "0123456789ab": ""}
    monkeypatch.setattr(measure, "equivalent", lambda lecture, id: proofs)
    faults = measured(relu(all_signs)).faults
    assert any(f.startswith(f"called equal but rejected: {wrong.what}") for f in faults)
    assert "called equal, but there is no such mutant: 0123456789ab" in faults


def test_a_rejected_function_is_told_why():
    assert (
        Draw(relu(all_signs), 1).objection(lambda x: (x, x)).startswith("both signs: wrong value")
    )
    assert Draw(relu(all_signs), 1).objection(lambda x: (x.clip(0), x)) == ""


def test_the_command_takes_an_exercise_and_knows_what_it_does_not_know(capsys, monkeypatch):
    monkeypatch.setattr(command, "stale_rows", lambda _: [])
    assert main(["audit", "warmup.fahrenheit", "--seeds", "1", "--jobs", "1"]) == 0
    assert "1 exercises, 1 seeds, 0 faults" in capsys.readouterr().out
    assert main(["audit", "warmup.fahrenhei"]) == 2
    assert "did you mean warmup.fahrenheit" in capsys.readouterr().err


ODD = [odd for odd in (*odd_functions(), *dressed()) if odd.name != "sleeps"]


@pytest.mark.parametrize("odd", ODD, ids=lambda o: o.name)
def test_an_odd_function_gets_its_verdict(odd):
    assert Verdict.RIGHT not in odd.verdicts
    assert measure._odd_faults(relu(all_signs), odd) == []


def test_libraries_are_as_they_were_after_a_function_that_changed_it():
    before = np.abs, np.floor, np.allclose, all, zip
    for odd in ODD:
        if "NumPy" in odd.name:
            measure._odd_faults(relu(all_signs), odd)
    assert (np.abs, np.floor, np.allclose, all, zip) == before


def wide(x, *, eps=0.5, train=True):
    """A function with all that the operators look for."""
    if len(x) == 0:
        raise ValueError("empty")
    mean = x.mean(axis=0, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=0)
    scale = np.sqrt(var + eps)
    if train:
        scale = 1 - scale
    scale *= 2
    return (x - mean) / scale, scale


@pytest.mark.parametrize(
    "what",
    [
        "- becomes + in x - mean",
        "var + eps loses its right side",
        "(x - mean) ** 2 loses its right side",
        "1 - scale loses its left side",
        "np.sqrt(var + eps) is left out",
        "sum for x.mean(axis=0, keepdims=True)",
        "axis=1 in x.mean(axis=0, keepdims=True)",
        "keepdims is left out of x.mean(axis=0, keepdims=True)",
        "(x - mean) / scale with its sides swapped",
        "the statement is left out",
        "if train: is left out",
        "if train: always",
        "scale *= 2 one statement earlier",
        "eps is always 0.5",
        "mean = x.mean(axis=0, keepdims=True) writes into x",
        "the results change place",
        "only the first result is returned",
        "result 2 times two",
    ],
)
def test_the_operators_make_the_mistakes_that_are_known(what):
    assert any(what in mutant.what for mutant in mutants(wide))


def test_mutants_differ_from_each_other_and_leave_the_guard_alone():
    made = mutants(wide)
    assert len({m.fingerprint for m in made}) == len(made)
    for mutant in made:
        with pytest.raises(ValueError, match="empty"):
            mutant.function(np.zeros((0, 2)))


def test_every_right_style_belongs_to_an_exercise():
    for lecture in lectures():
        assert {*written(lecture)} <= {exercise.id for exercise in exercises_of(lecture)}
    names = [name for name, _ in styles(relu(all_signs), "02_activations")]
    assert names[:2] == ["relu_where", "relu_mask"]


COUNTS = command.COLUMNS.values()
ROW = {"id": "a.b", "lecture": "l", "seeds": 50, "faults": []} | dict.fromkeys(COUNTS, 3)


def test_the_page_shows_every_row_and_the_sum():
    text = command.page([ROW, ROW | {"id": "c.d", "faults": ["a hole"]}])
    assert f"| `a.b` | {' | '.join('3' for _ in COUNTS)} | 50 | 0 |" in text
    assert "- `c.d`: a hole" in text
    assert "2 exercises: 6 mutants" in text


def test_a_count_that_is_not_the_recorded_one_is_stale(tmp_path, monkeypatch):
    course = replace(current(), root=tmp_path)
    monkeypatch.setattr(command, "current", lambda: course)
    id = "activations.relu_forward"
    measured = Audit(id, "02_activations", 2, mutants=3, killed=3)
    assert command.stale_rows([measured]) == []  # a course need not keep the page
    command.write([measured])
    assert command.stale_rows([measured]) == []
    measured.mutants = 4
    assert command.stale_rows([measured]) == [id]


def test_the_published_audit_has_every_exercise_and_no_fault():
    rows = list(command._recorded().values())
    exercises = [d.id for d in all_definitions().values() if isinstance(d, Exercise)]
    assert [row["id"] for row in rows] == exercises
    assert [fault for row in rows for fault in row["faults"]] == []
    assert command.page(rows) == (current().root / "docs" / "audit.md").read_text(encoding="utf-8")
