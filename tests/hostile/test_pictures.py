"""A zoo of pictures that are not 8 bits, or not what they look like: read as their owner means them, or refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from data_samples import everything, packed_zip, picture, png, put
from hostile_zoo import Case, run_case
from sparring.data.options import OpenContext
from sparring.modalities.opening import open_data

pytestmark = pytest.mark.usefixtures("own_cache")
COUNT, SIDE = 20, 8


def numbers(low: float, high: float, kind: str, count: int = COUNT, channels: tuple[int, ...] = ()) -> np.ndarray:
    """Pictures whose lowest and highest number are these ends."""
    made = np.random.default_rng(1).uniform(low, high, (count, SIDE, SIDE, *channels))
    made.flat[0], made.flat[-1] = low, high
    return (np.rint(made) if np.dtype(kind).kind in "iu" else made).astype(kind)


def tif(values: np.ndarray, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def tifs(values: np.ndarray, **options) -> dict[str, bytes]:
    return {f"{number:03d}.tif": tif(value, **options) for number, value in enumerate(values)}


def pngs16(values: np.ndarray) -> dict[str, bytes]:
    return {f"{number:03d}.png": png(Image.fromarray(value)) for number, value in enumerate(values)}


def masked_tif(value: np.ndarray, mask_is: int) -> bytes:
    """A picture, and a page that is a mask or a reduced copy of it."""
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(value, photometric="rgb")
        extra = value[..., 0] > 100 if mask_is == 4 else value[::2, ::2]
        file.write(extra, photometric=4 if mask_is == 4 else "rgb", subfiletype=mask_is)
        file.write(255 - value, photometric="rgb")
    return buffer.getvalue()


def pfm(value: np.ndarray) -> bytes:
    return b"Pf\n%d %d\n-1.0\n" % value.shape[::-1] + value[::-1].astype("<f4").tobytes()


def keyed_png(value: np.ndarray) -> bytes:
    """A grey PNG of 16 bits whose first number is transparent."""
    return png(Image.fromarray(value), transparency=int(value.flat[0]))


def folder(make):
    """A case's `make` from a function that gives the files."""
    return lambda root: put(root, make())


def own(source) -> np.ndarray:
    """All values in the data's own numbers."""
    values = np.concatenate([everything(source, split) for split in ("train", "test")])
    return source.scale.restored_pictures(values)


def holds(values: np.ndarray, scale: tuple[float, float], kind: str, told: str = "", channels: int = 1):
    """Asserts that a source holds these pictures, N x H x W (x C), whole, on this scale, and says so."""

    def check(source) -> None:
        assert (source.scale.low, source.scale.high) == pytest.approx(scale, rel=1e-6)
        assert source.scale.kind == kind
        assert any(told in note for note in source.notes), source.notes
        assert source.shape[0] == channels
        found = own(source)
        wanted = values.reshape(len(values), SIDE, SIDE, channels).transpose(0, 3, 1, 2)
        wanted = wanted.clip(*scale) if kind != "uint8" else wanted
        order = [np.lexsort(each.reshape(len(each), -1).T) for each in (found, wanted)]
        step = 0 if np.dtype(kind).kind in "iu" else 1e-6 * (scale[1] - scale[0])
        np.testing.assert_allclose(found[order[0]], wanted[order[1]].astype(kind), atol=step, rtol=1e-6)

    return check


def says(*words: str, count: int | None = None, skipped: tuple[str, ...] = ()):
    """Asserts what the notes and the reasons of skipped files say, and how many pictures there are."""

    def check(source) -> None:
        text = " ".join(source.notes)
        for each in words:
            assert each in text, text
        if count is not None:
            assert source.count() + source.count("test") == count
        reasons = " ".join(f"{name}: {reason}" for name, reason in source.report.skipped)
        for each in skipped:
            assert each in reasons, reasons

    return check


def hot(values: np.ndarray, places: list[int], number: float) -> np.ndarray:
    values = values.copy()
    values.reshape(-1)[places] = number
    return values


U12, CT, UNIT = numbers(12, 4095, "uint16"), numbers(-1024, 3071, "int16"), numbers(0, 0.99, "float32")
SIGNED, HEIGHTS = numbers(-1, 1, "float32"), numbers(100, 2500, "float32")
MARKED = hot(HEIGHTS, list(range(1, 1000, 7)), -9999)
RGB16 = numbers(0, 65535, "uint16", channels=(3,))

