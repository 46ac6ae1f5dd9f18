"""Every recipe of every modality as an ONNX file, with any count and odd sizes. A new recipe is tested by being there.

`sparring.export` itself compares what ONNX Runtime makes with what the run makes, at 1, 2 and 17 samples (translators:
at three sizes, odd ones too), and writes nothing where they differ by more than 1e-4 of the range.
"""

from __future__ import annotations

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import audio_samples
import series_samples
import sparring
import table_samples
import text_samples
import video_samples
from smoke import ArraySource, pair_source, smoke_settings
from sparring.callbacks.base import Callback
from sparring.config.reading import list_recipes, load_recipe
from sparring.inference.onnx_graphs import BATCHES, SIZES, graph_of_gan

SOURCES = {
    "image": lambda: ArraySource((2, 13, 10), 3, train=60, test=20),
    "table": lambda: table_samples.source(120),
    "series": lambda: series_samples.source(60),
    "audio": lambda: audio_samples.source(60),
    "text": lambda: text_samples.source(90),
    "video": lambda: video_samples.source(60),
    "points": lambda: "ring",
}
ENCODED = {"table", "series", "text", "points"}  # the others come out as values of the data


def trained(recipe, folder):
    loaded = load_recipe(recipe)
    settings = smoke_settings(recipe, examples=32, tick=16)
    if loaded.algorithm.name == "semi-supervised":
        settings["algorithm.num_labels"] = 12
    if not loaded.algorithm.translates:
        source = SOURCES[loaded.modalities[0]]()
    elif "pairs" in loaded.modalities:
        source = pair_source((3, 13, 10), loaded.algorithm.label_map_side)
    else:
        source = ArraySource((2, 13, 10), 2, train=40, test=12)
    return sparring.train(source, recipe, folder, settings=settings, device="cpu", console=Callback()).path


def facts_of(path):
    return json.loads({each.key: each.value for each in onnx.load(path).metadata_props}["sparring"])


def test_the_counts_and_sizes_that_are_compared():
    assert {1, 2, 17} <= set(BATCHES)
    assert any(height % 2 and width % 2 for _, height, width in SIZES)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", list_recipes())
def test_every_recipe_exports(recipe, tmp_path):
    loaded, run = load_recipe(recipe), trained(recipe, tmp_path / "run")
    ways = [{}]
    ways += [{"reverse": True}] if "reverse_generator" in loaded.players else []
    ways += [{"classifier": True}] if loaded.algorithm.name == "semi-supervised" else []
    for way in ways:
        exported = sparring.export(run, tmp_path / "file.onnx", **way)
        facts = facts_of(exported.path)
        assert facts["recipe"] == recipe and facts["codec"]
        encoded = loaded.modalities[0] in ENCODED and not loaded.algorithm.translates
        assert exported.decoded is not encoded


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [name for name in list_recipes() if "text" in load_recipe(name).modalities])
def test_texts_are_drawn_step_by_step(recipe, tmp_path):
    """The loop of a reader gives the tokens that the run draws from the same uniform numbers."""
    run = trained(recipe, tmp_path / "run")
    exported = sparring.export(run, tmp_path / "file.onnx")
    session, facts = onnxruntime.InferenceSession(exported.path), facts_of(exported.path)
    generator = sparring.load(run).generator
    count, steps = 40, facts["steps"]["most"]
    uniforms = np.random.default_rng(0).random((count, steps), dtype=np.float32)
    label = np.arange(count) % 2
    given = {"token": np.zeros(count, np.int64), "state": np.zeros((count, *facts["steps"]["state"]), np.float32)}
    given |= {"class": label} if facts["classes"] else {}
    rows, going = [], np.ones(count, bool)
    for step in range(steps):
        logits, given["state"] = session.run(None, given)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        sums = (shares / shares.sum(axis=1, keepdims=True)).cumsum(axis=1)
        drawn = (sums <= uniforms[:, step, None] * sums[:, -1:]).sum(axis=1)
        given["token"] = np.where(going, drawn, facts["steps"]["end"])
        going &= given["token"] != facts["steps"]["end"]
        rows.append(given["token"])
    found = np.stack(rows, axis=1)
    expected = generator.draw(torch.from_numpy(uniforms), {"class": torch.from_numpy(label)}).numpy()
    assert (found == expected).mean() > 0.999


@pytest.mark.slow
def test_series_of_unlike_lengths_are_drawn_as_without_a_graph(tmp_path):
    gan = sparring.load(trained("series", tmp_path / "run"))
    assert gan.generator.layout.ends
    graph = graph_of_gan(gan)
    for given in graph.examples:
        np.testing.assert_allclose(graph.module(*given).numpy(), graph.expected(*given)[0], atol=1e-5)
