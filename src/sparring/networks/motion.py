"""Motion as a function of continuous time: waves whose speed wanders, and what a network makes of them.

As in StyleGAN-V (Skorokhodov et al. 2022, arXiv:2112.14683, section 3.1) time enters through waves, so that a film has
any length and frame rate, and noise at anchors in time keeps the waves from repeating themselves. Here the noise
changes how fast each wave runs, so that a film looks the same at any time: the phases of all waves are uniform at the
beginning and stay so.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from .base import Condition
from .layers import JoinedLabel

CODES = 8  # normal values that say which motion a film has, beside its phases
SPACING = 4.0  # frames between anchors
FASTEST = 4.0  # frames, the shortest period at the beginning of a training
SLOWEST = 4.0  # windows, the longest one
CHANGE = 1.5  # a period can become exp(CHANGE) times longer or shorter


class Motion(nn.Module):
    """Codes of a motion at any times, and the place of what moves.

    Args:
        frames: Of a film as it is learned.
        classes: Number of classes, 0 without labels.
        waves: Number of waves.
        width: Units of the hidden layers.
        code: Values of a code.
        begins: Whether films begin at a certain moment; two waves then begin with the film.
    """

    middle: Tensor  # of all places, 2 numbers
    reach: Tensor  # from there to the outermost place, 2 numbers
    speeds: Tensor  # of the waves at the beginning of a training, in radians a frame

    def __init__(self, frames: int, classes: int, waves: int, width: int, code: int, begins: bool):
        super().__init__()
        self.frames, self.waves, self.begins = frames, waves, begins
        self.anchors = math.ceil((frames - 1) / SPACING) + 1
        self.noise_size = self.noise_for(self.anchors)
        longest = SLOWEST * frames
        periods = longest * (FASTEST / longest) ** (torch.arange(waves) / max(1, waves - 1))
        self.register_buffer("speeds", 2 * math.pi / periods)
        self.register_buffer("middle", torch.zeros(2))
        self.register_buffer("reach", torch.ones(2))
        self.join = JoinedLabel(CODES, classes, 16)
        self.run = _perceptron(self.join.width, width, 2 * waves)
        inputs = 2 * waves + self.join.width + (4 if begins else 0)
        self.path = _perceptron(inputs, width, width, 2)
        self.tell = _perceptron(inputs, width, code)

    def noise_for(self, anchors: int) -> int:
        """Normal values for a film with so many anchors."""
        return CODES + self.waves * (1 + anchors)

    def forward(self, noise: Tensor, time: Tensor, condition: Condition) -> tuple[Tensor, Tensor]:
        """Codes and places at times of N films.

        Args:
            noise: N x `noise_for(anchors)` normal values.
            time: N x L, in frames since the beginning of the film, within the anchors.
            condition: The classes, where there are any.

        Returns:
            Codes, N x L x code, whose gradient does not reach the waves; and places, N x L x 2 (across, down) from
            the middle, in halves of a side.
        """
        codes, phases, wander = noise.split([CODES, self.waves, noise.shape[1] - CODES - self.waves], dim=1)
        film = self.join(codes, condition)
        change, restless = self.run(film).split(self.waves, dim=1)
        speeds = self.speeds * torch.exp(CHANGE * torch.tanh(change))
        passed = time[:, :, None] + torch.sigmoid(restless - 4)[:, None] * _travelled(
            wander.unflatten(1, (-1, self.waves)), time
        )
        angle = 2 * math.pi * torch.special.ndtr(phases)[:, None] + speeds[:, None] * passed
        inputs = [angle.sin(), angle.cos(), film[:, None].expand(-1, time.shape[1], -1)]
        if self.begins:
            since = math.pi / self.frames * time[:, :, None] * torch.tensor([1.0, 2.0], device=time.device)
            inputs += [since.sin(), since.cos()]
        known = torch.cat(inputs, dim=2)
        return self.tell(known.detach()), self.middle + self.reach * torch.tanh(self.path(known))


def _perceptron(*widths: int) -> nn.Sequential:
    """Dense layers of these widths with leaky ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(widths, widths[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])


def _travelled(noise: Tensor, time: Tensor) -> Tensor:
    """The integral of noise from 0 to each time; between anchors, SPACING apart, the noise changes linearly.

    noise: N x anchors x W. time: N x L, at most (anchors - 1) SPACING. Returns N x L x W.
    """
    before = torch.zeros_like(noise)
    before[:, 1:] = (SPACING / 2 * (noise[:, 1:] + noise[:, :-1])).cumsum(dim=1)
    last = noise.shape[1] - 2
    anchor = (time / SPACING).floor().long().clamp(0, last)
    rest = (time - anchor * SPACING)[:, :, None]

    def at(values: Tensor, index: Tensor) -> Tensor:
        return values.gather(1, index[:, :, None].expand(-1, -1, noise.shape[2]))

    start, end = at(noise, anchor), at(noise, anchor + 1)
    return at(before, anchor) + rest * start + rest.square() * (end - start) / (2 * SPACING)
