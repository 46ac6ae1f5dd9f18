"""How texts of each kind of personal data are cut into runs (see `templates`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from . import name_lists
from .templates import Run, kinds

RUNS = re.compile(r"\d+|[^\W\d_]+|[\W_]")
MIXED_RUNS = re.compile(r"[^\W_]+|[\W_]")  # where digits and letters follow one another in any order
MAX_KINDS, MIN_KINDS = 0.05, 8  # of texts: with more kinds, where digits and letters stand says nothing
EAST_ASIAN_PLACE = re.compile(r"[省市区县州镇乡村路街道巷弄号楼室都府県郡町丁目番地시도구군읍면동로길]")
STREET = re.compile(  # a word for a street, or the end of one
    r"(.*?)((?:stra(?:ss|ß)e|str|weg|platz|gasse|allee|ring|damm|straat|laan|plein|gatan|vägen|gade|vej)"
    r"|(?<!\w)(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|square|sq|place|pl|apt|suite|unit|"
    r"rue|chemin|impasse|calle|avenida|plaza|paseo|carrera|via|viale|piazza|corso|rua|travessa|de|la|du|des|del))?",
    re.IGNORECASE,
)
WEB = re.compile(r"((?:https?|ftp)://)?(www\.)?([^/?#:]+)(.*)", re.DOTALL | re.IGNORECASE)
DOMAINS = ("example.com", "example.net", "example.org")  # RFC 2606: nobody's
MIN_ROWS_PER_DOMAIN = 5
MAX_TITLE = 5  # letters of a title such as Prof., or (less 2) of a particle such as von
MAX_CODE = 3  # letters of a code in capitals, such as that of a state
POOLS: dict[str, tuple[str, ...]] = {
    "letter": tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "octet": tuple(map(str, range(256))),
    "domain": DOMAINS,
    "area": tuple(f"{area:03d}" for area in range(1, 900) if area != 666),  # of a social security number
    "group": tuple(f"{group:02d}" for group in range(1, 100)),
    "digit": tuple("123456789"),
    "day": tuple(f"{month:02d}{day:02d}" for month in range(1, 13) for day in range(1, 29)),
}
TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "dr", "prof", "herr", "frau", "sir", "jr", "sr", "md", "phd", "dds", "dvm", "mme")
    + ("ii", "iii", "iv", "v", "von", "van", "de", "der", "den", "la", "di", "da", "del", "dos", "bin", "al", "el")
)


def codes(texts: Sequence[str]) -> list[list[Run]]:
    """Codes and numbers: runs of digits and of letters; both together where these are mixed, as in 9f3c."""
    cut = [[Run(run) for run in RUNS.findall(text)] for text in texts]
    if len({*map(kinds, cut)}) > max(MIN_KINDS, MAX_KINDS * len(cut)):
        return [[Run(run) for run in MIXED_RUNS.findall(text)] for text in texts]
    return cut


def names(texts: Sequence[str]) -> list[list[Run]]:
    """Names of people, of which every word is made anew."""
    return [_name(text) for text in texts]


def only(part: str) -> Callable[[Sequence[str]], list[list[Run]]]:
    """Names that are all first names, or all last names."""
    pools = {"!first": f"!{part}", "!last": f"!{part}"}
    return lambda texts: [[Run(run.text, pools.get(run.pool, run.pool)) for run in _name(text)] for text in texts]


def _name(text: str) -> list[Run]:
    if name_lists.east_asian(text) and " " not in text:
        last, first = name_lists.split_east_asian(text)
        return [Run(last, "!last"), *([Run(first, "!first")] if first else [])]
    runs = RUNS.findall(text)
    return [
        _word(run, following == ".") if run.isalpha() else Run(run)
        for run, following in zip(runs, [*runs[1:], ""], strict=True)
    ]


def _word(word: str, shortened: bool = False) -> Run:
    """shortened: does a full stop follow?"""
    folded, short = word.casefold(), 1 < len(word) <= MAX_TITLE
    if folded in TITLES or (short and (shortened or (word.islower() and len(word) < MAX_TITLE - 1))):
        return Run(word, "=")
    if len(word) == 1 and not name_lists.east_asian(word):
        return Run(word, "!letter")
    first, last = (folded in name_lists.known(part) for part in ("first", "last"))
    return Run(word, "!first" if first and not last else "!last")


def mails(texts: Sequence[str]) -> list[list[Run]]:
    """E-mail addresses: words are made anew, and domains that few rows share."""
    counts = Counter(text.rpartition("@")[2] for text in texts)
    shared = {domain for domain, count in counts.items() if count >= MIN_ROWS_PER_DOMAIN}
    found = []
    for text in texts:
        local, _, domain = text.rpartition("@")
        words = [_word(run.title()) if run.isalpha() else Run(run) for run in RUNS.findall(local)]
        words = [
            Run(run, each.pool.replace("=", "!last")) for run, each in zip(RUNS.findall(local), words, strict=True)
        ]
        found.append([*words, Run("@"), Run(domain) if domain in shared else Run("example.com", "!domain")])
    return found


def words(texts: Sequence[str]) -> list[list[Run]]:
    """Addresses: words that few rows share are made anew."""
    return [[piece for run in RUNS.findall(text) for piece in _place(run)] for text in texts]


def _place(run: str) -> list[Run]:
    if not run.isalpha():
        return [Run(run)]
    if not name_lists.east_asian(run):
        stem, street = STREET.fullmatch(run).groups("")  # type: ignore[union-attr]
        kept = [Run(street, "=")] if street else []
        named = len(stem) > MAX_CODE or (not stem.isupper() and len(stem) > 1)
        return [Run(stem, "last") if named else Run(stem), *kept] if stem else kept
    pieces = [piece for piece in re.split(f"({EAST_ASIAN_PLACE.pattern})", run) if piece]
    return [Run(piece, "=" if EAST_ASIAN_PLACE.fullmatch(piece) else "last") for piece in pieces]


def webs(texts: Sequence[str]) -> list[list[Run]]:
    """URLs: the scheme and the last part of the host stay, words that few rows share are made anew."""
    found = []
    for text in texts:
        parts = WEB.fullmatch(text)
        scheme, www, host, path = parts.groups("") if parts else ("", "", "", text)
        name, dot, top = host.rpartition(".")
        runs = [Run(each, "=") for each in (scheme, www) if each]
        runs += [piece for run in RUNS.findall(name) for piece in _place(run)]
        runs += [Run(dot + top, "=")] if host else []
        found.append(runs + [piece for run in RUNS.findall(path) for piece in _place(run)])
    return found


def addresses_of_machines(texts: Sequence[str]) -> list[list[Run]]:
    """IP addresses: of those of version 4 the numbers that all have stay; others are codes."""
    if all(text.count(".") == 3 for text in texts):
        rows = [text.split(".") for text in texts]
        pools = ["=" if len(set(octets)) == 1 else "!octet" for octets in zip(*rows, strict=True)]
        return [
            [piece for octet, pool in zip(row, pools, strict=True) for piece in (Run("."), Run(octet, pool))][1:]
            for row in rows
        ]
    return codes(texts)


def identity_numbers(texts: Sequence[str]) -> list[list[Run]]:
    """Of China: area, year, day, number, check; social security numbers of the USA; others are codes."""
    if all(re.fullmatch(r"\d{17}[\dXx]", text) for text in texts):
        return [
            [Run(text[:6]), Run(text[6:10], "="), Run(text[10:14], "!day"), Run(text[14:17]), Run(text[17:], "=")]
            for text in texts
        ]
    if all(re.fullmatch(r"\d{3}-\d{2}-\d{4}", text) for text in texts):
        return [
            [
                Run(text[:3], "!area"),
                Run("-"),
                Run(text[4:6], "!group"),
                Run("-"),
                Run(text[7], "!digit"),
                Run(text[8:]),
            ]
            for text in texts
        ]
    return codes(texts)


CUTTERS: dict[str | None, Callable[[Sequence[str]], list[list[Run]]]] = {
    "name": names,
    "first name": only("first"),
    "last name": only("last"),
    "e-mail address": mails,
    "address": words,
    "URL": webs,
    "IP address": addresses_of_machines,
    "national identity number": identity_numbers,
}
