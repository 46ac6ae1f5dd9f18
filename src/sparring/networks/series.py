"""Players for series: N x T x W, the values of each step beside one another (coding: modalities.series.codec).

The generators begin as normal distributions of whole series, fitted to the data (statistics.factor_mixture): one for
each class, or several where a mixture makes held-out series likelier. A recurrent or a dilated convolutional network
(Yu & Koltun 2016, arXiv:1511.07122) sees the series drawn and corrects it, as a residual. A longer series is drawn
window by window: each window from the same distribution, given its overlap with the window before, which a normal
distribution has in closed form. Joining the two is this project's own, as in networks.refiner.
"""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from ..statistics.em import fit_factor_mixture
from ..statistics.factor_mixture import FactorMixture
from ..statistics.row_layout import Column, RowLayout
from ..statistics.switching import match_switching_rates
from . import register_network
from .base import Condition, Discriminator, FittedStart, Generator
from .layers import JoinedLabel, ProjectionHead, Width
from .output import DiscriminatorOutput
from .recurrent import Cell, Layers, recurrence
from .straight_through import hard_choice, hard_rows, hard_switch

MAX_COMPONENTS = 64  # of the mixtures of all classes together
LENGTHS = 1024  # of training series that are kept for each class, spread evenly over all


class SeriesLayout(NamedTuple):
    """What the W values of a step are, in this order. Channels and choices are 0 after the end.

    Attributes:
        channels: Number of channels.
        gaps: Channels that may lack values; for each a value follows the choices, 1 where the channel has one and -1
            where it lacks.
        ends: Whether a value follows that is 1 while the series goes on and -1 afterwards.
        attributes: Columns of a coded row of what belongs to the whole series, which is the same in all steps.
        choices: Widths of one-hot choices, which stand after the channels.
    """

    channels: int
    gaps: tuple[int, ...] = ()
    ends: bool = False
    attributes: Sequence[Any] = ()
    choices: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """Where the value stands that says whether the series goes on; only with `ends`."""
        return self.choice_end + len(self.gaps)

    @property
    def choice_end(self) -> int:
        """Where choices end; they begin at `channels`."""
        return self.channels + sum(self.choices)


