"""The generator of FastGAN: few convolutions at high resolution, gated by what low resolutions show.

Liu et al. 2021 (arXiv:2101.04775), section 3.1, figures 3 and 4. It was made for a hundred pictures and one GPU; Sauer
et al. 2021 (arXiv:2111.01007) train it against a discriminator that knows pictures.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, glu, interpolate, normalize, silu

from . import register_network
from .base import Condition, Generator
from .conditional import ClassNorm, PlainNorm
from .layers import ImageShape, JoinedLabel, Width, halved, halvings, spectrally_normalised

LOWEST_RESOLUTION = 4  # pixels of the shorter side, at most, where it begins
# Channels after 0, 1, 2 ... doublings, as multiples of the width (the released program); beyond, they halve each time.
MULTIPLES = (16, 8, 4, 2, 2, 1, 0.5, 0.25, 0.125)
SKIPPED = 4  # doublings between the features that gate and those that are gated: 8x8 gates 128x128 (figure 3)
GATE_SIDE = 4  # pixels a side to which gating features are pooled (figure 4a)


class Gate(nn.Module):
    """Skip-layer channel-wise excitation: features of low resolution scale the channels of high resolution.

    Section 3.1, equations 1 and 2; figure 4a.

    Args:
        inputs: Channels of the gating features.
        outputs: Channels of the gated ones.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.squeeze = spectrally_normalised(nn.Conv2d(inputs, outputs, GATE_SIDE, bias=False), True)
        self.excite = spectrally_normalised(nn.Conv2d(outputs, outputs, 1, bias=False), True)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """N x inputs x h x w and N x outputs x H x W -> N x outputs x H x W."""
        pooled = adaptive_avg_pool2d(low, GATE_SIDE)
        return high * torch.sigmoid(self.excite(silu(self.squeeze(pooled))))


class Doubling(nn.Module):
    """Nearest-neighbour doubling, then one or two of: 3x3, noise, batch normalisation, gated linear unit.

    N x inputs x h x w -> N x outputs x size. Figure 4b has one convolution; every other stage of the released program
    has two, with noise. noise: N x (convolutions of two) x size, scaled by learned strengths that begin at 0.

    Args:
        inputs, outputs: Channels.
        size: Height and width of the output.
        classes: Number of classes, 0 without labels.
        twice: Whether there are two convolutions.
    """

    noise_size: int

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int], classes: int, twice: bool):
        super().__init__()
        self.size = size
        widths = [inputs, outputs] if twice else [inputs]
        self.convs = nn.ModuleList(
            spectrally_normalised(nn.Conv2d(width, 2 * outputs, 3, padding=1, bias=False), True) for width in widths
        )
        self.norms = nn.ModuleList(
            ClassNorm(2 * outputs, classes) if classes else PlainNorm(2 * outputs) for _ in self.convs
        )
        self.strengths = nn.Parameter(torch.zeros(len(widths))) if twice else None
        self.noise_size = len(widths) * size[0] * size[1] if twice else 0

    def forward(self, x: Tensor, label: Tensor | None, noise: Tensor | None) -> Tensor:
        x = interpolate(x, self.size)
        for number, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = conv(x)
            if noise is not None and self.strengths is not None:
                x = x + self.strengths[number] * noise[:, number : number + 1]
            x = glu(norm(x, label), dim=1)
        return x


@register_network("fastgan-generator")
class FastGANGenerator(Generator):
    """Makes pictures by doublings with one or two convolutions each; low resolutions gate the channels of high ones.

    latent (N x latent_size), normalised -> transposed convolution -> doublings -> 3x3 -> tanh -> picture
    (N x C x H x W). Classes select gains and shifts of batch normalisations, as in Sauer et al. 2021.

    Args:
        shape: Channels, height and width of a picture.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        width: Channels after five doublings (128 x 128); 16 times as many at the start. The paper has 64.
    """

    def __init__(self, shape: ImageShape, classes: int, latent_size: int, *, width: Width = 64):
        super().__init__()
        channels, height, picture_width = shape
        doublings = halvings(height, picture_width, LOWEST_RESOLUTION, min_halvings=1)
        sizes = [halved(height, picture_width, times) for times in reversed(range(doublings + 1))]
        widths = [_channels(width, times) for times in range(doublings + 1)]
        self.classes, self.join = classes, JoinedLabel(latent_size, classes)
        self.first_shape = (2 * widths[0], *sizes[0])
        first = sizes[0][0] * sizes[0][1] * 2 * widths[0]
        self.begin = spectrally_normalised(nn.Linear(self.join.width, first, bias=False), True)
        self.first_norm = nn.BatchNorm2d(2 * widths[0])
        steps = zip(widths, widths[1:], sizes[1:], strict=False)
        stages = [Doubling(*step, classes, twice=number % 2 == 0) for number, step in enumerate(steps)]
        self.stages, self.noise_sizes = nn.ModuleList(stages), [stage.noise_size for stage in stages]
        self.gates = nn.ModuleList(Gate(low, high) for low, high in zip(widths, widths[SKIPPED:], strict=False))
        self.finish = spectrally_normalised(nn.Conv2d(widths[-1], channels, 3, padding=1, bias=False), True)
        self.noise_size, self.sizes = sum(self.noise_sizes), sizes[1:]

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        label = condition["class"] if condition and self.classes else None
        vector = self.join(normalize(latent) * latent.shape[1] ** 0.5, condition)
        x = glu(self.first_norm(self.begin(vector).unflatten(1, self.first_shape)), dim=1)
        features = [x]
        for number, (stage, own) in enumerate(zip(self.stages, self._noises(noise), strict=True), 1):
            x = stage(x, label, own)
            if number >= SKIPPED:
                x = self.gates[number - SKIPPED](features[number - SKIPPED], x)
            features.append(x)
        return torch.tanh(self.finish(x))

    def _noises(self, noise: Tensor | None) -> list[Tensor | None]:
        """The noise of each stage, N x convolutions x height x width; None where it takes none."""
        if noise is None:
            return [None] * len(self.stages)
        parts = noise.split(self.noise_sizes, dim=1)
        return [
            part.unflatten(1, (-1, *size)) if part.shape[1] else None
            for part, size in zip(parts, self.sizes, strict=True)
        ]


def _channels(width: int, doublings: int) -> int:
    """Channels after so many doublings."""
    known = min(doublings, len(MULTIPLES) - 1)
    return max(1, round(width * MULTIPLES[known] / 2 ** (doublings - known)))
