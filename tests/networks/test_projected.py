"""Frozen features as the package's own network computes them, and a discriminator on them whose weights stay small."""

import pytest
import torch
from torch.nn.functional import relu6

from sparring import networks
from sparring.errors import UserError
from sparring.networks import efficientnet_lite0
from sparring.networks.base import is_batch_coupled
from sparring.networks.initialisation import initialise, seeded
from sparring.networks.projected import RandomMixing, _repeated


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def eyes():
    return efficientnet_lite0.EfficientNetLite0(efficientnet_lite0.packaged_weights()).eval()


@pytest.mark.parametrize("size", [64, 128])
def test_features_are_those_of_the_packages_network(eyes, size):
    reference = pytest.importorskip("efficientnet_lite_pytorch").EfficientNet.from_name(
        "efficientnet-lite0", image_size=size
    )
    reference.load_state_dict(efficientnet_lite0.packaged_weights())
    pictures = torch.rand(2, 3, size, size, generator=rng()) * 2 - 1
    inputs = ((pictures + 1) * 127.5 - 127) / 128
    with torch.no_grad():
        expected = reference.eval().extract_features(inputs).mean(dim=(2, 3))
        torch.testing.assert_close(eyes.pooled(pictures), expected, atol=2e-4, rtol=1e-3)


def test_features_have_four_scales(eyes):
    with torch.no_grad():
        found = eyes(torch.zeros(1, 3, 64, 96))
    assert [tuple(each.shape[1:]) for each in found] == [(24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3)]


def built(shape=(3, 32, 32), classes=0, seed=0, **options):
    return seeded(
        seed,
        lambda: initialise(
            networks.build("projected-discriminator", options, shape=shape, classes=classes, latent_size=8), "kaiming"
        ),
    )


def test_nothing_of_the_eyes_is_trained_saved_or_initialised():
    net = built()
    frozen = torch.cat([each.flatten() for each in net.eyes.buffers()])
    torch.testing.assert_close(
        frozen,
        torch.cat(
            [
                each.flatten()
                for each in efficientnet_lite0.EfficientNetLite0(efficientnet_lite0.packaged_weights()).buffers()
            ]
        ),
    )
    assert not list(net.eyes.parameters())
    assert not any(name.startswith("eyes.") for name in net.state_dict())
    assert sum(value.numel() for value in net.state_dict().values()) < 4_000_000


def test_the_mixing_is_drawn_once_and_kept():
    """Another seed mixes in another way; a state brings the mixing along."""
    one, other = built(seed=0), built(seed=1)
    assert not torch.equal(one.mixing.across_scales0, other.mixing.across_scales0)
    other.load_state_dict(one.state_dict())
    assert torch.equal(one.mixing.across_scales0, other.mixing.across_scales0)
    assert not list(one.mixing.parameters())


def test_mixing_goes_from_coarse_to_fine():
    """Each scale sees itself and all coarser ones; Sauer et al. 2021, figure 2."""
    mixing = RandomMixing((2, 3, 4), (5, 6, 7))
    features = [torch.zeros(1, channels, side, side) for channels, side in ((2, 8), (3, 4), (4, 2))]
    for changed, touched in ((0, [True, False, False]), (1, [True, True, False]), (2, [True, True, True])):
        marked = [each + (number == changed) for number, each in enumerate(features)]
        assert [bool(each.abs().sum() > 0) for each in mixing(marked)] == touched
    assert [each.shape[1] for each in mixing(features)] == [5, 6, 7]


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (3, 40, 80)])
def test_logits_of_pictures_of_any_size_and_their_gradient(shape, classes):
    net = built(shape, classes).eval()
    pictures = (torch.rand(3, *shape, generator=rng()) * 2 - 1).requires_grad_()
    condition = {"class": torch.tensor([0, 1, 2])} if classes else None
    logits = net(pictures, condition).logits
    assert logits.shape[0] == 3 and logits.ndim == 2
    logits.sum().backward()
    assert torch.isfinite(pictures.grad).all() and (pictures.grad != 0).float().mean() > 0.5
    if classes:
        changed = net(pictures.detach(), {"class": torch.tensor([1, 2, 0])}).logits
        assert not torch.allclose(changed, logits)


