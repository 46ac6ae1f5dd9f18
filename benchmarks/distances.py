"""What a Frechet distance costs: ours beside torchmetrics and scipy's matrix square root, on the same features.

python benchmarks/distances.py --samples 10000 --width 2048 --repeats 3 --json distances.json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from sparring.metrics.frechet import frechet_distance
from sparring.util.files import write_text


def by_scipy(a: np.ndarray, b: np.ndarray) -> float:
    """As the released TTUR program writes it."""
    from scipy.linalg import sqrtm

    sets = (a.astype(np.float64), b.astype(np.float64))
    means, covariances = [each.mean(axis=0) for each in sets], [np.cov(each, rowvar=False) for each in sets]
    root = sqrtm(covariances[0] @ covariances[1])
    return float(np.square(means[0] - means[1]).sum() + np.trace(covariances[0] + covariances[1] - 2 * np.real(root)))


def by_torchmetrics(a: np.ndarray, b: np.ndarray) -> float:
    from torchmetrics.image.fid import FrechetInceptionDistance

    class Unchanged(nn.Module):
        num_features = a.shape[1]

        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return features

    size: Any = (a.shape[1],)
    metric = FrechetInceptionDistance(feature=Unchanged(), normalize=True, input_img_size=size).set_dtype(torch.float64)
    for each, real in ((a, True), (b, False)):
        for part in np.array_split(each, max(1, len(each) // 1000)):
            metric.update(torch.from_numpy(part).double(), real=real)
    return float(metric.compute())


WAYS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "sparring": frechet_distance,
    "torchmetrics": by_torchmetrics,
    "scipy": by_scipy,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    mix = rng.standard_normal((asked.width, asked.width), dtype=np.float32) / asked.width**0.5
    a, b = (rng.standard_normal((asked.samples, asked.width), dtype=np.float32) @ mix + shift for shift in (0.0, 0.01))
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    values: dict[str, float] = {}
    for _ in range(asked.repeats):
        for name, way in WAYS.items():
            start = time.perf_counter()
            values[name] = way(a, b)
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(each) for name, each in times.items()}
    fastest = min(value for name, value in medians.items() if name != "sparring")
    found = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
        "samples": asked.samples,
        "width": asked.width,
        "seconds": medians,
        "values": values,
        "ratio_to_fastest_other": medians["sparring"] / fastest,
    }
    print(json.dumps(found, indent=2))
    if asked.json:
        write_text(asked.json, json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
