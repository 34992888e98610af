"""What an author usually gets wrong, and the sentence that says so, with name and value."""

import shutil

import numpy as np
import pytest

from grader import Case, Choice, Exercise, Misconception, Number, Question, course
from grader.__main__ import main
from grader.authoring import trial
from grader.checking.fields import DefinitionError
from tests.authoring.numerics import COURSE

ID = "activations.relu_forward"
LECTURE = "02_activations"
RIGHT, WRONG = Choice("plus", right=True), Choice("minus")


def exercise(id=ID, cases=None, **fields):
    """An exercise with cases of its own."""
    made = Exercise(id, **fields)
    made.cases(cases or (lambda rng: [Case("ordinary", (rng.standard_normal((3, 2)),))]))
    return made


FIELDS = {
    "an id without a module": (
        lambda: Exercise("relu_forward"),
        "an id is 'relu_forward', expected MODULE.NAME",
    ),
    "a hint that is a text": (
        lambda: Exercise(ID, hints=("Look at the sign.")),
        f"{ID}: hints is a text, expected a tuple: ('Look at the sign.',)",
    ),
    "a hint that is a number": (
        lambda: Exercise(ID, hints=(1,)),
        f"{ID}: hints holds 1, expected a tuple of texts",
    ),
    "returns that is a text": (
        lambda: Exercise(ID, returns="out"),
        f"{ID}: returns is a text, expected a tuple: ('out',)",
    ),
    "no points": (lambda: Exercise(ID, points=0), f"{ID}: points is 0, expected a number above 0"),
    "points in words": (lambda: Exercise(ID, points="2"), f"{ID}: points is '2', expected"),
    "a misconception without its class": (
        lambda: Exercise(ID, misconceptions=(abs,)),
        f"{ID}: misconceptions holds <built-in function abs>, expected a tuple of Misconception",
    ),
    "no right choice": (
        lambda: Question("signs.one", "Which?", (WRONG, Choice("none"))),
        "signs.one: exactly one choice must be right=True, 0 are",
    ),
    "two right choices": (
        lambda: Question("signs.one", "Which?", (RIGHT, Choice("none", right=True))),
        "signs.one: exactly one choice must be right=True, 2 are",
    ),
    "one choice": (
        lambda: Question("signs.one", "Which?", (RIGHT,)),
        "signs.one has 1 choices, expected 2 to 8",
    ),
    "equal choices": (
        lambda: Question("signs.one", "Which?", (RIGHT, WRONG, WRONG)),
        "signs.one: two choices say 'minus'",
    ),
    "a choice that is a text": (
        lambda: Question("signs.one", "Which?", (RIGHT, "minus")),
        "signs.one: choices holds 'minus', expected a tuple of Choice(...)",
    ),
    "choices and a number": (
        lambda: Question("signs.one", "Which?", (RIGHT, WRONG), Number(1.0)),
        "signs.one: give either choices or a number",
    ),
    "neither choices nor a number": (
        lambda: Question("signs.one", "Which?"),
        "signs.one: give either choices or a number",
    ),
    "a number that is none": (
        lambda: Question("signs.one", "How many?", number=Number(float("nan"))),
        "signs.one: its number is nan, expected a finite one",
    ),
    "a misreading that is right": (
        lambda: Question("signs.one", "How many?", number=Number(100, misreadings={100.5: "No."})),
        "signs.one: the misreading 100.5 is within the tolerance of the right answer 100",
    ),
}


@pytest.mark.parametrize("make, said", FIELDS.values(), ids=FIELDS)
def test_a_field_that_cannot_be_is_refused_where_it_is_written(make, said):
    with pytest.raises(DefinitionError) as caught:
        make()
    assert said in str(caught.value)


def test_a_misconception_needs_a_name_of_its_own_and_something_to_say():
    made = Exercise(ID)
    with pytest.raises(DefinitionError, match="the misconception 'silent' says nothing"):
        made.misconception("silent")(lambda x: x)
    made.misconception("loud", "What is it?")(lambda x: x)
    with pytest.raises(DefinitionError, match=f"{ID}: two misconceptions are called 'loud'"):
        made.misconception("loud", "What is it?")(lambda x: -x)


def no_cases():
    return Exercise(ID)


