import pytest

import sparring
from sparring import api
from sparring.callbacks.base import Callback
from sparring.modalities.text.simulated import follows_law


@pytest.mark.slow
def test_counting_is_learned(tmp_path):
    """The law of the data holds in nearly every sample, and the direction is the one asked for."""
    settings = {"precision": "float32", "patience": 0}
    run = api.train("counting", "text", tmp_path / "run", examples=60_000, settings=settings, console=Callback())
    gan = sparring.load(run.path)
    up, down = (gan.generate(300, seed=5, label=label) for label in ("up", "down"))
    for texts, step in ((up, 1), (down, -1)):
        lawful = [list(map(int, text.split())) for text in texts if follows_law(text)]
        assert len(lawful) >= 270  # docs/experiments/2026-11-30.md, "Texts": 96 %
        assert all(numbers[1] - numbers[0] == step for numbers in lawful)
