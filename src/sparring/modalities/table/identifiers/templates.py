"""Templates of texts such as codes, phone numbers, addresses and names: what stays, and what is made anew.

A text is cut into tokens (see `tokenizers`). Texts with the same kinds of tokens share a template. Each of its slots
holds the choices for a piece of the text: one, where all texts agree; some, where several rows share each; the
characters of an alphabet; or a pool, such as one of names. The texts of a template are numbered (mixed radix), and
numbers with the residue of a training text's number are left out, so that no new text is an old one.
"""

from __future__ import annotations

import base64
import hashlib
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from .letters import is_word, script_of

ALPHABETS = (
    "0123456789",
    "0123456789abcdef",
    "0123456789ABCDEF",
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
)
ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
MIN_ROWS_PER_WORD = 5  # rows that must hold a piece of text before it is used again: rarer ones may name a person
MAX_SHARED = 200  # different pieces of a slot that are kept as they are
SHARED_ROWS = 0.9  # of the rows whose pieces others share, from which all pieces of a slot are kept as they are
ROWS_PER_CHARACTER = 5  # rows for each character seen at a place, from which others do not occur there
NEAR, MAX_NEAR = 8, 400  # how far from letters of other scripts others are used, and in how wide a range
MAX_TEMPLATES = 60
MAX_TAKEN = 0.1  # of the possible texts may be training ones; else their residues would list them
Slot = str | tuple[str, ...]  # choices: the characters of a text, or several texts; ("@last:T",) is a pool


class Token(NamedTuple):
    """A piece of a text.

    pool: "" keeps what several rows share and makes other digits and letters one by one; "=" keeps all; a name is that
    of the pool from which pieces are made, and "!" before it says that pieces which rows share are made anew too.
    """

    text: str
    pool: str = ""


@dataclass(frozen=True)
class Template:
    """count: of training texts. taken: one byte for each residue, 1 where a training text has it, else 0."""

    count: int
    slots: tuple[Slot, ...]
    taken: bytes = b"\0"

    def describe(self) -> dict[str, Any]:
        """For codec.json."""
        slots = [slot if isinstance(slot, str) else list(slot) for slot in self.slots]
        bits = np.packbits(np.frombuffer(self.taken, np.uint8)).tobytes()
        taken = base64.b64encode(bits).decode("ascii")
        return {"count": self.count, "slots": slots, "modulus": len(self.taken), "taken": taken}


def template_from(description: dict[str, Any]) -> Template:
    """The inverse of Template.describe()."""
    bits = np.frombuffer(base64.b64decode(description["taken"]), np.uint8)
    taken = np.unpackbits(bits)[: int(description["modulus"])].tobytes()
    slots = tuple(slot if isinstance(slot, str) else tuple(slot) for slot in description["slots"])
    return Template(int(description["count"]), slots, taken)


class _Numbered:
    """The texts of a template by their numbers."""

    def __init__(self, template: Template, pools: dict[str, Sequence[str]]):
        self.choices = [_choices(slot, pools) for slot in template.slots]
        self.modulus, self.free = len(template.taken), np.flatnonzero(np.frombuffer(template.taken, np.uint8) == 0)
        self.room = math.prod(map(len, self.choices))
        whole, rest = divmod(self.room, self.modulus)
        self.possible = whole * len(self.free) + int(np.searchsorted(self.free, rest))
        self.length = sum(max(map(len, each)) for each in self.choices)
        made = [at for at, slot in enumerate(template.slots) if isinstance(slot, str) or is_pool(slot)]
        mail = template.slots.index(("@",)) if ("@",) in template.slots else len(template.slots)
        self.end = next((at + 1 for at in reversed(made) if at < mail), mail)  # where longer texts get longer

    def text(self, number: int, seed: int) -> str:
        """Different numbers have different texts; after the last possible one they get longer."""
        choices = list(self.choices)
        if number < self.possible:
            block, place = divmod(_scattered(number, self.possible, seed), len(self.free))
            return _spelled(choices, block * self.modulus + int(self.free[place]))
        number, room, more = number - self.possible, self.room, _longer(choices[self.end - 1] if self.end else "")
        choices.insert(self.end, more)
        while number >= (room := room * len(more)):
            number -= room
            choices.insert(self.end, more)
        return _spelled(choices, _scattered(number, room, seed))


