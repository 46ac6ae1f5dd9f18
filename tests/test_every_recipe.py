"""Every recipe in the registry: train, drop everything, resume byte for byte, save, load without training code, generate.

A new recipe is tested by being there. `make test` runs one odd shape per recipe, `make test-all` the whole matrix.
"""

import subprocess
import sys
import threading

import numpy as np
import pytest

import sparring
from smoke import ArraySource, StopAt, fingerprint, smoke_settings
from sparring import api
from sparring.config import list_recipes, load_recipe
from sparring.listening import Silent

SHAPES = [(1, 28, 28), (3, 32, 48), (4, 20, 20)]
ODD = (2, 13, 10)  # the one of the short matrix: two channels, no power of two


def cases():
    for recipe in list_recipes():
        if "image" in load_recipe(recipe).modalities:
            for classes in (3,) if load_recipe(recipe).needs_labels else (0, 3):
                yield pytest.param(recipe, ODD, classes)
                for shape in SHAPES:
                    yield pytest.param(recipe, shape, classes, marks=pytest.mark.slow)


@pytest.mark.parametrize("recipe", [name for name in list_recipes() if load_recipe(name).needs_labels])
def test_recipes_that_need_labels_say_so(recipe, tmp_path):
    with pytest.raises(sparring.UserError, match="has no labels"):
        api.train(ArraySource(classes=0), recipe, tmp_path / "run", device="cpu", listener=Silent())


@pytest.mark.parametrize(("recipe", "shape", "classes"), cases())
def test_train_drop_resume_load_generate(recipe, shape, classes, tmp_path):
    source = ArraySource(shape, classes, train=60, test=20)
    settings = smoke_settings(recipe)

    def train(name, listener=None, stop=None):
        return api.train(source, recipe, tmp_path / name, settings=settings, seed=3, device="cpu", listener=listener or Silent(), stop=stop)

    straight = train("straight")
    for images in (16, 48):  # before the first tick, and between two
        stop = threading.Event()
        train("dropped", StopAt(images, stop), stop)
    dropped = train("dropped")
    assert fingerprint(dropped.path) == fingerprint(straight.path)

    gan = sparring.load(straight.path)
    values = gan.values(20, seed=1)
    assert values.shape == (20, *shape)
    assert values.dtype == np.uint8
    assert len({value.tobytes() for value in values}) > 1
    np.testing.assert_array_equal(values[:3], gan.values(3, seed=1))
    np.testing.assert_array_equal(np.concatenate(list(gan.stream(20, seed=1))), values)
    if classes:
        assert not np.array_equal(gan.values(2, label="class 1"), gan.values(2, label="class 2"))
    else:
        with pytest.raises(sparring.UserError, match="without labels"):
            gan.values(1, label="0")


def test_loading_imports_no_training_code(tmp_path):
    run = api.train(ArraySource(train=60, test=20), "dcgan", tmp_path / "run", settings=smoke_settings("dcgan"), listener=Silent())
    code = f"""
import sys, sparring
gan = sparring.load({str(run.path)!r})
assert len(gan.generate(3, seed=0)) == 3
loaded = [name for name in sys.modules if name.startswith("sparring.")]
forbidden = ("training", "games", "objectives", "penalties", "choose", "metrics", "reports", "api", "data.")
found = [name for name in loaded if name.removeprefix("sparring.").startswith(forbidden)]
assert set(found) <= {{"sparring.data.source", "sparring.data.named"}}, found  # names and types only
assert "sklearn" not in sys.modules and "matplotlib" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
