"""nbgrader's gradebook, opened once and written in one transaction per submission."""

# nbgrader's traitlets and its database columns mean nothing to a type checker.
# pyright: reportAttributeAccessIssue=false, reportOptionalMemberAccess=false

import contextlib
from collections.abc import Iterator

from nbgrader.api import Gradebook
from nbgrader.converters import autograde as nbgrader_autograde
from nbgrader.preprocessors import latesubmissions, overwritecells, overwritekernelspec
from nbgrader.preprocessors import saveautogrades as nbgrader_saveautogrades

# Where nbgrader opens the gradebook while it autogrades: nine times per submission.
_OPENERS = (
    nbgrader_autograde,
    latesubmissions,
    overwritecells,
    overwritekernelspec,
    nbgrader_saveautogrades,
)


class _Shared:
    """Stands for a Gradebook that somebody else opened and will close."""

    def __init__(self, gradebook: Gradebook):
        self._gradebook = gradebook

    def __enter__(self) -> Gradebook:
        return self._gradebook

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        return getattr(self._gradebook, name)


@contextlib.contextmanager
def shared(gradebook: Gradebook) -> Iterator[None]:
    """nbgrader's own steps use this gradebook instead of opening one each.

    Args:
        gradebook: an open gradebook.
    """
    before = [module.Gradebook for module in _OPENERS]
    for module in _OPENERS:
        module.Gradebook = lambda *_args, **_kwargs: _Shared(gradebook)
    try:
        yield
    finally:
        for module, original in zip(_OPENERS, before, strict=True):
            module.Gradebook = original


@contextlib.contextmanager
def transaction(gradebook: Gradebook) -> Iterator[None]:
    """Everything inside becomes visible in the gradebook together, or not at all.

    nbgrader commits after every step; inside, these commits only send what they have.

    Args:
        gradebook: an open gradebook.
    """
    session = gradebook.db()
    commit = session.commit
    session.commit = session.flush
    try:
        yield
        session.commit = commit
        session.commit()
    except BaseException:
        session.commit = commit
        session.rollback()
        raise
