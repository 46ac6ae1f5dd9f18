"""Label maps: pictures whose values are class numbers. They are read and written exactly, never interpolated."""

from __future__ import annotations

import colorsys
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image, ImageOps

from ...data.contents import Contents, Member
from ...errors import UserError
from ...util.files import write_bytes
from ..image.frames import frame_numbers, opened
from ..image.unusable import Unusable, brief

DESCRIBED = "classes.json"
MAX_CLASSES = 64
VOID = 255  # the class number of pixels without a class
MARKS = (255, 65535)  # mean no class, where there are two others at least and all of these are far below
NUMBERED = ("1", "L", "P", "I;16", "I;16B", "I")  # modes whose values are numbers
MAX_ID = 65535
MAP_FOLDERS = ("label", "labels", "mask", "masks", "map", "maps", "annotations", "annotation", "segmentation", "layout")


@dataclass(frozen=True)
class Legend:
    """The classes of label maps.

    ids: the number of each class in the files. palette: the colour of each class. void: numbers in the files that
    mean no class. colours: the files show colours (by a palette, or plainly), so that written maps are indexed with
    the palette; else they are grey.
    """

    ids: tuple[int, ...]
    names: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    void: tuple[int, ...] = ()
    colours: bool = False

    def numbers(self, ids: np.ndarray) -> np.ndarray:
        """Numbers in the files -> class numbers from 0, VOID where there is no class."""
        table = np.full(max(255, int(ids.max(initial=0)), *self.ids) + 1, VOID, np.uint8)
        table[list(self.ids)] = np.arange(len(self.ids))
        return table[ids]


@dataclass(frozen=True)
class MapCodec:
    """uint8 N x 1 x H x W class numbers <-> float32 N x classes x H x W.

    The tensor is 1 at the class and 0 elsewhere; where there is no class, all of it is 0. `decode` takes the class
    with the largest value, so that only known class numbers come out.
    """

    height: int
    width: int
    legend: Legend
    layout: ClassVar[None] = None

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.legend.ids), self.height, self.width

    def encode(self, values: np.ndarray) -> torch.Tensor:
        classes = torch.arange(len(self.legend.ids), dtype=torch.uint8)[None, :, None, None]
        return (torch.from_numpy(np.ascontiguousarray(values)) == classes).float()

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        return tensor.detach().float().cpu().argmax(dim=1, keepdim=True).to(torch.uint8).numpy()

    def coloured(self, values: np.ndarray) -> np.ndarray:
        """Class numbers as pictures, N x 3 x H x W: each class in its colour, black where there is no class."""
        table = np.zeros((256, 3), np.uint8)
        table[: len(self.legend.palette)] = self.legend.palette
        return table[values[:, 0]].transpose(0, 3, 1, 2)

    def describe(self) -> dict[str, Any]:
        return {
            "modality": "map",
            **asdict(self),
            "decode": "the class with the largest value; ids[class] is written",
        }


def codec_from(description: dict[str, Any]) -> MapCodec:
    """The inverse of MapCodec.describe()."""
    try:
        legend = description["legend"]
        palette = tuple((int(red), int(green), int(blue)) for red, green, blue in legend["palette"])
        built = Legend(
            tuple(map(int, legend["ids"])),
            tuple(map(str, legend["names"])),
            palette,
            tuple(legend["void"]),
            bool(legend["colours"]),
        )
        if not len(built.ids) == len(built.names) == len(built.palette) or not 0 < len(built.ids) <= VOID:
            raise ValueError
        return MapCodec(int(description["height"]), int(description["width"]), built)
    except (KeyError, TypeError, ValueError):
        raise UserError(
            "codec.json is damaged: the classes of its label maps are missing or do not go together."
        ) from None


