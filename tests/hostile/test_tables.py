"""Hostile tables: each is read as its owner means it and written back so, or refused in one sentence."""

import hashlib
import json
import sqlite3

import numpy as np
import openpyxl
import pandas as pd
import pytest

from hostile_zoo import Case, run_case
from sparring.errors import UserError
from sparring.modalities.opening import open_data
from sparring.modalities.table import export

N = 60
KIND = [f"k{at % 3}" for at in range(N)]
VALUES = np.random.default_rng(0).normal(0, 900, N).round(2)


def german(number):
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def indian(number):
    head, tail = str(number)[:-3], str(number)[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)][::-1]
    return ",".join([*pairs, tail])


def write(content, name="t.csv", encoding="utf-8"):
    def make(folder):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


def column(cells, separator=";", name="x"):
    """The text of a file with a column of these cells beside a category."""
    lines = [f"{cell}{separator}{kind}" for cell, kind in zip(cells, KIND, strict=True)]
    return "\n".join([f"{name}{separator}kind", *lines]) + "\n"


def rows_of(source):
    return np.concatenate([source.values(np.arange(source.count(split)), split) for split in ("train", "test")])


def written(source, folder, name="out.csv"):
    return export.write_stream([rows_of(source)], folder / name, source.codec)[0].read_bytes()


def comes_back(kind, said="", text=None):
    """The first column is of this kind, the notes say so, and all lines come back as they were."""

    def check(source, folder, content):
        assert source.fields[0].kind == kind
        assert said in " ".join(source.notes)
        back = written(source, folder).decode("utf-8-sig")
        assert sorted(back.split("\n")) == sorted(
            (text or content).replace("\r\n", "\n").removeprefix("\ufeff").split("\n")
        )

    return check


MOMENTS = [pd.Timestamp("2023-01-05 03:04:05") + pd.Timedelta(hours=131 * at, minutes=7 * at) for at in range(N)]
BERLIN = [moment.tz_localize("Europe/Berlin") for moment in MOMENTS]


def moments(pattern):
    return [moment.strftime(pattern) for moment in MOMENTS]


