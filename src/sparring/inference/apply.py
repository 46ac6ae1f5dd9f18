"""A trained translator on files: pictures and folders of them, of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..callbacks.base import Callback
from ..errors import UserError
from ..modalities.image import whole
from ..modalities.image.codec import ImageCodec
from ..modalities.image.decode import LUMA, SUFFIXES, Unusable
from ..modalities.image.whole import Whole
from ..modalities.pairs import maps
from ..modalities.pairs.maps import MapCodec
from .apply_video import Film, apply_to_film, is_film
from .generator import load_translator
from .translator import Translator


@dataclass(frozen=True)
class Applied:
    """One input: where its result is, or why there is none. film: of films, how many frames and how much they flicker."""

    path: Path
    out: Path | None
    reason: str = ""
    film: Film | None = None


def apply_files(
    run: Path, given: Path, out: Path, back: bool = False, steady: float = 0.0, ensemble: bool = False, console: Callback | None = None
) -> Iterator[Applied]:
    """Make of a picture or film, or of all below a folder, what the run has learned, one after the other.

    A file's result goes to `out` (a file where it has a suffix, else into that folder), a folder's into a folder of the same tree.
    Inputs that cannot be used are told, and the rest goes on. ensemble: the mean of eight views, see Translator. Raises UserError where
    there is nothing to do.
    """
    translator, console = load_translator(run, back, ensemble), console or Callback()
    if not given.exists():
        raise UserError(f"there is no file or folder {given}")
    inputs = [given] if given.is_file() else sorted(path for path in given.rglob("*") if _usable(path))
    if not inputs:
        raise UserError(f"{given} holds no pictures and no films")
    if steady and not any(map(is_film, inputs)):
        raise UserError(f"--temporal-smoothing is for films, and {given} holds none; leave it out")
    if given.is_dir() and out.suffix:
        raise UserError(f"{given} is a folder, so its results need one too; {out} looks like a file")
    if out.resolve() == given.resolve() or (given.is_dir() and given.resolve() in out.resolve().parents):
        raise UserError(f"results in {out} would lie among or over what is given; choose another place")
    taken: dict[Path, Path] = {path.resolve(): path for path in inputs}  # what no result may be written over
    for number, path in enumerate(inputs):

        def progress(share: float, number: int = number, path: Path = path) -> None:
            console.progress((number + share) / len(inputs), path.name)

        progress(0.0)
        target = out if given.is_file() and out.suffix else out / path.relative_to(given.parent if given.is_file() else given)
        if not (given.is_file() and out.suffix):
            target = target.with_suffix(_suffix(translator, path))
        if (already := taken.setdefault(target.resolve(), path)) != path or target.resolve() == path.resolve():
            yield Applied(path, None, f"its result, {target}, would be written over {already}")
            continue
        try:
            film = _one(translator, path, target, steady, progress)
        except Unusable as reason:
            yield Applied(path, None, str(reason))
            continue
        except RuntimeError as error:  # torch's own words for running out of memory
            if "allocate memory" not in str(error) and "out of memory" not in str(error).lower():
                raise
            yield Applied(path, None, "needs more memory than there is; make it smaller, or cut it into parts")
            continue
        progress(1.0)
        yield Applied(path, target, film=film)


def _usable(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and (path.suffix.lower() in SUFFIXES or is_film(path))


def _suffix(translator: Translator, path: Path) -> str:
    if is_film(path):
        return ".mp4"
    return ".png" if isinstance(translator.made, MapCodec) else whole.suffix_for(path)


def _one(translator: Translator, path: Path, target: Path, steady: float, progress: Callable[[float], None]) -> Film | None:
    if is_film(path):
        if isinstance(translator.given, MapCodec) or isinstance(translator.made, MapCodec):
            raise Unusable("films are for runs that turn pictures into pictures")
        return apply_to_film(path, target, lambda frame: _coloured(translator, frame), steady, progress)
    if isinstance(translator.given, MapCodec):
        numbers = maps.read_whole(path, translator.given.legend)
        made = [_decoded(translator.tensor(translator.given.encode(numbers[None, None])), translator.made)]
        whole.write(Whole(tuple(made), (None,), 255), target)
        return None
    found = whole.read(path)
    if isinstance(translator.made, MapCodec):
        if len(found.frames) > 1:
            raise Unusable(f"has {len(found.frames)} frames, and label maps are made of still pictures")
        numbers = translator.made.decode(translator.tensor(_encoded(found, 0, translator.given)))
        maps.write(numbers[0, 0], translator.made.legend, target)
        return None
    whole.write(translated(translator, found), target)
    return None


def _coloured(translator: Translator, frame: np.ndarray) -> np.ndarray:
    """A frame of a film, H x W x 3, and what is made of it."""
    made = translated(translator, Whole((frame,), (None,), 255)).frames[0]
    return made.repeat(3, axis=2) if made.shape[2] == 1 else made


def translated(translator: Translator, found: Whole) -> Whole:
    """Every frame. What is restored keeps its mode and depth; transparency stays, but where it meant holes to fill."""
    given, made = translator.given, translator.made
    assert isinstance(given, ImageCodec) and isinstance(made, ImageCodec)
    fills = given.channels in (2, 4) and made.channels in (1, 3)
    frames, opacity = [], list[np.ndarray | None]()
    for number, frame in enumerate(found.frames):
        values = _decoded(translator.tensor(_encoded(found, number, given)), made)
        alpha = found.opacity[number]
        if made.channels in (2, 4):
            values, alpha = values[..., :-1], values[..., -1:] if alpha is not None or not translator.recipe.algorithm.restores else None
        elif fills:
            alpha = None
        elif alpha is not None and translator.scale > 1:
            alpha = _enlarged(alpha, translator.scale)
        if translator.recipe.algorithm.restores and frame.shape[2] == 1 and values.shape[2] == 3:
            values = values @ LUMA
        frames.append(values)
        opacity.append(alpha)
    return replace(found, frames=tuple(frames), opacity=tuple(opacity))


def _encoded(found: Whole, number: int, codec: ImageCodec) -> torch.Tensor:
    """A frame as the network wants it, 1 x C x H x W: not rounded to 8 bits on the way."""
    colour, alpha = found.frames[number], found.opacity[number]
    if codec.channels < 3 and colour.shape[2] == 3:
        colour = colour @ LUMA
    elif codec.channels >= 3 and colour.shape[2] == 1:
        colour = colour.repeat(3, axis=2)
    if codec.channels in (2, 4):
        alpha = np.ones_like(colour[..., :1]) if alpha is None else alpha
        colour = np.concatenate([colour * (alpha > 0), alpha], axis=2)
    return codec.encode(255 * colour.transpose(2, 0, 1)[None])


def _decoded(made: torch.Tensor, codec: ImageCodec | MapCodec) -> np.ndarray:
    """H x W x C of 0 to 1."""
    assert isinstance(codec, ImageCodec)
    return codec.unrounded(made[0]).div_(255).clamp_(0, 1).numpy().transpose(1, 2, 0)


def _enlarged(alpha: np.ndarray, scale: int) -> np.ndarray:
    size = (alpha.shape[1] * scale, alpha.shape[0] * scale)
    return np.asarray(Image.fromarray(alpha[..., 0]).resize(size, Image.Resampling.BILINEAR))[..., None]
