import torch

from sparring.util.random import derive_seed, make_rng, make_torch_rng


def test_seeds_depend_on_every_part_of_the_address():
    assert derive_seed(1, "a") == derive_seed(1, "a")
    addresses = [(1, "a"), (1, "b"), (2, "a"), ("1a",), (1, "a", 0)]
    assert len({derive_seed(*address) for address in addresses}) == len(addresses)
    assert all(0 <= derive_seed(number) < 2**63 for number in range(100))


def test_generators_of_one_address_draw_the_same_numbers():
    assert torch.equal(*(torch.randn(3, generator=make_torch_rng(1, "x")) for _ in range(2)))
    assert make_rng(1).random() == make_rng(1).random()
    assert make_rng(1).random() != make_rng(2).random()
