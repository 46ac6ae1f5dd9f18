"""Pictures deeper than 8 bits: the scale is undone on output, and what a file cannot hold is said."""

import contextlib
import io
import json

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageCms

from data_samples import everything, picture, png, put
from sparring.errors import UserError
from sparring.modalities.image import frames, modality
from sparring.modalities.image.codec import ImageCodec
from sparring.modalities.image.decode import decode, decode_one
from sparring.modalities.image.degradations import DEGRADATIONS, UNROUNDED, degraded
from sparring.modalities.image.fit import fitted
from sparring.modalities.image.load import read
from sparring.modalities.image.scale import Scale
from sparring.modalities.image.unusable import Unusable, quiet
from sparring.modalities.image.value_range import Tally, choose_scale
from sparring.modalities.opening import open_data
from sparring.util.random import make_rng

CT = Scale(-1024, 3071, "int16", False)
WHOLE = ("uint16", "int16", "int32", "uint32")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_any_whole_numbers_come_back(data):
    """Through the scale of their own tally, the codec's tensors and back: exact up to 24 bits of range."""
    kind = data.draw(st.sampled_from(WHOLE))
    limits = np.iinfo(kind)
    start = data.draw(st.integers(limits.min, limits.max - 1))
    end = data.draw(st.integers(start, min(limits.max, start + 2**22)))
    numbers = data.draw(arrays.arrays(kind, (2, 3, 1), elements=st.integers(start, end)))
    tally = Tally()
    tally.add(numbers, kind, "it")
    scale, notes = choose_scale(tally)
    assert not any("clipped" in note for note in notes)
    values = scale.scaled(numbers)
    assert values.dtype == scale.dtype and values.min() >= 0 and values.max() <= 255
    for value_range in ("symmetric", "unit"):
        codec = ImageCodec(1, 2, 3, value_range, mode="L", scale=scale)
        back = codec.decode(codec.encode(values.transpose(2, 0, 1)[None]))
        assert back.dtype == scale.dtype
        found = scale.restored_pictures(back)
        assert found.dtype == kind
        off = np.abs(found[0, 0].astype(np.int64) - numbers[..., 0])
        assert off.max() <= (end - start) // 2**21


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(0, 2**32))
def test_any_floats_come_back(start, width, seed):
    numbers = (start + width * np.random.default_rng(seed).random((5, 6, 1))).astype(np.float64)
    tally = Tally()
    tally.add(numbers, "float64", "it")
    scale, _ = choose_scale(tally)
    found = scale.restored(scale.scaled(numbers))
    span = max(scale.high - scale.low, abs(start) * 1e-9)
    assert np.abs(found - numbers).max() <= (3e-3 if scale.eight_bit else 1e-6) * span


@pytest.mark.parametrize(("dark", "refused"), [(0.0, True), (0.9, True), (0.97, False)])
def test_fractions_beside_numbers_of_a_wider_range_are_refused(dark, refused):
    """One in ten pictures is enough; some of 3 % may be dark ones, and whole numbers up to 1 are labels or masks."""
    rng = np.random.default_rng(0)
    pictures = rng.random((100, 4, 4, 1)).astype(np.float32)
    pictures[: int(100 * dark)] *= 255
    pictures[-1] *= 200
    tally = Tally()
    tally.add(pictures, "float32", "it", len(pictures))
    if refused:
        with pytest.raises(UserError, match=r"hold fractions up to 1 and .* others numbers as far as"):
            choose_scale(tally)
        assert choose_scale(tally, (0, 255))[0].high == 255
    else:
        assert choose_scale(tally)[0].high > 200


def test_whole_numbers_up_to_1_are_no_fractions():
    tally = Tally()
    tally.add(np.ones((9, 4, 4, 1), np.float32), "float32", "masks", 9)
    tally.add(np.full((1, 4, 4, 1), 200, np.float32), "float32", "it")
    assert choose_scale(tally)[0].high == 255


def test_a_tally_does_not_depend_on_the_order():
    rng = np.random.default_rng(0)
    parts = [rng.integers(0, 4096, (8, 8), dtype=np.uint16) for _ in range(30)]
    parts[3][0, 0] = 65535
    scales = []
    for order in (parts, parts[::-1], [np.stack(parts)]):
        tally = Tally()
        for part in order:
            tally.add(part, "uint16", "it")
        scales.append((choose_scale(tally)[0], tally.at_high, tally.at_low))
    assert scales[0] == scales[1] == scales[2]
    assert scales[0][0] == Scale(0, 4095, "uint16", False)


