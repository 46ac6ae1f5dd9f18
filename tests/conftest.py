"""Seeds for every test, a guard against tests that change what others see, small sources and an own cache."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch

from global_state import differences, global_state
from report_samples import make_run
from seeds import SEED, seed_all
from smoke import ArraySource

# Properties are tried with the same examples each time, however long one takes; tests/repeat.py tries others.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=SEED == 0, database=None)
hypothesis.settings.load_profile("repeatable")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef):
    """A fixture that several tests share draws the same numbers, whichever of them comes first."""
    if fixturedef.scope == "function":
        return (yield)
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002
    seed_all()
    try:
        return (yield)
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002
        torch.set_rng_state(before[2])


@pytest.fixture(autouse=True)
def _alone():
    """No test depends on the one before it, or on chance. It is the first fixture of a test, so it ends last."""
    before = global_state()
    seed_all()
    yield
    changed = differences(before, global_state())
    assert not changed, "the test changed what other tests see: " + "; ".join(changed)


@pytest.fixture
def rng() -> np.random.Generator:
    """The test's own generator."""
    return np.random.default_rng(SEED)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARRING_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def bars():
    return ArraySource()


@pytest.fixture
def own_cache(tmp_path_factory, monkeypatch):
    """A cache of the test's own, and no shared data unless it asks for it."""
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("SPARRING_DATA", raising=False)


@pytest.fixture
def empty_run(tmp_path: Path) -> Path:
    run = tmp_path / "young"
    run.mkdir()
    return run


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Ten ticks, the eighth the best, and a final line that names it."""
    return make_run(tmp_path / "digits")


@pytest.fixture(scope="module")
def browser():
    """A Chromium that is installed."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
