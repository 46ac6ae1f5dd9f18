"""Networks that make waves: where they begin, and that a part of a sound is made as the whole."""

import numpy as np
import pytest
import torch

from smoke import scramble
from sparring import networks
from sparring.networks import vocoder, wave_discriminator, wave_restorer  # noqa: F401
from sparring.networks.vocoder import PERIOD, WaveLayout, phase_steps
from sparring.signals.griffin_lim import griffin_lim_spectra
from sparring.signals.mel import mel_filters
from sparring.signals.stft import istft, stft

LAYOUT = WaveLayout(rate=4000, bands=80, size=256, hop=64, low=-80.0, high=20.0, peak=0.5)
FRAMES = 8


def built(name, **options):
    shapes = {
        "shape": (1, FRAMES * LAYOUT.hop),
        "input_shape": (1, 80, FRAMES) if name == "vocoder" else (1, FRAMES * LAYOUT.hop),
    }
    small = {"width": 8, "factor": 1, "blocks": 1}
    torch.manual_seed(0)
    network = networks.build(name, {**small, **options}, layout=LAYOUT, classes=0, latent_size=1, **shapes)
    return network.eval()


def bands(frames, rng, channels=1):
    return torch.from_numpy(rng.uniform(-1, 0.9, (2, channels, 80, frames))).float()


def test_an_untrained_vocoder_is_the_griffin_lim_algorithm(rng):
    network = built("vocoder", start_steps=3)
    torch.nn.init.zeros_(network.spectrum.head.weight)
    given = bands(FRAMES, rng)
    loud = (
        torch.from_numpy(np.linalg.pinv(mel_filters(80, 256, 4000))).float()
        @ 10 ** (((given[:, 0] + 1) / 2 * 100 - 80) / 20)
    ).clamp(min=1e-5) / LAYOUT.peak
    found = griffin_lim_spectra(loud, 256, 64, 3)
    expected = istft(found / found.abs() * loud, 256, 64)
    torch.testing.assert_close(network(given)[:, 0], expected, atol=2e-3, rtol=1e-3)


def test_an_untrained_restorer_changes_next_to_nothing(rng):
    wave = torch.from_numpy(rng.normal(size=(2, 1, FRAMES * 64))).float()
    for replicate in (False, True):
        made = built("wave-restorer", replicate=replicate)(wave)
        assert (made - wave).abs().max() < 0.05 * wave.abs().max()


@pytest.mark.parametrize("name", ["vocoder", "wave-restorer"])
def test_a_part_of_a_sound_is_made_as_in_the_whole(name, rng):
    """With as many frames around it as the network says that it sees, from a multiple of frames on."""
    network = scramble(built(name)) if name == "wave-restorer" else built(name, start_steps=2)
    frames = 4 * PERIOD
    step = network.steps_in
    given = (
        bands(frames, rng) if name == "vocoder" else torch.from_numpy(rng.normal(size=(2, 1, frames * step))).float()
    )
    with torch.no_grad():
        whole = network(given)
        first = 2 * PERIOD - PERIOD
        assert network.receptive_radius <= PERIOD
        part = network(given[..., first * step : (3 * PERIOD + network.receptive_radius) * step])
    kept = slice(PERIOD * 64, 2 * PERIOD * 64)
    torch.testing.assert_close(
        part[..., kept], whole[..., 2 * PERIOD * 64 : 3 * PERIOD * 64], atol=1e-3 * float(whole.abs().max()), rtol=0
    )


@pytest.mark.parametrize("name", ["vocoder", "wave-restorer"])
def test_channels_are_made_one_by_one_and_lengths_are_exact(name, rng):
    network = built(name)
    for frames in (1, 3, 9):
        given = (
            bands(frames, rng, 2)
            if name == "vocoder"
            else torch.from_numpy(rng.normal(size=(2, 2, frames * 64))).float()
        )
        made = network(given)
        assert made.shape == (2, 2, frames * 64)
        torch.testing.assert_close(network(given[:, 1:])[:, 0], made[:, 1], atol=1e-4, rtol=1e-3)


def test_phase_steps_do_not_know_when_a_wave_began(rng):
    wave = torch.from_numpy(rng.normal(size=(1, 64 * 20))).float()
    spectra = stft(wave, 256, 64)
    turned = spectra * torch.polar(torch.ones(129, 1), 0.7 * torch.ones(129, 1))
    torch.testing.assert_close(phase_steps(turned), phase_steps(spectra), atol=1e-3, rtol=0)
    tone = torch.cos(2 * torch.pi * 20 / 256 * torch.arange(64 * 20))[None]  # in the middle of bin 20
    real, imaginary, _, _ = phase_steps(stft(tone, 256, 64))[0].chunk(4, dim=0)
    assert (real[20, 5:15] > 0.999).all() and imaginary[20, 5:15].abs().max() < 0.02


def test_scorers_of_waves_count_alike(rng):
    torch.manual_seed(0)
    network = networks.build(
        "wave-discriminator",
        {"periods": (2, 5), "width": 2, "sizes": (0.5, 1.0), "spectrum_width": 2},
        shape=(1, 512),
        layout=LAYOUT,
        classes=0,
        latent_size=1,
    )
    for samples in (512, 517):
        wave = torch.from_numpy(rng.normal(size=(3, 2, samples))).float()
        output = network(wave)
        assert output.logits.shape[0] == 3 and output.logits.shape[1] % (2 * 4) == 0
        assert len(output.features) == 2 * 5 + 2 * 4
    torch.testing.assert_close(network(wave[:, :1]).logits, network(wave).logits[:, : output.logits.shape[1] // 2])
    with pytest.raises(ValueError, match="at least one period or one size"):
        wave_discriminator.WaveDiscriminator((1, 512), LAYOUT, periods=(), sizes=())
