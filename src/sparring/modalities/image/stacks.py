"""The axes of a TIFF file that holds one array: the times, depths and channels of a microscope, a plane a page."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import tifffile

from . import tiff
from .unusable import Unusable

WORDS = {"T": "times", "Z": "depths", "C": "channels"}  # of an axis; others are called positions
IN_A_PLANE = "YXS"
PLAIN = ("I", "Q")  # a lone axis of this name says no more than that there are pages
IMAGEJ_KINDS = ("uint8", "uint16", "float32")
COUNTED = ("ImageJ", "images", "channels", "slices", "frames", "hyperstack", "axes")  # ImageJ's, made anew
OF_CHANNELS = ("LUTs", "Ranges", "min", "max")  # ImageJ's, for planes of grey
OF_PLACES = ("ROI", "Overlays", "Plot", "xorigin", "yorigin")  # ImageJ's, which count in pixels
OME_KEPT = (
    *(f"PhysicalSize{axis}{unit}" for axis in "XYZ" for unit in ("", "Unit")),
    *("TimeIncrement", "TimeIncrementUnit"),
)


@dataclass(frozen=True)
class Stack:
    """What a file says of its planes beside their numbers.

    kind: of the file: "imagej", "ome" or another of tifffile. axes, lengths: of all axes but those in a plane, the
    slowest first: "TZC", (4, 3, 2). about: further facts, as tifffile writes them. resolution: pixels a unit, x and y.
    """

    kind: str
    axes: str
    lengths: tuple[int, ...]
    about: dict[str, Any] = field(default_factory=dict)
    resolution: tuple[float, float] | None = None

    def __str__(self) -> str:
        return " x ".join(
            f"{length} {WORDS.get(axis, 'positions')}" for axis, length in zip(self.axes, self.lengths, strict=True)
        )

    def enlarged(self, times: int) -> Stack:
        """Of planes that were made so many times as large."""
        if times == 1:
            return self
        about = {name: value for name, value in self.about.items() if name not in OF_PLACES}
        about |= {name: about[name] / times for name in ("PhysicalSizeX", "PhysicalSizeY") if name in about}
        resolution = self.resolution and (self.resolution[0] * times, self.resolution[1] * times)
        return replace(self, about=about, resolution=resolution)


def stack_of(data: bytes) -> Stack | None:
    """The axes of a TIFF file; None for other files, and for pages that are no more than that.

    Raises Unusable where the planes do not follow each other as the axes say.
    """
    if data[:4] not in tiff.MAGIC:
        return None
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            return _stack(file)
    except Unusable:
        raise
    except Exception:  # damaged, or odd metadata: the pages say what is wrong, or are all that can be had
        return None


def write(planes: Sequence[np.ndarray], stack: Stack) -> bytes:
    """A TIFF file of planes H x W x C, with their axes: of ImageJ or OME, where it was one and can hold them."""
    first, buffer = planes[0], io.BytesIO()
    channels, kind = first.shape[2], first.dtype.name
    array = np.stack([plane[..., 0] if channels == 1 else plane for plane in planes])
    array = array.reshape(*stack.lengths, *array.shape[1:])
    options: dict[str, Any] = {"photometric": "rgb" if channels >= 3 else "minisblack"}
    if channels in (2, 4):
        options |= {"extrasamples": ["unassalpha"], "planarconfig": "contig"}
    if stack.resolution:
        options |= {"resolution": stack.resolution, "resolutionunit": "none"}
    imagej = stack.kind == "imagej" and kind in IMAGEJ_KINDS and (channels == 1 or (channels == 3 and kind == "uint8"))
    about = stack.about if imagej or stack.kind == "ome" else {}
    if channels > 1:
        about = {name: value for name, value in about.items() if name not in OF_CHANNELS}
    axes = stack.axes + ("YX" if channels == 1 else "YXS")
    with tifffile.TiffWriter(buffer, imagej=imagej, ome=stack.kind == "ome") as file:
        file.write(array, metadata={**about, "axes": axes}, **options)
    return buffer.getvalue()


def _stack(file: tifffile.TiffFile) -> Stack | None:
    series = [each for each in file.series if not each.keyframe.is_reduced]
    axes = [_leading(each) for each in series]
    told = [found for each, found in zip(series, axes, strict=True) if _tells(each.kind, found)]
    if not told:
        return None
    if len(series) > 1:
        raise Unusable(f"holds {len(series)} images with axes of their own: save each by itself")
    [found], [only] = axes, series
    stack = Stack(
        only.kind, "".join(axis for axis, _ in found), tuple(length for _, length in found), *_about(file, only.kind)
    )
    places = [page.index for page in only.pages if page is not None]
    if len(places) != math.prod(stack.lengths) or places != sorted(places):
        raise Unusable(f"holds {stack}, and its pages do not follow each other in that order: save it anew")
    return stack


def _leading(series: Any) -> list[tuple[str, int]]:
    """The axes beside those in a plane, and their lengths."""
    return [(axis, length) for axis, length in zip(series.axes, series.shape, strict=True) if axis not in IN_A_PLANE]


def _tells(kind: str, axes: list[tuple[str, int]]) -> bool:
    """Do these axes say more than that there are pages?"""
    return bool(axes) and not (len(axes) == 1 and axes[0][0] in PLAIN)


def _about(file: tifffile.TiffFile, kind: str) -> tuple[dict[str, Any], tuple[float, float] | None]:
    """Further facts of a file of ImageJ or OME, and its resolution."""
    if kind == "imagej":
        told = {name: value for name, value in (file.imagej_metadata or {}).items() if name not in COUNTED}
        resolution = file.pages.first.get_resolution()
        return told, (float(resolution[0]), float(resolution[1]))
    if kind == "ome":
        image = tifffile.xml2dict(file.ome_metadata or "")["OME"]["Image"]
        pixels = image["Pixels"]
        told = {name: pixels[name] for name in OME_KEPT if name in pixels}
        channels = pixels.get("Channel", [])
        names = [each.get("Name") for each in (channels if isinstance(channels, list) else [channels])]
        return told | ({"Channel": {"Name": names}} if all(names) and names else {}), None
    return {}, None
