"""Players for films: what moves is found and moved as it should, and the discriminator sees frames and times."""

import numpy as np
import pytest
import torch

import video_samples
from sparring import modalities
from sparring.networks.film import FilmDiscriminator, FilmGenerator, places


def spot(across, down, side=16):
    """A film of one frame: a bright pixel block of 2 x 2 whose upper left corner is here."""
    frame = -torch.ones(1, 1, 1, side, side)
    frame[..., down : down + 2, across : across + 2] = 1
    return frame


def test_places_by_hand():
    films = torch.cat([spot(7, 7), spot(0, 7), spot(14, 3), -torch.ones(1, 1, 1, 16, 16)])
    found = places(films, -torch.ones(1, 16, 16))
    np.testing.assert_allclose(found[:, 0], [[0, 0], [-0.875, 0], [0.875, -0.5], [0, 0]], atol=1e-6)


def test_what_is_brought_to_the_middle_is_moved_back_to_its_place():
    torch.manual_seed(0)
    net = FilmGenerator((3, 1, 16, 16), 0, 8, rank=2, clusters=1, motion_steps=1)
    films = torch.cat([torch.cat([spot(2 + step, 4 + 2 * step) for step in range(3)], dim=1)] * 20)
    rows = net.statistics_input(films)
    net.fit(rows)
    wanted = torch.atanh(films[:1, 2].clamp(-0.97, 0.97))
    pictures = net.mixture.means[:1].unflatten(1, (1, 16, 16))
    middle = films[0, 1]
    across = places(films[:1], films[:, :, 0, 0, 0].median().expand(1, 16, 16))[:, 2]
    moved = net.move(pictures, torch.zeros(1, 32), across)
    torch.testing.assert_close(moved, wanted, atol=0.05, rtol=0)
    assert not torch.allclose(pictures[0], torch.atanh(middle.clamp(-0.97, 0.97)))  # the spot was not in the middle


def test_the_fitted_start_moves_like_the_data():
    """Blocks that move across or down, each class its own way: places of the start, before any training."""
    source = video_samples.source(200, frames=8)
    codec = modalities.get("video").fit_codec(source)
    torch.manual_seed(0)
    net = FilmGenerator(codec.shape, 2, 16, codec.layout, width=4, rank=4, motion_steps=1000).eval()
    indices = np.arange(source.count())
    net.fit(net.statistics_input(codec.encode(source.values(indices))), torch.tensor(source.labels(indices)))
    labels = torch.arange(200) % 2
    with torch.no_grad():
        _, found = net.motion(torch.randn(200, net.noise_size), torch.arange(8.0).expand(200, -1), {"class": labels})
    step = found.diff(dim=1).abs().mean(dim=1)
    assert (step[labels == 0].mean(dim=0)[0] > 2 * step[labels == 0].mean(dim=0)[1]).item()  # across
    assert (step[labels == 1].mean(dim=0)[1] > 2 * step[labels == 1].mean(dim=0)[0]).item()  # down


@pytest.mark.parametrize(("shape", "classes"), [((5, 1, 13, 10), 0), ((4, 3, 9, 16), 3)])
def test_shapes_and_times(shape, classes):
    torch.manual_seed(0)
    net = FilmGenerator(shape, classes, 8, True, width=4, rank=2, clusters=2, motion_steps=1).eval()
    condition = {"class": torch.tensor([0, 1])} if classes else {}
    latent, noise = torch.randn(2, 8), torch.randn(2, net.noise_size)
    with torch.no_grad():
        whole = net(latent, condition, noise)
        some = net(latent, {**condition, "time": torch.tensor([[1.0, 3.0], [2.0, 3.0]])}, noise)
    assert whole.shape == (2, *shape) and some.shape == (2, 2, *shape[1:]) and whole.abs().max() <= 1
    torch.testing.assert_close(some[0], whole[0, [1, 3]], atol=1e-5, rtol=0)
    torch.testing.assert_close(some[1], whole[1, [2, 3]], atol=1e-5, rtol=0)


def test_the_discriminator_sees_frames_singly_and_together_with_their_times():
    torch.manual_seed(0)
    net = FilmDiscriminator((8, 1, 16, 16), 3, frames=3, width=4, classifier=True)
    films, numbers = torch.randn(2, 3, 1, 16, 16), torch.tensor([0, 2])
    time = torch.tensor([[0.0, 1.0, 2.0]]).expand(2, -1)
    found = net(films, {"class": numbers, "time": time})
    assert found.logits.shape == (2, 2) and found.class_logits.shape == (2, 3)
    later = net(films, {"class": numbers, "time": 2 * time})
    torch.testing.assert_close(later.logits[:, 0], found.logits[:, 0])
    assert (later.logits[:, 1] - found.logits[:, 1]).abs().min() > 1e-5
    turned = net(films.flip(1), {"class": numbers, "time": time})
    torch.testing.assert_close(turned.logits[:, 0], found.logits[:, 0])
    assert (turned.logits[:, 1] - found.logits[:, 1]).abs().min() > 1e-5
    whole = torch.randn(2, 8, 1, 16, 16)
    chosen = torch.tensor([[0.0, 4.0, 7.0]]).expand(2, -1)
    at = net(whole[:, [0, 4, 7]], {"class": numbers, "time": chosen}).logits
    torch.testing.assert_close(net(whole, {"class": numbers}).logits, at)
