"""Every recipe in the registry: train, drop everything, resume byte for byte, save, load without training code,
generate.

A new recipe is tested by being there. `make test` runs one odd shape per recipe, `make test-all` the whole matrix.
"""

import subprocess
import sys
import threading

import numpy as np
import pytest

import audio_samples
import series_samples
import sparring
import table_samples
import text_samples
import video_samples
from smoke import ArraySource, StopAt, fingerprint, pair_source, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.config.reading import list_recipes, load_recipe
from sparring.inference.generator import load_translator

SHAPES = [(1, 28, 28), (3, 32, 48), (4, 20, 20)]
ODD = (2, 13, 10)  # the one of the short matrix: two channels, no power of two


TRANSLATING = [name for name in list_recipes() if load_recipe(name).algorithm.translates]
OF_SOUNDS = [name for name in list_recipes() if "audio" in load_recipe(name).modalities]


def cases():
    for recipe in list_recipes():
        if "image" in load_recipe(recipe).modalities and recipe not in TRANSLATING:
            for classes in (3,) if load_recipe(recipe).needs_labels else (0, 3):
                yield pytest.param(recipe, ODD, classes)
                for shape in SHAPES:
                    yield pytest.param(recipe, shape, classes, marks=pytest.mark.slow)


@pytest.mark.parametrize("recipe", [name for name in list_recipes() if load_recipe(name).needs_labels])
def test_recipes_that_need_labels_say_so(recipe, tmp_path):
    with pytest.raises(sparring.UserError, match="has no labels"):
        api.train(ArraySource(classes=0), recipe, tmp_path / "run", device="cpu", console=Callback())


def trained(source, recipe, folder):
    """A run, after seeing that one that was dropped twice is the same byte for byte."""
    settings = smoke_settings(recipe)

    def train(name, console=None, stop=None):
        return api.train(
            source,
            recipe,
            folder / name,
            settings=settings,
            seed=3,
            device="cpu",
            console=console or Callback(),
            stop=stop,
        )

    straight = train("straight")
    for examples in (16, 48):  # before the first tick, and between two
        stop = threading.Event()
        train("dropped", StopAt(examples, stop), stop)
    dropped = train("dropped")
    assert fingerprint(dropped.path) == fingerprint(straight.path)
    return straight


def translating_cases():
    for recipe in TRANSLATING:
        if recipe in OF_SOUNDS:
            continue
        yield pytest.param(recipe, ODD)
        for shape in SHAPES:
            yield pytest.param(recipe, shape, marks=pytest.mark.slow)


@pytest.mark.parametrize(("recipe", "shape"), translating_cases())
def test_train_drop_resume_load_translate(recipe, shape, tmp_path):
    """Whatever comes out has the size of what went in, times the scale, at any size; one by one or together."""
    loaded = load_recipe(recipe)
    paired = "pairs" in loaded.modalities
    source = (
        pair_source(shape, loaded.algorithm.label_map_side, 60, 20)
        if paired
        else ArraySource(shape, 2, train=60, test=20)
    )
    run = trained(source, recipe, tmp_path)

    for back in (False, True) if "reverse_generator" in loaded.players else (False,):
        translator = load_translator(run.path, back)
        rng = np.random.default_rng(0)
        for height, width in ((shape[1], shape[2]), (1, 1), (9, 23)):
            channels = [
                1 if loaded.algorithm.label_map_side == side else codec.shape[0]
                for side, codec in (("input", translator.input), ("output", translator.output))
            ]
            given = rng.integers(
                0,
                3 if loaded.algorithm.label_map_side == "input" else 256,
                (2, channels[0], height, width),
                dtype=np.uint8,
            )
            made = translator.values(given)
            assert made.shape == (2, channels[1], height * translator.scale, width * translator.scale)
            np.testing.assert_array_equal(made[1:], translator.values(given[1:]))
    with pytest.raises(sparring.UserError, match="sparring apply"):
        sparring.load(run.path)


@pytest.mark.parametrize(("recipe", "shape", "classes"), cases())
def test_train_drop_resume_load_generate(recipe, shape, classes, tmp_path):
    straight = trained(ArraySource(shape, classes, train=60, test=20), recipe, tmp_path)
    gan = sparring.load(straight.path)
    values = gan.values(20, seed=1)
    assert values.shape == (20, *shape)
    assert values.dtype == np.uint8
    assert len({value.tobytes() for value in values}) > 1
    np.testing.assert_array_equal(values[:3], gan.values(3, seed=1))
    np.testing.assert_array_equal(np.concatenate(list(gan.stream(20, seed=1))), values)
    if classes and load_recipe(recipe).algorithm.name != "semi-supervised":  # whose generator knows no classes
        assert not np.array_equal(gan.values(2, label="class 1"), gan.values(2, label="class 2"))
    else:
        with pytest.raises(sparring.UserError, match="without labels"):
            gan.values(1, label="0")


@pytest.mark.parametrize("recipe", [name for name in list_recipes() if "table" in load_recipe(name).modalities])
def test_train_drop_resume_load_make_rows(recipe, tmp_path):
    straight = trained(table_samples.source(120), recipe, tmp_path)
    gan = sparring.load(straight.path)
    values = gan.values(700, seed=1)
    np.testing.assert_array_equal(values[:3], gan.values(3, seed=1))
    assert len(np.unique(values, axis=0)) > 500
    rows = gan.generate(60, seed=1)
    original = table_samples.frame(120)
    assert rows.dtypes.to_dict() == original.dtypes.to_dict()
    assert rows.id.is_unique
    assert rows.age.between(original.age.min(), original.age.max()).all()
    asked = gan.generate(60, seed=1, where="kind = 'high' and age < 40")
    assert (asked.kind == "high").all()
    assert (asked.age < 40).all()


