"""One seed for every test, small sources, and a cache of its own for every test session."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from report_samples import make_run
from smoke import ArraySource

SEED = int(os.environ.get("SPARRING_TEST_SEED", "0"))  # another one tries the whole suite with other draws


@pytest.fixture(autouse=True)
def _seeded():
    """No test depends on the one before it, or on chance."""
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002  (libraries draw from the global generator too)
    torch.manual_seed(SEED)


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
