"""Points for people: a scatter plot."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ..drawing import figure, image_of

SIDE, DPI = 4.8, 100  # inches, and dots an inch, of the scatter plot


def scatter(values: np.ndarray) -> Image.Image:
    """float32 N x 2 -> a scatter plot."""
    sheet = figure(SIDE, SIDE, DPI, "tight")
    axes = sheet.add_subplot(aspect="equal")
    points = values[np.isfinite(values).all(axis=1)]
    axes.scatter(points[:, 0], points[:, 1], s=4, alpha=0.5, linewidths=0)
    axes.grid(alpha=0.3)
    return image_of(sheet)
