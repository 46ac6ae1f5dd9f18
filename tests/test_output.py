"""What leaves the program: text a terminal obeys, markup, formulas and names of files, at every border."""

from __future__ import annotations

import io
import json
import logging
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import yaml

from report_samples import recipe, source, tick, write_log, write_part
from smoke import ArraySource
from sparring.api import default_folder
from sparring.callbacks.progress import Lines
from sparring.cli import output
from sparring.comparison import Entry
from sparring.config.reading import dump_yaml, load_yaml
from sparring.errors import UNPRINTABLE, UserError, printable
from sparring.modalities.drawing import figure, image_of
from sparring.modalities.image.write import write as write_pictures
from sparring.modalities.opening import open_data
from sparring.modalities.points.write import write as write_points
from sparring.modalities.table.export import WRITERS, write_frame
from sparring.reports.card import write_card
from sparring.reports.comparison import write_comparison
from sparring.reports.html import write_report
from sparring.runs.log import line_of
from sparring.util import notes, progress
from sparring.util.files import file_name, json_text
from sparring.util.spreadsheets import defused, undefused

ALL = "".join(map(chr, sorted(code for code in UNPRINTABLE if code < 0xD800)))
HOSTILE = (
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31m",
    "a\nb\r\tc",
    "\u202egnp.exe",
    "\u2066\u2028\u2029",
    "[red]x[/red] [link=http://x]",
    "<script>alert(1)</script>",
    "\ud800",
    ALL,
)


def obeyed(text, allowed="\n"):
    """What a terminal would obey in a text."""
    return [character for character in text if ord(character) in UNPRINTABLE and character not in allowed]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_is_printable_and_letters_of_all_languages_stay(name):
    assert obeyed(printable(name), allowed="") == []
    assert printable("Äpfel 苹果 תפוח 🍎") == "Äpfel 苹果 תפוח 🍎"
    printable(name).encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_terminals_errors_and_notes_get_printable_text(name, capsys, caplog, monkeypatch):
    from rich.console import Console
    from rich.table import Column, Table

    shown = io.StringIO()
    console = Console(file=shown, force_terminal=False, width=4000)
    table = Table(*(Column(cell) for cell in output.cells(name)))
    table.add_row(*output.cells(name))
    console.print(table)
    bar, lines = progress.Bar(console), []
    for display in (bar, progress.SparseLines(lines.append)):
        with progress.displayed(display):
            monkeypatch.setattr(progress, "SECONDS_BEFORE_BAR", -1.0)
            monkeypatch.setattr(progress, "SECONDS_BEFORE_LINE", -1.0)
            progress.show(0.5, name, "1 of 2")
    output.say(name, Path("x") / "y")
    output.say(name, error=True)
    output.say_json({name: [name]})
    Lines().note(name)
    notes.warn(name)
    printed = capsys.readouterr()
    for text in (shown.getvalue(), printed.out, printed.err, *lines, *caplog.messages, str(UserError(name))):
        assert obeyed(text) == []
    if "red" in name:
        assert shown.getvalue().count("[red]x[/red]") >= 2
    assert "\n" not in str(UserError(name)) and all("\n" not in message for message in caplog.messages)


def test_only_one_module_of_the_command_line_prints():
    """Every other one calls it, so that no text is forgotten. Exceptions: fixed texts of the program itself."""
    folder = Path(output.__file__).parent
    allowed = {"output.py": 2, "recipes.py": 1, "__init__.py": 2, "train.py": 1, "evaluate.py": 4}
    for path in folder.glob("*.py"):
        found = re.findall(r"(?:(?<!\w)print|typer\.echo|console\.print|Console\(\)\.print)\(", path.read_text())
        assert len(found) <= allowed.get(path.name, 0), f"{path.name}: {found}"


@pytest.mark.parametrize("name", HOSTILE)
def test_files_of_a_run_hold_printable_text_and_give_the_names_back(name):
    values = {"classes": [name, "苹果"], "number": 1e-3, "text": "1e-3"}
    assert json.loads(json_text(values)) == values
    assert load_yaml(dump_yaml(values)) == values
    if "\ud800" not in name:  # no line of a log can hold half a character
        assert obeyed(line_of(values).decode()) == []
    for text in (json_text(values, indent=2), dump_yaml(values)):
        assert obeyed(text) == []
        text.encode()


@pytest.mark.parametrize("name", HOSTILE)
def test_pages_and_cards_hold_printable_text_without_markup(run, name):
    write_part(run, "source.json", {**source(), "name": name, "classes": [name, "b"], "notes": [name], "unit": name})
    hostile = {"name": name, "summary": name, "command": f"sparring train {name}", "reasons": {"batch": name}}
    write_part(run, "recipe.yaml", {**recipe(), **hostile, "asked": {name: name}, "machine": {name: name}})
    scores = {"a": {"value": 1.0, "fingerprint": {"b": name}}}
    write_log(run, [tick(step, scores=scores, health="plateau", evidence=name) for step in (1, 2)])
    evaluated = {"snapshot": 40000, "scores": scores, "left_out": {}, "classes": [{"name": name}], "headline": "a"}
    write_part(run, "evaluation.json", evaluated)
    page, card = (write(run).read_text(encoding="utf-8") for write in (write_report, write_card))
    for text in (page, card):
        assert obeyed(text) == []
    assert "<script" not in page
    body = re.sub(r"```bash\n.*?```", "", card.split("---\n", 2)[2], flags=re.DOTALL)  # code is shown as it is
    assert "<script" not in body
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["library_name"] == "sparring"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_comparison_holds_printable_text_without_markup(tmp_path, name):
    if "\ud800" in name:
        pytest.skip("no path and no name of a recipe holds half a character")
    measured = ("frechet_distance", {"frechet_distance": 2.0}, {"frechet_distance": 1.0})
    entries = [asdict(Entry(f"{name}{number}", 0, "x", 64, 1.0, "healthy", *measured)) for number in range(2)]
    write_comparison(tmp_path, name, name, entries, [])
    for path in (tmp_path / "README.md", tmp_path / "report.html"):
        text = path.read_text(encoding="utf-8")
        assert obeyed(text) == [] and "<script" not in text


