"""The report: one self-contained page about a run, for people who are not experts."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..runs.folder import Run, RunParts
from ..runs.log import NOT_ASSESSED, examples_at, examples_seen, kept_snapshot, whole
from ..util.files import write_text
from .curves import curves, svg
from .evaluated import evaluation_sections
from .headline import headline_of
from .markup import bullets, page, paragraph, passage, picture, player, section, table, text
from .media import film_uri, sound_uri
from .pictures import data_uri, evenly, open_picture
from .scores import logged_scores
from .settings import flat, settings
from .summary import limits, summary, unit
from .texts import shown_text
from .values import count, listed, mapping, percent, plain, short

FINAL_SIDE, FILM_SIDE = 1024, 320  # pixels
MAX_FILM_PICTURES = 8
MAX_CLASSES, MAX_NOTES, MAX_SETTINGS, MAX_PERIODS = 100, 50, 300, 100


def write_report(run: Path) -> Path:
    """Write report.html into the run folder. The page names the parts that the run does not have yet."""
    out = run / "report.html"
    write_text(out, render(Run(run).parts()))
    return out


def render(run: RunParts) -> str:
    """The page as text. Equal run folders give equal bytes."""
    parts = [
        _head(run),
        _numbers(run),
        _missing(run),
        _final_grid(run),
        _data(run),
        *evaluation_sections(run),
        _curves(run),
        _health(run),
        _over_time(run),
        _interpolation(run),
        _scores(run),
        _limits(run),
        _recipe(run),
        _reproduce(run),
        "<footer>Written by sparring. This page is one file and loads nothing.</footer>",
    ]
    style = files("sparring.reports").joinpath("page.css").read_text(encoding="utf-8")
    return page(f"{run.name} - sparring report", style, "\n".join(part for part in parts if part))


def _head(run: RunParts) -> str:
    sentences = summary(run.recipe, run.source, run.log, run.evaluation)
    title = f'<p class="kicker">sparring report</p>\n<h1>{text(run.name)}</h1>'
    return title + "\n" + f'<div class="summary">{"".join(paragraph(sentence) for sentence in sentences)}</div>'


def _numbers(run: RunParts) -> str:
    found, seen = headline_of(run.evaluation, run.log), examples_seen(run.log)
    times, agreement = found.times, found.value("label_agreement")
    tiles = {
        "Frechet distance relative to training examples, 95 %": f"{times.low:.1f} to {times.high:.1f}" if times else "",
        "requested label recognised": percent(agreement) if agreement is not None else "",
        "examples seen": count(seen) if seen is not None else "",
    }
    inner = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in tiles.items() if value)
    return f'<dl class="numbers">{inner}</dl>' if inner else ""


def _missing(run: RunParts) -> str:
    items = bullets(run.missing)
    return f'<div class="missing"><h3>Missing from this run</h3>{items}</div>' if items else ""


def _final_grid(run: RunParts) -> str:
    kept = kept_snapshot(run.log)
    kept_last = sorted(run.samples, key=lambda sample: sample[0] == kept)  # without a kept one the newest is the last
    for seen, path in reversed(kept_last):
        grid = open_picture(path)
        if grid is not None:
            width = None if grid.width >= 480 else grid.width * (640 // grid.width)
            which = "the kept snapshot" if seen == kept else "the latest samples"
            columns = [plain(name) for name in listed(run.source.get("columns"))]
            what = f"Columns: {'; '.join(columns)}." if columns else "All of these are generated."
            caption = f"Generated after {count(seen)} examples: {which}. {what}"
            if texts := shown_text(path.with_suffix(".txt")):
                return section("What it generates", passage(texts, caption))
            shown = picture(data_uri(grid, FINAL_SIDE), "A grid of generated samples", caption, width)
            sound = sound_uri(path.with_suffix(".wav"))
            heard = player(sound, "The first one of each row, one after another.") if sound else ""
            film = film_uri(path.with_suffix(".webp"))
            moving = picture(film, "Generated films", "Films, playing side by side.") if film else ""
            return section("What it generates", shown, heard, moving)
    return ""


def _data(run: RunParts) -> str:
    source = run.source
    counts = mapping(source.get("counts"))
    classes, labels = listed(source.get("classes")), mapping(source.get("labels"))
    skipped = whole(source.get("skipped"))
    facts = {
        "Name": source.get("name"),
        "Kind": source.get("modality"),
        "Shape of an example": " x ".join(plain(side) for side in listed(source.get("shape"))),
        "Trained on": counts.get("train"),
        "Held out for validation": counts.get("validation"),
        "Held out for tests": counts.get("test"),
        "Classes": _some([_with_count(str(name), labels) for name in classes], MAX_CLASSES),
        "Files skipped": skipped if skipped else None,
        "Content hash": source.get("content_hash"),
    }
    known = {name: value for name, value in facts.items() if value not in (None, "")}
    rows = [(name, count(value) if isinstance(value, int) else plain(value)) for name, value in known.items()]
    notes = listed(source.get("notes"))
    return section("The data", table((), rows), bullets((plain(note) for note in notes[:MAX_NOTES]), "notes soft"))


def _with_count(name: str, counts: Mapping[str, Any]) -> str:
    return f"{name} ({plain(counts[name])})" if name in counts else name


def _some(items: list[str], most: int) -> str:
    more = f" and {count(len(items) - most)} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def _curves(run: RunParts) -> str:
    charts = [
        f"<figure><h3>{text(chart.title)}</h3>{svg(chart)}<figcaption>{text(chart.hint)}</figcaption></figure>"
        for chart in curves(run.log)
    ]
    return section("How the training went", f'<div class="charts">{"".join(charts)}</div>' if charts else "")


def _over_time(run: RunParts) -> str:
    if len(run.samples) < 2:
        return ""
    figures = []
    for seen, path in evenly(run.samples, MAX_FILM_PICTURES):
        grid = open_picture(path)
        if grid is not None:
            width, after = FILM_SIDE if grid.width < FILM_SIDE else None, f"after {count(seen)} examples"
            figures.append(picture(data_uri(grid, FILM_SIDE), f"Samples {after}", after, width))
    what = "held-out example" if run.source.get("input_shape") else "latent"
    intro = paragraph(f"Each place in the grid shows the same {what} at different times.", "soft")
    return section("Samples over time", intro, f'<div class="film">{"".join(figures)}</div>') if figures else ""


def _health(run: RunParts) -> str:
    """A row for every period of one health, with the last evidence of it and the action taken."""
    rows: list[tuple[str, str, str, str]] = []
    for entry in run.log:
        if entry.get("event") in ("tick", "diverged") and entry.get("health"):
            row = (
                str(entry["health"]),
                count(examples_at(entry) or 0),
                plain(entry.get("evidence") or entry.get("reason") or ""),
                plain(entry.get("action") or ""),
            )
            if rows and rows[-1][0] == row[0] and not rows[-1][3]:
                rows.pop()
            rows.append(row)
    head = ("health", "examples seen", "evidence", "action")
    assessed = any(row[0] not in NOT_ASSESSED for row in rows)
    return section("Health", table(head, rows[-MAX_PERIODS:])) if assessed else ""


def _interpolation(run: RunParts) -> str:
    strip = open_picture(run.path / "interpolation.png")
    if strip is None:
        return ""
    caption = "Latents between samples. Smooth changes indicate that it has learned more than single examples."
    shown = picture(data_uri(strip, FINAL_SIDE), "An interpolation between samples", caption, None)
    return section("Interpolation", shown)


def _limits(run: RunParts) -> str:
    return section("Limits", bullets(limits(unit(run.source)), "notes"))


def _scores(run: RunParts) -> str:
    if run.evaluation:
        return ""
    rows = [
        (
            score.title,
            "not measured" if score.value is None else short(score.value),
            score.measured_on,
            score.explanation,
        )
        for score in logged_scores(run.log).values()
    ]
    intro = paragraph("Compare numbers only where they were measured on the same things.", "soft") if rows else ""
    return section("Scores", intro, table(("score", "value", "measured on", "meaning"), rows))


def _recipe(run: RunParts) -> str:
    rows = settings(run.recipe)
    asked = ", ".join(f"{key} {plain(value)}" for key, value in flat(mapping(run.recipe.get("asked"))))
    name = " - ".join(plain(run.recipe[key]) for key in ("name", "summary") if run.recipe.get(key))
    more = len(rows) - MAX_SETTINGS
    cut = paragraph(f"recipe.yaml has {more} more settings.", "soft") if more > 0 else ""
    requested = paragraph(f"Requested: {asked}.", "soft") if asked else ""
    shown = table(("setting", "value", "why"), rows[:MAX_SETTINGS])
    return section("The recipe", paragraph(name), requested, shown, cut)


def _reproduce(run: RunParts) -> str:
    command = run.recipe.get("command")
    shown = f"<pre>{text(plain(command))}</pre>" if command else ""
    versions, machine = mapping(run.recipe.get("versions")), mapping(run.recipe.get("machine"))
    rows = [(key, plain(value)) for part in (versions, machine) for key, value in flat(part)]
    return section("Command, versions, machine", shown, table((), rows))
