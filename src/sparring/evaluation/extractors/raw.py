"""The values themselves, for any modality with arrays of numbers: unchanged, resized, or as principal components."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from ... import modalities
from ...data.source import Source
from ...errors import UserError
from ...util.random import make_rng
from . import pictures
from .base import Extracted, Extractor, Options, array, exact, limit_chunk

NAME = "raw"
MAX_WIDTH = 3072  # numbers of one value, 3 x 32 x 32
COMPONENTS = 256
MAX_EXAMPLES, MAX_NUMBERS = 2000, 1 << 26  # that components are fitted to: examples, and numbers in all of them
SEED = 1


class Raw(Extractor):
    """Values of one shape, flattened; those of pictures are divided by 255.

    Values with more than MAX_WIDTH numbers are resized if they are pictures, else projected on principal components of
    training examples.
    """

    name, chunk, cached, fast = NAME, 256, False, True

    def __init__(
        self,
        shape: tuple[int, ...],
        kind: np.dtype,
        mean: np.ndarray | None = None,
        axes: np.ndarray | None = None,
        fitted: str = "",
        white: float = 1,
    ):
        """white: what values that are no bytes are divided by.

        mean, axes: D and D x K, of the components. fitted: what they were fitted to, for the fingerprint.
        """
        if kind.kind not in "biuf":
            raise UserError(f"The features '{NAME}' need numbers, not values of type {kind}: use classifier.")
        self.shape, self.kind, self.mean, self.axes, self.fitted = shape, kind, mean, axes, fitted
        self.white = 255 if kind == np.uint8 else white
        self.chunk = limit_chunk(self.chunk, shape)
        self.size = reduced_size(shape) if axes is None and math.prod(shape) > MAX_WIDTH else None
        self.width = axes.shape[1] if axes is not None else math.prod((shape[0], *self.size) if self.size else shape)

    def extract(self, values: np.ndarray) -> Extracted:
        if values.shape[1:] != self.shape:
            raise UserError(
                f"The features '{NAME}' were made for values of shape {self.shape}, not {values.shape[1:]}."
            )
        if (values.dtype == np.uint8) != (self.kind == np.uint8):
            raise UserError(f"The features '{NAME}' were made for values of type {self.kind}, not {values.dtype}.")
        with exact():
            numbers = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)) / self.white
            if not numbers.isfinite().all():
                raise UserError(
                    f"The features '{NAME}' need finite numbers; some of these values are infinite or not numbers."
                )
            if self.size:
                numbers = pictures.resize(numbers, *self.size)
            features = array(numbers.flatten(1))
        return Extracted(features if self.axes is None else (features - self.mean) @ self.axes)

    def describe(self) -> dict[str, Any]:
        how = f"{self.size[0]}x{self.size[1]}, {pictures.ANTIALIASED}" if self.size else "none"
        return {
            "features": NAME,
            "version": 1,
            "weights": self.fitted or "none",
            "shape": list(self.shape),
            "resize": how,
            "input": f"x / {self.white:g}" if self.white != 1 else "x",
            "width": self.width,
        }


def build(source: Source, options: Options) -> Raw:
    """The extractor for this source. Components are fitted to its training examples where they are needed."""
    kind = source.values(np.arange(1)).dtype
    has_pixels = modalities.get(source.modality).has_pixels
    if (has_pixels and source.shape[0] <= MAX_WIDTH) or math.prod(source.shape) <= MAX_WIDTH:
        return Raw(source.shape, kind, white=255 if has_pixels else 1)
    return fit(source)


def fit(source: Source, components: int = COMPONENTS) -> Raw:
    """Principal components of training examples: at most `components`, and fewer than examples."""
    count, numbers = source.count("train"), math.prod(source.shape)
    some = np.sort(
        make_rng(SEED, "raw", "examples").permutation(count)[: min(MAX_EXAMPLES, max(2, MAX_NUMBERS // numbers))]
    )
    kind = source.values(some[:1]).dtype
    Raw((1,), kind)  # raises UserError where the values are no numbers
    values = source.values(some).reshape(len(some), -1).astype(np.float32) / (255 if kind == np.uint8 else 1)
    mean, axes = principal(values, components)
    origin = f"source {source.content_hash[:16]}, seed {SEED}"
    fitted = f"{axes.shape[1]} principal components of {len(some)} training examples, {origin}"
    return Raw(source.shape, kind, mean, axes, fitted)


def principal(values: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean (D) and the unit vectors (D x K) of largest variance of N x D values.

    They are computed from the N x N products, as N may be far below D. The largest entry of each vector is positive,
    so that signs do not depend on the library.
    """
    mean = values.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = values - mean
    products = np.zeros((len(values), len(values)))
    for start in range(0, centred.shape[1], 1 << 14):  # float64 a part at a time
        part = centred[:, start : start + (1 << 14)].astype(np.float64)
        products += part @ part.T
    variances, vectors = np.linalg.eigh(products)
    order = np.argsort(-variances)[: min(components, max(1, len(values) - 1))]
    order = order[(variances[order] > 1e-9 * variances.max()) | (np.arange(len(order)) == 0)]
    axes = centred.T @ (vectors[:, order] / np.sqrt(variances[order].clip(min=1e-30))).astype(np.float32)
    return mean, axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1, 1).astype(
        np.float32
    )


def reduced_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """The largest height and width, about in proportion, with which a picture has at most MAX_WIDTH numbers."""
    channels, height, width = shape
    pixels = MAX_WIDTH // channels
    high = max(1, min(int(height * math.sqrt(pixels / (height * width))), pixels))
    return high, min(width, pixels // high)