def deep_values(count: int = 5, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (count, channels, 6, 8)).astype(np.float32)


@pytest.mark.parametrize(
    ("scale", "channels", "suffix"),
    [
        (Scale(0, 4095, "uint16", False), 1, ".png"),
        (CT, 1, ".tif"),
        (Scale(-1, 1, "float32", False), 1, ".tif"),
        (Scale(-1, 1, "float32", False), 3, ".tif"),
        (Scale(0, 65535, "uint16", False), 3, ".tif"),
        (Scale(0, 65535, "uint16", False), 4, ".tif"),
        (Scale(), 1, ".png"),
    ],
)
def test_samples_are_written_in_the_numbers_of_the_data(scale, channels, suffix, tmp_path):
    codec = ImageCodec(channels, 6, 8, mode={1: "L", 3: "RGB", 4: "RGBA"}[channels], scale=scale)
    values = deep_values(5, channels)
    values = values if not scale.is_plain else np.rint(values).astype(np.uint8)
    wanted = scale.restored_pictures(values).transpose(0, 2, 3, 1)
    paths = modality.write(values, None, tmp_path / "folder", codec=codec)
    assert {path.suffix for path in paths} == {suffix}
    for path, expected in zip(paths, wanted, strict=True):
        found = np.asarray(Image.open(path)) if suffix == ".png" else tifffile.imread(path)
        np.testing.assert_array_equal(found.reshape(expected.shape), expected)
        assert found.dtype == expected.dtype
    modality.write(values, None, tmp_path / "all.npz", codec=codec)
    np.testing.assert_array_equal(np.load(tmp_path / "all.npz")["images"], wanted)
    modality.write(values, None, tmp_path / "all.tif", codec=codec)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "all.tif").reshape(wanted.shape), wanted)
    assert not modality.lost_in(tmp_path / "all.tif", codec, 5, False)
    lost = modality.lost_in(tmp_path / "sheet.png", codec, 5, False)
    assert bool(lost) != scale.is_plain and (scale.is_plain or "in 8 bits" in lost)


@pytest.mark.parametrize(
    ("name", "count", "told"),
    [("a.jpg", 1, True), ("a.png", 1, False), ("a.webp", 1, False), ("a.png", 2, True), ("a.tif", 2, False)],
)
def test_transparency_that_a_file_of_samples_cannot_hold_is_said(name, count, told, tmp_path):
    codec = ImageCodec(4, 6, 8, mode="RGBA")
    lost = modality.lost_in(tmp_path / name, codec, count, False)
    assert lost == (f"{name} shows transparency as white; a folder, .tif or .npz holds the samples themselves" * told)


def test_python_gets_pictures_where_pil_has_a_mode_and_else_arrays():
    codec = ImageCodec(1, 6, 8, mode="L", scale=Scale(0, 4095, "uint16", False))
    assert [each.mode for each in modality.items(deep_values(), codec)] == ["I;16"] * 5
    codec = ImageCodec(1, 6, 8, mode="L", scale=Scale(-1, 1, "float32", False))
    assert modality.items(deep_values(), codec)[0].mode == "F"
    codec = ImageCodec(3, 6, 8, scale=Scale(-1, 1, "float32", False))
    made = modality.items(deep_values(5, 3), codec)[0]
    assert isinstance(made, np.ndarray) and made.shape == (6, 8, 3) and made.min() < 0


def test_codec_json_holds_the_scale_and_another_format_is_refused():
    codec = ImageCodec(1, 6, 8, mode="L", scale=CT)
    about = json.loads(json.dumps(codec.describe()))
    assert modality.codec_from(about) == codec
    assert about["scale"] == {"low": -1024, "high": 3071, "kind": "int16", "eight_bit": False}
    assert "int16 = -1024 +" in about["decode"]
    for bad in ({"image_format": 1}, {"scale": {}}, {"scale": {**about["scale"], "high": -5000}}, {"scale": None}):
        with pytest.raises(UserError, match=r"codec\.json"):
            modality.codec_from(about | bad)


