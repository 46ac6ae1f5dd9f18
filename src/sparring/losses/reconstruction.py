"""Losses between an output and its target, where the data has both."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import log_softmax


def label_map_cross_entropy(logits: Tensor, label_maps: Tensor) -> Tensor:
    """The pixelwise cross-entropy of label maps: -sum of y log softmax(x), as in Long et al. 2015 (arXiv:1411.4038).

    It is averaged first over the labelled pixels of each example and then over examples, so that a batch may be split
    into parts of equal size. An example without any labelled pixel counts as 0.

    Args:
        logits: N x classes x H x W. They are taken in float32.
        label_maps: N x classes x H x W, 1 at the class of a pixel, all 0 at a pixel without a label.
    """
    losses = -(label_maps * log_softmax(logits.float(), dim=1)).sum(dim=(1, 2, 3))
    labelled_pixels = label_maps.sum(dim=(1, 2, 3))
    return (losses / labelled_pixels.clamp(min=1)).mean()
