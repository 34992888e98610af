"""Text that a notebook shows as HTML and a terminal as it is."""

import re
from html import escape

# Control characters, signs that change the direction of what follows, and lone surrogates.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Page:
    """A few sentences, or a page of its own.

    Args:
        text: for a terminal.
        html: for a notebook; None shows the text, its `code` and *emphasis* rendered.
    """

    def __init__(self, text: str, html: str | None = None):
        self.text = visible(text)
        self._html = visible(html or f"<p>{inline(text)}</p>")

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self._html


def visible(text: str) -> str:
    """A text in which nothing acts on a terminal, turns the writing round or cannot be sent.

    Args:
        text: any. A character that moves the cursor, sets colours or changes the direction, and
            half of a character, become their names in Python, "\\x1b"; line ends and tabs stay.
    """
    return _ACTS.sub(lambda found: ascii(found[0])[1:-1], text)


def inline(text: str) -> str:
    """A text as HTML: escaped, with `code`, *emphasis* and line ends.

    Args:
        text: what Markdown calls inline; a ``*`` beside a space, or in code, stays what it is.
    """
    pieces = escape(text).split("`")
    if len(pieces) % 2 == 0:  # one is a lone sign, not a pair
        return _emphasised(escape(text)).replace("\n", "<br>")
    pieces = [f"<code>{p}</code>" if i % 2 else _emphasised(p) for i, p in enumerate(pieces)]
    return "".join(pieces).replace("\n", "<br>")


def _emphasised(text: str) -> str:
    return re.sub(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])", r"<em>\1</em>", text)


def flow(text: str) -> str:
    """A text as HTML whose line ends are those of the source file: only empty lines divide it."""
    return "<br><br>".join(inline(" ".join(part.split())) for part in text.split("\n\n"))