def test_one_picture_does_not_depend_on_the_others():
    net = built(classes=3).eval()
    pictures, label = torch.rand(4, 3, 32, 32, generator=rng()), torch.tensor([0, 1, 2, 0])
    whole = net(pictures, {"class": label}).logits
    torch.testing.assert_close(net(pictures[1:2], {"class": label[1:2]}).logits, whole[1:2], atol=1e-4, rtol=1e-4)


def test_every_scale_weighs_the_same():
    logits = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    assert _repeated(logits, 16).mean() == logits.mean()
    assert _repeated(logits, 16)[0, :4].tolist() == [1, 1, 1, 1]
    assert _repeated(logits, 4) is logits
    assert _repeated(torch.tensor([[7.0]]), 3).tolist() == [[7, 7, 7]]


def test_without_a_discriminator_of_pixels_the_picture_is_seen_through_the_eyes_alone():
    assert built(pixel_width=0).pixels is None
    assert built(pixel_width=8).pixels is not None


@pytest.mark.parametrize("channels", [2, 4])
def test_what_is_transparent_is_seen_as_white(channels):
    net = built((channels, 32, 32), pixel_width=0).eval()
    pictures = torch.rand(2, channels, 32, 32, generator=rng()) * 2 - 1
    pictures[:, -1] = -1
    white = torch.ones(2, channels, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(net(pictures).logits, net(white).logits)
        assert not torch.allclose(net(pictures * white.mul(-1)).logits, net(white).logits)


def test_pictures_of_many_channels_are_refused():
    with pytest.raises(UserError, match="sees grey or colour pictures, not 5 channels; use --mode RGB"):
        built((5, 32, 32))


def test_relu6_is_what_the_eyes_use(eyes):
    x = torch.linspace(-10, 10, 64 * 64 * 3).view(1, 3, 64, 64)
    with torch.no_grad():
        found = eyes.stem(x)
    assert found.min() == 0 and torch.equal(relu6(found), found)


def test_features_of_photographs_are_about_one_deviation_large(eyes):
    """So that hinge losses of the small discriminators are not saturated from the start."""
    photographs = pytest.importorskip("sklearn.datasets").load_sample_images().images
    pictures = torch.stack([torch.tensor(each[:384, :640]) for each in photographs]).movedim(3, 1) / 127.5 - 1
    small = torch.nn.functional.interpolate(pictures, (96, 160), mode="area")
    with torch.no_grad():
        for each, usual in zip(eyes(small), efficientnet_lite0.TAPPED_DEVIATIONS, strict=True):
            assert 0.5 < each.std() / usual < 2


def test_the_pixels_gradient_counts_beside_those_of_the_features():
    net = built()
    pictures = (torch.rand(4, 3, 32, 32, generator=rng()) * 2 - 1).requires_grad_()
    whole = torch.autograd.grad(net(pictures).logits.mean(), pictures)[0].norm()
    pixels = torch.autograd.grad(net.pixels(pictures, None).mean(), pictures)[0].norm()
    assert 0.02 < pixels / whole < 5


def test_a_linear_classifier_of_the_frozen_features_is_optional():
    pictures = (torch.rand(3, 3, 32, 32, generator=rng()) * 2 - 1).requires_grad_()
    label = {"class": torch.tensor([0, 1, 2])}
    assert built(classes=3)(pictures, label).class_logits is None
    assert built(classes=0, classifier=True)(pictures).class_logits is None
    found = built(classes=3, classifier=True)(pictures, label).class_logits
    assert found.shape == (3, 3)
    torch.nn.functional.cross_entropy(found, label["class"]).backward()
    assert pictures.grad.abs().sum() > 0


def test_the_deviation_of_a_batch_is_seen_where_asked():
    """Four times the same picture scores otherwise than among different ones."""
    net = built(mbstd_group_size=4)
    assert is_batch_coupled(net) and not is_batch_coupled(built())
    pictures = torch.rand(4, 3, 32, 32, generator=rng())
    alike = pictures[:1].expand(4, -1, -1, -1)
    with torch.no_grad():
        assert not torch.allclose(net(pictures).logits[:1], net(alike).logits[:1], rtol=1e-3)
