"""A source as a recipe's algorithm wants it."""

from __future__ import annotations

from .. import algorithms
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
    if not source.classes and (recipe.needs_labels or recipe.class_loss):
        raise UserError(
            f"recipe '{recipe.name}' learns classes, and {source.name} has no labels; put the items into one folder a class, "
            "add a labels.csv, or use another recipe (`sparring recipes`)"
        )
    if source.given and (maps := source.maps) != recipe.maps and "made" in (maps, recipe.maps):
        what, other = ("pictures", "segment") if maps == "made" else ("label maps", "pix2pix")
        hint = "" if maps else " (label maps are indexed PNGs, or grey ones in a folder named labels or masks, or any with a classes.json)"
        raise UserError(
            f"recipe '{recipe.name}' makes {what}, and {source.name} has none to be made; use {other}, or turn the pairs round with --input NAME{hint}"
        )
    if recipe.augmentation and len(source.shape) != 3:
        raise UserError(f"augmentation is for pictures, and this is {source.modality}; leave it out with --set augmentation=null")
    if any("consistency" in player.penalties for player in recipe.players.values()) and len(source.shape) != 3:
        raise UserError(f"the penalty 'consistency' shifts pictures, and this is {source.modality}; use another, such as r1")


def for_game(recipe: Recipe, source: Source) -> Source:
    """The source as the recipe's game wants it: pictures with damaged ones beside them, or two classes of which one becomes the other."""
    if recipe.damage:
        return Damaged(source, recipe.damage)
    if recipe.game == "semi-supervised":
        return FewLabels(source, recipe.labelled, recipe.seed)
    if algorithms.kind(recipe).translates and not source.given:
        return Unpaired(source, *domains(source, recipe.domains))
    return source
