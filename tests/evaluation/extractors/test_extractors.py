"""Extractors: the same features whatever the batches, a description, and a cache that detects damage."""

import json
import os

import numpy as np
import pytest

from smoke import ArraySource
from sparring import modalities
from sparring.errors import UserError
from sparring.evaluation import extractors
from sparring.evaluation.extractors import base, cache, pictures
from sparring.evaluation.extractors.base import Extracted, Extractor
from sparring.evaluation.extractors.classifier import Classifier
from sparring.evaluation.extractors.raw import Raw, fit, principal, reduced_size
from sparring.modalities.opening import open_data
from sparring.util import files


class Means(Extractor):
    """The mean of each channel; it counts its calls."""

    name, width, classes, chunk = "means", 3, 2, 8

    def __init__(self, weights="a"):
        self.weights, self.calls = weights, 0

    def extract(self, values):
        assert len(values) == self.chunk
        self.calls += 1
        means = values.mean(axis=(2, 3)).astype(np.float32)
        return Extracted(means, means[:, :2] / 255)

    def describe(self):
        return {"features": "means", "weights": self.weights}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    return tmp_path / cache.FOLDER


@pytest.fixture
def source():
    return ArraySource((3, 6, 5), train=50, test=21)


def test_the_registry():
    source = open_data("ring")
    assert extractors.names() == ["inception", "efficientnet-lite0", "classifier", "raw"]
    with pytest.raises(UserError, match="did you mean 'inception'"):
        extractors.build("incepton", source)
    for name in ("inception", "efficientnet-lite0"):
        with pytest.raises(UserError, match="are for pictures .* float32 values of shape 2: use classifier or raw"):
            extractors.build(name, source)
        with pytest.raises(UserError, match="not 5 channels: use classifier or raw"):
            extractors.build(name, ArraySource((5, 8, 8)))


def test_a_modality_adds_its_own_extractors(monkeypatch):
    monkeypatch.setattr(
        type(modalities.get("image")), "extractors", {"means": lambda source, options: Means(options.device)}
    )
    assert "means" in extractors.names(ArraySource())
    assert "means" not in extractors.names(open_data("ring"))
    assert extractors.build("means", ArraySource(), device="there").weights == "there"


def test_batches_do_not_matter(rng):
    """Bit for bit, with a real network: a chunk is always full and always holds the same neighbours."""
    values = rng.integers(0, 256, (530, 1, 8, 8), dtype=np.uint8)
    net = extractors.build("classifier", ArraySource((1, 8, 8), train=60))
    whole = net(values)
    for size in (1, 7, 250, 529):
        parts = net.extract_batches(values[start : start + size] for start in range(0, len(values), size))
        assert np.array_equal(parts.features, whole.features)
        assert np.array_equal(parts.probabilities, whole.probabilities)


def test_no_values_have_no_features():
    found = Means()(np.zeros((0, 3, 4, 4), np.uint8))
    assert found.features.shape == (0, 3)
    assert found.probabilities.shape == (0, 2)


def test_features_of_a_source_keep_the_requested_order(folder, source, monkeypatch):
    monkeypatch.setattr(base, "BLOCK", 16)
    means, told = Means(), []
    indices = np.array([4, 1, 1, 30, *range(40)])
    found = means.extract_source(source, "train", indices, lambda done, what: told.append((done, what)))
    assert np.allclose(found.features, source.values(indices).mean(axis=(2, 3)))
    assert found.probabilities.shape == (44, 2)
    assert told[-1] == (1.0, "means features of bars")
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(means.extract_source(source, "test").features) == 21
    assert len(list(folder.iterdir())) == 3 + 2


def test_the_cache_depends_on_its_key_alone(folder, source):
    first = Means()
    found = first.extract_source(source, "train")
    again = Means()
    told = []
    stored = again.extract_source(source, "train", progress=lambda done, what: told.append(done))
    assert again.calls == 0
    assert told == [1.0]
    assert np.array_equal(found.features, stored.features)
    assert np.array_equal(found.probabilities, stored.probabilities)
    other = ArraySource((3, 6, 5), train=50, test=21, seed=1)
    for extractor, of, split, indices in (
        (Means("b"), source, "train", None),
        (Means(), source, "test", None),
        (Means(), source, "train", np.arange(49)),
        (Means(), source, "train", np.arange(50)[::-1]),
        (Means(), other, "train", None),
    ):
        extractor.extract_source(of, split, indices)
        assert extractor.calls