DEEP = {
    **{
        f"8 bits up to {high}": Case(
            folder(lambda high=high: pngs16(numbers(0, high, "uint8"))),
            holds(numbers(0, high, "uint8"), (0, ends), "uint8", f"8-bit values 0 to {high} only" if high < 32 else ""),
        )
        for high, ends in ((1, 1), (2, 2), (3, 3), (16, 16), (31, 31), (32, 255), (200, 255))
    },
    "8 bits up to 3 in an array": Case(
        lambda root: _npy(root, numbers(0, 3, "uint8")), holds(numbers(0, 3, "uint8"), (0, 3), "uint8")
    ),
    "an array of 0 and 1": Case(
        lambda root: _npy(root, numbers(0, 1, "uint8")),
        says("8-bit values 0 to 1 only", "samples are ordinary pictures"),
    ),
    **{
        f"a mark far from numbers of a small spread: {kind}": Case(
            folder(lambda values=values: tifs(values)), says(f"scaled {told}", "taken for outliers or marks")
        )
        for kind, values, told in (
            ("0 of 16 bits", hot(numbers(20000, 20500, "uint16"), list(range(1, 1000, 7)), 0), "20,000 to 20,500"),
            ("-9999", hot(numbers(2000, 2040, "float32"), list(range(1, 1000, 7)), -9999), "2,000 to 2,040"),
            ("the largest", hot(numbers(1200, 1300, "uint16"), list(range(1, 1000, 7)), 65535), "1,200 to 1,300"),
        )
    },
    "16 bits with a transparent number": Case(
        folder(lambda: {f"{n}.png": keyed_png(value) for n, value in enumerate(numbers(0, 65535, "uint16"))}),
        says("Pictures are stored as LA", count=COUNT),
    ),
    "files with every suffix of their format": Case(
        folder(lambda: {f"{n}.pfm": pfm(value) for n, value in enumerate(numbers(0, 7, "float32"))}),
        holds(numbers(0, 7, "float32"), (0, 7), "float32"),
    ),
    "extended precision": Case(
        lambda root: _npy(root, numbers(0, 7, "float64").astype(np.longdouble)),
        holds(numbers(0, 7, "float64"), (0, 7), "float64"),
    ),
    "16 bits up to 250": Case(
        folder(lambda: pngs16(numbers(0, 250, "uint16"))), holds(numbers(0, 250, "uint16"), (0, 255), "uint16")
    ),
    "16 bits up to 260": Case(
        folder(lambda: pngs16(numbers(0, 260, "uint16"))), holds(numbers(0, 260, "uint16"), (0, 260), "uint16")
    ),
    "12 bits in 16": Case(
        folder(lambda: pngs16(U12)), holds(U12, (0, 4095), "uint16", "16-bit values 12 to 4,095; scaled 0 to 4,095")
    ),
    "all 16 bits": Case(
        folder(lambda: tifs(numbers(0, 65535, "uint16"))),
        holds(numbers(0, 65535, "uint16"), (0, 65535), "uint16", "the range of 16 bits"),
    ),
    "big-endian 16 bits": Case(folder(lambda: tifs(U12.astype(">u2"), byteorder=">")), holds(U12, (0, 4095), "uint16")),
    "CT numbers": Case(folder(lambda: tifs(CT)), holds(CT, (-1024, 3071), "int16", "scaled -1,024 to 3,071")),
    "32-bit integers": Case(
        folder(lambda: tifs(numbers(0, 1e6, "int32"))), holds(numbers(0, 1e6, "int32"), (0, 1e6), "int32")
    ),
    "32-bit integers far from 0": Case(
        folder(lambda: tifs(numbers(1e9, 1e9 + 100, "int32"))),
        holds(numbers(1e9, 1e9 + 100, "int32"), (1e9, 1e9 + 100), "int32"),
    ),
    "unsigned 32 bits beyond signed ones": Case(
        folder(lambda: tifs(numbers(0, 4e9, "uint32"))), says("32-bit values 0 to 4,000,000,000")
    ),
    "floats of 0 to 1": Case(folder(lambda: tifs(UNIT)), holds(UNIT, (0, 1), "float32", "scaled 0 to 1")),
    "floats of -1 to 1": Case(folder(lambda: tifs(SIGNED)), holds(SIGNED, (-1, 1), "float32", "scaled -1 to 1")),
    "tiny floats": Case(
        folder(lambda: tifs(UNIT * 1e-6)), holds(UNIT * 1e-6, (0, float(UNIT.max()) * 1e-6), "float32")
    ),
    "double precision": Case(
        folder(lambda: tifs(SIGNED.astype(np.float64))), holds(SIGNED.astype(np.float64), (-1, 1), "float64")
    ),
    "colour of 16 bits": Case(
        folder(lambda: tifs(RGB16, photometric="rgb")), holds(RGB16, (0, 65535), "uint16", channels=3)
    ),
    "colour of floats": Case(
        folder(lambda: tifs(numbers(-1, 1, "float32", channels=(3,)), photometric="rgb")),
        holds(numbers(-1, 1, "float32", channels=(3,)), (-1, 1), "float32", channels=3),
    ),
    "white is 0": Case(
        folder(lambda: tifs(U12, photometric="miniswhite")), holds(65535 - U12, (61440, 65535), "uint16")
    ),
    "a hot pixel": Case(
        folder(lambda: pngs16(hot(U12, [5], 65535))),
        holds(hot(U12, [5], 65535), (0, 4095), "uint16", "1 of 1,280 values"),
    ),
    "marks for no data": Case(
        folder(lambda: tifs(MARKED)),
        says("143 of 1,280 values", "below 100 as far as -9,999", "--data-range -9999,2500", count=COUNT),
    ),
    "one number everywhere": Case(
        folder(lambda: pngs16(np.full((COUNT, SIDE, SIDE), 7, np.uint16))), None, ("fewer than two different",)
    ),
    "half NaN": Case(
        folder(lambda: tifs(SIGNED) | {"bad.tif": tif(hot(SIGNED[0], [1, 2], np.nan))}),
        says(count=COUNT, skipped=("bad.tif: holds values that are not finite: 2 of 64",)),
    ),
    "all infinite": Case(folder(lambda: tifs(np.full((3, SIDE, SIDE), np.inf, np.float32))), None, ("not finite",)),
    "8 bits and full 16 bits": Case(
        folder(
            lambda: pngs16(numbers(0, 65535, "uint16", 3)) | {f"a{n}.png": png(picture(n, mode="L")) for n in range(9)}
        ),
        says("3 of 12 pictures hold 16-bit values (000.png)", "65,535 is taken for 255", "loses what is finer"),
    ),
    "8 bits and 12 bits": Case(
        folder(lambda: pngs16(U12) | {f"a{n}.png": png(picture(n, mode="L")) for n in range(9)}),
        None,
        ("20 of 29 pictures hold 16-bit values (000.png), from 12 to 4,095", "8-bit values (a0.png)", "--data-range"),
    ),
    "whole numbers and fractions": Case(
        folder(lambda: pngs16(U12) | {"z.tif": tif(UNIT[0])}), None, ("000.png holds 16-bit", "z.tif fractions")
    ),
    "a float array of -1 to 1": Case(
        lambda root: _npy(root, SIGNED), holds(SIGNED, (-1, 1), "float32", "scaled -1 to 1")
    ),
    "a float array of 8-bit levels": Case(
        lambda root: _npy(root, np.rint(UNIT * 255).astype(np.float32) / 255),
        holds(np.rint(UNIT * 255).astype(np.uint8), (0, 255), "uint8"),
    ),
    "an array of CT numbers": Case(lambda root: _npy(root, CT), holds(CT, (-1024, 3071), "int16")),
    "an array of few signed integers": Case(
        lambda root: _npy(root, numbers(-9, 8, "int64")), holds(numbers(-9, 8, "int64"), (-9, 8), "int32")
    ),
    "an array of truth values": Case(
        lambda root: _npy(root, UNIT > 0.5), holds(np.where(UNIT > 0.5, 255, 0), (0, 255), "uint8")
    ),
    "an array with NaN": Case(
        lambda root: _npy(root, hot(SIGNED, [0], np.nan)), says(count=COUNT - 1, skipped=("a.npy[0]: holds values",))
    ),
    "complex numbers": Case(lambda root: _npy(root, SIGNED.astype(np.complex64)), None, ("complex64",)),
}


