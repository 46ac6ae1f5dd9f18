"""`apply` on files that are not 8 bits, and on files of several pages: numbers, types and pages stay, or it is said."""

import io

import numpy as np
import pydicom
import pytest
import tifffile
import torch
from PIL import Image

from smoke import ArraySource, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError
from sparring.inference.apply import apply_files
from sparring.modalities.image.stacks import Stack
from sparring.modalities.opening import open_data
from sparring.util.safetensors import from_bytes, to_bytes


class Notes(Callback):
    def __init__(self):
        self.told = []

    def note(self, text):
        self.told.append(text)


def doing_nothing(source, folder):
    """A run whose outputs equal its inputs: a restorer whose last layer is zero."""
    recipe = "restore-denoise"
    settings = smoke_settings(recipe, examples=32)
    run = api.train(source, recipe, folder, settings=settings, device="cpu", console=Callback()).path
    path = run / "generator.safetensors"
    tensors = from_bytes(path.read_bytes(), path)
    for name in ("last.2.weight", "last.2.bias"):
        tensors[name] = torch.zeros_like(tensors[name])
    path.write_bytes(to_bytes(tensors, {"format": 2, "player": "generator", "examples": 32}))
    return run


def ct(count, side=16):
    numbers = np.random.default_rng(count).integers(-1024, 3072, (count, side, side)).astype(np.int16)
    numbers[0, 0, :2] = -1024, 3071
    return numbers


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return doing_nothing(ArraySource((3, 12, 16), 0, 40, 12), tmp_path_factory.mktemp("plain") / "run")


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deep")
    (folder / "ct").mkdir()
    for number, picture in enumerate(ct(52)):
        tifffile.imwrite(folder / "ct" / f"{number}.tif", picture)
    return doing_nothing(folder / "ct", folder / "run")


def dicom_of(numbers):
    made = pydicom.Dataset()
    made.file_meta = pydicom.dataset.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = pydicom.uid.CTImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID = "1.2.3"
    made.Rows, made.Columns, made.SamplesPerPixel = *numbers.shape, 1
    made.PhotometricInterpretation, made.PixelRepresentation = "MONOCHROME2", 1
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 16, 15
    made.RescaleSlope, made.RescaleIntercept = "1", "0"
    made.PixelData = numbers.tobytes()
    buffer = io.BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


DEEP = {
    "float -1 to 1": np.linspace(-1, 1, 30 * 20, dtype=np.float32).reshape(30, 20),
    "float 0 to 1": np.linspace(0, 1, 30 * 20, dtype=np.float32).reshape(30, 20),
    "tiny floats": np.linspace(0, 1e-5, 30 * 20, dtype=np.float32).reshape(30, 20),
    "16 bits": np.arange(0, 60_000, 100, dtype=np.uint16).reshape(30, 20),
    "12 bits": np.arange(0, 4_092, 6, dtype=np.uint16)[:600].reshape(30, 20),
    "CT": (np.arange(600) * 6 - 1024).astype(np.int16).reshape(30, 20),
    "32 bits": (np.arange(600) * 1_000_000).astype(np.int32).reshape(30, 20),
    "16-bit colour": np.arange(0, 60_000, 100, dtype=np.uint16).reshape(10, 20, 3),
    "float colour": np.linspace(-1, 1, 600, dtype=np.float32).reshape(10, 20, 3),
    "three pages": (np.arange(600) * 6 - 1024).astype(np.int16).reshape(3, 10, 20),
}


@pytest.mark.parametrize("name", DEEP)
def test_a_run_of_8_bits_gives_deep_numbers_back(plain, name, tmp_path):
    values, colour = DEEP[name], "colour" in name
    tifffile.imwrite(tmp_path / "in.tif", values, photometric="rgb" if colour else "minisblack")
    console = Notes()
    (applied,) = apply_files(plain, tmp_path / "in.tif", tmp_path / "out", console=console)
    assert applied.out == tmp_path / "out" / "in.tif"
    made = tifffile.imread(applied.out)
    assert (made.dtype, made.shape) == (values.dtype, values.shape)
    width = float(values.max()) - float(values.min())
    np.testing.assert_allclose(made.astype(float), values.astype(float), atol=2e-3 * width)
    assert len(np.unique(made)) > 256
    assert any("scaled" in note and "8-bit pictures" in note for note in console.told)


def test_files_of_one_kind_get_one_scale(plain, tmp_path):
    for number, high in enumerate((250, 4095)):
        ramp = np.linspace(0, high, 600).astype(np.uint16).reshape(30, 20)
        Image.fromarray(ramp).save(tmp_path / f"{number}.png")
    console = Notes()
    results = list(apply_files(plain, tmp_path, tmp_path.parent / "out-one-scale", console=console))
    assert sum("scaled" in note for note in console.told) == 1
    assert any("16-bit values 0 to 4,095; scaled 0 to 4,095" in note for note in console.told)
    assert np.asarray(Image.open(results[0].out)).max() < 260


