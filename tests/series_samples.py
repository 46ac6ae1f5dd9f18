"""Series made from a seed: several channels, lengths, gaps, columns that belong to whole series."""

import numpy as np
import pandas as pd

from sparring.modalities.series.frames import of_frame
from sparring.modalities.series.source import SeriesSource


def frame(count=60, seed=0):
    """Machines by day.

    Temperature is a decimal, load are whole numbers, some of them missing. Town and age belong to the machine, and
    the class tells how fast the temperature swings.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(count):
        steps, fast = int(rng.integers(12, 21)), number % 2
        time = np.arange(steps)
        temperature = (
            20 + 5 * np.sin(2 * np.pi * (0.1 + 0.15 * fast) * time + rng.uniform(0, 6)) + rng.normal(0, 0.3, steps)
        )
        load = rng.poisson(3 + 2 * fast, steps).astype(float)
        load[(rng.random(steps) < 0.1) & (time > 0) & (time < steps - 1)] = np.nan
        parts.append(
            pd.DataFrame(
                {
                    "day": pd.Timestamp("2024-05-01") + pd.to_timedelta(time, unit="D"),
                    "machine_id": f"M-{number:04d}",
                    "temperature": temperature.round(1),
                    "town": ["Ulm", "Bonn", "Kiel"][number % 3],
                    "load": pd.array(np.where(np.isnan(load), None, load), dtype="Int64"),
                    "class": "fast" if fast else "slow",
                    "age": int(rng.integers(1, 20)),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def source(count=60, seed=0, **options):
    return SeriesSource(of_frame(frame(count, seed), "machines", **options), "machines")


def lone(steps=400, seed=0):
    """One series of two channels that never ends."""
    rng, values = np.random.default_rng(seed), np.zeros((steps, 2))
    for step in range(1, steps):
        values[step] = values[step - 1] @ [[0.9, -0.3], [0.3, 0.9]] + rng.normal(0, 0.2, 2)
    return pd.DataFrame({"time": np.arange(steps) * 0.5, "x": values[:, 0], "y": values[:, 1]})


def switching(count=60, seed=0):
    """Machines that are on, off or faulty for a while, seen at uneven times: temperature follows the state, an alarm
    (or nothing) is there when it is faulty, a volume has a long tail, and a remark is another one each time.
    """
    rng, parts = np.random.default_rng(seed), []
    for number in range(count):
        steps, states = int(rng.integers(16, 25)), [int(rng.integers(3))]
        for _ in range(steps - 1):
            states.append(states[-1] if rng.random() < 0.85 else int(rng.integers(3)))
        state = np.array(states)
        parts.append(
            pd.DataFrame(
                {
                    "machine_id": f"M-{number:04d}",
                    "time": pd.Timestamp("2025-01-01")
                    + pd.to_timedelta(rng.exponential(60, steps).round().cumsum() + 1, unit="s"),
                    "state": np.array(["on", "off", "faulty"])[state],
                    "temperature": (np.array([50, 20, 80])[state] + rng.normal(0, 2, steps)).round(1),
                    "alarm": np.where(state == 2, "rings", None),
                    "volume": rng.lognormal(2, 1, steps).round(2) + 0.01,
                    "remark": [f"seen by nobody number {rng.integers(1 << 40)}" for _ in range(steps)],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
