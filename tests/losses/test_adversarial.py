"""Every adversarial loss against values worked out by hand and against torch's own losses; and its gradients."""

import math

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from sparring.errors import UserError
from sparring.losses import adversarial

LN2, LN3 = math.log(2), math.log(3)
REAL_LOGITS = torch.tensor([0.0, math.log(3)], dtype=torch.float64)  # probabilities 1/2, 3/4
FAKE_LOGITS = torch.tensor([0.0, -math.log(3)], dtype=torch.float64)  # probabilities 1/2, 1/4
CROSS_ENTROPY = (LN2 + math.log(4 / 3)) / 2  # -E log D(x), and -E log(1 - D(G(z)))


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("minimax", 2 * CROSS_ENTROPY, -CROSS_ENTROPY),
        ("non-saturating", 2 * CROSS_ENTROPY, (LN2 + math.log(4)) / 2),
        ("least-squares", 0.5 * ((1 + (LN3 - 1) ** 2) / 2 + LN3**2 / 2), 0.5 * (1 + (LN3 + 1) ** 2) / 2),
        ("wasserstein", -LN3, LN3 / 2),
        ("hinge", (1 + 0) / 2 + (1 + 0) / 2, LN3 / 2),
        # D(x) - D(G(z)) is 0 and 2 ln 3, so softplus of its negative is ln 2 and ln(10/9)
        ("relativistic-paired", (LN2 + math.log(10 / 9)) / 2, (LN2 + math.log(10)) / 2),
    ],
)
def test_values_by_hand(name, discriminator, generator):
    loss = adversarial.get(name)
    assert loss.discriminator(REAL_LOGITS, FAKE_LOGITS).item() == pytest.approx(discriminator, rel=1e-12)
    assert loss.generator(FAKE_LOGITS, REAL_LOGITS).item() == pytest.approx(generator, rel=1e-12)


def test_relativistic_average_by_hand():
    """The means are ln(3)/2 and -ln(3)/2. Every term is log(1 + e^-gap), with gaps of ln(3)/2 and 3 ln(3)/2."""
    near, far = math.log1p(3**-0.5), math.log1p(3**-1.5)
    loss = adversarial.get("relativistic-average")
    assert loss.discriminator(REAL_LOGITS, FAKE_LOGITS).item() == pytest.approx(near + far, rel=1e-12)
    assert loss.generator(FAKE_LOGITS, REAL_LOGITS).item() == pytest.approx(
        (math.log1p(3**0.5) + math.log1p(3**1.5)), rel=1e-12
    )


@pytest.mark.parametrize(("real_target", "fake_target"), [(1.0, 0.0), (0.9, 0.0), (0.8, 0.15)])
def test_label_smoothing_is_cross_entropy_with_soft_targets(real_target, fake_target):
    real, fake = torch.randn(2, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).unbind()
    value = adversarial.get("non-saturating", real_target, fake_target).discriminator(real, fake)
    expected = binary_cross_entropy_with_logits(real, torch.full_like(real, real_target))
    expected = expected + binary_cross_entropy_with_logits(fake, torch.full_like(fake, fake_target))
    torch.testing.assert_close(value, expected, rtol=1e-12, atol=0)


def test_label_smoothing_changes_the_targets_and_the_threshold_of_least_squares():
    loss = adversarial.get("least-squares", 0.8, 0.2)
    assert loss.discriminator(torch.tensor([0.8]), torch.tensor([0.2])).item() == pytest.approx(0.0)
    assert loss.threshold == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["non-saturating", "minimax", "least-squares"])
@pytest.mark.parametrize(("real_target", "fake_target"), [(1.0, 0.0), (0.9, 0.0), (0.8, 0.3)])
def test_the_threshold_is_the_best_answer_where_real_and_fake_are_equally_likely(name, real_target, fake_target):
    loss = adversarial.get(name, real_target, fake_target)
    threshold = torch.tensor([loss.threshold], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(loss.discriminator(threshold, threshold), threshold)
    assert slope.item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("real_target", "fake_target"), [(0.0, 1.0), (0.5, 0.5), (0.0, 0.0)])
def test_a_real_target_not_above_the_fake_target_is_refused(real_target, fake_target):
    with pytest.raises(UserError, match="real_target must be above fake_target"):
        adversarial.get("non-saturating", real_target, fake_target)


@pytest.mark.parametrize("name", ["wasserstein", "hinge", "relativistic-paired", "relativistic-average"])
def test_label_smoothing_of_a_loss_without_targets_is_refused(name):
    with pytest.raises(UserError, match="no label smoothing.* use one of least-squares, minimax, non-saturating$"):
        adversarial.get(name, real_target=0.9)


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(UserError, match="did you mean 'hinge'"):
        adversarial.get("hing")