def drawn_from_nowhere(rng):
    yield Case("ordinary", (np.random.default_rng().standard_normal(3),))


def called_otherwise(x, slope):
    return x, slope


def relu(x):
    out = np.maximum(x, 0)
    return out, x


def misconceived(function):
    return exercise(misconceptions=(Misconception("nearly", function, "What is it?"),))


TRIED = {
    "no cases": (no_cases, f"{ID} has no cases: expected a function that yields them"),
    "cases that yield nothing": (
        lambda: exercise(cases=lambda rng: ()),
        f"{ID}: the function of its cases yields none, expected one at least",
    ),
    "cases that are not yielded": (
        lambda: exercise(cases=lambda rng: None),
        f"{ID}: the function of its cases gives None, expected `yield Case(...)`",
    ),
    "cases without Case": (
        lambda: exercise(cases=lambda rng: [np.float64(1)]),
        f"{ID}: cases holds np.float64(1.0), expected a tuple of Case(...)",
    ),
    "a case with a function": (
        lambda: exercise(cases=lambda rng: [Case("a call", (abs,))]),
        "the case 'a call' holds an object of type builtin_function_or_method, expected numbers",
    ),
    "a case with a generator": (
        lambda: exercise(cases=lambda rng: [Case("draws", (rng,))]),
        "the case 'draws' holds a generator, expected Rng(seed)",
    ),
    "cases from another generator": (
        lambda: exercise(cases=drawn_from_nowhere),
        f"{ID}: the same seed draws other cases the second time",
    ),
    "a function that is not there": (
        lambda: exercise("activations.relu_forwards"),
        "utils.activations defines no function relu_forwards; did you mean relu_forward?",
    ),
    "a module that is not there": (
        lambda: exercise("activation.relu_forward"),
        "activation.relu_forward: there is no module utils.activation, which should define it",
    ),
    "a driver among the definitions": (
        lambda: exercise(driver=lambda student, x: student(x)),
        "stands in tests.authoring.test_mistakes, expected a function of lectures/drivers.py",
    ),
    "a parent that is not there": (
        lambda: exercise(parents=("activations.relu",)),
        f"{ID}: its parent 'activations.relu' is no exercise of the course",
    ),
    "a reference that cannot be called so": (
        lambda: exercise(cases=lambda rng: [Case("two arguments", (1.0, 2.0))]),
        f"{ID}: the reference raises ",
    ),
    "a misconception that is right": (
        lambda: misconceived(relu),
        f"{ID}: the misconception 'nearly' answers like the reference in all 4 cases",
    ),
    "a misconception that is called otherwise": (
        lambda: misconceived(called_otherwise),
        f"{ID}: the misconception 'nearly' raises TypeError: called_otherwise() missing 1",
    ),
}


@pytest.mark.parametrize("make, said", TRIED.values(), ids=TRIED)
def test_a_definition_that_cannot_work_is_found_by_the_build(make, said):
    found = list(trial.problems(LECTURE, [make()]))
    assert any(said in problem for problem in found), found
    assert all("\n" not in problem for problem in found)


def test_definitions_that_work_are_left_alone():
    assert (
        list(trial.problems(LECTURE, [exercise(), Question("a.sign", "?", (RIGHT, WRONG))])) == []
    )


def test_two_definitions_of_one_name_would_overwrite_each_other():
    (problem,) = trial.problems(
        LECTURE, [exercise(), Question("x.relu_forward", "?", (RIGHT, WRONG))]
    )
    assert problem.startswith(f"x.relu_forward and {ID} would both be relu_forward in the notebook")


DESCRIPTIONS = {
    "no TOML": ("title = numerics", "cannot be read: Invalid value"),
    "no library": ('library = "numerics"', 'library is missing, expected a line library = "..."'),
    "an unknown key": ('titel = "x"', "'titel' is not known; known are title, id, library"),
    "a list of numbers": ("data = [1]", "data is [1], expected a list of names"),
    "a text for a list": ('demo = "01_roots"', "demo is '01_roots', expected a list of names"),
    "an id with a blank": ('id = "my numerics"', "id is 'my numerics', expected letters, digits"),
    "credit above all": ("credit = 2", "credit is 2, expected a number from 0 to 1"),
    "credit in words": ('credit = "half"', "credit is 'half', expected a number such as 0.5"),
    "a library of Python's": (
        'library = "statistics"',
        "library is 'statistics', expected a name that Python and the tool do not use",
    ),
    "a library that is not there": (
        'library = "algebra"',
        "there is no package 'algebra': expected a file algebra/__init__.py",
    ),
}


