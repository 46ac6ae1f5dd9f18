"""Players for films: N x frames x channels x height x width.

The generator begins as a statistical model of films in which one thing moves before a ground that stays: a mixture of
normal distributions of that thing, brought to the middle of the frame, and the places to which it moves over time
(networks.motion, statistics.trajectories). The training leaves these places as they were fitted, and learns what the
motion changes beside them. A convolutional network sees each frame of that model and corrects it, as in
networks.refiner. Content and motion have codes of their own, as in MoCoGAN (Tulyakov et al. 2018, arXiv:1707.04993):
the latent is the content, the noise the motion. Joining them in this way is this project's own.

The discriminators see a few frames of a film at random times, as in StyleGAN-V (Skorokhodov et al. 2022,
arXiv:2112.14683), which costs a small part of seeing all: one sees single frames, the other several with their times.
"""

from __future__ import annotations

from typing import Annotated, Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import grid_sample

from ..statistics.trajectories import fit_trajectories
from . import register_network
from .base import Condition, Discriminator
from .dcgan import halving_layers
from .layers import ImageShape, Kernel, ProjectionHead, Share, Width
from .motion import Motion
from .output import DiscriminatorOutput
from .refiner import Refiner

FilmShape = tuple[int, int, int, int]  # frames, channels, height, width
FAINT = 1e-4  # the share of the strongest film's change below which nothing moves, so that the middle is its place


@register_network("film-generator")
class FilmGenerator(Refiner):
    """latent (N x latent_size: the content) and noise (the motion) -> films, N x L x C x H x W in [-1, 1].

    The condition may hold "time", N x L, in frames since the beginning, of any values up to where the noise has
    anchors; without it a film has the frames of `shape`.

    Args:
        shape: Frames, channels, height and width of a film as it is learned.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent, two at least.
        layout: Whether films begin at a certain moment; None: no.
        waves: Of the motion.
        motion_width: Units of the networks of the motion.
        motion_code: Values by which the motion tells the correction about a moment.
        motion_steps: Steps in which the motion is fitted before the training.
        width, rank, clusters, mixture_resolution, lowest_resolution: As of Refiner, for frames.
    """

    chunk_size = 8
    ground: Tensor  # what stays, before tanh, at the mixture's resolution

    def __init__(
        self,
        shape: FilmShape,
        classes: int,
        latent_size: int,
        layout: Any = None,
        *,
        width: Width = 32,
        rank: Width = 16,
        clusters: Width = 10,
        mixture_resolution: Width = 32,
        lowest_resolution: Width = 8,
        waves: Width = 8,
        motion_width: Width = 64,
        motion_code: Width = 32,
        motion_steps: Width = 2000,
    ):
        options = {"rank": min(rank, latent_size - 1), "clusters": clusters, "mixture_resolution": mixture_resolution}
        super().__init__(
            shape[1:], classes, latent_size + motion_code, width=width, lowest_resolution=lowest_resolution, **options
        )
        self.frames, self.motion_steps = shape[0], motion_steps
        self.motion = Motion(shape[0], classes, waves, motion_width, motion_code, bool(layout))
        self.noise_size = self.motion.noise_size
        self.bend = nn.Linear(motion_code, 6)  # how what moves is turned, enlarged, sheared, and moved otherwise
        self.bend_strength = nn.Parameter(torch.zeros(()))
        self.pose_strength = nn.Parameter(torch.zeros(()))  # of what the motion tells the correction
        self.register_buffer("ground", torch.zeros(self.mixture_shape))

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        assert noise is not None
        condition = condition or {}
        time = condition.get("time")
        if time is None:
            time = torch.arange(float(self.frames), device=latent.device).expand(latent.shape[0], -1)
        code, place = (values.flatten(0, 1) for values in self.motion(noise, time, condition))
        component = self.component(latent, condition)
        count = time.shape[1]
        pictures, content, component = (
            values[:, None].expand(-1, count, *values.shape[1:]).flatten(0, 1)
            for values in (self.start(latent, component), latent, component)
        )
        moved = self.move(pictures, code, place.detach())
        known = torch.cat([content, self.pose_strength * code], dim=1)
        return self.correct(moved, known, component).unflatten(0, (-1, count))

    def move(self, pictures: Tensor, code: Tensor, place: Tensor) -> Tensor:
        """Pictures before tanh (N x C x H x W), brought from the middle to their places, before the ground."""
        bend = (self.bend_strength * self.bend(code)).unflatten(1, (2, 3))
        shape = torch.eye(2, device=code.device) + bend[:, :, :2]
        ground = nn.functional.interpolate(self.ground[None], self.shape[1:], mode="bilinear", align_corners=False)
        maps = torch.cat([shape, bend[:, :, 2:] - shape @ place[:, :, None]], dim=2)
        return ground + _warped(pictures - ground, maps)

    @torch.no_grad()
    def statistics_input(self, samples: Tensor) -> Tensor:
        """Films -> N rows: the places of what moves (2 frames), the ground (D), and its picture in the middle (D)."""
        films = samples.float()
        # middle frame of some films, all frames of each: what most of them show at a pixel does not move
        ground = films.flatten(0, 1).median(dim=0).values
        place = places(films, ground)
        middle = films.shape[1] // 2
        maps = torch.eye(2, 3).expand(len(films), -1, -1).clone()
        maps[:, :, 2] = place[:, middle]
        centred = ground + _warped(films[:, middle] - ground, maps)
        rows = super().statistics_input(torch.cat([ground[None], centred]))
        return torch.cat([place.flatten(1), rows[:1].expand(len(films), -1), rows[1:]], dim=1)

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None = None) -> None:
        """Fits the mixture of what moves, and then the motion; see `statistics_input`."""
        size = self.ground.numel()
        paths, grounds, pictures = rows.split([2 * self.frames, size, size], dim=1)
        self.ground.copy_(grounds.mean(dim=0).view_as(self.ground))
        super().fit(pictures, labels)
        time = torch.arange(float(self.frames))

        def draw(noise: Tensor, numbers: Tensor | None) -> Tensor:
            condition = None if numbers is None else {"class": numbers}
            return self.motion(noise, time.expand(len(noise), -1), condition)[1]

        known = labels if self.classes else None
        observed = paths.unflatten(1, (self.frames, 2))
        low, high = observed.amin(dim=(0, 1)), observed.amax(dim=(0, 1))
        self.motion.middle.copy_((low + high) / 2)
        self.motion.reach.copy_((high - low) / 2)
        fit_trajectories(self.motion, draw, self.noise_size, observed, known, self.motion_steps)


