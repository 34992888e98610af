"""How large a hand-out is, how soon its checks answer: ``python -m benchmarks.handout [LECTURE]``.

Left out, the lecture is the whole course. First the size of archive and folder, and what writing
takes; then the processor time of a fresh Python until its first check has answered, and of one
more check, in the hand-out and in the repository.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.checking.definitions import exercises_of
from grader.course import current
from grader.handout.command import pack
from grader.handout.folder import write

RUNS = 5
CHECK = """
import sys, time
from grader import check
from grader.checking.definitions import find
exercise = find(sys.argv[1])
def student(*args, **kwargs):
    return None
check(exercise.id, student)
first = time.process_time()
check(exercise.id, student)
print(first, time.process_time() - first)
"""


def seconds(root: Path, lecture: str, id: str) -> list[float]:
    """Processor time until the first check has answered, and of the second; best of several.

    Args:
        root: the folder of the hand-out or of the repository.
        lecture: in whose folder Python starts.
        id: the exercise.
    """
    env = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-c", CHECK, id]
    place = root / "notebooks" / lecture
    runs = []
    for _ in range(RUNS):
        done = subprocess.run(
            command, cwd=place, env=env, capture_output=True, text=True, check=True
        )
        runs.append([float(part) for part in done.stdout.split()])
    return [min(times) for times in zip(*runs, strict=True)]


def main() -> None:
    lectures = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        start = time.process_time()
        made = write(current(), lectures, Path(scratch, "lab"))
        spent = time.process_time() - start
        archive = pack(made.folder, Path(scratch, "lab.zip"))
        print(f"{', '.join(lectures) or 'all'}: archive {archive / 1e6:.1f} MB,", end=" ")
        print(f"folder {made.size / 1e6:.1f} MB, written in {spent:.0f} s")
        lecture = made.lectures[-1]
        exercise = exercises_of(lecture)[0]
        for name, root in (("hand-out", made.folder), ("repository", current().root)):
            first, next_ = seconds(root, lecture, exercise.id)
            print(f"{name:<12} first check {first:.2f} s, next {1e3 * next_:.1f} ms")


if __name__ == "__main__":
    main()