@pytest.fixture
def numerics(tmp_path):
    """A copy of the second course."""
    return shutil.copytree(COURSE, tmp_path / "numerics")


@pytest.mark.parametrize("line, said", DESCRIPTIONS.values(), ids=DESCRIPTIONS)
def test_a_wrong_description_is_told_key_value_and_what_was_expected(numerics, line, said):
    path = numerics / course.FILE
    key = line.partition(" ")[0]
    kept = [li for li in path.read_text().splitlines() if not li.startswith(f"{key} ")]
    added = [] if said.startswith(f"{key} is missing") else [line]
    path.write_text("\n".join([*kept, *added]) + "\n")
    with pytest.raises(course.NoCourse) as caught:
        course.read(numerics)
    assert str(caught.value).startswith(f"{path}")
    assert said in str(caught.value)


@pytest.mark.slow
def test_a_demo_of_a_lecture_that_is_not_there_is_refused(numerics, tool):
    path = numerics / course.FILE
    path.write_text(path.read_text().replace("01_roots", "03_roots"))
    done = tool.grader(numerics, "demo", check=False)
    expected = "demo names '03_roots', expected one of the lectures: 01_roots, 02_quadrature"
    assert (done.returncode, done.stderr) == (2, f"lectures/course.toml: {expected}\n")


def test_whole_numbers_may_be_written_for_the_credit(numerics):
    path = numerics / course.FILE
    path.write_text(path.read_text() + "credit = 1\n")
    assert course.read(numerics).credit == 1


# What is changed in the second course, and what the build says. It runs in a process of its own.
BROKEN = {
    "nbgrader's settings are missing": (
        "nbgrader_config.py", None, "nbgrader_config.py is missing beside lectures/"),
    "another folder": (
        "nbgrader_config.py", ('"solutions"', '"source"'),
        "c.CourseDirectory.source_directory is 'source', expected 'solutions'"),
    "another id": (
        "nbgrader_config.py", ('"elementary-numerics"', '"numerics"'),
        "c.CourseDirectory.course_id is 'numerics', expected 'elementary-numerics'"),
    "no script": (
        "lectures/01_roots/lecture.py", None,
        "lectures/01_roots/lecture.py: the script of the lecture is missing"),
    "no definitions": (
        "lectures/01_roots/exercises.py", None,
        "the lecture 01_roots has no exercises.py and no folder exercises/"),
    "a question without an answer": (
        "lectures/01_roots/exercises.py", (", right=True", ""),
        "lectures/01_roots/exercises.py:108: roots.fooled: exactly one choice must be right=True"),
    "a withheld function that is not there": (
        "lectures/02_quadrature/exercises/__init__.py", ("rules.best", "rules.bets"),
        "lectures/02_quadrature/exercises: WITHHOLD names quadrature.rules.bets: numerics."
        "quadrature.rules defines no function bets; did you mean best?"),
    "a driver that imports the definitions": (
        "lectures/01_roots/drivers.py",
        ("from typing", "from .exercises import HORNER\nfrom typing"),
        "lectures/01_roots/drivers.py:4: it imports .exercises, which is not there"),
    "a tag that is no role": (
        "lectures/01_roots/lecture.py", ('tags=["setup"]', 'tags=["NEU-01"]'),
        "the tag 'NEU-01' is no role: roles are setup, exercise, check, predict, demo"),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name, change, said", BROKEN.values(), ids=BROKEN)
def test_the_build_of_a_broken_course_says_where_and_what(numerics, tool, name, change, said):
    path = numerics / name
    if change is None:
        path.unlink()
    else:
        text = path.read_text()
        assert change[0] in text
        path.write_text(text.replace(*change))
    done = tool.grader(numerics, "build", check=False)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (numerics / "solutions").exists()


def test_no_course_at_all_is_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(course.VARIABLE, str(tmp_path))
    course.current.cache_clear()
    try:
        assert main(["build"]) == 2
    finally:
        course.current.cache_clear()
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"{tmp_path / course.FILE} cannot be read")
