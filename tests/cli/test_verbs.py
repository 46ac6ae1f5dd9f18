"""Parameters that are made from the declared options, answers to mistyped ones, plug-ins."""

import pytest

from sparring.cli.hints import OPTIONS, VERBS, option_hint, verb_hint
from sparring.cli.verbs import VERBS as KNOWN_VERBS
from sparring.cli.verbs import built, load_plugin
from sparring.config.augment_options import AugmentOptions
from sparring.config.options import TrainOptions, train_options
from sparring.config.reading import load_recipe, parse_settings, with_settings
from sparring.errors import UserError
from sparring.modalities.opening import option_fields
from sparring.util.options import flag_of, help_text


def options_of(verb):
    return {option: each for each in built(verb).params for option in (*each.opts, *each.secondary_opts)}


def typed(verb, *arguments):
    """What the function of a verb gets for these arguments."""
    command = built(verb)
    context = command.make_context(verb, list(arguments))
    return context.params


def test_training_check_compare_and_augment_have_all_options_of_the_data():
    for verb in ("train", "check", "compare", "augment"):
        known = options_of(verb)
        for name, field in option_fields().items():
            assert known[flag_of(name, field)].help == help_text(field)
    for name, field in TrainOptions.model_fields.items():
        assert name == "data" or options_of("train")[flag_of(name, field)].help == help_text(field)
    for name, field in AugmentOptions.model_fields.items():
        assert options_of("augment")[flag_of(name, field)].help == help_text(field)


def test_texts_lists_numbers_and_switches_arrive_as_such():
    given = typed(
        "train", "photos", "--size", "64x64", "--type", "a=b", "--type", "c=d", "--seed", "3", "--no-tensorboard"
    )
    assert given["data"] == "photos"
    assert given["size"] == "64x64"
    assert list(given["types"]) == ["a=b", "c=d"]
    assert given["seed"] == 3
    assert given["tensorboard"] is False
    assert given["fit"] is None
    assert typed("train", "photos")["tensorboard"] is None


@pytest.mark.parametrize(
    ("verb", "option", "words"),
    [
        ("train", "--resume", "run the same command again"),
        ("train", "--gpus=8", "use --device cuda"),
        ("train", "--batch", "use --set batch=64"),
        ("train", "--kimg", "use --examples"),
        ("train", "--outdir", "use --out"),
        ("train", "--images", "use --examples"),
        ("train", "--epoch", "use --epochs"),
        ("train", "--num_epochs", "use --epochs"),
        ("train", "--Recipe", "did you mean '--recipe'"),
        ("train", "--max-tme", "did you mean '--max-time'"),
        ("generate", "--num", "use --count"),
        ("generate", "--trunc", "use --truncation"),
        ("generate", "--network", "run folder first"),
        ("evaluate", "--num-samples", "use --samples"),
        ("train", "--lr", "use --set players.generator.optimizer.lr=1e-4"),
        ("train", "--metrics=FID", "sparring evaluate measures a run"),
        ("compare", "--resume", "run the same command again"),
        ("generate", "--resume", "see sparring generate --help"),
        ("train", "--force", "see sparring train --help"),
        ("train", "--where", "it is an option of sparring generate"),
        ("evaluate", "--truncation", "it is an option of sparring generate"),
        ("evaluate", "--metric", "use --metrics"),
        ("generate", "--gpus", "use --device cuda"),
        ("generate", "--data", "run folder first"),
    ],
)
def test_a_mistyped_option_is_answered_with_the_right_one(verb, option, words):
    with pytest.raises(UserError, match=words) as raised:
        typed(verb, "x", option, "3")
    assert str(raised.value).startswith(f"{verb} has no option {option.split('=')[0]}; ")


SINGLE = [
    (verb, option, parameter.is_flag)
    for verb in KNOWN_VERBS
    for option, parameter in options_of(verb).items()
    if parameter.param_type_name == "option" and not (parameter.multiple or parameter.is_eager)
]


