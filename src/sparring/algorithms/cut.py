"""Translation of one domain of pictures into another without pairs: CUT, Park et al. 2020 (arXiv:2007.15651)."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from ..config.recipe import Recipe
from ..errors import UserError
from ..losses.contrastive import embed_patches, patchnce
from ..networks import ImageTranslator
from .adversarial import AdversarialAlgorithm
from .base import Batch, PhaseResult, StepRandom, refuse_conditional, register_algorithm
from .unpaired import UnpairedConfig

PATCHES = 256  # that are compared in every layer (Park et al. 2020, appendix C.1)


class CUTConfig(UnpairedConfig):
    """Settings of CUT.

    patchnce: Weight of the contrastive loss of patches (Park et al. 2020, eq. 3).
    """

    name: Literal["cut"] = "cut"
    patchnce: float = Field(1.0, ge=0)


@register_algorithm("cut")
class CUT(AdversarialAlgorithm):
    """Translates with an adversarial loss and a contrastive loss of patches.

    In the features of the generator's own encoder, each patch of the output must be more similar to the patch at the
    same place of the input than to the input's other patches.
    """

    Config = CUTConfig
    always_reuses_fakes = True

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], feature_net: nn.Module | None = None):
        super().__init__(recipe, players, feature_net)
        refuse_conditional(players)
        if not (isinstance(self.generator, ImageTranslator) and self.generator.patch_heads):
            raise UserError(
                "the algorithm 'cut' compares patches, and this generator has no heads for them; use a "
                "resnet-translator with patch_head_width: 64"
            )

    def generate(self, batch: Batch, rng: StepRandom) -> Tensor:
        assert batch.condition is not None
        return self.generator(batch.condition["input"])

    def generator_loss(self, batch: Batch, rng: StepRandom) -> PhaseResult:
        """Park et al. 2020, eq. 5.

        The sum of the adversarial term, the patch loss of inputs and, as `identity`, the patch loss of pictures of the
        second domain.
        """
        assert batch.condition is not None
        step = self._generator_step(batch, rng)
        loss = self._adversarial_term(step)
        terms = {"patchnce": self.patchnce(batch.condition["input"], step.fake, rng, "given")}
        if self.config.identity:
            terms["identity"] = self.patchnce(batch.real, self.generator(batch.real), rng, "real")
        loss = loss + self.config.patchnce * terms["patchnce"] + self.config.identity * terms.get("identity", 0.0)
        scalars = {f"terms.{name}": value.detach() for name, value in terms.items()}
        return PhaseResult(loss + self._penalties("generator", 1, step), scalars)

    def patchnce(self, inputs: Tensor, outputs: Tensor, rng: StepRandom, which: str) -> Tensor:
        """The patch loss of Park et al. 2020, eq. 2 and 3: a mean over layers, pictures and places."""
        with torch.no_grad():
            keys = self.generator.patch_features(inputs)
        losses = []
        for layer, (key, query) in enumerate(zip(keys, self.generator.patch_features(outputs), strict=True)):
            order = rng.uniform(f"places of {which} {layer}", key[0, 0].numel()).argsort(dim=1)
            places = order[:, :PATCHES]  # distinct places
            head = self.generator.patch_heads[layer]
            losses.append(patchnce(embed_patches(head, query, places), embed_patches(head, key, places)))
        return torch.stack(losses).mean()