NUMBERS = {
    "decimal comma": [german(value).replace(".", "") for value in VALUES],
    "decimal comma and points between thousands": list(map(german, VALUES)),
    "spaces between thousands": [f"{value:,.2f}".replace(",", " ") for value in VALUES * 9],
    "no-break spaces": [f"{value:,.2f}".replace(",", "\u00a0").replace(".", ",") for value in VALUES * 9],
    "apostrophes": [f"{value:,.2f}".replace(",", "'") for value in VALUES * 9],
    "Indian groups": [indian(1000 + 7919 * at * at) for at in range(N)],
    "dollars": [f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}" for value in VALUES],
    "dollars, then the sign": [f"$-{-value:.2f}" if value < 0 else f"${value:.2f}" for value in VALUES],
    "euros": [f"{german(value)} \u20ac" for value in VALUES],
    "ISO currency": [f"CHF {value:,.2f}".replace(",", "'") for value in abs(VALUES)],
    "percent": [f"{value / 50:.1f}%" for value in VALUES],
    "percent with a space": [f"{value / 50:.1f} %".replace(".", ",") for value in VALUES],
    "accounting": [f"({-value:,.2f})" if value < 0 else f"{value:,.2f}" for value in VALUES],
    "minus behind": [f"{-value:.2f}-" if value < 0 else f"{value:.2f}" for value in VALUES],
    "Unicode minus": [f"{value:.2f}".replace("-", "\u2212") for value in VALUES],
    "kilograms": [f"{at * 7 % 90} kg" for at in range(N)],
    "square metres": [f"{at * 7 % 90},5 m\u00b2" for at in range(N)],
    "powers of ten": [f"{value:.3E}" for value in VALUES * 1e6],
    "powers of ten with commas": [f"{value:.2e}".replace(".", ",") for value in VALUES * 1e6],
    "fixed decimals": [f"{at * 7 % 90}.00" for at in range(N)],
    "plus signs": [f"{value:+.2f}" for value in VALUES],
    "empty as a dash": ["-" if at % 5 == 0 else f"{VALUES[at]:.2f}" for at in range(N)],
    "empty as NA": ["NA" if at % 5 == 0 else f"{VALUES[at]:.2f}" for at in range(N)],
    "empty as #DIV/0!": ["#DIV/0!" if at % 5 == 0 else german(VALUES[at]) for at in range(N)],
    "filled with zeros": [f"{abs(value):07.2f}" for value in VALUES],
    "Arabic digits": ["".join(chr(0x660 + int(digit)) for digit in str(at * 7 % 90)) for at in range(N)],
}  # fmt: skip
DATES = {
    "day first": moments("%d/%m/%Y %H:%M"),
    "month first": moments("%m/%d/%Y"),
    "no zeros and half days": [f"{m.month}/{m.day}/{m.year} {(m.hour - 1) % 12 + 1}:{m:%M %p}" for m in MOMENTS],
    "points": moments("%d.%m.%Y"),
    "two digits of years": moments("%d.%m.%y"),
    "English months": moments("%d %b %Y"),
    "long English months": [f"{moment:%B} {moment.day}, {moment.year}" for moment in MOMENTS],
    "small am and pm": [f"{moment:%Y-%m-%d %I:%M:%S %p}".lower() for moment in MOMENTS],
    "upper months": [f"{moment:%d-%b-%Y}".upper() for moment in MOMENTS],
    "weekdays": moments("%a, %d %b %Y %H:%M:%S"),
    "Chinese": [f"{moment.year}年{moment.month}月{moment.day}日" for moment in MOMENTS],
    "fractions": [f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 10}" for at, moment in enumerate(MOMENTS)],
    "UTC as Z": moments("%Y-%m-%dT%H:%M:%SZ"),
    "an offset": moments("%Y-%m-%dT%H:%M:%S+05:30"),
    "an offset without a colon": moments("%Y-%m-%d %H:%M:%S -0800"),
    "summer and winter": [moment.isoformat() for moment in BERLIN],
    "points in times": moments("%d.%m.%Y %H.%M"),
    "cameras": moments("%Y:%m:%d %H:%M:%S"),
    "days with a space in front": [f"{moment:%a %b} {moment.day:2d} {moment:%H:%M:%S UTC %Y}" for moment in MOMENTS],
    "web servers": moments("%d/%b/%Y:%H:%M:%S +0200"),
    "durations": [f"{at * 7 % 90}:{at:02d}:{at * 11 % 60:02d}" for at in range(N)],
    "compact": moments("%Y%m%d"),
    "compact with time": moments("%Y%m%dT%H%M%S"),
    "weeks": [f"{m.isocalendar().year}-W{m.isocalendar().week:02d}-{m.isoweekday()}" for m in MOMENTS],
    "months": moments("%Y-%m"),
    "times of the day": moments("%H:%M"),
    "the years 1 to 9999": [f"{1 + 169 * at:04d}-0{at % 9 + 1}-15" for at in range(N)],
    "empty as zeros": ["0000-00-00" if at % 7 == 0 else f"{moment:%Y-%m-%d}" for at, moment in enumerate(MOMENTS)],
}
TEXTS = {
    "leading zeros": ("category", [f"{at * 37 % 20:04d}" for at in range(N)]),
    "house numbers": ("category", [f"{at % 9}{'ab'[at % 2] if at % 3 else ''}" for at in range(N)]),
    "versions": ("category", [f"1.{at % 3}.{at % 5}" for at in range(N)]),
    "huge integers": ("category", [str(10**25 + at % 9) for at in range(N)]),
    "truths in capitals": ("boolean", [("TRUE", "FALSE")[at % 2] for at in range(N)]),
    "yes and no": ("category", [("yes", "no")[at % 2] for at in range(N)]),
    "ratios": ("category", [f"{at % 5}/{at % 3}" for at in range(N)]),
}


