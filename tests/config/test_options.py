"""One declaration of every option: values from texts and from Python, one sentence for what is wrong, and the help."""

import inspect
from pathlib import Path

import pytest

import sparring
from sparring.config.options import TrainOptions, train_options
from sparring.errors import UserError, nearest
from sparring.modalities.opening import option_fields
from sparring.util.options import flag_of, help_text

DECLARED = {**{name: field for name, field in TrainOptions.model_fields.items() if name != "data"}, **option_fields()}


def asked(**given):
    return train_options(given, option_fields())


def test_texts_of_the_command_line_and_python_values_are_the_same():
    texts = asked(
        size="64x48", types=["a=b=category"], constraints=["a <= b"], settings=["batch=3"], seed="5", init_from="runs/a"
    )
    values = asked(
        size=(64, 48),
        types={"a=b": "category"},
        constraints=("a <= b",),
        settings={"batch": 3},
        seed=5,
        init_from=Path("runs/a"),
    )
    assert texts == values
    assert asked(size="64") == asked(size=64) == asked(size=[64, 64])


def test_what_was_asked_is_plain_and_says_nothing_of_this_process():
    options = asked(size=(64, 48), seed=0, epochs=5, init_from="/home/me/runs/a", device="cpu", out="x", max_time="1h")
    assert options.asked() == {"size": [64, 48], "seed": 0, "examples": "5epochs", "init_from": "a"}
    assert asked().asked() == {}
    assert asked(labels=None, fit=None) == asked()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"fit": "patchs"}, "--fit patchs is not one of crop, pad, stretch, patches; did you mean 'patches'"),
        ({"sise": 3}, "no option 'sise'; did you mean 'size'"),
        ({"images": 3}, "no option 'images'"),
        ({"size": "big"}, "--size should be HEIGHTxWIDTH in pixels up to 4096, for example 64x64, not 'big'"),
        ({"size": (0, 5)}, "should be HEIGHTxWIDTH"),
        ({"size": "5000"}, "--size should be .* not '5000'"),
        ({"seed": "x"}, "--seed should be a whole number, not 'x'"),
        ({"types": ["code"]}, "should look like COLUMN=TYPE"),
        ({"settings": ["batch"]}, "key=value"),
        ({"epochs": 3, "budget": "1m"}, "either --epochs or --budget"),
        ({"examples": 3, "budget": "1m"}, "either --examples or --budget"),
    ],
)
def test_what_cannot_be_is_one_sentence(given, words):
    with pytest.raises(UserError, match=words) as raised:
        asked(**given)
    assert "\n" not in str(raised.value)


def test_options_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        asked(seed=3).seed = 4


def test_every_option_has_a_text_with_its_default():
    assert not [name for name, field in DECLARED.items() if len(field.description or "") < 20]
    stated = {name for name, field in DECLARED.items() if "Default: " in help_text(field)}
    assert DECLARED.keys() - stated == {
        "epochs",
        "budget",
        "settings",
        "types",
        "constraints",
        "ignored_relations",
    }  # nothing happens without them


def test_the_python_functions_show_every_option():
    text, parameters = inspect.getdoc(sparring.train), inspect.signature(sparring.train).parameters
    for name, field in DECLARED.items():
        assert name in parameters
        about = (field.json_schema_extra or {}).get("in_python", field.description)
        assert f"    {name}: {about.split()[0]}" in text
    assert "**options" not in text
    assert not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    assert parameters["size"].annotation == "tuple[int, int] | None"
    compared = inspect.signature(sparring.compare).parameters
    assert option_fields().keys() | {"examples", "epochs", "budget", "device", "seeds"} <= compared.keys()
    assert "max_time" not in compared


def test_options_are_typed_as_declared():
    names = {name: flag_of(name, field) for name, field in DECLARED.items()}
    assert names["types"] == "--type"
    assert names["constraints"] == "--constraint"
    assert names["settings"] == "--set"
    assert names["max_time"] == "--max-time"
    assert names["examples"] == "--examples"


def test_hints_find_names_in_any_case():
    assert nearest("DCGAN", ["dcgan", "wgan"]) == "did you mean 'dcgan'?"
    assert nearest("fid", ["FID", "KID"]) == "did you mean 'FID'?"
