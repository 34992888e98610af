"""Text in a notebook's panels."""

import pytest

from grader.checking.page import Page, flow, inline


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("the layer *can* do it", "the layer <em>can</em> do it"),
        ("`dw * dw`, and *not* dw", "<code>dw * dw</code>, and <em>not</em> dw"),
        ("2 * 3 * 4, x*y*z and **both**", "2 * 3 * 4, x*y*z and **both**"),
        ("one ` sign, <b>", "one ` sign, &lt;b&gt;"),
        ("a\nb", "a<br>b"),
    ],
)
def test_a_text_keeps_its_code_and_emphasis(text, html):
    assert inline(text) == html


def test_the_line_ends_of_the_source_are_none_of_the_texts():
    assert flow("one\n  line\n\nand *another*") == "one line<br><br>and <em>another</em>"


def test_a_page_is_text_in_a_terminal_and_html_in_a_notebook():
    page = Page("say `x`")
    assert repr(page) == "say `x`"
    assert page._repr_html_() == "<p>say <code>x</code></p>"
