"""How good generated rows are, and how soon, beside CTGAN and a normal copula.

    python benchmarks/tables.py adult.csv.gz diamonds.csv.gz --peers /path/to/env/bin/python --json tables.json

--peers: the Python of an environment of its own (`python -m venv env && env/bin/pip install ctgan copulas`); without it
ours alone is measured, at --seconds. A fifth of the rows, chosen by content, is held out; everybody learns from the
rest and makes as many rows, 5,000 at least (275 drawn anew score 0.03 lower and 0.02 up or down by chance), which are
held against the held-out ones: how alike columns and pairs of columns are (SDMetrics' definitions) and how well models
learned from them do on real rows (mean over boosted trees, a forest and a linear one: macro F1 or R2), beside the same
for the real training rows. Ours gets shares of the time that ctgan's fit took, everything counted (types, start, timed
steps), a larger one until a share suffices, and then all of it; tables of under 1,000 rows get --seconds instead. What
is done is kept in --work, and a second call does the rest.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sparring import TableGAN
from sparring.metrics.detection import detection
from sparring.metrics.efficacy import efficacy, target_column
from sparring.metrics.tabular import column_shapes, exact_rows, pair_trends
from sparring.modalities.table.codes import mixed, row_hashes
from sparring.modalities.table.reading import dispatch as reading
from sparring.modalities.table.source import SMALL_TABLE, TableSource
from sparring.util.devices import choose_device
from sparring.util.files import write_bytes
from sparring.util.versions import machine

SHARES = (1 / 40, 1 / 20, 1 / 10, 1 / 5, 1)  # of the peer's time
LEAST_MADE = 5000
JUDGED = ("column_shapes", "pair_trends", "efficacy")
PEERS = ("ctgan", "copula")
Scores = dict[str, float]


class Trial:
    """One table, split: training rows in a file that every program reads, and judgement by the held-out ones."""

    def __init__(self, path: Path, work: Path):
        frame = reading.read_file(path)
        self.name = path.name.split(".")[0]
        self.folder = work / self.name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.whole = TableSource(frame, self.name).codec
        held = mixed(row_hashes(self.whole.cells(frame))) % np.uint64(5) == 0
        frame[~held].to_csv(self.folder / "train.csv", index=False)
        self.train = reading.read_file(self.folder / "train.csv")
        self.made = max(LEAST_MADE, len(self.train))
        self.real, self.learned = self.whole.cells(frame[held]), self.whole.cells(frame[~held])
        self.numeric = [column.numeric for column in self.whole.learned]
        target = target_column(self.real, self.numeric)
        assert target is not None
        self.target: int = target
        names = [column.name for column in self.whole.learned]
        kinds: dict[str, list[str]] = {"numbers": [], "categories": []}
        for name, number in zip(names, self.numeric, strict=True):
            kinds["numbers" if number else "categories"].append(name)
        (self.folder / "columns.json").write_text(json.dumps(kinds))

    def judge(self, rows: pd.DataFrame) -> Scores:
        missing = [column.name for column in self.whole.columns if column.name not in rows]
        cells = self.whole.cells(rows.assign(**dict.fromkeys(missing)))
        return self.judge_cells(cells)

    def judge_cells(self, cells: np.ndarray) -> Scores:
        learned = efficacy(cells, self.real, self.numeric, self.target)
        return {
            "column_shapes": float(np.mean(column_shapes(cells, self.real, self.numeric))),
            "pair_trends": float(np.nanmean(pair_trends(cells, self.real, self.numeric))),
            "efficacy": float("nan") if learned is None else learned.mean,
            "detection": detection(cells, self.real, self.numeric).value,
            "equal_rows": float(exact_rows(cells, self.learned)),
        }

    def peer(self, name: str, python: Path, seed: int) -> dict[str, Any]:
        rows = self.folder / f"{name}-{seed}.csv"
        script = Path(__file__).parent / "peers" / "tables.py"
        words = (python, script, name, self.folder / "train.csv", self.folder / "columns.json", seed, self.made, rows)
        done = subprocess.run([*map(str, words)], capture_output=True, text=True)
        if done.returncode:
            return {"error": done.stderr.strip().splitlines()[-1]}
        return {**json.loads(done.stdout.splitlines()[-1]), **self.judge(pd.read_csv(rows))}

    def ours(self, seconds: float, seed: int) -> dict[str, Any]:
        start = time.perf_counter()
        model = TableGAN(budget=seconds, seed=seed).fit(self.train, self.name)
        spent = time.perf_counter() - start
        rows = model.sample(self.made, seed=seed)
        return {"seconds": spent, "budget": seconds, "recipe": model.gan.recipe.name, **self.judge(rows)}


def one(trial: Trial, seed: int, python: Path | None, seconds: float) -> dict[str, Any]:
    """Everything of one table and seed; what is stored is not done again."""

    def kept(name: str, make: Any) -> dict[str, Any]:
        path = trial.folder / f"{name}-{seed}.json"
        if not path.exists():
            write_bytes(path, json.dumps(make()).encode())
        found: dict[str, Any] = json.loads(path.read_text())
        print(f"{trial.name} seed {seed} {name}: {json.dumps(found)}", flush=True)
        return found

    found: dict[str, Any] = {"real rows": kept("real", lambda: trial.judge_cells(trial.learned))}
    if python:
        for name in PEERS:
            found[name] = kept(name, partial(trial.peer, name, python, seed))
    theirs = found.get("ctgan", {"error": "not measured"})

    def reaches(mine: dict[str, Any]) -> bool:
        return all(mine[key] >= theirs[key] for key in JUDGED)

    if "error" in theirs or len(trial.train) < SMALL_TABLE:
        shares = {"": seconds}
    else:
        shares = {f" {share:g}": share * theirs["seconds"] for share in SHARES}
    reached: list[float] = []
    for share, budget in shares.items():
        if reached and budget != max(shares.values()):
            continue
        mine = kept(f"sparring{share}".replace(" ", "-"), partial(trial.ours, budget, seed))
        found[f"sparring{share}"] = mine
        if "error" not in theirs and reaches(mine):
            reached.append(mine["seconds"])
    if "error" not in theirs:
        found["seconds_to_ctgan"] = min(reached, default=None)
        found["share_of_ctgans_time"] = None if not reached else min(reached) / theirs["seconds"]
    return found


def table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Medians over seeds."""
    lines = [
        "| table | rows by | seconds | column shapes | pair trends | efficacy | detection | equal rows |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, seeds in results.items():
        for by in dict.fromkeys(key for each in seeds for key, value in each.items() if isinstance(value, dict)):
            made = [each[by] for each in seeds if by in each]
            if any("error" in each for each in made):
                lines.append(f"| {name} | {by} | {made[0].get('error')} | | | | | |")
                continue
            numbers = [key for key, value in made[0].items() if isinstance(value, float)]
            medians = {key: statistics.median(each[key] for each in made) for key in numbers}
            columns = [f"{medians['seconds']:.1f}" if "seconds" in medians else ""]
            columns += [f"{medians[key]:.4f}" for key in (*JUDGED, "detection", "equal_rows")]
            some = f" ({len(made)} seeds)" if len(made) < len(seeds) else ""
            lines.append(f"| {name} | {by}{some} | {' | '.join(columns)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="+", type=Path)
    parser.add_argument("--peers", type=Path, help="a Python that has ctgan and copulas")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0, help="for ours where there is no peer, or are few rows")
    parser.add_argument("--work", type=Path, default=Path("runs/tables"))
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    results: dict[str, list[dict[str, Any]]] = {}
    for path in asked.tables:
        trial = Trial(path, asked.work)
        for seed in range(asked.seeds):
            results.setdefault(trial.name, []).append(one(trial, seed, asked.peers, asked.seconds))
            found = {
                "date": date.today().isoformat(),
                "machine": {**machine(choose_device("auto")[0]), "platform": platform.platform()},
                "results": results,
            }
            if asked.json:
                write_bytes(asked.json, json.dumps(found, indent=2).encode())
    print(table(results))


if __name__ == "__main__":
    main()
