"""What of a misconception's message may be told, so that every sentence is true of what was seen.

A message is written for a function that makes this one mistake and no other. Where more is wrong,
or less, some of its sentences are not true: "`dw` is right" beside a second mistake in dw.
"""

import re
from collections.abc import Callable, Iterable, Sequence

# Sentences that say of another part that it is as it should be.
_VOUCHES = re.compile(r"\b(right|only|otherwise|everything|all)\b", re.IGNORECASE)


def sentences(message: str) -> list[str]:
    """The sentences of a message; line ends become spaces."""
    return re.split(r"(?:(?<=[.?!])|(?<=[.?!]\)))\s+", " ".join(message.split()))


def questions(message: str) -> str:
    """What a message asks. A question claims nothing, so it holds whatever else is wrong."""
    return " ".join(s for s in sentences(message) if s.endswith("?"))


def without_praise(message: str) -> str:
    """A message without the sentences that vouch for other parts; its questions stay."""
    return _kept(message, lambda said: not _VOUCHES.search(said))


def without(message: str, outputs: Sequence[str]) -> str:
    """A message without what it says of these outputs, which are right; its questions stay.

    Args:
        message: of a misconception that has these outputs wrong.
        outputs: their names, "dgamma".
    """
    names = "|".join(re.escape(name) for name in outputs)
    speaks = re.compile(rf"(?<!\w)(?:{names})(?!\w)|\b(?:all|both|every(?:thing)?)\b", re.I)
    return _kept(message, lambda said: not speaks.search(said))


def listed(words: Iterable[str]) -> str:
    """Words as a list in a sentence, "a, b and c"."""
    words = list(words)
    return ", ".join(words[:-1]) + (" and " if len(words) > 1 else "") + words[-1]


def _kept(message: str, is_true: Callable[[str], bool]) -> str:
    said = sentences(message)
    kept = [s for s in said if s.endswith("?") or is_true(s)]
    return message if len(kept) == len(said) else " ".join(kept)
