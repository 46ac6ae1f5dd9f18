"""How many generated examples of each class are tried."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

UNEQUAL = 1.5  # from which the largest class is that many times the smallest, classes count as unequal
MAX_GENERATED = 20_000  # examples in one arm


@dataclass(frozen=True)
class Amount:
    """Generated examples of each class. name: how they were chosen, in words."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


def are_unequal(counts: Sequence[int]) -> bool:
    """Whether some classes are clearly rarer than others."""
    return max(counts) >= UNEQUAL * min(counts)


def amounts(counts: Sequence[int], asked: int | None = None) -> list[Amount]:
    """The amounts to try, ascending.

    Args:
        counts: Real training examples of each class.
        asked: The number of generated examples; None: several are tried. Always the class that is rarest so far gets
            the next one.
    """
    if asked is not None:
        return [Amount("as asked", filled(counts, asked))]
    real = sum(counts)
    if are_unequal(counts):
        gap = max(counts) * len(counts) - real
        named = {"a quarter of what rarer classes lack": gap // 4, "half of what rarer classes lack": gap // 2}
        found = [Amount(name, filled(counts, total)) for name, total in named.items()]
        found += [Amount("all classes equally many", filled(counts, gap)), Amount("as in the data", tuple(counts))]
    else:
        shares = {"half as many as real": real // 2, "as many as real": real, "three times as many as real": 3 * real}
        found = [Amount(name, filled(counts, total)) for name, total in shares.items()]
    kept = {each.counts: each for each in (_limited(each) for each in found) if each.total}
    return sorted(kept.values(), key=lambda each: each.total)


def filled(counts: Sequence[int], total: int) -> tuple[int, ...]:
    """`total` new examples by class, each one for the class that has fewest by then."""
    order = [(count, number) for number, count in enumerate(counts)]
    heapq.heapify(order)
    new = [0] * len(counts)
    for _ in range(total):
        count, number = order[0]
        heapq.heapreplace(order, (count + 1, number))
        new[number] += 1
    return tuple(new)


def _limited(amount: Amount) -> Amount:
    """At most MAX_GENERATED, in the same proportions."""
    if amount.total <= MAX_GENERATED:
        return amount
    share = MAX_GENERATED / amount.total
    return Amount(f"{amount.name}, {share:.0%} of them", tuple(int(np.floor(count * share)) for count in amount.counts))