@pytest.mark.parametrize("name", adversarial.LOSSES.names())
def test_first_and_second_derivatives_equal_finite_differences(name):
    """In float64. None of these logits lies at a corner of the hinge loss."""
    loss = adversarial.get(name)
    generator = torch.Generator().manual_seed(1)
    real, fake = (torch.randn(5, dtype=torch.float64, generator=generator, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(loss.discriminator, (real, fake))
    assert torch.autograd.gradcheck(loss.generator, (fake, real if loss.needs_real_logits else real.detach()))
    assert torch.autograd.gradgradcheck(loss.discriminator, (real, fake)) or name in ("wasserstein", "hinge")


@pytest.mark.parametrize("name", adversarial.LOSSES.names())
def test_each_loss_pulls_logits_in_the_right_direction(name):
    """The discriminator raises real logits and lowers fake logits; the generator raises fake logits."""
    loss = adversarial.get(name)
    real, fake = torch.full((4,), 0.1, requires_grad=True), torch.full((4,), 0.3, requires_grad=True)
    real_gradient, fake_gradient = torch.autograd.grad(loss.discriminator(real, fake), (real, fake))
    assert (real_gradient < 0).all()
    assert (fake_gradient > 0).all()
    (generator_gradient,) = torch.autograd.grad(loss.generator(fake, real), fake)
    assert (generator_gradient < 0).all()


@pytest.mark.parametrize("name", ["minimax", "non-saturating", "relativistic-paired", "relativistic-average"])
def test_losses_of_large_logits_are_finite(name):
    loss = adversarial.get(name)
    large = torch.tensor([1e4, -1e4])
    assert torch.isfinite(loss.discriminator(large, -large))
    assert torch.isfinite(loss.generator(large, -large))


def test_the_decision_threshold_is_fixed_or_the_midpoint_of_the_means():
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.0, -1.0])
    assert adversarial.get("non-saturating").decision_threshold(real, fake) == 0.0
    assert adversarial.get("least-squares").decision_threshold(real, fake) == 0.5
    assert adversarial.get("least-squares", 0.9).decision_threshold(real, fake) == 0.45
    assert adversarial.get("wasserstein").decision_threshold(real, fake) == 0.75


def test_a_registered_loss_is_found_and_never_replaces_another(monkeypatch):
    monkeypatch.setattr(adversarial.LOSSES, "_things", dict(adversarial.LOSSES._things))
    loss = adversarial.AdversarialLoss(adversarial.hinge_discriminator, adversarial.non_saturating_generator)
    adversarial.register_loss("mixed", loss)
    adversarial.register_loss("mixed", loss)  # as by running a notebook cell twice
    assert adversarial.get("mixed") is loss
    assert "mixed" in adversarial.LOSSES.names()
    with pytest.raises(UserError, match="another objective has the name 'hinge' already"):
        adversarial.register_loss("hinge", loss)
    with pytest.raises(UserError, match="no label smoothing"):
        adversarial.get("mixed", real_target=0.9)


def _is_given(value):
    assert value is not None
    return value.mean()


@pytest.mark.parametrize(
    ("discriminator", "generator", "needs_real", "sentence"),
    [
        (
            lambda real, fake: 1 / 0,
            lambda fake, real=None: fake.mean(),
            False,
            "the function discriminator of the loss 'own' fails for four logits: ZeroDivisionError: division by zero",
        ),
        (
            lambda real, fake: real.mean(),
            lambda fake, real=None: fake,
            False,
            "the function generator of the loss 'own' should return one number as a tensor that depends on the logits, "
            "not tensor([0., 0., 0., 0.], requires_grad=True)",
        ),
        (lambda real, fake: 0.5, lambda fake, real=None: fake.mean(), False, "the function discriminator of the loss"),
        (lambda real, fake: fake.detach().mean(), lambda fake, real=None: fake.mean(), False, "the function discr"),
        (lambda real, fake: real.mean(), lambda fake, real: _is_given(real), False, "fails for four logits: Assertion"),
    ],
)
def test_a_loss_that_gives_no_number_is_refused_before_a_training(discriminator, generator, needs_real, sentence):
    loss = adversarial.AdversarialLoss(discriminator, generator, 0.0, needs_real)
    with pytest.raises(UserError) as refusal:
        adversarial.register_loss("own", loss)
    assert sentence in str(refusal.value)
    assert "own" not in adversarial.LOSSES.names()


def test_a_loss_may_ask_for_the_logits_of_reals_alone_or_beside():
    for number, loss in enumerate(
        (
            adversarial.AdversarialLoss(lambda real, fake: real.mean(), lambda fake, real: _is_given(real), 0.0, True),
            adversarial.AdversarialLoss(lambda real, fake: fake.mean(), lambda fake, real: fake.mean(), 0.0, False),
        )
    ):
        adversarial._try(f"own {number}", loss)
    with pytest.raises(UserError, match=r"the loss 'own' .* an AdversarialLoss \(sparring.losses.adversarial\)"):
        adversarial.register_loss("own", 3)
