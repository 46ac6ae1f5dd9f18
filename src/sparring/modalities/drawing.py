"""Pictures of plots, drawn without a display, and pictures as PNG files."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..errors import printable

if TYPE_CHECKING:
    from ..data.source import Source

MAX_VALUES_PER_SIDE = 5000  # of a plot that compares generated values with real ones


def figure(width: float, height: float, dpi: int, layout: Any = None) -> Any:
    """A matplotlib figure of this size in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=dpi, layout=layout)


def image_of(drawn: Any) -> Image.Image:
    """The figure as an RGB picture.

    Names in it are shown as they are: no formula between dollar signs, and a box for a letter that the font lacks.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas = FigureCanvasAgg(drawn)
    for text in drawn.findobj(Text):
        text.set(parse_math=False, text=printable(text.get_text()))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def png(image: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def shown_values(generated: Source, real: Source) -> tuple[np.ndarray, np.ndarray]:
    """Generated values (of the training split) and real ones (of the test split), for a plot that compares them."""
    mine = generated.values(np.arange(min(MAX_VALUES_PER_SIDE, generated.count("train"))))
    return mine, real.values(np.arange(min(MAX_VALUES_PER_SIDE, real.count("test"))), "test")
