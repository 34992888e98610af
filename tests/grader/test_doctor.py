"""The doctor sees what is broken and says the mend."""

import os
import sys

import pytest

from grader import doctor
from grader.__main__ import main
from grader.engine import sandbox


def test_a_machine_that_runs_these_tests_is_well(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for what in ("Python", "packages", "kernel", "folder", "data", "grading"):
        assert what in printed
    assert f"tier {sandbox.detect()[0]}" in printed


def test_what_is_broken_is_reported_with_the_mend_and_the_exit_status(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    assert main(["doctor"]) == 1
    assert "data is missing or empty" in capsys.readouterr().out


def test_an_old_python_is_broken():
    assert doctor.python((3, 10)).state == "broken"
    assert "3.11" in doctor.python((3, 10)).mend


def test_missing_and_old_packages_are_named():
    found = doctor.packages(["numpy>=999", "no-such-package", "numpy>=1; python_version<'3'"])
    assert found.state == "broken"
    assert "numpy is" in found.seen and "no-such-package is missing" in found.seen
    assert "pip install" in found.mend


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_to_is_broken(tmp_path):
    tmp_path.chmod(0o500)
    assert doctor.folder(tmp_path).state == "broken"


def test_a_folder_that_is_gone_is_broken(tmp_path):
    assert doctor.folder(tmp_path / "gone").state == "broken"


def test_a_kernel_whose_python_is_gone_is_broken(tmp_path, monkeypatch):
    kernels = tmp_path / "kernels" / "python3"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(
        '{"argv": ["/gone/bin/python", "-m", "ipykernel_launcher"], "display_name": "x"}'
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = doctor.kernel()
    assert found.state == "broken"
    assert "/gone/bin/python" in found.seen and sys.executable in found.mend


@pytest.mark.parametrize(
    "reason, mend",
    [
        ("tier 1: unshare: Operation not permitted", "user namespaces"),
        ("tier 1: libseccomp cannot be used (not found)", "apt install libseccomp2"),
        ("tier 2: Landlock is missing", "Linux 5.13"),
        ("tier 1: it needs Linux, and this is darwin", "Linux container"),
    ],
)
def test_a_weak_sandbox_is_a_note_with_the_reason_and_the_mend(monkeypatch, reason, mend):
    monkeypatch.setattr(sandbox, "detect", lambda: (3, [reason]))
    found = doctor.sandbox()
    assert found.state == "note"
    assert reason in found.seen and "not isolated" in found.seen
    assert mend in found.mend
