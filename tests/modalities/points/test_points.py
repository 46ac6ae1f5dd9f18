"""Simulated points: their modes, their codec, their files."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from sparring import modalities
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.opening import open_data

points = modalities.get("points")

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize(("name", "modes"), [("ring", 8), ("grid", 25)])
def test_mixtures(name, modes):
    source = open_data(name)
    assert (source.count("train"), source.count("test"), source.shape) == (50_000, 10_000, (2,))
    assert source.classes == tuple(map(str, range(modes)))
    assert source.centres.shape == (modes, 2)
    values, labels = source.values(np.arange(50_000)), source.labels(np.arange(50_000))
    assert (values.dtype, labels.dtype) == (np.float32, np.int64)
    nearest = ((values[:2000, None] - source.centres) ** 2).sum(-1).argmin(1)
    assert (nearest == labels[:2000]).all()
    assert (values - source.centres[labels]).std() == pytest.approx(source.std, rel=0.02)
    assert sum(source.report.labels.values()) == 50_000
    assert open_data(name).content_hash == source.content_hash != open_data(name, {"labels": "none"}).content_hash


def test_ring_is_a_ring_and_swiss_roll_has_no_classes():
    assert np.allclose(np.linalg.norm(open_data("ring").centres, axis=1), 2)
    roll = open_data("swiss-roll")
    assert roll.classes == ()
    assert roll.centres is None
    values = roll.values(np.arange(2000))
    radius, angle = np.linalg.norm(values, axis=1) * 7, np.arctan2(values[:, 1], values[:, 0])
    turns = (radius - angle) / (2 * np.pi)  # radius = angle + a whole number of turns
    assert np.abs(turns - turns.round()).mean() < 0.1


def test_options_for_pictures_are_refused():
    open_data("ring", None, OpenContext(max_side=64))
    for options in ({"size": (8, 8)}, {"labels": "kind"}):
        with pytest.raises(UserError, match="ring"):
            open_data("ring", options)


@pytest.mark.parametrize(("value_range", "low"), [("symmetric", -1), ("unit", 0)])
def test_codec(value_range, low):
    source = open_data("grid")
    values = source.values(np.arange(50_000))
    codec = points.fit_codec(source, value_range)
    tensor = codec.encode(values)
    assert tensor.dtype == torch.float32
    assert low <= tensor.min()
    assert tensor.max() <= 1
    assert np.abs(codec.decode(tensor) - values).max() < 1e-5
    about = json.loads(json.dumps(codec.describe()))
    assert points.codec_from(about) == codec
    for bad in ({"modality": "image"}, {"scale": 0}, {"value_range": "odd"}, {"dimensions": None}):
        with pytest.raises(UserError):
            points.codec_from(about | bad)


def test_files(tmp_path):
    values, labels = np.float32([[0.1, -2], [3, 4]]), ["a", "b"]
    assert [path.name for path in points.write(values, labels, tmp_path / "out")] == ["points.csv", "points.png"]
    assert (tmp_path / "out" / "points.csv").read_text() == "x,y,label\n0.1,-2.0,a\n3.0,4.0,b\n"
    points.write(values, None, tmp_path / "p.npy")
    assert (np.load(tmp_path / "p.npy") == values).all()
    points.write(values, labels, tmp_path / "p.npz")
    assert np.load(tmp_path / "p.npz")["labels"].tolist() == labels
    first = points.write(values, None, tmp_path / "p.png")[0].read_bytes()
    assert points.write(values, None, tmp_path / "q.png")[0].read_bytes() == first
    with pytest.raises(UserError, match=r"\.mp3"):
        points.write(values, None, tmp_path / "p.mp3")


def test_preview_shows_where_points_are():
    sheet = np.asarray(
        Image.open(io.BytesIO(points.preview(np.float32([[0, 0], [1, 1], [np.nan, 0]]), None).png)).convert("L")
    )
    assert sheet.shape == (480, 480)
    assert (sheet < 250).any()
    assert len(points.items(np.zeros((3, 2)), None)) == 3


def test_points_open_as_an_evaluation_opens_them():
    """With what a run has noted down beside the name."""
    from sparring.data.options import OpenContext
    from sparring.modalities.opening import open_data

    source = open_data("ring", None, OpenContext(max_side=64, modalities=("points",), like=object()))
    assert source.count("test") == 10_000
    with pytest.raises(UserError, match="--size is for films, pictures and pairs of pictures, and ring holds points"):
        open_data("ring", {"size": (8, 8)})
