"""Pictures that need no file: handwritten digits that come with scikit-learn, and simulated normal distributions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...data.contents import ArrayPart, Contents
from ...data.options import OpenContext
from ...errors import UserError
from .options import ImageOptions
from .source import ImageSource, build

SIDE = 28


def open_name(name: str, options: ImageOptions, context: OpenContext) -> ImageSource:
    """`digits` or `normal-pictures`."""
    if options.labels not in ("auto", "none"):
        raise UserError(f"'{name}' has no column '{options.labels}'; leave --labels out, or --labels none")
    return build(name, BUILT_IN[name](), options, context)


def _digits() -> Contents:
    """1,797 handwritten digits, 8x8, grey 0..16 -> 0..255 (E. Alpaydin and C. Kaynak, UCI, 1998)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    values = np.rint(found.images * (255 / 16)).astype(np.uint8)
    labels = [str(label) for label in found.target]
    return Contents(arrays=[ArrayPart("digits", values, labels)], labelled_by="scikit-learn's labels")


def _normal_pictures() -> Contents:
    """28x28 grey pictures of the densities of 2-D normal distributions with random means and covariances."""
    rng = np.random.Generator(np.random.Philox(28))
    return Contents(
        arrays=[
            ArrayPart("train", _densities(rng, 10_000), None, "train"),
            ArrayPart("test", _densities(rng, 2_048), None, "test"),
        ]
    )


def _densities(rng: np.random.Generator, count: int) -> np.ndarray:
    mean = rng.uniform(-1.5, 1.5, (count, 2))  # the picture shows the square from -3 to 3
    spread = rng.uniform(0.4, 1.2, (count, 2))
    correlation = rng.uniform(-0.8, 0.8, (count, 1, 1))
    axis = np.linspace(-3, 3, SIDE)
    across = ((axis - mean[:, :1]) / spread[:, :1])[:, None, :]
    down = ((axis - mean[:, 1:]) / spread[:, 1:])[:, :, None]
    exponent = (across**2 - 2 * correlation * across * down + down**2) / (2 * (1 - correlation**2))
    return np.rint(255 * np.exp(-exponent)).astype(np.uint8)


BUILT_IN: dict[str, Callable[[], Contents]] = {"digits": _digits, "normal-pictures": _normal_pictures}
