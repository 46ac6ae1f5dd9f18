"""How likely the generator of a run makes examples, as metrics use it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ..data.source import Source
from ..inference.generator import Gan
from ..networks import LanguageModel
from ..networks.likelihood import log_likelihoods
from .sample_sets import SampleSet


def likelihoods_of(gan: Gan, real: Source) -> Callable[[SampleSet], np.ndarray] | None:
    """A function from examples to the log-likelihood of each, in nats.

    None where the generator knows none, or was trained on other classes than `real` has.
    """
    if not isinstance(gan.generator, LanguageModel) or gan.classes != real.classes:
        return None

    def of(examples: SampleSet) -> np.ndarray:
        labels = None if examples.labels is None else torch.from_numpy(examples.labels)
        return log_likelihoods(gan.generator, gan.codec.encode(examples.values), labels)

    return of
