"""One metric a file: features -> statistics -> value, each usable on plain N x D arrays."""

from .frechet import frechet_distance
from .kernel import kernel_distance

__all__ = ["frechet_distance", "kernel_distance"]