FORMULAS = [
    "=1+1",
    "+A1",
    "-A1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    '=HYPERLINK("http://x")',
    "-2+3+cmd|' /C calc'!A0",
]
NUMBERS = ["-5", "+3.2", "-1,234.50", "-5,26 €", "-12 %", "+49 170 1234567", "- 3"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_defused(text):
    assert defused(text) == f"'{text}"
    assert undefused(defused(text)) == text


@pytest.mark.parametrize("text", [*NUMBERS, "a=1", "", "'=1", 5, None, -1.5])
def test_numbers_and_other_texts_stay(text):
    assert defused(text) == text


def test_classes_that_look_like_formulas_come_back_from_the_labels_that_are_written(tmp_path):
    names = ["=1+1", "-n", "@x", "'tis", "a"] * 4
    values = np.random.default_rng(0).integers(0, 256, (20, 1, 8, 8), dtype=np.uint8)
    write_pictures(values, names, tmp_path / "out")
    assert set(open_data(tmp_path / "out").classes) == set(names)


def cells_of(path):
    """Every cell of a file, and of its header, as a spreadsheet program sees it."""
    if path.suffix == ".xlsx":
        return [cell for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True) for cell in row]
    return (
        pd.read_csv(path, sep="\t" if path.suffix == ".tsv" else ",", header=None, dtype=str, keep_default_na=False)
        .to_numpy()
        .ravel()
        .tolist()
    )


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".tsv", ".xlsx"])
def test_no_writer_of_tables_lets_a_formula_through(tmp_path, suffix):
    frame = pd.DataFrame(
        {formula: [formula, "x"] for formula in FORMULAS[:5]}
        | {"kind": pd.Categorical(["=1+1", "b"]), "number": [-1.5, 2.0], "text": pd.array(["@x", None], "string")}
    )
    write_frame(frame, tmp_path / f"rows{suffix}")
    cells = cells_of(tmp_path / f"rows{suffix}")
    assert not [cell for cell in cells if isinstance(cell, str) and defused(cell) != cell]
    assert "'=1+1" in cells


def test_control_characters_in_excel_are_written_as_excel_writes_them(tmp_path):
    frame = pd.DataFrame({"a\x1b": ["b\x00\x07", "c"]})
    write_frame(frame, tmp_path / "rows.xlsx")
    assert cells_of(tmp_path / "rows.xlsx") == ["a_x001B_", "b_x0000__x0007_", "c"]


@pytest.mark.parametrize("out", ["pictures", "pictures.zip", "points.csv"])
def test_no_writer_of_labels_lets_a_formula_through(tmp_path, out):
    names = ["=1+1", "@x"]
    if out == "points.csv":
        write_points(np.zeros((2, 2), np.float32), names, tmp_path / out)
        path = tmp_path / out
    else:
        write_pictures(np.zeros((2, 1, 4, 4), np.uint8), names, tmp_path / out)
        path = tmp_path / out / "labels.csv"
        if out.endswith(".zip"):
            import zipfile

            path = Path(zipfile.ZipFile(tmp_path / out).extract("labels.csv", tmp_path))
    assert {"'=1+1", "'@x"} <= set(cells_of(path))


def test_every_writer_of_tables_is_either_guarded_or_no_spreadsheet():
    assert set(WRITERS) == {".csv", ".csv.gz", ".tsv", ".parquet", ".jsonl", ".xlsx"}


@pytest.mark.parametrize(
    "text", ["../x", "/etc/passwd", "..", ".", "", "CON", "nul.txt", "a" * 500, "ü" * 300, "a/b\\c", "x:y?", *HOSTILE]
)
def test_a_name_made_of_a_text_stays_inside_its_folder(tmp_path, text):
    name = file_name(text)
    path = tmp_path / name
    assert path.parent == tmp_path and path.resolve().parent == tmp_path.resolve() and len(name.encode()) <= 120
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name) and not re.fullmatch(r"(?i)(con|nul)(\..*)?", name)
    path.write_text("")
    named = ArraySource()
    named.name = text
    assert default_folder(named, None) == Path("runs") / name


@pytest.mark.parametrize("name", [*HOSTILE, "$\\frac{$", "$x$ $", "苹果"])
def test_a_plot_shows_any_name_and_warns_of_none(name, recwarn):
    drawn = figure(2, 2, 50)
    axes = drawn.subplots()
    axes.set(title=name, xlabel=name)
    axes.bar(["a" if "\ud800" in name else name, "b"], [1, 2], label=name)
    axes.legend()
    image_of(drawn)
    assert not recwarn.list


def test_the_logger_is_named_for_the_package():
    assert logging.getLogger("sparring").name == "sparring"
