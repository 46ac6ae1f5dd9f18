"""StackedMNIST: three digits on top of each other as red, green and blue, so 1,000 modes. How many does a recipe make?

    SPARRING_DATA=folder python benchmarks/stacked_mnist.py --examples 100k --json stacked.json --sheets stacked/

As Metz et al. 2017 (arXiv:1611.02163) and Lin et al. 2018 (PacGAN, arXiv:1712.04086): no labels; a mode is hit that a
classifier of single digits finds in at least one of 26,000 samples; the divergence is that of the samples' modes from
1,000 equally likely ones, in nats. All recipes see the same number of pictures. Results are written as they come, and a
second call with the same --json does what is missing.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

import numpy as np

import sparring
from sparring import api
from sparring.callbacks.base import Callback
from sparring.data.source import Source, Split
from sparring.metrics.feature_net import FeatureNet
from sparring.metrics.modes import divergence_from_uniform
from sparring.modalities.image.features import fit_features
from sparring.modalities.image.write import write
from sparring.modalities.opening import open_data
from sparring.util.files import write_bytes

SAMPLES, STACKED = 26_000, 60_000


def stacked(mnist: Source, split: Split, count: int) -> np.ndarray:
    """count x 28 x 28 x 3, each channel a digit drawn at random."""
    rng = np.random.default_rng(0)
    return np.stack([mnist.values(rng.integers(mnist.count(split), size=count), split)[:, 0] for _ in range(3)], axis=3)


def modes(pictures: np.ndarray, digits: FeatureNet) -> np.ndarray:
    """How often each of the 1,000 modes occurs. pictures: N x 3 x 28 x 28."""
    read = [digits(pictures[:, channel : channel + 1])[1] for channel in range(3)]
    assert read[0] is not None and read[1] is not None and read[2] is not None
    return np.bincount(read[0] * 100 + read[1] * 10 + read[2], minlength=1000)


def run(recipe: str, folder: Path, digits: FeatureNet, examples: str, sheets: Path | None) -> dict[str, object]:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as runs:
        done = api.train(folder, recipe, Path(runs) / "run", examples=examples, console=Callback())
        seconds = time.monotonic() - start
        gan = sparring.load(done.path)
        counts = modes(np.concatenate(list(gan.stream(SAMPLES, seed=1))), digits)
        if sheets:
            sheets.mkdir(parents=True, exist_ok=True)
            write(gan.values(64, seed=1), None, sheets / f"stacked-{recipe}.png", grid=True)
    return {
        "recipe": recipe,
        "examples": examples,
        "seconds": round(seconds),
        "modes": int((counts > 0).sum()),
        "divergence": divergence_from_uniform(counts),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default="dcgan,wgan-gp,r3gan")
    parser.add_argument("--examples", default="100k")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheets", type=Path)
    asked = parser.parse_args()
    mnist = open_data("mnist")
    digits = fit_features(mnist, seed=0)
    results = json.loads(asked.json.read_text()) if asked.json and asked.json.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stacked.npz"
        np.savez(file, train_images=stacked(mnist, "train", STACKED), test_images=stacked(mnist, "test", 10_000))
        real = modes(stacked(mnist, "test", SAMPLES).transpose(0, 3, 1, 2), digits)
        digits_reach = f"{(real > 0).sum()} modes, {divergence_from_uniform(real):.3f} nats"
        print(f"{platform.machine()}; {SAMPLES:,} samples; real test digits: {digits_reach}")
        print("| recipe | pictures | seconds | modes | divergence |\n| --- | --- | --- | --- | --- |")
        for recipe in asked.recipes.split(","):
            wanted = (recipe, asked.examples)
            result = next((each for each in results if (each["recipe"], each["examples"]) == wanted), None)
            if result is None:
                result = run(recipe, file, digits, asked.examples, asked.sheets)
                results.append(result)
                if asked.json:
                    write_bytes(asked.json, json.dumps(results).encode())
            scores = f"{result['seconds']} | {result['modes']} | {result['divergence']:.2f}"
            print(f"| {recipe} | {asked.examples} | {scores} |", flush=True)


if __name__ == "__main__":
    main()
