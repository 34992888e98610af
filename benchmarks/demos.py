"""Which cells a student waits for in a browser's tab: solutions, run in Pyodide.

    python -m benchmarks.demos [LECTURE ...] [--over 4] [--desk]

The cells of each lecture run from top to bottom in the Python of a tab, here in Node. A table lists
those that take longer than so many seconds of the processor, and those that fail; the aim is 5. A
cell is ended after 120 seconds on the clock. With ``--desk`` the same cells run in this Python.
They are made of the scripts, so nothing has to be built before. The first line of a lecture holds
what compiles its imports: in the browser they come compiled.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from grader.authoring.build import solution
from grader.authoring.lecture import PROSE, read
from grader.checking.definitions import lectures
from tests.checking.in_node import ROOT, command, unpack

LONGEST = 120


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("lecture", nargs="*", help="names of rooms; all if there is none")
    parser.add_argument("--over", type=float, default=4, help="seconds from which a cell is listed")
    parser.add_argument("--desk", action="store_true", help="run the cells in this Python")
    args = parser.parse_args()
    print("| lecture | line | seconds | the cell begins with |\n|---|--:|--:|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        file, folders = Path(scratch, "cells.json"), None
        if not args.desk:
            folders = unpack(Path(scratch))
        for name, definitions in lectures().items():
            if args.lecture and name not in args.lecture:
                continue
            lecture = read(ROOT / "lectures" / name / "lecture.py", definitions)
            numbers = [cell.line for cell in lecture.cells if cell.role not in PROSE]
            sources = [c.source for c in solution(lecture).cells if c.cell_type == "code"]
            file.write_text(json.dumps(sources), "utf-8")
            total = 0
            for number, seconds, error in ran(folders, file):
                total += seconds
                if seconds > args.over or error:
                    first = sources[number].partition("\n")[0]
                    said = f" ({error})" if error else ""
                    row = f"{name} | {numbers[number]} | {seconds:.1f} | `{first}`{said}"
                    print(f"| {row} |", flush=True)
            print(f"| {name} | all | {total:.0f} | |", flush=True)


def ran(folders: tuple[Path, Path] | None, file: Path) -> Iterator[tuple[int, float, str | None]]:
    """Run the sources in a file: number, seconds and error of each, as they come."""
    line = [sys.executable, "-m", "benchmarks.cells", str(file), str(LONGEST)]
    if folders:
        shutil.copy(file, folders[1])
        line = command(folders, "benchmarks.cells", f"/packages/{file.name}", LONGEST)
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        for said in process.stdout or ():
            yield tuple(json.loads(said))
    if process.returncode:
        raise SystemExit(f"{' '.join(line)} ended with {process.returncode}")


if __name__ == "__main__":
    main()
