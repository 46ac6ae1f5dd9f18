"""Motion as a function of time: integrals by hand, and films that look the same at any time."""

import numpy as np
import pytest
import torch

from sparring.networks.motion import SPACING, Motion, _travelled


def test_what_is_travelled_is_the_integral_of_the_noise():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((2, 5, 3))
    time = np.sort(rng.uniform(0, 4 * SPACING, (2, 7)))
    time[:, -1] = 4 * SPACING
    found = _travelled(torch.tensor(noise), torch.tensor(time)).numpy()
    anchors = np.arange(5) * SPACING
    for film in range(2):
        for moment in range(7):
            grid = np.linspace(0, time[film, moment], 20_001)
            for wave in range(3):
                values = np.interp(grid, anchors, noise[film, :, wave])
                assert found[film, moment, wave] == pytest.approx(np.trapezoid(values, grid), abs=1e-5)


@pytest.fixture
def motion():
    torch.manual_seed(0)
    return Motion(16, 0, 4, 16, 8, begins=False)


def test_a_moment_depends_on_its_time_alone(motion):
    noise = torch.randn(3, motion.noise_for(20))
    time = torch.tensor([[0.0, 2.5, 11.0, 60.0]]).expand(3, -1)
    code, place = motion(noise, time, None)
    assert code.shape == (3, 4, 8) and place.shape == (3, 4, 2) and place.abs().max() <= 1
    again, _ = motion(noise, time[:, [3, 1]], None)
    torch.testing.assert_close(again, code[:, [3, 1]])
    shorter, _ = motion(noise[:, : motion.noise_size], time[:, :3], None)  # later anchors change nothing before
    torch.testing.assert_close(shorter, code[:, :3])


def test_time_is_continuous(motion):
    noise = torch.randn(50, motion.noise_size)
    places = motion(noise, torch.arange(0, 15, 0.01).expand(50, -1), None)[1]
    assert places.diff(dim=1).abs().max() < 0.02 < places.std(dim=1).max()


def test_films_look_the_same_at_any_time_and_do_not_repeat(motion):
    noise = torch.randn(3000, motion.noise_for(80))
    early, late = (motion(noise, torch.arange(start, start + 8.0).expand(3000, -1), None)[1] for start in (0.0, 300.0))
    assert late.mean().item() == pytest.approx(early.mean().item(), abs=0.02)
    assert late.std().item() == pytest.approx(early.std().item(), rel=0.05)
    step = [each.diff(dim=1).norm(dim=2).mean().item() for each in (early, late)]
    assert step[1] == pytest.approx(step[0], rel=0.05)
    one = motion(noise[:1], torch.arange(310.0)[None], None)[1][0]
    assert torch.cdist(one[:8].flatten()[None], one.unfold(0, 8, 1).transpose(1, 2).flatten(1)[8:]).min() > 1e-3


def test_where_films_begin_at_a_moment_the_time_since_counts():
    torch.manual_seed(0)
    motion = Motion(8, 2, 3, 16, 8, begins=True)
    noise, numbers = torch.randn(2, motion.noise_size), torch.tensor([0, 1])
    still = noise.clone()
    motion.speeds.zero_()  # without waves only the beginning is left
    code, _ = motion(still, torch.arange(8.0).expand(2, -1), {"class": numbers})
    assert (code.diff(dim=1).abs().amax(dim=(1, 2)) > 1e-3).all()
    assert not torch.allclose(
        motion(still[:1], torch.zeros(1, 1), {"class": numbers[:1]})[0],
        motion(still[:1], torch.zeros(1, 1), {"class": numbers[1:]})[0],
    )
