"""One domain of pictures into another without pairs, one way: CUT, Park et al. 2020 (arXiv:2007.15651)."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from ..config.recipe import Recipe
from ..errors import UserError
from .adversarial import AdversarialAlgorithm
from .base import Batch, PhaseResult, StepRandom, refuse_conditional, register_algorithm
from .unpaired import UnpairedConfig

PATCHES = 256  # compared in every layer (Park et al. 2020, appendix C.1)
TEMPERATURE = 0.07  # section 3.2


class CUTConfig(UnpairedConfig):
    """patchnce: Weight of recognising each patch among the others (Park et al. 2020, eq. 3)."""

    name: Literal["cut"] = "cut"
    patchnce: float = Field(1.0, ge=0)


@register_algorithm("cut")
class CUT(AdversarialAlgorithm):
    """By the generator's own first layers, each patch of an output must be recognised as that of the input, among the input's others."""

    Config = CUTConfig
    always_reuses_fakes = True

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        refuse_conditional(players)
        if not getattr(self.generator, "heads", None):
            raise UserError(
                "the algorithm 'cut' compares patches, and this generator has no heads for them; use a resnet-translator with heads: 64"
            )

    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        assert batch.condition is not None
        return self.generator(batch.condition["picture"])

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """Park et al. 2020, eq. 5: adversarial, patches of inputs and, as `identity`, of pictures that should stay as they are."""
        assert batch.condition is not None
        step = self._generator_step(batch, rng)
        loss = self._adversarial_term(step)
        terms = {"patchnce": self.patchnce(batch.condition["picture"], step.fake, rng, "given")}
        if self.config.identity:
            terms["identity"] = self.patchnce(batch.real, self.generator(batch.real), rng, "real")
        loss = loss + self.config.patchnce * terms["patchnce"] + self.config.identity * terms.get("identity", 0.0)
        scalars = {f"terms.{name}": value.detach() for name, value in terms.items()}
        return PhaseResult(loss + self._penalties("generator", 1, step), scalars)

    def patchnce(self, inputs: Tensor, outputs: Tensor, rng: StepRandom, which: str) -> Tensor:
        """Park et al. 2020, eq. 2 and 3: a mean over layers, pictures and places."""
        with torch.no_grad():
            keys = self.generator.patches(inputs)
        losses = []
        for layer, (key, query) in enumerate(zip(keys, self.generator.patches(outputs), strict=True)):
            places = rng.uniform(f"places of {which} {layer}", key[0, 0].numel()).argsort(dim=1)[
                :, :PATCHES
            ]  # none twice
            losses.append(patch_loss(*(head(self.generator.heads[layer], each, places) for each in (query, key))))
        return torch.stack(losses).mean()


def head(layers: nn.Module, features: Tensor, places: Tensor) -> Tensor:
    """Features (N x C x H x W) at places (N x P, numbers of pixels) through a head: N x P x D, of length 1."""
    rows = features.flatten(2).transpose(1, 2)
    chosen = rows.gather(1, places[:, :, None].expand(-1, -1, rows.shape[2]))
    return normalize(layers(chosen).float(), dim=2)


def patch_loss(query: Tensor, key: Tensor) -> Tensor:
    """The cross-entropy of finding each of P patches among all P of its own picture; no gradient goes into the keys.

    Args:
        query: N x P x D, of outputs.
        key: N x P x D, of inputs.
    """
    logits = query @ key.detach().transpose(1, 2) / TEMPERATURE
    return cross_entropy(logits.flatten(0, 1), torch.arange(query.shape[1], device=query.device).repeat(len(query)))
