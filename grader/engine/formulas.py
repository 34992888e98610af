"""Formulas of a page as MathML: browsers show it without a script and without the network."""

import re
import secrets
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from bleach.html5lib_shim import Filter  # pyright: ignore[reportAttributeAccessIssue]
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer

# What the converter makes of formulas. It also has elements and attributes that act (\href, a
# <script> in \text): a formula with any other element or attribute is shown as TeX.
_ELEMENTS = frozenset(
    "math mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup msup "
    "mtable mtd mtext mtr munder munderover".split()
)
_ATTRIBUTES = frozenset(
    "accent columnalign columnspacing display displaystyle fence form linethickness lspace "
    "mathvariant maxsize minsize rowspacing rspace scriptlevel separator stretchy width".split()
)
_LONGEST = 5000
_DEEPEST = 100
_MARK = re.compile(r"formula[0-9a-f]{32}")


class MarkingRenderer(IPythonRenderer):
    """nbconvert's renderer of Markdown, with a mark in the place of each formula.

    ``formulas`` tells for each mark the source as it was written, its TeX, and how it is displayed.
    A mark is random, so that a page cannot contain it by itself.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.formulas: dict[str, tuple[str, str, str]] = {}

    def _mark(self, source: str, tex: str, display: str) -> str:
        mark = f"formula{secrets.token_hex(16)}"
        self.formulas[mark] = source, tex, display
        return mark

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture; its text where the notebook does not hold what it names."""
        try:
            return super().image(text, url, title)
        except InvalidNotebook:
            return self.escape_html(text)

    def inline_math(self, body: str) -> str:
        """A formula in a line."""
        return self._mark(f"${body}$", body, "inline")

    def block_math(self, body: str) -> str:
        """A formula on lines of its own."""
        return self._mark(f"$${body}$$", body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        """An environment, ``align`` for example, on lines of its own."""
        source = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._mark(source, source, "block")


class Formulas(Filter):
    """In a stream of HTML tokens, MathML for the marks in text, the source for those elsewhere.

    Args:
        source: the tokens, cleaned.
        formulas: of a :class:`MarkingRenderer`.
    """

    def __init__(self, source: Any, formulas: dict[str, tuple[str, str, str]]):
        super().__init__(source)
        self._formulas = formulas

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            if token["type"] == "Characters":
                yield from self._text(token["data"])
                continue
            if isinstance(token.get("data"), dict):
                token["data"] = {name: self._source(v) for name, v in token["data"].items()}
            yield token

    def _source(self, text: str) -> str:
        return _MARK.sub(lambda m: self._formulas.get(m[0], (m[0],))[0], text)

    def _text(self, text: str) -> Iterator[dict[str, Any]]:
        end = 0
        for found in _MARK.finditer(text):
            if found[0] not in self._formulas:
                continue
            source, tex, display = self._formulas[found[0]]
            if found.start() > end:
                yield _characters(text[end : found.start()])
            math = _mathml(tex, display)
            yield from [_characters(source)] if math is None else _tokens(math)
            end = found.end()
        if end < len(text):
            yield _characters(text[end:])


def _characters(text: str) -> dict[str, Any]:
    return {"type": "Characters", "data": text}


def _mathml(tex: str, display: str) -> ElementTree.Element | None:
    """The formula as elements; None when it cannot be shown or should not be."""
    if len(tex) > _LONGEST:
        return None
    try:
        math = ElementTree.fromstring(convert(tex, display=display))
    except Exception:
        return None
    level, depth = [math], 0
    while level:
        level, depth = [child for element in level for child in element], depth + 1
    if depth > _DEEPEST:
        return None
    for element in math.iter():
        element.tag = element.tag.rpartition("}")[2]
        if element.tag not in _ELEMENTS or not _ATTRIBUTES.issuperset(element.attrib):
            return None
    math.set("alttext", tex.strip())
    return math


def _tokens(element: ElementTree.Element) -> Iterator[dict[str, Any]]:
    attributes = {(None, name): value for name, value in element.attrib.items()}
    tag = {"namespace": None, "name": element.tag}
    yield {"type": "StartTag", **tag, "data": attributes}
    if element.text:
        yield _characters(element.text)
    for child in element:
        yield from _tokens(child)
    yield {"type": "EndTag", **tag, "data": {}}
