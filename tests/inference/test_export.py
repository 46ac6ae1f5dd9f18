"""Runs as ONNX files: what ONNX Runtime makes of them is what the run makes."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image

import sparring
import table_samples
from smoke import ArraySource, pair_source, smoke_settings
from sparring.callbacks.base import Callback
from sparring.inference import export as module
from sparring.inference import export_int8
from sparring.inference.generator import load_translator
from sparring.inference.loading import load_player
from sparring.modalities.image.codec import MODES, ImageCodec
from sparring.modalities.image.graph import DecodePictures, EncodePictures
from sparring.modalities.image.scale import Scale
from sparring.modalities.pairs.graph import values_of
from sparring.networks import sampling
from sparring.runs.folder import Run

SHORT = {"examples": 32, "tick": 16}


def trained(source, recipe, folder):
    settings = smoke_settings(recipe, **SHORT)
    return sparring.train(source, recipe, folder, settings=settings, device="cpu", console=Callback()).path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return trained(ArraySource((3, 8, 8), train=40), "mlp-small", tmp_path_factory.mktemp("runs") / "bars")


@pytest.fixture(scope="module")
def exported(pictures, tmp_path_factory):
    return sparring.export(pictures, tmp_path_factory.mktemp("files") / "bars.onnx")


def session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def test_pictures_come_out_as_the_run_makes_them(pictures, exported):
    gan, count = sparring.load(pictures), 9
    latent = sampling.latents(gan.recipe.latent, 5, range(count))
    labels = np.arange(count) % 3
    found = session(exported.path).run(None, {"latent": latent.numpy(), "class": labels})[0]
    assert found.dtype == np.uint8 and found.shape == (count, 3, 8, 8)
    made = gan.decode(latent, labels.tolist())
    assert np.abs(found.astype(int) - made).max() <= 1
    assert (found != made).mean() < 0.01


def test_the_file_says_what_a_reader_needs(pictures, exported):
    model = onnx.load(exported.path)
    facts = json.loads({each.key: each.value for each in model.metadata_props}["sparring"])
    assert facts["classes"] == ["class 0", "class 1", "class 2"]
    assert facts["latent"] == sparring.load(pictures).recipe.latent.model_dump()
    assert facts["decoded"] is exported.decoded is True
    assert facts["codec"].items() <= json.loads((pictures / "codec.json").read_text()).items()
    sizes = {each.name: each.type.tensor_type.shape.dim for each in model.graph.input}
    assert exported.inputs == ("latent", "class") and set(sizes) == {"latent", "class"}
    assert sizes["latent"][0].dim_param == "count" and sizes["latent"][1].dim_value == facts["latent"]["size"]


def test_a_wrong_file_is_not_written(pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(DecodePictures, "forward", lambda self, tensor: (tensor * 0).to(torch.uint8))
    with pytest.raises(sparring.UserError, match="differs from what the run makes"):
        sparring.export(pictures, tmp_path / "file.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("wrong", [1, 255])
def test_wrong_class_numbers_and_a_wrong_range_do_not_agree(wrong):
    maps = np.arange(4000, dtype=np.uint8)
    assert module._agree(maps, maps) and not module._agree(maps + np.uint8(wrong), maps)
    tiny = np.linspace(0, 1e-4, 100, dtype=np.float32)
    assert module._agree(tiny, tiny) and not module._agree(tiny[::-1], tiny)


@pytest.mark.parametrize(
    "scale",
    [
        Scale(),
        Scale(0.0, 1.0, "uint8", True),
        Scale(-1000.0, 3000.0, "int16", False),
        Scale(0.0, 1e-3, "float32", False),
    ],
)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pictures_are_decoded_as_the_codec_does(scale, channels):
    codec = ImageCodec(channels, 9, 7, mode=MODES[channels], scale=scale)
    tensor = 2.4 * torch.rand(5, channels, 9, 7, generator=torch.Generator().manual_seed(0)) - 1.2
    found, expected = DecodePictures(codec)(tensor).numpy(), scale.restored_pictures(codec.decode(tensor))
    assert (found.dtype == np.uint8) == scale.is_plain
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * (scale.high - scale.low))
    if channels in (1, 3):
        numbers = torch.from_numpy(expected.astype(np.uint8 if scale.is_plain else np.float32))
        taken = codec.encode(values_of(codec, numbers))
        np.testing.assert_allclose(EncodePictures(codec)(numbers).numpy(), taken.numpy(), atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"out": "bars.bin"}, "should end in .onnx"),
        ({"reverse": True}, "leave `reverse` out"),
        ({"classifier": True}, "has not learned to classify"),
    ],
)
def test_what_cannot_be_is_refused(pictures, tmp_path, options, message):
    with pytest.raises(sparring.UserError, match=message):
        sparring.export(pictures, **{"out": tmp_path / "file.onnx", **options})
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_named(pictures, tmp_path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnxscript" else found(name))
    with pytest.raises(sparring.UserError, match=r'onnxscript; run: pip install "sparring\[onnx\]"'):
        sparring.export(pictures, tmp_path / "file.onnx")


def test_the_example_uses_a_file_without_sparring(exported, tmp_path):
    script = Path(__file__).parents[2] / "examples" / "read_onnx.py"
    assert "import sparring" not in script.read_text()
    subprocess.run([sys.executable, script, exported.path, tmp_path / "sheet.png", "3"], check=True)
    assert Image.open(tmp_path / "sheet.png").size == (16 * 8, 8)


@pytest.mark.slow
@pytest.mark.parametrize("label_maps", [None, "input", "output"])
def test_translators_take_pictures_of_any_size(label_maps, tmp_path):
    recipe = {"input": "layout", "output": "segment", None: "pix2pix"}[label_maps]
    run = trained(pair_source((3, 12, 16), label_maps), recipe, tmp_path / "run")
    exported = sparring.export(run, tmp_path / "file.onnx")
    translator, rng = load_translator(run), np.random.default_rng(0)
    for height, width in ((12, 16), (21, 33)):
        channels, top = (1, 3) if label_maps == "input" else (3, 256)
        given = rng.integers(0, top, (2, channels, height, width), dtype=np.uint8)
        found = session(exported.path).run(None, {"picture": given})[0]
        made = translator.values(given)
        if label_maps == "output":  # a tie may be broken the other way
            assert (found == made).mean() > 0.99
        else:
            assert np.abs(found.astype(int) - made).max() <= 1


@pytest.mark.slow
def test_tables_come_out_encoded(tmp_path):
    run = trained(table_samples.source(120), "table", tmp_path / "run")
    exported = sparring.export(run, tmp_path / "file.onnx")
    assert not exported.decoded and exported.difference < 1e-4
    gan = sparring.load(run)
    inputs = dict(zip(exported.inputs, module.graph_of_gan(gan).examples[-1], strict=True))
    found = session(exported.path).run(None, {name: each.numpy() for name, each in inputs.items()})[0]
    rows = gan.codec.decode(torch.from_numpy(found))
    assert len(rows) == 17


@pytest.mark.slow
def test_a_classifier(tmp_path):
    settings = {**smoke_settings("sgan", **SHORT), "algorithm.num_labels": 12}
    source = ArraySource((3, 12, 12), train=60)
    run = sparring.train(source, "sgan", tmp_path / "run", settings=settings, device="cpu", console=Callback()).path
    exported = sparring.export(run, tmp_path / "file.onnx", classifier=True)
    given = source.values(np.arange(7))
    found = session(exported.path).run(None, {"picture": given})[0]
    assert found.shape == (7, 3) and np.allclose(found.sum(axis=1), 1, atol=1e-5)
    _, _, codec, network = load_player(Run(run), "discriminator")
    with torch.no_grad():
        expected = network(codec.encode(given), None).class_logits.softmax(dim=1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert sparring.export(run, tmp_path / "generator.onnx").inputs[0] == "latent"


@pytest.mark.slow
def test_styles_and_noise(tmp_path):
    run = trained(ArraySource((3, 16, 16), train=40), "stylegan2-ada", tmp_path / "run")
    exported = sparring.export(run, tmp_path / "file.onnx")
    assert exported.inputs == ("latent", "class", "noise")


@pytest.mark.slow
def test_8_bits_are_measured_and_refused_where_they_are_worse(tmp_path, monkeypatch):
    settings = smoke_settings("mlp-small", examples=640, tick=320)
    run = sparring.train(
        "digits", "mlp-small", tmp_path / "run", settings=settings, device="cpu", console=Callback()
    ).path
    monkeypatch.setattr(export_int8, "WORSE", 10.0)  # of a model that has hardly learned
    exported = sparring.export(run, tmp_path / "small.onnx", precision="int8")
    assert set(exported.distances) == {"fp32", "int8"} and exported.distances["fp32"] > 0
    whole = sparring.export(run, tmp_path / "whole.onnx")
    assert whole.distances is None
    model = onnx.load(exported.path)
    kinds = {node.op_type for node in model.graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    assert json.loads({each.key: each.value for each in model.metadata_props}["sparring"])["recipe"] == "mlp-small"
    inputs = dict(zip(exported.inputs, module.graph_of_gan(sparring.load(run)).examples[-1], strict=True))
    given = {name: each.numpy() for name, each in inputs.items()}
    small, large = (session(path).run(None, given)[0].astype(float) for path in (exported.path, whole.path))
    assert small.shape == large.shape and 0 < np.abs(small - large).mean() < 25
    monkeypatch.setattr(export_int8, "WORSE", -1.0)
    with pytest.raises(sparring.UserError, match="the Frechet distance to held-out examples grows"):
        sparring.export(run, tmp_path / "worse.onnx", precision="int8")
    assert not (tmp_path / "worse.onnx").exists()


def test_8_bits_of_other_runs_are_refused(pictures, tmp_path):
    with pytest.raises(sparring.UserError, match="`precision` 'int4' is unknown"):
        sparring.export(pictures, tmp_path / "file.onnx", precision="int4")
    with pytest.raises(sparring.UserError, match="measured on the run's data"):  # which came from a Python program
        sparring.export(pictures, tmp_path / "file.onnx", precision="int8")
    assert not list(tmp_path.iterdir())
