"""Sounds compared: their spectra, levels and lengths."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from ...signals.faults import sounding
from ...signals.mel import to_hertz, to_mel
from ..drawing import figure, image_of
from .codec import AudioCodec
from .mel_scale import BANDS, decibels

WIDTH, HEIGHT, DPI = 9.0, 2.6, 100  # inches; dots an inch
CHUNK = 50  # sounds that are transformed at once
QUIETEST = 1e-5  # a level below is drawn there: -100 dB


def compared(values: np.ndarray, real: np.ndarray, codec: AudioCodec) -> Image.Image:
    """The mean spectrum, the levels and the lengths of generated and real sounds, N x C x L each."""
    sheet = figure(WIDTH, HEIGHT, DPI, "tight")
    spectrum, levels, lengths = sheet.subplots(1, 3)
    centres = to_hertz(np.linspace(0, to_mel(np.array(codec.rate / 2)), BANDS + 2))[1:-1]
    seconds = [sounding(side) / codec.rate for side in (real, values)]
    loud = [_levels(side) for side in (real, values)]
    for name, side in (("real", real), ("generated", values)):
        spectrum.plot(centres, _spectrum(side, codec), label=name, linewidth=1)
    for axes, both in ((levels, loud), (lengths, seconds)):
        edges = np.histogram_bin_edges(np.concatenate(both), 30)
        for side in both:
            axes.hist(side, edges, density=True, alpha=0.6)
    spectrum.legend(fontsize=6)
    titles = ("mean spectrum (dB) by Hz", "level (dB of full scale)", "length (s)")
    for axes, title in zip((spectrum, levels, lengths), titles, strict=True):
        axes.set_title(title, fontsize=8)
        axes.tick_params(labelsize=6)
    return image_of(sheet)


def _spectrum(values: np.ndarray, codec: AudioCodec) -> np.ndarray:
    """The mean power of each band in dB, over all sounds and frames."""
    parts = [values[start : start + CHUNK] for start in range(0, len(values), CHUNK)]
    power = [(10 ** (decibels(torch.from_numpy(part), codec.rate) / 10)).mean(dim=(1, 3)) for part in parts]
    return 10 * torch.cat(power).mean(dim=0).clamp(min=1e-12).log10().numpy()


def _levels(values: np.ndarray) -> np.ndarray:
    """The root mean square of each sound up to its end, in dB."""
    energy = np.square(values).sum(axis=(1, 2)) / values.shape[1] / np.maximum(1, sounding(values))
    return 20 * np.log10(np.maximum(QUIETEST, np.sqrt(energy)))
