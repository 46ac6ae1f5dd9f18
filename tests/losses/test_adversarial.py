"""Every objective against values worked out by hand, against torch's own losses in float64, and its gradients."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from sparring.errors import UserError
from sparring.losses import adversarial

LN2, LN3 = math.log(2), math.log(3)
REAL = torch.tensor([0.0, math.log(3)], dtype=torch.float64)  # sigmoid 1/2, 3/4
FAKE = torch.tensor([0.0, -math.log(3)], dtype=torch.float64)  # sigmoid 1/2, 1/4

# -E log D(x): (ln 2 + ln 4/3) / 2, and the same for the fakes' 1 - D
HALF = (LN2 + math.log(4 / 3)) / 2


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("minimax", 2 * HALF, -HALF),
        ("non-saturating", 2 * HALF, (LN2 + math.log(4)) / 2),
        ("least-squares", 0.5 * ((1 + (LN3 - 1) ** 2) / 2 + LN3**2 / 2), 0.5 * (1 + (LN3 + 1) ** 2) / 2),
        ("wasserstein", -LN3, LN3 / 2),
        ("hinge", (1 + 0) / 2 + (1 + 0) / 2, LN3 / 2),
        # pairs: D(x) - D(g) = 0 and 2 ln 3, so softplus(-d) = ln 2 and ln(10/9)
        ("relativistic-paired", (LN2 + math.log(10 / 9)) / 2, (LN2 + math.log(10)) / 2),
    ],
)
def test_values_by_hand(name, discriminator, generator):
    objective = adversarial.get(name)
    assert objective.discriminator(REAL, FAKE).item() == pytest.approx(discriminator, rel=1e-12)
    assert objective.generator(FAKE, REAL).item() == pytest.approx(generator, rel=1e-12)


def test_relativistic_average_by_hand():
    """Means are +-ln(3)/2; every term is log(1 + e^-gap) with gaps of ln(3)/2 and 3 ln(3)/2."""
    near, far = math.log1p(3**-0.5), math.log1p(3**-1.5)
    objective = adversarial.get("relativistic-average")
    assert objective.discriminator(REAL, FAKE).item() == pytest.approx(near + far, rel=1e-12)
    assert objective.generator(FAKE, REAL).item() == pytest.approx((math.log1p(3**0.5) + math.log1p(3**1.5)), rel=1e-12)


@pytest.mark.parametrize(("real_target", "fake_target"), [(1.0, 0.0), (0.9, 0.0), (0.8, 0.15)])
def test_label_smoothing_is_cross_entropy_with_soft_targets(real_target, fake_target):
    real, fake = torch.randn(2, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).unbind()
    loss = adversarial.get("non-saturating", real_target, fake_target).discriminator(real, fake)
    expected = binary_cross_entropy_with_logits(real, torch.full_like(real, real_target)) + binary_cross_entropy_with_logits(
        fake, torch.full_like(fake, fake_target)
    )
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=0)


def test_least_squares_smoothing_moves_its_targets_and_threshold():
    objective = adversarial.get("least-squares", 0.8, 0.2)
    assert objective.discriminator(torch.tensor([0.8]), torch.tensor([0.2])).item() == pytest.approx(0.0)
    assert objective.threshold == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["non-saturating", "minimax", "least-squares"])
@pytest.mark.parametrize(("real_target", "fake_target"), [(1.0, 0.0), (0.9, 0.0), (0.8, 0.3)])
def test_the_best_discriminator_answers_the_border_where_both_are_equally_likely(name, real_target, fake_target):
    objective = adversarial.get(name, real_target, fake_target)
    border = torch.tensor([objective.threshold], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(objective.discriminator(border, border), border)
    assert slope.item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("real_target", "fake_target"), [(0.0, 1.0), (0.5, 0.5), (0.0, 0.0)])
def test_labels_that_call_fakes_real_are_refused(real_target, fake_target):
    with pytest.raises(UserError, match="real_target must be above fake_target"):
        adversarial.get("non-saturating", real_target, fake_target)


@pytest.mark.parametrize("name", ["wasserstein", "hinge", "relativistic-paired", "relativistic-average"])
def test_smoothing_without_labels_is_refused(name):
    with pytest.raises(UserError, match="no labels to smooth"):
        adversarial.get(name, real_target=0.9)


def test_unknown_objective_names_the_nearest():
    with pytest.raises(UserError, match="did you mean 'hinge'"):
        adversarial.get("hing")


@pytest.mark.parametrize("name", sorted(adversarial.OBJECTIVES))
def test_gradients_are_right(name):
    """First and second derivatives against finite differences in float64, away from the hinge's corners."""
    objective = adversarial.get(name)
    generator = torch.Generator().manual_seed(1)
    real, fake = (torch.randn(5, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(objective.discriminator, (real, fake))
    assert torch.autograd.gradcheck(
        lambda fake, real: objective.generator(fake, real), (fake, real if objective.compares else real.detach())
    )
    assert torch.autograd.gradgradcheck(objective.discriminator, (real, fake)) or name in ("wasserstein", "hinge")


@pytest.mark.parametrize("name", sorted(adversarial.OBJECTIVES))
def test_each_player_gains_by_its_own_aim(name):
    """A step down the discriminator's loss parts real from fake; a step down the generator's brings fakes towards real."""
    objective = adversarial.get(name)
    real, fake = torch.full((4,), 0.1, requires_grad=True), torch.full((4,), 0.3, requires_grad=True)
    to_real, to_fake = torch.autograd.grad(objective.discriminator(real, fake), (real, fake))
    assert (to_real < 0).all()
    assert (to_fake > 0).all()
    (towards,) = torch.autograd.grad(objective.generator(fake, real), fake)
    assert (towards < 0).all()


@pytest.mark.parametrize("name", ["minimax", "non-saturating", "relativistic-paired", "relativistic-average"])
def test_large_logits_stay_finite(name):
    objective = adversarial.get(name)
    far = torch.tensor([1e4, -1e4])
    assert torch.isfinite(objective.discriminator(far, -far))
    assert torch.isfinite(objective.generator(far, -far))


def test_the_border_is_on_the_objectives_scale():
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.0, -1.0])
    assert adversarial.get("non-saturating").border(real, fake) == 0.0
    assert adversarial.get("least-squares").border(real, fake) == 0.5
    assert adversarial.get("least-squares", 0.9).border(real, fake) == 0.45
    assert adversarial.get("wasserstein").border(real, fake) == 0.75
