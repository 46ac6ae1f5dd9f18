import pytest

from sparring import networks
from sparring.config.reading import (
    length_from,
    list_recipes,
    load_recipe,
    parse_settings,
    parse_yaml,
    recipe_from,
    recipe_text,
    with_settings,
)
from sparring.errors import UserError


@pytest.mark.parametrize("name", list_recipes())
def test_every_recipe_is_named_as_its_file_and_survives_yaml(name):
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.summary
    assert recipe_from(recipe.model_dump(mode="json"), "dump") == recipe
    assert {player.network for player in recipe.players.values()} <= set(networks.NETWORKS.names())


def test_unknown_recipe_names_the_nearest():
    with pytest.raises(UserError, match="did you mean 'dcgan'"):
        load_recipe("dcgn")


def test_unknown_keys_are_refused_with_the_nearest_name():
    values = parse_yaml(recipe_text("dcgan"), "dcgan")
    with pytest.raises(UserError, match="'batch_size' is unknown.*batch"):
        recipe_from({**values, "batch_size": 3}, "mine")
    values["players"]["generator"]["optimizer"]["learning_rate"] = 1
    with pytest.raises(UserError, match=r"players\.generator\.optimizer\.learning_rate"):
        recipe_from(values, "mine")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["players.generator.optimiser.lr=1"], "did you mean 'optimizer'"),
        (["batch"], "key=value"),
        (["batch=-1"], "batch"),
        (["batch=many"], "batch"),
        (["batch.size=3"], "nothing lies below"),
        (["players.generator.schedule={kind: exponential, final: 0}"], "exponential"),
    ],
)
def test_bad_settings_are_one_sentence(settings, sentence):
    with pytest.raises(UserError, match=sentence) as raised:
        with_settings(load_recipe("dcgan"), parse_settings(settings))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("recipe", "settings", "sentence"),
    [
        ("vae", ["class_loss=1"], "no 'class_loss' here"),
        ("dcgan", ["class_loss=1"], "did you mean 'algorithm.class_loss'"),
        ("vae", ["algorithm.objective={name: hinge}"], "no 'objective' here"),
        ("vae", ["latent.distribution=uniform"], "are normal, not uniform"),
        ("vae", ["players.generator.penalties.path-length={weight: 1}"], "the generator has no penalty 'path-length'"),
        (
            "vae",
            ["players.encoder.penalties.r1={weight: 1}"],
            "the encoder has no penalty 'r1'; it can have l1, l2, orthogonal",
        ),
        ("vae", ["players.encoder.penalties.l2={weight: 1, interval: 4}"], "leave out interval of the encoder's 'l2'"),
        ("vae", ["players.generator.start=100"], "the generator starts at example 0"),
        ("vae", ["players.encoder.steps=2"], "the encoder and the generator are trained in one phase"),
        ("vae", ["algorithm=gan"], "has the players discriminator and generator, not encoder, generator"),
        ("dcgan", ["algorithm=vae"], "has the players encoder and generator, not discriminator, generator"),
        ("dcgan", ["algorithm.objective=null"], "algorithm: objective: "),
        ("dcgan", ["players.discriminator.start=100"], "the discriminator starts at example 0"),
        (
            "dcgan",
            ["players.discriminator.penalties.path-length={weight: 1}"],
            "the discriminator has no penalty 'path-length'",
        ),
        ("dcgan", ["algorithm.objective={nam: hinge}"], "did you mean 'name'"),
    ],
)
def test_what_an_algorithm_does_not_have_is_refused(recipe, settings, sentence):
    with pytest.raises(UserError, match=sentence) as raised:
        with_settings(load_recipe(recipe), parse_settings(settings))
    assert "\n" not in str(raised.value)


def test_a_named_size_stands_for_its_settings_and_others_come_after_it():
    plain = load_recipe("dcgan").model_copy(update={"sizes": {"large": {"batch": 512, "latent.size": 7}}})
    large = with_settings(plain, parse_settings(["size=large", "batch=64"]))
    assert (large.size, large.batch, large.latent.size) == ("large", 64, 7)
    assert with_settings(large, {"size": "large"}).batch == 512
    with pytest.raises(UserError, match="recipe 'dcgan' has no size 'lagre'; did you mean 'large'"):
        with_settings(plain, {"size": "lagre"})
    with pytest.raises(UserError, match="it has one size only"):
        with_settings(load_recipe("dcgan"), {"size": "paper"})


@pytest.mark.parametrize(
    ("name", "size"), [(name, size) for name in list_recipes() for size in load_recipe(name).sizes]
)
def test_every_named_size_is_a_recipe(name, size):
    recipe = with_settings(load_recipe(name), {"size": size})
    assert recipe.size == size
    assert recipe.players != load_recipe(name).players


def test_settings_reach_their_place():
    recipe = with_settings(
        load_recipe("dcgan"),
        parse_settings(["players.generator.optimizer.lr=1e-3", "batch=64", "players.generator.options.width=8"]),
    )
    assert recipe.players["generator"].optimizer.lr == 1e-3
    assert recipe.batch == 64
    assert recipe.players["generator"].options["width"] == 8
    assert recipe.players["discriminator"] == load_recipe("dcgan").players["discriminator"]


@pytest.mark.parametrize(
    "line", ["? [a, b]\n: 1", "? {a: b}\n: 1", "seed: 2024-13-45", "seed: !!int 'x'", "seed: !!float ''"]
)
def test_values_that_cannot_be_are_one_sentence(tmp_path, line):
    path = tmp_path / "mine.yaml"
    path.write_text(f"{recipe_text('mlp')}\n{line}\n")
    with pytest.raises(UserError, match="is not valid YAML"):
        load_recipe(str(path))


def test_a_key_given_twice_is_refused():
    with pytest.raises(UserError, match="given twice"):
        parse_yaml("format: 2\nbatch: 1\nbatch: 2\n", "mine")


def test_formats_of_the_future_are_refused():
    with pytest.raises(UserError, match="format 3"):
        parse_yaml("format: 3\n", "mine")


@pytest.mark.parametrize(
    ("text", "examples"),
    [
        ("2M", 2_000_000),
        ("500k", 500_000),
        ("50epochs", 3000),
        ("1epoch", 60),
        ("30steps", 960),
        ("1,000", 1000),
        (77, 77),
        ("1e5", 100_000),
        ("0.5M", 500_000),
    ],
)
def test_lengths_in_every_unit(text, examples):
    assert length_from(text, epoch=60, per_step=32) == examples


@pytest.mark.parametrize("text", ["", "many", "-5", "0", "5 parsecs", "1e", "M"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(UserError, match="not a number of examples"):
        length_from(text, 60, 32)
