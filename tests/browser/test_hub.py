"""A class on a JupyterHub: released, fetched, worked on, handed in, graded, and told."""

import pytest
from playwright.sync_api import expect

from tests.browser.hub import Missing, running_hub
from tests.browser.lab import Lab, click, open_page

LECTURE = "02_activations"
INBOUND = "/srv/nbgrader/exchange/deep-training-lab/inbound"
PLACE = "# YOUR CODE HERE\n"
MIRRORED = """    out = 1 / (1 + np.exp(x))
    return out, out"""
MESSAGE = "Your curve falls where the sigmoid rises"
SAVED = "() => !window.jupyterapp.shell.currentWidget.context.model.dirty"


@pytest.fixture
def hub():
    try:
        with running_hub() as hub:
            yield hub
    except Missing as what:
        pytest.skip(str(what))


def test_a_class_from_the_release_to_the_feedback(hub):
    with open_page() as teacher:
        student = teacher.context.browser.new_context(viewport=teacher.viewport_size).new_page()
        student.set_default_timeout(60_000)

        hub.login(teacher, "turing", "formgrader")
        assignment = teacher.get_by_role("row").filter(has_text=LECTURE)
        done(teacher, assignment.locator(".assign a"))
        done(teacher, assignment.locator(".release a"))
        expect(assignment).to_contain_text("released")

        hub.login(student, "ada", "lab")
        opened(student, "Assignment List")
        student.get_by_role("button", name="Fetch", exact=True).click()
        expect(student.get_by_role("button", name="Submit")).to_be_visible()
        work(hub, student)
        opened(student, "Assignment List")
        student.get_by_role("button", name="Submit").click()
        feedback = student.get_by_role("button", name="Fetch Feedback")
        expect(feedback).to_be_visible()

        # The other student uses a terminal, and sees nothing of what the first one handed in.
        hub.run("grace", f"nbgrader fetch_assignment {LECTURE}")
        hub.run("grace", f"nbgrader submit {LECTURE}")
        for place in (INBOUND, f"{INBOUND}/ada+{LECTURE}*", "/home/ada"):
            with pytest.raises(RuntimeError, match="Permission denied|No such file"):
                hub.run("grace", f"ls {place}")

        done(teacher, assignment.locator(".collect a"))
        expect(assignment.locator(".num-submissions")).to_have_text("2")
        click(assignment.locator(".num-submissions a"))
        rows = {name: teacher.get_by_role("row").filter(has_text=name) for name in hub.students}
        expect(rows["ada"]).to_contain_text("needs autograding")
        done(teacher, rows["ada"].locator(".autograde a"))
        expect(rows["ada"]).to_contain_text("graded")
        assert (hub.home / "turing/course/receipts/ada" / f"{LECTURE}.json").is_file()
        said = hub.run("turing", f"cd course && python -m grader autograde {LECTURE}")
        assert "1 graded, 0 failed, 1 skipped" in said

        for name in hub.students:
            done(teacher, rows[name].locator(".generate-feedback a"))
            done(teacher, rows[name].locator(".release-feedback a"))

        hub.run("grace", f"nbgrader fetch_feedback {LECTURE}")
        feedback.click()
        student.get_by_text("(view feedback)").click()
        for name, words in (("ada", MESSAGE), ("grace", "Not written yet")):
            (page,) = (hub.home / name / LECTURE / "feedback").glob(f"*/{LECTURE}.html")
            assert words in page.read_text(encoding="utf-8")


def opened(page, tool):
    """Open one of nbgrader's tools by its menu."""
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name=tool, exact=True).click()


def done(page, link):
    """Click a link of formgrader's table and close the dialog that says that it worked."""
    click(link)
    dialog = page.locator("#success-modal")
    expect(dialog).to_be_visible(timeout=120_000)
    click(dialog.locator(".modal-footer button"))
    expect(dialog).to_have_count(0)


def work(hub, page):
    """Ada opens the notebook, writes a wrong sigmoid, reads what the check says, and saves."""
    lab = Lab(page, hub.address, hub.home / "ada")
    page.goto(f"{hub.address}/user/ada/lab/tree/{LECTURE}/{LECTURE}.ipynb?reset")
    lab.await_kernel()
    lab.run(lab.cells("from grader import")[0])
    cell = lab.cells("def sigmoid_forward")[0]
    frame, place, _ = lab.source(cell).partition(PLACE)
    lab.write(cell, frame + place + MIRRORED)
    lab.run(cell)
    answer = lab.run(lab.cells('check("activations.sigmoid_forward")')[0])
    expect(answer).to_contain_text(MESSAGE)
    assert (hub.home / "ada" / ".progress.jsonl").is_file()
    lab.command("docmanager:save")
    page.wait_for_function(SAVED)