def legend_of(contents: Contents, members: Sequence[Member], folder: str) -> Legend | None:
    """The classes of these files if they are label maps, else None.

    Label maps are described in a classes.json beside them, or indexed by one palette, or have few grey values and are
    in a folder whose name says so. Every file is read, because a class may be rare. Raises UserError where files that
    must be label maps do not fit together.
    """
    described = [member for member in contents.members if member.name.rsplit("/", 1)[-1] == DESCRIBED]
    named = folder.lower() in MAP_FOLDERS
    seen, palettes, indexed, plain, why = set[int](), list[list[int]](), True, True, ""
    for member in members:
        try:
            with _loaded(member) as picture:
                indexed, plain = indexed and picture.mode == "P", plain and picture.mode in NUMBERED
                if plain:
                    seen.update(np.unique(_plain(picture)).tolist())
                    palettes += [list(picture.getpalette() or [])] if picture.mode == "P" else []
        except Unusable as reason:
            why = why or f"{member.shown} {reason}"
            continue
        if not plain and not (described and named) or len(seen) > MAX_CLASSES and not described:
            told = f"holds {len(seen):,} different numbers" if plain else f"is of the mode {picture.mode}"
            _say_no_maps(contents, folder, named, f"{member.shown} {told}")
            return None
    if described:
        legend = _read(described[0], colours=indexed or not plain)
        strange = sorted(seen - {*legend.ids, *legend.void})
        if plain and strange and named:
            raise UserError(
                f"{folder} holds the numbers {strange[:5]}, which {DESCRIBED} does not name; add them as classes or "
                "as ignore_index"
            )
        return legend if named or (plain and not strange) else None
    colours = {tuple(_colour(palette, number) for number in seen) for palette in palettes} if indexed else set()
    if not seen or not plain or not (named or len(colours) == 1):
        _say_no_maps(contents, folder, named, why)
        return None
    void = tuple(mark for mark in MARKS if mark in seen and len(seen) > 2 and max(seen - {mark}) < mark // 4)
    ids = tuple(sorted(seen - set(void)))
    one = palettes[0] if len(colours) == 1 else []
    palette = tuple(_colour(one, number) for number in ids) if one else _distinct(len(ids))
    return Legend(ids, tuple(str(number) for number in ids), palette, void, bool(one))


def _say_no_maps(contents: Contents, folder: str, named: bool, why: str) -> None:
    """Say why a folder with the name of label maps is taken for pictures."""
    if named and why:
        contents.notes.append(f"{folder}: pictures, no label maps of class numbers, as {why}.")


def _colour(palette: list[int], number: int) -> tuple[int, int, int]:
    red, green, blue = (*palette[3 * number : 3 * number + 3], 0, 0, 0)[:3]
    return red, green, blue


def _read(member: Member, colours: bool) -> Legend:
    try:
        told = json.loads(member.whole())
        void = [int(number) for number in np.atleast_1d(told.get("ignore_index", []))]
        names = [str(name) for name in told["classes"]]
        ids = [int(number) for number in told.get("ids", range(len(names)))]
        palette = [[int(value) for value in colour] for colour in told.get("palette", _distinct(len(names)))][
            : len(names)
        ]
        if not 0 < len(names) == len(ids) == len(palette) <= VOID or not all(
            0 <= number <= MAX_ID for number in ids + void
        ):
            raise ValueError
        if any(len(colour) != 3 for colour in palette):
            raise ValueError
        kept = [place for place, number in enumerate(ids) if number not in void]
    except (ValueError, KeyError, TypeError):
        form = '{"classes": [names], "ids": [numbers in the files], "palette": [colours], "ignore_index": number}'
        raise UserError(f"{member.shown} should hold {form}") from None
    shown = tuple((red, green, blue) for red, green, blue in (palette[place] for place in kept))
    return Legend(
        tuple(ids[place] for place in kept), tuple(names[place] for place in kept), shown, tuple(void), colours
    )


def read(member: Member, size: tuple[int, int], fit: str, legend: Legend) -> np.ndarray:
    """Class numbers, H x W, brought to a size by the nearest pixel, as pictures are (padded with VOID).

    Raises Unusable.
    """
    numbers = Image.fromarray(legend.numbers(_ids(member, legend)))
    wanted = (size[1], size[0])
    if fit == "stretch":
        return np.asarray(numbers.resize(wanted, Image.Resampling.NEAREST))
    if fit == "crop":
        return np.asarray(ImageOps.fit(numbers, wanted, Image.Resampling.NEAREST))
    inner, whole = ImageOps.contain(numbers, wanted, Image.Resampling.NEAREST), Image.new("L", wanted, VOID)
    whole.paste(inner, ((wanted[0] - inner.width) // 2, (wanted[1] - inner.height) // 2))
    return np.asarray(whole)


def read_whole(path: Path, legend: Legend) -> np.ndarray:
    """Class numbers, H x W, of a file at its own size. Raises Unusable."""
    ids = _ids(Member(path.name, path.stat().st_size, "", path.read_bytes), legend)
    if strange := sorted(set(np.unique(ids).tolist()) - {*legend.ids, *legend.void}):
        raise Unusable(
            f"holds the numbers {str(strange[:5])[1:-1]}, which are not classes of this model "
            f"({str(legend.ids[:20])[1:-1]})"
        )
    numbers = legend.numbers(ids)
    if (numbers == VOID).all():
        raise Unusable("holds none of the classes of this model: it is no label map of its kind")
    return numbers


def _ids(member: Member, legend: Legend) -> np.ndarray:
    """The numbers in the file."""
    with _loaded(member) as picture:
        if picture.mode in NUMBERED:
            return _plain(picture)
        return _by_colour(np.asarray(picture.convert("RGB")), legend)


def written(numbers: np.ndarray, legend: Legend) -> Image.Image:
    """Class numbers, H x W, as a picture like those that were learned from: indexed or grey."""
    table = np.zeros(256, np.uint8 if max(legend.ids) < 256 else np.uint16)
    table[: len(legend.ids)] = legend.ids
    picture = Image.fromarray(table[numbers])
    if legend.colours and table.dtype == np.uint8:
        colours = np.zeros((256, 3), np.uint8)
        colours[list(legend.ids)] = legend.palette
        picture.putpalette(colours.tobytes())
    return picture


SUFFIXES = {".png": "PNG", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP"}  # formats that lose nothing


def write(numbers: np.ndarray, legend: Legend, path: Path) -> None:
    """Raises UserError for a suffix whose format would change the numbers."""
    kind = SUFFIXES.get(path.suffix.lower())
    if kind is None or (kind == "BMP" and max(legend.ids) > 255):
        raise UserError(
            f"label maps are written as {', '.join(SUFFIXES)}, which keep every number; name {path.name} so"
        )
    buffer = io.BytesIO()
    written(numbers, legend).save(buffer, kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, buffer.getvalue())


def _by_colour(pixels: np.ndarray, legend: Legend) -> np.ndarray:
    """Plain colours -> numbers in the files. Raises Unusable for a colour that the legend does not have."""
    ids = np.full(pixels.shape[:2], -1)
    for number, colour in zip(legend.ids, legend.palette, strict=True):
        ids[(pixels == np.array(colour, np.uint8)).all(axis=2)] = number
    if (ids < 0).any() and not legend.void:
        raise Unusable(f"holds a colour that is not in {DESCRIBED}: {pixels[ids < 0][0].tolist()}")
    ids[ids < 0] = legend.void[0] if legend.void else 0
    return ids


def _plain(picture: Image.Image) -> np.ndarray:
    """The stored numbers, not the colours they stand for. A picture of one bit holds 0 and 255."""
    numbers = np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    if numbers.dtype != np.uint8 and (numbers.min(initial=0) < 0 or numbers.max(initial=0) > MAX_ID):
        raise Unusable(f"holds numbers from {numbers.min()} to {numbers.max()}: classes are 0 to {MAX_ID}")
    return numbers


def _loaded(member: Member) -> Image.Image:
    """A decoded picture. Raises Unusable."""
    try:
        data = member.read()
        picture = opened(data, member.name)
        if len(frame_numbers(picture, data)) > 1:
            raise Unusable("holds several pages or frames: a label map is one picture")
        picture.load()
    except Unusable:
        raise
    except Exception as error:  # decoders of damaged files raise nearly anything
        raise Unusable(f"damaged: {brief(error)}") from None
    return picture


def _distinct(count: int) -> tuple[tuple[int, int, int], ...]:
    """Colours that are easy to tell apart."""
    found = [colorsys.hsv_to_rgb(0.618034 * number % 1, 0.75, 1.0 - 0.35 * (number % 2)) for number in range(count)]
    return tuple((round(255 * red), round(255 * green), round(255 * blue)) for red, green, blue in found)
