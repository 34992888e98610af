"""Attacks by somebody who had read the documentation and not the code. None succeeded.

They are grouped, many to a notebook, so that a class of them costs one run in each tier.
"""

import json
import os
import re
from html.parser import HTMLParser

import pytest

from grader.engine import submitted
from grader.engine.engine import EngineError
from grader.engine.safe_html import markdown2html, raw2html, safe_outputs
from grader.engine.submission import Step, case_seed
from grader.engine.submission import run as run_cells
from grader.engine.unnamed import shown
from tests.security.attack import HONEST, SETUP, TIERS, grade, printed, text

needs_sandbox = pytest.mark.skipif(not TIERS, reason="no sandbox here")
LETTER, NUMBER = "activations.open_interval", "activations.centred_chance"

# Each is the body of a function of `x` that returns no answer.
ANSWERS = {
    "a generator": "yield from (x, x)",
    "many numbers in no memory": "return np.broadcast_to(1.0, (10**6, 10**6)), x",
    "a shape that overflows": "return np.zeros((2**62, 0)), x",
    "objects that unpickle to a call": """
class Calls:
    def __eq__(self, other): return True
    def __reduce__(self): return print, ("called",)
return np.full(x.shape, Calls(), dtype=object), x""",
    "everything masked": "return np.ma.masked_array(x, mask=True), x",
    "no time at all": "return np.full(x.shape, np.datetime64('NaT')), x",
    "fields with objects": "return np.zeros(x.shape, [('a', 'f8'), ('b', 'O')]), x",
    "an infinity with a payload": "return np.full(x.shape, 0x7FF8DEAD00000001).view(float), x",
    "a tuple without end": """
class Endless(tuple):
    def __iter__(self):
        while True: yield 1
    def __len__(self): return 10**18
return Endless((x, x))""",
    "a dictionary that lies": """
class Lies(dict):
    def items(self): raise SystemExit
    def __len__(self): return -1
return Lies(out=1), x""",
    "a class that says it is an array": """
class Says:
    __class__ = property(lambda self: np.ndarray)
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
return Says(), x""",
    "a list in itself": "own = []\nown.append(own)\nreturn own",
    "a number of a million digits": "return 1 << 4_000_000, x",
    "keys that are no names": "return {1: 2, None: 3, '\\ud800': 5, float('nan'): 6, b'x': 1}, x",
    "an error that will not be told": """
class Silent(Exception):
    def __str__(self): raise KeyboardInterrupt
    __repr__ = __str__
raise Silent""",
    "an error with a terminal's name": """
raise type("\\x1b[2J<script>\\ud800", (Exception,), {})("\\x00\\x1b]0;x\\x07")""",
    "an end": "raise SystemExit(0)",
    "a file for an array": "return np.memmap('x', dtype=x.dtype, mode='w+', shape=x.shape), x",
}  # fmt: skip


def several(engine, *steps):
    """One notebook of several checks."""
    return run_cells(
        engine, [Step(SETUP), *steps], seed=lambda id: case_seed(b"secret", id)
    ).outcomes


@needs_sandbox
def test_no_value_is_taken_for_an_answer(engine):
    earned = {}
    for name, body in ANSWERS.items():
        lines = "\n    ".join(body.strip().splitlines())
        earned[name] = grade(engine, f"def relu_forward(x):\n    {lines}").outcomes[-1].report.score
    assert not [name for name, score in earned.items() if score]
    assert grade(engine, HONEST).outcomes[-1].report.right


