import numpy as np
import pytest
import torch

from sparring.util import random
from sparring.util.random import derive_seed, make_rng, make_torch_rng, shuffled


def test_seeds_depend_on_every_part_of_the_address():
    assert derive_seed(1, "a") == derive_seed(1, "a")
    addresses = [(1, "a"), (1, "b"), (2, "a"), ("1a",), (1, "a", 0)]
    assert len({derive_seed(*address) for address in addresses}) == len(addresses)
    assert all(0 <= derive_seed(number) < 2**63 for number in range(100))


def test_generators_of_one_address_draw_the_same_numbers():
    assert torch.equal(*(torch.randn(3, generator=make_torch_rng(1, "x")) for _ in range(2)))
    assert make_rng(1).random() == make_rng(1).random()
    assert make_rng(1).random() != make_rng(2).random()


@pytest.mark.parametrize("most", [0, 10**6])
@pytest.mark.parametrize("count", [1, 2, 3, 1000, 4097])
def test_an_order_has_each_number_once(monkeypatch, count, most):
    monkeypatch.setattr(random, "MAX_ORDER", most)
    found = shuffled(np.arange(count), count, 3, "x")
    assert sorted(found.tolist()) == list(range(count))
    some = np.array([count - 1, 0, 0])
    np.testing.assert_array_equal(shuffled(some, count, 3, "x"), found[some])
    if count > 3:
        assert not np.array_equal(found, shuffled(np.arange(count), count, 4, "x"))


def test_an_order_of_many_numbers_looks_random(monkeypatch):
    monkeypatch.setattr(random, "MAX_ORDER", 0)
    found = shuffled(np.arange(20_000), 20_000, 5)
    assert abs(np.corrcoef(found, np.arange(20_000))[0, 1]) < 0.03
    assert abs(np.corrcoef(found[1:], found[:-1])[0, 1]) < 0.03
    halves = np.bincount(found[:2000] // 2000, minlength=10)
    assert halves.min() > 140 and halves.max() < 260  # 200 expected, 13 the deviation
