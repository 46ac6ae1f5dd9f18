"""What algorithms carry from step to step: the adaptive strength and the mean path length, by sums over a batch."""

import pytest
import torch

from smoke import ArraySource, trainer
from sparring import augmentations
from sparring.algorithms.augment import DiscriminatorAugmentation
from sparring.config.recipe import Augmentation

SETTINGS = Augmentation(name="ada", strength=0.2, target=0.6, speed=1000)


@pytest.mark.parametrize(("signs", "rises"), [((1, 1, 1, 1), True), ((1, -1, 1, -1), False)])
def test_the_strength_follows_the_signs_of_four_batches(signs, rises):
    ada = DiscriminatorAugmentation(SETTINGS, batch=8)
    for step, sign in enumerate(signs):
        assert float(ada.strength) == pytest.approx(0.2)
        ada.observe(torch.full((8,), 3.0 * sign))
        ada.adjust(ada.signs, 1)
        assert (step == 3) == (float(ada.strength) != pytest.approx(0.2))
    mean = sum(signs) / 4
    assert torch.equal(ada.strength, augmentations.adjust_strength(torch.tensor(0.2), mean, 0.6, 32, 1000))
    assert (float(ada.strength) > 0.2) == rises


def test_shards_adjust_by_the_signs_of_all():
    """One shard sees reals as real, the other as fake: together the mean sign is 0, below the target."""
    whole, *shards = (DiscriminatorAugmentation(SETTINGS, batch=8) for _ in range(3))
    for _ in range(4):
        logits = torch.tensor([1.0] * 4 + [-1.0] * 4)
        whole.observe(logits)
        whole.adjust(whole.signs, 1)
        for each, part in zip(shards, logits.chunk(2), strict=True):
            each.observe(part)
        total = shards[0].signs + shards[1].signs
        for each in shards:
            each.adjust(total, 2)
    assert float(whole.strength) < 0.2
    assert all(torch.equal(each.strength, whole.strength) for each in shards)


def test_a_fixed_strength_stays():
    fixed = DiscriminatorAugmentation(SETTINGS.model_copy(update={"speed": 0}), batch=8)
    assert not fixed.adapts
    fixed.observe(torch.ones(8))
    assert fixed.signs.tolist() == [0]


def test_the_mean_path_length_moves_by_a_hundredth_towards_that_of_the_batch(tmp_path, monkeypatch):
    found = trainer(ArraySource((3, 16, 16)), "stylegan2", tmp_path)
    algorithm, lengths = found.algorithm, []
    remember = algorithm.remember

    def noting(sums: torch.Tensor) -> None:
        lengths.append((float(sums[-1]), algorithm._count, float(algorithm.path_mean)))
        remember(sums)

    monkeypatch.setattr(algorithm, "remember", noting)
    for _ in range(2):
        before = float(algorithm.path_mean)
        while len(lengths) == 0 or not lengths[-1][1]:
            found.step()
        total, count, _ = lengths.pop()
        assert count == found.recipe.batch
        assert float(algorithm.path_mean) == pytest.approx(before + 0.01 * (total / count - before), rel=1e-5)
        assert algorithm._count == 0
        lengths.clear()
