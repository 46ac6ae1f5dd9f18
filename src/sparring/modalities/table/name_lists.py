"""Names of people, from the lists of Faker (faker.readthedocs.io), by place."""

from __future__ import annotations

import importlib
import pkgutil
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ...errors import UserError

LETTERS_OF_EAST_ASIA = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")
LIKE_LATIN = ("en_US", "es_ES", "it_IT", "de_DE", "fr_FR")  # places whose names do where others are too few
EAST_ASIA = ("zh_CN", "zh_TW", "ja_JP", "ko_KR")
MIN_LETTERS = 3  # of words that tell a place
ENOUGH_NAMES, MIN_NAMES = 300, 30  # new names that are enough; with fewer than the second, old ones are used too
MAX_NAMES = 2000  # of each kind that are kept for making new ones


@dataclass
class Names:
    """First and last names of a place."""

    first: set[str]
    last: set[str]


@cache
def lists() -> dict[str, Names]:
    """Names by place, such as de_AT. Raises UserError where Faker is not installed."""
    try:
        import faker.providers.person as people
    except ImportError:
        raise UserError('names of people need Faker; run: pip install "sparring[table]"') from None
    found = {}
    for module in pkgutil.iter_modules(people.__path__):
        provider = importlib.import_module(f"{people.__name__}.{module.name}").Provider
        found[module.name] = Names(
            _strings(provider, "first_name") | _strings(provider, "first_romanized_name"),
            _strings(provider, "last_name") | _strings(provider, "last_romanized_name"),
        )
    return found


def _strings(provider: type, start: str) -> set[str]:
    every = [getattr(provider, name) for name in dir(provider) if name.startswith(start)]
    names = {name for each in every if isinstance(each, (list, tuple, dict)) for name in each}
    return {name for name in names if isinstance(name, str) and name}


@cache
def known(part: str) -> frozenset[str]:
    """All names of a part ("first" or "last") of all places, with case folded."""
    return frozenset(name.casefold() for names in lists().values() for name in getattr(names, part))


def place_of(words: Iterable[str]) -> str:
    """The place with most of these words among its names; the USA, or China, where none is known."""
    there = {word.casefold() for word in words}
    eastern = {word for word in there if east_asian(word)}
    east = len(eastern) > len(there) / 2
    there = eastern if east else {word for word in there if len(word) >= MIN_LETTERS}
    counts = {
        place: sum(name.casefold() in there for part in (names.first, names.last) for name in part)
        for place, names in lists().items()
        if (place in EAST_ASIA) == east
    }
    best = max(sorted(counts), key=lambda place: (counts[place], -len(lists()[place].first)))
    return best if counts[best] else ("zh_CN" if east else "en_US")


def pool(part: str, place: str, without: Iterable[str], ascii_only: bool) -> list[str]:
    """Names to make new ones of, of a place or others that are like it; none of those given, if there are others.

    No name is the beginning of another, so that names can follow one another and still be told apart.
    """
    old = {name.casefold() for name in without}
    every: set[str] = set()
    kin = sorted(other for other in lists() if other[:2] == place[:2] and other != place)
    for other in (place, *kin, *LIKE_LATIN):
        if other in LIKE_LATIN and other != place and not (ascii_only or _latin(place)):
            break
        names = [_plain(name) if ascii_only else name for name in getattr(lists()[other], part)]
        if place in EAST_ASIA and not ascii_only:
            names = [name for name in names if east_asian(name)]
        every |= {name for name in names if name.isalpha() and not any(letter.isupper() for letter in name[1:])}
        if len(fresh := {name for name in every if name.casefold() not in old}) >= ENOUGH_NAMES:
            break
    kept = sorted(fresh if len(fresh) >= MIN_NAMES else every)
    if not east_asian("".join(kept[:50])):
        kept = [name for name, after in zip(kept, [*kept[1:], ""], strict=True) if not after.startswith(name)]
    return kept[:: max(1, -(-len(kept) // MAX_NAMES))]


def _latin(place: str) -> bool:
    return sum(name[0].isascii() for name in lists()[place].last) > len(lists()[place].last) / 2


def _plain(name: str) -> str:
    """Without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", name) if letter.isascii())


def east_asian(text: str) -> bool:
    """Are all letters of this text Chinese, Japanese or Korean?"""
    letters = [letter for letter in text if letter.isalpha()]
    return bool(letters) and all(unicodedata.name(letter, "").startswith(LETTERS_OF_EAST_ASIA) for letter in letters)


def split_east_asian(text: str) -> tuple[str, str]:
    """The last name, which comes first, and the first name of a text without a space."""
    for width in (2, 1):
        if len(text) > width and text[:width].casefold() in known("last"):
            return text[:width], text[width:]
    return text[:1], text[1:]
