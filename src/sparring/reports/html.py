"""The report: one self-contained page about a run, for a person who is no expert."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ..runs.log import images_seen, snapshot_images, whole
from ..util.files import write_text
from .curves import curves, svg
from .evaluated import evaluated
from .folder import RunFolder, open_run
from .markup import bullets, page, paragraph, picture, section, table, text
from .pictures import data_uri, evenly, open_picture
from .scores import multiple_of_real, scores
from .settings import flat, settings
from .summary import limits, unit, verdict
from .values import count, listed, mapping, percent, plain, short

FINAL_SIDE, FILM_SIDE, FILM_MOST = 1024, 320, 8  # pixels, pixels, pictures
MOST_CLASSES, MOST_NOTES, MOST_SETTINGS, MOST_STRETCHES = 100, 50, 300, 100


def write_report(run: Path) -> Path:
    """Write report.html into the run folder. Parts that the run does not have yet are named on the page instead."""
    out = run / "report.html"
    write_text(out, render(open_run(run)))
    return out


def render(run: RunFolder) -> str:
    """The page as text; the same run folder gives the same bytes."""
    parts = [
        _head(run),
        _numbers(run),
        _missing(run),
        _final_grid(run),
        _data(run),
        *evaluated(run),
        _curves(run),
        _health(run),
        _over_time(run),
        _interpolation(run),
        _scores(run),
        _limits(run),
        _recipe(run),
        _reproduce(run),
        "<footer>Made by sparring. This page is one file and loads nothing from anywhere.</footer>",
    ]
    style = files("sparring.reports").joinpath("page.css").read_text(encoding="utf-8")
    return page(f"{run.name} - sparring report", style, "\n".join(part for part in parts if part))


def _head(run: RunFolder) -> str:
    sentences = verdict(run.recipe, run.source, run.log)
    title = f'<p class="kicker">sparring report</p>\n<h1>{text(run.name)}</h1>'
    return title + "\n" + f'<div class="verdict">{"".join(paragraph(sentence) for sentence in sentences)}</div>'


def _numbers(run: RunFolder) -> str:
    found = scores(run.log)
    multiple, agreement, seen = multiple_of_real(found), found.get("label_agreement"), images_seen(run.log)
    tiles = {
        "distance from reals (1.0: as close as reals)": f"{multiple:.1f}" if multiple is not None else "",
        "asked label recognised": percent(agreement.value) if agreement is not None and agreement.value is not None else "",
        "images seen": count(seen) if seen is not None else "",
    }
    inner = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in tiles.items() if value)
    return f'<dl class="numbers">{inner}</dl>' if inner else ""


def _missing(run: RunFolder) -> str:
    items = bullets(run.missing)
    return f'<div class="missing"><h3>Missing from this run</h3>{items}</div>' if items else ""


def _final_grid(run: RunFolder) -> str:
    kept = snapshot_images(run.log)
    older_first = sorted(run.samples, key=lambda sample: sample[0] == kept)  # the kept snapshot's grid last, else the newest
    for images, path in reversed(older_first):
        grid = open_picture(path)
        if grid is not None:
            width = None if grid.width >= 480 else grid.width * (640 // grid.width)
            which = "the snapshot that is kept" if images == kept else "the latest samples"
            columns = [plain(name) for name in listed(run.source.get("columns"))]
            what = f"Columns: {'; '.join(columns)}." if columns else "All of these are generated."
            caption = f"Made at image {count(images)}: {which}. {what}"
            return section("What it makes", picture(data_uri(grid, FINAL_SIDE), "A grid of generated samples", caption, width))
    return ""


def _data(run: RunFolder) -> str:
    source = run.source
    counts = mapping(source.get("counts"))
    classes, labels = listed(source.get("classes")), mapping(source.get("labels"))
    skipped = whole(source.get("skipped"))
    facts = {
        "Name": source.get("name"),
        "Kind": source.get("modality"),
        "Shape of one": " x ".join(plain(side) for side in listed(source.get("shape"))),
        "Trained on": counts.get("train"),
        "Held out for validation": counts.get("validation"),
        "Held out for tests": counts.get("test"),
        "Classes": _some([f"{name} ({plain(labels[name])})" if name in labels else name for name in map(str, classes)], MOST_CLASSES),
        "Files skipped": skipped if skipped else None,
        "Content hash": source.get("content_hash"),
    }
    rows = [(name, count(value) if isinstance(value, int) else plain(value)) for name, value in facts.items() if value not in (None, "")]
    notes = listed(source.get("notes"))
    return section("The data", table((), rows), bullets((plain(note) for note in notes[:MOST_NOTES]), "notes soft"))


def _some(items: list[str], most: int) -> str:
    more = f" and {count(len(items) - most)} more" if len(items) > most else ""
    return ", ".join(items[:most]) + more


def _curves(run: RunFolder) -> str:
    charts = [
        f"<figure><h3>{text(chart.title)}</h3>{svg(chart)}<figcaption>{text(chart.hint)}</figcaption></figure>" for chart in curves(run.log)
    ]
    return section("How the training went", f'<div class="charts">{"".join(charts)}</div>' if charts else "")


def _over_time(run: RunFolder) -> str:
    if len(run.samples) < 2:
        return ""
    figures = []
    for images, path in evenly(run.samples, FILM_MOST):
        grid = open_picture(path)
        if grid is not None:
            width = FILM_SIDE if grid.width < FILM_SIDE else None
            figures.append(picture(data_uri(grid, FILM_SIDE), f"Samples at image {count(images)}", f"image {count(images)}", width))
    what = "held-out examples" if run.source.get("input_shape") else "starting points"
    place = "example" if run.source.get("input_shape") else "latent"
    intro = paragraph(f"The same {what} at different moments: each place in the grid is the same {place} every time.", "soft")
    return section("Samples over time", intro, f'<div class="film">{"".join(figures)}</div>') if figures else ""


def _health(run: RunFolder) -> str:
    """A row for every stretch of the training in one health, with the last evidence of it and what was done."""
    rows: list[tuple[str, str, str, str]] = []
    for entry in run.log:
        if entry.get("event") in ("tick", "diverged") and entry.get("health"):
            row = (
                str(entry["health"]),
                count(whole(entry.get("images")) or 0),
                plain(entry.get("evidence") or entry.get("reason") or ""),
                plain(entry.get("action") or ""),
            )
            if rows and rows[-1][0] == row[0] and not rows[-1][3]:
                rows.pop()
            rows.append(row)
    known = any(row[0] != "unjudged" for row in rows)
    return section("Its health", table(("health", "until image", "evidence", "what was done"), rows[-MOST_STRETCHES:])) if known else ""


def _interpolation(run: RunFolder) -> str:
    strip = open_picture(run.path / "interpolation.png")
    if strip is None:
        return ""
    caption = "A walk through latent space. Smooth changes speak for a generator that has learned more than single examples."
    return section("From sample to sample", picture(data_uri(strip, FINAL_SIDE), "A walk from sample to sample", caption, None))


def _limits(run: RunFolder) -> str:
    return section("Limits", bullets(limits(unit(run.source)), "notes"))


def _scores(run: RunFolder) -> str:
    if run.evaluation:
        return ""
    found = scores(run.log)
    rows = [
        (score.name, "not measured" if score.value is None else short(score.value), score.measured_on, score.meaning)
        for score in found.values()
    ]
    intro = paragraph("Numbers may be compared only where what they were measured on is the same.", "soft") if rows else ""
    return section("Scores", intro, table(("score", "value", "measured on", "meaning"), rows))


def _recipe(run: RunFolder) -> str:
    rows = settings(run.recipe)
    asked = ", ".join(f"{key} {plain(value)}" for key, value in mapping(run.recipe.get("asked")).items())
    name = " - ".join(plain(run.recipe[key]) for key in ("name", "summary") if run.recipe.get(key))
    cut = paragraph(f"{len(rows) - MOST_SETTINGS} more settings are in recipe.yaml.", "soft") if len(rows) > MOST_SETTINGS else ""
    asked_line = paragraph(f"Asked for: {asked}.", "soft") if asked else ""
    return section("The recipe", paragraph(name), asked_line, table(("setting", "value", "why"), rows[:MOST_SETTINGS]), cut)


def _reproduce(run: RunFolder) -> str:
    command = run.recipe.get("command")
    shown = f"<pre>{text(plain(command))}</pre>" if command else ""
    versions, machine = mapping(run.recipe.get("versions")), mapping(run.recipe.get("machine"))
    rows = [(key, plain(value)) for part in (versions, machine) for key, value in flat(part)]
    return section("Command, versions, machine", shown, table((), rows))
