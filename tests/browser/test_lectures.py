"""Every widget of a lecture in JupyterLab: mouse, keyboard, picture, words, size.

WIDGETS=whole pytest --all tests/browser/test_lectures.py   all lectures; else those that together
                                                            have every kind of widget
"""

import os
import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import TimeoutError, expect

from grader.course import current
from tests.browser.conftest import watched

# What is seen (the picture) and what is said (its alternative text).
SEEN = "f => { const i = f.querySelector('.dtl-live img'); return [i.src, i.alt]; }"
ANY_NEW = f"([f, was]) => ({SEEN})(f).some((now, i) => now !== was[i])"
ALL_NEW = f"([f, was]) => ({SEEN})(f).every((now, i) => now !== was[i])"
START = re.compile("Start")  # and no "another start"
# Of a control: its kind, its name, and whether it stands at its last value.
KIND = """e => {
  const name = e.getAttribute('aria-label') || e.closest('.widget-inline-hbox, button').innerText;
  return e.matches('select') ? ['choice', name, e.selectedIndex === e.options.length - 1]
    : e.matches('[type=range]') ? ['slider', name, e.value === e.max]
    : e.matches('input') ? ['box', name, false]
    : e.matches('button') ? ['button', name, false]
    : ['slider', name, e.getAttribute('aria-valuenow') === e.getAttribute('aria-valuemax')];
}"""
KEYS = {  # the key that moves it, and the one for its last value
    "slider": ("ArrowRight", "ArrowLeft"),
    "choice": ("ArrowDown", "ArrowUp"),
    "box": ("Space", "Space"),
    "button": ("Enter", "Enter"),
}


CHOSEN = ("05_batchnorm", "07_optimizers", "10_dropout", "12_babysitting")
LECTURES = [n for n in current().lectures if os.environ.get("WIDGETS") or n in CHOSEN]


@pytest.fixture(scope="module", params=LECTURES)
def executed(request, course_server):
    """A lecture with its model solutions, every cell run."""
    with watched(*course_server) as lab:
        lab.open(f"solutions/{request.param}/{request.param}.ipynb")
        lab.run_all(timeout=300)
        yield lab


def test_every_widget_follows_mouse_and_keyboard(executed):
    widgets = executed.cells('goal="')
    assert widgets
    for cell in widgets:
        widget = executed.widget(cell)
        fits_the_screen(widget)
        alt = widget.locator(".dtl-live img").get_attribute("alt")
        for control in controls(widget):
            kind, name, last = control.evaluate(KIND)
            with something_new(widget, f"{name!r}, a key"):
                control.focus()
                control.press(KEYS[kind][last])
            reset(widget, alt)
        slider = widget.get_by_role("slider")
        if slider.count():
            with something_new(widget, "the first slider, the mouse"):
                click_far_from(slider.first)
        if widget.get_by_role("button", name=START).count():
            reset(widget, alt)  # from far settings a run explodes at once
            widget.get_by_role("button", name=START).press("Enter")
            for _ in range(2):
                with something_new(widget, "a run", ALL_NEW):
                    pass
            widget.get_by_role("button", name="Stop").click()
        reset(widget, alt)
        assert widget.locator(".dtl-error").count() == 0


@pytest.mark.parametrize("executed", ["12_babysitting"], indirect=True)
def test_the_dashboard_starts_takes_a_new_rate_pauses_resumes_and_stops(executed):
    widget = executed.widget(executed.cells("Bring the validation accuracy above 0.5")[0])
    button = {name: widget.get_by_role("button", name=name) for name in ("Start", "Pause", "Stop")}
    alt = widget.locator(".dtl-live img").get_attribute("alt")
    assert update(widget) == 60
    button["Start"].click()
    expect(widget.get_by_text("running")).to_be_visible()
    wait_for_update(widget, 70)
    widget.get_by_role("slider", name="learning rate").press("PageUp")
    expect(words(widget)).to_contain_text("rate 0.032:")
    expect(widget.locator(".dtl-live img")).to_have_attribute("alt", re.compile(r"rate 0\.032:"))
    wait_for_update(widget, update(widget) + 10)
    button["Pause"].click()
    expect(widget.get_by_text("paused")).to_be_visible()
    executed.page.wait_for_timeout(300)
    held = update(widget)
    executed.page.wait_for_timeout(500)
    assert update(widget) == held
    button["Start"].click()
    wait_for_update(widget, held + 10)
    button["Stop"].click()
    expect(widget.get_by_text("ended")).to_be_visible()
    expect(button["Pause"]).to_be_disabled()
    reset(widget, alt)


def words(widget):
    return widget.locator(".dtl-said").last


def update(widget):
    """The number of the update that the dashboard shows."""
    return int(words(widget).inner_text().split()[1].rstrip(","))


def wait_for_update(widget, number):
    for _ in range(100):
        if update(widget) >= number:
            return
        widget.page.wait_for_timeout(100)
    raise AssertionError(f"update {number} is not reached: {words(widget).inner_text()}")


def controls(widget):
    """The controls that the lecture gave it, not those that every widget has."""
    own = ".dtl-controls > :not(.dtl-buttons)"
    every = (
        f"{own} [role=slider], {own} [type=range], {own} select, {own} [type=checkbox],"
        " .dtl-controls > button"
    )
    return widget.locator(every).and_(widget.locator(":not(.dtl-reset)")).all()


@contextmanager
def something_new(widget, cause, new=ANY_NEW):
    """What is done inside changes the picture or its words (or both, with ALL_NEW)."""
    was = widget.evaluate(SEEN)
    yield
    try:
        widget.page.wait_for_function(new, arg=[widget.element_handle(), was], timeout=10_000)
    except TimeoutError:
        raise AssertionError(f"{cause}: nothing new; {was[1]}") from None


def click_far_from(slider):
    """Click on a slider's rail where its handle is not."""
    rail = slider.locator("xpath=ancestor::*[contains(@class, 'noUi-base')]")
    box, handle = rail.bounding_box(), slider.bounding_box()
    left = handle["x"] + handle["width"] / 2 < box["x"] + box["width"] / 2
    rail.click(position={"x": box["width"] * (0.75 if left else 0.25), "y": box["height"] / 2})


def reset(widget, alt):
    """Press Reset: the widget says what it said first."""
    widget.get_by_role("button", name="Reset").click()
    expect(words(widget)).to_have_text(alt)
    expect(widget.locator(".dtl-live img")).to_have_attribute("alt", alt)


def fits_the_screen(widget):
    """Controls, picture and words fit between the bars of a small laptop; the picture is sharp."""
    said = words(widget).inner_text()
    box = widget.bounding_box()
    assert box["height"] <= 590, said
    assert box["x"] + box["width"] <= 1280, said
    button = widget.get_by_role("button", name="Reset").bounding_box()
    below = widget.locator(".dtl-controls").first.bounding_box()
    assert button["y"] + button["height"] <= below["y"] + 2, said  # it covers no control
    shown, drawn = widget.locator(".dtl-live img").evaluate("i => [i.clientWidth, i.naturalWidth]")
    assert drawn >= 1.9 * shown, said
