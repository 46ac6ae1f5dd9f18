"""Augmentations of what the discriminator sees: pure, differentiable functions.

Every random number is an argument. Real and generated images go through the same transform on their way to the
discriminator, and the generator learns through it. See docs/augmentation.md.
"""

from .ada import ADA_UNIFORMS, ada
from .ada_strength import MAX_ADA_STRENGTH, adjust_strength
from .diffaugment import DIFFAUGMENT_UNIFORMS, diffaugment
from .random_affine import RANDOM_AFFINE_UNIFORMS, random_affine

__all__ = [
    "ADA_UNIFORMS",
    "DIFFAUGMENT_UNIFORMS",
    "MAX_ADA_STRENGTH",
    "RANDOM_AFFINE_UNIFORMS",
    "ada",
    "adjust_strength",
    "diffaugment",
    "random_affine",
]
