"""Two kinds of pictures without pairs: white digits on black, dark digits on colours. Does a digit stay the same?

    SPARRING_DATA=folder python benchmarks/unpaired.py --budget 12m --json unpaired.json --sheet unpaired.png

5,000 digits of MNIST are one kind, 5,000 others, inverted and coloured, the other; a recipe for unpaired pictures
learns to turn one into the other. A small network that learned digits of the second kind names the digit of each
translated test picture: the share of those that keep theirs stands beside the share that it names rightly of true
pictures of that kind. With `cyclegan` also the mean error after there and back.
"""

from __future__ import annotations

import argparse
import colorsys
import json
import platform
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from sparring import api
from sparring.callbacks.progress import Lines
from sparring.config.reading import parse_settings
from sparring.data.source import Split
from sparring.inference.generator import load_translator
from sparring.modalities.image.features import fit_features
from sparring.modalities.image.preview import sheet
from sparring.modalities.opening import open_data

COUNTS: dict[Split, int] = {"train": 5000, "test": 1000}


def coloured(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 N x 28 x 28 -> N x 28 x 28 x 3: dark on a colour drawn for each."""
    colours = [colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.5, 1), rng.uniform(0.8, 1)) for _ in digits]
    return np.rint((255 - digits[..., None]) * np.array(colours)[:, None, None]).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="cyclegan")
    parser.add_argument("--budget", default="12m")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--run", type=Path, help="where the run is kept, so that a second call goes on (a temporary folder)"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheet", type=Path)
    asked = parser.parse_args()
    mnist, rng = open_data("mnist"), np.random.default_rng(0)
    arrays, labels, kinds = {}, {}, dict[str, tuple[np.ndarray, np.ndarray]]()
    for split, count in COUNTS.items():
        chosen = rng.permutation(mnist.count(split))[: 2 * count]
        digits, names = mnist.values(chosen, split)[:, 0], mnist.labels(chosen, split)
        plain, dark = np.repeat(digits[:count, ..., None], 3, axis=3), coloured(digits[count:], rng)
        arrays[split], labels[split] = np.concatenate([plain, dark]), ["plain"] * count + ["coloured"] * count
        kinds[split] = (dark, names[count:])
        if split == "test":
            inputs, true = plain.transpose(0, 3, 1, 2), names[:count]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        both: dict[str, Any] = {f"{split}_images": arrays[split] for split in COUNTS}
        both |= {f"{split}_labels": np.array(labels[split]) for split in COUNTS}
        np.savez(place / "kinds.npz", **both)
        dark_digits: dict[str, Any] = {f"{split}_images": kinds[split][0] for split in COUNTS}
        dark_digits |= {f"{split}_labels": kinds[split][1] for split in COUNTS}
        np.savez(place / "digits.npz", **dark_digits)
        start = time.monotonic()
        settings = {"algorithm.domains": ["plain", "coloured"], **parse_settings(asked.set)}
        where, out = place / "kinds.npz", asked.run or place / "run"
        run = api.train(where, asked.recipe, out, budget=asked.budget, settings=settings, console=Lines())
        seconds = time.monotonic() - start
        reader = fit_features(open_data(place / "digits.npz"), seed=0)
        outputs = load_translator(run.path).values(inputs)
        targets, target_names = kinds["test"][0].transpose(0, 3, 1, 2), kinds["test"][1]
        found = {
            "recipe": asked.recipe,
            "settings": asked.set,
            "seconds": round(seconds),
            "kept_their_digit": float(np.mean(reader(outputs)[1] == true)),
            "named_rightly_of_true_ones": float(np.mean(reader(targets)[1] == target_names)),
            "machine": platform.machine(),
        }
        rows = [inputs[:10], outputs[:10]]
        if asked.recipe == "cyclegan":
            back = load_translator(run.path, reverse=True).values(outputs)
            found["cycle_error"] = float(np.abs(back.astype(float) - inputs).mean() / 255)
            rows.append(back[:10])
    if asked.sheet:
        sheet(np.concatenate(rows), 10).save(asked.sheet)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