@pytest.mark.parametrize("classes", ["auto", "none"])
@pytest.mark.parametrize("recipe", [name for name in list_recipes() if "series" in load_recipe(name).modalities])
def test_train_drop_resume_load_make_series(recipe, classes, tmp_path):
    straight = trained(series_samples.source(60, labels=classes), recipe, tmp_path)
    gan = sparring.load(straight.path)
    values = gan.values(70, seed=1)
    np.testing.assert_array_equal(values[:3], gan.values(3, seed=1))
    assert len({value.tobytes() for value in values}) == 70
    frame = gan.generate(9, seed=1)
    assert list(frame.columns) == list(
        series_samples.frame(4).columns
    )  # where it is no label, the class is a column like others


@pytest.mark.parametrize(("classes", "channels"), [("auto", 1), ("none", 2)])
@pytest.mark.parametrize("recipe", [name for name in OF_SOUNDS if name not in TRANSLATING])
def test_train_drop_resume_load_make_sounds(recipe, classes, channels, tmp_path):
    source = audio_samples.source(60, classes, channels)
    straight = trained(source, recipe, tmp_path)
    gan = sparring.load(straight.path)
    values = gan.values(20, seed=1)
    assert values.shape == (20, *source.shape) and values.dtype == np.float32
    np.testing.assert_array_equal(values[:3], gan.values(3, seed=1))
    assert len({value.tobytes() for value in values}) > 1 or not values.any()
    assert np.abs(values).max() <= 1
    sounds = gan.generate(3, seed=1)
    assert all(sound.ndim == channels and len(sound) <= source.shape[1] for sound in sounds)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("recipe", [name for name in OF_SOUNDS if name in TRANSLATING])
def test_train_drop_resume_load_translate_sounds(recipe, channels, tmp_path):
    """As many samples come out as go in, of any length and any number of channels; one by one or together."""
    source = audio_samples.source(60, "auto", channels)
    translator = load_translator(trained(source, recipe, tmp_path).path)
    given = source.values(np.arange(3), "test")
    made = translator.values(given)
    assert made.shape == given.shape and np.isfinite(made).all() and np.abs(made).max() <= 1
    np.testing.assert_array_equal(made[1:], translator.values(given[1:]))
    for samples in (1, 3, 1000, 5001):
        wave = np.random.default_rng(0).normal(0, 0.1, (5, samples)).astype(np.float32)
        assert translator.wave(wave).shape == wave.shape
    with pytest.raises(sparring.UserError, match="sparring apply"):
        sparring.load(tmp_path / "straight")


@pytest.mark.parametrize("classes", ["auto", "none"])
@pytest.mark.parametrize("recipe", [name for name in list_recipes() if "text" in load_recipe(name).modalities])
def test_train_drop_resume_load_make_texts(recipe, classes, tmp_path):
    source = text_samples.source(60, classes)
    straight = trained(source, recipe, tmp_path)
    gan = sparring.load(straight.path)
    values = gan.values(70, seed=1)
    assert values.shape == (70, *source.shape) and values.dtype == np.uint8
    np.testing.assert_array_equal(values[:3], gan.values(3, seed=1))
    np.testing.assert_array_equal(values[66:], gan.at(range(66, 70), seed=1))  # of another chunk
    texts = gan.generate(70, seed=1)
    assert len(set(texts)) > 35
    begun = gan.generate(5, seed=1, prompt="the ", length=9, temperature=0.5)
    assert all(text.startswith("the ") and len(text) <= 9 for text in begun)
    if classes == "auto":
        assert gan.generate(20, label="praise") != gan.generate(20, label="blame")


@pytest.mark.parametrize(("classes", "channels"), [("auto", 1), ("none", 3)])
@pytest.mark.parametrize("recipe", [name for name in list_recipes() if "video" in load_recipe(name).modalities])
def test_train_drop_resume_load_make_films(recipe, classes, channels, tmp_path):
    source = video_samples.source(60, classes, channels)
    straight = trained(source, recipe, tmp_path)
    gan = sparring.load(straight.path)
    values = gan.values(20, seed=1)
    assert values.shape == (20, *source.shape) and values.dtype == np.uint8
    np.testing.assert_array_equal(values[:3], gan.values(3, seed=1))
    assert len({value.tobytes() for value in values}) == 20
    assert all(film.shape[0] == 30 for film in gan.generate(3, seed=1, length=30, fps=7))


def test_loading_imports_no_training_code(tmp_path):
    run = api.train(
        ArraySource(train=60, test=20), "dcgan", tmp_path / "run", settings=smoke_settings("dcgan"), console=Callback()
    )
    code = f"""
import sys, sparring
gan = sparring.load({str(run.path)!r})
assert len(gan.generate(3, seed=0)) == 3
loaded = [name for name in sys.modules if name.startswith("sparring.")]
forbidden = ("training", "callbacks", "evaluation", "metrics.feature_net", "reports", "api", "config.options", "data.")
found = [name for name in loaded if name.removeprefix("sparring.").startswith(forbidden)]
assert set(found) <= {{"sparring.data.source", "sparring.data.options"}}, found  # names and types only
assert "sklearn" not in sys.modules and "matplotlib" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
