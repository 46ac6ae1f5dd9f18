"""Check digits of cards, bank accounts, national identity numbers and bar codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
CHINESE_CHECKS = "10X98765432"
CHINESE_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CPF_DIGITS = 11
BAR_CODE_LENGTHS = (8, 12, 13, 14)  # of EAN, UPC and GTIN


@dataclass(frozen=True)
class Check:
    """A rule for the check characters of codes.

    fits: may a code (letters and digits alone) be of this kind, whatever its check characters?
    places: of the check characters among its letters and digits.
    compute: the check characters, from the code with any characters at these places.
    """

    fits: Callable[[str], bool]
    places: tuple[int, ...]
    compute: Callable[[str], str]


def _luhn(code: str) -> str:
    """ISO/IEC 7812-1, annex B."""
    digits = [int(digit) for digit in code[:-1]][::-1]
    doubled = [digit if at % 2 else (2 * digit if digit < 5 else 2 * digit - 9) for at, digit in enumerate(digits)]
    return str(-sum(doubled) % 10)


def _iban(code: str) -> str:
    """ISO 13616: the whole, turned, is 1 modulo 97."""
    turned = code[4:] + code[:2] + "00"
    return f"{98 - int(''.join(str(int(letter, 36)) for letter in turned)) % 97:02d}"


def _chinese(code: str) -> str:
    """GB 11643, which is ISO 7064 MOD 11-2."""
    return CHINESE_CHECKS[sum(int(digit) * weight for digit, weight in zip(code, CHINESE_WEIGHTS, strict=False)) % 11]


def _bar_code(code: str) -> str:
    """EAN-13 and its kin: weights 3 and 1 from the right."""
    return str(-sum(int(digit) * (1 if at % 2 else 3) for at, digit in enumerate(code[:-1][::-1])) % 10)


def _nif(code: str) -> str:
    return NIF_LETTERS[int(code[:8]) % len(NIF_LETTERS)]


def _cpf(code: str) -> str:
    """The two check digits of a Brazilian CPF, each modulo 11."""
    digits = [int(digit) for digit in code[: CPF_DIGITS - 2]]
    for _ in range(2):
        rest = sum(digit * weight for digit, weight in zip(digits[::-1], range(2, 12), strict=False)) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return "".join(map(str, digits[-2:]))


def _digits(code: str, lengths: Sequence[int]) -> bool:
    return code.isascii() and code.isdigit() and len(code) in lengths


CHECKS = {
    "iban": Check(
        lambda code: (
            code.isascii() and code.isalnum() and code[:2].isalpha() and code[2:4].isdigit() and 15 <= len(code) <= 34
        ),
        (2, 3),
        _iban,
    ),
    "chinese-id": Check(lambda code: _digits(code[:17], (17,)) and len(code) == 18, (17,), _chinese),
    "luhn": Check(lambda code: _digits(code, range(8, 20)), (-1,), _luhn),
    "bar-code": Check(lambda code: _digits(code, BAR_CODE_LENGTHS), (-1,), _bar_code),
    "nif": Check(lambda code: _digits(code[:8], (8,)) and len(code) == 9 and code[8:].isalpha(), (8,), _nif),
    "cpf": Check(lambda code: _digits(code, (CPF_DIGITS,)), (9, 10), _cpf),
}
CARD_LENGTHS = range(12, 20)


def bare(text: str) -> str:
    """The letters and digits of a code, letters in upper case."""
    return "".join(filter(str.isalnum, text)).upper()


def valid(text: str, name: str) -> bool:
    """Are the check characters of this text right by the rule of this name?"""
    code, check = bare(text), CHECKS[name]
    return check.fits(code) and "".join(code[place] for place in check.places) == check.compute(code)


def completed(text: str, name: str) -> str:
    """The text with right check characters; those that stand there do not matter. Its letter case is kept."""
    at = [place for place, letter in enumerate(text) if letter.isalnum()]
    check, letters = CHECKS[name], list(text)
    for place, letter in zip(check.places, check.compute(bare(text)), strict=True):
        letters[at[place]] = letter.lower() if text[at[place]].islower() else letter
    return "".join(letters)


def blanked(text: str, name: str) -> str:
    """The text with 0 for its check characters."""
    at, letters = [place for place, letter in enumerate(text) if letter.isalnum()], list(text)
    for place in CHECKS[name].places:
        letters[at[place]] = "0"
    return "".join(letters)


def rule_of(texts: Sequence[str], share: float = 1.0) -> str | None:
    """The rule that this share of different texts keeps; None where there is none."""
    for name in CHECKS:
        if texts and sum(valid(text, name) for text in texts) >= share * len(texts):
            return name
    return None
