"""How a training goes, in one word with its evidence, and what is done about it. Pure functions of what was seen at the ticks so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

State = Literal["healthy", "discriminator-winning", "generator-winning", "collapsing", "memorising", "plateau", "diverged", "unjudged"]
Action = Literal["", "roll back", "augment", "stop"]

FIRST = 4  # looks before anything is judged
IN_A_ROW = 2  # looks that must show the same trouble
SURE, LOST = 0.98, 0.2  # of its verdicts right on both kinds: the discriminator wins; of those on fakes: it has lost
UNVARIED = 0.4  # of the variety of reals
SHRUNK = 0.5  # of the most variety seen so far
STUCK = 4  # looks without a better score that show which way it goes
BARE = 0.25  # of the variety of reals, in so many looks: it never was enough
CLOSE, GAP = 0.5, 0.5  # closeness to training examples, and how far held-out reals are judged from them on the way to fakes
WORSE, BROKEN = 1.5, 4.0  # times the best score
CHANCE = 4.0  # standard errors of a score


@dataclass(frozen=True)
class Look:
    """What one tick saw. selection: the score, lower is better. real, fake: shares judged right. variety, closeness: see metrics.neighbours.
    gap: where the mean verdict on held-out reals lies between that on training examples (0) and that on fakes (1).

    real, fake and gap are None where there is no discriminator."""

    images: int
    selection: float
    variety: float
    closeness: float
    real: float | None = None
    fake: float | None = None
    gap: float | None = None


@dataclass(frozen=True)
class Judgement:
    state: State
    evidence: str
    action: Action = ""


def judge(looks: Sequence[Look], patience: int, can_augment: bool, rescues_left: int, noise: float = 0.0, since: float = 0.0) -> Judgement:
    """The state of a training after these looks, the last of which is now.

    patience: images without a better score after which a training is on a plateau; 0: never. since: images from which all players play: until
    then nothing stands still. can_augment: the augmentation can be raised.
    rescues_left: how often it may still be rolled back to its best snapshot; with none left, what would need it ends the training.
    noise: the standard error of a score, which no difference between two looks means anything below a few times of.
    """
    if len(looks) < FIRST:
        return Judgement("unjudged", f"judged from the {FIRST}th look on")
    now, best = looks[-1], min(looks, key=lambda look: look.selection)
    trouble = _trouble(looks, best, noise, since)
    stalled = bool(patience) and now.images - max(best.images, since) >= patience
    if trouble is None:
        if stalled:
            return Judgement("plateau", f"no better score than {best.selection:.3g} since image {best.images:,}", "stop")
        if all(look.images > since and _worse(look, best, WORSE, looks, noise) for look in looks[-STUCK:]):
            return Judgement("plateau", f"the score is {now.selection:.3g} and was {best.selection:.3g} at image {best.images:,}")
        return Judgement("healthy", _trend(looks, best))
    state, evidence = trouble
    if best is looks[0] and isfinite(now.selection) and state != "memorising":
        # what an untrained generator makes can score better than its first lessons: there is nothing yet to go back to
        return Judgement("unjudged", f"no better yet than at its first look, {best.selection:.3g}", "stop" if stalled else "")
    if state == "memorising" and can_augment and not stalled:
        return Judgement(state, evidence, "augment")
    as_bare = state == "collapsing" and best.variety < BARE and now.variety >= SHRUNK * best.variety  # nothing to go back for
    if _worse(now, best, WORSE, looks, noise) and state != "memorising" and patience and not as_bare:
        return Judgement(state, evidence, "roll back" if rescues_left > 0 else "stop")
    return Judgement(state, evidence, "stop" if stalled else "")


def _trouble(looks: Sequence[Look], best: Look, noise: float, since: float) -> tuple[State, str] | None:
    recent = looks[-IN_A_ROW:]
    now = looks[-1]
    varied = max(look.variety for look in looks)
    if all(_worse(look, best, BROKEN, looks, noise) for look in recent):
        return "diverged", f"the score is {now.selection:.3g} and was {best.selection:.3g} at image {best.images:,}"
    if all(look.variety < UNVARIED and look.variety < SHRUNK * varied for look in recent):
        return "collapsing", f"samples are {now.variety:.0%} as unlike one another as real ones, and were {varied:.0%}"
    return (None if best in recent else _one_sided(recent)) or _memorising(recent) or _bare(looks[-STUCK:], best, since)


def _one_sided(recent: Sequence[Look]) -> tuple[State, str] | None:
    judged = [(look.real, look.fake) for look in recent if look.real is not None and look.fake is not None]
    if len(judged) < len(recent):
        return None
    real, fake = judged[-1]
    if all(min(both) >= SURE for both in judged):
        return "discriminator-winning", f"it tells {real:.0%} of the reals and {fake:.0%} of the fakes right, and the score gets no better"
    if all(fakes <= LOST and reals >= 1 - LOST for reals, fakes in judged):
        return "generator-winning", f"{1 - fake:.0%} of the fakes pass as real, and the score gets no better"
    return None


def _bare(recent: Sequence[Look], best: Look, since: float) -> tuple[State, str] | None:
    if any(look.variety >= BARE or look is best or look.images <= since for look in recent):
        return None
    return "collapsing", f"samples are {recent[-1].variety:.0%} as unlike one another as real ones, and the score gets no better"


def _memorising(recent: Sequence[Look]) -> tuple[State, str] | None:
    now = recent[-1]
    if any(look.closeness > CLOSE or (look.gap is not None and look.gap < GAP) for look in recent):
        return None
    evidence = f"samples lie at {now.closeness:.0%} of the distance of held-out reals from the training examples"
    if now.gap is not None:
        evidence += f", and the discriminator puts held-out reals {min(now.gap, 1):.0%} of the way to fakes"
    return "memorising", evidence


def _worse(look: Look, best: Look, times: float, looks: Sequence[Look], noise: float) -> bool:
    """Worse than the best by that factor (the kernel distance has no zero to count from: by what is no chance), and by a twentieth of all
    that was gained."""
    if not isfinite(look.selection):
        return isfinite(best.selection)
    gained = max(each.selection for each in looks if isfinite(each.selection)) - best.selection
    chance = CHANCE * noise if isfinite(noise) else 0.0
    return look.selection > best.selection + max((times - 1) * abs(best.selection), chance) + 0.05 * gained


def _trend(looks: Sequence[Look], best: Look) -> str:
    now = looks[-1]
    if best is now:
        return f"the best score so far, {now.selection:.3g}"
    return f"the score is {now.selection:.3g}; the best, {best.selection:.3g}, was at image {best.images:,}"
