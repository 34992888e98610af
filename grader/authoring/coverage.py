"""docs/coverage.md: where each entry of the syllabus has its home in the notebooks."""

from collections.abc import Iterable

from grader.authoring.lecture import Lecture
from grader.authoring.syllabus import syllabus

HEAD = """\
# Coverage

Where each entry of the syllabus is taught. Generated from the cell tags by
`python -m grader build`; an entry that no notebook teaches says so.
"""


def render(lectures: Iterable[Lecture]) -> str:
    """The page, in Markdown."""
    homes: dict[str, list[str]] = {}
    for lecture in lectures:
        for cell in lecture.cells:
            for tag in cell.tags:
                path = f"../notebooks/{lecture.name}/{lecture.name}.ipynb"
                home = f"[{lecture.name}]({path}) {cell.section}".strip()
                if home not in homes.setdefault(tag, []):
                    homes[tag].append(home)
    return "\n".join(
        [
            HEAD,
            *_table("Topics", "ID", "Topic", syllabus().ids, homes),
            "",
            *_table("Errors on the slides", "Error", "What is right", syllabus().errors, homes),
            "",
        ]
    )


def _table(
    title: str, key: str, what: str, entries: dict[str, str], homes: dict[str, list[str]]
) -> list[str]:
    taught = sum(id in homes for id in entries)
    rows = [
        f"| {id} | {text.replace('|', chr(92) + '|')} | {'; '.join(homes.get(id, ['not yet']))} |"
        for id, text in entries.items()
    ]
    heading = [f"## {title}: {taught} of {len(entries)}", ""]
    return [*heading, f"| {key} | {what} | Where |", "|---|---|---|", *rows]
