"""Personal data: recognised by content, made anew in its own form, and nothing else taken for it."""

import re

import numpy as np
import pandas as pd
import pytest
from faker import Faker

import table_samples
from sparring import UserError
from sparring.data.options import OpenContext
from sparring.modalities.table.column_notes import note
from sparring.modalities.table.columns import column_from, find
from sparring.modalities.table.identifiers import check_digits
from sparring.modalities.table.identifiers.templates import _scattered
from sparring.modalities.table.options import TableOptions
from sparring.modalities.table.source import TableSource, open_path

ROWS = 300
MADE = {
    "name": "name",
    "first_name": "first name",
    "last_name": "last name",
    "email": "e-mail address",
    "phone_number": "phone number",
    "credit_card_number": "card number",
    "iban": "IBAN",
    "address": "address",
    "ipv4": "IP address",
    "ipv6": "IP address",
    "uri": "URL",
    "uuid4": "UUID",
    "mac_address": "MAC address",
}


def column(values, name="c", asked=None):
    frame = pd.DataFrame({name: values})
    return column_from(find(frame, {name: asked} if asked else None)[0].describe())


def faked(place, what, rows=ROWS, unique=True):
    fake = Faker(place)
    fake.seed_instance(3)
    maker = getattr(fake.unique if unique else fake, what)
    return [maker().replace("\n", ", ") for _ in range(rows)]


@pytest.mark.parametrize("place", ["en_US", "de_DE", "fr_FR", "zh_CN", "ru_RU"])
def test_personal_data_is_recognised_without_a_telling_name_and_made_anew(place):
    for what in ("name", "email", "credit_card_number", "iban", "ipv4", "uri", "uuid4", "mac_address"):
        real = faked(place, what)
        found = column(real)
        assert found.made.get("kind") == MADE[what], (what, found.about())
        made = found.new(range(2000), 0)
        assert not set(made) & set(real), what
        assert what != "name" or made.str.split().map(len).between(1, 6).all()
        assert what in ("name", "mac_address") or made.is_unique, what


@pytest.mark.parametrize("what", list(MADE))
def test_the_name_of_a_column_is_a_hint(what):
    unique = what not in ("first_name", "last_name")
    found = column(faked("en_US", what, unique=unique), "customer_" + MADE[what].replace(" ", "_").replace("-", "_"))
    assert found.made.get("kind") == MADE[what]
    assert not found.learned and MADE[what] in found.about()
    assert f"--type {found.name}=category" in note(found) and f"--type {found.name}=drop" in note(found)


def test_cards_and_accounts_keep_their_check_digits():
    for what, rule in (("credit_card_number", "luhn"), ("iban", "iban")):
        made = column(faked("en_GB", what)).new(range(500), 1)
        assert all(check_digits.valid(text, rule) for text in made)
    numbers = [int(text) for text in faked("en_US", "credit_card_number") if len(text) == 16]
    made = column(pd.Series(numbers, dtype="int64"), "pan").new(range(300), 0)
    assert made.dtype == "int64" and made.is_unique and all(check_digits.valid(str(number), "luhn") for number in made)


def test_a_chinese_identity_number_keeps_area_form_day_and_check():
    made = column(faked("zh_CN", "ssn"), "身份证").new(range(400), 0)
    assert made.is_unique and all(check_digits.valid(text, "chinese-id") for text in made)
    assert pd.to_datetime(made.str[6:14], format="%Y%m%d", errors="coerce").notna().all()


@pytest.mark.parametrize(
    ("code", "rule"),
    [("4111 1111 1111 1111", "luhn"), ("DE89 3704 0044 0532 0130 00", "iban"), ("4006381333931", "bar-code"),
     ("11010519491231002X", "chinese-id"), ("12345678Z", "nif"), ("529.982.247-25", "cpf")],
)  # fmt: skip
def test_check_digits_are_those_of_the_standards(code, rule):
    assert check_digits.valid(code, rule)
    assert check_digits.completed(check_digits.blanked(code, rule), rule) == code
    wrong = code[:-1] + ("1" if code[-1] != "1" else "2")
    assert not check_digits.valid(wrong, rule)


@pytest.mark.parametrize(
    ("make", "pattern"),
    [
        (lambda n: f"ID-{n + 1:04d}", r"ID-\d{4}"),
        (lambda n: f"ORD-2023-{n * 37 % 9000:05d}", r"ORD-2023-\d{5}"),
        (lambda n: f"{['AB', 'CD', 'EF'][n % 3]}{n * 7919 % 90_000 + 10_000}", r"(AB|CD|EF)[1-9]\d{4}"),
        (lambda n: f"{n * 104_729:08x}", r"[0-9a-f]{8}"),
        (lambda n: f"x{n * 65_537 % 16**6:06X}", r"x[0-9A-F]{6}"),
        (lambda n: f"SKU/{'ABC'[n % 3]}{n * 31 % 999:03d}/{n * 17 % 97:02d}", r"SKU/[ABC]\d{3}/\d{2}"),
    ],
)
def test_codes_keep_prefix_width_and_case_and_stay_different(make, pattern):
    real = list(dict.fromkeys(make(number) for number in range(400)))
    made = column(real, "code").new(range(400), 0)
    assert made.is_unique and not set(made) & set(real)
    assert all(re.fullmatch(pattern, text) for text in made), made.head().tolist()


