"""Every recipe at a size that trains in a blink, and ways to compare runs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from sparring.config import load_recipe
from sparring.listening import Silent

SMALL = {"width": 4, "widths": [16, 12], "start_units": 32}


def smoke_settings(recipe: str, images: int = 96, tick: int = 32, batch: int = 16) -> dict[str, object]:
    """Settings that shrink a recipe's networks (those of SMALL that they have) and fix every length."""
    settings: dict[str, object] = {
        "batch": batch,
        "images": images,
        "tick": tick,
        "score_samples": 20,
        "final_samples": 20,
        "precision": "float32",
    }
    for name, player in load_recipe(recipe).players.items():
        for option in player.options:
            if option in SMALL and player.options[option] is not None:
                settings[f"players.{name}.options.{option}"] = SMALL[option]
    return settings


def fingerprint(run: Path) -> dict[str, str]:
    """A hash of every file that must not depend on interruptions; the log without its times."""
    hashes = {}
    for path in sorted([*run.glob("*.safetensors"), *(run / "samples").glob("*.png"), *(run / "checkpoints").glob("*/*")]):
        data = path.read_bytes()
        if path.name == "state.json":
            state = json.loads(data)
            state["monitors"]["Log"] = None  # the log's length in bytes varies with the digits of its times
            data = json.dumps(state).encode()
        hashes[str(path.relative_to(run))] = hashlib.sha256(data).hexdigest()
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    hashes["log"] = json.dumps([{**line, "clock": None} for line in lines])
    return hashes


class StopAt(Silent):
    """A listener that stops the training at the first step at or after `images`."""

    def __init__(self, images: int, stop):
        self.images, self.stop = images, stop

    def step(self, images: int) -> None:
        if images >= self.images:
            self.stop.set()
