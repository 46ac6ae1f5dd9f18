"""The error rate of a discriminator that classifies (Salimans et al. 2016, arXiv:1606.03498, table 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data.few_labels import FewLabels
from ..data.source import Source
from ..inference.discriminate import discriminate_source
from ..metrics.intervals import wilson
from ..metrics.online_score import choose_examples
from ..metrics.scores import Score, score_from
from .metric import NotApplicable
from .sample_sets import SEED, SampleSets


def error_rate(
    module: Any, codec: Any, source: Source, count: int, seed: int, device: torch.device | str = "cpu"
) -> Score:
    """The error rate on `count` held-out examples of a source with few labels, chosen by `seed`.

    module: a discriminator on `device` whose outputs have class logits.
    """
    assert isinstance(source, FewLabels)
    indices = choose_examples(source.count("test"), count, seed, "held-out")
    output = discriminate_source(module, codec, source, "test", indices, device=device)
    assert output.class_logits is not None
    return error_rate_of(output.class_logits, source, indices, seed)


def error_rate_of(class_logits: Tensor, source: FewLabels, indices: np.ndarray, seed: int) -> Score:
    """The share of wrong classes among N x classes logits of these held-out examples.

    The trivial baseline always answers with the most frequent of the known labels.
    """
    predicted, labels = class_logits.argmax(dim=1).cpu().numpy(), source.labels(indices, "test")
    most_frequent = np.bincount(source.labelled_classes).argmax()
    fingerprint = {
        "generated": len(labels),
        "split": "test",
        "labelled": len(source.labelled),
        "source": source.content_hash[:16],
        "seed": seed,
    }
    score = score_from("error_rate", wilson(int((predicted != labels).sum()), len(labels)))
    return replace(score, fingerprint=fingerprint, trivial=float((labels != most_frequent).mean()))


def error_rate_scores(sets: SampleSets) -> list[Score]:
    """The metric: the error rate of the run's discriminator on the held-out set."""
    held_out = sets.held_out
    if sets.discriminator is None or not isinstance(held_out.source, FewLabels):
        raise NotApplicable("the error rate needs a run whose discriminator learned classes from few labels")
    output = sets.discriminator.outputs(held_out.source, "test", held_out.indices)
    assert output.class_logits is not None
    return [error_rate_of(output.class_logits, held_out.source, held_out.indices, SEED)]
