"""A receipt reproduces its verdicts, and says so when it cannot."""

import json

import pytest

from tests.engine.course import LECTURE, WRONG, grade, grader, released, submit


@pytest.fixture(scope="module")
def receipt(shared_folder):
    submit(shared_folder, "bob", released(shared_folder, WRONG))
    grade(shared_folder)
    return shared_folder / "receipts" / "bob" / f"{LECTURE}.json"


def test_a_receipt_is_reproduced(receipt, shared_folder):
    done = grader(shared_folder, "replay", str(receipt))
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["scales.fahrenheit", "scales.scales_meet"]
    assert all(line.endswith(" reproduced") and "NOT" not in line for line in lines)


def test_another_verdict_is_reported(receipt, shared_folder):
    changed = json.loads(receipt.read_text())
    changed["notebooks"][LECTURE][0] |= {"verdict": "right", "outputs": "0"}
    other = receipt.with_name("changed.json")
    other.write_text(json.dumps(changed))
    done = grader(shared_folder, "replay", str(other), check=False)
    assert done.returncode == 1
    assert "NOT reproduced: outputs, verdict" in done.stdout


def test_a_changed_submission_is_refused_in_one_sentence(receipt, shared_folder):
    submit(shared_folder, "bob", released(shared_folder))
    done = grader(shared_folder, "replay", str(receipt), check=False)
    assert done.returncode == 1
    assert (
        done.stderr == f"The submission submitted/bob/{LECTURE} has changed since it was graded.\n"
    )


def test_what_is_no_receipt_is_refused_in_one_sentence(shared_folder, tmp_path):
    other = tmp_path / "other.json"
    other.write_text("[]")
    done = grader(shared_folder, "replay", str(other), check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
