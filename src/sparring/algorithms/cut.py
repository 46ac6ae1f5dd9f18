"""Two kinds of pictures without pairs, one way: Park et al. 2020 (arXiv:2007.15651)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from ..config.recipe import Recipe
from ..errors import UserError
from ..networks import ImageTranslator
from . import Batch, Draws, Outcome, refuse_conditional
from .adversarial_step import Contest
from .gan import Synthesis

PLACES = 256  # looked at in every layer (Park et al. 2020, appendix C.1)
TEMPERATURE = 0.07  # section 3.2


class Contrast(Synthesis):
    """The generator's own first layers must recognise each patch of what it made as that of the given picture, among the picture's other patches."""

    sees_again = translates = True

    def __init__(self, recipe: Recipe, players: dict[str, nn.Module], perceiving: nn.Module | None = None):
        super().__init__(recipe, players, perceiving)
        refuse_conditional(players)
        if not (isinstance(self.generator, ImageTranslator) and self.generator.patch_heads):
            raise UserError(
                "the game 'contrast' compares patches, and this generator has no heads for them; use a resnet-translator with patch_head_width: 64"
            )

    def generate(self, batch: Batch, draws: Draws) -> Tensor:
        assert batch.condition is not None
        return self.generator(batch.condition["input"])

    def generator_loss(self, batch: Batch, draws: Draws) -> Outcome:
        """Park et al. 2020, eq. 5: the verdict, patches of given pictures and, as `identity`, of real ones that should stay as they are."""
        assert batch.condition is not None
        contest = Contest(self, batch, draws, learning="generator")
        loss = self.objective.generator(contest.on_fake.logits, contest.on_real.logits if self.objective.compares else None)
        parts = {"contrast": self.contrast(batch.condition["input"], contest.fake, draws, "given")}
        if self.recipe.identity:
            parts["identity"] = self.contrast(batch.real, self.generator(batch.real), draws, "real")
        loss = loss + self.recipe.contrast * parts["contrast"] + self.recipe.identity * parts.get("identity", 0.0)
        shown = {f"fidelity.{name}": value.detach() for name, value in parts.items()}
        return Outcome(loss + self._penalties("generator", 1, contest), shown)

    def contrast(self, given: Tensor, made: Tensor, draws: Draws, which: str) -> Tensor:
        """Park et al. 2020, eq. 2 and 3: a mean over layers, pictures and places."""
        with torch.no_grad():
            keys = self.generator.patch_features(given)
        losses = []
        for layer, (key, query) in enumerate(zip(keys, self.generator.patch_features(made), strict=True)):
            places = draws.uniform(f"places of {which} {layer}", key[0, 0].numel()).argsort(dim=1)[:, :PLACES]  # none twice
            losses.append(patch_loss(*(head(self.generator.patch_heads[layer], each, places) for each in (query, key))))
        return torch.stack(losses).mean()


def head(layers: nn.Module, features: Tensor, places: Tensor) -> Tensor:
    """Features (N x C x H x W) at places (N x P, numbers of pixels) through a head: N x P x D, of length 1."""
    rows = features.flatten(2).transpose(1, 2)
    chosen = rows.gather(1, places[:, :, None].expand(-1, -1, rows.shape[2]))
    return normalize(layers(chosen).float(), dim=2)


def patch_loss(query: Tensor, key: Tensor) -> Tensor:
    """The cross-entropy of finding each of P patches among all P of its own picture. N x P x D each; no gradient goes into the keys."""
    logits = query @ key.detach().transpose(1, 2) / TEMPERATURE
    return cross_entropy(logits.flatten(0, 1), torch.arange(query.shape[1], device=query.device).repeat(len(query)))
