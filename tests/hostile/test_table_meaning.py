"""Hostile tables: what looks like something else, or means more than it says."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from faker import Faker

from hostile_zoo import Case, run_case
from sparring.data.options import OpenContext
from sparring.modalities.table.column_notes import note
from sparring.modalities.table.columns import find
from sparring.modalities.table.identifiers import name_lists
from sparring.modalities.table.identifiers.identifier import identifiers, new_identifiers
from sparring.modalities.table.identifiers.letters import script_of
from sparring.modalities.table.options import TableOptions
from sparring.modalities.table.source import open_path

N = 120
RNG = np.random.default_rng(0)
NAMES = ["Anna Schmidt", "Peter Meyer", "Julia Wagner", "Thomas Becker", "Maria Hoffmann", "Stefan Koch"]
FIRST = ["Anna", "Peter", "Julia", "Thomas", "Maria", "Stefan", "Laura", "Michael", "Sarah", "Daniel", "Lena", "Felix"]
LAST = ["Schmidt", "Meyer", "Wagner", "Becker", "Hoffmann", "Koch", "Richter", "Klein", "Wolf", "Neumann", "Braun"]
PEOPLE = [f"{first} {last}" for first in FIRST for last in LAST][:N]


def table(**columns) -> pd.DataFrame:
    return pd.DataFrame({"x": np.arange(N) * 7 % 13, **columns})


def written(frame: pd.DataFrame, **options) -> Callable[[Path], tuple]:
    def make(folder: Path) -> tuple:
        path = folder / "data.csv"
        frame.to_csv(path, index=False)
        return path, options

    return make


def opened(address: tuple):
    path, options = address
    return open_path(path, TableOptions(**options), OpenContext())


def made(source, rows: int = 300) -> pd.DataFrame:
    noise = torch.randn(rows, source.codec.shape[0], generator=torch.Generator().manual_seed(1))
    return source.codec.frame(source.codec.decode(noise))


def anew(frame: pd.DataFrame, name: str, pattern: str | None = None, unique: bool = True) -> Callable:
    """Nothing of the column comes out, its form does, and it is said."""

    def read(source) -> None:
        rows = made(source)[name].dropna().astype(str)
        assert not set(rows) & set(frame[name].dropna().astype(str))
        assert not pattern or rows.str.fullmatch(pattern).all(), rows.head().tolist()
        assert not unique or rows.is_unique
        assert any(note.startswith(f"{name}:") and "not learned" in note for note in source.notes)

    return read


def kept(name: str, kind: str) -> Callable:
    """The column is learned, as a column of this type."""

    def read(source) -> None:
        (column,) = [each for each in source.fields if each.name == name]
        assert column.kind == kind, column.about()

    return read


def holds(check: Callable[[pd.DataFrame], pd.Series]) -> Callable:
    return lambda source: _all(check(made(source)))


def _all(held) -> None:
    assert held.all()


def case(frame: pd.DataFrame, read: Callable, **options) -> Case:
    return Case(written(frame, **options), read)


def column(values, name: str = "c") -> pd.DataFrame:
    return table(**{name: list(values)[:N]})


WHO = column(PEOPLE, "who")
COMMA = column([", ".join(reversed(name.split())) for name in PEOPLE], "who")
UPPER = column([name.upper() for name in PEOPLE], "holder")
MAILS = column([f"{name.lower().replace(' ', '.')}@firm.de" for name in PEOPLE])
PHONES = column([f"+49 {151 + n % 3} {n * 7919 % 9_000_000 + 1_000_000}" for n in range(N)])
HOLES = column([None if n % 3 else f"{PEOPLE[n].lower().replace(' ', '.')}@mail.com" for n in range(N)], "mail")
IDS = column([f"ID-{n:04d}" for n in range(1, N + 1)])
LOWER = column([f"ab{n * 7919 % 100_000:05d}z" for n in range(N)])
MIXED = column([f"A-{n:03d}" if n % 2 else f"BB/{n * 31 % 997:04d}" for n in range(N)])
HEX = column([f"{n * 2_654_435_761 % 2**32:08x}" for n in range(N)])
UUIDS = column([f"550E8400-E29B-41D4-A716-{n * 7_919_000:012X}" for n in range(N)])
NETS = column([f"192.168.{n % 4}.{n}" for n in range(N)])
CHINESE_FIRST = ["伟", "芳", "娜", "敏", "静", "秀英", "丽", "强", "磊", "军", "洋", "勇"]
CHINESE = column([last + first for last in "王李张刘陈杨赵黄周吴" for first in CHINESE_FIRST], "姓名")
OFTEN = column(NAMES * 20, "customer")
INITIALS = column([f"{first[0]}. {last}" for first in FIRST for last in LAST] * 2, "y")
FEW_INITIALS = column([f"{name[0]}. {name.split()[1]}" for name in NAMES * 2 + PEOPLE[:4]] * 8, "y")
NO_LISTS = column([f"{a}{b}{c}ka" for a in ("Zub", "Kro", "Vel") for b in "aeiou" for c in ("b", "d", "g", "k") * 2],
                  "last name")  # fmt: skip
UNSURE = column([f"{one}{other}a" for one in ("Zub", "Kro", "Vel", "Mir") for other in "aeiou"] * 6, "name")
NAMED_MAILS = column([f"{name} <{name.split()[0].lower()}{at}@x.org>" for at, name in enumerate(PEOPLE)])
LINKED_MAILS = column([f"mailto:{name.split()[0].lower()}{at}@x.org" for at, name in enumerate(PEOPLE)])
PORTS = column([f"10.0.{n % 7}.{n}:{2000 + n * 31}" for n in range(N)])
UNITS = {
    "rooms": [f"{n * 7 % 23 + 1} Bedroom" for n in range(N)],
    "heights": [f"{n * 37 % 900 + 11} Meter" for n in range(N)],
    "ranks": [f"{n * 7 % 89 + 1}th place" for n in range(N)],
    "areas": [f"{n * 37 % 900 + 100} sq ft" for n in range(N)],
    "jars": [f"{n % 9 + 1} {('Small', 'Large')[n % 2]} {('Box', 'Bag', 'Jar', 'Can')[n % 4]}" for n in range(N)],
    "boxes": [f"{n % 9 + 1} {'Small' if n % 2 else 'Large'} Boxes" for n in range(N)],
}


def people(place: str) -> pd.DataFrame:
    """A column of names as they are written at a place, under a word for it."""
    names = Faker(place)
    names.seed_instance(0)
    header = {"zh": "姓名", "ja": "氏名", "ko": "이름", "ru": "ФИО", "ar": "الاسم", "hi": "नाम", "th": "ชื่อ"}.get(
        place[:2], "name"
    )
    return column([f"{names.last_name()}{names.first_name()}" if place[:2] in ("zh", "ko") else
                   f"{names.first_name()} {names.last_name()}" for _ in range(N)], header)  # fmt: skip


PLACES_OF_NAMES = ("zh_CN", "zh_TW", "ja_JP", "ko_KR", "ru_RU", "uk_UA", "ar_SA", "fa_IR", "he_IL", "hi_IN", "th_TH",
                   "el_GR", "pl_PL", "tr_TR")  # fmt: skip
PLACES = column(["Paris", "London", "Austin", "Florence"] * 30, "city")
STREETS = column([f"{n + 3} {LAST[n % 11]} Street, Springfield" for n in range(N)])
INTEGERS = table(id=pd.Series(range(N)).to_numpy() + 5)
NEAR = table(city=RNG.choice(["Rome", "Oslo"], N))
NEAR["land"] = NEAR.city.map({"Rome": "IT", "Oslo": "NO"})
DATED = table(at=pd.Timestamp("2021-01-31") + pd.to_timedelta(RNG.integers(0, 900, N), "D"))
DATED["mon"] = DATED["at"].dt.strftime("%b")
PARTS = table(a=RNG.integers(5, 99, N), b=RNG.integers(5, 99, N))
PARTS["t o=t"] = PARTS.a + PARTS.b
FLAGS = table(kind=RNG.choice(3, N))
FLAGS = FLAGS.assign(**{f"k{at}": FLAGS.kind == at for at in range(3)}).drop(columns="kind")
MISSING = table(spouse=RNG.choice(["yes", "no"], N))
MISSING["since"] = pd.Series(RNG.integers(1950, 2000, N), dtype="Int64").where(MISSING.spouse == "yes")
ZERO = table(a=RNG.integers(0, 9, N), b=RNG.integers(0, 9, N))
ZERO["share"] = (ZERO.a / ZERO.b.replace(0, 1)).round(3)
SINGLE = table(same="only", void=np.nan)
CASES = {
    "names": case(WHO, anew(WHO, "who", r"\w+ \w+")),
    "names, last first": case(COMMA, anew(COMMA, "who", r"\w+, \w+")),
    "names in capitals": case(UPPER, anew(UPPER, "holder", r"[^a-z]+")),
    "names in Chinese": case(CHINESE, anew(CHINESE, "姓名", r"[\u4e00-\u9fff]{2,4}", unique=False)),
    "few names, often": case(OFTEN, anew(OFTEN, "customer", unique=False)),
    "initials, with no word above": case(INITIALS, anew(INITIALS, "y", r"[A-Z]\. \w+(-\w+)?", unique=False)),
    "last names of no list": case(NO_LISTS, anew(NO_LISTS, "last name", unique=False)),
    "perhaps names": case(UNSURE, lambda source: _all(pd.Series(
        [any("may hold names of people, and the values come out as they are" in note for note in source.notes)]))),
    "few names, with no word above": case(FEW_INITIALS, lambda source: _all(pd.Series(
        [any("may hold names of people" in note for note in source.notes)]))),
    "names before mails": case(NAMED_MAILS, anew(NAMED_MAILS, "c", r"[\w ]+ <[a-z]+\d+@x\.org>")),
    "links to mails": case(LINKED_MAILS, anew(LINKED_MAILS, "c", r"mailto:[a-z]+\d+@x\.org")),
    "addresses of machines with ports": case(PORTS, anew(PORTS, "c", r"10\.0\.\d{1,3}\.\d{1,3}:\d{4,5}")),
    "mails": case(MAILS, anew(MAILS, "c", r"[a-z.-]+@firm\.de")),
    "mails with holes": case(HOLES, lambda source: (anew(HOLES, "mail")(source), _all(pd.Series(
        [0.5 < made(source).mail.isna().mean() < 0.8])))),
    "phones": case(PHONES, anew(PHONES, "c", r"\+49 15[123] \d{7}")),
    "counted codes": case(IDS, anew(IDS, "c", r"ID-\d{4}")),
    "codes in small letters": case(LOWER, anew(LOWER, "c", r"ab\d{5}z")),
    "codes of two kinds": case(MIXED, anew(MIXED, "c", r"A-\d{3}|BB/\d{4}")),
    "hexadecimal codes": case(HEX, anew(HEX, "c", r"[0-9a-f]{8}")),
    "UUIDs in capitals": case(UUIDS, anew(UUIDS, "c", r"550E8400-E29B-41D4-A716-[0-9A-F]{12}")),
    "addresses of machines": case(NETS, anew(NETS, "c", r"192\.168\.\d{1,3}\.\d{1,3}")),
    "addresses": case(STREETS, anew(STREETS, "c", r"\d{1,3} \w+ Street, \w+")),
    "numbers that count": case(INTEGERS, anew(INTEGERS, "id", r"\d+")),
    "cities that are names": case(PLACES, kept("city", "category")),
    "a name asked to be a category": case(WHO, kept("who", "category"), types=["who=category"]),
    "a name left out": case(WHO, lambda source: _all(pd.Series([len(source.fields) == 1])), types=["who=drop"]),
    "country by city": case(NEAR, holds(lambda m: m.city.map({"Rome": "IT", "Oslo": "NO"}) == m.land)),
    "names of months": case(DATED, holds(lambda m: pd.to_datetime(m["at"]).dt.strftime("%b") == m.mon)),
    "a sum with signs in its name": case(PARTS, holds(lambda m: m.a + m.b == m["t o=t"])),
    "exactly one flag": case(FLAGS, holds(lambda m: m[["k0", "k1", "k2"]].sum(axis=1) == 1)),
    "empty by another column": case(MISSING, holds(lambda m: m.since.isna() == (m.spouse == "no"))),
    "division by zero": case(ZERO, holds(lambda m: np.isfinite(m.share))),
    "one value, or none": case(SINGLE, holds(lambda m: (m.same == "only") & m.void.isna())),
    "an unknown relation": Case(
        written(NEAR, ignored_relations=["city -> lamd"]), refused=("city -> lamd", "did you mean 'city -> land'")
    ),
    "an unknown column": Case(written(WHO, types=["whp=drop"]), refused=("no column 'whp'", "did you mean 'who'")),
    "an unknown type": Case(written(WHO, types=["who=emial"]), refused=("'emial' is not a type", "email")),
    "everything dropped": Case(written(WHO, types=["who=drop", "x=drop"]), refused=("every column is dropped",)),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_a_table_means_what_it_means(name, tmp_path):
    run_case(CASES[name], opened, tmp_path)


@pytest.mark.parametrize("place", PLACES_OF_NAMES)
def test_names_of_every_script_are_made_anew_in_it(place, tmp_path):
    frame = people(place)
    (name,) = frame.columns[1:]
    run_case(case(frame, anew(frame, name, unique=False)), opened, tmp_path)
    source = opened(written(frame)(tmp_path))
    words = " ".join(made(source)[name].astype(str))
    scripts = [{script_of(letter) for letter in text if letter.isalpha()} for text in (words, "".join(frame[name]))]
    assert scripts[0] <= scripts[1], "made in the same script"


@pytest.mark.parametrize("part", ["first", "last"])
@pytest.mark.parametrize("place", ["en_US", "de_DE", "ja_JP", "ko_KR", "ru_RU", "ar_SA", "he_IL", "vi_VN"])
def test_a_column_with_all_names_of_a_list_shows_none_of_them(place, part):
    if place not in name_lists.lists():
        pytest.skip(f"this Faker has no names of {place}")
    every = sorted(getattr(name_lists.lists()[place], part))
    about = identifiers(every * 2, f"{part} name")
    new = new_identifiers(about, range(500), 1, "x")
    assert not set(new) & set(every)
    assert "again" not in about


def test_values_that_cannot_be_made_anew_are_counted():
    column = find(table(c=PEOPLE))[1]
    assert "none of them one of the data" in note(column)
    column = replace(column, made={**column.made, "again": 0.25})
    assert "about 25.0% of them are values of the data" in note(column)


@pytest.mark.parametrize("name", list(UNITS))
def test_numbers_with_a_unit_are_no_addresses(name, tmp_path):
    source = opened(written(column(UNITS[name]))(tmp_path))
    assert source.fields[1].kind in ("integer", "category")
    assert set(made(source).c) <= set(UNITS[name]) or source.fields[1].kind == "integer"