@pytest.mark.parametrize("name", list(NUMBERS))
def test_numbers_come_back_as_they_were(name, tmp_path):
    content = column(NUMBERS[name])
    source = open_data(write(content)(tmp_path))
    assert source.fields[0].kind in ("integer", "float"), source.notes
    comes_back(source.fields[0].kind)(source, tmp_path, content)


@pytest.mark.parametrize("name", list(DATES))
def test_dates_come_back_as_they_were(name, tmp_path):
    content = column(DATES[name])
    comes_back("time")(open_data(write(content)(tmp_path)), tmp_path, content)


@pytest.mark.parametrize("name", list(TEXTS))
def test_texts_that_look_like_numbers_stay_texts(name, tmp_path):
    kind, cells = TEXTS[name]
    content = column(cells)
    comes_back(kind)(open_data(write(content)(tmp_path)), tmp_path, content)


PLAIN = column([f"{at % 9}" for at in range(N)], ",")
NAMES = column([("M\u00fcller", "Jos\u00e9")[at % 2] for at in range(N)], ";")
DIALECTS = {
    "UTF-8 with a mark": (NAMES, "utf-8-sig"),
    "UTF-16 with a mark": (NAMES, "utf-16"),
    "UTF-16 little-endian": (NAMES, "utf-16-le"),
    "UTF-16 big-endian": (NAMES, "utf-16-be"),
    "cp1252": (NAMES, "cp1252"),
    "Shift JIS": (column([("\u6771\u4eac\u90fd", "\u5927\u962a\u5e9c")[at % 2] for at in range(N)]), "shift_jis"),
    "ISO 2022": (column([("\u6771\u4eac\u90fd", "\u5927\u962a\u5e9c")[at % 2] for at in range(N)]), "iso2022_jp"),
    "Cyrillic": (column([("Москва и область", "Санкт Петербург")[at % 2] for at in range(N)]), "cp1251"),
    "tabs": (column(KIND, "\t"), "utf-8"),
    "bars": (column(KIND, "|"), "utf-8"),
    "roofs": (column(KIND, "^"), "utf-8"),
    "characters of Hive": (column(KIND, "\x01"), "utf-8"),
    "a first column without a name": (column(KIND, ",", ""), "utf-8"),
    "quotes in names": ('"a ""b""",kind\n' + PLAIN.partition("\n")[2], "utf-8"),
    "a line break in a name": ('"a\nb",kind\n' + PLAIN.partition("\n")[2], "utf-8"),
    "line breaks in cells": (column([f'"one\ntwo {at % 2}"' for at in range(N)], ","), "utf-8"),
    "Windows line ends": (PLAIN.replace("\n", "\r\n"), "utf-8"),
    "no header": (PLAIN.partition("\n")[2], "utf-8"),
    "names that are years": ("2019,2020\n" + "".join(f"{at % 7},{at % 5}.5\n" for at in range(N)), "utf-8"),
}


@pytest.mark.parametrize("name", list(DIALECTS))
def test_text_files_of_every_dialect_come_back(name, tmp_path):
    content, encoding = DIALECTS[name]
    source = open_data(write(content, encoding=encoding)(tmp_path))
    kind = source.fields[0].kind
    comes_back(kind, text=content)(source, tmp_path, content)
    assert written(source, tmp_path).startswith(b"\xef\xbb\xbf") == (encoding in ("utf-8-sig", "utf-16"))


def notes(*words):
    """Is read, and these words are said."""

    def read(source):
        text = " ".join(source.notes)
        for each in words:
            assert each in text, text
        assert source.count() + source.count("test") == N

    return read


def sheet(*cells, merge=(), second=False):
    def make(folder):
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append(row)
        for area in merge:
            book.active.merge_cells(area)
        if second:
            for row in cells:
                other = book["Other"] if "Other" in book.sheetnames else book.create_sheet("Other")
                other.append(row)
        book.save(folder / "t.xlsx")
        return folder / "t.xlsx"

    return make


