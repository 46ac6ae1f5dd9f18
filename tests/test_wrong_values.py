"""Every public function, given values that cannot be: one sentence of a UserError each, never another exception."""

import math

import numpy as np
import pytest
import torch

import sparring
from smoke import ArraySource, smoke_settings
from sparring.callbacks.base import Callback
from sparring.errors import UserError


class Strange:
    """An object that is nothing in particular."""


NO_NUMBERS = [None, "a", "", "3", b"3", True, math.nan, math.inf, -math.inf, 1.5, -1, 10**30, [], [1], {}, Strange()]
NO_TEXTS = [3, 1.5, True, b"x", "", " ", [], {}, Strange(), math.nan]
NO_PATHS = [None, 3, 1.5, True, b"x", "", [], {}, Strange(), math.nan, "a\0b"]
NO_ARRAYS = [None, 3, "a", [], [1, 2], {}, Strange(), np.zeros(3), np.zeros((0, 4)), torch.zeros(2, 3, 4)]


def refused(call):
    """What the call raises is one sentence that says what is wrong."""
    with pytest.raises(UserError) as raised:
        call()
    sentence = str(raised.value)
    assert 15 < len(sentence) < 400 and "\n" not in sentence, sentence
    return sentence


def named(values):
    return pytest.mark.parametrize("value", values, ids=lambda value: f"{type(value).__name__} {value!r}"[:40])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("wrong") / "bars"
    source = ArraySource(train=60, test=20)
    return sparring.train(source, "mlp", out, settings=smoke_settings("mlp"), device="cpu", console=Callback())


@pytest.fixture(scope="module")
def gan(run):
    return sparring.load(run)


@named([value for value in NO_NUMBERS if value != 10**30])
@pytest.mark.parametrize("method", ["generate", "values", "stream"])
def test_counts(gan, method, value):
    refused(lambda: list(getattr(gan, method)(value)))


@named([value for value in NO_NUMBERS if not (isinstance(value, int) and value in (-1, 10**30) and value is not True)])
def test_seeds(gan, value):
    refused(lambda: gan.values(1, value))
    refused(lambda: gan.labels([0], seed=value))


@named([*(value for value in NO_NUMBERS if value is not None), 10**400])
def test_lengths_and_truncation(gan, value):
    refused(lambda: gan.values(1, length=value))
    if value not in (1.5, 10**30):
        refused(lambda: gan.values(1, truncation=value))


@named([*NO_TEXTS, "x > 1"])
def test_conditions(gan, value):
    refused(lambda: gan.values(1, where=value))


@named(["", "class 9", 7, -1, 1.5, True, math.nan, b"x", [], {}, Strange(), "٣", 10**30])
def test_labels(gan, value):
    refused(lambda: gan.values(1, label=value))
    refused(lambda: gan.class_number(value))


@named([[-1], [1.5], ["a"], [None], [True], 3, None, "ab", [], [math.nan], {"a": 1}, [[1]], Strange()])
def test_indices(gan, value):
    refused(lambda: gan.at(value))


@named(NO_ARRAYS)
def test_latents_and_styles(gan, value):
    refused(lambda: gan.decode(value))
    refused(lambda: gan.styles(value))
    refused(lambda: gan.decode_styles(value))
    refused(lambda: gan.decode(torch.zeros(3, gan.recipe.latent.size), value))


@named([torch.full((2, 100), math.nan), torch.zeros(2, 100).to_sparse(), torch.zeros(2, 100, device="meta")])
def test_latents_hold_numbers(gan, value):
    refused(lambda: gan.decode(value[:, : gan.recipe.latent.size].clone() if not value.is_sparse else value, [0, 0]))


@named(NO_PATHS)
def test_paths_of_runs(value):
    refused(lambda: sparring.load(value))
    refused(lambda: sparring.Run(value))
    refused(lambda: sparring.TableGAN.load(value))


