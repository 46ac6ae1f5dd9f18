"""Motion between frames, flicker along it, and the smoothing that is chosen by it."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from sparring.inference.flicker import Smoother, choose_share
from sparring.inference.motion import motion, moved

STEPS = [(0, 0), (1, 2), (-3, 5), (7, -4)]


def panned(step, count=5, size=(64, 96)):
    """A camera that moves by `step` pixels a frame over a smooth ground."""
    ground = gaussian_filter(np.random.default_rng(0).random((200, 240, 3)), (2, 2, 0))
    ground = ((ground - ground.min()) / np.ptp(ground)).astype(np.float32)
    corners = [(60 + step[0] * number, 70 + step[1] * number) for number in range(count)]
    return [ground[row : row + size[0], column : column + size[1]] for row, column in corners]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_the_motion_of_a_camera_is_found(step, noise):
    rng = np.random.default_rng(1)
    then, now = (frame.mean(axis=2) + noise * rng.standard_normal(frame.shape[:2]) for frame in panned(step)[:2])
    shift = motion(then, now)
    assert np.abs(np.median(shift.reshape(-1, 2), axis=0) - step).max() <= (0 if noise == 0 else 1)
    if not noise:
        inner = np.s_[12:-12, 12:-12]
        assert np.abs(moved(then, shift) - now)[inner].mean() < 0.1 * np.abs(then - now)[inner].mean() + 1e-6


@pytest.mark.parametrize("size", [(1, 1), (1, 90), (47, 31), (48, 48)])
def test_frames_of_any_size_have_a_motion(size):
    frame = np.random.default_rng(0).random(size)
    assert motion(frame, frame).shape == (*size, 2)
    assert (moved(frame, motion(frame, frame)) == frame).all()


@pytest.mark.parametrize("step", STEPS)
def test_flicker_is_not_motion_and_smoothing_is_chosen_by_it(step):
    frames = panned(step)
    steady = Smoother(lambda frame: frame, 0.0)
    for frame in frames:
        steady(frame)
    assert steady.flicker().output < 0.01
    assert choose_share(frames, lambda frame: frame)[0] == 0.0
    rng = np.random.default_rng(2)
    share, reason = choose_share(frames, lambda frame: frame + np.float32(0.05 * rng.standard_normal()))
    assert share > 0 and "flickers more" in reason


@pytest.mark.parametrize("step", STEPS)
def test_smoothing_leaves_no_ghosts_and_takes_noise_away(step):
    """Along the motion: the smoothed frames come nearer to the true ones, not only to each other."""
    frames, rng = panned(step, 8), np.random.default_rng(3)
    noisy = [frame + np.float32(0.08) * rng.standard_normal(frame.shape, np.float32) for frame in frames]
    errors = []
    for share in (0.0, 0.5):
        smoother = Smoother(lambda frame: frame, share)
        made = [smoother(frame) for frame in noisy]
        errors.append(np.mean([(a - b) ** 2 for a, b in zip(made[3:], frames[3:], strict=True)]))
    assert errors[1] < 0.75 * errors[0]


def test_a_cut_is_no_flicker_and_is_not_smoothed():
    first, second = panned((0, 0), 1)[0], 1 - panned((5, 5), 2)[1]
    smoother = Smoother(lambda frame: frame, 0.75)
    smoother(first)
    assert np.abs(smoother(second) - second).mean() < 0.1 * np.abs(first - second).mean()