GRID = [["x", "kind"], *([at % 9, kind] for at, kind in enumerate(KIND))]
MIXED_DATES = [f"{1990 + at}-01-05" if at % 3 else f"05/01/{1990 + at}" for at in range(N)]
BOTH_ORDERS = [f"{at % 12 + 1:02d}/{at * 5 % 12 + 1:02d}/2023" for at in range(N)]
UNITS = [f"{at + 1} kg" if at % 3 else f"{at + 500} g" for at in range(N)]
FEW_ODD = ["see note" if at == 40 else f"{VALUES[at]}" for at in range(N)]
FIRST_DAYS = [f"{at % 12 + 1:02d}/01/{2000 + at}" for at in range(N)]
THREE_DIGITS = [f"{at + 1},{at + 100}" for at in range(N)]
NO_DAY = [f"{at % 28 + 1 if at != 9 else 31:02d}/02/{1950 + at}" for at in range(N)]
LONG = PLAIN.replace("\n4,", "\n4,5,", 1)
THREE = "a,b,kind\n" + "".join(f"{at % 7},{VALUES[at]},{KIND[at]}\n" for at in range(N))
QUOTED = "\n".join(",".join(f"'{cell}'" for cell in line.split(",")) for line in THREE.splitlines())
DRAWN = THREE.replace(",", " | ").replace("kind\n", "kind\n---+-----+----\n", 1) + "(60 rows)\n"
CASES = {
    "titles that a spreadsheet filled up": Case(
        write("Sales of May,,\nof all shops,,\n,,\n" + THREE), notes("2 lines above the header", "a: integer; b: float")
    ),
    "a count of rows": Case(write(THREE + "(60 rows affected)\n"), notes("1 line below the table", "a: integer")),
    "sources below": Case(
        write(THREE + ",,\nData from: the office,,\nLast updated 2024,,\n"), notes("2 lines below", "1 empty line")
    ),
    "empty rows": Case(write(THREE + ",,\n" * 99), notes("60 rows", "Left out: 99 empty lines")),
    "a table that was drawn": Case(write(DRAWN), notes("1 line between rows", "a: integer; b: float")),
    "single quotes": Case(write(QUOTED), notes("a: integer; b: float (2 decimals); kind: category")),
    "decimal commas between commas": Case(
        write("a,b\n" + "".join(f"{at % 9},{at},{at * 7 % 90 + 10}\n" for at in range(N))),
        refused=("line 1 names 2 columns", "lines below have 3 cells", "in quotes"),
    ),
    "one column": Case(
        write("a b c\n" + "".join(f"{at} x{at * 7} {VALUES[at]}\n" for at in range(N))), refused=("as one column",)
    ),
    "both orders of dates": Case(write(column(BOTH_ORDERS)), notes("dmy and mdy fit every cell", "--type x=mdy")),
    "thousands or decimals": Case(write(column(THREE_DIGITS, "\t")), notes("--type x=decimal-comma")),
    "first days of months": Case(write(column(FIRST_DAYS)), notes("the day is always the first")),
    "thousands and a zero between semicolons": Case(
        write(
            column(["0" if at % 7 == 3 else f"{at + 1}.{at % 9}00" if at % 3 else f"{at * 5 + 1}" for at in range(N)])
        ),
        lambda source: source.fields[0].kind == "integer" or pytest.fail(source.fields[0].about()),
    ),
    "a line above": Case(write("Report of May\n\n" + PLAIN), notes("1 line above the header, 'Report of May'")),
    "sep=": Case(write("sep=,\n" + PLAIN), notes("x: integer")),
    "a comment": Case(write(PLAIN.replace("\n4,", "\n# checked\n4,", 1)), notes("1 comment,")),
    "a header that comes again": Case(write(PLAIN.replace("\n4,", "\nx,kind\n4,", 1)), notes("comes again in 1 row")),
    "a total": Case(
        write(PLAIN.replace("kind\n", "kind\n", 1) + f"{sum(at % 9 for at in range(N))},Total\n"), notes("is a total")
    ),
    "a short line": Case(
        write("a,b,c\n1,2\n" + "".join(f"{at % 4},{at % 3},{at % 2}\n" for at in range(N - 1))),
        notes("1 line has fewer than 3 cells, line 2 first"),
    ),
    "several sheets": Case(sheet(*GRID, second=True), notes("'Sheet' is read, not 'Other'", "--sheet")),
    "merged cells": Case(sheet(*GRID, merge=("B2:B4",)), notes("1 merged cells")),
    "a title over the columns": Case(sheet(["Report", None], *GRID, merge=("A1:B1",)), notes("x: integer")),
    "mixed dates": Case(
        write(column(MIXED_DATES)), refused=("column 'x' writes dates in 2 ways", "(row 1)", "--type x=category")
    ),
    "mixed units": Case(write(column(UNITS)), refused=("writes numbers in several ways", "kg' (row", "g' (row")),
    "one cell that is no number": Case(
        write(column(FEW_ODD)), refused=("'see note' (row 41) is none", "--type x=category")
    ),
    "a day that is in no calendar": Case(write(column(NO_DAY)), refused=("'31/02/1959' (row 10) is none",)),
    "infinite numbers": Case(
        write(column(["inf" if at == 3 else f"{VALUES[at]}" for at in range(N)])),
        refused=("infinite numbers, 'inf' (row 4)",),
    ),
    "a long line": Case(write(LONG), refused=("line 6 has 3 cells, and there are 2 columns", "in quotes")),
    "an open quote": Case(write(PLAIN + '"open,1\n'), refused=("not a whole table",)),
    "two columns of one name": Case(write("a,a\n" + PLAIN.partition("\n")[2]), refused=("two columns named 'a'",)),
    "no text": Case(write(bytes(range(256)) * 9), refused=("no text",)),
    "formulas without values": Case(
        sheet(*GRID, ["=A2+A3", "k0"]), refused=("A62", "is a formula whose value is not in the file")
    ),
    "a query that deletes": Case(
        lambda folder: f"sqlite:///{_shop(folder)}#with x as (select 1) delete from t", refused=("only read",)
    ),
    "a database that is not there": Case(lambda folder: f"sqlite:///{folder}/none.db#t", refused=("there is no file",)),
}


