"""What trails and what is copied."""

import copy

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from sparring.training.ema import EMA


def test_singular_vectors_are_copied_and_running_statistics_trail():
    torch.manual_seed(0)
    net = nn.Sequential(spectral_norm(nn.Conv2d(1, 4, 3)), nn.BatchNorm2d(4))
    before = copy.deepcopy(net.state_dict())
    average = EMA(net, half_life=1000, ramp=0.05)
    nn.init.normal_(net[0].parametrizations.weight.original)
    for _ in range(10):
        net(torch.randn(8, 1, 5, 5) + 3)
    average.update(examples=1_000_000, step_examples=1000)  # one half-life
    now, mine = net.state_dict(), average.module.state_dict()
    assert list(mine) == list(now)
    for name in now:
        if name.endswith(("._u", "._v", "num_batches_tracked")):
            assert not torch.equal(now[name], before[name])
            assert torch.equal(mine[name], now[name])
        else:
            torch.testing.assert_close(mine[name], (before[name] + now[name]) / 2)
    assert {name.rsplit(".", 1)[-1] for name in now} >= {"_u", "_v", "original", "running_mean", "running_var"}
