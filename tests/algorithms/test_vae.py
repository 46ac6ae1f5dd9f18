"""The variational autoencoder: its loss, who learns from it, and a run from example 0 to the report."""

import copy
import re

import pytest
import torch

import sparring
from smoke import ArraySource, smoke_settings, trainer
from sparring import api
from sparring.algorithms import StepRandom
from sparring.callbacks.base import Callback
from sparring.callbacks.progress import in_words
from sparring.config.reading import load_recipe, with_settings
from sparring.errors import UserError
from sparring.losses import variational
from sparring.networks.sampling import draw_latents
from sparring.util.random import make_rng

ALONE = {
    "players.generator.network": "mlp-generator",
    "players.generator.options": {"widths": [8]},
}  # no batch statistics


@pytest.fixture
def ours(bars, tmp_path):
    return trainer(bars, "vae", tmp_path)


def test_it_equals_the_plain_loop(ours):
    """The variational autoencoder as a tutorial writes it, D / 2 log MSE + KL: same latents, same weights."""
    encoder, generator = (copy.deepcopy(ours.algorithm.players[name]) for name in ("encoder", "generator"))
    settings = ours.recipe.players["generator"].optimizer
    adam = torch.optim.Adam([*encoder.parameters(), *generator.parameters()], settings.lr, settings.betas)
    for step in range(3):
        batch = ours.loader.at(16 * step, 0)
        normal = torch.from_numpy(draw_latents(make_rng(0, 0, 16 * (step + 1), 0, 0, "latent"), ours.recipe.latent, 16))
        mean, log_variance = encoder(batch.real, batch.condition)
        made = generator(mean + (log_variance / 2).exp() * normal, batch.condition)
        kl = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1).mean()
        adam.zero_grad()
        (64 / 2 * torch.nn.functional.mse_loss(made, batch.real).log() + kl).backward()
        adam.step()
        ours.step()
    for name, plain in (("encoder", encoder), ("generator", generator)):
        for mine, theirs in zip(ours.algorithm.players[name].parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-5)


def test_both_players_learn_and_nothing_else_changes(ours):
    before = copy.deepcopy({name: player.state_dict() for name, player in ours.algorithm.players.items()})
    torch.manual_seed(3)
    expected = torch.randn(2)
    torch.manual_seed(3)
    ours.step()
    ours.step()
    for name, player in ours.algorithm.players.items():
        assert all(not torch.equal(value, before[name][key]) for key, value in player.state_dict().items()), name
    assert ours.examples == 32
    assert ours.algorithm.state() == {}
    assert torch.equal(torch.randn(2), expected)


def test_what_is_shown_adds_up(ours):
    ours.step()
    shown = ours._meters.means()
    fit = variational.optimal_variance_nll(torch.tensor(shown["elbo.reconstruction_error"]), 64).item()
    assert shown["losses.negative_elbo"] == pytest.approx(fit + shown["elbo.kl"], rel=1e-5)
    assert {"gradient.encoder", "gradient.generator"} <= set(shown)


def test_it_learns_to_make_the_bars_again(bars, tmp_path):
    ours = trainer(bars, "vae", tmp_path, examples=16 * 80)
    errors = []
    for _ in range(80):
        ours.step()
        errors.append(ours._meters.means()["elbo.reconstruction_error"])
        ours._meters.clear()
    assert errors[-1] < 0.3 * errors[0]


def test_labels_reach_both_players(ours):
    batch, rng = ours.loader.at(0, 0), StepRandom((1,), 16, 0, 16, torch.device("cpu"))
    told = []
    for player in ours.algorithm.players.values():
        player.register_forward_pre_hook(lambda _, inputs: told.append(inputs[1]["class"]))
    ours.phases[0].loss(batch, rng)
    assert len(told) == 2
    assert all(torch.equal(each, batch.condition["class"]) for each in told)


def test_weight_penalties_of_both_enter_the_loss(bars, ours, tmp_path):
    heavy = trainer(
        bars, "vae", tmp_path, **{f"players.{name}.penalties.l2": {"weight": 0.5} for name in ("encoder", "generator")}
    )
    matrices = [each for player in heavy.algorithm.players.values() for each in player.parameters() if each.ndim > 1]
    expected = 0.5 * sum(
        each.square().sum().item() for each in matrices if each.shape[-1] != 50
    )  # those of embeddings are left out
    ours.step()
    heavy.step()
    assert heavy._meters.means()["losses.negative_elbo"] - ours._meters.means()[
        "losses.negative_elbo"
    ] == pytest.approx(expected, rel=1e-3)


def test_a_generator_that_takes_noise_gets_it(bars, tmp_path):
    style = load_recipe("stylegan2").players["generator"].options
    options = {**style, "width": 4, "style_width": 8}
    ours = trainer(
        bars,
        "vae",
        tmp_path,
        **{"players.generator.network": "stylegan2-generator", "players.generator.options": options},
    )
    ours.step()
    assert torch.isfinite(torch.tensor(list(ours._meters.means().values()))).all()


def test_one_variance_for_the_batch_keeps_it_whole(bars, tmp_path, monkeypatch):
    asked = trainer(bars, "vae", tmp_path, micro_batch=4, **ALONE)
    assert asked.recipe.batch == asked.recipe.micro_batch == 4
    short = trainer(bars, "vae", tmp_path, **ALONE)

    def too_much(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(variational, "gaussian_kl", too_much)
    with pytest.raises(UserError, match="out of memory.*the likelihood sees it as a whole"):
        short.step()


class Ticks(Callback):
    def __init__(self):
        self.lines = []

    def observed(self, observation):
        self.lines.append(in_words(observation))


def test_a_run_from_example_0_to_the_report(tmp_path):
    source, console = ArraySource(train=60, test=20), Ticks()
    run = api.train(source, "vae", tmp_path / "run", settings=smoke_settings("vae", examples=160), console=console)
    ticks = [line for line in run.log() if line["event"] == "tick"]
    assert [set(line["seen"]) for line in ticks] == [{"variety", "closeness"}] * 5
    assert set(ticks[0]["elbo"]) == {"kl", "reconstruction_error"}
    assert not {"accuracy", "fooling_rate", "logits"} & set(ticks[0])
    assert ticks[-1]["health"] != "warming-up"
    assert all(re.search(r"losses: negative elbo -?\d+\.\d+ \| elbo: kl \d", line) for line in console.lines)
    pages = "\n".join(
        [*console.lines, *((run.path / name).read_text() for name in ("report.html", "README.md", "recipe.yaml"))]
    )
    assert not re.search("discriminator|adversar|fooling|contest", pages)
    assert "Reconstruction error" in pages and "Information in the latents" in pages
    assert "tags:\n- vae\n- image-generation\n---" in pages
    assert {path.name for path in run.path.glob("*.safetensors")} == {
        "encoder.safetensors",
        "generator.safetensors",
        "features.safetensors",
    }
    assert sparring.load(run.path).values(3).shape == (3, 1, 8, 8)
    again = api.train(
        source, None, tmp_path / "again", settings=smoke_settings("vae"), init_from=run.path, console=Callback()
    )
    assert again.recipe()[0].algorithm.name == "vae"


def test_a_run_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(UserError, match="no 'augmentation' here"):
        api.train(
            ArraySource(),
            "vae",
            tmp_path / "run",
            settings={"algorithm.augmentation": {"name": "ada"}},
            console=Callback(),
        )
    assert not (tmp_path / "run").exists()


def test_the_recipe_survives_its_own_settings():
    assert with_settings(load_recipe("vae"), {"algorithm": "vae"}) == load_recipe("vae")
