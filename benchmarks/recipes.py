"""Every recipe on the same data for the same minutes: a Markdown table of scores, and one sheet with samples of each.

    SPARRING_DATA=folder python benchmarks/recipes.py mnist --budget 3m --runs runs/mnist --sheet mnist.png

Each recipe is trained by `sparring train` in a process of its own, one after the other. A second call goes on where the first was stopped:
runs that ended are only read.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

import sparring
from sparring.config import list_recipes, load_recipe
from sparring.modalities.image.preview import flat, items

ROWS, COLUMNS = 10, 8


def last(log: Path) -> dict | None:
    """The final line of a log, where the training came to its end."""
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    if not lines or lines[-1]["event"] != "final":
        return None
    rates = [line["clock"]["images_per_second"] for line in lines if line["event"] == "tick"]
    return {**lines[-1], "rate": statistics.median(rates) if rates else float("nan")}


def samples(gan: Any) -> np.ndarray:
    """A row for each of the first ten classes, or without labels all at random."""
    rows = [gan.values(COLUMNS, seed=1, label=label) for label in gan.classes[:ROWS]] or [gan.values(ROWS * COLUMNS, seed=1)]
    return np.concatenate(rows)


def montage(pictures: dict[str, np.ndarray]) -> Image.Image:
    """All sheets side by side, each under its recipe's name, at the pictures' own size."""
    count, channels, height, width = next(iter(pictures.values())).shape
    across = min(len(pictures), 6)
    cell = (COLUMNS * (width + 1) + 12, max(map(len, pictures.values())) // COLUMNS * (height + 1) + 26)
    whole = Image.new("L" if channels == 1 else "RGB", (across * cell[0], -(-len(pictures) // across) * cell[1]), "white")
    for number, (name, values) in enumerate(pictures.items()):
        left, top = number % across * cell[0], number // across * cell[1]
        ImageDraw.Draw(whole).text((left, top + 2), name, fill="black", font_size=16)
        for index, picture in enumerate(items(values)):
            whole.paste(flat(picture), (left + index % COLUMNS * (width + 1), top + 22 + index // COLUMNS * (height + 1)))
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--recipes", help="names with commas between them; without it, all for pictures")
    parser.add_argument("--budget", default="3m")
    parser.add_argument("--runs", type=Path, default=Path("runs/recipes"))
    parser.add_argument("--sheet", type=Path)
    asked = parser.parse_args()
    names = asked.recipes.split(",") if asked.recipes else [name for name in list_recipes() if "image" in load_recipe(name).modalities]
    print(f"{asked.data}, {asked.budget} each, {platform.processor() or platform.machine()}\n")
    print("| recipe | images | images/s | Frechet distance | real | agreement |\n| --- | --- | --- | --- | --- | --- |")
    pictures: dict[str, np.ndarray] = {}
    for name in names:
        folder = asked.runs / name
        if last(folder / "log.jsonl") is None:
            command = [
                sys.executable,
                "-m",
                "sparring",
                "train",
                asked.data,
                "--recipe",
                name,
                "--budget",
                asked.budget,
                "--out",
                str(folder),
            ]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                print(f"| {name} | {(done.stderr or done.stdout).strip().splitlines()[-1]} | | | | |", flush=True)
                continue
        found = last(folder / "log.jsonl")
        assert found
        scores = {name: f"{score['value']:.3g}" for name, score in found["scores"].items()}
        row = [
            f"{found['images']:,}",
            f"{found['rate']:.0f}",
            *(scores.get(key, "") for key in ("frechet_distance", "frechet_distance_real", "label_agreement")),
        ]
        print(f"| {name} | {' | '.join(row)} |", flush=True)
        pictures[name] = samples(sparring.load(folder))
    if asked.sheet and pictures:
        montage(pictures).save(asked.sheet, optimize=True)


if __name__ == "__main__":
    main()
