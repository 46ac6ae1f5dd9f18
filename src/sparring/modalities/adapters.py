"""A source in the form that the algorithm of a recipe learns from."""

from __future__ import annotations

from .. import modalities
from ..algorithms.semi_supervised import SemiSupervisedConfig
from ..algorithms.translation import TranslationConfig
from ..algorithms.unpaired import UnpairedConfig
from ..algorithms.wave_translation import WaveTranslationConfig
from ..config.recipe import Recipe
from ..data.few_labels import FewLabels
from ..data.source import Source, TranslationSource
from ..errors import UserError
from .pairs.derived import DegradedPairs, Unpaired, domains


def check_source(recipe: Recipe, source: Source) -> None:
    """Raises UserError, with the reason, where this recipe cannot learn from this source."""
    if source.modality not in recipe.modalities:
        allowed = " or ".join(recipe.modalities)
        raise UserError(
            f"recipe '{recipe.name}' is for {allowed}, and this is {source.modality}; see `sparring recipes`"
        )
    known = modalities.get(source.modality).representations
    if recipe.representation is not None and recipe.representation not in known:
        has = f"one of {', '.join(known)}" if known else "left out"
        raise UserError(f"representation '{recipe.representation}' is none of {source.unit}: it should be {has}")
    if not source.classes and (recipe.needs_labels or recipe.algorithm.learns_classes):
        raise UserError(
            f"recipe '{recipe.name}' learns classes, and {source.name} has no labels; put the items into one folder "
            "for each class, add a labels.csv, or use another recipe (`sparring recipes`)"
        )
    if isinstance(source, TranslationSource):
        _check_label_maps(recipe, source)
    if not modalities.get(source.modality).has_pixels:
        for setting in recipe.algorithm.picture_settings:
            raise UserError(
                f"{setting} is for pictures, and this is {source.modality}; "
                f"leave it out with --set algorithm.{setting}=null"
            )
        if any("consistency" in player.penalties for player in recipe.players.values()):
            raise UserError(
                f"the penalty 'consistency' shifts pictures, and this is {source.modality}; use another, such as r1"
            )


def _check_label_maps(recipe: Recipe, source: TranslationSource) -> None:
    """Raises UserError where a recipe makes label maps and the source has none to be made, or the other way round."""
    wanted = recipe.algorithm.label_map_side
    if source.label_maps == wanted or "output" not in (source.label_maps, wanted):
        return
    what, other = ("pictures", "segment") if source.label_maps == "output" else ("label maps", "pix2pix")
    hint = " (label maps are indexed PNGs, or grey ones in a folder named labels or masks, or any with a classes.json)"
    raise UserError(
        f"recipe '{recipe.name}' makes {what}, and {source.name} has none as its output; use {other}, or exchange "
        "the sides with "
        f"--input NAME{'' if source.label_maps else hint}"
    )


def for_algorithm(recipe: Recipe, source: Source) -> Source:
    """The source that the algorithm of the recipe learns from.

    Recipes with degradations get degraded pictures or sounds as inputs, vocoders the bands of sounds. Semi-supervised
    ones hide labels, and unpaired translation gets two classes.
    """
    config = recipe.algorithm
    if isinstance(config, WaveTranslationConfig):
        from .audio.wave_pairs import WavePairs  # it needs the libraries of sounds

        return WavePairs(source, config.degradations)  # type: ignore[arg-type]
    if isinstance(config, TranslationConfig) and config.degradations:
        return DegradedPairs(source, config.degradations)
    if isinstance(config, SemiSupervisedConfig):
        return FewLabels(source, config.num_labels, recipe.seed)
    if isinstance(config, UnpairedConfig):
        return Unpaired(source, *domains(source, config.domains))
    return source