def _shop(folder):
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("create table t (a integer)")
    connection.close()
    return folder / "shop.db"


@pytest.mark.parametrize("name", list(CASES))
def test_the_others_are_read_with_a_word_or_refused(name, tmp_path):
    run_case(CASES[name], open_data, tmp_path)


@pytest.mark.parametrize("asked", ["float", "integer", "decimal-comma"])
def test_a_type_that_was_told_is_taken_or_the_cell_is_named(asked, tmp_path):
    path = write(column(FEW_ODD))(tmp_path)
    told = Case(lambda folder: path, refused=("column 'x' cannot be read as", "(row "))
    run_case(told, lambda where: open_data(where, {"types": {"x": asked}}), tmp_path)
    codes = write(column([f"{at * 37 % 50:04d}" for at in range(N)]))(tmp_path)
    assert open_data(codes, {"types": {"x": asked}}).fields[0].kind == ("integer" if asked == "integer" else "float")


def test_what_a_person_says_decides(tmp_path):
    path = write(column(BOTH_ORDERS))(tmp_path)
    for asked, pattern in (("mdy", "%m/%d/%Y"), ("dmy", "%d/%m/%Y"), ("%m/%d/%Y", "%m/%d/%Y")):
        assert open_data(path, {"types": {"x": asked}}).fields[0].text_format.pattern == pattern
    seconds = [1_687_996_080 + 977 * at for at in range(N)]
    for cells in (seconds, [1000 * second for second in seconds]):
        source = open_data(write(column(cells))(tmp_path), {"types": {"x": "time"}})
        assert "since 1970" in " ".join(source.notes)
        comes_back("time")(source, tmp_path, column(cells))
    assert open_data(write(column(seconds))(tmp_path)).fields[0].kind in ("integer", "identifier")
    words = write(column([("Yes", "No")[at % 2] for at in range(N)]))(tmp_path)
    comes_back("boolean")(open_data(words, {"types": {"x": "boolean"}}), tmp_path, words.read_text())
    latin = write(NAMES.replace("\u00e9", "\u017a"), encoding="cp1250")(tmp_path)
    assert "Jos\u017a" in open_data(latin, {"encoding": "cp1250"}).fields[0].categories
    assert open_data(sheet(*GRID, second=True)(tmp_path), {"sheet": "Other"}).fields[0].name == "x"


