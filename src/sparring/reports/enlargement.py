"""The page about an augmentation: a verdict in three sentences, the arms with intervals, curves, kept and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..util.files import write_text
from .card import escaped
from .curves import COLOURS, render_svg
from .markup import bullets, matrix, page, paragraph, picture, section, text
from .pictures import data_uri, open_picture
from .values import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHEET_SIDE = 1200  # pixels
CURVES = {  # kind of arm -> name, colour
    "duplicates": ("duplicates", 4),
    "generated": ("generated", 0),
    "filtered": ("generated, filtered", 1),
    "pasted": ("pasted", 3),
    "pasted generated": ("generated, pasted", 0),
    "pasted filtered": ("generated, filtered, pasted", 1),
}
SHEETS = {
    "scenes.png": "Scenes with pasted objects: those in red boxes were pasted",
    "kept.png": "Generated examples that pass the filter",
    "dropped.png": "Generated examples that the filter drops",
}
SCORES = {
    "balanced accuracy": "Balanced accuracy: the mean over classes of the share that is right, in percent.",
    "mAP50": "mAP50: the mean over classes of the average precision of boxes that overlap by a half, in percent, as "
    "COCO defines it; mAP50-95 is the mean over overlaps from 0.5 to 0.95.",
}
NOTE = (
    "Choices were made by validation; the test examples were opened once, after that. Brackets hold 95 % intervals "
    "over seeds and test examples."
)
Found = Mapping[str, Any]


def sentences(found: Found) -> list[str]:
    """The verdict for a person who trains no models: what to do, what it was measured against, what it rests on."""
    told, counts = found["overall"], found["counts"]
    gain, made = told["gain"], found.get("made", "generated examples")
    change = f"they change the {found['score']} by"
    if gain is None:
        first = f"Do not use {made}: too few of them passed for a comparison."
    elif told["helps"]:
        best = named(told["with"])
        first = f"Use the {made}: they raise the {found['score']} by {points(gain)}, with {best}."
    elif gain["high"] < 0:
        first = f"Do not use the {made}: {change} {points(gain)}, which is harm."
    elif gain["low"] > 0:
        first = (
            f"Do not use the {made}: another way without them may do as well, {named(told['rival'])}, "
            f"beside which {change} {points(told['least'])}."
        )
    else:
        first = f"Do not use the {made}: {change} {points(gain)}, which may be nothing."
    second = (
        f"They were compared with the best that real {found['unit']} give without a generator: "
        f"{named(told['without'])}."
    )
    third = (
        f"This was measured on {count(counts['test'])} real {found['unit']} by which nothing was learned or chosen, "
        f"with {found['seeds']} trainings of each model."
    )
    return [first, second, third]


def named(way: Found) -> str:
    """A model and what it learns from."""
    return f"{way['judge']} ({way['title']})"


def points(gain: Found) -> str:
    """A difference of shares: "+3.1 points (1.2 to 5.0)"."""
    value, low, high = (100 * gain[name] for name in ("value", "low", "high"))
    return f"{value:+.1f} points ({low:.1f} to {high:.1f})"


def headline(found: Found) -> str:
    """The verdict in one line: "use: +3.1 points (1.2 to 5.0)"."""
    gain = found["overall"]["gain"]
    return f"{found['verdict']}: {points(gain) if gain else 'no arm with generated examples could be tried'}"


def write_enlargement(out: Path, found: Found) -> None:
    """Write report.html and README.md. Equal findings give equal bytes. out: holds kept.png and dropped.png already."""
    write_text(out / "report.html", _page(out, found))
    write_text(out / "README.md", _markdown(found))


def _markdown(found: Found) -> str:
    parts = [f"# {escaped(_title(found))}", *(escaped(each) for each in found["sentences"])]
    head, rows = _rows(found, _judges(found), brief=True)
    written = [[escaped(cell) for cell in row] for row in (head, *rows)]
    written.insert(1, ["---"] * len(head))
    parts.append("\n".join("| " + " | ".join(row) + " |" for row in written))
    parts.append(_note(found))
    if found["written"]:
        parts.append(escaped(_about_data(found)))
    return "\n\n".join(parts) + "\n"


def _page(out: Path, found: Found) -> str:
    tables = []
    for told in found["judges"]:
        head, rows = _rows(found, [told["without"]["judge"]])
        tables.append(paragraph(_of_judge(told)) + matrix(head[1:], [row[1:] for row in rows]))
    sheets = "".join(
        picture(data_uri(sheet, SHEET_SIDE), caption, caption + ".")
        for name, caption in SHEETS.items()
        if (sheet := open_picture(out / name)) is not None
    )
    fates = [f"{count(number)}: {reason}" for reason, number in found["filter"].items()]
    parts = [
        f'<p class="kicker">sparring augment</p>\n<h1>{text(_title(found))}</h1>',
        f'<div class="summary">{"".join(map(paragraph, found["sentences"]))}</div>',
        section("The arms", *tables, _by_kind(found), paragraph(_note(found), "soft")),
        section(
            "How many generated examples",
            curves(found),
            paragraph(f"{found['score']} on validation examples, mean over seeds. The band is one deviation.", "soft"),
        ),
        section("What the filter did", bullets(fates), sheets),
        section("Left out", bullets(f"{arm}: {reason}" for arm, reason in found["left_out"].items())),
        section("The data", bullets(found["notes"]), paragraph(_about_data(found)) if found["written"] else ""),
        "<footer>Written by sparring. This page is one file and loads nothing.</footer>",
    ]
    style = files("sparring.reports").joinpath("page.css").read_text(encoding="utf-8")
    return page(f"{_title(found)} - sparring augment", style, "\n".join(part for part in parts if part))


def _note(found: Found) -> str:
    return f"{SCORES[found['score']]} {NOTE}"


def _title(found: Found) -> str:
    return f"{found['data']}: {found['verdict']}"


def _judges(found: Found) -> list[str]:
    return [told["without"]["judge"] for told in found["judges"]]


def _about_data(found: Found) -> str:
    return (
        f"{found['written']} holds the real {found['unit']} and {count(found['added'])} generated ones, each marked. "
        "Test on real ones only."
    )


def _of_judge(told: Found) -> str:
    """What was chosen for a judge, and the difference."""
    judge = told["without"]["judge"]
    if told["gain"] is None:
        return f"{judge}: no arm with generated examples could be tried."
    found = f"{told['with']['title']}, beside {told['without']['title']}: {points(told['gain'])}"
    return f"{judge}: {found}; beside the closest rival, {told['rival']['title']}: {points(told['least'])}."


def _by_kind(found: Found) -> str:
    """For scenes with pasted objects: the best with real objects, and the best with generated ones."""
    said = []
    for kind, told in found.get("kinds", {}).items():
        if told["gain"] is not None:
            closest = f"beside the closest rival, {told['rival']['title']}: {points(told['least'])}"
            said.append(f"{kind} objects: {told['with']['title']}, {closest}")
    return bullets(said)


def _rows(found: Found, judges: Sequence[str], brief: bool = False) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of a table of arms, each judge's best on validation first.

    brief: Of duplicates, generated and filtered examples the best amount alone.
    """
    columns = found["columns"]
    head = ["model", "arm", "loss", "validation", "test", *(title for _, title, _, _ in columns)]
    mine: list[Found] = []
    for judge in judges:
        own = sorted((each for each in found["arms"] if each["judge"] == judge), key=lambda each: each["loss"])
        first = {each["title"] if each["kind"] == "real" else each["kind"]: each for each in reversed(own)}
        mine += [each for each in own if not brief or each in first.values()]
    rows = [
        [
            each["judge"],
            each["title"],
            f"{each['loss']:.3f}",
            f"{100 * each['validation']:.1f}",
            "{:.1f} ({:.1f} to {:.1f})".format(*(100 * each["test"][name] for name in ("value", "low", "high"))),
            *(f"{factor * each[name]:.{digits}f}" for name, _, factor, digits in columns),
        ]
        for each in mine
    ]
    return head, rows