@dataclass(frozen=True)
class Templates:
    """Several templates, used as often as in training."""

    templates: tuple[Template, ...]
    pools: dict[str, Sequence[str]]

    def text(self, row: int, seed: int) -> str:
        """The text for a row; different rows have different ones."""
        which, before = self._turns[row % len(self._turns)]
        number = row // len(self._turns) * self._in_turns[which] + before
        longest, templates = self._longest, len(self._numbered)
        if templates > 1 and which == longest:
            number *= 2
        elif templates > 1 and number >= (possible := self._numbered[which].possible):  # no more: longer texts instead
            which, number = longest, 2 * ((number - possible) * templates + which) + 1
        return self._numbered[which].text(number, seed + which)

    @cached_property
    def _numbered(self) -> list[_Numbered]:
        return [_Numbered(each, self.pools) for each in self.templates]

    @cached_property
    def _longest(self) -> int:
        return max(range(len(self._numbered)), key=lambda at: (self._numbered[at].length, self._numbered[at].room))

    @cached_property
    def _turns(self) -> list[tuple[int, int]]:
        """For each row of a cycle its template, and its number among the rows of this template."""
        counts = [each.count for each in self.templates]
        cycle = min(1000, sum(counts))
        shares = [max(1, round(count * cycle / sum(counts))) for count in counts]
        order = sorted(((at + 0.5) / share, which) for which, share in enumerate(shares) for at in range(share))
        seen: Counter[int] = Counter()
        found = []
        for _, which in order:
            found.append((which, seen[which]))
            seen[which] += 1
        return found

    @cached_property
    def _in_turns(self) -> Counter[int]:
        return Counter(which for which, _ in self._turns)


def find_templates(cut: Sequence[Sequence[Token]], pools: dict[str, Sequence[str]]) -> tuple[Template, ...]:
    """The most frequent templates of different texts that were cut into tokens."""
    groups = defaultdict(list)
    for tokens in _with_kept_words(cut):
        groups[kinds(tokens)].append(tokens)
    found = []
    for members in sorted(groups.values(), key=lambda group: (-len(group), group[0]))[:MAX_TEMPLATES]:
        for wide in (False, True):  # where characters that were seen leave no room for others, there are more
            pieces = [piece for place in zip(*members, strict=True) for piece in _slots(place, wide)]
            template = Template(len(members), tuple(slot for slot, _ in pieces))
            template = _without_taken(template, [parts for _, parts in pieces], pools)
            if 0 in template.taken:
                break
        found.append(template)
    roomy = [each for each in found if 0 in each.taken]
    return tuple(roomy or found)


def _with_kept_words(cut: Sequence[Sequence[Token]]) -> list[Sequence[Token]]:
    """Words that (nearly) all texts have stay as they are, however few texts share a template: Branch 1, Branch 10."""
    counts = Counter(word for tokens in cut for word in {token.text for token in tokens if token.text.isalpha()})
    enough = max(MIN_ROWS_PER_WORD, SHARED_ROWS * len(cut))
    kept = {word for word, count in counts.items() if count >= enough}
    return [
        [Token(token.text, "=") if token.text in kept and not token.pool.startswith("!") else token for token in tokens]
        for tokens in cut
    ]


def kinds(tokens: Sequence[Token]) -> tuple[str, ...]:
    """What texts have in common that share a template."""
    return tuple(map(_kind, tokens))


def _kind(token: Token) -> str:
    if token.pool:
        return token.pool + (_case(token.text) if token.text.isalpha() else "")
    if token.text.isdigit():
        return f"d{len(token.text)}"
    return f"a{len(token.text)}" if token.text.isalnum() or is_word(token.text) else token.text


def _case(word: str) -> str:
    return "l" if word.islower() else "U" if word.isupper() and len(word) > 1 else "T"


def _slots(tokens: Sequence[Token], wide: bool) -> list[tuple[Slot, list[str]]]:
    """The slots for the tokens at one place of a template, with what stands there in each text. wide: see _alphabet."""
    texts, pool = [token.text for token in tokens], tokens[0].pool
    counts = Counter(texts)
    shared = sorted(text for text, count in counts.items() if count >= MIN_ROWS_PER_WORD)
    some = shared and len(shared) <= MAX_SHARED and sum(counts[text] for text in shared) >= SHARED_ROWS * len(texts)
    if pool == "=" or (len(counts) == 1 and not any(map(str.isalnum, texts[0]))):
        return [(tuple(sorted(counts)), texts)]
    if some and not pool.startswith("!"):
        return [(tuple(shared), texts)]
    if pool:
        case = f":{_case(texts[0])}" if texts[0].isalpha() else ""
        return [((f"@{pool.lstrip('!')}{case}",), texts)]
    return [(_alphabet(place, at == 0, wide), list(place)) for at, place in enumerate(zip(*texts, strict=True))]