@pytest.mark.parametrize("verb", KNOWN_VERBS)
def test_an_option_with_one_value_is_given_once(verb):
    options = [(option, is_flag) for name, option, is_flag in SINGLE if name == verb]
    assert verb == "recipes" or verb == "report" or options
    for option, is_flag in options:
        twice = [option, option] if is_flag else [option, "1", option, "2"]
        with pytest.raises(UserError, match=f"--.* is given 2 times, and {verb} takes one value of it"):
            typed(verb, "x", "y", *twice)


@pytest.mark.parametrize(
    ("verb", "option", "value", "words"),
    [
        ("generate", "-n", "0", "--count should be a whole number from 1 to 10,000,000, not '0'"),
        ("generate", "--batch-size", "1e3", "--batch-size should be a whole number of at least 1, not '1e3'"),
        ("generate", "--truncation", "x", "--truncation should be a number, not 'x'"),
        ("apply", "--temporal-smoothing", "3", "--temporal-smoothing should be a number from 0 to 1, not '3'"),
        ("train", "--seed", "2.5", "--seed should be a whole number, not '2.5'"),
        ("compare", "--seeds", "0", "--seeds should be a whole number from 1 to 100, not '0'"),
    ],
)
def test_a_wrong_number_is_answered_in_plain_words(verb, option, value, words):
    with pytest.raises(UserError) as raised:
        typed(
            verb,
            "x",
            *(["y", "-o", "z"] if verb == "apply" else ["--recipes", "mlp"] * (verb == "compare")),
            option,
            value,
        )
    assert str(raised.value) == words


def test_two_spellings_of_an_option_are_the_same_one():
    with pytest.raises(UserError, match="--count is given 2 times"):
        typed("generate", "x", "-n", "3", "--count", "4")
    with pytest.raises(UserError, match="--tensorboard is given 2 times"):
        typed("train", "x", "--tensorboard", "--no-tensorboard")


def test_one_key_of_an_option_for_several_is_given_once():
    with pytest.raises(UserError, match="'batch' is given twice"):
        parse_settings(["batch=3", "seed=1", "batch=4"])
    with pytest.raises(UserError, match="gives two types to 'a'"):
        train_options({"types": ["a=float", "a=text"]}, option_fields())


def test_hints_name_what_exists():
    everything = {option for verb in KNOWN_VERBS for option in options_of(verb)}
    for name, advices in OPTIONS.items():
        for advice in advices:
            assert not advice.startswith("--") or advice.split("|")[0].split()[0] in everything, name
            if advice.startswith("--set "):  # a key and a value that a recipe has
                with_settings(load_recipe("dcgan"), parse_settings([advice.removeprefix("--set ")]))
    assert set(VERBS.values()) <= set(KNOWN_VERBS)
    assert not set(VERBS) & set(KNOWN_VERBS)
    assert option_hint("--zzz", ["--out", "-o"]) == ""
    assert verb_hint("sample", KNOWN_VERBS) == "use generate"
    assert verb_hint("trian", KNOWN_VERBS) == "did you mean 'train'?"


def test_every_verb_takes_plugins_and_teaches_by_an_example():
    for verb in KNOWN_VERBS:
        assert "--plugin" in options_of(verb)
        assert f"sparring {verb} " in built(verb).help


def test_a_plugin_is_a_module_or_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "mine_by_name.py").write_text("import builtins; builtins.seen_plugin = 'name'")
    (tmp_path / "mine_by_path.py").write_text("import builtins; builtins.seen_plugin = 'path'")
    import builtins

    monkeypatch.setattr(builtins, "seen_plugin", "", raising=False)
    load_plugin("mine_by_name")
    assert builtins.seen_plugin == "name"
    load_plugin(str(tmp_path / "mine_by_path.py"))
    assert builtins.seen_plugin == "path"
    with pytest.raises(UserError, match="no module 'nowhere_at_all'"):
        load_plugin("nowhere_at_all")
    with pytest.raises(UserError, match="no such file"):
        load_plugin("nowhere.py")
