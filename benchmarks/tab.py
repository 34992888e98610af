"""How long a student waits for the course in a browser tab.

    python -m docs lite && python -m benchmarks.tab

Chromium opens the welcome notebook from what was built, on loopback: once with nothing kept, then
once more by a reload. Seconds on the clock and of the processor (all of Chromium's processes) until
the notebook is on screen, until Python answers, and until the cell with the imports has run; then
the first check, the same check again, and the memory of Chromium. The clock is worth reading only
on a machine with nothing else to do.
"""

import argparse
import statistics
import time

import psutil

from docs.command import HTML, served
from tests.browser.lab import READY, open_page

NOTEBOOK = "notebooks/00_welcome/00_welcome.ipynb"
_SHOWN = "() => !!document.querySelector('.jp-Notebook .jp-Cell')"
_RUN = """async needle => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.findIndex(
    c => c.model.type === 'code' && c.model.sharedModel.source.includes(needle));
  const start = performance.now();
  await window.jupyterapp.commands.execute('notebook:run-cell');
  return performance.now() - start;
}"""


def main() -> None:
    """Print the waits."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    with served(HTML) as (site, _), open_page() as page:
        address = f"{site}/lab/lab/index.html?path={NOTEBOOK}"
        page.set_default_timeout(600_000)
        for phase in ("nothing kept", "reloaded"):
            clock, used = time.perf_counter(), _processor()
            page.goto(address) if phase == "nothing kept" else page.reload()
            for what, done in (
                ("the notebook is on screen", lambda: page.wait_for_function(_SHOWN)),
                ("Python answers", lambda: page.wait_for_function(READY)),
                ("the imports have run", lambda: page.evaluate(_RUN, "from grader import borrow")),
            ):
                done()
                waited, worked = time.perf_counter() - clock, _processor() - used
                print(f"{waited:6.1f} s  {worked:6.1f} s of the processor  {phase}: {what}")
            first = page.evaluate(_RUN, "check(")
            again = statistics.median(page.evaluate(_RUN, "check(") for _ in range(5))
            print(f"{first:6.0f} ms first check, {again:.0f} ms again", flush=True)
            page.wait_for_timeout(15_000)  # for what is kept for work without a network
        print(f"{_memory() >> 20:6d} MB  in Chromium's processes", flush=True)


def _browsers() -> list[psutil.Process]:
    return [p for p in psutil.Process().children(recursive=True) if "chrom" in p.name()]


def _processor() -> float:
    used = [process.cpu_times() for process in _browsers()]
    return sum(times.user + times.system for times in used)


def _memory() -> int:
    return sum(process.memory_full_info().pss for process in _browsers())


if __name__ == "__main__":
    main()
