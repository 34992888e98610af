"""From a platform's archive to submissions: whose files they are, which of them count."""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Protocol
from zipfile import ZipInfo

from grader.engine import files
from grader.engine.platforms import names
from grader.engine.platforms.archive import Archive, RefusedArchive, safe
from grader.engine.platforms.names import Handed

METADATA = "submission_metadata.yml"
MAX_METADATA = 256 << 20
# nbgrader reads it as the time of submission, which is not the student's to say.
TIMESTAMP = "timestamp.txt"
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)? *(Z|UTC|[+-]\d\d:?\d\d)")


@dataclass
class Submission:
    """What one student handed in.

    Args:
        student: as the course calls the student.
        who: the student's name as far as the platform tells it.
        late: whether the platform says so.
        time: when it was handed in, UTC; None where the platform does not tell.
        notes: what is odd about it, one clause each.
        refused: why it cannot be taken, or "".
        files: contents by relative name, notebooks under the names of the released ones.
    """

    student: str
    who: str = ""
    late: bool = False
    time: datetime.datetime | None = None
    notes: list[str] = field(default_factory=list)
    refused: str = ""
    files: dict[str, bytes] = field(default_factory=dict)


class Source(Protocol):
    """Something that holds files: an archive, a folder."""

    def read(self, info: Any, most: int) -> bytes:
        """The contents of a file; raises RefusedArchive when it is not read."""
        ...


@dataclass
class _Pile:
    """The files of one submission before it is decided which of them count."""

    submission: Submission
    items: list[tuple[Handed, ZipInfo]] = field(default_factory=list)


def submissions(
    archive: Archive, platform: str, notebooks: Sequence[str], strange: list[str]
) -> Iterator[Submission]:
    """The submissions of an archive, one at a time.

    Args:
        archive: as the platform exports it.
        platform: "canvas", "moodle" or "gradescope".
        notebooks: the names of the released ones, without extension.
        strange: is filled with the files that belong to nobody, and why.

    Raises:
        RefusedArchive: it is not what the platform exports.
    """
    read = _gradescope if platform == "gradescope" else _by_name
    piles = read(archive, platform, notebooks, strange)
    for pile in sorted(piles, key=lambda pile: pile.submission.student):
        try:
            if not pile.submission.refused:
                fill(archive, pile.submission, pile.items, notebooks)
        except RefusedArchive as error:
            pile.submission.refused = str(error)
        yield pile.submission
        pile.submission.files.clear()


def _by_name(
    archive: Archive, platform: str, notebooks: Sequence[str], strange: list[str]
) -> list[_Pile]:
    piles: dict[str, _Pile] = {}
    for path, info in archive.members():
        try:
            found = names.canvas(path, notebooks) if platform == "canvas" else names.moodle(path)
        except ValueError as error:
            strange.append(f"{path}: {error}")
            continue
        if found is None:
            strange.append(f"{path}: not a name that {platform} gives to a submitted file")
            continue
        pile = piles.setdefault(found.student, _Pile(Submission(found.student, found.who)))
        if pile.submission.who != found.who:
            pile.submission.refused = "two names share this number"
        pile.submission.late |= found.late
        pile.items.append((found, info))
    return list(piles.values())


def _gradescope(
    archive: Archive, _platform: str, _notebooks: Sequence[str], strange: list[str]
) -> list[_Pile]:
    by_folder: dict[str, list[tuple[Handed, ZipInfo]]] = {}
    metadata = None
    for path, info in archive.members():
        if path.name == METADATA and len(path.parts) <= 2:
            metadata = archive.read(info, MAX_METADATA)
        elif found := names.GRADESCOPE.fullmatch(str(path)):
            handed = Handed(found["submission"], PurePosixPath(found["name"]))
            by_folder.setdefault(handed.student, []).append((handed, info))
        else:
            strange.append(f"{path}: not in a folder submission_…")
    if metadata is None:
        raise RefusedArchive(f"there is no {METADATA} in it, as Gradescope's export has")
    about = _metadata(metadata)
    piles: dict[str, _Pile] = {}
    for folder, items in sorted(by_folder.items()):
        entry = about.get(folder)
        entry = entry if isinstance(entry, dict) else {}
        people = entry.get(":submitters")
        for person in people if isinstance(people, list) else ():
            text = {k: str(v) for k, v in person.items()} if isinstance(person, dict) else {}
            sid, email = text.get(":sid", ""), text.get(":email", "")
            student = names.student_name(sid) or names.student_name(email)
            if student is None:
                strange.append(f"{folder}: a submitter without a student number or address")
                continue
            made = Submission(
                student, text.get(":name", ""), time=_time(str(entry.get(":created_at", "")))
            )
            if student in piles:
                made.refused = "two submissions share this student"
            piles[student] = _Pile(made, items)
        if not people:
            strange.append(f"{folder}: {METADATA} does not say whose it is")
    return list(piles.values())