class SeriesGenerator(Generator, FittedStart):
    """latent (N x latent_size) and noise -> the mixture's series -> corrected by `body` -> series (N x T x W).

    Where series end, each has the length of some training series and is drawn from the component of that one, given
    where it ends. The network does not change the end. So lengths are distributed as in the data.

    The condition may hold "before", N x K x W, the mixture's values of the first K steps, which the others then go
    with.

    Args:
        shape: T and W.
        classes: Number of classes, 0 without labels.
        latent_size: Values of the latent.
        layout: A SeriesLayout, or its fields; None: all values are channels.
        rank: Factors of each normal distribution.
        components_per_class: Normal distributions of a class, at most.
        temperature: Of the softmax whose gradient choices pass on.
        width: Units that `body` takes for each step.
    """

    chunk_size = 50
    lengths: Tensor
    length_components: Tensor

    def __init__(
        self,
        shape: tuple[int, int],
        classes: int,
        latent_size: int,
        layout: Any,
        rank: int,
        components_per_class: int,
        temperature: float,
        width: int,
    ):
        super().__init__()
        self.layout = SeriesLayout(*layout) if layout is not None else SeriesLayout(shape[1])
        self.attributes = RowLayout([Column(*column) for column in self.layout.attributes])
        self.classes, self.temperature, self.shape = classes, temperature, shape
        size = shape[0] * shape[1]
        components_per_class = max(1, min(components_per_class, MAX_COMPONENTS // max(1, classes)))
        soft = torch.zeros(shape, dtype=torch.bool)
        soft[:, self.layout.channels : self.layout.choice_end] = True
        self.mixture = FactorMixture(size, classes, min(rank, size), components_per_class, soft.flatten())
        self.noise_size = self.mixture.noise_size
        if self.layout.ends:
            self.register_buffer("lengths", torch.full((max(1, classes), LENGTHS), shape[0]))
            self.register_buffer("length_components", torch.zeros(max(1, classes), LENGTHS, dtype=torch.long))
        self.join = JoinedLabel(latent_size, classes)
        self.first = nn.Linear(shape[1] + self.join.width, width)
        self.strength = nn.Parameter(torch.full((), 0.1))  # of the correction, which begins small

    @abstractmethod
    def body(self, steps: Tensor) -> Tensor:
        """The network: N x T x width -> N x T x W."""

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        assert noise is not None
        return self.correct(self.draw(condition, noise), latent, condition)

    def for_graph(self) -> SeriesGenerator:
        if not self.layout.ends:
            return self
        found = copy.deepcopy(self)
        found.mixture.prepare(self._places)
        return found

    @property
    def _places(self) -> Tensor:
        """Where in a row it stands whether the series goes on, one for each step."""
        steps, width = self.shape
        return torch.arange(steps, device=self.strength.device) * width + self.layout.end

    def draw(self, condition: Condition, noise: Tensor) -> Tensor:
        """The mixture's series, N x T x W, by N x noise_size normal values."""
        condition = condition or {}
        label = condition.get("class")
        if label is None:
            label = torch.zeros(noise.shape[0], dtype=torch.long, device=noise.device)
        known = condition["before"].flatten(1) if "before" in condition else None
        if self.layout.ends and known is None:
            return self._draw_with_ends(label, noise).unflatten(1, self.shape)
        return self.mixture.draw(label, noise, known).unflatten(1, self.shape)

    def _draw_with_ends(self, label: Tensor, noise: Tensor) -> Tensor:
        row = (torch.special.ndtr(noise[:, 0].float()) * LENGTHS).long().clamp(max=LENGTHS - 1)
        step = torch.arange(self.shape[0], device=noise.device)
        going = torch.where(step < self.lengths[label, row][:, None], 1.0, -1.0)
        return self.mixture.draw_with(self.length_components[label, row], noise, self._places, going)

    def correct(self, drawn: Tensor, latent: Tensor, condition: Condition = None) -> Tensor:
        """Drawn series (N x T x W) corrected by the network and made discrete where they have to be."""
        joined = self.join(latent, condition)[:, None].expand(-1, drawn.shape[1], -1)
        correction = self.body(self.first(torch.cat([drawn, joined], dim=2)))
        if self.layout.ends:
            column = torch.arange(correction.shape[2], device=correction.device)
            correction = correction * (column != self.layout.end)
        return self.discretise(drawn + self.strength * correction.float())

    def discretise(self, raw: Tensor) -> Tensor:
        """Any values, N x T x W -> series of the layout, N x T x W.

        Switches are 1 or -1, choices one-hot, missing values 0, and attributes the same in all steps. Switches and
        choices pass gradients straight through.
        """
        layout = self.layout
        channels, choices, gaps, ends, attributes = self._split(raw)
        going = torch.ones_like(raw[:, :, :1])
        if layout.ends:
            on = ends > 0
            on[:, 0] = True  # a series has one step at least
            going = hard_switch(ends, (~on).cumsum(dim=1) == 0)
        alive = (going + 1) / 2
        gaps = hard_switch(gaps, (gaps > 0) & (alive > 0.5))
        present = torch.ones_like(channels)
        if layout.gaps:
            present = present.index_copy(2, torch.tensor(layout.gaps, device=raw.device), (gaps + 1) / 2)
        chosen = []
        if layout.choices:
            chosen = [hard_choice(part, self.temperature) * alive for part in choices.split(layout.choices, dim=2)]
        parts = [channels * present * alive, *chosen, gaps, *([going] if layout.ends else [])]
        if self.attributes.width:
            mean = attributes.mean(dim=1)
            logits, scores = mean[:, self.attributes.choice_places], mean[:, self.attributes.scores]
            row = hard_rows(self.attributes, logits, scores, self.temperature)
            parts.append(row[:, None].expand(-1, raw.shape[1], -1))
        return torch.cat(parts, dim=2)

    @torch.no_grad()
    def statistics_input(self, samples: Tensor) -> Tensor:
        return samples.float().flatten(1)

    @torch.no_grad()
    def fit(self, rows: Tensor, labels: Tensor | None = None) -> None:
        """Fits the mixture to N x TW rows.

        Rows are first clustered by their spectra: waves of different frequencies need different components.
        """
        layout, values = self.layout, rows.unflatten(1, self.shape)
        channels, choices, gaps, ends, _ = self._split(values)
        observed = torch.ones_like(values, dtype=torch.bool)
        observed[:, :, layout.gaps] = gaps > 0
        if layout.ends:
            observed[:, :, : layout.choice_end] &= ends > 0
        spectra = torch.fft.rfft(torch.cat([channels, choices], dim=2), dim=1).abs().flatten(1)
        component = fit_factor_mixture(self.mixture, rows, labels, spectra, observed.flatten(1))
        if layout.ends:
            self._keep_lengths((ends > 0).sum(dim=(1, 2)), component, labels)
        if layout.choices:
            classes = labels if self.classes else None
            match_switching_rates(
                self.mixture, values, classes, layout.channels, layout.choices, self.discretise, self.chunk_size
            )

    def _keep_lengths(self, lengths: Tensor, component: Tensor, labels: Tensor | None) -> None:
        """Keeps lengths and components of the series of each class, in order of length, evenly spread over all."""
        for number in range(len(self.lengths)):
            of_class = torch.ones_like(lengths, dtype=torch.bool) if labels is None else labels == number
            if not of_class.any():
                continue
            order = lengths[of_class].argsort(stable=True)
            kept = order[(torch.arange(LENGTHS) * 2 + 1) * len(order) // (2 * LENGTHS)]
            self.lengths[number] = lengths[of_class][kept]
            self.length_components[number] = component[of_class][kept]

    def _split(self, values: Tensor) -> tuple[Tensor, ...]:
        """Channels, choices, gaps, ends and attributes of N x T x W values."""
        layout = self.layout
        widths = [layout.channels, sum(layout.choices), len(layout.gaps), int(layout.ends), self.attributes.width]
        return values.split(widths, dim=2)


@register_network("series-generator")
class RecurrentSeriesGenerator(SeriesGenerator):
    """A recurrent network in both directions corrects the mixture's series.

    Args:
        cell, layers: Of the recurrent network.
        shape, classes, latent_size, layout, rank, components_per_class, width, temperature: See SeriesGenerator.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        classes: int,
        latent_size: int,
        layout: Any = None,
        *,
        rank: Width = 64,
        components_per_class: Width = 32,
        width: Width = 64,
        cell: Cell = "gru",
        layers: Layers = 1,
        temperature: float = 0.5,
    ):
        super().__init__(shape, classes, latent_size, layout, rank, components_per_class, temperature, width)
        self.recurrence = recurrence(cell, width, width, layers, bidirectional=True)
        self.last = nn.Linear(2 * width, shape[1])

    def body(self, steps: Tensor) -> Tensor:
        return self.last(self.recurrence(steps)[0])


@register_network("series-conv-generator")
class ConvolutionalSeriesGenerator(SeriesGenerator):
    """Dilated residual convolutions correct the mixture's series.

    Args:
        blocks: Number of convolutions, each of twice the dilation of the one before.
        shape, classes, latent_size, layout, rank, components_per_class, width, temperature: See SeriesGenerator.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        classes: int,
        latent_size: int,
        layout: Any = None,
        *,
        rank: Width = 64,
        components_per_class: Width = 32,
        width: Width = 64,
        blocks: Layers = 5,
        temperature: float = 0.5,
    ):
        super().__init__(shape, classes, latent_size, layout, rank, components_per_class, temperature, width)
        self.blocks = nn.ModuleList(_DilatedBlock(width, 2**power) for power in range(blocks))
        self.last = nn.Linear(width, shape[1])

    def body(self, steps: Tensor) -> Tensor:
        x = steps.transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.last(x.transpose(1, 2))


class _DilatedBlock(nn.Module):
    """x + conv1(leaky ReLU(dilated conv3(leaky ReLU(x)))), N x width x T."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.first = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(leaky_relu(self.first(leaky_relu(x, 0.2)), 0.2))


@register_network("series-conv-discriminator")
class SeriesDiscriminator(Discriminator):
    """Scores series by convolutions of stride 2: N x T x W -> logits (N).

    With classes there is a projection head (Miyato & Koyama 2018, arXiv:1802.05637).

    Args:
        shape: T and W.
        classes: Number of classes, 0 without labels.
        width: Channels of the first convolution; they double with each one, up to four times the first.
        final_length: Convolutions follow one another until at most so many steps are left.
    """

    def __init__(self, shape: tuple[int, int], classes: int, *, width: Width = 64, final_length: Width = 4):
        super().__init__()
        widths, steps = [shape[1]], shape[0]
        self.convs = nn.ModuleList()
        while len(widths) == 1 or steps > final_length:
            widths.append(width * min(4, 2 ** (len(widths) - 1)))
            self.convs.append(nn.Conv1d(widths[-2], widths[-1], 5, stride=2, padding=2))
            steps = -(-steps // 2)
        self.head = ProjectionHead(widths[-1] * steps, classes)

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        x = sample.transpose(1, 2)
        for conv in self.convs:
            x = leaky_relu(conv(x), 0.2)
        return DiscriminatorOutput(self.head(x.flatten(1), condition))
