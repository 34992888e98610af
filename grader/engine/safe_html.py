"""What of a submission a browser may see: no script, no form, no request to anywhere.

Instructors open submissions in formgrader and in feedback pages, with their own rights. A check's
report is made by the grader and needs none of this.

What is left stands in a box of its own: no style, size or class in it draws outside of the box, so
that nothing covers the page's scores or a report. Cleaning is bounded in time, as HTML can be
written that no parser gets through.
"""

import re
import time
from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from nbconvert.filters.ansi import strip_ansi
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from grader.checking.platform import time_limit
from grader.engine.formulas import Formulas, MarkingRenderer

_TAGS = frozenset(
    "a abbr b blockquote br caption center code col colgroup dd del details div dl dt em "
    "figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span "
    "strong sub summary sup table tbody td tfoot th thead tr tt u ul var".split()
)
_ATTRIBUTES = frozenset(
    "align alt aria-hidden aria-label border class colspan dir height lang open role rowspan scope "
    "start style title width".split()
)
_STYLES = CSSSanitizer(
    allowed_css_properties=[
        *("background-color", "border", "border-left", "border-radius", "color", "float"),
        *("font-family", "font-size", "font-style", "font-variant-numeric", "font-weight"),
        *("height", "line-height", "margin", "margin-left", "max-width", "opacity", "padding"),
        *("text-align", "text-decoration", "vertical-align", "white-space", "width"),
    ]
)
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif);base64,[A-Za-z0-9+/=\s]+")
# Of classes those of tables, of highlighted code and of the course's own pictures; not the page's.
_CLASS = re.compile(
    r"dataframe|highlight|hl-[\w-]+|[a-z][a-z0-9]{0,2}|dtl-(?:answer|goal|live|picture|said|still)"
)
_LOCAL_PICTURE = re.compile(r"(?:[\w-][\w .-]*/)*[\w-][\w .-]*\.(?:png|jpe?g|gif)", re.IGNORECASE)
_BOX = '<div style="contain: content">{}</div>'
_LONGEST = 4 << 20
_LONGEST_STYLE = 1000
_LONGEST_TEXT = 100_000
_UNREAD = "<p>[This takes too long to read to be shown.]</p>"
# Python's own lexer: that of IPython follows `%%perl` to another, which takes time without bound.
_HIGHLIGHT = Highlight2HTML(pygments_lexer="python3")
_CODE_SECONDS = 5.0
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


class Allowance:
    """How long the cleaning of one page may take.

    Args:
        seconds: for all of it; what comes after is not shown.
        characters: of code that are coloured; what comes after is shown in black.
        colours: changes of colour in outputs; what comes after is shown without.
    """

    def __init__(self, seconds: float = 5.0, characters: int = 100_000, colours: int = 20_000):
        self._left = seconds
        self._characters = characters
        self._colours = colours

    def code(self, source: str) -> str:
        """The HTML of a cell's code, as Python whatever the notebook says it is."""
        self._characters -= len(source)
        if self._characters >= 0:
            try:
                with time_limit(_CODE_SECONDS):
                    return _HIGHLIGHT(source)
            except (TimeoutError, RecursionError):
                self._characters = -1
        return f'<div class="highlight"><pre>{escape(source)}</pre></div>'

    def text(self, text: str) -> str:
        """A text of an output: each change of colour in it is an element of the page."""
        self._colours -= text.count("\x1b")
        return text if self._colours >= 0 else strip_ansi(text)

    def html(self, make: Callable[[], str]) -> str:
        """The HTML that ``make`` makes, in its box; a note in its place when it takes too long."""
        if self._left <= 0:
            return _UNREAD
        start = time.perf_counter()
        try:
            with time_limit(self._left):
                return _BOX.format(make())
        except (TimeoutError, RecursionError):
            return _UNREAD
        finally:
            self._left -= time.perf_counter() - start


