"""What an exercise's text promises, sentence by sentence, and the case that tests it.

A sentence that says what happens at a boundary, in a tie, at zero, with an empty or infinite input,
in which order, how something is distributed, or what is raised, is a promise: a function that does
otherwise is wrong, and must be found out. The exercise names for each such sentence the case that
does (``Exercise.promises``).
"""

import inspect
import re
from collections.abc import Iterator

from grader.authoring.source import raises
from grader.checking.exercise import Case, Exercise

# Words with which a text draws a border.
_BORDER = re.compile(
    r"\b(raises?|ValueError|ties?|tied|exactly|at least|at most|more than|less than|fewer|empty|"
    r"inf|infinite|nan|NaN|never|unless|independently|equally likely|overflows?|warns?|warnings?)\b"
)

# What the arguments are like is said so that nothing else need be expected.
_PRECONDITION = re.compile(r"Args: (?!.*\b(?:ties?|counts?|when|every dtype)\b)")


def promises(exercise: Exercise) -> list[str]:
    """The sentences of an exercise's text that draw a border.

    Args:
        exercise: its definition.
    """
    return [s for s in _sentences(exercise) if _BORDER.search(s) and not _PRECONDITION.match(s)]


def untested(exercise: Exercise, cases: tuple[Case, ...]) -> Iterator[str]:
    """What is wrong with an exercise's list of promises, in words.

    Args:
        exercise: its definition.
        cases: one draw of its cases.
    """
    sentences = promises(exercise)
    known = {case.name for case in cases} | {case.kind for case in cases}
    for sentence in sentences:
        if not any(part in sentence for part in exercise.promises):
            yield f"no case is named in `promises` for “{sentence}”"
    everything = " ".join(_sentences(exercise))
    for part, names in exercise.promises.items():
        if part not in everything:
            yield f"the text does not say “{part}”"
        for name in (names,) if isinstance(names, str) else names:
            if name not in known:
                yield f"“{part}” is to be tested by “{name}”, but there is no such case"


def _sentences(exercise: Exercise) -> list[str]:
    """The text of the student: docstrings without the solution and without the source."""
    reference = exercise.reference
    texts = [inspect.getdoc(reference) or ""]
    if inspect.isclass(reference):
        texts += [inspect.getdoc(m) or "" for m in vars(reference).values() if callable(m)]
    left_out = "Solution" if raises(exercise) else "Solution|Raises"  # as the build does
    found = []
    for text in texts:
        paragraphs = re.split(r"\n\s*\n", _without_sections(text, left_out))
        for paragraph in paragraphs:
            flat = " ".join(paragraph.split())
            found += [s.strip() for s in re.split(r"(?<=[.;!?])\s+(?=[A-Z`(])", flat) if s.strip()]
    return found


def _without_sections(text: str, names: str) -> str:
    text = re.sub(rf"(?m)^(?:{names}):\n(?:[ \t]+.*\n?|\n)*", "", text)
    return re.sub(r"(?ms)^Source:.*", "", text)