def test_damaged_cache_files_are_computed_again(folder, source):
    right = Means().extract_source(source, "train").features
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[-5] ^= 1
    for data_ in (b"", whole[:-9], bytes(flipped), b"\x80\x04."):
        path.write_bytes(data_)
        means = Means()
        assert np.array_equal(means.extract_source(source, "train").features, right)
        assert means.calls
        assert path.read_bytes() == whole


def test_an_interruption_costs_one_block(folder, source, monkeypatch):
    monkeypatch.setattr(base, "BLOCK", 16)
    means = Means()

    def stop(done, what):
        if done > 0.7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        means.extract_source(source, "train", progress=stop)
    again = Means()
    again.extract_source(source, "train")
    assert (means.calls, again.calls) == (5, 3)


def test_the_cache_is_bounded(folder, source, monkeypatch):
    Means().extract_source(source, "train", np.arange(10))
    (first,) = folder.iterdir()
    os.utime(first, (0, 0))
    written = folder / ".y.tmp"
    written.write_bytes(b"half")
    monkeypatch.setattr(cache, "DISK_LIMIT", first.stat().st_size + 1)
    Means().extract_source(source, "train", np.arange(11))
    assert not first.exists()
    assert written.exists()
    assert len(list(folder.glob("*.safetensors"))) == 1


def test_a_full_disk_raises_nothing(folder, source, monkeypatch):
    def full(path, data_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "write_bytes", full)
    assert len(Means().extract_source(source, "train").features) == 50


def test_pictures_are_brought_to_three_channels(rng):
    grey = rng.integers(0, 256, (2, 1, 4, 5), dtype=np.uint8)
    alpha = rng.integers(0, 256, (2, 1, 4, 5), dtype=np.uint8)
    colour = rng.integers(0, 256, (2, 3, 4, 5), dtype=np.uint8)

    def on_white(values):
        return values * (alpha / 255) + 255 * (1 - alpha / 255)

    for values, expected in (
        (grey, np.repeat(grey, 3, axis=1)),
        (colour, colour),
        (np.concatenate([grey, alpha], axis=1), np.repeat(on_white(grey), 3, axis=1)),
        (np.concatenate([colour, alpha], axis=1), on_white(colour)),
    ):
        assert np.allclose(pictures.rgb(values, "x").numpy(), expected, atol=1e-4)
    with pytest.raises(UserError, match="not 5 channels"):
        pictures.rgb(np.zeros((1, 5, 4, 4), np.uint8), "x")
    with pytest.raises(UserError, match="are for pictures"):
        pictures.rgb(np.zeros((1, 3, 4, 4), np.float64), "x")


def test_the_classifier_uses_the_network_of_the_online_score():
    source = ArraySource((1, 8, 8), train=300, test=30)
    found = extractors.build("classifier", source)
    (path,) = files.cache_folder("features").glob(f"{source.content_hash[:32]}-3-*.safetensors")
    values, labels = source.values(np.arange(30), "test"), source.labels(np.arange(30), "test")
    features, probabilities = found(values)
    expected, classes = found.net(values)
    assert np.allclose(features, expected, atol=1e-5)
    assert (probabilities.argmax(axis=1) == classes).all()
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (classes == labels).mean() > 0.8
    assert (found.width, found.classes) == (64, 3)
    again = extractors.build("classifier", source, weights=path)
    assert again.identity() == found.identity()
    assert found.describe()["task"] == "labels"


def test_a_damaged_classifier_is_learned_again():
    source = ArraySource((1, 8, 8), train=60, seed=3)
    identity = extractors.build("classifier", source).identity()
    (path,) = files.cache_folder("features").glob(f"{source.content_hash[:32]}-3-*.safetensors")
    path.write_bytes(path.read_bytes()[:100])
    assert extractors.build("classifier", source).identity() == identity
    with pytest.raises(UserError, match=r"nowhere.* cannot be read"):
        extractors.build("classifier", source, weights=path.parent / "nowhere")


@pytest.mark.parametrize("opened", [lambda: open_data("ring"), lambda: ArraySource((2, 5, 7), classes=0)])
def test_the_classifier_has_no_probabilities_without_labels(opened):
    source = opened()
    found = extractors.build("classifier", source)
    features, probabilities = found.extract_source(source, "test", np.arange(20))
    assert features.shape == (20, found.width)
    assert probabilities is None
    assert isinstance(found, Classifier)


def test_raw_pixels():
    source = ArraySource((3, 6, 5), train=20)
    raw = extractors.build("raw", source)
    assert np.allclose(raw.extract_source(source, "train").features, source.values(np.arange(20)).reshape(20, -1) / 255)
    points = open_data("ring")
    assert np.array_equal(
        extractors.build("raw", points)(points.values(np.arange(9))).features, points.values(np.arange(9))
    )