def safe_outputs(outputs: list, allowance: Allowance | None = None) -> list[dict[str, Any]]:
    """A cell's outputs with only what a page can show without danger.

    HTML loses what could act; SVG, JavaScript and widgets are left out, their text stays.

    Args:
        outputs: in the notebook format.
        allowance: of the page that they are on.
    """
    allowance = allowance or Allowance()
    safe = []
    for output in outputs:
        kind = output.get("output_type")
        if kind in ("stream", "error"):
            shown = dict(output)
            if "traceback" in shown:
                shown["traceback"] = [allowance.text(line) for line in shown["traceback"]]
            if "text" in shown:
                shown["text"] = allowance.text(shown["text"])
            safe.append(shown)
        elif kind in ("display_data", "execute_result"):
            shown = {"output_type": kind, "data": _safe_data(output.get("data", {}), allowance)}
            if kind == "execute_result":
                shown["execution_count"] = output.get("execution_count")
            safe.append({**shown, "metadata": {}})
    return safe


def safe_html(html: str, formulas: dict[str, tuple[str, str, str]] | None = None) -> str:
    """HTML without script, style sheets, forms, frames and requests to elsewhere.

    Args:
        html: somebody else's.
        formulas: what the marks in it stand for, see :class:`grader.engine.formulas.Formulas`.
    """
    if len(html) > _LONGEST:
        return _UNREAD
    cleaner = Cleaner(
        tags=_TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=_STYLES,
        strip=True,
        filters=[partial(Formulas, formulas=formulas or {})],
    )
    return cleaner.clean(html)


@pass_context
def markdown2html(context: Any, source: str) -> str:
    """nbconvert's filter of this name, with ``safe_html`` on the result and formulas as MathML.

    Args:
        context: jinja's.
        source: Markdown.
    """
    attachments = (context.get("cell") or {}).get("attachments", {})
    allowance = _of_page(context)

    def make() -> str:
        if len(source) > _LONGEST_TEXT:
            return f"<pre>{escape(source)}</pre>"
        renderer = MarkingRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
        return safe_html(MarkdownWithMath(renderer=renderer).render(source), renderer.formulas)

    return allowance.html(make)


@pass_context
def code2html(context: Any, source: str, language: Any = None, metadata: Any = None) -> str:
    """nbconvert's filter ``highlight_code``, for Python and up to a length.

    Args:
        context: jinja's.
        source: a cell's code.
        language, metadata: what the notebook says of it, which does not count.
    """
    return _of_page(context).code(source)


def _of_page(context: Any) -> Allowance:
    """One allowance for the whole page."""
    resources = context.get("resources")
    if isinstance(resources, dict):
        return resources.setdefault("allowance", Allowance())
    return Allowance()


def raw2html(source: str) -> str:
    """A raw cell, cleaned, in its box: nbconvert's filter ``clean_html``, which keeps classes.

    Args:
        source: HTML.
    """
    return Allowance().html(partial(safe_html, source))


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return bool(_PICTURE.fullmatch(value) or _LOCAL_PICTURE.fullmatch(value))
    if tag == "a" and name == "href":
        return value.startswith(("http://", "https://", "mailto:", "#"))
    if name == "class":
        return all(_CLASS.fullmatch(one) for one in value.split())
    if name == "style":
        return len(value) <= _LONGEST_STYLE and sum(map(value.count, "([{")) < 50
    return name in _ATTRIBUTES


def _safe_data(data: Any, allowance: Allowance) -> dict[str, Any]:
    safe: dict[str, Any] = {}
    for kind, value in data.items() if isinstance(data, dict) else ():
        text = "".join(value) if isinstance(value, list) and _all_text(value) else value
        if not isinstance(text, str):
            continue
        if kind in ("text/plain", "text/latex", "text/markdown"):
            safe[kind] = text
        elif kind == "text/html":
            safe[kind] = allowance.html(partial(safe_html, text))
        elif kind in ("image/png", "image/jpeg", "image/gif") and _BASE64.fullmatch(text):
            safe[kind] = text
    if not safe:
        safe["text/plain"] = "[an output that is not shown in grading]"
    return safe


def _all_text(value: list) -> bool:
    return all(isinstance(line, str) for line in value)
