"""Numbers and dates: what a format writes is found again in the texts, read as the same values and written the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparring.errors import UserError
from sparring.modalities.table.text_formats import DateFormat, EpochFormat, NumberFormat, Words, describe, format_from
from sparring.modalities.table.text_formats.date_reading import guesses, mixed_dates, read_dates
from sparring.modalities.table.text_formats.dates import EMPTY, EPOCH
from sparring.modalities.table.text_formats.deciding import wanted
from sparring.modalities.table.text_formats.epochs import epoch_of
from sparring.modalities.table.text_formats.month_names import LANGUAGES
from sparring.modalities.table.text_formats.number_reading import read_numbers

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
MARKS = [(".", ","), (",", "."), (".", " "), (",", " "), (",", "\u00a0"), (".", "'"), (",", "\u202f"), (".", "")]


@st.composite
def number_formats(draw):
    decimal, thousands = draw(st.sampled_from(MARKS))
    places = draw(st.integers(0, 5))
    decorated = draw(
        st.sampled_from([("", ""), ("$", ""), ("", " \u20ac"), ("EUR ", ""), ("", "%"), ("", " kg"), ("\u00a3", "")])
    )
    return NumberFormat(
        decimal=decimal,
        thousands=thousands,
        pairs=draw(st.booleans()) and thousands == ",",
        prefix=decorated[0],
        suffix=decorated[1],
        negative=draw(st.sampled_from(["-", "(", "5-", "\u2212"])),
        sign_first=draw(st.booleans()) or not decorated[0],
        least=places,
        most=places,
    )  # fmt: skip


@QUICK
@given(number_formats(), st.lists(st.integers(-(10**11), 10**11), min_size=5, max_size=30, unique=True))
def test_numbers_are_read_as_they_are_written(format, wholes):
    numbers = np.array([whole / 10**format.most for whole in [*wholes, -(10**9), 10**9, 1]])
    texts = format.texts(numbers)
    found = read_numbers(texts, format.decimal)
    assert found is not None, texts
    np.testing.assert_allclose(found.format.cells(texts), numbers, rtol=1e-12)
    assert found.format.texts(numbers) == texts
    assert format_from(describe(found.format)) == found.format


@QUICK
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=20, unique=True))
def test_numbers_as_python_writes_them_come_back_exactly(numbers):
    texts = list(dict.fromkeys(map(repr, numbers)))
    found = read_numbers(texts)
    assert found is not None
    assert found.format.cells(texts).tolist() == list(map(float, texts))
    exact = [text for text in found.format.texts(found.format.cells(texts)) if text is not None]
    assert list(map(float, exact)) == list(map(float, texts)) or found.format.scientific


@pytest.mark.parametrize("texts", [["5,001E+02", "1,250E+03", "7,333E+01"], ["5.001e2", "1.250e3", "7.333e1"]])
def test_a_mark_before_an_exponent_is_a_decimal_mark(texts):
    found = read_numbers(texts)
    assert found is not None
    np.testing.assert_allclose(found.format.cells(texts), [500.1, 1250, 73.33])


def test_many_texts_are_read_as_few_are():
    format = NumberFormat(decimal=",", thousands=".", prefix="", suffix=" \u20ac", least=2, most=2)
    numbers = np.arange(-1500, 1500) * 7.25
    texts = format.texts(numbers)
    np.testing.assert_array_equal(format.cells(texts), numbers)
    np.testing.assert_array_equal(format.cells([*texts, "5,00", "x", None])[-3:], [5.0, np.nan, np.nan])
    dates = DateFormat("%d/%m/%Y %H:%M")
    counts = np.arange(3000) * 61_740_000_000 * 60 - 10**15
    counts = counts // 60_000_000 * 60_000_000
    np.testing.assert_array_equal(dates.counts(dates.texts(counts)), counts)
    assert dates.counts(["31/02/2020 10:00"] * 2000).tolist() == [EMPTY] * 2000


PATTERNS = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%-d/%-m/%Y",
    "%Y-%m-%d",
    "%d.%m.%Y %H:%M",
    "%d %b %Y",
    "%B %-d, %Y",
    "%d-%b-%Y",
    "%Y-%m-%dT%H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%-m/%-d/%Y %-I:%M:%S %p",
    "%Y%m%d",
    "%Y%m%dT%H%M%S",
    "%a, %d %b %Y %H:%M:%S",
    "%A %-d %B %Y",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%-d%o %B %Y",
    "%G-W%V-%u",
    "%Y-%j",
    "%H:%M:%S %d/%m/%Y",
    "%Y\u5e74%-m\u6708%-d\u65e5",
    "%a %b %d %H:%M:%S %Y",
    "%Y-%b-%d",
    "%Y:%m:%d %H:%M:%S",
    "%a %b %e %H:%M:%S %Y",
]


@QUICK
@given(st.sampled_from(PATTERNS), st.lists(st.integers(0, 2 * 10**9), min_size=2, max_size=20, unique=True))
def test_dates_are_read_as_they_are_written(pattern, seconds):
    writer = DateFormat(pattern)
    both = [datetime(2021, 1, 28, 13, 5, 9), datetime(2021, 12, 31, 1, 50, 59)]  # no other order fits these
    counts = np.array([*seconds, *(int((moment - EPOCH).total_seconds()) for moment in both)]) * 1_000_000
    texts = list(dict.fromkeys(writer.texts(counts)))
    found = read_dates(texts)
    assert found is not None, texts
    assert found.format.texts(found.format.counts(texts)) == texts
    assert found.format.counts(texts).tolist() == writer.counts(texts).tolist()
    assert format_from(describe(found.format)) == found.format


@QUICK
@given(st.sampled_from(PATTERNS), st.dates(), st.integers(0, 86_399))
def test_every_time_that_is_generated_is_a_valid_one(pattern, day, second):
    """Whatever count comes out of a generator, its text is read again as the same text."""
    format = DateFormat(pattern)
    count = ((day.toordinal() - EPOCH.toordinal()) * 86_400 + second) * 1_000_000
    text = format.text(count)
    moment = format.moment(text)
    assert moment is not None, text
    assert format.text(moment[0]) == text


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_names_of_months_and_days_are_known_in_every_language(language):
    names = LANGUAGES[language]
    assert len(names.months) == len(names.short_months) == 12
    assert len(names.days) == len(names.short_days) == 7
    format = DateFormat("%A, %-d. %B %Y", language)
    texts = format.texts(np.arange(0, 400 * 86_400_000_000, 86_400_000_000 * 3))
    found = read_dates(texts)
    assert found is not None
    assert found.format.texts(found.format.counts(texts)) == texts


@pytest.mark.parametrize(
    ("years", "first"),
    [
        ([1965, 1972], 1965),
        ([1995, 2005], 1995),
        (list(range(1940, 2024, 4)), 1940),
        ([2023], 2023),
        ([1931, 1950], 1931),
    ],
)
def test_years_of_two_digits_lie_close_together(years, first):
    texts = [f"{day:02d}/06/{year % 100:02d}" for year in years for day in (13, 29)]
    found = read_dates(texts)
    span = [EPOCH + timedelta(microseconds=int(count)) for count in found.format.counts(texts)]
    assert max(span).year - min(span).year == max(years) - min(years)
    assert found.format.texts(found.format.counts(texts)) == texts
    assert min(span).year % 100 == first % 100


def test_offsets_are_those_of_a_zone_or_fixed_or_drawn_anew():
    summer = ["2023-06-29T22:28:00+02:00", "2023-01-29T22:28:00+01:00"]
    assert read_dates(summer).format.zone == "Europe/Berlin"
    assert read_dates(["2023-06-29 22:28+0530"]).format.zone == "+05:30"
    mixed = ["2023-06-29 22:28:00+02:00", "2023-06-29 22:28:00-05:00", "2023-06-30 22:28:00-05:00"]
    found = read_dates(mixed).format
    assert dict(found.mixed) == pytest.approx({120: 1 / 3, -300: 2 / 3})
    again = found.texts(np.arange(2000) * 10**9)
    assert {text[-6:] for text in again} == {"+02:00", "-05:00"}
    assert sum(text.endswith("-05:00") for text in again) / 2000 == pytest.approx(2 / 3, abs=0.05)
    assert found.counts(again).tolist() == (np.arange(2000) * 10**9).tolist()


def test_times_since_1970_have_the_unit_of_their_size():
    now = 1_687_996_080
    for parts in (1, 1000, 1_000_000, 1_000_000_000):
        format = epoch_of(now * parts)
        assert format.parts == parts
        (count,) = format.counts([now * parts])
        assert count // format.per_second == now
        assert format.texts(np.array([count])) == [str(now * parts)]
    assert EpochFormat(1).counts([1.5, None, "x"]).tolist() == [1_500_000, EMPTY, EMPTY]
    assert (EPOCH + timedelta(seconds=now)).replace(tzinfo=UTC).date() == date(2023, 6, 28)


def test_dates_in_two_ways_are_named():
    found = mixed_dates(["29/06/2023", "2023-06-29", "30/06/2023"], 0.6)
    assert found.examples == ("29/06/2023", "2023-06-29")
    assert mixed_dates(["a", "b", "29/06/2023"], 0.6) is None
    assert list(guesses("29/%d/06/2023 %d 10:30")) == []
    assert list(guesses("Monday")) == [] or all(each.moment("Monday") is None for each in guesses("Monday"))


def test_what_is_no_number_is_none():
    for text in ("2023-06-29", "10:30", "192.168.1.1", "1.2.3", "+49 30 1234567", "555-1234", "A12", "7a7", "1,2,3"):
        assert read_numbers([text, "5"]) is None or read_numbers([text]) is None, text
    assert read_numbers(["0311", "1234"]) is None
    assert read_numbers(["12 kg", "500 g"]) is None
    assert read_numbers(["5@example.org", "6@example.org"]) is None


def test_a_format_of_another_version_is_refused():
    words = Words("nein", "ja")
    assert format_from(describe(words)) == words
    with pytest.raises(KeyError):
        format_from({"kind": "words", "perhaps": "vielleicht"})
    assert format_from(describe(replace(DateFormat("%Y"), fraction=(1, 3)))).fraction == (1, 3)


@pytest.mark.parametrize("pattern", ["%d.%d.%Y", "%Q", "100 %", "%d%", "%"])
def test_a_pattern_that_is_none_is_refused(pattern):
    with pytest.raises(UserError, match="is no pattern of dates"):
        wanted(pattern)
    assert wanted("%d.%m.%Y").pattern == "%d.%m.%Y"