def test_what_a_suffix_cannot_hold_is_said(plain, tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", DEEP["float -1 to 1"])
    (applied,) = apply_files(plain, tmp_path / "in.tif", tmp_path / "out.png")
    assert ".png holds 8 bits" in applied.note and "-1 to 1" in applied.note
    made = np.asarray(Image.open(applied.out))
    assert made.dtype == np.uint8 and (made.min(), made.max()) == (0, 255)
    tifffile.imwrite(tmp_path / "pages.tif", DEEP["three pages"], photometric="minisblack")
    (applied,) = apply_files(plain, tmp_path / "pages.tif", tmp_path / "out.jpg")
    assert applied.out is None and "3 pages or frames, and .jpg holds one" in applied.reason


def test_pages_of_8_bits_stay_pages(plain, tmp_path):
    pages = [Image.fromarray(np.full((9, 7, 3), shade, np.uint8)) for shade in (10, 120, 240)]
    pages[0].save(tmp_path / "in.tif", save_all=True, append_images=pages[1:])
    (applied,) = apply_files(plain, tmp_path / "in.tif", tmp_path / "out")
    made = Image.open(applied.out)
    assert made.n_frames == 3
    for number, shade in enumerate((10, 120, 240)):
        made.seek(number)
        assert abs(int(np.asarray(made)[4, 3, 0]) - shade) <= 1


def test_numbers_that_are_none_are_named(plain, tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", np.where(DEEP["float 0 to 1"] < 0.1, np.nan, DEEP["float 0 to 1"]))
    (applied,) = apply_files(plain, tmp_path / "in.tif", tmp_path / "out.tif")
    assert applied.out is None and "not finite: 60 of 600" in applied.reason
    pages = np.stack([DEEP["float 0 to 1"], np.full((30, 20), np.nan, np.float32)])
    tifffile.imwrite(tmp_path / "pages.tif", pages, photometric="minisblack")
    tifffile.imwrite(tmp_path / "whole.tif", DEEP["float 0 to 1"])
    console = Notes()
    results = {each.path.name: each for each in apply_files(plain, tmp_path, tmp_path.parent / "nan", console=console)}
    assert "not finite: 600 of 600" in results["pages.tif"].reason and results["whole.tif"].out
    assert any("values 0 to 1; scaled 0 to 1" in note for note in console.told)


def test_a_run_of_deep_pictures_knows_its_own_numbers(deep, tmp_path):
    values = ct(1, 40)[0]
    tifffile.imwrite(tmp_path / "in.tif", values)
    (applied,) = apply_files(deep, tmp_path / "in.tif", tmp_path / "out.tif")
    assert applied.note == ""
    assert np.abs(tifffile.imread(applied.out).astype(int) - values).max() <= 1
    tifffile.imwrite(tmp_path / "wide.tif", np.where(values < -700, -3000, values).astype(np.int16))
    (applied,) = apply_files(deep, tmp_path / "wide.tif", tmp_path / "out.tif")
    assert "of its values lie outside -1,024 to 3,071" in applied.note
    assert tifffile.imread(applied.out).min() == -1024


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((9, 9), np.uint8), "holds 8-bit values, and this run learned from signed 16-bit values -1,024"),
        (DEEP["float 0 to 1"], "holds floating-point values 0 to 1"),
        (DEEP["32 bits"], "holds signed 32-bit values 0 to 599,000,000"),
    ],
    ids=["8 bits", "fractions", "far outside"],
)
def test_other_numbers_are_refused_unless_told(deep, values, words, tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", values)
    (applied,) = apply_files(deep, tmp_path / "in.tif", tmp_path / "out.tif")
    assert applied.out is None and words in applied.reason and "--data-range LOW,HIGH" in applied.reason
    told = (0, max(1, int(values.max())))
    (applied,) = apply_files(deep, tmp_path / "in.tif", tmp_path / "out.tif", data_range=told)
    made = tifffile.imread(applied.out)
    assert made.dtype == values.dtype
    np.testing.assert_allclose(made.astype(float), values.astype(float), atol=2e-3 * told[1])


def test_a_film_is_refused_by_a_run_of_deep_pictures(deep, tmp_path):
    (tmp_path / "in.mp4").write_bytes(b"x")
    (applied,) = apply_files(deep, tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert (
        applied.out is None and "films hold 8-bit pictures, and this run learned from signed 16-bit" in applied.reason
    )


def test_medical_files_without_a_suffix_are_found_and_become_tiff(deep, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(2):
        (tmp_path / "in" / f"IM{number}").write_bytes(dicom_of(ct(1)[0]))
    (tmp_path / "in" / "README").write_text("words")
    results = list(apply_files(deep, tmp_path / "in", tmp_path / "out"))
    assert [each.out.name for each in results] == ["IM0.tif", "IM1.tif"]
    assert np.abs(tifffile.imread(results[0].out).astype(int) - ct(1)[0]).max() <= 1


RAMP = (1000 + np.arange(4 * 3 * 2 * 12 * 16) % 3000).reshape(4, 3, 2, 12, 16).astype(np.uint16)
COLOURS = np.random.default_rng(5).integers(0, 256, (4, 3, 12, 16, 3)).astype(np.uint8)
STACKS = {  # array, its axes, and how tifffile writes it
    "ImageJ, 16 bits": (RAMP, "TZCYX", {"imagej": True, "resolution": (3.0, 3.0)}, {"spacing": 2.5, "unit": "um"}),
    "ImageJ, 8 bits": ((RAMP // 16).astype(np.uint8), "TZCYX", {"imagej": True}, {"finterval": 0.5}),
    "ImageJ, fractions": (RAMP.astype(np.float32) / 4000, "TZCYX", {"imagej": True}, {}),
    "ImageJ, channels alone": (RAMP[0, 0], "CYX", {"imagej": True}, {"mode": "composite"}),
    "ImageJ, times alone": (RAMP[:, 0, 0], "TYX", {"imagej": True}, {}),
    "ImageJ, colours": (COLOURS, "TZYXS", {"imagej": True, "photometric": "rgb"}, {}),
    "OME": (RAMP, "TZCYX", {"ome": True}, {"PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm"}),
    "an array": (RAMP, "QQQYX", {}, {}),
}


@pytest.mark.parametrize("name", STACKS)
def test_the_axes_of_a_stack_are_written_back(plain, name, tmp_path):
    values, axes, options, about = STACKS[name]
    tifffile.imwrite(
        tmp_path / "in.tif", values, **{"photometric": "minisblack", **options}, metadata={"axes": axes} | about
    )
    (applied,) = apply_files(plain, tmp_path / "in.tif", tmp_path / "out")
    assert "was translated by itself" in applied.note
    with tifffile.TiffFile(applied.out) as made, tifffile.TiffFile(tmp_path / "in.tif") as given:
        assert made.series[0].axes == axes and made.asarray().dtype == values.dtype
        np.testing.assert_allclose(made.asarray(), values, atol=0.02 * float(values.max()))
        assert made.imagej_metadata == given.imagej_metadata and made.is_ome == given.is_ome
        assert made.pages.first.get_resolution() == given.pages.first.get_resolution()
        assert "PhysicalSizeX" not in about or 'PhysicalSizeX="0.5"' in made.ome_metadata


def test_axes_that_a_format_cannot_hold_are_named(plain, tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", (RAMP // 16).astype(np.uint8), imagej=True, metadata={"axes": "TZCYX"})
    (applied,) = apply_files(plain, tmp_path / "in.tif", tmp_path / "out.gif")
    assert ".gif holds no axes, so 4 times x 3 depths x 2 channels are frames" in applied.note


def test_an_enlarged_stack_has_finer_pixels():
    stack = Stack("imagej", "T", (2,), {"ROI": b"", "spacing": 2.0}, (3.0, 3.0))
    assert stack.enlarged(2) == Stack("imagej", "T", (2,), {"spacing": 2.0}, (6.0, 6.0))


def test_planes_that_a_header_hides_are_not_left_out_in_silence(plain, tmp_path):
    tifffile.imwrite(tmp_path / "in.tif", RAMP, truncate=True)
    (applied,) = apply_files(plain, tmp_path / "in.tif", tmp_path / "out.tif")
    assert applied.out is None and "4 x 3 x 2 x 12 x 16 behind one header" in applied.reason


def test_two_stacks_in_one_file_are_refused(plain, tmp_path):
    with tifffile.TiffWriter(tmp_path / "in.ome.tif", ome=True) as file:
        file.write(RAMP, metadata={"axes": "TZCYX"})
        file.write(RAMP[:2], metadata={"axes": "TZCYX"})
    (applied,) = apply_files(plain, tmp_path / "in.ome.tif", tmp_path / "out.tif")
    assert applied.out is None and "2 images with axes of their own" in applied.reason


@pytest.mark.parametrize("values", [DEEP["CT"], DEEP["float 0 to 1"], np.arange(80, dtype=np.uint8).reshape(8, 10)])
@pytest.mark.parametrize("far", [(1e6, 2e6), (-2e6, -1e6)])
def test_a_range_beyond_all_values_is_refused(plain, values, far, tmp_path):
    for number in range(4):
        tifffile.imwrite(tmp_path / f"{number}.tif", np.roll(values, number))
    with pytest.raises(UserError, match=r"all values are .* asks for others"):
        open_data(tmp_path, {"data_range": far})
    try:
        reasons = [each.reason for each in apply_files(plain, tmp_path, tmp_path.parent / "out", data_range=far)]
    except UserError as error:
        reasons = [str(error)]
    assert all("all values are" in reason or "all beyond the" in reason for reason in reasons)
    assert not (tmp_path.parent / "out").exists()
