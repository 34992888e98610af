"""All solution notebooks in a browser tab: whether checks say there what they say at a desk.

    python -m docs lite && python -m benchmarks.tab_notebooks [--demos] [LECTURE ...]

Chromium opens each notebook with its model solutions from what was built, on loopback, and runs its
cells one after the other, those of demos only on request. The reports of its checks are compared
with those that the same cells give in this Python. A line for each lecture: how many reports, how
many differ, how many cells failed, and how long the cells took in the tab.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from docs.command import HTML, served
from docs.lite.build import KERNEL
from grader.checking.report import MIME, Report
from grader.course import current
from tests.browser.lab import READY, open_page

# Runs the cells of the notebook in front; gives reports, errors and milliseconds.
_RUN_ALL = """async ([mime, demos]) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  const begin = performance.now();
  const reports = [], errors = [];
  for (let i = 0; i < notebook.widgets.length; i++) {
    const { model } = notebook.widgets[i];
    const tags = model.sharedModel.getMetadata('tags') ?? [];
    if (model.type !== 'code' || (tags.includes('demo') && !demos)) continue;
    notebook.activeCellIndex = i;
    await window.jupyterapp.commands.execute('notebook:run-cell');
    for (const output of model.outputs.toJSON()) {
      if (output.data?.[mime]) reports.push(output.data[mime]);
      if (output.output_type === 'error') errors.push(`${output.ename}: ${output.evalue}`);
    }
  }
  return [reports, errors, performance.now() - begin];
}"""


def main(arguments: Sequence[str]) -> int:
    """Print the lines; the exit status is 1 where a report differs or a cell failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lectures", nargs="*", metavar="LECTURE", help="which; none means all")
    parser.add_argument("--demos", action="store_true", help="run the cells of demos, too")
    parser.add_argument("--at-a-desk", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.at_a_desk:
        print(json.dumps(_reports(asked.lectures[0], asked.demos)))
        return 0
    failed = 0
    with _served() as address:
        for lecture in asked.lectures or current().lectures:
            wanted = _at_a_desk(lecture, asked.demos)
            with open_page() as page:
                page.set_default_timeout(1_800_000)
                path = f"notebooks/{lecture}/{lecture}.ipynb"
                page.goto(f"{address}/lab/lab/index.html?path={path}")
                page.wait_for_function(READY)
                found, errors, waited = page.evaluate(_RUN_ALL, [MIME, asked.demos])
            pairs = zip(map(_known, wanted), map(_known, found), strict=False)
            differ = [(here, there) for here, there in pairs if here != there]
            failed += len(differ) + len(errors) + (len(wanted) != len(found))
            print(
                f"{lecture}: {len(found)} reports of {len(wanted)}, {len(differ)} differ, "
                f"{len(errors)} errors, {waited / 1000:.0f} s",
                flush=True,
            )
            for text in (*(f"  desk {here}\n  tab  {there}" for here, there in differ), *errors):
                print(text, flush=True)
    return int(failed > 0)


@contextmanager
def _served() -> Iterator[str]:
    """The address of the site with the solutions in the place of the notebooks."""
    with tempfile.TemporaryDirectory(dir=HTML) as scratch:
        lab = Path(scratch, "lab")
        shutil.copytree(HTML / "lab", lab, copy_function=os.link)
        for lecture in current().lectures:
            notebook = json.loads(_solution(lecture).read_text(encoding="utf-8"))
            notebook["metadata"] |= KERNEL
            place = lab / f"files/notebooks/{lecture}/{lecture}.ipynb"
            place.unlink()
            place.write_text(json.dumps(notebook), encoding="utf-8")
        with served(Path(scratch)) as (address, _):
            yield address


def _solution(lecture: str) -> Path:
    return current().root / "solutions" / lecture / f"{lecture}.ipynb"


def _known(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what is None, which a tab does not carry."""
    return {key: value for key, value in report.items() if value is not None}


def _at_a_desk(lecture: str, demos: bool) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.tab_notebooks", "--at-a-desk", lecture]
    command += ["--demos"] if demos else []
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def _reports(lecture: str, demos: bool) -> list[dict[str, Any]]:
    """What the checks of a solution notebook say in this process."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.enable_gui = lambda gui=None: None
    os.chdir(_solution(lecture).parent)
    found = []
    for cell in json.loads(_solution(lecture).read_text(encoding="utf-8"))["cells"]:
        tags = cell["metadata"].get("tags", ())
        if cell["cell_type"] == "code" and (demos or "demo" not in tags):
            with redirect_stdout(io.StringIO()):
                result = shell.run_cell("".join(cell["source"]), store_history=False).result
            if isinstance(result, Report):
                found.append(json.loads(json.dumps(result.as_dict())))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
