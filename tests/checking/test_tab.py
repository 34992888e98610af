"""In the Python of a browser's tab a check says what it says at a desk, word for word.

Pyodide runs in Node here. All functions that the course knows take it an hour, so every
:data:`STEP`-th is judged: ``python -m tests.checking.verdicts 1 0`` judges all.
"""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.checking.in_node import ROOT, command, unpack_or_skip

NEEDED = ("numpy", "jaxtyping", "wadler_lindig", "tqdm")
STEP, FIRST = 113, 3
# Their cases hold eigenvectors, whose signs differ from one LAPACK to the next.
SIGNS = ("curvature.", "hessians.")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pyodide(tmp_path_factory):
    """Folders with the runtime and with the packages that a check needs."""
    return unpack_or_skip(tmp_path_factory.mktemp("pyodide"), *NEEDED)


def in_the_tab(pyodide, module, *args):
    """Start a module in Pyodide."""
    pipe = subprocess.PIPE
    return subprocess.Popen(command(pyodide, module, *args), stdout=pipe, stderr=pipe, text=True)


def at_the_desk(module, *args):
    words = [sys.executable, "-m", module, *map(str, args)]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=env)


def said(process):
    """The reports by exercise and kind of function."""
    out, err = process.communicate()
    assert process.returncode == 0, err
    lines = (json.loads(line) for line in out.splitlines())
    return {(id, kind): report for id, kind, report, _seconds in lines}


def comparable(id, report):
    """The report; without numbers of cases that are not the same in both."""
    *outcome, text = report
    number = r" *-?\d[\d.e+-]*(?: +(?=[],]))?"  # NumPy fills up shorter ones
    return (*outcome, re.sub(number, "#", text) if id.startswith(SIGNS) else text)


def test_every_kind_of_function_gets_the_report_that_it_gets_at_a_desk(pyodide):
    numbers = ("tests.checking.verdicts", STEP, FIRST)
    tab, desk = in_the_tab(pyodide, *numbers), at_the_desk(*numbers)
    wanted, found = said(desk), said(tab)
    assert len(wanted) > 90
    assert len({id.partition(".")[0] for id, _ in wanted}) > 20
    assert found.keys() == wanted.keys()
    differ = {
        key: (comparable(key[0], wanted[key]), comparable(key[0], found[key]))
        for key in wanted
        if comparable(key[0], wanted[key]) != comparable(key[0], found[key])
    }
    assert differ == {}


def test_a_kernel_in_a_tab_survives_what_a_student_may_do_to_it(pyodide):
    out, err = in_the_tab(pyodide, "tests.checking.tab_session").communicate()
    assert err == ""
    lines = [json.loads(line) for line in out.splitlines()]
    assert all(in_time for _, in_time in lines)
    overflow, *endless, after, page, needless = [told for told, _ in lines]
    assert overflow.endswith("but NumPy warned: overflow encountered in exp.")
    assert endless == ["timed out"] * 5
    assert after == "right"
    assert "This page keeps nothing" in page  # in Node there is no drive
    assert needless == []
