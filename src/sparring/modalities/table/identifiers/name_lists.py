"""Names of people, from the lists of Faker (faker.readthedocs.io), by place."""

from __future__ import annotations

import importlib
import pkgutil
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice, product

from ....errors import UserError
from .letters import is_word, script

LETTERS_OF_EAST_ASIA = ("CJK", "HANGUL", "HIRAGANA", "KATAKANA")
LIKE_LATIN = ("en_US", "es_ES", "it_IT", "de_DE", "fr_FR")  # places whose names do where others are too few
EAST_ASIA = ("zh_CN", "zh_TW", "ja_JP", "ko_KR")
MIN_LETTERS = 3  # of words that tell a place
ENOUGH_NAMES, MIN_NAMES = 300, 30  # new names that are enough; with fewer than the second, more are made of halves
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
def given_characters() -> frozenset[str]:
    """The characters of first names of East Asia, which combine them freely."""
    names = {name for place in EAST_ASIA for name in lists()[place].first}
    return frozenset(letter for name in names if east_asian(name) for letter in name)


@cache
def known(part: str) -> frozenset[str]:
    """All names of a part ("first" or "last") of all places, and words of long ones, with case folded."""
    every = {name.casefold() for names in lists().values() for name in getattr(names, part)}
    return frozenset(every | {word for name in every for word in name.split() if not word.isascii()})


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
    """Names to make new ones of, of a place or others that are like it, in the same script; none of those given.

    Where the lists hold no others, names are made of the halves of two. No name is the beginning of another, so that
    names can follow one another and still be told apart.
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
        every |= {name for name in names if is_word(name) and not any(letter.isupper() for letter in name[1:])}
        if len(fresh := {name for name in every if name.casefold() not in old}) >= ENOUGH_NAMES:
            break
    if not ascii_only and not east_asian("".join([*every][:50])):
        fresh = _in_script_of(old, fresh)
    kept = sorted(
        fresh
        if len(fresh) >= MIN_NAMES
        else {*fresh, *_blended(sorted(every if place in EAST_ASIA else every | {*without}), old)}
    )
    if not east_asian("".join(kept[:50])):
        kept = [name for name, after in zip(kept, [*kept[1:], ""], strict=True) if not after.startswith(name)]
    return kept[:: max(1, -(-len(kept) // MAX_NAMES))]


def _in_script_of(old: set[str], names: set[str]) -> set[str]:
    """The names in the script that most of the old ones are in, if there are any."""
    scripts = Counter(map(script, old)).most_common(1)
    alike = {name for name in names if scripts and script(name) == scripts[0][0]}
    return alike or names


def _blended(names: list[str], old: set[str]) -> set[str]:
    """As many names as are enough, each of the first half of one name and the second half of another."""
    names = names[:: max(1, len(names) // ENOUGH_NAMES)]
    pairs = product(range(1, max(2, len(names))), range(len(names)))
    made = (_halves(names[at], names[(at + away) % len(names)]) for away, at in pairs) if names else iter(())
    return set(islice((name for name in made if name.casefold() not in old), ENOUGH_NAMES))


def _halves(one: str, other: str) -> str:
    return one[: -(-len(one) // 2)] + other[len(other) // 2 :].lower()


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