def _npy(root: Path, values: np.ndarray) -> Path:
    np.save(root / "a.npy", values)
    return root / "a.npy"


def dicom(values: np.ndarray, **about) -> bytes:
    """A DICOM file of one grey picture, or of several frames, with these attributes beside the usual ones."""
    import pydicom
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    made = pydicom.Dataset()
    made.file_meta = pydicom.dataset.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = CTImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = generate_uid(entropy_srcs=[repr(about)])
    made.Rows, made.Columns = values.shape[-2:]
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 16
    made.HighBit, made.PixelRepresentation = 15, int(values.dtype.kind == "i")
    if values.ndim == 3:
        made.NumberOfFrames = len(values)
    made.PixelData = values.tobytes()
    for name, value in about.items():
        setattr(made, name, value)
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def dicoms(values: np.ndarray, **about) -> dict[str, bytes]:
    return {f"IM{number:03d}": dicom(value, **about) for number, value in enumerate(values)}


STORED = numbers(0, 4095, "uint16")
PAGES = [picture(number, (SIDE, SIDE)) for number in range(3)]


def animation(kind: str, start: int = 0, **options) -> bytes:
    first, *others = [picture(start + number, (SIDE, SIDE)) for number in range(3)]
    return png(first, kind, save_all=True, append_images=others, duration=80, loop=0, **options)


