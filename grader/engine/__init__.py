"""Grading a class: each submission in its own shut-in process, judged from outside."""

import sys

# jsonschema would compile a grammar of international web addresses, for a second of every start.
# No notebook has such a thing; without the module it leaves that one format unchecked.
sys.modules.setdefault("rfc3987_syntax", None)  # pyright: ignore[reportArgumentType]


def use_for_nbgrader() -> None:
    """Put nbgrader's autograde and feedback, and formgrader's buttons, on this engine.

    It is one line in ``nbgrader_config.py``; without it nbgrader grades as it always does.
    """
    import nbgrader.apps.api
    import nbgrader.apps.autogradeapp
    import nbgrader.apps.generatefeedbackapp

    from grader.engine.autograde import Autograde
    from grader.engine.feedback import GenerateFeedback
    from grader.engine.handed_in import guard_formgrader

    nbgrader.apps.api.Autograde = Autograde
    nbgrader.apps.autogradeapp.Autograde = Autograde
    nbgrader.apps.api.GenerateFeedback = GenerateFeedback
    nbgrader.apps.generatefeedbackapp.GenerateFeedback = GenerateFeedback
    guard_formgrader()
