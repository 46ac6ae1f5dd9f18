"""Images and uniform random numbers for the tests of augmentations."""

import math

import scipy.stats
import torch

from sparring.augmentations import ADA_UNIFORMS, DIFFAUGMENT_UNIFORMS
from sparring.augmentations.ada import COLUMNS
from sparring.augmentations.diffaugment import COLUMNS as DIFFAUGMENT_COLUMNS

NOT_APPLIED = 0.999  # a transform whose "name?" is this number is applied at strength 1 only
NEUTRAL = 0.5  # the number at which a normal variable is 0 and a lognormal one is 1
BGC = ("blit", "geometry", "colour")
ALL_GROUPS = (*BGC, "noise", "cutout")


def uniform_numbers(*shape, seed=0, dtype=torch.float32):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def random_images(*shape, seed=0, dtype=torch.float32):
    """Values in [-1, 1)."""
    return 2 * uniform_numbers(*shape, seed=seed, dtype=dtype) - 1


def evenly_spaced(count):
    """Numbers in (0, 1) at the same distance from each other, in the place of random ones."""
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count


def ada_grid(**counts):
    """Uniform numbers of every combination of so many evenly spaced values of the named columns.

    The other columns are neutral.
    A trailing underscore stands for "?": flip_=10 sets the column "flip?".
    """
    values = torch.cartesian_prod(*map(evenly_spaced, counts.values()))
    uniforms = torch.full((len(values), ADA_UNIFORMS), NEUTRAL, dtype=torch.float64)
    columns = [COLUMNS.index(name[:-1] + "?" if name.endswith("_") else name) for name in counts]
    uniforms[:, columns] = values
    return uniforms


def ada_uniforms(values, count=1):
    """Uniform numbers at which strength 0.9 applies the named transforms only, in `count` equal rows.

    A value of the column "integer_translation.x" also decides that "integer_translation" is applied.
    """
    uniforms = torch.full((count, ADA_UNIFORMS), NEUTRAL, dtype=torch.float64)
    uniforms[:, [index for index, name in enumerate(COLUMNS) if name.endswith("?")]] = NOT_APPLIED
    for name, value in values.items():
        uniforms[:, COLUMNS.index(name)] = value
        uniforms[:, COLUMNS.index(name.split(".")[0] + "?")] = 0.0
    return uniforms


def diffaugment_uniforms(values):
    """Uniform numbers of one image that change nothing but what is named."""
    uniforms = torch.full((1, DIFFAUGMENT_UNIFORMS), NEUTRAL, dtype=torch.float64)
    for name, value in values.items():
        uniforms[:, DIFFAUGMENT_COLUMNS.index(name)] = value
    return uniforms


def normal_at(value, deviation):
    """The uniform number at which a normal variable with mean 0 takes this value."""
    return scipy.stats.norm.cdf(value / deviation)


def lognormal_at(value, octaves):
    """The uniform number at which 2 to the power of a normal variable takes this value."""
    return scipy.stats.norm.cdf(math.log2(value) / octaves)