MEDICAL = {
    "slope and intercept": Case(
        folder(lambda: dicoms(STORED, RescaleSlope="1", RescaleIntercept="-1024")),
        holds(STORED.astype(np.int16) - 1024, (-1024, 3071), "int16", "scaled -1,024 to 3,071"),
    ),
    "a slope with a fraction": Case(
        folder(lambda: dicoms(STORED, RescaleSlope="0.5", RescaleIntercept="-10")),
        holds(STORED.astype(np.float32) / 2 - 10, (-10, 2037.5), "float32"),
    ),
    "the lowest number is white": Case(
        folder(lambda: dicoms(STORED, PhotometricInterpretation="MONOCHROME1", BitsStored=12, HighBit=11)),
        holds(4095 - STORED, (0, 4095), "int16"),
    ),
    "padding outside of the circle": Case(
        folder(
            lambda: dicoms(
                hot(STORED.astype(np.int16), list(range(1, 900, 9)), -2000),
                RescaleSlope="1",
                RescaleIntercept="-1024",
                PixelPaddingValue=-2000,
            )
        ),
        says("values -1,024 to 3,071", count=COUNT),
    ),
    "frames of one file": Case(
        folder(lambda: {"a.dcm": dicom(STORED[:5]), "b.dcm": dicom(STORED[5:15])}),
        says("2 files hold 15 pages or frames", count=15),
    ),
    "no picture in it": Case(
        folder(lambda: {"report.dcm": b"\0" * 128 + b"DICM" + b"\0" * 64} | dicoms(STORED[:2])),
        says(count=2, skipped=("report.dcm: ",)),
    ),
}
PAGED = {
    f"frames of {suffix}": Case(
        folder(
            lambda kind=kind, suffix=suffix, more=more: {
                f"{n}{suffix}": animation(kind, 10 * n, **more) for n in range(4)
            }
        ),
        says("4 files hold 12 pages or frames", "fewer than 10 files", count=12),
    )
    for suffix, kind, more in ((".gif", "GIF", {}), (".webp", "WEBP", {"lossless": True}), (".png", "PNG", {}))
} | {
    **{
        f"a page that is a {name}": Case(
            folder(
                lambda kind=kind: {
                    f"{n}.tif": masked_tif(np.asarray(picture(n, (SIDE, SIDE))), kind) for n in range(COUNT)
                }
            ),
            says("20 files hold 40 pages or frames", count=2 * COUNT),
        )
        for name, kind in (("mask", 4), ("reduced copy", 1))
    },
    "pages of TIFF": Case(
        folder(lambda: {"stack.tif": tif(U12), "other.tif": tif(U12[::-1])}),
        says("2 files hold 40 pages or frames", count=2 * COUNT),
    ),
    "one stack": Case(folder(lambda: {"stack.tif": tif(U12)}), says("1 file holds 20 pages or frames", count=COUNT)),
    "many stacks": Case(
        folder(lambda: {f"{n}.tif": tif(U12[n : n + 2]) for n in range(0, COUNT, 2)}),
        says("10 files hold 20 pages or frames", "stay together", count=COUNT),
    ),
    "planes behind one header": Case(
        folder(lambda: {"hidden.tif": tif(U12, truncate=True), "other.tif": tif(U12[::-1])}),
        says(count=COUNT, skipped=("hidden.tif: holds an array of 20 x 8 x 8 behind one header",)),
    ),
    "a thumbnail beside the page": Case(
        folder(lambda: {"a.tif": _with_thumbnail(0), "b.tif": _with_thumbnail(COUNT - 1)}), says("12 to 4,095", count=2)
    ),
}


