"""``python -m grader release``: a hand-out of lectures in which no answer can be found."""

import argparse
import sys
import tempfile
import zipfile
from pathlib import Path

from grader.course import current
from grader.handout.folder import HandOut, NotReleased, write
from grader.handout.recording import NotRecorded

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same hand-out gives the same archive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``python -m grader release``."""
    parser.add_argument("lectures", nargs="*", metavar="LECTURE", help="which; none means all")
    parser.add_argument("--to", required=True, type=Path, help="an archive, lab.zip, or a folder")
    parser.add_argument("--no-hints", action="store_true", help="checks offer no hints")


def run(args: argparse.Namespace) -> int:
    """Write the hand-out, and say what is in it."""
    hints = not args.no_hints
    try:
        if args.to.suffix != ".zip":
            made, size = (made := write(current(), args.lectures, args.to, hints)), made.size
        else:
            with tempfile.TemporaryDirectory() as scratch:
                made = write(current(), args.lectures, Path(scratch, args.to.stem), hints)
                size = pack(made.folder, args.to)
    except (NotReleased, NotRecorded) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{args.to}: {size / 1e6:.1f} MB\n{said(made)}")
    return 0


def said(made: HandOut) -> str:
    """What a hand-out holds and what it does not, in a few lines."""
    lines = [
        f"lectures: {', '.join(made.lectures)}",
        f"{len(made.empty)} functions of the library have no body.",
    ]
    if made.kept:
        lines.append(f"These stay, because a demo needs them: {', '.join(sorted(made.kept))}.")
    return "\n".join(lines)


def pack(folder: Path, archive: Path) -> int:
    """Write a folder into an archive, under its own name; gives the bytes of the archive.

    Args:
        folder: what to pack.
        archive: the file to write.
    """
    part = archive.with_name(f".{archive.name}.part")  # a run that is stopped leaves no half of one
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder.parent).as_posix()
                packed.writestr(
                    zipfile.ZipInfo(name, _EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED
                )
    return part.replace(archive).stat().st_size
