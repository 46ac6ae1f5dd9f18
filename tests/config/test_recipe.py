import pytest

from sparring import networks
from sparring.config.recipe import (
    images_from,
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
    assert {player.network for player in recipe.players.values()} <= set(networks.list_networks())


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
        ("vae", ["class_loss=1"], "'autoencoder' has no class_loss"),
        ("vae", ["augmentation={name: ada}"], "'autoencoder' has no augmentation"),
        ("vae", ["objective={name: hinge}"], "'autoencoder' has no objective"),
        ("vae", ["objective.name=hinge"], "nothing lies below"),
        ("vae", ["style_mixing=0.9"], "'autoencoder' has no style_mixing"),
        ("vae", ["latent.distribution=uniform"], "latents are normal, not uniform"),
        ("vae", ["players.generator.penalties.path-length={weight: 1}"], "the generator has no penalty 'path-length'"),
        ("vae", ["players.encoder.penalties.r1={weight: 1}"], "the encoder has no penalty 'r1'; it can have l1, l2, orthogonal"),
        ("vae", ["players.encoder.penalties.l2={weight: 1, every: 4}"], "leave out every of the encoder's 'l2'"),
        ("vae", ["players.generator.begin=100"], "the generator begins at image 0"),
        ("vae", ["players.encoder.repeats=2"], "the encoder and the generator learn in one turn"),
        ("vae", ["game=synthesis"], "is played by discriminator and generator, not encoder, generator"),
        ("dcgan", ["game=autoencoder"], "is played by encoder and generator, not discriminator, generator"),
        ("dcgan", ["objective=null"], "'synthesis' needs an objective"),
        ("dcgan", ["players.discriminator.begin=100"], "the discriminator begins at image 0"),
        ("dcgan", ["players.discriminator.penalties.path-length={weight: 1}"], "the discriminator has no penalty 'path-length'"),
        ("dcgan", ["objective={nam: hinge}"], "did you mean 'name'"),
    ],
)
def test_what_a_game_has_no_use_for_is_refused(recipe, settings, sentence):
    with pytest.raises(UserError, match=sentence) as raised:
        with_settings(load_recipe(recipe), parse_settings(settings))
    assert "\n" not in str(raised.value)


def test_settings_reach_their_place():
    recipe = with_settings(
        load_recipe("dcgan"), parse_settings(["players.generator.optimizer.lr=1e-3", "batch=64", "players.generator.options.width=8"])
    )
    assert recipe.players["generator"].optimizer.lr == 1e-3
    assert recipe.batch == 64
    assert recipe.players["generator"].options["width"] == 8
    assert recipe.players["discriminator"] == load_recipe("dcgan").players["discriminator"]


def test_a_key_given_twice_is_refused():
    with pytest.raises(UserError, match="given twice"):
        parse_yaml("format: 1\nbatch: 1\nbatch: 2\n", "mine")


def test_formats_of_the_future_are_refused():
    with pytest.raises(UserError, match="format 2"):
        parse_yaml("format: 2\n", "mine")


@pytest.mark.parametrize(
    ("text", "images"),
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
def test_images_in_every_unit(text, images):
    assert images_from(text, examples=60, images_per_step=32) == images


@pytest.mark.parametrize("text", ["", "many", "-5", "0", "5 parsecs", "1e", "M"])
def test_what_is_no_number_of_images_is_refused(text):
    with pytest.raises(UserError, match="not a number of images"):
        images_from(text, 60, 32)