@named(["gpu", "", 3, None, "cuda:99", "meta", True, [], Strange()])
def test_devices(run, value):
    refused(lambda: sparring.load(run, device=value))
    refused(lambda: sparring.train(ArraySource(), "mlp", run.path.parent / "new", device=value or "x"))
    refused(lambda: sparring.evaluate(run, ArraySource(), device=value))


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("metrics", ["fid", ["FDI"], [], [3], 3, [None], Strange()]),
        ("features", ["incepton", 3, "", None, []]),
        ("weights", [3, "", [], "nowhere.pt", Strange()]),
        ("samples", [1, 0, -1, 1.5, math.nan, "a", True, []]),
        ("recipe", [3, "", "dcgn", []]),
        ("labels", [3, "", [1], math.nan, Strange()]),
        ("console", [3, "a", Callback, Strange()]),
    ],
)
def test_options_of_evaluate(run, option, values):
    for value in values:
        refused(lambda value=value: sparring.evaluate(run, ArraySource(train=60, test=20), **{option: value}))


@named([*NO_PATHS[1:], "nowhere", np.zeros(3), object])
def test_what_is_evaluated(value):
    refused(lambda: sparring.evaluate(value, ArraySource()))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("recipe", [3, "", "dcgn", [], b"x", True, "nowhere.yaml", Strange()]),
        ("out", [3, "", [], b"x", True, "a\0b", Strange()]),
        ("examples", [0, -1, 1.5, 10**400, math.nan, math.inf, "", "many", [], True, "1e400", Strange()]),
        ("epochs", [0, -1, 1.5, math.nan, "", "many", [], True, Strange()]),
        ("budget", [0, -1, math.nan, math.inf, "", "soon", "-3m", [], True, Strange()]),
        ("max_time", [0, -1, math.nan, math.inf, "", "soon", [], True, Strange()]),
        ("seed", [1.5, math.nan, "", "a", [], True, Strange()]),
        ("init_from", [3, "", [], "nowhere", Strange()]),
        ("settings", [3, "batch", {"batch": "many"}, {"x": 1}, {3: 4}, [None], Strange()]),
        (
            "settings",
            [{"batch": 10**9}, {"batch": -1}, {"batch": math.nan}, "x=&a [*a]", "players={}"],
        ),
        ("tensorboard", [3, "maybe", [], Strange()]),
        ("labels", [3, "", [1], Strange()]),
        ("size", [0, -1, "big", "0x3", (1, 2, 3), math.nan, [], True, 10**9, Strange()]),
        ("fit", ["patchs", 3, "", [], Strange()]),
        ("mode", ["RGBB", 3, "", Strange()]),
        ("callbacks", [3, [3], Callback, "a", None, Strange()]),
        ("console", [3, "a", Callback, Strange()]),
        ("stop", [3, True, Strange()]),
        ("command", [3, [], Strange()]),
        ("nothing", [1]),
    ],
)
def test_options_of_train(tmp_path, option, values):
    for number, value in enumerate(values):
        options = {"recipe": "mlp", "out": tmp_path / str(number), "console": Callback(), option: value}
        refused(lambda options=options: sparring.train("ring" if option == "x" else "digits", **options))
        assert not (tmp_path / str(number)).exists(), value


PICTURES = np.zeros((8, 6, 6), np.uint8)


@named(
    [
        *[None, 3, 1.5, True, b"x", "", "nowhere", "a\0b", [], {}, Strange(), object, math.nan],
        *[np.zeros(3), np.zeros((0, 4, 4)), np.zeros((3, 4, 4, 4, 4)), np.full((8, 6, 6), np.nan), np.zeros((8, 0, 6))],
        *[np.array(["a", "b"]), np.array([None, 3], dtype=object), np.zeros((8, 6, 6), complex)],
        *[torch.zeros(8, 6, 6).to_sparse(), torch.zeros(8, 6, 6, device="meta"), torch.zeros(0, 6, 6)],
        torch.quantize_per_tensor(torch.zeros(8, 6, 6), 0.1, 0, torch.quint8),
        *[[1, 2, 3], [None], ["a"], [np.zeros((2, 2)), "a"]],
    ]
)
def test_data(tmp_path, value):
    refused(lambda: sparring.train(value, "mlp", tmp_path / "run", console=Callback()))
    assert not (tmp_path / "run").exists()


