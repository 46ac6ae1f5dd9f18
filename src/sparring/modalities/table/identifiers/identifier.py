"""Identifiers and personal data, which are not learned: new values are made, in the format of those of training.

A value depends on the seed and the number of its row alone. Where values were all different, new ones are too. A new
value is one of training by chance only, where their form has room for few others; how often that happens is said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ....util.random import derive_seed
from . import check_digits, name_lists
from .letters import MARKS, is_word
from .templates import Templates, Token, find_templates, is_pool, template_from
from .tokenizers import POOLS, TOKENIZERS, TOKENS, codes

MAX_TRIED = 1000  # new values of which none should be an old one
MAX_READ = 20_000  # different values from which templates are read
CHECKED_SHARE = 0.9  # of the values of a known kind that must do so
MIN_CHECKED = 8  # values that must keep the rule of a check digit before new ones do
MIN_COUNTER_SHARE = 0.1  # of the numbers between the lowest and the highest code that occur: from here they are counted
MIN_NEW_SHARE = 0.8  # of rows with values of their own, from which new rows have such
WORDY_SHARE = 0.5  # of texts with a word in them, from which words are made of names, not of random letters
WORD = re.compile(rf"(?=\w*[^\W\d_A-Z])(?:[^\W\d_]|[{MARKS}]){{4,}}")
NUMBERS = re.compile(r"\D*\d+(?:(?:[^\w]+| ?[x\u00d7] ?)\d+)+\W*")  # 151/99, 1.2.18: several numbers without letters
MAX_INTEGER, MIN_INTEGER = 2**63 - 1, -(2**63)
CODE = re.compile(r"(.*?)(\d+)(\D*)", re.DOTALL)
NAMED = ("name", "first name", "last name", "e-mail address", "address", "URL")  # whose words are made from names
CHECKED = (None, "card number", "IBAN", "national identity number")  # kinds that may have check digits


def identifiers(
    values: Sequence[Any], kind: str | None = None, limits: tuple[int, int] | None = None
) -> dict[str, Any]:
    """What `new_identifiers` needs to make values like these.

    Args:
        values: of training rows, without empty ones.
        kind: one of personal.KINDS; None: codes of any sort.
        limits: of an integer type: new integers stay within, as long as there is room.
    """
    different = list(dict.fromkeys(values))
    count = {"values": len(different), "rows": len(values), "all_different": len(different) == len(values)}
    whole = bool(values) and all(isinstance(value, (int, np.integer)) for value in different)
    if whole and kind is None:
        low, high = limits or (MIN_INTEGER, MAX_INTEGER)
        return {**count, "form": "integer", "low": int(min(values)), "high": int(max(values)), "room": [low, high]}
    texts = [str(value) for value in different]
    counter = _counter(texts) if kind is None and count["all_different"] else None
    found = counter or _templates(texts[:: max(1, -(-len(texts) // MAX_READ))] or ["0"], kind, texts)
    made = {**count, **({"kind": kind} if kind else {}), **({"number": True} if whole else {}), **found}
    tried = set(map(str, new_identifiers(made, range(MAX_TRIED), 0, ""))) if texts else set()
    again = len(tried & set(texts)) / max(1, len(tried))
    form = _form_of_numbers(texts) if kind is None and not counter else ""
    return made | ({"again": again} if again else {}) | ({"numbers": form} if form else {})


def numbers(made: dict[str, Any], rows: range, seed: int, name: str) -> list[int]:
    """Which identifier each row has; where values occur again in training, some rows have the same."""
    if made["all_different"]:
        return list(rows)
    return [_again(row, derive_seed(seed, "which", name, row), made["values"], made["rows"]) for row in rows]


def new_identifiers(
    made: dict[str, Any], rows: range, seed: int, name: str, which: Sequence[int] | None = None
) -> list[Any]:
    """Identifiers for these rows.

    name: of the column, so that two columns get different identifiers. which: see `numbers`; None: by the rows alone.
    """
    about = derive_seed(seed, "identifier", name)
    which = numbers(made, rows, seed, name) if which is None else which
    if made["form"] == "integer":
        return [_counted(row, made["low"], made["high"], *made["room"]) for row in which]
    if made["form"] == "counter":
        low, high = made["low"], made["high"]
        room = (10 ** (made["width"] - 1) if made["width"] > 1 and not made["padded"] else 0, 10 ** made["width"] - 1)
        return [f"{made['before']}{_counted(row, low, high, *room):0{made['width']}d}{made['after']}" for row in which]
    templates = Templates(tuple(map(template_from, made["templates"])), made["pools"])
    texts = [templates.text(row, about) for row in which]
    if rule := made.get("check"):
        texts = [check_digits.completed(text, rule) for text in texts]
    return [int(text) for text in texts] if made.get("number") else texts


def _again(row: int, random: int, different: int, rows: int) -> int:
    """Which value a row has, where values occur again: as many again as in training, or few different ones for all."""
    if different < MIN_NEW_SHARE * rows or random % rows >= different:
        return random // rows % max(1, different)
    return row


def _counted(row: int, low: int, high: int, least: int, most: int) -> int:
    """The number of a row: on from the highest, then down from the lowest, then on beyond the limits."""
    above, below = max(0, most - high), max(0, low - least)
    if row < above:
        return high + 1 + row
    return low - 1 - (row - above) if row < above + below else most + 1 + (row - above - below)


def _counter(texts: Sequence[str]) -> dict[str, Any] | None:
    """Codes that differ in one number alone, many of whose values occur: ID-0001. None for others."""
    parts = [CODE.fullmatch(text) for text in texts]
    if len(texts) < 2 or not all(parts):
        return None
    before, after = ({part[group] for part in parts if part} for group in (1, 3))
    digits = [part[2] for part in parts if part]
    if len(before) > 1 or len(after) > 1 or len({*map(len, digits)}) > 1 and any(each[0] == "0" for each in digits):
        return None
    numbers = [int(each) for each in digits]
    if len(texts) / MIN_COUNTER_SHARE < max(numbers) - min(numbers) + 1:  # which may be too large for a float
        return None
    widths = {*map(len, digits)}
    return {
        "form": "counter",
        "before": before.pop(),
        "after": after.pop(),
        "low": min(numbers),
        "high": max(numbers),
        "width": max(widths) if len(widths) == 1 else 1,
        "padded": any(each[0] == "0" for each in digits),
    }


def _wordy(texts: Sequence[str]) -> bool:
    return sum(bool(WORD.search(text)) for text in texts) >= WORDY_SHARE * len(texts)


def _templates(texts: Sequence[str], kind: str | None, every: Sequence[str]) -> dict[str, Any]:
    """every: all texts, of which new names are none."""
    pools: dict[str, Sequence[str]] = dict(POOLS)
    if kind is None and _wordy(texts):
        kind = "address"
    if kind in NAMED:
        words = {token for text in every for token in TOKENS.findall(text) if is_word(token)}
        words |= {part for word in words if name_lists.east_asian(word) for part in name_lists.split_east_asian(word)}
        place, plain = name_lists.place_of(words), all(map(str.isascii, every))
        few = (
            kind == "name" and place in name_lists.EAST_ASIA
        )  # last names, each of so many people that it tells nobody
        first, last = (
            name_lists.pool(part, place, set() if few and part == "last" else words, plain)
            for part in ("first", "last")
        )
        pools |= {"first": first, "last": [name for name in last if name not in set(first)] or last}
    checked = texts if kind in CHECKED and len(texts) >= MIN_CHECKED else []
    rule = check_digits.rule_of(checked, 1.0 if kind is None else CHECKED_SHARE)
    if rule:
        texts = [text for text in texts if check_digits.CHECKS[rule].fits(check_digits.bare(text))]
    cut = TOKENIZERS.get(kind, codes)([check_digits.blanked(text, rule) for text in texts] if rule else texts)
    found = find_templates(cut or [[Token("0")]], pools)
    used = {slot[0][1:].partition(":")[0] for each in found for slot in each.slots if is_pool(slot)}
    return {
        "form": "templates",
        "templates": [each.describe() for each in found],
        "pools": {name: list(pools[name]) for name in sorted(used)},
        **({"check": rule} if rule else {}),
    }


def _form_of_numbers(texts: Sequence[str]) -> str:
    """The form of codes that may be measures, each written as several numbers: 000/00; "" where they are none.

    Codes have letters, or the same number of digits each.
    """
    if not all(NUMBERS.fullmatch(text) for text in texts) or len({re.sub(r"\d+", "0", text) for text in texts}) > 1:
        return ""
    return re.sub(r"\d", "0", max(texts, key=len)) if len({*map(len, texts)}) > 1 else ""
