"""A GAN of films whose players see a few frames of each film, at random times.

Skorokhodov et al. 2022 (StyleGAN-V, arXiv:2112.14683): sparse frames with their times are enough to learn motion, and
cost a small part of whole films.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from ..config.recipe import Recipe
from ..errors import UserError
from ..networks.film import FilmDiscriminator, FilmGenerator
from .base import Batch, PhaseResult, StepRandom, register_algorithm
from .gan import GAN, GANConfig


class FilmConfig(GANConfig):
    """The settings are those of the GAN. How many frames are seen is an option of the discriminator."""

    name: Literal["film"] = "film"  # type: ignore[assignment]


@register_algorithm("film")
class FilmGAN(GAN):
    """The GAN, on a few frames of each film.

    The generator makes these frames alone: its condition names their times.
    """

    Config = FilmConfig

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        if not isinstance(self.generator, FilmGenerator) or not isinstance(self.discriminator, FilmDiscriminator):
            raise UserError(
                "the algorithm 'film' needs a generator that makes frames at given times and a discriminator that sees "
                "some frames: use the networks film-generator and film-discriminator"
            )

    def discriminator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        return super().discriminator_loss(self.sparse(batch, rng), rng)

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        return super().generator_loss(self.sparse(batch, rng), rng)

    def lazy_penalty(self, player: str, interval: int, batch: Batch, rng: StepRandom) -> PhaseResult:
        return super().lazy_penalty(player, interval, self.sparse(batch, rng), rng)

    def sparse(self, batch: Batch, rng: StepRandom) -> Batch:
        """The films at a few random frames, whose times join the condition."""
        chosen = sparse_frames(rng.uniform("frames", self.discriminator.frames + 1), batch.real.shape[1])
        places = chosen[:, :, None, None, None].expand(-1, -1, *batch.real.shape[2:])
        return Batch(batch.real.gather(1, places), {**(batch.condition or {}), "time": chosen.to(batch.real.dtype)})


def sparse_frames(uniform: Tensor, frames: int) -> Tensor:
    """Numbers of K different frames of a film in ascending order, N x K, from N x (K + 1) uniform numbers.

    The first and the last one are K - 1 to frames - 1 frames apart, small distances as often as those twice as large:
    near frames show how fast something moves, distant ones where it goes. Those between are anywhere between.
    """
    count = uniform.shape[1] - 1
    least, most = count - 1, frames - 1
    span = (least * (most / least) ** uniform[:, 0] + 0.5).floor().clamp(least, most)
    first = (uniform[:, 1] * (frames - span)).floor().clamp(max=frames - 1)
    first = torch.minimum(first, frames - 1 - span)
    found = [first]
    for number in range(1, count - 1):  # each leaves room for those that follow
        room = first + span - (count - 1 - number) - found[-1]
        found.append(found[-1] + 1 + (uniform[:, 1 + number] * room).floor().clamp(min=0).minimum(room - 1))
    return torch.stack([*found, first + span], dim=1).long()
