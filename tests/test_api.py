"""`sparring` as a Python program uses it."""

import threading

import numpy as np
import pytest

import sparring
from smoke import ArraySource, StopAt, fingerprint, smoke_settings
from sparring.callbacks.base import Callback
from sparring.errors import UserError


def train(data, out, console=None, **options):
    return sparring.train(
        data, "mlp", out, settings=smoke_settings("mlp"), device="cpu", console=console or Callback(), **options
    )


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (80, 8, 8), dtype=np.uint8)


def test_dir_lists_what_is_public():
    assert dir(sparring) == sorted(sparring.__all__)
    assert all(getattr(sparring, name) for name in sparring.__all__)


def test_an_array_is_trained_on_and_resumed(pictures, tmp_path):
    labels = np.arange(80) % 2
    whole = train(pictures, tmp_path / "whole", labels=labels)
    stop = threading.Event()
    train(pictures, tmp_path / "parts", labels=labels, console=StopAt(48, stop), stop=stop)
    parts = train(pictures, tmp_path / "parts", labels=labels)
    assert fingerprint(whole.path) == fingerprint(parts.path)
    gan = sparring.load(whole)  # a run as well as its path
    assert gan.classes == ("0", "1")
    assert len(gan.generate(3)) == 3
    with pytest.raises(UserError, match=r"data in memory \(ndarray\) is not what"):
        train(255 - pictures, tmp_path / "whole", labels=labels)
    scores = sparring.evaluate(whole, pictures, metrics=["fid"], features="raw", samples=20, console=Callback()).scores
    assert scores


def test_labels_as_values_belong_to_data_in_memory(tmp_path):
    with pytest.raises(UserError, match="data in memory only"):
        train(ArraySource(), tmp_path / "run", labels=[0, 1])


def test_the_folder_of_data_in_memory_has_a_plain_name(pictures, tmp_path, monkeypatch):
    from sparring.api import default_folder
    from sparring.data.in_memory import InMemory

    assert default_folder(InMemory(pictures), None).as_posix() == "runs/pictures"
    assert default_folder(InMemory(pictures), "dcgan").as_posix() == "runs/pictures-dcgan"


def test_callbacks_are_called(bars, tmp_path):
    class Count(Callback):
        steps = ticks = 0

        def step(self, trainer):
            self.steps += 1

        def observe(self, trainer, observation):
            self.ticks += 1

    count = Count()
    train(bars, tmp_path / "run", callbacks=[count])
    assert (count.steps, count.ticks) == (6, 3)  # 96 images in batches of 16, a tick every 32


def test_an_unknown_option_is_refused_before_a_folder_is_made(bars, tmp_path):
    with pytest.raises(UserError, match="did you mean 'max_time'"):
        train(bars, tmp_path / "run", max_tim="1h")
    assert not (tmp_path / "run").exists()