LETTERS = (
    "['a', 'b', 'c', 'd']",
    "'abcd'",
    "'a|b'",
    "{'a', 'b'}",
    "np.array(['a', 'b'])",
    "b'a'",
    "type('Any', (str,), {'__eq__': lambda s, o: True, '__hash__': lambda s: hash('a')})('d')",
    "'.*'",
    "'\\ud800'",
    "'a' * 10**6",
)
NUMBERS = (
    "np.linspace(0, 1, 1025)",
    "float('nan')",
    "float('inf')",
    "complex('nan')",
    "{'low': 0, 'high': 1}",
    "np.ma.masked",
    "type('Any', (float,), {'__sub__': lambda s, o: 0, '__rsub__': lambda s, o: 0})(7)",
    "type('Any', (int,), {'__float__': lambda s: 0.001953, '__index__': lambda s: 0})(3)",
    "-10**5000",
)


@needs_sandbox
@pytest.mark.parametrize(
    "name, id, said, right",
    [("open_interval", LETTER, LETTERS, "'a'"), ("centred_chance", NUMBER, NUMBERS, "2 / 2**10")],
)
def test_a_question_takes_one_plain_answer(engine, name, id, said, right):
    assert grade(engine, HONEST).outcomes[-1].report.right  # the exercises are read by now
    steps = [s for one in (*said, right) for s in (Step(f"{name} = {one}"), Step("", check=id))]
    earned = [outcome.report.score for outcome in several(engine, *steps)[2::2]]
    assert not [one for one, score in zip(said, earned, strict=False) if score]
    assert earned[-1] == 1


# What a cell does to the process that answers for it. An answer that is wrong stays wrong.
UNDERMINED = {
    "other numbers of bytes": "import struct\nstruct.pack = lambda *a: b'\\xff' * 8\n"
    "struct.unpack = struct.unpack_from = lambda *a: (2**40,)",
    "another text": "import json\njson.dumps = lambda *a, **k: '{\"verdict\": \"right\"}'",
    "no numpy": "np.ndarray = int\nnp.asarray = np.array = np.frombuffer = lambda *a, **k: 1",
    "no stream": "import sys\nsys.stdout = sys.stderr = None\nsys.displayhook = lambda x: None",
    "every signal ignored": "import signal\nfor s in range(1, 65):\n"
    "    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\n"
    "signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)",
    "another end of the line": "import os\nr, w = os.pipe()\n"
    "for fd in range(3, 30):\n    if fd not in (r, w):\n        try: os.dup2(r, fd)\n"
    "        except OSError: pass",
    "half of the line shut": "import socket\nfor fd in range(3, 30):\n"
    "    try: socket.socket(fileno=os.dup(fd)).shutdown(1)\n    except OSError: pass",
    "a trace of everything": "import sys, threading\n"
    "def trace(frame, event, value):\n    frame.f_locals.update(score=99)\n    return trace\n"
    "sys.settrace(trace)\nsys.setprofile(trace)\nthreading.settrace(trace)",
    "an answer exchanged later": "import threading\ndef change():\n    while True:\n"
    "        user['relu_forward'] = lambda x: (x, x)\nuser = get_ipython().user_ns\n"
    "threading.Thread(target=change, daemon=True).start()",
}  # fmt: skip


@needs_sandbox
@pytest.mark.parametrize("name", UNDERMINED)
def test_a_process_that_is_undermined_earns_nothing(engine, name):
    cell = f"import os\n{UNDERMINED[name]}"
    run = grade(engine, cell, "def relu_forward(x): return x, x")
    assert run.outcomes[-1].report.score == 0
    assert grade(engine, HONEST).outcomes[-1].report.right


