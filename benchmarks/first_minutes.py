"""How long a student waits: for JupyterLab after its command, and for a lecture's first figure.

    python -m benchmarks.first_minutes
    python -m benchmarks.first_minutes --kernel    processor time, without a browser

The server is the README's, in a copy of the course, with a browser that has never seen it. Lines:
the command until the server answers; until the welcome notebook is on screen; until its kernel
answers. Then each solution notebook in a fresh kernel: "Run selected cell" again and again, from
the first code cell to the one with the first picture. A line says how long that one takes until
the picture is on the page, and how long those before it; scrolling to a cell does not count. The
aims: 5 s for the notebook, 3 s for a figure.
"""

import argparse
import os
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from tests.browser.lab import REPOSITORY, Lab, copy_course, open_page, running_lab

_SHOWN = "() => !!window.jupyterapp?.shell.currentWidget?.content?.widgets?.length"
_CODE = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .map((c, i) => c.model.type === 'code' ? i : -1).filter(i => i >= 0)"""
_RUN = """async i => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = i;
  await notebook.scrollToItem(i, 'center');
  const begun = performance.now();
  await window.jupyterapp.commands.execute('notebook:run-cell');
  const pictures = notebook.widgets[i].node.querySelectorAll('.jp-OutputArea-output img');
  await Promise.all([...pictures].map(picture => picture.decode()));
  return [pictures.length, (performance.now() - begun) / 1000];
}"""


def main() -> None:
    """Print the waits."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kernel", action="store_true", help="processor seconds of the kernels")
    only_kernels = parser.parse_args().kernel
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_course(root)
        if only_kernels:
            for path in sorted((root / "solutions").glob("*/*.ipynb")):
                _in_the_kernel(root, path)
            return
        start = time.perf_counter()
        with running_lab(root) as address:
            _say("the server answers", start)
            with open_page() as page:
                opened = time.perf_counter()
                lab = Lab(page, address, root)
                lab.land(shown=_SHOWN)
                _say("the welcome notebook is on screen", opened)
                lab.await_kernel()
                _say("its kernel answers", opened)
            for path in sorted((REPOSITORY / "solutions").glob("*/*.ipynb")):
                with open_page() as page:
                    lab = Lab(page, address, root)
                    lab.open(path.relative_to(REPOSITORY).as_posix())
                    waited = []
                    for cell in page.evaluate(_CODE):
                        pictures, seconds = page.evaluate(_RUN, cell)
                        waited.append(seconds)
                        if pictures:
                            break
                    print(
                        f"{seconds:6.1f} s  {path.stem}: the first figure, after "
                        f"{sum(waited[:-1]):.1f} s in {len(waited) - 1} cells",
                        flush=True,
                    )


def _in_the_kernel(root: Path, path: Path) -> None:
    """Print the processor time until the first picture, and that of the cell which takes most."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("import os; os.getpid()"))
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": path.parent}})
    with client.setup_kernel(env=os.environ | {"PYTHONPATH": str(root)}):
        asked = client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        pid = int(asked.outputs[0].data["text/plain"])
        used = [_processor(pid)]
        for place, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                shown = str(client.execute_cell(cell, place).outputs)
                used.append(_processor(pid))
                if any(kind in shown for kind in ("<img", "image/png", "widget-view")):
                    break
    longest = max(b - a for a, b in pairwise(used))
    cells = f"one cell of {len(used) - 1} takes {longest:.1f}"
    print(f"{used[-1] - used[0]:6.1f} s  {path.stem}: {cells}", flush=True)


def _processor(pid: int) -> float:
    """Seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _say(what: str, since: float) -> None:
    print(f"{time.perf_counter() - since:6.1f} s  {what}", flush=True)


if __name__ == "__main__":
    main()
