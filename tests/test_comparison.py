"""Comparisons of recipes: every training counts, continues after a stop, and is reported where it diverged."""

import json

import pytest

from smoke import ArraySource
from sparring import compare
from sparring.callbacks.base import Callback
from sparring.config.reading import FORMAT, load_recipe
from sparring.errors import UserError
from sparring.reports.comparison import rows_of, summary


@pytest.fixture
def recipes(tmp_path):
    """Two recipes of one's own, small, and one that breaks at once."""
    paths = []
    for name, change in (("one", {}), ("two", {"batch": 8}), ("broken", {"lr": 1e30})):
        recipe = load_recipe("mlp-small").model_dump(mode="json")
        recipe |= {
            "name": name,
            "batch": change.get("batch", 16),
            "tick": 32,
            "score_samples": 20,
            "final_samples": 20,
            "patience": 0,
        }
        for player in recipe["players"].values():
            player["options"]["widths"] = [12, 12]
            player["optimizer"]["lr"] = change.get("lr", 1e-3)
        path = tmp_path / f"{name}.yaml"
        path.write_text(json.dumps({"format": FORMAT, **recipe}))
        paths.append(str(path))
    return paths


def test_two_recipes_and_a_broken_one(recipes, tmp_path):
    out = tmp_path / "compared"
    source = ArraySource(train=60, test=20)
    entries = compare(source, recipes, out, examples=64, seeds=2, samples=20, console=Callback())
    assert [(entry.recipe, entry.seed) for entry in entries] == [
        (name, seed) for seed in (0, 1) for name in ("one", "two", "broken")
    ]
    assert all(
        entry.examples == 64 and entry.scores["frechet_distance"] > 0 for entry in entries if entry.recipe != "broken"
    )
    assert all(entry.health == "diverged" and not entry.scores for entry in entries if entry.recipe == "broken")
    text, page = ((out / name).read_text() for name in ("README.md", "report.html"))
    assert "broken diverged in 2 of 2 trainings" in text
    assert "| real |" in text
    assert page.count("<svg") == 2
    assert "mathdefault" not in page  # tick labels are numbers
    assert page.index('<th scope="col">one') < page.index('<th scope="row">Frechet distance')
    assert (out / "samples.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads((out / "comparison.json").read_text())["entries"]) == 6
    weights = {path: path.stat().st_mtime_ns for path in out.glob("*/generator.safetensors")}
    again = compare(source, recipes, out, examples=64, seeds=2, samples=20, console=Callback())
    assert [entry.scores for entry in again] == [entry.scores for entry in entries]
    assert {
        path: path.stat().st_mtime_ns for path in out.glob("*/generator.safetensors")
    } == weights  # nothing was trained anew


def test_what_cannot_be_compared_is_refused_before_anything_is_trained(tmp_path):
    source, out = ArraySource(classes=0), tmp_path / "out"
    for recipes, options, word in (
        (["dcgan"], {}, "`budget` or `examples`"),
        (["dcgan"], {"budget": "1m", "examples": 5}, "`examples` or `budget`"),
        ([], {"examples": 5}, "at least one"),
        (["dcgan", "dcgan"], {"examples": 5}, "once"),
        (["dcgan", "acgan"], {"examples": 5}, "no labels"),
        (["dcgan", "points"], {"examples": 5}, "points"),
        (["dcgna"], {"examples": 5}, "did you mean"),
        (["dcgan"], {"examples": 5, "max_time": "1h"}, "no option 'max_time'"),
        (["dcgan", "restore-denoise"], {"examples": 5}, "turns pictures into others"),
    ):
        with pytest.raises(UserError, match=word):
            compare(source, recipes, out, console=Callback(), **options)
    assert not out.exists()


def entry(recipe, distance, health="healthy"):
    scores = {"frechet_distance": distance} if distance is not None else {}
    return {
        "recipe": recipe,
        "headline": "frechet_distance",
        "scores": scores,
        "real": {"frechet_distance": 0.1},
        "health": health,
        "examples": 100,
        "seconds": 60.0,
    }


def test_the_summary_says_whether_seeds_overlap():
    apart = [entry("a", 1.0), entry("a", 1.2), entry("b", 2.0), entry("b", 3.0)]
    assert summary(apart) == [
        "Best by Frechet distance: a, 1.1 (1 to 1.2); all its seeds are better than those of any other recipe."
    ]
    assert "overlap with those of b" in summary([*apart, entry("b", 1.1)])[0]
    assert summary([entry("c", None, "diverged"), *apart])[1] == "c diverged in 1 of 1 trainings."
    assert summary([]) == ["No training has ended yet."]
    head, rows = rows_of([*reversed(apart), entry("c", None, "diverged")])
    assert [row[0] for row in rows] == ["a", "b", "c", "real"]
    assert head[:2] == ["recipe", "Frechet distance"]
    assert rows[1][1] == "2.5 (2 to 3)"
    assert rows[2][1] == "none"
