"""A kernel that is killed takes nothing with it that a student has seen."""

import os
import signal
import time
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client.manager import KernelManager

from grader.checking.definitions import in_lecture
from grader.checking.exercise import Question
from grader.checking.progress_page import RECORD, Progress
from grader.checking.report import Verdict

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = [item for item in in_lecture("02_activations") if isinstance(item, Question)]
# Seconds from the order to run until the kill; None: at the moment at which the panel is there.
MOMENTS = (0.0, None, 0.002, None, 0.005, None, 0.01, None, 0.02, 0.05)


@pytest.fixture
def kernel(tmp_path):
    """A kernel in a course with a record of its own."""
    for room in ("lectures", "notebooks", "utils"):
        (tmp_path / room).symlink_to(ROOT / room)
    manager = KernelManager()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    manager.start_kernel(cwd=str(tmp_path), env=environment)
    yield manager
    manager.shutdown_kernel(now=True)


def panel(client, request, wait):
    """Whether a cell's result has come, or comes within so many seconds."""
    while True:
        try:
            message = client.get_iopub_msg(timeout=wait)
        except Empty:
            return False
        if message["parent_header"].get("msg_id") == request:
            assert message["msg_type"] != "error", message["content"]
            if message["msg_type"] == "execute_result":
                return True


@pytest.mark.slow
def test_whenever_a_kernel_is_killed_what_was_shown_counts(kernel, tmp_path):
    seen = set()
    for moment, question in zip(MOMENTS, QUESTIONS, strict=False):
        client = kernel.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        client.execute("from grader import check, progress", reply=True)
        answer = question.number.value if question.number else question.answer
        request = client.execute(f'{question.name} = {answer!r}\ncheck("{question.id}")')
        if moment is None:
            assert panel(client, request, 60)
            seen.add(question.id)
        else:
            time.sleep(moment)
        kernel.signal_kernel(signal.SIGKILL)
        if moment is not None and panel(client, request, 0.2):
            seen.add(question.id)
        client.stop_channels()
        kept = Progress(tmp_path / RECORD).results
        assert seen <= {id for id, best in kept.items() if best["verdict"] == Verdict.RIGHT}
        kernel.restart_kernel(now=True)
    assert len(seen) >= MOMENTS.count(None)