def test_counters_go_on_and_grow_only_when_they_must():
    found = column([f"ID-{number:04d}" for number in range(1, 401)], "code")
    assert found.new(range(3), 0).tolist() == ["ID-0401", "ID-0402", "ID-0403"]
    many = found.new(range(12_000), 5)
    assert many.is_unique and (many.str.len() == 7).sum() == 9600
    high = column([f"T{number}" for number in range(500, 1000)], "code").new(range(600), 0)
    assert high.is_unique and (high.head(400).str.len() == 4).all()


def test_values_that_occur_again_occur_again():
    mails = faked("en_US", "email", 100)
    made = column(pd.Series(mails * 4)).new(range(400), 0)
    assert 70 <= made.nunique() <= 100 and not set(made) & set(mails)
    assert column(pd.Series(mails)).new(range(400), 0).is_unique


def test_a_type_can_be_asked_for_and_a_column_kept_or_dropped():
    frame = pd.DataFrame({"who": faked("en_US", "name", 60), "x": np.arange(60) % 7})
    assert column(frame.who, asked="category").learned
    assert column(["Zq", "Xw", "Pf"] * 10, "who", asked="last-name").made["kind"] == "last name"
    source = TableSource(frame, "t", {"who": "drop"})
    assert [field.name for field in source.fields] == ["x"]
    with pytest.raises(UserError, match="no column 'whom'; did you mean 'who'"):
        TableSource(frame, "t", {"whom": "drop"})
    with pytest.raises(UserError, match="every column is dropped"):
        TableSource(frame, "t", {"who": "drop", "x": "drop"})


def test_every_column_that_is_not_learned_is_said_in_one_line():
    frame = pd.DataFrame({"who": faked("en_US", "name"), "mail": faked("en_US", "email"), "x": np.arange(ROWS) % 9})
    notes = [note for note in TableSource(frame, "t").notes if note.startswith(("who:", "mail:"))]
    assert len(notes) == 2 and all("\n" not in note and "not learned" in note for note in notes)


CITIES = "London Paris Berlin Austin Madison Jackson Charlotte Houston Dallas Florence Victoria Lincoln Sydney Adelaide"
WORDS = {
    "city": CITIES.split(),
    "place": CITIES.split(),
    "species": ["Adelie", "Gentoo", "Chinstrap"],
    "cut": ["Fair", "Good", "Ideal", "Premium"],
    "month": ["April", "May", "June", "August"],
    "flower": ["Rose", "Lily", "Iris", "Violet", "Daisy", "Jasmine", "Ivy", "Heather", "Holly"],
    "brand": ["Ford", "Mercedes", "Chevrolet", "Porsche", "Bentley", "Ferrari", "Lincoln", "Austin"],
    "status": ["active", "closed"],
    "version": ["1.2.3", "1.2.4", "2.0.0", "10.11.12"],
    "size": ["10 x 20", "20 x 40"],
    "account": ["gold", "silver", "bronze"],
    "card_type": ["Visa", "Mastercard", "Amex"],
    "contact": ["phone", "mail", "none"],
    "license": ["MIT", "Apache-2.0", "GPL-3.0"],
    "street_type": ["Street", "Avenue", "Road"],
    "ip_rating": ["IP54", "IP67"],
    "url_scheme": ["http", "https"],
}


@pytest.mark.parametrize("name", list(WORDS))
def test_ordinary_categories_are_left_alone(name):
    values = np.random.default_rng(0).choice(WORDS[name], 400)
    assert column(values, name).kind == "category"


@pytest.mark.parametrize(
    "values",
    [np.arange(400) * 3 % 997 + 1000, np.random.default_rng(0).normal(size=400), np.arange(400) % 2 == 0],
    ids=["integer", "float", "boolean"],
)
@pytest.mark.parametrize("name", ["mobile_minutes", "card_limit", "address_count", "account_balance", "name_length"])
def test_numbers_with_a_telling_name_are_left_alone(name, values):
    assert column(values, name).learned


def test_an_identifier_of_true_and_false_is_refused():
    with pytest.raises(UserError, match="no identifier"):
        column([True, False] * 20, asked="identifier")


def test_numbers_are_scattered_one_to_one():
    for room in (1, 2, 7, 100, 1001):
        assert sorted(_scattered(number, room, 5) for number in range(room)) == list(range(room))


def customers(rows=600, many=50):
    rng = np.random.default_rng(0)
    who = rng.integers(0, many, rows)
    real = {what: np.array(faked("de_DE", what, many), dtype=object) for what in ("name", "email", "phone_number")}
    frame = pd.DataFrame({"customer": [f"K{each:04d}" for each in who], "number": who * 3 + 7})
    return frame.assign(spent=rng.lognormal(3, 1, rows).round(2), **{what: each[who] for what, each in real.items()})


