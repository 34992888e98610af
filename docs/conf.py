"""How Sphinx makes the site out of what docs/site.py gathers; `python -m docs` does both."""

import re
from typing import Any

project = html_title = "Deep Training Lab"
copyright = "the authors, text and figures CC BY 4.0, code BSD-3-Clause"
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.mathjax",
    "sphinx-mathjax-offline",  # a copy of MathJax: no page asks another server for anything
]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = "static/icon.svg"
html_copy_source = False
html_show_sphinx = False

myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
# Formulas stand in text and in the panels of the checks, where they are written as $x$.
myst_update_mathjax = False
mathjax3_config = {
    "tex": {"inlineMath": [["\\(", "\\)"], ["$", "$"]]},
    "options": {"ignoreHtmlClass": "document", "processHtmlClass": "math|cell_output"},
}

nb_execution_mode = "off"  # docs/site.py has run them
nb_code_prompt_hide = "Hide the code"

add_module_names = False
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
python_display_short_literal_types = True
toc_object_entries_show_parents = "hide"
napoleon_use_ivar = True
# "Returns" lists several names, as "Args" does.
napoleon_custom_sections = [("Returns", "params_style"), ("Yields", "params_style")]
# Types of other projects, whose documentation is not at hand, names in prose like "optional", and
# errors, which a docstring names without their module.
nitpick_ignore_regex = [("py:class", r".*"), ("py:exc", r".*")]

SAFE = re.compile(r"``.+?``|:\w+(?::\w+)?:`[^`]+`")


def plain(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text with ``code``: keep the signs of formulas from being markup."""
    literal = None  # the indentation of the line that opened a literal block
    for i, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if literal is not None and line.strip() and indent <= literal:
            literal = None
        if literal is None and not line.lstrip().startswith(">>>"):
            kept = [*SAFE.finditer(line), None]
            parts, start = [], 0
            for match in kept:
                end = match.start() if match else len(line)
                parts.append(re.sub(r"([*|\\]|_(?!\w))", r"\\\1", line[start:end]))
                if match:
                    parts.append(match[0])
                    start = match.end()
            lines[i] = "".join(parts)
        if line.rstrip().endswith("::"):
            literal = indent


def mend(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """What a screen reader is told of headings in the navigation and of folded code."""
    tree = context["furo_navigation_tree"]
    context["furo_navigation_tree"] = tree.replace(
        'role="heading"', 'role="heading" aria-level="2"'
    )
    if "body" in context:
        context["body"] = context["body"].replace(' aria-label="Toggle hidden content"', "")


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", plain, priority=100)  # before napoleon
    app.connect("html-page-context", mend, priority=900)  # after the theme
