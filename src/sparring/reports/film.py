"""Films as MP4 or GIF: the samples of a run over time, or any frames."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError
from ..runs.folder import Run
from ..util.files import write_bytes
from .pictures import evenly, open_picture

if TYPE_CHECKING:
    from PIL.Image import Image

SLOWEST, FASTEST = 2, 30  # frames a second of a film of samples
MAX_SIDE = 4096  # pixels; larger frames are made smaller, because few players show them and H.264 ends at 16,384


def write_film(run: Path, seconds: float = 10) -> Path:
    """Write the run's sample sheets as a film of at most about this length, and return its path.

    It is samples.mp4 where PyAV is installed, else samples.gif.

    Raises:
        UserError: The length is not positive, or the run has no samples yet.
    """
    if seconds <= 0:
        raise UserError(f"a film cannot last {seconds:g} seconds: give a length above 0")
    samples = evenly(Run(run).samples(), max(1, int(seconds * FASTEST)))
    if not samples:
        raise UserError(f"there are no sample pictures in {run / 'samples'}: train for at least one tick first")
    out = run / ("samples.mp4" if find_spec("av") else "samples.gif")
    fps = min(FASTEST, max(SLOWEST, len(samples) / seconds))
    return write_frames((picture for _, path in samples if (picture := open_picture(path)) is not None), out, fps)


def write_frames(frames: Iterable[Image], out: Path, fps: float, smallest: int = 256) -> Path:
    """Write the frames as a film, .mp4 (H.264) or .gif by the name of `out`, and return `out`.

    Every frame gets the size of the first. Frames whose longer side is below `smallest` are enlarged by a whole
    factor, and their pixels stay sharp. Frames beyond MAX_SIDE are made smaller.

    Raises:
        UserError: The suffix is unknown, PyAV is missing, there are no frames, or `fps` is not positive.
    """
    if fps <= 0:
        raise UserError(f"{fps:g} frames a second cannot be played: give a number above 0")
    writers = {".mp4": _mp4, ".gif": _gif}
    writer = writers.get(out.suffix.lower())
    if writer is None:
        raise UserError(f"cannot write a film to {out.name}: name it .mp4 or .gif")
    if writer is _mp4 and not find_spec("av"):
        raise UserError(
            f'writing {out.name} needs PyAV: pip install "sparring[video]", or name it {out.with_suffix(".gif").name}'
        )
    same_size = _same_size(frames, smallest)
    first = next(same_size, None)
    if first is None:
        raise UserError(f"there is no frame to write to {out.name}")
    write_bytes(out, writer(itertools.chain([first], same_size), fps))
    return out


def _same_size(frames: Iterable[Image], smallest: int) -> Iterator[Image]:
    from PIL import Image

    size: tuple[int, int] | None = None
    for frame in frames:
        size = size or _film_size(frame.size, smallest)
        picture, shrinks = frame.convert("RGB"), max(frame.size) > max(size)
        kernel = Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST
        yield picture if picture.size == size else picture.resize(size, kernel)


def _film_size(size: tuple[int, int], smallest: int) -> tuple[int, int]:
    """The size of the frames of a film: enlarged by a whole factor, or made smaller."""
    longer = max(size)
    factor: float = max(1, -(-smallest // longer)) if longer <= MAX_SIDE else MAX_SIDE / longer
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _gif(frames: Iterator[Image], fps: float) -> bytes:
    out = io.BytesIO()
    shown = max(20, round(1000 / fps))  # milliseconds; players reject less than 20
    next(frames).save(out, "GIF", save_all=True, append_images=frames, duration=shown, loop=0)
    return out.getvalue()


def _mp4(frames: Iterator[Image], fps: float) -> bytes:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options={"crf": "18"})
        stream.pix_fmt = "yuv420p"
        for index, frame in enumerate(map(_even, frames)):
            if index == 0:
                stream.width, stream.height = frame.size
            film.mux(stream.encode(av.VideoFrame.from_image(frame).reformat(format="yuv420p")))
        film.mux(stream.encode(None))
    return out.getvalue()


def _even(frame: Image) -> Image:
    """The frame with even sides, as H.264 needs them. The last row or column is repeated, so nothing is blurred."""
    width, height = frame.size
    if width % 2 == 0 and height % 2 == 0:
        return frame
    even = frame.crop((0, 0, width + width % 2, height + height % 2))
    even.paste(frame.crop((width - 1, 0, width, height)), (even.width - 1, 0))
    even.paste(even.crop((0, height - 1, even.width, height)), (0, even.height - 1))
    return even
