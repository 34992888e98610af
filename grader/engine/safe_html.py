"""What of a submission a browser may see: no script, no form, no request to anywhere.

Instructors open submissions in formgrader and in feedback pages, with their own rights. A check's
report is made by the grader and needs none of this.
"""

import re
from functools import partial
from typing import Any

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from nbconvert.filters.markdown_mistune import MarkdownWithMath

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
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


def safe_outputs(outputs: list) -> list[dict[str, Any]]:
    """A cell's outputs with only what a page can show without danger.

    HTML loses what could act; SVG, JavaScript and widgets are left out, their text stays.

    Args:
        outputs: in the notebook format.
    """
    safe = []
    for output in outputs:
        kind = output.get("output_type")
        if kind in ("stream", "error"):
            safe.append(dict(output))
        elif kind in ("display_data", "execute_result"):
            shown = {"output_type": kind, "data": _safe_data(output.get("data", {}))}
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
    renderer = MarkingRenderer(escape=False, attachments=attachments, exclude_anchor_links=True)
    html = MarkdownWithMath(renderer=renderer).render(source)
    return safe_html(html, renderer.formulas)


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return bool(_PICTURE.fullmatch(value)) or _is_local(value)
    if tag == "a" and name == "href":
        return value.startswith(("http://", "https://", "mailto:", "#"))
    return name in _ATTRIBUTES or (name == "id" and tag in ("h1", "h2", "h3", "h4", "h5", "h6"))


def _is_local(address: str) -> bool:
    return not re.match(r"[\s\\/]|[^/]*:", address)


def _safe_data(data: Any) -> dict[str, Any]:
    safe: dict[str, Any] = {}
    for kind, value in data.items() if isinstance(data, dict) else ():
        text = "".join(value) if isinstance(value, list) and _all_text(value) else value
        if not isinstance(text, str):
            continue
        if kind in ("text/plain", "text/latex", "text/markdown"):
            safe[kind] = text
        elif kind == "text/html":
            safe[kind] = safe_html(text)
        elif kind in ("image/png", "image/jpeg", "image/gif") and _BASE64.fullmatch(text):
            safe[kind] = text
    if not safe:
        safe["text/plain"] = "[an output that is not shown in grading]"
    return safe


def _all_text(value: list) -> bool:
    return all(isinstance(line, str) for line in value)
