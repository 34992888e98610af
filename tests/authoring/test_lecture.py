"""Lecture scripts: what is read from a good one, and what a bad one is told."""

import textwrap

import numpy as np
import pytest

from grader.authoring.lecture import LectureError, read
from grader.authoring.source import exercise_source, names_bound, names_used
from grader.checking.exercise import Exercise
from tests.authoring.tiny import (
    BACKWARD,
    DEFINITIONS,
    FORWARD,
    LETTER,
    SCRIPT,
    cases,
    write,
)


def script(tmp_path, text):
    return write(tmp_path, textwrap.dedent(text))


def problems(tmp_path, text, definitions=DEFINITIONS):
    with pytest.raises(LectureError) as caught:
        read(script(tmp_path, text), definitions)
    return str(caught.value).splitlines()


def line_of(text, part):
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_good_script_is_read_cell_by_cell(tmp_path):
    lecture = read(script(tmp_path, SCRIPT), DEFINITIONS)
    assert lecture.name == "02_tiny"
    roles = ["text", "setup", "predict", "check", "text", "exercise", "check", "demo"]
    assert [cell.role for cell in lecture.cells] == roles
    assert lecture.cells[0].source == "# Rectified units\n\nThe formula is $x^+$."
    assert lecture.cells[0].tags == ("ACT-07",)
    assert [cell.section for cell in lecture.cells[-2:]] == ["Write it", "Write it"]
    assert lecture.cells[2].line == line_of(SCRIPT, "ACT-04")
    assert lecture.definitions == (LETTER, FORWARD)


# What is changed in the good script, a part of the line that is reported, and what is said.
MISTAKES = {
    "unknown exercise": (
        "from utils.activations import relu_forward",
        "from utils.activations import relu_forwards",
        "import relu_forwards",
        "no exercise 'activations.relu_forwards': did you mean activations.relu_forward?",
    ),
    "unknown check": (
        'check("tiny.one_sign")',
        'check("tiny.one_sing")',
        "one_sing",
        "no exercise or question 'tiny.one_sing': did you mean tiny.one_sign?",
    ),
    "unknown question": (
        "one_sign = ...",
        "sign = ...",
        "sign = ...",
        "no question 'sign': did you mean one_sign?",
    ),
    "an answer": (
        "one_sign = ...",
        'one_sign = "b"',
        'one_sign = "b"',
        "a predict cell holds NAME = ... and nothing else: the build fills it in",
    ),
    "two statements in an exercise": (
        "import relu_forward\n",
        "import relu_forward\nrelu_forward(np.ones(1))\n",
        "utils.activations",
        "an exercise cell holds one import",
    ),
    "renamed exercise": (
        "import relu_forward\n",
        "import relu_forward as relu\n",
        "utils.activations",
        "an exercise cell holds one import",
    ),
    "a check with more in it": (
        'check("tiny.one_sign")',
        'print(check("tiny.one_sign"))',
        "print(check(",
        "a check cell holds one call",
    ),
    "no check": (
        '# %% tags=["check"]\ncheck("activations.relu_forward")\n',
        "",
        "utils.activations",
        'without a check: add a cell check("activations.relu_forward")',
    ),
    "no exercise": (
        '# %% tags=["exercise"]\nfrom utils.activations import relu_forward\n',
        "",
        'check("activations.relu_forward")',
        "a check without an exercise: put the cell of activations.relu_forward above it",
    ),
    "check above its exercise": (
        '# %% tags=["exercise"]\n',
        '# %% tags=["check"]\ncheck("activations.relu_forward")\n\n# %% tags=["exercise"]\n',
        'check("activations.relu_forward")',
        "a check without an exercise",
    ),
    "used twice": (
        "relu_forward(np.ones(3))[0]\n",
        '0\n\n# %% tags=["check"]\ncheck( "tiny.one_sign" )\n',
        'check( "tiny.one_sign" )',
        "tiny.one_sign is used twice, first on line 15",
    ),
    "unknown tag": (
        '["ACT-07"]',
        '["ACT-77"]',
        "ACT-77",
        "the tag 'ACT-77' is neither a role nor a syllabus ID: did you mean ACT-07?",
    ),
    "misspelt role": ('["demo"]', '["dmeo"]', '["dmeo"]', "did you mean demo?"),
    "two roles": ('["demo"]', '["demo", "check"]', '["demo", "check"]', "a cell has one role"),
    "markdown with a role": (
        '["ACT-07"]',
        '["demo"]',
        "# %% [markdown]",
        "a Markdown cell cannot be 'demo'",
    ),
    "imports not first": ('tags=["setup"]', "", "import numpy", "tag it 'setup'"),
    "not Python": ("np.ones(3))[0]", "np.ones(3)", "np.ones(3)", "not valid Python"),
    "exercise imported in a demo": (
        "relu_forward(np.ones(3))[0]",
        "x = 1\nfrom utils.activations import relu_forward as f",
        "relu_forward as f",
        "activations.relu_forward is an exercise of this lecture: use the student's own",
    ),
    "exercise through its module": (
        "relu_forward(np.ones(3))[0]",
        "from utils import activations as act; act.relu_forward(np.ones(3))",
        "act.relu_forward",
        "activations.relu_forward is an exercise of this lecture",
    ),
    "missing import": (
        "import numpy as np\n",
        "",
        "utils.activations",
        "relu_forward uses np, which is not defined above: add 'import numpy as np' to the setup",
    ),
    "missing import of check": (
        "from grader import check\n",
        "",
        'check("tiny.one_sign")',
        "this cell uses check, which is not defined above",
    ),
}


