import pytest

import sparring
from sparring import api
from sparring.callbacks.base import Callback
from sparring.modalities.text.simulated import follows_law


@pytest.mark.slow
def test_counting_is_learned(tmp_path):
    """The law of the data holds in every sample, and the direction is the one asked for."""
    settings = {"precision": "float32", "patience": 0}
    run = api.train("counting", "text", tmp_path / "run", examples=60_000, settings=settings, console=Callback())
    gan = sparring.load(run.path)
    up, down = (gan.generate(300, seed=5, label=label) for label in ("up", "down"))
    lawful = [text for text in up + down if follows_law(text)]
    assert len(lawful) >= 597
    assert all(int(text.split()[0]) < int(text.split()[1]) for text in up if text in lawful)
    assert all(int(text.split()[0]) > int(text.split()[1]) for text in down if text in lawful)
