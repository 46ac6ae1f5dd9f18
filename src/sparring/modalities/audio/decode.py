"""Decode one sound file."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
import soundfile

from ...signals import faults
from ..image.unusable import Unusable, brief
from .options import MAX_RATE

MIN_RATE = 1_000  # Hz of a file
MIN_SECONDS = 0.01  # with less there is no pitch to hear
MAX_FRAMES = 1 << 28  # samples of each channel: more is a mistake or an attack
MAX_CHANNELS = 64
MAX_LEVEL = 4.0  # of floating-point samples, whose full scale is 1
STARTS = {b"RIFF": "WAV", b"fLaC": "FLAC", b"OggS": "Ogg", b"ID3": "MP3", b"\xff\xfb": "MP3", b"FORM": "AIFF"}
STREAMED = 0x7FFF0000  # a WAV that was written to a pipe declares at least so many bytes, or none
LAST_PAGE = 0x04  # a flag of the last page of an Ogg stream


@dataclass(frozen=True)
class Header:
    """What a file declares. kind: for people, such as "24-bit WAV"."""

    rate: int
    channels: int
    frames: int
    bits: int
    kind: str


@dataclass(frozen=True)
class Recording:
    """samples: float32, frames x channels, full scale at -1 and 1."""

    samples: np.ndarray
    header: Header


def header_of(data: bytes) -> Header:
    """The header of an encoded sound. Raises Unusable, with the reason."""
    with _opened(data) as file:
        return _header(file)


def decode(data: bytes) -> Recording:
    """An encoded sound. Raises Unusable, with the reason, for what is no whole sound that one can hear."""
    samples, header = read_samples(data)
    check(samples, header.rate)
    return Recording(samples, header)


def read_samples(data: bytes) -> tuple[np.ndarray, Header]:
    """The samples of an encoded sound, frames x channels, whatever they are. Raises Unusable for what is not whole."""
    with _opened(data) as file:
        header = _header(file)
        if ends_early(data):
            raise Unusable("ends early: the file is cut off")
        if header.frames > MAX_FRAMES or header.channels > MAX_CHANNELS:
            raise Unusable(f"too large: {header.frames:,} samples of {header.channels} channels")
        try:
            samples = file.read(dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise Unusable(f"damaged: {brief(error)}") from None
    if len(samples) < header.frames:
        raise Unusable("ends early: the file is cut off")
    return samples, header


def check(samples: np.ndarray, rate: int) -> None:
    """Raise Unusable for samples (frames x channels) that are no sound: too short, not finite, too loud, silent."""
    if len(samples) < MIN_SECONDS * rate:
        raise Unusable(f"too short: {len(samples)} samples at {rate:,} Hz")
    check_numbers(samples)
    if faults.silent(samples.T).all():
        raise Unusable("silent: nothing in it is louder than -60 dB")


def check_numbers(samples: np.ndarray) -> None:
    """Raise Unusable for samples that are not finite or too loud."""
    if not np.isfinite(samples).all():
        raise Unusable("not finite: some of its numbers are infinite or no numbers")
    if (loudest := float(np.abs(samples).max(initial=0))) > MAX_LEVEL:
        raise Unusable(f"out of range: its numbers go up to {loudest:g}, and those of sounds lie from -1 to 1")


def ends_early(data: bytes) -> bool:
    """Is a WAV shorter than it declares, or an Ogg stream without its last page?"""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        place = 12
        while place + 8 <= len(data):
            name, size = data[place : place + 4], struct.unpack("<I", data[place + 4 : place + 8])[0]
            if name == b"data":
                return place + 8 + size > len(data) and size < STREAMED
            place += 8 + size + size % 2
        return True
    if data[:4] == b"OggS":
        last = data.rfind(b"OggS")
        return last + 5 >= len(data) or not data[last + 5] & LAST_PAGE
    return False


def _opened(data: bytes) -> soundfile.SoundFile:
    if not data:
        raise Unusable("an empty file")
    try:
        return soundfile.SoundFile(io.BytesIO(data))
    except (soundfile.LibsndfileError, RuntimeError, TypeError, ValueError) as error:
        known = next((name for start, name in STARTS.items() if data.startswith(start)), None)
        raise Unusable(f"damaged: no whole {known} file ({brief(error)})" if known else "not a sound") from None


def _header(file: soundfile.SoundFile) -> Header:
    if not MIN_RATE <= file.samplerate <= 4 * MAX_RATE:
        raise Unusable(f"an impossible sample rate: {file.samplerate:,} Hz")
    deep = {"PCM_24": "24-bit", "PCM_32": "32-bit", "FLOAT": "float", "DOUBLE": "64-bit float"}
    shallow = {"PCM_16": "16-bit", "PCM_U8": "8-bit", "PCM_S8": "8-bit"}
    depth = {**deep, **shallow}.get(file.subtype, "")
    kind = f"{depth} {file.format.removesuffix('EX')}".strip()
    return Header(file.samplerate, file.channels, file.frames, 24 if file.subtype in deep else 16, kind)
