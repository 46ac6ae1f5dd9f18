"""Simulated series whose laws are known, so that one sees what a model has learned."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

COUNT, STEPS, SEED = 5000, 64, 1927
PHI = (
    1.6,
    -0.9,
)  # x[t] = PHI[0] x[t-1] + PHI[1] x[t-2] + noise: Yule 1927 (Phil. Trans. A 226), a damped pendulum struck at random


def autoregression() -> tuple[np.ndarray, str]:
    """Series x steps, and a sentence about them."""
    rng = np.random.Generator(np.random.Philox(SEED))
    values = np.zeros((COUNT, STEPS + 100))  # the first hundred steps are left out
    noise = rng.standard_normal(values.shape)
    for step in range(2, values.shape[1]):
        values[:, step] = PHI[0] * values[:, step - 1] + PHI[1] * values[:, step - 2] + noise[:, step]
    return values[:, 100:], f"Simulated: x[t] = {PHI[0]} x[t-1] - {-PHI[1]} x[t-2] + noise of variance 1."


def sines() -> tuple[np.ndarray, str]:
    """The sum of a slow and a fast wave, each with a random frequency, phase and height, and a little noise."""
    rng = np.random.Generator(np.random.Philox(SEED + 1))
    time = np.arange(STEPS)
    frequency = rng.uniform((0.03, 0.15), (0.06, 0.2), (COUNT, 2))
    phase, height = rng.uniform(0, 2 * np.pi, (COUNT, 2)), rng.uniform((0.7, 0.2), (1.3, 0.6), (COUNT, 2))
    waves = height[:, :, None] * np.sin(2 * np.pi * frequency[:, :, None] * time + phase[:, :, None])
    values = waves.sum(axis=1) + 0.05 * rng.standard_normal((COUNT, STEPS))
    return values, "Simulated: two sine waves of random frequency, phase and height."


SETS: dict[str, Callable[[], tuple[np.ndarray, str]]] = {"ar2": autoregression, "sines": sines}
