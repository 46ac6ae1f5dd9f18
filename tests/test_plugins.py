"""A package that brings a modality, a network, a loss, an algorithm and a metric of its own."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from numbers_modality import IMPORTS, numbers_modality
from sparring.cli.verbs import load_plugin
from sparring.config.reading import recipe_text
from sparring.errors import UserError

PARTS = """
from typing import Literal

from torch import nn
from torch.nn.functional import softplus

import sparring
from sparring.algorithms.gan import GAN, GANConfig
from sparring.losses.adversarial import AdversarialLoss
from sparring.metrics.score_facts import ScoreFacts
from sparring.metrics.scores import Score
from sparring.networks import Generator


@sparring.register_network("bout-generator")
class BoutGenerator(Generator):
    def __init__(self, shape: tuple[int, ...], latent_size: int, *, width: int = 8):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(latent_size, width), nn.ReLU(), nn.Linear(width, shape[0]))

    def forward(self, latent, condition=None, noise=None):
        return self.layers(latent)


sparring.register_loss(
    "bout-loss",
    AdversarialLoss(
        lambda real, fake: softplus(-real).mean() + softplus(fake).mean(),
        lambda fake, real=None: softplus(-fake).mean(),
    ),
)


class BoutConfig(GANConfig):
    name: Literal["bout-gan"] = "bout-gan"


@sparring.register_algorithm("bout-gan")
class BoutGAN(GAN):
    Config = BoutConfig


def mean_scores(sets):
    values = sets.generated.source.values(np.arange(sets.generated.source.count()))
    return [Score("bout_mean", float(values.mean()))]


sparring.register_metric(
    "bout-mean", mean_scores, "the mean of all numbers", real_reference=False,
    scores=[ScoreFacts("bout_mean", "mean", "the mean of all numbers", "near")],
)


"""
SETTINGS = {
    "examples": 64,
    "tick": 32,
    "batch": 16,
    "score_samples": 20,
    "final_samples": 20,
    "patience": 0,
    "players.generator.network": "bout-generator",
    "players.generator.options": "{width: 6}",
    "algorithm": "{name: bout-gan, objective: {name: bout-loss}}",
}


@pytest.fixture
def packages(tmp_path):
    """A folder of packages in which `boutkit` is installed, and data and a recipe beside it."""
    modality = numbers_modality("boutkit") + "\n\nsparring.register_modality(Numbers())\n"
    (tmp_path / "boutkit.py").write_text(IMPORTS + PARTS + modality)
    np.savetxt(tmp_path / "data.numbers", np.random.default_rng(0).normal(size=(200, 2)))
    (tmp_path / "own.yaml").write_text(recipe_text("points").replace("modalities: [points]", "modalities: [boutkit]"))
    return tmp_path


def sparring(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "sparring", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )


def train(folder, *plugin):
    settings = [word for key, value in SETTINGS.items() for word in ("--set", f"{key}={value}")]
    return sparring(
        folder, "train", "data.numbers", "--recipe", "own.yaml", "--out", "run", "--device", "cpu", *settings, *plugin
    )


def worked(done):
    return done.returncode == 0 or pytest.fail(done.stdout + done.stderr)


def test_an_installed_package_brings_its_own_parts(packages):
    facts = packages / "boutkit-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: boutkit\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[sparring.plugins]\nboutkit = boutkit\n")
    assert worked(train(packages))
    assert worked(sparring(packages, "evaluate", "run", "--metrics", "bout-mean"))
    assert set(json.loads((packages / "run" / "evaluation.json").read_text())["scores"]) == {"bout_mean"}


def test_a_module_named_on_the_command_line_brings_its_own_parts(packages):
    assert worked(train(packages, "--plugin", "boutkit.py"))
    assert worked(sparring(packages, "generate", "run", "-n", "3", "-o", "three.txt", "--plugin", "boutkit"))
    assert (packages / "three.txt").read_text().count("[") == 4
    done = sparring(packages, "generate", "run", "-n", "3", "-o", "none.txt")
    assert (
        done.returncode == 2
        and "import its module first, with --plugin" in done.stderr
        and "Traceback" not in done.stderr
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = (", "SyntaxError"),
        ("import sys\nsys.exit(0)", "SystemExit: 0 (mine.py, line 2)"),
        ("raise RuntimeError('no')", "RuntimeError: no (mine.py, line 1)"),
    ],
)
def test_a_broken_module_is_one_sentence(tmp_path, text, complaint):
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(UserError) as caught:
        load_plugin(str(tmp_path / "mine.py"))
    assert complaint in str(caught.value)
    sys.modules.pop("mine", None)


def test_a_plugin_never_hides_an_installed_module(tmp_path):
    (tmp_path / "json.py").write_text("")
    with pytest.raises(UserError, match="there is an installed module 'json'"):
        load_plugin(str(tmp_path / "json.py"))


def trained_with(tmp_path, network, **options):
    """A training with a generator of one's own."""
    from smoke import ArraySource, smoke_settings
    from sparring import api
    from sparring.callbacks.base import Callback

    settings = {
        **smoke_settings("mlp"),
        "players.generator.network": network,
        "players.generator.options": options,
    }
    return api.train(ArraySource(), "mlp", tmp_path / "run", settings=settings, device="cpu", console=Callback())


@pytest.mark.parametrize(
    ("constructor", "made", "words"),
    [
        (
            "self, shape, latent_size",
            "torch.zeros(len(latent), 3)",
            "returned a tensor of 3 x 3, and a tensor of 3 x 1",
        ),
        ("self, shape, latent_size", "torch.zeros(2, 1, 8, 8)", "a tensor of 3 x 1 x 8 x 8 was expected"),
        ("self, shape, latent_size", "3", "returned a int"),
        ("self, shape, latent_size", "None", "returned a NoneType"),
        ("self, shape, latent_size", "latent @ latent", "forward of network 'mine' fails: RuntimeError"),
        ("self, shape, latent_size, colour", "latent", "asks for 'colour'; it can have shape, input_shape, layout"),
        ("self, shape, latent_size, *, width=1 / 0 if False else 3", "1", "returned a int"),
        ("self, shape, latent_size, *, width: 'Nowhere' = 3", "latent", "names a type that is not there"),
    ],
)
def test_a_network_that_breaks_its_promise_is_named(tmp_path, monkeypatch, constructor, made, words):
    import torch

    from sparring import networks

    monkeypatch.setattr(networks.NETWORKS, "_things", dict(networks.NETWORKS._things))
    space = {"networks": networks, "torch": torch, "__name__": "mine"}
    exec(
        f"class Mine(networks.Generator):\n"
        f"    def __init__({constructor}):\n        super().__init__()\n"
        f"    def forward(self, latent, condition=None, noise=None):\n        return {made}\n",
        space,
    )
    networks.register_network("mine")(space["Mine"])
    with pytest.raises(UserError, match=words):
        trained_with(tmp_path, "mine")


@pytest.mark.parametrize(
    ("discriminator", "words"),
    [
        (lambda real, fake: 3.0, "should return one number as a tensor"),
        (lambda real, fake: real + fake, "should return one number as a tensor"),
        (lambda real: real.mean(), "the function discriminator of the loss 'mine' fails for four logits: TypeError"),
        (lambda real, fake: real.mean().detach(), "that depends on the logits"),
    ],
)
def test_a_loss_that_is_none_is_refused_when_it_is_registered(discriminator, words):
    import sparring
    from sparring.losses.adversarial import AdversarialLoss

    with pytest.raises(UserError, match=words):
        sparring.register_loss("mine", AdversarialLoss(discriminator, lambda fake, real=None: fake.mean()))