def test_resizing_keeps_offsets_range_and_type():
    rng = np.random.default_rng(0)
    for offset in (0, 1e9):
        numbers = offset + rng.uniform(0, 100, (40, 30, 1))
        for fit in ("crop", "stretch", "pad"):
            made = fitted(numbers, (16, 16), fit)
            inside = made[np.isfinite(made)]
            assert made.shape == (16, 16, 1) and inside.min() >= numbers.min() and inside.max() <= numbers.max()
            assert np.isnan(made).any() == (fit == "pad")
            assert abs(inside.mean() - numbers.mean()) < 5
    whole = rng.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    plain, deep = fitted(whole, (16, 16), "crop").astype(float), fitted(whole.astype(np.float32), (16, 16), "crop")
    assert np.abs(plain - deep).mean() <= 0.5


def test_deep_pictures_are_degraded_without_rounding():
    from sparring.config.recipe import Degradation

    rng = np.random.default_rng(0)
    whole = np.asarray(Image.fromarray(rng.integers(0, 256, (6, 6), dtype=np.uint8)).resize((24, 24)))[None]
    for kind in DEGRADATIONS:
        strength = {
            "jpeg": 50,
            "mask": 0.3,
            "watermark": 0.5,
            "low_light": 0.5,
            "low_contrast": 0.5,
            "grayscale": 1,
        }.get(kind, 2)
        steps = [Degradation(kind=kind, minimum=strength, maximum=strength)]
        deep = degraded(whole.astype(np.float32), steps, make_rng(0, "x"))
        plain = degraded(whole, steps, make_rng(0, "x"))
        assert (deep.dtype, plain.dtype, deep.shape) == (np.float32, np.uint8, plain.shape)
        assert np.abs(deep - plain).mean() < 3, kind
        if kind in ("noise", *(name for name in UNROUNDED if UNROUNDED[name] is not DEGRADATIONS[name])):
            assert (deep != np.rint(deep)).mean() > 0.5, kind


def test_a_picture_is_read_on_the_scale_of_a_run(tmp_path):
    numbers = np.linspace(-1024, 3071, 48).astype(np.int16).reshape(6, 8)
    tifffile.imwrite(tmp_path / "a.tif", numbers)
    codec = ImageCodec(1, 6, 8, mode="L", scale=CT)
    np.testing.assert_array_equal(CT.restored(read(tmp_path / "a.tif", codec))[0], numbers)
    (tmp_path / "b.png").write_bytes(png(picture(1, (6, 8), "L")))
    with pytest.raises(UserError, match="b.png: holds 8-bit values, and this run learned from signed 16-bit"):
        read(tmp_path / "b.png", codec)
    first, second = picture(1), picture(2)
    (tmp_path / "c.gif").write_bytes(png(first, "GIF", save_all=True, append_images=[second]))
    with pytest.raises(UserError, match=r"c\.gif: holds several pages or frames"):
        read(tmp_path / "c.gif", codec)


FAR = {
    "-1 to 1 beside 0 to 1": ((-1, 1, "float32"), (0, 1, "float32")),
    "0 to 1 beside -1 to 1": ((0, 1, "float32"), (-1, 1, "float32")),
    "0 to 255 beside 0 to 1": ((0, 255, "float64"), (0, 1, "float32")),
    "16 bits beside 12": ((0, 65535, "uint16"), (0, 4095, "uint16")),
    "8 bits beside masks": ((0, 255, "uint8"), (0, 1, "uint8")),
}
NEAR = {
    "a little beyond": ((-0.2, 1.2, "float32"), (0, 1, "float32")),
    "darker": ((0, 900, "uint16"), (0, 4095, "uint16")),
    "8 bits on a part of them": ((0, 255, "uint8"), (20, 200, "uint8")),
    "masks": ((0, 1, "uint8"), (0, 1, "uint8")),
}


def tally_of(low, high, kind, marks=0):
    tally, numbers = Tally(), np.linspace(low, high, 4000)
    numbers = np.concatenate([numbers, np.full(marks, -9999.0)])
    numbers = (np.rint(numbers) if np.dtype(kind).kind in "iu" else numbers).astype(kind)
    (tally.add_plain(numbers, "a") if kind == "uint8" else tally.add(numbers, kind, "a"))
    return tally


