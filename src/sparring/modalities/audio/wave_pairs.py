"""Pairs made of ordinary sounds: their log-mel bands, or damaged sounds, with the whole ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...config.sound_degradation import SoundDegradation
from ...data.source import SPLITS, ScanReport, Split, TranslationSource
from ...errors import UserError
from ...util.random import make_rng
from .degradations import degraded
from .pair_codec import SoundPairCodec, fit_pair_codec
from .source import AudioSource

NOISE_CLASS = "noise"  # sounds of a class of this name are noise for the others
MIN_OF_A_SPLIT = 1  # noises, and sounds beside them


class WavePairs(TranslationSource):
    """Sounds, with what a translator sees of them as inputs. Values of both sides are sounds, N x C x L.

    Without degradations, inputs and values are the same sounds: the codec makes log-mel bands of the inputs. A
    degradation is drawn anew whenever a sound is shown in training. Where the sounds have classes and one of them is
    `noise`, its sounds are the noises that are added to the others.

    Raises UserError where nothing is left to learn from.
    """

    modality, unit = "audio", "sounds"

    def __init__(self, source: AudioSource, degradations: Sequence[SoundDegradation] | None):
        self.source, self.degradations = source, tuple(degradations or ())
        self.name, self.rate, self.bits = source.name, source.rate, source.bits
        self.shape = self.input_shape = source.shape
        self.classes, self.notes = (), source.notes
        self.columns = ("degraded input", "output", "target") if self.degradations else ("output", "target")
        self._rows, self._noises = self._divided()
        self.report = ScanReport(**{**vars(source.report), "labels": {}})
        self.report.counts = {split: self.count(split) for split in SPLITS}
        about = [repr(each.model_dump()) for each in self.degradations]
        self.content_hash = hashlib.sha256("\n".join([source.content_hash, "pairs", *about]).encode()).hexdigest()

    @property
    def values_hash(self) -> str:
        return hashlib.sha256(f"{self.source.content_hash} {self._noises is not None}".encode()).hexdigest()

    def _divided(self) -> tuple[dict[Split, np.ndarray], dict[Split, np.ndarray] | None]:
        """The rows of each split that are learned, and those that are noises; None: noise is drawn."""
        every: dict[Split, np.ndarray] = {split: np.arange(self.source.count(split)) for split in SPLITS}
        wants_noise = any(each.kind == "noise" for each in self.degradations)
        if not wants_noise or NOISE_CLASS not in self.source.classes:
            if wants_noise:
                self.notes += (
                    "Noise is made of random numbers: put the sounds into one folder, and recordings of real noise "
                    f"into another named '{NOISE_CLASS}' beside it.",
                )
            return every, None
        number = self.source.classes.index(NOISE_CLASS)
        noisy = {split: self.source.labels(rows, split) == number for split, rows in every.items()}
        rows = {split: every[split][~noisy[split]] for split in SPLITS}
        noises = {split: every[split][noisy[split]] for split in SPLITS}
        for split in ("train", "test"):
            if min(len(rows[split]), len(noises[split])) < MIN_OF_A_SPLIT:
                raise UserError(
                    f"{self.name} has {len(rows[split])} sounds and {len(noises[split])} noises "
                    f"{'to learn from' if split == 'train' else 'that are held out'}: give more of them"
                )
        self.notes += (
            f"The {len(noises['train']):,} training sounds of class '{NOISE_CLASS}' are noises for the other "
            f"{len(rows['train']):,}; held-out sounds get held-out noises.",
        )
        return rows, noises

    def count(self, split: Split = "train") -> int:
        return len(self._rows[split])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self.source.values(self._rows[split][np.asarray(indices, dtype=np.int64)], split)

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        raise UserError(f"{self.name} holds pairs, which have no labels")

    def input_values(self, indices: np.ndarray, split: Split = "train", seed: int = 0) -> np.ndarray:
        values = self.values(indices, split)
        if not self.degradations:
            return values
        made = []
        for value, position in zip(values, np.asarray(indices).tolist(), strict=True):
            rng = make_rng(seed, "damage", split, position)
            noise = None if self._noises is None else self._noise_of(split)
            made.append(degraded(value, self.degradations, rng, self.rate, noise))
        return np.stack(made) if made else values

    def _noise_of(self, split: Split) -> Any:
        """What draws a noise of the same split, from any moment of it on, around its end."""
        assert self._noises is not None
        rows = self._noises[split]

        def draw(rng: np.random.Generator) -> np.ndarray:
            wave = self.source.values(rows[rng.integers(len(rows))][None], split)[0]
            return np.roll(wave, int(rng.integers(wave.shape[1])), axis=1)

        return draw

    def codec(self, value_range: str) -> SoundPairCodec:
        if value_range != "symmetric":
            raise UserError("waves have values on both sides of 0; leave value_range at symmetric")
        return fit_pair_codec(self, "waveform" if self.degradations else "mel")

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "rate": self.rate}
