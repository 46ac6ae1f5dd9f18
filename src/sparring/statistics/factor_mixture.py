"""Mixtures of factor analysers (Ghahramani & Hinton 1996), one for each class."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .kriging import shared_shift

MIN_WANTED_STD = 0.05  # of values that are wanted
MIN_SOFT_NOISE = 0.5  # of a soft value that others are conditioned on, as a share of its deviation along the factors


class FactorMixture(nn.Module):
    """For each class a mixture of up to K normal distributions of D values, x = mean + loadings^T z + noise_std e.

    Without classes there is one class, number 0. Component `label * K + k` is the k-th of class `label`.
    `em.fit_factor_mixture` fits it.

    Attributes:
        weights: classes x K, of the mixture within a class.
        means: components x D.
        loadings: components x rank x D.
        noise_std: components x D.
        soft: D, True for values that are known only loosely where others are conditioned on them: discrete choices,
            which are drawn as the largest of some values, so that the values themselves are never exactly known.
        noise_size: Normal values that one draw takes.
    """

    weights: Tensor
    means: Tensor
    loadings: Tensor
    noise_std: Tensor
    soft: Tensor

    def __init__(self, size: int, classes: int, rank: int, components_per_class: int = 1, soft: Tensor | None = None):
        super().__init__()
        classes = max(1, classes)
        components = classes * components_per_class
        self.rank, self.components_per_class, self.noise_size = rank, components_per_class, 1 + rank + size
        self.register_buffer("weights", torch.eye(components_per_class)[:1].repeat(classes, 1))
        self.register_buffer("means", torch.zeros(components, size))
        self.register_buffer("loadings", torch.zeros(components, rank, size))
        self.register_buffer("noise_std", torch.ones(components, size))
        soft = torch.zeros(size, dtype=torch.bool) if soft is None else soft
        self.register_buffer("soft", soft, persistent=False)
        self.prepared: tuple[Tensor, Tensor, Tensor] | None = None

    def draw(self, label: Tensor, noise: Tensor, known: Tensor | None = None) -> Tensor:
        """Draws values of N class numbers, N x D.

        noise: N x noise_size normal values. known: N x K, the first values, to condition on; None: no condition.
        """
        selector, factors, residual = noise.float().split([1, self.rank, self.noise_std.shape[1]], dim=1)
        weights = self.weights[label] if known is None else self.posterior(label, known)
        component = label * self.components_per_class + _select(weights, torch.special.ndtr(selector))
        moved = torch.stack([factors @ loadings for loadings in self.loadings])
        moved = moved[component, torch.arange(component.shape[0], device=component.device)]
        drawn = self.means[component] + moved + self.noise_std[component] * residual
        return drawn if known is None else self.condition(component, drawn, known, residual)

    @torch.no_grad()
    def draw_with(self, component: Tensor, noise: Tensor, places: Tensor, wanted: Tensor) -> Tensor:
        """Draws in which some values are as wanted, and the factors go with them.

        Args:
            component: N component numbers.
            noise: N x noise_size normal values.
            places: K, where in a row the wanted values stand.
            wanted: N x K. They count as known only loosely, because they need not be normal.

        Returns:
            N x D.
        """
        if self.prepared is not None:
            return self._draw_prepared(component, noise, places, wanted)
        _, factors, residual = noise.float().split([1, self.rank, self.noise_std.shape[1]], dim=1)
        drawn = torch.empty(len(noise), self.noise_std.shape[1], device=noise.device)
        for number in component.unique().tolist():
            members, loadings, mean = component == number, self.loadings[number], self.means[number]
            std, seen = self._wanted(number, places)
            own = factors[members].double()
            # Matheron's rule for the factors: a draw of them, moved by what it lacks of the wanted values
            lacks = ((wanted[members] - mean[places]) / std - residual[members][:, places]).double() - own @ seen
            inner = torch.eye(self.rank, dtype=torch.float64, device=noise.device) + seen @ seen.T
            own = own + torch.linalg.solve(inner, seen @ lacks.T).T
            drawn[members] = mean + own.float() @ loadings + self.noise_std[number] * residual[members]
        drawn[:, places] = wanted
        return drawn

    def prepare(self, places: Tensor) -> None:
        """Solve what `draw_with` solves for these places, of all components, once: a graph can then hold its steps."""
        parts = [self._wanted(number, places) for number in range(len(self.means))]
        one = torch.eye(self.rank, dtype=torch.float64, device=self.means.device)
        gains = [torch.linalg.solve(one + seen @ seen.T, seen).T for _, seen in parts]
        std, seen = zip(*parts, strict=True)
        self.prepared = torch.stack(std), torch.stack(seen), torch.stack(gains)

    def _wanted(self, number: int, places: Tensor) -> tuple[Tensor, Tensor]:
        """The noise (K) of wanted values of a component, and its loadings (rank x K, float64) as shares of it."""
        loadings = self.loadings[number]
        loose = MIN_SOFT_NOISE * loadings[:, places].square().sum(dim=0).sqrt()
        std = torch.maximum(self.noise_std[number, places], loose).clamp(min=MIN_WANTED_STD)
        return std, (loadings[:, places] / std).double()

    def _draw_prepared(self, component: Tensor, noise: Tensor, places: Tensor, wanted: Tensor) -> Tensor:
        """`draw_with` of all rows at once, by what `prepare` has solved."""
        assert self.prepared is not None
        std, seen, gains = (part[component] for part in self.prepared)
        _, factors, residual = noise.float().split([1, self.rank, self.noise_std.shape[1]], dim=1)
        mean, own = self.means[component], factors.double()[:, None]
        lacks = ((wanted - mean[:, places]) / std - residual[:, places]).double()[:, None] - own @ seen
        moved = (own + lacks @ gains).float() @ self.loadings[component]
        drawn = mean + moved[:, 0] + self.noise_std[component] * residual
        return drawn.index_copy(1, places, wanted)

    @torch.no_grad()
    def condition(self, component: Tensor, drawn: Tensor, known: Tensor, residual: Tensor | None = None) -> Tensor:
        """Draws, shifted so that their first values are the known ones and the others go with them, by Matheron's rule.

        Args:
            component: N component numbers.
            drawn: N x D, unconditional draws.
            known: N x K, the first values wanted.
            residual: N x D normal values that become the noise of soft values, for draws and known values alike; None:
                no such noise.

        Returns:
            N x D.
        """
        count, shifted = known.shape[1], drawn.clone()
        for number in component.unique().tolist():
            members, loadings = component == number, self.loadings[number].double()
            variance = self._evidence_std(number)[:count].double().square()
            covariance = loadings[:, :count].T @ loadings[:, :count] + torch.diag(variance)
            cross_covariance = loadings[:, :count].T @ loadings[:, count:]
            difference = (known[members] - drawn[members, :count]).double()
            if (
                residual is not None
            ):  # the noise that soft values have above their own, once in the draw and once in what is known
                added = (variance - self.noise_std[number, :count].double().square()).clamp(min=0)
                difference = difference + (2 * added).sqrt() * residual[members, :count]
            shifted[members, count:] += shared_shift(difference, covariance, cross_covariance).float()
        shifted[:, :count] = known
        return shifted

    @torch.no_grad()
    def posterior(self, label: Tensor, known: Tensor) -> Tensor:
        """N x K probabilities of the components of each label, given the first values (N x any number)."""
        if self.components_per_class == 1:
            return torch.ones_like(known[:, :1])
        joint = torch.empty(len(known), self.components_per_class, device=known.device)
        for number in label.unique().tolist():
            joint[label == number] = self.joint_log_likelihood(number, known[label == number])
        return joint.softmax(dim=1)

    def joint_log_likelihood(self, label: int, known: Tensor) -> Tensor:
        """log p(component, first values) for the K components of one label, N x K. known: N x any number."""
        first = label * self.components_per_class
        return self.log_likelihood(known, slice(first, first + self.components_per_class)) + self.weights[label].log()

    def log_likelihood(self, known: Tensor, components: slice) -> Tensor:
        """N x components: the log density of the first values (N x any number) under each component, less a constant.

        By the matrix inversion lemma the squared distance is that of the values from where their expected factors put
        them, plus the squared length of these factors. This form loses no digits to cancellation.
        """
        count, densities = known.shape[1], []
        for number in range(components.start, components.stop):
            loadings, noise_std = self.loadings[number], self._evidence_std(number)[:count]
            whitened = (known - self.means[number, :count]) / noise_std
            used = loadings[loadings.square().sum(dim=1) > 0, :count] / noise_std
            inner = torch.eye(len(used), dtype=torch.float64, device=known.device) + used.double() @ used.double().T
            lower = torch.linalg.cholesky(inner)
            factors = torch.cholesky_solve((used @ whitened.T).double(), lower).to(whitened.dtype).T
            distance = (whitened - factors @ used).square().sum(dim=1).double() + factors.square().sum(dim=1)
            log_determinant = torch.diagonal(lower).log().sum() + noise_std.double().log().sum()
            densities.append(-distance / 2 - log_determinant)
        return torch.stack(densities, dim=1).float()

    def _evidence_std(self, number: int) -> Tensor:
        """The noise (D) of a component's values where others are conditioned on them."""
        smallest = MIN_SOFT_NOISE * self.loadings[number].square().sum(dim=0).sqrt()
        return torch.where(self.soft, torch.maximum(self.noise_std[number], smallest), self.noise_std[number])


def _select(weights: Tensor, uniform: Tensor) -> Tensor:
    """N component numbers drawn with N x K weights by N x 1 uniform values."""
    selected = (uniform > weights.cumsum(dim=1)).sum(dim=1).clamp(max=weights.shape[1] - 1)
    rounded_off = weights.gather(1, selected[:, None])[:, 0] == 0  # the weights summed to less than the uniform value
    return torch.where(rounded_off, weights.argmax(dim=1), selected)
