"""The diagnosis of a training: its health in one word, the evidence, and the action to take.

All functions are pure functions of the history of ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from .base import Action, Health
from .trend import slope_limits

MIN_TICKS = 4  # ticks before the first diagnosis
FIRST_LESSONS = 8  # ticks in which a score may be worse than that of an untrained generator
IN_A_ROW = 2  # consecutive ticks that must show the same problem
DOMINATES = 0.95  # the discriminator dominates from this accuracy on, if it holds on reals and on fakes
FOOLED = 0.2  # the generator dominates up to this accuracy of the discriminator on fakes
LOW_VARIETY = 0.4  # relative to the variety of reals; below it samples may have collapsed
LOST_VARIETY = 0.5  # relative to the highest variety so far; below it samples may have collapsed
TREND_TICKS = 4  # consecutive ticks that show a trend
NEVER_VARIED = 0.25  # relative to the variety of reals; samples that stay below it never had enough variety
CLOSE = 0.5  # samples up to this distance to training examples may be copies; 1 is the distance of held-out reals
GAP = 0.5  # from this gap on (see HealthTick) the discriminator may have memorised the training examples
WORSE, FAR, BROKEN = 1.5, 2.0, 4.0  # multiples of the best score
PRINTED_FAR = 3.0  # times the Frechet distance of the best tick; a person sees it, whatever chose the best one
CHANCE = 4.0  # standard errors of a score; smaller differences may be chance
MARGIN = 0.05  # of the range of all scores; smaller differences do not count where the best score is about zero
GAIN = 0.05  # of the best score; a trend that cannot gain so much within the patience is none
RISE = 0.05  # of the best score; ticks that are each worse than the one before, by less in all, may be chance


@dataclass(frozen=True)
class HealthTick:
    """The values of one tick from which health is diagnosed.

    examples: Real examples seen.
    selection: The score; lower is better.
    variety, closeness: See metrics.neighbours.
    real, fake: The discriminator's accuracy on reals and on fakes; None without a discriminator.
    gap: The position of the mean logit of held-out reals, on a scale from the mean logit of training examples (0) to
        that of fakes (1); None without a discriminator.
    frechet: The Frechet distance that is printed; None where there is none.
    """

    examples: int
    selection: float
    variety: float
    closeness: float
    real: float | None = None
    fake: float | None = None
    gap: float | None = None
    frechet: float | None = None


History = Sequence[HealthTick]


@dataclass(frozen=True)
class Diagnosis:
    """The health of a training in one word, the evidence as a sentence, and the action that the trainer should take."""

    health: Health
    evidence: str
    action: Action = Action.NONE


def diagnose(
    history: History,
    patience: int,
    can_augment: bool,
    rollbacks_left: int,
    noise: float = 0.0,
    all_players_from: float = 0.0,
    extended_at: int = 0,
) -> Diagnosis:
    """The health of a training at the last tick of its history.

    Args:
        history: All ticks so far, at least one.
        patience: Examples without a better score after which a training is on a plateau; 0: never.
        can_augment: Whether the augmentation can be raised.
        rollbacks_left: How often the training may still go back to its best snapshot. At 0 the action is to stop
            instead.
        noise: The standard error of a score. Differences of a few standard errors are ignored.
        all_players_from: Examples from which all players are trained. Patience is counted from there at the earliest.
        extended_at: Examples at which the training was made longer after its end. Patience is counted from there too.
    """
    if len(history) < MIN_TICKS:
        return Diagnosis("warming-up", f"too early to tell: the health is assessed from the {MIN_TICKS}th tick on")
    now, best = history[-1], min(history, key=lambda tick: tick.selection)
    trouble = _trouble(history, best, noise, all_players_from)
    since = max(best.examples, all_players_from)
    waited = now.examples - max(since, extended_at)
    stalled = bool(patience) and waited >= patience and not _may_gain(history, best, since, patience, noise)
    if trouble is None:
        if stalled:
            evidence = f"no better score than {best.selection:.3g} since example {best.examples:,}"
            return Diagnosis("plateau", evidence, Action.STOP)
        if now.examples > all_players_from and (evidence := _worsens(history, best, since, noise)):
            return Diagnosis("worsening", evidence)
        return Diagnosis("healthy", _course(history, best))
    health, evidence = trouble
    if best is history[0] and isfinite(now.selection) and health != "memorising":
        # An untrained generator can score better than one after a few steps. Its snapshot is not worth going back to.
        early = len(history) < FIRST_LESSONS
        evidence = f"no better yet than at its first tick, {best.selection:.3g}" + ("" if early else f"; {evidence}")
        return Diagnosis("warming-up" if early else health, evidence, Action.STOP if stalled else Action.NONE)
    if health == "memorising" and can_augment and not stalled:
        return Diagnosis(health, evidence, Action.AUGMENT)
    # If samples never had enough variety, the best snapshot lacks it too, and going back to it would not help.
    never_varied = (
        health == "mode-collapse" and best.variety < NEVER_VARIED and now.variety >= LOST_VARIETY * best.variety
    )
    if _worse(now, best, WORSE, history, noise) and health != "memorising" and patience and not never_varied:
        return Diagnosis(health, evidence, Action.ROLL_BACK if rollbacks_left > 0 else Action.STOP)
    return Diagnosis(health, evidence, Action.STOP if stalled else Action.NONE)


def _trouble(history: History, best: HealthTick, noise: float, all_players_from: float) -> tuple[Health, str] | None:
    recent = history[-IN_A_ROW:]
    now = history[-1]
    most = max(tick.variety for tick in history)
    if all(_worse(tick, best, BROKEN, history, noise) for tick in recent):
        return "diverged", _fell_behind(now, best)
    if all(tick.variety < LOW_VARIETY and tick.variety < LOST_VARIETY * most for tick in recent):
        return "mode-collapse", f"the variety of samples is {now.variety:.0%} of that of reals, and was {most:.0%}"
    one_sided = None if best in recent else _one_sided(recent)
    return one_sided or _memorising(recent) or _never_varied(history[-TREND_TICKS:], best, all_players_from)


def _one_sided(recent: History) -> tuple[Health, str] | None:
    pairs = [(tick.real, tick.fake) for tick in recent if tick.real is not None and tick.fake is not None]
    if len(pairs) < len(recent):
        return None
    real, fake = pairs[-1]
    if all(min(pair) >= DOMINATES for pair in pairs):
        evidence = f"the accuracy is {real:.0%} on reals and {fake:.0%} on fakes, and the score does not improve"
        return "discriminator-dominates", evidence
    if all(fakes <= FOOLED and reals >= 1 - FOOLED for reals, fakes in pairs):
        return "generator-dominates", f"{1 - fake:.0%} of the fakes pass as real, and the score does not improve"
    return None


def _never_varied(recent: History, best: HealthTick, all_players_from: float) -> tuple[Health, str] | None:
    if any(tick.variety >= NEVER_VARIED or tick is best or tick.examples <= all_players_from for tick in recent):
        return None
    evidence = f"the variety of samples is {recent[-1].variety:.0%} of that of reals, and the score does not improve"
    return "mode-collapse", evidence


def _memorising(recent: History) -> tuple[Health, str] | None:
    now = recent[-1]
    if any(tick.closeness > CLOSE or (tick.gap is not None and tick.gap < GAP) for tick in recent):
        return None
    evidence = f"the distance of samples to training examples is {now.closeness:.0%} of that of held-out reals"
    if now.gap is not None:
        evidence += (
            f", and the discriminator's logits of held-out reals lie {min(now.gap, 1):.0%} of the way from training "
            "examples to fakes"
        )
    return "memorising", evidence


def _may_gain(history: History, best: HealthTick, since: float, patience: int, noise: float) -> bool:
    """Whether the score may still be falling, hidden by its noise.

    It may if the steepest fall since the best score that the ticks leave possible (the lower limit of the slope's
    interval) would gain GAIN of the best score within another patience. So a training ends only once the ticks show
    that it stands still, not as long as they do not show that it moves.
    """
    recent = [tick for tick in history if tick.examples > since]
    steepest, _ = slope_limits([tick.examples for tick in recent], [tick.selection for tick in recent])
    scale = max(abs(best.selection), CHANCE * noise if isfinite(noise) else 0.0)
    return -steepest * patience > GAIN * scale and any(isfinite(tick.selection) for tick in recent)


def _worsens(history: History, best: HealthTick, since: float, noise: float) -> str:
    """The evidence that the score gets worse; "" if it does not."""
    now, recent = history[-1], history[-TREND_TICKS:]
    if _worse(now, best, FAR, history, noise) or all(_worse(tick, best, WORSE, history, noise) for tick in recent):
        return _fell_behind(now, best)
    if now.frechet and best.frechet and now.frechet > PRINTED_FAR * best.frechet:
        printed = f"the Frechet distance is {now.frechet:.3g} and was {best.frechet:.3g} at example {best.examples:,}"
        return f"{printed}, where the score that chooses snapshots was best"
    after = [tick for tick in history if tick.examples > since]
    slowest, _ = slope_limits([tick.examples for tick in after], [tick.selection for tick in after])
    scores = [tick.selection for tick in recent]
    in_a_row = all(a < b for a, b in pairwise(scores)) and scores[-1] - scores[0] > RISE * abs(best.selection)
    rises = slowest > 0 and len(after) >= TREND_TICKS
    return f"it gets worse from tick to tick: {_fell_behind(now, best)}" if rises or in_a_row else ""


def _worse(tick: HealthTick, best: HealthTick, times: float, history: History, noise: float) -> bool:
    """Whether a tick's score is worse than the best by the factor `times`, and by more than chance.

    The kernel distance can be zero or negative, so that a factor means nothing. Where the best score is not beyond
    chance above zero, the difference must also be more than MARGIN of that between the worst and the best score.
    """
    if not isfinite(tick.selection):
        return isfinite(best.selection)
    chance = CHANCE * noise if isfinite(noise) else 0.0
    worst = max(each.selection for each in history if isfinite(each.selection))
    margin = MARGIN * (worst - best.selection) if best.selection <= chance else 0.0
    return tick.selection > best.selection + max((times - 1) * abs(best.selection), chance) + margin


def _fell_behind(now: HealthTick, best: HealthTick) -> str:
    return f"the score is {now.selection:.3g} and was {best.selection:.3g} at example {best.examples:,}"


def _course(history: History, best: HealthTick) -> str:
    now = history[-1]
    if best is now:
        return f"the best score so far, {now.selection:.3g}"
    return f"the score is {now.selection:.3g}; the best, {best.selection:.3g}, was at example {best.examples:,}"
