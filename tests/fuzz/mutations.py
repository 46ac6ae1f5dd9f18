"""Mutations of files: of any bytes, and of texts and JSON values in the places of their values. All seeded."""

from __future__ import annotations

import json
import random
import re

TOKENS = (
    *("", "nan", "NaN", "inf", "-1", "0", "1e308", "1e999", "9" * 30, "null", "true", "[]", "{}", '""', "''"),
    *("..", "../x", "/etc/passwd", "\x00", "\x1b[31m", "\u202e", "ü", "\ufeff", "=1+1", "2024-13-45", "1,5", "- a: b"),
    *("!!python/object:os.system", "&a [*a]", "x" * 5000, "\n", "\r", "\t", ";", '"', "'", "\\"),
)
VALUES = (
    *(None, True, False, 0, -1, 1.5, 1e308, -1e308, float("nan"), float("inf"), 10**40, 1 << 31, "", "x", "\x00", "ü"),
    *([], {}, [[]], {"a": {}}, ["x"], [None], "../x", "x" * 5000, [0] * 200),
)
MAX_BYTES = 1 << 20  # of a mutated file


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The bytes after one to four mutations."""
    for _ in range(rng.randint(1, 4)):
        data = rng.choice(MUTATIONS)(data, rng)[:MAX_BYTES]
    return data


def mutated_json(value, rng):
    """JSON values of which one to three are replaced, removed or doubled."""
    value = json.loads(json.dumps(value))
    for _ in range(rng.randint(1, 3)):
        places = list(_places(value))
        if not places:
            return value
        holder, key = rng.choice(places)
        how = rng.random()
        if how < 0.7:
            holder[key] = json.loads(json.dumps(rng.choice(VALUES)))
        elif how < 0.85:
            del holder[key]
        elif isinstance(holder, list):
            holder.append(holder[key])
        else:
            holder[f"{key}x"] = holder[key]
    return value


def _places(value):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def _flip(data, rng):
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8)) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(data, rng):
    start = rng.randrange(len(data) + 1)
    return data[:start] + rng.choice((b"\x00", b"\xff", rng.randbytes(4))) * rng.randint(1, 8) + data[start + 8 :]


def _truncate(data, rng):
    return data[: rng.randrange(len(data) + 1)]


def _insert(data, rng):
    place = rng.randrange(len(data) + 1)
    return data[:place] + rng.randbytes(rng.choice((1, 2, 16, 300))) + data[place:]


def _duplicate(data, rng):
    start, stop = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:stop] + data[start:stop] + data[stop:]


def _remove(data, rng):
    start, stop = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[stop:]


def _swap(data, rng):
    first, second, third, last = sorted(rng.randrange(len(data) + 1) for _ in range(4))
    return data[:first] + data[third:last] + data[second:third] + data[first:second] + data[last:]


def _token(data, rng):
    """A word or number of a text replaced by a hostile one; in other files some letters."""
    words = list(re.finditer(rb"[\w.+-]+", data))
    if not words:
        return data + rng.choice(TOKENS).encode()
    word = rng.choice(words)
    return data[: word.start()] + rng.choice(TOKENS).encode() + data[word.end() :]


MUTATIONS = (_flip, _overwrite, _truncate, _insert, _duplicate, _remove, _swap, _token)
