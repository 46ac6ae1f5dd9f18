"""Players that make and score waveforms sample by sample, after WaveGAN (Donahue et al. 2018, arXiv:1802.04208).

They are DCGAN's in one dimension (section 3.1, tables 3 and 4): kernels of 25 samples in the place of 5x5 pixels,
stride 4 in the place of 2x2, and no batch normalisation. Phase shuffle (section 3.3) keeps the discriminator from
telling generated waves by the phase of the artefacts that transposed convolutions leave.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import AfterValidator, Field
from torch import Tensor, nn
from torch.nn.functional import pad

from . import register_network
from .base import Condition, Discriminator, DrawsNumbers, Generator
from .layers import JoinedLabel, ProjectionHead, Share, Width
from .output import DiscriminatorOutput


def _odd(kernel: int) -> int:
    if kernel % 2 == 0:
        raise ValueError("should be odd, so that a kernel has a middle")
    return kernel


WaveShape = tuple[int, int]  # channels, samples
STRIDE = 4
SHORTEST = 16  # samples where the generator begins, at most: tables 3 and 4 have 16 for 16,384

OddKernel = Annotated[int, Field(ge=5, le=101), AfterValidator(_odd)]
Radius = Annotated[int, Field(ge=0, le=16)]


def lengths(samples: int) -> list[int]:
    """The lengths of a wave from `samples` on, each a quarter of the one before (rounded up), to SHORTEST or less."""
    found = [samples]
    while found[-1] > SHORTEST or len(found) < 2:
        found.append(-(-found[-1] // STRIDE))
    return found


class PhaseShuffle(DrawsNumbers):
    """Shifts features by a random number of samples from -radius to radius; the ends are reflected (section 3.3).

    N x C x L -> N x C x L. All examples of a batch are shifted alike, as in the authors' program. In evaluation nothing
    is shifted.
    """

    def __init__(self, radius: int):
        super().__init__()
        self.radius = radius

    def forward(self, x: Tensor) -> Tensor:
        radius = min(self.radius, x.shape[2] - 1)
        if not self.training or radius == 0:
            return x
        shift = int(torch.randint(-radius, radius + 1, ()))
        length = x.shape[2]
        if shift >= 0:
            return pad(x, (shift, 0), mode="reflect")[:, :, :length]
        return pad(x, (0, -shift), mode="reflect")[:, :, -length:]


@register_network("wavegan-generator")
class WaveGANGenerator(Generator):
    """latent (N x latent_size) -> dense, ReLU -> transposed convolutions of stride 4 with ReLU -> tanh -> N x C x L.

    Table 3 of the paper. With classes, an embedding of the class joins the latent.

    Args:
        shape: Channels and samples of a wave.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        width: Channels before the last layer (d of the table); they double towards the start.
        kernel: Samples of every kernel, an odd number.
    """

    def __init__(self, shape: WaveShape, classes: int, latent_size: int, *, width: Width = 64, kernel: OddKernel = 25):
        super().__init__()
        channels, samples = shape
        self.sizes = lengths(samples)[::-1]
        stages = len(self.sizes) - 1
        widths = [width * 2**power for power in reversed(range(stages))]
        self.join = JoinedLabel(latent_size, classes)
        self.start = nn.Sequential(
            nn.Linear(self.join.width, widths[0] * self.sizes[0]),
            nn.Unflatten(1, (widths[0], self.sizes[0])),
            nn.ReLU(),
        )
        crop = kernel // 2 - 1
        self.layers = nn.ModuleList(
            nn.ConvTranspose1d(before, after, kernel, STRIDE, padding=crop, output_padding=STRIDE + 2 * crop - kernel)
            for before, after in zip(widths, [*widths[1:], channels], strict=True)
        )

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        x = self.start(self.join(latent, condition))
        for number, (layer, size) in enumerate(zip(self.layers, self.sizes[1:], strict=True), 1):
            x = layer(x)[:, :, :size]
            x = torch.relu(x) if number < len(self.layers) else torch.tanh(x)
        return x


@register_network("wavegan-discriminator")
class WaveGANDiscriminator(Discriminator):
    """wave (N x C x L) -> convolutions of stride 4 with leaky ReLU and phase shuffle -> dense -> logits (N).

    Table 4 of the paper. With classes the last layer is a projection head (Miyato & Koyama 2018, arXiv:1802.05637).

    Args:
        shape: Channels and samples of a wave.
        classes: Number of classes, 0 without labels.
        width: Channels of the first convolution (d of the table); they double with each one.
        kernel: Samples of every kernel, an odd number.
        shuffle: The largest shift of phase shuffle (n of the paper); 0: none.
        slope: Of leaky ReLU.
    """

    def __init__(
        self,
        shape: WaveShape,
        classes: int,
        *,
        width: Width = 64,
        kernel: OddKernel = 25,
        shuffle: Radius = 2,
        slope: Share = 0.2,
    ):
        super().__init__()
        channels, samples = shape
        sizes = lengths(samples)
        widths = [width * 2**power for power in range(len(sizes) - 1)]
        layers: list[nn.Module] = []
        for number, (before, after) in enumerate(zip([channels, *widths], widths, strict=False), 1):
            layers += [nn.Conv1d(before, after, kernel, STRIDE, padding=kernel // 2), nn.LeakyReLU(slope)]
            if number < len(widths):
                layers.append(PhaseShuffle(shuffle))
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.head = ProjectionHead(widths[-1] * sizes[-1], classes)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        return DiscriminatorOutput(self.head(self.layers(sample), condition))
