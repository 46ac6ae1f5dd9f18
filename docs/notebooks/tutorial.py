"""What the five tutorials share: the pictures, batches for a limited time, a sheet to look at, and numbers.

Two environment variables change what they do: SPARRING_TUTORIAL_SECONDS, the time of each training (default 60), and
SPARRING_TUTORIAL_DATA, `digits` (the default; it ships inside scikit-learn) or `mnist` (from $SPARRING_DATA/mnist).
"""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import binary_cross_entropy_with_logits

from sparring.metrics import kernel_distance

SECONDS = float(os.environ.get("SPARRING_TUTORIAL_SECONDS", "60"))
DATA = os.environ.get("SPARRING_TUTORIAL_DATA", "digits")
SIDE = 28
EXAMPLES = 500  # of each kind, for the numbers


def load_pictures() -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits as uint8, N x 28 x 28, and their labels. Those of scikit-learn are 8 x 8 and are enlarged."""
    if DATA == "mnist":
        folder = Path(os.environ["SPARRING_DATA"]) / "mnist"
        pictures = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())[16:]  # after the header
        labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())[8:]
        return np.frombuffer(pictures, np.uint8).reshape(-1, SIDE, SIDE).copy(), np.frombuffer(labels, np.uint8)
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = [Image.fromarray(np.rint(each * (255 / 16)).astype(np.uint8)) for each in digits.images]
    return np.stack([np.asarray(each.resize((SIDE, SIDE), Image.Resampling.BILINEAR)) for each in small]), digits.target


def batches(values: torch.Tensor, size: int, seconds: float = SECONDS) -> Iterator[torch.Tensor]:
    """Random batches of `values`, N x ..., until the time is up; one batch at least."""
    started = time.monotonic()
    while True:
        yield values[torch.randint(len(values), (size,))]
        if time.monotonic() - started > seconds:
            return


def cross_entropy(logits: torch.Tensor, target: float) -> torch.Tensor:
    """Binary cross-entropy of the discriminator's logits with one target: 1 for real, 0 for generated."""
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def sheet(samples: np.ndarray, file: str, columns: int = 10) -> Image.Image:
    """Write the first samples (uint8, N x H x W) into a picture file, in rows of `columns`."""
    rows = min(len(samples), columns * columns // 2) // columns
    height, width = samples.shape[1:]
    cells = samples[: rows * columns].reshape(rows, columns, height, width)
    picture = Image.fromarray(cells.transpose(0, 2, 1, 3).reshape(rows * height, columns * width))
    picture.save(file)
    return picture


def numbers(name: str, samples: np.ndarray, pictures: np.ndarray) -> None:
    """Print two numbers about samples (uint8, N x H x W) beside real pictures of the same shape.

    The kernel distance is that of pixels in [-1, 1]: 0 is perfect. Variety is the mean distance between two samples,
    as a share of that between two real pictures: far below 100 % is mode collapse.
    """
    order = np.random.default_rng(0).permutation(len(pictures))
    real, other = (_flat(pictures[part]) for part in (order[:EXAMPLES], order[EXAMPLES : 2 * EXAMPLES]))
    fake = _flat(samples[:EXAMPLES])
    distance, floor = kernel_distance(fake, real), kernel_distance(other, real)
    variety = _spread(fake) / _spread(real)
    print(f"{name}: kernel distance {distance:.3f} (real pictures {floor:.3f}), variety {variety:.0%}")


def _flat(pictures: np.ndarray) -> np.ndarray:
    return pictures.reshape(len(pictures), -1) / 127.5 - 1


def _spread(values: np.ndarray) -> float:
    half = len(values) // 2
    return float(np.linalg.norm(values[:half] - values[half : 2 * half], axis=1).mean())