def _with_thumbnail(number: int) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(U12[number], metadata=None)
        file.write(np.full((2, 2), 60000, np.uint16), subfiletype=1, metadata=None)
    return buffer.getvalue()


def heic(red: int) -> bytes:
    import pillow_heif

    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(np.full((64, 64, 3), (red, 30, 30), np.uint8))).save(buffer)
    return buffer.getvalue()


def oriented(last: int) -> bytes:
    about = Image.Exif()
    about[0x0112] = 6
    return png(Image.fromarray(np.uint8([[10, 20, last]])), "TIFF", exif=about)


def keyed(number: int) -> Image.Image:
    palette = Image.new("P", (1, 1), number)
    palette.putpalette([10, 10, 10, 90, 90, 90])
    return palette


def exactly(*pictures):
    def check(source) -> None:
        found = {own.tobytes() for split in ("train", "test") for own in everything(source, split)}
        wanted = {np.ascontiguousarray(np.asarray(each, np.uint8)).tobytes() for each in pictures}
        assert found == wanted

    return check


KINDS = {
    "16-bit colour in a format that is read with 8": Case(
        folder(lambda: {f"{n}.ppm": b"P6 8 8 65535\n" + RGB16[n].astype(">u2").tobytes() for n in range(4)}),
        says("4 pictures lose what is finer than 8 bits", count=4),
    ),
    "HEIC of a phone": Case(folder(lambda: {"a.heic": heic(200), "b.HEIC": heic(90)}), says(count=2)),
    "turned by EXIF": Case(
        folder(lambda: {"a.tif": oriented(30), "b.tif": oriented(40)}),
        exactly([[[10], [20], [30]]], [[[10], [20], [40]]]),
    ),
    "CMYK": Case(
        folder(lambda: {f"{n}.tif": png(Image.new("CMYK", (1, 1), (n, 255, 255, 0)), "TIFF") for n in (0, 255)}),
        exactly([[[255]], [[0]], [[0]]], [[[0]], [[0]], [[0]]]),
    ),
    "1 bit": Case(
        folder(lambda: {f"{n}.png": png(Image.fromarray(np.array([[n > 0, False]]))) for n in (0, 1)}),
        exactly([[[255, 0]]], [[[0, 0]]]),
    ),
    "palette with a transparent colour": Case(
        folder(lambda: {f"{n}.png": png(keyed(n), transparency=0) for n in (0, 1)}),
        exactly([[[0]], [[0]]], [[[90]], [[255]]]),
    ),
    "16-bit grey with opacity": Case(
        folder(lambda: tifs(numbers(0, 65535, "uint16", channels=(2,)), photometric="minisblack", extrasamples=[2])),
        says("16-bit values", "LA", count=COUNT),
    ),
    "five channels": Case(
        folder(lambda: tifs(numbers(0, 9, "uint16", channels=(5,)), photometric="minisblack", planarconfig="contig")),
        None,
        ("5 channels",),
    ),
    "long and narrow": Case(
        folder(lambda: {f"{n}.png": png(picture(n, (32, 1024))) for n in range(4)}),
        None,
        ("32x1024 would be brought down to 2x64", "--fit patches", "--size 8x256"),
    ),
    "two shapes": Case(
        folder(lambda: {f"{n}.png": png(picture(n, (8, 8) if n else (8, 32))) for n in range(4)}),
        says("crop fit, which cuts 19% off on average, 75% at most"),
    ),
    "16 bits in a zip": Case(lambda root: packed_zip(root / "a.zip", pngs16(U12)), holds(U12, (0, 4095), "uint16")),
}


