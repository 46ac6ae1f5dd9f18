"""Two kinds of pictures without pairs: white digits on black, and dark digits on colours. Does a digit stay the same digit?

    SPARRING_DATA=folder python benchmarks/unpaired.py --recipe cyclegan --budget 12m --json unpaired.json --sheet unpaired.png

5,000 digits of MNIST are one kind, 5,000 others, inverted and coloured, the other; a recipe for unpaired pictures learns to turn one into the
other. A small network that learned digits of the second kind names the digit of each translated test picture: the share of those that keep
theirs stands beside the share that it names rightly of true pictures of that kind. With `cyclegan` also the mean error after there and back.
"""

from __future__ import annotations

import argparse
import colorsys
import json
import platform
import tempfile
import time
from pathlib import Path

import numpy as np

from sparring import api
from sparring.callbacks.progress import Lines
from sparring.inference.generator import load_translator
from sparring.modalities.image.features import fit_features
from sparring.modalities.image.preview import sheet
from sparring.modalities.opening import open_data

COUNTS = {"train": 5000, "test": 1000}


def coloured(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 N x 28 x 28 -> N x 28 x 28 x 3: dark on a colour drawn for each."""
    colours = [colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.5, 1), rng.uniform(0.8, 1)) for _ in digits]
    return np.rint((255 - digits[..., None]) * np.array(colours)[:, None, None]).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="cyclegan")
    parser.add_argument("--budget", default="12m")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--run", type=Path, help="where the run is kept, so that a second call goes on (a temporary folder)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path)
    asked = parser.parse_args()
    mnist, rng = open_data("mnist"), np.random.default_rng(0)
    arrays, labels, kinds = {}, {}, dict[str, tuple[np.ndarray, np.ndarray]]()
    for split, count in COUNTS.items():
        chosen = rng.permutation(mnist.count(split))[: 2 * count]  # type: ignore[arg-type]
        digits, names = mnist.values(chosen, split)[:, 0], mnist.labels(chosen, split)  # type: ignore[arg-type]
        plain, dark = np.repeat(digits[:count, ..., None], 3, axis=3), coloured(digits[count:], rng)
        arrays[split], labels[split] = np.concatenate([plain, dark]), ["plain"] * count + ["coloured"] * count
        kinds[split] = (dark, names[count:])
        if split == "test":
            given, true = plain, names[:count]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        both = {f"{split}_images": arrays[split] for split in COUNTS} | {f"{split}_labels": np.array(labels[split]) for split in COUNTS}
        np.savez(place / "kinds.npz", **both)
        dark_digits = {f"{split}_images": kinds[split][0] for split in COUNTS} | {f"{split}_labels": kinds[split][1] for split in COUNTS}
        np.savez(place / "digits.npz", **dark_digits)
        start = time.monotonic()
        settings = {"domains": ["plain", "coloured"]}
        more = api.parse_settings(asked.set)
        run = api.train(
            place / "kinds.npz",
            asked.recipe,
            asked.run or place / "run",
            budget=asked.budget,
            settings={**settings, **more},
            console=Lines(),
        )
        seconds = time.monotonic() - start
        reader = fit_features(open_data(place / "digits.npz"), seed=0)
        pictures = given.transpose(0, 3, 1, 2)
        translator = load_translator(run.path)
        made = translator.values(pictures)
        found = {
            "recipe": asked.recipe,
            "settings": asked.set,
            "seconds": round(seconds),
            "kept_their_digit": float((reader(made)[1] == true).mean()),
            "named_rightly_of_true_ones": float((reader(kinds["test"][0].transpose(0, 3, 1, 2))[1] == kinds["test"][1]).mean()),
            "machine": platform.machine(),
        }
        rows = [pictures[:10], made[:10]]
        if asked.recipe == "cyclegan":
            home = load_translator(run.path, reverse=True).values(made)
            found["cycle_error"] = float(np.abs(home.astype(float) - pictures).mean() / 255)
            rows.append(home[:10])
    if asked.sheet:
        sheet(np.concatenate(rows), 10).save(asked.sheet)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
