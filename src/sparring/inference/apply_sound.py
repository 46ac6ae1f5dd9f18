"""A trained translator of sounds applied to files: rate, channels, length, format and depth stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..callbacks.base import Callback
from ..data.folders import read_file
from ..modalities.audio.detect import SUFFIXES
from ..modalities.image.unusable import Unusable
from ..util.files import write_bytes
from .places import Applied, check_places, inputs_of, refused, target_of
from .sound_translator import SoundTranslator


def is_sound(path: Path) -> bool:
    """Whether a file is a sound, by its suffix."""
    return path.suffix.lower() in SUFFIXES


def translate_sound_files(
    translator: SoundTranslator, input: Path, out: Path, console: Callback | None = None
) -> Iterator[Applied]:
    """Applies a translator to a sound file, or to all below a folder; yields what became of each.

    Raises UserError where there is nothing to apply it to, or results would overwrite inputs.
    """
    console = console or Callback()
    inputs = inputs_of(input, is_sound, ("sounds",), console)
    check_places(input, out)
    taken = {path.resolve(): path for path in inputs}
    for number, path in enumerate(inputs):
        console.progress(number / len(inputs), f"applying: {path.name}")
        target = target_of(path, input, out, lambda path: path.suffix)
        if reason := refused(taken, path, target):
            yield Applied(path, None, reason)
            continue
        try:
            yield Applied(path, target, note=_apply(translator, path, target))
        except Unusable as reason:
            yield Applied(path, None, str(reason))
    console.progress(1.0, "applying")


def _apply(translator: SoundTranslator, path: Path, target: Path) -> str:
    """Translates one file. Returns a note. Raises Unusable for a bad input."""
    from ..modalities import get

    whole = get("audio").module("whole")  # where the libraries of sounds are missing, it says so
    try:
        sound = whole.read(read_file(path))
    except OSError as error:
        raise Unusable(f"cannot be read: {error.strerror or error}") from None
    length, rate = sound.samples.shape[1], sound.rate
    made = translator.wave(whole.resampled(sound.samples, rate, translator.rate))
    wanted = max(rate, translator.rate) if translator.widens else rate
    lasting = round(length * wanted / rate)
    same_name = target.suffix.lower() == path.suffix.lower()  # then the format stays what it is, whatever the name says
    made = whole.resampled(made, translator.rate, wanted, lasting)
    result = whole.with_samples(sound, made, wanted, "" if same_name else target.suffix)
    data, lost = whole.encoded(result)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, data)
    return "; ".join(filter(None, [*_about(translator, rate, wanted), lost]))


def _about(translator: SoundTranslator, rate: int, wanted: int) -> Iterator[str]:
    """What a person should know of the rates."""
    if wanted > (learned := translator.rate):
        yield f"what lies above {learned // 2:,} Hz is not kept: the run learned sounds of {learned:,} Hz"
    elif wanted > rate:
        yield f"written with {wanted:,} samples a second, as {rate:,} would not hold what was added"