@named([[], [1], [None] * 9, 3, Strange(), {"a": 1}, np.zeros((8, 2)), [math.nan] * 7])
def test_labels_of_data(tmp_path, value):
    refused(lambda: sparring.train(PICTURES, "mlp", tmp_path / "run", labels=value, console=Callback()))
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("recipes", [[], "mlp", [3], ["dcgn"], ["mlp", "mlp"], None, 3, Strange(), ["restore-denoise"]]),
        ("out", [None, 3, "", [], Strange()]),
        ("seeds", [0, -1, 1.5, math.nan, "a", True, None, [], 10**9]),
        ("features", ["incepton", 3, None]),
        ("samples", [0, 1, -1, 1.5, "a", True, []]),
        ("budget", [0, "soon", math.nan, None]),
        ("console", [3, "a", Callback]),
        ("nothing", [1]),
    ],
)
def test_options_of_compare(tmp_path, option, values):
    for number, value in enumerate(values):
        options = {"recipes": ["mlp"], "out": tmp_path / str(number), "budget": "1s", "console": Callback()}
        refused(lambda options=options, value=value: sparring.compare("digits", **{**options, option: value}))
        assert not (tmp_path / str(number)).exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("out", [None, 3, "", [], Strange()]),
        ("seeds", [0, 1, 101, -1, 1.5, math.nan, "a", True, [], 10**9]),
        ("amount", [0, -1, 1.5, "a", "", True, [], 10**9]),
        ("budget", [0, "soon", math.nan, [], True]),
        ("task", ["detect", 3, True, ""]),
        ("target", ["nothing", 3, "", []]),
        ("run", [3, "nowhere", [], Strange()]),
        ("anyway", ["perhaps", 3]),
        ("device", ["gpu", 3]),
        ("console", [3, "a", Callback]),
        ("nothing", [1]),
    ],
)
def test_options_of_augment(tmp_path, option, values):
    for number, value in enumerate(values):
        options = {"out": tmp_path / str(number), "budget": "1s", "console": Callback()}
        refused(lambda options=options, value=value: sparring.augment("digits", **{**options, option: value}))
        assert not (tmp_path / str(number)).exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("budget", [0, "soon", math.nan, [], True]),
        ("examples", [0, -1, "many", [], True]),
        ("recipe", [3, "dcgn", "mlp"]),
        ("types", [3, {"a": "nothing"}, {"z": "float"}, [], "a"]),
        ("constraints", [3, ["a <"], [3], ["z < a"], Strange()]),
        ("run", [3, "", [], Strange()]),
        ("seed", [1.5, "a", math.nan, None, True]),
        ("device", ["gpu", 3]),
        ("settings", [3, {"x": 1}, "batch"]),
    ],
)
def test_options_of_a_table_gan(tmp_path, option, values):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": np.arange(60.0), "b": ["x", "y"] * 30})
    for value in values:
        refused(lambda value=value: sparring.TableGAN(**{"run": tmp_path / "run", option: value}).fit(frame))
        assert not (tmp_path / "run").exists()


@named([None, 3, "a", [], [1, 2], {}, Strange(), np.zeros(3), np.zeros((8, 2))])
def test_frames_of_a_table_gan(value):
    pytest.importorskip("pandas")
    refused(lambda: sparring.TableGAN(budget="1s").fit(value))
    refused(lambda: sparring.TableGAN().sample(3))


@named([None, 3, "", " ", True, [], Strange()])
def test_what_is_registered(value):
    refused(lambda: sparring.register_network(value)(sparring.Callback))
    refused(lambda: sparring.register_algorithm(value)(sparring.Callback))
    refused(lambda: sparring.register_loss(value, value))
    refused(lambda: sparring.register_metric(value, value, "about", scores=[]))
    refused(lambda: sparring.register_modality(value))
