"""PatchNCE against values worked out by hand, and its gradients."""

import math

import pytest
import torch
from torch import nn

from sparring.losses.contrastive import PATCHNCE_TEMPERATURE, embed_patches, patchnce


def test_patchnce_of_two_patches_by_hand():
    """-log of the probability of the right key: the similarities are 1 and 0, and 0.6 and 0.8."""
    keys = torch.eye(2)[None]
    queries = torch.tensor([[[1.0, 0.0], [0.6, 0.8]]])
    first = math.log(1 + math.exp(-1 / PATCHNCE_TEMPERATURE))
    second = math.log(1 + math.exp((0.6 - 0.8) / PATCHNCE_TEMPERATURE))
    assert patchnce(queries, keys).item() == pytest.approx((first + second) / 2)
    hot = (math.log(1 + math.exp(-1 / 2)) + math.log(1 + math.exp(-0.2 / 2))) / 2
    assert patchnce(queries, keys, temperature=2.0).item() == pytest.approx(hot)


def test_negatives_come_from_the_same_image():
    """The loss of two images is the mean of the losses of each one."""
    generator = torch.Generator().manual_seed(0)
    queries, keys = (nn.functional.normalize(torch.randn(2, 5, 3, generator=generator), dim=2) for _ in range(2))
    each = [patchnce(queries[row : row + 1], keys[row : row + 1]) for row in range(2)]
    torch.testing.assert_close(patchnce(queries, keys), sum(each) / 2)


def test_no_gradient_flows_into_the_keys():
    generator = torch.Generator().manual_seed(0)
    queries, keys = (
        torch.randn(2, 4, 3, generator=generator, dtype=torch.float64, requires_grad=True) for _ in range(2)
    )
    patchnce(queries, keys).backward()
    assert queries.grad is not None
    assert keys.grad is None
    assert torch.autograd.gradcheck(lambda queries: patchnce(queries, keys, temperature=0.5), queries)


def test_embedded_patches_are_the_chosen_locations_at_unit_length():
    """Features 3 at column 0 and 4 at column 1: the head makes (c, 2c) of both channels (c, 0)."""
    features = torch.zeros(1, 2, 1, 3)
    features[0, 0] = torch.tensor([[3.0, 4.0, -5.0]])
    head = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[1.0, 0.0], [2.0, 0.0]]))
    embedded = embed_patches(head, features, torch.tensor([[2, 0]]))
    unit = torch.tensor([1.0, 2.0]) / math.sqrt(5)
    torch.testing.assert_close(embedded, torch.stack([-unit, unit])[None])


def test_locations_are_numbered_by_rows():
    features = torch.arange(6.0).view(1, 1, 2, 3) - 2.5
    embedded = embed_patches(nn.Identity(), features, torch.tensor([[1, 3]]))  # row 0 column 1, row 1 column 0
    assert embedded.flatten().tolist() == [-1.0, 1.0]


def test_each_image_has_its_own_locations():
    features = torch.tensor([[[[1.0, -2.0]]], [[[-3.0, 4.0]]]])
    embedded = embed_patches(nn.Identity(), features, torch.tensor([[0, 1], [1, 1]]))
    assert embedded[:, :, 0].tolist() == [[1.0, -1.0], [1.0, 1.0]]


def test_patches_stay_on_their_device():
    """The meta device computes shapes alone, so it stands for any device that is not the CPU."""
    patches = torch.empty(2, 3, 4, device="meta")
    assert patchnce(patches, patches).device.type == "meta"