def test_other_columns_decide_what_a_column_leaves_open(tmp_path):
    lines = [f"{at % 12 + 1:02d}/{at * 5 % 12 + 1:02d}/2023\t{at % 28 + 1:02d}/06/2023" for at in range(N)]
    source = open_data(write("open\tsure\n" + "\n".join(lines) + "\n")(tmp_path))
    assert [field.text_format.pattern for field in source.fields] == ["%d/%m/%Y", "%d/%m/%Y"]
    prices = [f"{at + 1},{at + 100}\t{at},5" for at in range(N)]
    source = open_data(write("open\tsure\n" + "\n".join(prices) + "\n")(tmp_path))
    assert [field.text_format.decimal for field in source.fields] == [",", ","]


def test_nothing_that_a_person_has_is_changed(tmp_path):
    pd.DataFrame(GRID[1:], columns=GRID[0]).to_parquet(tmp_path / "t.parquet")
    write(NAMES, encoding="cp1252")(tmp_path)
    sheet(*GRID, merge=("B2:B4",))(tmp_path)
    _shop(tmp_path)
    before = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in tmp_path.iterdir()}
    for each in tmp_path.iterdir():
        each.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        for name in ("t.parquet", "t.csv", "t.xlsx"):
            open_data(tmp_path / name)
        with pytest.raises(Exception, match="rows"):
            open_data(f"sqlite:///{tmp_path}/shop.db#t")
    finally:
        tmp_path.chmod(0o755)
    assert {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["t.jsonl", "t.ndjson"])
def test_json_lines_come_back(name, tmp_path):
    """Whole numbers with gaps, truths, texts and dates in ISO; what is written is read again."""
    rows = [
        {
            "age": None if at % 7 == 0 else 20 + at % 13,
            "kind": KIND[at],
            "when": f"2021-0{1 + at % 9}-11",
            "ok": at % 2 == 0,
        }
        for at in range(N)
    ]
    path = write("\n".join(json.dumps(row) for row in rows) + "\n\n", name)(tmp_path)
    source = open_data(path)
    assert [field.kind for field in source.fields] == ["integer", "category", "time", "boolean"]
    back = [json.loads(line) for line in written(source, tmp_path, "out.jsonl").decode().splitlines()]
    plain = sorted(map(json.dumps, rows))
    assert sorted(json.dumps(row) for row in back) == plain
    assert open_data(tmp_path / "out.jsonl").count("train") > 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1}\n{"a": 2\n', "line 2, is no JSON object"),
        ('{"a": 1}\n[1, 2]\n', "line 2, is no JSON object"),
        ("[" * 100_000, "line 1, is no JSON object"),
        ("\n \n", "0 rows"),
        ('{"a": {"b": 1}}\n{"a": {"b": 2}}\n', "a"),
    ],
)
def test_json_lines_that_are_no_table(text, words, tmp_path):
    with pytest.raises(UserError, match=words):
        open_data(write(text, "t.jsonl")(tmp_path))