# Calls of the kernel that had no test yet, by their numbers on x86_64.
CALLS = {
    "shmget": (29, 0, 4096, 0o1666),
    "semget": (64, 0, 1, 0o1666),
    "msgget": (68, 0, 0o1666),
    "syslog": (103, 3, 0, 0),
    "personality": (135, 0x40000),
    "modify_ldt": (154, 0, 0, 0),
    "adjtimex": (159, 0),
    "acct": (163, 0),
    "iopl": (172, 3),
    "mq_open": (240, 0, 0o102, 0o600, 0),
    "add_key": (248, 0, 0, 0, 1, -4),
    "migrate_pages": (256, 0, 0, 0, 0),
    "name_to_handle_at": (303, -100, 0, 0, 0, 0),
    "open_by_handle_at": (304, -100, 0, 0),
    "kcmp": (312, 1, 1, 0, 0, 0),
    "sched_setattr": (314, 0, 0, 0),
    "bpf": (321, 0, 0, 0),
    "userfaultfd": (323, 0),
    "pidfd_send_signal": (424, 3, 0, 0, 0),
    "io_uring_setup": (425, 1, 0),
    "open_tree": (428, -100, 0, 1),
    "move_mount": (429, -100, 0, -100, 0, 0),
    "fsopen": (430, 0, 0),
    "pidfd_getfd": (438, 3, 0, 0),
    "process_madvise": (440, 0, 0, 0, 0, 0),
    "memfd_secret": (447, 0),
}


@needs_sandbox
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the calls are written as numbers")
def test_the_kernel_refuses_what_it_is_asked_by_number(engine):
    cell = f"""
        import ctypes, errno
        libc = ctypes.CDLL(None, use_errno=True)
        for name, call in {CALLS!r}.items():
            ctypes.set_errno(0)
            got = libc.syscall(*(ctypes.c_long(part) for part in call))
            if got != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
                print("through:", name)"""
    run = grade(engine, cell, HONEST)
    assert "through" not in printed(run), text(run)
    assert run.outcomes[-1].report.right


@needs_sandbox
def test_nothing_outside_is_changed_through_a_link_or_a_handle(engine, tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("alive")
    before = canary.stat()
    tries = (
        "os.symlink(path, 'a'), os.chmod('a', 0o777)",
        "os.symlink(path, 'b'), open('b', 'a').write('x')",
        "os.symlink(path, 'c'), os.utime('c', (1, 1))",
        "os.link(path, 'd'), open('d', 'a').write('x')",
        "os.chmod(f'/proc/self/fd/{os.open(path, os.O_PATH)}', 0o777)",
        "os.chown(path, 1, 1)",
        "os.setxattr(path, 'user.x', b'1')",
        "os.rename(path, path + '2')",
        "os.mkdir(os.path.dirname(path) + '/made')",
        "os.mkfifo(os.path.dirname(path) + '/pipe')",
        "os.open(os.path.dirname(path), os.O_TMPFILE | os.O_RDWR)",
    )
    cell = f"""
        import os
        path = {str(canary)!r}
        for attempt in {tries!r}:
            try: eval(attempt)
            except OSError: continue
            print("through:", attempt)"""
    run = grade(engine, cell, HONEST)
    after = canary.stat()
    assert "through" not in printed(run), text(run)
    assert (after.st_mode, after.st_uid, after.st_mtime_ns, after.st_nlink) == (
        (before.st_mode, before.st_uid, before.st_mtime_ns, before.st_nlink)
    )
    assert [path.name for path in tmp_path.iterdir()] == ["canary"]
    assert run.outcomes[-1].report.right


def document(**changes):
    cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "x"}
    plain = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return plain | changes


def with_cell(**changes):
    return document(cells=[document()["cells"][0] | changes])


ODD_NOTEBOOKS = (
    *(document(nbformat=odd) for odd in (3, 5, -1, "4", None, [4], {}, 2**70, True)),
    *(document(nbformat_minor=odd) for odd in ("5", None, 4.5)),
    *(document(cells=odd) for odd in ([None, 1], ["x"], [[]])),
    document(metadata=[]),
    *(with_cell(cell_type=odd) for odd in ("foo", None, 1)),
    *(with_cell(source=odd) for odd in (5, [1, None], {}, "\ud800")),
    *(with_cell(metadata={"nbgrader": odd}) for odd in (None, [], "x", 5, True)),
    *(with_cell(id=odd) for odd in ({}, 5, "a" * 100_000, '"><script>')),
    with_cell(metadata={"nbgrader": {"grade_id": "\ud800", "schema_version": 3}}),
    None,
    [],
    "x",
    1e308,
)


