"""nbgrader's feedback pages, shut: they run no script and fetch nothing.

A report of the grader has a mark in the margin, where nothing of a submission can be drawn.
"""

import re
from pathlib import Path

import nbgrader.server_extensions.formgrader
from nbgrader.converters import generate_feedback as nbgrader_feedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.engine.files import collect

_TEMPLATES = Path(__file__).parent / "templates"
# For the head of a page: no script, and no request to anywhere.
POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src 'self' "
    "data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'\">"
)
_PICTURES = frozenset({".gif", ".jpeg", ".jpg", ".png"})
_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_FONT = re.compile(r"@font-face\s*\{[^}]*\}", re.IGNORECASE)  # of a style sheet's icons, in a file


class GenerateFeedback(nbgrader_feedback.GenerateFeedback):
    """nbgrader's pages with a policy that forbids script and requests.

    Even what the cleaning of a submission overlooked cannot run then. Formulas are MathML, because
    MathJax is a script from the network.
    """

    coursedir: CourseDirectory

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Copy a submission's pictures; another page of it would be taken for this one."""
        source = Path(self._format_source(assignment_id, student_id))
        target = Path(self._format_dest(assignment_id, student_id))
        for name, content in collect(source, self.coursedir.ignore).items():
            if Path(name).suffix.lower() in _PICTURES:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes(content)

    def start(self) -> None:
        """Make the pages. The settings come last: formgrader's button names a template itself."""
        theirs = Path(nbgrader.server_extensions.formgrader.__file__).parent / "templates"
        config = Config()
        config.HTMLExporter.template_name = "shut_feedback"
        config.HTMLExporter.extra_template_basedirs = [str(_TEMPLATES), str(theirs)]
        # Ours extends theirs by its path below that folder.
        paths = [*self.config.HTMLExporter.extra_template_paths, str(theirs)]
        config.HTMLExporter.extra_template_paths = paths
        config.HTMLExporter.filters = {
            "clean_html": "grader.engine.safe_html.raw2html",
            "markdown2html": "grader.engine.safe_html.markdown2html",
            "shut": "grader.engine.feedback.shut",
        }
        self.update_config(config)
        super().start()


def shut(header: str) -> str:
    """The head of a page with the policy first, without its scripts and without fonts to fetch.

    Args:
        header: HTML up to the end of its head.
    """
    return _FONT.sub("", _SCRIPT.sub("", header)).replace("<head>", f"<head>\n{POLICY}", 1)
