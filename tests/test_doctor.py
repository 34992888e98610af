"""The doctor sees what is broken and says the mend."""

import ast
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grader import doctor
from grader.__main__ import main
from grader.course import current, read
from grader.engine import sandbox

ROOT = Path(__file__).resolve().parents[1]


def test_a_machine_that_runs_these_tests_is_well(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for what in ("Python", "packages", "course", "kernel", "folder", "data", "grading"):
        assert what in printed
    assert f"tier {sandbox.detect()[0]}" in printed


def test_the_doctor_says_what_the_tier_of_this_machine_promises(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(["doctor"])
    printed = capsys.readouterr().out
    tier, _ = sandbox.detect()
    for what, said in doctor.PROMISES.items():
        assert f"{what}: {said[tier - 1]}\n" in printed


def test_the_page_on_security_makes_the_same_promises():
    page = (ROOT / "docs" / "security.md").read_text()
    rows = [f"| {what} | {' | '.join(said)} |" for what, said in doctor.PROMISES.items()]
    assert "\n".join(rows) in page


def test_what_is_broken_is_reported_with_the_mend_and_the_exit_status(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr(doctor, "current", lambda: replace(current(), root=tmp_path))
    assert main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "digits.npz is missing" in printed and "folder data from" in printed


def test_an_old_python_is_told_so_and_nothing_else():
    old = "import runpy, sys; sys.version_info = (3, 9, 1); sys.argv = ['grader', 'doctor']; "
    code = old + "runpy.run_module('grader', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == ""
    assert done.stdout.startswith("✗ Python     3.9 is too old")
    assert "Install Python 3.11" in done.stdout and "packages" not in done.stdout


@pytest.mark.parametrize("name", ["__init__", "__main__", "course", "doctor"])
def test_an_old_python_can_read_what_the_doctor_needs(name):
    ast.parse((ROOT / "grader" / f"{name}.py").read_text(), feature_version=(3, 8))


def test_the_doctor_runs_where_no_package_is_installed():
    command = [sys.executable, "-S", "-m", "grader", "doctor"]  # -S: without site-packages
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == ""
    assert "✗ packages" in done.stdout and "✗ kernel" in done.stdout
    assert "pip install -r requirements.txt" in done.stdout


def test_missing_and_old_packages_are_named():
    found = doctor.packages(["numpy>=999", "no-such-package", "numpy>=1; python_version<'3'"])
    assert found.state == "broken"
    assert "numpy is" in found.seen and "no-such-package is missing" in found.seen
    assert "pip install" in found.mend


def test_what_only_grading_needs_is_a_note(monkeypatch):
    monkeypatch.setattr(doctor, "requires", lambda name: ["numpy", 'no-such; extra == "engine"'])
    found = doctor.sandbox()
    assert (found.state, found.seen) == ("note", "no-such is missing")
    assert doctor.packages(["numpy", 'no-such; extra == "engine"']).state == "ok"


def test_the_mend_names_what_the_course_can_be_installed_from(tmp_path, monkeypatch):
    elsewhere = replace(current(), root=tmp_path)
    monkeypatch.setattr(doctor, "current", lambda: elsewhere)
    assert f"PYTHONPATH={tmp_path}" in doctor.course(elsewhere).mend
    assert "pip install --upgrade" in doctor.packages(["no-such"]).mend
    (tmp_path / "requirements.txt").touch()
    assert f"`pip install -r requirements.txt` in {tmp_path}" in doctor.packages(["no-such"]).mend


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_folder_that_cannot_be_written_to_is_broken():
    found = doctor.folder(Path("/proc"))  # not even by root
    assert found.state == "broken" and "Copy the course" in found.mend


def test_a_folder_that_is_gone_is_broken(tmp_path):
    assert doctor.folder(tmp_path / "gone").state == "broken"


def test_a_missing_and_a_damaged_file_of_data_are_named(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(parents=True)
    copy = replace(read(ROOT), root=tmp_path)
    for name in copy.data:
        shutil.copy(ROOT / "data" / name, folder)
    assert doctor.data(copy).state == "ok"
    whole = (folder / "digits.npz").read_bytes()
    (folder / "digits.npz").write_bytes(whole[: len(whole) // 2])
    (folder / "ten_layers.csv").unlink()
    found = doctor.data(copy)
    assert found.state == "broken"
    assert "ten_layers.csv is missing; digits.npz is damaged" in found.seen


def test_another_copy_of_the_course_and_a_moved_one_are_noticed(tmp_path, monkeypatch):
    moved = replace(read(ROOT), root=tmp_path / "moved")
    found = doctor.course(moved)
    assert found.state == "broken" and str(moved.root) in found.seen
    monkeypatch.setattr(doctor.sys, "executable", shutil.which("true"))  # it prints no place
    assert "was moved" in doctor.course(moved).seen


def test_a_kernel_of_another_environment_is_broken_although_it_is_the_same_program(
    tmp_path, monkeypatch
):
    other = tmp_path / "bin" / "python"
    other.parent.mkdir()
    other.symlink_to(sys.executable)
    kernels = tmp_path / "kernels" / "python3"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(json.dumps({"argv": [str(other)], "display_name": "x"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = doctor.kernel()
    assert found.state == "broken" and str(other) in found.seen


def test_a_system_without_what_the_sandbox_needs_gets_an_answer(monkeypatch):
    monkeypatch.delitem(sys.modules, "grader.engine.sandbox")
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    found = doctor.sandbox()
    assert found.state == "note" and "Grade on Linux" in found.mend


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
