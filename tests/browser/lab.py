"""Drive a real JupyterLab in the system's Chromium, on loopback, with settings of its own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jupytext
import nbformat
from playwright.sync_api import Locator, Page, sync_playwright

from grader.course import FILE, VARIABLE

REPOSITORY = Path(__file__).resolve().parents[2]
TOKEN = "browser-test"
# What brings nbgrader's own tools.
SWITCH = "jupyter labextension enable @jupyter/nbgrader"
# JavaScript: a notebook is in front and its kernel waits.
READY = """() => {
  const w = window.jupyterapp?.shell.currentWidget, s = w?.sessionContext;
  return w?.context?.isReady && s?.isReady && s.session?.kernel?.status === 'idle';
}"""
_FINISHED = """() => {
  const code = window.jupyterapp.shell.currentWidget.content.widgets.filter(
    c => c.model.type === 'code' && c.model.sharedModel.source.trim());
  return code.every(c => c.model.executionCount !== null && c.model.executionState === 'idle')
    || code.some(c => c.model.outputs.toJSON().some(o => o.output_type === 'error'));
}"""
_COUNT = "i => window.jupyterapp.shell.currentWidget.content.widgets[i].model.executionCount"
_RAN = """([i, before]) => {
  const m = window.jupyterapp.shell.currentWidget.content.widgets[i].model;
  return m.executionCount !== null && m.executionCount !== before && m.executionState === 'idle';
}"""
_ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets.flatMap(
  c => c.model.type === 'code' ? c.model.outputs.toJSON() : []
).filter(o => o.output_type === 'error').map(o => o.ename + ': ' + o.evalue)"""


def chromium() -> str | None:
    """Path of the system's Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def copy_course(root: Path) -> None:
    """Copy into ``root`` what a student works in: the notebooks, and what they import and read.

    A check notes its verdict in the folder of the course that it belongs to: in a copy, it leaves
    the progress of whoever runs the tests alone.
    """
    for folder in ("notebooks", "solutions", "lectures", "grader", "utils", "data"):
        shutil.copytree(
            REPOSITORY / folder,
            root / folder,
            ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "cifar-10*"),
        )


@contextmanager
def running_lab(root: Path, *, teacher: bool = False) -> Iterator[str]:
    """Start JupyterLab on a free port in the folder ``root``; yields its address.

    Kernels find the course of ``root`` where there is one, else the repository's. The settings
    are the ones that come with the course, and no others.

    Args:
        root: the folder.
        teacher: whether nbgrader's own tools were switched on before, as docs/instructors.md says.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        Path(home, "config").mkdir()
        settings = REPOSITORY / "grader/lab_settings"
        for name in ("jupyter_lab_config.py", "jupyter_server_config.py"):
            shutil.copy(settings / name, f"{home}/config")
        shutil.copytree(settings / "desk", f"{home}/data/labextensions/deep-training-grader")
        Path(home, "config/labconfig/page_config.d").mkdir(parents=True)
        shutil.copy(settings / "no_nbgrader.json", f"{home}/config/labconfig/page_config.d")
        paths = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        environment = os.environ | {f"JUPYTER_{k}": f"{home}/{v}" for k, v in paths.items()}
        environment |= {
            "JUPYTER_PREFER_ENV_PATH": "0",  # else what is installed would overrule it
            "JUPYTERLAB_SETTINGS_DIR": f"{home}/settings",
            "JUPYTERLAB_WORKSPACES_DIR": f"{home}/workspaces",
            "PYTHONPATH": os.pathsep.join(
                [str(root), str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
            ),
        }
        if not (root / FILE).is_file():
            environment[VARIABLE] = str(REPOSITORY)
        if teacher:
            switch = [sys.executable, "-m", "jupyter", *SWITCH.split()[1:], "--level=user"]
            subprocess.run(switch, env=environment, check=True, capture_output=True)
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}"),
            "--LabApp.expose_app_in_browser=True",
        ]
        with open(Path(home, "log"), "w+") as log:
            server = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log)
            address = f"http://127.0.0.1:{port}"
            try:
                for _ in range(300):
                    try:
                        urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5).close()
                        break
                    except OSError:
                        if server.poll() is not None:
                            break
                        time.sleep(0.1)
                else:
                    server.kill()
                if server.poll() is not None:
                    log.seek(0)
                    raise RuntimeError(f"JupyterLab did not start:\n{log.read()[-2000:]}")
                yield address
            finally:
                server.terminate()
                server.wait(30)


@contextmanager
def open_page(
    *, pixel_ratio: float = 1, alone: bool = False, touch: bool = False
) -> Iterator[Page]:
    """A page of 1280 x 720 in the system's Chromium.

    Args:
        pixel_ratio: pixels of the picture to a pixel of the page.
        alone: whether every host but 127.0.0.1 is out of reach.
        touch: whether the screen is one for fingers.
    """
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    if alone:
        arguments.append("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=arguments,
        )
        try:
            context = browser.new_context(
                viewport={"width": 1280, "height": 720},
                device_scale_factor=pixel_ratio,
                has_touch=touch,
            )
            context.set_default_timeout(60_000)
            yield context.new_page()
        finally:
            browser.close()


