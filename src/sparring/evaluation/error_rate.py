"""How often a discriminator that names classes names a wrong one (Salimans et al. 2016, arXiv:1606.03498, table 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ..metrics.intervals import wilson
from ..metrics.online_score import chosen
from ..metrics.scores import Score, scored

CHUNK = 100


@torch.no_grad()
def error_rate(module: Any, codec: Any, source: Any, count: int, seed: int, device: torch.device | str = "cpu") -> Score:
    """Among `count` held-out examples of a source with few labels (data.few_labels), beside naming the most frequent known class always.

    module: in eval mode, on the device; its verdicts have class_logits.
    """
    assert not module.training
    indices = chosen(source.count("test"), count, seed, "held-out")
    parts = np.array_split(indices, max(1, len(indices) // CHUNK))
    named = [module(codec.encode(source.values(part, "test")).to(device), None).class_logits.argmax(dim=1).cpu().numpy() for part in parts]
    truth = source.labels(indices, "test")
    wrong = wilson(int((np.concatenate(named) != truth).sum()), len(truth))
    about = {"generated": len(truth), "split": "test", "labelled": len(source.labelled), "source": source.content_hash[:16], "seed": seed}
    return replace(
        scored("error_rate", wrong), fingerprint=about, trivial=float((truth != np.bincount(source.labelled_classes).argmax()).mean())
    )
