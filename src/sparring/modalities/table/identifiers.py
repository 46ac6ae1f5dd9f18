"""Columns that are not learned: identifiers and free text. New values are made up for each row, from the seed and the row's number alone."""

from __future__ import annotations

import math
import re
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...util.random import derive_seed, make_rng

ALPHABETS = ("0123456789", "0123456789abcdef", "0123456789ABCDEF", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
OTHERWISE = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LOOKED_AT = 10_000  # values from which a pattern is read
SHARED = 5  # rows that a word must be in before it is written again: rarer ones may name somebody
MOST_WORDS = 2000
SPARSE = 100  # times as many identifiers as were seen must be possible, so that new ones are hardly ever old ones
LARGEST = 2**63 - 1


def identifiers(values: Sequence[Any]) -> dict[str, Any]:
    """The pattern of identifiers, for `new_identifiers`: {"kind": "integer" | "uuid" | "template", ...}."""
    if values and all(isinstance(value, (int, np.integer)) for value in values):
        return {"kind": "integer", "low": int(min(values)), "high": int(max(values))}
    texts = [str(value) for value in values[:LOOKED_AT]]
    if all(UUID.fullmatch(text) for text in texts):
        return {"kind": "uuid"}
    length = Counter(map(len, texts)).most_common(1)[0][0]
    places = [_alphabet(set(place)) for place in zip(*(text for text in texts if len(text) == length), strict=True)]
    while math.prod(map(len, places)) < SPARSE * len(values):  # else new ones would be those of somebody
        places.append(_longer(places))
    return {"kind": "template", "places": places}


def new_identifiers(pattern: dict[str, Any], rows: range, seed: int, name: str) -> list[Any]:
    """Different values for different rows, as the pattern says: integers go on from where the training ones end (where a number has no room for that,
    down from where they begin). name: of the column, so that two have different ones."""
    if pattern["kind"] == "integer":
        up = pattern["high"] + rows.stop < LARGEST
        return [pattern["high"] + 1 + row if up else pattern["low"] - 1 - row for row in rows]
    if pattern["kind"] == "uuid":
        return [str(uuid.UUID(bytes=make_rng(seed, "uuid", name, row).bytes(16), version=4)) for row in rows]
    return [_spelled(row, pattern["places"], derive_seed(seed, "identifier", name)) for row in rows]


def words(values: Sequence[str]) -> dict[str, Any]:
    """What `new_texts` needs: the words that several rows share, how often, and how many words a text has."""
    split = [value.split() for value in values]
    rows = Counter(word for each in split for word in set(each))
    shared = sorted(((word, count) for word, count in rows.items() if count >= SHARED), key=lambda each: (-each[1], each[0]))[:MOST_WORDS]
    lengths = np.quantile([len(each) for each in split] or [1], np.linspace(0, 1, 11)).round().astype(int)
    return {"words": [word for word, _ in shared], "counts": [count for _, count in shared], "lengths": lengths.tolist()}


def new_texts(known: dict[str, Any], rows: range, seed: int, name: str) -> list[str]:
    """Words drawn as often as they were seen; where no word was shared, letters."""
    counts = np.array(known["counts"], dtype=float)
    made = []
    for row in rows:
        draw = make_rng(seed, "text", name, row)
        length = int(draw.choice(known["lengths"]))
        if len(counts):
            made.append(" ".join(known["words"][number] for number in draw.choice(len(counts), length, p=counts / counts.sum())))
        else:
            made.append(" ".join("".join(draw.choice(list(ALPHABETS[3]), 5)) for _ in range(length)))
    return made


def _alphabet(seen: set[str]) -> str:
    """One character that is always the same, or the smallest alphabet that holds all that were seen."""
    if len(seen) == 1:
        return seen.pop()
    return next((alphabet for alphabet in ALPHABETS if seen <= set(alphabet)), "".join(sorted(seen | set(OTHERWISE))))


def _longer(places: Sequence[str]) -> str:
    """The alphabet of one place more."""
    return OTHERWISE if not places or len(places[-1]) < 2 else places[-1]


def _spelled(row: int, places: Sequence[str], start: int) -> str:
    """The row's own text of these places, scattered over all there can be; longer than those seen, where they do not suffice."""
    room = math.prod(map(len, places))
    while room <= 2 * row:
        places = [*places, _longer(places)]
        room *= len(places[-1])
    step = max(1, start % room)
    while math.gcd(step, room) != 1:  # else its multiples do not visit every number once
        step += 1
    number, letters = (row * step + step // 2) % room, []
    for place in reversed(places):
        number, digit = divmod(number, len(place))
        letters.append(place[digit])
    return "".join(reversed(letters))