def _metadata(content: bytes) -> dict[str, Any]:
    """Every value as text: a student number keeps its zeros, and no tag makes an object."""
    import yaml

    try:
        found = yaml.load(content, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise RefusedArchive(f"{METADATA} cannot be read: {str(error)[:200]}") from None
    if not isinstance(found, dict):
        raise RefusedArchive(f"{METADATA} is no list of submissions")
    return found


def _time(text: str) -> datetime.datetime | None:
    found = _TIME.match(text)
    if not found:
        return None
    day, hour, zone = found.groups()
    zone = "+00:00" if zone in ("Z", "UTC") else zone
    return datetime.datetime.fromisoformat(f"{day}T{hour}{zone}").astimezone(datetime.UTC)


def fill(
    source: Source,
    submission: Submission,
    items: list[tuple[Handed, Any]],
    notebooks: Sequence[str],
) -> None:
    """Read what counts of a submission into it.

    Args:
        source: where its files are.
        submission: gets files and notes.
        items: its files.
        notebooks: the names of the released ones, without extension.

    Raises:
        RefusedArchive: it cannot be taken.
    """
    if len(items) > files.MAX_FILES:
        raise RefusedArchive(f"more than {files.MAX_FILES} files")
    inner = [(handed, info) for handed, info in items if handed.name.suffix.lower() == ".zip"]
    if len(inner) == 1 and not any(names.is_notebook(handed.name) for handed, _ in items):
        handed, info = inner[0]
        submission.notes.append("unpacked a zip")
        with Archive(source.read(info, files.MAX_BYTES)) as theirs:
            packed = [(Handed(handed.student, path), info) for path, info in theirs.members()]
            _take(theirs, submission, packed, notebooks)
    else:
        _take(source, submission, items, notebooks)


def _take(
    source: Source,
    submission: Submission,
    items: list[tuple[Handed, Any]],
    notebooks: Sequence[str],
) -> None:
    chosen, rest = _chosen(submission, items, notebooks)
    if not chosen:
        raise RefusedArchive("no notebook was handed in")
    # A notebook's folder is the submission's: a student may pack more around it.
    base = next(iter(chosen.values()))[0].name.parent
    size = 0
    for name, (handed, info) in [*chosen.items(), *rest]:
        path = PurePosixPath(f"{name}.ipynb") if name else handed.name
        if not name:
            path = path.relative_to(base) if path.is_relative_to(base) else path
            if path.name == TIMESTAMP:
                continue
            if not safe(path):
                raise RefusedArchive(f"{str(path)[:100]}: a name that leads elsewhere, or too deep")
        try:
            content = source.read(info, files.MAX_BYTES - size)
        except RefusedArchive as error:
            raise RefusedArchive(f"{handed.name}: {error}") from None
        size += len(content)
        submission.files[str(path)] = content


def _chosen(
    submission: Submission, items: list[tuple[Handed, Any]], notebooks: Sequence[str]
) -> tuple[dict[str, tuple[Handed, Any]], list[tuple[str, tuple[Handed, Any]]]]:
    """Of several copies of a notebook the last; and what is no notebook."""
    copies: dict[str, list[tuple[Any, Handed, Any]]] = {}
    unknown, rest = [], []
    for handed, info in items:
        if not names.is_notebook(handed.name):
            rest.append(("", (handed, info)))
            continue
        name, copy = names.meant(handed.name, notebooks)
        if name is None:
            unknown.append((handed, info))
        else:
            key = (handed.order, copy, info.date_time)
            copies.setdefault(name, []).append((key, handed, info))
    if not copies and len(unknown) == len(notebooks) == 1:
        submission.notes.append(f"took {unknown[0][0].name} for {notebooks[0]}.ipynb")
        return {notebooks[0]: unknown[0]}, rest
    submission.notes += [f"left out {handed.name}" for handed, _ in unknown]
    chosen = {}
    for name, found in copies.items():
        _, handed, info = max(found, key=lambda copy: copy[0])
        chosen[name] = handed, info
        if len(found) > 1:
            submission.notes.append(f"of {len(found)} copies took {handed.name}")
        elif handed.name.name != f"{name}.ipynb":
            submission.notes.append(f"was called {handed.name.name}")
    return chosen, rest
