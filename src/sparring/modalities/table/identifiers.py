"""Identifiers and free text, which are not learned.

New values are invented for each row from the seed and the number of the row.
"""

from __future__ import annotations

import math
import re
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...util.random import derive_seed, make_rng

ALPHABETS = (
    "0123456789",
    "0123456789abcdef",
    "0123456789ABCDEF",
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
)
ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MAX_READ = 10_000  # values from which a pattern is read
MIN_ROWS_PER_WORD = 5  # rows that must hold a word before it is used: rarer words may name a person
MAX_WORDS = 2000
MIN_POSSIBLE = (
    100  # times as many identifiers as in training must be possible, so that new ones are hardly ever known ones
)
MAX_INTEGER = 2**63 - 1


def identifiers(values: Sequence[Any]) -> dict[str, Any]:
    """The pattern of identifiers for `new_identifiers`: {"kind": "integer" | "uuid" | "template", ...}."""
    if values and all(isinstance(value, (int, np.integer)) for value in values):
        return {"kind": "integer", "low": int(min(values)), "high": int(max(values))}
    texts = [str(value) for value in values[:MAX_READ]]
    if all(UUID.fullmatch(text) for text in texts):
        return {"kind": "uuid"}
    length = Counter(map(len, texts)).most_common(1)[0][0]
    places = [_alphabet(set(place)) for place in zip(*(text for text in texts if len(text) == length), strict=True)]
    while math.prod(map(len, places)) < MIN_POSSIBLE * len(values):  # else new identifiers would belong to real rows
        places.append(_longer(places))
    return {"kind": "template", "places": places}


def new_identifiers(pattern: dict[str, Any], rows: range, seed: int, name: str) -> list[Any]:
    """Different identifiers for different rows, by the pattern.

    Integers go on where those of training end, or, where there is no room above, go down from where they begin. name:
    of the column, so that two columns get different identifiers.
    """
    if pattern["kind"] == "integer":
        up = pattern["high"] + rows.stop < MAX_INTEGER
        return [pattern["high"] + 1 + row if up else pattern["low"] - 1 - row for row in rows]
    if pattern["kind"] == "uuid":
        return [str(uuid.UUID(bytes=make_rng(seed, "uuid", name, row).bytes(16), version=4)) for row in rows]
    return [_spelled(row, pattern["places"], derive_seed(seed, "identifier", name)) for row in rows]


def words(values: Sequence[str]) -> dict[str, Any]:
    """What `new_texts` needs: words that several rows share, how often each occurs, and how many words a text has."""
    split = [value.split() for value in values]
    rows = Counter(word for each in split for word in set(each))
    shared = sorted(
        ((word, count) for word, count in rows.items() if count >= MIN_ROWS_PER_WORD),
        key=lambda each: (-each[1], each[0]),
    )[:MAX_WORDS]
    lengths = np.quantile([len(each) for each in split] or [1], np.linspace(0, 1, 11)).round().astype(int)
    return {
        "words": [word for word, _ in shared],
        "counts": [count for _, count in shared],
        "lengths": lengths.tolist(),
    }


def new_texts(known: dict[str, Any], rows: range, seed: int, name: str) -> list[str]:
    """Texts of words drawn as often as they occur in training; of random letters where no word is shared."""
    counts = np.array(known["counts"], dtype=float)
    made = []
    for row in rows:
        draw = make_rng(seed, "text", name, row)
        length = int(draw.choice(known["lengths"]))
        if len(counts):
            made.append(
                " ".join(known["words"][number] for number in draw.choice(len(counts), length, p=counts / counts.sum()))
            )
        else:
            made.append(" ".join("".join(draw.choice(list(ALPHABETS[3]), 5)) for _ in range(length)))
    return made


def _alphabet(seen: set[str]) -> str:
    """The one character at a place, or the smallest alphabet that holds all characters seen there."""
    if len(seen) == 1:
        return seen.pop()
    return next(
        (alphabet for alphabet in ALPHABETS if seen <= set(alphabet)), "".join(sorted(seen | set(ALPHANUMERIC)))
    )


def _longer(places: Sequence[str]) -> str:
    """The alphabet of one more place."""
    return ALPHANUMERIC if not places or len(places[-1]) < 2 else places[-1]


def _spelled(row: int, places: Sequence[str], start: int) -> str:
    """The text for a row, different from that of all other rows.

    Places are added where there are more rows than texts.
    """
    room = math.prod(map(len, places))
    while room <= 2 * row:
        places = [*places, _longer(places)]
        room *= len(places[-1])
    step = max(1, start % room)
    while math.gcd(step, room) != 1:  # else the multiples of step do not visit every number once
        step += 1
    number, letters = (row * step + step // 2) % room, []
    for place in reversed(places):
        number, digit = divmod(number, len(place))
        letters.append(place[digit])
    return "".join(reversed(letters))
