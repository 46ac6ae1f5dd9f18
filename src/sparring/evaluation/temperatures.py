"""What a temperature makes of a language model, before and after the game."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..data.text_rows import texts_of
from ..errors import UserError
from ..inference.generator import Gan
from ..inference.loading import player_of
from ..metrics.scores import Score, score_from
from ..metrics.temperature_curve import CurvePoint, curve_point, gain_over
from ..metrics.text_copies import copied_texts
from ..networks import LanguageModel
from ..networks.sampling import device_of
from ..runs.folder import PRETRAINED, Run
from ..runs.log import kept_snapshot, start_of_the_game
from .metric import NotApplicable
from .sample_sets import SEED, SampleSets

TEMPERATURES = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
KEPT, START, REAL = "the kept model", "before the game", "training texts"


def temperature_scores(sets: SampleSets) -> list[Score]:
    """How far the kept model lies above the curve of the one from before the game; [] where that is the kept one."""
    points = sets.temperature_curves
    if not points:
        raise NotApplicable("a curve over temperatures needs a run of texts, and two of them held out")
    start = [point for point in points if point.model == START]
    kept = next(point for point in points if point.model == KEPT and point.temperature == 1.0)
    return [score_from("game_gain", gain_over(start, kept))] if start else []


def curves_of(run: Run, gan: Gan) -> Callable[[SampleSets], list[CurvePoint]] | None:
    """A function from sample sets to the points of all models; None for a generator without a temperature."""
    if not isinstance(gan.generator, LanguageModel):
        return None

    def of(sets: SampleSets) -> list[CurvePoint]:
        count = len(sets.generated)
        if min(count, len(sets.held_out)) < 2:
            return []
        real, training = texts_of(sets.held_out.values), texts_of(sets.all_training().values)
        points = [
            curve_point(name, temperature, texts_of(model.values(count, SEED, temperature=temperature)), real, training)
            for name, model in _models(run, gan).items()
            for temperature in TEMPERATURES
        ]
        of_real = curve_point(REAL, 1.0, texts_of(sets.training.values), real, training)
        return [*points, replace(of_real, copied=copied_texts(real, training).value)]

    return of


def _models(run: Run, gan: Gan) -> dict[str, Gan]:
    """The model from before the game, where the game changed it, and the kept one."""
    kept, start = kept_snapshot(run.log()), start_of_the_game(gan.recipe.model_dump(mode="json"))
    if kept is None or kept <= start or not (run.path / f"{PRETRAINED}.safetensors").is_file():
        return {KEPT: gan}
    device = str(device_of(gan.generator))
    try:
        before = player_of(run, "generator", gan.recipe, gan.codec, len(gan.classes), device, PRETRAINED)
    except UserError as error:
        raise NotApplicable(str(error)) from None
    return {START: Gan(gan.recipe, before, gan.codec, gan.modality_name, gan.classes, gan.shares), KEPT: gan}
