"""Whole sound files, as a translator of files takes them: with their rate, channels, length, format and depth."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
import soundfile
import soxr

from ..image.unusable import Unusable, brief
from .decode import check_numbers, read_samples

FULL = 1.0 - 2.0**-15  # the largest sample that 16 bits hold; more is kept in floating-point files alone
FLOATING = ("FLOAT", "DOUBLE")
SUFFIXES = {".wav": "WAV", ".flac": "FLAC", ".ogg": "OGG", ".oga": "OGG", ".opus": "OGG", ".mp3": "MP3", ".w64": "W64"}
SUFFIXES |= {".aif": "AIFF", ".aiff": "AIFF", ".au": "AU", ".caf": "CAF"}
SUBTYPES = {".opus": "OPUS"}
DRIFTING = ("MP3",)  # formats whose encoders add samples of their own


@dataclass(frozen=True)
class WholeSound:
    """samples: float32, channels x length, full scale at -1 and 1. format, subtype: as libsndfile calls them."""

    samples: np.ndarray
    rate: int
    format: str
    subtype: str


def read(data: bytes) -> WholeSound:
    """A sound file, whatever its length and level. Raises Unusable, with the reason, for what is no whole sound."""
    samples, header = read_samples(data)
    if not len(samples):
        raise Unusable("holds no samples")
    check_numbers(samples)
    with soundfile.SoundFile(io.BytesIO(data)) as file:
        return WholeSound(np.ascontiguousarray(samples.T), header.rate, file.format, file.subtype)


def resampled(samples: np.ndarray, rate: int, to: int, length: int | None = None) -> np.ndarray:
    """Samples, C x L, at another rate, without delay. length: How many there should be; None: as many as come out."""
    found = samples if rate == to else soxr.resample(samples.T, rate, to, quality="VHQ").T
    if length is None:
        return found
    return np.pad(found[:, :length], ((0, 0), (0, max(0, length - found.shape[1]))))


def kind_for(sound: WholeSound, suffix: str) -> tuple[str, str]:
    """The format and subtype of a result: those of its input, unless its suffix names another format.

    Raises Unusable for a suffix that is none of sounds, or a format that cannot be written.
    """
    wanted = SUFFIXES.get(suffix.lower())
    same = sound.format.removesuffix("EX")
    if wanted is None and suffix.lower() not in ("", ".wave"):
        raise Unusable(f"a sound cannot be written as {suffix}: use {', '.join(SUFFIXES)}")
    format = sound.format if wanted in (None, same) else str(wanted)
    subtype = sound.subtype if format == sound.format else SUBTYPES.get(suffix.lower(), "")
    for each in (subtype, soundfile.default_subtype(format)):
        if each and soundfile.check_format(format, each):
            return format, each
    raise Unusable(f"{format} files cannot be written")


def encoded(sound: WholeSound) -> tuple[bytes, str]:
    """The bytes of a file, and a note of what was changed, or "". Too loud a sound is made quieter as a whole."""
    loudest, notes = float(np.abs(sound.samples).max(initial=0)), []
    samples = sound.samples
    if loudest > FULL and sound.subtype not in FLOATING:
        samples = samples * (FULL / loudest)
        notes.append(f"made {20 * np.log10(loudest / FULL):.1f} dB quieter, to fit")
    buffer = io.BytesIO()
    try:
        soundfile.write(buffer, samples.T, sound.rate, subtype=sound.subtype, format=sound.format)
    except soundfile.LibsndfileError as error:
        raise Unusable(f"cannot be written as {sound.format}: {brief(error)}") from None
    if sound.format in DRIFTING:
        notes.append(f"{sound.format} adds some silence of its own")
    return buffer.getvalue(), "; ".join(notes)


def with_samples(sound: WholeSound, samples: np.ndarray, rate: int, suffix: str) -> WholeSound:
    """The result of a translation, in the format of its input. suffix: of its name."""
    format, subtype = kind_for(sound, suffix)
    return replace(sound, samples=samples, rate=rate, format=format, subtype=subtype)
