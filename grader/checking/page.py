"""Text that a notebook shows as HTML and a terminal as it is."""

import re
from html import escape


class Page:
    """A few sentences, or a page of its own.

    Args:
        text: for a terminal.
        html: for a notebook; None shows the text, its `code` and *emphasis* rendered.
    """

    def __init__(self, text: str, html: str | None = None):
        self.text = text
        self._html = html or f"<p>{inline(text)}</p>"

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self._html


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
