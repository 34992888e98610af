"""With nbgrader's own tools: a student presses Validate, an instructor grades in formgrader."""

import json

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import watched
from tests.browser.lab import REPOSITORY, SWITCH, click, running_lab
from tests.engine.course import (
    ANSWER,
    LECTURE,
    RIGHT,
    WRONG,
    graded,
    release,
    released,
    submit,
)

STUDENT = "hopper"


@pytest.fixture
def course(tmp_path_factory):
    """A JupyterLab in a scratch course with one submission and one notebook to validate."""
    folder = release(tmp_path_factory.mktemp("course"))
    submit(folder, STUDENT, released(folder, WRONG))
    nbformat.write(released(folder, WRONG), folder / "mine.ipynb")
    with running_lab(folder, teacher=True) as address:
        yield address, folder


@pytest.fixture
def lab(course):
    with watched(*course) as lab:
        yield lab


def test_the_guide_says_how_the_tools_come():
    assert f"\n{SWITCH}\n" in (REPOSITORY / "docs/instructors.md").read_text()


def test_validate_reports_a_wrong_answer_and_then_success(lab):
    lab.open("mine.ipynb")
    report = validated(lab)
    expect(report).to_contain_text("The following cell failed")
    expect(report).to_contain_text('check("scales.fahrenheit")')
    expect(report).not_to_contain_text('check("scales.scales_meet")')
    report.get_by_role("button", name="Ok").click()
    lab.write(lab.cells("def fahrenheit(")[0], RIGHT[ANSWER])
    expect(validated(lab)).to_contain_text("Success! Your notebook passes all the tests.")


def validated(lab):
    """Press Validate, as a student does; gives the dialog with the results."""
    lab.page.get_by_role("button", name="Validate").click()
    dialog = lab.page.get_by_role("dialog").filter(has_text="Validation Results")
    dialog.wait_for(timeout=60_000)
    return dialog


def test_formgrader_autogrades_one_submission_and_makes_its_feedback(lab, course):
    folder = course[1]
    lab.land()
    lab.page.get_by_role("menuitem", name="Nbgrader").click()
    lab.page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    formgrader = lab.page.frame_locator("iframe")
    expect(formgrader.get_by_role("heading", name="Manage Assignments")).to_be_visible()
    expect(formgrader.get_by_role("row").filter(has_text=LECTURE)).to_be_visible()
    assignment = formgrader.get_by_role("row").filter(has_text=LECTURE)
    click(assignment.locator(".num-submissions a"))
    row = formgrader.get_by_role("row").filter(has_text=STUDENT)
    expect(row).to_contain_text("needs autograding")

    click(row.locator(".autograde a"))
    expect(row).to_contain_text("1 / 2", timeout=120_000)
    # Stock nbgrader writes no receipt: it was this course's engine.
    assert json.loads((folder / "receipts" / STUDENT / f"{LECTURE}.json").read_text())
    assert graded(folder, STUDENT).is_file()

    click(row.locator(".generate-feedback a"))
    page = folder / "feedback" / STUDENT / LECTURE / f"{LECTURE}.html"
    for _ in range(1200):
        if page.is_file():
            break
        lab.page.wait_for_timeout(100)
    assert page.is_file()
    click(formgrader.get_by_role("link", name="Manual Grading"))
    formgrader.get_by_role("link", name=LECTURE).click()  # the assignment
    formgrader.get_by_role("link", name=LECTURE).click()  # its one notebook
    formgrader.get_by_role("link", name="Submission #1").click()
    expect(formgrader.locator(".dtl-check")).to_have_count(2)

    lab.page.goto(page.as_uri())
    assert [url for url in lab.strangers if url != page.as_uri()] == []
    lab.strangers.clear()
    panel = lab.page.locator(".dtl-check").filter(has_text="scales.fahrenheit")
    expect(panel).to_contain_text("32 first?")
    expect(lab.page.locator("body")).to_contain_text("Score: 1.0 / 2.0")
