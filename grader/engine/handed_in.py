"""A submission's folder holds no settings: what looks like some there is a file like any other."""

from pathlib import Path
from typing import Any

SETTINGS = "nbgrader_config.py"
_OF_STUDENTS = frozenset({"submitted", "autograded", "feedback"})


def handed_in(path: Path) -> bool:
    """Whether a path lies in a submission: in such a folder of a course directory.

    Args:
        path: a file or folder.
    """
    path = path.resolve()
    inner = [folder for folder in (path, *path.parents) if folder.name in _OF_STUDENTS]
    return any((folder.parent / SETTINGS).is_file() for folder in inner)


def guard_formgrader() -> None:
    """Keep formgrader from opening a submission's folder as a course.

    An address does that, ``formgrader?path=...``, and nbgrader then runs the settings in there.
    """
    from nbgrader.server_extensions.formgrader.handlers import FormgraderHandler
    from tornado import web

    opened = FormgraderHandler.get
    if getattr(opened, "guarded", False):
        return

    def get(self: Any) -> Any:
        path = self.get_argument("path", "")
        if path and handed_in(Path(path)):
            raise web.HTTPError(403, "a submission's folder is no course")
        return opened(self)

    vars(get)["guarded"] = True
    FormgraderHandler.get = get
