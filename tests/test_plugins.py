"""A package that brings a modality, a network, a loss, an algorithm and a metric of its own."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from sparring.config.reading import recipe_text

BOUT = '''
"""Bouts: pairs of numbers, one pair a line."""

from typing import Literal

import numpy as np
from torch import nn
from torch.nn.functional import softplus

import sparring
from sparring.algorithms.gan import GAN, GANConfig
from sparring.data.options import DataOptions
from sparring.data.source import ScanReport, Source
from sparring.losses.adversarial import AdversarialLoss
from sparring.metrics.score_facts import ScoreFacts
from sparring.metrics.scores import Score
from sparring.modalities import Modality, Preview
from sparring.modalities.points import codec, features
from sparring.networks import Generator
from sparring.util.files import write_text


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


class Bouts(Source):
    modality, unit, classes, notes = "boutkit", "bouts", (), ()

    def __init__(self, values):
        self.name, self.shape, self.report, self.content_hash = "bouts", (2,), ScanReport(), str(values.sum())
        self._parts = {"train": values[:-40], "test": values[-40:], "validation": values[:0]}

    def count(self, split="train"):
        return len(self._parts[split])

    def values(self, indices, split="train"):
        return self._parts[split][indices]

    def labels(self, indices, split="train"):
        raise NotImplementedError


class BoutModality(Modality):
    unit, default_recipe, Options = "bouts", "points", DataOptions

    def recognises(self, path):
        return path.suffix == ".bout"

    def open_path(self, path, options, context):
        return Bouts(np.loadtxt(path, dtype=np.float32))

    def fit_codec(self, source, value_range="symmetric"):
        return codec.fit_codec(source, value_range)

    def codec_from(self, description):
        return codec.codec_from(description)

    def fit_features(self, source, seed, progress=None):
        return features.fit_features(source, seed)

    def features_from(self, description, tensors):
        return features.features_from(description, tensors)

    def preview(self, values, codec, columns=8):
        return Preview({".txt": str(values).encode()})

    def items(self, values, codec, seed=0, labels=None):
        return list(values)

    def write(self, values, labels, out, grid=False, codec=None, seed=0):
        write_text(out, str(values))
        return [out]


sparring.register_modality(BoutModality())
'''
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
    (tmp_path / "boutkit.py").write_text(textwrap.dedent(BOUT))
    np.savetxt(tmp_path / "data.bout", np.random.default_rng(0).normal(size=(200, 2)))
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
        folder, "train", "data.bout", "--recipe", "own.yaml", "--out", "run", "--device", "cpu", *settings, *plugin
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
    assert done.returncode == 2 and "name its module with --plugin" in done.stderr and "Traceback" not in done.stderr
