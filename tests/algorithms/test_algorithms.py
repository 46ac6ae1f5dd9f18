"""What an algorithm's configuration says is what the algorithm does."""

import pytest

import audio_samples
import text_samples
import video_samples
from smoke import ArraySource, pair_source, trainer
from sparring import algorithms
from sparring.config.reading import load_recipe, with_settings
from sparring.config.recipe import ALGORITHMS
from sparring.errors import UserError
from sparring.modalities.audio.wave_pairs import WavePairs
from sparring.modalities.pairs.derived import Unpaired

RECIPES = {
    "gan": "mlp",
    "vae": "vae",
    "translation": "pix2pix",
    "cyclegan": "cyclegan",
    "cut": "cut",
    "semi-supervised": "sgan",
    "weighted-likelihood": "text",
    "gumbel-softmax": "text-gumbel",
    "film": "video",
    "wave-translation": "vocoder",
}
# The phases of the configuration are those of a training without anything at intervals.
PLAIN = {"wave-translation": {"algorithm.pretrain_fraction": 0, "algorithm.adversarial_interval": 1}}


def source_for(recipe):
    if recipe == "pix2pix":
        return pair_source()
    if recipe in ("cyclegan", "cut"):
        return Unpaired(ArraySource((3, 12, 16), 2, 40, 12), "class 0", "class 1")
    if recipe in ("text", "text-gumbel"):
        return text_samples.source(60, "none")
    if recipe == "vocoder":
        return WavePairs(audio_samples.source(60, "none"), None)
    if recipe == "video":
        return video_samples.source(60, "none", 1)
    return ArraySource((1, 16, 16))


def test_every_algorithm_is_tried_here():
    assert set(RECIPES) == set(ALGORITHMS.names())


@pytest.mark.parametrize("name", RECIPES)
def test_phases_are_those_of_the_configuration(tmp_path, name):
    ours = trainer(source_for(RECIPES[name]), RECIPES[name], tmp_path, **PLAIN.get(name, {}))
    config = ours.recipe.algorithm
    assert isinstance(ours.algorithm, algorithms.algorithm_class(ours.recipe))
    assert isinstance(config, type(ours.algorithm).Config)
    assert tuple(phase.players for phase in ours.phases if not phase.is_penalty) == config.player_groups
    assert {player for group in config.player_groups for player in group} == set(config.allowed_penalties)
    assert [phase.new_batch for phase in ours.phases] == [True] + [False] * (len(ours.phases) - 1)
    counted = sum(phase.steps for phase in ours.phases if phase.new_batch)
    assert ours.recipe.examples_per_step == counted * ours.recipe.batch
    assert set(ours.algorithm.ema_players) <= set(ours.players)


@pytest.mark.parametrize(
    ("recipe", "settings", "sentence"),
    [
        ("vae", {"algorithm.augmentation": {"name": "ada"}}, "no 'augmentation' here"),
        ("mlp", {"algorithm": {"name": "gan", "reconstruction": {}}}, "key 'reconstruction' is unknown"),
        ("mlp", {"algorithm": {"name": "gna"}}, "algorithm 'gna' is unknown; did you mean 'gan'"),
        ("vae", {"latent.distribution": "uniform"}, "latents of the algorithm 'vae' are normal"),
        ("mlp", {"players.discriminator.start": 5}, "starts at example 0"),
        ("cyclegan", {"players.reverse_generator.steps": 2}, "are trained in one phase"),
        ("mlp", {"players.generator.penalties": {"r1": {"weight": 1}}}, "the generator has no penalty 'r1'"),
        ("vae", {"players.encoder.penalties": {"l2": {"weight": 1, "interval": 4}}}, "leave out interval"),
    ],
)
def test_what_an_algorithm_does_not_have_cannot_be_said(recipe, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        with_settings(load_recipe(recipe), settings)
