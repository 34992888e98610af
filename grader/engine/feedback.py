"""nbgrader's feedback pages, shut: they run no script and fetch nothing.

A report of the grader has a mark in the margin, where nothing of a submission can be drawn.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nbgrader.server_extensions.formgrader
from nbgrader.converters import generate_feedback as nbgrader_feedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from traitlets.config import Config

from grader.engine.files import collect

_TEMPLATES = Path(__file__).parent / "templates"
_THEIRS = Path(nbgrader.server_extensions.formgrader.__file__).parent / "templates"
# For the head of a page: no script, and no request to anywhere.
POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self' "
    "data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'\">"
)
_PICTURES = frozenset({".gif", ".jpeg", ".jpg", ".png"})
# What `nbgrader release_feedback` reads beside a page.
_EXCHANGE = frozenset({"submission_secret.txt", "timestamp.txt"})
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_FONT = re.compile(r"@font-face\s*\{[^}]*\}", re.IGNORECASE)  # of a style sheet's icons, in a file


class GenerateFeedback(nbgrader_feedback.GenerateFeedback):
    """nbgrader's pages with a policy that forbids script and requests.

    Even what the cleaning of a submission overlooked cannot run then. Formulas are MathML, because
    MathJax is a script from the network.
    """

    coursedir: CourseDirectory

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy a submission's pictures, and what the exchange needs to hand the page out.

        Another page of the submission would be taken for this one.
        """
        source = Path(self._format_source(assignment_id, student_id))
        target = Path(self._format_dest(assignment_id, student_id))
        for name, content in collect(source, self.coursedir.ignore).items():
            if name in _EXCHANGE or Path(name).suffix.lower() in _PICTURES:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes(content)

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Whether to make a page: where there is none, and where the grading is newer than it."""
        graded = Path(self._format_source(assignment_id, student_id))
        pages = Path(self._format_dest(assignment_id, student_id))
        asked = self.force
        self.force = asked or _is_newer(graded, pages)
        try:
            return super().init_destination(assignment_id, student_id)
        finally:
            self.force = asked

    def start(self) -> None:
        """Make the pages. The settings come last: formgrader's button names a template itself."""
        config = Config()
        use_template(config, "shut_feedback", self.config.HTMLExporter.extra_template_paths)
        self.update_config(config)
        super().start()


def _is_newer(graded: Path, pages: Path) -> bool:
    """Whether one of the graded notebooks was written after its page."""
    both = ((path, pages / f"{path.stem}.html") for path in graded.glob("*.ipynb"))
    return any(
        page.is_file() and page.stat().st_mtime_ns < notebook.stat().st_mtime_ns
        for notebook, page in both
    )


def use_template(config: Config, name: str, paths: Iterable[str] = ()) -> None:
    """Let pages be made by a template of this engine, which extends one of nbgrader's, and clean.

    Args:
        config: what is changed.
        name: a folder of ``templates/``.
        paths: other folders of templates.
    """
    config.HTMLExporter.template_name = name
    config.HTMLExporter.extra_template_basedirs = [str(_TEMPLATES), str(_THEIRS)]
    # Ours extends theirs by its path below that folder.
    config.HTMLExporter.extra_template_paths = [*paths, str(_THEIRS), str(_TEMPLATES)]
    config.HTMLExporter.filters = {
        "clean_html": "grader.engine.safe_html.raw2html",
        "highlight_code": "grader.engine.safe_html.code2html",
        "markdown2html": "grader.engine.safe_html.markdown2html",
        "shut": "grader.engine.feedback.shut",
    }


def mark_formgrader() -> None:
    """Formgrader's page of a submission bears the same mark beside a report of the grader.

    It takes effect when the settings of a course are read, which formgrader does before it makes
    its pages.
    """
    made = FormgradeExtension.init_tornado_settings
    if getattr(made, "marked", False):
        return

    def init_tornado_settings(self: Any, webapp: Any) -> Any:
        use_template(self.config, "marked_formgrade")
        return made(self, webapp)

    vars(init_tornado_settings)["marked"] = True
    FormgradeExtension.init_tornado_settings = init_tornado_settings


def shut(header: str) -> str:
    """The head of a page with the policy first, without its scripts and without fonts to fetch.

    Args:
        header: HTML up to the end of its head.
    """
    return _FONT.sub("", _SCRIPT.sub("", header)).replace("<head>", f"<head>\n{POLICY}", 1)
