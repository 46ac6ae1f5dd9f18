"""Players for tables: the untrained generator draws rows of its mixture, and choices pass gradients."""

import pytest
import torch
from scipy import stats

from row_samples import LAYOUT, rows
from sparring.networks.table import TableDiscriminator, TableGenerator


def generator(**options):
    torch.manual_seed(0)
    made = TableGenerator((16,), LAYOUT, 8, components=2, width=16, blocks=1, **options).eval()
    made.fit(rows(4000), None)
    return made


def draws(made, count=2000, seed=0):
    chance = torch.Generator().manual_seed(seed)
    return torch.randn(count, 8, generator=chance), torch.randn(count, made.noise_size, generator=chance)


@torch.no_grad()
def test_untrained_it_makes_rows_of_the_mixture():
    made = generator()
    latent, noise = draws(made)
    found, real = made(latent, None, noise), rows(2000, seed=2)
    for start, width in made.layout.choices:
        block = found[:, start : start + width]
        assert block.sum(dim=1).tolist() == pytest.approx([1.0] * 2000, abs=1e-5)
        assert block.max(dim=1).values.min() > 0.999
        assert block.mean(dim=0).tolist() == pytest.approx(
            real[:, start : start + width].mean(dim=0).tolist(), abs=0.05
        )
    assert (found[:, 5] == 0).float().mean() == pytest.approx(0.3, abs=0.04)  # nothing there: no score
    assert stats.ks_2samp(found[:, 6].numpy(), real[:, 6].numpy()).statistic < 0.06
    assert ((found[:, 0] > 0.5) == (found[:, 6] < 0)).float().mean() > 0.97  # what goes together stays together


@torch.no_grad()
def test_known_values_are_kept_and_the_others_go_with_them():
    made = generator()
    latent, noise = draws(made)
    known, mask = torch.zeros(2000, 16), torch.zeros(2000, 16)
    known[:, 2], mask[:, :3] = 1, 1
    found = made(latent, {"known": known, "mask": mask}, noise)
    assert (found[:, :3] == known[:, :3]).all()
    assert (found[:, 6] > 0).float().mean() > 0.97


def test_choices_pass_the_gradient_of_their_softmax_on():
    made = generator()
    latent, noise = draws(made, 64)
    made(latent, None, noise)[:, 0].sum().backward()
    gradient = made.last.weight.grad
    assert gradient[:3].abs().max() > 0
    assert gradient[7:].abs().max() == 0


def test_packed_rows_are_scored_together_and_the_remainder_is_not_scored():
    packed = TableDiscriminator((16,), width=8, layers=1, pack=4)
    assert packed(rows(18)).logits.shape == (4,)
    assert TableDiscriminator((16,), width=8, layers=2)(rows(18)).logits.shape == (18,)
