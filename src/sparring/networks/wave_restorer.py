"""A restorer of waves: it turns and scales each value of their spectra, and begins as what changes nothing.

The idea of masks with phases is that of Williamson et al. 2016 (IEEE/ACM Transactions on Audio, Speech and Language
Processing 24, 483-492); the body is that of AP-BWE (Lu et al. 2024, arXiv:2401.06387), ConvNeXt blocks along time.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..signals.stft import istft, stft
from . import register_network
from .base import WaveTranslator
from .layers import Count, Width
from .vocoder import OVERLAP, Factor, SpectrumBody, WaveLayout, WaveShape


@register_network("wave-restorer")
class WaveRestorer(WaveTranslator):
    """wave (N x C x T hop) -> wave of the same length. Each channel is restored by itself.

    Every value of the spectrum is multiplied by 1 + a + ib. With `replicate`, the lower half of the spectrum, moved up
    by a quarter of the sample rate and multiplied by other numbers, joins the result: that gives upper frequencies that
    were lost the fine structure of the lower ones (spectral band replication: Dietz et al. 2002, AES 112, 5553).

    Args:
        shape: Channels and samples of a wave in training; any whole number of hops goes in afterwards.
        input_shape: The same.
        layout: What is known of the waves.
        width: Channels of the body.
        factor: Units of a block's hidden layer, in widths.
        blocks: ConvNeXt blocks.
        replicate: Whether upper frequencies are made of lower ones.
    """

    def __init__(
        self,
        shape: WaveShape,
        input_shape: WaveShape,
        layout: WaveLayout,
        *,
        width: Width = 192,
        factor: Factor = 3,
        blocks: Count = 6,
        replicate: bool = False,
    ):
        super().__init__()
        self.layout, self.replicate = layout, replicate
        self.spectrum = SpectrumBody(layout, 0, 4 if replicate else 2, width, factor, blocks)
        self.steps_in = self.steps_out = layout.hop
        self.receptive_radius = self.spectrum.body.receptive_radius + 2 * OVERLAP + 1

    def forward(self, sound: Tensor) -> Tensor:
        waves = sound.flatten(0, 1).float()
        spectra = stft(waves, self.layout.size, self.layout.hop)
        factors = self.spectrum(spectra, spectra.abs())
        made = spectra * torch.complex(1 + factors[0], factors[1])
        if self.replicate:
            half = self.layout.size // 4
            moved = torch.cat([torch.zeros_like(spectra[:, :half]), spectra[:, :-half]], dim=1)
            made = made + moved * torch.complex(factors[2], factors[3])
        return istft(made, self.layout.size, self.layout.hop).unflatten(0, sound.shape[:2])