@pytest.mark.parametrize("name", FAR)
def test_numbers_that_mean_something_else_than_those_they_are_compared_with_are_refused(name):
    own, (low, high, kind) = FAR[name]
    like = Scale(low, high, kind, False)
    with pytest.raises(
        UserError, match="a holds numbers from .*, and what it belongs to was .*: bring both to one range"
    ):
        choose_scale(tally_of(*own), like=like)
    assert choose_scale(tally_of(*own), asked=(low, high), like=like)[0] == like  # a person may leave most out


@pytest.mark.parametrize("name", NEAR)
def test_numbers_are_read_like_those_they_are_compared_with(name):
    own, (low, high, kind) = NEAR[name]
    like = Scale(low, high, kind, False)
    assert choose_scale(tally_of(*own), like=like)[0] == like


def test_many_marks_for_no_data_are_no_other_range():
    like = choose_scale(tally_of(400, 2500, "float32", marks=9000))[0]
    assert (like.low, like.high) == pytest.approx((400, 2500), rel=1e-3)
    assert choose_scale(tally_of(450, 2400, "float32", marks=9000), like=like)[0] == like


def test_8_bit_pictures_are_read_on_the_range_of_8_bits_that_a_run_learned(tmp_path):
    """Found, as where all numbers are 0 to 3, or asked for."""
    numbers = (np.arange(48) % 4).astype(np.uint8).reshape(6, 8)
    Image.fromarray(numbers).save(tmp_path / "dark.png")
    Image.fromarray(numbers + 200).save(tmp_path / "light.png")
    codec = ImageCodec(1, 6, 8, mode="L", scale=Scale(0, 3, "uint8", True))
    np.testing.assert_array_equal(codec.scale.restored(read(tmp_path / "dark.png", codec))[0], numbers)
    with pytest.raises(UserError, match="light.png: holds 8-bit values 200 to 203, and this run learned from 8-bit"):
        read(tmp_path / "light.png", codec)


def test_a_range_may_be_told(own_cache, tmp_path):
    numbers = np.random.default_rng(0).integers(0, 4096, (20, 8, 8)).astype(np.uint16)
    root = put(tmp_path, {f"{n}.png": png(Image.fromarray(each)) for n, each in enumerate(numbers)})
    source = open_data(root, {"data_range": "1000,2000"})
    assert source.scale == Scale(1000, 2000, "uint16", False)
    assert any("scaled 1,000 to 2,000 (as asked)" in note for note in source.notes)
    assert any("Values beyond 1,000 to 2,000 are clipped: about 0.7" in note for note in source.notes)
    assert source.content_hash != open_data(root).content_hash
    assert everything(source).min() == 0
    for bad in ("5", "5,1", "a,b", "0,nan", "0,inf"):
        with pytest.raises(UserError, match=f"--data-range should be LOW,HIGH, .* not '{bad}'"):
            open_data(root, {"data_range": bad})


def colour_png16() -> bytes:
    import imagecodecs

    return bytes(imagecodecs.png_encode(np.random.default_rng(0).integers(0, 65536, (6, 8, 3), dtype=np.uint16)))


def test_16_bit_colour_of_png_is_whole_or_its_loss_is_said(monkeypatch):
    whole = decode_one(colour_png16(), "a.png")
    assert (whole.kind, whole.lost) == ("uint16", "") and len(np.unique(whole.pixels)) == 6 * 8 * 3
    monkeypatch.setattr(frames, "find_spec", lambda name: None)
    rounded = decode_one(colour_png16(), "a.png")
    assert rounded.kind == "uint8" and 'pip install "sparring[deep]"' in rounded.lost


@pytest.mark.parametrize("largest", [300, 1023, 4095, 65535])
@pytest.mark.parametrize("plain", [True, False])
def test_netpbm_keeps_its_own_numbers(largest, plain):
    numbers = np.random.default_rng(0).integers(0, largest + 1, (6, 8)).astype(np.uint16)
    body = " ".join(map(str, numbers.flat)).encode() if plain else numbers.astype(">u2").tobytes()
    decoded = decode_one(f"P{2 if plain else 5} 8 6 {largest}\n".encode() + body, "a.pgm")
    assert decoded.kind == "uint16"
    np.testing.assert_array_equal(decoded.pixels[..., 0], numbers)


