"""Ways from each notebook to its neighbours, at both ends."""

from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from grader.authoring.lecture import Lecture

TAG = "way"


def add_ways(notebooks: dict[str, NotebookNode], lectures: Sequence[Lecture]) -> None:
    """Put links to the lecture before and the one after on top and at the end of each notebook.

    The first notebook is marked as the one that a course begins with, in its metadata; there
    JupyterLab offers to go on where one stopped.

    Args:
        notebooks: by the name of their lecture; they are changed.
        lectures: all of them, in order.
    """
    for number, lecture in enumerate(lectures):
        ways = [f"← {_link(before)}" for before in lectures[:number][-1:]]
        ways += [f"{_link(after)} →" for after in lectures[number + 1 :][:1]]
        if not ways:
            continue
        cells = [
            new_markdown_cell(" · ".join(ways), id=f"way-{end}", metadata={"tags": [TAG]})
            for end in ("in", "on")
        ]
        notebook = notebooks[lecture.name]
        notebook.cells = [cells[0], *notebook.cells, cells[1]]
    if lectures[1:]:
        notebooks[lectures[0].name].metadata["grader"] = {"start": True}


def _link(lecture: Lecture) -> str:
    title = next((cell.section for cell in lecture.cells if cell.section), lecture.name)
    return f"[{title}](../{lecture.name}/{lecture.name}.ipynb)"
