"""`apply` on files as people have them: sizes, modes, depth, transparency and frames stay; what is broken is named."""

import re
import shutil
from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from PIL import Image

from smoke import ArraySource, pair_source, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError
from sparring.inference.apply import apply_files
from sparring.inference.generator import load_translator
from sparring.runs.log import line_of
from sparring.util.safetensors import from_bytes, to_bytes


def trained(recipe, source, folder):
    return api.train(
        source, recipe, folder, settings=smoke_settings(recipe, examples=32), device="cpu", console=Callback()
    ).path


@pytest.fixture(scope="module")
def same(tmp_path_factory):
    """A run whose outputs equal its inputs: a restorer whose last layer is zero."""
    run = trained("restore-denoise", ArraySource((3, 12, 16), 0, 40, 12), tmp_path_factory.mktemp("same") / "run")
    path = run / "generator.safetensors"
    tensors = from_bytes(path.read_bytes(), path)
    for name in ("last.2.weight", "last.2.bias"):
        tensors[name] = torch.zeros_like(tensors[name])
    path.write_bytes(to_bytes(tensors, {"format": 2, "player": "generator", "examples": 32}))
    return run


@pytest.mark.parametrize(("psnr", "warns"), [(20.0, True), (30.0, False)])
def test_a_run_that_makes_pictures_worse_says_so(same, psnr, warns, tmp_path):
    """By the scores of its snapshot; the results are written all the same."""
    run, notes = tmp_path / "run", []
    shutil.copytree(same, run)
    scores = {"psnr": {"value": psnr, "fingerprint": {}}, "psnr_trivial": {"value": 28.0, "fingerprint": {}}}
    last = {"event": "final", "examples": 32, "snapshot": 32, "headline": "psnr", "scores": scores}
    (run / "log.jsonl").write_bytes(line_of(last))
    console = Callback()
    console.note = notes.append
    Image.new("RGB", (9, 7)).save(tmp_path / "in.png")
    (applied,) = apply_files(run, tmp_path / "in.png", tmp_path / "out.png", console=console)
    assert applied.out.is_file()
    assert any("worse than doing nothing" in said and "PSNR" in said for said in notes) == warns


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (53, 37)])
def test_modes_sizes_and_depth_stay(same, mode, size, tmp_path):
    rng = np.random.default_rng(0)
    if mode == "I;16":
        picture = Image.fromarray(rng.integers(300, 65536, size[::-1], dtype=np.uint16))
    else:
        picture = (
            Image.fromarray(rng.integers(0, 256, (*size[::-1], 4), dtype=np.uint8))
            .convert("RGB" if mode in "P1" else mode)
            .convert(mode)
        )
    picture.save(tmp_path / "in.png")
    (applied,) = apply_files(same, tmp_path / "in.png", tmp_path / "out.png")
    made = Image.open(applied.out)
    assert made.size == size
    expected = {"P": "RGB", "1": "L"}.get(mode, mode)
    assert made.mode == expected
    values, theirs = (
        np.asarray(each).astype(int) for each in (made, picture.convert(expected) if mode in "P1" else picture)
    )
    assert np.abs(values - theirs).max() <= 1
    if mode == "I;16":
        assert len(np.unique(values)) > 256 or size == (1, 1)


def test_frames_of_a_film_stay(same, tmp_path):
    frames = [Image.fromarray(np.full((9, 7, 3), shade, np.uint8)) for shade in (10, 120, 240)]
    frames[0].save(tmp_path / "in.gif", save_all=True, append_images=frames[1:], duration=[40, 80, 120])
    (applied,) = apply_files(same, tmp_path / "in.gif", tmp_path / "out.gif")
    made = Image.open(applied.out)
    assert made.n_frames == 3
    shades = []
    for number in range(3):
        made.seek(number)
        shades.append(np.asarray(made.convert("L"))[4, 3])
    assert np.abs(np.array(shades, int) - [10, 120, 240]).max() <= 3


