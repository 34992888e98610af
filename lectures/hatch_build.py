"""What the wheel of the course holds: its library, which lies beside this folder, and its lectures.

Notebooks are built from the scripts, in the repository; the wheel has neither.
"""

import tomllib
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LEFT_OUT = {"lecture.py", "hatch_build.py", "export_digits.py"}


class Wheel(BuildHookInterface):
    """An editable installation gets no files: it finds them in the repository."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build.

        Args:
            version: "standard" or "editable".
            build_data: what the build adds to the settings in pyproject.toml.

        Raises:
            ValueError: a source distribution was asked for; it would lack the library.
        """
        if self.target_name != "wheel":
            raise ValueError("the course has no source distribution: `pip wheel . ./lectures`")
        if version == "standard":
            root = Path(self.root).parent
            build_data["force_include"] = {str(path): place(path, root) for path in files(root)}


def place(path: Path, root: Path) -> str:
    """Where a file goes in the wheel: where it is, and data beside the lectures."""
    name = path.relative_to(root)
    return (Path("lectures") / name if name.parts[0] == "data" else name).as_posix()


def files(root: Path) -> list[Path]:
    """The files of the wheel.

    Args:
        root: the repository.
    """
    course = root / "lectures/course.toml"
    data = ["README.md", *tomllib.loads(course.read_text(encoding="utf-8"))["data"]]
    modules = [*root.glob("utils/**/*.py"), *root.glob("lectures/**/*.py")]
    return [
        *sorted(path for path in modules if path.name not in LEFT_OUT),
        root / "utils/py.typed",
        *sorted(root.glob("utils/*.js")),
        course,
        *(root / "data" / name for name in data),
    ]