def places(films: Tensor, ground: Tensor) -> Tensor:
    """Where films, N x T x C x H x W, differ from the ground, C x H x W: N x T x 2 (across, down).

    The middle of what differs, in halves of a side from the middle of the frame; 0 where hardly anything differs.
    """
    change = (films - ground).square().sum(dim=2)
    down, across = (centres(side).to(films) for side in change.shape[2:])
    total = change.sum(dim=(2, 3))
    floor = FAINT * total.max().clamp(min=1e-12)
    moments = [(change.sum(dim=axis) * along).sum(dim=2) for axis, along in ((2, across), (3, down))]
    return torch.where((total > floor)[:, :, None], torch.stack(moments, dim=2) / total.clamp(min=floor)[:, :, None], 0)


def _warped(pictures: Tensor, maps: Tensor) -> Tensor:
    """Pictures, N x C x H x W, seen through maps, N x 2 x 3, from places in the result to places in them; 0 outside."""
    down, across = (centres(side).to(maps) for side in pictures.shape[2:])
    seen = maps[:, None, None, :, 0] * across[:, None] + maps[:, None, None, :, 1] * down[:, None, None]
    grid = (seen + maps[:, None, None, :, 2]).to(pictures.dtype)
    return grid_sample(pictures, grid, padding_mode="zeros", align_corners=False)


def centres(side: int) -> Tensor:
    """Where the centres of a side's pixels are, in halves of the side from its middle."""
    return (torch.arange(side) + 0.5) * 2 / side - 1


@register_network("film-discriminator")
class FilmDiscriminator(Discriminator):
    """Sparse frames of films, N x frames x C x H x W -> logits (N x 2): of single frames, and of all together.

    The one network sees each frame by itself; its logit is the mean over the frames. The other sees all frames on top
    of one another, with the times between them. The condition holds "time", N x frames, in frames since the beginning.
    Whole films are seen at as many times, evenly spread.

    Args:
        shape: Frames, channels, height and width of a film as it is learned.
        classes: Number of classes, 0 without labels. Both networks have a projection head.
        frames: Seen at once.
        width, kernel, lowest_resolution, slope: Of both networks, as of DCGANDiscriminator.
        classifier: Whether a layer gives `class_logits` where there are classes.
    """

    def __init__(
        self,
        shape: FilmShape,
        classes: int,
        *,
        frames: Annotated[int, Field(ge=2, le=16)] = 3,
        width: Width = 32,
        kernel: Kernel = 4,
        lowest_resolution: Width = 8,
        slope: Share = 0.2,
        classifier: bool = False,
    ):
        super().__init__()
        self.whole, self.frames = shape[0], min(frames, shape[0])
        picture: ImageShape = shape[1:]
        stacked = (self.frames * picture[0] + self.frames - 1, *picture[1:])
        self.single, features = halving_layers(picture, width, kernel, lowest_resolution, slope, 0.0)
        self.single_head = ProjectionHead(features, classes)
        self.several, features = halving_layers(stacked, width, kernel, lowest_resolution, slope, 0.0)
        self.several_head = ProjectionHead(features, classes)
        self.classifier = nn.Linear(features, classes) if classifier and classes else None

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        time = None if condition is None else condition.get("time")
        if time is None:
            chosen = torch.linspace(0, sample.shape[1] - 1, self.frames, device=sample.device).round().long()
            time, sample = chosen.to(sample.dtype).expand(len(sample), -1), sample[:, chosen]
        gaps = time.diff(dim=1)[:, :, None, None] / self.whole
        planes = gaps.expand(-1, -1, *sample.shape[3:]).to(sample.dtype)
        together = self.several(torch.cat([sample.flatten(1, 2), planes], dim=1))
        numbers = condition and {
            name: value.repeat_interleave(self.frames) for name, value in condition.items() if name == "class"
        }
        singly = self.single_head(self.single(sample.flatten(0, 1)), numbers).unflatten(0, (-1, self.frames))
        logits = torch.stack([singly.mean(dim=1), self.several_head(together, condition)], dim=1)
        return DiscriminatorOutput(logits, None if self.classifier is None else self.classifier(together))
