"""A trained translator applied to files: pictures, films, sounds and folders of them, of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..callbacks.base import Callback
from ..errors import UserError
from ..modalities.image import dicom, whole
from ..modalities.image.codec import ImageCodec
from ..modalities.image.frames import SUFFIXES, header_pixels, suffix_of
from ..modalities.image.options import checked_data_range
from ..modalities.image.unusable import Unusable, quiet
from ..modalities.pairs.file_translation import FileTranslation
from ..reports.headline import headline_of
from ..runs.folder import Run
from .apply_sound import translate_sound_files
from .apply_video import apply_to_film, is_film, suffix_for
from .generator import load_translator
from .masks import LOSSLESS, Masks, filled, with_holes
from .places import Applied, check_places, inputs_of, refused, target_of
from .sound_translator import SoundTranslator
from .translator import Translator

FORMATS = tuple(whole.FORMATS)  # suffixes under which results can be written


def apply_files(
    run: Path,
    input: Path,
    out: Path,
    reverse: bool = False,
    temporal_smoothing: float | None = None,
    ensemble: bool = False,
    device: str = "cpu",
    console: Callback | None = None,
    data_range: str | tuple[float, float] | None = None,
    mask: Path | None = None,
) -> Iterator[Applied]:
    """Applies what a run has learned to a picture, film or sound, or to all below a folder, one after the other.

    Args:
        run: The folder of a run that translates pictures or sounds.
        input: A file or a folder.
        out: A file where it has a suffix, else a folder. Results of a folder form the same tree.
        reverse: Turn outputs into inputs, for runs that have learned both directions.
        temporal_smoothing: Of films, see `apply_to_film`.
        ensemble: Average the results of mirrored and turned copies, see Translator.
        device: See `load`.
        console: Is told the progress.
        data_range: Which numbers of the inputs are black and white; None: as learned, or found from all inputs.
        mask: For runs that fill holes, a picture that is white where the input is to be filled, or a folder of them.

    Yields:
        What became of each input. One that cannot be used has a reason, and the others go on.

    Raises:
        UserError: There is nothing to apply it to, or results would overwrite inputs.
    """
    translator, console = load_translator(run, reverse, ensemble, device), console or Callback()
    _say_if_worse_than_nothing(run, console)
    if isinstance(translator, SoundTranslator):
        asked = {"--temporal-smoothing": temporal_smoothing, "--data-range": data_range, "--mask": mask}
        for option, value in asked.items():
            if value:
                raise UserError(f"{option} is for pictures and films, and {run} translates sounds; leave it out")
        yield from translate_sound_files(translator, input, out, console)
    else:
        yield from translate_files(translator, input, out, temporal_smoothing, console, data_range, mask)


def translate_files(
    translator: Translator,
    input: Path,
    out: Path,
    temporal_smoothing: float | None = None,
    console: Callback | None = None,
    data_range: str | tuple[float, float] | None = None,
    mask: Path | None = None,
) -> Iterator[Applied]:
    """Applies a translator that is loaded, as `apply_files` does."""
    console, restores = console or Callback(), translator.recipe.algorithm.restores
    codecs, asked = (translator.input, translator.output), checked_data_range(data_range)
    translation = FileTranslation(*codecs, translator.translate, translator.scale, restores, asked)
    inputs = inputs_of(input, _usable, ("pictures", "films"), console)
    _check_places(input, inputs, out, temporal_smoothing)
    masks = None if mask is None else _masks(translation, mask, input)
    for note in translation.survey([path for path in inputs if not is_film(path)]):
        console.note(note)
    # files that no result may overwrite
    taken: dict[Path, Path] = {path.resolve(): path for path in (*inputs, *(masks.files if masks else ()))}
    for number, path in enumerate(inputs):

        def progress(share: float, number: int = number, path: Path = path) -> None:
            console.progress((number + share) / len(inputs), f"applying: {path.name}")

        progress(0.0)
        target = target_of(
            path, input, out, lambda path: suffix_for(path) if is_film(path) else translation.suffix_for(path)
        )
        if masks and target != out and target.suffix.lower() not in LOSSLESS:
            target = target.with_suffix(".png")
        if reason := refused(taken, path, target):
            yield Applied(path, None, reason)
            continue
        yield _applied(translation, path, target, temporal_smoothing, progress, masks)


def picture_header(data: bytes) -> tuple[int, str]:
    """Pixels of all frames of a picture file and its suffix, by its header alone. Raises UserError for other data."""
    try:
        with quiet():
            return header_pixels(data), suffix_of(data)
    except Unusable as reason:
        raise UserError(f"the picture cannot be used: {reason}") from None


def _say_if_worse_than_nothing(run: Path, console: Callback) -> None:
    known = Run(run)
    if worse := headline_of(known.evaluation(), known.log()).worse_than_trivial:
        console.note(
            f"by {' and '.join(worse)} on held-out pictures, the results of {run} are worse than doing nothing; "
            "train it longer"
        )


def _usable(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES or is_film(path) or (not path.suffix and _is_dicom(path))


def _is_dicom(path: Path) -> bool:
    """DICOM files often have names without a suffix."""
    try:
        with path.open("rb") as file:
            return dicom.is_dicom(file.read(dicom.HEAD))
    except OSError:
        return False


def _check_places(input: Path, inputs: list[Path], out: Path, temporal_smoothing: float | None) -> None:
    """Raises UserError for what cannot be, before anything is written."""
    if temporal_smoothing and not any(map(is_film, inputs)):
        raise UserError(f"--temporal-smoothing is for films, and {input} holds none; leave it out")
    check_places(input, out)


def _masks(translation: FileTranslation, mask: Path, input: Path) -> Masks:
    """Raises UserError where the run does not fill holes, or where there is no mask."""
    if not fills_holes(translation.input, translation.keeps_mode):
        raise UserError("this run has not learned to fill holes (see recipe restore-inpaint); leave --mask out")
    return Masks(mask, input)


def fills_holes(input: Any, restores: bool) -> bool:
    """Whether a translator fills transparent parts. input: its codec. restores: whether outputs are inputs restored."""
    return restores and isinstance(input, ImageCodec) and input.channels in (2, 4)


def _fill(translation: FileTranslation, path: Path, target: Path, masks: Masks) -> str:
    """Translates the parts of a picture that its mask marks, and leaves the others as they are. Returns a note."""
    if is_film(path):
        raise Unusable("masks are for pictures, not for films")
    mask = masks.of(path)
    note = translation.apply(
        path, target, lambda picture, translate: filled(picture, translate(with_holes(picture, mask)), mask)
    )
    lossy = (
        "" if target.suffix.lower() in LOSSLESS else f"{target.suffix} is lossy: pixels outside of the mask change too"
    )
    return "; ".join(filter(None, (note, lossy)))


def _applied(
    translation: FileTranslation,
    path: Path,
    target: Path,
    temporal_smoothing: float | None,
    progress: Callable[[float], None],
    masks: Masks | None,
) -> Applied:
    """Translates one file."""
    film, note = None, ""
    try:
        if masks:
            note = _fill(translation, path, target, masks)
        elif is_film(path):
            translation.check_takes_films()
            film = apply_to_film(path, target, translation.frame, temporal_smoothing, progress)
        else:
            note = translation.apply(path, target)
    except Unusable as reason:
        return Applied(path, None, str(reason))
    except RuntimeError as error:  # torch's own words for running out of memory
        if "allocate memory" not in str(error) and "out of memory" not in str(error).lower():
            raise
        return Applied(path, None, "needs more memory than there is; make it smaller, or cut it into parts")
    progress(1.0)
    return Applied(path, target, film=film, note=note)
