"""Small sounds for tests: tones that fade, each class at its own pitch; and sound files of every kind."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from sparring.data.contents import ArrayPart, Contents
from sparring.data.options import OpenContext
from sparring.modalities.audio.options import AudioOptions
from sparring.modalities.audio.source import AudioSource, build

RATE = 4000


def tones(count: int, seed: int = 0, rate: int = RATE, seconds: float = 0.25) -> tuple[np.ndarray, list[str]]:
    """N x samples in [-1, 1], each of its own length with zeros after it, and the class of each, low or high."""
    rng = np.random.default_rng(seed)
    waves, labels = np.zeros((count, round(rate * seconds)), np.float32), []
    for number, wave in enumerate(waves):
        time = np.arange(round(len(wave) * rng.uniform(0.5, 1))) / rate
        label = ("low", "high")[number % 2]
        pitch = (300 if label == "low" else 900) * rng.uniform(0.9, 1.1)
        overtones = sum(np.sin(2 * np.pi * pitch * order * time) / order for order in (1, 1.5, 2))
        tone = 0.3 * overtones * np.exp(-5 * time) + 0.01 * rng.normal(size=len(time))
        wave[: len(time)] = tone.clip(-1, 1)
        labels.append(label)
    return waves, labels


def source(count: int = 80, labels: str = "auto", channels: int = 1, seed: int = 0) -> AudioSource:
    """A source of tones of 16 bits, in mono or stereo."""
    waves, names = tones(count, seed)
    if channels == 2:
        waves = np.stack([waves, 0.5 * waves[:, ::-1]], axis=1)
    whole = np.rint(32767 * waves).astype(np.int16)
    parts = Contents(arrays=[ArrayPart("tones", whole, names)], labelled_by="the tones")
    return build("tones", parts, AudioOptions(rate=RATE, labels=labels), OpenContext())


def encoded(wave: np.ndarray, rate: int = RATE, kind: str = "WAV", subtype: str = "PCM_16") -> bytes:
    """Samples, or samples x channels, as the bytes of a sound file."""
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, rate, format=kind, subtype=subtype)
    return buffer.getvalue()
