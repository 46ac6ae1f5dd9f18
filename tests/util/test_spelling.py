"""Options in messages and texts, as whoever called spells them."""

import inspect

import numpy as np
import pytest
import torch

import sparring
from sparring.callbacks.progress import Lines
from sparring.config.options import TrainOptions, train_options
from sparring.errors import UserError
from sparring.modalities.opening import option_fields
from sparring.util.devices import choose_device
from sparring.util.options import flag_of
from sparring.util.spelling import in_python, on_the_command_line, spelled, spells_options

DECLARED = {name: field for name, field in TrainOptions.model_fields.items() if name != "data"} | option_fields()


def public_texts():
    """The docstrings of everything public, and of its public methods."""
    for name in sparring.__all__:
        thing = getattr(sparring, name)
        yield name, inspect.getdoc(thing) or ""
        if inspect.isclass(thing):
            yield from (
                (f"{name}.{part}", inspect.getdoc(value) or "")
                for part, value in inspect.getmembers(thing)
                if not part.startswith("_") and part not in dir(Exception)
            )


@pytest.mark.parametrize(("name", "text"), [each for each in public_texts() if each[0] != "__version__"])
def test_the_help_of_python_speaks_of_arguments(name, text):
    assert " --" not in text and "(--" not in text and "the option once" not in text, name


@pytest.mark.parametrize("name", DECLARED)
def test_every_flag_is_respelled_as_its_argument(name):
    flag = flag_of(name, DECLARED[name])
    assert spelled(f"leave {flag} out") == f"leave `{name}` out"
    with on_the_command_line():
        assert spelled(f"leave {flag} out") == f"leave {flag} out"


def test_commands_and_what_only_looks_like_a_flag_stay():
    for text in ("use `sparring generate RUN --label 3`", "a--b", "--", "-- x", "--plugin", "3 --4"):
        assert in_python(text) == text


def test_an_error_names_the_argument_and_keeps_its_class():
    @spells_options
    def refuse():
        raise UserError("--max-time: no")

    with pytest.raises(UserError, match="^`max_time`: no$"):
        refuse()
    with on_the_command_line(), pytest.raises(UserError, match="^--max-time: no$"):
        refuse()


def test_printed_notes_are_respelled_too(capsys):
    Lines().note("scaled 0 to 1 (another range: --data-range LOW,HIGH)")
    assert capsys.readouterr().out == "scaled 0 to 1 (another range: `data_range` LOW,HIGH)\n"


WRONG = {"examples": 64.5, "epochs": 1.5, "budget": [], "max_time": True, "seed": "x", "recipe": 3, "out": 3.5}
WRONG |= {"init_from": 3, "tensorboard": "maybe", "device": 3, "settings": 3, "labels": 3, "size": 1.5, "fit": 3}
WRONG |= {"mode": 3, "data_range": 3, "label_level": 3, "input": 3, "types": 3, "encoding": 3, "sheet": 3}
WRONG |= {"window": True, "layout": 3, "constraints": 3, "ignored_relations": 3}
WRONG |= {"texts": 3, "text_column": 3, "characters": True, "alphabet": 3, "fps": "fast", "frames": True}
WRONG |= {"rate": True, "seconds": "long", "channels": 3}


@pytest.mark.parametrize("name", DECLARED)
def test_a_wrong_value_is_answered_by_the_name_of_the_option(name):
    for value in (WRONG[name], object(), [object()], np.array([[1, 2]])):
        with pytest.raises(UserError) as raised:
            train_options({name: value}, option_fields())
        sentence = str(raised.value)
        assert sentence.startswith(flag_of(name, DECLARED[name])), sentence
        assert ("should" in sentence or "is not one of" in sentence) and "valid" not in sentence


@pytest.mark.parametrize("make", [int, np.int64, np.int16, np.array, torch.tensor])
def test_numbers_of_any_library_are_numbers(make):
    asked = train_options({"examples": make(64), "seed": make(3), "size": (make(8), make(9))}, option_fields())
    assert (asked.examples, asked.seed, asked.data["size"]) == (64, 3, (8, 9))
    assert type(asked.examples) is type(asked.seed) is int
    assert train_options({"size": make(8), "epochs": make(2)}, option_fields()).examples == "2epochs"
    assert train_options({"settings": {"batch": make(8)}}, {}).settings == {"batch": 8}


@pytest.mark.parametrize("make", [float, np.float32, torch.tensor])
def test_times_of_any_library_are_times(make):
    assert train_options({"budget": make(2.5), "max_time": make(4.5)}, {}).budget == 2.5


def test_a_device_of_torch_is_a_device():
    assert choose_device(torch.device("cpu"))[0] == torch.device("cpu")
    assert train_options({"device": torch.device("cpu")}, {}).device == "cpu"


@pytest.mark.parametrize("text", ["64.5", "0.5", "64.5examples"])
def test_half_an_example_is_none(text):
    with pytest.raises(UserError, match="--examples .* is not a number of examples"):
        train_options({"examples": text}, {})
