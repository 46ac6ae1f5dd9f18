"""Pictures to tensors and back, to sheets and to files."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from data_samples import put
from sparring import modalities
from sparring.errors import UserError
from sparring.modalities.image.codec import ImageCodec
from sparring.modalities.image.preview import images
from sparring.modalities.image.preview import sheet as sheet_of
from sparring.modalities.opening import open_data

image = modalities.get("image")

pytestmark = pytest.mark.usefixtures("own_cache")

EVERY = np.arange(256, dtype=np.uint8).reshape(1, 1, 16, 16)


def pictures(count: int, channels: int, height: int = 6, width: int = 9) -> np.ndarray:
    values = np.random.default_rng(0).integers(0, 256, (count, channels, height, width), dtype=np.uint8)
    if channels in (2, 4):
        values[:, :-1] *= values[:, -1:] > 0
    return values


@pytest.mark.parametrize(("value_range", "low"), [("symmetric", -1.0), ("unit", 0.0)])
def test_every_value_comes_back(value_range, low):
    codec = ImageCodec(1, 16, 16, value_range, mode="L")
    tensor = codec.encode(EVERY)
    assert (tensor.dtype, tensor.min().item(), tensor.max().item()) == (torch.float32, low, 1.0)
    assert (codec.decode(tensor) == EVERY).all()
    beyond = torch.tensor([[[[-9.0, 9.0, torch.nan]]]])
    assert codec.decode(beyond).tolist() == [[[[0, 255, 0]]]]


def test_description_round_trip():
    codec = ImageCodec(4, 5, 7, "unit", "pad", "RGBA")
    about = json.loads(json.dumps(codec.describe()))
    assert image.codec_from(about) == codec
    assert "255" in about["decode"]
    for bad in (
        {"modality": "table"},
        {"modality": "points"},
        {"channels": 3},
        {"value_range": "odd"},
        {"height": None},
        {"height": 0},
    ):
        with pytest.raises(UserError):
            image.codec_from(about | bad)


def test_codec_of_a_source():
    codec = image.fit_codec(open_data("digits"), "unit")
    assert (codec.shape, codec.mode, codec.fit, codec.value_range) == ((1, 8, 8), "L", "crop", "unit")


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_items_keep_values_and_mode(channels, mode):
    values = pictures(3, channels)
    for item, value in zip(images(values), values, strict=True):
        assert item.mode == mode
        assert (np.asarray(item).reshape(6, 9, channels) == value.transpose(1, 2, 0)).all()


def test_sheet():
    values = pictures(5, 3, 8, 8)
    sheet = np.asarray(sheet_of(values, 3))
    assert sheet.shape == (2 * 32 + 2, 3 * 32 + 2 * 2, 3)
    assert (sheet[:32, 34:66] == values[1].transpose(1, 2, 0).repeat(4, 0).repeat(4, 1)).all()
    assert (sheet[:, 32:34] == 255).all()
    assert (sheet[34:, 68:] == 255).all()  # the empty sixth place
    clear = np.zeros((1, 4, 40, 40), np.uint8)
    assert set(np.unique(np.asarray(sheet_of(clear, 1)))) == {204, 255}


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_written_pictures_open_as_the_same_values(tmp_path, channels):
    values, labels = pictures(12, channels), [f"c{index % 2}" for index in range(12)]
    for name in ("folder", "a.zip", "a.npz"):
        written = image.write(values, labels, tmp_path / name)
        assert all(path.exists() for path in written)
        source = open_data(tmp_path / name)
        assert source.shape == values.shape[1:]
        assert source.classes == ("c0", "c1")
        found = {(item.tobytes(), label) for split in ("train", "test") for item, label in _pairs(source, split)}
        assert found == {(item.tobytes(), int(label[1])) for item, label in zip(values, labels, strict=True)}


def _pairs(source, split):
    indices = np.arange(source.count(split))
    return zip(source.values(indices, split), source.labels(indices, split).tolist(), strict=True)


def test_single_files_and_grids(tmp_path):
    values = pictures(5, 3)
    assert image.write(values[:1], None, tmp_path / "one.png") == [tmp_path / "one.png"]
    assert (np.asarray(Image.open(tmp_path / "one.png")) == values[0].transpose(1, 2, 0)).all()
    image.write(values, None, tmp_path / "many.png")
    assert Image.open(tmp_path / "many.png").size == sheet_of(values, 3).size
    image.write(values[:1], None, tmp_path / "sheet.png", grid=True)
    assert Image.open(tmp_path / "sheet.png").size == sheet_of(values[:1], 1).size
    for name in ("a.jpg", "a.webp"):
        image.write(pictures(1, 4), None, tmp_path / name)
        Image.open(tmp_path / name).load()
    names = [path.name for path in image.write(values, None, tmp_path / "folder")]
    assert names == [f"{index:06d}.png" for index in range(5)]
    with pytest.raises(UserError, match=r"\.docx"):
        image.write(values, None, tmp_path / "a.docx")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.npz", "a.zip"])
def test_same_pictures_same_bytes(tmp_path, name, monkeypatch):
    values, labels = pictures(4, 3), ["a", "b", "a", "b"]
    image.write(values, labels, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    image.write(values, labels, tmp_path / name)
    assert (tmp_path / name).read_bytes() == first


def test_zip_holds_labels(tmp_path):
    image.write(pictures(2, 1), ["a,b", "ü"], tmp_path / "a.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "a.zip").read_bytes())) as archive:
        assert archive.read("labels.csv").decode() == 'file,label\n000000.png,"a,b"\n000001.png,ü\n'


def test_using_a_model_needs_no_scanner(tmp_path):
    import subprocess
    import sys

    put(tmp_path, {})
    code = (
        "import sys, sparring.modalities.image.codec, sparring.modalities.image.preview;"
        "unwanted = ('sklearn', 'sparring.modalities.image.scan', 'pyarrow', 'matplotlib');"
        "print([name for name in unwanted if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
