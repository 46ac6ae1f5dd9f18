"""Hostile tables: dates, durations and numbers in forms that look like something else."""

import datetime
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hostile_zoo import Case, run_case
from sparring.data.options import OpenContext
from sparring.modalities.table import export
from sparring.modalities.table.options import TableOptions
from sparring.modalities.table.source import open_path
from sparring.modalities.table.text_formats import describe, format_from
from sparring.modalities.table.text_formats.date_reading import read_dates
from sparring.modalities.table.text_formats.durations import read_durations

N = 80
MOMENTS = [pd.Timestamp("2019-01-05 03:04:05") + pd.Timedelta(hours=331 * at, minutes=7 * at) for at in range(N)]
VALUES = np.random.default_rng(0).normal(0, 900, N).round(2)
AMOUNTS = np.abs(VALUES)
SPANS = np.random.default_rng(1).integers(3600, 900_000, N)
ARABIC = str.maketrans("0123456789.,", "٠١٢٣٤٥٦٧٨٩٫٬")
WIDE = str.maketrans("0123456789.", "０１２３４５６７８９．")


def table(cells, name: str) -> str:
    lines = [f'"{cell}",k{at % 3}' for at, cell in enumerate(map(str, cells))]
    return "\n".join([f"{name},kind", *lines]) + "\n"


def opened(path: Path):
    return open_path(path, TableOptions(), OpenContext())


def case(cells, kind: str, said: str = "", name: str = "x") -> Case:
    """The column is of this kind, the notes say so, and every cell comes back as it was."""
    content = table(cells, name)

    def make(folder: Path) -> Path:
        (folder / "t.csv").write_text(content, encoding="utf-8")
        return folder / "t.csv"

    def read(source) -> None:
        (column,) = [each for each in source.fields if each.name == name]
        assert column.kind == kind, column.about()
        assert said in " ".join(source.notes)
        back = column.texts(column.series(column.cells(source_values(content, name))))
        assert [str(text) for text in back] == [str(cell).strip() for cell in cells]
        assert column.text_format is None or format_from(describe(column.text_format)) == column.text_format

    return Case(make, read)


def source_values(content: str, name: str) -> pd.Series:
    return pd.Series([line.split('"')[1].strip() for line in content.splitlines()[1:]], name=name)


def refused(cells, *words: str) -> Case:
    return Case(lambda folder: _written(folder, table(cells, "x")), refused=words)


def _written(folder: Path, content: str) -> Path:
    (folder / "t.csv").write_text(content, encoding="utf-8")
    return folder / "t.csv"


def moments(pattern: str) -> list[str]:
    return [moment.strftime(pattern) for moment in MOMENTS]


def months(names: str) -> list[str]:
    return [f"{moment.day} {names.split()[moment.month - 1]} {moment.year}" for moment in MOMENTS]


def iso(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes or not hours else "")


def clock(seconds: int) -> str:
    return f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


