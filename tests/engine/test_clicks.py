"""Formgrader's autograde, pressed several times: one worker serves the clicks, and then it ends."""

import json
import subprocess
import sys

from tests.engine.course import LECTURE, RIGHT, WRONG, environment, released, scores, submit

CLICKS = f"""
import asyncio, json, os
from pathlib import Path
from nbgrader.apps import NbGrader, NbGraderAPI
from nbgrader.coursedir import CourseDirectory

app = NbGrader()
app.load_config_file()
api = NbGraderAPI(coursedir=CourseDirectory(config=app.config), config=app.config)
from grader.engine import clicks  # the settings have put formgrader on it

clicks.IDLE = 0.1

def workers():
    return Path(f"/proc/{{os.getpid()}}/task/{{os.getpid()}}/children").read_text().split()

async def main():
    seen = []
    for student in ("ada", "bob", "eve", "bob"):
        seen.append((api.autograde("{LECTURE}", student)["success"], workers()))
    await asyncio.sleep(1)
    print(json.dumps([*seen, workers()]))

asyncio.run(main())
"""


def test_clicks_share_a_worker_until_one_fails_or_nobody_clicks(folder):
    submit(folder, "ada", released(folder, RIGHT))
    submit(folder, "bob", released(folder, WRONG))
    submit(folder, "eve", "rubbish")
    done = subprocess.run(
        [sys.executable, "-c", CLICKS],
        cwd=folder, env=environment(folder), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    ada, bob, eve, again, end = json.loads(done.stdout.splitlines()[-1])
    assert (ada[0], bob[0], eve[0], again[0]) == (True, True, False, True)
    assert ada[1] == bob[1] != []
    assert eve[1] == []
    assert len(again[1]) == 1 and again[1] != ada[1]
    assert end == []
    totals = {}
    for name, _, score, *_ in scores(folder):
        totals[name] = totals.get(name, 0) + (score or 0)
    assert (totals["ada"], totals["bob"]) == (2, 1)
