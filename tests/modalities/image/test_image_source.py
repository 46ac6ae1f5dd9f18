"""Every kind of picture file: converted, or skipped by name and reason; sizes, modes, duplicates, the cache."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from data_samples import classes, picture, png, put
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.image import cache, scan, spool
from sparring.modalities.image import source as image_source
from sparring.modalities.image.decode import decode as decode_all
from sparring.modalities.image.decode import decode_one as decode
from sparring.modalities.image.fit import fitted, in_mode, patches
from sparring.modalities.opening import open_data
from sparring.util.files import cache_folder

pytestmark = pytest.mark.usefixtures("own_cache")


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few hundred bytes that claims side x side pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def good(count: int = 20, mode: str = "RGB", size=(8, 8)) -> dict[str, bytes]:
    return {f"good{index:03d}.png": png(picture(index, size, mode)) for index in range(count)}


def all_values(source) -> np.ndarray:
    return np.concatenate([source.values(np.arange(source.count(split)), split) for split in ("train", "test")])


def note(source, text: str) -> bool:
    return any(text in line for line in source.notes)


def test_one_of_each_bad_file(tmp_path):
    whole = png(picture(1, (64, 64)))
    bad = {
        "truncated.png": whole[: len(whole) // 2],
        "truncated.jpg": png(picture(1, (64, 64)), "JPEG")[:900],
        "zero.png": b"",
        "words.png": b"these are words, not a picture",
        "notes.txt": b"words",
        "vector.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
        "bomb.png": bomb(),
        "smaller-bomb.png": bomb(11_000),
        ".hidden.png": whole,
    }
    source = open_data(put(tmp_path, good() | bad))
    reasons = dict(source.report.skipped)
    assert reasons.keys() == bad.keys()
    assert reasons["zero.png"] == "empty file"
    assert reasons["notes.txt"] == "not a picture"
    assert reasons[".hidden.png"] == "hidden"
    assert all(reasons[name].startswith("truncated or damaged") for name in ("truncated.png", "truncated.jpg"))
    assert all("million pixels" in reasons[name] for name in ("bomb.png", "smaller-bomb.png"))
    assert source.count() + source.count("test") == 20
    assert sum("skipped" in line for line in source.notes) == 1
    assert source.shape == (3, 8, 8)  # the headers of bad files have no say in the size


def test_only_bad_files_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="None of the 2 files.*a.png.*empty file"):
        open_data(put(tmp_path, {"a.png": b"", "b.png": b"x"}))


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Image.fromarray(np.array([[True, False]])), [[[255], [0]]]),  # 1
        (lambda: Image.fromarray(np.array([[7, 9]], np.uint8)), [[[7], [9]]]),  # L
        (lambda: Image.fromarray(np.array([[[7, 255], [9, 255]]], np.uint8)), [[[7], [9]]]),  # LA, opaque
        (
            lambda: Image.fromarray(np.array([[[7, 100], [9, 0]]], np.uint8)),
            [[[7, 100], [0, 0]]],
        ),  # LA; hidden colour is cleared
        (lambda: Image.fromarray(np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)), [[[1, 2, 3], [4, 5, 6]]]),  # RGB
        (lambda: Image.fromarray(np.array([[[4, 4, 4], [6, 6, 6]]], np.uint8)), [[[4], [6]]]),  # RGB without colour
        (
            lambda: Image.fromarray(np.array([[[1, 2, 3, 255], [4, 5, 6, 9]]], np.uint8)),
            [[[1, 2, 3, 255], [4, 5, 6, 9]]],
        ),  # RGBA
        (lambda: Image.fromarray(np.array([[0, 65535, 257 * 200]], np.uint16)), [[[0], [65535], [51400]]]),  # I;16
        (lambda: Image.fromarray(np.array([[0, 12]], np.uint16)), [[[0], [12]]]),  # 8-bit values in 16 bits
        (lambda: Image.fromarray(np.array([[0, 65535, -4]], np.int32)), [[[0], [65535], [-4]]]),  # I
        (lambda: Image.fromarray(np.array([[-5.0, 300.0, 0.25]], np.float32)), [[[-5.0], [300.0], [0.25]]]),  # F
        (
            lambda: Image.fromarray(np.array([[[0, 0, 0, 0], [0, 255, 255, 0]]], np.uint8), "CMYK"),
            [[[255, 255, 255], [255, 0, 0]]],
        ),
    ],
    ids=["1", "L", "LA-opaque", "LA", "RGB", "RGB-grey", "RGBA", "I;16", "I;16-small", "I", "F", "CMYK"],
)
def test_modes(make, expected):
    assert decode(png(make(), "TIFF"), "x.tif").pixels.tolist() == expected


def test_palette_with_and_without_transparency():
    palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
    assert decode(png(palette), "x.png").pixels.tolist() == [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]]
    assert decode(png(palette, transparency=1), "x.png").pixels.tolist() == [
        [[10, 20, 30, 255], [0, 0, 0, 0], [70, 80, 90, 255]]
    ]


def test_orientation_is_applied(tmp_path):
    upright = picture(1, (6, 4))
    turned = upright.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 270 degrees to see it upright
    assert (decode(png(turned, exif=exif), "x.png").pixels == np.asarray(upright)).all()
    files = {f"{index}.jpg": png(picture(index, (4, 6)), "JPEG", exif=exif) for index in range(20)}
    assert open_data(put(tmp_path, files)).shape == (3, 6, 4)


def test_every_frame_of_an_animation():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = png(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert [frame.pixels[0, 0].tolist() for frame in decode_all(data, "x.webp")] == [[255, 0, 0], [0, 0, 255]]


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(7, 13), (1, 5), (16, 16)])
def test_any_size_and_number_of_channels(tmp_path, mode, size):
    source = open_data(put(tmp_path, good(20, mode, size)))
    channels = len(mode) if mode != "L" else 1
    assert source.shape == (channels, *size)
    assert source.mode == mode
    assert source.report.modes == {mode: 20}
    assert source.report.sizes == {f"{size[0]}x{size[1]}": 20}
    first = np.asarray(picture(0, size, mode)).reshape(*size, channels)
    first = np.where(first[..., -1:] > 0, first, 0) if "A" in mode else first
    assert any((item == first.transpose(2, 0, 1)).all() for item in all_values(source))


def test_the_scale_of_16_bits_is_said(tmp_path):
    deep = {
        f"{index:03d}.png": png(Image.fromarray(np.full((8, 8), 900 + 3000 * index, np.uint16))) for index in range(20)
    }
    assert note(
        open_data(put(tmp_path, deep)), "16-bit values 900 to 57,900; scaled 0 to 57,900 (from 0 to the largest value"
    )


def test_smallest_mode_that_loses_nothing_in_95_percent(tmp_path):
    colours = good(95, "L") | {f"odd{index}.png": png(picture(200 + index)) for index in range(5)}
    source = open_data(put(tmp_path / "few", colours))
    assert source.mode == "L"
    assert note(source, "5 of 100 lose")
    source = open_data(put(tmp_path / "more", colours | {"odd6.png": png(picture(300))}))
    assert source.mode == "RGB"
    assert note(source, "loses nothing")
    assert (
        open_data(
            put(
                tmp_path / "grey",
                good(20, "L") | {f"a{index}.png": png(picture(50 + index, mode="LA")) for index in range(9)},
            )
        ).mode
        == "LA"
    )
    mixed = {f"a{index}.png": png(picture(50 + index, mode="LA")) for index in range(9)}
    assert open_data(put(tmp_path / "both", good(9) | mixed)).mode == "RGBA"
    assert open_data(tmp_path / "both", {"mode": "L"}).shape == (1, 8, 8)


def test_what_a_mode_cannot_hold():
    half = np.array([[[200, 100, 0, 0], [200, 100, 0, 255]]], np.uint8)
    assert in_mode(half, "RGB").tolist() == [[[255, 255, 255], [200, 100, 0]]]
    assert in_mode(half[..., :3], "L").tolist() == [[[round(0.299 * 200 + 0.587 * 100)]] * 2]
    assert in_mode(half[..., :1], "RGBA").tolist() == [[[200, 200, 200, 255]] * 2]


def test_size_is_the_median_bounded(tmp_path):
    files = {f"{index}.png": png(picture(index, (20 + index % 3 * 10, 60))) for index in range(30)}
    source = open_data(put(tmp_path, files))
    assert source.shape == (3, 30, 60)
    with pytest.raises(UserError, match=r"--size should be .*, not \(0, 5\)"):
        open_data(tmp_path, {"size": (0, 5)})
    assert note(source, "median of 3 sizes, 30x60")
    bounded = open_data(tmp_path, None, OpenContext(max_side=20))
    assert bounded.shape == (3, 10, 20)
    assert note(bounded, "brought down to 20")
    assert open_data(tmp_path, {"size": (9, 5)}, OpenContext(max_side=4)).shape == (3, 9, 5)
    assert open_data(put(tmp_path / "thin", good(20, size=(1, 300))), None, OpenContext(max_side=30)).shape == (
        3,
        1,
        30,
    )


def test_fits():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200  # the middle third
    assert (fitted(wide, (10, 10), "crop") == 200).all()
    padded = fitted(wide, (30, 30), "pad")
    assert padded[:10].max() == 0
    assert (padded[10:20] == wide).all()
    assert padded[20:].max() == 0
    stretched = fitted(wide, (10, 3), "stretch")
    assert stretched[5, 1].min() > 150
    assert stretched[5, 0].max() < 60
    clear = np.dstack([wide, np.full((10, 30), 255, np.uint8)])
    assert fitted(clear, (30, 30), "pad")[0, 0].tolist() == [0, 0, 0, 0]


def test_shrinking_is_antialiased():
    lines = np.zeros((64, 64, 1), np.uint8)
    lines[:, ::2] = 255
    assert abs(fitted(lines, (8, 8), "crop").astype(int) - 128).max() < 12


def test_transparent_colour_does_not_bleed():
    values = np.zeros((16, 16, 4), np.uint8)
    values[:, :8] = (255, 255, 255, 255)  # white beside invisible black
    small = fitted(values, (4, 4), "stretch")
    assert (small[small[..., 3] > 0][:, :3] >= 250).all()


def test_wrong_guess_by_bad_headers_is_mended(tmp_path):
    whole = png(picture(1, (64, 64)))
    files = good(5, size=(8, 8)) | {f"bad{index}.png": whole[:300] for index in range(20)}
    source = open_data(put(tmp_path, files))
    assert source.shape == (3, 8, 8)
    assert any((item == np.asarray(picture(0)).transpose(2, 0, 1)).all() for item in all_values(source))


def test_more_than_memory_goes_to_a_map(tmp_path, monkeypatch):
    root = put(tmp_path, classes())
    small = open_data(root)
    for module in (spool, cache, image_source):
        monkeypatch.setattr(module, "RAM_LIMIT", 1000)
    large = open_data(root)
    assert isinstance(large._values, np.memmap)
    assert large.content_hash == small.content_hash
    assert (all_values(large) == all_values(small)).all()


def test_second_opening_is_from_the_cache_until_something_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "MIN_FILES", 10)
    root = put(tmp_path, good(30) | {"bad.png": b""})
    first = open_data(root)
    with monkeypatch.context() as patch:
        patch.setattr(scan, "decode", lambda *_: pytest.fail("decoded again"))
        again = open_data(root)
    assert again.content_hash == first.content_hash
    assert again.report == first.report
    assert again.notes == first.notes
    (root / "new.png").write_bytes(png(picture(999)))
    assert open_data(root).count() + open_data(root).count("test") == 31
    (root / "new.png").write_bytes(png(picture(998)))
    changed = open_data(root)
    assert any((item == np.asarray(picture(998)).transpose(2, 0, 1)).all() for item in all_values(changed))


@pytest.mark.parametrize("file", ["values.npy", "facts.json"])
@pytest.mark.parametrize(
    "damage", [lambda old: old[:-7], lambda old: b"", lambda old: old[:-3] + bytes([old[-3] ^ 1]) + old[-2:]]
)
def test_a_damaged_cache_is_rebuilt(tmp_path, monkeypatch, file, damage):
    monkeypatch.setattr(cache, "MIN_FILES", 10)
    root = put(tmp_path, good(30))
    first = open_data(root)
    (stored,) = cache_folder("decoded").glob(f"*/{file}")
    stored.write_bytes(damage(stored.read_bytes()))
    assert open_data(root).content_hash == first.content_hash


def test_the_cache_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "MIN_FILES", 10)
    monkeypatch.setattr(cache, "DISK_LIMIT", 15_000)
    for number in range(4):
        open_data(put(tmp_path / str(number), good(30)))
    assert len(list(cache_folder("decoded").glob("*/values.npy"))) <= 2


def test_no_room_for_the_cache_is_no_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "MIN_FILES", 10)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    root = put(tmp_path, good(30))
    assert note(open_data(root), "could not be kept")
    for module in (spool, cache, image_source):
        monkeypatch.setattr(module, "RAM_LIMIT", 1000)
    with pytest.raises(UserError, match="No space left.*SPARRING_CACHE"):
        open_data(root)
    assert not list(cache_folder("decoded").iterdir())


def test_digits():
    source = open_data("digits")
    assert (source.shape, source.classes, source.name) == ((1, 8, 8), tuple("0123456789"), "digits")
    assert (source.count("train"), source.count("test")) == (1617, 180)
    values = all_values(source)
    assert (values.min(), values.max()) == (0, 255)
    share = np.bincount(source.labels(np.arange(180), "test"))
    assert share.min() >= 17
    assert share.max() <= 19
    assert open_data("digits", {"labels": "none"}).classes == ()


def test_normal_pictures_show_the_density_of_one_normal_distribution():
    source = open_data("normal-pictures")
    assert (source.shape, source.count("train"), source.count("test")) == ((1, 28, 28), 10_000, 2_048)
    assert source.classes == ()
    assert open_data("normal-pictures").content_hash == source.content_hash
    axis = np.linspace(-3, 3, 28)
    for item in source.values(np.arange(20))[:, 0].astype(float):
        inside = item > 20  # the log of a normal density is a quadratic form of the place
        down, across = (axis[index] for index in np.nonzero(inside))
        form = np.stack([np.ones_like(down), across, down, across**2, across * down, down**2], axis=1)
        fit, *_ = np.linalg.lstsq(form, np.log(item[inside]), rcond=None)
        assert np.abs(form @ fit - np.log(item[inside])).max() < 0.05


def test_describe_is_plain_and_holds_no_path(tmp_path):
    import json

    about = json.dumps(open_data(put(tmp_path / "My Photos (2)", classes())).describe())
    assert str(tmp_path) not in about
    assert json.loads(about)["name"] == "my-photos-2"


def test_pictures_are_cut_at_their_own_resolution(tmp_path):
    rng = np.random.default_rng(0)
    large = [rng.integers(0, 256, (50, 70, 3), dtype=np.uint8) for _ in range(12)]
    for number, shot in enumerate(large):
        Image.fromarray(shot).save(tmp_path / f"{number}.png")
    Image.fromarray(rng.integers(0, 256, (9, 30, 3), dtype=np.uint8)).save(tmp_path / "small.png")
    source = open_data(tmp_path, {"size": (16, 16), "fit": "patches"})
    assert source.count("train") + source.count("test") == 12 * 3 * 4 + 1
    assert any("13 pictures give 145 pieces" in note for note in source.notes)
    windows = {
        picture[top : top + 16, left : left + 16].tobytes()
        for picture in large
        for top in range(35)
        for left in range(55)
    }
    of = {
        window: number
        for number, picture in enumerate(large)
        for window in [picture[top : top + 16, left : left + 16].tobytes() for top in range(35) for left in range(55)]
    }
    sides = {}
    for split in ("train", "test"):
        values = source.values(np.arange(source.count(split)), split).transpose(0, 2, 3, 1)
        known = [np.ascontiguousarray(value).tobytes() for value in values]
        assert sum(each in windows for each in known) >= len(known) - 1  # the small one was enlarged
        sides[split] = {of[each] for each in known if each in of}
    assert not sides["train"] & sides["test"] and sides["test"]
    assert source.content_hash != open_data(tmp_path, {"size": (16, 16)}).content_hash
    assert open_data(tmp_path, {"fit": "patches"}, OpenContext(max_side=24)).shape == (3, 24, 24)


def test_patches_are_spread_and_bounded():
    picture = np.arange(300 * 200, dtype=np.uint32).reshape(300, 200, 1).astype(np.uint8)
    assert len(patches(picture, (10, 10))) <= 64
    assert all(piece.shape == (10, 10, 1) for piece in patches(picture, (10, 10)))
    np.testing.assert_array_equal(patches(picture, (300, 200))[0], picture)
    assert len(patches(picture, (299, 100))) == 2
    assert len(patches(np.zeros((8, 8000, 1), np.uint8), (8, 8))) == 64
