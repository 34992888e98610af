import ast

import pytest

from grader.authoring import library_docs
from grader.authoring.syllabus import syllabus

ENTRIES = list(library_docs.public_entries())


def page():
    (text,) = library_docs.render().values()
    return text


def test_syllabus_is_complete():
    assert len(syllabus().ids) == 196
    errors = list(syllabus().errors)
    assert errors[:51] == [f"E-{i:02d}" for i in range(1, 52)]  # then those found since
    assert errors == sorted(set(errors))


def test_page_has_one_row_for_every_function_and_every_entry():
    rows = [line.split(" | ")[0] for line in page().splitlines() if line.startswith("| ")]
    assert len(set(rows) & {f"| `{e.call}`" for e in ENTRIES}) == len({e.call for e in ENTRIES})
    for id in syllabus().ids:
        assert rows.count(f"| {id}") == (2 if id in syllabus().left_out else 1)


def test_page_is_the_same_every_time():
    assert page() == page()


def test_rows_of_a_table_have_equal_numbers_of_cells():
    for block in page().split("\n\n"):
        lines = block.strip().splitlines()
        if lines and lines[0].startswith("|"):
            bars = {line.replace(r"\|", "").count("|") for line in lines}
            assert len(bars) == 1, block[:200]


@pytest.mark.parametrize(
    ("docstring", "ids"),
    [
        ("A thing.\n\nSource: syllabus ACT-01.", ("ACT-01",)),
        (
            "A thing.\n\nSource: He et al. 2015;\nsyllabus INI-08, INI-11, E-11.",
            ("INI-08", "INI-11", "E-11"),
        ),
        ("A thing.\n\nSource: He et al. 2015.", ()),
        ("A thing.\n\nSource: syllabus ACT-01.\n\nMore text.", ()),
        ("", ()),
    ],
)
def test_ids_stand_in_the_last_line(docstring, ids):
    assert library_docs.syllabus_ids(docstring) == ids


@pytest.mark.parametrize(
    ("line", "markdown"),
    [
        ("out = a * b_1 if a < |b|.", r"out = a \* b\_1 if a \< \|b\|."),
        ("See :func:`~utils.losses.softmax` and ``x | y``.", r"See `softmax` and `x \| y`."),
    ],
)
def test_formulas_survive_markdown(line, markdown):
    assert library_docs._markdown(line) == markdown


def test_calls_show_names_and_defaults_without_types():
    source = (
        "def f(x: Float[np.ndarray, 'n d'], k: int = 2, *, rng: Rng, **more: float) -> int: ..."
    )
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    assert library_docs._call(node) == "f(x, k=2, *, rng, **more)"
