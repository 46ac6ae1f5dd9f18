"""Figures of matplotlib as pictures, without a display."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image


def figure(width: float, height: float, dpi: int, layout: Any = None) -> Any:
    """A figure of so many inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=dpi, layout=layout)


def picture(drawn: Any) -> Image.Image:
    """The figure as an RGB picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
