"""Decide from all cells of a column what their texts mean: numbers, times or words. What a person says comes first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from ....errors import UserError
from ..identifiers.check_digits import BAR_CODE_LENGTHS, valid
from . import Format, Words
from .compact_dates import SHORT, is_spread, may_be_compact
from .date_reading import ORDERS, DateReading, mixed_dates, order_of, read_dates
from .dates import DateFormat, is_pattern
from .durations import read_durations
from .epochs import epoch_of
from .missing import is_missing_number
from .number_reading import SYMBOLS, mixed_marks, read_numbers
from .numbers import GROUPING, TEXT, NumberFormat, decoration
from .text_columns import TextColumn

DECIMALS = {"decimal-point": ".", "decimal-comma": ","}
READINGS = (*ORDERS, *DECIMALS, "PATTERN such as %d.%m.%Y")  # what --type takes beside the types
DATE_NAME = re.compile(r"date|day|datum|fecha|jour|time|_at$|period|month", re.IGNORECASE)
CODE_NAME = re.compile(
    r"(^|[_ .-])(zip|zipcode|plz|postal|postcode|ean|ean13|gtin|isbn|issn|upc|fips|barcode)([_ .-]|$)",
    re.IGNORECASE,
)
MIN_CODES = 10  # different numbers from which a check digit that is always right makes them codes
MIN_DATES = 0.5  # share of texts that are dates, from which the others are faults
MIN_NUMBERS, MIN_MARKED_NUMBERS = 0.95, 0.6  # the same for whole numbers, and for numbers with decimals or units
DECIMALS_OF = re.compile(r"\d[.,]\d")
MIN_USUAL = 0.1  # share of texts with the same marks and unit, from which they are a way of writing
WORDS = (
    ("false", "true"), ("no", "yes"), ("n", "y"), ("f", "t"), ("0", "1"), ("off", "on"), ("nein", "ja"), ("non", "oui"),
    ("falsch", "wahr"), ("faux", "vrai"), ("falso", "verdadero"), ("no", "sí"), ("0.0", "1.0"),
)  # fmt: skip


class Wanted(NamedTuple):
    """What a person says of a column: a type, and how it is written."""

    type: str | None = None
    decimal: str | None = None
    order: str | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class Meaning:
    """What the texts of a column mean. doubt: a reading that --type can choose as well; None: there is none."""

    type: str
    format: Format
    why: str = ""
    doubt: str | None = None


class Hints(NamedTuple):
    """What other columns of the table do, for columns that fit several readings."""

    decimal: str | None = None
    order: str | None = None


def wanted(asked: str | None) -> Wanted:
    """What --type says of a column."""
    if asked in DECIMALS:
        return Wanted("float", decimal=DECIMALS[asked])
    if asked in ORDERS:
        return Wanted("time", order=asked)
    if asked and "%" in asked:
        if not is_pattern(asked):
            raise UserError(f"'{asked}' is no pattern of dates: write each part once, as in %d.%m.%Y %H:%M:%S")
        return Wanted("time", pattern=asked)
    return Wanted(asked)


def hints_from(sure: Sequence[Format], plain: Sequence[NumberFormat], decimal: str | None) -> Hints:
    """What other columns do most often: those without a doubt, and those of plain numbers. decimal: else."""
    marks = Counter(each.decimal for each in (*sure, *plain) if isinstance(each, NumberFormat) and each.most != 0)
    orders = Counter(
        order for each in sure if isinstance(each, DateFormat) and (order := order_of(each.pattern)) in ("dmy", "mdy")
    )
    return Hints(marks.most_common(1)[0][0] if marks else decimal, orders.most_common(1)[0][0] if orders else None)


def meanings(
    frame: pd.DataFrame, asked: Mapping[str, str], texts: Mapping[str, TextColumn] | None
) -> dict[str, Meaning]:
    """What texts and whole numbers mean. Columns that fit two readings are read like the rest of the table.

    texts: what a text file says of its columns; None for tables whose columns have types.
    """
    decimal = next((each.decimal for each in (texts or {}).values() if each.decimal), None)

    def read(names: Iterable[str], hints: Hints) -> dict[str, Meaning]:
        found = {name: meaning(name, frame[name], wanted(asked.get(name)), hints, texts is None) for name in names}
        return {name: each for name, each in found.items() if each is not None}

    first = read(map(str, frame.columns), Hints(decimal))
    unsure = [name for name, each in first.items() if each.doubt]
    if not unsure:
        return first
    plain = [each.text_format for each in (texts or {}).values() if isinstance(each.text_format, NumberFormat)]
    return first | read(unsure, hints_from([each.format for each in first.values() if not each.doubt], plain, decimal))


def meaning(name: str, values: pd.Series, want: Wanted, hints: Hints, typed: bool = False) -> Meaning | None:
    """What the texts or whole numbers of a column mean; None where they are texts, or numbers and nothing else.

    Args:
        name: of the column.
        values: the column.
        want: what a person says.
        hints: for what fits several readings.
        typed: does the column come from a place that knows types, so that texts of digits are texts on purpose?

    Raises UserError where a person says what the cells are not.
    """
    if not is_text(values):
        return _of_numbers(name, values, want)
    counts = values.dropna().astype(object).value_counts()
    if not all(isinstance(text, str) for text in counts.index):
        return None
    told = want.type in ("integer", "float", "time")
    empty = {text: count for text, count in counts.items() if is_missing_number(text)}
    texts = [text for text in counts.index if text not in empty]
    missing = max(empty, key=lambda text: empty[text]) if empty else None
    if not texts or want.type not in (None, "integer", "float", "time", "boolean"):
        return None
    if want.type == "boolean":
        return _words(texts, missing)
    if want.type == "time" or want.type is None:
        dates = read_dates(texts, want.order or hints.order, want.pattern)
        if dates is not None:
            format = replace(dates.format, missing=missing)
            if want.order or want.pattern or want.type == "time" or _credible(format, texts, name):
                return _as_time(dates, format, want)
    if want.type == "time":
        return None
    if (lasting := read_durations(texts)) is not None:
        return Meaning(want.type or ("float" if lasting.decimals else "integer"), replace(lasting, missing=missing))
    numbers = read_numbers(texts, want.decimal or hints.decimal, told)
    if numbers is None and told:  # the type is as said, and the cell that has no number will be named
        numbers = read_numbers([text for text in texts if TEXT.fullmatch(text.strip())], want.decimal, True)
        return Meaning(want.type or "float", numbers.format if numbers else NumberFormat(missing=missing))
    if numbers is None or (typed and not told and not empty and all(text.isdigit() for text in texts)):
        return None
    kind = want.type or ("integer" if numbers.format.most == 0 and not numbers.format.exponent else "float")
    doubt = None if want.decimal else numbers.doubt
    doubt = doubt and next(word for word, mark in DECIMALS.items() if mark == doubt)
    return Meaning(kind, replace(numbers.format, missing=missing), numbers.why, doubt)


def is_text(values: pd.Series) -> bool:
    """Is a column of a type that holds texts?"""
    return values.dtype == object or isinstance(values.dtype, pd.StringDtype)


def _as_time(dates: DateReading, format: DateFormat, want: Wanted) -> Meaning:
    if want.order or want.pattern:
        return Meaning("time", format, dates.why)
    if format.pattern in SHORT and not dates.doubt and want.type is None:
        return Meaning("time", format, "every cell is a date", "integer")
    return Meaning("time", format, dates.why, dates.doubt)


def _credible(format: DateFormat, texts: Sequence[str], name: str) -> bool:
    """Is a date without marks meant as one, and no number that happens to look like one?"""
    compact = re.fullmatch(r"(%[YymdHMS]|%f|W|%V|%u|%G)+", format.pattern)
    if not compact or DATE_NAME.search(name):
        return True
    return is_spread(format, texts) if format.pattern in SHORT else len(texts) > 1


def _of_numbers(name: str, values: pd.Series, want: Wanted) -> Meaning | None:
    """Whole numbers such as 20230629, or, where a person says so, seconds since 1970."""
    numeric = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    if not numeric or want.type not in (None, "time"):
        return None
    there = values.dropna()
    if len(there) and (want.order or want.pattern or may_be_compact(there)):
        texts = [str(int(number)) for number in there.unique()]
        dates = read_dates(texts, want.order, want.pattern)
        if dates is not None and (want.type or want.order or want.pattern or _credible(dates.format, texts, name)):
            return _as_time(dates, dates.format, want)
    if want.type == "time" and len(there) and not (want.order or want.pattern):
        return Meaning("time", epoch_of(float(there.astype(np.float64).abs().max())), "as said")
    return None


def _words(texts: Sequence[str], missing: str | None) -> Meaning | None:
    lower = {text.strip().lower(): text for text in texts}
    if len(lower) < len(texts):
        return None
    for false, true in WORDS:
        if set(lower) <= {false, true}:
            return Meaning("boolean", Words(lower.get(false, false), lower.get(true, true), missing))
    return None


def is_code(name: str, values: pd.Series) -> bool:
    """Are whole numbers codes, such as zip codes, phone numbers and EANs, with which nobody calculates?"""
    there = values.dropna()
    if not len(there) or int(there.min()) < 0:
        return False
    if CODE_NAME.search(name):
        return True
    different = there.unique()
    digits = {len(str(int(number))) for number in (min(different), max(different))}
    if len(different) < MIN_CODES or len(digits) > 1 or next(iter(digits)) not in BAR_CODE_LENGTHS:
        return False
    return all(valid(str(int(number)), "bar-code") for number in different)


def refuse_mixture(name: str, values: pd.Series) -> None:
    """Raises UserError where the texts of a column are dates or numbers, but for some, or not all in one way.

    Such a column would be taken for identifiers, and what is invented would be no dates or numbers.
    """
    texts = [text for text in values.dropna().unique() if isinstance(text, str) and not is_missing_number(text)]
    dates = mixed_dates(texts, MIN_DATES)
    if dates is not None and (dates.odd or len(dates.examples) > 1):
        if dates.odd:
            raise _odd_cell(name, values, "dates", dates.examples[0], dates.odd[0])
        ways = " and ".join(_cell(values, example) for example in dates.examples[:2])
        raise UserError(
            f"column '{name}' writes dates in {len(dates.examples)} ways, {ways}: write all in one, or say --type "
            f"{name}=category"
        )
    _refuse_mixed_numbers(name, values, texts)


def _refuse_mixed_numbers(name: str, values: pd.Series, texts: list[str]) -> None:
    if (mixed := mixed_marks(texts)) is not None:
        point, comma = (_cell(values, example) for example in mixed)
        raise UserError(
            f"column '{name}' writes decimals with '.' in {point} and with ',' in {comma}: write all in one way, or "
            f"say --type {name}=category"
        )
    kinds: dict[tuple, list[str]] = {}
    odd = []
    for text in texts:
        if found := TEXT.fullmatch(text.strip()):
            marks = frozenset(mark for mark in found["core"] if mark in GROUPING)
            kinds.setdefault((decoration(found), marks), []).append(text)
        else:
            odd.append(text)
    # Addresses such as "12 Oak Road" have as many endings as rows; units are few.
    usual = {kind: each for kind, each in kinds.items() if len(each) >= max(2, MIN_USUAL * len(texts))}
    readable = {kind: each for kind, each in usual.items() if read_numbers(each) is not None}
    odd += [text for kind, each in kinds.items() if kind not in readable for text in each]
    count = sum(map(len, readable.values()))
    marked = sum(len(each) for (parts, marks), each in readable.items() if marks or any(parts))
    if not texts or count < len(texts) * (MIN_MARKED_NUMBERS if marked > count / 2 else MIN_NUMBERS):
        return
    symbols = {prefix.strip(SYMBOLS) + suffix for (prefix, suffix), _ in readable}
    measures = any(DECIMALS_OF.search(text) for each in readable.values() for text in each)
    if odd and all(read_numbers([text]) for text in odd):  # rarer ways of writing
        readable |= {(decoration(TEXT.fullmatch(odd[0].strip())), frozenset("rare")): odd}  # type: ignore[arg-type]
        odd = []
    if not odd and len(readable) > 1 and (marked >= 0.9 * count or len(symbols) == 1 or measures):
        most = sorted(readable.values(), key=len, reverse=True)[:2]
        ways = " and ".join(_cell(values, each[0]) for each in most)
        raise UserError(
            f"column '{name}' writes numbers in several ways, {ways}: write all in one, or say --type {name}=category"
        )
    if odd:
        raise _odd_cell(name, values, "numbers", next(iter(readable.values()))[0], odd[0])


def _odd_cell(name: str, values: pd.Series, what: str, example: str, odd: str) -> UserError:
    return UserError(
        f"column '{name}' holds {what} such as '{example}', but {_cell(values, odd)} is none: mend or empty it, or say "
        f"--type {name}=category"
    )


def cell_named(values: pd.Series, those: np.ndarray) -> str:
    """For a message: the value of the first of those cells, and its row, counted from 1."""
    row = int(np.flatnonzero(those)[0])
    return f"'{str(values.iloc[row])[:40]}' (row {row + 1:,})"


def _cell(values: pd.Series, text: str) -> str:
    those = np.array([isinstance(value, str) and value.strip() == text.strip() for value in values], bool)
    return cell_named(values, those) if those.any() else f"'{text[:40]}'"  # examples may be written more plainly
