"""What a student gets in place of an answer: in an exercise a stub, in a question ``NAME = None``.

An unanswered question stops no run. A stub is kept in its cell's metadata, too, so that a student
who has lost the way can start again.
"""

import re

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import ClearSolutions

_ANSWER = re.compile(r"### BEGIN SOLUTION\n(\w+) = .*\n### END SOLUTION")


class ClearAnswers(ClearSolutions):
    """nbgrader's, but a question is left open, and an exercise remembers how it began."""

    def preprocess_cell(self, cell, resources, cell_index):
        source = cell.source
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if "predict" in cell.metadata.get("tags", ()):
            cell.source = _ANSWER.sub(r"\1 = None", source)
        if "exercise" in cell.metadata.get("tags", ()):
            cell.metadata["grader"] = {"stub": cell.source}
        return cell, resources


# For nbgrader_config.py: what generate_assignment does, with this in its place.
PREPROCESSORS = [
    ClearAnswers if step is ClearSolutions else step
    for step in GenerateAssignment.preprocessors.default()  # type: ignore[attr-defined]
]