def test_raw_resizes_large_pictures():
    source = ArraySource((4, 40, 80), train=4)
    raw = extractors.build("raw", source)
    assert raw.size == (19, 40)
    assert raw.width == 4 * 19 * 40 <= 3072
    flat = np.full((2, 4, 40, 80), 51, np.uint8)
    assert np.allclose(raw(flat).features, 0.2)
    assert "19x40" in raw.describe()["resize"]
    for shape in ((1, 100_000, 1), (1, 1, 100_000), (3, 100_000, 3), (1, 2, 90_000), (3, 1024, 1024), (3072, 9, 9)):
        high, wide = reduced_size(shape)
        assert min(high, wide) >= 1
        assert high <= shape[1] and wide <= shape[2]
        assert shape[0] * high * wide <= 3072


def test_raw_components(folder, rng):
    """Beyond what pixels may be, the axes of largest variance; distances between values in their plane survive."""
    source = ArraySource((1, 64, 64), train=60)
    source.modality = "points"  # larger pictures are resized
    planes = rng.standard_normal((5, 64 * 64)) * np.array([16, 8, 4, 2, 1])[:, None]
    flat = rng.standard_normal((60, 5)) @ planes + 3
    source._values = {"train": flat.reshape(60, 1, 64, 64).astype(np.float32)}
    raw = extractors.build("raw", source)
    found = raw.extract_source(source, "train").features
    assert found.shape == (60, 5)
    assert np.allclose(found.mean(axis=0), 0, atol=1e-2)
    assert (np.diff(found.var(axis=0)) < 0).all()
    apart = np.linalg.norm(flat[:, None] - flat, axis=2)
    assert np.allclose(np.linalg.norm(found[:, None] - found, axis=2), apart, rtol=1e-3, atol=1e-2)
    assert "5 principal components of 60 training examples" in raw.describe()["weights"]
    assert not folder.exists()  # what is made in a moment is not stored


def test_components_are_those_of_the_covariance(rng):
    values = (rng.standard_normal((200, 6)) @ rng.standard_normal((6, 6)) + 5).astype(np.float32)
    mean, axes = principal(values, 3)
    variances, vectors = np.linalg.eigh(np.cov(values.T))
    assert np.allclose(mean, values.mean(axis=0), atol=1e-5)
    assert np.allclose(np.abs((axes * vectors[:, ::-1][:, :3]).sum(axis=0)), 1, atol=1e-4)
    assert np.allclose(axes.T @ axes, np.eye(3), atol=1e-5)
    assert (axes[np.abs(axes).argmax(axis=0), range(3)] > 0).all()


@pytest.mark.parametrize("count", [1, 2])
def test_components_of_very_few_examples(count):
    mean, axes = principal(np.arange(count * 4, dtype=np.float32).reshape(count, 4), 256)
    assert axes.shape == (4, 1)
    assert np.isfinite(axes).all()


def test_more_components_than_examples():
    source = ArraySource((1, 4, 4), train=5)
    assert fit(source, 10).width <= 4


def test_raw_refuses_what_it_cannot_compare():
    with pytest.raises(UserError, match="need numbers"):
        Raw((3,), np.dtype("U5"))
    raw = Raw((2,), np.dtype(np.float32))
    with pytest.raises(UserError, match="finite"):
        raw(np.array([[0, np.nan]], np.float32))
    with pytest.raises(UserError, match="shape"):
        raw(np.zeros((1, 3), np.float32))
    with pytest.raises(UserError, match="of type float32, not uint8"):
        raw(np.zeros((1, 2), np.uint8))


def test_large_values_go_in_small_chunks():
    assert Raw((3, 8, 8), np.dtype(np.uint8)).chunk == 256
    assert Raw((3, 4096, 4096), np.dtype(np.uint8)).chunk == 1
    assert Raw((3, 1024, 1024), np.dtype(np.uint8))(np.full((2, 3, 1024, 1024), 255, np.uint8)).features.shape == (
        2,
        3072,
    )


def test_identities_differ_with_what_features_depend_on():
    kind = np.dtype(np.uint8)
    found = {
        Raw((1, 8, 8), kind).identity(),
        Raw((3, 8, 8), kind).identity(),
        Raw((1, 8, 8), np.dtype(np.float32)).identity(),
    }
    assert len(found) == 3
    assert Raw((1, 8, 8), kind).identity() == Raw((1, 8, 8), kind).identity()
    json.dumps(Raw((1, 8, 8), kind).describe())
