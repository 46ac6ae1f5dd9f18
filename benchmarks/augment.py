"""Whether generated examples help classifiers, on sets that are drawn small, with a large test.

    python benchmarks/augment.py adult adult.csv.gz --draws 5 --seeds 5 --budget 60s --json adult.json
    python benchmarks/augment.py pictures mnist --each 10 --draws 3 --seeds 5 --budget 60s --json mnist.json

`adult`: 2,000 rows, 60 of which have an income above 50K, to learn from; a quarter as many with the same shares to
choose by; 10,000 of the others, as they come, to test. `pictures`: --each pictures of a class, half as many to choose
by, 3,000 of the test split to test. Every draw has other examples and its own generator. What `sparring augment` does
with such data follows, and every arm is written down.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from sparring import api, modalities
from sparring.callbacks.base import Callback
from sparring.data.options import OpenContext
from sparring.downstream.describe import described
from sparring.downstream.division import Division
from sparring.downstream.outcome import opened
from sparring.downstream.store import Store
from sparring.downstream.supply import GanSupply
from sparring.downstream.tasks import setting_of
from sparring.downstream.trial import Trial
from sparring.inference.generator import load
from sparring.modalities.opening import open_data
from sparring.runs.folder import Run
from sparring.util.random import make_rng

ROWS, RARE, TESTED_ROWS, TESTED_PICTURES = 2000, 60, 10_000, 3000


def rare_rows(labels: np.ndarray, splits: np.ndarray, draw: int, each: int) -> Division:
    """The division of a table whose class 1 is made rare."""
    order = make_rng(draw, "adult").permutation(len(labels))
    rare, usual = (order[labels[order] == number] for number in (1, 0))
    train = np.concatenate([rare[:RARE], usual[: ROWS - RARE]])
    validation = np.concatenate([rare[RARE : RARE * 5 // 4], usual[ROWS - RARE : (ROWS - RARE) * 5 // 4]])
    rest = np.setdiff1d(order, np.concatenate([train, validation]))
    return Division(train, validation, make_rng(draw, "test").choice(rest, TESTED_ROWS, replace=False))


def few_pictures(labels: np.ndarray, splits: np.ndarray, draw: int, each: int) -> Division:
    """The division of pictures of which few are labelled."""
    places = np.arange(len(labels))
    order = make_rng(draw, "pictures").permutation(places[splits != "test"])
    of_class = [order[labels[order] == number] for number in np.unique(labels)]
    train = np.concatenate([mine[:each] for mine in of_class])
    validation = np.concatenate([mine[each : each * 3 // 2] for mine in of_class])
    return Division(train, validation, make_rng(draw, "test").permutation(places[splits == "test"])[:TESTED_PICTURES])


SETS = {"adult": rare_rows, "pictures": few_pictures}


def trial(kind: str, data: Any, draw: int, asked: argparse.Namespace) -> dict[str, Any]:
    """One draw: its generator, its judges, its verdict."""
    division = SETS[kind](data.labels, data.splits, draw, asked.each)
    folder = Path(asked.work) / f"{kind}-{asked.each}-{draw}"
    run = Run(folder / "generator")
    if not any(line["event"] == "final" for line in run.log()):
        part, lengths = data.part(division.train, division.validation), {"budget": asked.budget, "seed": draw}
        run = api.train(part, None, run.path, device="cpu", console=Callback(), **lengths)
    supply = GanSupply(load(run.path), run, data, seed=20)
    tried = Trial(setting_of(data, division, supply, None, asked.seeds), Store(folder / "fits"))
    found = described(opened(tried, tried.run(), data.labels[division.test]), tried)
    shutil.rmtree(folder / "generator" / "checkpoints", ignore_errors=True)
    return {"draw": draw, **found}


def main() -> None:
    """Run all draws that are not in --json yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=SETS)
    parser.add_argument("data")
    parser.add_argument("--each", type=int, default=10, help="pictures of a class")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", default="60s", help="of each generator")
    parser.add_argument("--work", default="augment-work")
    parser.add_argument("--json", type=Path, required=True)
    asked = parser.parse_args()
    source = open_data(asked.data, None, OpenContext(keep_rows=True))
    data = modalities.get(source.modality).labelled(source)
    done = json.loads(asked.json.read_text()) if asked.json.is_file() else []
    for draw in range(len(done), asked.draws):
        done.append(trial(asked.kind, data, draw, asked))
        asked.json.write_text(json.dumps(done, indent=1))
        print(
            draw,
            done[-1]["verdict"],
            [(each["without"]["judge"], each["gain"]) for each in done[-1]["judges"]],
            flush=True,
        )


if __name__ == "__main__":
    main()
