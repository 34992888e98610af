"""Grading a class: each submission in its own shut-in process, judged from outside."""

import sys

# jsonschema would compile a grammar of international web addresses, for a second of every start.
# No notebook has such a thing; without the module it leaves that one format unchecked.
sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]


def use_for_nbgrader() -> None:
    """Put nbgrader's autograde, feedback and export, and formgrader's buttons, on this engine.

    It is one line in ``nbgrader_config.py``; without it nbgrader grades as it always does.
    """
    import nbgrader.apps.api
    import nbgrader.apps.autogradeapp
    import nbgrader.apps.generatefeedbackapp
    from nbgrader.plugins import CsvExportPlugin

    from grader.engine.autograde import Autograde
    from grader.engine.clicks import AutogradeClick
    from grader.engine.export import export
    from grader.engine.feedback import GenerateFeedback, mark_formgrader
    from grader.engine.handed_in import guard_formgrader
    from grader.engine.timestamps import guard_pages

    nbgrader.apps.api.Autograde = AutogradeClick
    nbgrader.apps.autogradeapp.Autograde = Autograde
    nbgrader.apps.api.GenerateFeedback = GenerateFeedback
    nbgrader.apps.generatefeedbackapp.GenerateFeedback = GenerateFeedback
    CsvExportPlugin.export = export
    guard_formgrader()
    guard_pages()
    mark_formgrader()
