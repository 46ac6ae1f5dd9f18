from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from report_samples import recipe, source, tick, write_log, write_part
from sparring.errors import UserError
from sparring.reports.curves import curves, svg
from sparring.reports.html import render, write_report
from sparring.runs.folder import Run
from sparring.runs.log import read_log

EVIL = "<script>alert(1)</script>\"'><img src=http://evil.example/x onerror=alert(2)>"


class Outline(HTMLParser):
    """Every tag with its attributes, and whether all that was opened was closed."""

    VOID = {"meta", "img", "br", "path", "use", "rect"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def outline(page: str) -> Outline:
    found = Outline(page)
    assert found.open == []
    return found


def assert_self_contained(page: str) -> None:
    for tag, attributes in outline(page).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            assert attributes.get(name, "#").startswith(("#", "data:")), attributes
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def headings(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


def pictures(page: str) -> list[Image.Image]:
    return [
        Image.open(io.BytesIO(base64.b64decode(data)))
        for data in re.findall(r'src="data:image/\w+;base64,([^"]+)"', page)
    ]


def test_a_finished_run_has_every_section_in_order_and_loads_nothing(run):
    page = write_report(run).read_text(encoding="utf-8")
    assert_self_contained(page)
    assert headings(page) == [
        "What it generates",
        "The data",
        "How the training went",
        "Samples over time",
        "Scores",
        "Limits",
        "The recipe",
        "Command, versions, machine",
    ]
    assert page.index("was trained on 1,437 examples") < page.index("What it generates")
    assert "sparring train digits --budget 60s" in page
    assert "the paper uses 128; halved for a small set" in page
    assert "features sparring-digits-64" in page
    assert "Missing from this run" not in page


def test_the_kept_snapshots_grid_comes_first_and_at_most_eight_show_the_training(run):
    page = write_report(run).read_text(encoding="utf-8")
    grids = pictures(page)
    assert len(grids) == 1 + 8
    kept = Image.open(run / "samples" / "000160000.png").convert("RGB")
    assert np.array_equal(np.asarray(grids[0].convert("RGB")), np.asarray(kept))
    assert "after 20,000 examples<" in page
    assert "after 200,000 examples<" in page


def test_the_same_run_gives_the_same_page(run):
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first


def test_an_empty_run_still_has_a_report_that_says_what_is_missing(empty_run):
    page = write_report(empty_run).read_text(encoding="utf-8")
    assert_self_contained(page)
    assert "nothing has been trained yet" in page
    for part in (
        "recipe.yaml is not there",
        "source.json is not there",
        "log.jsonl is not there",
        "samples/ holds no picture yet",
    ):
        assert part in page


BROKEN = [b"", b"\xff\xfe\x00", b"[1, 2]", b'{"a": [', b"{" * 1000]


@pytest.mark.parametrize("content", BROKEN)
def test_any_file_may_be_broken(run, content):
    for part in ("recipe.yaml", "source.json", "log.jsonl"):
        (run / part).write_bytes(content)
    found = Run(run).parts()
    assert (found.recipe, found.source, found.log) == ({}, {}, [])
    assert found.missing == [
        "recipe.yaml cannot be read",
        "source.json cannot be read",
        "log.jsonl has no whole line yet",
    ]


def test_a_run_of_broken_files_has_a_report(run):
    for part in ("recipe.yaml", "source.json", "log.jsonl"):
        (run / part).write_bytes(b'{"a": [')
    page = write_report(run).read_text(encoding="utf-8")
    assert_self_contained(page)
    assert headings(page) == ["What it generates", "Samples over time", "Limits"]


def test_values_of_the_wrong_kind_do_not_break_the_page(run):
    odd: list = [None, "text", 3, [1], {"a": {"b": 1}}, float("nan")]
    for index, value in enumerate(odd):
        entry: dict = dict.fromkeys(tick(1), odd[(index + 1) % len(odd)])
        write_log(run, [{**entry, "event": "tick", "examples": 5}, {**entry, "event": "final"}])
        parts = replace(Run(run).parts(), recipe=dict.fromkeys(recipe(), value), source=dict.fromkeys(source(), value))
        assert_self_contained(render(parts))


def test_hostile_names_stay_text(run):
    write_part(run, "source.json", {**source(), "name": EVIL, "classes": [EVIL, "b"], "notes": [EVIL], "unit": EVIL})
    evil = {
        **recipe(),
        "name": EVIL,
        EVIL: EVIL,
        "reasons": {EVIL: EVIL},
        "command": EVIL,
        "machine": {EVIL: EVIL},
        "asked": {EVIL: EVIL},
    }
    write_part(run, "recipe.yaml", evil)
    scores = {EVIL: {"value": 1.0, "fingerprint": {EVIL: EVIL}}}
    write_log(run, [tick(step, losses={EVIL: 0.5 * step, "$x$": 1.0}, scores=scores, health=EVIL) for step in (1, 2)])
    page = write_report(run).read_text(encoding="utf-8")
    assert_self_contained(page)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page


def test_missing_and_broken_pictures_are_left_out(run):
    for path in sorted((run / "samples").glob("*.png"))[1:]:
        path.write_bytes(path.read_bytes()[:60])
    (run / "samples" / "notes.png").write_bytes(b"not a picture")
    page = write_report(run).read_text(encoding="utf-8")
    assert "Generated after 20,000 examples: the latest samples" in page
    assert len(pictures(page)) == 2


def test_null_and_nan_scores_are_not_drawn_or_shown_as_numbers(run):
    nothing = {
        "frechet_distance": {"value": None, "fingerprint": None},
        "kernel_distance": None,
        "prdc": {"value": float("nan")},
    }
    rows = [
        tick(step, scores=nothing, selection=float("nan"), losses={"generator": None}, clock=None) for step in (1, 2, 3)
    ]
    write_log(run, rows)
    page = write_report(run).read_text(encoding="utf-8")
    assert page.count("not measured") == 4  # the summary and three rows
    assert [chart.key for chart in curves(read_log(run))] == ["accuracy"]
    assert ">nan<" not in page.lower()


def test_a_selection_curve_marks_the_kept_snapshot(run):
    chart = next(chart for chart in curves(read_log(run)) if chart.key == "selection")
    assert chart.examples[chart.best] == 160000
    assert f"kept: {chart.lines['selection score'][chart.best]:.4g}" in svg(chart)


def test_long_logs_huge_grids_and_many_classes_keep_the_page_small(run):
    write_log(run, [tick(1, examples=step * 64, selection=float(1 + step % 50)) for step in range(3000)])
    noise = np.random.default_rng(0).integers(0, 256, (1400, 1400, 3), dtype=np.uint8)
    for path in (run / "samples").glob("*.png"):
        path.unlink()
    for images in (64, 128):
        Image.fromarray(noise).save(run / "samples" / f"{images:09}.png", compress_level=1)
    classes = [f"class {number}" for number in range(30_000)]
    write_part(run, "source.json", {**source(), "classes": classes, "notes": ["a note"] * 5000})
    write_part(run, "recipe.yaml", {**recipe(), **{f"key{n}": "long " * 10_000 for n in range(20)}})
    page = write_report(run)
    assert page.stat().st_size < 3_000_000
    assert "and 29,900 more" in page.read_text(encoding="utf-8")


def test_a_transparent_grid_is_shown_on_white(run):
    Image.new("LA", (32, 32), (0, 0)).save(run / "samples" / "000160000.png")
    assert pictures(write_report(run).read_text(encoding="utf-8"))[0].convert("RGB").getpixel((3, 3)) == (255, 255, 255)


def test_no_folder_and_future_formats_are_refused_in_one_sentence(run, tmp_path):
    with pytest.raises(UserError, match="there is no run folder"):
        write_report(tmp_path / "nowhere")
    (run / "recipe.yaml").write_text("format: 9\n", encoding="utf-8")
    with pytest.raises(UserError, match="format 9"):
        write_report(run)
