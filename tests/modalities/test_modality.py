"""What every modality declares, the options of data, and a new modality that is added as a folder."""

import importlib
import sys

import numpy as np
import pytest
from pydantic import Field

import audio_samples
from numbers_modality import IMPORTS, numbers_modality
from smoke import ArraySource
from sparring import api, modalities
from sparring.callbacks.base import Callback
from sparring.config.reading import list_recipes, load_recipe, recipe_text
from sparring.data.options import DataOptions
from sparring.errors import UserError
from sparring.inference.generator import load
from sparring.modalities.opening import checked_options, known_names, modality_of, open_data, option_fields

OPTIONS = """
from pydantic import Field


class Scaled(DataOptions):
    scale: float = Field(1.0, description="What every number is multiplied by.")
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A folder of modalities with one more modality in it."""
    (tmp_path / "modalities" / "toy").mkdir(parents=True)
    (tmp_path / "modalities" / "toy" / "__init__.py").write_text(
        IMPORTS + OPTIONS + numbers_modality("toy", "Scaled") + "\n\nmodality = Numbers()\n"
    )
    monkeypatch.setattr(modalities, "__path__", [*modalities.__path__, str(tmp_path / "modalities")])
    importlib.invalidate_caches()
    yield modalities.get("toy")
    for name in [name for name in sys.modules if name.startswith("sparring.modalities.toy")]:
        del sys.modules[name]


def test_a_new_modality_is_a_new_folder(toy, tmp_path):
    np.savetxt(tmp_path / "data.numbers", np.random.default_rng(0).normal(size=(200, 2)))
    assert modality_of(tmp_path / "data.numbers") == toy.name == "toy" and "scale" in option_fields()
    source = open_data(tmp_path / "data.numbers", {"scale": "3"})
    assert source.values(np.arange(160)).std() == pytest.approx(3, rel=0.2)
    settings = {
        "modalities": ["toy"],
        "examples": "64",
        "tick": 32,
        "batch": 16,
        "score_samples": 20,
        "final_samples": 20,
    }
    settings |= {"precision": "float32", "patience": 0}
    recipe = tmp_path / "own.yaml"
    recipe.write_text(recipe_text("points"))
    run = api.train(source, str(recipe), tmp_path / "run", settings=settings, device="cpu", console=Callback())
    assert {path.suffix for path in (run.path / "samples").iterdir()} == {".txt", ".csv"}
    assert len(load(run).generate(3)) == 3
    for option in ({"where": "x > 1"}, {"length": 3}):
        with pytest.raises(UserError, match="this model was trained on numbers"):
            load(run).generate(3, **option)


def test_every_modality_is_complete():
    for name in modalities.names():
        modality = modalities.get(name)
        assert modality.name == name
        assert name in load_recipe(modality.default_recipe).modalities
        assert all(open_data(each).modality == name for each in modality.built_in)
        assert modality.Options() == modality.Options(**modality.Options().model_dump())
    assert {each for recipe in list_recipes() for each in load_recipe(recipe).modalities} <= set(modalities.names())
    assert {"digits", "ring", "mnist"} <= set(known_names())


def test_every_option_has_a_help_text():
    assert all(field.description for field in option_fields().values())


def test_an_option_is_declared_once(toy, monkeypatch):
    class Other(DataOptions):
        size: int = Field(3, description="Another size.")

    monkeypatch.setattr(type(toy), "Options", Other)
    with pytest.raises(TypeError, match="'size'"):
        option_fields()


@pytest.mark.parametrize("size", ["12x9", " 12X9 ", (12, 9), [12, 9]])
def test_sizes_are_taken_as_typed_and_as_values(size):
    assert checked_options(modalities.get("image"), {"size": size}, "x").size == (12, 9)
    assert checked_options(modalities.get("image"), {"size": "12"}, "x").size == (12, 12)


def test_types_are_taken_as_typed_and_as_values():
    table = modalities.get("table")
    for types in (["a b=category", "c=d=time"], {"a b": "category", "c=d": "time"}):
        assert checked_options(table, {"types": types}, "x").types == {"a b": "category", "c=d": "time"}
    assert checked_options(table, {"constraints": "a < b"}, "x").constraints == ("a < b",)


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"size": "12 by 9"}, "--size should be HEIGHTxWIDTH .* not '12 by 9'"),
        ({"size": "0x9"}, "--size should be .* not '0x9'"),
        ({"size": 5000}, "--size should be .* not 5000"),
        ({"fit": "cut"}, "--fit cut is not one of crop, pad, stretch, patches"),
        ({"label_level": "top"}, "--label-level top is not one of first, leaf"),
        ({"sise": "8"}, "no option 'sise' of data; did you mean 'size'"),
        ({"types": "a=b"}, "--type is for series and rows of a table, and digits holds pictures; leave it out"),
        ({"input": "a"}, "--input is for pairs of pictures, and digits holds pictures"),
    ],
)
def test_options_that_cannot_be_are_one_sentence(asked, complaint):
    with pytest.raises(UserError, match=complaint):
        open_data("digits", asked)


def test_a_type_without_a_column_is_refused():
    with pytest.raises(UserError, match="--type should look like COLUMN=TYPE, .* not .'code'"):
        checked_options(modalities.get("table"), {"types": ["code"]}, "x")


def test_a_preview_that_is_no_picture_is_named():
    preview = modalities.Preview({".wav": b"RIFF"})
    with pytest.raises(UserError, match=r"shown as \.wav, and a picture is needed"):
        _ = preview.png


@pytest.mark.parametrize(
    ("recipe", "source", "known"),
    [
        ("dcgan", ArraySource, "none of pictures: it should be left out"),
        ("sound", audio_samples.source, "mel, waveform"),
    ],
)
def test_a_form_that_a_modality_has_not_is_refused(recipe, source, known, tmp_path):
    """The form in which values are learned is the recipe's, and the modality says which forms there are."""
    opened = source()
    opened.unit = "pictures" if recipe == "dcgan" else opened.unit
    with pytest.raises(UserError, match=f"representation 'notes' is .*{known}"):
        api.train(opened, recipe, tmp_path / "run", settings={"representation": "notes"}, device="cpu")


def test_a_source_is_returned_as_it_is():
    source = ArraySource()
    assert open_data(source, {"size": 4}) is source and source.origin is source


def test_listing_all_options_imports_nothing_large():
    import subprocess

    code = (
        "import sys; from sparring.modalities.opening import option_fields; option_fields();"
        "print([name for name in ('torch', 'numpy', 'pandas', 'PIL', 'matplotlib') if name in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
