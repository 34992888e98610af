"""A released course, made once and copied for each test that grades."""

import shutil

import pytest

from tests.engine import course


@pytest.fixture(scope="session")
def _released(tmp_path_factory):
    return course.release(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def shared_folder(_released, tmp_path_factory):
    """A released course for all the tests of a module."""
    return shutil.copytree(_released, tmp_path_factory.mktemp("shared") / "course")


@pytest.fixture
def folder(_released, tmp_path):
    """A released course of the test's own."""
    return shutil.copytree(_released, tmp_path / "course")
