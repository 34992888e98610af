"""The table of docs/security.md says how many attacks there are at least: ten of each class, or more."""

import re

import pytest

from grader.course import current
from tests.engine import test_feedback as feedback
from tests.security import test_bounds as bounds
from tests.security import test_names as names
from tests.security import test_notebook_files as files
from tests.security import test_notebook_half as half
from tests.security import test_pages as pages
from tests.security.attack import TIERS

if not TIERS:
    pytest.skip("no sandbox here", allow_module_level=True)

from tests.security import test_claims as claims  # isort: skip
from tests.security import test_ends as ends  # isort: skip
from tests.security import test_hostile as hostile  # isort: skip
from tests.security import test_seams as seams  # isort: skip
from tests.security import test_second as second  # isort: skip
from tests.security import test_stranger as stranger  # isort: skip

# Collections of attacks, each of another kind; single tests come besides.
CLASSES = {
    "points for implementations only": (
        claims.FORGED_DRAWS, claims.APPROXIMATE, hostile.CHEATS, stranger.ANSWERS,
        stranger.UNDERMINED,
    ),
    "time and memory of the grader": (
        bounds.NOTEBOOKS, bounds.FOLDERS, bounds.SLOW_HTML, bounds.SLOW_MARKDOWN, bounds.SLOW_CODE,
    ),
    "nothing outlives a submission": (ends.LINGERS,),
    "nothing outside is reached": (
        seams.CALLS, seams.FOREIGN, hostile.SNOOPS, hostile.HARMS, stranger.CALLS,
    ),
    "pages neither act nor deceive": (
        pages.COVERS, pages.ASKS, pages.ODD, feedback.ATTACKS, stranger.MARKUP,
    ),
    "names mean one student each": (names.NAMES, names.STAMPS),
    "one submission tells the next nothing, and leaves it nothing": (second.PLANTED,),
    "the notebook half runs the function and the course": (
        half.TAMPERED, half.DUNDERS[:-1], half.ACTING, half.LEFT, files.THERE, files.ARCHIVES,
    ),
}  # fmt: skip


def test_the_table_of_classes_says_how_many_attacks_there_are():
    page = (current().root / "docs" / "security.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| (.+?) \| (\d+) \|", page, re.MULTILINE))
    there = {name: sum(map(len, attacks)) for name, attacks in CLASSES.items()}
    for name, count in there.items():
        assert 10 <= int(said.get(name, 0)) <= count, (name, count)