def test_extras_that_are_missing_are_named(monkeypatch):
    from sparring.modalities.image import dicom

    monkeypatch.setattr(dicom, "find_spec", lambda name: None)
    with pytest.raises(Unusable, match=r"sparring\[medical\]"):
        decode_one(b"\0" * 128 + b"DICM" + b"\0" * 9, "a.dcm")
    monkeypatch.setattr(frames, "FORMATS", ["PNG"])
    with pytest.raises(Unusable, match=r"sparring\[heif\]"):
        decode_one(b"\0\0\0\x18ftypheic" + b"\0" * 30, "a.heic")


def test_compressed_deep_tiff_is_read():
    numbers = np.random.default_rng(0).integers(0, 4096, (16, 16), dtype=np.uint16)
    for compression in ("lzw", "deflate", "zstd"):
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, numbers, compression=compression)
        np.testing.assert_array_equal(decode_one(buffer.getvalue(), "a.tif").pixels[..., 0], numbers)


def test_other_colour_spaces_become_srgb():
    """A profile of linear light: a middle number is much brighter in sRGB."""
    linear = linear_profile()
    grey = decode_one(png(Image.new("RGB", (2, 2), (128, 60, 60)), icc_profile=linear), "a.png")
    assert grey.profile and abs(int(grey.pixels[0, 0, 0]) - 188) <= 2
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = decode_one(png(Image.new("RGB", (2, 2), (128, 60, 60)), icc_profile=srgb), "a.png")
    assert not plain.profile and plain.pixels[0, 0].tolist() == [128, 60, 60]
    broken = decode_one(png(Image.new("RGB", (2, 2), (128, 60, 60)), icc_profile=b"x" * 200), "a.png")
    assert broken.pixels[0, 0].tolist() == [128, 60, 60]


def linear_profile() -> bytes:
    """That of sRGB with its curves replaced by straight lines, and another name."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(data[128:132], "big")
    for number in range(count):
        at = 132 + 12 * number
        name, offset = bytes(data[at : at + 4]), int.from_bytes(data[at + 4 : at + 8], "big")
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            data[offset : offset + 12] = b"curv" + b"\0" * 8
    return bytes(data).replace("sRGB".encode("utf-16-be"), "line".encode("utf-16-be")).replace(b"sRGB b", b"line b")


def test_values_that_are_no_numbers_become_black_of_the_data():
    codec = ImageCodec(1, 1, 2, mode="L", scale=CT)
    made = codec.decode(torch.tensor([[[[float("nan"), 5.0]]]]))
    assert CT.restored_pictures(made).tolist() == [[[[-1024, 3071]]]]


@pytest.mark.parametrize("kind", ["deep TIFF", "DICOM", "GIF", "PNG of 16 bits"])
def test_damaged_files_are_refused_in_one_sentence(kind):
    """Bytes changed, cut off and put in, always the same ones."""
    import pydicom
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    def medical() -> bytes:
        made = pydicom.Dataset()
        made.file_meta = pydicom.dataset.FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = CTImageStorage
        made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = "1.2.3"
        made.Rows, made.Columns, made.SamplesPerPixel, made.PixelRepresentation = 8, 8, 1, 0
        made.PhotometricInterpretation, made.BitsAllocated, made.BitsStored, made.HighBit = "MONOCHROME2", 16, 16, 15
        made.PixelData = bytes(128)
        buffer = io.BytesIO()
        made.save_as(buffer, enforce_file_format=True)
        return buffer.getvalue()

    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((2, 8, 8), np.uint16), photometric="minisblack")
    animation = png(picture(1), "GIF", save_all=True, append_images=[picture(2)])
    whole = {"deep TIFF": buffer.getvalue(), "DICOM": medical(), "GIF": animation, "PNG of 16 bits": colour_png16()}
    rng = np.random.default_rng(0)
    for _ in range(60):
        data = bytearray(whole[kind])
        for place in rng.integers(0, len(data), rng.integers(1, 6)):
            data[place] = rng.integers(256)
        if rng.random() < 0.3:
            del data[rng.integers(len(data)) :]
        for read_ in (lambda given: list(decode(given, "a")), lambda given: frames.header_size(given, "a")):
            with contextlib.suppress(Unusable), quiet():
                read_(bytes(data))