def click(place: Locator) -> None:
    """Click what nbgrader's tables hide where the window has no room for it."""
    place.evaluate("element => element.click()")


class Lab:
    """One page on one JupyterLab: open notebooks, run them, look at their widgets."""

    def __init__(self, page: Page, address: str, root: Path) -> None:
        self.page = page
        self.root = root
        self._address = address
        self.console_errors: list[str] = []
        self.strangers: list[str] = []
        page.on("console", lambda m: self._note(m))
        page.on("request", lambda r: self._check(r.url))

    def _note(self, message) -> None:
        if message.type == "error":
            self.console_errors.append(message.text)

    def _check(self, url: str) -> None:
        if not url.startswith(
            (self._address, self._address.replace("http", "ws"), "data:", "blob:")
        ):
            self.strangers.append(url)

    def write_notebook(self, name: str, script: str) -> str:
        """Write a percent-format script as a notebook into the root; returns its path there."""
        notebook = jupytext.reads(script, fmt="py:percent")
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, self.root / name)
        return name

    def open(self, path: str) -> None:
        """Open a notebook (path relative to the root) in a fresh workspace and await its kernel."""
        self.page.goto(f"{self._address}/lab/tree/{path}?token={TOKEN}&reset")
        self.await_kernel()

    def land(self, shown: str = READY) -> None:
        """Go where ``jupyter lab`` sends a browser; await the kernel of what it opens, or less."""
        self.page.goto(f"{self._address}/?token={TOKEN}")
        self.page.wait_for_function(shown, timeout=60_000)

    def await_kernel(self, timeout: float = 60) -> None:
        """Wait until the notebook in front is loaded and its kernel answers."""
        self.page.wait_for_function(READY, timeout=timeout * 1000)

    def command(self, name: str, **arguments) -> None:
        self.page.evaluate(
            "([name, args]) => { window.jupyterapp.commands.execute(name, args); }",
            [name, arguments],
        )

    def theme(self, name: str) -> None:
        """Switch to "JupyterLab Light" or "JupyterLab Dark"; await the end of the splash screen."""
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_function(
            "name => document.body.dataset.jpThemeName === name", arg=name, timeout=60_000
        )
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")

    def run_all(self, timeout: float = 120) -> None:
        """Run every cell; raises what a cell raised."""
        self.command("notebook:run-all-cells")
        self.page.wait_for_function(_FINISHED, timeout=timeout * 1000)
        errors = self.page.evaluate(_ERRORS)
        if errors:
            raise RuntimeError("; ".join(errors))

    def cells(self, needle: str) -> list[int]:
        """Numbers of the code cells whose source holds ``needle``."""
        return self.page.evaluate(
            """needle => window.jupyterapp.shell.currentWidget.content.widgets
            .map((c, i) => c.model.type === 'code' && c.model.sharedModel.source.includes(needle)
              ? i : -1).filter(i => i >= 0)""",
            needle,
        )

    def cell(self, number: int) -> Locator:
        """Scroll a cell to the middle of the window; returns its frame."""
        self.page.evaluate(
            "i => window.jupyterapp.shell.currentWidget.content.scrollToItem(i, 'center')", number
        )
        frame = self.page.locator(
            f'.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="{number}"]'
        )
        frame.scroll_into_view_if_needed()
        return frame

    def write(self, number: int, source: str) -> None:
        """Replace a cell's text as a student would: click, select all, type."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def add_below(self, number: int, source: str) -> int:
        """Add a cell below another with the keys Escape and B; returns its number."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("b")
        self.write(number + 1, source)
        return number + 1

    def run(self, number: int, timeout: float = 90) -> Locator:
        """Click into a cell, press Shift + Enter and wait for its end; returns its output."""
        frame = self.cell(number)
        frame.locator(".cm-content").click()
        before = self.page.evaluate(_COUNT, number)
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function(_RAN, arg=[number, before], timeout=timeout * 1000)
        return self.cell(number).locator(".jp-Cell-outputArea")

    def run_folded(self, number: int) -> Locator:
        """Run a cell, folded away or not, to its end; returns its output."""
        self.page.evaluate(
            """async i => {
              const notebook = window.jupyterapp.shell.currentWidget.content;
              notebook.activeCellIndex = i;
              await notebook.scrollToItem(i, 'center');
              await window.jupyterapp.commands.execute("notebook:run-cell");
            }""",
            number,
        )
        return self.cell(number).locator(".jp-Cell-outputArea")

    def source(self, number: int) -> str:
        """The text of a cell."""
        return self.page.evaluate(
            "i => window.jupyterapp.shell.currentWidget.content.widgets[i].model"
            ".sharedModel.source",
            number,
        )

    def widget(self, cell: int) -> Locator:
        """Scroll a cell's widget into view, its picture shown; returns its frame."""
        self.page.evaluate(
            "i => window.jupyterapp.shell.currentWidget.content.scrollToItem(i, 'end')", cell
        )
        frame = self.page.locator(f'.jp-Cell[data-windowed-list-index="{cell}"] .dtl-explore')
        frame.locator(".dtl-live img").wait_for(timeout=60_000)
        frame.scroll_into_view_if_needed()
        return frame