CASES = {
    "14 digits": case(moments("%Y%m%d%H%M%S"), "time", "YYYYMMDDhhmmss"),
    "10 digits": case(moments("%Y%m%d%H"), "time", "YYYYMMDDhh"),
    "month and year in six digits": case(moments("%m%Y"), "time", "MMYYYY"),
    "a clock of six digits": case(moments("%H%M%S"), "time", "hhmmss"),
    "Chinese dates with times": case(moments("%Y年%m月%d日 %H时%M分"), "time"),
    "12 digits": case(moments("%Y%m%d%H%M"), "time", "YYYYMMDDhhmm"),
    "year, month and day in six digits": case(moments("%y%m%d"), "time", "YYMMDD"),
    "day first in six digits": case(moments("%d%m%y"), "time", "DDMMYY"),
    "year and month in six digits": case(moments("%Y%m"), "time", "--type x=integer"),
    "hours and minutes in four digits": case(moments("%H%M"), "time", "hhmm"),
    "a time without marks behind a date": case(moments("%Y-%m-%dT%H%M%SZ"), "time"),
    "hours with AM and PM": case(moments("%I %p"), "time", "hh AM/PM"),
    "hours, an h and minutes": case(moments("%Hh%M"), "time"),
    "a month and a day": case(moments("%b %d"), "time", "the number is a day; --type x=%b %y"),
    "a day and a month": case(moments("%d %B"), "time", "the number is a day"),
    "a month and a short year": case(moments("%b-%y"), "time", "the number is a year"),
    "a time, a month and a day": case(moments("%H:%M, %b %d"), "time"),
    "German months with points": case(months("Jan. Feb. März April Mai Juni Juli Aug. Sept. Okt. Nov. Dez."), "time"),
    "French months with points": case(
        months("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."), "time"
    ),
    "Polish months": case(
        months("stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"),
        "time",
    ),
    "Russian months": case(
        months("января февраля марта апреля мая июня июля августа сентября октября ноября декабря"), "time"
    ),
    "Turkish months": case(
        months("Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık"), "time"
    ),
    "dates in Arabic digits": case([text.translate(ARABIC) for text in moments("%d/%m/%Y")], "time"),
    "ISO durations": case([iso(int(span)) for span in SPANS], "integer", "durations in minutes"),
    "days and a clock": case([f"{span // 86_400} days {clock(span)}" for span in SPANS], "integer", "in seconds"),
    "a day, or days": case(
        [f"{n} day{'' if n == 1 else 's'}, {clock(int(span))}" for n, span in enumerate(SPANS % 86_400)], "integer"
    ),
    "days and hours": case([f"{span // 86_400}d {span // 3600 % 24:02d}h" for span in SPANS], "integer", "in hours"),
    "years and months": case([f"{span // 90_000} yrs {span % 12} mo" for span in SPANS], "integer", "in months"),
    "minutes and parts of seconds": case([f"{span % 60}m {span % 599 / 10:.1f}s" for span in SPANS], "float"),
    "durations of Python": case(
        [str(datetime.timedelta(seconds=int(span) * (at % 4) // 4)) for at, span in enumerate(SPANS)], "integer"
    ),
    "years and m for months": case([f"{span // 90_000}y {span % 12}m" for span in SPANS], "integer", "in months"),
    "pounds and ounces": case([f"{span // 90_000} lb {span % 16} oz" for span in SPANS], "integer", "in ounces"),
    "goals of two teams": case([f"{n % 5}:{n % 7}" for n in range(N)], "category"),
    "Arabic digits and marks": case([f"{value:,.2f}".translate(ARABIC) for value in AMOUNTS * 9], "float"),
    "full-width digits": case([f"{value:.2f}".translate(WIDE) for value in AMOUNTS], "float"),
    "no zero before decimals": case([f"{at * 37 % 997 / 1000:.3f}"[1:] for at in range(1, N + 1)], "float"),
    "a point behind whole numbers": case([f"{int(value)}." for value in AMOUNTS], "float"),
    "dashes for no decimals": case([f"CHF {int(value)}.–" for value in AMOUNTS], "integer"),
    "dashes or decimals": case(
        [f"{value:.2f}" if at % 2 else f"{int(value)}.-" for at, value in enumerate(AMOUNTS)], "float"
    ),
    "a colon and a dash": case([f"{int(value * 99):,} :-".replace(",", " ").replace(" :", ":") for value in AMOUNTS],
                               "integer"),
    "Oracle's times": case([text.upper() for text in moments("%d-%b-%y %I.%M.%S.000000000 %p")], "time"),
    "French times": case([f"{m:%d/%m/%Y} à {m.hour}h{m:%M}" for m in MOMENTS], "time"),
    "times with points behind a short year": case(moments("%d.%m.%y %H.%M"), "time"),
    "JavaScript's times": case(moments("%a %b %d %Y %H:%M:%S GMT+0100 (Central European Standard Time)"), "time"),
    "a dash for no decimals behind thousands": case(
        [f"kr {int(value * 9):,},-".replace(",", ".").replace(".-", ",-") for value in AMOUNTS], "integer", "kr 1.234,-"
    ),
    "limits among numbers": refused(
        ["<0.60" if at % 12 == 5 else f"{value / 99:.2f}" for at, value in enumerate(AMOUNTS)],
        "in several ways", "'<0.60'",
    ),
    "hashes for numbers": refused(["####" if at % 9 == 5 else f"{value:.2f}" for at, value in enumerate(AMOUNTS)],
                                  "'####' (row 6) is none"),
    "thousands as K": refused([f"{value / 500:.1f}K" if value > 500 else f"{value:.0f}" for value in AMOUNTS],
                              "in several ways", "K'"),
    "credits and debits": refused([f"{value * 9:,.2f} {'CR' if at % 3 else 'DR'}" for at, value in enumerate(AMOUNTS)],
                                  "in several ways", "CR'", "DR'"),
    "numbers among dates": refused(
        [f"{m:%d/%m/%Y}" if m.day > 12 else f"{43_000 + at}" for at, m in enumerate(MOMENTS)], "dates such as"
    ),
    "two decimal marks": refused(
        [f"{value:,.2f}" if at % 2 else f"{value:.2f}".replace(".", ",") for at, value in enumerate(VALUES)],
        "decimals with '.'", "with ','", "--type x=category",
    ),
    "some numbers are rough": refused(
        [f"{'~' if at % 3 else ''}{at * 37 + 5}" for at in range(N)], "'~", "in several ways", "--type x=category"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_what_is_written_so_is_read_and_written_so(name, tmp_path):
    run_case(CASES[name], opened, tmp_path)


def test_weekdays_without_a_year_are_no_dates(tmp_path):
    source = opened(_written(tmp_path, table(moments("%a, %b %d"), "x")))
    assert source.fields[0].kind in ("category", "identifier")


def test_pressures_are_said_to_be_read_as_codes(tmp_path):
    cells = [f"{90 + at * 7 % 71}/{50 + at * 5 % 61}" for at in range(N)]
    notes = " ".join(opened(_written(tmp_path, table(cells, "bp"))).notes)
    assert "'000/000' is read as a code; of measures make columns of numbers" in notes


NUMBERS_THAT_ARE_NO_DATES: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "six digits": lambda rng: rng.integers(100_000, 999_999, N),
    "a counter": lambda rng: np.arange(200_101, 200_101 + N),
    "regions of one city": lambda rng: rng.integers(110_101, 110_120, N),
    "few months of one year": lambda rng: rng.integers(202_001, 202_013, N),
    "prices in full hundreds": lambda rng: rng.integers(1000, 9999, N) * 100,
    "four digits": lambda rng: rng.integers(1000, 9999, N),
    "years": lambda rng: rng.integers(1950, 2024, N),
}


@pytest.mark.parametrize("name", list(NUMBERS_THAT_ARE_NO_DATES))
def test_whole_numbers_stay_numbers(name, tmp_path):
    cells = NUMBERS_THAT_ARE_NO_DATES[name](np.random.default_rng(3))
    source = opened(_written(tmp_path, table(np.random.default_rng(0).permutation(cells), "x")))
    expected = "identifier" if name == "a counter" else "integer"  # each number once, in whatever order
    assert source.fields[0].kind == expected, source.fields[0].about()


def test_days_without_a_year_are_all_in_the_calendar():
    format = read_dates(moments("%b %d"))
    assert format is not None
    counts = format.format.counts(moments("%b %d"))
    between = np.linspace(counts.min(), counts.max(), 1000).astype(np.int64)
    days = {pd.Timestamp(f"2000 {text}") for text in format.format.texts(between)}  # raises for "Feb 30"
    assert len(days) > 300


@pytest.mark.parametrize("texts", [["1h", "2h"], ["2:30", "4:10"], ["3d 4d", "1d 2d"], ["5m 3h", "1m 2h"], ["P", "PT"]])
def test_other_texts_are_no_durations(texts):
    assert read_durations(texts) is None


def test_a_table_with_durations_is_written_back(tmp_path):
    content = table([iso(int(span)) for span in SPANS], "x")
    source = opened(_written(tmp_path, content))
    cells = np.concatenate([source.values(np.arange(source.count(split)), split) for split in ("train", "test")])
    back = export.write_stream([cells], tmp_path / "out.csv", source.codec)[0].read_text()
    assert sorted(back.split("\n")) == sorted(content.replace('"', "").split("\n"))


def test_codes_that_begin_with_zeros_are_no_odd_dates(tmp_path):
    codes = [f"{at % 16 + 1:02d}{at * 7 % 99 + 1:03d}{at * 31 % 200:03d}" for at in range(N)]
    assert opened(_written(tmp_path, table(codes, "x"))).fields[0].kind == "identifier"