def animation(path, loop, times=(50, 70, 90, 110)):
    frames = [Image.fromarray(np.full((9, 7, 3), shade, np.uint8)) for shade in (10, 90, 160, 240)]
    options = {} if loop is None else {"loop": loop}
    lossless = {"lossless": True} if path.suffix == ".webp" else {}
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=list(times), **options, **lossless)
    return path


def about_animation(path):
    with Image.open(path) as picture:
        times = []
        for number in range(picture.n_frames):
            picture.seek(number)
            picture.load()
            times.append(round(picture.info["duration"]))
        return times, picture.info.get("loop")


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
@pytest.mark.parametrize("loop", [None, 0, 3])
def test_an_animation_keeps_the_times_of_its_frames_and_how_often_it_is_shown(same, suffix, loop, tmp_path):
    given = animation(tmp_path / f"in{suffix}", loop)
    (applied,) = apply_files(same, given, tmp_path / f"out{suffix}")
    assert about_animation(applied.out) == about_animation(given)
    for other in {".gif", ".webp", ".png"} - {suffix}:
        (applied,) = apply_files(same, given, tmp_path / f"other{other}")
        assert about_animation(applied.out)[0] == [50, 70, 90, 110]
        if loop is not None:
            assert about_animation(applied.out)[1] == loop
    (applied,) = apply_files(same, given, tmp_path / "out.tif")
    assert ".tif holds no times" in applied.note


@pytest.mark.parametrize(
    ("mode", "suffix", "words"),
    [
        ("RGBA", ".jpg", ".jpg holds no transparency"),
        ("LA", ".bmp", ".bmp holds no transparency"),
        ("RGBA", ".gif", ".gif holds pixels that are transparent or not"),
        ("RGBA", ".png", ""),
        ("RGB", ".jpg", ""),
    ],
)
def test_transparency_that_a_format_cannot_hold_is_said(same, mode, suffix, words, tmp_path):
    values = np.random.default_rng(0).integers(0, 256, (9, 7, len(mode)), np.uint8)
    Image.fromarray(values).save(tmp_path / "in.png")
    (applied,) = apply_files(same, tmp_path / "in.png", tmp_path / f"out{suffix}")
    assert words in applied.note and bool(words) == bool(applied.note)


def test_other_colour_spaces_and_camera_data_that_go_are_said(same, tmp_path):
    Image.new("CMYK", (7, 9), (10, 20, 30, 40)).save(tmp_path / "cmyk.jpg")
    (applied,) = apply_files(same, tmp_path / "cmyk.jpg", tmp_path / "out.jpg")
    assert applied.note == "its CMYK colours come back as RGB"
    camera = Image.Exif()
    camera[271] = "a camera"
    Image.new("RGB", (7, 9)).save(tmp_path / "photo.jpg", exif=camera)
    (applied,) = apply_files(same, tmp_path / "photo.jpg", tmp_path / "out.bmp")
    assert applied.note == ".bmp holds no camera data"
    (tmp_path / "deep.ppm").write_bytes(b"P6\n7 9\n65535\n" + bytes(range(126)) * 3)
    (applied,) = apply_files(same, tmp_path / "deep.ppm", tmp_path / "out.png")
    assert "finer than 8 bits" in applied.note


