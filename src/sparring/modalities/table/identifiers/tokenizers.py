"""Cut texts of each kind of personal data into tokens, from which `templates` are found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from . import name_lists
from .letters import MARKS, WORD, is_word, script
from .templates import Token, kinds

TOKENS = re.compile(rf"\d+|{WORD}|[\W_]")
MIXED_TOKENS = re.compile(
    rf"[^\W_](?:[^\W_]|[{MARKS}])*|[\W_]"
)  # where digits and letters follow one another in any order
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
    "port": tuple(map(str, range(1024, 65_536, 17))),
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


def codes(texts: Sequence[str]) -> list[list[Token]]:
    """Codes and numbers: tokens of digits and of letters; both together where these are mixed, as in 9f3c."""
    cut = [[Token(token) for token in TOKENS.findall(text)] for text in texts]
    if len({*map(kinds, cut)}) > max(MIN_KINDS, MAX_KINDS * len(cut)):
        return [[Token(token) for token in MIXED_TOKENS.findall(text)] for text in texts]
    return cut


def names(texts: Sequence[str]) -> list[list[Token]]:
    """Names of people, of which every word is made anew."""
    return [_name(text) for text in texts]


def only(part: str) -> Callable[[Sequence[str]], list[list[Token]]]:
    """Names that are all first names, or all last names."""
    pools = {"!first": f"!{part}", "!last": f"!{part}"}
    return lambda texts: [
        [Token(token.text, pools.get(token.pool, token.pool)) for token in _name(text)] for text in texts
    ]


def _name(text: str) -> list[Token]:
    if name_lists.east_asian(text) and " " not in text:
        last, first = name_lists.split_east_asian(text)
        return [Token(last, "last"), *([Token(first, "!first")] if first else [])]  # few have the same last name
    tokens = TOKENS.findall(text)
    return [
        _word(token, following == ".") if is_word(token) else Token(token)
        for token, following in zip(tokens, [*tokens[1:], ""], strict=True)
    ]


def _word(word: str, shortened: bool = False) -> Token:
    """shortened: does a full stop follow?"""
    folded, short = word.casefold(), 1 < len(word) <= MAX_TITLE
    if folded in TITLES or (short and (shortened or (word.islower() and len(word) < MAX_TITLE - 1))):
        return Token(word, "=")
    if len(word) == 1 and not name_lists.east_asian(word):
        return Token(word, "!letter" if script(word) == "LATIN" else "")
    first, last = (folded in name_lists.known(part) for part in ("first", "last"))
    return Token(word, "!first" if first and not last else "!last")


def mails(texts: Sequence[str]) -> list[list[Token]]:
    """E-mail addresses: words are made anew, and domains that few rows share."""
    counts = Counter(text.rpartition("@")[2].removesuffix(">") for text in texts)
    shared = {domain for domain, count in counts.items() if count >= MIN_ROWS_PER_DOMAIN}
    found = []
    for text in texts:
        local, _, domain = text.rpartition("@")
        start = local[: len("mailto:")] if local.lower().startswith("mailto:") else ""
        end, local = ">" if domain.endswith(">") else "", local[len(start) :]
        domain = domain.removesuffix(end)
        words = [_word(token.title()) if is_word(token) else Token(token) for token in TOKENS.findall(local)]
        words = [
            Token(token, each.pool.replace("=", "!last"))
            for token, each in zip(TOKENS.findall(local), words, strict=True)
        ]
        place = Token(domain, "=") if domain in shared else Token("example.com", "!domain")
        found.append(
            [*([Token(start, "=")] if start else []), *words, Token("@"), place, *([Token(end)] if end else [])]
        )
    return found


def words(texts: Sequence[str]) -> list[list[Token]]:
    """Addresses: words that few rows share are made anew."""
    return [[piece for token in TOKENS.findall(text) for piece in _place(token)] for text in texts]


def _place(token: str) -> list[Token]:
    if not is_word(token):
        return [Token(token)]
    if not name_lists.east_asian(token):
        stem, street = STREET.fullmatch(token).groups("")  # type: ignore[union-attr]
        kept = [Token(street, "=")] if street else []
        named = len(stem) > MAX_CODE or (not stem.isupper() and len(stem) > 1)
        return [Token(stem, "last") if named else Token(stem), *kept] if stem else kept
    pieces = [piece for piece in re.split(f"({EAST_ASIAN_PLACE.pattern})", token) if piece]
    return [Token(piece, "=" if EAST_ASIAN_PLACE.fullmatch(piece) else "last") for piece in pieces]


def webs(texts: Sequence[str]) -> list[list[Token]]:
    """URLs: the scheme and the last part of the host stay, words that few rows share are made anew."""
    found = []
    for text in texts:
        parts = WEB.fullmatch(text)
        scheme, www, host, path = parts.groups("") if parts else ("", "", "", text)
        name, dot, top = host.rpartition(".")
        tokens = [Token(each, "=") for each in (scheme, www) if each]
        tokens += [piece for token in TOKENS.findall(name) for piece in _place(token)]
        tokens += [Token(dot + top, "=")] if host else []
        found.append(tokens + [piece for token in TOKENS.findall(path) for piece in _place(token)])
    return found


def addresses_of_machines(texts: Sequence[str]) -> list[list[Token]]:
    """IP addresses: of those of version 4 the numbers that all have stay; others are codes."""
    if all(re.fullmatch(r"[\d.]+:\d+", text) for text in texts):
        parts = [text.partition(":") for text in texts]
        numbers = addresses_of_machines([address for address, _, _ in parts])
        return [[*each, Token(":"), Token(port, "port")] for each, (_, _, port) in zip(numbers, parts, strict=True)]
    if all(text.count(".") == 3 and ":" not in text for text in texts):
        rows = [text.split(".") for text in texts]
        pools = ["=" if len(set(octets)) == 1 else "!octet" for octets in zip(*rows, strict=True)]
        return [
            [piece for octet, pool in zip(row, pools, strict=True) for piece in (Token("."), Token(octet, pool))][1:]
            for row in rows
        ]
    return codes(texts)


def identity_numbers(texts: Sequence[str]) -> list[list[Token]]:
    """Of China: area, year, day, number, check; social security numbers of the USA; others are codes."""
    if all(re.fullmatch(r"\d{17}[\dXx]", text) for text in texts):
        return [
            [
                Token(text[:6]),
                Token(text[6:10], "="),
                Token(text[10:14], "!day"),
                Token(text[14:17]),
                Token(text[17:], "="),
            ]
            for text in texts
        ]
    if all(re.fullmatch(r"\d{3}-\d{2}-\d{4}", text) for text in texts):
        return [
            [
                Token(text[:3], "!area"),
                Token("-"),
                Token(text[4:6], "!group"),
                Token("-"),
                Token(text[7], "!digit"),
                Token(text[8:]),
            ]
            for text in texts
        ]
    return codes(texts)


TOKENIZERS: dict[str | None, Callable[[Sequence[str]], list[list[Token]]]] = {
    "name": names,
    "first name": only("first"),
    "last name": only("last"),
    "e-mail address": mails,
    "address": words,
    "URL": webs,
    "IP address": addresses_of_machines,
    "national identity number": identity_numbers,
}