def pairs(one: list[bytes], other: list[bytes], sides=("images", "labels"), suffix=".png") -> dict[str, bytes]:
    both = zip(sides, (one, other), strict=True)
    return {f"{side}/{number}{suffix}": data for side, datas in both for number, data in enumerate(datas)}


def maps(ids: list[int], kind: str) -> list[bytes]:
    """Label maps of which each holds every one of these numbers."""
    rng = np.random.default_rng(2)
    drawn = [rng.permutation(np.resize(ids, SIDE * SIDE)).reshape(SIDE, SIDE).astype(kind) for _ in range(COUNT)]
    return [png(Image.fromarray(each)) for each in drawn]


PHOTOS = [png(picture(number, (SIDE, SIDE))) for number in range(COUNT)]


def classes_are(ids: tuple[int, ...], void: tuple[int, ...], told: str):
    """Asserts which numbers of label maps are classes and which are none."""

    def check(source) -> None:
        legend = source.codec("symmetric").output.legend
        assert (legend.ids, legend.void) == (ids, void)
        assert any(told in note for note in source.notes), source.notes
        values = everything(source)
        assert set(np.unique(values)) == {*range(len(ids)), *((255,) if void else ())}

    return check


def sides_are(input_: tuple[float, float, str], output: tuple[float, float, str]):
    """Asserts the scale of both sides of pairs."""

    def check(source) -> None:
        codec = source.codec("symmetric")
        for side, wanted in ((codec.input, input_), (codec.output, output)):
            assert (side.scale.low, side.scale.high, side.scale.kind) == wanted

    return check


PAIRS = {
    "label maps of 16-bit numbers": Case(
        folder(lambda: pairs(PHOTOS, maps([0, 7, 300, 4001], "uint16"))),
        classes_are((0, 7, 300, 4001), (), "label maps of 4 classes"),
    ),
    **{
        f"no label maps: {words}": Case(
            folder(lambda files=files: pairs(PHOTOS, files)),
            says("labels: pictures, no label maps of class numbers, as labels/", words),
        )
        for files, words in (
            ([png(picture(n, (SIDE, SIDE))) for n in range(COUNT)], "is of the mode RGB"),
            ([png(Image.fromarray(each)) for each in numbers(0, 3000, "uint16")], "different numbers"),
            ([tif(each) for each in numbers(-1, 2, "int16")], "holds numbers from -1"),
        )
    },
    "255 among few classes": Case(
        folder(lambda: pairs(PHOTOS, maps([0, 1, 2, 255], "uint8"))),
        classes_are((0, 1, 2), (255,), "255 means no class"),
    ),
    "black and white masks": Case(
        folder(lambda: pairs(PHOTOS, maps([0, 255], "uint8"))), classes_are((0, 255), (), "label maps of 2 classes")
    ),
    "65535 among 16-bit classes": Case(
        folder(lambda: pairs(PHOTOS, maps([0, 1, 500, 65535], "uint16"))),
        classes_are((0, 1, 500), (65535,), "65535 means no class"),
    ),
    "CT numbers from 12 bits": Case(
        folder(lambda: pairs(list(pngs16(U12).values()), [tif(each) for each in CT], ("input", "target"), ".tif")),
        sides_are((0, 4095, "uint16"), (-1024, 3071, "int16")),
    ),
    "8 bits from 16": Case(
        folder(lambda: pairs(list(pngs16(U12).values()), PHOTOS, ("input", "target"))),
        sides_are((0, 4095, "uint16"), (0, 255, "uint8")),
    ),
    "halves of 16-bit pictures": Case(
        folder(lambda: pngs16(np.concatenate([U12, U12[:, ::-1] // 2], axis=2))),
        sides_are((0, 4095, "uint16"), (0, float((U12 // 2).max()), "uint16")),
    ),
}
ALL = {**DEEP, **MEDICAL, **PAGED, **KINDS}


def opened(address):
    return open_data(address, None, OpenContext(max_side=64))


def opened_as_pairs(address):
    return open_data(
        address, {"input": "left"} if not any(address.glob("*/")) else None, OpenContext(modalities=("pairs",))
    )


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name, tmp_path):
    run_case(PAIRS[name], opened_as_pairs, tmp_path)


@pytest.mark.parametrize("name", ALL)
def test_pictures(name, tmp_path):
    run_case(ALL[name], opened, tmp_path)
