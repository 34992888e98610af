"""How long a student waits: for JupyterLab after its command, and for a lecture's first figure.

    python -m benchmarks.first_minutes

The server is the README's, in a copy of the course, with a browser that has never seen it. Lines:
the command until the server answers; until the welcome notebook is on screen; until its kernel
answers. Then each solution notebook in a fresh kernel: "Run selected cell" again and again, from
the first code cell to the one with the first picture, until that is on the page. The aims: 5 s
for the notebook, 3 s for a figure.
"""

import argparse
import tempfile
import time
from pathlib import Path

from tests.browser.lab import REPOSITORY, Lab, copy_course, open_page, running_lab

_SHOWN = "() => !!window.jupyterapp?.shell.currentWidget?.content?.widgets?.length"
_CODE = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .map((c, i) => c.model.type === 'code' ? i : -1).filter(i => i >= 0)"""
_RUN = """async i => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = i;
  await notebook.scrollToItem(i, 'center');
  await window.jupyterapp.commands.execute('notebook:run-cell');
  const pictures = notebook.widgets[i].node.querySelectorAll('.jp-OutputArea-output img');
  await Promise.all([...pictures].map(picture => picture.decode()));
  return pictures.length;
}"""


def main() -> None:
    """Print the waits."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        copy_course(root)
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
                    begun = time.perf_counter()
                    for count, cell in enumerate(page.evaluate(_CODE), 1):
                        if page.evaluate(_RUN, cell):
                            _say(f"{path.stem}: the first figure, in code cell {count}", begun)
                            break


def _say(what: str, since: float) -> None:
    print(f"{time.perf_counter() - since:6.1f} s  {what}", flush=True)


if __name__ == "__main__":
    main()
