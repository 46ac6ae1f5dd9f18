"""A hash of every recipe's weights after 5 steps on tiny data: the same before and after a change of no number.

    python benchmarks/same_numbers.py > before.txt     # and again after the change: diff before.txt after.txt

Names do not count (a renamed layer is the same layer): the hash is of the sorted hashes of all tensors.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import torch
from safetensors.numpy import load_file

import series_samples
import table_samples
from smoke import ArraySource, pair_source, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.config.reading import list_recipes, load_recipe
from sparring.data.source import Source
from sparring.training.checkpoints import Checkpoints


def source_for(recipe: str) -> Source | str:
    """Small data of a kind that the recipe learns from."""
    loaded = load_recipe(recipe)
    if "pairs" in loaded.modalities:
        return pair_source((3, 16, 16), loaded.algorithm.label_map_side, 60, 20)
    if "table" in loaded.modalities:
        return table_samples.source(120)
    if "series" in loaded.modalities:
        return series_samples.source(60, labels="auto")
    if "points" in loaded.modalities:
        return "ring"
    return ArraySource((1, 16, 16), 2 if recipe in ("cyclegan", "cut") else 3, train=60, test=20)


def hash_of(folder: Path) -> str:
    """Of every tensor of the players in the newest checkpoint, and of the saved generator."""
    checkpoints = Checkpoints(folder / "checkpoints")
    newest = folder / "checkpoints" / f"{checkpoints.numbers()[-1]:09d}"
    files = [newest / "players.safetensors", *sorted(folder.glob("generator.safetensors"))]
    found = sorted(hashlib.sha256(value.tobytes()).hexdigest() for path in files for value in load_file(path).values())
    return hashlib.sha256("".join(found).encode()).hexdigest()[:16]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", help="these alone; all where none is named")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for recipe in asked.recipes or list_recipes():
        with tempfile.TemporaryDirectory() as folder:
            settings, run = smoke_settings(recipe) | {"examples": "5steps"}, Path(folder) / "run"
            api.train(source_for(recipe), recipe, run, settings=settings, seed=3, device="cpu", console=Callback())
            print(recipe, hash_of(run), flush=True)


if __name__ == "__main__":
    main()
