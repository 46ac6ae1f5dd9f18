"""Run folders for the tests of this room."""

from __future__ import annotations

from pathlib import Path

import pytest

from .made_up import make_run


@pytest.fixture
def empty_run(tmp_path: Path) -> Path:
    run = tmp_path / "young"
    run.mkdir()
    return run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Ten ticks, the eighth the best, and a final line that names it."""
    return make_run(tmp_path / "digits")
