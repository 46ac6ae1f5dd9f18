"""Every objective with every penalty on 2-D toys: modes hit and share of good samples, over seeds. Prints a table.

    python benchmarks/toys.py --examples 300k --seeds 3 --json toys.json --sheets toys/

One network for all: three layers of 64 units a side, two latent values, Adam at 2e-3 (0, 0.9) falling to 0 along a
cosine, batch 128, without labels. Every result is written as it comes, and a second call with the same --json does what
is missing. `good`: within three standard deviations of a centre or, for the swiss roll, of the spiral. `hit`: modes
with at least one good sample of 2,500; on the swiss roll, twentieths of the turn. See sparring.metrics.modes. Looked at
is what a user gets: the averaged generator at its best tick by the Frechet distance, which can flatter an unsteady
training beside papers that look at the last step.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

import sparring
from sparring import api
from sparring.callbacks.base import Callback
from sparring.data.source import SimulatedSource
from sparring.errors import Diverged
from sparring.losses.adversarial import LOSSES
from sparring.metrics.modes import mode_coverage
from sparring.modalities.opening import open_data
from sparring.util.files import write_bytes

OBJECTIVES = LOSSES.names()
SETS = ("ring", "grid", "swiss-roll")
PENALTIES: dict[str, dict[str, object]] = {
    "none": {},
    "R1": {"players.discriminator.penalties": {"r1": {"weight": 1.0}}},
    "R1+R2": {"players.discriminator.penalties": {"r1": {"weight": 1.0}, "r2": {"weight": 1.0}}},
    "GP": {"players.discriminator.penalties": {"gradient-penalty": {"weight": 1.0}}},
    "SN": {"players.discriminator.options.spectral": True},
}
SAMPLES = 2500


def settings(objective: str, penalty: str, examples: str, seed: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for player in ("generator", "discriminator"):
        found[f"players.{player}.options.widths"] = [64, 64, 64]
        found[f"players.{player}.initialisation"] = "kaiming"
        found[f"players.{player}.optimizer"] = {"name": "adam", "lr": 2e-3, "betas": [0.0, 0.9]}
        found[f"players.{player}.schedule"] = {"kind": "cosine"}
    found |= {"players.generator.options.output": "linear", "latent.size": 2, "batch": 128, "seed": seed}
    found |= {"examples": examples, "tick": 50_000, "score_samples": 256, "final_samples": SAMPLES}
    return {**found, "algorithm.objective.name": objective, **PENALTIES[penalty]}


def run(job: tuple[str, str, str, int, str]) -> dict[str, Any]:
    """Train one and look at the saved snapshot."""
    import torch

    torch.set_num_threads(1)
    name, objective, penalty, seed, examples = job
    source = open_data(name, {"labels": "none"})
    assert isinstance(source, SimulatedSource)
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        wanted = settings(objective, penalty, examples, seed)
        try:
            done = api.train(source, "mlp", Path(folder) / "run", settings=wanted, device="cpu", console=Callback())
            points = sparring.load(done.path).values(SAMPLES, seed=1)
        except Diverged:  # before the first snapshot
            points = np.full((SAMPLES, 2), np.inf)
    found: dict[str, Any] = {"set": name, "objective": objective, "penalty": penalty, "seed": seed}
    found |= {"examples": examples, "seconds": time.monotonic() - start}
    finite = np.nan_to_num(np.round(points, 3), nan=1e9, posinf=1e9, neginf=-1e9)
    if source.centres is not None and source.std is not None:
        modes = mode_coverage(finite, source.centres, source.std)
        return {**found, "hit": modes.hit, "good": modes.good, "points": finite.tolist()}
    turn = 1.5 * np.pi * (1 + 2 * np.linspace(0, 1, 4000))
    spiral = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) / 7
    near = np.array([np.linalg.norm(spiral - point, axis=1).argmin() for point in finite])
    good = np.linalg.norm(spiral[near] - finite, axis=1) <= 0.15
    covered = len(np.unique(near[good] // 200))  # of twenty equal stretches of the turn
    return {**found, "hit": covered, "good": float(good.mean()), "points": finite.tolist()}


def table(results: list[dict[str, Any]]) -> str:
    """Rows: set and objective. Cells: median modes hit / median share of good samples."""
    lines = ["| set | objective | " + " | ".join(PENALTIES) + " |", "| --- " * (2 + len(PENALTIES)) + "|"]
    for name, objective in itertools.product(SETS, OBJECTIVES):
        cells = []
        for penalty in PENALTIES:
            wanted = (name, objective, penalty)
            mine = [each for each in results if (each["set"], each["objective"], each["penalty"]) == wanted]
            hit, good = ([each[key] for each in mine] for key in ("hit", "good"))
            cells.append(f"{statistics.median(hit):g} / {statistics.median(good):.0%}" if mine else "")
        lines.append(f"| {name} | {objective} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def sheet(results: list[dict[str, Any]], name: str, path: Path) -> None:
    """Samples of seed 0: objectives down, penalties across."""
    import io

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows, columns = len(OBJECTIVES), len(PENALTIES)
    figure, axes = plt.subplots(rows, columns, figsize=(2 * columns, 2 * rows), squeeze=False)
    limit = {"ring": 3, "grid": 5.5, "swiss-roll": 2.6}[name]
    for row, objective in enumerate(OBJECTIVES):
        for column, penalty in enumerate(PENALTIES):
            place = axes[row][column]
            place.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[], aspect="equal")
            place.set_title(f"{objective}, {penalty}", fontsize=6)
            for each in results:
                if (each["set"], each["objective"], each["penalty"], each["seed"]) == (name, objective, penalty, 0):
                    place.scatter(*np.array(each["points"]).T, s=0.5, alpha=0.5)
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=80)
    write_bytes(path, buffer.getvalue())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", default="300k")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    every = itertools.product(asked.sets.split(","), OBJECTIVES, PENALTIES, range(asked.seeds))
    jobs = [(*job, asked.examples) for job in every]
    results = json.loads(asked.json.read_text()) if asked.json and asked.json.exists() else []
    known = {tuple(each[part] for part in ("set", "objective", "penalty", "seed", "examples")) for each in results}
    jobs = [job for job in jobs if job not in known]
    with ProcessPoolExecutor(asked.processes) as pool:
        for done, result in enumerate(pool.map(run, jobs), 1):
            results.append(result)
            what = f"{result['set']} {result['objective']} {result['penalty']} seed {result['seed']}"
            scores = f"{result['hit']} / {result['good']:.0%} in {result['seconds']:.0f} s"
            print(f"{done}/{len(jobs)} {what}: {scores}", flush=True)
            if asked.json:
                write_bytes(asked.json, json.dumps(results).encode())
    about = f"{platform.machine()}, {platform.processor() or 'CPU'}"
    print(f"\n{about}; examples {asked.examples}, seeds {asked.seeds}\n\n{table(results)}")
    if asked.sheets:
        asked.sheets.mkdir(parents=True, exist_ok=True)
        for name in asked.sets.split(","):
            sheet(results, name, asked.sheets / f"toys-{name}.png")


if __name__ == "__main__":
    main()
