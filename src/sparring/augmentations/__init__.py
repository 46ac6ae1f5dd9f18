"""Transforms of the discriminator's view: pure, differentiable functions whose every random draw is an argument.

Both players' samples, real and generated, go through the same transform on their way to the discriminator; the generator learns
through it. See docs/augmentation.md.
"""

from .ada import ADA_DRAWS, ada
from .bent import BENT_DRAWS, bent
from .control import MOST_STRENGTH, adjusted
from .diffaugment import DIFFAUGMENT_DRAWS, diffaugment

__all__ = ["ADA_DRAWS", "BENT_DRAWS", "DIFFAUGMENT_DRAWS", "MOST_STRENGTH", "ada", "adjusted", "bent", "diffaugment"]
