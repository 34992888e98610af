"""Grading a class: each submission in its own shut-in process, judged from outside."""


def use_for_nbgrader() -> None:
    """Put ``nbgrader autograde`` and formgrader's button on this engine.

    It is one line in ``nbgrader_config.py``; without it nbgrader grades as it always does.
    """
    import nbgrader.apps.api
    import nbgrader.apps.autogradeapp

    from grader.engine.autograde import Autograde

    nbgrader.apps.api.Autograde = Autograde
    nbgrader.apps.autogradeapp.Autograde = Autograde