@pytest.mark.parametrize("old, new, where, said", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_with_script_line_and_mend(tmp_path, old, new, where, said):
    changed = SCRIPT.replace(old, new, 1)
    assert changed != SCRIPT
    said_by = [p for p in problems(tmp_path, changed) if said in p]
    assert len(said_by) >= 1
    path, line, _ = said_by[0].split(":", 2)
    assert path == "lectures/02_tiny/lecture.py"
    # The line itself, or the marker of the cell that it opens.
    assert line_of(changed, where) - int(line) in (0, 1)


def test_all_mistakes_of_a_script_are_reported_together_in_the_order_of_lines(tmp_path):
    text = SCRIPT.replace("ACT-07", "ACT-77").replace('["demo"]', '["dmeo"]')
    text = text.replace("jaxtyping import Float", "jaxtyping import Int")
    lines = [int(problem.split(":")[1]) for problem in problems(tmp_path, text)]
    assert len(lines) == 3
    assert lines == sorted(lines)


def test_a_definition_without_cells_is_reported(tmp_path):
    (problem,) = problems(tmp_path, SCRIPT, (*DEFINITIONS, BACKWARD))
    assert "no cell uses activations.relu_backward" in problem


def test_text_outside_a_cell_is_reported(tmp_path):
    (problem,) = problems(tmp_path, "import numpy as np\n\n" + SCRIPT)
    assert problem.endswith("text outside a cell: begin every cell with a '# %%' line")


def test_what_only_a_demo_defines_is_not_there_for_graded_cells(tmp_path):
    shared = '# %% tags=["demo"]\nscale = 3\n\n# %%\nx = scale * np.ones(3)\n'
    (problem,) = problems(tmp_path, SCRIPT + "\n" + shared)
    assert f":{line_of(SCRIPT + chr(10) + shared, 'x = scale') - 1}:" in problem
    assert "this cell uses scale, which only the demo on line" in problem


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A module utils.sample with the given text."""

    def write(text):
        import utils

        (tmp_path / "sample.py").write_text(textwrap.dedent(text))
        monkeypatch.setattr(utils, "__path__", [*utils.__path__, str(tmp_path)])

    return write


def test_the_source_of_a_function_keeps_signature_and_docstring_outside_the_solution(library):
    library('''
        import numpy as np

        def double(
            x: int,
        ) -> int:
            """Twice x, see :func:`triple` and :func:`~utils.activations.relu_forward`.

            More.
            """
            # A comment gives the answer away too.
            return 2 * x

        def triple(x):
            return 3 * x
    ''')
    assert exercise_source("sample.double") == textwrap.dedent('''\
        def double(
            x: int,
        ) -> int:
            """Twice x, see ``triple`` and ``relu_forward``.

            More.
            """
            ### BEGIN SOLUTION
            # A comment gives the answer away too.
            return 2 * x
            ### END SOLUTION''')
    with pytest.raises(ValueError, match="triple of sample.triple needs a docstring"):
        exercise_source("sample.triple")
    with pytest.raises(ValueError, match="defines no function or class quadruple"):
        exercise_source("sample.quadruple")


def test_the_source_of_a_class_keeps_every_docstring_and_no_body(library):
    library('''
        @register
        class Layer:
            """A layer."""

            bias = 1

            def forward(self, x):
                """Out."""
                return x + self.bias

            def backward(self, dout):
                """Gradient."""
                return dout
    ''')
    assert exercise_source("sample.Layer") == textwrap.dedent('''\
        @register
        class Layer:
            """A layer."""

            bias = 1

            def forward(self, x):
                """Out."""
                ### BEGIN SOLUTION
                return x + self.bias
                ### END SOLUTION

            def backward(self, dout):
                """Gradient."""
                ### BEGIN SOLUTION
                return dout
                ### END SOLUTION''')


@pytest.mark.parametrize(
    "body, mend",
    [
        ("half(x)", "add 'from utils.sample import half' to the setup cell"),
        ("array(x)", "add 'from numpy import array' to the setup cell"),
        ("_helper(x)", "an exercise stands on public functions only"),
        ("SCALE * x", "an exercise stands on public functions only"),
    ],
)
def test_an_exercise_that_needs_more_than_the_notebook_has_is_reported(
    tmp_path, library, body, mend
):
    library(f'''
        from numpy import array, ones

        SCALE = 2

        def needy(x):
            """Needs more."""
            return {body}
    ''')
    text = SCRIPT + '\n# %% tags=["exercise"]\nfrom utils.sample import needy\n'
    text += '\n# %% tags=["check"]\ncheck("sample.needy")\n'
    needy = Exercise("sample.needy", make_cases=cases)
    (problem,) = problems(tmp_path, text, (*DEFINITIONS, needy))
    assert mend in problem


def test_names_are_found_in_nested_scopes_annotations_and_defaults():
    source = textwrap.dedent("""
        import os as system

        def outer(x: Float[array, " n"], y=DEFAULT):
            def inner(z):
                return free(z) + x
            return [inner(item) for item in y if len(y)]
    """)
    assert names_used(source) == {"Float", "array", "DEFAULT", "free"}
    assert names_bound(source) == {"system", "outer"}


def test_the_good_script_is_also_plain_python(tmp_path, capsys):
    namespace = {}
    exec(compile(SCRIPT.replace("check(", "str("), "02_tiny.py", "exec"), namespace)
    assert np.array_equal(namespace["relu_forward"](np.array([-1.0, 2.0]))[0], [0.0, 2.0])
