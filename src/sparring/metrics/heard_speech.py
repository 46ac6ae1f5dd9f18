"""Speech as people would judge it, predicted: PESQ (ITU-T P.862.2) and STOI. Both are packages, and optional."""

from __future__ import annotations

import importlib.util

import numpy as np

WIDE, NARROW = 16_000, 8_000  # Hz that PESQ knows
PACKAGES = {"pesq": "pesq", "stoi": "pystoi"}


def installed() -> tuple[str, ...]:
    """The names of those that can be computed here."""
    return tuple(name for name, package in PACKAGES.items() if importlib.util.find_spec(package))


def heard(name: str, waves: np.ndarray, targets: np.ndarray, rate: int) -> np.ndarray:
    """One number for each wave, N x C x L; NaN where there is no speech to judge. name: pesq or stoi.

    PESQ is between 1.02 and 4.64, wide band from 16 kHz on, narrow band (to 4.55) below; STOI (Taal et al. 2011, IEEE
    Transactions on Audio, Speech, and Language Processing 19, 2125-2136) is between 0 and 1.
    """
    score = {"pesq": _pesq, "stoi": _stoi}[name]
    return np.array([score(wave, target, rate) for wave, target in zip(waves, targets, strict=True)])


def _pesq(wave: np.ndarray, target: np.ndarray, rate: int) -> float:
    import soxr
    from pesq import NoUtterancesError, PesqError, pesq

    at = WIDE if rate >= WIDE else NARROW
    found = []
    for mine, theirs in zip(wave, target, strict=True):
        sides = [soxr.resample(side.astype(np.float64), rate, at, quality="VHQ") for side in (theirs, mine)]
        try:
            found.append(pesq(at, *sides, "wb" if at == WIDE else "nb"))
        except (NoUtterancesError, PesqError, ValueError, ZeroDivisionError):  # silence, or too short
            return float("nan")
    return float(np.mean(found))


def _stoi(wave: np.ndarray, target: np.ndarray, rate: int) -> float:
    import warnings

    from pystoi import stoi

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # it warns where there are too few frames with speech
        try:
            return float(np.mean([stoi(theirs, mine, rate) for mine, theirs in zip(wave, target, strict=True)]))
        except (RuntimeWarning, ValueError, IndexError):
            return float("nan")
