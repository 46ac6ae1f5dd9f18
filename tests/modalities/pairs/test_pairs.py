"""Pairs of pictures: partners, inputs, label maps that are read exactly; and pairs made of ordinary pictures."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image

from data_samples import picture, png, put
from smoke import ArraySource
from sparring.algorithms.cyclegan import CycleGANConfig
from sparring.config.recipe import Degradation
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.image.degradations import DEGRADATIONS, degraded
from sparring.modalities.opening import open_data
from sparring.modalities.pairs.codec import codec_from
from sparring.modalities.pairs.derived import DegradedPairs, Unpaired, domains
from sparring.modalities.pairs.maps import VOID, written

pytestmark = pytest.mark.usefixtures("own_cache")

PAIRS = None, OpenContext(modalities=("pairs",))


def sides(inputs="input", outputs="target", split="", count=20):
    """Two folders; the second picture of a pair is the first with its channels in reverse order."""
    files = {}
    for index in range(count):
        one = picture(index)
        files[f"{inputs}/{split}{index}.png"] = png(one)
        files[f"{outputs}/{split}{index}.jpg" if index % 2 else f"{outputs}/{split}{index}.png"] = png(
            Image.merge("RGB", one.split()[::-1])
        )
    return files


def label_map(numbers, palette=None):
    image = Image.fromarray(np.asarray(numbers, np.uint8))
    if palette:
        image.putpalette(palette)
    return png(image)


def test_two_folders_are_pairs_by_name_and_split_above_or_below(tmp_path):
    below = open_data(put(tmp_path / "below", {**sides(split="train/"), **sides(split="test/", count=6)}))
    above = {
        f"{split}/{name}": content
        for split, count in (("train", 20), ("test", 6))
        for name, content in sides(count=count).items()
    }
    above_opened = open_data(put(tmp_path / "above", above))
    for source in (below, above_opened):
        assert source.modality == "pairs"
        assert (source.count("train"), source.count("test")) == (20, 6)
        inputs, outputs = source.input_values(np.arange(20)), source.values(np.arange(20))
        exact = [row for row in range(20) if np.array_equal(inputs[row][::-1], outputs[row])]
        assert len(exact) >= 10  # the others are JPEG


def test_the_sides_can_be_exchanged(tmp_path):
    folder = put(tmp_path / "data", sides("noisy", "clean"))
    usual, exchanged = open_data(folder), open_data(folder, {"input": "clean"})
    np.testing.assert_array_equal(usual.values(np.arange(3)).shape, exchanged.input_values(np.arange(3)).shape)
    assert "clean is made from noisy" in usual.notes[0]
    assert "noisy is made from clean" in exchanged.notes[0]
    with pytest.raises(UserError, match="'dirty' cannot be the input"):
        open_data(folder, {"input": "dirty"})


def test_class_folders_stay_classes_unless_pairs_are_asked_for(tmp_path):
    folder = put(tmp_path / "data", sides("apples", "pears"))
    assert open_data(folder).modality == "image"
    assert "pears is made from apples" in open_data(folder, *PAIRS).notes[0]


def test_what_has_no_partner_or_is_broken_is_named(tmp_path):
    files = {**sides(), "input/alone.png": png(picture(99))}
    files["target/0.png"] = b"broken"
    source = open_data(put(tmp_path / "data", files))
    skipped = dict(source.report.skipped)
    assert "no partner" in skipped["input/alone.png"]
    assert any("damaged" in reason for reason in skipped.values())
    assert source.count("train") + source.count("test") == 19


def test_a_table_of_pairs(tmp_path):
    files = {f"all/{name.replace('/', '_')}": content for name, content in sides(count=12).items()}
    names = sorted(name for name in files if "input" in name)
    rows = [
        f"{name},{next(other for other in files if other.startswith(name.replace('input', 'target')[:-4] + '.'))}"
        for name in names
    ]
    table = "\n".join(
        [
            "before,after,split",
            *(f"{row},{'test' if place < 3 else 'train'}" for place, row in enumerate(rows)),
            "x.png,y.png,",
        ]
    )
    source = open_data(put(tmp_path / "data", {**files, "pairs.csv": table.encode()}))
    assert (source.modality, source.count("train"), source.count("test")) == ("pairs", 9, 3)
    assert "no file x.png" in dict(source.report.skipped)["pairs.csv, line 14"]


def test_no_pairs(tmp_path):
    with pytest.raises(UserError, match="two folders whose files have the same names"):
        open_data(put(tmp_path / "data", {"a.png": png(picture(1)), "b.png": png(picture(2))}), *PAIRS)


def test_label_maps_keep_their_numbers(tmp_path):
    rng, files = np.random.default_rng(0), {}
    for index in range(20):
        files[f"images/{index}.png"] = png(picture(index))
        files[f"labels/{index}.png"] = label_map(rng.choice([3, 7, 200, 11], size=(8, 8)))
    told = {
        "classes": ["sky", "road", "car"],
        "ids": [3, 7, 200],
        "palette": [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        "ignore_index": 11,
    }
    source = open_data(put(tmp_path / "data", {**files, "classes.json": json.dumps(told).encode()}))
    codec = source.codec("symmetric")
    numbers = source.values(np.arange(10))
    assert set(np.unique(numbers)) == {0, 1, 2, VOID}
    encoded = codec.encode(numbers)
    assert encoded.shape == (10, 3, 8, 8)
    assert (encoded.sum(dim=1) == 0).numpy().mean() == pytest.approx((numbers == VOID).mean())
    known = numbers != VOID
    assert (codec.decode(encoded)[known] == numbers[known]).all()
    assert set(np.unique(np.asarray(written(codec.decode(encoded)[0, 0], codec.output.legend)))) <= {3, 7, 200}
    assert codec_from(json.loads(json.dumps(codec.describe()))) == codec
    exchanged = open_data(tmp_path / "data", None, OpenContext(label_maps="input"))
    assert (exchanged.label_maps, exchanged.input_shape, exchanged.shape) == ("input", (1, 8, 8), (3, 8, 8))


def test_indexed_pictures_are_label_maps_with_their_colours(tmp_path):
    files = {}
    for index in range(20):
        files[f"photos/{index}.png"] = png(picture(index))
        files[f"plans/{index}.png"] = label_map(
            np.full((8, 8), index % 2 * 4), [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 250, 0, 0]
        )
    source = open_data(put(tmp_path / "data", files), {"input": "photos"}, OpenContext(modalities=("pairs",)))
    legend = source.codec("symmetric").output.legend
    assert (legend.ids, legend.palette) == ((0, 4), ((0, 0, 0), (250, 0, 0)))
    out = written(np.ones((2, 2), np.uint8), legend)
    assert out.mode == "P"
    assert np.asarray(out).tolist() == [[4, 4], [4, 4]]
    assert out.convert("RGB").getpixel((0, 0)) == (250, 0, 0)


@pytest.mark.parametrize("fit", ["crop", "stretch", "pad"])
def test_maps_are_fitted_as_the_pictures_are(fit, tmp_path):
    values = np.zeros((16, 32), np.uint8)
    values[:, 6:14] = 255
    files = {}
    for index in range(20):
        files[f"images/{index}.png"] = png(Image.fromarray(values))
        files[f"labels/{index}.png"] = label_map(values // 255 * (1 + index % 2))
    source = open_data(put(tmp_path / "data", files), {"size": (16, 16), "fit": fit})
    inputs, outputs = source.input_values(np.arange(10)), source.values(np.arange(10))
    inside = outputs != VOID
    assert (inside.mean() < 0.6) == (fit == "pad")
    np.testing.assert_array_equal((inputs > 127)[inside], (outputs > 0)[inside])


def test_a_rare_class_is_not_missed(tmp_path):
    files = {f"images/{n}.png": png(picture(n)) for n in range(100)}
    files |= {f"labels/{n}.png": label_map(np.full((8, 8), 7 if n == 63 else n % 2)) for n in range(100)}
    assert open_data(put(tmp_path / "data", files)).codec("symmetric").output.legend.ids == (0, 1, 7)
    described = {"classes": ["a", "b"], "ignore_index": 1}
    with pytest.raises(UserError, match=r"the numbers \[7\]"):
        open_data(put(tmp_path / "data", {"classes.json": json.dumps(described).encode()}))
    described = {"classes": ["a", "b", "c"], "ids": [0, 1, 7], "ignore_index": 1}
    source = open_data(put(tmp_path / "data", {"classes.json": json.dumps(described).encode()}))
    assert source.codec("symmetric").output.legend.ids == (0, 7)
    assert (source.values(np.arange(90)) == VOID).mean() > 0.3


def test_indexed_photographs_are_no_label_maps(tmp_path):
    files = sides(count=12)
    files = {
        name.replace(".jpg", ".png"): png(Image.open(io.BytesIO(content)).quantize(8))
        for name, content in files.items()
    }
    assert open_data(put(tmp_path / "data", files)).label_maps is None


def test_splits_are_no_sides_and_doubles_are_named(tmp_path):
    files = {
        f"{split}/{side}/{n}.png": png(picture(n))
        for split in ("train", "test")
        for side in ("A", "B")
        for n in range(8)
    }
    files["train/A/3.jpg"] = png(picture(3))
    source = open_data(put(tmp_path / "data", files))
    assert (source.count("train"), source.count("test")) == (8, 8)
    assert "B is made from A" in source.notes[0]
    assert any("same name" in reason for _, reason in source.report.skipped)


def test_a_broken_description_of_classes(tmp_path):
    files = {
        **{f"images/{n}.png": png(picture(n)) for n in range(9)},
        **{f"labels/{n}.png": label_map(np.full((8, 8), n % 3)) for n in range(9)},
    }
    with pytest.raises(UserError, match="classes.json should hold"):
        open_data(put(tmp_path / "data", {**files, "classes.json": b'{"classes": ["a"], "ids": [1, 2]}'}))


@pytest.mark.parametrize("kind", DEGRADATIONS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_degradation_depends_on_its_seed_and_keeps_size_and_transparency(kind, channels):
    rng = np.random.default_rng(1)
    whole = rng.integers(0, 256, (channels, 20, 14), dtype=np.uint8)
    strength = {
        "downsample": 2.0,
        "low_light": 0.4,
        "low_contrast": 0.4,
        "mask": 0.4,
        "watermark": 0.5,
        "jpeg": 20.0,
        "grayscale": 1.0,
    }.get(kind, 3.0)
    degradation = Degradation(kind=kind, minimum=strength, maximum=strength)
    one, again, other = (degraded(whole, [degradation], np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, again)
    assert one.dtype == np.uint8
    colours, opaque = (1 if channels < 3 else 3), channels in (2, 4)
    expected = {"grayscale": 1, "downsample": colours, "mask": colours}.get(kind, colours) + (opaque or kind == "mask")
    assert one.shape == (expected, *((10, 7) if kind == "downsample" else (20, 14)))
    if kind not in ("downsample", "grayscale"):
        assert not np.array_equal(one[:colours], whole[:colours])
    if kind in ("noise", "mask", "spots", "motion_blur"):
        assert not np.array_equal(one, other)
    if opaque and kind not in ("downsample", "mask"):
        np.testing.assert_array_equal(one[-1], whole[-1])


def test_degradations_after_a_mask_change_colour_alone():
    whole = np.random.default_rng(0).integers(0, 256, (3, 24, 24), dtype=np.uint8)
    masked = Degradation(kind="mask", minimum=0.3, maximum=0.3)
    alone = degraded(whole, [masked], np.random.default_rng(0))
    for kind, strength in (("jpeg", 30), ("low_light", 0.3), ("noise", 20), ("pixelate", 2), ("blur", 1)):
        after = degraded(
            whole, [masked, Degradation(kind=kind, minimum=strength, maximum=strength)], np.random.default_rng(0)
        )
        assert after.shape == (4, 24, 24)
        np.testing.assert_array_equal(after[3], alone[3])
    assert degraded(whole, [masked, masked], np.random.default_rng(0)).shape == (4, 24, 24)
    assert degraded(whole, [masked, Degradation(kind="grayscale")], np.random.default_rng(0)).shape == (2, 24, 24)


def test_a_mask_covers_about_the_share_asked_for():
    whole = np.full((3, 64, 64), 200, np.uint8)
    for share in (0.1, 0.3):
        shares = [
            (
                degraded(whole, [Degradation(kind="mask", minimum=share, maximum=share)], np.random.default_rng(s))[3]
                == 0
            ).mean()
            for s in range(20)
        ]
        assert share - 0.02 < np.mean(shares) < share + 0.15
    made = degraded(whole, [Degradation(kind="mask", minimum=0.3, maximum=0.3)], np.random.default_rng(0))
    assert set(np.unique(made[3])) == {0, 255}
    assert (made[:3, made[3] == 255] == 200).all()
    assert (made[:3, made[3] == 0] == 0).all()


def test_degraded_pairs():
    source = ArraySource((3, 13, 9), 2, 20, 6)
    half = DegradedPairs(source, [Degradation(kind="downsample", minimum=2, maximum=2)])
    assert (half.shape, half.input_shape) == ((3, 12, 8), (3, 6, 4))
    np.testing.assert_array_equal(half.values(np.array([1])), source.values(np.array([1]))[:, :, :12, :8])
    noisy = DegradedPairs(source, [Degradation(kind="noise", minimum=10, maximum=10)])
    both = noisy.input_values(np.array([3, 5]), "train", 1)
    np.testing.assert_array_equal(both[1:], noisy.input_values(np.array([5]), "train", 1))  # each from (seed, position)
    assert not np.array_equal(both, noisy.input_values(np.array([3, 5]), "train", 2))
    assert (both[0].astype(int) - noisy.values(np.array([3]))[0]).std() == pytest.approx(
        10, rel=0.4
    )  # cut off at 0 and 255
    assert len({half.content_hash, noisy.content_hash, source.content_hash}) == 3
    for wrong in (
        Degradation(kind="downsample", minimum=1, maximum=2),
        Degradation(kind="grayscale", probability=0.5),
        Degradation(kind="downsample", minimum=20, maximum=20),
    ):
        with pytest.raises(UserError):
            DegradedPairs(source, [wrong])


def test_two_classes_without_pairs():
    source = ArraySource((1, 8, 8), 3, 30, 12)
    assert CycleGANConfig(domains=[3, 8]).domains == ("3", "8")
    one, other = domains(source, ["class 2", "class 0"])
    unpaired = Unpaired(source, one, other)
    assert (unpaired.count("train"), unpaired.count("test")) == (10, 4)
    labels = source.labels(np.arange(30))
    theirs = source.values(np.flatnonzero(labels == 2)).tolist()
    assert all(value in theirs for value in unpaired.input_values(np.arange(10), "train", 4).tolist())
    np.testing.assert_array_equal(unpaired.values(np.arange(10)), source.values(np.flatnonzero(labels == 0)))
    with pytest.raises(UserError, match="name two classes"):
        domains(source, None)
    with pytest.raises(UserError, match="no class 'x'"):
        domains(source, ["x", "class 0"])


def test_features_are_learned_once_for_the_same_pictures_however_they_are_degraded():
    source = ArraySource((3, 12, 12), 0)
    noisy, pale = (
        DegradedPairs(source, [Degradation(kind=kind, minimum=0.5, maximum=0.5)]) for kind in ("noise", "low_contrast")
    )
    assert noisy.values_hash == pale.values_hash != source.values_hash
    assert noisy.content_hash != pale.content_hash
    assert (
        DegradedPairs(source, [Degradation(kind="downsample", minimum=5, maximum=5)]).values_hash != noisy.values_hash
    )  # of 10 x 10 pixels


def side_by_side(tmp_path, count=20, size=(10, 20), mode="RGB"):
    for number in range(count):
        put(tmp_path, {f"train/{number}.png": png(picture(number, size, mode))})
    return tmp_path


def test_pairs_may_lie_side_by_side(tmp_path):
    side_by_side(tmp_path)
    (tmp_path / "train" / "readme.txt").write_text("no picture")
    source = open_data(tmp_path, None, OpenContext(modalities=("pairs",)))
    assert (source.input_shape, source.shape) == ((3, 10, 10), (3, 10, 10))
    exchanged = open_data(tmp_path, {"input": "right"}, OpenContext(modalities=("pairs",)))
    whole = np.concatenate([source.input_values(np.arange(3)), source.values(np.arange(3))], axis=3)
    originals = [
        np.asarray(Image.open(tmp_path / "train" / f"{number}.png").convert("RGB")).transpose(2, 0, 1)
        for number in range(20)
    ]
    assert all(any(np.array_equal(each, original) for original in originals) for each in whole)
    assert exchanged.columns[0] == "input: right"
    assert any("readme" in name for name, _ in source.report.skipped)


def test_pictures_of_other_widths_are_halved_when_asked(tmp_path):
    side_by_side(tmp_path, size=(10, 26))
    with pytest.raises(UserError, match="twice as wide"):
        open_data(tmp_path, None, OpenContext(modalities=("pairs",)))
    assert open_data(tmp_path, {"input": "left"}, OpenContext(modalities=("pairs",))).shape == (3, 10, 13)
    put(tmp_path, {"train/odd.png": png(picture(1, (10, 27)))})
    skipped = open_data(tmp_path, {"input": "left"}, OpenContext(modalities=("pairs",))).report.skipped
    assert any("odd" in reason for _, reason in skipped)


def test_the_trivial_answer_is_the_better_of_resizing_and_filtering():
    from sparring.modalities.pairs.score import PictureScore, median_filtered, resized

    flat = np.full((1, 16, 16), 100, np.uint8)
    flat[:, 8:] = 180
    source = ArraySource((1, 16, 16), 0)
    source._values = {split: np.repeat(flat[None], 40, axis=0) for split in ("train", "test", "validation")}
    source._labels = {split: np.zeros(40, int) for split in ("train", "test", "validation")}
    for strength, expected in ((40, median_filtered), (0, resized)):
        noisy = DegradedPairs(source, [Degradation(kind="noise", minimum=strength, maximum=strength)])
        inputs = noisy.input_values(np.arange(4), "test")
        np.testing.assert_array_equal(
            PictureScore.trivial_answer(noisy, noisy.codec("symmetric"), inputs), expected(inputs, (1, 16, 16))
        )


def test_masked_pixels_are_filled_with_a_blur_of_those_around():
    from sparring.modalities.pairs.score import resized

    picture = np.zeros((1, 4, 32, 32), np.uint8)
    picture[:, :3, :, :16], picture[:, :3, :, 16:], picture[:, 3] = 40, 200, 255
    picture[:, :, 4:7, 2:6] = 0
    filled = resized(picture, (3, 32, 32))
    assert (filled[:, :, 4:7, 2:6] == 40).all()
    assert filled[0, 0, 10, 20] == 200
