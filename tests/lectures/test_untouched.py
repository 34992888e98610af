"""A notebook that nobody has worked in, run from its top to its end, ends without an error.

UNTOUCHED=whole pytest --all tests/lectures/test_untouched.py   all lectures; else those whose
                                                                pictures wait in several ways
"""

import os

import nbformat
import pytest
from nbclient import NotebookClient

from grader.course import current
from tests.browser.lab import copy_course

REPORT = "application/vnd.grader.report+json"
CHOSEN = ("03_preprocessing", "10_dropout", "15_recipe")
LECTURES = [n for n in current().lectures if os.environ.get("UNTOUCHED") or n in CHOSEN]


@pytest.mark.slow
@pytest.mark.parametrize("lecture", LECTURES)
def test_every_check_says_what_is_missing_and_no_cell_fails(lecture, tmp_path):
    copy_course(tmp_path)
    path = tmp_path / "notebooks" / lecture / f"{lecture}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=300, allow_errors=True, resources=resources).execute(
        env=environment
    )
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert [o.evalue for o in outputs if o.output_type == "error"] == []
    assert [o.text for o in outputs if o.get("name") == "stderr"] == []
    checks = [cell for cell in code if "check" in cell.metadata.get("tags", [])]
    reports = [cell.outputs[-1].data[REPORT] for cell in checks]
    assert {report["verdict"] for report in reports} == {"not written yet"}
    assert all(report["summary"] for report in reports)
    assert [cell.source for cell in code if breaks_off(cell.outputs)] == []


def breaks_off(outputs):
    """Whether a cell printed the head of a table and then waits with its rows."""
    *before, last = outputs or [{}]
    said = last.get("data", {}).get("text/plain", "")
    waits = "which is not written yet" in said or "builds on one that waited" in said
    return waits and any(output.get("name") == "stdout" for output in before)
