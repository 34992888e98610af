"""Words that a student does not meet: each has a better one, which is the field's own.

Everything that reaches a student is read: the text of the lectures, comments, captions, labels and
descriptions of figures, docstrings of the library, questions, hints and messages. Formulas, names
in code, addresses and titles of papers are left out.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.checking.definitions import lectures
from grader.checking.exercise import Exercise
from lectures.syllabus import ERRORS, IDS
from tests.lectures.claims import ROOT, script_of

# What not to write, and what to write instead. A pattern ignores case, begins and ends at a word.
INSTEAD = {
    r"(?<!standard )(?<!absolute )deviations?": "standard deviation",
    r"spread of [\d.σ]+|spread (by|with) [\d.]+": "standard deviation",
    r"bends?|bent": "nonlinearity, pre-activation",
    r"in testing": "at test time, in evaluation mode",
    r"ways? back|way forward": "backward pass, forward pass",
    r"(has|have) a mean(?! of| and)|inputs with a mean": "a non-zero mean",
    r"(fading|decaying) (average|mean)s?": "exponential moving average",
    r"by heart": "memorise, overfit",
    r"(above|below) the (line|bar)": "numerator, denominator; in a figure: the diagonal",
    r"(the|their) roots?(?! of the mean)": "square root",
    r"by lot": "at random",
    r"runs? away": "diverges, grows without bound",
    r"company|mates?": "the other examples in the batch",
    r"stabili[sz]ers?": "ε, for numerical stability",
    r"earlier runs?": "theory, or what the slide prints",
    r"syllabus|" + "|".join(IDS | ERRORS): "nothing: a student has no syllabus",
    r"(?!\w*(siz|priz|seiz))\w+iz(e|es|ed|ing|ation|ations)": "-ise, -isation",
    r"behaviors?|neighbors?|favorite|colored|gray": "British spelling",
    r"learned|burned|spelled": "learnt, burnt, spelt",
    r"\d{1,3} \d{3}": "154,160",
}
BANNED = {word: re.compile(rf"(?<![\w.])(?:{word})(?![\w(])", re.IGNORECASE) for word in INSTEAD}


def _prose(text: str) -> str:
    """The text without formulas, code, addresses and titles and what is quoted from a slide."""
    for left_out in (
        r"```.*?```",
        r"\$\$.*?\$\$",
        r"\$[^$]*\$",
        r"`+[^`]*`+",
        r"\[[^]]*\]\(https?://[^)]*\)",
        r"\]\([^)]*\)",
        r"https?://\S+",
        r"(?m)^>.*$",
        r"(?<![*\w])\*[A-Z][^*]*\*(?![*\w])",
    ):
        text = re.sub(left_out, " ", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


def _strings(source: str) -> Iterator[str]:
    """Strings and comments of code: what is printed, drawn or read in a cell."""
    tree = ast.parse(source)
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    for node in joined:  # a value stands as 0
        yield "".join(str(p.value) if isinstance(p, ast.Constant) else "0" for p in node.values)
    inside = {id(part) for node in joined for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in inside:
            yield str(node.value)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def _read_in_lecture(lecture: str) -> Iterator[str]:
    script = script_of(lecture).read_text(encoding="utf-8")
    for cell in re.split(r"(?m)^# %%", script):
        head, _, body = cell.partition("\n")
        if "[markdown]" in head:
            yield re.sub(r"(?m)^# ?", "", body)
        else:
            yield from _strings(body)
    for definition in lectures()[lecture]:
        yield from getattr(definition, "hints", ())
        if isinstance(definition, Exercise):
            yield from (f"{m.name}: {m.message}" for m in definition.misconceptions)
        else:
            yield from (definition.ask, definition.why)
            yield from (words for c in definition.choices for words in (c.text, c.why))
            yield from definition.number.misreadings.values() if definition.number else ()


def _docstrings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            text = ast.get_docstring(node) or ""
            yield re.split(r"(?m)^Source:", text)[0]


def _found(texts: Iterator[str]) -> list[str]:
    return [
        f"{hit[0]!r} in “…{prose[max(0, hit.start() - 40) : hit.end() + 40]}…”: {INSTEAD[word]}"
        for text in texts
        if " " in text.strip()  # a single word is a name, an option or an id
        for prose in [_prose(text)]
        for word, pattern in BANNED.items()
        for hit in pattern.finditer(prose)
    ]


def test_a_word_is_found_where_it_is_read_and_nowhere_else():
    read = [
        "Nothing bends in testing.",
        "A `bend` in $bend$",
        "*Decoupled Regularization*",
        "bends",
    ]
    assert len(_found(iter(read))) == 2
    assert list(_strings('f(1)  # on the way back\nf"{x} runs away"')) == [
        "0 runs away",
        "1",
        "# on the way back",
    ]


@pytest.mark.parametrize("lecture", lectures())
def test_a_lecture_uses_the_words_of_the_field(lecture):
    assert _found(_read_in_lecture(lecture)) == []


@pytest.mark.parametrize("module", sorted((ROOT / "utils").glob("*.py")), ids=lambda p: p.stem)
def test_the_library_uses_the_words_of_the_field(module):
    assert _found(_docstrings(module)) == []