def test_what_is_left_out_of_a_folder_is_named(same, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.npy", "b.wmv", "c.xmp", "d.txt"):
        (tmp_path / "in" / name).write_bytes(b"?")
    Image.fromarray(np.zeros((5, 6, 3), np.uint8)).save(tmp_path / "in" / "e.png")
    told = []
    console = Callback()
    console.note = told.append
    assert len(list(apply_files(same, tmp_path / "in", tmp_path / "out", console=console))) == 1
    assert told[-1:] == ["left out, as neither pictures nor films that are read: a.npy, b.wmv, c.xmp and 1 more"]


def test_a_folder_keeps_its_tree_and_names_what_is_broken(same, tmp_path):
    for name in ("a.png", "deep/b.jpg", "deep/c.bmp"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((5, 6, 3), np.uint8)).save(tmp_path / "in" / name)
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    applied = list(apply_files(same, tmp_path / "in", tmp_path / "out"))
    made = {str(each.out.relative_to(tmp_path / "out")) for each in applied if each.out}
    assert made == {"a.png", "deep/b.jpg", "deep/c.bmp"}
    assert [(each.path.name, bool(each.reason)) for each in applied if not each.out] == [("broken.png", True)]


def test_results_never_overwrite_inputs(same, tmp_path):
    for name in ("a.png", "a.tga", "b.png"):
        Image.fromarray(np.full((5, 6, 3), len(name), np.uint8)).save(tmp_path / name)
    before = (tmp_path / "b.png").read_bytes()
    (applied,) = apply_files(same, tmp_path / "b.png", tmp_path)
    assert applied.out is None and "written over" in applied.reason
    assert (tmp_path / "b.png").read_bytes() == before
    applied = list(apply_files(same, tmp_path, tmp_path.parent / f"{tmp_path.name}-out"))
    assert sorted(each.path.name for each in applied if each.out) == ["a.png", "b.png"]
    assert "a.png" in next(each.reason for each in applied if not each.out)


@pytest.mark.parametrize(
    ("input", "out"), [("in", "in"), ("in", "in/out"), ("in", "out.png"), ("nothing", "out"), ("empty", "out")]
)
def test_impossible_places_are_refused_before_anything_is_written(same, input, out, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "empty").mkdir()
    Image.new("RGB", (3, 3)).save(tmp_path / "in" / "a.png")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError):
        list(apply_files(same, tmp_path / input, tmp_path / out))
    assert sorted(tmp_path.rglob("*")) == before


def test_large_pictures_are_tiled_without_a_seam(same, tmp_path):
    run = trained("restore-denoise", ArraySource((3, 12, 16), 0, 40, 12, seed=2), tmp_path / "run")
    translator = load_translator(run)
    picture = torch.rand(1, 3, 1100, 1000) * 2 - 1
    whole = translator._forward(picture)
    assert (translator.translate(picture) - whole).abs().max() < 1 / 255


def test_camera_data_resolution_and_colour_profile_stay(same, tmp_path):
    from PIL import ImageCms

    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = picture.getexif()
    exif[0x0112], exif[0x010F] = 6, "A camera"  # lies on its side
    for suffix in (".jpg", ".png", ".webp", ".tif"):
        picture.save(tmp_path / f"in{suffix}", exif=exif, icc_profile=profile, dpi=(300, 300))
        (applied,) = apply_files(same, tmp_path / f"in{suffix}", tmp_path / f"out{suffix}")
        made = Image.open(applied.out)
        assert made.size == (6, 9)
        assert suffix == ".tif" or made.getexif().get(0x010F) == "A camera"
        assert made.getexif().get(0x0112, 1) == 1, suffix
        assert made.info["icc_profile"] == profile
        assert suffix == ".webp" or round(float(made.info["dpi"][0])) == 300
    Image.fromarray(np.zeros((5, 5), np.uint8)).save(
        tmp_path / "grey.png", icc_profile=profile
    )  # of another kind of picture
    (applied,) = apply_files(same, tmp_path / "grey.png", tmp_path / "out.png")
    assert "icc_profile" not in Image.open(applied.out).info


def test_an_ensemble_turns_with_the_picture(tmp_path):
    run = trained("restore-denoise", ArraySource((3, 12, 16), 0, 40, 12, seed=2), tmp_path / "run")
    plain, ensemble = load_translator(run), load_translator(run, ensemble=True)
    picture = torch.rand(1, 3, 20, 33) * 2 - 1
    made = ensemble.translate(picture)
    assert made.shape == picture.shape and not torch.equal(made, plain.translate(picture))
    torch.testing.assert_close(
        ensemble.translate(picture.rot90(1, (2, 3))), made.rot90(1, (2, 3)), atol=1e-5, rtol=1e-4
    )
    views = [plain.translate(picture), plain.translate(picture.flip(3)).flip(3)]
    assert len(ensemble.views) == 8 and all(float((view - made).abs().mean()) > 0 for view in views)


def test_temporal_smoothing_is_refused_without_a_film(same, tmp_path):
    Image.new("RGB", (3, 3)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match="--temporal-smoothing is for films"):
        list(apply_files(same, tmp_path / "a.png", tmp_path / "b.png", temporal_smoothing=0.5))


