"""Which columns tell who somebody is: names, addresses, numbers of phones, cards, accounts and the like.

A column is recognised by what most of its values look like. Its name is a hint, with which fewer values suffice.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from .check_digits import CARD_LENGTHS, bare, rule_of, valid
from .letters import MARKS
from .name_lists import east_asian, given_characters, known, split_east_asian
from .tokenizers import TITLES

MAX_READ = 2000  # different values that are looked at
MIN_DIFFERENT = 8  # values from which a column without a telling name is recognised
MIN_NAMES = 20  # the same for names of people, which words of other kinds resemble
ALIKE = 0.95  # of values that may be such, beside HINTED that can hardly be anything else
SURE, HINTED = 0.9, 0.5  # shares of values that must look like it, without and with a hint
NAMES_SURE, NAMES_HINTED = 0.6, 0.25  # for names, of which no list has all
EASTERN_SURE = 0.8  # the same for names without a space between
NAMES_ALONE_SURE = 0.95  # for columns of first names or last names alone, which are words and places too
_MAIL = r"[^\s@<>,;:]+@[^\s@<>,;]+\.[^\s@<>,;]{2,}"
EMAIL = re.compile(rf"(?:mailto:)?{_MAIL}|[^<>@]*<{_MAIL}>", re.IGNORECASE)
PORT = re.compile(r"([\d.]+|\[[\da-f:.]+\]):\d{1,5}", re.IGNORECASE)  # of an address of a machine
URL = re.compile(r"(?:https?|ftp)://\S+|www\.\S+\.\S+", re.IGNORECASE)
UUID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}", re.IGNORECASE)
MAC = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}", re.IGNORECASE)
PHONE = re.compile(r"(?:tel:)?\+?[\d\s()./-]{6,24}(?:\s?(?:x|ext\.?)\s?\d{1,6})?", re.IGNORECASE)
PHONE_SURE = re.compile(  # forms that hardly anything else has
    r"(?:tel:)?(?:\+\d[\d\s()./-]{7,20}|(?:1[ .-])?\(\d{3}\)\s?\d{3}[ .-]\d{4}|(?:1[ .-])?\d{3}([.-])\d{3}\1\d{4}"
    r"|00[1-9][\d\s()./-]{7,20}|1[3-9]\d{9}|(?=.*[\s()/-])\(?0\d[\d\s()./-]{7,16})(?:\s?(?:x|ext\.?)\s?\d{1,6})?",
    re.IGNORECASE,
)
IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z\d]){11,30}")
ACCOUNT = re.compile(  # columns of whole numbers that name accounts: no balances
    r"(^|[ _.-])(konto|(konto|account|acct)[ _.-]?(no|nr|num|number|nummer|id))$", re.IGNORECASE
)
SSN = re.compile(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}")
IDENTITY_NUMBER = re.compile(r"(?=(?:.*\d){5})[\dA-Z][\dA-Z /-]{4,19}", re.IGNORECASE)
NUMBERED_STREET = re.compile(
    r"\b(street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|square|sq|place|pl|terrace|parkway|"
    r"rue|chemin|impasse|calle|avenida|av|plaza|paseo|carrera|via|viale|piazza|corso|rua|travessa|ulica|ul|ulice|gatan|"
    r"straat|laan|weg|plein|gade|vej)\b|(stra(ss|ß)e|str\.|weg|platz|gasse|allee|straat|gatan|vägen|gade|vej)\b"
    r"|[路街道巷弄号號丁目番地]|улица|ул\.|проспект",
    re.IGNORECASE,
)
NUMBER_AND_NAMES = re.compile(r"\d{1,5}[A-Za-z]?,? ((?:[A-Z][\w'-]{2,},? ?){2,4})(?:[\d-]*\b.*)?")  # 12 Baker Hill
MIN_STREETS, MIN_NAMED = 6, 12  # different texts without their numbers: with a word for a street, and without one
MIN_HOUSES = 20  # different house numbers, where no word says that they are such
NAME_WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|[{MARKS}])*(?:['’.-](?:[^\W\d_]|[{MARKS}])*)*")
INITIAL = re.compile(r"[^\W\d_a-z]\.?(?:[ -]?[^\W\d_a-z]\.)*")  # F. or J.-P.
HINTS = {
    "first name": r"(first|given|fore|christian)[ _.-]?name|vorname|pr[eé]nom|^nombres?$|(?<!cog)nome$|^fname$|^given$"
    r"|^名$|名字|^imi[eę]$|^voornaam|förnamn|fornavn|^имя$|الاسم الأول",
    "last name": r"(last|family|sur|second)[ _.-]?name|nachname|familienname|^nom$|apellidos?|cognome|^lname$|^surname"
    r"|^姓$|姓氏|nazwisko|achternaam|efternamn|etternavn|soyad|фамилия|прізвище|اسم العائلة|اللقب",
    "name": r"(^|[ _.-])(full)?[ _.-]?names?$|^fullname|customer|client|person|patient|employee|author|owner|contact|"
    r"holder|student|teacher|doctor|manager|passenger|guest|member|buyer|seller|applicant|kunde"
    r"|姓名|氏名|名前|이름|성명|(^|[ _.-])имя|фио|імя|ім.я|اسم|نام|שם|नाम|όνομα|ονοματεπώνυμο|ชื่อ"
    r"|^nom |^naam$|^namn$|^navn$|^isim$|ad soyad|họ tên|^tên$|^jméno|^név$",
    "e-mail address": r"e[ _-]?mail|correo|邮箱",
    "phone number": r"phone|mobile|(^|[ _.-])(tel|cell|fax|handy)([ _.-]|$)|telefon|tel[eé]fono|telefone"
    r"|portable|电话|手机",
    "card number": r"card|(^|[ _.-])(cc|pan)([ _.-]|$)|kreditkarte|卡号",
    "IBAN": r"iban|account|konto",
    "national identity number": r"ssn|social[ _-]?(security|insurance)|national[ _-]?id|passport"
    r"|(^|[ _.-])(nin|nif|dni|cpf|sin|pesel|nhs|bsn|nir|tin)([ _.-]|$)"
    r"|tax[ _-]?(id|no|number)|steuer|identity|licen[cs]e[ _-]?(no|num|id)|aadhaar|身份证|护照",
    "address": r"address|street|adresse|stra(ss|ß)e|direcci[oó]n|indirizzo|endere[cç]o|住址|地址|住所|адрес",
    "IP address": r"(^|[ _.-])ip([ _.-]|v[46]|$)",
    "URL": r"url|link|website|homepage|href",
    "MAC address": r"mac",
    "UUID": r"uuid|guid",
}
OF_PEOPLE = re.compile(  # names of columns that hold nothing else
    r"(first|given|fore|last|family|sur|full|maiden|patient|customer|employee)[ _.-]?name|vorname|nachname|familienname"
    r"|pr[eé]nom|apellido|cognome|nazwisko|voornaam|achternaam|姓名|氏名|성명|фио|фамилия|прізвище|отчество|ad soyad"
    r"|họ tên|ονοματεπώνυμο|नाम$",
    re.IGNORECASE,
)
NAME_COLUMN = re.compile(r"(^|[ _.-])(full)?name$", re.IGNORECASE)
NOT_PEOPLE = re.compile(
    r"city|town|country|state|region|province|county|place|location|station|island|brand|make|model|product|item|species|"
    r"company|firm|employer|team|club|genre|category|type|kind|class|colou?r|title|file|path|column|field|event|month|day|"
    r"stadt|land|ville|pays|ciudad|pa[ií]s|district|bezirk|store|shop|department|school|hospital|airport|port|street|user"
    r"|城市|国家|省|区",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """kind: one of the values of TYPES. share: of the values, that look like it. asked: does a person say so?"""

    kind: str
    share: float
    asked: bool = False


def of_column(name: str, values: pd.Series, kind: str, asked: str | None) -> Finding | None:
    """What the values of a column, none of them empty, are: as asked, else if they tell who somebody is.

    kind: the type that the column has otherwise.
    """
    if asked:
        return Finding(TYPES[asked], 0.0, True) if asked in TYPES else None
    if pd.api.types.is_integer_dtype(values.dtype):
        telling = ACCOUNT.search(name) or any(
            _hinted(name, each) for each in ("phone number", "national identity number")
        )
        if kind in ("integer", "identifier") and len(values) and (telling or values.min() >= 10**12):
            return recognise_integers(name, values.unique().tolist())
        return None
    if kind not in ("category", "identifier", "text") or not len(values):
        return None
    different = values.unique().tolist()
    return recognise(name, different) if all(isinstance(value, str) for value in different[:MAX_READ]) else None


def recognise(name: str, values: Sequence[str]) -> Finding | None:
    """What the different values of a column are, if they tell who somebody is. name: of the column."""
    texts = [text.strip() for text in values[:MAX_READ]]
    if not texts:
        return None
    for kind, looks in LOOKS.items():
        hinted = _hinted(name, kind)
        if len(texts) < (2 if hinted else MIN_DIFFERENT):
            continue
        sure = looks if hinted or kind not in SURE_LOOKS else SURE_LOOKS[kind]
        if kind == "address" and not hinted and not _are_streets(texts):
            continue
        share, alike = (sum(map(each, texts)) / len(texts) for each in (sure, looks))
        if share >= (HINTED if hinted else SURE) or (share >= HINTED and alike >= ALIKE):
            return Finding(kind, max(share, alike))
    if _hinted(name, "IBAN") and sum(bool(IBAN.fullmatch(text)) for text in texts) >= SURE * len(texts):
        return Finding("IBAN", 1.0)  # with invented check digits
    return _people(name, texts) or _numbers(name, texts)


def recognise_integers(name: str, values: Sequence[int]) -> Finding | None:
    """The same for different integers: phone numbers, cards and identity numbers are stored as such too."""
    texts = [str(value) for value in values[:MAX_READ]]
    if len(texts) < MIN_DIFFERENT or min(values) < 0:
        return None
    lengths = {len(text) for text in texts}
    if lengths <= set(CARD_LENGTHS) and rule_of(texts) == "luhn":
        return Finding("card number", 1.0)
    if _hinted(name, "phone number") and min(lengths) >= 7 and max(lengths) <= 15:
        return Finding("phone number", 1.0)
    if ACCOUNT.search(name) and min(lengths) >= 6:
        return Finding("account number", 1.0)
    if _hinted(name, "national identity number") and min(lengths) >= 7 and max(lengths) - min(lengths) <= 1:
        return Finding("national identity number", 1.0)
    return None


def _hinted(name: str, kind: str) -> bool:
    return bool(re.search(HINTS[kind], name, re.IGNORECASE))


def _people(name: str, texts: Sequence[str]) -> Finding | None:
    """Names of people: several words, of which one is a first name and one a last name; or one of these alone."""
    called = any(_hinted(name, kind) for kind in ("first name", "last name")) or NAME_COLUMN.search(name)
    if NOT_PEOPLE.search(name) and not called:
        return None
    words = [_words(text) for text in texts]
    if sum(map(bool, words)) < SURE * len(texts):
        return None
    sure = len(texts) >= MIN_DIFFERENT and OF_PEOPLE.search(name) is not None
    several = [each for each in words if len(each) >= 2]
    for kind, part in (("first name", "first"), ("last name", "last")):
        if _hinted(name, kind) and (part == "last" or not several or called):
            share = sum(any(word.casefold() in known(part) for word in each) for each in words) / len(texts)
            return Finding(kind, share) if share >= NAMES_HINTED or sure else None
    if len(several) >= HINTED * len(texts):
        hinted = _hinted(name, "name")
        if len(texts) < (2 if hinted else MIN_NAMES):
            return None
        share = sum(_is_full_name(each, hinted) for each in words) / len(texts)
        eastern = not hinted and all(map(east_asian, texts))  # where many words begin with a family name
        enough = NAMES_HINTED if hinted else EASTERN_SURE if eastern else NAMES_SURE
        return Finding("name", share) if share >= enough or sure else None
    if len(texts) < MIN_NAMES:
        return None
    enough = NAMES_SURE if re.fullmatch(r"names?", name, re.IGNORECASE) else NAMES_ALONE_SURE
    first, last = (sum(each[0].casefold() in known(part) for each in words if each) for part in ("first", "last"))
    if max(first, last) >= enough * len(texts):
        return Finding("first name" if first >= last else "last name", max(first, last) / len(texts))
    return None


def perhaps_people(name: str, values: Sequence[object]) -> bool:
    """May a column whose different values are learned hold names: of no list, or too few to be sure?"""
    texts = [value for value in values[:MAX_READ] if isinstance(value, str)]
    if len(texts) < max(MIN_DIFFERENT, len(values[:MAX_READ])):
        return False
    if NOT_PEOPLE.search(name) and not NAME_COLUMN.search(name):
        return False
    words = [_words(text.strip()) for text in texts]
    alike = (
        [bool(each) and not each[0].islower() for each in words]
        if _hinted(name, "name")
        else [_is_full_name(each, False) for each in words]
    )
    return sum(alike) >= SURE * len(texts)


def _words(text: str) -> list[str]:
    """The words of a name without titles; [] where it is none."""
    if east_asian(text) and 2 <= len(text.replace(" ", "")) <= 5:
        return text.split() if " " in text else list(split_east_asian(text))
    words = text.replace(",", " ").split()
    if not 1 <= len(words) <= 6 or not all(NAME_WORD.fullmatch(word) for word in words):
        return []
    return [word for word in words if word.strip(".").casefold() not in TITLES] or words


def _is_full_name(words: Sequence[str], hinted: bool) -> bool:
    """hinted: is a known first name enough, where no list has the last one?"""
    if len(words) < 2:
        return False
    if len(words) == 2 and all(map(east_asian, words)):
        family, given = words
        return family in known("last") and (given in known("first") or set(given) <= given_characters())
    pieces = [word.casefold() for each in words for word in (each, *re.split(r"['’-]", each))]
    first, last = (any(word in known(part) for word in pieces) for part in ("first", "last"))
    initials = [bool(INITIAL.fullmatch(word)) and (hinted or word.endswith(".")) for word in words]
    if any(initials) and not all(initials):  # F. Silva, Silva F., Anna S.
        return last or first
    return first and (hinted or any(word in known("last") for word in pieces[1:]))


def _numbers(name: str, texts: Sequence[str]) -> Finding | None:
    """Numbers with check digits, and those whose column says what they are."""
    rule = rule_of(texts) if len(texts) >= MIN_DIFFERENT else None
    if rule in ("chinese-id", "nif", "cpf"):
        return Finding("national identity number", 1.0)
    kind = "national identity number"
    if _hinted(name, kind) and len(texts) >= MIN_DIFFERENT and all(IDENTITY_NUMBER.fullmatch(text) for text in texts):
        return Finding(kind, 1.0)
    return None


def _is_card(text: str) -> bool:
    return bool(re.fullmatch(r"[\d -]+", text)) and len(bare(text)) in CARD_LENGTHS and valid(text, "luhn")


def _is_ip(text: str) -> bool:
    with_port = PORT.fullmatch(text)
    try:
        ipaddress.ip_address(with_port[1].strip("[]") if with_port else text)
    except ValueError:
        return False
    return True


def _is_phone(text: str) -> bool:
    return bool(PHONE.fullmatch(text)) and 6 <= sum(map(str.isdigit, text)) <= 21


def _is_address(text: str) -> bool:
    return bool(NUMBERED_STREET.search(text)) and any(map(str.isdigit, text)) and len(text) >= 6


def _are_streets(texts: Sequence[str]) -> bool:
    """Are there as many different streets and houses as a town has? "30 sq ft" and "3 Large Boxes" are no addresses."""
    streets = {re.sub(r"\d+", "0", text) for text in texts if _is_address(text)}
    found = [each for text in texts if not _is_address(text) and (each := NUMBER_AND_NAMES.fullmatch(text))]
    if len(found) <= (1 - SURE) * len(texts):
        return len(streets) >= MIN_STREETS
    houses = {each[0].partition(" ")[0] for each in found}
    return len({each[1].strip(", ") for each in found} | streets) >= MIN_NAMED and len(houses) >= MIN_HOUSES


def _is_hinted_address(text: str) -> bool:
    return _is_address(text) or (any(map(str.isdigit, text)) and len(re.findall(r"[^\W\d_]{2,}", text)) >= 1)


LOOKS: dict[str, Callable[[str], bool]] = {
    "e-mail address": lambda text: bool(EMAIL.fullmatch(text)),
    "URL": lambda text: bool(URL.fullmatch(text)),
    "UUID": lambda text: bool(UUID.fullmatch(text)),
    "MAC address": lambda text: bool(MAC.fullmatch(text)),
    "IP address": _is_ip,
    "IBAN": lambda text: valid(text, "iban"),
    "card number": _is_card,
    "national identity number": lambda text: bool(SSN.fullmatch(text)),
    "phone number": _is_phone,
    "address": _is_hinted_address,
}
SURE_LOOKS: dict[str, Callable[[str], bool]] = {
    "phone number": lambda text: bool(PHONE_SURE.fullmatch(text)),
    "address": lambda text: _is_address(text) or bool(NUMBER_AND_NAMES.fullmatch(text)),
}
TYPES = {  # as one asks for them
    "name": "name",
    "first-name": "first name",
    "last-name": "last name",
    "email": "e-mail address",
    "phone": "phone number",
    "card": "card number",
    "iban": "IBAN",
    "identity-number": "national identity number",
    "address": "address",
    "ip": "IP address",
    "mac": "MAC address",
    "url": "URL",
    "uuid": "UUID",
}