def _alphabet(seen: Sequence[str], leading: bool, wide: bool) -> str:
    """The characters seen at a place, or the smallest alphabet with all of them where there are few rows (or `wide`).

    A leading 0 is only used where one was seen.
    """
    different = sorted(set(seen))
    if len(seen) >= ROWS_PER_CHARACTER * len(different) and not (wide and all(map(str.isdigit, different))):
        return "".join(different)
    known = next((alphabet for alphabet in ALPHABETS if set(different) <= set(alphabet)), None) or _own(different)
    known = known or "".join(sorted({*different, *ALPHANUMERIC}))
    return known.lstrip("0") if leading and "0" not in different and known == ALPHABETS[0] else known


def _own(different: Sequence[str]) -> str:
    """The characters of other scripts than the Latin one: all digits of it, or the letters around those seen."""
    if any(map(str.isascii, different)):
        return ""
    if all(map(str.isdecimal, different)):
        zeros = {chr(ord(digit) - unicodedata.digit(digit)) for digit in different}
        return "".join(chr(ord(zero) + digit) for zero in sorted(zeros) for digit in range(10))
    scripts = {*map(script_of, different)}
    near = range(max(0, ord(different[0]) - NEAR), ord(different[-1]) + NEAR)
    kinds = {*map(unicodedata.category, different)}
    found = {chr(code) for code in near if unicodedata.category(chr(code)) in kinds and script_of(chr(code)) in scripts}
    return "".join(sorted(found | {*different})) if len(near) <= MAX_NEAR else "".join(different)


def _without_taken(template: Template, pieces: list[list[str]], pools: dict[str, Sequence[str]]) -> Template:
    """The template with the residues that training texts have."""
    choices = [_choices(slot, pools) for slot in template.slots]
    places = [{choice: at for at, choice in enumerate(each)} for each in choices]
    numbers = set()
    for parts in zip(*pieces, strict=True):
        number = 0
        for part, known in zip(parts, places, strict=True):
            if part not in known:
                break
            number = number * len(known) + known[part]
        else:
            numbers.add(number)
    if len(numbers) / MAX_TAKEN > math.prod(map(len, choices)):  # the product may be too large for a float
        return Template(template.count, template.slots, b"\1")
    taken = bytearray(2 * len(numbers) + 1)
    for number in numbers:
        taken[number % len(taken)] = 1
    return Template(template.count, template.slots, bytes(taken))


def is_pool(slot: Slot) -> bool:
    """Does a slot name a pool, such as ("@last:T",)?"""
    return not isinstance(slot, str) and len(slot) == 1 and len(slot[0]) > 1 and slot[0].startswith("@")


def _choices(slot: Slot, pools: dict[str, Sequence[str]]) -> Sequence[str]:
    if not is_pool(slot):
        return slot
    name, _, case = slot[0][1:].partition(":")
    change = {"l": str.lower, "U": str.upper}.get(case, str)
    return [change(word) for word in pools[name]]


def _longer(choices: Sequence[str]) -> Sequence[str]:
    """The choices of one more place after a slot."""
    if isinstance(choices, str):
        return next((alphabet for alphabet in ALPHABETS if set(choices) <= set(alphabet)), choices + ALPHABETS[0])
    return [f"-{word}" for word in choices] if len(choices) > 1 else [f"-{digit}" for digit in ALPHABETS[0]]


def _spelled(choices: Sequence[Sequence[str]], number: int) -> str:
    pieces = []
    for each in reversed(choices):
        number, digit = divmod(number, len(each))
        pieces.append(each[digit])
    return "".join(reversed(pieces))


def _scattered(number: int, room: int, seed: int) -> int:
    """A permutation of the numbers below room: a Feistel network with cycle walking (Black & Rogaway 2002)."""
    wide = math.isqrt(max(0, room - 1)) + 1
    narrow = -(-room // wide)
    while True:
        left, right = divmod(number, narrow)
        for turn in range(2):
            left = (left + _mixed(seed, turn, right)) % wide
            right = (right + _mixed(seed, turn, left)) % narrow
        number = left * narrow + right
        if number < room:
            return number


def _mixed(seed: int, turn: int, value: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed} {turn} {value}".encode(), digest_size=64).digest(), "little")
