"""Small sources and a cache of its own for every test session."""

from __future__ import annotations

import pytest

from smoke import ArraySource


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARRING_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def bars():
    return ArraySource()
