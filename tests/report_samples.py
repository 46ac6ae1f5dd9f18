"""A made-up run folder, as a finished training on digits would leave it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from sparring.runs import stored
from sparring.runs.log import hashed

FINGERPRINT = {"features": "sparring-digits-64", "reference": "test", "samples": 144, "seed": 0}


def recipe() -> dict:
    return {
        "format": stored.FORMAT,
        "name": "dcgan",
        "summary": "Deep convolutional GAN (Radford et al. 2016)",
        "modality": "image",
        "players": {"generator": {"family": "dcgan", "width": 64}, "discriminator": {"family": "dcgan", "width": 64}},
        "objective": {"name": "non-saturating", "smoothing": None},
        "batch": 64,
        "examples": 200000,
        "data": {"asked": {}, "context": {}},
        "recipe_file": None,
        "planned_seconds": 55.0,
        "asked": {"data": "digits", "recipe": "dcgan", "budget": "60s"},
        "reasons": {
            "batch": "the paper uses 128; halved for a small set",
            "players.generator.width": "fits 8x8 pictures",
        },
        "command": "sparring train digits --budget 60s",
        "versions": {"sparring": "0.1.0", "torch": "2.13.0", "python": "3.11.2"},
        "machine": {"cpu": "a small laptop", "threads": 2, "device": "cpu"},
    }


def source() -> dict:
    return {
        "format": stored.FORMAT,
        "name": "digits",
        "unit": "examples",
        "modality": "image",
        "shape": [1, 8, 8],
        "classes": [str(digit) for digit in range(10)],
        "counts": {"train": 1437, "validation": 180, "test": 180},
        "labels": {str(digit): 143 for digit in range(10)},
        "skipped": 0,
        "content_hash": "0123456789abcdef",
        "notes": ["10 % (180) were held out for tests and never trained on"],
    }


def tick(step: int, **changed: object) -> dict:
    """One tick of a training that gets better until its eighth tick."""
    noise = np.random.default_rng(step)
    score = 2 + abs(8 - step) ** 1.5 + noise.normal(0, 0.2)
    entry = {
        "event": "tick",
        "examples": step * 20000,
        "step": step * 312,
        "losses": {
            "discriminator": 1.2 - 0.03 * step + noise.normal(0, 0.03),
            "generator": 0.8 + 0.05 * step + noise.normal(0, 0.05),
        },
        "logits": {"real": 0.4, "fake": -0.3},
        "accuracy": {"real": 0.7 + noise.normal(0, 0.02), "fake": 0.6 + noise.normal(0, 0.02)},
        "fooling_rate": 0.4 + noise.normal(0, 0.02),
        "lr": {"generator": 0.0002, "discriminator": 0.0002},
        "selection": score,
        "scores": {
            "frechet_distance": {"value": score, "fingerprint": FINGERPRINT},
            "frechet_distance_real": {"value": 1.1, "fingerprint": FINGERPRINT},
            "label_agreement": {
                "value": 0.9 + 0.01 * min(step, 7),
                "fingerprint": {"classifier": "sparring-digits", "samples": 1000},
            },
        },
        "best": step <= 8,
        "health": "warming-up",
        "clock": {"seconds": 5.8, "images_per_second": 3400 + noise.normal(0, 60), "data_wait": 0.01, "memory_mb": 800},
    }
    return {**entry, **changed}


def digits_grid(step: int, steps: int = 10) -> Image.Image:
    """Real digits that come out of noise, as a training's grids do."""
    images = load_digits().images[:64] / 16
    noise = np.random.default_rng(step).random(images.shape)
    share = step / (steps + 1)
    mixed = (share * images + (1 - share) * noise).reshape(8, 8, 8, 8).swapaxes(1, 2).reshape(64, 64)
    return Image.fromarray((255 * mixed).astype(np.uint8))


def write_log(run: Path, entries: list[dict]) -> None:
    (run / "log.jsonl").write_bytes(b"".join(hashed(json.dumps(entry)) for entry in entries))


def write_part(run: Path, name: str, values: dict) -> None:
    """A file of a run whose hash is right, whatever it holds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "FORMAT", values.get("format", stored.FORMAT))
        stored.write(run / name, {key: value for key, value in values.items() if key != "format"})


def make_run(run: Path) -> Path:
    (run / "samples").mkdir(parents=True)
    write_part(run, "recipe.yaml", recipe())
    write_part(run, "source.json", source())
    rows = [tick(step) for step in range(1, 11)]
    final = {
        "event": "final",
        "examples": 200000,
        "snapshot": 160000,
        "scores": rows[7]["scores"],
        "health": "warming-up",
    }
    write_log(run, [*rows, final])
    for step in range(1, 11):
        digits_grid(step).save(run / "samples" / f"{step * 20000:09}.png")
    return run
