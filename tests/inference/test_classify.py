"""The discriminator as a classifier: its labels, its losses, and the table that `apply` writes."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import cross_entropy, softplus

import sparring
from smoke import ArraySource, smoke_settings, trainer
from sparring import api, augmentations, networks
from sparring.callbacks.base import Callback
from sparring.data.few_labels import FewLabels
from sparring.errors import UserError
from sparring.inference.classify import classify_files
from sparring.runs.folder import Run


def test_labelled_examples_are_few_balanced_and_always_the_same():
    source = ArraySource((1, 8, 8), 3, 120, 30)
    few = FewLabels(source, 7, 1)
    assert sorted(np.bincount(few.labelled_classes)) == [2, 2, 3]
    np.testing.assert_array_equal(few.labelled, FewLabels(source, 7, 1).labelled)
    assert not np.array_equal(few.labelled, FewLabels(source, 7, 2).labelled)
    extras = few.extras(np.arange(50), "train", 3)
    kept = source.values(few.labelled)
    for picture, label in zip(extras["known"], extras["known_class"], strict=True):
        (row,) = [row for row in range(7) if np.array_equal(kept[row], picture)]
        assert few.labelled_classes[row] == label
    assert few.classes == () and few.describe()["num_labels"] == 7
    assert few.content_hash != source.content_hash
    for wrong in (2, 121):
        with pytest.raises(UserError, match="num_labels should lie between"):
            FewLabels(source, wrong, 0)


def test_the_losses_are_those_of_the_paper(tmp_path):
    """Salimans et al. 2016, section 5.

    Cross-entropy of labelled examples, -log D of reals, -log (1 - D) of fakes, D = Z / (Z + 1).
    """
    source = FewLabels(ArraySource((1, 8, 8), 3, 60, 12), 6, 0)
    ours = trainer(
        source,
        "sgan",
        tmp_path,
        **{
            "players.discriminator.options.num_classes": 3,
            "players.discriminator.penalties": {},
            "algorithm.augmentation": None,
            "algorithm.adversarial_weight": 0.3,
        },
    )
    algorithm, batch = ours.algorithm, ours.loader.at(0, 0)
    algorithm.discriminator.eval()  # without dropout
    latents = torch.zeros(16, ours.recipe.latent.size)
    made = algorithm.generator(latents)

    class Halves:
        latent = staticmethod(lambda *_: latents)
        uniform = staticmethod(lambda _, count: torch.full((16, count), 0.5))  # not moved

    known = algorithm.discriminator(batch.condition["known"], None).class_logits
    real, fake = (algorithm.discriminator(each, None) for each in (batch.real, made))
    z = [torch.logsumexp(each.class_logits, dim=1) for each in (real, fake)]
    expected = cross_entropy(known, batch.condition["known_class"]) + 0.3 * (
        softplus(-z[0]).mean() + softplus(z[1]).mean()
    )
    torch.testing.assert_close(algorithm.discriminator_loss(batch, Halves()).loss, expected)
    moved = augmentations.random_affine(
        batch.condition["known"], torch.full((16, augmentations.RANDOM_AFFINE_UNIFORMS), 0.9)
    )
    Halves.uniform = staticmethod(lambda _, count: torch.full((16, count), 0.9))
    named = cross_entropy(algorithm.discriminator(moved, None).class_logits, batch.condition["known_class"])
    torch.testing.assert_close(algorithm.supervised_loss(batch, Halves()).loss, named)
    matched = (real.features[0].mean(dim=0) - fake.features[0].mean(dim=0)).square().sum()
    torch.testing.assert_close(algorithm.generator_loss(batch, Halves()).loss, matched)


@pytest.mark.parametrize("network", ["mlp-classifier", "conv-classifier"])
def test_classifiers_have_a_logit_for_each_class(network):
    built = networks.build(network, {"num_classes": 5}, shape=(2, 13, 10))
    output = built(torch.randn(4, 2, 13, 10))
    assert output.class_logits.shape == (4, 5)
    torch.testing.assert_close(output.logits, output.class_logits.exp().sum(dim=1).log())


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    settings = {
        **smoke_settings("sgan", examples=2400, tick=800),
        "algorithm.num_labels": 6,
        "players.discriminator.options.width": 16,
    }
    source = ArraySource((1, 8, 8), 3, 120, 30)
    return api.train(
        source, "sgan", tmp_path_factory.mktemp("sgan") / "run", settings=settings, device="cpu", console=Callback()
    )


def test_it_learns_from_six_labels_and_writes_a_table(run, tmp_path):
    final = run.log()[-1]
    assert final["scores"]["error_rate"]["value"] < 0.34  # two of three would be chance
    assert final["snapshot"] == final["examples"]  # the last one is handed out
    source = ArraySource((1, 8, 8), 3, 120, 30)
    for number in range(30):
        Image.fromarray(source.values(np.array([number]), "test")[0, 0]).resize(
            (16, 16), Image.Resampling.NEAREST
        ).save(tmp_path / f"{number:02d}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    applied = list(classify_files(run.path, tmp_path, tmp_path / "out" / "labels.csv"))
    assert [each.path.name for each in applied if each.out is None] == ["broken.png"]
    rows = list(csv.DictReader((tmp_path / "out" / "labels.csv").read_text().splitlines()))
    assert len(rows) == 30
    assert all(abs(sum(float(row[f"class {number}"]) for number in range(3)) - 1) < 1e-3 for row in rows)
    right = np.mean([row["label"] == f"class {int(row['file'][:2]) % 3}" for row in rows])
    assert right == pytest.approx(
        1 - final["scores"]["error_rate"]["value"], abs=0.11
    )  # pictures were enlarged and shrunk


def test_it_also_makes_pictures(run):
    assert sparring.load(run.path).values(3).shape == (3, 1, 8, 8)
    assert Run(run.path).read_json("source.json")["known_classes"] == ["class 0", "class 1", "class 2"]


def test_a_table_is_a_csv(run, tmp_path):
    with pytest.raises(UserError, match="labels.csv"):
        list(classify_files(run.path, tmp_path, tmp_path / "out.png"))
