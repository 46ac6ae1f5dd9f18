"""How a training goes, in one word with its evidence, and what to do about it.

Pure functions of the history of ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from .base import Action, Health

MIN_TICKS = 4  # before anything is diagnosed
IN_A_ROW = 2  # ticks that must show the same trouble
DOMINATES = 0.98  # accuracy on reals and on fakes from which the discriminator dominates
FOOLED = 0.2  # accuracy on fakes up to which the generator dominates
LOW_VARIETY = 0.4  # of the variety of reals
LOST_VARIETY = 0.5  # of the most variety seen so far
TREND_TICKS = 4  # without a better score that show which way it goes
NEVER_VARIED = 0.25  # of the variety of reals, in so many ticks: it never was enough
CLOSE = 0.5  # distance to training examples, in that of held-out reals, up to which samples are close to copies
GAP = 0.5  # how far held-out reals lie from training examples on the way to fakes, in the discriminator's logits
WORSE, BROKEN = 1.5, 4.0  # times the best score
CHANCE = 4.0  # standard errors of a score within which a difference may be chance


@dataclass(frozen=True)
class HealthTick:
    """What one tick says about health.

    selection: The score, lower is better.
    variety, closeness: See metrics.neighbours.
    real, fake: The discriminator's accuracy on reals and on fakes; None without a discriminator.
    gap: Where the mean logit of held-out reals lies between that of training examples (0) and that of fakes (1); None
        without a discriminator.
    """

    examples: int
    selection: float
    variety: float
    closeness: float
    real: float | None = None
    fake: float | None = None
    gap: float | None = None


History = Sequence[HealthTick]


@dataclass(frozen=True)
class Diagnosis:
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
) -> Diagnosis:
    """The health of a training at the last tick of its history.

    Args:
        history: Of all ticks so far.
        patience: Examples without a better score after which a training is on a plateau; 0: never.
        can_augment: The augmentation can be raised.
        rollbacks_left: How often the training may still go back to its best snapshot. With none left, what would need
            it ends the training.
        noise: The standard error of a score. Differences below a few times of it mean nothing.
        all_players_from: Examples from which all players are trained; until then nothing stands still.
    """
    if len(history) < MIN_TICKS:
        return Diagnosis("warming-up", f"diagnosed from the {MIN_TICKS}th tick on")
    now, best = history[-1], min(history, key=lambda tick: tick.selection)
    trouble = _trouble(history, best, noise, all_players_from)
    stalled = bool(patience) and now.examples - max(best.examples, all_players_from) >= patience
    if trouble is None:
        if stalled:
            evidence = f"no better score than {best.selection:.3g} since example {best.examples:,}"
            return Diagnosis("plateau", evidence, Action.STOP)
        recent = history[-TREND_TICKS:]
        if all(tick.examples > all_players_from and _worse(tick, best, WORSE, history, noise) for tick in recent):
            return Diagnosis("plateau", _fell_behind(now, best))
        return Diagnosis("healthy", _trend(history, best))
    health, evidence = trouble
    if best is history[0] and isfinite(now.selection) and health != "memorising":
        # An untrained generator can score better than its first lessons: there is nothing yet to go back to.
        evidence = f"no better yet than at its first tick, {best.selection:.3g}"
        return Diagnosis("warming-up", evidence, Action.STOP if stalled else Action.NONE)
    if health == "memorising" and can_augment and not stalled:
        return Diagnosis(health, evidence, Action.AUGMENT)
    never_varied = (
        health == "mode-collapse" and best.variety < NEVER_VARIED and now.variety >= LOST_VARIETY * best.variety
    )  # there is nothing to go back for
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
        return "mode-collapse", f"samples differ {now.variety:.0%} as much as real ones do, and did {most:.0%}"
    one_sided = None if best in recent else _one_sided(recent)
    return one_sided or _memorising(recent) or _never_varied(history[-TREND_TICKS:], best, all_players_from)


def _one_sided(recent: History) -> tuple[Health, str] | None:
    pairs = [(tick.real, tick.fake) for tick in recent if tick.real is not None and tick.fake is not None]
    if len(pairs) < len(recent):
        return None
    real, fake = pairs[-1]
    if all(min(pair) >= DOMINATES for pair in pairs):
        evidence = f"its accuracy is {real:.0%} on reals and {fake:.0%} on fakes, and the score does not improve"
        return "discriminator-dominates", evidence
    if all(fakes <= FOOLED and reals >= 1 - FOOLED for reals, fakes in pairs):
        return "generator-dominates", f"{1 - fake:.0%} of the fakes pass as real, and the score does not improve"
    return None


def _never_varied(recent: History, best: HealthTick, all_players_from: float) -> tuple[Health, str] | None:
    if any(tick.variety >= NEVER_VARIED or tick is best or tick.examples <= all_players_from for tick in recent):
        return None
    evidence = f"samples differ {recent[-1].variety:.0%} as much as real ones do, and the score does not improve"
    return "mode-collapse", evidence


def _memorising(recent: History) -> tuple[Health, str] | None:
    now = recent[-1]
    if any(tick.closeness > CLOSE or (tick.gap is not None and tick.gap < GAP) for tick in recent):
        return None
    evidence = f"samples lie at {now.closeness:.0%} of the distance of held-out reals from the training examples"
    if now.gap is not None:
        evidence += f", and the discriminator puts held-out reals {min(now.gap, 1):.0%} of the way to fakes"
    return "memorising", evidence


def _worse(tick: HealthTick, best: HealthTick, times: float, history: History, noise: float) -> bool:
    """Worse than the best by that factor, and by a twentieth of all that was gained.

    The kernel distance has no zero to count from; there, by more than chance.
    """
    if not isfinite(tick.selection):
        return isfinite(best.selection)
    gained = max(each.selection for each in history if isfinite(each.selection)) - best.selection
    chance = CHANCE * noise if isfinite(noise) else 0.0
    return tick.selection > best.selection + max((times - 1) * abs(best.selection), chance) + 0.05 * gained


def _fell_behind(now: HealthTick, best: HealthTick) -> str:
    return f"the score is {now.selection:.3g} and was {best.selection:.3g} at example {best.examples:,}"


def _trend(history: History, best: HealthTick) -> str:
    now = history[-1]
    if best is now:
        return f"the best score so far, {now.selection:.3g}"
    return f"the score is {now.selection:.3g}; the best, {best.selection:.3g}, was at example {best.examples:,}"