def test_label_maps_hold_known_numbers_only(tmp_path):
    run = trained("segment", pair_source(label_maps="output"), tmp_path / "run")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (31, 17, 3), dtype=np.uint8)).save(tmp_path / "in.jpg")
    (applied,) = apply_files(run, tmp_path / "in.jpg", tmp_path / "out")
    made = Image.open(applied.out)
    assert (made.size, applied.out.name) == ((17, 31), "in.png")
    assert set(np.unique(np.asarray(made))) <= {0, 5, 9}
    with pytest.raises(UserError, match="keep every number"):
        list(apply_files(run, tmp_path / "in.jpg", tmp_path / "out.jpg"))


def test_label_maps_become_pictures(tmp_path):
    run = trained("layout", pair_source(label_maps="input"), tmp_path / "run")
    Image.fromarray(np.random.default_rng(0).choice([0, 5, 9, 11], size=(31, 17)).astype(np.uint8)).save(
        tmp_path / "in.png"
    )
    (applied,) = apply_files(run, tmp_path / "in.png", tmp_path / "out.png")
    assert Image.open(applied.out).size == (17, 31)
    Image.fromarray(np.full((8, 8), 7, np.uint8)).save(tmp_path / "strange.png")
    Image.new("RGB", (8, 8), "red").save(tmp_path / "photo.png")
    for name, words in (("strange.png", "not classes of this model"), ("photo.png", "colour|label map|not classes")):
        (applied,) = apply_files(run, tmp_path / name, tmp_path / "out.png")
        assert applied.out is None
        assert re.search(words, applied.reason)


def test_transparency_is_filled_by_the_recipe_that_fills(tmp_path):
    run = trained("restore-inpaint", ArraySource((3, 12, 16), 0, 40, 12), tmp_path / "run")
    values = np.random.default_rng(0).integers(0, 256, (20, 30, 4), dtype=np.uint8)
    values[..., 3] = 255
    values[5:12, 8:20, 3] = 0
    Image.fromarray(values).save(tmp_path / "in.png")
    (applied,) = apply_files(run, tmp_path / "in.png", tmp_path / "out.png")
    made = np.asarray(Image.open(applied.out)).astype(int)
    assert made.shape == (20, 30, 3)
    known = values[..., 3] == 255
    assert np.abs(made[known] - values[known][:, :3]).max() <= 1