def curves(found: Found) -> str:
    """An <svg> with a chart for each judge: validation score by amount; "" where there is one amount only."""
    every = [each for each in found["arms"] if each["kind"] in CURVES]
    if len({each["amount"] for each in every}) < 2:
        return ""
    titles = _judges(found)

    def draw(figure: Figure) -> None:
        charts = figure.subplots(1, len(titles), squeeze=False)[0]
        charts[0].set_ylabel(f"{found['score']}, %")
        for axes, title in zip(charts, titles, strict=True):
            mine = [each for each in found["arms"] if each["judge"] == title]
            _chart(axes, title, mine)
        handles = charts[0].get_legend_handles_labels()
        figure.legend(*handles, loc="outside upper center", ncols=4, frameon=False)

    drawn = render_svg(
        (4.8 * len(titles), 3.4), "amounts", f"The {found['score']} by the number of generated examples", draw
    )
    return f'<div class="charts">{drawn}</div>'


def _chart(axes: Any, title: str, arms: Sequence[Found]) -> None:
    """The lines of one judge."""
    axes.set_facecolor("none")
    axes.grid(alpha=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel="examples added", title=title)
    cheap = max((each["validation"] for each in arms if each["kind"] == "real"), default=None)
    if cheap is not None:
        axes.axhline(100 * cheap, color=COLOURS[2], linewidth=1, linestyle="--", label="best without either")
    for kind, (name, number) in CURVES.items():
        mine = sorted((each for each in arms if each["kind"] == kind), key=lambda each: each["amount"])
        if not mine:
            continue
        amounts = [each["amount"] for each in mine]
        middle = [100 * each["validation"] for each in mine]
        spread = [100 * _deviation(each["seeds"]) for each in mine]
        colour = COLOURS[number]
        axes.plot(amounts, middle, color=colour, marker="o", markersize=4, linewidth=1.6, label=name)
        low, high = ([at + sign * by for at, by in zip(middle, spread, strict=True)] for sign in (-1, 1))
        axes.fill_between(amounts, low, high, color=colour, alpha=0.12, linewidth=0)


def _deviation(values: Sequence[float]) -> float:
    from statistics import stdev

    return stdev(values) if len(values) > 1 else 0.0
