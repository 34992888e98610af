"""Folders of graded submissions: built beside their place, then renamed into it."""

import contextlib
import fcntl
import glob
import os
from collections.abc import Iterator
from pathlib import Path

from nbgrader import utils
from nbgrader.converters import autograde as nbgrader_autograde
from nbgrader.converters import base as nbgrader_base
from nbgrader.coursedir import CourseDirectory


class Taken(Exception):
    """Another run is grading this submission at this moment."""


@contextlib.contextmanager
def claimed(folder: str) -> Iterator[None]:
    """While it is entered, no other run grades this submission. It ends with the process.

    Args:
        folder: ``submitted/<student>/<assignment>``.

    Raises:
        Taken: another run does.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Taken("another run is grading it") from None
    except OSError:
        pass  # some network file systems lock no folders
    try:
        yield
    finally:
        os.close(handle)


class InPlace(nbgrader_autograde.Autograde):
    """nbgrader's converter with a folder in progress, ``.<assignment>.partial``.

    A kill at any moment leaves what was graded before, or what is graded now.
    """

    coursedir: CourseDirectory
    _partial: str | None = None

    @contextlib.contextmanager
    def _building(self, assignment: str, student: str) -> Iterator[None]:
        """While it is entered, nbgrader's steps write into the folder in progress."""
        self._partial = self._partial_folder(assignment, student)
        try:
            yield
        finally:
            self._partial = None

    def init_notebooks(self) -> None:
        """As nbgrader's, but a folder's own name is never taken for a pattern.

        A student called ``[a]b`` would be graded on the notebook of the student ``ab``.
        """
        wanted = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        root = self.coursedir.root
        found = glob.glob(os.path.relpath(wanted, root), root_dir=root)
        folders = [os.path.join(root, folder) for folder in found]
        if self.coursedir.student_id != "*" and os.path.isdir(wanted):
            folders = [wanted]
        pattern = self.coursedir.notebook_id + ".ipynb"
        notebooks = {f: glob.glob(pattern, root_dir=f) for f in folders}
        self.assignments = {
            folder: [os.path.join(folder, name) for name in names]
            for folder, names in notebooks.items()
            if names
        }
        if not self.assignments:
            super().init_notebooks()  # it says what was looked for

    def _format_dest(self, assignment_id: str, student_id: str, escape: bool = False) -> str:
        return self._partial or super()._format_dest(assignment_id, student_id, escape)

    def _partial_folder(self, assignment: str, student: str) -> str:
        final = Path(super()._format_dest(assignment, student))
        return str(final.with_name(f".{final.name}.partial"))

    def _earlier_folder(self, assignment: str, student: str) -> Path:
        final = Path(super()._format_dest(assignment, student))
        return final.with_name(f".{final.name}.earlier")

    def _remove_partial(self, assignment: str, student: str) -> None:
        partial = Path(self._partial_folder(assignment, student))
        for folder in (partial, self._earlier_folder(assignment, student)):
            if folder.exists():
                utils.rmtree(str(folder))
        if partial.parent.is_dir() and not any(partial.parent.iterdir()):
            partial.parent.rmdir()

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to grade this submission. What was graded before stays until the new is there."""
        rmtree, nbgrader_base.rmtree = nbgrader_base.rmtree, lambda folder: None
        try:
            return super().init_destination(assignment_id, student_id)
        finally:
            nbgrader_base.rmtree = rmtree

    def _put_earlier_away(self, assignment: str, student: str) -> None:
        """From here until the new folder is in place, the submission counts as not graded."""
        final = Path(super()._format_dest(assignment, student))
        if self.coursedir.notebook_id == "*" and final.exists():
            final.rename(self._earlier_folder(assignment, student))

    def _move_into_place(self, assignment: str, student: str) -> None:
        partial = Path(self._partial_folder(assignment, student))
        final = Path(self._format_dest(assignment, student))
        if not final.exists():
            partial.rename(final)
            return
        for path in sorted(partial.rglob("*")):  # only some of the notebooks were graded
            if path.is_file():
                target = final / path.relative_to(partial)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, target)