def film(path, size=(40, 31), frames=12, sound=True):
    """A square that moves over a noisy ground, and a tone."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(24000, 1001), options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv444p"
        tone = out.add_stream("aac", rate=16000) if sound else None
        for number in range(frames):
            picture = np.full((size[1], size[0], 3), 90, np.uint8) + rng.integers(
                0, 8, (size[1], size[0], 1), dtype=np.uint8
            )
            picture[5:15, number : number + 10] = 220
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
        if tone:
            wave = (0.3 * np.sin(np.arange(8192) * 0.2)).astype(np.float32)[None]
            sound = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            sound.sample_rate = 16000
            out.mux(tone.encode(sound))
            out.mux(tone.encode(None))
    return path


@pytest.mark.parametrize("sound", [True, False])
def test_films_keep_rate_size_frames_and_sound(same, sound, tmp_path):
    (applied,) = apply_files(same, film(tmp_path / "in.mp4", sound=sound), tmp_path / "out")
    with av.open(str(tmp_path / "in.mp4")) as before, av.open(str(applied.out)) as made:
        for each in (before, made):
            assert (each.streams.video[0].width, each.streams.video[0].height) == (40, 31)
            assert each.streams.video[0].average_rate == Fraction(24000, 1001)
        assert len(made.streams.audio) == sound
        if sound:
            packets = [[bytes(packet) for packet in each.demux(audio=0) if packet.size] for each in (before, made)]
            assert packets[0] == packets[1]
    with av.open(str(tmp_path / "in.mp4")) as before, av.open(str(applied.out)) as made:
        pictures = [
            [frame.to_ndarray(format="rgb24").astype(int) for frame in each.decode(video=0)] for each in (before, made)
        ]
    assert len(pictures[0]) == len(pictures[1]) == applied.film.frames == 12
    assert np.mean([np.abs(a - b).mean() for a, b in zip(*pictures, strict=True)]) < 3


def uneven(path, turned=False):
    """Sound before the first picture, frames at uneven times, perhaps held sideways."""
    with av.open(str(path), "w") as out:
        stream, tone = out.add_stream("libx264", rate=30, options={"bf": "2"}), out.add_stream("aac", rate=16000)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 16384), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 16000
        out.mux(tone.encode(sound))
        for pts in (0, 33, 66, 300, 310, 500):
            frame = av.VideoFrame.from_ndarray(np.full((32, 48, 3), pts % 200, np.uint8), format="rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        out.mux(tone.encode(None))
    return path


def test_films_with_early_sound_and_uneven_frames(same, tmp_path):
    (applied,) = apply_files(same, uneven(tmp_path / "in.mp4"), tmp_path / "out.mp4")
    assert applied.out, applied.reason
    times = []
    for name in ("in.mp4", "out.mp4"):
        with av.open(str(tmp_path / name)) as each:
            times.append([float(frame.time) for frame in each.decode(video=0)])
            assert len(each.streams.audio) == 1
    np.testing.assert_allclose(times[1], times[0], atol=0.002)


def test_temporal_smoothing_lowers_the_flicker(same, tmp_path):
    path = film(tmp_path / "in.mp4")
    flickers = [
        next(iter(apply_files(same, path, tmp_path / f"{share}.mp4", temporal_smoothing=share))).film.flicker.output
        for share in (0.0, 0.8)
    ]
    assert flickers[1] < 0.7 * flickers[0]


def test_a_broken_film_is_named_and_leaves_nothing(same, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mp4").write_bytes(b"no film")
    (applied,) = apply_files(same, tmp_path / "in", tmp_path / "out")
    assert applied.out is None and applied.reason
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []


def frames_of(path):
    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        about = (stream.width, stream.height, stream.average_rate)
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)], about


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm"])
@pytest.mark.parametrize("size", [(40, 31), (64, 48)])
def test_a_film_of_each_container_comes_back_in_it(same, suffix, size, tmp_path):
    with av.open(str(tmp_path / f"in{suffix}"), "w") as out:
        stream = out.add_stream("libvpx-vp9" if suffix == ".webm" else "mpeg4", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(5):
            picture = np.full((size[1], size[0], 3), 40 * number, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    (applied,) = apply_files(same, tmp_path / f"in{suffix}", tmp_path / "out")
    assert applied.out == tmp_path / "out" / f"in{suffix}", applied.reason
    before, was = frames_of(tmp_path / f"in{suffix}")
    made, is_now = frames_of(applied.out)
    assert is_now == was == (*size, Fraction(25))
    assert len(made) == len(before) == 5
    assert max(np.abs(a.astype(int) - b).mean() for a, b in zip(made, before, strict=True)) < 4
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"in{suffix}"]


@pytest.mark.parametrize(
    ("codec", "colours", "words"), [("qtrle", "argb", "transp"), ("prores", "yuv422p10le", "8 bits")]
)
def test_depth_and_transparency_of_a_film_that_go_are_said(same, codec, colours, words, tmp_path):
    with av.open(str(tmp_path / "in.mov"), "w") as out:
        stream = out.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, colours
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        out.mux(stream.encode(None))
    (applied,) = apply_files(same, tmp_path / "in.mov", tmp_path / "out.mov")
    assert len(applied.film.lost) == 1 and words in applied.film.lost[0]


def test_what_a_container_cannot_hold_is_said(same, tmp_path):
    (applied,) = apply_files(same, film(tmp_path / "in.mp4"), tmp_path / "out.webm")
    assert applied.film.lost == ("its audio cannot be kept in .webm",)
    assert len(frames_of(applied.out)[0]) == 12


@pytest.mark.parametrize("count", [0, 1, 2])
def test_films_of_hardly_any_frames(same, count, tmp_path):
    if not count:
        with av.open(str(tmp_path / "in.mkv"), "w") as empty:
            stream = empty.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt = 16, 16, "yuv420p"
            empty.start_encoding()
    else:
        film(tmp_path / "in.mkv", frames=count, sound=False)
    (applied,) = apply_files(same, tmp_path / "in.mkv", tmp_path / "out.mkv")
    if count:
        assert len(frames_of(applied.out)[0]) == applied.film.frames == count
    else:
        assert applied.out is None and applied.reason
        assert list(tmp_path.glob("*out*")) == list(tmp_path.glob(".*tmp*")) == []


@pytest.mark.parametrize("suffix", [".gifv", ".png", ""])
def test_films_need_a_container(same, suffix, tmp_path):
    if suffix:
        with pytest.raises(UserError, match=r"a film cannot be written as out.*; use \.mp4"):
            list(apply_files(same, film(tmp_path / "in.mp4", frames=2), tmp_path / f"out{suffix}"))
    else:
        (applied,) = apply_files(same, film(tmp_path / "in.mpg.mp4", frames=2), tmp_path / "out")
        assert applied.out.suffix == ".mp4"


def masked(folder, size=(30, 20), hole=(slice(5, 12), slice(8, 20))):
    """A picture and the mask of a hole in it."""
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[hole] = 255
    folder.mkdir(exist_ok=True)
    Image.fromarray(values).save(folder / "in.png")
    Image.fromarray(mask).save(folder / "mask.png")
    return values, mask > 0


@pytest.fixture(scope="module")
def inpainter(tmp_path_factory):
    return trained("restore-inpaint", ArraySource((3, 12, 16), 0, 40, 12), tmp_path_factory.mktemp("holes") / "run")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp", ".bmp"])
def test_only_what_a_mask_marks_is_filled(inpainter, suffix, tmp_path):
    values, hole = masked(tmp_path)
    (applied,) = apply_files(inpainter, tmp_path / "in.png", tmp_path / f"out{suffix}", mask=tmp_path / "mask.png")
    made = np.asarray(Image.open(applied.out).convert("RGB"))
    assert (made[~hole] == values[~hole]).all()
    assert (made[hole] != values[hole]).any()


def test_a_folder_of_masks(inpainter, tmp_path):
    for name in ("pictures", "masks"):
        (tmp_path / name).mkdir()
    values, hole = masked(tmp_path / "x")
    Image.fromarray(values).save(tmp_path / "pictures" / "a.jpg")
    Image.fromarray(values).save(tmp_path / "pictures" / "b.png")
    Image.fromarray(hole).save(tmp_path / "masks" / "a.png")
    results = list(apply_files(inpainter, tmp_path / "pictures", tmp_path / "out", mask=tmp_path / "masks"))
    assert results[0].out == tmp_path / "out" / "a.png"  # JPEG would change what the mask leaves alone
    assert results[1].out is None and "has no mask" in results[1].reason


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros((20, 30), np.uint8), "marks nothing"),
        (np.full((20, 30), 255, np.uint8), "marks all of the picture"),
        (np.eye(20, dtype=np.uint8) * 255, "is 20x30 and its mask 20x20"),
    ],
)
def test_masks_that_cannot_be_are_named(inpainter, mask, words, tmp_path):
    masked(tmp_path)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    (applied,) = apply_files(inpainter, tmp_path / "in.png", tmp_path / "out.png", mask=tmp_path / "mask.png")
    assert applied.out is None and words in applied.reason
    assert not (tmp_path / "out.png").exists()


def test_masks_are_for_runs_that_fill_holes_and_are_not_overwritten(same, inpainter, tmp_path):
    masked(tmp_path)
    with pytest.raises(UserError, match="has not learned to fill holes"):
        list(apply_files(same, tmp_path / "in.png", tmp_path / "out.png", mask=tmp_path / "mask.png"))
    with pytest.raises(UserError, match="there is no mask"):
        list(apply_files(inpainter, tmp_path / "in.png", tmp_path / "out.png", mask=tmp_path / "nope.png"))
    (applied,) = apply_files(inpainter, tmp_path / "in.png", tmp_path / "mask.png", mask=tmp_path / "mask.png")
    assert applied.out is None and "would be written over" in applied.reason