def test_a_notebook_of_another_form_is_refused_in_a_line_or_read(tmp_path):
    for number, odd in enumerate(ODD_NOTEBOOKS):
        path = tmp_path / f"{number}.ipynb"
        path.write_text(json.dumps(odd))
        try:
            submitted.read(str(path))
        except EngineError as refused:
            assert "\n" not in str(refused).strip()
            assert len(str(refused)) < 400


def test_a_name_in_an_archive_takes_no_line_of_its_own():
    said = shown("eve.ipynb\n4711                     new        ada\u2028\x85\r\x0b")
    assert len(said.splitlines()) == 1


MARKUP = (
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=x&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<math><maction actiontype='statusline#http://evil.example' xlink:href='javascript:x'>c</maction>",
    "<math><annotation-xml encoding=text/html><script>alert(1)</script></annotation-xml></math>",
    "<svg><set attributeName=onmouseover to=alert(1)><use href='data:image/svg+xml,<svg id=x>#x'/></svg>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#1;javascript:alert(1)'>x</a>",
    "<a ping=http://evil.example href=vbscript:x>x</a>",
    "<img srcset='http://evil.example/x.png 1x'>",
    "<video poster=http://evil.example/x src=x autoplay></video>",
    "<table background=http://evil.example/x><tr><td background=x>y</table>",
    "<div style='background:\\75rl(http://evil.example)'>x</div>",
    "<div style='--x:url(http://e);background:var(--x)'>x</div>",
    "<div style='background:image-set(\"http://evil.example/x\" 1x)'>x</div>",
    "<div style=\"font-family:'\\22onmouseover=alert(1)//'\">x</div>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<dialog open>6 of 6 points</dialog>",
    "<button popovertarget=y>x</button><div popover id=y>p</div>",
    "<div accesskey=a tabindex=1 contenteditable draggable=true aria-live=assertive>e</div>",
    "<plaintext>", "<xmp>", "<listing>", "<textarea>", "<title>", "<template><script>x</script></template>",
    "<?xml-stylesheet href=x?>", "<![CDATA[<script>alert(1)</script>]]>", "<isindex type=submit action=x>",
    "$\\href{javascript:alert(1)}{x}$", "$\\class{judged}{x} \\cssId{toc}{x}$",
    "$\\style{position:fixed}{x}$", "$\\text{<img src=x onerror=alert(1)>}$", "$</span><script>x</script>$",
)  # fmt: skip
TAGS = {
    "a",
    "b",
    "br",
    "code",
    "details",
    "div",
    "em",
    "i",
    "img",
    "li",
    "p",
    "pre",
    "span",
    "strong",
}
TAGS |= {"summary", "table", "tbody", "td", "th", "thead", "tr", "ul"}
TAGS |= {"math", "mi", "mn", "mo", "mrow", "mstyle", "mtext"}
ATTRIBUTES = {"style", "title", "alt", "alttext", "class", "display", "open", "dir", "xmlns"}
LEADS = re.compile(r"url|var\(|image-set|position|evil|-\d", re.IGNORECASE)


class Seen(HTMLParser):
    """The tags of a text, the names of their attributes, and the styles."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.names, self.styles = set(), set(), []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.styles += [value for name, value in attrs if name == "style"]


@pytest.mark.parametrize("attack", MARKUP)
def test_markup_neither_acts_nor_leads_away(attack):
    output = {"output_type": "display_data", "data": {"text/html": attack}, "metadata": {}}
    cleaned = safe_outputs([output])[0]["data"]["text/html"]
    for html in (cleaned, markdown2html({}, f"x\n\n{attack}\n\ny"), raw2html(attack)):
        seen = Seen(html)
        assert not seen.tags - TAGS, html
        assert not seen.names - ATTRIBUTES, html
        assert not [style for style in seen.styles if LEADS.search(style)], html
