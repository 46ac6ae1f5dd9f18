"""A source as a recipe's algorithm wants it."""

from __future__ import annotations

from ..algorithms.semi_supervised import SemiSupervisedConfig
from ..algorithms.translation import TranslationConfig
from ..algorithms.unpaired import UnpairedConfig
from ..config.recipe import Recipe
from ..data.few_labels import FewLabels
from ..data.source import Source
from ..errors import UserError
from .pairs.derived import Damaged, Unpaired, domains


def check_source(recipe: Recipe, source: Source) -> None:
    """Can this recipe learn from this data at all? Raises UserError with the reason where it cannot."""
    if source.modality not in recipe.modalities:
        allowed = " or ".join(recipe.modalities)
        raise UserError(f"recipe '{recipe.name}' is for {allowed}, and this is {source.modality}; see `sparring recipes`")
    if not source.classes and (recipe.needs_labels or recipe.algorithm.learns_classes):
        raise UserError(
            f"recipe '{recipe.name}' learns classes, and {source.name} has no labels; put the items into one folder a class, "
            "add a labels.csv, or use another recipe (`sparring recipes`)"
        )
    if source.given and (maps := source.maps) != recipe.algorithm.label_map_side and "made" in (maps, recipe.algorithm.label_map_side):
        what, other = ("pictures", "segment") if maps == "made" else ("label maps", "pix2pix")
        hint = "" if maps else " (label maps are indexed PNGs, or grey ones in a folder named labels or masks, or any with a classes.json)"
        raise UserError(
            f"recipe '{recipe.name}' makes {what}, and {source.name} has none to be made; use {other}, or turn the pairs round with --input NAME{hint}"
        )
    for setting in recipe.algorithm.picture_settings if len(source.shape) != 3 else ():
        raise UserError(
            f"{setting} is for pictures, and this is {source.modality}; leave it out with --set algorithm.{setting}=null"
        )
    if any("consistency" in player.penalties for player in recipe.players.values()) and len(source.shape) != 3:
        raise UserError(f"the penalty 'consistency' shifts pictures, and this is {source.modality}; use another, such as r1")


def source_for(recipe: Recipe, source: Source) -> Source:
    """The source as the recipe's algorithm wants it.

    Degraded pictures beside whole ones, two classes of which one becomes the other, or few labels.
    """
    config = recipe.algorithm
    if isinstance(config, TranslationConfig) and config.degradations:
        return Damaged(source, config.degradations)
    if isinstance(config, SemiSupervisedConfig):
        return FewLabels(source, config.num_labels, recipe.seed)
    if isinstance(config, UnpairedConfig):
        return Unpaired(source, *domains(source, config.domains))
    return source