@pytest.mark.parametrize("by", [["customer"], ["number"], []])
def test_every_row_of_a_customer_has_the_same_new_name(by):
    frame = customers()[[*by, "spent", "name", "email", "phone_number"]]
    source = TableSource(frame, "t")
    made = table_samples.started(source).generate(400, seed=0)
    known = by or ["name"]
    for what in {"name", "email", "phone_number"} - {*known}:
        assert not set(made[what]) & set(frame[what])
        assert (made.groupby(known[0])[what].nunique() == 1).all()
        assert made[what].nunique() > 20
    assert any(f"the same for each {known[0]}," in note for note in source.notes)
    assert made.email.str.fullmatch(r"[^@]+@[^@]+\.[a-z]+").all()


def test_what_a_new_name_determines_goes_with_it():
    frame = customers()[["spent", "name", "email"]]
    towns = pd.factorize(frame.name)[0] % 7
    frame["town"], frame["vip"] = pd.Series(towns).map(lambda at: f"T{at}"), towns % 2 == 0
    source = TableSource(frame, "t")
    assert any("each with one town, vip" in note for note in source.notes)
    made = table_samples.started(source).generate(400, seed=0)
    for what in ("email", "town", "vip"):
        assert (made.groupby("name")[what].nunique() == 1).all()
    assert 20 < made.name.nunique() <= 60
    off = TableSource(frame, "t", ignored_relations=["name -> town", "name -> vip"])
    assert not any("of" in column.made for column in off.fields)


def test_what_goes_with_a_customer_can_be_switched_off():
    frame = customers()[["customer", "spent", "name"]]
    source = TableSource(frame, "t", ignored_relations=["customer  -> name"])
    assert "by" not in source.fields[2].made
    assert "by" not in TableSource(frame, "t", ignored_relations=["all"]).fields[2].made


@pytest.mark.parametrize(
    ("make", "pattern"),
    [
        (lambda n: f"INV-{2019 + n // 75}-{n % 75 + 1:05d}", r"INV-20(19|2[0-2])-\d{5}"),
        (lambda n: f"**** **** **** {n * 7919 % 10_000:04d}", r"\*{4} \*{4} \*{4} \d{4}"),
        (lambda n: f"#{1000 + n * 7 % ROWS}", r"#\d{4}"),
        (lambda n: f"Branch {n}", r"Branch \d+"),
        (lambda n: f"+49170{n * 7_919_333 % 10**7:07d}", r"\+49\d{10}"),
        (lambda n: f"XK{n % 9}F 9QPA {n:02d}ZD MM{n * 31 % 97:02d}", r"XK\dF 9QPA \d{2,3}ZD MM\d\d"),
    ],
)
def test_codes_of_any_form_keep_it(make, pattern, tmp_path):
    real = [make(n) for n in range(ROWS)]
    pd.DataFrame({"c": real, "x": np.arange(ROWS) * 7 % 13}).to_csv(tmp_path / "t.csv", index=False)
    source = open_path(tmp_path / "t.csv", TableOptions(), OpenContext())
    made = source.fields[0].new(range(200), 0)
    assert made.str.fullmatch(pattern).all(), made.head().tolist()
    assert made.is_unique and not set(made) & set(real)


def test_few_words_with_a_number_keep_their_word():
    made = column([f"Branch {n % 12}" for n in range(ROWS)], asked="identifier").new(range(100), 0)
    assert made.str.fullmatch(r"Branch \d+").all()


@pytest.mark.parametrize("order", [1, -1, 0])
def test_numbers_of_rows_in_any_order_are_identifiers(order):
    numbers = np.arange(1000, 1000 + ROWS)
    numbers = numbers[::order] if order else np.random.default_rng(0).permutation(numbers)
    found = column(numbers, "nr_of_row")
    assert found.kind == "identifier" and found.new(range(500), 0).is_unique


@pytest.mark.parametrize("place", ["ko_KR", "zh_CN"])
def test_names_without_a_space_keep_their_length(place):
    made = column(faked(place, "name", unique=False), "name").new(range(300), 0)
    assert (made.str.len() <= 4).mean() > 0.97


def test_accounts_are_made_anew_also_where_they_are_invented_or_numbers():
    who = np.arange(ROWS) % 60
    frame = pd.DataFrame(
        {"iban": [f"DE{10 + at}{at * 7_919_317 % 10**9:018d}" for at in who], "x": np.arange(ROWS) % 13}
    )
    frame["Konto"], frame["account_balance"] = who * 7_919_317 + 10**9, np.arange(ROWS) * 7919 % 90_000 + 100_000
    kinds = {column.name: column.made.get("kind", column.kind) for column in TableSource(frame, "t").fields}
    assert kinds["iban"] == "IBAN" and kinds["Konto"] == "account number" and kinds["account_balance"] == "integer"
